//! `waitline rerun`: repeats a report.

use super::gate::hold_against;
use super::output::read;
use super::progress::{Progress, stop_on_interrupt};
use super::{Outcome, emit};
use crate::compile::REPLICATIONS_MAX;
use crate::error::{Error, ErrorKind, Problem};
use crate::experiment::{Conditions, Design, Experiment, LongRun, Selected, compare, gate, select};
use crate::model::{Model, Origin};
use crate::report::{ComparisonReport, GateReport, ScenarioVerdicts, SelectionReport, StoredReport, Until, is_of_designs};
use crate::scenario::Scenario;
use crate::stats::Confidence;
use crate::time::Span;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Repeats a JSON report from what it says of itself, and says whether the same comes out, figure by figure.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  waitline run day.toml --format json --out day.json && waitline rerun day.json
  waitline rerun day.json --scenario day.toml     of a scenario too large for a report

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

/// What a gate says of how it came about.
#[derive(Deserialize)]
struct RecipeOfGate {
    waitline: String,
    scenarios: Vec<RecipeOfVerdicts>,
}

#[derive(Deserialize)]
struct RecipeOfVerdicts {
    file: String,
    scenario_digest: String,
    gate: Option<Looks>,
    baseline: Option<Baseline>,
    origin: Option<Origin>,
}

#[derive(Deserialize)]
struct Looks {
    seed: u64,
    looks: Vec<u64>,
}

#[derive(Deserialize)]
struct Baseline {
    file: String,
    stored: Value,
}

/// What a long run says of how it came about.
#[derive(Deserialize)]
struct RecipeOfLongRun {
    waitline: String,
    scenario_digest: String,
    seed: u64,
    confidence: f64,
    long_run: Length,
    #[serde(default)]
    origin: Option<Origin>,
}

#[derive(Deserialize)]
struct Length {
    length_s: f64,
}

/// What a comparison or a selection says of how it came about.
#[derive(Deserialize)]
struct RecipeOfDesigns {
    waitline: String,
    seed: u64,
    confidence: f64,
    // Of a comparison.
    #[serde(default)]
    replications: u64,
    #[serde(default)]
    partial: Option<u64>,
    #[serde(default)]
    metrics: Vec<String>,
    base: Option<RecipeOfDesign>,
    #[serde(default)]
    variants: Vec<WithDesign>,
    // Of a selection.
    #[serde(default)]
    max_replications: u64,
    #[serde(default)]
    metric: String,
    #[serde(default)]
    indifference: f64,
    #[serde(default)]
    designs: Vec<WithDesign>,
}

#[derive(Deserialize)]
struct WithDesign {
    design: RecipeOfDesign,
}

impl RecipeOfDesigns {
    /// Of a selection, how many replications it came to at most: what was interrupted stops there.
    fn most(&self) -> u64 {
        self.partial.unwrap_or(self.max_replications)
    }
}

#[derive(Deserialize)]
struct RecipeOfDesign {
    label: String,
    scenario_digest: String,
    origin: Option<Origin>,
}

/// So many differences are shown; more are only counted.
const SHOWN: usize = 10;

pub(super) fn run(arguments: &RerunArguments) -> Result<Outcome, Error> {
    let name = arguments.report.display().to_string();
    let stored: Value = serde_json::from_str(&read(&arguments.report)?).map_err(|error| wrong(&name, format!("not JSON: {error}")))?;
    let progress = Progress::new();
    let show = |done, of| progress.show(done, of);
    // What the recipe of a report leads to is wrong with the report.
    let (repeated, version, what) = again(&stored, arguments, &name, &show).map_err(|error| error.in_file(&name))?;
    progress.clear();
    let mut differences = Vec::new();
    compare_values("", &stored, &repeated, &mut differences);
    if differences.is_empty() {
        emit(&format!("equal: {what}\n"))?;
        return Ok(Outcome::Yes);
    }
    let mut text = format!("not equal: {} figures differ\n", differences.len());
    for difference in differences.iter().take(SHOWN) {
        text += &format!("  {difference}\n");
    }
    if differences.len() > SHOWN {
        text += &format!("  and {} more\n", differences.len() - SHOWN);
    }
    let now = env!("CARGO_PKG_VERSION");
    if version != now {
        text += &format!("The report was made by waitline {version}; this is {now}. The changelog lists changes of results.\n");
    }
    emit(&text)?;
    Ok(Outcome::No)
}

