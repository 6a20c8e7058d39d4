//! Each rule shown by a small world with a trace worked out by hand: scenarios/semantics.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use waitline::observers::{Audit, Trace};
use waitline::random::Streams;
use waitline::{Model, Scenario, SourceId};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/semantics")
}

/// The names of the files with that ending.
fn names(ending: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder()).expect("the folder is there").map(|file| file.expect("it can be read").path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == ending))
        .map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned())
        .collect()
}

fn model(name: &str) -> Model {
    let path = folder().join(format!("{name}.toml"));
    Scenario::open(path).and_then(|scenario| scenario.compile()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn trace(model: &Model) -> String {
    let mut observers = (Trace::new(model, 0, Vec::new()), Audit::new(model, model.run.seed, 0));
    waitline::run(model, Streams::new(model.run.seed, 0), &mut observers).expect("no limit is met");
    observers.1.finish().expect("the laws are kept");
    String::from_utf8(observers.0.finish().expect("a Vec takes everything")).expect("a trace is text")
}

#[test]
fn every_scenario_has_a_trace_and_every_trace_a_scenario() {
    assert_eq!(names("toml"), names("trace"));
    assert!(names("toml").len() >= 40);
}

#[test]
fn the_engine_does_what_was_worked_out_by_hand() {
    let mut wrong = String::new();
    for name in names("toml") {
        let expected = std::fs::read_to_string(folder().join(format!("{name}.trace"))).expect("the trace is there");
        let told = trace(&model(&name));
        if told != expected {
            wrong += &format!("{name}\n");
            let (told, expected): (Vec<&str>, Vec<&str>) = (told.lines().collect(), expected.lines().collect());
            for line in 0..told.len().max(expected.len()) {
                let (told, expected) = (told.get(line).unwrap_or(&"-"), expected.get(line).unwrap_or(&"-"));
                let mark = if told == expected { ' ' } else { '!' };
                wrong += &format!("{mark} {expected:60} | {told}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "expected | told\n{wrong}");
}

/// The engine has a faster loop for worlds without contact priority and age. Another source, which sends nobody but has another priority, makes it take the
/// other loop: the facts must be the same.
#[test]
fn both_loops_of_the_engine_agree() {
    for name in names("toml") {
        let plain = model(&name);
        let mut ranked = model(&name);
        let queue = ranked.sources[SourceId(0)].queue;
        for priority in [77, 78] {
            let arrivals = Box::new(waitline::model::Scheduled::new(Vec::new()).expect("no instant is before 0"));
            ranked.sources.push(waitline::model::Source {
                name: "nobody".into(),
                queue,
                flow: None,
                channel: waitline::model::Channel::Voice,
                outbound: false,
                criteria: None,
                priority,
                age_us: 0,
                arrivals,
                given: Vec::new(),
            });
        }
        assert_eq!(trace(&plain), trace(&ranked), "{name}");
    }
}

/// Centers with paths to service have a loop of their own. More lines than calls change nothing, but need it: apart from what is told of lines and ways, the facts must be the same.
#[test]
fn the_loop_with_paths_agrees() {
    let mut compared = 0;
    for name in names("toml") {
        let plain = model(&name);
        if plain.has_paths() {
            continue;
        }
        let mut with_lines = model(&name);
        with_lines.paths.telephony.quota = Some(u32::MAX);
        let of_paths = |line: &&str| ["arrived", "seized", "released", "departed"].contains(&line.split(' ').nth(1).unwrap_or(""));
        let told: Vec<String> = trace(&with_lines).lines().filter(|line| !of_paths(line)).map(String::from).collect();
        assert_eq!(trace(&plain).lines().collect::<Vec<_>>(), told, "{name}");
        compared += 1;
    }
    assert!(compared > 60);
}
