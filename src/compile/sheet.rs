//! A CSV file as rows and named columns, with everything wrong in it reported by line and column.

use crate::error::Problem;
use crate::scenario::SignedSpan;
use crate::time::Span;
use csv::StringRecord;

/// A CSV with a header.
#[derive(Debug)]
pub(super) struct Sheet<'n> {
    file: &'n str,
    headers: Vec<String>,
    rows: Vec<(u64, StringRecord)>,
}

/// A row of a [`Sheet`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'s> {
    sheet: &'s Sheet<'s>,
    pub(super) line: u64,
    record: &'s StringRecord,
}

impl<'n> Sheet<'n> {
    /// Reads the rows. Commas separate; any line end does; blank lines and a byte-order mark are passed over. Rows with too few or too many
    /// fields or that are not UTF-8 are problems and left out. `None` if there is not even a header.
    pub(super) fn read(file: &'n str, content: &[u8], problems: &mut Vec<Problem>) -> Option<Sheet<'n>> {
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).trim(csv::Trim::All).from_reader(content);
        let mut sheet = Sheet { file, headers: Vec::new(), rows: Vec::new() };
        for record in reader.byte_records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    problems.push(Problem::new(format!("not CSV: {error}")).file(file));
                    return None;
                }
            };
            // The csv crate counts line feeds; files with carriage returns only have none, so there the record tells.
            let position = record.position().map_or((0, 0), |position| (position.line(), position.record()));
            let line = if content.contains(&b'\n') { position.0 } else { position.1 + 1 };
            let Ok(record) = StringRecord::from_byte_record(record) else {
                problems.push(Problem::new("not UTF-8 text").file(file).line(line));
                continue;
            };
            if sheet.headers.is_empty() {
                sheet.headers = record.iter().map(String::from).collect();
            } else if record.len() == sheet.headers.len() {
                sheet.rows.push((line, record));
            } else {
                let (found, expected) = (record.len(), sheet.headers.len());
                problems.push(Problem::new(format!("{found} fields, expected {expected} as in the header")).file(file).line(line));
            }
        }
        if sheet.headers.is_empty() {
            problems.push(Problem::new("the file is empty: expected a header and rows").file(file));
            return None;
        }
        Some(sheet)
    }

    pub(super) fn file(&self) -> &'n str {
        self.file
    }

    pub(super) fn headers(&self) -> &[String] {
        &self.headers
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.headers.iter().any(|header| header == column)
    }

    /// The places of the columns: those that must be there and those that may. `None` if one is missing; unknown and repeated ones are
    /// problems too.
    pub(super) fn columns<const M: usize, const O: usize>(
        &self,
        must: [&str; M],
        may: [&str; O],
        problems: &mut Vec<Problem>,
    ) -> Option<([usize; M], [Option<usize>; O])> {
        let place = |name: &str| self.headers.iter().position(|header| header == name);
        for (index, header) in self.headers.iter().enumerate() {
            let problem = |message: String| Problem::new(message).file(self.file).line(1).key(header.as_str());
            if self.headers[..index].contains(header) {
                problems.push(problem("this column stands twice".into()));
            } else if !must.contains(&header.as_str()) && !may.contains(&header.as_str()) {
                problems.push(problem("unknown column".into()).nearest(header, must.iter().chain(&may).copied()));
            }
        }
        let mut complete = true;
        for name in must {
            if place(name).is_none() {
                problems.push(Problem::new(format!("the column `{name}` is missing")).file(self.file).line(1));
                complete = false;
            }
        }
        complete.then(|| (must.map(|name| place(name).unwrap_or(0)), may.map(place)))
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, record)| Row { sheet: self, line: *line, record })
    }
}

