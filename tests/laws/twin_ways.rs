//! The naive twin: how guests come, queue, talk, are called back and go. What can be read from what was told of a guest is not remembered twice.

use super::desks::Wants;
use super::outside::Line;
use super::steps::happens;
use super::{Twin, Waits, nth};
use waitline::engine::CHAIN_MAX;
use waitline::model::{Block, CALLBACK_KEPT, Channel, Destination, RankFrom};
use waitline::random::Purpose;
use waitline::{Arrival, Contact, CriteriaId, Customer, Fact, Outcome, QueueId, SourceId, Span, StepId, Time};

/// What a guest does by itself when the time has come.
#[derive(Clone, Copy)]
pub(super) enum Does {
    CallsAgain,
    Step(StepId, After),
    HangsUp,
    IsNotThere,
    IsCalledBack,
}

/// What within a step is over.
#[derive(Clone, Copy)]
pub(super) enum After {
    /// The routing of the instant in which it entered the queue: a flow beside begins.
    Start,
    /// A prompt, a message.
    End,
    /// An attempt, with so many before it.
    Attempt { before: u32, succeeds: bool },
    /// A pause before another one.
    Pause { before: u32 },
}

/// A callback that was promised and has not reached the customer yet.
#[derive(Clone, Copy)]
pub(super) struct Promise {
    step: StepId,
    queue: QueueId,
    made: Time,
}

/// A customer.
pub(super) struct Guest {
    pub(super) who: Customer,
    /// All that was told of it, in order.
    story: Vec<(Time, Fact)>,
    pub(super) next: Option<(Time, Does)>,
    /// The step of each draw that it made.
    pub(super) drew_in: Vec<StepId>,
    /// Contact priority, age adjustment; and what they will be in the queue in which it waits.
    pub(super) rank: (i64, i64),
    pub(super) rank_changes: Vec<(Time, (i64, i64))>,
    /// From when it ranked in its last queue, if it was in any on this call.
    ranks_from: Option<Time>,
    /// While it waits: when patience ends. One for a wait, from queue to queue.
    patience: Option<Time>,
    waits: u64,
    promise: Option<Promise>,
    /// Which agents it wants in the queues that it enters.
    pub(super) wants: Option<CriteriaId>,
    /// An agent speaks with it.
    talks: bool,
}

impl Guest {
    /// What was told of its present contact: of this call, or of the callback.
    fn contact(&self) -> &[(Time, Fact)] {
        let start = self.story.iter().rposition(|(_, fact)| matches!(fact, Fact::Arrived { .. })).expect("it came");
        &self.story[start..]
    }

    pub(super) fn is_gone(&self) -> bool {
        self.next.is_none() && self.has_departed()
    }

    fn has_departed(&self) -> bool {
        self.contact().iter().any(|(_, fact)| matches!(fact, Fact::Departed { .. }))
    }

    pub(super) fn instants(&self) -> impl Iterator<Item = Time> + '_ {
        self.next.iter().map(|(at, _)| *at).chain(self.rank_changes.iter().map(|(at, _)| *at))
    }

    /// The line that it holds.
    pub(super) fn line(&self) -> Option<Line> {
        match self.story.iter().rfind(|(_, fact)| matches!(fact, Fact::Seized { .. } | Fact::Released { .. })) {
            Some((_, Fact::Seized { carrier, .. })) => Some(Line(*carrier)),
            _ => None,
        }
    }

    /// Its last queue.
    pub(super) fn queue(&self) -> QueueId {
        let queue = |(_, fact): &(Time, Fact)| if let Fact::Offered { contact } = fact { Some(contact.queue) } else { None };
        self.story.iter().rev().find_map(queue).expect("it was in a queue")
    }

    pub(super) fn count(&self, what: impl Fn(&Fact) -> bool) -> u64 {
        self.story.iter().filter(|(_, fact)| what(fact)).count() as u64
    }

    /// What comes of the promise of a callback is a call.
    pub(super) fn is_called(&self) -> bool {
        matches!(self.contact().first(), Some((_, Fact::Arrived { arrival: Arrival::Callback, .. })))
    }

    /// How often it called before this call.
    fn calls_before(&self) -> u64 {
        self.count(|fact| matches!(fact, Fact::Arrived { arrival: Arrival::Again, .. }))
    }

    /// When the call began; of a callback, the call in which it was promised.
    fn call_start(&self) -> Time {
        let calls = |fact: &Fact| matches!(fact, Fact::Arrived { arrival: Arrival::First | Arrival::Again, .. });
        self.story.iter().rfind(|(_, fact)| calls(fact)).expect("it called").0
    }

    /// An agent has spoken with it and sent it on, and it has entered no queue since.
    pub(super) fn was_sent_on(&self) -> bool {
        let last = self.contact().iter().rfind(|(_, fact)| matches!(fact, Fact::Answered { .. } | Fact::Offered { .. }));
        matches!(last, Some((_, Fact::Answered { .. })))
    }

    /// Queues entered one after the other; each attempt to call back begins anew.
    fn chain(&self) -> usize {
        let entered = |fact: &Fact| matches!(fact, Fact::Offered { .. });
        let dialed = |fact: &Fact| matches!(fact, Fact::Dialed { .. });
        self.contact().iter().rev().take_while(|(_, fact)| !dialed(fact)).filter(|(_, fact)| entered(fact)).count()
    }

    /// All waits of its present contact that are over.
    fn waited(&self) -> Span {
        let waits = self.contact().iter().map(|(at, fact)| match fact {
            Fact::Answered { contact, .. } | Fact::Abandoned { contact } | Fact::Left { contact, .. } | Fact::Dialed { contact, .. } => {
                at.since(contact.enqueued).as_us()
            }
            _ => 0,
        });
        Span::from_us(waits.sum())
    }
}

