//! What is said of a queue, with its definitions.

use crate::experiment::{Cell, Formula, Row, column};
use crate::model::{Measure, ServiceLevel};
use crate::stats::{Confidence, Estimate, Moments, Shares, Terms};
use serde::Serialize;

/// An estimate, if it exists (R24).
pub type Figure = Option<Estimate>;

/// The four ways to define a service level (R21).
///
/// ```
/// use waitline::report::Definition;
/// assert_eq!(Definition::ALL[0].text(), "answered/offered");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// Answered within the threshold / offered.
    Offered,
    /// Answered within / (offered - abandoned).
    WithoutAbandoned,
    /// Answered within / (offered - abandoned within).
    WithoutQuicklyAbandoned,
    /// (Answered or abandoned) within / offered: Amazon Connect's; quick abandons count in its favour.
    Removed,
}

impl Definition {
    /// All of them, the default first.
    pub const ALL: [Definition; 4] =
        [Definition::Offered, Definition::WithoutAbandoned, Definition::WithoutQuicklyAbandoned, Definition::Removed];

    /// The definition as reports name it.
    pub fn text(self) -> &'static str {
        match self {
            Definition::Offered => "answered/offered",
            Definition::WithoutAbandoned => "answered/(offered-abandoned)",
            Definition::WithoutQuicklyAbandoned => "answered/(offered-abandoned_within)",
            Definition::Removed => "removed/offered",
        }
    }

    fn estimate(self, moments: &Moments, level: usize, confidence: &Confidence) -> Figure {
        let answered = (column::answered_within(level), 1);
        let abandoned = column::abandoned_within(level);
        match self {
            Definition::Offered => moments.ratio(&[answered], OFFERED, confidence),
            Definition::WithoutAbandoned => moments.ratio(&[answered], &[(column::OFFERED, 1), (column::ABANDONED, -1)], confidence),
            Definition::WithoutQuicklyAbandoned => moments.ratio(&[answered], &[(column::OFFERED, 1), (abandoned, -1)], confidence),
            Definition::Removed => moments.ratio(&[answered, (abandoned, 1), (column::diverted_within(level), 1)], OFFERED, confidence),
        }
    }
}

const OFFERED: Terms<'static> = &[(column::OFFERED, 1)];
const DIVERTED: Terms<'static> = &[(column::DIVERTED, 1)];

/// A service level under one definition; never without threshold and comparator, unless each contact has its own queue's.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let report = waitline::Experiment::new(&model).replications(5).run().unwrap().report();
/// let headline = &report.queues[0].figures.service_level[0];
/// assert_eq!((headline.within_s, headline.comparator, headline.target), (Some(30.0), Some("<="), Some(0.8)));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServiceLevelFigure {
    /// The threshold; `None`: each queue's own headline.
    pub within_s: Option<f64>,
    /// `<=` or `<`; `None`: each queue's own.
    pub comparator: Option<&'static str>,
    /// [`Definition::text`].
    pub definition: &'static str,
    /// What should be reached.
    pub target: Option<f64>,
    /// The share reached.
    pub estimate: Option<f64>,
    /// Its half-width.
    pub half_width: Option<f64>,
}

impl ServiceLevelFigure {
    /// The share reached, as the other figures have it.
    pub fn figure(&self) -> Figure {
        // Why there is no half-width is said of the figures that it is the same for.
        self.estimate.map(|estimate| Estimate { estimate, half_width: self.half_width, why_not: None })
    }

    /// `<= 30 s`.
    pub fn threshold(&self) -> String {
        match (self.comparator, self.within_s) {
            (Some(comparator), Some(within)) => format!("{comparator} {within} s"),
            _ => "each queue's own".into(),
        }
    }
}

/// Waits of all who left the queue, answered or not, in seconds.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let report = waitline::Experiment::new(&model).replications(5).run().unwrap().report();
/// let waits = report.total.wait_s.as_ref().unwrap();
/// assert!(waits.p50.as_ref().unwrap().estimate <= waits.p99.as_ref().unwrap().estimate);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaitFigures {
    /// Half of them waited at most so long (nearest rank over all replications, to within 0.4 %; half-widths by Woodruff's method).
    pub p50: Figure,
    /// 90 of 100 did.
    pub p90: Figure,
    /// 95 of 100 did.
    pub p95: Figure,
    /// 99 of 100 did.
    pub p99: Figure,
    /// The longest of all replications.
    pub max: Option<f64>,
}

