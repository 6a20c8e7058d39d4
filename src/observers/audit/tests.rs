//! Tests.

use super::*;
use crate::id::StateId;
use crate::model::{Away, ContactRule, Given, Policy, Presence, Scheduled, State, merged};
use crate::observers::testing::{at, model};
use proptest::prelude::*;

/// From when to when, and in which state if in one.
type Stretch = (i64, i64, Option<u32>);

/// A small world of whole seconds, in which many things coincide.
#[derive(Clone, Debug)]
struct World {
    contacts: Vec<(i64, usize, i64, Option<i64>, i64, i64)>,
    /// By agent: profile, and what it does when.
    agents: Vec<(u32, Vec<Stretch>)>,
    /// By profile and queue: priority and delay, if the queue is in the profile.
    entries: Vec<Vec<Option<(u8, i64)>>>,
    contact_rule: ContactRule,
    agent_rule: AgentRule,
    stop: bool,
}

const HORIZON: i64 = 30;

fn worlds() -> impl Strategy<Value = World> {
    let contact = (0..HORIZON, 0_usize..3, 0_i64..12, prop::option::of(0_i64..10), 4_i64..6, prop_oneof![3 => Just(0_i64), 1 => -3_i64..6]);
    let shifts = prop::collection::btree_set(0_i64..40, 1..5).prop_map(|times| {
        let times: Vec<i64> = times.into_iter().collect();
        times.chunks(2).map(|pair| (pair[0], pair.get(1).copied().unwrap_or(i64::MAX), None)).collect::<Vec<_>>()
    });
    let kind = prop_oneof![2 => Just(Some(None)), 1 => Just(None), 1 => Just(Some(Some(0))), 1 => Just(Some(Some(1)))];
    let with_breaks = (prop::collection::btree_set(0_i64..40, 2..9), prop::collection::vec(kind, 8)).prop_map(|(times, kinds)| {
        let times: Vec<i64> = times.into_iter().collect();
        times.windows(2).zip(kinds).filter_map(|(pair, kind)| Some((pair[0], pair[1], kind?))).collect::<Vec<_>>()
    });
    let shifts = prop_oneof![shifts, with_breaks];
    let entry = prop::option::weighted(0.7, (1_u8..4, prop_oneof![2 => Just(0_i64), 1 => 1_i64..8]));
    (
        prop::collection::vec(contact, 0..25),
        prop::collection::vec((0_u32..3, shifts), 0..5),
        prop::collection::vec(prop::collection::vec(entry, 3), 3),
        prop_oneof![3 => Just(ContactRule::Strict), 1 => Just(ContactRule::Weighted), 1 => Just(ContactRule::LongestWaitFirst)],
        prop_oneof![
            3 => Just(AgentRule::LongestAvailable),
            1 => Just(AgentRule::FewestContacts),
            1 => Just(AgentRule::LeastOccupied),
            1 => Just(AgentRule::Random)
        ],
        any::<bool>(),
    )
        .prop_map(|(mut contacts, agents, entries, contact_rule, agent_rule, stop)| {
            contacts.sort_by_key(|contact| contact.0);
            World { contacts, agents, entries, contact_rule, agent_rule, stop }
        })
}

