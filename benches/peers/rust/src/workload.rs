//! What of a Waitline scenario these workloads need: queues with one source each, profiles, agents.

use std::error::Error;
use std::path::Path;

use rand::Rng;
use rand_distr::{Distribution, Exp, LogNormal};
use serde::{Deserialize, Deserializer, Serialize};

/// The law of a duration, in seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Law {
    Exponential(Exp<f64>),
    LogNormal(LogNormal<f64>),
}

impl Law {
    pub fn exponential(mean: f64) -> Self {
        Law::Exponential(Exp::new(1.0 / mean).expect("a mean is positive"))
    }

    fn lognormal(mean: f64, cv: f64) -> Self {
        Law::LogNormal(LogNormal::from_mean_cv(mean, cv).expect("a mean is positive"))
    }

    pub fn sample(&self, rng: &mut impl Rng) -> f64 {
        match self {
            Law::Exponential(law) => law.sample(rng),
            Law::LogNormal(law) => law.sample(rng),
        }
    }
}

/// A queue and what comes to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Queue {
    pub interarrival: Law,
    pub handling: Law,
    pub patience: Option<Law>,
}

/// A profile's claim on a queue.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Entry {
    pub queue: usize,
    pub priority: u32,
    pub delay: f64,
}

/// A routing profile and the number of its agents.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Profile {
    pub agents: usize,
    pub entries: Vec<Entry>,
}

/// A workload: what arrives until the horizon, and who takes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Workload {
    pub horizon: f64,
    pub queues: Vec<Queue>,
    pub profiles: Vec<Profile>,
}

impl Workload {
    /// Reads a scenario and sets the horizon so that `contacts` come on average.
    pub fn open(path: &Path, contacts: f64) -> Result<Self, Box<dyn Error>> {
        let scenario: Scenario = toml::from_str(&std::fs::read_to_string(path)?)?;
        let index = |name: &str| scenario.queues.iter().position(|queue| queue.name == name).ok_or_else(|| format!("no queue `{name}`"));
        let mut queues = Vec::new();
        let mut total = 0.0;
        for queue in &scenario.queues {
            let source = scenario.sources.iter().find(|source| source.queue == queue.name).ok_or("a queue without a source")?;
            total += source.arrivals.rate;
            queues.push(Queue {
                interarrival: Law::exponential(1.0 / source.arrivals.rate),
                handling: queue.handle_time.law()?,
                patience: queue.patience.as_ref().map(Duration::law).transpose()?,
            });
        }
        let mut profiles = Vec::new();
        for profile in &scenario.profiles {
            let agents = scenario.agents.iter().find(|agents| agents.routing_profile == profile.name).ok_or("a profile without agents")?;
            let mut entries = Vec::new();
            for entry in &profile.queues {
                entries.push(Entry { queue: index(&entry.queue)?, priority: entry.priority, delay: entry.delay });
            }
            profiles.push(Profile { agents: agents.count, entries });
        }
        Ok(Workload { horizon: contacts / total, queues, profiles })
    }
}

#[derive(Deserialize)]
struct Scenario {
    #[serde(rename = "queue")]
    queues: Vec<QueueTable>,
    #[serde(rename = "routing_profile")]
    profiles: Vec<ProfileTable>,
    agents: Vec<AgentsTable>,
    #[serde(rename = "source")]
    sources: Vec<SourceTable>,
}

#[derive(Deserialize)]
struct QueueTable {
    name: String,
    handle_time: Duration,
    patience: Option<Duration>,
}

#[derive(Deserialize)]
struct Duration {
    distribution: String,
    #[serde(deserialize_with = "seconds")]
    mean: f64,
    cv: Option<f64>,
}

impl Duration {
    fn law(&self) -> Result<Law, String> {
        match (self.distribution.as_str(), self.cv) {
            ("exponential", None) => Ok(Law::exponential(self.mean)),
            ("lognormal", Some(cv)) => Ok(Law::lognormal(self.mean, cv)),
            (other, _) => Err(format!("`{other}` is in none of the workloads")),
        }
    }
}

#[derive(Deserialize)]
struct ProfileTable {
    name: String,
    queues: Vec<EntryTable>,
}

#[derive(Deserialize)]
struct EntryTable {
    queue: String,
    priority: u32,
    #[serde(default, deserialize_with = "seconds")]
    delay: f64,
}

#[derive(Deserialize)]
struct AgentsTable {
    routing_profile: String,
    count: usize,
}

#[derive(Deserialize)]
struct SourceTable {
    queue: String,
    arrivals: Arrivals,
}

#[derive(Deserialize)]
struct Arrivals {
    #[serde(deserialize_with = "per_second")]
    rate: f64,
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    number_before(from, "s")
}

fn per_second<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    number_before(from, "/s")
}

fn number_before<'de, D: Deserializer<'de>>(from: D, unit: &str) -> Result<f64, D::Error> {
    let text = String::deserialize(from)?;
    let number = text.strip_suffix(unit).and_then(|number| number.parse().ok());
    number.ok_or_else(|| serde::de::Error::custom(format!("`{text}`: expected a number and `{unit}`")))
}
