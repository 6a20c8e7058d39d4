//! How agents take contacts: channels, offers, own queues, pace, and which agents contacts want.

use super::profiles::Profiles;
use super::sheet::Sheet;
use super::{Compiler, Names};
use crate::error::Problem;
use crate::id::{AgentId, CriteriaId, QueueId, Table};
use crate::model::{
    Agent, AgentRule, Availability, Capacity, Channel, ChannelTerms, ContactRule, Criteria, CriteriaStep, Desk, Entry, Learning, Model,
    Offers, Pace, PerChannel, Queue, Replies,
};
use crate::random::Distribution;
use crate::scenario::{
    AgentsTable, AvailabilityName, CapacityTable, ChannelName, ChannelTermsTable, CriteriaStepTable, NeedTable, OffersTable, Proficiencies,
    ProfileTable, QueueTable, Share,
};
use crate::time::Span;
use std::collections::BTreeMap;

/// How many contacts of a channel an agent may hold: what Amazon Connect allows.
const AT_ONCE_MAX: i64 = 10;
/// By how much a further contact may stretch the others.
const SLOWDOWN_MAX: f64 = 100.0;
/// How many pauses a conversation may have.
const REPLIES_MAX: u32 = 1_000;
/// By what handling may be multiplied.
const FACTOR_MAX: f64 = 100.0;
/// After how many contacts there must be nothing left to learn.
const LEARNING_MAX: i64 = 1_000_000;
/// How many contacts wait in an agent's own queue at most, unless it says otherwise: what Amazon Connect documents.
const OWN_QUEUE_MAX: u32 = 10;
/// How many steps criteria have at most, how many agents a step names, and how many lists it offers: what Amazon Connect documents.
const STEPS_MAX: usize = 5;
const AGENTS_NAMED_MAX: usize = 10;
const LISTS_MAX: usize = 3;
const NEEDS_MAX: usize = 8;
/// The levels of a proficiency.
const LEVELS: std::ops::RangeInclusive<i64> = 1..=5;

/// What agents can do: by agent, the level of each proficiency.
pub(super) type Skills = BTreeMap<AgentId, BTreeMap<String, i64>>;

pub(super) fn channel(name: ChannelName) -> Channel {
    match name {
        ChannelName::Voice => Channel::Voice,
        ChannelName::Chat => Channel::Chat,
        ChannelName::Task => Channel::Task,
        ChannelName::Email => Channel::Email,
    }
}

