"""The formulas a trace can name: each makes one value of the values before it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from seawall.engine.kernel.rounding import apply_rate
from seawall.engine.kernel.trace import Value, formula
from seawall.engine.ledger import turnover
from seawall.engine.protection.expected_loss import applied


@formula("sum", "Sum")
def _sum(values: Sequence[Any]) -> Value:
    return int(sum(values))


@formula("less", "First less the others")
def _less(values: Sequence[Any]) -> Value:
    return int(values[0] - sum(values[1:]))


@formula("ratio", "First over second")
def _ratio(values: Sequence[Any]) -> Value:
    return float(values[0] / values[1]) if values[1] else None


@formula("share_of_sales", "Net loss over credit sales")
def _share_of_sales(values: Sequence[Any]) -> Value:
    return float(values[0] / values[1]) if values[1] > 0 else None


@formula("greatest", "The greatest")
def _greatest(values: Sequence[Any]) -> Value:
    return int(max(values, default=0))


@formula("days_since_oldest", "Days from the oldest day of an account in use to the first day")
def _days_since_oldest(values: Sequence[Any]) -> Value:
    on, unused, *days = values
    lasts = [dt.date.fromisoformat(day) for day in days]
    used = [day for day in lasts if (max(lasts) - day).days <= unused]
    return max((dt.date.fromisoformat(on) - min(used)).days, 0)


@formula("converted", "Amount times exchange rate, rounded to a whole minor unit")
def _converted(values: Sequence[Any]) -> Value:
    return int(apply_rate(np.array([values[0]]), float(values[1]))[0])


@formula("without_tax", "First less its share of tax: third over second")
def _without_tax(values: Sequence[Any]) -> Value:
    minor, amount, tax = values
    whole = max(amount, 1)
    return int(apply_rate(np.array([minor]), (whole - tax) / whole)[0])


@formula("plus_squares", "First plus the squares of the others")
def _plus_squares(values: Sequence[Any]) -> Value:
    return math.fsum([values[0], *(share**2 for share in values[1:])])


@formula("sum_of_squares", "Sum of the squares")
def _sum_of_squares(values: Sequence[Any]) -> Value:
    return math.fsum(share**2 for share in values)


@formula("one_over", "One over it")
def _one_over(values: Sequence[Any]) -> Value:
    return 1 / values[0] if values[0] else None


@formula("row_loss", "Gross amount times applied rate, rounded to a whole minor unit", "IFRS 9 B5.5.35")
def _row_loss(values: Sequence[Any]) -> Value:
    return int(apply_rate(np.array([values[0]]), float(values[1]))[0])


@formula("applied_rate", "Loss rate times forward-looking factor, at most 1", "IFRS 9 5.5.17")
def _applied_rate(values: Sequence[Any]) -> Value:
    return applied(values[0], factor=values[1])


@formula("shrunk_rate", "Own rate times weight plus floor times the rest of the weight")
def _shrunk_rate(values: Sequence[Any]) -> Value:
    own, weight, floor, final_loss = values
    return float(weight * (own * final_loss) + (1 - weight) * floor)


@formula("own_rate", "Lost over reached, times the share that stays lost")
def _own_rate(values: Sequence[Any]) -> Value:
    lost, reached, final_loss = values
    return float(lost / reached * final_loss)


@formula("simple_dso", "Open over sales, times days")
def _simple_dso(values: Sequence[Any]) -> Value:
    return _number(turnover.simple_dso(*values))


@formula("customer_dso", "Open over sales of twelve months, times their days")
def _customer_dso(values: Sequence[Any]) -> Value:
    open_minor, sales, days = values
    return float(open_minor / sales * days) if sales > 0 else None


@formula("countback_dso", "Sales of the latest months are taken off what is open until nothing is left")
def _countback(values: Sequence[Any]) -> Value:
    return _number(turnover.countback_dso(values[0], values[1::2], values[2::2]))


@formula("cei", "Collected of what could have been collected")
def _cei(values: Sequence[Any]) -> Value:
    return _number(turnover.collection_effectiveness(*values))


def _number(found: Any) -> float | None:
    value = float(found)
    return None if np.isnan(value) else value
