//! The naive twin: what agents have in hand, from ringing to the end of the work after a contact. In worlds without desks an agent answers at once, and has one
//! contact at a time.

use super::{Agent, Twin, Waits, nth};
use rand::RngExt;
use waitline::model::{Availability, Channel, Entry, Model, Offers};
use waitline::random::{Distribution, Purpose, Stream};
use waitline::{AgentId, Contact, CriteriaId, Fact, Miss, QueueId, Span, Time};

/// A contact that an agent has in hand.
#[derive(Clone)]
pub(super) struct Held {
    /// Which taking of all it was.
    taking: u64,
    /// While it rings or connects, it is in its queue still, and its rank may change there.
    contact: Contact,
    channel: Channel,
    state: State,
    /// When this state ends.
    pub(super) until: Time,
    /// When it was answered or dialed.
    answered: Time,
    /// What is still to be done, in order: pauses and parts of the talk, and the work after it.
    left: Vec<(State, Span)>,
    /// How many offers of the customer came before this one.
    offer: u64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    Rings(Reaction),
    IsConnected,
    Talks,
    Pauses,
    Works,
    IsDialed,
    IsMissed,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Reaction {
    Accepts,
    Misses(Miss),
}

impl Held {
    fn is_active(&self) -> bool {
        matches!(self.state, State::Talks | State::Works)
    }

    fn is_missed(&self) -> bool {
        self.state == State::IsMissed
    }
}

/// Which agents a contact wants that waits, now and until when.
#[derive(Clone, Copy)]
pub(super) struct Wants {
    criteria: CriteriaId,
    step: usize,
    pub(super) until: Time,
}

impl Wants {
    pub(super) fn at_first(model: &Model, criteria: CriteriaId, now: Time) -> Wants {
        Wants::in_step(model, criteria, 0, now)
    }

    fn in_step(model: &Model, criteria: CriteriaId, step: usize, now: Time) -> Wants {
        let lasts = model.criteria[criteria].steps.get(step).and_then(|step| step.lasts);
        Wants { criteria, step, until: lasts.map_or(Time::NEVER, |lasts| now + lasts) }
    }

    fn will_do(self, model: &Model, agent: AgentId) -> bool {
        model.criteria[self.criteria].steps.get(self.step).is_none_or(|step| step.agents[agent])
    }
}

/// `span` x `by` / `of`, rounded, halves up.
fn scaled(span: Span, by: i64, of: i64) -> Span {
    let us = (i128::from(span.as_us()) * i128::from(by) * 2 + i128::from(of)) / (2 * i128::from(of));
    Span::from_us(us as i64)
}

// ---- who may take what -------------------------------------------------------------------------------------------------

impl<'m> Twin<'m> {
    pub(super) fn note(&mut self, what: &'static str) {
        *self.noted.entry(what).or_insert(0) += 1;
    }

    fn taken(&self, index: usize, channel: Channel) -> usize {
        self.agents[index].hands.iter().filter(|held| held.channel == channel).count()
    }

    /// Whether an agent may take one more of a channel.
    pub(super) fn admits(&self, index: usize, channel: Channel) -> bool {
        let capacity = &self.model.profiles[self.agents[index].profile].desk.capacity;
        let others_bar = |other: &Channel| {
            *other != channel && self.taken(index, *other) > 0 && !capacity[*other].is_some_and(|capacity| capacity.other_channels)
        };
        capacity[channel].is_some_and(|capacity| self.taken(index, channel) < usize::from(capacity.at_once))
            && !Channel::ALL.iter().any(others_bar)
    }

    pub(super) fn is_available(&self, index: usize) -> bool {
        let agent = &self.agents[index];
        agent.logged_in
            && self.on_shift(agent.id, self.now)
            && !agent.hands.iter().any(Held::is_missed)
            && Channel::ALL.iter().any(|&channel| self.admits(index, channel))
    }

    /// Whether a queue is in the agent's profile, or its own.
    pub(super) fn serves(&self, index: usize, queue: QueueId) -> bool {
        let Agent { id, profile, .. } = self.agents[index];
        let is_own = self.model.queues[queue].agent == Some(id);
        is_own || self.model.profiles[profile].entries.iter().any(|entry| entry.queue == queue)
    }

