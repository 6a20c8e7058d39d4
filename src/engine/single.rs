//! Single changes: one contact arrives, or one agent becomes free, and nothing else happens at that instant. Most instants are such.
//!
//! What decides the next event comes first; then what is told, and the draws for the next arrival: so that the processor, when it has guessed wrong which kind
//! of event is next, finds out early.

use super::idle::{NO_ONE_SINCE, NOBODY};
use super::router::Best;
use super::routes::Opening;
use super::simulation::{AgentState, Simulation};
use super::waiting::Slot;
use crate::id::{AgentId, Id, ProfileId, QueueId, SourceId};
use crate::observe::{Fact, Observer};
use crate::time::Span;

impl<O: Observer, const RANKED: bool, const PATHS: bool, const DESKS: bool> Simulation<'_, '_, O, RANKED, PATHS, DESKS> {
    /// One contact arrives and nothing else happens, unless another arrives at the same instant.
    #[inline]
    pub(super) fn one_arrival(&mut self) {
        let source = SourceId::from_index(self.arrivals.first_leaf());
        let (contact, talk) = self.next_contact(source);
        if self.arrivals.first_key() == self.now {
            self.enter(contact, talk);
            self.full_round();
            return;
        }
        if self.limited && self.is_full(contact.queue) {
            self.tell(&Fact::Offered { contact });
            self.tell(&Fact::Rejected { contact });
        } else if let Some((profile, agent)) = self.longest_available_at_once(contact.queue) {
            self.idle.remove(agent, profile);
            let handling = self.answer(agent, profile, &contact, talk);
            self.tell(&Fact::Offered { contact });
            self.tell_answered(agent, profile, &contact, handling);
        } else {
            let deadline = self.deadline_of(&contact);
            let slot = self.enqueue(contact, talk, contact.queue.into(), deadline);
            self.tell(&Fact::Offered { contact });
            if self.patience.first_key() == self.now {
                self.entered.push((slot, self.waiting.get(slot).order));
                self.abandon();
            } else {
                self.tell(&Fact::Queued { contact });
            }
        }
    }

    /// The longest available agent who may take a contact that has just entered the queue (R9).
    #[inline]
    fn longest_available_at_once(&self, queue: QueueId) -> Option<(ProfileId, AgentId)> {
        if self.idle.count() == 0 {
            return None;
        }
        if self.idle.has_all() {
            return self.longest_available_in_crowd(queue);
        }
        self.longest_available_of(self.routes.openings_at_once(queue))
    }

    #[inline(always)]
    fn longest_available_of(&self, openings: &[Opening]) -> Option<(ProfileId, AgentId)> {
        let (mut best, mut best_since, mut best_agent) = (ProfileId(0), NO_ONE_SINCE - 1, NOBODY);
        for opening in openings {
            let (since, agent) = self.idle.turn(opening.profile);
            if since <= best_since && (since < best_since || agent < best_agent) {
                (best, best_since, best_agent) = (opening.profile, since, agent);
            }
        }
        (best_agent != NOBODY).then_some((best, AgentId(best_agent)))
    }

    /// The same where many profiles serve a queue: most often it is among the longest available of all.
    #[cold]
    #[inline(never)]
    fn longest_available_in_crowd(&self, queue: QueueId) -> Option<(ProfileId, AgentId)> {
        let openings = self.routes.openings_at_once(queue);
        let mut first = self.idle.all().take(openings.len() / 4).map(|agent| (self.agents[agent].profile, agent));
        first
            .find(|&(profile, _)| openings.binary_search_by_key(&profile, |opening| opening.profile).is_ok())
            .or_else(|| self.longest_available_of(openings))
    }

    /// One agent becomes free and nothing else happens, unless another becomes free at the same instant.
    #[inline]
    pub(super) fn one_completion(&mut self) {
        let agent = AgentId::from_index(self.completions.first_leaf());
        let AgentState { profile, present, .. } = self.agents[agent];
        // Where others of the profile are available, nobody waits for whom they could take, and their wake-up is set.
        let looks = present && !self.idle.any(profile) && self.waiting.count() > 0;
        if looks {
            match self.best_contact(profile) {
                Best::Contact(slot) => return self.takes_next(agent, profile, slot),
                Best::NothingBefore(at) => self.set_wake_up(profile, at),
            }
        }
        self.completions.clear(agent.index());
        if present {
            self.idle.add(agent, profile, self.now);
            self.tell_completed(agent);
        } else {
            self.tell_completed(agent);
            self.log_out(agent);
        }
    }

    /// The agent, free just now, takes the next contact at once, unless another becomes free at the same instant.
    #[inline(always)]
    fn takes_next(&mut self, agent: AgentId, profile: ProfileId, slot: Slot) {
        let waiting = self.waiting.get(slot);
        let (contact, talk) = (waiting.contact, waiting.talk);
        let handling = if PATHS { (Span::ZERO, Span::ZERO) } else { self.handling_of(profile, &contact, talk) };
        if self.completions.set_first(self.now + handling.0.as_us() + handling.1.as_us()) == self.now {
            self.completions.set(agent.index(), self.now);
            return self.full_round();
        }
        self.dequeue(slot);
        // While its row still holds what it had in hand.
        self.tell_completed(agent);
        if PATHS {
            self.assign(agent, profile, &contact, talk);
        } else {
            self.has_in_hand(agent, &contact);
            self.tell_answered(agent, profile, &contact, handling);
        }
    }
}
