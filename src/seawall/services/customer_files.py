"""One customer's file: who it is, what it owes item by item, what happened; of files or of the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import NotFound
from seawall.engine.kernel.lazy import cached_property
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

    @property
    def place(self) -> tuple[str, str, str]:
        """What no other item has: entity, side and number."""
        return self.entity, self.side, self.number


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
    own: Ledger
    """The ledger of its accounts alone."""

    as_of: AsOf
    """What the file is asked about."""

    @cached_property
    def items(self) -> pl.DataFrame:
        """All its items, ``labelled``."""
        return labelled(self.own)

    @cached_property
    def open_items(self) -> pl.DataFrame:
        """Items of both sides with something left on the day, oldest due first.

        ``left_minor``, ``dpd_days`` (debits only) and ``disputed_minor`` stand beside the item's own columns, entity
        and currency.
        """
        left = open_amounts(self.own, as_of=self.as_of)
        at = np.flatnonzero(left)
        parts = room.aged_parts(self.own, as_of=self.as_of, scheme=Scheme((0,)))
        aged = parts.group_by("item_id").agg(pl.col("dpd_days").max(), pl.col("disputed_minor").sum())
        rows = self.items[at].drop("disputed_minor").with_columns(pl.Series("left_minor", left[at]))
        return rows.join(aged, on="item_id", how="left").sort(~pl.col("is_debit"), "due_on", "number")

    @cached_property
    def events(self) -> list[Happened]:
        """What happened up to the day, newest first; of one day by what happened, then the later number first."""
        rows = [row for row in _events(self.own, self.items) if row.on <= self.as_of.on]
        latest = sorted(rows, key=lambda row: (row.item.number or "", row.item.side, row.item.entity), reverse=True)
        return sorted(sorted(latest, key=lambda row: row.event), key=lambda row: row.on, reverse=True)


def customer_file(reading: Asked, *, code: str) -> CustomerFile:
    """The file of one customer; ``reading`` is a reading, or a ledger of files with its day.

    Raises:
        NotFound: there is no such customer, or it has no account the reader sees.
        NotKnown: the day lies before what the ledger knows.
    """
    ledger = reading.ledger
    own = ledger.of_customers([code])
    if own.accounts.is_empty():
        raise NotFound("There is no customer {customer}.", customer=code)
    require_known(ledger, reading.as_of.on)
    customer = ledger.customers.row(by_predicate=pl.col("customer_code") == code, named=True)
    return CustomerFile(customer, own, reading.as_of)


def with_details(ledger: Ledger) -> pl.DataFrame:
    """Items with every detail column; those the snapshot does not hold are empty."""
    missing = {name: kind for name, kind in DETAIL_COLUMNS.items() if name not in ledger.items.columns}
    return ledger.items.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in missing.items())


def labelled(ledger: Ledger) -> pl.DataFrame:
    """Items with their details, and the entity, customer and currency of their account."""
    return with_details(ledger).join(ledger.accounts, on="account_id", how="left", maintain_order="left")


def _events(own: Ledger, items: pl.DataFrame) -> Iterator[Happened]:
    """By hand: for the few rows of one customer a query would cost more than all of them."""
    sides = ["debit" if is_debit else "credit" for is_debit in items["is_debit"].to_list()]
    said = (items["entity"].to_list(), sides, items["number"].to_list(), items["kind"].to_list())
    names = [ItemName(*name) for name in zip(*said, items["currency"].to_list(), strict=True)]
    amounts, bills = items["amount_minor"].to_list(), set(own.bills["item_id"].to_list())
    for k, (on, note) in enumerate(items[["issued_on", "description"]].iter_rows()):
        yield Happened(on, "bill_received" if k in bills else "issued", names[k], amounts[k], note=note)
    columns = ["debit_id", "credit_id", "allocated_on", "amount_minor"]
    for debit, credit, on, minor in own.allocations[columns].iter_rows():
        yield Happened(on, "allocated", names[debit], minor, names[credit])
    columns = ["item_id", "opened_on", "closed_on", "amount_minor", "reason"]
    for k, opened, closed, minor, reason in own.disputes[columns].iter_rows():
        yield Happened(opened, "dispute_opened", names[k], minor, note=reason)
        if closed is not None:
            yield Happened(closed, "dispute_closed", names[k], minor, note=reason)
    columns = ["item_id", "event", "on", "counterparty", "note"]
    for k, event, on, *words in own.bill_events[columns].iter_rows():
        yield Happened(on, f"bill_{event}", names[k], amounts[k], note=" · ".join(filter(None, words)) or None)
