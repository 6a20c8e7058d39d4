"""Runs one workload in one tool; prints what was counted and the CPU time that it took."""

import importlib
import sys
import time
from collections.abc import Callable

from models.tally import Tally
from models.workload import Workload


def main() -> None:
    """Imports are not timed: building the model and running it is."""
    tool, scenario, contacts, seed = sys.argv[1:]
    workload = Workload.open(scenario, float(contacts))
    run: Callable[[Workload, int], Tally] = importlib.import_module(f"models.on_{tool}").run
    start = time.process_time()
    tally = run(workload, int(seed))
    print(f"# cpu {time.process_time() - start}")
    print(*tally.lines(), sep="\n")


main()
