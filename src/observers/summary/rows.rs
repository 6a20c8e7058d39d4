//! What is counted at each fact: a row for each queue and for each routing profile, of one stretch of time, to be added to their cells
//! when it is over.
//!
//! Within a stretch whole numbers of 64 bits hold every sum. All changes of a level lie within [`LONGEST_STRETCH_US`] of its start, so their
//! sum is at most that times the largest level; the waits of those who enter and leave within the stretch add up to no more than the integral
//! of their number. Neither contacts waiting nor agents come near 2^26, and 2^26 days are less than 2^63 microseconds. Cells, which have no
//! such bound, have 128 bits.

use super::{Counts, Leaving, Work};
use crate::stats::Histogram;

/// A stretch lasts no longer unless nothing changes: a day.
pub(super) const LONGEST_STRETCH_US: i64 = 86_400_000_000;

/// How many there are of something, and what it takes to integrate that over the stretch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Level {
    now: i32,
    /// Over a stretch, a level's integral is what is left of it at the end times the length, less each change times its offset from the start.
    changes_us: i64,
}

impl Level {
    /// It changes, `offset` after the start of the stretch.
    #[inline]
    pub(super) fn changes(&mut self, by: i32, offset: i64) {
        self.now += by;
        self.changes_us -= i64::from(by) * offset;
    }

    /// The integral over the stretch, which ends after `length`. The next one begins.
    fn close(&mut self, length: i64) -> i128 {
        i128::from(self.now) * i128::from(length) + i128::from(std::mem::take(&mut self.changes_us))
    }
}

/// A queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Since the end of the warm-up.
    offered: u64,
    /// Answered without any wait in this stretch: most contacts in most centers, so one addition has to do. What else they add to is seen
    /// to when it is over.
    at_once: u64,
    waiting: Level,
    waiting_max: i32,
    /// Of this stretch, by [`Leaving::column`], those answered at once left out: how many, how many of them within the headline's threshold, and
    /// the sum of their waits.
    left: [u64; 3],
    within: [u64; 3],
    waits_us: [u64; 3],
    waits: Histogram,
    /// -1: nobody left yet.
    wait_max: i64,
    /// The longest wait that meets the headline; -1: none does.
    limit: i64,
    /// The service levels after the headline: the longest wait that meets it, and how many did of those answered, abandoned, diverted.
    more: Vec<(i64, [u64; 3])>,
}

impl Line {
    /// Of a queue with these service levels: the longest wait that meets each.
    pub(super) fn new(mut limits: impl Iterator<Item = i64>) -> Line {
        let limit = limits.next().unwrap_or(-1);
        Line { limit, more: limits.map(|limit| (limit, [0; 3])).collect(), wait_max: -1, ..Line::default() }
    }

    pub(super) fn offered(&self) -> u64 {
        self.offered
    }

    pub(super) fn waiting_max(&self) -> i32 {
        self.waiting_max
    }

    pub(super) fn waits(&self) -> &Histogram {
        &self.waits
    }

    pub(super) fn wait_max(&self) -> i64 {
        self.wait_max
    }

    /// Within a service level after the headline, by the way of leaving.
    pub(super) fn within_more(&self, level: usize) -> [u64; 3] {
        self.more[level - 1].1
    }

    /// Those who wait in `before` do so here from the start.
    pub(super) fn begins_as(&mut self, before: &Line) {
        (self.waiting.now, self.waiting_max) = (before.waiting.now, before.waiting.now);
    }

    #[inline(always)]
    pub(super) fn enters(&mut self) {
        self.offered += 1;
    }

    #[inline(always)]
    pub(super) fn waits_from(&mut self, offset: i64) {
        self.waiting.changes(1, offset);
        if self.waiting.now > self.waiting_max {
            self.waiting_max = self.waiting.now;
        }
    }

    #[inline(always)]
    pub(super) fn waits_no_more(&mut self, offset: i64) {
        self.waiting.changes(-1, offset);
    }

