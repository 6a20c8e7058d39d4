//! Sums over replications of what is counted of paths to service.

use super::across::column;
use crate::model::{Outline, PathOutline};
use crate::observe::{Arrival, Outcome};
use crate::observers::{PathCounts, Ways};
use crate::stats::{Merge, Moments, Percentiles, Tally};
use serde::{Deserialize, Serialize};

/// All sums of paths over the replications of an experiment.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let results = waitline::Experiment::new(&model).replications(2).run()?;
/// let paths = results.across().paths().unwrap();
/// assert_eq!(paths.sources[0].ways.count(), 2);
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathSums {
    /// Of all sources together, by the columns of [`mod@column`] for ways.
    pub total: Moments,
    /// By source.
    pub sources: Vec<SourceSums>,
    /// By step and exit, of steps that distribute: the columns of [`mod@column`] for ways.
    pub branches: Vec<Vec<Moments>>,
    /// By flow: how many entered it.
    pub flows: Vec<Tally>,
    /// By step: how many took each of its exits.
    pub exits: Vec<Moments>,
    /// By queue: how many left it without being answered or abandoning, by the place in [`Outcome::ALL`].
    pub left: Vec<Moments>,
    /// By carrier: calls that got a line, and the integral of the lines taken in microseconds.
    pub carriers: Vec<Moments>,
    /// By carrier: the most lines taken at once in each replication.
    pub lines_max: Vec<Tally>,
}

/// The ways of a source's contacts over all replications.
///
/// ```
/// use waitline::experiment::SourceSums;
/// assert_eq!(SourceSums::default().ways.count(), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSums {
    /// By the columns of [`mod@column`] for ways.
    pub ways: Moments,
    /// The times from the start of a call to the first agent.
    pub to_agent: Percentiles,
}

impl PathSums {
    pub(super) fn record(&mut self, paths: &PathCounts) {
        let counts = &paths.counts;
        self.total.record(&observed_ways(paths));
        self.sources.resize_with(counts.sources.len(), SourceSums::default);
        for ((ways, to_agent), sums) in counts.sources.iter().zip(&paths.to_agent).zip(&mut self.sources) {
            sums.ways.record(&columns(ways));
            sums.to_agent.record(to_agent);
        }
        self.branches.resize_with(counts.branches.len(), Vec::new);
        for (exits, sums) in counts.branches.iter().zip(&mut self.branches) {
            sums.resize_with(exits.len(), Moments::default);
            exits.iter().zip(sums).for_each(|(ways, sums)| sums.record(&columns(ways)));
        }
        self.flows.resize_with(counts.flows.len(), Tally::default);
        counts.flows.iter().zip(&mut self.flows).for_each(|(&entered, sums)| sums.record(entered));
        record_all(&counts.exits, &mut self.exits);
        record_all(&counts.left, &mut self.left);
        let carriers: Vec<_> = counts.carriers.iter().map(|lines| vec![lines.seized, lines.busy_us]).collect();
        record_all(&carriers, &mut self.carriers);
        self.lines_max.resize_with(counts.carriers.len(), Tally::default);
        counts.carriers.iter().zip(&mut self.lines_max).for_each(|(lines, sums)| sums.record(lines.busy_max));
    }

    /// Whether these are sums over so many replications of a model with that outline, as far as their shape tells.
    pub(super) fn fits(&self, outline: &Outline, paths: &PathOutline, replications: u64) -> bool {
        let all_have = |sums: &[Moments], quantities: usize| sums.iter().all(|sums| sums.has(replications, quantities));
        let exits = |step: usize| if paths.steps[step].distributes { paths.steps[step].exits.len() } else { 0 };
        let lengths = [self.sources.len(), self.flows.len(), self.exits.len(), self.branches.len(), self.left.len()];
        let expected = [paths.sources.len(), paths.flows.len(), paths.steps.len(), paths.steps.len(), outline.queues.len()];
        let carriers = paths.carriers.len();
        lengths == expected
            && (self.carriers.len(), self.lines_max.len()) == (carriers, carriers)
            && self.total.has(replications, column::WAYS)
            && self.sources.iter().all(|sums| sums.ways.has(replications, column::WAYS))
            && self.exits.iter().zip(&paths.steps).all(|(sums, step)| sums.has(replications, step.exits.len()))
            && self.branches.iter().enumerate().all(|(step, sums)| sums.len() == exits(step) && all_have(sums, column::WAYS))
            && all_have(&self.left, Outcome::ALL.len())
            && all_have(&self.carriers, 2)
    }
}

fn record_all(observed: &[Vec<i64>], sums: &mut Vec<Moments>) {
    sums.resize_with(observed.len(), Moments::default);
    for (values, sums) in observed.iter().zip(sums) {
        sums.record(&values.iter().map(|&value| value.into()).collect::<Vec<i128>>());
    }
}

/// The columns of [`mod@column`] for ways, of all sources together, in one replication.
pub(super) fn observed_ways(paths: &PathCounts) -> Vec<i128> {
    let add = |mut sum: Vec<i128>, ways: &Ways| {
        sum.iter_mut().zip(columns(ways)).for_each(|(sum, value)| *sum += value);
        sum
    };
    paths.counts.sources.iter().fold(vec![0; column::WAYS], add)
}

/// The columns of [`mod@column`] for ways. Of a branch nothing is said of how they came.
fn columns(ways: &Ways) -> Vec<i128> {
    let arrivals = (0..Arrival::ALL.len()).map(|place| ways.arrivals.get(place).copied().unwrap_or(0));
    let rest = [ways.spoken, ways.to_agent_us, ways.waited_us];
    arrivals.chain(ways.outcomes.iter().copied()).chain(rest).map(i128::from).collect()
}

impl Merge for SourceSums {
    fn merge(&mut self, other: &Self) {
        self.ways.merge(&other.ways);
        self.to_agent.merge(&other.to_agent);
    }
}

impl Merge for PathSums {
    fn merge(&mut self, other: &Self) {
        self.total.merge(&other.total);
        self.sources.merge(&other.sources);
        self.branches.merge(&other.branches);
        self.flows.merge(&other.flows);
        self.exits.merge(&other.exits);
        self.left.merge(&other.left);
        self.carriers.merge(&other.carriers);
        self.lines_max.merge(&other.lines_max);
    }
}
