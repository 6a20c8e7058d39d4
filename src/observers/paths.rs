//! What is counted of paths to service: by source how contacts came and how their ways ended, by flow and step which exits they took, by queue how they
//! left it, by carrier its lines.

use crate::id::Id;
use crate::model::{Block, Model, Step};
use crate::observe::{Arrival, Fact, Outcome};
use crate::stats::Histogram;
use crate::time::Time;

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
    pub sources: Vec<SourcePaths>,
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

/// The contacts of a source.
///
/// ```
/// let row: waitline::observers::SourcePaths = Default::default();
/// assert!(row.outcomes.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourcePaths {
    /// How they came, by the place in [`Arrival::ALL`].
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
    /// By step and exit, the flow that it enters.
    enters: Vec<Option<usize>>,
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
        let source = SourcePaths { arrivals: vec![0; Arrival::ALL.len()], outcomes: vec![0; Outcome::ALL.len()], ..SourcePaths::default() };
        PathCounts {
            counts: PathTable {
                sources: vec![source; model.sources.len()],
                flows: vec![0; paths.flows.len()],
                exits: paths.steps.iter().map(|step| vec![0; step.exits.len()]).collect(),
                left: vec![vec![0; Outcome::ALL.len()]; model.queues.len()],
                carriers: vec![CarrierLines::default(); paths.telephony.carriers.len()],
            },
            to_agent: model.sources.iter().map(|_| Histogram::default()).collect(),
            warm_up: model.run.warm_up.as_us(),
            horizon: model.run.horizon.as_us(),
            enters: paths.steps.iter().map(enters).collect(),
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
            Fact::Passed { step, exit, .. } => {
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
            Fact::Departed { customer, arrived, outcome, waited, answered, .. } if arrived.as_us() >= self.warm_up => {
                self.departs(customer.source.index(), *arrived, *outcome, waited.as_us(), *answered);
            }
            _ => {}
        }
    }

    fn departs(&mut self, source: usize, arrived: Time, outcome: Outcome, waited_us: i64, answered: Option<Time>) {
        let row = &mut self.counts.sources[source];
        row.outcomes[outcome as usize] += 1;
        row.arrivals[Arrival::Callback as usize] += i64::from(outcome == Outcome::Callback);
        row.waited_us += waited_us;
        if let Some(answered) = answered {
            let to_agent = answered.since(arrived).as_us();
            row.spoken += 1;
            row.to_agent_us += to_agent;
            self.to_agent[source].record(to_agent.unsigned_abs());
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
