//! Sums and products of several quantities that are observed together.

use super::{Confidence, Estimate, Merge, estimate};
use serde::{Deserialize, Serialize};

/// A sum of columns of [`Moments`], each with a factor: `&[(0, 1), (2, -1)]` is the first less the third.
pub type Terms<'a> = &'a [(usize, i64)];

/// Several quantities observed together: the sums of each and of each product of two, so that any mean of them, any ratio and the
/// variance of either can be had later, exactly, however the observations were divided among workers.
///
/// ```
/// use waitline::stats::{Confidence, Moments};
/// let mut days = Moments::default();
/// days.record(&[8, 10]); // answered in time, offered
/// days.record(&[6, 10]);
/// let service_level = days.ratio(&[(0, 1)], &[(1, 1)], &Confidence::default()).unwrap();
/// assert_eq!(service_level.estimate, 0.7);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    count: u64,
    sums: Vec<i128>,
    /// Of column a and b <= a at a (a + 1) / 2 + b. Never negative; at the top when it would not fit.
    products: Vec<i128>,
}

impl Moments {
    /// One observation of all the quantities.
    ///
    /// # Panics
    /// When a value is negative, or when their number changes from one observation to the next.
    pub fn record(&mut self, values: &[i128]) {
        if self.count == 0 {
            self.sums = vec![0; values.len()];
            self.products = vec![0; values.len() * (values.len() + 1) / 2];
        }
        assert_eq!(values.len(), self.sums.len(), "every observation has the same quantities");
        self.count += 1;
        let mut products = self.products.iter_mut();
        for (a, &value) in values.iter().enumerate() {
            assert!(value >= 0, "quantity {a} is negative: {value}");
            self.sums[a] = self.sums[a].saturating_add(value);
            for (&other, product) in values[..=a].iter().zip(&mut products) {
                *product = product.saturating_add(value.saturating_mul(other));
            }
        }
    }

    /// How many observations.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether it has so many observations of so many quantities, which is not sure of what was read from a file.
    pub(crate) fn has(&self, count: u64, quantities: usize) -> bool {
        let quantities = if count == 0 { 0 } else { quantities };
        self.count == count && self.sums.len() == quantities && self.products.len() == quantities * (quantities + 1) / 2
    }

    /// The sum over all observations.
    pub fn sum(&self, of: Terms<'_>) -> i128 {
        of.iter().map(|&(column, factor)| self.sums.get(column).map_or(0, |sum| sum * i128::from(factor))).sum()
    }

    /// The mean of an observation, with a half-width by Student's t (R23).
    pub fn mean(&self, of: Terms<'_>, confidence: &Confidence) -> Option<Estimate> {
        let spread = self.centred(of, of).map(|spread| spread as f64);
        estimate::from_sums(self.count, self.sum(of) as f64, self.count as f64, spread, confidence)
    }

    /// The ratio of two sums, with a half-width by the delta method (R23); `None` when the denominator is zero (R24).
    pub fn ratio(&self, numerator: Terms<'_>, denominator: Terms<'_>, confidence: &Confidence) -> Option<Estimate> {
        let (top, bottom) = (self.sum(numerator) as f64, self.sum(denominator) as f64);
        if bottom == 0.0 {
            return None;
        }
        let ratio = top / bottom;
        // Σ(x − r y)² from the centred sums, which are exact: so little is lost to rounding when x and y move together.
        let spread = || {
            let (xx, xy, yy) =
                (self.centred(numerator, numerator)?, self.centred(numerator, denominator)?, self.centred(denominator, denominator)?);
            Some(xx as f64 - 2.0 * ratio * xy as f64 + ratio * ratio * yy as f64)
        };
        estimate::from_sums(self.count, top, bottom, spread(), confidence)
    }

    /// The second of two ratios less the first, each (numerator, denominator) and all observed together, with a half-width by the delta method:
    /// of the observations' (x₂ − r₂ y₂) / ȳ₂ − (x₁ − r₁ y₁) / ȳ₁. What the two have in common cancels. `None` when a denominator is zero.
    pub fn difference(&self, first: [usize; 2], second: [usize; 2], confidence: &Confidence) -> Option<Estimate> {
        let sum = |column: usize| self.sum(&[(column, 1)]) as f64;
        if sum(first[1]) == 0.0 || sum(second[1]) == 0.0 {
            return None;
        }
        let (before, after) = (sum(first[0]) / sum(first[1]), sum(second[0]) / sum(second[1]));
        let terms = [
            (first[0], -1.0 / sum(first[1])),
            (first[1], before / sum(first[1])),
            (second[0], 1.0 / sum(second[1])),
            (second[1], -after / sum(second[1])),
        ];
        let spread = || {
            let mut spread = 0.0;
            for &(a, a_factor) in &terms {
                for &(b, b_factor) in &terms {
                    spread += self.centred(&[(a, 1)], &[(b, 1)])? as f64 * a_factor * b_factor;
                }
            }
            Some(spread)
        };
        // The factors hold the sums already: the denominator is that of a ratio to 1.
        let width = estimate::from_sums(self.count, after - before, 1.0, spread(), confidence)?;
        Some(Estimate { estimate: after - before, ..width })
    }

