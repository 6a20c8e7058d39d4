//! Random small worlds with paths to service. Steps lead to later ones of their flow, or to later flows; back they lead by chance only, and to a prompt that
//! takes time, so that every way ends.

use super::{Maker, s, world};
use waitline::model::{
    AtHorizon, AttributeTable, Block, Cache, CallAgain, Callback, Carrier, Destination, Event, Exit, Flow, Hours, Jitter, Model, PathRules,
    QueueTest, RandomTimes, RankFrom, RateLimit, Service, Staff, Step, Telephony, Timetable, Transfer,
};
use waitline::random::Distribution;
use waitline::{EventId, FlowId, HoursId, Outcome, QueueId, ServiceId, SourceId, Span, StepId, Time};

const HOURS: u32 = 2;
const EVENTS: u32 = 3;
const SERVICES: u32 = 2;

/// A stretch of steps of a flow: those before a queue, or those beside one.
#[derive(Clone, Copy)]
struct Section {
    flow: u32,
    start: u32,
    end: u32,
    beside: bool,
}

/// What is drawn for a world.
struct FlowMaker {
    maker: Maker,
    queues: i64,
    /// For each flow the steps before a queue and those beside it, of which there may be none.
    sections: Vec<[Section; 2]>,
}

fn exit(name: &str, to: Option<StepId>) -> Exit {
    Exit { name: name.into(), to }
}

impl FlowMaker {
    fn new(seed: u64, queues: usize) -> FlowMaker {
        let mut maker = Maker::new(seed + 1_000_000);
        let mut start = 0;
        let sections = (0..=maker.up_to(2)).map(|flow| {
            let mut section = |least: i64, most: i64, beside: bool| {
                let section = Section { flow: flow as u32, start, end: start + (least + maker.up_to(most - least)) as u32, beside };
                start = section.end;
                section
            };
            [section(1, 5, false), section(0, 4, true)]
        });
        let sections = sections.collect();
        FlowMaker { maker, queues: queues as i64, sections }
    }

    fn queue(&mut self) -> QueueId {
        QueueId(self.maker.up_to(self.queues - 1) as u32)
    }

    fn id(&mut self, of: u32) -> u32 {
        self.maker.up_to(i64::from(of) - 1) as u32
    }

    fn some<T>(&mut self, one_in: u32, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.maker.one_in(one_in) { Some(make(self)) } else { None }
    }

    fn later_flow(&mut self, flow: u32) -> Option<FlowId> {
        let left = self.sections.len() as u32 - flow - 1;
        (left > 0).then(|| FlowId(flow + 1 + self.id(left)))
    }

    // ---- steps ---------------------------------------------------------------------------------------------------------

    fn steps(&mut self) -> Vec<Step> {
        let sections: Vec<Section> = self.sections.iter().flatten().copied().collect();
        let mut steps = Vec::new();
        for section in sections {
            for number in section.start..section.end {
                let (block, exits) = self.step(section, number);
                let (flow, name) = (FlowId(section.flow), format!("step {number}"));
                steps.push(Step { flow, name, block, exits, place: 1_000 + u64::from(number) });
            }
        }
        steps
    }

