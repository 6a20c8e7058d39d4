//! The audit's picture of desks: what every agent holds, who may be given what, and who goes first. Used only in models in which agents do more
//! than take one call at a time.

use super::picture::{Picture, Plan, Waiting};
use crate::id::{AgentId, CriteriaId, QueueId, StateId, Table};
use crate::model::{Channel, ContactRule, Entry, Model, PerChannel, Replies};
use crate::observe::{Contact, Customer, Miss};
use crate::random::Stream;
use crate::time::{Span, Time};
use std::collections::VecDeque;

/// How far an agent is with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// And is then accepted, or not.
    Rings {
        until: Time,
        accepts: Result<(), Miss>,
    },
    /// The contact has gone while it rang; that the offer is over must be told next.
    HangsUp,
    Connects {
        until: Time,
    },
    /// They talk: a part of the talk, from 0.
    Part {
        part: u32,
        ends: Time,
    },
    /// The customer is to reply; then that part begins.
    Pause {
        part: u32,
        ends: Time,
    },
    Work {
        ends: Time,
    },
    /// All is done, which must be told next.
    Done {
        active: bool,
    },
    /// A callback that the customer does not answer.
    Dials {
        ends: Time,
    },
    /// A missed offer.
    Recovers {
        until: Time,
    },
}

impl Phase {
    pub(super) fn due(self) -> Time {
        match self {
            Phase::Rings { until: at, .. }
            | Phase::Connects { until: at }
            | Phase::Recovers { until: at }
            | Phase::Part { ends: at, .. }
            | Phase::Pause { ends: at, .. }
            | Phase::Work { ends: at }
            | Phase::Dials { ends: at } => at,
            Phase::HangsUp | Phase::Done { .. } => Time::START,
        }
    }

    /// Whether it takes the agent's time, and so slows down the rest.
    pub(super) fn is_active(self) -> bool {
        matches!(self, Phase::Part { .. } | Phase::Work { .. } | Phase::Done { active: true })
    }

    /// Whether the contact has not left its queue.
    pub(super) fn is_offered(self) -> bool {
        matches!(self, Phase::Rings { .. } | Phase::Connects { .. })
    }

    /// By which rules its end comes when it does.
    pub(super) fn rule(self) -> &'static str {
        if self.is_offered() || self.is_missed() || self == Phase::HangsUp { "R3, desks: offers" } else { "R3, R13, desks: handling" }
    }

    pub(super) fn is_missed(self) -> bool {
        matches!(self, Phase::Recovers { .. })
    }
}

/// A contact in an agent's hands.
#[derive(Clone, Debug)]
pub(super) struct Held<'a> {
    /// Which of all that were ever taken, in order.
    pub(super) id: u64,
    /// As it was when it was answered, or called.
    pub(super) contact: Contact,
    pub(super) channel: Channel,
    pub(super) phase: Phase,
    /// By what the luck of the offer goes.
    pub(super) offer: u64,
    pub(super) answered: Time,
    pub(super) talk: Span,
    pub(super) after: Span,
    pub(super) replies: Option<(&'a Replies, Stream)>,
}

/// An agent and what it holds, in the order in which it took it.
#[derive(Clone, Debug)]
pub(super) struct Seat<'a> {
    pub(super) logged_in: bool,
    /// What it does instead, if it is not logged in.
    pub(super) state: Option<StateId>,
    pub(super) since: Time,
    pub(super) answered: u64,
    pub(super) held: Vec<Held<'a>>,
}

impl Seat<'_> {
    pub(super) fn taken(&self) -> PerChannel<u32> {
        let mut taken = PerChannel::default();
        for held in &self.held {
            taken[held.channel] += 1;
        }
        taken
    }

    /// How many contacts take its time.
    pub(super) fn active(&self) -> i64 {
        self.held.iter().filter(|held| held.phase.is_active()).count() as i64
    }

    pub(super) fn has_missed(&self) -> bool {
        self.held.iter().any(|held| held.phase.is_missed())
    }

    /// Nothing keeps it from leaving: a recovery is not waited for.
    pub(super) fn is_done(&self) -> bool {
        self.held.iter().all(|held| held.phase.is_missed())
    }
}

