"""The worklist's reasons as sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from seawall.engine.action.worklist import REASONS
from seawall.exchange.language import Language


def reason(said: Mapping[str, Any], currency: str, language: Language) -> str:
    """One reason, its amounts, days and dates as people write them."""
    params = {name: _param(name, value, currency, language) for name, value in said.items() if name != "code"}
    return language.say(REASONS[said["code"]], **params)


def _param(name: str, value: Any, currency: str, language: Language) -> Any:
    if value is None:
        return language.number(None, 0)
    if name == "amount":
        return language.short_money(Decimal(value), currency)
    if name.endswith("_on"):
        return language.day(value)
    return language.number(value, 1) if isinstance(value, float) else value
