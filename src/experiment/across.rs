//! Sums over replications, from which every estimate is made.

use crate::id::{Id, ProfileId, QueueId};
use crate::model::{Model, ServiceLevel};
use crate::observers::{Counts, Summary, Work};
use crate::stats::{Histogram, Merge, Moments, Tally};

/// The columns of a [`Row`]: what is observed of a queue (or all, or one in an interval) in each replication.
pub mod column {
    /// Contacts offered.
    pub const OFFERED: usize = 0;
    /// Contacts answered.
    pub const ANSWERED: usize = 1;
    /// Contacts that abandoned.
    pub const ABANDONED: usize = 2;
    /// Contacts still waiting at the end.
    pub const UNFINISHED: usize = 3;
    /// Contacts answered without wait.
    pub const AT_ONCE: usize = 4;
    /// Sum of the waits of those answered, in microseconds.
    pub const WAIT_ANSWERED_US: usize = 5;
    /// Sum of the waits of those who abandoned, in microseconds.
    pub const WAIT_ABANDONED_US: usize = 6;
    /// Integral of the number waiting, in microseconds.
    pub const WAITING_US: usize = 7;
    /// Contacts answered within the threshold of service level `level`, 0 being the headline.
    pub const fn answered_within(level: usize) -> usize {
        8 + 2 * level
    }
    /// Contacts that abandoned within it.
    pub const fn abandoned_within(level: usize) -> usize {
        9 + 2 * level
    }
    /// Of a routing profile: handling time, in microseconds.
    pub const HANDLING_US: usize = 0;
    /// Of a routing profile: staffed time, in microseconds.
    pub const STAFFED_US: usize = 1;
}

/// Waits over all replications.
///
/// ```
/// use waitline::experiment::WaitTimes;
/// assert_eq!(WaitTimes::default().all.count(), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitTimes {
    /// All of them.
    pub all: Histogram,
    /// For each of [`WaitTimes::PERCENTS`], the percentile of each replication in microseconds.
    pub percentiles: [Tally; 4],
    /// The longest of each replication in microseconds.
    pub longest: Tally,
}

impl WaitTimes {
    /// The percentiles that are reported.
    pub const PERCENTS: [u32; 4] = [50, 90, 95, 99];

    fn record(&mut self, waits: &Histogram, longest: Option<i64>) {
        self.all.merge(waits);
        for (tally, percent) in self.percentiles.iter_mut().zip(Self::PERCENTS) {
            if let Some(us) = waits.percentile(percent) {
                tally.record(us);
            }
        }
        if let Some(us) = longest {
            self.longest.record(us);
        }
    }
}

impl Merge for WaitTimes {
    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        for (mine, theirs) in self.percentiles.iter_mut().zip(&other.percentiles) {
            mine.merge(theirs);
        }
        self.longest.merge(&other.longest);
    }
}

/// A queue, or all together, over all replications.
///
/// ```
/// use waitline::experiment::Row;
/// use waitline::stats::Merge;
/// let (mut one, other) = (Row::default(), Row::default());
/// one.merge(&other); // sums of integers: in any order
/// assert_eq!(one, Row::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// By the columns of [`mod@column`].
    pub moments: Moments,
    /// The waits of those who left.
    pub waits: WaitTimes,
    /// The largest number waiting at once in each replication.
    pub waiting_max: Tally,
}

impl Merge for Row {
    fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.waits.merge(&other.waits);
        self.waiting_max.merge(&other.waiting_max);
    }
}

/// All sums over the replications of an experiment.
///
/// ```
/// use waitline::experiment::Across;
/// use waitline::stats::Merge;
/// let mut sums = Across::default();
/// sums.merge(&Across::default());
/// assert_eq!(sums.replications(), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Across {
    replications: u64,
    total: Row,
    queues: Vec<Row>,
    profiles: Vec<Moments>,
    /// Profile by profile, its entries.
    answered_by: Vec<Vec<Tally>>,
    /// Interval by interval, the queues and then their total; empty if the model has no interval.
    cells: Vec<Moments>,
    /// Interval by interval, the profiles and then their total.
    work: Vec<Moments>,
}

impl Across {
    /// Adds one replication of `model`.
    pub fn record(&mut self, model: &Model, summary: &Summary) {
        self.replications += 1;
        self.queues.resize_with(model.queues.len(), Row::default);
        for ((queue, given), row) in model.queues.enumerate().zip(&mut self.queues) {
            let within: Vec<_> = (0..given.service_levels.len()).map(|level| summary.within(queue, level)).collect();
            row.moments.record(&observation(&summary.queue(queue), &within));
            row.waits.record(summary.waits(queue), summary.wait_max_us(queue));
            row.waiting_max.record(summary.waiting_max(Some(queue)));
        }
        self.record_total(model, summary);
        self.profiles.resize_with(model.profiles.len(), Moments::default);
        self.answered_by.resize_with(model.profiles.len(), Vec::new);
        for (profile, given) in model.profiles.enumerate() {
            let work = summary.profile(profile);
            self.profiles[profile.index()].record(&[work.handling_us, work.staffed_us]);
            let answered = &mut self.answered_by[profile.index()];
            answered.resize_with(given.entries.len(), Tally::default);
            for (entry, tally) in given.entries.iter().zip(answered) {
                tally.record(summary.answered_by(profile, entry.queue) as i64);
            }
        }
        if model.run.interval.is_some() {
            self.record_intervals(model, summary);
        }
    }

