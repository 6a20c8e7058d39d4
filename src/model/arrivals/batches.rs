//! Contacts that arrive together.

use super::ArrivalProcess;
use crate::random::{Purpose, SourceStreams, Stream, choice};
use crate::time::Time;
use rand::RngExt;
use rand::distr::weighted::WeightedIndex;
use rand_distr::Distribution as _;

/// How many contacts arrive together: at least 1.
///
/// | made by | parameters | mean |
/// |---|---|---|
/// | [`BatchSize::constant`] | size n | n |
/// | [`BatchSize::uniform`] | min a, max b: each whole number from a to b with the same chance | (a+b)/2 |
/// | [`BatchSize::geometric`] | mean m: P(k) = p (1-p)^(k-1) with p = 1/m | m |
/// | [`BatchSize::weighted`] | sizes n with weights w: chance w / Σ w | Σ w n / Σ w |
///
/// ```
/// use waitline::model::BatchSize;
/// assert_eq!(BatchSize::weighted(&[(1, 3.0), (5, 1.0)]).unwrap().mean(), 2.0);
/// assert_eq!(BatchSize::geometric(0.5).unwrap_err(), "the mean size must be a number from 1 to 1000000, not 0.5");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BatchSize(Size);

#[derive(Clone, Debug, PartialEq)]
enum Size {
    Uniform {
        min: u32,
        max: u32,
    },
    /// The logarithm of 1 - p.
    Geometric {
        mean: f64,
        log_q: f64,
    },
    Weighted {
        choice: WeightedIndex<f64>,
        sizes: Vec<u32>,
    },
}

/// The largest batch. More at one instant is taken for a mistake.
const SIZE_MAX: u32 = 1_000_000;

fn check_size(size: u32) -> Result<u32, String> {
    if (1..=SIZE_MAX).contains(&size) { Ok(size) } else { Err(format!("a batch must have 1 to {SIZE_MAX} contacts, not {size}")) }
}

impl BatchSize {
    /// Always `size`.
    ///
    /// # Errors
    /// When it is not from 1 to a million.
    pub fn constant(size: u32) -> Result<BatchSize, String> {
        BatchSize::uniform(size, size)
    }

    /// Each of `min..=max` with the same chance.
    ///
    /// # Errors
    /// When one is not from 1 to a million, or `max` is less than `min`.
    pub fn uniform(min: u32, max: u32) -> Result<BatchSize, String> {
        let (min, max) = (check_size(min)?, check_size(max)?);
        if max < min {
            return Err(format!("max must be at least min, but {max} is less than {min}"));
        }
        Ok(BatchSize(Size::Uniform { min, max }))
    }

    /// Geometric from 1 on, with that mean; cut at a million.
    ///
    /// # Errors
    /// When the mean is not from 1 to a million.
    pub fn geometric(mean: f64) -> Result<BatchSize, String> {
        if !(1.0..=f64::from(SIZE_MAX)).contains(&mean) {
            return Err(format!("the mean size must be a number from 1 to {SIZE_MAX}, not {mean}"));
        }
        Ok(BatchSize(Size::Geometric { mean, log_q: libm::log1p(-1.0 / mean) }))
    }

    /// Each size with a chance in proportion to its weight.
    ///
    /// # Errors
    /// When there is none, a size is not from 1 to a million, or a weight is negative or not finite, or all are 0.
    pub fn weighted(sizes: &[(u32, f64)]) -> Result<BatchSize, String> {
        let (sizes, weights): (Vec<u32>, Vec<f64>) = sizes.iter().copied().unzip();
        sizes.iter().try_for_each(|&size| check_size(size).map(drop))?;
        Ok(BatchSize(Size::Weighted { choice: choice(&weights)?, sizes }))
    }

    /// The mean size.
    pub fn mean(&self) -> f64 {
        match &self.0 {
            Size::Uniform { min, max } => f64::midpoint(f64::from(*min), f64::from(*max)),
            Size::Geometric { mean, .. } => *mean,
            Size::Weighted { choice, sizes } => {
                choice.weights().zip(sizes).map(|(weight, size)| weight * f64::from(*size)).sum::<f64>() / choice.total_weight()
            }
        }
    }

    fn sample(&self, stream: &mut Stream) -> u32 {
        match &self.0 {
            Size::Uniform { min, max } => stream.random_range(*min..=*max),
            // By inversion, so that on the same streams a larger mean makes no batch smaller. Never 0/0: ln 1 / -∞ is 0.
            Size::Geometric { log_q, .. } => {
                let further = libm::log(1.0 - stream.random::<f64>()) / log_q;
                1 + (further as u32).min(SIZE_MAX - 1)
            }
            Size::Weighted { choice, sizes } => sizes[choice.sample(stream)],
        }
    }
}

