"""Insured limits, events under policies and claims over the API: the list, a customer's file, recording, pushing."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import FIRST_DAY, LAST_DAY, After, Limit, Question, Text, cut, opened
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.api.v1.push import ROWS_MAX
from seawall.api.v1.shapes import Amount, Page, Rate
from seawall.engine.kernel.errors import InputError
from seawall.engine.protection.wording import Wording
from seawall.policies.insurance import TEXT_MAX
from seawall.services import access, insured, insured_list, subjects, wordings
from seawall.services.insured_list import Filter
from seawall.services.intake import commit_rows
from seawall.services.remarks import DOCUMENT_BYTES

router = Router(tags=["insurance"])
Table = Literal["insured_limits", "insurance_events", "claims", "claim_recoveries", "claim_steps"]
Row = Annotated[
    dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=1000)]],
    Field(description="Columns of the table's ledger file, every value a text.", max_length=20),
]
Code = Annotated[str, Field(min_length=1, max_length=100)]
EVIDENCE_MAX = -(-DOCUMENT_BYTES // 3) * 4
"""Letters of a document in base64."""


class LimitsQuestion(Question):
    """A question about insured limits."""

    policy: Text = Field("", description="Only limits of this policy.")
    state: Text = Field(
        "",
        description="approved, refused ...; `future`: decided, not in force yet; `waiting`; `soon`: about to change.",
    )
    text: Text = Field("", description="Only customers whose code or name holds this.")
    after: After = ""
    limit: Limit = 100


class InsuredLimit(Schema):
    """A limit as it stands on the day; `amount` is what insurers granted, not what they would pay."""

    entity: str | None
    customer_code: str
    name: str | None
    policy: str
    layer: str
    state: str
    currency: str | None
    amount: Amount | None
    payment_method: str | None
    max_term_days: int | None
    insured_rate: Rate
    bank: str | None
    decided_on: dt.date | None
    since: dt.date | None
    expires_on: dt.date | None
    notice_days: int | None
    conditions: str | None
    waiting: str | None
    waiting_amount: Amount | None
    waiting_currency: str | None
    asked_on: dt.date | None
    next_kind: str | None
    next_amount: Amount | None
    next_currency: str | None
    next_on: dt.date | None


class InsuredLimits(Page):
    """Limits by customer, policy and layer; `totals` by currency is over all pages."""

    as_of: dt.date
    known: int
    totals: dict[str, Amount]
    rows: list[InsuredLimit]


class InsuranceFile(Schema):
    """All that is on file of a customer's insurance; `number` is what a fact is taken back by."""

    customer_code: str
    insured_limits: list[dict[str, Any]]
    insurance_events: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    claim_recoveries: list[dict[str, Any]]
    claim_steps: list[dict[str, Any]]


class Evidence(Schema):
    """A document that is kept by its hash with the customer, and named in the event."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[str, Field(max_length=EVIDENCE_MAX, description="The bytes in base64.")]


class NewFact(Schema):
    """One fact, in the words of its ledger file."""

    row: Row
    correct: bool = Field(False, description="Take over what differs from the same fact on file.")
    evidence: Evidence | None = None
    dry_run: bool = False


class FactRecorded(Schema):
    """What came of it; `batch_no` is null where it was on record already, or in a dry run."""

    batch_no: int | None


class FactWithdrawal(Schema):
    """Why a fact no longer counts."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    dry_run: bool = False


class PushedInsurance(Schema):
    """Rows of the five tables, together: all are taken or none."""

    insured_limits: Annotated[list[Row], Field(max_length=ROWS_MAX)] = []
    insurance_events: Annotated[list[Row], Field(max_length=ROWS_MAX)] = []
    claims: Annotated[list[Row], Field(max_length=ROWS_MAX)] = []
    claim_recoveries: Annotated[list[Row], Field(max_length=ROWS_MAX)] = []
    claim_steps: Annotated[list[Row], Field(max_length=ROWS_MAX)] = []
    apply_corrections: bool = False


class PushedCounts(Schema):
    """What came of it. `batch_no` is null where all of it was on file already."""

    batch_no: int | None
    new: int
    changed: int
    same: int


class InsurancePolicyLine(Schema):
    """A policy in its newest version."""

    policy: str
    title: str
    title_zh: str
    insurer: str
    form: str
    currency: str
    first_on: dt.date
    last_on: dt.date
    entity: str
    version: int
    valid_from: dt.date
    approved_by: str
    is_verified: bool
    waiting: int


class InsurancePolicies(Schema):
    """InsurancePolicies by code."""

    rows: list[InsurancePolicyLine]


class InsurancePolicyFile(InsurancePolicyLine):
    """One policy: its terms, its versions with their texts, and what waits."""

    terms: list[dict[str, Any]]
    versions: list[dict[str, Any]]
    proposals: list[dict[str, Any]]


class WordingText(Schema):
    """A policy as YAML."""

    wording: Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]


