//! Routing profiles (R4).

use super::{AGENTS_MAX, Compiler, Names};
use crate::id::{ProfileId, QueueId, Table};
use crate::model::{Channel, Entry, Profile};
use crate::scenario::EntryTable;
use crate::time::Span;

const DELAY_MAX: Span = Span::from_secs(9999);
const WEIGHT_MAX: f64 = 1_000_000.0;

/// The profiles, with their names; skills matrices add to them.
pub(super) struct Profiles {
    pub(super) names: Names<ProfileId>,
    pub(super) rows: Table<ProfileId, Profile>,
}

impl Compiler<'_> {
    pub(super) fn profiles(&mut self, queues: &Names<QueueId>) -> Profiles {
        let tables = &self.scenario.document().routing_profile;
        let names = self.names("routing_profile", tables.iter().map(|profile| profile.name.as_str()));
        let mut rows = Table::new();
        for (index, profile) in tables.iter().enumerate() {
            let path = format!("routing_profile[{index}].queues");
            if profile.queues.is_empty() {
                self.problem(&path, format!("the profile `{}` has no queues", profile.name));
            }
            let mut entries: Vec<Entry> = Vec::new();
            for (place, table) in profile.queues.iter().enumerate() {
                let path = format!("{path}[{place}]");
                if let Some(entry) = self.entry(&path, table, queues) {
                    if entries.iter().any(|other| (other.queue, other.channel) == (entry.queue, entry.channel)) {
                        let twice = format!("the queue `{}` stands twice in the profile `{}`", table.queue, profile.name);
                        let by_channel = if entry.channel == Channel::Voice { String::new() } else { format!(" for {}", entry.channel) };
                        self.problem(&path, twice + &by_channel);
                    }
                    entries.push(entry);
                }
            }
            entries.sort_by_key(|entry| entry.priority);
            let desk = self.desk(&format!("routing_profile[{index}]"), profile, &entries);
            rows.push(Profile { name: profile.name.clone(), entries, desk });
        }
        Profiles { names, rows }
    }

    fn entry(&mut self, path: &str, table: &EntryTable, queues: &Names<QueueId>) -> Option<Entry> {
        let queue = self.find(&format!("{path}.queue"), "queue", &table.queue, queues);
        let priority = u8::try_from(table.priority).ok().filter(|priority| (1..=99).contains(priority));
        if priority.is_none() {
            self.problem(&format!("{path}.priority"), format!("priority {} is not from 1 (first) to 99", table.priority));
        }
        if table.delay > DELAY_MAX {
            self.problem(&format!("{path}.delay"), format!("the delay {} is longer than 9999s", table.delay));
        }
        let weight = table.weight.unwrap_or(1.0);
        if !(0.001..=WEIGHT_MAX).contains(&weight) {
            self.problem(&format!("{path}.weight"), format!("the weight {weight} is not from 0.001 to {WEIGHT_MAX}"));
        }
        let keep_available = table.keep_available.unwrap_or(0);
        if !(0..=AGENTS_MAX).contains(&keep_available) {
            self.problem(&format!("{path}.keep_available"), format!("{keep_available} agents: expected 0 to {AGENTS_MAX}"));
        }
        let handle_time = self.optional_distribution(&format!("{path}.handle_time"), table.handle_time.as_ref());
        let after_contact_work = self.optional_distribution(&format!("{path}.after_contact_work"), table.after_contact_work.as_ref());
        Some(Entry {
            queue: queue?,
            channel: super::desks::channel(table.channel),
            priority: priority?,
            delay: table.delay,
            keep_available: keep_available.clamp(0, AGENTS_MAX) as u32,
            weight_milli: (weight * 1000.0).round() as u32,
            handle_time,
            after_contact_work,
        })
    }
}
