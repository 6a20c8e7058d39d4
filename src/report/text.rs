//! The report as aligned tables of plain words.

use super::columns::{Columns, NONE, decimals, number, percentage};
use super::{Figure, Figures, IntervalReport, Joint, ProfileReport, Report, Reporter, ServiceLevelFigure, path_tables};
use crate::model::Measure;
use crate::time::{Span, Time};
use std::fmt::Write as _;
use std::io;

/// Tables for people: by queue, service levels, waits, routing profiles and, for a day, its course.
///
/// ```
/// use waitline::report::Text;
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let report = waitline::Experiment::new(&model).run()?.report();
/// assert!(Text { by_interval: true }.to_text(&report).starts_with("small: 10 replications, seed 1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Text {
    /// Also each queue's and each routing profile's intervals.
    pub by_interval: bool,
}

/// With more intervals than this their course is printed only when asked for.
const INTERVALS_SHOWN: usize = 100;

pub(super) const WAITS: &str =
    "Waits, seconds (ASA: of answered contacts; the others: of all that left the queue, percentiles to within 0.4 %)";

impl Reporter for Text {
    fn write(&self, report: &Report, to: &mut dyn io::Write) -> io::Result<()> {
        to.write_all(self.to_text(report).as_bytes())
    }
}

impl Text {
    /// The report as a text, lines ended.
    pub fn to_text(&self, report: &Report) -> String {
        let mut text = header(report);
        let rows: Vec<(&str, &Figures)> = report.queues.iter().map(|queue| (queue.queue.as_str(), &queue.figures)).collect();
        let with_total: Vec<(&str, &Figures)> = rows.iter().copied().chain([("total", &report.total)]).collect();
        contacts(&with_total).add_to("Contacts, per replication", &mut text);
        service_levels(&with_total).add_to("Service level, % answered within the threshold", &mut text);
        waits(&with_total).add_to(WAITS, &mut text);
        days(&with_total).add_to("Service level of each replication, %: how many meet the target, and the percentiles", &mut text);
        profiles(&report.routing_profiles).add_to("Routing profiles", &mut text);
        if let Some(paths) = &report.paths {
            path_tables::add_to(paths, &mut text);
        }
        if let Some(agents) = &report.agents {
            agents.add_to(&mut text);
        }
        let course = report.total_intervals.len();
        if (2..=INTERVALS_SHOWN).contains(&course) || (self.by_interval && course > 0) {
            intervals(report, &report.total_intervals)
                .add_to(&format!("By interval, all queues; service level {}", headline(&report.total)), &mut text);
        }
        if self.by_interval {
            for queue in &report.queues {
                let own: Vec<IntervalReport> =
                    report.intervals.iter().filter(|interval| interval.queue.as_ref() == Some(&queue.queue)).cloned().collect();
                let title = format!("By interval, {}; service level {}", queue.queue, headline(&queue.figures));
                intervals(report, &own).add_to(&title, &mut text);
            }
            profile_intervals(report).add_to("By interval and routing profile", &mut text);
        }
        footer(report, &mut text);
        text
    }
}

fn header(report: &Report) -> String {
    let span = |seconds: f64| Span::from_secs_f64(seconds).unwrap_or_default();
    let plural = if report.replications == 1 { "" } else { "s" };
    let mut text = format!("{}: {} replication{plural}, seed {}, ", report.scenario, report.replications, report.seed);
    let _ = write!(text, "arrivals for {}", span(report.horizon_s));
    if report.warm_up_s > 0.0 {
        let _ = write!(text, " (the first {} not counted)", span(report.warm_up_s));
    }
    text += match report.at_horizon {
        "stop" => ", then stopped\n",
        _ => ", then drained\n",
    };
    if let Some(asked) = report.partial {
        let _ = writeln!(text, "PARTIAL: interrupted after {} of {asked} replications", report.replications);
    }
    text
}

