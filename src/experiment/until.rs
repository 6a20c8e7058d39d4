//! Stopping rules: as many replications as a precision takes.

use super::Across;
use crate::error::Problem;
use crate::model::{Metric, Outline, Unit};
use crate::stats::{Confidence, Estimate};
use crate::time::Span;

/// How precisely a figure should be known: `savings.service_level ± 0.5%`.
///
/// ```
/// use waitline::experiment::Precision;
/// let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let precision = Precision::parse("savings.service_level ± 0.5%", &model.outline()).unwrap();
/// assert_eq!((precision.half_width, precision.relative), (0.005, false));
/// let precision = Precision::parse("savings.asa_s +- 5%", &model.outline()).unwrap();
/// assert_eq!((precision.half_width, precision.relative), (0.05, true));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// Which figure.
    pub metric: Metric,
    /// The largest half-width that will do, in the unit of the metric; of a relative one, as a share of the estimate.
    pub half_width: f64,
    /// Whether it is relative to the estimate.
    pub relative: bool,
}

impl Precision {
    /// Reads `METRIC ± WIDTH`; `+-` and `+/-` will do for `±`. The width of a share is in percentage points (`0.5%`), that of a time a
    /// duration (`2s`) or relative (`5%`), that of a number of contacts plain (`3`) or relative (`5%`). `1% relative` is relative for any.
    ///
    /// # Errors
    /// When it is not of that form, or the metric does not exist.
    pub fn parse(text: &str, outline: &Outline) -> Result<Precision, Problem> {
        let wrong = |why: &str| {
            Problem::new(format!(
                "`{text}` is no precision: {why}; expected such as \"savings.service_level ± 0.5%\" or \"total.asa_s ± 2s\""
            ))
        };
        let Some((metric, width)) = ["±", "+/-", "+-"].iter().find_map(|sign| text.split_once(sign)) else {
            return Err(wrong("there is no ±"));
        };
        let metric = outline.metric(metric)?;
        let (width, asked_relative) = match width.trim().strip_suffix("relative") {
            Some(width) => (width.trim(), true),
            None => (width.trim(), false),
        };
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| *number > 0.0 && number.is_finite());
        let percent = width.strip_suffix('%').and_then(number).map(|percent| percent / 100.0);
        let share = metric.measure.unit() == Unit::Share;
        let (half_width, relative) = match metric.measure.unit() {
            _ if asked_relative => (percent.ok_or_else(|| wrong("a relative width is in percent"))?, true),
            Unit::Share => (percent.or_else(|| number(width)).ok_or_else(|| wrong("the width must be in percent, above 0"))?, false),
            Unit::Seconds | Unit::Contacts if percent.is_some() => (percent.unwrap_or_default(), true),
            Unit::Seconds => {
                let span: Result<Span, _> = width.parse();
                let seconds = span.ok().map(Span::as_secs_f64).filter(|seconds| *seconds > 0.0).or_else(|| number(width));
                (seconds.ok_or_else(|| wrong("the width must be a duration such as 2s, or in percent, above 0"))?, false)
            }
            Unit::Contacts => {
                (number(width).ok_or_else(|| wrong("the width must be a number of contacts, or in percent, above 0"))?, false)
            }
        };
        if (relative || share) && half_width >= 1.0 {
            return Err(wrong("100 % or more says nothing"));
        }
        Ok(Precision { metric, half_width, relative })
    }

    /// How many times too wide the interval still is; infinite if there is none.
    pub(super) fn excess(&self, found: Option<Estimate>) -> f64 {
        let Some(Estimate { estimate, half_width: Some(half_width), .. }) = found else { return f64::INFINITY };
        let allowed = if self.relative { self.half_width * estimate.abs() } else { self.half_width };
        if half_width == 0.0 { 0.0 } else { half_width / allowed }
    }
}

/// Limits to a stopping rule.
///
/// ```
/// use waitline::experiment::Limits;
/// assert_eq!(Limits::default().least, 30);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So many replications in any case: a half-width of very few is itself uncertain, and whoever stops when it happens to be small stops
    /// too soon.
    pub least: u64,
    /// No more than that.
    pub most: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { least: 30, most: 10_000 }
    }
}

/// How many replications to go on to, after `done`; `None`: it is enough.
///
/// Looks are few: from one to the next the number grows by a quarter at least, and no more than doubles. Stopping where the half-width
/// happens to be small lowers the coverage a little (Law, Simulation Modeling and Analysis, 5th ed., section 9.4.1); the fewer looks and the
/// larger the first number, the less. A share of which nothing has been seen yet, such as of abandoned contacts in the first replications, has no
/// half-width of 0 here, but what its number of contacts tells. It depends on sums only, and so not on the number of threads.
pub(super) fn next(
    until: &[Precision],
    limits: Limits,
    done: u64,
    across: &Across,
    outline: &Outline,
    confidence: &Confidence,
) -> Option<u64> {
    let excess = until.iter().map(|precision| precision.excess(across.careful(outline, &precision.metric, confidence))).fold(0.0, f64::max);
    if excess <= 1.0 || done >= limits.most {
        return None;
    }
    let wanted = done as f64 * excess * excess;
    let next = wanted.clamp(done as f64 * 1.25, done as f64 * 2.0).ceil() as u64;
    Some(next.max(done + 1).min(limits.most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observers::testing::model;

    #[test]
    fn precisions_are_read_with_their_units() {
        let outline = model(1, 1, 10).outline();
        let queue = &outline.queues[0].name;
        for (text, expected) in [
            ("service_level ± 0.5%", Some((0.005, false))),
            ("service_level±0.005", Some((0.005, false))),
            ("service_level +/- 1% relative", Some((0.01, true))),
            ("asa_s ± 1m30s", Some((90.0, false))),
            ("asa_s +- 2.5", Some((2.5, false))),
            ("offered ± 4", Some((4.0, false))),
            ("offered ± 2%", Some((0.02, true))),
            ("asa_s 5", None),
            ("asa_s ± -5", None),
            ("asa_s ± 0s", None),
            ("service_level ± 100%", None),
            ("service_level ± 5 relative", None),
            ("asa ± 5", None),
            ("offered ± many", None),
        ] {
            let found = Precision::parse(&format!("{queue}.{text}"), &outline).ok();
            assert_eq!(found.map(|precision| (precision.half_width, precision.relative)), expected, "{text}");
        }
    }

    #[test]
    fn what_has_no_interval_is_never_precise_enough() {
        let outline = model(1, 1, 10).outline();
        let precision = Precision::parse("total.asa_s ± 1s", &outline).unwrap();
        assert!(precision.excess(None).is_infinite());
        let estimate = |half_width| Some(Estimate { estimate: 10.0, half_width, why_not: None });
        assert!(precision.excess(estimate(None)).is_infinite());
        assert!((precision.excess(estimate(Some(2.0))) - 2.0).abs() < 1e-12);
        assert!(precision.excess(estimate(Some(0.0))) == 0.0);
    }
}
