//! `waitline run`: simulates a scenario and reports.

use super::output::{Output, Writer, different_files, io_error, is_stdout, open, quietly};
use super::progress::{Progress, stop_on_interrupt};
use super::{Outcome, confidence, limits};
use crate::error::{Error, Problem};
use crate::experiment::{Experiment, Limits, Precision, Results, Shard};
use crate::model::Model;
use crate::observers::{AgentLog, Audit, ContactLog, Trace};
use crate::report::{Csv, Json, Report, Reporter, Text};
use crate::scenario::Scenario;
use crate::stats::Confidence;
use clap::{Args, ValueEnum};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Simulates a scenario and reports what came of it.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  waitline run day.toml                                the report as text
  waitline run day.toml --replications 100             narrower half-widths
  waitline run day.toml --until \"savings.service_level ± 0.5%\" --until \"total.asa_s ± 2s\"
                                                       as many replications as that takes
  waitline run day.toml --format json --out day.json   for other programs, and for waitline rerun
  waitline run day.toml --contacts contacts.csv        a row for every contact
  waitline run day.toml --agents agents.csv            a row for every agent: its times, offers and contacts
  waitline run day.toml --replications 1 --trace -     every fact as a line
  waitline run day.toml --shard 3/10 --out part3       the third tenth, for waitline merge

The width of --until is in percentage points for shares (± 0.5%), a duration (± 2s) or relative (± 5%) for times, \
a number or relative for counts; \"± 1% relative\" is relative for any of them.
The same scenario, seed and replications give the same report on any machine and any number of threads.
Ctrl-C reports the replications that are complete, marked as partial.
Exit codes: 0 done, 1 interrupted, a precision not reached or a law found broken by the audit, 2 bad input or a file that \
cannot be read or written.")]
pub(super) struct RunArguments {
    /// The scenario, a TOML file
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    #[command(flatten)]
    report: ReportArguments,
    /// Write a CSV row for every contact to FILE; `-`: standard output, and no report unless --out names a file
    #[arg(long, value_name = "FILE")]
    contacts: Option<PathBuf>,
    /// Write a CSV row for every replication and agent to FILE; `-` as for --contacts
    #[arg(long, value_name = "FILE")]
    agents: Option<PathBuf>,
    /// Write every fact as a line to FILE; `-` as for --contacts
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// The seed instead of the scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// The number of replications instead of the scenario's
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=crate::compile::REPLICATIONS_MAX))]
    replications: Option<u64>,
    /// Replicate until a figure is known so precisely: METRIC ± WIDTH; may be given several times, then all must be reached
    #[arg(long, value_name = "PRECISION", conflicts_with_all = ["replications", "contacts", "agents", "trace", "audit", "shard"])]
    until: Vec<String>,
    /// With --until: this many replications at least [default: 30, or the most allowed]
    #[arg(long, value_parser = clap::value_parser!(u64).range(2..=crate::compile::REPLICATIONS_MAX), requires = "until")]
    min_replications: Option<u64>,
    /// With --until: this many at most
    #[arg(long, default_value_t = Limits::default().most, value_parser = clap::value_parser!(u64).range(2..=crate::compile::REPLICATIONS_MAX), requires = "until")]
    max_replications: u64,
    /// The confidence of all half-widths, from 0.5 to below 1
    #[arg(long, default_value = "0.95", value_parser = confidence)]
    confidence: Confidence,
    /// Run only this part of the replications, such as 3/10, and write it to --out for waitline merge
    #[arg(long, value_name = "NUMBER/OF", requires = "out", conflicts_with_all = ["contacts", "agents", "trace", "audit", "format", "by_interval"])]
    shard: Option<Shard>,
    /// Threads to use; 0: one a core. With --contacts, --agents, --trace or --audit replications run one after the other
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Check every fact against the rules, with code that does not know the engine
    #[arg(long)]
    audit: bool,
}

/// How and where to write a report.
#[derive(Args, Clone, Debug)]
pub(super) struct ReportArguments {
    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the report to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Also print each queue's and routing profile's intervals (text only; the other formats always have them)
    #[arg(long)]
    by_interval: bool,
}

/// How to write the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Tables for people
    Text,
    /// A row for every figure
    Csv,
    /// One object
    Json,
}

impl ReportArguments {
    /// The report in the form that was asked for.
    pub(super) fn written(&self, report: &Report) -> Result<Vec<u8>, Error> {
        let reporter: &dyn Reporter = match self.format {
            Format::Text => &Text { by_interval: self.by_interval },
            Format::Csv => &Csv,
            Format::Json => &Json,
        };
        let mut bytes = Vec::new();
        reporter.write(report, &mut bytes).map_err(|error| io_error("the report", &error))?;
        Ok(bytes)
    }
}