fn footer(report: &Report, text: &mut String) {
    text.push('\n');
    let why_not = report.total.offered.and_then(|offered| offered.why_not);
    let Joint { figures, confidence_at_least, confidence_of_each } = report.joint;
    let _ = match why_not {
        Some(why_not) => writeln!(text, "No half-widths: {why_not}."),
        None => {
            writeln!(text, "± is the half-width of a {} % confidence interval, of each figure read alone.", percentage(report.confidence))
        }
    };
    if figures > 1 && why_not.is_none() {
        let _ = writeln!(
            text,
            "Read together, the {figures} headline service levels hold with {} % at least; --confidence {confidence_of_each:.4} would make that {} %.",
            percentage(confidence_at_least),
            percentage(report.confidence)
        );
    }
    if rows(report).any(has_no_width) && why_not.is_none() {
        text.push_str("A percentile without ± has too few contacts (or days) for one.\n");
    }
    for until in &report.until {
        let width = match Measure::in_name(&until.metric) {
            Some(measure) if !until.relative => measure.show(until.half_width),
            _ => format!("{} of it", Measure::ServiceLevel.show(until.half_width)),
        };
        let outcome = if until.reached { "reached" } else { "NOT reached with the most replications allowed" };
        let _ = writeln!(text, "{} ± {width}: {outcome}.", until.metric);
    }
    if !report.until.is_empty() {
        text.push_str("Whoever stops when the half-width is small enough stops a little early: 95 % intervals then cover 94 % or so.\n");
    }
    if report.count_by == "ended" {
        text.push_str(
            "Contacts count in the interval in which they ended; those that never did, in the one in which they entered the queue.\n",
        );
    }
    for note in &report.notes {
        let _ = writeln!(text, "Note: {note}");
    }
    let Report { waitline, seed, replications, scenario_digest, .. } = report;
    let _ =
        writeln!(text, "To repeat: waitline {waitline}, --seed {seed} --replications {replications}, scenario digest {scenario_digest}.");
}

fn rows(report: &Report) -> impl Iterator<Item = &Figures> {
    report.queues.iter().map(|queue| &queue.figures).chain([&report.total])
}

fn has_no_width(figures: &Figures) -> bool {
    let waits = figures.wait_s.as_ref().map(|waits| [waits.p50, waits.p90, waits.p95, waits.p99]);
    let days = figures.days.as_ref().map(|days| [days.p5, days.p10, days.p50, days.p90, days.p95]);
    waits.iter().flatten().chain(days.iter().flatten()).flatten().any(|figure| figure.half_width.is_none())
}

/// The headline by definition and threshold.
fn headline(figures: &Figures) -> String {
    figures.service_level.first().map_or(NONE.into(), |level| format!("{}, wait {}", level.definition, level.threshold()))
}

pub(super) fn contacts(rows: &[(&str, &Figures)]) -> Columns {
    // Few queues are ever full.
    let rejects = rows.iter().any(|(_, figures)| figures.rejected.is_some_and(|rejected| rejected.estimate > 0.0));
    let of_rejects = |title: &'static str| rejects.then_some(title);
    let diverts = rows.iter().any(|(_, figures)| figures.diverted.is_some());
    let mut titles = vec!["queue", "offered", "answered", "abandoned"];
    titles.extend(of_rejects("rejected"));
    titles.extend(diverts.then_some("diverted"));
    titles.extend(["unfinished", "abandoned %"]);
    titles.extend(of_rejects("rejected %"));
    titles.extend(["delayed %", "queue length", "longest queue"]);
    let mut table = Columns::new(&titles);
    for (name, figures) in rows {
        let mut cells = vec![(*name).into(), number(figures.offered), number(figures.answered), number(figures.abandoned)];
        cells.extend(rejects.then(|| number(figures.rejected)));
        cells.extend(diverts.then(|| number(figures.diverted)));
        cells.extend([number(figures.unfinished), percent(figures.abandonment_rate)]);
        cells.extend(rejects.then(|| percent(figures.rejection_rate)));
        cells.extend([percent(figures.delayed), number(figures.queue_length.mean)]);
        cells.push(figures.queue_length.max.map_or(NONE.into(), |max| max.to_string()));
        table.row(cells);
    }
    table
}

pub(super) fn service_levels(rows: &[(&str, &Figures)]) -> Columns {
    let definitions: Vec<&str> = super::Definition::ALL.iter().map(|definition| definition.text()).collect();
    let mut table = Columns::new(&[&["queue", "threshold", "target %"], definitions.as_slice()].concat());
    for (name, figures) in rows {
        for (place, level) in figures.service_level.chunks(definitions.len()).enumerate() {
            let first = &level[0];
            let mut cells = vec![
                if place == 0 { (*name).into() } else { String::new() },
                first.threshold(),
                first.target.map_or(NONE.into(), whole_percent),
            ];
            cells.extend(level.iter().map(ServiceLevelFigure::figure).map(percent));
            table.row(cells);
        }
    }
    table
}

