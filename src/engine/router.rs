//! Who takes whom: the best contact for an agent (R5 to R8), and which agent goes first (R9).

use super::desk_routes::DeskRoute;
use super::idle::IdleAgents;
use super::ranked::{Rank, RankedQueues};
use super::routes::{Level, Pool};
use super::waiting::{EMPTY, NONE, Slot, WaitingContacts};
use crate::id::{AgentId, ProfileId};
use crate::model::{AgentRule, ContactRule};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// The best eligible contact where every contact has the same priority and age: then the first of a queue is its best, and eligible as
/// soon as any of the queue is.
#[inline]
pub(super) fn best_first<'r>(levels: impl Iterator<Item = Level<'r>>, pools: &[Pool], waiting: &WaitingContacts, now: i64) -> Option<Slot> {
    for level in levels {
        let mut best = NONE;
        let mut best_enqueued = EMPTY;
        for route in level.scanned {
            let enqueued = waiting.first_enqueued(route.line);
            if enqueued <= best_enqueued && enqueued + route.delay_us <= now {
                let slot = waiting.first(route.line);
                if enqueued < best_enqueued || waiting.get(slot).order < waiting.get(best).order {
                    best = slot;
                    best_enqueued = enqueued;
                }
            }
        }
        for &pool in level.pools {
            let slot = waiting.first_of_pool(pool);
            let eligible = slot != NONE && waiting.get(slot).contact.enqueued.as_us() + pools[pool as usize].delay_us <= now;
            if eligible && (best == NONE || waiting.get(slot).order < waiting.get(best).order) {
                best = slot;
            }
        }
        if best != NONE {
            return Some(best);
        }
    }
    None
}

/// The next instant at which a delay ends that keeps agents from a contact they could otherwise take; [`EMPTY`] or later if there is none.
/// To be asked when no contact is eligible for them, so that those without delay need no look.
#[inline]
pub(super) fn next_opening<'r>(levels: impl Iterator<Item = Level<'r>>, pools: &[Pool], waiting: &WaitingContacts) -> i64 {
    let mut next = EMPTY;
    for level in levels {
        for route in level.scanned {
            next = next.min(waiting.first_enqueued(route.line) + route.delay_us);
        }
        for &pool in level.pools {
            let slot = waiting.first_of_pool(pool);
            if slot != NONE {
                next = next.min(waiting.get(slot).contact.enqueued.as_us() + pools[pool as usize].delay_us);
            }
        }
    }
    next
}

/// (claim under the weighted rule, profile priority, rank): the smallest goes first.
type Key = (Reverse<i128>, u8, Rank);

/// The best eligible contact in general, by the rule.
pub(super) fn best_ranked<'r>(
    rule: ContactRule,
    levels: impl Iterator<Item = Level<'r>>,
    ranked: &mut RankedQueues,
    waiting: &mut WaitingContacts,
    now: i64,
) -> Option<Slot> {
    let mut best: Option<(Key, Slot)> = None;
    for level in levels {
        for route in level.all {
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
        if best.is_some() && rule != ContactRule::Weighted {
            break;
        }
    }
    best.map(|(_, slot)| slot)
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
