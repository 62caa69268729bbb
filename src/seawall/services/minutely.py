"""What a worker does every minute: put back what was killed, put into the queue what is due, send what waits."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any, Final

from seawall.services import (
    alerts,
    insurer_rounds,
    jobs,
    jobs_work,
    mail_sending,
    schedule,
    source_intake,
    webhook_sending,
)

Round = Callable[[dt.datetime], Any]
"""Takes the present moment; what it returns goes into the worker's log."""

_log = logging.getLogger(__name__)

ROUNDS: Final[dict[str, Round]] = {
    "taken_up": lambda _now: jobs_work.take_up_killed(jobs.wake),
    "due": lambda now: schedule.enqueue_due(now=now),
    "alerts": lambda now: mail_sending.alert(now=now),
    "mail": lambda now: mail_sending.send_due(now=now),
    "chats": lambda now: alerts.send_due(now=now),
    "webhooks": lambda now: webhook_sending.send_due(now=now),
    "sources": lambda now: source_intake.enqueue_due(now=now),
    "insurers": lambda now: insurer_rounds.exchange_due(now=now),
}
"""What is done, by name; a room that sends something adds its own."""


def look_round(*, now: dt.datetime) -> dict[str, Any]:
    """Do every round once; one that fails is logged and does not stop the others. Returns what each found."""
    found = {}
    for name, each in ROUNDS.items():
        try:
            found[name] = each(now)
        except Exception:  # noqa: BLE001 - the next minute comes, and the other rounds are not to blame
            _log.exception("round failed", extra={"round": name})
            found[name] = "failed"
    return found