/// Batches: at each instant of an inner process several contacts arrive at once, independently many each time.
///
/// With inner instants at rate λ and sizes of mean m, contacts arrive at rate λm. If the inner process is Poisson, the number of
/// contacts in a time t is compound Poisson, with variance λt E(size²).
///
/// The inner process must not be made of batches itself: both would look up the size of batch n under the same key.
///
/// Source: Kingman, Poisson Processes, 1993, section 3.2 (the compound Poisson process).
///
/// ```
/// use waitline::model::{ArrivalProcess, BatchSize, Batches, Poisson};
/// use waitline::{Span, Time};
/// let families = Batches::new(Box::new(Poisson::new(0.01).unwrap()), BatchSize::uniform(1, 4).unwrap());
/// assert_eq!(families.expected(Time::START, Time::START + Span::from_secs(1000)), Some(25.0));
/// ```
#[derive(Debug)]
pub struct Batches {
    instants: Box<dyn ArrivalProcess>,
    size: BatchSize,
}

impl Batches {
    /// Batches of `size` at the instants of `instants`.
    pub fn new(instants: Box<dyn ArrivalProcess>, size: BatchSize) -> Batches {
        Batches { instants, size }
    }
}

impl ArrivalProcess for Batches {
    fn arrivals(&self, streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
        let batch = move |(number, at): (usize, Time)| {
            let size = self.size.sample(&mut streams.stream(Purpose::BatchSize, number as u64));
            std::iter::repeat_n(at, size as usize)
        };
        Box::new(self.instants.arrivals(streams).enumerate().flat_map(batch))
    }

    fn expected(&self, from: Time, to: Time) -> Option<f64> {
        Some(self.instants.expected(from, to)? * self.size.mean())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_lawful, assert_mean, counts, hours, instants};
    use super::*;
    use crate::model::{Poisson, Scheduled};

    /// Size distribution and its second moment.
    fn sizes() -> Vec<(BatchSize, f64)> {
        vec![
            (BatchSize::constant(3).unwrap(), 9.0),
            (BatchSize::uniform(2, 4).unwrap(), 29.0 / 3.0),
            // variance (1-p)/p² = m (m-1)
            (BatchSize::geometric(2.5).unwrap(), 2.5 * 2.5 + 2.5 * 1.5),
            (BatchSize::geometric(1.0).unwrap(), 1.0),
            (BatchSize::weighted(&[(1, 6.0), (2, 0.0), (10, 2.0)]).unwrap(), 25.75),
        ]
    }

    #[test]
    fn counts_are_compound_poisson() {
        for (size, second) in sizes() {
            let mean = size.mean() * 36.0;
            let process = Batches::new(Box::new(Poisson::new(0.01).unwrap()), size);
            assert_lawful(&process, hours(20));
            assert!((process.expected(hours(0), hours(1)).unwrap() - mean).abs() < 1e-9);
            let counts = counts(&process, [hours(0), hours(1)], 4000);
            assert_mean(&counts, mean);
            let squares: Vec<f64> = counts.iter().map(|count| (count - mean) * (count - mean)).collect();
            assert_mean(&squares, 36.0 * second);
        }
    }

    #[test]
    fn sizes_have_their_chances() {
        let batches = (0..40_000).map(Time::from_us).collect();
        let process = Batches::new(Box::new(Scheduled::new(batches).unwrap()), BatchSize::geometric(4.0).unwrap());
        let drawn = instants(&process, 0, hours(1));
        let sizes: Vec<usize> = drawn.chunk_by(|a, b| a == b).map(<[Time]>::len).collect();
        for k in 1..=8 {
            let hits: Vec<f64> = sizes.iter().map(|size| f64::from(*size == k)).collect();
            assert_mean(&hits, 0.25 * libm::pow(0.75, k as f64 - 1.0));
        }
    }

    #[test]
    fn a_batch_keeps_its_size_whatever_the_instants() {
        let sizes = |rate| {
            let process = Batches::new(Box::new(Poisson::new(rate).unwrap()), BatchSize::geometric(3.0).unwrap());
            instants(&process, 0, hours(10)).chunk_by(|a, b| a == b).map(<[Time]>::len).collect::<Vec<_>>()
        };
        let (few, many) = (sizes(0.001), sizes(0.002));
        assert_eq!(few[..], many[..few.len()]);
    }

    #[test]
    fn what_is_refused_says_why() {
        for (made, why) in [
            (BatchSize::constant(0), "a batch must have 1 to 1000000 contacts, not 0"),
            (BatchSize::uniform(3, 2), "max must be at least min, but 2 is less than 3"),
            (BatchSize::uniform(1, 2_000_000), "a batch must have 1 to 1000000 contacts, not 2000000"),
            (BatchSize::geometric(f64::NAN), "the mean size must be a number from 1 to 1000000, not NaN"),
            (BatchSize::weighted(&[]), "there must be at least one weight"),
            (BatchSize::weighted(&[(0, 1.0)]), "a batch must have 1 to 1000000 contacts, not 0"),
            (BatchSize::weighted(&[(1, -1.0)]), "a weight must be a number of at least 0, not -1"),
        ] {
            assert_eq!(made.unwrap_err(), why);
        }
    }
}
