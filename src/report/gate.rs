//! The verdicts of a gate as finished numbers, tables and sentences.

use super::columns::{Columns, number_with_unit, percentage};
use super::{BaselineReport, Figure};
use crate::experiment::{Check, Gated, Outcome};
use crate::model::{Expectation, Origin, Outline};
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;

/// The verdicts on one scenario or several. Serialised, it is the JSON form; printed, the text.
///
/// ```
/// use waitline::experiment::{Conditions, gate};
/// use waitline::report::{GateReport, ScenarioVerdicts};
/// let model = waitline::Scenario::open("scenarios/gate.toml")?.compile()?;
/// let gated = gate(&model, 30, &Conditions::new(1, 1000))?;
/// let report = GateReport::new(vec![ScenarioVerdicts::new("gate.toml", &model.outline(), Some(&gated), None)]);
/// assert!(report.passed);
/// assert!(report.to_text().ends_with("PASSED: 5 of 5 hold\n"));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateReport {
    /// Version of waitline.
    pub waitline: &'static str,
    /// Whether every expectation holds and no figure has become worse.
    pub passed: bool,
    /// One after the other.
    pub scenarios: Vec<ScenarioVerdicts>,
}

/// A scenario and the verdicts on it.
///
/// ```
/// use waitline::experiment::{Conditions, gate};
/// use waitline::report::ScenarioVerdicts;
/// let model = waitline::Scenario::open("scenarios/gate.toml")?.compile()?;
/// let gated = gate(&model, 30, &Conditions::new(1, 1000))?;
/// assert!(ScenarioVerdicts::new("gate.toml", &model.outline(), Some(&gated), None).passed());
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioVerdicts {
    /// What the user calls it.
    pub file: String,
    /// Its name.
    pub scenario: String,
    /// Its fingerprint.
    pub scenario_digest: String,
    /// What came of its expectations; `None`: it was only held against a baseline.
    pub gate: Option<ExpectationsReport>,
    /// What has changed since a stored report.
    pub baseline: Option<BaselineReport>,
    /// The scenario as it was written, so that the report can be repeated from itself; `None` if it is larger than a mebibyte.
    pub origin: Option<Arc<Origin>>,
}

/// What came of the expectations of a scenario.
///
/// ```
/// // Part of ScenarioVerdicts:
/// # use waitline::report::ExpectationsReport;
/// fn undecided(report: &ExpectationsReport) -> bool {
///     report.expectations.iter().any(|one| one.outcome == waitline::experiment::Outcome::Undecided)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpectationsReport {
    /// The seed.
    pub seed: u64,
    /// How many replications were run.
    pub replications: u64,
    /// After how many there was a look, or would have been one.
    pub looks: Vec<u64>,
    /// Whether it was stopped.
    pub interrupted: bool,
    /// One after the other.
    pub expectations: Vec<ExpectationReport>,
}

/// An expectation and its verdict.
///
/// ```
/// // Part of an ExpectationsReport:
/// # use waitline::report::ExpectationReport;
/// fn print(report: &ExpectationReport) {
///     println!("{}: {}", report.expectation, report.outcome.words());
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpectationReport {
    /// In words: `savings.service_level at least 80 %`.
    pub expectation: String,
    /// Which figure.
    pub metric: String,
    /// What it should be at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// What it should be at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// How sure the verdict must be.
    pub confidence: f64,
    /// The verdict.
    pub outcome: Outcome,
    /// The figure when it was decided. One side of the half-width holds with the confidence, all looks together.
    pub found: Figure,
    /// After how many replications that was.
    pub replications: u64,
    /// In plain words.
    pub sentence: String,
}

/// A verdict as a test has it: name, whether it passed, and what to say if not.
pub(super) struct Case<'r> {
    pub(super) name: String,
    pub(super) outcome: Outcome,
    pub(super) sentence: &'r str,
}

impl GateReport {
    /// The verdicts on all scenarios.
    pub fn new(scenarios: Vec<ScenarioVerdicts>) -> GateReport {
        GateReport {
            waitline: env!("CARGO_PKG_VERSION"),
            passed: !scenarios.is_empty() && scenarios.iter().all(ScenarioVerdicts::passed),
            scenarios,
        }
    }

    /// Tables and sentences for people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for scenario in &self.scenarios {
            scenario.add_to(self.waitline, &mut text);
        }
        let cases: Vec<Case<'_>> = self.scenarios.iter().flat_map(ScenarioVerdicts::cases).collect();
        let held = cases.iter().filter(|case| case.outcome == Outcome::Holds).count();
        let _ = writeln!(text, "{}: {held} of {} hold", if self.passed { "PASSED" } else { "FAILED" }, cases.len());
        text
    }
}

impl ScenarioVerdicts {
    /// The verdicts on the scenario in `file`.
    pub fn new(file: &str, outline: &Outline, gated: Option<&Gated>, baseline: Option<BaselineReport>) -> ScenarioVerdicts {
        ScenarioVerdicts {
            file: file.into(),
            scenario: outline.name.clone(),
            scenario_digest: outline.digest.clone(),
            gate: gated.map(ExpectationsReport::new),
            baseline,
            origin: outline.origin.clone(),
        }
    }

