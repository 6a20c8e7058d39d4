//! Days that are busier than others.

use super::walk::{Segment, Walk};
use super::{ArrivalProcess, RateChanging};
use crate::id::SourceId;
use crate::random::{Purpose, SourceStreams};
use crate::time::{Span, Time};
use rand_distr::{Distribution as _, Gamma};

/// A changing rate, multiplied on each day by that day's busyness: a doubly stochastic Poisson process.
///
/// The busyness B is gamma with mean 1 and coefficient of variation `cv` (shape 1/cv², scale cv²), independent from day to day and the same
/// all day, so that a busy morning means a busy afternoon. A day with m expected contacts has N of them with
/// E N = m and Var N = m + cv² m²; two parts of it have covariance cv² m₁ m₂.
///
/// Several sources may share one busyness: see [`Busy::sharing`].
///
/// Source: Whitt, Dynamic staffing in a telephone call center aiming to immediately answer all calls, Operations Research Letters 24, 1999;
/// model 1 of Avramidis, Deslauriers and L'Ecuyer, Modeling daily arrivals to a telephone call center, Management Science 50, 2004.
///
/// ```
/// use waitline::model::{Busy, RateChanging, Volume};
/// use waitline::{Span, Time};
/// let volumes = vec![Volume { start: Time::START, length: Span::from_secs(8 * 3600), offered: 900.0 }];
/// let calls = Busy::new(RateChanging::by_interval(volumes).unwrap(), 0.15, Busy::DAY).unwrap();
/// assert!(format!("{calls:?}").contains("0.15"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Busy {
    rates: RateChanging,
    cv: f64,
    /// `None`: every day is the same.
    busyness: Option<Gamma<f64>>,
    day: Span,
    drawn_by: Option<SourceId>,
}

impl Busy {
    /// 24 hours.
    pub const DAY: Span = Span::from_secs(86_400);

    /// `rates` times a busyness that is drawn anew for each `day` from the start of the run on.
    ///
    /// # Errors
    /// When `cv` is not from 0 to 10, or the day is shorter than a minute.
    pub fn new(rates: RateChanging, cv: f64, day: Span) -> Result<Busy, String> {
        if !(0.0..=10.0).contains(&cv) {
            return Err(format!("cv must be a number from 0 to 10, not {cv}"));
        }
        if day < Span::from_secs(60) {
            return Err(format!("a day must last at least a minute, not {day}"));
        }
        // Below a millionth no day could be told from another.
        let busyness = if cv < 1e-6 { None } else { Some(Gamma::new(1.0 / (cv * cv), cv * cv).map_err(|error| error.to_string())?) };
        Ok(Busy { rates, cv, busyness, day, drawn_by: None })
    }

    /// Takes the busyness that `source` draws: sources that name the same one (itself, for instance) and have the same `cv` and day are busy
    /// together.
    pub fn sharing(self, source: SourceId) -> Busy {
        Busy { drawn_by: Some(source), ..self }
    }

    fn busyness(&self, streams: SourceStreams, day: i64) -> f64 {
        let streams = self.drawn_by.map_or(streams, |source| streams.of(source));
        self.busyness.map_or(1.0, |busyness| busyness.sample(&mut streams.stream(Purpose::Busyness, day as u64)))
    }

    /// The rates, cut at the borders of days, with the number of the day.
    fn pieces(&self) -> impl Iterator<Item = (i64, Segment)> {
        let day_us = self.day.as_us();
        self.rates.segments.iter().flat_map(move |segment| {
            let days = segment.start.as_us() / day_us..=(segment.end.as_us() - 1) / day_us;
            days.filter_map(move |day| {
                let start = Time::from_us(day * day_us);
                segment.within(start, start.after(self.day)).map(|piece| (day, piece))
            })
        })
    }
}

impl ArrivalProcess for Busy {
    fn arrivals(&self, streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
        // Looked up anew for each piece of a day: the same key gives the same busyness.
        let segments = self.pieces().map(move |(day, piece)| piece.times(self.busyness(streams, day)));
        Box::new(Walk::new(segments, streams.stream(Purpose::Arrivals, 0)))
    }

