"""R23, how far a store is known to go: load, run and check, each as the command a person gives, within stated memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parents[2]
MIB = {"import": 2048, "run": 2048, "check": 2560}
"""What each command may take of a machine with 4 GB, at a million items."""


@pytest.mark.promise("R23")
def test_a_ledger_of_the_known_size_is_loaded_run_and_checked(count, promise):
    items, customers = count((3000, 150), (1_000_000, 50_000))
    done = subprocess.run(
        [sys.executable, "-m", "bench.known_limits", str(items), str(customers)],
        capture_output=True, text=True, cwd=ROOT, env=dict(os.environ) | {"SEAWALL_LANG": "en"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["rows"] > items
    assert {name: said[f"{name}_peak_mib"] for name in MIB if said[f"{name}_peak_mib"] > MIB[name]} == {}
    took = ", ".join(f"{name} {said[f'{name}_seconds']} s and {said[f'{name}_peak_mib']:,} MiB" for name in MIB)
    promise(f"{items:,} items of {customers:,} customers: {said['rows_per_second']:,} rows/s; {took}")
