"""The list of items: narrowed by what the address says, in pieces that stay put while rows come and go."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.money import minor_of
from seawall.engine.ledger import ageing as room
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.items import KINDS
from seawall.engine.ledger.scheme import Scheme
from seawall.services.customer_files import labelled
from seawall.services.reading import Reading

STATES: Final = ("open", "overdue", "disputed", "settled")
KEY: Final = ("due_on", "entity", "is_debit", "number")
"""The order of the list; it names every row once."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; an empty field narrows nothing. Amounts are decimal texts."""

    customer: str = ""
    kind: str = ""
    state: str = ""
    number: str = ""
    due_from: dt.date | None = None
    due_to: dt.date | None = None
    amount_from: str = ""
    amount_to: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no kind or state.

        Raises:
            InputError: it is neither.
        """
        for said, known in ((self.kind, KINDS), (self.state, STATES)):
            if said and said not in known:
                raise InputError(
                    "{text} is none of these.", hint="Choose one of: {known}.", text=said, known=", ".join(known)
                )


def items(reading: Reading, asked: Filter) -> pl.DataFrame:
    """The items of a day that the filter leaves, oldest due first.

    Each row has the item's own columns, customer_code, name, entity, currency, ``left_minor`` on the day (credits
    below zero), ``dpd_days`` and ``disputed_minor``. Open debits of one currency come to the ageing's open amount.

    Raises:
        InputError: an amount is none.
    """
    ledger, on = reading.ledger, reading.as_of.on
    if not ledger.items.height:
        return pl.DataFrame(schema={"number": pl.String, "currency": pl.String, "left_minor": pl.Int64})
    parts = room.aged_parts(ledger, as_of=reading.as_of, scheme=Scheme((0,)))
    aged = parts.group_by("item_id").agg(pl.col("dpd_days").max(), pl.col("disputed_minor").sum())
    amounts = pl.Series("left_minor", open_amounts(ledger, as_of=reading.as_of))
    left = pl.when("is_debit").then(amounts).otherwise(-amounts).alias("left_minor")
    rows = labelled(ledger).drop("disputed_minor").with_columns(left).join(aged, on="item_id", how="left")
    rows = rows.join(ledger.customers.select("customer_id", "customer_code", "name"), on="customer_id", how="left")
    rows = rows.filter(pl.col("issued_on") <= on, *_conditions(asked))
    for name, smaller in (("amount_from", False), ("amount_to", True)):
        if text := getattr(asked, name):
            limits = {code: minor_of(text, code) for code in rows["currency"].unique()}
            limit = pl.col("currency").replace_strict(limits, default=None, return_dtype=pl.Int64)
            rows = rows.filter(pl.col("amount_minor") <= limit if smaller else pl.col("amount_minor") >= limit)
    return rows.sort(*KEY)


def totals(rows: pl.DataFrame) -> dict[str, int]:
    """What is left of all rows together, by currency."""
    sums = rows.group_by("currency").agg(pl.col("left_minor").cast(pl.Int128).sum().cast(pl.Int64)).sort("currency")
    return dict(sums.iter_rows())


def key_of(row: dict[str, Any]) -> str:
    """A text that stands in the order of the list, for the place a piece ended."""
    return "\x1f".join((row["due_on"].isoformat(), row["entity"], str(int(row["is_debit"])), row["number"]))


def after(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """The rows behind the place a piece ended; one that went meanwhile moves nothing.

    Raises:
        InputError: the place is none of ours.
    """
    if not key:
        return rows
    try:
        due, entity, side, number = key.split("\x1f")
        at: tuple[Any, ...] = (dt.date.fromisoformat(due), entity, side == "1", number)
    except ValueError:
        raise InputError("{text} is not a place in a list.", text=key[:40]) from None
    behind = pl.lit(value=False)
    for column, value in reversed(list(zip(KEY, at, strict=True))):
        behind = (pl.col(column) > value) | ((pl.col(column) == value) & behind)
    return rows.filter(behind)


def _conditions(asked: Filter) -> list[pl.Expr]:
    is_open = pl.col("left_minor") != 0
    by_state = {
        "open": is_open,
        "overdue": is_open & pl.col("is_debit") & (pl.col("dpd_days") > 0),
        "disputed": pl.col("disputed_minor") > 0,
        "settled": ~is_open,
    }
    made = []
    if asked.customer:
        made.append(pl.col("customer_code") == asked.customer)
    if asked.kind:
        made.append(pl.col("kind").cast(pl.String) == asked.kind)
    if asked.state:
        made.append(by_state[asked.state].fill_null(value=False))
    if asked.number:
        lowered = pl.col("number").str.to_lowercase()
        made.append(lowered.str.contains(asked.number.strip().lower(), literal=True))
    if asked.due_from:
        made.append(pl.col("due_on") >= asked.due_from)
    if asked.due_to:
        made.append(pl.col("due_on") <= asked.due_to)
    return made
