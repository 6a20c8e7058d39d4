//! The model: what a scenario means, resolved, checked, immutable and shared by all replications.
//!
//! Tables by id. The engine never reads a name; names are here for those who print.

pub(crate) mod arrivals;
mod day;
mod desk;
mod expectation;
mod flow;
mod load;
mod metric;
mod outline;
mod path_outline;
mod service;
mod telephony;
mod timetable;

pub use arrivals::{
    ArrivalProcess, BatchSize, Batches, Busy, MarkovModulated, Poisson, RateChanging, RatePoint, RateState, Renewal, Scheduled, Volume,
};

pub use day::{Attendance, Away, Day, State};
pub(crate) use day::{free_of, merged};
pub use desk::{Availability, Capacity, Channel, ChannelTerms, Criteria, CriteriaStep, Desk, Learning, Offers, Pace, PerChannel, Replies};
pub use expectation::Expectation;
pub use flow::{AttributeTable, Block, Callback, Destination, Exit, Flow, PathRules, Paths, QueueTest, RankFrom, Staff, Step, Transfer};
pub(crate) use flow::{chance_is_met, drawn_of};
pub use load::Overload;
pub use metric::{Measure, Metric, Scope, Unit};
pub use outline::{Origin, Outline, ProfileOutline, QueueOutline};
pub use path_outline::{CarrierOutline, PathOutline, StepOutline};
pub use service::{Cache, Jitter, RateLimit, Service};
pub use telephony::{CallAgain, Carrier, Telephony};
pub use timetable::{Event, Hours, RandomTimes, Timetable};

use crate::id::{AgentId, CriteriaId, EventId, FlowId, HoursId, ProfileId, QueueId, SourceId, StateId, Table};
use crate::random::Distribution;
use crate::time::{Span, Time};
use std::sync::Arc;

/// How many contacts may wait at the same time, in the whole center and so in a queue.
pub const WAITING_MAX: usize = 10_000_000;

/// How many queues a contact may enter one after the other, by transfers: what Amazon Connect documents.
pub const CHAIN_MAX: u32 = 12;

/// A callback that was not made within that time after it was promised is given up: what Amazon Connect documents.
pub const CALLBACK_KEPT: Span = Span::from_secs(7 * 86_400);

/// In models with paths a run that drains ends so long after the horizon at the latest, for an announcement may be repeated for ever. Who is left
/// is unfinished. Twice as long as a callback is kept.
pub const DRAIN_MAX: Span = Span::from_secs(14 * 86_400);

/// A contact center ready to run.
///
/// ```
/// use waitline::Scenario;
/// let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// let mut model = text.parse::<Scenario>().unwrap().compile().unwrap();
/// assert_eq!((model.queues.len(), model.profiles.len(), model.agents.len()), (2, 2, 13));
/// model.agents[waitline::AgentId(0)].presence.truncate(1); // all fields are open: what-if studies may change them
/// ```
#[derive(Debug)]
pub struct Model {
    /// The scenario's name.
    pub name: String,
    /// A fingerprint of everything that decides the results: scenario text and the files it names, as hexadecimal.
    pub digest: String,
    /// Horizon, warm-up and the like.
    pub run: Run,
    /// Who goes first.
    pub policy: Policy,
    /// The queues.
    pub queues: Table<QueueId, Queue>,
    /// The routing profiles.
    pub profiles: Table<ProfileId, Profile>,
    /// The agents, in the order of their numbers.
    pub agents: Table<AgentId, Agent>,
    /// What agents do at times instead of taking contacts.
    pub states: Table<StateId, State>,
    /// Where contacts come from.
    pub sources: Table<SourceId, Source>,
    /// Hours of operation, for flows.
    pub hours: Table<HoursId, Hours>,
    /// What is the case at times, for flows, carriers and services.
    pub events: Table<EventId, Event>,
    /// What happens before and around queues.
    pub paths: Paths,
    /// Which agents contacts want.
    pub criteria: Table<CriteriaId, Criteria>,
    /// What the scenario expects of itself.
    pub expectations: Vec<Expectation>,
    /// The scenario as it was written, for reports that can be repeated; `None` if it is large, or not of a scenario.
    pub origin: Option<Arc<Origin>>,
    /// What the reader of the results should know about how the input was read; one plain sentence each.
    pub notes: Vec<String>,
}

