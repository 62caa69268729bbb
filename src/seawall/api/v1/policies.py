"""Policies for programs: what is in force, what a draft would change, and proposing one."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import approvals, problems
from seawall.api.v1.asking import Day, Text, here
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.services import policies
from seawall.services.organisation import about

router = Router(tags=["policies"])
PolicyId = Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9_.]+$")]


class When(Schema):
    """The day a policy is asked about, and for whom."""

    as_of: Day = Field(None, description="The day; without it today.")
    entity: Text = Field("", description="One selling entity; without it the organisation.")


class Line(Schema):
    """A policy as it stands on a day; `approved_by` is empty where the shipped value holds."""

    policy_id: str
    title: str
    title_zh: str
    unit: str
    governed_by: str
    value: str = Field(description="As YAML on one line.")
    from_day: dt.date | None
    source: str
    is_verified: bool
    is_own: bool
    approved_by: str
    next_day: dt.date | None
    waiting: int


class Span(Schema):
    """A value from its day until the next one's."""

    from_day: dt.date
    until: dt.date | None
    value: str
    source: str
    note: str
    is_own: bool
    is_in_force: bool


class Version(Schema):
    """An own version as it was approved."""

    version: int
    entity: str
    valid_from: dt.date
    body: str
    digest: str
    proposal_no: int
    proposed_by: str
    approved_by: str
    is_alone: bool
    reason: str
    recorded_at: dt.datetime


class PolicyFile(Line):
    """One policy with its timeline and own versions."""

    timeline: list[Span]
    versions: list[Version]


class Policies(Schema):
    """Every policy."""

    as_of: dt.date
    rows: list[Line]


class Draft(Schema):
    """An own version: YAML that holds `values` by day, each with value, source and note."""

    body: str = Field(max_length=20_000)
    entity: str = Field("", max_length=200)


class Proposed(Draft):
    """A version to put before a second person."""

    reason: str = Field(max_length=2000)


class Figure(Schema):
    """A headline figure under the policies in force and under the draft."""

    name: str
    unit: str
    active: str | float | int | None
    draft: str | float | int | None
    is_changed: bool


class Preview(Schema):
    """What a draft would change."""

    as_of: dt.date
    known: int
    currency: str
    changed: int
    is_early: bool = Field(description="The draft holds later only: shown as if it held on this day.")
    figures: list[Figure]


@router.get("/policies", response=problems.responses(Policies, 404))
def listed(request: HttpRequest, when: Query[When]) -> dict[str, Any]:
    """Every policy as it stands on a day."""
    on = when.as_of or here(request)
    return {"as_of": on, "rows": policies.listed(actor_of(request), on=on, entity=when.entity)}


@router.get("/policies/{policy_id}", response=problems.responses(PolicyFile, 404))
def one(request: HttpRequest, policy_id: PolicyId, when: Query[When]) -> dict[str, Any]:
    """One policy: what holds when, from where, and the company's own versions."""
    on = when.as_of or here(request)
    return policies.shown(actor_of(request), policy_id, on=on, entity=when.entity).as_json()


@router.post("/policies/{policy_id}/preview", response=problems.responses(Preview, 404))
def preview(request: HttpRequest, policy_id: PolicyId, draft: Draft, when: Query[When]) -> dict[str, Any]:
    """What a draft would change on the figures of a day; nothing is written."""
    actor = actor_of(request)
    currency = about(actor).reporting_currency or None
    on = when.as_of or here(request)
    return policies.preview(actor, policy_id, draft.body, on=on, entity=draft.entity, currency=currency).as_json()


@router.post("/policies/{policy_id}/propose", response=problems.responses(approvals.Proposal, 404, 409))
def propose(request: HttpRequest, policy_id: PolicyId, draft: Proposed, key: Key = "") -> dict[str, Any]:
    """Put an own version before a second person."""
    made = policies.propose(
        actor_of(request), policy_id, draft.body, reason=draft.reason, entity=draft.entity, key=key_of(request, key)
    )  # fmt: skip
    return approvals.proposal_of(made)
