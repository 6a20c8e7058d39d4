//! The Markov-modulated Poisson process.

use super::walk::{Segment, Walk};
use super::{ArrivalProcess, check_rate, length_us};
use crate::random::{Purpose, SourceStreams, Stream, choice};
use crate::time::{Span, Time};
use rand::distr::weighted::WeightedIndex;
use rand_distr::{Distribution as _, Exp1};

/// A state of a [`MarkovModulated`] process.
///
/// ```
/// use waitline::Span;
/// use waitline::model::RateState;
/// let storm = RateState { per_s: 2.5, mean_stay: Span::from_secs(600) };
/// assert_eq!(storm.per_s, 2.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateState {
    /// Contacts per second while the state lasts.
    pub per_s: f64,
    /// How long it lasts on average; it is exponential.
    pub mean_stay: Span,
}

/// A Poisson process whose rate depends on a state that changes by chance: calm, busy, storm.
///
/// State i lasts an exponential time of mean mᵢ, in which contacts arrive at rate λᵢ; then state j follows with chance Pᵢⱼ. The first state is
/// drawn from the long-run shares πᵢ ∝ νᵢ mᵢ, where ν = νP, so that the process is stationary from the start: Σ πᵢ λᵢ contacts a second are
/// expected at any time. Times of change are rounded to the microsecond; given them, arrivals are exact. The states are drawn apart from
/// the arrivals: on the same streams they are the same for all rates.
///
/// Two states that are left at rates a and b have the index of dispersion
/// Var N(t) / E N(t) = 1 + 2ab(λ₁-λ₂)² / ((a+b)² (λ₁b+λ₂a)) · (1 - (1 - e^(-(a+b)t)) / ((a+b)t)).
///
/// Source: Fischer and Meier-Hellstern, The Markov-modulated Poisson process (MMPP) cookbook, Performance Evaluation 18, 1993;
/// Heffes and Lucantoni, IEEE Journal on Selected Areas in Communications 4, 1986.
///
/// ```
/// use waitline::model::{ArrivalProcess, MarkovModulated, RateState};
/// use waitline::{Span, Time};
/// let calm = RateState { per_s: 0.1, mean_stay: Span::from_secs(3000) };
/// let storm = RateState { per_s: 0.7, mean_stay: Span::from_secs(1000) };
/// let calls = MarkovModulated::cyclic(vec![calm, storm]).unwrap();
/// let expected = calls.expected(Time::START, Time::START + Span::from_secs(100)).unwrap();
/// assert!((expected - 25.0).abs() < 1e-9);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MarkovModulated {
    /// Rate per microsecond and mean stay in microseconds.
    states: Vec<(f64, f64)>,
    first: WeightedIndex<f64>,
    next: Vec<WeightedIndex<f64>>,
    mean_per_us: f64,
}

/// Below so many arrivals per change of state the next arrival could take unreasonably long to find.
const ARRIVALS_PER_STAY_MIN: f64 = 1e-6;

impl MarkovModulated {
    /// The states follow each other in order, and the first follows the last.
    ///
    /// # Errors
    /// As [`MarkovModulated::new`].
    pub fn cyclic(states: Vec<RateState>) -> Result<MarkovModulated, String> {
        let n = states.len();
        let row = |from: usize| (0..n).map(|to| f64::from(to == (from + 1) % n)).collect();
        let transitions: Vec<Vec<f64>> = (0..n).map(row).collect();
        MarkovModulated::new(states, &transitions)
    }

    /// State `j` follows state `i` with a chance in proportion to `transitions[i][j]`.
    ///
    /// # Errors
    /// When there are fewer than two states; a rate or mean stay is out of range; `transitions` is not square, has a weight that is negative or
    /// not finite, or lets a state follow itself; some state cannot be reached from another; or hardly anything ever arrives.
    pub fn new(states: Vec<RateState>, transitions: &[Vec<f64>]) -> Result<MarkovModulated, String> {
        let n = states.len();
        if n < 2 {
            return Err(format!("there must be at least two states, not {n}; with one it is the Poisson process"));
        }
        if transitions.len() != n || transitions.iter().any(|row| row.len() != n) {
            return Err(format!("transitions must have {n} rows of {n} weights, as many as there are states"));
        }
        let mut checked = Vec::new();
        let mut next = Vec::new();
        for (index, (state, row)) in states.into_iter().zip(transitions).enumerate() {
            let at = |why: String| format!("state {}: {why}", index + 1);
            if state.mean_stay == Span::ZERO {
                return Err(at("the mean stay must be more than 0".into()));
            }
            checked.push((check_rate(state.per_s).map_err(at)?, state.mean_stay.as_us() as f64));
            next.push(choice(row).map_err(at)?);
            if row[index] > 0.0 {
                return Err(at("it must not follow itself; give it a longer stay instead".into()));
            }
        }
        let visits = stationary(transitions).ok_or("every state must be reachable from every other")?;
        let stays: Vec<f64> = visits.iter().zip(&checked).map(|(visits, (_, stay))| visits * stay).collect();
        let time: f64 = stays.iter().sum();
        let arrivals: f64 = stays.iter().zip(&checked).map(|(stay, (rate, _))| stay * rate).sum();
        if arrivals < ARRIVALS_PER_STAY_MIN {
            return Err("the rates are too low: less than one arrival in a million changes of state".into());
        }
        Ok(MarkovModulated { states: checked, first: choice(&stays)?, next, mean_per_us: arrivals / time })
    }
}

