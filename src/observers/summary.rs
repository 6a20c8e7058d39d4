//! The statistics of one replication, counted as the facts come in.
//!
//! Four ideas make it cheap. Time only moves forward, so the current interval is stepped, not computed. A level's integral over an
//! interval is the sum of where it changed, so a waiting contact costs two additions. Whatever the report wants later (totals, ratios,
//! the four service levels) is a sum over the cells of interval and queue, so each contact is counted once. And most contacts count in the
//! stretch of time in which they are told of, where small numbers do (see `rows`); the others, and their warm-up, are seen to apart.

mod desks;
mod grid;
mod rows;

pub use grid::Grid;

use super::AgentCounts;
use super::paths::PathCounts;
use crate::id::{Id, ProfileId, QueueId};
use crate::model::{Comparator, CountBy, Model, ServiceLevel};
use crate::observe::{Contact, Fact, Observer, Outcome};
use crate::stats::{Histogram, Merge};
use crate::time::Time;
use desks::Desks;
use rows::{LONGEST_STRETCH_US, Line, Staff};

/// What happened to the contacts of one queue in one interval. Contacts that entered during the warm-up are not in it.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let mut summary = waitline::observers::Summary::new(&model);
/// waitline::run(&model, waitline::random::Streams::new(1, 0), &mut summary).unwrap();
/// let savings = summary.queue(waitline::QueueId(0));
/// assert_eq!(savings.offered(), savings.answered + savings.abandoned + savings.rejected + savings.unfinished); // R19
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answered by an agent.
    pub answered: u64,
    /// Abandoned.
    pub abandoned: u64,
    /// Rejected, because the queue was full.
    pub rejected: u64,
    /// Left the queue in another way: moved to another queue, promised a callback, sent away by a flow, a callback in vain.
    pub diverted: u64,
    /// Still waiting when the run ended (R18).
    pub unfinished: u64,
    /// Answered without any wait.
    pub answered_at_once: u64,
    /// Answered within the threshold of the queue's headline service level.
    pub answered_within: u64,
    /// Abandoned within it.
    pub abandoned_within: u64,
    /// Diverted within it.
    pub diverted_within: u64,
    /// Sum of the waits of those answered, in microseconds.
    pub wait_answered_us: u128,
    /// Sum of the waits of those who abandoned, in microseconds.
    pub wait_abandoned_us: u128,
    /// Sum of the waits of those diverted, in microseconds.
    pub wait_diverted_us: u128,
    /// Integral of the number waiting over the interval, without the warm-up, in microseconds. It does not depend on where contacts count.
    pub waiting_us: i128,
}

impl Counts {
    /// All contacts (R19).
    pub fn offered(&self) -> u64 {
        self.answered + self.abandoned + self.rejected + self.diverted + self.unfinished
    }

    /// Those who left the queue.
    pub fn left(&self) -> u64 {
        self.answered + self.abandoned + self.diverted
    }
}

impl Merge for Counts {
    fn merge(&mut self, other: &Self) {
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        self.rejected += other.rejected;
        self.diverted += other.diverted;
        self.unfinished += other.unfinished;
        self.answered_at_once += other.answered_at_once;
        self.answered_within += other.answered_within;
        self.abandoned_within += other.abandoned_within;
        self.diverted_within += other.diverted_within;
        self.wait_answered_us += other.wait_answered_us;
        self.wait_abandoned_us += other.wait_abandoned_us;
        self.wait_diverted_us += other.wait_diverted_us;
        self.waiting_us += other.waiting_us;
    }
}

/// The work of one routing profile's agents in one interval, without the warm-up.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let mut summary = waitline::observers::Summary::new(&model);
/// waitline::run(&model, waitline::random::Streams::new(1, 0), &mut summary).unwrap();
/// let seniors = summary.profile(waitline::ProfileId(1));
/// assert!(seniors.handling_us < seniors.staffed_us);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Staffed time of all its agents (R16), in microseconds.
    pub staffed_us: i128,
    /// Handling time, in microseconds: that in which an agent has at least one contact in hand.
    pub handling_us: i128,
}

impl Merge for Work {
    fn merge(&mut self, other: &Self) {
        self.staffed_us += other.staffed_us;
        self.handling_us += other.handling_us;
    }
}

/// How a contact leaves its queue.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaving {
    Answered(ProfileId),
    Abandoned,
    Diverted,
}

