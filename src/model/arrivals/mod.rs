//! When contacts come in: [`ArrivalProcess`] and the processes that scenarios name.

mod poisson;
mod scheduled;

pub use poisson::Poisson;
pub use scheduled::Scheduled;

use crate::random::SourceStreams;
use crate::time::Time;
use std::fmt::Debug;

/// A stream of arrival instants.
///
/// The n-th instant (from 0) is the arrival of the source's contact number n. Instants never decrease. The engine stops reading at the
/// horizon, so a process may go on for ever.
pub trait ArrivalProcess: Debug + Send + Sync {
    /// The arrival instants of one replication. All randomness comes from `streams`, so that the same streams give the same instants.
    fn arrivals(&self, streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_>;

    /// Expected number of arrivals in `[from, to)`, where known: for warnings and closed forms, never for the simulation.
    fn expected(&self, _from: Time, _to: Time) -> Option<f64> {
        None
    }
}
