//! Paths to service against queueing theory, judged as in `theory.rs`: closed forms where there are any, else Markov chains solved here.

#[path = "theory/chain.rs"]
mod chain;
#[path = "theory/judge.rs"]
mod judge;
#[path = "theory/seen.rs"]
mod seen;

use chain::{mean, stationary};
use judge::{judge_near, judge_values};
use seen::{Seen, exponential, judge, model, poisson, seen, seen_with};
use waitline::erlang::{Traffic, blocking};
use waitline::random::Streams;
use waitline::{Arrival, Fact, Observer, Outcome, Span, StepId, Time};

const HOUR_S: f64 = 3600.0;
const ONE: &str = "{ queue = \"q0\", priority = 1 }";
const OTHER: &str = "{ queue = \"q1\", priority = 1 }";

/// A flow that listens and goes, and agents whom nobody asks for.
fn announcement(days: u32, around: &str, duration: &str, source: &str) -> Vec<Seen> {
    let flow = format!(
        "[[flow]]\nname = \"main\"\n[[flow.step]]\nname = \"listen\"\nblock = \"prompt\"\nduration = {duration}\n[[flow.step]]\nname = \"bye\"\nblock = \"disconnect\"\n"
    );
    let idle = [("{ distribution = \"constant\", value = \"1m\" }", "")];
    let model = model(days, &format!("{around}{flow}"), &idle, &[(ONE, 1)], &format!("flow = \"main\"\n{source}"));
    seen(&model)
}

fn blocked(seen: &Seen) -> f64 {
    seen.outcomes(Outcome::Blocked) / (seen.arrivals(Arrival::First) + seen.arrivals(Arrival::Again))
}

/// Erlang B, of which only the mean holding time matters; a line is held through flow, queue and talk, and not for the work after it.
#[test]
fn lines_are_a_loss_system() {
    let lines = "[[carrier]]\nname = \"trunk\"\nlines = 12\n";
    for duration in [&exponential("5m"), "{ distribution = \"lognormal\", mean = \"5m\", cv = 1.0 }"] {
        let seen = announcement(7, lines, duration, &poisson("120/h"));
        judge(&seen, "blocked", blocking(12, 10.0), 0.12, blocked);
        judge(&seen, "lines taken", 10.0 * (1.0 - blocking(12, 10.0)), 0.02, |seen| seen.lines_taken(0));
    }
    let flow = format!(
        "{lines}[[flow]]\nname = \"main\"\n[[flow.step]]\nname = \"listen\"\nblock = \"prompt\"\nduration = {}\n[[flow.step]]\nname = \"in\"\nblock = \"queue\"\nqueue = \"q0\"\n",
        exponential("1m")
    );
    let work = format!("after_contact_work = {}", exponential("3m"));
    let model = model(7, &flow, &[(&exponential("4m"), &work)], &[(ONE, 60)], &format!("flow = \"main\"\n{}", poisson("120/h")));
    judge(&seen(&model), "blocked, with agents", blocking(12, 10.0), 0.12, blocked);
}

