//! Tests.

use super::*;
use crate::id::Id;
use crate::observe::Arrival;
use crate::observers::testing::{S, answered, at, completed, contact, logged_in, model, tell};
use crate::time::Span;

fn counted(model: &Model, facts: &[(Time, Fact)]) -> AgentCounts {
    let mut agents = AgentCounts::new(model);
    tell(&mut agents, facts);
    agents
}

/// The agent of the first profile.
fn first(model: &Model, facts: &[(Time, Fact)]) -> AgentWork {
    counted(model, facts).rows()[AgentId(0)].clone()
}

fn logged_out(profile: u32) -> Fact {
    Fact::LoggedOut { agent: AgentId(profile), profile: ProfileId(profile) }
}

fn rang(contact: Contact) -> Fact {
    Fact::Rang { contact, agent: AgentId(0), profile: ProfileId(0) }
}

fn accepted(contact: Contact) -> Fact {
    Fact::Accepted { contact, agent: AgentId(0), profile: ProfileId(0) }
}

fn missed(contact: Contact, why: Miss) -> Fact {
    Fact::Missed { contact, agent: AgentId(0), profile: ProfileId(0), why }
}

const RECOVERED: Fact = Fact::Recovered { agent: AgentId(0), profile: ProfileId(0) };

/// Two chats, 10:00 to 10:10 and 10:05 to 10:15, in a shift of half an hour that is idle otherwise: occupancy 50 %, concurrency 20/30.
#[test]
fn two_chats_at_a_time() {
    let (one, other) = (contact(0, 0, at(0)), contact(0, 1, at(300)));
    let work = first(
        &model(1, 1, 1800),
        &[
            (at(0), logged_in(0)),
            (at(0), answered(one, 0, 600)),
            (at(300), answered(other, 0, 600)),
            (at(600), completed(one, 0, at(0))),
            (at(900), completed(other, 0, at(300))),
            (at(1800), logged_out(0)),
            (at(1800), Fact::Ended),
        ],
    );
    let minutes = |minutes: i128| minutes * 60 * i128::from(S);
    assert_eq!((work.contact_us, work.handle_us, work.idle_us()), (minutes(15), minutes(20), minutes(15)));
    assert_eq!((work.occupancy(), work.concurrency()), (Some(0.5), Some(20.0 / 30.0)));
    assert_eq!((work.answered, work.longest_run_us), (2, 900 * S));
    assert_eq!((work.online_us, work.staffed_us, work.non_productive_us), (minutes(30), minutes(30), 0));
}

/// Ringing is idle time, and so are being connected and what follows a missed offer, as long as nothing is in hand.
#[test]
fn to_ring_is_to_be_idle() {
    let (one, other) = (contact(0, 0, at(0)), contact(0, 1, at(20)));
    let facts = [
        (at(0), logged_in(0)),
        (at(0), rang(one)),
        (at(5), accepted(one)),
        (at(8), answered(one, 0, 40)), // three seconds of whispers
        (at(20), rang(other)),
        (at(40), missed(other, Miss::NoAnswer)),
        (at(48), completed(one, 0, at(8))),
        (at(70), RECOVERED),
        (at(100), Fact::Ended),
    ];
    let work = first(&model(1, 1, 100), &facts);
    let seconds = |seconds: i128| seconds * i128::from(S);
    assert_eq!((work.contact_us, work.handle_us, work.idle_us()), (seconds(40), seconds(40), seconds(60)));
    assert_eq!((work.ringing_us, work.connecting_us, work.missed_us), (seconds(25), seconds(25), seconds(30)));
    assert_eq!((work.offers, work.accepted, work.missed, work.non_response()), (2, 1, [1, 0, 0], 1));
    assert_eq!(work.occupancy(), Some(0.4));
}