    fn step(&mut self, section: Section, number: u32) -> (Block, Vec<Exit>) {
        if number + 1 == section.end {
            return self.last_step(section);
        }
        if number == section.start && self.maker.one_in(2) {
            let duration = Distribution::Constant(s(1 + self.maker.up_to(4)));
            return (Block::Prompt { duration }, vec![self.onward("next", section, number)]);
        }
        let later = |maker: &mut Self, name: &str| maker.onward(name, section, number);
        // Ranks that change while a contact listens and waits on are rare without help.
        let kind = if section.beside && self.maker.one_in(2) { self.maker.pick(&[0, 9]) } else { self.maker.up_to(13) };
        match kind {
            0 => (Block::Prompt { duration: self.maker.duration() }, vec![later(self, "next")]),
            1 => {
                let (duration, attempts) = (self.maker.duration(), 1 + self.maker.up_to(2) as u32);
                let contained = if self.maker.one_in(3) { later(self, "contained") } else { exit("contained", None) };
                let escalate = later(self, "escalate");
                (Block::SelfService { duration, containment: self.maker.pick(&[0.0, 0.4, 1.0]), attempts }, vec![contained, escalate])
            }
            2 => {
                let exit_of_row = (0..3).map(|_| self.id(3)).collect();
                let exits = ["a", "b", "default"].map(|name| later(self, name));
                (Block::Branch { table: 0, exit_of_row }, exits.into())
            }
            3 => (Block::Hours { hours: HoursId(self.id(HOURS)) }, vec![later(self, "open"), later(self, "closed")]),
            4 => (Block::Event { event: EventId(self.id(EVENTS)) }, vec![later(self, "active"), later(self, "inactive")]),
            5 => {
                let queue = self.own_or_other(section);
                let agents = self.maker.pick(&[Staff::Available, Staff::Staffed, Staff::Online]);
                let more_than = self.maker.up_to(2) as u32;
                (Block::Staffing { queue, agents, more_than }, vec![later(self, "yes"), later(self, "no")])
            }
            6 => {
                let (queue, most) = (self.own_or_other(section), self.maker.up_to(5));
                let test =
                    self.maker.pick(&[QueueTest::Size(most as u32), QueueTest::OldestAge(s(most)), QueueTest::EstimatedWait(s(most))]);
                (Block::QueueStatus { queue, test }, vec![later(self, "above"), later(self, "otherwise")])
            }
            7 | 8 => self.distribute(section, number),
            9 => {
                let priority = self.some(2, |maker| maker.maker.pick(&[1, 5, 9]));
                let age_us = self.some(2, |maker| maker.maker.pick(&[0, 3_000_000, -2_000_000]));
                (Block::Rank { priority, age_us }, vec![later(self, "next")])
            }
            10 => {
                let service = ServiceId(self.id(SERVICES));
                let mut exits = vec![later(self, "success"), later(self, "failure")];
                exits.extend(["throttled", "failed", "cached"].map(|name| exit(name, None)));
                (Block::Call { service }, exits)
            }
            11 => self.goes_on_in_a_flow(section),
            12 => {
                let full = self.some(2, |maker| maker.onward("full", section, number).to).flatten();
                self.queue_step(section, full)
            }
            _ => {
                let full = self.some(2, |maker| maker.onward("full", section, number).to).flatten();
                self.callback_step(section, full)
            }
        }
    }

    /// The way ends here, if it comes so far.
    fn last_step(&mut self, section: Section) -> (Block, Vec<Exit>) {
        match if section.beside && self.maker.one_in(2) { 7 } else { self.maker.up_to(6) } {
            0..=2 => self.queue_step(section, None),
            3 => self.callback_step(section, None),
            4 => (Block::Message { duration: self.maker.duration() }, vec![exit("left", None)]),
            5 => (Block::Disconnect, vec![exit("gone", None)]),
            6 => self.goes_on_in_a_flow(section),
            _ => (Block::KeepWaiting, vec![exit("waits", None)]),
        }
    }

    fn onward(&mut self, name: &str, section: Section, number: u32) -> Exit {
        exit(name, Some(StepId(number + 1 + self.id(section.end - number - 1))))
    }

    /// Of those who wait in a queue, often that one.
    fn own_or_other(&mut self, section: Section) -> Option<QueueId> {
        if section.beside && self.maker.one_in(2) { None } else { Some(self.queue()) }
    }

    fn distribute(&mut self, section: Section, number: u32) -> (Block, Vec<Exit>) {
        let mut exits =
            vec![self.onward("one", section, number), self.onward("two", section, number), self.onward("default", section, number)];
        // Perhaps back to the start, where only prompts of some length may be led back to: see `rounds_take_time`.
        if self.maker.one_in(2) {
            exits[1].to = Some(StepId(section.start));
        }
        (Block::Distribute { cumulative: vec![0.3, 0.7] }, exits)
    }