/// How long, and what counts.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let half_hours = model.run.horizon.as_us() / model.run.interval.unwrap().as_us();
/// assert_eq!(half_hours, 16);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Arrivals stop here.
    pub horizon: Time,
    /// Contacts that enter a queue before it are simulated, not counted.
    pub warm_up: Time,
    /// What happens to those who are left at the horizon (R18).
    pub at_horizon: AtHorizon,
    /// The reporting grid; `None` reports the whole run only.
    pub interval: Option<Span>,
    /// Which interval a contact counts in (R20).
    pub count_by: CountBy,
    /// How many replications, if the user does not say otherwise.
    pub replications: u64,
    /// The seed, if the user does not say otherwise.
    pub seed: u64,
}

/// What happens at the horizon (R18).
///
/// ```
/// assert_eq!(waitline::model::AtHorizon::default(), waitline::model::AtHorizon::Drain);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AtHorizon {
    /// The run goes on until nothing more can happen.
    #[default]
    Drain,
    /// The run ends there; what falls on the horizon itself no longer happens.
    Stop,
}

/// Which interval a contact counts in (R20).
///
/// ```
/// assert_eq!(waitline::model::CountBy::default(), waitline::model::CountBy::Enqueued);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CountBy {
    /// The one in which it entered the queue.
    #[default]
    Enqueued,
    /// The one in which it ended: handling over, abandoned, or whatever else ended it.
    Ended,
}

/// Who goes first.
///
/// ```
/// use waitline::model::{AgentRule, ContactRule, Policy};
/// let policy = Policy { contact: ContactRule::Strict, agent: AgentRule::LongestAvailable, fewest_contacts_first: true };
/// assert_eq!(Policy::default(), policy);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which contact an agent takes.
    pub contact: ContactRule,
    /// Which agent takes a contact.
    pub agent: AgentRule,
    /// Whether those who hold fewer contacts go before those who hold more, whoever has been available the longest (R9).
    pub fewest_contacts_first: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { contact: ContactRule::default(), agent: AgentRule::default(), fewest_contacts_first: true }
    }
}

/// Which of the eligible contacts an agent takes.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let mut model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// use waitline::model::ContactRule;
/// model.policy.contact = ContactRule::LongestWaitFirst; // the same center under another rule
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ContactRule {
    /// R5: the smallest (profile priority, contact priority, rank time, order of enqueueing).
    #[default]
    Strict,
    /// The largest (now - rank time, or 0 if that is negative) x weight of the profile entry among the heads of the queues; ties as under `Strict`.
    /// Within a queue the order stays (contact priority, rank time, order of enqueueing). Not what Amazon Connect does.
    Weighted,
    /// As `Strict` with all profile priorities equal. Not what Amazon Connect does.
    LongestWaitFirst,
}

/// Which of the available agents takes a contact.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let mut model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// use waitline::model::AgentRule;
/// model.policy.agent = AgentRule::LeastOccupied;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AgentRule {
    /// R9: the one available the longest; ties: the lower number.
    #[default]
    LongestAvailable,
    /// The one that has answered the fewest contacts in this run; ties as above.
    FewestContacts,
    /// The one with the smallest handling time / staffed time so far; ties as above.
    LeastOccupied,
    /// Any, with equal chance, drawn by the contact.
    Random,
}