/// The standard statistics of one replication (R20 to R24): by queue, by routing profile, by interval and in total.
///
/// Contacts that entered a queue before the end of the warm-up are not counted. A contact counts in the interval in which it entered the
/// queue or, if the model says so, in which it ended (R20): the end of handling, or abandoning; what ends after the horizon goes to the
/// interval after it, and what never ends counts where it entered. Levels (queue length, agents present, agents handling) run from the end
/// of the warm-up, whoever waits or works then. The memory does not grow with the number of contacts.
///
/// Read it when the run has ended: before that, what the present interval has seen may be missing.
///
/// ```
/// use waitline::observers::Summary;
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let mut summary = Summary::new(&model);
/// waitline::run(&model, waitline::random::Streams::new(1, 0), &mut summary)?;
/// let total = summary.total();
/// assert_eq!(total.offered(), total.answered + total.abandoned + total.rejected + total.unfinished);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Summary {
    grid: Grid,
    queues: usize,
    by_end: bool,
    /// The stretch of time that is now summed up: an interval, what the warm-up leaves of it, or a part of that.
    start: i64,
    end: i64,
    /// From when on a fact is more than something to count: the end of the stretch or, with desks, always.
    heed_from: i64,
    /// When the interval, or the warm-up, is over.
    over: i64,
    interval: usize,
    /// Whoever entered from then on counts in this stretch: its start, or, if contacts count by their end, never.
    counts_from: i64,
    /// Interval by interval, the queues.
    cells: Vec<Counts>,
    /// Interval by interval, the profiles.
    work: Vec<Work>,
    lines: Vec<Line>,
    staff: Vec<Staff>,
    waiting: i32,
    waiting_max: i32,
    paths: Option<Box<PathCounts>>,
    desks: Option<Box<Desks>>,
}

impl Summary {
    /// Statistics for a run of `model`; memory is taken for each interval and queue.
    pub fn new(model: &Model) -> Summary {
        let paths = model.has_paths().then(|| Box::new(PathCounts::new(model)));
        let mut summary = Summary { paths, ..Summary::on(Grid::of(model), model) };
        summary.desks = Desks::of(model);
        summary.begin(0);
        summary
    }

    fn on(grid: Grid, model: &Model) -> Summary {
        let (queues, profiles) = (model.queues.len(), model.profiles.len());
        // What happened before the warm-up's end is thrown away when it is over; until then it passes for the first interval that counts.
        let interval = grid.index(grid.warm_up);
        let mut summary = Summary {
            grid,
            queues,
            by_end: model.run.count_by == CountBy::Ended,
            start: 0,
            end: 0,
            heed_from: 0,
            over: grid.warm_up,
            interval,
            counts_from: 0,
            cells: vec![Counts::default(); (grid.intervals + 1) * queues],
            work: vec![Work::default(); (grid.intervals + 1) * profiles],
            lines: model.queues.iter().map(|queue| Line::new(queue.service_levels.iter().map(limit))).collect(),
            staff: vec![Staff::new(queues); profiles],
            waiting: 0,
            waiting_max: 0,
            paths: None,
            desks: None,
        };
        if grid.warm_up <= 0 {
            summary.over = summary.end_of(interval);
        }
        summary
    }

    /// The statistics of one stretch of a run, by where contacts entered. It begins with nobody there, or where `before` ended.
    pub(super) fn of_stretch(model: &Model, from: Time, to: Time, before: Option<&Summary>) -> Summary {
        let mut stretch = Summary::on(Grid::new(to, from, None), model);
        (stretch.over, stretch.interval, stretch.by_end) = (to.as_us(), 0, false);
        stretch.desks = Desks::of_stretch(model, before);
        stretch.begin(from.as_us());
        let Some(before) = before else { return stretch };
        (stretch.waiting, stretch.waiting_max) = (before.waiting, before.waiting);
        for (line, before) in stretch.lines.iter_mut().zip(&before.lines) {
            line.begins_as(before);
        }
        for (staff, before) in stretch.staff.iter_mut().zip(&before.staff) {
            staff.begins_as(before);
        }
        stretch
    }

    /// The grid that its intervals are numbered by.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// One queue in one interval, complete when the run has ended; index [`Grid::intervals`] is what comes after the horizon.
    pub fn counts(&self, interval: usize, queue: QueueId) -> &Counts {
        &self.cells[interval * self.queues + queue.index()]
    }

