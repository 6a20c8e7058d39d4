//! The customers who are on their way, in models with paths: a slab with a leaf each in a winner tree, as each has one next event.

use super::waiting::{NONE, Slot};
use super::winner_tree::{NEVER, WinnerTree};
use crate::id::{CarrierId, CriteriaId, QueueId, StepId};
use crate::model::{Callback, Channel};
use crate::observe::Customer;
use std::collections::VecDeque;

/// A place in the slab.
pub(super) type JourneyId = u32;

/// Where a customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Not in the center, but will call again.
    Home,
    /// In a flow, in no queue.
    Flow,
    /// In a queue; a flow may run beside.
    Queue(Slot),
    /// With an agent.
    Agent,
    /// An agent lets its telephone ring.
    Ringing,
    /// To be called back.
    Promised,
}

/// A line; where there is only a quota, of no carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) carrier: Option<CarrierId>,
}

/// A promised callback.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promise<'m> {
    pub(super) step: StepId,
    pub(super) terms: &'m Callback,
    pub(super) made_us: i64,
    pub(super) queue: QueueId,
    /// Calls that were not answered.
    pub(super) dialed: u32,
}

/// A customer on its way.
// Flags of different stages, not one state in disguise.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug)]
pub(super) struct Journey<'m> {
    pub(super) customer: Customer,
    /// Its place among all who ever came: who came first acts first.
    pub(super) order: u64,
    pub(super) arrived_us: i64,
    /// Calls made before this one.
    pub(super) calls: u64,
    pub(super) place: Place,
    /// When it moves on by itself, or [`NEVER`].
    pub(super) at: i64,
    /// The step of a flow it is in, and whether that is still to begin.
    pub(super) step: Option<StepId>,
    pub(super) begins: bool,
    /// In that step: attempts made, whether the present one succeeds, whether it pauses between two.
    pub(super) tries: u32,
    pub(super) succeeds: bool,
    pub(super) pauses: bool,
    /// Contact priority and age adjustment, and when changes of them show in the queue it is in.
    pub(super) priority: i64,
    pub(super) age_us: i64,
    pub(super) rank_changes: VecDeque<(i64, i64, i64)>,
    /// From when it ranks, if it was in a queue, and that queue.
    pub(super) ranks_from: Option<i64>,
    pub(super) queue: QueueId,
    /// Queues entered in this call.
    pub(super) hops: u32,
    /// An agent has sent it on, and it is in no queue yet.
    pub(super) transferred: bool,
    /// While it waits, in one queue or one after the other: when its patience ends, or [`NEVER`].
    pub(super) deadline: Option<i64>,
    pub(super) waits: u64,
    pub(super) conversations: u64,
    pub(super) waited_us: i64,
    pub(super) answered_us: Option<i64>,
    /// The line that it holds.
    pub(super) line: Option<Line>,
    pub(super) promise: Option<Promise<'m>>,
    /// How it reaches the center; which agents it wants in queues; how often it was offered to one.
    pub(super) channel: Channel,
    pub(super) criteria: Option<CriteriaId>,
    pub(super) offers: u64,
    /// In a queue: the step of its criteria, and when that expires, or [`NEVER`].
    pub(super) wish: Option<(CriteriaId, u32)>,
    pub(super) wish_ends: i64,
    /// Steps passed.
    pub(super) passed: u32,
    /// How often it has drawn in a step.
    drawn: Vec<(StepId, u64)>,
    is_there: bool,
}

impl Journey<'_> {
    /// A call is over and another contact of the same customer follows: what was so of that call alone is forgotten.
    pub(super) fn becomes_another_contact(&mut self) {
        (self.deadline, self.waited_us, self.answered_us, self.hops, self.transferred) = (None, 0, None, 0, false);
    }

    /// How often it has drawn in the step before.
    pub(super) fn draws_in(&mut self, step: StepId) -> u64 {
        if let Some((_, count)) = self.drawn.iter_mut().find(|(other, _)| *other == step) {
            *count += 1;
            return *count;
        }
        self.drawn.push((step, 0));
        0
    }
}

