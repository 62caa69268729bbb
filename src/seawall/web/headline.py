"""Headline figures in words: the title of each, and its value as people read it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from seawall.engine.explain import TITLES
from seawall.web import numbers


def title(name: str) -> str:
    """A figure's title in the reader's language."""
    return _(TITLES.get(name) or TITLES.get(f"{name}_minor") or name)


def value(published: Any, unit: str, currency: str) -> str:
    """A published value with its unit."""
    if published is None:
        return numbers.NOTHING
    if unit == "money":
        return f"{amount(published, currency)} {currency}"
    if unit == "rate":
        return numbers.percent_text(published, 2)
    if unit == "days":
        return numbers.days_text(published, 1)
    return numbers.decimal_text(published, 0 if unit == "count" else 4)


def amount(text: str, currency: str) -> str:
    """A published amount, grouped, in full units of its currency."""
    return numbers.decimal_text(Decimal(text), numbers.Unit(currency, 1).decimals)
