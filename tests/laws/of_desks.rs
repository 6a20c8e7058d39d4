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
#[test]
fn zz_scan() {
    let mut bad = Vec::new();
    let mut panics = Vec::new();
    let mut noted: BTreeMap<String, u64> = BTreeMap::new();
    let from: u64 = std::env::var("FROM").ok().map_or(0, |x| x.parse().unwrap());
    let to: u64 = std::env::var("TO").ok().map_or(2000, |x| x.parse().unwrap());
    for seed in from..to {
        let model = desk_world(seed);
        let start = std::time::Instant::now();
        let (facts, notes) = twin::run_and_note(&model, Streams::new(seed, 0));
        if start.elapsed().as_secs_f64() > 0.5 {
            eprintln!("slow {seed}: {:?} {} facts", start.elapsed(), facts.len());
        }
        for (k, v) in notes {
            *noted.entry(k.to_string()).or_insert(0) += v;
        }
        let engine = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| told(&model, seed)));
        match engine {
            Err(_) => panics.push(seed),
            Ok(engine) => {
                if engine != facts {
                    bad.push((facts.len(), seed));
                }
            }
        }
    }
    bad.sort();
    eprintln!("panics {} {:?}", panics.len(), &panics[..panics.len().min(20)]);
    eprintln!("bad {} {:?}", bad.len(), &bad[..bad.len().min(40)]);
    eprintln!("{noted:#?}");
}
#[test]
fn zz_one() {
    let seed: u64 = std::env::var("SEED").unwrap().parse().unwrap();
    let model = desk_world(seed);
    same(seed, &model, &told(&model, seed), &twin::run(&model, Streams::new(seed, 0)));
}
