"""How the benchmark measures: user and system CPU of whole processes, medians, ratios in one run.

Bare times say nothing on a busy machine. Each row runs ours and the reference in turn, five times,
and states the ratio of the medians.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
COUNT = int(os.environ.get("BENCH_COUNT", "5"))


@dataclass(frozen=True)
class Sample:
    """One run: CPU seconds (user + system), peak resident memory, what it printed."""

    cpu_s: float
    peak_mib: int
    printed: str


@dataclass(frozen=True)
class Row:
    """One line of the table; ``bound`` is the ratio that must not be exceeded."""

    name: str
    cpu_s: float
    reference_cpu_s: float
    ratio: float
    bound: float
    peak_mib: int

    @property
    def is_inside(self) -> bool:
        return self.ratio <= self.bound


def process(command: list[str], *, server: Callable[[], float] | None = None, **environment: str) -> Sample:
    """Run a command to its end; ``server`` reads CPU seconds spent elsewhere on its behalf, such as by PostgreSQL."""
    before = server() if server else 0.0
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(writer, 1)
        os.close(reader)
        os.execvpe(command[0], command, {**os.environ, **environment})
    os.close(writer)
    with os.fdopen(reader) as stream:
        printed = stream.read()
    _, status, used = os.wait4(pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{printed}")
    elsewhere = server() - before if server else 0.0
    return Sample(used.ru_utime + used.ru_stime + elsewhere, used.ru_maxrss // 1024, printed)


def reported(command: list[str]) -> Sample:
    """Run a program that measures itself from before its imports and prints one JSON line."""
    line = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return Sample(line["cpu_s"], line["peak_mib"], json.dumps(line))


def row(
    name: str,
    bound: float,
    ours: Callable[[], Sample],
    references: list[Callable[[], Sample]],
    *,
    count: int = COUNT,
) -> Row:
    """Ours and the references in turn; the fastest reference counts."""
    mine: list[Sample] = []
    theirs: list[list[Sample]] = [[] for _ in references]
    for _ in range(count):
        mine.append(ours())
        for k, reference in enumerate(references):
            theirs[k].append(reference())
    fastest = min(theirs, key=lambda samples: statistics.median(sample.cpu_s for sample in samples))
    return of(name, bound, list(zip(mine, fastest, strict=True)))


def of(name: str, bound: float, pairs: list[tuple[Sample, Sample]]) -> Row:
    """A row from samples that were taken in pairs, ours first."""
    cpu, base = (statistics.median(pair[k].cpu_s for pair in pairs) for k in (0, 1))
    peak = max(ours.peak_mib for ours, _ in pairs)
    return Row(name, round(cpu, 3), round(base, 3), round(cpu / base, 3), bound, peak)


def bare_ageing() -> Path:
    """The hand-written ageing that ours is measured against."""
    return HERE / "bare_ageing.py"
