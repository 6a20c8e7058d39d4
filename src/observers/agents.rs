//! What each agent did: how long it was there, what it had in hand, which offers it took, how long it went on without a pause.

use crate::id::{AgentId, ProfileId, QueueId, SourceId, Table};
use crate::model::{Channel, Model};
use crate::observe::{Contact, Customer, Fact, Miss, Observer};
use crate::time::Time;
use std::collections::BTreeSet;

/// What one agent did after the warm-up; times in microseconds.
///
/// ```
/// use waitline::observers::AgentWork;
/// let half_an_hour = AgentWork { staffed_us: 1_800_000_000, contact_us: 900_000_000, handle_us: 1_200_000_000, ..AgentWork::default() };
/// assert_eq!(half_an_hour.idle_us(), 900_000_000);
/// assert_eq!((half_an_hour.occupancy(), half_an_hour.concurrency()), (Some(0.5), Some(2.0 / 3.0)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentWork {
    /// On shift: logged in, or in a named state such as a break.
    pub online_us: i128,
    /// Logged in (R16).
    pub staffed_us: i128,
    /// In a named state, and not logged in.
    pub non_productive_us: i128,
    /// With at least one contact in hand: from answering to the end of after-contact work, or while the telephone of a customer who is called back rings.
    pub contact_us: i128,
    /// The same of each contact, added up: two at a time count twice.
    pub handle_us: i128,
    /// With at least one offer ringing.
    pub ringing_us: i128,
    /// Kept from contacts by a missed offer.
    pub missed_us: i128,
    /// From ringing until accepted or missed, added up over the offers that came to one of the two.
    pub connecting_us: i128,
    /// The longest stretch with at least one contact in hand at every moment. Stretches that touch are one; to log out ends it.
    pub longest_run_us: i64,
    /// Contacts answered.
    pub answered: u64,
    /// Those of them that were taken from an entry of the routing profile whose priority is not the best one in it. An agent's own queue never is such.
    pub off_skill: u64,
    /// Contacts that rang. What comes of an offer counts only if the offer does.
    pub offers: u64,
    /// Offers accepted.
    pub accepted: u64,
    /// Offers that came to nothing, by the place in [`Miss::ALL`].
    pub missed: [u64; 3],
}

impl AgentWork {
    /// Logged in without a contact in hand: ringing, being connected and what follows a missed offer are idle time.
    pub fn idle_us(&self) -> i128 {
        self.staffed_us - self.contact_us
    }

    /// The time with a contact in hand / that and idle time; `None` for who never was logged in (R24).
    pub fn occupancy(&self) -> Option<f64> {
        (self.staffed_us > 0).then(|| self.contact_us as f64 / self.staffed_us as f64)
    }

    /// The handling time of all contacts, added up / the time with a contact in hand and idle time.
    pub fn concurrency(&self) -> Option<f64> {
        (self.staffed_us > 0).then(|| self.handle_us as f64 / self.staffed_us as f64)
    }

    /// Offers that came to nothing, for whatever reason.
    pub fn non_response(&self) -> u64 {
        self.missed.iter().sum()
    }
}

/// How occupied the agents of a group are, compared with each other; in billionths.
///
/// ```
/// use waitline::observers::Spread;
/// assert_eq!(Spread::of([200_000_000, 400_000_000]), Some(Spread { lowest: 200_000_000, highest: 400_000_000, deviation: Some(100_000_000) }));
/// assert_eq!(Spread::of([200_000_000]).unwrap().deviation, None); // one agent does not differ
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The smallest occupancy.
    pub lowest: i64,
    /// The largest.
    pub highest: i64,
    /// The standard deviation of all (of a population: these agents are all there are); `None` with fewer than two.
    pub deviation: Option<i64>,
}

impl Spread {
    /// What is in billionths.
    pub const ONE: i64 = 1_000_000_000;

    /// Of these occupancies, each agent one, however long it was there; `None` without any.
    pub fn of(occupancies: impl IntoIterator<Item = i64>) -> Option<Spread> {
        let (mut count, mut sum, mut squares) = (0_i128, 0_i128, 0_i128);
        let (mut lowest, mut highest) = (i64::MAX, i64::MIN);
        for occupancy in occupancies {
            let wide = i128::from(occupancy);
            (count, sum, squares) = (count + 1, sum + wide, squares + wide * wide);
            (lowest, highest) = (lowest.min(occupancy), highest.max(occupancy));
        }
        // n² times the variance.
        let variance = (count * squares - sum * sum).max(0);
        let deviation = (count > 1).then(|| (variance.isqrt() / count) as i64);
        (count > 0).then_some(Spread { lowest, highest, deviation })
    }
}

