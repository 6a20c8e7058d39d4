//! Desks keep the laws, and the audit notices whatever is told wrongly of them, in random worlds and in those worked out by hand.

use super::told;
use super::worlds::desk_world;
use std::collections::BTreeMap;
use waitline::model::Block;
use waitline::observers::Audit;
use waitline::{AgentId, Contact, Fact, Miss, Model, Observer, ProfileId, QueueId, Scenario, Span, StateId, Time};

const WORLDS: u64 = 4_000;

/// What the audit says of facts.
fn verdict(model: &Model, seed: u64, facts: &[(Time, Fact)]) -> Result<(), String> {
    let mut audit = Audit::new(model, seed, 0);
    for (at, fact) in facts {
        audit.observe(*at, fact);
    }
    audit.finish().map_err(|error| error.to_string())
}

fn desk_worlds(from: u64, to: u64) -> impl Iterator<Item = (u64, Model)> {
    (from..to).map(|seed| (seed, desk_world(seed))).filter(|(_, model)| model.has_desks())
}

#[test]
fn desks_keep_the_laws() {
    // Whoever is told is the audit, too.
    let facts: usize = desk_worlds(0, WORLDS).map(|(seed, model)| told(&model, seed).len()).sum();
    assert!(facts > 100 * WORLDS as usize / 2, "{facts}");
}

/// Another agent, and its routing profile; `None`: there is no other.
fn another(agent: AgentId, model: &Model) -> Option<(AgentId, ProfileId)> {
    let other = AgentId((agent.0 + 1) % model.agents.len() as u32);
    (other != agent).then(|| (other, model.agents[other].profile))
}

fn other_contact(contact: Contact, way: u64) -> Option<Contact> {
    let us = Span::from_us(1);
    match way {
        1 => Some(Contact { number: contact.number + 1, ..contact }),
        2 => Some(Contact { enqueued: contact.enqueued + us, ..contact }),
        3 => Some(Contact { priority: contact.priority + 1, ..contact }),
        4 => Some(Contact { queue: QueueId(contact.queue.0 ^ 1), ..contact }),
        _ => None,
    }
}

