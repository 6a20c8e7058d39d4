//! What happened, and who is told: [`Fact`] and [`Observer`].
//!
//! Facts are told in the order in which they happen. Within one instant that order is R3's: agents leave, agents
//! become available, contacts arrive; then answers, in the order of assignment; then abandonments, oldest first.

use crate::id::{AgentId, ProfileId, QueueId, SourceId};
use crate::time::{Span, Time};

/// A contact as facts name it. (source, number) is its identity in every design (R25).
///
/// ```
/// use waitline::{Contact, QueueId, SourceId, Time};
/// let contact = Contact { source: SourceId(0), number: 6, queue: QueueId(2), enqueued: Time::from_us(5), priority: Contact::DEFAULT_PRIORITY, age_us: 0 };
/// assert_eq!(contact.rank(), Time::from_us(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Where it came from.
    pub source: SourceId,
    /// Its number within the source, from 0.
    pub number: u64,
    /// The queue it is in.
    pub queue: QueueId,
    /// When it entered that queue; wait and delay run from here (R12).
    pub enqueued: Time,
    /// 1 (highest) and up; see [`Contact::DEFAULT_PRIORITY`] (R11).
    pub priority: i64,
    /// Routing age adjustment in microseconds: how much older it ranks than it is; changes rank only (R11).
    pub age_us: i64,
}

impl Contact {
    /// The priority of a contact for which none is given (R11).
    pub const DEFAULT_PRIORITY: i64 = 5;

    /// Rank time: enqueue time minus age adjustment (R11).
    #[inline]
    pub fn rank(&self) -> Time {
        Time::from_us(self.enqueued.as_us() - self.age_us)
    }
}

/// Something that happened.
///
/// ```
/// use waitline::{Fact, Observer, Time};
/// struct Count(u64);
/// impl Observer for Count {
///     fn observe(&mut self, _at: Time, fact: &Fact) {
///         if let Fact::Abandoned { .. } = fact {
///             self.0 += 1;
///         }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fact {
    /// An agent's presence begins; it is available from now on.
    LoggedIn {
        /// Who.
        agent: AgentId,
        /// Its routing profile.
        profile: ProfileId,
    },
    /// An agent leaves: at the end of a shift, or of the contact that outlasted it (R14).
    LoggedOut {
        /// Who.
        agent: AgentId,
        /// Its routing profile.
        profile: ProfileId,
    },
    /// A contact arrives and enters its queue.
    Offered {
        /// Who.
        contact: Contact,
    },
    /// The contact finds its queue full, right after it was offered, and goes away.
    Rejected {
        /// Who.
        contact: Contact,
    },
    /// The instant in which the contact entered the queue is over, and it still waits.
    Queued {
        /// Who.
        contact: Contact,
    },
    /// An agent takes the contact. Its wait is over; handling lasts `talk + after_contact_work`.
    Answered {
        /// Who.
        contact: Contact,
        /// By whom.
        agent: AgentId,
        /// The agent's routing profile.
        profile: ProfileId,
        /// How long they will talk.
        talk: Span,
        /// How long the agent will work on after that (R13).
        after_contact_work: Span,
    },
    /// The contact's patience ended while it waited.
    Abandoned {
        /// Who.
        contact: Contact,
    },
    /// Handling is over. The agent is available again unless [`Fact::LoggedOut`] follows.
    Completed {
        /// Who.
        contact: Contact,
        /// The agent that is free now.
        agent: AgentId,
        /// The agent's routing profile.
        profile: ProfileId,
        /// When it had been answered.
        answered: Time,
    },
    /// The run is over and the contact still waits (R18).
    Unfinished {
        /// Who.
        contact: Contact,
    },
    /// The run is over. The last fact of every run.
    Ended,
}

/// Who is told what happens. `()` listens to nothing, a pair or triple tells each of its members, `Option` tells whoever is there.
///
/// ```
/// use waitline::{Fact, Observer, Time};
/// #[derive(Default)]
/// struct Answers(Vec<Time>);
/// impl Observer for Answers {
///     fn observe(&mut self, at: Time, fact: &Fact) {
///         if let Fact::Answered { .. } = fact {
///             self.0.push(at);
///         }
///     }
/// }
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let mut both = (Answers::default(), ());
/// waitline::run(&model, waitline::random::Streams::new(1, 0), &mut both).unwrap();
/// assert!(both.0.0.is_sorted());
/// ```
pub trait Observer {
    /// `fact` happened at `at`. Times never decrease from one call to the next.
    fn observe(&mut self, at: Time, fact: &Fact);
}

impl Observer for () {
    #[inline]
    fn observe(&mut self, _at: Time, _fact: &Fact) {}
}

impl<O: Observer + ?Sized> Observer for &mut O {
    #[inline]
    fn observe(&mut self, at: Time, fact: &Fact) {
        (**self).observe(at, fact);
    }
}

impl<O: Observer + ?Sized> Observer for Box<O> {
    #[inline]
    fn observe(&mut self, at: Time, fact: &Fact) {
        (**self).observe(at, fact);
    }
}

impl<O: Observer> Observer for Option<O> {
    #[inline]
    fn observe(&mut self, at: Time, fact: &Fact) {
        if let Some(observer) = self {
            observer.observe(at, fact);
        }
    }
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    #[inline]
    fn observe(&mut self, at: Time, fact: &Fact) {
        self.0.observe(at, fact);
        self.1.observe(at, fact);
    }
}

impl<A: Observer, B: Observer, C: Observer> Observer for (A, B, C) {
    #[inline]
    fn observe(&mut self, at: Time, fact: &Fact) {
        self.0.observe(at, fact);
        self.1.observe(at, fact);
        self.2.observe(at, fact);
    }
}
