"""Bank: statements in, entries and what they may pay out, decisions, cases."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import File, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import Day, Text
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.api.v1.shapes import Amount, Currency, Freshness
from seawall.services import bank, bank_decide, bank_documents, bank_journal
from seawall.services.organisation import about

router = Router(tags=["bank"])

Number = Annotated[str, Field(max_length=200)]
Place = Annotated[int, Field(ge=0, le=10**9)]
PieceSize = Annotated[int, Field(ge=1, le=200)]
EntryId = Annotated[int, Field(ge=1, le=2**62)]


class StatementProblem(Schema):
    """What could not be read of a statement."""

    line: int | None
    code: str
    text: str
    currency: str
    found: str
    stated: str


class StatementTaken(Schema):
    """One statement of an import."""

    file: str
    account: str
    currency: str
    entries: int
    new: int
    problems: list[StatementProblem]


class BankImported(Schema):
    """What an import of statements did."""

    batch_no: int | None
    is_dry_run: bool
    statements: list[StatementTaken]


class Gap(Schema):
    """Statements that do not follow on."""

    after_on: dt.date
    before_on: dt.date
    closing: Amount
    opening: Amount


class Account(Schema):
    """One account of ours."""

    entity: str
    account: str
    currency: Currency
    last_on: dt.date | None
    closing: Amount | None
    statements: int
    gaps: list[Gap]


class Accounts(Schema):
    """Our accounts."""

    accounts: list[Account]
    freshness: Freshness | None


class BankEntry(Schema):
    """One movement of an account: money in above zero."""

    entry_id: int
    entity: str
    account: str
    booked_on: dt.date
    amount: Amount
    currency: Currency
    counterparty: str
    reference: str


class BankEntries(Schema):
    """Entries, newest first."""

    entries: list[BankEntry]
    next: int | None


class Allocated(Schema):
    """What pays an item, in the item's currency."""

    number: str
    amount: Amount
    currency: Currency


class Adjusted(Schema):
    """What is booked beside a receipt."""

    kind: Literal["bank_charge", "discount"]
    number: str
    amount: Amount


class MatchBecause(Schema):
    """Why a proposal has its score."""

    code: str
    points: float
    values: dict[str, str]
    text: str


class MatchProposal(Schema):
    """What an entry may pay."""

    customer_code: str
    score: int
    allocations: list[Allocated]
    adjustments: list[Adjusted]
    unapplied: Amount
    short: Amount
    reasons: list[MatchBecause]


class Unmatched(BankEntry):
    """An entry nothing was decided about; `seen` goes back with the confirmation."""

    seen: str
    proposals: list[MatchProposal]


class UnmatchedList(Schema):
    """Unmatched money, newest first."""

    count: int
    entries: list[Unmatched]
    next: int | None


class Decided(Schema):
    """What was decided; `batch_no` is null where nothing was written."""

    entry_id: int
    credits: list[str]
    cases: list[str]
    batch_no: int | None


class Case(Schema):
    """What a payment left open."""

    case_id: int
    kind: Literal["short", "over"]
    entity: str
    customer_code: str
    amount: Amount
    currency: Currency
    next_step: str
    opened_on: dt.date
    entry_id: int
    numbers: list[str]
    credit: str
    closed_on: dt.date | None
    resolution: str
    note: str


class Cases(Schema):
    """Cases, the oldest first."""

    cases: list[Case]


class BankJournalLine(Schema):
    """One line of a posting: an account's debit or credit; `number` is the item it is about."""

    posting: str
    line: int
    on: dt.date
    entity: str
    customer_code: str
    entry_id: int
    bank_account: str
    is_reversal: bool
    event: Literal["receipt", "discount", "bank_charge", "fx_difference"]
    account: str
    account_name: str
    account_name_zh: str
    number: str
    currency: Currency
    debit: Amount
    credit: Amount


class BankJournalTotal(Schema):
    """Both sides of a currency, over the whole period."""

    currency: Currency
    debit: Amount
    credit: Amount


class BankJournal(Schema):
    """Journal lines of a period, whole postings at a time; `next` is where the rest begins."""

    from_on: dt.date
    until_on: dt.date
    entity: str | None
    postings: int
    lines: list[BankJournalLine]
    totals: list[BankJournalTotal]
    next: int | None


class Confirmation(Schema):
    """Which proposal (the first is 0), as it was seen; or a customer's items with their parts."""

    proposal: Annotated[int, Field(ge=0, le=100)] = 0
    seen: Annotated[str, Field(max_length=64)] = ""
    customer_code: Annotated[str, Field(max_length=100)] = ""
    parts: Annotated[dict[Number, Annotated[str, Field(max_length=40)]], Field(max_length=500)] = {}
    as_of: Day = None
    dry_run: bool = False


