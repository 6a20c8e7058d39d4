//! Who may take from where: the routing profiles, turned into flat tables that the router scans.

use super::waiting::LineId;
use crate::id::{Id, ProfileId, QueueId};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pool {
    pub(super) delay_us: i64,
    pub(super) lines: Vec<LineId>,
}

/// The entries of one profile at one priority.
#[derive(Clone, Debug)]
struct LevelRuns {
    /// In `entries`; those that stand in a pool come last.
    start: u32,
    pooled: u32,
    end: u32,
    /// In `pool_uses`.
    pools: Range<u32>,
}

/// The entries of one profile at one priority.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level<'r> {
    pub(super) all: &'r [Route],
    /// Those that stand in none of `pools`.
    pub(super) scanned: &'r [Route],
    /// The pools of the others, by number.
    pub(super) pools: &'r [u32],
}

/// The routing profiles by profile and by queue.
#[derive(Debug)]
pub(super) struct Routes {
    entries: Vec<Route>,
    /// Best priority first.
    levels: Vec<LevelRuns>,
    /// By profile: its entry, if it has just one.
    only: Vec<Option<Route>>,
    /// Runs of `levels` of one profile.
    profiles: Vec<Range<u32>>,
    pools: Vec<Pool>,
    pool_uses: Vec<u32>,
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
            entries: Vec::new(),
            levels: Vec::new(),
            only: Vec::new(),
            profiles: Vec::new(),
            pools: Vec::new(),
            pool_uses: Vec::new(),
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
            let start = self.entries.len() as u32;
            let first_use = self.pool_uses.len() as u32;
            let mut pooled = Vec::new();
            for run in level.chunk_by(|a, b| a.delay_us == b.delay_us) {
                if let Some(pool) = self.pool(run) {
                    self.pool_uses.push(pool);
                    pooled.extend_from_slice(run);
                } else {
                    self.entries.extend_from_slice(run);
                }
            }
            let first_pooled = self.entries.len() as u32;
            self.entries.extend(pooled);
            let (end, last_use) = (self.entries.len() as u32, self.pool_uses.len() as u32);
            self.levels.push(LevelRuns { start, pooled: first_pooled, end, pools: first_use..last_use });
        }
        self.profiles.push(first_level..self.levels.len() as u32);
        self.only.push(if let [only] = routes { Some(*only) } else { None });
    }

    /// The number of the pool for that run of entries, if it is to have one. Profiles alike share it.
    fn pool(&mut self, run: &[Route]) -> Option<u32> {
        if run.len() < POOL_MIN {
            return None;
        }
        let pool = Pool { delay_us: run[0].delay_us, lines: run.iter().map(|route| route.line).collect() };
        if let Some(known) = self.pools.iter().position(|other| *other == pool) {
            return Some(known as u32);
        }
        if self.pools.len() == POOLS_MAX {
            return None;
        }
        self.pools.push(pool);
        Some(self.pools.len() as u32 - 1)
    }

    /// The entry of a profile that has just one.
    #[inline]
    pub(super) fn only(&self, profile: ProfileId) -> Option<Route> {
        self.only[profile.index()]
    }

    /// All pools, by number.
    pub(super) fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// The entries of a profile, priority by priority, best first.
    #[inline]
    pub(super) fn levels(&self, profile: ProfileId) -> impl Iterator<Item = Level<'_>> {
        let levels = self.profiles[profile.index()].clone();
        self.levels[levels.start as usize..levels.end as usize].iter().map(|level| Level {
            all: &self.entries[level.start as usize..level.end as usize],
            scanned: &self.entries[level.start as usize..level.pooled as usize],
            pools: &self.pool_uses[level.pools.start as usize..level.pools.end as usize],
        })
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
