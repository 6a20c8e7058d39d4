//! Finished numbers with units and definitions, and the writers that print them.

mod agents;
mod baseline;
mod columns;
mod comparison;
mod csv;
mod figures;
mod gate;
mod json;
mod junit;
mod long_run;
mod path_rows;
mod path_tables;
mod paths;
mod selection;
mod text;

pub use agents::{AgentFigures, AgentReport};
pub(crate) use baseline::is_of_designs;
pub use baseline::{BaselineReport, ChangeReport, StoredReport};
pub use comparison::{ComparisonReport, DesignReport, DifferenceReport, VariantReport, Verdict};
pub use csv::Csv;
pub use figures::{Days, Definition, Figure, Figures, QueueLength, ServiceLevelFigure, WaitFigures};
pub use gate::{ExpectationReport, ExpectationsReport, GateReport, ScenarioVerdicts};
pub use json::Json;
pub use long_run::{LongRunReport, SettlingReport};
pub use paths::{
    BranchReport, CallbackReport, CarrierReport, DivertedReport, NamedFigure, PathReport, ServiceReport, SourceReport, StepReport,
};
pub use selection::{SelectionReport, SelectionRow};
pub use text::Text;

use crate::experiment::{Across, Formula, Results, column};
use crate::id::{Id, ProfileId, QueueId};
use crate::model::{Measure, Origin, Outline};
use crate::observers::Grid;
use crate::stats::{Confidence, Moments};
use crate::time::Span;
use figures::Level;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::sync::Arc;

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
    /// The confidence of all half-widths, each read alone.
    pub confidence: f64,
    /// What the headline service levels of all queues and the total are worth when read together.
    pub joint: Joint,
    /// Present if the run was stopped: how many replications there should have been. The figures are those of the ones that are complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<u64>,
    /// The stopping rules that decided the number of replications.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<Until>,
    /// What the reader should know about how the input was read.
    pub notes: Vec<String>,
    /// By queue.
    pub queues: Vec<QueueReport>,
    /// By routing profile.
    pub routing_profiles: Vec<ProfileReport>,
    /// All queues together. Of the service levels it has those with which the lists of all queues begin; if even their headlines differ,
    /// each contact is judged by its own queue's headline, and the threshold is `null`.
    pub total: Figures,
    /// What happened before and around the queues; `None` if contacts do nothing but queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<PathReport>,
    /// What agents did besides; `None` if they do nothing but take one call at a time, and are in no states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents: Option<AgentReport>,
    /// By interval and queue.
    pub intervals: Vec<IntervalReport>,
    /// By interval, all queues together.
    pub total_intervals: Vec<IntervalReport>,
    /// By interval and routing profile.
    pub routing_profile_intervals: Vec<ProfileInterval>,
    /// The scenario as it was written, so that the report can be repeated from itself; `None` if it is larger than a mebibyte.
    pub origin: Option<Arc<Origin>>,
}

/// Several intervals read together.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let joint = waitline::Experiment::new(&model).replications(5).run().unwrap().report().joint;
/// assert_eq!(joint.figures, 3); // two queues and the total
/// assert!((joint.confidence_at_least - 0.85).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Joint {
    /// How many figures: one for each queue, and the total if there are several.
    pub figures: usize,
    /// All of them hold at the same time with this confidence at least (Bonferroni).
    pub confidence_at_least: f64,
    /// The confidence that each must have so that all hold together with that of the report.
    pub confidence_of_each: f64,
}

/// A stopping rule, and what came of it.
///
/// ```
/// # use waitline::experiment::{Experiment, Limits, Precision};
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let precision = Precision::parse("savings.asa_s ± 20%", &model.outline()).unwrap();
/// let report = Experiment::new(&model).until(vec![precision], Limits::default()).run().unwrap().report();
/// assert!(report.until[0].reached);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Until {
    /// The figure.
    pub metric: String,
    /// The half-width that was asked for.
    pub half_width: f64,
    /// Whether that is a share of the estimate.
    pub relative: bool,
    /// Whether it was reached before the largest number of replications was.
    pub reached: bool,
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

/// Occupancy, staffed and handling time from the sums of both times.
fn of_work(work: &Moments, measure: Measure, confidence: &Confidence) -> Figure {
    Formula::of(measure, 0)?.estimate(work, confidence)
}

impl Results {
    /// The finished numbers.
    pub fn report(&self) -> Report {
        Report::new(self)
    }
}