    /// n Σxy − Σx Σy; `None` when it does not fit.
    fn centred(&self, x: Terms<'_>, y: Terms<'_>) -> Option<i128> {
        let mut products = 0_i128;
        for &(a, x_factor) in x {
            for &(b, y_factor) in y {
                let (low, high) = (a.min(b), a.max(b));
                let product = self.products.get(high * (high + 1) / 2 + low).copied().unwrap_or(0);
                let factor = i128::from(x_factor) * i128::from(y_factor);
                products = products.checked_add((product < i128::MAX).then_some(product)?.checked_mul(factor)?)?;
            }
        }
        i128::from(self.count).checked_mul(products)?.checked_sub(self.sum(x).checked_mul(self.sum(y))?)
    }
}

impl Merge for Moments {
    fn merge(&mut self, other: &Self) {
        if self.count == 0 {
            self.clone_from(other);
        } else if other.count > 0 {
            assert_eq!(self.sums.len(), other.sums.len(), "only observations of the same quantities merge");
            self.count += other.count;
            for (mine, theirs) in self.sums.iter_mut().chain(&mut self.products).zip(other.sums.iter().chain(&other.products)) {
                *mine = mine.saturating_add(*theirs);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::WhyNoHalfWidth;
    use crate::stats::tests::merges;
    use proptest::prelude::*;

    fn moments(rows: &[[u32; 3]]) -> Moments {
        let mut moments = Moments::default();
        for row in rows {
            moments.record(&row.map(i128::from));
        }
        moments
    }

    /// The textbook formulas, straight over the observations.
    fn ratio_by_hand(rows: &[(f64, f64)]) -> (f64, f64) {
        let count = rows.len() as f64;
        let (x, y) = rows.iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
        let residuals: f64 = rows.iter().map(|row| (row.0 - x / y * row.1) * (row.0 - x / y * row.1)).sum();
        let error = (residuals / (count - 1.0) / count).sqrt() / (y / count);
        (x / y, Confidence::default().t(rows.len() as u64 - 1) * error)
    }

    proptest! {
        #[test]
        fn moments_merge(a: Vec<[u32; 3]>, b: Vec<[u32; 3]>, c: Vec<[u32; 3]>) {
            merges(&moments(&a), &moments(&b), &moments(&c));
            let mut joined = moments(&a);
            joined.merge(&moments(&b));
            prop_assert_eq!(joined, moments(&[a, b].concat()));
        }

        #[test]
        fn ratios_are_those_of_the_textbook(rows in prop::collection::vec([0_u32..1000, 1..1000, 0..500], 2..40)) {
            let rows: Vec<[u32; 3]> = rows.into_iter().map(|[x, y, z]| [x, y + z, z]).collect();
            let ratio = moments(&rows).ratio(&[(0, 1)], &[(1, 1), (2, -1)], &Confidence::default()).unwrap();
            let plain: Vec<(f64, f64)> = rows.iter().map(|row| (f64::from(row[0]), f64::from(row[1] - row[2]))).collect();
            let (value, half_width) = ratio_by_hand(&plain);
            prop_assert!((ratio.estimate - value).abs() <= 1e-12 * value.abs());
            prop_assert!((ratio.half_width.unwrap() - half_width).abs() <= 1e-7 * half_width + 1e-9);
        }
    }

    /// The differences of pairs have the variance of differences: with y = 1 it is the paired t interval.
    #[test]
    fn differences_are_paired() {
        let mut moments = Moments::default();
        for (x, difference) in [(100, 3), (200, 5), (50, 4), (170, 4), (90, 9)] {
            moments.record(&[x, 1, x + difference, 1]);
        }
        let found = moments.difference([0, 1], [2, 3], &Confidence::default()).unwrap();
        // 3, 5, 4, 4, 9: mean 5, standard deviation sqrt(5.5).
        assert!((found.estimate - 5.0).abs() < 1e-12);
        assert!((found.half_width.unwrap() - Confidence::default().t(4) * (5.5_f64 / 5.0).sqrt()).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn a_constant_ratio_has_half_width_zero_up_to_rounding() {
        let rows: Vec<[u32; 3]> = (1..50).map(|day| [day * 700_001, day * 1_000_003, 0]).collect();
        let ratio = moments(&rows).ratio(&[(0, 1)], &[(1, 1)], &Confidence::default()).unwrap();
        assert!(ratio.half_width.unwrap() < 1e-8, "{ratio:?}");
    }

    #[test]
    fn nothing_has_no_ratio_and_one_no_half_width() {
        assert_eq!(Moments::default().ratio(&[(0, 1)], &[(1, 1)], &Confidence::default()), None);
        assert_eq!(Moments::default().mean(&[(0, 1)], &Confidence::default()), None);
        assert_eq!(moments(&[[1, 0, 0]]).ratio(&[(0, 1)], &[(1, 1)], &Confidence::default()), None);
        let one = moments(&[[1, 2, 0]]).ratio(&[(0, 1)], &[(1, 1)], &Confidence::default()).unwrap();
        assert_eq!((one.estimate, one.why_not), (0.5, Some(WhyNoHalfWidth::OneReplication)));
    }

    #[test]
    fn products_too_large_are_said_not_wrapped() {
        let mut moments = Moments::default();
        for value in [1 << 70, 1 << 71] {
            moments.record(&[value, value]);
        }
        let mean = moments.mean(&[(0, 1)], &Confidence::default()).unwrap();
        assert_eq!((mean.estimate, mean.why_not), (1.5 * (1_u128 << 70) as f64, Some(WhyNoHalfWidth::TooLarge)));
    }
}
