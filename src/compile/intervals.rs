//! Tables of a number by name and interval, in the shapes that planners have: volumes by queue, heads by routing profile.
//!
//! Read are: the long form (name, start, length, number; see [`Shape`] for the column names), the wide form with a clock time per
//! column, the wide form with a name per column, and Amazon Connect's forecast import as it is.

use super::Compiler;
use super::clock::{Moment, parse_clock, parse_moment, since_start};
use super::sheet::{Row, Sheet};
use crate::error::Problem;
use crate::time::{Span, Time};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A number for an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct IntervalValue {
    pub(super) start: Time,
    pub(super) length: Span,
    pub(super) value: f64,
    pub(super) line: u64,
}

/// The values of a table by name, each name's in order of time.
pub(super) type IntervalTable = BTreeMap<String, Vec<IntervalValue>>;
/// Tables by file, format and start; `None`: there are problems with it, and they have been told.
pub(super) type Known = BTreeMap<(String, &'static str, i64), Option<Rc<IntervalTable>>>;

/// What a table is of: the names its columns may have, in lower case without anything but letters and digits. The first is the fixed format's.
#[derive(Debug)]
pub(super) struct Shape {
    names: &'static [&'static str],
    values: &'static [&'static str],
    fixed: &'static str,
}

/// Volumes: `queue,start_s,length_s,offered`.
pub(super) const VOLUMES: Shape = Shape {
    names: &["queue", "queuename", "skill", "calltype", "source"],
    values: &["offered", "incomingcontactvolume", "volume", "calls", "callsoffered", "contacts"],
    fixed: "queue,start_s,length_s,offered",
};
/// Heads: `routing_profile,start_s,length_s,heads`.
pub(super) const HEADS: Shape = Shape {
    names: &["routingprofile", "profile", "skillgroup", "group"],
    values: &["heads", "agents", "fte", "staff", "headcount"],
    fixed: "routing_profile,start_s,length_s,heads",
};

const STARTS: &[&str] =
    &["starts", "start", "timestamp", "intervalstart", "intervalstartutcdate", "time", "tod", "interval", "timeinterval"];
const LENGTHS: &[(&str, i64)] = &[
    ("lengths", 1_000_000),
    ("length", 1_000_000),
    ("intervalduration", 60_000_000),
    ("intervalminutes", 60_000_000),
    ("lengthm", 60_000_000),
];

fn plain(header: &str) -> String {
    header.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// Rows before their times are placed.
struct Raw<'s> {
    name: &'s str,
    moment: Moment,
    length_us: Option<i64>,
    value: f64,
    line: u64,
}

impl Compiler<'_> {
    /// The table in a file, which is read once, however many ask.
    pub(super) fn interval_table(
        &mut self,
        path: &str,
        name: &str,
        shape: &Shape,
        starts_at: Option<&String>,
        starts_at_path: &str,
    ) -> Option<Rc<IntervalTable>> {
        let content = self.file(path, name)?;
        let starts_at_us = match starts_at {
            None => 0,
            Some(text) => {
                self.take(starts_at_path, parse_clock(text).ok_or_else(|| format!("`{text}` is not a clock time: expected HH:MM")))?
            }
        };
        let key = (name.to_string(), shape.fixed, starts_at_us);
        if let Some(known) = self.interval_tables.get(&key) {
            return known.clone();
        }
        let table = self.read_interval_table(name, content, shape, starts_at_us).map(Rc::new);
        self.interval_tables.insert(key, table.clone());
        table
    }

    fn read_interval_table(&mut self, name: &str, content: &[u8], shape: &Shape, starts_at_us: i64) -> Option<IntervalTable> {
        let before = self.problems.len();
        let sheet = Sheet::read(name, content, &mut self.problems)?;
        let raw = read(&sheet, shape, &mut self.problems);
        if self.problems.len() > before {
            return None;
        }
        let moments: Vec<Moment> = raw.iter().map(|row| row.moment).collect();
        let starts = since_start(&moments, starts_at_us);
        // Where no length is given, rows last until the next time in the file.
        let mut distinct = starts.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let gap = distinct.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(1_800_000_000);
        let mut table = IntervalTable::new();
        let mut early = 0;
        for (row, start_us) in raw.iter().zip(starts) {
            if start_us < 0 {
                early += 1;
                continue;
            }
            let length = Span::from_us(row.length_us.unwrap_or(gap));
            let value = IntervalValue { start: Time::from_us(start_us), length, value: row.value, line: row.line };
            table.entry(row.name.to_string()).or_default().push(value);
        }
        if early > 0 {
            self.notes.push(format!("{name}: {early} rows before the start of the run are left out"));
        }
        let connect = sheet.has("IncomingContactVolume");
        for (of, values) in &mut table {
            values.sort_by_key(|value| value.start);
            if connect {
                // Amazon Connect: of several values for one interval the last counts. The sort is stable, so that is the last of equals.
                let mut kept: Vec<IntervalValue> = Vec::new();
                for value in values.drain(..) {
                    if kept.last().is_some_and(|last| last.start == value.start) {
                        kept.pop();
                    }
                    kept.push(value);
                }
                *values = kept;
            }
            for pair in values.windows(2) {
                if pair[0].start + pair[0].length > pair[1].start {
                    let message = format!("this interval of `{of}` overlaps the one in line {}", pair[0].line);
                    self.problems.push(Problem::new(message).file(name).line(pair[1].line));
                }
            }
        }
        (self.problems.len() == before).then_some(table)
    }
}