impl<'s> Row<'s> {
    /// The text of a cell.
    pub(super) fn text(&self, column: usize) -> &'s str {
        self.record.get(column).unwrap_or("")
    }

    /// A problem with a cell.
    pub(super) fn problem(&self, column: usize, message: impl Into<String>) -> Problem {
        Problem::new(message).file(self.sheet.file).line(self.line).key(self.sheet.headers[column].as_str())
    }

    fn parse<T>(&self, column: usize, problems: &mut Vec<Problem>, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        parse(self.text(column)).map_err(|why| problems.push(self.problem(column, why))).ok()
    }

    /// A cell that must hold something.
    pub(super) fn name(&self, column: usize, problems: &mut Vec<Problem>) -> Option<&'s str> {
        let text = self.text(column);
        if text.is_empty() {
            problems.push(self.problem(column, "the cell is empty"));
            return None;
        }
        Some(text)
    }

    /// Seconds, zero or more.
    pub(super) fn span(&self, column: usize, problems: &mut Vec<Problem>) -> Option<Span> {
        self.parse(column, problems, |text| {
            let span = parse_secs(text)?;
            if span.us < 0 { Err(format!("`{text}` is negative: expected seconds, 0 or more")) } else { Ok(Span::from_us(span.us)) }
        })
    }

    /// Seconds, zero or more, or an empty cell.
    pub(super) fn optional_span(&self, column: Option<usize>, problems: &mut Vec<Problem>) -> Option<Span> {
        let column = column.filter(|&column| !self.text(column).is_empty())?;
        self.span(column, problems)
    }

    /// Seconds with a sign, or an empty cell.
    pub(super) fn optional_signed(&self, column: Option<usize>, problems: &mut Vec<Problem>) -> Option<SignedSpan> {
        let column = column.filter(|&column| !self.text(column).is_empty())?;
        self.parse(column, problems, parse_secs)
    }

    /// A number, zero or more.
    pub(super) fn number(&self, column: usize, problems: &mut Vec<Problem>) -> Option<f64> {
        self.parse(column, problems, |text| match text.parse::<f64>() {
            Ok(number) if number >= 0.0 && number.is_finite() => Ok(number),
            Ok(_) => Err(format!("`{text}`: expected a finite number, 0 or more")),
            Err(_) => Err(format!("`{text}` is not a number")),
        })
    }

    /// A whole number from `least` on, or an empty cell.
    pub(super) fn optional_integer(&self, column: Option<usize>, least: i64, problems: &mut Vec<Problem>) -> Option<i64> {
        let column = column.filter(|&column| !self.text(column).is_empty())?;
        self.parse(column, problems, |text| match text.parse::<i64>() {
            Ok(number) if number >= least => Ok(number),
            _ => Err(format!("`{text}`: expected a whole number, {least} or more")),
        })
    }
}

/// Seconds as the CSV files have them, rounded to the nearest microsecond without a detour over floating point.
pub(super) fn parse_secs(text: &str) -> Result<SignedSpan, String> {
    let wrong = || format!("`{text}` is not a number of seconds");
    let too_long = || format!("`{text}` seconds are more than 100 years");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.contains(['e', 'E']) {
        let secs: f64 = digits.parse().map_err(|_| wrong())?;
        return Span::from_secs_f64(secs).map(|span| SignedSpan { us: sign * span.as_us() }).ok_or_else(too_long);
    }
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || (whole.is_empty() && part.is_empty()) {
        return Err(wrong());
    }
    if whole.trim_start_matches('0').len() > 10 {
        return Err(too_long());
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
    let mut us = whole * 1_000_000;
    for (place, digit) in part.bytes().take(6).enumerate() {
        us += i64::from(digit - b'0') * [100_000, 10_000, 1_000, 100, 10, 1][place];
    }
    us += i64::from(part.as_bytes().get(6).is_some_and(|&digit| digit >= b'5'));
    if us > Span::MAX.as_us() { Err(too_long()) } else { Ok(SignedSpan { us: sign * us }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_exactly() {
        for (text, us) in [
            ("0", 0),
            ("12.5", 12_500_000),
            (".25", 250_000),
            ("7.", 7_000_000),
            ("-3.000001", -3_000_001),
            ("0.0000005", 1),
            ("1e3", 1_000_000_000),
            ("+4", 4_000_000),
        ] {
            assert_eq!(parse_secs(text), Ok(SignedSpan { us }), "{text}");
        }
        for text in ["", ".", "1,5", "abc", "1.2.3", "--4", "99999999999", "inf", "NaN", "1e99", "0x10"] {
            assert!(parse_secs(text).is_err(), "{text}");
        }
    }

    #[test]
    fn any_line_end_will_do() {
        for content in ["a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4", "a,b\r1,2\r3,4\r", "\u{feff}a,b\n\n1,2\n3,4\n"] {
            let mut problems = Vec::new();
            let sheet = Sheet::read("x.csv", content.as_bytes(), &mut problems).unwrap();
            assert_eq!(
                (sheet.headers(), sheet.rows().count(), problems.len()),
                (["a".to_string(), "b".into()].as_slice(), 2, 0),
                "{content:?}"
            );
        }
    }
}
