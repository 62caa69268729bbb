"""Settlements a file implies without saying: documents cleared together, and what a list of open items leaves out.

``settled_unknown`` closes what is gone from a list: we know that it was settled, and by which day, but not by
what. On the credit side the same is a refund whose payment method is ``settled_unknown``. Both are dated the
day of the list, and days before the first list are not answered at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.ledger.facts import ALLOCATION_FACTS, ITEM_FACTS, CanonicalTables
from seawall.engine.ledger.items import KIND

UNKNOWN = "settled_unknown"
_KEY = ["entity", "is_debit", "number"]
_ACCOUNT = ["entity", "customer_code", "currency"]


def cleared(tables: CanonicalTables) -> CanonicalTables:
    """The tables with an allocation for each pair of documents that a clearing document brought together.

    Within one clearing of one account, credits settle debits in the order of issue. What a clearing leaves
    over (its other half is not in the file) is settled by something unknown on the day of the clearing.
    """
    if tables.clearings.is_empty():
        return tables
    source = ["source_file", "source_row"]
    open_minor = pl.col("amount_minor") - pl.col("used").fill_null(0)
    rows = (
        tables.items.join(tables.clearings.unique(source), on=source, how="inner")
        .join(_used(tables.allocations), on=_KEY, how="left")
        .with_columns(open_minor.alias("open"))
        .filter(pl.col("open") > 0)
        .sort(*_ACCOUNT, "cleared_by", "issued_on", "number")
    )
    rows = rows.with_columns(group=pl.struct(*_ACCOUNT, "cleared_by").rle_id())
    pairs = _paired(rows.filter("is_debit"), rows.filter(~pl.col("is_debit")))
    tables = replace(tables, allocations=pl.concat([tables.allocations, pairs]))
    left = rows.join(_used(pairs), on=_KEY, how="left", suffix="_now")
    left = left.with_columns(pl.col("open") - pl.col("used_now").fill_null(0)).filter(pl.col("open") > 0)
    return _with(tables, *settled_unknown(left.rename({"open": "settled_minor", "cleared_on": "on"})))


def closed_by_list(tables: CanonicalTables, known: pl.DataFrame) -> CanonicalTables:
    """The tables of a list of open items, with what it implies was settled by its day.

    ``known``: items on file (``fact_rules.KNOWN_ITEMS``) of before; of the list's entities, those that are
    not in it any more have been settled, and of those in it what it no longer shows as open.
    """
    if tables.basis != "open_items" or tables.list_date is None:
        return tables
    listed = tables.items.select(*_KEY, *_ACCOUNT[1:], "amount_minor", "open_minor")
    before = known.select(*_KEY, "settled_minor")
    used = _used(tables.allocations)
    mine = listed.join(before, on=_KEY, how="left").join(used, on=_KEY, how="left")
    gone = known.join(listed, on=_KEY, how="anti").filter(
        pl.col("entity").is_in(tables.items["entity"].unique().implode())
    )
    gone = gone.join(used, on=_KEY, how="left").with_columns(open_minor=pl.lit(0, pl.Int64))
    columns = [*_KEY, *_ACCOUNT[1:], "amount_minor", "open_minor", "settled_minor", "used"]
    whole = pl.concat([mine.select(columns), gone.select(columns)]).with_columns(
        pl.col("settled_minor", "used").fill_null(0)
    )
    left = pl.col("amount_minor") - pl.col("settled_minor") - pl.col("used") - pl.col("open_minor")
    settled = whole.with_columns(settled_minor=left, on=pl.lit(tables.list_date)).filter(pl.col("settled_minor") > 0)
    return _with(tables, *settled_unknown(settled))


def settled_unknown(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items and allocations that close ``settled_minor`` of each item on the day ``on``.

    ``rows``: entity, is_debit, number, customer_code, currency, settled_minor, on.
    """
    number = pl.concat_str(pl.lit("?"), pl.col("number"), pl.lit("@"), pl.col("on").cast(pl.String))
    kind = pl.when("is_debit").then(pl.lit(UNKNOWN)).otherwise(pl.lit("refund"))
    said: dict[str, Any] = {
        "kind": kind.cast(KIND), "is_debit": ~pl.col("is_debit"), "number": number,
        "issued_on": pl.col("on"), "due_on": pl.col("on"), "amount_minor": pl.col("settled_minor"),
        "tax_minor": pl.lit(0, pl.Int64), "disputed_minor": pl.lit(0, pl.Int64),
        "payment_method": pl.lit(UNKNOWN), "source_file": pl.lit(""),
    }  # fmt: skip
    kept = {name: pl.col(name) for name in ("entity", "customer_code", "currency")}
    columns = [
        (said | kept).get(name, pl.lit(None, column.dtype)).alias(name) for name, column in ITEM_FACTS.columns.items()
    ]
    own, counter = pl.col("number"), number
    allocations = rows.select(
        "entity", "customer_code",
        pl.when("is_debit").then(own).otherwise(counter).alias("debit_number"),
        pl.when("is_debit").then(counter).otherwise(own).alias("credit_number"),
        allocated_on="on", amount_minor="settled_minor", credit_minor="settled_minor",
        source_file=pl.lit(""), source_row=pl.lit(None, pl.Int64),
    )  # fmt: skip
    return rows.select(columns), allocations


