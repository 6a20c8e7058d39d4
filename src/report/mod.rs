//! Finished numbers with units and definitions, and the writers that print them.

mod csv;
mod figures;
mod json;
mod text;

pub use csv::Csv;
pub use figures::{Definition, Figure, Figures, QueueLength, ServiceLevelFigure, WaitFigures};
pub use json::Json;
pub use text::Text;

use crate::experiment::{Across, Results, column, total_levels};
use crate::id::{ProfileId, QueueId};
use crate::model::{AtHorizon, CountBy, Model};
use crate::observers::Grid;
use crate::stats::Estimate;
use serde::Serialize;
use std::fmt;
use std::io;

/// Writes a finished report in some form. Built in: [`Text`], [`Csv`], [`Json`].
///
/// ```
/// use std::io::{self, Write};
/// use waitline::report::{Report, Reporter};
/// struct Offered;
/// impl Reporter for Offered {
///     fn write(&self, report: &Report, to: &mut dyn Write) -> io::Result<()> {
///         for queue in &report.queues {
///             writeln!(to, "{}: {:?}", queue.queue, queue.figures.offered)?;
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Reporter {
    /// Writes all of it.
    ///
    /// # Errors
    /// When `to` cannot be written.
    fn write(&self, report: &Report, to: &mut dyn io::Write) -> io::Result<()>;
}

/// Everything that is reported of an experiment; times in seconds, shares from 0 to 1, counts as means per replication.
///
/// It holds nothing that differs between two runs of the same scenario, seed and version. Serialised, it is the JSON report.
///
/// ```
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let results = waitline::Experiment::new(&model).run()?;
/// let report = results.report();
/// assert_eq!(report.scenario, "small");
/// println!("{report}"); // as text
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Version of waitline.
    pub waitline: &'static str,
    /// Name of the scenario.
    pub scenario: String,
    /// Fingerprint of scenario and data.
    pub scenario_digest: String,
    /// The seed.
    pub seed: u64,
    /// How many replications.
    pub replications: u64,
    /// When arrivals stop.
    pub horizon_s: f64,
    /// Who enters a queue before it is not counted.
    pub warm_up_s: f64,
    /// What happens at the horizon (R18): `drain` or `stop`.
    pub at_horizon: &'static str,
    /// Where a contact counts (R20): `enqueued` or `ended`.
    pub count_by: &'static str,
    /// The confidence of all half-widths.
    pub confidence: f64,
    /// What the reader should know about how the input was read.
    pub notes: Vec<String>,
    /// By queue.
    pub queues: Vec<QueueReport>,
    /// By routing profile.
    pub routing_profiles: Vec<ProfileReport>,
    /// All queues together. Of the service levels it has those with which the lists of all queues begin; if even their headlines differ,
    /// each contact is judged by its own queue's headline, and the threshold is `null`.
    pub total: Figures,
    /// By interval and queue.
    pub intervals: Vec<IntervalReport>,
    /// By interval, all queues together.
    pub total_intervals: Vec<IntervalReport>,
    /// By interval and routing profile.
    pub routing_profile_intervals: Vec<ProfileInterval>,
}

/// A queue.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let report = waitline::Experiment::new(&model).replications(5).run().unwrap().report();
/// assert_eq!(report.queues[1].queue, "loans");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueReport {
    /// Its name.
    pub queue: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// A queue, or all together, in one interval.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let report = waitline::Experiment::new(&model).replications(5).run().unwrap().report();
/// assert_eq!(report.total_intervals[1].start_s, 1800.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IntervalReport {
    /// When it begins.
    pub start_s: f64,
    /// How long it is, without the warm-up; `None` after the horizon, where contacts may end but not enter.
    pub length_s: Option<f64>,
    /// The queue; `None` for all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The figures, of service levels only the headline.
    #[serde(flatten)]
    pub figures: Figures,
    /// Handling time / staffed time of all agents in this interval; only for all queues together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupancy: Option<Figure>,
}

/// A routing profile.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let report = waitline::Experiment::new(&model).replications(5).run().unwrap().report();
/// assert_eq!((report.routing_profiles[1].routing_profile.as_str(), report.routing_profiles[1].agents), ("senior", 6));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProfileReport {
    /// Its name.
    pub routing_profile: String,
    /// How many agents have it.
    pub agents: u64,
    /// Handling time / staffed time (R22).
    pub occupancy: Figure,
    /// Staffed time (R16).
    pub staffed_s: Figure,
    /// Handling time.
    pub handling_s: Figure,
    /// Contacts answered, by queue, in the order of the profile.
    #[serde(serialize_with = "as_map")]
    pub answered: Vec<(String, Figure)>,
}

/// A routing profile in one interval.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let report = waitline::Experiment::new(&model).replications(5).run().unwrap().report();
/// assert_eq!(report.routing_profile_intervals[0].start_s, 0.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProfileInterval {
    /// When it begins.
    pub start_s: f64,
    /// How long it is, without the warm-up.
    pub length_s: f64,
    /// The profile.
    pub routing_profile: String,
    /// Handling time / staffed time.
    pub occupancy: Figure,
    /// Staffed time.
    pub staffed_s: Figure,
    /// Handling time.
    pub handling_s: Figure,
}

