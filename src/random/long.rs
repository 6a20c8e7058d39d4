//! Streams of which many words are read: when contacts arrive.

use super::philox::{philox4x64, schedule};
use super::{Purpose, ROUNDS, SourceStreams, kind};
use rand::TryRng;
use std::convert::Infallible;

/// The blocks of Philox that are worked out at once.
const BLOCKS: usize = 4;

/// The same words as a [`Stream`](super::Stream) has, several blocks of them at a time, which costs less a word.
#[derive(Clone, Debug)]
pub(crate) struct LongStream {
    key: [u64; 2],
    place: [u64; 2],
    /// Blocks worked out so far.
    blocks: u64,
    words: [u64; 4 * BLOCKS],
    /// How many of `words` have been read.
    read: usize,
}

impl LongStream {
    pub(crate) const fn new(streams: SourceStreams, purpose: Purpose, number: u64) -> LongStream {
        let key = [streams.streams.seed, streams.streams.replication];
        LongStream { key, place: [number, kind(purpose, streams.source)], blocks: 0, words: [0; 4 * BLOCKS], read: 4 * BLOCKS }
    }

    #[inline(always)]
    fn next_word(&mut self) -> u64 {
        if self.read >= self.words.len() {
            self.words = words_of(&self.key, &self.place, self.blocks);
            self.blocks += BLOCKS as u64;
            self.read = 0;
        }
        let word = self.words[self.read];
        self.read += 1;
        word
    }
}

// Given no more than it reads: so whoever reads word by word may keep in registers how far it has come.
#[inline(never)]
fn words_of(key: &[u64; 2], place: &[u64; 2], from: u64) -> [u64; 4 * BLOCKS] {
    let keys = schedule::<ROUNDS>(*key);
    let mut words = [0; 4 * BLOCKS];
    for (words, block) in words.as_chunks_mut().0.iter_mut().zip(from..) {
        *words = philox4x64([block, place[0], place[1], 0], &keys);
    }
    words
}

rng_of_words!(LongStream);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SourceId;
    use crate::random::Streams;
    use rand::Rng;

    #[test]
    fn a_long_stream_has_the_words_of_a_stream() {
        let source = Streams::new(5, 6).source(SourceId(7));
        let (mut long, mut stream) = (LongStream::new(source, Purpose::Own, 8), source.stream(Purpose::Own, 8));
        assert!((0..100).all(|_| long.next_u64() == stream.next_u64()));
    }
}
