//! Hours of operation, from text to [`Calendar`].

use super::clock::parse_clock;
use super::opening::{Calendar, DAY_MINUTES, Dates, Every, Opening, Override, Recurrence};
use super::{Compiler, Names};
use crate::id::{HoursId, Id, Table};
use crate::model::{Hours, Run, Timetable};
use crate::scenario::{EveryName, HoursTable, OpeningTable, OverrideTable, RecursTable, WeekdayName};
use crate::time::{Span, Time};
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{Disambiguation, TimeZone};

/// Hours are known until so long after the horizon; later they are closed.
const KNOWN_AFTER_HORIZON: Span = Span::from_secs(31 * 86_400);
/// How long a run with hours of operation may be.
const HORIZON_MAX: Span = Span::from_secs(3660 * 86_400);
/// In which years a run with hours of operation may begin: of those before and after little is known of clocks.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;
/// From how many other hours overrides may come: what Amazon Connect documents.
const PARENTS_MAX: usize = 3;

impl Compiler<'_> {
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
                        // In a gap of the clock it is the time after it, in an overlap the first of both.
                        let at = |zone: TimeZone| zone.to_ambiguous_timestamp(local).disambiguate(Disambiguation::Compatible).ok();
                        start = zone.clone().and_then(at);
                        if !YEARS.contains(&local.year()) {
                            let message = format!("{local} is too far away: expected the years {} to {}", YEARS.start(), YEARS.end());
                            self.problem("run.starts", message);
                            start = None;
                        }
                    }
                    Err(_) => self.problem("run.starts", format!("`{text}` is not a date and time: expected such as \"2026-03-02T00:00\"")),
                },
            }
            if run.horizon > Time::START + HORIZON_MAX {
                self.problem("run.horizon", format!("a run with hours of operation lasts {HORIZON_MAX} at most"));
                start = None;
            }
        }
        let weeks: Vec<Vec<Opening>> =
            (document.hours.iter().enumerate()).map(|(index, table)| self.openings(&format!("hours[{index}].week"), &table.week)).collect();
        let overrides: Vec<Vec<Override>> = (document.hours.iter().enumerate())
            .map(|(index, table)| {
                let rows = table.overrides.iter().enumerate();
                rows.filter_map(|(place, row)| self.override_of(&format!("hours[{index}].overrides[{place}]"), row)).collect()
            })
            .collect();
        let mut open = Table::new();
        for (index, (table, week)) in document.hours.iter().zip(weeks).enumerate() {
            let path = format!("hours[{index}]");
            let own = table.time_zone.as_ref().map(|name| self.zone(&format!("{path}.time_zone"), name));
            let mut all = overrides[index].clone();
            for parent in self.parents(&path, table, &names) {
                all.extend_from_slice(&overrides[parent.index()]);
            }
            let open_when = match (own.unwrap_or(zone.clone()), start) {
                (Some(zone), Some(start)) => {
                    Calendar { zone, week, overrides: all }.timetable(start, Span::from_us(run.horizon.as_us()) + KNOWN_AFTER_HORIZON)
                }
                _ => Timetable::default(),
            };
            open.push(Hours { name: table.name.clone(), open: open_when });
        }
        (names, open)
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

    /// Hours whose overrides count here too.
    fn parents(&mut self, path: &str, table: &HoursTable, names: &Names<HoursId>) -> Vec<HoursId> {
        let path = format!("{path}.parents");
        if table.parents.len() > PARENTS_MAX {
            self.problem(&path, format!("{} parents: expected {PARENTS_MAX} at most", table.parents.len()));
        }
        let mut found = Vec::new();
        for (place, name) in table.parents.iter().enumerate() {
            let path = format!("{path}[{place}]");
            let Some(parent) = self.find(&path, "hours", name, names) else { continue };
            if *name == table.name {
                self.problem(&path, format!("`{name}` cannot be its own parent"));
            } else if !self.scenario.document().hours[parent.index()].parents.is_empty() {
                self.problem(&path, format!("`{name}` has parents, and so cannot be one"));
            }
            found.push(parent);
        }
        found
    }

    fn openings(&mut self, path: &str, tables: &[OpeningTable]) -> Vec<Opening> {
        let mut openings: Vec<Opening> = Vec::new();
        for (place, table) in tables.iter().enumerate() {
            let path = format!("{path}[{place}]");
            let days = self.weekdays(&format!("{path}.days"), table.days.as_deref());
            let (from, to) = (self.minute(&format!("{path}.from"), &table.from), self.minute(&format!("{path}.to"), &table.to));
            let (Some(from), Some(to)) = (from, to) else { continue };
            if from == DAY_MINUTES || (from == to && from != 0) {
                self.problem(&path, format!("from {} to {} it is never open", table.from, table.to));
                continue;
            }
            let to = if to == 0 { DAY_MINUTES } else { to };
            let to = if to < from { to + DAY_MINUTES } else { to };
            for day in days {
                let opening = Opening { day, from, to };
                if openings.iter().any(|other| opening.overlaps(other)) {
                    let message = format!("{day:?} from {} to {} overlaps a stretch before it", table.from, table.to);
                    self.problem(&path, message);
                }
                openings.push(opening);
            }
        }
        openings
    }

    /// All of them if none is named.
    fn weekdays(&mut self, path: &str, names: Option<&[WeekdayName]>) -> Vec<Weekday> {
        match names {
            None => Weekday::Monday.cycle_forward().take(7).collect(),
            Some([]) => {
                self.problem(path, "no day is named");
                Vec::new()
            }
            Some(names) => names.iter().map(|name| weekday(*name)).collect(),
        }
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
        let to = table.to_date.as_ref().map(|text| date("to_date", text));
        let week = match &table.week {
            Some(week) => self.openings(&format!("{path}.week"), week),
            None => self.weekdays(path, None).into_iter().map(|day| Opening { day, from: 0, to: DAY_MINUTES }).collect(),
        };
        let recurrence = table.recurs.as_ref().and_then(|recurs| self.recurrence(&format!("{path}.recurs"), recurs));
        if table.yearly && table.recurs.is_some() {
            self.problem(path, "give one of `yearly` and `recurs`");
        }
        let from = from?;
        let last = to.unwrap_or(Some(from))?;
        if last < from {
            self.problem(&format!("{path}.to_date"), format!("{last} is before {from}"));
        } else if table.yearly && from.duration_until(last).as_hours() >= 365 * 24 {
            self.problem(&format!("{path}.to_date"), format!("{last} is more than a year after {from}: then it would be always"));
        }
        let dates = match recurrence {
            Some(recurrence) => Dates::Recur(from, to.flatten(), recurrence),
            None if table.yearly => Dates::Yearly(from, last),
            None => Dates::Once(from, last),
        };
        Some(Override { kind: table.kind, dates, week })
    }

    fn recurrence(&mut self, path: &str, table: &RecursTable) -> Option<Recurrence> {
        let before = self.problems.len();
        let mut number = |key: &str, value: Option<i64>, most: i64, last: bool| {
            if value.is_some_and(|value| !((1..=most).contains(&value) || last && value == -1)) {
                let or_last = if last { ", or -1 for the last" } else { "" };
                self.problem(&format!("{path}.{key}"), format!("{}: expected 1 to {most}{or_last}", value.unwrap_or_default()));
            }
        };
        number("interval", table.interval, 6, false);
        number("month", table.month, 12, false);
        number("day", table.day, 31, true);
        number("occurrence", table.occurrence, 4, true);
        let weekdays = match &table.weekdays {
            Some(names) => self.weekdays(&format!("{path}.weekdays"), Some(names)),
            None => Vec::new(),
        };
        let by_weekday = table.weekdays.is_some();
        let (every, fits, expected) = match table.every {
            EveryName::Week => {
                let fits = by_weekday && table.month.is_none() && table.day.is_none() && table.occurrence.is_none();
                (Every::Week, fits, "every week: give `weekdays`, and neither `month`, `day` nor `occurrence`")
            }
            EveryName::Month | EveryName::Year => {
                let one_day = matches!((table.day, table.occurrence, by_weekday), (Some(_), None, false) | (None, Some(_), true));
                if table.every == EveryName::Month {
                    let expected = "every month: give `day`, or `weekdays` with `occurrence`, and no `month`";
                    (Every::Month, one_day && table.month.is_none(), expected)
                } else {
                    (Every::Year, one_day && table.month.is_some(), "every year: give `month`, and `day`, or `weekdays` with `occurrence`")
                }
            }
        };
        if !fits {
            self.problem(path, expected);
        }
        let interval = table.interval.unwrap_or(1);
        let made = Recurrence { every, interval, month: table.month, day: table.day, weekdays, occurrence: table.occurrence };
        (self.problems.len() == before).then_some(made)
    }
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
