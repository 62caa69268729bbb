"""Where a store lives on this machine, and how to connect to its database.

A store has a home folder (``SEAWALL_HOME``) with a small record of what was made there. Its database is
the private PostgreSQL of that home, or the server that ``DATABASE_URL`` names. Nothing is started here.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import ProgrammingError

from seawall.engine.kernel.errors import InputError, Refused
from seawall.store import disk, points

SYSTEM_FOLDER = Path("/var/lib/seawall")
"""Home of the machine's own store when root runs it; root's private databases stand below it."""

DATABASE_NAME = "seawall"
OWNER_ROLE, APP_ROLE, SUPER_ROLE = "seawall_owner", "seawall_app", "postgres"
OWNER_VARIABLE = "SEAWALL_OWNER_URL"
"""Beside ``DATABASE_URL``: the same database under the role that owns its tables, used to change them alone."""

PORT = "5432"
"""Names the socket file only: the private server listens on no TCP port."""

SOCKET_FOLDER_LIMIT = 80
"""Bytes; a socket path ends at 107 (103 on macOS), and the socket's own name takes some."""

RECORD_NAME, POINTER_NAME, UNFINISHED_NAME = "seawall.json", "cluster_folder", "unfinished.json"
WORK_LOCK_NAME = "unfinished.lock"
_AT_WORK: dict[Path, int] = {}
"""Locks this process holds on homes it is changing as a whole; the kernel takes them back when it ends."""

Kind = Literal["store", "demo"]


KEPT_SECONDS = 60
"""How long a connection is kept from one request to the next: a new one costs as much as a small question."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a database under one role."""

    params: Mapping[str, str]

    @property
    def conninfo(self) -> str:
        """The libpq form, for psycopg."""
        return make_conninfo("", **self.params)

    @property
    def uri(self) -> str:
        """The address form, for ADBC."""
        rest = "&".join(f"{key}={quote(value, safe='')}" for key, value in self.params.items() if key != "dbname")
        return f"postgresql:///{quote(self.params.get('dbname', ''), safe='')}?{rest}"

    def of(self, **params: str) -> Connection:
        """The same server, with other parameters (another database, another role)."""
        return Connection({**self.params, **params})

    def django(self) -> dict[str, Any]:
        """An entry of Django's ``DATABASES``."""
        named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        entry: dict[str, Any] = {name: self.params.get(key, "") for key, name in named.items()}
        options = {key: value for key, value in self.params.items() if key not in named}
        kept = {"CONN_MAX_AGE": KEPT_SECONDS, "CONN_HEALTH_CHECKS": True}
        return {"ENGINE": "django.db.backends.postgresql", **entry, **kept, "OPTIONS": options}


@dataclass(frozen=True, slots=True)
class Database:
    """The store's database: the role the product works under, and the role that changes its tables."""

    kind: Literal["embedded", "server"]
    app: Connection
    owner: Connection

    def django(self) -> dict[str, dict[str, Any]]:
        """Django's ``DATABASES``: ``default`` for the product, ``owner`` for migrations."""
        return {"default": self.app.django(), "owner": self.owner.django()}