/// What must happen next in step 1 of an instant (R3), in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Leaves(AgentId),
    /// It is not there, and is to be in another state.
    Turns(AgentId),
    /// What it does with a contact is over.
    Ends(AgentId, u64),
    Comes(AgentId),
}

/// The part of an instant in which a fact belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Agents,
    Customers,
    Routing,
    Patience,
    /// The instant is over.
    Over,
}

pub(super) struct Desks<'a> {
    /// Empty where agents take one call at a time.
    pub(super) seats: Table<AgentId, Seat<'a>>,
    pub(super) agenda: VecDeque<Item>,
    pub(super) step: Step,
    /// Of this instant; 0: nothing has happened at it.
    pub(super) round: u32,
    pub(super) taken: u64,
    /// Who has got a line to be called back over: this comes next.
    pub(super) calls: Option<(Time, Customer)>,
}

impl<'a> Desks<'a> {
    pub(super) fn new(model: &Model) -> Desks<'a> {
        let away = Seat { logged_in: false, state: None, since: Time::START, answered: 0, held: Vec::new() };
        let seats = model.agents.iter().filter(|_| model.has_desks()).map(|_| away.clone());
        Desks { seats: seats.collect(), agenda: VecDeque::new(), step: Step::Agents, round: 0, taken: 0, calls: None }
    }

    /// The contact of that number at that agent's.
    pub(super) fn held(&mut self, agent: AgentId, id: u64) -> Option<&mut Held<'a>> {
        self.seats[agent].held.iter_mut().find(|held| held.id == id)
    }

    /// Nor is anybody still recovering.
    pub(super) fn nobody_holds_anything(&self) -> bool {
        self.seats.iter().all(|seat| seat.held.is_empty())
    }

    /// When something that is going on ends by itself.
    pub(super) fn next_end(&self) -> Option<Time> {
        self.seats.iter().flat_map(|seat| seat.held.iter().map(|held| held.phase.due())).min()
    }
}

/// Under what an agent takes a contact.
#[derive(Clone, Copy, Debug)]
pub(super) enum Claim<'a> {
    /// It is in the agent's own queue.
    Own,
    Entry(&'a Entry),
}

impl Claim<'_> {
    fn delay(self) -> Span {
        if let Claim::Entry(entry) = self { entry.delay } else { Span::ZERO }
    }

    /// So many others must be left.
    fn keeps(self) -> u32 {
        if let Claim::Entry(entry) = self { entry.keep_available } else { 0 }
    }
}

/// By which rule an agent may not take a contact, and why.
pub(super) type WhyNot = (&'static str, &'static str);

impl<'a> Picture<'a> {
    /// How it reaches the center: from the promise of a callback until the customer calls again, by telephone.
    pub(super) fn channel(&self, customer: Customer) -> Channel {
        let by_telephone = self.ways.of.get(&customer).is_some_and(|way| way.by_telephone);
        if by_telephone { Channel::Voice } else { self.model.sources[customer.source].channel }
    }

    pub(super) fn is_present(&self, agent: AgentId, at: Time) -> bool {
        self.day.presence(self.model, agent).iter().any(|shift| shift.start <= at && at < shift.end)
    }

    /// Why the agent gets nothing at all at that time.
    fn why_unavailable(&self, agent: AgentId, at: Time) -> Option<WhyNot> {
        let seat = &self.desks.seats[agent];
        if !seat.logged_in {
            return Some(("R14", "is not logged in"));
        }
        if !self.is_present(agent, at) {
            return Some(("R14", "is off shift"));
        }
        seat.has_missed().then_some(("desks: missed offers", "has missed an offer and not recovered"))
    }

