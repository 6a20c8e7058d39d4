//! A long run as finished numbers and tables.

use super::columns::{decimals, percentage};
use super::{Figures, ProfileReport, QueueReport, of_profile, of_queue, text};
use crate::experiment::LongRunResults;
use crate::model::Origin;
use crate::time::Span;
use serde::Serialize;
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// Everything that is reported of a long run; times in seconds, shares from 0 to 1, counts per hour. Serialised, it is the JSON form; printed, the
/// text.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/mmc.toml")?.compile()?;
/// let report = waitline::experiment::LongRun::new(model).run()?.report();
/// assert!(report.warnings.is_empty() && report.long_run.settled);
/// assert!((report.total.offered.unwrap().estimate - 100.0).abs() < 1.0); // an hour
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LongRunReport {
    /// Version of waitline.
    pub waitline: &'static str,
    /// Name of the scenario.
    pub scenario: String,
    /// Fingerprint of scenario and data.
    pub scenario_digest: String,
    /// The seed.
    pub seed: u64,
    /// The confidence of all half-widths, each read alone.
    pub confidence: f64,
    /// How far it has settled.
    pub long_run: SettlingReport,
    /// Why the figures should not be believed, in plain words.
    pub warnings: Vec<String>,
    /// What the reader should know about how the input was read.
    pub notes: Vec<String>,
    /// By queue.
    pub queues: Vec<QueueReport>,
    /// By routing profile; times are seconds an hour.
    pub routing_profiles: Vec<ProfileReport>,
    /// All queues together.
    pub total: Figures,
    /// The scenario as it was written, so that the report can be repeated from itself; `None` if it is larger than a mebibyte.
    pub origin: Option<Arc<Origin>>,
}

/// How far a long run has settled, and what its intervals are made of.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/mmc.toml")?.compile()?;
/// let found = waitline::experiment::LongRun::new(model).run()?.report().long_run;
/// assert_eq!(found.batches as f64 * found.batch_s, found.length_s - found.warm_up_s);
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettlingReport {
    /// How long the run is.
    pub length_s: f64,
    /// How much of its beginning is left out.
    pub warm_up_s: f64,
    /// Whether a warm-up of at most half of the run was found (MSER-5).
    pub settled: bool,
    /// How many batches are left.
    pub batches: u64,
    /// How long each is.
    pub batch_s: f64,
    /// The correlation of neighbouring 200ths of the run in the number of contacts in the center, found from the pilot runs.
    pub correlation: Option<f64>,
    /// The mean of that number in the second and in the last quarter of the run.
    pub in_center: [f64; 2],
}

impl LongRunResults {
    /// The finished numbers.
    pub fn report(&self) -> LongRunReport {
        LongRunReport::new(self)
    }
}

impl LongRunReport {
    /// The finished numbers of a long run.
    pub fn new(results: &LongRunResults) -> LongRunReport {
        let (outline, across, confidence) = (results.outline(), results.across(), results.confidence());
        let (settling, batch) = (results.settling(), results.batch());
        let hours = batch.as_secs_f64() / 3600.0;
        let queues = outline.queue_ids().zip(&outline.queues).map(|(id, queue)| QueueReport {
            queue: queue.name.clone(),
            figures: per_hour(Figures::of_row(across.queue(id), batch.as_us(), &of_queue(outline, id), confidence), hours),
        });
        let profile = |place| {
            let mut profile = of_profile(outline, across, place, confidence);
            let answered = profile.answered.iter_mut().map(|(_, figure)| figure);
            for figure in answered.chain([&mut profile.staffed_s, &mut profile.handling_s]) {
                *figure = figure.map(|figure| figure.per(hours));
            }
            profile
        };
        LongRunReport {
            waitline: env!("CARGO_PKG_VERSION"),
            scenario: outline.name.clone(),
            scenario_digest: outline.digest.clone(),
            seed: results.seed(),
            confidence: confidence.level(),
            long_run: SettlingReport {
                length_s: settling.length.as_secs_f64(),
                warm_up_s: settling.warm_up.as_secs_f64(),
                settled: settling.found,
                batches: across.replications(),
                batch_s: batch.as_secs_f64(),
                correlation: settling.correlation,
                in_center: settling.in_center,
            },
            warnings: results.warnings(),
            notes: outline.notes.clone(),
            queues: queues.collect(),
            routing_profiles: (0..outline.profiles.len()).map(profile).collect(),
            total: per_hour(Figures::of_row(across.total(), batch.as_us(), &outline.total_levels(), confidence), hours),
            origin: outline.origin.clone(),
        }
    }

    /// Tables and sentences for people.
    pub fn to_text(&self) -> String {
        let SettlingReport { length_s, warm_up_s, batches, batch_s, .. } = self.long_run;
        let hours = |seconds: f64| format!("{} h", decimals(seconds / 3600.0, 1));
        let mut text = format!("{}: a long run of {}, seed {}", self.scenario, hours(length_s), self.seed);
        let _ = writeln!(text, "; the first {} left out as warm-up, then {batches} batches of {}", hours(warm_up_s), hours(batch_s));
        for warning in &self.warnings {
            let _ = writeln!(text, "WARNING: {warning}");
        }
        let rows: Vec<(&str, &Figures)> = self.queues.iter().map(|queue| (queue.queue.as_str(), &queue.figures)).collect();
        let with_total: Vec<(&str, &Figures)> = rows.iter().copied().chain([("total", &self.total)]).collect();
        text::contacts(&with_total).add_to("Contacts, per hour", &mut text);
        text::service_levels(&with_total).add_to("Service level, % answered within the threshold", &mut text);
        text::waits(&with_total).add_to(text::WAITS, &mut text);
        text::profiles(&self.routing_profiles).add_to("Routing profiles; staffed and answered per hour", &mut text);
        let _ = write!(
            text,
            "
± is the half-width of a {} % confidence interval, of each figure read alone, from the means of batches.
The warm-up was found by MSER-5 from the number of contacts in the center, on average over ten pilot runs of a tenth of the length.
",
            percentage(self.confidence)
        );
        for note in &self.notes {
            let _ = writeln!(text, "Note: {note}");
        }
        let _ = writeln!(
            text,
            "To repeat: waitline {} long-run, --seed {} --length {}, scenario digest {}.",
            self.waitline,
            self.seed,
            Span::from_secs_f64(length_s).unwrap_or_default(),
            self.scenario_digest
        );
        text
    }
}

impl fmt::Display for LongRunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// Counts of a batch as counts of an hour. How single batches differ is of no use to anybody.
fn per_hour(mut figures: Figures, hours: f64) -> Figures {
    let Figures { offered, answered, abandoned, rejected, diverted, unfinished, .. } = &mut figures;
    for figure in [offered, answered, abandoned, rejected, diverted, unfinished] {
        *figure = figure.map(|figure| figure.per(hours));
    }
    figures.days = None;
    figures
}
