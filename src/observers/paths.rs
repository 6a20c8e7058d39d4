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
    /// By queue: how long agents let telephones ring that nobody answered, in microseconds.
    pub rang_us: Vec<i64>,
    /// By source: how the ways of callbacks ended, by the place in [`Outcome::ALL`]; they are among those of the source.
    pub callbacks: Vec<Vec<i64>>,
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
    /// Of a source: the time that calls spent in flows before they first queued, or until they ended, in microseconds.
    pub in_flows_us: i64,
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
    /// Calls that tried this carrier and got none of it.
    pub refused: i64,
    /// Those of them that got a line of another carrier.
    pub failed_over: i64,
    /// The integral of the lines taken from the end of the warm-up to the horizon, in microseconds.
    pub busy_us: i64,
    /// How long all lines were taken, between the same two, in microseconds.
    pub full_us: i64,
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
    /// By step.
    notable: Vec<Notable>,
    /// By source: whether its contacts enter a flow.
    has_flow: Vec<bool>,
    /// Those of whom something must be known when their ways end.
    under_way: BTreeMap<Customer, UnderWay>,
    lines: Vec<Lines>,
    /// The carriers that had no line for the call that comes in now.
    refused: Vec<usize>,
}

/// What is to be noted of who passes a step, besides the exit.
#[derive(Clone, Copy, Debug)]
enum Notable {
    Nothing,
    /// It enters a flow.
    Enters(usize),
    /// It enters a queue, unless that is full.
    Queues,
    /// It takes a branch.
    Distributes,
}

/// A way that has not ended.
#[derive(Clone, Debug, Default)]
struct UnderWay {
    /// When it first queued, in microseconds.
    queued: Option<i64>,
    /// Whether it is that of a callback.
    promised: bool,
    /// The branches, as (step, exit), that it has taken.
    branches: Vec<(usize, usize)>,
}

/// How many lines of a carrier are taken, since when, and how many there are.
#[derive(Clone, Copy, Debug)]
struct Lines {
    taken: i64,
    since: i64,
    all: i64,
}

impl PathCounts {
    /// For a run of `model`.
    pub fn new(model: &Model) -> PathCounts {
        let paths = &model.paths;
        let notable = |step: &Step| match step.block {
            Block::Flow { flow } => Notable::Enters(flow.index()),
            Block::Queue { .. } => Notable::Queues,
            Block::Distribute { .. } => Notable::Distributes,
            _ => Notable::Nothing,
        };
        let ends = || vec![0; Outcome::ALL.len()];
        let carriers = &paths.telephony.carriers;
        let source = Ways { arrivals: vec![0; Arrival::ALL.len()], ..Ways::new() };
        let branches = |step: &Step| match step.block {
            Block::Distribute { .. } => vec![Ways::new(); step.exits.len()],
            _ => Vec::new(),
        };
        PathCounts {
            counts: PathTable {
                sources: vec![source; model.sources.len()],
                branches: paths.steps.iter().map(branches).collect(),
                flows: vec![0; paths.flows.len()],
                exits: paths.steps.iter().map(|step| vec![0; step.exits.len()]).collect(),
                left: vec![ends(); model.queues.len()],
                rang_us: vec![0; model.queues.len()],
                callbacks: vec![ends(); model.sources.len()],
                carriers: vec![CarrierLines::default(); carriers.len()],
            },
            to_agent: model.sources.iter().map(|_| Histogram::default()).collect(),
            warm_up: model.run.warm_up.as_us(),
            horizon: model.run.horizon.as_us(),
            notable: paths.steps.iter().map(notable).collect(),
            has_flow: model.sources.iter().map(|source| source.flow.is_some()).collect(),
            under_way: BTreeMap::new(),
            lines: carriers.iter().map(|carrier| Lines { taken: 0, since: 0, all: carrier.lines.into() }).collect(),
            refused: Vec::new(),
        }
    }

    /// A contact leaves a queue in another way than to an agent or out of patience.
    pub(super) fn left(&mut self, at: i64, queue: usize, outcome: Outcome) {
        self.counts.left[queue][outcome as usize] += i64::from(at >= self.warm_up);
    }

