//! Queues whose next contact need not be the oldest: contact priority and routing age (R11).
//!
//! With delays, an agent's best contact is the best *ranked* among those *enqueued* long enough ago for its profile. So the contacts of a
//! queue stand in stages, one for each distinct delay from which it is served, each sorted by rank; a contact moves up when its
//! delay is over. Those eligible under the i-th delay are those in stage i and above. Contacts move in the order of enqueueing, which the lines of
//! `waiting` keep, so a mark per stage suffices; they are moved when the queue is looked at, and no timer is needed.

use super::waiting::{LineId, NONE, Slot, WaitingContacts};
use super::winner_tree::NEVER;
use crate::id::Table;
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

/// The stages of all lines.
#[derive(Debug)]
pub(super) struct RankedQueues {
    lines: Table<LineId, Vec<Stage>>,
}

fn rank(waiting: &WaitingContacts, slot: Slot) -> Rank {
    let place = waiting.get(slot);
    (place.contact.priority, place.contact.rank().as_us(), place.order)
}

impl RankedQueues {
    /// `delays`: of each line the distinct delays, shortest first, the first being 0.
    pub(super) fn new<'d>(delays: impl Iterator<Item = &'d [i64]>) -> RankedQueues {
        let stage = |&delay_us: &i64| Stage { delay_us, contacts: BTreeMap::new(), next_to_enter: NONE };
        RankedQueues { lines: delays.map(|delays| delays.iter().map(stage).collect()).collect() }
    }

    /// The contact has just been pushed into its line.
    pub(super) fn add(&mut self, waiting: &WaitingContacts, slot: Slot) {
        let stages = &mut self.lines[waiting.get(slot).line];
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
        let stage = &mut self.lines[place.line][usize::from(place.stage)].contacts;
        stage.remove(&before);
        stage.insert(rank(waiting, slot), slot);
    }

    /// The contact is about to be removed from its line.
    pub(super) fn remove(&mut self, waiting: &WaitingContacts, slot: Slot) {
        let place = waiting.get(slot);
        let stages = &mut self.lines[place.line];
        stages[usize::from(place.stage)].contacts.remove(&rank(waiting, slot));
        for stage in &mut stages[1..] {
            if stage.next_to_enter == slot {
                stage.next_to_enter = place.after;
            }
        }
    }

    /// The contact has just been restored to its line, where others may have moved up before it.
    pub(super) fn restore(&mut self, waiting: &WaitingContacts, slot: Slot) {
        let place = waiting.get(slot);
        let stages = &mut self.lines[place.line];
        stages[0].contacts.insert(rank(waiting, slot), slot);
        for stage in &mut stages[1..] {
            if stage.next_to_enter == NONE || waiting.get(stage.next_to_enter).order > place.order {
                stage.next_to_enter = slot;
            }
        }
    }

    /// Moves up whose delay is over.
    fn move_up(&mut self, waiting: &mut WaitingContacts, line: LineId, now: i64) {
        let stages = &mut self.lines[line];
        for index in 1..stages.len() {
            while stages[index].next_to_enter != NONE {
                let slot = stages[index].next_to_enter;
                if waiting.get(slot).contact.enqueued.as_us() + stages[index].delay_us > now {
                    break;
                }
                stages[index].next_to_enter = waiting.get(slot).after;
                // Behind one that was restored stand those who moved up before.
                let below = usize::from(waiting.get(slot).stage);
                if below < index {
                    let rank = rank(waiting, slot);
                    stages[below].contacts.remove(&rank);
                    stages[index].contacts.insert(rank, slot);
                    waiting.get_mut(slot).stage = index as u16;
                }
            }
        }
    }

    /// The best contact of a line among those eligible under its `stage`-th delay.
    pub(super) fn best(&mut self, waiting: &mut WaitingContacts, line: LineId, stage: u32, now: i64) -> Option<(Rank, Slot)> {
        self.move_up(waiting, line, now);
        let stages = &self.lines[line];
        stages[stage as usize..].iter().filter_map(|stage| stage.contacts.first_key_value()).map(|(&rank, &slot)| (rank, slot)).min()
    }

    /// When the next contact of a line moves up to its `stage`-th stage, or [`NEVER`].
    pub(super) fn next_to_move_up(&mut self, waiting: &mut WaitingContacts, line: LineId, stage: u32, now: i64) -> i64 {
        self.move_up(waiting, line, now);
        let stage = &self.lines[line][stage as usize];
        if stage.next_to_enter == NONE { NEVER } else { waiting.get(stage.next_to_enter).contact.enqueued.as_us() + stage.delay_us }
    }
}
