//! What is said of paths to service: ways, steps, lines.

use super::Figure;
use crate::experiment::{Formula, PathSums, Results, SourceSums, column};
use crate::model::{Block, Measure, Outline, PathOutline};
use crate::observe::{Arrival, Outcome};
use crate::stats::{Confidence, Moments, Terms};
use serde::Serialize;
use std::ops::Range;

/// What happened before and around the queues; counts are means per replication. Of ways those count whose calls began after the warm-up, of
/// everything else what happened after it.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let report = waitline::Experiment::new(&model).replications(3).run()?.report();
/// let paths = report.paths.unwrap();
/// assert_eq!((paths.sources[0].source.as_str(), paths.steps[0].step.as_str()), ("calls", "welcome"));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PathReport {
    /// By source.
    pub sources: Vec<SourceReport>,
    /// All sources together.
    pub total: SourceReport,
    /// By source, only those of whose customers somebody was promised a callback.
    pub callbacks: Vec<CallbackReport>,
    /// By flow: how many entered it.
    pub flows: Vec<NamedFigure>,
    /// By step, flow after flow.
    pub steps: Vec<StepReport>,
    /// By queue, only those that somebody left in another way than to an agent or out of patience.
    pub queues: Vec<DivertedReport>,
    /// By service outside.
    pub services: Vec<ServiceReport>,
    /// By carrier.
    pub carriers: Vec<CarrierReport>,
}

/// A figure of something that has a name.
///
/// ```
/// let nothing = waitline::report::NamedFigure { name: "answered".into(), count: None, share: None };
/// assert!(nothing.count.is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NamedFigure {
    /// Its name.
    pub name: String,
    /// How often, per replication.
    pub count: Figure,
    /// Of all that it is one of, from 0 to 1; `None`: it is one of nothing.
    pub share: Figure,
}

/// The ways of a source's contacts.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let report = waitline::Experiment::new(&model).replications(3).run()?.report();
/// let calls = &report.paths.unwrap().sources[0];
/// let sum = |list: &[waitline::report::NamedFigure]| list.iter().map(|row| row.count.unwrap().estimate).sum::<f64>();
/// assert!((sum(&calls.arrivals) - sum(&calls.outcomes)).abs() < 1e-6); // R19: nobody is lost
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceReport {
    /// Its name; `total` for all together.
    pub source: String,
    /// First and repeated calls; a callback belongs to the call in which it was asked for.
    pub calls: Figure,
    /// Customers whom an agent spoke with, called back or not, and those who served themselves / calls.
    pub served: Figure,
    /// Customers who served themselves / calls.
    pub self_served: Figure,
    /// Calls that found no line / calls.
    pub blocked: Figure,
    /// How they came: first calls, calls again, callbacks, as shares of all ways.
    pub arrivals: Vec<NamedFigure>,
    /// How they ended, as shares of all ways. A promise of a callback ends a way and begins another.
    pub outcomes: Vec<NamedFigure>,
    /// Calls on which an agent spoke with the customer, at once or on the callback that was promised, of all calls; a call may end otherwise after that.
    pub spoken: Figure,
    /// What a call spent in flows before it first queued, or until it ended, on average.
    pub in_flows_s: Figure,
    /// From the start of the call to the first agent, on average; of a callback from the start of the call in which it was asked for.
    pub to_agent_s: Figure,
    /// Half of these times are at most so long, and so on (nearest rank, to within 0.4 %).
    pub to_agent_p50_s: Figure,
    /// 90 of 100.
    pub to_agent_p90_s: Figure,
    /// 95 of 100.
    pub to_agent_p95_s: Figure,
    /// What was waited in queues, all together, on average over all calls.
    pub waited_s: Figure,
}

/// A step of a flow.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let report = waitline::Experiment::new(&model).replications(3).run()?.report();
/// let hours = &report.paths.unwrap().steps[1];
/// assert_eq!((hours.block.as_str(), hours.exits[1].name.as_str()), ("hours", "closed"));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepReport {
    /// The flow.
    pub flow: String,
    /// Its name within the flow.
    pub step: String,
    /// Its block.
    pub block: String,
    /// How often each exit was taken, as shares of all exits of the step.
    pub exits: Vec<NamedFigure>,
    /// Of a call, what is counted of its tries: `throttled`, `failed`, and `cached` for those that needed none; per contact that passed the step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<NamedFigure>,
    /// Of a step that distributes, exit by exit, what became of those who took it: two treatments are an experiment within one run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<BranchReport>,
}