    /// Why the agent has no place for a contact of the channel.
    pub(super) fn why_not_admitted(&self, agent: AgentId, channel: Channel, at: Time) -> Option<WhyNot> {
        if let Some(why) = self.why_unavailable(agent, at) {
            return Some(why);
        }
        let (capacity, taken) = (&self.model.profiles[self.model.agents[agent].profile].desk.capacity, self.desks.seats[agent].taken());
        let Some(own) = capacity[channel] else { return Some(("desks: capacity", "takes no contacts of that channel")) };
        if taken[channel] >= u32::from(own.at_once) {
            return Some(("desks: capacity", "holds as many contacts of that channel as it may"));
        }
        let goes_beside = |other: Channel| capacity[other].is_some_and(|held| held.other_channels);
        let alone = Channel::ALL.iter().any(|&other| other != channel && taken[other] > 0 && !goes_beside(other));
        alone.then_some(("desks: channels", "holds a contact beside which it gets none of another channel"))
    }

    fn claim(&self, agent: AgentId, contact: &Contact) -> Option<Claim<'a>> {
        if let Some(owner) = self.model.queues[contact.queue].agent {
            return (owner == agent).then_some(Claim::Own);
        }
        let channel = self.channel(contact.customer());
        let entries = &self.model.profiles[self.model.agents[agent].profile].entries;
        entries.iter().find(|entry| entry.queue == contact.queue && entry.channel == channel).map(Claim::Entry)
    }

    /// Whether the contact wants the agent, as far as its criteria have come.
    pub(super) fn is_wanted(&self, agent: AgentId, step: Option<(CriteriaId, u32)>) -> bool {
        let Some((criteria, step)) = step else { return true };
        self.model.criteria[criteria].steps.get(step as usize).is_none_or(|step| step.agents[agent])
    }

    /// How many others of the agent's profile hold nothing and could take a contact.
    fn free_beside(&self, agent: AgentId, at: Time) -> u32 {
        let profile = self.model.agents[agent].profile;
        let is_free = |other: AgentId| {
            let seat = &self.desks.seats[other];
            other != agent
                && self.model.agents[other].profile == profile
                && seat.logged_in
                && seat.held.is_empty()
                && self.is_present(other, at)
        };
        self.desks.seats.ids().filter(|&other| is_free(other)).count() as u32
    }

    /// Why the agent may not take the contact at that time, if nothing happens until then.
    pub(super) fn why_not(&self, agent: AgentId, waiting: &Waiting, at: Time) -> Option<WhyNot> {
        let contact = &waiting.contact;
        if waiting.at.is_some() {
            return Some(("desks: offers", "is given what rings at another's"));
        }
        let Some(claim) = self.claim(agent, contact) else { return Some(("R4", "does not serve that queue and channel")) };
        if contact.enqueued + claim.delay() > at {
            return Some(("R6", "must wait for the delay of its profile"));
        }
        let step = self.ways.of.get(&contact.customer()).and_then(|way| way.wants);
        if !self.is_wanted(agent, step) {
            return Some(("desks: criteria", "is not whom the contact wants"));
        }
        if let Some(why) = self.why_not_admitted(agent, self.channel(contact.customer()), at) {
            return Some(why);
        }
        let too_few = claim.keeps() > 0 && self.free_beside(agent, at) < claim.keeps();
        too_few.then_some(("desks: keep available", "would leave too few of its profile available"))
    }

    fn everybody(&self) -> impl Iterator<Item = &Waiting> {
        self.queues.iter().flatten()
    }

    /// The contact that the agent takes: its own queue first, then R5 to R8 or what the model has instead.
    pub(super) fn best_for(&self, agent: AgentId) -> Option<&Waiting> {
        let priority = |waiting: &Waiting| match self.claim(agent, &waiting.contact) {
            None | Some(Claim::Own) => 0,
            Some(Claim::Entry(_)) if self.model.policy.contact == ContactRule::LongestWaitFirst => 1,
            Some(Claim::Entry(entry)) => entry.priority,
        };
        let line = |waiting: &&Waiting| (priority(waiting), waiting.contact.priority, waiting.contact.rank(), waiting.order);
        self.everybody().filter(|waiting| self.why_not(agent, waiting, self.now).is_none()).min_by_key(line)
    }

    /// R9: the agent who is to take a contact next.
    pub(super) fn next_seat(&self) -> Option<AgentId> {
        let fewest = self.model.policy.fewest_contacts_first;
        let key = |agent: &AgentId| {
            let seat = &self.desks.seats[*agent];
            (if fewest { seat.held.len() } else { 0 }, seat.since, *agent)
        };
        self.desks.seats.ids().filter(|&agent| self.best_for(agent).is_some()).min_by_key(key)
    }

    /// Whether somebody could take a contact by that time: who, whom.
    pub(super) fn left_undone(&self, by: Time) -> Option<(AgentId, Contact)> {
        let could = |agent: AgentId| self.everybody().find(|waiting| self.why_not(agent, waiting, by).is_none());
        let free = |agent: &AgentId| self.why_unavailable(*agent, by).is_none();
        self.desks.seats.ids().filter(free).find_map(|agent| could(agent).map(|waiting| (agent, waiting.contact)))
    }

    /// An agent who is to be there later than now and will take the contact when it holds nothing else, as far as that can be told.
    pub(super) fn will_be_served_by(&self, contact: &Contact) -> Option<AgentId> {
        let channel = self.channel(contact.customer());
        let step = self.ways.of.get(&contact.customer()).and_then(|way| way.wants);
        let serves = |agent: &AgentId| {
            let takes = self.model.profiles[self.model.agents[*agent].profile].desk.capacity[channel].is_some();
            takes && self.is_wanted(*agent, step) && self.claim(*agent, contact).is_some_and(|claim| claim.keeps() == 0)
        };
        self.desks.seats.ids().find(|agent| serves(agent) && self.is_there_later(*agent))
    }

    /// What happens by itself next, shifts included.
    pub(super) fn next_of_desks(&self) -> Option<Time> {
        self.shift_changes.last().map(|change| change.0).into_iter().chain(self.desks.next_end()).min()
    }

    /// What agents must do now, in order: whoever is idle and off shift leaves, or turns to something else, then what is due ends, then agents come.
    pub(super) fn agenda_now(&self) -> VecDeque<Item> {
        let seats = || self.desks.seats.enumerate();
        let present = |agent: AgentId| self.is_present(agent, self.now);
        let leave = seats().filter_map(|(id, seat)| match self.plan(id) {
            Plan::Out(_) if seat.logged_in && seat.is_done() => Some(Item::Leaves(id)),
            Plan::Out(state) if !seat.logged_in && seat.state != state => Some(Item::Turns(id)),
            _ => None,
        });
        let due = |held: &&Held| held.phase.due() <= self.now;
        let ends = seats().flat_map(|(id, seat)| seat.held.iter().filter(due).map(move |held| Item::Ends(id, held.id)));
        let come = seats().filter(|(id, seat)| !seat.logged_in && present(*id)).map(|(id, _)| Item::Comes(id));
        leave.chain(ends).chain(come).collect()
    }

    /// Whoever has not gone at the end of a shift, and whose next one begins, is available since now (R10).
    pub(super) fn are_back(&mut self) {
        for agent in self.model.agents.ids() {
            let before = Time::from_us(self.now.as_us() - 1);
            if self.desks.seats[agent].logged_in && self.is_present(agent, self.now) && !self.is_present(agent, before) {
                self.desks.seats[agent].since = self.now;
            }
        }
    }

    /// Where a contact waits that is offered to an agent.
    pub(super) fn offered_to(&self, contact: &Contact) -> Option<AgentId> {
        self.find(contact).and_then(|place| self.queues[contact.queue][place].at)
    }

    /// Nobody is offered it any more.
    pub(super) fn is_free_again(&mut self, customer: Customer) {
        for waiting in self.queues.iter_mut().flatten().filter(|waiting| waiting.contact.customer() == customer) {
            waiting.at = None;
        }
    }

    /// Who waits in a queue and is not offered to anybody.
    pub(super) fn in_line(&self, queue: QueueId) -> impl Iterator<Item = &Waiting> {
        self.queues[queue].iter().filter(|waiting| waiting.at.is_none())
    }
}