fn as_map<S: serde::Serializer>(pairs: &[(String, Figure)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(pairs.iter().map(|(name, figure)| (name, figure)))
}

const HANDLING: crate::stats::Terms<'static> = &[(column::HANDLING_US, 1)];
const STAFFED: crate::stats::Terms<'static> = &[(column::STAFFED_US, 1)];

/// From microseconds.
fn seconds(us: Estimate) -> Estimate {
    us.per(1e6)
}

impl Results<'_> {
    /// The finished numbers.
    pub fn report(&self) -> Report {
        Report::new(self)
    }
}

impl Report {
    /// The finished numbers of an experiment.
    pub fn new(results: &Results<'_>) -> Report {
        let (model, across) = (results.model(), results.across());
        let run = &model.run;
        let counted = (run.horizon.as_us() - run.warm_up.as_us()).max(0);
        let queues = model.queues.enumerate().map(|(id, queue)| QueueReport {
            queue: queue.name.clone(),
            figures: Figures::of_row(across.queue(id), counted, &figures::of_queue(&queue.service_levels)),
        });
        let mut report = Report {
            waitline: env!("CARGO_PKG_VERSION"),
            scenario: model.name.clone(),
            scenario_digest: model.digest.clone(),
            seed: results.seed(),
            replications: results.replications(),
            horizon_s: run.horizon.as_secs_f64(),
            warm_up_s: run.warm_up.as_secs_f64(),
            at_horizon: match run.at_horizon {
                AtHorizon::Drain => "drain",
                AtHorizon::Stop => "stop",
            },
            count_by: match run.count_by {
                CountBy::Enqueued => "enqueued",
                CountBy::Ended => "ended",
            },
            confidence: 0.95,
            notes: model.notes.clone(),
            queues: queues.collect(),
            routing_profiles: model.profiles.ids().map(|profile| of_profile(model, across, profile)).collect(),
            total: Figures::of_row(across.total(), counted, &total_levels(model)),
            intervals: Vec::new(),
            total_intervals: Vec::new(),
            routing_profile_intervals: Vec::new(),
        };
        if run.interval.is_some() {
            report.add_intervals(model, across);
        }
        report
    }

    fn add_intervals(&mut self, model: &Model, across: &Across) {
        let grid = Grid::of(model);
        let offered = |interval, queue| across.cell(model, interval, queue).map_or(0, |cell| cell.sum(&[(column::OFFERED, 1)]));
        for interval in 0..=grid.intervals() {
            let after = interval == grid.intervals();
            // What lies within the warm-up counts nothing; after the horizon something ends only if contacts count where they end.
            if if after { offered(interval, None) == 0 } else { grid.counted(interval).as_us() == 0 } {
                continue;
            }
            let start_s = grid.start(interval).as_secs_f64();
            for queue in model.queues.ids().filter(|&queue| !after || offered(interval, Some(queue)) > 0) {
                self.intervals.extend(of_cell(model, across, interval, Some(queue)));
            }
            self.total_intervals.extend(of_cell(model, across, interval, None));
            if after {
                continue;
            }
            for (id, profile) in model.profiles.enumerate() {
                let Some(work) = across.work(model, interval, Some(id)) else { continue };
                self.routing_profile_intervals.push(ProfileInterval {
                    start_s,
                    length_s: grid.counted(interval).as_secs_f64(),
                    routing_profile: profile.name.clone(),
                    occupancy: work.ratio(HANDLING, STAFFED),
                    staffed_s: work.mean(STAFFED).map(seconds),
                    handling_s: work.mean(HANDLING).map(seconds),
                });
            }
        }
    }
}

fn of_cell(model: &Model, across: &Across, interval: usize, queue: Option<QueueId>) -> Option<IntervalReport> {
    let grid = Grid::of(model);
    let cell = across.cell(model, interval, queue)?;
    let after = interval == grid.intervals();
    let levels = match queue {
        Some(queue) => figures::of_queue(&model.queues[queue].service_levels),
        None => total_levels(model),
    };
    let counted = grid.counted(interval);
    Some(IntervalReport {
        start_s: grid.start(interval).as_secs_f64(),
        length_s: (!after).then(|| counted.as_secs_f64()),
        queue: queue.map(|queue| model.queues[queue].name.clone()),
        figures: Figures::of_moments(cell, if after { 0 } else { counted.as_us() }, &levels[..levels.len().min(1)]),
        occupancy: match queue {
            Some(_) => None,
            None => across.work(model, interval, None).map(|work| work.ratio(HANDLING, STAFFED)),
        },
    })
}

fn of_profile(model: &Model, across: &Across, profile: ProfileId) -> ProfileReport {
    let work = across.profile(profile);
    // A queue may stand in a profile once a channel; here its channels are one.
    let mut answered: Vec<(QueueId, Figure)> = Vec::new();
    for (entry, contacts) in model.profiles[profile].entries.iter().zip(across.answered_by(profile)) {
        if answered.iter().all(|(queue, _)| *queue != entry.queue) {
            answered.push((entry.queue, contacts.mean()));
        }
    }
    ProfileReport {
        routing_profile: model.profiles[profile].name.clone(),
        agents: model.agents.iter().filter(|agent| agent.profile == profile).count() as u64,
        occupancy: work.ratio(HANDLING, STAFFED),
        staffed_s: work.mean(STAFFED).map(seconds),
        handling_s: work.mean(HANDLING).map(seconds),
        answered: answered.into_iter().map(|(queue, figure)| (model.queues[queue].name.clone(), figure)).collect(),
    }
}

impl fmt::Display for Report {
    /// As [`Text`] writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Text::default().to_text(self))
    }
}
