//! Every fact as a line.

use crate::model::Model;
use crate::observe::{Contact, Customer, Fact, Observer};
use crate::time::Time;
use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, Write};

/// Writes every fact as a line: the time in seconds, what happened, to whom; fields are separated by one space, and a name that holds white
/// space or quotes stands in double quotes, a backslash before each `"` and `\` in it.
///
/// ```text
/// # replication 1
/// 0 logged_in s1 senior
/// 0 offered c1 savings
/// 0 queued c1 savings
/// 15 answered c1 savings s1 senior wait=15 talk=300 acw=0
/// 20 abandoned c2 savings wait=20
/// 315 completed c1 savings s1
/// 28800 logged_out s1 senior
/// 28800 unfinished c3 savings wait=12
/// 28800 ended
/// ```
///
/// Where agents have breaks, meetings and the like, these are told, with `off` when an agent leaves one and is not there:
///
/// ```text
/// 3600 logged_out ana senior
/// 3600 turned ana break
/// ```
///
/// In models with paths there are also:
///
/// ```text
/// 0 arrived c1 calls first
/// 0 seized c1 north
/// 0 entered c1 main
/// 12 passed c1 main greeting next
/// 72 reranked c1 savings priority=1 age=0
/// 90 left c1 savings callback wait=78
/// 90 released c1 north
/// 90 departed c1 callback waited=78
/// 600 dialed c1 savings s1 senior wait=20 ring=60
/// ```
///
/// Where contacts are offered to agents, or want certain ones:
///
/// ```text
/// 0 rang c1 savings s1 wait=0
/// 4 accepted c1 savings s1 wait=4
/// 20 missed c1 savings s1 no_answer wait=20
/// 50 recovered s1
/// 30 widened c2 savings step=2
/// ```
///
/// An error of the writer is kept; nothing more is written, and [`Trace::finish`] returns it.
///
/// ```
/// use waitline::observers::Trace;
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let mut trace = Trace::new(&model, 0, Vec::new());
/// waitline::run(&model, waitline::random::Streams::new(1, 0), &mut trace)?;
/// let text = String::from_utf8(trace.finish().unwrap()).unwrap();
/// assert!(text.starts_with("# replication 1\n") && text.ends_with(" ended\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Trace<'a, W: Write> {
    model: &'a Model,
    to: BufWriter<W>,
    replication: u64,
    begun: bool,
    written: io::Result<()>,
}

impl<W: Write> fmt::Debug for Trace<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("replication", &self.replication).field("written", &self.written).finish_non_exhaustive()
    }
}

