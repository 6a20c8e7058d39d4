//! Gates as their users run them: verdicts, exit codes, JUnit files, baselines; and how often a verdict is wrong.

mod common;

use common::{command, text, waitline};
use quick_junit::{NonSuccessKind, TestCaseStatus};
use std::path::Path;
use std::process::{Command, Stdio};
use waitline::experiment::{Check, Conditions, Outcome, against_baseline, gate};
use waitline::report::StoredReport;
use waitline::stats::Confidence;
use waitline::{Experiment, Model, Scenario};

const DESK: &str = "scenarios/gate.toml";
const SMALL: &str = "scenarios/savings-overflow.toml";

/// What a gate with that exit code prints.
fn gated(code: i32, arguments: &[&str]) -> String {
    let output = waitline(&[&["gate"], arguments].concat());
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(if code == 2 { &output.stderr } else { &output.stdout })
}

/// A scenario of this repository with some of its text replaced, in a file of its own.
fn changed(folder: &Path, file: &str, scenario: &str, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(scenario)).unwrap();
    assert!(text.contains(from), "{from}");
    let path = folder.join(file);
    std::fs::write(&path, text.replace(from, to)).unwrap();
    path.display().to_string()
}

/// The same with expectations added.
fn expecting(folder: &Path, file: &str, expectations: &str) -> String {
    let last = "arrivals = { process = \"poisson\", rate = \"36/h\" }";
    changed(folder, file, SMALL, last, &format!("{last}\n{expectations}"))
}

/// A stored report of that scenario.
fn stored(folder: &Path, scenario: &str, options: &[&str]) -> String {
    let file = folder.join("stored.json").display().to_string();
    let output = waitline(&[&["run", scenario, "--format", "json", "--out", &file], options].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    file
}

#[test]
fn what_holds_passes_and_what_fails_or_is_undecided_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let said = gated(0, &[DESK]);
    assert!(said.ends_with("PASSED: 5 of 5 hold\n") && said.contains("questions.asa_s at most 20 s"), "{said}");
    let file = expecting(
        folder.path(),
        "mixed.toml",
        "[[expect]]\nmetric = \"savings.service_level\"\nat_least = 0.5\n\
         [[expect]]\nmetric = \"total.asa_s\"\nat_most = \"2s\"\n\
         [[expect]]\nmetric = \"senior.occupancy\"\nat_least = 0.6\nat_most = 0.751\n",
    );
    let said = gated(1, &[&file, "--max-replications", "100"]);
    for part in [
        "savings.service_level at least 50 %",
        "holds",
        "=> total.asa_s is not at most 2 s: ",
        "=> Whether senior.occupancy is at most 75.1 % is undecided: ",
        "(after 30, 60, 100 replications)",
        "FAILED: 2 of 4 hold",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let json: serde_json::Value = serde_json::from_str(&gated(1, &[&file, "--max-replications", "100", "--format", "json"])).unwrap();
    let rows = json["scenarios"][0]["gate"]["expectations"].as_array().unwrap();
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["holds", "fails", "holds", "undecided"]);
    assert_eq!((&json["passed"], &rows[1]["at_most"], &rows[1]["replications"]), (&false.into(), &2.0.into(), &30.into()));
    assert_eq!(json["scenarios"][0]["gate"]["replications"], 100);
}

#[test]
fn what_is_wrong_with_any_of_the_input_is_said_at_once() {
    let message = gated(2, &[SMALL, "nowhere.toml", "tests/errors/expect-unit.toml", DESK, "--baseline", "none.json"]);
    for part in [
        "scenarios/savings-overflow.toml: it expects nothing: add an [[expect]], or give a --baseline",
        "nowhere.toml: ",
        "expect[0].at_least: savings.service_level is compared with a share",
        "--baseline: a baseline is of one scenario: name only one",
        "none.json: ",
    ] {
        assert_eq!(message.contains(part), !part.contains("expects nothing"), "{part}: {message}");
    }
    assert!(gated(2, &[SMALL, DESK]).contains("savings-overflow.toml: it expects nothing"));
    assert!(gated(2, &[DESK, "--out", "same", "--junit", "same"]).contains("give each its own"));
    assert!(gated(2, &[DESK, "--out", "day.json", "--junit", "./day.json"]).contains("--out and --junit both name this file"));
    gated(2, &[DESK, "--min-replications", "1"]);
    gated(2, &[]);
}

