//! The audit of paths: conversations, calls back, and how ways end.

use super::Audit;
use super::picture::Doing;
use super::queueing::Goes;
use super::ways::{Promise, Stage, Way};
use crate::id::{AgentId, ProfileId, QueueId, StepId};
use crate::model::{AtHorizon, Block, CALLBACK_KEPT, Callback, DRAIN_MAX, chance_is_met};
use crate::observe::{Contact, Customer, Fact, Outcome};
use crate::random::{Purpose, nth};
use crate::time::{Span, Time};

impl<'a> Audit<'a> {
    // ---- agents --------------------------------------------------------------------------------------------------------

    /// A callback is made: whether the customer answers, and how long it rings if not.
    pub(super) fn is_called(&mut self, customer: Customer) -> Option<(bool, Span)> {
        let promise = self.way(customer).promise?;
        let terms = self.terms(promise.step)?;
        if self.way(customer).line.is_none() && !self.model.paths.telephony.is_unlimited() {
            self.goes_wrong(customer, "is called back over no line");
        }
        let mut luck = self.luck(customer, promise.step);
        let answers = chance_is_met(terms.answers, &mut luck);
        Some((answers, terms.ring.sample(&mut luck)))
    }

    /// It speaks with an agent: how often it did before.
    pub(super) fn next_conversation(&mut self, contact: &Contact, until: Time, goes: Goes) -> u64 {
        let (now, customer) = (self.world.now, contact.customer());
        self.has_waited(contact, goes);
        if self.is_called(customer).is_some_and(|(answers, _)| !answers) {
            self.goes_wrong(customer, "answers a callback");
        }
        let way = self.way(customer);
        // A callback that reaches the customer is a conversation like any other.
        (way.promise, way.patience, way.left) = (None, None, None);
        way.answered = way.answered.or(Some(now));
        way.conversations += 1;
        let before = way.conversations - 1;
        self.set(customer, Stage::Talks { until });
        before
    }

    pub(super) fn dialed(&mut self, contact: &Contact, agent: AgentId, profile: ProfileId, ring: Span) {
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
        self.rings_in_vain(contact, ring, Goes::CalledAway);
        self.world.set(agent, Doing::Busy { contact: *contact, answered: now, ends: now + ring });
    }

    /// Of a callback that an agent has taken.
    pub(super) fn rings_in_vain(&mut self, contact: &Contact, ring: Span, goes: Goes) {
        let (now, customer) = (self.world.now, contact.customer());
        self.has_waited(contact, goes);
        if self.is_called(customer) != Some((false, ring)) {
            self.goes_wrong(customer, "does not answer a callback for that long");
        }
        let way = self.way(customer);
        (way.patience, way.left) = (None, None);
        way.promise.iter_mut().for_each(|promise| promise.dialed += 1);
        let until = now + ring;
        let more = self.next_attempt(customer, until).filter(|_| self.model.paths.telephony.is_unlimited());
        self.set(customer, Stage::Rings { until, told: more.unwrap_or(until) });
    }

