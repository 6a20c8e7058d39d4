//! A real day, call by call: the bank's 3 February 1999 from the shared data, replayed on a roster made from who answered when.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use waitline::observers::{Audit, Summary};
use waitline::random::Streams;
use waitline::{QueueId, Scenario};

const HEADER: &str = r#"
version = 1
name = "1999-02-03"
[run]
horizon = "24h"
replications = 1
"#;

#[test]
fn a_real_day_replayed() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/bank-1999/calls_1999-02-03.csv");
    let Ok(mut reader) = csv::Reader::from_path(&file) else {
        println!("skipped: {} is not here", file.display());
        return;
    };
    let mut contacts = String::from("contact,queue,arrival_s,handle_s,patience_s,age_s\n");
    let mut seen: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut offered: BTreeMap<String, u64> = BTreeMap::new();
    for (number, row) in reader.records().enumerate() {
        let row = row.unwrap();
        let cell = |name: &str| {
            let columns = ["vru_entry_s", "offered_s", "type", "priority", "queued", "wait_s", "outcome", "service_s", "agent"];
            row.get(columns.iter().position(|column| *column == name).unwrap()).unwrap()
        };
        // Who hung up had that much patience; of the others it is only known that they had more.
        let (patience, handle) = if cell("outcome") == "HANG" { (cell("wait_s"), "") } else { ("", cell("service_s")) };
        let age = if cell("priority") == "2" { "90" } else { "" };
        let _ = writeln!(contacts, "call-{number},{},{},{handle},{patience},{age}", cell("type"), cell("offered_s"));
        *offered.entry(cell("type").to_string()).or_default() += 1;
        if !cell("agent").is_empty() {
            let start: u64 = cell("offered_s").parse::<u64>().unwrap() + cell("wait_s").parse::<u64>().unwrap();
            let end = start + cell("service_s").parse::<u64>().unwrap();
            let shift = seen.entry(cell("agent").to_string()).or_insert((start, end));
            *shift = (shift.0.min(start), shift.1.max(end));
        }
    }
    let mut roster = String::from("agent,routing_profile,start_s,end_s\n");
    for (agent, (start, end)) in &seen {
        let _ = writeln!(roster, "{agent},everything,{start},{}", end + 1);
    }
    let mut text = String::from(HEADER);
    for queue in offered.keys() {
        let _ = write!(text, "[[queue]]\nname = \"{queue}\"\nhandle_time = {{ distribution = \"exponential\", mean = \"3m\" }}\n");
    }
    let entries: Vec<String> = offered.keys().map(|queue| format!("{{ queue = \"{queue}\", priority = 1 }}")).collect();
    let _ = write!(text, "[[routing_profile]]\nname = \"everything\"\nqueues = [{}]\n", entries.join(", "));
    text += "[[agents]]\nroster = \"roster.csv\"\n[[source]]\nname = \"calls\"\ncontacts = \"contacts.csv\"\n";
    let mut scenario: Scenario = text.parse().unwrap();
    scenario.attach("contacts.csv", contacts.into_bytes());
    scenario.attach("roster.csv", roster.into_bytes());
    let model = scenario.compile().unwrap();
    let mut observers = (Summary::new(&model), Audit::new(&model, 1, 0));
    waitline::run(&model, Streams::new(1, 0), &mut observers).unwrap();
    observers.1.finish().unwrap();
    for (index, (queue, count)) in offered.iter().enumerate() {
        assert_eq!(observers.0.queue(QueueId(index as u32)).offered(), *count, "{queue}");
    }
    assert!(observers.0.total().answered > 1_000);
}
