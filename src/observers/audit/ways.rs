//! The audit of paths to service: where everyone is on the way, and so which fact must come next of each, and when.
//!
//! What the audit does not know is in which order contacts come to a service at one instant: it takes it on trust that an answer was kept, or that
//! the rate limit refused an attempt. Everything else is drawn and decided anew.

use super::Audit;
use crate::id::{CarrierId, CriteriaId, EventId, FlowId, QueueId, StepId, Table};
use crate::model::{AtHorizon, CALLBACK_KEPT, Channel, DRAIN_MAX, Destination, Model, Timetable};
use crate::observe::{Arrival, Contact, Customer, Fact, Outcome};
use crate::random::{Streams, nth};
use crate::time::{Span, Time};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Where somebody is on the way. What has no time must go on at once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// Not there; may call again.
    Gone {
        again: Option<Time>,
    },
    /// Came, and needs a line if lines are short.
    Came,
    /// Has what it needs.
    Ready,
    Step {
        step: StepId,
        at: Time,
        exit: Option<usize>,
    },
    Asks {
        step: StepId,
        from: Time,
        tries: u32,
        ends: Time,
        succeeds: bool,
    },
    /// A flow beside the queue begins after the routing of this instant.
    Starts(StepId),
    Enqueues {
        queue: QueueId,
        beside: Option<StepId>,
    },
    TurnedAway {
        queue: QueueId,
    },
    Waits,
    Talks {
        until: Time,
    },
    /// Where no line is given back, nothing is told when it has rung in vain, before the next attempt.
    Rings {
        until: Time,
        told: Time,
    },
    Promises {
        step: StepId,
        queue: QueueId,
    },
    /// The call is over, and the callback begins.
    Promised,
    CalledBack {
        at: Time,
    },
    Leaves(Outcome),
}

/// When a wait ends by itself; `None`: never.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience(pub(super) Option<Time>);

/// The line of a carrier, or of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line(pub(super) Option<CarrierId>);

/// A promise to call back that is not fulfilled yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promise {
    pub(super) step: StepId,
    pub(super) queue: QueueId,
    pub(super) made: Time,
    pub(super) dialed: u32,
}

/// A customer on its way, as the facts tell it.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) stage: Stage,
    /// When it must go on at the latest, as it stands in `Ways::due`.
    pub(super) due: Option<Time>,
    pub(super) call_start: Time,
    pub(super) calls: u64,
    /// As it stands in the queue in which it waits.
    pub(super) waits_as: Option<Contact>,
    /// Its last queue, and the one that it has just left.
    pub(super) queue: Option<QueueId>,
    pub(super) left: Option<QueueId>,
    pub(super) rank: (i64, i64),
    pub(super) rank_changes: VecDeque<(Time, i64, i64)>,
    pub(super) ranks_from: Option<Time>,
    pub(super) chain: u32,
    /// An agent has sent it on.
    pub(super) sent_on: bool,
    pub(super) waits: u64,
    pub(super) conversations: u64,
    pub(super) patience: Option<Patience>,
    pub(super) waited: Span,
    pub(super) answered: Option<Time>,
    pub(super) line: Option<Line>,
    /// How many carriers had no line for the present call.
    pub(super) refused: usize,
    pub(super) promise: Option<Promise>,
    /// It is called back, or was: until it calls again, whatever channel it came by.
    pub(super) by_telephone: bool,
    /// How often it was offered to agents.
    pub(super) offers: u64,
    /// The criteria of the queues that it enters; in the present queue, how far they have come, and when the next step begins.
    pub(super) criteria: Option<CriteriaId>,
    pub(super) wants: Option<(CriteriaId, u32)>,
    pub(super) widens: Option<Time>,
    /// At which instant, and in which of its rounds, the present step of its criteria began.
    pub(super) wants_since: (Time, u32),
    /// How often it has drawn in each step; in which step it is drawing, and when.
    pub(super) drawn: BTreeMap<StepId, u64>,
    pub(super) draws: Option<(StepId, Vec<Time>)>,
}

