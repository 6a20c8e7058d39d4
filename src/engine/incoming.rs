//! What sources send, and what is drawn for it: when contacts arrive, how long they talk, how long they wait.

use super::simulation::Simulation;
use super::winner_tree::NEVER;
use crate::id::{Id, ProfileId, QueueId, SourceId};
use crate::model::arrivals::{BLOCK, Block, Reader};
use crate::model::{Channel, Entry, Given, Model, Source};
use crate::observe::{Contact, Observer};
use crate::random::{Distribution, Purpose, SourceStreams, nth};
use crate::time::{Span, Time};

/// What a source is about to send.
pub(super) struct Incoming<'m> {
    reader: Box<dyn Reader + 'm>,
    /// Its next arrivals, the one that is due included, and how long those contacts talk: read and drawn many at a time, which costs less than one by one.
    instants: Block,
    talks: [Span; BLOCK],
    /// How many of them have become due.
    read: usize,
    /// Contacts sent so far: the number of the one that is due.
    number: u64,
    /// How long that one talks.
    talk: Span,
    /// What its contacts have in common.
    queue: QueueId,
    priority: i64,
    age_us: i64,
}

impl<'m> Incoming<'m> {
    pub(super) fn new(source: &'m Source, streams: SourceStreams) -> Incoming<'m> {
        Incoming {
            reader: source.arrivals.reader(streams),
            instants: [Time::NEVER; BLOCK],
            talks: [Span::ZERO; BLOCK],
            read: BLOCK,
            number: 0,
            talk: Span::ZERO,
            queue: source.queue,
            priority: source.priority,
            age_us: source.age_us,
        }
    }

    /// The contact that comes next becomes due: when. Once there is none, it must not be asked for.
    #[inline(always)]
    pub(super) fn next(&mut self) -> i64 {
        self.talk = self.talks[self.read];
        let at = self.instants[self.read];
        self.read += 1;
        at.as_us()
    }

    #[inline(always)]
    fn contact(&self, source: SourceId, number: u64, now: i64) -> Contact {
        Contact { source, number, queue: self.queue, enqueued: Time::from_us(now), priority: self.priority, age_us: self.age_us }
    }
}

impl<O: Observer, const RANKED: bool, const PATHS: bool, const DESKS: bool> Simulation<'_, '_, O, RANKED, PATHS, DESKS> {
    /// The source's next arrival before the horizon, if any, becomes due at that instant.
    #[inline(always)]
    pub(super) fn await_arrival(&mut self, source: SourceId, at: i64) {
        if at < self.now {
            runs_backwards(source);
        }
        self.arrivals.set(source.index(), at);
    }

    /// Reads the source's next arrivals, from that number on, and draws how long they talk.
    #[inline(never)]
    pub(super) fn read_block(&mut self, source: SourceId, number: u64) {
        let incoming = &mut self.incoming[source];
        incoming.reader.read(&mut incoming.instants, self.model.run.horizon);
        incoming.read = 0;
        if !PATHS && !self.particular {
            self.model.queues[incoming.queue].handle_time.draw_all(&self.draws, source, Purpose::HandleTime, number, &mut incoming.talks);
        }
    }

    /// Takes the contact that arrives now, and its talk, and lets its source prepare the next.
    #[inline(always)]
    pub(super) fn next_contact(&mut self, source: SourceId) -> (Contact, Span) {
        let incoming = &mut self.incoming[source];
        let talk = incoming.talk;
        let contact = incoming.contact(source, incoming.number, self.now);
        incoming.number += 1;
        if incoming.read == BLOCK {
            self.read_block(source, contact.number + 1);
        }
        let next = self.incoming[source].next();
        self.await_arrival(source, next);
        (self.with_what_is_given(contact), talk)
    }

    /// A contact as its source sends it.
    pub(super) fn contact_of(&self, source: SourceId, number: u64) -> Contact {
        self.with_what_is_given(self.incoming[source].contact(source, number, self.now))
    }

    #[inline(always)]
    fn with_what_is_given(&self, contact: Contact) -> Contact {
        let Contact { source, number, queue, priority, age_us, .. } = contact;
        let common = (queue, priority, age_us);
        let (queue, priority, age_us) = if self.particular { self.rank_of(source, number).unwrap_or(common) } else { common };
        Contact { queue, priority, age_us, ..contact }
    }

    /// Queue, priority and age that are given of a contact, if it is replayed.
    #[inline(never)]
    fn rank_of(&self, source: SourceId, number: u64) -> Option<(QueueId, i64, i64)> {
        given(self.model, source, number).map(|given| (given.queue, given.priority, given.age_us))
    }

