"""Periods: a row of days back from a day, one month apart, by the calendar where it is a month end."""

from __future__ import annotations

import datetime as dt

from seawall.engine.kernel.asof import add_months, month_end, month_ends


def period_ends(last: dt.date, count: int) -> list[dt.date]:
    """``count`` days up to ``last``, oldest first, one month apart.

    Month ends where ``last`` is one; else the same day number of each month, so that the latest period
    is always a whole month.
    """
    if month_end(last) == last:
        return month_ends(last, count)
    return [add_months(last, -back) for back in range(count - 1, -1, -1)]
