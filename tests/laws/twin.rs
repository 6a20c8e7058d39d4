//! The rules once more, in the plainest code: at every instant everything is looked at and sorted anew. Slow, and hard to get wrong.

use rand::Rng;
use waitline::Model;
use waitline::model::{AgentRule, AtHorizon, ContactRule, Day, Entry};
use waitline::random::{Distribution, Purpose, Streams};
use waitline::{AgentId, Contact, Fact, ProfileId, SourceId, Span, Time};

struct Agent {
    id: AgentId,
    profile: ProfileId,
    logged_in: bool,
    since: Time,
    staffed_since: Time,
    staffed_us: i64,
    handled_us: i64,
    answered: u64,
    /// Contact, answered, end of handling.
    busy: Option<(Contact, Time, Time)>,
}

struct Twin<'m> {
    model: &'m Model,
    day: Day,
    streams: Streams,
    now: Time,
    agents: Vec<Agent>,
    /// In the order of enqueueing: contact, when patience ends.
    waiting: Vec<(Contact, Time)>,
    entered_now: Vec<Contact>,
    facts: Vec<(Time, Fact)>,
}

pub(crate) fn run(model: &Model, streams: Streams) -> Vec<(Time, Fact)> {
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
        since: Time::START,
        staffed_since: Time::START,
        staffed_us: 0,
        handled_us: 0,
        answered: 0,
        busy: None,
    });
    let mut twin = Twin {
        model,
        day: model.day(streams),
        streams,
        now: Time::START,
        agents: agents.collect(),
        waiting: Vec::new(),
        entered_now: Vec::new(),
        facts: Vec::new(),
    };
    let stops = model.run.at_horizon == AtHorizon::Stop;
    let mut end_of_facts = Time::START;
    loop {
        let over = coming.is_empty() && twin.waiting.is_empty() && twin.agents.iter().all(|agent| agent.busy.is_none());
        let next = coming.iter().map(|(at, ..)| *at).chain(twin.instants()).filter(|at| *at >= twin.now).min();
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
    twin.facts
}

impl<'m> Twin<'m> {
    fn tell(&mut self, fact: Fact) {
        self.facts.push((self.now, fact));
    }

    fn on_shift(&self, agent: AgentId, at: Time) -> bool {
        self.day.presence(self.model, agent).iter().any(|shift| shift.start <= at && at < shift.end)
    }

