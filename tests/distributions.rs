//! Every distribution against its distribution function (Kolmogorov–Smirnov) and its moments, at a fixed seed.

use waitline::random::{Distribution, Purpose, Streams, SurvivalPoint};
use waitline::{SourceId, Span};

const DRAWS: usize = 100_000;
/// 1 % over all of some 30 cases together: 4.0 standard errors, and Kolmogorov's limit for 1 in 10,000, sqrt(ln(2 / 0.0001) / 2).
const STANDARD_ERRORS: f64 = 4.0;
const KOLMOGOROV: f64 = 2.225;

fn s(seconds: f64) -> Span {
    Span::from_secs_f64(seconds).unwrap()
}

/// Each draw from a stream of its own, as the engine does it.
fn draws(distribution: &Distribution, count: usize) -> Vec<Span> {
    let streams = Streams::new(20_260_101, 0).source(SourceId(0));
    (0..count as u64).map(|number| distribution.sample(&mut streams.stream(Purpose::HandleTime, number))).collect()
}

/// A table whose figures are those of a real patience table: censored at ten minutes.
fn patience_table() -> Vec<SurvivalPoint> {
    let points = [(10.0, 0.9626), (20.0, 0.9232), (30.0, 0.8981), (60.0, 0.823), (90.0, 0.7581), (120.0, 0.7174), (180.0, 0.6362)];
    let later = [(300.0, 0.5288), (600.0, 0.3724)];
    points.into_iter().chain(later).map(|(at, surviving)| SurvivalPoint { at: s(at), surviving }).collect()
}

/// Name, distribution, mean and standard deviation in seconds; without a standard deviation the mean is only near.
fn cases() -> Vec<(&'static str, Distribution, f64, Option<f64>)> {
    let exponential = |mean| Distribution::exponential(s(mean)).unwrap();
    let weibull_sd = |mean: f64, shape: f64| {
        let (first, second) = (libm::tgamma(1.0 + 1.0 / shape), libm::tgamma(1.0 + 2.0 / shape));
        mean * (second / (first * first) - 1.0).sqrt()
    };
    let empty_then_half = [SurvivalPoint { at: s(0.0), surviving: 0.8 }, SurvivalPoint { at: s(100.0), surviving: 0.0 }];
    vec![
        ("constant", Distribution::Constant(s(12.5)), 12.5, Some(0.0)),
        ("uniform", Distribution::uniform(s(30.0), s(90.0)).unwrap(), 60.0, Some(60.0 / 12_f64.sqrt())),
        ("exponential", exponential(240.0), 240.0, Some(240.0)),
        ("exponential, short", exponential(0.001), 0.001, Some(0.001)),
        ("lognormal, cv 0.3", Distribution::lognormal(s(300.0), 0.3).unwrap(), 300.0, Some(90.0)),
        ("lognormal, cv 1.3", Distribution::lognormal(s(300.0), 1.3).unwrap(), 300.0, Some(390.0)),
        (
            "lognormal, median",
            Distribution::lognormal_median(s(126.0), 0.868).unwrap(),
            126.0 * libm::exp(0.868 * 0.868 / 2.0),
            Some(126.0 * libm::exp(0.868 * 0.868 / 2.0) * libm::expm1(0.868 * 0.868).sqrt()),
        ),
        ("gamma, cv 0.2", Distribution::gamma(s(100.0), 0.2).unwrap(), 100.0, Some(20.0)),
        ("gamma, cv 1", Distribution::gamma(s(100.0), 1.0).unwrap(), 100.0, Some(100.0)),
        ("gamma, cv 1.8", Distribution::gamma(s(100.0), 1.8).unwrap(), 100.0, Some(180.0)),
        ("gamma, nearly constant", Distribution::gamma(s(100.0), 0.001).unwrap(), 100.0, Some(0.1)),
        ("erlang, 2", Distribution::erlang(s(200.0), 2).unwrap(), 200.0, Some(200.0 / 2_f64.sqrt())),
        ("erlang, 25", Distribution::erlang(s(200.0), 25).unwrap(), 200.0, Some(40.0)),
        ("weibull, 0.7", Distribution::weibull(s(180.0), 0.7).unwrap(), 180.0, Some(weibull_sd(180.0, 0.7))),
        ("weibull, 1", Distribution::weibull(s(180.0), 1.0).unwrap(), 180.0, Some(180.0)),
        ("weibull, 2.5", Distribution::weibull(s(180.0), 2.5).unwrap(), 180.0, Some(weibull_sd(180.0, 2.5))),
        (
            "hyperexponential",
            Distribution::hyperexponential(&[3.0, 1.0], &[s(60.0), s(600.0)]).unwrap(),
            195.0,
            // second moment 2 Σ w m² / Σ w
            Some((2.0 * (0.75 * 3600.0 + 0.25 * 360_000.0) - 195.0 * 195.0_f64).sqrt()),
        ),
        (
            "mixture",
            Distribution::mixture(&[1.0, 0.0, 4.0], vec![Distribution::Constant(s(5.0)), exponential(1e6), exponential(100.0)]).unwrap(),
            81.0,
            Some((0.2 * 25.0 + 0.8 * 20_000.0 - 81.0 * 81.0_f64).sqrt()),
        ),
        (
            "empirical values",
            Distribution::empirical([90.0, 10.0, 20.0, 20.0].map(s).to_vec()).unwrap(),
            35.0,
            Some(((100.0 + 400.0 + 400.0 + 8100.0) / 4.0 - 35.0 * 35.0_f64).sqrt()),
        ),
        ("survival table", Distribution::survival(&patience_table()).unwrap(), 590.0, None),
        // 0.8 of a uniform, 0.2 of 0: mean 40, second moment 0.8 × 100² / 3.
        ("survival table from 0", Distribution::survival(&empty_then_half).unwrap(), 40.0, Some((8000.0 / 3.0 - 1600.0_f64).sqrt())),
    ]
}