    fn expected(&self, from: Time, to: Time) -> Option<f64> {
        self.rates.expected(from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_lawful, assert_mean, assert_poisson, counts, hours, instants};
    use super::*;
    use crate::model::Volume;
    use crate::random::Streams;

    /// 40 contacts in the morning, 60 in the afternoon, on each of so many days.
    fn days(days: i64) -> RateChanging {
        let hour = |count: i64| Span::from_secs(3600 * count);
        let day = |day: i64| {
            [
                Volume { start: hours(24 * day + 8), length: hour(4), offered: 40.0 },
                Volume { start: hours(24 * day + 13), length: hour(4), offered: 60.0 },
            ]
        };
        RateChanging::by_interval((0..days).flat_map(day).collect()).unwrap()
    }

    /// Means of products of deviations: variances and covariances, each with what it should be.
    fn assert_covariance(a: &[f64], mean_a: f64, b: &[f64], mean_b: f64, expected: f64) {
        let products: Vec<f64> = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).collect();
        assert_mean(&products, expected);
    }

    #[test]
    fn daily_counts_vary_as_they_should() {
        let process = Busy::new(days(2), 0.3, Busy::DAY).unwrap();
        assert_lawful(&process, hours(48));
        let count = |from, to| counts(&process, [hours(from), hours(to)], 6000);
        let (morning, afternoon, tomorrow) = (count(0, 12), count(12, 24), count(24, 48));
        assert_mean(&morning, 40.0);
        assert_mean(&afternoon, 60.0);
        assert_mean(&tomorrow, 100.0);
        assert_covariance(&morning, 40.0, &morning, 40.0, 40.0 + 0.09 * 1600.0);
        assert_covariance(&tomorrow, 100.0, &tomorrow, 100.0, 100.0 + 0.09 * 10_000.0);
        assert_covariance(&morning, 40.0, &afternoon, 60.0, 0.09 * 2400.0);
        assert_covariance(&morning, 40.0, &tomorrow, 100.0, 0.0);
    }

    #[test]
    fn an_interval_may_span_days() {
        let volume = Volume { start: hours(12), length: Span::from_secs(36 * 3600), offered: 90.0 };
        let process = Busy::new(RateChanging::by_interval(vec![volume]).unwrap(), 0.5, Busy::DAY).unwrap();
        let (first, second) = (counts(&process, [hours(12), hours(24)], 6000), counts(&process, [hours(24), hours(48)], 6000));
        assert_covariance(&first, 30.0, &first, 30.0, 30.0 + 0.25 * 900.0);
        assert_covariance(&second, 60.0, &second, 60.0, 60.0 + 0.25 * 3600.0);
        assert_covariance(&first, 30.0, &second, 60.0, 0.0);
        assert!((process.expected(hours(0), hours(24)).unwrap() - 30.0).abs() < 1e-9);
    }

    #[test]
    fn sources_are_busy_together_only_if_they_share() {
        let alone = Busy::new(days(1), 0.4, Busy::DAY).unwrap();
        let shared = alone.clone().sharing(SourceId(9));
        let count = |process: &Busy, source| -> Vec<f64> {
            (0..6000).map(|replication| process.arrivals(Streams::new(1, replication).source(SourceId(source))).count() as f64).collect()
        };
        assert_covariance(&count(&alone, 0), 100.0, &count(&alone, 1), 100.0, 0.0);
        assert_covariance(&count(&shared, 0), 100.0, &count(&shared, 1), 100.0, 0.16 * 10_000.0);
    }

    #[test]
    fn without_variation_it_is_the_changing_rate() {
        let process = Busy::new(days(1), 0.0, Busy::DAY).unwrap();
        assert_eq!(instants(&process, 2, hours(24)), instants(&days(1), 2, hours(24)));
        assert_poisson(&counts(&process, [hours(0), hours(24)], 2000), 100.0);
    }

    #[test]
    fn what_is_refused_says_why() {
        assert_eq!(Busy::new(days(1), -0.1, Busy::DAY).unwrap_err(), "cv must be a number from 0 to 10, not -0.1");
        assert_eq!(Busy::new(days(1), f64::NAN, Busy::DAY).unwrap_err(), "cv must be a number from 0 to 10, not NaN");
        assert_eq!(Busy::new(days(1), 0.1, Span::ZERO).unwrap_err(), "a day must last at least a minute, not 0s");
    }
}
