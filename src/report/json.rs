//! The report as JSON.

use super::{Report, Reporter};
use std::io;

/// The whole report as one JSON object; keys are only ever added. What does not exist is `null`.
///
/// ```
/// use waitline::report::{Json, Reporter};
/// # use waitline::{Model, Table, Time, model};
/// # let run = model::Run { horizon: Time::from_us(1), warm_up: Time::START, at_horizon: Default::default(), interval: None, count_by: Default::default(), replications: 1, seed: 1 };
/// # let model = Model { name: "day".into(), digest: String::new(), run, policy: Default::default(), queues: Table::new(), profiles: Table::new(), agents: Table::new(), sources: Table::new(), notes: vec![] };
/// let report = waitline::Experiment::new(&model).run()?.report();
/// let mut text = Vec::new();
/// Json.write(&report, &mut text).unwrap();
/// let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
/// assert_eq!(json["scenario"], "day");
/// assert!(json["total"]["asa_s"].is_null());
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Reporter for Json {
    fn write(&self, report: &Report, to: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *to, report)?;
        to.write_all(b"\n")
    }
}
