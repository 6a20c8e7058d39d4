//! Whole microseconds: [`Time`], an instant since the start of the run, and [`Span`], how long something lasts (R1).

use std::fmt;
use std::str::FromStr;

const US_PER_S: i64 = 1_000_000;

/// An instant: microseconds since the start of the run.
///
/// ```
/// use waitline::{Span, Time};
/// let nine = Time::START + "9h".parse::<Span>().unwrap();
/// assert_eq!(nine.as_us(), 32_400_000_000);
/// assert_eq!(nine.to_string(), "32400");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A duration of zero or more microseconds.
///
/// Parses what people write and prints it back in the shortest such form:
///
/// ```
/// use waitline::Span;
/// let span: Span = "1h30m".parse().unwrap();
/// assert_eq!(span, Span::from_secs(5400));
/// assert_eq!(span.to_string(), "1h30m");
/// assert!("90".parse::<Span>().unwrap_err().contains("unit"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Time {
    /// The start of the run.
    pub const START: Time = Time(0);
    /// Later than everything that can happen.
    pub const NEVER: Time = Time(i64::MAX - 1);

    /// The instant that many microseconds after the start.
    #[inline]
    pub const fn from_us(us: i64) -> Time {
        Time(us)
    }

    /// Microseconds since the start.
    #[inline]
    pub const fn as_us(self) -> i64 {
        self.0
    }

    /// Seconds since the start, for printing and statistics only.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / US_PER_S as f64
    }

    /// The instant `span` later; saturates at [`Time::NEVER`].
    #[inline]
    pub const fn after(self, span: Span) -> Time {
        // A span is never negative, so that neither step can overflow.
        let latest = Time::NEVER.0 - span.0;
        Time(if self.0 < latest { self.0 } else { latest } + span.0)
    }

    /// Where part `number` (from 0) of so many equal ones begins, of the time from the start of the run until this instant; rounded down.
    ///
    /// # Panics
    /// Without parts.
    pub(crate) fn part(self, number: usize, parts: usize) -> Time {
        Time((i128::from(self.0) * number as i128 / parts as i128) as i64)
    }

    /// How long after `earlier` this instant is.
    ///
    /// # Panics
    /// When `earlier` is later: time never runs backwards, so that is a fault of the program.
    #[inline]
    pub fn since(self, earlier: Time) -> Span {
        assert!(earlier <= self, "time ran backwards: {self} is before {earlier}");
        Span(self.0 - earlier.0)
    }
}

impl std::ops::Add<Span> for Time {
    type Output = Time;
    #[inline]
    fn add(self, span: Span) -> Time {
        self.after(span)
    }
}

impl fmt::Display for Time {
    /// Seconds, with as many decimals as needed: the form of the CSV files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_secs(f, self.0)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// The longest duration that a scenario may give or a distribution may yield: 100 years. Longer draws are cut to it.
    pub const MAX: Span = Span(100 * 365 * 86_400 * US_PER_S);

    /// A span of whole seconds.
    ///
    /// # Panics
    /// When `secs` is negative.
    pub const fn from_secs(secs: i64) -> Span {
        Span::from_us(secs * US_PER_S)
    }

    /// A span of microseconds.
    ///
    /// # Panics
    /// When `us` is negative.
    #[inline]
    pub const fn from_us(us: i64) -> Span {
        assert!(us >= 0, "a span is never negative");
        Span(us)
    }

    /// The nearest whole number of microseconds to `us`, cut to `0..=Span::MAX`; not-a-number becomes zero.
    #[inline]
    pub fn from_us_f64(us: f64) -> Span {
        // `as` cuts to the range of the type and turns NaN into 0. It takes half as many steps to 32 bits as to 64, and few spans last longer than the
        // 71 minutes that fit.
        let us = us + 0.5;
        let short = us as u32;
        if short < u32::MAX { Span(short.into()) } else { Span((us as i64).clamp(0, Span::MAX.0)) }
    }

    /// The nearest whole number of microseconds to `secs` seconds; `None` when negative, not finite or above [`Span::MAX`].
    pub fn from_secs_f64(secs: f64) -> Option<Span> {
        let us = (secs * US_PER_S as f64).round();
        (us >= 0.0 && us <= Span::MAX.0 as f64).then_some(Span(us as i64))
    }

    /// Microseconds.
    #[inline]
    pub const fn as_us(self) -> i64 {
        self.0
    }

    /// Seconds, for printing and statistics only.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / US_PER_S as f64
    }

    /// Seconds with as many decimals as needed, as the CSV files have them: `12.5`.
    pub fn as_secs_text(self) -> String {
        Time(self.0).to_string()
    }
}