/// How many waited.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let report = waitline::Experiment::new(&model).replications(5).run().unwrap().report();
/// let length = &report.total.queue_length;
/// assert!(length.mean.as_ref().unwrap().estimate < length.max.unwrap() as f64);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueLength {
    /// On average over time, until the horizon.
    pub mean: Figure,
    /// The most at once, in any replication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

/// How the headline service level (answered within the threshold / offered) is distributed over replications, each a day.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let report = waitline::Experiment::new(&model).replications(50).run().unwrap().report();
/// let days = report.queues[0].figures.days.as_ref().unwrap();
/// let value = |figure: waitline::report::Figure| figure.unwrap().estimate;
/// assert!(value(days.p10) < value(days.p50) && value(days.p50) < value(days.p90));
/// println!("{:?} of all days meet the target", days.meeting_target);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Days {
    /// The share of days that meet the target, if there is one; the half-width is the longer side of Wilson's interval.
    pub meeting_target: Figure,
    /// 5 of 100 days have at most this service level (nearest rank, to 0.01 percentage points; half-widths by ranks).
    pub p5: Figure,
    /// 10 of 100 days.
    pub p10: Figure,
    /// Half of the days.
    pub p50: Figure,
    /// 90 of 100 days.
    pub p90: Figure,
    /// 95 of 100 days.
    pub p95: Figure,
}

impl Days {
    fn of(shares: &Shares, target: Option<f64>, confidence: &Confidence) -> Option<Days> {
        let percentile = |percent| shares.percentile(percent, confidence);
        let days = Days {
            meeting_target: target.and_then(|_| shares.meeting_target(confidence)),
            p5: percentile(5),
            p10: percentile(10),
            p50: percentile(50),
            p90: percentile(90),
            p95: percentile(95),
        };
        // One day has no distribution.
        (shares.count() > 1).then_some(days)
    }
}

/// What is said of a queue, or of all together.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let report = waitline::Experiment::new(&model).replications(5).run().unwrap().report();
/// let total = &report.total;
/// assert!(total.answered.as_ref().unwrap().estimate < total.offered.as_ref().unwrap().estimate);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Contacts offered, per replication.
    pub offered: Figure,
    /// Contacts answered.
    pub answered: Figure,
    /// Contacts that abandoned.
    pub abandoned: Figure,
    /// Contacts rejected, because the queue was full.
    pub rejected: Figure,
    /// Contacts that left the queue in another way than to an agent or out of patience, if any did: moved to another queue, promised a callback, sent away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diverted: Figure,
    /// Contacts still waiting when the run ended.
    pub unfinished: Figure,
    /// Each threshold under the four definitions.
    pub service_level: Vec<ServiceLevelFigure>,
    /// Average speed of answer: mean wait of answered contacts.
    pub asa_s: Figure,
    /// Mean wait of all that left the queue.
    pub mean_wait_s: Figure,
    /// Percentiles of the same waits; not by interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_s: Option<WaitFigures>,
    /// Share of offered contacts not answered at wait 0.
    pub delayed: Figure,
    /// Rejected / offered.
    pub rejection_rate: Figure,
    /// Abandoned / offered.
    pub abandonment_rate: Figure,
    /// How many waited.
    pub queue_length: QueueLength,
    /// The headline service level from day to day; `None` with fewer than two replications.
    pub days: Option<Days>,
}

/// A threshold to report: `None` for each queue's own.
pub(super) type Level = Option<ServiceLevel>;

impl Figures {
    pub(super) fn of_row(row: &Row, counted_us: i64, levels: &[Level], confidence: &Confidence) -> Figures {
        let waits = |percent| row.waits.percentile(percent, confidence).map(|us| us.per(1e6));
        let max = row.longest.max().map(|us| us as f64 / 1e6);
        let mut figures = Figures::of_moments(&row.moments, counted_us, levels, confidence);
        figures.wait_s = Some(WaitFigures { p50: waits(50), p90: waits(90), p95: waits(95), p99: waits(99), max });
        figures.queue_length.max = row.waiting_max.max();
        figures.days = Days::of(&row.days, target(levels), confidence);
        figures
    }

    pub(super) fn of_cell(cell: &Cell, counted_us: i64, levels: &[Level], confidence: &Confidence) -> Figures {
        let mut figures = Figures::of_moments(&cell.moments, counted_us, levels, confidence);
        figures.days = Days::of(&cell.days, target(levels), confidence);
        figures
    }

