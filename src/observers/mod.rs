//! Those who are told what happens: the standard statistics, the contact log, the trace and the audit.

mod summary;
#[cfg(test)]
pub(crate) mod testing;

pub use summary::{Counts, Grid, Summary, Work};
