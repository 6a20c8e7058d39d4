//! Percentiles over all replications, with their half-widths.

use super::{Confidence, Estimate, Histogram, Merge, WhyNoHalfWidth, estimate};
use serde::{Deserialize, Serialize};

/// So many buckets of the histogram are looked at together where only the spread between replications is wanted: durations within 6 %.
const WIDTH: usize = 8;

/// Durations of many replications: all of them together, and how much the share below each duration differs from one replication to the next.
///
/// The half-width of a percentile is Woodruff's: the share of durations up to the percentile is a ratio of two sums over replications, so it
/// has a half-width h by the delta method, and the percentile's interval goes from the (p - h) to the (p + h) percentile; half of that is
/// given. Source: Woodruff, Confidence intervals for medians and other position measures, JASA 47, 1952; Cochran, Sampling Techniques, 3rd ed.,
/// section 2.11.
///
/// ```
/// use waitline::stats::{Confidence, Histogram, Percentiles};
/// let mut waits = Percentiles::default();
/// for day in 0..10 {
///     let mut histogram = Histogram::default();
///     (0..1000).for_each(|contact| histogram.record(contact * 100_000 + day));
///     waits.record(&histogram);
/// }
/// let p90 = waits.percentile(90, &Confidence::default()).unwrap();
/// assert!((p90.estimate - 90e6).abs() < 1e6 && p90.half_width.unwrap() < 1e6);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentiles {
    all: Histogram,
    replications: u64,
    /// Sum of the squares of the replications' counts n.
    squares: i128,
    /// For each group of buckets, with c the replication's count up to it: the sums of c c and of c n.
    spread: Vec<(i128, i128)>,
}

impl Percentiles {
    /// One replication.
    pub fn record(&mut self, durations: &Histogram) {
        let count = i128::from(durations.count());
        let groups: Vec<i128> = durations.cumulative(WIDTH).map(i128::from).collect();
        self.grow(groups.len());
        self.all.merge(durations);
        self.replications += 1;
        self.squares += count * count;
        let above = std::iter::repeat(count);
        for ((squares, products), below) in self.spread.iter_mut().zip(groups.into_iter().chain(above)) {
            *squares += below * below;
            *products += below * count;
        }
    }

    /// Up to a duration that no replication reached, all of each replication's durations lie.
    fn grow(&mut self, groups: usize) {
        if self.spread.len() < groups {
            self.spread.resize(groups, (self.squares, self.squares));
        }
    }

    /// All durations together.
    pub fn all(&self) -> &Histogram {
        &self.all
    }

    /// The nearest-rank percentile over all durations, in microseconds; `None` without durations (R24).
    ///
    /// # Panics
    /// When `percent` is not within 1 to 100.
    pub fn percentile(&self, percent: u32, confidence: &Confidence) -> Option<Estimate> {
        let value = self.all.percentile(percent)? as f64;
        let share = f64::from(percent) / 100.0;
        let without = |why| Some(Estimate { estimate: value, half_width: None, why_not: Some(why) });
        let Some(width) = self.width_of_share(share, confidence) else { return without(WhyNoHalfWidth::OneReplication) };
        let (Some(low), Some(high)) = (self.all.quantile((share - width).max(0.0)), self.all.quantile(share + width)) else {
            return without(WhyNoHalfWidth::TooFew);
        };
        Some(Estimate { estimate: value, half_width: Some((high - low) as f64 / 2.0), why_not: None })
    }

    /// The half-width of the share of durations up to the percentile: of the wider of the two borders of its group, for the upper one may hold
    /// all durations and then knows no spread.
    fn width_of_share(&self, share: f64, confidence: &Confidence) -> Option<f64> {
        let count = self.all.count() as f64;
        let cumulative: Vec<u64> = self.all.cumulative(WIDTH).collect();
        let place = cumulative.iter().position(|&below| below as f64 >= share * count)?;
        let width = |place: usize| {
            let below = cumulative[place] as f64;
            let (squares, products) = self.spread[place];
            let ratio = below / count;
            let residuals = squares as f64 - 2.0 * ratio * products as f64 + ratio * ratio * self.squares as f64;
            estimate::from_sums(self.replications, below, count, Some(residuals * self.replications as f64), confidence)?.half_width
        };
        let lower = place.checked_sub(1).and_then(width).unwrap_or(0.0);
        width(place).map(|upper| upper.max(lower))
    }
}

impl Merge for Percentiles {
    fn merge(&mut self, other: &Self) {
        self.grow(other.spread.len());
        self.all.merge(&other.all);
        let above = std::iter::repeat((other.squares, other.squares));
        for (mine, theirs) in self.spread.iter_mut().zip(other.spread.iter().copied().chain(above)) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
        self.replications += other.replications;
        self.squares += other.squares;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::merges;
    use proptest::prelude::*;

    fn percentiles(days: &[Vec<u64>]) -> Percentiles {
        let mut percentiles = Percentiles::default();
        for day in days {
            let mut histogram = Histogram::default();
            for &us in day {
                histogram.record(us);
            }
            percentiles.record(&histogram);
        }
        percentiles
    }

    fn days() -> impl Strategy<Value = Vec<Vec<u64>>> {
        prop::collection::vec(prop::collection::vec((0_u32..40, any::<u64>()).prop_map(|(size, bits)| bits % (1 << size)), 0..20), 0..6)
    }

    proptest! {
        #[test]
        fn percentiles_merge(a in days(), b in days(), c in days()) {
            merges(&percentiles(&a), &percentiles(&b), &percentiles(&c));
            let mut joined = percentiles(&a);
            joined.merge(&percentiles(&b));
            prop_assert_eq!(joined, percentiles(&[a, b].concat()));
        }
    }

    /// Four days by hand: shares up to 1 s of 1/2, 1/2, 1/2 and 1 of 2, 2, 2 and 2.
    #[test]
    fn the_width_of_a_share_by_hand() {
        let second = 1_000_000;
        let found = percentiles(&[vec![second, 9 * second], vec![second, 9 * second], vec![second, 9 * second], vec![second, second]]);
        // Residuals c - (5/8) n: -1/4 three times, 3/4 once; their squares sum to 3/4; 3/4 / (4 x 3) / 2^2 = 1/64.
        let width = found.width_of_share(0.5, &Confidence::default()).unwrap();
        assert!((width - Confidence::default().t(3) / 8.0).abs() < 1e-12, "{width}");
    }

    #[test]
    fn few_contacts_have_no_interval_for_an_extreme_percentile() {
        let days = [[1, 2, 3], [4, 5, 6], [1, 9, 12], [2, 3, 7], [3, 4, 8]].map(|day| day.map(|second| second * 1_000_000).to_vec());
        let found = percentiles(&days);
        let why_not = |percent| found.percentile(percent, &Confidence::default()).unwrap().why_not;
        assert_eq!((why_not(50), why_not(99)), (None, Some(WhyNoHalfWidth::TooFew)));
        assert_eq!(
            percentiles(&[vec![1, 2]]).percentile(50, &Confidence::default()).unwrap().why_not,
            Some(WhyNoHalfWidth::OneReplication)
        );
        assert_eq!(percentiles(&[vec![], vec![]]).percentile(50, &Confidence::default()), None);
    }
}
