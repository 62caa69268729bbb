"""Reading the values of a policy by the table of terms: what each may be, and why one is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from seawall.engine.kernel.countries import COUNTRIES
from seawall.engine.kernel.errors import Flaw, InputError, Listed, Sentence
from seawall.engine.kernel.money import minor_of
from seawall.engine.kernel.numbers import is_number
from seawall.engine.protection.durations import LONGEST, Duration, WorkDays
from seawall.engine.protection.terms import Field
from seawall.engine.protection.wording import Consequence

_Path = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads values under the head of one policy: its currency, and its calendar where it has one."""

    currency: str
    calendar: WorkDays | None = None

    def read(self, field: Field, value: object, path: _Path) -> Any:
        """The value as the engine holds it: amounts in minor units, periods as durations.

        Raises:
            Flaw: it is none of those the field may be.
        """
        return getattr(self, f"_{field.kind}")(field, value, path)

    def _rate(self, _: Field, value: object, path: _Path) -> float:
        if not is_number(value) or not 0 <= value <= 1:  # type: ignore[operator]
            raise Flaw(path, "{value} is not a rate per one, from 0 to 1 (90 % is 0.9).", value=value)
        if round(float(value), 9) != float(value):  # type: ignore[arg-type]
            raise Flaw(path, "{value} has more than nine decimals.", value=value)
        return float(value)  # type: ignore[arg-type]

    def _number(self, _: Field, value: object, path: _Path) -> float:
        if not is_number(value):
            raise Flaw(path, "{value} is not a number.", value=value)
        return float(value)  # type: ignore[arg-type]

    def _count(self, _: Field, value: object, path: _Path) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise Flaw(path, "{value} is not a whole number.", value=value)
        return value

    def _flag(self, _: Field, value: object, path: _Path) -> bool:
        if not isinstance(value, bool):
            raise Flaw(path, "{value} is neither true nor false.", value=value)
        return value

    def _text(self, _: Field, value: object, path: _Path) -> str:
        if not isinstance(value, str) or not value.strip():
            raise Flaw(path, "{value} is not a text: set it in quotation marks.", value=value)
        return value.strip()

    def _amount(self, _: Field, value: object, path: _Path) -> int:
        if not isinstance(value, str) and not is_number(value):
            raise Flaw(path, "{value} is not an amount.", value=value)
        try:
            minor = minor_of(str(Decimal(str(value).strip()) if not isinstance(value, str) else value), self.currency)
        except InputError as error:
            raise Flaw(path, error.template, hint=error.hint_template, **error.params) from None
        if minor < 0:
            raise Flaw(path, "{value} is below zero.", value=value)
        return minor

    def _choice(self, field: Field, value: object, path: _Path) -> str:
        if not isinstance(value, str) or value not in field.choices:
            raise Flaw(path, "{value} is not one of {known}.", value=value, known=Listed(field.choices))
        return value

    def _choices(self, field: Field, value: object, path: _Path) -> tuple[str, ...]:
        chosen = tuple(self._choice(field, one, (*path, place)) for place, one in enumerate(_listed(value, path)))
        return _once(chosen, path)

    def _texts(self, field: Field, value: object, path: _Path) -> tuple[str, ...]:
        return _once(tuple(self._text(field, one, path) for one in _listed(value, path)), path)

    def _countries(self, field: Field, value: object, path: _Path) -> tuple[str, ...]:
        if False in _listed(value, path):
            raise Flaw(path, "YAML reads NO as a no: write 'NO' in quotation marks for Norway.")
        codes = self._texts(field, value, path)
        for code in codes:
            if code not in COUNTRIES:
                raise Flaw(path, "{code} is not a country code of two letters, such as DE.", code=code)
        return codes

    def _duration(self, _: Field, value: object, path: _Path) -> Duration:
        if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in LONGEST:
            raise Flaw(
                path, "{value} is not a period: write {{days: 60}}, {{months: 6}} or {{working_days: 5}}.",
                value=_shown(value),
            )  # fmt: skip
        unit, count = next(iter(value.items()))
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= LONGEST[unit]:
            raise Flaw(
                (*path, unit), "{count} is not a whole number of {unit} from 0 to {most}.",
                count=count, unit=_UNITS[unit], most=LONGEST[unit],
            )  # fmt: skip
        if unit == "working_days" and self.calendar is None:
            raise Flaw(path, "Working days need the `calendar` of the policy.")
        return Duration(count, unit, self.calendar if unit == "working_days" else None)

    def _consequence(self, _: Field, value: object, path: _Path) -> Consequence:
        if value in ("lost", "nothing"):
            return Consequence(str(value))
        if isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in ("rate", "factor"):
            name, rate = next(iter(value.items()))
            return Consequence(name, self._rate(_, rate, (*path, name)))
        if isinstance(value, Mapping) and set(value) == {"late", "then"}:
            return self._by_days(_, value, path)
        is_odd = isinstance(value, Mapping) and len(value) == 1 and not is_number(*value.values())
        raise Flaw(
            (*path, *value) if is_odd else path,  # type: ignore[misc]
            "{value} is not one of lost, nothing, {{rate: 0.7}}, {{factor: 0.8}} or "
            "{{late: [{{days: 30, rate: 0.7}}], then: lost}}.",
            value=_shown(value),
        )

    def _by_days(self, field: Field, value: Mapping[str, object], path: _Path) -> Consequence:
        """Steps by days late: each with a number of days and what follows up to it."""
        steps: list[tuple[int, Consequence]] = []
        for place, step in enumerate(_listed(value["late"], (*path, "late"))):
            here = (*path, "late", place)
            said = dict(_table(step, here))
            days = said.pop("days", None)
            if not isinstance(days, int) or isinstance(days, bool) or days <= (steps[-1][0] if steps else 0):
                raise Flaw(
                    (*here, "days"), "{value} is not a whole number of days above the one before.", value=_shown(days)
                )
            follows = self._consequence(field, said, here)
            steps.append((days, self._plain(follows, here)))
        return Consequence("steps", steps=tuple(steps), then=self._plain(
            self._consequence(field, value["then"], (*path, "then")), (*path, "then")
        ))  # fmt: skip

    def _plain(self, follows: Consequence, path: _Path) -> Consequence:
        if follows.kind == "steps":
            raise Flaw(path, "A step has no steps of its own.")
        return follows

    def _numbers_by_code(self, field: Field, value: object, path: _Path) -> dict[str, float]:
        found = {str(code): self._number(field, one, (*path, code)) for code, one in _table(value, path).items()}
        for code, one in found.items():
            if one <= 0:
                raise Flaw((*path, code), "{value} is not above zero.", value=one)
        return found

    def _texts_by_code(self, field: Field, value: object, path: _Path) -> dict[str, str]:
        return {str(code): self._text(field, one, (*path, code)) for code, one in _table(value, path).items()}

    def _rules(self, field: Field, value: object, path: _Path) -> tuple[dict[str, Any], ...]:
        rules = enumerate(_listed(value, path))
        return tuple(self._fields(field, _table(rule, path), (*path, place)) for place, rule in rules)

    def _table(self, field: Field, value: object, path: _Path) -> dict[str, Any]:
        if field.main and not (isinstance(value, Mapping) and set(value) & set(field.fields)):
            return self._fields(field, {field.main: value}, path)
        return self._fields(field, _table(value, path), path)

    def _fields(self, field: Field, value: Mapping[Any, object], path: _Path) -> dict[str, Any]:
        for name in value:
            if name not in field.fields:
                known = Listed(field.fields)
                raise Flaw((*path, name), "The field {name} is not known; known are {known}.", name=name, known=known)
        read = {
            name: self.read(part, value[name], (*path, name)) if name in value else part.default
            for name, part in field.fields.items()
        }
        for name, part in field.fields.items():
            if part.is_needed and name not in value:
                raise Flaw((*path, name), "The field {name} is missing.", name=name)
        return read