    /// Whether every expectation holds and no figure has become worse; where nothing was decided, nothing has passed.
    pub fn passed(&self) -> bool {
        let cases = self.cases();
        !cases.is_empty() && cases.iter().all(|case| case.outcome == Outcome::Holds)
    }

    /// All verdicts, one after the other.
    pub(super) fn cases(&self) -> Vec<Case<'_>> {
        let expectations = self.gate.iter().flat_map(ExpectationsReport::cases);
        expectations.chain(self.baseline.iter().flat_map(BaselineReport::cases)).collect()
    }

    fn add_to(&self, waitline: &str, text: &mut String) {
        let _ = writeln!(text, "{} ({})", self.scenario, self.file);
        let repeat = |options: &str| format!("To repeat: waitline {waitline}, {options}, scenario digest {}", self.scenario_digest);
        if let Some(gate) = &self.gate {
            gate.add_to(text);
            let (least, most) = (gate.looks.first().unwrap_or(&0), gate.looks.last().unwrap_or(&0));
            let options = format!("--seed {} --min-replications {least} --max-replications {most}", gate.seed);
            let _ = writeln!(text, "{}.", repeat(&options));
        }
        if let Some(baseline) = &self.baseline {
            baseline.add_to(text);
            let options = format!("--seed {} --replications {}", baseline.seed, baseline.replications);
            let _ = writeln!(text, "{} (then {}).", repeat(&options), baseline.scenario_digest);
        }
        text.push('\n');
    }
}

/// What is to be said of those that do not hold.
pub(super) fn add_sentences(cases: &[Case<'_>], text: &mut String) {
    for case in cases.iter().filter(|case| case.outcome != Outcome::Holds) {
        let _ = writeln!(text, "  => {}", case.sentence);
    }
}

impl ExpectationsReport {
    fn new(gated: &Gated) -> ExpectationsReport {
        ExpectationsReport {
            seed: gated.seed,
            replications: gated.replications,
            looks: gated.looks.clone(),
            interrupted: gated.interrupted,
            expectations: gated.checks.iter().map(|check| ExpectationReport::new(check, gated)).collect(),
        }
    }

    fn add_to(&self, text: &mut String) {
        let mut table = Columns::new(&["", "found", "confidence %", "replications", "verdict"]);
        table.last_is_text = true;
        for row in &self.expectations {
            table.row(vec![
                row.expectation.clone(),
                number_with_unit(&row.metric, row.found),
                percentage(row.confidence),
                row.replications.to_string(),
                row.outcome.words().into(),
            ]);
        }
        table.add_to(&format!("Expectations, seed {}", self.seed), text);
        add_sentences(&self.cases(), text);
        if self.interrupted {
            let _ = writeln!(text, "INTERRUPTED after {} replications", self.replications);
        }
        let looks: Vec<String> = self.looks.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "± is what decided: one side of it holds with the confidence of the expectation, all looks together
(after {} replications). Each verdict is read alone.",
            looks.join(", ")
        );
    }

    fn cases(&self) -> Vec<Case<'_>> {
        let rows = self.expectations.iter();
        rows.map(|row| Case { name: row.expectation.clone(), outcome: row.outcome, sentence: &row.sentence }).collect()
    }
}

impl ExpectationReport {
    fn new(check: &Check, gated: &Gated) -> ExpectationReport {
        let Expectation { metric, bound, at_least, confidence } = &check.expectation;
        ExpectationReport {
            expectation: check.expectation.to_string(),
            metric: metric.to_string(),
            at_least: at_least.then_some(*bound),
            at_most: (!at_least).then_some(*bound),
            confidence: *confidence,
            outcome: check.outcome,
            found: check.found,
            replications: check.replications,
            sentence: sentence(check, gated),
        }
    }
}

fn sentence(check: &Check, gated: &Gated) -> String {
    let Expectation { metric, bound, at_least, .. } = &check.expectation;
    let bound = format!("{} {}", if *at_least { "at least" } else { "at most" }, metric.measure.show(*bound));
    let observed = if check.expectation.is_absolute() { ", as observed" } else { "" };
    let found = format!("{} after {} replications", number_with_unit(&metric.to_string(), check.found), check.replications);
    match check.outcome {
        Outcome::Holds => format!("{metric} is {bound}{observed}: {found}."),
        Outcome::Fails => format!("{metric} is not {bound}{observed}: {found}."),
        Outcome::Undecided => {
            let why = match check.found {
                _ if gated.interrupted => format!("it was interrupted after {} replications", gated.replications),
                None => format!("in {} replications there was nothing to take it from", check.replications),
                Some(_) => format!("{found}; allow more of them, or choose a bound that is farther away"),
            };
            format!("Whether {metric} is {bound} is undecided: {why}.")
        }
    }
}
