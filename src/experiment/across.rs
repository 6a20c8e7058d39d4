//! Sums over replications, from which every estimate is made.

use super::agent_sums::AgentSums;
use super::path_sums::PathSums;
use crate::id::{Id, ProfileId, QueueId};
use crate::model::{Outline, Scope};
use crate::observers::{Counts, Summary, Work};
use crate::stats::{Histogram, Merge, Moments, Percentiles, Shares, Tally};
use serde::{Deserialize, Serialize};

/// The columns of a [`Row`]: what is observed of a queue (or all, or one in an interval) in each replication.
pub mod column {
    use crate::observe::{Arrival, Outcome};
    use crate::stats::Terms;

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
    /// Contacts rejected.
    pub const REJECTED: usize = 8;
    /// Contacts that left the queue in another way than to an agent or out of patience.
    pub const DIVERTED: usize = 9;
    /// Sum of their waits, in microseconds.
    pub const WAIT_DIVERTED_US: usize = 10;
    /// Contacts answered within the threshold of service level `level`, 0 being the headline.
    pub const fn answered_within(level: usize) -> usize {
        11 + 3 * level
    }
    /// Contacts that abandoned within it.
    pub const fn abandoned_within(level: usize) -> usize {
        12 + 3 * level
    }
    /// Contacts that were diverted within it.
    pub const fn diverted_within(level: usize) -> usize {
        13 + 3 * level
    }
    /// Of ways: how they came, from here on by the place in [`Arrival::ALL`].
    pub const ARRIVALS: usize = 0;
    /// Of ways: how they ended, from here on by the place in [`Outcome::ALL`].
    pub const OUTCOMES: usize = ARRIVALS + Arrival::ALL.len();
    /// Of ways, the sum of calls: first ones and repeated ones. Callbacks belong to the calls on which they were promised.
    pub const CALLS: Terms<'static> = &[(ARRIVALS + Arrival::First as usize, 1), (ARRIVALS + Arrival::Again as usize, 1)];
    /// Of ways: those with whom an agent spoke.
    pub const SPOKEN: usize = OUTCOMES + Outcome::ALL.len();
    /// Of ways: the sum of their times from the start of the call to the first agent, in microseconds.
    pub const TO_AGENT_US: usize = SPOKEN + 1;
    /// Of ways: the sum of what all waited in queues, in microseconds.
    pub const WAITED_US: usize = SPOKEN + 2;
    /// Of ways: the time that calls spent in flows before they first queued, or until they ended, in microseconds.
    pub const IN_FLOWS_US: usize = SPOKEN + 3;
    /// How many columns ways have.
    pub const WAYS: usize = SPOKEN + 4;
    /// Of a carrier: calls that got a line.
    pub const SEIZED: usize = 0;
    /// Of a carrier: the integral of the lines taken, in microseconds.
    pub const BUSY_US: usize = 1;
    /// Of a carrier: the time in which all lines were taken, in microseconds.
    pub const FULL_US: usize = 2;
    /// Of a carrier: calls that it had no line for.
    pub const REFUSED: usize = 3;
    /// Of a carrier: those of them that got a line of another one.
    pub const FAILED_OVER: usize = 4;
    /// How many columns carriers have.
    pub const LINES: usize = 5;
    /// Of a routing profile: handling time, in microseconds.
    pub const HANDLING_US: usize = 0;
    /// Of a routing profile: staffed time, in microseconds.
    pub const STAFFED_US: usize = 1;

    /// Of agents, in models that report what they did: the sums of [`AgentWork`](crate::observers::AgentWork); times in microseconds.
    pub mod agents {
        use crate::stats::Terms;