/// Two carriers, each tried first by a share of the calls, the other one after it. All lines together are one loss system; how many each has in use is
/// a Markov chain of two dimensions. Without failover each is a loss system of its own.
#[test]
fn two_carriers() {
    const LINES: [usize; 2] = [5, 4];
    let carriers = "[[carrier]]\nname = \"a\"\nlines = 5\nweight = 0.7\n[[carrier]]\nname = \"b\"\nlines = 4\nweight = 0.3\n";
    let calls = poisson("120/h");
    let seen = announcement(10, carriers, &exponential("3m"), &calls);
    let p = stationary(30, |state, told| {
        let taken = [state / 5, state % 5];
        let id = |a: usize, b: usize| 5 * a + b;
        for (first, rate) in [(0, 0.7 * 120.0), (1, 0.3 * 120.0)] {
            match [first, 1 - first].into_iter().find(|&carrier| taken[carrier] < LINES[carrier]) {
                Some(0) => told(id(taken[0] + 1, taken[1]), rate),
                Some(_) => told(id(taken[0], taken[1] + 1), rate),
                None => {}
            }
        }
        if taken[0] > 0 {
            told(id(taken[0] - 1, taken[1]), 20.0 * taken[0] as f64);
        }
        if taken[1] > 0 {
            told(id(taken[0], taken[1] - 1), 20.0 * taken[1] as f64);
        }
    });
    assert!((p[29] - blocking(9, 6.0)).abs() < 1e-9, "all lines together are one loss system");
    judge(&seen, "blocked, failover", p[29], 0.1, blocked);
    judge(&seen, "lines of a", mean(&p, |state| (state / 5) as f64), 0.02, |seen| seen.lines_taken(0));
    judge(&seen, "lines of b", mean(&p, |state| (state % 5) as f64), 0.04, |seen| seen.lines_taken(1));

    let seen = announcement(10, &format!("[telephony]\nfailover = false\n{carriers}"), &exponential("3m"), &calls);
    judge(&seen, "blocked, no failover", 0.7 * blocking(5, 4.2) + 0.3 * blocking(4, 1.8), 0.06, blocked);
}

/// A trunk that takes no new calls at times: the chain of (lines taken, down or not).
#[test]
fn a_carrier_with_outages() {
    let carrier = format!(
        "[[event]]\nname = \"down\"\nrandom = {{ every = {}, lasts = {} }}\n[[carrier]]\nname = \"trunk\"\nlines = 5\noutage = \"down\"\n",
        exponential("50m"),
        exponential("10m")
    );
    let seen = announcement(20, &carrier, &exponential("3m"), &poisson("60/h"));
    // An hour is the unit: 1.2 outages begin, 6 end, each of up to five calls ends at a rate of 20. State: lines taken, + 6 if it is down.
    let p = stationary(12, |state, told| {
        let (down, taken) = (state >= 6, state % 6);
        told((state + 6) % 12, if down { 6.0 } else { 1.2 });
        if !down && taken < 5 {
            told(state + 1, 60.0);
        }
        if taken > 0 {
            told(state - 1, 20.0 * taken as f64);
        }
    });
    judge(&seen, "blocked, outages", p[5] + p[6..].iter().sum::<f64>(), 0.15, blocked);
    judge(&seen, "lines taken, outages", mean(&p, |state| (state % 6) as f64), 0.05, |seen| seen.lines_taken(0));
}

/// Retrials: the chain of (lines taken, customers at home who will call again). Cut off at sixty at home: less than 1e-12 of the time.
#[test]
fn who_is_blocked_calls_again() {
    const HOME: usize = 60;
    let again = format!("calls_again = [{{ after = \"blocked\", share = \"70%\", delay = {}, calls_max = 1000 }}]", exponential("2m"));
    let lines = "[[carrier]]\nname = \"trunk\"\nlines = 4\n";
    let seen = announcement(12, lines, &exponential("3m"), &format!("{again}\n{}", poisson("60/h")));
    let p = stationary(5 * (HOME + 1), |state, told| {
        let (taken, home) = (state % 5, state / 5);
        if taken < 4 {
            told(state + 1, 60.0);
            if home > 0 {
                told(state - 5 + 1, 30.0 * home as f64);
            }
        } else {
            if home < HOME {
                told(state + 5, 0.7 * 60.0);
            }
            if home > 0 {
                told(state - 5, 0.3 * 30.0 * home as f64);
            }
        }
        if taken > 0 {
            told(state - 1, 20.0 * taken as f64);
        }
    });
    assert!(p[5 * HOME..].iter().sum::<f64>() < 1e-12, "the chain is long enough");
    let (full, home) = (mean(&p, |state| f64::from(u8::from(state % 5 == 4))), mean(&p, |state| (state / 5) as f64));
    let home_when_full = mean(&p, |state| if state % 5 == 4 { (state / 5) as f64 } else { 0.0 });
    let calls = 60.0 + 30.0 * home;
    judge(&seen, "blocked of all calls", (60.0 * full + 30.0 * home_when_full) / calls, 0.08, blocked);
    judge(&seen, "share of calls again", 30.0 * home / calls, 0.1, |seen| {
        seen.arrivals(Arrival::Again) / (seen.arrivals(Arrival::First) + seen.arrivals(Arrival::Again))
    });
    judge(&seen, "lines taken, calls again", mean(&p, |state| (state % 5) as f64), 0.03, |seen| seen.lines_taken(0));
}

