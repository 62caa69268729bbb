"""Self-set limits over the API: what justifies each on every delivery day, and keeping it as documents."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import Question, Text, here, opened
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.exchange.language import Language
from seawall.services import limit_evidence

router = Router(tags=["insurance"])


class EvidenceQuestion(Question):
    """Which self-set limits to say."""

    customer: Text = Field("", description="Only this customer, also day by day.")
    policy: Text = Field("", description="Only this insurance policy.")


class LimitEvidence(Schema):
    """Every self-set limit: its `state`, what it rests on, until when, and what of it is kept."""

    as_of: dt.date
    limits: list[dict[str, Any]]


class EvidenceToKeep(Schema):
    """What to keep: of one customer, or of all. `language` is that of the documents."""

    customer: Text = ""
    language: Literal["en", "zh"] = "en"


class EvidenceKept(Schema):
    """How many limits and delivery days were kept, and the numbers of the documents."""

    limits: int
    days: int
    documents: list[int]


@router.get("/limit-evidence", response=problems.responses(LimitEvidence, 404))
def shown(request: HttpRequest, question: Query[EvidenceQuestion]) -> dict[str, Any]:
    """Self-set limits: justified by what and until when, lost since when and why, and the documents kept."""
    reading = opened(request, question, details=True)
    return limit_evidence.vault(reading, customer=question.customer or None, policy=question.policy or None)


@router.post("/limit-evidence", response=problems.responses(EvidenceKept, 404, 409))
def keep(request: HttpRequest, asked: EvidenceToKeep, key: Key = "") -> dict[str, Any]:
    """Keep what justifies every delivery day that is not kept as it is; by night it is done without being asked."""
    done = limit_evidence.keep(
        actor_of(request), on=here(request), language=Language(asked.language), customer=asked.customer or None,
        key=key_of(request, key),
    )  # fmt: skip
    return done.as_json()
