//! The run itself: find the next instant, carry out R3's three steps, tell what happened.
//!
//! Before an instant no available agent faces an eligible contact, so only what changes can form a pair. Most instants hold a single
//! change: one contact arrives, or one agent becomes free. Those are carried out directly; every other instant goes through the full round.

use super::desk_routes::KindId;
use super::desks::Desks;
use super::idle::{IdleAgents, NO_ONE_SINCE, NOBODY};
use super::journeys::Journeys;
use super::outside::Outside;
use super::ranked::RankedQueues;
use super::router::{Best, Choice, Router, best_first, best_ranked};
use super::routes::{Opening, Routes};
use super::shifts::{ShiftChange, shift_changes};
use super::waiting::{EMPTY, LineId, Slot, WaitingContacts};
use super::winner_tree::{NEVER, WinnerTree};
use super::{DRAIN_MAX, LAST_INSTANT_US, OFFERS_MAX, STEPS_AT_ONCE_MAX, STEPS_MAX, WAITING_MAX};
use crate::error::{Error, ErrorKind, Problem};
use crate::id::{AgentId, Id, ProfileId, QueueId, SourceId, StateId, StepId, Table};
use crate::model::arrivals::{BLOCK, Block, Reader};
use crate::model::{AgentRule, AtHorizon, Channel, Day, Entry, Given, Model, Queue};
use crate::observe::{Contact, Fact, Observer};
use crate::random::{Distribution, Draws, Purpose, Streams, nth};
use crate::time::{Span, Time};

/// What an agent is doing: what is looked at and changed with every contact, in a cache line of its own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct AgentState {
    profile: ProfileId,
    /// On shift now.
    present: bool,
    /// The contact in hand, if any; since when.
    contact: Contact,
    answered: Time,
}

/// What an agent has done so far, for the rules that ask.
#[derive(Clone, Copy, Debug, Default)]
struct Deeds {
    answered_count: u64,
    handled_us: i64,
    /// Staffed time before the present stay, and since when this one lasts.
    staffed_us: i64,
    staffed_since_us: i64,
}

/// What a source is about to send.
pub(super) struct Incoming<'m> {
    reader: Box<dyn Reader + 'm>,
    /// Its next arrivals, the one that is due included, and how long those contacts talk: read and drawn many at a time, which costs less than one by one.
    instants: Block,
    talks: [Span; BLOCK],
    /// How many of them have become due.
    read: usize,
    /// Contacts sent so far: the number of the one that is due.
    number: u64,
    /// How long that one talks.
    talk: Span,
    /// What its contacts have in common.
    queue: QueueId,
    priority: i64,
    age_us: i64,
}

impl Incoming<'_> {
    /// The contact that comes next becomes due: when. Once there is none, it must not be asked for.
    #[inline(always)]
    fn next(&mut self) -> i64 {
        self.talk = self.talks[self.read];
        let at = self.instants[self.read];
        self.read += 1;
        at.as_us()
    }

    #[inline(always)]
    fn contact(&self, source: SourceId, number: u64, now: i64) -> Contact {
        Contact { source, number, queue: self.queue, enqueued: Time::from_us(now), priority: self.priority, age_us: self.age_us }
    }
}

/// How long contacts of a queue take and wait, where nothing in particular decides: a copy of what the model has, side by side.
#[derive(Debug)]
struct Terms {
    handle_time: Distribution,
    after_contact_work: Option<Distribution>,
    patience: Option<Distribution>,
}

impl Terms {
    fn new(queue: &Queue) -> Terms {
        let Queue { handle_time, after_contact_work, patience, .. } = queue.clone();
        Terms { handle_time, after_contact_work, patience }
    }
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
    overrides: Table<ProfileId, bool>,
    pub(super) day: Day,
    /// Whether any queue may be full.
    limited: bool,
    pub(super) streams: Streams,
    draws: Draws,
    terms: Table<QueueId, Terms>,
    /// Whether something else than those terms decides how long contacts take or wait: what is given of a replayed contact, a profile, the day.
    particular: bool,
    /// Whether any queue has after-contact work.
    works_after: bool,

