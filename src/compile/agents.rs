//! Agents: by count, by headcount, by skills (R14, R15); `[[roster]]` by roster.

use super::intervals::{HEADS, IntervalValue};
use super::profiles::Profiles;
use super::{AGENTS_MAX, Compiler, Names};
use crate::error::Problem;
use crate::id::{AgentId, ProfileId, QueueId, StateId, Table};
use crate::model::{Agent, Attendance, Away, Channel, Desk, Entry, Pace, Presence, Profile, Run, State, merged};
use crate::scenario::{AgentsTable, Share, Staffing};
use crate::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};

const ALWAYS: Presence = Presence { start: Time::START, end: Time::NEVER };

/// The agents, of each the number of its table, and the states in which they may be.
pub(super) struct Agents {
    pub(super) rows: Table<AgentId, Agent>,
    pub(super) tables: Table<AgentId, usize>,
    pub(super) states: Table<StateId, State>,
}

/// The agents so far.
#[derive(Default)]
pub(super) struct Crew {
    /// Of the table in hand.
    attendance: Attendance,
    pace: Pace,
    table: usize,
    agents: Table<AgentId, Agent>,
    /// By agent, the number of its table.
    tables: Table<AgentId, usize>,
    /// What they do instead of taking contacts.
    states: Table<StateId, State>,
    state_names: Names<StateId>,
    /// How many agents of a profile have been named by number.
    numbered: BTreeMap<ProfileId, u32>,
    /// Where a name was given.
    names: BTreeMap<String, String>,
}

impl Crew {
    fn add(&mut self, name: String, profile: ProfileId, presence: Vec<Presence>) {
        self.add_with(name, profile, presence, Vec::new());
    }

    pub(super) fn add_with(&mut self, name: String, profile: ProfileId, presence: Vec<Presence>, away: Vec<Away>) {
        self.agents.push(Agent { name, profile, presence, away, attendance: self.attendance.clone(), pace: self.pace.clone() });
        self.tables.push(self.table);
    }

    /// The state of that name, which there is from now on.
    pub(super) fn state(&mut self, name: &str) -> StateId {
        *self.state_names.entry(name.into()).or_insert_with(|| self.states.push(State { name: name.into() }))
    }

    fn next_name(&mut self, profile: ProfileId, profiles: &Profiles) -> String {
        let number = self.numbered.entry(profile).or_default();
        *number += 1;
        format!("{}-{number}", profiles.rows[profile].name)
    }
}

