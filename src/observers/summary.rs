//! The statistics of one replication, counted as the facts come in.
//!
//! Three ideas make it cheap. Time only moves forward, so the current interval is stepped, not computed. A level's integral over an
//! interval is the sum of where it changed, so a waiting contact costs two additions. And whatever the report wants later (totals, ratios,
//! the four service levels) is a sum over the cells of interval and queue, so each contact is counted once.

mod desks;
mod grid;

pub use grid::Grid;

use super::AgentCounts;
use super::paths::PathCounts;
use crate::id::{Id, ProfileId, QueueId};
use crate::model::{Comparator, CountBy, Model, ServiceLevel};
use crate::observe::{Contact, Fact, Observer, Outcome};
use crate::stats::{Histogram, Merge};
use crate::time::Time;
use desks::Desks;

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

/// A queue.
#[derive(Clone, Debug, Default)]
struct Line {
    /// Its counts in the present interval, if that is where the contact counts; they go to their cell when the interval is over.
    now: Counts,
    waiting: i64,
    waiting_max: i64,
    offered: u64,
    /// The longest wait that meets the headline; -1: none does.
    limit: i64,
    /// -1: nobody left yet.
    wait_max: i64,
    waits: Histogram,
    /// The service levels after the headline: the longest wait that meets it, and how many did of those answered, abandoned, diverted.
    more: Vec<(i64, [u64; 3])>,
}

impl Line {
    /// The number waiting changes, `offset` after the start of the stretch. Over a stretch, a level's integral is what is left of it at the
    /// end times the length, less each change times its offset.
    #[inline]
    fn changes(&mut self, by: i64, offset: i64) {
        self.waiting += by;
        self.waiting_max = self.waiting_max.max(self.waiting);
        self.now.waiting_us -= i128::from(by * offset);
    }
}

/// How a contact leaves its queue.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaving {
    Answered(ProfileId),
    Abandoned,
    Diverted,
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

/// A routing profile's agents.
#[derive(Clone, Copy, Debug, Default)]
struct Staff {
    /// Their work in the present interval.
    now: Work,
    present: i64,
    busy: i64,
}

impl Staff {
    #[inline]
    fn comes(&mut self, by: i64, offset: i64) {
        self.present += by;
        self.now.staffed_us -= i128::from(by * offset);
    }

    #[inline]
    fn works(&mut self, by: i64, offset: i64) {
        self.busy += by;
        self.now.handling_us -= i128::from(by * offset);
    }
}

/// The standard statistics of one replication (R20 to R24): by queue, by routing profile, by interval and in total.
///
/// Contacts that entered a queue before the end of the warm-up are not counted. A contact counts in the interval in which it entered the
/// queue or, if the model says so, in which it ended (R20): the end of handling, or abandoning; what ends after the horizon goes to the
/// interval after it, and what never ends counts where it entered. Levels (queue length, agents present, agents handling) run from the end
/// of the warm-up, whoever waits or works then. The memory does not grow with the number of contacts.
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
    /// The stretch of time over which levels are now summed: an interval, or what the warm-up leaves of it.
    start: i64,
    end: i64,
    interval: usize,
    /// Interval by interval, the queues.
    cells: Vec<Counts>,
    /// Interval by interval, the profiles.
    work: Vec<Work>,
    lines: Vec<Line>,
    staff: Vec<Staff>,
    /// Profile by profile, the queues: contacts answered.
    answered_by: Vec<u64>,
    waiting: i64,
    waiting_max: i64,
    paths: Option<Box<PathCounts>>,
    desks: Option<Box<Desks>>,
}

impl Summary {
    /// Statistics for a run of `model`; memory is taken for each interval and queue.
    pub fn new(model: &Model) -> Summary {
        let paths = model.has_paths().then(|| Box::new(PathCounts::new(model)));
        Summary { paths, desks: Desks::of(model), ..Summary::on(Grid::of(model), model) }
    }

