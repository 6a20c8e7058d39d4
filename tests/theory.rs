//! The simulator against queueing theory, judged by confidence intervals at fixed seeds.
//!
//! Each figure must lie within four standard errors of theory, and the standard error must be small enough that a mistake of the stated size would be
//! noticed.

#[path = "theory/judge.rs"]
mod judge;

use judge::judge_values;
use waitline::erlang::{Traffic, blocking};
use waitline::observers::Summary;
use waitline::random::Streams;
use waitline::{Fact, Model, Observer, QueueId, Scenario, Span, Time};

const REPLICATIONS: u64 = 20;

/// A scenario with a warm-up, from what differs.
fn model(horizon: &str, queues: &[(&str, &str, &str)], entries: &str, agents: u32) -> Model {
    let mut text = format!("version = 1\nname = \"theory\"\n[run]\nhorizon = \"{horizon}\"\nwarm_up = \"12h\"\ninterval = \"none\"\n");
    for (index, (rate, handle_time, patience)) in queues.iter().enumerate() {
        text +=
            &format!("[[queue]]\nname = \"q{index}\"\nservice_level = {{ within = \"20s\" }}\nhandle_time = {handle_time}\n{patience}\n");
        text +=
            &format!("[[source]]\nname = \"s{index}\"\nqueue = \"q{index}\"\narrivals = {{ process = \"poisson\", rate = \"{rate}\" }}\n");
    }
    text += &format!("[[routing_profile]]\nname = \"p\"\nqueues = [{entries}]\n[[agents]]\nrouting_profile = \"p\"\ncount = {agents}\n");
    text.parse::<Scenario>().and_then(|scenario| scenario.compile()).unwrap_or_else(|error| panic!("{error}"))
}

const ONE: &str = "{ queue = \"q0\", priority = 1 }";

/// A figure of each replication, against its expectation. `notice`: the relative mistake that would be noticed.
fn judge(model: &Model, what: &str, theory: f64, notice: f64, figure: impl Fn(&Summary) -> f64) {
    let values: Vec<f64> = (0..REPLICATIONS)
        .map(|replication| {
            let mut summary = Summary::new(model);
            waitline::run(model, Streams::new(1, replication), &mut summary).expect("no limit is met");
            figure(&summary)
        })
        .collect();
    judge_values(&values, what, theory, notice);
}

fn asa_s(summary: &Summary, queue: u32) -> f64 {
    let counts = summary.queue(QueueId(queue));
    counts.wait_answered_us as f64 / 1e6 / counts.answered as f64
}

#[test]
fn erlang_b() {
    // Patience 0: only if an agent is there at once. A loss system.
    let patience = "patience = { distribution = \"constant\", value = \"0s\" }";
    for handle_time in ["{ distribution = \"exponential\", mean = \"5m\" }", "{ distribution = \"lognormal\", mean = \"5m\", cv = 2.0 }"] {
        let model = model("10d", &[("120/h", handle_time, patience)], ONE, 12);
        // It depends on the mean handle time only.
        judge(&model, "Erlang B", blocking(12, 10.0), 0.08, |summary| {
            let counts = summary.total();
            counts.abandoned as f64 / counts.offered() as f64
        });
    }
}

/// M/M/c/K: four agents and room for three who wait.
#[test]
fn a_queue_with_limited_room() {
    let limit = "max_contacts = 3";
    let model = model("30d", &[("60/h", "{ distribution = \"exponential\", mean = \"5m\" }", limit)], ONE, 4);
    // Weights a^n / n! up to four in the center, then each more by a / 4; a = 5.
    let mut weights = vec![1.0];
    for n in 1..=7 {
        weights.push(weights[n - 1] * 5.0 / n.min(4) as f64);
    }
    let all: f64 = weights.iter().sum();
    judge(&model, "M/M/c/K, rejected", weights[7] / all, 0.05, |summary| {
        summary.total().rejected as f64 / summary.total().offered() as f64
    });
    let waiting: f64 = (5..=7).map(|n| (n - 4) as f64 * weights[n] / all).sum();
    let days_29_5_us = 29.5 * 86_400e6;
    judge(&model, "M/M/c/K, queue length", waiting, 0.05, |summary| summary.total().waiting_us as f64 / days_29_5_us);
}

