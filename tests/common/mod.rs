//! The program, run as its users run it.

use std::process::{Command, Output};

/// The program with these arguments, in the folder of the repository.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_waitline"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// What it prints, and how it exits.
pub(crate) fn waitline(arguments: &[&str]) -> Output {
    command(arguments).output().expect("it runs")
}

/// What it prints is text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it prints text")
}
