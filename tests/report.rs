//! The report: its figures by hand, its three forms, and the program that writes them.

// Ratios of small whole numbers, computed once: they are equal or wrong.
#![allow(clippy::float_cmp)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use waitline::report::{Csv, Json, Reporter, Text};
use waitline::{Experiment, Model, Scenario};

/// One agent, four contacts of constant times; a warm-up, two intervals and thresholds of both kinds.
///
/// c1 enters at 0 and is answered at once, until 100 with its after-contact work. c2 enters at 10, is answered at 100, until 160. c3 enters at
/// 20 and abandons at 50. c4 enters at 70 and is answered at 160, until 200. From 120 on contacts would count in the second interval.
const DAY: &str = r#"
version = 1
name = "four contacts"

[run]
horizon = "4m"
replications = 1
seed = 7
interval = "2m"

[[queue]]
name = "sales"
service_level = [{ within = "30s", target = 0.5 }, { within = "90s", comparator = "<" }]
handle_time = { distribution = "constant", value = "60s" }

[[queue]]
name = "nobody calls"
service_level = { within = "30s", target = 0.5 }
handle_time = { distribution = "constant", value = "60s" }

[[routing_profile]]
name = "all"
queues = [{ queue = "sales", priority = 1 }, { queue = "nobody calls", priority = 1 }]

[[agents]]
routing_profile = "all"
count = 1

[[source]]
name = "calls"
queue = "sales"
contacts = "contacts.csv"
"#;

const CONTACTS: &str = "contact,queue,arrival_s,handle_s,patience_s,after_contact_work_s
c1,sales,0,80,,20
c2,sales,10,,,
c3,sales,20,60,30,
c4,sales,70,40,,
";

fn day(folder: &Path) -> PathBuf {
    std::fs::write(folder.join("contacts.csv"), CONTACTS).unwrap();
    let path = folder.join("day.toml");
    std::fs::write(&path, DAY).unwrap();
    path
}

fn model() -> Model {
    let folder = tempfile::tempdir().unwrap();
    Scenario::open(day(folder.path())).unwrap().compile().unwrap()
}