    /// An agent lets a telephone ring that nobody answers.
    pub(super) fn rings(&mut self, at: i64, queue: usize, ring_us: i64) {
        self.counts.rang_us[queue] += if at >= self.warm_up { ring_us } else { 0 };
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
                let (step, exit) = (step.index(), *exit as usize);
                self.counts.exits[step][exit] += counts_now;
                match self.notable[step] {
                    Notable::Enters(flow) => self.counts.flows[flow] += counts_now,
                    Notable::Queues if exit != Block::FULL => {
                        self.under_way.entry(*customer).or_default().queued.get_or_insert(at);
                    }
                    Notable::Distributes => {
                        let branches = &mut self.under_way.entry(*customer).or_default().branches;
                        if !branches.contains(&(step, exit)) {
                            branches.push((step, exit));
                        }
                    }
                    Notable::Queues | Notable::Nothing => {}
                }
            }
            Fact::Refused { carrier, .. } => {
                self.counts.carriers[carrier.index()].refused += counts_now;
                self.refused.push(carrier.index());
            }
            Fact::Seized { carrier: Some(carrier), .. } => {
                for refused in self.refused.drain(..) {
                    self.counts.carriers[refused].failed_over += counts_now;
                }
                self.lines_change(carrier.index(), at, 1);
                self.counts.carriers[carrier.index()].seized += counts_now;
            }
            Fact::Released { carrier: Some(carrier), .. } => self.lines_change(carrier.index(), at, -1),
            Fact::Departed { customer, arrived, outcome, waited, answered, .. } => {
                self.refused.clear();
                let mut way = self.under_way.remove(customer).unwrap_or_default();
                if arrived.as_us() >= self.warm_up {
                    let to_agent = answered.map(|answered| answered.since(*arrived).as_us());
                    let in_flows = way.queued.unwrap_or(at) - arrived.as_us();
                    self.departs(customer.source.index(), *outcome, [waited.as_us(), in_flows], to_agent, &way);
                }
                // Who is promised a callback is still on the way, with the branches taken so far.
                if *outcome == Outcome::Callback {
                    (way.promised, way.queued) = (true, None);
                    self.under_way.insert(*customer, way);
                }
            }
            _ => {}
        }
    }

    fn departs(&mut self, source: usize, outcome: Outcome, [waited, in_flows]: [i64; 2], to_agent: Option<i64>, way: &UnderWay) {
        let row = &mut self.counts.sources[source];
        row.end(outcome, waited, to_agent);
        if way.promised {
            self.counts.callbacks[source][outcome as usize] += 1;
        } else if self.has_flow[source] {
            row.in_flows_us += in_flows;
        }
        if outcome == Outcome::Callback {
            row.arrivals[Arrival::Callback as usize] += 1;
        } else {
            for &(step, exit) in &way.branches {
                self.counts.branches[step][exit].end(outcome, waited, to_agent);
            }
        }
        if let Some(us) = to_agent {
            self.to_agent[source].record(us.unsigned_abs());
        }
    }

    fn lines_change(&mut self, carrier: usize, at: i64, by: i64) {
        let (lines, row) = (&mut self.lines[carrier], &mut self.counts.carriers[carrier]);
        let lasted = (at.min(self.horizon) - lines.since.max(self.warm_up)).max(0);
        row.busy_us += lines.taken * lasted;
        row.full_us += if lines.taken == lines.all { lasted } else { 0 };
        (lines.taken, lines.since) = (lines.taken + by, at);
        row.busy_max = row.busy_max.max(lines.taken);
    }

    /// The run is over: levels are complete, and nobody is lost (R19).
    pub(super) fn ended(&mut self, at: i64) {
        for carrier in 0..self.lines.len() {
            self.lines_change(carrier, at, 0);
        }
        for (number, row) in self.counts.sources.iter().enumerate() {
            let (came, went) = (row.arrivals.iter().sum::<i64>(), row.outcomes.iter().sum::<i64>());
            assert!(came == went, "source {number}: {came} contacts came, but the ways of {went} ended (R19)");
        }
    }
}
