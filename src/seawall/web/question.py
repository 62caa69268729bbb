"""What a page is asked: the day, the currency, the entity, the scheme and the unit, all in the address."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from django.utils.translation import get_language

from seawall.engine.kernel.asof import month_end
from seawall.engine.kernel.errors import InputError, NotFound
from seawall.engine.kernel.money import exponent
from seawall.engine.ledger.scheme import Scheme
from seawall.web.numbers import UNITS, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Usual:
    """What holds where the address says nothing."""

    on: dt.date
    currency: str
    scheme: str
    by: Literal["due", "issue"]
    currencies: tuple[str, ...]
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One page's question. ``entity`` is empty for all the reader sees; ``currency`` for an empty store."""

    on: dt.date
    currency: str
    entity: str
    scheme: Scheme
    scheme_text: str
    unit: Unit
    usual: Usual

    def params(self, **changes: str) -> dict[str, str]:
        """What of the question is not usual, as an address carries it, with some of it changed."""
        said = {
            "as_of": self.on.isoformat() if self.on != self.usual.on else "",
            "currency": self.currency if self.currency != self.usual.currency else "",
            "entity": self.entity,
            "scheme": self.scheme_text if self.scheme_text != self.usual.scheme else "",
            "by": self.scheme.by if self.scheme.by != self.usual.by else "",
            "unit": str(self.unit.factor) if self.unit.factor != 1 else "",
        } | changes
        return {name: value for name, value in said.items() if value}

    def carried(self) -> str:
        """The same as the tail of an address, from its question mark on."""
        params = self.params()
        return f"?{urlencode(params)}" if params else ""

    def on_day(self, on: dt.date) -> Question:
        """The same question about another day."""
        return replace(self, on=on)

    @property
    def steps(self) -> dict[str, dt.date]:
        """The month ends on either side of the day, for one click back and forth."""
        before = self.on.replace(day=1) - dt.timedelta(days=1)
        end = month_end(self.on)
        return {"before": before, "after": end if end != self.on else month_end(end + dt.timedelta(days=1))}

    @property
    def units(self) -> list[Unit]:
        """The units the reader may choose from."""
        return [Unit(self.currency, int(factor)) for factor in UNITS[language()]]


def language() -> str:
    """The language in force, one of the two the product speaks."""
    return "zh-hans" if (get_language() or "").startswith("zh") else "en"


def asked(given: Mapping[str, Any], usual: Usual) -> Question:
    """The question in an address; what it leaves out is usual.

    Raises:
        InputError: a day that is none, or an unknown unit.
        UnknownCode: an unknown currency.
        UsageError: not a scheme.
        NotFound: an entity the reader does not see.
    """
    currency = str(given.get("currency") or usual.currency).upper()
    if currency:
        exponent(currency)
    entity = str(given.get("entity") or "")
    if entity and entity not in usual.entities:
        raise NotFound("There is no entity {entity}.", entity=entity)
    scheme_text = str(given.get("scheme") or usual.scheme)
    return Question(
        on=day_of(str(given.get("as_of") or ""), usual.on),
        currency=currency,
        entity=entity,
        scheme=Scheme.parse(scheme_text, str(given.get("by") or usual.by)),
        scheme_text=scheme_text,
        unit=Unit(currency, _factor(str(given.get("unit") or ""))),
        usual=usual,
    )


def day_of(text: str, usual: dt.date) -> dt.date:
    """A day such as ``2026-03-31``.

    Raises:
        InputError: not one.
    """
    if not text:
        return usual
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = dt.date.min
    if not 1950 <= day.year <= 2200:  # noqa: PLR2004
        raise InputError("{text} is not a day.", hint="Write days as 2026-03-31.", text=text)
    return day


def _factor(text: str) -> int:
    # Another language's unit in a shared address falls back to whole units, so the page still opens.
    return int(text) if text in UNITS[language()] else 1
