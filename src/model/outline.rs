//! What a report must know of a model: enough to be made of sums alone, elsewhere and later.

use super::{AtHorizon, Comparator, CountBy, Measure, Metric, Model, PathOutline, Scope, ServiceLevel};
use crate::error::Problem;
use crate::id::{Id, QueueId};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The names, thresholds and settings of a model that a report needs: a part of an experiment that ran elsewhere carries it along.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let outline = model.outline();
/// assert_eq!((outline.queues[0].name.as_str(), outline.profiles[1].agents), ("savings", 6));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outline {
    /// The scenario's name.
    pub name: String,
    /// Its fingerprint.
    pub digest: String,
    /// What the reader should know about how the input was read.
    pub notes: Vec<String>,
    /// Arrivals stop here, in microseconds as all times here.
    pub horizon_us: i64,
    /// What comes before it is not counted.
    pub warm_up_us: i64,
    /// The reporting grid.
    pub interval_us: Option<i64>,
    /// What happens at the horizon: `true`, it is the end.
    pub stops: bool,
    /// Whether contacts count where they ended.
    pub by_end: bool,
    /// The queues.
    pub queues: Vec<QueueOutline>,
    /// The routing profiles.
    pub profiles: Vec<ProfileOutline>,
    /// The paths to service, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<PathOutline>,
    /// Whether it is reported what agents did ([`Model::reports_agents`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reports_agents: bool,
    /// The scenario as it was written, unless it is large.
    pub origin: Option<Arc<Origin>>,
}

/// A queue of an [`Outline`].
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// assert_eq!(model.outline().queues[0].levels()[0].target, Some(0.8));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueOutline {
    /// Its name.
    pub name: String,
    /// Threshold in microseconds, whether it must be stayed below, target.
    levels: Vec<(i64, bool, Option<f64>)>,
}

impl QueueOutline {
    /// Its service levels.
    pub fn levels(&self) -> Vec<ServiceLevel> {
        let level = |&(within_us, below, target): &(i64, bool, Option<f64>)| ServiceLevel {
            within: Span::from_us(within_us.max(0)),
            comparator: if below { Comparator::Below } else { Comparator::AtMost },
            target,
        };
        self.levels.iter().map(level).collect()
    }
}

/// A routing profile of an [`Outline`].
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// assert_eq!(model.outline().profiles[0].name, "saver");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileOutline {
    /// Its name.
    pub name: String,
    /// How many agents have it.
    pub agents: u64,
    /// Its queues, entry by entry.
    pub queues: Vec<u32>,
}

/// A scenario as it was written: its text, and the files that it names.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// assert_eq!(model.origin.as_ref().unwrap().scenario, text);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The text of the scenario.
    pub scenario: String,
    /// By name, the text of each file.
    pub files: BTreeMap<String, String>,
}

impl Origin {
    /// Larger scenarios are not carried along in reports: one mebibyte, all files together.
    pub const BYTES_MAX: usize = 1 << 20;
}

impl Model {
    /// What a report must know of it.
    pub fn outline(&self) -> Outline {
        let level = |level: &ServiceLevel| (level.within.as_us(), level.comparator == Comparator::Below, level.target);
        let queues = self
            .queues
            .iter()
            .map(|queue| QueueOutline { name: queue.name.clone(), levels: queue.service_levels.iter().map(level).collect() });
        let profiles = self.profiles.enumerate().map(|(id, profile)| ProfileOutline {
            name: profile.name.clone(),
            agents: self.agents.iter().filter(|agent| agent.profile == id).count() as u64,
            queues: profile.entries.iter().map(|entry| entry.queue.index() as u32).collect(),
        });
        Outline {
            name: self.name.clone(),
            digest: self.digest.clone(),
            notes: self.notes.clone(),
            horizon_us: self.run.horizon.as_us(),
            warm_up_us: self.run.warm_up.as_us(),
            interval_us: self.run.interval.map(Span::as_us),
            stops: self.run.at_horizon == AtHorizon::Stop,
            by_end: self.run.count_by == CountBy::Ended,
            queues: queues.collect(),
            profiles: profiles.collect(),
            paths: PathOutline::of(self),
            reports_agents: self.reports_agents(),
            origin: self.origin.clone(),
        }
    }
}

impl Outline {
    /// Arrivals stop here.
    pub fn horizon(&self) -> Time {
        Time::from_us(self.horizon_us)
    }

    /// What comes before it is not counted.
    pub fn warm_up(&self) -> Time {
        Time::from_us(self.warm_up_us)
    }

    /// How much time counts, in microseconds.
    pub fn counted_us(&self) -> i64 {
        (self.horizon_us - self.warm_up_us).max(0)
    }

    /// The names of the queues.
    pub fn queue_names(&self) -> Vec<&str> {
        self.queues.iter().map(|queue| queue.name.as_str()).collect()
    }

    /// The names of the routing profiles.
    pub fn profile_names(&self) -> Vec<&str> {
        self.profiles.iter().map(|profile| profile.name.as_str()).collect()
    }

    /// The figure of that name.
    ///
    /// # Errors
    /// When there is none, with the nearest name that there is.
    pub fn metric(&self, name: &str) -> Result<Metric, Problem> {
        let metric = Metric::parse(name, &self.queue_names(), &self.profile_names())?;
        if metric.measure.of_ways() && self.paths.is_none() {
            return Err(Problem::new(format!(
                "{metric} is of paths to service, and {} has none: its contacts do nothing but queue",
                self.name
            )));
        }
        if metric.measure.of_desks() && !self.reports_agents {
            return Err(Problem::new(format!("{metric} is {}, and {} has none such", Measure::OF_DESKS, self.name)));
        }
        Ok(metric)
    }

    /// The queue of that name, or with `None` all together.
    pub fn scope(&self, queue: Option<&str>) -> Option<Scope> {
        let Some(name) = queue else { return Some(Scope::Total) };
        self.queue_ids().zip(&self.queues).find(|(_, queue)| queue.name == name).map(|(id, _)| Scope::Queue(id))
    }

    /// The service level by which a queue is judged, or all of them together; `None`: each by its own, or there is no queue.
    pub fn headline(&self, scope: Scope) -> Option<ServiceLevel> {
        match scope {
            Scope::Queue(queue) => self.queues.get(queue.index())?.levels().first().copied(),
            _ => self.total_levels().first().copied().flatten(),
        }
    }

    /// The ids of the queues.
    pub fn queue_ids(&self) -> impl Iterator<Item = QueueId> + Clone + use<> {
        (0..self.queues.len()).map(QueueId::from_index)
    }

    /// The service levels that are reported of all queues together: those with which the lists of all queues begin; if even their headlines
    /// differ, one, `None`, by which each contact is judged by the headline of its own queue.
    pub fn total_levels(&self) -> Vec<Option<ServiceLevel>> {
        let levels: Vec<Vec<ServiceLevel>> = self.queues.iter().map(QueueOutline::levels).collect();
        let Some(first) = levels.first() else { return Vec::new() };
        let alike = |&(place, level): &(usize, &ServiceLevel)| levels.iter().all(|queue| queue.get(place) == Some(level));
        let alike: Vec<_> = first.iter().enumerate().take_while(alike).map(|(_, level)| Some(*level)).collect();
        if alike.is_empty() { vec![None] } else { alike }
    }
}
