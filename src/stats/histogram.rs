//! How often each duration was seen, in buckets of equal relative width.

use super::Merge;
use serde::{Deserialize, Serialize};

/// Buckets per doubling, as a power of two: a bucket is at most 1/128 of its lower bound wide.
const BITS: u32 = 7;
const PER_DOUBLING: usize = 1 << BITS;

/// A histogram of durations in microseconds: exact below 256 µs, above that a value is known to within 0.4 % (half a bucket, 1/256).
///
/// It takes as many buckets as the largest duration needs (25 kB for an hour), however many durations there are.
///
/// ```
/// use waitline::stats::Histogram;
/// let mut waits = Histogram::default();
/// for second in 1..=100 {
///     waits.record(second * 1_000_000);
/// }
/// let p90 = waits.percentile(90).unwrap() as f64;
/// assert!((p90 / 90e6 - 1.0).abs() <= Histogram::RELATIVE_ERROR);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    count: u64,
    buckets: Vec<u64>,
}

impl Histogram {
    /// How far a percentile may be from the value it stands for, relative to it.
    pub const RELATIVE_ERROR: f64 = 1.0 / (2 * PER_DOUBLING) as f64;

    /// One duration, in microseconds.
    #[inline(always)]
    pub fn record(&mut self, us: u64) {
        self.record_times(us, 1);
    }

    /// The same duration so many times.
    #[inline(always)]
    pub(crate) fn record_times(&mut self, us: u64, times: u64) {
        let bucket = bucket(us);
        self.count += times;
        match self.buckets.get_mut(bucket) {
            Some(durations) => *durations += times,
            None => self.grow(bucket, times),
        }
    }

    /// Makes room for a bucket with its first durations. Whole doublings, so that it seldom happens.
    #[cold]
    fn grow(&mut self, bucket: usize, first: u64) {
        self.buckets.resize((bucket / PER_DOUBLING + 1) * PER_DOUBLING, 0);
        self.buckets[bucket] = first;
    }

    /// How many durations.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The nearest-rank percentile in microseconds: the smallest bucket that at least `percent` of 100 durations do not exceed, by its
    /// middle. `None` without durations (R24).
    ///
    /// # Panics
    /// When `percent` is not within 1 to 100.
    pub fn percentile(&self, percent: u32) -> Option<i64> {
        assert!((1..=100).contains(&percent), "a percentile is one of 1 to 100");
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100);
        self.bucket_of_rank(u64::try_from(rank).ok()?).map(middle)
    }

    /// The same for any share above 0; `None` above 1 too.
    pub(super) fn quantile(&self, share: f64) -> Option<i64> {
        let rank = (self.count as f64 * share).ceil().max(1.0);
        if rank > self.count as f64 { None } else { self.bucket_of_rank(rank as u64).map(middle) }
    }

    fn bucket_of_rank(&self, rank: u64) -> Option<usize> {
        let mut seen = 0;
        self.buckets.iter().position(|&count| {
            seen += count;
            rank > 0 && seen >= rank
        })
    }

    /// Of `width` neighbouring buckets at a time, how many durations they and all below hold.
    pub(super) fn cumulative(&self, width: usize) -> impl Iterator<Item = u64> {
        self.buckets.chunks(width).scan(0, |seen, chunk| {
            *seen += chunk.iter().sum::<u64>();
            Some(*seen)
        })
    }
}

impl Merge for Histogram {
    fn merge(&mut self, other: &Self) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        self.count += other.count;
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
    }
}

/// Below 256 the value itself, then 128 buckets for each doubling: the leading eight bits, and by how many places they were shifted.
#[inline]
fn bucket(us: u64) -> usize {
    let shift = 63 - BITS - (us | 1 << BITS).leading_zeros();
    ((shift as usize) << BITS) + (us >> shift) as usize
}

fn middle(bucket: usize) -> i64 {
    let shift = (bucket >> BITS).saturating_sub(1);
    let leading = bucket - (shift << BITS);
    ((leading << shift) + ((1 << shift) - 1) / 2) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::merges;
    use proptest::prelude::*;

    fn histogram(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for &value in values {
            histogram.record(value);
        }
        histogram
    }

    /// Durations of every order of magnitude.
    fn durations() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec((0_u32..52, any::<u64>()).prop_map(|(size, bits)| bits % (1 << size)), 0..200)
    }

    proptest! {
        #[test]
        fn histograms_merge(a in durations(), b in durations(), c in durations()) {
            merges(&histogram(&a), &histogram(&b), &histogram(&c));
            let mut joined = histogram(&a);
            joined.merge(&histogram(&b));
            prop_assert_eq!(joined, histogram(&[a, b].concat()));
        }

        #[test]
        fn percentiles_are_nearest_rank_within_the_stated_error(mut values in durations(), percent in 1_u32..=100) {
            let found = histogram(&values).percentile(percent);
            values.sort_unstable();
            let rank = (values.len() * percent as usize).div_ceil(100);
            match found {
                None => prop_assert!(values.is_empty()),
                Some(found) => {
                    let exact = values[rank - 1] as f64;
                    prop_assert!((found as f64 - exact).abs() <= exact * Histogram::RELATIVE_ERROR, "{} for {}", found, exact);
                    prop_assert!(exact >= 256.0 || found as u64 == values[rank - 1]);
                }
            }
        }
    }

    #[test]
    fn buckets_follow_each_other_without_gap() {
        let mut last = 0;
        for us in 0..1_000_000 {
            let this = bucket(us);
            assert!(this == last || this == last + 1, "{us}");
            last = this;
        }
        assert!(bucket(u64::MAX) < 58 * PER_DOUBLING);
    }
}
