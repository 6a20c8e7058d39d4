//! The run itself: find the next instant, carry out R3's three steps, tell what happened.
//!
//! Before an instant no available agent faces an eligible contact, so only what changes can form a pair. Most instants hold a single
//! change: one contact arrives, or one agent becomes free. Those are carried out directly; every other instant goes through the full round.

use super::desks::Desks;
use super::idle::IdleAgents;
use super::incoming::Incoming;
use super::journeys::Journeys;
use super::outside::Outside;
use super::ranked::RankedQueues;
use super::router::{Best, best_first, best_ranked};
use super::routes::Routes;
use super::shifts::{ShiftChange, shift_changes};
use super::waiting::{EMPTY, LineId, Slot, WaitingContacts};
use super::winner_tree::{NEVER, WinnerTree};
use super::{DRAIN_MAX, LAST_INSTANT_US, OFFERS_MAX, STEPS_AT_ONCE_MAX, STEPS_MAX, WAITING_MAX};
use crate::error::{Error, ErrorKind, Problem};
use crate::id::{AgentId, Id, ProfileId, QueueId, SourceId, StateId, StepId, Table};
use crate::model::{AgentRule, AtHorizon, Day, Entry, Model};
use crate::observe::{Contact, Fact, Observer};
use crate::random::{Draws, Streams};
use crate::time::{Span, Time};

/// What an agent is doing: what is looked at and changed with every contact, in a cache line of its own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct AgentState {
    pub(super) profile: ProfileId,
    /// On shift now.
    pub(super) present: bool,
    /// The contact in hand, if any; since when.
    contact: Contact,
    pub(super) answered: Time,
}

/// What an agent has done so far, for the rules that ask.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deeds {
    pub(super) answered_count: u64,
    pub(super) handled_us: i64,
    /// Staffed time before the present stay, and since when this one lasts.
    pub(super) staffed_us: i64,
    pub(super) staffed_since_us: i64,
}

/// One replication in progress. `RANKED`: contact priority, routing age or a rule other than the strict one is in play, so that the first of
/// a queue need not be its next; without it the lines of `waiting` are all there is. `PATHS`: contacts do more than to queue, and may rank
/// anyhow. `DESKS`: agents may hold several contacts and are offered them; that needs the other two.
pub(super) struct Simulation<'m, 'o, O, const RANKED: bool, const PATHS: bool, const DESKS: bool> {
    pub(super) model: &'m Model,
    observer: &'o mut O,
    pub(super) now: i64,
    /// When something was last told.
    last_fact: i64,
    pub(super) routes: Routes,
    /// Whether a profile overrides any queue's handle time.
    pub(super) overrides: Table<ProfileId, bool>,
    pub(super) day: Day,
    /// Whether any queue may be full.
    pub(super) limited: bool,
    pub(super) streams: Streams,
    pub(super) draws: Draws,
    /// Whether something else than their queue decides how long contacts take or wait: what is given of a replayed contact, a profile, the day.
    pub(super) particular: bool,
    /// Whether any queue has after-contact work.
    pub(super) works_after: bool,

    pub(super) incoming: Table<SourceId, Incoming<'m>>,
    pub(super) arrivals: WinnerTree,
    pub(super) agents: Table<AgentId, AgentState>,
    /// Empty unless the rule for agents asks for it; then every instant is a full round, which keeps it.
    pub(super) deeds: Vec<Deeds>,
    /// By agent the end of handling; with `DESKS` by what is in hand the end of its phase.
    pub(super) completions: WinnerTree,
    shift_changes: Vec<ShiftChange>,
    next_shift_change: usize,
    /// When that is due, or [`NEVER`].
    pub(super) next_shift_change_at: i64,
    /// What the plan of an agent has now; whoever is not logged in is in that state.
    pub(super) states: Table<AgentId, Option<StateId>>,
    pub(super) idle: IdleAgents,
    pub(super) waiting: WaitingContacts,
    pub(super) ranked: RankedQueues,
    /// When the contact in a slot, or the one that was there before, runs out of patience.
    pub(super) patience: WinnerTree,
    /// No later than the next instant at which a delay ends that keeps the available agents of a profile from a waiting contact.
    pub(super) wake_ups: WinnerTree,

