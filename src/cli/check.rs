//! `waitline check`: reads everything, runs nothing, reports every problem at once.

use super::{Outcome, Table, emit};
use crate::error::{Error, Problem};
use crate::model::Model;
use crate::scenario::Scenario;
use std::path::PathBuf;

/// Reads scenarios and the files they name, and says everything that is wrong with them; runs nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  waitline check scenarios/bank-1999/weekday.toml
  waitline check scenarios/*.toml && echo fine

Exit codes: 0 everything is fine, 2 there are problems (on standard error: file:line: key: what is wrong).")]
pub(super) struct CheckArguments {
    /// The scenarios.
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
}

pub(super) fn run(arguments: &CheckArguments) -> Result<Outcome, Error> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut text = String::new();
    for path in &arguments.scenarios {
        match Scenario::open(path).and_then(|scenario| scenario.compile()) {
            Ok(model) => text += &describe(&path.display().to_string(), &model),
            Err(error) => problems.extend_from_slice(error.problems()),
        }
    }
    emit(&text)?;
    if problems.is_empty() {
        return Ok(Outcome::Yes);
    }
    let count = if problems.len() == 1 { "1 problem".into() } else { format!("{} problems", problems.len()) };
    problems.push(Problem::new(count));
    Err(Error::input(problems))
}

fn describe(path: &str, model: &Model) -> String {
    let mut table = Table::new(["", "count", "names"]);
    let mut row = |what: &str, names: Vec<&str>| {
        let mut shown = names.iter().take(6).copied().collect::<Vec<_>>().join(", ");
        if names.len() > 6 {
            shown += ", ...";
        }
        table.row([what.to_string(), names.len().to_string(), shown]);
    };
    row("queues", model.queues.iter().map(|queue| queue.name.as_str()).collect());
    row("routing profiles", model.profiles.iter().map(|profile| profile.name.as_str()).collect());
    row("agents", model.agents.iter().map(|agent| agent.name.as_str()).collect());
    row("sources", model.sources.iter().map(|source| source.name.as_str()).collect());
    let expectations: Vec<String> = model.expectations.iter().map(ToString::to_string).collect();
    row("expectations", expectations.iter().map(String::as_str).collect());
    let mut text = format!("{path}: `{}` is fine\n{table}", model.name);
    if let Some(expected) = model.expected_contacts() {
        text += &format!("expected contacts up to the horizon: {expected:.1}\n");
    }
    if let Some(overload) = model.overload() {
        text += &format!("warning: {}\n", overload.describe(model));
    }
    for note in &model.notes {
        text += &format!("note: {note}\n");
    }
    text
}
