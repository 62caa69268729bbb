"""The data of an older PostgreSQL brought to the one this version brings: dumped first, loaded into a new cluster.

Each step can be taken up again: the dump has its name only when it is whole, the old data keep their place
beside the new ones, and the new database is loaded in one transaction.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import psycopg

from seawall.engine.kernel.errors import OutsideError, Refused
from seawall.store import disk, dump, embedded, points, programs
from seawall.store.home import DATABASE_NAME, OWNER_ROLE, PORT, SUPER_ROLE, Connection, Home, socket_folder
from seawall.store.keeper import wait_for_remains

DUMP: Final = "upgrade.dump"
UPGRADE: Final = "store upgrade"
WAIT_SECONDS: Final = 600


def upgrade(home: Home) -> tuple[int, int] | None:
    """Bring the home's private data to this major version; the versions before and after, None where nothing was to do.

    Raises:
        Refused: the data are newer than this version, or somebody uses the store.
        OutsideError: the programs of the older version are not installed.
    """
    cluster = home.cluster
    found, kept = embedded.data_major(cluster), home.path / DUMP
    if embedded.is_used(cluster):
        raise Refused(
            "Somebody uses the store.", hint="Stop `seawall serve` and `seawall worker` first.", code="in_use"
        )
    if found == programs.MAJOR and not kept.exists():
        return None
    if found is not None and found > programs.MAJOR:
        raise Refused("The data are newer than this version of Seawall.", hint="Use the version that made them.")
    older = found if found is not None and found < programs.MAJOR else 0
    bin_folder = _programs_of(older) if older else None  # asked before the store is closed
    home.begin(UPGRADE)
    before = older or _majors_aside(cluster)
    if bin_folder is not None:
        _dump_old(cluster, bin_folder, kept)
        points.reached("upgrade dumped")
        _set_aside(cluster, before)
        points.reached("upgrade set aside")
    _load_new(cluster, kept)
    points.reached("upgrade loaded")
    kept.unlink()
    points.reached("upgrade cleared")
    return before, programs.MAJOR


def _programs_of(major: int) -> Path:
    bin_folder = Path(dump.DEBIAN) / str(major) / "bin"
    if not (bin_folder / "postgres").exists():
        raise OutsideError(
            "The programs of PostgreSQL {major}, which the data need once more, are not installed.",
            hint="Install them (apt-get install postgresql-{major}) and try again.", major=major,
        )  # fmt: skip
    return bin_folder


def _dump_old(cluster: Path, bin_folder: Path, kept: Path) -> None:
    """Start the old server by itself, dump it with the program that came with it, and stop it."""
    folder, (uid, gid) = embedded.make_socket_folder(cluster), programs.server_ids()
    account: dict[str, Any] = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
    wait_for_remains((cluster / "data").resolve(), folder)  # of an upgrade that was killed
    settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "port": PORT}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (cluster / "postgres.log").open("ab") as log:
        server = subprocess.Popen(
            [str(bin_folder / "postgres"), "-D", str((cluster / "data").resolve()), *options],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", umask=0o077,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}, **account,
        )  # fmt: skip
    try:
        _wait(server, cluster)
        draft = kept.with_name(f"{kept.name}.new")
        dump.dump_whole(_at(cluster, DATABASE_NAME, OWNER_ROLE), draft, bin_folder)
        disk.sync(draft)
        draft.replace(kept)
        disk.sync(kept.parent)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def _wait(server: subprocess.Popen[bytes], cluster: Path) -> None:
    ping, deadline = psycopg.pq.PGconn.ping, time.monotonic() + WAIT_SECONDS
    asked = _at(cluster, "postgres", SUPER_ROLE).conninfo.encode()
    while ping(asked) != psycopg.pq.Ping.OK:
        if server.poll() is not None or time.monotonic() > deadline:
            raise OutsideError("The older PostgreSQL did not start: {log}", log=embedded.log_end(cluster, lines=4))
        time.sleep(embedded.PAUSE_SECONDS)


def _set_aside(cluster: Path, major: int) -> None:
    (cluster / "furnished").unlink(missing_ok=True)  # first: new data without their roles would pass for furnished
    (cluster / "data").rename(cluster / f"data.{major}")


def _majors_aside(cluster: Path) -> int:
    return max((int(path.suffix[1:]) for path in cluster.glob("data.[0-9]*")), default=0)


def _load_new(cluster: Path, kept: Path) -> None:
    lease = embedded.hold(cluster)
    try:
        dump.load(_at(cluster, DATABASE_NAME, OWNER_ROLE), kept)
    finally:
        lease.release()


def _at(cluster: Path, name: str, role: str) -> Connection:
    return Connection({"host": str(socket_folder(cluster)), "port": PORT, "dbname": name, "user": role})