    incoming: Table<SourceId, Incoming<'m>>,
    arrivals: WinnerTree,
    agents: Table<AgentId, AgentState>,
    /// Empty unless the rule for agents asks for it; then every instant is a full round, which keeps it.
    deeds: Vec<Deeds>,
    /// By agent the end of handling; with `DESKS` by what is in hand the end of its phase.
    pub(super) completions: WinnerTree,
    shift_changes: Vec<ShiftChange>,
    next_shift_change: usize,
    /// When that is due, or [`NEVER`].
    next_shift_change_at: i64,
    /// What the plan of an agent has now; whoever is not logged in is in that state.
    pub(super) states: Table<AgentId, Option<StateId>>,
    pub(super) idle: IdleAgents,
    pub(super) waiting: WaitingContacts,
    pub(super) ranked: RankedQueues,
    /// When the contact in a slot, or the one that was there before, runs out of patience.
    patience: WinnerTree,
    /// No later than the next instant at which a delay ends that keeps the available agents of a profile from a waiting contact.
    pub(super) wake_ups: WinnerTree,

    /// Contacts that entered a queue at this instant and may turn out to wait.
    entered: Vec<(Slot, u64)>,
    /// Profiles that may face an eligible contact at this instant.
    affected: Vec<ProfileId>,
    is_affected: Table<ProfileId, bool>,

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
        let idle_contact = Contact { source: SourceId(0), number: 0, queue: QueueId(0), enqueued: Time::START, priority: 0, age_us: 0 };
        let incoming = model.sources.enumerate().map(|(id, source)| {
            let reader = source.arrivals.reader(streams.source(id));
            let (instants, talks, talk) = ([Time::NEVER; BLOCK], [Span::ZERO; BLOCK], Span::ZERO);
            let (queue, priority, age_us) = (source.queue, source.priority, source.age_us);
            Incoming { reader, instants, talks, read: BLOCK, number: 0, talk, queue, priority, age_us }
        });
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
            overrides: model.profiles.iter().map(|profile| profile.entries.iter().any(Entry::overrides)).collect(),
            limited: model.queues.iter().any(|queue| queue.max_contacts.is_some()),
            streams,
            draws: Draws::new(streams),
            terms: model.queues.iter().map(Terms::new).collect(),
            works_after: model.queues.iter().any(|queue| queue.after_contact_work.is_some()),
            particular: model.sources.iter().any(|source| !source.given.is_empty())
                || model.profiles.iter().any(|profile| profile.entries.iter().any(Entry::overrides))
                || model.queues.iter().any(|queue| queue.handle_time_cv > 0.0),
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

    // ---- single changes ------------------------------------------------------------------------------------------------

