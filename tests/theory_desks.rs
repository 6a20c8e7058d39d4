//! Desks (agents who hold several contacts, offers, routing criteria, outbound work, agents of different pace) against queueing theory, judged as in
//! `theory.rs`: closed forms where there are any, else Markov chains solved here. In the chains an hour is the unit of time.

#[path = "theory/chain.rs"]
mod chain;
#[path = "theory/desk_seen.rs"]
mod desk_seen;
#[path = "theory/judge.rs"]
mod judge;

use chain::{mean, stationary};
use desk_seen::{Center, agents, constant, exponential, judge, model, queue, seen, source};
use waitline::erlang::Traffic;

const HOUR_S: f64 = 3600.0;
const CHAT: &str = "channel = \"chat\"";
const CHATS: &str = "{ queue = \"q\", channel = \"chat\", priority = 1 }";
const CALLS: &str = "{ queue = \"q\", priority = 1 }";

fn patience(distribution: &str) -> String {
    format!("patience = {distribution}")
}

/// 1 or 0, to be averaged.
fn share(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

/// How fast an agent works on so many contacts, all together.
fn speed(active: usize, slowdown: f64) -> f64 {
    if active == 0 { 0.0 } else { active as f64 / (1.0 + slowdown * (active - 1) as f64) }
}

// ---- several contacts in hand ------------------------------------------------------------------------------------------

/// One agent and at most three chats, of which each slows the others down: n contacts in hand end at a rate of n mu / (1 + s (n - 1)). Who does not find
/// room waits, as long as it has patience. A birth-death chain of the contacts in the center, cut off at forty.
#[test]
fn chats_slow_each_other_down() {
    for slowdown in [0.4, 1.0] {
        let desk = agents("p", 1, CHATS, &format!("chat = {{ at_once = 3, slowdown = {slowdown} }}"));
        let model = model(10, &[queue("q", &exponential("3m"), &patience(&exponential("5m"))), desk, source("s", "q", 24.0, CHAT)]);
        let p = stationary(41, |n, told| {
            let in_hand = n.min(3);
            if n < 40 {
                told(n + 1, 24.0);
            }
            if n > 0 {
                told(n - 1, 20.0 * speed(in_hand, slowdown) + 12.0 * (n - in_hand) as f64);
            }
        });
        let held = |number: u32| move |center: &Center| share(center.agents[0].held() == number);
        let (one, two, three) = (held(1), held(2), held(3));
        let runs = seen(&model, &[&one, &two, &three, &Center::waiting]);
        judge(&runs, &format!("one in hand, slowdown {slowdown}"), p[1], 0.1, |run| run.averages[0]);
        judge(&runs, "two in hand", p[2], 0.1, |run| run.averages[1]);
        judge(&runs, "three in hand", p[3..].iter().sum(), 0.1, |run| run.averages[2]);
        let waiting = mean(&p, |n| n.saturating_sub(3) as f64);
        judge(&runs, "chats waiting", waiting, 0.15, |run| run.averages[3]);
        judge(&runs, "chats abandoned", 12.0 * waiting / 24.0, 0.15, |run| run.sources[0].lost());
        judge(&runs, "chats that wait", p[3..].iter().sum(), 0.1, |run| 1.0 - run.sources[0].at_once / run.sources[0].offered);
    }
}

/// With a slowdown of 1 an agent does as much with any number of chats: whoever is there shares it (M/M/1 with at most two in service), so that the number in
/// the center is geometric.
#[test]
fn shared_attention_does_not_change_how_much_is_done() {
    let desk = agents("p", 1, CHATS, "chat = { at_once = 2, slowdown = 1.0 }");
    let model = model(20, &[queue("q", &exponential("3m"), ""), desk, source("s", "q", 13.0, CHAT)]);
    let load: f64 = 13.0 / 20.0;
    let busy = |center: &Center| share(center.agents[0].held() > 0);
    let runs = seen(&model, &[&busy, &|center| center.held() + center.waiting()]);
    judge(&runs, "work", load, 0.06, |run| run.averages[0]);
    judge(&runs, "in the center", load / (1.0 - load), 0.2, |run| run.averages[1]);
    let waiting = load * load * load / (1.0 - load);
    judge(&runs, "mean wait", waiting / 13.0 * HOUR_S, 0.5, |run| run.sources[0].asa_s());
}

/// A node of which all contacts share the speed, and one of any number of servers for the pauses: the weight of n at work and m whose customer writes.
fn weight(active: usize, pausing: usize, slowdown: f64, work: f64, pauses: f64) -> f64 {
    let active: f64 = (1..=active).map(|n| work / speed(n, slowdown)).product();
    let pausing: f64 = (1..=pausing).map(|m| pauses / m as f64).product();
    active * pausing
}

/// The weight of all ways to hold so many.
fn weight_of(held: usize, slowdown: f64, work: f64, pauses: f64) -> f64 {
    (0..=held).map(|pausing| weight(held - pausing, pausing, slowdown, work, pauses)).sum()
}

/// Chats with customers' pauses, if none can wait. At work they share the agent's speed (a symmetric queue), pauses have any number of servers: a network in
/// product form, of which only the means of work and pauses matter, though the parts of one talk are equal (F. P. Kelly, Reversibility and Stochastic
/// Networks, 1979, chapter 3).
#[test]
fn only_means_matter_to_chats_with_pauses() {
    let talk = "{ distribution = \"lognormal\", mean = \"4m\", cv = 1.5 }";
    let pause = "{ distribution = \"lognormal\", mean = \"1m\", cv = 1.0 }";
    let terms = format!("chat = {{ replies = {{ count = 3, after = {pause} }} }}\nafter_contact_work = {}", exponential("1m"));
    for slowdown in [0.0, 0.3, 1.0] {
        let model = model(
            12,
            &[
                queue("q", talk, &format!("{}\n{terms}", patience(&constant("0s")))),
                agents("p", 1, CHATS, &format!("chat = {{ at_once = 4, slowdown = {slowdown} }}")),
                source("s", "q", 15.0, CHAT),
            ],
        );
        let weights: Vec<f64> = (0..=4).map(|held| weight_of(held, slowdown, 15.0 * 5.0 / 60.0, 15.0 * 3.0 / 60.0)).collect();
        let all: f64 = weights.iter().sum();
        let (none, two) = (|center: &Center| share(center.agents[0].held() == 0), |center: &Center| share(center.agents[0].held() == 2));
        let runs = seen(&model, &[&none, &two]);
        judge(&runs, &format!("no room, slowdown {slowdown}"), weights[4] / all, 0.15, |run| run.sources[0].lost());
        judge(&runs, "nothing in hand", weights[0] / all, 0.15, |run| run.averages[0]);
        judge(&runs, "two in hand", weights[2] / all, 0.1, |run| run.averages[1]);
    }
}

/// An agent who never lacks chats: three customers go round between its attention and their own pauses, a closed network in product form, G(2) / G(3) of
/// whom are done in a unit of time (the same chapter). Three times as many come as can be served: that all twenty places in the queue are empty is out of
/// the question.
#[test]
fn an_agent_who_never_lacks_chats() {
    let terms = format!("max_contacts = 20\nchat = {{ replies = {{ count = 2, after = {} }} }}", exponential("2m"));
    let talk = "{ distribution = \"lognormal\", mean = \"5m\", cv = 1.0 }";
    for slowdown in [0.0, 0.5] {
        let model = model(
            4,
            &[
                queue("q", talk, &terms),
                agents("p", 1, CHATS, &format!("chat = {{ at_once = 3, slowdown = {slowdown} }}")),
                source("s", "q", 60.0, CHAT),
            ],
        );
        let round = |held: usize| weight_of(held, slowdown, 5.0 / 60.0, 4.0 / 60.0);
        let runs = seen(&model, &[&Center::held]);
        judge(&runs, &format!("done in an hour, slowdown {slowdown}"), round(2) / round(3), 0.05, |run| {
            run.sources[0].completed / run.hours
        });
        assert!(runs.iter().all(|run| (run.averages[0] - 3.0).abs() < 1e-3), "it always holds three");
    }
}

// ---- who is given a contact --------------------------------------------------------------------------------------------

/// Two agents of three chats each. By the fewest contacts in hand, or by time alone: the chain of (contacts of the agent available longer, of the other,
/// waiting), cut off at forty waiting. Answers and completions send an agent to the end.
#[test]
fn two_agents_by_contacts_in_hand_or_by_time() {
    for fewest in [true, false] {
        let model = model(
            16,
            &[
                format!("[policy]\nfewest_contacts_first = {fewest}\n"),
                queue("q", &exponential("5m"), &patience(&exponential("4m"))),
                agents("p", 2, CHATS, "chat = { at_once = 3, slowdown = 0.5 }"),
                source("s", "q", 27.0, CHAT),
            ],
        );
        let id = |first: usize, last: usize| 4 * first + last;
        let p = stationary(16 + 40, |state, told| {
            let (first, last, waiting) = if state < 16 { (state / 4, state % 4, 0) } else { (3, 3, state - 15) };
            if first == 3 && last == 3 {
                if waiting < 40 {
                    told(15 + waiting + 1, 27.0);
                }
            } else if if fewest { first <= last } else { first < 3 } {
                told(id(last, first + 1), 27.0);
            } else {
                told(id(first, last + 1), 27.0);
            }
            if waiting > 0 {
                told(state - 1, 15.0 * waiting as f64 + 12.0 * 2.0 * speed(3, 0.5));
                return;
            }
            if first > 0 {
                told(id(last, first - 1), 12.0 * speed(first, 0.5));
            }
            if last > 0 {
                told(id(first, last - 1), 12.0 * speed(last, 0.5));
            }
        });
        let held = |state: usize| if state < 16 { [state / 4, state % 4] } else { [3, 3] };
        let idle = |center: &Center| center.agents.iter().map(|agent| share(agent.held() == 0)).sum::<f64>();
        let runs = seen(&model, &[&Center::held, &idle, &Center::waiting]);
        judge(
            &runs,
            &format!("in hand, fewest first {fewest}"),
            mean(&p, |state| held(state).iter().sum::<usize>() as f64),
            0.035,
            |run| run.averages[0],
        );
        let idle = mean(&p, |state| held(state).iter().filter(|&&held| held == 0).count() as f64);
        judge(&runs, "agents with nothing in hand", idle, 0.08, |run| run.averages[1]);
        judge(&runs, "abandoned", 15.0 * mean(&p, |state| state.saturating_sub(15) as f64) / 27.0, 0.25, |run| run.sources[0].lost());
    }
}

/// How an agent stands who may hold a call and two chats.
#[derive(Clone, Copy)]
struct Both {
    calls: usize,
    chats: usize,
}

impl Both {
    fn of(number: usize) -> Both {
        Both { calls: number / 3, chats: number % 3 }
    }

    fn number(self) -> usize {
        3 * self.calls + self.chats
    }

    fn held(self) -> usize {
        self.calls + self.chats
    }

    /// With one more call, or chat, if it may be given one. `beside`: who holds a call may be given chats, and the reverse.
    fn takes(self, chat: bool, beside: [bool; 2]) -> Option<Both> {
        if chat {
            let fits = self.chats < 2 && (self.calls == 0 || beside[0]);
            fits.then_some(Both { chats: self.chats + 1, ..self })
        } else {
            let fits = self.calls == 0 && (self.chats == 0 || beside[1]);
            fits.then_some(Both { calls: 1, ..self })
        }
    }
}

/// Calls and chats that block each other, if none can wait: the chain of what the agent available longer holds, and the other. The fewest contacts in hand
/// first, or time alone. Chats are slowed down by what is beside them more than calls.
#[test]
fn calls_block_chats_and_chats_block_calls() {
    const CALL_SLOWDOWN: f64 = 0.2;
    const CHAT_SLOWDOWN: f64 = 0.6;
    let cases = [([false, false], true), ([false, true], true), ([true, false], true), ([true, true], true), ([true, true], false)];
    for (beside, fewest) in cases {
        let desk = format!(
            "voice = {{ other_channels = {}, slowdown = {CALL_SLOWDOWN} }}\nchat = {{ at_once = 2, other_channels = {}, slowdown = {CHAT_SLOWDOWN} }}",
            beside[0], beside[1]
        );
        let model = model(
            8,
            &[
                format!("[policy]\nfewest_contacts_first = {fewest}\n"),
                queue("q", &exponential("5m"), &patience(&constant("0s"))),
                agents("p", 2, &format!("{CALLS}, {CHATS}"), &desk),
                source("calls", "q", 14.0, ""),
                source("chats", "q", 20.0, CHAT),
            ],
        );
        let lost = |pair: [Both; 2], chat: bool| pair.iter().all(|agent| agent.takes(chat, beside).is_none());
        let pair = |state: usize| [Both::of(state / 6), Both::of(state % 6)];
        let p = stationary(36, |state, told| {
            let pair = pair(state);
            let mut then = |place: usize, agent: Both, rate: f64| told(6 * pair[1 - place].number() + agent.number(), rate);
            for (chat, rate) in [(false, 14.0), (true, 20.0)] {
                let turns = (0..2).filter_map(|place| Some((place, pair[place].takes(chat, beside)?)));
                if let Some((place, agent)) = turns.min_by_key(|&(place, _)| (if fewest { pair[place].held() } else { 0 }, place)) {
                    then(place, agent, rate);
                }
            }
            for (place, agent) in pair.into_iter().enumerate() {
                let others = agent.held().saturating_sub(1) as f64;
                if agent.calls > 0 {
                    then(place, Both { calls: 0, ..agent }, 12.0 / (1.0 + CALL_SLOWDOWN * others));
                }
                if agent.chats > 0 {
                    then(place, Both { chats: agent.chats - 1, ..agent }, 12.0 * agent.chats as f64 / (1.0 + CHAT_SLOWDOWN * others));
                }
            }
        });
        let runs = seen(&model, &[&|center| center.held_of(0), &|center| center.held_of(1)]);
        let what = format!("beside {beside:?}, fewest first {fewest}");
        judge(&runs, &format!("calls lost, {what}"), mean(&p, |state| share(lost(pair(state), false))), 0.1, |run| run.sources[0].lost());
        judge(&runs, &format!("chats lost, {what}"), mean(&p, |state| share(lost(pair(state), true))), 0.15, |run| run.sources[1].lost());
        judge(&runs, "calls in hand", mean(&p, |state| pair(state).iter().map(|agent| agent.calls as f64).sum()), 0.1, |run| {
            run.averages[0]
        });
        judge(&runs, "chats in hand", mean(&p, |state| pair(state).iter().map(|agent| agent.chats as f64).sum()), 0.05, |run| {
            run.averages[1]
        });
    }
}

/// Calls for anybody, and such as only the agent `a` will do for, first come first served: who is free takes the oldest that it may (J. Visschers, I. Adan,
/// G. Weiss, Queueing Systems 70, 2012). While both talk the chain knows of those waiting which `b` has passed over, all for `a`; of the others, who came
/// later, each is for `a` with the same probability. Cut off at thirty of either.
#[test]
fn some_want_one_of_two_agents() {
    const MOST: usize = 30;
    const FOR_A: f64 = 5.0;
    const FOR_ANY: f64 = 9.0;
    let agent = |level: u32| format!("proficiencies = {{ spanish = {level} }}\n");
    let model = model(
        25,
        &[
            queue("q", &exponential("5m"), ""),
            agents("p", 1, CALLS, "") + &agent(4),
            agents("r", 1, CALLS, "") + &agent(2),
            "[[routing_criteria]]\nname = \"spanish\"\nsteps = [{ needs = [{ proficiency = \"spanish\", at_least = 3 }] }]\n".into(),
            source("for a", "q", FOR_A, "routing_criteria = \"spanish\""),
            source("for any", "q", FOR_ANY, ""),
        ],
    );
    // Nobody talks, a or b available longer; b talks alone; a talks alone with so many waiting; both talk, so many passed over, so many not.
    let both = |passed: usize, others: usize| 3 + (MOST + 1) + passed.min(MOST) * (MOST + 1) + others;
    let only_a = |waiting: usize| 3 + waiting.min(MOST);
    let p = stationary(3 + (MOST + 1) + (MOST + 1) * (MOST + 1), |state, told| match state {
        0 => told(only_a(0), FOR_A + FOR_ANY),
        1 => {
            told(only_a(0), FOR_A);
            told(2, FOR_ANY);
        }
        2 => {
            told(both(0, 0), FOR_A + FOR_ANY);
            told(0, 12.0);
        }
        _ if state < 3 + MOST + 1 => {
            let waiting = state - 3;
            told(only_a(waiting + 1), FOR_A);
            told(both(waiting, 0), FOR_ANY);
            told(if waiting > 0 { only_a(waiting - 1) } else { 1 }, 12.0);
        }
        _ => {
            let (passed, others) = ((state - 3) / (MOST + 1) - 1, (state - 3) % (MOST + 1));
            if others < MOST {
                told(both(passed, others + 1), FOR_A + FOR_ANY);
            }
            match (passed, others) {
                (0, 0) => told(2, 12.0),
                (0, _) => told(both(0, others - 1), 12.0),
                _ => told(both(passed - 1, others), 12.0),
            }
            let mut rate = 12.0;
            for skipped in 0..others {
                told(both(passed + skipped, others - 1 - skipped), rate * FOR_ANY / (FOR_A + FOR_ANY));
                rate *= FOR_A / (FOR_A + FOR_ANY);
            }
            told(only_a(passed + others), rate);
        }
    });
    // (for a, for anybody or not known)
    let waiting = |state: usize| match state {
        0..3 => (0, 0),
        _ if state < 3 + MOST + 1 => (state - 3, 0),
        _ => ((state - 3) / (MOST + 1) - 1, (state - 3) % (MOST + 1)),
    };
    let cut = mean(&p, |state| share(waiting(state).0 == MOST || waiting(state).1 == MOST));
    assert!(cut < 1e-6, "{cut} of the time is cut off");
    let (passed, others) = (mean(&p, |state| waiting(state).0 as f64), mean(&p, |state| waiting(state).1 as f64));
    let any = others * FOR_ANY / (FOR_A + FOR_ANY);
    let runs = seen(&model, &[&|center| share(center.agents[0].held() > 0), &|center| center.waiting_of(0)]);
    judge(&runs, "a talks", mean(&p, |state| share(state > 2)), 0.05, |run| run.averages[0]);
    judge(&runs, "waiting for a", passed + others - any, 0.3, |run| run.averages[1]);
    judge(&runs, "wait for a", (passed + others - any) / FOR_A * HOUR_S, 0.3, |run| run.sources[0].asa_s());
    judge(&runs, "wait for anybody", any / FOR_ANY * HOUR_S, 0.3, |run| run.sources[1].asa_s());
}

/// Criteria that nobody meets, and that expire: a Poisson stream moved by a constant time is one again, so that beyond that time the wait is M/M/c's. If only
/// a part of the contacts have them, the work does not change, nor does what all of them wait beyond it.
#[test]
fn criteria_that_expire_delay_only() {
    let nobody = agents("none", 1, "{ queue = \"other\", priority = 1 }", "");
    let steps = "steps = [{ agents = [\"none-1\"], expires = \"60s\" }, { agents = [\"none-1\"], expires = \"30s\" }]";
    let criteria = format!("[[routing_criteria]]\nname = \"nobody\"\n{steps}\n");
    let figures = Traffic::new(34.0 / HOUR_S, 300.0, None).unwrap().with(4).unwrap();
    // Beyond the 90 s the wait is 0 or exponential.
    let exponential_s = HOUR_S / (4.0 * 12.0 - 34.0);
    let second_moment = 2.0 * figures.wait_probability * exponential_s * exponential_s;
    for (with, without) in [(34.0, 0.0), (20.0, 14.0)] {
        let mut tables = vec![
            queue("q", &exponential("5m"), ""),
            queue("other", &exponential("5m"), ""),
            agents("p", 4, CALLS, ""),
            nobody.clone(),
            criteria.clone(),
            source("wants", "q", with, "routing_criteria = \"nobody\""),
        ];
        if without > 0.0 {
            tables.push(source("takes any", "q", without, ""));
        }
        let runs = seen(&model(12, &tables), &[]);
        let beyond = |run: &desk_seen::Run| {
            let (wait_s, answered) = run.sources.iter().fold((0.0, 0.0), |(wait_s, all), of| (wait_s + of.wait_s, all + of.answered));
            (wait_s - 90.0 * run.sources[0].answered) / answered
        };
        judge(&runs, &format!("wait beyond, {with} of 34 want"), figures.asa_s, 0.4, beyond);
        if without == 0.0 {
            judge(&runs, "its square", second_moment, 0.8, |run| {
                let of = &run.sources[0];
                of.wait_s2 / of.answered - 180.0 * of.asa_s() + 8100.0
            });
        }
    }
}

/// An agent's own queue goes before all others: two classes of M/G/1 (Cobham, as in `theory.rs`).
#[test]
fn own_queues_are_a_class_of_their_own() {
    let model = model(
        15,
        &[
            queue("q", &exponential("60s"), ""),
            queue("own", &constant("90s"), "agent = \"p-1\"\nmax_contacts = 1000"),
            agents("p", 1, CALLS, ""),
            source("calls", "q", 21.0, ""),
            source("own calls", "own", 12.0, ""),
        ],
    );
    let (calls, own) = (21.0 * 60.0 / HOUR_S, 12.0 * 90.0 / HOUR_S);
    let in_hand = (21.0 * 2.0 * 3600.0 + 12.0 * 8100.0) / HOUR_S / 2.0;
    let runs = seen(&model, &[]);
    judge(&runs, "own queue", in_hand / (1.0 - own), 0.1, |run| run.sources[1].asa_s());
    judge(&runs, "the other", in_hand / (1.0 - own) / (1.0 - own - calls), 0.2, |run| run.sources[0].asa_s());
}

/// Two agents, of whom one takes three times as long, and the longest available goes first: the chain of who talks, and of who is available longer.
#[test]
fn agents_have_a_pace() {
    const FAST: f64 = 20.0;
    const SLOW: f64 = 20.0 / 3.0;
    let model = model(
        20,
        &[
            queue("q", &exponential("4m"), ""),
            agents("fast", 1, CALLS, "") + "handle_time_factor = 0.75\n",
            agents("slow", 1, CALLS, "") + "handle_time_factor = 2.25\n",
            source("s", "q", 18.0, ""),
        ],
    );
    // Nobody talks, fast or slow available longer; fast or slow talks; both, with up to sixty waiting.
    let p = stationary(5 + 60, |state, told| match state {
        0 => told(2, 18.0),
        1 => told(3, 18.0),
        2 => {
            told(4, 18.0);
            told(1, FAST);
        }
        3 => {
            told(4, 18.0);
            told(0, SLOW);
        }
        _ => {
            if state < 64 {
                told(state + 1, 18.0);
            }
            if state > 4 {
                told(state - 1, FAST + SLOW);
            } else {
                told(3, FAST);
                told(2, SLOW);
            }
        }
    });
    assert!(p[64] < 1e-8, "the chain is long enough");
    let runs = seen(&model, &[&|center| share(center.agents[0].held() > 0), &|center| share(center.agents[1].held() > 0)]);
    judge(&runs, "fast talks", 1.0 - p[0] - p[1] - p[3], 0.05, |run| run.averages[0]);
    judge(&runs, "slow talks", 1.0 - p[0] - p[1] - p[2], 0.05, |run| run.averages[1]);
    let waiting = mean(&p, |state| state.saturating_sub(4) as f64);
    judge(&runs, "wait", waiting / 18.0 * HOUR_S, 0.3, |run| run.sources[0].asa_s());
}

/// Two agents for inbound calls, of whom one makes short outbound calls as well; none can wait. The chain of who has been available longer, and of what each
/// talks. Where outbound calls do not leave an agent its place, it seldom comes first.
#[test]
fn outbound_calls_leave_an_agent_its_place() {
    // An hour has so many inbound and outbound calls, and so many end.
    const COME: [f64; 2] = [9.0, 30.0];
    const END: [f64; 2] = [12.0, 60.0];
    for (availability, leaves) in [("since_last_contact", false), ("since_last_inbound", true)] {
        let keys = format!("availability = \"{availability}\"");
        let lost = patience(&constant("0s"));
        let model = model(
            10,
            &[
                queue("q", &exponential("5m"), &lost),
                queue("list", &exponential("1m"), &lost),
                agents("both", 1, &format!("{CALLS}, {{ queue = \"list\", priority = 1 }}"), &keys),
                agents("inbound", 1, CALLS, &keys),
                source("inbound", "q", COME[0], ""),
                source("outbound", "list", COME[1], "outbound = true"),
            ],
        );
        // Who comes first; by agent: 0 idle, 1 an inbound call, 2 an outbound call.
        let numbers = |state: usize| (state / 9, [state / 3 % 3, state % 3]);
        let p = stationary(18, |state, told| {
            let (first, talks) = numbers(state);
            let mut then = |agent: usize, now: usize, outbound: bool, rate: f64| {
                let first = if leaves && outbound { first } else { 1 - agent };
                let talks = if agent == 0 { [now, talks[1]] } else { [talks[0], now] };
                told(9 * first + 3 * talks[0] + talks[1], rate);
            };
            if let Some(agent) = [first, 1 - first].into_iter().find(|&agent| talks[agent] == 0) {
                then(agent, 1, false, COME[0]);
            }
            if talks[0] == 0 {
                then(0, 2, true, COME[1]);
            }
            for agent in (0..2).filter(|&agent| talks[agent] > 0) {
                then(agent, 0, talks[agent] == 2, END[talks[agent] - 1]);
            }
        });
        let inbound_of = |agent: usize| move |center: &Center| f64::from(center.agents[agent].held_of(0));
        let (both, inbound) = (inbound_of(0), inbound_of(1));
        let runs = seen(&model, &[&both, &inbound]);
        let time = |agent: usize| mean(&p, |state| share(numbers(state).1[agent] == 1));
        judge(&runs, &format!("inbound calls of the one, {availability}"), time(0), 0.12, |run| run.averages[0]);
        judge(&runs, "of the other", time(1), 0.08, |run| run.averages[1]);
        judge(&runs, "inbound lost", mean(&p, |state| share(!numbers(state).1.contains(&0))), 0.15, |run| run.sources[0].lost());
        judge(&runs, "outbound lost", mean(&p, |state| share(numbers(state).1[0] > 0)), 0.05, |run| run.sources[1].lost());
    }
}

/// Outbound work without end, taken while at least two other agents hold nothing (S. Bhulai, G. Koole, IEEE Transactions on Automatic Control 48, 2003: a
/// threshold), by five agents: the chain of (all that is in hand or waits inbound, outbound in hand), cut off at forty who wait. More than twice as much
/// outbound work comes as can be done, so that its queue, of twenty places, is as good as never empty.
#[test]
fn outbound_work_up_to_a_threshold() {
    const AGENTS: usize = 5;
    const KEPT: usize = 2;
    const OUT: usize = AGENTS - KEPT + 1;
    let model = model(
        12,
        &[
            queue("q", &exponential("5m"), ""),
            queue("list", &exponential("8m"), "max_contacts = 20"),
            agents("p", AGENTS as u32, &format!("{CALLS}, {{ queue = \"list\", priority = 2, keep_available = {KEPT} }}"), ""),
            source("s", "q", 32.0, ""),
            source("o", "list", 24.0, "outbound = true"),
        ],
    );
    let p = stationary((KEPT + 1 + 40) * OUT, |state, told| {
        let (all, outbound) = (state / OUT + AGENTS - KEPT, state % OUT);
        let inbound = all.min(AGENTS) - outbound;
        if all < AGENTS + 40 {
            told(state + OUT, 32.0);
        }
        // Whoever is free takes inbound work first; and outbound work if more than two would be idle.
        if all == AGENTS - KEPT {
            if inbound > 0 {
                told(state + 1, 12.0 * inbound as f64);
            }
        } else {
            told(state - OUT, 12.0 * inbound as f64);
            if outbound > 0 {
                told(state - OUT - 1, 7.5 * outbound as f64);
            }
        }
    });
    let all = |state: usize| state / OUT + AGENTS - KEPT;
    assert!(mean(&p, |state| share(all(state) == AGENTS + 40)) < 1e-6, "the chain is long enough");
    let runs = seen(&model, &[&|center| center.held_of(1), &|center| share(center.waiting_of(1) < 0.5)]);
    judge(&runs, "waits", mean(&p, |state| share(all(state) >= AGENTS)), 0.1, |run| 1.0 - run.sources[0].at_once / run.sources[0].offered);
    let waiting = mean(&p, |state| all(state).saturating_sub(AGENTS) as f64);
    judge(&runs, "inbound wait", waiting / 32.0 * HOUR_S, 0.25, |run| run.sources[0].asa_s());
    let outbound = mean(&p, |state| (state % OUT) as f64);
    judge(&runs, "outbound work", outbound, 0.05, |run| run.averages[0]);
    judge(&runs, "outbound an hour", 7.5 * outbound, 0.05, |run| run.sources[1].answered / run.hours);
    assert!(runs.iter().all(|run| run.averages[1] < 1e-4), "outbound work never ends");
}

// ---- offers ------------------------------------------------------------------------------------------------------------

/// One agent who misses and rejects offers: a contact keeps its place and rings again, so that it takes the agent from its first ring to the end of the
/// talk, and its wait until that ring is that of M/G/1 (Pollaczek and Khinchine). A service is a geometric number of offers in vain, each with its
/// recovery, then one that is accepted. It rings for an exponential time cut off at 20 s.
#[test]
fn one_agent_who_misses_offers() {
    const PER_HOUR: f64 = 16.0;
    const MISSED: f64 = 0.10;
    const REJECTED: f64 = 0.15;
    let offers = format!(
        "offers = {{ accept = {}, missed = \"10%\", rejected = \"15%\", recovery = {{ distribution = \"lognormal\", mean = \"30s\", cv = 1.0 }}, connect = {} }}",
        exponential("8s"),
        constant("2s")
    );
    let model = model(16, &[queue("q", &exponential("60s"), ""), agents("p", 1, CALLS, &offers), source("s", "q", PER_HOUR, "")]);
    // How long it rings when it does not ring for too long: mean and second moment.
    let late = libm::exp(-20.0 / 8.0);
    let ring = (8.0 - 28.0 * late) / (1.0 - late);
    let ring2 = (128.0 - (400.0 + 320.0 + 128.0) * late) / (1.0 - late);
    let add = |(mean, second): (f64, f64), (other, second_other): (f64, f64)| (mean + other, second + 2.0 * mean * other + second_other);
    let mix = |weights: [f64; 2], parts: [(f64, f64); 2]| {
        let figure =
            |figure: fn((f64, f64)) -> f64| (weights[0] * figure(parts[0]) + weights[1] * figure(parts[1])) / (weights[0] + weights[1]);
        (figure(|part| part.0), figure(|part| part.1))
    };
    let recovery = (30.0, 2.0 * 900.0);
    let (missed, rejected) = (MISSED + (1.0 - MISSED) * late, REJECTED * (1.0 - late));
    let vain = mix([missed, rejected], [add((20.0, 400.0), recovery), add((ring, ring2), recovery)]);
    let fails = missed + rejected;
    let times = fails / (1.0 - fails);
    let all_vain = (times * vain.0, times * vain.1 + 2.0 * times * times * vain.0 * vain.0);
    let service = add(all_vain, add((ring, ring2), add((2.0, 4.0), (60.0, 7200.0))));
    let load = PER_HOUR / HOUR_S * service.0;
    let first_ring = PER_HOUR / HOUR_S * service.1 / 2.0 / (1.0 - load);
    let runs = seen(&model, &[&|center| f64::from(center.agents[0].missed), &|center| f64::from(center.agents[0].ringing)]);
    judge(&runs, "wait", first_ring + all_vain.0 + ring + 2.0, 0.15, |run| run.sources[0].asa_s());
    judge(&runs, "offers in vain", fails, 0.06, |run| run.sources[0].missed / run.sources[0].rang);
    judge(&runs, "recovers", PER_HOUR / HOUR_S * times * 30.0, 0.1, |run| run.averages[0]);
    let in_all = ring + times * mix([missed, rejected], [(20.0, 0.0), (ring, 0.0)]).0;
    judge(&runs, "rings", PER_HOUR / HOUR_S * in_all, 0.05, |run| run.averages[1]);
}

/// Three agents who accept or reject at once: a contact rings at one after the other as long as somebody is available. Recovery and patience are
/// exponential: the chain of (talking, recovering, waiting), cut off at forty.
#[test]
fn agents_who_reject_offers() {
    const AGENTS: usize = 3;
    let offers = format!("offers = {{ accept = {}, rejected = \"30%\", recovery = {} }}", constant("0s"), exponential("2m"));
    let model = model(
        8,
        &[
            queue("q", &exponential("3m"), &patience(&exponential("4m"))),
            agents("p", AGENTS as u32, CALLS, &offers),
            source("s", "q", 42.0, ""),
        ],
    );
    // Talking and recovering as a number; those who wait do so while nobody is available.
    let id = |talking: usize, recovering: usize, waiting: usize| (waiting * 4 + talking) * 4 + recovering;
    let p = stationary(41 * 16, |state, told| {
        let (waiting, talking, recovering) = (state / 16, state / 4 % 4, state % 4);
        if talking + recovering > AGENTS || (waiting > 0 && talking + recovering < AGENTS) {
            return told(0, 1.0); // it cannot be
        }
        let idle = AGENTS - talking - recovering;
        let mut rate = 42.0;
        for rejected in 0..idle {
            told(id(talking + 1, recovering + rejected, 0), 0.7 * rate);
            rate *= 0.3;
        }
        if waiting < 40 {
            told(id(talking, recovering + idle, waiting + 1), rate);
        }
        if waiting > 0 {
            told(id(talking, recovering, waiting - 1), 15.0 * waiting as f64);
        }
        for (rate, talking, recovering) in
            [(20.0 * talking as f64, talking.wrapping_sub(1), recovering), (30.0 * recovering as f64, talking, recovering.wrapping_sub(1))]
        {
            if rate > 0.0 && waiting > 0 {
                told(id(talking + 1, recovering, waiting - 1), 0.7 * rate);
                told(id(talking, recovering + 1, waiting), 0.3 * rate);
            } else if rate > 0.0 {
                told(id(talking, recovering, 0), rate);
            }
        }
    });
    let recovering = |center: &Center| center.agents.iter().map(|agent| f64::from(agent.missed)).sum::<f64>();
    let runs = seen(&model, &[&Center::held, &recovering, &Center::waiting]);
    judge(&runs, "talking", mean(&p, |state| (state / 4 % 4) as f64), 0.05, |run| run.averages[0]);
    judge(&runs, "recovering", mean(&p, |state| (state % 4) as f64), 0.08, |run| run.averages[1]);
    let waiting = mean(&p, |state| (state / 16) as f64);
    judge(&runs, "waiting", waiting, 0.15, |run| run.averages[2]);
    judge(&runs, "abandoned", 15.0 * waiting / 42.0, 0.1, |run| run.sources[0].lost());
    judge(&runs, "offers in vain", 0.3, 0.03, |run| run.sources[0].missed / run.sources[0].rang);
}

/// One agent, and customers who may hang up while it rings (then the agent has to recover) or while they are being connected (then it is free at once): the
/// chain of what the agent does and of those waiting besides, cut off at thirty. One ring in 600,000 would last more than 20 s; the chain leaves that out.
#[test]
fn customers_who_hang_up_while_it_rings() {
    let [idle, rings, connects, talks, recovers] = [0, 1, 2, 3, 4];
    let offers =
        format!("offers = {{ accept = {}, recovery = {}, connect = {} }}", exponential("1.5s"), exponential("30s"), exponential("3s"));
    let model = model(
        8,
        &[queue("q", &exponential("60s"), &patience(&exponential("20s"))), agents("p", 1, CALLS, &offers), source("s", "q", 60.0, "")],
    );
    let (accepted, connected, ended, recovered, gone) = (2400.0, 1200.0, 60.0, 120.0, 180.0);
    let p = stationary(5 * 31, |state, told| {
        let (does, waiting) = (state % 5, state / 5);
        if does == idle {
            return told(if waiting == 0 { rings } else { idle }, 60.0); // nobody waits then
        }
        if waiting < 30 {
            told(state + 5, 60.0);
        }
        if waiting > 0 {
            told(state - 5, gone * waiting as f64);
        }
        let free = if waiting > 0 { rings + 5 * (waiting - 1) } else { idle };
        let next = |does: usize| does + 5 * waiting;
        match does {
            1 => {
                told(next(connects), accepted);
                told(next(recovers), gone);
            }
            2 => {
                told(next(talks), connected);
                told(free, gone);
            }
            3 => told(free, ended),
            _ => told(free, recovered),
        }
    });
    let time = |does: usize| mean(&p, |state| share(state % 5 == does));
    let runs = seen(&model, &[&|center| f64::from(center.agents[0].ringing), &|center| f64::from(center.agents[0].missed), &Center::held]);
    judge(&runs, "it rings", time(rings), 0.05, |run| run.averages[0]);
    judge(&runs, "it recovers", time(recovers), 0.15, |run| run.averages[1]);
    judge(&runs, "it talks", time(talks), 0.04, |run| run.averages[2]);
    judge(&runs, "hung up while it rang", gone * time(rings) / 60.0, 0.15, |run| run.sources[0].missed / run.sources[0].offered);
    let in_vain = mean(&p, |state| (state / 5) as f64) + time(rings) + time(connects);
    judge(&runs, "abandoned", gone * in_vain / 60.0, 0.03, |run| run.sources[0].lost());
    assert!(connects == 2 && talks == 3, "as the chain has them");
}
