//! What is reported of agents: small worlds by hand, and large ones against each other.

// Ratios of small whole numbers, computed once: they are equal or wrong.
#![allow(clippy::float_cmp)]

use std::path::Path;
use std::process::{Command, Output};
use waitline::experiment::{Part, Shard};
use waitline::report::{AgentFigures, Csv, Json, Reporter};
use waitline::{Experiment, Scenario};

fn waitline(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waitline")).args(arguments).current_dir(folder).output().unwrap()
}

fn printed(arguments: &[&str], folder: &Path) -> String {
    let output = waitline(arguments, folder);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The rows of `--agents`, without replication and profile.
fn agents(scenario: &str, folder: &Path) -> Vec<String> {
    let text = printed(&["run", scenario, "--agents", "-"], folder);
    let cut = |row: &str| {
        let cells: Vec<&str> = row.split(',').collect();
        [&cells[1..2], &cells[3..]].concat().join(",")
    };
    text.lines().skip(1).map(cut).collect()
}

/// Two chats, from 0 to 10 min and from 5 to 15 min, in a shift of half an hour: occupancy 50 %, concurrency 20/30.
#[test]
fn two_chats_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = r#"
version = 1
name = "two chats"
[run]
horizon = "30m"
at_horizon = "stop"
replications = 1
interval = "10m"
[[queue]]
name = "chats"
handle_time = { distribution = "constant", value = "10m" }
[[routing_profile]]
name = "writer"
queues = [{ queue = "chats", channel = "chat", priority = 1 }]
chat = { at_once = 2 }
[[agents]]
routing_profile = "writer"
count = 1
[[source]]
name = "chatters"
channel = "chat"
contacts = "chats.csv"
"#;
    std::fs::write(folder.path().join("chats.toml"), scenario).unwrap();
    std::fs::write(folder.path().join("chats.csv"), "contact,queue,arrival_s,handle_s,patience_s\na,chats,0,,\nb,chats,300,,\n").unwrap();
    assert_eq!(agents("chats.toml", folder.path()), ["writer-1,1800,1800,0,900,1200,900,0.5,0.6666666666666666,2,0,0,0,0,0,0,0,900"]);
    let json: serde_json::Value = serde_json::from_str(&printed(&["run", "chats.toml", "--format", "json"], folder.path())).unwrap();
    let estimate = |pointer: &str| json.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"))["estimate"].as_f64().unwrap();
    assert_eq!(estimate("/agents/routing_profiles/0/occupancy"), 0.5);
    assert_eq!(estimate("/agents/routing_profiles/0/concurrency"), 20.0 / 30.0);
    assert_eq!(estimate("/agents/total/idle_s"), 900.0);
    // The occupancy that every report has is that of agents too, in all and in each interval.
    assert_eq!(estimate("/routing_profiles/0/occupancy"), 0.5);
    let by_interval = [0, 1, 2].map(|interval| estimate(&format!("/routing_profile_intervals/{interval}/occupancy")));
    assert_eq!(by_interval, [1.0, 0.5, 0.0]);
    assert_eq!(json.pointer("/agents/total/answer_rate"), Some(&serde_json::Value::Null)); // nothing rings
    assert_eq!(json.pointer("/agents/total/occupancy_spread"), Some(&serde_json::Value::Null)); // one agent does not differ
    // The second stretches the first: 5 min are left of it when the second begins, and take 6 with a fifth more each; then 4 min of 10 x 1.2.
    let slower = scenario.replace("at_once = 2", "at_once = 2, slowdown = 0.2").replace("stop", "drain");
    std::fs::write(folder.path().join("chats.toml"), slower).unwrap();
    let log = printed(&["run", "chats.toml", "--contacts", "-"], folder.path());
    let rows: Vec<&str> = log.lines().skip(1).collect();
    assert_eq!(
        rows,
        ["1,a,chatters,chats,0,answered,0,0,writer-1,writer,660,660", "1,b,chatters,chats,300,answered,300,0,writer-1,writer,660,960"]
    );
}

/// Golden worlds of offers and breaks, whose traces tell the same.
#[test]
fn offers_and_breaks_by_hand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of = |name: &str| agents(&format!("scenarios/semantics/{name}.toml"), root);
    // Each rings twice: 20 s without an answer and 10 s until the customer hangs up.
    assert_eq!(of("offer-missed"), ["desk-1,120,120,0,0,0,120,0,0,0,2,0,1,0,1,30,0,0", "desk-2,120,120,0,0,0,120,0,0,0,2,0,1,0,1,30,0,0"]);
    // Abandoned, and a non-response; then 5 s of ringing that belong to idle time.
    assert_eq!(of("offer-hang-up"), ["desk-1,120,120,0,60,60,60,0.5,0.5,1,2,1,0,0,1,8,0,60"]);
    assert_eq!(
        of("break-while-idle"),
        ["ana,100,80,20,0,0,80,0,0,0,0,0,0,0,0,0,0,0", "bob,30,30,0,5,5,25,0.16666666666666666,0.16666666666666666,1,0,0,0,0,0,0,0,5"]
    );
    let text = printed(&["run", "scenarios/semantics/offer-hang-up.toml"], root);
    assert!(text.contains("\nAgents, per replication") && text.contains("\nOffers to agents, per replication"), "{text}");
    let text = printed(&["run", "scenarios/semantics/break-while-idle.toml"], root);
    assert!(text.contains("\nAgents, per replication") && !text.contains("Offers to agents"), "{text}");
}

