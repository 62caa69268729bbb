"""The keeper: a small process that owns the private PostgreSQL and stops it when nobody uses it.

Every process that uses the server holds a shared lock on one file; the kernel takes it back however the
process ends. The keeper stops the server once it gets that lock for itself alone. It runs as a script on
the standard library only, so that it starts in no time and lives on when its starter is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PAUSE_SECONDS = 0.1
SETTLED_SECONDS = 10.0
"""A server that ran at least so long and died is started again; one that dies sooner cannot start."""

PR_SET_PDEATHSIG = 1


def main() -> int:
    """Keep one server, described in JSON on the command line, until its last user has gone."""
    task = json.loads(sys.argv[1])
    asked_to_stop: list[int] = []
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda got, _frame: asked_to_stop.append(got))
    users = os.open(task["users_lock"], os.O_RDWR | os.O_CLOEXEC)
    code = 0
    while True:
        wait_for_remains(Path(task["data"]), Path(task["socket_folder"]))
        began, server = time.monotonic(), start(task)
        while server.poll() is None and not asked_to_stop and not is_alone(users):
            time.sleep(PAUSE_SECONDS)
        if server.poll() is None:
            server.send_signal(signal.SIGINT)
            server.wait()
            break
        if time.monotonic() - began < SETTLED_SECONDS:
            code = 1
            break
    if task["remove_socket_folder"]:
        remove_folder(Path(task["socket_folder"]))
    return code


def is_alone(users: int) -> bool:
    """Whether no process holds the users' lock; from then on newcomers wait until the keeper has ended."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def start(task: dict[str, Any]) -> subprocess.Popen[bytes]:
    """The server process, as the cluster's own user and bound to this process's life."""
    settings = [part for name, value in task["settings"].items() for part in ("-c", f"{name}={value}")]
    account = {"user": task["uid"], "group": task["gid"], "extra_groups": []} if os.geteuid() == 0 else {}
    with Path(task["log"]).open("ab") as log:
        return subprocess.Popen(
            [task["postgres"], "-D", task["data"], *settings],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", umask=0o077,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            preexec_fn=end_with_parent,  # noqa: PLW1509 - this process has one thread
            **account,
        )  # fmt: skip


def end_with_parent() -> None:
    """Ask the kernel to stop the server if the keeper is killed (Linux; elsewhere the next start stops it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def wait_for_remains(data: Path, socket_folder: Path) -> None:
    """Let a server that outlived its keeper end before a new one touches its files."""
    asked: set[int] = set()
    while remains := server_pids(data):
        for pid in remains - asked:
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, signal.SIGINT)
        asked |= remains
        time.sleep(PAUSE_SECONDS)
    for lock in (data / "postmaster.pid", *socket_folder.glob(".s.PGSQL.*.lock")):
        number = recorded_pid(lock)
        if number and Path(f"/proc/{number}").exists():
            lock.unlink()  # the number belongs to another program now, and would keep the server from starting


def server_pids(data: Path) -> set[int]:
    """Processes of a server on ``data``: on Linux those that work in it, elsewhere the one it recorded."""
    if sys.platform != "linux":
        pid = recorded_pid(data / "postmaster.pid")
        return {pid} if pid and is_postgres(pid) else set()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == data and (entry / "exe").readlink().name.startswith("postgres"):
                    found.add(int(entry.name))
            except OSError:
                continue
    return found


def recorded_pid(lock: Path) -> int | None:
    """The process number in one of the server's own lock files, if it left one."""
    try:
        return int(lock.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def is_postgres(pid: int) -> bool:
    """Whether that process is a PostgreSQL server, asked of ``ps``."""
    asked = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return Path(asked.stdout.strip()).name == "postgres"


def remove_folder(folder: Path) -> None:
    """Remove the emptied socket folder; one that still holds something is left."""
    try:
        folder.rmdir()
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main())
