"""A customer's statement of account: opening, movements and closing by entity and currency, open items, ageing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger import ageing as room
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.ledger.statement import MONTHLY, by_month, statement
from seawall.services.customer_files import customer_file
from seawall.services.documents import Asked

Document = dict[str, Any]


def statement_document(
    reading: Asked, *, code: str, since: dt.date, scheme: Scheme, company: str, is_demo: bool = False
) -> Document:
    """The published document; ``since`` is the first day shown, the reading's day the last. ``reading`` has details.

    It is a reading, or a ledger of files with its day.

    Raises:
        NotFound: there is no such customer for the reader.
        UsageError: it would begin after its end.
        NotKnown: it begins before what the ledger knows.
    """
    file = customer_file(reading, code=code)
    eve = since - dt.timedelta(days=1)
    moves = statement(reading.ledger, customer_id=file.customer["customer_id"], as_of=reading.as_of, since=eve)
    aged = room.ageing(reading.ledger, as_of=reading.as_of, scheme=scheme)
    accounts = [
        _account(reading, rows, file.open_items, aged, scheme)
        for _key, rows in moves.group_by("account_id", maintain_order=True)
    ]
    customer = {name: file.customer[name] for name in ("customer_code", "name", "country", "language")}
    return {
        "report": "statement", "company": company, "is_demo": is_demo, "customer": customer,
        "since": since.isoformat(), "as_of": reading.as_of.on.isoformat(), "known": reading.as_of.known,
        "buckets": list(scheme.names), "accounts": accounts,
    }  # fmt: skip


def _account(
    reading: Asked, rows: pl.DataFrame, open_items: pl.DataFrame, aged: pl.DataFrame, scheme: Scheme
) -> Document:
    head = rows.row(0, named=True)
    entity, currency = head["entity"], head["currency"]
    numbers = reading.ledger.items["number"]
    mine = open_items.filter(pl.col("entity") == entity, pl.col("currency") == currency)
    line = aged.filter(pl.col("account_id") == head["account_id"])
    buckets = {name: int(line[f"{name}_minor"].sum()) for name in (*scheme.names, "unapplied", "disputed")}
    return {
        "entity": entity, "currency": currency,
        "opening": amount_text(rows["balance_minor"][0], currency),
        "closing": amount_text(rows["balance_minor"][-1], currency),
        "months": [_month(row, currency) for row in by_month(rows).iter_rows(named=True)],
        "entries": [_entry(row, numbers, currency) for row in rows.iter_rows(named=True)],
        "open_items": [_open_item(row) for row in mine.iter_rows(named=True)],
        "ageing": {name: amount_text(minor, currency) for name, minor in buckets.items()},
    }  # fmt: skip


def _month(row: Document, currency: str) -> Document:
    names = ("opening", *MONTHLY, "closing")
    return {"on": row["on"].isoformat()} | {
        name: amount_text(row[f"{name}_minor"], currency) for name in names
    }  # fmt: skip


def _entry(row: Document, numbers: pl.Series, currency: str) -> Document:
    amount = row["amount_minor"]
    return {
        "on": row["on"].isoformat(), "entry": str(row["entry"]),
        "number": None if row["item_id"] is None else numbers[row["item_id"]],
        "amount": None if amount is None else amount_text(amount, currency),
        "balance": amount_text(row["balance_minor"], currency),
    }  # fmt: skip


def _open_item(row: Document) -> Document:
    left = row["left_minor"] if row["is_debit"] else -abs(row["left_minor"])
    return {
        "number": row["number"], "kind": str(row["kind"]), "issued_on": row["issued_on"].isoformat(),
        "due_on": row["due_on"].isoformat(), "dpd_days": row["dpd_days"],
        "amount": amount_text(row["amount_minor"], row["currency"]), "open": amount_text(left, row["currency"]),
        "disputed": amount_text(row["disputed_minor"] or 0, row["currency"]),
    }  # fmt: skip
