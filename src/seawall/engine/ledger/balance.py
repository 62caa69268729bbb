"""What is open on a day: amount less allocations effective up to that day, as known then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from seawall.engine.kernel.errors import NotKnown
from seawall.engine.kernel.rounding import sum_by

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from seawall.engine.kernel.asof import AsOf
    from seawall.engine.ledger.items import Ledger


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


def settled(ledger: Ledger, on: dt.date, *, side: str = "debit") -> NDArray[np.int64]:
    """By item_id: what allocations effective up to ``on`` have settled (debit) or used (credit), minor units."""
    effective = ledger.allocations.filter(pl.col("allocated_on") <= on)
    amount = effective["amount_minor" if side == "debit" else "credit_minor"].to_numpy()
    return sum_by(effective[f"{side}_id"].to_numpy(), amount, ledger.items.height)


def open_debits(ledger: Ledger, *, as_of: AsOf) -> pl.DataFrame:
    """Debit items with something open on the day: the items' own columns and ``open_minor``.

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    require_known(ledger, as_of.on)
    return (
        ledger.items.with_columns(open_minor=pl.col("amount_minor") - pl.Series(settled(ledger, as_of.on)))
        .filter(pl.col("is_debit"), pl.col("issued_on") <= as_of.on, pl.col("open_minor") != 0)
    )  # fmt: skip


def unapplied_credits(ledger: Ledger, *, as_of: AsOf) -> pl.DataFrame:
    """Credit items not fully used on the day: the items' own columns and ``unapplied_minor`` (positive).

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    require_known(ledger, as_of.on)
    used = pl.Series(settled(ledger, as_of.on, side="credit"))
    return (
        ledger.items.with_columns(unapplied_minor=pl.col("amount_minor") - used)
        .filter(~pl.col("is_debit"), pl.col("issued_on") <= as_of.on, pl.col("unapplied_minor") != 0)
    )  # fmt: skip
