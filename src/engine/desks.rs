//! What agents have in hand, where they may hold several contacts, and which of them could take one more.

use super::desk_routes::{DeskRoutes, KindId};
use super::journeys::JourneyId;
use super::waiting::{NONE, Slot};
use crate::id::{AgentId, Id, ProfileId, Table};
use crate::model::{Capacity, Channel, Desk, Model, PerChannel, Replies};
use crate::observe::{Contact, Miss};
use crate::random::Stream;
use crate::time::{Span, Time};
use std::collections::BTreeSet;

/// A place in the slab of [`Hands`].
pub(super) type HandId = u32;

/// How far an agent is with what it has in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It rings, and then the offer is accepted, or comes to nothing.
    Rings { miss: Option<Miss> },
    /// Accepted; they are being connected.
    Connects,
    /// They talk, in that part of the conversation.
    Talks { part: u32 },
    /// The agent waits for the customer, after that part.
    Pauses { part: u32 },
    /// After-contact work.
    Works,
    /// The telephone of a customer who does not answer rings.
    Dials,
    /// A missed offer that the agent has not recovered from.
    Missed,
}

impl Phase {
    /// Whether it takes the agent's time.
    pub(super) fn is_active(self) -> bool {
        matches!(self, Phase::Talks { .. } | Phase::Works)
    }
}

/// Something that takes a slot of an agent.
#[derive(Debug)]
pub(super) struct Hand<'m> {
    pub(super) agent: AgentId,
    pub(super) channel: Channel,
    pub(super) outbound: bool,
    /// Of all that agents ever took in hand, which this was.
    pub(super) order: u64,
    pub(super) phase: Phase,
    /// When the phase ends.
    pub(super) at: i64,
    /// Whether it takes the agent's time.
    pub(super) is_at_work: bool,
    /// By what the agent's other contacts stretch it now, in thousandths.
    pub(super) factor_milli: i64,
    pub(super) contact: Contact,
    /// While it is an offer: whose, and where it waits.
    pub(super) journey: JourneyId,
    pub(super) slot: Slot,
    /// The number by which its luck is looked up.
    pub(super) offer: u64,
    /// Since it was answered.
    pub(super) answered: Time,
    pub(super) talk: Span,
    pub(super) after_contact_work: Span,
    pub(super) replies: Option<(&'m Replies, Stream)>,
}

impl Hand<'_> {
    /// How long a part of the talk is.
    pub(super) fn part(&self, part: u32) -> Span {
        self.replies.as_ref().map_or(self.talk, |(replies, _)| replies.part(self.talk, part))
    }

    pub(super) fn is_last(&self, part: u32) -> bool {
        self.replies.as_ref().is_none_or(|(replies, _)| part == replies.count)
    }
}

/// What an agent of a group has in common with the others: its kind, the channels of which it could take one, whether it holds nothing.
pub(super) type GroupId = usize;
/// Groups of a kind.
const GROUPS: usize = 32;
const EMPTY_HANDED: usize = 16;

/// (contacts held, available since, number): the smallest goes first (R9).
pub(super) type Turn = (u32, i64, AgentId);

/// An agent at its desk.
#[derive(Clone, Debug)]
pub(super) struct AgentDesk {
    pub(super) kind: KindId,
    pub(super) profile: ProfileId,
    /// On shift now.
    pub(super) present: bool,
    pub(super) logged_in: bool,
    pub(super) taken: PerChannel<u8>,
    /// Missed offers that it has not recovered from: as long as there is one, it gets nothing.
    pub(super) missed: u8,
    pub(super) since_us: i64,
    pub(super) answered_count: u64,
    /// In the order of taking.
    pub(super) hands: Vec<HandId>,
    /// Where it stands among the available.
    place: Option<(GroupId, Turn)>,
}

impl AgentDesk {
    /// Whether it holds nothing but, at most, missed offers.
    pub(super) fn is_done(&self) -> bool {
        self.hands.len() == usize::from(self.missed)
    }

    fn is_free(&self) -> bool {
        self.present && self.logged_in && self.hands.is_empty()
    }
}

/// All desks.
#[derive(Debug, Default)]
pub(super) struct Desks<'m> {
    pub(super) routes: DeskRoutes,
    pub(super) agents: Table<AgentId, AgentDesk>,
    desks: Table<ProfileId, &'m Desk>,
    fewest_first: bool,
    hands: Vec<Option<Hand<'m>>>,
    free_hands: Vec<HandId>,
    next_order: u64,
    /// A contact was offered more often than it may be.
    pub(super) offered_in_vain: bool,
    /// By slot of a waiting contact: the hand that offers it.
    offers: Vec<HandId>,
    /// The available agents of each group, and for each kind the groups that are not empty.
    groups: Vec<BTreeSet<Turn>>,
    filled: Table<KindId, u32>,
    /// By profile: agents on shift who hold nothing.
    free: Table<ProfileId, u32>,
    /// Groups that may face an eligible contact at this instant.
    pub(super) affected: Vec<GroupId>,
    is_affected: Vec<bool>,
    /// The kinds of these groups, and of those that were.
    pub(super) kinds_affected: Vec<KindId>,
}

