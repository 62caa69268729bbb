"""How settlements reach instalments: first due, first settled, in the order of their days.

:func:`as_parts` turns every instalment into an item of its own and cuts allocations accordingly, so that
a figure over many days (sales still open, migration, payment behaviour) needs no rule for instalments.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.ledger.items import INSTALMENTS, Ledger

Ids: TypeAlias = NDArray[np.int64]


def plan(instalments: pl.DataFrame) -> pl.DataFrame:
    """Instalments in the order they are settled: item_id, part_no (from 1), due_on, amount_minor, ``upto_minor``.

    ``upto_minor`` is the sum of the item's instalments up to and with this one. ``is_retention`` as they say it.
    """
    return (
        instalments.select("item_id", "due_on", "amount_minor", pl.col("is_retention").fill_null(value=False))
        .sort("item_id", "due_on", "is_retention", "amount_minor")
        .with_columns(
            part_no=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("item_id"),
            upto_minor=pl.col("amount_minor").cum_sum().over("item_id"),
        )
    )


def as_parts(ledger: Ledger) -> Ledger:
    """The ledger with each instalment as an item of its own; the ledger itself where there are none.

    ``whole_id`` of the items is the item_id they had. What is settled on any day stays the same, item by
    item; tax and undated disputed amounts fill the first parts, dated disputes stand at the first one.
    """
    if not ledger.instalments.height:
        return ledger
    parts = plan(ledger.instalments)
    count = np.ones(ledger.items.height, dtype=np.int64)
    by_item = parts.group_by("item_id").agg(pl.len()).sort("item_id")
    count[by_item["item_id"].to_numpy()] = by_item["len"].to_numpy()
    first = np.cumsum(count) - count
    return replace(
        ledger,
        items=_items(ledger, parts, count, first),
        allocations=_allocations(ledger, parts, first),
        instalments=INSTALMENTS.empty(),
        disputes=ledger.disputes.with_columns(item_id=pl.Series(first[ledger.disputes["item_id"].to_numpy()])),
    )


def _items(ledger: Ledger, parts: pl.DataFrame, count: Ids, first: Ids) -> pl.DataFrame:
    whole = np.repeat(np.arange(len(count)), count)
    at = first[parts["item_id"].to_numpy()] + parts["part_no"].to_numpy() - 1
    planned = parts.select(
        item_id=pl.Series(at),
        due_part="due_on",
        amount_part="amount_minor",
        before=pl.col("upto_minor") - pl.col("amount_minor"),
    )

    def filled(name: str) -> pl.Expr:
        mine = (pl.col(name) - pl.col("before")).clip(0, pl.col("amount_part"))
        return mine.fill_null(pl.col(name)).alias(name)

    return (
        ledger.items[whole]
        .with_columns(item_id=pl.Series(np.arange(len(whole))), whole_id=pl.Series(whole))
        .join(planned, on="item_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("due_part").fill_null(pl.col("due_on")).alias("due_on"),
            pl.col("amount_part").fill_null(pl.col("amount_minor")).alias("amount_minor"),
            filled("tax_minor"),
            filled("disputed_minor"),
        )
        .drop("due_part", "amount_part", "before")
    )


def _allocations(ledger: Ledger, parts: pl.DataFrame, first: Ids) -> pl.DataFrame:
    is_planned = np.zeros(ledger.items.height, dtype=bool)
    is_planned[parts["item_id"].to_numpy()] = True
    mask = pl.Series(is_planned[ledger.allocations["debit_id"].to_numpy()], dtype=pl.Boolean)
    whole = ledger.allocations.filter(~mask)
    pieces = cut(ledger.allocations.filter(mask), parts)
    part_no = pl.concat([pl.repeat(1, whole.height, dtype=pl.Int32, eager=True), pieces["part_no"]])
    rows = pl.concat([whole, pieces.select(whole.columns)])
    debit = first[rows["debit_id"].to_numpy()] + part_no.to_numpy() - 1
    credit = first[rows["credit_id"].to_numpy()]
    return rows.with_columns(debit_id=pl.Series(debit), credit_id=pl.Series(credit)).sort(
        "debit_id", "allocated_on", "credit_id", "amount_minor"
    )


def cut(rows: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Allocations of items with instalments, each cut where one instalment is full and the next begins: ``part_no``."""
    size, part = pl.col("amount_minor").abs(), pl.col("amount_part")
    # What a bill that ended takes back is cut between the same two points, from the later to the earlier.
    end = pl.max_horizontal(pl.col("end"), pl.col("end") - pl.col("amount_minor"))
    begin = end - size
    upto, is_last = pl.col("upto_minor"), pl.col("part_no") == pl.col("part_no").max().over("debit_id")
    low = pl.max_horizontal(begin, upto - part) - begin
    high = pl.when(is_last).then(end).otherwise(pl.min_horizontal(end, upto)) - begin
    sign = pl.col("amount_minor").sign()

    def share(edge: pl.Expr) -> pl.Expr:
        # In Int128: an amount times an amount. Edges are rounded down, so the shares sum to the whole; one may be 0.
        return pl.col("credit_minor").abs().cast(pl.Int128) * edge.cast(pl.Int128) // size.cast(pl.Int128)

    return (
        rows.sort("debit_id", "allocated_on", "credit_id", "amount_minor")
        .with_columns(end=pl.col("amount_minor").cum_sum().over("debit_id"))
        .join(parts.select("part_no", "upto_minor", debit_id="item_id", amount_part="amount_minor"), on="debit_id")
        .with_columns(low=low, high=high)
        .filter(pl.col("high") > pl.col("low"))
        .with_columns(
            amount_minor=(pl.col("high") - pl.col("low")) * sign,
            credit_minor=(share(pl.col("high")) - share(pl.col("low"))).cast(pl.Int64) * sign,
        )
    )
