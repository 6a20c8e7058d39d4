//! Skills matrices: agents down, queues across, a mark where an agent has a skill. Agents with equal marks share a routing profile.

use super::sheet::Sheet;
use crate::error::{Error, Problem};
use std::collections::BTreeMap;

/// Agents with equal skills.
///
/// ```
/// use waitline::compile::group_by_skills;
/// let matrix = "agent,sales,support\nann,1,\nbob,x,x\ncem,yes,\n";
/// let groups = group_by_skills("skills.csv", matrix.as_bytes()).unwrap();
/// assert_eq!(groups.len(), 2);
/// assert_eq!(groups[0].name(), "sales");
/// assert_eq!(groups[0].agents, ["ann", "cem"]);
/// assert_eq!(groups[1].name(), "sales+support");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkillGroup {
    /// Queue and priority, in the order of the columns.
    pub skills: Vec<(String, u8)>,
    /// The agents' names, in the order of the rows.
    pub agents: Vec<String>,
    /// The line of the first of them.
    pub line: u64,
}

impl SkillGroup {
    /// A name for the profile: the queues, with their priorities unless all are 1.
    pub fn name(&self) -> String {
        let all_first = self.skills.iter().all(|(_, priority)| *priority == 1);
        let part = |(queue, priority): &(String, u8)| if all_first { queue.clone() } else { format!("{queue}:{priority}") };
        self.skills.iter().map(part).collect::<Vec<_>>().join("+")
    }
}

/// The agents of a matrix grouped by equal skills; groups in the order of their first agent.
///
/// A mark is `x`, `yes`, `true` or a priority from 1 to 99; no skill is an empty cell, `0`, `-`, `no` or `false`.
///
/// # Errors
/// Every cell that is neither, agents that stand twice or have no skill, and whatever is wrong with the CSV.
pub fn group_by_skills(file: &str, content: &[u8]) -> Result<Vec<SkillGroup>, Error> {
    let mut problems = Vec::new();
    let groups = read(file, content, &mut problems);
    if problems.is_empty() { Ok(groups) } else { Err(Error::input(problems)) }
}

pub(super) fn read(file: &str, content: &[u8], problems: &mut Vec<Problem>) -> Vec<SkillGroup> {
    let Some(sheet) = Sheet::read(file, content, problems) else { return Vec::new() };
    if sheet.headers().len() < 2 {
        problems.push(Problem::new("expected a column of agents and a column for each queue").file(file).line(1));
        return Vec::new();
    }
    for (index, header) in sheet.headers().iter().enumerate().skip(1) {
        if header.is_empty() || sheet.headers()[..index].contains(header) {
            problems.push(Problem::new("this column has no name, or one that stands twice").file(file).line(1).key(header.as_str()));
        }
    }
    let mut groups: Vec<SkillGroup> = Vec::new();
    let mut first_lines = BTreeMap::new();
    for row in sheet.rows() {
        let Some(agent) = row.name(0, problems) else { continue };
        if let Some(first) = first_lines.insert(agent, row.line) {
            problems.push(row.problem(0, format!("the agent `{agent}` stands in line {first} already")));
        }
        let mut skills = Vec::new();
        for (column, queue) in sheet.headers().iter().enumerate().skip(1) {
            match mark(row.text(column)) {
                Ok(Some(priority)) => skills.push((queue.clone(), priority)),
                Ok(None) => {}
                Err(why) => problems.push(row.problem(column, why)),
            }
        }
        if skills.is_empty() {
            problems.push(row.problem(0, format!("the agent `{agent}` has no skill")));
        } else if let Some(group) = groups.iter_mut().find(|group| group.skills == skills) {
            group.agents.push(agent.into());
        } else {
            groups.push(SkillGroup { skills, agents: vec![agent.into()], line: row.line });
        }
    }
    groups
}

fn mark(text: &str) -> Result<Option<u8>, String> {
    match text.to_lowercase().as_str() {
        "" | "0" | "-" | "no" | "n" | "false" => Ok(None),
        "x" | "yes" | "y" | "true" | "✓" | "✔" => Ok(Some(1)),
        number => match number.parse::<u8>() {
            Ok(priority @ 1..=99) => Ok(Some(priority)),
            _ => Err(format!("`{text}` is not a mark: expected x, a priority from 1 to 99, or nothing")),
        },
    }
}
