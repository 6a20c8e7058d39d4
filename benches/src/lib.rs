//! What the benchmarks share: models to run, cut to a number of contacts.

use std::fmt::Write;
use waitline::observers::Summary;
use waitline::random::Streams;
use waitline::{Model, Scenario, Time};

/// A shipped workload, cut to about that many contacts.
///
/// # Panics
/// When the scenario is not what it was.
pub fn workload(name: &str, contacts: f64) -> Model {
    let path = format!("{}/../scenarios/workloads/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    cut(Scenario::open(path).and_then(|scenario| scenario.compile()).expect("a shipped scenario is fine"), contacts)
}

/// A world of equals: `queues` queues (spread over `priorities` priorities), all served by all of `agents` agents of each of `profiles` profiles,
/// exponential handle times of 300 s, patience of 600 s.
///
/// # Panics
/// When a number is zero.
pub fn world(queues: usize, agents: usize, profiles: usize, priorities: usize, load: f64, contacts: f64) -> Model {
    let mut text = String::from("version = 1\nname = \"growth\"\n[run]\nhorizon = \"100d\"\ninterval = \"none\"\n");
    let rate_per_s = load * agents as f64 / 300.0 / queues as f64;
    for queue in 0..queues {
        let _ = write!(
            text,
            "[[queue]]\nname = \"q{queue}\"\nhandle_time = {{ distribution = \"exponential\", mean = \"300s\" }}\n\
             patience = {{ distribution = \"exponential\", mean = \"600s\" }}\n\
             [[source]]\nname = \"s{queue}\"\nqueue = \"q{queue}\"\narrivals = {{ process = \"poisson\", rate = \"{rate_per_s}/s\" }}\n"
        );
    }
    for profile in 0..profiles {
        let _ = write!(text, "[[routing_profile]]\nname = \"p{profile}\"\nqueues = [\n");
        for queue in 0..queues {
            let _ = writeln!(text, "{{ queue = \"q{queue}\", priority = {} }},", 1 + queue * priorities / queues);
        }
        let heads = agents / profiles + usize::from(profile < agents % profiles);
        let _ = write!(text, "]\n[[agents]]\nrouting_profile = \"p{profile}\"\ncount = {heads}\n");
    }
    cut(text.parse::<Scenario>().and_then(|scenario| scenario.compile()).expect("a world of equals is fine"), contacts)
}

/// The same model with a horizon up to which about that many contacts arrive.
fn cut(mut model: Model, contacts: f64) -> Model {
    let horizon = model.run.horizon;
    let expected: f64 = model.sources.iter().filter_map(|source| source.arrivals.expected(Time::START, horizon)).sum();
    model.run.horizon = Time::from_us((horizon.as_us() as f64 * contacts / expected) as i64);
    model
}

/// One replication with the standard summary; how many contacts were offered.
///
/// # Panics
/// When a limit is met.
pub fn run(model: &Model, replication: u64) -> u64 {
    let mut summary = Summary::new(model);
    waitline::run(model, Streams::new(1, replication), &mut summary).expect("no limit is met");
    summary.total().offered()
}
