//! Absurd numbers in paths to service: whatever they are, there is an error or an end, and neither takes long. Each of these once hung, overflowed or ran out of stack.

use waitline::Scenario;
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
