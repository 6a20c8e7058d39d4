"""SimPy: processes are generators that yield events."""

import random
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from models.desk import Desk, Waiting
from models.tally import Tally
from models.workload import Law, Workload

Process = Generator[simpy.Event, Any, None]


@dataclass(slots=True)
class Center:
    """The world in which contacts live: `agents` serves where all are alike, `desk` where they are not."""

    workload: Workload
    env: simpy.Environment
    rng: random.Random
    tally: Tally
    agents: simpy.Resource
    desk: Desk

    def after(self, law: Law | None) -> simpy.Timeout:
        """An event after a random time."""
        assert law is not None, "only who has patience loses it"
        return self.env.timeout(law.sample(self.rng))


def run(workload: Workload, seed: int) -> Tally:
    """Plays the workload."""
    env = simpy.Environment()
    tally = Tally(workload.horizon, len(workload.queues))
    agents = simpy.Resource(env, workload.profiles[0].agents)
    center = Center(workload, env, random.Random(seed), tally, agents, Desk(workload))
    for queue in range(len(workload.queues)):
        env.process(_source(center, queue))
    env.run()
    return tally


def _source(center: Center, queue: int) -> Process:
    env, law = center.env, center.workload.queues[queue].interarrival
    if len(center.workload.profiles) > 1:
        contact = _routed
    elif center.workload.queues[queue].patience is None:
        contact = _patient
    else:
        contact = _impatient
    while True:
        gap = law.sample(center.rng)
        if env.now + gap >= center.workload.horizon:
            return
        yield env.timeout(gap)
        env.process(contact(center, queue))


def _patient(center: Center, queue: int) -> Process:
    arrived = center.env.now
    with center.agents.request() as request:
        yield request
        center.tally.answered(queue, arrived, center.env.now - arrived)
        yield center.after(center.workload.queues[queue].handling)


def _impatient(center: Center, queue: int) -> Process:
    of, arrived = center.workload.queues[queue], center.env.now
    with center.agents.request() as request:
        happened = yield request | center.after(of.patience)
        wait = center.env.now - arrived
        if request not in happened:
            center.tally.abandoned(queue, arrived, wait)
            return
        center.tally.answered(queue, arrived, wait)
        yield center.after(of.handling)


def _routed(center: Center, queue: int) -> Process:
    """A contact of a center with routing profiles."""
    arrived = center.env.now
    profile = center.desk.take_agent(queue, 0)
    if profile is None:
        profile = yield from _wait(center, queue)
    wait = center.env.now - arrived
    if profile is None:
        center.tally.abandoned(queue, arrived, wait)
        return
    center.tally.answered(queue, arrived, wait)
    yield center.after(center.workload.queues[queue].handling)
    center.desk.release(profile, center.env.now)


def _wait(center: Center, queue: int) -> Generator[simpy.Event, Any, int | None]:
    """Waits in line; returns the profile of the agent who has answered."""
    env, desk, arrived = center.env, center.desk, center.env.now
    answered, patience = env.event(), center.after(center.workload.queues[queue].patience)
    number = desk.enter(Waiting(queue, arrived, answered.succeed))
    for delay in desk.stages[queue]:
        happened = yield answered | patience | env.timeout(arrived + delay - env.now)
        if answered.triggered:
            return _profile(answered)
        if patience in happened:
            break
        profile = desk.take_agent(queue, delay)
        if profile is not None:
            desk.leave(queue, number)
            return profile
    else:
        yield answered | patience
        if answered.triggered:
            return _profile(answered)
    desk.leave(queue, number)
    return None


def _profile(answered: simpy.Event) -> int:
    """What the answering agent has left."""
    profile: int = answered.value
    return profile
