//! What is counted of paths to service: by source how contacts came and how their ways ended, by flow and step which exits they took, by queue how they
//! left it, by carrier its lines.

use crate::id::Id;
use crate::model::{Block, Model, Step};
use crate::observe::{Arrival, Customer, Fact, Outcome};
use crate::stats::Histogram;
use std::collections::BTreeMap;

/// Counts by source, flow, step, queue and carrier.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let mut summary = waitline::observers::Summary::new(&model);
/// waitline::run(&model, waitline::random::Streams::new(1, 0), &mut summary)?;
/// let paths = &summary.paths().unwrap().counts;
/// let calls = &paths.sources[0];
/// assert_eq!(calls.arrivals.iter().sum::<i64>(), calls.outcomes.iter().sum::<i64>()); // R19: nobody is lost
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathTable {
    /// By source.
    pub sources: Vec<Ways>,
    /// By step and exit, of steps that distribute: the ways of those who took it; of those who are promised a callback, only how that ends.
    pub branches: Vec<Vec<Ways>>,
    /// By flow: contacts that entered it, from their source, from an agent or from another flow.
    pub flows: Vec<i64>,
    /// By step and exit.
    pub exits: Vec<Vec<i64>>,
    /// By queue, and by the place in [`Outcome::ALL`]: contacts that left it without being answered or abandoning; `Unreached`: calls back that the customer did not
    /// answer.
    pub left: Vec<Vec<i64>>,
    /// By carrier.
    pub carriers: Vec<CarrierLines>,
}

/// The ways of the contacts of a source, or of those who took a branch.
///
/// ```
/// let row: waitline::observers::Ways = Default::default();
/// assert!(row.outcomes.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Of a source: how they came, by the place in [`Arrival::ALL`].
    pub arrivals: Vec<i64>,
    /// How their ways ended, by the place in [`Outcome::ALL`].
    pub outcomes: Vec<i64>,
    /// Those with whom an agent spoke.
    pub spoken: i64,
    /// The time of all of them from the start of the call to the first agent, in microseconds. Of a callback from the start of the call in which it was
    /// asked for.
    pub to_agent_us: i64,
    /// The time that all waited in queues, in microseconds.
    pub waited_us: i64,
}

impl Ways {
    fn new() -> Ways {
        Ways { outcomes: vec![0; Outcome::ALL.len()], ..Ways::default() }
    }

    fn end(&mut self, outcome: Outcome, waited_us: i64, to_agent_us: Option<i64>) {
        self.outcomes[outcome as usize] += 1;
        self.waited_us += waited_us;
        self.spoken += i64::from(to_agent_us.is_some());
        self.to_agent_us += to_agent_us.unwrap_or(0);
    }
}

/// The lines of a carrier.
///
/// ```
/// let row: waitline::observers::CarrierLines = Default::default();
/// assert_eq!(row.seized, 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CarrierLines {
    /// Calls that got one.
    pub seized: i64,
    /// The integral of the lines taken from the end of the warm-up to the horizon, in microseconds.
    pub busy_us: i64,
    /// The most lines taken at once, before or after the warm-up.
    pub busy_max: i64,
}

/// What is counted of paths in one replication. Ways count whose calls began after the warm-up; exits, departures from queues and lines, what happens
/// after it.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let counts = waitline::observers::PathCounts::new(&model);
/// assert_eq!(counts.to_agent.len(), model.sources.len());
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PathCounts {
    /// The counts.
    pub counts: PathTable,
    /// By source the times from the start of a call to the first agent.
    pub to_agent: Vec<Histogram>,
    warm_up: i64,
    horizon: i64,
    /// By step, the flow that it enters.
    enters: Vec<Option<usize>>,
    /// By step, whether its exits are branches.
    distributes: Vec<bool>,
    /// The branches, as (step, exit), that those on the way have taken.
    taken: BTreeMap<Customer, Vec<(usize, usize)>>,
    /// By carrier: lines taken, and since when.
    busy: Vec<(i64, i64)>,
}

