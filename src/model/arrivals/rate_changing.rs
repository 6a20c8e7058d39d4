//! The Poisson process with a changing rate.

use super::walk::{Segment, Walk};
use super::{ArrivalProcess, check_instant, check_rate};
use crate::random::{Purpose, SourceStreams};
use crate::time::{Span, Time};

/// How many contacts are expected in an interval.
///
/// ```
/// use waitline::model::Volume;
/// use waitline::{Span, Time};
/// let first_half_hour = Volume { start: Time::START, length: Span::from_secs(1800), offered: 42.5 };
/// assert_eq!(first_half_hour.offered, 42.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Volume {
    /// Where the interval starts.
    pub start: Time,
    /// How long it is.
    pub length: Span,
    /// Expected number of contacts in it.
    pub offered: f64,
}

/// The rate at an instant.
///
/// ```
/// use waitline::Time;
/// use waitline::model::RatePoint;
/// let opening = RatePoint { at: Time::START, per_s: 0.2 };
/// assert_eq!(opening.per_s, 0.2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatePoint {
    /// When.
    pub at: Time,
    /// Contacts per second.
    pub per_s: f64,
}

/// A Poisson process whose rate λ(t) changes by interval or along a line (R26).
///
/// Numbers of arrivals in disjoint times are independent and Poisson with mean ∫λ. Exact: the points of a unit-rate process are mapped by the
/// inverse of the integral of λ, which also makes it monotone: on the same streams, where the rate is nowhere lower the n-th contact
/// is nowhere later (but for the microsecond of rounding).
///
/// Source: Çinlar, Introduction to Stochastic Processes, 1975, section 4.7; Lewis and Shedler, Simulation of nonhomogeneous Poisson
/// processes, Naval Research Logistics Quarterly 26, 1979.
///
/// ```
/// use waitline::model::{ArrivalProcess, RateChanging, Volume};
/// use waitline::{Span, Time};
/// let hour = Span::from_secs(3600);
/// let day = RateChanging::by_interval(vec![
///     Volume { start: Time::START, length: hour, offered: 30.0 },
///     Volume { start: Time::START + hour, length: hour, offered: 90.0 },
/// ]).unwrap();
/// let half_past = Span::from_secs(1800);
/// let expected = day.expected(Time::START + half_past, Time::START + hour + half_past).unwrap();
/// assert!((expected - (15.0 + 45.0)).abs() < 1e-9);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RateChanging {
    /// In order of time, apart from each other, none empty.
    pub(super) segments: Vec<Segment>,
}

impl RateChanging {
    /// The rate is constant within each interval, `offered / length`, and zero outside of all. Rows may come in any order.
    ///
    /// # Errors
    /// When an interval is empty, starts before the run or overlaps another, or `offered` is negative, not finite or more than one per
    /// microsecond.
    pub fn by_interval(mut volumes: Vec<Volume>) -> Result<RateChanging, String> {
        volumes.sort_by_key(|volume| volume.start);
        for pair in volumes.windows(2) {
            if pair[1].start < pair[0].start.after(pair[0].length) {
                return Err(format!("the interval from {} s overlaps the one from {} s", pair[1].start, pair[0].start));
            }
        }
        let segment = |volume: Volume| {
            check_instant(volume.start)?;
            if volume.length == Span::ZERO {
                return Err(format!("the interval from {} s must be longer than 0", volume.start));
            }
            if !(volume.offered.is_finite() && volume.offered >= 0.0) {
                let (start, offered) = (volume.start, volume.offered);
                return Err(format!("the contacts expected in the interval from {start} s must be a number of at least 0, not {offered}"));
            }
            let rate = check_rate(volume.offered / volume.length.as_secs_f64())
                .map_err(|why| format!("in the interval from {} s {} contacts are expected: {why}", volume.start, volume.offered))?;
            Ok(Segment { start: volume.start, end: volume.start.after(volume.length), from: rate, to: rate })
        };
        Ok(RateChanging { segments: volumes.into_iter().map(segment).collect::<Result<_, String>>()? })
    }

