//! What happened, and who is told: [`Fact`] and [`Observer`].
//!
//! Facts are told in the order in which they happen. Within one instant that order is R3's: agents leave or change from one state to another, agents
//! become available, contacts arrive; then answers, in the order of assignment; then abandonments, oldest first.

use crate::id::{AgentId, CarrierId, FlowId, ProfileId, QueueId, SourceId, StateId, StepId};
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
    /// Routing age adjustment in microseconds: how much older it ranks than it is; changes rank only (R11). What a transfer or a callback
    /// keeps of its place is in it.
    pub age_us: i64,
}

impl Contact {
    /// Who it is of.
    pub fn customer(&self) -> Customer {
        Customer { source: self.source, number: self.number }
    }

    /// The priority of a contact for which none is given (R11).
    pub const DEFAULT_PRIORITY: i64 = 5;

    /// Rank time: enqueue time minus age adjustment (R11).
    #[inline]
    pub fn rank(&self) -> Time {
        Time::from_us(self.enqueued.as_us() - self.age_us)
    }
}

/// Whoever calls, on all of its ways: (source, number), whatever becomes of it and however often it calls.
///
/// ```
/// use waitline::{Customer, SourceId};
/// assert_ne!(Customer { source: SourceId(0), number: 6 }, Customer { source: SourceId(1), number: 6 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Customer {
    /// Where it came from.
    pub source: SourceId,
    /// Its number within the source, from 0.
    pub number: u64,
}

/// Why a contact comes to the center.
///
/// ```
/// assert_eq!(waitline::Arrival::Callback.name(), "callback");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// A customer's first call.
    First,
    /// The same customer calls again.
    Again,
    /// The center has promised to call back.
    Callback,
}

impl Arrival {
    /// All of them.
    pub const ALL: [Arrival; 3] = [Arrival::First, Arrival::Again, Arrival::Callback];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Arrival::First => "first",
            Arrival::Again => "again",
            Arrival::Callback => "callback",
        }
    }
}

/// How a contact's way through the center ends, or how it leaves a queue.
///
/// ```
/// assert_eq!(waitline::Outcome::SelfServed.name(), "self_served");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Outcome {
    /// Somebody spoke with it.
    Answered,
    /// Its patience ended while it waited.
    Abandoned,
    /// Its queue was full.
    Rejected,
    /// Of a queue: it was moved to another one.
    Transferred,
    /// It was promised to be called back.
    Callback,
    /// It served itself.
    SelfServed,
    /// It left a message.
    Message,
    /// A flow sent it away.
    Disconnected,
    /// It found no line.
    Blocked,
    /// Of a callback: the customer did not answer, as often as it was tried.
    Unreached,
    /// Of a callback: it was not made within seven days.
    Expired,
    /// The run ended before.
    Unfinished,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 12] = [
        Outcome::Answered,
        Outcome::Abandoned,
        Outcome::Rejected,
        Outcome::Transferred,
        Outcome::Callback,
        Outcome::SelfServed,
        Outcome::Message,
        Outcome::Disconnected,
        Outcome::Blocked,
        Outcome::Unreached,
        Outcome::Expired,
        Outcome::Unfinished,
    ];

    /// Its name in logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Answered => "answered",
            Outcome::Abandoned => "abandoned",
            Outcome::Rejected => "rejected",
            Outcome::Transferred => "transferred",
            Outcome::Callback => "callback",
            Outcome::SelfServed => "self_served",
            Outcome::Message => "message",
            Outcome::Disconnected => "disconnected",
            Outcome::Blocked => "blocked",
            Outcome::Unreached => "unreached",
            Outcome::Expired => "expired",
            Outcome::Unfinished => "unfinished",
        }
    }
}

/// Why an offer to an agent came to nothing.
///
/// ```
/// assert_eq!(waitline::Miss::HungUp.name(), "hung_up");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Miss {
    /// The agent did not react in time.
    NoAnswer,
    /// The agent did not want it.
    Rejected,
    /// The customer's patience ended while it rang.
    HungUp,
}

impl Miss {
    /// All of them.
    pub const ALL: [Miss; 3] = [Miss::NoAnswer, Miss::Rejected, Miss::HungUp];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Miss::NoAnswer => "no_answer",
            Miss::Rejected => "rejected",
            Miss::HungUp => "hung_up",
        }
    }
}

