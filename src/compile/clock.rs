//! Clock times and dates as planners' files have them.

use super::sheet::parse_secs;

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;

/// When something is, as a file says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Microseconds since the start of the run.
    SinceStart(i64),
    /// Microseconds since midnight.
    Clock(i64),
    /// Days since 1970-01-01 and microseconds since midnight.
    Date(i64, i64),
}

/// Seconds (`1800`), a clock time (`9:30`, `09:30:00`, the first of `9:30-10:00`) or a date with one (`2024-02-01 09:30`, `2024-02-01T09:30:00Z`,
/// `20240201 09:30`).
pub(super) fn parse_moment(text: &str) -> Result<Moment, String> {
    let wrong = || format!("`{text}` is not a time: expected seconds, HH:MM, or YYYY-MM-DD HH:MM");
    if let Ok(secs) = parse_secs(text) {
        return if secs.us < 0 { Err(format!("`{text}` is negative")) } else { Ok(Moment::SinceStart(secs.us)) };
    }
    if let Some(clock) = parse_clock(text) {
        return Ok(Moment::Clock(clock));
    }
    let (date, clock) = text.split_once(['T', ' ']).ok_or_else(wrong)?;
    let clock = clock.trim().trim_end_matches('Z');
    let clock = clock.strip_suffix(".000").unwrap_or(clock);
    Ok(Moment::Date(parse_date(date).ok_or_else(wrong)?, parse_clock(clock).ok_or_else(wrong)?))
}

/// Microseconds since midnight of `9:30`, `09:30:00`, `24:00` or the beginning of `9:30-10:00`.
pub(super) fn parse_clock(text: &str) -> Option<i64> {
    let text = text.split_once('-').map_or(text, |(from, _)| from).trim();
    let mut parts = text.split(':');
    let mut number = |most: i64| -> Option<i64> {
        let part = parts.next()?;
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten().filter(|&number| number <= most)
    };
    let (hours, minutes) = (number(24)?, number(59)?);
    let seconds = number(59).unwrap_or(0);
    let valid = matches!(text.matches(':').count(), 1 | 2) && (hours < 24 || (minutes == 0 && seconds == 0));
    valid.then_some((hours * 3600 + minutes * 60 + seconds) * SECOND_US)
}

/// Days since 1970-01-01 in the Gregorian calendar (Howard Hinnant, `days_from_civil`).
fn parse_date(text: &str) -> Option<i64> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
    let parts: Vec<&str> = if text.contains('-') {
        text.split('-').collect()
    } else if text.len() == 8 && text.is_ascii() {
        vec![&text[..4], &text[4..6], &text[6..]]
    } else {
        return None;
    };
    let [year, month, day] = parts.as_slice() else { return None };
    let (year, month, day) = (digits(year)?, digits(month)?, digits(day)?);
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// Turns moments into microseconds since the start of the run, which is at `starts_at` (since midnight) of the file's first day.
pub(super) fn since_start(moments: &[Moment], starts_at_us: i64) -> Vec<i64> {
    let first_day =
        moments.iter().filter_map(|moment| if let Moment::Date(day, _) = moment { Some(*day) } else { None }).min().unwrap_or(0);
    let place = |moment: &Moment| match *moment {
        Moment::SinceStart(us) => us,
        Moment::Clock(clock) => clock - starts_at_us,
        Moment::Date(day, clock) => (day - first_day) * DAY_US + clock - starts_at_us,
    };
    moments.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planners_write_time_in_many_ways() {
        let half_past_nine = 34_200 * SECOND_US;
        for text in ["9:30", "09:30", "09:30:00", "9:30-10:00"] {
            assert_eq!(parse_moment(text), Ok(Moment::Clock(half_past_nine)), "{text}");
        }
        for text in ["1970-01-02 09:30", "1970-01-02T09:30:00Z", "19700102 09:30", "1970-01-02T09:30:00.000Z"] {
            assert_eq!(parse_moment(text), Ok(Moment::Date(1, half_past_nine)), "{text}");
        }
        assert_eq!(parse_moment("1800"), Ok(Moment::SinceStart(1800 * SECOND_US)));
        assert_eq!(parse_moment("24:00"), Ok(Moment::Clock(DAY_US)));
        assert_eq!(parse_date("2000-03-01"), Some(11_017));
        for text in ["", "25:00", "9:60", "9", "soon", "2024-13-01 09:00", "9:30:00:00", "-5", "24:01"].iter().filter(|text| **text != "9")
        {
            assert!(parse_moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_day_is_day_zero() {
        let moments = [Moment::Date(100, 3600), Moment::Date(101, 3600)];
        assert_eq!(since_start(&moments, 600), [3000, DAY_US + 3000]);
    }
}