/// How many are in each of two stages at every full hour, and how many have left the first one since the hour before.
struct Stages {
    at: Time,
    inside: [f64; 2],
    left: f64,
    samples: Vec<([f64; 2], f64)>,
}

impl Stages {
    fn new(from: Span) -> Stages {
        Stages { at: Time::START + from, inside: [0.0; 2], left: 0.0, samples: Vec::new() }
    }
}

impl Observer for Stages {
    fn observe(&mut self, at: Time, fact: &Fact) {
        while at > self.at {
            self.samples.push((self.inside, std::mem::take(&mut self.left)));
            self.at = self.at + Span::from_secs(3600);
        }
        match fact {
            Fact::Entered { .. } => self.inside[0] += 1.0,
            Fact::Passed { step: StepId(0), .. } => {
                self.inside[0] -= 1.0;
                self.left += 1.0;
            }
            Fact::Offered { .. } => self.inside[1] += 1.0,
            Fact::Completed { .. } => self.inside[1] -= 1.0,
            _ => {}
        }
    }
}

fn self_service(containment: &str, attempts: u32) -> String {
    format!(
        "[[flow]]\nname = \"main\"\n[[flow.step]]\nname = \"menu\"\nblock = \"self_service\"\nduration = {{ distribution = \"lognormal\", mean = \"3m\", cv = 1.0 }}\ncontainment = \"{containment}\"\nattempts = {attempts}\n[[flow.step]]\nname = \"in\"\nblock = \"queue\"\nqueue = \"q0\"\n"
    )
}

/// M/G/infinity: the number in self-service is Poisson with mean lambda E(S), whoever leaves within an hour is Poisson too, and both are independent
/// (J. L. Doob, Stochastic Processes, 1953, VIII.5). Two attempts of 3 minutes, the first of which succeeds in 40 %: E(S) = 3 + 0.6 x 3 minutes.
#[test]
fn self_service_has_any_number_of_servers() {
    let model = model(
        2,
        &self_service("40%", 2),
        &[("{ distribution = \"constant\", value = \"1s\" }", "")],
        &[(ONE, 1)],
        &format!("flow = \"main\"\n{}", poisson("120/h")),
    );
    let (inside, hourly) = (120.0 * 4.8 / 60.0, 120.0);
    // Hours 12 to 47 of each replication: a mean of 36 samples.
    let runs: Vec<Stages> = (0..60)
        .map(|replication| {
            let mut stages = Stages::new(Span::from_secs(11 * 3600));
            waitline::run(&model, Streams::new(3, replication), &mut stages).unwrap();
            stages
        })
        .collect();
    let average = |figure: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
        let of_run = |stages: &Stages| stages.samples[1..37].iter().map(|([inside, _], left)| figure(*inside, *left)).sum::<f64>() / 36.0;
        runs.iter().map(of_run).collect()
    };
    judge_values(&average(&|number, _| number), "in self-service", inside, 0.1);
    judge_values(&average(&|number, _| (number - inside) * (number - inside)), "its variance", inside, 0.3);
    judge_values(&average(&|_, left| (left - hourly) * (left - hourly)), "variance of departures", hourly, 0.3);
    let scale = (inside * hourly).sqrt();
    judge_near(&average(&|number, left| (number - inside) * (left - hourly) / scale), "correlation", 0.0, 0.2);
}