    /// Contacts that entered a queue at this instant and may turn out to wait.
    pub(super) entered: Vec<(Slot, u64)>,
    /// Profiles that may face an eligible contact at this instant.
    pub(super) affected: Vec<ProfileId>,
    pub(super) is_affected: Table<ProfileId, bool>,

    /// With `DESKS`: what agents have in hand, in place of `agents` and `idle`.
    pub(super) desks: Desks<'m>,

    /// With `PATHS`: who is on the way, and what they share; how many agents are logged in, and in states; how long contacts take on average.
    pub(super) journeys: Journeys<'m>,
    pub(super) outside: Outside<'m>,
    pub(super) logged_in: Table<ProfileId, u32>,
    pub(super) in_states: Table<ProfileId, u32>,
    pub(super) mean_handling_us: Table<QueueId, i64>,
    /// A contact went round and round in this step, so often at the last instant.
    pub(super) endless: Option<(StepId, u32)>,
}

impl<'m, 'o, O: Observer, const RANKED: bool, const PATHS: bool, const DESKS: bool> Simulation<'m, 'o, O, RANKED, PATHS, DESKS> {
    pub(super) fn new(model: &'m Model, streams: Streams, observer: &'o mut O) -> Self {
        let routes = Routes::new(model);
        let desks = if DESKS { Desks::new(model) } else { Desks::default() };
        let lines = if DESKS { desks.routes.stages().len() } else { model.queues.len() };
        let profiles = if DESKS { desks.routes.profile_of.len() } else { model.profiles.len() };
        let day = model.day(streams);
        let overrides: Table<ProfileId, bool> = model.profiles.iter().map(|profile| profile.entries.iter().any(Entry::overrides)).collect();
        let idle_contact = Contact { source: SourceId(0), number: 0, queue: QueueId(0), enqueued: Time::START, priority: 0, age_us: 0 };
        let incoming = model.sources.enumerate().map(|(id, source)| Incoming::new(source, streams.source(id)));
        let agents = model.agents.iter().map(|agent| AgentState {
            profile: agent.profile,
            present: false,
            contact: idle_contact,
            answered: Time::START,
        });
        let asks_for_deeds = matches!(model.policy.agent, AgentRule::FewestContacts | AgentRule::LeastOccupied);
        let mut simulation = Simulation {
            observer,
            now: 0,
            last_fact: 0,
            incoming: incoming.collect(),
            arrivals: WinnerTree::new(model.sources.len().max(1)),
            agents: agents.collect(),
            deeds: vec![Deeds::default(); if asks_for_deeds { model.agents.len() } else { 0 }],
            completions: WinnerTree::new(model.agents.len().max(1)),
            next_shift_change_at: 0,
            shift_changes: shift_changes(model, &day),
            day,
            next_shift_change: 0,
            states: model.agents.iter().map(|_| None).collect(),
            idle: IdleAgents::new(model.agents.len(), model.profiles.len(), !DESKS && routes.has_crowds()),
            waiting: WaitingContacts::new(lines, if DESKS { &[] } else { routes.pools() }),
            ranked: if DESKS {
                RankedQueues::new(desks.routes.stages())
            } else {
                RankedQueues::new(model.queues.ids().map(|queue| routes.stages(queue)))
            },
            patience: WinnerTree::new(16),
            wake_ups: WinnerTree::new(profiles.max(1)),
            entered: Vec::new(),
            affected: Vec::new(),
            is_affected: model.profiles.iter().map(|_| false).collect(),
            limited: model.queues.iter().any(|queue| queue.max_contacts.is_some()),
            streams,
            draws: Draws::new(streams),
            works_after: model.queues.iter().any(|queue| queue.after_contact_work.is_some()),
            particular: model.sources.iter().any(|source| !source.given.is_empty())
                || overrides.iter().any(|&overrides| overrides)
                || model.queues.iter().any(|queue| queue.handle_time_cv > 0.0),
            overrides,
            desks,
            journeys: Journeys::default(),
            outside: Outside::new(model, streams, last_instant(model)),
            logged_in: model.profiles.iter().map(|_| 0).collect(),
            in_states: model.profiles.iter().map(|_| 0).collect(),
            mean_handling_us: if PATHS { model.mean_handling_us() } else { Table::new() },
            endless: None,
            routes,
            model,
        };
        simulation.await_shift_change();
        for source in model.sources.ids() {
            simulation.read_block(source, 0);
            let first = simulation.incoming[source].next();
            simulation.await_arrival(source, first);
        }
        simulation
    }

