"""Lists in pieces: how to sort, where a piece begins, and files of the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.money import Money
from seawall.exchange import report_xlsx
from seawall.exchange.language import Scale
from seawall.exchange.report_layout import Cell, Layout, Table
from seawall.exchange.safe_cells import csv_text
from seawall.web import numbers, words
from seawall.web.reader import Reader, changed
from seawall.web.views import beside

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

PAGE = 100
"""Rows of a piece."""

SEARCH_MAX = 100


@dataclass(frozen=True, slots=True)
class Pager:
    """Words on where the reader is, and the addresses of the pieces on either side."""

    words: str
    before: str
    after: str


def sought(reader: Reader) -> str:
    """What is searched for.

    Raises:
        InputError: it is too long.
    """
    text = reader.request.GET.get("q", "").strip()
    if len(text) > SEARCH_MAX:
        raise InputError("Search for at most {most} characters.", most=SEARCH_MAX)
    return text


def row_number(text: str) -> int | None:
    """The number of a row as an address or a form names it; None where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 17 else None  # noqa: PLR2004 - as they go


def piece(reader: Reader, total: int, *, size: int = PAGE) -> tuple[int, Pager]:
    """Where the asked piece begins, and how to go on."""
    given = reader.request.GET.get("after", "")
    if given and not (given.isascii() and given.isdigit() and len(given) < 10):  # noqa: PLR2004
        raise InputError("{text} is not a place in a list.", text=given)
    start = min(int(given or 0), max(0, total - 1))
    end = min(total, start + size)
    shown = _("{first}–{last} of {total}").format(
        first=numbers.decimal_text(start + 1 if total else 0, 0),
        last=numbers.decimal_text(end, 0),
        total=numbers.decimal_text(total, 0),
    )
    before = _at(reader, max(0, start - size)) if start else ""
    return start, Pager(shown, before, _at(reader, end) if end < total else "")


def _at(reader: Reader, start: int) -> str:
    return changed(reader, after=str(start)) or "after=0"


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading; ``query`` sorts by it."""

    words: str
    num: bool
    query: str
    sorted: str


def headings(reader: Reader, columns: Sequence[tuple[str, str, bool]], *, usual: str) -> tuple[str, list[Heading]]:
    """The column to sort by (``-`` in front = descending) and the headings; figures sort largest first.

    Raises:
        InputError: the address asks to sort by none of the columns.
    """
    asked = reader.request.GET.get("sort", "") or usual
    if asked.removeprefix("-") not in {key for key, _words, _num in columns}:
        raise InputError("{text} is not a column to sort by.", text=asked)
    made = []
    for key, title, num in columns:
        first = f"-{key}" if num else key
        other = key if num else f"-{key}"
        here = asked.removeprefix("-") == key
        direction = "" if not here else "descending" if asked.startswith("-") else "ascending"
        made.append(Heading(title, num, changed(reader, sort=other if asked == first else first), direction))
    return asked, made


def ordered(rows: pl.DataFrame, asked: str, tie: str) -> pl.DataFrame:
    """Rows in the asked order; equals in the order of ``tie``."""
    return rows.sort(asked.removeprefix("-"), tie, descending=[asked.startswith("-"), False], nulls_last=True)


def exports(reader: Reader) -> dict[str, Any]:
    """Addresses of the same rows as files, and the views saved of this page."""
    here = getattr(reader.request.resolver_match, "url_name", "")
    return {kind: "?" + changed(reader, export=kind) for kind in ("csv", "xlsx")} | {"views": beside(reader, here)}


def exported(reader: Reader, table: Table, title: str, *more: Table) -> HttpResponse:
    """The rows a page shows, all of them, as the file asked for; amounts in full units.

    ``more``: further tables of the page. A workbook has a sheet for each; in CSV each stands under its title.

    Raises:
        InputError: neither CSV nor XLSX.
    """
    kind, question = reader.request.GET["export"], reader.question
    name = f"seawall-{table.name}-{question.on.isoformat()}"
    if kind == "csv":
        text = "\ufeff" + (_csv(table) if not more else "\r\n".join(map(_titled_csv, (table, *more))))
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    elif kind == "xlsx":
        kind_of = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        response = HttpResponse(report_xlsx.rendered(_layout(reader, (table, *more), title)), content_type=kind_of)
    else:
        raise InputError("There is no export as {text}.", hint="Choose csv or xlsx.", text=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _csv(table: Table) -> str:
    return csv_text([column.title for column in table.columns], _all_rows(table))


def _titled_csv(table: Table) -> str:
    return csv_text([table.title], []) + _csv(table)


def _all_rows(table: Table) -> list[Sequence[Cell]]:
    return [*table.rows, *([table.total] if table.total else [])]


def _layout(reader: Reader, tables: tuple[Table, ...], title: str) -> Layout:
    question = reader.question
    facts = [
        (_("As of"), numbers.day_text(question.on)),
        (_("Currency"), question.currency),
        (_("Entity"), question.entity or _("all I see")),
        (_("Address"), reader.request.path + "?" + urlencode(reader.request.GET.dict())),
    ]
    if reader.about.is_demo:
        facts.append((_("Note"), _("Demonstration: this company, its customers and its figures are invented.")))
    return Layout(
        name=tables[0].name,
        title=title,
        subtitle=reader.about.name,
        language=words.language(),
        scale=Scale(1, 2, question.currency),
        facts=tuple(facts),
        sections=tables,
    )


def amount_cells(row: dict[str, Any], names: Sequence[str], currency: str) -> list[Cell]:
    """Amounts of a row in full units, for a file."""
    return [Money(row[name], currency).decimal for name in names]
