//! Hours of operation, and what is the case at times, as a person writes them. Every doc comment here is also what `waitline schema` says.

use super::types::DistributionTable;
use crate::time::Span;
use schemars::JsonSchema;
use serde::Deserialize;

/// Hours of operation, by the clock of a time zone.
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
}

/// A stretch of opening on some days of the week.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningTable {
    /// On which days.
    pub days: Vec<WeekdayName>,
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
    /// The last day. Default: the first.
    pub to_date: Option<String>,
    /// Whether it comes again every year. Default false.
    #[serde(default)]
    pub yearly: bool,
    /// When it is open (`open`, `temporary`) or closed (`closed`). Default: all day.
    pub week: Option<Vec<OpeningTable>>,
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