    /// The rate runs straight from point to point and is zero before the first and after the last. Two points at one instant are a jump.
    ///
    /// # Errors
    /// When there are fewer than two points, they are not in order of time, three share an instant, or one lies before the run or has a rate
    /// that is negative, not finite or more than one per microsecond.
    pub fn linear(points: &[RatePoint]) -> Result<RateChanging, String> {
        if points.len() < 2 {
            return Err(format!("there must be at least two points of time and rate, not {}", points.len()));
        }
        for point in points {
            check_instant(point.at)?;
            check_rate(point.per_s).map_err(|why| format!("at {} s: {why}", point.at))?;
        }
        if let Some(pair) = points.windows(2).find(|pair| pair[1].at < pair[0].at) {
            return Err(format!("points must be in order of time, but {} s comes after {} s", pair[1].at, pair[0].at));
        }
        if let Some(three) = points.windows(3).find(|three| three[0].at == three[2].at) {
            return Err(format!("at most two points may share an instant (a jump), but three are at {} s", three[0].at));
        }
        let segment =
            |pair: &[RatePoint]| Segment { start: pair[0].at, end: pair[1].at, from: pair[0].per_s / 1e6, to: pair[1].per_s / 1e6 };
        Ok(RateChanging { segments: points.windows(2).filter(|pair| pair[0].at < pair[1].at).map(segment).collect() })
    }
}

impl ArrivalProcess for RateChanging {
    fn arrivals(&self, streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
        Box::new(Walk::new(self.segments.iter().copied(), streams.stream(Purpose::Arrivals, 0)))
    }