    /// Whether so many others of the profile have nothing to do.
    fn enough_are_left(&self, index: usize, entry: &Entry) -> bool {
        let of = &self.agents[index];
        let is_left = |agent: &&Agent| {
            let is_there = agent.logged_in && self.on_shift(agent.id, self.now);
            agent.id != of.id && agent.profile == of.profile && is_there && agent.hands.is_empty()
        };
        self.agents.iter().filter(is_left).count() >= entry.keep_available as usize
    }

    /// The entry of the agent's profile under which it may take the contact now; `Ok(None)`: it is in the agent's own queue.
    fn claim(&self, index: usize, waits: &Waits) -> Result<Option<&'m Entry>, &'static str> {
        let Agent { id, profile, .. } = self.agents[index];
        let contact = &waits.contact;
        if waits.at.is_some() || !self.admits(index, waits.channel) {
            return Err("is not to be had");
        }
        if let Some(owner) = self.model.queues[contact.queue].agent {
            return if owner == id { Ok(None) } else { Err("is somebody else's") };
        }
        let entries = &self.model.profiles[profile].entries;
        let entry = entries.iter().find(|entry| (entry.queue, entry.channel) == (contact.queue, waits.channel)).ok_or("is not served")?;
        if self.now.since(contact.enqueued) < entry.delay {
            return Err("is held");
        }
        if !waits.wants.is_none_or(|wants| wants.will_do(self.model, id)) {
            return Err("wants another agent");
        }
        if !self.enough_are_left(index, entry) {
            return Err("is left so that others stay available");
        }
        Ok(Some(entry))
    }

    /// Profile priority and weight under which an agent may take a contact.
    pub(super) fn may_take(&self, index: usize, waits: &Waits) -> Option<(u8, u32)> {
        let claim = self.claim(index, waits).ok()?;
        Some(claim.map_or((0, 1000), |entry| (entry.priority, entry.weight_milli)))
    }

    /// What keeps contacts from agents who could take them otherwise.
    pub(super) fn note_what_waits(&mut self) {
        for index in (0..self.agents.len()).filter(|&index| self.is_available(index)).collect::<Vec<_>>() {
            for waits in self.waiting.clone() {
                if let Err(reason) = self.claim(index, &waits) {
                    self.note(reason);
                }
            }
        }
    }

    // ---- taking and offering -------------------------------------------------------------------------------------------

    fn offers(&self, index: usize) -> Option<&'m Offers> {
        self.model.profiles[self.agents[index].profile].desk.offers.as_ref()
    }

    fn held(&mut self, index: usize, taking: u64) -> &mut Held {
        self.agents[index].hands.iter_mut().find(|held| held.taking == taking).expect("it is in hand")
    }

    /// The agent takes the contact: it rings, or is answered at once.
    pub(super) fn takes(&mut self, index: usize, place: usize) {
        let Waits { contact, channel, .. } = self.waiting[place];
        let Agent { id, profile, .. } = self.agents[index];
        if !self.agents[index].hands.is_empty() {
            self.note("is taken beside another contact");
        }
        let taking = self.takings;
        self.takings += 1;
        self.waiting[place].at = Some((index, taking));
        let mut held =
            Held { taking, contact, channel, state: State::IsConnected, until: self.now, answered: self.now, left: Vec::new(), offer: 0 };
        let Some(offers) = self.offers(index) else {
            self.agents[index].hands.push(held);
            return self.answers(index, taking);
        };
        let guest = self.guest_of(&contact).expect("it came");
        held.offer = self.guests[guest].count(|fact| matches!(fact, Fact::Rang { .. }));
        let (after, reaction) = self.reaction(offers, &held);
        (held.state, held.until) = (State::Rings(reaction), self.now + after);
        self.agents[index].hands.push(held);
        self.tell_guest(guest, Fact::Rang { contact, agent: id, profile });
    }

    fn luck_of_offer(&self, held: &Held, place: u64) -> Stream {
        let Contact { source, number, .. } = held.contact;
        self.streams.source(source).stream_at(Purpose::Offer, nth(number, held.offer), place)
    }

    fn of_offer(&self, held: &Held, place: u64, distribution: &Distribution) -> Span {
        distribution.sample(&mut self.luck_of_offer(held, place))
    }

    /// When the ringing ends, and how.
    fn reaction(&self, offers: &Offers, held: &Held) -> (Span, Reaction) {
        let draw: f64 = self.luck_of_offer(held, 0).random();
        let ring = self.of_offer(held, 1, &offers.accept);
        let longest = held.channel.ring_time();
        if draw < offers.missed || ring > longest {
            (longest, Reaction::Misses(Miss::NoAnswer))
        } else if draw < offers.missed + offers.rejected {
            (ring, Reaction::Misses(Miss::Rejected))
        } else {
            (ring, Reaction::Accepts)
        }
    }

