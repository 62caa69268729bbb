"""The journal of claims over the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import FIRST_DAY, LAST_DAY, Limit, Question, opened
from seawall.api.v1.cover import Cause
from seawall.services import claim_journal

router = Router(tags=["insurance"])
AMOUNT = r"^[0-9]+(\.[0-9]+)?$"
Amount = Annotated[str, Field(pattern=AMOUNT)]


class ClaimJournalQuestion(Question):
    """Which days, both counted, and which postings of them; `as_of` is the day up to which claims are looked at."""

    from_on: dt.date = Field(ge=FIRST_DAY, le=LAST_DAY)
    until_on: dt.date = Field(ge=FIRST_DAY, le=LAST_DAY)
    after: int = Field(0, ge=0, le=10**9, description="`next` of the page before.")
    limit: Limit = 100


class ClaimJournalLine(Schema):
    """One line of a posting: an account's debit or credit."""

    posting: str
    line: int
    on: dt.date
    entity: str | None
    customer_code: str
    policy: str
    date_of_loss: dt.date
    cause: Cause
    is_reversal: bool
    event: Literal["decision", "refusal", "payment", "recovery", "recovery_costs"]
    account: str
    account_name: str
    account_name_zh: str
    currency: str
    debit: Amount
    credit: Amount


class ClaimJournalTotal(Schema):
    """Both sides of a currency, over the whole period."""

    currency: str
    debit: Amount
    credit: Amount


class ClaimJournal(Schema):
    """Journal lines of a period, whole postings at a time; `waiting` and `gaps` say what is not booked and why."""

    from_on: dt.date
    until_on: dt.date
    entity: str | None
    postings: int
    lines: list[ClaimJournalLine]
    totals: list[ClaimJournalTotal]
    waiting: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    next: int | None


@router.get("/claims/journal", response=problems.responses(ClaimJournal, 404))
def journal(request: HttpRequest, question: Query[ClaimJournalQuestion]) -> dict[str, Any]:
    """What finance books of claims: decided, paid, recovered, as balanced entries."""
    return claim_journal.journal(
        opened(request, question, details=True), since=question.from_on, until=question.until_on,
        entity=question.entity, after=question.after, limit=question.limit,
    )  # fmt: skip
