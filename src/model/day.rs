//! What differs from day to day: who is absent, late or away, how long contacts take.

use super::{Agent, Model, Presence};
use crate::id::{AgentId, Id, QueueId, SourceId, StateId, Table};
use crate::random::{Distribution, Purpose, Streams, hash_of_text};
use crate::time::{Span, Time};
use rand::RngExt;
use rand_distr::{Distribution as _, Gamma};

/// How reliably an agent is there when its shifts say so; shares from 0 to below 1.
///
/// ```
/// use waitline::model::Attendance;
/// let reliable = Attendance::default();
/// assert!(reliable.absence == 0.0 && reliable.shrinkage == 0.0 && reliable.late.is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attendance {
    /// The chance to be absent all day, for each agent and each 24 hours on its own.
    pub absence: f64,
    /// The chance to be away from contacts (breaks, meetings, training) for a reporting interval, for each agent and interval on its own.
    pub shrinkage: f64,
    /// By how much later each shift begins: the log-in. A shift that would begin at its end or after it is missed.
    pub late: Option<Distribution>,
    /// By how much later the agent goes to each of its activities.
    pub breaks_start_late: Option<Distribution>,
    /// By how much later it comes back. No activity goes on past the shift, or past the beginning of the next one.
    pub breaks_end_late: Option<Distribution>,
}

/// What an agent may be doing on shift instead of taking contacts: a custom agent status of Amazon Connect, non-productive time.
///
/// ```
/// let lunch = waitline::model::State { name: "lunch".into() };
/// assert_eq!(lunch.name, "lunch");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its name.
    pub name: String,
}

/// From `start` until just before `end` an agent is in a state, and takes no contacts.
///
/// ```
/// use waitline::model::Away;
/// use waitline::{Span, StateId, Time};
/// let ten = Time::START + Span::from_secs(10 * 3600);
/// let coffee = Away { start: ten, end: ten + Span::from_secs(900), state: StateId(0) };
/// assert!(coffee.start < coffee.end);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    /// In the state from here.
    pub start: Time,
    /// No longer in it from here.
    pub end: Time,
    /// Which.
    pub state: StateId,
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
/// model.agents[AgentId(0)].attendance = Attendance { absence: 0.5, ..Attendance::default() };
/// let absent = (0..100).filter(|&day| model.day(Streams::new(1, day)).presence(&model, AgentId(0)).is_empty()).count();
/// assert!((30..70).contains(&absent));
/// ```
#[derive(Clone, Debug)]
pub struct Day {
    /// `None`: as the model says.
    agents: Option<Table<AgentId, AgentDay>>,
    /// By how much handling takes longer; `None`: nowhere.
    pace: Option<Table<QueueId, f64>>,
}

/// An agent's plan, as it turns out.
#[derive(Clone, Debug)]
struct AgentDay {
    presence: Vec<Presence>,
    away: Vec<Away>,
}

const DAY: Span = Span::from_secs(86_400);
const HALF_HOUR: Span = Span::from_secs(1800);

impl Model {
    /// What one replication's day is like.
    pub fn day(&self, streams: Streams) -> Day {
        let constant = Attendance::default();
        let varies = self.agents.iter().any(|agent| agent.attendance != constant);
        let pace = self.queues.iter().any(|queue| queue.handle_time_cv > 0.0);
        Day {
            agents: varies.then(|| self.agents.iter().map(|agent| self.attended(agent, streams)).collect()),
            pace: pace.then(|| self.queues.enumerate().map(|(id, queue)| factor(queue.handle_time_cv, id, streams)).collect()),
        }
    }

    /// When the agent is really there: first it is late, then its breaks are, and absence and shrinkage cut what is left.
    fn attended(&self, agent: &Agent, streams: Streams) -> AgentDay {
        let Attendance { absence, shrinkage, .. } = agent.attendance;
        let AgentDay { mut presence, mut away } = punctual(agent, streams);
        let key = hash_of_text(&agent.name);
        let is_away = |share: f64, purpose: Purpose| {
            move |number: i64| streams.source(SourceId(number as u32)).stream(purpose, key).random::<f64>() < share
        };
        let horizon = self.run.horizon;
        if absence > 0.0 {
            let is_absent = is_away(absence, Purpose::Absence);
            presence = without(&presence, DAY, horizon, is_absent);
            let left = |away: Away| {
                let stay = Presence { start: away.start, end: away.end };
                without(&[stay], DAY, horizon, is_absent).into_iter().map(move |Presence { start, end }| Away { start, end, ..away })
            };
            away = away.into_iter().flat_map(left).collect();
        }
        if shrinkage > 0.0 {
            // Whoever is on a break is away already, and known to be there.
            presence = without(&presence, self.run.interval.unwrap_or(HALF_HOUR), horizon, is_away(shrinkage, Purpose::Shrinkage));
        }
        AgentDay { presence, away }
    }
}