    pub(super) fn run(mut self) -> Result<(), Error> {
        let end_us = if PATHS || self.model.run.at_horizon == AtHorizon::Stop { last_instant(self.model).as_us() } else { NEVER };
        // Where other rules choose the agent, a single change is no shorter than a round.
        let singly = !DESKS && self.model.policy.agent == AgentRule::LongestAvailable;
        let more_to_come = loop {
            let arrival = self.arrivals.first_key();
            let completion = self.completions.first_key();
            let mut rest = self.patience.first_key().min(self.wake_ups.first_key()).min(self.next_shift_change_at);
            if PATHS {
                rest = rest.min(self.journeys.first_due());
            }
            let next = arrival.min(completion).min(rest);
            if next >= end_us || self.is_over(arrival) {
                if PATHS && next < NEVER && self.patience.first_key() == next && self.forget_patience() {
                    continue;
                }
                break next != NEVER && !self.is_over(arrival);
            }
            if next > self.now {
                if !self.entered.is_empty() {
                    self.tell_who_still_waits();
                }
                self.now = next;
            }
            if singly && !PATHS && arrival < completion.min(rest) {
                self.one_arrival();
            } else if singly && completion < arrival.min(rest) {
                self.one_completion();
            } else {
                self.full_round();
            }
            if !self.is_within_limits() {
                return Err(self.limit_met());
            }
        };
        self.finish(more_to_come);
        Ok(())
    }

    /// Whether nothing more can happen to any contact (R18).
    #[inline]
    fn is_over(&self, next_arrival: i64) -> bool {
        next_arrival == NEVER
            && self.completions.first_key() == NEVER
            && self.waiting.count() == 0
            && (!PATHS || self.journeys.count() == 0)
    }

    #[inline]
    fn is_within_limits(&self) -> bool {
        let of_paths = !PATHS || (self.journeys.count() <= WAITING_MAX && self.endless.is_none());
        let of_desks = !DESKS || !self.desks.offered_in_vain;
        self.waiting.count() <= WAITING_MAX && self.now <= LAST_INSTANT_US && of_paths && of_desks
    }

    #[cold]
    #[inline(never)]
    fn limit_met(&self) -> Error {
        let now = Time::from_us(self.now);
        let message = if self.waiting.count() > WAITING_MAX {
            format!("{WAITING_MAX} contacts wait at {now}s: the center cannot keep up; give it more agents, patience, or a shorter horizon")
        } else if PATHS && self.journeys.count() > WAITING_MAX {
            format!("{WAITING_MAX} customers are on their way at {now}s")
        } else if DESKS && self.desks.offered_in_vain {
            format!(
                "a contact has been offered {OFFERS_MAX} times at {now}s: give offers and recovery more time, or contacts less patience"
            )
        } else if let Some((step, at_once)) = self.endless {
            let step = &self.model.paths.steps[step];
            let flow = &self.model.paths.flows[step.flow].name;
            let (many, why) = if at_once == STEPS_AT_ONCE_MAX {
                (STEPS_AT_ONCE_MAX, "a loop in which no time passes")
            } else {
                (STEPS_MAX, "a loop in which hardly any time passes")
            };
            format!("a contact has passed {many} steps at {now}s, the last one being `{}` of flow `{flow}`: {why}", step.name)
        } else {
            format!("the run went on past {}s, the last instant that can be simulated", Time::from_us(LAST_INSTANT_US))
        };
        Error::new(ErrorKind::Limit, Problem::new(message))
    }

    #[inline(always)]
    pub(super) fn tell(&mut self, fact: &Fact) {
        self.last_fact = self.now;
        self.observer.observe(Time::from_us(self.now), fact);
    }

    /// The instant of entry is over for those who entered at the last one.
    fn tell_who_still_waits(&mut self) {
        for (slot, order) in std::mem::take(&mut self.entered) {
            if self.waiting.still_waits(slot, order) {
                let contact = self.waiting.get(slot).contact;
                self.tell(&Fact::Queued { contact });
            }
        }
    }