        /// Logged in or in a state.
        pub const ONLINE_US: usize = 0;
        /// Logged in.
        pub const STAFFED_US: usize = 1;
        /// In a state.
        pub const NON_PRODUCTIVE_US: usize = 2;
        /// With at least one contact in hand.
        pub const CONTACT_US: usize = 3;
        /// The same, contact by contact.
        pub const HANDLE_US: usize = 4;
        /// Kept from contacts by missed offers.
        pub const MISSED_US: usize = 5;
        /// From ringing until accepted or missed, offer by offer.
        pub const CONNECTING_US: usize = 6;
        /// Contacts answered.
        pub const ANSWERED: usize = 7;
        /// Those not of an agent's first skill.
        pub const OFF_SKILL: usize = 8;
        /// Offers.
        pub const OFFERS: usize = 9;
        /// Offers accepted.
        pub const ACCEPTED: usize = 10;
        /// Offers to which nobody reacted.
        pub const NO_ANSWER: usize = 11;
        /// Offers rejected.
        pub const REJECTED: usize = 12;
        /// Offers during which the customer hung up.
        pub const HUNG_UP: usize = 13;
        /// The longest run without a pause of any of the agents.
        pub const LONGEST_RUN_US: usize = 14;
        /// How many columns there are.
        pub const COLUMNS: usize = 15;
        /// Logged in without a contact in hand.
        pub const IDLE_US: Terms<'static> = &[(STAFFED_US, 1), (CONTACT_US, -1)];
        /// Offers that came to nothing.
        pub const NON_RESPONSE: Terms<'static> = &[(NO_ANSWER, 1), (REJECTED, 1), (HUNG_UP, 1)];
        /// Offers that came to something or nothing: all but those that still rang at the end.
        pub const DECIDED: Terms<'static> = &[(ACCEPTED, 1), (NO_ANSWER, 1), (REJECTED, 1), (HUNG_UP, 1)];
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// By the columns of [`mod@column`].
    pub moments: Moments,
    /// The waits of those who left.
    pub waits: Percentiles,
    /// The longest of them in each replication, in microseconds.
    pub longest: Tally,
    /// The largest number waiting at once in each replication.
    pub waiting_max: Tally,
    /// The headline service level of each replication.
    pub days: Shares,
}

impl Merge for Row {
    fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.waits.merge(&other.waits);
        self.longest.merge(&other.longest);
        self.waiting_max.merge(&other.waiting_max);
        self.days.merge(&other.days);
    }
}

/// A queue, or all together, in one interval over all replications.
///
/// ```
/// use waitline::experiment::Cell;
/// assert_eq!(Cell::default().moments.count(), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// By the columns of [`mod@column`], with the headline service level only.
    pub moments: Moments,
    /// The headline service level of each replication.
    pub days: Shares,
}

impl Cell {
    fn record(&mut self, counts: &Counts, target: Option<f64>) {
        self.moments.record(&observation(counts, &[[counts.answered_within, counts.abandoned_within, counts.diverted_within]]));
        self.days.record(counts.answered_within.into(), counts.offered().into(), target);
    }
}

impl Merge for Cell {
    fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.days.merge(&other.days);
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Across {
    replications: u64,
    total: Row,
    queues: Vec<Row>,
    profiles: Vec<Moments>,
    /// The work of all agents.
    agents: Moments,
    /// Profile by profile, its entries.
    answered_by: Vec<Vec<Tally>>,
    /// Interval by interval, the queues and then their total; empty if the model has no interval.
    cells: Vec<Cell>,
    /// Interval by interval, the profiles and then their total.
    work: Vec<Moments>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paths: Option<Box<PathSums>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    desks: Option<Box<AgentSums>>,
}

impl Across {
    /// Adds one replication of the model with that outline.
    pub fn record(&mut self, outline: &Outline, summary: &Summary) {
        self.replications += 1;
        self.queues.resize_with(outline.queues.len(), Row::default);
        for ((queue, given), row) in outline.queue_ids().zip(&outline.queues).zip(&mut self.queues) {
            let target = given.levels().first().and_then(|level| level.target);
            let longest = summary.wait_max_us(queue);
            row.record(&observed(outline, summary, Scope::Queue(queue)), target, summary.waits(queue), longest);
            row.waiting_max.record(summary.waiting_max(Some(queue)));
        }
        let target = outline.total_levels().first().copied().flatten().and_then(|level| level.target);
        let mut waits = Histogram::default();
        for queue in outline.queue_ids() {
            waits.merge(summary.waits(queue));
        }
        let longest = outline.queue_ids().filter_map(|queue| summary.wait_max_us(queue)).max();
        self.total.record(&observed(outline, summary, Scope::Total), target, &waits, longest);
        self.total.waiting_max.record(summary.waiting_max(None));
        self.profiles.resize_with(outline.profiles.len(), Moments::default);
        self.answered_by.resize_with(outline.profiles.len(), Vec::new);
        for (place, given) in outline.profiles.iter().enumerate() {
            let profile = ProfileId::from_index(place);
            self.profiles[place].record(&observed_work(outline, summary, Scope::Profile(profile)));
            let answered = &mut self.answered_by[place];
            answered.resize_with(given.queues.len(), Tally::default);
            for (&queue, tally) in given.queues.iter().zip(answered) {
                tally.record(summary.answered_by(profile, QueueId(queue)) as i64);
            }
        }
        self.agents.record(&observed_work(outline, summary, Scope::Total));
        if let (Some(names), Some(paths)) = (&outline.paths, summary.paths()) {
            self.paths.get_or_insert_default().record(names, paths);
        }
        if let Some(agents) = summary.agents() {
            self.desks.get_or_insert_default().record(outline.profiles.len(), agents);
        }
        if outline.interval_us.is_some() {
            self.record_intervals(outline, summary);
        }
    }

