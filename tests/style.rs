//! How the house is built: who may use whom, and what does not belong.

use std::path::{Path, PathBuf};

/// Layers, lowest first: a module uses its own layer's earlier names and anything below. `engine`, `compile` and `observers` are on one level and do not
/// know each other.
const LAYERS: [&[&str]; 8] = [
    &["time", "id", "error", "erlang"],
    &["random", "stats", "scenario"],
    &["model", "observe"],
    &["engine", "compile", "observers"],
    &["experiment"],
    &["report"],
    &["cli"],
    &["main", "lib"],
];
/// Uses within one layer, or past it, that are meant.
const ALLOWED: [(&str, &str); 8] = [
    // Ids and errors print times; tables of ids are everywhere.
    ("error", "time"),
    // Facts carry what the model defines, and the model names contacts as facts do.
    ("model", "observe"),
    ("observe", "model"),
    // A limit that scenario and run share.
    ("experiment", "compile"),
    ("scenario", "error"),
    // A report can be had from results in one call.
    ("experiment", "report"),
    ("cli", "erlang"),
    ("main", "cli"),
];
/// Files that may be longer, functions that may be, and why.
const LONG: [(&str, &str); 4] = [
    ("src/engine/simulation.rs", "the run is one story; its structures have files of their own"),
    ("src/observers/summary.rs", "one observer, and the definitions of what it counts"),
    ("src/scenario/types.rs", "the whole scenario format on one page"),
    ("src/compile/agents.rs", "four ways to give agents, one after the other"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for file in std::fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("it can be read").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// (name below the root, text) of every source file.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(&root().join("src"), &mut found);
    let name = |path: &Path| path.strip_prefix(root()).expect("it is below the root").to_string_lossy().into_owned();
    found.iter().map(|path| (name(path), std::fs::read_to_string(path).expect("it is text"))).collect()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.ends_with("/testing.rs")
}

#[test]
fn nobody_uses_what_is_above() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let module = name.trim_start_matches("src/").split(['/', '.']).next().expect("it has a name").to_string();
        let Some(own) = layer(&module) else {
            wrong.push(format!("{name}: the module `{module}` is in no layer"));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") || is_test(&name) {
                continue;
            }
            // What a test module of the same file uses does not count.
            if line.contains("#[cfg(test)]") {
                break;
            }
            for mention in line.split("crate::").skip(1) {
                let used: String = mention.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let Some(other) = layer(&used) else { continue };
                let fine = used == module || other < own || ALLOWED.contains(&(module.as_str(), used.as_str()));
                if !fine {
                    wrong.push(format!("{name}:{}: `{module}` uses `{used}`", number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_and_functions_are_small() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let code: Vec<&str> = text.lines().take_while(|line| !line.contains("#[cfg(test)]")).collect();
        let may_be_long = LONG.iter().any(|(long, _)| *long == name);
        if code.len() > 500 && !may_be_long && !is_test(&name) {
            wrong.push(format!("{name}: {} lines", code.len()));
        }
        let mut start = None;
        for (number, line) in code.iter().enumerate() {
            let text = line.trim_start();
            let indent = line.len() - text.len();
            let declares = ["fn ", "pub fn ", "pub(super) fn ", "pub(crate) fn ", "pub const fn ", "const fn ", "pub(super) const fn "];
            if declares.iter().any(|declare| text.starts_with(declare)) && !text.ends_with(';') {
                start = Some((number, indent));
            } else if let Some((first, of)) = start
                && text == "}"
                && indent == of
            {
                if number - first > 80 && !may_be_long {
                    wrong.push(format!("{name}:{}: a function of {} lines", first + 1, number - first + 1));
                }
                start = None;
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_does_not_belong_is_not_there() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("{name}: begins without saying what it is"));
        }
        let banned = [
            ("todo", "!("),
            ("unimplemented", "!("),
            ("dbg", "!("),
            ("Hash", "Map<"),
            ("Hash", "Set<"),
            ("Instant::", "now"),
            ("System", "Time"),
            ("/wo", "rk/"),
        ];
        for (number, line) in text.lines().enumerate() {
            for (first, second) in banned {
                let clock = first == "Instant::" && name.starts_with("src/cli/");
                if line.contains(&format!("{first}{second}")) && !clock {
                    wrong.push(format!("{name}:{}: {first}{second}", number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Only `compile` sees both what was written and what runs; the engine sees neither text nor statistics.
#[test]
fn the_engine_sees_the_model_only() {
    for (name, text) in sources() {
        for above in ["scenario", "stats", "report", "experiment", "compile", "cli"] {
            let sees = text.contains(&format!("crate::{above}"));
            assert!(!(name.starts_with("src/engine/") && sees), "{name} sees {above}");
        }
        let both = text.contains("crate::scenario") && text.contains("crate::model");
        assert!(
            !both || name.starts_with("src/compile/") || name.starts_with("src/cli/") || is_test(&name),
            "{name} sees both scenario and model"
        );
    }
}
