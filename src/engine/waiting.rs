//! The contacts that wait: a slab of slots, linked into lines in the order of enqueueing, one per queue.
//!
//! Whoever leaves early is unlinked at once, so that the first of a line always waits. Memory is bounded by how many wait at the same time.

use super::routes::Pool;
use super::winner_tree::{NEVER, WinnerTree};
use crate::id::{Id, QueueId, Table};
use crate::observe::Contact;
use crate::time::Span;

/// A line of waiting contacts: of a queue; where agents have desks, of a queue, a channel and a step of routing criteria.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LineId(u32);

impl Id for LineId {
    #[inline]
    fn from_index(index: usize) -> LineId {
        LineId(index as u32)
    }
    #[inline]
    fn index(self) -> usize {
        self.0 as usize
    }
}

impl From<QueueId> for LineId {
    /// Where every queue has one line.
    #[inline]
    fn from(queue: QueueId) -> LineId {
        LineId(queue.0)
    }
}

impl LineId {
    /// What stands for a pool among so many lines.
    pub(super) fn of_pool(lines: usize, number: usize) -> LineId {
        LineId::from_index(lines + number)
    }
}

/// A place in the slab.
pub(super) type Slot = u32;
/// No slot.
pub(super) const NONE: Slot = u32::MAX;
/// What an empty line shows as the enqueue time of its first contact: later than any instant, and a delay can be added to it.
pub(super) const EMPTY: i64 = i64::MAX / 2;

/// A waiting contact.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) contact: Contact,
    /// How long it will talk, where that was drawn ahead.
    pub(super) talk: Span,
    /// Order of enqueueing over all queues (R5).
    pub(super) order: u64,
    before: Slot,
    pub(super) after: Slot,
    pub(super) line: LineId,
    /// See `ranked`.
    pub(super) stage: u16,
    state: State,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody.
    Free,
    /// A contact in its line.
    InLine,
    /// A contact that still waits but stands in no line: nobody can take it.
    Aside,
}

impl Waiting {
    /// Whether the contact is still there.
    #[inline]
    pub(super) fn waits(&self) -> bool {
        self.state != State::Free
    }

    /// Whether it stands in no line.
    pub(super) fn is_aside(&self) -> bool {
        self.state == State::Aside
    }
}

#[derive(Clone, Copy, Debug)]
struct Line {
    first: Slot,
    last: Slot,
    length: u32,
}

/// All waiting contacts.
#[derive(Debug)]
pub(super) struct WaitingContacts {
    slots: Vec<Waiting>,
    /// The first of the free slots, linked by `after`.
    free: Slot,
    count: usize,
    /// After the lines one for each pool: its first is the first of those of its lines.
    lines: Table<LineId, Line>,
    /// When the first of each line was enqueued, or [`EMPTY`]: a compact copy for the router's scan.
    first_enqueued: Table<LineId, i64>,
    /// One tree for each pool: over its lines, by the order of enqueueing of their first.
    pools: Vec<(Pool, WinnerTree)>,
    /// Per line: its pools, and its leaf in each.
    pools_of: Table<LineId, Vec<(u32, u32)>>,
    next_order: u64,
}

impl WaitingContacts {
    pub(super) fn new(lines: usize, pools: &[Pool]) -> WaitingContacts {
        let mut pools_of: Table<LineId, Vec<(u32, u32)>> = (0..lines).map(|_| Vec::new()).collect();
        for (number, pool) in pools.iter().enumerate() {
            for (leaf, &line) in pool.iter().enumerate() {
                pools_of[line].push((number as u32, leaf as u32));
            }
        }
        WaitingContacts {
            pools: pools.iter().map(|pool| (pool.clone(), WinnerTree::new(pool.len()))).collect(),
            pools_of,
            slots: Vec::new(),
            free: NONE,
            count: 0,
            lines: (0..lines + pools.len()).map(|_| Line { first: NONE, last: NONE, length: 0 }).collect(),
            first_enqueued: (0..lines + pools.len()).map(|_| EMPTY).collect(),
            next_order: 0,
        }
    }

    /// How many wait.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// How many wait in a line.
    #[inline]
    pub(super) fn length(&self, line: LineId) -> u32 {
        self.lines[line].length
    }