/// Two stages in product form (F. Baskett, K. M. Chandy, R. R. Muntz, F. G. Palacios, J. ACM 22, 1975): of self-service half go on to M/M/c, which they
/// reach as a Poisson stream, and the numbers in both stages at one instant are independent.
#[test]
fn self_service_then_agents() {
    let model =
        model(10, &self_service("50%", 1), &[(&exponential("5m"), "")], &[(ONE, 8)], &format!("flow = \"main\"\n{}", poisson("150/h")));
    let figures = Traffic::new(75.0 / HOUR_S, 300.0, None).unwrap().with(8).unwrap();
    let (seen, stages): (Vec<Seen>, Vec<Stages>) = seen_with(&model, || Stages::new(Span::from_secs(12 * 3600))).into_iter().unzip();
    judge(&seen, "P(wait) after self-service", figures.wait_probability, 0.12, |seen| seen.waits_at_all(0));
    judge(&seen, "ASA after self-service", figures.asa_s, 0.3, |seen| seen.asa_s(0));
    let (first, second) = (150.0 * 3.0 / 60.0, figures.queue_length + 75.0 / 12.0);
    let covariance = |stages: &Stages| stages.samples[..220].iter().map(|([a, b], _)| (a - first) * (b - second)).sum::<f64>() / 220.0;
    // Both numbers vary by about 3.
    judge_near(&stages.iter().map(covariance).collect::<Vec<f64>>(), "covariance of the stages", 0.0, 2.5);
}

/// Two queues whose agents send contacts on to each other: a network in product form (J. R. Jackson, Management Science 10, 1963). The streams:
/// l0 = 50 + 0.2 l1, l1 = 0.3 l0. Less than one contact in 10^7 comes through twelve queues.
#[test]
fn agents_transfer_to_each_other() {
    let queues = [
        (&*exponential("5m"), "transfers = [{ share = \"30%\", queue = \"q1\" }]"),
        (&*exponential("6m"), "transfers = [{ share = \"20%\", queue = \"q0\" }]"),
    ];
    let agents = [(ONE, 6), (OTHER, 3)];
    let model = model(12, "", &queues, &agents, &format!("queue = \"q0\"\n{}", poisson("50/h")));
    let seen = seen(&model);
    let to_first = 50.0 / (1.0 - 0.2 * 0.3);
    for (queue, per_hour, mean_s, agents) in [(0, to_first, 300.0, 6), (1, 0.3 * to_first, 360.0, 3)] {
        let figures = Traffic::new(per_hour / HOUR_S, mean_s, None).unwrap().with(agents).unwrap();
        judge(&seen, &format!("P(wait) {queue}"), figures.wait_probability, 0.15, |seen| seen.waits_at_all(queue));
        judge(&seen, &format!("ASA {queue}"), figures.asa_s, 0.3, |seen| seen.asa_s(queue));
        judge(&seen, &format!("queue length {queue}"), figures.queue_length, 0.3, |seen| seen.queue_length(queue));
    }
}

fn offers(callback: &str) -> String {
    format!(
        "[[flow]]\nname = \"main\"\n[[flow.step]]\nname = \"in\"\nblock = \"queue\"\nqueue = \"q0\"\nwhile_waiting = \"music\"\n[[flow.step]]\nname = \"music\"\nblock = \"prompt\"\nduration = {}\n[[flow.step]]\nname = \"back\"\nblock = \"callback\"\n{callback}\n",
        exponential("2m")
    )
}