fn build(world: &World) -> Model {
    let mut model = model(3, 3, HORIZON);
    if world.stop {
        model.run.at_horizon = AtHorizon::Stop;
    }
    model.states = ["break", "lunch"].map(|name| State { name: name.into() }).into_iter().collect();
    model.policy = Policy { contact: world.contact_rule, agent: world.agent_rule, ..Policy::default() };
    for (profile, entries) in model.profiles.iter_mut().zip(&world.entries) {
        let mut number = 0;
        profile.entries.retain_mut(|entry| {
            number += 1;
            let Some((priority, delay)) = entries[number - 1] else { return false };
            (entry.priority, entry.delay) = (priority, Span::from_secs(delay));
            entry.weight_milli = 500 * u32::from(priority);
            true
        });
        profile.entries.sort_by_key(|entry| entry.priority);
    }
    let plain = model.agents[AgentId(0)].clone();
    model.agents = world
        .agents
        .iter()
        .map(|(profile, shifts)| {
            let stays = |of: bool| shifts.iter().filter(move |(_, _, state)| state.is_some() == of);
            let presence = stays(false)
                .map(|&(start, end, _)| Presence { start: at(start), end: if end == i64::MAX { Time::NEVER } else { at(end) } });
            let away = stays(true).map(|&(start, end, state)| Away { start: at(start), end: at(end), state: StateId(state.unwrap()) });
            let (presence, away) = (merged(presence.collect()), away.collect());
            crate::model::Agent { profile: ProfileId(*profile), presence, away, ..plain.clone() }
        })
        .collect();
    let source = model.sources.iter_mut().next().unwrap();
    source.arrivals = Box::new(Scheduled::new(world.contacts.iter().map(|contact| at(contact.0)).collect()).unwrap());
    source.given = world
        .contacts
        .iter()
        .enumerate()
        .map(|(number, &(_, queue, talk, patience, priority, age))| Given {
            name: format!("c{}", number + 1),
            queue: QueueId(queue as u32),
            handle_time: Some(Span::from_secs(talk)),
            after_contact_work: (talk % 3 == 0).then_some(Span::from_secs(talk / 3)),
            patience: patience.map(Span::from_secs),
            priority,
            age_us: age * 1_000_000,
        })
        .collect();
    model
}

/// What the audit says of a run of the engine whose facts are told with a change.
fn audited(model: &Model, change: impl FnMut(usize, Time, Fact) -> Vec<(Time, Fact)>) -> Result<(), Error> {
    struct Changed<'a, F>(Audit<'a>, F, usize);
    impl<F: FnMut(usize, Time, Fact) -> Vec<(Time, Fact)>> Observer for Changed<'_, F> {
        fn observe(&mut self, at: Time, fact: &Fact) {
            for (at, fact) in (self.1)(self.2, at, *fact) {
                self.0.observe(at, &fact);
            }
            self.2 += 1;
        }
    }
    let mut changed = Changed(Audit::new(model, 1, 0), change, 0);
    crate::run(model, Streams::new(1, 0), &mut changed).unwrap();
    changed.0.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_engine_keeps_the_laws(world in worlds()) {
        let model = build(&world);
        let verdict = audited(&model, |_, at, fact| vec![(at, fact)]);
        prop_assert!(verdict.is_ok(), "{}", verdict.unwrap_err());
    }

    /// Any fact that is left out is missed, and any that is told twice is noticed.
    #[test]
    fn a_lost_or_doubled_fact_is_noticed(world in worlds(), place in 0_usize..60, twice: bool) {
        let model = build(&world);
        let mut hit = false;
        let verdict = audited(&model, |number, at, fact| {
            if number != place || fact == Fact::Ended {
                return vec![(at, fact)];
            }
            hit = true;
            if twice { vec![(at, fact), (at, fact)] } else { vec![] }
        });
        prop_assert_eq!(verdict.is_err(), hit);
    }
}

/// One queue, two agents, the second of them for the whole run; two contacts.
fn plain_world() -> World {
    World {
        contacts: vec![(5, 0, 10, Some(9), 5, 0), (6, 0, 4, Some(3), 5, 0)],
        agents: vec![(0, vec![(0, i64::MAX, None)]), (1, vec![(2, i64::MAX, None)])],
        entries: vec![vec![Some((1, 0)); 3], vec![Some((1, 4)), None, None], vec![None; 3]],
        contact_rule: ContactRule::Strict,
        agent_rule: AgentRule::LongestAvailable,
        stop: false,
    }
}

fn rules_broken(world: &World, change: impl FnMut(usize, Time, Fact) -> Vec<(Time, Fact)>) -> String {
    let error = audited(&build(world), change).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Law);
    error.to_string()
}

#[test]
fn another_agent_than_the_rule_says() {
    let message = rules_broken(&World { entries: vec![vec![Some((1, 0)); 3]; 3], ..plain_world() }, |_, at, fact| {
        let other = match fact {
            Fact::Answered { contact, talk, after_contact_work, .. } if contact.number == 0 => {
                Fact::Answered { contact, agent: AgentId(1), profile: ProfileId(1), talk, after_contact_work }
            }
            other => other,
        };
        vec![(at, other)]
    });
    assert!(message.contains("`a1` comes before it (R9)"), "{message}");
}

