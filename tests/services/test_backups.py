"""A backup is of one moment and whole, comes back into an empty store only, and a drill proves it."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from cli.old_postgresql import needs_old, old_store
from cli.stores import own_home, seawall, stocked_home

from seawall.engine.kernel.errors import InputError
from seawall.store import backup, embedded

ON = dt.date(2026, 3, 31)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    room = tmp_path_factory.mktemp("backup")
    with stocked_home(room, on=ON, items=400, customers=12) as home:
        yield home, room


def test_files_of_an_earlier_backup_are_not_copied_again_and_old_backups_go(stocked, tmp_path):
    home, room = stocked
    target = tmp_path / "backups"
    shutil.copytree(room / "backups", target)
    before = {path.name: path.stat().st_ino for path in (target / "objects").iterdir()}
    (room / "more.csv").write_text("customer_code,name\nNEW-1,New\n")
    assert seawall(home, "import", room / "more.csv").returncode in (0, 1, 3)
    assert seawall(home, "backup", "--to", target, "--keep", 1).returncode == 0
    after = {path.name: path.stat().st_ino for path in (target / "objects").iterdir()}
    assert {name: after[name] for name in before} == before
    assert len(backup.names(target)) == 1


def test_a_damaged_backup_is_refused_before_anything_is_restored(stocked, tmp_path):
    _home, room = stocked
    target = tmp_path / "backups"
    shutil.copytree(room / "backups", target)
    largest = max((target / "objects").iterdir(), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-1] + b"\0")
    with own_home(tmp_path) as empty:
        done = seawall(empty, "restore", target)
        assert done.returncode == 70
        assert "damaged" in done.stderr
        assert not (empty.path / "seawall.json").exists()


def test_a_store_that_is_not_empty_is_left_alone(stocked):
    home, room = stocked
    done = seawall(home, "restore", room / "backups")
    assert (done.returncode, "already" in done.stderr) == (1, True)


def test_a_backup_names_nothing_outside_the_home(stocked, tmp_path):
    _home, room = stocked
    target = tmp_path / "backups"
    shutil.copytree(room / "backups", target)
    (name,) = backup.names(target)
    said = json.loads((target / name / "manifest.json").read_text())
    said["files"][0][0] = "../outside"
    (target / name / "manifest.json").write_text(json.dumps(said))
    with pytest.raises(InputError):
        backup.read(target, name)


@pytest.mark.promise("R19")
def test_the_drill_restores_into_an_empty_store_and_everything_holds(stocked, promise):
    home, room = stocked
    done = seawall(home, "drill", "--from", room / "backups")
    assert done.returncode == 0, done.stdout + done.stderr
    note = json.loads(done.stdout)
    proof = note["detail"]["proof"]
    assert (proof["check"], proof["audit"], proof["report"], note["is_good"]) == (True, True, True, True)
    promise(
        f"{note['detail']['files']} files and the database back in {note['detail']['seconds']} s: "
        "laws hold, record whole, newest report the same hash"
    )
    assert not list(Path(room).glob("seawall-drill-*"))


@needs_old
def test_data_of_an_older_postgresql_are_refused_with_the_command_that_brings_them_up(stocked, tmp_path):
    home, room = stocked
    with old_store(home, room / "backups", tmp_path) as old:
        refused = seawall(old, "check", "--as-of", ON.isoformat())
        assert refused.returncode == 1
        assert "seawall store upgrade" in refused.stderr
        done = seawall(old, "store", "upgrade")
        assert done.returncode == 0, done.stderr
        assert "from PostgreSQL 15 to 18" in done.stderr
        assert embedded.data_major(old.cluster) == 18
        assert seawall(old, "check", "--as-of", ON.isoformat()).returncode == 0
        assert seawall(old, "audit", "verify").returncode == 0
        assert "of this version already" in seawall(old, "store", "upgrade").stderr
