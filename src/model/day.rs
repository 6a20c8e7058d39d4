//! What differs from day to day: who is absent, who is away, how long contacts take.

use super::{Model, Presence};
use crate::id::{AgentId, Id, QueueId, SourceId, Table};
use crate::random::{Purpose, Streams, hash_of_text};
use crate::time::{Span, Time};
use rand::RngExt;
use rand_distr::{Distribution as _, Gamma};

/// How reliably an agent is there when its shifts say so; shares from 0 to below 1.
///
/// ```
/// use waitline::model::Attendance;
/// assert_eq!(Attendance::default(), Attendance { absence: 0.0, shrinkage: 0.0 });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Attendance {
    /// The chance to be absent all day, for each agent and each 24 hours on its own.
    pub absence: f64,
    /// The chance to be away from contacts (breaks, meetings, training) for a reporting interval, for each agent and interval on its own.
    pub shrinkage: f64,
}

/// The luck of one replication that does not belong to a contact: drawn by key like all else (R25), an agent's by its name, so that one
/// agent more or less leaves the others theirs.
///
/// ```
/// use waitline::model::Attendance;
/// use waitline::random::Streams;
/// use waitline::AgentId;
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let mut model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// model.agents[AgentId(0)].attendance = Attendance { absence: 0.5, shrinkage: 0.0 };
/// let absent = (0..100).filter(|&day| model.day(Streams::new(1, day)).presence(&model, AgentId(0)).is_empty()).count();
/// assert!((30..70).contains(&absent));
/// ```
#[derive(Clone, Debug)]
pub struct Day {
    /// `None`: as the model says.
    presence: Option<Table<AgentId, Vec<Presence>>>,
    /// By how much handling takes longer; `None`: nowhere.
    pace: Option<Table<QueueId, f64>>,
}

const DAY: Span = Span::from_secs(86_400);
const HALF_HOUR: Span = Span::from_secs(1800);

impl Model {
    /// What one replication's day is like.
    pub fn day(&self, streams: Streams) -> Day {
        let constant = Attendance::default();
        let presence = self.agents.iter().any(|agent| agent.attendance != constant);
        let pace = self.queues.iter().any(|queue| queue.handle_time_cv > 0.0);
        Day {
            presence: presence.then(|| self.agents.ids().map(|agent| self.attended(agent, streams)).collect()),
            pace: pace.then(|| self.queues.enumerate().map(|(id, queue)| factor(queue.handle_time_cv, id, streams)).collect()),
        }
    }

    /// When the agent is really there.
    fn attended(&self, agent: AgentId, streams: Streams) -> Vec<Presence> {
        let row = &self.agents[agent];
        let key = hash_of_text(&row.name);
        let interval = self.run.interval.unwrap_or(HALF_HOUR);
        let mut presence = row.presence.clone();
        for (share, length, purpose) in
            [(row.attendance.absence, DAY, Purpose::Absence), (row.attendance.shrinkage, interval, Purpose::Shrinkage)]
        {
            if share > 0.0 {
                let is_away = |number: i64| streams.source(SourceId(number as u32)).stream(purpose, key).random::<f64>() < share;
                presence = without(&presence, length, self.run.horizon, is_away);
            }
        }
        presence
    }
}

/// What is left of a presence without the stretches of `length` in which the agent is away; the last one before the horizon goes on.
fn without(presence: &[Presence], length: Span, horizon: Time, is_away: impl Fn(i64) -> bool) -> Vec<Presence> {
    let last = (horizon.as_us() - 1).max(0) / length.as_us();
    let mut left: Vec<Presence> = Vec::new();
    for shift in presence {
        let first = (shift.start.as_us() / length.as_us()).min(last);
        for number in first..=last {
            let end = if number == last { Time::NEVER } else { Time::from_us((number + 1) * length.as_us()) };
            let stretch = Presence { start: shift.start.max(Time::from_us(number * length.as_us())), end: shift.end.min(end) };
            if stretch.start >= shift.end {
                break;
            }
            if !is_away(number) {
                match left.last_mut() {
                    Some(before) if before.end == stretch.start => before.end = stretch.end,
                    _ => left.push(stretch),
                }
            }
        }
    }
    left
}

/// A factor with mean 1.
fn factor(cv: f64, queue: QueueId, streams: Streams) -> f64 {
    let stream = &mut streams.source(SourceId(0)).stream(Purpose::HandleTimeOfDay, queue.index() as u64);
    match Gamma::new(1.0 / (cv * cv), cv * cv) {
        Ok(gamma) if cv > 0.0 => gamma.sample(stream),
        _ => 1.0,
    }
}

impl Day {
    /// When an agent of `model`, whose day this is, is there.
    pub fn presence<'d>(&'d self, model: &'d Model, agent: AgentId) -> &'d [Presence] {
        self.presence.as_ref().map_or(&model.agents[agent].presence, |presence| &presence[agent])
    }

    /// How long what was drawn for a contact of the queue takes on this day.
    #[inline]
    pub fn stretch(&self, queue: QueueId, drawn: Span) -> Span {
        match &self.pace {
            None => drawn,
            Some(pace) => Span::from_us_f64(drawn.as_us() as f64 * pace[queue]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(start: i64, end: i64) -> Presence {
        Presence { start: Time::from_us(start), end: Time::from_us(end) }
    }

    #[test]
    fn who_is_away_leaves_a_gap() {
        let cut =
            |presence: &[Presence], away: &[i64]| without(presence, Span::from_us(10), Time::from_us(40), |number| away.contains(&number));
        assert_eq!(cut(&[stay(0, 35)], &[1]), [stay(0, 10), stay(20, 35)]);
        assert_eq!(cut(&[stay(3, 12), stay(15, 25)], &[]), [stay(3, 12), stay(15, 25)]);
        assert_eq!(cut(&[stay(3, 12), stay(15, 25)], &[1]), [stay(3, 10), stay(20, 25)]);
        assert_eq!(cut(&[stay(5, 100)], &[3]), [stay(5, 30)]);
        assert_eq!(cut(&[stay(50, 60)], &[2]), [stay(50, 60)]);
        assert_eq!(cut(&[stay(0, 5)], &[0]), []);
        let always = Presence { start: Time::START, end: Time::NEVER };
        assert_eq!(cut(&[always], &[0]), [Presence { start: Time::from_us(10), end: Time::NEVER }]);
    }

    #[test]
    fn factors_have_mean_one_and_the_cv_that_was_asked_for() {
        let factors: Vec<f64> = (0..20_000).map(|day| factor(0.2, QueueId(3), Streams::new(7, day))).collect();
        let mean = factors.iter().sum::<f64>() / 20_000.0;
        let variance = factors.iter().map(|factor| (factor - mean) * (factor - mean)).sum::<f64>() / 20_000.0;
        assert!((mean - 1.0).abs() < 0.006 && (variance.sqrt() - 0.2).abs() < 0.006, "{mean} {variance}");
        assert!((factor(0.0, QueueId(0), Streams::new(1, 1)) - 1.0).abs() < f64::EPSILON);
    }
}
