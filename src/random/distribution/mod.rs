//! Distributions of durations, as scenarios name them.
//!
//! | name | parameters | mean | P(X ≤ t), t ≥ 0 |
//! |---|---|---|---|
//! | constant | value v | v | 1 from v on |
//! | uniform | min a, max b | (a+b)/2 | (t-a)/(b-a) |
//! | exponential | mean m | m | 1 - e^(-t/m) |
//! | lognormal | mean m, cv; or median e^μ, sigma σ | e^(μ+σ²/2) | Φ((ln t - μ)/σ) |
//! | gamma | mean m, cv | m | P(1/cv², t/(m cv²)) |
//! | erlang | mean m, phases k | m | P(k, kt/m) |
//! | weibull | mean m, shape k | m = λ Γ(1+1/k) | 1 - e^(-(t/λ)^k) |
//! | hyperexponential | weights w, means m | Σ w m / Σ w | Σ w (1 - e^(-t/m)) / Σ w |
//! | mixture | weights w, distributions F | Σ w mean / Σ w | Σ w F(t) / Σ w |
//! | empirical | values | their mean | share of values ≤ t |
//! | empirical | survival table | area under S | 1 - S(t), see [`Distribution::survival`] |
//!
//! cv is the coefficient of variation (standard deviation / mean), Φ the normal distribution function and P(a, x) the regularised lower
//! incomplete gamma function. Formulas: Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions, vol. 1, 2nd ed., 1994.
//!
//! Samplers are `rand_distr`'s where it has one. Every draw is rounded to the microsecond (R1) and cut at [`Span::MAX`]; means and CDFs here
//! are those before rounding and cutting. One draw may consume any number of random words, which is why every draw has a stream of its own.

mod other;
mod survival;

pub use other::Other;

use super::{Draws, Purpose};
use crate::id::SourceId;
use crate::time::Span;
use other::Kind;
use rand::Rng;
use rand::distr::weighted::WeightedIndex;
use rand_distr::{Distribution as _, Exp1, StandardNormal};
use std::f64::consts::{LOG2_E, SQRT_2};
use survival::Survival;

/// A point of a survival table: the share that lasts longer than that.
///
/// ```
/// use waitline::Span;
/// use waitline::random::SurvivalPoint;
/// let point = SurvivalPoint { at: Span::from_secs(60), surviving: 0.82 };
/// assert!(point.surviving < 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurvivalPoint {
    /// How long.
    pub at: Span,
    /// The share, from 1 down to 0.
    pub surviving: f64,
}

/// A distribution of durations.
///
/// Made by its constructors, which say in plain words what is wrong with a parameter; [`Distribution::Constant`] needs none.
///
/// ```
/// use waitline::random::{Distribution, Purpose, Streams};
/// use waitline::{SourceId, Span};
/// let handle_time = Distribution::lognormal(Span::from_secs(300), 1.3).unwrap();
/// let mut stream = Streams::new(1, 0).source(SourceId(0)).stream(Purpose::HandleTime, 7);
/// let seconds = handle_time.sample(&mut stream).as_secs_f64();
/// assert!(seconds > 0.0);
/// assert!((handle_time.mean_us() - 300e6).abs() < 1e-3);
/// assert_eq!(Distribution::gamma(Span::ZERO, 1.0).unwrap_err(), "the mean must be more than 0");
/// ```
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
    /// Any other.
    Other(Box<Other>),
}

/// The largest coefficient of variation, sigma and the like that is taken for meant.
const CV_MAX: f64 = 1000.0;
/// A coefficient of variation below this counts as 0: less than a microsecond in a second.
const CV_MIN: f64 = 1e-6;

impl Distribution {
    /// Uniform between `min` and `max`.
    ///
    /// # Errors
    /// When `max` is less than `min`.
    pub fn uniform(min: Span, max: Span) -> Result<Distribution, String> {
        if max < min {
            return Err(format!("max must be at least min, but {max} is less than {min}"));
        }
        if max == min {
            return Ok(Distribution::Constant(min));
        }
        Ok(Kind::Uniform { min_us: min.as_us() as f64, max_us: max.as_us() as f64 }.into())
    }

    /// Exponential with that mean.
    ///
    /// # Errors
    /// When the mean is 0.
    pub fn exponential(mean: Span) -> Result<Distribution, String> {
        Ok(Distribution::Exponential { mean_us: positive("the mean", mean)? })
    }

