"""Past years under other policies, worked out in the background: a job does it while its page shows how far it is.

The job is asked about what is known when it is asked for; its answer is kept with it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import NotFound
from seawall.services import access, jobs, premium_store
from seawall.services.access import Actor
from seawall.services.command import Result
from seawall.services.jobs import JobView
from seawall.services.jobs_work import Working
from seawall.services.premium_store import WhatIf
from seawall.services.reading import Reading, open_reading

KIND: Final = "cover_whatif"


def start(reading: Reading, asked: WhatIf, *, entity: str = "", key: str = "") -> int:
    """Have the question worked out; returns the number of the job. The same ``key`` again is the job there is.

    ``reading`` with details; ``entity``: the one it was narrowed to.

    Raises:
        UsageError, PolicyInvalid, NotFound, UnknownCode: it cannot be asked so; as ``premium_store.whatif`` says.
        IdempotencyMismatch: the key came before with another request, or from somebody else.
    """
    premium_store.is_long(reading, asked)  # what cannot be asked is refused here, and not by the job
    arguments = {
        "on": reading.as_of.on.isoformat(), "known": reading.as_of.known, "currency": reading.currency,
        "entity": entity, "asked": {**asdict(asked), "options": list(asked.options), "presets": list(asked.presets)},
    }  # fmt: skip
    return jobs.enqueue(reading.actor, KIND, arguments, key=key)


def shown(actor: Actor, *, job_id: int) -> JobView:
    """The job, with the answer as its ``result`` once it is done.

    Raises:
        NotFound: no such job, it is somebody else's, or it is of another kind.
    """
    job = jobs.shown(actor, job_id=job_id)
    if job.kind != KIND:
        raise NotFound("There is no job {job}.", job=job_id)
    return job


def asked_of(arguments: dict[str, Any]) -> WhatIf:
    """The question of a job."""
    asked = arguments["asked"]
    return WhatIf(**{**asked, "options": tuple(asked["options"]), "presets": tuple(asked["presets"])})


def work(actor: Actor, arguments: dict[str, Any], working: Working) -> Result:
    """Work it out; the answer is the document of ``premium whatif``.

    Raises:
        NotPermitted, NotFound: the actor may not read any more, or does not see the entity.
        PolicyGap: the policy lacks what is needed, or an exchange rate is missing.
    """
    reading = open_reading(
        actor, on=dt.date.fromisoformat(arguments["on"]), currency=arguments["currency"] or None,
        entity=arguments["entity"], known=arguments["known"], details=True,
    )  # fmt: skip
    return premium_store.whatif(reading, asked_of(arguments), progress=working.progress)


jobs.register(KIND, work, title=gettext_noop("Past years under other policies"), verb=access.READ)
