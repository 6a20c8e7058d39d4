//! Student's t.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// The 0.975 quantile of the standard normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;
/// From here on the expansion about the normal distribution is exact to twelve digits.
const MANY: u64 = 200;

/// The 0.975 quantile of Student's t with that many degrees of freedom: a mean ± this many standard errors is a 95 % confidence interval.
///
/// ```
/// use waitline::stats::student_t_95;
/// assert!((student_t_95(9) - 2.262157).abs() < 1e-6);
/// ```
///
/// # Panics
/// Without degrees of freedom.
pub fn student_t_95(degrees: u64) -> f64 {
    assert!(degrees > 0, "a confidence interval needs at least two observations");
    if degrees > MANY {
        return expansion(degrees as f64);
    }
    // The central probability grows with the angle, t = sqrt(degrees) tan(angle).
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    for _ in 0..60 {
        let angle = f64::midpoint(low, high);
        if central_probability(angle, degrees) < 0.95 {
            low = angle;
        } else {
            high = angle;
        }
    }
    (degrees as f64).sqrt() * libm::tan(low)
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
fn expansion(degrees: f64) -> f64 {
    let x = NORMAL;
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

    #[test]
    fn table_values() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975 (three decimals).
        let table = [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (9, 2.262), (10, 2.228), (19, 2.093), (29, 2.045)];
        for (degrees, quantile) in table.into_iter().chain([(30, 2.042), (60, 2.000), (99, 1.984), (100, 1.984)]) {
            assert!((student_t_95(degrees) - quantile).abs() <= 0.000_5, "{degrees}: {}", student_t_95(degrees));
        }
        // Closed forms: t(1) = tan(0.475 pi), t(2) = 0.95 sqrt(2 / (1 - 0.95^2)).
        assert!((student_t_95(1) - libm::tan(0.475 * std::f64::consts::PI)).abs() < 1e-9);
        assert!((student_t_95(2) - 0.95 * (2.0_f64 / (1.0 - 0.95 * 0.95)).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_two_formulas_agree_where_they_meet() {
        for degrees in [MANY, MANY + 1] {
            let angle = libm::atan(expansion(degrees as f64) / (degrees as f64).sqrt());
            assert!((central_probability(angle, degrees) - 0.95).abs() < 1e-11);
        }
        assert!((student_t_95(1_000_000_000) - NORMAL).abs() < 1e-8);
    }
}
