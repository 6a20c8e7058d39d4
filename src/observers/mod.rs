//! Those who are told what happens: the standard statistics, the contact log, the agents' work, the trace and the audit.

mod agent_log;
mod agents;
mod audit;
mod batches;
mod contact_log;
mod in_center;
mod in_hand;
mod paths;
mod summary;
#[cfg(test)]
pub(crate) mod testing;
mod trace;

pub use agent_log::AgentLog;
pub use agents::{AgentCounts, AgentWork, Spread};
pub use audit::Audit;
pub use batches::Batches;
pub use contact_log::ContactLog;
pub use in_center::InCenter;
pub use paths::{CarrierLines, PathCounts, PathTable, Ways};
pub use summary::{Counts, Grid, Summary, Work};
pub use trace::Trace;
