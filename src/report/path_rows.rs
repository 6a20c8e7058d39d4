//! Paths to service as rows of a long table.

use super::Figure;
use super::paths::{NamedFigure, PathReport, SourceReport, StepReport};
use crate::stats::Estimate;

/// (scope, name, metric, definition, figure).
pub(super) type PathRow = (&'static str, String, String, &'static str, Figure);

/// The rows of one scope and name.
struct Rows<'a> {
    scope: &'static str,
    name: &'a str,
    rows: &'a mut Vec<PathRow>,
}

impl Rows<'_> {
    fn add(&mut self, metric: &str, definition: &'static str, figure: Figure) {
        self.rows.push((self.scope, self.name.into(), metric.into(), definition, figure));
    }

    fn all<const N: usize>(&mut self, rows: [(&str, &'static str, Figure); N]) {
        for (metric, definition, figure) in rows {
            self.add(metric, definition, figure);
        }
    }

    /// Counts, and with a definition of them the shares.
    fn named(&mut self, metric: &str, figures: &[NamedFigure], count: &'static str, share: Option<&'static str>) {
        for figure in figures {
            self.add(&format!("{metric}.{}", figure.name), count, figure.count);
            if let Some(share) = share {
                self.add(&format!("{metric}_share.{}", figure.name), share, figure.share);
            }
        }
    }
}

impl PathReport {
    /// All figures.
    pub(super) fn list(&self) -> Vec<PathRow> {
        let mut rows = Vec::new();
        for row in &self.sources {
            of_ways(row, &mut Rows { scope: "source", name: &row.source, rows: &mut rows });
        }
        of_ways(&self.total, &mut Rows { scope: "ways", name: "", rows: &mut rows });
        for row in &self.callbacks {
            let mut rows = Rows { scope: "callback", name: &row.source, rows: &mut rows };
            rows.add("promised", "callbacks, mean per replication", row.promised);
            rows.named("ended", &row.outcomes, "callbacks, mean per replication", Some("callbacks / all callbacks"));
        }
        for row in &self.flows {
            Rows { scope: "flow", name: &row.name, rows: &mut rows }.add("entered", "entered, mean per replication", row.count);
        }
        self.steps.iter().for_each(|row| of_step(row, &mut rows));
        for row in &self.queues {
            let mut rows = Rows { scope: "queue", name: &row.queue, rows: &mut rows };
            rows.named("diverted", &row.outcomes, "contacts, mean per replication", None);
            rows.add("rang_s", "agents' time on calls back that nobody answered, mean per replication", row.rang_s);
        }
        self.lines_and_services(&mut rows);
        rows
    }

    fn lines_and_services(&self, rows: &mut Vec<PathRow>) {
        for row in &self.services {
            Rows { scope: "service", name: &row.service, rows }.all([
                ("calls", "calls that came to an end, mean per replication", row.calls),
                ("failures", "calls left without an answer, mean per replication", row.failures),
                ("failure_share", "calls left without an answer / calls", row.failure_share),
                ("cached", "calls whose answer was kept, mean per replication", row.cached),
                ("throttled", "attempts that the rate limit refused, mean per replication", row.throttled),
                ("failed", "attempts that failed or took too long, mean per replication", row.failed),
                ("retries", "attempts after a refused or failed one, mean per replication", row.retries),
            ]);
        }
        for row in &self.carriers {
            let most = row.in_use_max.map(|most| Estimate { estimate: most as f64, half_width: None, why_not: None });
            Rows { scope: "carrier", name: &row.carrier, rows }.all([
                ("calls", "calls that got a line, mean per replication", row.calls),
                ("refused", "calls that tried it and got no line of it, mean per replication", row.refused),
                ("refused_share", "calls that got no line of it / calls that tried it", row.refused_share),
                ("failed_over", "calls refused here that got a line of another carrier, mean per replication", row.failed_over),
                ("in_use", "lines in use, mean over time", row.in_use),
                ("in_use.max", "most lines in use at once in any replication", most),
                ("full_share", "time in which all lines were in use / time", row.full_share),
            ]);
        }
    }
}

fn of_ways(row: &SourceReport, rows: &mut Rows<'_>) {
    rows.named("arrived", &row.arrivals, "ways, mean per replication", Some("ways / all ways"));
    rows.named("ended", &row.outcomes, "ways, mean per replication", Some("ways / all ways"));
    rows.all([
        ("calls", "first and repeated calls, mean per replication", row.calls),
        ("served", "spoken with an agent or self-served / calls", row.served),
        ("self_served", "self-served / calls", row.self_served),
        ("blocked", "calls that found no line / calls", row.blocked),
        ("spoken", "calls on which an agent spoke with the customer, callbacks included / calls", row.spoken),
        ("in_flows_s", "in flows before the first queue or until the end, mean of all calls", row.in_flows_s),
        ("to_agent_s", "from the start of the call to the first agent, mean", row.to_agent_s),
        ("to_agent_s.p50", "nearest-rank percentile of the same times", row.to_agent_p50_s),
        ("to_agent_s.p90", "nearest-rank percentile of the same times", row.to_agent_p90_s),
        ("to_agent_s.p95", "nearest-rank percentile of the same times", row.to_agent_p95_s),
        ("waited_s", "what was waited in queues, mean over all calls", row.waited_s),
    ]);
}

fn of_step(row: &StepReport, rows: &mut Vec<PathRow>) {
    let name = format!("{}.{}", row.flow, row.step);
    let mut of_step = Rows { scope: "step", name: &name, rows };
    of_step.named("taken", &row.exits, "exits taken, mean per replication", Some("exit taken / all exits of the step"));
    of_step.named("tries", &row.tries, "calls of the service, mean per replication", None);
    for branch in &row.branches {
        let mut rows = Rows { scope: "branch", name: &format!("{name}.{}", branch.branch), rows };
        rows.add("ways", "ways of those who took it, mean per replication", branch.ways);
        rows.named("ended", &branch.outcomes, "ways, mean per replication", Some("ways / all ways"));
        rows.all([
            ("spoken", "ways on which an agent spoke with the customer / all ways", branch.spoken),
            ("to_agent_s", "from the start of the call to the first agent, mean", branch.to_agent_s),
            ("waited_s", "what a way waited in queues, mean over all ways", branch.waited_s),
        ]);
    }
}
