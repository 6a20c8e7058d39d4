//! `waitline compare`: designs against each other, on the same contacts.

use super::designs::{Variants, label};
use super::output::{Output, different_files, io_error, json};
use super::progress::{Progress, stop_on_interrupt};
use super::run::Format;
use super::{Outcome, confidence};
use crate::error::{Error, Problem};
use crate::experiment::{Conditions, Design, compare, select};
use crate::model::{Measure, Unit};
use crate::report::{ComparisonReport, SelectionReport};
use crate::stats::Confidence;
use crate::time::Span;
use std::path::PathBuf;

/// Plays several designs on the same contacts and says in what they differ.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  waitline compare base.toml variant.toml another.toml
  waitline compare day.toml --set \"agents.senior.count=5..9\"
  waitline compare day.toml --set \"profile.senior.savings.delay=0s,15s\" --metric savings.asa_s
  waitline compare day.toml --set \"agents.senior.count=5..9\" --best total.asa_s --indifference 2s

The first scenario is the base. With --set it is one scenario, and each value (a list, or whole numbers from..to, both \
included) gives a variant; several --set give all combinations, or with --each every \
value alone. A key is a path: agents.PROFILE.count, \
profile.PROFILE.QUEUE.delay, queue.QUEUE.patience.mean, source.SOURCE.arrivals.rate, policy.contact.
With --best replications are spent on those designs only that may still be the best (Kim and Nelson, 2001): with the \
confidence given it is the best, or within --indifference of it.
Exit codes: 0 done, 1 interrupted or no best one found within --max-replications, 2 bad input.")]
pub(super) struct CompareArguments {
    /// The base, and variants
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<PathBuf>,
    /// Variants of one scenario: KEY=VALUE,VALUE,... or KEY=FROM..TO
    #[arg(long, value_name = "KEY=VALUES")]
    set: Vec<String>,
    /// A variant for each value of each --set alone, instead of all combinations
    #[arg(long, requires = "set")]
    each: bool,
    /// Look at this figure; the first one decides. Default: service level, ASA and abandonment of all queues, and occupancies; with paths to service also what became of calls
    #[arg(long, value_name = "METRIC")]
    metric: Vec<String>,
    /// Find the design with the best of this figure instead
    #[arg(long, value_name = "METRIC", requires = "indifference", conflicts_with_all = ["metric", "replications"])]
    best: Option<String>,
    /// The smallest difference that matters: percentage points for shares (1%), a duration for times (2s), else a number
    #[arg(long, value_name = "DIFFERENCE", requires = "best")]
    indifference: Option<String>,
    /// With --best: the most replications of each design
    #[arg(long, default_value_t = 10_000, requires = "best", value_parser = clap::value_parser!(u64).range(30..=crate::compile::REPLICATIONS_MAX))]
    max_replications: u64,
    /// The number of replications of each design instead of the base's
    #[arg(long, value_parser = clap::value_parser!(u64).range(2..=crate::compile::REPLICATIONS_MAX))]
    replications: Option<u64>,
    /// The seed instead of the base's
    #[arg(long)]
    seed: Option<u64>,
    /// The confidence of all intervals together, or of the selection
    #[arg(long, default_value = "0.95", value_parser = confidence)]
    confidence: Confidence,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the report to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Threads to use; 0: one a core
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

pub(super) fn run(arguments: &CompareArguments) -> Result<Outcome, Error> {
    let variants = Variants::new(&arguments.scenarios, &arguments.set, arguments.each)?;
    different_files(&variants.paths(), &[("--out", arguments.out.as_deref())])?;
    let models = variants.models()?;
    let designs: Vec<Design<'_>> = models.iter().map(|(label, model)| Design::new(label.clone(), model)).collect();
    let Some((base, others)) = designs.split_first() else { return Err(nothing_to_compare()) };
    if others.is_empty() {
        return Err(nothing_to_compare());
    }
    let output = Output::reserve(arguments.out.as_deref())?;
    let progress = Progress::new();
    let show = |done, of| progress.show(done, of);
    let run = &base.model.run;
    let mut conditions = Conditions::new(arguments.seed.unwrap_or(run.seed), arguments.replications.unwrap_or(run.replications));
    conditions.confidence = arguments.confidence.clone();
    conditions.threads = arguments.threads;
    conditions.progress = Some(&show);
    conditions.stop = Some(stop_on_interrupt());
    let (text, outcome) = if let Some(metric) = &arguments.best {
        conditions.replications = arguments.max_replications;
        let indifference = indifference(metric, arguments.indifference.as_deref().unwrap_or_default())?;
        let found = select(&designs, metric, indifference, &conditions)?;
        let report = SelectionReport::new(&found);
        let text = match arguments.format {
            Format::Text => report.to_text().into_bytes(),
            Format::Json => json(&report)?,
            Format::Csv => return Err(Error::input(vec![Problem::new("a selection is written as text or json").key("--format")])),
        };
        (text, if found.best.is_some() { Outcome::Yes } else { Outcome::No })
    } else {
        if conditions.replications < 2 {
            conditions.replications = 2;
        }
        let report = ComparisonReport::new(&compare(base, others, &arguments.metric, &conditions)?);
        let text = match arguments.format {
            Format::Text => report.to_text().into_bytes(),
            Format::Json => json(&report)?,
            Format::Csv => {
                let mut bytes = Vec::new();
                report.write_csv(&mut bytes).map_err(|error| io_error("the report", &error))?;
                bytes
            }
        };
        (text, if report.partial.is_none() { Outcome::Yes } else { Outcome::No })
    };
    progress.clear();
    output.write(&text)?;
    Ok(outcome)
}

fn nothing_to_compare() -> Error {
    Error::input(vec![Problem::new(
        "there is nothing to compare with: name another scenario, or values with --set that differ from what is there",
    )])
}

/// The smallest difference that matters, in the unit of the metric.
fn indifference(metric: &str, text: &str) -> Result<f64, Error> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let found = match Measure::in_name(metric).map(Measure::unit) {
        Some(Unit::Share) => text.strip_suffix('%').and_then(number).map(|percent| percent / 100.0).or_else(|| number(text)),
        Some(Unit::Seconds) => text.parse::<Span>().ok().map(Span::as_secs_f64).or_else(|| number(text)),
        _ => number(text),
    };
    found.ok_or_else(|| {
        let message = format!("`{text}` is no difference of {}: expected such as 1% for shares, 2s for times", label(metric));
        Error::input(vec![Problem::new(message).key("--indifference")])
    })
}