#[test]
fn a_junit_file_says_the_same_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let more = "[[expect]]\nmetric = \"total.asa_s\"\nat_most = \"2s\"\n[[expect]]\nmetric = \"senior.occupancy\"\nat_least = \"75.1%\"\n";
    let file = expecting(folder.path(), "mixed & <more>.toml", more);
    let junit = folder.path().join("gate.xml").display().to_string();
    let run = |threads| {
        gated(1, &[DESK, &file, "--max-replications", "70", "--junit", &junit, "--threads", threads]);
        std::fs::read_to_string(&junit).unwrap()
    };
    let xml = run("1");
    assert_eq!(xml, run("3"));
    for (arguments, only_report) in [(&[DESK, "--junit", "-"][..], false), (&[DESK, "--junit", "-", "--out", &junit], true)] {
        assert!(gated(0, arguments).starts_with("<?xml"));
        assert_eq!(std::fs::read_to_string(&junit).unwrap().contains("PASSED"), only_report);
    }
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (7, 1, 1));
    assert_eq!(report.test_suites[0].name.as_str(), DESK);
    let cases = &report.test_suites[1].test_cases;
    assert_eq!((cases[0].name.as_str(), cases[0].classname.as_ref().unwrap().as_str()), ("total.asa_s at most 2 s", "savings-overflow"));
    let kinds = cases.iter().map(|case| match &case.status {
        TestCaseStatus::NonSuccess { kind, ty, message, .. } => (*kind, ty.as_ref().unwrap().as_str(), message.as_ref().unwrap().as_str()),
        status => panic!("{status:?}"),
    });
    let kinds: Vec<_> = kinds.collect();
    assert_eq!((kinds[0].0, kinds[0].1), (NonSuccessKind::Failure, "fails"));
    assert_eq!((kinds[1].0, kinds[1].1), (NonSuccessKind::Error, "undecided"));
    assert!(kinds[0].2.starts_with("total.asa_s is not at most 2 s: "));
    assert!(!xml.contains("time"), "{xml}");
}

#[test]
fn only_a_loss_against_the_baseline_fails() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = stored(folder.path(), SMALL, &["--seed", "7", "--replications", "40"]);
    let said = gated(0, &[SMALL, "--baseline", &baseline]);
    assert!(said.contains("40 replications, seed 7") && said.contains("nothing can differ"), "{said}");
    assert!(said.contains("PASSED: 9 of 9 hold") && !said.contains("better") && !said.contains("worse"), "{said}");
    let fewer = changed(folder.path(), "fewer.toml", SMALL, "count = 6", "count = 5");
    let said = gated(1, &[&fewer, "--baseline", &baseline]);
    assert!(said.contains("=> loans.service_level is worse than in ") && said.contains("falls by"), "{said}");
    assert!(said.contains("=> savings.asa_s is worse than in ") && said.contains("rises by"), "{said}");
    let more = changed(folder.path(), "more.toml", SMALL, "count = 6", "count = 8");
    let said = gated(0, &[&more, "--baseline", &baseline]);
    assert!(said.contains("better") && !said.contains("worse"), "{said}");
    let json: serde_json::Value = serde_json::from_str(&gated(1, &[&fewer, "--baseline", &baseline, "--format", "json"])).unwrap();
    let rows = json["scenarios"][0]["baseline"]["changes"].as_array().unwrap();
    for row in rows {
        let value = |key: &str| row[key]["estimate"].as_f64().unwrap();
        let (change, margin) = (row["change"].as_f64().unwrap(), row["margin"].as_f64().unwrap());
        assert!((value("now") - value("then") - change).abs() < 1e-12);
        let loss = if row["metric"].as_str().unwrap().ends_with("service_level") { -change } else { change };
        assert_eq!(row["verdict"] == "worse", loss > margin, "{row}");
    }
    assert_eq!(json["scenarios"][0]["gate"], serde_json::Value::Null);
}

#[test]
fn expectations_and_baseline_are_both_decided() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = stored(folder.path(), DESK, &[]);
    let junit = folder.path().join("gate.xml").display().to_string();
    let said = gated(0, &[DESK, "--baseline", &baseline, "--junit", &junit]);
    assert!(said.contains("PASSED: 14 of 14 hold"), "{said}");
    let xml = std::fs::read_to_string(&junit).unwrap();
    assert!(
        xml.contains("repairs.asa_s no worse than in ") && xml.contains("<testsuite name=\"scenarios/gate.toml\" tests=\"14\""),
        "{xml}"
    );
    let worse = changed(folder.path(), "worse.toml", DESK, "count = 5", "count = 4");
    assert!(gated(1, &[&worse, "--baseline", &baseline]).contains("=> questions.asa_s is worse than in "));
}

