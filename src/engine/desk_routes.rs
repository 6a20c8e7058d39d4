//! Who may take from where, where agents have desks: contacts stand in a line for each queue, channel and step of routing criteria; agents whom the same lines are open
//! to are of one kind. So which agent fits a contact is decided once, when the model is read, and the router sees lines and kinds only.

use super::waiting::LineId;
use crate::id::{AgentId, CriteriaId, Id, ProfileId, QueueId, Table};
use crate::model::{Channel, ContactRule, Model, PerChannel};
use std::collections::BTreeMap;
use std::ops::Range;

/// Agents of one profile whom the same lines are open to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KindId(u32);

impl Id for KindId {
    fn from_index(index: usize) -> KindId {
        KindId(index as u32)
    }
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// A line that is open to a kind of agents.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeskRoute {
    pub(super) line: LineId,
    pub(super) channel: Channel,
    /// 0: the agent's own queue.
    pub(super) priority: u8,
    /// The place of the delay among those of the line.
    pub(super) stage: u32,
    pub(super) keep_available: u32,
}

/// A kind to which a line is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeskOpening {
    pub(super) kind: KindId,
    pub(super) delay_us: i64,
}

/// A line that is open to a kind, before all are known.
#[derive(Clone, Copy, Debug)]
struct Open {
    line: LineId,
    channel: Channel,
    priority: u8,
    delay_us: i64,
    keep_available: u32,
}

/// What decides of an agent which lines are open to it: profile, own queues, the steps of criteria that it fits.
type Fit = (ProfileId, Vec<QueueId>, Vec<bool>);

/// Lines and kinds.
#[derive(Debug, Default)]
pub(super) struct DeskRoutes {
    /// By the place of a channel among those that occur.
    places: PerChannel<usize>,
    channels: usize,
    /// How many lines there are for a queue and a channel: one for those who take anybody, one for each step of criteria.
    wishes: usize,
    /// Where the steps of criteria begin among them.
    first_step: Table<CriteriaId, usize>,
    pub(super) kind_of: Table<AgentId, KindId>,
    pub(super) profile_of: Table<KindId, ProfileId>,
    /// Best priority first.
    routes: Table<KindId, Vec<DeskRoute>>,
    openings: Table<LineId, Vec<DeskOpening>>,
    stages: Table<LineId, Vec<i64>>,
    /// By queue: the profiles whose agents serve it.
    profiles: Table<QueueId, Vec<ProfileId>>,
    /// By profile: whether some of its contacts are taken only while others stay available.
    pub(super) keeps: Table<ProfileId, bool>,
}

impl DeskRoutes {
    pub(super) fn new(model: &Model) -> DeskRoutes {
        let mut routes = DeskRoutes::default();
        // Callbacks are calls, whatever asked for them.
        let occurs = |channel: &Channel| *channel == Channel::Voice || model.sources.iter().any(|source| source.channel == *channel);
        for channel in Channel::ALL.into_iter().filter(occurs) {
            routes.places[channel] = routes.channels;
            routes.channels += 1;
        }
        routes.wishes = 1;
        for criteria in &model.criteria {
            routes.first_step.push(routes.wishes);
            routes.wishes += criteria.steps.len();
        }
        routes.keeps = model.profiles.iter().map(|profile| profile.entries.iter().any(|entry| entry.keep_available > 0)).collect();
        routes.profiles = model.queues.ids().map(|queue| serving(model, queue)).collect();
        let kinds = routes.find_kinds(model);
        let occurring: Vec<Channel> = Channel::ALL.into_iter().filter(occurs).collect();
        routes.open_lines(model, &kinds, &occurring);
        routes
    }

    /// Gives every agent its kind.
    fn find_kinds(&mut self, model: &Model) -> Vec<Fit> {
        let mut known: BTreeMap<Fit, KindId> = BTreeMap::new();
        let mut kinds = Vec::new();
        let mut own: Table<AgentId, Vec<QueueId>> = model.agents.iter().map(|_| Vec::new()).collect();
        for (queue, row) in model.queues.enumerate() {
            if let Some(agent) = row.agent {
                own[agent].push(queue);
            }
        }
        for (agent, row) in model.agents.enumerate() {
            let steps = model.criteria.iter().flat_map(|criteria| &criteria.steps);
            let fit: Fit = (row.profile, std::mem::take(&mut own[agent]), steps.map(|step| step.agents[agent]).collect());
            let kind = *known.entry(fit).or_insert_with_key(|fit| {
                kinds.push(fit.clone());
                KindId::from_index(kinds.len() - 1)
            });
            self.kind_of.push(kind);
        }
        self.profile_of = kinds.iter().map(|(profile, ..)| *profile).collect();
        kinds
    }

