//! Student's t, and the confidence that a reader asks for.

use special::Beta as _;
use std::collections::BTreeMap;
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, SQRT_2};
use std::sync::{Mutex, PoisonError};

/// From here on the expansion about the normal distribution is exact to twelve digits.
const MANY: u64 = 200;

/// How sure an interval shall be: of 100 intervals at 95 %, 95 cover the true value.
///
/// ```
/// use waitline::stats::Confidence;
/// let confidence = Confidence::default(); // 95 %
/// assert!((confidence.t(9) - 2.262157).abs() < 1e-6);
/// assert!(Confidence::new(0.99).unwrap().t(9) > confidence.t(9));
/// assert!(Confidence::new(95.0).is_err());
/// ```
#[derive(Debug)]
pub struct Confidence {
    level: f64,
    /// 1 - level, kept because it may be tiny.
    error: f64,
    /// The last quantile: the figures of a report all have the same number of observations.
    last: Mutex<(u64, f64)>,
    /// The ranks found so far, by number of observations and percent: cells of one report have few different numbers.
    ranks: Mutex<BTreeMap<(u64, u32), Ranks>>,
}

/// The lower and the upper one, if there are any.
type Ranks = Option<[u64; 2]>;

impl Clone for Confidence {
    fn clone(&self) -> Confidence {
        Confidence::of(self.level, self.error)
    }
}

impl PartialEq for Confidence {
    fn eq(&self, other: &Self) -> bool {
        self.error.to_bits() == other.error.to_bits()
    }
}

impl Default for Confidence {
    /// 95 %.
    fn default() -> Confidence {
        Confidence::of(0.95, 1.0 - 0.95)
    }
}

impl Confidence {
    /// A confidence from 0.5 to below 1.
    ///
    /// # Errors
    /// In plain words, when it is not.
    pub fn new(level: f64) -> Result<Confidence, String> {
        if (0.5..=0.999_999_999).contains(&level) {
            Ok(Confidence::of(level, 1.0 - level))
        } else {
            Err(format!("{level} is no confidence: expected from 0.5 to 0.999999999, such as 0.95"))
        }
    }

    fn of(level: f64, error: f64) -> Confidence {
        Confidence { level, error, last: Mutex::new((0, 0.0)), ranks: Mutex::default() }
    }

    /// The share of intervals that cover the true value.
    pub fn level(&self) -> f64 {
        self.level
    }

    /// What each of several intervals must have so that all of them together cover with this confidence, however they depend on each
    /// other (Bonferroni).
    pub fn each_of(&self, intervals: usize) -> Confidence {
        let error = self.error / intervals.max(1) as f64;
        Confidence::of(1.0 - error, error)
    }

    /// With how much confidence several intervals, each of this confidence, cover at least, all of them together (Bonferroni).
    pub fn jointly(&self, intervals: usize) -> f64 {
        (1.0 - self.error * intervals as f64).max(0.0)
    }

    /// What a two-sided interval must have so that one of its sides alone has this confidence.
    pub fn one_sided(&self) -> Confidence {
        Confidence::of(1.0 - 2.0 * self.error, 2.0 * self.error)
    }

    /// The quantile of Student's t with that many degrees of freedom: a mean ± this many standard errors is an interval of this confidence.
    ///
    /// # Panics
    /// Without degrees of freedom.
    pub fn t(&self, degrees: u64) -> f64 {
        assert!(degrees > 0, "a confidence interval needs at least two observations");
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 != degrees {
            let t = if degrees > MANY { expansion(normal(self.error), degrees as f64) } else { exact(self.error, degrees) };
            *last = (degrees, t);
        }
        last.1
    }

    /// Between which two of that many ordered observations (from 1) a percentile of their distribution lies with this confidence; `None`: they
    /// are too few for that.
    ///
    /// How many of n observations lie below the percentile p is binomial (n, p), whatever the distribution: Conover, Practical Nonparametric
    /// Statistics, 3rd ed., section 3.2.
    pub(super) fn ranks(&self, count: u64, percent: u32) -> Ranks {
        let mut ranks = self.ranks.lock().unwrap_or_else(PoisonError::into_inner);
        *ranks.entry((count, percent)).or_insert_with(|| order_statistics(count, f64::from(percent) / 100.0, self.error / 2.0))
    }
}

