//! Sums over replications of what is counted of paths to service.

use super::across::column;
use crate::model::{Block, Outline, PathOutline};
use crate::observe::{Arrival, Outcome};
use crate::observers::{PathCounts, Ways};
use crate::stats::{Histogram, Merge, Moments, Percentiles, Tally};
use serde::{Deserialize, Serialize};

/// How much is counted of calls of a service.
const CALL_COUNTS: usize = Block::CACHED + 1;

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
    /// All sources together.
    pub total: SourceSums,
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
    /// By queue: how long agents let telephones ring that nobody answered, in microseconds.
    pub rang_us: Vec<Tally>,
    /// By source: how the ways of callbacks ended, by the place in [`Outcome::ALL`].
    pub callbacks: Vec<Moments>,
    /// By service: the exits and counts of [`Block::Call`], of all steps that call it together.
    pub services: Vec<Moments>,
    /// By carrier: the columns of [`mod@column`] for carriers.
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
    pub(super) fn record(&mut self, outline: &PathOutline, paths: &PathCounts) {
        let counts = &paths.counts;
        self.sources.resize_with(counts.sources.len(), SourceSums::default);
        for ((ways, to_agent), sums) in counts.sources.iter().zip(&paths.to_agent).zip(&mut self.sources) {
            sums.ways.record(&columns(ways));
            sums.to_agent.record(to_agent);
        }
        let mut to_agent = Histogram::default();
        paths.to_agent.iter().for_each(|of_source| to_agent.merge(of_source));
        self.total.ways.record(&observed_ways(paths));
        self.total.to_agent.record(&to_agent);
        self.branches.resize_with(counts.branches.len(), Vec::new);
        for (exits, sums) in counts.branches.iter().zip(&mut self.branches) {
            sums.resize_with(exits.len(), Moments::default);
            exits.iter().zip(sums).for_each(|(ways, sums)| sums.record(&columns(ways)));
        }
        self.flows.resize_with(counts.flows.len(), Tally::default);
        counts.flows.iter().zip(&mut self.flows).for_each(|(&entered, sums)| sums.record(entered));
        record_all(&counts.exits, &mut self.exits);
        record_all(&counts.left, &mut self.left);
        self.rang_us.resize_with(counts.rang_us.len(), Tally::default);
        counts.rang_us.iter().zip(&mut self.rang_us).for_each(|(&rang_us, sums)| sums.record(rang_us));
        record_all(&counts.callbacks, &mut self.callbacks);
        let mut services = vec![vec![0; CALL_COUNTS]; outline.services.len()];
        for (step, exits) in outline.steps.iter().zip(&counts.exits) {
            let sums = step.service.and_then(|service| services.get_mut(service as usize));
            sums.into_iter().flatten().zip(exits).for_each(|(sum, count)| *sum += count);
        }
        record_all(&services, &mut self.services);
        let carriers =
            counts.carriers.iter().map(|lines| vec![lines.seized, lines.busy_us, lines.full_us, lines.refused, lines.failed_over]);
        let carriers: Vec<_> = carriers.collect();
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
        let more = [self.rang_us.len(), self.callbacks.len(), self.services.len()];
        let carriers = paths.carriers.len();
        lengths == expected
            && more == [outline.queues.len(), paths.sources.len(), paths.services.len()]
            && (self.carriers.len(), self.lines_max.len()) == (carriers, carriers)
            && self.sources.iter().chain([&self.total]).all(|sums| sums.ways.has(replications, column::WAYS))
            && self.exits.iter().zip(&paths.steps).all(|(sums, step)| sums.has(replications, step.exits.len()))
            && self.branches.iter().enumerate().all(|(step, sums)| sums.len() == exits(step) && all_have(sums, column::WAYS))
            && all_have(&self.left, Outcome::ALL.len())
            && all_have(&self.callbacks, Outcome::ALL.len())
            && all_have(&self.services, CALL_COUNTS)
            && all_have(&self.carriers, column::LINES)
    }
}

fn record_all(observed: &[Vec<i64>], sums: &mut Vec<Moments>) {
    sums.resize_with(observed.len(), Moments::default);
    for (values, sums) in observed.iter().zip(sums) {
        sums.record(&values.iter().map(|&value| value.into()).collect::<Vec<i128>>());
    }
}

/// The ways of all sources together in one replication, by the columns of [`mod@column`] for ways.
pub(super) fn observed_ways(paths: &PathCounts) -> Vec<i128> {
    let mut sum = vec![0; column::WAYS];
    for ways in &paths.counts.sources {
        sum.iter_mut().zip(columns(ways)).for_each(|(sum, value)| *sum += value);
    }
    sum
}

/// The columns of [`mod@column`] for ways. Of a branch nothing is said of how they came.
fn columns(ways: &Ways) -> Vec<i128> {
    let arrivals = (0..Arrival::ALL.len()).map(|place| ways.arrivals.get(place).copied().unwrap_or(0));
    let rest = [ways.spoken, ways.to_agent_us, ways.waited_us, ways.in_flows_us];
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
        self.rang_us.merge(&other.rang_us);
        self.callbacks.merge(&other.callbacks);
        self.services.merge(&other.services);
        self.carriers.merge(&other.carriers);
        self.lines_max.merge(&other.lines_max);
    }
}