impl<'m> Desks<'m> {
    pub(super) fn new(model: &'m Model) -> Desks<'m> {
        let routes = DeskRoutes::new(model);
        let kinds = routes.profile_of.len();
        let agents = model.agents.enumerate().map(|(id, agent)| AgentDesk {
            kind: routes.kind_of[id],
            profile: agent.profile,
            present: false,
            logged_in: false,
            taken: PerChannel::default(),
            missed: 0,
            since_us: 0,
            answered_count: 0,
            hands: Vec::new(),
            place: None,
        });
        Desks {
            agents: agents.collect(),
            desks: model.profiles.iter().map(|profile| &profile.desk).collect(),
            fewest_first: model.policy.fewest_contacts_first,
            groups: vec![BTreeSet::new(); kinds * GROUPS],
            filled: (0..kinds).map(|_| 0).collect(),
            free: model.profiles.iter().map(|_| 0).collect(),
            is_affected: vec![false; kinds * GROUPS],
            routes,
            ..Desks::default()
        }
    }

    pub(super) fn desk(&self, agent: AgentId) -> &'m Desk {
        self.desks[self.agents[agent].profile]
    }

    fn capacity(&self, agent: AgentId, channel: Channel) -> Option<Capacity> {
        self.desk(agent).capacity[channel]
    }

    // ---- hands ---------------------------------------------------------------------------------------------------------

