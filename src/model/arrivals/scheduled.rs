//! Arrivals at given instants.

use super::{ArrivalProcess, check_instant};
use crate::random::SourceStreams;
use crate::time::Time;

/// Arrivals at exactly these instants: a timetable, or the replay of a day. Nothing is random.
///
/// ```
/// use waitline::Time;
/// use waitline::model::{ArrivalProcess, Scheduled};
/// let calls = Scheduled::new(vec![Time::from_us(7), Time::from_us(3)]).unwrap();
/// assert_eq!(calls.expected(Time::START, Time::from_us(7)), Some(1.0));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    instants: Vec<Time>,
}

impl Scheduled {
    /// Arrivals at `instants`, which are put in order; several may fall on one.
    ///
    /// # Errors
    /// When one is before the start of the run.
    pub fn new(mut instants: Vec<Time>) -> Result<Scheduled, String> {
        instants.sort_unstable();
        instants.first().copied().map_or(Ok(()), check_instant)?;
        Ok(Scheduled { instants })
    }
}

impl ArrivalProcess for Scheduled {
    fn arrivals(&self, _streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
        Box::new(self.instants.iter().copied())
    }

    fn expected(&self, from: Time, to: Time) -> Option<f64> {
        let before = |limit: Time| self.instants.partition_point(|&at| at < limit);
        Some(before(to).saturating_sub(before(from)) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hours, instants};
    use super::*;

    #[test]
    fn instants_come_in_order_and_ties_stay() {
        let us = |us: &[i64]| us.iter().map(|&us| Time::from_us(us)).collect::<Vec<_>>();
        let process = Scheduled::new(us(&[9, 0, 5, 5])).unwrap();
        assert_eq!(instants(&process, 0, hours(1)), us(&[0, 5, 5, 9]));
        assert_eq!(process.expected(Time::from_us(5), Time::from_us(9)), Some(2.0));
        assert_eq!(process.expected(Time::from_us(9), Time::from_us(5)), Some(0.0));
        assert!(instants(&Scheduled::new(vec![]).unwrap(), 0, hours(1)).is_empty());
    }

    #[test]
    fn nothing_arrives_before_the_start() {
        assert_eq!(Scheduled::new(vec![Time::from_us(-1)]).unwrap_err(), "-0.000001 s is before the start of the run");
    }
}
