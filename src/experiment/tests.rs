//! Tests.

use super::*;
use crate::id::QueueId;
use crate::observe::Fact;
use crate::observers::testing::{answered, at, completed, contact, logged_in, model, small_day, tell};
use crate::stats::{Confidence, WhyNoHalfWidth};
use crate::time::Time;

fn across(model: &Model, facts: &[(Time, Fact)]) -> Across {
    let mut summary = Summary::new(model);
    tell(&mut summary, facts);
    let mut across = Across::default();
    across.record(&model.outline(), &summary);
    across
}

/// Days with 1, 2, … contacts that abandon after as many seconds.
fn day(contacts: i64) -> Vec<(Time, Fact)> {
    let mut facts = vec![(at(0), logged_in(0))];
    let all: Vec<_> = (0..contacts).map(|number| contact(0, number as u64, at(number))).collect();
    for &contact in &all {
        facts.push((contact.enqueued, Fact::Offered { contact }));
        facts.push((contact.enqueued, Fact::Queued { contact }));
    }
    for &contact in &all {
        facts.push((contact.enqueued + crate::Span::from_secs(contacts), Fact::Abandoned { contact }));
    }
    facts.push((at(100), Fact::Ended));
    facts
}

#[test]
fn replications_add_up_in_any_order() {
    let mut model = model(2, 1, 100);
    model.run.interval = Some(crate::Span::from_secs(30));
    let days: Vec<Across> = (1..=5).map(|contacts| across(&model, &day(contacts))).collect();
    let sum = |order: &[usize]| {
        let mut sum = Across::default();
        for &index in order {
            sum.merge(&days[index]);
        }
        sum
    };
    let (left, right) = (sum(&[0, 1, 2, 3, 4]), sum(&[3, 1, 4, 2, 0]));
    assert_eq!(left, right);
    let mut halves = sum(&[4, 0]);
    halves.merge(&sum(&[3, 2, 1]));
    assert_eq!(halves, left);
    assert_eq!(left.replications(), 5);
    let offered = left.queue(QueueId(0)).moments.mean(&[(column::OFFERED, 1)], &Confidence::default()).unwrap();
    assert!((offered.estimate - 3.0).abs() < 1e-12);
    // 1 to 5: standard deviation sqrt(2.5), t(4) = 2.776445.
    assert!((offered.half_width.unwrap() - 2.776_445 * (2.5_f64 / 5.0).sqrt()).abs() < 1e-5);
    // Everybody waits as long as there are contacts: 1 + 4 + 9 + 16 + 25 seconds by 15 contacts.
    let wait = left.total().moments.ratio(&[(column::WAIT_ABANDONED_US, 1)], &[(column::ABANDONED, 1)], &Confidence::default()).unwrap();
    assert!((wait.estimate - 55e6 / 15.0).abs() < 1e-3);
    assert_eq!(left.total().longest.max(), Some(5_000_000));
}

#[test]
fn total_and_queues_come_from_the_same_counts() {
    let model = model(2, 1, 200);
    let across = across(&model, &small_day());
    assert_eq!(across.total().moments, across.queue(QueueId(0)).moments);
    assert_eq!(across.total().waits, across.queue(QueueId(0)).waits);
    assert_eq!(across.queue(QueueId(1)).moments.ratio(&[(column::ANSWERED, 1)], &[(column::OFFERED, 1)], &Confidence::default()), None);
    assert_eq!(
        across.total().moments.mean(&[(column::OFFERED, 1)], &Confidence::default()).unwrap().why_not,
        Some(WhyNoHalfWidth::OneReplication)
    );
}

#[test]
fn nothing_to_run_and_too_much_to_report_are_errors() {
    let mut model = model(1, 1, 1_000_000);
    let error = Experiment::new(&model).replications(0).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    model.run.interval = Some(crate::Span::from_us(1000));
    let error = Experiment::new(&model).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.to_string().contains("choose longer intervals"), "{error}");
}

#[test]
fn observers_come_back_in_the_order_of_the_replications() {
    struct Number(u64);
    impl Observer for Number {
        fn observe(&mut self, _at: Time, _fact: &Fact) {}
    }
    let model = model(1, 1, 10);
    let (results, numbers) = Experiment::new(&model).replications(20).threads(3).run_observed(Number).unwrap();
    assert_eq!(results.replications(), 20);
    assert!(numbers.iter().map(|number| number.0).eq(0..20));
}