    /// One contact arrives and nothing else happens, unless another arrives at the same instant.
    ///
    /// What decides the next event comes first; then what is told, and the draws for the next arrival: so that the processor, when it has guessed wrong which
    /// kind of event is next, finds out early.
    #[inline]
    fn one_arrival(&mut self) {
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

    /// One agent becomes free and nothing else happens, unless another becomes free at the same instant. In the order of `one_arrival`.
    #[inline]
    fn one_completion(&mut self) {
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

    // ---- the full round (R3) -------------------------------------------------------------------------------------------

    fn full_round(&mut self) {
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
    fn change_shifts_and_agents(&mut self) {
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
    fn enter(&mut self, contact: Contact, talk: Span) {
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
            let (talk, contact) = (self.waiting.get(slot).talk, self.dequeue(slot));
            self.idle.remove(agent, profile);
            self.assign(agent, profile, &contact, talk);
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
            let (talk, contact) = (self.waiting.get(slot).talk, self.dequeue(slot));
            self.idle.remove(agent, profile);
            let answered = self.assign(agent, profile, &contact, talk);
            if answered && let Some(deeds) = self.deeds.get_mut(agent.index()) {
                deeds.answered_count += 1;
            }
        }
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
    fn abandon(&mut self) {
        if self.patience.first_key() == self.now {
            self.abandon_due();
        }
    }

    /// The patience that ends first, if it is of somebody who has left in the meantime: nothing is to come of it any more (R18).
    fn forget_patience(&mut self) -> bool {
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
    fn tell_completed(&mut self, agent: AgentId) {
        let AgentState { profile, contact, answered, .. } = self.agents[agent];
        self.tell(&Fact::Completed { contact, agent, profile, answered });
    }

    /// The agent, no longer among the available, takes the contact, no longer among the waiting. Whether somebody answers; else it is called
    /// back in vain.
    #[inline]
    fn assign(&mut self, agent: AgentId, profile: ProfileId, contact: &Contact, talk: Span) -> bool {
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
    fn answer(&mut self, agent: AgentId, profile: ProfileId, contact: &Contact, talk: Span) -> (Span, Span) {
        let handling = self.handling_of(profile, contact, talk);
        self.is_taken(agent, contact, handling.0.as_us() + handling.1.as_us());
        handling
    }

    /// Talk and after-contact work of a contact whose `talk` was drawn ahead.
    #[inline(always)]
    fn handling_of(&self, profile: ProfileId, contact: &Contact, talk: Span) -> (Span, Span) {
        if self.particular {
            self.particular_handling(profile, contact, 0)
        } else {
            (talk, self.after_contact_work(contact, contact.number))
        }
    }

    #[inline(always)]
    fn tell_answered(&mut self, agent: AgentId, profile: ProfileId, contact: &Contact, (talk, after_contact_work): (Span, Span)) {
        self.tell(&Fact::Answered { contact: *contact, agent, profile, talk, after_contact_work });
    }

    /// The agent has its hands full from now on for so long: spans of a century at most, which no sum of two or with an instant overflows.
    #[inline(always)]
    fn is_taken(&mut self, agent: AgentId, contact: &Contact, for_us: i64) {
        self.completions.set(agent.index(), self.now + for_us);
        self.has_in_hand(agent, contact);
    }

    #[inline(always)]
    fn has_in_hand(&mut self, agent: AgentId, contact: &Contact) {
        let state = &mut self.agents[agent];
        state.contact = *contact;
        state.answered = Time::from_us(self.now);
    }

    // ---- contacts ------------------------------------------------------------------------------------------------------

    /// The source's next arrival before the horizon, if any, becomes due at that instant.
    #[inline(always)]
    fn await_arrival(&mut self, source: SourceId, at: i64) {
        if at < self.now {
            runs_backwards(source);
        }
        self.arrivals.set(source.index(), at);
    }

    /// Reads the source's next arrivals, from that number on, and draws how long they talk.
    #[inline(never)]
    fn read_block(&mut self, source: SourceId, number: u64) {
        let incoming = &mut self.incoming[source];
        incoming.reader.read(&mut incoming.instants, self.model.run.horizon);
        incoming.read = 0;
        if !PATHS && !self.particular {
            self.terms[incoming.queue].handle_time.draw_all(&self.draws, source, Purpose::HandleTime, number, &mut incoming.talks);
        }
    }

    /// Takes the contact that arrives now, and its talk, and lets its source prepare the next.
    #[inline(always)]
    fn next_contact(&mut self, source: SourceId) -> (Contact, Span) {
        let incoming = &mut self.incoming[source];
        let talk = incoming.talk;
        let contact = incoming.contact(source, incoming.number, self.now);
        incoming.number += 1;
        if incoming.read == BLOCK {
            self.read_block(source, contact.number + 1);
        }
        let next = self.incoming[source].next();
        self.await_arrival(source, next);
        (self.with_what_is_given(contact), talk)
    }

    /// A contact as its source sends it.
    pub(super) fn contact_of(&self, source: SourceId, number: u64) -> Contact {
        self.with_what_is_given(self.incoming[source].contact(source, number, self.now))
    }

    #[inline(always)]
    fn with_what_is_given(&self, contact: Contact) -> Contact {
        let Contact { source, number, queue, priority, age_us, .. } = contact;
        let common = (queue, priority, age_us);
        let (queue, priority, age_us) = if self.particular { self.rank_of(source, number).unwrap_or(common) } else { common };
        Contact { queue, priority, age_us, ..contact }
    }

    /// Queue, priority and age that are given of a contact, if it is replayed.
    #[inline(never)]
    fn rank_of(&self, source: SourceId, number: u64) -> Option<(QueueId, i64, i64)> {
        given(self.model, source, number).map(|given| (given.queue, given.priority, given.age_us))
    }

    /// When the contact's patience ends if it waits from now on, or [`NEVER`].
    #[inline(always)]
    fn deadline_of(&self, contact: &Contact) -> i64 {
        self.patience_of(contact, Channel::Voice, 0).map_or(NEVER, |patience| self.now + patience.as_us())
    }

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
    fn set_wake_up(&mut self, profile: ProfileId, at: i64) {
        let at = if at < EMPTY { at } else { NEVER };
        if at != self.wake_ups.key(profile.index()) {
            self.wake_ups.set(profile.index(), at);
        }
    }

    /// The best eligible contact for an agent of the profile (R5 to R8).
    #[inline(always)]
    fn best_contact(&mut self, profile: ProfileId) -> Best {
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

    /// How long the contact waits at most the `wait`-th time, from 0; `None`: for ever.
    #[inline(always)]
    pub(super) fn patience_of(&self, contact: &Contact, channel: Channel, wait: u64) -> Option<Span> {
        if self.particular
            && let Some(patience) = self.given_patience(contact, wait)
        {
            return patience;
        }
        let by_channel = if DESKS { self.model.queues[contact.queue].by_channel[channel].patience.as_ref() } else { None };
        let patience = by_channel.or(self.terms[contact.queue].patience.as_ref())?;
        let number = if PATHS { nth(contact.number, wait) } else { contact.number };
        Some(patience.draw(&self.draws, contact.source, Purpose::Patience, number))
    }

    /// What is given of a replayed contact, if it is one.
    #[inline(never)]
    fn given_patience(&self, contact: &Contact, wait: u64) -> Option<Option<Span>> {
        let given = given(self.model, contact.source, contact.number).filter(|_| !PATHS || wait == 0)?;
        Some(given.patience)
    }

    /// Talk and after-contact work of the contact's `conversation`-th conversation, from 0 (R13).
    #[inline]
    fn handling(&self, profile: ProfileId, contact: &Contact, conversation: u64) -> (Span, Span) {
        if self.particular {
            return self.particular_handling(profile, contact, conversation);
        }
        let number = nth(contact.number, conversation);
        let talk = self.terms[contact.queue].handle_time.draw(&self.draws, contact.source, Purpose::HandleTime, number);
        (talk, self.after_contact_work(contact, number))
    }

    /// Where nothing in particular decides. The number is the contact's, with how many conversations it had before.
    #[inline(always)]
    fn after_contact_work(&self, contact: &Contact, number: u64) -> Span {
        if self.works_after { self.drawn_after_contact_work(contact, number) } else { Span::ZERO }
    }

    #[inline(never)]
    fn drawn_after_contact_work(&self, contact: &Contact, number: u64) -> Span {
        let work = self.terms[contact.queue].after_contact_work.as_ref();
        work.map_or(Span::ZERO, |work| work.draw(&self.draws, contact.source, Purpose::AfterContactWork, number))
    }

    /// As `handling`: what is given, else drawn from the profile entry's distribution, else from the queue's, and stretched by the day.
    #[inline(never)]
    fn particular_handling(&self, profile: ProfileId, contact: &Contact, conversation: u64) -> (Span, Span) {
        let terms = &self.terms[contact.queue];
        let entry: Option<&Entry> =
            if self.overrides[profile] { self.model.profiles[profile].overriding_entry(contact.queue, Channel::Voice) } else { None };
        let given = given(self.model, contact.source, contact.number).filter(|_| !PATHS || conversation == 0);
        let number = if PATHS { nth(contact.number, conversation) } else { contact.number };
        let draw = |distribution: &Distribution, purpose| {
            self.day.stretch(contact.queue, distribution.draw(&self.draws, contact.source, purpose, number))
        };
        let talk = given
            .and_then(|given| given.handle_time)
            .unwrap_or_else(|| draw(entry.and_then(|entry| entry.handle_time.as_ref()).unwrap_or(&terms.handle_time), Purpose::HandleTime));
        let after = given.and_then(|given| given.after_contact_work).unwrap_or_else(|| {
            let work = entry.and_then(|entry| entry.after_contact_work.as_ref()).or(terms.after_contact_work.as_ref());
            work.map_or(Span::ZERO, |work| draw(work, Purpose::AfterContactWork))
        });
        (talk, after)
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

#[cold]
#[inline(never)]
fn runs_backwards(source: SourceId) -> ! {
    panic!("the arrivals of source {} run backwards", source.0)
}

/// What is known of a replayed contact.
#[inline]
pub(super) fn given(model: &Model, source: SourceId, number: u64) -> Option<&Given> {
    let given = &model.sources[source].given;
    if given.is_empty() { None } else { given.get(number as usize) }
}
