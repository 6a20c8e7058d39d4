//! Paths to service: steps in one table, exits resolved, and whether one can get there and away again.

use super::{Compiler, Names};
use crate::id::{CriteriaId, EventId, FlowId, HoursId, Id, QueueId, ServiceId, StepId, Table};
use crate::model::{AttributeTable, Block, Callback, Destination, Exit, Flow, Paths, QueueTest, Staff, Step};
use crate::random::{Distribution, hash_of_text};
use crate::scenario::{FlowTable, StaffName, StepTable};
use crate::time::Span;
use std::collections::{BTreeMap, BTreeSet};

/// How many steps all flows may have together.
const STEPS_MAX: usize = 100_000;
/// How often something may be tried: as often as Amazon Connect lets a loop go round.
pub(super) const ATTEMPTS_MAX: u32 = 100;

/// What steps may name.
pub(super) struct Known<'k> {
    pub(super) queues: &'k Names<QueueId>,
    pub(super) flows: &'k Names<FlowId>,
    pub(super) hours: &'k Names<HoursId>,
    pub(super) events: &'k Names<EventId>,
    pub(super) services: &'k Names<ServiceId>,
    pub(super) criteria: &'k Names<CriteriaId>,
    pub(super) attributes: &'k [AttributeTable],
}

/// A step of a flow in the making.
struct Site<'k> {
    path: String,
    /// Its place in the flow, and the id of the flow's first step.
    place: usize,
    first: usize,
    steps: &'k Names<StepId>,
    count: usize,
}