    /// Whether as many wait in the queue as may.
    #[inline(never)]
    pub(super) fn is_full(&self, queue: QueueId) -> bool {
        self.model.queues[queue].max_contacts.is_some_and(|most| self.waiting_in(queue) >= most)
    }

    /// How many wait in a queue and are not being offered.
    #[inline]
    pub(super) fn waiting_in(&self, queue: QueueId) -> u32 {
        if DESKS {
            return self.desks.routes.lines_of(queue).map(|line| self.waiting.length(line)).sum();
        }
        self.waiting.length(queue.into())
    }

    // ---- agents --------------------------------------------------------------------------------------------------------

    fn await_shift_change(&mut self) {
        self.next_shift_change_at = self.shift_changes.get(self.next_shift_change).map_or(NEVER, |change| change.at_us);
    }

    /// The next beginning or end of a shift that falls on this instant.
    pub(super) fn next_change_due(&mut self) -> Option<ShiftChange> {
        let change = self.shift_changes.get(self.next_shift_change).copied().filter(|change| change.at_us == self.now)?;
        self.next_shift_change += 1;
        self.await_shift_change();
        Some(change)
    }

    pub(super) fn log_in(&mut self, agent: AgentId, profile: ProfileId) {
        if let Some(deeds) = self.deeds.get_mut(agent.index()) {
            deeds.staffed_since_us = self.now;
        }
        self.logged_in[profile] += 1;
        self.tell(&Fact::LoggedIn { agent, profile });
    }

    pub(super) fn log_out(&mut self, agent: AgentId) {
        if let Some(deeds) = self.deeds.get_mut(agent.index()) {
            deeds.staffed_us += self.now - deeds.staffed_since_us;
        }
        let profile = self.agents[agent].profile;
        self.logged_in[profile] -= 1;
        self.tell(&Fact::LoggedOut { agent, profile });
        if self.states[agent].is_some() {
            self.turn(agent);
        }
    }

    /// The agent, not logged in, is in the state that its plan has.
    pub(super) fn turn(&mut self, agent: AgentId) {
        let (profile, state) = (self.agents[agent].profile, self.states[agent]);
        self.in_states[profile] += u32::from(state.is_some());
        self.tell(&Fact::Turned { agent, profile, state });
    }

    /// Handling is over.
    #[inline(always)]
    pub(super) fn tell_completed(&mut self, agent: AgentId) {
        let AgentState { profile, contact, answered, .. } = self.agents[agent];
        self.tell(&Fact::Completed { contact, agent, profile, answered });
    }

    /// The agent, no longer among the available, takes the contact, no longer among the waiting. Whether somebody answers; else it is called
    /// back in vain.
    #[inline]
    pub(super) fn assign(&mut self, agent: AgentId, profile: ProfileId, contact: &Contact, talk: Span) -> bool {
        if !PATHS {
            let handling = self.answer(agent, profile, contact, talk);
            self.tell_answered(agent, profile, contact, handling);
            return true;
        }
        match self.takes(agent, profile, *contact) {
            Ok(conversation) => {
                let handling = self.handling(profile, contact, conversation);
                self.is_taken(agent, contact, handling.0.as_us() + handling.1.as_us());
                self.talks(handling.0);
                self.tell_answered(agent, profile, contact, handling);
                true
            }
            Err(ring) => {
                self.is_taken(agent, contact, ring.as_us());
                false
            }
        }
    }

    /// The agent takes the contact, whose `talk` was drawn ahead: talk and after-contact work, which are to be told.
    #[inline(always)]
    pub(super) fn answer(&mut self, agent: AgentId, profile: ProfileId, contact: &Contact, talk: Span) -> (Span, Span) {
        let handling = self.handling_of(profile, contact, talk);
        self.is_taken(agent, contact, handling.0.as_us() + handling.1.as_us());
        handling
    }

    #[inline(always)]
    pub(super) fn tell_answered(
        &mut self,
        agent: AgentId,
        profile: ProfileId,
        contact: &Contact,
        (talk, after_contact_work): (Span, Span),
    ) {
        self.tell(&Fact::Answered { contact: *contact, agent, profile, talk, after_contact_work });
    }

    /// The agent has its hands full from now on for so long: spans of a century at most, which no sum of two or with an instant overflows.
    #[inline(always)]
    fn is_taken(&mut self, agent: AgentId, contact: &Contact, for_us: i64) {
        self.completions.set(agent.index(), self.now + for_us);
        self.has_in_hand(agent, contact);
    }