/// What each agent did in one replication, after the warm-up and until the end of the run.
///
/// ```
/// use waitline::observers::AgentCounts;
/// let model = waitline::Scenario::open("scenarios/savings-overflow.toml")?.compile()?;
/// let mut agents = AgentCounts::new(&model);
/// waitline::run(&model, waitline::random::Streams::new(1, 0), &mut agents)?;
/// for work in agents.rows() {
///     assert_eq!(work.contact_us, work.handle_us); // one call at a time
/// }
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AgentCounts {
    warm_up: i64,
    rows: Table<AgentId, AgentWork>,
    now: Table<AgentId, Now>,
    profile_of: Table<AgentId, ProfileId>,
    skills: Skills,
}

/// What an agent is doing.
#[derive(Clone, Debug, Default)]
struct Now {
    /// Up to when its times are summed.
    since: i64,
    logged_in: bool,
    in_state: bool,
    in_hand: u32,
    /// Missed offers that it has not recovered from.
    missed: u32,
    /// Offers that ring, and since when.
    rings: Vec<(Customer, i64)>,
    /// Where the present stretch of work, or the last one, began and how far it went.
    run: Option<(i64, i64)>,
}

/// Which contacts are not what an agent is there for in the first place.
#[derive(Clone, Debug)]
struct Skills {
    /// By profile, sorted: the entries whose priority is not the best one.
    others: Table<ProfileId, Vec<(QueueId, Channel)>>,
    channels: Table<SourceId, Channel>,
    /// Whoever is called back, on the telephone, whatever way it came.
    callbacks: BTreeSet<Customer>,
    /// Whether there are others than calls.
    several: bool,
}

impl Skills {
    fn new(model: &Model) -> Skills {
        let others = model.profiles.iter().map(|profile| {
            let best = profile.entries.iter().map(|entry| entry.priority).min();
            let others = profile.entries.iter().filter(|entry| Some(entry.priority) > best);
            let mut others: Vec<_> = others.map(|entry| (entry.queue, entry.channel)).collect();
            others.sort_unstable();
            others
        });
        let channels: Table<SourceId, Channel> = model.sources.iter().map(|source| source.channel).collect();
        let several = channels.iter().any(|&channel| channel != Channel::Voice);
        Skills { others: others.collect(), channels, callbacks: BTreeSet::new(), several }
    }

    fn is_off(&self, profile: ProfileId, contact: &Contact) -> bool {
        let called_back = self.several && self.callbacks.contains(&contact.customer());
        let channel = if called_back { Channel::Voice } else { self.channels[contact.source] };
        self.others[profile].binary_search(&(contact.queue, channel)).is_ok()
    }
}

impl AgentCounts {
    /// For a run of `model`.
    pub fn new(model: &Model) -> AgentCounts {
        AgentCounts {
            warm_up: model.run.warm_up.as_us(),
            rows: model.agents.iter().map(|_| AgentWork::default()).collect(),
            now: model.agents.iter().map(|_| Now::default()).collect(),
            profile_of: model.agents.iter().map(|agent| agent.profile).collect(),
            skills: Skills::new(model),
        }
    }

    /// Agent by agent; complete when the run has ended.
    pub fn rows(&self) -> &Table<AgentId, AgentWork> {
        &self.rows
    }

    /// Those of one profile, or with `None` all.
    pub fn of(&self, profile: Option<ProfileId>) -> impl Iterator<Item = &AgentWork> {
        let with_profile = self.rows.iter().zip(self.profile_of.iter());
        with_profile.filter(move |(_, own)| profile.is_none_or(|profile| profile == **own)).map(|(work, _)| work)
    }

    /// How occupied those agents were who ever were logged in; `None` if none was.
    pub fn spread(&self, profile: Option<ProfileId>) -> Option<Spread> {
        let there = self.of(profile).filter(|work| work.staffed_us > 0);
        let one = i128::from(Spread::ONE);
        Spread::of(there.map(|work| ((2 * one * work.contact_us + work.staffed_us) / (2 * work.staffed_us)) as i64))
    }

    /// Sums up to `at`, and gives what is to change.
    fn pass(&mut self, agent: AgentId, at: i64) -> (&mut AgentWork, &mut Now) {
        let (work, now) = (&mut self.rows[agent], &mut self.now[agent]);
        let lasted = i128::from((at - now.since.max(self.warm_up)).max(0));
        let during = |level: bool| if level { lasted } else { 0 };
        work.online_us += during(now.logged_in || now.in_state);
        work.staffed_us += during(now.logged_in);
        work.non_productive_us += during(now.in_state && !now.logged_in);
        work.contact_us += during(now.in_hand > 0);
        work.handle_us += i128::from(now.in_hand) * lasted;
        work.ringing_us += during(!now.rings.is_empty());
        work.missed_us += during(now.missed > 0);
        if now.in_hand > 0 {
            now.goes_on(at, self.warm_up, work);
        }
        now.since = at;
        (work, now)
    }

