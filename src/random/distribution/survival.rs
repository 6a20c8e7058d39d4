//! A distribution given by a survival table; see [`super::Distribution::survival`] for what it means.

use super::SurvivalPoint;
use crate::time::Span;
use rand::{Rng, RngExt};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Survival {
    /// Starts at time 0; times increase, shares never do, and at least one is below 1.
    points: Vec<SurvivalPoint>,
    /// Of the exponential that goes on after the last point, per microsecond; infinite where the table ends at 0.
    tail_hazard: f64,
}

impl Survival {
    pub(super) fn new(table: &[SurvivalPoint]) -> Result<Survival, String> {
        let last = table.last().ok_or("there must be at least one point")?;
        if last.at == Span::ZERO {
            return Err("the last point must lie after time 0".into());
        }
        if let Some(point) = table.iter().find(|point| !(0.0..=1.0).contains(&point.surviving)) {
            return Err(format!("a share must be a number from 0 to 1, not {}", point.surviving));
        }
        for pair in table.windows(2) {
            if pair[1].at <= pair[0].at {
                return Err(format!("times must increase, but {} comes after {}", pair[1].at, pair[0].at));
            }
            if pair[1].surviving > pair[0].surviving {
                return Err(format!("the share that survives must not rise, but it does at {}", pair[1].at));
            }
        }
        if last.surviving >= 1.0 {
            return Err("nobody ever leaves in this table: leave the distribution out instead".into());
        }
        let mut points = table.to_vec();
        if table[0].at > Span::ZERO {
            points.insert(0, SurvivalPoint { at: Span::ZERO, surviving: 1.0 });
        }
        Ok(Survival { points, tail_hazard: -libm::log(last.surviving) / last.at.as_us() as f64 })
    }

    pub(super) fn sample<R: Rng>(&self, rng: &mut R) -> Span {
        let share = 1.0 - rng.random::<f64>(); // in (0, 1]
        let after = self.points.partition_point(|point| point.surviving > share);
        let Some(before) = after.checked_sub(1).map(|before| self.points[before]) else {
            return Span::ZERO;
        };
        let beyond_us = match self.points.get(after) {
            Some(next) => {
                let part = (before.surviving - share) / (before.surviving - next.surviving);
                part * (next.at.as_us() - before.at.as_us()) as f64
            }
            None => libm::log(before.surviving / share) / self.tail_hazard,
        };
        Span::from_us_f64(before.at.as_us() as f64 + beyond_us)
    }

    /// The share that lasts longer than that.
    pub(super) fn surviving(&self, at_us: f64) -> f64 {
        let after = self.points.partition_point(|point| point.at.as_us() as f64 <= at_us);
        let before = self.points[after - 1];
        let beyond_us = at_us - before.at.as_us() as f64;
        match self.points.get(after) {
            Some(next) => {
                let part = beyond_us / (next.at.as_us() - before.at.as_us()) as f64;
                before.surviving + part * (next.surviving - before.surviving)
            }
            None if before.surviving > 0.0 => before.surviving * libm::exp(-self.tail_hazard * beyond_us),
            None => 0.0,
        }
    }

    /// The area under the curve.
    pub(super) fn mean_us(&self) -> f64 {
        let segment =
            |pair: &[SurvivalPoint]| (pair[1].at.as_us() - pair[0].at.as_us()) as f64 * f64::midpoint(pair[0].surviving, pair[1].surviving);
        let tail = self.points[self.points.len() - 1].surviving / self.tail_hazard;
        self.points.windows(2).map(segment).sum::<f64>() + tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(points: &[(i64, f64)]) -> Survival {
        let points: Vec<_> = points.iter().map(|&(at, surviving)| SurvivalPoint { at: Span::from_secs(at), surviving }).collect();
        Survival::new(&points).unwrap()
    }

    #[test]
    fn straight_between_points_and_exponential_beyond() {
        let survival = table(&[(10, 0.9), (20, 0.5)]);
        for (at_s, share) in [(0.0, 1.0), (5.0, 0.95), (10.0, 0.9), (15.0, 0.7), (20.0, 0.5), (40.0, 0.25), (60.0, 0.125)] {
            assert!((survival.surviving(at_s * 1e6) - share).abs() < 1e-12, "{at_s}");
        }
        // 9.5 + 7 + 0.5 × 20 / ln 2
        assert!((survival.mean_us() / 1e6 - (16.5 + 10.0 / libm::log(2.0))).abs() < 1e-9);
    }

    #[test]
    fn a_table_that_ends_at_zero_has_no_tail() {
        let survival = table(&[(10, 0.5), (20, 0.0)]);
        assert!(survival.surviving(20e6) == 0.0 && survival.surviving(30e6) == 0.0);
        assert!((survival.mean_us() / 1e6 - 10.0).abs() < 1e-9);
        let mut stream = crate::random::Streams::new(1, 0).source(crate::SourceId(0)).stream(crate::random::Purpose::Patience, 0);
        assert!((0..10_000).all(|_| survival.sample(&mut stream) <= Span::from_secs(20)));
    }

    #[test]
    fn less_than_one_at_zero_lasts_no_time() {
        let survival = table(&[(0, 0.75), (20, 0.25)]);
        let mut stream = crate::random::Streams::new(1, 0).source(crate::SourceId(0)).stream(crate::random::Purpose::Patience, 0);
        let none = (0..40_000).filter(|_| survival.sample(&mut stream) == Span::ZERO).count();
        // 10,000 ± 4 standard deviations of 87.
        assert!(none.abs_diff(10_000) < 350, "{none}");
    }
}
