//! The naive twin: what each block of a flow does.

use super::ways::{After, Does};
use super::{Twin, Waits, nth};
use rand::RngExt;
use waitline::model::{Block, Callback, Channel, Jitter, QueueTest, Staff};
use waitline::random::{Distribution, Purpose, Stream};
use waitline::{Fact, Outcome, QueueId, ServiceId, Span, StepId, Time};

/// Which of several, by their chances added up.
pub(super) fn which(chances: &[f64], luck: &mut Stream) -> usize {
    let draw: f64 = luck.random();
    chances.iter().position(|&upto| draw < upto).unwrap_or(chances.len())
}

pub(super) fn happens(chance: f64, luck: &mut Stream) -> bool {
    luck.random::<f64>() < chance
}

impl Twin<'_> {
    pub(super) fn walks(&mut self, guest: usize, first: StepId) {
        let mut next = Some(first);
        while let Some(step) = next {
            next = self.begins(guest, step);
        }
    }

    /// The guest leaves the step by an exit.
    pub(super) fn passes(&mut self, guest: usize, step: StepId, exit: usize) -> Option<StepId> {
        let customer = self.guests[guest].who;
        self.tell_guest(guest, Fact::Passed { customer, step, exit: exit as u32 });
        self.model.paths.steps[step].exits[exit].to
    }

    /// By the first exit, and away unless it leads on.
    fn passes_and_goes(&mut self, guest: usize, step: StepId, outcome: Outcome) -> Option<StepId> {
        let next = self.passes(guest, step, 0);
        if next.is_none() {
            self.goes(guest, outcome);
        }
        next
    }

    /// Every draw in a step has a number of its own (R25).
    pub(super) fn luck(&mut self, guest: usize, step: StepId) -> Stream {
        let guest = &mut self.guests[guest];
        let before = guest.drew_in.iter().filter(|&&other| other == step).count() as u64;
        guest.drew_in.push(step);
        let place = self.model.paths.steps[step].place;
        self.streams.source(guest.who.source).stream_at(Purpose::Step, nth(guest.who.number, before), place)
    }

    /// The row that the guest has in a table of attributes.
    pub(super) fn row(&self, guest: usize, table: usize) -> Option<usize> {
        let (who, table) = (self.guests[guest].who, &self.model.paths.attributes[table]);
        let has_one = table.sources.as_ref().is_none_or(|sources| sources.contains(&who.source));
        let mut luck = self.streams.source(who.source).stream_at(Purpose::Attributes, who.number, table.place);
        has_one.then(|| which(&table.cumulative, &mut luck).min(table.values.len() - 1))
    }

    fn lasts(&mut self, guest: usize, step: StepId, span: Span, then: After) -> Option<StepId> {
        if span == Span::ZERO {
            return self.goes_on(guest, step, then);
        }
        self.guests[guest].next = Some((self.now + span, Does::Step(step, then)));
        None
    }

    fn lasts_as_drawn(&mut self, guest: usize, step: StepId, duration: &Distribution) -> Option<StepId> {
        let span = duration.sample(&mut self.luck(guest, step));
        self.lasts(guest, step, span, After::End)
    }

    /// What a guest waited for within a step is over.
    pub(super) fn goes_on(&mut self, guest: usize, step: StepId, after: After) -> Option<StepId> {
        match (&self.model.paths.steps[step].block, after) {
            (_, After::Start) => Some(step),
            (Block::Message { .. }, After::End) => self.passes_and_goes(guest, step, Outcome::Message),
            (_, After::End) => self.passes(guest, step, 0),
            (Block::SelfService { .. }, After::Attempt { succeeds: true, .. }) => self.passes_and_goes(guest, step, Outcome::SelfServed),
            (Block::SelfService { attempts, .. }, After::Attempt { before, .. }) if before + 1 < *attempts => {
                self.tries_itself(guest, step, before + 1)
            }
            (Block::SelfService { .. }, _) => self.passes(guest, step, 1),
            (Block::Call { service }, After::Attempt { succeeds: true, .. }) => {
                self.keeps_an_answer(guest, *service);
                self.passes(guest, step, Block::SUCCESS)
            }
            (Block::Call { service }, After::Attempt { before, .. }) => {
                self.passes(guest, step, Block::FAILED);
                self.tries_again(guest, step, *service, before)
            }
            (Block::Call { service }, After::Pause { before }) => self.asks(guest, step, *service, before),
            _ => unreachable!("no other block does that"),
        }
    }

    fn begins(&mut self, guest: usize, step: StepId) -> Option<StepId> {
        let model = self.model;
        match &model.paths.steps[step].block {
            Block::Prompt { duration } | Block::Message { duration } => self.lasts_as_drawn(guest, step, duration),
            Block::SelfService { .. } => self.tries_itself(guest, step, 0),
            Block::Branch { table, exit_of_row } => {
                let default = model.paths.steps[step].exits.len() - 1;
                let exit = self.row(guest, *table).map_or(default, |row| exit_of_row[row] as usize);
                self.passes(guest, step, exit)
            }
            Block::Hours { hours } => self.either(guest, step, model.hours[*hours].open.is_on(self.now)),
            Block::Event { event } => self.either(guest, step, self.is_the_case(*event)),
            Block::Staffing { queue, agents, more_than } => {
                let queue = queue.unwrap_or_else(|| self.guests[guest].queue());
                self.either(guest, step, self.agents_there(queue, *agents, self.channel(guest)) > u64::from(*more_than))
            }
            Block::QueueStatus { queue, test } => {
                let queue = queue.unwrap_or_else(|| self.guests[guest].queue());
                self.either(guest, step, self.is_above(queue, *test))
            }
            Block::Distribute { cumulative } => {
                let exit = which(cumulative, &mut self.luck(guest, step));
                self.passes(guest, step, exit)
            }
            Block::Rank { priority, age_us } => {
                self.is_ranked_anew(guest, *priority, *age_us);
                self.passes(guest, step, 0)
            }
            Block::Queue { queue, while_waiting } => self.queues(guest, step, *queue, *while_waiting),
            Block::Callback(terms) => self.asks_for_a_callback(guest, step, terms),
            Block::Call { service } => self.asks(guest, step, *service, 0),
            Block::Criteria { criteria } => {
                self.guests[guest].wants = *criteria;
                self.passes(guest, step, 0)
            }
            Block::Flow { .. } | Block::KeepWaiting => self.passes(guest, step, 0),
            Block::Disconnect => self.passes_and_goes(guest, step, Outcome::Disconnected),
        }
    }

    fn either(&mut self, guest: usize, step: StepId, yes: bool) -> Option<StepId> {
        self.passes(guest, step, usize::from(!yes))
    }

    fn tries_itself(&mut self, guest: usize, step: StepId, before: u32) -> Option<StepId> {
        let Block::SelfService { duration, containment, .. } = &self.model.paths.steps[step].block else { unreachable!() };
        let mut luck = self.luck(guest, step);
        let span = duration.sample(&mut luck);
        let succeeds = happens(*containment, &mut luck);
        self.lasts(guest, step, span, After::Attempt { before, succeeds })
    }

    // ---- services ------------------------------------------------------------------------------------------------------

    fn asks(&mut self, guest: usize, step: StepId, service: ServiceId, before: u32) -> Option<StepId> {
        if self.has_an_answer(guest, service) {
            self.passes(guest, step, Block::CACHED);
            return self.passes(guest, step, Block::SUCCESS);
        }
        if !self.takes_a_token(service) {
            self.passes(guest, step, Block::THROTTLED);
            return self.tries_again(guest, step, service, before);
        }
        let row = &self.model.paths.services[service];
        let mut luck = self.luck(guest, step);
        let latency = row.latency.sample(&mut luck);
        let fails = happens(row.failure, &mut luck) || row.outage.is_some_and(|event| self.is_the_case(event));
        let too_late = row.timeout.is_some_and(|timeout| latency > timeout);
        let span = if too_late { row.timeout.unwrap_or(latency) } else { latency };
        self.lasts(guest, step, span, After::Attempt { before, succeeds: !fails && !too_late })
    }

    fn tries_again(&mut self, guest: usize, step: StepId, service: ServiceId, before: u32) -> Option<StepId> {
        let row = &self.model.paths.services[service];
        if before == row.retries {
            return self.passes(guest, step, Block::FAILURE);
        }
        let mut pause = row.backoff.as_us();
        for _ in 0..before {
            pause *= 2;
        }
        let pause = pause.min(row.backoff_max.as_us());
        let pause = match row.jitter {
            Jitter::None => pause,
            Jitter::Equal => pause / 2 + self.luck(guest, step).random_range(0..=pause - pause / 2),
            Jitter::Full => self.luck(guest, step).random_range(0..=pause),
        };
        self.lasts(guest, step, Span::from_us(pause), After::Pause { before: before + 1 })
    }

    // ---- checks --------------------------------------------------------------------------------------------------------

    /// Agents who serve the queue; available are those who could take a contact of the channel.
    fn agents_there(&self, queue: QueueId, staff: Staff, channel: Channel) -> u64 {
        let counts = |index: &usize| {
            let agent = &self.agents[*index];
            self.serves(*index, queue)
                && match staff {
                    Staff::Available => self.is_available(*index) && self.admits(*index, channel),
                    Staff::Staffed => agent.logged_in,
                    Staff::Online => agent.logged_in || agent.state.is_some(),
                }
        };
        (0..self.agents.len()).filter(counts).count() as u64
    }

    fn is_above(&self, queue: QueueId, test: QueueTest) -> bool {
        let there = self.waiting.iter().filter(|waits| waits.contact.queue == queue && waits.at.is_none());
        match test {
            QueueTest::Size(most) => there.count() > most as usize,
            QueueTest::OldestAge(most) => there.map(|Waits { contact, .. }| self.now.since(contact.enqueued)).any(|age| age > most),
            QueueTest::EstimatedWait(most) => {
                let row = &self.model.queues[queue];
                let work_us = row.handle_time.mean_us() + row.after_contact_work.as_ref().map_or(0.0, Distribution::mean_us);
                // Compared without dividing, as there may be nobody: (waiting + 1) x handling > limit x staffed.
                let work = (there.count() as i128 + 1) * i128::from(Span::from_us_f64(work_us).as_us());
                work > i128::from(most.as_us()) * i128::from(self.agents_there(queue, Staff::Staffed, Channel::Voice))
            }
        }
    }

    // ---- queues --------------------------------------------------------------------------------------------------------

    fn queues(&mut self, guest: usize, step: StepId, queue: QueueId, beside: Option<StepId>) -> Option<StepId> {
        let waits = self.place_of(guest).is_some();
        let sent_on = waits || self.guests[guest].was_sent_on();
        if self.cannot_be_moved(guest) || !self.may_enter(guest, queue, sent_on) {
            return self.finds_it_full(guest, step, queue);
        }
        self.passes(guest, step, 0);
        if waits {
            self.leaves_its_queue(guest, Outcome::Transferred);
        }
        self.is_enqueued(guest, queue, beside);
        None
    }

    /// Who is being offered to an agent.
    fn cannot_be_moved(&mut self, guest: usize) -> bool {
        let is_offered = self.is_offered(guest);
        if is_offered {
            self.note("stays in its queue while it is offered");
        }
        is_offered
    }

    /// On to where the flow says; else who waits already waits on, and who does not is rejected.
    fn finds_it_full(&mut self, guest: usize, step: StepId, queue: QueueId) -> Option<StepId> {
        let next = self.passes(guest, step, Block::FULL);
        if next.is_none() && self.place_of(guest).is_none() {
            self.is_rejected(guest, queue);
        }
        next
    }

    fn asks_for_a_callback(&mut self, guest: usize, step: StepId, terms: &Callback) -> Option<StepId> {
        let queue = terms.queue.unwrap_or_else(|| self.guests[guest].queue());
        if self.cannot_be_moved(guest) || self.has_no_room(queue, false) {
            return self.finds_it_full(guest, step, queue);
        }
        self.passes(guest, step, 0);
        self.is_promised_a_callback(guest, step, queue, terms.delay);
        None
    }

    /// R11. A contact that waits is ranked anew after a while only.
    fn is_ranked_anew(&mut self, guest: usize, priority: Option<i64>, age_us: Option<i64>) {
        let rules = &self.model.paths.rules;
        let waits = self.place_of(guest).is_some();
        let rank = &mut self.guests[guest].rank;
        rank.0 = priority.unwrap_or(rank.0);
        rank.1 = match age_us {
            Some(age_us) if rules.ages_add_up => rank.1 + age_us,
            Some(age_us) => age_us,
            None => rank.1,
        };
        let rank = *rank;
        if waits && rules.rank_change_takes == Span::ZERO {
            self.rank_shows(guest, rank);
        } else if waits {
            let at: Time = self.now + rules.rank_change_takes;
            self.guests[guest].rank_changes.push((at, rank));
        }
    }
}