impl Compiler<'_> {
    /// All flows; a problem for each step that is not reached, and for each loop in which no time passes.
    pub(super) fn flows(&mut self, known: &Known<'_>, paths: &mut Paths) {
        let tables = &self.scenario.document().flow;
        if tables.iter().map(|flow| flow.step.len()).sum::<usize>() > STEPS_MAX {
            return self.problem("flow", format!("more than {STEPS_MAX} steps"));
        }
        let mut first = 0;
        for table in tables {
            paths.flows.push(Flow { name: table.name.clone(), first: StepId::from_index(first) });
            first += table.step.len();
        }
        let before = self.problems.len();
        for (index, table) in tables.iter().enumerate() {
            self.flow(index, table, known, paths);
        }
        if self.problems.len() == before {
            self.check_ways(known, paths);
        }
    }

    fn flow(&mut self, index: usize, table: &FlowTable, known: &Known<'_>, paths: &mut Paths) {
        let path = format!("flow[{index}]");
        let first = paths.steps.len();
        if table.step.is_empty() {
            self.problem(&path, format!("the flow `{}` has no steps", table.name));
        }
        let mut names: Names<StepId> = Names::new();
        for (place, step) in table.step.iter().enumerate() {
            if step.name().trim().is_empty() {
                self.problem(&format!("{path}.step[{place}].name"), "the name is empty");
            } else if names.insert(step.name().into(), StepId::from_index(first + place)).is_some() {
                self.problem(
                    &format!("{path}.step[{place}].name"),
                    format!("the name `{}` is taken already: names must differ within a flow", step.name()),
                );
            }
        }
        for (place, step) in table.step.iter().enumerate() {
            let site = Site { path: format!("{path}.step[{place}]"), place, first, steps: &names, count: table.step.len() };
            let (block, exits) = self.block(&site, step, known, paths);
            let place = hash_of_text(&format!("{}/{}", table.name, step.name()));
            paths.steps.push(Step { flow: FlowId::from_index(index), name: step.name().into(), block, exits, place });
        }
    }

    fn block(&mut self, site: &Site<'_>, step: &StepTable, known: &Known<'_>, paths: &Paths) -> (Block, Vec<Exit>) {
        let path = &site.path;
        match step {
            StepTable::Prompt { duration, next, .. } => {
                let duration = self.distribution(&format!("{path}.duration"), duration);
                (Block::Prompt { duration }, vec![self.onward(site, "next", next.as_ref())])
            }
            StepTable::SelfService { duration, containment, attempts, contained, escalate, .. } => {
                let duration = self.distribution(&format!("{path}.duration"), duration);
                let containment = self.chance(&format!("{path}.containment"), containment.0);
                self.attempts(site, *attempts);
                let contained = self.way(site, "contained", contained.as_ref());
                let escalate = self.onward(site, "escalate", escalate.as_ref());
                (Block::SelfService { duration, containment, attempts: *attempts }, vec![contained, escalate])
            }
            StepTable::Branch { attribute, cases, default, .. } => self.branch(site, attribute, cases, default, known),
            StepTable::Hours { hours, open, closed, .. } => {
                let hours = self.find(&format!("{path}.hours"), "hours", hours, known.hours).unwrap_or(HoursId(0));
                (Block::Hours { hours }, self.two(site, ("open", open), ("closed", closed)))
            }
            StepTable::Event { event, active, inactive, .. } => {
                let event = self.find(&format!("{path}.event"), "event", event, known.events).unwrap_or(EventId(0));
                (Block::Event { event }, self.two(site, ("active", active), ("inactive", inactive)))
            }
            StepTable::Staffing { queue, agents, more_than, yes, no, .. } => {
                let queue = self.queue_named(site, queue.as_ref(), known);
                let agents = match agents {
                    StaffName::Available => Staff::Available,
                    StaffName::Staffed => Staff::Staffed,
                    StaffName::Online => Staff::Online,
                };
                (Block::Staffing { queue, agents, more_than: *more_than }, self.two(site, ("yes", yes), ("no", no)))
            }
            StepTable::QueueStatus { queue, size_above, oldest_above, estimated_wait_above, above, otherwise, .. } => {
                let queue = self.queue_named(site, queue.as_ref(), known);
                let test = match (size_above, oldest_above, estimated_wait_above) {
                    (Some(most), None, None) => QueueTest::Size(*most),
                    (None, Some(age), None) => QueueTest::OldestAge(*age),
                    (None, None, Some(wait)) => QueueTest::EstimatedWait(*wait),
                    _ => {
                        self.problem(path, "give one of `size_above`, `oldest_above` and `estimated_wait_above`");
                        QueueTest::Size(0)
                    }
                };
                (Block::QueueStatus { queue, test }, self.two(site, ("above", above), ("otherwise", otherwise)))
            }
            StepTable::Criteria { routing_criteria, next, .. } => {
                let name = routing_criteria.as_ref();
                let criteria =
                    name.and_then(|name| self.find(&format!("{path}.routing_criteria"), "routing criteria", name, known.criteria));
                (Block::Criteria { criteria }, vec![self.onward(site, "next", next.as_ref())])
            }
            StepTable::Flow { flow, .. } => {
                let flow = self.find(&format!("{path}.flow"), "flow", flow, known.flows).unwrap_or(FlowId(0));
                let to = paths.flows.get(flow).map(|flow| flow.first);
                (Block::Flow { flow }, vec![Exit { name: "entered".into(), to }])
            }
            StepTable::Message { duration, .. } => {
                (Block::Message { duration: self.distribution(&format!("{path}.duration"), duration) }, ends("left"))
            }
            StepTable::Disconnect { .. } => (Block::Disconnect, ends("gone")),
            StepTable::KeepWaiting { .. } => (Block::KeepWaiting, ends("waits")),
            _ => self.other_block(site, step, known),
        }
    }

    fn other_block(&mut self, site: &Site<'_>, step: &StepTable, known: &Known<'_>) -> (Block, Vec<Exit>) {
        let path = &site.path;
        match step {
            StepTable::Distribute { branches, default, .. } => {
                let mut cumulative = Vec::new();
                let mut exits = Vec::new();
                for (index, branch) in branches.iter().enumerate() {
                    let path = format!("branches[{index}]");
                    let share = self.chance(&format!("{}.{path}.share", site.path), branch.share.0);
                    cumulative.push(cumulative.last().copied().unwrap_or(0.0) + share);
                    let to = self.way(site, &format!("{path}.next"), Some(&branch.next)).to;
                    exits.push(Exit { name: branch.next.clone(), to });
                }
                if branches.is_empty() {
                    self.problem(&format!("{path}.branches"), "there is at least one branch");
                }
                if cumulative.last().is_some_and(|&sum| sum > 1.0 + 1e-9) {
                    self.problem(&format!("{path}.branches"), "the shares add up to more than 100%");
                }
                exits.push(self.way(site, "default", Some(default)));
                (Block::Distribute { cumulative }, exits)
            }
            StepTable::Rank { priority, age, next, .. } => {
                if priority.is_some_and(|priority| priority < 1) {
                    self.problem(&format!("{path}.priority"), "a contact priority is 1 (highest) or more");
                }
                if priority.is_none() && age.is_none() {
                    self.problem(path, "give `priority`, `age`, or both");
                }
                (Block::Rank { priority: *priority, age_us: age.map(|age| age.us) }, vec![self.onward(site, "next", next.as_ref())])
            }
            StepTable::Queue { queue, while_waiting, full, .. } => {
                let queue = self.find(&format!("{path}.queue"), "queue", queue, known.queues).unwrap_or(QueueId(0));
                let while_waiting = self.way(site, "while_waiting", while_waiting.as_ref()).to;
                let queued = Exit { name: "queued".into(), to: None };
                (Block::Queue { queue, while_waiting }, vec![queued, self.way(site, "full", full.as_ref())])
            }
            StepTable::Call { service, success, failure, .. } => {
                let service = self.find(&format!("{path}.service"), "service", service, known.services).unwrap_or(ServiceId(0));
                let mut exits = vec![self.onward(site, "success", success.as_ref()), self.way(site, "failure", Some(failure))];
                exits.extend(["throttled", "failed", "cached"].map(|name| Exit { name: name.into(), to: None }));
                (Block::Call { service }, exits)
            }
            _ => self.callback(site, step, known),
        }
    }

    fn callback(&mut self, site: &Site<'_>, step: &StepTable, known: &Known<'_>) -> (Block, Vec<Exit>) {
        let path = &site.path;
        let StepTable::Callback { queue, delay, attempts, retry_delay, answers, ring, full, .. } = step else {
            return (Block::Disconnect, ends("gone"));
        };
        self.attempts(site, *attempts);
        if *attempts > 1 && retry_delay.is_none() {
            self.problem(path, "the key `retry_delay` is missing: say how long after a call that was not answered the next one queues");
        }
        let ring = ring.as_ref().map(|ring| self.distribution(&format!("{path}.ring"), ring));
        let callback = Callback {
            queue: self.queue_named(site, queue.as_ref(), known),
            delay: *delay,
            attempts: *attempts,
            retry_delay: retry_delay.unwrap_or_default(),
            answers: answers.map_or(1.0, |answers| self.chance(&format!("{path}.answers"), answers.0)),
            ring: ring.unwrap_or(Distribution::Constant(Span::from_secs(60))),
        };
        let created = Exit { name: "created".into(), to: None };
        (Block::Callback(callback), vec![created, self.way(site, "full", full.as_ref())])
    }

    fn branch(
        &mut self,
        site: &Site<'_>,
        attribute: &str,
        cases: &BTreeMap<String, String>,
        default: &str,
        known: &Known<'_>,
    ) -> (Block, Vec<Exit>) {
        let path = &site.path;
        let mut exits: Vec<Exit> = Vec::new();
        if cases.is_empty() {
            self.problem(&format!("{path}.cases"), "there is at least one case");
        }
        for (value, next) in cases {
            let to = self.way(site, &format!("cases.{value}"), Some(next)).to;
            exits.push(Exit { name: value.clone(), to });
        }
        exits.push(self.way(site, "default", Some(&default.to_string())));
        let found = known.attributes.iter().enumerate().find_map(|(table, row)| Some((table, row, row.column(attribute)?)));
        let Some((table, row, column)) = found else {
            let names = known.attributes.iter().flat_map(|table| table.names.iter().map(String::as_str));
            self.unknown(&format!("{path}.attribute"), "attribute", attribute, names);
            return (Block::Branch { table: 0, exit_of_row: Vec::new() }, exits);
        };
        let places: BTreeMap<&str, u32> = cases.keys().map(String::as_str).zip(0..).collect();
        let exit = |values: &Vec<String>| places.get(values[column].as_str()).copied().unwrap_or(cases.len() as u32);
        let exit_of_row: Vec<u32> = row.values.iter().map(exit).collect();
        let taken: BTreeSet<u32> = exit_of_row.iter().copied().collect();
        for (value, place) in places {
            if !taken.contains(&place) {
                let problem = self.scenario.problem(&format!("{path}.cases.{value}"), format!("`{attribute}` is never `{value}`"));
                let known: BTreeSet<&str> = row.values.iter().map(|values| values[column].as_str()).collect();
                self.problems.push(problem.nearest(value, known));
            }
        }
        (Block::Branch { table, exit_of_row }, exits)
    }

    fn attempts(&mut self, site: &Site<'_>, attempts: u32) {
        if !(1..=ATTEMPTS_MAX).contains(&attempts) {
            self.problem(&format!("{}.attempts", site.path), format!("{attempts} attempts: expected 1 to {ATTEMPTS_MAX}"));
        }
    }

    pub(super) fn chance(&mut self, path: &str, chance: f64) -> f64 {
        if !(0.0..=1.0).contains(&chance) {
            self.problem(path, format!("{chance} is not a share: expected 0% to 100%"));
        }
        chance
    }

    fn queue_named(&mut self, site: &Site<'_>, queue: Option<&String>, known: &Known<'_>) -> Option<QueueId> {
        queue.and_then(|queue| self.find(&format!("{}.queue", site.path), "queue", queue, known.queues))
    }

    /// The exit to a step of the same flow; without a name the path ends.
    fn way(&mut self, site: &Site<'_>, key: &str, name: Option<&String>) -> Exit {
        let to = name.and_then(|name| self.find(&format!("{}.{key}", site.path), "step", name, site.steps));
        Exit { name: key.into(), to }
    }

    /// The exit to a step of the same flow; without a name to the one that follows.
    fn onward(&mut self, site: &Site<'_>, key: &str, name: Option<&String>) -> Exit {
        if name.is_none() && site.place + 1 == site.count {
            let name = site.steps.iter().find(|(_, step)| step.index() == site.first + site.place).map_or("", |(name, _)| name);
            self.problem(&site.path, format!("`{name}` is the last step of its flow: say with `{key}` where the contact goes on"));
        }
        if name.is_none() {
            return Exit { name: key.into(), to: Some(StepId::from_index(site.first + site.place + 1)) };
        }
        self.way(site, key, name)
    }

    fn two(&mut self, site: &Site<'_>, first: (&str, &String), second: (&str, &String)) -> Vec<Exit> {
        vec![self.way(site, first.0, Some(first.1)), self.way(site, second.0, Some(second.1))]
    }

    // ---- ways ----------------------------------------------------------------------------------------------------------

    fn path_of(paths: &Paths, step: StepId) -> String {
        let flow = paths.steps[step].flow;
        format!("flow[{}].step[{}]", flow.index(), step.index() - paths.flows[flow].first.index())
    }

    fn check_ways(&mut self, known: &Known<'_>, paths: &Paths) {
        let mut ways = Ways { reached: vec![false; paths.steps.len()], waiting: vec![false; paths.steps.len()] };
        let from_sources = self.scenario.document().source.iter().filter_map(|source| known.flows.get(source.flow.as_ref()?).copied());
        let from_agents = paths.transfers.iter().flatten().filter_map(|transfer| match transfer.to {
            Destination::Flow(flow) => Some(flow),
            Destination::Queue(_) => None,
        });
        for flow in from_sources.chain(from_agents) {
            ways.follow(paths, paths.flows[flow].first, false);
        }
        for flow in &paths.flows {
            // What one keeps for another design of the same center is no mistake, and who may come there is not known.
            if !ways.reached[flow.first.index()] && !ways.waiting[flow.first.index()] {
                self.notes.push(format!("nobody enters the flow `{}`", flow.name));
                ways.follow(paths, flow.first, true);
            }
        }
        let Ways { reached, waiting } = ways;
        for (step, row) in paths.steps.enumerate() {
            let path = Self::path_of(paths, step);
            if !reached[step.index()] && !waiting[step.index()] {
                self.problem(&path, format!("no way leads to the step `{}`", row.name));
            }
            let own_queue = matches!(
                row.block,
                Block::Staffing { queue: None, .. }
                    | Block::QueueStatus { queue: None, .. }
                    | Block::Callback(Callback { queue: None, .. })
            );
            if own_queue && reached[step.index()] {
                self.problem(&path, format!("say which `queue`: contacts come to the step `{}` that wait in none", row.name));
            }
            if matches!(row.block, Block::KeepWaiting) && reached[step.index()] {
                self.problem(&path, format!("contacts come to the step `{}` that wait in no queue: they cannot go on waiting", row.name));
            }
        }
        for way in endless(&paths.steps) {
            let names: Vec<String> = way.iter().chain(&way[..1]).map(|&step| format!("`{}`", paths.steps[step].name)).collect();
            let message = format!("no time passes on the way {}: put a prompt into the loop", names.join(" - "));
            self.problem(&Self::path_of(paths, way[0]), message);
        }
    }
}