    /// Of the callback that a step promises.
    pub(super) fn terms(&self, step: StepId) -> Option<&'a Callback> {
        match &self.model.paths.steps[step].block {
            Block::Callback(terms) => Some(terms),
            _ => None,
        }
    }

    /// When a callback that rings in vain until then is tried again, or given up.
    pub(super) fn next_attempt(&mut self, customer: Customer, until: Time) -> Option<Time> {
        let Promise { step, dialed, made, .. } = self.way(customer).promise?;
        let terms = self.terms(step)?;
        (dialed < terms.attempts).then_some((until + terms.retry_delay).min(made + CALLBACK_KEPT).max(until))
    }

    /// If it has rung in vain until now: another attempt later, or no more.
    pub(super) fn rang_in_vain(&mut self, customer: Customer) {
        let now = self.world.now;
        let Way { stage: Stage::Rings { until, .. }, promise: Some(promise), .. } = *self.way(customer) else { return };
        if until > now || (until == now && self.is_at_the_end()) {
            return;
        }
        match self.next_attempt(customer, until) {
            Some(at) => self.set(customer, Stage::CalledBack { at }),
            None => self.must_go(customer, Outcome::Unreached, promise.queue),
        }
    }

    /// Nothing happens from now on, whatever is to come: the run stops, or has gone on long enough.
    pub(super) fn is_at_the_end(&self) -> bool {
        let horizon = self.model.run.horizon;
        match self.model.run.at_horizon {
            AtHorizon::Stop => self.world.now >= horizon,
            AtHorizon::Drain => self.world.has_paths && self.world.now >= horizon + DRAIN_MAX,
        }
    }

    /// The run has gone on as long as it may, and there was more to come.
    pub(super) fn is_cut_short(&self) -> bool {
        let world = &self.world;
        let busy = !world.busy.is_empty() || !world.desks.nobody_holds_anything();
        let more = world.ways.cut_short || !world.ways.due.is_empty() || busy || !world.shift_changes.is_empty();
        let drains = self.model.run.at_horizon == AtHorizon::Drain && world.has_paths;
        drains && more && world.now == self.model.run.horizon + DRAIN_MAX
    }

    // ---- going ---------------------------------------------------------------------------------------------------------

    /// What somebody who is told to go now is told to go as; `None`: nobody is.
    pub(super) fn goes_as(&mut self, customer: Customer) -> Option<(Outcome, Option<QueueId>)> {
        let now = self.world.now;
        let way = self.way(customer);
        let (queue, left, promise, stage) = (way.queue, way.left, way.promise, way.stage);
        let at_the_end = self.is_at_the_end();
        match stage {
            _ if at_the_end => None,
            Stage::Leaves(outcome) => Some((outcome, left)),
            Stage::Promises { .. } => Some((Outcome::Callback, left)),
            Stage::Came => self.gets(customer, None).then_some((Outcome::Blocked, None)),
            Stage::Talks { until } if until == now && self.next_after_talk(customer).is_none() => Some((Outcome::Answered, queue)),
            Stage::CalledBack { at } if at == now && promise.is_some_and(|promise| now >= promise.made + CALLBACK_KEPT) => {
                Some((Outcome::Expired, None))
            }
            _ => None,
        }
    }

    /// The same of somebody who is still there when the run is over.
    pub(super) fn is_left_as(&mut self, customer: Customer) -> (Outcome, Option<QueueId>) {
        let way = self.way(customer);
        match way.stage {
            Stage::Talks { .. } => (Outcome::Answered, way.queue),
            Stage::Rings { .. } => (Outcome::Unfinished, way.queue),
            _ => (Outcome::Unfinished, way.waits_as.and(way.queue)),
        }
    }

    pub(super) fn departed(&mut self, customer: Customer, fact: &Fact) {
        let Fact::Departed { arrived, outcome, queue, waited, answered, .. } = *fact else { return };
        let now = self.world.now;
        if self.model.paths.telephony.is_unlimited() {
            self.rang_in_vain(customer);
        }
        let goes_as = if self.world.ways.over { None } else { self.goes_as(customer) };
        self.world.ways.over |= goes_as.is_none();
        let expected = goes_as.unwrap_or_else(|| self.is_left_as(customer));
        let way = self.way(customer);
        let waits_since = way.waits_as.map_or(Span::ZERO, |contact| now.since(contact.enqueued));
        let right = (expected.0, expected.1, way.call_start, way.waited + waits_since, way.answered);
        let there = !matches!(way.stage, Stage::Gone { .. });
        let holds_line = way.line.is_some() && goes_as.is_some();
        if right != (outcome, queue, arrived, waited, answered) || !there || holds_line {
            let way = format!("{right:?} and not {:?}", (outcome, queue, arrived, waited, answered));
            self.breaks("R12, R19", format!("{} goes as {way}, is not there, or keeps its line", self.who(customer)));
        }
        if goes_as.is_none() {
            if let Some(due) = self.way(customer).due {
                self.world.ways.cut_short = true;
                if !self.is_at_the_end() {
                    self.breaks("R18", format!("{} is left, but goes on at {due} s", self.who(customer)));
                }
            }
            return self.set(customer, Stage::Gone { again: None });
        }
        if let Stage::Promises { step, queue } = self.way(customer).stage {
            let way = self.way(customer);
            (way.promise, way.by_telephone) = (Some(Promise { step, queue, made: now, dialed: 0 }), true);
            return self.set(customer, Stage::Promised);
        }
        let again = self.calls_again(customer, outcome);
        (self.way(customer).left, self.way(customer).promise) = (None, None);
        self.set(customer, Stage::Gone { again });
    }

    pub(super) fn calls_again(&mut self, customer: Customer, outcome: Outcome) -> Option<Time> {
        let calls = self.way(customer).calls;
        let rules = self.model.paths.calls_again.get(customer.source)?;
        let rule = rules.iter().find(|rule| rule.after == outcome && calls + 1 < u64::from(rule.calls_max))?;
        let mut luck = self.world.streams_of(customer.source).stream(Purpose::CallAgain, nth(customer.number, calls));
        let calls_again = chance_is_met(rule.chance, &mut luck);
        let at = self.world.now + rule.delay.sample(&mut luck);
        (calls_again && at < self.model.run.horizon).then_some(at)
    }

    /// In the end everyone who came has gone.
    pub(super) fn all_have_gone(&mut self) {
        let there = |way: &Way| !matches!(way.stage, Stage::Gone { .. });
        let left: Vec<Customer> = self.world.ways.of.iter().filter(|(_, way)| there(way)).map(|(customer, _)| *customer).collect();
        for customer in left {
            self.breaks("R19", format!("{} came and never went", self.who(customer)));
        }
    }
}