class MatchWhy(Schema):
    """Why something was decided."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Settlement(Schema):
    """How a case was settled."""

    resolution: Literal["paid", "credited", "refunded", "applied", "disputed", "accepted"]
    note: Annotated[str, Field(max_length=500)] = ""


class EntriesQuestion(Schema):
    """Which entries."""

    state: Literal["all", "unmatched", "matched", "aside", "out"] = "all"
    after: Place = 0
    limit: PieceSize = 100


class BankUpload(Schema):
    """Whose accounts the statements are of, where they are new; and whether to write at all."""

    entity: Text = ""
    dry_run: bool = False


class CasesQuestion(Schema):
    """Open cases, or settled ones."""

    is_open: bool = True


class UnmatchedQuestion(Schema):
    """Which unmatched money, and on which day its items are open."""

    as_of: Day = None
    entity: Text = ""
    after: Place = 0
    limit: PieceSize = 20


class JournalQuestion(Schema):
    """Which days, both counted, and which postings of them."""

    from_on: dt.date
    until_on: dt.date
    entity: Text = ""
    after: Place = 0
    limit: PieceSize = 100


@router.post("/statements", response=problems.responses(BankImported, 404, 409))
def take_statements(
    request: HttpRequest, files: File[list[UploadedFile]], question: Query[BankUpload], key: Key = ""
) -> dict[str, Any]:  # fmt: skip
    """Take in statements (MT940, camt.053, CSV); overlapping ones bring each entry once."""
    read = [(each.name or "statement", each.read()) for each in files]
    done = bank.import_files(
        actor_of(request), read, entity=question.entity, dry_run=question.dry_run, key=key_of(request, key)
    )
    return done.as_json()


@router.get("/accounts", response=problems.responses(Accounts))
def accounts(request: HttpRequest, as_of: Day = None) -> dict[str, Any]:
    """Our accounts, how far their statements reach on a day, and where they do not follow on."""
    return bank_documents.accounts(actor_of(request), on=_day(request, as_of))


@router.get("/entries", response=problems.responses(BankEntries))
def entries(request: HttpRequest, question: Query[EntriesQuestion]) -> dict[str, Any]:
    """Entries, newest first."""
    return bank_documents.entries(
        actor_of(request), state=question.state, after=question.after, limit=question.limit
    )  # fmt: skip


@router.get("/unmatched", response=problems.responses(UnmatchedList, 404))
def unmatched(request: HttpRequest, question: Query[UnmatchedQuestion]) -> dict[str, Any]:
    """Money that nothing was decided about, with what it may pay and why."""
    on = _day(request, question.as_of)
    return bank_documents.unmatched(
        actor_of(request), on=on, after=question.after, limit=question.limit, entity=question.entity
    )  # fmt: skip


@router.post("/entries/{int:entry_id}/match", response=problems.responses(Decided, 404, 409))
def confirm(request: HttpRequest, entry_id: EntryId, body: Confirmation, key: Key = "") -> Any:
    """Confirm a proposal, or let the money pay the items that are named: a receipt and its allocations."""
    actor, on = actor_of(request), _day(request, body.as_of)
    if body.customer_code:
        return bank_decide.allocate(
            actor, entry_id, on=on, customer=body.customer_code, parts=body.parts, key=key_of(request, key),
            dry_run=body.dry_run,
        )  # fmt: skip
    return bank_decide.confirm(
        actor, entry_id, on=on, proposal=body.proposal, seen=body.seen, key=key_of(request, key), dry_run=body.dry_run
    )  # fmt: skip


@router.post("/entries/{int:entry_id}/aside", response=problems.responses(Decided, 404, 409))
def aside(request: HttpRequest, entry_id: EntryId, body: MatchWhy, key: Key = "") -> Any:
    """Say that an entry is none of the ledger's business."""
    return bank_decide.set_aside(actor_of(request), entry_id, reason=body.reason, key=key_of(request, key))


@router.post("/entries/{int:entry_id}/undo", response=problems.responses(Decided, 404, 409))
def undo(request: HttpRequest, entry_id: EntryId, body: MatchWhy, key: Key = "") -> Any:
    """Take a decision back: its receipt and allocations no longer count."""
    return bank_decide.take_back(actor_of(request), entry_id, reason=body.reason, key=key_of(request, key))


@router.get("/cases", response=problems.responses(Cases))
def cases(request: HttpRequest, question: Query[CasesQuestion]) -> dict[str, Any]:
    """What payments left open, or with `is_open` false what was settled of it."""
    return bank_documents.cases(actor_of(request), is_open=question.is_open)


@router.post("/cases/{int:case_id}/close", response=problems.responses(Cases, 404, 409))
def close(request: HttpRequest, case_id: EntryId, body: Settlement, key: Key = "") -> dict[str, Any]:
    """Say how a case was settled; answers with the cases still open."""
    actor = actor_of(request)
    bank_decide.close_case(
        actor, case_id, on=_day(request, None), resolution=body.resolution, note=body.note, key=key_of(request, key)
    )  # fmt: skip
    return bank_documents.cases(actor)


@router.get("/journal", response=problems.responses(BankJournal, 404))
def journal(request: HttpRequest, question: Query[JournalQuestion]) -> dict[str, Any]:
    """What finance books of money that was decided about: receipts, discounts, charges, exchange differences."""
    return bank_journal.document(
        actor_of(request), since=question.from_on, until=question.until_on, entity=question.entity,
        after=question.after, limit=question.limit,
    )  # fmt: skip


def _day(request: HttpRequest, asked: dt.date | None) -> dt.date:
    """The day asked about; without one today, where the organisation is."""
    zone = about(actor_of(request)).time_zone
    return asked or timezone.now().astimezone(zoneinfo.ZoneInfo(zone)).date()
