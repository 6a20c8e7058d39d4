//! `waitline rerun`: repeats a report.

use super::output::read;
use super::progress::{Progress, stop_on_interrupt};
use super::{Outcome, emit};
use crate::error::{Error, ErrorKind, Problem};
use crate::experiment::Experiment;
use crate::model::Origin;
use crate::report::Until;
use crate::scenario::Scenario;
use crate::stats::Confidence;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Repeats a JSON report from what it says of itself, and says whether the same comes out, figure by figure.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  waitline run day.toml --format json --out day.json && waitline rerun day.json
  waitline rerun day.json --scenario day.toml     for scenarios above a mebibyte, which reports do not hold

Exit codes: 0 equal, 1 not equal (or interrupted), 2 bad input.")]
pub(super) struct RerunArguments {
    /// The report, as --format json writes it
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// The scenario, if the report does not hold it; its digest must be that of the report
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<PathBuf>,
    /// Threads to use; 0: one a core
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

/// What a report says of how it came about.
#[derive(Deserialize)]
struct Recipe {
    waitline: String,
    scenario: String,
    scenario_digest: String,
    seed: u64,
    replications: u64,
    confidence: f64,
    #[serde(default)]
    partial: Option<u64>,
    #[serde(default)]
    until: Vec<Until>,
    #[serde(default)]
    origin: Option<Origin>,
}

/// So many differences are shown; more are only counted.
const SHOWN: usize = 10;

pub(super) fn run(arguments: &RerunArguments) -> Result<Outcome, Error> {
    let name = arguments.report.display().to_string();
    let wrong = |what: String| Error::input(vec![Problem::new(what).file(name.as_str())]);
    let stored: Value = serde_json::from_str(&read(&arguments.report)?).map_err(|error| wrong(format!("not JSON: {error}")))?;
    let recipe = Recipe::deserialize(&stored).map_err(|error| wrong(format!("not a report of waitline run: {error}")))?;
    let scenario = scenario(&recipe, arguments.scenario.as_deref(), &name)?;
    let model = scenario.compile()?;
    if model.digest != recipe.scenario_digest {
        return Err(wrong(format!("the scenario is another one: digest {}, the report has {}", model.digest, recipe.scenario_digest)));
    }
    let confidence = Confidence::new(recipe.confidence).map_err(wrong)?;
    let progress = Progress::new();
    let show = |done, of| progress.show(done, of);
    let results = Experiment::new(&model)
        .seed(recipe.seed)
        .replications(recipe.replications)
        .confidence(confidence)
        .threads(arguments.threads)
        .progress(&show)
        .stop(stop_on_interrupt())
        .run()?;
    progress.clear();
    if results.replications() < recipe.replications {
        return Err(Error::new(ErrorKind::Limit, Problem::new("interrupted: whether it is equal is not known")));
    }
    let mut report = results.report();
    // Why there were so many replications is not part of what they say.
    report.partial = recipe.partial;
    report.until = recipe.until;
    let repeated = serde_json::to_value(&report).map_err(|error| wrong(error.to_string()))?;
    let mut differences = Vec::new();
    compare("", &stored, &repeated, &mut differences);
    let (version, replications) = (env!("CARGO_PKG_VERSION"), recipe.replications);
    if differences.is_empty() {
        emit(&format!("equal: {} gives the same report again ({replications} replications, seed {})\n", recipe.scenario, recipe.seed))?;
        return Ok(Outcome::Yes);
    }
    let mut text = format!("not equal: {} figures differ\n", differences.len());
    for difference in differences.iter().take(SHOWN) {
        text += &format!("  {difference}\n");
    }
    if differences.len() > SHOWN {
        text += &format!("  and {} more\n", differences.len() - SHOWN);
    }
    if recipe.waitline != version {
        text +=
            &format!("The report was made by waitline {}; this is {version}. The changelog lists changes of results.\n", recipe.waitline);
    }
    emit(&text)?;
    Ok(Outcome::No)
}

fn scenario(recipe: &Recipe, path: Option<&Path>, report: &str) -> Result<Scenario, Error> {
    match (path, &recipe.origin) {
        (Some(path), _) => Scenario::open(path),
        (None, Some(origin)) => origin.scenario.parse().map(|scenario: Scenario| {
            origin.files.iter().fold(scenario, |mut scenario, (name, text)| {
                scenario.attach(name, text.as_bytes().to_vec());
                scenario
            })
        }),
        (None, None) => {
            let message = "the report does not hold its scenario, which is larger than a mebibyte: name it with --scenario";
            Err(Error::input(vec![Problem::new(message).file(report)]))
        }
    }
}

/// Every place at which two reports differ.
fn compare(place: &str, stored: &Value, now: &Value, differences: &mut Vec<String>) {
    match (stored, now) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                compare(&format!("{place}.{key}"), value, other.get(key).unwrap_or(&Value::Null), differences);
            }
            for (key, value) in other.iter().filter(|(key, _)| !one.contains_key(*key)) {
                compare(&format!("{place}.{key}"), &Value::Null, value, differences);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for index in 0..one.len().max(other.len()) {
                let item = |list: &[Value]| list.get(index).cloned().unwrap_or(Value::Null);
                compare(&format!("{place}[{index}]"), &item(one), &item(other), differences);
            }
        }
        _ if numbers(stored, now).unwrap_or(stored == now) => {}
        _ => differences.push(format!("{}: stored {stored}, now {now}", place.trim_start_matches('.'))),
    }
}

/// Numbers are equal by value: other programs write 1.0 as 1.
#[allow(clippy::float_cmp)]
fn numbers(stored: &Value, now: &Value) -> Option<bool> {
    match (stored, now) {
        (Value::Number(one), Value::Number(other)) => {
            let whole = |number: &serde_json::Number| number.as_u64();
            Some(if let (Some(one), Some(other)) = (whole(one), whole(other)) { one == other } else { one.as_f64() == other.as_f64() })
        }
        _ => None,
    }
}