#[test]
fn erlang_c() {
    let model = model("30d", &[("100/h", "{ distribution = \"exponential\", mean = \"5m\" }", "")], ONE, 10);
    let traffic = Traffic::new(100.0 / 3600.0, 300.0, None).unwrap();
    let figures = traffic.with(10).unwrap();
    judge(&model, "P(wait)", figures.wait_probability, 0.1, |summary| {
        let counts = summary.total();
        1.0 - counts.answered_at_once as f64 / counts.offered() as f64
    });
    judge(&model, "ASA", figures.asa_s, 0.15, |summary| asa_s(summary, 0));
    judge(&model, "within 20 s", traffic.service_level(10, 20.0).unwrap(), 0.1, |summary| {
        let counts = summary.total();
        counts.answered_within as f64 / counts.offered() as f64
    });
    judge(&model, "occupancy", figures.occupancy, 0.03, |summary| {
        let work = summary.profile(waitline::ProfileId(0));
        work.handling_us as f64 / work.staffed_us as f64
    });
}

#[test]
fn erlang_a() {
    let patience = "patience = { distribution = \"exponential\", mean = \"3m\" }";
    let model = model("20d", &[("130/h", "{ distribution = \"exponential\", mean = \"5m\" }", patience)], ONE, 10);
    let traffic = Traffic::new(130.0 / 3600.0, 300.0, Some(180.0)).unwrap();
    let figures = traffic.with(10).unwrap();
    judge(&model, "abandonment", figures.abandonment, 0.05, |summary| {
        let counts = summary.total();
        counts.abandoned as f64 / counts.offered() as f64
    });
    judge(&model, "ASA", figures.asa_s, 0.05, |summary| asa_s(summary, 0));
    judge(&model, "mean wait", figures.mean_wait_s, 0.05, |summary| {
        let counts = summary.total();
        (counts.wait_answered_us + counts.wait_abandoned_us) as f64 / 1e6 / counts.offered() as f64
    });
    judge(&model, "within 20 s", traffic.service_level(10, 20.0).unwrap(), 0.05, |summary| {
        let counts = summary.total();
        counts.answered_within as f64 / counts.offered() as f64
    });
}

/// Pollaczek and Khinchine: the mean wait in M/G/1 is rho E(S) (1 + cv^2) / (2 (1 - rho)).
#[test]
fn one_agent_any_handle_time() {
    for (handle_time, cv2) in [
        ("{ distribution = \"constant\", value = \"60s\" }", 0.0),
        ("{ distribution = \"erlang\", mean = \"60s\", phases = 4 }", 0.25),
        ("{ distribution = \"lognormal\", mean = \"60s\", cv = 1.5 }", 2.25),
        // Two exponentials: second moment 2 (0.9 x 40^2 + 0.1 x 240^2).
        (
            "{ distribution = \"hyperexponential\", weights = [9, 1], means = [\"40s\", \"240s\"] }",
            2.0 * (0.9 * 1600.0 + 0.1 * 57_600.0) / 3600.0 - 1.0,
        ),
    ] {
        let model = model("20d", &[("42/h", handle_time, "")], ONE, 1);
        let (load, mean_s) = (0.7, 60.0);
        judge(&model, handle_time, load * mean_s * (1.0 + cv2) / (2.0 * (1.0 - load)), 0.2, |summary| asa_s(summary, 0));
    }
}

/// Cobham: with non-preemptive priorities in M/G/1 class k waits W0 / ((1 - sigma_(k-1)) (1 - `sigma_k`)), W0 the mean residual work in hand.
#[test]
fn one_agent_three_priorities() {
    let queues = [
        ("15/h", "{ distribution = \"exponential\", mean = \"60s\" }", ""),
        ("12/h", "{ distribution = \"constant\", value = \"90s\" }", ""),
        ("9/h", "{ distribution = \"lognormal\", mean = \"60s\", cv = 1.0 }", ""),
    ];
    let entries = "{ queue = \"q0\", priority = 1 }, { queue = \"q1\", priority = 2 }, { queue = \"q2\", priority = 3 }";
    let model = model("25d", &queues, entries, 1);
    let loads = [0.25, 0.30, 0.15];
    let second_moments = [2.0 * 3600.0, 8100.0, 2.0 * 3600.0];
    let rates = [15.0 / 3600.0, 12.0 / 3600.0, 9.0 / 3600.0];
    let in_hand: f64 = rates.iter().zip(second_moments).map(|(rate, moment)| rate * moment / 2.0).sum();
    let mut above = 0.0;
    for (class, load) in loads.into_iter().enumerate() {
        let wait = in_hand / ((1.0 - above) * (1.0 - above - load));
        judge(&model, &format!("class {class}"), wait, 0.25, |summary| asa_s(summary, class as u32));
        above += load;
    }
}