    /// Somebody who entered in this stretch leaves.
    #[inline(always)]
    pub(super) fn counts(&mut self, wait: i64, how: Leaving) {
        if wait == 0 && matches!(how, Leaving::Answered(_)) {
            self.at_once += 1;
            return;
        }
        let (within, column) = (self.measures(wait, how), how.column());
        self.left[column] += 1;
        self.within[column] += within;
        self.waits_us[column] += wait as u64;
    }

    /// Somebody who counts in another stretch leaves.
    pub(super) fn counts_in(&mut self, cell: &mut Counts, wait: i64, how: Leaving) {
        let (within, wait_us) = (self.measures(wait, how), wait as u64);
        if matches!(how, Leaving::Answered(_)) {
            cell.answered_at_once += u64::from(wait == 0);
        }
        add(cell, how.column(), [1, within, wait_us]);
    }

    /// Whatever goes by waits and not by intervals; 1 if this one meets the headline.
    #[inline(always)]
    fn measures(&mut self, wait: i64, how: Leaving) -> u64 {
        self.waits.record(wait as u64);
        // Rarely: no more than a look most often.
        if wait > self.wait_max {
            self.wait_max = wait;
        }
        for (limit, within) in &mut self.more {
            within[how.column()] += u64::from(wait <= *limit);
        }
        u64::from(wait <= self.limit)
    }

    /// The stretch is over after `length`.
    pub(super) fn close(&mut self, length: i64, cell: &mut Counts) {
        cell.waiting_us += self.waiting.close(length);
        let at_once = std::mem::take(&mut self.at_once);
        if at_once > 0 {
            self.waits.record_times(0, at_once);
            self.wait_max = self.wait_max.max(0);
            for (limit, within) in &mut self.more {
                within[0] += if *limit >= 0 { at_once } else { 0 };
            }
            cell.answered_at_once += at_once;
            cell.answered += at_once;
            cell.answered_within += if self.limit >= 0 { at_once } else { 0 };
        }
        for column in 0..3 {
            add(cell, column, [self.left[column], self.within[column], self.waits_us[column]]);
        }
        (self.left, self.within, self.waits_us) = ([0; 3], [0; 3], [0; 3]);
    }

    /// What happened until now was the warm-up.
    pub(super) fn forget(&mut self) {
        let limits = std::iter::once(self.limit).chain(self.more.iter().map(|&(limit, _)| limit));
        let mut line = Line::new(limits);
        line.begins_as(self);
        *self = line;
    }
}

/// So many left a queue in that way, so many of them within the headline's threshold, after waits of so long together.
fn add(cell: &mut Counts, column: usize, [left, within, waits_us]: [u64; 3]) {
    let (left_before, within_before, waits_before) = match column {
        0 => (&mut cell.answered, &mut cell.answered_within, &mut cell.wait_answered_us),
        1 => (&mut cell.abandoned, &mut cell.abandoned_within, &mut cell.wait_abandoned_us),
        _ => (&mut cell.diverted, &mut cell.diverted_within, &mut cell.wait_diverted_us),
    };
    *left_before += left;
    *within_before += within;
    *waits_before += u128::from(waits_us);
}

impl Leaving {
    /// Where it stands among those within a threshold.
    #[inline(always)]
    fn column(self) -> usize {
        match self {
            Leaving::Answered(_) => 0,
            Leaving::Abandoned => 1,
            Leaving::Diverted => 2,
        }
    }
}

/// A routing profile's agents, in a cache line of their own.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
pub(super) struct Staff {
    pub(super) at_work: Level,
    pub(super) present: Level,
    /// By queue, the contacts answered since the end of the warm-up.
    pub(super) answered: Box<[u64]>,
}

impl Staff {
    pub(super) fn new(queues: usize) -> Staff {
        Staff { answered: vec![0; queues].into(), ..Staff::default() }
    }

    pub(super) fn begins_as(&mut self, before: &Staff) {
        (self.at_work.now, self.present.now) = (before.at_work.now, before.present.now);
    }

    /// The stretch is over after `length`.
    pub(super) fn close(&mut self, length: i64, work: &mut Work) {
        work.handling_us += self.at_work.close(length);
        work.staffed_us += self.present.close(length);
    }

    /// What happened until now was the warm-up.
    pub(super) fn forget(&mut self) {
        self.answered.fill(0);
    }
}
