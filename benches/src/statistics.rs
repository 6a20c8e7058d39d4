//! What the standard summary costs: runs with it and without any observer, in turn.

use crate::measure::{cpu_ns, median};
use std::process::ExitCode;
use waitline::random::Streams;

const CONTACTS: f64 = 1_500_000.0;
const ROUNDS: u64 = 11;

pub fn run() -> ExitCode {
    println!("ns of CPU time a contact, medians of {ROUNDS} rounds in turn\n");
    println!("| workload | bare engine | with the summary | the summary's share |\n|---|---|---|---|");
    for name in ["w1", "w2", "w3", "w4", "w3h", "w4h"] {
        let model = waitline_benches::workload(name, CONTACTS);
        let (mut bare, mut with) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let (contacts, watched_ns) = cpu_ns(|| waitline_benches::run(&model, round));
            let ((), bare_ns) = cpu_ns(|| waitline::run(&model, Streams::new(1, round), &mut ()).expect("no limit is met"));
            with.push(watched_ns / contacts as f64);
            bare.push(bare_ns / contacts as f64);
        }
        let (bare, with) = (median(&bare), median(&with));
        println!("| {} | {bare:.0} | {with:.0} | {:.0} % |", name.to_uppercase(), 100.0 * (1.0 - bare / with));
    }
    ExitCode::SUCCESS
}
