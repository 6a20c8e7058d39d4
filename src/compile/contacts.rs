//! contacts.csv: a replay.

use super::sheet::Sheet;
use super::{Compiler, Names};
use crate::id::QueueId;
use crate::model::{Given, Run};
use crate::time::{Span, Time};
use std::collections::BTreeMap;

impl Compiler<'_> {
    /// The contacts of a file in order of arrival (ties: in the order of the rows), and when they arrive. Those at or after the horizon are left out,
    /// with a note. `defaults`: contact priority and age of rows that give none.
    pub(super) fn contacts(
        &mut self,
        path: &str,
        file: &str,
        run: &Run,
        queues: &Names<QueueId>,
        defaults: (i64, i64),
    ) -> Option<(Vec<Time>, Vec<Given>)> {
        let content = self.file(path, file)?;
        let before = self.problems.len();
        let sheet = Sheet::read(file, content, &mut self.problems)?;
        let (must, may) = sheet.columns(
            ["contact", "queue", "arrival_s", "handle_s", "patience_s"],
            ["after_contact_work_s", "priority", "age_s"],
            &mut self.problems,
        )?;
        let [contact, queue, arrival, handle, patience] = must;
        let [after_contact_work, priority, age] = may;
        let mut rows: Vec<(Span, Given)> = Vec::new();
        let mut first_lines = BTreeMap::new();
        for row in sheet.rows() {
            let problems = &mut self.problems;
            let name = row.name(contact, problems);
            let queue_name = row.name(queue, problems);
            let found = queue_name.and_then(|name| queues.get(name).copied());
            if let (Some(wrong), None) = (queue_name, found) {
                let problem = row.problem(queue, format!("unknown queue `{wrong}`"));
                problems.push(problem.nearest(wrong, queues.keys().map(String::as_str)));
            }
            if let Some(name) = name
                && let Some(first) = first_lines.insert(name, row.line)
            {
                problems.push(row.problem(contact, format!("the contact `{name}` stands in line {first} already")));
            }
            let at = row.span(arrival, problems);
            let given = Given {
                name: name.unwrap_or_default().to_string(),
                queue: found.unwrap_or(QueueId(0)),
                handle_time: row.optional_span(Some(handle), problems),
                after_contact_work: row.optional_span(after_contact_work, problems),
                patience: row.optional_span(Some(patience), problems),
                priority: row.optional_integer(priority, 1, problems).unwrap_or(defaults.0),
                age_us: row.optional_signed(age, problems).map_or(defaults.1, |age| age.us),
            };
            rows.extend(at.map(|at| (at, given)));
        }
        if self.problems.len() > before {
            return None;
        }
        rows.sort_by_key(|(at, _)| *at);
        let offered = rows.partition_point(|(at, _)| Time::START + *at < run.horizon);
        if offered < rows.len() {
            self.notes.push(format!(
                "{file}: {} of {} contacts arrive at or after the horizon and are not offered",
                rows.len() - offered,
                rows.len()
            ));
            rows.truncate(offered);
        }
        Some(rows.into_iter().map(|(at, given)| (Time::START + at, given)).unzip())
    }
}