fn written(reporter: &dyn Reporter, model: &Model) -> String {
    let mut text = Vec::new();
    reporter.write(&Experiment::new(model).run().unwrap().report(), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn the_json_report_by_hand() {
    let json: serde_json::Value = serde_json::from_str(&written(&Json, &model())).unwrap();
    let estimate = |path: &str| json.pointer(path).unwrap_or_else(|| panic!("no {path}"))["estimate"].as_f64().unwrap();
    assert_eq!(
        (json["scenario"].as_str(), json["seed"].as_u64(), json["replications"].as_u64()),
        (Some("four contacts"), Some(7), Some(1))
    );
    let counts = ["offered", "answered", "abandoned", "unfinished"].map(|name| estimate(&format!("/queues/0/{name}")));
    assert_eq!(counts, [4.0, 3.0, 1.0, 0.0]);
    assert_eq!(estimate("/queues/0/asa_s"), 60.0);
    assert_eq!(estimate("/queues/0/mean_wait_s"), 52.5);
    assert_eq!(estimate("/queues/0/delayed"), 0.75);
    assert_eq!(estimate("/queues/0/abandonment_rate"), 0.25);
    assert_eq!(estimate("/queues/0/queue_length/mean"), 210.0 / 240.0);
    assert_eq!(json["queues"][0]["queue_length"]["max"], 2);
    assert_eq!(json["queues"][0]["wait_s"]["max"], 90.0);
    // Waits 0, 30, 90, 90: nearest rank.
    assert!((estimate("/queues/0/wait_s/p50") / 30.0 - 1.0).abs() < 0.004);
    assert!((estimate("/queues/0/wait_s/p90") / 90.0 - 1.0).abs() < 0.004);
    // Within 30 s: one answered, one abandoned. Below 90 s: the same, for a wait of 90 is not below it.
    let levels = json["queues"][0]["service_level"].as_array().unwrap();
    let found: Vec<_> = levels
        .iter()
        .map(|level| {
            let definition = level["definition"].as_str().unwrap();
            (level["within_s"].as_f64().unwrap(), level["comparator"].as_str().unwrap(), definition, level["estimate"].as_f64().unwrap())
        })
        .collect();
    let expected = [
        ("answered/offered", 1.0 / 4.0),
        ("answered/(offered-abandoned)", 1.0 / 3.0),
        ("answered/(offered-abandoned_within)", 1.0 / 3.0),
        ("removed/offered", 2.0 / 4.0),
    ];
    let expected: Vec<_> = [(30.0, "<="), (90.0, "<")]
        .into_iter()
        .flat_map(|(within, comparator)| expected.map(|(definition, value)| (within, comparator, definition, value)))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(levels[0]["target"], 0.5);
    assert!(levels[4]["target"].is_null() && levels[0]["half_width"].is_null());

    assert_eq!(json["routing_profiles"][0]["agents"], 1);
    assert_eq!(estimate("/routing_profiles/0/occupancy"), 200.0 / 240.0);
    assert_eq!(estimate("/routing_profiles/0/answered/sales"), 3.0);
    assert_eq!(estimate("/intervals/0/offered"), 4.0);
    assert_eq!(estimate("/intervals/0/queue_length/mean"), (90.0 + 30.0 + 50.0) / 120.0);
    assert_eq!(estimate("/total_intervals/1/occupancy"), 80.0 / 120.0);
    assert_eq!((json["intervals"][2]["start_s"].as_f64(), json["intervals"][2]["queue"].as_str()), (Some(120.0), Some("sales")));
    assert_eq!(json["intervals"].as_array().unwrap().len(), 4);
}

#[test]
fn what_does_not_exist_is_null_or_a_dash() {
    let model = model();
    let json: serde_json::Value = serde_json::from_str(&written(&Json, &model)).unwrap();
    let empty = &json["queues"][1];
    for name in ["asa_s", "mean_wait_s", "delayed", "abandonment_rate"] {
        assert!(empty[name].is_null(), "{name}");
    }
    assert!(empty["wait_s"]["p50"].is_null() && empty["wait_s"]["max"].is_null());
    assert!(empty["service_level"][0]["estimate"].is_null());
    assert_eq!(empty["offered"]["estimate"], 0.0);
    for text in [written(&Json, &model), written(&Csv, &model), written(&Text { by_interval: true }, &model)] {
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }
    // Both queues begin their lists with the same headline, so the total has it, and nothing more.
    let total = json["total"]["service_level"].as_array().unwrap();
    assert_eq!((total.len(), total[0]["within_s"].as_f64()), (4, Some(30.0)));
}

#[test]
fn different_headlines_have_no_common_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let path = day(folder.path());
    std::fs::write(&path, DAY.replace("service_level = { within = \"30s\"", "service_level = { within = \"40s\"")).unwrap();
    let model = Scenario::open(&path).unwrap().compile().unwrap();
    let json: serde_json::Value = serde_json::from_str(&written(&Json, &model)).unwrap();
    let total = json["total"]["service_level"].as_array().unwrap();
    assert!(total.len() == 4 && total[0]["within_s"].is_null() && total[0]["comparator"].is_null());
    assert_eq!(total[0]["estimate"], 0.25);
    assert!(written(&Text::default(), &model).contains("each queue's own"));
}

#[test]
fn the_text_report() {
    let expected = "\
four contacts: 1 replication, seed 7, arrivals for 4m, then drained

Contacts, per replication
  queue         offered  answered  abandoned  unfinished  abandoned %  delayed %  queue length  longest queue
  sales               4         3          1           0           25         75           0.9              2
  nobody calls        0         0          0           0            -          -             0              0
  total               4         3          1           0           25         75           0.9              2

Service level, % answered within the threshold
  queue         threshold  target %  answered/offered  answered/(offered-abandoned)  answered/(offered-abandoned_within)  removed/offered
  sales           <= 30 s        50                25                          33.3                                 33.3               50
                   < 90 s         -                25                          33.3                                 33.3               50
  nobody calls    <= 30 s        50                 -                             -                                    -                -
  total           <= 30 s        50                25                          33.3                                 33.3               50

Waits, seconds (ASA: of answered contacts; the others: of all that left the queue, percentiles to within 0.4 %)
  queue         ASA  mean   p50   p90   p95   p99  longest
  sales          60  52.5  29.9  89.9  89.9  89.9     90.0
  nobody calls    -     -     -     -     -     -        -
  total          60  52.5  29.9  89.9  89.9  89.9     90.0

Routing profiles
  routing profile  agents  occupancy %  staffed h  answered, by queue
  all                   1         83.3        0.1  sales 3, nobody calls 0

By interval, all queues; service level answered/offered, wait <= 30 s
  from  offered  service level %  ASA s  abandoned %  queue length  occupancy %
  0:00        4               25     60           25           1.4          100
  0:02        0                -      -            -           0.3         66.7

No half-widths: a half-width needs at least two replications.
";
    let expected = format!("{expected}To repeat: waitline 0.1.0, --seed 7 --replications 1, scenario digest {}.\n", model().digest);
    assert_eq!(written(&Text::default(), &model()), expected);
}

#[test]
fn the_csv_report_has_every_figure_of_the_json_report() {
    let text = written(&Csv, &model());
    assert!(text.contains("\nqueue,sales,,asa_s,mean wait of answered contacts,60,\n"), "{text}");
    assert!(text.contains("\nqueue,sales,,service_level,answered/offered; wait <= 30 s,0.25,\n"), "{text}");
    assert!(text.contains("\nqueue,nobody calls,,asa_s,mean wait of answered contacts,,\n"), "{text}");
    assert!(text.contains("\ninterval,sales,120,offered,"), "{text}");
    let mut scopes: Vec<String> = csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.unwrap()[0].into()).collect();
    scopes.dedup();
    assert_eq!(scopes, ["queue", "total", "routing_profile", "interval", "total_interval", "routing_profile_interval", "run"]);
}