    /// Lognormal with that mean and coefficient of variation: σ² = ln(1 + cv²), μ = ln(mean) - σ²/2.
    ///
    /// # Errors
    /// When the mean is 0 or `cv` is not from 0 to 1000.
    pub fn lognormal(mean: Span, cv: f64) -> Result<Distribution, String> {
        let mean_us = positive("the mean", mean)?;
        if check_cv(cv)? {
            return Ok(Distribution::Constant(mean));
        }
        let variance = libm::log1p(cv * cv);
        Ok(Distribution::LogNormal { mu: libm::log(mean_us) - variance / 2.0, sigma: variance.sqrt() })
    }

    /// Lognormal with that median e^μ and standard deviation σ of the logarithm.
    ///
    /// # Errors
    /// When the median is 0 or `sigma` is not from 0 to 10.
    pub fn lognormal_median(median: Span, sigma: f64) -> Result<Distribution, String> {
        let median_us = positive("the median", median)?;
        if !(0.0..=10.0).contains(&sigma) {
            return Err(format!("sigma must be a number from 0 to 10, not {sigma}"));
        }
        if sigma < CV_MIN {
            return Ok(Distribution::Constant(median));
        }
        Ok(Distribution::LogNormal { mu: libm::log(median_us), sigma })
    }

    /// Gamma with that mean and coefficient of variation: shape 1/cv², scale mean·cv². With `cv` 1 it is the exponential.
    ///
    /// # Errors
    /// When the mean is 0 or `cv` is not from 0 to 1000.
    pub fn gamma(mean: Span, cv: f64) -> Result<Distribution, String> {
        let mean_us = positive("the mean", mean)?;
        if check_cv(cv)? {
            return Ok(Distribution::Constant(mean));
        }
        Ok(Kind::gamma(1.0 / (cv * cv), mean_us)?.into())
    }

    /// Erlang: the sum of `phases` exponentials of mean `mean / phases`.
    ///
    /// # Errors
    /// When the mean or `phases` is 0.
    pub fn erlang(mean: Span, phases: u32) -> Result<Distribution, String> {
        let mean_us = positive("the mean", mean)?;
        match phases {
            0 => Err("phases must be at least 1".into()),
            1 => Ok(Distribution::Exponential { mean_us }),
            _ => Ok(Kind::gamma(f64::from(phases), mean_us)?.into()),
        }
    }

    /// Weibull with that mean and shape k: scale λ = mean / Γ(1 + 1/k).
    ///
    /// # Errors
    /// When the mean is 0 or `shape` is not from 0.05 to 1000.
    pub fn weibull(mean: Span, shape: f64) -> Result<Distribution, String> {
        let mean_us = positive("the mean", mean)?;
        if !(0.05..=1000.0).contains(&shape) {
            return Err(format!("the shape must be a number from 0.05 to 1000, not {shape}"));
        }
        Ok(Kind::weibull(shape, mean_us)?.into())
    }

    /// Hyperexponential: exponential with mean `means[i]`, with chance `weights[i]` out of their sum.
    ///
    /// # Errors
    /// When the lists differ in length, a mean is 0, or the weights are not as [`Distribution::mixture`] wants them.
    pub fn hyperexponential(weights: &[f64], means: &[Span]) -> Result<Distribution, String> {
        if weights.len() != means.len() {
            return Err(format!("weights and means must be equally many, but there are {} and {}", weights.len(), means.len()));
        }
        let of: Result<Vec<_>, _> = means.iter().map(|&mean| Distribution::exponential(mean)).collect();
        Distribution::mixture(weights, of?)
    }

    /// A draw from `of[i]`, with chance `weights[i]` out of their sum.
    ///
    /// # Errors
    /// When the lists differ in length or are empty, or a weight is negative or not finite, or all are 0.
    pub fn mixture(weights: &[f64], of: Vec<Distribution>) -> Result<Distribution, String> {
        if weights.len() != of.len() {
            return Err(format!("weights and distributions must be equally many, but there are {} and {}", weights.len(), of.len()));
        }
        Ok(Kind::Mixture { choice: choice(weights)?, of }.into())
    }

    /// Each of `values` with the same chance.
    ///
    /// # Errors
    /// When there is none.
    pub fn empirical(mut values: Vec<Span>) -> Result<Distribution, String> {
        values.sort_unstable();
        match values[..] {
            [] => Err("there must be at least one value".into()),
            [first, .., last] if first < last => Ok(Kind::Empirical { values }.into()),
            [first, ..] => Ok(Distribution::Constant(first)),
        }
    }

