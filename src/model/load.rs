//! How much work comes in, and whether the agents can carry it at all.

use super::{Model, Queue};
use crate::id::{Id, ProfileId, QueueId, Table};
use crate::random::Distribution;
use crate::time::{Span, Time};
use petgraph::Direction;
use petgraph::algo::ford_fulkerson;
use petgraph::graph::{EdgeReference, Graph};
use petgraph::visit::EdgeRef as _;

/// Queues in which the number waiting grows without end: nobody abandons, and more work comes in than all agents who serve them can do.
///
/// ```
/// let scenario = waitline::Scenario::open("scenarios/mmc.toml")?;
/// assert!(scenario.compile()?.overload().is_none());
/// let overload = scenario.set("agents.agent.count", "8")?.compile()?.overload().unwrap();
/// assert!((overload.erlangs - 100.0 * 5.0 / 60.0).abs() < 1e-9 && overload.agents == 8.0);
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Overload {
    /// Which.
    pub queues: Vec<QueueId>,
    /// Their work on average over the run up to the horizon, each contact by the fastest who serve it: agents that it keeps busy.
    pub erlangs: f64,
    /// The agents who serve any of them, on average over the same time.
    pub agents: f64,
}

impl Overload {
    /// In plain words: `a, b: 8.3 erlangs of work for 8 agents, and nobody abandons: the queue grows without end`.
    pub fn describe(&self, model: &Model) -> String {
        let names: Vec<&str> = self.queues.iter().map(|&queue| model.queues[queue].name.as_str()).collect();
        let agents = (self.agents * 100.0).round() / 100.0;
        format!(
            "{}: {:.2} erlangs of work for {agents} agents, and nobody abandons: the number waiting grows without end",
            names.join(", "),
            self.erlangs
        )
    }
}

impl Model {
    /// How many contacts are expected up to the horizon, where all sources know.
    pub fn expected_contacts(&self) -> Option<f64> {
        self.sources.iter().map(|source| source.arrivals.expected(Time::START, self.run.horizon)).sum()
    }

    /// The mean handling of a contact of each queue, whoever takes it, in whole microseconds.
    pub(crate) fn mean_handling_us(&self) -> Table<QueueId, i64> {
        let mean = |queue: &Queue| queue.handle_time.mean_us() + queue.after_contact_work.as_ref().map_or(0.0, Distribution::mean_us);
        self.queues.iter().map(|queue| Span::from_us_f64(mean(queue)).as_us()).collect()
    }

    /// The work of each queue in erlangs, on average up to the horizon, by the fastest who serve it; `None`: not known beforehand (a replay,
    /// or arrivals of one's own that do not say what they expect).
    pub fn erlangs(&self) -> Table<QueueId, Option<f64>> {
        let horizon_us = self.run.horizon.as_us().max(1) as f64;
        let mut offered: Table<QueueId, Option<f64>> = self.queues.iter().map(|_| Some(0.0)).collect();
        // Where flows send contacts is known only by simulating.
        if self.has_paths() {
            return self.queues.iter().map(|_| None).collect();
        }
        for source in &self.sources {
            for given in &source.given {
                offered[given.queue] = None;
            }
            if source.given.is_empty() {
                let expected = source.arrivals.expected(Time::START, self.run.horizon);
                offered[source.queue] = offered[source.queue].zip(expected).map(|(sum, more)| sum + more);
            }
        }
        self.queues
            .enumerate()
            .map(|(id, queue)| offered[id].map(|contacts| contacts * self.least_handling_us(id, queue) / horizon_us))
            .collect()
    }

    /// The mean handling of a contact by the profile that is fastest at it.
    fn least_handling_us(&self, id: QueueId, queue: &Queue) -> f64 {
        let mean = |own: Option<&Distribution>, general: Option<&Distribution>| own.or(general).map_or(0.0, Distribution::mean_us);
        let entries = self.profiles.iter().flat_map(|profile| &profile.entries).filter(|entry| entry.queue == id);
        let means = entries.map(|entry| {
            mean(entry.handle_time.as_ref(), Some(&queue.handle_time))
                + mean(entry.after_contact_work.as_ref(), queue.after_contact_work.as_ref())
        });
        means.min_by(f64::total_cmp).unwrap_or_else(|| mean(None, Some(&queue.handle_time)) + mean(None, queue.after_contact_work.as_ref()))
    }