/// The shares of visits ν = νP of a chain whose rows are given up to a factor, or `None` if some state cannot be reached from another.
///
/// Eliminates states from the last to the first, without subtractions: Grassmann, Taksar and Heyman, Regenerative analysis and steady state
/// distributions for Markov chains, Operations Research 33, 1985.
fn stationary(transitions: &[Vec<f64>]) -> Option<Vec<f64>> {
    let n = transitions.len();
    let mut p: Vec<Vec<f64>> = transitions.iter().map(|row| row.iter().map(|weight| weight / row.iter().sum::<f64>()).collect()).collect();
    for last in (1..n).rev() {
        let leaving: f64 = p[last][..last].iter().sum();
        if leaving <= 0.0 {
            return None;
        }
        for from in 0..last {
            p[from][last] /= leaving;
            for to in 0..last {
                p[from][to] += p[from][last] * p[last][to];
            }
        }
    }
    let mut visits = vec![1.0];
    while visits.len() < n {
        let state = visits.len();
        visits.push(visits.iter().zip(&p).map(|(visits, row)| visits * row[state]).sum());
    }
    let sum: f64 = visits.iter().sum();
    visits.iter().all(|visits| *visits > 0.0).then(|| visits.iter().map(|visits| visits / sum).collect())
}

/// The stays in the states, one after the other.
#[derive(Debug)]
struct Stays<'a> {
    process: &'a MarkovModulated,
    state: usize,
    at: Time,
    stream: Stream,
}

impl Iterator for Stays<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        let (rate, mean_stay_us) = self.process.states[self.state];
        let unit: f64 = Exp1.sample(&mut self.stream);
        let start = self.at;
        self.at = start.after(Span::from_us_f64(unit * mean_stay_us));
        self.state = self.process.next[self.state].sample(&mut self.stream);
        (start < Time::NEVER).then_some(Segment { start, end: self.at, from: rate, to: rate })
    }
}

impl ArrivalProcess for MarkovModulated {
    fn arrivals(&self, streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
        let mut stream = streams.stream(Purpose::Arrivals, 1);
        let state = self.first.sample(&mut stream);
        let stays = Stays { process: self, state, at: Time::START, stream };
        Box::new(Walk::new(stays, streams.stream(Purpose::Arrivals, 0)))
    }

    fn expected(&self, from: Time, to: Time) -> Option<f64> {
        Some(length_us(from, to) * self.mean_per_us)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_lawful, assert_mean, assert_poisson, counts, hours, instants};
    use super::*;

    fn state(per_h: f64, stay_s: i64) -> RateState {
        RateState { per_s: per_h / 3600.0, mean_stay: Span::from_secs(stay_s) }
    }

    #[test]
    fn two_states_have_the_closed_form_dispersion() {
        let process = MarkovModulated::cyclic(vec![state(20.0, 3600), state(120.0, 1200)]).unwrap();
        assert_lawful(&process, hours(20));
        let (a, b, first, second) = (1.0, 3.0, 20.0, 120.0); // per hour
        for t in [1, 4] {
            let mean = 45.0 * f64::from(t);
            assert!((process.expected(hours(0), hours(t.into())).unwrap() - mean).abs() < 1e-9);
            let decay = (a + b) * f64::from(t);
            let spread = (first - second) * (first - second) / ((a + b) * (a + b) * (first * b + second * a));
            let dispersion = 1.0 + 2.0 * a * b * spread * (1.0 + libm::expm1(-decay) / decay);
            // Stationary: the same from the start as later.
            for start in [0, 5] {
                let counts = counts(&process, [hours(start), hours(start + i64::from(t))], 6000);
                assert_mean(&counts, mean);
                let squares: Vec<f64> = counts.iter().map(|count| (count - mean) * (count - mean)).collect();
                assert_mean(&squares, dispersion * mean);
            }
        }
    }

