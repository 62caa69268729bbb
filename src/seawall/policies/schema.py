"""What a policy file may hold: its fields, and the kinds of value each unit allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seawall.engine.kernel.errors import Flaw, Listed, Sentence
from seawall.engine.kernel.numbers import is_number
from seawall.engine.protection.term_values import is_day

REQUIRED = ("id", "title", "title_zh", "unit", "governed_by", "values")
OPTIONAL = ("fields", "choices")
VALUE_KEYS = ("value", "source", "note")


DAYS_MAX = 36_600
"""Days a policy may speak of: a hundred years, so that every day reckoned with them is in the calendar."""


def _is_count(value: object) -> bool:
    return isinstance(value, int) and is_number(value) and value >= 0


def _is_days(value: object) -> bool:
    return _is_count(value) and value <= DAYS_MAX  # type: ignore[operator]


def _is_rate(value: object) -> bool:
    return is_number(value) and 0 <= value <= 1  # type: ignore[operator]


def _is_rates_by_days(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(rates, dict) and 0 in rates and all(_is_days(day) and _is_rate(rates[day]) for day in rates)
        for rates in value.values()
    )


def _is_days_list(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_days, value))


KINDS: dict[str, tuple[Callable[[object], bool], Sentence]] = {
    "rate": (_is_rate, Sentence("a rate per one, from 0 to 1")),
    "days": (_is_days, Sentence("a whole number of days up to {most}", {"most": DAYS_MAX})),
    "count": (_is_count, Sentence("a whole number")),
    "number": (is_number, Sentence("a number")),
    "text": (lambda value: isinstance(value, str), Sentence("a text")),
    "table": (lambda value: isinstance(value, dict), Sentence("a table of names and values")),
    "list": (lambda value: isinstance(value, list), Sentence("a list")),
    "days_list": (_is_days_list, Sentence("a list of whole numbers of days up to {most}", {"most": DAYS_MAX})),
    "field_names": (lambda value: isinstance(value, list), Sentence("a list of names of fields")),
    "rates_by_days": (_is_rates_by_days, Sentence("rates by first day, beginning with day 0")),
}
"""Units a value or a field may have, beside ``choice`` (with ``choices``) and ``fields`` (with ``fields``)."""


def check(body: object) -> Mapping[str, Any]:
    """The file's content itself, once it is a policy.

    Raises:
        Flaw: it is not.
    """
    if not isinstance(body, dict):
        raise Flaw((), "A policy is a table of names and values.")
    for name in REQUIRED:
        if name not in body:
            raise Flaw((), "The field {name} is missing.", name=name)
    for name in body:
        if name not in REQUIRED + OPTIONAL:
            raise Flaw((name,), "The field {name} is not known.", name=name)
    if not isinstance(body["values"], dict) or not body["values"]:
        raise Flaw(("values",), "There is no value: give at least one day.")
    for day, entry in body["values"].items():
        _check_entry(body, day, entry)
    return body


FIRST_YEAR, LAST_YEAR = 1950, 2200


def check_own(body: object, header: Mapping[str, Any], shipped: Sequence[object]) -> None:
    """Whether this is a company's own version of a shipped policy: its values only, of the kinds the shipped ones have.

    Raises:
        Flaw: it is not.
    """
    if not isinstance(body, dict) or set(body) != {"values"}:
        raise Flaw((), "A version holds `values` only: by day, a value with its source.")
    check({**header, **body})
    known = set().union(*map(_leaves, shipped))
    for day, entry in body["values"].items():
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Flaw(
                ("values", day), "{value} is not a day between {first} and {last}.",
                value=day, first=FIRST_YEAR, last=LAST_YEAR,
            )  # fmt: skip
        if header["unit"] in ("table", "list", "fields") and entry["value"] is not None:
            strange = _leaves(entry["value"]) - known - ({_AMOUNT} if _TEXT in known else set())
            if strange:
                raise Flaw(
                    ("values", day, "value"), "There is {strange} in it; the shipped value holds {known}.",
                    strange=_named(strange), known=_named(known),
                )  # fmt: skip


def _named(kinds: set[Sentence]) -> Listed:
    """Kinds of values, as a sentence names them."""
    return Listed(sorted(kinds, key=str))


def _leaves(value: object) -> set[Sentence]:
    """The kinds of the innermost values, in words."""
    if isinstance(value, Mapping):
        return set().union(*map(_leaves, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_leaves, value)) if value else set()
    if isinstance(value, bool):
        return {Sentence("yes or no")}
    if isinstance(value, int | float):
        return {Sentence("a number" if is_number(value) else "a number without end")}
    if isinstance(value, str):
        return {_AMOUNT if _IS_AMOUNT.fullmatch(value) else _TEXT}
    return {Sentence("nothing" if value is None else "a day") if value is None or is_day(value) else _ELSE}


_IS_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_AMOUNT, _TEXT, _ELSE = Sentence("an amount as text"), Sentence("a text"), Sentence("something else")


def _check_entry(body: Mapping[str, Any], day: object, entry: object) -> None:
    if not is_day(day):
        raise Flaw(("values", day), "{value} is not a day: write it as 2026-01-31.", value=day)
    if not isinstance(entry, dict) or "value" not in entry:
        raise Flaw(("values", day), "An entry holds value, source and note.")
    for name in entry:
        if name not in VALUE_KEYS:
            raise Flaw(("values", day, name), "The field {name} is not known.", name=name)
    if not isinstance(entry.get("source"), str) or not entry["source"].strip():
        raise Flaw(("values", day), "Every value names its source.")
    if entry["value"] is not None:
        _check_value(body, entry["value"], ("values", day, "value"))


def _check_value(body: Mapping[str, Any], value: object, path: tuple[object, ...]) -> None:
    unit = body["unit"]
    if unit == "fields":
        fields = body.get("fields")
        if not isinstance(fields, dict) or not isinstance(value, dict):
            raise Flaw(path, "The unit `fields` needs a table of fields.")
        for name in fields:
            if name not in value:
                raise Flaw(path, "The field {name} is missing.", name=name)
        for name, part in value.items():
            if name not in fields:
                raise Flaw((*path, name), "The field {name} is not known.", name=name)
            _check_kind(fields[name], part, (*path, name))
            for each in part if fields[name] == "field_names" else ():
                if not isinstance(each, str) or each not in fields or each == name:
                    raise Flaw((*path, name), "The field {name} is not known.", name=each)
    else:
        _check_kind(body.get("choices") if unit == "choice" else unit, value, path)


def _check_kind(kind: object, value: object, path: tuple[object, ...]) -> None:
    if isinstance(kind, list):
        if value not in kind:
            raise Flaw(path, "{value} is not one of {known}.", value=value, known=Listed(kind))
    elif not isinstance(kind, str) or kind not in KINDS:
        raise Flaw(("unit",), "The unit {kind} is not known.", kind=kind)
    elif not KINDS[kind][0](value):
        raise Flaw(path, "{value} is not {kind}.", value=value, kind=KINDS[kind][1])