/// Whoever still waits after an exponential time hangs up and keeps the place: nothing changes for M/M/c, and of those who wait as many are called back as
/// the offer comes before an exponential wait of rate c mu - lambda ends.
#[test]
fn a_callback_that_keeps_its_place() {
    let model = model(10, &offers(""), &[(&exponential("5m"), "")], &[(ONE, 8)], &format!("flow = \"main\"\n{}", poisson("75/h")));
    let figures = Traffic::new(75.0 / HOUR_S, 300.0, None).unwrap().with(8).unwrap();
    let seen = seen(&model);
    judge(&seen, "queue length with callbacks", figures.queue_length, 0.3, |seen| seen.queue_length(0));
    let (offer, ends) = (30.0, 8.0 * 12.0 - 75.0);
    judge(&seen, "called back", figures.wait_probability * offer / (offer + ends), 0.15, |seen| {
        seen.arrivals(Arrival::Callback) / seen.arrivals(Arrival::First)
    });
}

/// Callbacks in a queue of their own, behind the calls, of which six in ten reach the customer: the chain of (agents talking, agents letting it ring, calls
/// waiting, callbacks waiting). Cut off at 30 calls and 60 callbacks.
#[test]
fn a_queue_for_callbacks() {
    const CALLS: usize = 30;
    const BACK: usize = 60;
    // Both agents idle, one talks, one rings; then with the numbers waiting: two talk, one does, none does.
    const BUSY: [(usize, usize); 6] = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)];
    let callback = format!("queue = \"q1\"\nanswers = \"60%\"\nring = {}", exponential("1m"));
    let patience = format!("patience = {}", exponential("5m"));
    let talk = exponential("3m");
    let model = model(
        12,
        &offers(&callback),
        &[(&talk, &patience), (&talk, "")],
        &[("{ queue = \"q0\", priority = 1 }, { queue = \"q1\", priority = 2 }", 2)],
        &format!("flow = \"main\"\n{}", poisson("42/h")),
    );
    let seen = seen(&model);
    let id = |talk: usize, ring: usize, calls: usize, back: usize| {
        let busy = BUSY.iter().position(|&busy| busy == (talk, ring)).expect("at most two are busy");
        if busy < 3 { busy } else { 3 + (busy - 3) + 3 * (calls + (CALLS + 1) * back) }
    };
    let numbers = |state: usize| match state.checked_sub(3) {
        None => (BUSY[state], 0, 0),
        Some(rest) => (BUSY[3 + rest % 3], rest / 3 % (CALLS + 1), rest / 3 / (CALLS + 1)),
    };
    let p = stationary(3 + 3 * (CALLS + 1) * (BACK + 1), |state, told| {
        let ((talk, ring), calls, back) = numbers(state);
        if talk + ring < 2 {
            told(id(talk + 1, ring, 0, 0), 42.0);
        } else if calls < CALLS {
            told(id(talk, ring, calls + 1, back), 42.0);
        }
        if calls > 0 {
            told(id(talk, ring, calls - 1, back), 12.0 * calls as f64);
            // Both agents are busy, so a callback waits.
            told(id(talk, ring, calls - 1, (back + 1).min(BACK)), 30.0 * calls as f64);
        }
        for (rate, talk, ring) in [(20.0 * talk as f64, talk.wrapping_sub(1), ring), (60.0 * ring as f64, talk, ring.wrapping_sub(1))] {
            if rate > 0.0 && calls > 0 {
                told(id(talk + 1, ring, calls - 1, back), rate);
            } else if rate > 0.0 && back > 0 {
                told(id(talk + 1, ring, 0, back - 1), 0.6 * rate);
                told(id(talk, ring + 1, 0, back - 1), 0.4 * rate);
            } else if rate > 0.0 {
                told(id(talk, ring, 0, 0), rate);
            }
        }
    });
    let left_out = mean(&p, |state| f64::from(u8::from(numbers(state).1 == CALLS || numbers(state).2 == BACK)));
    assert!(left_out < 1e-6, "{left_out} of the time is cut off");
    let (calls, back) = (mean(&p, |state| numbers(state).1 as f64), mean(&p, |state| numbers(state).2 as f64));
    judge(&seen, "calls waiting", calls, 0.12, |seen| seen.queue_length(0));
    judge(&seen, "callbacks waiting", back, 0.3, |seen| seen.queue_length(1));
    judge(&seen, "promised", 30.0 * calls / 42.0, 0.1, |seen| seen.arrivals(Arrival::Callback) / seen.arrivals(Arrival::First));
    judge(&seen, "abandoned", 12.0 * calls / 42.0, 0.1, |seen| seen.outcomes(Outcome::Abandoned) / seen.arrivals(Arrival::First));
    judge(&seen, "not reached", 0.4, 0.05, |seen| seen.outcomes(Outcome::Unreached) / seen.arrivals(Arrival::Callback));
}

