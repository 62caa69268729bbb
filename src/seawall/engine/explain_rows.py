"""What every trace says alike: an item's number, the row it was read from, an amount converted, a sum cut short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seawall.engine.kernel.money import exponent
from seawall.engine.kernel.trace import Source, Step, worked
from seawall.engine.report import Report


def number_of(item: Mapping[str, Any]) -> str:
    """The item's number; its id where the ledger carries none."""
    return str(item.get("number") or item["item_id"])


def source_of(item: Mapping[str, Any]) -> Source:
    """The row of a file an item was read from; where that is not on record, the item itself."""
    if not item.get("source_file"):
        return Source("row", "items", number_of(item))
    return Source("row", item["source_file"], str(item["source_row"] or ""), number_of(item))


def factor_of(report: Report, currency: str) -> float:
    """Minor units of the reporting currency for one minor unit of ``currency``, as the report used it."""
    if currency == report.currency:
        return 1.0
    rate = next(rate for code, rate, _, _ in report.rates_used if code == currency)
    return rate * 10.0 ** (exponent(report.currency) - exponent(currency))


def in_reporting(report: Report, step: Step) -> Step:
    """An amount in the reporting currency: the step itself, or a conversion above it."""
    if step.currency == report.currency:
        return step
    on, source = next((on, source) for code, _, on, source in report.rates_used if code == step.currency)
    rate = Step(
        "Minor units for one of {currency}", factor_of(report, step.currency), "number",
        source=Source("rate", source, str(on)), params={"currency": step.currency},
    )  # fmt: skip
    return worked("converted", "In the reporting currency", "money", [step, rate], currency=report.currency)


def cut(steps: Sequence[Step], most: int) -> list[Step]:
    """The steps themselves; of more than ``most`` the largest, largest first."""
    if len(steps) <= most:
        return list(steps)
    return sorted(steps, key=lambda step: -abs(int(step.value or 0)))[:most]


def with_rest(
    steps: Sequence[Step], whole: int, others: int, *, what: str, source: Source, currency: str
) -> list[Step]:
    """The steps and what is missing to the whole: of ``others`` that are not spelt out (``what`` is the label).

    With no others the rest is what parts come to that are rounded, or kept apart, each by itself.
    """
    rest = whole - sum(int(step.value or 0) for step in steps)
    if not others and not rest:
        return list(steps)
    label, params = (what, {"count": str(others)}) if others else ("Instalments, each reckoned by itself", {})
    return [*steps, Step(label, rest, "money", currency, source=source, params=params)]