@dataclass(frozen=True, slots=True)
class Home:
    """A store's folder on this machine. ``with_server``: the database is a server elsewhere."""

    path: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False, compare=False)

    @property
    def record(self) -> dict[str, str] | None:
        """What ``seawall init`` wrote here, or None where no store was made."""
        try:
            return dict(json.loads((self.path / RECORD_NAME).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    @property
    def is_demo(self) -> bool:
        """Whether this home holds the demo company and nothing else."""
        return (self.record or {}).get("kind") == "demo"

    @property
    def server_url(self) -> str:
        """``DATABASE_URL``: the server used instead of the private one, or empty."""
        return self.environ.get("DATABASE_URL", "")

    def folder(self, name: str) -> Path:
        """A folder of this home, closed to other users of the machine."""
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    @property
    def unfinished(self) -> dict[str, str] | None:
        """What is changing the store as a whole, or was stopped while it did: the command, and of what."""
        try:
            return dict(json.loads((self.path / UNFINISHED_NAME).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def begin(self, command: str, of: str = "") -> None:
        """Close the store until :meth:`end`: what begins now must not be used half done, whatever stops it.

        Raises:
            Refused: another command is at it, or was stopped in the middle.
        """
        self.claim()
        begun = {"command": command, "of": of}
        if self.path not in _AT_WORK:
            lock = os.open(self.path / WORK_LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                raise _unfinished(self.path, self.unfinished or begun) from None
            _AT_WORK[self.path] = lock
        self._require_whole(begun)
        self._write(UNFINISHED_NAME, begun)

    def end(self) -> None:
        """What began is whole: the store is open again."""
        (self.path / UNFINISHED_NAME).unlink(missing_ok=True)
        if self.path in _AT_WORK:
            os.close(_AT_WORK.pop(self.path))
        disk.sync(self.path)

    def _require_whole(self, but: Mapping[str, str]) -> None:
        found = self.unfinished
        if found and found != but:
            raise _unfinished(self.path, found)

    def require(self, going_on: str = "") -> Home:
        """This home itself, once a store was made here and is whole (or is what ``going_on`` was at).

        Raises:
            Refused: none was, or something was stopped in the middle of changing it.
        """
        self._require_whole({"command": going_on, "of": ""})
        if self.record is None and not self.server_url:
            raise Refused(
                "There is no store in {home}.",
                hint="Make one with `seawall init`, or set SEAWALL_HOME to the folder of yours.",
                code="no_store",
                home=str(self.path),
            )
        return self

    def write_record(self, kind: Kind) -> None:
        """Say that a store was made here, in one step that a crash cannot halve."""
        self.claim()
        self._write(RECORD_NAME, {"kind": kind})

    def _write(self, name: str, said: Mapping[str, str]) -> None:
        new = self.path / f"{name}.new"  # a kill leaves it, and whoever says it next takes its place
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)  # two processes may say it at once
            new.write_text(json.dumps(said) + "\n", encoding="utf-8")
            new.chmod(0o600)
            disk.sync(new)
            points.reached("home drafted")
            new.replace(self.path / name)
            os.fsync(folder)
        finally:
            os.close(folder)

    def claim(self) -> None:
        """Make the folder, and settle once where its private PostgreSQL will be."""
        make_home_folder(self.path)
        if os.geteuid() == 0 and not (self.path / POINTER_NAME).exists():
            place = SYSTEM_FOLDER / "clusters" / secrets.token_hex(6)
            (self.path / POINTER_NAME).write_text(f"{place}\n", encoding="utf-8")

    @property
    def cluster(self) -> Path:
        """Folder of the private PostgreSQL: inside the home, or below root's own folder.

        Root's server runs as another user, who may have no way into the home; the home then keeps a pointer.
        """
        try:
            return Path((self.path / POINTER_NAME).read_text(encoding="utf-8").strip())
        except OSError:
            return self.path / "cluster"

    def database(self) -> Database:
        """How to connect; whether it runs is the business of ``embedded.hold``.

        Raises:
            InputError: ``DATABASE_URL`` is not a PostgreSQL address.
        """
        if self.server_url:
            server = Connection(_server_params(self.server_url))
            owner_url = self.environ.get(OWNER_VARIABLE)
            return Database("server", app=server, owner=Connection(_server_params(owner_url)) if owner_url else server)
        here = Connection({"host": str(socket_folder(self.cluster)), "port": PORT, "dbname": DATABASE_NAME})
        return Database("embedded", app=here.of(user=APP_ROLE), owner=here.of(user=OWNER_ROLE))


def _unfinished(home: Path, found: Mapping[str, str]) -> Refused:
    return Refused(
        "`seawall {command}` is at work on the store in {home}, or was stopped in the middle.",
        hint="Wait for it to end, or give the same command again: it goes on.", code="unfinished",
        command=" ".join(part for part in (found["command"], found["of"]) if part), home=str(home),
    )  # fmt: skip


def home(environ: Mapping[str, str] = os.environ) -> Home:
    """The home that the environment names, or this user's own."""
    named = environ.get("SEAWALL_HOME")
    return Home(Path(named).expanduser().absolute() if named else _default_folder(environ), environ)


def demo_home(environ: Mapping[str, str] = os.environ) -> Home:
    """The demo's home: ``SEAWALL_HOME``, or a folder of its own beside the user's store."""
    if environ.get("SEAWALL_HOME"):
        return home(environ)
    usual = _default_folder(environ)
    return Home(usual.with_name(f"{usual.name}-demo"), environ)


def make_home_folder(path: Path) -> None:
    """Make the folder, closed to others; existing folders keep the permissions they have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.mkdir(mode=0o700, exist_ok=True)
        if path == SYSTEM_FOLDER:
            path.chmod(0o711)


def socket_folder(cluster: Path) -> Path:
    """Where the private server's socket is: a short path that only its owner enters."""
    if os.geteuid() == 0:
        return Path("/run/seawall") / cluster.name
    near = cluster / "run"
    if len(os.fsencode(near)) <= SOCKET_FOLDER_LIMIT:
        return near
    return Path(f"/tmp/seawall-{os.geteuid()}-{_digest(cluster)}")  # noqa: S108 - made 0700 and its owner checked


def _default_folder(environ: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return SYSTEM_FOLDER
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "seawall"
    return Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "seawall"


def _server_params(url: str) -> dict[str, str]:
    scheme = url.partition("://")[0]
    try:
        params = conninfo_to_dict(url) if scheme in ("postgresql", "postgres") else {}
    except ProgrammingError:
        params = {}
    if not params.get("dbname"):
        raise InputError("DATABASE_URL is not the address of a database.", hint="Use postgresql://user@host/database.")
    return {key: str(value) for key, value in params.items()}


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]
