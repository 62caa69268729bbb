"""The rows that need a PostgreSQL: one private server for the whole benchmark, its CPU counted with the client's."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.measure import HERE, Sample, process

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running private PostgreSQL in a home of its own."""

    home: Path
    postmaster: int
    owner: str
    app_uri: str

    def cpu_s(self) -> float:
        """User and system seconds of the server's processes, those that ended included."""
        return sum(_cpu(stat) for stat in _family(self.postmaster)) / TICKS

    def run(self, *command: str) -> Sample:
        """A command of ours, with what the server spent on it."""
        return process(list(command), server=self.cpu_s, SEAWALL_HOME=str(self.home))


def _family(postmaster: int) -> Iterator[list[str]]:
    """The fields of /proc/PID/stat, from the third on, of the postmaster and its living children."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text(encoding="utf-8").rsplit(")", 1)[1].split()
            if path.parent.name == str(postmaster) or fields[1] == str(postmaster):
                yield fields


def _cpu(fields: list[str]) -> int:
    """Own ticks, and those of children that were waited for."""
    return sum(int(fields[k]) for k in (11, 12, 13, 14))


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A store made by `seawall init`, gone afterwards."""
    from seawall.store import embedded
    from seawall.store.home import Home

    folder = Path(tempfile.mkdtemp(prefix="seawall-bench-"))
    place = Home(folder, {"SEAWALL_HOME": str(folder)})
    command = str(Path(sys.executable).with_name("seawall"))
    try:
        subprocess.run([command, "init"], check=True, env={**os.environ, "SEAWALL_HOME": str(folder)})
        lease = embedded.hold(place.cluster)
        pid = int((place.cluster / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        database = place.database()
        yield Server(folder, pid, database.owner.conninfo, database.app.uri)
        lease.release()
        if lease.keeper:
            lease.keeper.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(place.cluster, ignore_errors=True)


def imported(files: Path, texts: Path) -> tuple[Sample, Sample]:
    """Import into a fresh store, and a bare COPY of the same rows as ready-made text into the same server."""
    with server() as here:
        ours = here.run(str(Path(sys.executable).with_name("seawall")), "import", str(files))
        bare = here.run(sys.executable, str(HERE / "bare_copy.py"), here.owner, str(texts))
    return ours, bare


def snapshots(files: Path, count: int) -> list[tuple[Sample, Sample]]:
    """The store to Parquet, and a bare ADBC read of the same columns, in turn."""
    with server() as here:
        here.run(str(Path(sys.executable).with_name("seawall")), "import", str(files))
        pairs = []
        for _ in range(count):
            shutil.rmtree(here.home / "snapshots", ignore_errors=True)
            ours = here.run(sys.executable, str(HERE / "ours_snapshot.py"))
            pairs.append((ours, here.run(sys.executable, str(HERE / "bare_adbc.py"), here.app_uri)))
    return pairs


def pages(files: Path, day: str) -> tuple[Sample, Sample]:
    """The slowest of the main pages on a store of these files with a run, and an almost empty page, both at p95."""
    with server() as here:
        command = str(Path(sys.executable).with_name("seawall"))
        here.run(command, "import", str(files))
        here.run(command, "run", "--as-of", day, "--currency", "CNY")
        asked = here.run(sys.executable, str(HERE / "ours_pages.py"), day)
    line = json.loads(asked.printed.splitlines()[-1])
    print(json.dumps(line, indent=1), file=sys.stderr)
    return (Sample(line["cpu_s"], line["peak_mib"], asked.printed), Sample(line["reference_cpu_s"], 0, ""))
