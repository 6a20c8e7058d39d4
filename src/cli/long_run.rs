//! `waitline long-run`: one long run, warm-up found from the data, batch means.

use super::output::{Output, TextOrJson, different_files, json};
use super::progress::Progress;
use super::{Outcome, confidence};
use crate::error::Error;
use crate::experiment::LongRun;
use crate::scenario::Scenario;
use crate::stats::Confidence;
use crate::time::Span;
use std::path::PathBuf;

/// Plays one long run under conditions that stay the same, and says what it comes to in the long run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  waitline long-run scenarios/mmc.toml
  waitline long-run scenarios/mmc.toml --length 100000h     narrower half-widths
  waitline long-run day.toml --format json --out long.json  for waitline rerun

The warm-up is found from pilot runs (MSER-5), what is left is cut into batches whose means give the intervals. Arrivals and \
agents must stay as they are: no volumes by interval, no shifts, no replay. The scenario's own warm-up, horizon, drain and \
intervals do not matter.
Exit codes: 0 it has settled; 1 it has not, or the number waiting grows without end; 2 bad input.")]
pub(super) struct LongRunArguments {
    /// The scenario, a TOML file
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// How long; default: as long as a million contacts take, or the scenario's horizon if that is longer
    #[arg(long)]
    length: Option<Span>,
    /// The seed instead of the scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// The confidence of all half-widths, from 0.5 to below 1
    #[arg(long, default_value = "0.95", value_parser = confidence)]
    confidence: Confidence,
    /// Threads to use for the pilot runs; 0: one a core
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    format: TextOrJson,
    /// Write the report to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &LongRunArguments) -> Result<Outcome, Error> {
    let scenario = Scenario::open(&arguments.scenario)?;
    different_files(&scenario.paths(), &[("--out", arguments.out.as_deref())])?;
    let model = scenario.compile()?;
    let output = Output::reserve(arguments.out.as_deref())?;
    let progress = Progress::of("batches");
    // Said before the run, which may be long and in vain.
    if let Some(overload) = model.overload() {
        progress.say(&overload.describe(&model));
    }
    let show = |done, of| progress.show(done, of);
    let seed = arguments.seed.unwrap_or(model.run.seed);
    let mut long_run = LongRun::new(model).seed(seed).confidence(arguments.confidence.clone()).threads(arguments.threads).progress(&show);
    if let Some(length) = arguments.length {
        long_run = long_run.length(length);
    }
    let report = long_run.run().map_err(|error| error.in_file(&arguments.scenario.display().to_string()))?.report();
    progress.clear();
    output.write(&match arguments.format {
        TextOrJson::Json => json(&report)?,
        TextOrJson::Text => report.to_text().into_bytes(),
    })?;
    Ok(if report.warnings.is_empty() { Outcome::Yes } else { Outcome::No })
}