class NewWording(WordingText):
    """A policy as YAML, why, and the day it is effective from (the first of its period, without one)."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    valid_from: dt.date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY)
    dry_run: bool = False


class CheckedWording(Schema):
    """What a text says as a policy."""

    policy: str
    terms: list[dict[str, Any]]
    remarks: list[str] = Field(description="What of it can never come to bear, in the language asked for.")


class ProposedWording(Schema):
    """The proposal; the second person agrees to its digest."""

    number: int
    digest: str
    policy: str
    remarks: list[str] = Field(description="What of it can never come to bear, in the language asked for.")


@router.get("/insured-limits", response=problems.responses(InsuredLimits, 404))
def limits(request: HttpRequest, question: Query[LimitsQuestion]) -> dict[str, Any]:
    """Every insured limit as it stands on a day."""
    reading = opened(request, question)
    names = dict(reading.ledger.customers.select("customer_code", "name").iter_rows())
    asked = Filter(question.text, question.policy, question.state)
    said = insured_list.document(insured_list.insured_of(reading), names, asked, on=reading.as_of.on)
    keys = ["\x1f".join((row["customer_code"], row["policy"], row["layer"])) for row in said["limits"]]
    rows = [row for _, row in sorted(zip(keys, said["limits"], strict=True), key=lambda pair: pair[0])]
    shown, following = cut(rows, sorted(keys), question.after, question.limit)
    known, totals = reading.as_of.known, said["totals"]
    return {"as_of": reading.as_of.on, "known": known, "totals": totals, "rows": shown, "next": following}


@router.get("/insurance/customers/{path:customer_code}", response=problems.responses(InsuranceFile, 404))
def one_customer(request: HttpRequest, customer_code: Code) -> dict[str, Any]:
    """A customer's limits, events, claims, their steps and recoveries with their history."""
    actor = actor_of(request)
    found = {
        table: [
            insured_list.fact_document(table, row)
            for row in insured.facts_of(actor, table, customers=[customer_code]).iter_rows(named=True)
        ]
        for table in insured.VERBS
    }
    if not any(found.values()):
        subjects.customer_of(actor, customer_code)
    return {"customer_code": customer_code, **found}


@router.get("/insurance-policies", response=problems.responses(InsurancePolicies, 404))
def policies(request: HttpRequest) -> dict[str, Any]:
    """Every insurance policy with its newest version."""
    return {"rows": [each.as_json() for each in wordings.listed(actor_of(request))]}


@router.post("/insurance-policies/check", response=problems.responses(CheckedWording, 409))
def check_policy(request: HttpRequest, said: WordingText) -> dict[str, Any]:
    """What a text says as a policy; 422 with line and reason where it is none. Nothing is written."""
    access.require(actor_of(request), access.READ)
    wording = wordings.checked(said.wording)
    return {"policy": wording.code, "terms": wordings.terms_of(wording), "remarks": _remarks(request, wording)}


@router.get("/insurance-policies/{path:policy}", response=problems.responses(InsurancePolicyFile, 404))
def one_policy(request: HttpRequest, policy: Code) -> dict[str, Any]:
    """One insurance policy term by term, with all its versions."""
    return wordings.shown(actor_of(request), policy).as_json()


@router.post("/insurance-policies", response=problems.responses(ProposedWording, 404, 409))
def propose_policy(request: HttpRequest, said: NewWording, key: Key = "") -> dict[str, Any]:
    """Put a policy, or its next version, before a second person (`/approvals/{number}/approve`)."""
    made = wordings.propose(
        actor_of(request), said.wording, reason=said.reason, valid_from=said.valid_from, key=key_of(request, key),
        dry_run=said.dry_run,
    )  # fmt: skip
    remarks = _remarks(request, wordings.checked(said.wording))
    return {"number": made.number, "digest": made.digest, "policy": made.subject, "remarks": remarks}


def _remarks(request: HttpRequest, wording: Wording) -> list[str]:
    said = wordings.remarks(actor_of(request), wording)
    return [problems.language().say(each.template, **each.params) for each in said]


@router.post("/insurance/{table}", response=problems.responses(FactRecorded, 404, 409))
def record(request: HttpRequest, table: Table, fact: NewFact, key: Key = "") -> dict[str, Any]:
    """Record a decision, an event, a payment or a recovery; the same key again is the same effect."""
    evidence = None if fact.evidence is None else (fact.evidence.name, bytes_of(fact.evidence.content))
    done = insured.record_fact(
        actor_of(request), table, fact.row, correct=fact.correct, dry_run=fact.dry_run,
        key=key_of(request, key), evidence=evidence,
    )  # fmt: skip
    return {"batch_no": done.batch_no}


@router.post("/insurance/{table}/{number}/take-back", response=problems.responses(FactRecorded, 404, 409))
def take_back(request: HttpRequest, table: Table, number: int, why: FactWithdrawal, key: Key = "") -> dict[str, Any]:
    """Take back a fact that was recorded by mistake; what was known before stays known then."""
    taken = insured.take_back(
        actor_of(request), table, number, reason=why.reason, dry_run=why.dry_run, key=key_of(request, key)
    )  # fmt: skip
    return {"batch_no": taken.batch_no}


@router.post("/push/insurance", response=problems.responses(PushedCounts, 404, 409))
def push(request: HttpRequest, body: PushedInsurance, key: Key = "") -> dict[str, int | None]:
    """Take many rows in the words of the ledger files, all or none."""
    actor = actor_of(request)
    rows = {table: getattr(body, table) for table in insured.VERBS if getattr(body, table)}
    if not rows:
        raise InputError("No rows were sent.", code="empty")
    done = commit_rows(
        actor, rows, verb=access.IMPORT, origin="pushed", apply_corrections=body.apply_corrections,
        key=key_of(request, key),
    )  # fmt: skip
    counts = {fate: sum(done.counts[table][fate] for table in rows) for fate in ("new", "changed", "same")}
    return {"batch_no": done.batch_no, **counts}


def bytes_of(text: str) -> bytes:
    """A document out of its base64.

    Raises:
        InputError: it is none.
    """
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise InputError("The document is not base64.", code="base64") from None