/// Kella and Yechiali (1985): with c agents and one exponential handle time for all, class k waits
/// C E(S) / c / ((1 - sigma_(k-1)) (1 - `sigma_k`)), C Erlang's probability of waiting.
#[test]
fn five_agents_two_priorities() {
    let handle_time = "{ distribution = \"exponential\", mean = \"5m\" }";
    let queues = [("18/h", handle_time, ""), ("30/h", handle_time, "")];
    let model = model("40d", &queues, "{ queue = \"q0\", priority = 3 }, { queue = \"q1\", priority = 7 }", 5);
    let all = Traffic::new(48.0 / 3600.0, 300.0, None).unwrap().with(5).unwrap();
    let (first, second) = (0.3, 0.5);
    let base = all.wait_probability * 300.0 / 5.0;
    judge(&model, "first class", base / (1.0 - first), 0.2, |summary| asa_s(summary, 0));
    judge(&model, "second class", base / ((1.0 - first) * (1.0 - first - second)), 0.3, |summary| asa_s(summary, 1));
}

/// How many are being handled at one instant.
struct BusyAt {
    at: Time,
    busy: u32,
}

impl Observer for BusyAt {
    fn observe(&mut self, at: Time, fact: &Fact) {
        if at <= self.at {
            match fact {
                Fact::Answered { .. } => self.busy += 1,
                Fact::Completed { .. } => self.busy -= 1,
                _ => {}
            }
        }
    }
}

/// M(t)/M/infinity: with more agents than ever needed the number busy at t is Poisson with mean m(t), where m' = lambda(t) - mu m. With volumes of
/// 100, 400 and 50 an hour and a mean of 10 minutes, hour by hour: m(t) = lambda / mu + (m(0) - lambda / mu) e^(-mu t).
#[test]
fn a_changing_rate() {
    let mut scenario: Scenario = r#"
        version = 1
        name = "changing"
        [run]
        horizon = "3h"
        [[queue]]
        name = "q"
        handle_time = { distribution = "exponential", mean = "10m" }
        [[routing_profile]]
        name = "p"
        queues = [{ queue = "q", priority = 1 }]
        [[agents]]
        routing_profile = "p"
        count = 300
        [[source]]
        name = "s"
        queue = "q"
        arrivals = { process = "poisson", rates = "volumes.csv" }
    "#
    .parse()
    .unwrap();
    scenario.attach("volumes.csv", b"queue,start_s,length_s,offered\nq,0,3600,100\nq,3600,3600,400\nq,7200,3600,50\n".to_vec());
    let model = scenario.compile().unwrap();
    let after = |before: f64, per_hour: f64, hours: f64| per_hour / 6.0 + (before - per_hour / 6.0) * libm::exp(-6.0 * hours);
    let first = after(0.0, 100.0, 1.0);
    let second = after(first, 400.0, 1.0);
    for (minutes, theory) in [
        (6, after(0.0, 100.0, 0.1)),
        (60, first),
        (66, after(first, 400.0, 0.1)),
        (90, after(first, 400.0, 0.5)),
        (126, after(second, 50.0, 0.1)),
    ] {
        let values: Vec<f64> = (0..1_500)
            .map(|replication| {
                let mut busy = BusyAt { at: Time::START + Span::from_secs(60 * minutes), busy: 0 };
                waitline::run(&model, Streams::new(5, replication), &mut busy).unwrap();
                f64::from(busy.busy)
            })
            .collect();
        judge_values(&values, &format!("busy after {minutes} minutes"), theory, 0.1);
    }
}
