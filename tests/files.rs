//! Files that the program reads and writes: none is lost, none is read for ever.

use std::path::Path;
use std::process::{Command, Output};

fn waitline(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waitline")).args(arguments).current_dir(folder).output().expect("it runs")
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = waitline(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(output.stderr).expect("it prints text")
}

/// A folder with the bank's weekday and all the files that it names.
fn bank() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/bank-1999");
    for file in std::fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

/// However it is spelt, and be it the scenario, a file that it names, a part or a report.
#[test]
fn what_is_read_is_never_written_over() {
    let folder = bank();
    let folder = folder.path();
    for shard in ["1/2", "2/2"] {
        waitline(folder, &["run", "weekday.toml", "--replications", "2", "--shard", shard, "--out", &shard.replace('/', "-")]);
    }
    waitline(folder, &["run", "weekday.toml", "--replications", "2", "--format", "json", "--out", "kept.json"]);
    let set = "run.horizon=1h";
    for (file, arguments) in [
        ("weekday.toml", vec!["run", "weekday.toml", "--out", "./weekday.toml"]),
        ("volumes.csv", vec!["run", "weekday.toml", "--contacts", "volumes.csv"]),
        ("patience-IN.csv", vec!["run", "weekday.toml", "--trace", "./patience-IN.csv"]),
        ("staffing.csv", vec!["compare", "weekday.toml", "--set", set, "--out", "staffing.csv"]),
        ("weekday.toml", vec!["long-run", "weekday.toml", "--out", "weekday.toml"]),
        ("2-2", vec!["merge", "1-2", "2-2", "--out", "2-2"]),
        ("weekday.toml", vec!["gate", "weekday.toml", "--baseline", "kept.json", "--junit", "./weekday.toml"]),
        ("kept.json", vec!["gate", "weekday.toml", "--baseline", "kept.json", "--out", "./kept.json"]),
    ] {
        let before = std::fs::read(folder.join(file)).unwrap();
        let said = refused(folder, &arguments);
        assert!(said.contains(&format!("{file}: ")) && said.contains("would overwrite this file"), "{arguments:?}: {said}");
        assert_eq!(std::fs::read(folder.join(file)).unwrap(), before, "{arguments:?}");
    }
    let said = refused(folder, &["run", "weekday.toml", "--contacts", "new.csv", "--trace", "./new.csv"]);
    assert!(said.contains("--contacts and --trace both name this file"), "{said}");
}

/// A part, a report or a baseline that never ends is refused, as a scenario is.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_read_without_end() {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/gate.toml");
    for arguments in [vec!["merge", "/dev/zero"], vec!["rerun", "/dev/zero"], vec!["gate", scenario, "--baseline", "/dev/zero"]] {
        let said = refused(Path::new("."), &arguments);
        assert!(said.contains("/dev/zero: larger than 256 MiB"), "{said}");
    }
}

/// An empty file could be taken for a part.
#[test]
fn what_was_not_written_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/savings-overflow.toml");
    let compare =
        |out: &str| refused(folder, &["compare", scenario, "--set", "agents.senior.count=5", "--metric", "total.luck", "--out", out]);
    compare("new");
    assert!(!folder.join("new").exists());
    std::fs::write(folder.join("old"), "kept").unwrap();
    compare("old");
    assert_eq!(std::fs::read_to_string(folder.join("old")).unwrap(), "kept");
}
