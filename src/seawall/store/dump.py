"""PostgreSQL's own dump and restore, and what a database points to outside itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import psycopg

from seawall.engine.kernel.errors import OutsideError
from seawall.store import points, programs
from seawall.store.home import Connection

PAUSE_SECONDS: Final = 0.05
DEBIAN: Final = "/usr/lib/postgresql"
ENVIRONMENT: Final = {"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER",
                      "password": "PGPASSWORD", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}  # fmt: skip
"""Connection parameters as the programs read them: a password on the command line is seen by the whole machine."""

NOT_KEPT: Final = ("django_session",)
"""Tables whose rows a backup leaves out: whoever was signed in then is not signed in where it is restored."""

FILES_SQL: Final = """
    SELECT format('SELECT DISTINCT %I FROM %I WHERE %I <> ''''', column_name, table_name, column_name)
    FROM information_schema.columns c JOIN pg_class k ON k.relname = c.table_name AND k.relkind = 'r'
    WHERE table_schema = 'public' AND table_name LIKE 'store\\_%' AND column_name = 'sha256'
"""
"""Every column named ``sha256`` points to a file kept under that hash; the query is asked of the catalogue."""

CLOSE_SQL: Final = """
    DO $$ DECLARE found regprocedure; BEGIN
        FOR found IN SELECT oid::regprocedure FROM pg_proc
            WHERE prosecdef AND pronamespace = 'public'::regnamespace LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', found);
        END LOOP;
    END $$
"""
"""What runs with its owner's rights is nobody else's until it is given: a dump without privileges forgets that."""


@contextmanager
def snapshot(owner: Connection) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A transaction that sees one moment, and the name under which other connections see the same."""
    with psycopg.connect(owner.conninfo) as held:
        held.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = held.execute("SELECT pg_export_snapshot()").fetchone()
        yield held, row[0] if row else ""


def pointers(held: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """What the database points to, by folder of the home: hashes of files and of results."""
    queries = [row[0] for row in held.execute(FILES_SQL)]
    files = sorted({row[0] for query in queries for row in held.execute(query)})
    results = [row[0] for row in held.execute("SELECT DISTINCT digest FROM store_runstep ORDER BY 1")]
    return {"files": files, "results": results}


def dump(owner: Connection, snapshot_name: str, place: Path) -> None:
    """Dump the database as that snapshot sees it.

    Raises:
        OutsideError: pg_dump failed.
    """
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot_name}", f"--file={place}"]
    options += [f"--exclude-table-data={table}" for table in NOT_KEPT]
    _run(program("pg_dump", server_major(owner)), owner, options)
    place.chmod(0o600)


def dump_whole(owner: Connection, place: Path, folder: Path) -> None:
    """Dump a database that nobody else uses, with the programs of ``folder``: those that came with its server.

    Raises:
        OutsideError: pg_dump failed.
    """
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={place}"]
    _run(str(folder / "pg_dump"), owner, options)
    place.chmod(0o600)


def load(owner: Connection, place: Path) -> None:
    """Load a dump into an empty database, wholly or not at all; one that holds tables holds them all, and stays.

    Raises:
        OutsideError: pg_restore failed; the database is as empty as before.
    """
    _end_remains(owner)
    if is_empty(owner):
        _restore(owner, place)
    points.reached("dump loaded")
    with psycopg.connect(owner.conninfo) as made:
        made.execute(CLOSE_SQL)


def _end_remains(owner: Connection) -> None:
    """Let a load whose starter was killed end before another begins."""
    gone = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'pg_restore'"
    )
    with psycopg.connect(owner.conninfo, autocommit=True) as made:
        while (row := made.execute(gone).fetchone()) and row[0]:
            time.sleep(PAUSE_SECONDS)


def _restore(owner: Connection, place: Path) -> None:
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    whose = f"--dbname={owner.params['dbname']}"
    _run(program("pg_restore", server_major(owner)), owner, [*options, whose, str(place)])


def is_empty(owner: Connection) -> bool:
    """Whether the database holds no table."""
    with psycopg.connect(owner.conninfo) as made:
        row = made.execute("SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')").fetchone()
        return bool(row and row[0])


def server_major(owner: Connection) -> int:
    """Major version of the server."""
    with psycopg.connect(owner.conninfo) as made:
        return made.info.server_version // 10_000


def program(name: str, major: int) -> str:
    """The program that fits a server: the newest of its own major version that is there, else of a newer one.

    The newest: from 15.20 and its like on, servers keep marks in their catalogue that older programs take for settings.

    Raises:
        OutsideError: there is none.
    """
    own = [Path(DEBIAN) / str(major) / "bin" / name]
    if major == programs.MAJOR:
        own.append(programs.binaries() / name)
    if there := [str(path) for path in own if path.exists()]:
        return max(there, key=_version)
    found = shutil.which(name)
    if found and _version(found)[0] >= major:
        return found
    if major < programs.MAJOR:
        return str(programs.binaries() / name)
    raise OutsideError(
        "There is no {program} for PostgreSQL {major} here.", hint="Install PostgreSQL's client programs.",
        program=name, major=major,
    )  # fmt: skip


@cache
def _version(path: str) -> tuple[int, int]:
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)(?:\.(\d+))?", told)
    return (int(found.group(1)), int(found.group(2) or 0)) if found else (0, 0)


def _run(path: str, owner: Connection, options: list[str]) -> None:
    given = {ENVIRONMENT[key]: value for key, value in owner.params.items() if key in ENVIRONMENT}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | given
    command = [path, "--no-password", *options]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, umask=0o077)
    if ended.returncode:
        said = ended.stderr.strip()[-600:]
        raise OutsideError("{program} failed: {reason}", program=Path(path).name, reason=said)