impl Twin<'_> {
    pub(super) fn tell_guest(&mut self, guest: usize, fact: Fact) {
        self.guests[guest].story.push((self.now, fact));
        self.tell(fact);
    }

    pub(super) fn guest_of(&self, contact: &Contact) -> Option<usize> {
        self.guests.iter().position(|guest| guest.who == contact.customer())
    }

    /// Tells of a contact; with paths it is of a guest.
    pub(super) fn tell_of(&mut self, contact: &Contact, fact: Fact) {
        match self.guest_of(contact) {
            Some(guest) => self.tell_guest(guest, fact),
            None => self.tell(fact),
        }
    }

    /// Where it waits.
    pub(super) fn place_of(&self, guest: usize) -> Option<usize> {
        self.waiting.iter().position(|waits| waits.contact.customer() == self.guests[guest].who)
    }

    /// Whoever is due by now, in the order in which they first came. What is due at this instant only then has to wait for the next round.
    pub(super) fn guests_act(&mut self) {
        let now = self.now;
        let is_due = |guest: &usize| self.guests[*guest].instants().any(|at| at == now) || self.is_to_widen(*guest);
        let due: Vec<usize> = (0..self.guests.len()).filter(is_due).collect();
        for guest in due {
            while let Some(place) = self.guests[guest].rank_changes.iter().position(|(at, _)| *at == now) {
                let (_, rank) = self.guests[guest].rank_changes.remove(place);
                self.rank_shows(guest, rank);
            }
            if self.is_to_widen(guest) {
                self.widens(guest);
            }
            let Some((_, does)) = self.guests[guest].next.take_if(|(at, _)| *at == now) else { continue };
            match does {
                Does::CallsAgain => self.calls(guest, Arrival::Again),
                Does::Step(step, after) => {
                    if let Some(next) = self.goes_on(guest, step, after) {
                        self.walks(guest, next);
                    }
                }
                Does::HangsUp => self.hangs_up(guest),
                Does::IsNotThere => self.is_not_there(guest),
                Does::IsCalledBack => self.is_called_back(guest),
            }
        }
    }

    // ---- coming --------------------------------------------------------------------------------------------------------

    pub(super) fn a_guest_comes(&mut self, source: SourceId, number: u64) {
        self.guests.push(Guest {
            who: Customer { source, number },
            story: Vec::new(),
            next: None,
            drew_in: Vec::new(),
            rank: (0, 0),
            rank_changes: Vec::new(),
            ranks_from: None,
            patience: None,
            waits: 0,
            promise: None,
            wants: None,
            talks: false,
        });
        self.calls(self.guests.len() - 1, Arrival::First);
    }

    fn calls(&mut self, guest: usize, arrival: Arrival) {
        let customer = self.guests[guest].who;
        let contact = self.sent(customer.source, customer.number);
        self.guests[guest].rank = (contact.priority, contact.age_us);
        self.guests[guest].wants = self.model.sources[customer.source].criteria;
        (self.guests[guest].ranks_from, self.guests[guest].patience) = (None, None);
        self.tell_guest(guest, Fact::Arrived { customer, arrival });
        if !self.model.paths.telephony.is_unlimited() && self.channel(guest) == Channel::Voice {
            let call = self.guests[guest].calls_before();
            let (refused, line) = self.a_line(guest, call);
            for carrier in refused {
                self.tell_guest(guest, Fact::Refused { customer, carrier });
            }
            let Some(Line(carrier)) = line else { return self.goes(guest, Outcome::Blocked) };
            self.tell_guest(guest, Fact::Seized { customer, carrier });
        }
        if let Some(flow) = self.model.sources[customer.source].flow {
            self.tell_guest(guest, Fact::Entered { customer, flow });
            self.walks(guest, self.model.paths.flows[flow].first);
        } else if self.has_no_room(contact.queue, false) {
            self.is_rejected(guest, contact.queue);
        } else {
            self.is_enqueued(guest, contact.queue, None);
        }
    }

    // ---- queues --------------------------------------------------------------------------------------------------------

    /// Whether a queue is full; for transfers and callbacks a fifth more has room, rounded down.
    pub(super) fn has_no_room(&self, queue: QueueId, sent_on: bool) -> bool {
        let Some(most) = self.model.queues[queue].max_contacts.map(u64::from) else { return false };
        let more = if sent_on { most * u64::from(self.model.paths.rules.buffer_milli) / 1000 } else { 0 };
        self.waiting_in(queue) >= most + more
    }

    pub(super) fn may_enter(&self, guest: usize, queue: QueueId, sent_on: bool) -> bool {
        self.guests[guest].chain() < CHAIN_MAX as usize && !self.has_no_room(queue, sent_on)
    }

    pub(super) fn channel(&self, guest: usize) -> Channel {
        let guest = &self.guests[guest];
        if guest.is_called() { Channel::Voice } else { self.model.sources[guest.who.source].channel }
    }

    fn contact_in(&self, guest: usize, queue: QueueId, ranks_from: Time) -> Contact {
        let Guest { who: Customer { source, number }, rank: (priority, age_us), .. } = self.guests[guest];
        Contact { source, number, queue, enqueued: self.now, priority, age_us: age_us + self.now.since(ranks_from).as_us() }
    }

    pub(super) fn is_rejected(&mut self, guest: usize, queue: QueueId) {
        let contact = self.contact_in(guest, queue, self.now);
        self.tell_guest(guest, Fact::Offered { contact });
        self.tell_guest(guest, Fact::Rejected { contact });
        self.departs(guest, Outcome::Rejected, Some(queue));
    }

    pub(super) fn is_enqueued(&mut self, guest: usize, queue: QueueId, beside: Option<StepId>) {
        let (now, rules) = (self.now, &self.model.paths.rules);
        let state = &self.guests[guest];
        let tried = state.contact().iter().any(|(_, fact)| matches!(fact, Fact::Dialed { .. }));
        let from = match state.promise {
            Some(_) if tried => rules.callback_retry,
            Some(_) => rules.callback,
            None if state.ranks_from.is_none() => RankFrom::Entry,
            None if state.was_sent_on() => rules.after_agent,
            None => rules.after_queue,
        };
        let ranks_from = match from {
            RankFrom::Entry => now,
            RankFrom::Before => state.ranks_from.unwrap_or(now),
            RankFrom::CallStart => state.call_start(),
        };
        let contact = self.contact_in(guest, queue, ranks_from);
        let patience = self.patience_of_wait(guest, &contact);
        let state = &mut self.guests[guest];
        (state.ranks_from, state.patience) = (Some(ranks_from), Some(patience));
        state.next = beside.map(|step| (now, Does::Step(step, After::Start)));
        let is_own = self.model.queues[queue].agent.is_some();
        let wants = state.wants.filter(|_| !is_own).map(|criteria| Wants::at_first(self.model, criteria, now));
        self.tell_guest(guest, Fact::Offered { contact });
        self.enters(contact, self.channel(guest), wants, patience);
    }

    fn patience_of_wait(&mut self, guest: usize, contact: &Contact) -> Time {
        let state = &self.guests[guest];
        if let Some(patience) = state.patience {
            return patience;
        }
        if let Some(promise) = state.promise {
            return promise.made + CALLBACK_KEPT;
        }
        let before = state.waits;
        self.guests[guest].waits += 1;
        self.patience(contact, self.channel(guest), before).map_or(Time::NEVER, |patience| self.now + patience)
    }

    /// A change of rank shows in the queue.
    pub(super) fn rank_shows(&mut self, guest: usize, (priority, age_us): (i64, i64)) {
        let Some(place) = self.place_of(guest) else { return };
        let contact = self.waiting[place].contact;
        let from = self.guests[guest].ranks_from.expect("it is in a queue");
        let age_us = age_us + contact.enqueued.since(from).as_us();
        if self.is_offered(guest) {
            self.note("is ranked anew while it is offered");
        }
        self.waiting[place].contact = Contact { priority, age_us, ..contact };
        self.tell_guest(guest, Fact::Reranked { contact, priority, age_us });
    }

    /// It is in its queue no more, and whatever it listened to there is over.
    fn is_out(&mut self, guest: usize) {
        self.guests[guest].next = None;
        self.guests[guest].rank_changes.clear();
    }

    /// Where it is the agent's turn already, the offer comes to nothing.
    pub(super) fn leaves_its_queue(&mut self, guest: usize, outcome: Outcome) -> Option<QueueId> {
        let place = self.place_of(guest)?;
        let waits = self.waiting.remove(place);
        let contact = waits.contact;
        self.is_out(guest);
        self.tell_guest(guest, Fact::Left { contact, outcome });
        self.rings_in_vain(&waits);
        self.is_connected_in_vain(&waits);
        Some(contact.queue)
    }

    /// Patience is over; a callback has none, but was promised too long ago.
    pub(super) fn gives_up(&mut self, waits: &Waits) {
        let contact = waits.contact;
        let guest = self.guest_of(&contact).expect("it came");
        if waits.at.is_some() && self.guests[guest].promise.is_some() {
            self.note("is a callback that expires while it is offered");
        }
        self.is_out(guest);
        self.rings_in_vain(waits);
        let (fact, outcome) = if self.guests[guest].promise.is_some() {
            (Fact::Left { contact, outcome: Outcome::Expired }, Outcome::Expired)
        } else {
            (Fact::Abandoned { contact }, Outcome::Abandoned)
        };
        self.tell_guest(guest, fact);
        self.is_connected_in_vain(waits);
        self.departs(guest, outcome, Some(contact.queue));
    }

    // ---- agents --------------------------------------------------------------------------------------------------------

    /// An agent takes it: how often it spoke with one before, or how long it rings in vain.
    pub(super) fn guest_is_taken(&mut self, contact: &Contact) -> Result<u64, Span> {
        let Some(guest) = self.guest_of(contact) else { return Ok(0) };
        self.is_out(guest);
        self.guests[guest].patience = None;
        if let Some(Promise { step, .. }) = self.guests[guest].promise {
            let Block::Callback(terms) = &self.model.paths.steps[step].block else { unreachable!() };
            let mut luck = self.luck(guest, step);
            let is_there = happens(terms.answers, &mut luck);
            let ring = terms.ring.sample(&mut luck);
            if !self.model.paths.telephony.is_unlimited() {
                let customer = contact.customer();
                self.tell_guest(guest, Fact::Seized { customer, carrier: None });
            }
            if !is_there {
                self.guests[guest].next = Some((self.now + ring, Does::IsNotThere));
                return Err(ring);
            }
            // The promise is kept; from here on it is a conversation like any other.
            self.guests[guest].promise = None;
        }
        Ok(self.guests[guest].count(|fact| matches!(fact, Fact::Answered { .. })))
    }

    pub(super) fn guest_talks(&mut self, contact: &Contact) {
        if let Some(guest) = self.guest_of(contact) {
            self.guests[guest].talks = true;
        }
    }

    /// The conversation is over; what comes of it comes after the agents' changes.
    pub(super) fn guest_has_talked(&mut self, contact: &Contact) {
        if let Some(guest) = self.guest_of(contact) {
            self.guests[guest].next = Some((self.now, Does::HangsUp));
        }
    }

    fn hangs_up(&mut self, guest: usize) {
        self.guests[guest].talks = false;
        let (customer, queue) = (self.guests[guest].who, self.guests[guest].queue());
        let conversations = self.guests[guest].count(|fact| matches!(fact, Fact::Answered { .. }));
        let transfers = self.model.paths.transfers.get(queue).cloned().unwrap_or_default();
        let mut luck = self.streams.source(customer.source).stream(Purpose::Transfer, nth(customer.number, conversations - 1));
        let chances: Vec<f64> = transfers.iter().map(|transfer| transfer.upto).collect();
        let to = transfers.get(super::steps::which(&chances, &mut luck)).map(|transfer| transfer.to);
        let is_long = self.guests[guest].chain() >= CHAIN_MAX as usize;
        self.guests[guest].wants = None;
        match to.filter(|_| !is_long) {
            Some(Destination::Queue(to)) if self.may_enter(guest, to, true) => self.is_enqueued(guest, to, None),
            Some(Destination::Flow(flow)) => {
                self.tell_guest(guest, Fact::Entered { customer, flow });
                self.walks(guest, self.model.paths.flows[flow].first);
            }
            _ => self.departs(guest, Outcome::Answered, Some(queue)),
        }
    }

    // ---- callbacks -----------------------------------------------------------------------------------------------------

    /// The call is over; the callback is another contact of the same customer.
    pub(super) fn is_promised_a_callback(&mut self, guest: usize, step: StepId, queue: QueueId, delay: Span) {
        let customer = self.guests[guest].who;
        let left = self.leaves_its_queue(guest, Outcome::Callback);
        self.gives_back_the_line(guest);
        self.tell_departed(guest, Outcome::Callback, left);
        self.tell_guest(guest, Fact::Arrived { customer, arrival: Arrival::Callback });
        let state = &mut self.guests[guest];
        state.promise = Some(Promise { step, queue, made: self.now });
        state.patience = None;
        // What comes later than the promise holds is given up when it ends.
        state.next = Some((self.now + delay.min(CALLBACK_KEPT), Does::IsCalledBack));
    }

    fn is_called_back(&mut self, guest: usize) {
        let Some(Promise { queue, made, .. }) = self.guests[guest].promise else { unreachable!() };
        if self.now >= made + CALLBACK_KEPT {
            self.departs(guest, Outcome::Expired, None);
        } else if self.may_enter(guest, queue, true) {
            self.is_enqueued(guest, queue, None);
        } else {
            self.is_rejected(guest, queue);
        }
    }

    fn is_not_there(&mut self, guest: usize) {
        let Some(Promise { step, queue, made }) = self.guests[guest].promise else { unreachable!() };
        let Block::Callback(terms) = &self.model.paths.steps[step].block else { unreachable!() };
        self.gives_back_the_line(guest);
        let tried = self.guests[guest].contact().iter().filter(|(_, fact)| matches!(fact, Fact::Dialed { .. })).count();
        if tried < terms.attempts as usize {
            let due = (self.now + terms.retry_delay).min(made + CALLBACK_KEPT).max(self.now);
            self.guests[guest].next = Some((due, Does::IsCalledBack));
        } else {
            self.departs(guest, Outcome::Unreached, Some(queue));
        }
    }

    // ---- going ---------------------------------------------------------------------------------------------------------

    /// Wherever it is, it goes.
    pub(super) fn goes(&mut self, guest: usize, outcome: Outcome) {
        let queue = self.leaves_its_queue(guest, outcome);
        self.departs(guest, outcome, queue);
    }

    fn departs(&mut self, guest: usize, outcome: Outcome, queue: Option<QueueId>) {
        self.gives_back_the_line(guest);
        self.tell_departed(guest, outcome, queue);
        let state = &mut self.guests[guest];
        state.promise = None;
        state.next = None;
        // Perhaps it calls again, before the horizon.
        let (Customer { source, number }, calls) = (state.who, state.calls_before());
        let rules = self.model.paths.calls_again.get(source).map_or(&[][..], Vec::as_slice);
        let Some(rule) = rules.iter().find(|rule| rule.after == outcome && calls + 1 < u64::from(rule.calls_max)) else { return };
        let mut luck = self.streams.source(source).stream(Purpose::CallAgain, nth(number, calls));
        if happens(rule.chance, &mut luck) {
            let at = self.now + rule.delay.sample(&mut luck);
            self.guests[guest].next = (at < self.model.run.horizon).then_some((at, Does::CallsAgain));
        }
    }

    fn tell_departed(&mut self, guest: usize, outcome: Outcome, queue: Option<QueueId>) {
        let state = &self.guests[guest];
        let answered = state.contact().iter().find(|(_, fact)| matches!(fact, Fact::Answered { .. })).map(|(at, _)| *at);
        let waits_since = self.place_of(guest).map(|place| self.waiting[place].contact.enqueued);
        let waited = state.waited() + waits_since.map_or(Span::ZERO, |since| self.now.since(since));
        let fact = Fact::Departed { customer: state.who, arrived: state.call_start(), outcome, queue, waited, answered };
        self.tell_guest(guest, fact);
    }

    /// The run is over.
    pub(super) fn guests_are_left(&mut self) {
        for guest in 0..self.guests.len() {
            let state = &self.guests[guest];
            if state.has_departed() {
                continue;
            }
            let does = state.next.map(|(_, does)| does);
            let (outcome, queue) = match does {
                _ if self.place_of(guest).is_some() => (Outcome::Unfinished, Some(state.queue())),
                _ if state.talks => (Outcome::Answered, Some(state.queue())),
                Some(Does::IsNotThere) => (Outcome::Unfinished, Some(state.queue())),
                _ => (Outcome::Unfinished, None),
            };
            self.tell_departed(guest, outcome, queue);
        }
    }
}