    #[inline(always)]
    pub(super) fn has_in_hand(&mut self, agent: AgentId, contact: &Contact) {
        let state = &mut self.agents[agent];
        state.contact = *contact;
        state.answered = Time::from_us(self.now);
    }

    // ---- contacts ------------------------------------------------------------------------------------------------------

    /// The contact waits from now on.
    #[inline(always)]
    pub(super) fn enqueue(&mut self, contact: Contact, talk: Span, line: LineId, deadline: i64) -> Slot {
        let slot = self.waiting.push(contact, talk, line);
        if RANKED {
            self.ranked.add(&self.waiting, slot);
        }
        if deadline != NEVER {
            self.patience.grow(self.waiting.slots());
            self.patience.set(slot as usize, deadline);
        } else if (slot as usize) < self.patience.leaves() && self.patience.key(slot as usize) != NEVER {
            self.patience.clear(slot as usize);
        }
        // Agents already available to whom a delay still forbids it must be woken when that ends; if others were here first, they are.
        if self.idle.count() > 0 && self.waiting.first(line) == slot {
            for opening in self.routes.openings_later(contact.queue) {
                let at = self.now + opening.delay_us;
                if self.idle.any(opening.profile) && at < self.wake_ups.key(opening.profile.index()) {
                    self.wake_ups.set(opening.profile.index(), at);
                }
            }
        }
        slot
    }

    /// The contact no longer waits. Its patience stays where it is: most often the next contact in the slot overwrites it long before it is due, and if not,
    /// `abandon` passes over it.
    #[inline(always)]
    pub(super) fn dequeue(&mut self, slot: Slot) -> Contact {
        if PATHS {
            self.journeys.taken = self.journeys.at_slot(slot);
        }
        if DESKS && self.waiting.get(slot).is_aside() {
            return self.waiting.vacate(slot);
        }
        if RANKED {
            self.ranked.remove(&self.waiting, slot);
        }
        self.waiting.remove(slot)
    }

    /// Sets the wake-up of a profile to the next instant at which a delay ends that keeps its available agents from a waiting contact.
    #[inline]
    pub(super) fn set_wake_up(&mut self, profile: ProfileId, at: i64) {
        let at = if at < EMPTY { at } else { NEVER };
        if at != self.wake_ups.key(profile.index()) {
            self.wake_ups.set(profile.index(), at);
        }
    }

    /// The best eligible contact for an agent of the profile (R5 to R8).
    #[inline(always)]
    pub(super) fn best_contact(&mut self, profile: ProfileId) -> Best {
        if self.waiting.count() == 0 {
            return Best::NothingBefore(EMPTY);
        }
        if RANKED {
            let rule = self.model.policy.contact;
            best_ranked(rule, &self.routes, profile, &mut self.ranked, &mut self.waiting, self.now)
        } else {
            best_first(self.routes.looks(profile), &self.waiting, self.now)
        }
    }

    // ---- the end -------------------------------------------------------------------------------------------------------

    /// Nothing more can happen to a contact: the run ends at the horizon, or when the last thing happened after it (R18). Unless there is `more_to_come`, but
    /// not within the time that a run may take.
    fn finish(&mut self, more_to_come: bool) {
        self.tell_who_still_waits();
        let horizon = self.model.run.horizon.as_us();
        let stops = self.model.run.at_horizon == AtHorizon::Stop;
        let end = if stops {
            horizon
        } else if PATHS && more_to_come {
            last_instant(self.model).as_us()
        } else {
            horizon.max(self.last_fact)
        };
        while self.next_shift_change_at < end || (!stops && self.next_shift_change_at == end) {
            self.now = self.next_shift_change_at;
            self.change_shifts_and_agents();
        }
        self.now = end;
        for contact in self.waiting.all() {
            self.tell(&Fact::Unfinished { contact });
        }
        if PATHS {
            self.finish_journeys();
        }
        self.tell(&Fact::Ended);
    }
}

/// When a run ends at the latest, if it has paths or stops.
fn last_instant(model: &Model) -> Time {
    match model.run.at_horizon {
        AtHorizon::Drain => model.run.horizon + DRAIN_MAX,
        AtHorizon::Stop => model.run.horizon,
    }
}