#[test]
fn draws_follow_the_distribution_function() {
    for (name, distribution, ..) in cases() {
        let mut draws = draws(&distribution, DRAWS);
        draws.sort_unstable();
        let n = DRAWS as f64;
        let mut largest: f64 = 0.0;
        // At each value drawn: the share at most this against F, and the share below it against F one microsecond earlier.
        for group in draws.chunk_by(|a, b| a == b) {
            let below = draws.partition_point(|draw| *draw < group[0]) as f64;
            largest = largest.max(((below + group.len() as f64) / n - distribution.cdf(group[0])).abs());
            if let Some(before) = group[0].as_us().checked_sub(1).filter(|us| *us >= 0) {
                largest = largest.max((below / n - distribution.cdf(Span::from_us(before))).abs());
            }
        }
        // Durations of a millisecond are so few microseconds that rounding shows: half a microsecond of density.
        let rounding = if name.ends_with("short") { 0.5 / 1000.0 } else { 0.0 };
        assert!(largest < KOLMOGOROV / n.sqrt() + rounding, "{name}: {largest}");
    }
}

#[test]
fn draws_have_the_moments() {
    for (name, distribution, mean, sd) in cases() {
        let draws: Vec<f64> = draws(&distribution, DRAWS).into_iter().map(Span::as_secs_f64).collect();
        let average = |of: &dyn Fn(f64) -> f64| draws.iter().map(|draw| of(*draw)).sum::<f64>() / DRAWS as f64;
        let drawn_mean = average(&|x| x);
        let drawn_variance = average(&|x| (x - drawn_mean) * (x - drawn_mean));
        let fourth = average(&|x| libm::pow(x - drawn_mean, 4.0));
        // A microsecond more, for rounding.
        let mean_error = (drawn_variance / DRAWS as f64).sqrt() * STANDARD_ERRORS + 1e-6;
        let known = distribution.mean_us() / 1e6;
        assert!((drawn_mean - known).abs() < mean_error, "{name}: mean {drawn_mean}, not {known}");
        if let Some(sd) = sd {
            assert!((known - mean).abs() < 1e-9 * mean, "{name}: its mean is {mean}, not {known}");
            let variance_error = ((fourth - drawn_variance * drawn_variance).max(0.0) / DRAWS as f64).sqrt() * STANDARD_ERRORS;
            assert!((drawn_variance - sd * sd).abs() < variance_error + 1e-9, "{name}: variance {drawn_variance}, not {}", sd * sd);
        }
    }
}

#[test]
fn a_survival_table_gives_back_its_shares() {
    let table = patience_table();
    let draws = draws(&Distribution::survival(&table).unwrap(), DRAWS);
    let beyond = SurvivalPoint { at: s(1200.0), surviving: 0.3724 * 0.3724 };
    for point in table.into_iter().chain([beyond]) {
        let share = draws.iter().filter(|draw| **draw > point.at).count() as f64 / DRAWS as f64;
        let error = (point.surviving * (1.0 - point.surviving) / DRAWS as f64).sqrt();
        assert!((share - point.surviving).abs() < STANDARD_ERRORS * error, "{}: {share}", point.at);
    }
}

#[test]
fn distribution_functions_rise_from_0_to_1() {
    for (name, distribution, mean, _) in cases() {
        let mut before = 0.0;
        for step in 0..=400 {
            let share = distribution.cdf(s(mean * f64::from(step) / 20.0));
            assert!((before..=1.0).contains(&share), "{name}: {share} after {before}");
            before = share;
        }
        assert!(distribution.cdf(Span::MAX) > 1.0 - 1e-9, "{name}");
    }
}

#[test]
fn extreme_parameters_are_cut_not_lost() {
    for distribution in [
        Distribution::lognormal_median(Span::MAX, 10.0).unwrap(),
        Distribution::lognormal(s(1.0), 1000.0).unwrap(),
        Distribution::gamma(s(1.0), 1000.0).unwrap(),
        Distribution::gamma(Span::MAX, 1e-6).unwrap(),
        Distribution::weibull(Span::MAX, 0.05).unwrap(),
        Distribution::weibull(Span::MAX, 1000.0).unwrap(),
        Distribution::erlang(Span::from_us(1), u32::MAX).unwrap(),
    ] {
        assert!(distribution.mean_us().is_finite(), "{distribution:?}");
        assert!(draws(&distribution, 1000).iter().all(|draw| *draw <= Span::MAX), "{distribution:?}");
    }
}
