//! A row for every contact.

use super::in_hand::{Held, InHand};
use crate::id::{AgentId, ProfileId};
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
/// Where agents may hold several contacts an answered one has its row when its handling is over, for nobody knows before how long that takes: `handle_s` is
/// from answering to then. One that is still being handled at the end of the run has neither `handle_s` nor `ended_s`.
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
    /// In models in which agents may hold several contacts.
    in_hand: Option<InHand>,
}

impl<W: Write> fmt::Debug for ContactLog<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactLog").field("replication", &self.replication).field("written", &self.written).finish_non_exhaustive()
    }
}

/// The error as files have it.
pub(super) fn first_error(written: Result<(), csv::Error>) -> io::Result<()> {
    written.map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
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
        let in_hand = model.has_desks().then(|| InHand::new(model));
        ContactLog { model, to, replication, written, in_hand }
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

    /// `at` is when it leaves its queue.
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

impl<W: Write> ContactLog<'_, W> {
    /// Of a contact that was answered `since`; handling has ended, or has not when the run does.
    fn row_of_handled(&mut self, (contact, since): (&Contact, Time), (agent, profile): (AgentId, ProfileId), ended: Option<Time>) {
        let leaving = Leaving {
            outcome: "answered",
            left: Some(since),
            agent: &self.model.agents[agent].name,
            profile: &self.model.profiles[profile].name,
            handle_s: ended.map(|ended| ended.since(since).as_secs_text()).unwrap_or_default(),
            ended,
        };
        self.row(since, contact, &leaving);
    }

    /// Where agents may hold several contacts, what is different; whether all is said.
    fn at_desks(&mut self, at: Time, fact: &Fact) -> bool {
        let Some(in_hand) = &mut self.in_hand else { return false };
        let take = |contact: &Contact, profile: &ProfileId, dialed| Held { contact: *contact, profile: *profile, since: at, dialed };
        match fact {
            Fact::Answered { contact, agent, profile, .. } => {
                in_hand.takes(*agent, take(contact, profile, false));
                true
            }
            Fact::Dialed { contact, agent, profile, .. } => {
                in_hand.takes(*agent, take(contact, profile, true));
                false
            }
            Fact::Completed { contact, agent, profile, answered } => {
                if in_hand.puts_down(*agent, contact.customer(), *answered).is_some_and(|(held, _)| !held.dialed) {
                    self.row_of_handled((contact, *answered), (*agent, *profile), Some(at));
                }
                true
            }
            Fact::Ended => {
                for (agent, held) in in_hand.left().into_iter().filter(|(_, held)| !held.dialed) {
                    self.row_of_handled((&held.contact, held.since), (agent, held.profile), None);
                }
                false
            }
            _ => false,
        }
    }
}

impl<W: Write> Observer for ContactLog<'_, W> {
    fn observe(&mut self, at: Time, fact: &Fact) {
        if self.at_desks(at, fact) {
            return;
        }
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
    use crate::observers::testing::{answered, at, completed, contact, model, small_day, tell};

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

    /// Where chats stretch each other the row waits for the end of handling; one that has none is there too.
    #[test]
    fn at_desks_the_end_is_the_real_one() {
        let mut model = model(1, 1, 200);
        model.sources[crate::SourceId(0)].channel = crate::model::Channel::Chat;
        let (one, other, last) = (contact(0, 0, at(0)), contact(0, 1, at(5)), contact(0, 2, at(90)));
        let dialed = Fact::Dialed { contact: last, agent: AgentId(0), profile: ProfileId(0), ring: crate::Span::from_secs(20) };
        let mut log = ContactLog::new(&model, 0, Vec::new());
        tell(
            &mut log,
            &[
                (at(0), answered(one, 0, 60)),
                (at(10), answered(other, 0, 30)),
                (at(55), completed(other, 0, at(10))),
                (at(75), completed(one, 0, at(0))),
                (at(100), dialed),
                (at(120), completed(last, 0, at(100))),
                (at(150), answered(contact(0, 3, at(150)), 0, 10)),
                (at(151), answered(contact(0, 4, at(140)), 0, 10)),
                (at(155), Fact::Ended),
            ],
        );
        let text = String::from_utf8(log.finish().unwrap()).unwrap();
        let rows: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(
            rows,
            [
                "1,calls 1-2,calls 1,q1,5,answered,10,5,a1,p1,45,55",
                "1,calls 1-1,calls 1,q1,0,answered,0,0,a1,p1,75,75",
                "1,calls 1-3,calls 1,q1,90,unreached,100,10,a1,p1,20,120",
                "1,calls 1-4,calls 1,q1,150,answered,150,0,a1,p1,,",
                "1,calls 1-5,calls 1,q1,140,answered,151,11,a1,p1,,",
            ]
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
