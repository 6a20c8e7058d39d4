//! The audit of flows: what a contact draws in a step, how long it stays there, and by which exit it must leave.

use super::Audit;
use super::picture::Doing;
use super::ways::Stage;
use crate::id::{AgentId, EventId, QueueId, ServiceId, StepId};
use crate::model::{Block, Jitter, QueueTest, Staff, chance_is_met, drawn_of};
use crate::observe::{Customer, Outcome};
use crate::random::{Purpose, Stream, nth};
use crate::time::{Span, Time};
use rand::RngExt;

impl Audit<'_> {
    /// The luck of a draw in a step: the first that is not drawn yet, or one of those after it.
    fn luck_ahead(&mut self, customer: Customer, step: StepId, ahead: u64) -> Stream {
        let drawn = self.way(customer).drawn.get(&step).copied().unwrap_or(0);
        let place = self.model.paths.steps[step].place;
        self.world.streams_of(customer.source).stream_at(Purpose::Step, nth(customer.number, drawn + ahead), place)
    }

    pub(super) fn luck(&mut self, customer: Customer, step: StepId) -> Stream {
        let luck = self.luck_ahead(customer, step, 0);
        *self.way(customer).drawn.entry(step).or_insert(0) += 1;
        luck
    }

    /// It is in a step from now on.
    pub(super) fn is_in_step(&mut self, customer: Customer, step: StepId) {
        let now = self.world.now;
        let (mut at, mut exit, mut draws) = (now, None, Vec::new());
        match &self.model.paths.steps[step].block {
            Block::Prompt { duration } | Block::Message { duration } => {
                draws.push(now);
                (at, exit) = (now + duration.sample(&mut self.luck_ahead(customer, step, 0)), Some(0));
            }
            Block::SelfService { duration, containment, attempts } => {
                exit = Some(1);
                for attempt in 0..*attempts {
                    let mut luck = self.luck_ahead(customer, step, u64::from(attempt));
                    draws.push(at);
                    at = at + duration.sample(&mut luck);
                    if chance_is_met(*containment, &mut luck) {
                        exit = Some(0);
                        break;
                    }
                }
            }
            Block::Call { service } => return self.asks(customer, step, *service, now, 0),
            Block::Criteria { criteria } => self.way(customer).criteria = *criteria,
            Block::Rank { priority, age_us } => self.is_ranked_anew(customer, *priority, *age_us),
            _ => {}
        }
        self.way(customer).draws = Some((step, draws));
        self.set(customer, Stage::Step { step, at, exit });
    }

    /// Which draws it has made by now in the step it was in: it may have been called away before the last one.
    pub(super) fn has_drawn(&mut self, customer: Customer, by: Time) {
        let way = self.way(customer);
        if let Some((step, draws)) = way.draws.take() {
            *way.drawn.entry(step).or_insert(0) += draws.iter().filter(|at| **at <= by).count() as u64;
        }
    }

    // ---- services ------------------------------------------------------------------------------------------------------

    /// From then on, unless the answer is kept or the rate limit refuses it: an attempt, of which is known when it ends and how.
    fn asks(&mut self, customer: Customer, step: StepId, service: ServiceId, from: Time, tries: u32) {
        let row = &self.model.paths.services[service];
        let mut luck = self.luck_ahead(customer, step, 0);
        let latency = row.latency.sample(&mut luck);
        let fails = chance_is_met(row.failure, &mut luck) || row.outage.is_some_and(|event| self.is_active(event, from));
        let span = row.timeout.map_or(latency, |timeout| latency.min(timeout));
        self.way(customer).draws = Some((step, vec![from]));
        self.set(customer, Stage::Asks { step, from, tries, ends: from + span, succeeds: !fails && span == latency });
    }

    /// It passes a step that calls a service, in which it is: whether that may be.
    pub(super) fn passes_call(&mut self, customer: Customer, exit: usize, stage: Stage) -> bool {
        let now = self.world.now;
        let Stage::Asks { step, from, tries, ends, succeeds } = stage else { return false };
        let Block::Call { service } = self.model.paths.steps[step].block else { return false };
        let row = &self.model.paths.services[service];
        match exit {
            Block::CACHED if now == from && row.cache.is_some() => {
                self.way(customer).draws = None;
                self.set(customer, Stage::Step { step, at: now, exit: Some(Block::SUCCESS) });
                true
            }
            Block::THROTTLED if now == from && row.limit.is_some() => {
                self.way(customer).draws = None;
                self.pauses(customer, step, service, tries);
                true
            }
            Block::FAILED if now == ends && !succeeds => {
                self.has_drawn(customer, now);
                self.pauses(customer, step, service, tries);
                true
            }
            Block::SUCCESS if now == ends && succeeds => {
                self.has_drawn(customer, now);
                self.leads_on(customer, step, exit);
                true
            }
            _ => false,
        }
    }

    fn pauses(&mut self, customer: Customer, step: StepId, service: ServiceId, tries: u32) {
        let now = self.world.now;
        let row = &self.model.paths.services[service];
        if tries == row.retries {
            return self.set(customer, Stage::Step { step, at: now, exit: Some(Block::FAILURE) });
        }
        let most = row.backoff_before(tries).as_us();
        let pause = match row.jitter {
            Jitter::None => most,
            Jitter::Equal => most / 2 + self.luck(customer, step).random_range(0..=most - most / 2),
            Jitter::Full => self.luck(customer, step).random_range(0..=most),
        };
        self.asks(customer, step, service, now + Span::from_us(pause), tries + 1);
    }

    // ---- exits ---------------------------------------------------------------------------------------------------------

    /// By which exit it leaves a step in which no time passes, as things are now; `None`: not known beforehand.
    pub(super) fn exit_now(&mut self, customer: Customer, step: StepId) -> Option<usize> {
        let now = self.world.now;
        let own = self.way(customer).queue;
        let row = &self.model.paths.steps[step];
        let yes = match &row.block {
            Block::Branch { table, exit_of_row } => {
                let streams = self.world.streams_of(customer.source);
                let drawn = self.model.paths.attributes[*table].row(customer.source, streams, customer.number);
                return Some(drawn.map_or(row.exits.len() - 1, |row| exit_of_row[row] as usize));
            }
            Block::Distribute { cumulative } => return Some(drawn_of(cumulative.iter().copied(), &mut self.luck(customer, step))),
            Block::Hours { hours } => self.model.hours[*hours].open.is_on(now),
            Block::Event { event } => self.is_active(*event, now),
            Block::Staffing { queue, agents, more_than } => self.agents_there(customer, queue.or(own)?, *agents) > *more_than as usize,
            Block::QueueStatus { queue, test } => self.is_above(customer, queue.or(own)?, *test),
            Block::Queue { queue, .. } => self.has_room_for(customer, *queue) && !self.is_being_joined(customer),
            Block::Callback(terms) => !self.is_full(terms.queue.or(own)?, false) && !self.is_being_joined(customer),
            Block::Criteria { .. } | Block::Rank { .. } | Block::Flow { .. } | Block::Disconnect | Block::KeepWaiting => true,
            Block::Prompt { .. } | Block::SelfService { .. } | Block::Message { .. } | Block::Call { .. } => return None,
        };
        Some(usize::from(!yes))
    }

    /// Where it goes on from a step that it has left: to the next one, or as the block says.
    pub(super) fn leads_on(&mut self, customer: Customer, step: StepId, exit: usize) {
        let row = &self.model.paths.steps[step];
        if let Some(to) = row.exits.get(exit).and_then(|exit| exit.to) {
            return self.is_in_step(customer, to);
        }
        let (waits, own) = (self.way(customer).waits_as.is_some(), self.way(customer).queue);
        let stage = match &row.block {
            Block::SelfService { .. } => Stage::Leaves(Outcome::SelfServed),
            Block::Message { .. } => Stage::Leaves(Outcome::Message),
            Block::Disconnect => Stage::Leaves(Outcome::Disconnected),
            Block::Queue { queue, while_waiting } if exit != Block::FULL => Stage::Enqueues { queue: *queue, beside: *while_waiting },
            Block::Callback(terms) if exit != Block::FULL => Stage::Promises { step, queue: terms.queue.or(own).unwrap_or(QueueId(0)) },
            _ if waits => Stage::Waits,
            Block::Queue { queue, .. } => Stage::TurnedAway { queue: *queue },
            Block::Callback(terms) => Stage::TurnedAway { queue: terms.queue.or(own).unwrap_or(QueueId(0)) },
            _ => Stage::Waits,
        };
        self.set(customer, stage);
    }

    // ---- checks --------------------------------------------------------------------------------------------------------

    pub(super) fn is_active(&self, event: EventId, at: Time) -> bool {
        self.world.ways.events[event].is_on(at)
    }

    /// Whether it is offered to an agent: then nothing moves it.
    fn is_being_joined(&mut self, customer: Customer) -> bool {
        let waits_as = self.way(customer).waits_as;
        waits_as.is_some_and(|contact| self.world.offered_to(&contact).is_some())
    }

    fn agents_there(&self, customer: Customer, queue: QueueId, staff: Staff) -> usize {
        let world = &self.world;
        let owner = self.model.queues[queue].agent;
        let serves = |id: AgentId| {
            let entries = &self.model.profiles[self.model.agents[id].profile].entries;
            owner.map_or_else(|| entries.iter().any(|entry| entry.queue == queue), |owner| owner == id)
        };
        let counts = |id: AgentId| match world.agents[id].doing {
            _ if world.has_desks && staff == Staff::Available => world.why_not_admitted(id, world.channel(customer), world.now).is_none(),
            _ if world.has_desks => {
                let seat = &world.desks.seats[id];
                seat.logged_in || (staff == Staff::Online && seat.state.is_some())
            }
            Doing::Out { state } => staff == Staff::Online && state.is_some(),
            Doing::Available { .. } => true,
            Doing::Busy { .. } => staff != Staff::Available,
        };
        self.model.agents.ids().filter(|&id| serves(id) && counts(id)).count()
    }

    fn is_above(&self, customer: Customer, queue: QueueId, test: QueueTest) -> bool {
        let waiting = || self.world.in_line(queue);
        match test {
            QueueTest::Size(most) => waiting().count() > most as usize,
            QueueTest::OldestAge(most) => waiting().next().is_some_and(|first| self.world.now.since(first.contact.enqueued) > most),
            QueueTest::EstimatedWait(most) => {
                let work = (waiting().count() as i128 + 1) * i128::from(self.world.ways.mean_handling_us[queue]);
                work > i128::from(most.as_us()) * self.agents_there(customer, queue, Staff::Staffed) as i128
            }
        }
    }
}
