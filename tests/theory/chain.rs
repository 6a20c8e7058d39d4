//! Continuous-time Markov chains with finitely many states, solved numerically.

/// The stationary distribution of an irreducible chain; `moves(state, told)` tells where it goes from a state, and how fast.
///
/// Gauss-Seidel on the balance equations p(j) x (rate out of j) = sum over i of p(i) x (rate from i to j) (W. J. Stewart, Introduction to the Numerical
/// Solution of Markov Chains, 1994, chapter 3), until they hold to 1e-12 of the fastest flow.
pub(crate) fn stationary(states: usize, moves: impl Fn(usize, &mut dyn FnMut(usize, f64))) -> Vec<f64> {
    let mut into: Vec<Vec<(usize, f64)>> = vec![Vec::new(); states];
    let mut out = vec![0.0; states];
    for (from, out) in out.iter_mut().enumerate() {
        moves(from, &mut |to, rate| {
            assert!(to < states && rate >= 0.0, "from {from} to {to} at {rate}");
            if rate > 0.0 && to != from {
                into[to].push((from, rate));
                *out += rate;
            }
        });
    }
    let mut p = vec![1.0 / states as f64; states];
    for _ in 0..20_000 {
        let mut worst = 0.0_f64;
        for state in 0..states {
            let flow: f64 = into[state].iter().map(|&(from, rate)| p[from] * rate).sum();
            worst = worst.max((flow - p[state] * out[state]).abs());
            p[state] = flow / out[state];
        }
        let sum: f64 = p.iter().sum();
        for p in &mut p {
            *p /= sum;
        }
        if worst <= 1e-12 * out.iter().copied().fold(0.0, f64::max) {
            return p;
        }
    }
    panic!("the balance equations are not solved");
}

/// The mean of a figure over the states.
pub(crate) fn mean(p: &[f64], figure: impl Fn(usize) -> f64) -> f64 {
    p.iter().enumerate().map(|(state, p)| p * figure(state)).sum()
}