const MIXED: &str = r#"
version = 1
name = "chats and calls"
[run]
horizon = "3h"
warm_up = "20m"
replications = 12
[[queue]]
name = "calls"
handle_time = { distribution = "exponential", mean = "4m" }
patience = { distribution = "exponential", mean = "3m" }
[[queue]]
name = "chats"
handle_time = { distribution = "exponential", mean = "6m" }
[[routing_profile]]
name = "phone"
queues = [{ queue = "calls", priority = 1 }]
offers = { accept = { distribution = "exponential", mean = "5s" }, missed = "5%", rejected = "2%", recovery = { distribution = "constant", value = "30s" } }
[[routing_profile]]
name = "mixed"
queues = [{ queue = "chats", channel = "chat", priority = 1 }, { queue = "calls", priority = 2 }]
chat = { at_once = 3, slowdown = 0.2 }
[[agents]]
routing_profile = "phone"
count = 4
[[agents]]
routing_profile = "mixed"
count = 3
[[source]]
name = "callers"
queue = "calls"
arrivals = { process = "poisson", rate = "60/h" }
[[source]]
name = "chatters"
queue = "chats"
channel = "chat"
arrivals = { process = "poisson", rate = "40/h" }
"#;

fn value(figure: waitline::report::Figure) -> f64 {
    figure.expect("it exists").estimate
}