    /// The contact as it is now, though an agent has it in hand.
    fn contact_at(&self, index: usize, taking: u64) -> Contact {
        let place = self.waiting.iter().position(|waits| waits.at == Some((index, taking))).expect("it is in its queue");
        self.waiting[place].contact
    }

    fn accepts(&mut self, index: usize, taking: u64) {
        let contact = self.contact_at(index, taking);
        let Agent { id, profile, .. } = self.agents[index];
        self.tell_of(&contact, Fact::Accepted { contact, agent: id, profile });
        let held = self.held(index, taking).clone();
        let connect = self.offers(index).and_then(|offers| offers.connect.as_ref());
        let connect = connect.map_or(Span::ZERO, |connect| self.of_offer(&held, 3, connect));
        if connect == Span::ZERO {
            return self.answers(index, taking);
        }
        let until = self.now + connect;
        let held = self.held(index, taking);
        (held.state, held.until) = (State::IsConnected, until);
    }

    /// The offer comes to nothing.
    fn misses(&mut self, index: usize, taking: u64, contact: Contact, why: Miss) {
        let Agent { id, profile, .. } = self.agents[index];
        self.tell_of(&contact, Fact::Missed { contact, agent: id, profile, why });
        let held = self.held(index, taking).clone();
        let recovery = self.offers(index).map_or(Span::ZERO, |offers| self.of_offer(&held, 2, &offers.recovery));
        let until = self.now + recovery;
        let held = self.held(index, taking);
        (held.state, held.until) = (State::IsMissed, until);
        if let Some(waits) = self.waiting.iter_mut().find(|waits| waits.at == Some((index, taking))) {
            waits.at = None;
        }
        self.leaves_if_it_may(index);
    }

    pub(super) fn is_offered(&self, guest: usize) -> bool {
        self.place_of(guest).is_some_and(|place| self.waiting[place].at.is_some())
    }

    /// At whose a contact is, and how far.
    fn state_of(&self, waits: &Waits) -> Option<(usize, u64, State)> {
        let (index, taking) = waits.at?;
        let held = self.agents[index].hands.iter().find(|held| held.taking == taking)?;
        Some((index, taking, held.state))
    }

    /// Who leaves its queue rings no longer.
    pub(super) fn rings_in_vain(&mut self, waits: &Waits) {
        if let Some((index, taking, State::Rings(_))) = self.state_of(waits) {
            self.misses(index, taking, waits.contact, Miss::HungUp);
        }
    }

    /// Nor will it be spoken with; the agent is free for others.
    pub(super) fn is_connected_in_vain(&mut self, waits: &Waits) {
        if let Some((index, taking, State::IsConnected)) = self.state_of(waits) {
            self.note("gives up while it is connected");
            self.agents[index].hands.retain(|held| held.taking != taking);
            self.leaves_if_it_may(index);
            self.once_more = true;
        }
    }

    // ---- speaking and working ------------------------------------------------------------------------------------------

    fn answers(&mut self, index: usize, taking: u64) {
        let now = self.now;
        let place = self.waiting.iter().position(|waits| waits.at == Some((index, taking))).expect("it is in its queue");
        let Waits { contact, channel, .. } = self.waiting.remove(place);
        let Agent { id, profile, answered, .. } = self.agents[index];
        self.is_in_use(index, &contact);
        let held = self.held(index, taking);
        (held.contact, held.answered) = (contact, now);
        let conversation = match self.guest_is_taken(&contact) {
            Ok(conversation) => conversation,
            Err(ring) => {
                let held = self.held(index, taking);
                (held.state, held.until) = (State::IsDialed, now + ring);
                return self.tell_of(&contact, Fact::Dialed { contact, agent: id, profile, ring });
            }
        };
        let (talk, after_contact_work) = self.handling(index, channel, &contact, conversation, answered);
        if self.model.agents[id].pace.stretch(contact.queue, answered, Span::from_secs(1000)) != Span::from_secs(1000) {
            self.note("has a pace of its own");
        }
        let mut left = self.parts(channel, &contact, conversation, talk);
        left.push((State::Works, after_contact_work));
        let (_, first) = left.remove(0);
        self.agents[index].answered += 1;
        self.held(index, taking).left = left;
        self.enters_state(index, taking, State::Talks, first);
        self.guest_talks(&contact);
        self.tell_of(&contact, Fact::Answered { contact, agent: id, profile, talk, after_contact_work });
    }

