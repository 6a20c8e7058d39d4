//! The program: subcommands, files and printing. Everything that touches the outside world lives here.
//!
//! Exit codes: 0 yes, 1 the answer is no, 2 bad input (or a file that cannot be read or written, or a limit met).

mod check;
mod erlang;
mod profiles;
mod run;
mod schema;
mod table;

use crate::error::{Error, ErrorKind, Problem};
use clap::{Parser, Subcommand};
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
            ExitCode::from(if error.kind() == ErrorKind::Law { 1 } else { 2 })
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

/// The error for a file that cannot be read or written.
fn io_error(file: &str, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, Problem::new(error.to_string()).file(file))
}
