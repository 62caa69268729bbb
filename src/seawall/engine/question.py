"""What a run is asked, spelt out: the days it stops at and the policies in force, read once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seawall.engine.kernel.asof import AsOf, month_ends
from seawall.engine.kernel.calendar import period_ends
from seawall.engine.kernel.fx import Rates
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.policy import Policies
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.protection.expected_loss import METHODS, Assessment
from seawall.engine.protection.journal import opening_day
from seawall.engine.risk import roll_rates
from seawall.engine.risk.walk import day_number

MONTHS = 24
"""Periods shown, and steps behind the monthly roll rates."""
BEFORE = 24
"""Periods before the first one shown: rolling figures and the countback need them."""
YEAR = 12


@dataclass(frozen=True)
class Question:
    """One protection run: the day, what was known, policies, exchange rates and buckets."""

    as_of: AsOf
    policies: Policies
    rates: Rates
    scheme: Scheme
    individual: Mapping[str, Assessment]
    known_from: dt.date | None = None

    def policy(self, policy_id: str, on: dt.date | None = None) -> Any:
        """The value in force on the day of the run, or on another one."""
        return self.policies.at(policy_id, on or self.as_of.on).value

    @property
    def on(self) -> dt.date:
        return self.as_of.on

    @property
    def method(self) -> str:
        """How loss rates are found; the same for the opening."""
        return str(self.policy("accounting.ecl_method"))

    @property
    def standard(self) -> str:
        return str(self.policy("accounting.ecl_standard"))

    @property
    def opening(self) -> dt.date:
        """The day the movement of the allowance begins on."""
        return opening_day(self.on, self.policy("accounting.opening_allowance"))

    @cached_property
    def ends(self) -> list[dt.date]:
        """Ends of the periods, a month apart up to the day: those shown and those that rolling figures need."""
        return period_ends(self.on, MONTHS + BEFORE)

    @cached_property
    def shown(self) -> list[dt.date]:
        """Period ends of the report that the ledger knows about."""
        return [end for end in self.ends[BEFORE:] if self.is_known(end)]

    @property
    def year_before(self) -> dt.date:
        """The day after which the twelve months up to the day begin."""
        return self.ends[-1 - YEAR]

    @cached_property
    def month_stops(self) -> list[dt.date]:
        """Month ends the monthly roll rates step through, for the day and for the opening."""
        last = month_ends(self.on, 1)[0]
        back = (last.year - self.opening.year) * 12 + last.month - self.opening.month
        return [end for end in month_ends(last, MONTHS + max(back, 0) + 1) if self.is_known(end)]

    @cached_property
    def year_stops(self) -> list[dt.date]:
        """Days a year apart the yearly roll rates step through."""
        last = month_ends(self.on, 1)[0]
        stops = (roll_rates.years_before(last, back) for back in range(roll_rates.YEARS, -1, -1))
        return [stop for stop in stops if self.is_known(stop)]

    @cached_property
    def days(self) -> list[int]:
        """Every day the walk stops at, as day numbers."""
        stops = {*self.open_stops, *self.month_stops, *self.year_stops, self.on, self.opening}
        return sorted(day_number(stop) for stop in stops if self.is_known(stop))

    @cached_property
    def open_stops(self) -> list[dt.date]:
        """Days what is open is summed on: those shown and one before them."""
        return [end for end in self.ends[BEFORE - 1 :] if self.is_known(end)]

    def is_known(self, day: dt.date) -> bool:
        """Whether the ledger holds anything about a day."""
        return self.known_from is None or day >= self.known_from

    @property
    def loss_step(self) -> roll_rates.Step | None:
        """The step of the migration method; None where another method gives the loss rates."""
        if self.method != METHODS[1]:
            return None
        return "year" if self.scheme.by == "issue" else "month"

    @property
    def loss_buckets(self) -> tuple[str, ...]:
        """The buckets the allowance is computed in: the scheme's, or those of the migration's step."""
        return roll_rates.bucket_names(self.loss_step) if self.loss_step else self.scheme.names