    /// How many slots there are.
    #[inline]
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The contact in a slot.
    #[inline]
    pub(super) fn get(&self, slot: Slot) -> &Waiting {
        &self.slots[slot as usize]
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> &mut Waiting {
        &mut self.slots[slot as usize]
    }

    /// Whether the contact that was enqueued as number `order` still waits in that slot.
    pub(super) fn still_waits(&self, slot: Slot, order: u64) -> bool {
        let waiting = self.get(slot);
        waiting.waits() && waiting.order == order
    }

    /// The contact that has been longest in a line, or [`NONE`].
    #[inline]
    pub(super) fn first(&self, line: LineId) -> Slot {
        self.lines[line].first
    }

    /// When it was enqueued, or [`EMPTY`].
    #[inline]
    pub(super) fn first_enqueued(&self, line: LineId) -> i64 {
        self.first_enqueued[line]
    }

    /// Whether the first of one line was enqueued before the first of the other, at the same instant.
    #[cold]
    #[inline(never)]
    pub(super) fn comes_before(&self, line: LineId, other: LineId) -> bool {
        self.get(self.first(line)).order < self.get(self.first(other)).order
    }

    /// A contact enters a line.
    #[inline(always)]
    pub(super) fn push(&mut self, contact: Contact, talk: Span, line: LineId) -> Slot {
        let slot = self.free;
        let slot = if slot == NONE { self.slots.len() as Slot } else { slot };
        let row = &mut self.lines[line];
        let before = std::mem::replace(&mut row.last, slot);
        row.length += 1;
        let enqueued_us = contact.enqueued.as_us();
        let waiting = Waiting { contact, talk, order: self.next_order, before, after: NONE, line, stage: 0, state: State::InLine };
        self.next_order += 1;
        self.count += 1;
        if let Some(place) = self.slots.get_mut(slot as usize) {
            self.free = place.after;
            *place = waiting;
        } else {
            self.slots.push(waiting);
        }
        if before == NONE {
            self.begin_with(line, slot, enqueued_us);
        } else {
            self.slots[before as usize].after = slot;
        }
        slot
    }

    /// A contact leaves its line for good.
    #[inline]
    pub(super) fn remove(&mut self, slot: Slot) -> Contact {
        self.unlink(slot);
        self.vacate(slot)
    }

    /// A contact that stands aside leaves for good.
    #[inline]
    pub(super) fn vacate(&mut self, slot: Slot) -> Contact {
        let place = &mut self.slots[slot as usize];
        place.state = State::Free;
        place.after = self.free;
        self.free = slot;
        self.count -= 1;
        place.contact
    }

    /// A contact steps out of its line, but still waits.
    pub(super) fn set_aside(&mut self, slot: Slot) {
        self.unlink(slot);
        self.slots[slot as usize].state = State::Aside;
    }

    /// A contact that stands aside takes its place in a line, which the order of enqueueing says.
    pub(super) fn restore(&mut self, slot: Slot, line: LineId) {
        let order = self.slots[slot as usize].order;
        let (mut before, mut after) = (self.lines[line].last, NONE);
        while before != NONE && self.slots[before as usize].order > order {
            after = before;
            before = self.slots[before as usize].before;
        }
        let place = &mut self.slots[slot as usize];
        (place.before, place.after, place.line, place.stage, place.state) = (before, after, line, 0, State::InLine);
        let enqueued_us = place.contact.enqueued.as_us();
        self.lines[line].length += 1;
        if after == NONE {
            self.lines[line].last = slot;
        } else {
            self.slots[after as usize].before = slot;
        }
        if before == NONE {
            self.begin_with(line, slot, enqueued_us);
        } else {
            self.slots[before as usize].after = slot;
        }
    }

    #[inline]
    fn unlink(&mut self, slot: Slot) {
        let Waiting { line, before, after, .. } = self.slots[slot as usize];
        let row = &mut self.lines[line];
        row.length -= 1;
        let mut next_us = EMPTY;
        if after == NONE {
            row.last = before;
        } else {
            let next = &mut self.slots[after as usize];
            next.before = before;
            next_us = next.contact.enqueued.as_us();
        }
        if before == NONE {
            self.begin_with(line, after, next_us);
        } else {
            self.slots[before as usize].after = after;
        }
    }

    /// The line begins with that slot now, enqueued then; or with none.
    #[inline]
    fn begin_with(&mut self, line: LineId, first: Slot, enqueued_us: i64) {
        self.lines[line].first = first;
        self.first_enqueued[line] = enqueued_us;
        if !self.pools.is_empty() {
            self.tell_pools(line, first);
        }
    }

    /// The line, one of a queue, begins with `first` now.
    #[inline(never)]
    fn tell_pools(&mut self, line: LineId, first: Slot) {
        for &(number, leaf) in &self.pools_of[line] {
            let (lines, tree) = &mut self.pools[number as usize];
            tree.set(leaf as usize, if first == NONE { NEVER } else { self.slots[first as usize].order as i64 });
            let shown = LineId::of_pool(self.pools_of.len(), number as usize);
            if tree.first_key() == NEVER {
                (self.lines[shown].first, self.first_enqueued[shown]) = (NONE, EMPTY);
            } else {
                let best = lines[tree.first_leaf()];
                (self.lines[shown].first, self.first_enqueued[shown]) = (self.lines[best].first, self.first_enqueued[best]);
            }
        }
    }

    /// Everyone who waits, in the order of enqueueing.
    pub(super) fn all(&self) -> Vec<Contact> {
        let mut all: Vec<&Waiting> = self.slots.iter().filter(|waiting| waiting.waits()).collect();
        all.sort_unstable_by_key(|waiting| waiting.order);
        all.into_iter().map(|waiting| waiting.contact).collect()
    }
}