const RANDOM: &str = r#"
version = 1
name = "random"
[run]
horizon = "2h"
interval = "30m"
[[queue]]
name = "sales"
service_level = { within = "20s" }
handle_time = { distribution = "exponential", mean = "3m" }
patience = { distribution = "exponential", mean = "5m" }
[[routing_profile]]
name = "all"
queues = [{ queue = "sales", priority = 1, delay = "5s" }]
[[agents]]
routing_profile = "all"
count = 5
[[source]]
name = "calls"
queue = "sales"
arrivals = { process = "poisson", rate = "100/h" }
"#;

#[test]
fn the_number_of_threads_changes_nothing() {
    let model = RANDOM.parse::<Scenario>().unwrap().compile().unwrap();
    let report = |threads| Experiment::new(&model).seed(3).replications(40).threads(threads).run().unwrap().report();
    let one = report(1);
    assert_eq!(one, report(4));
    assert_eq!(one.to_string(), report(3).to_string());
    let mut results = Experiment::new(&model).seed(3).run_one(39, &mut ()).unwrap();
    for replication in 0..39 {
        results.merge(&Experiment::new(&model).seed(3).run_one(replication, &mut ()).unwrap());
    }
    assert_eq!(one, results.report());
}

// ---- the program ---------------------------------------------------------------------------------------------------------

