//! How each figure is formed from the sums.

use super::across::column::agents as desks;
use super::across::{Across, Row, column, observed, observed_work};
use super::agent_sums::{GroupSums, observed_agents};
use super::path_sums::observed_ways;
use crate::model::{Measure, Metric, Outline, Scope, Unit};
use crate::observe::Outcome;
use crate::observers::{Spread, Summary};
use crate::stats::{Confidence, Estimate, Moments, Shares, Terms};

/// A ratio of two sums over replications, or a mean per replication.
///
/// ```
/// use waitline::experiment::Formula;
/// use waitline::model::Measure;
/// let asa = Formula::of(Measure::Asa, 0).unwrap();
/// assert!(asa.denominator.is_some());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Formula {
    /// What is summed above the line.
    pub numerator: Terms<'static>,
    /// Below it; `None`: the replications.
    pub denominator: Option<Terms<'static>>,
    /// The unit of the result, in units of the sums: 1e6 for seconds from microseconds.
    pub unit: f64,
}

const OFFERED: Terms<'static> = &[(column::OFFERED, 1)];
const ANSWERED: Terms<'static> = &[(column::ANSWERED, 1)];
const ABANDONED: Terms<'static> = &[(column::ABANDONED, 1)];
const REJECTED: Terms<'static> = &[(column::REJECTED, 1)];
const LEFT: Terms<'static> = &[(column::ANSWERED, 1), (column::ABANDONED, 1), (column::DIVERTED, 1)];
const WAITS: Terms<'static> = &[(column::WAIT_ANSWERED_US, 1), (column::WAIT_ABANDONED_US, 1), (column::WAIT_DIVERTED_US, 1)];
const IN_TIME: Terms<'static> = &[(column::answered_within(0), 1)];
const HANDLING: Terms<'static> = &[(column::HANDLING_US, 1)];
const STAFFED: Terms<'static> = &[(column::STAFFED_US, 1)];
/// With a contact in hand or idle.
const AT_DESK: Terms<'static> = &[(desks::STAFFED_US, 1)];

impl Formula {
    /// The formula of a measure, in a run of which `counted_us` count (R21, R22); `None` for those that are no such ratio: percentiles, and
    /// the share of days.
    pub fn of(measure: Measure, counted_us: i64) -> Option<Formula> {
        let mean = |numerator| Formula { numerator, denominator: None, unit: 1.0 };
        let share = |numerator, denominator| Formula { numerator, denominator: Some(denominator), unit: 1.0 };
        let seconds = |formula: Formula| Formula { unit: 1e6, ..formula };
        Some(match measure {
            Measure::Offered => mean(OFFERED),
            Measure::Answered => mean(ANSWERED),
            Measure::Abandoned => mean(ABANDONED),
            Measure::Rejected => mean(REJECTED),
            Measure::Diverted => mean(&[(column::DIVERTED, 1)]),
            Measure::Unfinished => mean(&[(column::UNFINISHED, 1)]),
            Measure::ServiceLevel => share(IN_TIME, OFFERED),
            Measure::Asa => seconds(share(&[(column::WAIT_ANSWERED_US, 1)], ANSWERED)),
            Measure::MeanWait => seconds(share(WAITS, LEFT)),
            Measure::Delayed => share(&[(column::OFFERED, 1), (column::AT_ONCE, -1)], OFFERED),
            Measure::AbandonmentRate => share(ABANDONED, OFFERED),
            Measure::RejectionRate => share(REJECTED, OFFERED),
            Measure::QueueLength if counted_us > 0 => Formula { unit: counted_us as f64, ..mean(&[(column::WAITING_US, 1)]) },
            Measure::Occupancy => share(HANDLING, STAFFED),
            Measure::Staffed => seconds(mean(STAFFED)),
            Measure::Handling => seconds(mean(HANDLING)),
            Measure::Spoken => share(&[(column::SPOKEN, 1)], column::CALLS),
            Measure::SelfServed => share(&[(column::OUTCOMES + Outcome::SelfServed as usize, 1)], column::CALLS),
            Measure::Served => share(&[(column::SPOKEN, 1), (column::OUTCOMES + Outcome::SelfServed as usize, 1)], column::CALLS),
            Measure::Calls => mean(column::CALLS),
            Measure::Blocked => share(&[(column::OUTCOMES + Outcome::Blocked as usize, 1)], column::CALLS),
            Measure::ToAgent => seconds(share(&[(column::TO_AGENT_US, 1)], &[(column::SPOKEN, 1)])),
            Measure::Concurrency => share(&[(desks::HANDLE_US, 1)], AT_DESK),
            Measure::AnswerRate => share(&[(desks::ACCEPTED, 1)], &[(desks::OFFERS, 1)]),
            Measure::NonResponse => mean(desks::NON_RESPONSE),
            Measure::NonProductive => seconds(mean(&[(desks::NON_PRODUCTIVE_US, 1)])),
            Measure::LongestRun => seconds(mean(&[(desks::LONGEST_RUN_US, 1)])),
            Measure::OffSkill => share(&[(desks::OFF_SKILL, 1)], &[(desks::ANSWERED, 1)]),
            Measure::QueueLength | Measure::DaysMeetingTarget | Measure::Wait(_) | Measure::OccupancySpread => return None,
        })
    }

