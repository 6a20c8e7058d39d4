//! What can be seen of a run with desks from its facts alone, between the warm-up and the horizon.

use waitline::random::Streams;
use waitline::{Contact, Fact, Model, Observer, Scenario, Time};

/// What an agent has in hand, as facts tell it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hands {
    /// By source: contacts that it has answered and not completed.
    held: Vec<u32>,
    /// Offers that ring.
    pub(crate) ringing: u32,
    /// Missed offers that it has not recovered from.
    pub(crate) missed: u32,
}

impl Hands {
    pub(crate) fn held(&self) -> u32 {
        self.held.iter().sum()
    }

    pub(crate) fn held_of(&self, source: usize) -> u32 {
        self.held[source]
    }
}

/// How things stand at an instant.
#[derive(Debug)]
pub(crate) struct Center {
    waiting: Vec<u32>,
    pub(crate) agents: Vec<Hands>,
}

impl Center {
    pub(crate) fn waiting(&self) -> f64 {
        f64::from(self.waiting.iter().sum::<u32>())
    }

    pub(crate) fn waiting_of(&self, source: usize) -> f64 {
        f64::from(self.waiting[source])
    }

    pub(crate) fn held(&self) -> f64 {
        f64::from(self.agents.iter().map(Hands::held).sum::<u32>())
    }

    pub(crate) fn held_of(&self, source: usize) -> f64 {
        f64::from(self.agents.iter().map(|agent| agent.held_of(source)).sum::<u32>())
    }
}

/// What became of the contacts of a source, or of all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) offered: f64,
    pub(crate) answered: f64,
    pub(crate) at_once: f64,
    pub(crate) abandoned: f64,
    pub(crate) completed: f64,
    pub(crate) rang: f64,
    pub(crate) missed: f64,
    /// Of those answered.
    pub(crate) wait_s: f64,
    /// Their squares.
    pub(crate) wait_s2: f64,
}

impl Counts {
    pub(crate) fn lost(&self) -> f64 {
        self.abandoned / self.offered
    }

    pub(crate) fn asa_s(&self) -> f64 {
        self.wait_s / self.answered
    }
}

/// A figure of how things stand, to be averaged over time.
pub(crate) type Figure<'f> = &'f dyn Fn(&Center) -> f64;

/// What was seen of a run: time averages of figures, and counts by source.
#[derive(Debug)]
pub(crate) struct Run {
    /// How long it was watched.
    pub(crate) hours: f64,
    pub(crate) averages: Vec<f64>,
    pub(crate) sources: Vec<Counts>,
}

struct Watch<'f> {
    from_us: i64,
    until_us: i64,
    seen_us: i64,
    center: Center,
    figures: &'f [Figure<'f>],
    areas_us: Vec<f64>,
    sources: Vec<Counts>,
}

impl Watch<'_> {
    fn hands(&mut self, agent: waitline::AgentId) -> &mut Hands {
        &mut self.center.agents[agent.0 as usize]
    }
}

fn number(contact: &Contact) -> usize {
    contact.source.0 as usize
}

