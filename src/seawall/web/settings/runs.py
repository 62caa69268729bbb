"""Protection runs: the list, one run with its manifest, steps and hashes, and the button that starts one."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from seawall.engine.kernel.money import exponent
from seawall.services import access, jobs, nightly, runs
from seawall.web import words
from seawall.web.question import day_of
from seawall.web.reader import Reader, page


@page("settings/runs.html", "runs", methods=("GET", "HEAD", "POST"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The newest runs; POST starts one."""
    if reader.request.method == "POST":
        return _start(reader)
    return {
        "runs": [_row(run) for run in runs.listed(reader.actor)],
        "may_run": reader.actor.may(access.RUN) and bool(reader.usual.currencies),
        "day": reader.question.on,
    }


@page("settings/run.html", "runs", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, run_id: Any) -> dict[str, Any] | HttpResponse:
    """One run: everything its figures depend on, and what came of it; POST has one that was stopped go on."""
    if reader.request.method == "POST":
        return _resume(reader, run_id)
    run = runs.shown(reader.actor, run_id=run_id)
    return {
        "run": _row(run),
        "manifest": json.dumps(run.manifest, indent=2, ensure_ascii=False, sort_keys=True),
        "steps": run.steps,
        "may_resume": reader.actor.may(access.RUN) and runs.can_resume(run),
    }


def _start(reader: Reader) -> HttpResponse:
    """Have the worker do a run and go to the page that shows how far it is; a refusal is told on the list."""
    given = reader.request.POST
    on = day_of(given.get("as_of", ""), reader.question.on)
    currency = given.get("currency") or reader.question.currency
    if currency:
        exponent(currency)
    asked = {"on": on.isoformat()} | ({"currency": currency} if currency else {})
    return redirect("job", job_id=jobs.enqueue(reader.actor, "run", asked))


def _resume(reader: Reader, run_id: Any) -> HttpResponse:
    """Have the worker go on with a run; a refusal is told on its page."""
    return redirect("job", job_id=nightly.resume_later(reader.actor, run_id=run_id))


def _row(run: Any) -> dict[str, Any]:
    seconds = (run.done_at - run.started_at).total_seconds() if run.done_at else None
    return {
        "id": run.run_id,
        "on": run.on,
        "known": run.known,
        "currency": run.currency,
        "entities": ", ".join(run.entities),
        "state": run.state,
        "state_words": words.word(words.STATES, run.state),
        "manifest_digest": run.manifest_digest,
        "result_digest": run.result_digest,
        "problem": run.problem,
        "started_at": run.started_at,
        "done_at": run.done_at,
        "seconds": seconds,
    }
