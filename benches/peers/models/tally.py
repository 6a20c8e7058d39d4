"""What is counted, the same in every tool: sums by the batch of time in which a contact arrived and by queue."""

from dataclasses import dataclass

BATCHES = 13
"""Stretches of equal length into which a run is cut."""


@dataclass(slots=True)
class Row:
    """Sums over the contacts of a batch and a queue; waits in seconds."""

    answered: int = 0
    abandoned: int = 0
    waited: int = 0
    answered_wait: float = 0.0
    wait: float = 0.0


class Tally:
    """The sums of a run."""

    def __init__(self, horizon: float, queues: int) -> None:
        """Everything is zero."""
        self._length = horizon / BATCHES
        self.rows = [[Row() for _ in range(queues)] for _ in range(BATCHES)]

    def answered(self, queue: int, arrived: float, wait: float) -> None:
        """A contact that arrived then was answered after this wait."""
        row = self._row(queue, arrived)
        row.answered += 1
        row.waited += wait > 0
        row.answered_wait += wait
        row.wait += wait

    def abandoned(self, queue: int, arrived: float, wait: float) -> None:
        """A contact that arrived then gave up after this wait."""
        row = self._row(queue, arrived)
        row.abandoned += 1
        row.waited += 1
        row.wait += wait

    def _row(self, queue: int, arrived: float) -> Row:
        return self.rows[min(int(arrived / self._length), BATCHES - 1)][queue]

    def lines(self) -> list[str]:
        """A line for each batch and queue."""
        return [
            f"{batch},{queue},{row.answered},{row.abandoned},{row.waited},{row.answered_wait!r},{row.wait!r}"
            for batch, rows in enumerate(self.rows)
            for queue, row in enumerate(rows)
        ]
