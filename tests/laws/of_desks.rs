//! Agents who do more than take one call at a time: engine and twin, and laws seen from outside.

use super::worlds::{desk_world, world};
use super::{same, twin};
use std::collections::BTreeMap;
use waitline::model::Model;
use waitline::random::Streams;
use waitline::{Fact, Time};

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
