//! The laws of paths to service: everyone who comes goes once, steps follow one another as the flows say, lines are not taken twice, waits add up.

use super::Audit;
use super::picture::Doing;
use crate::id::{AgentId, CarrierId, ProfileId, QueueId, StepId};
use crate::model::{Block, CALLBACK_KEPT};
use crate::observe::{Arrival, Contact, Customer, Fact, Outcome};
use crate::time::{Span, Time};

/// When a wait ends by itself; `None`: never.
#[derive(Clone, Copy, Debug)]
struct Patience(Option<Time>);

/// The line of a carrier, or of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line(Option<CarrierId>);

/// A customer on its way, as the facts tell it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    /// Contacts that came and have not gone.
    here: i64,
    waits: u64,
    pub(super) conversations: u64,
    /// While a wait goes on: when patience ends.
    deadline: Option<Patience>,
    /// Since when a callback is promised.
    promised: Option<Time>,
    waited: Span,
    /// The step that must be passed next.
    next: Option<StepId>,
    line: Option<Line>,
}

impl Audit<'_> {
    fn way(&mut self, customer: Customer) -> &mut Way {
        self.world.ways.entry(customer).or_default()
    }

    pub(super) fn who(&self, customer: Customer) -> String {
        format!("contact `{}`", self.model.contact_name(customer.source, customer.number))
    }

    /// When the patience of a contact that enters a queue ends: a wait keeps its own from queue to queue, a callback has none but is not kept for ever.
    pub(super) fn deadline(&mut self, contact: &Contact) -> Option<Time> {
        let way = *self.way(contact.customer());
        if let Some(Patience(deadline)) = way.deadline {
            return deadline;
        }
        let deadline = match way.promised {
            Some(at) => Some(at + CALLBACK_KEPT),
            None => self.world.patience(contact, way.waits).map(|patience| contact.enqueued + patience),
        };
        let way = self.way(contact.customer());
        way.waits += u64::from(way.promised.is_none());
        way.deadline = Some(Patience(deadline));
        deadline
    }

    /// It leaves a queue, to go on or to speak with an agent.
    pub(super) fn has_waited(&mut self, contact: &Contact, ends: bool) {
        let waited = self.world.now.since(contact.enqueued);
        let way = self.way(contact.customer());
        way.waited = way.waited + waited;
        way.next = None;
        if ends {
            way.deadline = None;
        }
    }

    /// It speaks with an agent: how often it did before.
    pub(super) fn next_conversation(&mut self, contact: &Contact) -> u64 {
        self.has_waited(contact, true);
        let way = self.way(contact.customer());
        way.promised = None;
        way.conversations += 1;
        way.conversations - 1
    }

    pub(super) fn path_fact(&mut self, fact: &Fact) {
        match fact {
            Fact::Arrived { customer, arrival } => self.arrived(*customer, *arrival),
            Fact::Refused { customer, carrier } => self.refused(*customer, *carrier),
            Fact::Seized { customer, carrier } => self.seized(*customer, *carrier),
            Fact::Released { customer, carrier } => self.released(*customer, *carrier),
            Fact::Entered { customer, flow } => self.way(*customer).next = Some(self.model.paths.flows[*flow].first),
            Fact::Passed { customer, step, exit } => self.passed(*customer, *step, *exit as usize),
            Fact::Left { contact, outcome } => self.left(contact, *outcome),
            Fact::Dialed { contact, agent, profile, ring } => self.dialed(contact, *agent, *profile, *ring),
            Fact::Reranked { contact, priority, age_us } => match self.world.find(contact) {
                Some(place) => {
                    let waiting = &mut self.world.queues[contact.queue][place].contact;
                    (waiting.priority, waiting.age_us) = (*priority, *age_us);
                }
                None => self.breaks("R11", format!("{} gets another rank, but does not wait", self.contact(contact))),
            },
            Fact::Departed { customer, outcome, queue, waited, .. } => self.departed(*customer, *outcome, *queue, *waited),
            _ => {}
        }
    }

    fn arrived(&mut self, customer: Customer, arrival: Arrival) {
        if arrival == Arrival::First {
            self.comes_from_source(customer);
        }
        let now = self.world.now;
        let way = self.way(customer);
        way.here += 1;
        way.promised = (arrival == Arrival::Callback).then_some(now);
        (way.deadline, way.waited, way.next) = (None, Span::ZERO, None);
        if way.here != 1 {
            self.breaks("R19", format!("{} comes, but it is in the center", self.who(customer)));
        }
    }

    fn taken_of(&self, carrier: CarrierId) -> usize {
        self.world.ways.values().filter(|way| way.line == Some(Line(Some(carrier)))).count()
    }

    /// When events are the case is not looked up here: a carrier that never fails must be full.
    fn refused(&mut self, customer: Customer, carrier: CarrierId) {
        let (row, taken) = (&self.model.paths.telephony.carriers[carrier], self.taken_of(carrier));
        if row.outage.is_none() && taken < row.lines as usize {
            self.breaks("R19", format!("{} gets no line of carrier `{}`, of which {taken} are taken", self.who(customer), row.name));
        }
    }

    fn seized(&mut self, customer: Customer, carrier: Option<CarrierId>) {
        if self.way(customer).line.replace(Line(carrier)).is_some() {
            self.breaks("R19", format!("{} takes a second line", self.who(customer)));
        }
        let Some(carrier) = carrier else { return };
        let (row, taken) = (&self.model.paths.telephony.carriers[carrier], self.taken_of(carrier));
        if taken > row.lines as usize {
            self.breaks("R19", format!("{taken} lines of carrier `{}` are taken, which has {}", row.name, row.lines));
        }
    }

    fn released(&mut self, customer: Customer, carrier: Option<CarrierId>) {
        if self.way(customer).line.take() != Some(Line(carrier)) {
            self.breaks("R19", format!("{} gives back a line that it has not", self.who(customer)));
        }
    }

    /// Steps follow one another as the flow says; a step that waits for nothing else begins a flow beside a queue.
    fn passed(&mut self, customer: Customer, step: StepId, exit: usize) {
        let row = &self.model.paths.steps[step];
        let begins_beside = self
            .model
            .paths
            .steps
            .iter()
            .any(|other| matches!(other.block, Block::Queue { while_waiting: Some(first), .. } if first == step));
        let expected = self.way(customer).next;
        if expected.is_some_and(|expected| expected != step) || (expected.is_none() && !begins_beside) {
            self.breaks("the flow", format!("{} passes the step `{}`, which is not the next one", self.who(customer), row.name));
        }
        let counts_only = matches!(row.block, Block::Call { .. }) && exit > Block::FAILURE;
        self.way(customer).next = if counts_only { Some(step) } else { row.exits.get(exit).and_then(|exit| exit.to) };
    }

    fn left(&mut self, contact: &Contact, outcome: Outcome) {
        let Some(place) = self.world.find(contact) else {
            return self.breaks("R19", format!("{} leaves its queue, but it does not wait", self.contact(contact)));
        };
        let left = self.world.leaves(contact.queue, place);
        self.queued_if_it_waited(contact, left.queued);
        self.world.books[contact.queue].diverted += 1;
        let next = self.way(contact.customer()).next;
        self.has_waited(contact, outcome != Outcome::Transferred);
        self.way(contact.customer()).next = next;
    }

    fn dialed(&mut self, contact: &Contact, agent: AgentId, profile: ProfileId, ring: Span) {
        let now = self.world.now;
        let who = self.agent(agent);
        if self.model.agents[agent].profile != profile || !matches!(self.world.agents[agent].doing, Doing::Available { .. }) {
            self.breaks("R14", format!("{who} calls back {} but is not available", self.contact(contact)));
        }
        let Some(place) = self.world.find(contact) else {
            return self.breaks("R19", format!("{who} calls back {}, which does not wait", self.contact(contact)));
        };
        self.right_pair(contact, agent);
        let left = self.world.leaves(contact.queue, place);
        self.queued_if_it_waited(contact, left.queued);
        self.world.books[contact.queue].diverted += 1;
        self.has_waited(contact, true);
        self.world.set(agent, Doing::Busy { contact: *contact, answered: now, ends: now + ring });
    }

    fn departed(&mut self, customer: Customer, outcome: Outcome, queue: Option<QueueId>, waited: Span) {
        let way = self.way(customer);
        way.here -= 1;
        let (here, told) = (way.here, way.waited);
        way.next = None;
        if here != 0 {
            self.breaks("R19", format!("{} goes, but it is not in the center", self.who(customer)));
        }
        let waits_still = outcome == Outcome::Unfinished && queue.is_some();
        if told != waited && !waits_still {
            self.breaks("R12", format!("{} waited {told} in queues, not {waited}", self.who(customer)));
        }
    }

    /// In the end everyone who came has gone.
    pub(super) fn all_have_gone(&mut self) {
        let left: Vec<Customer> = self.world.ways.iter().filter(|(_, way)| way.here != 0).map(|(customer, _)| *customer).collect();
        for customer in left {
            self.breaks("R19", format!("{} came and never went", self.who(customer)));
        }
    }
}
