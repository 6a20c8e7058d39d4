//! What flows and calls share: lines, services, and what is the case at times.

use super::journeys::Line;
use crate::id::{CarrierId, EventId, ServiceId, Table};
use crate::model::{Model, RateLimit, Service, Timetable};
use crate::random::{SourceStreams, Streams};
use crate::time::Time;
use std::borrow::Cow;

/// The state of a service.
#[derive(Clone, Debug, Default)]
struct ServiceState {
    /// When the bucket will be full again (the theoretical arrival time of the generic cell rate algorithm, ITU-T I.371): one number stands
    /// for the tokens.
    full_at_us: i64,
    /// For each value that answers are kept for: until when.
    kept_until_us: Vec<i64>,
}

/// Lines taken, services called, events of this replication.
#[derive(Debug)]
pub(super) struct Outside<'m> {
    model: &'m Model,
    events: Table<EventId, Cow<'m, Timetable>>,
    taken: Table<CarrierId, u32>,
    calls: u32,
    services: Table<ServiceId, ServiceState>,
}

impl<'m> Outside<'m> {
    pub(super) fn new(model: &'m Model, streams: Streams, until: Time) -> Outside<'m> {
        // Without paths nobody asks for events, and drawing them may take long.
        let asked = model.events.iter().filter(|_| model.has_paths());
        let events = asked.map(|event| event.timetable(streams, until)).collect();
        Outside {
            model,
            events,
            taken: model.paths.telephony.carriers.iter().map(|_| 0).collect(),
            calls: 0,
            services: model.paths.services.iter().map(|_| ServiceState::default()).collect(),
        }
    }

    pub(super) fn is_active(&self, event: EventId, now: i64) -> bool {
        self.events[event].is_on(Time::from_us(now))
    }

    /// Takes a line for a call that comes in: `None` when every line is taken. `refused`: the carriers that had none.
    pub(super) fn seize(&mut self, streams: SourceStreams, number: u64, now: i64, refused: &mut Vec<CarrierId>) -> Option<Line> {
        let telephony = &self.model.paths.telephony;
        if telephony.quota.is_some_and(|quota| self.calls >= quota) {
            return None;
        }
        let Some(choice) = telephony.first_choice(streams, number) else {
            self.calls += 1;
            return Some(Line { carrier: None });
        };
        let others = telephony.carriers.ids().filter(|&other| telephony.failover && other != choice);
        let found = std::iter::once(choice).chain(others).find(|&carrier| {
            let row = &telephony.carriers[carrier];
            let has_a_line = self.taken[carrier] < row.lines && !row.outage.is_some_and(|event| self.is_active(event, now));
            if !has_a_line {
                refused.push(carrier);
            }
            has_a_line
        })?;
        self.taken[found] += 1;
        self.calls += 1;
        Some(Line { carrier: Some(found) })
    }

    /// A call goes out; it counts against the quota and is made in any case.
    pub(super) fn dial(&mut self) {
        self.calls += 1;
    }

    pub(super) fn release(&mut self, carrier: Option<CarrierId>) {
        self.calls -= 1;
        if let Some(carrier) = carrier {
            self.taken[carrier] -= 1;
        }
    }

    /// Whether the rate limit lets an attempt through; if so it is made.
    pub(super) fn admits(&mut self, service: ServiceId, now: i64) -> bool {
        let Some(RateLimit { every, burst }) = self.model.paths.services[service].limit else { return true };
        let state = &mut self.services[service];
        let full_at = state.full_at_us.max(now);
        // Each token short of full is `every` away; the last one may be taken.
        let admits = full_at - now <= every.as_us() * (i64::from(burst) - 1);
        if admits {
            state.full_at_us = full_at + every.as_us();
        }
        admits
    }

    /// Whether every attempt fails now.
    pub(super) fn is_out(&self, service: &Service, now: i64) -> bool {
        service.outage.is_some_and(|event| self.is_active(event, now))
    }

    /// Whether the answer for that value is kept.
    pub(super) fn is_kept(&self, service: ServiceId, value: usize, now: i64) -> bool {
        self.services[service].kept_until_us.get(value).is_some_and(|&until| now < until)
    }

    /// An answer for that value has come.
    pub(super) fn keep(&mut self, service: ServiceId, value: usize, until: i64) {
        let kept = &mut self.services[service].kept_until_us;
        if kept.len() <= value {
            kept.resize(value + 1, 0);
        }
        kept[value] = until;
    }
}