/// Runs the scenario and writes what was asked for.
pub(super) fn run(arguments: &RunArguments) -> Result<Outcome, Error> {
    let out = arguments.report.out.as_deref();
    let scenario = Scenario::open(&arguments.scenario)?;
    let outputs = [
        ("--out", out),
        ("--contacts", arguments.contacts.as_deref()),
        ("--agents", arguments.agents.as_deref()),
        ("--trace", arguments.trace.as_deref()),
    ];
    different_files(&scenario.paths(), &outputs)?;
    let model = &scenario.compile()?;
    let until = precisions(&arguments.until, model)?;
    let output = Output::reserve(out)?;
    let progress = Progress::new();
    let show = |done, of| progress.show(done, of);
    let experiment = Experiment::new(model)
        .seed(arguments.seed.unwrap_or(model.run.seed))
        .replications(arguments.replications.unwrap_or(model.run.replications))
        .confidence(arguments.confidence.clone())
        .until(until, limits(arguments.min_replications, arguments.max_replications)?)
        .threads(arguments.threads)
        .progress(&show)
        .stop(stop_on_interrupt());
    if let Some(shard) = arguments.shard {
        let part = experiment.run_part(shard)?;
        progress.clear();
        return output.write(part.to_text().as_bytes()).map(|()| Outcome::Yes);
    }
    let files = [&arguments.contacts, &arguments.agents, &arguments.trace];
    let watched = arguments.audit || files.iter().any(|file| file.is_some());
    let (results, verdict) = if watched { run_watched(arguments, &experiment, &progress)? } else { (Some(experiment.run()?), Ok(())) };
    progress.clear();
    let Some(results) = results else { return Ok(Outcome::Yes) };
    let report = results.report();
    let taken = files.iter().any(|file| file.as_deref().is_some_and(is_stdout));
    if !(output.is_stdout() && taken) {
        output.write(&arguments.report.written(&report)?)?;
    }
    verdict?;
    let complete = report.partial.is_none() && report.until.iter().all(|until| until.reached);
    Ok(if complete { Outcome::Yes } else { Outcome::No })
}

fn precisions(texts: &[String], model: &Model) -> Result<Vec<Precision>, Error> {
    let outline = model.outline();
    let (mut precisions, mut problems) = (Vec::new(), Vec::<Problem>::new());
    for text in texts {
        match Precision::parse(text, &outline) {
            Ok(precision) => precisions.push(precision),
            Err(problem) => problems.push(problem.key("--until")),
        }
    }
    if problems.is_empty() { Ok(precisions) } else { Err(Error::input(problems)) }
}

/// One replication after the other, each told to the logs, the trace and the audit. The results, unless nobody reads on, and what the audit
/// says.
fn run_watched(
    arguments: &RunArguments,
    experiment: &Experiment<'_>,
    progress: &Progress,
) -> Result<(Option<Results>, Result<(), Error>), Error> {
    let model = experiment.model();
    let seed = arguments.seed.unwrap_or(model.run.seed);
    let replications = arguments.replications.unwrap_or(model.run.replications);
    let mut log = arguments.contacts.as_deref().map(|file| open(file).map(|to| ContactLog::new(model, 0, to))).transpose()?;
    let mut agents = arguments.agents.as_deref().map(|file| open(file).map(|to| AgentLog::new(model, 0, to))).transpose()?;
    let mut trace = arguments.trace.as_deref().map(|file| open(file).map(|to| Trace::new(model, 0, to))).transpose()?;
    let mut audit = arguments.audit.then(|| Audit::new(model, seed, 0));
    let mut results: Option<Results> = None;
    for replication in 0..replications {
        let one = experiment.run_one(replication, &mut ((&mut log, &mut agents), &mut trace, &mut audit))?;
        match &mut results {
            Some(results) => results.merge(&one),
            None => results = Some(one),
        }
        progress.show(replication + 1, replications);
        let logs = log.as_ref().is_some_and(ContactLog::has_failed) || agents.as_ref().is_some_and(AgentLog::has_failed);
        let failed = logs || trace.as_ref().is_some_and(Trace::has_failed);
        if failed || stop_on_interrupt().load(Ordering::Relaxed) {
            break;
        }
    }
    progress.clear();
    let mut read_on = true;
    let ends = [
        (log.map(|log| log.finish().and_then(finished)), &arguments.contacts),
        (agents.map(|agents| agents.finish().and_then(finished)), &arguments.agents),
        (trace.map(|trace| trace.finish().and_then(finished)), &arguments.trace),
    ];
    for (end, file) in ends {
        if let (Some(end), Some(file)) = (end, file) {
            read_on &= if is_stdout(file) {
                quietly(end).map_err(|error| io_error("standard output", &error))?
            } else {
                end.map(|()| true).map_err(|error| io_error(&file.display().to_string(), &error))?
            };
        }
    }
    let verdict = audit.map_or(Ok(()), Audit::finish);
    Ok((results.filter(|_| read_on).map(|results| results.of_asked(replications)), verdict))
}

fn finished(mut to: Writer) -> io::Result<()> {
    to.flush()
}