    fn goes_on_in_a_flow(&mut self, section: Section) -> (Block, Vec<Exit>) {
        let Some(flow) = self.later_flow(section.flow) else { return (Block::Disconnect, vec![exit("gone", None)]) };
        let to = StepId(self.sections[flow.0 as usize][0].start);
        (Block::Flow { flow }, vec![exit("entered", Some(to))])
    }

    fn queue_step(&mut self, section: Section, full: Option<StepId>) -> (Block, Vec<Exit>) {
        let beside = self.sections[section.flow as usize][1];
        let steps = beside.end - beside.start;
        let while_waiting = (steps > 0).then(|| StepId(beside.start + self.id(steps)));
        (Block::Queue { queue: self.queue(), while_waiting }, vec![exit("queued", None), exit("full", full)])
    }

    fn callback_step(&mut self, section: Section, full: Option<StepId>) -> (Block, Vec<Exit>) {
        let callback = Callback {
            queue: self.own_or_other(section),
            delay: s(self.maker.pick(&[0, 1, 4, 4, 8 * 86_400])),
            attempts: self.maker.pick(&[1, 2, 3, 20]),
            retry_delay: s(self.maker.up_to(4)),
            answers: self.maker.pick(&[0.0, 0.5, 1.0]),
            ring: self.maker.duration(),
        };
        (Block::Callback(callback), vec![exit("created", None), exit("full", full)])
    }

    // ---- what is around flows ------------------------------------------------------------------------------------------

    fn timetable(&mut self) -> Timetable {
        let windows = (0..self.maker.up_to(3)).map(|_| {
            let start = self.maker.up_to(30);
            (Time::START + s(start), Time::START + s(start + 1 + self.maker.up_to(15)))
        });
        Timetable::from_periods(windows.collect())
    }

    fn event(&mut self, number: u32, may_be_random: bool) -> Event {
        let every = Distribution::exponential(s(8)).expect("it is positive");
        let random = if may_be_random && self.maker.one_in(2) { Some(RandomTimes { every, lasts: self.maker.duration() }) } else { None };
        Event { name: format!("event {number}"), windows: self.timetable(), random }
    }

    fn outage(&mut self) -> Option<EventId> {
        self.some(3, |maker| EventId(maker.id(EVENTS)))
    }

    fn service(&mut self) -> Service {
        let by = self.some(2, |maker| (0, (0..3).map(|_| 1 + maker.id(2)).collect()));
        Service {
            name: String::new(),
            latency: self.maker.duration(),
            failure: self.maker.pick(&[0.0, 0.0, 0.4]),
            timeout: self.some(2, |maker| s(1 + maker.maker.up_to(3))),
            limit: self.some(2, |maker| RateLimit { every: s(1 + maker.maker.up_to(4)), burst: 1 + maker.maker.up_to(2) as u32 }),
            retries: self.maker.up_to(3) as u32,
            backoff: s(self.maker.up_to(2)),
            backoff_max: s(3),
            jitter: self.maker.pick(&[Jitter::None, Jitter::Equal, Jitter::Full]),
            outage: self.outage(),
            cache: self.some(2, |maker| Cache { lifetime: s(maker.maker.up_to(10)), by }),
        }
    }

    fn telephony(&mut self) -> Telephony {
        let carriers = match self.maker.up_to(3) {
            1 => vec![1.0],
            2 => vec![0.5, 1.0],
            _ => Vec::new(),
        };
        let carrier = |upto| Carrier { name: String::new(), lines: 1 + self.maker.up_to(5) as u32, upto, outage: self.outage() };
        let carriers = carriers.into_iter().map(carrier).collect();
        Telephony { carriers, failover: self.maker.one_in(2), quota: self.some(4, |maker| 1 + maker.maker.up_to(8) as u32) }
    }

