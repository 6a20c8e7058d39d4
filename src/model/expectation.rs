//! What a scenario expects of itself.

use super::{Metric, Unit};

/// A figure and its bound.
///
/// ```
/// use waitline::model::{Expectation, Metric};
/// let metric = Metric::parse("savings.service_level", &["savings"], &["senior"]).unwrap();
/// let expectation = Expectation { metric, bound: 0.8, at_least: true, confidence: 0.95 };
/// assert_eq!(expectation.to_string(), "savings.service_level at least 80 %");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Which figure.
    pub metric: Metric,
    /// In its unit.
    pub bound: f64,
    /// Whether it should be at least, or else at most, the bound.
    pub at_least: bool,
    /// With what confidence a verdict must be right.
    pub confidence: f64,
}

impl Expectation {
    /// Whether "never" or "always" is asked: the bound of a share is 0 or 1.
    ///
    /// ```
    /// use waitline::model::{Expectation, Metric};
    /// let metric = Metric::parse("savings.abandonment_rate", &["savings"], &["senior"]).unwrap();
    /// assert!(Expectation { metric, bound: 0.0, at_least: false, confidence: 0.95 }.is_absolute());
    /// ```
    pub fn is_absolute(&self) -> bool {
        self.metric.measure.unit() == Unit::Share && [0.0, 1.0].contains(&self.bound)
    }
}

impl std::fmt::Display for Expectation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.metric, if self.at_least { "at least" } else { "at most" }, self.metric.measure.show(self.bound))
    }
}
