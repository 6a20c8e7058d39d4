//! Agents by roster: who works when, and what else than taking contacts they do then (R14).

use super::Compiler;
use super::agents::Crew;
use super::profiles::Profiles;
use super::sheet::{Row, Sheet};
use crate::error::Problem;
use crate::id::{ProfileId, StateId};
use crate::model::{Away, Presence, free_of, merged};
use crate::scenario::AgentsTable;
use crate::time::Time;
use std::collections::BTreeMap;

/// Where the cells are.
#[derive(Clone, Copy)]
struct Columns {
    profile: usize,
    start: usize,
    end: usize,
    activity: Option<usize>,
}

/// An agent of a roster, as far as its rows have been read.
struct Rostered<'s> {
    name: &'s str,
    profile: Option<ProfileId>,
    /// With their lines.
    shifts: Vec<(Presence, u64)>,
    activities: Vec<Activity<'s>>,
    /// One of its shifts could not be read, so that nobody knows what lies within.
    is_unclear: bool,
}

/// What an agent does at some time of a shift.
#[derive(Clone, Copy)]
struct Activity<'s> {
    name: &'s str,
    stay: Presence,
    state: StateId,
    line: u64,
}

/// What a row without an activity is.
const SHIFT: &str = "shift";
/// What traces say of an agent that is in no state.
const OFF: &str = "off";

