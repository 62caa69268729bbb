"""Periods of a policy: days, months or working days after a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from seawall.engine.kernel.asof import add_months

Unit = Literal["days", "months", "working_days"]
Days = NDArray[np.int32]
"""Days as numbers since 1970-01-01."""

NEVER: Final = int(np.iinfo(np.int32).max)
"""A day that does not come."""

LONGEST: Final[dict[Unit, int]] = {"days": 3660, "months": 120, "working_days": 2600}
"""Ten years of each: a longer period is a slip of the pen."""


@dataclass(frozen=True)
class WorkDays:
    """Which days are worked: the days of the week that are not (0 = Monday), holidays, and days worked all the same."""

    weekend: tuple[int, ...] = (5, 6)
    holidays: frozenset[dt.date] = frozenset()
    workdays: frozenset[dt.date] = frozenset()

    def is_worked(self, day: dt.date) -> bool:
        """Whether the day is worked."""
        return day in self.workdays or (day.weekday() not in self.weekend and day not in self.holidays)

    def after(self, day: dt.date, count: int) -> dt.date:
        """The ``count``-th working day after ``day``; the day itself for none."""
        while count:
            day += dt.timedelta(days=1)
            count -= self.is_worked(day)
        return day


@dataclass(frozen=True, slots=True)
class Duration:
    """So many days, months (same day number, clipped to the month's end) or working days."""

    count: int
    unit: Unit = "days"
    calendar: WorkDays | None = None

    def after(self, day: dt.date) -> dt.date:
        """The day this long after ``day``."""
        if self.unit == "days":
            return day + dt.timedelta(days=self.count)
        if self.unit == "months":
            return add_months(day, self.count)
        return (self.calendar or WorkDays()).after(day, self.count)

    def before(self, day: dt.date) -> dt.date:
        """The day this long before ``day``; working days count back as calendar days do."""
        return add_months(day, -self.count) if self.unit == "months" else day - dt.timedelta(days=self.count)

    def after_all(self, days: Days) -> Days:
        """The days this long after each of ``days``; ``NEVER`` stays."""
        if self.unit == "days":
            return np.where(days == NEVER, NEVER, days + np.int64(self.count)).astype(np.int32)
        distinct, place = np.unique(days, return_inverse=True)
        moved = [NEVER if day == NEVER else number(self.after(day_of(day))) for day in distinct.tolist()]
        return np.array(moved, dtype=np.int32)[place] if moved else days


def number(day: dt.date) -> int:
    """A day as a number since 1970-01-01."""
    return day.toordinal() - _EPOCH


def day_of(days: int) -> dt.date:
    """The day of a number since 1970-01-01."""
    return dt.date.fromordinal(days + _EPOCH)


_EPOCH = dt.date(1970, 1, 1).toordinal()
