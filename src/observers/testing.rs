//! Models and contacts for the tests of the observers.

use crate::id::{AgentId, Id, ProfileId, QueueId, SourceId, Table};
use crate::model::{
    Agent, AtHorizon, Attendance, Channel, Comparator, CountBy, Desk, Entry, Model, Pace, Paths, PerChannel, Policy, Presence, Profile,
    Queue, Run, Scheduled, ServiceLevel, Source,
};
use crate::observe::{Contact, Fact, Observer};
use crate::random::Distribution;
use crate::time::{Span, Time};

pub(crate) const S: i64 = 1_000_000;

/// A second, as a time.
pub(crate) fn at(seconds: i64) -> Time {
    Time::from_us(seconds * S)
}

/// Queues `q1`, `q2`, …; profiles `p1`, … each with all queues in order of priority; one agent a profile, there all the time; one source a queue.
pub(crate) fn model(queues: usize, profiles: usize, horizon_s: i64) -> Model {
    let entry = |index: usize| Entry {
        queue: QueueId::from_index(index),
        channel: Channel::Voice,
        priority: index as u8 + 1,
        delay: Span::ZERO,
        keep_available: 0,
        weight_milli: 1000,
        handle_time: None,
        after_contact_work: None,
    };
    Model {
        name: "test day".into(),
        digest: "00".into(),
        run: Run {
            horizon: at(horizon_s),
            warm_up: Time::START,
            at_horizon: AtHorizon::Drain,
            interval: None,
            count_by: CountBy::Enqueued,
            replications: 1,
            seed: 1,
        },
        policy: Policy::default(),
        queues: (1..=queues).map(|number| queue(&format!("q{number}"))).collect(),
        profiles: (1..=profiles)
            .map(|number| Profile { name: format!("p{number}"), entries: (0..queues).map(entry).collect(), desk: Desk::default() })
            .collect(),
        agents: (0..profiles)
            .map(|index| Agent {
                name: format!("a{}", index + 1),
                profile: ProfileId::from_index(index),
                presence: vec![Presence { start: Time::START, end: Time::NEVER }],
                away: Vec::new(),
                attendance: Attendance::default(),
                pace: Pace::default(),
            })
            .collect(),
        states: Table::new(),
        sources: (0..queues).map(source).collect(),
        hours: Table::new(),
        events: Table::new(),
        paths: Paths::default(),
        criteria: Table::new(),
        expectations: Vec::new(),
        origin: None,
        notes: Vec::new(),
    }
}

fn queue(name: &str) -> Queue {
    let level = |seconds, comparator| ServiceLevel { within: Span::from_secs(seconds), comparator, target: Some(0.8) };
    Queue {
        name: name.into(),
        service_levels: vec![level(20, Comparator::AtMost), level(60, Comparator::Below)],
        handle_time: Distribution::Constant(Span::from_secs(100)),
        after_contact_work: None,
        handle_time_cv: 0.0,
        patience: None,
        max_contacts: None,
        agent: None,
        by_channel: PerChannel::default(),
    }
}

fn source(index: usize) -> Source {
    Source {
        name: format!("calls {}", index + 1),
        queue: QueueId::from_index(index),
        flow: None,
        channel: Channel::Voice,
        outbound: false,
        criteria: None,
        priority: Contact::DEFAULT_PRIORITY,
        age_us: 0,
        arrivals: Box::new(Scheduled::new(Vec::new()).unwrap()),
        given: Vec::new(),
    }
}

/// Contact `number` of the source of its queue.
pub(crate) fn contact(queue: u32, number: u64, enqueued: Time) -> Contact {
    Contact { source: SourceId(queue), number, queue: QueueId(queue), enqueued, priority: Contact::DEFAULT_PRIORITY, age_us: 0 }
}

/// Answered by the agent whose number is the profile's.
pub(crate) fn answered(contact: Contact, profile: u32, talk_s: i64) -> Fact {
    Fact::Answered {
        contact,
        agent: AgentId(profile),
        profile: ProfileId(profile),
        talk: Span::from_secs(talk_s),
        after_contact_work: Span::ZERO,
    }
}

pub(crate) fn completed(contact: Contact, profile: u32, answered: Time) -> Fact {
    Fact::Completed { contact, agent: AgentId(profile), profile: ProfileId(profile), answered }
}

pub(crate) fn logged_in(profile: u32) -> Fact {
    Fact::LoggedIn { agent: AgentId(profile), profile: ProfileId(profile) }
}

/// Tells all of them, in order.
pub(crate) fn tell(observer: &mut impl Observer, facts: &[(Time, Fact)]) {
    for (at, fact) in facts {
        observer.observe(*at, fact);
    }
}

/// A day of two contacts and one agent in one queue: one is answered after 15 s, the other abandons after 20 s at the instant 25.
pub(crate) fn small_day() -> Vec<(Time, Fact)> {
    let (first, second) = (contact(0, 0, at(0)), contact(0, 1, at(5)));
    vec![
        (at(0), Fact::Offered { contact: first }),
        (at(0), Fact::Queued { contact: first }),
        (at(5), Fact::Offered { contact: second }),
        (at(5), Fact::Queued { contact: second }),
        (at(15), logged_in(0)),
        (at(15), answered(first, 0, 100)),
        (at(25), Fact::Abandoned { contact: second }),
        (at(115), completed(first, 0, at(15))),
        (at(200), Fact::Ended),
    ]
}
