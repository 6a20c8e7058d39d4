//! The audit's own picture of one replication: who waits, what every agent does, what must come. Plain lists, searched and compared anew
//! each time: slow, and with nothing in common with the engine.

use super::desks::Desks;
use super::ways::Ways;
use crate::id::{AgentId, ProfileId, QueueId, SourceId, StateId, Table};
use crate::model::{AgentRule, ContactRule, Day, Entry, Given, Model};
use crate::observe::Contact;
use crate::random::{Distribution, Purpose, SourceStreams, Streams, nth};
use crate::time::{Span, Time};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::iter::Peekable;

/// A contact that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) contact: Contact,
    pub(super) order: u64,
    pub(super) deadline: Option<Time>,
    pub(super) queued: bool,
    /// The agent who is offered it.
    pub(super) at: Option<AgentId>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Doing {
    /// Not logged in.
    Out {
        state: Option<StateId>,
    },
    Available {
        since: Time,
    },
    Busy {
        contact: Contact,
        answered: Time,
        ends: Time,
    },
}

/// What an agent is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plan {
    Present,
    Out(Option<StateId>),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct AgentNow {
    pub(super) doing: Doing,
    pub(super) answered: u64,
    handled_us: i128,
    /// Before the present stay, which began at `came`.
    staffed_us: i128,
    came: Time,
}

/// What must add up in the end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Books {
    pub(super) offered: u64,
    pub(super) answered: u64,
    pub(super) abandoned: u64,
    pub(super) rejected: u64,
    pub(super) diverted: u64,
    pub(super) unfinished: u64,
    /// Sum of waits as told, and the integral of the number waiting.
    pub(super) waits_us: i128,
    pub(super) waiting_us: i128,
    changed: Time,
}

/// The instants of a source that are still to come, and the number of the next contact.
type Incoming<'a> = (Peekable<Box<dyn Iterator<Item = Time> + 'a>>, u64);

pub(super) struct Picture<'a> {
    pub(super) model: &'a Model,
    pub(super) day: Day,
    streams: Streams,
    pub(super) now: Time,
    /// When something was last told, but for who is left in the end.
    pub(super) last_fact: Time,
    /// When it was told of the first who is left in the end.
    pub(super) ends: Option<Time>,
    /// By queue, in the order of enqueueing.
    pub(super) queues: Table<QueueId, Vec<Waiting>>,
    pub(super) books: Table<QueueId, Books>,
    pub(super) agents: Table<AgentId, AgentNow>,
    /// By profile, longest available first.
    pub(super) available: Table<ProfileId, BTreeSet<(Time, AgentId)>>,
    pub(super) busy: BTreeSet<(Time, AgentId)>,
    pub(super) deadlines: BTreeSet<(Time, QueueId, u64)>,
    pub(super) sources: Table<SourceId, Incoming<'a>>,
    /// What agents are to do from then on, the last change first.
    pub(super) shift_changes: Vec<(Time, AgentId, Plan)>,
    /// The last fact was that this agent logged out for a break or the like.
    pub(super) turns_next: Option<AgentId>,
    /// Of this instant: who entered a queue, and who must leave.
    pub(super) entered: Vec<(QueueId, u64)>,
    pub(super) leaving: Vec<AgentId>,
    pub(super) last_offered: Option<(SourceId, u64)>,
    /// The last fact was that this contact was offered to a queue, which may be too full for it.
    pub(super) just_offered: Option<Contact>,
    /// Whether there is more than sources, queues and agents; then, who is on which way.
    pub(super) has_paths: bool,
    pub(super) ways: Ways<'a>,
    /// Whether agents do more than take one call at a time; then, what each of them holds, instead of what stands in `agents`.
    pub(super) has_desks: bool,
    pub(super) desks: Desks<'a>,
    enqueued: u64,
}