    fn of_moments(moments: &Moments, counted_us: i64, levels: &[Level], confidence: &Confidence) -> Figures {
        let service_level = |(place, level): (usize, &Level)| {
            Definition::ALL.map(|definition| {
                let figure = definition.estimate(moments, place, confidence);
                ServiceLevelFigure {
                    within_s: level.map(|level| level.within.as_secs_f64()),
                    comparator: level.map(|level| level.comparator.symbol()),
                    definition: definition.text(),
                    target: level.and_then(|level| level.target),
                    estimate: figure.map(|figure| figure.estimate),
                    half_width: figure.and_then(|figure| figure.half_width),
                }
            })
        };
        let figure = |measure| Formula::of(measure, counted_us)?.estimate(moments, confidence);
        Figures {
            offered: figure(Measure::Offered),
            answered: figure(Measure::Answered),
            abandoned: figure(Measure::Abandoned),
            rejected: figure(Measure::Rejected),
            diverted: (moments.sum(DIVERTED) > 0).then(|| moments.mean(DIVERTED, confidence)).flatten(),
            unfinished: figure(Measure::Unfinished),
            service_level: levels.iter().enumerate().flat_map(service_level).collect(),
            asa_s: figure(Measure::Asa),
            mean_wait_s: figure(Measure::MeanWait),
            wait_s: None,
            delayed: figure(Measure::Delayed),
            rejection_rate: figure(Measure::RejectionRate),
            abandonment_rate: figure(Measure::AbandonmentRate),
            queue_length: QueueLength { mean: figure(Measure::QueueLength), max: None },
            days: None,
        }
    }

    /// All figures with their names (the keys of the JSON report) and definitions.
    pub fn list(&self) -> Vec<(String, String, Figure)> {
        let plain = |value: f64| Some(Estimate { estimate: value, half_width: None, why_not: None });
        let mut list: Vec<(String, String, Figure)> = Vec::new();
        let mut add = |name: &str, definition: &str, figure: Figure| list.push((name.into(), definition.into(), figure));
        add("offered", "contacts offered, mean per replication", self.offered);
        add("answered", "contacts answered, mean per replication", self.answered);
        add("abandoned", "contacts abandoned, mean per replication", self.abandoned);
        add("rejected", "contacts rejected because the queue was full, mean per replication", self.rejected);
        if self.diverted.is_some() {
            add("diverted", "contacts that left the queue in another way, mean per replication", self.diverted);
        }
        add("unfinished", "contacts still waiting at the end, mean per replication", self.unfinished);
        for level in &self.service_level {
            add("service_level", &format!("{}; wait {}", level.definition, level.threshold()), level.figure());
        }
        add("asa_s", "mean wait of answered contacts", self.asa_s);
        add("mean_wait_s", "mean wait of all that left the queue", self.mean_wait_s);
        if let Some(wait) = &self.wait_s {
            for (name, figure) in [("p50", wait.p50), ("p90", wait.p90), ("p95", wait.p95), ("p99", wait.p99)] {
                add(&format!("wait_s.{name}"), "nearest-rank percentile of the waits of all that left the queue", figure);
            }
            add("wait_s.max", "longest wait in any replication", wait.max.and_then(plain));
        }
        add("delayed", "not answered at wait 0 / offered", self.delayed);
        add("abandonment_rate", "abandoned / offered", self.abandonment_rate);
        add("rejection_rate", "rejected / offered", self.rejection_rate);
        add("queue_length.mean", "number waiting, mean over time", self.queue_length.mean);
        if let Some(max) = self.queue_length.max {
            add("queue_length.max", "most waiting at once in any replication", plain(max as f64));
        }
        if let Some(days) = &self.days {
            add(
                "days.meeting_target",
                "replications that meet the target of the headline service level / replications",
                days.meeting_target,
            );
            let percentiles = [("p5", days.p5), ("p10", days.p10), ("p50", days.p50), ("p90", days.p90), ("p95", days.p95)];
            for (name, share) in percentiles {
                add(&format!("days.{name}"), "nearest-rank percentile of the replications' headline service levels", share);
            }
        }
        list
    }
}

fn target(levels: &[Level]) -> Option<f64> {
    levels.first().copied().flatten().and_then(|level| level.target)
}
