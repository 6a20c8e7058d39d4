#!/usr/bin/env python3
"""Waitline against general simulators, on the same workloads: `python3 benches/peers/run.py`.

Installs what it needs below target/peers (SimPy, Ciw and salabim from PyPI; desru, NeXosim and simu-des from crates.io), builds Waitline, lets each
tool play each workload that it can express, in turn, several times, checks that all find the same center, and writes the table into README.md.
It takes a quarter of an hour. A tool that disagrees fails the run, and then nothing is written.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import judge
import table
from tools import ROOT, TOOLS, Run, Tool, waitline_counts

PEERS = ROOT / "benches" / "peers"
TARGET = ROOT / "target" / "peers"
WORKLOADS = ("w1", "w2", "w3")


def install() -> None:
    """Makes the virtual environment and builds both Rust packages."""
    venv = TARGET / "venv"
    if not venv.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", str(PEERS / "requirements.txt")], check=True)
    build = ["cargo", "build", "--release", "--locked", "--quiet"]
    subprocess.run([*build, "--target-dir", str(TARGET / "rust")], check=True, cwd=PEERS / "rust")
    subprocess.run([*build, "--target-dir", str(ROOT / "target")], check=True, cwd=ROOT)


def measure(rounds: int, share: float) -> dict[tuple[str, str], list[Run]]:
    """In each round each tool plays each of its workloads once: what disturbs the machine for a while disturbs them all."""
    runs: dict[tuple[str, str], list[Run]] = {}
    for seed in range(1, rounds + 1):
        for workload in WORKLOADS:
            for tool in TOOLS:
                if workload in tool.workloads:
                    run = tool.run(workload, seed, share)
                    runs.setdefault((tool.name, workload), []).append(run)
                    print(f"round {seed}  {workload}  {tool.name:9} {run.contacts:9,} contacts  {run.cpu_s:7.3f} s", flush=True)
    return runs


def counted(tool: Tool, workload: str, runs: list[Run]) -> judge.Sums:
    """The sums of all rounds in batches. Waitline's are from logs of the same contacts, written in runs that are not timed."""
    lines = [waitline_counts(workload, seed) if tool.name == "Waitline" else run.output for seed, run in enumerate(runs, start=1)]
    return judge.batches(lines)


def main() -> int:
    """Installs, measures, judges, writes."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=7, help="how often each tool plays each workload (default 7)")
    arguments.add_argument("--share", type=float, default=1.0, help="of the peers' contacts, for a quick look (default 1)")
    arguments.add_argument("--readme", type=Path, default=ROOT / "README.md", help="where the table goes (default README.md)")
    options = arguments.parse_args()
    install()
    runs = measure(options.rounds, options.share)
    sums = {(tool.name, workload): counted(tool, workload, runs[tool.name, workload]) for tool in TOOLS for workload in tool.workloads}
    verdicts = judge.verdicts(sums)
    wrong = [verdict for verdict in verdicts if not verdict.agrees]
    for verdict in verdicts if len(wrong) == 0 else wrong:
        print(verdict)
    print(f"{len(verdicts)} comparisons, {len(wrong)} disagree")
    if wrong:
        return 1
    table.write(options.readme, table.render(runs, len(verdicts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
