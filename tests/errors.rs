//! Broken scenarios and CSV files, each with the full message it must give: tests/errors/NAME.toml beside NAME.expected.

use std::path::{Path, PathBuf};
use waitline::Scenario;

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let files = std::fs::read_dir(folder).expect("the folder is there").map(|file| file.expect("it can be read").path());
    let mut scenarios: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
    scenarios.sort();
    scenarios
}

/// What is said of a scenario, with paths as seen from its folder.
fn said(path: &Path) -> String {
    let folder = format!("{}/", path.parent().expect("it has a folder").display());
    match Scenario::open(path).and_then(|scenario| scenario.compile()) {
        Ok(_) => "nothing\n".into(),
        Err(error) => format!("{error}\n").replace(&folder, ""),
    }
}

#[test]
fn every_broken_input_says_all_that_is_wrong_with_it() {
    let mut wrong = String::new();
    for path in scenarios() {
        let expected = std::fs::read_to_string(path.with_extension("expected")).unwrap_or_default();
        let said = said(&path);
        if said != expected {
            wrong += &format!("{}\n-- expected\n{expected}-- said\n{said}\n", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(scenarios().len() >= 40);
}

/// The program prints the same on standard error and exits with 2.
#[test]
fn the_program_exits_with_2() {
    for path in scenarios().iter().step_by(7) {
        for command in ["check", "run"] {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_waitline")).arg(command).arg(path).output().expect("it runs");
            assert_eq!(output.status.code(), Some(2), "{command} {}", path.display());
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{command} {}", path.display());
        }
    }
}
