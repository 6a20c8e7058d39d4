//! What agents have in hand, where they may hold several contacts and nobody knows beforehand how long each takes.

use crate::id::{AgentId, Id, ProfileId};
use crate::model::Model;
use crate::observe::{Contact, Customer};
use crate::time::Time;

/// A contact in hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) contact: Contact,
    pub(super) profile: ProfileId,
    /// Since when.
    pub(super) since: Time,
    /// Somebody is called back and has not answered: there is nothing to wait for but the end of ringing.
    pub(super) dialed: bool,
}

/// By agent, what it holds, in the order of taking.
#[derive(Clone, Debug)]
pub(super) struct InHand(Vec<Vec<Held>>);

impl InHand {
    pub(super) fn new(model: &Model) -> InHand {
        InHand(vec![Vec::new(); model.agents.len()])
    }

    /// The agent takes one; whether it held nothing before.
    pub(super) fn takes(&mut self, agent: AgentId, held: Held) -> bool {
        let hands = &mut self.0[agent.index()];
        hands.push(held);
        hands.len() == 1
    }

    /// The agent is done with the contact that it has had since then; what it was, and whether it holds nothing now.
    pub(super) fn puts_down(&mut self, agent: AgentId, customer: Customer, since: Time) -> Option<(Held, bool)> {
        let hands = &mut self.0[agent.index()];
        let place = hands.iter().position(|held| held.since == since && held.contact.customer() == customer)?;
        let held = hands.remove(place);
        Some((held, hands.is_empty()))
    }

    /// The run is over: what is left, in the order of taking, agent by agent where that is the same.
    pub(super) fn left(&mut self) -> Vec<(AgentId, Held)> {
        let hands = self.0.iter_mut().enumerate();
        let mut left: Vec<_> =
            hands.flat_map(|(agent, hands)| hands.drain(..).map(move |held| (AgentId::from_index(agent), held))).collect();
        left.sort_by_key(|(_, held)| held.since);
        left
    }
}
