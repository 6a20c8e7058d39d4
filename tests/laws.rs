//! The engine against a naive twin, and against laws seen from outside, on thousands of random worlds.

#[path = "laws/of_desks.rs"]
mod of_desks;
#[path = "laws/of_paths.rs"]
mod of_paths;
#[path = "laws/tampered.rs"]
mod tampered;
#[path = "laws/tampered_desks.rs"]
mod tampered_desks;
#[path = "laws/twin.rs"]
mod twin;
#[path = "laws/worlds.rs"]
mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use waitline::observers::Audit;
use waitline::random::Streams;
use waitline::{Fact, Model, Observer, Outcome, StepId, Time};

/// Keeps everything that is told.
#[derive(Debug, Default)]
struct Told(Vec<(Time, Fact)>);

impl Observer for Told {
    fn observe(&mut self, at: Time, fact: &Fact) {
        self.0.push((at, *fact));
    }
}

fn told(model: &Model, seed: u64) -> Vec<(Time, Fact)> {
    let mut observers = (Told::default(), Audit::new(model, seed, 0));
    waitline::run(model, Streams::new(seed, 0), &mut observers).expect("no limit is met");
    observers.1.finish().unwrap_or_else(|error| panic!("world {seed}: {error}\n{model:#?}"));
    observers.0.0
}

const WORLDS: u64 = 4_000;
const FLOW_WORLDS: u64 = 4_000;

#[test]
fn the_engine_tells_what_its_naive_twin_tells() {
    agree((0..WORLDS).map(|seed| (seed, worlds::world(seed))));
}

#[test]
fn the_engine_tells_what_its_naive_twin_tells_of_flows() {
    agree((0..FLOW_WORLDS).map(|seed| (seed, worlds::flow_world(seed))));
}

/// Every step of these worlds is left by every exit, by some contact in some world, and ways end in every way.
#[test]
fn the_worlds_with_flows_leave_nothing_out() {
    let (mut possible, mut seen) = (BTreeSet::new(), BTreeSet::new());
    possible.extend(Outcome::ALL.map(|outcome| ("departed", outcome.name().to_string())));
    possible.extend(["called back in vain", "ranked anew"].map(|what| ("was", what.into())));
    // Of a queue only.
    possible.remove(&("departed", "transferred".into()));
    for seed in 0..FLOW_WORLDS / 3 {
        let model = worlds::flow_world(seed);
        let way = |step: StepId, exit: usize| {
            let step = &model.paths.steps[step];
            (step.block.name(), step.exits[exit].name.clone())
        };
        possible.extend(model.paths.steps.enumerate().flat_map(|(id, step)| (0..step.exits.len()).map(move |exit| way(id, exit))));
        seen.extend(told(&model, seed).into_iter().filter_map(|(_, fact)| match fact {
            Fact::Passed { step, exit, .. } => Some(way(step, exit as usize)),
            Fact::Departed { outcome, .. } => Some(("departed", outcome.name().into())),
            Fact::Dialed { .. } => Some(("was", "called back in vain".into())),
            Fact::Reranked { .. } => Some(("was", "ranked anew".into())),
            _ => None,
        }));
    }
    assert_eq!(possible, seen);
}

fn agree(worlds: impl Iterator<Item = (u64, Model)>) {
    for (seed, model) in worlds {
        same(seed, &model, &told(&model, seed), &twin::run(&model, Streams::new(seed, 0)));
    }
}

/// What was told is the same, or else a report on where it differs first.
fn same(seed: u64, model: &Model, engine: &[(Time, Fact)], twin: &[(Time, Fact)]) {
    if let Some(at) = (0..engine.len().max(twin.len())).find(|&at| engine.get(at) != twin.get(at)) {
        let lines = |facts: &[(Time, Fact)], from: usize, to: usize| -> String {
            let facts: Vec<String> =
                facts[from.min(facts.len())..to.min(facts.len())].iter().map(|(at, fact)| format!("{at} {fact:?}")).collect();
            facts.join("\n")
        };
        panic!(
            "world {seed}, fact {at}\nboth:\n{}\nengine:\n{}\ntwin:\n{}\n{model:#?}",
            lines(engine, at.saturating_sub(20), at),
            lines(engine, at, at + 4),
            lines(twin, at, at + 4)
        );
    }
}

/// Worlds with more queues of one priority than the engine scans.
#[test]
fn many_queues_of_one_priority() {
    for seed in 0..60 {
        let model = worlds::many_queues(seed);
        assert_eq!(told(&model, seed), twin::run(&model, Streams::new(seed, 0)), "world {seed}");
    }
}

/// Worlds with more profiles for a queue than the engine scans.
#[test]
fn many_profiles_for_one_queue() {
    for seed in 0..30 {
        let model = worlds::many_profiles(seed);
        assert_eq!(told(&model, seed), twin::run(&model, Streams::new(seed, 0)), "world {seed}");
    }
}

/// R19 per queue, and Little's law in integers: the integral of the number waiting is the sum of the waits.
#[test]
fn nothing_is_lost_and_littles_law_is_exact() {
    for seed in 0..WORLDS {
        let model = worlds::world(seed);
        let facts = told(&model, seed);
        let (mut offered, mut left, mut waits, mut area, mut waiting, mut before) = (BTreeMap::new(), BTreeMap::new(), 0, 0, 0, 0);
        let end = facts.last().expect("a run ends").0;
        for (at, fact) in &facts {
            area += waiting * (at.as_us() - before);
            before = at.as_us();
            match fact {
                Fact::Offered { contact } => {
                    *offered.entry(contact.queue).or_insert(0) += 1;
                    waiting += 1;
                }
                Fact::Answered { contact, .. }
                | Fact::Abandoned { contact }
                | Fact::Rejected { contact }
                | Fact::Unfinished { contact } => {
                    *left.entry(contact.queue).or_insert(0) += 1;
                    waiting -= 1;
                    waits += at.since(contact.enqueued).as_us();
                }
                _ => {}
            }
            assert!(*at <= end);
        }
        assert_eq!((offered, waiting, area), (left, 0, waits), "world {seed}");
    }
}
