//! Waitline simulates contact centers.

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
pub use id::{AgentId, Id, ProfileId, QueueId, SourceId, Table};
pub use model::Model;
pub use observe::{Contact, Fact, Observer};
pub use scenario::Scenario;
pub use time::{Span, Time};
