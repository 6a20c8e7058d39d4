//! Every scenario and example that is shipped runs, and does what its header says.

use std::path::{Path, PathBuf};
use std::process::Command;
use waitline::observers::{Audit, Summary};
use waitline::random::Streams;
use waitline::{Model, QueueId, Scenario, Time};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name)
}

fn model(name: &str) -> Model {
    Scenario::open(path(name)).and_then(|scenario| scenario.compile()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All scenarios below a folder, but for the small worlds of tests/semantics.rs.
fn scenarios(folder: &Path, found: &mut Vec<PathBuf>) {
    for file in std::fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("it can be read").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "semantics") {
            scenarios(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_scenario_runs_and_keeps_the_laws() {
    let mut found = Vec::new();
    scenarios(&path(""), &mut found);
    assert!(found.len() >= 13, "{found:?}");
    for path in found {
        let mut model = Scenario::open(&path).and_then(|scenario| scenario.compile()).unwrap_or_else(|error| panic!("{error}"));
        // The long ones are cut: the audit looks at everything.
        let expected: f64 = model.sources.iter().filter_map(|source| source.arrivals.expected(Time::START, model.run.horizon)).sum();
        if expected > 3_000.0 {
            model.run.horizon = Time::from_us((model.run.horizon.as_us() as f64 * 3_000.0 / expected) as i64);
            model.run.warm_up = Time::START;
        }
        let mut observers = (Summary::new(&model), Audit::new(&model, 1, 0));
        waitline::run(&model, Streams::new(1, 0), &mut observers).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        observers.1.finish().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(observers.0.total().answered > 0, "{}", path.display());
    }
}

#[test]
fn the_bank_comes_near_its_real_figures() {
    let (mut offered, mut abandoned, mut wait_s, mut answered, mut within) = (0, 0, 0.0, 0, 0);
    let model = model("bank-1999/weekday.toml");
    let results = waitline::Experiment::new(&model).run().unwrap();
    for replication in 0..model.run.replications {
        let mut summary = Summary::new(&model);
        waitline::run(&model, Streams::new(model.run.seed, replication), &mut summary).unwrap();
        let total = summary.total();
        offered += total.offered();
        abandoned += total.abandoned;
        answered += total.answered;
        within += total.answered_within;
        wait_s += total.wait_answered_us as f64 / 1e6;
    }
    let days = model.run.replications as f64;
    assert!((1356.0..1566.0).contains(&(offered as f64 / days)));
    // 14.9 % abandoned (the calibrated figure), ASA 54.6 s, 47 % within 20 s; the README has the half-widths.
    assert!((abandoned as f64 / offered as f64 - 0.149).abs() < 0.01);
    assert!((wait_s / answered as f64 - 54.6).abs() < 4.0);
    assert!((within as f64 / offered as f64 - 0.47).abs() < 0.05);
    assert!(results.report().to_string().contains("14.5 ± 0.6"), "the README quotes this");
}

#[test]
fn weights_help_the_queue_that_strict_priority_starves() {
    let abandoned = |name| {
        let mut summary = Summary::new(&model(name));
        waitline::run(&model(name), Streams::new(1, 0), &mut summary).unwrap();
        [QueueId(0), QueueId(1)].map(|queue| summary.queue(queue).abandoned as f64 / summary.queue(queue).offered() as f64)
    };
    let ([gold, iron], [gold_weighted, iron_weighted]) = (abandoned("strict.toml"), abandoned("weighted.toml"));
    assert!(gold < gold_weighted && iron > iron_weighted && gold < iron);
}

#[test]
fn thirteen_agents_have_four_sets_of_skills() {
    let model = model("skills-matrix/center.toml");
    assert_eq!((model.agents.len(), model.profiles.len()), (13, 4));
    let output = Command::new(env!("CARGO_BIN_EXE_waitline")).arg("profiles").arg(path("skills-matrix/skills.csv")).output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("13 agents, 4 routing profiles\n"));
}

/// The profiles that `waitline profiles --format toml` prints are those that the matrix itself makes.
#[test]
fn printed_profiles_can_be_pasted() {
    let output = Command::new(env!("CARGO_BIN_EXE_waitline"))
        .args(["profiles", "--format", "toml"])
        .arg(path("skills-matrix/skills.csv"))
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let text = std::fs::read_to_string(path("skills-matrix/center.toml")).unwrap();
    let pasted = text.replace("[[agents]]\nskills = \"skills.csv\"\n", &printed).parse::<Scenario>().unwrap().compile().unwrap();
    let names = |model: &Model| {
        let mut names: Vec<String> = model.profiles.iter().map(|profile| profile.name.clone()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&pasted), names(&model("skills-matrix/center.toml")));
}

#[test]
fn every_example_runs() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut ran = 0;
    for file in std::fs::read_dir(examples).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let output = Command::new(env!("CARGO"))
                .args(["run", "--quiet", "--example", &name])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .output()
                .unwrap();
            assert!(output.status.success() && !output.stdout.is_empty(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            ran += 1;
        }
    }
    assert!(ran >= 3);
}
