//! What the agents' days have in store: when they come and go, and what they do instead of taking contacts.

use crate::id::{AgentId, StateId};
use crate::model::{Away, Day, Model, Presence};
use crate::time::Time;

/// What is planned for an agent from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ShiftChange {
    pub(super) at_us: i64,
    pub(super) agent: AgentId,
    /// It takes contacts.
    pub(super) present: bool,
    /// Else it is in this state, or off.
    pub(super) state: Option<StateId>,
}

/// All changes in order of time, at one instant in the order of the agents; one at most for an agent and instant.
pub(super) fn shift_changes(model: &Model, day: &Day) -> Vec<ShiftChange> {
    let mut changes = Vec::new();
    for agent in model.agents.ids() {
        let stays = day.presence(model, agent).iter().map(|&Presence { start, end }| (start, end, None));
        let away = day.away(model, agent).iter().map(|&Away { start, end, state }| (start, end, Some(state)));
        let mut plan: Vec<(Time, Time, Option<StateId>)> = stays.chain(away).collect();
        plan.sort_unstable();
        for (place, &(start, end, state)) in plan.iter().enumerate() {
            let goes_on = place > 0 && plan[place - 1].1 == start && plan[place - 1].2 == state;
            if !goes_on {
                changes.push(ShiftChange { at_us: start.as_us(), agent, present: state.is_none(), state });
            }
            let is_followed = plan.get(place + 1).is_some_and(|next| next.0 == end);
            if !is_followed && end != Time::NEVER {
                changes.push(ShiftChange { at_us: end.as_us(), agent, present: false, state: None });
            }
        }
    }
    changes.sort_unstable();
    changes
}