/// Nobody reacts for 20 s: one non-response of this agent; the next one accepts.
#[test]
fn a_missed_offer_is_a_non_response() {
    let call = contact(0, 0, at(10));
    let of_the_next = |fact: Fact| match fact {
        Fact::Rang { contact, .. } => Fact::Rang { contact, agent: AgentId(1), profile: ProfileId(1) },
        _ => Fact::Accepted { contact: call, agent: AgentId(1), profile: ProfileId(1) },
    };
    let facts = [
        (at(0), logged_in(0)),
        (at(0), logged_in(1)),
        (at(10), Fact::Offered { contact: call }),
        (at(10), rang(call)),
        (at(10), Fact::Queued { contact: call }),
        (at(30), missed(call, Miss::NoAnswer)),
        (at(30), of_the_next(rang(call))),
        (at(34), of_the_next(accepted(call))),
        (at(34), answered(call, 1, 60)),
        (at(60), RECOVERED),
        (at(94), completed(call, 1, at(34))),
        (at(100), Fact::Ended),
    ];
    let agents = counted(&model(1, 2, 100), &facts);
    let rows: Vec<_> = agents.rows().iter().map(|work| (work.offers, work.accepted, work.non_response(), work.answered)).collect();
    assert_eq!(rows, [(1, 0, 1, 0), (1, 1, 0, 1)]);
    assert_eq!(agents.rows()[AgentId(0)].missed_us, 30 * i128::from(S));
    // The call was offered twice and queued once.
    let mut summary = crate::observers::Summary::new(&model(1, 2, 100));
    tell(&mut summary, &facts);
    let counts = summary.queue(QueueId(0));
    assert_eq!((counts.offered(), counts.answered, counts.wait_answered_us), (1, 1, 24_000_000));
}

/// A customer who hangs up while it rings has abandoned, and it is a non-response as well, of a kind of its own.
#[test]
fn to_hang_up_while_it_rings_counts_on_both_sides() {
    let call = contact(0, 0, at(0));
    let facts = [
        (at(0), logged_in(0)),
        (at(0), Fact::Offered { contact: call }),
        (at(0), rang(call)),
        (at(0), Fact::Queued { contact: call }),
        (at(12), missed(call, Miss::HungUp)),
        (at(12), Fact::Abandoned { contact: call }),
        (at(42), RECOVERED),
        (at(100), Fact::Ended),
    ];
    let mut both = (AgentCounts::new(&model(1, 1, 100)), crate::observers::Summary::new(&model(1, 1, 100)));
    tell(&mut both, &facts);
    let work = &both.0.rows()[AgentId(0)];
    assert_eq!((work.offers, work.non_response(), work.missed), (1, 1, [0, 0, 1]));
    let without_hang_ups = work.non_response() - work.missed[Miss::HungUp as usize];
    assert_eq!(without_hang_ups, 0);
    assert_eq!((both.1.queue(QueueId(0)).abandoned, both.1.queue(QueueId(0)).offered()), (1, 1));
}

#[test]
fn what_a_shift_leaves_undone_ends_with_it() {
    let call = contact(0, 0, at(0));
    let facts = [
        (at(0), logged_in(0)),
        (at(5), rang(call)),
        (at(25), missed(call, Miss::Rejected)),
        (at(40), logged_out(0)), // the recovery is not waited for
        (at(50), logged_in(0)),
        (at(60), Fact::Ended),
    ];
    let work = first(&model(1, 1, 60), &facts);
    assert_eq!((work.missed_us, work.staffed_us), (15 * i128::from(S), 50 * i128::from(S)));
    assert_eq!((work.missed, work.connecting_us), ([0, 1, 0], 20 * i128::from(S)));
}

#[test]
fn stretches_that_touch_are_one_run_and_to_log_out_ends_it() {
    let calls: Vec<Contact> = (0..4).map(|number| contact(0, number, at(0))).collect();
    let one_after_the_other = |breaks: bool| {
        let mut facts = vec![(at(0), logged_in(0)), (at(10), answered(calls[0], 0, 30)), (at(40), completed(calls[0], 0, at(10)))];
        if breaks {
            facts.extend([(at(40), logged_out(0)), (at(40), logged_in(0))]);
        }
        facts.extend([
            (at(40), answered(calls[1], 0, 0)), // nothing to do, and no pause
            (at(40), completed(calls[1], 0, at(40))),
            (at(40), answered(calls[2], 0, 20)),
            (at(60), completed(calls[2], 0, at(40))),
            (at(61), answered(calls[3], 0, 5)),
            (at(66), completed(calls[3], 0, at(61))),
            (at(100), Fact::Ended),
        ]);
        first(&model(1, 1, 100), &facts).longest_run_us
    };
    assert_eq!([one_after_the_other(false), one_after_the_other(true)], [50 * S, 30 * S]);
}