/// Those who took one branch of a step that distributes.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let report = waitline::Experiment::new(&model).replications(3).run()?.report();
/// let steps = report.paths.unwrap().steps;
/// let treatments = steps.iter().find(|step| step.block == "distribute").unwrap();
/// assert_eq!(treatments.branches.len(), treatments.exits.len());
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BranchReport {
    /// The branch.
    pub branch: String,
    /// Ways of those who took it, per replication.
    pub ways: Figure,
    /// How it ended for them, as shares; for whom a callback was promised, how that ended.
    pub outcomes: Vec<NamedFigure>,
    /// Ways on which an agent spoke with the customer, of all.
    pub spoken: Figure,
    /// From the start of the call to the first agent, on average.
    pub to_agent_s: Figure,
    /// What a way waited in queues, on average.
    pub waited_s: Figure,
}

/// A queue that contacts left in other ways than to an agent or out of patience.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let report = waitline::Experiment::new(&model).replications(3).run()?.report();
/// assert_eq!(report.paths.unwrap().queues[0].queue, "help");
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DivertedReport {
    /// Its name.
    pub queue: String,
    /// How they left it, as shares of those who left it so; `unreached`: of callbacks, the calls that the customer did not answer.
    pub outcomes: Vec<NamedFigure>,
    /// How long agents were taken by these calls, per replication.
    pub rang_s: Figure,
}

/// Callbacks that customers of a source were promised.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let callbacks = waitline::Experiment::new(&model).replications(3).run()?.report().paths.unwrap().callbacks;
/// let ended: f64 = callbacks[0].outcomes.iter().map(|outcome| outcome.count.unwrap().estimate).sum();
/// assert!((callbacks[0].promised.unwrap().estimate - ended).abs() < 1e-6);
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallbackReport {
    /// The source.
    pub source: String,
    /// How many, per replication.
    pub promised: Figure,
    /// How they ended, as shares of them.
    pub outcomes: Vec<NamedFigure>,
}

/// A service outside, as the flows found it.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let crm = waitline::Experiment::new(&model).replications(3).run()?.report().paths.unwrap().services.remove(0);
/// assert!(crm.failures.unwrap().estimate < crm.calls.unwrap().estimate);
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServiceReport {
    /// Its name.
    pub service: String,
    /// Calls of it that came to an end, per replication.
    pub calls: Figure,
    /// Those that were left without an answer.
    pub failures: Figure,
    /// The same / calls.
    pub failure_share: Figure,
    /// Those that needed no attempt: the answer was kept.
    pub cached: Figure,
    /// Attempts that the rate limit refused.
    pub throttled: Figure,
    /// Attempts that failed or took too long.
    pub failed: Figure,
    /// Attempts that followed a refused or failed one.
    pub retries: Figure,
}

/// A carrier.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let report = waitline::Experiment::new(&model).replications(3).run()?.report();
/// let north = &report.paths.unwrap().carriers[0];
/// assert!(north.in_use_max.unwrap() <= north.lines.into());
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CarrierReport {
    /// Its name.
    pub carrier: String,
    /// Its lines.
    pub lines: u32,
    /// Calls that got one.
    pub calls: Figure,
    /// Calls that tried this carrier and got no line of it.
    pub refused: Figure,
    /// The same / all that tried it.
    pub refused_share: Figure,
    /// Refused calls that got a line of another carrier; the others found none at all.
    pub failed_over: Figure,
    /// Lines in use, on average over time, until the horizon.
    pub in_use: Figure,
    /// The most at once, in any replication.
    pub in_use_max: Option<i64>,
    /// The share of the time in which all were in use: of calls that come at random times and try this carrier, that share finds no line.
    pub full_share: Figure,
}