    fn open_lines(&mut self, model: &Model, kinds: &[Fit], channels: &[Channel]) {
        let lines = model.queues.len() * self.channels * self.wishes;
        let mut stages = vec![vec![0]; lines];
        let mut open: Vec<Vec<Open>> = vec![Vec::new(); kinds.len()];
        for ((profile, own, steps), open) in kinds.iter().zip(&mut open) {
            for &queue in own {
                let line = |channel| self.line(queue, channel, None);
                open.extend(channels.iter().map(|&channel| Open {
                    line: line(channel),
                    channel,
                    priority: 0,
                    delay_us: 0,
                    keep_available: 0,
                }));
            }
            let fits = |wish: &usize| *wish == 0 || steps[*wish - 1];
            for entry in model.profiles[*profile].entries.iter().filter(|entry| channels.contains(&entry.channel)) {
                let priority = if model.policy.contact == ContactRule::LongestWaitFirst { 1 } else { entry.priority };
                let first = self.line(entry.queue, entry.channel, None).index();
                for wish in (0..self.wishes).filter(fits) {
                    let line = LineId::from_index(first + wish);
                    let (delay_us, keep_available) = (entry.delay.as_us(), entry.keep_available);
                    stages[line.index()].push(delay_us);
                    open.push(Open { line, channel: entry.channel, priority, delay_us, keep_available });
                }
            }
        }
        for delays in &mut stages {
            delays.sort_unstable();
            delays.dedup();
        }
        self.openings = (0..lines).map(|_| Vec::new()).collect();
        for (index, open) in open.iter_mut().enumerate() {
            open.sort_unstable_by_key(|open| (open.priority, open.line));
            let kind = KindId::from_index(index);
            let row = open.iter().map(|&Open { line, channel, priority, delay_us, keep_available }| {
                self.openings[line].push(DeskOpening { kind, delay_us });
                let stage = stages[line.index()].partition_point(|&delay| delay < delay_us) as u32;
                DeskRoute { line, channel, priority, stage, keep_available }
            });
            let row = row.collect();
            self.routes.push(row);
        }
        self.stages = stages.into_iter().collect();
    }

    /// The line of a queue for a channel, and for those who wait for agents of a step of criteria.
    pub(super) fn line(&self, queue: QueueId, channel: Channel, wish: Option<(CriteriaId, u32)>) -> LineId {
        let wish = wish.map_or(0, |(criteria, step)| self.first_step[criteria] + step as usize);
        LineId::from_index((queue.index() * self.channels + self.places[channel]) * self.wishes + wish)
    }

    /// All lines of a queue.
    pub(super) fn lines_of(&self, queue: QueueId) -> impl Iterator<Item = LineId> + use<> {
        let lines = self.channels * self.wishes;
        let range: Range<usize> = queue.index() * lines..(queue.index() + 1) * lines;
        range.map(LineId::from_index)
    }

    /// Of each line the distinct delays.
    pub(super) fn stages(&self) -> impl ExactSizeIterator<Item = &[i64]> {
        self.stages.iter().map(Vec::as_slice)
    }

    /// The kinds of a profile's agents.
    pub(super) fn kinds_of(&self, profile: ProfileId) -> impl Iterator<Item = KindId> {
        self.profile_of.enumerate().filter(move |(_, of)| **of == profile).map(|(kind, _)| kind)
    }

    /// The lines that are open to a kind, best priority first.
    pub(super) fn of(&self, kind: KindId) -> &[DeskRoute] {
        &self.routes[kind]
    }

    /// The kinds to which a line is open.
    pub(super) fn openings(&self, line: LineId) -> &[DeskOpening] {
        &self.openings[line]
    }

    /// The profiles whose agents serve a queue; of an agent's own queue none.
    pub(super) fn profiles_of(&self, queue: QueueId) -> &[ProfileId] {
        &self.profiles[queue]
    }
}

fn serving(model: &Model, queue: QueueId) -> Vec<ProfileId> {
    let serves = |profile: &ProfileId| model.profiles[*profile].entries.iter().any(|entry| entry.queue == queue);
    model.profiles.ids().filter(serves).collect()
}
