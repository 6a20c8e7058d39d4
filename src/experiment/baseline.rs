//! A stored report as a baseline: what has become worse since.

use super::Results;
use crate::model::{Measure, Metric};
use crate::stats::{Confidence, Estimate};
use std::cmp::Ordering;
use std::fmt;

/// A figure of a stored report.
///
/// ```
/// use waitline::experiment::Stored;
/// use waitline::model::Measure;
/// let stored = Stored { queue: Some("savings".into()), measure: Measure::Asa, estimate: 20.0, half_width: Some(1.5) };
/// assert_eq!(stored.to_string(), "savings.asa_s");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The queue; `None`: all together.
    pub queue: Option<String>,
    /// Which figure, one of [`BASELINE`].
    pub measure: Measure,
    /// Its value.
    pub estimate: f64,
    /// Its half-width, with the confidence of the stored report.
    pub half_width: Option<f64>,
}

impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.queue.as_deref().unwrap_or("total"), self.measure.name())
    }
}

/// A figure then and now.
///
/// ```
/// use waitline::experiment::{Stored, against_baseline};
/// use waitline::model::Measure;
/// use waitline::stats::Confidence;
/// let model = waitline::Scenario::open("scenarios/savings-overflow.toml")?.compile()?;
/// let results = waitline::Experiment::new(&model).run()?;
/// let stored = Stored { queue: Some("savings".into()), measure: Measure::Asa, estimate: 5.0, half_width: Some(0.5) };
/// let changes = against_baseline(&results, &[stored], (50, &Confidence::default()), &Confidence::default());
/// assert!(changes[0].is_worse()); // it was 5 s
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What it was.
    pub stored: Stored,
    /// What it is; `None`: it is no more.
    pub now: Option<Estimate>,
    /// By how much it is worse; negative if it is better, `None` if it is no more.
    pub loss: Option<f64>,
    /// How far it must be worse, or better, for that to be no chance.
    pub margin: Option<f64>,
}

impl Change {
    /// Whether it is worse by more than chance explains. What is no more is worse; where nothing says what chance explains, any loss is.
    pub fn is_worse(&self) -> bool {
        self.loss.is_none_or(|loss| loss > self.margin.unwrap_or(0.0))
    }

    /// Whether it is better by more than chance explains.
    pub fn is_better(&self) -> bool {
        self.loss.is_some_and(|loss| -loss > self.margin.unwrap_or(0.0))
    }
}

/// The measures that a baseline is held to.
pub const BASELINE: [Measure; 3] = [Measure::ServiceLevel, Measure::Asa, Measure::AbandonmentRate];

/// What has become of the figures of a stored report, `then` being its number of replications and the confidence of its half-widths.
///
/// A loss counts if it is outside a one-sided interval for the difference of two independent means, with `confidence` for all figures together
/// (Bonferroni) and the degrees of freedom of the smaller run: of a hundred scenarios that have not changed, at 95 % at most five seem to have
/// lost somewhere.
///
/// With the seed of the stored report both runs meet the same contacts (R25). Then what has not changed gives the very same figures and no alarm
/// at all; and what has changed moves together with what it was, so that the difference varies less than that of independent means: the margin
/// is cautious, and a loss must be larger than it would have to be to be seen. [`super::compare`] pairs the replications and sees smaller ones,
/// but it needs both scenarios.
pub fn against_baseline(results: &Results, stored: &[Stored], then: (u64, &Confidence), confidence: &Confidence) -> Vec<Change> {
    let outline = results.outline();
    let each = confidence.each_of(stored.len()).one_sided();
    let free = |replications: u64| replications.checked_sub(1).filter(|&free| free > 0);
    let error = |width: Option<f64>, replications: u64, level: &Confidence| Some(width? / level.t(free(replications)?));
    let changes = stored.iter().map(|stored| {
        let now = outline.scope(stored.queue.as_deref()).and_then(|scope| {
            let metric = Metric::new(scope, stored.queue.as_deref().unwrap_or("total"), stored.measure);
            results.across().estimate(outline, &metric, results.confidence())
        });
        let loss = now.map(|now| match stored.measure.better() {
            Ordering::Greater => stored.estimate - now.estimate,
            _ => now.estimate - stored.estimate,
        });
        let margin = || {
            let before = error(stored.half_width, then.0, then.1)?;
            let after = error(now?.half_width, results.replications(), results.confidence())?;
            Some(each.t(free(then.0.min(results.replications()))?) * (before * before + after * after).sqrt())
        };
        Change { stored: stored.clone(), now, loss, margin: margin() }
    });
    changes.collect()
}
