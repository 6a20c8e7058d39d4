//! Who takes whom: waiting lines and available agents. The frameworks know time and events; this is what a user of any of them has to add for routing by skill.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::workload::Workload;

/// A waiting contact, with what the framework needs to reach it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Waiting<T> {
    pub queue: usize,
    pub arrived: f64,
    pub with: T,
}

/// A claim on a queue, or of a profile.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Claim {
    of: usize,
    delay: f64,
}

/// Waiting lines and available agents.
#[derive(Debug, Serialize, Deserialize)]
pub struct Desk<T> {
    /// By queue, oldest first.
    lines: Vec<BTreeMap<u64, Waiting<T>>>,
    /// By profile: when its available agents became so, as a count.
    idle: Vec<VecDeque<u64>>,
    freed: u64,
    /// By profile, then by priority: the queues.
    levels: Vec<Vec<Vec<Claim>>>,
    /// By queue: the profiles.
    takers: Vec<Vec<Claim>>,
    /// By queue: the delays after which more agents may take a contact.
    stages: Vec<Vec<f64>>,
}

impl<T> Desk<T> {
    pub fn new(workload: &Workload) -> Self {
        let queues = workload.queues.len();
        let mut desk = Desk {
            lines: (0..queues).map(|_| BTreeMap::new()).collect(),
            idle: vec![VecDeque::new(); workload.profiles.len()],
            freed: 0,
            levels: Vec::new(),
            takers: vec![Vec::new(); queues],
            stages: vec![Vec::new(); queues],
        };
        for (number, profile) in workload.profiles.iter().enumerate() {
            let mut levels: BTreeMap<u32, Vec<Claim>> = BTreeMap::new();
            for entry in &profile.entries {
                levels.entry(entry.priority).or_default().push(Claim { of: entry.queue, delay: entry.delay });
                desk.takers[entry.queue].push(Claim { of: number, delay: entry.delay });
                if entry.delay > 0.0 {
                    desk.stages[entry.queue].push(entry.delay);
                }
            }
            desk.levels.push(levels.into_values().collect());
            (0..profile.agents).for_each(|_| desk.free(number));
        }
        for stages in &mut desk.stages {
            stages.sort_by(f64::total_cmp);
            stages.dedup();
        }
        desk
    }

    /// The delay that ends for a contact of this queue after `passed` of them.
    pub fn stage(&self, queue: usize, passed: usize) -> Option<f64> {
        self.stages[queue].get(passed).copied()
    }

    /// Takes the agent available the longest of those who may take a contact that has waited so long; says its profile.
    pub fn take_agent(&mut self, queue: usize, waited: f64) -> Option<usize> {
        let may = self.takers[queue].iter().filter(|claim| claim.delay <= waited);
        let available = may.filter_map(|claim| Some((*self.idle[claim.of].front()?, claim.of)));
        let (_, profile) = available.min()?;
        self.idle[profile].pop_front();
        Some(profile)
    }

    /// Takes the contact that an agent of this profile has to take: by priority, then the oldest.
    pub fn take_contact(&mut self, profile: usize, now: f64) -> Option<Waiting<T>> {
        for level in &self.levels[profile] {
            let heads = level.iter().filter_map(|claim| {
                let (number, first) = self.lines[claim.of].first_key_value()?;
                (now - first.arrived >= claim.delay).then_some((*number, claim.of))
            });
            if let Some((_, queue)) = heads.min() {
                return self.lines[queue].pop_first().map(|(_, contact)| contact);
            }
        }
        None
    }

    /// An agent of this profile has become available, and nobody waits for it.
    pub fn free(&mut self, profile: usize) {
        self.freed += 1;
        self.idle[profile].push_back(self.freed);
    }

    pub fn enter(&mut self, number: u64, contact: Waiting<T>) {
        self.lines[contact.queue].insert(number, contact);
    }

    pub fn leave(&mut self, queue: usize, number: u64) -> Option<Waiting<T>> {
        self.lines[queue].remove(&number)
    }

    pub fn waits(&self, queue: usize, number: u64) -> bool {
        self.lines[queue].contains_key(&number)
    }
}
