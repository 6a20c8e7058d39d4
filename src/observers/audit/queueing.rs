//! The audit of paths: which queue a contact enters, with which rank, patience and room for it, and how it leaves.

use super::Audit;
use super::desks::Step;
use super::ways::{Patience, Stage};
use crate::id::QueueId;
use crate::model::drawn_of;
use crate::model::{CALLBACK_KEPT, CHAIN_MAX, Destination, RankFrom};
use crate::observe::{Contact, Customer, Outcome};
use crate::random::{Purpose, nth};
use crate::time::{Span, Time};

/// What makes a contact leave its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goes {
    ByItself,
    /// An agent takes it, or its patience ends: whatever else it had to do at this instant it has done.
    CalledAway,
    /// An agent takes it before contacts do what is due at this instant.
    CalledFirst,
}

impl Audit<'_> {
    pub(super) fn is_full(&self, queue: QueueId, sent_on: bool) -> bool {
        let rules = &self.model.paths.rules;
        let most = self.model.queues[queue].max_contacts;
        most.is_some_and(|most| {
            let most = if sent_on { rules.most_with_buffer(most) } else { u64::from(most) };
            self.world.in_line(queue).count() as u64 >= most
        })
    }

    pub(super) fn has_room_for(&mut self, customer: Customer, queue: QueueId) -> bool {
        let way = self.way(customer);
        let sent_on = way.sent_on || way.waits_as.is_some() || way.promise.is_some() || matches!(way.stage, Stage::Talks { .. });
        way.chain < CHAIN_MAX && !self.is_full(queue, sent_on)
    }

    /// Where it must go when the conversation ends; `None`: away.
    pub(super) fn next_after_talk(&mut self, customer: Customer) -> Option<Destination> {
        let way = self.way(customer);
        let (number, queue, chain) = (nth(customer.number, way.conversations - 1), way.queue?, way.chain);
        let transfers = self.model.paths.transfers.get(queue).map_or(&[][..], Vec::as_slice);
        let mut luck = self.world.streams_of(customer.source).stream(Purpose::Transfer, number);
        let to = transfers.get(drawn_of(transfers.iter().map(|transfer| transfer.upto), &mut luck))?.to;
        match to {
            Destination::Queue(to) if !self.has_room_for(customer, to) => None,
            to => (chain < CHAIN_MAX).then_some(to),
        }
    }

    /// Offered to a queue: whether it is the right one, with the right rank (R11), for one who finds room or one who does not.
    pub(super) fn enters_on_its_way(&mut self, contact: &Contact) {
        let now = self.world.now;
        let customer = contact.customer();
        self.forgets_criteria_after_talk(customer);
        if self.model.paths.telephony.is_unlimited() {
            self.rang_in_vain(customer);
        }
        let sent_to = self.world.given(customer.source, customer.number).map(|given| given.queue);
        let source = &self.model.sources[customer.source];
        let way = self.way(customer);
        let (stage, promise, waits) = (way.stage, way.promise, way.waits_as.is_some());
        let (queue, beside) = match stage {
            Stage::Ready if source.flow.is_none() => (Some(sent_to.unwrap_or(source.queue)), None),
            Stage::Enqueues { queue, beside } if !waits => (Some(queue), beside),
            Stage::TurnedAway { queue } => (Some(queue), None),
            Stage::Talks { until } if until == now => match self.next_after_talk(customer) {
                Some(Destination::Queue(queue)) => (Some(queue), None),
                _ => (None, None),
            },
            Stage::CalledBack { at } if at == now => {
                (promise.filter(|promise| now < promise.made + CALLBACK_KEPT).map(|promise| promise.queue), None)
            }
            _ => (None, None),
        };
        let way = self.way(customer);
        if promise.is_some() && matches!(way.stage, Stage::CalledBack { .. }) {
            way.chain = 0;
        }
        let turned_away = match way.stage {
            Stage::TurnedAway { .. } => true,
            // Room was found when the step was passed, or the conversation ended.
            Stage::Enqueues { .. } | Stage::Talks { .. } => false,
            _ => queue.is_some_and(|queue| !self.has_room_for(customer, queue)),
        };
        let ranks_from = if turned_away { now } else { self.would_rank_from(customer) };
        let way = self.way(customer);
        let age_us = way.rank.1 + (now.as_us() - ranks_from.as_us());
        if (Some(contact.queue), contact.enqueued, contact.priority, contact.age_us) != (queue, now, way.rank.0, age_us) {
            self.goes_wrong(customer, "enters a queue, or with that rank or time");
        }
        let stage = if turned_away {
            Stage::TurnedAway { queue: contact.queue }
        } else {
            let way = self.way(customer);
            (way.ranks_from, way.sent_on, way.left) = (Some(ranks_from), false, None);
            way.chain += 1;
            beside.map_or(Stage::Waits, Stage::Starts)
        };
        self.world.ways.starts.extend(beside.map(|_| customer));
        self.way(customer).queue = Some(contact.queue);
        self.set(customer, stage);
        self.world.just_offered = Some(Contact { enqueued: now, ..*contact });
    }

    pub(super) fn would_rank_from(&mut self, customer: Customer) -> Time {
        let (now, rules) = (self.world.now, &self.model.paths.rules);
        let way = self.way(customer);
        let rule = match way.promise {
            Some(promise) if promise.dialed > 0 => rules.callback_retry,
            Some(_) => rules.callback,
            None if way.sent_on || matches!(way.stage, Stage::Talks { .. }) => rules.after_agent,
            None if way.ranks_from.is_some() => rules.after_queue,
            None => RankFrom::Entry,
        };
        match rule {
            RankFrom::CallStart => way.call_start,
            RankFrom::Before => way.ranks_from.unwrap_or(now),
            RankFrom::Entry => now,
        }
    }

    /// It was offered and is now rejected, or is not.
    pub(super) fn is_where_it_should_be(&mut self, contact: &Contact, rejected: bool) {
        let turned_away = matches!(self.way(contact.customer()).stage, Stage::TurnedAway { .. });
        if turned_away != rejected {
            self.breaks("R19", format!("{} finds no room and is not rejected, or the other way about", self.contact(contact)));
        }
        self.way(contact.customer()).waits_as = Some(*contact).filter(|_| !rejected);
        if !rejected {
            self.begins_to_want(contact);
        }
    }

    /// When the patience of a contact that enters a queue ends: a wait keeps its own from queue to queue, a callback has none but is not kept for ever.
    pub(super) fn deadline(&mut self, contact: &Contact) -> Option<Time> {
        let way = self.way(contact.customer());
        if let Some(Patience(deadline)) = way.patience {
            return deadline;
        }
        let (waits, promise) = (way.waits, way.promise);
        way.waits += u64::from(promise.is_none());
        let deadline = match promise {
            Some(promise) => Some(promise.made + CALLBACK_KEPT),
            None => self.world.patience(contact, waits).map(|patience| contact.enqueued + patience),
        };
        self.way(contact.customer()).patience = Some(Patience(deadline));
        deadline
    }

    /// It leaves a queue, and what it did beside is over. Whoever is called away, and does not go by itself, has done before what was due (R3).
    pub(super) fn has_waited(&mut self, contact: &Contact, goes: Goes) {
        let waited = self.world.now.since(contact.enqueued);
        self.has_acted(contact, goes);
        self.has_drawn(contact.customer(), self.acts_are_done_by(goes));
        let way = self.way(contact.customer());
        way.waited = way.waited + waited;
        (way.waits_as, way.left) = (None, Some(contact.queue));
        (way.wants, way.widens) = (None, None);
        way.rank_changes.clear();
    }

    fn acts_are_done_by(&self, goes: Goes) -> Time {
        let now = self.world.now;
        if goes == Goes::CalledFirst { Time::from_us(now.as_us() - 1) } else { now }
    }

    /// Nothing is left of what it had to do before it goes.
    pub(super) fn has_acted(&mut self, contact: &Contact, goes: Goes) {
        let (now, by) = (self.world.now, self.acts_are_done_by(goes));
        let (round, step) = (self.world.desks.round, self.world.desks.step);
        let way = self.way(contact.customer());
        let ranks_late = way.rank_changes.front().is_some_and(|change| change.0 <= by);
        // Criteria that begin and expire at one instant expire in its next round, after the agents' changes.
        let in_this_round = way.wants_since == (now, round) || (step == Step::Agents && way.wants_since == (now, round.saturating_sub(1)));
        let widens_later = way.widens == Some(now) && in_this_round;
        let is_late = way.due.is_some_and(|due| due <= by) && !widens_later;
        if ranks_late || (goes != Goes::ByItself && is_late) {
            self.breaks("R3, the flow", format!("{} should have gone on before", self.contact(contact)));
        }
    }

    /// Its way ends now.
    pub(super) fn must_go(&mut self, customer: Customer, outcome: Outcome, queue: QueueId) {
        self.way(customer).left = Some(queue);
        self.set(customer, Stage::Leaves(outcome));
    }

    pub(super) fn left(&mut self, contact: &Contact, outcome: Outcome) {
        let now = self.world.now;
        let customer = contact.customer();
        let Some(place) = self.world.find(contact) else {
            return self.breaks("R19", format!("{} leaves its queue, but it does not wait", self.contact(contact)));
        };
        let left = self.world.leaves(contact.queue, place);
        self.queued_if_it_waited(contact, left.queued);
        self.world.books[contact.queue].diverted += 1;
        let expires = outcome == Outcome::Expired && left.deadline == Some(now) && self.way(customer).promise.is_some();
        let stage = self.way(customer).stage;
        let right = match stage {
            Stage::Leaves(why) => why == outcome,
            Stage::Enqueues { .. } => outcome == Outcome::Transferred,
            Stage::Promises { .. } => outcome == Outcome::Callback,
            _ => expires,
        };
        if !right {
            self.goes_wrong(customer, "leaves its queue");
        }
        self.has_waited(contact, if expires { Goes::CalledAway } else { Goes::ByItself });
        self.set(customer, if expires { Stage::Leaves(outcome) } else { stage });
    }

    /// R11: at once, but in a queue where it waits already only after a while.
    pub(super) fn is_ranked_anew(&mut self, customer: Customer, priority: Option<i64>, age_us: Option<i64>) {
        let (now, rules) = (self.world.now, &self.model.paths.rules);
        let way = self.way(customer);
        let sum = |before: i64, age_us: i64| if rules.ages_add_up { before + age_us } else { age_us };
        let most = Span::MAX.as_us();
        let adjusted = |before: i64| age_us.map_or(before, |age_us| sum(before, age_us).clamp(-most, most));
        way.rank = (priority.unwrap_or(way.rank.0), adjusted(way.rank.1));
        if way.waits_as.is_some() {
            way.rank_changes.push_back((now + rules.rank_change_takes, way.rank.0, way.rank.1));
        }
    }

    pub(super) fn reranked(&mut self, contact: &Contact, told: (i64, i64)) {
        let (now, customer) = (self.world.now, contact.customer());
        self.starts(customer);
        let way = self.way(customer);
        let from = way.ranks_from.unwrap_or(now).as_us();
        let change = way.rank_changes.pop_front().map(|(at, priority, age_us)| (at, priority, age_us + contact.enqueued.as_us() - from));
        let stage = way.stage;
        let Some(place) = self.world.find(contact) else {
            return self.breaks("R11", format!("{} gets another rank, but does not wait", self.contact(contact)));
        };
        if change != Some((now, told.0, told.1)) {
            self.breaks("R11", format!("{} gets another rank than it should, or at another time", self.contact(contact)));
        }
        let waiting = &mut self.world.queues[contact.queue][place].contact;
        (waiting.priority, waiting.age_us) = told;
        let waits_as = *waiting;
        self.way(customer).waits_as = Some(waits_as);
        self.set(customer, stage);
    }
}
