//! The full round: R3's three steps, for instants at which several things change.

use super::WAITING_MAX;
use super::desk_routes::KindId;
use super::router::{Best, Choice, Router};
use super::shifts::ShiftChange;
use super::simulation::Simulation;
use super::waiting::{EMPTY, Slot};
use super::winner_tree::NEVER;
use crate::id::{AgentId, Id, ProfileId, QueueId, SourceId};
use crate::model::AgentRule;
use crate::observe::{Contact, Fact, Observer};
use crate::random::Purpose;
use crate::time::Span;

impl<O: Observer, const RANKED: bool, const PATHS: bool, const DESKS: bool> Simulation<'_, '_, O, RANKED, PATHS, DESKS> {
    pub(super) fn full_round(&mut self) {
        if DESKS || self.next_shift_change_at == self.now || self.completions.first_key() == self.now {
            self.change_shifts_and_agents();
        }
        if PATHS {
            self.move_contacts();
        }
        while self.arrivals.first_key() == self.now {
            let source = SourceId::from_index(self.arrivals.first_leaf());
            let (contact, talk) = self.next_contact(source);
            if PATHS {
                self.arrive(contact);
            } else {
                self.enter(contact, talk);
            }
            if self.waiting.count() > WAITING_MAX {
                return;
            }
        }
        while self.wake_ups.first_key() == self.now {
            let profile = ProfileId::from_index(self.wake_ups.first_leaf());
            if DESKS {
                self.wake_ups.clear(profile.index());
                self.desks.affect_kind(KindId::from_index(profile.index()));
            } else {
                self.wake(profile);
            }
        }
        if DESKS {
            self.route_to_desks();
            self.abandon();
            return self.wake_freed_desks();
        }
        self.route();
        self.abandon();
    }

    /// A delay may have ended that kept the profile's available agents from a contact; most often that has been taken by others.
    fn wake(&mut self, profile: ProfileId) {
        let best = if self.idle.any(profile) { self.best_contact(profile) } else { Best::NothingBefore(EMPTY) };
        if let Best::NothingBefore(at) = best {
            return self.set_wake_up(profile, at);
        }
        self.wake_ups.clear(profile.index());
        let is_alone = self.affected.is_empty() && self.wake_ups.first_key() != self.now;
        if is_alone && self.model.policy.agent == AgentRule::LongestAvailable {
            self.route_to(profile, best);
        } else {
            self.affect(profile);
        }
    }

    fn affect(&mut self, profile: ProfileId) {
        if !self.is_affected[profile] && self.idle.any(profile) {
            self.is_affected[profile] = true;
            self.affected.push(profile);
        }
    }

    /// Step 1 without the contacts: who leaves, who becomes available.
    pub(super) fn change_shifts_and_agents(&mut self) {
        if DESKS {
            return self.change_desks();
        }
        let mut logging_in = Vec::new();
        while let Some(ShiftChange { agent, present, state, .. }) = self.next_change_due() {
            let was_present = std::mem::replace(&mut self.agents[agent].present, present);
            let before = std::mem::replace(&mut self.states[agent], state);
            let profile = self.agents[agent].profile;
            // Whoever still handles a contact is there already, or leaves when it ends (R14).
            if self.completions.key(agent.index()) != NEVER {
                continue;
            }
            self.in_states[profile] -= u32::from(before.is_some());
            if present {
                logging_in.push(agent);
            } else if was_present {
                self.idle.remove(agent, profile);
                self.log_out(agent);
            } else {
                self.turn(agent);
            }
        }
        while self.completions.first_key() == self.now {
            let agent = AgentId::from_index(self.completions.first_leaf());
            self.completions.clear(agent.index());
            if let Some(deeds) = self.deeds.get_mut(agent.index()) {
                deeds.handled_us += self.now - self.agents[agent].answered.as_us();
            }
            self.tell_completed(agent);
            if self.agents[agent].present {
                self.become_available(agent);
            } else {
                self.log_out(agent);
            }
        }
        for agent in logging_in {
            let profile = self.agents[agent].profile;
            self.log_in(agent, profile);
            self.become_available(agent);
        }
    }

    fn become_available(&mut self, agent: AgentId) {
        let profile = self.agents[agent].profile;
        self.idle.add(agent, profile, self.now);
        self.affect(profile);
    }

    /// A contact enters its queue, if there is room, and may find an agent in step 2.
    pub(super) fn enter(&mut self, contact: Contact, talk: Span) {
        self.tell(&Fact::Offered { contact });
        if self.limited && self.is_full(contact.queue) {
            self.tell(&Fact::Rejected { contact });
            return;
        }
        let deadline = self.deadline_of(&contact);
        let slot = self.enqueue(contact, talk, contact.queue.into(), deadline);
        self.has_entered(contact.queue, slot);
    }

    /// Whoever could take it is to look at it in step 2.
    pub(super) fn has_entered(&mut self, queue: QueueId, slot: Slot) {
        self.entered.push((slot, self.waiting.get(slot).order));
        if DESKS {
            return self.may_be_taken(slot);
        }
        for index in 0..self.routes.openings_at_once(queue).len() {
            let profile = self.routes.openings_at_once(queue)[index].profile;
            self.affect(profile);
        }
    }

