//! What the README shows is what the program prints.
//!
//! A block that begins with `$ ` is run by a shell, in an empty folder with the scenarios in it; the lines below are what it printed, standard output first,
//! `...` standing for any number of lines.

#![cfg(unix)]

use std::path::Path;
use std::process::Command;

struct Example {
    line: usize,
    command: String,
    shown: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn examples(readme: &str) -> Vec<Example> {
    let (mut examples, mut now, mut inside) = (Vec::new(), None::<Example>, false);
    for (number, line) in readme.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
            examples.extend(now.take());
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            examples.extend(now.take());
            now = Some(Example { line: number + 1, command: command.into(), shown: Vec::new() });
        } else if let Some(example) = &mut now {
            example.shown.push(line.trim_end().into());
        }
    }
    examples
}

fn printed(example: &Example, folder: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_waitline")).parent().expect("it is in a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let output =
        Command::new("sh").arg("-c").arg(&example.command).current_dir(folder).env("PATH", path).output().expect("there is a shell");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it prints text");
    text(&output.stdout) + &text(&output.stderr)
}

/// The first line that is shown but was not printed.
fn differs(shown: &[String], printed: &str) -> Option<String> {
    let mut lines = printed.lines().map(str::trim_end);
    let mut skip = false;
    for line in shown {
        if line.trim() == "..." {
            skip = true;
        }
        // An empty line after what is left out is for the eye.
        if line.trim() == "..." || (skip && line.is_empty()) {
            continue;
        }
        let found = if skip { lines.any(|other| other == line) } else { lines.next() == Some(line) };
        if !found {
            return Some(line.clone());
        }
        skip = false;
    }
    match lines.next() {
        Some(more) if !skip => Some(format!("(nothing more, but there is) {more}")),
        _ => None,
    }
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("it is there");
    let examples = examples(&readme);
    assert!(examples.len() >= 10, "{} examples", examples.len());
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("scenarios"), folder.path().join("scenarios")).unwrap();
    let mut wrong = String::new();
    for example in &examples {
        let printed = printed(example, folder.path());
        if let Some(line) = differs(&example.shown, &printed) {
            wrong += &format!("README.md:{}: {}\n-- not printed: {line}\n-- printed\n{printed}\n", example.line, example.command);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn differences_are_noticed() {
    let shown = |text: &str| text.lines().map(String::from).collect::<Vec<_>>();
    assert_eq!(differs(&shown("a\n...\nc"), "a\nb\nb\nc\n"), None);
    assert_eq!(differs(&shown("a\n..."), "a\nb\n"), None);
    assert_eq!(differs(&shown("a\nc"), "a\nb\nc\n"), Some("c".into()));
    assert_eq!(differs(&shown("a"), "a\nb\n"), Some("(nothing more, but there is) b".into()));
    assert_eq!(differs(&shown("a\n...\nd"), "a\nb\nc\n"), Some("d".into()));
}
