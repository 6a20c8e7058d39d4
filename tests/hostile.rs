//! Absurd numbers in paths to service: whatever they are, there is an error or an end, and neither takes long. Each of these once hung, overflowed or ran out of stack.

use rand::RngExt;
use waitline::Scenario;
use waitline::observers::Audit;
use waitline::random::Streams;

/// A center whose two contacts, at 0 and at 1 s, do what `way` says.
fn center(before: &str, way: &str, queue: &str) -> String {
    format!(
        r#"version = 1
name = "hostile"
{before}
[run]
horizon = "1h"
interval = "none"
[[queue]]
name = "q"
handle_time = {{ distribution = "constant", value = "0s" }}
{queue}
[[queue]]
name = "unserved"
handle_time = {{ distribution = "constant", value = "1s" }}
[[routing_profile]]
name = "p"
queues = [{{ queue = "q", priority = 1 }}]
[[agents]]
routing_profile = "p"
count = 1
[[source]]
name = "c"
arrivals = {{ process = "scheduled", times = ["0s", "1s"] }}
{way}
"#
    )
}

/// What comes of it: the first problem, the limit that was met, or `ends`.
fn said(text: &str) -> String {
    let model = text.parse::<Scenario>().and_then(|scenario| scenario.compile());
    let run = model.and_then(|model| waitline::run(&model, Streams::new(1, 0), &mut ()));
    match run {
        Ok(()) => "ends".into(),
        Err(error) => error.problems()[0].message.clone(),
    }
}

fn outcome(before: &str, way: &str, queue: &str) -> String {
    said(&center(before, way, queue))
}