#[test]
fn what_is_no_more_is_a_loss_and_what_was_nothing_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = stored(folder.path(), SMALL, &[]);
    let renamed = changed(folder.path(), "renamed.toml", SMALL, "\"loans\"", "\"credit\"");
    let said = gated(1, &[&renamed, "--baseline", &baseline]);
    for part in
        ["=> loans.asa_s is no more", "there is no queue `loans`", "worse: it is no more", "the queue `credit` is not in the baseline"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let silent = changed(folder.path(), "silent.toml", SMALL, "36/h", "0.000001/h");
    let said = gated(1, &[&silent, "--baseline", &baseline]);
    assert!(said.contains("=> loans.service_level is no more") && said.contains("there is nothing to take it from"), "{said}");
    let promise = changed(folder.path(), "promise.toml", SMALL, "\"30s\"", "\"40s\"");
    let said = gated(0, &[&promise, "--baseline", &baseline]);
    assert!(said.contains("Note: loans.service_level is by another threshold than in the baseline"), "{said}");
    let longer = changed(folder.path(), "longer.toml", SMALL, "\"8h\"", "\"9h\"");
    assert!(gated(0, &[&longer, "--baseline", &baseline]).contains("Note: horizon or warm-up are not those"));
    // Then nobody called about loans: nothing was known of them, and so nothing can be lost.
    let of_silent = stored(folder.path(), &silent, &[]);
    let said = gated(0, &[&silent, "--baseline", &of_silent]);
    assert!(said.contains("PASSED: 6 of 6 hold"), "{said}");
}

#[test]
fn a_baseline_that_says_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = "expected a report that `waitline run --format json` wrote";
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name).display().to_string();
        std::fs::write(&path, content).unwrap();
        path
    };
    let refused = |baseline: &str, parts: &[&str]| {
        let message = gated(2, &[SMALL, "--baseline", baseline]);
        for part in parts.iter().chain([&baseline]) {
            assert!(message.contains(part), "{part}: {message}");
        }
    };
    let good = std::fs::read_to_string(stored(folder.path(), SMALL, &[])).unwrap();
    refused(SMALL, &["not JSON", wanted]);
    refused(&write("cut.json", &good[..good.len() / 2]), &["not JSON", wanted]);
    refused(&write("other.json", "{\"answer\": 42}"), &["not a report of `waitline run`: missing field", wanted]);
    refused(&write("list.json", "[1, 2]"), &["not a report of `waitline run`", wanted]);
    refused(&write("unsure.json", &good.replacen("0.95", "95", 1)), &["confidence: 95 is no confidence"]);
    refused(&write("many.json", &good.replacen("\"replications\": 50", "\"replications\": 1000000000000", 1)), &["expected 2 to 10000000"]);
    let comparison = folder.path().join("compare.json").display().to_string();
    let set = ["compare", SMALL, "--set", "agents.senior.count=7", "--format", "json", "--out", &comparison];
    assert!(waitline(&set).status.success());
    refused(&comparison, &["a report of `waitline compare`", wanted]);
    refused(&stored(folder.path(), SMALL, &["--replications", "1"]), &["replications: too few replications to tell a change from chance"]);
    let nobody = changed(folder.path(), "nobody.toml", SMALL, "rate = \"", "rate = \"0.0000000");
    refused(&stored(folder.path(), &nobody, &[]), &["no figure in it has a value"]);
}

/// A report that was changed after it was written is a baseline like any other, but it is said.
#[test]
fn a_changed_report_of_the_same_scenario_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = stored(folder.path(), SMALL, &[]);
    let good = std::fs::read_to_string(&baseline).unwrap();
    let value: serde_json::Value = serde_json::from_str(&good).unwrap();
    let asa = value["queues"][0]["asa_s"]["estimate"].to_string();
    std::fs::write(&baseline, good.replace(&asa, "1.25")).unwrap();
    let said = gated(1, &[SMALL, "--baseline", &baseline]);
    assert!(said.contains("=> savings.asa_s is worse") && said.contains("was changed after it was written"), "{said}");
    std::fs::write(&baseline, good.replace("\"waitline\": \"", "\"waitline\": \"0.0.")).unwrap();
    let said = gated(0, &[SMALL, "--baseline", &baseline]);
    assert!(said.contains("the changelog lists changes of results") && !said.contains("nothing can differ"), "{said}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    let more = "[[expect]]\nmetric = \"senior.occupancy\"\nat_least = 0.7511234\n";
    let file = expecting(folder.path(), "endless.toml", more);
    let arguments = ["gate", &file, DESK, "--min-replications", "10000000", "--max-replications", "10000000"];
    let process = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().expect("kill is there").success());
    let output = process.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("INTERRUPTED after ") && said.contains("FAILED: 0 of 6 hold"), "{said}");
}

