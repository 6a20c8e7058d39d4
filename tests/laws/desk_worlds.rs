//! Random small worlds in which agents do more than take one call at a time. Almost everything lasts a whole number of half seconds, so that much of it falls on
//! one instant; nothing is missed or rejected for ever, so that every run ends.

use super::flows::add_flows;
use super::{Maker, run, s, states};
use waitline::model::{
    Agent, AtHorizon, Attendance, Availability, Block, CALLBACK_KEPT, Capacity, Channel, ChannelTerms, ContactRule, Criteria, CriteriaStep,
    Desk, Entry, Learning, Model, Offers, Pace, Paths, PerChannel, Policy, Presence, Profile, Queue, Replies, Source,
};
use waitline::random::Distribution;
use waitline::{AgentId, CriteriaId, ProfileId, QueueId, Span, Table, Time};

/// What there may be in a world; everything is missing in many.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Feature {
    Halves,
    Chance,
    SeveralAtOnce,
    Slowdown,
    Offers,
    OwnQueues,
    Outbound,
    Criteria,
    Keep,
    Pace,
    Terms,
    Breaks,
    LateShift,
    Flows,
}

/// In how many worlds of twelve it is.
const OF_TWELVE: [(Feature, i64); 14] = [
    (Feature::Halves, 6),
    (Feature::Chance, 3),
    (Feature::SeveralAtOnce, 8),
    (Feature::Slowdown, 6),
    (Feature::Offers, 6),
    (Feature::OwnQueues, 4),
    (Feature::Outbound, 4),
    (Feature::Criteria, 6),
    (Feature::Keep, 3),
    (Feature::Pace, 3),
    (Feature::Terms, 6),
    (Feature::Breaks, 3),
    (Feature::LateShift, 3),
    (Feature::Flows, 6),
];

struct DeskMaker {
    maker: Maker,
    has: Vec<Feature>,
    channels: Vec<Channel>,
    /// Queues in profiles; those behind them are somebody's own.
    shared: usize,
    queues: usize,
    agents: usize,
    criteria: usize,
}

impl DeskMaker {
    fn new(seed: u64) -> DeskMaker {
        let mut maker = Maker::new(seed + 3_000_000);
        let has: Vec<Feature> = OF_TWELVE.into_iter().filter(|&(_, worlds)| maker.up_to(11) < worlds).map(|(feature, _)| feature).collect();
        let others = [Channel::Chat, Channel::Task, Channel::Email];
        let mut channels = vec![Channel::Voice];
        if !maker.one_in(4) {
            channels.extend(others.into_iter().filter(|_| maker.one_in(2)));
        }
        let shared = 1 + maker.up_to(2) as usize;
        let agents = 1 + maker.up_to(4) as usize;
        let queues = shared + if has.contains(&Feature::OwnQueues) { 1 + maker.up_to(1) as usize } else { 0 };
        let criteria = if has.contains(&Feature::Criteria) { 1 + maker.up_to(1) as usize } else { 0 };
        DeskMaker { maker, has, channels, shared, queues, agents, criteria }
    }

    fn has(&self, feature: Feature) -> bool {
        self.has.contains(&feature)
    }

    fn span(&mut self, most_s: i64) -> Span {
        if self.has(Feature::Halves) { Span::from_us(500_000 * self.maker.up_to(2 * most_s)) } else { s(self.maker.up_to(most_s)) }
    }

    fn duration(&mut self, most_s: i64) -> Distribution {
        if self.has(Feature::Chance) && self.maker.one_in(2) { self.maker.duration() } else { Distribution::Constant(self.span(most_s)) }
    }

    fn some<T>(&mut self, one_in: u32, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.maker.one_in(one_in) { Some(make(self)) } else { None }
    }

    fn agent(&mut self) -> AgentId {
        AgentId(self.maker.up_to(self.agents as i64 - 1) as u32)
    }

    // ---- queues --------------------------------------------------------------------------------------------------------

