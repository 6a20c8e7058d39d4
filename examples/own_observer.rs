//! An observer of your own: how long agents sit idle between two contacts, a figure that the report does not have.
//!
//! `cargo run --example own_observer`

use std::error::Error;
use waitline::stats::Tally;
use waitline::{AgentId, Experiment, Fact, Model, Observer, Scenario, Table, Time};

/// For each agent since when it has been idle, and how long all idle times were that ended in a contact.
struct IdleTimes {
    idle_since: Table<AgentId, Time>,
    idle_us: Tally,
}

impl IdleTimes {
    fn new(model: &Model) -> IdleTimes {
        IdleTimes { idle_since: model.agents.iter().map(|_| Time::START).collect(), idle_us: Tally::default() }
    }
}

impl Observer for IdleTimes {
    fn observe(&mut self, at: Time, fact: &Fact) {
        match fact {
            Fact::LoggedIn { agent, .. } | Fact::Completed { agent, .. } => self.idle_since[*agent] = at,
            Fact::Answered { agent, .. } => self.idle_us.record(at.since(self.idle_since[*agent]).as_us()),
            _ => {}
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let scenario: Scenario = std::fs::read_to_string("examples/small.toml")?.parse()?;
    let model = scenario.compile()?;

    // Each replication has an observer of its own; they come back in order, whatever thread they ran on.
    let (results, observers) = Experiment::new(&model).seed(42).run_observed(|_replication| IdleTimes::new(&model))?;
    for (number, observer) in observers.iter().enumerate() {
        let idle = observer.idle_us.mean(results.confidence()).ok_or("nobody called")?;
        println!(
            "replication {:>2}: {:>3} contacts, agents idle before each for {:5.1} s on average",
            number + 1,
            observer.idle_us.count(),
            idle.per(1e6).estimate
        );
    }

    // The observer was told of the very contacts that the report counts.
    let answered: u64 = observers.iter().map(|observer| observer.idle_us.count()).sum();
    let reported = results.report().total.answered.ok_or("no replication")?.estimate;
    assert_eq!(answered, (reported * results.replications() as f64).round() as u64);
    Ok(())
}
