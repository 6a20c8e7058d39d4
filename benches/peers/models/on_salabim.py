"""salabim: components with a process each."""

import math
import random

import salabim as sim

from models.desk import Desk, Waiting
from models.tally import Tally
from models.workload import Workload


class World(sim.Environment):
    """The world in which contacts live: `agents` serves where all are alike, `desk` where they are not."""

    def setup(self, workload: Workload, seed: int) -> None:
        """Prepares everything; the sums that salabim would keep of the agents are not asked for."""
        self.workload = workload
        self.rng = random.Random(seed)
        self.tally = Tally(workload.horizon, len(workload.queues))
        self.agents = sim.Resource("agents", workload.profiles[0].agents, monitor=False, env=self)
        self.desk = Desk(workload)


class Contact(sim.Component):
    """A contact of a center whose agents are all alike."""

    def setup(self, queue: int) -> None:
        """Remembers where and when it came."""
        self.queue = queue
        self.of = self.env.workload.queues[queue]
        self.arrived = self.env.now()

    def process(self) -> None:
        """Waits, talks, leaves."""
        patience = self.of.patience
        self.request(self.env.agents, fail_delay=math.inf if patience is None else patience.sample(self.env.rng))
        if self.failed():
            self.env.tally.abandoned(self.queue, self.arrived, self.env.now() - self.arrived)
            return
        self.talk()
        self.release()

    def talk(self) -> None:
        """An agent has answered."""
        self.env.tally.answered(self.queue, self.arrived, self.env.now() - self.arrived)
        self.hold(self.of.handling.sample(self.env.rng))


class Routed(Contact):
    """A contact of a center with routing profiles."""

    def process(self) -> None:
        """Waits, talks, and hands its agent on."""
        desk = self.env.desk
        self.profile = desk.take_agent(self.queue, 0)
        if self.profile is None:
            self.wait_in_line()
        if self.profile is None:
            self.env.tally.abandoned(self.queue, self.arrived, self.env.now() - self.arrived)
            return
        self.talk()
        desk.release(self.profile, self.env.now())

    def wait_in_line(self) -> None:
        """Until it is answered, a delay ends at which an agent is there, or patience ends."""
        desk, patience = self.env.desk, self.of.patience.sample(self.env.rng)
        number = desk.enter(Waiting(self.queue, self.arrived, self.answer))
        for delay in [*desk.stages[self.queue], math.inf]:
            self.hold(till=self.arrived + min(delay, patience))
            if self.profile is not None:
                return
            if patience <= delay:
                break
            self.profile = desk.take_agent(self.queue, delay)
            if self.profile is not None:
                break
        desk.leave(self.queue, number)

    def answer(self, profile: int) -> None:
        """An agent of this profile takes it."""
        self.profile = profile
        self.activate()


def run(workload: Workload, seed: int) -> Tally:
    """Plays the workload."""
    world = World(workload=workload, seed=seed)
    kind = Contact if len(workload.profiles) == 1 else Routed
    for queue, of in enumerate(workload.queues):
        # One stream for all: two of one seed would make gaps and talks follow each other.
        gaps = sim.Exponential(of.interarrival.mean, randomstream=world.rng, env=world)
        sim.ComponentGenerator(kind, iat=gaps, till=workload.horizon, queue=queue, env=world)
    world.run(till=math.inf)
    return world.tally
