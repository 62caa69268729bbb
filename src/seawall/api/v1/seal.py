"""The key that secrets and files at rest are sealed with: which one it is, and changing it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from seawall.api.v1 import problems
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.jobs import Job, accepted
from seawall.api.v1.keys import Key
from seawall.services import jobs, sealing

router = Router(tags=["operations"])


class SealingKey(Schema):
    """The sealing key by its id, never the key itself. `count` above 1: a change has begun and is not done."""

    source: str
    count: int
    key_id: str
    is_open_to_others: bool


@router.get("/seal", response=problems.responses(SealingKey))
def shown(request: HttpRequest) -> dict[str, Any]:
    """Which key seals, for who keeps the system."""
    return asdict(sealing.state(actor_of(request)))


@router.post("/seal/rotate", response=accepted(Job, 404, 409))
def rotate(request: HttpRequest, key: Key = "") -> Any:
    """Have the worker change the sealing key: everything is sealed anew, then the old key is gone."""
    actor = actor_of(request)
    job_id = jobs.enqueue(actor, "reseal", {}, key=key_of(request, key))
    return Status(202, jobs.shown(actor, job_id=job_id).as_json())
