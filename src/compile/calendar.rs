//! Hours of operation and events.

use super::clock::parse_clock;
use super::sheet::Sheet;
use super::{Compiler, Names};
use crate::id::{EventId, HoursId, Table};
use crate::model::{Event, Hours, RandomTimes, Run, Timetable};
use crate::scenario::{EventTable, HoursTable, OpeningTable, OverrideName, OverrideTable, WeekdayName};
use crate::time::{Span, Time};
use jiff::civil::{Date, DateTime, Time as Clock, Weekday};
use jiff::tz::{Disambiguation, TimeZone};
use jiff::{Timestamp, ToSpan as _};

/// Hours are known until so long after the horizon; later they are closed.
const KNOWN_AFTER_HORIZON: Span = Span::from_secs(31 * 86_400);
/// How long a run with hours of operation may be.
const HORIZON_MAX: Span = Span::from_secs(3660 * 86_400);

impl Compiler<'_> {
    pub(super) fn events(&mut self) -> (Names<EventId>, Table<EventId, Event>) {
        let tables = &self.scenario.document().event;
        let names = self.names("event", tables.iter().map(|event| event.name.as_str()));
        (names, tables.iter().enumerate().map(|(index, table)| self.event(&format!("event[{index}]"), table)).collect())
    }

    fn event(&mut self, path: &str, table: &EventTable) -> Event {
        let (mut periods, mut random) = (Vec::new(), None);
        match (&table.windows, &table.random, &table.file) {
            (Some(windows), None, None) => {
                for (place, window) in windows.iter().enumerate() {
                    if window.to <= window.from {
                        self.problem(&format!("{path}.windows[{place}].to"), format!("{} is not after {}", window.to, window.from));
                    }
                    periods.push((Time::START + window.from, Time::START + window.to));
                }
            }
            (None, Some(times), None) => {
                let every = self.distribution(&format!("{path}.random.every"), &times.every);
                let lasts = self.distribution(&format!("{path}.random.lasts"), &times.lasts);
                if every.mean_us() + lasts.mean_us() < 1.0 {
                    self.problem(&format!("{path}.random"), "it would happen without end at one instant: let time pass");
                }
                random = Some(RandomTimes { every, lasts });
            }
            (None, None, Some(file)) => periods = self.periods(&format!("{path}.file"), file).unwrap_or_default(),
            _ => self.problem(path, "give one of `windows`, `random` and `file`"),
        }
        Event { name: table.name.clone(), windows: Timetable::from_periods(periods), random }
    }

    fn periods(&mut self, path: &str, file: &str) -> Option<Vec<(Time, Time)>> {
        let content = self.file(path, file)?;
        let sheet = Sheet::read(file, content, &mut self.problems)?;
        let [start, end] = sheet.columns(["start_s", "end_s"], [], &mut self.problems)?.0;
        let mut periods = Vec::new();
        for row in sheet.rows() {
            let (from, to) = (row.span(start, &mut self.problems), row.span(end, &mut self.problems));
            if let (Some(from), Some(to)) = (from, to) {
                if to <= from {
                    self.problems.push(row.problem(end, format!("{to} is not after {from}")));
                }
                periods.push((Time::START + from, Time::START + to));
            }
        }
        Some(periods)
    }

    // ---- hours ---------------------------------------------------------------------------------------------------------

    pub(super) fn hours(&mut self, run: &Run) -> (Names<HoursId>, Table<HoursId, Hours>) {
        let document = self.scenario.document();
        let names = self.names("hours", document.hours.iter().map(|hours| hours.name.as_str()));
        // Whoever has no hours does not wait for the database of time zones.
        let zone = match &document.run.time_zone {
            None if document.hours.is_empty() => None,
            given => self.zone("run.time_zone", given.as_deref().unwrap_or("UTC")),
        };
        let mut start = None;
        if !document.hours.is_empty() {
            match &document.run.starts {
                None => self
                    .problem("run", "the key `starts` is missing: say at which date and time the run begins, such as \"2026-03-02T00:00\""),
                Some(text) => match text.parse::<DateTime>() {
                    Ok(local) => {
                        start =
                            zone.clone().and_then(|zone| zone.to_ambiguous_timestamp(local).disambiguate(Disambiguation::Compatible).ok());
                    }
                    Err(_) => self.problem("run.starts", format!("`{text}` is not a date and time: expected such as \"2026-03-02T00:00\"")),
                },
            }
            if run.horizon > Time::START + HORIZON_MAX {
                self.problem("run.horizon", format!("a run with hours of operation lasts {HORIZON_MAX} at most"));
                start = None;
            }
        }
        let rows = document.hours.iter().enumerate().map(|(index, table)| {
            let open = self.open(&format!("hours[{index}]"), table, run, zone.as_ref(), start);
            Hours { name: table.name.clone(), open }
        });
        (names, rows.collect())
    }

    fn zone(&mut self, path: &str, name: &str) -> Option<TimeZone> {
        let found = TimeZone::get(name).ok();
        if found.is_none() {
            let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
            let problem =
                self.scenario.problem(path, format!("unknown time zone `{name}`: expected an IANA name such as \"Europe/Berlin\""));
            self.problems.push(problem.nearest(name, known.iter().map(String::as_str)));
        }
        found
    }

    /// When the hours are open, in time of the run.
    fn open(&mut self, path: &str, table: &HoursTable, run: &Run, zone: Option<&TimeZone>, start: Option<Timestamp>) -> Timetable {
        let own = table.time_zone.as_ref().map(|name| self.zone(&format!("{path}.time_zone"), name));
        let week = self.openings(&format!("{path}.week"), &table.week);
        let overrides: Vec<Override> = table
            .overrides
            .iter()
            .enumerate()
            .filter_map(|(place, row)| self.override_of(&format!("{path}.overrides[{place}]"), row))
            .collect();
        let zone = own.unwrap_or(zone.cloned());
        let (Some(zone), Some(start)) = (zone, start) else { return Timetable::default() };
        let calendar = Calendar { week, overrides };
        let days = (run.horizon.as_us() + KNOWN_AFTER_HORIZON.as_us()) / 86_400_000_000 + 3;
        let first = zone.to_datetime(start).date().saturating_sub(1.day());
        let mut periods = Vec::new();
        for day in 0..days {
            let date = first.saturating_add(day.days());
            for (from, to) in calendar.open_on(date) {
                let instant = |minute: i64| {
                    let local = date.to_datetime(Clock::midnight()).saturating_add(minute.minutes());
                    // In a gap of the clock the time after it, in an overlap the first of both: the clock on the wall decides.
                    let at = zone.to_ambiguous_timestamp(local).disambiguate(Disambiguation::Compatible).unwrap_or(start);
                    Time::from_us((at.as_microsecond() - start.as_microsecond()).max(0))
                };
                periods.push((instant(from), instant(to)));
            }
        }
        Timetable::from_periods(periods)
    }

    fn openings(&mut self, path: &str, tables: &[OpeningTable]) -> Vec<Opening> {
        let mut openings = Vec::new();
        for (place, table) in tables.iter().enumerate() {
            let path = format!("{path}[{place}]");
            if table.days.is_empty() {
                self.problem(&format!("{path}.days"), "no day is named");
            }
            let (from, to) = (self.minute(&format!("{path}.from"), &table.from), self.minute(&format!("{path}.to"), &table.to));
            let (Some(from), Some(to)) = (from, to) else { continue };
            if from == 1440 || (from == to && from != 0) {
                self.problem(&path, format!("from {} to {} it is never open", table.from, table.to));
            }
            let to = if to == 0 { 1440 } else { to };
            openings.extend(table.days.iter().map(|day| Opening { day: weekday(*day), from, to: if to < from { to + 1440 } else { to } }));
        }
        openings
    }

    /// Minutes since midnight, 0 to 1440.
    fn minute(&mut self, path: &str, text: &str) -> Option<i64> {
        // Neither seconds nor the ranges that planners' files have.
        let plain = text.matches(':').count() == 1 && text.bytes().all(|byte| byte == b':' || byte.is_ascii_digit());
        let clock_us = if plain { parse_clock(text) } else { None };
        if clock_us.is_none() {
            self.problem(path, format!("`{text}` is not a time of day: expected HH:MM, 00:00 to 24:00"));
        }
        clock_us.map(|us| us / 60_000_000)
    }

    fn override_of(&mut self, path: &str, table: &OverrideTable) -> Option<Override> {
        let mut date = |key: &str, text: &str| {
            let date = text.parse::<Date>().ok();
            if date.is_none() {
                self.problem(&format!("{path}.{key}"), format!("`{text}` is not a date: expected YYYY-MM-DD"));
            }
            date
        };
        let from = date("from_date", &table.from_date);
        let to = table.to_date.as_ref().map_or(from, |text| date("to_date", text));
        if let (Some(from), Some(to)) = (from, to)
            && (to < from || (table.yearly && from.duration_until(to).as_hours() >= 365 * 24))
        {
            self.problem(&format!("{path}.to_date"), format!("{to} is before {from}, or more than a year after it"));
        }
        let week = table.week.as_ref().map(|week| self.openings(&format!("{path}.week"), week));
        Some(Override { kind: table.kind, from: from?, to: to?, yearly: table.yearly, week })
    }
}

