//! `waitline profiles`: routing profiles from a skills matrix.

use super::{Outcome, Table, emit, io_error};
use crate::compile::{SkillGroup, group_by_skills};
use crate::error::Error;
use std::path::PathBuf;

/// Sorts and groups agents by equal skills and prints the routing profiles they need.
#[derive(Debug, clap::Args)]
#[command(after_help = "The matrix is a CSV: agents down, queues across, x or a priority (1 to 99) where an agent has a skill.

Examples:
  waitline profiles scenarios/skills-matrix/skills.csv
  waitline profiles skills.csv --format toml >> scenario.toml")]
pub(super) struct ProfilesArguments {
    /// The skills matrix.
    matrix: PathBuf,
    /// A table to read, or TOML to paste into a scenario.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Text,
    Toml,
}

pub(super) fn run(arguments: &ProfilesArguments) -> Result<Outcome, Error> {
    let file = arguments.matrix.display().to_string();
    let content = std::fs::read(&arguments.matrix).map_err(|error| io_error(&file, &error))?;
    let mut groups = group_by_skills(&file, &content)?;
    groups.sort_by(|a, b| (a.skills.len(), &a.skills).cmp(&(b.skills.len(), &b.skills)));
    emit(&match arguments.format {
        Format::Text => as_text(&groups),
        Format::Toml => as_toml(&groups),
    })?;
    Ok(Outcome::Yes)
}

fn as_text(groups: &[SkillGroup]) -> String {
    let mut table = Table::new(["routing profile", "agents", "queues (priority)", "who"]);
    for group in groups {
        let queues: Vec<String> = group.skills.iter().map(|(queue, priority)| format!("{queue} ({priority})")).collect();
        table.row([group.name(), group.agents.len().to_string(), queues.join(", "), group.agents.join(", ")]);
    }
    let agents: usize = groups.iter().map(|group| group.agents.len()).sum();
    format!("{agents} agents, {} routing profiles\n\n{table}", groups.len())
}

fn as_toml(groups: &[SkillGroup]) -> String {
    let quoted = |text: &str| toml::Value::String(text.into()).to_string();
    let mut text = String::new();
    for group in groups {
        text += &format!("[[routing_profile]]\nname = {}\nqueues = [\n", quoted(&group.name()));
        for (queue, priority) in &group.skills {
            text += &format!("  {{ queue = {}, priority = {priority} }},\n", quoted(queue));
        }
        text += &format!("]\n\n[[agents]]\nrouting_profile = {}\ncount = {}\n\n", quoted(&group.name()), group.agents.len());
    }
    text
}
