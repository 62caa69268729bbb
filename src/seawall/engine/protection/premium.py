"""What a policy costs: premium on what was declared, its minimum, bonus and malus, fees for limits, what is still due.

Formula: premium = max(minimum, Σ declared × rate, changed by bonus or malus); due = premium + fees + tax on both, less
the deposit, never below zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from seawall.engine.kernel.asof import add_months, month_end
from seawall.engine.kernel.rounding import RATE_SCALE, apply_contract_rate, ratio, split
from seawall.engine.ledger.insured_facts import ENDING, GRANTING
from seawall.engine.ledger.insured_standing import in_order
from seawall.engine.protection.wording import Wording

STEPS: Final = ("on_declared", "bonus", "minimum", "premium", "fees", "tax", "deposit", "adjustment")
"""Lines of a premium in their order; ``premium``: what those above come to, ``adjustment``: what is left to pay."""


@dataclass(frozen=True, slots=True)
class Line:
    """The premium on what was declared under one rule."""

    rule: int
    rate: float
    declared_minor: int
    premium_minor: int


@dataclass(frozen=True)
class Premium:
    """What a policy costs for its period so far; amounts in the policy's currency."""

    lines: tuple[Line, ...]
    steps: tuple[tuple[str, int], ...]
    """Names of :data:`STEPS` and what each adds, less than zero where it takes."""

    loss_ratio: float | None
    """Indemnities less recoveries over the premium on what was declared; None where there is no premium."""

    @property
    def premium_minor(self) -> int:
        """The premium of the period, after bonus, malus and minimum, without fees and tax."""
        return dict(self.steps)["premium"]

    @property
    def adjustment_minor(self) -> int:
        """What is still to be paid."""
        return dict(self.steps)["adjustment"]


@dataclass(frozen=True, slots=True)
class Fee:
    """The yearly fee of one limit."""

    customer_code: str
    layer: str
    kind: str
    minor: int


def premium(
    classes: pl.DataFrame, wording: Wording, *, on: dt.date, indemnity_minor: int = 0, fees: Sequence[Fee] = ()
) -> Premium:
    """The premium on what was declared (rows of ``Declaration.classes``), by the terms of the policy on a day.

    ``indemnity_minor``: what the insurer paid and is to pay for the period, less recoveries, for bonus and malus.
    Each rule's sum is rounded once.

    Raises:
        PolicyGap: the policy says nothing of its premium.
    """
    term = wording.need("premium", _within(wording, on))
    lines = tuple(_lines(classes))
    charged = sum(line.premium_minor for line in lines)
    loss_ratio = ratio(indemnity_minor, charged)
    change = _bonus(term, charged, indemnity_minor)
    least = max((term["minimum_amount"] or 0) - charged - change, 0)
    whole, fee = charged + change + least, sum(each.minor for each in fees)
    tax = _rated(whole + fee, term["tax_rate"] or 0.0)
    deposit = term["deposit_amount"] or 0
    steps = zip(STEPS, (charged, change, least, whole, fee, tax, -deposit, max(whole + fee + tax - deposit, 0)),
                strict=True)  # fmt: skip
    return Premium(lines, tuple(steps), loss_ratio)


def _within(wording: Wording, on: dt.date) -> dt.date:
    return min(max(on, wording.first_on), wording.last_on)


def _lines(classes: pl.DataFrame) -> list[Line]:
    rows = classes.group_by("rule", "rate").agg(pl.sum("declared_minor")).sort("rule", "rate")
    return [Line(rule, rate, minor, _rated(minor, rate)) for rule, rate, minor in rows.iter_rows()]


def _rated(minor: int, rate: float) -> int:
    """An amount, of either sign, times a contract's rate."""
    value = int(apply_contract_rate(np.array([abs(minor)]), rate)[0])
    return value if minor >= 0 else -value


def _bonus(term: Mapping[str, Any], charged: int, indemnity_minor: int) -> int:
    """What the first rule changes whose loss ratio is not exceeded; a rule without one takes the rest."""
    for rule in term["bonus"] or ():
        most = rule["loss_ratio_up_to"]
        if charged > 0 and (most is None or indemnity_minor * RATE_SCALE <= round(most * RATE_SCALE) * charged):
            return _rated(charged, abs(rule["rate"])) * (1 if rule["rate"] >= 0 else -1)
    return 0