/// How much later than planned the agent begins its shifts and its breaks, and ends those.
fn punctual(agent: &Agent, streams: Streams) -> AgentDay {
    let key = hash_of_text(&agent.name);
    let by_how_much = |distribution: &Option<Distribution>, purpose: Purpose, place: usize| {
        let draw = |distribution: &Distribution| distribution.sample(&mut streams.source(SourceId(place as u32)).stream(purpose, key));
        distribution.as_ref().map_or(Span::ZERO, draw)
    };
    let Attendance { late, breaks_start_late, breaks_end_late, .. } = &agent.attendance;
    let planned = agent.shifts();
    let begins = |(place, shift): (usize, &Presence)| Presence { start: shift.start + by_how_much(late, Purpose::Late, place), ..*shift };
    let shifts: Vec<Presence> = planned.iter().enumerate().map(begins).collect();
    let mut away: Vec<Away> = Vec::new();
    // From the last one back, for none goes on past the next one that takes place.
    for (place, plan) in agent.away.iter().enumerate().rev() {
        let Some(shift) = shifts.get(planned.partition_point(|shift| shift.end <= plan.start)) else { continue };
        let next = away.last().map_or(shift.end, |next| shift.end.min(next.start));
        let start = (plan.start + by_how_much(breaks_start_late, Purpose::BreakStart, place)).max(shift.start);
        let end = (plan.end + by_how_much(breaks_end_late, Purpose::BreakEnd, place)).min(next);
        if start < end {
            away.push(Away { start, end, ..*plan });
        }
    }
    away.reverse();
    AgentDay { presence: free_of(&shifts, &away), away }
}

impl Agent {
    /// When it works, whatever it does: its presence and what it does else. Sorted, those that touch made one.
    ///
    /// ```
    /// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
    /// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
    /// let agent = &model.agents[waitline::AgentId(0)];
    /// assert_eq!(agent.shifts(), agent.presence); // it has no breaks
    /// ```
    pub fn shifts(&self) -> Vec<Presence> {
        let away = self.away.iter().map(|away| Presence { start: away.start, end: away.end });
        merged(self.presence.iter().copied().chain(away).collect())
    }
}

/// Stays in order of time, with those that touch made one (R14).
pub(crate) fn merged(mut stays: Vec<Presence>) -> Vec<Presence> {
    stays.sort_by_key(|stay| stay.start);
    let mut apart: Vec<Presence> = Vec::new();
    for stay in stays {
        match apart.last_mut() {
            Some(last) if last.end >= stay.start => last.end = last.end.max(stay.end),
            _ => apart.push(stay),
        }
    }
    apart
}

