//! When something is the case: hours of operation, events.

use crate::id::SourceId;
use crate::random::{Distribution, Purpose, Streams, hash_of_text};
use crate::time::Time;
use std::borrow::Cow;

/// When something is the case: the instants at which it changes, beginning with not.
///
/// ```
/// use waitline::Time;
/// use waitline::model::Timetable;
/// let at = Time::from_us;
/// let open = Timetable::from_periods(vec![(at(10), at(20)), (at(20), at(30))]);
/// assert_eq!([at(9), at(10), at(29), at(30)].map(|it| open.is_on(it)), [false, true, true, false]);
/// let lunch = Timetable::from_periods(vec![(at(15), at(20))]);
/// assert!(!open.without(&lunch).is_on(at(15)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timetable {
    changes: Vec<Time>,
}

impl Timetable {
    /// The case in each of the periods, from its start until just before its end; they may overlap.
    pub fn from_periods(mut periods: Vec<(Time, Time)>) -> Timetable {
        periods.retain(|(start, end)| start < end);
        periods.sort_unstable();
        let mut changes: Vec<Time> = Vec::new();
        for (start, end) in periods {
            match changes.last_mut() {
                Some(last) if *last >= start => *last = end.max(*last),
                _ => changes.extend([start, end]),
            }
        }
        Timetable { changes }
    }

    /// The case where this is and the other is not.
    #[must_use]
    pub fn without(&self, other: &Timetable) -> Timetable {
        let mut changes = [self.changes.as_slice(), &other.changes].concat();
        changes.sort_unstable();
        let stretches = changes.windows(2).map(|pair| (pair[0], pair[1]));
        Timetable::from_periods(stretches.filter(|&(start, _)| self.is_on(start) && !other.is_on(start)).collect())
    }

    /// Whether it is the case.
    pub fn is_on(&self, at: Time) -> bool {
        self.changes.partition_point(|&change| change <= at) % 2 == 1
    }
}

/// Hours of operation.
///
/// ```
/// use waitline::model::{Hours, Timetable};
/// let never = Hours { name: "never".into(), open: Timetable::default() };
/// assert!(!never.open.is_on(waitline::Time::START));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Their name.
    pub name: String,
    /// When they are open.
    pub open: Timetable,
}

/// Something that is the case at times.
///
/// ```
/// use waitline::Time;
/// use waitline::model::{Event, Timetable};
/// use waitline::random::Streams;
/// let storm = Event { name: "storm".into(), windows: Timetable::from_periods(vec![(Time::from_us(5), Time::from_us(9))]), random: None };
/// assert!(storm.timetable(Streams::new(1, 0), Time::NEVER).is_on(Time::from_us(5)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// When it is the case in every replication.
    pub windows: Timetable,
    /// Instead: again and again, by chance.
    pub random: Option<RandomTimes>,
}

/// Again and again, by chance.
///
/// ```
/// use waitline::Span;
/// use waitline::model::RandomTimes;
/// use waitline::random::Distribution;
/// let rare = RandomTimes { every: Distribution::exponential(Span::from_secs(86_400)).unwrap(), lasts: Distribution::Constant(Span::from_secs(60)) };
/// assert!(rare.every != rare.lasts);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RandomTimes {
    /// From the end of one until the start of the next, and from the start of the run until the first.
    pub every: Distribution,
    /// How long one lasts.
    pub lasts: Distribution,
}

impl Event {
    /// How often it happens at most in a replication.
    pub const TIMES_MAX: usize = 1_000_000;

    /// When it is the case in a replication, up to `until`; what is drawn is looked up by its name (R25).
    pub fn timetable(&self, streams: Streams, until: Time) -> Cow<'_, Timetable> {
        let Some(RandomTimes { every, lasts }) = &self.random else { return Cow::Borrowed(&self.windows) };
        let mut stream = streams.source(SourceId(0)).stream(Purpose::Event, hash_of_text(&self.name));
        let (mut periods, mut at) = (Vec::new(), Time::START);
        while at < until && periods.len() < Self::TIMES_MAX {
            let start = at + every.sample(&mut stream);
            at = start + lasts.sample(&mut stream);
            periods.push((start, at));
        }
        Cow::Owned(Timetable::from_periods(periods))
    }
}
