//! Waitline simulates contact centers: queues, agents with routing profiles (queue, strict priority, delay), longest-available agent first, patience, shifts.
//!
//! ```
//! use waitline::{Experiment, Scenario};
//!
//! let scenario: Scenario = std::fs::read_to_string("scenarios/savings-overflow.toml")?.parse()?;
//! let model = scenario.compile()?;
//! let results = Experiment::new(&model).seed(42).replications(30).run()?;
//! println!("{}", results.report()); // service level, ASA, abandonment, occupancy: value ± half-width
//! # assert!(results.report().to_string().contains("savings"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In reading order: [`Scenario`] is what a person wrote, [`Model`] what it means, [`run`] turns a model into [`Fact`]s that an [`Observer`] is told,
//! [`Experiment`] does so many times and in parallel, and its [`Results`] make a [`Report`](report::Report).
//!
//! Three things can be yours: what comes in ([`ArrivalProcess`](model::ArrivalProcess)), who is told ([`Observer`]), what goes out ([`Reporter`](report::Reporter)).
//!
//! # Guarantees
//!
//! - A run is a pure function of (model, seed, replication): the same bits on any number of threads and any platform.
//! - Time is whole microseconds; statistics are sums of integers, merged exactly in any order.
//! - A contact keeps its arrival, patience and handle time whatever design it meets: every draw is looked up by key.
//! - Bad input is an [`Error`] that lists every [`Problem`]; a broken invariant panics.
//! - Nothing is lost: offered = answered + abandoned + other exits + unfinished, per queue, always.
//!
//! The rules of the simulated world, R1 to R26, are in the README, and so is what is not modelled.

pub mod cli;
pub mod compile;
pub mod engine;
pub mod erlang;
pub mod experiment;
pub mod model;
pub mod observers;
pub mod random;
pub mod report;
pub mod scenario;
pub mod stats;

mod error;
mod id;
mod observe;
mod time;

pub use engine::run;
pub use error::{Error, ErrorKind, Problem};
pub use experiment::{Experiment, Results};
pub use id::{
    AgentId, CarrierId, CriteriaId, EventId, FlowId, HoursId, Id, ProfileId, QueueId, ServiceId, SourceId, StateId, StepId, Table,
};
pub use model::Model;
pub use observe::{Arrival, Contact, Customer, Fact, Miss, Observer, Outcome};
pub use scenario::Scenario;
pub use time::{Span, Time};
