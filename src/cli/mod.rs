//! The program: subcommands, files and printing. Everything that touches the outside world lives here.
//!
//! Exit codes: 0 yes, 1 the answer is no, 2 bad input (or a file that cannot be read or written, or a limit met).

mod check;
mod compare;
mod designs;
mod erlang;
mod gate;
mod long_run;
mod merge;
mod output;
mod profiles;
mod progress;
mod rerun;
mod run;
mod schema;
mod table;

use crate::error::{Error, ErrorKind, Problem};
use crate::experiment::Limits;
use crate::stats::Confidence;
use clap::{Parser, Subcommand};
use output::io_error;
use std::io::Write;
use std::process::ExitCode;
use table::Table;

/// What a subcommand found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Exit code 0.
    Yes,
    /// Exit code 1: it ran, and the answer is no.
    No,
}

/// Simulates contact centers: queues, routing profiles with strict priority and delay, longest-available agent first.
#[derive(Debug, Parser)]
#[command(
    name = "waitline",
    version,
    after_help = "Start with:
  waitline run scenarios/savings-overflow.toml

Exit codes: 0 yes, 1 the answer is no, 2 bad input."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArguments),
    Check(check::CheckArguments),
    Compare(compare::CompareArguments),
    Gate(gate::GateArguments),
    LongRun(long_run::LongRunArguments),
    Merge(merge::MergeArguments),
    Rerun(rerun::RerunArguments),
    Erlang(erlang::ErlangArguments),
    Schema(schema::SchemaArguments),
    Profiles(profiles::ProfilesArguments),
}

/// Runs the program with the process's arguments and says how it should exit.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Command::Run(arguments) => run::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Gate(arguments) => gate::run(arguments),
        Command::LongRun(arguments) => long_run::run(arguments),
        Command::Merge(arguments) => merge::run(arguments),
        Command::Rerun(arguments) => rerun::run(arguments),
        Command::Erlang(arguments) => erlang::run(arguments),
        Command::Schema(arguments) => schema::run(arguments),
        Command::Profiles(arguments) => profiles::run(arguments),
    };
    match outcome {
        Ok(Outcome::Yes) => ExitCode::SUCCESS,
        Ok(Outcome::No) => ExitCode::from(1),
        Err(error) => {
            // Nobody can be told that standard error is gone.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(if matches!(error.kind(), ErrorKind::Law | ErrorKind::Interrupted) { 1 } else { 2 })
        }
    }
}

/// Writes to standard output. A reader that has gone away has seen enough: that is success.
fn emit(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(io_error("standard output", &error)),
        _ => Ok(()),
    }
}

/// A confidence as people give it: 0.95 or 95%.
fn confidence(text: &str) -> Result<Confidence, String> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.trim().parse(),
    };
    Confidence::new(number.map_err(|_| format!("`{text}` is no confidence: expected such as 0.95 or 95%"))?)
}

/// Between how many replications to stop: by default 30, unless fewer are allowed, and the most.
fn limits(least: Option<u64>, most: u64) -> Result<Limits, Error> {
    match least {
        Some(least) if least > most => {
            let message = format!("at least {least} replications and at most {most}: expected the smaller number first");
            Err(Error::input(vec![Problem::new(message).key("--min-replications")]))
        }
        _ => Ok(Limits { least: least.unwrap_or(Limits::default().least.min(most)), most }),
    }
}
