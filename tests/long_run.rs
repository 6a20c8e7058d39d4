//! Long runs as their users meet them: settled, growing without end, or without a long run to speak of.

mod common;

use common::{text, waitline};
use waitline::erlang::Traffic;
use waitline::experiment::LongRun;
use waitline::{Model, Scenario, Span};

fn mmc(changes: &[(&str, &str)]) -> Model {
    let scenario = Scenario::open("scenarios/mmc.toml").unwrap();
    changes.iter().fold(scenario, |scenario, (key, value)| scenario.set(key, value).unwrap()).compile().unwrap()
}

#[test]
fn the_long_run_is_that_of_theory() {
    let length = Span::from_secs(2000 * 3600);
    let report = LongRun::new(mmc(&[])).length(length).run().unwrap().report();
    assert!(report.long_run.settled && report.warnings.is_empty(), "{:?}", report.warnings);
    assert_eq!(report.long_run.length_s.to_bits(), length.as_secs_f64().to_bits());
    let exact = Traffic::new(100.0 / 3600.0, 300.0, None).unwrap().with(10).unwrap();
    for (found, exact) in [
        (report.total.offered, 100.0),
        (report.total.asa_s, exact.asa_s),
        (report.total.delayed, exact.wait_probability),
        (report.total.queue_length.mean, exact.asa_s * 100.0 / 3600.0),
        (report.routing_profiles[0].occupancy, exact.occupancy),
        (report.routing_profiles[0].staffed_s, 36_000.0),
        (report.routing_profiles[0].answered[0].1, 100.0),
    ] {
        let (low, high) = found.unwrap().bounds();
        let reach = 2.0 * (high - low);
        assert!(low - reach <= exact && exact <= high + reach, "{found:?} for {exact}");
    }
    assert!(report.total.days.is_none());
}

/// A queue that fills up slowly needs a warm-up: it is found, and what is left is right.
#[test]
fn a_slow_start_is_left_out() {
    // A hundred agents with contacts of ten hours: the center fills up in some twenty hours.
    let changes = [("agents.agent.count", "150"), ("queue.calls.handle_time.mean", "10h"), ("source.calls.arrivals.rate", "12/h")];
    let results = LongRun::new(mmc(&changes)).length(Span::from_secs(1000 * 3600)).run().unwrap();
    let warm_up_h = results.settling().warm_up.as_secs_f64() / 3600.0;
    assert!((20.0..=150.0).contains(&warm_up_h), "{warm_up_h}");
    let occupancy = results.report().routing_profiles[0].occupancy.unwrap();
    assert!((occupancy.estimate - 0.8).abs() < 3.0 * occupancy.half_width.unwrap(), "{occupancy:?}");
    // From the very beginning it would have been about 0.8 (1 - 10 / 1000).
}

#[test]
fn more_work_than_agents_is_said_before_and_after() {
    let model = mmc(&[("agents.agent.count", "8")]);
    assert!(model.overload().is_some());
    let report = LongRun::new(model).length(Span::from_secs(1000 * 3600)).run().unwrap().report();
    assert!(!report.long_run.settled);
    let all = report.warnings.join("\n");
    assert!(all.contains("grows without end") && all.contains("it has not settled: more work comes in than is done"), "{all}");
    let output = waitline(&["check", "tests/long-run/overloaded.toml"]);
    assert!(text(&output.stdout).contains("warning: calls: 8.33 erlangs of work for 8 agents"), "{}", text(&output.stdout));
    assert_eq!(waitline(&["long-run", "tests/long-run/overloaded.toml", "--length", "100h"]).status.code(), Some(1));
}

/// Averages say nothing here: there are agents enough for those who wait for ever, but others go first.
#[test]
fn a_queue_that_starves_is_found_during_the_run() {
    let model = Scenario::open("tests/long-run/starving.toml").unwrap().compile().unwrap();
    assert!(model.overload().is_none());
    let report = LongRun::new(model).run().unwrap().report();
    assert!(!report.long_run.settled && report.warnings[0].contains("more work comes in than is done"), "{:?}", report.warnings);
}

#[test]
fn a_run_that_is_too_short_is_said_to_be() {
    let warnings = |changes: &[(&str, &str)], hours: i64| {
        LongRun::new(mmc(changes)).length(Span::from_secs(hours * 3600)).run().unwrap().warnings().join("\n")
    };
    assert!(warnings(&[], 4).contains("a longer run is needed"));
    // At a load of 0.98 the center remembers for days.
    let busy = [("source.calls.arrivals.rate", "118/h")];
    assert!(warnings(&busy, 300).contains("the half-widths are too narrow"), "{}", warnings(&busy, 300));
    assert_eq!(warnings(&[], 3000), "");
}

#[test]
fn conditions_that_change_are_all_named() {
    let output = waitline(&["long-run", "tests/long-run/changing.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    for part in [
        "changing.toml: source[0]: the arrivals of `morning` change",
        "source[1]: `replay` replays contacts",
        "queue[0].handle_time_varies: the handle time of `calls` varies",
        "agents: 2 agents come and go, such as `early-2`",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(said.lines().count(), 4, "{said}");
    for arguments in [["--length", "1ms"], ["--format", "csv"]] {
        assert_eq!(waitline(&[&["long-run", "scenarios/mmc.toml"], &arguments[..]].concat()).status.code(), Some(2));
    }
}

#[test]
fn it_repeats_itself_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let run = |threads: &str| {
        let path = folder.path().join(threads).display().to_string();
        let output = waitline(&[
            "long-run",
            "scenarios/erlang-a.toml",
            "--length",
            "500h",
            "--threads",
            threads,
            "--format",
            "json",
            "--out",
            &path,
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        path
    };
    let (one, three) = (run("1"), run("3"));
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&three).unwrap());
    let output = waitline(&["rerun", &one]);
    assert!(text(&output.stdout).starts_with("equal: the same long run"), "{}", text(&output.stdout));
}

/// Agents are away by the interval of the scenario, and half-hours if it has none; the report has no intervals.
#[test]
fn agents_are_away_by_the_interval_of_the_scenario() {
    let total = |interval: &str| {
        let model = mmc(&[("agents.agent.shrinkage", "15%"), ("agents.agent.count", "12"), ("run.interval", interval)]);
        LongRun::new(model).length(Span::from_secs(200 * 3600)).run().unwrap().report().total
    };
    assert_eq!(total("30m"), total("none"));
    assert_ne!(total("2h"), total("none"));
}
