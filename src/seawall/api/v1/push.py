"""Items, receipts and allocations pushed by other programs, one or many at a time, each with a key of its own.

A pushed row is taken as a row of a ledger file is: the same checks, the same rejects, the same source kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.services import access
from seawall.services.intake import ImportResult, commit_rows

ROWS_MAX = 10_000
"""Rows of one request; more is what files are for."""

ORIGIN = "pushed"
router = Router(tags=["push"])

Code = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[str, Field(max_length=1000)]
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$", description="A positive decimal, as a text.")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class PushedItem(Schema):
    """A document, in the words of `items.csv`."""

    entity: Code
    customer_code: Code
    kind: Literal["invoice", "debit_note", "refund", "receipt", "credit_note", "write_off"]
    number: Code
    issued_on: dt.date
    due_on: dt.date | None = None
    currency: Currency
    amount: Amount
    tax_amount: Amount | None = None
    disputed_amount: Amount | None = None
    terms: Words = ""
    order_number: Words = ""
    contract_number: Words = ""
    description: Words = ""
    payment_method: Words = ""
    shipped_on: dt.date | None = None
    delivered_on: dt.date | None = None


class Settles(Schema):
    """What a receipt settles of one debit document, on the day it came."""

    number: Code
    amount: Amount


class PushedReceipt(Schema):
    """Money that came, and what it settles where that is known."""

    entity: Code
    customer_code: Code
    number: Code
    received_on: dt.date
    currency: Currency
    amount: Amount
    payment_method: Words = ""
    description: Words = ""
    settles: Annotated[list[Settles], Field(max_length=500)] = []


class PushedAllocation(Schema):
    """What a credit document settles of a debit document, in the words of `allocations.csv`."""

    entity: Code
    customer_code: Code
    debit_number: Code
    credit_number: Code
    allocated_on: dt.date
    amount: Amount
    credit_amount: Amount | None = None


class PushedItems(Schema):
    """Documents, together: all are taken or none."""

    rows: Annotated[list[PushedItem], Field(min_length=1, max_length=ROWS_MAX)]
    apply_corrections: bool = False


class Receipts(Schema):
    """Receipts, together: all are taken or none."""

    rows: Annotated[list[PushedReceipt], Field(min_length=1, max_length=ROWS_MAX)]
    apply_corrections: bool = False


class Allocations(Schema):
    """Allocations, together: all are taken or none."""

    rows: Annotated[list[PushedAllocation], Field(min_length=1, max_length=ROWS_MAX)]
    apply_corrections: bool = False


class Pushed(Schema):
    """What came of it. `batch_no` is null where all of it was on file already."""

    batch_no: int | None
    new: int = Field(description="Rows that were not on file.")
    changed: int = Field(description="Rows taken as corrections.")
    same: int = Field(description="Rows that were on file as they are.")


Answers = problems.responses(Pushed, 404, 409)


@router.post("/push/items", response=Answers)
def push_item(request: HttpRequest, row: PushedItem, key: Key = "") -> dict[str, int | None]:
    """Take one document."""
    return _taken(request, {"items": [row.dict()]}, key)


@router.post("/push/items/bulk", response=Answers)
def push_items(request: HttpRequest, body: PushedItems, key: Key = "") -> dict[str, int | None]:
    """Take many documents, all or none."""
    return _taken(request, {"items": [row.dict() for row in body.rows]}, key, corrects=body.apply_corrections)


@router.post("/push/receipts", response=Answers)
def push_receipt(request: HttpRequest, row: PushedReceipt, key: Key = "") -> dict[str, int | None]:
    """Take one receipt, and what it settles."""
    return _taken(request, _of_receipts([row]), key)


@router.post("/push/receipts/bulk", response=Answers)
def push_receipts(request: HttpRequest, body: Receipts, key: Key = "") -> dict[str, int | None]:
    """Take many receipts and what they settle, all or none."""
    return _taken(request, _of_receipts(body.rows), key, corrects=body.apply_corrections)


@router.post("/push/allocations", response=Answers)
def push_allocation(request: HttpRequest, row: PushedAllocation, key: Key = "") -> dict[str, int | None]:
    """Take one allocation."""
    return _taken(request, {"allocations": [row.dict()]}, key)


@router.post("/push/allocations/bulk", response=Answers)
def push_allocations(request: HttpRequest, body: Allocations, key: Key = "") -> dict[str, int | None]:
    """Take many allocations, all or none."""
    return _taken(
        request,
        {"allocations": [row.dict() for row in body.rows]},
        key,
        corrects=body.apply_corrections,
    )


def _of_receipts(receipts: Iterable[PushedReceipt]) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {"items": [], "allocations": []}
    for receipt in receipts:
        said = receipt.dict(exclude={"settles", "received_on"})
        rows["items"].append(said | {"kind": "receipt", "issued_on": receipt.received_on})
        rows["allocations"] += [
            {
                "entity": receipt.entity, "customer_code": receipt.customer_code, "debit_number": each.number,
                "credit_number": receipt.number, "allocated_on": receipt.received_on, "amount": each.amount,
            }
            for each in receipt.settles
        ]  # fmt: skip
    return {table: each for table, each in rows.items() if each}


def _taken(
    request: HttpRequest, rows: Mapping[str, Sequence[Mapping[str, Any]]], key: str, *, corrects: bool = False
) -> dict[str, int | None]:
    actor = actor_of(request)
    texts = {table: [_texts(row) for row in each] for table, each in rows.items()}
    done = commit_rows(
        actor, texts, verb=access.IMPORT, origin=ORIGIN, apply_corrections=corrects, key=key_of(actor, key)
    )
    return _said(done)


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    """The row as a file would say it; what is not said is an empty cell."""
    return {name: "" if value is None else str(value) for name, value in row.items()}


def _said(done: ImportResult) -> dict[str, int | None]:
    tables = [done.counts[name] for name in ("items", "allocations")]
    counts = {fate: sum(counts[fate] for counts in tables) for fate in ("new", "changed", "same")}
    return {"batch_no": done.batch_no, **counts}