impl PathReport {
    /// `None` if the model has no paths.
    pub(super) fn new(results: &Results) -> Option<PathReport> {
        let (outline, sums, confidence) = (results.outline(), results.across().paths()?, results.confidence());
        let names = outline.paths.as_ref()?;
        let steps = names.steps.iter().enumerate().map(|(place, _)| step(names, sums, place, confidence));
        let over_time = |lines: &Moments, column| {
            let sum = lines.mean(&[(column, 1)], confidence).filter(|_| outline.counted_us() > 0);
            sum.map(|us| us.per(outline.counted_us() as f64))
        };
        let carriers = names.carriers.iter().zip(sums.carriers.iter().zip(&sums.lines_max)).map(|(carrier, (lines, most))| CarrierReport {
            carrier: carrier.name.clone(),
            lines: carrier.lines,
            calls: lines.mean(&[(column::SEIZED, 1)], confidence),
            refused: lines.mean(&[(column::REFUSED, 1)], confidence),
            refused_share: lines.ratio(&[(column::REFUSED, 1)], &[(column::SEIZED, 1), (column::REFUSED, 1)], confidence),
            failed_over: lines.mean(&[(column::FAILED_OVER, 1)], confidence),
            in_use: over_time(lines, column::BUSY_US),
            in_use_max: most.max(),
            full_share: over_time(lines, column::FULL_US),
        });
        Some(PathReport {
            sources: names.sources.iter().zip(&sums.sources).map(|(name, sums)| source(name, sums, confidence)).collect(),
            total: source("total", &sums.total, confidence),
            callbacks: callbacks(names, sums, confidence),
            flows: names
                .flows
                .iter()
                .zip(&sums.flows)
                .map(|(name, entered)| NamedFigure { name: name.clone(), count: entered.mean(confidence), share: None })
                .collect(),
            steps: steps.collect(),
            queues: diverted(outline, sums, confidence),
            services: names.services.iter().zip(&sums.services).map(|(name, sums)| service(name, sums, confidence)).collect(),
            carriers: carriers.collect(),
        })
    }
}

/// Columns from `first` on, each with its mean and its share of `all`.
fn named<'a>(
    sums: &Moments,
    names: impl Iterator<Item = &'a str>,
    first: usize,
    all: Terms<'_>,
    confidence: &Confidence,
) -> Vec<NamedFigure> {
    let figure = |(place, name): (usize, &str)| {
        let column = [(first + place, 1)];
        NamedFigure { name: name.into(), count: sums.mean(&column, confidence), share: sums.ratio(&column, all, confidence) }
    };
    names.enumerate().map(figure).collect()
}

/// The sum of these columns.
fn sum_of(columns: Range<usize>) -> Vec<(usize, i64)> {
    columns.map(|column| (column, 1)).collect()
}

/// By how something ended, of all that did.
fn by_outcome(sums: &Moments, first: usize, confidence: &Confidence) -> Vec<NamedFigure> {
    let names = Outcome::ALL.iter().map(|outcome| outcome.name());
    named(sums, names, first, &sum_of(first..first + Outcome::ALL.len()), confidence)
}

fn source(name: &str, sums: &SourceSums, confidence: &Confidence) -> SourceReport {
    let percentile = |percent| sums.to_agent.percentile(percent, confidence).map(|us| us.per(1e6));
    // Of ways nothing is averaged over time.
    let figure = |measure| Formula::of(measure, 0)?.estimate(&sums.ways, confidence);
    let per_call = |column| sums.ways.ratio(&[(column, 1)], column::CALLS, confidence).map(|us| us.per(1e6));
    SourceReport {
        source: name.into(),
        calls: figure(Measure::Calls),
        served: figure(Measure::Served),
        self_served: figure(Measure::SelfServed),
        blocked: figure(Measure::Blocked),
        arrivals: named(
            &sums.ways,
            Arrival::ALL.iter().map(|arrival| arrival.name()),
            column::ARRIVALS,
            &sum_of(column::ARRIVALS..column::OUTCOMES),
            confidence,
        ),
        outcomes: by_outcome(&sums.ways, column::OUTCOMES, confidence),
        spoken: figure(Measure::Spoken),
        in_flows_s: per_call(column::IN_FLOWS_US),
        to_agent_s: figure(Measure::ToAgent),
        to_agent_p50_s: percentile(50),
        to_agent_p90_s: percentile(90),
        to_agent_p95_s: percentile(95),
        waited_s: per_call(column::WAITED_US),
    }
}