/// Times are cut at the warm-up; contacts and offers count if they begin after it.
#[test]
fn what_comes_before_the_warm_up_does_not_count() {
    let mut model = model(1, 1, 100);
    model.run.warm_up = at(50);
    let calls: Vec<Contact> = (0..4).map(|number| contact(0, number, at(0))).collect();
    let facts = [
        (at(0), logged_in(0)),
        (at(10), answered(calls[0], 0, 60)),
        (at(40), rang(calls[1])),
        (at(55), accepted(calls[1])),
        (at(55), answered(calls[1], 0, 10)),
        (at(65), completed(calls[1], 0, at(55))),
        (at(70), completed(calls[0], 0, at(10))),
        (at(80), rang(calls[2])),
        (at(84), missed(calls[2], Miss::NoAnswer)),
        (at(90), RECOVERED),
        (at(95), rang(calls[3])), // nothing has come of it at the end
        (at(100), Fact::Ended),
    ];
    let work = first(&model, &facts);
    let seconds = |seconds: i128| seconds * i128::from(S);
    assert_eq!((work.staffed_us, work.contact_us, work.handle_us), (seconds(50), seconds(20), seconds(30)));
    assert_eq!((work.offers, work.accepted, work.missed, work.connecting_us), (2, 0, [1, 0, 0], seconds(4)));
    assert_eq!((work.answered, work.longest_run_us), (1, 20 * S));
    assert_eq!((work.ringing_us, work.missed_us), (seconds(5 + 4 + 5), seconds(6)));
    // A run that ends before the warm-up does counts nothing.
    let early = first(&model, &[(at(0), logged_in(0)), (at(1), answered(calls[0], 0, 9)), (at(20), Fact::Ended)]);
    assert_eq!(early, AgentWork::default());
}

#[test]
fn a_call_back_that_nobody_answers_is_work() {
    let callback = contact(0, 0, at(0));
    let dialed = Fact::Dialed { contact: callback, agent: AgentId(0), profile: ProfileId(0), ring: Span::from_secs(25) };
    let facts = [(at(0), logged_in(0)), (at(5), dialed), (at(30), completed(callback, 0, at(5))), (at(50), Fact::Ended)];
    let work = first(&model(1, 1, 50), &facts);
    assert_eq!((work.contact_us, work.handle_us, work.answered), (25 * i128::from(S), 25 * i128::from(S), 0));
    assert_eq!(work.longest_run_us, 25 * S);
}

/// Queue 1 has priority 1 and queue 2 priority 2 in the profile; queue 3 is somebody's own and in no profile.
#[test]
fn work_off_skill_is_that_of_worse_priorities() {
    let mut model = model(3, 1, 100);
    model.profiles[ProfileId(0)].entries.pop();
    model.queues[QueueId(2)].agent = Some(AgentId(0));
    let facts = [0, 1, 2].map(|queue| (at(i64::from(queue)), answered(contact(queue, 0, at(0)), 0, 1)));
    let work = first(&model, &[facts.as_slice(), &[(at(9), Fact::Ended)]].concat());
    assert_eq!((work.answered, work.off_skill), (3, 1));
    // One that all profiles have alike is nobody's other skill.
    model.profiles[ProfileId(0)].entries.iter_mut().for_each(|entry| entry.priority = 7);
    assert_eq!(first(&model, &[facts.as_slice(), &[(at(9), Fact::Ended)]].concat()).off_skill, 0);
}