/// The report once more, the version that made the stored one, and what to say if they are equal.
fn again(stored: &Value, arguments: &RerunArguments, name: &str, show: Show<'_>) -> Result<(Value, String, String), Error> {
    Ok(if stored.get("scenarios").is_some() {
        let recipe = RecipeOfGate::deserialize(stored).map_err(|error| wrong(name, format!("not a report of waitline gate: {error}")))?;
        (repeat_gate(&recipe, arguments, name, show)?, recipe.waitline, "the same verdicts come out again".into())
    } else if stored.get("long_run").is_some() {
        let recipe =
            RecipeOfLongRun::deserialize(stored).map_err(|error| wrong(name, format!("not a report of waitline long-run: {error}")))?;
        let repeated = repeat_long_run(&recipe, arguments, name)?;
        (repeated, recipe.waitline, format!("the same long run comes out again (seed {})", recipe.seed))
    } else if is_of_designs(stored) {
        let recipe =
            RecipeOfDesigns::deserialize(stored).map_err(|error| wrong(name, format!("not a report of waitline compare: {error}")))?;
        let repeated = repeat_designs(&recipe, arguments, name, show)?;
        (repeated, recipe.waitline, format!("the same comparison comes out again (seed {})", recipe.seed))
    } else {
        let recipe = Recipe::deserialize(stored).map_err(|error| wrong(name, format!("not a report of waitline run: {error}")))?;
        let repeated = repeat(&recipe, arguments, name, show)?;
        let what = format!("{} gives the same report again ({} replications, seed {})", recipe.scenario, recipe.replications, recipe.seed);
        (repeated, recipe.waitline, what)
    })
}

fn wrong(report: &str, what: impl Into<String>) -> Error {
    Error::input(vec![Problem::new(what).file(report)])
}

fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, Problem::new("interrupted: whether it is equal is not known"))
}

/// No report has more replications than a run may have; an edited one would be repeated for ever.
fn bounded(replications: u64, name: &str) -> Result<u64, Error> {
    if replications <= REPLICATIONS_MAX {
        return Ok(replications);
    }
    Err(wrong(name, format!("{replications} replications: expected {REPLICATIONS_MAX} at most")))
}

type Show<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// The report of a run once more, but for why it had so many replications: that is taken over.
fn repeat(recipe: &Recipe, arguments: &RerunArguments, name: &str, show: Show<'_>) -> Result<Value, Error> {
    let model = scenario(recipe.origin.as_ref(), arguments.scenario.as_deref(), name)?.compile()?;
    same_digest(&model, &recipe.scenario_digest, name)?;
    let results = Experiment::new(&model)
        .seed(recipe.seed)
        .replications(bounded(recipe.replications, name)?)
        .confidence(Confidence::new(recipe.confidence).map_err(|why| wrong(name, why))?)
        .threads(arguments.threads)
        .progress(show)
        .stop(stop_on_interrupt())
        .run()?;
    if results.replications() < recipe.replications {
        return Err(interrupted());
    }
    let mut report = results.report();
    report.partial = recipe.partial;
    report.until.clone_from(&recipe.until);
    serde_json::to_value(&report).map_err(|error| wrong(name, error.to_string()))
}

/// The same for a gate; a run that was stopped cannot be repeated.
fn repeat_gate(recipe: &RecipeOfGate, arguments: &RerunArguments, name: &str, show: Show<'_>) -> Result<Value, Error> {
    let mut verdicts = Vec::new();
    for part in &recipe.scenarios {
        let model = scenario(part.origin.as_ref(), arguments.scenario.as_deref(), name)?.compile()?;
        same_digest(&model, &part.scenario_digest, name)?;
        let gated = match &part.gate {
            Some(Looks { seed, looks }) => {
                let (Some(&least), Some(&most)) = (looks.first(), looks.last()) else { return Err(wrong(name, "a gate without a look")) };
                let mut conditions = Conditions::new(*seed, bounded(most, name)?);
                (conditions.threads, conditions.progress, conditions.stop) = (arguments.threads, Some(show), Some(stop_on_interrupt()));
                Some(gate(&model, least, &conditions)?)
            }
            None => None,
        };
        let baseline = match &part.baseline {
            Some(Baseline { file, stored }) => {
                let stored = StoredReport::from_value(stored).map_err(|problem| Error::input(vec![problem.file(name)]))?;
                Some(hold_against(file, &stored, &model, arguments.threads)?)
            }
            None => None,
        };
        verdicts.push(ScenarioVerdicts::new(&part.file, &model.outline(), gated.as_ref(), baseline));
    }
    if stop_on_interrupt().load(Ordering::Relaxed) {
        return Err(interrupted());
    }
    serde_json::to_value(GateReport::new(verdicts)).map_err(|error| wrong(name, error.to_string()))
}