/// The same for a flow of these steps. `NOW` is a duration of nothing.
fn flow(before: &str, steps: &str, queue: &str) -> String {
    let steps = steps.replace("NOW", r#"{ distribution = "constant", value = "0s" }"#);
    let before = before.replace("NOW", r#"{ distribution = "constant", value = "0s" }"#);
    outcome(&before, &format!("flow = \"main\"\n[[flow]]\nname = \"main\"\nstep = [{steps}]"), queue)
}

#[test]
fn attempts_without_end() {
    let help = r#"{ name = "help", block = "self_service", duration = NOW, containment = 0, attempts = MANY }, { name = "bye", block = "disconnect" }"#;
    assert_eq!(flow("", &help.replace("MANY", "100"), ""), "ends");
    assert_eq!(flow("", &help.replace("MANY", "4294967295"), ""), "4294967295 attempts: expected 1 to 100");
    assert_eq!(flow("", &help.replace("MANY", "18446744073709551615"), ""), "the number is too large");
    let back = r#"{ name = "back", block = "callback", queue = "q", answers = 0, ring = NOW, retry_delay = "0s", attempts = MANY }"#;
    assert_eq!(flow("", &back.replace("MANY", "100"), ""), "ends");
    assert_eq!(flow("", &back.replace("MANY", "4294967295"), ""), "4294967295 attempts: expected 1 to 100");
    let service = "service = [{ name = \"s\", latency = NOW, failure = 1.0, backoff = \"0s\", retries = MANY }]";
    let call = r#"{ name = "ask", block = "call", service = "s", failure = "bye" }, { name = "bye", block = "disconnect" }"#;
    assert_eq!(flow(&service.replace("MANY", "99"), call, ""), "ends");
    assert_eq!(flow(&service.replace("MANY", "4294967295"), call, ""), "4294967295 retries: expected at most 99");
    let again = r#"queue = "q"
calls_again = [{ after = "answered", share = 1, delay = { distribution = "constant", value = "0s" }, calls_max = MANY }]"#;
    assert_eq!(outcome("", &again.replace("MANY", "1000"), ""), "ends");
    assert_eq!(outcome("", &again.replace("MANY", "4294967295"), ""), "4294967295 calls: expected 1 to 1000; the first one counts");
}

#[test]
fn loops_in_which_hardly_any_time_passes() {
    let music = |duration: &str| {
        let music = format!(r#"{{ name = "music", block = "prompt", duration = {duration}, next = "music" }}"#);
        flow("", &format!(r#"{{ name = "in", block = "queue", queue = "unserved", while_waiting = "music" }}, {music}"#), "")
    };
    let hardly = "a contact has passed 1000000 steps at 0.999999s, the last one being `music` of flow `main`: a loop in which hardly any time passes";
    assert_eq!(music(r#"{ distribution = "constant", value = "1us" }"#), hardly);
    // Most draws are rounded to nothing.
    let none = music(r#"{ distribution = "gamma", mean = "1us", cv = 1000 }"#);
    assert!(none.contains("passed 100000 steps") && none.ends_with("no time passes"), "{none}");
    assert_eq!(music(r#"{ distribution = "constant", value = "1m" }"#), "ends");
    // Called back and sent into the flow again, at one instant.
    let back = flow("", r#"{ name = "back", block = "callback", queue = "q" }"#, r#"transfers = [{ share = 1, flow = "main" }]"#);
    assert!(back.contains("passed 1000000 steps at 0s"), "{back}");
}

#[test]
fn ages_and_buckets_beyond_all_bounds() {
    let older = |age: &str| {
        let steps = r#"{ name = "in", block = "queue", queue = "unserved", while_waiting = "music" },
{ name = "music", block = "prompt", duration = { distribution = "constant", value = "10s" } },
{ name = "older", block = "rank", age = "AGE", next = "music" }"#;
        flow("policy = { ages_add_up = true, rank_change_takes = \"0s\" }", &steps.replace('\n', " ").replace("AGE", age), "")
    };
    assert_eq!([older("36500d"), older("-36500d")], ["ends", "ends"]);
    let call = r#"{ name = "ask", block = "call", service = "s", failure = "bye" }, { name = "bye", block = "disconnect" }"#;
    let limit = |rate: &str, burst: &str| {
        flow(&format!("service = [{{ name = \"s\", latency = NOW, rate_limit = {{ rate = \"{rate}\", burst = {burst} }} }}]"), call, "")
    };
    assert_eq!(limit("1e-300/s", "4294967295"), "at that rate a burst of 4294967295 would take more than 36500d to be there again");
    assert_eq!(limit("1e300/s", "4294967295"), "ends");
}

#[test]
fn events_and_dates_beyond_all_bounds() {
    let event = |every: &str| {
        let event = format!("event = [{{ name = \"e\", random = {{ every = {every}, lasts = NOW }} }}]");
        flow(
            &event,
            r#"{ name = "e", block = "event", event = "e", active = "bye", inactive = "bye" }, { name = "bye", block = "disconnect" }"#,
            "",
        )
    };
    for every in ["NOW", r#"{ distribution = "exponential", mean = "1us" }"#] {
        assert_eq!(event(every), "it would happen more than 1000000 times in a run and the 14d after it");
    }
    assert_eq!(event(r#"{ distribution = "exponential", mean = "1m" }"#), "ends");
    let starts = |date: &str| {
        let hours = r#"hours = [{ name = "h", week = [], overrides = [
{ name = "o", kind = "open", from_date = "-009999-01-01", to_date = "9999-12-31" },
{ name = "w", kind = "closed", from_date = "-009999-01-01", recurs = { every = "week", interval = 6, weekdays = ["monday"] } }] }]"#;
        said(&center(hours, "queue = \"q\"", "").replace("[run]", &format!("[run]\nstarts = \"{date}\"\ntime_zone = \"America/New_York\"")))
    };
    for date in ["9999-12-31T23:59", "-009999-01-01T00:00", "0001-01-01T00:00"] {
        assert!(starts(date).ends_with("is too far away: expected the years 1900 to 2200"), "{}", starts(date));
    }
    assert_eq!([starts("1900-01-01"), starts("2200-12-31T23:59:59")], ["ends", "ends"]);
}

#[test]
fn many_steps() {
    let rank = |count: usize, next: &dyn Fn(usize) -> String| {
        let steps: Vec<String> =
            (0..count).map(|step| format!("{{ name = \"s{step}\", block = \"rank\", priority = 1{} }}", next(step))).collect();
        flow("", &format!("{}, {{ name = \"bye\", block = \"disconnect\" }}", steps.join(", ")), "")
    };
    assert_eq!(rank(20_000, &|_| String::new()), "ends");
    assert_eq!(rank(100_000, &|_| String::new()), "more than 100000 steps");
    assert_eq!(rank(5_000, &|step| format!(", next = \"t{step}\"")), "unknown step `t0`");
}

/// What may stand in the place of a value of `everything.toml`; all of them are sound, though hardly sensible.
const CHANGES: [(&str, &[&str]); 45] = [
    ("queue = \"b\"\ndelay", &["queue = \"a\"\ndelay"]),
    ("at_horizon = \"drain\"", &["at_horizon = \"stop\""]),
    ("agent_transfer_rank = \"before\"", &["agent_transfer_rank = \"entry\"", "agent_transfer_rank = \"call_start\""]),
    ("queue_transfer_rank = \"entry\"", &["queue_transfer_rank = \"before\"", "queue_transfer_rank = \"call_start\""]),
    ("callback_rank = \"call_start\"", &["callback_rank = \"before\"", "callback_rank = \"entry\""]),
    ("callback_retry_rank = \"before\"", &["callback_retry_rank = \"entry\"", "callback_retry_rank = \"call_start\""]),
    ("capacity_buffer = \"20%\"", &["capacity_buffer = \"0%\"", "capacity_buffer = 10"]),
    ("ages_add_up = false", &["ages_add_up = true"]),
    ("rank_change_takes = \"60s\"", &["rank_change_takes = \"0s\"", "rank_change_takes = \"36500d\"", "rank_change_takes = \"30s\""]),
    ("calls_max = 8", &["calls_max = 0", "calls_max = 1", "calls_max = 4294967295"]),
    ("failover = true", &["failover = false"]),
    ("weight = 2", &["weight = 0", "weight = 1e12"]),
    ("every = { distribution = \"exponential\", mean = \"10m\" }", &["every = { distribution = \"constant\", value = \"0s\" }"]),
    ("lasts = { distribution = \"exponential\", mean = \"2m\" }", &["lasts = { distribution = \"constant\", value = \"36500d\" }"]),
    ("from = \"1h\", to = \"70m\"", &["from = \"0s\", to = \"36500d\"", "from = \"0s\", to = \"1us\""]),
    ("latency = { distribution = \"exponential\", mean = \"2s\" }", &["latency = { distribution = \"constant\", value = \"0s\" }"]),
    ("failure = \"20%\"", &["failure = \"100%\"", "failure = 0"]),
    ("timeout = \"4s\"", &["timeout = \"1us\""]),
    ("rate_limit = { rate = \"0.5/s\", burst = 3 }", &["rate_limit = { rate = \"0.00001/s\" }", "rate_limit = { rate = \"1e9/s\" }"]),
    ("retries = 2", &["retries = 0", "retries = 99"]),
    ("backoff = \"1s\"", &["backoff = \"0s\"", "backoff = \"5s\""]),
    ("jitter = \"equal\"", &["jitter = \"none\"", "jitter = \"full\""]),
    (
        "cache = { lifetime = \"1m\", by = \"lang\" }",
        &["cache = { lifetime = \"0s\" }", "cache = { lifetime = \"36500d\", by = \"tier\" }"],
    ),
    ("priority = 1\nage = \"30s\"", &["priority = 9223372036854775807\nage = \"-36500d\"", "age = \"36500d\""]),
    ("containment = \"30%\"", &["containment = 0", "containment = 1"]),
    ("attempts = 2", &["attempts = 100"]),
    ("agents = \"staffed\"", &["agents = \"available\"", "agents = \"online\""]),
    ("size_above = 6", &["size_above = 0", "size_above = 4294967295"]),
    ("age = \"-20s\"", &["age = \"0s\"", "age = \"60s\"", "age = \"-36500d\""]),
    ("oldest_above = \"2m\"", &["oldest_above = \"0s\"", "oldest_above = \"30s\""]),
    ("estimated_wait_above = \"5m\"", &["estimated_wait_above = \"0s\"", "estimated_wait_above = \"36500d\""]),
    ("delay = \"3m\"", &["delay = \"0s\"", "delay = \"8d\"", "delay = \"30s\""]),
    ("attempts = 3", &["attempts = 1", "attempts = 100"]),
    ("retry_delay = \"10m\"", &["retry_delay = \"0s\"", "retry_delay = \"6d\""]),
    ("answers = \"70%\"", &["answers = 0", "answers = 1"]),
    ("ring = { distribution = \"exponential\", mean = \"30s\" }", &["ring = { distribution = \"constant\", value = \"0s\" }"]),
    (
        "handle_time = { distribution = \"exponential\", mean = \"3m\" }",
        &[
            "handle_time = { distribution = \"constant\", value = \"0s\" }",
            "handle_time = { distribution = \"constant\", value = \"30s\" }",
        ],
    ),
    ("mean = \"20s\" }\npatience", &["mean = \"36500d\" }\npatience"]),
    (
        "patience = { distribution = \"exponential\", mean = \"4m\" }",
        &["patience = { distribution = \"constant\", value = \"0s\" }", "patience = { distribution = \"constant\", value = \"30s\" }"],
    ),
    ("max_contacts = 5", &["max_contacts = 0", "max_contacts = 1"]),
    ("share = \"10%\", queue = \"b\"", &["share = \"90%\", queue = \"a\"", "share = \"90%\", queue = \"b\""]),
    ("share = \"10%\", flow = \"after\"", &["share = \"90%\", flow = \"after\"", "share = \"10%\", flow = \"main\""]),
    ("max_contacts = 4", &["max_contacts = 0", "max_contacts = 1000"]),
    ("count = 2", &["count = 5", "staffing = [0]"]),
    ("rate = \"80/h\"", &["rate = \"400/h\"", "rate = \"2/h\""]),
];

/// Whatever stands there, the audit finds the laws kept.
#[test]
fn everything_at_once() {
    let everything = include_str!("hostile/everything.toml");
    for (old, _) in CHANGES {
        assert!(everything.contains(old), "{old}");
    }
    let mut ended = 0;
    for seed in 0..400 {
        let mut luck = Streams::new(seed, 0).source(waitline::SourceId(0)).stream(waitline::random::Purpose::Arrivals, 0);
        let mut text = everything.to_string();
        for _ in 0..luck.random_range(1..10) {
            let (old, new) = CHANGES[luck.random_range(0..CHANGES.len())];
            text = text.replacen(old, new[luck.random_range(0..new.len())], 1);
        }
        // Shares of more than 100 % and the like are refused.
        let Ok(model) = text.parse::<Scenario>().and_then(|scenario| scenario.compile()) else { continue };
        let mut audit = Audit::new(&model, seed, 0);
        waitline::run(&model, Streams::new(seed, 0), &mut audit).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        audit.finish().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        ended += 1;
    }
    assert!(ended > 300, "{ended}");
}

/// A center of one agent at a desk, and a contact every minute.
fn desk(desk: &str, terms: &str, agents: &str) -> String {
    said(&format!(
        r#"version = 1
name = "hostile desk"
[run]
horizon = "1h"
interval = "none"
[[queue]]
name = "q"
handle_time = {{ distribution = "constant", value = "60s" }}
{terms}
[[routing_profile]]
name = "p"
queues = [{{ queue = "q", channel = "chat", priority = 1 }}]
{desk}
[[agents]]
routing_profile = "p"
count = 1
{agents}
[[source]]
name = "c"
queue = "q"
channel = "chat"
arrivals = {{ process = "poisson", rate = "60/h" }}
"#
    ))
}

#[test]
fn offers_without_end() {
    for (ring, recovery) in [("0s", "0s"), ("0s", "0.000001s"), ("0.000001s", "0s")] {
        let offers = format!(
            r#"offers = {{ accept = {{ distribution = "constant", value = "{ring}" }}, rejected = "100%", recovery = {{ distribution = "constant", value = "{recovery}" }} }}"#
        );
        let said = desk(&offers, "", "");
        assert!(said.starts_with("a contact has been offered 65535 times at "), "{said}");
    }
}

#[test]
fn handling_beyond_all_bounds() {
    let long = r#"chat = { handle_time = { distribution = "constant", value = "800000h" }, after_contact_work = { distribution = "constant", value = "800000h" }, replies = { count = 1000, after = { distribution = "constant", value = "800000h" } } }"#;
    let agents = "handle_time_factor = 100.0\nlearning = { begins_at = 100.0, contacts = 1000000 }";
    assert_eq!(desk("chat = { at_once = 10, slowdown = 100.0 }", long, agents), "ends");
    let nothing = r#"chat = { handle_time = { distribution = "constant", value = "0s" }, replies = { count = 1000, after = { distribution = "constant", value = "0s" } } }"#;
    assert_eq!(desk("chat = { at_once = 10, slowdown = 100.0 }", nothing, "handle_time_factor = 0.01"), "ends");
}
