"""What a policy costs: premium on what was declared, its minimum, bonus and malus, fees for limits, what is still due.

Formula: due = max(minimum, Σ declared × rate) changed by bonus or malus, less the deposit, with tax; never below zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from seawall.engine.kernel.asof import add_months, month_end
from seawall.engine.kernel.rounding import apply_contract_rate, ratio, split
from seawall.engine.ledger.insured_facts import ENDING, GRANTING
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
    change = _bonus(term, charged, loss_ratio)
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


def _bonus(term: Mapping[str, Any], charged: int, loss_ratio: float | None) -> int:
    """What the first rule changes whose loss ratio is not exceeded; a rule without one takes the rest."""
    for rule in term["bonus"] or ():
        most = rule["loss_ratio_up_to"]
        if loss_ratio is not None and (most is None or loss_ratio <= most):
            return _rated(charged, abs(rule["rate"])) * (1 if rule["rate"] >= 0 else -1)
    return 0


def limit_fees(
    limits: pl.DataFrame, countries: Mapping[str, str | None], wording: Wording, *, on: dt.date
) -> list[Fee]:
    """The fees of limits that stood at any time of the period up to a day, one for each customer and layer.

    ``limits`` are rows of ``insured_limits``; ``countries`` says the country of each customer. A limit pays by the
    kind of the last decision that granted it.
    """
    last = min(on, wording.last_on)
    term = wording.get("limit_fees", _within(wording, on))
    if term is None:
        return []
    mine = limits.filter(
        pl.col("policy") == wording.code, pl.col("decided_on") <= last,
        pl.col("kind").cast(pl.String).is_in([*GRANTING, *ENDING]),
    ).sort("customer_code", "layer", "decided_on", pl.col("kind").to_physical())  # fmt: skip
    found = []
    for (customer, layer), rows in mine.group_by("customer_code", "layer", maintain_order=True):
        granted = _standing(rows, wording)
        if granted is not None:
            code = str(customer)
            found.append(Fee(code, str(layer), granted, _fee(term, granted, countries.get(code))))
    return found


def _standing(rows: pl.DataFrame, wording: Wording) -> str | None:
    """The kind of the last grant that stood within the period; None where none did."""
    kind, since = None, None
    for row in rows.iter_rows(named=True):
        start = row["effective_from"] or row["decided_on"]
        if row["kind"] in ENDING:
            if since is not None and start < wording.first_on:
                kind, since = None, None
        elif row["expires_on"] is None or row["expires_on"] >= wording.first_on:
            kind, since = row["kind"], start
    return kind


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


def audited(charges: Sequence[Charge], ours: Premium) -> list[Difference]:
    """Where an insurer's invoice differs from what the policy says; nothing where it does not.

    Charges ``on_declared`` are held against our lines by their rate; other charges by their step.
    """
    found = _audited_lines([one for one in charges if one.step == "on_declared"], ours)
    steps = dict(ours.steps)
    charged: dict[str, int] = {}
    for one in charges:
        if one.step != "on_declared":
            charged[one.step] = charged.get(one.step, 0) + one.amount_minor
    for step in ("bonus", "minimum", "fees", "tax", "deposit"):
        mine, theirs = steps[step], charged.pop(step, 0)
        if mine != theirs:
            because = "missing" if not theirs else "strange" if not mine else "amount"
            found.append(Difference(step, mine, theirs, because))
    found += [Difference(step, 0, minor, "strange") for step, minor in sorted(charged.items()) if minor]
    return found


def _audited_lines(charges: Sequence[Charge], ours: Premium) -> list[Difference]:
    left = list(ours.lines)
    found = []
    for one in charges:
        mine = next((line for line in left if line.rate == one.rate), None) or (
            left[0] if len(left) == 1 and len(charges) == 1 else None
        )
        if mine is None:
            found.append(Difference("on_declared", 0, one.amount_minor, "strange"))
            continue
        left.remove(mine)
        if mine.premium_minor != one.amount_minor:
            found.append(Difference("on_declared", mine.premium_minor, one.amount_minor, _because(mine, one)))
    found += [Difference("on_declared", line.premium_minor, 0, "missing") for line in left if line.premium_minor]
    return found


def _because(mine: Line, one: Charge) -> str:
    if one.rate is not None and one.rate != mine.rate:
        return "rate"
    if one.declared_minor is not None and one.declared_minor != mine.declared_minor:
        return "declared"
    return "rounding" if abs(one.amount_minor - mine.premium_minor) <= 1 else "amount"


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
