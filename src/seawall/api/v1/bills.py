"""Bills over the API: where each stands, its exposure, and recording what happened to one."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import FIRST_DAY, LAST_DAY, After, Limit, Question, Text, cut, opened
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.api.v1.shapes import Amount, Page, Rate
from seawall.engine.kernel.errors import InputError
from seawall.services import bills, exposures
from seawall.services.exposures import Exposures
from seawall.services.reading import Reading

router = Router(tags=["bills"])
State = Literal["received", "endorsed", "discounted", "presented", "paid", "bounced", "returned"]
Number = Annotated[str, Field(min_length=1, max_length=100)]


class BillsQuestion(Question):
    """A question about bills."""

    state: State | None = Field(None, description="Only bills in this state.")
    after: After = ""
    limit: Limit = 100


class BillTotal(Schema):
    """Amounts over all customers, in the reporting currency. `retention` is within `open`."""

    open: Amount
    held: Amount
    recourse: Amount
    exposure: Amount
    retention: Amount
    retention_due: Amount
    advance: Amount


class CustomerExposure(BillTotal):
    """One customer's; `on_customer` leaves out the bills that count on their acceptor."""

    customer_code: str
    name: str
    on_customer: Amount


class Acceptor(Schema):
    """Who has to pay bills, in the reporting currency."""

    acceptor_code: str | None
    acceptor: str
    bill_kind: str
    bills: int
    held: Amount
    recourse: Amount
    exposure: Amount
    next_matures_on: dt.date
    share_rate: Rate


class Bill(Schema):
    """One bill; amounts in its own currency."""

    entity: str
    customer_code: str
    name: str
    number: str
    bill_kind: str
    drawer: str | None
    acceptor: str
    acceptor_code: str | None
    currency: str
    drawn_on: dt.date
    received_on: dt.date
    matures_on: dt.date
    state: State
    since: dt.date
    counterparty: str | None
    amount: Amount
    held: Amount
    recourse: Amount


class Bills(Page):
    """Bills by maturity; `total`, `customers` and `acceptors` are over all pages."""

    as_of: dt.date
    known: int
    currency: str
    recourse_days: int
    total: BillTotal
    customers: list[CustomerExposure]
    acceptors: list[Acceptor]
    rows: list[Bill]


class Event(Schema):
    """Something that happened to a bill, and the row it was read from."""

    event: State
    on: dt.date
    counterparty: str | None
    note: str | None
    source_file: str | None
    source_row: int | None


class Settled(Schema):
    """What the bill settled, in the currency of what it settled."""

    on: dt.date
    number: str
    currency: str
    amount: Amount


class BillFile(Bill):
    """One bill with its history, what it settled, and what may happen next."""

    as_of: dt.date
    known: int
    events: list[Event]
    settled: list[Settled]
    next_events: list[State]


class NewEvent(Schema):
    """What happened; `take_back` takes the last event back, which was recorded by mistake."""

    event: Literal["endorsed", "discounted", "presented", "paid", "bounced", "returned", "take_back"]
    on: dt.date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY, description="The day; needed unless taken back.")
    counterparty: Text = ""
    note: Annotated[str, Field(max_length=1000)] = ""
    dry_run: bool = False


class Recorded(Schema):
    """What came of it; `batch_no` is null where it was on record already, or in a dry run."""

    event: str
    batch_no: int | None


@router.get("/bills", response=problems.responses(Bills, 404))
def bill_list(request: HttpRequest, question: Query[BillsQuestion]) -> dict[str, Any]:
    """Bills by maturity, and exposure by customer and acceptor: open, bills not paid, retention, advances."""
    reading, found = _found(request, question)
    said = exposures.document(found, state=question.state or "")
    keys = [f"{row['matures_on']} {row['entity']} {row['number']}" for row in said["bills"]]
    rows = [row for _, row in sorted(zip(keys, said["bills"], strict=True), key=lambda pair: pair[0])]
    shown, following = cut(rows, sorted(keys), question.after, question.limit)
    kept = {name: said[name] for name in ("as_of", "currency", "recourse_days", "total", "customers", "acceptors")}
    return {**kept, "known": reading.as_of.known, "rows": shown, "next": following}


@router.post("/bills/{entity}/{path:number}/events", response=problems.responses(Recorded, 404, 409))
def record(request: HttpRequest, entity: str, number: Number, happened: NewEvent, key: Key = "") -> dict[str, Any]:
    """Record what happened to a bill, or take back the last event; the same key again is the same effect."""
    actor = actor_of(request)
    if happened.event == "take_back":
        taken = bills.take_back(actor, entity=entity, number=number, dry_run=happened.dry_run, key=key_of(request, key))
        return {"event": taken.event, "batch_no": taken.batch_no}
    if happened.on is None:
        raise InputError("The day it happened is missing.", hint="Send `on`.", code="empty")
    done = bills.record_event(
        actor, entity=entity, number=number, event=happened.event, on=happened.on, counterparty=happened.counterparty,
        note=happened.note, dry_run=happened.dry_run, key=key_of(request, key),
    )  # fmt: skip
    return {"event": happened.event, "batch_no": done.batch_no}


@router.get("/bills/{entity}/{path:number}", response=problems.responses(BillFile, 404))
def one_bill(request: HttpRequest, entity: str, number: str, question: Query[Question]) -> dict[str, Any]:
    """One bill with its history, what it settled, and what may happen to it next."""
    reading, found = _found(request, question)
    file = bills.bill_file(reading, found, entity=entity, number=number)
    (said,) = exposures.shown([file.bill])
    settled = exposures.settled(file.settled)
    return {
        **said, "as_of": reading.as_of.on, "known": reading.as_of.known, "events": file.events.to_dicts(),
        "settled": settled, "next_events": list(file.next_events),
    }  # fmt: skip


def _found(request: HttpRequest, question: Question) -> tuple[Reading, Exposures]:
    """The reading and its exposure.

    Raises:
        InputError: the ledger is empty.
    """
    reading = opened(request, question, details=True)
    if not reading.currency:
        raise InputError("There are no facts yet.", hint="Import a ledger first.", code="empty")
    found = exposures.exposures(reading.ledger, as_of=reading.as_of, rates=reading.rates, policies=reading.policies)
    return reading, found
