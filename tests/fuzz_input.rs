//! Whatever stands in a file, reading it ends, and ends without a panic: in a model or in a list of problems.

use proptest::prelude::*;
use waitline::Scenario;

const SCENARIO: &str = include_str!("../scenarios/bank-1999/weekday.toml");
/// Every block of paths to service.
const PATHS: &str = include_str!("hostile/everything.toml");
const SMALL: &str = r#"
version = 1
name = "fuzz"
[run]
horizon = "8h"
[[queue]]
name = "savings"
service_level = [{ within = "20s", target = 0.8 }, { within = "1m", comparator = "<" }]
handle_time = { distribution = "mixture", weights = [1, 2.5], of = [{ distribution = "gamma", mean = "1m", cv = 0.5 }, { distribution = "empirical", file = "e.csv" }] }
[[routing_profile]]
name = "saver"
queues = [{ queue = "savings", priority = 1, delay = "15s", weight = 2.0 }]
[[agents]]
roster = "r.csv"
late = { distribution = "exponential", mean = "2m" }
breaks_start_late = { distribution = "constant", value = "30s" }
breaks_end_late = { distribution = "empirical", file = "e.csv" }
[[agents]]
skills = "k.csv"
[[agents]]
staffing = "h.csv"
starts_at = "07:00"
[[source]]
name = "calls"
queue = "savings"
arrivals = { process = "poisson", rates = "v.csv", busyness = { cv = 0.1 } }
[[source]]
name = "replay"
contacts = "c.csv"
age = "-30s"
[[source]]
name = "switching"
queue = "savings"
arrivals = { process = "markov_modulated", rates = ["10/h", "30/h"], sojourns = ["1h", "10m"] }
[[expect]]
metric = "savings.service_level"
at_least = "80%"
at_most = 0.9
confidence = 0.99
"#;

const FILES: [(&str, &str); 6] = [
    ("e.csv", "at_s,surviving\n10,0.9\n60,0.4\n"),
    ("r.csv", "agent,routing_profile,start_s,end_s,activity\nann,saver,0,3600,\nann,saver,7200,,shift\nann,,600,900,break\n"),
    ("k.csv", "agent,savings\nbob,x\n"),
    ("h.csv", "time,saver\n07:00,3\n07:30,2\n"),
    ("v.csv", "queue,start_s,length_s,offered\nsavings,0,1800,10\nsavings,1800,1800,20.5\n"),
    ("c.csv", "contact,queue,arrival_s,handle_s,patience_s,priority,age_s\nc1,savings,0,60,,1,\nc2,savings,5.5,,20,,90\n"),
];

/// Parses and compiles: nothing may panic.
fn read(text: &str, files: &[(&str, Vec<u8>)]) {
    if let Ok(mut scenario) = text.parse::<Scenario>() {
        for (name, content) in files {
            scenario.attach(name, content.clone());
        }
        let _ = scenario.compile();
    }
}

fn untouched() -> Vec<(&'static str, Vec<u8>)> {
    FILES.iter().map(|&(name, content)| (name, content.as_bytes().to_vec())).collect()
}

#[test]
fn what_is_mutated_here_is_fine_at_first() {
    let mut scenario: Scenario = SMALL.parse().unwrap();
    for (name, content) in untouched() {
        scenario.attach(name, content);
    }
    let model = scenario.compile().unwrap();
    waitline::run(&model, waitline::random::Streams::new(1, 0), &mut ()).unwrap();
}

/// Cuts, doubles, replaces and inserts, at any place.
fn mutate(text: &mut Vec<u8>, edits: &[(usize, u8, Vec<u8>)]) {
    for (at, kind, bytes) in edits {
        let at = at % (text.len() + 1);
        match kind % 4 {
            0 => text.truncate(at),
            1 => drop(text.splice(at..at, bytes.iter().copied())),
            2 => {
                let end = (at + bytes.len()).min(text.len());
                drop(text.splice(at..end, bytes.iter().copied()));
            }
            _ => {
                let end = (at + 7 * bytes.len()).min(text.len());
                let piece = text[at..end].to_vec();
                drop(text.splice(at..at, piece));
            }
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<(usize, u8, Vec<u8>)>> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..6),
        Just(b"\"".to_vec()),
        Just(b"[[".to_vec()),
        Just(b"-1".to_vec()),
        Just(b"1e308".to_vec()),
        Just(b"nan".to_vec()),
        Just(b"99999999999999999999".to_vec()),
        Just(b",".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"= { ".to_vec()),
        Just("\u{feff}µ".as_bytes().to_vec()),
    ];
    proptest::collection::vec((any::<usize>(), any::<u8>(), bytes), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_scenarios(edits in edits(), which in 0..3_usize) {
        let mut text = [SCENARIO, SMALL, PATHS][which].as_bytes().to_vec();
        mutate(&mut text, &edits);
        read(&String::from_utf8_lossy(&text), &untouched());
    }

    #[test]
    fn mutated_files(edits in edits(), which in 0..FILES.len()) {
        let mut files = untouched();
        mutate(&mut files[which].1, &edits);
        read(SMALL, &files);
    }

    #[test]
    fn texts_from_nowhere(letters in proptest::collection::vec(any::<char>(), 0..200)) {
        let text: String = letters.into_iter().collect();
        read(&text, &[]);
        let _ = text.parse::<waitline::Span>();
        let _ = text.parse::<waitline::scenario::Rate>();
        let _ = waitline::compile::group_by_skills("x.csv", text.as_bytes());
    }
}
