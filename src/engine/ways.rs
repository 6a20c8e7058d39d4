//! How contacts come, queue, are answered, called back and leave, in models with paths.

use super::desks::HandId;
use super::journeys::{JourneyId, Line, Place, Promise};
use super::simulation::Simulation;
use super::winner_tree::NEVER;
use crate::id::{AgentId, ProfileId, QueueId, StepId};
use crate::model::{CALLBACK_KEPT, CHAIN_MAX, Callback, Channel, Destination, Model, RankFrom, chance_is_met, drawn_of};
use crate::observe::{Arrival, Contact, Customer, Fact, Observer, Outcome};
use crate::random::{Purpose, SourceStreams, nth};
use crate::time::{Span, Time};

impl<'m, O: Observer, const RANKED: bool, const PATHS: bool, const DESKS: bool> Simulation<'m, '_, O, RANKED, PATHS, DESKS> {
    pub(super) fn streams_of(&mut self, id: JourneyId) -> SourceStreams {
        self.streams.source(self.journeys.get(id).customer.source)
    }

    /// Step 1: those on their way whose time has come, in the order in which they first came.
    pub(super) fn move_contacts(&mut self) {
        for id in self.journeys.take_due(self.now) {
            let now = self.now;
            while let Some(&(_, priority, age_us)) = self.journeys.get(id).rank_changes.front().filter(|change| change.0 == now) {
                self.journeys.get(id).rank_changes.pop_front();
                self.rerank(id, priority, age_us);
            }
            if self.journeys.get(id).wish_ends == now {
                self.widen(id);
            }
            let journey = self.journeys.get(id);
            if journey.at == now {
                journey.at = NEVER;
                match journey.place {
                    Place::Home => self.come(id, Arrival::Again),
                    Place::Flow | Place::Queue(_) => self.resume(id),
                    Place::Agent => self.hang_up(id),
                    Place::Ringing => self.ring_out(id),
                    Place::Promised => self.keep_promise(id),
                }
            }
            // A change of rank may still be to come, whatever the flow has done.
            self.journeys.reschedule(id);
        }
    }

    /// A contact arrives from its source.
    pub(super) fn arrive(&mut self, contact: Contact) {
        let id = self.journeys.add(contact.customer(), self.now);
        self.come(id, Arrival::First);
    }

    /// A customer calls: a telephone call needs a line, and it takes the way that its source says.
    fn come(&mut self, id: JourneyId, arrival: Arrival) {
        let model: &'m Model = self.model;
        let now = self.now;
        let journey = self.journeys.get(id);
        let Customer { source, number } = journey.customer;
        let contact = self.contact_of(source, number);
        let journey = self.journeys.get(id);
        (journey.channel, journey.criteria) = (model.sources[source].channel, model.sources[source].criteria);
        (journey.place, journey.arrived_us) = (Place::Flow, now);
        (journey.priority, journey.age_us) = (contact.priority, contact.age_us);
        let (customer, call) = (journey.customer, nth(number, journey.calls));
        self.tell(&Fact::Arrived { customer, arrival });
        if !model.paths.telephony.is_unlimited() && model.sources[source].channel == Channel::Voice {
            let streams = self.streams_of(id);
            let mut refused = Vec::new();
            let line = self.outside.seize(streams, call, now, &mut refused);
            for carrier in refused {
                self.tell(&Fact::Refused { customer, carrier });
            }
            let Some(line) = line else { return self.depart(id, Outcome::Blocked) };
            self.journeys.get(id).line = Some(line);
            self.tell(&Fact::Seized { customer, carrier: line.carrier });
        }
        match model.sources[source].flow {
            Some(flow) => {
                self.tell(&Fact::Entered { customer, flow });
                self.walk(id, model.paths.flows[flow].first);
            }
            None if self.is_full(contact.queue) => self.reject(id, contact.queue),
            None => self.place_in_queue(id, contact.queue, None),
        }
    }

    // ---- queues --------------------------------------------------------------------------------------------------------

    /// Whether the queue takes it, and it has not been through too many.
    pub(super) fn may_enter(&mut self, id: JourneyId, queue: QueueId, buffered: bool) -> bool {
        self.journeys.get(id).hops < CHAIN_MAX && !(if buffered { self.is_overfull(queue) } else { self.is_full(queue) })
    }

    /// Whether transfers and callbacks find no room either.
    fn is_overfull(&self, queue: QueueId) -> bool {
        let rules = &self.model.paths.rules;
        self.model.queues[queue].max_contacts.is_some_and(|most| u64::from(self.waiting_in(queue)) >= rules.most_with_buffer(most))
    }

    /// The queue is full for one who is in none.
    pub(super) fn reject(&mut self, id: JourneyId, queue: QueueId) {
        let now = self.now;
        let contact = self.contact_in(id, queue, now);
        self.tell(&Fact::Offered { contact });
        self.tell(&Fact::Rejected { contact });
        self.depart_from(id, Outcome::Rejected, Some(queue));
    }

    /// As it would be in the queue, ranking from an instant.
    fn contact_in(&mut self, id: JourneyId, queue: QueueId, ranks_from: i64) -> Contact {
        let now = self.now;
        let journey = self.journeys.get(id);
        let Customer { source, number } = journey.customer;
        let age_us = journey.age_us + (now - ranks_from);
        Contact { source, number, queue, enqueued: Time::from_us(now), priority: journey.priority, age_us }
    }

    /// It enters a queue in which there is room.
    pub(super) fn place_in_queue(&mut self, id: JourneyId, queue: QueueId, while_waiting: Option<StepId>) {
        let (now, rules) = (self.now, self.model.paths.rules);
        let journey = self.journeys.get(id);
        let from = match (&journey.promise, journey.ranks_from) {
            (Some(promise), _) if promise.dialed > 0 => rules.callback_retry,
            (Some(_), _) => rules.callback,
            (None, None) => RankFrom::Entry,
            (None, Some(_)) if journey.transferred => rules.after_agent,
            (None, Some(_)) => rules.after_queue,
        };
        let ranks_from = match from {
            RankFrom::CallStart => journey.arrived_us,
            RankFrom::Before => journey.ranks_from.unwrap_or(now),
            RankFrom::Entry => now,
        };
        (journey.ranks_from, journey.queue, journey.transferred) = (Some(ranks_from), queue, false);
        journey.hops += 1;
        (journey.step, journey.begins) = (while_waiting, while_waiting.is_some());
        // What happens while it waits begins when it does: not before step 2 has passed.
        journey.at = if while_waiting.is_some() { now } else { NEVER };
        let contact = self.contact_in(id, queue, ranks_from);
        let deadline = self.deadline(id, &contact);
        self.tell(&Fact::Offered { contact });
        if DESKS {
            self.begin_criteria(id, queue);
        }
        let line = self.line_of(id, queue);
        let slot = self.enqueue(contact, Span::ZERO, line, deadline);
        self.journeys.waits_at(id, slot);
        self.journeys.reschedule(id);
        self.has_entered(queue, slot);
    }

    /// When the patience of the wait ends: drawn when it begins, and kept from queue to queue (R17). A callback has none, but is not kept for ever.
    fn deadline(&mut self, id: JourneyId, contact: &Contact) -> i64 {
        let now = self.now;
        let journey = self.journeys.get(id);
        if let Some(deadline) = journey.deadline {
            return deadline;
        }
        let deadline = if let Some(promise) = &journey.promise {
            promise.made_us + CALLBACK_KEPT.as_us()
        } else {
            let wait = journey.waits;
            journey.waits += 1;
            let channel = journey.channel;
            self.patience_of(contact, channel, wait).map_or(NEVER, |patience| now + patience.as_us())
        };
        self.journeys.get(id).deadline = Some(deadline);
        deadline
    }

    /// It leaves the queue in which it waits.
    pub(super) fn leave_queue(&mut self, id: JourneyId, outcome: Outcome) -> Option<QueueId> {
        let Place::Queue(slot) = self.journeys.get(id).place else { return None };
        let offer = self.offer_of(slot);
        let contact = self.dequeue(slot);
        self.has_waited(id, &contact);
        self.tell(&Fact::Left { contact, outcome });
        self.rings_in_vain(offer, contact);
        self.connects_in_vain(offer);
        Some(contact.queue)
    }

    fn has_waited(&mut self, id: JourneyId, contact: &Contact) {
        let now = self.now;
        let journey = self.journeys.get(id);
        journey.waited_us += now - contact.enqueued.as_us();
        journey.place = Place::Flow;
        self.rests(id);
    }

    /// Step 3: its patience ended, or a callback has waited too long. Perhaps while an agent is offered it.
    pub(super) fn gives_up(&mut self, contact: Contact, offer: Option<HandId>) {
        let id = self.journeys.taken;
        self.has_waited(id, &contact);
        self.rings_in_vain(offer, contact);
        let outcome = if self.journeys.get(id).promise.is_some() {
            self.tell(&Fact::Left { contact, outcome: Outcome::Expired });
            Outcome::Expired
        } else {
            self.tell(&Fact::Abandoned { contact });
            Outcome::Abandoned
        };
        self.connects_in_vain(offer);
        self.depart_from(id, outcome, Some(contact.queue));
    }

    // ---- agents --------------------------------------------------------------------------------------------------------

    /// An agent takes the contact that has just left its queue. Of a callback whose customer does not answer: how long it rings.
    pub(super) fn takes(&mut self, agent: AgentId, profile: ProfileId, contact: Contact) -> Result<u64, Span> {
        let id = self.journeys.taken;
        let now = self.now;
        self.has_waited(id, &contact);
        let journey = self.journeys.get(id);
        journey.deadline = None;
        if let Some(Promise { step, terms, .. }) = journey.promise {
            let mut luck = self.luck(id, step);
            let answers = chance_is_met(terms.answers, &mut luck);
            let ring = terms.ring.sample(&mut luck);
            if !self.model.paths.telephony.is_unlimited() {
                self.outside.dial();
                let journey = self.journeys.get(id);
                journey.line = Some(Line { carrier: None });
                let customer = journey.customer;
                self.tell(&Fact::Seized { customer, carrier: None });
            }
            if !answers {
                let journey = self.journeys.get(id);
                journey.promise.iter_mut().for_each(|promise| promise.dialed += 1);
                (journey.place, journey.at) = (Place::Ringing, now + ring.as_us());
                self.journeys.reschedule(id);
                self.tell(&Fact::Dialed { contact, agent, profile, ring });
                return Err(ring);
            }
            // The promise is kept: whatever follows is a call as any other.
            self.journeys.get(id).promise = None;
        }
        let journey = self.journeys.get(id);
        journey.answered_us.get_or_insert(now);
        journey.conversations += 1;
        Ok(journey.conversations - 1)
    }

    /// They talk for so long.
    pub(super) fn talks(&mut self, talk: Span) {
        let id = self.journeys.taken;
        // At a desk it depends on what else the agent has in hand.
        let at = if DESKS { NEVER } else { self.now + talk.as_us() };
        let journey = self.journeys.get(id);
        (journey.place, journey.at) = (Place::Agent, at);
        self.journeys.reschedule(id);
    }

    /// The conversation is over: it goes on elsewhere, or was all.
    pub(super) fn hang_up(&mut self, id: JourneyId) {
        let model: &'m Model = self.model;
        let journey = self.journeys.get(id);
        journey.place = Place::Flow;
        let (customer, queue) = (journey.customer, journey.queue);
        let number = nth(customer.number, journey.conversations - 1);
        let transfers = model.paths.transfers.get(queue).map_or(&[][..], Vec::as_slice);
        if !transfers.is_empty() && self.journeys.get(id).hops < CHAIN_MAX {
            let mut luck = self.streams_of(id).stream(Purpose::Transfer, number);
            let to = transfers.get(drawn_of(transfers.iter().map(|transfer| transfer.upto), &mut luck)).map(|transfer| transfer.to);
            match to {
                Some(Destination::Queue(to)) if self.may_enter(id, to, true) => {
                    self.is_sent_on(id);
                    return self.place_in_queue(id, to, None);
                }
                Some(Destination::Flow(flow)) => {
                    self.is_sent_on(id);
                    self.tell(&Fact::Entered { customer, flow });
                    return self.walk(id, model.paths.flows[flow].first);
                }
                // Whom nobody takes is not sent on.
                _ => {}
            }
        }
        self.depart_from(id, Outcome::Answered, Some(queue));
    }

    /// What it wanted of agents does not go with it.
    fn is_sent_on(&mut self, id: JourneyId) {
        let journey = self.journeys.get(id);
        (journey.transferred, journey.criteria) = (true, None);
    }

    // ---- callbacks -----------------------------------------------------------------------------------------------------

    /// The call ends with the promise to call back.
    pub(super) fn call_back(&mut self, id: JourneyId, step: StepId, terms: &'m Callback, queue: QueueId) {
        let now = self.now;
        let left = self.leave_queue(id, Outcome::Callback);
        self.release(id);
        self.tell_departed(id, Outcome::Callback, left);
        let journey = self.journeys.get(id);
        journey.promise = Some(Promise { step, terms, made_us: now, queue, dialed: 0 });
        (journey.place, journey.at) = (Place::Promised, now + terms.delay.min(CALLBACK_KEPT).as_us());
        journey.channel = Channel::Voice;
        journey.becomes_another_contact();
        let customer = journey.customer;
        self.journeys.reschedule(id);
        self.tell(&Fact::Arrived { customer, arrival: Arrival::Callback });
    }

    /// The callback queues.
    pub(super) fn keep_promise(&mut self, id: JourneyId) {
        let now = self.now;
        let journey = self.journeys.get(id);
        let Some(Promise { made_us, queue, .. }) = journey.promise else { return };
        journey.hops = 0;
        if now >= made_us + CALLBACK_KEPT.as_us() {
            self.depart_from(id, Outcome::Expired, None);
        } else if self.may_enter(id, queue, true) {
            self.place_in_queue(id, queue, None);
        } else {
            self.reject(id, queue);
        }
    }

    /// The customer did not answer the call.
    pub(super) fn ring_out(&mut self, id: JourneyId) {
        let now = self.now;
        self.release(id);
        let journey = self.journeys.get(id);
        let Some(Promise { terms, made_us, queue, dialed, .. }) = journey.promise else { return };
        if dialed < terms.attempts {
            let given_up = made_us + CALLBACK_KEPT.as_us();
            (journey.place, journey.at) = (Place::Promised, (now + terms.retry_delay.as_us()).min(given_up).max(now));
            self.journeys.reschedule(id);
        } else {
            self.depart_from(id, Outcome::Unreached, Some(queue));
        }
    }

    // ---- leaving -------------------------------------------------------------------------------------------------------

    fn release(&mut self, id: JourneyId) {
        let journey = self.journeys.get(id);
        let customer = journey.customer;
        if let Some(Line { carrier }) = journey.line.take() {
            self.outside.release(carrier);
            self.tell(&Fact::Released { customer, carrier });
        }
    }

    /// Its way ends, wherever it is.
    pub(super) fn depart(&mut self, id: JourneyId, outcome: Outcome) {
        let queue = self.leave_queue(id, outcome);
        self.depart_from(id, outcome, queue);
    }

    /// Its way ends, and it is in no queue any more.
    fn depart_from(&mut self, id: JourneyId, outcome: Outcome, queue: Option<QueueId>) {
        self.release(id);
        self.tell_departed(id, outcome, queue);
        let again = self.calls_again(id, outcome);
        let journey = self.journeys.get(id);
        let Some(at) = again else { return self.journeys.remove(id) };
        (journey.place, journey.at, journey.step, journey.begins) = (Place::Home, at, None, false);
        (journey.promise, journey.ranks_from) = (None, None);
        journey.becomes_another_contact();
        journey.calls += 1;
        self.journeys.reschedule(id);
    }

    fn tell_departed(&mut self, id: JourneyId, outcome: Outcome, queue: Option<QueueId>) {
        let journey = self.journeys.get(id);
        let fact = Fact::Departed {
            customer: journey.customer,
            arrived: Time::from_us(journey.arrived_us),
            outcome,
            queue,
            waited: Span::from_us(journey.waited_us),
            answered: journey.answered_us.map(Time::from_us),
        };
        self.tell(&fact);
    }

    /// When the customer calls again after a call that ended so: not from the horizon on, where arrivals stop (R18).
    fn calls_again(&mut self, id: JourneyId, outcome: Outcome) -> Option<i64> {
        let model: &'m Model = self.model;
        let journey = self.journeys.get(id);
        let (Customer { source, number }, calls) = (journey.customer, journey.calls);
        let rule =
            model.paths.calls_again.get(source)?.iter().find(|rule| rule.after == outcome && calls + 1 < u64::from(rule.calls_max))?;
        let mut luck = self.streams_of(id).stream(Purpose::CallAgain, nth(number, calls));
        if !chance_is_met(rule.chance, &mut luck) {
            return None;
        }
        let at = self.now + rule.delay.sample(&mut luck).as_us();
        (at < model.run.horizon.as_us()).then_some(at)
    }

    /// The run is over: who is still on the way is told to be so.
    pub(super) fn finish_journeys(&mut self) {
        for id in self.journeys.all() {
            let now = self.now;
            let journey = self.journeys.get(id);
            let (outcome, queue) = match journey.place {
                Place::Home => continue,
                Place::Agent => (Outcome::Answered, Some(journey.queue)),
                Place::Ringing => (Outcome::Unfinished, Some(journey.queue)),
                Place::Flow | Place::Promised => (Outcome::Unfinished, None),
                Place::Queue(slot) => {
                    journey.waited_us += now - self.waiting.get(slot).contact.enqueued.as_us();
                    (Outcome::Unfinished, Some(journey.queue))
                }
            };
            self.tell_departed(id, outcome, queue);
        }
    }
}
