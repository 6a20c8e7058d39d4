//! Whether a long run has settled, and from when on.

/// How many values of a series belong to the warm-up; `None`: it has not settled.
///
/// MSER-5: of all warm-ups the one whose rest has the mean with the smallest standard error, formally s² / (n - d); the series given is of means
/// of five observations. A warm-up of more than half of the series means that it never settled.
///
/// Source: White, An effective truncation heuristic for bias reduction in simulation output, Simulation 69, 1997; White, Cobb and Spratt, A
/// comparison of five steady-state truncation heuristics for simulation, Winter Simulation Conference 2000.
///
/// ```
/// use waitline::stats::warm_up;
/// let mut series = vec![0.0, 2.0, 4.0];
/// series.extend((0..50).map(|number| 5.0 + f64::from(number % 2)));
/// assert_eq!(warm_up(&series), Some(3));
/// let grows: Vec<f64> = (0..50).map(f64::from).collect();
/// assert_eq!(warm_up(&grows), None);
/// ```
pub fn warm_up(series: &[f64]) -> Option<usize> {
    // A handful of values at the end may be close together by chance.
    const LEAST: usize = 5;
    let (mut best, mut smallest) = (None, f64::INFINITY);
    // From the end, so that sums grow by one value at a time (Welford's recursion).
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for (place, value) in series.iter().enumerate().rev() {
        count += 1.0;
        let apart = value - mean;
        mean += apart / count;
        squares += apart * (value - mean);
        let error = squares / (count * count);
        if count >= LEAST as f64 && error <= smallest {
            (best, smallest) = (Some(place), error);
        }
    }
    best.filter(|&place| place <= series.len() / 2)
}

/// The correlation of neighbouring values of one series or several of one kind; `None` if there are no neighbours, or no two values differ.
///
/// ```
/// use waitline::stats::lag_one_correlation;
/// assert_eq!(lag_one_correlation(&[vec![1.0, 3.0, 1.0, 3.0]]), Some(-0.75));
/// assert_eq!(lag_one_correlation(&[vec![1.0, 1.0, 1.0], vec![3.0, 3.0, 3.0]]), Some(4.0 / 6.0)); // alike within each series
/// assert_eq!(lag_one_correlation(&[vec![2.0, 2.0, 2.0]]), None);
/// ```
pub fn lag_one_correlation(series: &[Vec<f64>]) -> Option<f64> {
    let all = || series.iter().flatten();
    let mean = all().sum::<f64>() / all().count() as f64;
    let squares: f64 = all().map(|value| (value - mean) * (value - mean)).sum();
    let pairs = || series.iter().flat_map(|one| one.windows(2));
    let products: f64 = pairs().map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    (pairs().next().is_some() && squares > 0.0).then(|| products / squares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SourceId;
    use crate::random::{Purpose, Streams};
    use rand_distr::{Distribution as _, StandardNormal};

    fn noise(seed: u64, count: usize) -> Vec<f64> {
        let mut stream = Streams::new(seed, 0).source(SourceId(0)).stream(Purpose::Own, 0);
        (0..count).map(|_| StandardNormal.sample(&mut stream)).collect()
    }

    /// Straight from the definition.
    fn by_definition(series: &[f64]) -> Option<usize> {
        let error = |from: usize| {
            let rest = &series[from..];
            let mean = rest.iter().sum::<f64>() / rest.len() as f64;
            rest.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (rest.len() * rest.len()) as f64
        };
        let best = (0..=series.len() - 5).min_by(|&one, &other| error(one).total_cmp(&error(other)))?;
        (best <= series.len() / 2).then_some(best)
    }

    #[test]
    fn it_is_what_the_definition_says() {
        for seed in 0..100 {
            let ramp = seed as usize % 40;
            let series: Vec<f64> = noise(seed, 100).iter().enumerate().map(|(place, noise)| noise + place.min(ramp) as f64).collect();
            assert_eq!(warm_up(&series), by_definition(&series), "{seed}");
        }
    }

    #[test]
    fn a_ramp_is_found_and_noise_has_none() {
        let with_ramp = |seed| noise(seed, 200).iter().enumerate().map(|(place, noise)| noise + place.min(40) as f64).collect::<Vec<_>>();
        for seed in 0..50 {
            assert!((30..=70).contains(&warm_up(&with_ramp(seed)).unwrap()), "{:?}", warm_up(&with_ramp(seed)));
        }
        // What is thrown away in vain is little as a rule.
        let thrown_away: usize = (0..200).map(|seed| warm_up(&noise(seed, 200)).unwrap_or(200)).sum();
        assert!(thrown_away < 200 * 20, "{thrown_away}");
    }

    #[test]
    fn short_series_are_no_proof() {
        assert_eq!(warm_up(&[]), None);
        assert_eq!(warm_up(&[1.0; 4]), None);
        assert_eq!(warm_up(&[1.0; 5]), Some(0));
    }
}