impl Compiler<'_> {
    pub(super) fn roster(&mut self, path: &str, file: &str, table: &AgentsTable, profiles: &Profiles, crew: &mut Crew) {
        self.no_profile(path, table, "the roster names the profile of each agent");
        let Some(content) = self.file(&format!("{path}.roster"), file) else { return };
        let Some(sheet) = Sheet::read(file, content, &mut self.problems) else { return };
        let Some(([agent, profile, start, end], [activity])) =
            sheet.columns(["agent", "routing_profile", "start_s", "end_s"], ["activity"], &mut self.problems)
        else {
            return;
        };
        let columns = Columns { profile, start, end, activity };
        // In order of first appearance.
        let mut people: Vec<Rostered<'_>> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for row in sheet.rows() {
            let Some(name) = row.name(agent, &mut self.problems) else { continue };
            let place = *places.entry(name).or_insert_with(|| {
                people.push(Rostered { name, profile: None, shifts: Vec::new(), activities: Vec::new(), is_unclear: false });
                people.len() - 1
            });
            self.roster_row(row, columns, &mut people[place], profiles, crew);
        }
        if people.is_empty() {
            self.problems.push(Problem::new("there is no agent in the roster").file(file));
        }
        let late = table.breaks_start_late.is_some() || table.breaks_end_late.is_some();
        if late && people.iter().all(|person| person.activities.is_empty()) {
            self.notes.push(format!("{path}: breaks begin or end late, but there are no breaks in {file}"));
        }
        for person in people {
            self.rostered(person, file, crew);
        }
    }

    /// A shift, or an activity on one.
    fn roster_row<'s>(&mut self, row: Row<'s>, columns: Columns, person: &mut Rostered<'s>, profiles: &Profiles, crew: &mut Crew) {
        let Columns { profile, start, end, activity } = columns;
        let problems = &mut self.problems;
        let (name, activity_name) = (person.name, activity.map_or("", |column| row.text(column)));
        let activity_name = Some(activity_name).filter(|name| !["", SHIFT].contains(name));
        if activity_name == Some(OFF) {
            let message = format!("`{OFF}` stands for no activity at all: expected another name, such as `break`");
            problems.push(row.problem(activity.unwrap_or(end), message));
        }
        if let Some(other) = activity_name.filter(|name| name.eq_ignore_ascii_case(SHIFT)) {
            let message = format!("`{other}` is no activity: a shift is written `{SHIFT}`, or the cell is empty");
            problems.push(row.problem(activity.unwrap_or(end), message));
        }
        // Of an activity the profile goes without saying.
        if activity_name.is_none() || !row.text(profile).is_empty() {
            self.profile_of_row(row, profile, person, profiles);
        }
        let problems = &mut self.problems;
        let from = row.span(start, problems).map(|start| Time::START + start);
        let to = match (row.text(end), activity_name) {
            ("", None) => Some(Time::NEVER),
            ("", Some(activity)) => {
                problems.push(row.problem(end, format!("the `{activity}` of `{name}` has no end: only a shift may go on for ever")));
                None
            }
            _ => row.span(end, problems).map(|end| Time::START + end),
        };
        match (from, to, activity_name) {
            (Some(from), Some(to), _) if to <= from => {
                let what = activity_name.map_or(SHIFT.into(), |activity| format!("`{activity}`"));
                problems.push(row.problem(end, format!("the {what} of `{name}` ends at {to}, not after its start at {from}")));
                person.is_unclear |= activity_name.is_none();
            }
            (Some(start), Some(end), None) => person.shifts.push((Presence { start, end }, row.line)),
            (Some(start), Some(end), Some(name)) => {
                person.activities.push(Activity { name, stay: Presence { start, end }, state: crew.state(name), line: row.line });
            }
            _ => person.is_unclear |= activity_name.is_none(),
        }
    }

    /// The agent's one profile.
    fn profile_of_row(&mut self, row: Row<'_>, column: usize, person: &mut Rostered<'_>, profiles: &Profiles) {
        let Some(profile_name) = row.name(column, &mut self.problems) else { return };
        let Some(&found) = profiles.names.get(profile_name) else {
            let problem = row.problem(column, format!("unknown routing profile `{profile_name}`"));
            self.problems.push(problem.nearest(profile_name, profiles.names.keys().map(String::as_str)));
            return;
        };
        let first = *person.profile.get_or_insert(found);
        if first != found {
            let (name, profile) = (person.name, &profiles.rows[first].name);
            let message = format!("the agent `{name}` has the profile `{profile}` already: an agent has one");
            self.problems.push(row.problem(column, message));
        }
    }

    /// All that is known of an agent.
    fn rostered(&mut self, person: Rostered<'_>, file: &str, crew: &mut Crew) {
        let Rostered { name, profile, mut shifts, mut activities, is_unclear } = person;
        let mut wrong = |line: u64, message: String| self.problems.push(Problem::new(message).file(file).line(line).key("start_s"));
        shifts.sort_by_key(|(shift, _)| shift.start);
        for (before, shift) in overlaps(&shifts, |(shift, _)| *shift) {
            wrong(shift.1, format!("this shift of `{name}` overlaps the one in line {}", before.1));
        }
        activities.sort_by_key(|activity| activity.stay.start);
        for (before, activity) in overlaps(&activities, |activity| activity.stay) {
            let (this, other, line) = (activity.name, before.name, before.line);
            wrong(activity.line, format!("this `{this}` of `{name}` overlaps the `{other}` in line {line}"));
        }
        let shifts = merged(shifts.into_iter().map(|(shift, _)| shift).collect());
        for Activity { name: what, stay: Presence { start, end }, line, .. } in activities.iter().filter(|_| !is_unclear) {
            let shift = shifts.get(shifts.partition_point(|shift| shift.end <= *start));
            if shift.is_none_or(|shift| *start < shift.start || shift.end < *end) {
                let message =
                    format!("the `{what}` of `{name}` from {start} to {end} is not within a shift: expected one of `{name}` around it");
                wrong(*line, message);
            }
        }
        self.claim_name(name, file, crew);
        if let Some(profile) = profile
            && !shifts.is_empty()
        {
            let away = |activity: &Activity<'_>| Away { start: activity.stay.start, end: activity.stay.end, state: activity.state };
            let away: Vec<Away> = activities.iter().map(away).collect();
            crew.add_with(name.into(), profile, free_of(&shifts, &away), away);
        }
    }
}

/// Those that begin before one is over that began before, with that one; in order of their starts.
fn overlaps<T>(sorted: &[T], stay: impl Fn(&T) -> Presence) -> Vec<(&T, &T)> {
    let mut found = Vec::new();
    let mut longest: Option<&T> = None;
    for this in sorted {
        match longest {
            Some(before) if stay(before).end > stay(this).start => found.push((before, this)),
            _ => {}
        }
        if longest.is_none_or(|before| stay(before).end < stay(this).end) {
            longest = Some(this);
        }
    }
    found
}
