"""What stands on the page of a report, before any file format: sentences, figures, charts and tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, TypeAlias

from seawall.exchange.language import NOTHING, Language, Scale

Kind = Literal["text", "words", "money", "exact", "rate", "days", "count", "number", "index", "date"]
"""``money`` is shown in the page's scale (元 or 万元); ``exact`` always to the cent; ``words`` is prose, never cut."""

Cell: TypeAlias = str | int | float | Decimal | dt.date | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its stable key, its title in the reader's language, what it holds."""

    key: str
    title: str
    kind: Kind = "text"

    @property
    def is_figure(self) -> bool:
        """Figures stand right-aligned under each other."""
        return self.kind not in ("text", "words", "date")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; ``total`` is set apart below them; ``empty`` is said where there are no rows.

    ``bars`` gives each row a length (per one) to be drawn beside it.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] | None = None
    note: str = ""
    empty: str = ""
    bars: tuple[float, ...] = ()

    def without_empty_columns(self) -> Table:
        """The table as people see it: a column that says nothing in any row is left out."""
        cells = [self.total or (None,) * len(self.columns), *self.rows]
        kept = [place for place in range(len(self.columns)) if any(row[place] is not None for row in cells)]
        return self._only(kept) if self.rows else self

    def without(self, *keys: str) -> Table:
        """The table without the columns of these keys."""
        return self._only([place for place, column in enumerate(self.columns) if column.key not in keys])

    def in_order(self, *keys: str) -> Table:
        """The table with the columns of these keys only, in this order."""
        places = {column.key: place for place, column in enumerate(self.columns)}
        return self._only([places[key] for key in keys])

    def _only(self, kept: Sequence[int]) -> Table:
        total = None if self.total is None else [self.total[place] for place in kept]
        rows = [[row[place] for place in kept] for row in self.rows]
        return replace(self, columns=tuple(self.columns[place] for place in kept), rows=rows, total=total)


@dataclass(frozen=True, slots=True)
class Lines:
    """A heading and sentences under it."""

    name: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """One headline figure: what it is, the figure, a few words beside it."""

    label: str
    figure: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    """The figures one looks at first."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Gauge:
    """Where a rate stands against its aim; ``ends_at`` is the right end of the scale."""

    title: str
    rate: float | None
    aim: float
    rate_text: str
    aim_text: str

    @property
    def ends_at(self) -> float:
        """The right end of the scale: twice the aim, or further where the rate is."""
        return max(self.aim * 2, (self.rate or 0) * 1.1)


@dataclass(frozen=True, slots=True)
class Chart:
    """One line over months; the title is the answer it gives."""

    name: str
    title: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    texts: tuple[str, ...]


Section: TypeAlias = Table | Lines | Tiles | Gauge | Chart


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole document in one language. ``facts`` is its head: what it is about and where it comes from."""

    name: str
    title: str
    subtitle: str
    language: Language
    scale: Scale
    facts: tuple[tuple[str, str], ...] = ()
    lead: str = ""
    warning: str = ""
    sections: tuple[Section, ...] = field(default=())
    footer: str = ""
    currency: str = ""

    def unit_of(self, table: Table) -> str:
        """What the amounts of a table are in: said once above it; empty where each row says it, or none has any."""
        kinds = {column.kind for column in table.columns}
        if "money" in kinds:
            return self.scale.title
        named = any(column.key == "currency" for column in table.columns)
        return self.language.unit(self.currency) if "exact" in kinds and self.currency and not named else ""

    @property
    def tables(self) -> list[Table]:
        """The tables, in order: all that a CSV or a spreadsheet holds."""
        return [section for section in self.sections if isinstance(section, Table)]

    def text(self, value: Cell, kind: Kind) -> str:
        """A cell as people read it."""
        if value is None:
            return "" if kind in ("text", "words", "exact") else NOTHING
        if kind in _FIGURES and isinstance(value, int | float | Decimal):
            return self._figure(value, kind)
        if isinstance(value, bool):
            return self.language.say("yes") if value else self.language.say("no")
        return value.isoformat() if isinstance(value, dt.date) else str(value)

    def _figure(self, value: float | Decimal, kind: Kind) -> str:
        say = self.language
        if kind in ("money", "exact") and not value:
            return "0"
        if kind == "rate":
            return say.percent(float(value))
        if kind == "money":
            return say.number(Decimal(str(value)) / self.scale.divisor, self.scale.places)
        places = -_exponent(value) if kind == "exact" else {"days": 1, "number": 2, "index": 4}.get(kind, 0)
        return say.number(value, places)


_FIGURES = ("money", "exact", "rate", "days", "count", "number", "index")


def _exponent(value: float | Decimal) -> int:
    exponent = Decimal(str(value)).as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