fn ends(name: &str) -> Vec<Exit> {
    vec![Exit { name: name.into(), to: None }]
}

/// What can be reached, by contacts that wait in no queue and by those that wait in one.
struct Ways {
    reached: Vec<bool>,
    waiting: Vec<bool>,
}

impl Ways {
    /// Marks whatever can be reached from a step.
    fn follow(&mut self, paths: &Paths, from: StepId, waits: bool) {
        let mut open = vec![(from, waits)];
        while let Some((step, waits)) = open.pop() {
            let marks = if waits { &mut self.waiting } else { &mut self.reached };
            if std::mem::replace(&mut marks[step.index()], true) {
                continue;
            }
            let row = &paths.steps[step];
            open.extend(row.exits.iter().filter_map(|exit| exit.to).map(|to| (to, waits)));
            if let Block::Queue { while_waiting: Some(first), .. } = row.block {
                open.push((first, true));
            }
        }
    }
}

/// Loops of steps in which no time passes, none of them twice.
fn endless(steps: &Table<StepId, Step>) -> Vec<Vec<StepId>> {
    let mut found: Vec<Vec<StepId>> = Vec::new();
    let mut done = BTreeSet::new();
    for start in steps.ids() {
        // Depth first; `trail` holds the way from the start, with the exits that are still to be followed.
        let mut trail: Vec<(StepId, Vec<StepId>)> = Vec::new();
        let mut on_trail = BTreeSet::new();
        let mut next = Some(start);
        loop {
            if let Some(step) = next.take() {
                if on_trail.contains(&step) {
                    // Its steps are done with, so that each is looked at once and no two loops share one.
                    let begins = trail.iter().rposition(|(other, _)| *other == step).unwrap_or(0);
                    let way: Vec<StepId> = trail.drain(begins..).map(|(step, _)| step).collect();
                    for step in &way {
                        on_trail.remove(step);
                        done.insert(*step);
                    }
                    found.push(way);
                } else if !done.contains(&step) && !steps[step].block.takes_time() {
                    let mut ways: Vec<StepId> = steps[step].exits.iter().filter_map(|exit| exit.to).collect();
                    if let Block::Queue { while_waiting, .. } = steps[step].block {
                        ways.extend(while_waiting);
                    }
                    on_trail.insert(step);
                    trail.push((step, ways));
                }
            }
            let Some((step, ways)) = trail.last_mut() else { break };
            if let Some(way) = ways.pop() {
                next = Some(way);
            } else {
                on_trail.remove(step);
                done.insert(*step);
                trail.pop();
            }
        }
    }
    found.sort();
    found
}
