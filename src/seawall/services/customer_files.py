"""One customer's file: who it is, what it owes item by item, what happened; of files or of the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from seawall.engine.kernel.errors import NotFound
from seawall.engine.ledger import ageing as room
from seawall.engine.ledger.balance import open_amounts, require_known
from seawall.engine.ledger.items import DETAIL_COLUMNS, Ledger
from seawall.engine.ledger.scheme import Scheme
from seawall.services.documents import Asked


@dataclass(frozen=True)
class CustomerFile:
    """One customer: who it is, what it owes item by item, and what happened."""

    customer: dict[str, Any]
    open_items: pl.DataFrame
    """Items of both sides with something left on the day, oldest due first; ``left_minor``, ``dpd_days``
    (debits only) and ``disputed_minor`` beside the item's own columns, entity and currency."""

    events: pl.DataFrame
    """``on``, ``event`` (issued, allocated, dispute_opened, bill_paid, ...), side, kind, number, entity,
    currency, amount_minor, other_number, other_kind, note; newest first, nothing after the day."""


def customer_file(reading: Asked, *, code: str) -> CustomerFile:
    """The file of one customer; ``reading`` is a reading, or a ledger of files with its day.

    Raises:
        NotFound: there is no such customer, or it has no account the reader sees.
        NotKnown: the day lies before what the ledger knows.
    """
    ledger, on = reading.ledger, reading.as_of.on
    found = ledger.customers.filter(pl.col("customer_code") == code)
    mine = ledger.accounts["customer_id"].is_in(found["customer_id"].implode())
    if found.is_empty() or not mine.any():
        raise NotFound("There is no customer {customer}.", customer=code)
    require_known(ledger, on)
    own = ledger.only(mine)
    items = labelled(own)
    return CustomerFile(found.row(0, named=True), _open_items(own, items, reading), _events(own, items, reading))


def with_details(ledger: Ledger) -> pl.DataFrame:
    """Items with every detail column; those the snapshot does not hold are empty."""
    missing = {name: kind for name, kind in DETAIL_COLUMNS.items() if name not in ledger.items.columns}
    return ledger.items.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in missing.items())


def labelled(ledger: Ledger) -> pl.DataFrame:
    """Items with their details, and the entity, customer and currency of their account."""
    return with_details(ledger).join(ledger.accounts, on="account_id", how="left", maintain_order="left")


def _open_items(own: Ledger, items: pl.DataFrame, reading: Asked) -> pl.DataFrame:
    parts = room.aged_parts(own, as_of=reading.as_of, scheme=Scheme((0,)))
    aged = parts.group_by("item_id").agg(pl.col("dpd_days").max(), pl.col("disputed_minor").sum())
    left = pl.Series("left_minor", open_amounts(own, as_of=reading.as_of))
    rows = items.drop("disputed_minor").with_columns(left).filter(pl.col("left_minor") != 0)
    return rows.join(aged, on="item_id", how="left").sort(~pl.col("is_debit"), "due_on", "number")


def _events(own: Ledger, labelled_items: pl.DataFrame, reading: Asked) -> pl.DataFrame:
    items = labelled_items.with_columns(side=pl.when("is_debit").then(pl.lit("debit")).otherwise(pl.lit("credit")))
    about = ("side", pl.col("kind").cast(pl.String), "number", "entity", "currency")
    nothing = pl.lit(None, dtype=pl.String)
    other = items.select("item_id", other_number="number", other_kind=pl.col("kind").cast(pl.String))
    is_bill = pl.col("item_id").is_in(own.bills["item_id"].implode())
    first = pl.when(is_bill).then(pl.lit("bill_received")).otherwise(pl.lit("issued"))
    issued = items.select(
        pl.col("issued_on").alias("on"), first.alias("event"), *about, "amount_minor",
        other_number=nothing, other_kind=nothing, note=pl.col("description"),
    )  # fmt: skip
    allocated = (
        own.allocations.join(items.drop("amount_minor"), left_on="debit_id", right_on="item_id")
        .join(other, left_on="credit_id", right_on="item_id")
        .select(
            pl.col("allocated_on").alias("on"), pl.lit("allocated").alias("event"), *about, "amount_minor",
            "other_number", "other_kind", note=nothing,
        )
    )  # fmt: skip
    disputed = own.disputes.rename({"amount_minor": "in_dispute"}).join(items, on="item_id")
    opened, closed = (
        disputed.filter(pl.col(f"{what}_on").is_not_null()).select(
            pl.col(f"{what}_on").alias("on"), pl.lit(f"dispute_{what}").alias("event"), *about,
            amount_minor="in_dispute", other_number=nothing, other_kind=nothing, note=pl.col("reason"),
        )
        for what in ("opened", "closed")
    )  # fmt: skip
    words = pl.concat_str(["counterparty", "note_of_event"], separator=" · ", ignore_nulls=True)
    said = pl.when(words != "").then(words)  # neither is said: no note
    bills = own.bill_events.rename({"note": "note_of_event"}).join(items, on="item_id").select(
        "on", pl.format("bill_{}", pl.col("event").cast(pl.String)).alias("event"), *about, "amount_minor",
        other_number=nothing, other_kind=nothing, note=said,
    )  # fmt: skip
    every = pl.concat([issued, allocated, opened, closed, bills]).filter(pl.col("on") <= reading.as_of.on)
    return every.sort("on", "event", "number", descending=[True, False, True])
