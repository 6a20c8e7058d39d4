//! A reporter of your own: the service levels as a Markdown table, for a wiki or a pull request.
//!
//! `cargo run --example own_reporter`

use std::error::Error;
use std::io::{self, Write};
use waitline::report::{Definition, Report, Reporter};
use waitline::{Experiment, Scenario};

struct Markdown;

impl Reporter for Markdown {
    fn write(&self, report: &Report, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "| {} | within | {} | target |", report.scenario, Definition::Offered.text())?;
        writeln!(to, "|---|---|---|---|")?;
        for queue in &report.queues {
            for level in queue.figures.service_level.iter().filter(|level| level.definition == Definition::Offered.text()) {
                // What does not exist is printed as such, never as 0 (R24).
                let share = level.estimate.map_or("-".into(), |share| format!("{:.1} %", share * 100.0));
                let margin = level.half_width.map_or(String::new(), |width| format!(" ± {:.1}", width * 100.0));
                let target = level.target.map_or("-".into(), |target| format!("{:.0} %", target * 100.0));
                writeln!(to, "| {} | {} | {share}{margin} | {target} |", queue.queue, level.threshold())?;
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let scenario: Scenario = std::fs::read_to_string("examples/small.toml")?.parse()?;
    let model = scenario.compile()?;
    let report = Experiment::new(&model).seed(42).run()?.report();

    let mut table = Vec::new();
    Markdown.write(&report, &mut table)?;
    let table = String::from_utf8(table)?;
    print!("{table}");
    assert_eq!(table.lines().count(), 2 + report.queues.len());
    assert!(table.contains("| sales | <= 20 s |"));
    Ok(())
}
