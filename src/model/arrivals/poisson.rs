//! The Poisson process.

use super::ArrivalProcess;
use crate::random::{Purpose, SourceStreams, Stream};
use crate::time::{Span, Time};
use rand_distr::{Distribution as _, Exp1};

/// A Poisson process with a constant rate: independent exponential gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Poisson {
    gap_mean_us: f64,
}

impl Poisson {
    /// `rate_per_s` arrivals a second on average; `None` unless positive and finite.
    pub fn new(rate_per_s: f64) -> Option<Poisson> {
        (rate_per_s > 0.0 && rate_per_s.is_finite()).then_some(Poisson { gap_mean_us: 1e6 / rate_per_s })
    }
}

#[derive(Debug)]
struct Gaps {
    at: Time,
    gap_mean_us: f64,
    stream: Stream,
}

impl Iterator for Gaps {
    type Item = Time;

    #[inline]
    fn next(&mut self) -> Option<Time> {
        let unit: f64 = Exp1.sample(&mut self.stream);
        self.at = self.at.after(Span::from_us_f64(unit * self.gap_mean_us));
        Some(self.at)
    }
}

impl ArrivalProcess for Poisson {
    fn arrivals(&self, streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
        Box::new(Gaps { at: Time::START, gap_mean_us: self.gap_mean_us, stream: streams.stream(Purpose::Arrivals, 0) })
    }

    fn expected(&self, from: Time, to: Time) -> Option<f64> {
        Some(to.since(from).as_us() as f64 / self.gap_mean_us)
    }
}