    /// The figure over all replications.
    pub fn estimate(&self, moments: &Moments, confidence: &Confidence) -> Option<Estimate> {
        let found = match self.denominator {
            Some(denominator) => moments.ratio(self.numerator, denominator, confidence),
            None => moments.mean(self.numerator, confidence),
        };
        found.map(|estimate| estimate.per(self.unit))
    }
}

/// Numerator and denominator of a metric in one replication; of a mean, the denominator is 1, of one over time the time that counts, for designs may
/// differ in it. Of the days that meet the target, 1 or 0, and 1; of the spread of occupancies, it and 1. `None` for percentiles, and where there is
/// nothing to take it from.
pub(super) fn parts(outline: &Outline, summary: &Summary, metric: &Metric) -> Option<[i128; 2]> {
    if metric.measure == Measure::DaysMeetingTarget {
        let (row, target) = (observed(outline, summary, metric.scope), outline.headline(metric.scope)?.target?);
        let share = Shares::share(row[column::answered_within(0)], row[column::OFFERED])?;
        return Some([i128::from(share >= target), 1]);
    }
    let profile = || if let Scope::Profile(profile) = metric.scope { Some(profile) } else { None };
    if metric.measure == Measure::OccupancySpread {
        return Some([summary.agents()?.spread(profile())?.deviation?.into(), Spread::ONE.into()]);
    }
    let formula = Formula::of(metric.measure, outline.counted_us())?;
    let row = if metric.measure.of_agents() {
        observed_work(outline, summary, metric.scope).to_vec()
    } else if metric.measure.of_ways() {
        observed_ways(summary.paths()?)
    } else if metric.measure.of_desks() {
        observed_agents(summary.agents()?, profile()).to_vec()
    } else {
        observed(outline, summary, metric.scope)
    };
    let sum = |terms: Terms<'_>| terms.iter().map(|&(column, factor)| row[column] * i128::from(factor)).sum();
    let once = if metric.measure == Measure::QueueLength { outline.counted_us().into() } else { 1 };
    Some([sum(formula.numerator), formula.denominator.map_or(once, sum)])
}

/// The unit of the quotient of the [`parts`] of a measure.
pub(super) fn unit_of_parts(measure: Measure) -> f64 {
    // One second is enough: only the unit of the mean over time depends on how long it is, and that is in its denominator.
    Formula::of(measure, 1_000_000).filter(|_| measure != Measure::QueueLength).map_or(1.0, |formula| formula.unit)
}

impl Across {
    /// The figure of a metric; `None` if it does not exist (R24).
    pub fn estimate(&self, outline: &Outline, metric: &Metric, confidence: &Confidence) -> Option<Estimate> {
        match (Formula::of(metric.measure, outline.counted_us()), metric.measure) {
            (Some(formula), _) => formula.estimate(self.moments(metric)?, confidence),
            (None, Measure::Wait(percent)) => self.row(metric.scope).waits.percentile(percent, confidence).map(|us| us.per(1e6)),
            (None, Measure::DaysMeetingTarget) => {
                outline.headline(metric.scope)?.target.and_then(|_| self.row(metric.scope).days.meeting_target(confidence))
            }
            (None, Measure::OccupancySpread) => self.group(metric.scope)?.spread(confidence),
            (None, _) => None,
        }
    }

    /// `None`: the model does not report what agents did.
    fn group(&self, scope: Scope) -> Option<&GroupSums> {
        self.desks()?.of(scope)
    }

    /// The same, but the interval of a share that reaches 0 or 1, where few or no contacts tell how much it varies, is never narrower than if the
    /// contacts were independent of each other ([`Estimate::of_trials`]): that nobody abandoned so far does not mean that nobody ever will.
    pub(super) fn careful(&self, outline: &Outline, metric: &Metric, confidence: &Confidence) -> Option<Estimate> {
        let found = self.estimate(outline, metric, confidence)?;
        let (low, high) = found.bounds();
        let at_the_end = metric.measure.unit() == Unit::Share && (low <= 0.0 || high >= 1.0);
        Some(match self.trials(outline, metric).filter(|_| at_the_end) {
            Some(trials) => found.of_trials(trials, confidence),
            None => found,
        })
    }

    /// Of how many trials a share is: contacts; or replications, where it is a share of time. `None` for what is no ratio of sums.
    fn trials(&self, outline: &Outline, metric: &Metric) -> Option<f64> {
        let denominator = Formula::of(metric.measure, outline.counted_us())?.denominator?;
        let contacts = self.moments(metric)?.sum(denominator) as f64;
        Some(if metric.measure.of_agents() { self.replications() as f64 } else { contacts })
    }

    fn row(&self, scope: Scope) -> &Row {
        match scope {
            Scope::Queue(queue) => self.queue(queue),
            _ => self.total(),
        }
    }

    /// `None`: the model has no paths to service, or does not report what agents did.
    fn moments(&self, metric: &Metric) -> Option<&Moments> {
        if metric.measure.of_ways() {
            return self.paths().map(|paths| &paths.total.ways);
        }
        if metric.measure.of_desks() {
            return self.group(metric.scope).map(|group| &group.work);
        }
        Some(match metric.scope {
            Scope::Profile(profile) => self.profile(profile),
            _ if metric.measure.of_agents() => self.agents(),
            scope => &self.row(scope).moments,
        })
    }
}
