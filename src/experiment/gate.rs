//! Expectations as a test: replications until a verdict, and no more.

use super::workers::Workers;
use super::{Across, Conditions, Experiment};
use crate::error::{Error, Problem};
use crate::model::{Expectation, Model, Outline};
use crate::stats::{Confidence, Estimate, Merge};
use serde::Serialize;
use std::sync::Arc;

/// What came of an expectation.
///
/// ```
/// assert_eq!(waitline::experiment::Outcome::Undecided.words(), "undecided");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// Whose they are.
    pub outline: Arc<Outline>,
    /// The seed.
    pub seed: u64,
    /// How many replications were run.
    pub replications: u64,
    /// After how many replications there was a look, or would have been one.
    pub looks: Vec<u64>,
    /// Whether it was stopped before all was decided or the last look came.
    pub interrupted: bool,
    /// One after the other.
    pub checks: Vec<Check>,
}

/// Decides the expectations of a model: looks after `least` replications, then after twice as many each time, up to
/// `conditions.replications`, and stops as soon as each holds or fails. Each expectation has a confidence of its own; that of `conditions` is
/// not used.
///
/// The chance of a wrong verdict is at most 1 - confidence for each expectation, all looks together: each look has its part of it (Bonferroni; a
/// sequential test by repeated confidence intervals, Jennison and Turnbull, Group Sequential Methods, 2000, chapter 9). One side of an interval
/// decides, so each has the whole chance to itself.
///
/// That is as true as Student's t is: it takes the sums of the replications for nearly normal, as they are for days of some hundred contacts.
/// With a handful of contacts in each, or where rare bad days count for much, wrong verdicts are up to three times as frequent; a larger `least` mends
/// that.
///
/// That no contact abandoned in thirty replications does not mean that none ever will. So an interval of a share that reaches 0 or 1, where few
/// or no contacts tell how much it varies, is never taken for narrower than if the contacts were independent of each other
/// ([`Estimate::of_trials`]); of a share of time, as if the replications were the trials. Contacts of one day are alike, so that is the least
/// that chance explains, not the most. Times and counts have no largest value: for them an interval of width 0 is taken as it is.
///
/// A bound of exactly 0 or 1 asks for "never" or "always". No number of replications makes that certain, and one contact refutes it: it holds or
/// fails as observed, at the first look.
///
/// # Errors
/// When the model expects nothing or a limit is met.
pub fn gate(model: &Model, least: u64, conditions: &Conditions<'_>) -> Result<Gated, Error> {
    if model.expectations.is_empty() {
        return Err(Error::input(vec![Problem::new(format!("`{}` expects nothing: there is nothing to decide", model.name))]));
    }
    let looks = looks(least, conditions.replications);
    let experiment = Experiment::new(model).seed(conditions.seed);
    experiment.check(looks[0])?;
    let workers = Workers::new(conditions.threads, conditions.stop, conditions.progress)?;
    let mut checks: Vec<Check> = model.expectations.iter().map(Check::open).collect();
    let (mut sums, mut done, mut interrupted) = (Across::default(), 0, false);
    for &goal in &looks {
        let (end, more) = experiment.sums(&workers, done..goal)?;
        sums.merge(&more);
        done = end;
        interrupted = done < goal;
        if interrupted {
            break;
        }
        for check in checks.iter_mut().filter(|check| check.outcome == Outcome::Undecided) {
            check.look(&sums, &experiment.outline, looks.len());
        }
        if checks.iter().all(|check| check.outcome != Outcome::Undecided) {
            break;
        }
    }
    Ok(Gated { outline: experiment.outline, seed: conditions.seed, replications: done, looks, interrupted, checks })
}

/// After how many replications to look.
fn looks(least: u64, most: u64) -> Vec<u64> {
    let mut looks = vec![least.clamp(2, most.max(2))];
    while let Some(&last) = looks.last()
        && last < most
    {
        looks.push(last.saturating_mul(2).min(most));
    }
    looks
}

impl Check {
    fn open(expectation: &Expectation) -> Check {
        Check { expectation: expectation.clone(), outcome: Outcome::Undecided, found: None, replications: 0 }
    }

    /// One of so many looks.
    fn look(&mut self, sums: &Across, outline: &Outline, looks: usize) {
        let Expectation { metric, bound, at_least, confidence } = &self.expectation;
        let Ok(confidence) = Confidence::new(*confidence) else { return };
        let confidence = confidence.each_of(looks).one_sided();
        self.replications = sums.replications();
        let absolute = self.expectation.is_absolute();
        self.found = if absolute { sums.estimate(outline, metric, &confidence) } else { sums.careful(outline, metric, &confidence) };
        let Some(found) = self.found else { return };
        let (low, high) = if absolute { (found.estimate, found.estimate) } else { found.bounds() };
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
