//! What all processes with a changing rate share: a walk along the integral of the rate.
//!
//! A Poisson process of rate λ(t) is a unit-rate Poisson process on the axis of Λ(t), the integral of λ: its points are mapped back by Λ⁻¹
//! (Çinlar, Introduction to Stochastic Processes, 1975, section 4.7). Here λ is linear within each [`Segment`], so Λ⁻¹ is a square root.
//! Λ is counted afresh from the start of each segment, so that nothing is lost to rounding however long the run is.

use crate::random::Stream;
use crate::time::{Span, Time};
use rand_distr::{Distribution as _, Exp1};

/// A rate, in arrivals per microsecond, that is linear over `[start, end)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) start: Time,
    pub(super) end: Time,
    /// The rate at `start`.
    pub(super) from: f64,
    /// The rate at `end`.
    pub(super) to: f64,
}

impl Segment {
    const EMPTY: Segment = Segment { start: Time::START, end: Time::START, from: 0.0, to: 0.0 };

    fn length_us(&self) -> f64 {
        (self.end.as_us() - self.start.as_us()) as f64
    }

    /// Expected number of arrivals.
    pub(super) fn mass(&self) -> f64 {
        f64::midpoint(self.from, self.to) * self.length_us()
    }

    /// The rate at an instant within.
    fn rate(&self, at: Time) -> f64 {
        let part = (at.as_us() - self.start.as_us()) as f64 / self.length_us();
        self.from + (self.to - self.from) * part
    }

    /// What of it lies in `[from, to)`, if anything does.
    pub(super) fn within(&self, from: Time, to: Time) -> Option<Segment> {
        let (start, end) = (self.start.max(from), self.end.min(to));
        (start < end).then(|| Segment { start, end, from: self.rate(start), to: self.rate(end) })
    }

    /// The same with all rates multiplied.
    pub(super) fn times(self, factor: f64) -> Segment {
        Segment { from: self.from * factor, to: self.to * factor, ..self }
    }

    /// The instant up to which `mass` arrivals are expected: the root x of `from x + slope x²/2 = mass`, in the form that does not cancel.
    fn reach(&self, mass: f64) -> Time {
        let slope = (self.to - self.from) / self.length_us();
        let root = (self.from * self.from + 2.0 * slope * mass).max(0.0).sqrt();
        let offset = Span::from_us_f64(2.0 * mass / (self.from + root));
        // Rounding must not carry an arrival over the border, where another rate holds.
        self.start.after(offset).min(Time::from_us(self.end.as_us() - 1))
    }
}

/// The arrivals of a Poisson process with the rates of `segments`, which follow each other in time.
#[derive(Debug)]
pub(super) struct Walk<I> {
    segments: I,
    now: Segment,
    /// How much of the segment's mass is behind us.
    used: f64,
    at: Time,
    stream: Stream,
}

impl<I: Iterator<Item = Segment>> Walk<I> {
    pub(super) fn new(segments: I, stream: Stream) -> Walk<I> {
        Walk { segments, now: Segment::EMPTY, used: 0.0, at: Time::START, stream }
    }
}

impl<I: Iterator<Item = Segment>> Iterator for Walk<I> {
    type Item = Time;

    fn next(&mut self) -> Option<Time> {
        let mut units: f64 = Exp1.sample(&mut self.stream);
        loop {
            let left = self.now.mass() - self.used;
            if units < left {
                self.used += units;
                self.at = self.now.reach(self.used).max(self.at);
                return Some(self.at);
            }
            units -= left;
            self.used = 0.0;
            self.now = Segment::EMPTY;
            self.now = self.segments.next()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reach_inverts_the_integral() {
        let hour = 3_600_000_000;
        for (from, to) in [(1e-6, 1e-6), (0.0, 2e-6), (2e-6, 0.0), (1e-7, 3e-6), (3e-6, 1e-7)] {
            let segment = Segment { start: Time::from_us(hour), end: Time::from_us(2 * hour), from, to };
            for part in [0.0, 0.1, 0.5, 0.9, 0.999_999] {
                let mass = part * segment.mass();
                let reached = segment.reach(mass);
                let back = segment.within(segment.start, reached).map_or(0.0, |piece| piece.mass());
                // An instant is known to half a microsecond.
                assert!((back - mass).abs() < 2e-6, "{from} {to} {part}: {back} {mass}");
            }
            assert_eq!(segment.reach(segment.mass()), Time::from_us(2 * hour - 1));
        }
    }
}