    fn queue(&mut self, number: usize) -> Queue {
        let agent = (number >= self.shared).then(|| self.agent());
        let by_channel = if self.has(Feature::Terms) { PerChannel([(); 4].map(|()| self.terms())) } else { PerChannel::default() };
        Queue {
            handle_time: self.duration(6),
            after_contact_work: self.some(2, |maker| maker.duration(4)),
            patience: self.some(2, |maker| maker.duration(12)),
            agent,
            by_channel,
            ..self.maker.queue()
        }
    }

    fn terms(&mut self) -> ChannelTerms {
        ChannelTerms {
            handle_time: self.some(3, |maker| maker.duration(8)),
            after_contact_work: self.some(4, |maker| maker.duration(3)),
            patience: self.some(4, |maker| maker.duration(25)),
            replies: self.some(2, |maker| Replies { count: 1 + maker.maker.up_to(3) as u32, after: maker.duration(3) }),
        }
    }

    // ---- agents --------------------------------------------------------------------------------------------------------

    fn profile(&mut self) -> Profile {
        let mut entries: Vec<Entry> = Vec::new();
        for queue in 0..self.shared as u32 {
            for channel in self.channels.clone() {
                if !entries.is_empty() && self.maker.one_in(3) {
                    continue;
                }
                entries.push(Entry {
                    queue: QueueId(queue),
                    channel,
                    priority: self.maker.pick(&[1, 1, 2, 3]),
                    delay: s(self.maker.pick(&[0, 0, 0, 1, 2, 5])),
                    keep_available: if self.has(Feature::Keep) { self.maker.pick(&[0, 0, 1, 2]) } else { 0 },
                    weight_milli: 1000,
                    handle_time: self.some(6, |maker| maker.duration(5)),
                    after_contact_work: self.some(8, |maker| maker.duration(3)),
                });
            }
        }
        entries.sort_by_key(|entry| entry.priority);
        Profile { name: String::new(), entries, desk: self.desk() }
    }

    fn desk(&mut self) -> Desk {
        let mut capacity = Desk::default().capacity;
        for channel in self.channels.clone() {
            capacity[channel] = if channel != Channel::Voice && self.maker.one_in(8) { None } else { Some(self.capacity(channel)) };
        }
        Desk {
            capacity,
            offers: if self.has(Feature::Offers) && !self.maker.one_in(4) { Some(self.offers()) } else { None },
            availability: if self.has(Feature::Outbound) {
                self.maker.pick(&[Availability::SinceLastInbound, Availability::default()])
            } else {
                Availability::default()
            },
        }
    }

    fn capacity(&mut self, channel: Channel) -> Capacity {
        let many = self.has(Feature::SeveralAtOnce) && channel != Channel::Voice;
        Capacity {
            at_once: if many { 1 + self.maker.up_to(2) as u8 } else { 1 },
            other_channels: self.has(Feature::SeveralAtOnce) && self.maker.one_in(2),
            slowdown_milli: if self.has(Feature::Slowdown) { self.maker.pick(&[0, 500, 1000]) } else { 0 },
        }
    }

    fn offers(&mut self) -> Offers {
        let accept = if self.maker.one_in(4) { Distribution::exponential(s(9)).expect("it is positive") } else { self.duration(5) };
        Offers {
            accept,
            missed: self.maker.pick(&[0.0, 0.0, 0.3, 0.5]),
            rejected: self.maker.pick(&[0.0, 0.3, 0.4]),
            recovery: self.duration(6),
            connect: self.some(2, |maker| maker.duration(4)),
        }
    }

    fn pace(&mut self) -> Pace {
        if !self.has(Feature::Pace) || self.maker.one_in(3) {
            return Pace::default();
        }
        let by_queue = (0..self.queues as u32).filter(|_| self.maker.one_in(3)).collect::<Vec<_>>();
        Pace {
            factor_milli: self.maker.pick(&[1000, 500, 1500, 2000]),
            by_queue: by_queue.into_iter().map(|queue| (QueueId(queue), self.maker.pick(&[500, 2000]))).collect(),
            learning: self
                .some(2, |maker| Learning { begins_milli: maker.maker.pick(&[1500, 2000]), contacts: 1 + maker.maker.up_to(3) as u32 }),
        }
    }

