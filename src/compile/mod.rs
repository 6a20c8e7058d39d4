//! From [`Scenario`] to [`Model`]: names resolved, files read, everything checked. The one bridge between what people write and what runs.
//!
//! All problems are found in one go; the model exists only if there is none.

mod agents;
mod calendar;
mod clock;
mod contacts;
mod desks;
mod distributions;
mod events;
mod expectations;
mod flows;
mod intervals;
mod opening;
mod paths;
mod profiles;
mod roster;
mod sheet;
mod skills;
mod sources;

pub use skills::{SkillGroup, group_by_skills};

use crate::error::{Error, Problem};
use crate::id::{Id, QueueId, Table};
use crate::model::{
    AgentRule, AtHorizon, Block, Comparator, ContactRule, CountBy, Destination, Model, Origin, Paths, Policy, Queue, Run, ServiceLevel,
    WAITING_MAX,
};
use crate::scenario::{AgentRuleName, AtHorizonName, ComparatorName, ContactRuleName, CountByName, Interval, QueueTable, Scenario};
use crate::time::{Span, Time};
use agents::Agents;
use flows::Known;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many cells (intervals x queues) a report may have: each takes about a kilobyte per thread.
pub const CELLS_MAX: i64 = 250_000;
/// How many agents a scenario may have.
pub const AGENTS_MAX: i64 = 1_000_000;
/// How many replications may be asked for.
pub const REPLICATIONS_MAX: u64 = 10_000_000;
/// How many problems are listed; more are only counted.
pub const PROBLEMS_MAX: usize = 1_000;

impl Scenario {
    /// What the scenario means, ready to run.
    ///
    /// ```
    /// use waitline::Scenario;
    /// let text = r#"
    /// version = 1
    /// name = "two of a kind"
    /// [run]
    /// horizon = "8h"
    /// [[queue]]
    /// name = "sales"
    /// handle_time = { distribution = "exponential", mean = "5m" }
    /// [[routing_profile]]
    /// name = "seller"
    /// queues = [{ queue = "sails", priority = 100 }]
    /// [[agents]]
    /// routing_profile = "seller"
    /// count = 4
    /// [[source]]
    /// name = "calls"
    /// queue = "sales"
    /// arrivals = { process = "poisson", rate = "40/h" }
    /// "#;
    /// let error = text.parse::<Scenario>().unwrap().compile().unwrap_err();
    /// assert_eq!(error.problems().len(), 2);
    /// let mended = text.replace("sails", "sales").replace("100", "1");
    /// let model = mended.parse::<Scenario>().unwrap().compile().unwrap();
    /// assert_eq!(model.agents.len(), 4);
    /// ```
    ///
    /// # Errors
    /// Every problem found, at most [`PROBLEMS_MAX`] of them listed.
    pub fn compile(&self) -> Result<Model, Error> {
        let mut compiler = Compiler { scenario: self, problems: Vec::new(), notes: Vec::new(), interval_tables: intervals::Known::new() };
        let model = compiler.model();
        let mut problems = compiler.problems;
        if problems.is_empty() {
            return Ok(model);
        }
        if problems.len() > PROBLEMS_MAX {
            let more = problems.len() - PROBLEMS_MAX;
            problems.truncate(PROBLEMS_MAX);
            problems.push(Problem::new(format!("and {more} more problems")));
        }
        Err(Error::input(problems))
    }
}

/// The work in progress. Rows that cannot be made sense of are left out: there is a problem then, and no model.
struct Compiler<'s> {
    scenario: &'s Scenario,
    problems: Vec<Problem>,
    notes: Vec<String>,
    /// What was read before: most often many sources share one file of volumes.
    interval_tables: intervals::Known,
}

/// Names to ids.
type Names<I> = BTreeMap<String, I>;

