"""A mapping says how a company's own file becomes the canonical tables: by header, never by position.

Here is what it can say; ``mapping_reader`` reads it from YAML, ``mapping_apply`` puts it to work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from seawall.engine.ledger.facts import Basis
from seawall.exchange.formats import NumberForm
from seawall.exchange.tables import FIELDS

Headers = tuple[str, ...]
"""Names a column may have; the first that the file has is read."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where the text of a cell comes from: a column, a constant, or several joined; then perhaps translated."""

    headers: Headers = ()
    constant: str | None = None
    join: tuple[Cell, ...] = ()
    between: str = ""
    values: dict[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    """For values not listed: a text, ``keep``, or None to reject them."""


@dataclass(frozen=True, slots=True)
class Test:
    """Which rows are meant: a column is empty, is one of these, or begins with one of these."""

    cell: Cell
    one_of: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """A mark for debit or credit: S and H, D and C, 借 and 贷."""

    cell: Cell
    debit: tuple[str, ...]
    credit: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of a row: by a value, else by its side."""

    cell: Cell | None
    values: dict[str, str]
    debit: str | None
    credit: str | None


@dataclass(frozen=True, slots=True)
class Amount:
    """One column, or one for each side; and what a negative amount means.

    ``reject``; ``other_side`` of where the row would stand; ``credit``: a minus says what the mark says too.
    """

    cell: Cell | None = None
    debit: Cell | None = None
    credit: Cell | None = None
    negative: Literal["reject", "other_side", "credit"] = "reject"


@dataclass(frozen=True, slots=True)
class Settled:
    """A day in the row on which it was settled in full: it yields a receipt and its allocation."""

    on: Cell
    kind: str
    number: Cell


@dataclass(frozen=True, slots=True)
class Cleared:
    """A clearing document in the row: what it shares with the other side settled each other on its day."""

    on: Cell
    by: Cell


@dataclass(frozen=True)
class Mapping:
    """One layout of a file, and what it becomes."""

    id: str
    title: str
    title_zh: str = ""
    is_verified: bool = True
    headers_from: str = ""
    digest: str = ""
    basis: Basis = "full_ledger"
    list_date_form: str = ""
    """The form of the day in the file's name, such as ``YYYY-MM-DD``."""

    encoding: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    sheet: str | None = None
    dates: tuple[str, ...] = ()
    """Patterns for ``strptime``, tried in turn after 2026-03-31."""

    numbers: NumberForm = field(default_factory=NumberForm)
    is_once: bool = False
    """Rows that say the same in every column read are one: a document that stands there once for each of its lines."""

    skip: tuple[Test, ...] = ()
    totals: tuple[Test, ...] = ()
    control_total: str = ""
    items: dict[str, Cell] = field(default_factory=dict)
    amount: Amount | None = None
    open_amount: Amount | None = None
    side: Side | None = None
    kind: Kind | None = None
    disputed: Test | None = None
    settled: Settled | None = None
    cleared: Cleared | None = None
    others: dict[str, dict[str, Cell]] = field(default_factory=dict)
    """Other canonical tables taken from the same rows; customers once for each code."""

    @property
    def needed(self) -> tuple[Headers, ...]:
        """For each column that must be there, the names it may have: the header line holds one of each."""
        cells = [cell for name, cell in self.items.items() if FIELDS["items"][name].required]
        amount = self.amount or Amount()
        cells += [cell for cell in (amount.cell, amount.debit, amount.credit) if cell]
        for table, columns in self.others.items():
            if not self.items:
                cells += [cell for name, cell in columns.items() if FIELDS[table][name].required]
        return tuple(headers for cell in cells for headers in _headers(cell))

    @property
    def columns(self) -> tuple[Headers, ...]:
        """Every column it reads, each by the names it may have."""
        sides = [rule.cell for rule in (self.side, self.kind, self.disputed) if rule and rule.cell]
        amounts = [
            cell for each in (self.amount, self.open_amount) if each for cell in (each.cell, each.debit, each.credit)
        ]
        rules = [self.settled and self.settled.on, self.cleared and self.cleared.on, *amounts]
        others = [cell for columns in self.others.values() for cell in columns.values()]
        cells = [*self.items.values(), *others, *sides, *(cell for cell in rules if cell)]
        return tuple(dict.fromkeys(headers for cell in cells for headers in _headers(cell)))


def _headers(cell: Cell) -> Iterator[Headers]:
    if cell.headers:
        yield cell.headers
    for part in cell.join:
        yield from _headers(part)
