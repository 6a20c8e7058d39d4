//! The audit notices whatever is told wrongly of random worlds with paths.

use super::told;
use super::worlds::{flow_world, world};
use std::collections::BTreeMap;
use waitline::Model;
use waitline::model::Block;
use waitline::observers::Audit;
use waitline::{AgentId, CarrierId, Customer, Fact, FlowId, Observer, Outcome, QueueId, SourceId, Span, StateId, StepId, Time};

/// What the audit says of a run of the engine whose facts are told with a change.
fn is_accepted(model: &Model, seed: u64, facts: impl IntoIterator<Item = (Time, Fact)>) -> bool {
    let mut audit = Audit::new(model, seed, 0);
    for (at, fact) in facts {
        audit.observe(at, &fact);
    }
    audit.finish().is_ok()
}

/// The fact told wrongly in one of several ways; `None`: this kind of fact is not told wrongly in that way.
fn wrong(fact: Fact, way: u64, model: &Model) -> Option<Fact> {
    let other_queue = |queue: QueueId| QueueId((queue.0 + 1) % model.queues.len() as u32);
    let us = Span::from_us(1);
    let wrong = match (fact, way) {
        (Fact::Departed { customer, arrived, outcome, queue, waited, answered }, _) => {
            let (mut arrived, mut outcome, mut queue, mut waited, mut answered) = (arrived, outcome, queue, waited, answered);
            match way {
                0 => waited = waited + us,
                1 => arrived = arrived + us,
                2 => outcome = if outcome == Outcome::Message { Outcome::Disconnected } else { Outcome::Message },
                3 => queue = queue.map_or(Some(QueueId(0)), |_| None),
                4 => answered = answered.map_or(Some(arrived), |_| None),
                _ => return None,
            }
            Fact::Departed { customer, arrived, outcome, queue, waited, answered }
        }
        (Fact::Passed { customer, step, exit }, 0) if model.paths.steps[step].exits.len() > 1 => {
            let exits = model.paths.steps[step].exits.len() as u32;
            Fact::Passed { customer, step, exit: (exit + 1) % exits }
        }
        (Fact::Passed { customer, step, exit }, 1) if model.paths.steps.len() > 1 => {
            Fact::Passed { customer, step: StepId((step.0 + 1) % model.paths.steps.len() as u32), exit }
        }
        (Fact::Entered { customer, flow }, 0) if model.paths.flows.len() > 1 => {
            Fact::Entered { customer, flow: FlowId((flow.0 + 1) % model.paths.flows.len() as u32) }
        }
        (Fact::Refused { customer, carrier }, 0) if model.paths.telephony.carriers.len() > 1 => {
            Fact::Refused { customer, carrier: CarrierId((carrier.0 + 1) % model.paths.telephony.carriers.len() as u32) }
        }
        (Fact::Seized { customer, carrier }, 0) if model.paths.telephony.carriers.len() > 1 => {
            let other = carrier.map_or(Some(CarrierId(0)), |carrier| Some(CarrierId((carrier.0 + 1) % 2)));
            Fact::Seized { customer, carrier: other }
        }
        (Fact::Seized { customer, carrier: Some(_) }, 1) => Fact::Seized { customer, carrier: None },
        (Fact::Left { contact, outcome }, 0) => {
            Fact::Left { contact, outcome: if outcome == Outcome::Message { Outcome::Transferred } else { Outcome::Message } }
        }
        (Fact::Dialed { contact, agent, profile, ring }, 0) => Fact::Dialed { contact, agent, profile, ring: ring + us },
        (Fact::Reranked { contact, priority, age_us }, 0) => Fact::Reranked { contact, priority: priority + 1, age_us },
        (Fact::Reranked { contact, priority, age_us }, 1) => Fact::Reranked { contact, priority, age_us: age_us + 1 },
        (Fact::Offered { mut contact }, _) => {
            match way {
                0 => contact.priority += 1,
                1 => contact.age_us += 1,
                2 if model.queues.len() > 1 => contact.queue = other_queue(contact.queue),
                3 => contact.enqueued = contact.enqueued + us,
                _ => return None,
            }
            Fact::Offered { contact }
        }
        (Fact::Arrived { customer, arrival }, 0) => {
            let all = waitline::Arrival::ALL;
            Fact::Arrived { customer, arrival: all[(arrival as usize + 1) % all.len()] }
        }
        (Fact::Arrived { customer, arrival }, 1) if model.sources.len() > 1 => {
            let source = SourceId((customer.source.0 + 1) % model.sources.len() as u32);
            Fact::Arrived { customer: Customer { source, ..customer }, arrival }
        }
        (Fact::Turned { agent, profile, state }, 0) => {
            Fact::Turned { agent, profile, state: state.map_or(Some(StateId(1)), |state| Some(StateId(1 - state.0))) }
        }
        (Fact::Turned { agent, profile, state }, 1) => Fact::Turned { agent, profile, state: state.map_or(Some(StateId(0)), |_| None) },
        (Fact::Turned { agent, profile, state }, 2) if model.agents.len() > 1 => {
            let agent = AgentId((agent.0 + 1) % model.agents.len() as u32);
            Fact::Turned { agent, profile, state }
        }
        (Fact::Turned { agent, profile, state }, 3) if model.profiles.len() > 1 => {
            let profile = waitline::ProfileId((profile.0 + 1) % model.profiles.len() as u32);
            Fact::Turned { agent, profile, state }
        }
        _ => return None,
    };
    Some(wrong)
}

fn is_a_call(fact: &Fact, model: &Model) -> bool {
    matches!(fact, Fact::Passed { step, .. } if matches!(model.paths.steps[*step].block, Block::Call { .. }))
}

/// The facts of a run with the one at that place left out, told twice, told a microsecond late with all that follow, or told wrongly.
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
        _ => changed[place].1 = wrong(fact, way, model)?,
    }
    Some(changed)
}

#[test]
fn whatever_is_told_wrongly_is_noticed() {
    let mut noticed = BTreeMap::new();
    for (seed, model) in (0..600).map(|seed| (seed, flow_world(seed))).filter(|(_, model)| model.has_paths()) {
        let facts = told(&model, seed);
        for way in 0..8 {
            // Another place in each world.
            let place = (seed * 31 + way * 17) as usize % facts.len();
            let Some(changed) = tampered(&facts, place, way, &model) else { continue };
            assert!(!is_accepted(&model, seed, changed), "world {seed}, fact {place} in way {way}: {:?}", facts[place]);
            let kind: String = format!("{:?}", facts[place].1).chars().take_while(|letter| letter.is_alphabetic()).collect();
            *noticed.entry(kind).or_insert(0) += 1;
        }
    }
    // Every kind of fact was told wrongly, but for changes of rank in a queue, which are rare.
    assert!(noticed.len() >= 18, "{noticed:?}");
}

#[test]
fn whatever_is_told_wrongly_of_breaks_is_noticed() {
    let mut noticed = [0; 8];
    for (seed, model) in (0..300).map(|seed| (seed, world(seed))) {
        let facts = told(&model, seed);
        let turned = (0..facts.len()).filter(|&place| matches!(facts[place].1, Fact::Turned { .. }));
        for (place, way) in turned.flat_map(|place| (0..8).map(move |way| (place, way))) {
            let Some(changed) = tampered(&facts, place, way, &model) else { continue };
            assert!(!is_accepted(&model, seed, changed), "world {seed}, fact {place} in way {way}: {:?}", facts[place]);
            noticed[way as usize] += 1;
        }
    }
    assert!(noticed.iter().enumerate().all(|(way, times)| *times > 50 || way == 4), "{noticed:?}");
}