impl<'a> Picture<'a> {
    pub(super) fn new(model: &'a Model, streams: Streams) -> Picture<'a> {
        let mut shift_changes = Vec::new();
        let day = model.day(streams);
        for agent in model.agents.ids() {
            let shifts = day.presence(model, agent).iter().flat_map(|shift| [shift.start, shift.end]);
            let away = day.away(model, agent).iter().flat_map(|away| [away.start, away.end]);
            let instants: BTreeSet<Time> = shifts.chain(away).filter(|&at| at < Time::NEVER).collect();
            let mut before = Plan::Out(None);
            for at in instants {
                let plan = plan_at(model, &day, agent, at);
                if plan != before {
                    shift_changes.push((at, agent, plan));
                }
                before = plan;
            }
        }
        shift_changes.sort_unstable_by(|a, b| b.cmp(a));
        let out = AgentNow { doing: Doing::Out { state: None }, answered: 0, handled_us: 0, staffed_us: 0, came: Time::START };
        Picture {
            model,
            day,
            streams,
            now: Time::START,
            last_fact: Time::START,
            ends: None,
            queues: model.queues.iter().map(|_| Vec::new()).collect(),
            books: model.queues.iter().map(|_| Books::default()).collect(),
            agents: model.agents.iter().map(|_| out).collect(),
            available: model.profiles.iter().map(|_| BTreeSet::new()).collect(),
            busy: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            sources: model.sources.enumerate().map(|(id, source)| (source.arrivals.arrivals(streams.source(id)).peekable(), 0)).collect(),
            shift_changes,
            turns_next: None,
            entered: Vec::new(),
            leaving: Vec::new(),
            last_offered: None,
            just_offered: None,
            has_paths: model.has_paths(),
            ways: Ways::new(model, streams),
            has_desks: model.has_desks(),
            desks: Desks::new(model),
            enqueued: 0,
        }
    }

    // ---- changes -------------------------------------------------------------------------------------------------------

    pub(super) fn enters(&mut self, contact: Contact, deadline: Option<Time>) {
        self.level_changes(contact.queue);
        let order = self.enqueued;
        self.enqueued += 1;
        self.queues[contact.queue].push(Waiting { contact, order, deadline, queued: false, at: None });
        self.deadlines.extend(deadline.map(|deadline| (deadline, contact.queue, order)));
        self.entered.push((contact.queue, order));
        self.books[contact.queue].offered += 1;
    }

    /// Where it waits.
    pub(super) fn find(&self, contact: &Contact) -> Option<usize> {
        self.queues[contact.queue].iter().position(|waiting| waiting.contact == *contact)
    }

    pub(super) fn leaves(&mut self, queue: QueueId, place: usize) -> Waiting {
        self.level_changes(queue);
        let waiting = self.queues[queue].remove(place);
        self.books[queue].waits_us += i128::from(self.now.as_us() - waiting.contact.enqueued.as_us());
        if let Some(deadline) = waiting.deadline {
            self.deadlines.remove(&(deadline, queue, waiting.order));
        }
        waiting
    }

    pub(super) fn level_changes(&mut self, queue: QueueId) {
        let (now, level) = (self.now, self.queues[queue].len() as i128);
        let books = &mut self.books[queue];
        books.waiting_us += level * i128::from(now.as_us() - books.changed.as_us());
        books.changed = now;
    }

    pub(super) fn set(&mut self, agent: AgentId, doing: Doing) {
        let profile = self.model.agents[agent].profile;
        let state = &mut self.agents[agent];
        match state.doing {
            Doing::Out { .. } => state.came = self.now,
            Doing::Available { since } => {
                self.available[profile].remove(&(since, agent));
            }
            Doing::Busy { answered, ends, .. } => {
                state.handled_us += i128::from(self.now.as_us() - answered.as_us());
                self.busy.remove(&(ends, agent));
            }
        }
        match doing {
            Doing::Out { .. } => state.staffed_us += i128::from(self.now.as_us() - state.came.as_us()),
            Doing::Available { since } => {
                self.available[profile].insert((since, agent));
            }
            Doing::Busy { ends, .. } => {
                self.busy.insert((ends, agent));
            }
        }
        state.doing = doing;
    }

    // ---- what the rules say --------------------------------------------------------------------------------------------

    pub(super) fn plan(&self, agent: AgentId) -> Plan {
        plan_at(self.model, &self.day, agent, self.now)
    }

    pub(super) fn on_shift(&self, agent: AgentId) -> bool {
        self.plan(agent) == Plan::Present
    }

    /// Whether the agent is on shift at some time after now.
    pub(super) fn is_there_later(&self, agent: AgentId) -> bool {
        self.day.presence(self.model, agent).iter().any(|shift| shift.end > self.now)
    }

    /// Whether agents of the profile may take the contact now (R4, R6).
    pub(super) fn is_eligible(&self, profile: ProfileId, contact: &Contact) -> bool {
        let waited = self.now.since(contact.enqueued);
        self.model.profiles[profile].entries.iter().any(|entry| entry.queue == contact.queue && entry.delay <= waited)
    }

    /// The contact that an agent of the profile takes: R5 to R8, or what the model has instead.
    pub(super) fn best(&self, profile: ProfileId) -> Option<Contact> {
        let line = |waiting: &&Waiting| (waiting.contact.priority, waiting.contact.rank(), waiting.order);
        let waited_long_enough = |entry: &Entry, waiting: &Waiting| self.now.since(waiting.contact.enqueued) >= entry.delay;
        // The head of each queue, by the order within a queue that all rules share; then the heads by the rule.
        let heads = self.model.profiles[profile].entries.iter().filter_map(|entry| {
            let eligible = self.queues[entry.queue].iter().filter(|waiting| waited_long_enough(entry, waiting));
            Some((entry, eligible.min_by_key(line)?))
        });
        let claim = |(entry, waiting): (&Entry, &Waiting)| {
            // Who ranks younger than it is has no claim yet, not a negative one.
            i128::from((self.now.as_us() - waiting.contact.rank().as_us()).max(0)) * i128::from(entry.weight_milli)
        };
        let best = match self.model.policy.contact {
            ContactRule::Strict => heads.min_by_key(|(entry, waiting)| (entry.priority, line(waiting))),
            ContactRule::LongestWaitFirst => heads.min_by_key(|(_, waiting)| line(waiting)),
            ContactRule::Weighted => {
                heads.min_by_key(|&(entry, waiting)| (std::cmp::Reverse(claim((entry, waiting))), entry.priority, line(&waiting)))
            }
        };
        best.map(|(_, waiting)| waiting.contact)
    }

    /// Whether an agent of the profile could take somebody by the time `by`; if so, whom and since when.
    pub(super) fn first_eligible(&self, profile: ProfileId, by: Time) -> Option<(Contact, Time)> {
        let opens =
            |entry: &Entry| self.queues[entry.queue].first().map(|waiting| (waiting.contact, waiting.contact.enqueued + entry.delay));
        self.model.profiles[profile].entries.iter().filter_map(opens).find(|&(_, opens)| opens <= by)
    }

    /// The agent who is to take a contact next: R9 or what the model has instead; `None` under the rule of chance.
    pub(super) fn next_agent(&self) -> Option<AgentId> {
        let rule = self.model.policy.agent;
        let could =
            self.available.enumerate().filter(|(profile, agents)| !agents.is_empty() && self.first_eligible(*profile, self.now).is_some());
        let longest = |a: &(Time, AgentId), b: &(Time, AgentId)| a.cmp(b);
        let first = match rule {
            AgentRule::LongestAvailable => could.filter_map(|(_, agents)| agents.first().copied()).min(),
            AgentRule::Random => None,
            AgentRule::FewestContacts => could
                .flat_map(|(_, agents)| agents.iter().copied())
                .min_by(|a, b| self.agents[a.1].answered.cmp(&self.agents[b.1].answered).then_with(|| longest(a, b))),
            AgentRule::LeastOccupied => {
                could.flat_map(|(_, agents)| agents.iter().copied()).min_by(|a, b| self.occupancy(a.1, b.1).then_with(|| longest(a, b)))
            }
        };
        first.map(|(_, agent)| agent)
    }

    /// Compares handling / staffed time of two available agents; who has not been there for any time has handled nothing.
    fn occupancy(&self, a: AgentId, b: AgentId) -> Ordering {
        let record = |agent: AgentId| {
            let state = &self.agents[agent];
            (state.handled_us, (state.staffed_us + i128::from(self.now.as_us() - state.came.as_us())).max(1))
        };
        let ((handled_a, staffed_a), (handled_b, staffed_b)) = (record(a), record(b));
        (handled_a * staffed_b).cmp(&(handled_b * staffed_a))
    }

    // ---- luck (R25) ----------------------------------------------------------------------------------------------------

    pub(super) fn given(&self, source: SourceId, number: u64) -> Option<&'a Given> {
        self.model.sources[source].given.get(number as usize)
    }

