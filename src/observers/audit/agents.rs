//! The audit of agents: when they come and go, and what they do instead of taking contacts (R14).

use super::Audit;
use super::picture::{Doing, Plan};
use crate::id::{AgentId, ProfileId, StateId};
use crate::observe::{Contact, Fact};
use crate::time::Time;

impl Audit<'_> {
    /// What the agent does is what its plan has had since `at`; whoever handles a contact finishes it first.
    pub(super) fn follows(&mut self, agent: AgentId, plan: Plan, at: Time) {
        let who = self.agent(agent);
        match (plan, self.world.agents[agent].doing) {
            (Plan::Present, Doing::Out { .. }) => self.breaks("R14", format!("{who} is on shift from {at} s but has not come")),
            (Plan::Out(_), Doing::Available { .. }) => {
                self.breaks("R14", format!("{who} is idle and its shift ended at {at} s, but it has not left"));
            }
            (Plan::Out(planned), Doing::Out { state }) if planned != state => {
                let planned = planned.map_or("off", |state| &self.model.states[state].name);
                self.breaks("R14", format!("{who} should have turned to `{planned}` at {at} s"));
            }
            _ => {}
        }
    }

    pub(super) fn all_have_left(&mut self) {
        for agent in std::mem::take(&mut self.world.leaving) {
            self.breaks("R14", format!("{} is off shift and done but has not left", self.agent(agent)));
        }
    }

    pub(super) fn completed(&mut self, contact: &Contact, agent: AgentId, told: Time) {
        let now = self.world.now;
        match self.world.agents[agent].doing {
            Doing::Busy { contact: held, answered, ends } if held == *contact && answered == told && ends == now => {}
            _ => self.breaks(
                "R13",
                format!("{} completes {} at the wrong time, or never answered it", self.agent(agent), self.contact(contact)),
            ),
        }
        self.world.set(agent, Doing::Available { since: now });
        if !self.world.on_shift(agent) {
            self.world.leaving.push(agent);
        }
    }

    pub(super) fn logged_in(&mut self, agent: AgentId) {
        let now = self.world.now;
        let starts = self.world.day.presence(self.model, agent).iter().any(|shift| shift.start == now);
        if !starts || !matches!(self.world.agents[agent].doing, Doing::Out { .. }) {
            self.breaks("R14", format!("{} logs in when no shift of it begins, or is there already", self.agent(agent)));
        }
        self.world.set(agent, Doing::Available { since: now });
    }

    pub(super) fn logged_out(&mut self, agent: AgentId) {
        if self.world.on_shift(agent) || !matches!(self.world.agents[agent].doing, Doing::Available { .. }) {
            self.breaks("R14", format!("{} logs out on shift, or while busy", self.agent(agent)));
        }
        self.world.leaving.retain(|&leaving| leaving != agent);
        self.world.set(agent, Doing::Out { state: None });
        self.world.turns_next = matches!(self.world.plan(agent), Plan::Out(Some(_))).then_some(agent);
    }

    /// Who logs out for a break is on it with the next fact, at the same instant.
    pub(super) fn turns_if_it_must(&mut self, at: Time, next: &Fact) {
        let Some(agent) = self.world.turns_next.take() else { return };
        if at != self.world.now || !matches!(next, Fact::Turned { agent: other, .. } if *other == agent) {
            self.breaks("R14", format!("{} logged out for a state in which it is not told to be", self.agent(agent)));
        }
    }

    pub(super) fn turned(&mut self, agent: AgentId, profile: ProfileId, state: Option<StateId>) {
        let who = self.agent(agent);
        if self.model.agents[agent].profile != profile {
            self.breaks("R4", format!("{who} turns with a routing profile that is not its own"));
        }
        match self.world.agents[agent].doing {
            Doing::Out { state: before } if before != state && self.world.plan(agent) == Plan::Out(state) => {}
            _ => self.breaks("R14", format!("{who} turns to what its plan does not have now, or what it does already")),
        }
        self.world.set(agent, Doing::Out { state });
    }
}
