//! The walk of a contact through the steps of flows.

use super::journeys::{JourneyId, Place};
use super::simulation::Simulation;
use super::waiting::EMPTY;
use super::winner_tree::NEVER;
use crate::id::{QueueId, ServiceId, StepId};
use crate::model::{Block, Callback, Jitter, Model, QueueTest, Service, Staff, chance_is_met, drawn_of};
use crate::observe::{Fact, Observer, Outcome};
use crate::random::{Distribution, Purpose, Stream, nth};
use crate::time::{Span, Time};
use rand::RngExt;

/// How many steps a contact may pass at one instant: as many as all flows may have.
pub const STEPS_AT_ONCE_MAX: u32 = 100_000;
/// How many steps a contact may pass on its way: some fifty a minute for as long as it may wait in a run that drains.
pub const STEPS_MAX: u32 = 1_000_000;

/// Where a contact goes from here; `None`: nowhere now.
type Next = Option<StepId>;

impl<'m, O: Observer, const RANKED: bool, const PATHS: bool, const DESKS: bool> Simulation<'m, '_, O, RANKED, PATHS, DESKS> {
    /// Step by step, until time must pass, or the path ends.
    pub(super) fn walk(&mut self, id: JourneyId, first: StepId) {
        let mut next = Some(first);
        let mut passed = 0;
        while let Some(step) = next {
            passed += 1;
            let journey = self.journeys.get(id);
            journey.passed += 1;
            if passed > STEPS_AT_ONCE_MAX || journey.passed > STEPS_MAX {
                self.endless = Some((step, passed.min(STEPS_AT_ONCE_MAX)));
                return;
            }
            next = self.begin(id, step);
        }
    }

    /// The time of the step that it is in is over.
    pub(super) fn resume(&mut self, id: JourneyId) {
        let model: &'m Model = self.model;
        let journey = self.journeys.get(id);
        let Some(step) = journey.step.take() else { return };
        if std::mem::take(&mut journey.begins) {
            return self.walk(id, step);
        }
        let next = match &model.paths.steps[step].block {
            Block::SelfService { .. } => self.end_attempt(id, step),
            Block::Call { service } => self.end_call(id, step, *service),
            Block::Message { .. } => self.pass_and_depart(id, step, Outcome::Message),
            _ => self.pass(id, step, 0),
        };
        if let Some(next) = next {
            self.walk(id, next);
        }
    }

    fn begin(&mut self, id: JourneyId, step: StepId) -> Next {
        let model: &'m Model = self.model;
        let now = self.now;
        match &model.paths.steps[step].block {
            Block::Prompt { duration } => self.listen(id, step, duration).then(|| self.pass(id, step, 0)).flatten(),
            Block::Message { duration } => {
                self.listen(id, step, duration).then(|| self.pass_and_depart(id, step, Outcome::Message)).flatten()
            }
            Block::SelfService { .. } => {
                self.journeys.get(id).tries = 0;
                self.attempt(id, step)
            }
            Block::Branch { table, exit_of_row } => {
                let customer = self.journeys.get(id).customer;
                let row = model.paths.attributes[*table].row(customer.source, self.streams_of(id), customer.number);
                let default = model.paths.steps[step].exits.len() - 1;
                self.pass(id, step, row.map_or(default, |row| exit_of_row[row] as usize))
            }
            Block::Hours { hours } => self.pass(id, step, usize::from(!model.hours[*hours].open.is_on(Time::from_us(now)))),
            Block::Event { event } => self.pass(id, step, usize::from(!self.outside.is_active(*event, now))),
            Block::Staffing { queue, agents, more_than } => {
                let queue = queue.unwrap_or(self.journeys.get(id).queue);
                let staffed = self.is_staffed(id, queue, *agents, *more_than as usize);
                self.pass(id, step, usize::from(!staffed))
            }
            Block::QueueStatus { queue, test } => {
                let queue = queue.unwrap_or(self.journeys.get(id).queue);
                self.pass(id, step, usize::from(!self.is_above(queue, *test)))
            }
            Block::Distribute { cumulative } => {
                let exit = drawn_of(cumulative.iter().copied(), &mut self.luck(id, step));
                self.pass(id, step, exit)
            }
            Block::Criteria { criteria } => {
                self.journeys.get(id).criteria = *criteria;
                self.pass(id, step, 0)
            }
            Block::Rank { priority, age_us } => {
                self.change_rank(id, *priority, *age_us);
                self.pass(id, step, 0)
            }
            Block::Queue { queue, while_waiting } => self.queue_up(id, step, *queue, *while_waiting),
            Block::Callback(terms) => self.promise(id, step, terms),
            Block::Call { service } => {
                self.journeys.get(id).tries = 0;
                self.call(id, step, *service)
            }
            Block::Flow { .. } | Block::KeepWaiting => self.pass(id, step, 0),
            Block::Disconnect => self.pass_and_depart(id, step, Outcome::Disconnected),
        }
    }

    /// It leaves the step by an exit.
    fn pass(&mut self, id: JourneyId, step: StepId, exit: usize) -> Next {
        let customer = self.journeys.get(id).customer;
        self.tell(&Fact::Passed { customer, step, exit: exit as u32 });
        self.model.paths.steps[step].exits[exit].to
    }

    fn pass_and_depart(&mut self, id: JourneyId, step: StepId, outcome: Outcome) -> Next {
        let next = self.pass(id, step, 0);
        if next.is_none() {
            self.depart(id, outcome);
        }
        next
    }

    /// The luck of its next draw in the step.
    pub(super) fn luck(&mut self, id: JourneyId, step: StepId) -> Stream {
        let journey = self.journeys.get(id);
        let number = nth(journey.customer.number, journey.draws_in(step));
        self.streams_of(id).stream_at(Purpose::Step, number, self.model.paths.steps[step].place)
    }

    /// It is in the step for some time; whether that is over at once.
    fn stay(&mut self, id: JourneyId, step: StepId, span: Span) -> bool {
        if span == Span::ZERO {
            return true;
        }
        let at = self.now + span.as_us();
        let journey = self.journeys.get(id);
        (journey.step, journey.at) = (Some(step), at);
        self.journeys.reschedule(id);
        false
    }

    fn listen(&mut self, id: JourneyId, step: StepId, duration: &Distribution) -> bool {
        let span = duration.sample(&mut self.luck(id, step));
        self.stay(id, step, span)
    }

    // ---- self-service --------------------------------------------------------------------------------------------------

    fn attempt(&mut self, id: JourneyId, step: StepId) -> Next {
        let Block::SelfService { duration, containment, .. } = &self.model.paths.steps[step].block else { return None };
        let mut luck = self.luck(id, step);
        let span = duration.sample(&mut luck);
        self.journeys.get(id).succeeds = chance_is_met(*containment, &mut luck);
        if self.stay(id, step, span) { self.end_attempt(id, step) } else { None }
    }

    fn end_attempt(&mut self, id: JourneyId, step: StepId) -> Next {
        let Block::SelfService { attempts, .. } = &self.model.paths.steps[step].block else { return None };
        let journey = self.journeys.get(id);
        journey.tries += 1;
        if journey.succeeds {
            self.pass_and_depart(id, step, Outcome::SelfServed)
        } else if journey.tries < *attempts {
            self.attempt(id, step)
        } else {
            self.pass(id, step, 1)
        }
    }

    // ---- services outside ----------------------------------------------------------------------------------------------

    fn call(&mut self, id: JourneyId, step: StepId, service: ServiceId) -> Next {
        let terms = &self.model.paths.services[service];
        let value = self.kept_for(id, terms);
        if self.outside.is_kept(service, value, self.now) {
            self.pass(id, step, Block::CACHED);
            return self.pass(id, step, Block::SUCCESS);
        }
        if !self.outside.admits(service, self.now) {
            self.pass(id, step, Block::THROTTLED);
            return self.pause(id, step, service);
        }
        let mut luck = self.luck(id, step);
        let latency = terms.latency.sample(&mut luck);
        let fails = chance_is_met(terms.failure, &mut luck) || self.outside.is_out(terms, self.now);
        let span = terms.timeout.map_or(latency, |timeout| latency.min(timeout));
        let journey = self.journeys.get(id);
        (journey.succeeds, journey.pauses) = (!fails && latency <= span, false);
        if self.stay(id, step, span) { self.end_call(id, step, service) } else { None }
    }

    /// An attempt, or a pause after one, is over.
    fn end_call(&mut self, id: JourneyId, step: StepId, service: ServiceId) -> Next {
        let terms = &self.model.paths.services[service];
        let journey = self.journeys.get(id);
        if std::mem::take(&mut journey.pauses) {
            return self.call(id, step, service);
        }
        if !journey.succeeds {
            self.pass(id, step, Block::FAILED);
            return self.pause(id, step, service);
        }
        if let Some(cache) = &terms.cache {
            let value = self.kept_for(id, terms);
            self.outside.keep(service, value, self.now + cache.lifetime.as_us());
        }
        self.pass(id, step, Block::SUCCESS)
    }

    /// Another attempt after a pause, or none.
    fn pause(&mut self, id: JourneyId, step: StepId, service: ServiceId) -> Next {
        let terms = &self.model.paths.services[service];
        let journey = self.journeys.get(id);
        let tries = journey.tries;
        if tries == terms.retries {
            return self.pass(id, step, Block::FAILURE);
        }
        (journey.tries, journey.pauses) = (tries + 1, true);
        let most = terms.backoff_before(tries).as_us();
        let span = match terms.jitter {
            Jitter::None => most,
            Jitter::Equal => most / 2 + self.luck(id, step).random_range(0..=most - most / 2),
            Jitter::Full => self.luck(id, step).random_range(0..=most),
        };
        if self.stay(id, step, Span::from_us(span)) { self.end_call(id, step, service) } else { None }
    }

    /// The value of the attribute by which the service's answers are kept.
    fn kept_for(&mut self, id: JourneyId, service: &Service) -> usize {
        let Some((table, values)) = service.cache.as_ref().and_then(|cache| cache.by.as_ref()) else { return 0 };
        let customer = self.journeys.get(id).customer;
        let row = self.model.paths.attributes[*table].row(customer.source, self.streams_of(id), customer.number);
        row.map_or(0, |row| values[row] as usize)
    }

    // ---- checks --------------------------------------------------------------------------------------------------------

    fn is_staffed(&mut self, id: JourneyId, queue: QueueId, agents: Staff, more_than: usize) -> bool {
        if DESKS {
            let channel = self.journeys.get(id).channel;
            return self.staff_of(queue, (agents == Staff::Available).then_some(channel), agents == Staff::Online) > more_than as u64;
        }
        let mut count = 0;
        for opening in self.routes.openings(queue) {
            count += match agents {
                Staff::Available => self.idle.of(opening.profile).take(more_than + 1).count(),
                Staff::Staffed => self.logged_in[opening.profile] as usize,
                Staff::Online => (self.logged_in[opening.profile] + self.in_states[opening.profile]) as usize,
            };
            if count > more_than {
                return true;
            }
        }
        false
    }

    fn is_above(&self, queue: QueueId, test: QueueTest) -> bool {
        match test {
            QueueTest::Size(most) => self.waiting_in(queue) > most,
            QueueTest::OldestAge(most) => self.now - self.oldest_in(queue) > most.as_us(),
            QueueTest::EstimatedWait(most) => {
                let staffed = if DESKS {
                    self.staff_of(queue, None, false)
                } else {
                    self.routes.openings(queue).iter().map(|opening| u64::from(self.logged_in[opening.profile])).sum()
                };
                let work = i128::from(self.waiting_in(queue) + 1) * i128::from(self.mean_handling_us[queue]);
                work > i128::from(most.as_us()) * i128::from(staffed)
            }
        }
    }

    /// When the oldest of those who wait in a queue entered it; later than now if nobody does.
    fn oldest_in(&self, queue: QueueId) -> i64 {
        if DESKS {
            return self.desks.routes.lines_of(queue).map(|line| self.waiting.first_enqueued(line)).min().unwrap_or(EMPTY);
        }
        self.waiting.first_enqueued(queue.into())
    }

    // ---- queues --------------------------------------------------------------------------------------------------------

    fn queue_up(&mut self, id: JourneyId, step: StepId, queue: QueueId, while_waiting: Option<StepId>) -> Next {
        let journey = self.journeys.get(id);
        let waits = matches!(journey.place, Place::Queue(_));
        let buffered = waits || journey.transferred;
        if !self.may_enter(id, queue, buffered) || self.is_offered(id) {
            return self.finds_full(id, step, queue);
        }
        self.pass(id, step, 0);
        if waits {
            self.leave_queue(id, Outcome::Transferred);
        }
        self.place_in_queue(id, queue, while_waiting);
        None
    }

    /// It goes where the flow says; if that is nowhere, who waits in a queue waits on, and who does not is rejected.
    fn finds_full(&mut self, id: JourneyId, step: StepId, queue: QueueId) -> Next {
        let next = self.pass(id, step, Block::FULL);
        if next.is_none() && !matches!(self.journeys.get(id).place, Place::Queue(_)) {
            self.reject(id, queue);
        }
        next
    }

    /// A promise to call back ends the call.
    fn promise(&mut self, id: JourneyId, step: StepId, terms: &'m Callback) -> Next {
        let queue = terms.queue.unwrap_or(self.journeys.get(id).queue);
        if self.is_full(queue) || self.is_offered(id) {
            return self.finds_full(id, step, queue);
        }
        self.pass(id, step, 0);
        self.call_back(id, step, terms, queue);
        None
    }

    /// Contact priority and routing age (R11): at once, but in a queue where it waits already only after a while.
    fn change_rank(&mut self, id: JourneyId, priority: Option<i64>, age_us: Option<i64>) {
        let rules = self.model.paths.rules;
        let now = self.now;
        let journey = self.journeys.get(id);
        journey.priority = priority.unwrap_or(journey.priority);
        if let Some(age_us) = age_us {
            let age_us = if rules.ages_add_up { journey.age_us + age_us } else { age_us };
            journey.age_us = age_us.clamp(-Span::MAX.as_us(), Span::MAX.as_us());
        }
        if let Place::Queue(_) = journey.place {
            let change = (now + rules.rank_change_takes.as_us(), journey.priority, journey.age_us);
            if change.0 == now {
                self.rerank(id, change.1, change.2);
            } else {
                journey.rank_changes.push_back(change);
                self.journeys.reschedule(id);
            }
        }
    }

    /// A change of rank shows in the queue.
    pub(super) fn rerank(&mut self, id: JourneyId, priority: i64, age_us: i64) {
        let journey = self.journeys.get(id);
        let Place::Queue(slot) = journey.place else { return };
        let kept = journey.ranks_from;
        let before = self.waiting.get(slot).contact;
        let age_us = age_us + before.enqueued.as_us() - kept.unwrap_or(before.enqueued.as_us());
        if DESKS && self.waiting.get(slot).is_aside() {
            let contact = &mut self.waiting.get_mut(slot).contact;
            (contact.priority, contact.age_us) = (priority, age_us);
        } else {
            self.ranked.rerank(&mut self.waiting, slot, priority, age_us);
        }
        self.tell(&Fact::Reranked { contact: before, priority, age_us });
    }

    /// Its next event, when it has reached one: nothing more is to come by itself.
    pub(super) fn rests(&mut self, id: JourneyId) {
        let journey = self.journeys.get(id);
        (journey.at, journey.step, journey.begins) = (NEVER, None, false);
        journey.rank_changes.clear();
        (journey.wish, journey.wish_ends) = (None, NEVER);
        self.journeys.reschedule(id);
    }
}