    /// It has not been available since before.
    fn is_in_use(&mut self, index: usize, contact: &Contact) {
        let desk = &self.model.profiles[self.agents[index].profile].desk;
        if desk.availability == Availability::SinceLastInbound && self.model.sources[contact.source].outbound {
            return self.note("leaves the agent its place");
        }
        self.agents[index].since = self.now;
    }

    /// A replay gives the handling of the first conversation.
    fn handling(&self, index: usize, channel: Channel, contact: &Contact, before: u64, answered: u64) -> (Span, Span) {
        let Agent { id, profile, .. } = self.agents[index];
        let queue = &self.model.queues[contact.queue];
        let terms = &queue.by_channel[channel];
        let entry = self.model.profiles[profile].entries.iter().find(|entry| (entry.queue, entry.channel) == (contact.queue, channel));
        let given = self.model.sources[contact.source].given.get(contact.number as usize).filter(|_| before == 0);
        let of_entry = entry.and_then(|entry| entry.handle_time.as_ref());
        let talk = of_entry.or(terms.handle_time.as_ref()).unwrap_or(&queue.handle_time);
        let of_entry = entry.and_then(|entry| entry.after_contact_work.as_ref());
        let work = of_entry.or(terms.after_contact_work.as_ref()).or(queue.after_contact_work.as_ref());
        let takes = |distribution: &Distribution, purpose: Purpose| {
            let of_day = self.day.stretch(contact.queue, self.draw(distribution, purpose, contact, before));
            self.model.agents[id].pace.stretch(contact.queue, answered, of_day)
        };
        (
            given.and_then(|given| given.handle_time).unwrap_or_else(|| takes(talk, Purpose::HandleTime)),
            given
                .and_then(|given| given.after_contact_work)
                .unwrap_or_else(|| work.map_or(Span::ZERO, |work| takes(work, Purpose::AfterContactWork))),
        )
    }

    /// The parts of a talk, and the pauses between them.
    fn parts(&self, channel: Channel, contact: &Contact, before: u64, talk: Span) -> Vec<(State, Span)> {
        let Some(replies) = &self.model.queues[contact.queue].by_channel[channel].replies else { return vec![(State::Talks, talk)] };
        let mut luck = self.streams.source(contact.source).stream(Purpose::Reply, nth(contact.number, before));
        let mut parts = vec![(State::Talks, replies.part(talk, 0))];
        for part in 1..=replies.count {
            parts.push((State::Pauses, replies.after.sample(&mut luck)));
            parts.push((State::Talks, replies.part(talk, part)));
        }
        parts
    }

    /// By how much a contact of the channel takes longer while the agent works on so many, in thousandths.
    fn slowness(&self, index: usize, channel: Channel, active: usize) -> i64 {
        let capacity = self.model.profiles[self.agents[index].profile].desk.capacity[channel].expect("it was taken");
        1000 + i64::from(capacity.slowdown_milli) * (active as i64 - 1)
    }

    fn active(&self, index: usize) -> usize {
        self.agents[index].hands.iter().filter(|held| held.is_active()).count()
    }

    /// A contact has a new state for so long, as long as the agent works on nothing else.
    fn enters_state(&mut self, index: usize, taking: u64, state: State, lasts: Span) {
        let (now, before) = (self.now, self.active(index));
        self.held(index, taking).state = state;
        let active = self.active(index);
        if state == State::Pauses {
            self.note("waits for the customer");
        }
        let lasts = if self.held(index, taking).is_active() {
            let channel = self.held(index, taking).channel;
            scaled(lasts, self.slowness(index, channel, active), 1000)
        } else {
            lasts
        };
        self.held(index, taking).until = now + lasts;
        self.others_go_on(index, taking, before);
    }

    /// The agent worked on so many contacts; perhaps it is another number now.
    fn others_go_on(&mut self, index: usize, but: u64, before: usize) {
        let (now, active) = (self.now, self.active(index));
        if active == before {
            return;
        }
        for place in 0..self.agents[index].hands.len() {
            let Held { taking, channel, until, .. } = self.agents[index].hands[place];
            if taking == but || !self.agents[index].hands[place].is_active() {
                continue;
            }
            let (slow, slow_before) = (self.slowness(index, channel, active), self.slowness(index, channel, before));
            let changed = now + scaled(until.since(now), slow, slow_before);
            self.agents[index].hands[place].until = changed;
            if changed != until {
                self.note("goes on slower or faster");
            }
        }
    }

