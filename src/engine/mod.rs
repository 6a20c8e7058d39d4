//! The engine: a run is a pure function of (model, seed, replication).
//!
//! No input, no output, no clock, no names, no floating point. `simulation` holds the run, `single` and `round` what happens at an instant; `incoming` what sources
//! send; `winner_tree` the events to come; `waiting` and `ranked` the contacts that wait; `idle` the agents that are available; `routes` and
//! `router` who takes whom.

mod desk_routes;
mod desks;
mod handling;
mod idle;
mod incoming;
mod journeys;
mod offers;
mod outside;
mod ranked;
mod round;
mod router;
mod routes;
mod shifts;
mod simulation;
mod single;
mod waiting;
mod walk;
mod ways;
mod winner_tree;

use crate::error::Error;
use crate::model::{ContactRule, Model};
use crate::observe::Observer;
use crate::random::Streams;
use simulation::Simulation;

pub use crate::model::{CALLBACK_KEPT, CHAIN_MAX, DRAIN_MAX, WAITING_MAX};
/// The last instant that can be simulated, in microseconds: some 73,000 years.
pub const LAST_INSTANT_US: i64 = i64::MAX / 4;
pub use offers::OFFERS_MAX;
pub use walk::{STEPS_AT_ONCE_MAX, STEPS_MAX};

/// Runs one replication and tells `observer` everything that happens, in order.
///
/// # Errors
/// When a limit is met: [`WAITING_MAX`] contacts wait, a contact was offered [`OFFERS_MAX`] times to agents, has passed [`STEPS_MAX`] steps or [`STEPS_AT_ONCE_MAX`] of them at one instant, or the run goes on past
/// [`LAST_INSTANT_US`].
///
/// # Panics
/// When the model is not one that compiling yields: an [`ArrivalProcess`](crate::model::ArrivalProcess) whose instants decrease, an id without a row.
pub fn run<O: Observer>(model: &Model, streams: Streams, observer: &mut O) -> Result<(), Error> {
    if model.has_desks() {
        Simulation::<O, true, true, true>::new(model, streams, observer).run()
    } else if model.has_paths() {
        Simulation::<O, true, true, false>::new(model, streams, observer).run()
    } else if is_ranked(model) {
        Simulation::<O, true, false, false>::new(model, streams, observer).run()
    } else {
        Simulation::<O, false, false, false>::new(model, streams, observer).run()
    }
}

/// Whether the first of a queue need not be its next contact: priorities or ages differ, or a rule looks at more than enqueue times.
fn is_ranked(model: &Model) -> bool {
    let given = model.sources.iter().flat_map(|source| source.given.iter().map(|given| (given.priority, given.age_us)));
    let constant = model.sources.iter().filter(|source| source.given.is_empty()).map(|source| (source.priority, source.age_us));
    let mut kinds = given.chain(constant);
    let first = kinds.next();
    model.policy.contact == ContactRule::Weighted || kinds.any(|kind| Some(kind) != first)
}
