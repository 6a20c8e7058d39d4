//! Who takes whom: the best contact for an agent (R5 to R8), and which agent goes first (R9).

use super::desk_routes::DeskRoute;
use super::idle::IdleAgents;
use super::ranked::{Rank, RankedQueues};
use super::routes::{Look, Routes};
use super::waiting::{EMPTY, NONE, Slot, WaitingContacts};
use crate::id::{AgentId, ProfileId};
use crate::model::{AgentRule, ContactRule};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// What there is for the agents of a profile.
#[derive(Clone, Copy, Debug)]
pub(super) enum Best {
    /// Their best contact.
    Contact(Slot),
    /// Nothing, before that instant at which a delay ends; [`EMPTY`] if none will.
    NothingBefore(i64),
}

/// The best eligible contact where every contact has the same priority and age: then the first of a line is its best, and eligible as
/// soon as any of the line is.
#[inline(always)]
pub(super) fn best_first(looks: &[Look], waiting: &WaitingContacts, now: i64) -> Best {
    if let [only] = looks {
        let opens = waiting.first_enqueued(only.line) + only.delay_us;
        return if opens <= now { Best::Contact(waiting.first(only.line)) } else { Best::NothingBefore(opens) };
    }
    best_of_many(looks, waiting, now)
}

fn best_of_many(looks: &[Look], waiting: &WaitingContacts, now: i64) -> Best {
    let mut looks = looks.iter();
    let mut next = EMPTY;
    let found = loop {
        let Some(look) = looks.next() else { return Best::NothingBefore(next) };
        let opens = waiting.first_enqueued(look.line) + look.delay_us;
        if opens <= now {
            break look;
        }
        next = next.min(opens);
    };
    // Of its priority there may be an older one.
    let (mut best, mut best_enqueued) = (found.line, waiting.first_enqueued(found.line));
    for look in looks {
        if look.priority != found.priority {
            break;
        }
        let enqueued = waiting.first_enqueued(look.line);
        if enqueued <= best_enqueued
            && enqueued + look.delay_us <= now
            && (enqueued < best_enqueued || waiting.comes_before(look.line, best))
        {
            (best, best_enqueued) = (look.line, enqueued);
        }
    }
    Best::Contact(waiting.first(best))
}

/// The next instant at which a delay ends that keeps agents from a contact they could otherwise take; [`EMPTY`] if there is none.
/// To be asked when no contact is eligible for them, so that those without delay need no look.
fn next_opening(looks: &[Look], waiting: &WaitingContacts) -> i64 {
    looks.iter().fold(EMPTY, |next, look| next.min(waiting.first_enqueued(look.line) + look.delay_us))
}

/// (claim under the weighted rule, profile priority, rank): the smallest goes first.
type Key = (Reverse<i128>, u8, Rank);

/// The best eligible contact in general, by the rule.
pub(super) fn best_ranked(
    rule: ContactRule,
    routes: &Routes,
    profile: ProfileId,
    ranked: &mut RankedQueues,
    waiting: &mut WaitingContacts,
    now: i64,
) -> Best {
    let mut best: Option<(Key, Slot)> = None;
    for route in routes.entries(profile) {
        if rule != ContactRule::Weighted && best.is_some_and(|((_, priority, _), _)| priority < route.priority) {
            break;
        }
        if let Some((rank, slot)) = ranked.best(waiting, route.line, route.stage, now) {
            let claim = match rule {
                ContactRule::Weighted => i128::from((now - rank.1).max(0)) * i128::from(route.weight_milli),
                ContactRule::Strict | ContactRule::LongestWaitFirst => 0,
            };
            let key = (Reverse(claim), route.priority, rank);
            if best.is_none_or(|(least, _)| key < least) {
                best = Some((key, slot));
            }
        }
    }
    match best {
        Some((_, slot)) => Best::Contact(slot),
        None => Best::NothingBefore(next_opening(routes.looks(profile), waiting)),
    }
}

