"""A job under way: taken once, its progress shown while it works, its end kept, its kill noticed.

Progress goes over a connection of its own, so that it is seen before the job's write commits.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import psycopg
from django.db import connection
from django.utils.translation import gettext_noop
from psycopg.types.json import Jsonb

from seawall.engine.kernel.errors import Refused, SeawallError
from seawall.services import deputies
from seawall.services.access import Actor, Within, actor_of
from seawall.services.organisation import day_of
from seawall.store import points
from seawall.store.chain import canonical
from seawall.store.models import Job

if TYPE_CHECKING:
    from seawall.services.jobs import Kind

ATTEMPTS_MAX: Final = 5
PAUSE_SECONDS: Final = 10
"""A job that met somebody else's work, or a service that did not answer, waits so long times its attempts."""

_log = logging.getLogger(__name__)


class Cancelled(Refused):
    """Somebody asked for the end of the job."""

    code = "cancelled"


class Working:
    """What a job tells while it works."""

    def __init__(self, job_id: int, side: psycopg.Connection[Any]) -> None:
        """``side`` is a connection that commits every word at once."""
        self.job_id = job_id
        self._side = side

    def progress(self, done: int, total: int) -> None:
        """Say how far the work is; the place where a job that was cancelled ends.

        Raises:
            Cancelled: somebody asked for the end of it.
        """
        points.reached("job progress")
        row = self._side.execute(
            "UPDATE store_job SET done_count = %s, total_count = %s WHERE id = %s RETURNING is_cancel_asked",
            [done, total, self.job_id],
        ).fetchone()
        if row and row[0]:
            raise Cancelled("The job was cancelled.")

    def now(self) -> dt.datetime:
        """The present moment, by the database's clock."""
        row = self._side.execute("SELECT clock_timestamp()").fetchone()
        at: dt.datetime = row[0] if row else dt.datetime.max.replace(tzinfo=dt.UTC)
        return at.astimezone(dt.UTC)

    def say(self, template: str, **params: Any) -> None:
        """Add a line to the job's log: a sentence of the catalogue and what is filled in."""
        self._side.execute(
            "INSERT INTO store_jobline (job_id, at, template, params) VALUES (%s, clock_timestamp(), %s, %s)",
            [self.job_id, template, Jsonb(params)],
        )


def carry_out(job_id: int, *, process: str, kind_of: Callable[[str], Kind], again: Callable[..., None]) -> str:
    """Do a job that waits; returns the state it is in afterwards. One that was taken by somebody else is left.

    ``process`` names the worker's own entry in the queue, ``again`` puts the job back for a later attempt.
    """
    with _side() as side:
        if not _taken(side, job_id, process):
            return ""
        points.reached("job taken")
        row = Job.objects.select_related("user", "acts_for").get(pk=job_id)
        working = Working(job_id, side)
        try:
            kind = kind_of(row.kind)
            result = kind.work(asker(row, at=working.now()), row.arguments, working)
        except SeawallError as error:
            return _failed(side, row, error, again)
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker goes on and the job shows it
            _log.exception("job failed", extra={"job_id": job_id, "kind": row.kind})
            unforeseen = SeawallError("A fault of the program: {kind}.", kind=type(error).__name__)
            return _failed(side, row, unforeseen, again)
        points.reached("job worked")
        side.execute(
            "UPDATE store_job SET state = 'done', result = %s, done_at = clock_timestamp(), problem = NULL,"
            " done_count = total_count"
            " WHERE id = %s",
            [Jsonb(result), job_id],
        )
        return "done"


def asker(row: Job, *, at: dt.datetime) -> Actor:
    """Who asked for a job, with the rights of this moment and within what narrowed them then.

    Raises:
        NotPermitted: a deputy asked for it, and is none any more.
    """
    if row.user is None:
        actor = Actor.system()
    elif row.acts_for is None:
        actor = actor_of(row.user)
    else:
        actor = deputies.acting_as(row.user, row.acts_for.username, on=day_of(at))
    return replace(actor, within=Within.of(row.within)) if row.within else actor


def take_up_killed(again: Callable[[int], None]) -> list[int]:
    """Put back what a worker had in hand that is gone; returns their numbers.

    A job that killed its worker as often as ``ATTEMPTS_MAX`` is failed: it would kill the next one too.
    """
    gone = (
        "state = 'running' AND NOT EXISTS (SELECT FROM procrastinate_workers w WHERE w.id::text = process"
        " AND w.last_heartbeat > now() - interval '40 seconds')"
    )
    said = gettext_noop("The worker was killed {count} times while it did this job.")
    worn = {"template": said, "hint": "", "code": "killed"}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE store_job SET state = 'failed', done_at = now(), problem = %s::jsonb"  # noqa: S608 - no input
            f" WHERE {gone} AND attempts >= %s",
            [canonical({**worn, "params": {"count": ATTEMPTS_MAX}}), ATTEMPTS_MAX],
        )
        cursor.execute(f"UPDATE store_job SET state = 'waiting' WHERE {gone} RETURNING id")  # noqa: S608 - no input
        back = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL")
    for job_id in back:
        again(job_id)
    return back


def _taken(side: psycopg.Connection[Any], job_id: int, process: str) -> bool:
    taken = side.execute(
        "UPDATE store_job SET state = 'running', attempts = attempts + 1, process = %s, problem = NULL,"
        " started_at = clock_timestamp() WHERE id = %s AND state = 'waiting'",
        [process, job_id],
    )
    return bool(taken.rowcount)


def _failed(side: psycopg.Connection[Any], row: Job, error: SeawallError, again: Callable[..., None]) -> str:
    """Keep why; what is worth another try waits a little and is tried again."""
    attempts = row.attempts
    retried = error.retryable and attempts < ATTEMPTS_MAX
    state = "cancelled" if isinstance(error, Cancelled) else "waiting" if retried else "failed"
    params = error.kept
    problem = {"template": error.template, "hint": error.hint_template, "params": params, "code": error.code}
    side.execute(
        "UPDATE store_job SET state = %s, problem = %s, done_at = CASE WHEN %s THEN NULL ELSE clock_timestamp() END"
        " WHERE id = %s",
        [state, Jsonb(problem), retried, row.pk],
    )
    if retried:
        again(row.pk, in_seconds=PAUSE_SECONDS * attempts)
    return state


@contextmanager
def _side() -> Iterator[psycopg.Connection[Any]]:
    """A second connection to the same database, committing word by word."""
    params = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        params.pop(name, None)
    with psycopg.connect(**params, autocommit=True) as side:
        yield side
