//! `waitline erlang`: closed forms, and the staffing they imply.

use super::{Outcome, emit};
use crate::erlang::{Figures, Traffic, blocking, least_agents};
use crate::error::{Error, Problem};
use crate::scenario::Rate;
use crate::time::Span;

/// Closed forms for one queue: Erlang B (who finds no agent is lost), C (everyone waits), A (everyone has patience).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  waitline erlang c --rate 360/h --handle-time 4m --target 80%            # how many agents?
  waitline erlang a --rate 360/h --handle-time 4m --patience 2m --agents 24
  waitline erlang b --rate 360/h --handle-time 4m --blocking 1%           # how many lines?

Exit codes: 0 yes, 1 the agents given do not meet the target (or the queue would grow without end), 2 bad input.")]
pub(super) struct ErlangArguments {
    #[command(subcommand)]
    formula: Formula,
}

#[derive(Debug, clap::Subcommand)]
enum Formula {
    /// Loss: who finds no agent (or line) is lost.
    B {
        #[command(flatten)]
        traffic: TrafficArguments,
        /// The share that may be lost.
        #[arg(long, value_parser = share)]
        blocking: Option<f64>,
    },
    /// Delay: everyone waits until answered.
    C(DelayArguments),
    /// Delay with exponential patience.
    A {
        #[command(flatten)]
        delay: DelayArguments,
        /// Mean patience.
        #[arg(long)]
        patience: Span,
        /// The share that may abandon.
        #[arg(long, value_parser = share)]
        abandonment: Option<f64>,
    },
}

