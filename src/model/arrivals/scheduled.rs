//! Arrivals at given instants.

use super::ArrivalProcess;
use crate::random::SourceStreams;
use crate::time::Time;

/// Arrivals at exactly these instants: a timetable, or the replay of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    instants: Vec<Time>,
}

impl Scheduled {
    /// Arrivals at `instants`, which are put in order.
    pub fn new(mut instants: Vec<Time>) -> Scheduled {
        instants.sort_unstable();
        Scheduled { instants }
    }
}

impl ArrivalProcess for Scheduled {
    fn arrivals(&self, _streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
        Box::new(self.instants.iter().copied())
    }

    fn expected(&self, from: Time, to: Time) -> Option<f64> {
        let before = |limit: Time| self.instants.partition_point(|&at| at < limit);
        Some((before(to).saturating_sub(before(from))) as f64)
    }
}
