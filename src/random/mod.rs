//! Randomness that is looked up, not consumed: every draw has a key (R25).
//!
//! [`Streams`] holds (seed, replication); [`SourceStreams`] adds the source; [`SourceStreams::stream`] adds what the draw
//! is for and the contact's number, and yields a [`Stream`], a generator of its own behind `rand`'s traits. A contact keeps its
//! luck whatever design it meets, and a sampler that rejects disturbs nobody else's draws.
//!
//! The generator is Philox 4x64-7 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011): the key goes into
//! it as it is, without hashing, so that two different keys never share a stream. Seven rounds are what the paper found to pass all of
//! `TestU01`'s `BigCrush`; the ten of its default would cost a run some ten percent.

/// `rand`'s traits for what has a `next_word`.
macro_rules! rng_of_words {
    ($generator:ty) => {
        impl TryRng for $generator {
            type Error = Infallible;

            #[inline]
            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                Ok((self.next_word() >> 32) as u32)
            }

            #[inline(always)]
            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                Ok(self.next_word())
            }

            fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
                for chunk in bytes.chunks_mut(8) {
                    chunk.copy_from_slice(&self.next_word().to_le_bytes()[..chunk.len()]);
                }
                Ok(())
            }
        }
    };
}

mod distribution;
mod draw;
mod long;
mod philox;

pub(crate) use distribution::choice;
pub use distribution::{Distribution, Other, SurvivalPoint};
pub(crate) use draw::Draws;
pub(crate) use long::LongStream;

use crate::id::SourceId;
use philox::{philox4x64, schedule};
use rand::TryRng;
use std::convert::Infallible;

/// What a draw is for. The numbers are part of every result: they are never changed, only added to.
///
/// ```
/// assert_eq!(waitline::random::Purpose::Patience as u32, 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u32)]
pub enum Purpose {
    /// When contacts arrive; number 0, read in order. Number 1: the states that govern the rate, where there are such.
    Arrivals = 1,
    /// How long a contact talks.
    HandleTime = 2,
    /// How long the agent works after the contact.
    AfterContactWork = 3,
    /// How long a contact waits before it abandons.
    Patience = 4,
    /// How busy a day is; the number is the day.
    Busyness = 5,
    /// How many contacts arrive together; the number is the batch.
    BatchSize = 6,
    /// Which agent takes a contact, where the rule is chance.
    AgentChoice = 7,
    /// Whether an agent is absent; the number stands for its name, the source for the day.
    Absence = 8,
    /// Whether an agent is away; the number stands for its name, the source for the interval.
    Shrinkage = 9,
    /// How long contacts of a queue take in this replication; the number is the queue.
    HandleTimeOfDay = 10,
    /// When something is the case; the number stands for its name. Read in order.
    Event = 11,
    /// What happens in a step of a flow; the number is the contact's, with how often it has been there before, the place stands for the step's name.
    Step = 12,
    /// Whether a conversation ends in a transfer; the number is the contact's, with how many conversations it had before.
    Transfer = 13,
    /// Whether and when somebody calls again; the number is the contact's, with how many calls it made before.
    CallAgain = 14,
    /// A contact's attributes; the place stands for their names.
    Attributes = 15,
    /// Over which carrier a call comes in; the number as for `CallAgain`.
    Carrier = 16,
    /// How late a shift begins; the number stands for the agent's name, the source for the place of the shift among the agent's.
    Late = 17,
    /// How late an agent goes to a break, a meeting or the like; the number stands for its name, the source for the place among its activities.
    BreakStart = 18,
    /// How late it comes back from there; as `BreakStart`.
    BreakEnd = 19,
    /// Whether an agent reacts to an offer, and how; the number is the contact's, with how often it was offered before. Place 0: whether at all; 1: how long it
    /// rings; 2: how long the agent takes to recover; 3: how long it takes to connect.
    Offer = 20,
    /// How long customers take to reply; the number is the contact's, with how many conversations it had before. Read in order.
    Reply = 21,
    /// Free for a user's own arrival process.
    Own = 1000,
}

/// All the randomness of one replication.
///
/// ```
/// use rand::Rng;
/// use waitline::random::{Purpose, Streams};
/// use waitline::SourceId;
/// let luck = |number| Streams::new(1, 0).source(SourceId(3)).stream(Purpose::Patience, number).next_u64();
/// assert_eq!(luck(7), luck(7));
/// assert_ne!(luck(7), luck(8));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
    replication: u64,
}

impl Streams {
    /// The randomness of replication `replication` (from 0) under `seed`.
    pub const fn new(seed: u64, replication: u64) -> Streams {
        Streams { seed, replication }
    }