/// Something that happened. The facts from [`Fact::Rang`] to [`Fact::Widened`] are told only where agents are offered contacts, or contacts want certain agents. Those from [`Fact::Arrived`] to [`Fact::Departed`] are told only where a model has paths
/// ([`Model::has_paths`](crate::Model::has_paths)).
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
    /// An agent that is not logged in is in a state from now on: on a break, in a meeting. Right after [`Fact::LoggedOut`] if it logs out for it. To log in ends
    /// the state; nothing else is told of that.
    Turned {
        /// Who.
        agent: AgentId,
        /// Its routing profile.
        profile: ProfileId,
        /// Which; `None`: it leaves its state and is off.
        state: Option<StateId>,
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
        /// How long they will talk, if the agent has nothing else in hand and the customer does not keep it waiting.
        talk: Span,
        /// How long the agent will work on after that (R13), in the same way.
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
    /// A contact is offered to an agent: it rings. The contact has not left its queue, and its wait goes on, but nobody else can take it.
    Rang {
        /// Who.
        contact: Contact,
        /// At whose.
        agent: AgentId,
        /// The agent's routing profile.
        profile: ProfileId,
    },
    /// The agent accepts the offer. [`Fact::Answered`] follows, when they are connected.
    Accepted {
        /// Who.
        contact: Contact,
        /// By whom.
        agent: AgentId,
        /// The agent's routing profile.
        profile: ProfileId,
    },
    /// The offer came to nothing: the contact has its old place in the queue again (or has hung up, and abandons), the agent gets nothing until it has recovered.
    Missed {
        /// Who.
        contact: Contact,
        /// By whom.
        agent: AgentId,
        /// The agent's routing profile.
        profile: ProfileId,
        /// Why.
        why: Miss,
    },
    /// The agent has put the missed offer behind it.
    Recovered {
        /// Who.
        agent: AgentId,
        /// Its routing profile.
        profile: ProfileId,
    },
    /// A step of the routing criteria of a waiting contact expires: others may take it from now on.
    Widened {
        /// Who.
        contact: Contact,
        /// The number of the step that begins, from 0; that of steps: anybody may take it.
        step: u32,
    },
    /// A contact comes to the center.
    Arrived {
        /// Who.
        customer: Customer,
        /// Why.
        arrival: Arrival,
    },
    /// A carrier has no line for its call: all are taken, or it takes no calls now.
    Refused {
        /// Who.
        customer: Customer,
        /// Which carrier.
        carrier: CarrierId,
    },
    /// It has got a line.
    Seized {
        /// Who.
        customer: Customer,
        /// Whose line; `None`: there is only a quota of calls.
        carrier: Option<CarrierId>,
    },
    /// The line is free again.
    Released {
        /// Who.
        customer: Customer,
        /// Whose line.
        carrier: Option<CarrierId>,
    },
    /// It enters a flow: from its source, or transferred by an agent.
    Entered {
        /// Who.
        customer: Customer,
        /// Which.
        flow: FlowId,
    },
    /// It leaves a step of a flow, or something is counted there.
    Passed {
        /// Who.
        customer: Customer,
        /// Which step.
        step: StepId,
        /// The number of the exit.
        exit: u32,
    },
    /// The contact leaves its queue, and nobody took it, nor did its patience end.
    Left {
        /// Who.
        contact: Contact,
        /// Why.
        outcome: Outcome,
    },
    /// An agent takes a callback, and the customer does not answer.
    Dialed {
        /// Who.
        contact: Contact,
        /// By whom.
        agent: AgentId,
        /// The agent's routing profile.
        profile: ProfileId,
        /// How long it rings; so long the agent is taken.
        ring: Span,
    },
    /// The rank of a waiting contact changes.
    Reranked {
        /// Who, as it was before.
        contact: Contact,
        /// Its contact priority from now on.
        priority: i64,
        /// Its routing age adjustment from now on.
        age_us: i64,
    },
    /// The contact's way through the center ends.
    Departed {
        /// Who.
        customer: Customer,
        /// Where it had come in; of a callback: where the call had that asked for it.
        arrived: Time,
        /// How it ended.
        outcome: Outcome,
        /// The queue that it leaves by this; `None`: it was in none.
        queue: Option<QueueId>,
        /// What it waited in queues, all together.
        waited: Span,
        /// When the first agent spoke with it.
        answered: Option<Time>,
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
    // So that each observer's own choice holds.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn observe(&mut self, at: Time, fact: &Fact) {
        self.0.observe(at, fact);
        self.1.observe(at, fact);
    }
}

impl<A: Observer, B: Observer, C: Observer> Observer for (A, B, C) {
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn observe(&mut self, at: Time, fact: &Fact) {
        self.0.observe(at, fact);
        self.1.observe(at, fact);
        self.2.observe(at, fact);
    }
}
