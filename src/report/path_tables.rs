//! Paths to service as tables.

use super::columns::{Columns, NONE, number};
use super::paths::{NamedFigure, PathReport};
use super::{Figure, text};

/// Adds the tables of paths to a report for people; what never happened is left out.
pub(super) fn add_to(paths: &PathReport, text: &mut String) {
    ways(paths).add_to("Ways through the center, per replication: how they began and how they ended", text);
    to_agent(paths).add_to("From the start of the call to the first agent, seconds", text);
    steps(paths).add_to("Steps of flows: exits taken, per replication", text);
    branches(paths).add_to("Branches: what became of those who took them", text);
    diverted(paths).add_to("Queues left in other ways, per replication", text);
    carriers(paths).add_to("Carriers", text);
}

fn share(figure: &NamedFigure) -> String {
    text::percent(figure.share)
}

fn ways(paths: &PathReport) -> Columns {
    let mut table = Columns::new(&["source", "way", "ways", "%"]);
    for row in &paths.sources {
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

fn to_agent(paths: &PathReport) -> Columns {
    let mut table = Columns::new(&["source", "spoke with an agent %", "mean", "p50", "p90", "p95", "wait in queues, mean of all calls"]);
    for row in &paths.sources {
        let mut cells = vec![row.source.clone(), text::percent(row.spoken)];
        cells.extend([row.to_agent_s, row.to_agent_p50_s, row.to_agent_p90_s, row.to_agent_p95_s, row.waited_s].map(number));
        table.row(cells);
    }
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
    let mut table = Columns::new(&["queue", "way", "contacts", "%"]);
    for row in &paths.queues {
        for (place, figure) in row.outcomes.iter().enumerate() {
            let queue = if place == 0 { row.queue.clone() } else { String::new() };
            table.row(vec![queue, figure.name.clone(), number(figure.count), share(figure)]);
        }
    }
    table.texts = 2;
    table
}

fn carriers(paths: &PathReport) -> Columns {
    let mut table = Columns::new(&["carrier", "lines", "calls", "lines in use", "most in use", "in use %"]);
    for row in &paths.carriers {
        let share: Figure = row.in_use.map(|in_use| in_use.per(f64::from(row.lines) / 100.0));
        let most = row.in_use_max.map_or(NONE.into(), |most| most.to_string());
        table.row(vec![row.carrier.clone(), row.lines.to_string(), number(row.calls), number(row.in_use), most, number(share)]);
    }
    table
}