impl Observer for Watch<'_> {
    fn observe(&mut self, at: Time, fact: &Fact) {
        let now = at.as_us().clamp(self.from_us, self.until_us);
        if now > self.seen_us {
            for (area, figure) in self.areas_us.iter_mut().zip(self.figures) {
                *area += figure(&self.center) * (now - self.seen_us) as f64;
            }
            self.seen_us = now;
        }
        let one = f64::from(u8::from((self.from_us..self.until_us).contains(&at.as_us())));
        match fact {
            Fact::Offered { contact } => {
                self.sources[number(contact)].offered += one;
                self.center.waiting[number(contact)] += 1;
            }
            Fact::Answered { contact, agent, .. } => {
                let wait_s = at.since(contact.enqueued).as_us() as f64 / 1e6;
                let counts = &mut self.sources[number(contact)];
                counts.answered += one;
                counts.at_once += if at == contact.enqueued { one } else { 0.0 };
                counts.wait_s += one * wait_s;
                counts.wait_s2 += one * wait_s * wait_s;
                self.center.waiting[number(contact)] -= 1;
                self.hands(*agent).held[number(contact)] += 1;
            }
            Fact::Abandoned { contact } => {
                self.sources[number(contact)].abandoned += one;
                self.center.waiting[number(contact)] -= 1;
            }
            Fact::Rejected { contact } | Fact::Left { contact, .. } | Fact::Unfinished { contact } => {
                self.center.waiting[number(contact)] -= 1;
            }
            Fact::Completed { contact, agent, .. } => {
                self.sources[number(contact)].completed += one;
                self.hands(*agent).held[number(contact)] -= 1;
            }
            Fact::Rang { contact, agent, .. } => {
                self.sources[number(contact)].rang += one;
                self.hands(*agent).ringing += 1;
            }
            Fact::Accepted { agent, .. } => self.hands(*agent).ringing -= 1,
            Fact::Missed { contact, agent, .. } => {
                self.sources[number(contact)].missed += one;
                self.hands(*agent).ringing -= 1;
                self.hands(*agent).missed += 1;
            }
            Fact::Recovered { agent, .. } => self.hands(*agent).missed -= 1,
            _ => {}
        }
    }
}

/// A scenario from its tables.
pub(crate) fn model(days: u32, tables: &[String]) -> Model {
    let mut text = format!("version = 1\nname = \"theory\"\n[run]\nhorizon = \"{}h\"\nwarm_up = \"12h\"\ninterval = \"none\"\n", 24 * days);
    text += &tables.concat();
    text.parse::<Scenario>().and_then(|scenario| scenario.compile()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub(crate) fn queue(name: &str, handle_time: &str, keys: &str) -> String {
    format!("[[queue]]\nname = \"{name}\"\nhandle_time = {handle_time}\n{keys}\n")
}

/// A routing profile and its agents, by the name of the profile.
pub(crate) fn agents(name: &str, count: u32, queues: &str, keys: &str) -> String {
    let profile = format!("[[routing_profile]]\nname = \"{name}\"\nqueues = [{queues}]\n{keys}\n");
    format!("{profile}[[agents]]\nrouting_profile = \"{name}\"\ncount = {count}\n")
}

pub(crate) fn source(name: &str, queue: &str, per_hour: f64, keys: &str) -> String {
    let poisson = format!("arrivals = {{ process = \"poisson\", rate = \"{per_hour}/h\" }}");
    format!("[[source]]\nname = \"{name}\"\nqueue = \"{queue}\"\n{poisson}\n{keys}\n")
}

pub(crate) fn exponential(mean: &str) -> String {
    format!("{{ distribution = \"exponential\", mean = \"{mean}\" }}")
}

pub(crate) fn constant(value: &str) -> String {
    format!("{{ distribution = \"constant\", value = \"{value}\" }}")
}

const REPLICATIONS: u64 = 20;

/// What is seen of each of twenty replications.
pub(crate) fn seen(model: &Model, figures: &[Figure]) -> Vec<Run> {
    let replication = |number| {
        let hands = Hands { held: vec![0; model.sources.len()], ..Hands::default() };
        let mut watch = Watch {
            from_us: model.run.warm_up.as_us(),
            until_us: model.run.horizon.as_us(),
            seen_us: model.run.warm_up.as_us(),
            center: Center { waiting: vec![0; model.sources.len()], agents: vec![hands; model.agents.len()] },
            figures,
            areas_us: vec![0.0; figures.len()],
            sources: vec![Counts::default(); model.sources.len()],
        };
        waitline::run(model, Streams::new(1, number), &mut watch).expect("no limit is met");
        let length_us = (watch.until_us - watch.from_us) as f64;
        Run { hours: length_us / 3_600e6, averages: watch.areas_us.iter().map(|area| area / length_us).collect(), sources: watch.sources }
    };
    (0..REPLICATIONS).map(replication).collect()
}

/// A figure of each replication against theory.
pub(crate) fn judge(runs: &[Run], what: &str, theory: f64, notice: f64, figure: impl Fn(&Run) -> f64) {
    let values: Vec<f64> = runs.iter().map(figure).collect();
    super::judge::judge_values(&values, what, theory, notice);
}