    /// Everything but arrivals that may happen later than now, or now in another round.
    fn instants(&self) -> impl Iterator<Item = Time> + '_ {
        let later = move |at: &Time| *at > self.now;
        let shifts = self
            .model
            .agents
            .ids()
            .flat_map(|agent| self.day.presence(self.model, agent).iter().flat_map(|shift| [shift.start, shift.end]));
        let first = self.facts.is_empty();
        let shifts = shifts.filter(move |at| (*at > self.now || (first && *at == self.now)) && *at < Time::NEVER);
        let ends = self.agents.iter().filter_map(|agent| agent.busy.map(|(_, _, end)| end));
        let patience = self.waiting.iter().map(|(_, until)| *until).filter(later).filter(|at| *at < Time::NEVER);
        let entries = || self.model.profiles.iter().flat_map(|profile| profile.entries.iter());
        let delays = self.waiting.iter().flat_map(move |(contact, _)| {
            entries().filter(|entry| entry.queue == contact.queue).map(|entry| contact.enqueued + entry.delay).collect::<Vec<_>>()
        });
        shifts.chain(ends).chain(patience).chain(delays.filter(later))
    }

    fn round(&mut self, coming: &mut Vec<(Time, SourceId, u64)>) {
        self.agents_leave_and_come();
        while coming.first().is_some_and(|(at, ..)| *at == self.now) {
            let (_, source, number) = coming.remove(0);
            let row = &self.model.sources[source];
            let (queue, priority, age_us) = row
                .given
                .get(number as usize)
                .map_or((row.queue, row.priority, row.age_us), |given| (given.queue, given.priority, given.age_us));
            let contact = Contact { source, number, queue, enqueued: self.now, priority, age_us };
            self.tell(Fact::Offered { contact });
            let waiting = self.waiting.iter().filter(|(other, _)| other.queue == queue).count();
            if self.model.queues[queue].max_contacts.is_some_and(|most| waiting >= most as usize) {
                self.tell(Fact::Rejected { contact });
                continue;
            }
            let until = self.patience(&contact).map_or(Time::NEVER, |patience| self.now + patience);
            self.waiting.push((contact, until));
            self.entered_now.push(contact);
        }
        while self.assign_one() {}
        let out_of_patience: Vec<Contact> =
            self.waiting.iter().filter(|(_, until)| *until == self.now).map(|(contact, _)| *contact).collect();
        self.waiting.retain(|(_, until)| *until != self.now);
        for contact in out_of_patience {
            self.tell(Fact::Abandoned { contact });
        }
    }

    fn agents_leave_and_come(&mut self) {
        let now = self.now;
        for index in 0..self.agents.len() {
            let Agent { id, profile, logged_in, busy, .. } = self.agents[index];
            if logged_in && busy.is_none() && !self.on_shift(id, now) {
                self.leave(index);
                self.tell(Fact::LoggedOut { agent: id, profile });
            }
        }
        for index in 0..self.agents.len() {
            let Agent { id, profile, busy, .. } = self.agents[index];
            let Some((contact, answered, _)) = busy.filter(|(_, _, end)| *end == now) else { continue };
            self.agents[index].busy = None;
            self.agents[index].handled_us += now.since(answered).as_us();
            self.tell(Fact::Completed { contact, agent: id, profile, answered });
            if self.on_shift(id, now) {
                self.agents[index].since = now;
            } else {
                self.leave(index);
                self.tell(Fact::LoggedOut { agent: id, profile });
            }
        }
        for index in 0..self.agents.len() {
            let Agent { id, profile, logged_in, .. } = self.agents[index];
            if !logged_in && self.on_shift(id, now) {
                let agent = &mut self.agents[index];
                (agent.logged_in, agent.since, agent.staffed_since) = (true, now, now);
                self.tell(Fact::LoggedIn { agent: id, profile });
            }
        }
    }

    fn leave(&mut self, index: usize) {
        let now = self.now;
        let agent = &mut self.agents[index];
        agent.logged_in = false;
        agent.staffed_us += now.since(agent.staffed_since).as_us();
    }

    /// The entry of the agent's profile under which it may take the contact now.
    fn entry(&self, profile: ProfileId, contact: &Contact) -> Option<&'m Entry> {
        let entries = &self.model.profiles[profile].entries;
        entries.iter().find(|entry| entry.queue == contact.queue && self.now.since(contact.enqueued) >= entry.delay)
    }

    /// The best contact for an agent of that profile, as its place in `waiting`.
    fn best(&self, profile: ProfileId) -> Option<usize> {
        let rule = self.model.policy.contact;
        let rank = |place: usize| {
            let contact = &self.waiting[place].0;
            (contact.priority, contact.rank(), place)
        };
        let mut eligible: Vec<usize> =
            (0..self.waiting.len()).filter(|&place| self.entry(profile, &self.waiting[place].0).is_some()).collect();
        if rule == ContactRule::Weighted {
            // Only the head of each queue has a claim.
            let heads = eligible.clone();
            let is_head = |place: &usize| {
                let queue = self.waiting[*place].0.queue;
                heads.iter().filter(|&&other| self.waiting[other].0.queue == queue).all(|&other| rank(*place) <= rank(other))
            };
            eligible.retain(is_head);
        }
        eligible.sort_by_key(|&place| {
            let contact = &self.waiting[place].0;
            let entry = self.entry(profile, contact).expect("it is eligible");
            let claim = i128::from((self.now.as_us() - contact.rank().as_us()).max(0)) * i128::from(entry.weight_milli);
            match rule {
                ContactRule::Strict => (0, entry.priority, rank(place)),
                ContactRule::LongestWaitFirst => (0, 0, rank(place)),
                ContactRule::Weighted => (-claim, entry.priority, rank(place)),
            }
        });
        eligible.first().copied()
    }

    fn assign_one(&mut self) -> bool {
        let mut available: Vec<usize> =
            (0..self.agents.len()).filter(|&index| self.agents[index].logged_in && self.agents[index].busy.is_none()).collect();
        let staffed = |agent: &Agent| i128::from((agent.staffed_us + self.now.since(agent.staffed_since).as_us()).max(1));
        available.sort_by(|&a, &b| {
            let (a, b) = (&self.agents[a], &self.agents[b]);
            let by_rule = match self.model.policy.agent {
                AgentRule::LongestAvailable | AgentRule::Random => std::cmp::Ordering::Equal,
                AgentRule::FewestContacts => a.answered.cmp(&b.answered),
                AgentRule::LeastOccupied => (i128::from(a.handled_us) * staffed(b)).cmp(&(i128::from(b.handled_us) * staffed(a))),
            };
            by_rule.then((a.since, a.id).cmp(&(b.since, b.id)))
        });
        let found = available.iter().find_map(|&index| self.best(self.agents[index].profile).map(|place| (index, place)));
        let Some((mut index, place)) = found else { return false };
        let contact = self.waiting[place].0;
        if self.model.policy.agent == AgentRule::Random {
            let mut anyone: Vec<usize> =
                available.into_iter().filter(|&index| self.entry(self.agents[index].profile, &contact).is_some()).collect();
            anyone.sort_unstable();
            let word = self.streams.source(contact.source).stream(Purpose::AgentChoice, contact.number).next_u64();
            index = anyone[((u128::from(word) * anyone.len() as u128) >> 64) as usize];
        }
        self.waiting.remove(place);
        let Agent { id, profile, .. } = self.agents[index];
        let (talk, after_contact_work) = self.handling(profile, &contact);
        self.agents[index].busy = Some((contact, self.now, self.now + talk + after_contact_work));
        self.agents[index].answered += 1;
        self.tell(Fact::Answered { contact, agent: id, profile, talk, after_contact_work });
        true
    }

    fn draw(&self, distribution: &Distribution, purpose: Purpose, contact: &Contact) -> Span {
        distribution.sample(&mut self.streams.source(contact.source).stream(purpose, contact.number))
    }

    fn patience(&self, contact: &Contact) -> Option<Span> {
        if let Some(given) = self.model.sources[contact.source].given.get(contact.number as usize) {
            return given.patience;
        }
        self.model.queues[contact.queue].patience.as_ref().map(|patience| self.draw(patience, Purpose::Patience, contact))
    }

    fn handling(&self, profile: ProfileId, contact: &Contact) -> (Span, Span) {
        let queue = &self.model.queues[contact.queue];
        let entry = self.model.profiles[profile].entries.iter().find(|entry| entry.queue == contact.queue).expect("it may take it");
        let given = self.model.sources[contact.source].given.get(contact.number as usize);
        let talk = entry.handle_time.as_ref().unwrap_or(&queue.handle_time);
        let work = entry.after_contact_work.as_ref().or(queue.after_contact_work.as_ref());
        (
            given
                .and_then(|given| given.handle_time)
                .unwrap_or_else(|| self.day.stretch(contact.queue, self.draw(talk, Purpose::HandleTime, contact))),
            given.and_then(|given| given.after_contact_work).unwrap_or_else(|| {
                work.map_or(Span::ZERO, |work| self.day.stretch(contact.queue, self.draw(work, Purpose::AfterContactWork, contact)))
            }),
        )
    }

    fn instant_is_over(&mut self) {
        for contact in std::mem::take(&mut self.entered_now) {
            if self.waiting.iter().any(|(other, _)| *other == contact) {
                self.tell(Fact::Queued { contact });
            }
        }
    }

    fn end(&mut self, end: Time, stops: bool) {
        let mut shifts: Vec<Time> = self
            .model
            .agents
            .ids()
            .flat_map(|agent| self.day.presence(self.model, agent).iter().flat_map(|shift| [shift.start, shift.end]))
            .collect();
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
        for (contact, _) in std::mem::take(&mut self.waiting) {
            self.tell(Fact::Unfinished { contact });
        }
        self.tell(Fact::Ended);
    }
}