    pub(super) fn hand(&self, id: HandId) -> &Hand<'m> {
        self.hands[id as usize].as_ref().expect("it is in hand")
    }

    pub(super) fn hand_mut(&mut self, id: HandId) -> &mut Hand<'m> {
        self.hands[id as usize].as_mut().expect("it is in hand")
    }

    /// Whether it is still in hand, and being connected.
    pub(super) fn is_connecting(&self, id: HandId) -> bool {
        self.hands[id as usize].as_ref().is_some_and(|hand| hand.phase == Phase::Connects)
    }

    pub(super) fn hands_max(&self) -> usize {
        self.hands.len()
    }

    /// The agent takes something in hand; its order is given here.
    pub(super) fn take(&mut self, mut hand: Hand<'m>) -> HandId {
        hand.order = self.next_order;
        self.next_order += 1;
        let (agent, channel) = (hand.agent, hand.channel);
        let id = if let Some(id) = self.free_hands.pop() {
            self.hands[id as usize] = Some(hand);
            id
        } else {
            self.hands.push(Some(hand));
            self.hands.len() as HandId - 1
        };
        self.free_before(agent);
        self.agents[agent].taken[channel] += 1;
        self.agents[agent].hands.push(id);
        id
    }

    /// The agent lets go of it.
    pub(super) fn let_go(&mut self, id: HandId) -> Hand<'m> {
        let hand = self.hands[id as usize].take().expect("it is in hand");
        self.free_hands.push(id);
        let agent = &mut self.agents[hand.agent];
        agent.hands.retain(|&other| other != id);
        agent.taken[hand.channel] -= 1;
        if hand.phase == Phase::Missed {
            agent.missed -= 1;
        }
        self.free_after(hand.agent);
        hand
    }

    /// How many of the agent's contacts take its time.
    pub(super) fn active(&self, agent: AgentId) -> i64 {
        self.agents[agent].hands.iter().filter(|&&id| self.hand(id).is_at_work).count() as i64
    }

    /// By what each of `active` contacts in hand stretches one of that channel, in thousandths.
    pub(super) fn factor_milli(&self, agent: AgentId, channel: Channel, active: i64) -> i64 {
        let slowdown = self.capacity(agent, channel).map_or(0, |capacity| capacity.slowdown_milli);
        1000 + i64::from(slowdown) * (active - 1).max(0)
    }

    /// The contact in a slot is being offered.
    pub(super) fn is_offered_by(&mut self, slot: Slot, hand: HandId) {
        if self.offers.len() <= slot as usize {
            self.offers.resize(slot as usize + 1, NONE);
        }
        self.offers[slot as usize] = hand;
    }

    /// Who offers the contact in a slot.
    pub(super) fn offer_of(&self, slot: Slot) -> HandId {
        self.offers[slot as usize]
    }

    // ---- who is available ----------------------------------------------------------------------------------------------

    /// Whether the agent may be given a contact of that channel.
    pub(super) fn admits(&self, agent: AgentId, channel: Channel) -> bool {
        let row = &self.agents[agent];
        let desk = self.desk(agent);
        let bears = |other: &Channel| row.taken[*other] == 0 || desk.capacity[*other].is_some_and(|capacity| capacity.other_channels);
        desk.capacity[channel].is_some_and(|capacity| row.taken[channel] < capacity.at_once)
            && Channel::ALL.iter().filter(|&&other| other != channel).all(bears)
    }

    /// The agent's place among the available, after anything about it has changed.
    pub(super) fn refresh(&mut self, agent: AgentId) {
        let row = &self.agents[agent];
        let mask: usize = if row.present && row.logged_in && row.missed == 0 {
            Channel::ALL.into_iter().filter(|&channel| self.admits(agent, channel)).map(|channel| 1 << channel as usize).sum()
        } else {
            0
        };
        let free = if row.hands.is_empty() { EMPTY_HANDED } else { 0 };
        let turn = (if self.fewest_first { row.hands.len() as u32 } else { 0 }, row.since_us, agent);
        let place = (mask != 0).then_some((row.kind.index() * GROUPS + free + mask, turn));
        if place == row.place {
            return;
        }
        if let Some((group, turn)) = row.place {
            self.groups[group].remove(&turn);
            if self.groups[group].is_empty() {
                self.filled[KindId::from_index(group / GROUPS)] &= !(1 << (group % GROUPS));
            }
        }
        if let Some((group, turn)) = place {
            self.groups[group].insert(turn);
            self.filled[KindId::from_index(group / GROUPS)] |= 1 << (group % GROUPS);
            self.affect(group);
        }
        self.agents[agent].place = place;
    }

    fn free_before(&mut self, agent: AgentId) {
        if self.agents[agent].is_free() {
            self.free[self.agents[agent].profile] -= 1;
        }
    }

    /// One more agent who holds nothing may let others take what is taken only while some stay available.
    fn free_after(&mut self, agent: AgentId) {
        if !self.agents[agent].is_free() {
            return;
        }
        let profile = self.agents[agent].profile;
        self.free[profile] += 1;
        if self.routes.keeps[profile] {
            for kind in self.routes.kinds_of(profile).collect::<Vec<_>>() {
                self.affect_kind(kind);
            }
        }
    }

    /// The agent's shift begins or ends.
    pub(super) fn is_present(&mut self, agent: AgentId, present: bool) {
        self.free_before(agent);
        self.agents[agent].present = present;
        self.free_after(agent);
    }

    pub(super) fn is_logged_in(&mut self, agent: AgentId, logged_in: bool) {
        self.free_before(agent);
        self.agents[agent].logged_in = logged_in;
        self.free_after(agent);
    }

    /// Whether as many agents of the profile hold nothing, besides one of a group.
    pub(super) fn keeps_available(&self, group: GroupId, at_least: u32) -> bool {
        let profile = self.routes.profile_of[KindId::from_index(group / GROUPS)];
        at_least == 0 || self.free[profile] - u32::from(group % GROUPS >= EMPTY_HANDED) >= at_least
    }

    pub(super) fn kind_of_group(group: GroupId) -> KindId {
        KindId::from_index(group / GROUPS)
    }

    pub(super) fn group_admits(group: GroupId, channel: Channel) -> bool {
        group >> (channel as usize) & 1 == 1
    }

    /// Whether the agent could take a contact of that channel now.
    pub(super) fn is_available(&self, agent: AgentId, channel: Channel) -> bool {
        self.agents[agent].place.is_some_and(|(group, _)| Desks::group_admits(group, channel))
    }

    /// How many agents of the profile could.
    pub(super) fn available(&self, profile: ProfileId, channel: Channel) -> u64 {
        let groups = self.routes.kinds_of(profile).flat_map(|kind| kind.index() * GROUPS..(kind.index() + 1) * GROUPS);
        groups.filter(|&group| Desks::group_admits(group, channel)).map(|group| self.groups[group].len() as u64).sum()
    }

    /// The first of a group.
    pub(super) fn first(&self, group: GroupId) -> Option<Turn> {
        self.groups[group].first().copied()
    }

    pub(super) fn has_available(&self, kind: KindId) -> bool {
        self.filled[kind] != 0
    }

    pub(super) fn affect_kind(&mut self, kind: KindId) {
        let mut filled = self.filled[kind];
        while filled != 0 {
            let group = kind.index() * GROUPS + filled.trailing_zeros() as usize;
            filled &= filled - 1;
            self.affect(group);
        }
    }

    fn affect(&mut self, group: GroupId) {
        if !self.is_affected[group] {
            self.is_affected[group] = true;
            self.affected.push(group);
            self.kinds_affected.push(KindId::from_index(group / GROUPS));
        }
    }

    /// The group is done with, until it is affected again.
    pub(super) fn is_done_with(&mut self, place: usize) {
        let group = self.affected.swap_remove(place);
        self.is_affected[group] = false;
    }
}