/// Of whom, by whom, and what else is told, in one of several ways.
fn wrong(fact: Fact, way: u64, model: &Model) -> Option<Fact> {
    let us = Span::from_us(1);
    let fits = |contact: &Contact| (contact.queue.0 as usize) < model.queues.len();
    Some(match fact {
        Fact::Rang { contact, agent, .. } if way == 0 => {
            let (agent, profile) = another(agent, model)?;
            Fact::Rang { contact, agent, profile }
        }
        Fact::Rang { contact, agent, profile } => Fact::Rang { contact: other_contact(contact, way).filter(fits)?, agent, profile },
        Fact::Accepted { contact, agent, .. } if way == 0 => {
            let (agent, profile) = another(agent, model)?;
            Fact::Accepted { contact, agent, profile }
        }
        Fact::Accepted { contact, agent, profile } => Fact::Accepted { contact: other_contact(contact, way).filter(fits)?, agent, profile },
        Fact::Missed { contact, agent, why, .. } if way == 0 => {
            let (agent, profile) = another(agent, model)?;
            Fact::Missed { contact, agent, profile, why }
        }
        Fact::Missed { contact, agent, profile, why } if way < 3 => {
            let why = Miss::ALL[(why as usize + way as usize) % 3];
            Fact::Missed { contact, agent, profile, why }
        }
        Fact::Missed { contact, agent, profile, why } => {
            Fact::Missed { contact: other_contact(contact, way).filter(fits)?, agent, profile, why }
        }
        Fact::Recovered { agent, .. } if way == 0 => {
            let (agent, profile) = another(agent, model)?;
            Fact::Recovered { agent, profile }
        }
        Fact::Widened { contact, step } if way == 0 => Fact::Widened { contact, step: step + 1 },
        Fact::Widened { contact, step } => Fact::Widened { contact: other_contact(contact, way).filter(fits)?, step },
        Fact::Answered { contact, agent, talk, after_contact_work, .. } if way == 0 => {
            let (agent, profile) = another(agent, model)?;
            Fact::Answered { contact, agent, profile, talk, after_contact_work }
        }
        Fact::Answered { contact, agent, profile, talk, after_contact_work } if way == 1 => {
            Fact::Answered { contact, agent, profile, talk: talk + us, after_contact_work }
        }
        Fact::Answered { contact, agent, profile, talk, after_contact_work } if way == 2 => {
            Fact::Answered { contact, agent, profile, talk, after_contact_work: after_contact_work + us }
        }
        Fact::Answered { contact, agent, profile, talk, after_contact_work } => {
            Fact::Answered { contact: other_contact(contact, way).filter(fits)?, agent, profile, talk, after_contact_work }
        }
        Fact::Dialed { contact, agent, ring, .. } if way == 0 => {
            let (agent, profile) = another(agent, model)?;
            Fact::Dialed { contact, agent, profile, ring }
        }
        Fact::Dialed { contact, agent, profile, ring } if way == 1 => Fact::Dialed { contact, agent, profile, ring: ring + us },
        Fact::Completed { contact, agent, answered, .. } if way == 0 => {
            let (agent, profile) = another(agent, model)?;
            Fact::Completed { contact, agent, profile, answered }
        }
        Fact::Completed { contact, agent, profile, answered } if way == 1 => {
            Fact::Completed { contact, agent, profile, answered: answered + us }
        }
        Fact::Completed { contact, agent, profile, answered } => {
            Fact::Completed { contact: other_contact(contact, way).filter(fits)?, agent, profile, answered }
        }
        Fact::LoggedIn { agent, .. } if way == 0 => {
            let (agent, profile) = another(agent, model)?;
            Fact::LoggedIn { agent, profile }
        }
        Fact::LoggedOut { agent, .. } if way == 0 => {
            let (agent, profile) = another(agent, model)?;
            Fact::LoggedOut { agent, profile }
        }
        Fact::LoggedIn { agent, profile } if way == 1 && model.profiles.len() > 1 => {
            Fact::LoggedIn { agent, profile: ProfileId((profile.0 + 1) % model.profiles.len() as u32) }
        }
        Fact::Turned { agent, state, .. } if way == 0 => {
            let (agent, profile) = another(agent, model)?;
            Fact::Turned { agent, profile, state }
        }
        Fact::Turned { agent, profile, state } if way == 1 => {
            Fact::Turned { agent, profile, state: if state.is_some() { None } else { Some(StateId(0)) } }
        }
        Fact::Abandoned { contact } => Fact::Abandoned { contact: other_contact(contact, way).filter(fits)? },
        _ => return None,
    })
}

fn is_a_call(fact: &Fact, model: &Model) -> bool {
    matches!(fact, Fact::Passed { step, .. } if matches!(model.paths.steps[*step].block, Block::Call { .. }))
}

/// Two facts of one instant that stand next to each other, and may not change places: what agents do comes in order, and before the rest.
fn is_ordered(first: &Fact, second: &Fact) -> bool {
    let of_agents = |fact: &Fact| {
        matches!(
            fact,
            Fact::LoggedIn { .. }
                | Fact::LoggedOut { .. }
                | Fact::Turned { .. }
                | Fact::Completed { .. }
                | Fact::Accepted { .. }
                | Fact::Missed { .. }
                | Fact::Recovered { .. }
        )
    };
    let of_routing = |fact: &Fact| matches!(fact, Fact::Rang { .. } | Fact::Answered { .. } | Fact::Dialed { .. });
    first != second && (of_agents(first) || of_routing(first)) && (of_agents(second) || of_routing(second))
}

/// The facts of a run with the one at that place left out, told twice, told a microsecond late or early, exchanged with the next one, or told wrongly.
fn tampered(facts: &[(Time, Fact)], place: usize, way: u64, model: &Model) -> Option<Vec<(Time, Fact)>> {
    let mut changed = facts.to_vec();
    let (at, fact) = facts[place];
    // Whether the rate limit refused, or the answer was kept, is taken on trust (see the audit).
    let trusted = matches!(fact, Fact::Passed { exit, .. } if exit as usize >= Block::THROTTLED && is_a_call(&fact, model));
    match way {
        5 | 6 if fact == Fact::Ended || (way == 5 && trusted) => return None,
        5 => drop(changed.remove(place)),
        6 => changed.insert(place, (at, fact)),
        7 => changed[place..].iter_mut().for_each(|(at, _)| *at = *at + Span::from_us(1)),
        8 => {
            let early = Time::from_us(at.as_us() - 1);
            if facts[..place].last().is_some_and(|before| before.0 > early) || early < Time::START {
                return None;
            }
            changed[place].0 = early;
        }
        9 => {
            let next = facts.get(place + 1).filter(|next| next.0 == at && is_ordered(&fact, &next.1))?;
            (changed[place], changed[place + 1]) = (*next, (at, fact));
        }
        _ => changed[place].1 = wrong(fact, way, model)?,
    }
    Some(changed)
}

