"""Background work: kinds of jobs are registered here, jobs are put into the queue, shown, cancelled and tried again.

A job is one row of our own (state, progress, log) and one row of procrastinate's queue, put there in the same
transaction: inside a write they appear with its commit, outside they are a write of their own. The worker
acts for the person who asked, with the rights that person has when the work is done, and within what narrowed
them when it was asked for: the limits of a token, or those of whom a deputy acts for.

The queue's tables (``procrastinate_*``) and the progress of a job (``store_job``, ``store_jobline``) are written
outside ``command.execute``: they are no facts, and a killed worker must still show how far it came.
"""

from __future__ import annotations

import datetime as dt
import importlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, models
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from seawall.engine.kernel.errors import Broken, IdempotencyMismatch, NotFound, Refused
from seawall.services import access
from seawall.services.access import ALL, Actor, Within
from seawall.services.command import Result, Write, execute
from seawall.services.jobs_work import Working, asker
from seawall.store import chain
from seawall.store.models import Job, JobLine

MODULES: Final = (
    "seawall.services.nightly",
    "seawall.services.backups",
    "seawall.services.sealing",
    "seawall.services.commits",
    "seawall.services.source_intake",
    "seawall.services.bank_rule",
    "seawall.services.insurer_comparing",
    "seawall.services.whatif_jobs",
    "seawall.services.reminding",
    "seawall.services.limit_evidence",
)
"""Modules that register kinds of jobs; a room that brings one adds its module here."""

TASK: Final = "seawall.job"
"""The one task of the queue; its argument is the number of our row."""

HEARTBEAT_SECONDS: Final = 40
"""A worker says every ten seconds that it lives; after so long without a word none is there."""

State = Job.State
Work = Callable[[Actor, dict[str, Any], Working], Result]
"""What a kind of job does: for whom, with which arguments; it tells ``Working`` how far it is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: the sentence people read, the verb it takes, and when it is done every day, if it is."""

    name: str
    work: Work
    title: str
    verb: str
    daily: dt.time | None = None
    weekday: int | None = None


_KINDS: dict[str, Kind] = {}


def register(
    kind: str, work: Work, *, title: str, verb: str, daily: dt.time | None = None, weekday: int | None = None
) -> None:
    """Say what a kind of job does. With ``daily`` it stands in the schedule; its arguments are then the day, ``on``.

    With ``weekday`` (Monday is 0) it is done on that day of the week only.
    """
    _KINDS[kind] = Kind(kind, work, title, verb, daily, weekday)


def kinds() -> dict[str, Kind]:
    """Every kind there is, by name."""
    for module in MODULES:
        importlib.import_module(module)
    return _KINDS


