//! Random small worlds on a coarse grid of time, so that as much as possible coincides.

#[path = "desk_worlds.rs"]
mod desks;
#[path = "flow_worlds.rs"]
mod flows;

pub(crate) use desks::desk_world;
pub(crate) use flows::flow_world;
use rand::RngExt;
use waitline::model::{
    Agent, AgentRule, AtHorizon, Attendance, Away, Channel, ContactRule, CountBy, Desk, Entry, Given, Model, Pace, Paths, PerChannel,
    Poisson, Policy, Presence, Profile, Queue, Run, Scheduled, Source, State,
};
use waitline::random::{Distribution, Purpose, Stream, Streams};
use waitline::{ProfileId, QueueId, SourceId, Span, StateId, Table, Time};

struct Maker {
    chance: Stream,
    /// Whether contact priorities and ages differ.
    ranks: bool,
}

fn states() -> Table<StateId, State> {
    ["break", "meeting"].map(|name| State { name: name.into() }).into_iter().collect()
}

fn s(secs: i64) -> Span {
    Span::from_secs(secs)
}

impl Maker {
    fn new(seed: u64) -> Maker {
        let mut chance = Streams::new(seed, 99).source(SourceId(0)).stream(Purpose::Own, 0);
        let ranks = chance.random_bool(0.5);
        Maker { chance, ranks }
    }

