//! Values that people write as text: durations with a unit, rates with a unit.

use crate::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use std::borrow::Cow;
use std::str::FromStr;

/// A rate as people write it: `"90/h"`, `"0.02/s"`, `"2000/d"`.
///
/// ```
/// use waitline::scenario::Rate;
/// assert_eq!("90/h".parse::<Rate>().unwrap().per_s(), 0.025);
/// assert!("90".parse::<Rate>().unwrap_err().contains("unit"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    count: f64,
    unit_s: f64,
}

impl Rate {
    /// How many a second.
    pub fn per_s(self) -> f64 {
        self.count / self.unit_s
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Rate, String> {
        let wrong = |why: &str| format!("`{text}` is not a rate: {why}; write for example \"90/h\", \"1.5/m\", \"0.02/s\" or \"2000/d\"");
        let (count, unit) = text.trim().split_once('/').ok_or_else(|| wrong("the unit is missing"))?;
        let count: f64 = count.trim().parse().map_err(|_| wrong("a number was expected before the /"))?;
        if !count.is_finite() || count < 0.0 {
            return Err(wrong("it must be zero or more, and finite"));
        }
        let unit_s = match unit.trim() {
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            other => return Err(wrong(&format!("unknown unit `{other}`, known are s, m, h, d"))),
        };
        Ok(Rate { count, unit_s })
    }
}

/// A duration with a sign: `"90s"` or `"-30s"`.
///
/// ```
/// use waitline::scenario::SignedSpan;
/// assert_eq!("-30s".parse::<SignedSpan>().unwrap().us, -30_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignedSpan {
    /// Microseconds.
    pub us: i64,
}

impl FromStr for SignedSpan {
    type Err = String;

    fn from_str(text: &str) -> Result<SignedSpan, String> {
        match text.trim().strip_prefix('-') {
            Some(rest) => Ok(SignedSpan { us: -rest.parse::<Span>()?.as_us() }),
            None => Ok(SignedSpan { us: text.parse::<Span>()?.as_us() }),
        }
    }
}

/// The reporting grid: a duration, or `"none"`.
///
/// ```
/// use waitline::Span;
/// use waitline::scenario::Interval;
/// assert_eq!("30m".parse::<Interval>().unwrap(), Interval::Every(Span::from_secs(1800)));
/// assert_eq!("none".parse::<Interval>().unwrap(), Interval::None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// Every so long.
    Every(Span),
    /// The run as a whole only.
    None,
}

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Interval, String> {
        match text.trim() {
            "none" => Ok(Interval::None),
            text => match text.parse::<Span>()? {
                Span::ZERO => Err("an interval must last longer than 0; write \"none\" for no intervals".into()),
                span => Ok(Interval::Every(span)),
            },
        }
    }
}

/// A share as people write it: `"8%"`, or the number 0.08.
///
/// ```
/// use waitline::scenario::Share;
/// assert_eq!("8%".parse::<Share>().unwrap(), Share(0.08));
/// assert!("8".parse::<Share>().unwrap_err().contains("percent"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share(pub f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Share, String> {
        let percent = text.trim().strip_suffix('%').and_then(|percent| percent.trim().parse::<f64>().ok());
        let percent =
            percent.ok_or_else(|| format!("`{text}` is not a share: expected percent, such as \"8%\", or a number such as 0.08"))?;
        Ok(Share(percent / 100.0))
    }
}

/// A bound as people write it: 0.8, `"80%"` or `"20s"`.
///
/// ```
/// use waitline::scenario::Amount;
/// assert_eq!("80%".parse::<Amount>().unwrap(), Amount::Share(0.8));
/// assert_eq!("20s".parse::<Amount>().unwrap(), Amount::Duration(waitline::Span::from_secs(20)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// A plain number, in the unit of what it is compared with.
    Number(f64),
    /// Percent.
    Share(f64),
    /// A duration.
    Duration(Span),
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Amount, String> {
        if text.trim().ends_with('%') { text.parse().map(|Share(share)| Amount::Share(share)) } else { text.parse().map(Amount::Duration) }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrText;
        impl de::Visitor<'_> for NumberOrText {
            type Value = Amount;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, percent such as \"80%\", or a duration such as \"20s\"")
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Amount, E> {
                Ok(Amount::Number(number))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Amount, E> {
                Ok(Amount::Number(number as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(NumberOrText)
    }
}

impl JsonSchema for Amount {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "number" }, { "type": "string", "format": "amount", "examples": ["80%", "20s"] }] })
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrPercent;
        impl de::Visitor<'_> for NumberOrPercent {
            type Value = Share;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("percent, such as \"8%\", or a number such as 0.08")
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Share, E> {
                Ok(Share(number))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Share, E> {
                Ok(Share(number as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Share, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(NumberOrPercent)
    }
}

impl JsonSchema for Share {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string", "format": "share", "examples": ["8%"] }, { "type": "number" }] })
    }
}

/// What a text of that format (a keyword of the schema) must be; the message says what is wrong with it.
pub(super) fn check_format(format: &str, text: &str) -> Result<(), String> {
    match format {
        "duration" => text.parse::<Span>().map(drop),
        "signed-duration" => text.parse::<SignedSpan>().map(drop),
        "rate" => text.parse::<Rate>().map(drop),
        "interval" => text.parse::<Interval>().map(drop),
        "amount" => text.parse::<Amount>().map(drop),
        "share" => text.parse::<Share>().map(drop),
        _ => Ok(()),
    }
}

macro_rules! written_as_text {
    ($($name:ident, $format:literal, $description:literal, $example:literal;)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format, "description": $description, "examples": [$example] })
            }
        }
    )*};
}

written_as_text! {
    Span, "duration", "A duration with units.", "1h30m";
    SignedSpan, "signed-duration", "A duration with units, and a sign if negative.", "-30s";
    Rate, "rate", "A rate with its unit: /s, /m, /h or /d.", "90/h";
    Interval, "interval", "A duration with units, or none.", "30m";
}
