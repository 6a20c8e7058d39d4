//! The program as its users meet it: output, exit codes, help.

mod common;

use common::{text, waitline};

#[test]
fn exit_codes() {
    for (code, arguments) in [
        (0, vec!["run", "scenarios/savings-overflow.toml", "--replications", "2", "--audit"]),
        (0, vec!["check", "scenarios/strict.toml", "scenarios/bank-1999/weekday.toml"]),
        (2, vec!["check", "scenarios/strict.toml", "tests/errors/unknown-key.toml"]),
        (2, vec!["run", "nowhere.toml"]),
        (2, vec!["run"]),
        (2, vec!["fly"]),
        (0, vec!["erlang", "c", "--rate", "360/h", "--handle-time", "4m", "--target", "80%"]),
        (0, vec!["erlang", "a", "--rate", "360/h", "--handle-time", "4m", "--patience", "2m", "--agents", "30", "--target", "80%"]),
        (1, vec!["erlang", "a", "--rate", "360/h", "--handle-time", "4m", "--patience", "2m", "--agents", "20", "--target", "80%"]),
        (1, vec!["erlang", "c", "--rate", "360/h", "--handle-time", "4m", "--agents", "20"]),
        (0, vec!["erlang", "b", "--rate", "360/h", "--handle-time", "4m", "--blocking", "1%"]),
        (2, vec!["erlang", "b", "--rate", "360", "--handle-time", "4m", "--blocking", "1%"]),
        (2, vec!["erlang", "c", "--rate", "360/h", "--handle-time", "4m"]),
        (2, vec!["profiles", "tests/errors/skills-skills.csv"]),
        (0, vec!["schema"]),
        (0, vec!["--help"]),
    ] {
        let output = waitline(&arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        // What is asked for goes to standard output, what is wrong to standard error.
        assert_eq!(output.stdout.is_empty(), code == 2 && arguments[0] != "check", "{arguments:?}");
    }
}

#[test]
fn every_subcommand_shows_examples() {
    for subcommand in ["run", "check", "compare", "gate", "long-run", "merge", "rerun", "erlang", "profiles", "schema"] {
        let help = text(&waitline(&[subcommand, "--help"]).stdout);
        assert!(help.contains(&format!("waitline {subcommand} ")), "{help}");
        assert!(help.contains("Example"), "{help}");
    }
}

#[test]
fn the_schema_is_json_and_knows_every_key() {
    let schema: serde_json::Value = serde_json::from_slice(&waitline(&["schema"]).stdout).expect("it is JSON");
    for key in ["version", "name", "run", "policy", "queue", "routing_profile", "agents", "source", "expect"] {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
}

#[test]
fn check_says_what_it_has_read() {
    let output = text(&waitline(&["check", "scenarios/bank-1999/weekday.toml"]).stdout);
    for part in ["`bank-1999-weekday` is fine", "queues", "11", "expected contacts up to the horizon: 1436.0"] {
        assert!(output.contains(part), "{output}");
    }
    let output = text(&waitline(&["check", "scenarios/gate.toml"]).stdout);
    assert!(output.contains("expectations") && output.contains("total.abandonment_rate at most 5 %"), "{output}");
}