/// The best eligible contact among the lines of a desk that are `open`, best priority first.
pub(super) fn best_of_desk<'r>(
    open: impl Iterator<Item = &'r DeskRoute>,
    ranked: &mut RankedQueues,
    waiting: &mut WaitingContacts,
    now: i64,
) -> Option<Slot> {
    let mut best: Option<((u8, Rank), Slot)> = None;
    for route in open {
        if best.is_some_and(|((priority, _), _)| priority < route.priority) {
            break;
        }
        if waiting.first(route.line) == NONE {
            continue;
        }
        if let Some((rank, slot)) = ranked.best(waiting, route.line, route.stage, now) {
            let key = (route.priority, rank);
            if best.is_none_or(|(least, _)| key < least) {
                best = Some((key, slot));
            }
        }
    }
    best.map(|(_, slot)| slot)
}

/// The agent whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) agent: AgentId,
    pub(super) profile: ProfileId,
}

/// The order in which agents get to choose during one round of routing. Agents of one profile face the same contacts, so
/// it is profiles that drop out when there is nothing for them.
#[derive(Debug)]
pub(super) enum Router {
    /// R9: the first of each line; a heap holds the profiles still in play by (available since, agent), except the one being served.
    LongestAvailable { heap: BinaryHeap<Reverse<(i64, AgentId, ProfileId)>>, serving: Option<ProfileId> },
    /// Rules that look at every available agent.
    Scan { rule: AgentRule, profiles: Vec<ProfileId> },
}

/// What an agent has done so far: (contacts answered, handling time, staffed time).
pub(super) type Record = (u64, i64, i64);

impl Router {
    pub(super) fn new(rule: AgentRule, affected: &[ProfileId], idle: &IdleAgents) -> Router {
        match rule {
            // Chance picks the agent only after the contact has been found in the usual order.
            AgentRule::LongestAvailable | AgentRule::Random => Router::LongestAvailable {
                heap: affected
                    .iter()
                    .filter_map(|&profile| idle.first(profile).map(|(since, agent)| Reverse((since, agent, profile))))
                    .collect(),
                serving: None,
            },
            AgentRule::FewestContacts | AgentRule::LeastOccupied => Router::Scan { rule, profiles: affected.to_vec() },
        }
    }

    /// Whose turn it is, if anyone is still in play.
    pub(super) fn next(&mut self, idle: &IdleAgents, record: impl Fn(AgentId) -> Record) -> Option<Choice> {
        match self {
            Router::LongestAvailable { heap, serving } => {
                if let Some(profile) = serving.take() {
                    heap.extend(idle.first(profile).map(|(since, agent)| Reverse((since, agent, profile))));
                }
                // Chance may have taken the first of another line: what the heap says of it is stale then.
                loop {
                    let Reverse((since, agent, profile)) = heap.pop()?;
                    match idle.first(profile) {
                        Some(first) if first == (since, agent) => {
                            *serving = Some(profile);
                            return Some(Choice { agent, profile });
                        }
                        first => heap.extend(first.map(|(since, agent)| Reverse((since, agent, profile)))),
                    }
                }
            }
            Router::Scan { rule, profiles } => {
                let all = profiles.iter().flat_map(|&profile| idle.of(profile).map(move |agent| (agent, profile)));
                let first = all.min_by(|&(a, _), &(b, _)| {
                    compare(*rule, record(a), record(b)).then_with(|| (idle.since(a), a).cmp(&(idle.since(b), b)))
                });
                first.map(|(agent, profile)| Choice { agent, profile })
            }
        }
    }

    /// No eligible contact waits for agents of this profile: it drops out of the round.
    pub(super) fn nothing_for(&mut self, profile: ProfileId) {
        match self {
            Router::LongestAvailable { serving, .. } => *serving = None,
            Router::Scan { profiles, .. } => profiles.retain(|&other| other != profile),
        }
    }
}

fn compare(rule: AgentRule, a: Record, b: Record) -> Ordering {
    if rule == AgentRule::FewestContacts {
        return a.0.cmp(&b.0);
    }
    // Handling / staffed without a division; nobody has handled anything in no time.
    let (staffed_a, staffed_b) = (i128::from(a.2.max(1)), i128::from(b.2.max(1)));
    (i128::from(a.1) * staffed_b).cmp(&(i128::from(b.1) * staffed_a))
}
