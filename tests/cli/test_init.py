"""``seawall init``: makes a store once, and leaves one that is there as it is."""

import json
import os
import shutil
import stat
import subprocess
import sys

import pytest

from seawall.store.home import Home

pytestmark = pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="needs a database of its own")


def seawall(home, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "seawall.cli.main", *arguments],
        capture_output=True, text=True, env={**os.environ, "SEAWALL_HOME": str(home), "SEAWALL_LANG": "en"},
    )  # fmt: skip


@pytest.fixture
def home(tmp_path):
    yield tmp_path / "home"
    shutil.rmtree(Home(tmp_path / "home", environ={}).cluster, ignore_errors=True)


def test_a_store_is_made_once(home):
    first = seawall(home, "init", "--name", "Example", "--currency", "CNY", "--time-zone", "Asia/Shanghai")
    assert (first.returncode, first.stdout) == (0, "")
    assert "A store was made" in first.stderr
    second = seawall(home, "init", "--name", "Another")
    assert second.returncode == 0
    assert "up to date" in second.stderr
    findings = json.loads(seawall(home, "doctor", "--format", "json").stdout)["findings"]
    assert {finding["check"]: finding["state"] for finding in findings}["store"] == "ok"


def test_the_key_that_signs_sessions_is_closed_and_kept(home):
    seawall(home, "init")
    key = home / "secret_key"
    before = key.read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    seawall(home, "init")
    assert key.read_text() == before


def test_no_such_currency_or_time_zone_leaves_no_store(home):
    assert seawall(home, "init", "--currency", "XYZ").returncode == 3
    assert seawall(home, "init", "--time-zone", "Mars/Olympus").returncode == 3
    assert Home(home, environ={}).record is None


def test_commands_refuse_where_no_store_was_made(home):
    told = seawall(home, "serve")
    assert told.returncode == 1
    assert "There is no store" in told.stderr
    assert "seawall init" in told.stderr
