//! Aligned columns, and numbers as people read them.

use super::Figure;
use crate::model::{Measure, Unit};
use crate::stats::Estimate;
use std::fmt::Write as _;

/// What does not exist (R24).
pub(super) const NONE: &str = "-";

/// With as many decimals as the half-width gives sense to, at least one; whole numbers that have no half-width without.
pub(super) fn number(figure: Figure) -> String {
    let Some(Estimate { estimate, half_width, .. }) = figure else { return NONE.into() };
    match half_width {
        None if estimate.fract() == 0.0 => decimals(estimate, 0),
        None => decimals(estimate, 1),
        Some(width) => format!("{} ± {}", places(estimate, width), places(width, width)),
    }
}

/// With as many decimals as the width gives sense to.
pub(super) fn places(value: f64, width: f64) -> String {
    let places = match width {
        width if width >= 0.095 || width == 0.0 => 1,
        width if width >= 0.0095 => 2,
        _ => 3,
    };
    decimals(value, places)
}

pub(super) fn decimals(value: f64, places: usize) -> String {
    if value.abs() < 1e15 { format!("{value:.places$}") } else { format!("{value:.3e}") }
}

/// The metric with the unit that the table shows.
pub(super) fn title(metric: &str) -> String {
    if is_share(metric) { format!("{metric} %") } else { metric.into() }
}

/// A value of the metric in that unit.
pub(super) fn scaled(metric: &str, value: f64) -> f64 {
    if is_share(metric) { value * 100.0 } else { value }
}

/// A figure of the metric in that unit.
pub(super) fn shown(metric: &str, figure: Figure) -> String {
    number(figure.map(|figure: Estimate| figure.per(if is_share(metric) { 0.01 } else { 1.0 })))
}

/// A figure of the metric with its unit: `81.2 ± 1.9 %`.
pub(super) fn number_with_unit(metric: &str, figure: Figure) -> String {
    let unit = match Measure::in_name(metric).filter(|_| figure.is_some()).map(Measure::unit) {
        Some(Unit::Share) => " %",
        Some(Unit::Seconds) => " s",
        _ => "",
    };
    shown(metric, figure) + unit
}

fn is_share(metric: &str) -> bool {
    Measure::in_name(metric).is_some_and(|measure| measure.unit() == Unit::Share)
}

/// The unit of a difference of two values, as a sentence has it behind the number.
pub(super) fn unit_of_difference(measure: Measure) -> &'static str {
    match measure.unit() {
        Unit::Share => " percentage points",
        Unit::Seconds => " s",
        Unit::Contacts => "",
    }
}

/// A value for a sentence: a tenth of a percent or of a second is close enough.
pub(super) fn rounded(measure: Measure, value: f64) -> String {
    let digits = if measure.unit() == Unit::Share { 1e3 } else { 10.0 };
    measure.show((value * digits).round() / digits)
}

/// A share as people write a confidence: `95`, `99.29`.
pub(super) fn percentage(share: f64) -> String {
    decimals(share * 100.0, 2).trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A table in the making: the columns of text to the left, the others to the right.
pub(super) struct Columns {
    pub(super) titles: Vec<String>,
    rows: Vec<Vec<String>>,
    /// So many columns, from the first, are text.
    pub(super) texts: usize,
    pub(super) last_is_text: bool,
}

impl Columns {
    pub(super) fn new(titles: &[&str]) -> Columns {
        Columns { titles: titles.iter().map(|&title| title.into()).collect(), rows: Vec::new(), texts: 1, last_is_text: false }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(super) fn add_to(&self, title: &str, text: &mut String) {
        if self.rows.is_empty() {
            return;
        }
        let lines = || std::iter::once(&self.titles).chain(&self.rows);
        let width = |column: usize| lines().filter_map(|cells| cells.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.titles.len()).map(width).collect();
        let _ = writeln!(text, "\n{title}");
        for cells in lines() {
            let mut line = String::new();
            for (column, (cell, &width)) in cells.iter().zip(&widths).enumerate() {
                let to_the_left = column < self.texts || (self.last_is_text && column + 1 == widths.len());
                let _ = if to_the_left { write!(line, "  {cell:<width$}") } else { write!(line, "  {cell:>width$}") };
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_what_their_half_width_allows() {
        let figure = |estimate, half_width| Some(Estimate { estimate, half_width, why_not: None });
        for (figure, text) in [
            (None, "-"),
            (figure(718.0, None), "718"),
            (figure(718.25, None), "718.2"),
            (figure(718.25, Some(11.94)), "718.2 ± 11.9"),
            (figure(0.5, Some(0.02)), "0.50 ± 0.02"),
            (figure(99.99, Some(0.001)), "99.990 ± 0.001"),
            (figure(3.0, Some(0.0)), "3.0 ± 0.0"),
        ] {
            assert_eq!(number(figure), text);
        }
    }
}
