"""The movement of the allowance in a period, and the entries (分录) that book it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from seawall.engine.kernel.asof import month_end

Opening = Literal["previous_month_end", "year_start"]


@dataclass(frozen=True, slots=True)
class Movement:
    """Opening + charge - write-offs + recoveries = closing, in minor units; a negative charge is a release."""

    opening_minor: int
    write_offs_minor: int
    recoveries_minor: int
    closing_minor: int

    @property
    def charge_minor(self) -> int:
        """What the period has to bear."""
        return self.closing_minor - self.opening_minor + self.write_offs_minor - self.recoveries_minor

    def rows(self, opening_on: dt.date, closing_on: dt.date) -> list[dict[str, object]]:
        """The five lines of the roll-forward, signed so that the first four sum to the last."""
        lines = (
            ("opening", opening_on, self.opening_minor),
            ("charge", closing_on, self.charge_minor),
            ("write_off", closing_on, -self.write_offs_minor),
            ("recovery", closing_on, self.recoveries_minor),
            ("closing", closing_on, self.closing_minor),
        )
        return [
            {"line": line, "movement": name, "on": on, "amount_minor": minor}
            for line, (name, on, minor) in enumerate(lines, 1)
        ]


def opening_day(on: dt.date, opening: Opening) -> dt.date:
    """The day the movement up to ``on`` begins on: the month end, or the year end, before it."""
    first = on.replace(day=1) if opening == "previous_month_end" else on.replace(month=1, day=1)
    day = first - dt.timedelta(days=1)
    return month_end(day)


def entries(movement: Movement, accounts: Mapping[str, Mapping[str, Any]]) -> list[dict[str, object]]:
    """Journal lines of a movement, two for each event that has an amount: debit first.

    The charge stands against the allowance, what is written off leaves it, and what comes back after a
    write-off returns to it (its cash is booked when it is received).
    """
    charge = movement.charge_minor
    events = (
        ("charge", charge, "impairment_loss", "allowance"),
        ("release", -charge, "allowance", "impairment_loss"),
        ("write_off", movement.write_offs_minor, "allowance", "receivables"),
        ("recovery", movement.recoveries_minor, "receivables", "allowance"),
    )
    sides = [
        (event, account, minor * is_debit, minor * (1 - is_debit))
        for event, minor, debit, credit in events
        if minor > 0
        for account, is_debit in ((debit, 1), (credit, 0))
    ]
    return [
        {
            "line": line, "event": event, "account": account,
            "account_name": accounts[account]["name"], "account_name_zh": accounts[account]["name_zh"],
            "debit_minor": debit, "credit_minor": credit,
        }
        for line, (event, account, debit, credit) in enumerate(sides, 1)
    ]  # fmt: skip