    /// The agents of each profile, on average up to the horizon, without those absent or away. Rather too many than too few: whoever logs in late counts as in
    /// time, and who is late for a break comes back as planned.
    pub fn agents_on_average(&self) -> Table<ProfileId, f64> {
        let mut agents: Table<ProfileId, f64> = self.profiles.iter().map(|_| 0.0).collect();
        for agent in &self.agents {
            let until_horizon = |at: Time| at.as_us().clamp(0, self.run.horizon.as_us()) as f64;
            let length = |start: Time, end: Time| until_horizon(end) - until_horizon(start);
            let late_us = agent.attendance.breaks_start_late.as_ref().map_or(0.0, Distribution::mean_us);
            let present: f64 = agent.presence.iter().map(|shift| length(shift.start, shift.end)).sum();
            let present = present + agent.away.iter().map(|away| length(away.start, away.end).min(late_us)).sum::<f64>();
            let there = (1.0 - agent.attendance.absence) * (1.0 - agent.attendance.shrinkage);
            agents[agent.profile] += present / self.run.horizon.as_us().max(1) as f64 * there;
        }
        agents
    }

    /// The queues without patience or limit that no routing could keep from growing for ever; `None`: there are none as far as averages tell. That
    /// is no proof of the contrary: strict priority may starve a queue that other rules would serve.
    ///
    /// The work is spread over the agents as a flow from queues to the profiles that serve them; what the largest flow leaves over is too
    /// much, and the queues from which none of it can be moved are the answer (the cut of Ford and Fulkerson).
    pub fn overload(&self) -> Option<Overload> {
        let (erlangs, agents, serves) = (self.erlangs(), self.agents_on_average(), self.who_serves());
        let endless = |queue: QueueId| self.queues[queue].patience.is_none() && self.queues[queue].max_contacts.is_none();
        let work = |queue: QueueId| if endless(queue) { erlangs[queue].unwrap_or(0.0) } else { 0.0 };
        let reached =
            cannot_be_moved(&self.queues.ids().map(work).collect::<Vec<_>>(), &agents.iter().copied().collect::<Vec<_>>(), &serves);
        let queues: Vec<QueueId> = self.queues.ids().filter(|queue| reached[queue.index()] && work(*queue) > 0.0).collect();
        let serving = |place: &usize| queues.iter().any(|queue| serves[queue.index()].contains(place));
        let agents = (0..self.profiles.len()).filter(serving).map(|place| agents[ProfileId::from_index(place)]).sum();
        let erlangs = queues.iter().map(|&queue| work(queue)).sum();
        (!queues.is_empty()).then_some(Overload { queues, erlangs, agents })
    }

    /// Queue by queue the profiles that serve it.
    fn who_serves(&self) -> Vec<Vec<usize>> {
        let mut serves: Vec<Vec<usize>> = vec![Vec::new(); self.queues.len()];
        for (id, profile) in self.profiles.enumerate() {
            for entry in &profile.entries {
                let profiles = &mut serves[entry.queue.index()];
                if profiles.last() != Some(&id.index()) {
                    profiles.push(id.index());
                }
            }
        }
        serves
    }
}

