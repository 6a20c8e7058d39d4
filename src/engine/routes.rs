//! Who may take from where: the routing profiles, turned into flat tables that the router scans.

use super::waiting::LineId;
use crate::id::{Id, ProfileId, QueueId, Table};
use crate::model::{ContactRule, Model};
use std::ops::Range;

/// One entry of a profile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) line: LineId,
    /// The place of `delay` among the distinct delays of the queue (see [`Routes::stages`]).
    pub(super) stage: u32,
    pub(super) delay_us: i64,
    pub(super) weight_milli: u32,
    pub(super) priority: u8,
}

/// What the router looks at where the first of a line is its best: an entry of a profile, or many of them as a pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) delay_us: i64,
    /// The line, or that which the pool shows.
    pub(super) line: LineId,
    pub(super) priority: u8,
}

/// A profile that serves a queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) profile: ProfileId,
    pub(super) delay_us: i64,
}

/// From how many queues of equal priority and delay in one profile a pool pays.
const POOL_MIN: usize = 64;
/// How many different pools a model may have: each is told whenever the first of one of its queues changes.
const POOLS_MAX: usize = 8;

/// Many queues that some profile serves at one priority and under one delay: a tree over their first contacts (see `waiting`) replaces the scan.
pub(super) type Pool = Vec<LineId>;

/// From how many profiles on that serve one queue without delay it pays to keep all available agents in one line: the first of them most often serves the queue.
const CROWD_MIN: usize = 32;

/// The routing profiles by profile and by queue.
#[derive(Debug)]
pub(super) struct Routes {
    /// Per profile: its entries, best priority first, of one priority shortest delay first.
    entries: Table<ProfileId, Vec<Route>>,
    looks: Vec<Look>,
    /// Per profile: its run of `looks`, in the order of the entries.
    looks_of: Table<ProfileId, Range<u32>>,
    pools: Vec<Pool>,
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
        let mut tables = Routes {
            entries: Table::new(),
            looks: Vec::new(),
            looks_of: Table::new(),
            pools: Vec::new(),
            openings: Vec::new(),
            queues: Vec::new(),
            stages,
        };
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
                    line: entry.queue.into(),
                    stage: tables.stages[entry.queue.index()].partition_point(|&delay| delay < entry.delay.as_us()) as u32,
                    delay_us: entry.delay.as_us(),
                    weight_milli: entry.weight_milli,
                    priority: rank(entry.priority),
                })
                .collect();
            routes.sort_by_key(|route| (route.priority, route.delay_us, route.line));
            tables.add_profile(routes);
        }
        tables
    }

    fn add_queue(&mut self, openings: &[Opening]) {
        let start = self.openings.len() as u32;
        let at_once = openings.iter().filter(|opening| opening.delay_us == 0).count() as u32;
        self.openings.extend_from_slice(openings);
        self.queues.push((start..self.openings.len() as u32, start + at_once));
    }

    fn add_profile(&mut self, routes: Vec<Route>) {
        let start = self.looks.len() as u32;
        for run in routes.chunk_by(|a, b| (a.priority, a.delay_us) == (b.priority, b.delay_us)) {
            let look = |line| Look { delay_us: run[0].delay_us, line, priority: run[0].priority };
            match self.pool(run) {
                Some(pool) => self.looks.push(look(pool)),
                None => self.looks.extend(run.iter().map(|route| look(route.line))),
            }
        }
        self.looks_of.push(start..self.looks.len() as u32);
        self.entries.push(routes);
    }

    /// What the pool for that run of entries shows, if it is to have one. Profiles alike share it.
    fn pool(&mut self, run: &[Route]) -> Option<LineId> {
        if run.len() < POOL_MIN {
            return None;
        }
        let pool: Pool = run.iter().map(|route| route.line).collect();
        let number = match self.pools.iter().position(|other| *other == pool) {
            Some(known) => known,
            None if self.pools.len() == POOLS_MAX => return None,
            None => {
                self.pools.push(pool);
                self.pools.len() - 1
            }
        };
        Some(LineId::of_pool(self.stages.len(), number))
    }

    /// All pools, by number.
    pub(super) fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// The entries of a profile, best priority first.
    pub(super) fn entries(&self, profile: ProfileId) -> &[Route] {
        &self.entries[profile]
    }

    /// What the router looks at for a profile, best priority first.
    #[inline]
    pub(super) fn looks(&self, profile: ProfileId) -> &[Look] {
        let run = &self.looks_of[profile];
        &self.looks[run.start as usize..run.end as usize]
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

    /// Whether any queue has a crowd of profiles without delay.
    pub(super) fn has_crowds(&self) -> bool {
        self.queues.iter().any(|(run, delayed)| (*delayed - run.start) as usize >= CROWD_MIN)
    }

    /// Those of them with a delay.
    #[inline]
    pub(super) fn openings_later(&self, queue: QueueId) -> &[Opening] {
        let (run, delayed) = &self.queues[queue.index()];
        &self.openings[*delayed as usize..run.end as usize]
    }

    /// The distinct delays from which a queue is served, shortest first; the first is always 0.
    pub(super) fn stages(&self, queue: QueueId) -> &[i64] {
        &self.stages[queue.index()]
    }
}