/// A chat of the queue is what the agent is there for, a call of the same queue is not; whoever is called back is on the telephone.
#[test]
fn skills_differ_by_channel() {
    let mut model = model(1, 1, 100);
    let call = model.profiles[ProfileId(0)].entries[0].clone();
    let chat = crate::model::Entry { channel: Channel::Chat, priority: 1, ..call.clone() };
    model.profiles[ProfileId(0)].entries = vec![chat, crate::model::Entry { priority: 2, ..call }];
    model.sources[SourceId(0)].channel = Channel::Chat;
    let who = contact(0, 0, at(0));
    let arrived = |arrival| Fact::Arrived { customer: who.customer(), arrival };
    let facts =
        |arrival| vec![(at(0), arrived(Arrival::First)), (at(0), arrived(arrival)), (at(0), answered(who, 0, 1)), (at(9), Fact::Ended)];
    for (arrival, off_skill) in [(Arrival::First, 0), (Arrival::Callback, 1), (Arrival::Again, 0)] {
        assert_eq!(first(&model, &facts(arrival)).off_skill, off_skill, "{arrival:?}");
    }
    let calls_again = [facts(Arrival::Callback), facts(Arrival::Again)].concat();
    assert_eq!(first(&model, &calls_again).off_skill, 1);
}

/// Whoever is not logged in may be in a named state: online and not productive.
#[test]
fn a_break_is_online_and_not_productive() {
    let turned = |state: Option<u32>| Fact::Turned { agent: AgentId(0), profile: ProfileId(0), state: state.map(crate::id::StateId) };
    let facts = [
        (at(0), turned(Some(0))),
        (at(10), logged_in(0)), // which ends the state
        (at(40), logged_out(0)),
        (at(40), turned(Some(0))),
        (at(45), turned(Some(1))), // from one to the next
        (at(55), logged_in(0)),
        (at(80), logged_out(0)),
        (at(85), turned(Some(1))),
        (at(90), turned(None)),
        (at(100), Fact::Ended),
    ];
    let work = first(&model(1, 1, 100), &facts);
    let seconds = |seconds: i128| seconds * i128::from(S);
    assert_eq!((work.online_us, work.staffed_us, work.non_productive_us), (seconds(85), seconds(55), seconds(30)));
}

#[test]
fn agents_differ_by_the_occupancy_of_those_who_were_there() {
    let (one, other) = (contact(0, 0, at(0)), contact(0, 1, at(0)));
    let facts = [
        (at(0), logged_in(0)),
        (at(0), logged_in(1)),
        (at(0), answered(one, 0, 60)),
        (at(0), answered(other, 1, 20)),
        (at(20), completed(other, 1, at(0))),
        (at(60), completed(one, 0, at(0))),
        (at(100), Fact::Ended),
    ];
    let agents = counted(&model(1, 3, 100), &facts); // the third never comes
    let share = |percent: i64| Spread::ONE / 100 * percent;
    let all = Spread { lowest: share(20), highest: share(60), deviation: Some(share(20)) };
    assert_eq!(agents.spread(None), Some(all));
    assert_eq!(agents.spread(Some(ProfileId(0))), Some(Spread { lowest: share(60), highest: share(60), deviation: None }));
    assert_eq!(agents.spread(Some(ProfileId(2))), None);
    assert_eq!(agents.rows()[AgentId(2)].occupancy(), None);
}

/// In a center of calls an agent's occupancy is what it always was, handling over staffed time, to the microsecond.
#[test]
fn of_calls_the_times_are_those_of_the_summary() {
    for file in ["scenarios/savings-overflow.toml", "scenarios/path-to-service/week.toml", "scenarios/uncertain-day.toml"] {
        let mut model = crate::Scenario::open(file).unwrap().compile().unwrap();
        model.run.warm_up = Time::from_us(model.run.horizon.as_us() / 7);
        let mut both = (AgentCounts::new(&model), crate::observers::Summary::new(&model));
        crate::run(&model, crate::random::Streams::new(5, 0), &mut both).unwrap();
        for profile in (0..model.profiles.len()).map(ProfileId::from_index) {
            let expected = both.1.profile(profile);
            let sum = |of: fn(&AgentWork) -> i128| both.0.of(Some(profile)).map(of).sum::<i128>();
            assert_eq!(sum(|work| work.staffed_us), expected.staffed_us, "{file}");
            assert_eq!(sum(|work| work.contact_us), expected.handling_us, "{file}");
            assert_eq!(sum(|work| work.handle_us), expected.handling_us, "{file}");
            assert_eq!(sum(|work| i128::from(work.offers)), 0);
            assert!(expected.handling_us > 0);
        }
    }
}
