//! The laws, checked from outside.

mod agents;
mod desks;
mod leaving;
mod offers;
mod picture;
mod queueing;
mod rounds;
mod steps;
mod ways;
mod work;

use crate::error::{Error, ErrorKind, Problem};
use crate::id::{AgentId, ProfileId, QueueId};
use crate::model::{AgentRule, AtHorizon, Model};
use crate::observe::{Contact, Customer, Fact, Observer, Outcome};
use crate::random::Streams;
use crate::time::{Span, Time};
use picture::{Doing, Picture};
use queueing::Goes;
use std::fmt;

/// Holds every fact to the rules R1 to R19, knowing the model and its randomness but not the engine.
///
/// It keeps its own naive picture of who waits and what every agent does. At each answer it checks that the agent is on shift, available and
/// has the queue in its profile, that the contact is eligible (R6), that no better contact was for that agent (R5, R7, R8, R11 or the
/// model's other rule) and no other agent was first (R9 or the other rule; under the rule of chance anyone is). Between facts it checks that
/// nothing was due: no arrival, no end of handling, no shift, no patience, no eligible contact beside an available agent (R3). It draws every
/// patience and handle time anew (R25). In the end nobody is lost (R19), and Little's law holds exactly: the number waiting, summed over
/// time, is the sum of the waits. Of paths to service it knows where everyone is on the way, and so which fact must come next of each, when, and by which
/// luck; but that a service's rate limit refused, or that its answer was kept, it takes on trust. Where agents hold several contacts, are offered them or
/// have queues of their own, it knows what each of them holds, how far it is with that and when it goes on: what an agent does with its contacts comes in
/// its order and when it is due, and nobody is given what its capacity, its channels, a missed offer or the contact's criteria forbid. Each fact costs
/// time linear in the number of queues, profiles and waiting contacts; where there are desks, times that of agents.
///
/// ```
/// use waitline::observers::Audit;
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let mut audit = Audit::new(&model, 42, 0);
/// waitline::run(&model, waitline::random::Streams::new(42, 0), &mut audit)?;
/// audit.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Audit<'a> {
    model: &'a Model,
    seed: u64,
    replication: u64,
    world: Picture<'a>,
    problems: Vec<Problem>,
    broken: u64,
    /// The last fact was that a run ended.
    at_rest: bool,
}

impl fmt::Debug for Audit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit").field("replication", &self.replication).field("broken", &self.broken).finish_non_exhaustive()
    }
}

impl<'a> Audit<'a> {
    /// How many broken laws are described; the rest are counted.
    pub const DESCRIBED_MAX: usize = 20;