    /// From a survival table, as the Kaplan–Meier estimate gives it for censored data such as patience.
    ///
    /// S, the share that lasts longer than t, runs straight from point to point, from the point (0, 1) unless the table has one at 0, where less
    /// than 1 means that the others last no time at all. A draw is S⁻¹ of a uniform number.
    ///
    /// Where the table ends at S(tₙ) > 0 (most tables do: who was still waiting then had been answered), it goes on as
    /// S(t) = S(tₙ)^(t/tₙ), exponentially with the mean hazard of the whole table: the completion of Brown, Hollander and Korwar
    /// (Nonparametric tests of independence for censored data, in Proschan and Serfling, eds., Reliability and Biometry, SIAM 1974).
    /// The last segment's own hazard would be the smoother choice, but few are left there: it is noise, and often 0.
    ///
    /// # Errors
    /// When the table is empty or ends at time 0, times do not increase, a share is not from 0 to 1 or rises, or nobody ever leaves.
    pub fn survival(table: &[SurvivalPoint]) -> Result<Distribution, String> {
        Ok(Kind::Survival(Survival::new(table)?).into())
    }

    /// Draws a duration, rounded to the microsecond (R1).
    #[inline]
    pub fn sample<R: Rng>(&self, rng: &mut R) -> Span {
        match self {
            Distribution::Constant(value) => *value,
            Distribution::Exponential { mean_us } => exponential(*mean_us, rng),
            Distribution::LogNormal { mu, sigma } => log_normal(*mu, *sigma, rng),
            Distribution::Other(other) => other.sample(rng),
        }
    }

    /// The same from the stream of that key, in fewer steps.
    #[inline(always)]
    pub(crate) fn draw(&self, draws: &Draws, source: SourceId, purpose: Purpose, number: u64) -> Span {
        if let Distribution::Constant(value) = self {
            return *value;
        }
        let draw = draws.draw(source, purpose, number);
        match self {
            Distribution::Constant(value) => *value,
            // Copies: what one sampler borrows must not keep the other from its registers.
            Distribution::Exponential { mean_us } => exponential(*mean_us, &mut { draw }),
            Distribution::LogNormal { mu, sigma } => log_normal(*mu, *sigma, &mut { draw }),
            Distribution::Other(other) => other.draw(draws, source, purpose, number),
        }
    }

    /// As `draw`, for the numbers from that one on. Taken together they cost less: what they have in common is worked out once.
    pub(crate) fn draw_all(&self, draws: &Draws, source: SourceId, purpose: Purpose, from: u64, spans: &mut [Span]) {
        let places = spans.iter_mut().zip(from..);
        match self {
            Distribution::Constant(value) => places.for_each(|(span, _)| *span = *value),
            Distribution::Exponential { mean_us } => {
                places.for_each(|(span, number)| *span = exponential(*mean_us, &mut draws.draw(source, purpose, number)));
            }
            Distribution::LogNormal { mu, sigma } => {
                places.for_each(|(span, number)| *span = log_normal(*mu, *sigma, &mut draws.draw(source, purpose, number)));
            }
            Distribution::Other(other) => places.for_each(|(span, number)| *span = other.draw(draws, source, purpose, number)),
        }
    }

    /// The mean in microseconds, before rounding and cutting.
    pub fn mean_us(&self) -> f64 {
        match self {
            Distribution::Constant(value) => value.as_us() as f64,
            Distribution::Exponential { mean_us } => *mean_us,
            Distribution::LogNormal { mu, sigma } => libm::exp(mu + sigma * sigma / 2.0),
            Distribution::Other(other) => other.mean_us(),
        }
    }

    /// The probability of lasting at most `at`, before rounding and cutting. For tests and warnings, never for the simulation.
    pub fn cdf(&self, at: Span) -> f64 {
        let at_us = at.as_us() as f64;
        match self {
            Distribution::Constant(value) => f64::from(at >= *value),
            Distribution::Exponential { mean_us } => -libm::expm1(-at_us / mean_us),
            Distribution::LogNormal { mu, sigma } => libm::erfc(-(libm::log(at_us) - mu) / (sigma * SQRT_2)) / 2.0,
            Distribution::Other(other) => other.cdf(at),
        }
    }
}

#[inline(always)]
fn exponential<R: Rng>(mean_us: f64, rng: &mut R) -> Span {
    let unit: f64 = Exp1.sample(rng);
    Span::from_us_f64(unit * mean_us)
}

#[inline(always)]
fn log_normal<R: Rng>(mu: f64, sigma: f64, rng: &mut R) -> Span {
    let unit: f64 = StandardNormal.sample(rng);
    // e^x as a power of two: measured, less than half the cost of libm's exp.
    Span::from_us_f64(libm::exp2((mu + sigma * unit) * LOG2_E))
}

fn positive(name: &str, span: Span) -> Result<f64, String> {
    if span == Span::ZERO { Err(format!("{name} must be more than 0")) } else { Ok(span.as_us() as f64) }
}

