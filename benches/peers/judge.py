"""Do the tools find the same center? Ratios of sums, their intervals from batches, and what must lie in them.

A run is cut into batches of time by when contacts arrived. The first, in which the center fills, is left out. The others are put together until a
group holds `GROUP` contacts: on W1, the slowest to forget, that is some twenty times as long as its memory. All comparisons together are right with
`CONFIDENCE`: each has its part of the error (Bonferroni).
"""

import functools
import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

GROUP = 25_000
CONFIDENCE = 0.99

Row = tuple[float, ...]
"""Answered, abandoned, waited, wait of the answered, wait of all."""
Sums = list[dict[int, Row]]
"""For each group of batches: by queue, the sums."""

TRUTH = {
    ("w1", "share waiting"): (0.50646, "Erlang C"),
    ("w1", "ASA"): (30.39, "Erlang C"),
    ("w2", "share waiting"): (0.59670, "Erlang A"),
    ("w2", "share abandoned"): (0.03303, "Erlang A"),
}
MEASURES = {
    "share waiting": lambda row: (row[2], row[0] + row[1]),
    "share abandoned": lambda row: (row[1], row[0] + row[1]),
    "ASA": lambda row: (row[3], row[0]),
}


@dataclass(frozen=True)
class Estimate:
    """A ratio of sums, its standard error by the delta method, and from how many groups that is."""

    value: float
    error: float
    groups: int


@dataclass(frozen=True)
class Verdict:
    """One comparison: a difference and the half-width within which it must lie."""

    what: str
    difference: float
    half_width: float
    found: str

    @property
    def agrees(self) -> bool:
        """Whether the interval covers zero."""
        return abs(self.difference) <= self.half_width

    def __str__(self) -> str:
        """As a line to print."""
        return f"{'agrees   ' if self.agrees else 'DISAGREES'}  {self.what}: {self.found}, difference {self.difference:+.5f} ± {self.half_width:.5f}"


def batches(runs: Iterable[list[str]]) -> Sums:
    """Reads the sums of all runs of a tool on a workload and puts batches together to groups."""
    groups: Sums = []
    for lines in runs:
        rows: dict[int, dict[int, Row]] = {}
        for line in lines:
            batch, queue, *sums = line.split(",")
            rows.setdefault(int(batch), {})[int(queue)] = tuple(map(float, sums))
        kept = [rows[batch] for batch in sorted(rows)[1:]]
        contacts = sum(row[0] + row[1] for batch in kept for row in batch.values())
        count = max(size for size in range(1, len(kept) + 1) if len(kept) % size == 0 and (size == 1 or contacts / size >= GROUP))
        length = len(kept) // count
        groups += [_added(kept[first : first + length]) for first in range(0, len(kept), length)]
    return groups


def _added(some: list[dict[int, Row]]) -> dict[int, Row]:
    return {queue: tuple(map(sum, zip(*(batch[queue] for batch in some), strict=True))) for queue in some[0]}


def estimate(sums: Sums, measure: str, queue: int | None) -> Estimate:
    """A measure of one queue, or of all together."""
    pairs = []
    for group in sums:
        row = tuple(map(sum, zip(*group.values(), strict=True))) if queue is None else group[queue]
        pairs.append(MEASURES[measure](row))
    above, below = (sum(part) for part in zip(*pairs, strict=True))
    ratio = above / below
    spread = sum((x - ratio * y) ** 2 for x, y in pairs)
    groups = len(pairs)
    return Estimate(ratio, math.sqrt(spread * groups / (groups - 1)) / below, groups)


def verdicts(sums: Mapping[tuple[str, str], Sums]) -> list[Verdict]:
    """All comparisons: with theory where there is one, of each tool with each other where there is none."""
    compared: list[tuple[str, Estimate, Estimate]] = []
    for (tool, workload), of in sums.items():
        for (where, measure), (value, theory) in TRUTH.items():
            if where == workload:
                compared.append((f"{workload} {measure}, {tool} and {theory}", estimate(of, measure, None), Estimate(value, 0, 0)))
    routed = {tool: of for (tool, workload), of in sums.items() if workload == "w3"}
    queues = sorted(next(iter(routed.values()))[0])
    measured = [(measure, None) for measure in MEASURES] + [(measure, queue) for queue in queues for measure in ("share waiting", "share abandoned")]
    for measure, queue in measured:
        estimates = {tool: estimate(of, measure, queue) for tool, of in routed.items()}
        where = "" if queue is None else f" of q{queue}"
        for one, other in itertools.combinations(estimates, 2):
            compared.append((f"w3 {measure}{where}, {one} and {other}", estimates[one], estimates[other]))
    return [_verdict(what, one, other, (1 - CONFIDENCE) / len(compared)) for what, one, other in compared]


def _verdict(what: str, one: Estimate, other: Estimate, error: float) -> Verdict:
    """The half-width of a difference, each side with the t of its own groups: rather too wide, where Welch's may be too narrow."""
    widths = [_student(error, part.groups - 1) * part.error for part in (one, other) if part.groups > 0]
    return Verdict(what, one.value - other.value, math.hypot(*widths), f"{one.value:.5f} and {other.value:.5f}")


@functools.cache
def _student(error: float, freedom: int) -> float:
    """The t that Student's distribution passes to either side with this probability, by bisection."""
    low, high = 0.0, 1e6
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if _tails(middle, freedom) > error else (low, middle)
    return high


def _tails(t: float, freedom: int) -> float:
    """P(|T| > t): with t = sqrt(freedom) tan(angle) the density is a power of the cosine."""
    start = math.atan(t / math.sqrt(freedom))
    return _power_of_cosine(start, freedom - 1) / _power_of_cosine(0, freedom - 1)


def _power_of_cosine(start: float, power: int, steps: int = 2000) -> float:
    """The integral up to the right angle, by Simpson's rule."""
    width = (math.pi / 2 - start) / steps
    weights = (4 if step % 2 else 2 for step in range(1, steps))
    inner = sum(weight * math.cos(start + width * step) ** power for step, weight in enumerate(weights, start=1))
    return (math.cos(start) ** power + inner + (power == 0)) * width / 3
