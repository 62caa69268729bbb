"""Background jobs over the API: start a run, see how far a job is, end it or try it again; the schedule."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema
from ninja.responses import Status

from seawall.api.v1 import problems
from seawall.api.v1.asking import FIRST_DAY, LAST_DAY, After, Limit, number_after, page_of
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.api.v1.shapes import Page
from seawall.services import backups, jobs, nightly, schedule

router = Router(tags=["jobs"])
JobNumber = Annotated[int, Field(ge=1, le=2**53)]


class Job(Schema):
    """A background job. `done` of `total` steps are behind it; `problem` says why it failed."""

    job_id: int
    kind: str
    title: str
    asked_by: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    attempts: int
    done: int
    total: int
    arguments: dict[str, Any]
    result: dict[str, Any] | None
    problem: str
    enqueued_at: dt.datetime
    started_at: dt.datetime | None
    done_at: dt.datetime | None


class JobLine(Schema):
    """One line of a job's log."""

    at: dt.datetime
    text: str


class JobFile(Job):
    """A job with its log."""

    lines: list[JobLine]


class Jobs(Page):
    """Jobs, newest first; without a worker (`has_worker`) they wait."""

    has_worker: bool
    rows: list[Job]


class Daily(Schema):
    """What is done every day, and when next."""

    kind: str
    title: str
    is_on: bool
    at: str
    next_at: dt.datetime | None
    last: Job | None


class DailyList(Schema):
    """The schedule; times of day in the organisation's time zone."""

    rows: list[Daily]


class BackupKept(Schema):
    """The last backup, or the last drill that tried one."""

    kind: Literal["backup", "drill"]
    at: dt.datetime
    name: str
    is_good: bool
    detail: dict[str, Any]


class KeptList(Schema):
    """When a backup was last made and last tried; what was never done is missing."""

    rows: list[BackupKept]


class RunAsked(Schema):
    """Which day's run to start."""

    on: dt.date = Field(ge=FIRST_DAY, le=LAST_DAY)
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")


class DailySet(Schema):
    """When a kind of job is done, and whether."""

    is_on: bool
    at: str = Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["02:30"])


def accepted(answer: type[Any], *also: int) -> dict[int, Any]:
    """All answers of an operation whose work goes on in the background."""
    said = problems.responses(answer, *also)
    return {202: said.pop(200), **said}


def start_run(request: HttpRequest, asked: RunAsked, key: Key = "") -> Any:
    """Have the worker do the protection run of a day; the same Idempotency-Key again is the job there is."""
    actor = actor_of(request)
    arguments = {"on": asked.on.isoformat()} | ({"currency": asked.currency} if asked.currency else {})
    job_id = jobs.enqueue(actor, "run", arguments, key=key_of(request, key))
    return Status(202, jobs.shown(actor, job_id=job_id).as_json())


def resume_run(request: HttpRequest, run_id: uuid.UUID, key: Key = "") -> Any:
    """Have the worker go on with a run that was stopped: over what was known when it began, after its last step."""
    actor = actor_of(request)
    job_id = nightly.resume_later(actor, run_id=run_id, key=key_of(request, key))
    return Status(202, jobs.shown(actor, job_id=job_id).as_json())


@router.get("/jobs", response=problems.responses(Jobs))
def listed(request: HttpRequest, limit: Limit = 100, after: After = "") -> dict[str, Any]:
    """The caller's jobs, newest first; an administrator sees everybody's."""
    rows = jobs.listed(actor_of(request), before=number_after(after), limit=limit + 1)
    return {**page_of(rows, limit, "job_id"), "has_worker": jobs.has_worker()}


@router.get("/jobs/{job_id}", response=problems.responses(JobFile, 404))
def one(request: HttpRequest, job_id: JobNumber) -> dict[str, Any]:
    """One job with its log."""
    actor = actor_of(request)
    lines = [{"at": line.at, "text": line.template.format(**line.params)} for line in jobs.log(actor, job_id=job_id)]
    return jobs.shown(actor, job_id=job_id).as_json() | {"lines": lines}


@router.post("/jobs/{job_id}/retry", response=problems.responses(Job, 404, 409))
def retry(request: HttpRequest, job_id: JobNumber, key: Key = "") -> dict[str, Any]:
    """Try a job again that failed or was cancelled."""
    actor = actor_of(request)
    jobs.retry(actor, job_id=job_id, key=key_of(request, key))
    return jobs.shown(actor, job_id=job_id).as_json()


@router.post("/jobs/{job_id}/cancel", response=problems.responses(Job, 404, 409))
def cancel(request: HttpRequest, job_id: JobNumber, key: Key = "") -> dict[str, Any]:
    """End a job: one that waits at once, one that runs after its present step."""
    actor = actor_of(request)
    jobs.cancel(actor, job_id=job_id, key=key_of(request, key))
    return jobs.shown(actor, job_id=job_id).as_json()


@router.get("/backups", response=problems.responses(KeptList))
def kept(request: HttpRequest) -> dict[str, Any]:
    """The last backup and the last drill."""
    found = backups.last(actor_of(request)).values()
    return {"rows": [note.as_json() for note in found if note]}


@router.post("/backups", response=accepted(Job, 404, 409))
def start_backup(request: HttpRequest, kind: Literal["backup", "drill"] = "backup", key: Key = "") -> Any:
    """Have the worker make a backup, or try the newest one."""
    actor = actor_of(request)
    job_id = jobs.enqueue(actor, kind, {}, key=key_of(request, key))
    return Status(202, jobs.shown(actor, job_id=job_id).as_json())


@router.get("/schedule", response=problems.responses(DailyList))
def daily(request: HttpRequest) -> dict[str, Any]:
    """What is done every day, when next, and how it went last."""
    return {"rows": [row.as_json() for row in schedule.planned(actor_of(request), now=timezone.now())]}


@router.put("/schedule/{kind}", response=problems.responses(DailyList, 404, 409))
def set_daily(request: HttpRequest, kind: str, asked: DailySet, key: Key = "") -> dict[str, Any]:
    """Say whether and when a kind of job is done every day."""
    schedule.change(
        actor_of(request), kind=kind, is_on=asked.is_on, at=schedule.time_of(asked.at), key=key_of(request, key)
    )
    return daily(request)
