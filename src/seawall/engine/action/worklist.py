"""Whom to call today, why, and what it is worth: overdue customers ranked by money times urgency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

REASONS = {
    "overdue": "{amount} is overdue, the oldest part by {days} days.",
    "first_time_late": "Late for the first time in twelve months: {days} days.",
    "later_than_ever": "{days} days past due; the latest payment of the last twelve months came after {longest}.",
    "stopped_paying": "Nothing has been received since {last_paid_on}.",
    "slowing": "Pays {trend} days later than before.",
    "default": "{amount} is in default.",
    "unapplied": "{amount} has been received and not applied yet.",
}
"""Sentences by reason code, to be translated and filled with the reason's parameters."""

EXCLUDED = {
    "unapplied_covers": "Cash received and not applied covers what is overdue: apply it first.",
    "all_disputed": "Everything overdue is disputed.",
    "small": "Too little is overdue.",
    "within_grace": "Overdue by no more than the days of grace.",
}
"""Sentences by code, for customers left out."""


def worklist(customers: pl.DataFrame, *, policy: Mapping[str, Any], minor_per_major: int) -> pl.DataFrame:
    """One row per customer with something overdue: rank, reasons, money at stake; or why it is left out.

    ``customers`` has the columns of the run's customer table, ``disputed_late_minor`` (of what is overdue,
    what is disputed) and ``worth_minor`` (expected loss on what is overdue).
    """
    late = customers.filter(pl.col("overdue_minor") > 0).with_columns(
        net_minor=(pl.col("overdue_minor") - pl.col("disputed_late_minor")).clip(lower_bound=0)
    )
    urgency = _urgency(policy)
    listed = late.with_columns(
        excluded=_excluded(policy, minor_per_major),
        urgency=urgency,
        score=pl.col("net_minor") / minor_per_major * urgency,
        reasons=_reasons(),
    )
    order = listed.sort(
        [pl.col("excluded").is_not_null(), "score", "customer_code"], descending=[False, True, False]
    ).with_row_index("place", offset=1)
    return order.select(
        "customer_code", "name",
        rank=pl.when(pl.col("excluded").is_null()).then(pl.col("place").cast(pl.Int32)),
        excluded="excluded",
        overdue_minor="net_minor",
        worth_minor="worth_minor",
        max_dpd_days="max_dpd_days",
        urgency="urgency",
        score="score",
        reasons="reasons",
    )  # fmt: skip


def _excluded(policy: Mapping[str, Any], minor_per_major: int) -> pl.Expr:
    rules = (
        ("all_disputed", pl.col("net_minor") <= 0),
        ("unapplied_covers", pl.col("unapplied_minor") >= policy["unapplied_rate"] * pl.col("overdue_minor")),
        ("small", pl.col("net_minor") < policy["small_major"] * minor_per_major),
        ("within_grace", pl.col("max_dpd_days") <= policy["grace_days"]),
    )
    return pl.coalesce(pl.when(rule).then(pl.lit(code)) for code, rule in rules)


def _urgency(policy: Mapping[str, Any]) -> pl.Expr:
    months = (pl.col("max_dpd_days") / 30).floor().clip(0, policy["months_max"])
    first = pl.col("pattern_reason") == "first_time_late"
    broken = pl.col("is_pattern_broken") & ~first.fill_null(value=False)
    urgency: pl.Expr = (
        1.0
        + policy["month_weight"] * months
        + policy["broken_weight"] * broken.cast(pl.Float64)
        + policy["first_late_weight"] * first.fill_null(value=False).cast(pl.Float64)
        + policy["default_weight"] * pl.col("is_default").cast(pl.Float64)
    )
    return urgency


def _reasons() -> pl.Expr:
    """A JSON list, in the order of weight: default, the broken pattern, the amount, cash not applied."""
    days = ("days", "max_dpd_days")
    pattern = {
        "first_time_late": (days,),
        "later_than_ever": (days, ("longest", "longest_late_days")),
        "stopped_paying": (("last_paid_on", "last_paid_on"),),
        "slowing": (("trend", "trend_days"),),
    }
    found = (
        pl.when(pl.col("default_minor") > 0).then(_reason("default", ("amount_minor", "default_minor"))),
        *(pl.when(pl.col("pattern_reason") == code).then(_reason(code, *params)) for code, params in pattern.items()),
        _reason("overdue", ("amount_minor", "net_minor"), days),
        pl.when(pl.col("unapplied_minor") > 0).then(_reason("unapplied", ("amount_minor", "unapplied_minor"))),
    )
    return pl.lit("[") + pl.concat_str(found, separator=",", ignore_nulls=True) + pl.lit("]")


def _reason(code: str, *params: tuple[str, str]) -> pl.Expr:
    parts = [pl.lit(f'{{"code":"{code}"')]
    for name, column in params:
        quote = '"' if column.endswith("_on") else ""
        value = pl.col(column).round(1) if column == "trend_days" else pl.col(column)
        parts.append(pl.lit(f',"{name}":{quote}') + value.cast(pl.String) + pl.lit(quote))
    return pl.concat_str([*parts, pl.lit("}")])
