//! The contacts that wait: a slab of slots, linked into one line per queue in the order of enqueueing.
//!
//! Whoever leaves early is unlinked at once, so that the first of a line always waits. Memory is bounded by how many wait at the same time.

use super::routes::Pool;
use super::winner_tree::{NEVER, WinnerTree};
use crate::id::{Id, QueueId, Table};
use crate::observe::Contact;

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
    /// Order of enqueueing over all queues (R5).
    pub(super) order: u64,
    before: Slot,
    pub(super) after: Slot,
    /// See `ranked`.
    pub(super) stage: u32,
    waits: bool,
}

impl Waiting {
    /// Whether the contact is still there.
    #[inline]
    pub(super) fn waits(&self) -> bool {
        self.waits
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
    free: Vec<Slot>,
    lines: Table<QueueId, Line>,
    /// When the first of each line was enqueued, or [`EMPTY`]: a compact copy for the router's scan.
    first_enqueued: Vec<i64>,
    /// One tree for each pool: over its queues, by the order of enqueueing of their first.
    pools: Vec<WinnerTree>,
    /// Per queue: its pools, and its leaf in each.
    pools_of: Table<QueueId, Vec<(u32, u32)>>,
    pool_queues: Vec<Vec<QueueId>>,
    next_order: u64,
}

impl WaitingContacts {
    pub(super) fn new(queues: usize, pools: &[Pool]) -> WaitingContacts {
        let mut pools_of: Table<QueueId, Vec<(u32, u32)>> = (0..queues).map(|_| Vec::new()).collect();
        for (number, pool) in pools.iter().enumerate() {
            for (leaf, &queue) in pool.queues.iter().enumerate() {
                pools_of[queue].push((number as u32, leaf as u32));
            }
        }
        WaitingContacts {
            pools: pools.iter().map(|pool| WinnerTree::new(pool.queues.len())).collect(),
            pools_of,
            pool_queues: pools.iter().map(|pool| pool.queues.clone()).collect(),
            slots: Vec::new(),
            free: Vec::new(),
            lines: (0..queues).map(|_| Line { first: NONE, last: NONE, length: 0 }).collect(),
            first_enqueued: vec![EMPTY; queues],
            next_order: 0,
        }
    }

    /// How many wait.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// How many wait in a queue.
    #[inline]
    pub(super) fn length(&self, queue: QueueId) -> u32 {
        self.lines[queue].length
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
        waiting.waits && waiting.order == order
    }

    /// The contact that has been longest in a queue, or [`NONE`].
    #[inline]
    pub(super) fn first(&self, queue: QueueId) -> Slot {
        self.lines[queue].first
    }

    /// When it was enqueued, or [`EMPTY`].
    #[inline]
    pub(super) fn first_enqueued(&self, queue: QueueId) -> i64 {
        self.first_enqueued[queue.index()]
    }

    /// A contact enters its queue.
    #[inline]
    pub(super) fn push(&mut self, contact: Contact) -> Slot {
        let before = self.lines[contact.queue].last;
        let waiting = Waiting { contact, order: self.next_order, before, after: NONE, stage: 0, waits: true };
        self.next_order += 1;
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = waiting;
            slot
        } else {
            self.slots.push(waiting);
            self.slots.len() as Slot - 1
        };
        self.lines[contact.queue].last = slot;
        self.lines[contact.queue].length += 1;
        self.link(contact.queue, before, slot);
        slot
    }

    /// A contact leaves its queue.
    #[inline]
    pub(super) fn remove(&mut self, slot: Slot) -> Contact {
        let Waiting { contact, before, after, .. } = self.slots[slot as usize];
        self.slots[slot as usize].waits = false;
        self.free.push(slot);
        self.lines[contact.queue].length -= 1;
        if after == NONE {
            self.lines[contact.queue].last = before;
        } else {
            self.slots[after as usize].before = before;
        }
        self.link(contact.queue, before, after);
        contact
    }

    /// `after` now follows `before`.
    #[inline]
    fn link(&mut self, queue: QueueId, before: Slot, after: Slot) {
        if before == NONE {
            self.lines[queue].first = after;
            self.first_enqueued[queue.index()] = if after == NONE { EMPTY } else { self.slots[after as usize].contact.enqueued.as_us() };
            for &(pool, leaf) in &self.pools_of[queue] {
                let key = if after == NONE { NEVER } else { self.slots[after as usize].order as i64 };
                self.pools[pool as usize].set(leaf as usize, key);
            }
        } else {
            self.slots[before as usize].after = after;
        }
    }

    /// The contact that was enqueued first of those in the queues of a pool, or [`NONE`].
    #[inline]
    pub(super) fn first_of_pool(&self, pool: u32) -> Slot {
        let tree = &self.pools[pool as usize];
        if tree.first_key() == NEVER { NONE } else { self.lines[self.pool_queues[pool as usize][tree.first_leaf()]].first }
    }

    /// Everyone who waits, in the order of enqueueing.
    pub(super) fn all(&self) -> Vec<Contact> {
        let mut all: Vec<&Waiting> = self.slots.iter().filter(|waiting| waiting.waits).collect();
        all.sort_unstable_by_key(|waiting| waiting.order);
        all.into_iter().map(|waiting| waiting.contact).collect()
    }
}
