"""A process that does what it is told, in a child that dies where it is told to: the hand behind the crash tests.

Each line on stdin is a JSON task: ``do`` (a name of ``DEEDS``) with what that needs, and ``at`` (die when the n-th named
point is reached: name, n) or ``after`` (die so many seconds after the start, or after the point ``from``). With ``victim``
(the data folder of a server) not the child dies but every process of that server. Each line on stdout says how the child ended, which points it had reached, and when.
"""

import contextlib
import datetime as dt
import importlib
import json
import os
import signal
import sys
import threading
import time
import uuid
from pathlib import Path

import django

CHUNK_ROWS = 100
PARTITION_ITEMS = 300


def imported(task, actor):
    from seawall.services.intake import commit_import

    return 0 if commit_import(actor, [Path(task["folder"])]).batch_no else NOTHING_NEW


def ran(task, actor):
    from seawall.services import runs

    runs.run(actor, on=dt.date.fromisoformat(task["on"]), currency="CNY", known=task.get("known"))
    return 0


def resumed(task, actor):
    from seawall.services import runs

    runs.resume(actor, run_id=uuid.UUID(task["run_id"]))
    return 0


import month  # noqa: E402

DEEDS = {"import": imported, "run": ran, "resume": resumed, "step": month.step, "report": month.reported}
LOADED = ["intake", "backups", "periods", "approvals", "write_offs", "disputes", "allocating", "reading", "people"]
NOTHING_NEW, FAILED = 9, 7


def main(database):
    django.setup()
    from django.db import connections

    from seawall.services import runs
    from seawall.store import bulk

    for name in LOADED:  # once, before the forks
        importlib.import_module(f"seawall.services.{name}")

    for alias in connections:
        connections[alias].settings_dict["NAME"] = database
    bulk.CHUNK_ROWS, runs.PARTITION_ITEMS = CHUNK_ROWS, PARTITION_ITEMS
    print("ready", flush=True)
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            os._exit(do_and_die(json.loads(line), writer))
        os.close(writer)
        with os.fdopen(reader) as said:
            points = [line.split(" ", 1) for line in said.read().splitlines()]
        _, status = os.waitpid(child, 0)
        print(
            json.dumps(
                {
                    "ended": os.waitstatus_to_exitcode(status),
                    "points": [point for _, point in points],
                    "seconds": [float(seconds) for seconds, _ in points],
                }
            ),
            flush=True,
        )


def do_and_die(task, writer):
    from seawall.services.access import Actor
    from seawall.store import points
    from seawall.store.keeper import server_pids

    began, seen = time.monotonic(), {}

    def die():
        for pid in server_pids(Path(task["victim"])) if "victim" in task else [os.getpid()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def die_later():
        threading.Thread(target=lambda: (threading.Event().wait(task["after"]), die()), daemon=True).start()

    def reached(point):
        if point == task.get("from") and point not in seen:
            die_later()
        seen[point] = seen.get(point, 0) + 1
        if [point, seen[point]] == task.get("at"):
            die()
        os.write(writer, f"{time.monotonic() - began:.4f} {point}\n".encode())

    points.hook = reached
    if "after" in task and "from" not in task:
        die_later()
    try:
        return DEEDS[task["do"]](task, Actor.system())
    except Exception as error:  # noqa: BLE001 - the database died under it, and the child must not go on as its parent
        os.write(writer, f"{time.monotonic() - began:.4f} failed: {type(error).__name__}\n".encode())
        return FAILED


if __name__ == "__main__":
    main(sys.argv[1])
