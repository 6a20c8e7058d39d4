"""What of a Waitline scenario these workloads need: queues with one source each, profiles, agents."""

import math
import random
import tomllib
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Law:
    """The law of a duration in seconds: exponential, or lognormal if `cv` is given."""

    mean: float
    cv: float | None = None
    _log: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        """Keeps the parameters of the normal distribution behind a lognormal one."""
        variance = math.log1p((self.cv or 0.0) ** 2)
        object.__setattr__(self, "_log", (math.log(self.mean) - variance / 2, math.sqrt(variance)))

    def sample(self, rng: random.Random) -> float:
        """Draws once."""
        if self.cv is None:
            return rng.expovariate(1 / self.mean)
        return rng.lognormvariate(*self._log)


@dataclass(frozen=True)
class Queue:
    """A queue and what comes to it."""

    interarrival: Law
    handling: Law
    patience: Law | None


@dataclass(frozen=True)
class Entry:
    """A profile's claim on a queue."""

    queue: int
    priority: int
    delay: float


@dataclass(frozen=True)
class Profile:
    """A routing profile and the number of its agents."""

    agents: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Workload:
    """What arrives until the horizon, and who takes it."""

    horizon: float
    queues: tuple[Queue, ...]
    profiles: tuple[Profile, ...]

    @staticmethod
    def open(path: str, contacts: float) -> "Workload":
        """Reads a scenario and sets the horizon so that `contacts` come on average."""
        with open(path, "rb") as file:
            scenario = tomllib.load(file)
        names = [queue["name"] for queue in scenario["queue"]]
        rates = {source["queue"]: _number(source["arrivals"]["rate"], "/s") for source in scenario["source"]}
        counts = {agents["routing_profile"]: agents["count"] for agents in scenario["agents"]}
        queues = [
            Queue(Law(1 / rates[queue["name"]]), _law(queue["handle_time"]), _law(queue["patience"]) if "patience" in queue else None)
            for queue in scenario["queue"]
        ]
        profiles = []
        for profile in scenario["routing_profile"]:
            entries = [
                Entry(names.index(entry["queue"]), entry["priority"], _number(entry.get("delay", "0s"), "s")) for entry in profile["queues"]
            ]
            profiles.append(Profile(counts[profile["name"]], tuple(entries)))
        return Workload(contacts / sum(rates.values()), tuple(queues), tuple(profiles))


def _law(table: dict[str, Any]) -> Law:
    law = Law(_number(table["mean"], "s"), table.get("cv"))
    if table["distribution"] != ("exponential" if law.cv is None else "lognormal"):
        raise ValueError(f"{table} is in none of the workloads")
    return law


def _number(text: str, unit: str) -> float:
    if not text.endswith(unit):
        raise ValueError(f"`{text}`: expected a number and `{unit}`")
    return float(text.removesuffix(unit))
