"""A store of its own for tests that run whole commands, removed with its cluster afterwards."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

from ledgers import invented

from seawall.store import embedded
from seawall.store.home import Home

LOG_NAME = "server.log"


@contextlib.contextmanager
def own_home(folder):
    """A home that no store was made in yet."""
    home = Home(folder / "home", environ={})
    try:
        yield home
    finally:
        end = time.monotonic() + 30
        while embedded.is_running(home.cluster) and time.monotonic() < end:
            time.sleep(0.05)
        shutil.rmtree(home.cluster, ignore_errors=True)


def environ(home):
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SEAWALL_LOG")}
    return {**kept, "SEAWALL_HOME": str(home.path), "SEAWALL_LANG": "en"}


def seawall(home, *arguments):
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "seawall.cli.main", *map(str, arguments)],
        capture_output=True, text=True, env=environ(home), stdin=subprocess.DEVNULL,
    )  # fmt: skip


@contextlib.contextmanager
def stocked_home(room, *, on, **size):
    """A home with a ledger of that size, a finished run and one backup; the commands do it as a user would."""
    invented(room / "ledger", **size, seed=3, until=on)
    with own_home(room) as home:
        for words in (
            ["init", "--name", "Example", "--currency", "CNY"],
            ["import", room / "ledger"],
            ["run", "--as-of", on.isoformat(), "--currency", "CNY"],
            ["backup", "--to", room / "backups"],
        ):
            done = seawall(home, *words)
            assert done.returncode == 0, (words, done.stderr)
        yield home


@contextlib.contextmanager
def serving(home, *arguments, **more):
    """A command that serves, and the address it serves at; interrupted afterwards. ``more``: of its environment.

    What it says goes into a file beside its home: a pipe that nobody reads is full after a thousand refusals, and then
    the server waits for ever.
    """
    port, said = free_port(), home.path.parent / LOG_NAME
    with said.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "seawall.cli.main", *arguments, "--port", str(port)],
            stdout=log, stderr=log, env=environ(home) | more, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_for(address, process, said)
        yield address, process
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address, process, said, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, said.read_text(encoding="utf-8")
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except (ConnectionError, TimeoutError, urllib.error.URLError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("it never answered")
