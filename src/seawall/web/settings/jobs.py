"""Background jobs: what is done every day, what waits, runs or failed, and one job with its log."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import SeawallError
from seawall.services import backups, jobs, schedule, sealing
from seawall.web import errors, words
from seawall.web.paging import row_number
from seawall.web.reader import Reader, page

ROWS = 50
NOW = ("backup", "drill", "reseal")
"""What an administrator may have done at once."""

TONES = {"done": "is-good", "failed": "is-danger", "running": "is-amber", "waiting": "", "cancelled": ""}
ICONS = {"done": "check", "failed": "alert", "running": "play", "waiting": "clock", "cancelled": "close"}


@page("settings/jobs.html", "jobs", methods=("GET", "HEAD", "POST"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The schedule and the newest jobs; POST changes the time of a daily job."""
    if reader.request.method == "POST":
        return _change(reader)
    asked = reader.request.GET
    state = asked.get("state", "") if asked.get("state", "") in jobs.STATES else ""
    before = row_number(asked.get("before", ""))
    rows = jobs.listed(reader.actor, state=state, before=before, limit=ROWS + 1)
    return {
        "jobs": [job_words(row) for row in rows[:ROWS]],
        "following": rows[ROWS - 1].job_id if len(rows) > ROWS else None,
        "daily": [_daily(row) for row in schedule.planned(reader.actor, now=timezone.now())],
        "zone": reader.about.time_zone,
        "has_worker": jobs.has_worker(),
        "may_change": jobs.sees_all(reader.actor),
        "states": [(code, _(name)) for code, name in jobs.STATES.items()],
        "state": state,
        "seal": sealing.state(reader.actor) if jobs.sees_all(reader.actor) else None,
        "kept": [_kept(name, note) for name, note in backups.last(reader.actor).items()],
    }


@page("settings/job.html", "jobs", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, job_id: int) -> dict[str, Any] | HttpResponse:
    """One job; POST tries it again or ends it."""
    if reader.request.method == "POST":
        return _act(reader, job_id)
    job = jobs.shown(reader.actor, job_id=job_id)
    result = job.result or {}
    return {
        "job": job_words(job),
        "arguments": json.dumps(job.arguments, indent=1, ensure_ascii=False, sort_keys=True),
        "lines": [(line.at, errors.say(line.template, line.params)) for line in jobs.log(reader.actor, job_id=job_id)],
        "run_id": result.get("run_id", ""),
        "has_worker": jobs.has_worker(),
        "is_moving": job.state in ("waiting", "running"),
    }


def _change(reader: Reader) -> HttpResponse:
    """Set a daily job's time, or have one work at once."""
    given = reader.request.POST
    if given.get("now") in NOW:
        return redirect("job", job_id=jobs.enqueue(reader.actor, given["now"], {}))
    kind, at = given.get("kind", ""), given.get("at", "")
    schedule.change(reader.actor, kind=kind, is_on=given.get("is_on") == "on", at=schedule.time_of(at))
    messages.success(reader.request, _("The schedule is changed."), extra_tags="good")
    return redirect("jobs")


def _act(reader: Reader, job_id: int) -> HttpResponse:
    act = jobs.cancel if reader.request.POST.get("act") == "cancel" else jobs.retry
    try:
        act(reader.actor, job_id=job_id)
    except SeawallError as error:
        if errors.status_of(error).value == 404:  # noqa: PLR2004 - not there for this reader: said as for any other page
            raise
        messages.error(reader.request, errors.say(error.template, error.params), extra_tags="danger")
    return redirect("job", job_id=job_id)


def _kept(name: str, note: backups.Note | None) -> dict[str, Any]:
    detail = note.detail if note else {}
    return {
        "kind": name, "title": _(jobs.kind_of(name).title), "note": note, "files": detail.get("files"),
        "megabytes": detail["bytes"] / 1e6 if "bytes" in detail else None, "is_same_disk": detail.get("is_same_disk"),
        "seconds": detail.get("seconds"), "problem": detail.get("problem", ""),
    }  # fmt: skip


def _daily(row: schedule.Planned) -> dict[str, Any]:
    last = row.last and job_words(row.last)
    return {
        "kind": row.kind, "title": _(row.title), "is_on": row.is_on, "at": f"{row.at:%H:%M}", "next_at": row.next_at,
        "last": last,
    }  # fmt: skip


def job_words(job: jobs.JobView) -> dict[str, Any]:
    """A job as pages show it."""
    ended = job.done_at or (timezone.now() if job.state == "running" else None)
    said = job.problem or {"template": "", "hint": "", "params": {}}
    return {
        "id": job.job_id, "title": _(job.title), "kind": job.kind, "state": job.state,
        "state_words": words.word(jobs.STATES, job.state), "tone": TONES[job.state], "icon": ICONS[job.state],
        "done": job.done, "total": job.total, "asked_by": job.asked_by, "attempts": job.attempts,
        "enqueued_at": job.enqueued_at, "started_at": job.started_at, "done_at": job.done_at,
        "seconds": (ended - job.started_at).total_seconds() if ended and job.started_at else None,
        "problem": errors.say(said["template"], said["params"]), "hint": errors.say(said["hint"], said["params"]),
        "can_be_retried": job.can_be_retried, "can_be_cancelled": job.can_be_cancelled,
        "is_cancel_asked": job.is_cancel_asked and job.state == "running",
    }  # fmt: skip