fn callbacks(names: &PathOutline, sums: &PathSums, confidence: &Confidence) -> Vec<CallbackReport> {
    let promised = [(column::ARRIVALS + Arrival::Callback as usize, 1)];
    let of_source = |((name, ways), ends): ((&String, &SourceSums), &Moments)| CallbackReport {
        source: name.clone(),
        promised: ways.ways.mean(&promised, confidence),
        outcomes: by_outcome(ends, 0, confidence),
    };
    let rows = names.sources.iter().zip(&sums.sources).zip(&sums.callbacks).map(of_source);
    rows.filter(|row| row.promised.is_some_and(|promised| promised.estimate > 0.0)).collect()
}

fn service(name: &str, sums: &Moments, confidence: &Confidence) -> ServiceReport {
    let calls = [(Block::SUCCESS, 1), (Block::FAILURE, 1)];
    let mean = |of: &[(usize, i64)]| sums.mean(of, confidence);
    ServiceReport {
        service: name.into(),
        calls: mean(&calls),
        failures: mean(&[(Block::FAILURE, 1)]),
        failure_share: sums.ratio(&[(Block::FAILURE, 1)], &calls, confidence),
        cached: mean(&[(Block::CACHED, 1)]),
        throttled: mean(&[(Block::THROTTLED, 1)]),
        failed: mean(&[(Block::FAILED, 1)]),
        // Each attempt that did not succeed is followed by another one, or by the end of the call.
        retries: mean(&[(Block::THROTTLED, 1), (Block::FAILED, 1), (Block::FAILURE, -1)]),
    }
}

fn step(names: &PathOutline, sums: &PathSums, place: usize, confidence: &Confidence) -> StepReport {
    let step = &names.steps[place];
    let ways = sum_of(column::OUTCOMES..column::SPOKEN);
    let branch = |(branch, sums): (&String, &Moments)| {
        let ratio = |column, of: Terms<'_>| sums.ratio(&[(column, 1)], of, confidence);
        let seconds = |figure: Figure| figure.map(|us| us.per(1e6));
        BranchReport {
            branch: branch.clone(),
            ways: sums.mean(&ways, confidence),
            outcomes: by_outcome(sums, column::OUTCOMES, confidence),
            spoken: ratio(column::SPOKEN, &ways),
            to_agent_s: seconds(ratio(column::TO_AGENT_US, &[(column::SPOKEN, 1)])),
            waited_s: seconds(ratio(column::WAITED_US, &ways)),
        }
    };
    let (out, counted) = step.exits.split_at(step.ways_out.min(step.exits.len()));
    let passed = sum_of(0..out.len());
    let figures = |names: &[String], first| named(&sums.exits[place], names.iter().map(String::as_str), first, &passed, confidence);
    StepReport {
        flow: names.flows.get(step.flow as usize).cloned().unwrap_or_default(),
        step: step.name.clone(),
        block: step.block.clone(),
        exits: figures(out, 0),
        tries: figures(counted, out.len()),
        branches: out.iter().zip(&sums.branches[place]).map(branch).collect(),
    }
}

fn diverted(outline: &Outline, sums: &PathSums, confidence: &Confidence) -> Vec<DivertedReport> {
    let queues = outline.queues.iter().zip(&sums.left).zip(&sums.rang_us);
    let report = queues.map(|((queue, left), rang_us)| {
        let mut outcomes = by_outcome(left, 0, confidence);
        outcomes.retain(NamedFigure::happened);
        DivertedReport { queue: queue.name.clone(), outcomes, rang_s: rang_us.mean(confidence).map(|us| us.per(1e6)) }
    });
    report.filter(|row| !row.outcomes.is_empty()).collect()
}

impl NamedFigure {
    /// Whether it ever did.
    pub(super) fn happened(&self) -> bool {
        self.count.is_some_and(|count| count.estimate > 0.0)
    }
}
