//! The available agents: per profile a list in the order in which they became available.

use crate::id::{AgentId, ProfileId, Table};

/// No agent.
pub(super) const NOBODY: u32 = u32::MAX;
/// Later than any instant: what a profile without an available agent shows.
pub(super) const NO_ONE_SINCE: i64 = i64::MAX;

/// The line of all.
const EVERYONE: ProfileId = ProfileId(0);

#[derive(Clone, Copy, Debug)]
struct Place {
    since_us: i64,
    before: u32,
    after: u32,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    /// Since when the first has been available, or [`NO_ONE_SINCE`]: a copy for those who compare lines.
    since_us: i64,
    first: u32,
    last: u32,
}

/// Lines of agents, each in the order in which they became available.
#[derive(Debug)]
struct Lines {
    places: Table<AgentId, Place>,
    lines: Table<ProfileId, Line>,
}

/// Which agents are available and since when (R10), by profile, the longest available first (R9).
#[derive(Debug)]
pub(super) struct IdleAgents {
    by_profile: Lines,
    /// One line of all, where some queue has so many profiles that it is shorter to go along it.
    all: Option<Lines>,
    count: usize,
}

impl IdleAgents {
    /// `all_in_line`: whether [`IdleAgents::all`] will be asked for.
    pub(super) fn new(agents: usize, profiles: usize, all_in_line: bool) -> IdleAgents {
        IdleAgents { by_profile: Lines::new(agents, profiles), all: all_in_line.then(|| Lines::new(agents, 1)), count: 0 }
    }

    /// How many agents are available.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Since when the agent has been available, if it is.
    pub(super) fn since(&self, agent: AgentId) -> i64 {
        self.by_profile.places[agent].since_us
    }

    /// Whether any agent of the profile is available.
    #[inline]
    pub(super) fn any(&self, profile: ProfileId) -> bool {
        self.by_profile.lines[profile].first != NOBODY
    }

    /// The longest available agent of a profile: since when, and who.
    #[inline]
    pub(super) fn first(&self, profile: ProfileId) -> Option<(i64, AgentId)> {
        let Line { since_us, first, .. } = self.by_profile.lines[profile];
        (first != NOBODY).then_some((since_us, AgentId(first)))
    }

    /// The same to be compared: the earlier in the order of R9, the smaller. Larger than any, and nobody, if none is available.
    #[inline]
    pub(super) fn turn(&self, profile: ProfileId) -> (i64, u32) {
        let Line { since_us, first, .. } = self.by_profile.lines[profile];
        (since_us, first)
    }

    /// All available agents of a profile, the longest available first.
    pub(super) fn of(&self, profile: ProfileId) -> impl Iterator<Item = AgentId> {
        self.by_profile.of(profile)
    }

    /// Whether all stand in one line too.
    #[inline]
    pub(super) fn has_all(&self) -> bool {
        self.all.is_some()
    }

    /// All available agents in the order of R9.
    pub(super) fn all(&self) -> impl Iterator<Item = AgentId> {
        self.all.iter().flat_map(|all| all.of(EVERYONE))
    }

    /// The agent becomes available now. `now` never decreases from call to call.
    #[inline(always)]
    pub(super) fn add(&mut self, agent: AgentId, profile: ProfileId, now: i64) {
        self.count += 1;
        self.by_profile.add(agent, profile, now);
        if self.all.is_some() {
            self.add_to_all(agent, now);
        }
    }

    #[cold]
    #[inline(never)]
    fn add_to_all(&mut self, agent: AgentId, now: i64) {
        self.all.iter_mut().for_each(|all| all.add(agent, EVERYONE, now));
    }

    /// The agent is no longer available.
    #[inline(always)]
    pub(super) fn remove(&mut self, agent: AgentId, profile: ProfileId) {
        self.count -= 1;
        self.by_profile.remove(agent, profile);
        if self.all.is_some() {
            self.remove_from_all(agent);
        }
    }

    #[cold]
    #[inline(never)]
    fn remove_from_all(&mut self, agent: AgentId) {
        self.all.iter_mut().for_each(|all| all.remove(agent, EVERYONE));
    }
}

impl Lines {
    fn new(agents: usize, lines: usize) -> Lines {
        Lines {
            places: (0..agents).map(|_| Place { since_us: 0, before: NOBODY, after: NOBODY }).collect(),
            lines: (0..lines).map(|_| Line { since_us: NO_ONE_SINCE, first: NOBODY, last: NOBODY }).collect(),
        }
    }

    fn of(&self, profile: ProfileId) -> impl Iterator<Item = AgentId> {
        let agent = |number: u32| (number != NOBODY).then_some(AgentId(number));
        std::iter::successors(agent(self.lines[profile].first), move |&it| agent(self.places[it].after))
    }

    #[inline(always)]
    fn add(&mut self, agent: AgentId, profile: ProfileId, now: i64) {
        let line = &mut self.lines[profile];
        let before = line.last;
        if before == NOBODY {
            (line.since_us, line.first) = (now, agent.0);
        } else {
            let place = &mut self.places[AgentId(before)];
            if place.since_us == now {
                return self.add_to_tied(agent, profile, now);
            }
            place.after = agent.0;
        }
        line.last = agent.0;
        self.places[agent] = Place { since_us: now, before, after: NOBODY };
    }

    /// Others became available at the same instant: they stand in the order of the agents' numbers.
    #[inline(never)]
    fn add_to_tied(&mut self, agent: AgentId, profile: ProfileId, now: i64) {
        let (mut before, mut after) = (self.lines[profile].last, NOBODY);
        while before != NOBODY && before > agent.0 && self.places[AgentId(before)].since_us == now {
            after = before;
            before = self.places[AgentId(before)].before;
        }
        self.places[agent] = Place { since_us: now, before, after };
        let line = &mut self.lines[profile];
        if before == NOBODY {
            (line.since_us, line.first) = (now, agent.0);
        } else {
            self.places[AgentId(before)].after = agent.0;
        }
        if after == NOBODY {
            line.last = agent.0;
        } else {
            self.places[AgentId(after)].before = agent.0;
        }
    }

    #[inline(always)]
    fn remove(&mut self, agent: AgentId, profile: ProfileId) {
        let Place { before, after, .. } = self.places[agent];
        let line = &mut self.lines[profile];
        let mut next_since_us = NO_ONE_SINCE;
        if after == NOBODY {
            line.last = before;
        } else {
            let next = &mut self.places[AgentId(after)];
            next.before = before;
            next_since_us = next.since_us;
        }
        if before == NOBODY {
            (line.since_us, line.first) = (next_since_us, after);
        } else {
            self.places[AgentId(before)].after = after;
        }
    }
}
