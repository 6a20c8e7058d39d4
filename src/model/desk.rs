//! How agents take contacts: channels, how many at once, offers, and what decides who has been available the longest.

use crate::id::{AgentId, QueueId, Table};
use crate::random::Distribution;
use crate::time::Span;
use std::ops::{Index, IndexMut};

/// How a contact reaches the center.
///
/// ```
/// use waitline::model::Channel;
/// assert_eq!(Channel::default().name(), "voice");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Channel {
    /// A telephone call.
    #[default]
    Voice,
    /// A conversation in writing; an agent may hold several.
    Chat,
    /// A piece of work.
    Task,
    /// A letter.
    Email,
}

impl Channel {
    /// All of them.
    pub const ALL: [Channel; 4] = [Channel::Voice, Channel::Chat, Channel::Task, Channel::Email];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Voice => "voice",
            Channel::Chat => "chat",
            Channel::Task => "task",
            Channel::Email => "email",
        }
    }

    /// How long an agent has to accept a contact: what Amazon Connect documents; of e-mail it does not say, 20 s is ours.
    pub const fn ring_time(self) -> Span {
        match self {
            Channel::Voice | Channel::Chat | Channel::Email => Span::from_secs(20),
            Channel::Task => Span::from_secs(30),
        }
    }
}

/// Something for each channel, in the order of [`Channel::ALL`].
///
/// ```
/// use waitline::model::{Channel, PerChannel};
/// let mut held: PerChannel<u8> = PerChannel::default();
/// held[Channel::Chat] += 2;
/// assert_eq!(held[Channel::Chat], 2);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PerChannel<T>(pub [T; 4]);

impl<T> Index<Channel> for PerChannel<T> {
    type Output = T;
    #[inline]
    fn index(&self, channel: Channel) -> &T {
        &self.0[channel as usize]
    }
}

impl<T> IndexMut<Channel> for PerChannel<T> {
    #[inline]
    fn index_mut(&mut self, channel: Channel) -> &mut T {
        &mut self.0[channel as usize]
    }
}

/// How the agents of a routing profile take contacts.
///
/// ```
/// use waitline::model::{Channel, Desk};
/// let desk = Desk::default();
/// assert_eq!(desk.capacity[Channel::Voice].unwrap().at_once, 1);
/// assert!(desk.capacity[Channel::Chat].is_none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    /// What they may hold of each channel; `None`: nothing.
    pub capacity: PerChannel<Option<Capacity>>,
    /// How contacts are offered; `None`: they are answered at once.
    pub offers: Option<Offers>,
    /// Since when an agent passes for available.
    pub availability: Availability,
}

impl Default for Desk {
    fn default() -> Desk {
        Desk { capacity: PerChannel([Some(Capacity::ONE), None, None, None]), offers: None, availability: Availability::default() }
    }
}

/// What an agent may hold of a channel, as Amazon Connect has it.
///
/// ```
/// use waitline::model::Capacity;
/// let chats = Capacity { at_once: 3, slowdown_milli: 150, ..Capacity::ONE };
/// assert!(!chats.other_channels);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// So many contacts at once: 1 for voice, 1 to 10 for the others.
    pub at_once: u8,
    /// Whether an agent who holds one of these may be given contacts of other channels.
    pub other_channels: bool,
    /// By how much each further contact in hand stretches what is left of the handling of one of these, in thousandths.
    pub slowdown_milli: u32,
}

impl Capacity {
    /// One contact, and nothing beside it.
    pub const ONE: Capacity = Capacity { at_once: 1, other_channels: false, slowdown_milli: 0 };
}

/// How contacts are offered to agents.
///
/// ```
/// use waitline::Span;
/// use waitline::model::Offers;
/// use waitline::random::Distribution;
/// let seconds = |seconds| Distribution::Constant(Span::from_secs(seconds));
/// let offers = Offers { accept: seconds(4), missed: 0.02, rejected: 0.01, recovery: seconds(30), connect: None };
/// assert!(offers.missed + offers.rejected <= 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Offers {
    /// How long it rings until the agent accepts or rejects. Longer than [`Channel::ring_time`]: missed.
    pub accept: Distribution,
    /// The share of offers to which the agent does not react.
    pub missed: f64,
    /// The share that it rejects.
    pub rejected: f64,
    /// After a missed or rejected offer, or when the customer hung up while it rang: how long until the agent may be given contacts again.
    pub recovery: Distribution,
    /// From accepting until they talk (whispers); it belongs to the wait.
    pub connect: Option<Distribution>,
}

/// Since when an agent passes for available (R10).
///
/// ```
/// assert_eq!(waitline::model::Availability::default(), waitline::model::Availability::SinceLastContact);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Availability {
    /// Since its last contact.
    #[default]
    SinceLastContact,
    /// Since its last inbound contact: outbound contacts leave it its place.
    SinceLastInbound,
}

/// What is different for the contacts of one channel in a queue.
///
/// ```
/// assert!(waitline::model::ChannelTerms::default().patience.is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChannelTerms {
    /// Instead of the queue's.
    pub handle_time: Option<Distribution>,
    /// Instead of the queue's.
    pub after_contact_work: Option<Distribution>,
    /// Instead of the queue's.
    pub patience: Option<Distribution>,
    /// Pauses in which the agent waits for the customer.
    pub replies: Option<Replies>,
}

