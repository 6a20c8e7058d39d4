//! Sums over replications, from which every estimate is made.

use crate::id::{Id, ProfileId, QueueId};
use crate::model::{Model, ServiceLevel};
use crate::observers::{Counts, Summary};
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// By the columns of [`column`].
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
    answered_by: Vec<Moments>,
    /// Interval by interval, the queues and then their total; empty if the model has no interval.
    cells: Vec<Moments>,
    /// Interval by interval, the profiles and then their total.
    work: Vec<Moments>,
}

impl Across {
    /// Adds one replication of `model`.
    pub fn record(&mut self, model: &Model, summary: &Summary) {
        let mut one = Across { replications: 1, ..Across::default() };
        let levels = total_levels(model).len();
        for (queue, given) in model.queues.enumerate() {
            let within: Vec<_> = (0..given.service_levels.len()).map(|level| summary.within(queue, level)).collect();
            let mut row = Row { moments: observation(&summary.queue(queue), &within), ..Row::default() };
            row.waits.record(summary.waits(queue), summary.wait_max_us(queue));
            row.waiting_max.record(summary.waiting_max(Some(queue)));
            one.queues.push(row);
        }
        let within: Vec<_> = (0..levels)
            .map(|level| model.queues.ids().map(|queue| summary.within(queue, level)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)))
            .collect();
        one.total.moments = observation(&summary.total(), &within);
        let mut waits = Histogram::default();
        for queue in model.queues.ids() {
            waits.merge(summary.waits(queue));
        }
        one.total.waits.record(&waits, model.queues.ids().filter_map(|queue| summary.wait_max_us(queue)).max());
        one.total.waiting_max.record(summary.waiting_max(None));
        for (profile, given) in model.profiles.enumerate() {
            let work = summary.profile(profile);
            one.profiles.push(moments(&[work.handling_us, work.staffed_us]));
            let answered: Vec<i128> = given.entries.iter().map(|entry| summary.answered_by(profile, entry.queue).into()).collect();
            // One observation a column: only means are asked for, so the columns' products need not be kept.
            one.answered_by.extend(answered.iter().map(|&count| moments(&[count])));
        }
        if model.run.interval.is_some() {
            one.intervals(model, summary);
        }
        self.merge(&one);
    }

    fn intervals(&mut self, model: &Model, summary: &Summary) {
        for interval in 0..=summary.grid().intervals() {
            let mut total = Counts::default();
            for queue in model.queues.ids() {
                let counts = summary.counts(interval, queue);
                self.cells.push(observation(counts, &[(counts.answered_within, counts.abandoned_within)]));
                total.merge(counts);
            }
            self.cells.push(observation(&total, &[(total.answered_within, total.abandoned_within)]));
            let mut sum = [0, 0];
            for profile in model.profiles.ids() {
                let work = summary.work(interval, profile);
                let row = [work.handling_us, work.staffed_us];
                self.work.push(moments(&row));
                sum = [sum[0] + row[0], sum[1] + row[1]];
            }
            self.work.push(moments(&sum));
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

    /// Contacts that the agents of a profile answered, entry by entry of the profile; a single column.
    pub fn answered_by(&self, model: &Model, profile: ProfileId) -> &[Moments] {
        let before: usize = model.profiles.iter().take(profile.index()).map(|profile| profile.entries.len()).sum();
        &self.answered_by[before..before + model.profiles[profile].entries.len()]
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

fn moments(values: &[i128]) -> Moments {
    let mut moments = Moments::default();
    moments.record(values);
    moments
}

fn observation(counts: &Counts, within: &[(u64, u64)]) -> Moments {
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
    moments(&values)
}