    /// It has one contact more in hand.
    fn takes(&mut self, agent: AgentId, at: i64) {
        let (_, now) = self.pass(agent, at);
        if now.in_hand == 0 && now.run.is_none_or(|(_, to)| to < at) {
            now.run = Some((at, at));
        }
        now.in_hand += 1;
    }

    /// It answers a contact.
    pub(super) fn answers(&mut self, agent: AgentId, profile: ProfileId, contact: &Contact, at: i64) {
        let off_skill = self.skills.is_off(profile, contact);
        self.takes(agent, at);
        if at >= self.warm_up {
            let work = &mut self.rows[agent];
            work.answered += 1;
            work.off_skill += u64::from(off_skill);
        }
    }

    /// It has a contact less in hand.
    pub(super) fn completes(&mut self, agent: AgentId, at: i64) {
        let (_, now) = self.pass(agent, at);
        now.in_hand = now.in_hand.saturating_sub(1);
    }

    /// An offer that rang has come to something.
    fn rang_out(&mut self, agent: AgentId, contact: &Contact, at: i64, why: Option<Miss>) {
        let warm_up = self.warm_up;
        let (work, now) = self.pass(agent, at);
        now.missed += u32::from(why.is_some());
        let Some(place) = now.rings.iter().position(|(customer, _)| *customer == contact.customer()) else { return };
        let (_, since) = now.rings.remove(place);
        if since >= warm_up {
            work.connecting_us += i128::from(at - since);
            match why {
                Some(why) => work.missed[why as usize] += 1,
                None => work.accepted += 1,
            }
        }
    }

    /// It is logged in or not, and if not in a named state or not.
    fn comes_or_goes(&mut self, agent: AgentId, at: i64, logged_in: bool, in_state: bool) {
        let (_, now) = self.pass(agent, at);
        (now.logged_in, now.in_state) = (logged_in, in_state);
        // Whoever goes is done with what it missed, and has a pause.
        (now.missed, now.run) = (0, None);
    }
}

impl Now {
    /// The present stretch of work has lasted until now.
    fn goes_on(&mut self, at: i64, warm_up: i64, work: &mut AgentWork) {
        if let Some((from, to)) = &mut self.run {
            *to = at;
            work.longest_run_us = work.longest_run_us.max(at - (*from).max(warm_up));
        }
    }
}

impl Observer for AgentCounts {
    fn observe(&mut self, at: Time, fact: &Fact) {
        let at = at.as_us();
        match fact {
            Fact::LoggedIn { agent, .. } => self.comes_or_goes(*agent, at, true, false),
            Fact::LoggedOut { agent, .. } => self.comes_or_goes(*agent, at, false, false),
            Fact::Turned { agent, state, .. } => self.comes_or_goes(*agent, at, false, state.is_some()),
            Fact::Answered { contact, agent, profile, .. } => self.answers(*agent, *profile, contact, at),
            Fact::Dialed { agent, .. } => self.takes(*agent, at),
            Fact::Completed { agent, .. } => self.completes(*agent, at),
            Fact::Rang { contact, agent, .. } => {
                let counts = u64::from(at >= self.warm_up);
                let (work, now) = self.pass(*agent, at);
                now.rings.push((contact.customer(), at));
                work.offers += counts;
            }
            Fact::Accepted { contact, agent, .. } => self.rang_out(*agent, contact, at, None),
            Fact::Missed { contact, agent, why, .. } => self.rang_out(*agent, contact, at, Some(*why)),
            Fact::Recovered { agent, .. } => {
                let (_, now) = self.pass(*agent, at);
                now.missed = now.missed.saturating_sub(1);
            }
            Fact::Arrived { customer, arrival } if self.skills.several => {
                if *arrival == crate::observe::Arrival::Callback {
                    self.skills.callbacks.insert(*customer);
                } else {
                    self.skills.callbacks.remove(customer);
                }
            }
            // The promise of a callback comes after the end of the call.
            Fact::Departed { customer, .. } if self.skills.several => {
                self.skills.callbacks.remove(customer);
            }
            Fact::Ended => self.rows.ids().for_each(|agent| {
                self.pass(agent, at);
            }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
