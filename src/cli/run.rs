//! `waitline run`: simulates a scenario and reports.

use super::{Outcome, emit, io_error};
use crate::error::{Error, Problem};
use crate::experiment::{Experiment, Results};
use crate::observers::{Audit, ContactLog, Trace};
use crate::report::{Csv, Json, Reporter, Text};
use crate::scenario::Scenario;
use clap::{Args, ValueEnum};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Simulates a scenario and reports what came of it.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  waitline run day.toml                                the report as text
  waitline run day.toml --replications 100             narrower half-widths
  waitline run day.toml --format json --out day.json   for other programs
  waitline run day.toml --contacts contacts.csv        a row for every contact
  waitline run day.toml --replications 1 --trace -     every fact as a line

The same scenario, seed and replications give the same report on any machine and any number of threads.
Exit codes: 0 done, 1 the audit found a broken law, 2 bad input or a file that cannot be read or written.")]
pub(super) struct RunArguments {
    /// The scenario, a TOML file
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the report to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write a CSV row for every contact to FILE; `-`: standard output, and no report unless --out names a file
    #[arg(long, value_name = "FILE")]
    contacts: Option<PathBuf>,
    /// Write every fact as a line to FILE; `-` as for --contacts
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// The seed instead of the scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// The number of replications instead of the scenario's
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=crate::compile::REPLICATIONS_MAX))]
    replications: Option<u64>,
    /// Threads to use; 0: one a core. With --contacts, --trace or --audit replications run one after the other
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Check every fact against the rules, with code that does not know the engine
    #[arg(long)]
    audit: bool,
    /// Also print each queue's and routing profile's intervals (text only; the other formats always have them)
    #[arg(long)]
    by_interval: bool,
}

/// How to write the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Tables for people
    Text,
    /// A row for every figure
    Csv,
    /// One object
    Json,
}

/// Runs the scenario and writes what was asked for.
pub(super) fn run(arguments: &RunArguments) -> Result<Outcome, Error> {
    different_files(arguments)?;
    let model = &Scenario::open(&arguments.scenario)?.compile()?;
    let report_to = arguments.out.as_deref().filter(|file| !is_stdout(file)).map(Output::reserve).transpose()?;
    let seed = arguments.seed.unwrap_or(model.run.seed);
    let replications = arguments.replications.unwrap_or(model.run.replications);
    let experiment = Experiment::new(model).seed(seed).replications(replications).threads(arguments.threads);
    let progress = Progress::new(replications);
    let show = |done| progress.show(done);
    let watched = arguments.contacts.is_some() || arguments.trace.is_some() || arguments.audit;
    let (results, verdict) = if watched {
        run_watched(arguments, &experiment, (seed, replications), &progress)?
    } else {
        (Some(experiment.progress(&show).run()?), Ok(()))
    };
    progress.clear();
    let Some(results) = results else { return Ok(Outcome::Yes) };
    let report = results.report();
    let reporter: &dyn Reporter = match arguments.format {
        Format::Text => &Text { by_interval: arguments.by_interval },
        Format::Csv => &Csv,
        Format::Json => &Json,
    };
    let mut bytes = Vec::new();
    reporter.write(&report, &mut bytes).map_err(|error| io_error("the report", &error))?;
    let text = String::from_utf8_lossy(&bytes);
    let taken = [&arguments.contacts, &arguments.trace].iter().any(|file| file.as_deref().is_some_and(is_stdout));
    match report_to {
        Some(output) => output.replace_with(&bytes)?,
        None if taken => {}
        None => emit(&text)?,
    }
    verdict.map(|()| Outcome::Yes)
}

/// One replication after the other, each told to the log, the trace and the audit. The results, unless nobody reads on, and what the audit
/// says.
fn run_watched<'m>(
    arguments: &RunArguments,
    experiment: &Experiment<'m>,
    (seed, replications): (u64, u64),
    progress: &Progress,
) -> Result<(Option<Results<'m>>, Result<(), Error>), Error> {
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
            read_on &= if is_stdout(file) {
                quietly(end).map_err(|error| io_error("standard output", &error))?
            } else {
                end.map(|()| true).map_err(|error| io_error(&file.display().to_string(), &error))?
            };
        }
    }
    let verdict = audit.map_or(Ok(()), Audit::finish);
    Ok((results.filter(|_| read_on), verdict))
}

/// Two kinds of output in one file would be neither.
fn different_files(arguments: &RunArguments) -> Result<(), Error> {
    let files = [("--out", &arguments.out), ("--contacts", &arguments.contacts), ("--trace", &arguments.trace)];
    for (place, (option, file)) in files.iter().enumerate() {
        if let Some((other, _)) = files[..place].iter().find(|(_, other)| other.is_some() && other == file) {
            let message = format!("{other} and {option} both name this file; give each its own");
            return Err(Error::input(vec![Problem::new(message).file(file.as_deref().unwrap_or(Path::new("")).display().to_string())]));
        }
    }
    Ok(())
}

// ---- files -------------------------------------------------------------------------------------------------------------

type Writer = Box<dyn Write>;

fn is_stdout(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn open(file: &Path) -> Result<Writer, Error> {
    if is_stdout(file) {
        return Ok(Box::new(io::stdout()));
    }
    Ok(Box::new(File::create(file).map_err(|error| io_error(&file.display().to_string(), &error))?))
}

fn finished(mut to: Writer) -> io::Result<()> {
    to.flush()
}

/// A file that is known to be writable before the work begins, and keeps its content until the work is done.
struct Output {
    name: PathBuf,
    file: File,
}

impl Output {
    fn reserve(name: &Path) -> Result<Output, Error> {
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(name)
            .map_err(|error| io_error(&name.display().to_string(), &error))?;
        Ok(Output { name: name.into(), file })
    }

    fn replace_with(mut self, text: &[u8]) -> Result<(), Error> {
        let regular = self.file.metadata().is_ok_and(|metadata| metadata.is_file());
        let cut = if regular { self.file.set_len(0) } else { Ok(()) };
        let written = cut.and_then(|()| self.file.write_all(text)).and_then(|()| if regular { self.file.sync_all() } else { Ok(()) });
        written.map_err(|error| io_error(&self.name.display().to_string(), &error))
    }
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
