"""How each customer pays: weighted days beyond terms, trend, share on time, and whether it broke its habit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.asof import add_months
from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.rounding import sum_by
from seawall.engine.risk.walk import CASH, Arrays, Ids, Minor, State, day_number

REASONS = ("first_time_late", "later_than_ever", "slowing", "stopped_paying")
SUM_LIMIT = 2.0**62
"""Amounts times days stay below this, or the integers they are summed in would wrap."""


def weighted_days(index: Ids, minor: Minor, days: NDArray[Any], size: int) -> Minor:
    """Sum of amount times days by ``index``, exactly.

    Raises:
        Broken: a sum could leave the range of 64-bit integers.
    """
    worst = float(np.abs(minor.astype(np.float64) * days).sum())
    if worst >= SUM_LIMIT:
        raise Broken("Amounts times days are beyond what can be summed exactly.")
    return sum_by(index, minor * days.astype(np.int64), size)


@dataclass(frozen=True)
class Window:
    """Settlements that count, as days ``(after, upto]``; those after ``recent`` are the recent ones."""

    after: int
    recent: int
    upto: int

    @classmethod
    def of(cls, on: dt.date, policy: Mapping[str, Any]) -> Window:
        """The window that ends on ``on``."""
        months = (policy["window_months"], policy["recent_months"])
        after, recent = (day_number(add_months(on, -count)) for count in months)
        return cls(after, recent, day_number(on))


def payments(arrays: Arrays, state: State, *, window: Window, grace_days: int) -> pl.DataFrame:
    """Integers by customer: what was paid in the window, times how late; and what is overdue now.

    ``state`` is what is open on the day the window ends.
    """
    day = arrays.allocated
    keep = np.flatnonzero((day > window.after) & (day <= window.upto) & (arrays.how == CASH))
    keep = keep[~arrays.is_recovery[arrays.debit[keep]] & arrays.stands(window.upto)[keep]]
    item, day = arrays.debit[keep], day[keep]
    customer = arrays.customer_of[arrays.account[item]].astype(np.int64)
    minor, late = arrays.reporting(arrays.settled[keep], item), (day - arrays.due[item]).astype(np.int64)
    size = arrays.ledger.customers.height
    recent = day > window.recent
    longest = np.full(size, np.iinfo(np.int32).min, dtype=np.int64)
    np.maximum.at(longest, customer, late)
    last = np.full(size, -1, dtype=np.int64)
    np.maximum.at(last, customer, day.astype(np.int64))
    prompt = late <= 0
    within = late <= grace_days
    return pl.DataFrame(
        {
            "payments": np.bincount(customer, minlength=size).astype(np.int64),
            "paid_minor": sum_by(customer, minor, size),
            "late_minor_days": weighted_days(customer, minor, late, size),
            "clipped_minor_days": weighted_days(customer, minor, np.maximum(late, 0), size),
            "recent_minor": sum_by(customer[recent], minor[recent], size),
            "recent_minor_days": weighted_days(customer[recent], minor[recent], late[recent], size),
            "on_time_minor": sum_by(customer[prompt], minor[prompt], size),
            "within_grace_minor": sum_by(customer[within], minor[within], size),
            "longest_late_days": pl.Series(longest, dtype=pl.Int64),
            "last_paid": pl.Series(last, dtype=pl.Int64),
            **_overdue(arrays, state),
        }
    ).with_columns(
        longest_late_days=pl.when(pl.col("payments") > 0).then(pl.col("longest_late_days")).cast(pl.Int32),
        last_paid_on=pl.when(pl.col("last_paid") >= 0).then(pl.col("last_paid")).cast(pl.Int32).cast(pl.Date),
    ).drop("last_paid")  # fmt: skip


def _overdue(arrays: Arrays, state: State) -> dict[str, Minor | pl.Series]:
    size = arrays.ledger.customers.height
    customer = arrays.customer_of[arrays.account[state.item]].astype(np.int64)
    dpd = (state.day - arrays.due[state.item]).astype(np.int64)
    late = dpd > 0
    oldest = np.zeros(size, dtype=np.int64)
    np.maximum.at(oldest, customer, dpd)
    return {
        "late_open_minor": sum_by(customer[late], state.reporting_minor[late], size),
        "late_open_minor_days": weighted_days(customer[late], state.reporting_minor[late], dpd[late], size),
        "max_dpd_days": pl.Series(oldest, dtype=pl.Int32),
    }


def habits(sums: pl.DataFrame, *, on: dt.date, policy: Mapping[str, Any]) -> pl.DataFrame:
    """The ratios by customer, from what :func:`payments` summed, and whether a habit is broken.

    Adds ``beyond_terms_days`` (early counts negative), ``…_clipped_days`` (early counts 0), ``…_with_open_days``
    (open overdue parts as if paid on the day), ``trend_days``, ``on_time_rate``, ``is_pattern_broken``,
    ``pattern_reason``. What nobody has paid yet has no ratio.
    """
    earlier, earlier_days = (
        pl.col("paid_minor") - pl.col("recent_minor"), pl.col("late_minor_days") - pl.col("recent_minor_days")
    )  # fmt: skip
    rates = sums.with_columns(
        beyond_terms_days=_over(pl.col("late_minor_days"), pl.col("paid_minor")),
        beyond_terms_clipped_days=_over(pl.col("clipped_minor_days"), pl.col("paid_minor")),
        beyond_terms_with_open_days=_over(
            pl.col("late_minor_days") + pl.col("late_open_minor_days"), pl.col("paid_minor") + pl.col("late_open_minor")
        ),
        trend_days=_over(pl.col("recent_minor_days"), pl.col("recent_minor")) - _over(earlier_days, earlier),
        on_time_rate=_over(pl.col("on_time_minor"), pl.col("paid_minor")),
    )
    reason = _reason(on, policy)
    return rates.with_columns(is_pattern_broken=reason.is_not_null(), pattern_reason=reason)


def _over(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole != 0).then(part.cast(pl.Float64) / whole.cast(pl.Float64))


def _reason(on: dt.date, policy: Mapping[str, Any]) -> pl.Expr:
    """The first sign that applies, for customers with enough payments to have a habit."""
    grace = policy["grace_days"]
    late_now = pl.col("max_dpd_days") > grace
    prompt = _over(pl.col("within_grace_minor"), pl.col("paid_minor")) >= policy["prompt_rate"]
    quiet_since = add_months(on, -policy["recent_months"])
    signs = (
        ("first_time_late", late_now & prompt & (pl.col("longest_late_days") <= grace)),
        ("stopped_paying", late_now & (pl.col("last_paid_on") <= quiet_since)),
        ("later_than_ever", late_now & (pl.col("max_dpd_days") > pl.col("longest_late_days") + grace)),
        ("slowing", pl.col("trend_days") > policy["slowing_days"]),
    )
    enough = pl.col("payments") >= policy["payments_min"]
    return pl.coalesce(pl.when(enough & sign).then(pl.lit(name)) for name, sign in signs)
