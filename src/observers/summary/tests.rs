//! Tests.

use super::*;
use crate::id::AgentId;
use crate::observers::testing::{S, answered, at, completed, contact, logged_in, model, small_day, tell};
use crate::time::Span;
use proptest::prelude::*;

fn summary(model: &Model, facts: &[(Time, Fact)]) -> Summary {
    let mut summary = Summary::new(model);
    tell(&mut summary, facts);
    summary
}

#[test]
fn a_small_day() {
    let summary = summary(&model(1, 1, 200), &small_day());
    let counts = summary.queue(QueueId(0));
    assert_eq!(
        counts,
        Counts {
            answered: 1,
            abandoned: 1,
            rejected: 0,
            diverted: 0,
            unfinished: 0,
            answered_at_once: 0,
            answered_within: 1,
            abandoned_within: 1,
            diverted_within: 0,
            wait_answered_us: 15_000_000,
            wait_abandoned_us: 20_000_000,
            wait_diverted_us: 0,
            waiting_us: 35_000_000
        }
    );
    assert_eq!(summary.total(), counts);
    assert_eq!(summary.within(QueueId(0), 1), [1, 1, 0]);
    assert_eq!((summary.waiting_max(None), summary.waiting_max(Some(QueueId(0)))), (2, 2));
    assert_eq!(summary.wait_max_us(QueueId(0)), Some(20 * S));
    assert_eq!(summary.profile(ProfileId(0)), Work { staffed_us: 185_000_000, handling_us: 100_000_000 });
    assert_eq!(summary.answered_by(ProfileId(0), QueueId(0)), 1);
}

#[test]
fn thresholds_count_by_their_comparator() {
    // q1 promises `<= 20 s` and `< 60 s`.
    for (wait, expected) in [(20, [1, 1]), (21, [0, 1]), (59, [0, 1]), (60, [0, 0])] {
        let who = contact(0, 0, at(0));
        let summary = summary(
            &model(1, 1, 100),
            &[
                (at(0), Fact::Offered { contact: who }),
                (at(0), Fact::Queued { contact: who }),
                (at(wait), answered(who, 0, 1)),
                (at(100), Fact::Ended),
            ],
        );
        assert_eq!([summary.within(QueueId(0), 0)[0], summary.within(QueueId(0), 1)[0]], expected, "{wait}");
    }
}

#[test]
fn who_enters_before_the_warm_up_ends_is_not_counted_but_stands_in_the_queue() {
    let mut model = model(1, 1, 200);
    model.run.warm_up = at(10);
    let summary = summary(&model, &small_day());
    assert_eq!(summary.queue(QueueId(0)).offered(), 0);
    // From 10 to 15 two wait, from 15 to 25 one does.
    assert_eq!(summary.queue(QueueId(0)).waiting_us, 20_000_000);
    assert_eq!(summary.waiting_max(None), 2);
    assert_eq!(summary.profile(ProfileId(0)).staffed_us, 185_000_000);
}

#[test]
fn a_warm_up_longer_than_the_run_leaves_nothing() {
    let mut model = model(1, 1, 200);
    model.run.warm_up = at(500);
    let summary = summary(&model, &small_day());
    assert_eq!(summary.total(), Counts::default());
    assert_eq!(summary.profile(ProfileId(0)), Work::default());
}

