//! The rules once more, in the plainest code: at every instant everything is looked at and sorted anew. Slow, and hard to get wrong.

#[path = "twin_desks.rs"]
mod desks;
#[path = "twin_outside.rs"]
mod outside;
#[path = "twin_steps.rs"]
mod steps;
#[path = "twin_ways.rs"]
mod ways;

use desks::{Held, Wants};
use outside::Outside;
use rand::Rng;
use std::collections::BTreeMap;
use waitline::Model;
use waitline::engine::DRAIN_MAX;
use waitline::model::{AgentRule, AtHorizon, Channel, ContactRule, Day};
use waitline::random::{Distribution, Purpose, Streams};
use waitline::{AgentId, Contact, Fact, ProfileId, QueueId, SourceId, Span, StateId, Time};
use ways::Guest;

struct Agent {
    id: AgentId,
    profile: ProfileId,
    logged_in: bool,
    /// While it is not logged in.
    state: Option<StateId>,
    since: Time,
    staffed_since: Time,
    staffed_us: i64,
    handled_us: i64,
    answered: u64,
    /// What it has in hand, in the order in which it took it.
    hands: Vec<Held>,
}

/// A contact in a queue.
#[derive(Clone, Copy)]
struct Waits {
    contact: Contact,
    /// When patience ends.
    until: Time,
    /// Which entry into a queue, of all, this was.
    entry: u64,
    channel: Channel,
    /// Which agents will do.
    wants: Option<Wants>,
    /// At whose it rings or is being connected: the agent's place, and which taking of all it was.
    at: Option<(usize, u64)>,
}

struct Twin<'m> {
    model: &'m Model,
    day: Day,
    streams: Streams,
    now: Time,
    agents: Vec<Agent>,
    /// In the order of enqueueing.
    waiting: Vec<Waits>,
    entries: u64,
    entered_now: Vec<u64>,
    /// With paths: everybody who ever came, in the order in which they first did; and what they share.
    guests: Vec<Guest>,
    outside: Outside,
    facts: Vec<(Time, Fact)>,
    /// How many contacts were taken by agents, and answered or not.
    takings: u64,
    /// Something at the end of a round makes another one of the same instant necessary.
    once_more: bool,
    /// What happened that no fact tells, and how often.
    noted: BTreeMap<&'static str, u64>,
}

/// The number of a contact together with how often the same happened to it before (R25).
fn nth(number: u64, times: u64) -> u64 {
    number + (times << 48)
}

pub(crate) fn run(model: &Model, streams: Streams) -> Vec<(Time, Fact)> {
    run_and_note(model, streams).0
}

/// The facts, and how often something happened that no fact tells.
pub(crate) fn run_and_note(model: &Model, streams: Streams) -> (Vec<(Time, Fact)>, BTreeMap<&'static str, u64>) {
    let mut coming: Vec<(Time, SourceId, u64)> = Vec::new();
    for (id, source) in model.sources.enumerate() {
        let instants = source.arrivals.arrivals(streams.source(id)).take_while(|at| *at < model.run.horizon);
        coming.extend(instants.enumerate().map(|(number, at)| (at, id, number as u64)));
    }
    coming.sort();
    let agents = model.agents.enumerate().map(|(id, agent)| Agent {
        id,
        profile: agent.profile,
        logged_in: false,
        state: None,
        since: Time::START,
        staffed_since: Time::START,
        staffed_us: 0,
        handled_us: 0,
        answered: 0,
        hands: Vec::new(),
    });
    let mut twin = Twin {
        model,
        day: model.day(streams),
        streams,
        now: Time::START,
        agents: agents.collect(),
        waiting: Vec::new(),
        entries: 0,
        entered_now: Vec::new(),
        guests: Vec::new(),
        outside: Outside::new(model, streams),
        facts: Vec::new(),
        takings: 0,
        once_more: false,
        noted: BTreeMap::new(),
    };
    let stops = model.run.at_horizon == AtHorizon::Stop;
    let mut end_of_facts = Time::START;
    // With paths a run ends two weeks after the horizon at the latest: contacts may listen to music for ever.
    let last = if model.has_paths() { model.run.horizon + DRAIN_MAX } else { Time::NEVER };
    loop {
        let nobody_is_there = coming.is_empty() && twin.waiting.is_empty() && twin.guests.iter().all(Guest::is_gone);
        let over = nobody_is_there && twin.agents.iter().all(|agent| agent.hands.is_empty());
        let again = std::mem::take(&mut twin.once_more).then_some(twin.now);
        let next = coming.iter().map(|(at, ..)| *at).chain(twin.instants()).chain(again).filter(|at| *at >= twin.now).min();
        if !stops && !over && next.is_some_and(|next| next >= last) {
            end_of_facts = last;
            break;
        }
        let Some(next) = next.filter(|next| !(over || stops && *next >= model.run.horizon)) else { break };
        if next > twin.now {
            twin.instant_is_over();
        }
        twin.now = next;
        twin.round(&mut coming);
        end_of_facts = twin.facts.last().map_or(Time::START, |(at, _)| *at);
    }
    twin.instant_is_over();
    end_of_facts = end_of_facts.max(twin.facts.last().map_or(Time::START, |(at, _)| *at));
    twin.end(if stops { model.run.horizon } else { model.run.horizon.max(end_of_facts) }, stops);
    (twin.facts, twin.noted)
}

