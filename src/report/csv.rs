//! The report as a long table.

use super::{AgentReport, Figure, Figures, PathReport, Report, Reporter};
use std::io;

/// One row a figure: `scope,name,start_s,metric,definition,estimate,half_width`. What does not exist is empty. The
/// last rows, of scope `run`, say how to repeat it.
///
/// ```
/// use waitline::report::{Csv, Reporter};
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let report = waitline::Experiment::new(&model).run()?.report();
/// let mut text = Vec::new();
/// Csv.write(&report, &mut text).unwrap();
/// assert!(String::from_utf8(text).unwrap().starts_with("scope,name,start_s,metric,definition,estimate,half_width\nqueue,sales,,offered,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Csv;

/// What the figures are of: scope, name and start.
type Place<'a> = (&'a str, &'a str, Option<f64>);

impl Reporter for Csv {
    fn write(&self, report: &Report, to: &mut dyn io::Write) -> io::Result<()> {
        let mut rows = Rows(csv::Writer::from_writer(to));
        rows.0.write_record(["scope", "name", "start_s", "metric", "definition", "estimate", "half_width"])?;
        for queue in &report.queues {
            rows.figures(("queue", &queue.queue, None), &queue.figures)?;
        }
        rows.figures(("total", "", None), &report.total)?;
        for profile in &report.routing_profiles {
            let place = ("routing_profile", profile.routing_profile.as_str(), None);
            rows.row(place, "occupancy", OCCUPANCY, profile.occupancy)?;
            rows.row(place, "staffed_s", STAFFED, profile.staffed_s)?;
            rows.row(place, "handling_s", HANDLING, profile.handling_s)?;
            for (queue, answered) in &profile.answered {
                rows.row(place, "answered", &format!("contacts of queue {queue} answered, mean per replication"), *answered)?;
            }
        }
        for (scope, name, metric, definition, figure) in report.paths.iter().flat_map(PathReport::list) {
            rows.row((scope, &name, None), &metric, definition, figure)?;
        }
        for (name, metric, definition, figure) in report.agents.iter().flat_map(AgentReport::list) {
            rows.row(("agents", name, None), metric, definition, figure)?;
        }
        for interval in &report.intervals {
            rows.figures(("interval", interval.queue.as_deref().unwrap_or_default(), Some(interval.start_s)), &interval.figures)?;
        }
        for interval in &report.total_intervals {
            let place = ("total_interval", "", Some(interval.start_s));
            rows.figures(place, &interval.figures)?;
            if let Some(occupancy) = interval.occupancy {
                rows.row(place, "occupancy", OCCUPANCY, occupancy)?;
            }
        }
        for interval in &report.routing_profile_intervals {
            let place = ("routing_profile_interval", interval.routing_profile.as_str(), Some(interval.start_s));
            rows.row(place, "occupancy", OCCUPANCY, interval.occupancy)?;
            rows.row(place, "staffed_s", STAFFED, interval.staffed_s)?;
            rows.row(place, "handling_s", HANDLING, interval.handling_s)?;
        }
        rows.of_run(report)?;
        rows.0.flush()
    }
}

const OCCUPANCY: &str = "handling time / staffed time";
const STAFFED: &str = "staffed time, mean per replication";
const HANDLING: &str = "handling time, mean per replication";

struct Rows<'a>(csv::Writer<&'a mut dyn io::Write>);

impl Rows<'_> {
    fn figures(&mut self, place: Place<'_>, figures: &Figures) -> io::Result<()> {
        figures.list().iter().try_for_each(|(metric, definition, figure)| self.row(place, metric, definition, *figure))
    }

    /// What is needed to repeat the report.
    fn of_run(&mut self, report: &Report) -> io::Result<()> {
        for (name, definition, value) in [
            ("waitline", report.waitline, String::new()),
            ("scenario_digest", report.scenario_digest.as_str(), String::new()),
            ("seed", "", report.seed.to_string()),
            (
                "replications",
                if report.partial.is_some() { "partial: the run was interrupted" } else { "" },
                report.replications.to_string(),
            ),
            ("confidence", "of each half-width alone", report.confidence.to_string()),
        ] {
            self.0.write_record(["run", report.scenario.as_str(), "", name, definition, &value, ""])?;
        }
        Ok(())
    }

    fn row(&mut self, (scope, name, start): Place<'_>, metric: &str, definition: &str, figure: Figure) -> io::Result<()> {
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let estimate = number(figure.map(|figure| figure.estimate));
        let half_width = number(figure.and_then(|figure| figure.half_width));
        Ok(self.0.write_record([scope, name, &number(start), metric, definition, &estimate, &half_width])?)
    }
}
