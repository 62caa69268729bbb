"""Signed periods for programs: sign, verify, hold against what came later, take back; and the files as signed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import FIRST_DAY, KNOWN_MAX, LAST_DAY, After, Limit, Text, cut, here
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.services import period_difference, periods

router = Router(tags=["periods"])
Number = Annotated[int, Path(ge=1, le=KNOWN_MAX)]
Code = Annotated[str, Field(pattern=r"^([A-Z]{3})?$")]
MonthEnd = Annotated[dt.date, Field(ge=FIRST_DAY, le=LAST_DAY)]
TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


class SignedFile(Schema):
    """A file as it was signed."""

    kind: str
    sha256: str
    size_bytes: int


class Period(Schema):
    """A signed period; `stands` until it was taken back."""

    number: int
    on: dt.date
    known: int
    currency: str
    entities: list[str]
    engine: str
    policies_digest: str
    figures_digest: str
    files: list[SignedFile]
    signer: str
    reason: str
    signed_at: dt.datetime
    stands: bool
    withdrawn_by: str
    withdrawn_for: str
    withdrawn_at: dt.datetime | None


class Periods(Schema):
    """Signed periods, newest first."""

    rows: list[Period]
    next: str | None


class Candidate(Schema):
    """A period before it is signed; `blocks` says what stands against it."""

    on: dt.date
    known: int
    currency: str
    entities: list[str]
    figures: dict[str, Any]
    reconciliation: dict[str, Any]
    blocks: list[str]


class Verified(Schema):
    """Whether the files are whole, and whether making the report again gives the same bytes."""

    holds: bool
    whole: dict[str, bool]
    same: dict[str, bool] | None = Field(description="Null where another version of the program signed it.")
    same_figures: bool


class Difference(Schema):
    """What came later: only what differs. `x_by` of a customer is now less then."""

    number: int
    on: dt.date
    known_then: int
    known_now: int
    currency: str
    figures: list[dict[str, Any]]
    customers: list[dict[str, Any]]
    came_later: list[dict[str, Any]]


class ToSign(Schema):
    """What is signed: `known` is what the signer looked at."""

    on: MonthEnd
    known: int | None = Field(None, ge=0, le=KNOWN_MAX)
    currency: Code = ""
    entity: str = Field("", max_length=200)
    reason: str = Field("", max_length=2000)
    lang: Literal["en", "zh"] = "en"


class PeriodWhy(Schema):
    """Why a signature is taken back."""

    reason: str = Field(max_length=2000)


class PeriodAsked(Schema):
    """Which period."""

    on: MonthEnd
    currency: Code = ""
    entity: Text = ""


@router.get("/periods", response=problems.responses(Periods))
def listed(request: HttpRequest, after: After = "", limit: Limit = 100) -> dict[str, Any]:
    """Signed periods the caller sees."""
    rows = periods.listed(actor_of(request))
    shown, following = cut(rows, [f"{KNOWN_MAX - each.number:017d}" for each in rows], after, limit)
    return {"rows": [each.as_json() for each in shown], "next": following}


@router.get("/periods/candidate", response=problems.responses(Candidate, 404))
def candidate(request: HttpRequest, asked: Query[PeriodAsked]) -> dict[str, Any]:
    """A period as it would be signed now, and what stands against it."""
    return periods.candidate(
        actor_of(request), on=asked.on, today=here(request), currency=asked.currency or None, entity=asked.entity
    ).as_json()


@router.post("/periods", response=problems.responses(Period, 404, 409))
def sign(request: HttpRequest, asked: ToSign, key: Key = "") -> dict[str, Any]:
    """Sign the report of a month end."""
    return periods.sign(
        actor_of(request), on=asked.on, today=here(request), known=asked.known, currency=asked.currency or None,
        entity=asked.entity, reason=asked.reason, lang=asked.lang, key=key_of(request, key),
    ).as_json()  # fmt: skip


@router.get("/periods/{number}", response=problems.responses(Period, 404))
def one(request: HttpRequest, number: Number) -> dict[str, Any]:
    """One signed period."""
    return periods.shown(actor_of(request), number).as_json()


@router.get("/periods/{number}/verify", response=problems.responses(Verified, 404))
def verify(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Make the report again as known then, and compare."""
    return periods.verify(actor_of(request), number).as_json()


@router.get("/periods/{number}/difference", response=problems.responses(Difference, 404))
def difference(request: HttpRequest, number: Number) -> dict[str, Any]:
    """What came later, headline by headline and customer by customer."""
    return period_difference.difference(actor_of(request), number).as_json()


@router.get("/periods/{number}/files/{kind}", response={401: problems.Problem, 403: problems.Problem,
            404: problems.Problem, 422: problems.Problem})  # fmt: skip
def file(request: HttpRequest, number: Number, kind: Literal["pdf", "xlsx", "json"]) -> HttpResponse:
    """A file, byte for byte as it was signed."""
    return HttpResponse(periods.content_of(actor_of(request), number, kind), content_type=TYPES[kind])


@router.post("/periods/{number}/withdraw", response=problems.responses(Period, 404, 409))
def withdraw(request: HttpRequest, number: Number, why: PeriodWhy, key: Key = "") -> dict[str, Any]:
    """Take a signature back, with a reason."""
    return periods.withdraw(actor_of(request), number, reason=why.reason, key=key_of(request, key)).as_json()