    fn transfers(&mut self) -> Vec<Transfer> {
        let flow = FlowId(self.id(self.sections.len() as u32));
        let to = [Destination::Queue(self.queue()), Destination::Flow(flow)];
        let first = self.some(2, |maker| Transfer { upto: 0.4, to: maker.maker.pick(&to) });
        let second = first.map(|_| Transfer { upto: 0.7, to: self.maker.pick(&to) });
        first.into_iter().chain(second).collect()
    }

    fn calls_again(&mut self) -> Vec<CallAgain> {
        let rules = (0..self.maker.up_to(3)).map(|_| CallAgain {
            after: self.maker.pick(&Outcome::ALL),
            chance: self.maker.pick(&[0.5, 1.0]),
            delay: self.maker.duration(),
            calls_max: 1 + self.maker.up_to(3) as u32,
        });
        rules.collect()
    }

    fn rules(&mut self) -> PathRules {
        let mut rank = || self.maker.pick(&[RankFrom::CallStart, RankFrom::Before, RankFrom::Entry]);
        PathRules {
            after_agent: rank(),
            after_queue: rank(),
            callback: rank(),
            callback_retry: rank(),
            buffer_milli: self.maker.pick(&[0, 200, 500, 1000]),
            ages_add_up: self.maker.one_in(2),
            rank_change_takes: s(self.maker.pick(&[0, 1, 2, 3, 60])),
        }
    }
}

/// Nothing leads back to where time might not pass.
fn rounds_take_time(mut steps: Vec<Step>) -> Vec<Step> {
    for number in 0..steps.len() {
        for at in 0..steps[number].exits.len() {
            let Some(StepId(to)) = steps[number].exits[at].to.filter(|to| to.0 as usize <= number) else { continue };
            let takes_time =
                matches!(&steps[to as usize].block, Block::Prompt { duration: Distribution::Constant(span) } if *span > Span::ZERO);
            if !takes_time {
                steps[number].exits[at].to = steps[number].exits[0].to;
            }
        }
    }
    steps
}

/// One of many worlds with paths: up to three flows of up to nine steps.
pub(crate) fn flow_world(seed: u64) -> Model {
    let mut model = world(seed);
    model.name = format!("flow world {seed}");
    add_flows(&mut model, seed);
    model
}

/// Paths for a world that has none.
pub(super) fn add_flows(model: &mut Model, seed: u64) {
    let mut maker = FlowMaker::new(seed, model.queues.len());
    model.hours = (0..HOURS).map(|number| Hours { name: format!("hours {number}"), open: maker.timetable() }).collect();
    // Until two weeks after the horizon there would be too many of them.
    let stops = model.run.at_horizon == AtHorizon::Stop;
    model.events = (0..EVENTS).map(|number| maker.event(number, stops)).collect();
    model.paths.steps = rounds_take_time(maker.steps()).into_iter().collect();
    let firsts: Vec<u32> = maker.sections.iter().map(|sections| sections[0].start).collect();
    model.paths.flows = firsts.iter().map(|&first| Flow { name: String::new(), first: StepId(first) }).collect();
    model.paths.services = (0..SERVICES).map(|_| maker.service()).collect();
    model.paths.attributes = vec![AttributeTable {
        names: vec!["kind".into()],
        values: ["a", "b", "c"].map(|value| vec![value.into()]).into(),
        cumulative: vec![0.2, 0.6, 1.0],
        sources: maker.some(3, |_| vec![SourceId(0)]),
        place: 77,
    }];
    model.paths.telephony = maker.telephony();
    model.paths.transfers = model.queues.iter().map(|_| maker.transfers()).collect();
    model.paths.calls_again = model.sources.iter().map(|_| maker.calls_again()).collect();
    model.paths.rules = maker.rules();
    let flows = firsts.len() as u32;
    for source in &mut model.sources {
        source.flow = if maker.maker.one_in(4) { None } else { Some(FlowId(maker.id(flows))) };
    }
}
