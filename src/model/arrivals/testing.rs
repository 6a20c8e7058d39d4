//! What the tests of all processes share. Seeds are fixed; limits are four standard errors.

use super::ArrivalProcess;
use crate::id::SourceId;
use crate::random::Streams;
use crate::time::Time;

pub(super) fn hours(hours: i64) -> Time {
    Time::from_us(hours * 3_600_000_000)
}

/// The instants before `until`, for source 0.
pub(super) fn instants(process: &dyn ArrivalProcess, replication: u64, until: Time) -> Vec<Time> {
    process.arrivals(Streams::new(1, replication).source(SourceId(0))).take_while(|at| *at < until).collect()
}

/// How many arrive in `[from, to)`, in each of so many replications.
pub(super) fn counts(process: &dyn ArrivalProcess, [from, to]: [Time; 2], replications: u64) -> Vec<f64> {
    (0..replications).map(|replication| instants(process, replication, to).iter().filter(|at| **at >= from).count() as f64).collect()
}

/// The mean is within four standard errors of `expected`.
pub(super) fn assert_mean(values: &[f64], expected: f64) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    assert!((mean - expected).abs() <= 4.0 * (variance / n).sqrt(), "mean {mean}, not {expected}");
    mean
}

/// Mean and dispersion are Poisson's: Fisher's index Σ(x - x̄)²/x̄ is chi-square with n - 1 degrees of freedom, here nearly normal.
pub(super) fn assert_poisson(counts: &[f64], expected: f64) {
    let mean = assert_mean(counts, expected);
    let freedom = counts.len() as f64 - 1.0;
    let index = counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / mean;
    assert!((index - freedom).abs() < 4.0 * (2.0 * freedom).sqrt(), "dispersion {}", index / freedom);
}

/// What every process owes: instants in order and not before the start, the same for the same streams and others for others.
pub(super) fn assert_lawful(process: &dyn ArrivalProcess, until: Time) {
    let first = instants(process, 0, until);
    assert!(first.len() > 10, "too few to tell");
    assert!(first[0] >= Time::START && first.is_sorted());
    assert_eq!(first, instants(process, 0, until));
    assert_ne!(first, instants(process, 1, until));
}