/// Pairs of contacts of which the first is answered at once, and the second as soon as the first is done: whatever is asked of them can be told
/// exactly. Handling takes up to 2 min (`calls`) or 50 min (`hasty`), all times equally likely; the second comes after 1 min or 49 min.
const PAIRS: &str = r#"
version = 1
name = "pairs"
[run]
horizon = "9h"
interval = "none"
[[queue]]
name = "calls"
service_level = { within = "20s" }
handle_time = { distribution = "uniform", min = "0s", max = "2m" }
[[queue]]
name = "hasty"
handle_time = { distribution = "uniform", min = "0s", max = "50m" }
patience = { distribution = "constant", value = "0s" }
[[routing_profile]]
name = "one"
queues = [{ queue = "calls", priority = 1 }]
[[routing_profile]]
name = "other"
queues = [{ queue = "hasty", priority = 1 }]
[[agents]]
routing_profile = "one"
count = 1
[[agents]]
routing_profile = "other"
count = 1
[[source]]
name = "calls"
queue = "calls"
arrivals = { process = "scheduled", times = ["0s", "1m", "1h", "1h1m", "2h", "2h1m", "3h", "3h1m"] }
[[source]]
name = "hasty"
queue = "hasty"
arrivals = { process = "scheduled", times = ["0s", "49m", "2h", "2h49m", "4h", "4h49m", "6h", "6h49m"] }
"#;

/// Figures of the pairs, exactly. Of `calls`, the second waits for more than w seconds with the chance (60 - w) / 120.
const TRUTHS: [(&str, f64); 5] = [
    ("calls.service_level", 5.0 / 6.0),
    ("calls.delayed", 0.25),
    ("calls.asa_s", 7.5),
    ("calls.wait_s.p90", 36.0),
    ("hasty.abandonment_rate", 0.01),
];

fn pairs(expectations: &str) -> Model {
    format!("{PAIRS}{expectations}").parse::<Scenario>().unwrap().compile().unwrap()
}

fn expectation(metric: &str, side: &str, bound: f64) -> String {
    format!("[[expect]]\nmetric = \"{metric}\"\n{side} = {bound}\nconfidence = 0.9\n")
}

fn checks(model: &Model, seed: u64, least: u64, most: u64) -> Vec<Check> {
    let conditions = Conditions { threads: 1, ..Conditions::new(seed, most) };
    gate(model, least, &conditions).unwrap().checks
}

/// So many of 200 at most, if each has the chance `error`: three standard deviations above the mean.
fn at_most_of_200(error: f64) -> f64 {
    200.0 * error + 3.0 * (200.0 * error * (1.0 - error)).sqrt()
}

/// The truth lies at the bound, so that "fails" is wrong, or just beyond, so that "holds" is.
#[test]
fn verdicts_are_wrong_no_more_often_than_they_may_be() {
    let (mut expectations, mut wrong_ones) = (String::new(), Vec::new());
    for (metric, truth) in TRUTHS {
        for (side, harder) in [("at_least", 1e-9), ("at_most", -1e-9)] {
            for (bound, wrong) in [(truth * (1.0 - harder), Outcome::Fails), (truth * (1.0 + harder), Outcome::Holds)] {
                expectations += &expectation(metric, side, bound);
                wrong_ones.push((format!("{metric} {side} {bound}"), wrong));
            }
        }
    }
    let model = pairs(&expectations);
    let mut counts = vec![0; wrong_ones.len()];
    for seed in 0..200 {
        for ((check, (_, wrong)), count) in checks(&model, seed, 15, 60).iter().zip(&wrong_ones).zip(&mut counts) {
            *count += i32::from(check.outcome == *wrong);
        }
    }
    for ((name, _), count) in wrong_ones.iter().zip(&counts) {
        assert!(f64::from(*count) <= at_most_of_200(0.1), "{name}: {count} of 200 verdicts are wrong");
    }
    // And it does decide where there is something to decide: these are not all zero.
    assert!(counts.iter().sum::<i32>() > 0);
}

#[test]
fn what_is_clear_is_decided_and_rightly() {
    let mut expectations = String::new();
    for (metric, truth) in TRUTHS {
        expectations += &expectation(metric, "at_least", truth / 2.0);
        expectations += &expectation(metric, "at_most", truth / 2.0);
    }
    for (place, check) in checks(&pairs(&expectations), 1, 30, 10_000).iter().enumerate() {
        let outcome = if place % 2 == 0 { Outcome::Holds } else { Outcome::Fails };
        assert_eq!(check.outcome, outcome, "{}", check.expectation);
    }
}