    /// One queue over the whole run; `waiting_us` until the horizon.
    pub fn queue(&self, queue: QueueId) -> Counts {
        self.sum((0..=self.grid.intervals).map(|interval| (interval, queue)))
    }

    /// All queues over the whole run; `waiting_us` until the horizon.
    pub fn total(&self) -> Counts {
        let queues = (0..self.queues).map(QueueId::from_index);
        self.sum((0..=self.grid.intervals).flat_map(|interval| queues.clone().map(move |queue| (interval, queue))))
    }

    fn sum(&self, cells: impl Iterator<Item = (usize, QueueId)>) -> Counts {
        let mut sum = Counts::default();
        for (interval, queue) in cells {
            let mut counts = *self.counts(interval, queue);
            if interval == self.grid.intervals {
                counts.waiting_us = 0;
            }
            sum.merge(&counts);
        }
        sum
    }

    /// Contacts answered, abandoned and diverted within the threshold of a queue's service level `level` (0: the headline).
    pub fn within(&self, queue: QueueId, level: usize) -> [u64; 3] {
        if level == 0 {
            let counts = self.queue(queue);
            return [counts.answered_within, counts.abandoned_within, counts.diverted_within];
        }
        self.lines[queue.index()].within_more(level)
    }

    /// The waits of all who left the queue, in microseconds.
    pub fn waits(&self, queue: QueueId) -> &Histogram {
        self.lines[queue.index()].waits()
    }

    /// The longest of them, in microseconds.
    pub fn wait_max_us(&self, queue: QueueId) -> Option<i64> {
        Some(self.lines[queue.index()].wait_max()).filter(|&us| us >= 0)
    }

    /// The largest number waiting at once since the warm-up's end (whoever waited until then included); `None`: in all queues together.
    pub fn waiting_max(&self, queue: Option<QueueId>) -> i64 {
        i64::from(queue.map_or(self.waiting_max, |queue| self.lines[queue.index()].waiting_max()))
    }

    /// The work of one profile in one interval, complete when the run has ended; index [`Grid::intervals`] is what comes after the horizon.
    pub fn work(&self, interval: usize, profile: ProfileId) -> &Work {
        &self.work[interval * self.staff.len() + profile.index()]
    }

    /// The work of one profile over the whole run, until its very end.
    pub fn profile(&self, profile: ProfileId) -> Work {
        let mut sum = Work::default();
        for interval in 0..=self.grid.intervals {
            sum.merge(self.work(interval, profile));
        }
        sum
    }

    /// Contacts of one queue answered by one profile's agents.
    pub fn answered_by(&self, profile: ProfileId, queue: QueueId) -> u64 {
        self.staff[profile.index()].answered[queue.index()]
    }

    /// What is counted of paths to service, in models that have them.
    pub fn paths(&self) -> Option<&PathCounts> {
        self.paths.as_deref()
    }

    /// What each agent did, in models that report it ([`Model::reports_agents`]).
    pub fn agents(&self) -> Option<&AgentCounts> {
        self.desks.as_ref()?.agents()
    }

    /// A stretch of the present interval begins.
    fn begin(&mut self, at: i64) {
        self.start = at;
        self.end = self.over.min(at.saturating_add(LONGEST_STRETCH_US));
        self.counts_from = if self.by_end { i64::MAX } else { at };
        self.heed_from = if self.desks.is_some() { i64::MIN } else { self.end };
    }

    /// Steps to the stretch of time in which `at` lies.
    #[cold]
    fn advance(&mut self, at: i64) {
        while at >= self.end {
            let boundary = self.over.min(at);
            let warms_up = self.warms_up();
            self.close(boundary);
            if boundary == self.over {
                if warms_up {
                    self.waiting_max = self.waiting;
                    self.lines.iter_mut().for_each(Line::forget);
                    self.staff.iter_mut().for_each(Staff::forget);
                } else {
                    self.interval += 1;
                }
                self.over = self.end_of(self.interval);
            }
            self.begin(boundary);
        }
    }

    fn warms_up(&self) -> bool {
        self.start < self.grid.warm_up
    }

    fn end_of(&self, interval: usize) -> i64 {
        if interval < self.grid.intervals { self.grid.start(interval + 1).as_us() } else { i64::MAX }
    }