    /// Watches replications `replication` (from 0) and on, one after the other, of an experiment with that seed.
    pub fn new(model: &'a Model, seed: u64, replication: u64) -> Audit<'a> {
        let world = Picture::new(model, Streams::new(seed, replication));
        Audit { model, seed, replication, world, problems: Vec::new(), broken: 0, at_rest: false }
    }

    /// What was found.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Law`] when a law was broken, or the last run was not watched until its end.
    pub fn finish(mut self) -> Result<(), Error> {
        if !self.at_rest {
            self.breaks("R18", "no run was watched until its end");
        }
        if self.broken == 0 {
            return Ok(());
        }
        let more = self.broken - self.problems.len() as u64;
        if more > 0 {
            self.problems.push(Problem::new(format!("and {more} more broken laws")));
        }
        Err(Error::several(ErrorKind::Law, self.problems))
    }

    fn breaks(&mut self, rule: &str, what: impl fmt::Display) {
        self.broken += 1;
        if self.problems.len() < Self::DESCRIBED_MAX {
            let place = format!("replication {} at {} s", self.replication + 1, self.world.now);
            self.problems.push(Problem::new(format!("{what} ({rule})")).key(place));
        }
    }

    fn contact(&self, contact: &Contact) -> String {
        let name = self.model.contact_name(contact.source, contact.number);
        format!("contact `{name}` of queue `{}`", self.model.queues[contact.queue].name)
    }

    fn agent(&self, agent: AgentId) -> String {
        format!("agent `{}`", self.model.agents[agent].name)
    }

    // ---- time ----------------------------------------------------------------------------------------------------------

    fn advance(&mut self, to: Time) {
        if to < self.world.now {
            self.breaks("R1", format!("time ran backwards, to {to} s"));
        } else if to > self.world.now {
            self.instant_is_over(to);
            self.world.now = to;
            self.world.entered.clear();
            self.world.leaving.clear();
            self.world.last_offered = None;
        }
    }

    /// Nothing was left undone at this instant, and nothing was due before `next`.
    fn instant_is_over(&mut self, next: Time) {
        let last = Time::from_us(next.as_us() - 1);
        if self.world.has_desks {
            self.desks_go_on(next);
        }
        self.changes_are_done(last, true);
        self.nobody_is_late(last);
        self.all_have_left();
        for (queue, order) in std::mem::take(&mut self.world.entered) {
            let unsaid = self.world.queues[queue].iter().find(|waiting| waiting.order == order && !waiting.queued);
            if let Some(contact) = unsaid.map(|waiting| waiting.contact) {
                self.breaks("R3", format!("{} waits and this was not told when its instant of entry was over", self.contact(&contact)));
            }
        }
        for profile in self.model.profiles.ids() {
            let Some(&(_, agent)) = self.world.available[profile].first() else { continue };
            if let Some((contact, since)) = self.world.first_eligible(profile, last) {
                let what = format!(
                    "{} is available and {} is eligible from {since} s, but nobody takes it",
                    self.agent(agent),
                    self.contact(&contact)
                );
                self.breaks("R3, R6", what);
            }
        }
        if let Some(&(deadline, queue, order)) = self.world.deadlines.first().filter(|deadline| deadline.0 < next)
            && let Some(contact) = self.world.queues[queue].iter().find(|waiting| waiting.order == order).map(|waiting| waiting.contact)
        {
            self.breaks("R17", format!("{} still waits after its patience ended at {deadline} s", self.contact(&contact)));
        }
    }

    /// Changes come first (R3): none that was due by then is missing, at this instant or when it is `over`.
    fn changes_are_done(&mut self, by: Time, over: bool) {
        while let Some(&(at, agent, plan)) = self.world.shift_changes.last().filter(|change| change.0 <= by && !self.world.has_desks) {
            self.world.shift_changes.pop();
            self.follows(agent, plan, at);
        }
        // What began at this very instant ends in its next round.
        let began_before =
            |agent: AgentId| matches!(self.world.agents[agent].doing, Doing::Busy { answered, .. } if answered < self.world.now);
        let overdue = self.world.busy.iter().take_while(|(ends, _)| *ends <= by).find(|(_, agent)| over || began_before(*agent));
        if let Some(&(ends, agent)) = overdue {
            self.breaks("R3, R13", format!("{} should have completed its contact at {ends} s", self.agent(agent)));
        }
        for source in self.model.sources.ids() {
            let (instants, number) = &mut self.world.sources[source];
            let next = instants.peek().copied().filter(|&at| at < self.model.run.horizon && at <= by);
            if let Some(at) = next {
                let name = self.model.contact_name(source, *number);
                instants.next();
                *number += 1;
                self.breaks("R3", format!("contact `{name}` should have arrived at {at} s"));
            }
        }
    }

    // ---- contacts ------------------------------------------------------------------------------------------------------

    /// It is the next contact of its source, and that was due now.
    fn comes_from_source(&mut self, customer: Customer) {
        let now = self.world.now;
        let (instants, number) = &mut self.world.sources[customer.source];
        let due = (instants.next(), *number);
        *number = customer.number + 1;
        if due != (Some(now), customer.number) || now >= self.model.run.horizon {
            let at = due.0.map_or("none".into(), |at| format!("number {} at {at} s", due.1 + 1));
            self.breaks("R25", format!("{} arrives, but the next of its source is {at}", self.who(customer)));
        }
        if self.world.last_offered.is_some_and(|last| last >= (customer.source, customer.number)) {
            self.breaks("R3", format!("{} enters after one of a later source or number", self.who(customer)));
        }
        self.world.last_offered = Some((customer.source, customer.number));
    }

    fn offered(&mut self, contact: &Contact) {
        let now = self.world.now;
        if self.world.has_paths {
            return self.enters_on_its_way(contact);
        }
        self.comes_from_source(contact.customer());
        let source = &self.model.sources[contact.source];
        let (queue, priority, age_us) = self
            .world
            .given(contact.source, contact.number)
            .map_or((source.queue, source.priority, source.age_us), |given| (given.queue, given.priority, given.age_us));
        if (contact.queue, contact.priority, contact.age_us, contact.enqueued) != (queue, priority, age_us, now) {
            self.breaks("R11, R12", format!("{} enters with another queue, priority, age or time than it has", self.contact(contact)));
        }
        let deadline = self.world.patience(contact, 0).map(|patience| contact.enqueued + patience);
        self.world.enters(*contact, deadline);
        self.world.just_offered = Some(*contact);
    }

    /// Whoever found a full queue is rejected at once.
    fn has_room(&mut self, next: &Fact) {
        let Some(contact) = self.world.just_offered.take() else { return };
        let queue = contact.queue;
        if self.world.has_paths {
            // Whoever is rejected never was in the queue, and has drawn no patience.
            let rejected = matches!(next, Fact::Rejected { contact: other } if *other == contact);
            let deadline = if rejected { None } else { self.deadline(&contact) };
            self.world.enters(contact, deadline);
            return self.is_where_it_should_be(&contact, rejected);
        }
        let full = self.model.queues[queue].max_contacts.is_some_and(|most| self.world.queues[queue].len() > most as usize);
        if full && !matches!(next, Fact::Rejected { contact } if contact.queue == queue) {
            self.breaks("R19", format!("more contacts wait in queue `{}` than may", self.model.queues[queue].name));
        }
    }

    fn rejected(&mut self, contact: &Contact) {
        let others = self.world.queues[contact.queue].len().saturating_sub(1);
        let full = self.model.queues[contact.queue].max_contacts.is_some_and(|most| others >= most as usize);
        match self.world.find(contact) {
            Some(place) if (full || self.world.has_paths) && contact.enqueued == self.world.now && place == others => {
                self.world.leaves(contact.queue, place);
                self.world.books[contact.queue].rejected += 1;
                if self.world.has_paths {
                    self.must_go(contact.customer(), Outcome::Rejected, contact.queue);
                }
            }
            _ => self.breaks("R19", format!("{} is rejected, but it did not just come, or there is room", self.contact(contact))),
        }
    }

    fn queued(&mut self, contact: &Contact) {
        let now = self.world.now;
        match self.world.find(contact) {
            Some(place) if contact.enqueued == now && !self.world.queues[contact.queue][place].queued => {
                self.world.queues[contact.queue][place].queued = true;
            }
            _ => self.breaks("R3", format!("{} is told to wait, but it did not just enter, or does not wait", self.contact(contact))),
        }
    }

    fn answered(&mut self, contact: &Contact, agent: AgentId, profile: ProfileId, times: (Span, Span)) {
        let now = self.world.now;
        self.changes_are_done(now, false);
        let who = self.agent(agent);
        if self.model.agents[agent].profile != profile {
            self.breaks("R4", format!("{who} answers with a routing profile that is not its own"));
        }
        if !matches!(self.world.agents[agent].doing, Doing::Available { .. }) || !self.world.on_shift(agent) {
            self.breaks("R14", format!("{who} answers {} but is not available", self.contact(contact)));
        }
        let place = self.world.find(contact);
        if place.is_none() {
            self.breaks("R19", format!("{who} answers {}, which does not wait", self.contact(contact)));
        } else {
            self.right_pair(contact, agent);
        }
        let conversation = if self.world.has_paths { self.next_conversation(contact, now + times.0, Goes::CalledAway) } else { 0 };
        if self.world.handling(profile, contact, conversation) != times {
            self.breaks("R13, R25", format!("{} is handled for another time than it has", self.contact(contact)));
        }
        if let Some(place) = place {
            let left = self.world.leaves(contact.queue, place);
            self.queued_if_it_waited(contact, left.queued);
            self.world.books[contact.queue].answered += 1;
        }
        self.world.agents[agent].answered += 1;
        self.world.set(agent, Doing::Busy { contact: *contact, answered: now, ends: now + times.0 + times.1 });
    }

    /// The agent may take the contact, no other contact was for that agent, and no other agent was first.
    fn right_pair(&mut self, contact: &Contact, agent: AgentId) {
        let profile = self.model.agents[agent].profile;
        if !self.world.is_eligible(profile, contact) {
            self.breaks("R4, R6", format!("{} is not eligible for {}", self.contact(contact), self.agent(agent)));
        }
        match self.world.best(profile) {
            Some(best) if best != *contact && self.model.policy.agent != AgentRule::Random => {
                let what = format!("{} takes {}, but {} comes before it", self.agent(agent), self.contact(contact), self.contact(&best));
                self.breaks("R5, R7, R8, R11", what);
            }
            _ => {}
        }
        if let Some(first) = self.world.next_agent().filter(|&first| first != agent) {
            self.breaks("R9", format!("{} takes {}, but {} comes before it", self.agent(agent), self.contact(contact), self.agent(first)));
        }
    }

    fn queued_if_it_waited(&mut self, contact: &Contact, queued: bool) {
        if queued != (contact.enqueued < self.world.now) {
            self.breaks("R3", format!("{} waited and this was not told, or the other way about", self.contact(contact)));
        }
    }

    fn abandoned(&mut self, contact: &Contact) {
        let now = self.world.now;
        self.changes_are_done(now, false);
        let Some(place) = self.world.find(contact) else {
            return self.breaks("R19", format!("{} abandons, but it does not wait", self.contact(contact)));
        };
        for profile in self.model.profiles.ids() {
            if let Some(&(_, agent)) = self.world.available[profile].first()
                && self.world.is_eligible(profile, contact)
            {
                self.breaks("R3", format!("{} abandons, but {} could take it", self.contact(contact), self.agent(agent)));
            }
        }
        let left = self.world.leaves(contact.queue, place);
        self.queued_if_it_waited(contact, left.queued);
        self.world.books[contact.queue].abandoned += 1;
        if self.world.has_paths {
            self.has_waited(contact, Goes::CalledAway);
            self.must_go(contact.customer(), Outcome::Abandoned, contact.queue);
        }
        if left.deadline != Some(now) {
            let patience = left.deadline.map_or("never ends".into(), |deadline| format!("ends at {deadline} s"));
            self.breaks("R17", format!("{} abandons, but its patience {patience}", self.contact(contact)));
        }
    }

    fn unfinished(&mut self, contact: &Contact) {
        let Some(place) = self.world.find(contact) else {
            return self.breaks("R19", format!("{} is unfinished, but it does not wait", self.contact(contact)));
        };
        let left = self.world.leaves(contact.queue, place);
        self.world.books[contact.queue].unfinished += 1;
        self.world.ways.cut_short |= left.deadline.is_some();
        if !left.queued {
            self.breaks("R3", format!("{} is unfinished, and was not told to wait", self.contact(contact)));
        }
        if !self.is_at_the_end() {
            if let Some(deadline) = left.deadline {
                self.breaks("R18", format!("{} is unfinished, but it would abandon at {deadline} s", self.contact(contact)));
            }
            let serves = |profile: ProfileId| self.model.profiles[profile].entries.iter().any(|entry| entry.queue == contact.queue);
            let agents = || self.model.agents.enumerate().map(|(agent, row)| (agent, serves(row.profile)));
            let there = agents().find(|(agent, serves)| *serves && self.world.is_there_later(*agent)).map(|(agent, _)| agent);
            if let Some(agent) = if self.world.has_desks { self.world.will_be_served_by(contact) } else { there } {
                self.breaks(
                    "R18",
                    format!("{} is unfinished, but {} is or will be there for it", self.contact(contact), self.agent(agent)),
                );
            }
        }
    }

    // ---- the end -------------------------------------------------------------------------------------------------------

    fn ended(&mut self) {
        let now = self.world.now;
        let horizon = self.model.run.horizon;
        let stops = self.model.run.at_horizon == AtHorizon::Stop;
        let end = if stops { horizon } else { horizon.max(self.world.last_fact) };
        if (now != end && !self.is_cut_short()) || self.world.ends.is_some_and(|ends| ends != now) {
            self.breaks("R18", format!("the run ends at another time than {end} s"));
        }
        if !self.is_at_the_end() {
            self.changes_are_done(now, true);
            self.all_have_left();
            if !self.world.busy.is_empty() || !self.world.desks.nobody_holds_anything() || !self.world.ways.nothing_is_due() {
                self.breaks("R18", "the run ends while contacts are being handled, or could come again");
            }
        }
        self.all_have_gone();
        for queue in self.model.queues.ids() {
            self.balanced(queue);
        }
        self.replication += 1;
        self.world = Picture::new(self.model, Streams::new(self.seed, self.replication));
    }

    fn balanced(&mut self, queue: QueueId) {
        self.world.level_changes(queue);
        let (name, books, left) = (&self.model.queues[queue].name, self.world.books[queue], self.world.queues[queue].len());
        if left > 0 || books.offered != books.answered + books.abandoned + books.rejected + books.diverted + books.unfinished {
            let what = format!(
                "queue `{name}`: {} offered, but {} answered, {} abandoned, {} rejected, {} diverted, {} unfinished, and {left} not accounted for",
                books.offered, books.answered, books.abandoned, books.rejected, books.diverted, books.unfinished
            );
            self.breaks("R19", what);
        }
        if left == 0 && books.waits_us != books.waiting_us {
            let what = format!("queue `{name}`: the waits add up to {} µs, the queue length to {} µs", books.waits_us, books.waiting_us);
            self.breaks("Little's law", what);
        }
    }
}

impl Observer for Audit<'_> {
    fn observe(&mut self, at: Time, fact: &Fact) {
        self.at_rest = matches!(fact, Fact::Ended);
        self.turns_if_it_must(at, fact);
        self.advance(at);
        let stopped = self.model.run.at_horizon == AtHorizon::Stop && at >= self.model.run.horizon;
        if stopped && !matches!(fact, Fact::Unfinished { .. } | Fact::Departed { .. } | Fact::Ended) {
            self.breaks("R18", "something happens although the run is stopped");
        }
        self.has_room(fact);
        if self.world.has_desks {
            self.comes_in_its_step(fact);
        }
        match fact {
            _ if self.world.has_desks && self.desk_fact(fact) => {}
            Fact::LoggedIn { agent, .. } => self.logged_in(*agent),
            Fact::LoggedOut { agent, .. } => self.logged_out(*agent),
            Fact::Turned { agent, profile, state } => self.turned(*agent, *profile, *state),
            Fact::Offered { contact } => self.offered(contact),
            Fact::Queued { contact } => self.queued(contact),
            Fact::Answered { contact, agent, profile, talk, after_contact_work } => {
                self.answered(contact, *agent, *profile, (*talk, *after_contact_work));
            }
            Fact::Rejected { contact } => self.rejected(contact),
            Fact::Abandoned { contact } => self.abandoned(contact),
            Fact::Completed { contact, agent, answered, .. } => self.completed(contact, *agent, *answered),
            Fact::Unfinished { contact } => self.unfinished(contact),
            Fact::Ended => self.ended(),
            other => self.path_fact(other),
        }
        let is_left = matches!(fact, Fact::Unfinished { .. }) || (matches!(fact, Fact::Departed { .. }) && self.world.ways.over);
        if is_left {
            self.world.ends.get_or_insert(at);
        } else if *fact != Fact::Ended {
            self.world.last_fact = at;
        }
    }
}

#[cfg(test)]
mod tests;
