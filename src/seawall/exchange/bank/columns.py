"""The columns of a bank's table: which header holds what, as shipped or by a mapping of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from seawall.exchange import limits
from seawall.exchange.csv import clean_header
from seawall.exchange.mapping_yaml import MappingInvalid, invalid, parsed

FIELDS: Final = ("booked_on", "amount", "credit", "debit", "side", "balance", "currency", "counterparty",
                 "counterparty_account", "reference", "bank_reference", "account")  # fmt: skip
Headers = dict[str, tuple[str, ...]]
"""Field to the headers it may stand under, as they are compared."""


@lru_cache(maxsize=1)
def shipped() -> Headers:
    """The headers that come with the product."""
    inside = files("seawall.exchange.bank") / "columns.yaml"
    return _headers(inside.read_bytes(), inside.name)


def load(path: Path | None) -> Headers:
    """A company's own headers before the shipped ones; the shipped ones alone where no path is given.

    Raises:
        MappingInvalid: there is no such file, or it does not fit; the message names the line.
    """
    if path is None:
        return shipped()
    if not path.is_file() or path.stat().st_size > limits.MAPPING_BYTES:
        raise MappingInvalid("There is no mapping {name}.", name=str(path))
    own = _headers(path.read_bytes(), path.name)
    return {field: (*own.get(field, ()), *shipped().get(field, ())) for field in FIELDS}


def _headers(text: bytes, name: str) -> Headers:
    body, lines = parsed(text, name)
    for field, value in body.items():
        if field not in FIELDS:
            raise invalid(name, lines.get((field,), 0), "the key {key} is not known", key=field)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise invalid(name, lines.get((field,), 0), "{key} is not a list of headers", key=field)
    return {field: tuple(clean_header(str(each)) for each in value) for field, value in body.items()}


def placed(cells: Sequence[str], headers: Headers) -> dict[str, int] | None:
    """Field to column of a header line; None where the line is none: it needs a day and an amount."""
    clean = [clean_header(cell.split("(")[0].split("\uff08")[0]) for cell in cells]  # noqa: RUF100
    found: dict[str, Any] = {}
    for field in FIELDS:
        found[field] = next((clean.index(name) for name in headers.get(field, ()) if name in clean), None)
    places = {field: place for field, place in found.items() if place is not None}
    has_amount = "amount" in places or {"credit", "debit"} <= places.keys()
    return places if "booked_on" in places and has_amount else None
