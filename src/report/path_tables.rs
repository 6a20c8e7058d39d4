//! Paths to service as tables.

use super::columns::{Columns, NONE, number};
use super::paths::{NamedFigure, PathReport, SourceReport};
use super::{Figure, text};
use crate::observe::Outcome;

/// Adds the tables of paths to a report for people; what never happened is left out.
pub(super) fn add_to(paths: &PathReport, text: &mut String) {
    ways(paths).add_to("Ways through the center, per replication: how they began and how they ended", text);
    service(paths).add_to("What became of calls, first and repeated ones", text);
    to_agent(paths).add_to(
        "Times, seconds (in flows and in queues: means of all calls; the others: from the start of the call to the first agent)",
        text,
    );
    callbacks(paths).add_to("Callbacks, per replication", text);
    steps(paths).add_to("Steps of flows: exits taken, per replication", text);
    branches(paths).add_to("Branches: what became of those who took them", text);
    diverted(paths).add_to("Queues left in other ways, per replication", text);
    services(paths).add_to("Services outside, per replication", text);
    carriers(paths).add_to("Carriers", text);
}

/// By source, and where there are several all together.
fn sources(paths: &PathReport) -> impl Iterator<Item = &SourceReport> {
    paths.sources.iter().chain((paths.sources.len() > 1).then_some(&paths.total))
}

fn share(figure: &NamedFigure) -> String {
    text::percent(figure.share)
}

fn ways(paths: &PathReport) -> Columns {
    let mut table = Columns::new(&["source", "way", "ways", "%"]);
    for row in sources(paths) {
        let rows = [("began", &row.arrivals), ("ended", &row.outcomes)];
        let rows = rows.iter().flat_map(|(what, figures)| figures.iter().filter(|figure| figure.happened()).map(move |row| (what, row)));
        for (place, (what, figure)) in rows.enumerate() {
            let name = if place == 0 { row.source.clone() } else { String::new() };
            table.row(vec![name, format!("{what}: {}", figure.name), number(figure.count), share(figure)]);
        }
    }
    table.texts = 2;
    table
}

fn service(paths: &PathReport) -> Columns {
    let mut table = Columns::new(&["source", "calls", "served %", "by an agent %", "by themselves %", "no line %"]);
    for row in sources(paths) {
        let mut cells = vec![row.source.clone(), number(row.calls)];
        cells.extend([row.served, row.spoken, row.self_served, row.blocked].map(text::percent));
        table.row(cells);
    }
    table
}

fn to_agent(paths: &PathReport) -> Columns {
    let mut table = Columns::new(&["source", "in flows", "in queues", "to an agent", "p50", "p90", "p95"]);
    for row in sources(paths) {
        let times = [row.in_flows_s, row.waited_s, row.to_agent_s, row.to_agent_p50_s, row.to_agent_p90_s, row.to_agent_p95_s];
        let mut cells = vec![row.source.clone()];
        cells.extend(times.map(number));
        table.row(cells);
    }
    table
}

fn callbacks(paths: &PathReport) -> Columns {
    let mut table = Columns::new(&["source", "", "callbacks", "%"]);
    for row in &paths.callbacks {
        table.row(vec![row.source.clone(), "promised".into(), number(row.promised), NONE.into()]);
        for figure in row.outcomes.iter().filter(|figure| figure.happened()) {
            table.row(vec![String::new(), format!("ended: {}", figure.name), number(figure.count), share(figure)]);
        }
    }
    table.texts = 2;
    table
}

fn steps(paths: &PathReport) -> Columns {
    let mut table = Columns::new(&["flow", "step", "exit", "taken", "%"]);
    let mut flow_before = None;
    for row in &paths.steps {
        for (place, exit) in row.exits.iter().filter(|exit| exit.happened()).enumerate() {
            let flow = if flow_before == Some(&row.flow) { String::new() } else { row.flow.clone() };
            flow_before = Some(&row.flow);
            let step = if place == 0 { row.step.clone() } else { String::new() };
            table.row(vec![flow, step, exit.name.clone(), number(exit.count), share(exit)]);
        }
        for tries in row.tries.iter().filter(|tries| tries.happened()) {
            table.row(vec![String::new(), String::new(), format!("(tries: {})", tries.name), number(tries.count), share(tries)]);
        }
    }
    table.texts = 3;
    table
}

fn branches(paths: &PathReport) -> Columns {
    let mut table =
        Columns::new(&["step", "branch", "ways", "answered %", "abandoned %", "spoke with an agent %", "to agent s", "waited s"]);
    for row in &paths.steps {
        for (place, branch) in row.branches.iter().enumerate() {
            let step = if place == 0 { format!("{}.{}", row.flow, row.step) } else { String::new() };
            let of = |name: &str| branch.outcomes.iter().find(|figure| figure.name == name).map_or(NONE.into(), share);
            let mut cells = vec![step, branch.branch.clone(), number(branch.ways)];
            cells.extend(["answered", "abandoned"].map(of));
            cells.extend([text::percent(branch.spoken), number(branch.to_agent_s), number(branch.waited_s)]);
            table.row(cells);
        }
    }
    table.texts = 2;
    table
}

fn diverted(paths: &PathReport) -> Columns {
    let mut table = Columns::new(&["queue", "way", "contacts", "%", "agents' time, min"]);
    for row in &paths.queues {
        for (place, figure) in row.outcomes.iter().enumerate() {
            let queue = if place == 0 { row.queue.clone() } else { String::new() };
            // A telephone that rings in vain takes an agent; nothing else here does.
            let rang =
                if figure.name == Outcome::Unreached.name() { number(row.rang_s.map(|seconds| seconds.per(60.0))) } else { NONE.into() };
            table.row(vec![queue, figure.name.clone(), number(figure.count), share(figure), rang]);
        }
    }
    table.texts = 2;
    table
}

fn services(paths: &PathReport) -> Columns {
    let mut table =
        Columns::new(&["service", "calls", "no answer", "no answer %", "kept answers", "throttled tries", "failed tries", "retries"]);
    for row in &paths.services {
        let mut cells = vec![row.service.clone(), number(row.calls), number(row.failures), text::percent(row.failure_share)];
        cells.extend([row.cached, row.throttled, row.failed, row.retries].map(number));
        table.row(cells);
    }
    table
}

fn carriers(paths: &PathReport) -> Columns {
    let mut table = Columns::new(&[
        "carrier",
        "lines",
        "calls",
        "refused",
        "refused %",
        "failed over",
        "lines in use",
        "most in use",
        "in use %",
        "all in use %",
    ]);
    for row in &paths.carriers {
        let share: Figure = row.in_use.map(|in_use| in_use.per(f64::from(row.lines) / 100.0));
        let most = row.in_use_max.map_or(NONE.into(), |most| most.to_string());
        let mut cells =
            vec![row.carrier.clone(), row.lines.to_string(), number(row.calls), number(row.refused), text::percent(row.refused_share)];
        cells.extend([number(row.failed_over), number(row.in_use), most]);
        cells.extend([number(share), text::percent(row.full_share)]);
        table.row(cells);
    }
    table
}