#[test]
fn taken_before_the_delay_is_over() {
    let message = rules_broken(&plain_world(), |_, at, fact| match fact {
        // Contact 2 would wait for its patience; agent 2 may have it only after 4 s.
        Fact::Abandoned { contact } => vec![(
            at,
            Fact::Answered { contact, agent: AgentId(1), profile: ProfileId(1), talk: Span::from_secs(4), after_contact_work: Span::ZERO },
        )],
        other => vec![(at, other)],
    });
    assert!(message.contains("is not eligible for agent `a1` (R4, R6)"), "{message}");
}

#[test]
fn patience_and_handle_time_are_drawn_anew() {
    let second_later = |at: Time| at + Span::from_secs(1);
    let message = rules_broken(&plain_world(), |_, at, fact| match fact {
        Fact::Abandoned { .. } => vec![(second_later(at), fact)],
        other => vec![(at, other)],
    });
    assert!(message.contains("abandons, but its patience ends at 9 s (R17)"), "{message}");
    let message = rules_broken(&plain_world(), |_, at, fact| match fact {
        Fact::Answered { contact, agent, profile, after_contact_work, .. } => {
            vec![(at, Fact::Answered { contact, agent, profile, talk: Span::from_secs(7), after_contact_work })]
        }
        other => vec![(at, other)],
    });
    assert!(message.contains("is handled for another time than it has (R13, R25)"), "{message}");
}

#[test]
fn a_better_contact_left_waiting() {
    let world = World {
        contacts: vec![(0, 0, 10, None, 5, 0), (1, 0, 4, None, 5, 0), (2, 0, 4, None, 5, 0)],
        agents: vec![(0, vec![(0, i64::MAX, None)])],
        ..plain_world()
    };
    let mut names = Vec::new();
    let message = rules_broken(&world, |_, at, fact| match fact {
        // The two that wait change places.
        Fact::Answered { contact, agent, profile, talk, after_contact_work } if contact.number > 0 => {
            names.push(contact.number);
            let enqueued = Time::from_us(3_000_000 - contact.enqueued.as_us());
            let other = Contact { number: 3 - contact.number, enqueued, ..contact };
            vec![(at, Fact::Answered { contact: other, agent, profile, talk, after_contact_work })]
        }
        other => vec![(at, other)],
    });
    assert_eq!(names, [1, 2]);
    assert!(
        message.contains("takes contact `c3` of queue `q1`, but contact `c2` of queue `q1` comes before it (R5, R7, R8, R11)"),
        "{message}"
    );
}

#[test]
fn a_run_that_does_not_end_is_no_proof() {
    let model = build(&plain_world());
    assert!(Audit::new(&model, 1, 0).finish().is_err());
    let message = rules_broken(&plain_world(), |_, at, fact| if fact == Fact::Ended { vec![] } else { vec![(at, fact)] });
    assert!(message.contains("no run was watched until its end"), "{message}");
}

#[test]
fn replications_follow_each_other() {
    let model = build(&plain_world());
    let mut audit = Audit::new(&model, 1, 0);
    for replication in 0..3 {
        crate::run(&model, Streams::new(1, replication), &mut audit).unwrap();
    }
    audit.finish().unwrap();
}

#[test]
fn rejected_with_room_and_admitted_without() {
    let message = rules_broken(&plain_world(), |_, at, fact| match fact {
        Fact::Offered { contact } if contact.number == 1 => vec![(at, fact), (at, Fact::Rejected { contact })],
        Fact::Queued { .. } | Fact::Abandoned { .. } => Vec::new(),
        other => vec![(at, other)],
    });
    assert!(message.contains("is rejected, but it did not just come, or there is room (R19)"), "{message}");
    let mut model = build(&plain_world());
    model.queues[QueueId(0)].max_contacts = Some(0);
    audited(&model, |_, at, fact| vec![(at, fact)]).unwrap();
    let error = audited(&model, |_, at, fact| if matches!(fact, Fact::Rejected { .. }) { Vec::new() } else { vec![(at, fact)] });
    assert!(error.unwrap_err().to_string().contains("more contacts wait in queue `q1` than may (R19)"));
}
