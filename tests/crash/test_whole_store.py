"""Kill what changes the store as a whole (backup, restore, upgrade, first making): the old state or the new, never a mix."""

import datetime as dt
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli.old_postgresql import needs_old, old_store
from cli.stores import environ, own_home, seawall, stocked_home

from seawall.engine.kernel.errors import Refused
from seawall.store import backup, embedded, programs
from seawall.store.home import Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ON = dt.date(2026, 3, 31)
COMMAND = Path(__file__).with_name("command.py")
IN_RESTORE = [
    "restore files",
    "dump loaded",
    "restore loaded",
    "restore brought up",
    "committed",
    "restore stands still",
]
IN_BACKUP = ["backup dumped", "backup files", "backup drafted", "commit"]
IN_INIT = ["brought up", "commit", "committed"]
IN_UPGRADE = ["upgrade dumped", "upgrade set aside", "dump loaded", "upgrade loaded", "upgrade cleared"]
"""Of the data brought from an older PostgreSQL to this version's, in their order."""
IN_RUN = ["committed", "file partition-00000", "step partition-00000", "combined"]
"""Of a protection run by the command line; ``test_run`` has every point of it."""


def killed(home, point, *arguments, nth=1):
    """Run a command that dies there."""
    done = subprocess.run(
        [sys.executable, str(COMMAND), point, str(nth), *map(str, arguments)],
        capture_output=True, text=True, env=environ(home), stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == -9, (point, done.returncode, done.stderr)
    end = time.monotonic() + 30
    while embedded.is_running(home.cluster) and time.monotonic() < end:
        time.sleep(0.05)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    room = tmp_path_factory.mktemp("whole")
    with stocked_home(room, on=ON, items=200, customers=8) as home:
        yield home, room


def restored_after_a_kill(stocked, folder, point):
    """A restore that dies there: the store is closed, and the same command makes it whole."""
    home, room = stocked
    folder.mkdir()
    with own_home(folder) as empty:
        empty.path.mkdir(mode=0o700)
        shutil.copy2(home.path / "seal_key", empty.path / "seal_key")
        killed(empty, point, "restore", room / "backups", nth=1)
        for words in (["check"], ["init"]):
            closed = seawall(empty, *words)
            assert closed.returncode == 1, (point, words, closed.stdout)
            assert "restore" in closed.stderr, (point, words, closed.stderr)
        done = seawall(empty, "restore", room / "backups", "--prove", "--json")
        assert done.returncode == 0, (point, done.stderr)
        proof = json.loads(done.stdout)["proof"]
        assert (proof["check"], proof["audit"], proof["report"]) == (True, True, True)
        assert empty.unfinished is None


@pytest.mark.promise("R19")
def test_a_restore_that_is_killed_anywhere_is_closed_until_it_is_whole(stocked, tmp_path, count, promise):
    points = count(["restore loaded"], IN_RESTORE)
    for number, point in enumerate(points):
        restored_after_a_kill(stocked, tmp_path / str(number), point)
    promise(
        f"killed at {len(points)} of {len(IN_RESTORE)} points of a restore: closed until the same command made it whole"
    )


@pytest.mark.promise("R19")
def test_a_backup_that_is_killed_anywhere_is_there_whole_or_not_at_all(stocked, tmp_path, count, promise):
    home, room = stocked
    target = tmp_path / "backups"
    shutil.copytree(room / "backups", target)
    points = count(["backup drafted"], IN_BACKUP)
    for point in points:
        before = backup.names(target)
        killed(home, point, "backup", "--to", target)
        assert before == backup.names(target) or point == "commit"
        for name in backup.names(target):
            assert backup.damaged(target, backup.read(target, name)) == []
    assert seawall(home, "backup", "--to", target, "--keep", "1").returncode == 0
    (name,) = backup.names(target)
    found = {path.name for path in target.iterdir()} - {".lock"}
    assert found == {"objects", name}, "something of a killed backup is left"
    needed = {file.sha256 for file in backup.read(target, name).files}
    assert {path.name for path in (target / "objects").iterdir()} == needed
    promise(
        f"killed at {len(points)} of {len(IN_BACKUP)} points of a backup: every backup with a name whole, nothing left over"
    )


def test_a_store_whose_making_was_killed_is_closed_until_it_is_made(tmp_path, count):
    points = count(IN_INIT[1:2], IN_INIT)
    for number, point in enumerate(points):
        (tmp_path / str(number)).mkdir()
        with own_home(tmp_path / str(number)) as home:
            killed(home, point, "init", "--name", "Example")
            assert "init" in seawall(home, "check").stderr
            assert seawall(home, "init", "--name", "Example").returncode == 0
            assert seawall(home, "audit", "verify").returncode == 0


@needs_old
@pytest.mark.promise("R20")
def test_data_brought_to_a_newer_postgresql_are_the_old_or_the_new_wherever_that_is_killed(
    stocked, tmp_path, count, promise
):
    """Killed at one point after the other of the same upgrade: closed in between, whole in the end."""
    home, room = stocked
    points = count(IN_UPGRADE[1:3], IN_UPGRADE)
    with old_store(home, room / "backups", tmp_path) as old:
        for point in points:
            killed(old, point, "store", "upgrade")
            closed = seawall(old, "check")
            assert closed.returncode == 1, (point, closed.stdout)
            assert "store upgrade" in closed.stderr, (point, closed.stderr)
        done = seawall(old, "store", "upgrade")
        assert done.returncode == 0, done.stderr
        assert (old.unfinished, embedded.data_major(old.cluster)) == (None, programs.MAJOR)
        assert [path.name for path in old.path.iterdir() if path.name.startswith("upgrade.dump")] == []
        assert seawall(old, "audit", "verify").returncode == 0
        assert seawall(old, "check").returncode == 0
        day = ("--as-of", ON.isoformat(), "--currency", "CNY")
        assert run_of(old, *day, "--verify") == run_of(home, *day)
    promise(
        f"PostgreSQL 15 to {programs.MAJOR}, killed at {len(points)} of {len(IN_UPGRADE)} points: closed until the same "
        "command made it whole, the run's hashes the same"
    )


def run_of(home, *words):
    """The run of the day there is, or is made: what it is known by."""
    done = seawall(home, "run", *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return told["result_digest"], [(step["name"], step["digest"]) for step in told["steps"]]


@pytest.mark.promise("R4")
def test_a_run_that_was_killed_is_gone_on_with_by_the_command(stocked, count, promise):
    """``seawall run --resume last`` ends in the figures that the run of an undisturbed store of that day has."""
    home, _room = stocked
    points = count(IN_RUN[2:3], IN_RUN)
    none = seawall(home, "run", "--resume", "last")
    assert (none.returncode, "No run was stopped" in none.stderr) == (1, True), none.stderr
    for number, point in enumerate(points):
        day = (ON - dt.timedelta(days=31 + number)).isoformat()
        killed(home, point, "run", "--as-of", day, "--currency", "CNY")
        asked = seawall(home, "run", "--resume", "last", "--as-of", day)
        assert asked.returncode == 2, "it keeps its question"
        resumed = run_of(home, "--resume", "last", "--verify")
        assert resumed == run_of(home, "--as-of", day, "--currency", "CNY"), "the same run, and whole"
    assert seawall(home, "run", "--resume", "nonsense").returncode == 2
    promise(f"killed at {len(points)} of {len(IN_RUN)} points of `seawall run`: `--resume` ends in the same hashes")


def test_what_was_stopped_is_gone_on_with_by_the_same_command_alone(tmp_path):
    home = Home(tmp_path / "home", environ={})
    home.write_record("store")
    home.begin("restore", "one")
    home.begin("restore", "one")
    for again in (lambda: home.begin("init"), lambda: home.begin("restore", "other"), home.require):
        with pytest.raises(Exception, match="stopped in the middle") as refused:
            again()
        assert refused.value.code == "unfinished"
    home.end()
    assert home.require() is home


def test_the_same_command_twice_at_once_is_refused(tmp_path):
    home = Home(tmp_path / "home", environ={})
    code = (
        "import sys; from pathlib import Path; from seawall.store.home import Home; "
        f"Home(Path({str(home.path)!r}), environ={{}}).begin('restore', 'one'); print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "held\n"
    with pytest.raises(Refused, match="is at work") as refused:
        home.begin("restore", "one")
    assert refused.value.code == "unfinished"
    other.kill()
    other.communicate()
    home.begin("restore", "one")  # it was stopped: the same command goes on
    home.end()
