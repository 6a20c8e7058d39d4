//! The reporting grid.

use crate::model::Model;
use crate::time::{Span, Time};

/// The reporting grid: intervals [k length, (k + 1) length), the last one cut at the horizon, and one more, open, for what happens after the
/// horizon (R18). Without an interval in the model there is one that lasts until the horizon.
///
/// ```
/// # use waitline::observers::Grid;
/// # use waitline::Time;
/// let hours = Grid::new(Time::from_us(2_500), Time::from_us(100), Some(waitline::Span::from_us(1_000)));
/// assert_eq!(hours.intervals(), 3);
/// assert_eq!(hours.counted(0).as_us(), 900); // the warm-up does not count
/// assert_eq!(hours.counted(2).as_us(), 500);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub(super) horizon: i64,
    pub(super) warm_up: i64,
    length: i64,
    pub(super) intervals: usize,
}

impl Grid {
    /// The grid of a run until `horizon` of which what comes before `warm_up` does not count.
    pub fn new(horizon: Time, warm_up: Time, interval: Option<Span>) -> Grid {
        let horizon = horizon.as_us().max(1);
        let length = interval.map_or(horizon, Span::as_us).max(1);
        Grid { horizon, warm_up: warm_up.as_us(), length, intervals: horizon.unsigned_abs().div_ceil(length.unsigned_abs()) as usize }
    }

    /// The grid of a model.
    pub fn of(model: &Model) -> Grid {
        Grid::new(model.run.horizon, model.run.warm_up, model.run.interval)
    }

    /// How many intervals there are until the horizon.
    pub fn intervals(&self) -> usize {
        self.intervals
    }

    /// When interval `index` begins; index [`Grid::intervals`] is what comes after the horizon.
    pub fn start(&self, index: usize) -> Time {
        Time::from_us((index as i64).saturating_mul(self.length).min(self.horizon))
    }

    /// How much of interval `index` counts: the warm-up does not, nor what comes after the horizon.
    pub fn counted(&self, index: usize) -> Span {
        let (start, end) = (self.start(index).as_us().max(self.warm_up), self.start(index + 1).as_us());
        Span::from_us((end - start).max(0))
    }

    #[inline]
    pub(super) fn index(&self, at: i64) -> usize {
        if at >= self.horizon { self.intervals } else { (at.max(0).unsigned_abs() / self.length.unsigned_abs()) as usize }
    }
}