/// The same for a long run.
fn repeat_long_run(recipe: &RecipeOfLongRun, arguments: &RerunArguments, name: &str) -> Result<Value, Error> {
    let model = scenario(recipe.origin.as_ref(), arguments.scenario.as_deref(), name)?.compile()?;
    same_digest(&model, &recipe.scenario_digest, name)?;
    let length = Span::from_secs_f64(recipe.long_run.length_s).ok_or_else(|| wrong(name, "the length of the run is none"))?;
    let confidence = Confidence::new(recipe.confidence).map_err(|why| wrong(name, why))?;
    let long_run = LongRun::new(model).length(length).seed(recipe.seed).confidence(confidence).threads(arguments.threads);
    serde_json::to_value(long_run.run()?.report()).map_err(|error| wrong(name, error.to_string()))
}

/// The same for a comparison or a selection.
fn repeat_designs(recipe: &RecipeOfDesigns, arguments: &RerunArguments, name: &str, show: Show<'_>) -> Result<Value, Error> {
    let mut models = Vec::new();
    if arguments.scenario.is_some() {
        return Err(Error::input(vec![Problem::new("a report of several designs takes them from itself").key("--scenario")]));
    }
    let designs = recipe.base.iter().chain(recipe.variants.iter().chain(&recipe.designs).map(|with| &with.design));
    for design in designs {
        if design.origin.is_none() {
            let message = format!("it does not hold the scenario of `{}`, which is larger than a mebibyte: compare again", design.label);
            return Err(wrong(name, message));
        }
        let model = scenario(design.origin.as_ref(), None, name)?.compile()?;
        same_digest(&model, &design.scenario_digest, name)?;
        models.push((design.label.as_str(), model));
    }
    let designs: Vec<Design<'_>> = models.iter().map(|(label, model)| Design::new(*label, model)).collect();
    let mut conditions = Conditions::new(recipe.seed, bounded(recipe.replications, name)?);
    conditions.confidence = Confidence::new(recipe.confidence).map_err(|why| wrong(name, why))?;
    conditions.threads = arguments.threads;
    conditions.progress = Some(show);
    conditions.stop = Some(stop_on_interrupt());
    let value = if recipe.base.is_some() {
        let found = compare(&designs[0], &designs[1..], &recipe.metrics, &conditions)?;
        if found.replications < recipe.replications {
            return Err(interrupted());
        }
        serde_json::to_value(ComparisonReport { partial: recipe.partial, ..ComparisonReport::new(&found) })
    } else {
        conditions.replications = bounded(recipe.most(), name)?;
        let found = select(&designs, &recipe.metric, recipe.indifference, &conditions)?;
        if found.interrupted {
            return Err(interrupted());
        }
        let interrupted = recipe.partial.is_some() && found.best.is_none();
        serde_json::to_value(SelectionReport::new(&Selected { interrupted, most: recipe.max_replications, ..found }))
    };
    value.map_err(|error| wrong(name, error.to_string()))
}

fn same_digest(model: &Model, digest: &str, name: &str) -> Result<(), Error> {
    if model.digest == digest {
        return Ok(());
    }
    Err(wrong(name, format!("the scenario is another one: digest {}, the report has {digest}", model.digest)))
}

fn scenario(origin: Option<&Origin>, path: Option<&Path>, report: &str) -> Result<Scenario, Error> {
    match (path, origin) {
        (Some(path), _) => Scenario::open(path),
        (None, Some(origin)) => origin.scenario.parse().map(|scenario: Scenario| {
            origin.files.iter().fold(scenario, |mut scenario, (name, text)| {
                scenario.attach(name, text.as_bytes().to_vec());
                scenario
            })
        }),
        (None, None) => {
            Err(wrong(report, "the report does not hold its scenario, which is larger than a mebibyte: name it with --scenario"))
        }
    }
}

/// Every place at which two reports differ.
fn compare_values(place: &str, stored: &Value, now: &Value, differences: &mut Vec<String>) {
    match (stored, now) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                compare_values(&format!("{place}.{key}"), value, other.get(key).unwrap_or(&Value::Null), differences);
            }
            for (key, value) in other.iter().filter(|(key, _)| !one.contains_key(*key)) {
                compare_values(&format!("{place}.{key}"), &Value::Null, value, differences);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for index in 0..one.len().max(other.len()) {
                let item = |list: &[Value]| list.get(index).cloned().unwrap_or(Value::Null);
                compare_values(&format!("{place}[{index}]"), &item(one), &item(other), differences);
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
