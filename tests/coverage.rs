//! Intervals cover what they say they cover: a thousand experiments on centers whose true figures are known in closed form.
//!
//! What is very skewed from one replication to the next (the queue length of a few hours) is covered less often with few replications, as by any
//! interval of Student's: there it takes more of them.

use waitline::erlang::Traffic;
use waitline::experiment::{Experiment, Limits, LongRun, Precision, Results};
use waitline::model::{Metric, Outline};
use waitline::stats::{Confidence, Estimate};
use waitline::{Model, Scenario, Span};

/// Two agents, callers who wait as long as it takes, an hour of warm-up (in which what is left of the empty start falls by a factor of e^5) and two that
/// count: Erlang C holds, and contacts of one replication depend on each other.
const QUEUE: &str = r#"
version = 1
name = "queue"
[run]
horizon = "3h"
warm_up = "1h"
interval = "none"
[[queue]]
name = "calls"
service_level = { within = "20s" }
handle_time = { distribution = "exponential", mean = "2m" }
[[routing_profile]]
name = "agent"
queues = [{ queue = "calls", priority = 1 }]
[[agents]]
routing_profile = "agent"
count = 2
[[source]]
name = "calls"
queue = "calls"
arrivals = { process = "poisson", rate = "30/h" }
"#;

/// Nobody is there before the hour is over; then everybody still waiting is answered at once. A contact's wait is the smaller of its patience and what is
/// left of the hour. Some days have twice the contacts of others.
const WAITING_ROOM: &str = r#"
version = 1
name = "waiting room"
[run]
horizon = "1h"
interval = "none"
[[queue]]
name = "calls"
service_level = { within = "20s" }
handle_time = { distribution = "constant", value = "1m" }
patience = { distribution = "exponential", mean = "30m" }
[[routing_profile]]
name = "agent"
queues = [{ queue = "calls", priority = 1 }]
[[agents]]
roster = "roster.csv"
[[source]]
name = "calls"
queue = "calls"
arrivals = { process = "poisson", rate = "40/h", busyness = { cv = 0.3 } }
"#;

fn waiting_room() -> Model {
    let mut roster = String::from("agent,routing_profile,start_s,end_s\n");
    (0..400).for_each(|number| roster += &format!("a{number},agent,3600,\n"));
    let mut scenario: Scenario = WAITING_ROOM.parse().unwrap();
    scenario.attach("roster.csv", roster.into_bytes());
    scenario.compile().unwrap()
}

/// Whether the intervals of these figures, in that order, cover their true values, counted over experiments with different seeds.
fn covered(seeds: u64, truths: &[(&str, f64)], model: &Model, run: impl Fn(u64) -> Results) -> Vec<u64> {
    let outline = model.outline();
    let metrics: Vec<Metric> = truths.iter().map(|(name, _)| metric(name, &outline)).collect();
    let mut covered = vec![0; truths.len()];
    for seed in 0..seeds {
        let results = run(seed);
        for ((metric, (_, truth)), covered) in metrics.iter().zip(truths).zip(&mut covered) {
            let found = results.across().estimate(&outline, metric, &Confidence::default());
            *covered += u64::from(holds(found, *truth));
        }
    }
    covered
}

fn metric(name: &str, outline: &Outline) -> Metric {
    Metric::parse(name, &outline.queue_names(), &outline.profile_names()).unwrap()
}

fn holds(found: Option<Estimate>, truth: f64) -> bool {
    let (low, high) = found.expect("there is one").bounds();
    low <= truth && truth <= high
}

/// 950 of 1,000, give or take three binomial standard errors of sqrt(1000 x 0.95 x 0.05) = 6.9.
#[track_caller]
fn assert_95(truths: &[(&str, f64)], covered: &[u64]) {
    for ((name, _), covered) in truths.iter().zip(covered) {
        assert!((929..=971).contains(covered), "{name}: {covered} of 1000");
    }
}

#[test]
fn means_ratios_and_percentiles_of_a_queue() {
    let model = QUEUE.parse::<Scenario>().unwrap().compile().unwrap();
    let traffic = Traffic::new(30.0 / 3600.0, 120.0, None).unwrap();
    let (exact, within_20_s) = traffic.with(2).zip(traffic.service_level(2, 20.0)).unwrap();
    // P(W > t) = P(W > 0) e^(-(2/120 - 30/3600) t)
    let p90 = libm::log(exact.wait_probability / 0.1) / (2.0 / 120.0 - 30.0 / 3600.0);
    let truths = [
        ("calls.offered", 60.0),
        ("calls.service_level", within_20_s),
        ("calls.delayed", exact.wait_probability),
        ("agent.occupancy", 0.5),
        ("calls.wait_s.p90", p90),
    ];
    assert_95(&truths, &covered(1000, &truths, &model, |seed| Experiment::new(&model).seed(seed).replications(20).run().unwrap()));
}

#[test]
fn means_ratios_and_percentiles_when_days_differ() {
    let model = waiting_room();
    // Patience of 30 minutes, an hour: theta T = 2; P(W > w) = e^(-2 w / T) (1 - w / T).
    let beyond = |share: f64| libm::exp(-2.0 * share) * (1.0 - share);
    let (mut low, mut high) = (0.0_f64, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beyond(middle) > 0.1 { low = middle } else { high = middle }
    }
    let answered = (1.0 - libm::exp(-2.0)) / 2.0;
    let truths = [
        ("calls.offered", 40.0),
        ("calls.answered", 40.0 * answered),
        ("calls.abandonment_rate", 1.0 - answered),
        ("calls.wait_s.p90", low * 3600.0),
    ];
    assert_95(&truths, &covered(1000, &truths, &model, |seed| Experiment::new(&model).seed(seed).replications(20).run().unwrap()));
}

/// Whoever stops when the half-width is small enough stops a little early; by how little is what the report says.
#[test]
fn stopping_when_it_is_precise_costs_little_coverage() {
    let model = waiting_room();
    let truths = [("calls.abandonment_rate", 1.0 - (1.0 - libm::exp(-2.0)) / 2.0)];
    let until = Precision::parse("calls.abandonment_rate ± 2%", &model.outline()).unwrap();
    let covered = covered(1000, &truths, &model, |seed| {
        Experiment::new(&model).seed(seed).until(vec![until.clone()], Limits::default()).run().unwrap()
    });
    // Two points less than 95 % and no more, by three standard errors.
    assert!((909..=971).contains(&covered[0]), "{} of 1000", covered[0]);
}

#[test]
fn batch_means_of_long_runs() {
    let traffic = Traffic::new(30.0 / 3600.0, 120.0, None).unwrap();
    let (exact, within_20_s) = traffic.with(2).zip(traffic.service_level(2, 20.0)).unwrap();
    let mut covered = [0; 3];
    for seed in 0..200 {
        let model = QUEUE.parse::<Scenario>().unwrap().compile().unwrap();
        let outline = model.outline();
        let results = LongRun::new(model).seed(seed).length(Span::from_secs(100 * 3600)).run().unwrap();
        for (covered, (name, truth)) in
            covered.iter_mut().zip([("calls.asa_s", exact.asa_s), ("calls.service_level", within_20_s), ("agent.occupancy", 0.5)])
        {
            *covered += u64::from(holds(results.across().estimate(&outline, &metric(name, &outline), &Confidence::default()), truth));
        }
    }
    // 190 of 200, give or take three standard errors of 3.1, and two points for batches that still depend on each other.
    assert!(covered.iter().all(|covered| (177..=199).contains(covered)), "{covered:?} of 200");
}
