//! A stored report as a baseline: what has become worse since.

use super::Results;
use crate::model::{Measure, Metric, Scope};
use crate::stats::{Confidence, Estimate};
use std::cmp::Ordering;

/// A figure of the stored report.
///
/// ```
/// use waitline::experiment::Stored;
/// let stored = Stored { scope: "savings".into(), figure: "asa_s".into(), estimate: 20.0, half_width: Some(1.5) };
/// assert_eq!(stored.estimate, 20.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The queue, or `total`.
    pub scope: String,
    /// Name of the measure.
    pub figure: String,
    /// Its value.
    pub estimate: f64,
    /// Its half-width, with the confidence of the stored report.
    pub half_width: Option<f64>,
}

/// A figure then and now.
///
/// ```
/// use waitline::experiment::{Stored, against_baseline};
/// use waitline::stats::Confidence;
/// let model = waitline::Scenario::open("scenarios/savings-overflow.toml")?.compile()?;
/// let results = waitline::Experiment::new(&model).run()?;
/// let stored = Stored { scope: "savings".into(), figure: "asa_s".into(), estimate: 5.0, half_width: Some(0.5) };
/// let changes = against_baseline(&results, &[stored], (50, &Confidence::default()), &Confidence::default());
/// assert!(changes[0].worse); // it was 5 s
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What it was.
    pub stored: Stored,
    /// What it is; `None`: it is no more.
    pub now: Option<Estimate>,
    /// How far it must be worse for that to be no chance.
    pub margin: Option<f64>,
    /// Whether it is.
    pub worse: bool,
}

/// The measures that a baseline is held to.
pub const BASELINE: [Measure; 3] = [Measure::ServiceLevel, Measure::Asa, Measure::AbandonmentRate];

/// Which of the stored figures, of a report with that many replications and that confidence, have become worse by more than chance explains.
///
/// A change counts if it is on the bad side of a one-sided interval for the difference of two independent means, with the confidence for all
/// figures together (Bonferroni) and the degrees of freedom of the smaller run. Where both runs met the same contacts that is cautious.
/// Without intervals any change for the worse counts. A figure that is no more is worse.
pub fn against_baseline(results: &Results, stored: &[Stored], then: (u64, &Confidence), confidence: &Confidence) -> Vec<Change> {
    let outline = results.outline();
    let (queues, profiles) = (outline.queue_names(), outline.profile_names());
    let each = confidence.each_of(stored.len()).one_sided();
    let changes = stored.iter().map(|stored| {
        let metric = Metric::parse(&format!("{}.{}", stored.scope, stored.figure), &queues, &profiles).ok();
        let metric = metric.filter(|metric| metric.scope != Scope::Total || stored.scope == "total");
        let now = metric.as_ref().and_then(|metric| results.across().estimate(outline, metric, results.confidence()));
        let (replications, level) = then;
        let error =
            |width: Option<f64>, count: u64, level: &Confidence| Some(width? / level.t(count.checked_sub(1).filter(|&free| free > 0)?));
        let margin = match (error(stored.half_width, replications, level), now) {
            (Some(before), Some(now)) => error(now.half_width, results.replications(), results.confidence())
                .map(|now| each.t(replications.min(results.replications()) - 1) * (before * before + now * now).sqrt()),
            _ => None,
        };
        let worse = match (&metric, now) {
            (Some(metric), Some(now)) => {
                let loss = if metric.measure.better() == Ordering::Greater {
                    stored.estimate - now.estimate
                } else {
                    now.estimate - stored.estimate
                };
                loss > margin.unwrap_or(0.0)
            }
            _ => true,
        };
        Change { stored: stored.clone(), now, margin, worse }
    });
    changes.collect()
}