#[test]
fn agents_are_reported_the_same_everywhere() {
    let model = MIXED.parse::<Scenario>().unwrap().compile().unwrap();
    let results = Experiment::new(&model).run().unwrap();
    let report = results.report();
    let agents = report.agents.as_ref().unwrap();
    let [phone, mixed] = &agents.routing_profiles[..] else { panic!("two profiles") };
    assert_eq!([phone, mixed].map(|row| row.routing_profile.as_str()), ["phone", "mixed"]);
    for (row, plain) in agents.routing_profiles.iter().zip(&report.routing_profiles) {
        assert_eq!(row.occupancy, plain.occupancy);
        assert_eq!(row.staffed_s, plain.staffed_s);
        assert_eq!(row.contact_s, plain.handling_s);
        assert!(value(row.occupancy_lowest) < value(row.occupancy) && value(row.occupancy) < value(row.occupancy_highest));
        // Nobody is farther from the middle than half the range.
        assert!(value(row.occupancy_spread) * 2.0 <= value(row.occupancy_highest) - value(row.occupancy_lowest));
        assert_eq!(value(row.non_productive_s), 0.0);
    }
    // One call at a time: concurrency is occupancy.
    assert_eq!(phone.concurrency, phone.occupancy);
    assert!(value(mixed.concurrency) > 1.2 && value(mixed.occupancy) < 1.0);
    assert!((value(phone.offers) - value(phone.accepted) - value(phone.non_response)).abs() < 1e-9); // nothing rings when a drained run ends
    assert_eq!(mixed.answer_rate, None);
    assert_eq!(value(phone.off_skill), 0.0);
    assert!(value(mixed.off_skill) > 0.01);
    // With one thread or several, in parts or in one: the same.
    assert_eq!(Experiment::new(&model).threads(1).run().unwrap().report(), report);
    let part = |number: u64| (number.to_string(), Experiment::new(&model).run_part(Shard { number, of: 3 }).unwrap().to_text());
    assert_eq!(Part::merge_texts(&[part(3), part(1), part(2)]).unwrap().report(), report);
    // In JSON and in CSV: the same.
    let written = |reporter: &dyn Reporter| {
        let mut bytes = Vec::new();
        reporter.write(&report, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let json: serde_json::Value = serde_json::from_str(&written(&Json)).unwrap();
    let csv = written(&Csv);
    let rows: Vec<&str> = csv.lines().filter(|line| line.starts_with("agents,")).collect();
    let fields = json["agents"]["total"].as_object().unwrap();
    assert_eq!(rows.len(), 3 * (fields.len() - 1)); // all but the name
    for (name, row) in [("phone", &json["agents"]["routing_profiles"][0]), ("", &json["agents"]["total"])] {
        for (metric, figure) in row.as_object().unwrap().iter().filter(|(metric, _)| *metric != "routing_profile") {
            let row =
                rows.iter().find(|row| row.starts_with(&format!("agents,{name},,{metric},"))).unwrap_or_else(|| panic!("no {metric}"));
            let expected = figure["estimate"].as_f64().map(|estimate| estimate.to_string()).unwrap_or_default();
            assert_eq!(row.rsplit(',').nth(1), Some(expected.as_str()), "{metric}");
        }
    }
    // As metrics: the same.
    for (metric, figure) in [
        ("mixed.concurrency", mixed.concurrency),
        ("phone.answer_rate", phone.answer_rate),
        ("phone.non_response", phone.non_response),
        ("total.non_productive_s", agents.total.non_productive_s),
        ("mixed.longest_run_s", mixed.longest_run_s),
        ("mixed.off_skill", mixed.off_skill),
        ("total.occupancy_spread", agents.total.occupancy_spread),
    ] {
        let outline = model.outline();
        let metric = outline.metric(metric).unwrap();
        assert_eq!(results.across().estimate(&outline, &metric, results.confidence()), figure, "{metric}");
    }
}

type OfReport = fn(&AgentFigures) -> waitline::report::Figure;

/// Rows of agents and the report are of the same facts.
#[test]
fn rows_of_agents_add_up_to_the_report() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mixed.toml"), MIXED).unwrap();
    let rows = printed(&["run", "mixed.toml", "--agents", "-"], folder.path());
    assert_eq!(rows.lines().count(), 1 + 12 * 7);
    let model = MIXED.parse::<Scenario>().unwrap().compile().unwrap();
    let report = Experiment::new(&model).run().unwrap().report().agents.unwrap();
    let titles: Vec<&str> = rows.lines().next().unwrap().split(',').collect();
    let columns: [(&str, OfReport); 8] = [
        ("staffed_s", |row| row.staffed_s),
        ("contact_s", |row| row.contact_s),
        ("handle_s", |row| row.handle_s),
        ("idle_s", |row| row.idle_s),
        ("answered", |row| row.answered),
        ("offers", |row| row.offers),
        ("no_answer", |row| row.no_answer),
        ("hung_up", |row| row.hung_up),
    ];
    for (title, of_report) in columns {
        let place = titles.iter().position(|other| *other == title).unwrap();
        for row in &report.routing_profiles {
            let own = rows.lines().map(|line| line.split(',').collect::<Vec<_>>()).filter(|cells| cells[2] == row.routing_profile);
            let sum: f64 = own.map(|cells| cells[place].parse::<f64>().unwrap()).sum();
            let expected = value(of_report(row)) * 12.0;
            assert!((sum - expected).abs() <= 1e-9 * expected, "{title} of {}: {sum} and {expected}", row.routing_profile);
        }
    }
}

/// Where agents take one call at a time there is nothing to say of it, and nothing to ask for.
#[test]
fn a_center_of_calls_reports_as_before() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output =
        waitline(&["compare", "scenarios/savings-overflow.toml", "--set", "agents.senior.count=7", "--metric", "senior.concurrency"], root);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = "senior.concurrency is of agents who hold several contacts at once, are offered contacts or are in states, and savings-overflow has none such";
    assert!(said.contains(expected), "{said}");
    let report = Experiment::new(&Scenario::open(root.join("scenarios/savings-overflow.toml")).unwrap().compile().unwrap())
        .replications(2)
        .run()
        .unwrap()
        .report();
    assert_eq!(report.agents, None);
    let mut text = Vec::new();
    Json.write(&report, &mut text).unwrap();
    assert!(!String::from_utf8(text).unwrap().contains("\"agents\": {"));
}

/// One design has what the other lacks: only what both have is compared.
#[test]
fn designs_are_compared_by_what_agents_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mixed.toml"), MIXED).unwrap();
    let text = printed(
        &[
            "compare",
            "mixed.toml",
            "--set",
            "profile.phone.offers.missed=20%",
            "--metric",
            "phone.non_response",
            "--metric",
            "total.occupancy_spread",
        ],
        folder.path(),
    );
    assert!(text.contains("phone.non_response rises by") && text.contains("total.occupancy_spread %"), "{text}");
    let expects = format!(
        "{MIXED}\n[[expect]]\nmetric = \"mixed.concurrency\"\nat_least = 1\n[[expect]]\nmetric = \"phone.answer_rate\"\nat_most = \"70%\"\n"
    );
    std::fs::write(folder.path().join("expects.toml"), expects).unwrap();
    let gated = waitline(&["gate", "expects.toml"], folder.path());
    assert_eq!(gated.status.code(), Some(1));
    let said = String::from_utf8(gated.stdout).unwrap();
    assert!(said.contains("mixed.concurrency at least 1") && said.contains("phone.answer_rate at most 70 %"), "{said}");
    let selected = printed(
        &["compare", "mixed.toml", "--set", "profile.phone.offers.missed=1%,30%", "--best", "phone.answer_rate", "--indifference", "2%"],
        folder.path(),
    );
    assert!(selected.contains("=> profile.phone.offers.missed=1% has the best phone.answer_rate"), "{selected}");
}