    fn up_to(&mut self, most: i64) -> i64 {
        self.chance.random_range(0..=most)
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.chance.random_ratio(1, n)
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.chance.random_range(0..of.len())].clone()
    }

    fn duration(&mut self) -> Distribution {
        match self.up_to(4) {
            0 => Distribution::exponential(s(1 + self.up_to(6))).unwrap(),
            1 => Distribution::lognormal(s(1 + self.up_to(6)), 1.0).unwrap(),
            _ => Distribution::Constant(s(self.up_to(5))),
        }
    }

    /// So many contacts for a queue within half a minute, at multiples of `grid`.
    fn scheduled(&mut self, queue: usize, contacts: usize, grid: Span) -> Source {
        let last = s(30).as_us() / grid.as_us();
        let instants = (0..contacts).map(|_| Time::from_us(self.up_to(last) * grid.as_us())).collect();
        Source {
            name: String::new(),
            queue: QueueId(queue as u32),
            flow: None,
            channel: Channel::Voice,
            outbound: false,
            criteria: None,
            priority: 5,
            age_us: 0,
            arrivals: Box::new(Scheduled::new(instants).unwrap()),
            given: Vec::new(),
        }
    }

    fn agent(&mut self, profile: u32) -> Agent {
        Agent {
            name: String::new(),
            profile: ProfileId(profile),
            pace: Pace::default(),
            presence: self.presence(),
            away: Vec::new(),
            attendance: Attendance::default(),
        }
    }

    fn maybe(&mut self, n: u32) -> Option<Distribution> {
        self.one_in(n).then(|| self.duration())
    }

    fn rank(&mut self) -> (i64, i64) {
        if self.ranks { (self.pick(&[1, 5, 5, 9]), self.pick(&[0, 0, 3_000_000, -2_000_000, 60_000_000])) } else { (5, 0) }
    }

    fn queue(&mut self) -> Queue {
        let patience = if self.one_in(3) { None } else { Some(self.duration()) };
        let max_contacts = if self.one_in(4) { Some(self.up_to(4) as u32) } else { None };
        Queue {
            name: String::new(),
            service_levels: Vec::new(),
            handle_time: self.duration(),
            after_contact_work: self.maybe(4),
            handle_time_cv: if self.one_in(6) { 0.4 } else { 0.0 },
            patience,
            max_contacts,
            agent: None,
            by_channel: PerChannel::default(),
        }
    }

    fn profile(&mut self, queues: usize) -> Profile {
        let mut entries: Vec<Entry> = Vec::new();
        for queue in 0..queues {
            if entries.is_empty() && queue + 1 == queues || self.one_in(2) {
                entries.push(Entry {
                    queue: QueueId(queue as u32),
                    channel: Channel::Voice,
                    priority: self.pick(&[1, 1, 2, 3]),
                    delay: s(self.pick(&[0, 0, 0, 1, 2, 5])),
                    keep_available: 0,
                    weight_milli: self.pick(&[1000, 500, 3000]),
                    handle_time: self.maybe(6),
                    after_contact_work: self.maybe(8),
                });
            }
        }
        entries.sort_by_key(|entry| entry.priority);
        Profile { name: String::new(), entries, desk: Desk::default() }
    }

    fn presence(&mut self) -> Vec<Presence> {
        if self.one_in(2) {
            return vec![Presence { start: Time::START, end: Time::NEVER }];
        }
        let mut shifts = Vec::new();
        let mut at = self.up_to(8);
        for _ in 0..=self.up_to(3) {
            let end = at + 1 + self.up_to(8);
            shifts.push(Presence { start: Time::START + s(at), end: Time::START + s(end) });
            at = end + 1 + self.up_to(5);
        }
        if self.one_in(2) {
            shifts.push(Presence { start: Time::START + s(at), end: Time::NEVER });
        }
        shifts
    }

    /// Some of the agent's time becomes breaks and meetings; and it may be late.
    fn day_of(&mut self, agent: &mut Agent) {
        if self.one_in(4) {
            return;
        }
        let mut at = 0;
        // Of a stay for ever, its first minute.
        let last = agent.presence.iter().filter(|stay| stay.end < Time::NEVER).map(|stay| stay.end).max().unwrap_or(Time::START) + s(60);
        while Time::START + s(at) < last {
            let (start, end) = (at, at + 1 + self.up_to(5));
            at = end + self.pick(&[0, 0, 1, 3, 7]);
            let state = StateId(self.up_to(1) as u32);
            let away = Away { start: Time::START + s(start), end: Time::START + s(end), state };
            let stay = agent.presence.iter().position(|stay| stay.start <= away.start && away.end <= stay.end);
            if let Some(stay) = stay
                && self.one_in(2)
            {
                let rest = agent.presence[stay];
                let left = [Presence { start: rest.start, end: away.start }, Presence { start: away.end, end: rest.end }];
                agent.presence.splice(stay..=stay, left.into_iter().filter(|stay| stay.start < stay.end));
                agent.away.push(away);
            }
        }
        let Attendance { late, breaks_start_late, breaks_end_late, .. } = &mut agent.attendance;
        for how_late in [late, breaks_start_late, breaks_end_late] {
            *how_late = self.maybe(3);
        }
    }

    fn source(&mut self, queues: usize) -> Source {
        let queue = QueueId(self.up_to(queues as i64 - 1) as u32);
        let (priority, age_us) = self.rank();
        let mut source = Source {
            name: String::new(),
            queue,
            flow: None,
            channel: Channel::Voice,
            outbound: false,
            criteria: None,
            priority,
            age_us,
            arrivals: Box::new(Poisson::new(self.pick(&[0.1, 0.5, 1.0])).unwrap()),
            given: Vec::new(),
        };
        if self.one_in(3) {
            return source;
        }
        let count = self.up_to(14) as usize;
        source.arrivals = Box::new(Scheduled::new((0..count).map(|_| Time::START + s(self.up_to(30))).collect()).unwrap());
        if self.one_in(2) {
            source.given = (0..count)
                .map(|_| {
                    let (priority, age_us) = self.rank();
                    Given {
                        name: String::new(),
                        queue: QueueId(self.up_to(queues as i64 - 1) as u32),
                        handle_time: if self.one_in(4) { None } else { Some(s(self.up_to(6))) },
                        after_contact_work: if self.one_in(2) { None } else { Some(s(self.up_to(2))) },
                        patience: if self.one_in(3) { None } else { Some(s(self.up_to(9))) },
                        priority,
                        age_us,
                    }
                })
                .collect();
        }
        source
    }
}

/// One of many worlds: up to 4 queues, 4 profiles, 6 agents, 3 sources.
pub(crate) fn world(seed: u64) -> Model {
    let mut model = world_without_breaks(seed);
    // Drawn apart, so that the rest of the worlds stays as it was.
    let mut maker = Maker::new(seed + 2_000_000);
    if maker.one_in(2) {
        for agent in &mut model.agents {
            maker.day_of(agent);
        }
    }
    model
}

