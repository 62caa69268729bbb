"""One customer's file: who it is, what it owes item by item, what happened; of files or of the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seawall.engine.kernel.errors import NotFound
from seawall.engine.ledger import ageing as room
from seawall.engine.ledger.balance import open_amounts, require_known
from seawall.engine.ledger.items import DETAIL_COLUMNS, Ledger
from seawall.engine.ledger.scheme import Scheme
from seawall.services.documents import Asked


class ItemName(NamedTuple):
    """What names an item to people."""

    entity: str
    side: str
    number: str
    kind: str
    currency: str


class Happened(NamedTuple):
    """One thing that happened to an item: on its own, or with another."""

    on: dt.date
    event: str
    """issued, allocated, dispute_opened, dispute_closed, or what happened to a bill: bill_paid ..."""

    item: ItemName
    amount_minor: int
    other: ItemName | None = None
    note: str | None = None


@dataclass(frozen=True)
class CustomerFile:
    """One customer: who it is, what it owes item by item, and what happened."""

    customer: dict[str, Any]
    open_items: pl.DataFrame
    """Items of both sides with something left on the day, oldest due first; ``left_minor``, ``dpd_days``
    (debits only) and ``disputed_minor`` beside the item's own columns, entity and currency."""

    own: Ledger
    """The ledger of its accounts alone."""

    on: dt.date
    """The day it is of."""

    @cached_property
    def events(self) -> list[Happened]:
        """What happened up to the day, newest first."""
        return _newest_first(_events(self.own, self.on))


def customer_file(reading: Asked, *, code: str) -> CustomerFile:
    """The file of one customer; ``reading`` is a reading, or a ledger of files with its day.

    Raises:
        NotFound: there is no such customer, or it has no account the reader sees.
        NotKnown: the day lies before what the ledger knows.
    """
    ledger, on = reading.ledger, reading.as_of.on
    found = ledger.customers[np.flatnonzero((ledger.customers["customer_code"] == code).to_numpy())]
    own = ledger.of_customers(found["customer_id"])
    if own.accounts.is_empty():
        raise NotFound("There is no customer {customer}.", customer=code)
    require_known(ledger, on)
    return CustomerFile(found.row(0, named=True), _open_items(own, reading), own, on)


def with_details(ledger: Ledger) -> pl.DataFrame:
    """Items with every detail column; those the snapshot does not hold are empty."""
    missing = {name: kind for name, kind in DETAIL_COLUMNS.items() if name not in ledger.items.columns}
    return ledger.items.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in missing.items())


def labelled(ledger: Ledger) -> pl.DataFrame:
    """Items with their details, and the entity, customer and currency of their account."""
    return with_details(ledger).join(ledger.accounts, on="account_id", how="left", maintain_order="left")


def _open_items(own: Ledger, reading: Asked) -> pl.DataFrame:
    left = open_amounts(own, as_of=reading.as_of)
    at = np.flatnonzero(left)
    parts = room.aged_parts(own, as_of=reading.as_of, scheme=Scheme((0,)))
    aged = parts.group_by("item_id").agg(pl.col("dpd_days").max(), pl.col("disputed_minor").sum())
    rows = labelled(own)[at].drop("disputed_minor").with_columns(pl.Series("left_minor", left[at]))
    return rows.join(aged, on="item_id", how="left").sort(~pl.col("is_debit"), "due_on", "number")


def _events(own: Ledger, until: dt.date) -> Iterator[Happened]:
    """By hand: for the few rows of one customer a query would cost more than all of them."""
    items = labelled(own)
    sides = ["debit" if is_debit else "credit" for is_debit in items["is_debit"].to_list()]
    said = (items["entity"].to_list(), sides, items["number"].to_list(), items["kind"].to_list())
    names = [ItemName(*name) for name in zip(*said, items["currency"].to_list(), strict=True)]
    amounts, bills = items["amount_minor"].to_list(), set(own.bills["item_id"].to_list())
    for k, (on, note) in enumerate(items[["issued_on", "description"]].iter_rows()):
        if on <= until:
            yield Happened(on, "bill_received" if k in bills else "issued", names[k], amounts[k], note=note)
    columns = ["debit_id", "credit_id", "allocated_on", "amount_minor"]
    for debit, credit, on, minor in own.allocations[columns].iter_rows():
        if on <= until:
            yield Happened(on, "allocated", names[debit], minor, names[credit])
    columns = ["item_id", "opened_on", "closed_on", "amount_minor", "reason"]
    for k, opened, closed, minor, reason in own.disputes[columns].iter_rows():
        for on, event in ((opened, "dispute_opened"), (closed, "dispute_closed")):
            if on is not None and on <= until:
                yield Happened(on, event, names[k], minor, note=reason)
    columns = ["item_id", "event", "on", "counterparty", "note"]
    for k, event, on, *words in own.bill_events[columns].iter_rows():
        if on <= until:
            yield Happened(on, f"bill_{event}", names[k], amounts[k], note=" · ".join(filter(None, words)) or None)


def _newest_first(rows: Iterable[Happened]) -> list[Happened]:
    """Newest first; of one day by what happened, then the later number first."""
    latest = sorted(rows, key=lambda row: (row.item.number or "", row.item.side, row.item.entity), reverse=True)
    return sorted(sorted(latest, key=lambda row: row.event), key=lambda row: row.on, reverse=True)