/// All ways, and what they share.
pub(super) struct Ways<'a> {
    pub(super) of: BTreeMap<Customer, Way>,
    pub(super) due: BTreeSet<(Time, Customer)>,
    /// Beside whose waiting a flow begins at this instant.
    pub(super) starts: Vec<Customer>,
    pub(super) taken: Table<CarrierId, u32>,
    pub(super) calls: u32,
    pub(super) events: Table<EventId, Cow<'a, Timetable>>,
    pub(super) mean_handling_us: Table<QueueId, i64>,
    /// The run is over: who is left is told. Whether any of them would have gone on.
    pub(super) over: bool,
    pub(super) cut_short: bool,
}

impl<'a> Ways<'a> {
    pub(super) fn new(model: &'a Model, streams: Streams) -> Ways<'a> {
        let stops = model.run.at_horizon == AtHorizon::Stop;
        let until = if stops { model.run.horizon } else { model.run.horizon + DRAIN_MAX };
        let asked = model.events.iter().filter(|_| model.has_paths());
        Ways {
            of: BTreeMap::new(),
            due: BTreeSet::new(),
            starts: Vec::new(),
            taken: model.paths.telephony.carriers.iter().map(|_| 0).collect(),
            calls: 0,
            events: asked.map(|event| event.timetable(streams, until)).collect(),
            mean_handling_us: model.mean_handling_us(),
            over: false,
            cut_short: false,
        }
    }

    /// Nobody will do anything without being asked to.
    pub(super) fn nothing_is_due(&self) -> bool {
        self.due.is_empty()
    }
}

impl Audit<'_> {
    pub(super) fn way(&mut self, customer: Customer) -> &mut Way {
        self.world.ways.of.entry(customer).or_insert_with(|| Way {
            stage: Stage::Gone { again: None },
            due: None,
            call_start: Time::START,
            calls: 0,
            waits_as: None,
            queue: None,
            left: None,
            rank: (0, 0),
            rank_changes: VecDeque::new(),
            ranks_from: None,
            chain: 0,
            sent_on: false,
            waits: 0,
            conversations: 0,
            patience: None,
            waited: Span::ZERO,
            answered: None,
            line: None,
            refused: 0,
            promise: None,
            by_telephone: false,
            offers: 0,
            criteria: None,
            wants: None,
            widens: None,
            wants_since: (Time::START, 0),
            drawn: BTreeMap::new(),
            draws: None,
        })
    }

    pub(super) fn who(&self, customer: Customer) -> String {
        format!("contact `{}`", self.model.contact_name(customer.source, customer.number))
    }

    /// It is at another stage.
    pub(super) fn set(&mut self, customer: Customer, stage: Stage) {
        let now = self.world.now;
        let way = self.way(customer);
        way.stage = stage;
        let at = match stage {
            Stage::Gone { again } => again,
            Stage::Step { at, .. }
            | Stage::CalledBack { at }
            | Stage::Asks { ends: at, .. }
            | Stage::Talks { until: at }
            | Stage::Rings { told: at, .. } => Some(at),
            Stage::Waits | Stage::Starts(_) => None,
            _ => Some(now),
        };
        let change = way.rank_changes.front().map(|change| change.0);
        let due = at.into_iter().chain(change).chain(way.widens).min();
        let before = std::mem::replace(&mut way.due, due);
        let ways = &mut self.world.ways;
        ways.due.extend(due.map(|due| (due, customer)));
        if let Some(before) = before.filter(|_| before != due) {
            ways.due.remove(&(before, customer));
        }
        if let Stage::Gone { again: None } = stage {
            ways.of.remove(&customer);
        }
    }

    /// At the end of an instant nobody is left who should have gone on.
    pub(super) fn nobody_is_late(&mut self, by: Time) {
        self.all_start();
        while let Some(&(at, customer)) = self.world.ways.due.first().filter(|due| due.0 <= by) {
            self.world.ways.due.remove(&(at, customer));
            let way = self.way(customer);
            way.due = None;
            let stage = way.stage;
            self.breaks("R3, the flow", format!("{} should have gone on at {at} s: {stage:?}", self.who(customer)));
        }
    }

    /// Flows beside queues begin at the instant at which contacts have entered.
    pub(super) fn all_start(&mut self) {
        for customer in std::mem::take(&mut self.world.ways.starts) {
            self.starts(customer);
        }
    }

