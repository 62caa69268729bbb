"""How fast receivables turn into cash: days sales outstanding in five readings, collection effectiveness, turnover.

Sales are credit sales of a period with VAT: invoices and debit notes less the credit notes issued in it.
Receivables carry VAT too, so both sides of every ratio stand on one basis. A figure that cannot be said
(no sales, too short a history) is empty, never 0.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.calendar import period_ends
from seawall.engine.kernel.fx import Rates
from seawall.engine.ledger.balance import require_known
from seawall.engine.ledger.dilution import dilution_rate
from seawall.engine.ledger.flows import By, Flows, flows
from seawall.engine.ledger.items import Ledger

Days: TypeAlias = NDArray[np.float64]
Convention = Literal["full", "average"]

YEAR_PERIODS = 12
YEAR_DAYS = 365
THIRTY = 30


def simple_dso(open_minor: ArrayLike, sales_minor: ArrayLike, days: ArrayLike) -> Days:
    """Receivables over the sales of the last ``days`` days, times those days."""
    return _over(open_minor, sales_minor) * np.asarray(days, dtype=np.float64)


def best_possible_dso(current_minor: ArrayLike, sales_minor: ArrayLike, days: ArrayLike) -> Days:
    """The simple reading of what is not overdue: what is left if everybody paid on time."""
    return simple_dso(current_minor, sales_minor, days)


def delinquent_dso(overdue_minor: ArrayLike, sales_minor: ArrayLike, days: ArrayLike) -> Days:
    """Average days delinquent: the simple reading less the best possible one."""
    return simple_dso(overdue_minor, sales_minor, days)


def countback_dso(open_minor: ArrayLike, sales_minor: ArrayLike, days: ArrayLike) -> Days:
    """Days of sales that are still unpaid, if the latest sales were the unpaid ones.

    ``sales_minor`` and ``days`` are by period, the latest first (along the last axis). Period by period
    sales are taken off the receivables; the last one counts pro rata. A period whose credit notes exceed
    its sales takes nothing off and counts in full. Empty where the receivables outlast all periods.
    """
    left = np.asarray(open_minor, dtype=np.float64)
    total = np.zeros_like(left)
    sales = np.maximum(np.asarray(sales_minor, dtype=np.float64), 0)
    for period, length in enumerate(np.asarray(days, dtype=np.float64)):
        here = sales[..., period]
        share = np.divide(left, here, out=np.ones_like(left), where=here > left)
        total += np.where(left > 0, share * length, 0)
        left = np.maximum(left - here, 0)
    return np.where(left > 0, np.nan, total)


def sales_weighted_dso(open_by_period: ArrayLike, invoiced_by_period: ArrayLike, days: ArrayLike) -> Days:
    """For each period the share of its invoices still open, times its days; summed.

    Over what was invoiced, before credit notes, so that no share exceeds one. Empty where something is
    open of a period without invoices (its invoices lie before the ledger).
    """
    still_open = np.asarray(open_by_period, dtype=np.float64)
    share = np.where(still_open == 0, 0.0, _over(still_open, invoiced_by_period))
    weighted: Days = (share * np.asarray(days, dtype=np.float64)).sum(axis=-1)
    return weighted


def collection_effectiveness(
    begin_minor: ArrayLike, sales_minor: ArrayLike, end_minor: ArrayLike, end_current_minor: ArrayLike,
    *, periods: int = 1, convention: Convention = "full",
) -> Days:  # fmt: skip
    """CEI, per one: what was collected of what could have been.

    Over several periods the two published conventions differ widely: ``full`` takes the sales of all of
    them, ``average`` those of one.
    """
    sales = np.asarray(sales_minor, dtype=np.float64) / (periods if convention == "average" else 1)
    before = np.asarray(begin_minor, dtype=np.float64) + sales
    return _over(before - np.asarray(end_minor), before - np.asarray(end_current_minor))


def turnover_ratio(annual_sales_minor: ArrayLike, average_open_minor: ArrayLike) -> Days:
    """How often a year the receivables turn over."""
    return _over(annual_sales_minor, average_open_minor)


def turnover(
    ledger: Ledger, *, as_of: AsOf, by: By = "all", trend: int = 1, months: int = 3, lookback: int = 24,
    rates: Rates | None = None,
) -> pl.DataFrame:  # fmt: skip
    """All figures by key and period end, the latest ``trend`` ends up to the day.

    ``months`` is how many periods stand behind the simple family and the CEI; ``lookback`` how many a
    countback may reach back. Without ``rates`` there is a row per key and document currency.

    Raises:
        NotKnown: the day lies before what the ledger knows.
        PolicyGap: ``rates`` lacks a currency.
    """
    require_known(ledger, as_of.on)
    ends = known_ends(ledger, as_of.on, trend + max(lookback, YEAR_PERIODS, months))
    sums = flows(ledger, ends=ends, by=by, by_issue_trend=trend > 1)
    return figures(sums.converted(rates) if rates else sums, trend=trend, months=months)


def known_ends(ledger: Ledger, on: dt.date, count: int) -> list[dt.date]:
    """Period ends up to ``on``, without those the ledger knows nothing about; one before its first item stays."""
    ends = period_ends(on, count)
    if ledger.known_from is not None:
        return [end for end in ends if end >= ledger.known_from]
    first: Any = ledger.items["issued_on"].min()
    return [end for end, following in pairwise([*ends, on]) if end == on or first is None or following >= first]


def figures(sums: Flows, *, trend: int = 1, months: int = 3) -> pl.DataFrame:
    """The ratios of flows, by key and period end: the one place of the room where sums are divided.

    Columns: the key's, currency, on, sales_minor and days (of the simple family), open_minor,
    overdue_minor, ``simple_days``, ``best_days``, ``delinquent_days``, ``countback_days``,
    ``countback_30_days``, ``sales_weighted_days``, ``cei_rate`` (of the last period), ``cei_full_rate``
    and ``cei_average_rate`` (of all ``months``), ``turnover_ratio``, ``turnover_days``, ``overdue_rate``,
    ``dilution_rate``.
    """
    last = len(sums.ends) - 1
    rows = [_at(sums, t, months) for t in range(max(0, last - trend + 1), last + 1)]
    return pl.concat(rows).sort([*sums.keys.columns, "on"], nulls_last=True, maintain_order=True)


def _at(sums: Flows, t: int, months: int) -> pl.DataFrame:
    open_, overdue = sums.open[:, t], sums.overdue[:, t]
    recent, days = sums.sales[:, t:0:-1], sums.days[:t][::-1]  # the latest first
    weeks = np.full(len(days), THIRTY)
    issued = sums.open_by_issue[:, t if sums.open_by_issue.shape[1] > 1 else 0, : t + 1]
    before = issued[:, 0] != 0
    weighted = sales_weighted_dso(issued[:, t:0:-1], sums.invoiced[:, t:0:-1], days)
    can_say = len(days) >= months
    sold, length = recent[:, :months].sum(axis=1), int(days[:months].sum())
    base = np.where(can_say, sold, 0)
    ratio = _turnover(sums, t)
    values: dict[str, NDArray[Any]] = {
        "simple_days": simple_dso(open_, base, length),
        "best_days": best_possible_dso(open_ - overdue, base, length),
        "delinquent_days": delinquent_dso(overdue, base, length),
        "countback_days": countback_dso(open_, recent, days),
        "countback_30_days": countback_dso(open_, recent, weeks),
        "sales_weighted_days": np.where(before, np.nan, weighted),
        "cei_rate": _cei(sums, t, 1, "full"),
        "cei_full_rate": _cei(sums, t, months, "full"),
        "cei_average_rate": _cei(sums, t, months, "average"),
        "turnover_ratio": ratio,
        "turnover_days": _over(np.full(len(ratio), YEAR_DAYS), ratio),
        "overdue_rate": _over(overdue, open_),
        "dilution_rate": dilution_rate(sums, t, YEAR_PERIODS),
    }
    return sums.keys.with_columns(
        pl.lit(sums.ends[t]).alias("on"),
        pl.Series("sales_minor", sold if can_say else [None] * len(sold), dtype=pl.Int64),
        pl.lit(length if can_say else None, dtype=pl.Int64).alias("days"),
        pl.Series("open_minor", open_),
        pl.Series("overdue_minor", overdue),
        *(pl.Series(name, column, dtype=pl.Float64).fill_nan(None) for name, column in values.items()),
    )


def _cei(sums: Flows, t: int, periods: int, convention: Convention) -> Days:
    if t < periods:
        return np.full(len(sums.open), np.nan)
    sales = sums.sales[:, t - periods + 1 : t + 1].sum(axis=1)
    return collection_effectiveness(
        sums.open[:, t - periods], sales, sums.open[:, t], sums.open[:, t] - sums.overdue[:, t],
        periods=periods, convention=convention,
    )  # fmt: skip


def _turnover(sums: Flows, t: int) -> Days:
    """Sales of the last year over the mean of the thirteen period ends around it."""
    if t < YEAR_PERIODS:
        return np.full(len(sums.open), np.nan)
    ends = sums.open[:, t - YEAR_PERIODS : t + 1]
    return turnover_ratio(sums.sales[:, t - YEAR_PERIODS + 1 : t + 1].sum(axis=1), ends.mean(axis=1))


def _over(part: ArrayLike, whole: ArrayLike) -> Days:
    """Part over whole; not a number where the whole is not above zero."""
    above, below = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    quotient: Days = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return quotient
