//! The audit of desks: in which part of an instant a fact belongs, and what agents must have done before (R3).

use super::Audit;
use super::desks::{Item, Phase, Step};
use super::picture::Plan;
use super::ways::Stage;
use crate::id::AgentId;
use crate::model::{AtHorizon, DRAIN_MAX};
use crate::observe::{Contact, Customer, Fact, Miss, Outcome};
use crate::time::Time;

impl Audit<'_> {
    /// From then on nothing happens any more.
    fn last_instant(&self) -> Time {
        let horizon = self.model.run.horizon;
        if self.model.run.at_horizon == AtHorizon::Stop { horizon } else { horizon + DRAIN_MAX }
    }

    /// Whether somebody at that agent's is connecting to the contact.
    pub(super) fn is_connecting(&self, agent: AgentId, customer: Customer) -> bool {
        let connects = |phase: Phase| matches!(phase, Phase::Connects { .. });
        self.world.desks.seats[agent].held.iter().any(|held| held.contact.customer() == customer && connects(held.phase))
    }

    /// Where a fact belongs; `None`: it belongs to the one before it.
    fn step_of(&mut self, fact: &Fact) -> Option<Step> {
        let of_call = |audit: &mut Self, customer: Customer| {
            let acts = matches!(
                audit.way(customer).stage,
                Stage::Came | Stage::Talks { .. } | Stage::CalledBack { .. } | Stage::Rings { .. } | Stage::Gone { .. }
            );
            acts.then_some(Step::Customers)
        };
        match fact {
            Fact::LoggedIn { .. }
            | Fact::LoggedOut { .. }
            | Fact::Turned { .. }
            | Fact::Completed { .. }
            | Fact::Accepted { .. }
            | Fact::Recovered { .. }
            | Fact::Missed { why: Miss::NoAnswer | Miss::Rejected, .. } => Some(Step::Agents),
            Fact::Missed { why: Miss::HungUp, contact, agent, .. } => {
                let told = self.world.desks.seats[*agent]
                    .held
                    .iter()
                    .any(|held| held.phase == Phase::HangsUp && held.contact.customer() == contact.customer());
                (!told).then_some(Step::Patience)
            }
            Fact::Answered { contact, agent, .. } | Fact::Dialed { contact, agent, .. } => {
                Some(if self.is_connecting(*agent, contact.customer()) { Step::Agents } else { Step::Routing })
            }
            Fact::Rang { .. } => Some(Step::Routing),
            Fact::Abandoned { .. } | Fact::Left { outcome: Outcome::Expired, .. } => Some(Step::Patience),
            Fact::Arrived { customer, .. }
            | Fact::Departed { customer, .. }
            | Fact::Released { customer, .. }
            | Fact::Seized { customer, .. } => of_call(self, *customer),
            Fact::Rejected { .. } => None,
            Fact::Queued { .. } | Fact::Unfinished { .. } | Fact::Ended => Some(Step::Over),
            _ => Some(Step::Customers),
        }
    }

    fn whose(fact: &Fact) -> Option<Customer> {
        match fact {
            Fact::Offered { contact } => Some(contact.customer()),
            Fact::Departed { customer, .. } | Fact::Released { customer, .. } | Fact::Entered { customer, .. } => Some(*customer),
            _ => None,
        }
    }

    /// What must have happened before a fact has happened.
    pub(super) fn comes_in_its_step(&mut self, fact: &Fact) {
        if self.is_at_the_end() || self.world.ways.over {
            return;
        }
        if self.world.desks.round == 0 {
            self.opens_round();
        }
        let before = self.world.desks.step;
        self.is_called_at_once(fact);
        let Some(step) = self.step_of(fact) else {
            if !matches!(fact, Fact::Seized { .. } | Fact::Missed { .. }) {
                self.agents_have_changed();
            }
            return;
        };
        if before == Step::Over && step != Step::Over {
            self.breaks("R3", format!("something happens after its instant was over: {fact:?}"));
        }
        let now = self.world.now;
        let talks_on = step == Step::Customers
            && Self::whose(fact).is_some_and(|customer| matches!(self.way(customer).stage, Stage::Talks { until } if until > now));
        match step {
            Step::Agents if self.world.desks.agenda.is_empty() => self.opens_round(),
            // It follows from what has happened in a later step.
            Step::Agents => return,
            Step::Customers if talks_on || before > Step::Customers => self.opens_round(),
            Step::Routing if before > Step::Routing => self.opens_round(),
            _ => {}
        }
        if step == Step::Over {
            self.instant_closes();
        } else if step != Step::Agents {
            self.agents_have_changed();
            self.has_widened(fact);
        }
        if step == Step::Patience && before < Step::Patience {
            self.nobody_is_left(now);
        }
        self.world.desks.step = step;
    }

    /// An agent who takes a line for a callback calls.
    fn is_called_at_once(&mut self, fact: &Fact) {
        let called = match fact {
            Fact::Answered { contact, .. } | Fact::Dialed { contact, .. } => Some((self.world.now, contact.customer())),
            _ => None,
        };
        if let Some((_, customer)) = self.world.desks.calls.take().filter(|calls| called != Some(*calls)) {
            self.breaks("R3", format!("{} gets a line to be called back, and is not called", self.who(customer)));
        }
        if let Fact::Seized { customer, .. } = fact
            && !matches!(self.way(*customer).stage, Stage::Came)
        {
            self.world.desks.calls = Some((self.world.now, *customer));
        }
    }

    /// Everything that is due at agents' now is to happen, in order.
    fn opens_round(&mut self) {
        self.agents_have_changed();
        let now = self.world.now;
        // A round ends with its routing; what patience sets free is routed in the next one.
        if self.world.desks.round > 0 && self.world.desks.step < Step::Patience {
            self.nobody_is_left(now);
        }
        while self.world.shift_changes.last().is_some_and(|change| change.0 <= now) {
            self.world.shift_changes.pop();
        }
        let agenda = self.world.agenda_now();
        self.world.are_back();
        let desks = &mut self.world.desks;
        (desks.agenda, desks.step) = (agenda, Step::Agents);
        desks.round += 1;
        self.goes_through_agenda();
    }

    /// Until something must be told.
    pub(super) fn goes_through_agenda(&mut self) {
        while let Some(&Item::Ends(agent, id)) = self.world.desks.agenda.front() {
            if !self.goes_on_silently(agent, id) {
                return;
            }
            self.world.desks.agenda.pop_front();
        }
    }

    /// Nothing of what agents do before the rest is missing.
    fn agents_have_changed(&mut self) {
        while let Some(item) = self.world.desks.agenda.pop_front() {
            let now = self.world.now;
            match item {
                Item::Leaves(agent) => {
                    self.breaks("R14", format!("{} is off shift and done at {now} s, but has not left", self.agent(agent)));
                    self.has_gone(agent);
                }
                Item::Turns(agent) => {
                    self.breaks("R14", format!("{} should have turned to something else at {now} s", self.agent(agent)));
                    if let Plan::Out(state) = self.world.plan(agent) {
                        self.world.desks.seats[agent].state = state;
                    }
                }
                Item::Comes(agent) => {
                    self.breaks("R14", format!("{} is on shift at {now} s but has not come", self.agent(agent)));
                    let seat = &mut self.world.desks.seats[agent];
                    (seat.logged_in, seat.state, seat.since) = (true, None, now);
                }
                Item::Ends(agent, id) => {
                    let Some(held) = self.world.desks.held(agent, id) else { continue };
                    let (contact, phase) = (held.contact, held.phase);
                    let what = format!("{} should have gone on with {} at {now} s: {phase:?}", self.agent(agent), self.contact(&contact));
                    self.breaks(phase.rule(), what);
                    if phase.is_offered() {
                        self.world.is_free_again(contact.customer());
                    }
                    self.goes_into(agent, id, None);
                }
            }
            self.goes_through_agenda();
        }
    }

    /// Nothing of zero length is left to do, and nothing that was due is missing.
    pub(super) fn instant_closes(&mut self) {
        self.agents_have_changed();
        while !self.world.agenda_now().is_empty() {
            self.opens_round();
            self.agents_have_changed();
        }
    }

    /// The instant is over, and so is everything before `next` that nothing is told of.
    pub(super) fn desks_go_on(&mut self, next: Time) {
        let last = self.last_instant();
        self.all_start();
        if self.world.now < last {
            self.instant_closes();
        }
        while let Some(at) = self.world.next_of_desks().filter(|at| *at < next.min(last)) {
            self.world.now = at.max(self.world.now);
            self.opens_round();
            self.instant_closes();
        }
        self.world.desks.round = 0;
        self.world.desks.step = Step::Agents;
        self.nobody_is_left(Time::from_us(next.as_us() - 1));
    }

    /// At that time no contact waits beside an agent who could take it.
    fn nobody_is_left(&mut self, at: Time) {
        if let Some((agent, contact)) = self.world.left_undone(at) {
            let what = format!("{} is available and {} is eligible, but nobody takes it", self.agent(agent), self.contact(&contact));
            self.breaks("R3, R6", what);
        }
    }

    /// That is what an agent must do next; whatever else stands before it is missing. The contact at that agent's that it is about.
    pub(super) fn is_next(&mut self, agent: AgentId, contact: Option<&Contact>, does: &str, is: impl Fn(Phase) -> bool) -> Option<u64> {
        let now = self.world.now;
        let fits =
            |held: &super::desks::Held| is(held.phase) && contact.is_none_or(|contact| held.contact.customer() == contact.customer());
        let front = self.world.desks.agenda.front().copied();
        let found = match front {
            Some(Item::Ends(who, id)) if who == agent => self.world.desks.seats[agent].held.iter().find(|held| held.id == id && fits(held)),
            _ => None,
        };
        if let Some(id) = found.map(|held| held.id) {
            self.world.desks.agenda.pop_front();
            return Some(id);
        }
        let held = self.world.desks.seats[agent].held.iter().find(|held| fits(held));
        let (id, phase) = (held.map(|held| held.id), held.map(|held| held.phase));
        let due = phase.map(Phase::due);
        let due = due.map_or("does not do".into(), |due| if due == now { "does in its turn".into() } else { format!("does at {due} s") });
        let whom = contact.map_or(String::new(), |contact| self.contact(contact));
        let rule = phase.map_or("R3, desks", Phase::rule);
        self.breaks(rule, format!("{} {does} {whom}, which it {due}", self.agent(agent)));
        let desks = &mut self.world.desks;
        desks.agenda.retain(|item| !matches!(item, Item::Ends(who, other) if *who == agent && Some(*other) == id));
        id
    }

    /// It has done what kept it, and its shift is over: it leaves at once.
    pub(super) fn leaves_if_done(&mut self, agent: AgentId) {
        let seat = &self.world.desks.seats[agent];
        if seat.logged_in && seat.is_done() && !self.world.on_shift(agent) {
            self.world.desks.agenda.push_front(Item::Leaves(agent));
        } else {
            self.goes_through_agenda();
        }
    }

    pub(super) fn has_gone(&mut self, agent: AgentId) {
        let seat = &mut self.world.desks.seats[agent];
        seat.logged_in = false;
        seat.held.clear();
    }
}