#[test]
fn counting_by_end_moves_a_contact_to_the_interval_in_which_handling_is_over() {
    let mut model = model(1, 1, 200);
    model.run.interval = Some(Span::from_secs(20));
    model.run.count_by = CountBy::Ended;
    let summary = summary(&model, &small_day());
    let offered: Vec<u64> = (0..=10).map(|interval| summary.counts(interval, QueueId(0)).offered()).collect();
    assert_eq!(offered, [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
}

#[test]
#[should_panic(expected = "R19")]
fn a_lost_contact_is_noticed() {
    let who = contact(0, 0, at(0));
    summary(&model(1, 1, 100), &[(at(0), Fact::Offered { contact: who }), (at(100), Fact::Ended)]);
}

/// A contact of the random days: when it enters, how long it waits, how it leaves, how long it is handled. Seconds.
#[derive(Clone, Copy, Debug)]
struct Story {
    queue: u32,
    enters: i64,
    wait: i64,
    answered: bool,
    talk: i64,
    profile: u32,
}

const HORIZON: i64 = 100;

fn stories() -> impl Strategy<Value = Vec<Story>> {
    let story = (0_u32..3, 0..HORIZON, prop_oneof![Just(0_i64), 0_i64..90], any::<bool>(), 0_i64..90, 0_u32..2)
        .prop_map(|(queue, enters, wait, answered, talk, profile)| Story { queue, enters, wait, answered, talk, profile });
    prop::collection::vec(story, 0..30)
}

/// The facts of these contacts in the order of the engine; agents are beyond count, two are logged in.
fn facts(stories: &[Story], end: i64) -> Vec<(Time, Fact)> {
    let mut facts = vec![(at(0), 0, logged_in(0)), (at(30), 0, logged_in(1))];
    for (number, story) in stories.iter().enumerate() {
        let who = contact(story.queue, number as u64, at(story.enters));
        let leaves = story.enters + story.wait;
        facts.push((who.enqueued, 3, Fact::Offered { contact: who }));
        if story.wait > 0 {
            facts.push((who.enqueued, 6, Fact::Queued { contact: who }));
        }
        if leaves >= end {
            facts.push((at(end), 7, Fact::Unfinished { contact: who }));
        } else if story.answered {
            facts.push((at(leaves), 4, answered(who, story.profile, story.talk)));
            if leaves + story.talk < end {
                // Of zero length: over in the instant in which it began.
                let order = if story.talk == 0 { 5 } else { 1 };
                facts.push((at(leaves + story.talk), order, completed(who, story.profile, at(leaves))));
            }
        } else {
            facts.push((at(leaves), 5, Fact::Abandoned { contact: who }));
        }
    }
    facts.push((at(70), 2, Fact::LoggedOut { agent: AgentId(1), profile: ProfileId(1) }));
    facts.sort_by_key(|&(at, order, _)| (at, order));
    facts.retain(|&(time, _, fact)| time < at(end) || matches!(fact, Fact::Unfinished { .. }));
    facts.push((at(end), 8, Fact::Ended));
    facts.into_iter().map(|(at, _, fact)| (at, fact)).collect()
}

fn overlap(a: (i64, i64), b: (i64, i64)) -> i64 {
    (a.1.min(b.1) - a.0.max(b.0)).max(0)
}

proptest! {
    /// Against the definitions, applied to one contact after the other.
    #[test]
    fn agrees_with_the_definitions(stories in stories(), stop: bool, warm_up in 0_i64..60, interval in 7_i64..120, by_end: bool) {
        let end = if stop { HORIZON } else { 400 };
        let mut model = model(3, 2, HORIZON);
        model.run.warm_up = at(warm_up);
        model.run.interval = Some(Span::from_secs(interval));
        model.run.count_by = if by_end { CountBy::Ended } else { CountBy::Enqueued };
        let summary = summary(&model, &facts(&stories, end));

        let intervals = summary.grid().intervals();
        let place = |time: i64| if time >= HORIZON { intervals } else { (time / interval) as usize };
        for cell in 0..=intervals {
            let bounds = if cell == intervals { (HORIZON, end) } else { (cell as i64 * interval, ((cell as i64 + 1) * interval).min(HORIZON)) };
            let levels = (bounds.0.max(warm_up), bounds.1);
            for queue in 0..3 {
                let mut expected = Counts::default();
                for story in stories.iter().filter(|story| story.queue == queue) {
                    let leaves = story.enters + story.wait;
                    expected.waiting_us += i128::from(S * overlap((story.enters, leaves.min(end)), levels));
                    let ends = if story.answered { leaves + story.talk } else { leaves };
                    let counted_at = if by_end && leaves < end { ends } else { story.enters };
                    if story.enters < warm_up || place(counted_at) != cell {
                        continue;
                    }
                    let wait_us = (story.wait * S) as u128;
                    if leaves >= end {
                        expected.unfinished += 1;
                    } else if story.answered {
                        expected.answered += 1;
                        expected.answered_at_once += u64::from(story.wait == 0);
                        expected.answered_within += u64::from(story.wait <= 20);
                        expected.wait_answered_us += wait_us;
                    } else {
                        expected.abandoned += 1;
                        expected.abandoned_within += u64::from(story.wait <= 20);
                        expected.wait_abandoned_us += wait_us;
                    }
                }
                prop_assert_eq!(summary.counts(cell, QueueId(queue)), &expected, "cell {} queue {}", cell, queue);
            }
            for (profile, present) in [(0, (0, end)), (1, (30, 70))] {
                let handling: i64 = stories
                    .iter()
                    .filter(|story| story.answered && story.profile == profile && story.enters + story.wait < end)
                    .map(|story| overlap((story.enters + story.wait, (story.enters + story.wait + story.talk).min(end)), levels))
                    .sum();
                let expected = Work { staffed_us: i128::from(S * overlap(present, levels)), handling_us: i128::from(S * handling) };
                prop_assert_eq!(summary.work(cell, ProfileId(profile)), &expected, "cell {} profile {}", cell, profile);
            }
        }
    }

    /// The largest queue at the end of an instant, from the end of the warm-up on, and just before it.
    #[test]
    fn the_longest_queue(stories in stories(), warm_up in 0_i64..60) {
        let mut model = model(3, 2, HORIZON);
        model.run.warm_up = at(warm_up);
        let summary = summary(&model, &facts(&stories, 400));
        let waiting = |time: i64| stories.iter().filter(|story| story.enters <= time && time < story.enters + story.wait).count() as i64;
        let just_before = |time: i64| stories.iter().filter(|story| story.enters < time && time <= story.enters + story.wait).count() as i64;
        prop_assert_eq!(summary.waiting_max(None), (warm_up..400).map(waiting).max().unwrap().max(just_before(warm_up)));
    }
}

/// Ten days, summed up day by day whatever the interval: what is reported of all of them is what hours add up to, and what the definitions say.
#[test]
fn days_on_end_are_what_their_hours_add_up_to() {
    let hour = 3600;
    let story = |number: i64| Story {
        queue: (number % 3) as u32,
        enters: number * 5 * hour + number,
        wait: number % 4 * 9 * hour,
        answered: number % 5 > 0,
        talk: number % 7 * hour,
        profile: (number % 2) as u32,
    };
    let (horizon, end) = (240 * hour, 300 * hour);
    let stories: Vec<Story> = (0..48).map(story).collect();
    let facts = facts(&stories, end);
    for (warm_up, count_by) in [
        (0, CountBy::Enqueued),
        (0, CountBy::Ended),
        (60 * hour, CountBy::Enqueued),
        (60 * hour, CountBy::Ended),
        (400 * hour, CountBy::Enqueued),
    ] {
        let mut model = model(3, 2, horizon);
        (model.run.warm_up, model.run.count_by) = (at(warm_up), count_by);
        let days = summary(&model, &facts);
        model.run.interval = Some(Span::from_secs(hour));
        let hours = summary(&model, &facts);
        for queue in [0, 1, 2].map(QueueId) {
            assert_eq!(days.queue(queue), hours.queue(queue));
            assert_eq!((days.waits(queue), days.wait_max_us(queue)), (hours.waits(queue), hours.wait_max_us(queue)));
            assert_eq!([0, 1].map(|level| days.within(queue, level)), [0, 1].map(|level| hours.within(queue, level)));
            assert_eq!(days.waiting_max(Some(queue)), hours.waiting_max(Some(queue)));
            let own = stories.iter().filter(|story| story.queue == queue.0);
            let waiting = own.clone().map(|story| overlap((story.enters, story.enters + story.wait), (warm_up, horizon))).sum::<i64>();
            assert_eq!(days.queue(queue).waiting_us, i128::from(waiting) * i128::from(S));
            for profile in [0, 1].map(ProfileId) {
                let answered = own.clone().filter(|story| story.answered && story.enters >= warm_up && story.profile == profile.0).count();
                assert_eq!((days.answered_by(profile, queue), hours.answered_by(profile, queue)), (answered as u64, answered as u64));
            }
        }
        for profile in [0, 1].map(ProfileId) {
            assert_eq!(days.profile(profile), hours.profile(profile));
        }
    }
}

/// As `model`, and so that agents may do more than take one call at a time.
fn desks(mut model: Model) -> Model {
    model.sources[crate::SourceId(0)].channel = crate::model::Channel::Chat;
    assert!(model.reports_agents());
    model
}

/// Two chats at once are one agent at work: never more than all of it, in no interval.
#[test]
fn at_desks_occupancy_is_of_agents_not_of_contacts() {
    let mut model = desks(model(1, 1, 1800));
    model.run.interval = Some(Span::from_secs(600));
    let (one, other) = (contact(0, 0, at(0)), contact(0, 1, at(300)));
    let facts = [
        (at(0), logged_in(0)),
        (at(0), Fact::Offered { contact: one }),
        (at(0), answered(one, 0, 600)),
        (at(300), Fact::Offered { contact: other }),
        (at(300), answered(other, 0, 600)),
        (at(600), completed(one, 0, at(0))),
        (at(900), completed(other, 0, at(300))),
        (at(1800), Fact::Ended),
    ];
    let told = summary(&model, &facts);
    let seconds = |seconds: i128| seconds * i128::from(S);
    assert_eq!(told.profile(ProfileId(0)), Work { staffed_us: seconds(1800), handling_us: seconds(900) });
    let handling = [0, 1, 2].map(|interval| told.work(interval, ProfileId(0)).handling_us);
    assert_eq!(handling, [seconds(600), seconds(300), 0]);
    let work = told.agents().unwrap().rows()[AgentId(0)].clone();
    assert_eq!((work.contact_us, work.handle_us), (seconds(900), seconds(1200)));
    assert_eq!((told.queue(QueueId(0)).answered, told.answered_by(ProfileId(0), QueueId(0))), (2, 2));
    // What is in hand when a stretch of a long run ends is in hand when the next one begins.
    let mut batches = crate::observers::Batches::new(&model, 4);
    tell(&mut batches, &facts);
    let handling: Vec<i128> = batches.summaries().iter().map(|batch| batch.profile(ProfileId(0)).handling_us).collect();
    assert_eq!(handling, [seconds(450), seconds(450), 0, 0]);
}

/// Where contacts count by their end it is the real one; those still in hand at the end of the run end after it.
#[test]
fn at_desks_contacts_end_when_they_are_completed() {
    let mut model = desks(model(1, 1, 300));
    (model.run.count_by, model.run.interval) = (CountBy::Ended, Some(Span::from_secs(100)));
    let calls: Vec<Contact> = (0..3).map(|number| contact(0, number, at(0))).collect();
    let mut facts = vec![(at(0), logged_in(0))];
    facts.extend(calls.iter().map(|&contact| (at(0), Fact::Offered { contact })));
    facts.extend(calls.iter().map(|&contact| (at(0), Fact::Queued { contact })));
    facts.extend(calls.iter().map(|&contact| (at(10), answered(contact, 0, 20))));
    facts.extend([(at(50), completed(calls[1], 0, at(10))), (at(150), completed(calls[0], 0, at(10))), (at(300), Fact::Ended)]);
    let summary = summary(&model, &facts);
    let answered = [0, 1, 2, 3].map(|interval| summary.counts(interval, QueueId(0)).answered);
    assert_eq!(answered, [1, 1, 0, 1]);
    assert_eq!(summary.queue(QueueId(0)).wait_answered_us, 30 * S as u128);
    assert_eq!(summary.counts(0, QueueId(0)).waiting_us, 30 * i128::from(S));
}

/// A center of calls counts the same to the last contact whether its agents are reported or not, and in stretches as in one.
#[test]
fn at_desks_calls_count_as_they_always_did() {
    for (warm_up, count_by) in [(0, CountBy::Enqueued), (0, CountBy::Ended), (5000, CountBy::Enqueued), (5000, CountBy::Ended)] {
        let scenario = crate::Scenario::open("scenarios/savings-overflow.toml").unwrap();
        let mut plain = scenario.compile().unwrap();
        (plain.run.count_by, plain.run.warm_up) = (count_by, at(warm_up));
        let mut reporting = scenario.compile().unwrap();
        (reporting.run.count_by, reporting.run.warm_up) = (count_by, at(warm_up));
        let unused = Some(crate::random::Distribution::Constant(Span::from_secs(1)));
        reporting.queues[QueueId(0)].by_channel[crate::model::Channel::Email].patience = unused;
        assert!(reporting.reports_agents() && !plain.reports_agents());
        let mut both = (Summary::new(&plain), Summary::new(&reporting));
        let mut batches = (crate::observers::Batches::new(&plain, 7), crate::observers::Batches::new(&reporting, 7));
        crate::run(&plain, crate::random::Streams::new(2, 0), &mut (&mut both, &mut batches)).unwrap();
        let (told, known) = both;
        for queue in [0, 1].map(QueueId) {
            assert_eq!(
                (0..17).map(|i| *told.counts(i, queue)).collect::<Vec<_>>(),
                (0..17).map(|i| *known.counts(i, queue)).collect::<Vec<_>>()
            );
            assert_eq!(told.waits(queue), known.waits(queue));
            assert_eq!(told.within(queue, 0), known.within(queue, 0));
        }
        for profile in [0, 1].map(ProfileId) {
            assert_eq!(
                (0..17).map(|i| *told.work(i, profile)).collect::<Vec<_>>(),
                (0..17).map(|i| *known.work(i, profile)).collect::<Vec<_>>()
            );
        }
        for (one, other) in batches.0.summaries().iter().zip(batches.1.summaries()) {
            assert_eq!((one.total(), one.profile(ProfileId(0))), (other.total(), other.profile(ProfileId(0))));
        }
    }
}

/// While it calls somebody back an agent is at work, and once only.
#[test]
fn at_desks_a_call_back_is_work() {
    let (chat, callback) = (contact(0, 0, at(0)), contact(0, 1, at(0)));
    let facts = [
        (at(0), logged_in(0)),
        (at(0), Fact::Offered { contact: chat }),
        (at(0), Fact::Offered { contact: callback }),
        (at(0), Fact::Queued { contact: callback }),
        (at(0), answered(chat, 0, 30)),
        (at(20), Fact::Dialed { contact: callback, agent: AgentId(0), profile: ProfileId(0), ring: Span::from_secs(25) }),
        (at(30), completed(chat, 0, at(0))),
        (at(45), completed(callback, 0, at(20))),
        (at(100), Fact::Ended),
    ];
    for count_by in [CountBy::Enqueued, CountBy::Ended] {
        let mut model = desks(model(1, 1, 100));
        model.run.count_by = count_by;
        let summary = summary(&model, &facts);
        assert_eq!(summary.profile(ProfileId(0)).handling_us, 45 * i128::from(S));
        let counts = summary.queue(QueueId(0));
        assert_eq!((counts.answered, counts.diverted), (1, 1));
    }
}
