"""Other currencies in the policy's: at the rate of the day the policy names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seawall.engine.kernel.asof import month_end
from seawall.engine.kernel.errors import PolicyGap
from seawall.engine.kernel.fx import RateTable, rates_for
from seawall.engine.kernel.money import exponent
from seawall.engine.protection.durations import Days, day_of, number
from seawall.engine.protection.versions import Versions
from seawall.engine.protection.wording import Wording


@dataclass
class Conversion:
    """Exchange rates of any day, each looked up once."""

    tables: Sequence[RateTable] | Iterable[RateTable] = ()
    max_age_days: int = 0
    _known: dict[tuple[str, str, dt.date], float] = field(default_factory=dict)

    def rate(self, currency: str, into: str, on: dt.date) -> float:
        """Units of ``into`` for one of ``currency``.

        Raises:
            PolicyGap: there is no usable rate; names currency and day.
        """
        if currency == into:
            return 1.0
        key = (currency, into, on)
        if key not in self._known:
            self.tables = list(self.tables)
            self._known[key] = rates_for([currency], into, on, self.tables, self.max_age_days).of(currency).rate
        return self._known[key]

    def factor(self, currency: str, into: str, on: dt.date) -> float:
        """Minor units of ``into`` for one minor unit of ``currency``."""
        return float(self.rate(currency, into, on) * 10.0 ** (exponent(into) - exponent(currency)))


@dataclass(frozen=True)
class ItemDays:
    """The days of items by which a policy may convert."""

    shipped: Days
    issued: Days
    due: Days


def item_factors(
    conversion: Conversion, versions: Versions, currency: NDArray[np.str_], days: ItemDays, *, on: dt.date
) -> NDArray[np.float64] | None:
    """By item, minor units of the policy's currency for one of its own; None where all are in the policy's.

    Raises:
        PolicyGap: an item is in another currency and the policy has no rule, or a rate is missing.
    """
    wording = versions.wording
    strange = currency != wording.currency
    if not strange.any():
        return None
    factors = np.ones(len(currency), dtype=np.float64)
    for term, places in versions.each("conversion"):
        mine = places[strange[places]]
        if not len(mine):
            continue
        if term is None:
            _refuse(wording, currency[mine[0]], on)
        if term["rule"] == "fixed":
            _fixed(factors, mine, currency, term["rates"], wording, on)
            continue
        at = _days_of(term["rule"], mine, days, on)
        for code in np.unique(currency[mine]).tolist():
            rows = mine[currency[mine] == code]
            distinct, place = np.unique(at[currency[mine] == code], return_inverse=True)
            known = [conversion.factor(code, wording.currency, day_of(day)) for day in distinct.tolist()]
            factors[rows] = np.array(known)[place]
    return factors


def account_factors(
    conversion: Conversion, wording: Wording, currencies: Sequence[str], on: dt.date
) -> NDArray[np.float64]:
    """For each currency, minor units of the policy's for one of its own on a day: by fixed rates if the policy has any.

    Raises:
        PolicyGap: a rate is missing.
    """
    term = wording.get("conversion", max(on, wording.first_on)) or {}
    fixed = term.get("rates") or {}
    known = {}
    for code in set(currencies):
        scale = 10.0 ** (exponent(wording.currency) - exponent(code))
        known[code] = fixed[code] * scale if code in fixed else conversion.factor(code, wording.currency, on)
    return np.array([known[code] for code in currencies], dtype=np.float64)


def _fixed(  # noqa: PLR0917 - fills one array in place
    factors: NDArray[np.float64], rows: NDArray[np.int64], currency: NDArray[np.str_], rates: dict[str, float],
    wording: Wording, on: dt.date,
) -> None:  # fmt: skip
    for code in np.unique(currency[rows]).tolist():
        if code not in rates:
            _refuse(wording, code, on)
        scale = 10.0 ** (exponent(wording.currency) - exponent(code))
        factors[rows[currency[rows] == code]] = rates[code] * scale


def _days_of(rule: str, rows: NDArray[np.int64], days: ItemDays, on: dt.date) -> Days:
    if rule == "loss":
        return np.full(len(rows), number(on), dtype=np.int32)
    if rule == "month_end_before":
        distinct, place = np.unique(days.shipped[rows], return_inverse=True)
        ends = [number(month_end(day_of(day)).replace(day=1) - dt.timedelta(days=1)) for day in distinct.tolist()]
        return np.array(ends, dtype=np.int32)[place]
    return {"shipment": days.shipped, "issue": days.issued, "due": np.minimum(days.due, number(on))}[rule][rows]


def _refuse(wording: Wording, currency: str, on: dt.date) -> None:
    raise PolicyGap(
        "The policy {policy} does not say at which rate {currency} becomes {into}.",
        hint="Write the term conversion into the policy.",
        policy=wording.code, currency=currency, into=wording.currency, day=on, term="conversion",
    )  # fmt: skip