    /// The flow beside its queue has begun.
    pub(super) fn starts(&mut self, customer: Customer) {
        if let Some(&Way { stage: Stage::Starts(first), .. }) = self.world.ways.of.get(&customer) {
            self.is_in_step(customer, first);
        }
    }

    pub(super) fn goes_wrong(&mut self, customer: Customer, what: &str) {
        let stage = self.way(customer).stage;
        self.breaks("the flow", format!("{} {what}, which is not what comes next: {stage:?}", self.who(customer)));
    }

    pub(super) fn path_fact(&mut self, fact: &Fact) {
        match fact {
            Fact::Arrived { customer, arrival } => self.arrived(*customer, *arrival),
            Fact::Refused { customer, carrier } => self.refused(*customer, *carrier),
            Fact::Seized { customer, carrier } => self.seized(*customer, Line(*carrier)),
            Fact::Released { customer, carrier } => self.released(*customer, Line(*carrier)),
            Fact::Entered { customer, flow } => self.enters_flow(*customer, *flow),
            Fact::Passed { customer, step, exit } => self.passed(*customer, *step, *exit as usize),
            Fact::Left { contact, outcome } => self.left(contact, *outcome),
            Fact::Dialed { contact, agent, profile, ring } => self.dialed(contact, *agent, *profile, *ring),
            Fact::Reranked { contact, priority, age_us } => self.reranked(contact, (*priority, *age_us)),
            Fact::Departed { customer, .. } => self.departed(*customer, fact),
            _ => {}
        }
    }

    // ---- coming --------------------------------------------------------------------------------------------------------

    fn arrived(&mut self, customer: Customer, arrival: Arrival) {
        let now = self.world.now;
        if arrival == Arrival::First {
            self.comes_from_source(customer);
        }
        let sent = self.world.given(customer.source, customer.number).map(|given| (given.priority, given.age_us));
        let source = &self.model.sources[customer.source];
        let way = self.way(customer);
        let right = match (way.stage, arrival) {
            (Stage::Gone { again }, Arrival::First) => again.is_none() && way.conversations + way.calls + way.waits == 0,
            (Stage::Gone { again }, Arrival::Again) => again == Some(now),
            (Stage::Promised, Arrival::Callback) => true,
            _ => false,
        };
        (way.patience, way.waited, way.answered, way.chain, way.sent_on, way.refused) = (None, Span::ZERO, None, 0, false, 0);
        let promised = way.promise.filter(|_| arrival == Arrival::Callback);
        let stage = if let Some(terms) = promised.and_then(|promise| self.terms(promise.step)) {
            Stage::CalledBack { at: now + terms.delay.min(CALLBACK_KEPT) }
        } else {
            let way = self.way(customer);
            way.calls += u64::from(arrival == Arrival::Again);
            way.rank = sent.unwrap_or((source.priority, source.age_us));
            (way.criteria, way.by_telephone) = (source.criteria, false);
            (way.call_start, way.ranks_from, way.promise) = (now, None, None);
            if self.model.paths.telephony.is_unlimited() || source.channel != Channel::Voice { Stage::Ready } else { Stage::Came }
        };
        if !right {
            self.goes_wrong(customer, "comes");
        }
        self.set(customer, stage);
    }

    /// The line that a call gets, and before it the carriers that have none.
    fn line_for(&mut self, customer: Customer) -> (Vec<CarrierId>, Option<Line>) {
        let (now, call) = (self.world.now, nth(customer.number, self.way(customer).calls));
        let telephony = &self.model.paths.telephony;
        if telephony.quota.is_some_and(|quota| self.world.ways.calls >= quota) {
            return (Vec::new(), None);
        }
        let Some(first) = telephony.first_choice(self.world.streams_of(customer.source), call) else {
            return (Vec::new(), Some(Line(None)));
        };
        let others = telephony.carriers.ids().filter(|&other| telephony.failover && other != first);
        let has_a_line = |carrier: &CarrierId| {
            let row = &telephony.carriers[*carrier];
            self.world.ways.taken[*carrier] < row.lines && !row.outage.is_some_and(|event| self.is_active(event, now))
        };
        let mut tried: Vec<CarrierId> = std::iter::once(first).chain(others).collect();
        let refuse = tried.iter().take_while(|carrier| !has_a_line(carrier)).count();
        let found = tried.get(refuse).map(|&carrier| Line(Some(carrier)));
        tried.truncate(refuse);
        (tried, found)
    }

