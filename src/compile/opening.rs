//! When it is open: from weeks, overrides and a time zone to the instants of the run at which that changes.
//!
//! The clock on the wall decides at each instant. So a stretch of a date is held against every stretch of time in which the zone's offset stays the same: what the clocks leave out in
//! spring never comes, and what they show twice in autumn comes twice.

use crate::model::Timetable;
use crate::scenario::OverrideName;
use crate::time::{Span, Time};
use jiff::civil::{Date, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

const MINUTE_US: i64 = 60_000_000;
/// Minutes of a day by the clock.
pub(super) const DAY_MINUTES: i64 = 24 * 60;

/// From minute to minute of a day, or into the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) day: Weekday,
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Opening {
    /// Whether both are open at some minute of a week without overrides.
    pub(super) fn overlaps(&self, other: &Opening) -> bool {
        let begins = |opening: &Opening| i64::from(opening.day.to_monday_zero_offset()) * DAY_MINUTES + opening.from;
        // From the beginning of one to that of the other it may go over the end of the week.
        let ahead = (begins(other) - begins(self)).rem_euclid(7 * DAY_MINUTES);
        let behind = (begins(self) - begins(other)).rem_euclid(7 * DAY_MINUTES);
        ahead < self.to - self.from || behind < other.to - other.from
    }
}

/// Other hours on some dates.
#[derive(Clone, Debug)]
pub(super) struct Override {
    pub(super) kind: OverrideName,
    pub(super) dates: Dates,
    pub(super) week: Vec<Opening>,
}

/// On which dates an override holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dates {
    /// From one to another.
    Once(Date, Date),
    /// The same stretch in that year and every later one; it may run over the turn of the year.
    Yearly(Date, Date),
    /// From a date on, until another if there is one, those that recur.
    Recur(Date, Option<Date>, Recurrence),
}

/// Which dates; all of it must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recurrence {
    pub(super) every: Every,
    /// Only every so many weeks, months or years.
    pub(super) interval: i64,
    pub(super) month: Option<i64>,
    /// -1: the last of the month.
    pub(super) day: Option<i64>,
    /// Empty: on any.
    pub(super) weekdays: Vec<Weekday>,
    /// The how-manieth such weekday of the month; -1: the last.
    pub(super) occurrence: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Every {
    Week,
    Month,
    Year,
}

impl Recurrence {
    fn falls_on(&self, date: Date, first: Date) -> bool {
        let months = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
        // Weeks begin on Monday; 1970-01-01 was a Thursday.
        let weeks = |date: Date| (days_since_1970(date) + 3).div_euclid(7);
        let since = match self.every {
            Every::Week => weeks(date) - weeks(first),
            Every::Month => months(date) - months(first),
            Every::Year => i64::from(date.year()) - i64::from(first.year()),
        };
        let (day, days) = (i64::from(date.day()), i64::from(date.days_in_month()));
        since % self.interval == 0
            && self.month.is_none_or(|month| i64::from(date.month()) == month)
            && self.day.is_none_or(|wanted| day == if wanted < 0 { days } else { wanted })
            && self.occurrence.is_none_or(|wanted| if wanted < 0 { day + 7 > days } else { (day - 1) / 7 + 1 == wanted })
            && (self.weekdays.is_empty() || self.weekdays.contains(&date.weekday()))
    }
}

impl Dates {
    fn cover(&self, date: Date) -> bool {
        match self {
            Dates::Once(from, to) => (*from..=*to).contains(&date),
            Dates::Recur(from, to, recurrence) => *from <= date && to.is_none_or(|to| date <= to) && recurrence.falls_on(date, *from),
            Dates::Yearly(from, to) => {
                let of_year = |date: Date| (date.month(), date.day());
                let (first, last, day) = (of_year(*from), of_year(*to), of_year(date));
                let within = if first <= last { first <= day && day <= last } else { first <= day || day <= last };
                *from <= date && within
            }
        }
    }
}

/// Hours of operation of which all is known.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    pub(super) zone: TimeZone,
    pub(super) week: Vec<Opening>,
    pub(super) overrides: Vec<Override>,
}

impl Calendar {
    /// When it is open from `start`, time 0 of the run, for so long. At an instant at which a closed override says something it decides, before open ones, these before the temporary ones
    /// of the date, and only a date without those has the hours of its week.
    pub(super) fn timetable(&self, start: Timestamp, length: Span) -> Timetable {
        let stretches = self.stretches(start, length);
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        // What begins on the day before may last into the first; and a zone may once have skipped a day.
        let mut date = self.zone.to_datetime(start).date().saturating_sub(2.days());
        let last = date.saturating_add((length.as_us() / (DAY_MINUTES * MINUTE_US) + 4).days());
        while date <= last {
            let mut is_ordinary = true;
            for row in self.overrides.iter().filter(|row| row.dates.cover(date)) {
                is_ordinary &= row.kind != OverrideName::Temporary;
                add(&row.week, date, &stretches, if row.kind == OverrideName::Closed { &mut closed } else { &mut open });
            }
            if is_ordinary {
                add(&self.week, date, &stretches, &mut open);
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        Timetable::from_periods(open).without(&Timetable::from_periods(closed))
    }

    fn stretches(&self, start: Timestamp, length: Span) -> Vec<Stretch> {
        let start_us = start.as_microsecond();
        let ahead_us = |offset: Offset| i64::from(offset.seconds()) * 1_000_000;
        let mut changes = vec![(0, start_us + ahead_us(self.zone.to_offset(start)))];
        let later = self.zone.following(start).map(|change| {
            let at = change.timestamp().as_microsecond();
            (at - start_us, start_us + ahead_us(change.offset()))
        });
        changes.extend(later.take_while(|&(at, _)| at < length.as_us()));
        let ends = changes.iter().skip(1).map(|&(at, _)| at).chain([length.as_us()]);
        changes.iter().zip(ends).map(|(&(from, local_at_start), to)| Stretch { from, to, local_at_start }).collect()
    }
}

/// A stretch of the run in which clocks are not put forward or back, in microseconds since its start.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: i64,
    to: i64,
    /// What local clocks show at the start of the run, or would by this stretch's offset: microseconds since 1970.
    local_at_start: i64,
}

/// The openings that begin on a date, as periods of the run.
fn add(week: &[Opening], date: Date, stretches: &[Stretch], periods: &mut Vec<(Time, Time)>) {
    let midnight = days_since_1970(date) * DAY_MINUTES;
    for opening in week.iter().filter(|opening| opening.day == date.weekday()) {
        let local = |minute: i64| (midnight + minute) * MINUTE_US;
        for stretch in stretches {
            let at = |minute: i64| Time::from_us((local(minute) - stretch.local_at_start).clamp(stretch.from, stretch.to));
            periods.push((at(opening.from), at(opening.to)));
        }
    }
}

fn days_since_1970(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}
