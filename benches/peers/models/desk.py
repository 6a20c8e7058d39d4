"""Who takes whom: waiting lines and available agents.

The tools know time, events and processes; this is what a user of any of them has to add for routing by skill.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from models.workload import Workload


@dataclass(eq=False, slots=True)
class Waiting:
    """A waiting contact; `answer` tells it the profile of the agent who takes it."""

    queue: int
    arrived: float
    answer: Callable[[int], None]


class Desk:
    """Waiting lines, oldest first, and available agents by profile, longest available first."""

    def __init__(self, workload: Workload) -> None:
        """All agents are available, nobody waits."""
        queues = range(len(workload.queues))
        self._lines: list[OrderedDict[int, Waiting]] = [OrderedDict() for _ in queues]
        self._idle: list[deque[int]] = [deque() for _ in workload.profiles]
        self._freed = 0
        self._entered = 0
        self._levels: list[list[list[tuple[int, float]]]] = []
        self._takers: list[list[tuple[int, float]]] = [[] for _ in queues]
        for number, profile in enumerate(workload.profiles):
            levels: dict[int, list[tuple[int, float]]] = {}
            for entry in profile.entries:
                levels.setdefault(entry.priority, []).append((entry.queue, entry.delay))
                self._takers[entry.queue].append((number, entry.delay))
            self._levels.append([levels[priority] for priority in sorted(levels)])
            for _ in range(profile.agents):
                self._free(number)
        self.stages = [sorted({delay for _, delay in takers if delay > 0}) for takers in self._takers]
        """By queue: the delays after which more agents may take a contact."""

    def take_agent(self, queue: int, waited: float) -> int | None:
        """Takes the agent available the longest of those who may take a contact that has waited so long; says its profile."""
        available = [(self._idle[profile][0], profile) for profile, delay in self._takers[queue] if delay <= waited and self._idle[profile]]
        if not available:
            return None
        _, profile = min(available)
        self._idle[profile].popleft()
        return profile

    def enter(self, contact: Waiting) -> int:
        """Puts a contact at the end of its line; says by which number it leaves."""
        self._entered += 1
        self._lines[contact.queue][self._entered] = contact
        return self._entered

    def leave(self, queue: int, number: int) -> None:
        """Takes a contact out of its line."""
        del self._lines[queue][number]

    def release(self, profile: int, now: float) -> None:
        """An agent has finished: it answers by priority, then the oldest, or becomes available."""
        for level in self._levels[profile]:
            heads = []
            for queue, delay in level:
                line = self._lines[queue]
                if line:
                    number = next(iter(line))
                    if now - line[number].arrived >= delay:
                        heads.append((number, queue))
            if heads:
                number, queue = min(heads)
                self._lines[queue].pop(number).answer(profile)
                return
        self._free(profile)

    def _free(self, profile: int) -> None:
        self._freed += 1
        self._idle[profile].append(self._freed)
