//! Queues whose next contact need not be the oldest: contact priority and routing age (R11).
//!
//! With delays, an agent's best contact is the best *ranked* among those *enqueued* long enough ago for its profile. So the contacts of a
//! queue stand in stages, one for each distinct delay from which it is served, each sorted by rank; a contact moves up when its
//! delay is over. Those eligible under the i-th delay are those in stage i and above. Contacts move in the order of enqueueing, which the lines of
//! `waiting` keep, so a mark per stage suffices; they are moved when the queue is looked at, and no timer is needed.

use super::routes::Routes;
use super::waiting::{NONE, Slot, WaitingContacts};
use crate::id::{Id, QueueId, Table};
use std::collections::BTreeMap;

/// (contact priority, rank time, order of enqueueing): the smallest goes first (R5).
pub(super) type Rank = (i64, i64, u64);

#[derive(Clone, Debug)]
struct Stage {
    delay_us: i64,
    contacts: BTreeMap<Rank, Slot>,
    /// The oldest contact that is still below this stage.
    next_to_enter: Slot,
}

/// The stages of all queues.
#[derive(Debug)]
pub(super) struct RankedQueues {
    queues: Table<QueueId, Vec<Stage>>,
}

fn rank(waiting: &WaitingContacts, slot: Slot) -> Rank {
    let place = waiting.get(slot);
    (place.contact.priority, place.contact.rank().as_us(), place.order)
}

impl RankedQueues {
    pub(super) fn new(routes: &Routes, queues: usize) -> RankedQueues {
        let stage = |&delay_us: &i64| Stage { delay_us, contacts: BTreeMap::new(), next_to_enter: NONE };
        RankedQueues { queues: (0..queues).map(|queue| routes.stages(QueueId::from_index(queue)).iter().map(stage).collect()).collect() }
    }

    /// The contact has just been pushed into its line.
    pub(super) fn add(&mut self, waiting: &WaitingContacts, slot: Slot) {
        let stages = &mut self.queues[waiting.get(slot).contact.queue];
        stages[0].contacts.insert(rank(waiting, slot), slot);
        for stage in &mut stages[1..] {
            if stage.next_to_enter == NONE {
                stage.next_to_enter = slot;
            }
        }
    }

    /// The contact gets another priority and age, and keeps its stage and its place in the line.
    pub(super) fn rerank(&mut self, waiting: &mut WaitingContacts, slot: Slot, priority: i64, age_us: i64) {
        let before = rank(waiting, slot);
        let place = waiting.get_mut(slot);
        (place.contact.priority, place.contact.age_us) = (priority, age_us);
        let stage = &mut self.queues[place.contact.queue][place.stage as usize].contacts;
        stage.remove(&before);
        stage.insert(rank(waiting, slot), slot);
    }

    /// The contact is about to be removed from its line.
    pub(super) fn remove(&mut self, waiting: &WaitingContacts, slot: Slot) {
        let place = waiting.get(slot);
        let stages = &mut self.queues[place.contact.queue];
        stages[place.stage as usize].contacts.remove(&rank(waiting, slot));
        for stage in &mut stages[1..] {
            if stage.next_to_enter == slot {
                stage.next_to_enter = place.after;
            }
        }
    }

    /// The best contact of a queue among those eligible under its `stage`-th delay.
    pub(super) fn best(&mut self, waiting: &mut WaitingContacts, queue: QueueId, stage: u32, now: i64) -> Option<(Rank, Slot)> {
        let stages = &mut self.queues[queue];
        for index in 1..stages.len() {
            while stages[index].next_to_enter != NONE {
                let slot = stages[index].next_to_enter;
                if waiting.get(slot).contact.enqueued.as_us() + stages[index].delay_us > now {
                    break;
                }
                let rank = rank(waiting, slot);
                stages[index - 1].contacts.remove(&rank);
                stages[index].contacts.insert(rank, slot);
                stages[index].next_to_enter = waiting.get(slot).after;
                waiting.get_mut(slot).stage = index as u32;
            }
        }
        stages[stage as usize..].iter().filter_map(|stage| stage.contacts.first_key_value()).map(|(&rank, &slot)| (rank, slot)).min()
    }
}
