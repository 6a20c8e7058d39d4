//! The audit of desks: who is offered what, what agents make of it, and how long they take.

use super::Audit;
use super::desks::{Held, Item, Phase};
use super::picture::Plan;
use super::queueing::Goes;
use crate::id::{AgentId, ProfileId, StateId};
use crate::model::{Availability, Channel};
use crate::observe::{Contact, Fact, Miss, Outcome};
use crate::random::{Distribution, Purpose, Stream, nth};
use crate::time::{Span, Time};
use rand::RngExt;

impl Audit<'_> {
    /// What agents do in models with desks; whether the fact is such a one, and all that it says was looked at.
    pub(super) fn desk_fact(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::LoggedIn { agent, profile } => self.takes_its_seat(*agent, *profile),
            Fact::LoggedOut { agent, profile } => self.leaves_its_seat(*agent, *profile),
            Fact::Turned { agent, profile, state } => self.turns(*agent, *profile, *state),
            Fact::Rang { contact, agent, profile } => self.rang(contact, *agent, *profile),
            Fact::Accepted { contact, agent, profile } => self.accepted(contact, *agent, *profile),
            Fact::Missed { contact, agent, profile, why } => self.missed(contact, *agent, *profile, *why),
            Fact::Recovered { agent, profile } => self.recovered(*agent, *profile),
            Fact::Widened { contact, step } => self.widened(contact, *step),
            Fact::Answered { contact, agent, profile, talk, after_contact_work } => {
                self.begins_to_handle(contact, *agent, *profile, (*talk, *after_contact_work));
            }
            Fact::Dialed { contact, agent, profile, ring } => self.dials(contact, *agent, *profile, *ring),
            Fact::Completed { contact, agent, profile, answered } => self.has_handled(contact, *agent, *profile, *answered),
            Fact::Abandoned { contact } => self.gives_up(contact),
            Fact::Left { contact, outcome } => self.is_taken_out(contact, *outcome),
            _ => return false,
        }
        true
    }

    fn has_profile(&mut self, agent: AgentId, profile: ProfileId) {
        if self.model.agents[agent].profile != profile {
            self.breaks("R4", format!("{} acts with a routing profile that is not its own", self.agent(agent)));
        }
    }

    // ---- shifts --------------------------------------------------------------------------------------------------------

    fn takes_its_seat(&mut self, agent: AgentId, profile: ProfileId) {
        self.has_profile(agent, profile);
        if self.world.desks.agenda.front() == Some(&Item::Comes(agent)) {
            self.world.desks.agenda.pop_front();
        } else {
            self.breaks(
                "R14",
                format!("{} logs in when no shift of it begins, is there already, or comes too early or late", self.agent(agent)),
            );
        }
        let now = self.world.now;
        let seat = &mut self.world.desks.seats[agent];
        (seat.logged_in, seat.state, seat.since) = (true, None, now);
    }

    fn leaves_its_seat(&mut self, agent: AgentId, profile: ProfileId) {
        self.has_profile(agent, profile);
        if self.world.desks.agenda.front() == Some(&Item::Leaves(agent)) {
            self.world.desks.agenda.pop_front();
        } else {
            self.breaks("R14", format!("{} logs out on shift, while it holds a contact, or too early or late", self.agent(agent)));
        }
        self.has_gone(agent);
        // Who leaves for a break is on it with the next fact.
        if matches!(self.world.plan(agent), Plan::Out(Some(_))) {
            self.world.desks.agenda.push_front(Item::Turns(agent));
        }
        self.goes_through_agenda();
    }

    fn turns(&mut self, agent: AgentId, profile: ProfileId, state: Option<StateId>) {
        self.has_profile(agent, profile);
        if self.world.desks.agenda.front() == Some(&Item::Turns(agent)) && self.world.plan(agent) == Plan::Out(state) {
            self.world.desks.agenda.pop_front();
        } else {
            self.breaks("R14", format!("{} turns to what its plan does not have now, or too early or late", self.agent(agent)));
        }
        self.world.desks.seats[agent].state = state;
        self.goes_through_agenda();
    }

    // ---- who takes whom ------------------------------------------------------------------------------------------------

    /// Out of those who wait an agent is given one: it may take it, no other contact was for that agent, and no other agent was first.
    fn is_given(&mut self, contact: &Contact, agent: AgentId) {
        self.changes_are_done(self.world.now, false);
        let Some(place) = self.world.find(contact) else {
            return self.breaks("R19", format!("{} is given {}, which does not wait", self.agent(agent), self.contact(contact)));
        };
        let (waiting, now) = (self.world.queues[contact.queue][place], self.world.now);
        if let Some((rule, why)) = self.world.why_not(agent, &waiting, now) {
            return self.breaks(rule, format!("{} is given {}, but {why}", self.agent(agent), self.contact(contact)));
        }
        if let Some(best) = self.world.best_for(agent).filter(|best| best.order != waiting.order).map(|best| best.contact) {
            let what = format!("{} is given {}, but {} comes before it", self.agent(agent), self.contact(contact), self.contact(&best));
            self.breaks("R5, R7, R8, R11", what);
        }
        if let Some(first) = self.world.next_seat().filter(|&first| first != agent) {
            self.breaks(
                "R9",
                format!("{} is given {}, but {} comes before it", self.agent(agent), self.contact(contact), self.agent(first)),
            );
        }
        self.has_acted(contact, Goes::CalledAway);
    }

    fn takes(&mut self, contact: &Contact, agent: AgentId, phase: Phase, offer: u64) -> u64 {
        let channel = self.world.channel(contact.customer());
        let (now, desks) = (self.world.now, &mut self.world.desks);
        let id = desks.taken;
        desks.taken += 1;
        let (talk, after) = (Span::ZERO, Span::ZERO);
        desks.seats[agent].held.push(Held { id, contact: *contact, channel, phase, offer, answered: now, talk, after, replies: None });
        id
    }

    // ---- offers --------------------------------------------------------------------------------------------------------

    fn luck_of_offer(&self, contact: &Contact, offer: u64, place: u64) -> Stream {
        self.world.streams_of(contact.source).stream_at(Purpose::Offer, offer, place)
    }

    fn rang(&mut self, contact: &Contact, agent: AgentId, profile: ProfileId) {
        self.has_profile(agent, profile);
        self.is_given(contact, agent);
        let (now, customer) = (self.world.now, contact.customer());
        let Some(offers) = &self.model.profiles[self.model.agents[agent].profile].desk.offers else {
            return self.breaks("desks: offers", format!("{} lets it ring, but answers contacts at once", self.agent(agent)));
        };
        let offer = nth(customer.number, self.way(customer).offers);
        self.way(customer).offers += 1;
        let ring_time = self.world.channel(customer).ring_time();
        let reacts: f64 = self.luck_of_offer(contact, offer, 0).random();
        let accept = offers.accept.sample(&mut self.luck_of_offer(contact, offer, 1));
        let (rings, accepts) = if reacts < offers.missed || accept > ring_time {
            (ring_time, Err(Miss::NoAnswer))
        } else if reacts < offers.missed + offers.rejected {
            (accept, Err(Miss::Rejected))
        } else {
            (accept, Ok(()))
        };
        self.takes(contact, agent, Phase::Rings { until: now + rings, accepts }, offer);
        if let Some(place) = self.world.find(contact) {
            self.world.queues[contact.queue][place].at = Some(agent);
        }
    }

    /// It waits, and rings at that agent's.
    fn is_offered(&mut self, contact: &Contact, agent: AgentId) {
        if self.world.offered_to(contact) != Some(agent) {
            self.breaks("desks: offers", format!("{} is not offered {}", self.agent(agent), self.contact(contact)));
        }
    }

    fn accepted(&mut self, contact: &Contact, agent: AgentId, profile: ProfileId) {
        self.has_profile(agent, profile);
        self.is_offered(contact, agent);
        let found = self.is_next(agent, Some(contact), "accepts", |phase| matches!(phase, Phase::Rings { accepts: Ok(()), .. }));
        let Some(id) = found else { return };
        let offer = self.world.desks.held(agent, id).map_or(0, |held| held.offer);
        let connect = self.model.profiles[self.model.agents[agent].profile].desk.offers.as_ref().and_then(|offers| offers.connect.as_ref());
        let connect = connect.map_or(Span::ZERO, |connect| connect.sample(&mut self.luck_of_offer(contact, offer, 3)));
        let until = self.world.now + connect;
        self.goes_into(agent, id, Some((Phase::Connects { until }, connect)));
        // They are connected in the same step.
        if connect == Span::ZERO {
            self.world.desks.agenda.push_front(Item::Ends(agent, id));
        } else {
            self.goes_through_agenda();
        }
    }

    fn missed(&mut self, contact: &Contact, agent: AgentId, profile: ProfileId, why: Miss) {
        self.has_profile(agent, profile);
        let now = self.world.now;
        let rings = |phase: Phase| matches!(phase, Phase::Rings { .. });
        let held =
            self.world.desks.seats[agent].held.iter().find(|held| held.contact.customer() == contact.customer() && rings(held.phase));
        let found = if let Some(id) = held.map(|held| held.id).filter(|_| why == Miss::HungUp) {
            self.is_offered(contact, agent);
            let deadline = self.world.find(contact).and_then(|place| self.world.queues[contact.queue][place].deadline);
            if deadline != Some(now) {
                self.breaks("R17", format!("{} hangs up, but its patience does not end now", self.contact(contact)));
            }
            Some(id)
        } else if why == Miss::HungUp {
            let found = self.is_next(agent, Some(contact), "has missed", |phase| phase == Phase::HangsUp);
            if found.and_then(|id| self.world.desks.held(agent, id)).is_some_and(|held| held.contact != *contact) {
                self.breaks("R19", format!("{} hangs up, but was another one in its queue", self.contact(contact)));
            }
            found
        } else {
            self.is_offered(contact, agent);
            self.is_next(agent, Some(contact), "misses", |phase| matches!(phase, Phase::Rings { accepts, .. } if accepts == Err(why)))
        };
        self.world.is_free_again(contact.customer());
        let Some(id) = found else { return };
        let offer = self.world.desks.held(agent, id).map_or(0, |held| held.offer);
        let recovery = self.model.profiles[self.model.agents[agent].profile].desk.offers.as_ref().map(|offers| &offers.recovery);
        let recovery = recovery.map_or(Span::ZERO, |recovery| recovery.sample(&mut self.luck_of_offer(contact, offer, 2)));
        self.goes_into(agent, id, Some((Phase::Recovers { until: now + recovery }, recovery)));
        self.leaves_if_done(agent);
    }

    fn recovered(&mut self, agent: AgentId, profile: ProfileId) {
        self.has_profile(agent, profile);
        let Some(id) = self.is_next(agent, None, "recovers", Phase::is_missed) else { return };
        self.goes_into(agent, id, None);
        self.world.desks.seats[agent].since = self.world.now;
        self.goes_through_agenda();
    }

    // ---- handling ------------------------------------------------------------------------------------------------------

    /// A contact that was taken from its queue, or was connected to: its number at the agent's.
    fn leaves_for(&mut self, contact: &Contact, agent: AgentId) -> (u64, Goes) {
        if !self.is_connecting(agent, contact.customer()) {
            if self.model.profiles[self.model.agents[agent].profile].desk.offers.is_some() {
                self.breaks("desks: offers", format!("{} takes {}, which did not ring", self.agent(agent), self.contact(contact)));
            }
            self.is_given(contact, agent);
            let id = self.takes(contact, agent, Phase::Connects { until: self.world.now }, 0);
            return (id, Goes::CalledAway);
        }
        self.is_offered(contact, agent);
        let found = self.is_next(agent, Some(contact), "is connected to", |phase| matches!(phase, Phase::Connects { .. }));
        let goes = if self.world.desks.round == 1 { Goes::CalledFirst } else { Goes::CalledAway };
        (found.unwrap_or(u64::MAX), goes)
    }

    fn is_out_of_its_queue(&mut self, contact: &Contact, answered: bool) {
        let Some(place) = self.world.find(contact) else {
            return self.breaks("R19", format!("{} is taken from its queue, but does not wait", self.contact(contact)));
        };
        let left = self.world.leaves(contact.queue, place);
        self.queued_if_it_waited(contact, left.queued);
        let books = &mut self.world.books[contact.queue];
        *(if answered { &mut books.answered } else { &mut books.diverted }) += 1;
    }

    /// R10: it drops behind the others, unless its place depends on inbound contacts and this one is not.
    fn is_available_since_now(&mut self, agent: AgentId, contact: &Contact) {
        let availability = self.model.profiles[self.model.agents[agent].profile].desk.availability;
        if availability == Availability::SinceLastContact || !self.model.sources[contact.source].outbound {
            self.world.desks.seats[agent].since = self.world.now;
        }
    }

    fn begins_to_handle(&mut self, contact: &Contact, agent: AgentId, profile: ProfileId, times: (Span, Span)) {
        self.has_profile(agent, profile);
        let channel = self.world.channel(contact.customer());
        let (id, goes) = self.leaves_for(contact, agent);
        let conversation = self.next_conversation(contact, Time::NEVER, goes);
        if self.handling_at(agent, contact, conversation, channel) != times {
            let what = format!("{} is handled by {} for another time than it has", self.contact(contact), self.agent(agent));
            self.breaks("R13, R25, desks: handling", what);
        }
        self.is_out_of_its_queue(contact, true);
        let replies = self.model.queues[contact.queue].by_channel[channel].replies.as_ref();
        let luck = self.world.streams_of(contact.source).stream(Purpose::Reply, nth(contact.number, conversation));
        self.world.desks.seats[agent].answered += 1;
        self.is_available_since_now(agent, contact);
        if let Some(held) = self.world.desks.held(agent, id) {
            (held.contact, held.answered, held.talk, held.after) = (*contact, self.world.now, times.0, times.1);
            held.replies = replies.map(|replies| (replies, luck));
        }
        self.begins_to_talk(agent, id);
        self.goes_through_agenda();
    }

    /// Talk and after-contact work (R13): of the profile's entry, of the queue by channel, or of the queue; at the agent's pace.
    fn handling_at(&self, agent: AgentId, contact: &Contact, conversation: u64, channel: Channel) -> (Span, Span) {
        let (queue, row) = (&self.model.queues[contact.queue], &self.model.agents[agent]);
        let entry = self.model.profiles[row.profile].overriding_entry(contact.queue, channel).filter(|_| queue.agent.is_none());
        let terms = &queue.by_channel[channel];
        let talk = entry.and_then(|entry| entry.handle_time.as_ref()).or(terms.handle_time.as_ref()).unwrap_or(&queue.handle_time);
        let after = entry.and_then(|entry| entry.after_contact_work.as_ref()).or(terms.after_contact_work.as_ref());
        let after = after.or(queue.after_contact_work.as_ref());
        let before = self.world.desks.seats[agent].answered;
        let drawn = |purpose: Purpose, distribution: &Distribution| {
            let drawn = self.world.draw(contact, conversation, purpose, distribution);
            row.pace.stretch(contact.queue, before, self.world.day.stretch(contact.queue, drawn))
        };
        let given = self.world.given(contact.source, contact.number).filter(|_| conversation == 0);
        (
            given.and_then(|given| given.handle_time).unwrap_or_else(|| drawn(Purpose::HandleTime, talk)),
            given
                .and_then(|given| given.after_contact_work)
                .unwrap_or_else(|| after.map_or(Span::ZERO, |after| drawn(Purpose::AfterContactWork, after))),
        )
    }

    fn dials(&mut self, contact: &Contact, agent: AgentId, profile: ProfileId, ring: Span) {
        self.has_profile(agent, profile);
        let (id, goes) = self.leaves_for(contact, agent);
        self.is_out_of_its_queue(contact, false);
        self.rings_in_vain(contact, ring, goes);
        self.is_available_since_now(agent, contact);
        let now = self.world.now;
        if let Some(held) = self.world.desks.held(agent, id) {
            (held.contact, held.answered) = (*contact, now);
        }
        self.goes_into(agent, id, Some((Phase::Dials { ends: now + ring }, ring)));
        self.goes_through_agenda();
    }

    fn has_handled(&mut self, contact: &Contact, agent: AgentId, profile: ProfileId, answered: Time) {
        self.has_profile(agent, profile);
        let found = self.is_next(agent, Some(contact), "completes", |phase| {
            matches!(phase, Phase::Work { .. } | Phase::Done { .. } | Phase::Dials { .. })
        });
        let Some(id) = found else { return };
        let right = self.world.desks.held(agent, id).is_some_and(|held| (held.contact, held.answered) == (*contact, answered));
        if !right {
            self.breaks("R13", format!("{} completes {}, but never answered it like that", self.agent(agent), self.contact(contact)));
        }
        self.goes_into(agent, id, None);
        self.is_available_since_now(agent, contact);
        self.leaves_if_done(agent);
    }

    // ---- contacts ------------------------------------------------------------------------------------------------------

    /// It is out of its queue while it was offered to an agent: what it connects to is free at once; where it rings, the offer has failed.
    fn is_called_off(&mut self, agent: AgentId, contact: &Contact, told_next: bool) {
        let offered = |held: &&mut Held| held.contact.customer() == contact.customer() && held.phase.is_offered();
        let Some(held) = self.world.desks.seats[agent].held.iter_mut().find(offered) else { return };
        let id = held.id;
        if matches!(held.phase, Phase::Connects { .. }) {
            self.goes_into(agent, id, None);
            return self.leaves_if_done(agent);
        }
        if told_next {
            (held.phase, held.contact) = (Phase::HangsUp, *contact);
            self.world.desks.agenda.push_front(Item::Ends(agent, id));
        } else {
            self.breaks("desks: offers", format!("{} gives up while it rings, and its agent was not told", self.contact(contact)));
            self.goes_into(agent, id, None);
        }
    }

    fn gives_up(&mut self, contact: &Contact) {
        let offered_to = self.world.offered_to(contact);
        self.abandoned(contact);
        if let Some(agent) = offered_to {
            self.is_called_off(agent, contact, false);
        }
    }

    fn is_taken_out(&mut self, contact: &Contact, outcome: Outcome) {
        let offered_to = self.world.offered_to(contact);
        self.left(contact, outcome);
        let Some(agent) = offered_to else { return };
        if matches!(outcome, Outcome::Transferred | Outcome::Callback) {
            self.breaks("desks: offers", format!("{} is moved while {} is offered it", self.contact(contact), self.agent(agent)));
        }
        self.is_called_off(agent, contact, outcome != Outcome::Expired);
    }

    // ---- criteria ------------------------------------------------------------------------------------------------------

    /// It has entered a queue, in which its criteria begin with their first step.
    pub(super) fn begins_to_want(&mut self, contact: &Contact) {
        let (owned, round) = (self.model.queues[contact.queue].agent.is_some(), self.world.desks.round);
        let way = self.way(contact.customer());
        let (criteria, stage) = (way.criteria.filter(|_| !owned), way.stage);
        let steps = criteria.map(|criteria| &self.model.criteria[criteria].steps);
        let lasts = steps.and_then(|steps| steps.first()).and_then(|step| step.lasts);
        let way = self.way(contact.customer());
        way.wants = criteria.map(|criteria| (criteria, 0));
        way.wants_since = (contact.enqueued, round);
        way.widens = lasts.map(|lasts| contact.enqueued + lasts);
        self.set(contact.customer(), stage);
    }

    fn widened(&mut self, contact: &Contact, step: u32) {
        let (now, customer, round) = (self.world.now, contact.customer(), self.world.desks.round);
        let way = self.way(customer);
        let (wants, widens, stage) = (way.wants, way.widens, way.stage);
        let Some((criteria, before)) = wants else {
            return self.breaks("desks: criteria", format!("{} wants nobody, and its criteria expire", self.contact(contact)));
        };
        if self.world.find(contact).is_none() || widens != Some(now) || step != before + 1 {
            let due = widens.map_or("never".into(), |at| format!("at {at} s"));
            self.breaks("desks: criteria", format!("step {step} begins for {}, but the next one begins {due}", self.contact(contact)));
        }
        let lasts = self.model.criteria[criteria].steps.get(step as usize).and_then(|step| step.lasts);
        let way = self.way(customer);
        (way.wants, way.widens) = (Some((criteria, step)), lasts.map(|lasts| now + lasts));
        way.wants_since = (now, round);
        self.set(customer, stage);
    }

    /// Criteria expire before the contact does something at the same instant.
    pub(super) fn has_widened(&mut self, fact: &Fact) {
        let customer = match fact {
            Fact::Passed { customer, .. } => *customer,
            Fact::Left { contact, .. } => contact.customer(),
            _ => return,
        };
        let now = self.world.now;
        let way = self.way(customer);
        // Whatever it does beside its queue begins in the round in which the first step may expire at the earliest; a later one that begins now expires after that.
        let began_before = way.wants_since.0 < now || way.wants.is_some_and(|(_, step)| step == 0);
        if way.waits_as.is_some() && began_before && way.widens.is_some_and(|at| at <= now) {
            self.breaks("desks: criteria", format!("{} acts before its criteria expire", self.who(customer)));
        }
    }
}