/// A queue.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let savings = &model.queues[waitline::QueueId(0)];
/// assert_eq!(savings.name, "savings");
/// assert!(savings.patience.is_some());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// What is promised; the first is the headline. Never empty after compiling.
    pub service_levels: Vec<ServiceLevel>,
    /// How long a contact talks, unless a profile entry says otherwise (R13).
    pub handle_time: Distribution,
    /// Work after it; `None`: none.
    pub after_contact_work: Option<Distribution>,
    /// By how much the handling of all its contacts, talk and work after it, differs from one replication to the next: the coefficient of
    /// variation of a gamma factor with mean 1. 0: not at all.
    pub handle_time_cv: f64,
    /// How long a contact waits; `None`: for ever (R17).
    pub patience: Option<Distribution>,
    /// So many contacts wait in it at most; who comes when it is full is rejected, whoever may be available. `None`: any number.
    pub max_contacts: Option<u32>,
    /// Whose own queue it is: nobody else serves it, and its agent takes from it first. `None`: nobody's.
    pub agent: Option<AgentId>,
    /// What is different by channel.
    pub by_channel: PerChannel<ChannelTerms>,
}

/// A promise: served within some time (R21).
///
/// ```
/// use waitline::Span;
/// use waitline::model::{Comparator, ServiceLevel};
/// let level = ServiceLevel { within: Span::from_secs(20), comparator: Comparator::Below, target: Some(0.8) };
/// assert!(!level.met_by(Span::from_secs(20)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServiceLevel {
    /// The threshold.
    pub within: Span,
    /// Whether the threshold itself still counts.
    pub comparator: Comparator,
    /// The share that should be reached, 0 to 1.
    pub target: Option<f64>,
}

impl ServiceLevel {
    /// Whether a wait is within.
    #[inline]
    pub fn met_by(&self, wait: Span) -> bool {
        match self.comparator {
            Comparator::AtMost => wait <= self.within,
            Comparator::Below => wait < self.within,
        }
    }
}

/// Whether a wait of exactly the threshold counts.
///
/// ```
/// assert_eq!(waitline::model::Comparator::AtMost.symbol(), "<=");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Comparator {
    /// `<=`
    #[default]
    AtMost,
    /// `<`
    Below,
}

impl Comparator {
    /// `<=` or `<`.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparator::AtMost => "<=",
            Comparator::Below => "<",
        }
    }
}

/// A routing profile (R4).
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let senior = &model.profiles[waitline::ProfileId(1)];
/// assert_eq!(senior.entries.len(), 2);
/// assert!(senior.overriding_entry(waitline::QueueId(0), waitline::model::Channel::Voice).is_none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its queues, sorted by priority, each queue once per channel.
    pub entries: Vec<Entry>,
    /// How its agents take contacts.
    pub desk: Desk,
}

impl Profile {
    /// The entry for that queue, if it overrides the queue's handle time or after-contact work (R13).
    #[inline]
    pub fn overriding_entry(&self, queue: QueueId, channel: Channel) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.queue == queue && entry.channel == channel && entry.overrides())
    }
}

/// One line of a routing profile (R4).
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let overflow = &model.profiles[waitline::ProfileId(1)].entries[1];
/// assert_eq!((overflow.priority, overflow.delay), (2, waitline::Span::from_secs(15)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Which queue.
    pub queue: QueueId,
    /// Which channel.
    pub channel: Channel,
    /// 1 (first) to 99.
    pub priority: u8,
    /// How long a contact must have been in the queue before agents of this profile may take it (R6).
    pub delay: Span,
    /// Under [`ContactRule::Weighted`]: how fast a claim grows, in thousandths.
    pub weight_milli: u32,
    /// Its contacts are taken only while, after that, at least so many agents of the profile are left who hold nothing and could take a contact.
    pub keep_available: u32,
    /// Overrides the queue's (R13).
    pub handle_time: Option<Distribution>,
    /// Overrides the queue's (R13).
    pub after_contact_work: Option<Distribution>,
}

impl Entry {
    /// Whether it overrides the queue's handle time or after-contact work (R13).
    pub fn overrides(&self) -> bool {
        self.handle_time.is_some() || self.after_contact_work.is_some()
    }
}

/// An agent (R4, R14).
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// assert_eq!(model.agents[waitline::AgentId(12)].name, "senior-6");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// Its name: from the roster, or profile and number.
    pub name: String,
    /// Its one routing profile.
    pub profile: ProfileId,
    /// When it takes contacts, as far as its plan says: its shifts without what is in `away`. Sorted, apart from each other (adjacent shifts are one, R14).
    pub presence: Vec<Presence>,
    /// What else it does on its shifts: sorted, and not two things at once.
    pub away: Vec<Away>,
    /// How reliably.
    pub attendance: Attendance,
    /// How fast.
    pub pace: Pace,
}