    pub(super) fn streams_of(&self, source: SourceId) -> SourceStreams {
        self.streams.source(source)
    }

    /// A draw for something that happened to the contact so often before.
    pub(super) fn draw(&self, contact: &Contact, times: u64, purpose: Purpose, distribution: &Distribution) -> Span {
        distribution.sample(&mut self.streams.source(contact.source).stream(purpose, nth(contact.number, times)))
    }

    pub(super) fn patience(&self, contact: &Contact, wait: u64) -> Option<Span> {
        match self.given(contact.source, contact.number) {
            Some(given) if wait == 0 => given.patience,
            _ => {
                let queue = &self.model.queues[contact.queue];
                let patience = queue.by_channel[self.channel(contact.customer())].patience.as_ref().or(queue.patience.as_ref());
                patience.map(|patience| self.draw(contact, wait, Purpose::Patience, patience))
            }
        }
    }

    /// Talk and after-contact work (R13).
    pub(super) fn handling(&self, profile: ProfileId, contact: &Contact, conversation: u64) -> (Span, Span) {
        let given = self.given(contact.source, contact.number).filter(|_| conversation == 0);
        let queue = &self.model.queues[contact.queue];
        let overriding = self.model.profiles[profile].overriding_entry(contact.queue, crate::model::Channel::Voice);
        let stretched = |purpose, distribution| self.day.stretch(contact.queue, self.draw(contact, conversation, purpose, distribution));
        let talk = overriding.and_then(|entry| entry.handle_time.as_ref()).unwrap_or(&queue.handle_time);
        let after = overriding.and_then(|entry| entry.after_contact_work.as_ref()).or(queue.after_contact_work.as_ref());
        (
            given.and_then(|given| given.handle_time).unwrap_or_else(|| stretched(Purpose::HandleTime, talk)),
            given
                .and_then(|given| given.after_contact_work)
                .unwrap_or_else(|| after.map_or(Span::ZERO, |after| stretched(Purpose::AfterContactWork, after))),
        )
    }
}

fn plan_at(model: &Model, day: &Day, agent: AgentId, at: Time) -> Plan {
    if day.presence(model, agent).iter().any(|shift| shift.start <= at && at < shift.end) {
        return Plan::Present;
    }
    Plan::Out(day.away(model, agent).iter().find(|away| away.start <= at && at < away.end).map(|away| away.state))
}
