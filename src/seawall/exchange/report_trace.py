"""Why a figure is what it is, in a terminal: a tree from the figure down to policies, tables and source rows.

The web page and the API show the same tree; this is its text face.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from seawall.engine.kernel.money import amount_text
from seawall.exchange.language import NOTHING, Language
from seawall.exchange.report_parts import bucket_title
from seawall.exchange.report_table import width
from seawall.exchange.safe_cells import printable

UNVERIFIED = "[K]"
ROWS_SHOWN = 40
"""Inputs of one step that are printed: a customer may have thousands of items; JSON holds all of them."""
_VALUE_AT = 64
"""The column in which values end, where labels are short enough."""

_SOURCES = {
    "policy": "policy {name}, in force from {at}", "table": "table {name}: {at}", "row": "{name}, row {at}",
    "rate": "rate of {name}, {at}",
}  # fmt: skip


def rendered(step: Mapping[str, Any], language: Language) -> str:
    """The tree as text; ``step`` is a trace as plain data."""
    return "\n".join(_lines(step, language, "", "")) + "\n"


def value_text(step: Mapping[str, Any], language: Language) -> str:
    """The value of a step as people read it."""
    value, unit = step["value"], step["unit"]
    if value is None:
        return NOTHING
    if unit == "money":
        currency = step["currency"]
        text = amount_text(value, currency)
        return f"{language.number(Decimal(text), len(text.partition('.')[2]))} {language.unit(currency)}"
    if unit == "rate":
        return language.percent(value, 4)
    if unit == "days":
        return language.say("{days} days", days=language.number(value, 2))
    if unit == "count":
        return language.number(value, 0)
    return language.number(value, 4) if isinstance(value, float) else printable(str(value))


def label_text(step: Mapping[str, Any], language: Language) -> str:
    """The label of a step, its parameters filled in."""
    params = {name: _param(name, text, language) for name, text in step.get("params", {}).items()}
    return printable(language.say(step["label"], **params))


def source_text(source: Mapping[str, str], language: Language) -> str:
    """Where a leaf comes from, and whether its policy was checked against its source."""
    at = _plain_day(source["at"], language)
    known = _SOURCES.get(source["kind"])
    if source["kind"] == "policy" and at == source["at"]:  # a place within the policy, not a day
        known = "policy {name}: {at}"
    said = language.say(known, name=source["name"], at=at) if known else f"{source['name']} {at}"
    note = source["note"].replace(f" {UNVERIFIED}", "")
    unverified = f" ⚠ {language.say('unverified')}" if UNVERIFIED in source["note"] else ""
    return printable(f"{said}{f' ({note})' if note else ''}{unverified}")


def _lines(step: Mapping[str, Any], language: Language, first: str, rest: str) -> Iterator[str]:
    label, value = f"{first}{label_text(step, language)}", value_text(step, language)
    yield f"{label}{' ' * max(2, _VALUE_AT - width(label) - width(value))}{value}"
    inputs = step.get("inputs", ())
    below = f"{rest}│  " if inputs else f"{rest}   "
    if "formula" in step:
        formula = step["formula"]
        reference = f" [{formula['reference']}]" if formula["reference"] else ""
        yield f"{below}= {language.say(formula['title'])}{reference}"
    if "source" in step:
        yield f"{below}← {source_text(step['source'], language)}"
    shown = inputs[:ROWS_SHOWN]
    for number, part in enumerate(shown, start=1):
        is_last = number == len(inputs)
        yield from _lines(
            part, language, f"{rest}{'└─ ' if is_last else '├─ '}", f"{rest}{'   ' if is_last else '│  '}"
        )
    if len(inputs) > len(shown):
        more = language.say("{count} more; --format json gives all of them", count=len(inputs) - len(shown))
        yield f"{rest}└─ … {more}"


def _param(name: str, text: str, language: Language) -> str:
    if name == "bucket":
        return bucket_title(text, language)
    if name == "reason":
        from seawall.exchange.report_cover import reason_text  # noqa: PLC0415  # only claims have reasons

        return reason_text(text, language)
    if name == "pool" and text in ("all", "individual"):
        return language.say("all") if text == "all" else language.say("individual")
    return _plain_day(text, language)


def _plain_day(text: str, language: Language) -> str:
    try:
        return language.day(dt.date.fromisoformat(text))
    except ValueError:
        return text