/// What is left of shifts, in order of time, without what the agent does on them, in order of time.
pub(crate) fn free_of(shifts: &[Presence], away: &[Away]) -> Vec<Presence> {
    let mut left = Vec::new();
    for shift in shifts {
        let mut start = shift.start;
        let first = away.partition_point(|away| away.end <= shift.start);
        for away in away[first..].iter().take_while(|away| away.start < shift.end) {
            left.push(Presence { start, end: away.start });
            start = away.end;
        }
        left.push(Presence { start, end: shift.end });
    }
    left.retain(|stay| stay.start < stay.end);
    left
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
    /// When an agent of `model`, whose day this is, is there and takes contacts.
    pub fn presence<'d>(&'d self, model: &'d Model, agent: AgentId) -> &'d [Presence] {
        self.agents.as_ref().map_or(&model.agents[agent].presence, |days| &days[agent].presence)
    }

    /// When that agent is in a state, and in which.
    pub fn away<'d>(&'d self, model: &'d Model, agent: AgentId) -> &'d [Away] {
        self.agents.as_ref().map_or(&model.agents[agent].away, |days| &days[agent].away)
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
    fn adjacent_stays_are_one() {
        assert_eq!(merged(vec![stay(5, 9), stay(0, 2), stay(2, 4)]), [stay(0, 4), stay(5, 9)]);
    }

    #[test]
    fn breaks_leave_gaps_in_shifts() {
        let away = |start, end| Away { start: Time::from_us(start), end: Time::from_us(end), state: StateId(0) };
        let breaks = [away(2, 4), away(4, 5), away(7, 9), away(20, 22), away(30, 40)];
        let left = [stay(0, 2), stay(5, 7), stay(22, 25)];
        assert_eq!(free_of(&[stay(0, 9), stay(20, 25), stay(30, 40)], &breaks), left);
        assert_eq!(free_of(&[stay(3, 6)], &[]), [stay(3, 6)]);
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

    fn agent(name: &str, attendance: Attendance) -> Agent {
        let away = |start, end, state| Away { start: Time::from_us(start), end: Time::from_us(end), state: StateId(state) };
        let presence = vec![stay(0, 300), stay(350, 400), stay(500, 900), stay(2000, 2500)];
        let away = vec![away(300, 350, 0), away(400, 500, 1), away(900, 1000, 0)];
        Agent { name: name.into(), profile: crate::id::ProfileId(0), presence, away, attendance, pace: crate::model::Pace::default() }
    }

    fn constant(us: i64) -> Distribution {
        Distribution::Constant(Span::from_us(us))
    }

    #[test]
    fn breaks_that_are_late_stay_in_their_shift_and_apart() {
        let day = |attendance: Attendance| punctual(&agent("ana", attendance), Streams::new(1, 0));
        let ends = |away: &[Away]| away.iter().map(|away| (away.start.as_us(), away.end.as_us(), away.state.0)).collect::<Vec<_>>();
        let none = Attendance::default();
        let plan = agent("ana", none.clone());
        assert_eq!(plan.shifts(), [stay(0, 1000), stay(2000, 2500)]);
        assert_eq!((day(none.clone()).presence, day(none.clone()).away), (plan.presence, plan.away));
        // The first break is over before the log-in, the second has begun.
        let late = day(Attendance { late: Some(constant(450)), ..none.clone() });
        assert_eq!(ends(&late.away), [(450, 500, 1), (900, 1000, 0)]);
        assert_eq!(late.presence, [stay(500, 900), stay(2450, 2500)]);
        let missed = day(Attendance { late: Some(constant(500)), ..none.clone() });
        assert_eq!((missed.presence, ends(&missed.away)), (vec![stay(500, 900)], vec![(900, 1000, 0)]));
        let start = day(Attendance { breaks_start_late: Some(constant(60)), breaks_end_late: Some(constant(130)), ..none.clone() });
        assert_eq!(ends(&start.away), [(360, 460, 0), (460, 630, 1), (960, 1000, 0)]);
        let end = day(Attendance { breaks_end_late: Some(constant(10_000)), ..none });
        assert_eq!(ends(&end.away), [(300, 400, 0), (400, 900, 1), (900, 1000, 0)]);
        assert_eq!(end.presence, [stay(0, 300), stay(2000, 2500)]);
    }

    /// Luck goes by the agent's name, and each kind of lateness has its own.
    #[test]
    fn lateness_is_drawn_by_name_and_place() {
        let some = || Some(Distribution::exponential(Span::from_us(20)).unwrap());
        let day = |name: &str, late, breaks_start_late, breaks_end_late| {
            let attendance = Attendance { late, breaks_start_late, breaks_end_late, ..Attendance::default() };
            punctual(&agent(name, attendance), Streams::new(1, 0))
        };
        let (late, both) = (day("ana", some(), None, None), day("ana", some(), some(), some()));
        let shifts = |day: &AgentDay| (day.presence[0].start, day.presence.last().map(|stay| stay.start));
        assert_eq!(shifts(&late), shifts(&both));
        assert_ne!(shifts(&late), shifts(&day("bob", some(), None, None)));
        assert_ne!(late.presence[0].start.as_us(), late.presence.last().unwrap().start.as_us() - 2000);
        let (start, end) = (day("ana", None, some(), None), day("ana", None, None, some()));
        let by = |late: &[Away], of: fn(&Away) -> Time| -> Vec<i64> {
            let plan = agent("ana", Attendance::default());
            late.iter().zip(&plan.away).map(|(late, plan)| of(late).as_us() - of(plan).as_us()).collect()
        };
        let (starts, ends) = (by(&start.away, |away| away.start), by(&end.away, |away| away.end));
        assert!(starts[0] != starts[1] && starts[0] != ends[0] && ends[0] > 0, "{starts:?} {ends:?}");
    }

    #[test]
    fn whoever_is_absent_is_in_no_state() {
        let mut model = crate::observers::testing::model(1, 1, 2 * 86_400);
        let hour = |hour: i64| Time::START + Span::from_secs(hour * 3600);
        let attendance = Attendance { absence: 0.5, ..Attendance::default() };
        let presence = vec![Presence { start: hour(20), end: hour(22) }, Presence { start: hour(26), end: hour(30) }];
        let away = vec![Away { start: hour(22), end: hour(26), state: StateId(0) }];
        let plain = model.agents[AgentId(0)].clone();
        model.agents = (0..400)
            .map(|number| Agent {
                name: number.to_string(),
                presence: presence.clone(),
                away: away.clone(),
                attendance: attendance.clone(),
                ..plain.clone()
            })
            .collect();
        let day = model.day(Streams::new(1, 0));
        let mut seen = std::collections::BTreeSet::new();
        for id in model.agents.ids() {
            let there = |from: i64, to: i64| day.presence(&model, id).iter().any(|stay| stay.start >= hour(from) && stay.end <= hour(to));
            let (today, tomorrow) = (there(0, 24), there(24, 48));
            let (start, end) = (if today { 22 } else { 24 }, if tomorrow { 26 } else { 24 });
            let expected = (start < end).then(|| Away { start: hour(start), end: hour(end), state: StateId(0) });
            assert_eq!(day.away(&model, id), expected.as_slice());
            seen.insert((today, tomorrow));
        }
        assert_eq!(seen.len(), 4);
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
