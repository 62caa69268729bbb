"""Claims under way over the API: the list of them, one with its steps and money, and what is done about it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import FIRST_DAY, LAST_DAY, Question, Text, opened
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.cover import Cause, Code
from seawall.api.v1.insurance import Evidence, FactRecorded, bytes_of
from seawall.api.v1.keys import Key
from seawall.api.v1.trace import Trace
from seawall.engine.protection.claim_facts import Key as Case
from seawall.services import claim_cases, claim_moves
from seawall.services.organisation import day_of

router = Router(tags=["insurance"])
Day = Annotated[dt.date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Step = Literal["opened", "overdue_report", "hand_over", "gathered", "file_complete", "filed", "decided", "paid",
               "recovered", "subrogated", "withdrawn"]  # fmt: skip
Says = Annotated[
    dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=1000)]],
    Field(description="What the step says, every value a text: `cli.md` names them.", max_length=10),
]


class ClaimCasesQuestion(Question):
    """A question about claims under way."""

    customer: Text = Field("", description="Only claims on this customer.")


class CaseQuestion(Question):
    """A question about one claim."""

    customer: Code
    policy: Code
    date_of_loss: Day
    cause: Cause = "insolvency"


class ClaimCases(Schema):
    """Every claim on file, those with something to do first. Amounts of different claims are never added up."""

    as_of: dt.date
    cases: list[dict[str, Any]]


class ClaimCase(Schema):
    """One claim; `records` are the facts it is made of, with what each is taken back by."""

    as_of: dt.date
    customer_code: str
    policy: str
    date_of_loss: dt.date
    cause: str
    currency: str
    state: str
    next_step: str | None
    steps: list[dict[str, Any]]
    checklist: list[dict[str, Any]]
    money: dict[str, str | None]
    takes: dict[str, str | None]
    differences: list[dict[str, Any]]
    waterfall: list[dict[str, Any]]
    payable_from: dt.date | None
    balances: dict[str, str | None]
    payments: list[dict[str, Any]]
    recoveries: list[dict[str, Any]]
    subrogation: dict[str, str | None]
    records: list[dict[str, Any]]


class NewStep(Schema):
    """A step of a claim on a day."""

    customer: Code
    policy: Code
    date_of_loss: Day
    cause: Cause = "insolvency"
    on: Day
    says: Says = {}
    correct: bool = Field(False, description="Take over what differs from the same step on file.")
    evidence: Evidence | None = None
    dry_run: bool = False


@router.get("/claims/cases", response=problems.responses(ClaimCases, 404))
def cases(request: HttpRequest, question: Query[ClaimCasesQuestion]) -> dict[str, Any]:
    """Every claim with where it stands, what is next and by when."""
    return claim_cases.listed(opened(request, question, details=True), customer=question.customer or None)


@router.get("/claims/cases/one", response=problems.responses(ClaimCase, 404))
def one_case(request: HttpRequest, question: Query[CaseQuestion]) -> dict[str, Any]:
    """One claim: its steps, its money, its claim file, and the facts it is made of."""
    key = Case(question.customer, question.policy, question.date_of_loss, question.cause)
    shown = claim_cases.shown(opened(request, question, details=True), key)
    return shown | {"records": claim_cases.records(actor_of(request), key)}


@router.get("/claims/cases/one/explain", response=problems.responses(Trace, 404), exclude_unset=True)
def explain_case(request: HttpRequest, question: Query[CaseQuestion]) -> dict[str, Any]:
    """Why what is expected of the policy for one claim is what it is: down to the policy's terms and the items."""
    key = Case(question.customer, question.policy, question.date_of_loss, question.cause)
    return claim_cases.explained(opened(request, question, details=True), key).as_json()


@router.post("/claims/cases/steps/{step}", response=problems.responses(FactRecorded, 404, 409))
def take_step(request: HttpRequest, step: Step, said: NewStep, key: Key = "") -> dict[str, Any]:
    """Record a step of a claim: `opened` begins it. One against the order is refused, the same again is none."""
    evidence = None if said.evidence is None else (said.evidence.name, bytes_of(said.evidence.content))
    done = claim_moves.make(
        actor_of(request), Case(said.customer, said.policy, said.date_of_loss, said.cause), step, said.says,
        on=said.on, today=day_of(timezone.now()), correct=said.correct, dry_run=said.dry_run,
        idempotency_key=key_of(request, key), evidence=evidence,
    )  # fmt: skip
    return {"batch_no": done.batch_no}
