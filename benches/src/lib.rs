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

/// A matrix of skills: `queues` queues, each profile with `entries` of them in equal shares for each of `stages` stages, of which each has a priority and
/// 15 s more of delay; lognormal handle times of 180 to 440 s, patience of twice that. The yardstick's `gen:queues,profiles,agents,entries,stages` is the same.
///
/// # Panics
/// When a number is zero.
pub fn matrix([queues, profiles, agents, entries, stages]: [usize; 5], load: f64, contacts: f64) -> Model {
    let entries = entries.min(queues);
    let mut served = vec![false; queues];
    let mut routes: Vec<Vec<(usize, usize)>> = Vec::new();
    for profile in 0..profiles {
        let (mut has, mut route) = (vec![false; queues], Vec::new());
        let mut next = profile * queues / profiles;
        while route.len() < entries {
            while has[next] {
                next = (next + 1) % queues;
            }
            has[next] = true;
            served[next] = true;
            route.push((next, route.len() * stages / entries));
            next = (next + 13) % queues;
        }
        routes.push(route);
    }
    for queue in (0..queues).filter(|&queue| !served[queue]) {
        routes[queue * profiles / queues].insert(0, (queue, 0));
    }
    let mut text = String::from("version = 1\nname = \"matrix\"\n[run]\nhorizon = \"10d\"\ninterval = \"none\"\n");
    for queue in 0..queues {
        let mean_s = 180 + 20 * (queue % 14);
        let rate_per_s = load * agents as f64 / queues as f64 / mean_s as f64;
        let _ = write!(
            text,
            "[[queue]]\nname = \"q{queue}\"\nhandle_time = {{ distribution = \"lognormal\", mean = \"{mean_s}s\", cv = 1.0 }}\n\
             patience = {{ distribution = \"exponential\", mean = \"{}s\" }}\n\
             [[source]]\nname = \"s{queue}\"\nqueue = \"q{queue}\"\narrivals = {{ process = \"poisson\", rate = \"{rate_per_s}/s\" }}\n",
            2 * mean_s
        );
    }
    for (profile, route) in routes.iter().enumerate() {
        let _ = write!(text, "[[routing_profile]]\nname = \"p{profile}\"\nqueues = [\n");
        for (queue, stage) in route {
            let _ = writeln!(text, "{{ queue = \"q{queue}\", priority = {}, delay = \"{}s\" }},", stage + 1, 15 * stage);
        }
        let heads = agents / profiles + usize::from(profile < agents % profiles);
        let _ = write!(text, "]\n[[agents]]\nrouting_profile = \"p{profile}\"\ncount = {heads}\n");
    }
    cut(text.parse::<Scenario>().and_then(|scenario| scenario.compile()).expect("a matrix of skills is fine"), contacts)
}

/// Fifty agents who take a call, or three chats, or letters beside either, from one queue; at load 0.9 or so. With or without offers that ring.
///
/// # Panics
/// Never: the scenario is fine.
pub fn desks(offers: bool, contacts: f64) -> Model {
    let mut text = String::from(
        r#"
        version = 1
        name = "desks"
        [run]
        horizon = "100d"
        interval = "none"
        [[queue]]
        name = "q"
        handle_time = { distribution = "lognormal", mean = "270s", cv = 0.8 }
        after_contact_work = { distribution = "exponential", mean = "30s" }
        patience = { distribution = "exponential", mean = "600s" }
        chat = { handle_time = { distribution = "gamma", mean = "360s", cv = 0.6 }, replies = { count = 6, after = { distribution = "exponential", mean = "35s" } } }
        email = { handle_time = { distribution = "lognormal", mean = "400s", cv = 0.5 }, patience = { distribution = "exponential", mean = "100h" } }
        [[source]]
        name = "calls"
        queue = "q"
        arrivals = { process = "poisson", rate = "240/h" }
        [[source]]
        name = "chats"
        queue = "q"
        channel = "chat"
        arrivals = { process = "poisson", rate = "240/h" }
        [[source]]
        name = "letters"
        queue = "q"
        channel = "email"
        arrivals = { process = "poisson", rate = "60/h" }
        [[agents]]
        routing_profile = "omni"
        count = 50
        [[routing_profile]]
        name = "omni"
        queues = [
          { queue = "q", priority = 1 },
          { queue = "q", channel = "chat", priority = 1 },
          { queue = "q", channel = "email", priority = 2 },
        ]
        chat = { at_once = 3, slowdown = 0.2 }
        email = { other_channels = true }
        "#,
    );
    if offers {
        text += r#"offers = { accept = { distribution = "lognormal", mean = "5s", cv = 0.6 }, missed = "2%", rejected = "1%" }"#;
    }
    cut(text.parse::<Scenario>().and_then(|scenario| scenario.compile()).expect("the scenario is fine"), contacts)
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