    fn record_intervals(&mut self, outline: &Outline, summary: &Summary) {
        let intervals = summary.grid().intervals() + 1;
        let (queues, profiles) = (outline.queues.len(), outline.profiles.len());
        let targets: Vec<_> = outline.queues.iter().map(|queue| queue.levels().first().and_then(|level| level.target)).collect();
        let target = outline.total_levels().first().copied().flatten().and_then(|level| level.target);
        self.cells.resize_with(intervals * (queues + 1), Cell::default);
        for (interval, row) in self.cells.chunks_exact_mut(queues + 1).enumerate() {
            let mut total = Counts::default();
            for ((queue, target), cell) in outline.queue_ids().zip(&targets).zip(&mut *row) {
                let counts = summary.counts(interval, queue);
                cell.record(counts, *target);
                total.merge(counts);
            }
            row[queues].record(&total, target);
        }
        self.work.resize_with(intervals * (profiles + 1), Moments::default);
        for (interval, row) in self.work.chunks_exact_mut(profiles + 1).enumerate() {
            let mut total = Work::default();
            for (place, cell) in row[..profiles].iter_mut().enumerate() {
                let work = summary.work(interval, ProfileId::from_index(place));
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
    /// Its service levels are those of [`Outline::total_levels`].
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

    /// The same of all agents.
    pub fn agents(&self) -> &Moments {
        &self.agents
    }

    /// Contacts that the agents of a profile answered, entry by entry of the profile.
    pub fn answered_by(&self, profile: ProfileId) -> &[Tally] {
        &self.answered_by[profile.index()]
    }

    /// A queue, or with `None` all of them, in one interval of the grid; `None` if the model has no interval.
    pub fn cell(&self, interval: usize, queue: Option<QueueId>) -> Option<&Cell> {
        let queues = self.queues.len();
        self.cells.get(interval * (queues + 1) + queue.map_or(queues, Id::index))
    }

    /// The same for a profile's work, or with `None` that of all.
    pub fn work(&self, interval: usize, profile: Option<ProfileId>) -> Option<&Moments> {
        let profiles = self.profiles.len();
        self.work.get(interval * (profiles + 1) + profile.map_or(profiles, Id::index))
    }

    /// What is counted of paths to service; `None` if the model has none.
    pub fn paths(&self) -> Option<&PathSums> {
        self.paths.as_deref()
    }

    /// What agents did; `None` if the model does not report it ([`Model::reports_agents`](crate::Model::reports_agents)).
    pub fn desks(&self) -> Option<&AgentSums> {
        self.desks.as_deref()
    }

    /// Whether these are sums over replications of a model with that outline, as far as their shape tells.
    pub fn fits(&self, outline: &Outline) -> bool {
        let (queues, profiles) = (outline.queues.len(), outline.profiles.len());
        let entries = outline.profiles.iter().map(|profile| profile.queues.len());
        let intervals = self.cells.len() / (queues + 1);
        let shapes = self.queues.len() == queues
            && self.profiles.len() == profiles
            && self.answered_by.iter().map(Vec::len).eq(entries)
            && self.cells.len() == intervals * (queues + 1)
            && self.work.len() == intervals * (profiles + 1)
            && (intervals > 0) == outline.interval_us.is_some();
        let has = |moments: &Moments, quantities| moments.has(self.replications, quantities);
        let rows =
            outline.queues.iter().map(|queue| queue.levels().len()).zip(&self.queues).chain([(outline.total_levels().len(), &self.total)]);
        let work = || self.profiles.iter().chain(&self.work).chain([&self.agents]);
        let paths = match (&self.paths, &outline.paths) {
            (Some(sums), Some(paths)) => sums.fits(outline, paths, self.replications),
            (None, paths) => paths.is_none() || self.replications == 0,
            (Some(_), None) => false,
        };
        let desks = match &self.desks {
            Some(sums) => outline.reports_agents && sums.fits(profiles, self.replications),
            None => !outline.reports_agents || self.replications == 0,
        };
        shapes
            && paths
            && desks
            && rows.into_iter().all(|(levels, row)| has(&row.moments, column::answered_within(levels)))
            && self.cells.iter().all(|cell| has(&cell.moments, column::answered_within(1)))
            && work().all(|moments| has(moments, column::STAFFED_US + 1))
    }
}

impl Row {
    fn record(&mut self, columns: &[i128], target: Option<f64>, waits: &Histogram, longest: Option<i64>) {
        self.moments.record(columns);
        self.days.record(columns[column::answered_within(0)], columns[column::OFFERED], target);
        self.waits.record(waits);
        if let Some(us) = longest {
            self.longest.record(us);
        }
    }
}

impl Merge for Across {
    fn merge(&mut self, other: &Self) {
        self.replications += other.replications;
        self.total.merge(&other.total);
        self.queues.merge(&other.queues);
        self.profiles.merge(&other.profiles);
        self.agents.merge(&other.agents);
        self.answered_by.merge(&other.answered_by);
        self.cells.merge(&other.cells);
        self.work.merge(&other.work);
        if let Some(paths) = &other.paths {
            self.paths.get_or_insert_default().merge(paths);
        }
        if let Some(desks) = &other.desks {
            self.desks.get_or_insert_default().merge(desks);
        }
    }
}

/// The columns of [`mod@column`] for a queue or all queues in one replication; of a profile there is no contact.
pub(super) fn observed(outline: &Outline, summary: &Summary, scope: Scope) -> Vec<i128> {
    if let Scope::Queue(queue) = scope {
        let levels = outline.queues[queue.index()].levels().len();
        let within: Vec<_> = (0..levels).map(|level| summary.within(queue, level)).collect();
        return observation(&summary.queue(queue), &within);
    }
    let add = |a: [u64; 3], b: [u64; 3]| [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
    let of_all = |level| outline.queue_ids().map(|queue| summary.within(queue, level)).fold([0; 3], add);
    let within: Vec<_> = (0..outline.total_levels().len()).map(of_all).collect();
    observation(&summary.total(), &within)
}

/// Handling and staffed time of a profile's agents, or of all.
pub(super) fn observed_work(outline: &Outline, summary: &Summary, scope: Scope) -> [i128; 2] {
    let mut sum = Work::default();
    match scope {
        Scope::Profile(profile) => sum = summary.profile(profile),
        _ => (0..outline.profiles.len()).for_each(|place| sum.merge(&summary.profile(ProfileId::from_index(place)))),
    }
    [sum.handling_us, sum.staffed_us]
}

/// One observation of the columns of [`mod@column`].
fn observation(counts: &Counts, within: &[[u64; 3]]) -> Vec<i128> {
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
        counts.rejected.into(),
        counts.diverted.into(),
        wide(counts.wait_diverted_us),
    ];
    values.extend(within.iter().flatten().map(|&count| i128::from(count)));
    values
}
