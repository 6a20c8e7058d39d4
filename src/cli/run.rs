//! `waitline run`: simulates a scenario and reports.

use super::{Outcome, io_error};
use crate::error::{Error, Problem};
use crate::experiment::{Experiment, Results};
use crate::model::Model;
use crate::observers::{Audit, ContactLog, Trace};
use crate::report::{Csv, Json, Reporter, Text};
use clap::{Args, ValueEnum};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Arguments of `waitline run`.
#[derive(Args, Clone, Debug)]
#[command(
    about = "Simulates a scenario and reports what came of it",
    after_help = "Examples:
  waitline run day.toml                                the report as text
  waitline run day.toml --replications 100             narrower half-widths
  waitline run day.toml --format json --out day.json   for other programs
  waitline run day.toml --contacts contacts.csv        a row for every contact
  waitline run day.toml --replications 1 --trace -     every fact as a line

The same scenario, seed and replications give the same report on any machine and any number of threads.
Exit codes: 0 done, 1 the audit found a broken law, 2 bad input or a file that cannot be read or written."
)]
pub struct RunArguments {
    /// The scenario, a TOML file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the report to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<String>,
    /// Write a CSV row for every contact to FILE; `-`: standard output, and no report unless --out names a file
    #[arg(long, value_name = "FILE")]
    pub contacts: Option<String>,
    /// Write every fact as a line to FILE; `-` as for --contacts
    #[arg(long, value_name = "FILE")]
    pub trace: Option<String>,
    /// The seed instead of the scenario's
    #[arg(long)]
    pub seed: Option<u64>,
    /// The number of replications instead of the scenario's
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub replications: Option<u64>,
    /// Threads to use; 0: one a core. With --contacts, --trace or --audit replications run one after the other
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Check every fact against the rules, with code that does not know the engine
    #[arg(long)]
    pub audit: bool,
    /// Also print each queue's and routing profile's intervals (text only; the other formats always have them)
    #[arg(long)]
    pub by_interval: bool,
}

/// How to write the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people
    Text,
    /// A row for every figure
    Csv,
    /// One object
    Json,
}

/// Runs the model and writes what was asked for.
///
/// # Errors
/// When a limit is met or a file cannot be written.
pub fn run_model(arguments: &RunArguments, model: &Model) -> Result<Outcome, Error> {
    different_files(arguments)?;
    let report_to = arguments.out.as_deref().map(Output::reserve).transpose()?;
    let seed = arguments.seed.unwrap_or(model.run.seed);
    let replications = arguments.replications.unwrap_or(model.run.replications);
    let experiment = Experiment::new(model).seed(seed).replications(replications).threads(arguments.threads);
    let progress = Progress::new(replications);
    let show = |done| progress.show(done);
    let watched = arguments.contacts.is_some() || arguments.trace.is_some() || arguments.audit;
    let (results, outcome) = if watched {
        run_watched(arguments, &experiment, (seed, replications), &progress)?
    } else {
        (Some(experiment.progress(&show).run()?), Outcome::Yes)
    };
    progress.clear();
    let Some(results) = results else { return Ok(outcome) };
    let reporter: &dyn Reporter = match arguments.format {
        Format::Text => &Text { by_interval: arguments.by_interval },
        Format::Csv => &Csv,
        Format::Json => &Json,
    };
    let mut text = Vec::new();
    reporter.write(&results.report(), &mut text).map_err(|error| io_error("the report", &error))?;
    let taken = [&arguments.contacts, &arguments.trace].iter().any(|file| file.as_deref() == Some("-"));
    match report_to {
        Some(output) => output.replace_with(&text)?,
        None if taken => {}
        None => quietly(write_all(&mut io::stdout().lock(), &text)).map_err(|error| io_error("standard output", &error)).map(|_| ())?,
    }
    Ok(outcome)
}

