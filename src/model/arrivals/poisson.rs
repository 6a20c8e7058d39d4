//! The Poisson process.

use super::{ArrivalProcess, Reader, check_rate, length_us};
use crate::random::{LongStream, Purpose, SourceStreams};
use crate::time::{Span, Time};
use rand_distr::{Distribution as _, Exp1};

/// A Poisson process with a constant rate λ: independent exponential gaps of mean 1/λ, the first from the start of the run.
///
/// The number of arrivals in a time t is Poisson with mean λt. On the same streams the n-th gap at twice the rate is half as long.
///
/// Source: Kingman, Poisson Processes, 1993, section 4.1.
///
/// ```
/// use waitline::model::{ArrivalProcess, Poisson};
/// use waitline::{Span, Time};
/// let calls = Poisson::new(0.02).unwrap();
/// assert_eq!(calls.expected(Time::START, Time::START + Span::from_secs(3600)), Some(72.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Poisson {
    gap_mean_us: f64,
}

impl Poisson {
    /// `rate_per_s` arrivals a second on average.
    ///
    /// # Errors
    /// When the rate is not above 0, or above a million per second.
    pub fn new(rate_per_s: f64) -> Result<Poisson, String> {
        let per_us = check_rate(rate_per_s)?;
        let gap_mean_us = 1.0 / per_us;
        if gap_mean_us.is_finite() { Ok(Poisson { gap_mean_us }) } else { Err("the rate must be more than 0".into()) }
    }
}

#[derive(Debug)]
struct Gaps {
    at: Time,
    gap_mean_us: f64,
    stream: LongStream,
}

impl Iterator for Gaps {
    type Item = Time;

    #[inline(always)]
    fn next(&mut self) -> Option<Time> {
        let unit: f64 = Exp1.sample(&mut self.stream);
        self.at = self.at.after(Span::from_us_f64(unit * self.gap_mean_us));
        Some(self.at)
    }
}

impl Poisson {
    fn gaps(&self, streams: SourceStreams) -> Gaps {
        Gaps { at: Time::START, gap_mean_us: self.gap_mean_us, stream: LongStream::new(streams, Purpose::Arrivals, 0) }
    }
}

impl ArrivalProcess for Poisson {
    fn arrivals(&self, streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
        Box::new(self.gaps(streams))
    }

    fn reader(&self, streams: SourceStreams) -> Box<dyn Reader + '_> {
        Box::new(self.gaps(streams))
    }

    fn expected(&self, from: Time, to: Time) -> Option<f64> {
        Some(length_us(from, to) / self.gap_mean_us)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_lawful, assert_poisson, counts, hours, instants};
    use super::*;

    #[test]
    fn counts_are_poisson() {
        let process = Poisson::new(0.01).unwrap();
        assert_lawful(&process, hours(100));
        let counts = counts(&process, [hours(0), hours(1)], 4000);
        assert_poisson(&counts, 36.0);
    }

    #[test]
    fn gaps_scale_with_the_rate() {
        let (slow, fast) = (Poisson::new(0.01).unwrap(), Poisson::new(0.02).unwrap());
        for (slow, fast) in instants(&slow, 3, hours(50)).into_iter().zip(instants(&fast, 3, hours(50))) {
            // Each of the gaps is rounded: half a microsecond each.
            assert!((slow.as_us() - 2 * fast.as_us()).abs() < 3000, "{slow} {fast}");
        }
    }

    #[test]
    fn what_is_refused_says_why() {
        assert_eq!(Poisson::new(0.0).unwrap_err(), "the rate must be more than 0");
        assert_eq!(Poisson::new(-1.0).unwrap_err(), "a rate must be a number from 0 to 1000000 per second, not -1");
        assert_eq!(Poisson::new(f64::NAN).unwrap_err(), "a rate must be a number from 0 to 1000000 per second, not NaN");
        assert_eq!(Poisson::new(2e6).unwrap_err(), "a rate must be a number from 0 to 1000000 per second, not 2000000");
    }
}
