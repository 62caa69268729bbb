"""`python -m bench`: every row of the benchmark, printed as a table and, at full size, written to bench/results.json.

SIZE=small takes 1 M items where the full size takes 10 M, and writes nothing; BENCH_COUNT sets the repetitions.
ROWS=ageing,run picks rows: the file keeps the last figures of the others.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path

from bench import rows
from bench.measure import HERE, Row


def table(results: list[Row]) -> str:
    """The rows as text, figures aligned."""
    lines = [f"{'row':10} {'cpu s':>9} {'reference':>9} {'ratio':>7} {'bound':>7} {'peak MiB':>9}"]
    for row in results:
        verdict = "" if row.is_inside else "  outside its bound"
        lines.append(
            f"{row.name:10} {row.cpu_s:9.2f} {row.reference_cpu_s:9.2f} {row.ratio:7.2f} {row.bound:7.2f} "
            f"{row.peak_mib:9d}{verdict}"
        )
    return "\n".join(lines)


def keep(results: list[Row]) -> None:
    """Write the rows down, in the order of the benchmark, beside the last figures of those that were not asked for."""
    path = HERE / "results.json"
    figures = {row["name"]: row for row in json.loads(path.read_text(encoding="utf-8"))}
    figures |= {row.name: dataclasses.asdict(row) for row in results}
    kept = [figures[name] for name in rows.ROWS if name in figures]
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Run the rows asked for; 1 if one is outside its bound."""
    size = rows.SMALL if os.environ.get("SIZE") == "small" else rows.FULL
    wanted = os.environ.get("ROWS", ",".join(rows.ROWS)).split(",")
    folder = Path(os.environ.get("BENCH_DATA", HERE / "data"))
    results = []
    for name in wanted:
        print(f"{name} …", file=sys.stderr, flush=True)
        results.append(rows.ROWS[name](size, folder))
    print(table(results))
    if size == rows.FULL:
        keep(results)
    return 0 if all(row.is_inside for row in results) else 1


if __name__ == "__main__":
    sys.exit(main())