    /// When the contact's patience ends if it waits from now on, or [`NEVER`].
    #[inline(always)]
    pub(super) fn deadline_of(&self, contact: &Contact) -> i64 {
        self.patience_of(contact, Channel::Voice, 0).map_or(NEVER, |patience| self.now + patience.as_us())
    }

    /// How long the contact waits at most the `wait`-th time, from 0; `None`: for ever.
    #[inline(always)]
    pub(super) fn patience_of(&self, contact: &Contact, channel: Channel, wait: u64) -> Option<Span> {
        if self.particular
            && let Some(given) = self.given_of(contact, wait)
        {
            return given.patience;
        }
        let queue = &self.model.queues[contact.queue];
        let by_channel = if DESKS { queue.by_channel[channel].patience.as_ref() } else { None };
        let patience = by_channel.or(queue.patience.as_ref())?;
        Some(patience.draw(&self.draws, contact.source, Purpose::Patience, nth(contact.number, wait)))
    }

    /// Talk and after-contact work of a contact whose `talk` was drawn ahead.
    #[inline(always)]
    pub(super) fn handling_of(&self, profile: ProfileId, contact: &Contact, talk: Span) -> (Span, Span) {
        if self.particular {
            self.particular_handling(profile, contact, 0)
        } else {
            (talk, self.after_contact_work(contact, contact.number))
        }
    }

    /// Talk and after-contact work of the contact's `conversation`-th conversation, from 0 (R13).
    #[inline]
    pub(super) fn handling(&self, profile: ProfileId, contact: &Contact, conversation: u64) -> (Span, Span) {
        if self.particular {
            return self.particular_handling(profile, contact, conversation);
        }
        let number = nth(contact.number, conversation);
        let talk = self.model.queues[contact.queue].handle_time.draw(&self.draws, contact.source, Purpose::HandleTime, number);
        (talk, self.after_contact_work(contact, number))
    }

    /// Where nothing in particular decides. The number is the contact's, with how many conversations it had before.
    #[inline(always)]
    fn after_contact_work(&self, contact: &Contact, number: u64) -> Span {
        if self.works_after { self.drawn_after_contact_work(contact, number) } else { Span::ZERO }
    }

    #[inline(never)]
    fn drawn_after_contact_work(&self, contact: &Contact, number: u64) -> Span {
        let work = self.model.queues[contact.queue].after_contact_work.as_ref();
        work.map_or(Span::ZERO, |work| work.draw(&self.draws, contact.source, Purpose::AfterContactWork, number))
    }

    /// As `handling`: what is given, else drawn from the profile entry's distribution, else from the queue's, and stretched by the day.
    #[inline(never)]
    fn particular_handling(&self, profile: ProfileId, contact: &Contact, conversation: u64) -> (Span, Span) {
        let queue = &self.model.queues[contact.queue];
        let entry: Option<&Entry> =
            if self.overrides[profile] { self.model.profiles[profile].overriding_entry(contact.queue, Channel::Voice) } else { None };
        let given = self.given_of(contact, conversation);
        let number = nth(contact.number, conversation);
        let draw = |distribution: &Distribution, purpose| {
            self.day.stretch(contact.queue, distribution.draw(&self.draws, contact.source, purpose, number))
        };
        let talk = given
            .and_then(|given| given.handle_time)
            .unwrap_or_else(|| draw(entry.and_then(|entry| entry.handle_time.as_ref()).unwrap_or(&queue.handle_time), Purpose::HandleTime));
        let after = given.and_then(|given| given.after_contact_work).unwrap_or_else(|| {
            let work = entry.and_then(|entry| entry.after_contact_work.as_ref()).or(queue.after_contact_work.as_ref());
            work.map_or(Span::ZERO, |work| draw(work, Purpose::AfterContactWork))
        });
        (talk, after)
    }

    /// What is given of a replayed contact, for the first wait or conversation.
    #[inline(never)]
    fn given_of(&self, contact: &Contact, times: u64) -> Option<&Given> {
        given(self.model, contact.source, contact.number).filter(|_| times == 0)
    }
}

#[cold]
#[inline(never)]
fn runs_backwards(source: SourceId) -> ! {
    panic!("the arrivals of source {} run backwards", source.0)
}

/// What is known of a replayed contact.
#[inline]
pub(super) fn given(model: &Model, source: SourceId, number: u64) -> Option<&Given> {
    let given = &model.sources[source].given;
    if given.is_empty() { None } else { given.get(number as usize) }
}
