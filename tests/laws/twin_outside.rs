//! The naive twin: lines are counted in what was told; services keep a list of all that happened to them.

use super::Twin;
use super::ways::Guest;
use std::borrow::Cow;
use waitline::engine::DRAIN_MAX;
use waitline::model::{AtHorizon, Cache, Model, RateLimit, Service, Timetable};
use waitline::random::{Purpose, Streams};
use waitline::{CarrierId, EventId, Fact, ServiceId, Time};

/// A line of a carrier; where there is only a quota, of none.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Line(pub(super) Option<CarrierId>);

/// What every service remembers, and when events are the case.
pub(super) struct Outside {
    events: Vec<Timetable>,
    /// By service: when each token that was ever taken is back.
    tokens: Vec<Vec<Time>>,
    /// By service: the answers that came, for which value, and until when they are kept.
    answers: Vec<Vec<(u32, Time)>>,
}

impl Outside {
    pub(super) fn new(model: &Model, streams: Streams) -> Outside {
        let services = model.paths.services.len();
        let stops = model.run.at_horizon == AtHorizon::Stop;
        let until = if stops { model.run.horizon } else { model.run.horizon + DRAIN_MAX };
        let events = model.events.iter().map(|event| event.timetable(streams, until)).map(Cow::into_owned);
        Outside { events: events.collect(), tokens: vec![Vec::new(); services], answers: vec![Vec::new(); services] }
    }
}

impl Twin<'_> {
    pub(super) fn is_the_case(&self, event: EventId) -> bool {
        self.outside.events[event.0 as usize].is_on(self.now)
    }

    /// The line that a call of a guest gets: that of its first choice, else that of the first other one that has any; and before it the carriers that have none.
    pub(super) fn a_line(&self, guest: usize, call: u64) -> (Vec<CarrierId>, Option<Line>) {
        let telephony = &self.model.paths.telephony;
        let taken: Vec<Line> = self.guests.iter().filter_map(Guest::line).collect();
        if telephony.quota.is_some_and(|quota| taken.len() >= quota as usize) {
            return (Vec::new(), None);
        }
        let carriers: Vec<CarrierId> = telephony.carriers.ids().collect();
        if carriers.is_empty() {
            return (Vec::new(), Some(Line(None)));
        }
        let who = self.guests[guest].who;
        let mut luck = self.streams.source(who.source).stream(Purpose::Carrier, super::nth(who.number, call));
        let chances: Vec<f64> = telephony.carriers.iter().map(|carrier| carrier.upto).collect();
        let first = carriers[super::steps::which(&chances, &mut luck).min(carriers.len() - 1)];
        let others = carriers.into_iter().filter(|&other| telephony.failover && other != first);
        let has_a_line = |carrier: &CarrierId| {
            let row = &telephony.carriers[*carrier];
            let of_it = taken.iter().filter(|line| **line == Line(Some(*carrier))).count();
            of_it < row.lines as usize && !row.outage.is_some_and(|event| self.is_the_case(event))
        };
        let tried: Vec<CarrierId> = std::iter::once(first).chain(others).collect();
        let refuse = tried.iter().take_while(|carrier| !has_a_line(carrier)).count();
        (tried[..refuse].to_vec(), tried.get(refuse).map(|&carrier| Line(Some(carrier))))
    }

    /// Takes a token, if one is there: at first the bucket is full, and tokens that were taken come back one after the other.
    pub(super) fn takes_a_token(&mut self, service: ServiceId) -> bool {
        let Some(RateLimit { every, burst }) = self.model.paths.services[service].limit else { return true };
        let (now, tokens) = (self.now, &mut self.outside.tokens[service.0 as usize]);
        let missing = tokens.iter().filter(|back| **back > now).count();
        if missing >= burst as usize {
            return false;
        }
        let last = tokens.last().copied().unwrap_or(now).max(now);
        tokens.push(last + every);
        true
    }

    /// For which value of an attribute the guest's answers are kept.
    fn value(&self, guest: usize, service: &Service) -> u32 {
        let Some(Cache { by: Some((table, values)), .. }) = &service.cache else { return 0 };
        self.row(guest, *table).map_or(0, |row| values[row])
    }

    pub(super) fn has_an_answer(&self, guest: usize, service: ServiceId) -> bool {
        let value = self.value(guest, &self.model.paths.services[service]);
        self.outside.answers[service.0 as usize].iter().any(|&(of, until)| of == value && self.now < until)
    }

    pub(super) fn keeps_an_answer(&mut self, guest: usize, service: ServiceId) {
        let row = &self.model.paths.services[service];
        if let Some(cache) = &row.cache {
            let answer = (self.value(guest, row), self.now + cache.lifetime);
            self.outside.answers[service.0 as usize].push(answer);
        }
    }

    pub(super) fn gives_back_the_line(&mut self, guest: usize) {
        let customer = self.guests[guest].who;
        if let Some(Line(carrier)) = self.guests[guest].line() {
            self.tell_guest(guest, Fact::Released { customer, carrier });
        }
    }
}
