"""The figures of the report and their parts over the API, in the shapes of ``report-shapes.md``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import After, Buckets, Limit, Question, Text, cut, day_asked, filled, opened
from seawall.api.v1.auth import actor_of
from seawall.api.v1.trace import Trace
from seawall.engine.explain import FIGURES, is_of_bank
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.engine.report import Report
from seawall.services import bank_why, documents, protection
from seawall.services import reading as readings
from seawall.services.organisation import about
from seawall.services.reading import Reading

router = Router(tags=["figures"])
Figure = Annotated[str, Path(min_length=1, max_length=100, description="A name of `GET /explain`.")]
Rows = list[dict[str, Any]]


class DsoQuestion(Buckets):
    """A question about the speed of collection."""

    months: int = Field(13, ge=1, le=24, description="How many month ends.")
    group_by: Literal["", "customer", "group", "entity", "sector"] = ""


class RollRatesQuestion(Question):
    """A question about roll rates."""

    step: Literal["month", "year"] = Field("month", description="30-day buckets, or years since the invoice.")


class WorklistQuestion(Buckets):
    """A question about whom to call."""

    after: After = ""
    limit: Limit = 100


class ExplainQuestion(Buckets):
    """A question why a figure is what it is."""

    customer: Text = Field("", description="The same figure of one customer.")


class Dso(Schema):
    """How fast receivables turn into cash, by month end; `groups` only where `group_by` was asked."""

    as_of: dt.date
    currency: str
    sales_months: int
    months: Rows
    group_by: str = ""
    groups: Rows = []


class RollRates(Schema):
    """How much of each bucket rolls on to the next: the means, each step, the flows."""

    as_of: dt.date
    currency: str
    step: str
    roll_rates: Rows
    steps: Rows
    flows: Rows


class Concentration(Schema):
    """How much hangs on few: the measures by dimension, and the largest of each."""

    as_of: dt.date
    currency: str
    concentration: Rows
    largest: Rows


class Worklist(Schema):
    """Whom to call, first first; then, with `rank` null, who was left out and why (`excluded`)."""

    as_of: dt.date
    known: int
    currency: str
    worklist: Rows
    next: str | None


class ProtectionReport(Schema):
    """The whole protection report; `insurance` only where there is an insurance policy."""

    report: str
    company: str
    is_demo: bool
    entities: list[str]
    as_of: dt.date
    currency: str
    basis: dict[str, Any]
    method: str
    standard: str
    version: str
    policies_sha256: str
    figures_sha256: str
    rates: Rows
    figures: dict[str, Any]
    ageing: dict[str, Any]
    accounts: Rows
    customers: Rows
    months: Rows
    roll_rates: Rows
    loss_rates: Rows
    provision: Rows
    concentration: Rows
    largest: Rows
    journal: Rows
    allowance: Rows
    worklist: Rows
    exposure: dict[str, Any]
    reconciliation: dict[str, Any]
    unverified: Rows
    insurance: dict[str, Any] | None = None


class Figures(Schema):
    """What can be explained."""

    figures: list[FigureTitle]


class FigureTitle(Schema):
    """A figure and its title in English."""

    name: str
    title: str


@router.get("/dso", response=problems.responses(Dso, 404), exclude_unset=True)
def dso(request: HttpRequest, question: Query[DsoQuestion]) -> dict[str, Any]:
    """Days sales outstanding in five readings, collection effectiveness, turnover and dilution, by month."""
    reading, report = _report(request, question)
    return documents.dso(
        report, reading, policies=reading.policies, months=question.months, group_by=question.group_by
    )  # fmt: skip


@router.get("/roll-rates", response=problems.responses(RollRates, 404))
def roll_rates(request: HttpRequest, question: Query[RollRatesQuestion]) -> dict[str, Any]:
    """How much of each bucket rolls on to the next, and what is lost of it in the end."""
    return documents.roll_rates(_report(request, question)[1], question.step)


@router.get("/concentration", response=problems.responses(Concentration, 404))
def concentration(request: HttpRequest, question: Query[Question]) -> dict[str, Any]:
    """How much of the receivables hangs on few customers, groups, sectors, countries, entities or currencies."""
    return documents.concentration(_report(request, question)[1])


@router.get("/worklist", response=problems.responses(Worklist, 404))
def worklist(request: HttpRequest, question: Query[WorklistQuestion]) -> dict[str, Any]:
    """Whom to call, in which order, why, and what is at stake; and who was left out, and why."""
    reading, made = _report(request, question)
    document = documents.whom_to_call(made)
    keyed = dict(sorted((documents.call_key(row), row) for row in document["worklist"]))
    shown, following = cut(list(keyed.values()), list(keyed), question.after, question.limit)
    return document | {"known": reading.as_of.known, "worklist": shown, "next": following}


@router.get("/reports/protection", response=problems.responses(ProtectionReport, 404), exclude_unset=True)
def report(request: HttpRequest, question: Query[Buckets]) -> dict[str, Any]:
    """The protection report of a day: loss against the aim, and every part with its figures."""
    reading = filled(opened(request, question))
    facts = about(actor_of(request))
    return readings.document(
        reading, scheme=question.buckets, company=facts.name, is_demo=facts.is_demo,
        insured=protection.in_report(reading),
    )  # fmt: skip


@router.get("/explain", response=problems.responses(Figures))
def explain_list(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 - the framework's signature
    """The figures that can be explained."""
    return {"figures": [{"name": name.removesuffix("_minor"), "title": title} for name, title in FIGURES.items()]}


@router.get("/explain/{figure}", response=problems.responses(Trace, 404), exclude_unset=True)
def explain(request: HttpRequest, figure: Figure, question: Query[ExplainQuestion]) -> dict[str, Any]:
    """Why a figure is what it is, of one customer where one is named: down to policies and source rows.

    A figure of the bank is as known now, and of no customer.
    """
    if is_of_bank(figure):
        actor = actor_of(request)
        on, currency = day_asked(question, about(actor)), question.currency or ""
        return bank_why.explained(actor, figure, on=on, entity=question.entity, currency=currency).as_json()
    reading = filled(opened(request, question, details=True))
    step = readings.explained(reading, figure=figure, scheme=question.buckets, customer=question.customer)
    return step.as_json()


def _report(request: HttpRequest, question: Question) -> tuple[Reading, Report]:
    """The reading of a question and the report of its day.

    Raises:
        InputError: the ledger is empty.
    """
    reading = filled(opened(request, question))
    scheme = question.buckets if isinstance(question, Buckets) else DEFAULT_SCHEME
    return reading, readings.report(reading, scheme=scheme)