/// From minute to minute of a day, or into the next.
#[derive(Clone, Copy, Debug)]
struct Opening {
    day: Weekday,
    from: i64,
    to: i64,
}

#[derive(Clone, Debug)]
struct Override {
    kind: OverrideName,
    from: Date,
    to: Date,
    yearly: bool,
    week: Option<Vec<Opening>>,
}

impl Override {
    fn covers(&self, date: Date) -> bool {
        if !self.yearly {
            return self.from <= date && date <= self.to;
        }
        // The stretch may run over the turn of the year; a day that a year does not have is left out.
        let length = self.from.duration_until(self.to);
        [date.year(), date.year() - 1].into_iter().any(|year| {
            Date::new(year, self.from.month(), self.from.day()).is_ok_and(|from| from <= date && from.duration_until(date) <= length)
        })
    }

    fn on(&self, date: Date) -> Vec<(i64, i64)> {
        self.week.as_ref().map_or(vec![(0, 1440)], |week| of_day(week, date))
    }
}

struct Calendar {
    week: Vec<Opening>,
    overrides: Vec<Override>,
}

impl Calendar {
    /// In minutes of the date: closed before open before temporary before the week, each where it says something.
    fn open_on(&self, date: Date) -> Vec<(i64, i64)> {
        let of = |kind| self.overrides.iter().filter(move |row| row.kind == kind && row.covers(date));
        let temporary: Vec<&Override> = of(OverrideName::Temporary).collect();
        let mut open =
            if temporary.is_empty() { of_day(&self.week, date) } else { temporary.iter().flat_map(|row| row.on(date)).collect() };
        open.extend(of(OverrideName::Open).flat_map(|row| row.on(date)));
        for (from, to) in of(OverrideName::Closed).flat_map(|row| row.on(date)) {
            open = open
                .into_iter()
                .flat_map(|(start, end)| [(start, end.min(from)), (start.max(to), end)])
                .filter(|(start, end)| start < end)
                .collect();
        }
        open
    }
}

fn of_day(week: &[Opening], date: Date) -> Vec<(i64, i64)> {
    week.iter().filter(|opening| opening.day == date.weekday()).map(|opening| (opening.from, opening.to)).collect()
}

fn weekday(name: WeekdayName) -> Weekday {
    match name {
        WeekdayName::Monday => Weekday::Monday,
        WeekdayName::Tuesday => Weekday::Tuesday,
        WeekdayName::Wednesday => Weekday::Wednesday,
        WeekdayName::Thursday => Weekday::Thursday,
        WeekdayName::Friday => Weekday::Friday,
        WeekdayName::Saturday => Weekday::Saturday,
        WeekdayName::Sunday => Weekday::Sunday,
    }
}