/// The ranks below and above which a share of `tail` lies at most.
fn order_statistics(count: u64, share: f64, tail: f64) -> Ranks {
    // P(B >= rank), B being binomial.
    let reaches = |rank: u64| {
        let (p, q) = (rank as f64, (count - rank + 1) as f64);
        share.inc_beta(p, q, p.ln_beta(q))
    };
    // The smallest of 1 to count for which the condition holds, being false before and true after; count + 1 if there is none.
    let first = |holds: &dyn Fn(u64) -> bool| {
        let (mut low, mut high) = (1, count + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    };
    let lower = first(&|rank| 1.0 - reaches(rank) > tail) - 1;
    let upper = first(&|rank| reaches(rank) <= tail);
    (count > 0 && lower >= 1 && upper <= count).then_some([lower, upper])
}

fn exact(error: f64, degrees: u64) -> f64 {
    // The central probability grows with the angle, t = sqrt(degrees) tan(angle).
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    for _ in 0..60 {
        let angle = f64::midpoint(low, high);
        if 1.0 - central_probability(angle, degrees) > error {
            low = angle;
        } else {
            high = angle;
        }
    }
    (degrees as f64).sqrt() * libm::tan(low)
}

/// The x for which P(|Z| > x) is `error`, Z being standard normal.
fn normal(error: f64) -> f64 {
    let (mut low, mut high) = (0.0, 10.0);
    for _ in 0..60 {
        let x = f64::midpoint(low, high);
        if libm::erfc(x / SQRT_2) > error {
            low = x;
        } else {
            high = x;
        }
    }
    low
}

/// P(|T| <= t) for t = sqrt(degrees) tan(angle): Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
fn central_probability(angle: f64, degrees: u64) -> f64 {
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    let odd = degrees % 2 == 1;
    // Odd: cos + 2/3 cos^3 + (2 4)/(3 5) cos^5 + …; even: 1 + 1/2 cos^2 + (1 3)/(2 4) cos^4 + …, up to the power degrees - 2.
    let mut sum = 0.0;
    let mut power = u64::from(odd);
    let mut term = if odd { cos } else { 1.0 };
    while power + 2 <= degrees {
        sum += term;
        power += 2;
        term *= cos * cos * (power - 1) as f64 / power as f64;
    }
    if odd { FRAC_2_PI * (angle + sin * sum) } else { sin * sum }
}

/// Abramowitz and Stegun 26.7.5.
fn expansion(x: f64, degrees: f64) -> f64 {
    let square = x * x;
    let first = x * (square + 1.0) / 4.0;
    let second = x * ((5.0 * square + 16.0) * square + 3.0) / 96.0;
    let third = x * (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0;
    let fourth = x * ((((79.0 * square + 776.0) * square + 1482.0) * square - 1920.0) * square - 945.0) / 92_160.0;
    x + (first + (second + (third + fourth / degrees) / degrees) / degrees) / degrees
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_95(degrees: u64) -> f64 {
        Confidence::default().t(degrees)
    }

    #[test]
    fn table_values() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975 (three decimals).
        let table = [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (9, 2.262), (10, 2.228), (19, 2.093), (29, 2.045)];
        for (degrees, quantile) in table.into_iter().chain([(30, 2.042), (60, 2.000), (99, 1.984), (100, 1.984)]) {
            assert!((at_95(degrees) - quantile).abs() <= 0.000_5, "{degrees}: {}", at_95(degrees));
        }
        // The same table, columns 0.95, 0.99 and 0.999.
        for (level, degrees, quantile) in [(0.9, 10, 1.812), (0.98, 10, 2.764), (0.998, 10, 4.144), (0.98, 1, 31.821), (0.9, 100, 1.660)] {
            let t = Confidence::new(level).unwrap().t(degrees);
            assert!((t - quantile).abs() <= 0.000_5, "{level} {degrees}: {t}");
        }
        // Closed forms: t(1) = tan(0.475 pi), t(2) = 0.95 sqrt(2 / (1 - 0.95^2)).
        assert!((at_95(1) - libm::tan(0.475 * std::f64::consts::PI)).abs() < 1e-9);
        assert!((at_95(2) - 0.95 * (2.0_f64 / (1.0 - 0.95 * 0.95)).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_two_formulas_agree_where_they_meet() {
        for error in [0.5, 0.05, 1e-4] {
            for degrees in [MANY, MANY + 1] {
                let (near, other) = (expansion(normal(error), degrees as f64), exact(error, degrees));
                assert!((near - other).abs() < 1e-8 * other, "{error}: {near} {other}");
            }
        }
        assert!((at_95(1_000_000_000) - 1.959_963_984_540_054).abs() < 1e-8);
    }

    /// Binomial probabilities summed up one by one.
    #[test]
    fn ranks_have_the_confidence_that_they_claim() {
        for (count, percent) in [(50, 10_u32), (50, 50), (50, 90), (400, 5), (37, 20), (1000, 1)] {
            let [lower, upper] = Confidence::default().ranks(count, percent).unwrap();
            let share = f64::from(percent) / 100.0;
            let below = |rank: u64| {
                // P(B <= rank - 1)
                let mut term = libm::pow(1.0 - share, count as f64);
                let mut sum = 0.0;
                for k in 0..rank {
                    sum += term;
                    term *= (count - k) as f64 / (k + 1) as f64 * share / (1.0 - share);
                }
                sum
            };
            assert!(below(lower) <= 0.025 && below(lower + 1) > 0.025, "{count} {percent}: {lower}");
            assert!(1.0 - below(upper) <= 0.025 && 1.0 - below(upper - 1) > 0.025, "{count} {percent}: {upper}");
        }
        // 0.95^50 is more than 0.025: the smallest of 50 may well lie above the fifth percentile.
        assert_eq!(Confidence::default().ranks(50, 5), None);
        assert_eq!(Confidence::default().ranks(0, 50), None);
        assert!(Confidence::default().ranks(10_000_000, 50).unwrap()[0] > 4_990_000);
    }

    #[test]
    fn several_intervals_together() {
        let confidence = Confidence::default();
        assert!((confidence.each_of(5).level() - 0.99).abs() < 1e-12);
        assert!((confidence.jointly(4) - 0.8).abs() < 1e-12);
        assert_eq!(confidence.jointly(1000).to_bits(), 0.0_f64.to_bits());
        assert!((confidence.one_sided().level() - 0.9).abs() < 1e-12);
        assert!(confidence.each_of(100_000).t(5) > 30.0);
    }
}
