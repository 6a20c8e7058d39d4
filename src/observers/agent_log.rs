//! A row for every agent.

use super::AgentCounts;
use super::contact_log::first_error;
use crate::model::Model;
use crate::observe::{Fact, Observer};
use crate::time::Time;
use std::fmt;
use std::io::{self, Write};

/// Writes a CSV row for every agent when the run is over; what [`AgentCounts`] counts.
///
/// The columns are [`AgentLog::COLUMNS`]: times in seconds, `connecting_s` and `handle_s` added up over contacts, shares from 0 to 1. Who never was logged in has
/// neither `occupancy` nor `concurrency` (R24). What came before the end of the warm-up is left out.
///
/// An error of the writer is kept; nothing more is written, and [`AgentLog::finish`] returns it.
///
/// ```
/// use waitline::observers::AgentLog;
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let mut log = AgentLog::new(&model, 0, Vec::new());
/// waitline::run(&model, waitline::random::Streams::new(1, 0), &mut log)?;
/// let text = String::from_utf8(log.finish().unwrap()).unwrap();
/// assert_eq!(text.lines().count(), 1 + model.agents.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct AgentLog<'a, W: Write> {
    model: &'a Model,
    to: csv::Writer<W>,
    replication: u64,
    agents: AgentCounts,
    written: Result<(), csv::Error>,
}

impl<W: Write> fmt::Debug for AgentLog<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentLog").field("replication", &self.replication).field("written", &self.written).finish_non_exhaustive()
    }
}

impl<'a, W: Write> AgentLog<'a, W> {
    /// The columns, in order.
    pub const COLUMNS: [&'static str; 20] = [
        "replication",
        "agent",
        "routing_profile",
        "online_s",
        "staffed_s",
        "non_productive_s",
        "contact_s",
        "handle_s",
        "idle_s",
        "occupancy",
        "concurrency",
        "answered",
        "offers",
        "accepted",
        "no_answer",
        "rejected",
        "hung_up",
        "connecting_s",
        "off_skill",
        "longest_run_s",
    ];

    /// A log of replications `replication` (from 0; written from 1) and on, one after the other.
    pub fn new(model: &'a Model, replication: u64, to: W) -> AgentLog<'a, W> {
        let mut to = csv::Writer::from_writer(to);
        let written = to.write_record(Self::COLUMNS);
        AgentLog { model, to, replication, agents: AgentCounts::new(model), written }
    }

    /// Whether the writer met an error: there is no point in going on.
    pub fn has_failed(&self) -> bool {
        self.written.is_err()
    }

    /// Writes what is still to be written and gives the writer back.
    ///
    /// # Errors
    /// The first error that the writer met.
    pub fn finish(self) -> io::Result<W> {
        first_error(self.written)?;
        self.to.into_inner().map_err(|error| io::Error::from(error.error().kind()))
    }

    fn rows(&mut self) -> Result<(), csv::Error> {
        let replication = (self.replication + 1).to_string();
        let seconds = |us: i128| Time::from_us(i64::try_from(us).unwrap_or(i64::MAX)).to_string();
        let ratio = |ratio: Option<f64>| ratio.map(|ratio| ratio.to_string()).unwrap_or_default();
        for (agent, work) in self.model.agents.iter().zip(self.agents.rows()) {
            let [no_answer, rejected, hung_up] = work.missed;
            let times = [work.online_us, work.staffed_us, work.non_productive_us, work.contact_us, work.handle_us, work.idle_us()];
            let counts = [work.answered, work.offers, work.accepted, no_answer, rejected, hung_up];
            let names = [replication.clone(), agent.name.clone(), self.model.profiles[agent.profile].name.clone()];
            let row = names.into_iter().chain(times.map(seconds)).chain([work.occupancy(), work.concurrency()].map(ratio));
            let last = [seconds(work.connecting_us), work.off_skill.to_string(), seconds(work.longest_run_us.into())];
            self.to.write_record(row.chain(counts.map(|count| count.to_string())).chain(last))?;
        }
        Ok(())
    }
}

impl<W: Write> Observer for AgentLog<'_, W> {
    fn observe(&mut self, at: Time, fact: &Fact) {
        self.agents.observe(at, fact);
        if matches!(fact, Fact::Ended) {
            if self.written.is_ok() {
                self.written = self.rows();
            }
            self.replication += 1;
            self.agents = AgentCounts::new(self.model);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observers::testing::{answered, at, completed, contact, logged_in, model, small_day, tell};

    #[test]
    fn a_row_an_agent() {
        let model = model(2, 2, 200); // the second agent never comes
        let mut log = AgentLog::new(&model, 4, Vec::new());
        tell(&mut log, &small_day());
        let other = contact(1, 0, at(0));
        tell(
            &mut log,
            &[
                (at(0), logged_in(0)),
                (at(0), answered(other, 0, 1)),
                (at(0), answered(contact(0, 0, at(0)), 0, 1)),
                (at(1), completed(other, 0, at(0))),
                (at(3), Fact::Ended),
            ],
        );
        let text = String::from_utf8(log.finish().unwrap()).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[0], AgentLog::<Vec<u8>>::COLUMNS.join(","));
        assert_eq!(rows[1], "5,a1,p1,185,185,0,100,100,85,0.5405405405405406,0.5405405405405406,1,0,0,0,0,0,0,0,100");
        assert_eq!(rows[2], "5,a2,p2,0,0,0,0,0,0,,,0,0,0,0,0,0,0,0,0");
        assert_eq!(rows[3], "6,a1,p1,3,3,0,3,4,0,1,1.3333333333333333,2,0,0,0,0,0,0,1,3");
        assert_eq!(rows.len(), 5);
    }

    #[test]
    fn an_error_of_the_writer_is_kept() {
        let model = model(1, 1, 200);
        let mut room = [0_u8; 10];
        let mut log = AgentLog::new(&model, 0, &mut room[..]);
        tell(&mut log, &small_day());
        assert_eq!(log.finish().unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
