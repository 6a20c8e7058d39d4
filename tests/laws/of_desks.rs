//! Agents who do more than take one call at a time: engine and twin, and laws seen from outside.

use super::of_paths::{nobody_is_lost, of_queues};
use super::worlds::{desk_world, world};
use super::{same, twin};
use std::collections::{BTreeMap, BTreeSet};
use waitline::model::{
    AgentRule, Block, Capacity, Channel, ContactRule, Criteria, CriteriaStep, Learning, Model, PerChannel,
};
use waitline::observers::Trace;
use waitline::random::Streams;
use waitline::{AgentId, Contact, CriteriaId, Customer, Fact, Miss, Observer, ProfileId, Scenario, Span, Time};

const DESK_WORLDS: u64 = 6_000;

fn told(model: &Model, seed: u64) -> Vec<(Time, Fact)> {
    let mut told = super::Told::default();
    waitline::run(model, Streams::new(seed, 0), &mut told).expect("no limit is met");
    told.0
}

#[test]
fn the_engine_tells_what_its_naive_twin_tells_of_desks() {
    for seed in 0..DESK_WORLDS {
        let model = desk_world(seed);
        same(seed, &model, &told(&model, seed), &twin::run(&model, Streams::new(seed, 0)));
    }
}

/// The twin, too, does what was worked out by hand.
#[test]
fn the_twin_tells_what_was_worked_out_by_hand() {
    let mut compared = 0;
    let files = std::fs::read_dir("scenarios/semantics").expect("the folder is there").map(|file| file.expect("it can be read").path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
        let model = Scenario::open(&path).and_then(|scenario| scenario.compile()).unwrap_or_else(|error| panic!("{error}"));
        let mut trace = Trace::new(&model, 0, Vec::new());
        for (at, fact) in twin::run(&model, Streams::new(model.run.seed, 0)) {
            trace.observe(at, &fact);
        }
        let told = String::from_utf8(trace.finish().expect("a Vec takes everything")).expect("a trace is text");
        let expected = std::fs::read_to_string(path.with_extension("trace")).expect("the trace is there");
        assert_eq!(told, expected, "{}", path.display());
        compared += 1;
    }
    assert!(compared >= 100, "{compared}");
}
