//! Sums over replications of what agents did.

use super::across::column::agents as column;
use crate::id::{Id, ProfileId};
use crate::model::Scope;
use crate::observers::{AgentCounts, Spread};
use crate::stats::{Confidence, Estimate, Merge, Moments, Tally};
use serde::{Deserialize, Serialize};

/// What agents did over the replications of an experiment, in models that report it.
///
/// ```
/// use waitline::experiment::AgentSums;
/// assert!(AgentSums::default().profiles.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentSums {
    /// All agents together.
    pub total: GroupSums,
    /// By routing profile.
    pub profiles: Vec<GroupSums>,
}

/// A group of agents over the replications of an experiment.
///
/// ```
/// use waitline::experiment::GroupSums;
/// assert_eq!(GroupSums::default().work.count(), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSums {
    /// By the columns of [`mod@column`].
    pub work: Moments,
    /// The lowest occupancy of an agent in each replication, in billionths; of those who ever were logged in.
    pub lowest: Tally,
    /// The highest.
    pub highest: Tally,
    /// The standard deviation of their occupancies, where there are two at least.
    pub deviation: Tally,
}

impl AgentSums {
    pub(super) fn record(&mut self, profiles: usize, agents: &AgentCounts) {
        self.total.record(agents, None);
        self.profiles.resize_with(profiles, GroupSums::default);
        for (place, sums) in self.profiles.iter_mut().enumerate() {
            sums.record(agents, Some(ProfileId::from_index(place)));
        }
    }

    /// Those of a profile, or of all.
    pub fn of(&self, scope: Scope) -> Option<&GroupSums> {
        match scope {
            Scope::Profile(profile) => self.profiles.get(profile.index()),
            _ => Some(&self.total),
        }
    }

    /// Whether these are sums over so many replications of a model with so many profiles, as far as their shape tells.
    pub(super) fn fits(&self, profiles: usize, replications: u64) -> bool {
        let fits = |sums: &GroupSums| sums.work.has(replications, column::COLUMNS) && sums.lowest.count() <= replications;
        self.profiles.len() == profiles && self.profiles.iter().chain([&self.total]).all(fits)
    }
}

impl GroupSums {
    /// The standard deviation of the agents' occupancies, on average over the replications that have one.
    pub fn spread(&self, confidence: &Confidence) -> Option<Estimate> {
        self.deviation.mean(confidence).map(|billionths| billionths.per(Spread::ONE as f64))
    }

    fn record(&mut self, agents: &AgentCounts, profile: Option<ProfileId>) {
        self.work.record(&observed_agents(agents, profile));
        if let Some(Spread { lowest, highest, deviation }) = agents.spread(profile) {
            self.lowest.record(lowest);
            self.highest.record(highest);
            if let Some(deviation) = deviation {
                self.deviation.record(deviation);
            }
        }
    }
}

/// What the agents of a profile, or all, did in one replication, by the columns of [`mod@column`].
pub(super) fn observed_agents(agents: &AgentCounts, profile: Option<ProfileId>) -> [i128; column::COLUMNS] {
    let mut sums = [0; column::COLUMNS];
    for work in agents.of(profile) {
        let [no_answer, rejected, hung_up] = work.missed;
        for (column, value) in [
            (column::ONLINE_US, work.online_us),
            (column::STAFFED_US, work.staffed_us),
            (column::NON_PRODUCTIVE_US, work.non_productive_us),
            (column::CONTACT_US, work.contact_us),
            (column::HANDLE_US, work.handle_us),
            (column::MISSED_US, work.missed_us),
            (column::CONNECTING_US, work.connecting_us),
            (column::ANSWERED, work.answered.into()),
            (column::OFF_SKILL, work.off_skill.into()),
            (column::OFFERS, work.offers.into()),
            (column::ACCEPTED, work.accepted.into()),
            (column::NO_ANSWER, no_answer.into()),
            (column::REJECTED, rejected.into()),
            (column::HUNG_UP, hung_up.into()),
        ] {
            sums[column] += value;
        }
        sums[column::LONGEST_RUN_US] = sums[column::LONGEST_RUN_US].max(work.longest_run_us.into());
    }
    sums
}

impl Merge for GroupSums {
    fn merge(&mut self, other: &Self) {
        self.work.merge(&other.work);
        self.lowest.merge(&other.lowest);
        self.highest.merge(&other.highest);
        self.deviation.merge(&other.deviation);
    }
}

impl Merge for AgentSums {
    fn merge(&mut self, other: &Self) {
        self.total.merge(&other.total);
        self.profiles.merge(&other.profiles);
    }
}