impl PathCounts {
    /// For a run of `model`.
    pub fn new(model: &Model) -> PathCounts {
        let paths = &model.paths;
        let enters = |step: &Step| match step.block {
            Block::Flow { flow } => Some(flow.index()),
            _ => None,
        };
        let source = Ways { arrivals: vec![0; Arrival::ALL.len()], ..Ways::new() };
        let branches = |step: &Step| match step.block {
            Block::Distribute { .. } => vec![Ways::new(); step.exits.len()],
            _ => Vec::new(),
        };
        let branches: Vec<Vec<Ways>> = paths.steps.iter().map(branches).collect();
        let distributes = branches.iter().map(|exits| !exits.is_empty()).collect();
        PathCounts {
            counts: PathTable {
                sources: vec![source; model.sources.len()],
                branches,
                flows: vec![0; paths.flows.len()],
                exits: paths.steps.iter().map(|step| vec![0; step.exits.len()]).collect(),
                left: vec![vec![0; Outcome::ALL.len()]; model.queues.len()],
                carriers: vec![CarrierLines::default(); paths.telephony.carriers.len()],
            },
            to_agent: model.sources.iter().map(|_| Histogram::default()).collect(),
            warm_up: model.run.warm_up.as_us(),
            horizon: model.run.horizon.as_us(),
            enters: paths.steps.iter().map(enters).collect(),
            distributes,
            taken: BTreeMap::new(),
            busy: paths.telephony.carriers.iter().map(|_| (0, 0)).collect(),
        }
    }

    /// A contact leaves a queue in another way than to an agent or out of patience.
    pub(super) fn left(&mut self, at: i64, queue: usize, outcome: Outcome) {
        self.counts.left[queue][outcome as usize] += i64::from(at >= self.warm_up);
    }

    /// A fact of those that concern paths alone.
    pub(super) fn observe(&mut self, at: i64, fact: &Fact) {
        let counts_now = i64::from(at >= self.warm_up);
        match fact {
            // A callback counts where the call does that asked for it.
            Fact::Arrived { customer, arrival } if *arrival != Arrival::Callback => {
                self.counts.sources[customer.source.index()].arrivals[*arrival as usize] += counts_now;
            }
            Fact::Entered { flow, .. } => self.counts.flows[flow.index()] += counts_now,
            Fact::Passed { customer, step, exit } => {
                if self.distributes[step.index()] {
                    let (taken, branch) = (self.taken.entry(*customer).or_default(), (step.index(), *exit as usize));
                    if !taken.contains(&branch) {
                        taken.push(branch);
                    }
                }
                self.counts.exits[step.index()][*exit as usize] += counts_now;
                if let Some(flow) = self.enters[step.index()] {
                    self.counts.flows[flow] += counts_now;
                }
            }
            Fact::Seized { carrier: Some(carrier), .. } => {
                self.lines_change(carrier.index(), at, 1);
                self.counts.carriers[carrier.index()].seized += counts_now;
            }
            Fact::Released { carrier: Some(carrier), .. } => self.lines_change(carrier.index(), at, -1),
            Fact::Departed { customer, arrived, outcome, waited, answered, .. } => {
                // Who is promised a callback is still on the way, with the branches taken so far.
                let taken = if *outcome == Outcome::Callback { None } else { self.taken.remove(customer) };
                if arrived.as_us() >= self.warm_up {
                    let (source, to_agent) = (customer.source.index(), answered.map(|answered| answered.since(*arrived).as_us()));
                    let row = &mut self.counts.sources[source];
                    row.arrivals[Arrival::Callback as usize] += i64::from(*outcome == Outcome::Callback);
                    row.end(*outcome, waited.as_us(), to_agent);
                    for (step, exit) in taken.into_iter().flatten() {
                        self.counts.branches[step][exit].end(*outcome, waited.as_us(), to_agent);
                    }
                    if let Some(us) = to_agent {
                        self.to_agent[source].record(us.unsigned_abs());
                    }
                }
            }
            _ => {}
        }
    }

    fn lines_change(&mut self, carrier: usize, at: i64, by: i64) {
        let (busy, since) = &mut self.busy[carrier];
        let row = &mut self.counts.carriers[carrier];
        row.busy_us += *busy * (at.min(self.horizon) - (*since).max(self.warm_up)).max(0);
        (*busy, *since) = (*busy + by, at);
        row.busy_max = row.busy_max.max(*busy);
    }

    /// The run is over: levels are complete, and nobody is lost (R19).
    pub(super) fn ended(&mut self, at: i64) {
        for carrier in 0..self.busy.len() {
            self.lines_change(carrier, at, 0);
        }
        for (number, row) in self.counts.sources.iter().enumerate() {
            let (came, went) = (row.arrivals.iter().sum::<i64>(), row.outcomes.iter().sum::<i64>());
            assert!(came == went, "source {number}: {came} contacts came, but the ways of {went} ended (R19)");
        }
    }
}
