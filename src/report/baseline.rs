//! A stored report: read back, and what has changed since.

use super::columns::{Columns, NONE, percentage, places, rounded, scaled, shown, title, unit_of_difference};
use super::gate::{Case, add_sentences};
use super::{Figure, Verdict};
use crate::compile::REPLICATIONS_MAX;
use crate::error::Problem;
use crate::experiment::{BASELINE, Change, Outcome, Results, Stored, against_baseline};
use crate::model::{Measure, Outline};
use crate::stats::{Confidence, Estimate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write as _;

/// What a baseline needs of a stored report of `waitline run`.
///
/// ```
/// use waitline::report::StoredReport;
/// let model = waitline::Scenario::open("scenarios/savings-overflow.toml")?.compile()?;
/// let report = waitline::Experiment::new(&model).replications(5).run()?.report();
/// let stored = StoredReport::parse(&serde_json::to_string(&report).unwrap()).unwrap();
/// assert_eq!((stored.seed, stored.replications), (1, 5));
/// assert!(StoredReport::parse("{}").unwrap_err().message.contains("waitline run"));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredReport {
    /// Version of waitline.
    pub waitline: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Its fingerprint.
    pub scenario_digest: String,
    /// The seed.
    pub seed: u64,
    /// How many replications: at least two, for otherwise nothing says what chance explains.
    pub replications: u64,
    horizon_s: f64,
    warm_up_s: f64,
    confidence: f64,
    queues: Vec<StoredQueue>,
    total: StoredFigures,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredQueue {
    queue: String,
    #[serde(flatten)]
    figures: StoredFigures,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredFigures {
    service_level: Vec<StoredLevel>,
    asa_s: Option<StoredFigure>,
    abandonment_rate: Option<StoredFigure>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredLevel {
    within_s: Option<f64>,
    comparator: Option<String>,
    estimate: Option<f64>,
    half_width: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct StoredFigure {
    estimate: f64,
    half_width: Option<f64>,
}

/// Whether a JSON value is a report of `waitline compare`: of several designs.
pub(crate) fn is_of_designs(value: &Value) -> bool {
    value.get("base").is_some() || value.get("indifference").is_some()
}

impl StoredReport {
    /// Reads what `waitline run --format json` wrote.
    ///
    /// # Errors
    /// When it is something else, or there is nothing in it to judge by.
    pub fn parse(text: &str) -> Result<StoredReport, Problem> {
        let wrong = |what: String| Problem::new(format!("{what}; expected a report that `waitline run --format json` wrote"));
        let value: Value = serde_json::from_str(text).map_err(|error| wrong(format!("not JSON: {error}")))?;
        StoredReport::from_value(&value)
    }

    /// The same of JSON that has been read.
    ///
    /// # Errors
    /// As [`StoredReport::parse`].
    pub(crate) fn from_value(value: &Value) -> Result<StoredReport, Problem> {
        let wrong = |what: String| Problem::new(format!("{what}; expected a report that `waitline run --format json` wrote"));
        if is_of_designs(value) {
            return Err(wrong("a report of `waitline compare`".into()));
        }
        let stored = StoredReport::deserialize(value).map_err(|error| wrong(format!("not a report of `waitline run`: {error}")))?;
        Confidence::new(stored.confidence).map_err(|why| Problem::new(why).key("confidence"))?;
        match stored.replications {
            0 | 1 => {
                let message = "too few replications to tell a change from chance: expected at least 2";
                return Err(Problem::new(message).key("replications"));
            }
            replications if replications > REPLICATIONS_MAX => {
                return Err(Problem::new(format!("{replications} replications: expected 2 to {REPLICATIONS_MAX}")).key("replications"));
            }
            _ => {}
        }
        if stored.figures().is_empty() {
            return Err(Problem::new("no figure in it has a value: there is nothing to hold a scenario against"));
        }
        Ok(stored)
    }

    /// The confidence of all half-widths.
    pub fn confidence(&self) -> Confidence {
        // It was looked at when it was read.
        Confidence::new(self.confidence).unwrap_or_default()
    }

    /// The figures of each queue and of all together to which a baseline is held, as far as they exist.
    pub fn figures(&self) -> Vec<Stored> {
        let rows = self.rows();
        let figure = |(queue, figures): (Option<&str>, &StoredFigures), measure| {
            let StoredFigure { estimate, half_width } = match measure {
                Measure::ServiceLevel => {
                    let level = figures.service_level.first()?;
                    StoredFigure { estimate: level.estimate?, half_width: level.half_width }
                }
                Measure::Asa => figures.asa_s?,
                _ => figures.abandonment_rate?,
            };
            Some(Stored { queue: queue.map(String::from), measure, estimate, half_width })
        };
        rows.into_iter().flat_map(|row| BASELINE.into_iter().filter_map(move |measure| figure(row, measure))).collect()
    }

    /// Whether it is of that scenario and this version.
    fn is_of(&self, outline: &Outline) -> bool {
        self.scenario_digest == outline.digest && self.waitline == env!("CARGO_PKG_VERSION")
    }

    /// The queues, then all together.
    fn rows(&self) -> Vec<(Option<&str>, &StoredFigures)> {
        let queues = self.queues.iter().map(|row| (Some(row.queue.as_str()), &row.figures));
        queues.chain([(None, &self.total)]).collect()
    }
}

/// What has changed since a stored report. Serialised, it is part of the JSON form of a [`super::GateReport`].
///
/// ```
/// use waitline::report::{BaselineReport, StoredReport};
/// let model = waitline::Scenario::open("scenarios/savings-overflow.toml")?.compile()?;
/// let results = waitline::Experiment::new(&model).replications(5).run()?;
/// let stored = StoredReport::parse(&serde_json::to_string(&results.report()).unwrap()).unwrap();
/// let report = BaselineReport::new("stored.json", &stored, Some(&results));
/// assert!(report.unchanged && report.changes.iter().all(|change| change.change == Some(0.0)));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BaselineReport {
    /// What the user calls the stored report.
    pub file: String,
    /// The version of waitline that made it.
    pub waitline: String,
    /// The fingerprint of its scenario.
    pub scenario_digest: String,
    /// The seed of both.
    pub seed: u64,
    /// How many replications of both.
    pub replications: u64,
    /// Of the half-widths.
    pub confidence: f64,
    /// All verdicts together are right with this confidence.
    pub joint_confidence: f64,
    /// Whether scenario and version are the same, so that nothing can differ.
    pub unchanged: bool,
    /// Whether it was stopped before all replications were complete; then there are no changes to report.
    pub interrupted: bool,
    /// Figure by figure.
    pub changes: Vec<ChangeReport>,
    /// What the reader should know.
    pub notes: Vec<String>,
    /// What it was held against, so that the report can be repeated.
    pub stored: StoredReport,
}

/// A figure then and now.
///
/// ```
/// // Part of a BaselineReport:
/// # use waitline::report::{ChangeReport, Verdict};
/// fn lost(changes: &[ChangeReport]) -> Vec<&str> {
///     changes.iter().filter(|change| change.verdict == Verdict::Worse).map(|change| change.metric.as_str()).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeReport {
    /// Which figure.
    pub metric: String,
    /// What it was.
    pub then: Figure,
    /// What it is; `None`: it is no more.
    pub now: Figure,
    /// Now less then.
    pub change: Option<f64>,
    /// How far it must be worse for that to be no chance.
    pub margin: Option<f64>,
    /// What follows.
    pub verdict: Verdict,
    /// In plain words.
    pub sentence: String,
}

impl BaselineReport {
    /// What has changed since the report `stored` in `file`; `results` are of the same seed and number of replications, `None` if they were
    /// interrupted.
    pub fn new(file: &str, stored: &StoredReport, results: Option<&Results>) -> BaselineReport {
        let together = Confidence::default();
        let changes = results.map_or(Vec::new(), |results| {
            let changes = against_baseline(results, &stored.figures(), (stored.replications, &stored.confidence()), &together);
            changes.iter().map(|change| ChangeReport::new(file, change, results.outline())).collect()
        });
        let mut report = BaselineReport {
            file: file.into(),
            waitline: stored.waitline.clone(),
            scenario_digest: stored.scenario_digest.clone(),
            seed: stored.seed,
            replications: stored.replications,
            confidence: stored.confidence,
            joint_confidence: together.level(),
            unchanged: results.is_some_and(|results| stored.is_of(results.outline())),
            interrupted: results.is_none(),
            changes,
            notes: Vec::new(),
            stored: stored.clone(),
        };
        if let Some(results) = results {
            report.add_notes(stored, results.outline());
        }
        report
    }

    /// Each figure as a test.
    pub(super) fn cases(&self) -> Vec<Case<'_>> {
        if self.interrupted {
            let name = format!("no worse than {}", self.file);
            return vec![Case { name, outcome: Outcome::Undecided, sentence: "Interrupted: what has changed is not known." }];
        }
        let cases = self.changes.iter().map(|row| Case {
            name: format!("{} no worse than in {}", row.metric, self.file),
            outcome: if row.verdict == Verdict::Worse { Outcome::Fails } else { Outcome::Holds },
            sentence: &row.sentence,
        });
        cases.collect()
    }

    /// What makes then and now hard to compare, or easy.
    fn add_notes(&mut self, stored: &StoredReport, outline: &Outline) {
        let now = env!("CARGO_PKG_VERSION");
        let differ = self.changes.iter().any(|row| row.then != row.now);
        if self.unchanged && differ {
            self.notes.push(format!(
                "scenario and version are those of {0}, and yet figures differ: {0} was changed after it was written; waitline rerun says where",
                self.file
            ));
        } else if self.unchanged {
            self.notes.push("scenario and version are those of the baseline: nothing can differ".into());
        }
        if stored.waitline != now {
            self.notes.push(format!(
                "the baseline was made by waitline {}, this is {now}: the changelog lists changes of results",
                stored.waitline
            ));
        }
        let seconds = |time: crate::time::Time| time.as_secs_f64().to_bits();
        if (seconds(outline.horizon()), seconds(outline.warm_up())) != (stored.horizon_s.to_bits(), stored.warm_up_s.to_bits()) {
            self.notes.push("horizon or warm-up are not those of the baseline".into());
        }
        for (queue, figures) in stored.rows() {
            let Some(scope) = outline.scope(queue) else { continue };
            let now = outline.headline(scope).map(|level| (level.within.as_secs_f64().to_bits(), level.comparator.symbol()));
            let then = figures.service_level.first().and_then(|level| Some((level.within_s?.to_bits(), level.comparator.as_deref()?)));
            if then != now {
                let queue = queue.unwrap_or("total");
                self.notes.push(format!("{queue}.service_level is by another threshold than in the baseline"));
            }
        }
        for name in outline.queue_names() {
            if stored.queues.iter().all(|queue| queue.queue != name) {
                self.notes.push(format!("the queue `{name}` is not in the baseline: it is judged only as a part of the total"));
            }
        }
    }

    pub(super) fn add_to(&self, text: &mut String) {
        let mut table = Columns::new(&["", "then", "now", "change", "margin", "verdict"]);
        table.last_is_text = true;
        for row in &self.changes {
            let margin = row.margin.map(|margin| scaled(&row.metric, margin));
            table.row(vec![
                title(&row.metric),
                shown(&row.metric, row.then),
                shown(&row.metric, row.now),
                row.change.map_or(NONE.into(), |change| places(scaled(&row.metric, change), margin.unwrap_or(0.0))),
                margin.map_or(NONE.into(), |margin| places(margin, margin)),
                if row.now.is_some() { row.verdict.words().into() } else { "worse: it is no more".into() },
            ]);
        }
        let Self { file, seed, replications, .. } = self;
        table.add_to(&format!("Against {file}, {replications} replications, seed {seed}"), text);
        add_sentences(&self.cases(), text);
        if self.interrupted {
            return;
        }
        let _ = writeln!(
            text,
            "Then and now: ± at {} %, each figure read alone. A loss beyond the margin is no chance, with {} % for all {} figures together.
The margin is that of independent runs. Where both meet the same contacts it is cautious: waitline compare sees smaller losses.",
            percentage(self.confidence),
            percentage(self.joint_confidence),
            self.changes.len()
        );
        for note in &self.notes {
            let _ = writeln!(text, "Note: {note}");
        }
    }
}

impl ChangeReport {
    fn new(file: &str, change: &Change, outline: &Outline) -> ChangeReport {
        let Stored { estimate, half_width, .. } = change.stored;
        let verdict = match change {
            change if change.is_worse() => Verdict::Worse,
            change if change.is_better() => Verdict::Better,
            _ => Verdict::NoDifferenceFound,
        };
        ChangeReport {
            metric: change.stored.to_string(),
            then: Some(Estimate { estimate, half_width, why_not: None }),
            now: change.now,
            change: change.now.map(|now| now.estimate - estimate),
            margin: change.margin,
            verdict,
            sentence: sentence(file, change, verdict, outline),
        }
    }
}

fn sentence(file: &str, change: &Change, verdict: Verdict, outline: &Outline) -> String {
    let (metric, measure, then) = (change.stored.to_string(), change.stored.measure, change.stored.estimate);
    let Some(now) = change.now.map(|now| now.estimate) else {
        let why = match &change.stored.queue {
            Some(queue) if !outline.queue_names().contains(&queue.as_str()) => format!("there is no queue `{queue}`"),
            _ => "there is nothing to take it from".into(),
        };
        return format!("{metric} is no more ({file} has {}): {why}.", rounded(measure, then));
    };
    let width = scaled(&metric, change.margin.unwrap_or(0.0));
    let by = format!("{}{}", places(scaled(&metric, (now - then).abs()), width), unit_of_difference(measure));
    let moves = if now > then { "rises" } else { "falls" };
    let values = format!("from {} to {}, where chance explains {}", rounded(measure, then), rounded(measure, now), places(width, width));
    match verdict {
        Verdict::NoDifferenceFound => format!("No difference between now and {file} was found in {metric}."),
        verdict => format!("{metric} is {} than in {file}: it {moves} by {by}, {values}.", verdict.words()),
    }
}