impl<'s> Compiler<'s> {
    fn model(&mut self) -> Model {
        let document = self.scenario.document();
        if document.version != 1 {
            self.problem("version", format!("unknown version {}: this program reads version 1", document.version));
        }
        let run = self.run();
        let queue_names = self.names("queue", document.queue.iter().map(|queue| queue.name.as_str()));
        let mut queues: Table<QueueId, Queue> = document.queue.iter().enumerate().map(|(index, queue)| self.queue(index, queue)).collect();
        if document.queue.is_empty() {
            self.problem("queue", "there is no queue: add a [[queue]]");
        }
        let mut profiles = self.profiles(&queue_names);
        let Agents { rows: mut agents, tables: agent_tables, states } = self.agents(&run, &queue_names, &mut profiles);
        let agent_names = self.agent_names(&agents);
        self.own_queues(&mut queues, &profiles, &agent_names);
        self.factors(&mut agents, &agent_names, &queue_names);
        let skills = self.skills(&agent_names, &agent_tables);
        let criteria_names = self.names("routing_criteria", document.routing_criteria.iter().map(|criteria| criteria.name.as_str()));
        let criteria = self.criteria(&agent_names, agents.len(), &skills);
        let flow_names = self.names("flow", document.flow.iter().map(|flow| flow.name.as_str()));
        let source_names = self.names("source", document.source.iter().map(|source| source.name.as_str()));
        let sources = self.sources(&run, &queue_names, &flow_names, &source_names, &criteria_names);
        let policy = Policy {
            contact: match document.policy.contact {
                ContactRuleName::Strict => ContactRule::Strict,
                ContactRuleName::Weighted => ContactRule::Weighted,
                ContactRuleName::LongestWaitFirst => ContactRule::LongestWaitFirst,
            },
            agent: match document.policy.agent {
                AgentRuleName::LongestAvailable => AgentRule::LongestAvailable,
                AgentRuleName::FewestContacts => AgentRule::FewestContacts,
                AgentRuleName::LeastOccupied => AgentRule::LeastOccupied,
                AgentRuleName::Random => AgentRule::Random,
            },
            fewest_contacts_first: document.policy.fewest_contacts_first.unwrap_or(true),
        };
        let (hour_names, hours) = self.hours(&run);
        let (event_names, events) = self.events(&run);
        let attributes = self.attributes(&source_names);
        let services = self.names("service", document.service.iter().map(|service| service.name.as_str()));
        let paths = self.paths(&Known {
            queues: &queue_names,
            flows: &flow_names,
            hours: &hour_names,
            events: &event_names,
            services: &services,
            criteria: &criteria_names,
            attributes: &attributes,
        });
        let mut model = Model {
            name: document.name.clone(),
            digest: self.scenario.digest(),
            expectations: self.expectations(),
            origin: self.origin(),
            run,
            policy,
            queues,
            profiles: profiles.rows,
            agents,
            states,
            sources,
            hours,
            events,
            paths,
            criteria,
            notes: Vec::new(),
        };
        self.check_desks(&model);
        self.expectations_of_ways(&model);
        self.note_unserved_queues(&model);
        model.notes = std::mem::take(&mut self.notes);
        model
    }

    fn paths(&mut self, known: &Known<'_>) -> Paths {
        let mut paths = Paths {
            attributes: known.attributes.to_vec(),
            services: self.services(known.events, known.attributes),
            telephony: self.telephony(known.events),
            transfers: self.transfers(known.queues, known.flows),
            calls_again: self.calls_again(),
            rules: self.path_rules(),
            ..Paths::default()
        };
        self.flows(known, &mut paths);
        paths
    }

