//! `waitline gate`: a scenario as a test.

use super::output::{Output, TextOrJson, different_files, io_error, is_stdout, json, read};
use super::progress::{Progress, stop_on_interrupt};
use super::{Outcome, limits};
use crate::error::{Error, Problem};
use crate::experiment::{Conditions, Experiment, Gated, Limits, gate};
use crate::model::Model;
use crate::report::{BaselineReport, GateReport, ScenarioVerdicts, StoredReport};
use crate::scenario::Scenario;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Decides whether scenarios do what they expect of themselves, and whether one has become worse than a stored report.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  waitline gate day.toml                               its [[expect]] tables
  waitline gate weekday.toml sunday.toml --junit gate.xml
                                                       of several, and a file for a CI server
  waitline run day.toml --format json --out day.json   today's figures, to be kept;
  waitline gate day.toml --baseline day.json           later: has anything become worse?

An expectation is a table in the scenario:
  [[expect]]
  metric = \"savings.service_level\"      # a queue, a routing profile or total, a dot and a figure
  at_least = \"80%\"                      # or at_most; 0.8 or \"80%\", \"20s\", a number
  confidence = 0.95                     # how sure the verdict must be; this is the default

Replications go on, twice as many from look to look, until each expectation holds or fails; what is still undecided with \
the most replications allowed is no pass. A wrong verdict has at most the chance 1 - confidence, for each expectation.
For a baseline the scenario is run with the seed and the number of replications of the report. Service level, ASA and \
abandonment rate of each queue and of all together are compared; a loss counts if chance does not explain it, with 95 % \
for all figures together. What is no more, such as a queue that was renamed, is a loss too.
The same files, seed and options give the same verdicts on any machine and any number of threads.
Exit codes: 0 all hold, 1 any fails or is undecided, or interrupted, 2 bad input.")]
pub(super) struct GateArguments {
    /// The scenarios
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<PathBuf>,
    /// A report of `waitline run --format json`: no figure of the one scenario may have become worse since
    #[arg(long, value_name = "REPORT")]
    baseline: Option<PathBuf>,
    /// Replications before the first look at the expectations [default: 30, or the most allowed]
    #[arg(long, value_parser = clap::value_parser!(u64).range(2..=crate::compile::REPLICATIONS_MAX))]
    min_replications: Option<u64>,
    /// Replications before the last
    #[arg(long, default_value_t = Limits::default().most, value_parser = clap::value_parser!(u64).range(2..=crate::compile::REPLICATIONS_MAX))]
    max_replications: u64,
    /// The seed for the expectations instead of each scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    format: TextOrJson,
    /// Write the report to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also write the verdicts as JUnit XML to FILE; `-`: standard output, and no report unless --out names a file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Threads to use; 0: one a core
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

pub(super) fn run(arguments: &GateArguments) -> Result<Outcome, Error> {
    let (out, junit) = (arguments.out.as_deref(), arguments.junit.as_deref());
    let Inputs { models, baseline, paths } = inputs(arguments)?;
    different_files(&paths, &[("--out", out), ("--junit", junit)])?;
    let output = Output::reserve(out)?;
    let to_junit = junit.map(|file| Output::reserve(Some(file))).transpose()?;
    let mut scenarios = Vec::new();
    for (file, model) in &models {
        let of_file = |error: Error| error.in_file(file);
        let gated = if model.expectations.is_empty() { None } else { Some(decide(model, arguments).map_err(of_file)?) };
        let changed =
            baseline.as_ref().map(|(name, stored)| hold_against(name, stored, model, arguments.threads).map_err(of_file)).transpose()?;
        scenarios.push(ScenarioVerdicts::new(file, &model.outline(), gated.as_ref(), changed));
    }
    let report = GateReport::new(scenarios);
    if !(output.is_stdout() && junit.is_some_and(is_stdout)) {
        output.write(&match arguments.format {
            TextOrJson::Text => report.to_text().into_bytes(),
            TextOrJson::Json => json(&report)?,
        })?;
    }
    if let Some(to) = to_junit {
        let mut xml = Vec::new();
        report.write_junit(&mut xml).map_err(|error| io_error("the JUnit file", &error))?;
        to.write(&xml)?;
    }
    Ok(if report.passed { Outcome::Yes } else { Outcome::No })
}

/// What is to be decided, each with what the user calls it.
struct Inputs {
    models: Vec<(String, Model)>,
    baseline: Option<(String, StoredReport)>,
    /// The files that were read.
    paths: Vec<PathBuf>,
}

/// Scenarios and baseline, or everything that is wrong with any of them.
fn inputs(arguments: &GateArguments) -> Result<Inputs, Error> {
    let (mut models, mut problems) = (Vec::new(), Vec::<Problem>::new());
    let mut paths: Vec<PathBuf> = arguments.baseline.iter().cloned().collect();
    let mut compiled = |path: &PathBuf| {
        let scenario = Scenario::open(path)?;
        paths.extend(scenario.paths());
        scenario.compile()
    };
    for path in &arguments.scenarios {
        let file = path.display().to_string();
        match compiled(path) {
            Ok(model) if model.expectations.is_empty() && arguments.baseline.is_none() => {
                problems.push(Problem::new("it expects nothing: add an [[expect]], or give a --baseline").file(file));
            }
            Ok(model) => models.push((file, model)),
            Err(error) => problems.extend_from_slice(error.problems()),
        }
    }
    let mut baseline = None;
    if let Some(path) = &arguments.baseline {
        let file = path.display().to_string();
        if arguments.scenarios.len() > 1 {
            problems.push(Problem::new("a baseline is of one scenario: name only one").key("--baseline"));
        }
        match read(path).map(|text| StoredReport::parse(&text)) {
            Ok(Ok(stored)) => baseline = Some((file, stored)),
            Ok(Err(problem)) => problems.push(problem.file(file)),
            Err(error) => problems.extend_from_slice(error.problems()),
        }
    }
    if problems.is_empty() { Ok(Inputs { models, baseline, paths }) } else { Err(Error::input(problems)) }
}

fn decide(model: &Model, arguments: &GateArguments) -> Result<Gated, Error> {
    let progress = Progress::new();
    let show = |done, of| progress.show(done, of);
    let mut conditions = Conditions::new(arguments.seed.unwrap_or(model.run.seed), arguments.max_replications);
    conditions.threads = arguments.threads;
    conditions.progress = Some(&show);
    conditions.stop = Some(stop_on_interrupt());
    let gated = gate(model, limits(arguments.min_replications, arguments.max_replications)?.least, &conditions);
    progress.clear();
    gated
}

/// The scenario as it is now, with the seed and the number of replications of a stored report.
pub(super) fn hold_against(name: &str, stored: &StoredReport, model: &Model, threads: usize) -> Result<BaselineReport, Error> {
    let (progress, stop) = (Progress::new(), stop_on_interrupt());
    let show = |done, of| progress.show(done, of);
    let results = Experiment::new(model)
        .seed(stored.seed)
        .replications(stored.replications)
        .confidence(stored.confidence())
        .threads(threads)
        .progress(&show)
        .stop(stop)
        .run();
    progress.clear();
    // Of an unchanged scenario the first few replications are not the same figures: only all of them are held against the baseline.
    let complete = match results {
        Err(_) if stop.load(Ordering::Relaxed) => None,
        results => Some(results?).filter(|results| results.replications() == stored.replications),
    };
    Ok(BaselineReport::new(name, stored, complete.as_ref()))
}