    /// Completes the sums of the stretch that ends at `at`, and moves them to their cells; those of the warm-up go nowhere.
    fn close(&mut self, at: i64) {
        let length = at - self.start;
        if self.warms_up() {
            self.lines.iter_mut().for_each(|line| line.close(length, &mut Counts::default()));
            self.staff.iter_mut().for_each(|staff| staff.close(length, &mut Work::default()));
            return;
        }
        let cells = &mut self.cells[self.interval * self.queues..];
        for (line, cell) in self.lines.iter_mut().zip(cells) {
            line.close(length, cell);
        }
        let work = &mut self.work[self.interval * self.staff.len()..];
        for (staff, work) in self.staff.iter_mut().zip(work) {
            staff.close(length, work);
        }
    }

    /// The contact leaves its queue. Handling, if any, is over at `ended`.
    #[inline(always)]
    fn left(&mut self, contact: &Contact, at: i64, how: Leaving, ended: impl FnOnce() -> i64) {
        let (queue, enqueued) = (contact.queue.index(), contact.enqueued.as_us());
        let (wait, is_here) = (at - enqueued, enqueued >= self.counts_from);
        let line = &mut self.lines[queue];
        if wait > 0 {
            self.waiting -= 1;
            line.waits_no_more(at - self.start);
            if is_here {
                return line.counts(wait, how);
            }
        } else if is_here {
            return line.counts(0, how);
        }
        self.counts_elsewhere(queue, enqueued, wait, how, ended());
    }

    /// Of a contact that has left its line already, or in another stretch, what became of it.
    pub(super) fn count(&mut self, contact: &Contact, wait: i64, how: Leaving, ended: i64) {
        let (queue, enqueued) = (contact.queue.index(), contact.enqueued.as_us());
        if let Leaving::Answered(profile) = how {
            self.staff[profile.index()].answered[queue] += 1;
        }
        if enqueued >= self.counts_from {
            self.lines[queue].counts(wait, how);
        } else {
            self.counts_elsewhere(queue, enqueued, wait, how, ended);
        }
    }

    /// A contact that counts in another interval, or, if contacts count by their end, perhaps in this one, or, if it entered before the
    /// end of the warm-up, nowhere.
    #[inline(never)]
    fn counts_elsewhere(&mut self, queue: usize, enqueued: i64, wait: i64, how: Leaving, ended: i64) {
        if enqueued < self.grid.warm_up {
            if let Leaving::Answered(profile) = how {
                self.staff[profile.index()].answered[queue] -= 1;
            }
            return;
        }
        let counts_at = if self.by_end { ended } else { enqueued };
        let is_now = counts_at >= self.start && counts_at < self.end;
        let interval = if is_now { self.interval } else { self.grid.index(counts_at) };
        self.lines[queue].counts_in(&mut self.cells[interval * self.queues + queue], wait, how);
    }

    /// It waits no longer.
    fn leaves_line(&mut self, contact: &Contact, at: i64) {
        if at > contact.enqueued.as_us() {
            self.waiting -= 1;
            self.lines[contact.queue.index()].waits_no_more(at - self.start);
        }
    }

    fn diverted(&mut self, contact: &Contact, at: i64, outcome: Outcome, ended: i64) {
        self.left(contact, at, Leaving::Diverted, || ended);
        if let Some(paths) = &mut self.paths {
            paths.left(at, contact.queue.index(), outcome);
        }
    }

    /// A fact that only models with paths know, or those in which agents do more.
    #[inline(never)]
    fn of_paths(&mut self, at: i64, fact: &Fact) {
        if let Some(desks) = &mut self.desks {
            desks.observe(at, fact);
        }
        match fact {
            Fact::Dialed { contact, profile, ring, .. } => {
                if self.dials_at_desk(at, fact) {
                    self.staff[profile.index()].at_work.changes(1, at - self.start);
                }
                self.diverted(contact, at, Outcome::Unreached, at.saturating_add(ring.as_us()));
                if let Some(paths) = &mut self.paths {
                    paths.rings(at, contact.queue.index(), ring.as_us());
                }
            }
            Fact::Left { contact, outcome } => self.diverted(contact, at, *outcome, at),
            other => {
                if let Some(paths) = &mut self.paths {
                    paths.observe(at, other);
                }
            }
        }
    }

