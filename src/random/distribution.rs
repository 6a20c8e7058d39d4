//! Distributions of durations, as scenarios name them.

use crate::time::Span;
use rand::Rng;
use rand_distr::{Distribution as _, Exp1, StandardNormal};

/// A point of a survival table: the share that lasts at least that long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurvivalPoint {
    /// How long.
    pub at: Span,
    /// The share, from 1 down to 0.
    pub surviving: f64,
}

/// A distribution of durations.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(Span),
    /// Exponential.
    Exponential {
        /// The mean in microseconds.
        mean_us: f64,
    },
    /// Lognormal: exp(mu + sigma Z), in microseconds.
    LogNormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}

impl Distribution {
    /// Draws a duration, rounded to the microsecond (R1).
    #[inline]
    pub fn sample<R: Rng>(&self, rng: &mut R) -> Span {
        match self {
            Distribution::Constant(value) => *value,
            Distribution::Exponential { mean_us } => {
                let unit: f64 = Exp1.sample(rng);
                Span::from_us_f64(unit * mean_us)
            }
            Distribution::LogNormal { mu, sigma } => {
                let unit: f64 = StandardNormal.sample(rng);
                Span::from_us_f64(libm::exp(mu + sigma * unit))
            }
        }
    }
}
