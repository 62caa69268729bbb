"""Premium over the API, in the shapes of ``report-shapes.md``: declarations, what is due, an invoice, other cover."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import Question, Text, opened
from seawall.api.v1.auth import key_of
from seawall.api.v1.jobs import Job, accepted
from seawall.api.v1.keys import Key
from seawall.exchange import premium_invoice
from seawall.services import premium_store, whatif_jobs
from seawall.services.cover_choice import YEARS

AMOUNT = r"^[0-9]{1,15}(\.[0-9]{1,4})?$"
router = Router(tags=["insurance"])
Line = Annotated[str, Field(max_length=2000)]


class DeclarationQuestion(Question):
    """A question about what is to be declared."""

    policy: Text = Field("", description="Only this insurance policy.")
    month: str | None = Field(None, pattern=r"^\d{4}-\d{2}$", description="Only this month: 2026-05.")
    documents: bool = Field(False, description="Also every document behind the lines.")


class DueQuestion(Question):
    """A question about what a policy costs."""

    policy: Text = Field("", description="Only this insurance policy.")


class Invoice(Schema):
    """An insurer's invoice, as the text of a CSV: step, declared, rate, amount."""

    invoice: str = Field(min_length=1, max_length=premium_invoice.SIZE_MOST)


class WhatIfQuestion(DueQuestion):
    """A question about other cover."""

    years: int = Field(3, ge=YEARS[0], le=YEARS[1], description="How many past years are asked.")
    option: list[Line] = Field([], max_length=20, description="`name: term=value, term=value`; may be repeated.")
    preset: list[Line] = Field(
        [], max_length=20, description="`regions:DE,FR`, `part:C1,C2`, `part:20`, `quarterly`; may be repeated."
    )
    limits: Literal["current", "recorded", "quarterly", "free"] = "current"
    appetite: str | None = Field(None, pattern=AMOUNT, description="The most that may be retained in a bad year.")
    more_limit: str | None = Field(None, pattern=AMOUNT, description="Say what so much more limit would have paid.")


class Declared(Schema):
    """What each policy is to be told of the months that ended."""

    as_of: dt.date
    policies: list[dict[str, Any]]


class Due(Schema):
    """What each policy costs so far, and by its end."""

    as_of: dt.date
    policies: list[dict[str, Any]]


class InvoiceAudit(Schema):
    """An insurer's invoice against the policy."""

    as_of: dt.date
    policy: str
    currency: str
    agrees: bool
    due: str
    premium: str
    steps: list[dict[str, Any]]
    rates: list[dict[str, Any]]
    charges: list[dict[str, Any]]
    differences: list[dict[str, Any]]


class CoverChoice(Schema):
    """What past years would have cost under each option; amounts of an option are its yearly means."""

    as_of: dt.date
    policy: str
    currency: str
    years: int
    top_ups: list[str]
    tail_rate: float
    appetite: str | None
    cheapest: str | None
    options: list[dict[str, Any]]
    more_limit: str | None
    shadow_prices: list[dict[str, Any]]


@router.get("/premium/declaration", response=problems.responses(Declared, 404))
def declaration(request: HttpRequest, question: Query[DeclarationQuestion]) -> dict[str, Any]:
    """What the insurer is to be told of each month, how it follows from the ledger, and what is missing."""
    reading = opened(request, question, details=True)
    return premium_store.declaration(
        reading, policy=question.policy or None, month=question.month, documents=question.documents
    )


@router.get("/premium/due", response=problems.responses(Due, 404))
def due(request: HttpRequest, question: Query[DueQuestion]) -> dict[str, Any]:
    """What a policy costs so far and by its end: premium, bonus or malus, minimum, fees, tax, deposit."""
    return premium_store.due(opened(request, question, details=True), policy=question.policy or None)


@router.post("/premium/audit", response=problems.responses(InvoiceAudit, 404))
def audit(request: HttpRequest, question: Query[DueQuestion], invoice: Invoice) -> dict[str, Any]:
    """Hold an insurer's invoice against the policy: each difference, and why. Nothing is written."""
    reading = opened(request, question, details=True)
    return premium_store.audit(reading, invoice.invoice, policy=question.policy or None)


@router.get("/premium/whatif", response=problems.responses(CoverChoice, 404))
def whatif(request: HttpRequest, question: Query[WhatIfQuestion]) -> dict[str, Any]:
    """What the last years would have cost under other policies, and the cheapest within an appetite for loss."""
    return premium_store.whatif(opened(request, question, details=True), _asked(question))


@router.post("/premium/whatif", response=accepted(Job, 404, 409))
def start_whatif(request: HttpRequest, question: Query[WhatIfQuestion], key: Key = "") -> Any:
    """Have the worker work it out, where the history is long: the answer is the `result` of the job."""
    reading = opened(request, question, details=True)
    job_id = whatif_jobs.start(reading, _asked(question), entity=question.entity, key=key_of(request, key))
    return Status(202, whatif_jobs.shown(reading.actor, job_id=job_id).as_json())


def _asked(question: WhatIfQuestion) -> premium_store.WhatIf:
    return premium_store.WhatIf(
        question.years,
        question.policy or None,
        tuple(question.option),
        tuple(question.preset),
        question.limits,
        question.appetite,
        question.more_limit,
    )