    fn record_total(&mut self, model: &Model, summary: &Summary) {
        let within: Vec<_> = (0..total_levels(model).len())
            .map(|level| model.queues.ids().map(|queue| summary.within(queue, level)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)))
            .collect();
        self.total.moments.record(&observation(&summary.total(), &within));
        let mut waits = Histogram::default();
        for queue in model.queues.ids() {
            waits.merge(summary.waits(queue));
        }
        self.total.waits.record(&waits, model.queues.ids().filter_map(|queue| summary.wait_max_us(queue)).max());
        self.total.waiting_max.record(summary.waiting_max(None));
    }

    fn record_intervals(&mut self, model: &Model, summary: &Summary) {
        let intervals = summary.grid().intervals() + 1;
        let (queues, profiles) = (model.queues.len(), model.profiles.len());
        self.cells.resize_with(intervals * (queues + 1), Moments::default);
        for (interval, row) in self.cells.chunks_exact_mut(queues + 1).enumerate() {
            let mut total = Counts::default();
            for (queue, cell) in model.queues.ids().zip(&mut *row) {
                let counts = summary.counts(interval, queue);
                cell.record(&observation(counts, &[(counts.answered_within, counts.abandoned_within)]));
                total.merge(counts);
            }
            row[queues].record(&observation(&total, &[(total.answered_within, total.abandoned_within)]));
        }
        self.work.resize_with(intervals * (profiles + 1), Moments::default);
        for (interval, row) in self.work.chunks_exact_mut(profiles + 1).enumerate() {
            let mut total = Work::default();
            for (profile, cell) in model.profiles.ids().zip(&mut *row) {
                let work = summary.work(interval, profile);
                cell.record(&[work.handling_us, work.staffed_us]);
                total.merge(work);
            }
            row[profiles].record(&[total.handling_us, total.staffed_us]);
        }
    }

    /// How many replications.
    pub fn replications(&self) -> u64 {
        self.replications
    }

    /// All queues together.
    ///
    /// Its service levels are those of [`total_levels`].
    pub fn total(&self) -> &Row {
        &self.total
    }

    /// One queue.
    pub fn queue(&self, queue: QueueId) -> &Row {
        &self.queues[queue.index()]
    }

    /// One profile: [`column::HANDLING_US`] and [`column::STAFFED_US`].
    pub fn profile(&self, profile: ProfileId) -> &Moments {
        &self.profiles[profile.index()]
    }

    /// Contacts that the agents of a profile answered, entry by entry of the profile.
    pub fn answered_by(&self, profile: ProfileId) -> &[Tally] {
        &self.answered_by[profile.index()]
    }

    /// A queue, or with `None` all of them, in one interval of the grid, with its headline service level only; `None` if the model has no
    /// interval.
    pub fn cell(&self, model: &Model, interval: usize, queue: Option<QueueId>) -> Option<&Moments> {
        let queues = model.queues.len();
        self.cells.get(interval * (queues + 1) + queue.map_or(queues, Id::index))
    }

    /// The same for a profile's work, or with `None` that of all.
    pub fn work(&self, model: &Model, interval: usize, profile: Option<ProfileId>) -> Option<&Moments> {
        let profiles = model.profiles.len();
        self.work.get(interval * (profiles + 1) + profile.map_or(profiles, Id::index))
    }
}

impl Merge for Across {
    fn merge(&mut self, other: &Self) {
        self.replications += other.replications;
        self.total.merge(&other.total);
        self.queues.merge(&other.queues);
        self.profiles.merge(&other.profiles);
        self.answered_by.merge(&other.answered_by);
        self.cells.merge(&other.cells);
        self.work.merge(&other.work);
    }
}

/// The service levels that are reported of all queues together: those with which the lists of all queues begin; if even their headlines
/// differ, one, `None`, by which each contact is judged by the headline of its own queue.
pub fn total_levels(model: &Model) -> Vec<Option<&ServiceLevel>> {
    let Some(first) = model.queues.iter().next() else { return Vec::new() };
    let alike = |&(place, level): &(usize, &ServiceLevel)| model.queues.iter().all(|queue| queue.service_levels.get(place) == Some(level));
    let alike: Vec<_> = first.service_levels.iter().enumerate().take_while(alike).map(|(_, level)| Some(level)).collect();
    if alike.is_empty() { vec![None] } else { alike }
}

/// One observation of the columns of [`mod@column`].
fn observation(counts: &Counts, within: &[(u64, u64)]) -> Vec<i128> {
    // The sums are of waits, which are positive, and no run lasts long enough for them to reach 2^127.
    let wide = |sum: u128| i128::try_from(sum).unwrap_or(i128::MAX);
    let mut values = vec![
        counts.offered().into(),
        counts.answered.into(),
        counts.abandoned.into(),
        counts.unfinished.into(),
        counts.answered_at_once.into(),
        wide(counts.wait_answered_us),
        wide(counts.wait_abandoned_us),
        counts.waiting_us,
    ];
    for &(answered, abandoned) in within {
        values.extend([i128::from(answered), i128::from(abandoned)]);
    }
    values
}
