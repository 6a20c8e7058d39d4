//! The program: subcommands, files and printing. Everything that touches the outside world lives here.
//!
//! Exit codes: 0 yes, 1 the answer is no, 2 bad input (or a file that cannot be read or written, or a limit met).

mod run;

pub use run::{Format, RunArguments, run_model};

use crate::error::{Error, ErrorKind, Problem};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What a subcommand found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Yes,
    /// Exit code 1: it ran, and the answer is no.
    No,
}

/// Simulates contact centers: queues, routing profiles, agents.
#[derive(Debug, Parser)]
#[command(name = "waitline", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {}

/// Runs the program with the process's arguments and says how it should exit.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(&arguments.command) {
        Ok(Outcome::Yes) => ExitCode::SUCCESS,
        Ok(Outcome::No) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(command: &Command) -> Result<Outcome, Error> {
    match *command {}
}

/// The error for a file that cannot be read or written.
pub(crate) fn io_error(file: &str, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, Problem::new(error.to_string()).file(file))
}
