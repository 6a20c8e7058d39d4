//! Paths to service: flows of steps that a contact takes before, beside and after a queue.
//!
//! A step is a [`Block`] with exits; an exit leads to another step, or ends the path in the block's own way. All steps of all flows stand in
//! one table, so that a path is a walk over indices.

use super::{Model, Service};
use crate::id::{CriteriaId, EventId, FlowId, HoursId, QueueId, ServiceId, SourceId, StepId, Table};
use crate::random::{Distribution, Purpose, SourceStreams};
use crate::time::Span;
use rand::RngExt;

/// A path to service.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let main = &model.paths.flows[waitline::FlowId(0)];
/// assert_eq!(model.paths.steps[main.first].flow, waitline::FlowId(0));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Its name.
    pub name: String,
    /// Where contacts enter it.
    pub first: StepId,
}

/// A step of a flow.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let step = &model.paths.steps[waitline::StepId(0)];
/// assert!(!step.exits.is_empty());
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The flow it belongs to.
    pub flow: FlowId,
    /// Its name within the flow.
    pub name: String,
    /// What it does.
    pub block: Block,
    /// The ways out, in the order that the block defines.
    pub exits: Vec<Exit>,
    /// Stands for the names of flow and step, so that a contact's luck here does not depend on other steps (R25).
    pub place: u64,
}

/// A way out of a step.
///
/// ```
/// use waitline::model::Exit;
/// let end = Exit { name: "contained".into(), to: None };
/// assert!(end.to.is_none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// What it is called.
    pub name: String,
    /// Where it leads; `None`: the path ends here, as the block says.
    pub to: Option<StepId>,
}

/// What a step does. Exits are named in their order.
///
/// ```
/// use waitline::Span;
/// use waitline::model::Block;
/// use waitline::random::Distribution;
/// let greeting = Block::Prompt { duration: Distribution::Constant(Span::from_secs(12)) };
/// assert!(greeting.takes_time());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// The contact listens, or waits. `next`.
    Prompt {
        /// How long.
        duration: Distribution,
    },
    /// The contact tries to help itself. `contained` (unless it leads on, the contact has served itself), `escalate`.
    SelfService {
        /// How long an attempt takes.
        duration: Distribution,
        /// The chance that an attempt succeeds.
        containment: f64,
        /// After so many failed attempts it escalates.
        attempts: u32,
    },
    /// By an attribute of the contact. The cases, then `default`.
    Branch {
        /// In which table of attributes it is.
        table: usize,
        /// Row by row of that table, which exit.
        exit_of_row: Vec<u32>,
    },
    /// Hours of operation. `open`, `closed`.
    Hours {
        /// Which.
        hours: HoursId,
    },
    /// Whether something is the case now. `active`, `inactive`.
    Event {
        /// What.
        event: EventId,
    },
    /// Whether enough agents serve a queue. `yes`, `no`.
    Staffing {
        /// Which queue; `None`: the one in which the contact waits.
        queue: Option<QueueId>,
        /// Who counts.
        agents: Staff,
        /// More than so many.
        more_than: u32,
    },
    /// How a queue is doing. `above`, `otherwise`.
    QueueStatus {
        /// Which; `None`: the one in which the contact waits.
        queue: Option<QueueId>,
        /// What is looked at.
        test: QueueTest,
    },
    /// By chance. The branches, then `default`.
    Distribute {
        /// Branch by branch the shares, added up.
        cumulative: Vec<f64>,
    },
    /// Says which agents the contact wants in the queues that it enters from now on. `next`.
    Criteria {
        /// `None`: anybody.
        criteria: Option<CriteriaId>,
    },
    /// Sets contact priority or routing age (R11). `next`.
    Rank {
        /// The new priority.
        priority: Option<i64>,
        /// The new adjustment, in microseconds.
        age_us: Option<i64>,
    },
    /// Puts the contact into a queue, or moves it there from the one in which it waits. `queued` (the path ends), `full`.
    Queue {
        /// Which.
        queue: QueueId,
        /// What happens while it waits there.
        while_waiting: Option<StepId>,
    },
    /// Ends the call and calls back later. `created` (the path ends), `full`.
    Callback(Callback),
    /// Asks a service outside. `success`, `failure`; then what is only counted: `throttled`, `failed`, `cached`.
    Call {
        /// Which.
        service: ServiceId,
    },
    /// Goes on in another flow. `entered`.
    Flow {
        /// Which.
        flow: FlowId,
    },
    /// The contact leaves a message. `left` (the path ends).
    Message {
        /// How long it takes.
        duration: Distribution,
    },
    /// The contact is sent away. `gone` (the path ends).
    Disconnect,
    /// Of a waiting contact: the flow is over, and it waits on. `waits` (the path ends).
    KeepWaiting,
}