/// Pauses in a conversation: the talk is divided into `count + 1` equal parts with a pause between each two, in which the contact keeps its place but takes none
/// of the agent's time.
///
/// ```
/// use waitline::Span;
/// use waitline::model::Replies;
/// use waitline::random::Distribution;
/// let replies = Replies { count: 5, after: Distribution::Constant(Span::from_secs(40)) };
/// assert_eq!(replies.part(Span::from_secs(600), 0), Span::from_secs(100));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Replies {
    /// How many.
    pub count: u32,
    /// How long the customer takes.
    pub after: Distribution,
}

impl Replies {
    /// The `part`-th part of a talk, from 0; the parts add up to the talk.
    pub fn part(&self, talk: Span, part: u32) -> Span {
        let upto = |part: u32| i128::from(talk.as_us()) * i128::from(part) / i128::from(self.count + 1);
        Span::from_us((upto(part + 1) - upto(part)) as i64)
    }
}

/// How long an agent takes for what others do in the time that was drawn; what is given of a replayed contact stays as it is.
///
/// ```
/// use waitline::model::Pace;
/// use waitline::{QueueId, Span};
/// let slow = Pace { factor_milli: 1200, ..Pace::default() };
/// assert_eq!(slow.stretch(QueueId(0), 0, Span::from_secs(100)), Span::from_secs(120));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// By what its handling is multiplied, in thousandths.
    pub factor_milli: u32,
    /// The same for single queues; both hold.
    pub by_queue: Vec<(QueueId, u32)>,
    /// What it still has to learn.
    pub learning: Option<Learning>,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { factor_milli: 1000, by_queue: Vec::new(), learning: None }
    }
}

impl Pace {
    /// What was drawn for a contact of the queue takes this agent, who has answered so many contacts before in this run; rounded to the microsecond, halves up.
    pub fn stretch(&self, queue: QueueId, answered: u64, drawn: Span) -> Span {
        let of_queue = self.by_queue.iter().find(|(other, _)| *other == queue).map_or(1000, |(_, milli)| *milli);
        let learning = self.learning.map_or(1000, |learning| learning.factor_milli(answered));
        let product = i128::from(drawn.as_us()) * i128::from(self.factor_milli) * i128::from(of_queue) * i128::from(learning);
        let us = (product + 500_000_000) / 1_000_000_000;
        Span::from_us(us.min(i128::from(Span::MAX.as_us())) as i64)
    }
}

/// A straight learning curve: handling takes `begins_milli` thousandths of its time at the first contact, and its time from the `contacts`-th on.
///
/// ```
/// use waitline::model::Learning;
/// let curve = Learning { begins_milli: 1500, contacts: 100 };
/// assert_eq!([curve.factor_milli(0), curve.factor_milli(50), curve.factor_milli(100)], [1500, 1250, 1000]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learning {
    /// At the first contact.
    pub begins_milli: u32,
    /// After so many contacts there is nothing left to learn.
    pub contacts: u32,
}

impl Learning {
    /// The factor for one who has answered so many contacts, in thousandths.
    pub fn factor_milli(self, answered: u64) -> u32 {
        let left = i64::from(self.contacts) - i64::try_from(answered).unwrap_or(i64::MAX);
        if left <= 0 { 1000 } else { (1000 + (i64::from(self.begins_milli) - 1000) * left / i64::from(self.contacts)) as u32 }
    }
}

/// Which agents a contact wants, step by step (Amazon Connect: routing criteria).
///
/// ```
/// use waitline::Span;
/// use waitline::model::{Criteria, CriteriaStep};
/// let step = CriteriaStep { agents: [true, false].into_iter().collect(), lasts: Some(Span::from_secs(30)) };
/// let criteria = Criteria { name: "spanish first".into(), steps: vec![step] };
/// assert!(criteria.steps[0].agents[waitline::AgentId(0)]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Criteria {
    /// Their name.
    pub name: String,
    /// One after the other; after the last everybody who serves the queue will do. Every step but the last lasts for some time.
    pub steps: Vec<CriteriaStep>,
}

/// A step of [`Criteria`].
///
/// ```
/// let nobody = waitline::model::CriteriaStep { agents: waitline::Table::new(), lasts: None };
/// assert!(nobody.agents.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CriteriaStep {
    /// For each agent, whether it fits.
    pub agents: Table<AgentId, bool>,
    /// From the end of the step before (the first: from entering the queue) until it expires; `None`: never.
    pub lasts: Option<Span>,
}

/// The channels as a person reads them.
impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_talk_add_up() {
        let replies = Replies { count: 6, after: Distribution::Constant(Span::ZERO) };
        for us in [0, 1, 6, 7, 8, 1_000_003] {
            let parts: i64 = (0..=6).map(|part| replies.part(Span::from_us(us), part).as_us()).sum();
            assert_eq!(parts, us);
        }
    }

    #[test]
    fn factors_multiply_and_round_once() {
        let pace =
            Pace { factor_milli: 1500, by_queue: vec![(QueueId(2), 900)], learning: Some(Learning { begins_milli: 2000, contacts: 4 }) };
        assert_eq!(pace.stretch(QueueId(2), 1, Span::from_us(1000)), Span::from_us(2363)); // 1.5 x 0.9 x 1.75 = 2.3625
        assert_eq!(pace.stretch(QueueId(0), 9, Span::from_us(3)), Span::from_us(5)); // 4.5
        assert_eq!(pace.stretch(QueueId(0), 9, Span::MAX), Span::MAX);
    }
}