    /// The randomness of one source.
    pub const fn source(self, source: SourceId) -> SourceStreams {
        SourceStreams { streams: self, source }
    }
}

/// All the randomness of one source in one replication. See [`Streams`].
///
/// ```
/// use rand::Rng;
/// use waitline::SourceId;
/// use waitline::random::{Purpose, Streams};
/// let source = Streams::new(1, 0).source(SourceId(0));
/// let (mut handling, mut patience) = (source.stream(Purpose::HandleTime, 5), source.stream(Purpose::Patience, 5));
/// assert_ne!(handling.next_u64(), patience.next_u64());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceStreams {
    streams: Streams,
    source: SourceId,
}

impl SourceStreams {
    /// The randomness of another source in the same replication: for what several sources have in common.
    pub const fn of(self, source: SourceId) -> SourceStreams {
        self.streams.source(source)
    }

    /// The generator for one purpose and number (of the contact, or as [`Purpose`] says).
    #[inline]
    pub const fn stream(&self, purpose: Purpose, number: u64) -> Stream {
        self.stream_at(purpose, number, 0)
    }

    /// The generator for one purpose and number at one place: whatever there is several of, such as the steps of a flow.
    #[inline]
    pub const fn stream_at(&self, purpose: Purpose, number: u64, place: u64) -> Stream {
        Stream::new([self.streams.seed, self.streams.replication], [number, kind(purpose, self.source), place])
    }
}

/// A text as a number: FNV-1a with 64 bits (RFC 9923).
pub(crate) fn hash_of_text(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The number of a contact together with how often the same happened to it before, as one number for a key (R25).
pub(crate) const fn nth(number: u64, times: u64) -> u64 {
    number | times << 48
}

/// What a draw is for and whose it is, as one word of a key.
#[inline]
const fn kind(purpose: Purpose, source: SourceId) -> u64 {
    (purpose as u64) << 32 | source.0 as u64
}

/// Rounds of Philox; part of every result.
const ROUNDS: usize = 7;

/// A generator for one purpose and one contact: Philox 4x64-7, read block by block.
///
/// Use it through `rand`'s traits, as any other generator.
///
/// ```
/// use rand::RngExt;
/// use waitline::SourceId;
/// use waitline::random::{Purpose, Streams};
/// let mut stream = Streams::new(1, 0).source(SourceId(0)).stream(Purpose::Own, 0);
/// let share: f64 = stream.random();
/// assert!((0.0..1.0).contains(&share));
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    key: [u64; 2],
    place: [u64; 3],
    block: u64,
    words: [u64; 4],
    /// How many of `words` have been read.
    read: usize,
}

impl Stream {
    #[inline]
    const fn new(key: [u64; 2], place: [u64; 3]) -> Stream {
        Stream { key, place, block: 0, words: philox4x64::<ROUNDS>([0, place[0], place[1], place[2]], &schedule(key)), read: 0 }
    }

    #[inline(always)]
    fn next_word(&mut self) -> u64 {
        if self.read >= self.words.len() {
            self.block += 1;
            self.words = block_of(&self.key, &self.place, self.block);
            self.read = 0;
        }
        let word = self.words[self.read];
        self.read += 1;
        word
    }
}

// Given no more than it reads: so whoever reads word by word may keep in registers how far it has come.
#[inline(never)]
fn block_of(key: &[u64; 2], place: &[u64; 3], block: u64) -> [u64; 4] {
    philox4x64::<ROUNDS>([block, place[0], place[1], place[2]], &schedule(*key))
}

rng_of_words!(Stream);

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn every_part_of_the_key_matters() {
        let first = |seed, replication, source, purpose, number| {
            Streams::new(seed, replication).source(SourceId(source)).stream(purpose, number).next_u64()
        };
        let values = [
            first(1, 0, 0, Purpose::Patience, 0),
            first(2, 0, 0, Purpose::Patience, 0),
            first(1, 1, 0, Purpose::Patience, 0),
            first(1, 0, 1, Purpose::Patience, 0),
            first(1, 0, 0, Purpose::HandleTime, 0),
            first(1, 0, 0, Purpose::Patience, 1),
        ];
        let different: std::collections::BTreeSet<u64> = values.into_iter().collect();
        assert_eq!(different.len(), values.len());
    }

    #[test]
    fn a_stream_goes_on_past_its_first_block() {
        let mut stream = Streams::new(1, 2).source(SourceId(3)).stream(Purpose::Arrivals, 0);
        let words: std::collections::BTreeSet<u64> = (0..10_000).map(|_| stream.next_u64()).collect();
        assert_eq!(words.len(), 10_000);
        let mut bytes = [0; 13];
        stream.fill_bytes(&mut bytes);
        assert!(bytes.iter().any(|&byte| byte != 0));
    }
}
