//! Experiments as their users run them: shards, merging, repeating, stopping.

mod common;

use common::{command, text, waitline};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const BANK: &str = "scenarios/bank-1999/weekday.toml";
const SMALL: &str = "scenarios/savings-overflow.toml";

fn printed(arguments: &[&str]) -> String {
    let output = waitline(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn refused(arguments: &[&str]) -> String {
    let output = waitline(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

fn name(folder: &Path, file: &str) -> String {
    folder.join(file).display().to_string()
}

/// Ten processes, as an array job starts them, with the replications of each.
fn shards(folder: &Path, scenario: &str, options: &[&str]) -> Vec<String> {
    let parts: Vec<String> = (1..=10).map(|number| name(folder, &format!("part{number}"))).collect();
    let start = |number: usize| {
        let shard = format!("{}/10", number + 1);
        let arguments = [&["run", scenario, "--shard", &shard, "--out", &parts[number]], options].concat();
        command(&arguments).spawn().expect("it starts")
    };
    let processes: Vec<_> = (0..10).map(start).collect();
    for mut process in processes {
        assert!(process.wait().expect("it ends").success());
    }
    parts
}

#[test]
fn ten_shards_merge_to_the_report_of_the_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    let parts = shards(folder.path(), BANK, &["--seed", "5"]);
    let mut shuffled: Vec<&str> = parts.iter().map(String::as_str).collect();
    shuffled.reverse();
    shuffled.swap(2, 7);
    for format in ["text", "csv", "json"] {
        let merged = printed(&[&["merge"], shuffled.as_slice(), &["--format", format]].concat());
        assert_eq!(merged, printed(&["run", BANK, "--seed", "5", "--format", format]), "{format}");
    }
}

#[test]
fn more_shards_than_replications_merge_too() {
    let folder = tempfile::tempdir().unwrap();
    let parts = shards(folder.path(), SMALL, &["--replications", "4", "--confidence", "0.9"]);
    let merged = printed(&[vec!["merge"], parts.iter().map(String::as_str).collect()].concat());
    assert_eq!(merged, printed(&["run", SMALL, "--replications", "4", "--confidence", "0.9"]));
    assert!(merged.contains("90 % confidence"), "{merged}");
}

#[test]
fn parts_that_do_not_belong_together_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let part = |file: &str, scenario: &str, more: &[&str]| {
        let path = name(folder.path(), file);
        printed(&[&["run", scenario, "--out", &path], more].concat());
        path
    };
    let one = part("one", SMALL, &["--shard", "1/2"]);
    let two = part("two", SMALL, &["--shard", "2/2"]);
    printed(&["merge", &two, &one]);
    assert!(refused(&["merge", &one]).contains("replications 26 to 50 of 50 are in no part"));
    assert!(refused(&["merge", &one, &one, &two]).contains("one: replications 1 to 25 are in"));
    let seed = part("seed", SMALL, &["--shard", "2/2", "--seed", "9"]);
    let other = part("other", BANK, &["--shard", "2/2"]);
    let message = refused(&["merge", &one, &seed, &other]);
    assert!(
        message.contains("seed: with another seed (9)") && message.contains("other: of another scenario (`bank-1999-weekday`"),
        "{message}"
    );
    let content = std::fs::read(&two).unwrap();
    for place in [20, content.len() / 2, content.len() - 3] {
        let mut damaged = content.clone();
        damaged[place] ^= 1;
        std::fs::write(&two, damaged).unwrap();
        assert!(refused(&["merge", &one, &two]).contains("two: "));
    }
    std::fs::write(&two, &content[..content.len() / 3]).unwrap();
    assert!(refused(&["merge", &one, &two]).contains("two: damaged"));
    assert!(refused(&["merge", &one, "nowhere"]).contains("nowhere: "));
}

#[test]
fn a_report_repeats_itself() {
    let folder = tempfile::tempdir().unwrap();
    let report = name(folder.path(), "report.json");
    for options in [&["--seed", "3", "--confidence", "99%"][..], &["--until", "savings.service_level ± 2%"]] {
        printed(&[&["run", SMALL, "--format", "json", "--out", &report], options].concat());
        assert!(printed(&["rerun", &report]).starts_with("equal: "));
    }
    let content = std::fs::read_to_string(&report).unwrap();
    let value: serde_json::Value = serde_json::from_str(&content).unwrap();
    let asa = value["queues"][0]["asa_s"]["estimate"].to_string();
    std::fs::write(&report, content.replace(&asa, "1.25")).unwrap();
    let output = waitline(&["rerun", &report]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(said.contains("not equal: 1 figures differ") && said.contains("queues[0].asa_s.estimate: stored 1.25, now "), "{said}");
    std::fs::write(&report, content.replace("90/h", "91/h")).unwrap();
    assert!(refused(&["rerun", &report]).contains("the scenario is another one"));
    assert!(refused(&["rerun", SMALL]).contains("not JSON"));
    // It would be repeated for ever.
    std::fs::write(&report, content.replacen("\"replications\": ", "\"replications\": 99999999", 1)).unwrap();
    assert!(refused(&["rerun", &report]).contains("report.json: 99999999"));
}

#[test]
fn a_precision_is_reached_or_said_not_to_be() {
    let reached = printed(&["run", SMALL, "--until", "savings.service_level ± 2%", "--until", "total.asa_s ± 10%"]);
    assert!(reached.contains("savings.service_level ± 2 %: reached."), "{reached}");
    assert!(reached.contains("total.asa_s ± 10 % of it: reached."), "{reached}");
    let output = waitline(&["run", SMALL, "--until", "savings.service_level ± 0.1%", "--max-replications", "40"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("40 replications") && text(&output.stdout).contains("NOT reached"));
    let message = refused(&["run", SMALL, "--until", "total.asa_s ± 5%", "--min-replications", "200", "--max-replications", "100"]);
    assert!(message.contains("at least 200 replications and at most 100"), "{message}");
    let message = refused(&["run", SMALL, "--until", "savngs.service_level ± 2%", "--until", "total.asa_s"]);
    assert!(message.contains("did you mean `savings.service_level`?") && message.contains("there is no ±"), "{message}");
}

#[test]
fn any_number_of_threads_stops_at_the_same_place() {
    let run = |threads| printed(&["run", SMALL, "--until", "total.service_level ± 1.5%", "--format", "json", "--threads", threads]);
    assert_eq!(run("1"), run("3"));
}

#[test]
fn designs_are_compared_on_the_same_contacts() {
    let text = printed(&["compare", SMALL, "--set", "agents.senior.count=6,8", "--replications", "40"]);
    assert!(text.contains("agents.senior.count=8 is better than scenarios/savings-overflow.toml: total.service_level rises by"), "{text}");
    // Six is what the file says: that is the base, not a variant.
    assert!(!text.contains("agents.senior.count=6"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&printed(&[
        "compare",
        SMALL,
        "--set",
        "profile.senior.savings.delay=0s,15s,30s",
        "--metric",
        "loans.asa_s",
        "--metric",
        "senior.occupancy",
        "--format",
        "json",
    ]))
    .unwrap();
    let variants = json["variants"].as_array().unwrap();
    assert_eq!(variants.len(), 2);
    for variant in variants {
        let rows = variant["differences"].as_array().unwrap();
        assert_eq!((rows.len(), json["differences"].as_u64()), (2, Some(4)));
        for row in rows {
            let value = |key: &str| row[key]["estimate"].as_f64().unwrap();
            assert!((value("variant") - value("base") - value("difference")).abs() < 1e-9);
            assert!(row["joint_half_width"].as_f64() > row["difference"]["half_width"].as_f64());
            assert!(row["variance_reduction"].as_f64().unwrap() > 1.5, "{row}");
        }
    }
    // What a comparison says of a design is what its own report says.
    let own: serde_json::Value = serde_json::from_str(&printed(&["run", SMALL, "--format", "json"])).unwrap();
    assert_eq!(variants[0]["differences"][0]["base"], own["queues"][1]["asa_s"]);
    let csv = printed(&["compare", "scenarios/strict.toml", "scenarios/weighted.toml", "--format", "csv"]);
    assert!(csv.starts_with("variant,metric,base,") && csv.lines().count() == 11, "{csv}");
}

#[test]
fn days_that_meet_the_target_are_compared_day_by_day() {
    let compare = ["compare", "scenarios/uncertain-day.toml", "--set", "agents.clerk.absence=0%", "--metric", "orders.days_meeting_target"];
    let json: serde_json::Value = serde_json::from_str(&printed(&[&compare[..], &["--format", "json"]].concat())).unwrap();
    let row = &json["variants"][0]["differences"][0];
    let run = |scenario: &str| -> serde_json::Value { serde_json::from_str(&printed(&["run", scenario, "--format", "json"])).unwrap() };
    let own = run("scenarios/uncertain-day.toml");
    assert_eq!(row["base"]["estimate"], own["queues"][0]["days"]["meeting_target"]["estimate"]);
    assert!(row["difference"]["estimate"].as_f64().unwrap() > 0.05, "{row}");
    assert_eq!(row["verdict"], "better");
    let best = printed(&[&compare[..4], &["--best", "orders.days_meeting_target", "--indifference", "5%"]].concat());
    assert!(best.contains("agents.clerk.absence=0% has the best orders.days_meeting_target"), "{best}");
}

/// Who is the same as another is no better, whatever a procedure for what differs may promise.
#[test]
fn designs_without_any_difference_are_said_to_be_so() {
    let text = printed(&["compare", SMALL, SMALL, "--best", "total.asa_s", "--indifference", "1s"]);
    assert!(text.contains(&format!("Note: {SMALL} and {SMALL} (2) gave the same in all of the first 30 replications")), "{text}");
}

#[test]
fn comparisons_repeat_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let report = name(folder.path(), "report.json");
    let set = ["compare", SMALL, "--set", "agents.senior.count=5..7", "--format", "json", "--out", &report];
    printed(&set);
    assert!(printed(&["rerun", &report]).starts_with("equal: "));
    printed(&[&set[..], &["--best", "total.asa_s", "--indifference", "1s"]].concat());
    assert!(printed(&["rerun", &report]).starts_with("equal: "));
}

#[test]
fn the_best_of_many_is_selected() {
    let best = |options: &[&str]| {
        let arguments = ["compare", SMALL, "--set", "agents.senior.count=4..8", "--best", "total.abandonment_rate", "--indifference"];
        waitline(&[&arguments, options].concat())
    };
    let found = best(&["0.2%"]);
    assert!(found.status.success());
    assert!(
        text(&found.stdout).contains("=> agents.senior.count=8 has the best total.abandonment_rate: with 95 % or more"),
        "{}",
        text(&found.stdout)
    );
    let undecided = waitline(&[
        "compare",
        "scenarios/strict.toml",
        "--set",
        "queue.iron.patience.mean=595s,590s",
        "--best",
        "gold.asa_s",
        "--indifference",
        "1ms",
        "--max-replications",
        "40",
    ]);
    assert_eq!(undecided.status.code(), Some(1), "{}", text(&undecided.stderr));
    assert!(text(&undecided.stdout).contains("Undecided"));
    assert_eq!(best(&["nothing"]).status.code(), Some(2));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    for (arguments, why) in [
        (&["--set", "agents.senoir.count=5..9"][..], "did you mean `senior`?"),
        (&["--set", "agents.senior.count=0,6"], "0 agents: expected 1 to"),
        (&["--set", "agents.senior.count"], "expected KEY=VALUES"),
        (&["--set", "agents.senior.count=1..900", "--set", "agents.saver.count=1..900"], "more than the 1000 designs"),
        (&["--set", "agents.senior.count=8", "--metric", "total.wait_s.p90"], "cannot be compared"),
        (&["--set", "agents.senior.count=8", "--metric", "total.asa"], "did you mean `total.asa_s`?"),
        (&["--set", "agents.senior.count=8", "--best", "senior.occupancy", "--indifference", "1%"], "neither more nor less"),
        (&["--set", "agents.senior.count=6"], "nothing to compare"),
        (&[], "nothing to compare"),
        (&["scenarios/strict.toml", "--set", "agents.senior.count=8"], "name only one"),
    ] {
        let message = refused(&[&["compare", SMALL], arguments].concat());
        assert!(message.contains(why), "{arguments:?}: {message}");
    }
}

/// What is complete when Ctrl-C comes is the same as a run of so many replications.
#[cfg(unix)]
#[test]
fn ctrl_c_reports_what_is_complete() {
    let many = ["run", BANK, "--replications", "5000000", "--format", "json"];
    let process = command(&many).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().expect("kill is there").success());
    let output = process.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is a report");
    assert_eq!(report["partial"], 5_000_000);
    let replications = report["replications"].as_u64().unwrap();
    assert!(replications > 0 && replications < 5_000_000);
    let again: serde_json::Value =
        serde_json::from_str(&printed(&["run", BANK, "--replications", &replications.to_string(), "--format", "json"])).unwrap();
    assert_eq!(report["total"], again["total"]);
    assert_eq!(report["intervals"], again["intervals"]);
}

const ATTENDANCE: &str = r#"
version = 1
name = "attendance"
[run]
horizon = "8h"
replications = 400
[[queue]]
name = "sales"
service_level = { within = "20s", target = 0.8 }
handle_time = { distribution = "exponential", mean = "5m" }
patience = { distribution = "exponential", mean = "5m" }
[[routing_profile]]
name = "seller"
queues = [{ queue = "sales", priority = 1 }]
[[agents]]
routing_profile = "seller"
count = 10
[[source]]
name = "calls"
queue = "sales"
arrivals = { process = "poisson", rate = "96/h" }
"#;

/// Staffed hours and days on target of the scenario with something added.
fn staffed_h_and_spread(from: &str, to: &str) -> (f64, f64) {
    let scenario: waitline::Scenario = ATTENDANCE.replace(from, to).parse().unwrap();
    let report = waitline::Experiment::new(&scenario.compile().unwrap()).run().unwrap().report();
    let days = report.total.days.unwrap();
    (report.routing_profiles[0].staffed_s.unwrap().estimate / 3600.0, days.p90.unwrap().estimate - days.p10.unwrap().estimate)
}

#[test]
fn absence_and_shrinkage_take_their_share_of_the_staffed_time() {
    let (all_h, spread) = staffed_h_and_spread("", "");
    // Drained runs last a little longer than 8 h.
    assert!((80.0..84.0).contains(&all_h), "{all_h}");
    let (absent_h, absent_spread) = staffed_h_and_spread("count = 10", "count = 10\nabsence = \"10%\"");
    assert!((absent_h / all_h - 0.9).abs() < 0.01, "{absent_h}");
    assert!(absent_spread > 1.2 * spread, "who is absent all day makes days differ: {spread} {absent_spread}");
    let (away_h, away_spread) = staffed_h_and_spread("count = 10", "count = 10\nshrinkage = 0.1");
    // Whoever is on a contact when the interval begins finishes it first.
    assert!((0.9..0.93).contains(&(away_h / all_h)), "{away_h}");
    assert!(away_spread < absent_spread, "{away_spread} {absent_spread}");
    let (varied_h, varied_spread) = staffed_h_and_spread("patience =", "handle_time_varies = { cv = 0.15 }\npatience =");
    assert!((varied_h / all_h - 1.0).abs() < 0.01 && varied_spread > 1.3 * spread, "{varied_h} {varied_spread} {spread}");
}

/// Luck goes by the agent's name: with another agent in the center, the others are absent on the same days.
#[test]
fn an_agent_keeps_its_absences_whoever_else_is_there() {
    use waitline::random::Streams;
    let model = |count: u32| {
        let text = ATTENDANCE.replace("count = 10", &format!("count = {count}\nabsence = \"30%\"\nshrinkage = \"10%\""));
        text.parse::<waitline::Scenario>().unwrap().compile().unwrap()
    };
    let (few, many) = (model(5), model(9));
    for day in 0..50 {
        let (one, other) = (few.day(Streams::new(1, day)), many.day(Streams::new(1, day)));
        for agent in few.agents.ids() {
            assert_eq!(one.presence(&few, agent), other.presence(&many, agent));
        }
    }
}

/// Means over time are over each design's own time.
#[test]
fn a_design_of_half_the_length_has_the_queue_length_of_its_own_report() {
    let report = |arguments: &[&str]| -> serde_json::Value { serde_json::from_str(&printed(arguments)).unwrap() };
    let metric = ["--metric", "total.queue_length.mean", "--format", "json"];
    let compared = report(&[&["compare", SMALL, "--set", "run.horizon=4h"], &metric[..]].concat());
    let folder = tempfile::tempdir().unwrap();
    let half = name(folder.path(), "half.toml");
    std::fs::write(&half, std::fs::read_to_string(SMALL).unwrap().replace("horizon = \"8h\"", "horizon = \"4h\"")).unwrap();
    let difference = &compared["variants"][0]["differences"][0];
    for (found, own) in [("base", SMALL), ("variant", half.as_str())] {
        let own = &report(&["run", own, "--format", "json"])["total"]["queue_length"]["mean"];
        for part in ["estimate", "half_width"] {
            let (found, own) = (difference[found][part].as_f64().unwrap(), own[part].as_f64().unwrap());
            assert!((found - own).abs() < 1e-9 * own, "{part}: {found} {own}");
        }
    }
}

/// Interrupts what has run for that long.
#[cfg(unix)]
fn interrupted(arguments: &[&str], after_ms: u64) -> Output {
    let process = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(std::time::Duration::from_millis(after_ms));
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().expect("kill is there").success());
    process.wait_with_output().expect("it ends")
}

/// Two designs that differ by less than matters for a very long time.
#[cfg(unix)]
#[test]
fn ctrl_c_during_a_selection_says_so_and_it_repeats() {
    let folder = tempfile::tempdir().unwrap();
    let report = name(folder.path(), "report.json");
    let set = ["compare", SMALL, "--set", "queue.loans.patience.mean=361s", "--max-replications", "1000000", "--format", "json"];
    let output =
        interrupted(&[&set[..], &["--best", "savings.asa_s", "--indifference", "0.000000000001", "--out", &report]].concat(), 1500);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let value: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    assert_eq!(value["partial"], value["designs"][0]["replications"]);
    assert_eq!(value["sentence"], "Undecided: it was interrupted while several designs were still in.");
    assert!(printed(&["rerun", &report]).starts_with("equal: "));
}

/// Nothing complete is no report, but neither is it bad input.
#[cfg(unix)]
#[test]
fn ctrl_c_before_anything_is_complete_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let part = name(folder.path(), "part");
    let output = interrupted(&["run", BANK, "--replications", "5000000", "--shard", "1/2", "--out", &part], 1500);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("an incomplete part is not written") && !Path::new(&part).exists());
    let output =
        interrupted(&["compare", BANK, "--set", "queue.NE.service_level.within=10s", "--replications", "1000000", "--format", "csv"], 1500);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).lines().nth(1).is_some_and(|row| row.ends_with(",of 1000000")), "{}", text(&output.stdout));
}

/// The second would replace the first, and the design be called by both.
#[test]
fn a_key_is_set_once() {
    let said = refused(&["compare", SMALL, "--set", "agents.senior.count=5", "--set", "agents.senior.count=7"]);
    assert!(said.contains("agents.senior.count=7: this key is there twice: give all its values in one --set"), "{said}");
}
