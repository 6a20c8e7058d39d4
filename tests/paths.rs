//! Paths to service where small worlds leave nothing to chance: what chance decides, by the very draws.

use waitline::random::{Purpose, Streams};
use waitline::{Fact, Observer, Scenario, SourceId, StepId, Time};

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
