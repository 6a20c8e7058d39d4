//! The renewal process.

use super::{ArrivalProcess, length_us};
use crate::random::{Distribution, Purpose, SourceStreams};
use crate::time::Time;

/// A renewal process: independent gaps of any one [`Distribution`], the first from the start of the run.
///
/// It starts with an arrival just gone by, not in its stationary state: with constant gaps g the arrivals are g, 2g, 3g …
/// In the long run there are t / mean arrivals in a time t.
///
/// Source: Cox, Renewal Theory, 1962, chapter 2 (an ordinary renewal process).
///
/// ```
/// use waitline::model::{ArrivalProcess, Renewal};
/// use waitline::random::{Distribution, Streams};
/// use waitline::{SourceId, Span, Time};
/// let bus = Renewal::new(Distribution::Constant(Span::from_secs(60))).unwrap();
/// let mut stops = bus.arrivals(Streams::new(1, 0).source(SourceId(0)));
/// assert_eq!(stops.next(), Some(Time::START + Span::from_secs(60)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Renewal {
    gap: Distribution,
}

impl Renewal {
    /// Gaps as `gap` has them.
    ///
    /// # Errors
    /// When the gaps are always 0: infinitely many would arrive at once.
    pub fn new(gap: Distribution) -> Result<Renewal, String> {
        if gap.mean_us() > 0.0 { Ok(Renewal { gap }) } else { Err("the time between arrivals must not always be 0".into()) }
    }
}

impl ArrivalProcess for Renewal {
    fn arrivals(&self, streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
        let mut stream = streams.stream(Purpose::Arrivals, 0);
        let mut at = Time::START;
        Box::new(std::iter::repeat_with(move || {
            at = at.after(self.gap.sample(&mut stream));
            at
        }))
    }

    /// Known where the gaps are exponential; otherwise only in the long run.
    fn expected(&self, from: Time, to: Time) -> Option<f64> {
        // Exact for exponential gaps; for others in the long run (the elementary renewal theorem).
        Some(length_us(from, to) / self.gap.mean_us())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_lawful, assert_mean, assert_poisson, counts, hours, instants};
    use super::*;
    use crate::model::Poisson;
    use crate::time::Span;

    #[test]
    fn exponential_gaps_are_the_poisson_process() {
        let renewal = Renewal::new(Distribution::exponential(Span::from_secs(100)).unwrap()).unwrap();
        assert_eq!(instants(&renewal, 5, hours(9)), instants(&Poisson::new(0.01).unwrap(), 5, hours(9)));
        assert_eq!(renewal.expected(hours(1), hours(2)), Some(36.0));
        assert_poisson(&counts(&renewal, [hours(0), hours(1)], 4000), 36.0);
    }

    #[test]
    fn counts_follow_renewal_theory() {
        // Over a long time t (Cox, section 4.5): mean t/m + (cv² - 1)/2 and variance cv² t/m + 1/12 + 5/4 cv⁴ - 2/3 μ₃/m³,
        // with cv² = 1/4 and third central moment μ₃ = m³/8.
        let process = Renewal::new(Distribution::erlang(Span::from_secs(100), 4).unwrap()).unwrap();
        assert_lawful(&process, hours(100));
        let counts = counts(&process, [hours(0), hours(10)], 4000);
        let mean = assert_mean(&counts, 360.0 - 0.375);
        let squares: Vec<f64> = counts.iter().map(|count| (count - mean) * (count - mean)).collect();
        assert_mean(&squares, 90.0 + 5.0 / 64.0);
    }

    #[test]
    fn gaps_of_always_zero_are_refused() {
        for gap in [Distribution::Constant(Span::ZERO), Distribution::empirical(vec![Span::ZERO; 3]).unwrap()] {
            assert_eq!(Renewal::new(gap).unwrap_err(), "the time between arrivals must not always be 0");
        }
    }
}
