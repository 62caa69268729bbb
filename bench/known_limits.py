"""How far a store is known to go (R23): python -m bench.known_limits [ITEMS [CUSTOMERS]].

Makes a store of its own, imports an invented ledger (a million items, 50,000 customers), does the protection run and
asks every law, each as the command a person gives; prints rows a second, seconds and peak memory. Beyond what
`exchange/limits.py` states a file is refused (`tests/hostile`).
"""

import datetime as dt
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import Sample, process
from seawall.store import embedded
from seawall.store.home import Home

ON = dt.date(2026, 3, 31)
ITEMS, CUSTOMERS = 1_000_000, 50_000


def main() -> int:
    """Load, run, check; one line of JSON says how it went."""
    items, customers = (int(text) for text in (*sys.argv[1:], *map(str, (ITEMS, CUSTOMERS)[len(sys.argv) - 1 :])))
    room = Path(tempfile.mkdtemp(prefix="seawall-limits-"))
    home = Home(room / "home", environ={})
    said: dict[str, float] = {"items": items, "customers": customers}
    try:
        command(home, "generate", "--out", room / "ledger", "--items", items, "--customers", customers, "--until", ON)
        command(home, "init", "--name", "Limits", "--currency", "CNY")
        rows = sum(max(0, lines(path) - 1) for path in sorted((room / "ledger").glob("*.csv")))
        for name, words in {
            "import": ("import", room / "ledger"),
            "run": ("run", "--as-of", ON, "--currency", "CNY"),
            "check": ("check", "--as-of", ON),
        }.items():
            seconds, sample = command(home, *words)
            said |= {f"{name}_seconds": round(seconds, 1), f"{name}_peak_mib": sample.peak_mib}
        said |= {"rows": rows, "rows_per_second": round(rows / said["import_seconds"])}
    finally:
        embedded.remove(home)
        process(["rm", "-rf", str(room)])
    print(json.dumps(said))
    return 0


def command(home: Home, *words: object) -> tuple[float, Sample]:
    """One command to its end, as its user gives it; seconds by the clock, and what it took."""
    began = time.monotonic()
    program = [sys.executable, "-m", "seawall.cli.main", *map(str, words)]
    sample = process(program, **(dict(os.environ) | {"SEAWALL_HOME": str(home.path), "SEAWALL_LANG": "en"}))
    return time.monotonic() - began, sample


def lines(path: Path) -> int:
    """Lines of a file."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(2**20), b""))


if __name__ == "__main__":
    sys.exit(main())
