"""Exchange rates of one day: which rate is used, from which source, and how old it may be.

Amounts of a past or present day are converted at that day's rate, row by row, and then summed.
Whether something is open is always decided in its own currency, never after conversion.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.errors import PolicyGap, UsageError
from seawall.engine.kernel.money import exponent
from seawall.engine.kernel.rounding import apply_rate
from seawall.engine.kernel.table import Column, Table

RATES = Table(
    "rates",
    {
        "from_currency": Column(pl.String, "ISO 4217"),
        "to_currency": Column(pl.String, "ISO 4217"),
        "on": Column(pl.Date),
        "rate": Column(pl.Float64, "units of to_currency for one unit of from_currency, above 0"),
    },
)
PIVOT = "EUR"
"""The currency that crosses go through: the European Central Bank quotes everything against it."""

_Quotes: TypeAlias = dict[tuple[str, str], "RateUsed"]


@dataclass(frozen=True, slots=True)
class RateTable:
    """Rates of one source, in rows of :data:`RATES`; ``name`` is what people see as the source."""

    name: str
    rows: pl.DataFrame = field(default_factory=RATES.empty)


@dataclass(frozen=True, slots=True)
class RateUsed:
    """One rate as used: reporting units per document unit, the day it was quoted, by whom."""

    rate: float
    on: dt.date
    source: str

    def inverse(self) -> RateUsed:
        """The rate the other way round."""
        return RateUsed(1 / self.rate, self.on, self.source)

    def then(self, other: RateUsed) -> RateUsed:
        """This rate and then ``other``; as old as the older of the two."""
        source = self.source if self.source == other.source else f"{self.source}, {other.source}"
        return RateUsed(self.rate * other.rate, min(self.on, other.on), source)


@dataclass(frozen=True, slots=True)
class Rates:
    """All rates of one question: into ``reporting``, for the day ``on``."""

    reporting: str
    on: dt.date
    by_currency: dict[str, RateUsed]

    def of(self, currency: str) -> RateUsed:
        """The rate of one currency.

        Raises:
            PolicyGap: it was not asked for when the rates were looked up.
        """
        if currency not in self.by_currency:
            raise _missing(currency, self.reporting, self.on)
        return self.by_currency[currency]

    def per_minor(self, currencies: Sequence[str]) -> NDArray[np.float64]:
        """For each currency: reporting minor units for one of its minor units."""
        into = exponent(self.reporting)
        return np.array([self.of(code).rate * 10.0 ** (into - exponent(code)) for code in currencies], dtype=np.float64)

    def convert(self, amount_minor: NDArray[np.int64], currency: str) -> NDArray[np.int64]:
        """Amounts of one currency in the reporting currency, each rounded to a whole minor unit."""
        return apply_rate(amount_minor, float(self.per_minor([currency])[0]))


def reporting_currency(currencies: Iterable[str], asked: str | None = None) -> str | None:
    """The currency a report is in: the one asked for, else the only one there is; None for an empty ledger.

    Raises:
        UsageError: there are several and none was asked for.
    """
    if asked:
        exponent(asked)
        return asked
    found = sorted(set(currencies))
    if len(found) > 1:
        raise UsageError(
            "The ledger holds several currencies ({currencies}): say in which one to report.",
            hint="Choose one of them.",
            code="several_currencies", currencies=", ".join(found),
        )  # fmt: skip
    return found[0] if found else None


def rates_for(
    currencies: Iterable[str], reporting: str, on: dt.date, tables: Iterable[RateTable], max_age_days: int
) -> Rates:
    """The rates of ``on`` from every currency into ``reporting``.

    A rate holds from its day for ``max_age_days`` days. Each table is asked in its turn for the pair
    itself, either way round; where none has it, the two legs through EUR are looked up in the same
    order. ``tables`` may be a generator: a later source is only read when an earlier one lacks a rate.

    Raises:
        PolicyGap: a rate is missing or too old; the message names the currency and the day.
    """
    book = _Book(on, max_age_days, tables)
    wanted = sorted(set(currencies) - {reporting})
    found = {code: book.rate(code, reporting) for code in wanted}
    return Rates(reporting, on, {reporting: RateUsed(1.0, on, ""), **found})


class _Book:
    """The freshest usable quotes of each table; tables are opened only as far as needed."""

    def __init__(self, on: dt.date, max_age_days: int, tables: Iterable[RateTable]) -> None:
        self.on, self.max_age_days = on, max_age_days
        self._opened: list[_Quotes] = []
        self._unopened = iter(tables)

    def rate(self, currency: str, reporting: str) -> RateUsed:
        direct = self._pair(currency, reporting)
        if direct:
            return direct
        legs = self._pair(currency, PIVOT), self._pair(PIVOT, reporting)
        if legs[0] and legs[1]:
            return legs[0].then(legs[1])
        at_fault = currency if legs[0] is None else reporting
        raise _missing(at_fault if at_fault != PIVOT else currency, reporting, self.on, self.max_age_days)

    def _pair(self, left: str, right: str) -> RateUsed | None:
        for quotes in chain(self._opened, self._open()):
            if (left, right) in quotes:
                return quotes[left, right]
            if (right, left) in quotes:
                return quotes[right, left].inverse()
        return None

    def _open(self) -> Iterable[_Quotes]:
        for table in self._unopened:
            self._opened.append(self._fresh(table))
            yield self._opened[-1]

    def _fresh(self, table: RateTable) -> _Quotes:
        oldest = self.on - dt.timedelta(days=self.max_age_days)
        rows = table.rows.filter(pl.col("on").is_between(oldest, self.on), pl.col("rate") > 0).sort("on")
        latest = rows.group_by("from_currency", "to_currency").last()
        columns: tuple[str, ...] = ("from_currency", "to_currency", "rate", "on")
        return {(a, b): RateUsed(rate, on, table.name) for a, b, rate, on in latest.select(columns).iter_rows()}


def _missing(currency: str, reporting: str, on: dt.date, max_age_days: int | None = None) -> PolicyGap:
    params: dict[str, Any] = {"currency": currency, "reporting": reporting, "day": on, "age": max_age_days}
    hint = "Give a rate of {currency} that is at most {age} days old, in your own rate table."
    return PolicyGap(
        "There is no usable rate of {currency} into {reporting} on {day}.",
        hint=hint if max_age_days is not None else "", code="rate_missing", **params,
    )  # fmt: skip
