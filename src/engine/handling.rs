//! Agents who hold several contacts: what they are given, and how it goes on in their hands.

use super::desks::{Desks, GroupId, Hand, HandId, Phase};
use super::incoming::given;
use super::journeys::{JourneyId, Place};
use super::router::best_of_desk;
use super::shifts::ShiftChange;
use super::simulation::Simulation;
use super::waiting::{LineId, Slot};
use super::winner_tree::NEVER;
use crate::id::{AgentId, Id, QueueId};
use crate::model::{Availability, Channel, Entry};
use crate::observe::{Contact, Fact, Observer};
use crate::random::{Purpose, nth};
use crate::time::{Span, Time};

impl<'m, O: Observer, const RANKED: bool, const PATHS: bool, const DESKS: bool> Simulation<'m, '_, O, RANKED, PATHS, DESKS> {
    // ---- step 1 --------------------------------------------------------------------------------------------------------

    /// Who leaves, what ends, who comes.
    pub(super) fn change_desks(&mut self) {
        let mut logging_in = Vec::new();
        while let Some(ShiftChange { agent, present, state, .. }) = self.next_change_due() {
            let before = std::mem::replace(&mut self.states[agent], state);
            let was_present = self.desks.agents[agent].present;
            self.desks.is_present(agent, present);
            let row = &mut self.desks.agents[agent];
            let profile = row.profile;
            if row.logged_in {
                if present && !was_present {
                    row.since_us = self.now;
                }
                self.desks.refresh(agent);
                self.leave_if_done(agent);
                continue;
            }
            self.in_states[profile] -= u32::from(before.is_some());
            if present {
                logging_in.push(agent);
            } else {
                self.turn(agent);
            }
        }
        let mut due = Vec::new();
        while self.completions.first_key() == self.now {
            let id = self.completions.first_leaf() as HandId;
            self.completions.clear(id as usize);
            let hand = self.desks.hand(id);
            due.push((hand.agent, hand.order, id));
        }
        due.sort_unstable();
        for (agent, order, id) in due {
            // Who has left has dropped what it had missed.
            if self.desks.agents[agent].hands.contains(&id) && self.desks.hand(id).order == order {
                self.phase_ends(id);
                self.leave_if_done(agent);
            }
        }
        for agent in logging_in {
            let profile = self.desks.agents[agent].profile;
            self.log_in(agent, profile);
            self.desks.is_logged_in(agent, true);
            self.desks.agents[agent].since_us = self.now;
            self.desks.refresh(agent);
        }
    }

    /// An agent off shift leaves when it has nothing in hand any more, but missed offers.
    pub(super) fn leave_if_done(&mut self, agent: AgentId) {
        let row = &self.desks.agents[agent];
        if row.present || !row.logged_in || !row.is_done() {
            return;
        }
        while let Some(&id) = self.desks.agents[agent].hands.first() {
            self.let_go(id);
        }
        self.desks.is_logged_in(agent, false);
        self.log_out(agent);
        self.desks.refresh(agent);
    }

    fn phase_ends(&mut self, id: HandId) {
        match self.desks.hand(id).phase {
            Phase::Rings { miss: None } => self.accept(id),
            Phase::Rings { miss: Some(why) } => {
                let slot = self.desks.hand(id).slot;
                self.miss(id, self.waiting.get(slot).contact, why);
                self.restore(slot);
            }
            Phase::Connects => self.connect(id),
            Phase::Talks { .. } | Phase::Pauses { .. } => self.goes_on(id),
            Phase::Works | Phase::Dials => self.complete_at_desk(id),
            Phase::Missed => {
                let hand = self.let_go(id);
                let (agent, profile) = (hand.agent, self.desks.agents[hand.agent].profile);
                self.tell(&Fact::Recovered { agent, profile });
                self.desks.agents[agent].since_us = self.now;
                self.desks.refresh(agent);
            }
        }
    }

    // ---- step 2 --------------------------------------------------------------------------------------------------------

    /// Until nothing more can be assigned, the first agent by R9 who has an eligible contact takes its best one (R5).
    pub(super) fn route_to_desks(&mut self) {
        loop {
            let turns = self.desks.affected.iter().enumerate().map(|(place, &group)| (self.desks.first(group), place, group));
            let Some((first, place, group)) = turns.min_by_key(|(first, ..)| first.map_or((1, None), |turn| (0, Some(turn)))) else {
                break;
            };
            match first.and_then(|(.., agent)| self.best_for(group).map(|slot| (agent, slot))) {
                None => self.desks.is_done_with(place),
                Some((agent, slot)) => self.give(agent, slot),
            }
        }
        for kind in std::mem::take(&mut self.desks.kinds_affected) {
            let mut at = NEVER;
            if self.desks.has_available(kind) {
                for route in self.desks.routes.of(kind).iter().filter(|route| route.stage > 0) {
                    at = at.min(self.ranked.next_to_move_up(&mut self.waiting, route.line, route.stage, self.now));
                }
            }
            self.wake_ups.set(kind.index(), at);
        }
    }

    /// Whoever hung up while it was being connected has left an agent free: another round is due at this instant.
    pub(super) fn wake_freed_desks(&mut self) {
        if let Some(&group) = self.desks.affected.first() {
            self.wake_ups.set(Desks::kind_of_group(group).index(), self.now);
        }
    }

    fn best_for(&mut self, group: GroupId) -> Option<Slot> {
        let desks = &self.desks;
        let open = desks
            .routes
            .of(Desks::kind_of_group(group))
            .iter()
            .filter(|route| Desks::group_admits(group, route.channel) && desks.keeps_available(group, route.keep_available));
        best_of_desk(open, &mut self.ranked, &mut self.waiting, self.now)
    }

    /// The agent is given a contact: it is offered, or answered at once.
    fn give(&mut self, agent: AgentId, slot: Slot) {
        let journey = self.journeys.at_slot(slot);
        let (channel, offer) = (self.journeys.get(journey).channel, self.journeys.get(journey).offers);
        let contact = self.waiting.get(slot).contact;
        let id = self.desks.take(Hand {
            agent,
            channel,
            outbound: self.model.sources[contact.source].outbound,
            order: 0,
            phase: Phase::Connects,
            at: NEVER,
            is_at_work: false,
            factor_milli: 1000,
            contact,
            journey,
            slot,
            offer: nth(contact.number, offer),
            answered: Time::START,
            talk: Span::ZERO,
            after_contact_work: Span::ZERO,
            replies: None,
        });
        self.completions.grow(self.desks.hands_max());
        if self.desks.desk(agent).offers.is_none() {
            self.connect(id);
        } else {
            self.offer(id);
        }
    }

    // ---- in hand -------------------------------------------------------------------------------------------------------

    pub(super) fn begin_phase(&mut self, id: HandId, phase: Phase, at: i64) {
        let hand = self.desks.hand_mut(id);
        (hand.phase, hand.at) = (phase, at);
        self.completions.set(id as usize, at);
    }

    pub(super) fn let_go(&mut self, id: HandId) -> Hand<'m> {
        self.completions.clear(id as usize);
        self.desks.let_go(id)
    }

    /// The wait is over: they talk, or the telephone of a customer who is called back rings in vain.
    pub(super) fn connect(&mut self, id: HandId) {
        let hand = self.desks.hand(id);
        let (agent, slot, channel) = (hand.agent, hand.slot, hand.channel);
        let profile = self.desks.agents[agent].profile;
        let contact = self.dequeue(slot);
        self.moves_back(id);
        self.desks.hand_mut(id).contact = contact;
        self.desks.hand_mut(id).answered = Time::from_us(self.now);
        match self.takes(agent, profile, contact) {
            Err(ring) => {
                self.begin_phase(id, Phase::Dials, self.now + ring.as_us());
                self.desks.refresh(agent);
            }
            Ok(conversation) => {
                let (talk, after_contact_work) = self.handling_at_desk(id, &contact, conversation);
                let number = nth(contact.number, conversation);
                let replies = self.model.queues[contact.queue].by_channel[channel].replies.as_ref();
                let luck = self.streams.source(contact.source).stream(Purpose::Reply, number);
                let hand = self.desks.hand_mut(id);
                (hand.talk, hand.after_contact_work, hand.replies) = (talk, after_contact_work, replies.map(|replies| (replies, luck)));
                let first = hand.part(0);
                self.begin_work(id, Phase::Talks { part: 0 }, first);
                self.desks.agents[agent].answered_count += 1;
                self.desks.refresh(agent);
                self.talks(talk);
                self.tell(&Fact::Answered { contact, agent, profile, talk, after_contact_work });
            }
        }
    }

    /// A part of a conversation, or a pause in it, is over: what takes no time is passed at once.
    fn goes_on(&mut self, id: HandId) {
        loop {
            let hand = self.desks.hand_mut(id);
            let (phase, span) = match hand.phase {
                Phase::Talks { part } if !hand.is_last(part) => {
                    let reply = hand.replies.as_mut().map_or(Span::ZERO, |(replies, luck)| replies.after.sample(luck));
                    (Phase::Pauses { part }, reply)
                }
                Phase::Talks { .. } => {
                    let journey = hand.journey;
                    self.journeys.get(journey).at = self.now;
                    self.journeys.reschedule(journey);
                    let hand = self.desks.hand(id);
                    (Phase::Works, hand.after_contact_work)
                }
                Phase::Pauses { part } => (Phase::Talks { part: part + 1 }, hand.part(part + 1)),
                _ => return self.complete_at_desk(id),
            };
            if span > Span::ZERO && phase.is_active() {
                return self.begin_work(id, phase, span);
            }
            if span > Span::ZERO {
                return self.waits_for_customer(id, phase, span);
            }
            self.desks.hand_mut(id).phase = phase;
        }
    }

    /// The agent is at work on it for so long, or longer the more it has in hand.
    fn begin_work(&mut self, id: HandId, phase: Phase, work: Span) {
        let (agent, channel, was_active) = (self.desks.hand(id).agent, self.desks.hand(id).channel, self.desks.hand(id).is_at_work);
        self.desks.hand_mut(id).is_at_work = true;
        let active = self.desks.active(agent);
        if !was_active {
            self.rescale(agent, id, active);
        }
        let factor = self.desks.factor_milli(agent, channel, active);
        self.desks.hand_mut(id).factor_milli = factor;
        self.begin_phase(id, phase, self.now + stretched(work.as_us(), factor, 1000));
    }

    fn waits_for_customer(&mut self, id: HandId, phase: Phase, span: Span) {
        self.rests_from_work(id);
        self.begin_phase(id, phase, self.now + span.as_us());
    }

    fn rests_from_work(&mut self, id: HandId) {
        let agent = self.desks.hand(id).agent;
        if std::mem::take(&mut self.desks.hand_mut(id).is_at_work) {
            let active = self.desks.active(agent);
            self.rescale(agent, id, active);
        }
    }

    /// The agent has more or fewer contacts at work than before: what is left of the others takes longer or shorter.
    fn rescale(&mut self, agent: AgentId, except: HandId, active: i64) {
        for place in 0..self.desks.agents[agent].hands.len() {
            let id = self.desks.agents[agent].hands[place];
            let hand = self.desks.hand(id);
            if id == except || !hand.is_at_work || hand.at <= self.now {
                continue;
            }
            let (before, after) = (hand.factor_milli, self.desks.factor_milli(agent, hand.channel, active));
            if before != after {
                let at = self.now + stretched(hand.at - self.now, after, before);
                self.desks.hand_mut(id).factor_milli = after;
                self.begin_phase(id, self.desks.hand(id).phase, at);
            }
        }
    }

    fn complete_at_desk(&mut self, id: HandId) {
        self.rests_from_work(id);
        self.moves_back(id);
        let hand = self.let_go(id);
        let agent = hand.agent;
        self.desks.refresh(agent);
        self.tell(&Fact::Completed { contact: hand.contact, agent, profile: self.desks.agents[agent].profile, answered: hand.answered });
    }

    /// Answering and completing send an agent to the end of the line of those available (R10), unless outbound work leaves it its place.
    fn moves_back(&mut self, id: HandId) {
        let hand = self.desks.hand(id);
        let agent = hand.agent;
        if !(hand.outbound && self.desks.desk(agent).availability == Availability::SinceLastInbound) {
            self.desks.agents[agent].since_us = self.now;
        }
    }

    /// Talk and after-contact work (R13).
    fn handling_at_desk(&self, id: HandId, contact: &Contact, conversation: u64) -> (Span, Span) {
        let hand = self.desks.hand(id);
        let agent = &self.desks.agents[hand.agent];
        let queue = &self.model.queues[contact.queue];
        let terms = &queue.by_channel[hand.channel];
        let entry: Option<&Entry> = self.model.profiles[agent.profile].overriding_entry(contact.queue, hand.channel);
        let given = given(self.model, contact.source, contact.number).filter(|_| conversation == 0);
        let streams = self.streams.source(contact.source);
        let number = nth(contact.number, conversation);
        let pace = &self.model.agents[hand.agent].pace;
        let stretch = |drawn| pace.stretch(contact.queue, agent.answered_count, self.day.stretch(contact.queue, drawn));
        let talk = given.and_then(|given| given.handle_time).unwrap_or_else(|| {
            let distribution =
                entry.and_then(|entry| entry.handle_time.as_ref()).or(terms.handle_time.as_ref()).unwrap_or(&queue.handle_time);
            stretch(distribution.sample(&mut streams.stream(Purpose::HandleTime, number)))
        });
        let work = entry.and_then(|entry| entry.after_contact_work.as_ref());
        let work = work.or(terms.after_contact_work.as_ref()).or(queue.after_contact_work.as_ref());
        let after_contact_work = given.and_then(|given| given.after_contact_work).unwrap_or_else(|| {
            work.map_or(Span::ZERO, |work| stretch(work.sample(&mut streams.stream(Purpose::AfterContactWork, number))))
        });
        (talk, after_contact_work)
    }

    /// How many agents serve a queue; with a channel: those only who could take a contact of it now; `online`: those in a state too.
    pub(super) fn staff_of(&self, queue: QueueId, channel: Option<Channel>, online: bool) -> u64 {
        let own = self.model.queues[queue].agent;
        let own = own.filter(|&agent| match channel {
            Some(channel) => self.desks.is_available(agent, channel),
            None => self.desks.agents[agent].logged_in || (online && self.states[agent].is_some()),
        });
        let staff = self.desks.routes.profiles_of(queue).iter().map(|&profile| match channel {
            Some(channel) => self.desks.available(profile, channel),
            None if online => u64::from(self.logged_in[profile] + self.in_states[profile]),
            None => u64::from(self.logged_in[profile]),
        });
        staff.sum::<u64>() + u64::from(own.is_some())
    }

    // ---- lines ---------------------------------------------------------------------------------------------------------

    /// The line in which a customer waits in a queue.
    pub(super) fn line_of(&mut self, id: JourneyId, queue: QueueId) -> LineId {
        if !DESKS {
            return queue.into();
        }
        let journey = self.journeys.get(id);
        self.desks.routes.line(queue, journey.channel, journey.wish)
    }

    /// The contact has its old place in its line again.
    pub(super) fn restore(&mut self, slot: Slot) {
        let line = self.waiting.get(slot).line;
        self.waiting.restore(slot, line);
        self.ranked.restore(&self.waiting, slot);
        self.may_be_taken(slot);
    }

    /// Those who may take it are to look at it; those whose delay is not over are woken when it is.
    pub(super) fn may_be_taken(&mut self, slot: Slot) {
        let place = self.waiting.get(slot);
        let (line, enqueued) = (place.line, place.contact.enqueued.as_us());
        for index in 0..self.desks.routes.openings(line).len() {
            let opening = self.desks.routes.openings(line)[index];
            let at = enqueued + opening.delay_us;
            if at <= self.now {
                self.desks.affect_kind(opening.kind);
            } else if self.desks.has_available(opening.kind) && at < self.wake_ups.key(opening.kind.index()) {
                self.wake_ups.set(opening.kind.index(), at);
            }
        }
    }

    /// The criteria of a contact that enters a queue begin; in an agent's own queue there are none.
    pub(super) fn begin_criteria(&mut self, id: JourneyId, queue: QueueId) {
        let own = self.model.queues[queue].agent.is_some();
        let journey = self.journeys.get(id);
        let criteria = journey.criteria.filter(|_| !own);
        journey.wish = criteria.map(|criteria| (criteria, 0));
        let lasts = criteria.and_then(|criteria| self.model.criteria[criteria].steps[0].lasts);
        journey.wish_ends = lasts.map_or(NEVER, |lasts| self.now + lasts.as_us());
    }

    /// A step of its criteria expires.
    pub(super) fn widen(&mut self, id: JourneyId) {
        let journey = self.journeys.get(id);
        let (Some((criteria, step)), Place::Queue(slot)) = (journey.wish, journey.place) else { return };
        let next = step + 1;
        let steps = &self.model.criteria[criteria].steps;
        journey.wish = steps.get(next as usize).map(|_| (criteria, next));
        let lasts = steps.get(next as usize).and_then(|step| step.lasts);
        journey.wish_ends = lasts.map_or(NEVER, |lasts| self.now + lasts.as_us());
        let contact = self.waiting.get(slot).contact;
        let line = self.line_of(id, contact.queue);
        self.tell(&Fact::Widened { contact, step: next });
        if self.waiting.get(slot).is_aside() {
            self.waiting.get_mut(slot).line = line;
        } else {
            self.ranked.remove(&self.waiting, slot);
            self.waiting.set_aside(slot);
            self.waiting.get_mut(slot).line = line;
            self.restore(slot);
        }
    }
}

/// A stretch of time at another pace, rounded to the microsecond, halves up.
fn stretched(us: i64, factor: i64, of: i64) -> i64 {
    let (us, factor, of) = (i128::from(us), i128::from(factor), i128::from(of));
    ((us * factor * 2 + of) / (of * 2)).min(i128::from(Span::MAX.as_us())) as i64
}
