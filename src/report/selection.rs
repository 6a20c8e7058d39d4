//! A selection as finished numbers, a table and a sentence.

use super::DesignReport;
use super::columns::{Columns, NONE, percentage};
use crate::experiment::{Contender, Selected};
use serde::Serialize;
use std::fmt::Write as _;

/// Everything that is reported of a selection of the best design. Serialised, it is the JSON form; printed, the text.
///
/// ```
/// use waitline::experiment::{Conditions, Design, select};
/// use waitline::report::SelectionReport;
/// let scenario = waitline::Scenario::open("scenarios/savings-overflow.toml")?;
/// let models = ["4", "8"].map(|count| scenario.set("agents.senior.count", count).unwrap().compile().unwrap());
/// let designs = [Design::new("4 seniors", &models[0]), Design::new("8 seniors", &models[1])];
/// let conditions = Conditions::new(1, 1000);
/// let report = SelectionReport::new(&select(&designs, "total.asa_s", 1.0, &conditions)?);
/// assert!(report.to_text().contains("8 seniors has the best total.asa_s"));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelectionReport {
    /// Version of waitline.
    pub waitline: &'static str,
    /// The seed of all designs.
    pub seed: u64,
    /// The largest number of replications of each.
    pub max_replications: u64,
    /// Present if it was interrupted: after how many replications of each design that was still in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<u64>,
    /// By what.
    pub metric: String,
    /// The smallest difference that matters.
    pub indifference: f64,
    /// With what chance at least.
    pub confidence: f64,
    /// Label of the best; `None`: undecided.
    pub best: Option<String>,
    /// The designs.
    pub designs: Vec<SelectionRow>,
    /// In plain words.
    pub sentence: String,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// A design in a selection.
///
/// ```
/// // Part of a SelectionReport:
/// # use waitline::report::SelectionReport;
/// fn first(report: &SelectionReport) -> &str {
///     &report.designs[0].design.label
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelectionRow {
    /// What it is.
    pub design: DesignReport,
    /// The mean of its replications.
    pub mean: Option<f64>,
    /// How many were spent on it.
    pub replications: u64,
    /// Which design put it out.
    pub beaten_by: Option<String>,
    #[serde(skip)]
    shown: String,
}

impl SelectionReport {
    /// The finished numbers of a selection.
    pub fn new(found: &Selected) -> SelectionReport {
        let label = |place: usize| found.contenders[place].label.clone();
        let row = |contender: &Contender| SelectionRow {
            design: DesignReport::new(&contender.label, &contender.outline),
            mean: contender.mean,
            replications: contender.replications,
            beaten_by: contender.beaten_by.map(label),
            shown: contender.mean.map_or(NONE.into(), |mean| found.metric.measure.show(mean)),
        };
        let (metric, small) = (&found.metric, found.metric.measure.show(found.indifference));
        let percent = percentage(found.confidence);
        let sentence = match found.best {
            Some(best) => {
                format!("{} has the best {metric}: with {percent} % or more it is the best or within {small} of it.", label(best))
            }
            None if found.interrupted => "Undecided: it was interrupted while several designs were still in.".into(),
            None => "Undecided: several designs are still in; allow more replications, or a larger difference that does not matter.".into(),
        };
        let mut notes = found.notes.clone();
        if found.passed_over > 0 {
            notes.push(format!("{} replications were passed over: in one of the designs there was no {metric}", found.passed_over));
        }
        SelectionReport {
            waitline: env!("CARGO_PKG_VERSION"),
            seed: found.seed,
            max_replications: found.most,
            partial: found.contenders.iter().map(|contender| contender.replications).max().filter(|_| found.interrupted),
            metric: metric.to_string(),
            indifference: found.indifference,
            confidence: found.confidence,
            best: found.best.map(label),
            designs: found.contenders.iter().map(row).collect(),
            sentence,
            notes,
        }
    }

    /// A table and a sentence for people.
    pub fn to_text(&self) -> String {
        let mut table = Columns::new(&["design", "mean of the days", "replications", "put out by"]);
        table.last_is_text = true;
        for row in &self.designs {
            let beaten_by = match &row.beaten_by {
                Some(label) => label.clone(),
                None if self.best.as_ref() == Some(&row.design.label) => "(the best)".into(),
                None => "(still in)".into(),
            };
            table.row(vec![row.design.label.clone(), row.shown.clone(), row.replications.to_string(), beaten_by]);
        }
        let mut text = String::new();
        if let Some(replications) = self.partial {
            let _ = writeln!(text, "PARTIAL: interrupted after {replications} of {} replications", self.max_replications);
        }
        table.add_to(&format!("{}, seed {}: all designs meet the same contacts", self.metric, self.seed), &mut text);
        let spent: u64 = self.designs.iter().map(|row| row.replications).sum();
        let most = self.designs.iter().map(|row| row.replications).max().unwrap_or(0) * self.designs.len() as u64;
        let _ = writeln!(text, "\n=> {}", self.sentence);
        let _ = writeln!(text, "{spent} replications were spent; the same number for each design would have been {most}.");
        text += "Procedure: Kim and Nelson (2001), each replication one observation, taken for normally distributed.\n";
        for note in &self.notes {
            let _ = writeln!(text, "Note: {note}");
        }
        text.trim_start().to_string()
    }
}
