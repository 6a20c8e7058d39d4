//! Expectations as a test: replications until a verdict, and no more.

use super::workers::Workers;
use super::{Across, Conditions, Experiment, Results};
use crate::error::{Error, ErrorKind, Problem};
use crate::model::{Expectation, Model, Outline};
use crate::stats::{Confidence, Estimate, Merge};

/// What came of an expectation.
///
/// ```
/// assert_eq!(waitline::experiment::Outcome::Undecided.words(), "undecided");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is met, with the confidence that was asked for.
    Holds,
    /// It is not met, with that confidence.
    Fails,
    /// The largest number of replications did not tell.
    Undecided,
}

impl Outcome {
    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Outcome::Holds => "holds",
            Outcome::Fails => "FAILS",
            Outcome::Undecided => "undecided",
        }
    }
}

/// An expectation and its verdict.
///
/// ```
/// use waitline::experiment::{Conditions, Outcome, gate};
/// let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// let expects = format!("{text}\n[[expect]]\nmetric = \"savings.service_level\"\nat_least = 0.7\n");
/// let model = expects.parse::<waitline::Scenario>()?.compile()?;
/// let checks = gate(&model, 30, &Conditions::new(1, 10_000))?.checks;
/// assert_eq!(checks[0].outcome, Outcome::Holds);
/// assert_eq!(checks[0].replications, 30); // it was clear at once
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What was expected.
    pub expectation: Expectation,
    /// What came of it.
    pub outcome: Outcome,
    /// The figure when that was decided; the half-width is the one that decided.
    pub found: Option<Estimate>,
    /// After how many replications.
    pub replications: u64,
}

/// The verdicts on a model's expectations.
///
/// ```
/// use waitline::experiment::{Conditions, gate};
/// let model = waitline::Scenario::open("scenarios/savings-overflow.toml")?.compile()?;
/// assert!(gate(&model, 30, &Conditions::new(1, 100)).is_err()); // it expects nothing
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gated {
    /// One after the other.
    pub checks: Vec<Check>,
    /// All replications that were run.
    pub results: Results,
}

/// Decides the expectations of a model: looks after `least` replications, then after twice as many each time, up to
/// `conditions.replications`, and stops as soon as each holds or fails.
///
/// The chance of a wrong verdict is at most 1 - confidence for each expectation, all looks together: each look has its part of it (Bonferroni; a
/// sequential test by repeated confidence intervals, Jennison and Turnbull, Group Sequential Methods, 2000, chapter 9). One side of an interval
/// decides, so each has the whole chance to itself.
///
/// # Errors
/// When the model expects nothing, a limit is met, or it was stopped before the first look.
pub fn gate(model: &Model, least: u64, conditions: &Conditions<'_>) -> Result<Gated, Error> {
    if model.expectations.is_empty() {
        let message = format!("`{}` expects nothing: add an [[expect]], or give a --baseline", model.name);
        return Err(Error::input(vec![Problem::new(message)]));
    }
    let looks = looks(least, conditions.replications);
    let experiment = Experiment::new(model).seed(conditions.seed).confidence(conditions.confidence.clone());
    experiment.check(looks[0])?;
    let workers = Workers::new(conditions.threads, conditions.stop, conditions.progress)?;
    let mut checks: Vec<Check> = model.expectations.iter().map(Check::open).collect();
    let (mut sums, mut done) = (Across::default(), 0);
    for &goal in &looks {
        let (end, more) = experiment.sums(&workers, done..goal)?;
        sums.merge(&more);
        done = end;
        if done < goal {
            break;
        }
        for check in checks.iter_mut().filter(|check| check.outcome == Outcome::Undecided) {
            check.look(&sums, &experiment.outline, done, looks.len());
        }
        if checks.iter().all(|check| check.outcome != Outcome::Undecided) {
            break;
        }
    }
    if done < looks[0] {
        return Err(Error::new(ErrorKind::Limit, Problem::new("stopped before the first look: there is no verdict")));
    }
    Ok(Gated { checks, results: experiment.results(sums, done)? })
}

/// After how many replications to look.
fn looks(least: u64, most: u64) -> Vec<u64> {
    let mut looks = vec![least.clamp(2, most.max(2))];
    while let Some(&last) = looks.last()
        && last < most
    {
        looks.push((last * 2).min(most));
    }
    looks
}

impl Check {
    fn open(expectation: &Expectation) -> Check {
        Check { expectation: expectation.clone(), outcome: Outcome::Undecided, found: None, replications: 0 }
    }

    fn look(&mut self, sums: &Across, outline: &Outline, replications: u64, looks: usize) {
        let Expectation { metric, bound, at_least, confidence } = &self.expectation;
        let Ok(confidence) = Confidence::new(*confidence) else { return };
        self.replications = replications;
        self.found = sums.estimate(outline, metric, &confidence.each_of(looks).one_sided());
        let Some((low, high)) = self.found.as_ref().map(Estimate::bounds) else { return };
        self.outcome = match at_least {
            true if low >= *bound => Outcome::Holds,
            true if high < *bound => Outcome::Fails,
            false if high <= *bound => Outcome::Holds,
            false if low > *bound => Outcome::Fails,
            _ => Outcome::Undecided,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_double() {
        assert_eq!(looks(30, 200), [30, 60, 120, 200]);
        assert_eq!(looks(30, 30), [30]);
        assert_eq!(looks(100, 30), [30]);
    }
}
