//! Hours of operation, and what is the case at times, as a person writes them. Every doc comment here is also what `waitline schema` says.

use super::types::DistributionTable;
use crate::time::Span;
use schemars::JsonSchema;
use serde::Deserialize;

/// Hours of operation, by the clock on the wall of a time zone: what it leaves out when it is put forward never comes, what it shows twice when it is put back comes twice.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoursTable {
    /// Their name.
    pub name: String,
    /// IANA name of the time zone. Default: that of the run.
    pub time_zone: Option<String>,
    /// When it is open, week by week.
    pub week: Vec<OpeningTable>,
    /// Days that differ.
    #[serde(default)]
    pub overrides: Vec<OverrideTable>,
    /// Other hours of operation whose overrides hold here too, by the clock of these: 3 at most, and they have no parents themselves.
    #[serde(default)]
    pub parents: Vec<String>,
}

/// A stretch of opening on some days of the week.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningTable {
    /// On which days. Default: on every day.
    pub days: Option<Vec<WeekdayName>>,
    /// From that time of day, as HH:MM.
    pub from: String,
    /// Until just before that time of day; `00:00` and `24:00` are the end of the day, and an earlier time than `from` is on the next day.
    pub to: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[allow(missing_docs)]
pub enum WeekdayName {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Days on which hours differ. Of several the first of these decides: closed, open, temporary.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideTable {
    /// Its name, for the reader.
    pub name: String,
    /// What it does.
    pub kind: OverrideName,
    /// The first day, as YYYY-MM-DD.
    pub from_date: String,
    /// The last day. Default: the first; with `recurs` there is none.
    pub to_date: Option<String>,
    /// Whether these days come again every year. Default false.
    #[serde(default)]
    pub yearly: bool,
    /// Only on some of the days from the first to the last.
    pub recurs: Option<RecursTable>,
    /// When it is open (`open`, `temporary`) or closed (`closed`). Default: all day.
    pub week: Option<Vec<OpeningTable>>,
}

/// On which days something recurs: weekly on `weekdays`; monthly on a `day`, or on an `occurrence` of `weekdays`; yearly on one of these in a `month`. A day that a month does not have is
/// left out.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecursTable {
    /// How often.
    pub every: EveryName,
    /// Only every so many weeks, months or years from that of the first day on, 1 to 6. Default 1.
    pub interval: Option<i64>,
    /// The month, 1 to 12.
    pub month: Option<i64>,
    /// The day of the month, 1 to 31, or -1 for its last.
    pub day: Option<i64>,
    /// The days of the week.
    pub weekdays: Option<Vec<WeekdayName>>,
    /// Which of these days of the week in the month, 1 to 4, or -1 for the last.
    pub occurrence: Option<i64>,
}

/// How often something recurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum EveryName {
    /// Every week; weeks begin on Monday.
    Week,
    /// Every month.
    Month,
    /// Every year.
    Year,
}

/// What an override does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum OverrideName {
    /// It closes.
    Closed,
    /// It opens.
    Open,
    /// It replaces the hours of its days.
    Temporary,
}

/// Something that is the case at times: an emergency, a storm, an outage. One of `windows` and `random`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventTable {
    /// Its name.
    pub name: String,
    /// When.
    pub windows: Option<Vec<WindowTable>>,
    /// By chance.
    pub random: Option<RandomTable>,
    /// A CSV `start_s,end_s`.
    pub file: Option<String>,
}

/// A stretch of time of the run.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowTable {
    /// From then on.
    pub from: Span,
    /// Until just before that.
    pub to: Span,
}

/// Again and again, by chance.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RandomTable {
    /// From the end of one until the start of the next, and from the start of the run until the first.
    pub every: DistributionTable,
    /// How long one lasts.
    pub lasts: DistributionTable,
}
