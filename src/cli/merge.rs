//! `waitline merge`: puts the parts of an experiment together.

use super::Outcome;
use super::output::{Output, different_files, read};
use super::run::ReportArguments;
use crate::error::{Error, ErrorKind, Problem};
use crate::experiment::Part;
use std::path::PathBuf;

/// Puts together the parts that `waitline run --shard` wrote; the report is that of the whole run, byte by byte.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  for i in 1 2 3; do waitline run day.toml --shard $i/3 --out part$i; done
  waitline merge part1 part2 part3
  waitline merge part* --format json --out day.json

Parts that are damaged or foreign (of another scenario, version, seed or number of replications), overlaps and gaps are \
refused by name. The parts may be given in any order.
Exit codes: 0 merged, 2 refused or a file that cannot be read or written.")]
pub(super) struct MergeArguments {
    /// The parts
    #[arg(value_name = "PART", required = true)]
    parts: Vec<PathBuf>,
    #[command(flatten)]
    report: ReportArguments,
}

pub(super) fn run(arguments: &MergeArguments) -> Result<Outcome, Error> {
    let (mut parts, mut problems) = (Vec::new(), Vec::<Problem>::new());
    for path in &arguments.parts {
        match read(path) {
            Ok(text) => parts.push((path.display().to_string(), text)),
            Err(error) => problems.extend_from_slice(error.problems()),
        }
    }
    if !problems.is_empty() {
        return Err(Error::several(ErrorKind::Io, problems));
    }
    let results = Part::merge_texts(&parts)?;
    different_files(&arguments.parts, &[("--out", arguments.report.out.as_deref())])?;
    let output = Output::reserve(arguments.report.out.as_deref())?;
    output.write(&arguments.report.written(&results.report())?)?;
    Ok(Outcome::Yes)
}
