//! What can be seen of a run with paths from its facts alone, between the warm-up and the horizon.

use waitline::random::Streams;
use waitline::{Arrival, Fact, Model, Observer, Outcome, Scenario, Time};

/// A level over time: how high it is now, and its integral.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Level {
    now: i64,
    changed_us: i64,
    area_us: f64,
}

/// Counts and levels. Queues, steps and carriers by their numbers.
#[derive(Debug)]
pub(crate) struct Seen {
    from_us: i64,
    until_us: i64,
    arrivals: [u64; 3],
    outcomes: [u64; 12],
    passed: Vec<Vec<u64>>,
    offered: Vec<u64>,
    answered: Vec<u64>,
    answered_at_once: Vec<u64>,
    wait_us: Vec<f64>,
    waiting: Vec<Level>,
    lines: Vec<Level>,
}

impl Seen {
    fn new(model: &Model) -> Seen {
        let queues = model.queues.len();
        Seen {
            from_us: model.run.warm_up.as_us(),
            until_us: model.run.horizon.as_us(),
            arrivals: [0; 3],
            outcomes: [0; 12],
            passed: model.paths.steps.iter().map(|step| vec![0; step.exits.len()]).collect(),
            offered: vec![0; queues],
            answered: vec![0; queues],
            answered_at_once: vec![0; queues],
            wait_us: vec![0.0; queues],
            waiting: vec![Level::default(); queues],
            lines: vec![Level::default(); model.paths.telephony.carriers.len()],
        }
    }

    fn within(&self, at: i64) -> i64 {
        at.clamp(self.from_us, self.until_us)
    }

    pub(crate) fn arrivals(&self, arrival: Arrival) -> f64 {
        self.arrivals[arrival as usize] as f64
    }

    pub(crate) fn outcomes(&self, outcome: Outcome) -> f64 {
        self.outcomes[outcome as usize] as f64
    }

    pub(crate) fn passed(&self, step: usize, exit: usize) -> f64 {
        self.passed[step][exit] as f64
    }

    pub(crate) fn waits_at_all(&self, queue: usize) -> f64 {
        1.0 - self.answered_at_once[queue] as f64 / self.offered[queue] as f64
    }

    pub(crate) fn asa_s(&self, queue: usize) -> f64 {
        self.wait_us[queue] / 1e6 / self.answered[queue] as f64
    }

    pub(crate) fn queue_length(&self, queue: usize) -> f64 {
        self.waiting[queue].area_us / (self.until_us - self.from_us) as f64
    }

    pub(crate) fn lines_taken(&self, carrier: usize) -> f64 {
        self.lines[carrier].area_us / (self.until_us - self.from_us) as f64
    }
}

impl Observer for Seen {
    fn observe(&mut self, at: Time, fact: &Fact) {
        let now = self.within(at.as_us());
        let counts = u64::from((self.from_us..self.until_us).contains(&at.as_us()));
        let change = |level: &mut Level, by: i64| {
            level.area_us += level.now as f64 * (now - level.changed_us) as f64;
            (level.now, level.changed_us) = (level.now + by, now);
        };
        match fact {
            Fact::Arrived { arrival, .. } => self.arrivals[*arrival as usize] += counts,
            Fact::Departed { outcome, .. } => self.outcomes[*outcome as usize] += counts,
            Fact::Passed { step, exit, .. } => self.passed[step.0 as usize][*exit as usize] += counts,
            Fact::Seized { carrier: Some(carrier), .. } => change(&mut self.lines[carrier.0 as usize], 1),
            Fact::Released { carrier: Some(carrier), .. } => change(&mut self.lines[carrier.0 as usize], -1),
            Fact::Offered { contact } => {
                self.offered[contact.queue.0 as usize] += counts;
                change(&mut self.waiting[contact.queue.0 as usize], 1);
            }
            Fact::Answered { contact, .. } => {
                let (queue, wait) = (contact.queue.0 as usize, at.since(contact.enqueued).as_us());
                self.answered[queue] += counts;
                self.answered_at_once[queue] += counts * u64::from(wait == 0);
                self.wait_us[queue] += (counts as i64 * wait) as f64;
                change(&mut self.waiting[queue], -1);
            }
            Fact::Rejected { contact }
            | Fact::Abandoned { contact }
            | Fact::Left { contact, .. }
            | Fact::Dialed { contact, .. }
            | Fact::Unfinished { contact } => change(&mut self.waiting[contact.queue.0 as usize], -1),
            _ => {}
        }
    }
}

/// A scenario from its parts: flows and what surrounds them; queues with (handling, further keys); agents; sources as (where, rate).
pub(crate) fn model(days: u32, paths: &str, queues: &[(&str, &str)], agents: &[(&str, u32)], source: &str) -> Model {
    let mut text = format!("version = 1\nname = \"theory\"\n[run]\nhorizon = \"{}h\"\nwarm_up = \"12h\"\ninterval = \"none\"\n", 24 * days);
    text += paths;
    for (index, (handle_time, keys)) in queues.iter().enumerate() {
        text += &format!("[[queue]]\nname = \"q{index}\"\nhandle_time = {handle_time}\n{keys}\n");
    }
    for (index, (entries, count)) in agents.iter().enumerate() {
        text += &format!("[[routing_profile]]\nname = \"p{index}\"\nqueues = [{entries}]\n");
        text += &format!("[[agents]]\nrouting_profile = \"p{index}\"\ncount = {count}\n");
    }
    text += &format!("[[source]]\nname = \"s\"\n{source}\n");
    text.parse::<Scenario>().and_then(|scenario| scenario.compile()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub(crate) fn poisson(rate: &str) -> String {
    format!("arrivals = {{ process = \"poisson\", rate = \"{rate}\" }}")
}

pub(crate) fn exponential(mean: &str) -> String {
    format!("{{ distribution = \"exponential\", mean = \"{mean}\" }}")
}

const REPLICATIONS: u64 = 20;

/// What is seen of each of twenty replications.
pub(crate) fn seen(model: &Model) -> Vec<Seen> {
    seen_with(model, || ()).into_iter().map(|(seen, ())| seen).collect()
}

/// The same, with another observer beside.
pub(crate) fn seen_with<O: Observer>(model: &Model, other: impl Fn() -> O) -> Vec<(Seen, O)> {
    let replication = |number| {
        let mut both = (Seen::new(model), other());
        waitline::run(model, Streams::new(1, number), &mut both).expect("no limit is met");
        both
    };
    (0..REPLICATIONS).map(replication).collect()
}

/// A figure of each replication against theory.
pub(crate) fn judge(seen: &[Seen], what: &str, theory: f64, notice: f64, figure: impl Fn(&Seen) -> f64) {
    let values: Vec<f64> = seen.iter().map(figure).collect();
    super::judge::judge_values(&values, what, theory, notice);
}
