//! How a share is distributed over replications.

use super::{Confidence, Estimate, Merge, WhyNoHalfWidth};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Values are kept to a ten-thousandth.
const STEPS: f64 = 10_000.0;

/// A share (answered in time / offered, say) of each of many replications: how it is distributed, and how many meet a target.
///
/// Values are kept to 0.01 percentage points; whether a target is met is decided before that, exactly.
///
/// ```
/// use waitline::stats::{Confidence, Shares};
/// let mut days = Shares::default();
/// for answered_in_time in [70, 80, 81, 95] {
///     days.record(answered_in_time, 100, Some(0.8));
/// }
/// days.record(0, 0, Some(0.8)); // nobody called: no share
/// assert_eq!(days.percentile(50, &Confidence::default()).unwrap().estimate, 0.8);
/// assert_eq!(days.meeting_target(&Confidence::default()).unwrap().estimate, 0.75);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    count: u64,
    meeting_target: u64,
    values: BTreeMap<u32, u64>,
}

impl Shares {
    /// One replication's share, `part` of `whole`, and the least that it should be.
    pub fn record(&mut self, part: i128, whole: i128, target: Option<f64>) {
        let Some(share) = Self::share(part, whole) else { return };
        self.count += 1;
        self.meeting_target += u64::from(target.is_some_and(|target| share >= target));
        *self.values.entry((share * STEPS).round() as u32).or_default() += 1;
    }

    /// `part` of `whole`, if there is any. Both are exact in a double, so that their quotient is the double nearest to it, as a target is to what
    /// was written: one can be compared with the other.
    pub fn share(part: i128, whole: i128) -> Option<f64> {
        (whole > 0).then(|| part as f64 / whole as f64)
    }

    /// How many replications had a share.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The nearest-rank percentile: so many of 100 replications have at most this share. `None` without any (R24).
    ///
    /// The half-width reaches to the farther of the two ordered values between which the percentile lies with the confidence asked for.
    pub fn percentile(&self, percent: u32, confidence: &Confidence) -> Option<Estimate> {
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100).max(1) as u64;
        let estimate = self.of_rank(rank)?;
        let (half_width, why_not) = match confidence.ranks(self.count, percent) {
            _ if self.count < 2 => (None, Some(WhyNoHalfWidth::OneReplication)),
            None => (None, Some(WhyNoHalfWidth::TooFew)),
            Some(ranks) => {
                let apart = ranks.map(|rank| self.of_rank(rank).map_or(0.0, |value| (value - estimate).abs()));
                (Some(apart[0].max(apart[1])), None)
            }
        };
        Some(Estimate { estimate, half_width, why_not })
    }

    /// The value that so many replications do not exceed.
    fn of_rank(&self, rank: u64) -> Option<f64> {
        let mut seen = 0;
        let found = self.values.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        found.map(|(value, _)| f64::from(*value) / STEPS)
    }

    /// The share of replications that meet the target. The half-width is [`Estimate::of_trials`].
    pub fn meeting_target(&self, confidence: &Confidence) -> Option<Estimate> {
        if self.count == 0 {
            return None;
        }
        let count = self.count as f64;
        let share = self.meeting_target as f64 / count;
        if self.count < 2 {
            return Some(Estimate { estimate: share, half_width: None, why_not: Some(WhyNoHalfWidth::OneReplication) });
        }
        Some(Estimate { estimate: share, half_width: Some(0.0), why_not: None }.of_trials(count, confidence))
    }
}

impl Merge for Shares {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.meeting_target += other.meeting_target;
        for (value, count) in &other.values {
            *self.values.entry(*value).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::merges;
    use proptest::prelude::*;

    fn shares(values: &[(u8, u8)]) -> Shares {
        let mut shares = Shares::default();
        for &(part, more) in values {
            shares.record(i128::from(part), i128::from(part) + i128::from(more), Some(0.5));
        }
        shares
    }

    proptest! {
        #[test]
        fn shares_merge(a: Vec<(u8, u8)>, b: Vec<(u8, u8)>, c: Vec<(u8, u8)>) {
            merges(&shares(&a), &shares(&b), &shares(&c));
        }
    }

    #[test]
    fn a_target_is_met_exactly() {
        for hundredths in 1..=100_i128 {
            for scale in [1, 3, 7, 1_000_003] {
                let target: f64 = format!("0.{hundredths:02}").parse().unwrap();
                let target = if hundredths == 100 { 1.0 } else { target };
                let mut days = Shares::default();
                days.record(hundredths * scale, 100 * scale, Some(target));
                days.record(hundredths * scale - 1, 100 * scale, Some(target));
                assert_eq!(days.meeting_target, 1, "{hundredths} {scale}");
            }
        }
    }

    #[test]
    fn all_days_meeting_the_target_is_not_certainty() {
        let mut days = Shares::default();
        (0..20).for_each(|_| days.record(1, 1, Some(0.8)));
        let met = days.meeting_target(&Confidence::default()).unwrap();
        // Wilson's lower end for 20 of 20 is 20 / (20 + 1.96²) = 0.8389.
        assert!((met.estimate - met.half_width.unwrap() - 0.8389).abs() < 1e-4, "{met:?}");
    }
}