fn waitline(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waitline")).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn run_writes_report_log_and_trace() {
    let folder = tempfile::tempdir().unwrap();
    day(folder.path());
    let plain = waitline(&["run", "day.toml"], folder.path());
    assert!(plain.status.success() && plain.stderr.is_empty(), "{plain:?}");
    assert_eq!(String::from_utf8(plain.stdout).unwrap(), written(&Text::default(), &model()));

    let options = ["run", "day.toml", "--audit", "--contacts", "log.csv", "--trace", "day.trace", "--out", "day.json", "--format", "json"];
    let all = waitline(&options, folder.path());
    assert!(all.status.success() && all.stdout.is_empty(), "{all:?}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("day.json"), written(&Json, &model()));
    assert_eq!(
        read("log.csv"),
        "replication,contact,source,queue,enqueued_s,outcome,left_queue_s,wait_s,agent,routing_profile,handle_s,ended_s\n\
         1,c1,calls,sales,0,answered,0,0,all-1,all,100,100\n\
         1,c3,calls,sales,20,abandoned,50,30,,,,50\n\
         1,c2,calls,sales,10,answered,100,90,all-1,all,60,160\n\
         1,c4,calls,sales,70,answered,160,90,all-1,all,40,200\n"
    );
    let trace = read("day.trace");
    assert!(
        trace.starts_with(
            "# replication 1\n0 logged_in all-1 all\n0 offered c1 sales\n0 answered c1 sales all-1 all wait=0 talk=80 acw=20\n"
        )
    );
    // With rows of agents on standard output there is no report there.
    let agents = waitline(&["run", "day.toml", "--agents", "-"], folder.path());
    assert_eq!(
        String::from_utf8(agents.stdout).unwrap(),
        "replication,agent,routing_profile,online_s,staffed_s,non_productive_s,contact_s,handle_s,idle_s,occupancy,concurrency,answered,offers,accepted,no_answer,\
         rejected,hung_up,connecting_s,off_skill,longest_run_s\n1,all-1,all,240,240,0,200,200,40,0.8333333333333334,0.8333333333333334,3,0,0,0,0,0,0,0,200\n"
    );
    // Nor with the trace.
    let traced = waitline(&["run", "day.toml", "--trace", "-"], folder.path());
    assert_eq!(String::from_utf8(traced.stdout).unwrap(), trace);
}

#[test]
fn what_cannot_be_written_is_named_and_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    day(folder.path());
    for option in ["--out", "--contacts", "--agents", "--trace"] {
        let output = waitline(&["run", "day.toml", option, "no/such/folder"], folder.path());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("no/such/folder"));
    }
    let twice = waitline(&["run", "day.toml", "--out", "same", "--trace", "same"], folder.path());
    assert_eq!(twice.status.code(), Some(2));
    assert!(String::from_utf8(twice.stderr).unwrap().contains("--out and --trace both name this file"));
    let zero = waitline(&["run", "day.toml", "--replications", "0"], folder.path());
    assert_eq!(zero.status.code(), Some(2));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_not() {
    let folder = tempfile::tempdir().unwrap();
    day(folder.path());
    for option in ["--out", "--contacts", "--agents", "--trace"] {
        let output = waitline(&["run", "day.toml", option, "/dev/full"], folder.path());
        assert_eq!(output.status.code(), Some(2), "{option}: {output:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("/dev/full"));
    }
    for options in [&["--format", "csv"][..], &["--trace", "-"], &["--contacts", "-"], &["--agents", "-"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_waitline"));
        let command = command.args(["run", "day.toml"]).args(options).current_dir(folder.path());
        let output = command.stdout(writer).stderr(std::process::Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{options:?}: {output:?}");
    }
}

#[test]
fn paths_are_reported_whole() {
    let model = waitline::Scenario::open("scenarios/path-to-service/week.toml").unwrap().compile().unwrap();
    let experiment = Experiment::new(&model).replications(6);
    let results = experiment.run().unwrap();
    let report = results.report();
    let paths = report.paths.as_ref().unwrap();
    let count = |figures: &[waitline::report::NamedFigure], name: &str| -> f64 {
        figures.iter().filter(|figure| name.is_empty() || figure.name == name).map(|figure| figure.count.unwrap().estimate).sum()
    };
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6 * a.max(1.0), "{a} {b}");
    let calls = &paths.sources[0];
    near(count(&calls.arrivals, ""), count(&calls.outcomes, "")); // R19
    near(count(&calls.outcomes, "callback"), count(&calls.arrivals, "callback"));
    let step = |name: &str| paths.steps.iter().find(|step| step.step == name).unwrap();
    near(count(&calls.outcomes, "self_served"), count(&step("self-service").exits, "contained"));
    near(count(&calls.outcomes, "message"), count(&step("closed").exits, ""));
    let offered = step("callback, please?");
    for (branch, exit) in offered.branches.iter().zip(&offered.exits) {
        assert_eq!(branch.branch, exit.name);
        near(branch.ways.unwrap().estimate, exit.count.unwrap().estimate); // everybody comes by once, and everybody's way ends
    }
    let diverted: f64 = paths.queues.iter().map(|queue| count(&queue.outcomes, "")).sum();
    near(diverted, report.total.diverted.unwrap().estimate);
    let in_a_carrier: f64 = paths.carriers.iter().map(|carrier| carrier.calls.unwrap().estimate).sum();
    let came_in = count(&calls.arrivals, "first") + count(&calls.arrivals, "again"); // what the center dials takes no carrier's line
    near(in_a_carrier, came_in - count(&calls.outcomes, "blocked"));

    assert_eq!(paths.total.served, calls.served);
    near(calls.calls.unwrap().estimate, came_in);
    // Whom an agent sends on may still abandon, and was served nevertheless.
    let spoken = calls.spoken.unwrap().estimate * came_in;
    assert!(spoken > count(&calls.outcomes, "answered"));
    near(calls.served.unwrap().estimate, (spoken + count(&calls.outcomes, "self_served")) / came_in);
    let callbacks = &paths.callbacks[0];
    near(callbacks.promised.unwrap().estimate, count(&calls.arrivals, "callback"));
    near(count(&callbacks.outcomes, ""), count(&calls.arrivals, "callback"));
    near(count(&callbacks.outcomes, "unreached"), count(&calls.outcomes, "unreached"));
    let crm = &paths.services[0];
    near(crm.calls.unwrap().estimate, count(&step("who is it").exits, ""));
    near(crm.retries.unwrap().estimate + crm.failures.unwrap().estimate, crm.failed.unwrap().estimate + crm.throttled.unwrap().estimate);
    assert!(paths.queues.iter().any(|queue| queue.rang_s.unwrap().estimate > 0.0));

    let metric = |name: &str| {
        let metric = results.outline().metric(name).unwrap();
        results.across().estimate(results.outline(), &metric, results.confidence())
    };
    for (name, figure) in [
        ("total.calls", calls.calls),
        ("total.served", calls.served),
        ("total.spoken", calls.spoken),
        ("total.self_served", calls.self_served),
        ("total.blocked", calls.blocked),
        ("total.to_agent_s", calls.to_agent_s),
        ("help.diverted", report.queues[0].figures.diverted),
    ] {
        assert!(figure.is_some() && metric(name) == figure, "{name}");
    }
    // Every call that came in tried a carrier first; who was refused by one got a line of another, or none at all.
    let refused: f64 = paths.carriers.iter().map(|carrier| carrier.refused.unwrap().estimate).sum();
    let elsewhere: f64 = paths.carriers.iter().map(|carrier| carrier.failed_over.unwrap().estimate).sum();
    near(refused - elsewhere, count(&calls.outcomes, "blocked") * paths.carriers.len() as f64);

    let part = |number| {
        let part = experiment.run_part(waitline::experiment::Shard { number, of: 2 }).unwrap();
        (number.to_string(), part.to_text())
    };
    let merged = waitline::experiment::Part::merge_texts(&[part(2), part(1)]).unwrap();
    assert_eq!(merged.report(), report);
    let csv = {
        let mut text = Vec::new();
        waitline::report::Reporter::write(&waitline::report::Csv, &report, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    for line in [
        "source,calls,,ended.self_served,",
        "step,main.are we open,,taken_share.closed,",
        "carrier,north,,in_use.max,",
        "ways,,,served,",
        "service,crm,,retries,",
        "callback,calls,,ended.answered,",
    ] {
        assert!(csv.contains(line), "{line}");
    }
    let plain = waitline::Scenario::open("scenarios/savings-overflow.toml").unwrap().compile().unwrap();
    let plain = Experiment::new(&plain).replications(2).run().unwrap().report();
    assert!(plain.paths.is_none() && plain.total.diverted.is_none());
}

/// By hand, from the trace beside the scenario.
#[test]
fn lines_refuse_and_fill_up_as_worked_out_by_hand() {
    let scenario = waitline::Scenario::open("scenarios/semantics/path-lines.toml").unwrap();
    let report = Experiment::new(&scenario.compile().unwrap()).replications(1).run().unwrap().report();
    let rows = report.paths.unwrap().carriers.into_iter().map(|row| {
        let value = |figure: waitline::report::Figure| figure.unwrap().estimate;
        (
            row.carrier,
            value(row.calls),
            value(row.refused),
            value(row.failed_over),
            value(row.in_use) * 120.0,
            value(row.full_share) * 120.0,
        )
    });
    let rows: Vec<_> =
        rows.map(|(name, calls, refused, over, busy, full)| (name, calls, refused, over, busy.round(), full.round())).collect();
    // North: c-3 from 5 to 25 and c-4 from 20 to 50; south: c-1 from 0 to 20. c-1 and twice c-2 are refused by north, c-2 by south too.
    assert_eq!(rows, [("north".into(), 2.0, 3.0, 1.0, 50.0, 5.0), ("south".into(), 1.0, 2.0, 0.0, 20.0, 20.0)]);
}

/// Two calls hear a prompt of 12 s each; one agent talks for 20 s, so that the second, 5 s later, waits 15 s.
#[test]
fn times_add_up_from_the_ring_to_the_agent() {
    let text = r#"
version = 1
name = "times"
[run]
horizon = "10m"
[[queue]]
name = "q"
handle_time = { distribution = "constant", value = "20s" }
[[routing_profile]]
name = "p"
queues = [{ queue = "q", priority = 1 }]
[[agents]]
routing_profile = "p"
count = 1
[[flow]]
name = "main"
[[flow.step]]
name = "welcome"
block = "prompt"
duration = { distribution = "constant", value = "12s" }
[[flow.step]]
name = "queue"
block = "queue"
queue = "q"
[[source]]
name = "calls"
flow = "main"
arrivals = { process = "scheduled", times = ["0s", "5s"] }
"#;
    let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
    let calls = Experiment::new(&model).replications(1).run().unwrap().report().paths.unwrap().sources.remove(0);
    let value = |figure: waitline::report::Figure| figure.unwrap().estimate;
    assert_eq!([calls.in_flows_s, calls.waited_s, calls.to_agent_s, calls.served].map(value), [12.0, 7.5, 19.5, 1.0]);
}
