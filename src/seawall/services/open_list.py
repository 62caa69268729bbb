"""What a list of open items says by leaving something out: it is settled, and nobody says how.

What was open and stands on the next list with less, or not at all, is closed on the list's day: open
credits of an account close its open debits first, and what is left is closed by an item of its own
(``settled_unknown`` for a debit, a refund for a credit). Pure: frames in, frames out.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.ledger.items import KIND
from seawall.store.append import KEY

UNKNOWN: Final = "unknown"
"""Payment method of what closes without a word on how."""

_ACCOUNT: Final = ["entity", "customer_code", "currency"]


@dataclass(frozen=True)
class Closing:
    """What a list concludes: items to add, allocations by key, and listed rows with more open than before."""

    items: pl.DataFrame
    allocations: pl.DataFrame
    grown: pl.DataFrame


def closing(open_before: pl.DataFrame, listed: pl.DataFrame, on: dt.date) -> Closing:
    """Compare what is open with what a list of day ``on`` says is open.

    ``open_before``: every open document of the list's entities. ``listed``: the list's documents with
    ``open_minor``; all of them are on file.
    """
    before = open_before.with_columns(was_minor=pl.col("amount_minor") - pl.col("settled_minor"))
    said = listed.select(*KEY, said_minor=pl.coalesce("open_minor", "amount_minor"))
    both = before.select(*KEY, *_ACCOUNT[1:], "due_on", "was_minor").join(said, on=KEY, how="full", coalesce=True)
    both = both.with_columns(pl.col("was_minor", "said_minor").fill_null(0))
    gone = both.with_columns(close_minor=pl.col("was_minor") - pl.col("said_minor"))
    grown = gone.filter(pl.col("close_minor") < 0).select(*KEY, "was_minor")
    closed = gone.filter(pl.col("close_minor") > 0)
    pairs = _paired(closed)
    rest, links = _rest(closed, pairs, on)
    columns = ["entity", "debit_number", "credit_number", "amount_minor"]
    allocations = pl.concat([pairs.select(columns), links.select(columns)])
    allocations = allocations.with_columns(
        allocated_on=pl.lit(on), credit_minor="amount_minor", source_file=pl.lit(None, pl.String),
        source_row=pl.lit(None, pl.Int64),
    )  # fmt: skip
    return Closing(rest, allocations, listed.join(grown, on=KEY, how="inner"))


def _paired(closed: pl.DataFrame) -> pl.DataFrame:
    """Credits that close debits of the same account, oldest due first: entity, both numbers, amount."""
    closed = closed.sort(*_ACCOUNT, "due_on", "number").with_columns(account=pl.struct(_ACCOUNT).rank("dense") - 1)
    sides = [closed.filter("is_debit"), closed.filter(~pl.col("is_debit"))]
    size = int(closed["account"].max() or 0) + 1 if closed.height else 0  # type: ignore[arg-type]
    totals = [_sums(side, size) for side in sides]
    common = np.minimum(*totals) if size else np.zeros(0, dtype=np.int64)
    debits, credits_ = (_upto(side, common) for side in sides)
    ends = [side["taken_minor"].cum_sum().to_numpy() for side in (debits, credits_)]
    edges = np.unique(np.concatenate(ends))
    amount = np.diff(edges, prepend=0)
    rows = [np.searchsorted(end, edges) for end in ends]
    return pl.DataFrame({
        "entity": debits["entity"].gather(rows[0]),
        "debit_number": debits["number"].gather(rows[0]),
        "credit_number": credits_["number"].gather(rows[1]),
        "amount_minor": amount,
    })  # fmt: skip


def _sums(side: pl.DataFrame, size: int) -> NDArray[np.int64]:
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, side["account"].to_numpy(), side["close_minor"].to_numpy())
    return sums


def _upto(side: pl.DataFrame, common: NDArray[np.int64]) -> pl.DataFrame:
    """What of each row counts until the account's common amount is used up; rows of nothing are left out."""
    limit = pl.Series(common[side["account"].to_numpy()])
    before = pl.col("close_minor").cum_sum().over("account") - pl.col("close_minor")
    taken = pl.min_horizontal("close_minor", pl.max_horizontal(pl.lit(limit) - before, 0))
    return side.with_columns(taken_minor=taken).filter(pl.col("taken_minor") > 0)


def _rest(closed: pl.DataFrame, pairs: pl.DataFrame, on: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items that close what no pair closed, and the allocations between the two."""
    used = pl.concat([
        pairs.select("entity", pl.lit(value=True).alias("is_debit"), "amount_minor", number="debit_number"),
        pairs.select("entity", pl.lit(value=False).alias("is_debit"), "amount_minor", number="credit_number"),
    ]).group_by(KEY).agg(pl.col("amount_minor").sum())  # fmt: skip
    left = closed.join(used, on=KEY, how="left").with_columns(
        rest_minor=pl.col("close_minor") - pl.col("amount_minor").fill_null(0)
    )
    left = left.filter(pl.col("rest_minor") > 0)
    closer = pl.format("{}@{}", "number", pl.lit(on.isoformat()))
    items = left.select(
        *_ACCOUNT, number=closer, is_debit=~pl.col("is_debit"), amount_minor="rest_minor",
        kind=pl.when("is_debit").then(pl.lit("settled_unknown")).otherwise(pl.lit("refund")).cast(KIND),
        issued_on=pl.lit(on), due_on=pl.lit(on), tax_minor=pl.lit(0, pl.Int64), disputed_minor=pl.lit(0, pl.Int64),
        payment_method=pl.lit(UNKNOWN),
    )  # fmt: skip
    own = pl.col("number")
    links = left.select(
        "entity", amount_minor="rest_minor",
        debit_number=pl.when("is_debit").then(own).otherwise(closer),
        credit_number=pl.when("is_debit").then(closer).otherwise(own),
    )  # fmt: skip
    return items, links