#[derive(Debug, clap::Args)]
struct TrafficArguments {
    /// Arrivals, such as 90/h.
    #[arg(long)]
    rate: Rate,
    /// Mean handle time, such as 5m.
    #[arg(long)]
    handle_time: Span,
    /// How many agents there are; left out: as many as the target takes.
    #[arg(long)]
    agents: Option<u32>,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct DelayArguments {
    #[command(flatten)]
    traffic: TrafficArguments,
    /// The threshold of the service level.
    #[arg(long, default_value = "20s")]
    within: Span,
    /// The service level to reach: answered within the threshold, of all offered.
    #[arg(long, value_parser = share)]
    target: Option<f64>,
    /// The mean wait of the answered that may be reached.
    #[arg(long)]
    asa: Option<Span>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Text,
    Csv,
    Json,
}

/// `80%` or `0.8`.
fn share(text: &str) -> Result<f64, String> {
    let (number, of) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    match number.trim().parse::<f64>() {
        Ok(number) if (0.0..=of).contains(&number) => Ok(number / of),
        _ => Err("expected a share such as 80% or 0.8".into()),
    }
}

/// One line of the answer: `None` where the queue would grow without end.
struct Row {
    agents: u32,
    figures: Option<(Figures, f64)>,
    good: bool,
}

pub(super) fn run(arguments: &ErlangArguments) -> Result<Outcome, Error> {
    match &arguments.formula {
        Formula::B { traffic, blocking } => loss(traffic, *blocking),
        Formula::C(delay) => delays(delay, None, None),
        Formula::A { delay, patience, abandonment } => delays(delay, Some(*patience), *abandonment),
    }
}

fn bad_input(message: &str) -> Error {
    Error::input(vec![Problem::new(message)])
}

fn none_suffices() -> Error {
    bad_input("no number of agents up to a million meets the target")
}

fn loss(arguments: &TrafficArguments, most: Option<f64>) -> Result<Outcome, Error> {
    let traffic = Traffic::new(arguments.rate.per_s(), arguments.handle_time.as_secs_f64(), None)
        .ok_or_else(|| bad_input("rate and handle time must be more than 0"))?;
    let erlangs = traffic.erlangs();
    let good = |agents: u32| most.is_none_or(|most| blocking(agents, erlangs) <= most);
    let agents = match (arguments.agents, most) {
        (Some(agents), _) => agents,
        (None, Some(_)) => least_agents(good).ok_or_else(none_suffices)?,
        (None, None) => return Err(bad_input("give --agents, or the --blocking to stay below")),
    };
    let rows = around(agents, arguments.agents.is_some());
    let cells = rows.iter().map(|&agents| {
        let lost = blocking(agents, erlangs);
        (vec![f64::from(agents), lost, erlangs * (1.0 - lost) / f64::from(agents).max(1.0)], agents)
    });
    print(arguments.format, erlangs, &["agents", "blocking", "occupancy"], &cells.collect::<Vec<_>>(), agents)?;
    Ok(if good(agents) { Outcome::Yes } else { Outcome::No })
}

fn delays(arguments: &DelayArguments, patience: Option<Span>, abandonment: Option<f64>) -> Result<Outcome, Error> {
    let of = &arguments.traffic;
    let traffic = Traffic::new(of.rate.per_s(), of.handle_time.as_secs_f64(), patience.map(Span::as_secs_f64))
        .ok_or_else(|| bad_input("rate, handle time and patience must be more than 0"))?;
    let row = |agents: u32| {
        let figures = traffic.with(agents).zip(traffic.service_level(agents, arguments.within.as_secs_f64()));
        let good = figures.is_some_and(|(figures, level)| {
            arguments.target.is_none_or(|target| level >= target)
                && arguments.asa.is_none_or(|asa| figures.asa_s <= asa.as_secs_f64())
                && abandonment.is_none_or(|most| figures.abandonment <= most)
        });
        Row { agents, figures, good }
    };
    let agents = match of.agents {
        Some(agents) => agents,
        None if arguments.target.is_none() && arguments.asa.is_none() && abandonment.is_none() => {
            return Err(bad_input("give --agents, or a goal: --target 80%, --asa 30s or (erlang a) --abandonment 3%"));
        }
        None => least_agents(|agents| row(agents).good).ok_or_else(none_suffices)?,
    };
    let answer = row(agents);
    if answer.figures.is_none() && patience.is_some() {
        return Err(bad_input("the queue would be so long that Erlang A is out of reach: give more agents, or less patience"));
    }
    if answer.figures.is_none() {
        let message = format!(
            "the load is {:.2} erlangs: {agents} agents cannot carry it, and without patience the queue grows without end\n",
            traffic.erlangs()
        );
        emit(&message)?;
        return Ok(Outcome::No);
    }
    let cells = around(agents, of.agents.is_some()).into_iter().filter_map(|agents| {
        let (figures, level) = row(agents).figures?;
        let shares = vec![
            f64::from(agents),
            figures.occupancy,
            figures.wait_probability,
            level,
            figures.asa_s,
            figures.mean_wait_s,
            figures.abandonment,
        ];
        Some((shares, agents))
    });
    let level = format!("answered<={}s", arguments.within.as_secs_text());
    let headers = ["agents", "occupancy", "wait_probability", level.as_str(), "asa_s", "mean_wait_s", "abandonment"];
    print(of.format, traffic.erlangs(), &headers, &cells.collect::<Vec<_>>(), answer.agents)?;
    Ok(if answer.good { Outcome::Yes } else { Outcome::No })
}

/// The numbers of agents to show: the one asked for, or the answer with its neighbours.
fn around(agents: u32, only: bool) -> Vec<u32> {
    if only { vec![agents] } else { (agents.saturating_sub(3).max(1)..=agents.saturating_add(3)).collect() }
}

fn print(format: Format, erlangs: f64, headers: &[&str], rows: &[(Vec<f64>, u32)], answer: u32) -> Result<(), Error> {
    let text = match format {
        Format::Text => as_text(erlangs, headers, rows, answer),
        Format::Csv => {
            let lines = rows.iter().map(|(cells, _)| cells.iter().map(|cell| significant(*cell)).collect::<Vec<_>>().join(","));
            std::iter::once(headers.join(",")).chain(lines).map(|line| line + "\n").collect()
        }
        Format::Json => {
            let rows: Vec<serde_json::Value> = rows
                .iter()
                .map(|(cells, _)| {
                    headers
                        .iter()
                        .zip(cells)
                        .map(|(header, cell)| ((*header).to_string(), serde_json::json!(cell)))
                        .collect::<serde_json::Map<_, _>>()
                        .into()
                })
                .collect();
            format!("{:#}\n", serde_json::json!({ "erlangs": erlangs, "answer": answer, "rows": rows }))
        }
    };
    emit(&text)
}

/// Six digits that matter.
fn significant(number: f64) -> String {
    if number == 0.0 || number.fract() == 0.0 && number.abs() < 1e15 { format!("{number}") } else { format!("{number:.6}") }
}

fn as_text(erlangs: f64, headers: &[&str], rows: &[(Vec<f64>, u32)], answer: u32) -> String {
    let cell = |header: &str, value: f64| match header {
        "agents" => format!("{value}"),
        header if header.ends_with("_s") => format!("{value:.1}"),
        _ => format!("{:.2}", value * 100.0),
    };
    let title = |header: &&str| match *header {
        "agents" => "agents".to_string(),
        "asa_s" => "ASA s".into(),
        "mean_wait_s" => "mean wait s".into(),
        "wait_probability" => "P(wait) %".into(),
        other => format!("{} %", other.replace("<=", " <= ")),
    };
    let titles: Vec<String> = headers.iter().map(title).collect();
    let mut text = format!("offered load {erlangs:.2} erlangs\n\n");
    let line = |cells: Vec<String>, mark: &str| {
        let cells: Vec<String> =
            cells.iter().zip(&titles).map(|(cell, title)| format!("{cell:>width$}", width = title.chars().count().max(7))).collect();
        format!("{}{mark}\n", cells.join("  "))
    };
    text += &line(titles.clone(), "");
    for (cells, agents) in rows {
        let mark = if *agents == answer && rows.len() > 1 { "  <- the least that will do" } else { "" };
        text += &line(headers.iter().zip(cells).map(|(header, value)| cell(header, *value)).collect(), mark);
    }
    text
}