pub(super) fn waits(rows: &[(&str, &Figures)]) -> Columns {
    let mut table = Columns::new(&["queue", "ASA", "mean", "p50", "p90", "p95", "p99", "longest"]);
    for (name, figures) in rows {
        let mut cells = vec![(*name).into(), number(figures.asa_s), number(figures.mean_wait_s)];
        if let Some(wait) = &figures.wait_s {
            cells.extend([wait.p50, wait.p90, wait.p95, wait.p99].map(number));
            cells.push(wait.max.map_or(NONE.into(), |max| decimals(max, 1)));
        }
        table.row(cells);
    }
    table
}

fn days(rows: &[(&str, &Figures)]) -> Columns {
    let mut table = Columns::new(&["queue", "target %", "meet it %", "p5", "p10", "p50", "p90", "p95"]);
    for (name, figures) in rows {
        let Some(days) = &figures.days else { continue };
        let target = figures.service_level.first().and_then(|level| level.target);
        let mut cells = vec![(*name).into(), target.map_or(NONE.into(), whole_percent), percent(days.meeting_target)];
        cells.extend([days.p5, days.p10, days.p50, days.p90, days.p95].map(percent));
        table.row(cells);
    }
    table
}

/// Bands of intervals would be too wide a table with their half-widths; the other formats have them.
fn without_width(share: Figure) -> String {
    share.map_or(NONE.into(), |share| decimals(share.estimate * 100.0, 1))
}

fn whole_percent(share: f64) -> String {
    decimals(share * 100.0, 1).trim_end_matches(".0").into()
}

pub(super) fn profiles(profiles: &[ProfileReport]) -> Columns {
    let mut table = Columns::new(&["routing profile", "agents", "occupancy %", "staffed h", "answered, by queue"]);
    table.last_is_text = true;
    for profile in profiles {
        let answered: Vec<String> = profile.answered.iter().map(|(queue, figure)| format!("{queue} {}", number(*figure))).collect();
        table.row(vec![
            profile.routing_profile.clone(),
            profile.agents.to_string(),
            percent(profile.occupancy),
            number(profile.staffed_s.map(|seconds| seconds.per(3600.0))),
            answered.join(", "),
        ]);
    }
    table
}

fn intervals(report: &Report, rows: &[IntervalReport]) -> Columns {
    // A single replication has no bands, and only the rows of all queues have an occupancy.
    let bands = rows.iter().any(|row| row.figures.days.is_some());
    let occupancy = rows.iter().any(|row| row.occupancy.is_some());
    let mut titles = vec!["from", "offered", "service level %"];
    titles.extend(if bands { ["p10 %", "p90 %"].as_slice() } else { &[] });
    titles.extend(["ASA s", "abandoned %", "queue length"]);
    titles.extend(occupancy.then_some("occupancy %"));
    let mut table = Columns::new(&titles);
    for row in rows {
        let from = clock(row.start_s);
        let mut cells = vec![
            if row.length_s.is_some() { from } else { format!("after {}", clock(report.horizon_s)) },
            number(row.figures.offered),
            percent(row.figures.service_level.first().and_then(ServiceLevelFigure::figure)),
        ];
        if bands {
            let days = row.figures.days.as_ref();
            cells.extend([days.and_then(|days| days.p10), days.and_then(|days| days.p90)].map(without_width));
        }
        cells.extend([number(row.figures.asa_s), percent(row.figures.abandonment_rate), number(row.figures.queue_length.mean)]);
        cells.extend(row.occupancy.map(percent));
        table.row(cells);
    }
    table
}

fn profile_intervals(report: &Report) -> Columns {
    let mut table = Columns::new(&["from", "routing profile", "staffed h", "occupancy %"]);
    for row in &report.routing_profile_intervals {
        table.row(vec![
            clock(row.start_s),
            row.routing_profile.clone(),
            number(row.staffed_s.map(|seconds| seconds.per(3600.0))),
            percent(row.occupancy),
        ]);
    }
    table
}

/// `1:30`, or with seconds where there are some: `1:30:15`.
fn clock(seconds: f64) -> String {
    let whole = seconds as i64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    if seconds.fract() != 0.0 {
        format!("{hours}:{minutes:02}:{rest:02}{}", Time::from_us((seconds.fract() * 1e6) as i64).to_string().trim_start_matches('0'))
    } else if rest != 0 {
        format!("{hours}:{minutes:02}:{rest:02}")
    } else {
        format!("{hours}:{minutes:02}")
    }
}

pub(super) fn percent(figure: Figure) -> String {
    number(figure.map(|share| share.per(0.01)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks() {
        assert_eq!([clock(0.0), clock(5400.0), clock(90_015.0), clock(0.5)], ["0:00", "1:30", "25:00:15", "0:00:00.5"]);
    }
}
