//! The engine: a run is a pure function of (model, seed, replication).

use crate::error::Error;
use crate::model::Model;
use crate::observe::Observer;
use crate::random::Streams;

/// Runs one replication and tells `observer` everything that happens, in order.
///
/// # Errors
/// When a limit is met.
pub fn run<O: Observer>(model: &Model, streams: Streams, observer: &mut O) -> Result<(), Error> {
    let _ = (model, streams, observer);
    Ok(())
}