def limit_fees(
    limits: pl.DataFrame, countries: Mapping[str, str | None], wording: Wording, *, on: dt.date,
    first_on: dt.date | None = None,
) -> list[Fee]:  # fmt: skip
    """The fees of limits that stood at any time from ``first_on`` (the period's first day) up to a day.

    One for each customer and layer. ``limits`` are rows of ``insured_limits``; ``countries`` says the country of each
    customer. A limit pays by the kind of the last decision that granted it.
    """
    term = wording.get("limit_fees", _within(wording, on))
    if term is None:
        return []
    mine = limits.filter(pl.col("policy") == wording.code)
    rows = _standing(mine, first_on or wording.first_on, min(on, wording.last_on))
    return [
        Fee(customer, layer, kind, _fee(term, kind, countries.get(customer)))
        for customer, layer, kind in rows.iter_rows()
    ]


def _standing(limits: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    """customer_code, layer and kind of the last grant of each limit that stood between two days."""
    word, limit = pl.col("kind").cast(pl.String), ("customer_code", "layer")
    begins = pl.coalesce("effective_from", "decided_on")
    rows = limits.filter(pl.col("decided_on") <= last, begins <= last, word.is_in([*GRANTING, *ENDING]))
    rows = rows.sort(*limit, *in_order())
    ended = (word.is_in(ENDING) & (begins < first)).cast(pl.Int64)
    later = rows.with_columns(ends=ended.cum_sum(reverse=True).over(limit))
    stood = later.filter(
        word.is_in(GRANTING), pl.col("ends") == 0, pl.col("expires_on").is_null() | (pl.col("expires_on") >= first)
    )
    return stood.group_by(limit, maintain_order=True).agg(word.last())


def _fee(term: Mapping[str, Any], kind: str, country: str | None) -> int:
    for rule in term["rules"] or ():
        if rule["kind"] not in (None, kind):
            continue
        if rule["country"] is not None and country not in rule["country"]:
            continue
        return int(rule["amount"])
    return int(term["amount"])


def instalments(wording: Wording, *, on: dt.date) -> list[tuple[dt.date, int]]:
    """The deposit in its instalments: the days they fall due, evenly over the period, and how much each is.

    Raises:
        PolicyGap: the policy says nothing of its premium.
    """
    term = wording.need("premium", _within(wording, on))
    deposit, count = term["deposit_amount"] or 0, term["instalments"] or 1
    months = (wording.last_on.year - wording.first_on.year) * 12 + wording.last_on.month - wording.first_on.month + 1
    days = [add_months(wording.first_on, k * months // count) for k in range(count)]
    return list(zip(days, split(deposit, [1] * count), strict=True)) if deposit else []


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the insurer's invoice: which step it is about, what it was charged on and at which rate."""

    step: str
    amount_minor: int
    declared_minor: int | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the insurer's invoice and our own figure differ, and by what."""

    step: str
    ours_minor: int
    charged_minor: int
    because: str
    """``rate``, ``declared``, ``rounding``, ``amount``, ``missing`` (not on the invoice), ``strange`` (not in ours)."""

    rate: float | None = None
    """Of the premium on what was declared: the rate it is about."""


def audited(charges: Sequence[Charge], ours: Premium) -> list[Difference]:
    """Where an insurer's invoice differs from what the policy says; nothing where it does not.

    Charges ``on_declared`` are held against our lines, those of one rate together; other charges by their step.
    """
    found = _audited_lines([one for one in charges if one.step == "on_declared"], ours)
    steps, charged = dict(ours.steps), _by_step(charges)
    for step in ("bonus", "minimum", "fees", "tax", "deposit"):
        mine, theirs = steps[step], charged.pop(step, 0)
        if mine != theirs:
            because = "missing" if not theirs else "strange" if not mine else "amount"
            found.append(Difference(step, mine, theirs, because))
    found += [Difference(step, 0, minor, "strange") for step, minor in sorted(charged.items()) if minor]
    return found


def _by_step(charges: Sequence[Charge]) -> dict[str, int]:
    """What the invoice charges beside the premium on what was declared; its totals are no charges."""
    charged: dict[str, int] = {}
    for one in charges:
        if one.step not in ("on_declared", "premium", "adjustment"):
            charged[one.step] = charged.get(one.step, 0) + one.amount_minor
    return charged


@dataclass
class _AtRate:
    """What is charged at one rate: how many lines, on what, how much."""

    lines: int = 0
    declared_minor: int | None = 0
    amount_minor: int = 0

    def add(self, declared_minor: int | None, amount_minor: int) -> None:
        """One more line."""
        self.lines += 1
        both = None not in (self.declared_minor, declared_minor)
        self.declared_minor = (self.declared_minor or 0) + (declared_minor or 0) if both else None
        self.amount_minor += amount_minor


def _audited_lines(charges: Sequence[Charge], ours: Premium) -> list[Difference]:
    mine: dict[float | None, _AtRate] = {}
    theirs: dict[float | None, _AtRate] = {}
    for line in ours.lines:
        mine.setdefault(line.rate, _AtRate()).add(line.declared_minor, line.premium_minor)
    for one in charges:
        theirs.setdefault(one.rate, _AtRate()).add(one.declared_minor, one.amount_minor)
    found = []
    for rate, their in theirs.items():
        only = next(iter(mine)) if len(mine) == 1 and len(theirs) == 1 else rate
        own = mine.pop(only, None)
        if own is None:
            found.append(Difference("on_declared", 0, their.amount_minor, "strange", rate))
        elif own.amount_minor != their.amount_minor:
            because = "rate" if rate is not None and rate != only else _because(own, their)
            found.append(Difference("on_declared", own.amount_minor, their.amount_minor, because, only))
    found += [
        Difference("on_declared", own.amount_minor, 0, "missing", rate)
        for rate, own in mine.items()
        if own.amount_minor
    ]
    return found


def _because(own: _AtRate, their: _AtRate) -> str:
    if their.declared_minor is not None and their.declared_minor != own.declared_minor:
        return "declared"
    return "rounding" if abs(their.amount_minor - own.amount_minor) <= own.lines + their.lines else "amount"


@dataclass(frozen=True, slots=True)
class Expected:
    """What is declared in one month: as it was, or as it is expected."""

    month: dt.date
    rule: int
    rate: float
    declared_minor: int
    is_forecast: bool


def forecast(known: pl.DataFrame, before: pl.DataFrame, months: Sequence[dt.date], *, on: dt.date) -> list[Expected]:
    """What is declared for all months: those that ended by a day as they were, the others as expected.

    ``known`` and ``before`` are rows of ``Declaration.classes``: of these months, and of the same months a year before.
    Expected is the same month of the year before, times how the months known here compare with theirs a year before;
    without a year before, the mean of the months known.
    """
    past = [month for month in months if month <= on]
    found = []
    for rule, rate in _rules(known, before):
        mine, theirs = (_by_month(rows, rule, rate) for rows in (known, before))
        done = sum(mine.get(month, 0) for month in past)
        last = {month: theirs.get(_year_before(month), 0) for month in months}
        base = sum(last[month] for month in past)
        for month in months:
            if month in past:
                found.append(Expected(month, rule, rate, mine.get(month, 0), is_forecast=False))
                continue
            minor = last[month] * done // base if base > 0 else done // len(past) if past else last[month]
            found.append(Expected(month, rule, rate, minor, is_forecast=True))
    return found


def _rules(*classes: pl.DataFrame) -> list[tuple[int, float]]:
    both = pl.concat([rows.select("rule", "rate") for rows in classes]).unique().sort("rule", "rate")
    return [(int(rule), float(rate)) for rule, rate in both.iter_rows()]


def _by_month(classes: pl.DataFrame, rule: int, rate: float) -> dict[dt.date, int]:
    rows = classes.filter(pl.col("rule") == rule, pl.col("rate") == rate)
    return {month: int(minor) for month, minor in rows.select("month", "declared_minor").iter_rows()}


def _year_before(month: dt.date) -> dt.date:
    return month_end(month.replace(year=month.year - 1, day=1))