/// All customers on their way.
#[derive(Debug, Default)]
pub(super) struct Journeys<'m> {
    slots: Vec<Journey<'m>>,
    free: Vec<JourneyId>,
    due: Option<WinnerTree>,
    /// Who waits in a slot of `waiting`.
    at_slot: Vec<JourneyId>,
    next_order: u64,
    /// Who left a queue last.
    pub(super) taken: JourneyId,
}

impl<'m> Journeys<'m> {
    pub(super) fn count(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    #[inline]
    pub(super) fn first_due(&self) -> i64 {
        self.due.as_ref().map_or(NEVER, WinnerTree::first_key)
    }

    #[inline]
    pub(super) fn get(&mut self, id: JourneyId) -> &mut Journey<'m> {
        &mut self.slots[id as usize]
    }

    /// A customer calls for the first time.
    pub(super) fn add(&mut self, customer: Customer, now: i64) -> JourneyId {
        let fresh = Journey {
            customer,
            order: self.next_order,
            arrived_us: now,
            calls: 0,
            place: Place::Flow,
            at: NEVER,
            step: None,
            begins: false,
            tries: 0,
            succeeds: false,
            pauses: false,
            priority: 0,
            age_us: 0,
            rank_changes: VecDeque::new(),
            ranks_from: None,
            queue: QueueId(0),
            hops: 0,
            transferred: false,
            deadline: None,
            waits: 0,
            conversations: 0,
            waited_us: 0,
            answered_us: None,
            line: None,
            promise: None,
            channel: Channel::Voice,
            criteria: None,
            offers: 0,
            wish: None,
            wish_ends: NEVER,
            passed: 0,
            drawn: Vec::new(),
            is_there: true,
        };
        self.next_order += 1;
        let id = if let Some(id) = self.free.pop() {
            self.slots[id as usize] = fresh;
            id
        } else {
            self.slots.push(fresh);
            self.slots.len() as JourneyId - 1
        };
        self.due.get_or_insert_with(|| WinnerTree::new(16)).grow(self.slots.len());
        id
    }

    /// It is gone for good.
    pub(super) fn remove(&mut self, id: JourneyId) {
        let journey = &mut self.slots[id as usize];
        (journey.is_there, journey.at) = (false, NEVER);
        journey.rank_changes.clear();
        journey.wish_ends = NEVER;
        self.reschedule(id);
        self.free.push(id);
    }

    /// Its next event has changed.
    pub(super) fn reschedule(&mut self, id: JourneyId) {
        let journey = &self.slots[id as usize];
        let change = journey.rank_changes.front().map_or(NEVER, |change| change.0);
        if let Some(due) = &mut self.due {
            due.set(id as usize, journey.at.min(change).min(journey.wish_ends));
        }
    }

    /// Those due now, in the order in which they first came; their events are theirs to renew.
    pub(super) fn take_due(&mut self, now: i64) -> Vec<JourneyId> {
        let mut taken = Vec::new();
        if let Some(due) = &mut self.due {
            while due.first_key() == now {
                taken.push(due.first_leaf() as JourneyId);
                due.clear(due.first_leaf());
            }
        }
        taken.sort_unstable_by_key(|&id| self.slots[id as usize].order);
        taken
    }

    /// It waits in that slot from now on.
    pub(super) fn waits_at(&mut self, id: JourneyId, slot: Slot) {
        if self.at_slot.len() <= slot as usize {
            self.at_slot.resize(slot as usize + 1, NONE);
        }
        self.at_slot[slot as usize] = id;
        self.get(id).place = Place::Queue(slot);
    }

    /// Who waits in a slot.
    pub(super) fn at_slot(&self, slot: Slot) -> JourneyId {
        self.at_slot[slot as usize]
    }

    /// All who are on their way, in the order in which they first came.
    pub(super) fn all(&self) -> Vec<JourneyId> {
        let mut all: Vec<JourneyId> = (0..self.slots.len() as JourneyId).filter(|&id| self.slots[id as usize].is_there).collect();
        all.sort_unstable_by_key(|&id| self.slots[id as usize].order);
        all
    }
}
