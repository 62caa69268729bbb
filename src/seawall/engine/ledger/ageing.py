"""As-of ageing: what is open on a day, split by how old it is.

Debit items net of what settled them stand in the buckets; receipts and credit notes that settle
nothing yet stand in their own column and never reduce a bucket. Instalments age each by itself, and
settlements of an item go to its instalments in the order of their due days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.fx import Rates
from seawall.engine.kernel.rounding import apply_rate, sum_by
from seawall.engine.ledger.allocation import plan
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.scheme import Scheme

By = Literal["account", "customer", "group", "entity", "currency", "sector", "country"]

COLUMNS = {
    "customers": ("customer_id",),
    "accounts": ("account_id", "customer_id", "currency"),
    "items": ("account_id", "is_debit", "issued_on", "due_on", "amount_minor", "disputed_minor"),
    "allocations": ("debit_id", "credit_id", "allocated_on", "amount_minor", "credit_minor"),
}
"""The columns ageing by account reads: who loads a ledger for nothing else may leave out the others."""

MEASURES = ("open", "overdue", "unapplied", "disputed")
"""What an ageing says of every row beside its buckets."""


def ageing(ledger: Ledger, *, as_of: AsOf, scheme: Scheme, rates: Rates | None = None) -> pl.DataFrame:
    """One row per account with something open or unapplied, amounts in the account's currency.

    Columns: account_id, customer_id, ``open_minor``, ``overdue_minor`` (past the due day, whatever the
    scheme counts from), ``unapplied_minor`` and ``disputed_minor``, then ``<bucket>_minor`` for each
    bucket. With ``rates`` the same again as ``…_reporting_minor``, each part converted and rounded by
    itself before it is summed.

    Raises:
        NotKnown: the day lies before what the ledger knows.
        PolicyGap: ``rates`` lacks a currency of the ledger.
    """
    left = _left(ledger, as_of)
    parts = _parts(ledger, left, as_of, scheme)
    credits_ = left.filter(~pl.col("is_debit"))
    unapplied = _Amounts(credits_["account_id"].to_numpy(), credits_["open_minor"].to_numpy())
    sums = _sums(ledger, parts, unapplied, scheme, suffix="")
    if rates is not None:
        factor = _factors(ledger, rates)
        sums |= _sums(ledger, _converted(parts, factor), unapplied.times(factor), scheme, suffix="_reporting")
    touched = np.zeros(ledger.accounts.height, dtype=bool)
    touched[parts["account_id"].to_numpy()] = True
    touched[unapplied.account_id] = True
    rows = ledger.accounts.select("account_id", "customer_id").with_columns(
        pl.Series(name, amounts) for name, amounts in sums.items()
    )
    return rows.filter(pl.Series(touched, dtype=pl.Boolean))


def aged_parts(ledger: Ledger, *, as_of: AsOf, scheme: Scheme, rates: Rates | None = None) -> pl.DataFrame:
    """One row per open debit item, or per open instalment of one.

    Columns: item_id, part_no (from 1), account_id, due_on, ``dpd_days`` (past the due day, negative
    before it), ``days`` (what the scheme counts: past due, or since issue), bucket (a number into
    ``scheme.names``), open_minor, disputed_minor; with ``rates`` also ``open_reporting_minor`` and
    ``disputed_reporting_minor``. What is disputed of an item is laid on its oldest open parts first.

    Raises:
        NotKnown: the day lies before what the ledger knows.
        PolicyGap: ``rates`` lacks a currency of the ledger.
    """
    parts = _parts(ledger, _left(ledger, as_of), as_of, scheme)
    if rates is None:
        return parts
    reporting = _converted(parts, _factors(ledger, rates))
    return parts.with_columns(
        open_reporting_minor=reporting["open_minor"], disputed_reporting_minor=reporting["disputed_minor"]
    )


def grouped(rows: pl.DataFrame, ledger: Ledger, *, by: By, in_reporting: bool = False) -> pl.DataFrame:
    """An ageing summed by customer, group, entity, currency, sector or country.

    One row per key and document currency: sums never cross currencies. ``in_reporting`` instead gives
    one row per key in the reporting currency, under the plain names (``open_minor`` …).

    Raises:
        UsageError: ``in_reporting`` of an ageing that was made without rates.
    """
    named = rows.drop("customer_id").join(_keys(ledger), on="account_id", how="left", maintain_order="left")
    keys = list(_KEYS[by])
    if in_reporting:
        if "open_reporting_minor" not in rows.columns:
            raise UsageError("This ageing was made without exchange rates.")
        reporting = {
            name: name.replace("_reporting_minor", "_minor")
            for name in rows.columns
            if name.endswith("_reporting_minor")
        }
        named = named.select(*keys, *reporting).rename(reporting)
    elif "currency" not in keys:
        keys.append("currency")
    # Int128 while summing: Int64 sums wrap silently. The cast back refuses what does not fit.
    minor = pl.selectors.ends_with("_minor")
    sums = named.group_by(keys, maintain_order=True).agg(minor.cast(pl.Int128).sum())
    return sums.with_columns(minor.cast(pl.Int64)).sort(keys, nulls_last=True)


_KEYS: dict[By, tuple[str, ...]] = {
    "account": ("account_id", "customer_id", "customer_code", "name", "entity", "currency"),
    "customer": ("customer_id", "customer_code", "name"),
    "group": ("group_code",),
    "entity": ("entity",),
    "currency": ("currency",),
    "sector": ("sector",),
    "country": ("country",),
}


def _keys(ledger: Ledger) -> pl.DataFrame:
    columns = ("customer_id", "customer_code", "name", "group_code", "sector", "country")
    return ledger.accounts.join(ledger.customers.select(columns), on="customer_id", how="left", maintain_order="left")


@dataclass(frozen=True, slots=True)
class _Amounts:
    """Amounts of accounts, one row an amount."""

    account_id: NDArray[np.int32]
    minor: NDArray[np.int64]

    def times(self, factor: NDArray[np.float64]) -> _Amounts:
        return _Amounts(self.account_id, apply_rate(self.minor, factor[self.account_id]))


def _left(ledger: Ledger, as_of: AsOf) -> pl.DataFrame:
    """Items of both sides with something left on the day, in ``open_minor``."""
    left = open_amounts(ledger, as_of=as_of)
    touched = left != 0
    columns = ["account_id", "is_debit", "issued_on", "due_on", "amount_minor", "disputed_minor"]
    rows = ledger.items[columns].filter(pl.Series(touched, dtype=pl.Boolean))
    return rows.with_columns(
        item_id=pl.Series(np.flatnonzero(touched), dtype=pl.Int64), open_minor=pl.Series(left[touched])
    )


def _dated_disputes(ledger: Ledger, as_of: AsOf) -> pl.DataFrame:
    """By item: what is disputed on the day with a date of its own, before it is capped at what is open."""
    ended = pl.col("closed_on") <= as_of.on
    rows = ledger.disputes.filter(pl.col("opened_on") <= as_of.on, ~ended.fill_null(False))
    return rows.group_by("item_id").agg(dated_minor=pl.col("amount_minor").sum())


def _parts(ledger: Ledger, left: pl.DataFrame, as_of: AsOf, scheme: Scheme) -> pl.DataFrame:
    rows = left.filter("is_debit").with_columns(part_no=pl.lit(1, dtype=pl.Int32))
    if ledger.disputes.height:
        dated = _dated_disputes(ledger, as_of)
        rows = rows.join(dated, on="item_id", how="left", maintain_order="left").with_columns(
            pl.col("disputed_minor") + pl.col("dated_minor").fill_null(0)
        )
    if ledger.instalments.height:
        rows = _by_instalment(rows, ledger.instalments)
    dpd = (pl.lit(as_of.on) - pl.col("due_on")).dt.total_days()
    age = (pl.lit(as_of.on) - pl.col("issued_on")).dt.total_days()
    rows = rows.with_columns(
        dpd_days=dpd,
        days=dpd if scheme.by == "due" else age,
        disputed_minor=pl.min_horizontal("disputed_minor", "open_minor"),
    )
    bucket = pl.Series("bucket", scheme.bucket(rows["days"].to_numpy()), dtype=pl.Int32)
    columns = ("item_id", "part_no", "account_id", "due_on", "dpd_days", "days")
    return rows.select(*columns, bucket, "open_minor", "disputed_minor")


def _by_instalment(rows: pl.DataFrame, instalments: pl.DataFrame) -> pl.DataFrame:
    """Replace items that have instalments by their open parts: what was settled goes to the first due."""
    mine = instalments.join(rows.select("item_id"), on="item_id", how="semi")
    planned = plan(mine).rename({"amount_minor": "part_minor"})
    settled_minor = pl.col("amount_minor") - pl.col("open_minor")
    parts = (
        rows.drop("part_no", "due_on")
        .join(planned, on="item_id", how="inner", maintain_order="left_right")
        .with_columns(open_minor=(pl.col("upto_minor") - settled_minor).clip(0, pl.col("part_minor")))
        .with_columns(before=pl.col("open_minor").cum_sum().over("item_id") - pl.col("open_minor"))
        .with_columns(disputed_minor=(pl.col("disputed_minor") - pl.col("before")).clip(lower_bound=0))
        .filter(pl.col("open_minor") != 0)
    )
    whole = rows.join(planned, on="item_id", how="anti", maintain_order="left")
    return pl.concat([whole, parts.select(whole.columns)]).sort("item_id", "part_no")


def _factors(ledger: Ledger, rates: Rates) -> NDArray[np.float64]:
    """By account_id: reporting minor units for one minor unit."""
    used = ledger.accounts["currency"].unique().to_list()
    factor = dict(zip(used, rates.per_minor(used).tolist(), strict=True))
    return ledger.accounts["currency"].replace_strict(factor, return_dtype=pl.Float64).cast(pl.Float64).to_numpy()


def _converted(parts: pl.DataFrame, factor: NDArray[np.float64]) -> pl.DataFrame:
    by_row = factor[parts["account_id"].to_numpy()]
    return parts.with_columns(
        pl.Series(name, apply_rate(parts[name].to_numpy(), by_row)) for name in ("open_minor", "disputed_minor")
    )


def _sums(
    ledger: Ledger, parts: pl.DataFrame, unapplied: _Amounts, scheme: Scheme, *, suffix: str
) -> dict[str, NDArray[np.int64]]:
    size, width = ledger.accounts.height, len(scheme.names)
    account, amount = parts["account_id"].to_numpy(), parts["open_minor"].to_numpy()
    overdue = np.where(parts["dpd_days"].to_numpy() > 0, amount, 0)
    # One scatter over account x bucket gives every bucket, and the open amount as their sum.
    cells = sum_by(account.astype(np.int64) * width + parts["bucket"].to_numpy(), amount, size * width)
    buckets = cells.reshape(size, width)
    sums = {
        "open": buckets.sum(axis=1),
        "overdue": sum_by(account, overdue, size),
        "unapplied": sum_by(unapplied.account_id, unapplied.minor, size),
        "disputed": sum_by(account, parts["disputed_minor"].to_numpy(), size),
    } | {name: buckets[:, k].copy() for k, name in enumerate(scheme.names)}
    return {f"{name}{suffix}_minor": amounts for name, amounts in sums.items()}