/// Two seeds of one scenario are two samples of the same: a loss is a false alarm.
#[test]
fn false_alarms_against_a_baseline_are_no_more_frequent_than_they_may_be() {
    let model = pairs("");
    let run = |seed| Experiment::new(&model).seed(seed).replications(20).threads(1).run().unwrap();
    let mut alarms = 0;
    for pair in 0..200 {
        let (then, now) = (run(2 * pair), run(2 * pair + 1));
        let stored = StoredReport::parse(&serde_json::to_string(&then.report()).unwrap()).unwrap();
        let changes = against_baseline(&now, &stored.figures(), (20, &stored.confidence()), &Confidence::default());
        assert_eq!(changes.len(), 9);
        alarms += i32::from(changes.iter().any(waitline::experiment::Change::is_worse));
    }
    assert!(f64::from(alarms) <= at_most_of_200(0.05), "{alarms} of 200");
}

/// Nobody abandoned, but that is no proof that nobody ever will.
#[test]
fn what_was_never_seen_is_not_impossible() {
    let never = "patience = { distribution = \"constant\", value = \"1h\" }";
    let text = PAIRS.replace("patience = { distribution = \"constant\", value = \"0s\" }", never);
    let bounds = [("at_most", 0.01), ("at_most", 0.0), ("at_least", 0.0), ("at_least", 1e-9)];
    let expectations: String = bounds.map(|(side, bound)| expectation("hasty.abandonment_rate", side, bound)).concat();
    let model = format!("{text}{expectations}").parse::<Scenario>().unwrap().compile().unwrap();
    for (replications, outcome) in [(20, Outcome::Undecided), (30, Outcome::Holds)] {
        let checks = checks(&model, 1, replications, replications);
        let found = checks[0].found.unwrap();
        // The upper end of Wilson's interval for none of n, with the one-sided 90 % quantile: 1.2816² / (n + 1.2816²), n = 8 contacts a day.
        let upper = 1.642_374 / (8.0 * replications as f64 + 1.642_374);
        assert!((found.half_width.unwrap() - upper).abs() < 1e-6 && found.estimate.abs() < 1e-12, "{found:?}");
        let outcomes: Vec<_> = checks.iter().map(|check| check.outcome).collect();
        // Below 1 % only with enough contacts. "Never" is as observed, "at least 0" goes without saying, and of a billionth nobody can tell.
        assert_eq!(outcomes, [outcome, Outcome::Holds, Outcome::Holds, Outcome::Undecided]);
    }
    // One contact is enough to refute "never" and "always", however wide the interval is.
    let absolute =
        [("hasty.abandonment_rate", "at_most", 0.0), ("hasty.delayed", "at_most", 1.0), ("calls.service_level", "at_least", 1.0)];
    let expectations: String = absolute.map(|(metric, side, bound)| expectation(metric, side, bound)).concat();
    let outcomes: Vec<_> = checks(&pairs(&expectations), 1, 90, 90).iter().map(|check| check.outcome).collect();
    assert_eq!(outcomes, [Outcome::Fails, Outcome::Holds, Outcome::Fails]);
}

#[test]
fn what_does_not_exist_is_undecided() {
    let (before, _) = PAIRS.rsplit_once("arrivals").unwrap();
    let late = "arrivals = { process = \"scheduled\", times = [\"10h\"] } # after the horizon\n";
    let text = format!("{before}{late}{}", expectation("hasty.asa_s", "at_most", 5.0));
    let model = text.parse::<Scenario>().unwrap().compile().unwrap();
    let checks = checks(&model, 1, 2, 8);
    assert_eq!((checks[0].outcome, checks[0].found, checks[0].replications), (Outcome::Undecided, None, 8));
}

#[test]
fn verdicts_repeat_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let fewer = changed(folder.path(), "fewer.toml", DESK, "count = 5", "count = 4");
    let baseline = stored(folder.path(), DESK, &[]);
    let report = folder.path().join("gate.json").display().to_string();
    gated(1, &[&fewer, "--baseline", &baseline, "--seed", "7", "--min-replications", "20", "--format", "json", "--out", &report]);
    let again = waitline(&["rerun", &report]);
    assert!(text(&again.stdout).starts_with("equal: the same verdicts"), "{}{}", text(&again.stdout), text(&again.stderr));
    let content = std::fs::read_to_string(&report).unwrap();
    std::fs::write(&report, content.replace("\"outcome\": \"fails\"", "\"outcome\": \"holds\"")).unwrap();
    let again = waitline(&["rerun", &report]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stdout).contains("outcome: stored \"holds\", now \"fails\""), "{}", text(&again.stdout));
}
