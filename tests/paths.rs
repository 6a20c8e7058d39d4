//! Paths to service where small worlds leave nothing to chance: what chance decides, by the very draws; and worlds with paths that must be as without.

#[path = "laws/worlds.rs"]
#[allow(dead_code, unused_imports)] // only the plain ones are of use here
mod worlds;

use waitline::model::{Block, Exit, Flow, Step};
use waitline::observers::Audit;
use waitline::random::{Purpose, Streams};
use waitline::{Fact, FlowId, Id, Model, Observer, Scenario, SourceId, StepId, Time};

/// Keeps what is told, but for what only paths have to tell.
#[derive(Default)]
struct Told(Vec<(Time, Fact)>);

impl Observer for Told {
    fn observe(&mut self, at: Time, fact: &Fact) {
        let of_paths = matches!(
            fact,
            Fact::Arrived { .. }
                | Fact::Refused { .. }
                | Fact::Seized { .. }
                | Fact::Released { .. }
                | Fact::Departed { .. }
                | Fact::Entered { .. }
                | Fact::Passed { .. }
        );
        if !of_paths {
            self.0.push((at, *fact));
        }
    }
}

fn told(model: &Model, seed: u64) -> Vec<(Time, Fact)> {
    let mut observers = (Told::default(), Audit::new(model, seed, 0));
    waitline::run(model, Streams::new(seed, 0), &mut observers).expect("no limit is met");
    observers.1.finish().unwrap_or_else(|error| panic!("world {seed}: {error}"));
    observers.0.0
}

/// Centers with paths have a loop of their own. More lines than calls, a flow that does nothing but to queue: they change nothing.
fn must_change_nothing(world: fn(u64) -> Model, seed: u64) {
    let (plain, mut with_paths) = (world(seed), world(seed));
    with_paths.paths.telephony.quota = Some(u32::MAX);
    for source in plain.sources.ids().filter(|&source| plain.sources[source].given.is_empty() && seed.is_multiple_of(2)) {
        let queue = plain.sources[source].queue;
        let flow = FlowId::from_index(with_paths.paths.flows.len());
        with_paths.paths.flows.push(Flow { name: "queue".into(), first: StepId::from_index(flow.index()) });
        let exits = ["queued", "full"].map(|name| Exit { name: name.into(), to: None }).to_vec();
        let block = Block::Queue { queue, while_waiting: None };
        with_paths.paths.steps.push(Step { flow, name: "in".into(), block, exits, place: 0 });
        with_paths.sources[source].flow = Some(flow);
    }
    assert_eq!(told(&plain, seed), told(&with_paths, seed), "world {seed}");
}

#[test]
fn paths_that_do_nothing_change_nothing() {
    (0..1_500).for_each(|seed| must_change_nothing(worlds::world, seed));
    (0..20).for_each(|seed| must_change_nothing(worlds::many_queues, seed));
}

#[derive(Default)]
struct Taken(Vec<(u64, u32)>);

impl Observer for Taken {
    fn observe(&mut self, _: Time, fact: &Fact) {
        if let Fact::Passed { customer, step, exit } = fact
            && step.0 == 0
        {
            self.0.push((customer.number, *exit));
        }
    }
}

/// 20 %, 40 % and the rest: the example that Amazon Connect documents. A contact's draw decides, whatever the others do: below 0.2 the first branch, below 0.6 the second.
#[test]
fn a_distribution_of_20_40_40_is_that_of_the_draws() {
    let text = r#"
version = 1
name = "20-40-40"
[run]
horizon = "100000s"
interval = "none"
[[flow]]
name = "main"
step = [
    { name = "which", block = "distribute", branches = [{ share = "20%", next = "a" }, { share = "40%", next = "b" }], default = "c" },
    { name = "a", block = "disconnect" },
    { name = "b", block = "disconnect" },
    { name = "c", block = "disconnect" },
]
[[queue]]
name = "q"
handle_time = { distribution = "constant", value = "1s" }
[[routing_profile]]
name = "p"
queues = [{ queue = "q", priority = 1 }]
[[agents]]
routing_profile = "p"
count = 1
[[source]]
name = "c"
flow = "main"
arrivals = { process = "renewal", interarrival = { distribution = "constant", value = "1s" } }
"#;
    let model = text.parse::<Scenario>().and_then(|scenario| scenario.compile()).expect("it is sound");
    let mut taken = Taken::default();
    let streams = Streams::new(1, 0);
    waitline::run(&model, streams, &mut taken).expect("no limit is met");
    let mut counts = [0_u32; 3];
    let place = model.paths.steps[StepId(0)].place;
    for (number, exit) in taken.0 {
        let draw: f64 = rand::RngExt::random(&mut streams.source(SourceId(0)).stream_at(Purpose::Step, number, place));
        let expected = if draw < 0.2 {
            0
        } else if draw < 0.6 {
            1
        } else {
            2
        };
        counts[exit as usize] += 1;
        assert_eq!(exit, expected, "contact {number}, draw {draw}");
    }
    // Four standard deviations of a binomial count.
    for (count, share) in counts.into_iter().zip([0.2, 0.4, 0.4]) {
        let n = f64::from(counts.iter().sum::<u32>());
        assert!((f64::from(count) - n * share).abs() < 4.0 * (n * share * (1.0 - share)).sqrt(), "{counts:?}");
    }
}