/// From `start` until just before `end` (R14).
///
/// ```
/// use waitline::model::Presence;
/// use waitline::{Span, Time};
/// let nine = Time::START + Span::from_secs(9 * 3600);
/// let early_shift = Presence { start: Time::START, end: nine };
/// assert!(early_shift.start < early_shift.end);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Present from here.
    pub start: Time,
    /// No longer present from here; [`Time::NEVER`]: stays.
    pub end: Time,
}

/// A stream of contacts.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let calls = &model.sources[waitline::SourceId(0)];
/// assert_eq!(calls.arrivals.expected(waitline::Time::START, model.run.horizon), Some(720.0));
/// ```
#[derive(Debug)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Where its contacts queue; a replayed contact names its own.
    pub queue: QueueId,
    /// The flow that its contacts enter, instead of a queue.
    pub flow: Option<FlowId>,
    /// How its contacts reach the center.
    pub channel: Channel,
    /// The center calls, not the customer: with [`Availability::SinceLastInbound`] agents keep their place.
    pub outbound: bool,
    /// Which agents its contacts want.
    pub criteria: Option<CriteriaId>,
    /// Contact priority (R11).
    pub priority: i64,
    /// Routing age adjustment in microseconds (R11).
    pub age_us: i64,
    /// When they arrive.
    pub arrivals: Box<dyn ArrivalProcess>,
    /// What is known of each contact beforehand, by its number: a replay. Empty otherwise.
    pub given: Vec<Given>,
}

/// A replayed contact: what is known of it beforehand.
///
/// ```
/// use waitline::model::Given;
/// use waitline::{QueueId, Span};
/// let call = Given {
///     name: "c1".into(),
///     queue: QueueId(0),
///     handle_time: Some(Span::from_secs(240)),
///     after_contact_work: None, // drawn from the queue's distribution
///     patience: None,           // for ever
///     priority: 5,
///     age_us: 0,
/// };
/// assert!(call.patience.is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its name in the file.
    pub name: String,
    /// Where it queues.
    pub queue: QueueId,
    /// How long it talks; `None`: drawn.
    pub handle_time: Option<Span>,
    /// Work after it; `None`: drawn.
    pub after_contact_work: Option<Span>,
    /// How long it waits; `None`: for ever.
    pub patience: Option<Span>,
    /// Contact priority (R11).
    pub priority: i64,
    /// Routing age adjustment in microseconds (R11).
    pub age_us: i64,
}

impl Model {
    /// Whether agents do more than to take one call at a time, from the first contact of a queue, at once: other channels, several contacts, offers, own queues, routing
    /// criteria, outbound work, a pace of their own.
    pub fn has_desks(&self) -> bool {
        let plain = Desk::default();
        let calls = |entry: &Entry| entry.channel == Channel::Voice && entry.keep_available == 0;
        self.profiles.iter().any(|profile| profile.desk != plain || !profile.entries.iter().all(calls))
            || self.sources.iter().any(|source| source.channel != Channel::Voice || source.outbound || source.criteria.is_some())
            || self.queues.iter().any(|queue| queue.agent.is_some() || queue.by_channel != PerChannel::default())
            || self.agents.iter().any(|agent| agent.pace != Pace::default())
            || !self.criteria.is_empty()
    }

    /// Whether reports tell what agents did besides handling one contact after the other: what they held at once, which offers they took, when they were in
    /// which state.
    pub fn reports_agents(&self) -> bool {
        self.has_desks() || !self.states.is_empty()
    }

    /// The name of a contact in logs and traces: its own if it is replayed, else `source-number`, numbered from 1.
    pub fn contact_name(&self, source: SourceId, number: u64) -> String {
        let source = &self.sources[source];
        match source.given.get(number as usize) {
            Some(given) => given.name.clone(),
            None => format!("{}-{}", source.name, number + 1),
        }
    }
}