    /// Step 2: until nothing more can be assigned, the first agent by R9 who has an eligible contact takes its best one (R5).
    fn route(&mut self) {
        match *self.affected {
            [] => {}
            [profile] if self.model.policy.agent == AgentRule::LongestAvailable => {
                let best = self.best_contact(profile);
                self.route_to(profile, best);
            }
            _ => self.route_in_turn(),
        }
        while let Some(profile) = self.affected.pop() {
            self.is_affected[profile] = false;
        }
    }

    /// Only agents of one profile may face eligible contacts: they need no comparing. `best` is what there is for them.
    fn route_to(&mut self, profile: ProfileId, mut best: Best) {
        while let Best::Contact(slot) = best
            && let Some((_, agent)) = self.idle.first(profile)
        {
            self.hand_over(agent, profile, slot);
            if !self.idle.any(profile) {
                return;
            }
            best = self.best_contact(profile);
        }
        if let Best::NothingBefore(at) = best {
            self.set_wake_up(profile, at);
        }
    }

    #[inline(never)]
    fn route_in_turn(&mut self) {
        let mut router = Router::new(self.model.policy.agent, &self.affected, &self.idle);
        while let Some(Choice { agent, profile }) = router.next(&self.idle, |agent| self.record(agent)) {
            let slot = match self.best_contact(profile) {
                Best::Contact(slot) => slot,
                Best::NothingBefore(at) => {
                    self.set_wake_up(profile, at);
                    router.nothing_for(profile);
                    continue;
                }
            };
            let (profile, agent) = match self.model.policy.agent {
                AgentRule::Random => self.anyone_for(slot),
                _ => (profile, agent),
            };
            let answered = self.hand_over(agent, profile, slot);
            if answered && let Some(deeds) = self.deeds.get_mut(agent.index()) {
                deeds.answered_count += 1;
            }
        }
    }

    /// An available agent takes a waiting contact. Whether somebody answers.
    fn hand_over(&mut self, agent: AgentId, profile: ProfileId, slot: Slot) -> bool {
        let (talk, contact) = (self.waiting.get(slot).talk, self.dequeue(slot));
        self.idle.remove(agent, profile);
        self.assign(agent, profile, &contact, talk)
    }

    /// What the agent has done so far: (contacts answered, handling time, staffed time).
    fn record(&self, agent: AgentId) -> (u64, i64, i64) {
        let deeds = &self.deeds[agent.index()];
        (deeds.answered_count, deeds.handled_us, deeds.staffed_us + self.now - deeds.staffed_since_us)
    }

    /// Any of the available agents for whom the contact is eligible, with equal chance.
    fn anyone_for(&self, slot: Slot) -> (ProfileId, AgentId) {
        let contact = self.waiting.get(slot).contact;
        let waited = self.now - contact.enqueued.as_us();
        let open = self.routes.openings(contact.queue).iter().take_while(|opening| opening.delay_us <= waited);
        let mut candidates: Vec<(AgentId, ProfileId)> =
            open.flat_map(|opening| self.idle.of(opening.profile).map(|agent| (agent, opening.profile))).collect();
        candidates.sort_unstable();
        let mut stream = self.streams.source(contact.source).stream(Purpose::AgentChoice, contact.number);
        let word = rand::Rng::next_u64(&mut stream);
        let (agent, profile) = candidates[((u128::from(word) * candidates.len() as u128) >> 64) as usize];
        (profile, agent)
    }

    /// Step 3: whoever still waits and has no patience left abandons.
    #[inline]
    pub(super) fn abandon(&mut self) {
        if self.patience.first_key() == self.now {
            self.abandon_due();
        }
    }

    /// The patience that ends first, if it is of somebody who has left in the meantime: nothing is to come of it any more (R18).
    pub(super) fn forget_patience(&mut self) -> bool {
        let slot = self.patience.first_leaf() as Slot;
        let is_left_behind = !self.waiting.get(slot).waits();
        if is_left_behind {
            self.patience.clear(slot as usize);
        }
        is_left_behind
    }

    #[inline(never)]
    fn abandon_due(&mut self) {
        let first = self.next_to_abandon();
        if self.patience.first_key() != self.now {
            return first.map_or((), |(_, slot)| self.abandons(slot));
        }
        let mut leaving: Vec<(u64, Slot)> = first.into_iter().collect();
        while self.patience.first_key() == self.now {
            leaving.extend(self.next_to_abandon());
        }
        leaving.sort_unstable();
        for (_, slot) in leaving {
            self.abandons(slot);
        }
    }

    /// Takes the patience that ends first: whose it is, if that contact still waits. Who has left in the meantime has left its key behind (see `dequeue`).
    fn next_to_abandon(&mut self) -> Option<(u64, Slot)> {
        let slot = self.patience.first_leaf() as Slot;
        self.patience.clear(slot as usize);
        let waiting = self.waiting.get(slot);
        waiting.waits().then_some((waiting.order, slot))
    }

    fn abandons(&mut self, slot: Slot) {
        let offer = self.offer_of(slot);
        let contact = self.dequeue(slot);
        if PATHS {
            self.gives_up(contact, offer);
        } else {
            self.tell(&Fact::Abandoned { contact });
        }
    }
}