impl Compiler<'_> {
    // ---- profiles ------------------------------------------------------------------------------------------------------

    pub(super) fn desk(&mut self, path: &str, table: &ProfileTable, entries: &[Entry]) -> Desk {
        let mut capacity = PerChannel::default();
        let tables = [&table.voice, &table.chat, &table.task, &table.email];
        let says = tables.iter().any(|table| table.is_some());
        for (channel, table) in Channel::ALL.into_iter().zip(tables) {
            let serves = entries.iter().any(|entry| entry.channel == channel);
            capacity[channel] = match table {
                Some(table) => Some(self.capacity(&format!("{path}.{channel}"), channel, table)),
                None => (serves || (channel == Channel::Voice && !says)).then_some(Capacity::ONE),
            };
        }
        let availability = match table.availability {
            AvailabilityName::SinceLastContact => Availability::SinceLastContact,
            AvailabilityName::SinceLastInbound => Availability::SinceLastInbound,
        };
        let offers = table.offers.as_ref().map(|offers| self.offers(&format!("{path}.offers"), offers));
        Desk { capacity, offers, availability }
    }

    fn capacity(&mut self, path: &str, channel: Channel, table: &CapacityTable) -> Capacity {
        let at_once = table.at_once.unwrap_or(1);
        let most = if channel == Channel::Voice { 1 } else { AT_ONCE_MAX };
        if !(1..=most).contains(&at_once) {
            let expected = if most == 1 { "expected 1: nobody can hold two calls".into() } else { format!("expected 1 to {most}") };
            self.problem(&format!("{path}.at_once"), format!("{at_once} contacts at once: {expected}"));
        }
        let slowdown = table.slowdown.unwrap_or(0.0);
        if !(0.0..=SLOWDOWN_MAX).contains(&slowdown) {
            self.problem(
                &format!("{path}.slowdown"),
                format!("{slowdown}: expected a number from 0 to {SLOWDOWN_MAX}, such as 0.2 for a fifth"),
            );
        }
        Capacity {
            at_once: at_once.clamp(1, most) as u8,
            other_channels: table.other_channels,
            slowdown_milli: (slowdown * 1000.0).round() as u32,
        }
    }

    fn offers(&mut self, path: &str, table: &OffersTable) -> Offers {
        let mut share = |key: &str, share: Option<Share>| {
            let share = share.unwrap_or_default().0;
            if !(0.0..=1.0).contains(&share) {
                self.problem(&format!("{path}.{key}"), format!("{share} is not a share: expected 0% to 100%"));
            }
            share
        };
        let (missed, rejected) = (share("missed", table.missed), share("rejected", table.rejected));
        if missed + rejected > 1.0 {
            self.problem(path, "`missed` and `rejected` are more than all offers together");
        }
        let constant = |ms: i64| Distribution::Constant(Span::from_us(ms * 1000));
        Offers {
            accept: self.optional_distribution(&format!("{path}.accept"), table.accept.as_ref()).unwrap_or_else(|| constant(500)),
            missed,
            rejected,
            recovery: self.optional_distribution(&format!("{path}.recovery"), table.recovery.as_ref()).unwrap_or_else(|| constant(30_000)),
            connect: self.optional_distribution(&format!("{path}.connect"), table.connect.as_ref()),
        }
    }

    // ---- queues --------------------------------------------------------------------------------------------------------

    pub(super) fn by_channel(&mut self, path: &str, table: &QueueTable) -> PerChannel<ChannelTerms> {
        let mut terms = PerChannel::default();
        for (channel, table) in Channel::ALL.into_iter().zip([&table.voice, &table.chat, &table.task, &table.email]) {
            if let Some(table) = table {
                terms[channel] = self.terms(&format!("{path}.{channel}"), table);
            }
        }
        terms
    }

    fn terms(&mut self, path: &str, table: &ChannelTermsTable) -> ChannelTerms {
        let mut distribution = |key: &str, table| self.optional_distribution(&format!("{path}.{key}"), table);
        let (handle_time, after_contact_work, patience) = (
            distribution("handle_time", table.handle_time.as_ref()),
            distribution("after_contact_work", table.after_contact_work.as_ref()),
            distribution("patience", table.patience.as_ref()),
        );
        let replies = table.replies.as_ref().map(|replies| {
            if !(1..=REPLIES_MAX).contains(&replies.count) {
                self.problem(&format!("{path}.replies.count"), format!("{} replies: expected 1 to {REPLIES_MAX}", replies.count));
            }
            Replies {
                count: replies.count.clamp(1, REPLIES_MAX),
                after: self.distribution(&format!("{path}.replies.after"), &replies.after),
            }
        });
        ChannelTerms { handle_time, after_contact_work, patience, replies }
    }

    /// Whose own queues they are.
    pub(super) fn own_queues(&mut self, queues: &mut Table<QueueId, Queue>, profiles: &Profiles, agents: &Names<AgentId>) {
        let tables = &self.scenario.document().queue;
        for (index, table) in tables.iter().enumerate() {
            let Some(name) = &table.agent else { continue };
            let queue = QueueId(index as u32);
            queues[queue].agent = self.find(&format!("queue[{index}].agent"), "agent", name, agents);
            queues[queue].max_contacts.get_or_insert(OWN_QUEUE_MAX);
            for profile in &profiles.rows {
                if profile.entries.iter().any(|entry| entry.queue == queue) {
                    let message =
                        format!("the queue `{}` is {name}'s own, so it cannot stand in the profile `{}`", table.name, profile.name);
                    self.problem(&format!("queue[{index}].agent"), message);
                }
            }
        }
    }

    // ---- agents --------------------------------------------------------------------------------------------------------

    /// The pace of all agents of a table; files come later, when all names are known.
    pub(super) fn pace(&mut self, path: &str, table: &AgentsTable) -> Pace {
        let factor_milli = self.factor_milli(&format!("{path}.handle_time_factor"), table.handle_time_factor.unwrap_or(1.0));
        let learning = table.learning.map(|learning| {
            let begins = learning.begins_at;
            if !(1.0..=FACTOR_MAX).contains(&begins) {
                self.problem(
                    &format!("{path}.learning.begins_at"),
                    format!("{begins}: expected a factor from 1 to {FACTOR_MAX}, such as 1.5"),
                );
            }
            if !(1..=LEARNING_MAX).contains(&learning.contacts) {
                let message = format!("{} contacts: expected 1 to {LEARNING_MAX}", learning.contacts);
                self.problem(&format!("{path}.learning.contacts"), message);
            }
            Learning { begins_milli: (begins * 1000.0).round() as u32, contacts: learning.contacts.clamp(1, LEARNING_MAX) as u32 }
        });
        Pace { factor_milli, by_queue: Vec::new(), learning }
    }

    fn factor_milli(&mut self, path: &str, factor: f64) -> u32 {
        if !(0.01..=FACTOR_MAX).contains(&factor) {
            self.problem(path, format!("{factor}: expected a factor from 0.01 to {FACTOR_MAX}, such as 1.1"));
        }
        (factor * 1000.0).round() as u32
    }

    /// The files that say of agents how fast they are.
    pub(super) fn factors(&mut self, agents: &mut Table<AgentId, Agent>, names: &Names<AgentId>, queues: &Names<QueueId>) {
        for (index, table) in self.scenario.document().agents.iter().enumerate() {
            let Some(file) = &table.handle_time_factors else { continue };
            let Some(content) = self.file(&format!("agents[{index}].handle_time_factors"), file) else { continue };
            let Some(sheet) = Sheet::read(file, content, &mut self.problems) else { continue };
            let Some(([agent, queue, factor], [])) = sheet.columns(["agent", "queue", "factor"], [], &mut self.problems) else { continue };
            let mut seen = BTreeMap::new();
            for row in sheet.rows() {
                let problems = &mut self.problems;
                let Some(name) = row.name(agent, problems) else { continue };
                let number = row.number(factor, problems);
                if let Some(number) = number.filter(|number| !(0.01..=FACTOR_MAX).contains(number)) {
                    problems.push(row.problem(factor, format!("{number}: expected a factor from 0.01 to {FACTOR_MAX}, such as 1.1")));
                }
                let found = names.get(name).copied();
                if found.is_none() {
                    problems.push(row.problem(agent, format!("unknown agent `{name}`")).nearest(name, names.keys().map(String::as_str)));
                }
                let of_queue = row.text(queue);
                let queue_found = queues.get(of_queue).copied();
                if queue_found.is_none() && !of_queue.is_empty() {
                    let problem = row.problem(queue, format!("unknown queue `{of_queue}`"));
                    problems.push(problem.nearest(of_queue, queues.keys().map(String::as_str)));
                }
                if let Some(first) = seen.insert((name, of_queue), row.line) {
                    problems.push(row.problem(agent, format!("the factor of `{name}` for this queue stands in line {first} already")));
                }
                let (Some(agent), Some(number)) = (found, number) else { continue };
                let milli = (number * 1000.0).round() as u32;
                match queue_found {
                    Some(queue) => agents[agent].pace.by_queue.push((queue, milli)),
                    None if of_queue.is_empty() => agents[agent].pace.factor_milli = milli,
                    None => {}
                }
            }
        }
    }

    /// What agents can do; `tables`: the `[[agents]]` table of each agent.
    pub(super) fn skills(&mut self, names: &Names<AgentId>, tables: &Table<AgentId, usize>) -> Skills {
        let mut skills = Skills::new();
        for (index, table) in self.scenario.document().agents.iter().enumerate() {
            let path = format!("agents[{index}].proficiencies");
            match &table.proficiencies {
                None => {}
                Some(Proficiencies::All(levels)) => {
                    for (name, level) in levels {
                        if !LEVELS.contains(level) {
                            self.problem(&format!("{path}.{name}"), format!("level {level}: expected 1 to 5"));
                        }
                    }
                    for agent in tables.ids().filter(|&agent| tables[agent] == index) {
                        skills.entry(agent).or_default().extend(levels.iter().map(|(name, level)| (name.clone(), *level)));
                    }
                }
                Some(Proficiencies::File(file)) => self.skills_of_file(&path, file, names, &mut skills),
            }
        }
        skills
    }

    fn skills_of_file(&mut self, path: &str, file: &str, names: &Names<AgentId>, skills: &mut Skills) {
        let Some(content) = self.file(path, file) else { return };
        let Some(sheet) = Sheet::read(file, content, &mut self.problems) else { return };
        let columns = sheet.columns(["agent", "proficiency", "level"], [], &mut self.problems);
        let Some(([agent, proficiency, level], [])) = columns else { return };
        for row in sheet.rows() {
            let problems = &mut self.problems;
            let (Some(name), Some(skill)) = (row.name(agent, problems), row.name(proficiency, problems)) else { continue };
            let Some(number) = row.optional_integer(Some(level), 1, problems).or_else(|| {
                if row.text(level).is_empty() {
                    problems.push(row.problem(level, "the cell is empty: expected a level from 1 to 5"));
                }
                None
            }) else {
                continue;
            };
            if !LEVELS.contains(&number) {
                problems.push(row.problem(level, format!("level {number}: expected 1 to 5")));
            }
            let Some(&found) = names.get(name) else {
                problems.push(row.problem(agent, format!("unknown agent `{name}`")).nearest(name, names.keys().map(String::as_str)));
                continue;
            };
            if skills.entry(found).or_default().insert(skill.into(), number).is_some() {
                problems.push(row.problem(proficiency, format!("the level of `{name}` in `{skill}` is given already")));
            }
        }
    }

    // ---- criteria ------------------------------------------------------------------------------------------------------

    pub(super) fn criteria(&mut self, agents: &Names<AgentId>, count: usize, skills: &Skills) -> Table<CriteriaId, Criteria> {
        let tables = &self.scenario.document().routing_criteria;
        let mut made = Table::new();
        for (index, table) in tables.iter().enumerate() {
            let path = format!("routing_criteria[{index}].steps");
            if !(1..=STEPS_MAX).contains(&table.steps.len()) {
                self.problem(&path, format!("{} steps: expected 1 to {STEPS_MAX}", table.steps.len()));
            }
            let mut steps = Vec::new();
            for (place, step) in table.steps.iter().enumerate() {
                let path = format!("{path}[{place}]");
                if step.expires.is_none() && place + 1 < table.steps.len() {
                    self.problem(&path, "the key `expires` is missing: a step without it lasts for ever, so that the next one never comes");
                }
                let before = self.problems.len();
                let mut fits: Table<AgentId, bool> = (0..count).map(|_| false).collect();
                self.who_fits(&path, step, agents, skills, &mut fits);
                if self.problems.len() == before && !fits.iter().any(|fits| *fits) {
                    self.notes.push(format!("{path}: no agent fits"));
                }
                steps.push(CriteriaStep { agents: fits, lasts: step.expires });
            }
            made.push(Criteria { name: table.name.clone(), steps });
        }
        made
    }

    fn who_fits(
        &mut self,
        path: &str,
        step: &CriteriaStepTable,
        agents: &Names<AgentId>,
        skills: &Skills,
        fits: &mut Table<AgentId, bool>,
    ) {
        match (&step.agents, &step.needs, &step.any_of) {
            (Some(named), None, None) => {
                if !(1..=AGENTS_NAMED_MAX).contains(&named.len()) {
                    self.problem(&format!("{path}.agents"), format!("{} agents: expected 1 to {AGENTS_NAMED_MAX}", named.len()));
                }
                for (place, name) in named.iter().enumerate() {
                    if let Some(agent) = self.find(&format!("{path}.agents[{place}]"), "agent", name, agents) {
                        fits[agent] = true;
                    }
                }
            }
            (None, Some(needs), None) => self.whoever_meets(&format!("{path}.needs"), needs, skills, fits),
            (None, None, Some(lists)) => {
                if !(1..=LISTS_MAX).contains(&lists.len()) {
                    self.problem(&format!("{path}.any_of"), format!("{} lists: expected 1 to {LISTS_MAX}", lists.len()));
                }
                for (place, needs) in lists.iter().enumerate() {
                    self.whoever_meets(&format!("{path}.any_of[{place}]"), needs, skills, fits);
                }
            }
            _ => self.problem(path, "expected exactly one of `agents`, `needs` or `any_of`"),
        }
    }

    fn whoever_meets(&mut self, path: &str, needs: &[NeedTable], skills: &Skills, fits: &mut Table<AgentId, bool>) {
        if !(1..=NEEDS_MAX).contains(&needs.len()) {
            self.problem(path, format!("{} needs: expected 1 to {NEEDS_MAX}", needs.len()));
        }
        for (place, need) in needs.iter().enumerate() {
            let (least, most) = (need.at_least.unwrap_or(1), need.at_most.unwrap_or(5));
            if !LEVELS.contains(&least) || !LEVELS.contains(&most) || least > most {
                self.problem(&format!("{path}[{place}]"), format!("levels {least} to {most}: expected a range within 1 to 5"));
            }
            if !skills.values().any(|levels| levels.contains_key(&need.proficiency)) {
                let mut known: Vec<&str> = skills.values().flat_map(|levels| levels.keys().map(String::as_str)).collect();
                known.sort_unstable();
                known.dedup();
                self.unknown(&format!("{path}[{place}].proficiency"), "proficiency", &need.proficiency, known.into_iter());
            }
        }
        let meets = |levels: Option<&BTreeMap<String, i64>>, need: &NeedTable| {
            let range = need.at_least.unwrap_or(1)..=need.at_most.unwrap_or(5);
            levels.and_then(|levels| levels.get(&need.proficiency)).is_some_and(|level| range.contains(level)) != need.not
        };
        for agent in fits.ids().collect::<Vec<_>>() {
            if needs.iter().all(|need| meets(skills.get(&agent), need)) {
                fits[agent] = true;
            }
        }
    }

    // ---- all together --------------------------------------------------------------------------------------------------

    /// What does not go together, and what can never be served.
    pub(super) fn check_desks(&mut self, model: &Model) {
        if !model.has_desks() {
            return;
        }
        let why = "does not go with channels, offers, own queues, routing criteria, outbound work or a pace of one's own";
        if model.policy.contact == ContactRule::Weighted {
            self.problem("policy.contact", format!("the weighted rule {why}"));
        }
        if model.policy.agent != AgentRule::LongestAvailable {
            self.problem("policy.agent", format!("any rule but `longest_available` {why}"));
        }
    }

    pub(super) fn agent_names(&mut self, agents: &Table<AgentId, Agent>) -> Names<AgentId> {
        let mut names = Names::new();
        for (id, agent) in agents.enumerate() {
            if names.insert(agent.name.clone(), id).is_some() && self.names_agents() {
                self.problems.push(Problem::new(format!("two agents are called `{}`: who is meant by that name?", agent.name)));
            }
        }
        names
    }

    /// Whether the scenario speaks of single agents.
    fn names_agents(&self) -> bool {
        let document = self.scenario.document();
        document.queue.iter().any(|queue| queue.agent.is_some())
            || !document.routing_criteria.is_empty()
            || document.agents.iter().any(|table| table.handle_time_factors.is_some() || table.proficiencies.is_some())
    }
}
