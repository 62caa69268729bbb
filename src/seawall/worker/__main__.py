"""The worker's process: ``seawall worker`` opens the store and starts this."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any, cast

from procrastinate.contrib.django import app as queue

from seawall.worker import tasks

CONCURRENCY = 2
"""Jobs at once: a long run does not keep mail waiting."""

HEARTBEAT_SECONDS = 10
BESIDE = "SEAWALL_BESIDE"
"""Set where the worker belongs to another process, whose end it hears as the end of its own input."""


def main() -> None:
    """Work until interrupted, or until the process it belongs to has ended."""
    worker_app = queue.with_connector(cast("Any", queue.connector).get_worker_connector())
    tasks.add_to(worker_app)
    if os.environ.get(BESIDE):
        threading.Thread(target=_end_with_parent, daemon=True).start()
    worker_app.run_worker(
        concurrency=CONCURRENCY, delete_jobs="successful", update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=3 * HEARTBEAT_SECONDS, shutdown_graceful_timeout=HEARTBEAT_SECONDS,
        fetch_job_polling_interval=2,
    )  # fmt: skip


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