impl<'a, W: Write> Trace<'a, W> {
    /// A trace of replications `replication` (from 0; printed from 1) and on, one after the other.
    pub fn new(model: &'a Model, replication: u64, to: W) -> Trace<'a, W> {
        Trace { model, to: BufWriter::new(to), replication, begun: false, written: Ok(()) }
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
        self.written?;
        self.to.into_inner().map_err(io::IntoInnerError::into_error)
    }

    fn contact(&self, contact: &Contact) -> String {
        let name = self.model.contact_name(contact.source, contact.number);
        format!("{} {}", quoted(&name), quoted(&self.model.queues[contact.queue].name))
    }

    fn customer(&self, customer: &Customer) -> String {
        quoted(&self.model.contact_name(customer.source, customer.number)).into_owned()
    }

    /// What a contact does outside of queues.
    fn path_line(&mut self, at: Time, fact: &Fact) -> io::Result<()> {
        let model = self.model;
        let paths = &model.paths;
        let line = |carrier: &Option<_>| carrier.map_or("-".into(), |id| quoted(&paths.telephony.carriers[id].name));
        match fact {
            Fact::Arrived { customer, arrival } => {
                writeln!(self.to, "arrived {} {} {}", self.customer(customer), quoted(&model.sources[customer.source].name), arrival.name())
            }
            Fact::Refused { customer, carrier } => writeln!(self.to, "refused {} {}", self.customer(customer), line(&Some(*carrier))),
            Fact::Seized { customer, carrier } => writeln!(self.to, "seized {} {}", self.customer(customer), line(carrier)),
            Fact::Released { customer, carrier } => writeln!(self.to, "released {} {}", self.customer(customer), line(carrier)),
            Fact::Entered { customer, flow } => {
                writeln!(self.to, "entered {} {}", self.customer(customer), quoted(&paths.flows[*flow].name))
            }
            Fact::Passed { customer, step, exit } => {
                let step = &paths.steps[*step];
                let (flow, exit) = (&paths.flows[step.flow].name, &step.exits[*exit as usize].name);
                writeln!(self.to, "passed {} {} {} {}", self.customer(customer), quoted(flow), quoted(&step.name), quoted(exit))
            }
            Fact::Departed { customer, outcome, waited, .. } => {
                writeln!(self.to, "departed {} {} waited={}", self.customer(customer), outcome.name(), waited.as_secs_text())
            }
            Fact::Left { contact, outcome } => {
                writeln!(self.to, "left {} {} wait={}", self.contact(contact), outcome.name(), at.since(contact.enqueued).as_secs_text())
            }
            Fact::Dialed { contact, agent, profile, ring } => writeln!(
                self.to,
                "dialed {} {} {} wait={} ring={}",
                self.contact(contact),
                quoted(&model.agents[*agent].name),
                quoted(&model.profiles[*profile].name),
                at.since(contact.enqueued).as_secs_text(),
                ring.as_secs_text()
            ),
            Fact::Reranked { contact, priority, age_us } => {
                let age = Time::from_us(*age_us);
                writeln!(self.to, "reranked {} priority={priority} age={age}", self.contact(contact))
            }
            _ => Ok(()),
        }
    }

    fn line(&mut self, at: Time, fact: &Fact) -> io::Result<()> {
        let model = self.model;
        let waited = |contact: &Contact| at.since(contact.enqueued).as_secs_text();
        if !self.begun {
            self.begun = true;
            writeln!(self.to, "# replication {}", self.replication + 1)?;
        }
        write!(self.to, "{at} ")?;
        match fact {
            Fact::LoggedIn { agent, profile } => {
                writeln!(self.to, "logged_in {} {}", quoted(&model.agents[*agent].name), quoted(&model.profiles[*profile].name))
            }
            Fact::LoggedOut { agent, profile } => {
                writeln!(self.to, "logged_out {} {}", quoted(&model.agents[*agent].name), quoted(&model.profiles[*profile].name))
            }
            Fact::Turned { agent, state, .. } => {
                let state = state.map_or("off".into(), |state| quoted(&model.states[state].name));
                writeln!(self.to, "turned {} {state}", quoted(&model.agents[*agent].name))
            }
            Fact::Offered { contact } => writeln!(self.to, "offered {}", self.contact(contact)),
            Fact::Rejected { contact } => writeln!(self.to, "rejected {}", self.contact(contact)),
            Fact::Queued { contact } => writeln!(self.to, "queued {}", self.contact(contact)),
            Fact::Answered { contact, agent, profile, talk, after_contact_work } => writeln!(
                self.to,
                "answered {} {} {} wait={} talk={} acw={}",
                self.contact(contact),
                quoted(&model.agents[*agent].name),
                quoted(&model.profiles[*profile].name),
                waited(contact),
                talk.as_secs_text(),
                after_contact_work.as_secs_text()
            ),
            Fact::Abandoned { contact } => writeln!(self.to, "abandoned {} wait={}", self.contact(contact), waited(contact)),
            Fact::Completed { contact, agent, .. } => {
                writeln!(self.to, "completed {} {}", self.contact(contact), quoted(&model.agents[*agent].name))
            }
            Fact::Rang { contact, agent, .. } => {
                writeln!(self.to, "rang {} {} wait={}", self.contact(contact), quoted(&model.agents[*agent].name), waited(contact))
            }
            Fact::Accepted { contact, agent, .. } => {
                writeln!(self.to, "accepted {} {} wait={}", self.contact(contact), quoted(&model.agents[*agent].name), waited(contact))
            }
            Fact::Missed { contact, agent, why, .. } => {
                writeln!(
                    self.to,
                    "missed {} {} {} wait={}",
                    self.contact(contact),
                    quoted(&model.agents[*agent].name),
                    why.name(),
                    waited(contact)
                )
            }
            Fact::Recovered { agent, .. } => writeln!(self.to, "recovered {}", quoted(&model.agents[*agent].name)),
            Fact::Widened { contact, step } => writeln!(self.to, "widened {} step={}", self.contact(contact), step + 1),
            Fact::Unfinished { contact } => writeln!(self.to, "unfinished {} wait={}", self.contact(contact), waited(contact)),
            Fact::Ended => {
                self.begun = false;
                self.replication += 1;
                writeln!(self.to, "ended")
            }
            _ => self.path_line(at, fact),
        }
    }
}

impl<W: Write> Observer for Trace<'_, W> {
    fn observe(&mut self, at: Time, fact: &Fact) {
        if self.written.is_ok() {
            self.written = self.line(at, fact);
        }
    }
}

fn quoted(name: &str) -> Cow<'_, str> {
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '"') {
        Cow::Owned(format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")))
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observers::testing::{model, small_day, tell};

    #[test]
    fn a_line_a_fact() {
        let model = model(1, 1, 200);
        let mut trace = Trace::new(&model, 0, Vec::new());
        tell(&mut trace, &small_day());
        tell(&mut trace, &[(Time::START, Fact::Ended)]);
        let text = String::from_utf8(trace.finish().unwrap()).unwrap();
        assert_eq!(
            text,
            "# replication 1\n\
             0 offered \"calls 1-1\" q1\n\
             0 queued \"calls 1-1\" q1\n\
             5 offered \"calls 1-2\" q1\n\
             5 queued \"calls 1-2\" q1\n\
             15 logged_in a1 p1\n\
             15 answered \"calls 1-1\" q1 a1 p1 wait=15 talk=100 acw=0\n\
             25 abandoned \"calls 1-2\" q1 wait=20\n\
             115 completed \"calls 1-1\" q1 a1\n\
             200 ended\n\
             # replication 2\n\
             0 ended\n"
        );
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        let names = ["plain", "two words", "a\"b", "back\\slash", ""];
        assert_eq!(names.map(|name| quoted(name).into_owned()), ["plain", "\"two words\"", "\"a\\\"b\"", "back\\slash", "\"\""]);
    }

    #[test]
    fn an_error_of_the_writer_is_kept() {
        let model = model(1, 1, 200);
        let mut room = [0_u8; 10];
        let mut trace = Trace::new(&model, 0, &mut room[..]);
        tell(&mut trace, &small_day());
        assert_eq!(trace.finish().unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