fn world_without_breaks(seed: u64) -> Model {
    let mut maker = Maker::new(seed);
    let queues = 1 + maker.up_to(3) as usize;
    let profiles = 1 + maker.up_to(3) as usize;
    let contact = maker.pick(&[ContactRule::Strict, ContactRule::Strict, ContactRule::Weighted, ContactRule::LongestWaitFirst]);
    let agent = maker.pick(&[
        AgentRule::LongestAvailable,
        AgentRule::LongestAvailable,
        AgentRule::FewestContacts,
        AgentRule::LeastOccupied,
        AgentRule::Random,
    ]);
    let at_horizon = maker.pick(&[AtHorizon::Drain, AtHorizon::Stop]);
    Model {
        name: format!("world {seed}"),
        digest: String::new(),
        run: run(Time::START + s(20 + maker.up_to(20)), at_horizon),
        policy: Policy { contact, agent, ..Policy::default() },
        queues: (0..queues).map(|_| maker.queue()).collect(),
        profiles: (0..profiles).map(|_| maker.profile(queues)).collect(),
        agents: (0..=maker.up_to(5))
            .map(|number| {
                let profile = ProfileId(maker.up_to(profiles as i64 - 1) as u32);
                let share = |maker: &mut Maker| if maker.one_in(5) { 0.3 } else { 0.0 };
                let attendance = Attendance { absence: share(&mut maker), shrinkage: share(&mut maker), ..Attendance::default() };
                Agent {
                    name: format!("agent {number}"),
                    profile,
                    presence: maker.presence(),
                    away: Vec::new(),
                    attendance,
                    pace: Pace::default(),
                }
            })
            .collect(),
        states: states(),
        sources: (0..=maker.up_to(2)).map(|_| maker.source(queues)).collect(),
        hours: Table::new(),
        events: Table::new(),
        paths: Paths::default(),
        criteria: Table::new(),
        expectations: Vec::new(),
        origin: None,
        notes: Vec::new(),
    }
}

fn entry(queue: usize, priority: u8, delay_s: i64) -> Entry {
    Entry {
        queue: QueueId(queue as u32),
        channel: Channel::Voice,
        priority,
        delay: s(delay_s),
        keep_available: 0,
        weight_milli: 1000,
        handle_time: None,
        after_contact_work: None,
    }
}

/// 80 queues, most of them of one priority and without delay in each of two profiles.
pub(crate) fn many_queues(seed: u64) -> Model {
    const QUEUES: usize = 80;
    let mut maker = Maker::new(seed);
    maker.ranks = false;
    let mut model = world(seed);
    model.policy = Policy::default();
    model.queues = (0..QUEUES).map(|_| maker.queue()).collect();
    let delays = [0, 0, 0, 0, 0, 0, 0, 0, 0, 3];
    model.profiles = (0..2)
        .map(|profile| {
            let entry = |queue: usize| entry(queue, 1 + u8::from(queue % 40 == 7), delays[(queue + profile) % 10]);
            Profile { name: String::new(), entries: (0..QUEUES).map(entry).collect(), desk: Desk::default() }
        })
        .collect();
    model.sources = (0..QUEUES).map(|queue| maker.scheduled(queue, 4, s(1))).collect::<Table<SourceId, Source>>();
    model.agents = (0..12).map(|agent| maker.agent(agent % 2)).collect();
    model
}

fn run(horizon: Time, at_horizon: AtHorizon) -> Run {
    Run { horizon, warm_up: Time::START, at_horizon, interval: Some(s(7)), count_by: CountBy::Enqueued, replications: 1, seed: 1 }
}

/// 90 profiles of one or two agents, most of whom serve a queue without delay, while fewer serve another.
pub(crate) fn many_profiles(seed: u64) -> Model {
    let mut maker = Maker::new(seed);
    maker.ranks = false;
    let mut model = world(seed);
    model.policy = Policy { agent: AgentRule::LongestAvailable, ..Policy::default() };
    model.queues = (0..3).map(|_| maker.queue()).collect();
    model.profiles = (0..90)
        .map(|profile| {
            let last = if profile < 50 { entry(2, 2, 3) } else { entry(1, 1 + (profile % 2) as u8, 0) };
            let entries = if profile % 7 == 0 { vec![last] } else { vec![entry(0, 1, 0), last] };
            Profile { name: String::new(), entries, desk: Desk::default() }
        })
        .collect();
    // Most contacts have their instant for themselves.
    let grid = Span::from_us(1000);
    model.sources = [120, 60, 20].into_iter().enumerate().map(|(queue, contacts)| maker.scheduled(queue, contacts, grid)).collect();
    model.agents = (0..130).map(|agent| maker.agent(agent * 31 % 90)).collect();
    model
}