def work_days(value: object, path: _Path) -> WorkDays:
    """The working days of a policy: ``weekend`` (names of days), ``holidays`` and ``workdays`` (days).

    Raises:
        Flaw: it is no such thing.
    """
    table = _table(value, path)
    known = Listed(("weekend", "holidays", "workdays"))
    for name in table:
        if name not in known:
            raise Flaw((*path, name), "The field {name} is not known; known are {known}.", name=name, known=known)
    weekend = _listed(table.get("weekend", ["sat", "sun"]), (*path, "weekend"))
    for name in weekend:
        if name not in _WEEK:
            raise Flaw((*path, "weekend"), "{value} is not one of {known}.", value=name, known=Listed(_WEEK))
    if len(set(weekend)) == len(_WEEK):
        raise Flaw((*path, "weekend"), "No day is left to work on.")
    days = {name: _days(table.get(name, []), (*path, name)) for name in ("holidays", "workdays")}
    return WorkDays(tuple(_WEEK.index(str(name)) for name in weekend), days["holidays"], days["workdays"])


_UNITS = {"days": Sentence("days"), "months": Sentence("months"), "working_days": Sentence("working days")}
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _days(value: object, path: _Path) -> frozenset[dt.date]:
    for day in _listed(value, path):
        if not is_day(day):
            raise Flaw(path, "{value} is not a day: write it as 2026-01-31.", value=day)
    return frozenset(value)  # type: ignore[call-overload, no-any-return]


def is_day(value: object) -> bool:
    """Whether this is a date and no moment."""
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def _shown(value: object) -> str:
    """A value as a policy file writes it."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_shown(one)}' for key, one in value.items())}}}"
    return "nothing" if value is None else str(value)


def _listed(value: object, path: _Path) -> list[Any]:
    if not isinstance(value, list):
        raise Flaw(path, "{value} is not a list: write [one, another].", value=_shown(value))
    return value


def _table(value: object, path: _Path) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise Flaw(path, "{value} is not a table of names and values.", value=_shown(value))
    return value


def _once(values: tuple[str, ...], path: _Path) -> tuple[str, ...]:
    for place, value in enumerate(values):
        if value in values[:place]:
            raise Flaw((*path, place), "{value} stands twice.", value=value)
    return values
