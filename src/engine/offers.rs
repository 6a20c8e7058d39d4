//! Offers: it rings, and the agent accepts, misses or rejects; or the customer hangs up.

use super::desks::{HandId, Phase};
use super::journeys::{JourneyId, Place};
use super::simulation::Simulation;
use super::waiting::Slot;
use crate::observe::{Contact, Fact, Miss, Observer};
use crate::random::Purpose;
use crate::time::Span;
use rand::RngExt;

/// How often a contact may be offered to agents: its luck is looked up by that number, which has 16 bits.
pub const OFFERS_MAX: u64 = 65_535;

/// What of an offer is drawn.
#[derive(Clone, Copy, Debug)]
enum Offer {
    Reaction,
    Ring,
    Recovery,
    Connection,
}

impl<O: Observer, const RANKED: bool, const PATHS: bool, const DESKS: bool> Simulation<'_, '_, O, RANKED, PATHS, DESKS> {
    /// What the agent has just taken in hand rings.
    pub(super) fn offer(&mut self, id: HandId) {
        let hand = self.desks.hand(id);
        let (agent, slot, contact, journey, channel) = (hand.agent, hand.slot, hand.contact, hand.journey, hand.channel);
        let offers = &mut self.journeys.get(journey).offers;
        *offers += 1;
        self.desks.offered_in_vain |= *offers > OFFERS_MAX;
        self.ranked.remove(&self.waiting, slot);
        self.waiting.set_aside(slot);
        self.desks.is_offered_by(slot, id);
        let ring_time = channel.ring_time();
        let (reaction, ring) = (self.reaction(id), self.drawn(id, Offer::Ring));
        let offers = self.desks.desk(agent).offers.as_ref();
        let (missed, rejected) = offers.map_or((0.0, 0.0), |offers| (offers.missed, offers.missed + offers.rejected));
        let (miss, lasts) = if reaction < missed || ring > ring_time {
            (Some(Miss::NoAnswer), ring_time)
        } else {
            ((reaction < rejected).then_some(Miss::Rejected), ring)
        };
        self.begin_phase(id, Phase::Rings { miss }, self.now + lasts.as_us());
        self.desks.refresh(agent);
        self.tell(&Fact::Rang { contact, agent, profile: self.desks.agents[agent].profile });
    }

    fn reaction(&self, id: HandId) -> f64 {
        let hand = self.desks.hand(id);
        self.streams.source(hand.contact.source).stream_at(Purpose::Offer, hand.offer, Offer::Reaction as u64).random()
    }

    fn drawn(&self, id: HandId, what: Offer) -> Span {
        let hand = self.desks.hand(id);
        let Some(offers) = &self.desks.desk(hand.agent).offers else { return Span::ZERO };
        let distribution = match what {
            Offer::Ring => Some(&offers.accept),
            Offer::Recovery => Some(&offers.recovery),
            Offer::Connection => offers.connect.as_ref(),
            Offer::Reaction => None,
        };
        let mut luck = self.streams.source(hand.contact.source).stream_at(Purpose::Offer, hand.offer, what as u64);
        distribution.map_or(Span::ZERO, |distribution| distribution.sample(&mut luck))
    }

    pub(super) fn accept(&mut self, id: HandId) {
        // Priority and age may have changed while it rang.
        let hand = self.desks.hand(id);
        let (contact, agent) = (self.waiting.get(hand.slot).contact, hand.agent);
        self.tell(&Fact::Accepted { contact, agent, profile: self.desks.agents[agent].profile });
        let connection = self.drawn(id, Offer::Connection);
        if connection == Span::ZERO {
            self.connect(id);
        } else {
            self.begin_phase(id, Phase::Connects, self.now + connection.as_us());
        }
    }

    /// The offer came to nothing, and the agent is not to be had for a while.
    pub(super) fn miss(&mut self, id: HandId, contact: Contact, why: Miss) {
        let (agent, recovery) = (self.desks.hand(id).agent, self.drawn(id, Offer::Recovery));
        self.begin_phase(id, Phase::Missed, self.now + recovery.as_us());
        self.desks.agents[agent].missed += 1;
        self.desks.refresh(agent);
        self.tell(&Fact::Missed { contact, agent, profile: self.desks.agents[agent].profile, why });
    }

    /// The contact has left its queue: if it rings, the offer is missed.
    pub(super) fn rings_in_vain(&mut self, offer: Option<HandId>, contact: Contact) {
        let Some(id) = offer.filter(|&id| matches!(self.desks.hand(id).phase, Phase::Rings { .. })) else { return };
        let agent = self.desks.hand(id).agent;
        self.miss(id, contact, Miss::HungUp);
        self.leave_if_done(agent);
    }

    /// The contact has left its queue: if it was being connected, the agent is free at once.
    pub(super) fn connects_in_vain(&mut self, offer: Option<HandId>) {
        if let Some(id) = offer.filter(|&id| self.desks.is_connecting(id)) {
            let agent = self.let_go(id).agent;
            self.desks.refresh(agent);
            self.leave_if_done(agent);
        }
    }

    /// Who offers the contact in a slot, if anyone does.
    pub(super) fn offer_of(&self, slot: Slot) -> Option<HandId> {
        (DESKS && self.waiting.get(slot).is_aside()).then(|| self.desks.offer_of(slot))
    }

    /// Whether a customer is being offered to an agent.
    pub(super) fn is_offered(&mut self, id: JourneyId) -> bool {
        let Place::Queue(slot) = self.journeys.get(id).place else { return false };
        self.offer_of(slot).is_some()
    }
}
