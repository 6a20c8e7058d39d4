//! Measurements of a kind that criterion does not make.
//!
//! ```text
//! cargo run --release -p waitline-benches -- growth [--long] [--svg FILE]
//! cargo run --release -p waitline-benches -- cores
//! cargo run --release -p waitline-benches -- statistics
//! ```

mod cores;
mod growth;
mod measure;
mod plot;
mod statistics;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo run --release -p waitline-benches -- COMMAND
  growth [--long] [--svg FILE]  how the cost of a contact grows; --long: up to 100 million contacts, whose memory is checked
  cores                         what a second core brings, and what memory a worker takes
  statistics                    what the standard summary costs";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["growth"] => growth::run(false, None),
        ["growth", "--long"] => growth::run(true, None),
        ["growth", "--svg", file] => growth::run(false, Some(file)),
        ["growth", "--long", "--svg", file] => growth::run(true, Some(file)),
        ["cores"] => cores::run(),
        // `cores` asks it of processes of its own, for a peak is one of a process.
        ["peak", workload, threads] => cores::peak(workload, threads.parse().unwrap_or(1)),
        ["statistics"] => statistics::run(),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
