"""The order items stand in: account, day of issue, number, side. The same facts give the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

DAY_BITS = 24
"""Days since 1970 fit well within."""


def ledger_order(
    account: NDArray[Any], issued_on: pl.Series, number: pl.Series, is_debit: NDArray[np.bool_]
) -> NDArray[np.int64] | None:
    """The permutation that sorts items, or None where they stand in order already.

    Numbers are texts and slow to compare, so they are looked at only where account and day are equal.
    """
    days = issued_on.to_physical().to_numpy().astype(np.int64) + (1 << (DAY_BITS - 1))
    key = (account.astype(np.int64) << DAY_BITS) + days
    rising = np.diff(key)
    order = None if (rising >= 0).all() else np.argsort(key, kind="stable")
    if order is not None:
        rising = np.diff(key[order])
    ties = np.zeros(len(key), dtype=bool)
    ties[1:] |= rising == 0
    ties[:-1] |= rising == 0
    return _with_ties_sorted(order, np.flatnonzero(ties), key, number, is_debit)


def _with_ties_sorted(
    order: NDArray[np.int64] | None,
    places: NDArray[np.int64],
    key: NDArray[np.int64],
    number: pl.Series,
    is_debit: NDArray[np.bool_],
) -> NDArray[np.int64] | None:
    rows = places if order is None else order[places]
    tied = pl.DataFrame(
        {"row": rows, "key": key[rows], "number": number.gather(rows), "is_debit": is_debit[rows]}
    ).sort("key", "number", "is_debit", maintain_order=True)
    sorted_rows = tied["row"].to_numpy()
    if order is None:
        if (sorted_rows == rows).all():
            return None
        order = np.arange(len(key))
    order[places] = sorted_rows
    return order


def allocation_order(debit_id: NDArray[Any], credit_id: NDArray[Any], day: NDArray[Any]) -> NDArray[np.int64] | None:
    """The permutation that sorts allocations by debit, credit and day, or None where they stand in order."""
    pair = (debit_id.astype(np.int64) << 32) + credit_id
    rising = np.diff(pair)
    if (rising > 0).all() or ((rising >= 0).all() and (np.diff(day)[rising == 0] >= 0).all()):
        return None
    order: NDArray[np.int64] = np.lexsort((day, pair))
    return order