impl Block {
    /// The second exit of [`Block::Queue`] and [`Block::Callback`].
    pub const FULL: usize = 1;
    /// Exits of [`Block::Call`].
    pub const SUCCESS: usize = 0;
    /// See [`Block::SUCCESS`].
    pub const FAILURE: usize = 1;
    /// A count of [`Block::Call`]: the rate limit refused an attempt.
    pub const THROTTLED: usize = 2;
    /// A count of [`Block::Call`]: an attempt failed or took too long.
    pub const FAILED: usize = 3;
    /// A count of [`Block::Call`]: the answer was in the cache.
    pub const CACHED: usize = 4;

    /// Whether time passes in it, as a rule: a loop of steps of which none does so would never end.
    pub fn takes_time(&self) -> bool {
        match self {
            Block::Prompt { duration } | Block::SelfService { duration, .. } | Block::Message { duration } => {
                *duration != Distribution::Constant(Span::ZERO)
            }
            _ => false,
        }
    }

    /// How many of a step's exits lead out of it; of a call, what is counted of its tries comes behind them.
    pub(crate) fn ways_out(&self, exits: usize) -> usize {
        if matches!(self, Block::Call { .. }) { Block::THROTTLED } else { exits }
    }

    /// The name that scenarios have for it.
    pub fn name(&self) -> &'static str {
        match self {
            Block::Prompt { .. } => "prompt",
            Block::SelfService { .. } => "self_service",
            Block::Branch { .. } => "branch",
            Block::Hours { .. } => "hours",
            Block::Event { .. } => "event",
            Block::Staffing { .. } => "staffing",
            Block::QueueStatus { .. } => "queue_status",
            Block::Distribute { .. } => "distribute",
            Block::Criteria { .. } => "criteria",
            Block::Rank { .. } => "rank",
            Block::Queue { .. } => "queue",
            Block::Callback(_) => "callback",
            Block::Call { .. } => "call",
            Block::Flow { .. } => "flow",
            Block::Message { .. } => "message",
            Block::Disconnect => "disconnect",
            Block::KeepWaiting => "keep_waiting",
        }
    }
}

/// Which agents of a queue count: those whose routing profile has it.
///
/// ```
/// assert_ne!(waitline::model::Staff::Available, waitline::model::Staff::Staffed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staff {
    /// They could take a contact now.
    Available,
    /// They are logged in: available, or handling a contact.
    Staffed,
    /// They are logged in, or in a state such as a break or a meeting.
    Online,
}

/// What is looked at in a queue.
///
/// ```
/// use waitline::model::QueueTest;
/// assert_ne!(QueueTest::Size(3), QueueTest::Size(4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueTest {
    /// More contacts wait than that.
    Size(u32),
    /// The oldest has waited longer than that; nobody: 0.
    OldestAge(Span),
    /// One who came now could expect to wait longer: (number waiting + 1) x mean handling of the queue / agents staffed. Ours: Amazon
    /// Connect does not say how it estimates.
    EstimatedWait(Span),
}

/// A promise to call back (agent first).
///
/// ```
/// use waitline::Span;
/// use waitline::model::Callback;
/// use waitline::random::Distribution;
/// let callback = Callback {
///     queue: None, // the one in which the contact waits
///     delay: Span::from_secs(60),
///     attempts: 3,
///     retry_delay: Span::from_secs(600),
///     answers: 0.8,
///     ring: Distribution::Constant(Span::from_secs(60)),
/// };
/// assert_eq!(callback.attempts, 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Callback {
    /// Where it queues; `None`: where the contact waits.
    pub queue: Option<QueueId>,
    /// From the promise until it queues.
    pub delay: Span,
    /// So many times the customer is called at most.
    pub attempts: u32,
    /// From an unanswered call until it queues again.
    pub retry_delay: Span,
    /// The chance that the customer answers a call.
    pub answers: f64,
    /// How long an agent is taken by a call that is not answered.
    pub ring: Distribution,
}

/// What is known of contacts, drawn together.
///
/// ```
/// use waitline::model::AttributeTable;
/// let table = AttributeTable {
///     names: vec!["language".into(), "tier".into()],
///     values: vec![vec!["en".into(), "gold".into()], vec!["es".into(), "basic".into()]],
///     cumulative: vec![0.25, 1.0],
///     sources: None,
///     place: 7,
/// };
/// assert_eq!(table.column("tier"), Some(1));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeTable {
    /// The attributes.
    pub names: Vec<String>,
    /// Row by row, their values.
    pub values: Vec<Vec<String>>,
    /// Row by row the chances, added up; the last is 1.
    pub cumulative: Vec<f64>,
    /// Of whose contacts; `None`: of all.
    pub sources: Option<Vec<SourceId>>,
    /// Stands for the names of the attributes (R25).
    pub place: u64,
}

impl AttributeTable {
    /// Where an attribute stands.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// The row that a contact has; `None`: contacts of its source have none.
    pub fn row(&self, source: SourceId, streams: SourceStreams, number: u64) -> Option<usize> {
        if self.sources.as_ref().is_some_and(|sources| !sources.contains(&source)) {
            return None;
        }
        let mut luck = streams.stream_at(Purpose::Attributes, number, self.place);
        Some(drawn_of(self.cumulative.iter().copied(), &mut luck).min(self.values.len() - 1))
    }
}

