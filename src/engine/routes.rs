//! Who may take from where: the routing profiles, turned into flat tables that the router scans.

use crate::id::{Id, ProfileId, QueueId};
use crate::model::{ContactRule, Model};
use std::ops::Range;

/// One entry of a profile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) queue: QueueId,
    /// The place of `delay` among the distinct delays of the queue (see [`Routes::stages`]).
    pub(super) stage: u32,
    pub(super) delay_us: i64,
    pub(super) weight_milli: u32,
    pub(super) priority: u8,
}

/// A profile that serves a queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) profile: ProfileId,
    pub(super) delay_us: i64,
}

/// The routing profiles by profile and by queue.
#[derive(Debug)]
pub(super) struct Routes {
    routes: Vec<Route>,
    /// Runs of `routes` of one profile and one priority, best priority first.
    levels: Vec<Range<u32>>,
    /// Runs of `levels` of one profile.
    profiles: Vec<Range<u32>>,
    openings: Vec<Opening>,
    /// Per queue: its run of `openings`, shortest delay first, and where in it the delays begin.
    queues: Vec<(Range<u32>, u32)>,
    /// Per queue: the distinct delays from which it is served, shortest first; the first is always 0.
    stages: Vec<Vec<i64>>,
}

impl Routes {
    pub(super) fn new(model: &Model) -> Routes {
        let mut stages = vec![vec![0]; model.queues.len()];
        let mut openings = vec![Vec::new(); model.queues.len()];
        for (profile, row) in model.profiles.enumerate() {
            for entry in &row.entries {
                stages[entry.queue.index()].push(entry.delay.as_us());
                openings[entry.queue.index()].push(Opening { profile, delay_us: entry.delay.as_us() });
            }
        }
        for delays in &mut stages {
            delays.sort_unstable();
            delays.dedup();
        }
        let mut tables =
            Routes { routes: Vec::new(), levels: Vec::new(), profiles: Vec::new(), openings: Vec::new(), queues: Vec::new(), stages };
        for of_queue in &mut openings {
            of_queue.sort_by_key(|opening| (opening.delay_us, opening.profile));
            tables.add_queue(of_queue);
        }
        for profile in &model.profiles {
            let rank = |priority: u8| if model.policy.contact == ContactRule::LongestWaitFirst { 1 } else { priority };
            let mut routes: Vec<Route> = profile
                .entries
                .iter()
                .map(|entry| Route {
                    queue: entry.queue,
                    stage: tables.stages[entry.queue.index()].partition_point(|&delay| delay < entry.delay.as_us()) as u32,
                    delay_us: entry.delay.as_us(),
                    weight_milli: entry.weight_milli,
                    priority: rank(entry.priority),
                })
                .collect();
            routes.sort_by_key(|route| route.priority);
            tables.add_profile(&routes);
        }
        tables
    }

    fn add_queue(&mut self, openings: &[Opening]) {
        let start = self.openings.len() as u32;
        let at_once = openings.iter().filter(|opening| opening.delay_us == 0).count() as u32;
        self.openings.extend_from_slice(openings);
        self.queues.push((start..self.openings.len() as u32, start + at_once));
    }

    fn add_profile(&mut self, routes: &[Route]) {
        let first_level = self.levels.len() as u32;
        for level in routes.chunk_by(|a, b| a.priority == b.priority) {
            let start = self.routes.len() as u32;
            self.routes.extend_from_slice(level);
            self.levels.push(start..self.routes.len() as u32);
        }
        self.profiles.push(first_level..self.levels.len() as u32);
    }

    /// The entries of a profile, priority by priority, best first.
    #[inline]
    pub(super) fn levels(&self, profile: ProfileId) -> impl Iterator<Item = &[Route]> {
        let levels = self.profiles[profile.index()].clone();
        self.levels[levels.start as usize..levels.end as usize].iter().map(|level| &self.routes[level.start as usize..level.end as usize])
    }

    /// All entries of a profile.
    #[inline]
    pub(super) fn routes(&self, profile: ProfileId) -> &[Route] {
        let levels = &self.profiles[profile.index()];
        if levels.is_empty() {
            return &[];
        }
        let (first, last) = (&self.levels[levels.start as usize], &self.levels[levels.end as usize - 1]);
        &self.routes[first.start as usize..last.end as usize]
    }

    /// The profiles that serve a queue, shortest delay first.
    #[inline]
    pub(super) fn openings(&self, queue: QueueId) -> &[Opening] {
        let (run, _) = &self.queues[queue.index()];
        &self.openings[run.start as usize..run.end as usize]
    }

    /// Those of them without delay.
    #[inline]
    pub(super) fn openings_at_once(&self, queue: QueueId) -> &[Opening] {
        let (run, delayed) = &self.queues[queue.index()];
        &self.openings[run.start as usize..*delayed as usize]
    }

    /// The distinct delays from which a queue is served, shortest first; the first is always 0.
    pub(super) fn stages(&self, queue: QueueId) -> &[i64] {
        &self.stages[queue.index()]
    }
}