impl Compiler<'_> {
    /// All agents, with what belongs to them.
    pub(super) fn agents(&mut self, run: &Run, queues: &Names<QueueId>, profiles: &mut Profiles) -> Agents {
        let tables = &self.scenario.document().agents;
        let mut crew = Crew::default();
        for (index, table) in tables.iter().enumerate() {
            let path = format!("agents[{index}]");
            crew.attendance = self.attendance(&path, table);
            (crew.pace, crew.table) = (self.pace(&path, table), index);
            match (&table.count, &table.staffing, &table.roster, &table.skills) {
                (Some(count), None, None, None) => self.counted(&path, *count, table, profiles, &mut crew),
                (None, Some(Staffing::Heads(heads)), None, None) => self.staffed(&path, heads, table, run, profiles, &mut crew),
                (None, Some(Staffing::File(file)), None, None) => self.staffed_by_file(&path, file, table, profiles, &mut crew),
                (None, None, Some(file), None) => self.roster(&path, file, table, profiles, &mut crew),
                (None, None, None, Some(file)) => self.skilled(&path, file, table, queues, profiles, &mut crew),
                _ => self.problem(&path, "expected exactly one of `count`, `staffing`, `roster` or `skills`"),
            }
        }
        if crew.agents.is_empty() {
            self.notes.push("there are no agents: nobody will be answered".into());
        }
        Agents { rows: crew.agents, tables: crew.tables, states: crew.states }
    }

    fn attendance(&mut self, path: &str, table: &AgentsTable) -> Attendance {
        for (key, given) in [("breaks_start_late", &table.breaks_start_late), ("breaks_end_late", &table.breaks_end_late)] {
            if given.is_some() && table.roster.is_none() {
                self.problem(&format!("{path}.{key}"), "not here: only agents of a roster have breaks");
            }
        }
        Attendance {
            absence: self.share_away(&format!("{path}.absence"), table.absence),
            shrinkage: self.share_away(&format!("{path}.shrinkage"), table.shrinkage),
            late: self.optional_distribution(&format!("{path}.late"), table.late.as_ref()),
            breaks_start_late: self.optional_distribution(&format!("{path}.breaks_start_late"), table.breaks_start_late.as_ref()),
            breaks_end_late: self.optional_distribution(&format!("{path}.breaks_end_late"), table.breaks_end_late.as_ref()),
        }
    }

    /// A share of time in which an agent is not there.
    fn share_away(&mut self, path: &str, share: Option<Share>) -> f64 {
        let share = share.unwrap_or_default().0;
        if !(0.0..1.0).contains(&share) {
            self.problem(path, format!("{share} is not a share of time: expected from 0% to below 100%, such as \"8%\""));
        }
        share
    }

    /// The profile that a table must name.
    fn profile_of(&mut self, path: &str, table: &AgentsTable, profiles: &Profiles) -> Option<ProfileId> {
        let Some(name) = &table.routing_profile else {
            self.problem(path, "the key `routing_profile` is missing");
            return None;
        };
        self.find(&format!("{path}.routing_profile"), "routing profile", name, &profiles.names)
    }

    /// The key that a table must not have.
    pub(super) fn no_profile(&mut self, path: &str, table: &AgentsTable, why: &str) {
        if table.routing_profile.is_some() {
            self.problem(&format!("{path}.routing_profile"), format!("not here: {why}"));
        }
    }

    fn counted(&mut self, path: &str, count: i64, table: &AgentsTable, profiles: &Profiles, crew: &mut Crew) {
        let profile = self.profile_of(path, table, profiles);
        if !(1..=AGENTS_MAX).contains(&count) {
            self.problem(&format!("{path}.count"), format!("{count} agents: expected 1 to {AGENTS_MAX}"));
            return;
        }
        if let Some(profile) = profile {
            for _ in 0..count {
                let name = crew.next_name(profile, profiles);
                crew.add(name, profile, vec![ALWAYS]);
            }
        }
    }

    fn staffed(&mut self, path: &str, heads: &[i64], table: &AgentsTable, run: &Run, profiles: &Profiles, crew: &mut Crew) {
        let profile = self.profile_of(path, table, profiles);
        let path = format!("{path}.staffing");
        let Some(interval) = run.interval else {
            self.problem(&path, "a list of heads follows the reporting interval, but that is \"none\"");
            return;
        };
        for (place, &count) in heads.iter().enumerate() {
            if !(0..=AGENTS_MAX).contains(&count) {
                self.problem(&format!("{path}[{place}]"), format!("{count} heads: expected 0 to {AGENTS_MAX}"));
                return;
            }
        }
        if heads.iter().all(|&count| count == 0) {
            self.problem(&path, "these agents are never present: expected at least one head in one interval");
            return;
        }
        let needed = (run.horizon.as_us() + interval.as_us() - 1) / interval.as_us();
        if (heads.len() as i64) < needed {
            self.notes.push(format!("{path}: {} intervals are given, the run has {needed}; the last headcount goes on", heads.len()));
        }
        let steps: Vec<(Presence, i64)> = heads
            .iter()
            .enumerate()
            .map(|(place, &count)| {
                let start = Time::from_us(interval.as_us().saturating_mul(place as i64).min(Time::NEVER.as_us()));
                // Those given by headcount keep the last interval's (R18).
                let end = if place + 1 == heads.len() { Time::NEVER } else { start + interval };
                (Presence { start, end }, count)
            })
            .collect();
        if let Some(profile) = profile {
            Self::add_heads(&steps, profile, profiles, crew);
        }
    }

    /// R15: number k is present in exactly the steps whose headcount is at least k.
    fn add_heads(steps: &[(Presence, i64)], profile: ProfileId, profiles: &Profiles, crew: &mut Crew) {
        let most = steps.iter().map(|(_, count)| *count).max().unwrap_or(0);
        for number in 1..=most {
            let present = steps.iter().filter(|(_, count)| *count >= number).map(|(presence, _)| *presence).collect();
            let name = crew.next_name(profile, profiles);
            crew.add(name, profile, merged(present));
        }
    }

    fn staffed_by_file(&mut self, path: &str, file: &str, table: &AgentsTable, profiles: &Profiles, crew: &mut Crew) {
        let only = match &table.routing_profile {
            Some(name) => match self.find(&format!("{path}.routing_profile"), "routing profile", name, &profiles.names) {
                Some(_) => Some(name.as_str()),
                None => return,
            },
            None => None,
        };
        let key = format!("{path}.staffing");
        let Some(rows) = self.interval_table(&key, file, &HEADS, table.starts_at.as_ref(), &format!("{path}.starts_at")) else { return };
        let mut any = false;
        for (name, values) in rows.iter() {
            if only.is_some_and(|only| only != name) {
                continue;
            }
            any = true;
            let Some(&profile) = profiles.names.get(name) else {
                let problem = Problem::new(format!("unknown routing profile `{name}`")).file(file).line(values[0].line);
                self.problems.push(problem.nearest(name, profiles.names.keys().map(String::as_str)));
                continue;
            };
            if let Some(steps) = self.steps(file, values) {
                Self::add_heads(&steps, profile, profiles, crew);
            }
        }
        if let (Some(only), false) = (only, any) {
            let problem = self.scenario.problem(&key, format!("{file} has no rows for the routing profile `{only}`"));
            self.problems.push(problem.nearest(only, rows.keys().map(String::as_str)));
        }
    }

    fn steps(&mut self, file: &str, values: &[IntervalValue]) -> Option<Vec<(Presence, i64)>> {
        let mut steps = Vec::new();
        for (place, value) in values.iter().enumerate() {
            let heads = value.value as i64;
            if value.value.fract() > 0.0 || heads > AGENTS_MAX {
                let message = format!("{} heads: expected a whole number up to {AGENTS_MAX}", value.value);
                self.problems.push(Problem::new(message).file(file).line(value.line));
                return None;
            }
            let end = if place + 1 == values.len() { Time::NEVER } else { value.start + value.length };
            steps.push((Presence { start: value.start, end }, heads));
        }
        if steps.iter().all(|(_, heads)| *heads == 0) {
            self.problems.push(Problem::new("these agents are never present").file(file).line(values[0].line));
            return None;
        }
        Some(steps)
    }

    fn skilled(&mut self, path: &str, file: &str, table: &AgentsTable, queues: &Names<QueueId>, profiles: &mut Profiles, crew: &mut Crew) {
        self.no_profile(path, table, "the skills make the profiles");
        let Some(content) = self.file(&format!("{path}.skills"), file) else { return };
        let mut seen = BTreeSet::new();
        for group in super::skills::read(file, content, &mut self.problems) {
            let mut entries = Vec::new();
            for (queue, priority) in &group.skills {
                if let Some(&id) = queues.get(queue) {
                    entries.push(Entry {
                        queue: id,
                        channel: Channel::Voice,
                        priority: *priority,
                        delay: Span::ZERO,
                        keep_available: 0,
                        weight_milli: 1000,
                        handle_time: None,
                        after_contact_work: None,
                    });
                } else {
                    let problem = Problem::new(format!("unknown queue `{queue}`")).file(file).line(1).key(queue.as_str());
                    let problem = problem.nearest(queue, queues.keys().map(String::as_str));
                    if !self.problems.contains(&problem) {
                        self.problems.push(problem);
                    }
                }
            }
            entries.sort_by_key(|entry| entry.priority);
            let name = group.name();
            if profiles.names.contains_key(&name) {
                let message = format!("the skills of these agents make a profile `{name}`, but there is one of that name already");
                self.problems.push(Problem::new(message).file(file).line(group.line));
                continue;
            }
            let profile = profiles.rows.push(Profile { name: name.clone(), entries, desk: Desk::default() });
            profiles.names.insert(name, profile);
            for agent in group.agents {
                // Who stands twice in this very file has been reported.
                if seen.insert(agent.clone()) {
                    self.claim_name(&agent, file, crew);
                }
                crew.add(agent, profile, vec![ALWAYS]);
            }
        }
    }

    pub(super) fn claim_name(&mut self, name: &str, file: &str, crew: &mut Crew) {
        if let Some(other) = crew.names.insert(name.into(), file.into()) {
            self.problems.push(Problem::new(format!("the agent `{name}` stands in {other} already")).file(file));
        }
    }
}