/// Everything that happens before and around queues. Empty: contacts come from their source into a queue, and that is all.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/savings-overflow.toml")?.compile()?;
/// assert!(!model.has_paths());
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// The flows.
    pub flows: Table<FlowId, Flow>,
    /// Their steps.
    pub steps: Table<StepId, Step>,
    /// The services that they call.
    pub services: Table<ServiceId, Service>,
    /// What contacts are like.
    pub attributes: Vec<AttributeTable>,
    /// The lines over which calls come in.
    pub telephony: super::Telephony,
    /// Where conversations go on, by the queue in which the contact was: may be shorter than there are queues.
    pub transfers: Table<QueueId, Vec<Transfer>>,
    /// After which calls customers call again; the first rule that fits decides. May be shorter than there are sources.
    pub calls_again: Table<SourceId, Vec<super::CallAgain>>,
    /// What the documentation of Amazon Connect leaves open, or one may want otherwise.
    pub rules: PathRules,
}

impl Model {
    /// Whether more is in play than sources, queues and agents who take one call at a time, so that contacts are followed all their way.
    pub fn has_paths(&self) -> bool {
        let paths = &self.paths;
        self.has_desks()
            || !paths.telephony.is_unlimited()
            || self.sources.iter().any(|source| source.flow.is_some())
            || paths.transfers.iter().any(|transfers| !transfers.is_empty())
            || paths.calls_again.iter().any(|rules| !rules.is_empty())
    }
}

/// A conversation ends in a transfer.
///
/// ```
/// use waitline::QueueId;
/// use waitline::model::{Destination, Transfer};
/// let to_tier_two = Transfer { upto: 0.1, to: Destination::Queue(QueueId(1)) };
/// assert!(to_tier_two.upto < 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transfer {
    /// Its chance, added to those before it.
    pub upto: f64,
    /// Where to.
    pub to: Destination,
}

/// Where a contact is sent.
///
/// ```
/// use waitline::QueueId;
/// use waitline::model::Destination;
/// assert_ne!(Destination::Queue(QueueId(0)), Destination::Queue(QueueId(1)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Into a queue.
    Queue(QueueId),
    /// Into a flow.
    Flow(FlowId),
}

/// The time from which a contact ranks in a queue (R11), where several are to be had.
///
/// ```
/// assert_ne!(waitline::model::RankFrom::CallStart, waitline::model::RankFrom::Entry);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankFrom {
    /// The start of the call.
    CallStart,
    /// The time from which it ranked in the queue before; of who was in none, that of entry.
    Before,
    /// The time at which it enters this queue.
    Entry,
}

/// What is documented in part or not at all. The default is Amazon Connect's documented rule, or where it has none, the likeliest reading.
///
/// ```
/// use waitline::model::{PathRules, RankFrom};
/// assert_eq!(PathRules::default().after_agent, RankFrom::Before);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathRules {
    /// Whence a contact ranks that an agent transferred.
    pub after_agent: RankFrom,
    /// Whence a contact ranks that a flow moved from queue to queue.
    pub after_queue: RankFrom,
    /// Whence a callback ranks.
    pub callback: RankFrom,
    /// Whence a callback ranks after a call that was not answered.
    pub callback_retry: RankFrom,
    /// By how many thousandths transfers and callbacks may overfill a queue.
    pub buffer_milli: u32,
    /// Whether a further adjustment of the routing age is added to those before, and does not replace them.
    pub ages_add_up: bool,
    /// How long a change of rank takes to show in a queue in which the contact waits already.
    pub rank_change_takes: Span,
}

impl Default for PathRules {
    fn default() -> PathRules {
        PathRules {
            after_agent: RankFrom::Before,
            after_queue: RankFrom::Entry,
            callback: RankFrom::CallStart,
            callback_retry: RankFrom::Before,
            buffer_milli: 200,
            ages_add_up: false,
            rank_change_takes: Span::from_secs(60),
        }
    }
}

impl PathRules {
    /// So many contacts may wait in a queue of that `max_contacts` when one comes by a transfer or a callback: rounded down.
    pub(crate) fn most_with_buffer(&self, max_contacts: u32) -> u64 {
        u64::from(max_contacts) * (1000 + u64::from(self.buffer_milli)) / 1000
    }
}

/// What has a chance.
pub(crate) fn chance_is_met(chance: f64, stream: &mut crate::random::Stream) -> bool {
    stream.random::<f64>() < chance
}

/// Which of several, by their chances added up; their number: none of them.
pub(crate) fn drawn_of(cumulative: impl IntoIterator<Item = f64>, stream: &mut crate::random::Stream) -> usize {
    let draw: f64 = stream.random();
    cumulative.into_iter().take_while(|&upto| upto <= draw).count()
}