fn read<'s>(sheet: &'s Sheet<'s>, shape: &Shape, problems: &mut Vec<Problem>) -> Vec<Raw<'s>> {
    let headers: Vec<String> = sheet.headers().iter().map(|header| plain(header)).collect();
    let find = |known: &[&str]| known.iter().find_map(|name| headers.iter().position(|header| header == name));
    let (name, start, value) = (find(shape.names), find(STARTS), find(shape.values));
    if let (Some(name), Some(start), Some(value)) = (name, start, value) {
        let length = LENGTHS.iter().find_map(|(known, unit_us)| headers.iter().position(|header| header == known).map(|at| (at, *unit_us)));
        return read_long(sheet, [name, start, value], length, problems);
    }
    let clocks: Vec<usize> = (1..headers.len()).filter(|&at| parse_clock(&sheet.headers()[at]).is_some()).collect();
    if !clocks.is_empty() {
        return read_wide(sheet, &clocks, problems);
    }
    if start == Some(0) && headers.len() > 1 {
        return read_named_columns(sheet, problems);
    }
    let message = format!(
        "columns not understood: expected `{}`, or names down and clock times across, or clock times down and names across",
        shape.fixed
    );
    problems.push(Problem::new(message).file(sheet.file()).line(1));
    Vec::new()
}

fn moment(row: &Row<'_>, column: usize, problems: &mut Vec<Problem>) -> Option<Moment> {
    parse_moment(row.text(column)).map_err(|why| problems.push(row.problem(column, why))).ok()
}

fn read_long<'s>(
    sheet: &'s Sheet<'s>,
    [name, start, value]: [usize; 3],
    length: Option<(usize, i64)>,
    problems: &mut Vec<Problem>,
) -> Vec<Raw<'s>> {
    let mut rows = Vec::new();
    for row in sheet.rows() {
        let (of, at, number) = (row.name(name, problems), moment(&row, start, problems), row.number(value, problems));
        let length_us = match length {
            None => Some(None),
            Some((column, unit_us)) => read_length(&row, column, unit_us, problems).map(Some),
        };
        if let (Some(of), Some(at), Some(number), Some(length_us)) = (of, at, number, length_us) {
            rows.push(Raw { name: of, moment: at, length_us, value: number, line: row.line });
        }
    }
    rows
}

/// `1800` in the column's unit, or Amazon Connect's `30mins` and `daily`.
fn read_length(row: &Row<'_>, column: usize, unit_us: i64, problems: &mut Vec<Problem>) -> Option<i64> {
    let text = row.text(column);
    let number = text.strip_suffix("mins").unwrap_or(text);
    let us = if text == "daily" {
        Some(86_400_000_000)
    } else {
        super::sheet::parse_secs(number).ok().and_then(|secs| secs.us.checked_mul(unit_us)).map(|us| us / 1_000_000)
    };
    let us = us.filter(|&us| us > 0 && us <= Span::MAX.as_us());
    if us.is_none() {
        problems.push(row.problem(column, format!("`{text}` is not a length: expected a number above 0")));
    }
    us
}

fn read_wide<'s>(sheet: &'s Sheet<'s>, clocks: &[usize], problems: &mut Vec<Problem>) -> Vec<Raw<'s>> {
    for at in 1..sheet.headers().len() {
        if !clocks.contains(&at) {
            let header = sheet.headers()[at].as_str();
            problems.push(Problem::new("expected a clock time such as 8:30").file(sheet.file()).line(1).key(header));
        }
    }
    let mut rows = Vec::new();
    for row in sheet.rows() {
        let Some(name) = row.name(0, problems) else { continue };
        for &at in clocks {
            let clock = parse_clock(&sheet.headers()[at]).unwrap_or(0);
            if !row.text(at).is_empty()
                && let Some(value) = row.number(at, problems)
            {
                rows.push(Raw { name, moment: Moment::Clock(clock), length_us: None, value, line: row.line });
            }
        }
    }
    rows
}

fn read_named_columns<'s>(sheet: &'s Sheet<'s>, problems: &mut Vec<Problem>) -> Vec<Raw<'s>> {
    let mut rows = Vec::new();
    for row in sheet.rows() {
        let Some(at) = moment(&row, 0, problems) else { continue };
        for (column, header) in sheet.headers().iter().enumerate().skip(1) {
            if !row.text(column).is_empty()
                && let Some(value) = row.number(column, problems)
            {
                rows.push(Raw { name: header, moment: at, length_us: None, value, line: row.line });
            }
        }
    }
    rows
}