/// Whether this coefficient of variation counts as 0.
fn check_cv(cv: f64) -> Result<bool, String> {
    if (0.0..=CV_MAX).contains(&cv) { Ok(cv < CV_MIN) } else { Err(format!("cv must be a number from 0 to {CV_MAX}, not {cv}")) }
}

/// Draws places in `weights` with chances in proportion to them.
pub(crate) fn choice(weights: &[f64]) -> Result<WeightedIndex<f64>, String> {
    if weights.is_empty() {
        return Err("there must be at least one weight".into());
    }
    if let Some(weight) = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
        return Err(format!("a weight must be a number of at least 0, not {weight}"));
    }
    WeightedIndex::new(weights).map_err(|_| "the sum of the weights must be more than 0 and finite".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_small() {
        assert!(size_of::<Distribution>() <= 24);
    }

    #[test]
    fn what_is_refused_says_why() {
        let s = Span::from_secs;
        let point = |at, surviving| SurvivalPoint { at: s(at), surviving };
        let cases = [
            (Distribution::uniform(s(2), s(1)), "max must be at least min, but 1s is less than 2s"),
            (Distribution::exponential(s(0)), "the mean must be more than 0"),
            (Distribution::lognormal(s(1), -0.5), "cv must be a number from 0 to 1000, not -0.5"),
            (Distribution::lognormal(s(1), f64::NAN), "cv must be a number from 0 to 1000, not NaN"),
            (Distribution::lognormal_median(s(0), 1.0), "the median must be more than 0"),
            (Distribution::lognormal_median(s(1), 11.0), "sigma must be a number from 0 to 10, not 11"),
            (Distribution::gamma(s(1), f64::INFINITY), "cv must be a number from 0 to 1000, not inf"),
            (Distribution::erlang(s(1), 0), "phases must be at least 1"),
            (Distribution::weibull(s(1), 0.0), "the shape must be a number from 0.05 to 1000, not 0"),
            (Distribution::hyperexponential(&[1.0], &[]), "weights and means must be equally many, but there are 1 and 0"),
            (Distribution::hyperexponential(&[1.0, 1.0], &[s(1), s(0)]), "the mean must be more than 0"),
            (Distribution::mixture(&[], vec![]), "there must be at least one weight"),
            (Distribution::mixture(&[1.0], vec![]), "weights and distributions must be equally many, but there are 1 and 0"),
            (Distribution::hyperexponential(&[-1.0], &[s(1)]), "a weight must be a number of at least 0, not -1"),
            (Distribution::hyperexponential(&[0.0], &[s(1)]), "the sum of the weights must be more than 0 and finite"),
            (Distribution::hyperexponential(&[1e308, 1e308], &[s(1), s(1)]), "the sum of the weights must be more than 0 and finite"),
            (Distribution::empirical(vec![]), "there must be at least one value"),
            (Distribution::survival(&[]), "there must be at least one point"),
            (Distribution::survival(&[point(0, 0.5)]), "the last point must lie after time 0"),
            (Distribution::survival(&[point(5, 0.5), point(5, 0.4)]), "times must increase, but 5s comes after 5s"),
            (Distribution::survival(&[point(5, 1.5)]), "a share must be a number from 0 to 1, not 1.5"),
            (Distribution::survival(&[point(5, f64::NAN)]), "a share must be a number from 0 to 1, not NaN"),
            (Distribution::survival(&[point(5, 0.5), point(6, 0.6)]), "the share that survives must not rise, but it does at 6s"),
            (Distribution::survival(&[point(5, 1.0)]), "nobody ever leaves in this table: leave the distribution out instead"),
        ];
        for (made, why) in cases {
            assert_eq!(made.unwrap_err(), why);
        }
    }

    #[test]
    fn special_cases_become_the_simple_form() {
        let s = Span::from_secs;
        let constant = Distribution::Constant(s(3));
        assert_eq!(Distribution::uniform(s(3), s(3)).unwrap(), constant);
        assert_eq!(Distribution::lognormal(s(3), 0.0).unwrap(), constant);
        assert_eq!(Distribution::lognormal_median(s(3), 0.0).unwrap(), constant);
        assert_eq!(Distribution::gamma(s(3), 1e-200).unwrap(), constant);
        assert_eq!(Distribution::empirical(vec![s(3)]).unwrap(), constant);
        assert_eq!(Distribution::empirical(vec![s(3), s(3)]).unwrap(), constant);
        assert_eq!(Distribution::erlang(s(3), 1), Distribution::exponential(s(3)));
        assert_eq!(Distribution::gamma(s(3), 1.0), Distribution::exponential(s(3)));
    }
}