    fn expected(&self, from: Time, to: Time) -> Option<f64> {
        Some(self.segments.iter().filter_map(|segment| segment.within(from, to)).map(|piece| piece.mass()).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_lawful, assert_poisson, counts, hours, instants};
    use super::*;
    use crate::model::Poisson;

    fn volume(start_h: i64, length_h: i64, offered: f64) -> Volume {
        Volume { start: hours(start_h), length: Span::from_secs(3600 * length_h), offered }
    }

    fn point(at_h: i64, per_h: f64) -> RatePoint {
        RatePoint { at: hours(at_h), per_s: per_h / 3600.0 }
    }

    #[test]
    fn counts_by_interval_are_poisson() {
        // A gap from 2 to 4, an interval without contacts from 5 to 6, and a steep step at 4.
        let process =
            RateChanging::by_interval(vec![volume(4, 1, 120.0), volume(0, 2, 30.0), volume(5, 1, 0.0), volume(6, 1, 7.5)]).unwrap();
        assert_lawful(&process, hours(9));
        for (from, to, expected) in [(0, 1, 15.0), (0, 2, 30.0), (4, 5, 120.0), (1, 5, 135.0), (6, 9, 7.5)] {
            assert!((process.expected(hours(from), hours(to)).unwrap() - expected).abs() < 1e-9);
            assert_poisson(&counts(&process, [hours(from), hours(to)], 4000), expected);
        }
        for empty in [[hours(2), hours(4)], [hours(5), hours(6)], [hours(7), hours(99)]] {
            assert!(counts(&process, empty, 1000).iter().all(|count| *count == 0.0));
        }
    }

    #[test]
    fn counts_on_a_line_are_poisson() {
        // Up from 0 to 60 in two hours, down to 20 in one, then a jump to 90 and down to 0 in two.
        let points = [point(0, 0.0), point(2, 60.0), point(3, 20.0), point(3, 90.0), point(5, 0.0)];
        let process = RateChanging::linear(&points).unwrap();
        assert_lawful(&process, hours(9));
        for (from, to, expected) in [(0, 1, 15.0), (1, 2, 45.0), (2, 3, 40.0), (3, 4, 67.5), (4, 5, 22.5), (0, 9, 190.0)] {
            assert!((process.expected(hours(from), hours(to)).unwrap() - expected).abs() < 1e-9);
            assert_poisson(&counts(&process, [hours(from), hours(to)], 4000), expected);
        }
    }

    #[test]
    fn within_an_interval_arrivals_spread_as_the_rate_does() {
        // Given their number, arrivals are independent with density proportional to the rate: uniform, or t² on a line from 0
        // (Kolmogorov–Smirnov, limit for 1 in 10,000: 2.225 / sqrt n).
        let flat = RateChanging::by_interval(vec![volume(1, 1, 50.0)]).unwrap();
        let rising = RateChanging::linear(&[point(1, 0.0), point(2, 100.0)]).unwrap();
        let falling = RateChanging::linear(&[point(1, 100.0), point(2, 0.0)]).unwrap();
        let shares: [fn(f64) -> f64; 3] = [|x| x, |x| x * x, |x| x * (2.0 - x)];
        for (process, share) in [flat, rising, falling].iter().zip(shares) {
            let mut places: Vec<f64> = (0..1000)
                .flat_map(|replication| instants(process, replication, hours(2)))
                .map(|at| at.as_secs_f64() / 3600.0 - 1.0)
                .collect();
            places.sort_by(f64::total_cmp);
            let n = places.len() as f64;
            let largest = places.iter().enumerate().map(|(k, x)| ((k as f64 + 0.5) / n - share(*x)).abs()).fold(0.0, f64::max);
            assert!(largest < 2.225 / n.sqrt(), "{largest}");
        }
    }

    #[test]
    fn a_border_is_not_crossed_by_rounding() {
        // A microsecond at a time, with plenty of contacts in every second one.
        let volumes = |us: i64| Volume { start: Time::from_us(us), length: Span::from_us(1), offered: if us % 2 == 0 { 0.9 } else { 0.0 } };
        let process = RateChanging::by_interval((0..1000).map(volumes).collect()).unwrap();
        let arrivals = instants(&process, 0, hours(1));
        assert!(arrivals.len() > 350 && arrivals.iter().all(|at| at.as_us() % 2 == 0));
    }

    #[test]
    fn a_constant_rate_is_the_poisson_process() {
        let process = RateChanging::by_interval(vec![volume(0, 10, 3600.0)]).unwrap();
        let (changing, poisson) = (instants(&process, 4, hours(10)), instants(&Poisson::new(0.1).unwrap(), 4, hours(10)));
        assert!(changing.len().abs_diff(poisson.len()) <= 1);
        assert!(changing.iter().zip(&poisson).all(|(a, b)| (a.as_us() - b.as_us()).abs() < 500));
    }

    #[test]
    fn more_volume_brings_every_contact_forward() {
        let process = |morning, noon| RateChanging::by_interval(vec![volume(0, 1, morning), volume(2, 3, noon)]).unwrap();
        let (few, many) = (instants(&process(40.0, 50.0), 8, hours(5)), instants(&process(40.0, 90.0), 8, hours(5)));
        assert!(many.len() > few.len());
        assert!(few.iter().zip(&many).all(|(few, many)| many <= few));
        // What happens in the first hour is the same in both.
        let first = |of: &[Time]| of.iter().copied().take_while(|at| *at < hours(1)).collect::<Vec<_>>();
        assert_eq!(first(&few), first(&many));
    }

    #[test]
    fn what_is_refused_says_why() {
        let negative = Volume { start: Time::from_us(-1), ..volume(0, 1, 1.0) };
        for (volumes, why) in [
            (vec![volume(1, 2, 1.0), volume(0, 2, 1.0)], "the interval from 3600 s overlaps the one from 0 s"),
            (vec![volume(0, 0, 1.0)], "the interval from 0 s must be longer than 0"),
            (vec![volume(1, 1, -2.0)], "the contacts expected in the interval from 3600 s must be a number of at least 0, not -2"),
            (
                vec![volume(1, 1, 7.2e9)],
                "in the interval from 3600 s 7200000000 contacts are expected: a rate must be a number from 0 to 1000000 per second, not 2000000",
            ),
            (vec![negative], "-0.000001 s is before the start of the run"),
        ] {
            assert_eq!(RateChanging::by_interval(volumes).unwrap_err(), why);
        }
        for (points, why) in [
            (vec![point(0, 1.0)], "there must be at least two points of time and rate, not 1"),
            (vec![point(1, 1.0), point(0, 1.0)], "points must be in order of time, but 0 s comes after 3600 s"),
            (
                vec![point(1, 1.0), point(1, 2.0), point(1, 3.0)],
                "at most two points may share an instant (a jump), but three are at 3600 s",
            ),
            (vec![point(0, 1.0), point(1, f64::NAN)], "at 3600 s: a rate must be a number from 0 to 1000000 per second, not NaN"),
        ] {
            assert_eq!(RateChanging::linear(&points).unwrap_err(), why);
        }
        assert!(instants(&RateChanging::by_interval(vec![]).unwrap(), 0, hours(1)).is_empty());
    }
}
