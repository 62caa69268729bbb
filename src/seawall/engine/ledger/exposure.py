"""Exposure: what is open, and the bills that have settled something and are not paid yet.

What is open is what collection is about. A bill settles it and yet is no money: until it is paid, the one who
accepted it owes, and behind him the customer. Passed on, it can come back. Beside it stand two amounts that are
within what the ageing says: retention money within what is open, advance receipts within what is unapplied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from seawall.engine.kernel.rounding import apply_rate
from seawall.engine.ledger.allocation import plan
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.bills import bill_states
from seawall.engine.ledger.marks import ADVANCE

if TYPE_CHECKING:
    from seawall.engine.kernel.asof import AsOf
    from seawall.engine.kernel.fx import Rates
    from seawall.engine.ledger.items import Ledger

AMOUNTS = ("held_minor", "recourse_minor", "retention_minor", "retention_due_minor", "advance_minor")
"""What :func:`beside_open` says of an account."""


def beside_open(ledger: Ledger, *, as_of: AsOf, recourse_days: int, rates: Rates | None = None) -> pl.DataFrame:
    """By account what stands beside its ageing; no row where it is all nothing.

    Columns: account_id, ``held_minor`` (bills in hand, not paid), ``recourse_minor`` (bills passed on that can come
    back), ``retention_minor`` (retention money open, and of it ``retention_due_minor`` past its own due day),
    ``advance_minor`` (advance receipts not applied yet). With ``rates`` in the reporting currency, each bill,
    part and receipt converted and rounded by itself.

    Raises:
        NotKnown: the day lies before what the ledger knows.
        PolicyGap: ``rates`` lacks a currency of the ledger.
    """
    bills = bill_states(ledger, as_of=as_of, recourse_days=recourse_days)
    parts = [
        bills.select("account_id", "held_minor", "recourse_minor"),
        retention(ledger, as_of=as_of).select(
            "account_id", retention_minor="open_minor",
            retention_due_minor=pl.when(pl.col("due_on") < as_of.on).then("open_minor").otherwise(0),
        ),
        advances(ledger, as_of=as_of).select("account_id", advance_minor="unapplied_minor"),
    ]  # fmt: skip
    rows = pl.concat(parts, how="diagonal").with_columns(pl.col(AMOUNTS).fill_null(0))
    if rates is not None:
        rows = in_reporting(rows, ledger, rates, AMOUNTS)
    sums = rows.group_by("account_id").agg(pl.col(AMOUNTS).sum())
    return sums.filter(pl.any_horizontal(pl.col(AMOUNTS) != 0)).sort("account_id")


def in_reporting(rows: pl.DataFrame, ledger: Ledger, rates: Rates, columns: tuple[str, ...]) -> pl.DataFrame:
    """Amounts of rows that carry ``account_id`` in the reporting currency, each rounded by itself.

    Raises:
        PolicyGap: ``rates`` lacks a currency of the rows.
    """
    if rows.is_empty():
        return rows
    codes = ledger.accounts["currency"].gather(rows["account_id"])
    used = codes.unique().to_list()
    factor = codes.replace_strict(dict(zip(used, rates.per_minor(used).tolist(), strict=True)), return_dtype=pl.Float64)
    return rows.with_columns(
        pl.Series(name, apply_rate(rows[name].to_numpy(), factor.to_numpy()), dtype=pl.Int64) for name in columns
    )


def retention(ledger: Ledger, *, as_of: AsOf) -> pl.DataFrame:
    """Retention money open on the day, a row a part: item_id, account_id, due_on, open_minor; oldest due first.

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    planned = plan(ledger.instalments)
    if not planned["is_retention"].any():
        nothing = {"item_id": pl.Int64, "account_id": pl.Int32, "due_on": pl.Date, "open_minor": pl.Int64}
        return pl.DataFrame(schema=nothing)
    left = pl.Series(open_amounts(ledger, as_of=as_of))
    items = ledger.items.select("item_id", "account_id", whole="amount_minor").with_columns(left=left)
    rows = planned.filter("is_retention").join(items, on="item_id", how="left")
    settled = pl.col("whole") - pl.col("left")
    # An item not issued yet has nothing left, and looks settled: it is open on no day before.
    open_minor = (pl.col("upto_minor") - settled).clip(0, pl.col("amount_minor"))
    return (
        rows.select("item_id", "account_id", "due_on", open_minor=open_minor)
        .filter(pl.col("open_minor") != 0)
        .sort("due_on", "item_id")
    )


def advances(ledger: Ledger, *, as_of: AsOf) -> pl.DataFrame:
    """Advance receipts not applied in full on the day: item_id, account_id, issued_on, unapplied_minor.

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    marked = ledger.items.lazy().select("item_id", "payment_method", "account_id", "issued_on")
    mine = marked.filter(pl.col("payment_method") == ADVANCE).drop("payment_method").collect()
    left = open_amounts(ledger, as_of=as_of)[mine["item_id"].to_numpy()] if mine.height else []
    return mine.with_columns(unapplied_minor=pl.Series(left, dtype=pl.Int64)).filter(pl.col("unapplied_minor") != 0)


def by_acceptor(states: pl.DataFrame) -> pl.DataFrame:
    """Bills that are exposure, by who accepted them and in which kind; the largest first.

    ``states`` is :func:`bills.bill_states` of one currency, or in the reporting currency. Columns: acceptor_code,
    acceptor, bill_kind, bills, held_minor, recourse_minor, exposure_minor, next_matures_on, share_rate.
    """
    whole = pl.col("held_minor") + pl.col("recourse_minor")
    rows = states.with_columns(exposure_minor=whole).filter(pl.col("exposure_minor") != 0)
    named = pl.coalesce("acceptor_code", "acceptor")
    sums = rows.group_by("bill_kind", key=named).agg(
        pl.col("acceptor_code").first(),
        pl.col("acceptor").sort().first(),
        pl.len().cast(pl.Int64).alias("bills"),
        pl.col("held_minor", "recourse_minor", "exposure_minor").sum(),
        pl.col("matures_on").min().alias("next_matures_on"),
    )
    return (
        sums.with_columns(share_rate=pl.col("exposure_minor") / pl.col("exposure_minor").sum())
        .sort("exposure_minor", "key", "bill_kind", descending=[True, False, False])
        .select(
            "acceptor_code", "acceptor", pl.col("bill_kind").cast(pl.String), "bills", "held_minor", "recourse_minor",
            "exposure_minor", "next_matures_on", "share_rate",
        )
    )  # fmt: skip