#[test]
fn whatever_is_told_wrongly_of_desks_is_noticed() {
    let mut noticed = BTreeMap::new();
    // Other worlds than those above.
    for (seed, model) in desk_worlds(WORLDS, WORLDS + 800) {
        let facts = told(&model, seed);
        for way in 0..10 {
            for turn in 0..2 {
                // Other places in each world.
                let place = (seed * 31 + way * 17 + turn * 101) as usize % facts.len();
                let Some(changed) = tampered(&facts, place, way, &model) else { continue };
                let verdict = verdict(&model, seed, &changed);
                assert!(verdict.is_err(), "world {seed}, fact {place} in way {way} at {}: {:?}", facts[place].0, facts[place].1);
                let kind: String = format!("{:?}", facts[place].1).chars().take_while(|letter| letter.is_alphabetic()).collect();
                *noticed.entry((kind, way)).or_insert(0) += 1;
            }
        }
    }
    let of = |kind: &str| noticed.iter().filter(|((other, _), _)| other == kind).count();
    for kind in
        ["Rang", "Accepted", "Missed", "Recovered", "Widened", "Answered", "Completed", "LoggedIn", "LoggedOut", "Turned", "Abandoned"]
    {
        assert!(of(kind) >= 4, "{kind}: {noticed:?}");
    }
}

// ---- the worlds worked out by hand ---------------------------------------------------------------------------------------

fn golden(name: &str) -> Model {
    Scenario::open(format!("scenarios/semantics/{name}.toml"))
        .and_then(|scenario| scenario.compile())
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn golden_worlds_keep_the_laws() {
    let mut desks = 0;
    for file in std::fs::read_dir("scenarios/semantics").expect("it is there") {
        let path = file.expect("it can be read").path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let model = golden(&path.file_stem().expect("it has a name").to_string_lossy());
            desks += usize::from(model.has_desks());
            told(&model, model.run.seed);
        }
    }
    assert!(desks >= 20, "{desks}");
}

/// What the audit says of a golden world whose facts are told with a change.
fn says(name: &str, mut change: impl FnMut(&Model, i64, Fact) -> Option<Fact>) -> String {
    let model = golden(name);
    let facts = told(&model, model.run.seed);
    let changed: Vec<(Time, Fact)> =
        facts.iter().filter_map(|&(at, fact)| change(&model, at.as_us() / 1_000_000, fact).map(|fact| (at, fact))).collect();
    assert_ne!(facts, changed, "{name}");
    verdict(&model, model.run.seed, &changed).expect_err(name)
}

fn agent(model: &Model, name: &str) -> (AgentId, ProfileId) {
    let (agent, row) = model.agents.enumerate().find(|(_, agent)| agent.name == name).expect("there is one of that name");
    (agent, row.profile)
}

/// The contact that was to wait from then on is answered by that agent, with the talk that it has.
fn is_answered(name: &str, at_s: i64, by: &str, talk_s: i64) -> String {
    says(name, |model, at, fact| {
        let (agent, profile) = agent(model, by);
        match fact {
            Fact::Queued { contact } if at == at_s => {
                Some(Fact::Answered { contact, agent, profile, talk: Span::from_secs(talk_s), after_contact_work: Span::ZERO })
            }
            other => Some(other),
        }
    })
}

/// The contact that is given to somebody then is given to that agent.
fn is_given(name: &str, at_s: i64, to: &str) -> String {
    says(name, |model, at, fact| {
        let (other, profile) = agent(model, to);
        match fact {
            Fact::Answered { contact, talk, after_contact_work, .. } if at == at_s => {
                Some(Fact::Answered { contact, agent: other, profile, talk, after_contact_work })
            }
            Fact::Rang { contact, .. } if at == at_s => Some(Fact::Rang { contact, agent: other, profile }),
            other => Some(other),
        }
    })
}

