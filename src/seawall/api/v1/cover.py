"""Cover, leaks, deadlines and claims over the API, in the shapes of ``report-shapes.md``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import FIRST_DAY, LAST_DAY, Question, Text, opened
from seawall.api.v1.trace import Trace
from seawall.engine.protection.durations import LONGEST
from seawall.exchange import calendar_file
from seawall.exchange.language import Language
from seawall.services import protection

CALENDAR = {"200": {"description": "A calendar file", "content": {"text/calendar": {"schema": {"type": "string"}}}}}
AMOUNT = r"^[0-9]{1,15}(\.[0-9]{1,4})?$"
router = Router(tags=["insurance"])
Cause = Literal["insolvency", "protracted_default", "political", "goods_refusal"]
Code = Annotated[str, Field(min_length=1, max_length=100)]


class CoverQuestion(Question):
    """A question about cover."""

    customer: Text = Field("", description="Only this customer.")
    policy: Text = Field("", description="Only this insurance policy.")


class LeaksQuestion(Question):
    """A question about what is not covered."""

    customer: Text = Field("", description="Only this customer.")


class MapQuestion(Question):
    """A question about limits, what is used of them and what they were needed for."""

    by: Literal["customer", "country", "grade"] = "customer"


class DeadlinesQuestion(LeaksQuestion):
    """A question about deadlines."""

    within: int | None = Field(
        None, ge=0, le=LONGEST["days"], description="Only what falls in so many days, or was missed."
    )


class LossQuestion(Question):
    """A loss that is not there yet; notices count up to `as_of`."""

    cause: Cause = "insolvency"
    date_of_loss: dt.date = Field(ge=FIRST_DAY, le=LAST_DAY)
    policy: Text = ""


class OneLossQuestion(LossQuestion):
    """The loss of one customer."""

    customer: Code


class ClaimQuestion(LossQuestion):
    """Claims that are not there yet, and what is asked beyond them."""

    customer: list[Code] = Field(
        [], max_length=1000, description="Who fails; may be repeated: in this order, each claim after the ones before."
    )
    all: bool = Field(False, description="Every customer that owes something, in place of `customer`.")
    order: Literal["debt", "code"] = Field("debt", description="With `all`: the largest debt first, or by code.")
    recovered: Annotated[str, Field(pattern=AMOUNT)] | None = Field(None, description="Money that came in afterwards.")
    costs: str = Field("0", pattern=AMOUNT, description="What it cost to collect it.")
    dispute_won: list[Code] = Field(
        [], max_length=100, description="Items (`NUMBER`, `ENTITY/NUMBER`) whose dispute is won; may be repeated."
    )
    set: list[Text] = Field(
        [], max_length=20, description="What if a term were otherwise: `insured_rate.rate=0.85`; may be repeated."
    )


class ItemQuestion(Question):
    """A question about the cover of one item."""

    customer: Code
    item: Code = Field(description="Its number, or entity and number as `E1/4711`.")
    policy: Text = Field("", description="The insurance policy, where several are about it.")


class Cover(Schema):
    """The cover of every open item. Indemnities of different customers are never added up."""

    as_of: dt.date
    policies: list[dict[str, Any]]
    items: list[dict[str, Any]]


class CoverMap(Schema):
    """By customer, country or grade, each policy and currency by itself: limits, their use, what does not fit its need.

    Limits, use and headroom may be added over the customers of a policy; indemnities never are.
    """

    as_of: dt.date
    known: int
    by: str
    since: dt.date
    months: int
    over_times: float
    gap: dict[str, Any] | None
    rows: list[dict[str, Any]]


class Leaks(Schema):
    """What is not covered: what can be saved, by money and urgency; what is lost, by reason."""

    as_of: dt.date
    curable: list[dict[str, Any]]
    lost: list[dict[str, Any]]
    lost_by_reason: list[dict[str, Any]]


class LostCover(Schema):
    """What was lost to cover at each month end and on the day, by currency and reason."""

    as_of: dt.date
    since: dt.date
    gap: dict[str, Any] | None
    months: list[dict[str, Any]]


class Deadlines(Schema):
    """The calendar of the policies."""

    as_of: dt.date
    deadlines: list[dict[str, Any]]


class Claim(Schema):
    """What a claim would come to, line by line; `further`: those after it, and `together` all of them by policy."""

    customer_code: str
    policy: str
    currency: str
    date_of_loss: dt.date
    cause: str
    as_of: dt.date
    steps: list[dict[str, Any]]
    items: list[dict[str, Any]]
    gross: str
    indemnity: str
    retained: str
    payable_from: dt.date | None
    pay_by: dt.date | None
    insurer_code: str | None
    loss_payee: str | None
    balances: dict[str, str | None]
    recovery: dict[str, str] | None = None
    supplementary: dict[str, Any] | None = None
    further: list[dict[str, Any]] = []
    together: list[dict[str, Any]] = []


@router.get("/cover", response=problems.responses(Cover, 404))
def cover(request: HttpRequest, question: Query[CoverQuestion]) -> dict[str, Any]:
    """What the insurer would pay for each open item if its customer alone failed, and what stops it."""
    reading = opened(request, question, details=True)
    return protection.cover(reading, customer=question.customer or None, policy=question.policy or None)


@router.get("/cover/explain", response=problems.responses(Trace, 404), exclude_unset=True)
def explain_cover(request: HttpRequest, question: Query[ItemQuestion]) -> dict[str, Any]:
    """Why one item is covered as it is: down to the clauses, the limit it fell under, and its rate."""
    return protection.cover_explained(
        opened(request, question, details=True), customer=question.customer, item=question.item,
        policy=question.policy or None,
    ).as_json()  # fmt: skip


@router.get("/cover/map", response=problems.responses(CoverMap, 404))
def cover_map(request: HttpRequest, question: Query[MapQuestion]) -> dict[str, Any]:
    """By customer, country or grade: what stands of limits, what is used of it, and which do not fit their need."""
    reading = opened(request, question, details=True)
    return {"known": reading.as_of.known, **protection.cover_map_by(reading, by=question.by)}


@router.get("/leaks", response=problems.responses(Leaks, 404))
def leaks(request: HttpRequest, question: Query[LeaksQuestion]) -> dict[str, Any]:
    """What is uninsured and could still be saved, and what is lost, by cause."""
    return protection.leaks(opened(request, question, details=True), customer=question.customer or None)


@router.get("/leaks/lost", response=problems.responses(LostCover, 404))
def lost(request: HttpRequest, question: Query[Question]) -> dict[str, Any]:
    """What was lost to cover at each month end of the last year, by cause."""
    return protection.lost_over_time(opened(request, question, details=True))


@router.get("/deadlines", response=problems.responses(Deadlines, 404))
def deadlines(request: HttpRequest, question: Query[DeadlinesQuestion]) -> dict[str, Any]:
    """The calendar of the policies: what is to be done by when, what follows, what was missed."""
    reading = opened(request, question, details=True)
    return protection.deadlines(reading, customer=question.customer or None, within=question.within)


@router.get(
    "/deadlines/calendar", response=problems.responses(problems.NOTHING, 404), openapi_extra={"responses": CALENDAR}
)
def calendar(request: HttpRequest, question: Query[LeaksQuestion]) -> HttpResponse:
    """The deadlines that are to be met, as a calendar file (iCalendar)."""
    reading = opened(request, question, details=True)
    rows = protection.deadlines(reading, customer=question.customer or None)["deadlines"]
    text = calendar_file.calendar(rows, Language("en"), host=request.get_host())
    return HttpResponse(text, content_type="text/calendar; charset=utf-8")


@router.get("/claims/simulate", response=problems.responses(Claim, 404))
def simulate(request: HttpRequest, question: Query[ClaimQuestion]) -> dict[str, Any]:
    """What the insurer would pay if customers failed on a day, one after the other: each waterfall, line by line."""
    return protection.claim(
        opened(request, question, details=True), customers=question.customer,
        order=question.order if question.all else None, cause=question.cause, lost_on=question.date_of_loss,
        policy=question.policy or None, won=question.dispute_won, recovered=question.recovered, costs=question.costs,
        settings=question.set,
    )  # fmt: skip


@router.get("/claims/explain", response=problems.responses(Trace, 404), exclude_unset=True)
def explain(request: HttpRequest, question: Query[OneLossQuestion]) -> dict[str, Any]:
    """Why the claim of `/claims/simulate` comes to what it does: down to the policy's terms and the items."""
    return protection.claim_explained(
        opened(request, question, details=True), customer=question.customer, cause=question.cause,
        lost_on=question.date_of_loss, policy=question.policy or None,
    ).as_json()  # fmt: skip
