//! How the cost of a contact grows with all that can be many; a table, and a plot in which a logarithm is a straight line.

use crate::measure::{cpu_ns, median, peak_mb};
use crate::plot::{Curve, Point, draw};
use std::process::ExitCode;
use waitline::Model;
use waitline_benches::{matrix, run as replicate, workload, world};

const ROUNDS: u64 = 7;
/// By so many contacts the long run is longer than the short one.
const CONTACTS: f64 = 500_000.0;
/// What W3 may take for a hundred million contacts.
const MEMORY_MAX_MB: f64 = 64.0;

/// A size to be measured: a short run in which the center fills, and a long one. Their difference is what counts.
struct Case {
    size: usize,
    models: [Model; 2],
    ns: Vec<f64>,
}

struct Cases {
    name: &'static str,
    detail: &'static str,
    cases: Vec<Case>,
}

/// `model` is of a size and a number of contacts.
fn cases(name: &'static str, detail: &'static str, sizes: &[usize], model: impl Fn(usize, f64) -> Model) -> Cases {
    let case = |&size: &usize| {
        let short = 20_000.0 + 3.0 * model(size, CONTACTS).agents.len() as f64;
        Case { size, models: [model(size, short), model(size, short + CONTACTS)], ns: Vec::new() }
    };
    Cases { name, detail, cases: sizes.iter().map(case).collect() }
}

pub fn run(long: bool, svg: Option<&str>) -> ExitCode {
    let (by_contacts, memory_mb) = by_contacts(if long { 8 } else { 7 });
    let decades = [1, 10, 100, 1_000];
    let mut all = [
        cases("agents", "one queue, load 0.95", &[10, 100, 1_000, 10_000, 100_000], |agents, contacts| {
            world(1, agents, 1, 1, 0.95, contacts)
        }),
        cases("queues", "of one priority in one profile, 100 agents", &decades, |queues, contacts| {
            world(queues, 100, 1, 1, 1.05, contacts)
        }),
        cases("queues", "of four priorities in one profile, 100 agents", &decades, |queues, contacts| {
            world(queues, 100, 1, 4, 1.05, contacts)
        }),
        cases("profiles", "all with the same 10 queues, 1,000 agents", &[1, 10, 100, 500], |profiles, contacts| {
            world(10, 1_000, profiles, 2, 0.95, contacts)
        }),
        cases("profiles", "of 20 out of 200 queues, 5,000 agents", &[1, 10, 100, 500], |profiles, contacts| {
            matrix([200, profiles, 5_000, 20, 4], 0.95, contacts)
        }),
        cases("overflow stages", "of 16 entries, 20 queues, 500 agents", &[1, 2, 4, 8, 16], |stages, contacts| {
            matrix([20, 10, 500, 16, stages], 0.95, contacts)
        }),
        cases("all of these", "n queues, n/2 profiles, 25 n agents", &[10, 100, 1_000], |queues, contacts| {
            matrix([queues, queues / 2, 25 * queues, 20, 4], 0.95, contacts)
        }),
    ];
    for round in 0..ROUNDS {
        for case in all.iter_mut().flat_map(|cases| &mut cases.cases) {
            let [(few, short_ns), (many, long_ns)] = [0, 1].map(|at| cpu_ns(|| replicate(&case.models[at], round)));
            case.ns.push((long_ns - short_ns) / (many - few) as f64);
        }
    }
    let point = |case: &Case| Point { size: case.size as f64, ns: median(&case.ns) };
    let mut curves: Vec<Curve> =
        all.iter().map(|Cases { name, detail, cases }| Curve { name, detail, points: cases.iter().map(point).collect() }).collect();
    curves.push(by_contacts);

    println!("ns of CPU time a contact, medians of {ROUNDS} rounds in turn, standard summary on\n");
    println!("| of | size: ns | a doubling adds |\n|---|---|---|");
    for curve in &curves {
        let points: Vec<String> = curve.points.iter().map(|point| format!("{}: {:.0}", grouped(point.size), point.ns)).collect();
        println!("| {} ({}) | {} | {:.1} ns |", curve.name, curve.detail, points.join(", "), curve.fit().1);
    }
    if let Some(file) = svg {
        if let Err(error) = std::fs::write(file, draw(&curves)) {
            eprintln!("{file}: {error}");
            return ExitCode::from(2);
        }
        println!("\ndrawn: {file}");
    }
    match memory_mb {
        Some(mb) if long && mb > MEMORY_MAX_MB => {
            println!("\npeak memory: {mb:.1} MB after a hundred million contacts on W3, more than {MEMORY_MAX_MB} MB");
            ExitCode::from(1)
        }
        Some(mb) => {
            println!("\npeak memory after the longest run on W3: {mb:.1} MB");
            ExitCode::SUCCESS
        }
        None => ExitCode::SUCCESS,
    }
}

/// W3 from 10^5 to 10^`last` contacts, first of all, while this process has needed no memory for anything else.
fn by_contacts(last: u32) -> (Curve, Option<f64>) {
    let mut points = Vec::new();
    for power in 5..=last {
        let contacts = 10_f64.powi(power as i32);
        let model = workload("w3", contacts);
        let rounds = (1e7 / contacts).clamp(1.0, ROUNDS as f64) as u64;
        let ns: Vec<f64> = (0..rounds)
            .map(|round| {
                let (offered, ns) = cpu_ns(|| replicate(&model, round));
                ns / offered as f64
            })
            .collect();
        points.push(Point { size: contacts, ns: median(&ns) });
    }
    (Curve { name: "contacts", detail: "W3: 10 queues, 6 profiles, 200 agents", points }, peak_mb())
}

/// 1,000 for a thousand.
pub fn grouped(size: f64) -> String {
    let digits = format!("{size:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
