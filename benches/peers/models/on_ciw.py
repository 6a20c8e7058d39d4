"""Ciw: networks of queues, described rather than programmed."""

import math

import ciw

from models.tally import Tally
from models.workload import Workload


class Until(ciw.dists.Exponential):
    """Exponential times between arrivals, up to a horizon."""

    def __init__(self, rate: float, horizon: float) -> None:
        """Nobody comes at or after the horizon."""
        super().__init__(rate)
        self._horizon = horizon

    def sample(self, t: float = 0.0, ind: object = None) -> float:
        """Draws the time to the next arrival, infinite after the last."""
        gap: float = super().sample(t, ind)
        return gap if t + gap < self._horizon else math.inf


def run(workload: Workload, seed: int) -> Tally:
    """Plays a workload of one queue whose agents are all alike."""
    (queue,), (profile,) = workload.queues, workload.profiles
    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[Until(1 / queue.interarrival.mean, workload.horizon)],
        service_distributions=[ciw.dists.Exponential(1 / queue.handling.mean)],
        reneging_time_distributions=[queue.patience and ciw.dists.Exponential(1 / queue.patience.mean)],
        number_of_servers=[profile.agents],
    )
    simulation = ciw.Simulation(network)
    # Long past the horizon nobody is left.
    simulation.simulate_until_max_time(2 * workload.horizon)
    tally = Tally(workload.horizon, 1)
    for record in simulation.get_all_records():
        count = tally.abandoned if record.record_type == "renege" else tally.answered
        count(0, record.arrival_date, record.waiting_time)
    return tally
