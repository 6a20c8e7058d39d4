//! What more cores bring: the same replications on one thread and on all, in turn; and the memory of a worker.

use crate::measure::{cpu_ns, median, peak_mb};
use std::process::{Command, ExitCode};
use std::time::Instant;
use waitline::{Experiment, Model};

const CONTACTS: f64 = 100_000.0;
const REPLICATIONS: u64 = 40;
const ROUNDS: usize = 5;
/// Workers over which the memory of one is averaged.
const WORKERS: usize = 9;

pub fn run() -> ExitCode {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{REPLICATIONS} replications of {CONTACTS} contacts, medians of {ROUNDS} rounds in turn\n");
    println!(
        "| workload | 1 thread, s | {threads} threads, s | efficiency | CPU share | more CPU time | MB a worker |\n|---|---|---|---|---|---|---|"
    );
    for name in ["w3", "w4"] {
        let model = waitline_benches::workload(name, CONTACTS);
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push([replicate(&model, 1), replicate(&model, threads)]);
        }
        let of = |figure: &dyn Fn(&[[f64; 2]; 2]) -> f64| median(&rounds.iter().map(figure).collect::<Vec<_>>());
        println!(
            "| {} | {:.2} | {:.2} | {:.1} % | {:.0} % | {:+.1} % | {} |",
            name.to_uppercase(),
            of(&|[one, _]| one[0]),
            of(&|[_, all]| all[0]),
            100.0 * of(&|[one, all]| one[0] / all[0] / threads as f64),
            100.0 * of(&|[_, all]| all[1] / all[0] / threads as f64),
            100.0 * of(&|[one, all]| all[1] / one[1] - 1.0),
            worker_mb(name).map_or("unknown".into(), |mb| format!("{mb:.2}")),
        );
    }
    println!(
        "\nEfficiency: wall time of one thread over that of all together. It means something where all got their cores: a CPU share near 100 %."
    );
    ExitCode::SUCCESS
}

/// Seconds on the wall and of CPU time.
fn replicate(model: &Model, threads: usize) -> [f64; 2] {
    let begun = Instant::now();
    let (results, cpu_ns) = cpu_ns(|| Experiment::new(model).replications(REPLICATIONS).threads(threads).run());
    assert_eq!(results.expect("no limit is met").replications(), REPLICATIONS);
    [begun.elapsed().as_secs_f64(), cpu_ns / 1e9]
}

/// Memory of one worker more, from the peaks of processes with one and with several.
fn worker_mb(name: &str) -> Option<f64> {
    let peak = |threads: usize| {
        let output = Command::new(std::env::current_exe().ok()?).args(["peak", name, &threads.to_string()]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<f64>().ok()
    };
    Some((peak(WORKERS)? - peak(1)?) / (WORKERS - 1) as f64)
}

/// Prints the peak of this process after so many threads have each run replications.
pub fn peak(name: &str, threads: usize) -> ExitCode {
    replicate(&waitline_benches::workload(name, CONTACTS), threads);
    match peak_mb() {
        Some(mb) => println!("{mb}"),
        None => println!("unknown"),
    }
    ExitCode::SUCCESS
}
