//! Hours of operation: what their texts mean, minute by minute.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use waitline::{HoursId, Scenario, Time};

/// When hours are open, as minutes since the start of the run. `hours` is what follows `[[hours]]`; the run begins at midnight.
fn open(hours: &str, date: &str, zone: &str, days: i64) -> Vec<(i64, i64)> {
    let text = format!(
        r#"
version = 1
name = "hours"
[run]
horizon = "{days}d"
starts = "{date}T00:00"
time_zone = "{zone}"
interval = "none"
[[queue]]
name = "q"
handle_time = {{ distribution = "constant", value = "1s" }}
[[routing_profile]]
name = "p"
queues = [{{ queue = "q", priority = 1 }}]
[[agents]]
routing_profile = "p"
count = 1
[[source]]
name = "c"
queue = "q"
arrivals = {{ process = "scheduled", times = [] }}
[[hours]]
name = "h"
{hours}
"#
    );
    let model = text.parse::<Scenario>().and_then(|scenario| scenario.compile()).unwrap_or_else(|error| panic!("{error}"));
    let open = &model.hours[HoursId(0)].open;
    let is_open = |minute: i64| (0..days * 1440).contains(&minute) && open.is_on(Time::from_us(minute * 60_000_000));
    let changes: Vec<i64> = (0..=days * 1440).filter(|&minute| is_open(minute) != is_open(minute - 1)).collect();
    changes.chunks(2).map(|pair| (pair[0], pair[1])).collect()
}

/// (day, hour, minute) and the like as minutes.
fn at(day: i64, hour: i64, minute: i64) -> i64 {
    day * 1440 + hour * 60 + minute
}

const UTC: &str = "UTC";
/// A Monday.
const MONDAY: &str = "2026-03-02";