/// Of each queue, whether it has work that finds no agent, or that could only be placed by pushing out such work.
fn cannot_be_moved(work: &[f64], agents: &[f64], serves: &[Vec<usize>]) -> Vec<bool> {
    // In billionths of an agent, so that flows are exact. As much work as agents is too much already, hence one more.
    let units = |amount: f64| (amount * 1e9).round() as u64;
    let mut network = Graph::<(), u64>::new();
    let (start, end) = (network.add_node(()), network.add_node(()));
    let queues: Vec<_> = work.iter().map(|_| network.add_node(())).collect();
    let profiles: Vec<_> = agents.iter().map(|_| network.add_node(())).collect();
    for ((&queue, &work), serves) in queues.iter().zip(work).zip(serves) {
        network.add_edge(start, queue, if work > 0.0 { units(work) + 1 } else { 0 });
        network.extend_with_edges(serves.iter().map(|&profile| (queue, profiles[profile], u64::MAX)));
    }
    network.extend_with_edges(profiles.iter().zip(agents).map(|(&profile, &agents)| (profile, end, units(agents))));
    let (_, flows) = ford_fulkerson(&network, start, end);
    // Whatever can still be reached from the start, forwards where there is room or backwards where something flows.
    let mut reached = vec![false; network.node_count()];
    let mut next = vec![start];
    while let Some(node) = next.pop() {
        if !std::mem::replace(&mut reached[node.index()], true) {
            let room = |edge: &EdgeReference<'_, u64>| flows[edge.id().index()] < *edge.weight();
            next.extend(network.edges_directed(node, Direction::Outgoing).filter(room).map(|edge| edge.target()));
            let flows = |edge: &EdgeReference<'_, u64>| flows[edge.id().index()] > 0;
            next.extend(network.edges_directed(node, Direction::Incoming).filter(flows).map(|edge| edge.source()));
        }
    }
    queues.iter().map(|queue| reached[queue.index()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_work_is_found_wherever_it_sits() {
        let cut = |work: &[f64], agents: &[f64], serves: &[&[usize]]| {
            cannot_be_moved(work, agents, &serves.iter().map(|row| row.to_vec()).collect::<Vec<_>>())
        };
        assert_eq!(cut(&[7.9], &[8.0], &[&[0]]), [false]);
        assert_eq!(cut(&[8.0], &[8.0], &[&[0]]), [true], "as much work as agents is too much");
        assert_eq!(cut(&[1.0], &[], &[&[]]), [true]);
        // Two queues share one profile and have one each: 3 + 5 for 2 + 4 + 2.
        assert_eq!(cut(&[2.9, 4.9], &[2.0, 2.0, 4.0], &[&[0, 1], &[1, 2]]), [false, false]);
        assert_eq!(cut(&[3.0, 5.0], &[2.0, 2.0, 4.0], &[&[0, 1], &[1, 2]]), [true, true]);
        // The first queue alone is too much for those who serve it, though all together there are enough agents.
        assert_eq!(cut(&[4.5, 1.0], &[2.0, 2.0, 4.0], &[&[0, 1], &[1, 2]]), [true, false]);
        // Work has to be moved to make room: the second queue can only go to profile 0.
        assert_eq!(cut(&[3.0, 3.0], &[3.5, 3.5], &[&[0, 1], &[0]]), [false, false]);
        assert_eq!(cut(&[0.0, 3.0], &[2.0], &[&[0], &[0]]), [false, true], "a queue without work has none to place");
    }

    #[test]
    fn agents_who_are_away_carry_nothing() {
        let scenario = crate::scenario::Scenario::open("scenarios/mmc.toml").unwrap();
        let overload = |count: &str, absence: &str| {
            let scenario = scenario.set("agents.agent.count", count).and_then(|other| other.set("agents.agent.absence", absence)).unwrap();
            scenario.compile().unwrap().overload()
        };
        assert_eq!(overload("9", "0%"), None);
        let found = overload("9", "10%").unwrap();
        assert!((found.agents - 8.1).abs() < 1e-9, "{found:?}");
        let model = scenario.compile().unwrap();
        assert_eq!(
            found.describe(&model),
            "calls: 8.33 erlangs of work for 8.1 agents, and nobody abandons: the number waiting grows without end"
        );
        assert_eq!(model.erlangs()[QueueId(0)].map(|erlangs| (erlangs * 100.0).round()), Some(833.0));
    }
}