#[test]
#[should_panic(expected = "a fault in replication 7")]
fn what_a_worker_panics_with_is_passed_on() {
    struct Faulty(u64);
    impl Observer for Faulty {
        fn observe(&mut self, _at: Time, _fact: &Fact) {
            assert!(self.0 != 7, "a fault in replication {}", self.0);
        }
    }
    let model = model(1, 1, 10);
    let _ = Experiment::new(&model).replications(20).threads(2).run_observed(Faulty);
}

/// What agents did adds up in any order too; sums of another shape are not taken for such.
#[test]
fn agents_add_up_in_any_order() {
    let mut model = model(1, 2, 100);
    model.sources[crate::SourceId(0)].channel = crate::model::Channel::Chat;
    // On day n the first agent handles n chats of 10 s at once, and the second nothing, or is not there on the last.
    let day = |chats: i64| {
        let all: Vec<_> = (0..chats).map(|number| contact(0, number as u64, at(0))).collect();
        let mut facts = vec![(at(0), logged_in(0))];
        facts.extend((chats < 4).then(|| (at(0), logged_in(1))));
        facts.extend(all.iter().map(|&contact| (at(0), Fact::Offered { contact })));
        facts.extend(all.iter().map(|&contact| (at(0), answered(contact, 0, 10))));
        facts.extend(all.iter().map(|&contact| (at(10), completed(contact, 0, at(0)))));
        facts.push((at(100), Fact::Ended));
        facts
    };
    let days: Vec<Across> = (1..=4).map(|chats| across(&model, &day(chats))).collect();
    let sum = |order: [usize; 4]| {
        let mut sum = Across::default();
        for index in order {
            sum.merge(&days[index]);
        }
        sum
    };
    let sums = sum([0, 1, 2, 3]);
    assert_eq!(sums, sum([2, 0, 3, 1]));
    let outline = model.outline();
    assert!(sums.fits(&outline));
    let plain = crate::model::Outline { reports_agents: false, ..outline.clone() };
    assert!(!sums.fits(&plain));
    let estimate =
        |metric: &str| sums.estimate(&outline, &outline.metric(metric).unwrap(), &Confidence::default()).map(|found| found.estimate);
    assert_eq!(estimate("p1.concurrency"), Some((10.0 + 20.0 + 30.0 + 40.0) / 400.0));
    assert_eq!(estimate("p1.occupancy"), Some(0.1));
    assert_eq!(estimate("total.concurrency"), Some(100.0 / 700.0));
    assert_eq!(estimate("p1.occupancy_spread"), None); // one agent does not differ
    assert_eq!(estimate("total.occupancy_spread"), Some(0.05)); // 10 % and 0 % on the three days with two agents
    assert_eq!(estimate("p1.longest_run_s"), Some(10.0));
    assert_eq!(estimate("p1.answer_rate"), None); // nothing rings
    assert_eq!(estimate("p2.off_skill"), None);
    assert_eq!(estimate("p2.non_response"), Some(0.0));
}

/// Nobody abandons in the first replications: that is no half-width of 0.
#[test]
fn a_share_of_which_nothing_was_seen_is_not_known_at_once() {
    let scenario = crate::Scenario::open("scenarios/savings-overflow.toml").unwrap();
    let model = scenario.set("agents.saver.count", "60").and_then(|more| more.set("run.interval", "none")).unwrap().compile().unwrap();
    let until = Precision::parse("savings.abandonment_rate ± 0.01%", &model.outline()).unwrap();
    let results = Experiment::new(&model).until(vec![until], Limits::default()).run().unwrap();
    let estimate = results.report().queues[0].figures.abandonment_rate.unwrap();
    assert!((estimate.estimate, estimate.half_width) == (0.0, Some(0.0)));
    // 720 contacts each, and 1.96² / (n + 1.96²) is 0.0001 for 38,400.
    assert!((53..=60).contains(&results.replications()), "{}", results.replications());
    assert!(results.until().all(|(_, excess)| excess <= 1.0));
}
