"""The table in README.md: what was measured, as Markdown between two marks."""

import datetime
import os
import platform
import re
import statistics
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools import PYTHON, ROOT, TOOLS, Run, Tool

BEGIN, END = "<!-- peers: written by benches/peers/run.py -->", "<!-- peers: end -->"
WORKLOADS = ("w1", "w2", "w3")


def render(runs: Mapping[tuple[str, str], list[Run]], comparisons: int) -> str:
    """The table, and under which circumstances it came about."""
    lines = ["| tool | | contacts a run | W1 | W2 | W3 |", "|---|---|---:|---:|---:|---:|"]
    for tool in TOOLS:
        cells = [_cell(runs, tool, workload) for workload in WORKLOADS]
        lines.append(f"| {tool.name} {_version(tool)} | {tool.language}: {tool.kind} | {tool.contacts:,} | {' | '.join(cells)} |")
    rounds, today = len(next(iter(runs.values()))), datetime.date.today()
    rust = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    lines += [
        "",
        f"Thousand contacts per CPU second, in brackets how many times slower than Waitline; medians of {rounds} interleaved rounds on {today},",
        f"{_processor()}, {os.cpu_count()} cores (shared), {platform.system()}, Rust {rust}, CPython {platform.python_version()}.",
        f"In all {comparisons} comparisons with theory (W1: Erlang C, W2: Erlang A) and of the tools with each other (W3) the tools agree.",
    ]
    return "\n".join(lines)


def _cell(runs: Mapping[tuple[str, str], list[Run]], tool: Tool, workload: str) -> str:
    """The median of the rounds, and of the ratios within each."""
    own = runs.get((tool.name, workload))
    if own is None:
        return "-"
    speed = statistics.median(run.contacts / run.cpu_s / 1000 for run in own)
    if tool.name == "Waitline":
        return _three_digits(speed)
    pairs = zip(runs["Waitline", workload], own, strict=True)
    slower = statistics.median((best.contacts / best.cpu_s) / (run.contacts / run.cpu_s) for best, run in pairs)
    return f"{_three_digits(speed)} ({_three_digits(slower) if slower >= 10 else f'{slower:.1f}'})"


def _three_digits(number: float) -> str:
    """Rounds to what a median of a few rounds on a shared machine is worth, and less."""
    if number < 10:
        return f"{number:.2f}"
    if number < 100:
        return f"{number:.0f}" if number >= 99.5 else f"{number:.1f}"
    digits = len(str(int(number))) - 3
    return f"{round(number, -digits):,.0f}"


def _version(tool: Tool) -> str:
    """As the files say that pin it."""
    if tool.name == "Waitline":
        text, name = (ROOT / "Cargo.toml").read_text(), r"version = \""
    elif tool.language == PYTHON:
        text, name = (ROOT / "benches/peers/requirements.txt").read_text(), f"{tool.name.lower()}=="
    else:
        text, name = (ROOT / "benches/peers/rust/Cargo.toml").read_text(), f"{tool.name.lower()} = \"="
    found = re.search(rf"^{name}([\d.]+)", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"nothing pins {tool.name}")
    return found[1]


def _processor() -> str:
    """The processor's name, where Linux tells it."""
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def write(readme: Path, text: str) -> None:
    """Puts the text between the two marks."""
    before, rest = readme.read_text().split(BEGIN)
    _, after = rest.split(END)
    readme.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