/// One replication after the other, each told to the log, the trace and the audit. No results when nobody reads on.
fn run_watched<'m>(
    arguments: &RunArguments,
    experiment: &Experiment<'m>,
    (seed, replications): (u64, u64),
    progress: &Progress,
) -> Result<(Option<Results<'m>>, Outcome), Error> {
    let model = experiment.model();
    let mut log = arguments.contacts.as_deref().map(|file| open(file).map(|to| ContactLog::new(model, 0, to))).transpose()?;
    let mut trace = arguments.trace.as_deref().map(|file| open(file).map(|to| Trace::new(model, 0, to))).transpose()?;
    let mut audit = arguments.audit.then(|| Audit::new(model, seed, 0));
    let mut results: Option<Results<'m>> = None;
    for replication in 0..replications {
        let one = experiment.run_one(replication, &mut (&mut log, &mut trace, &mut audit))?;
        match &mut results {
            Some(results) => results.merge(&one),
            None => results = Some(one),
        }
        progress.show(replication + 1);
        if log.as_ref().is_some_and(ContactLog::has_failed) || trace.as_ref().is_some_and(Trace::has_failed) {
            break;
        }
    }
    progress.clear();
    let mut read_on = true;
    let ends = [
        (log.map(|log| log.finish().and_then(finished)), &arguments.contacts),
        (trace.map(|trace| trace.finish().and_then(finished)), &arguments.trace),
    ];
    for (end, file) in ends {
        if let (Some(end), Some(file)) = (end, file) {
            let end = if file == "-" { quietly(end) } else { end.map(|()| true) };
            read_on &= end.map_err(|error| io_error(file, &error))?;
        }
    }
    let mut outcome = Outcome::Yes;
    if let Some(audit) = audit.filter(|_| read_on) {
        match audit.finish() {
            Ok(()) => eprintln!("audit: every fact of {replications} replication(s) kept to the rules"),
            Err(error) => {
                eprintln!("{error}");
                outcome = Outcome::No;
            }
        }
    }
    Ok((results.filter(|_| read_on), outcome))
}

/// Two kinds of output in one file would be neither.
fn different_files(arguments: &RunArguments) -> Result<(), Error> {
    let files = [("--out", &arguments.out), ("--contacts", &arguments.contacts), ("--trace", &arguments.trace)];
    for (place, (option, file)) in files.iter().enumerate() {
        if let Some((other, _)) = files[..place].iter().find(|(_, other)| other.is_some() && other == file) {
            let message = format!("{other} and {option} both name this file; give each its own");
            return Err(Error::input(vec![Problem::new(message).file(file.as_deref().unwrap_or_default())]));
        }
    }
    Ok(())
}

// ---- files -------------------------------------------------------------------------------------------------------------

type Writer = Box<dyn Write>;

fn open(file: &str) -> Result<Writer, Error> {
    if file == "-" {
        return Ok(Box::new(io::stdout()));
    }
    Ok(Box::new(File::create(file).map_err(|error| io_error(file, &error))?))
}

fn finished(mut to: Writer) -> io::Result<()> {
    to.flush()
}

/// A file that is known to be writable before the work begins, and keeps its content until the work is done.
struct Output {
    name: String,
    file: File,
}

impl Output {
    fn reserve(name: &str) -> Result<Output, Error> {
        let file = File::options().write(true).create(true).truncate(false).open(name).map_err(|error| io_error(name, &error))?;
        Ok(Output { name: name.into(), file })
    }

    fn replace_with(mut self, text: &[u8]) -> Result<(), Error> {
        let regular = self.file.metadata().is_ok_and(|metadata| metadata.is_file());
        let cut = if regular { self.file.set_len(0) } else { Ok(()) };
        let written = cut.and_then(|()| self.file.write_all(text)).and_then(|()| if regular { self.file.sync_all() } else { Ok(()) });
        written.map_err(|error| io_error(&self.name, &error))
    }
}

fn write_all(to: &mut dyn Write, text: &[u8]) -> io::Result<()> {
    to.write_all(text)?;
    to.flush()
}

/// Whether anybody still reads: a closed pipe is no error.
fn quietly(written: io::Result<()>) -> io::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

// ---- progress ----------------------------------------------------------------------------------------------------------

/// How far the work is, on a terminal, if it takes more than a second.
struct Progress {
    replications: u64,
    begun: Instant,
    /// When it was last shown; `None`: not on a terminal.
    shown: Option<Mutex<Cell<Instant>>>,
}

impl Progress {
    const PATIENCE: Duration = Duration::from_secs(1);

    fn new(replications: u64) -> Progress {
        let begun = Instant::now();
        Progress { replications, begun, shown: io::stderr().is_terminal().then(|| Mutex::new(Cell::new(begun))) }
    }

    fn show(&self, done: u64) {
        let Some(shown) = self.shown.as_ref().and_then(|shown| shown.try_lock().ok()) else { return };
        let now = Instant::now();
        if now.duration_since(shown.get()) >= Self::PATIENCE {
            shown.set(now);
            let left = now.duration_since(self.begun).as_secs_f64() / done as f64 * (self.replications - done) as f64;
            eprint!("\r{done} of {} replications, about {left:.0} s left \x1b[K", self.replications);
        }
    }

    fn clear(&self) {
        let was_shown = |shown: &Mutex<Cell<Instant>>| shown.try_lock().is_ok_and(|shown| shown.get() > self.begun);
        if self.shown.as_ref().is_some_and(was_shown) {
            eprint!("\r\x1b[K");
        }
    }
}