#[test]
fn midnight_is_the_end_of_the_day() {
    for end in ["00:00", "24:00", "0:00"] {
        let hours = format!(r#"week = [{{ days = ["monday"], from = "10:00", to = "{end}" }}]"#);
        assert_eq!(open(&hours, MONDAY, UTC, 2), [(at(0, 10, 0), at(1, 0, 0))], "14 hours");
    }
    // What many write for it is kept as it stands: a minute is missing.
    let hours = r#"week = [{ from = "00:00", to = "23:59" }]"#;
    assert_eq!(open(hours, MONDAY, UTC, 2), [(0, at(0, 23, 59)), (at(1, 0, 0), at(1, 23, 59))]);
    let hours = r#"week = [{ from = "00:00", to = "00:00" }]"#;
    assert_eq!(open(hours, MONDAY, UTC, 9), [(0, at(9, 0, 0))]);
}

#[test]
fn a_day_may_have_several_stretches_and_one_may_go_over_midnight() {
    let hours =
        r#"week = [{ days = ["monday", "tuesday"], from = "09:00", to = "12:00" }, { days = ["monday"], from = "13:00", to = "17:30" }]"#;
    assert_eq!(open(hours, MONDAY, UTC, 7), [(540, 720), (780, 1050), (at(1, 9, 0), at(1, 12, 0))]);
    // It began on the Sunday before the run, and begins again on the next.
    let hours = r#"week = [{ days = ["sunday"], from = "22:00", to = "06:00" }]"#;
    assert_eq!(open(hours, MONDAY, UTC, 7), [(0, 360), (at(6, 22, 0), at(7, 0, 0))]);
    // Stretches that touch are one.
    let hours = r#"week = [{ from = "12:00", to = "00:00" }, { from = "00:00", to = "12:00" }]"#;
    assert_eq!(open(hours, MONDAY, UTC, 3), [(0, at(3, 0, 0))]);
}

/// The clock on the wall decides: what it leaves out never comes, what it shows twice comes twice.
#[test]
fn clocks_are_put_forward_and_back() {
    let hours = |from, to| format!(r#"week = [{{ from = "{from}", to = "{to}" }}]"#);
    // New York, 2026-03-08: from 02:00 to 03:00. An instant is minutes since midnight, so that 03:00 is minute 120.
    let spring = |from, to| open(&hours(from, to), "2026-03-08", "America/New_York", 1).first().copied();
    assert_eq!(spring("02:00", "03:00"), None);
    assert_eq!(spring("02:15", "02:45"), None);
    assert_eq!(spring("01:00", "02:30"), Some((60, 120)));
    assert_eq!(spring("02:30", "04:00"), Some((120, 180)));
    assert_eq!(spring("00:00", "12:00"), Some((0, 660)));
    // 2026-11-01: from 02:00 to 01:00; both hours from 01:00 to 02:00 are minutes 60 to 180.
    let autumn = |from, to| open(&hours(from, to), "2026-11-01", "America/New_York", 1);
    assert_eq!(autumn("01:15", "01:45"), [(75, 105), (135, 165)]);
    assert_eq!(autumn("01:30", "02:30"), [(90, 120), (150, 210)]);
    assert_eq!(autumn("00:00", "01:30"), [(0, 90), (120, 150)]);
    assert_eq!(autumn("09:00", "17:00"), [(600, 1080)]);
    // Lord Howe Island puts its clocks by half an hour; Samoa had no 2011-12-30, a Friday.
    assert_eq!(open(&hours("01:45", "03:00"), "2026-10-04", "Australia/Lord_Howe", 1), [(105, 150)]);
    assert_eq!(open(r#"week = [{ days = ["friday"], from = "00:00", to = "00:00" }]"#, "2011-12-29", "Pacific/Apia", 3), []);
}

/// Monday to Sunday from 09:00 to 17:00, and these overrides.
fn week_with(overrides: &str) -> String {
    format!("week = [{{ from = \"09:00\", to = \"17:00\" }}]\noverrides = [{overrides}]")
}

#[test]
fn closed_goes_before_open_before_temporary_before_the_week() {
    let closed = r#"{ name = "a", kind = "closed", from_date = "2026-03-03", week = [{ from = "12:00", to = "13:00" }] },"#;
    let opened = r#"{ name = "b", kind = "open", from_date = "2026-03-03", week = [{ from = "12:30", to = "20:00" }] },"#;
    let temporary = r#"{ name = "c", kind = "temporary", from_date = "2026-03-03", week = [{ from = "10:00", to = "11:00" }] },"#;
    let tuesday = |overrides: &[&str]| -> Vec<(i64, i64)> {
        let all = open(&week_with(&overrides.concat()), MONDAY, UTC, 3);
        assert_eq!((all[0], all[all.len() - 1]), ((540, 1020), (at(2, 9, 0), at(2, 17, 0))), "other days are as ever");
        all[1..all.len() - 1].iter().map(|&(from, to)| (from - 1440, to - 1440)).collect()
    };
    assert_eq!(tuesday(&[closed]), [(540, 720), (780, 1020)]);
    assert_eq!(tuesday(&[opened]), [(540, 1200)]);
    assert_eq!(tuesday(&[temporary]), [(600, 660)]);
    for order in [[closed, opened, temporary], [temporary, opened, closed]] {
        assert_eq!(tuesday(&order), [(600, 660), (780, 1200)]);
    }
    // A temporary one that names no hours for its day of the week leaves it closed.
    let nothing =
        r#"{ name = "d", kind = "temporary", from_date = "2026-03-03", week = [{ days = ["monday"], from = "10:00", to = "11:00" }] }"#;
    assert_eq!(tuesday(&[nothing]), []);
}

/// The dates, in days since the start, on which an override that closes all day does so.
fn closed_on(dates: &str, start: &str, days: i64) -> Vec<i64> {
    let hours = week_with(&format!(r#"{{ name = "o", kind = "closed", {dates} }}"#));
    let open: Vec<i64> = open(&hours, start, UTC, days).into_iter().map(|(from, _)| from / 1440).collect();
    (0..days).filter(|day| !open.contains(day)).collect()
}

/// The same as dates.
fn dates_of(dates: &str, start: &str, days: i64) -> Vec<String> {
    let first: Date = start.parse().expect("it is a date");
    closed_on(dates, start, days).into_iter().map(|day| (first + day.days()).to_string()).collect()
}

#[test]
fn overrides_recur() {
    assert_eq!(closed_on(r#"from_date = "2026-03-03", to_date = "2026-03-05""#, MONDAY, 7), [1, 2, 3]);
    // Every year, over the turn of the year, but not before the first.
    let turn = r#"from_date = "2026-12-31", to_date = "2027-01-01", yearly = true"#;
    assert_eq!(dates_of(turn, "2025-12-20", 760), ["2026-12-31", "2027-01-01", "2027-12-31", "2028-01-01"]);
    // A leap day is left out where there is none.
    assert_eq!(dates_of(r#"from_date = "2024-02-29", yearly = true"#, "2024-01-01", 1530), ["2024-02-29", "2028-02-29"]);
    let around = r#"from_date = "2024-02-28", to_date = "2024-03-01", yearly = true"#;
    assert_eq!(dates_of(around, "2024-01-01", 430), ["2024-02-28", "2024-02-29", "2024-03-01", "2025-02-28", "2025-03-01"]);
    // Every second week from that of Wednesday the 4th on, until a day: not on Monday the 2nd, which is before.
    let weeks =
        r#"from_date = "2026-03-04", to_date = "2026-04-01", recurs = { every = "week", interval = 2, weekdays = ["monday", "friday"] }"#;
    assert_eq!(dates_of(weeks, MONDAY, 60), ["2026-03-06", "2026-03-16", "2026-03-20", "2026-03-30"]);
    // The second Tuesday; the last Friday; the last day; the 31st, which not every month has.
    let month = |of: &str| dates_of(&format!(r#"from_date = "2026-03-02", recurs = {{ every = "month", {of} }}"#), MONDAY, 120);
    assert_eq!(month(r#"weekdays = ["tuesday"], occurrence = 2"#), ["2026-03-10", "2026-04-14", "2026-05-12", "2026-06-09"]);
    assert_eq!(month(r#"weekdays = ["friday"], occurrence = -1"#), ["2026-03-27", "2026-04-24", "2026-05-29", "2026-06-26"]);
    assert_eq!(month("day = -1"), ["2026-03-31", "2026-04-30", "2026-05-31"]);
    assert_eq!(month("day = 31"), ["2026-03-31", "2026-05-31"]);
    assert_eq!(month("day = 1, interval = 3"), ["2026-06-01"]);
    // Thanksgiving; February 30 never comes.
    let year = |of: &str| dates_of(&format!(r#"from_date = "2026-01-01", recurs = {{ every = "year", {of} }}"#), "2026-01-01", 800);
    assert_eq!(year(r#"month = 11, weekdays = ["thursday"], occurrence = 4"#), ["2026-11-26", "2027-11-25"]);
    assert_eq!(year("month = 12, day = 25, interval = 2"), ["2026-12-25"]);
    assert_eq!(year("month = 2, day = 30"), Vec::<String>::new());
}

#[test]
fn overrides_of_parents_hold_here_too() {
    let child = r#"week = [{ from = "09:00", to = "17:00" }]
parents = ["holidays"]
overrides = [{ name = "own", kind = "closed", from_date = "2026-03-03" }]
[[hours]]
name = "holidays"
week = []
overrides = [{ name = "theirs", kind = "open", from_date = "2026-03-03", to_date = "2026-03-04", week = [{ from = "20:00", to = "21:00" }] }]
"#;
    // The parent's week does not matter; its overrides and the own ones stand in one order: closed goes before open.
    assert_eq!(open(child, MONDAY, UTC, 3), [(540, 1020), (at(2, 9, 0), at(2, 17, 0)), (at(2, 20, 0), at(2, 21, 0))]);
}

/// The rule as one would say it, instant by instant: what the clock on the wall shows, and the first kind of override that says something of it.
#[test]
fn instant_by_instant() {
    let hours = r#"week = [{ days = ["friday", "saturday"], from = "18:30", to = "02:30" }, { days = ["monday"], from = "01:10", to = "23:00" }]
overrides = [
  { name = "late", kind = "temporary", from_date = "2026-10-24", to_date = "2026-10-25", week = [{ from = "21:00", to = "05:00" }] },
  { name = "lunch", kind = "closed", from_date = "2026-01-05", recurs = { every = "week", weekdays = ["sunday", "monday"] }, week = [{ from = "01:00", to = "02:15" }, { from = "23:30", to = "00:30" }] },
  { name = "extra", kind = "open", from_date = "2026-10-25", yearly = true, week = [{ from = "02:00", to = "02:20" }] },
]"#;
    // In a stretch of the date of that day, or of the day before that goes into this one.
    let within = |minute: i64, from: i64, to: i64| (from..to).contains(&minute);
    let expected = |local: jiff::civil::DateTime| {
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let days = [(local.date(), minute), (local.date().yesterday().expect("there is one"), minute + 1440)];
        let any = |says: &dyn Fn(Date, i64) -> bool| days.iter().any(|&(date, minute)| says(date, minute));
        let is = |date: Date, text: &str| date == text.parse::<Date>().expect("it is a date");
        let weekday = |date: Date| i64::from(date.weekday().to_monday_zero_offset());
        let temporary = |date: Date| is(date, "2026-10-24") || is(date, "2026-10-25");
        if any(&|date, minute| [6, 0].contains(&weekday(date)) && (within(minute, 60, 135) || within(minute, 1410, 1470))) {
            return false;
        }
        any(&|date, minute| is(date, "2026-10-25") && within(minute, 120, 140))
            || any(&|date, minute| temporary(date) && within(minute, 1260, 1740))
            || any(&|date, minute| !temporary(date) && [4, 5].contains(&weekday(date)) && within(minute, 1110, 1590))
            || any(&|date, minute| !temporary(date) && weekday(date) == 0 && within(minute, 70, 1380))
    };
    let zone = TimeZone::get("Europe/Berlin").expect("it is known");
    let start = "2026-10-20T00:00:00+02:00".parse::<Timestamp>().expect("it is an instant");
    let is_open = |minute: i64| (0..10 * 1440).contains(&minute) && expected(zone.to_datetime(start + minute.minutes()));
    let changes: Vec<i64> = (0..=10 * 1440).filter(|&minute| is_open(minute) != is_open(minute - 1)).collect();
    let expected: Vec<(i64, i64)> = changes.chunks(2).map(|pair| (pair[0], pair[1])).collect();
    assert_eq!(open(hours, "2026-10-20", "Europe/Berlin", 10), expected);
    assert!(expected.len() >= 6, "{expected:?}");
}
