//! Laws of paths to service seen from outside, on random worlds; and what makes no difference.

use super::worlds::{flow_world, world};
use super::{FLOW_WORLDS, told};
use std::collections::{BTreeMap, BTreeSet};
use waitline::model::{Block, Carrier, Comparator, Exit, Flow, Model, ServiceLevel, Step, Telephony};
use waitline::observers::Summary;
use waitline::random::Streams;
use waitline::{CarrierId, Customer, Experiment, Fact, FlowId, QueueId, Span, StepId, Time};

fn worlds() -> impl Iterator<Item = (u64, Model)> {
    (0..FLOW_WORLDS).map(|seed| (seed, flow_world(seed))).filter(|(_, model)| model.has_paths())
}

#[test]
fn nobody_is_lost_on_the_way() {
    for (seed, model) in worlds() {
        nobody_is_lost(seed, &model, &told(&model, seed));
        let mut summary = Summary::new(&model);
        waitline::run(&model, Streams::new(seed, 0), &mut summary).expect("no limit is met");
        for source in summary.paths().iter().flat_map(|paths| &paths.counts.sources) {
            assert_eq!(source.arrivals.iter().sum::<i64>(), source.outcomes.iter().sum::<i64>(), "world {seed}: the summary");
        }
    }
}

/// Everyone who comes goes once, all waits of a way add up to what it is said to have waited, and no carrier has more calls than lines.
pub(super) fn nobody_is_lost(seed: u64, model: &Model, facts: &[(Time, Fact)]) {
    let mut here: BTreeMap<Customer, (Time, Span)> = BTreeMap::new();
    let mut lines: BTreeMap<Customer, Option<CarrierId>> = BTreeMap::new();
    let (mut entered, mut left): (BTreeMap<QueueId, u64>, BTreeMap<QueueId, u64>) = (BTreeMap::new(), BTreeMap::new());
    for (at, fact) in facts {
        match fact {
            Fact::Arrived { customer, .. } => {
                assert!(here.insert(*customer, (*at, Span::ZERO)).is_none(), "world {seed}: {customer:?} is there already");
            }
            Fact::Departed { customer, waited, .. } => {
                let (_, told) = here.remove(customer).unwrap_or_else(|| panic!("world {seed}: {customer:?} is not there"));
                assert_eq!(told, *waited, "world {seed}: waits of {customer:?}");
            }
            Fact::Offered { contact } => *entered.entry(contact.queue).or_insert(0) += 1,
            Fact::Answered { contact, .. }
            | Fact::Abandoned { contact }
            | Fact::Rejected { contact }
            | Fact::Left { contact, .. }
            | Fact::Dialed { contact, .. }
            | Fact::Unfinished { contact } => {
                *left.entry(contact.queue).or_insert(0) += 1;
                let (_, waited) = here.get_mut(&contact.customer()).expect("it is there");
                *waited = *waited + at.since(contact.enqueued);
            }
            Fact::Seized { customer, carrier } => {
                assert!(lines.insert(*customer, *carrier).is_none(), "world {seed}: a second line for {customer:?}");
                let taken = lines.values().filter(|other| *other == carrier).count();
                let most = carrier.map_or(u32::MAX, |carrier| model.paths.telephony.carriers[carrier].lines);
                assert!(taken <= most as usize, "world {seed}: {taken} lines of {carrier:?}");
            }
            Fact::Released { customer, carrier } => assert_eq!(lines.remove(customer), Some(*carrier), "world {seed}"),
            _ => {}
        }
    }
    assert_eq!((here, entered), (BTreeMap::new(), left), "world {seed}");
}

/// R2: the same seed gives the same facts, and the same sums on any number of threads; another seed gives others.
#[test]
fn the_same_seed_tells_the_same() {
    let mut differ = 0;
    for (seed, mut model) in worlds().take(60) {
        for queue in &mut model.queues {
            queue.service_levels = vec![ServiceLevel { within: Span::from_secs(2), comparator: Comparator::AtMost, target: None }];
        }
        assert_eq!(told(&model, seed), told(&model, seed), "world {seed}");
        differ += u32::from(told(&model, seed) != told(&model, seed + 1));
        let sums = |threads| {
            let experiment = Experiment::new(&model).seed(seed).replications(5).threads(threads);
            experiment.run().expect("no limit is met").across().clone()
        };
        assert_eq!(sums(1), sums(3), "world {seed}");
    }
    assert!(differ > 30, "{differ}");
}

/// The facts that both a model with paths and one without can tell.
pub(super) fn of_queues(facts: Vec<(Time, Fact)>) -> Vec<(Time, Fact)> {
    let only_paths = |fact: &Fact| {
        matches!(fact, Fact::Arrived { .. } | Fact::Entered { .. } | Fact::Passed { .. } | Fact::Departed { .. })
            || matches!(fact, Fact::Seized { .. } | Fact::Released { .. })
    };
    facts.into_iter().filter(|(_, fact)| !only_paths(fact)).collect()
}

fn step(block: Block, exits: &[(&str, Option<StepId>)]) -> Step {
    let exits = exits.iter().map(|&(name, to)| Exit { name: name.into(), to }).collect();
    Step { flow: FlowId(0), name: "another".into(), block, exits, place: 4_711 }
}

/// A flow that leads to a queue and nowhere else is the queue.
#[test]
fn a_flow_of_one_queue_is_that_queue() {
    for seed in 0..1_500 {
        let plain = world(seed);
        let mut flows = world(seed);
        for source in &mut flows.sources {
            let block = Block::Queue { queue: source.queue, while_waiting: None };
            let first = flows.paths.steps.push(step(block, &[("queued", None), ("full", None)]));
            // A replayed contact names a queue of its own, and needs no flow to get there.
            if source.given.is_empty() {
                source.flow = Some(flows.paths.flows.push(Flow { name: String::new(), first }));
            }
        }
        assert_eq!(told(&plain, seed), of_queues(told(&flows, seed)), "world {seed}");
    }
}

/// What makes no difference: a carrier with lines without end, and chance that has no choice.
#[test]
fn what_leaves_no_choice_changes_nothing() {
    for seed in 0..1_000 {
        let mut plain = flow_world(seed);
        plain.paths.telephony = Telephony::default();
        let facts = told(&plain, seed);

        let mut with_lines = flow_world(seed);
        let trunk = Carrier { name: String::new(), lines: u32::MAX, upto: 1.0, outage: None };
        with_lines.paths.telephony = Telephony { carriers: [trunk].into_iter().collect(), failover: true, quota: None };
        let but_lines = |facts: Vec<(Time, Fact)>| -> Vec<(Time, Fact)> {
            facts.into_iter().filter(|(_, fact)| !matches!(fact, Fact::Seized { .. } | Fact::Released { .. })).collect()
        };
        if plain.has_paths() {
            assert_eq!(facts, but_lines(told(&with_lines, seed)), "world {seed}, lines");
        }

        let mut by_chance = flow_world(seed);
        by_chance.paths.telephony = Telephony::default();
        let mut added = BTreeSet::new();
        for flow in &mut by_chance.paths.flows {
            let to = Some(flow.first);
            flow.first = by_chance.paths.steps.push(step(Block::Distribute { cumulative: vec![1.0] }, &[("all", to), ("default", None)]));
            added.insert(flow.first);
        }
        let told_of_others = told(&by_chance, seed).into_iter().filter(|(_, fact)| match fact {
            Fact::Passed { step, .. } => !added.contains(step),
            _ => true,
        });
        assert_eq!(facts, told_of_others.collect::<Vec<_>>(), "world {seed}, chance");
    }
}
