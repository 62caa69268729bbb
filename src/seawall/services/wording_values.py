"""A value of a policy as the fields of a form, and back: what each kind of the table of terms is typed as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from seawall.engine.kernel.errors import Flaw, InputError, Where
from seawall.engine.kernel.numbers import is_number
from seawall.engine.protection.term_values import Reader
from seawall.engine.protection.terms import Field

Typed = Mapping[str, Sequence[str]]
"""What stands in the fields of a form, by their names."""

ABSENT: Final = object()
"""What a form says where nothing is typed."""

YES, NO = "yes", "no"
_ROWS: Final = ("rules", "numbers_by_code", "texts_by_code")
_LISTS: Final = ("choices", "texts", "countries")


def typed_of(field: Field, value: Any, name: str) -> dict[str, list[str]]:
    """The fields, under ``name``, that hold a value as a policy file says it."""
    if field.kind == "table":
        parts = _whole(field, value).items()
        return {
            key: said
            for part, one in parts
            for key, said in typed_of(field.fields[part], one, f"{name}.{part}").items()
        }
    if field.kind in _ROWS:
        return {
            key: said
            for place, row in enumerate(_rows(field, value))
            for key, said in _row(field, row, f"{name}.{place}")
        }
    return dict(_plain(field, value, name))


def _whole(field: Field, value: Any) -> Mapping[str, Any]:
    """A table, also where only its main field was given."""
    is_table = isinstance(value, Mapping) and (not field.main or bool(set(value) & set(field.fields)))
    return value if is_table else {field.main: value}


def _rows(field: Field, value: Any) -> list[Any]:
    return list(value) if field.kind == "rules" else [{"code": code, "value": one} for code, one in value.items()]


def _row(field: Field, row: Mapping[str, Any], name: str) -> Iterator[tuple[str, list[str]]]:
    if field.kind != "rules":
        yield from ((f"{name}.{part}", [str(one)]) for part, one in row.items())
        return
    for part, one in row.items():
        yield from typed_of(field.fields[part], one, f"{name}.{part}").items()


def _plain(field: Field, value: Any, name: str) -> Iterator[tuple[str, list[str]]]:
    if field.kind == "choices" and field.is_ordered:
        yield from ((f"{name}.{place}", [str(one)]) for place, one in enumerate(value))
    elif field.kind == "choices":
        yield name, [str(one) for one in value]
    elif field.kind in _LISTS:
        yield name, [", ".join(map(str, value))]
    elif field.kind == "duration":
        ((unit, count),) = value.items()
        yield from ((f"{name}.count", [str(count)]), (f"{name}.unit", [unit]))
    elif field.kind == "consequence":
        kind, rate = next(iter(value.items())) if isinstance(value, Mapping) else (value, None)
        yield f"{name}.kind", [kind]
        if rate is not None:
            yield f"{name}.rate", [_percent(rate)]
    elif field.kind == "flag":
        yield name, [YES if value else NO]
    else:
        yield name, [_percent(value) if field.kind == "rate" else str(value)]


def _percent(rate: Any) -> str:
    return f"{(Decimal(str(rate)) * 100).normalize():f}"


def value_of(field: Field, typed: Typed, name: str) -> Any:
    """What the fields under ``name`` say, as a policy file says it; ``ABSENT`` where they say nothing.

    What cannot be read stays as it was typed: the check of the policy says what is wrong with it.

    Raises:
        InputError: a code stands twice; says in which field.
    """
    if field.kind == "table":
        return _table_of(field, typed, name)
    if field.kind in _ROWS:
        return _rows_of(field, typed, name)
    if field.kind == "duration":
        count, unit = _one(typed, f"{name}.count"), _one(typed, f"{name}.unit")
        return {unit or "days": _number(count)} if count or unit else ABSENT
    if field.kind == "consequence":
        kind, rate = _one(typed, f"{name}.kind"), _one(typed, f"{name}.rate")
        read = _rate(rate)
        has_rate = kind in ("rate", "factor") or (rate and (not kind or isinstance(read, str)))
        return {kind: read} if has_rate else kind or ABSENT
    if field.kind in _LISTS:
        return _list_of(field, typed, name) or ABSENT
    return _single(field, _one(typed, name))


def _single(field: Field, text: str) -> Any:
    if not text:
        return ABSENT
    if field.kind == "flag":
        return {YES: True, NO: False}.get(text, text)
    if field.kind == "rate":
        return _rate(text)
    if field.kind == "amount":
        return number if str(number := _number(text)) == text else text
    return _number(text) if field.kind in ("number", "count") else text


def _list_of(field: Field, typed: Typed, name: str) -> list[str]:
    if field.kind == "choices":
        names = _places(typed, name) if field.is_ordered else [name]
        return [one for each in names for one in typed.get(each, ()) if one]
    return [one for part in _one(typed, name).replace("，", ",").replace("、", ",").split(",") if (one := part.strip())]


def _table_of(field: Field, typed: Typed, name: str) -> Any:
    found = {part: value_of(one, typed, f"{name}.{part}") for part, one in field.fields.items()}
    said = {part: value for part, value in found.items() if value is not ABSENT}
    if not said:
        return ABSENT
    said |= {
        part: [] for part, one in field.fields.items() if one.is_needed and one.kind in _LISTS and part not in said
    }
    is_plain = set(said) == {field.main} and not isinstance(said[field.main], Mapping)
    return said[field.main] if is_plain else {part: said[part] for part in field.fields if part in said}


def _rows_of(field: Field, typed: Typed, name: str) -> Any:
    rows = [row for _place, row in _filled(field, typed, name)]
    if not rows:
        return ABSENT
    if field.kind == "rules":
        return rows
    read = _number if field.kind == "numbers_by_code" else str
    return {row.get("code", ""): read(row.get("value", "")) for row in rows}


def _filled(field: Field, typed: Typed, name: str) -> list[tuple[str, dict[str, Any]]]:
    """The rows in which anything is typed, each with the name under which it stands."""
    found: list[tuple[str, dict[str, Any]]] = []
    for each in _places(typed, name):
        parts = field.fields.items() if field.kind == "rules" else _CODED.items()
        row = {part: value_of(one, typed, f"{each}.{part}") for part, one in parts}
        row = {part: value for part, value in row.items() if value is not ABSENT}
        if field.kind != "rules" and row and row.get("code", "") in [one.get("code", "") for _, one in found]:
            raise InputError("{value} stands twice.", where=Where(column=f"{each}.code"), value=row.get("code", ""))
        found += [(each, row)] if row else []
    return found


_CODED: Final = {"code": Field("text", "code", "代码"), "value": Field("text", "value", "值")}


def places_of(typed: Typed, name: str) -> list[int]:
    """The places of rows under ``name`` for which anything is typed, in order."""
    found = {
        key[len(name) + 1 :].partition(".")[0]
        for key, said in typed.items()
        if key.startswith(f"{name}.") and any(said)
    }
    return sorted(int(place) for place in found if place.isascii() and place.isdecimal() and len(place) <= 3)  # noqa: PLR2004 - no form has a thousand rows


def _places(typed: Typed, name: str) -> list[str]:
    return [f"{name}.{place}" for place in places_of(typed, name)]


def _one(typed: Typed, name: str) -> str:
    said = typed.get(name, ())
    return said[-1].strip() if said else ""


def _number(text: str) -> Any:
    try:
        number = int(text) if text.isascii() and text.isdecimal() else float(Decimal(text))
    except (ArithmeticError, ValueError):
        return text
    return number if is_number(number) else text


def _rate(text: str) -> Any:
    try:
        rate = float(Decimal(text.removesuffix("%").strip()) / 100)
    except (ArithmeticError, ValueError):
        return text
    return int(rate) if rate in (0, 1) else rate


def name_at(field: Field, typed: Typed, name: str, path: Sequence[object]) -> str:
    """Under which name a form has what a flaw is about; ``path``: its keys within the value that stands at ``name``."""
    if field.kind == "table":
        part = str(path[0]) if path and path[0] in field.fields else ""
        within = path[1:] if part else ()
        part = part or field.main or next(iter(field.fields))
        return name_at(field.fields[part], typed, f"{name}.{part}", within)
    if field.kind == "rules":
        part = str(path[1]) if len(path) > 1 and path[1] in field.fields else next(iter(field.fields))
        rows = [each for each, _row in _filled(field, typed, name)]
        return name_at(field.fields[part], typed, f"{_at(rows, name, path)}.{part}", path[2:])
    return _leaf_at(field, typed, name, path)


def _leaf_at(field: Field, typed: Typed, name: str, path: Sequence[object]) -> str:
    if field.kind in _ROWS:
        by_code = {row.get("code", ""): each for each, row in _filled(field, typed, name)}
        return f"{by_code.get(path[0] if path else '', f'{name}.0')}.value"
    if field.kind == "duration":
        is_empty = not _one(typed, f"{name}.count") and not _one(typed, f"{name}.unit")
        return f"{name}.{'count' if path or is_empty else 'unit'}"
    if field.kind == "consequence":
        return f"{name}.{'rate' if path else 'kind'}"
    if field.is_ordered:
        return _at([each for each in _places(typed, name) if any(typed[each])], name, path)
    return name


def _at(rows: Sequence[str], name: str, path: Sequence[object]) -> str:
    """The row that a path begins with, else the first."""
    return rows[path[0]] if path and isinstance(path[0], int) and path[0] < len(rows) else f"{name}.0"


def fits(field: Field, value: Any, reader: Reader) -> bool:
    """Whether the fields of a form hold a value without loss: what they say means the same to the policy."""
    try:
        back = value_of(field, typed_of(field, value, "v"), "v")
        return back is not ABSENT and bool(reader.read(field, back, ()) == reader.read(field, value, ()))
    except (Flaw, ArithmeticError, TypeError, ValueError, AttributeError):
        return False