    /// Whether that is the line, or `None`, that a call gets, and all carriers that have none have said so.
    pub(super) fn gets(&mut self, customer: Customer, line: Option<Line>) -> bool {
        let (refuse, found) = self.line_for(customer);
        found == line && self.way(customer).refused == refuse.len()
    }

    fn refused(&mut self, customer: Customer, carrier: CarrierId) {
        let (refuse, _) = self.line_for(customer);
        let way = self.way(customer);
        if !matches!(way.stage, Stage::Came) || refuse.get(way.refused) != Some(&carrier) {
            self.goes_wrong(customer, "gets no line of a carrier");
        }
        self.way(customer).refused += 1;
    }

    fn seized(&mut self, customer: Customer, line: Line) {
        let way = self.way(customer);
        let (stage, dials) = (way.stage, way.promise.is_some() && way.waits_as.is_some());
        let right = match stage {
            Stage::Came => self.gets(customer, Some(line)),
            _ => dials && line == Line(None) && !self.model.paths.telephony.is_unlimited(),
        };
        if !right || self.way(customer).line.is_some() {
            self.goes_wrong(customer, "takes a line");
        }
        self.way(customer).line = Some(line);
        self.world.ways.calls += 1;
        if let Line(Some(carrier)) = line {
            self.world.ways.taken[carrier] += 1;
        }
        if matches!(stage, Stage::Came) {
            self.set(customer, Stage::Ready);
        }
    }

    fn released(&mut self, customer: Customer, line: Line) {
        let now = self.world.now;
        let way = self.way(customer);
        if way.line.take() != Some(line) {
            return self.goes_wrong(customer, "gives back a line");
        }
        self.world.ways.calls -= 1;
        if let Line(Some(carrier)) = line {
            self.world.ways.taken[carrier] -= 1;
        }
        let stage = self.way(customer).stage;
        match stage {
            Stage::Leaves(_) | Stage::Promises { .. } => {}
            Stage::Rings { until, .. } if until == now => self.rang_in_vain(customer),
            Stage::Talks { until } if until == now && self.next_after_talk(customer).is_none() => {
                let queue = self.way(customer).queue;
                self.way(customer).left = queue;
                self.set(customer, Stage::Leaves(Outcome::Answered));
            }
            _ => self.goes_wrong(customer, "gives back a line"),
        }
    }

    fn enters_flow(&mut self, customer: Customer, flow: FlowId) {
        let now = self.world.now;
        self.forgets_criteria_after_talk(customer);
        let right = match self.way(customer).stage {
            Stage::Ready => self.model.sources[customer.source].flow == Some(flow),
            Stage::Talks { until } => until == now && self.next_after_talk(customer) == Some(Destination::Flow(flow)),
            _ => false,
        };
        if !right {
            self.goes_wrong(customer, "enters a flow");
        }
        let way = self.way(customer);
        way.sent_on = matches!(way.stage, Stage::Talks { .. });
        self.is_in_step(customer, self.model.paths.flows[flow].first);
    }

    /// An agent who sends it on does not ask whom it wants.
    pub(super) fn forgets_criteria_after_talk(&mut self, customer: Customer) {
        let way = self.way(customer);
        if matches!(way.stage, Stage::Talks { .. }) {
            way.criteria = None;
        }
    }

    fn passed(&mut self, customer: Customer, step: StepId, exit: usize) {
        let now = self.world.now;
        self.starts(customer);
        let stage = self.way(customer).stage;
        match stage {
            Stage::Step { step: at_step, at, exit: drawn } if at_step == step && at == now => {
                self.has_drawn(customer, now);
                if drawn.or_else(|| self.exit_now(customer, step)) != Some(exit) {
                    self.goes_wrong(customer, &format!("leaves `{}` by exit {exit}", self.model.paths.steps[step].name));
                }
                self.leads_on(customer, step, exit);
            }
            Stage::Asks { step: at_step, .. } if at_step == step && self.passes_call(customer, exit, stage) => {}
            _ => self.goes_wrong(customer, &format!("passes `{}`", self.model.paths.steps[step].name)),
        }
    }
}