    fn on(grid: Grid, model: &Model) -> Summary {
        let (queues, profiles) = (model.queues.len(), model.profiles.len());
        let line = |levels: &[ServiceLevel]| Line {
            limit: levels.first().map_or(-1, limit),
            more: levels.iter().skip(1).map(|level| (limit(level), [0; 3])).collect(),
            wait_max: -1,
            ..Line::default()
        };
        // What happened before the warm-up's end is thrown away when it is over; until then it passes for the first interval that counts.
        let interval = grid.index(grid.warm_up);
        let mut summary = Summary {
            grid,
            queues,
            by_end: model.run.count_by == CountBy::Ended,
            start: 0,
            end: grid.warm_up,
            interval,
            cells: vec![Counts::default(); (grid.intervals + 1) * queues],
            work: vec![Work::default(); (grid.intervals + 1) * profiles],
            lines: model.queues.iter().map(|queue| line(&queue.service_levels)).collect(),
            staff: vec![Staff::default(); profiles],
            answered_by: vec![0; profiles * queues],
            waiting: 0,
            waiting_max: 0,
            paths: None,
            desks: None,
        };
        if grid.warm_up <= 0 {
            summary.end = summary.end_of(interval);
        }
        summary
    }

    /// The statistics of one stretch of a run, by where contacts entered. It begins with nobody there, or where `before` ended.
    pub(super) fn of_stretch(model: &Model, from: Time, to: Time, before: Option<&Summary>) -> Summary {
        let mut stretch = Summary::on(Grid::new(to, from, None), model);
        (stretch.start, stretch.end, stretch.interval, stretch.by_end) = (from.as_us(), to.as_us(), 0, false);
        stretch.desks = Desks::of_stretch(model, before);
        let Some(before) = before else { return stretch };
        (stretch.waiting, stretch.waiting_max) = (before.waiting, before.waiting);
        for (line, before) in stretch.lines.iter_mut().zip(&before.lines) {
            (line.waiting, line.waiting_max) = (before.waiting, before.waiting);
        }
        for (staff, before) in stretch.staff.iter_mut().zip(&before.staff) {
            (staff.present, staff.busy) = (before.present, before.busy);
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
        self.lines[queue.index()].more[level - 1].1
    }

    /// The waits of all who left the queue, in microseconds.
    pub fn waits(&self, queue: QueueId) -> &Histogram {
        &self.lines[queue.index()].waits
    }

    /// The longest of them, in microseconds.
    pub fn wait_max_us(&self, queue: QueueId) -> Option<i64> {
        Some(self.lines[queue.index()].wait_max).filter(|&us| us >= 0)
    }

    /// The largest number waiting at once since the warm-up's end (whoever waited until then included); `None`: in all queues together.
    pub fn waiting_max(&self, queue: Option<QueueId>) -> i64 {
        queue.map_or(self.waiting_max, |queue| self.lines[queue.index()].waiting_max)
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
        self.answered_by[profile.index() * self.queues + queue.index()]
    }

    /// What is counted of paths to service, in models that have them.
    pub fn paths(&self) -> Option<&PathCounts> {
        self.paths.as_deref()
    }

    /// What each agent did, in models that report it ([`Model::reports_agents`]).
    pub fn agents(&self) -> Option<&AgentCounts> {
        self.desks.as_ref()?.agents()
    }

    /// Steps to the stretch of time in which `at` lies.
    #[cold]
    fn advance(&mut self, at: i64) {
        while at >= self.end {
            let boundary = self.end;
            if boundary == self.grid.warm_up {
                self.waiting_max = self.waiting;
                for line in &mut self.lines {
                    line.now = Counts::default();
                    line.waiting_max = line.waiting;
                }
                for staff in &mut self.staff {
                    staff.now = Work::default();
                }
            } else {
                self.close(boundary);
                self.interval += 1;
            }
            self.start = boundary;
            self.end = self.end_of(self.interval);
        }
    }

    fn end_of(&self, interval: usize) -> i64 {
        if interval < self.grid.intervals { self.grid.start(interval + 1).as_us() } else { i64::MAX }
    }

    /// Completes the integrals of the stretch that ends at `at` (what is left of each level has lasted from its start), and moves its
    /// counts to their cells.
    fn close(&mut self, at: i64) {
        let length = i128::from(at - self.start);
        let cells = &mut self.cells[self.interval * self.queues..];
        for (line, cell) in self.lines.iter_mut().zip(cells) {
            line.now.waiting_us += i128::from(line.waiting) * length;
            cell.merge(&std::mem::take(&mut line.now));
        }
        let work = &mut self.work[self.interval * self.staff.len()..];
        for (staff, work) in self.staff.iter_mut().zip(work) {
            staff.now.staffed_us += i128::from(staff.present) * length;
            staff.now.handling_us += i128::from(staff.busy) * length;
            work.merge(&std::mem::take(&mut staff.now));
        }
    }

    /// The contact leaves its queue. Handling, if any, is over at `ended`.
    #[inline(always)]
    fn left(&mut self, contact: &Contact, at: i64, how: Leaving, ended: i64) {
        self.leaves_line(contact, at);
        if contact.enqueued.as_us() >= self.grid.warm_up {
            self.count(contact, at - contact.enqueued.as_us(), how, ended);
        }
    }

    /// It waits no longer.
    #[inline(always)]
    fn leaves_line(&mut self, contact: &Contact, at: i64) {
        if at > contact.enqueued.as_us() {
            self.waiting -= 1;
            self.lines[contact.queue.index()].changes(-1, at - self.start);
        }
    }

    /// Of a contact that counts here, what became of it.
    #[inline(always)]
    pub(super) fn count(&mut self, contact: &Contact, wait: i64, how: Leaving, ended: i64) {
        let line = &mut self.lines[contact.queue.index()];
        line.waits.record(wait.unsigned_abs());
        line.wait_max = line.wait_max.max(wait);
        for (limit, within) in &mut line.more {
            within[how.column()] += u64::from(wait <= *limit);
        }
        let within = u64::from(wait <= line.limit);
        let counts_at = if self.by_end { ended } else { contact.enqueued.as_us() };
        let counts = if counts_at >= self.start && counts_at < self.end {
            &mut line.now
        } else {
            &mut self.cells[self.grid.index(counts_at) * self.queues + contact.queue.index()]
        };
        match how {
            Leaving::Answered(profile) => {
                counts.answered += 1;
                counts.answered_at_once += u64::from(wait == 0);
                counts.answered_within += within;
                counts.wait_answered_us += u128::from(wait.unsigned_abs());
                self.answered_by[profile.index() * self.queues + contact.queue.index()] += 1;
            }
            Leaving::Abandoned => {
                counts.abandoned += 1;
                counts.abandoned_within += within;
                counts.wait_abandoned_us += u128::from(wait.unsigned_abs());
            }
            Leaving::Diverted => {
                counts.diverted += 1;
                counts.diverted_within += within;
                counts.wait_diverted_us += u128::from(wait.unsigned_abs());
            }
        }
    }

    fn diverted(&mut self, contact: &Contact, at: i64, outcome: Outcome, ended: i64) {
        self.left(contact, at, Leaving::Diverted, ended);
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
                    self.staff[profile.index()].works(1, at - self.start);
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
        let enqueued = contact.enqueued.as_us();
        if at > enqueued {
            self.waiting -= 1;
            self.lines[contact.queue.index()].changes(-1, at - self.start);
        }
        if enqueued >= self.grid.warm_up {
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
            let (offered, found) = (self.lines[queue.index()].offered, self.queue(queue).offered());
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
        if at >= self.end {
            self.advance(at);
        }
        let offset = at - self.start;
        match fact {
            Fact::Answered { .. } | Fact::Completed { .. } | Fact::LoggedIn { .. } | Fact::LoggedOut { .. } if self.desks.is_some() => {
                // A copy: what the function is lent must lie in memory, and the fact itself need not then.
                let told = *fact;
                self.at_desks(at, &told);
            }
            Fact::Offered { contact } => {
                self.lines[contact.queue.index()].offered += u64::from(contact.enqueued.as_us() >= self.grid.warm_up);
            }
            Fact::Queued { contact } => {
                self.lines[contact.queue.index()].changes(1, offset);
                self.waiting += 1;
                self.waiting_max = self.waiting_max.max(self.waiting);
            }
            Fact::Answered { contact, profile, talk, after_contact_work, .. } => {
                self.staff[profile.index()].works(1, offset);
                let ended = at.saturating_add((*talk + *after_contact_work).as_us());
                self.left(contact, at, Leaving::Answered(*profile), ended);
            }
            Fact::Rejected { contact } => self.rejected(contact, at),
            Fact::Abandoned { contact } => self.left(contact, at, Leaving::Abandoned, at),
            Fact::Completed { profile, .. } => self.staff[profile.index()].works(-1, offset),
            Fact::LoggedIn { profile, .. } => self.staff[profile.index()].comes(1, offset),
            Fact::LoggedOut { profile, .. } => self.staff[profile.index()].comes(-1, offset),
            Fact::Unfinished { contact } => self.unfinished(contact, at),
            Fact::Ended => self.ended(at),
            other => self.of_paths(at, other),
        }
    }
}

#[cfg(test)]
mod tests;
