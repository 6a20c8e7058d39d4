//! Draws of which nothing is read but what they need: how long a contact talks, or waits.

use super::philox::{FirstWord, philox4x64};
use super::{Purpose, ROUNDS, Stream, Streams, kind};
use crate::id::SourceId;
use rand::TryRng;
use std::convert::Infallible;

/// All the randomness of one replication, as [`Streams`] has it, with the key worked out for every round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    streams: Streams,
    first_word: FirstWord<ROUNDS>,
}

impl Draws {
    pub(crate) const fn new(streams: Streams) -> Draws {
        Draws { streams, first_word: FirstWord::new([streams.seed, streams.replication]) }
    }

    /// The same words, in the same order, as the stream of that key has.
    #[inline(always)]
    pub(crate) const fn draw(&self, source: SourceId, purpose: Purpose, number: u64) -> Draw<'_> {
        let kind = kind(purpose, source);
        Draw { draws: self, number, kind, first: Some(self.first_word.of(number, kind)), further: 0 }
    }

    /// That stream, for what reads many words.
    pub(super) const fn stream(&self, source: SourceId, purpose: Purpose, number: u64) -> Stream {
        self.streams.source(source).stream(purpose, number)
    }
}

/// One draw. Of a hundred draws of the common distributions ninety-nine read one word: so the first is worked out at once, alone, and each further one
/// with its whole block. Nothing is ever borrowed by what is not inlined, so that all of this stays in registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw<'a> {
    draws: &'a Draws,
    number: u64,
    kind: u64,
    /// `None`: has been read.
    first: Option<u64>,
    /// How many more have been read.
    further: u64,
}

impl Draw<'_> {
    #[inline(always)]
    fn next_word(&mut self) -> u64 {
        if let Some(first) = self.first.take() {
            return first;
        }
        self.further += 1;
        further_word(self.draws, self.number, self.kind, self.further)
    }
}

#[cold]
#[inline(never)]
fn further_word(draws: &Draws, number: u64, kind: u64, place: u64) -> u64 {
    philox4x64([place / 4, number, kind, 0], draws.first_word.keys())[(place % 4) as usize]
}

rng_of_words!(Draw<'_>);

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn a_draw_reads_what_its_stream_has() {
        let streams = Streams::new(5, 6);
        let (source, number) = (SourceId(7), 1 << 50 | 8);
        let mut stream = streams.source(source).stream(Purpose::Patience, number);
        let draws = Draws::new(streams);
        let mut draw = draws.draw(source, Purpose::Patience, number);
        let words = |rng: &mut dyn FnMut() -> u64| (0..11).map(|_| rng()).collect::<Vec<_>>();
        assert_eq!(words(&mut || draw.next_u64()), words(&mut || stream.next_u64()));
    }
}
