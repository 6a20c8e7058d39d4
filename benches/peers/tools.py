"""The tools that are compared, and how each is run."""

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.tally import Tally

ROOT = Path(__file__).resolve().parents[2]
VENV_PYTHON = ROOT / "target" / "peers" / "venv" / "bin" / "python"
RUST_PEERS = ROOT / "target" / "peers" / "rust" / "release" / "waitline-peers"
WAITLINE = ROOT / "target" / "release" / "waitline"
PEERS = ROOT / "benches" / "peers"
PYTHON, RUST = "Python", "Rust"


@dataclass(frozen=True)
class Run:
    """What one run counted, in lines as `Tally.lines` gives them, and what it cost."""

    contacts: int
    cpu_s: float
    output: list[str]


@dataclass(frozen=True)
class Tool:
    """A simulator; `contacts` is what it plays in sensible time, and a tool that cannot express a workload does not list it."""

    name: str
    language: str
    kind: str
    contacts: int
    workloads: tuple[str, ...] = ("w1", "w2", "w3")

    def run(self, workload: str, seed: int, share: float) -> Run:
        """Plays a workload once."""
        scenario = f"scenarios/workloads/{workload}.toml"
        if self.name == "Waitline":
            cpu_s, lines = _timed([WAITLINE, "run", scenario, "--replications", "1", "--seed", str(seed)], ROOT)
            total = next(line.split() for line in lines if line.startswith("  total"))
            return Run(int(total[1]), cpu_s, [])
        asked = [self.name.lower(), str(ROOT / scenario), str(int(self.contacts * share)), str(seed)]
        program = [VENV_PYTHON, "-m", "models"] if self.language == PYTHON else [RUST_PEERS]
        cpu_s, lines = _timed([*program, *asked], PEERS)
        # Imports are not held against a program in Python: it says itself what came after them.
        told = [float(line.removeprefix("# cpu ")) for line in lines if line.startswith("# cpu ")]
        rows = [line for line in lines if not line.startswith("#")]
        return Run(sum(int(row.split(",")[2]) + int(row.split(",")[3]) for row in rows), told[0] if told else cpu_s, rows)


TOOLS = (
    Tool("Waitline", RUST, "contact centers", 1_000_000),
    Tool("desru", RUST, "an event list of closures", 1_000_000),
    Tool("simu-des", RUST, "processes as `async` blocks, after SimPy", 1_000_000),
    Tool("NeXosim", RUST, "models that send messages, for engineering and digital twins", 1_000_000),
    Tool("SimPy", PYTHON, "processes as generators", 260_000),
    Tool("Ciw", PYTHON, "queueing networks", 130_000, ("w1", "w2")),
    Tool("salabim", PYTHON, "processes as components, with animation", 65_000),
)


def _timed(command: Sequence[str | Path], folder: Path) -> tuple[float, list[str]]:
    """Runs a program to its end; says the CPU time of all its threads, and what it printed."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, command)
        output.seek(0)
        return usage.ru_utime + usage.ru_stime, output.read().splitlines()


def waitline_counts(workload: str, seed: int) -> list[str]:
    """The sums of a run of Waitline, from its contact log."""
    scenario = ROOT / "scenarios" / "workloads" / f"{workload}.toml"
    text = scenario.read_text()
    found = re.search(r'^horizon = "(\d+)s"$', text, re.MULTILINE)
    if found is None:
        raise ValueError(f"{scenario}: no horizon in seconds")
    queues = re.findall(r'^\[\[queue\]\]\nname = "(\w+)"$', text, re.MULTILINE)
    tally = Tally(float(found[1]), len(queues))
    with tempfile.NamedTemporaryFile("r", suffix=".csv") as log:
        run = [str(WAITLINE), "run", str(scenario), "--replications", "1", "--seed", str(seed), "--contacts", log.name]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
        names = log.readline().rstrip("\n").split(",")
        queue, arrived, outcome, wait = (names.index(name) for name in ("queue", "enqueued_s", "outcome", "wait_s"))
        numbers = {name: number for number, name in enumerate(queues)}
        for line in log:
            fields = line.split(",")
            count = {"answered": tally.answered, "abandoned": tally.abandoned}[fields[outcome]]
            count(numbers[fields[queue]], float(fields[arrived]), float(fields[wait]))
    return tally.lines()
