"""Connectors: read another system by its public interface and say what it holds in the words of the ledger files.

A connector only reads, and gives everything or raises: nothing of half an answer is ever imported. One of your own
is a package with an entry point in the group ``seawall.connectors``; docs/howto/connector.md shows one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from seawall.engine.kernel.errors import InputError, OutsideError
from seawall.engine.kernel.money import exponent
from seawall.exchange.net import Outside
from seawall.exchange.places import require_found

GROUP: Final = "seawall.connectors"
SHIPPED: Final = ("odoo", "erpnext")
PAGE_ROWS: Final = 500
PAGES_MAX: Final = 20_000
_NOISE: Final = Decimal("0.0001")

Rows = list[dict[str, str]]
Tables = dict[str, Rows]
"""Ledger file to its rows, as docs/reference/ledger-files.md has them; every value a text."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a connector must be told: its name, the sentence that asks for it, and whether it can do without."""

    name: str
    title: str
    is_required: bool = True


@dataclass(frozen=True)
class Wire:
    """The way to one system: its address, what is sent with every question, and the guard."""

    outside: Outside
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self, path: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """What the system answers, numbers as they were written.

        Raises:
            AddressRefused: it may not be asked.
            Refused: it does not let us in.
            OutsideError: it does not answer, or not with JSON.
        """
        url = self.url.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
        sent = {"Accept": "application/json", **self.headers}
        if body is None:
            answer = self.outside.ask(url, headers=sent)
        else:
            content = json.dumps(body).encode()
            sent |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
            answer = self.outside.ask(url, method="POST", headers=sent, content=content)
        host = urlsplit(url).netloc
        require_found(host, answer.status)
        try:
            return json.loads(answer.content, parse_float=Decimal)
        except ValueError:
            raise OutsideError("{host} does not answer as expected.", host=host) from None


@dataclass(frozen=True)
class Asked:
    """What a connector is given: the way, what it was told, its secret, and the entity its rows belong to."""

    wire: Wire
    told: Mapping[str, str]
    secret: str
    entity: str
    reached: Callable[[int], None] = lambda _rows: None
    """Hears how many rows were read; what it raises ends the reading."""


@dataclass(frozen=True, slots=True)
class Connector:
    """A system that can be read. ``probe`` asks it something small, to see whether it lets us in."""

    kind: str
    title: str
    fields: tuple[Field, ...]
    read: Callable[[Asked], Tables]
    probe: Callable[[Asked], None]


@cache
def known() -> dict[str, Connector]:
    """Every connector there is: those shipped, then those of packages that are installed."""
    shipped = [import_module(f"{__name__}.{name}").CONNECTOR for name in SHIPPED]
    found = {each.kind: each for each in shipped}
    for entry in entry_points(group=GROUP):
        added = entry.load()
        found.setdefault(added.kind, added)
    return found


def amount(value: Any, currency: str) -> str:
    """An amount without its sign, as ledger files write it; the noise of a binary fraction is rounded away.

    Raises:
        InputError: it is no number, or has more decimals than the currency.
    """
    try:
        given = abs(Decimal(str(value)))
        rounded = round(given, exponent(currency))
        is_noise = abs(given - rounded) <= _NOISE * Decimal(1).scaleb(-exponent(currency))
    except (ArithmeticError, ValueError, TypeError):
        raise InputError("{text} is not an amount.", text=str(value)[:40]) from None
    return f"{rounded if is_noise else given:f}"


def require_unread(pages: int) -> None:
    """Stop a system whose pages do not end.

    Raises:
        OutsideError: so many pages are no ledger.
    """
    if pages > PAGES_MAX:
        raise OutsideError("The answers do not end.")
