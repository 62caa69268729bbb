"""The two times every question carries: the day it is about, and what was known when it was asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

FROM_FILES = 0
"""``known`` of a ledger read straight from files: what the files say, nothing more is recorded."""


@dataclass(frozen=True, slots=True, order=True)
class AsOf:
    """``on`` is the day the figures are about; ``known`` the last batch number whose facts count.

    ``known`` is a number of the audit chain and not a clock, so a transaction that commits late,
    or a clock set back, cannot change a report that was signed.
    """

    on: dt.date
    known: int

    def back_to(self, on: dt.date) -> AsOf:
        """Another day, with the same knowledge."""
        return AsOf(on, self.known)


def month_end(day: dt.date) -> dt.date:
    """The last day of the month of ``day``."""
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def month_ends(last: dt.date, count: int) -> list[dt.date]:
    """``count`` month ends up to ``last``, oldest first; ``last`` itself only if it is a month end."""
    end = last if month_end(last) == last else last.replace(day=1) - dt.timedelta(days=1)
    ends = [end]
    while len(ends) < count:
        ends.append(ends[-1].replace(day=1) - dt.timedelta(days=1))
    return ends[::-1]


def add_months(day: dt.date, months: int) -> dt.date:
    """Same day number ``months`` later (or earlier), clipped to the end of the month."""
    index = day.year * 12 + day.month - 1 + months
    first = dt.date(index // 12, index % 12 + 1, 1)
    return first.replace(day=min(day.day, month_end(first).day))