fn names(message: &str, wrong: &str, rule: &str) {
    assert!(message.contains(wrong) && message.contains(rule), "expected `{wrong}` and `{rule}`:\n{message}");
}

#[test]
fn who_gets_what_is_judged_by_its_rule() {
    let capacity = is_answered("desk-slots", 30, "desk-1", 40);
    names(&capacity, "given contact `c4` of queue `q`, but holds as many contacts of that channel as it may", "(desks: capacity)");
    let channels = is_answered("desk-slots", 20, "desk-1", 60);
    names(
        &channels,
        "given contact `v1` of queue `q`, but holds a contact beside which it gets none of another channel",
        "(desks: channels)",
    );
    let keeps = is_answered("outbound-keeps-agents-available", 0, "desk-2", 60);
    names(
        &keeps,
        "`desk-2` is given contact `o2` of queue `list`, but would leave too few of its profile available",
        "(desks: keep available)",
    );
    let criteria = is_answered("criteria-expire", 60, "cyd", 20);
    names(&criteria, "`cyd` is given contact `c2` of queue `q`, but is not whom the contact wants", "(desks: criteria)");
    names(&is_given("desk-fewest-first", 600, "b"), "`b` is given contact `v1` of queue `q`, but agent `a` comes before it", "(R9)");
    names(&is_given("desk-longest-first", 600, "a"), "`a` is given contact `v1` of queue `q`, but agent `b` comes before it", "(R9)");
    names(&is_given("own-queue-goes-first", 120, "bob"), "`bob` is given contact `c2` of queue `q`, but is not logged in", "(R14)");
    names(&is_given("offer-missed", 50, "desk-2"), "but has missed an offer and not recovered", "(desks: missed offers)");
    let own = says("own-queue-goes-first", |_, at, fact| match fact {
        Fact::Answered { contact, agent, profile, talk, after_contact_work } if at == 60 => {
            let contact = Contact { number: 3, queue: QueueId(0), enqueued: Time::START + Span::from_secs(9), ..contact };
            Some(Fact::Answered { contact, agent, profile, talk, after_contact_work })
        }
        other => Some(other),
    });
    names(&own, "`ann` is given contact `c2` of queue `q`, but contact `x1` of queue `for ann` comes before it", "(R5, R7, R8, R11)");
}

#[test]
fn how_long_it_takes_is_judged_by_its_rule() {
    let without = |name: &str, what: fn(&Fact) -> bool| says(name, |_, _, fact| (!what(&fact)).then_some(fact));
    let completed = without("chats-slow-each-other-down", |fact| matches!(fact, Fact::Completed { .. }));
    names(&completed, "agent `desk-1` should have gone on with contact `c2` of queue `q` at 120 s", "(R3, R13, desks: handling)");
    let recovered = without("offer-missed", |fact| matches!(fact, Fact::Recovered { .. }));
    names(&recovered, "agent `desk-1` should have gone on with contact `c1` of queue `q` at 50 s", "(R3, desks: offers)");
    let rang = without("offer-missed", |fact| matches!(fact, Fact::Rang { .. }));
    names(&rang, "agent `desk-1` is available and contact `c1` of queue `q` is eligible, but nobody takes it", "(R3, R6)");
    let widened = without("criteria-expire", |fact| matches!(fact, Fact::Widened { .. }));
    names(&widened, "contact `c1` should have gone on at 35 s", "(R3, the flow)");
    let pace = says("agents-have-a-pace", |_, at, fact| match fact {
        Fact::Answered { contact, agent, profile, talk, after_contact_work } if at == 140 => {
            Some(Fact::Answered { contact, agent, profile, talk: talk + Span::from_us(1), after_contact_work })
        }
        other => Some(other),
    });
    names(&pace, "contact `e2` of queue `easy` is handled by agent `nell` for another time than it has", "(R13, R25, desks: handling)");
    let missed = says("offer-missed", |_, at, fact| match fact {
        Fact::Missed { contact, agent, profile, .. } if at == 20 => Some(Fact::Missed { contact, agent, profile, why: Miss::HungUp }),
        other => Some(other),
    });
    names(&missed, "agent `desk-1` should have gone on with contact `c1` of queue `q` at 20 s", "(R3, desks: offers)");
}
