"""What is done every night without anybody asking: the run, and the question whether everything still holds."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import Broken, Refused
from seawall.services import access, anchoring, checks, jobs, runs
from seawall.services.access import Actor
from seawall.services.command import Result
from seawall.services.jobs_work import Working

RUN: Final = "run"
CHECK: Final = "check"
ANCHOR: Final = "anchor"


def run(actor: Actor, arguments: dict[str, Any], working: Working) -> Result:
    """The protection run of a day, step by step; one that was stopped goes on after its last step.

    Raises:
        NotPermitted: the actor may not start runs.
    """
    on = dt.date.fromisoformat(arguments["on"])
    if named := arguments.get("run_id"):
        done = runs.resume(actor, run_id=uuid.UUID(named), progress=working.progress)
    else:
        done = runs.run(actor, on=on, currency=arguments.get("currency"), progress=working.progress)
    working.say("The run of {on} is done: {digest}", on=on.isoformat(), digest=done.result_digest[:12])
    return {"run_id": str(done.run_id), "result_digest": done.result_digest}


def last_stopped(actor: Actor) -> runs.RunView | None:
    """The newest run that was stopped before its end and that nobody is at.

    Raises:
        NotPermitted: the actor may not read.
    """
    return next((run for run in runs.listed(actor) if runs.can_resume(run)), None)


def resume_later(actor: Actor, *, run_id: uuid.UUID, key: str = "") -> int:
    """Have the worker go on with a run that was stopped; the number of its job. The same ``key`` is the job there is.

    Raises:
        NotPermitted: the actor may not start runs.
        NotFound: no such run, or it lies outside the actor's scope.
        Refused: it is done, or somebody is at it.
    """
    access.require(actor, access.RUN)
    found = runs.shown(actor, run_id=run_id)
    if not runs.can_resume(found):
        raise Refused("Only a run that was stopped can go on.", code="run_state")
    return jobs.enqueue(actor, RUN, {"on": found.on.isoformat(), "run_id": str(run_id)}, key=key)


def check(actor: Actor, arguments: dict[str, Any], working: Working) -> Result:
    """Ask every law and invariant of the live store.

    Raises:
        Broken: one of them does not hold.
    """
    report = checks.check(actor, on=dt.date.fromisoformat(arguments["on"]))
    for failure in report.failures:
        working.say("Law {law} does not hold: {count} rows.", law=failure.name, count=failure.count)
    if not report.holds:
        raise Broken("{count} laws do not hold.", hint="Run `seawall check`.", count=len(report.failures))
    working.say("All {count} laws hold.", count=len(report.rules))
    return {"holds": True, "laws": len(report.rules)}


def anchor(actor: Actor, arguments: dict[str, Any], working: Working) -> Result:  # noqa: ARG001 - what jobs are given
    """Keep the head of the audit record outside the database.

    Raises:
        OutsideError: the file cannot be written.
    """
    kept = anchoring.anchor(actor)
    working.say("The head {head} is kept outside.", head=kept.text)
    return kept.as_json()


jobs.register(
    ANCHOR, anchor, title=gettext_noop("Anchor of the audit record"), verb=access.AUDIT_ANCHOR, daily=dt.time(5, 0)
)
jobs.register(RUN, run, title=gettext_noop("Protection run"), verb=access.RUN, daily=dt.time(2, 0))
jobs.register(CHECK, check, title=gettext_noop("Check of the whole store"), verb=access.AUDIT, daily=dt.time(4, 0))
