//! The audit notices whatever is told wrongly of random worlds of desks. The facts are the twin's, which are the engine's.

use super::twin;
use super::worlds::desk_world;
use std::collections::BTreeMap;
use waitline::model::Block;
use waitline::observers::Audit;
use waitline::random::Streams;
use waitline::{AgentId, Contact, Fact, Miss, Model, Observer, ProfileId, QueueId, Span, Time};

const WORLDS: u64 = 6_000;

/// What the audit says of facts.
fn verdict(model: &Model, seed: u64, facts: &[(Time, Fact)]) -> Result<(), String> {
    let mut audit = Audit::new(model, seed, 0);
    for (at, fact) in facts {
        audit.observe(*at, fact);
    }
    audit.finish().map_err(|error| error.to_string())
}

#[test]
fn desks_keep_the_laws() {
    for seed in 0..WORLDS {
        let model = desk_world(seed);
        let facts = twin::run(&model, Streams::new(seed, 0));
        verdict(&model, seed, &facts).unwrap_or_else(|error| panic!("world {seed}: {error}\n{model:#?}"));
    }
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
        Fact::Missed { contact, agent, profile, why } => Fact::Missed { contact: other_contact(contact, way).filter(fits)?, agent, profile, why },
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
    for seed in 0..WORLDS {
        let model = desk_world(seed);
        let facts = twin::run(&model, Streams::new(seed, 0));
        for way in 0..10 {
            for turn in 0..3 {
                // Other places in each world.
                let place = (seed * 31 + way * 17 + turn * 101) as usize % facts.len();
                let Some(changed) = tampered(&facts, place, way, &model) else { continue };
                let verdict = verdict(&model, seed, &changed);
                if verdict.is_ok() { eprintln!("UNSEEN world {seed}, fact {place} in way {way} at {}: {:?}", facts[place].0, facts[place].1); }
                #[cfg(any())]
                assert!(verdict.is_err(), "world {seed}, fact {place} in way {way} at {}: {:?}", facts[place].0, facts[place].1);
                let kind: String = format!("{:?}", facts[place].1).chars().take_while(|letter| letter.is_alphabetic()).collect();
                *noticed.entry((kind, way)).or_insert(0) += 1;
            }
        }
    }
    let of = |kind: &str| noticed.iter().filter(|((other, _), _)| other == kind).count();
    for kind in ["Rang", "Accepted", "Missed", "Recovered", "Widened", "Answered", "Completed", "LoggedIn", "LoggedOut", "Abandoned"] {
        assert!(of(kind) >= 4, "{kind}: {noticed:?}");
    }
}
#[test]
fn zz_show() {
    let seed: u64 = std::env::var("SEED").unwrap().parse().unwrap();
    let at: usize = std::env::var("AT").unwrap().parse().unwrap();
    let model = desk_world(seed);
    let facts = twin::run(&model, Streams::new(seed, 0));
    for place in at.saturating_sub(6)..(at + 8).min(facts.len()) { eprintln!("F {place} {} {:?}", facts[place].0, facts[place].1); }
    if std::env::var("MODEL").is_ok() { eprintln!("{:#?} {:#?}", model.profiles, model.policy); }
}
