//! Aligned columns, and numbers as people read them.

use super::Figure;
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
        Some(width) => {
            let places = match width {
                width if width >= 0.095 || width == 0.0 => 1,
                width if width >= 0.0095 => 2,
                _ => 3,
            };
            format!("{} ± {}", decimals(estimate, places), decimals(width, places))
        }
    }
}

pub(super) fn decimals(value: f64, places: usize) -> String {
    format!("{value:.places$}")
}

/// A share in percent, with two decimals at most.
pub(super) fn short_percent(share: f64) -> String {
    decimals(share * 100.0, 2).trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A table in the making: the first column to the left, the others to the right.
pub(super) struct Columns {
    pub(super) titles: Vec<String>,
    rows: Vec<Vec<String>>,
    pub(super) last_is_text: bool,
}

impl Columns {
    pub(super) fn new(titles: &[&str]) -> Columns {
        Columns { titles: titles.iter().map(|&title| title.into()).collect(), rows: Vec::new(), last_is_text: false }
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
                let to_the_left = column == 0 || (self.last_is_text && column + 1 == widths.len());
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
