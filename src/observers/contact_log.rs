//! A row for every contact.

use crate::model::{AtHorizon, Model};
use crate::observe::{Contact, Customer, Fact, Observer, Outcome};
use crate::time::Time;
use std::fmt;
use std::io::{self, Write};

/// Writes a CSV row for every contact, as soon as it leaves its queue, or at the end if it never does; the warm-up is not left out.
///
/// The columns are [`ContactLog::COLUMNS`], times in seconds. `handle_s` is talk and after-contact work together and `ended_s` their end, or
/// the instant of leaving for a contact that nobody answered. A contact that is still being handled when the run is stopped has no
/// `ended_s`, an unfinished one has neither `left_queue_s` nor `ended_s`, and its `wait_s` goes until the end of the run.
///
/// In models with paths a contact has a row for each queue that it entered, in the order in which it left them, and one without a queue if its way
/// ended in none: `self_served`, `blocked` and the like.
///
/// An error of the writer is kept; nothing more is written, and [`ContactLog::finish`] returns it.
///
/// ```
/// use waitline::observers::ContactLog;
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let mut log = ContactLog::new(&model, 0, Vec::new());
/// waitline::run(&model, waitline::random::Streams::new(1, 0), &mut log)?;
/// let text = String::from_utf8(log.finish().unwrap()).unwrap();
/// assert!(text.starts_with("replication,contact,source,queue,enqueued_s,outcome,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ContactLog<'a, W: Write> {
    model: &'a Model,
    to: csv::Writer<W>,
    replication: u64,
    written: Result<(), csv::Error>,
}

impl<W: Write> fmt::Debug for ContactLog<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactLog").field("replication", &self.replication).field("written", &self.written).finish_non_exhaustive()
    }
}

/// How a contact left, and when what it caused was over.
struct Leaving<'a> {
    outcome: &'a str,
    left: Option<Time>,
    agent: &'a str,
    profile: &'a str,
    handle_s: String,
    ended: Option<Time>,
}

impl<'a, W: Write> ContactLog<'a, W> {
    /// The columns, in order.
    pub const COLUMNS: [&'static str; 12] = [
        "replication",
        "contact",
        "source",
        "queue",
        "enqueued_s",
        "outcome",
        "left_queue_s",
        "wait_s",
        "agent",
        "routing_profile",
        "handle_s",
        "ended_s",
    ];

    /// A log of replications `replication` (from 0; written from 1) and on, one after the other.
    pub fn new(model: &'a Model, replication: u64, to: W) -> ContactLog<'a, W> {
        let mut to = csv::Writer::from_writer(to);
        let written = to.write_record(Self::COLUMNS);
        ContactLog { model, to, replication, written }
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
        self.written.map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            other => io::Error::other(format!("{other:?}")),
        })?;
        self.to.into_inner().map_err(|error| io::Error::from(error.error().kind()))
    }

    fn row(&mut self, at: Time, contact: &Contact, leaving: &Leaving<'_>) {
        if self.written.is_err() {
            return;
        }
        let text = |time: Option<Time>| time.map(|time| time.to_string()).unwrap_or_default();
        self.written = self.to.write_record([
            (self.replication + 1).to_string().as_str(),
            &self.model.contact_name(contact.source, contact.number),
            &self.model.sources[contact.source].name,
            &self.model.queues[contact.queue].name,
            &contact.enqueued.to_string(),
            leaving.outcome,
            &text(leaving.left),
            &at.since(contact.enqueued).as_secs_text(),
            leaving.agent,
            leaving.profile,
            &leaving.handle_s,
            &text(leaving.ended),
        ]);
    }
}

impl<W: Write> ContactLog<'_, W> {
    /// Of a contact whose way ended in no queue.
    fn row_without_queue(&mut self, at: Time, customer: Customer, outcome: Outcome) {
        if self.written.is_err() {
            return;
        }
        let ended = if outcome == Outcome::Unfinished { String::new() } else { at.to_string() };
        self.written = self.to.write_record([
            (self.replication + 1).to_string().as_str(),
            &self.model.contact_name(customer.source, customer.number),
            &self.model.sources[customer.source].name,
            "",
            "",
            outcome.name(),
            "",
            "",
            "",
            "",
            "",
            &ended,
        ]);
    }
}

impl<W: Write> Observer for ContactLog<'_, W> {
    fn observe(&mut self, at: Time, fact: &Fact) {
        let nobody = |outcome, left| Leaving { outcome, left, agent: "", profile: "", handle_s: String::new(), ended: left };
        match fact {
            Fact::Answered { contact, agent, profile, talk, after_contact_work } => {
                let handle = *talk + *after_contact_work;
                let ended = at + handle;
                let cut_off = self.model.run.at_horizon == AtHorizon::Stop && ended >= self.model.run.horizon;
                let leaving = Leaving {
                    outcome: "answered",
                    left: Some(at),
                    agent: &self.model.agents[*agent].name,
                    profile: &self.model.profiles[*profile].name,
                    handle_s: handle.as_secs_text(),
                    ended: (!cut_off).then_some(ended),
                };
                self.row(at, contact, &leaving);
            }
            Fact::Rejected { contact } => self.row(at, contact, &nobody("rejected", Some(at))),
            Fact::Abandoned { contact } => self.row(at, contact, &nobody("abandoned", Some(at))),
            Fact::Unfinished { contact } => self.row(at, contact, &nobody("unfinished", None)),
            Fact::Left { contact, outcome } => self.row(at, contact, &nobody(outcome.name(), Some(at))),
            Fact::Dialed { contact, agent, profile, ring } => {
                let leaving = Leaving {
                    outcome: Outcome::Unreached.name(),
                    left: Some(at),
                    agent: &self.model.agents[*agent].name,
                    profile: &self.model.profiles[*profile].name,
                    handle_s: ring.as_secs_text(),
                    ended: Some(at + *ring),
                };
                self.row(at, contact, &leaving);
            }
            Fact::Departed { customer, outcome, queue: None, .. } => self.row_without_queue(at, *customer, *outcome),
            Fact::Ended => self.replication += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observers::testing::{answered, at, contact, model, small_day, tell};

    #[test]
    fn a_row_a_contact() {
        let mut model = model(1, 1, 200);
        model.run.at_horizon = AtHorizon::Stop;
        let mut log = ContactLog::new(&model, 2, Vec::new());
        tell(&mut log, &small_day());
        let (late, last) = (contact(0, 7, at(150)), contact(0, 8, at(190)));
        tell(&mut log, &[(at(150), answered(late, 0, 50)), (at(200), Fact::Unfinished { contact: last }), (at(200), Fact::Ended)]);
        let text = String::from_utf8(log.finish().unwrap()).unwrap();
        assert_eq!(
            text,
            "replication,contact,source,queue,enqueued_s,outcome,left_queue_s,wait_s,agent,routing_profile,handle_s,ended_s\n\
             3,calls 1-1,calls 1,q1,0,answered,15,15,a1,p1,100,115\n\
             3,calls 1-2,calls 1,q1,5,abandoned,25,20,,,,25\n\
             4,calls 1-8,calls 1,q1,150,answered,150,0,a1,p1,50,\n\
             4,calls 1-9,calls 1,q1,190,unfinished,,10,,,,\n"
        );
    }

    #[test]
    fn an_error_of_the_writer_is_kept() {
        let model = model(1, 1, 200);
        let mut room = [0_u8; 10];
        let mut log = ContactLog::new(&model, 0, &mut room[..]);
        tell(&mut log, &small_day());
        assert_eq!(log.finish().unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
