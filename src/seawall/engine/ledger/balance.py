"""What is open on a day: amount less allocations effective up to that day, as known then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from seawall.engine.kernel.errors import NotKnown

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from seawall.engine.kernel.asof import AsOf
    from seawall.engine.ledger.items import Ledger

Side = Literal["debit", "credit"]

SLICE = 1 << 18
"""Rows handled at a time: whole columns of ten million rows cost more in fresh memory than in arithmetic."""


def require_known(ledger: Ledger, on: dt.date) -> None:
    """Refuse days the ledger holds nothing about.

    Raises:
        NotKnown: ``on`` lies before the first list of open items.
    """
    if ledger.known_from is not None and on < ledger.known_from:
        raise NotKnown(
            "What was open on {day} is not known: the first list of open items is of {first}.",
            hint="Ask for a day from {first} on, or import the full ledger.",
            day=on, first=ledger.known_from,
        )  # fmt: skip


def settled(ledger: Ledger, on: dt.date, *, side: Side = "debit") -> NDArray[np.int64]:
    """By item_id: what allocations effective up to ``on`` have settled (debit) or used (credit), minor units."""
    total = np.zeros(ledger.items.height, dtype=np.int64)
    amount = "amount_minor" if side == "debit" else "credit_minor"
    for rows in ledger.allocations[[f"{side}_id", "allocated_on", amount]].iter_slices(SLICE):
        effective = rows[amount].to_numpy() * _up_to(rows["allocated_on"], on)
        np.add.at(total, rows[f"{side}_id"].to_numpy(), effective)
    return total


def open_amounts(ledger: Ledger, *, as_of: AsOf) -> NDArray[np.int64]:
    """By item_id: what is open of a debit item or unapplied of a credit item, both positive, minor units.

    Items issued after the day are 0.

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    require_known(ledger, as_of.on)
    left, first = np.empty(ledger.items.height, dtype=np.int64), 0
    for rows in ledger.items[["issued_on", "amount_minor"]].iter_slices(SLICE):
        part = left[first : first + rows.height]
        np.multiply(rows["amount_minor"].to_numpy(), _up_to(rows["issued_on"], as_of.on), out=part)
        first += rows.height
    for rows in ledger.allocations.iter_slices(SLICE):
        effective = _up_to(rows["allocated_on"], as_of.on)
        np.subtract.at(left, rows["debit_id"].to_numpy(), rows["amount_minor"].to_numpy() * effective)
        np.subtract.at(left, rows["credit_id"].to_numpy(), rows["credit_minor"].to_numpy() * effective)
    return left


def open_debits(ledger: Ledger, *, as_of: AsOf) -> pl.DataFrame:
    """Debit items with something open on the day: the items' own columns and ``open_minor``.

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    open_minor = pl.Series("open_minor", open_amounts(ledger, as_of=as_of))
    return ledger.items.with_columns(open_minor).filter(pl.col("is_debit"), pl.col("open_minor") != 0)


def unapplied_credits(ledger: Ledger, *, as_of: AsOf) -> pl.DataFrame:
    """Credit items not fully used on the day: the items' own columns and ``unapplied_minor`` (positive).

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    unapplied = pl.Series("unapplied_minor", open_amounts(ledger, as_of=as_of))
    return ledger.items.with_columns(unapplied).filter(~pl.col("is_debit"), pl.col("unapplied_minor") != 0)


def _up_to(days: pl.Series, on: dt.date) -> NDArray[np.bool_]:
    mask: NDArray[Any] = days.cast(pl.Int32).to_numpy() <= np.datetime64(on, "D").astype(np.int32)
    return mask
