//! When contacts come in: [`ArrivalProcess`] and the processes that scenarios name.
//!
//! All built-in processes are exact (R26): none simulates a changing rate by its value at some earlier moment. Instants are whole
//! microseconds. Where a process adds up gaps, each gap is rounded by itself, to the nearest microsecond, so that the errors (at most half a
//! microsecond, to either side) do not add up to a drift; where it inverts a rate, each instant is rounded by itself within its interval.

mod batches;
mod busy;
mod modulated;
mod poisson;
mod rate_changing;
mod renewal;
mod scheduled;
mod walk;

#[cfg(test)]
mod testing;

pub use batches::{BatchSize, Batches};
pub use busy::Busy;
pub use modulated::{MarkovModulated, RateState};
pub use poisson::Poisson;
pub use rate_changing::{RateChanging, RatePoint, Volume};
pub use renewal::Renewal;
pub use scheduled::Scheduled;

use crate::random::SourceStreams;
use crate::time::Time;
use std::fmt::Debug;

/// A stream of arrival instants.
///
/// The n-th instant (from 0) is the arrival of the source's contact number n. Instants are never before the start of the run and never
/// decrease. The engine reads some instants ahead and stops at the horizon, so a process may go on for ever; but it must come to its next instant (or end) in
/// reasonable time, for nobody can stop it on the way.
///
/// ```
/// use waitline::model::ArrivalProcess;
/// use waitline::random::{SourceStreams, Streams};
/// use waitline::{SourceId, Time};
///
/// /// On the hour, every hour.
/// #[derive(Debug)]
/// struct Hourly;
///
/// impl ArrivalProcess for Hourly {
///     fn arrivals(&self, _streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
///         Box::new((0..).map(|hour| Time::from_us(hour * 3_600_000_000)))
///     }
/// }
///
/// let streams = Streams::new(1, 0).source(SourceId(0));
/// assert_eq!(Hourly.arrivals(streams).nth(2).unwrap().to_string(), "7200");
/// ```
pub trait ArrivalProcess: Debug + Send + Sync {
    /// The arrival instants of one replication. All randomness comes from `streams`, so that the same streams give the same instants.
    fn arrivals(&self, streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_>;

    /// The same instants, read several at a time; a process need not say how.
    #[doc(hidden)]
    fn reader(&self, streams: SourceStreams) -> Box<dyn Reader + '_> {
        Box::new(self.arrivals(streams))
    }

    /// Expected number of arrivals in `[from, to)`, where known, or what it comes near to in the long run: for warnings and closed forms, never for
    /// the simulation.
    fn expected(&self, _from: Time, _to: Time) -> Option<f64> {
        None
    }
}

/// How many instants the engine reads at a time.
pub(crate) const BLOCK: usize = 16;
/// Instants read ahead.
pub(crate) type Block = [Time; BLOCK];

/// Instants that are read several at a time, by one call that is not known before the run: what is known within it stays in registers.
#[doc(hidden)]
pub trait Reader {
    /// The next instants before `until`; if there are less than fill the block, never again for the rest of it. That ends the reading.
    fn read(&mut self, block: &mut [Time; BLOCK], until: Time);
}

impl<I: Iterator<Item = Time>> Reader for I {
    fn read(&mut self, block: &mut [Time; BLOCK], until: Time) {
        block.fill(Time::NEVER);
        for place in block {
            match self.next() {
                Some(at) if at < until => *place = at,
                _ => return,
            }
        }
    }
}

/// A rate per second as one per microsecond; at most one arrival a microsecond, for time is no finer.
fn check_rate(per_s: f64) -> Result<f64, String> {
    if (0.0..=1e6).contains(&per_s) {
        Ok(per_s / 1e6)
    } else {
        Err(format!("a rate must be a number from 0 to 1000000 per second, not {per_s}"))
    }
}

/// How many microseconds of `[from, to)` lie in the run.
fn length_us(from: Time, to: Time) -> f64 {
    (to.as_us() - from.as_us().max(0)).max(0) as f64
}

fn check_instant(at: Time) -> Result<(), String> {
    if at < Time::START { Err(format!("{at} s is before the start of the run")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::testing::{hours, instants};
    use super::*;
    use crate::id::SourceId;
    use crate::random::Streams;

    /// Ends once, and then goes on: an iterator may.
    #[derive(Debug)]
    struct Restarts;

    impl ArrivalProcess for Restarts {
        fn arrivals(&self, _streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
            let mut us = 0;
            Box::new(std::iter::from_fn(move || {
                us += 1;
                (us != 20).then_some(Time::from_us(us))
            }))
        }
    }

    fn blocks(process: &dyn ArrivalProcess, until: Time) -> Vec<Time> {
        let mut reader = process.reader(Streams::new(1, 0).source(SourceId(0)));
        let mut seen = Vec::new();
        while seen.last() != Some(&Time::NEVER) {
            let mut block = [Time::START; BLOCK];
            reader.read(&mut block, until);
            seen.extend(block);
        }
        seen.retain(|&at| at < Time::NEVER);
        seen
    }

    #[test]
    fn blocks_hold_what_arrives_before_the_horizon() {
        let poisson = Poisson::new(0.01).unwrap();
        let seen = blocks(&poisson, hours(9));
        assert!(seen.len() > 10 * BLOCK);
        assert_eq!(seen, instants(&poisson, 0, hours(9)));
        let us = |count| (1..=count).map(Time::from_us).collect::<Vec<_>>();
        assert_eq!(blocks(&Restarts, hours(1)), us(19));
        assert_eq!(blocks(&Restarts, Time::from_us(16)), us(15));
    }
}