impl std::ops::Add for Span {
    type Output = Span;
    #[inline]
    fn add(self, other: Span) -> Span {
        // Neither is negative, so that the sum fits a `u64`.
        Span((self.0 as u64 + other.0 as u64).min(i64::MAX as u64) as i64)
    }
}

impl FromStr for Span {
    type Err = String;

    /// Reads numbers with units, largest first or not: `90s`, `1h30m`, `1.5h`, `250ms`, `7d`, `40us`. Zero may stand without a unit.
    fn from_str(text: &str) -> Result<Span, String> {
        let wrong = |why: &str| format!("`{text}` is not a duration: {why}; write for example \"90s\", \"4m\" or \"1h30m\"");
        let mut rest = text.trim();
        if rest == "0" {
            return Ok(Span::ZERO);
        }
        if rest.starts_with('-') {
            return Err(wrong("it is negative"));
        }
        if rest.is_empty() {
            return Err(wrong("it is empty"));
        }
        let mut us = 0.0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let number: f64 = rest[..digits].parse().map_err(|_| wrong("a number was expected"))?;
            rest = rest[digits..].trim_start();
            let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
            let unit = match &rest[..letters] {
                "us" | "µs" => 1.0,
                "ms" => 1e3,
                "s" => 1e6,
                "m" | "min" => 60e6,
                "h" => 3_600e6,
                "d" => 86_400e6,
                "" => return Err(wrong("the unit is missing")),
                other => return Err(wrong(&format!("unknown unit `{other}`, known are us, ms, s, m, h, d"))),
            };
            us += number * unit;
            rest = rest[letters..].trim_start();
        }
        let us = us.round();
        if us > Span::MAX.0 as f64 {
            return Err(wrong("it is longer than 100 years"));
        }
        Ok(Span(us as i64))
    }
}

impl fmt::Display for Span {
    /// The shortest form that parses back to the same span.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut us = self.0;
        for (unit, size) in [("d", 86_400 * US_PER_S), ("h", 3_600 * US_PER_S), ("m", 60 * US_PER_S)] {
            if us >= size {
                write!(f, "{}{unit}", us / size)?;
                us %= size;
            }
        }
        if us > 0 {
            write_secs(f, us)?;
            f.write_str("s")?;
        }
        Ok(())
    }
}

fn write_secs(f: &mut fmt::Formatter<'_>, us: i64) -> fmt::Result {
    let sign = if us < 0 { "-" } else { "" };
    let (whole, part) = (us.unsigned_abs() / US_PER_S as u64, us.unsigned_abs() % US_PER_S as u64);
    if part == 0 {
        return write!(f, "{sign}{whole}");
    }
    let decimals = format!("{part:06}");
    write!(f, "{sign}{whole}.{}", decimals.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_parse_and_print_back() {
        for text in ["0s", "90s", "1m30s", "4m", "1h30m", "2d3h4m5.25s", "0.000001s", "100d"] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.to_string().parse::<Span>().unwrap(), span, "{text}");
        }
        assert_eq!("90s".parse::<Span>().unwrap().to_string(), "1m30s");
        assert_eq!("1.5h".parse::<Span>().unwrap(), Span::from_secs(5400));
        assert_eq!("250ms".parse::<Span>().unwrap(), Span::from_us(250_000));
    }

    #[test]
    fn what_is_not_a_span_says_why() {
        for (text, why) in [
            ("", "empty"),
            ("90", "unit is missing"),
            ("-3s", "negative"),
            ("4x", "unknown unit `x`"),
            ("1e3s", "unknown unit"),
            ("999999d", "100 years"),
            (".s", "number"),
        ] {
            let message = text.parse::<Span>().unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }

    #[test]
    fn sampled_values_are_rounded_and_cut() {
        assert_eq!(Span::from_us_f64(1.5).as_us(), 2);
        assert_eq!(Span::from_us_f64(-4.0), Span::ZERO);
        assert_eq!(Span::from_us_f64(f64::NAN), Span::ZERO);
        assert_eq!(Span::from_us_f64(f64::INFINITY), Span::MAX);
        assert_eq!(Span::from_secs_f64(f64::NAN), None);
    }

    #[test]
    fn times_print_as_seconds() {
        assert_eq!(Time::from_us(12_500_000).to_string(), "12.5");
        assert_eq!(Time::from_us(-1).to_string(), "-0.000001");
        assert_eq!(Time::from_us(3).after(Span::MAX).as_us(), Span::MAX.as_us() + 3);
        assert_eq!(Time::NEVER.after(Span::MAX), Time::NEVER);
    }
}
