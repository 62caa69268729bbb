"""``seawall init``: makes a store once, and leaves one that is there as it is."""

import json
import re
import stat

import pytest
from cli.stores import own_home, seawall


@pytest.fixture
def home(tmp_path):
    with own_home(tmp_path) as made:
        yield made


def test_a_store_is_made_once(home):
    first = seawall(home, "init", "--name", "Example", "--currency", "CNY", "--time-zone", "Asia/Shanghai")
    assert (first.returncode, first.stdout) == (0, "")
    assert "A store was made" in first.stderr
    assert re.search(r"User admin, one-time password \S{12,}\n", first.stderr)
    second = seawall(home, "init", "--name", "Another")
    assert second.returncode == 0
    assert "up to date" in second.stderr
    assert "password" not in second.stderr
    findings = json.loads(seawall(home, "doctor", "--format", "json").stdout)["findings"]
    assert {finding["check"]: finding["state"] for finding in findings}["store"] == "ok"


def test_the_key_that_signs_sessions_is_closed_and_kept(home):
    seawall(home, "init")
    key = home.path / "secret_key"
    before = key.read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    seawall(home, "init")
    assert key.read_text() == before


def test_no_such_currency_or_time_zone_leaves_no_store(home):
    assert seawall(home, "init", "--currency", "XYZ").returncode == 3
    assert seawall(home, "init", "--time-zone", "Mars/Olympus").returncode == 3
    assert home.record is None
    assert home.unfinished is None
    assert seawall(home, "init").returncode == 0
    assert seawall(home, "init", "--currency", "XYZ").returncode == 3
    assert seawall(home, "audit", "verify").returncode == 0, "a store that is whole stays open"


def test_commands_refuse_where_no_store_was_made(home):
    told = seawall(home, "serve")
    assert told.returncode == 1
    assert "There is no store" in told.stderr
    assert "seawall init" in told.stderr
