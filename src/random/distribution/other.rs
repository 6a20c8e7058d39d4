//! The distributions that scenarios use less often, out of the way of the common ones.

use super::Distribution;
use super::survival::Survival;
use crate::id::SourceId;
use crate::random::{Draws, Purpose};
use crate::time::Span;
use rand::distr::weighted::WeightedIndex;
use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Gamma, Weibull};
use special::Gamma as _;

/// A less common [`Distribution`], made by its constructors and used through it.
///
/// ```
/// use waitline::Span;
/// use waitline::random::Distribution;
/// let seconds = Span::from_secs;
/// assert!(matches!(Distribution::uniform(seconds(10), seconds(20)).unwrap(), Distribution::Other(_)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Other(Kind);

/// Parameters in microseconds where they have a unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Uniform {
        min_us: f64,
        max_us: f64,
    },
    Gamma {
        shape: f64,
        scale_us: f64,
        sampler: Gamma<f64>,
    },
    Weibull {
        shape: f64,
        scale_us: f64,
        sampler: Weibull<f64>,
    },
    Mixture {
        choice: WeightedIndex<f64>,
        of: Vec<Distribution>,
    },
    /// Sorted, never empty.
    Empirical {
        values: Vec<Span>,
    },
    Survival(Survival),
}

impl From<Kind> for Distribution {
    fn from(kind: Kind) -> Distribution {
        match kind {
            Kind::Gamma { shape: 1.0, scale_us, .. } => Distribution::Exponential { mean_us: scale_us },
            kind => Distribution::Other(Box::new(Other(kind))),
        }
    }
}

impl Kind {
    pub(super) fn gamma(shape: f64, mean_us: f64) -> Result<Kind, String> {
        let scale_us = mean_us / shape;
        let sampler = Gamma::new(shape, scale_us).map_err(|error| error.to_string())?;
        Ok(Kind::Gamma { shape, scale_us, sampler })
    }

    pub(super) fn weibull(shape: f64, mean_us: f64) -> Result<Kind, String> {
        let scale_us = mean_us / libm::tgamma(1.0 + 1.0 / shape);
        let sampler = Weibull::new(scale_us, shape).map_err(|error| error.to_string())?;
        Ok(Kind::Weibull { shape, scale_us, sampler })
    }
}

impl Other {
    // Kept out of line, so that the common distributions stay small where they are inlined.
    #[inline(never)]
    pub(super) fn sample<R: Rng>(&self, rng: &mut R) -> Span {
        match &self.0 {
            Kind::Uniform { min_us, max_us } => Span::from_us_f64(min_us + (max_us - min_us) * rng.random::<f64>()),
            Kind::Gamma { sampler, .. } => Span::from_us_f64(sampler.sample(rng)),
            Kind::Weibull { sampler, .. } => Span::from_us_f64(sampler.sample(rng)),
            Kind::Mixture { choice, of } => of[choice.sample(rng)].sample(rng),
            Kind::Empirical { values } => values[rng.random_range(0..values.len())],
            Kind::Survival(survival) => survival.sample(rng),
        }
    }

    // As `sample`; nothing is borrowed here, so that the caller's registers need not go to memory.
    #[inline(never)]
    pub(super) fn draw(&self, draws: &Draws, source: SourceId, purpose: Purpose, number: u64) -> Span {
        self.sample(&mut draws.stream(source, purpose, number))
    }

    pub(super) fn mean_us(&self) -> f64 {
        match &self.0 {
            Kind::Uniform { min_us, max_us } => f64::midpoint(*min_us, *max_us),
            Kind::Gamma { shape, scale_us, .. } => shape * scale_us,
            Kind::Weibull { shape, scale_us, .. } => scale_us * libm::tgamma(1.0 + 1.0 / shape),
            Kind::Mixture { choice, of } => weighted(choice, of, Distribution::mean_us),
            Kind::Empirical { values } => values.iter().map(|value| value.as_us() as f64).sum::<f64>() / values.len() as f64,
            Kind::Survival(survival) => survival.mean_us(),
        }
    }

    pub(super) fn cdf(&self, at: Span) -> f64 {
        let at_us = at.as_us() as f64;
        match &self.0 {
            Kind::Uniform { min_us, max_us } => ((at_us - min_us) / (max_us - min_us)).clamp(0.0, 1.0),
            Kind::Gamma { shape, scale_us, .. } => gamma_cdf(*shape, at_us / scale_us),
            Kind::Weibull { shape, scale_us, .. } => -libm::expm1(-libm::pow(at_us / scale_us, *shape)),
            Kind::Mixture { choice, of } => weighted(choice, of, |part| part.cdf(at)),
            Kind::Empirical { values } => values.partition_point(|value| *value <= at) as f64 / values.len() as f64,
            Kind::Survival(survival) => 1.0 - survival.surviving(at_us),
        }
    }
}

/// The mean of a figure of the parts of a mixture.
fn weighted(choice: &WeightedIndex<f64>, of: &[Distribution], figure: impl Fn(&Distribution) -> f64) -> f64 {
    choice.weights().zip(of).map(|(weight, part)| weight * figure(part)).sum::<f64>() / choice.total_weight()
}

/// The regularised lower incomplete gamma function; for very large shapes by Wilson and Hilferty's cube root (Proc. Nat. Acad. Sci. 17, 1931),
/// whose error there is below 1e-6 and which does not need as many terms as the shape.
fn gamma_cdf(shape: f64, x: f64) -> f64 {
    if shape <= 1e5 {
        return x.inc_gamma(shape);
    }
    let spread = 1.0 / (9.0 * shape);
    libm::erfc((1.0 - spread - libm::cbrt(x / shape)) / (2.0 * spread).sqrt()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gamma_cdf_has_no_step_where_its_method_changes() {
        for spreads in [-3.0, -1.0, 0.0, 0.5, 2.0] {
            let at = |shape: f64| gamma_cdf(shape, shape + spreads * shape.sqrt());
            assert!((at(1e5) - at(1e5 + 0.1)).abs() < 1e-6, "{spreads}");
        }
    }

    #[test]
    fn the_gamma_cdf_is_the_known_one() {
        // P(1, x) = 1 - e^-x; P(2, x) = 1 - (1 + x) e^-x; P(1/2, x) = erf(sqrt x).
        for x in [0.0, 0.1, 1.0, 3.0, 12.0] {
            assert!((gamma_cdf(1.0, x) + libm::expm1(-x)).abs() < 1e-13);
            assert!((gamma_cdf(2.0, x) - (1.0 - (1.0 + x) * libm::exp(-x))).abs() < 1e-13);
            assert!((gamma_cdf(0.5, x) - libm::erf(x.sqrt())).abs() < 1e-13);
        }
    }
}