    /// Adds a problem with the value at a key path, such as `queue[0].name`.
    fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(self.scenario.problem(path, message));
    }

    /// Takes the value, or adds the problem.
    fn take<T>(&mut self, path: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.problem(path, message)).ok()
    }

    /// A table of names by place, in which no name stands twice.
    fn names<'n, I: Id>(&mut self, key: &str, names: impl Iterator<Item = &'n str>) -> Names<I> {
        let mut known = Names::new();
        for (index, name) in names.enumerate() {
            let path = format!("{key}[{index}].name");
            if name.trim().is_empty() {
                self.problem(&path, "the name is empty");
            } else if known.insert(name.to_string(), I::from_index(index)).is_some() {
                self.problem(&path, format!("the name `{name}` is taken already: names must differ"));
            }
        }
        known
    }

    /// The id of a name.
    fn find<I: Copy>(&mut self, path: &str, what: &str, name: &str, known: &Names<I>) -> Option<I> {
        let found = known.get(name).copied();
        if found.is_none() {
            self.unknown(path, what, name, known.keys().map(String::as_str));
        }
        found
    }

    /// Adds the problem that a name is unknown, with the nearest one known.
    fn unknown<'n>(&mut self, path: &str, what: &str, name: &str, known: impl Iterator<Item = &'n str>) {
        let problem = self.scenario.problem(path, format!("unknown {what} `{name}`"));
        // What is not listed needs no nearest name, which takes its time to find.
        self.problems.push(if self.problems.len() < PROBLEMS_MAX { problem.nearest(name, known) } else { problem });
    }

    /// The content of a file that the value at a path names.
    fn file(&mut self, path: &str, name: &str) -> Option<&'s [u8]> {
        let content = self.scenario.attached(name);
        if content.is_none() {
            self.problem(path, format!("the file `{name}` was not read: open the scenario by its path, or attach the file"));
        }
        content
    }

    /// Text and files, if they are texts and not large.
    fn origin(&self) -> Option<Arc<Origin>> {
        let mut origin = Origin { scenario: self.scenario.text().into(), files: BTreeMap::new() };
        let mut bytes = origin.scenario.len();
        for (_, name) in self.scenario.files() {
            let text = std::str::from_utf8(self.scenario.attached(name)?).ok()?;
            if origin.files.insert(name.into(), text.into()).is_none() {
                bytes += text.len();
            }
        }
        (bytes <= Origin::BYTES_MAX).then(|| Arc::new(origin))
    }

    fn run(&mut self) -> Run {
        let table = &self.scenario.document().run;
        if table.horizon == Span::ZERO {
            self.problem("run.horizon", "the horizon must be later than 0");
        }
        if table.warm_up >= table.horizon && table.horizon > Span::ZERO {
            self.problem("run.warm_up", format!("the warm-up of {} must end before the horizon of {}", table.warm_up, table.horizon));
        }
        if table.replications == 0 || table.replications > REPLICATIONS_MAX {
            self.problem("run.replications", format!("{} replications: expected 1 to {REPLICATIONS_MAX}", table.replications));
        }
        let interval = match table.interval {
            Interval::Every(span) => Some(span),
            Interval::None => None,
        };
        if let Some(span) = interval {
            let queues = self.scenario.document().queue.len().max(1) as i64;
            let intervals = (table.horizon.as_us() + span.as_us() - 1) / span.as_us();
            if intervals.saturating_mul(queues) > CELLS_MAX {
                self.problem(
                    "run.interval",
                    format!("{intervals} intervals of {span} for {queues} queues are more than {CELLS_MAX} cells: choose a longer interval, or \"none\""),
                );
            }
        }
        Run {
            horizon: Time::START + table.horizon,
            warm_up: Time::START + table.warm_up,
            at_horizon: match table.at_horizon {
                AtHorizonName::Drain => AtHorizon::Drain,
                AtHorizonName::Stop => AtHorizon::Stop,
            },
            interval,
            count_by: match table.count_by {
                CountByName::Enqueued => CountBy::Enqueued,
                CountByName::Ended => CountBy::Ended,
            },
            replications: table.replications,
            seed: table.seed,
        }
    }

    fn queue(&mut self, index: usize, table: &QueueTable) -> Queue {
        let path = format!("queue[{index}]");
        let mut service_levels = Vec::new();
        for (place, level) in table.service_level.0.iter().enumerate() {
            if level.target.is_some_and(|target| !(0.0..=1.0).contains(&target)) {
                let target = level.target.unwrap_or_default();
                let place = if table.service_level.0.len() > 1 { format!("[{place}]") } else { String::new() };
                self.problem(
                    &format!("{path}.service_level{place}.target"),
                    format!("{target} is not a share: expected 0 to 1, such as 0.8"),
                );
            }
            let comparator = match level.comparator {
                ComparatorName::AtMost => Comparator::AtMost,
                ComparatorName::Below => Comparator::Below,
            };
            service_levels.push(ServiceLevel { within: level.within, comparator, target: level.target });
        }
        if service_levels.is_empty() {
            service_levels.push(ServiceLevel { within: Span::from_secs(20), comparator: Comparator::AtMost, target: None });
        }
        if table.max_contacts.is_some_and(|most| !(0..=WAITING_MAX as i64).contains(&most)) {
            let most = table.max_contacts.unwrap_or_default();
            self.problem(&format!("{path}.max_contacts"), format!("{most} contacts: expected 0 to {WAITING_MAX}"));
        }
        Queue {
            name: table.name.clone(),
            service_levels,
            handle_time: self.distribution(&format!("{path}.handle_time"), &table.handle_time),
            after_contact_work: self.optional_distribution(&format!("{path}.after_contact_work"), table.after_contact_work.as_ref()),
            handle_time_cv: self.cv(&format!("{path}.handle_time_varies.cv"), table.handle_time_varies.map_or(0.0, |varies| varies.cv)),
            patience: self.optional_distribution(&format!("{path}.patience"), table.patience.as_ref()),
            max_contacts: table.max_contacts.map(|most| most.clamp(0, WAITING_MAX as i64) as u32),
            agent: None,
            by_channel: self.by_channel(&path, table),
        }
    }

    /// How much a factor varies that is to stay near 1.
    fn cv(&mut self, path: &str, cv: f64) -> f64 {
        if !(0.0..=10.0).contains(&cv) {
            self.problem(path, format!("cv must be a number from 0 to 10, not {cv}"));
        }
        // Below a millionth no day could be told from another.
        if cv < 1e-6 { 0.0 } else { cv }
    }

    /// Says which queues get contacts that nobody can ever take.
    fn note_unserved_queues(&mut self, model: &Model) {
        let mut served: Table<QueueId, bool> = model.queues.iter().map(|queue| queue.agent.is_some()).collect();
        for agent in &model.agents {
            if let Some(profile) = model.profiles.get(agent.profile) {
                for entry in &profile.entries {
                    served[entry.queue] = true;
                }
            }
        }
        for (queue, row) in model.queues.enumerate() {
            let leads_here = model.paths.steps.iter().any(|step| match &step.block {
                Block::Queue { queue: other, .. } => *other == queue,
                Block::Callback(callback) => callback.queue == Some(queue),
                _ => false,
            });
            let is_sent_on = model.paths.transfers.iter().flatten().any(|transfer| transfer.to == Destination::Queue(queue));
            let gets_contacts = leads_here
                || is_sent_on
                || model.sources.iter().filter(|source| source.flow.is_none()).any(|source| {
                    if source.given.is_empty() { source.queue == queue } else { source.given.iter().any(|given| given.queue == queue) }
                });
            if gets_contacts && !served[queue] {
                self.notes.push(format!("nobody serves the queue `{}`: its contacts wait until they abandon or the run ends", row.name));
            }
        }
    }
}