def _with(tables: CanonicalTables, items: pl.DataFrame, allocations: pl.DataFrame) -> CanonicalTables:
    return replace(
        tables,
        items=pl.concat([tables.items, items]),
        allocations=pl.concat([tables.allocations, allocations]),
    )


def _used(allocations: pl.DataFrame) -> pl.DataFrame:
    """By key of an item: what allocations settle or use of it."""
    sides = [
        allocations.group_by("entity", pl.col(f"{side}_number").alias("number"))
        .agg(pl.col(minor).sum().alias("used"))
        .with_columns(is_debit=pl.lit(side == "debit"))
        for side, minor in (("debit", "amount_minor"), ("credit", "credit_minor"))
    ]
    return pl.concat(sides)


def _paired(debits: pl.DataFrame, credits: pl.DataFrame) -> pl.DataFrame:  # noqa: A002 - the field's word
    """Allocations of credits to debits, in order, within each group.

    Laid end to end, the debits of a group are a line, and so are its credits; where a debit and a credit
    overlap, one settles the other.
    """
    if debits.is_empty() or credits.is_empty():
        return ALLOCATION_FACTS.empty()
    spans = [_laid_out(rows, debits, credits) for rows in (debits, credits)]
    cuts = np.unique(np.concatenate([edge for span in spans for edge in span]))
    start, end = cuts[:-1], cuts[1:]
    held = [np.searchsorted(first, start, side="right") - 1 for first, _ in spans]
    inside = np.ones(len(start), dtype=bool)
    for at, (_, last) in zip(held, spans, strict=True):
        inside &= (at >= 0) & (end <= last[np.maximum(at, 0)])
    debit, credit = debits[held[0][inside]], credits[held[1][inside]]
    amount = pl.Series(end[inside] - start[inside])
    return debit.select(
        "entity", "customer_code", debit_number="number", credit_number=credit["number"],
        allocated_on=pl.max_horizontal("cleared_on", pl.lit(credit["cleared_on"])),
        amount_minor=amount, credit_minor=amount, source_file="source_file", source_row="source_row",
    )  # fmt: skip


def _laid_out(
    rows: pl.DataFrame,
    debits: pl.DataFrame,
    credits: pl.DataFrame,  # noqa: A002
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each row begins and ends on one line, on which every group has room for its larger side."""
    size = int(max(debits["group"].max() or 0, credits["group"].max() or 0)) + 1  # type: ignore[arg-type]
    room = np.zeros(size, dtype=np.int64)
    for side in (debits, credits):
        total = np.zeros(size, dtype=np.int64)
        np.add.at(total, side["group"].to_numpy(), side["open"].to_numpy())
        room = np.maximum(room, total)
    begins = np.concatenate([[0], np.cumsum(room)[:-1]])
    amount, group = rows["open"].to_numpy(), rows["group"].to_numpy()
    within = rows.select(pl.col("open").cum_sum().over("group")).to_series().to_numpy()
    last = begins[group] + within
    return last - amount, last