    /// It never was in the queue: no level changes, and there is no wait.
    #[cold]
    fn rejected(&mut self, contact: &Contact, at: i64) {
        if at >= self.grid.warm_up {
            self.cells[self.grid.index(at) * self.queues + contact.queue.index()].rejected += 1;
        }
    }

    /// Still waiting at the end. It never ended: it counts where it entered, whatever the rule.
    #[cold]
    fn unfinished(&mut self, contact: &Contact, at: i64) {
        self.leaves_line(contact, at);
        if contact.enqueued.as_us() >= self.grid.warm_up {
            self.count_unfinished(contact);
        }
    }

    /// The present interval's counts join its cell in the end; so may this one at once.
    pub(super) fn count_unfinished(&mut self, contact: &Contact) {
        self.cells[self.grid.index(contact.enqueued.as_us()) * self.queues + contact.queue.index()].unfinished += 1;
    }

    /// The horizon is reached: levels are complete. What becomes of those who are left is still to be counted.
    pub(super) fn close_at_horizon(&mut self) {
        if self.interval < self.grid.intervals {
            self.advance(self.grid.horizon);
        }
    }

    /// Completes the integrals, and holds the run to R19.
    #[cold]
    fn ended(&mut self, at: i64) {
        let at = at.max(self.grid.warm_up);
        if at >= self.end {
            self.advance(at);
        }
        self.desks_end(at);
        self.close(at);
        if let Some(paths) = &mut self.paths {
            paths.ended(at);
        }
        self.hold_to_r19();
    }

    /// Nobody is lost (R19).
    pub(super) fn hold_to_r19(&self) {
        for queue in (0..self.queues).map(QueueId::from_index) {
            let (offered, found) = (self.lines[queue.index()].offered(), self.queue(queue).offered());
            assert!(
                offered == found,
                "{queue:?}: {offered} contacts were offered, but {found} answered, abandoned, rejected, diverted or unfinished (R19)"
            );
        }
    }
}

/// The longest wait that meets a service level, in microseconds.
fn limit(level: &ServiceLevel) -> i64 {
    match level.comparator {
        Comparator::AtMost => level.within.as_us(),
        Comparator::Below => level.within.as_us() - 1,
    }
}

impl Observer for Summary {
    // At each place where a fact is told its kind is known: inlined, only that arm remains, and the fact is never built.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn observe(&mut self, at: Time, fact: &Fact) {
        let at = at.as_us();
        let heed = at >= self.heed_from;
        if heed {
            self.advance(at);
        }
        let offset = at - self.start;
        match fact {
            Fact::Answered { contact, agent, profile, .. } if heed && self.desks.is_some() => {
                self.answered_at_desk(at, *agent, *profile, contact.customer(), (contact.queue, contact.enqueued));
            }
            Fact::Completed { contact, agent, answered, .. } if heed && self.desks.is_some() => {
                self.completed_at_desk(at, *agent, contact.customer(), *answered);
            }
            Fact::Offered { contact } => {
                self.lines[contact.queue.index()].enters();
            }
            Fact::Queued { contact } => {
                self.lines[contact.queue.index()].waits_from(offset);
                self.waiting += 1;
                if self.waiting > self.waiting_max {
                    self.waiting_max = self.waiting;
                }
            }
            Fact::Answered { contact, profile, talk, after_contact_work, .. } => {
                let staff = &mut self.staff[profile.index()];
                staff.at_work.changes(1, offset);
                staff.answered[contact.queue.index()] += 1;
                let ended = || at.saturating_add((*talk + *after_contact_work).as_us());
                self.left(contact, at, Leaving::Answered(*profile), ended);
            }
            Fact::Rejected { contact } => self.rejected(contact, at),
            Fact::Abandoned { contact } => self.left(contact, at, Leaving::Abandoned, || at),
            Fact::Completed { profile, .. } => self.staff[profile.index()].at_work.changes(-1, offset),
            Fact::LoggedIn { profile, .. } => {
                self.comes_or_goes(at, fact);
                self.staff[profile.index()].present.changes(1, offset);
            }
            Fact::LoggedOut { profile, .. } => {
                self.comes_or_goes(at, fact);
                self.staff[profile.index()].present.changes(-1, offset);
            }
            Fact::Unfinished { contact } => self.unfinished(contact, at),
            Fact::Ended => self.ended(at),
            other => self.of_paths(at, other),
        }
    }
}

#[cfg(test)]
mod tests;
