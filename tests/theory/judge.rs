//! Figures of independent replications against theory.

/// The mean must lie within four standard errors of theory (by chance alone one in 16,000 would not), and the standard error must be so small that a
/// mistake of `notice`, relative to theory, would be noticed.
pub(crate) fn judge_values(values: &[f64], what: &str, theory: f64, notice: f64) {
    judge_near(values, what, theory, notice * theory);
}

/// The same with the mistake that would be noticed as it is, for figures that may be 0.
pub(crate) fn judge_near(values: &[f64], what: &str, theory: f64, notice: f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let error = (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0) / n).sqrt();
    println!("{what}: {mean:.5} ± {error:.5}, theory {theory:.5}");
    assert!((mean - theory).abs() <= 4.0 * error, "{what}: {mean} is {:.1} standard errors from {theory}", (mean - theory) / error);
    assert!(8.0 * error <= notice, "{what}: the standard error {error} is too large to notice a mistake of {notice} at {theory}");
}
