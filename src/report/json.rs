//! The report as JSON.

use super::{Report, Reporter};
use std::io;

/// The whole report as one JSON object; keys are only ever added. What does not exist is `null`.
///
/// ```
/// use waitline::report::{Json, Reporter};
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let report = waitline::Experiment::new(&model).run()?.report();
/// let mut text = Vec::new();
/// Json.write(&report, &mut text)?;
/// let json: serde_json::Value = serde_json::from_slice(&text)?;
/// assert_eq!(json["scenario"], "small");
/// assert!(json["total"]["asa_s"]["half_width"].is_number());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Reporter for Json {
    fn write(&self, report: &Report, to: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *to, report)?;
        to.write_all(b"\n")
    }
}