def kind_of(name: str) -> Kind:
    """One kind.

    Raises:
        Broken: nobody registered it.
    """
    found = _KINDS.get(name) or kinds().get(name)
    if found is None:
        raise Broken("There is no kind of job named {kind}.", kind=name)
    return found


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as shown. ``problem`` holds template, hint and parameters of the sentence that says why it failed."""

    job_id: int
    kind: str
    title: str
    asked_by: str
    arguments: dict[str, Any]
    state: str
    attempts: int
    done: int
    total: int
    is_cancel_asked: bool
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    enqueued_at: dt.datetime
    started_at: dt.datetime | None
    done_at: dt.datetime | None

    @property
    def share(self) -> float | None:
        """How much of it is done, per one; None where that is not known."""
        return self.done / self.total if self.total else None

    @property
    def can_be_retried(self) -> bool:
        """Whether it ended without being done."""
        return self.state in (State.FAILED, State.CANCELLED)

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it has not ended and nobody asked for its end yet."""
        return self.state in (State.WAITING, State.RUNNING) and not self.is_cancel_asked

    def as_json(self) -> dict[str, Any]:
        """For doors; sentences in English."""
        problem = self.problem and self.problem["template"].format(**self.problem["params"])
        return {
            "job_id": self.job_id, "kind": self.kind, "title": self.title, "asked_by": self.asked_by,
            "state": self.state, "attempts": self.attempts, "done": self.done, "total": self.total,
            "arguments": self.arguments, "result": self.result, "problem": problem or "",
            "enqueued_at": self.enqueued_at.isoformat(),
            "started_at": self.started_at and self.started_at.isoformat(),
            "done_at": self.done_at and self.done_at.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a job's log."""

    at: dt.datetime
    template: str
    params: dict[str, Any]


def enqueue(actor: Actor, kind: str, arguments: Mapping[str, Any], *, key: str = "") -> int:
    """Have a job done in the background; returns its number. The same ``key`` again is the job there is.

    Inside a write the job appears with its commit and not without it; elsewhere it is a write of its own.

    Raises:
        NotPermitted: the actor may not do what the job does.
        IdempotencyMismatch: the key came before with another request, or from somebody else.
    """
    asked = kind_of(kind)
    access.require(actor, asked.verb)
    if connection.in_atomic_block:
        return _put(actor, kind, arguments, key)[0]

    def effect(write: Write) -> Result:
        job_id, is_new = _put(actor, kind, arguments, key)
        if not is_new:
            write.change_nothing()
        write.detail.update(job=job_id, kind=kind, arguments=dict(arguments))
        return {"job_id": job_id}

    done = execute(actor, asked.verb, effect, request={"job": kind, "arguments": dict(arguments), "key": key})
    return int(done.result["job_id"])


def _put(actor: Actor, kind: str, arguments: Mapping[str, Any], key: str) -> tuple[int, bool]:
    """Our row and the queue's; the number, and whether the row is new."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO store_job (kind, key, arguments, user_id, acts_for_id, within, state, attempts, done_count,"
            " total_count, is_cancel_asked, process, enqueued_at)"
            " VALUES (%s, %s, %s::jsonb, %s, %s, %s::jsonb, 'waiting', 0, 0, 0, false, '', now())"
            " ON CONFLICT (key) DO NOTHING RETURNING id",
            [kind, key or f"job {uuid.uuid4()}", chain.canonical(arguments), *_who(actor)],
        )
        made = cursor.fetchone()
    if made is None:
        return _same(Job.objects.get(key=key), actor, kind, arguments), False
    wake(made[0])
    return int(made[0]), True


def _who(actor: Actor) -> tuple[int | None, int | None, str | None]:
    """Who asks, as a job keeps it: the user, whom it acts for, and within what."""
    within = None if actor.within == Within() else chain.canonical(actor.within.as_json())
    return actor.user_id, actor.acts_for.user_id if actor.acts_for else None, within


def _same(row: Job, actor: Actor, kind: str, arguments: Mapping[str, Any]) -> int:
    """The number of a job there is, if it is the one asked for.

    Raises:
        IdempotencyMismatch: the key came before with another request, or from somebody else.
    """
    asked = (row.user_id, row.acts_for_id, None if row.within is None else chain.canonical(row.within))
    if (row.kind, row.arguments, asked) != (kind, dict(arguments), _who(actor)):
        raise IdempotencyMismatch(
            "The key {key} was used for another request.", hint="Use a new key for a new request.", key=row.key
        )
    return row.pk


def wake(job_id: int, *, in_seconds: int = 0) -> None:
    """Put a job's number into the queue."""
    later: dict[str, Any] = {"schedule_in": {"seconds": in_seconds}} if in_seconds else {}
    app.configure_task(TASK, **later).defer(job_id=job_id)


def listed(
    actor: Actor, *, state: str = "", kind: str = "", before: int | None = None, limit: int = 100
) -> list[JobView]:
    """The newest jobs the actor may see: an administrator all of them, others their own."""
    rows = _seen(actor)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(pk__lt=before) if before is not None else rows
    return [_view(row) for row in rows.select_related("user")[:limit]]


def shown(actor: Actor, *, job_id: int) -> JobView:
    """One job.

    Raises:
        NotFound: no such job, or it is somebody else's.
    """
    return _view(_found(actor, job_id))


def log(actor: Actor, *, job_id: int) -> list[Line]:
    """What a job said, in order.

    Raises:
        NotFound: no such job, or it is somebody else's.
    """
    row = _found(actor, job_id)
    return [Line(line.at, line.template, line.params) for line in JobLine.objects.filter(job=row)]


def retry(actor: Actor, *, job_id: int, key: str = "") -> None:
    """Try a job again that failed or was cancelled.

    Raises:
        NotPermitted: it acts in every entity, and the actor may do what it does in some only.
        NotFound: no such job, it is somebody else's, or it acts where the actor may not.
        Refused: it waits, runs or is done.
    """
    row = _found(actor, job_id)

    def effect(write: Write) -> Result:
        _require_as_far(actor, row, write.at)
        changed = Job.objects.filter(pk=job_id, state__in=[State.FAILED, State.CANCELLED]).update(
            state=State.WAITING, attempts=0, problem=None, is_cancel_asked=False, done_count=0, total_count=0,
            started_at=None, done_at=None,
        )  # fmt: skip
        if not changed:
            raise Refused("Only a job that failed or was cancelled can be tried again.", code="job_state")
        wake(job_id)
        write.detail.update(job=job_id, changed="retried")
        return {}

    execute(actor, kind_of(row.kind).verb, effect, request={"retry": job_id}, key=key)


def cancel(actor: Actor, *, job_id: int, key: str = "") -> None:
    """End a job: one that waits at once, one that runs as soon as it next says how far it is.

    Raises:
        NotFound: no such job, or it is somebody else's.
        Refused: it has ended.
    """
    row = _found(actor, job_id)

    def effect(write: Write) -> Result:
        ended = Job.objects.filter(pk=job_id, state=State.WAITING).update(state=State.CANCELLED, done_at=write.at)
        asked = Job.objects.filter(pk=job_id, state=State.RUNNING).update(is_cancel_asked=True)
        if not ended and not asked:
            raise Refused("The job has ended already.", code="job_state")
        write.detail.update(job=job_id, changed="cancelled")
        return {}

    execute(actor, kind_of(row.kind).verb, effect, request={"cancel": job_id}, key=key)


def has_worker() -> bool:
    """Whether a worker said lately that it lives."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => %s))",
            [HEARTBEAT_SECONDS],
        )
        return bool(cursor.fetchone()[0])


def sees_all(actor: Actor) -> bool:
    """Whether the actor sees everybody's jobs and may change the schedule."""
    return actor.where(access.JOB_CHANGE) is ALL


def _seen(actor: Actor) -> models.QuerySet[Job]:
    access.require(actor, access.READ)
    if sees_all(actor):
        return Job.objects.all()
    return Job.objects.filter(user_id=actor.user_id) if actor.user_id is not None else Job.objects.none()


def _found(actor: Actor, job_id: int) -> Job:
    row = _seen(actor).select_related("user", "acts_for").filter(pk=job_id).first()
    if row is None:
        raise NotFound("There is no job {job}.", job=job_id)
    return row


def _require_as_far(actor: Actor, row: Job, at: dt.datetime) -> None:
    """Pass who may do what a job does wherever the job may: who is narrower must not have it done so."""
    verb = kind_of(row.kind).verb
    where = asker(row, at=at).where(verb)
    if where is ALL:
        access.require_everywhere(actor, verb)
    else:
        access.require(actor, verb, where)


def _view(row: Job) -> JobView:
    kind = kinds().get(row.kind)
    return JobView(
        job_id=row.pk, kind=row.kind, title=kind.title if kind else row.kind,
        asked_by=row.user.username if row.user else "", arguments=row.arguments, state=str(row.state),
        attempts=row.attempts, done=row.done_count, total=row.total_count, is_cancel_asked=row.is_cancel_asked,
        result=row.result, problem=row.problem, enqueued_at=row.enqueued_at, started_at=row.started_at,
        done_at=row.done_at,
    )  # fmt: skip


STATES: Final[dict[str, str]] = {
    "waiting": gettext_noop("waiting"),
    "running": gettext_noop("running"),
    "done": gettext_noop("done"),
    "failed": gettext_noop("failed"),
    "cancelled": gettext_noop("cancelled"),
}
"""States of a job in words."""
