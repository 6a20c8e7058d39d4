//! Exact accumulators: sums of integers that merge in any order to the same result, and the estimates made of them at the end.

mod estimate;
mod histogram;
mod moments;
mod percentiles;
mod settling;
mod shares;
mod student;

pub use estimate::{Estimate, WhyNoHalfWidth};
pub use histogram::Histogram;
pub use moments::{Moments, Terms};
pub use percentiles::Percentiles;
pub use settling::{lag_one_correlation, warm_up};
pub use shares::Shares;
pub use student::Confidence;

use serde::{Deserialize, Serialize};

/// Accumulators that can be put together: associative and commutative, and `Default` changes nothing. So the parts of a job may be
/// done anywhere and merged in any order.
///
/// ```
/// use waitline::stats::{Merge, Tally};
/// let (mut left, mut right) = (Tally::default(), Tally::default());
/// left.record(3);
/// right.record(5);
/// left.merge(&right);
/// assert_eq!((left.count(), left.sum(), left.max()), (2, 8, Some(5)));
/// ```
pub trait Merge: Default {
    /// Takes in what `other` has seen.
    fn merge(&mut self, other: &Self);
}

/// Row by row; the longer one decides the length.
impl<T: Merge> Merge for Vec<T> {
    fn merge(&mut self, other: &Self) {
        if self.len() < other.len() {
            self.resize_with(other.len(), T::default);
        }
        for (mine, theirs) in self.iter_mut().zip(other) {
            mine.merge(theirs);
        }
    }
}

/// Observations of one quantity: how many, their sum, the sum of their squares and the largest.
///
/// ```
/// use waitline::stats::{Confidence, Tally};
/// let mut tally = Tally::default();
/// for percentile_us in [10, 12, 17] {
///     tally.record(percentile_us);
/// }
/// assert_eq!(tally.mean(&Confidence::default()).unwrap().estimate, 13.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    count: u64,
    sum: i128,
    squares: i128,
    max: Option<i64>,
}

impl Tally {
    /// One observation.
    pub fn record(&mut self, value: i64) {
        let wide = i128::from(value);
        self.count += 1;
        self.sum += wide;
        // The sum of 2^64 observations fits, the sum of their squares need not: it stays at the top, and `mean` says so.
        self.squares = self.squares.saturating_add(wide * wide);
        self.max = self.max.max(Some(value));
    }

    /// How many observations.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub fn sum(&self) -> i128 {
        self.sum
    }

    /// The largest, if there is any.
    pub fn max(&self) -> Option<i64> {
        self.max
    }

    /// Their mean with the half-width of its confidence interval by Student's t (R23); `None` without observations (R24).
    pub fn mean(&self, confidence: &Confidence) -> Option<Estimate> {
        let count = i128::from(self.count);
        let spread =
            (self.squares < i128::MAX).then(|| count.checked_mul(self.squares)?.checked_sub(self.sum.checked_mul(self.sum)?)).flatten();
        estimate::from_sums(self.count, self.sum as f64, self.count as f64, spread.map(|spread| spread as f64), confidence)
    }
}

impl Merge for Tally {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares = self.squares.saturating_add(other.squares);
        self.max = self.max.max(other.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Default is neutral, order and grouping do not matter.
    pub(super) fn merges<T: Merge + Clone + PartialEq + std::fmt::Debug>(a: &T, b: &T, c: &T) {
        let join = |x: &T, y: &T| {
            let mut joined = x.clone();
            joined.merge(y);
            joined
        };
        assert_eq!(&join(a, &T::default()), a);
        assert_eq!(&join(&T::default(), a), a);
        assert_eq!(join(a, b), join(b, a));
        assert_eq!(join(&join(a, b), c), join(a, &join(b, c)));
    }

    fn tally(values: &[i64]) -> Tally {
        let mut tally = Tally::default();
        for &value in values {
            tally.record(value);
        }
        tally
    }

    proptest! {
        #[test]
        fn tallies_merge(a: Vec<i64>, b: Vec<i64>, c: Vec<i64>) {
            merges(&tally(&a), &tally(&b), &tally(&c));
            let mut joined = tally(&a);
            joined.merge(&tally(&b));
            prop_assert_eq!(joined, tally(&[a, b].concat()));
        }

        #[test]
        fn rows_of_different_length_merge(a: Vec<i64>, b: Vec<i64>, c: Vec<i64>) {
            let rows = |values: &[i64]| values.iter().map(|&value| tally(&[value])).collect::<Vec<Tally>>();
            merges(&rows(&a), &rows(&b), &rows(&c));
        }
    }

    #[test]
    fn a_mean_needs_an_observation_and_a_half_width_two() {
        assert_eq!(Tally::default().mean(&Confidence::default()), None);
        let one = tally(&[7]).mean(&Confidence::default()).unwrap();
        assert_eq!((one.half_width, one.why_not), (None, Some(WhyNoHalfWidth::OneReplication)));
        // 2, 4, 6: mean 4, standard deviation 2, t(2) = 4.302653.
        let three = tally(&[2, 4, 6]).mean(&Confidence::default()).unwrap();
        assert!((three.half_width.unwrap() - 4.302_653 * 2.0 / 3.0_f64.sqrt()).abs() < 1e-5);
        assert_eq!(tally(&[5, 5]).mean(&Confidence::default()).unwrap().half_width, Some(0.0));
    }

    #[test]
    fn squares_too_large_are_said_not_wrapped() {
        let huge = tally(&[i64::MAX; 8]).mean(&Confidence::default()).unwrap();
        assert_eq!((huge.estimate, huge.why_not), (i64::MAX as f64, Some(WhyNoHalfWidth::TooLarge)));
    }
}