impl Report {
    /// The finished numbers of an experiment.
    pub fn new(results: &Results) -> Report {
        let (outline, across, confidence) = (results.outline(), results.across(), results.confidence());
        let queues = outline.queue_ids().zip(&outline.queues).map(|(id, queue)| QueueReport {
            queue: queue.name.clone(),
            figures: Figures::of_row(across.queue(id), outline.counted_us(), &of_queue(outline, id), confidence),
        });
        let figures = if outline.queues.len() == 1 { 1 } else { outline.queues.len() + 1 };
        let until = results.until().map(|(precision, excess)| Until {
            metric: precision.metric.to_string(),
            half_width: precision.half_width,
            relative: precision.relative,
            reached: excess <= 1.0,
        });
        let mut report = Report {
            waitline: env!("CARGO_PKG_VERSION"),
            scenario: outline.name.clone(),
            scenario_digest: outline.digest.clone(),
            seed: results.seed(),
            replications: results.replications(),
            horizon_s: outline.horizon().as_secs_f64(),
            warm_up_s: outline.warm_up().as_secs_f64(),
            at_horizon: if outline.stops { "stop" } else { "drain" },
            count_by: if outline.by_end { "ended" } else { "enqueued" },
            confidence: confidence.level(),
            joint: Joint {
                figures,
                confidence_at_least: confidence.jointly(figures),
                confidence_of_each: confidence.each_of(figures).level(),
            },
            partial: (results.asked() > results.replications()).then_some(results.asked()),
            until: until.collect(),
            notes: outline.notes.clone(),
            queues: queues.collect(),
            routing_profiles: (0..outline.profiles.len()).map(|place| of_profile(outline, across, place, confidence)).collect(),
            total: Figures::of_row(across.total(), outline.counted_us(), &outline.total_levels(), confidence),
            paths: PathReport::new(results),
            agents: AgentReport::new(results),
            intervals: Vec::new(),
            total_intervals: Vec::new(),
            routing_profile_intervals: Vec::new(),
            origin: outline.origin.clone(),
        };
        if let Some(interval) = outline.interval_us {
            let grid = Grid::new(outline.horizon(), outline.warm_up(), Some(Span::from_us(interval)));
            report.add_intervals(grid, results);
        }
        report
    }

    fn add_intervals(&mut self, grid: Grid, results: &Results) {
        let (outline, across, confidence) = (results.outline(), results.across(), results.confidence());
        let offered = |interval, queue| across.cell(interval, queue).map_or(0, |cell| cell.moments.sum(&[(column::OFFERED, 1)]));
        for interval in 0..=grid.intervals() {
            let after = interval == grid.intervals();
            // What lies within the warm-up counts nothing; after the horizon something ends only if contacts count where they end.
            if if after { offered(interval, None) == 0 } else { grid.counted(interval).as_us() == 0 } {
                continue;
            }
            let start_s = grid.start(interval).as_secs_f64();
            for queue in outline.queue_ids().filter(|&queue| !after || offered(interval, Some(queue)) > 0) {
                self.intervals.extend(of_cell(grid, results, interval, Some(queue)));
            }
            self.total_intervals.extend(of_cell(grid, results, interval, None));
            if after {
                continue;
            }
            for (place, profile) in outline.profiles.iter().enumerate() {
                let Some(work) = across.work(interval, Some(ProfileId::from_index(place))) else { continue };
                self.routing_profile_intervals.push(ProfileInterval {
                    start_s,
                    length_s: grid.counted(interval).as_secs_f64(),
                    routing_profile: profile.name.clone(),
                    occupancy: of_work(work, Measure::Occupancy, confidence),
                    staffed_s: of_work(work, Measure::Staffed, confidence),
                    handling_s: of_work(work, Measure::Handling, confidence),
                });
            }
        }
    }
}

fn of_queue(outline: &Outline, queue: QueueId) -> Vec<Level> {
    outline.queues[queue.index()].levels().into_iter().map(Some).collect()
}

fn of_cell(grid: Grid, results: &Results, interval: usize, queue: Option<QueueId>) -> Option<IntervalReport> {
    let (outline, across, confidence) = (results.outline(), results.across(), results.confidence());
    let cell = across.cell(interval, queue)?;
    let after = interval == grid.intervals();
    let levels = queue.map_or_else(|| outline.total_levels(), |queue| of_queue(outline, queue));
    let counted = grid.counted(interval);
    let occupancy = || across.work(interval, None).map(|work| of_work(work, Measure::Occupancy, confidence));
    Some(IntervalReport {
        start_s: grid.start(interval).as_secs_f64(),
        length_s: (!after).then(|| counted.as_secs_f64()),
        queue: queue.map(|queue| outline.queues[queue.index()].name.clone()),
        figures: Figures::of_cell(cell, if after { 0 } else { counted.as_us() }, &levels[..levels.len().min(1)], confidence),
        occupancy: if queue.is_some() { None } else { occupancy() },
    })
}

fn of_profile(outline: &Outline, across: &Across, place: usize, confidence: &Confidence) -> ProfileReport {
    let profile = ProfileId::from_index(place);
    let work = across.profile(profile);
    // A queue may stand in a profile once a channel; here its channels are one.
    let mut answered: Vec<(u32, Figure)> = Vec::new();
    for (&queue, contacts) in outline.profiles[place].queues.iter().zip(across.answered_by(profile)) {
        if answered.iter().all(|(other, _)| *other != queue) {
            answered.push((queue, contacts.mean(confidence)));
        }
    }
    ProfileReport {
        routing_profile: outline.profiles[place].name.clone(),
        agents: outline.profiles[place].agents,
        occupancy: of_work(work, Measure::Occupancy, confidence),
        staffed_s: of_work(work, Measure::Staffed, confidence),
        handling_s: of_work(work, Measure::Handling, confidence),
        answered: answered.into_iter().map(|(queue, figure)| (outline.queues[queue as usize].name.clone(), figure)).collect(),
    }
}

impl fmt::Display for Report {
    /// As [`Text`] writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Text::default().to_text(self))
    }
}
