//! What flows use and what surrounds them: attributes, services, carriers, transfers, who calls again.

use super::flows::ATTEMPTS_MAX;
use super::{Compiler, Names};
use crate::id::{CarrierId, EventId, FlowId, QueueId, ServiceId, SourceId, Table};
use crate::model::{
    AttributeTable, Cache, CallAgain, Carrier, Destination, Jitter, PathRules, RankFrom, RateLimit, Service, Telephony, Transfer,
};
use crate::observe::Outcome;
use crate::random::hash_of_text;
use crate::scenario::{CallAgainTable, CallEndName, JitterName, RankFromName, ServiceTable, Share, TransferTable};
use crate::time::Span;

/// How often a customer may call.
const CALLS_MAX: u32 = 1_000;

impl Compiler<'_> {
    pub(super) fn path_rules(&mut self) -> PathRules {
        let policy = &self.scenario.document().policy;
        let documented = PathRules::default();
        let rank = |name: Option<RankFromName>, default| match name {
            None => default,
            Some(RankFromName::CallStart) => RankFrom::CallStart,
            Some(RankFromName::Before) => RankFrom::Before,
            Some(RankFromName::Entry) => RankFrom::Entry,
        };
        let buffer = policy.capacity_buffer.map(|share| share.0);
        if buffer.is_some_and(|buffer| !(0.0..=10.0).contains(&buffer)) {
            let message = format!("{}%: expected 0% to 1000%", buffer.unwrap_or_default() * 100.0);
            self.problem("policy.capacity_buffer", message);
        }
        PathRules {
            after_agent: rank(policy.agent_transfer_rank, documented.after_agent),
            after_queue: rank(policy.queue_transfer_rank, documented.after_queue),
            callback: rank(policy.callback_rank, documented.callback),
            callback_retry: rank(policy.callback_retry_rank, documented.callback_retry),
            buffer_milli: buffer.map_or(documented.buffer_milli, |buffer| (buffer * 1000.0).round() as u32),
            ages_add_up: policy.ages_add_up,
            rank_change_takes: policy.rank_change_takes.unwrap_or(documented.rank_change_takes),
        }
    }

    pub(super) fn attributes(&mut self, sources: &Names<SourceId>) -> Vec<AttributeTable> {
        let tables = &self.scenario.document().attributes;
        let mut made: Vec<AttributeTable> = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            let path = format!("attributes[{index}]");
            for (place, name) in table.names.iter().enumerate() {
                if table.names[..place].contains(name) || made.iter().any(|other| other.column(name).is_some()) {
                    self.problem(&format!("{path}.names"), format!("the attribute `{name}` is given twice"));
                }
            }
            for (row, values) in table.values.iter().enumerate() {
                if values.len() != table.names.len() {
                    let message = format!("{} values, expected {}: one for each of `names`", values.len(), table.names.len());
                    self.problem(&format!("{path}.values[{row}]"), message);
                }
            }
            if table.values.is_empty() || table.weights.len() != table.values.len() {
                let message = format!(
                    "{} weights for {} rows of values: each row has one, and there is a row",
                    table.weights.len(),
                    table.values.len()
                );
                self.problem(&format!("{path}.weights"), message);
            }
            let cumulative = self.cumulative(&format!("{path}.weights"), &table.weights);
            let named = table
                .sources
                .as_ref()
                .map(|names| names.iter().filter_map(|name| self.find(&format!("{path}.sources"), "source", name, sources)).collect());
            let place = hash_of_text(&table.names.join("/"));
            made.push(AttributeTable { names: table.names.clone(), values: table.values.clone(), cumulative, sources: named, place });
        }
        made
    }

    /// Weights as chances, added up.
    fn cumulative(&mut self, path: &str, weights: &[f64]) -> Vec<f64> {
        let sum: f64 = weights.iter().sum();
        if weights.iter().any(|weight| !(0.0..=1e12).contains(weight)) || (!weights.is_empty() && sum <= 0.0) {
            self.problem(path, "weights are numbers from 0 up, not all 0");
            return Vec::new();
        }
        let mut upto = 0.0;
        let add = |weight: &f64| {
            upto += weight;
            upto / sum
        };
        weights.iter().map(add).collect()
    }

    pub(super) fn services(&mut self, events: &Names<EventId>, attributes: &[AttributeTable]) -> Table<ServiceId, Service> {
        let tables = &self.scenario.document().service;
        tables.iter().enumerate().map(|(index, table)| self.service(index, table, events, attributes)).collect()
    }

    fn service(&mut self, index: usize, table: &ServiceTable, events: &Names<EventId>, attributes: &[AttributeTable]) -> Service {
        let path = format!("service[{index}]");
        let limit = table.rate_limit.map(|limit| {
            if limit.rate.per_s() <= 0.0 || limit.burst == 0 {
                self.problem(
                    &format!("{path}.rate_limit"),
                    "a rate limit lets something through: a rate above 0 and a burst of at least 1",
                );
            }
            let every_us = 1e6 / limit.rate.per_s();
            if every_us.is_finite() && every_us * f64::from(limit.burst) > Span::MAX.as_us() as f64 {
                let message = format!("at that rate a burst of {} would take more than {} to be there again", limit.burst, Span::MAX);
                self.problem(&format!("{path}.rate_limit"), message);
            }
            RateLimit { every: Span::from_us_f64(every_us.clamp(1.0, Span::MAX.as_us() as f64)), burst: limit.burst.max(1) }
        });
        if table.retries >= ATTEMPTS_MAX {
            let message = format!("{} retries: expected at most {}", table.retries, ATTEMPTS_MAX - 1);
            self.problem(&format!("{path}.retries"), message);
        }
        if table.timeout == Some(Span::ZERO) {
            self.problem(&format!("{path}.timeout"), "no attempt could succeed: expected longer than 0");
        }
        let (backoff, backoff_max) = (table.backoff.unwrap_or(Span::from_secs(1)), table.backoff_max.unwrap_or(Span::from_secs(5)));
        if backoff > backoff_max {
            let message = format!("the first pause would be {backoff}, but none is longer than `backoff_max`, {backoff_max}");
            self.problem(&format!("{path}.backoff"), message);
        }
        let cache = table.cache.as_ref().map(|cache| Cache {
            lifetime: cache.lifetime,
            by: cache.by.as_ref().and_then(|name| {
                let found = attributes.iter().enumerate().find_map(|(table, row)| Some((table, row, row.column(name)?)));
                if found.is_none() {
                    let names = attributes.iter().flat_map(|table| table.names.iter().map(String::as_str));
                    self.unknown(&format!("{path}.cache.by"), "attribute", name, names);
                }
                let (table, row, column) = found?;
                let first = |value: &String| row.values.iter().position(|values| values[column] == *value).unwrap_or(0) as u32;
                Some((table, row.values.iter().map(|values| 1 + first(&values[column])).collect()))
            }),
        });
        Service {
            name: table.name.clone(),
            latency: self.distribution(&format!("{path}.latency"), &table.latency),
            failure: table.failure.map_or(0.0, |failure| self.chance(&format!("{path}.failure"), failure.0)),
            timeout: table.timeout,
            limit,
            retries: table.retries,
            backoff,
            backoff_max,
            jitter: match table.jitter {
                JitterName::None => Jitter::None,
                JitterName::Equal => Jitter::Equal,
                JitterName::Full => Jitter::Full,
            },
            outage: table.outage.as_ref().and_then(|name| self.find(&format!("{path}.outage"), "event", name, events)),
            cache,
        }
    }

    pub(super) fn telephony(&mut self, events: &Names<EventId>) -> Telephony {
        let document = self.scenario.document();
        let tables = &document.carrier;
        let _: Names<CarrierId> = self.names("carrier", tables.iter().map(|carrier| carrier.name.as_str()));
        for (index, table) in tables.iter().enumerate() {
            if table.lines == 0 {
                self.problem(&format!("carrier[{index}].lines"), "a carrier has at least one line");
            }
            if let Some(weight) = table.weight.filter(|weight| !(0.0..=1e12).contains(weight)) {
                self.problem(&format!("carrier[{index}].weight"), format!("{weight}: expected a number from 0 up"));
            }
        }
        let weights: Vec<f64> = tables.iter().map(|carrier| carrier.weight.unwrap_or(1.0).clamp(0.0, 1e12)).collect();
        let cumulative = self.cumulative("carrier", &weights);
        let carriers = tables.iter().zip(cumulative).enumerate().map(|(index, (table, upto))| Carrier {
            name: table.name.clone(),
            lines: table.lines,
            upto,
            outage: table.outage.as_ref().and_then(|name| self.find(&format!("carrier[{index}].outage"), "event", name, events)),
        });
        Telephony {
            carriers: carriers.collect(),
            failover: document.telephony.failover.unwrap_or(true),
            quota: document.telephony.calls_max,
        }
    }

    pub(super) fn transfers(&mut self, queues: &Names<QueueId>, flows: &Names<FlowId>) -> Table<QueueId, Vec<Transfer>> {
        let document = self.scenario.document();
        let rows = document.queue.iter().enumerate();
        rows.map(|(index, queue)| {
            let mut upto = 0.0;
            let mut made = Vec::new();
            for (place, table) in queue.transfers.iter().enumerate() {
                let path = format!("queue[{index}].transfers[{place}]");
                upto += self.chance(&format!("{path}.share"), table.share.0);
                made.extend(self.destination(&path, table, queues, flows).map(|to| Transfer { upto, to }));
            }
            if upto > 1.0 + 1e-9 {
                self.problem(&format!("queue[{index}].transfers"), "the shares add up to more than 100%");
            }
            made
        })
        .collect()
    }

    fn destination(&mut self, path: &str, table: &TransferTable, queues: &Names<QueueId>, flows: &Names<FlowId>) -> Option<Destination> {
        match (&table.queue, &table.flow) {
            (Some(queue), None) => self.find(&format!("{path}.queue"), "queue", queue, queues).map(Destination::Queue),
            (None, Some(flow)) => self.find(&format!("{path}.flow"), "flow", flow, flows).map(Destination::Flow),
            _ => {
                self.problem(path, "a transfer goes to a `queue` or to a `flow`: give one of both");
                None
            }
        }
    }

    pub(super) fn calls_again(&mut self) -> Table<SourceId, Vec<CallAgain>> {
        let tables = &self.scenario.document().source;
        let rows = tables.iter().enumerate();
        rows.map(|(index, source)| {
            let rules = source.calls_again.iter().enumerate();
            rules.map(|(place, table)| self.call_again(&format!("source[{index}].calls_again[{place}]"), table)).collect()
        })
        .collect()
    }

    fn call_again(&mut self, path: &str, table: &CallAgainTable) -> CallAgain {
        let Share(share) = table.share;
        if let Some(most) = table.calls_max.filter(|most| !(1..=CALLS_MAX).contains(most)) {
            self.problem(&format!("{path}.calls_max"), format!("{most} calls: expected 1 to {CALLS_MAX}; the first one counts"));
        }
        CallAgain {
            after: match table.after {
                CallEndName::Answered => Outcome::Answered,
                CallEndName::Abandoned => Outcome::Abandoned,
                CallEndName::Rejected => Outcome::Rejected,
                CallEndName::SelfServed => Outcome::SelfServed,
                CallEndName::Message => Outcome::Message,
                CallEndName::Disconnected => Outcome::Disconnected,
                CallEndName::Blocked => Outcome::Blocked,
                CallEndName::Unreached => Outcome::Unreached,
            },
            chance: self.chance(&format!("{path}.share"), share),
            delay: self.distribution(&format!("{path}.delay"), &table.delay),
            calls_max: table.calls_max.unwrap_or(10),
        }
    }
}