/// A service asked once by each contact.
fn service(days: u32, keys: &str, rate: &str) -> Vec<Seen> {
    let paths = format!(
        "[[service]]\nname = \"crm\"\n{keys}\n[[flow]]\nname = \"main\"\n[[flow.step]]\nname = \"ask\"\nblock = \"call\"\nservice = \"crm\"\nfailure = \"bye\"\n[[flow.step]]\nname = \"bye\"\nblock = \"disconnect\"\n"
    );
    let idle = [("{ distribution = \"constant\", value = \"1m\" }", "")];
    seen(&model(days, &paths, &idle, &[(ONE, 1)], &format!("flow = \"main\"\n{}", poisson(rate))))
}

/// The tokens that are missing from a bucket of K, one of which comes back every d while any is missing, are the number in the system M/D/1/K, and who finds
/// K of them missing is refused. From the chain at departures, with a(j) the chance of j arrivals within d: P(refused) = 1 - 1 / (p(0) + lambda d)
/// (D. Gross, J. F. Shortle, J. M. Thompson, C. M. Harris, Fundamentals of Queueing Theory, 2008, section 5.1.8).
#[test]
fn a_token_bucket_is_a_queue_with_limited_room() {
    for (burst, per_s) in [(1, 0.12), (3, 0.12), (5, 0.09)] {
        let limit = format!(
            "latency = {{ distribution = \"constant\", value = \"1s\" }}\nrate_limit = {{ rate = \"0.1/s\", burst = {burst} }}\nretries = 0"
        );
        let seen = service(3, &limit, &format!("{per_s}/s"));
        let load = per_s * 10.0;
        let mut arrive = vec![libm::exp(-load)];
        for j in 1..=burst {
            arrive.push(arrive[j - 1] * load / j as f64);
        }
        // p(j + 1) a(0) = p(j) - p(0) a(j) - sum over i from 1 to j of p(i) a(j - i + 1), from p(0) = 1, then normed.
        let mut p = vec![1.0];
        for j in 0..burst - 1 {
            let known: f64 = (1..=j).map(|i| p[i] * arrive[j + 1 - i]).sum();
            p.push((p[j] - p[0] * arrive[j] - known) / arrive[0]);
        }
        let empty = 1.0 / p.iter().sum::<f64>();
        judge(&seen, &format!("throttled, burst {burst}"), 1.0 - 1.0 / (empty + load), 0.1, |seen| {
            seen.passed(0, 2) / seen.arrivals(Arrival::First)
        });
    }
}

/// Three attempts, each of which fails with 30 %, or takes longer than twice the mean of an exponential time.
#[test]
fn attempts_fail_independently() {
    let keys = format!("latency = {}\nfailure = \"30%\"\ntimeout = \"2s\"\nretries = 2", exponential("1s"));
    let seen = service(2, &keys, "300/h");
    let fails = 1.0 - 0.7 * (1.0 - libm::exp(-2.0));
    judge(&seen, "without an answer", fails * fails * fails, 0.15, |seen| seen.passed(0, 1) / seen.arrivals(Arrival::First));
    judge(&seen, "failed attempts", fails * (1.0 + fails + fails * fails), 0.05, |seen| seen.passed(0, 3) / seen.arrivals(Arrival::First));
}