    fn agent_of(&mut self, number: usize, profiles: usize) -> Agent {
        let profile = ProfileId(self.maker.up_to(profiles as i64 - 1) as u32);
        let shrinkage = if self.maker.one_in(6) { 0.3 } else { 0.0 };
        let attendance = Attendance { shrinkage, ..Attendance::default() };
        let name = format!("agent {number}");
        let mut agent = Agent { name, profile, presence: self.maker.presence(), away: Vec::new(), attendance, pace: self.pace() };
        if self.has(Feature::Breaks) {
            self.maker.day_of(&mut agent);
        }
        if self.has(Feature::LateShift) && agent.presence.iter().all(|stay| stay.end < Time::NEVER) {
            // When callbacks are given up.
            let start = Time::START + CALLBACK_KEPT + self.span(10);
            agent.presence.push(Presence { start, end: start + s(40) });
        }
        agent
    }

    // ---- contacts ------------------------------------------------------------------------------------------------------

    fn source(&mut self) -> Source {
        let wanted = self.wanted();
        let channel = self.maker.pick(&self.channels);
        let outbound = self.has(Feature::Outbound) && self.maker.one_in(2);
        Source { channel, outbound, criteria: wanted, ..self.maker.source(self.queues) }
    }

    fn wanted(&mut self) -> Option<CriteriaId> {
        let last = self.criteria.checked_sub(1)?;
        self.some(2, |maker| CriteriaId(maker.maker.up_to(last as i64) as u32))
    }

    fn criteria(&mut self) -> Criteria {
        let steps = (0..=self.maker.up_to(2)).map(|_| {
            let agents: Table<AgentId, bool> = (0..self.agents).map(|_| self.maker.one_in(3)).collect();
            let lasts = if self.maker.one_in(8) { None } else { Some(self.span(5)) };
            CriteriaStep { agents, lasts }
        });
        Criteria { name: String::new(), steps: steps.collect() }
    }

    /// What contacts want changes on the way, here and there.
    fn change_what_is_wanted(&mut self, model: &mut Model) {
        for step in &mut model.paths.steps {
            if matches!(step.block, Block::Rank { .. }) && self.maker.one_in(2) {
                step.block = Block::Criteria { criteria: self.wanted() };
            }
        }
    }
}

/// One of many worlds: up to 3 queues and 2 more of single agents, 3 profiles, 5 agents, 4 sources; in half of them, paths as in other worlds.
pub(crate) fn desk_world(seed: u64) -> Model {
    let mut maker = DeskMaker::new(seed);
    let profiles = 1 + maker.maker.up_to(2) as usize;
    let at_horizon = maker.maker.pick(&[AtHorizon::Drain, AtHorizon::Drain, AtHorizon::Stop]);
    let contact = maker.maker.pick(&[ContactRule::Strict, ContactRule::Strict, ContactRule::LongestWaitFirst]);
    let mut model = Model {
        name: format!("desk world {seed}"),
        digest: String::new(),
        run: run(Time::START + s(20 + maker.maker.up_to(20)), at_horizon),
        policy: Policy { contact, fewest_contacts_first: !maker.maker.one_in(3), ..Policy::default() },
        queues: (0..maker.queues).map(|number| maker.queue(number)).collect(),
        profiles: (0..profiles).map(|_| maker.profile()).collect(),
        agents: (0..maker.agents).map(|number| maker.agent_of(number, profiles)).collect(),
        sources: (0..=maker.maker.up_to(3)).map(|_| maker.source()).collect(),
        states: states(),
        hours: Table::new(),
        events: Table::new(),
        paths: Paths::default(),
        criteria: (0..maker.criteria).map(|_| maker.criteria()).collect(),
        expectations: Vec::new(),
        origin: None,
        notes: Vec::new(),
    };
    if maker.has(Feature::Flows) {
        add_flows(&mut model, seed);
        maker.change_what_is_wanted(&mut model);
    }
    model
}