impl Twin<'_> {
    fn tell(&mut self, fact: Fact) {
        self.facts.push((self.now, fact));
    }

    fn on_shift(&self, agent: AgentId, at: Time) -> bool {
        self.day.presence(self.model, agent).iter().any(|shift| shift.start <= at && at < shift.end)
    }

    fn planned_state(&self, agent: AgentId, at: Time) -> Option<StateId> {
        self.day.away(self.model, agent).iter().find(|away| away.start <= at && at < away.end).map(|away| away.state)
    }

    /// When anything begins or ends for an agent.
    fn shift_changes(&self) -> impl Iterator<Item = Time> + '_ {
        self.model.agents.ids().flat_map(|agent| {
            let shifts = self.day.presence(self.model, agent).iter().flat_map(|shift| [shift.start, shift.end]);
            shifts.chain(self.day.away(self.model, agent).iter().flat_map(|away| [away.start, away.end]))
        })
    }

    /// Everything but arrivals that may happen later than now, or now in another round.
    fn instants(&self) -> impl Iterator<Item = Time> + '_ {
        let later = move |at: &Time| *at > self.now;
        let first = self.facts.is_empty();
        let shifts = self.shift_changes().filter(move |at| (*at > self.now || (first && *at == self.now)) && *at < Time::NEVER);
        let ends = self.agents.iter().flat_map(|agent| agent.hands.iter().map(|held| held.until));
        let patience = self.waiting.iter().map(|waits| waits.until).filter(later).filter(|at| *at < Time::NEVER);
        let entries = || self.model.profiles.iter().flat_map(|profile| profile.entries.iter());
        let delays = self.waiting.iter().flat_map(move |Waits { contact, .. }| {
            entries().filter(|entry| entry.queue == contact.queue).map(|entry| contact.enqueued + entry.delay).collect::<Vec<_>>()
        });
        let guests = self.guests.iter().flat_map(Guest::instants);
        let wishes = self.waiting.iter().filter_map(|waits| waits.wants.map(|wants| wants.until)).filter(|at| *at < Time::NEVER);
        shifts.chain(ends).chain(patience).chain(delays.filter(later)).chain(guests).chain(wishes)
    }

    fn round(&mut self, coming: &mut Vec<(Time, SourceId, u64)>) {
        self.agents_leave_and_come();
        self.guests_act();
        while coming.first().is_some_and(|(at, ..)| *at == self.now) {
            let (_, source, number) = coming.remove(0);
            if self.model.has_paths() {
                self.a_guest_comes(source, number);
                continue;
            }
            let contact = self.sent(source, number);
            self.tell(Fact::Offered { contact });
            if self.model.queues[contact.queue].max_contacts.is_some_and(|most| self.waiting_in(contact.queue) >= u64::from(most)) {
                self.tell(Fact::Rejected { contact });
                continue;
            }
            let until = self.patience(&contact, Channel::Voice, 0).map_or(Time::NEVER, |patience| self.now + patience);
            self.enters(contact, Channel::Voice, None, until);
        }
        while self.assign_one() {}
        if self.model.has_desks() {
            self.note_what_waits();
        }
        for entry in self.waiting.iter().filter(|waits| waits.until == self.now).map(|waits| waits.entry).collect::<Vec<_>>() {
            let place = self.waiting.iter().position(|waits| waits.entry == entry).expect("nobody else leaves");
            let waits = self.waiting.remove(place);
            if self.model.has_paths() {
                self.gives_up(&waits);
            } else {
                self.tell(Fact::Abandoned { contact: waits.contact });
            }
        }
    }

    /// A contact as its source sends it.
    fn sent(&self, source: SourceId, number: u64) -> Contact {
        let row = &self.model.sources[source];
        let given = row.given.get(number as usize).map(|given| (given.queue, given.priority, given.age_us));
        let (queue, priority, age_us) = given.unwrap_or((row.queue, row.priority, row.age_us));
        Contact { source, number, queue, enqueued: self.now, priority, age_us }
    }

    /// Those in a queue at whom no agent looks yet.
    fn waiting_in(&self, queue: QueueId) -> u64 {
        self.waiting.iter().filter(|waits| waits.contact.queue == queue && waits.at.is_none()).count() as u64
    }

    fn enters(&mut self, contact: Contact, channel: Channel, wants: Option<Wants>, until: Time) {
        self.waiting.push(Waits { contact, until, entry: self.entries, channel, wants, at: None });
        self.entered_now.push(self.entries);
        self.entries += 1;
    }

    fn agents_leave_and_come(&mut self) {
        let now = self.now;
        let before = Time::from_us(now.as_us() - 1);
        for index in 0..self.agents.len() {
            self.leaves_if_it_may(index);
            self.turn(index);
            let Agent { id, logged_in, .. } = self.agents[index];
            if logged_in && self.on_shift(id, now) && !self.on_shift(id, before) {
                // It had not gone yet, and is back (R10).
                self.agents[index].since = now;
            }
        }
        for (index, taking) in self.what_is_due() {
            self.goes_on_with(index, taking);
            self.leaves_if_it_may(index);
        }
        for index in 0..self.agents.len() {
            let Agent { id, profile, logged_in, .. } = self.agents[index];
            if !logged_in && self.on_shift(id, now) {
                let agent = &mut self.agents[index];
                (agent.logged_in, agent.since, agent.staffed_since) = (true, now, now);
                agent.state = None;
                self.tell(Fact::LoggedIn { agent: id, profile });
            }
        }
    }

    /// Whoever is not there, nor about to come, does what its plan says.
    fn turn(&mut self, index: usize) {
        let Agent { id, profile, logged_in, state, .. } = self.agents[index];
        let planned = self.planned_state(id, self.now);
        if !logged_in && !self.on_shift(id, self.now) && state != planned {
            self.agents[index].state = planned;
            self.tell(Fact::Turned { agent: id, profile, state: planned });
        }
    }

    /// The best contact for an agent, as its place in `waiting`.
    fn best(&self, index: usize) -> Option<usize> {
        let rule = self.model.policy.contact;
        let rank = |place: usize| {
            let contact = &self.waiting[place].contact;
            (contact.priority, contact.rank(), place)
        };
        let mut eligible: Vec<usize> =
            (0..self.waiting.len()).filter(|&place| self.may_take(index, &self.waiting[place]).is_some()).collect();
        if rule == ContactRule::Weighted {
            // Only the head of each queue has a claim.
            let heads = eligible.clone();
            let is_head = |place: &usize| {
                let queue = self.waiting[*place].contact.queue;
                heads.iter().filter(|&&other| self.waiting[other].contact.queue == queue).all(|&other| rank(*place) <= rank(other))
            };
            eligible.retain(is_head);
        }
        eligible.sort_by_key(|&place| {
            let contact = &self.waiting[place].contact;
            let (priority, weight_milli) = self.may_take(index, &self.waiting[place]).expect("it is eligible");
            let claim = i128::from((self.now.as_us() - contact.rank().as_us()).max(0)) * i128::from(weight_milli);
            match rule {
                ContactRule::Strict => (0, priority, rank(place)),
                // But an agent's own queue comes first.
                ContactRule::LongestWaitFirst => (0, priority.min(1), rank(place)),
                ContactRule::Weighted => (-claim, priority, rank(place)),
            }
        });
        eligible.first().copied()
    }

    fn assign_one(&mut self) -> bool {
        let mut available: Vec<usize> = (0..self.agents.len()).filter(|&index| self.is_available(index)).collect();
        let staffed = |agent: &Agent| i128::from((agent.staffed_us + self.now.since(agent.staffed_since).as_us()).max(1));
        let held = |agent: &Agent| if self.model.policy.fewest_contacts_first { agent.hands.len() } else { 0 };
        available.sort_by(|&a, &b| {
            let (a, b) = (&self.agents[a], &self.agents[b]);
            let by_rule = match self.model.policy.agent {
                AgentRule::LongestAvailable | AgentRule::Random => std::cmp::Ordering::Equal,
                AgentRule::FewestContacts => a.answered.cmp(&b.answered),
                AgentRule::LeastOccupied => (i128::from(a.handled_us) * staffed(b)).cmp(&(i128::from(b.handled_us) * staffed(a))),
            };
            by_rule.then((held(a), a.since, a.id).cmp(&(held(b), b.since, b.id)))
        });
        let found = available.iter().find_map(|&index| self.best(index).map(|place| (index, place)));
        let Some((mut index, place)) = found else { return false };
        let waits = self.waiting[place];
        if self.model.policy.agent == AgentRule::Random {
            let mut anyone: Vec<usize> = available.into_iter().filter(|&index| self.may_take(index, &waits).is_some()).collect();
            anyone.sort_unstable();
            let word = self.streams.source(waits.contact.source).stream(Purpose::AgentChoice, waits.contact.number).next_u64();
            index = anyone[((u128::from(word) * anyone.len() as u128) >> 64) as usize];
        }
        self.takes(index, place);
        true
    }

    /// What happens to a contact that the same happened to so often before.
    fn draw(&self, distribution: &Distribution, purpose: Purpose, contact: &Contact, before: u64) -> Span {
        distribution.sample(&mut self.streams.source(contact.source).stream(purpose, nth(contact.number, before)))
    }

    /// A replay gives the patience of the first wait.
    fn patience(&self, contact: &Contact, channel: Channel, before: u64) -> Option<Span> {
        if let Some(given) = self.model.sources[contact.source].given.get(contact.number as usize)
            && before == 0
        {
            return given.patience;
        }
        let queue = &self.model.queues[contact.queue];
        let patience = queue.by_channel[channel].patience.as_ref().or(queue.patience.as_ref());
        patience.map(|patience| self.draw(patience, Purpose::Patience, contact, before))
    }

    fn instant_is_over(&mut self) {
        for entry in std::mem::take(&mut self.entered_now) {
            if let Some(contact) = self.waiting.iter().find(|waits| waits.entry == entry).map(|waits| waits.contact) {
                self.tell(Fact::Queued { contact });
            }
        }
    }

    fn end(&mut self, end: Time, stops: bool) {
        let mut shifts: Vec<Time> = self.shift_changes().collect();
        shifts.sort();
        shifts.dedup();
        let first = self.facts.is_empty();
        for at in shifts {
            if (at > self.now || (first && at == self.now)) && (at < end || (at == end && !stops)) {
                self.now = at;
                self.agents_leave_and_come();
            }
        }
        self.now = end;
        for Waits { contact, .. } in self.waiting.clone() {
            self.tell(Fact::Unfinished { contact });
        }
        self.guests_are_left();
        self.tell(Fact::Ended);
    }
}
