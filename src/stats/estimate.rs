//! An estimate and how far to trust it (R23, R24).

use super::Confidence;
use serde::Serialize;
use std::fmt;

/// An estimate over replications, with the half-width of its confidence interval or the reason why there is none.
///
/// What does not exist (the mean of nothing) is no estimate at all: `Option<Estimate>`, never not-a-number (R24).
///
/// ```
/// use waitline::stats::Estimate;
/// let wait_us = Estimate { estimate: 15e6, half_width: Some(2e6), why_not: None };
/// assert_eq!(wait_us.per(1e6).half_width, Some(2.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The value.
    pub estimate: f64,
    /// The true value lies within `estimate ± half_width` in as many of such experiments as the confidence says, 95 of 100 if not asked otherwise.
    pub half_width: Option<f64>,
    /// Why there is no half-width; `None` exactly when there is one.
    #[serde(skip)]
    pub why_not: Option<WhyNoHalfWidth>,
}

/// Why an estimate has no half-width.
///
/// ```
/// use waitline::stats::WhyNoHalfWidth;
/// assert_eq!(WhyNoHalfWidth::OneReplication.to_string(), "a half-width needs at least two replications");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhyNoHalfWidth {
    /// One replication says nothing about the next.
    OneReplication,
    /// The sums of squares do not fit into 127 bits.
    TooLarge,
    /// The interval of a percentile would reach beyond the values seen.
    TooFew,
}

impl fmt::Display for WhyNoHalfWidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WhyNoHalfWidth::OneReplication => "a half-width needs at least two replications",
            WhyNoHalfWidth::TooLarge => "the sums of squares are too large for a half-width",
            WhyNoHalfWidth::TooFew => "too few observations for the half-width of this percentile",
        })
    }
}

impl Estimate {
    /// The same in a unit of that size: microseconds `per(1e6)` are seconds.
    pub fn per(self, unit: f64) -> Estimate {
        Estimate { estimate: self.estimate / unit, half_width: self.half_width.map(|width| width / unit), ..self }
    }

    /// A share, with a half-width that is not less than if it were of so many independent trials: what Wilson's interval (Wilson, JASA 22, 1927)
    /// reaches to its farther end. That has a width even where all or none succeed.
    ///
    /// ```
    /// use waitline::stats::{Confidence, Estimate};
    /// let never = Estimate { estimate: 0.0, half_width: Some(0.0), why_not: None };
    /// let of_36 = never.of_trials(36.0, &Confidence::default()).half_width.unwrap();
    /// assert!((of_36 - 1.96 * 1.96 / (36.0 + 1.96 * 1.96)).abs() < 1e-4);
    /// ```
    pub fn of_trials(self, trials: f64, confidence: &Confidence) -> Estimate {
        let (share, z) = (self.estimate, confidence.t(u64::MAX));
        let middle = (share + z * z / (2.0 * trials)) / (1.0 + z * z / trials);
        let reach = z / (1.0 + z * z / trials) * (share * (1.0 - share) / trials + z * z / (4.0 * trials * trials)).sqrt();
        Estimate { half_width: self.half_width.map(|width| width.max((middle - share).abs() + reach)), ..self }
    }

    /// How far the interval reaches to either side; without a half-width everywhere.
    pub fn bounds(&self) -> (f64, f64) {
        let width = self.half_width.unwrap_or(f64::INFINITY);
        (self.estimate - width, self.estimate + width)
    }
}

/// The ratio of two sums over `count` observations, `numerator` (Σx) / `denominator` (Σy).
///
/// `spread` is `count` Σ(x − r y)², r being the ratio. With y = 1 it is `count` Σ(x − mean)², and the half-width is Student's t times the
/// standard error of the mean; otherwise it is the delta method's for a ratio estimator (Law, Simulation Modeling and Analysis, 5th ed.,
/// section 9.5.3 for means; Cochran, Sampling Techniques, 3rd ed., section 2.11 for the variance Σ(x − r y)² / (n (n − 1) ȳ²)).
pub(super) fn from_sums(count: u64, numerator: f64, denominator: f64, spread: Option<f64>, confidence: &Confidence) -> Option<Estimate> {
    if count == 0 || denominator == 0.0 {
        return None;
    }
    let estimate = numerator / denominator;
    let (half_width, why_not) = match spread {
        _ if count < 2 => (None, Some(WhyNoHalfWidth::OneReplication)),
        None => (None, Some(WhyNoHalfWidth::TooLarge)),
        Some(spread) => {
            // Σ(x − r y)² / (n (n − 1)) / ȳ², where ȳ = denominator / n and spread = n Σ(x − r y)²; rounding may leave it below zero.
            let variance = spread.max(0.0) / (count - 1) as f64 / (denominator * denominator);
            (Some(confidence.t(count - 1) * variance.sqrt()), None)
        }
    };
    Some(Estimate { estimate, half_width, why_not })
}
