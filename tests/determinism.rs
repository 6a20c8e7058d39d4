//! A run depends on (scenario, seed, replication) and on nothing else (R2), and a contact keeps its luck whatever design it meets (R25).

use std::collections::BTreeMap;
use waitline::random::Streams;
use waitline::{AgentId, Experiment, Fact, Model, Observer, Scenario, SourceId, Span, Time};

fn bank() -> Model {
    let path = format!("{}/scenarios/bank-1999/weekday.toml", env!("CARGO_MANIFEST_DIR"));
    Scenario::open(path).unwrap().compile().unwrap()
}

type Key = (SourceId, u64);

/// What befell each contact: when it arrived, how long its handling took, how long it waited in vain.
#[derive(Debug, Default, PartialEq)]
struct Luck {
    arrivals: BTreeMap<Key, Time>,
    handling: BTreeMap<Key, (Span, Span)>,
    patience: BTreeMap<Key, Span>,
}

impl Observer for Luck {
    fn observe(&mut self, at: Time, fact: &Fact) {
        match fact {
            Fact::Offered { contact } => drop(self.arrivals.insert((contact.source, contact.number), at)),
            Fact::Answered { contact, talk, after_contact_work, .. } => {
                self.handling.insert((contact.source, contact.number), (*talk, *after_contact_work));
            }
            Fact::Abandoned { contact } => drop(self.patience.insert((contact.source, contact.number), at.since(contact.enqueued))),
            _ => {}
        }
    }
}

fn luck(model: &Model, seed: u64) -> Luck {
    let mut luck = Luck::default();
    waitline::run(model, Streams::new(seed, 3), &mut luck).unwrap();
    luck
}

#[test]
fn twice_is_the_same_and_another_seed_is_not() {
    let model = bank();
    assert_eq!(luck(&model, 1), luck(&model, 1));
    assert_ne!(luck(&model, 1).arrivals, luck(&model, 2).arrivals);
}

#[test]
fn any_number_of_threads_gives_the_same_report() {
    let model = bank();
    let json = |threads| serde_json::to_string(&Experiment::new(&model).replications(12).threads(threads).run().unwrap().report()).unwrap();
    let one = json(1);
    for threads in [2, 3, 7] {
        assert_eq!(one, json(threads), "{threads} threads");
    }
}

#[test]
fn one_more_agent_faces_the_same_contacts() {
    let few = bank();
    let mut more = bank();
    let another = more.agents[AgentId(0)].clone();
    more.agents.push(another);
    let (few, more) = (luck(&few, 1), luck(&more, 1));
    assert_eq!(few.arrivals, more.arrivals);
    assert_ne!(few.patience, more.patience, "the agent makes a difference");
    let mut both = (0, 0);
    for (contact, handling) in &few.handling {
        if let Some(other) = more.handling.get(contact) {
            assert_eq!(handling, other, "{contact:?}");
            both.0 += 1;
        }
    }
    for (contact, patience) in &few.patience {
        if let Some(other) = more.patience.get(contact) {
            assert_eq!(patience, other, "{contact:?}");
            both.1 += 1;
        }
    }
    assert!(both.0 > 1000 && both.1 > 50, "{both:?}");
}