    #[test]
    fn equal_rates_are_the_poisson_process() {
        let process = MarkovModulated::cyclic(vec![state(36.0, 100), state(36.0, 900), state(36.0, 5)]).unwrap();
        assert_poisson(&counts(&process, [hours(0), hours(1)], 4000), 36.0);
    }

    #[test]
    fn transitions_decide_the_shares() {
        // Visits ν = (4, 3, 2)/9 for these rows; stays 10, 20, 30 minutes: time shares 40, 60, 60 of 160.
        let rows = [vec![0.0, 3.0, 1.0], vec![2.0, 0.0, 1.0], vec![4.0, 0.0, 0.0]];
        let visits = stationary(&rows).unwrap();
        assert!(visits.iter().zip([4.0, 3.0, 2.0]).all(|(is, should)| (is - should / 9.0).abs() < 1e-12), "{visits:?}");
        let process = MarkovModulated::new(vec![state(80.0, 600), state(0.0, 1200), state(16.0, 1800)], &rows).unwrap();
        let mean = (40.0 * 80.0 + 60.0 * 16.0) / 160.0;
        assert!((process.expected(hours(0), hours(1)).unwrap() - mean).abs() < 1e-9);
        assert_mean(&counts(&process, [hours(0), hours(10)], 3000), 10.0 * mean);
    }

    #[test]
    fn states_are_the_same_for_all_rates() {
        let silent_then = |per_h| MarkovModulated::cyclic(vec![state(0.0, 1000), state(per_h, 1000)]).unwrap();
        // The many show where the loud states are; the few fall into nothing else, give or take the gaps of the many.
        let (few, many) = (instants(&silent_then(40.0), 0, hours(20)), instants(&silent_then(360_000.0), 0, hours(20)));
        assert!(few.len() > 100);
        for at in few {
            let place = many.partition_point(|other| *other < at);
            let near = many[place.saturating_sub(1)..(place + 1).min(many.len())].iter().map(|other| (other.as_us() - at.as_us()).abs());
            assert!(near.min().unwrap() < 200_000, "{at}");
        }
    }

    #[test]
    fn what_is_refused_says_why() {
        let two = || vec![state(1.0, 60), state(2.0, 60)];
        for (states, rows, why) in [
            (vec![state(1.0, 60)], vec![vec![1.0]], "there must be at least two states, not 1; with one it is the Poisson process"),
            (two(), vec![vec![0.0, 1.0]], "transitions must have 2 rows of 2 weights, as many as there are states"),
            (two(), vec![vec![0.0, 1.0], vec![1.0]], "transitions must have 2 rows of 2 weights, as many as there are states"),
            (two(), vec![vec![0.5, 1.0], vec![1.0, 0.0]], "state 1: it must not follow itself; give it a longer stay instead"),
            (two(), vec![vec![0.0, 1.0], vec![0.0, 0.0]], "state 2: the sum of the weights must be more than 0 and finite"),
            (
                vec![state(1.0, 60), state(-1.0, 60)],
                vec![vec![0.0, 1.0], vec![1.0, 0.0]],
                "state 2: a rate must be a number from 0 to 1000000 per second, not -0.0002777777777777778",
            ),
            (vec![state(1.0, 60), state(1.0, 0)], vec![vec![0.0, 1.0], vec![1.0, 0.0]], "state 2: the mean stay must be more than 0"),
            (
                vec![state(0.0, 60), state(0.0, 60)],
                vec![vec![0.0, 1.0], vec![1.0, 0.0]],
                "the rates are too low: less than one arrival in a million changes of state",
            ),
            (
                vec![state(1.0, 60), state(1.0, 60), state(1.0, 60)],
                vec![vec![0.0, 1.0, 0.0], vec![1.0, 0.0, 0.0], vec![1.0, 0.0, 0.0]],
                "every state must be reachable from every other",
            ),
            (
                vec![state(1.0, 60), state(1.0, 60), state(1.0, 60)],
                vec![vec![0.0, 1.0, 1.0], vec![0.0, 0.0, 1.0], vec![0.0, 1.0, 0.0]],
                "every state must be reachable from every other",
            ),
        ] {
            assert_eq!(MarkovModulated::new(states, &rows).unwrap_err(), why);
        }
    }
}