    /// It is no longer in hand.
    fn is_done_with(&mut self, index: usize, taking: u64) {
        let before = self.active(index);
        let Held { contact, answered, .. } = self.held(index, taking).clone();
        let Agent { id, profile, .. } = self.agents[index];
        self.agents[index].hands.retain(|held| held.taking != taking);
        self.others_go_on(index, taking, before);
        self.agents[index].handled_us += self.now.since(answered).as_us();
        self.is_in_use(index, &contact);
        self.tell(Fact::Completed { contact, agent: id, profile, answered });
    }

    // ---- what is due ---------------------------------------------------------------------------------------------------

    /// By agent and in the order in which it took them: what ends at this instant.
    pub(super) fn what_is_due(&self) -> Vec<(usize, u64)> {
        let due =
            |index: usize| self.agents[index].hands.iter().filter(|held| held.until == self.now).map(move |held| (index, held.taking));
        (0..self.agents.len()).flat_map(due).collect()
    }

    pub(super) fn goes_on_with(&mut self, index: usize, taking: u64) {
        // Who left has put it down.
        let Some(held) = self.agents[index].hands.iter().find(|held| held.taking == taking).cloned() else { return };
        match held.state {
            State::Rings(Reaction::Accepts) => self.accepts(index, taking),
            State::Rings(Reaction::Misses(why)) => {
                let contact = self.contact_at(index, taking);
                self.misses(index, taking, contact, why);
            }
            State::IsConnected => self.answers(index, taking),
            State::Talks | State::Pauses | State::Works | State::IsDialed => self.does_what_is_left(index, taking),
            State::IsMissed => {
                let Agent { id, profile, .. } = self.agents[index];
                self.agents[index].hands.retain(|held| held.taking != taking);
                self.agents[index].since = self.now;
                self.tell(Fact::Recovered { agent: id, profile });
            }
        }
    }

    /// What takes no time is passed at once, as if it were not there.
    fn does_what_is_left(&mut self, index: usize, taking: u64) {
        let Held { contact, left, .. } = self.held(index, taking).clone();
        for (place, &(state, lasts)) in left.iter().enumerate() {
            if state == State::Works {
                self.guest_has_talked(&contact);
            }
            if lasts > Span::ZERO {
                self.held(index, taking).left = left[place + 1..].to_vec();
                return self.enters_state(index, taking, state, lasts);
            }
        }
        self.is_done_with(index, taking);
    }

    /// An agent goes when its shift is over and it has nothing to finish; what it missed it leaves behind.
    pub(super) fn leaves_if_it_may(&mut self, index: usize) {
        let now = self.now;
        let Agent { id, profile, logged_in, .. } = self.agents[index];
        if !logged_in || self.on_shift(id, now) || !self.agents[index].hands.iter().all(Held::is_missed) {
            return;
        }
        if !self.agents[index].hands.is_empty() {
            self.note("ends its shift before it has recovered");
        }
        let agent = &mut self.agents[index];
        agent.hands.clear();
        agent.logged_in = false;
        agent.staffed_us += now.since(agent.staffed_since).as_us();
        self.tell(Fact::LoggedOut { agent: id, profile });
        self.turn(index);
    }

    // ---- whom contacts want --------------------------------------------------------------------------------------------

    /// Whether the step of its criteria ends now.
    pub(super) fn is_to_widen(&self, guest: usize) -> bool {
        self.place_of(guest).and_then(|place| self.waiting[place].wants).is_some_and(|wants| wants.until == self.now)
    }

    pub(super) fn widens(&mut self, guest: usize) {
        let place = self.place_of(guest).expect("it waits");
        let Waits { contact, wants, at, .. } = self.waiting[place];
        let Wants { criteria, step, .. } = wants.expect("it wants some agents");
        if at.is_some() {
            self.note("widens while it is offered");
        }
        self.waiting[place].wants = Some(Wants::in_step(self.model, criteria, step + 1, self.now));
        self.tell_guest(guest, Fact::Widened { contact, step: step as u32 + 1 });
    }
}
