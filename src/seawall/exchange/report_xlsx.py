"""A report as an Excel workbook: a summary, then one sheet for each table, figures as numbers.

Written in constant memory, row by row. Texts that could be read as formulas keep their characters and
carry Excel's own quote mark, so that editing the cell does not run them either.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from seawall.engine.kernel import pace
from seawall.engine.kernel.errors import InputError
from seawall.exchange.report_layout import Cell, Column, Gauge, Layout, Lines, Section, Table, Tiles
from seawall.exchange.report_table import width
from seawall.exchange.safe_cells import is_dangerous, printable

ROWS_MAX = 1_048_576
"""Rows of an Excel sheet."""
TEXT_MAX = 32_767
"""Characters of an Excel cell."""

_WIDTHS = {
    "text": 18, "words": 60, "money": 16, "exact": 16, "rate": 10, "days": 10, "count": 10, "number": 12, "index": 12,
    "date": 12,
}  # fmt: skip
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_EXCEL_DAY_0 = dt.date(1899, 12, 30)
_GAP = ("", "", None)


def rendered(layout: Layout) -> bytes:
    """The workbook's bytes; the same document gives the same bytes.

    Raises:
        InputError: a table has more rows than a sheet can hold.
    """
    import xlsxwriter  # noqa: PLC0415  # read only where a workbook is asked for

    stream = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": layout.title, "created": _EPOCH.replace(tzinfo=None)})
        formats = _Formats(book)
        first = _sheet_name(layout.title, set())
        _summary(_Sheet(book.add_worksheet(first), formats), layout)
        used = {first.lower()}
        for table in layout.tables:
            name = _sheet_name(table.title, used)
            used.add(name.lower())
            _table(_Sheet(book.add_worksheet(name), formats), table)
    return stream.getvalue()


class _Formats:
    """The cell formats of one workbook, made once."""

    def __init__(self, book: Any) -> None:
        self._book, self._made = book, dict[tuple[str, bool], Any]()
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.heading = book.add_format({"bold": True, "font_color": "#1f4e79"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.head = {
            right: book.add_format({
                "bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1, "align": "right" if right else "left",
            })
            for right in (False, True)
        }  # fmt: skip

    def of(self, kind: str, decimals: int, *, total: bool) -> Any:
        pattern = {
            "rate": "0.00%", "days": "0.0", "count": "#,##0", "number": "#,##0.00", "date": "yyyy-mm-dd",
            "index": "0.0000", "words": "@",
            "money": _money_pattern(decimals), "exact": _money_pattern(decimals), "quoted": "@", "text": "@",
        }[kind]  # fmt: skip
        key = (f"{kind}{decimals}", total)
        if key not in self._made:
            look: dict[str, Any] = {"num_format": pattern} | ({"bold": True, "top": 1} if total else {})
            self._made[key] = self._book.add_format(look | ({"quote_prefix": True} if kind == "quoted" else {}))
        return self._made[key]


def _money_pattern(decimals: int) -> str:
    places = "." + "0" * decimals if decimals else ""
    return f"#,##0{places};[Red]-#,##0{places}"


def _sheet_name(title: str, used: set[str]) -> str:
    """At most 31 characters, none that Excel forbids, unlike every other."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", title).strip("' ")[:28] or "sheet"
    name, number = plain, 2
    while name.lower() in used:
        name, number = f"{plain[:26]} {number}", number + 1
    return name


class _Sheet:
    """One sheet being written, row by row."""

    def __init__(self, sheet: Any, formats: _Formats) -> None:
        self.sheet, self.formats = sheet, formats

    def row(self, number: int, row: Sequence[Cell], columns: tuple[Column, ...], *, total: bool = False) -> None:
        for place, (value, column) in enumerate(zip(row, columns, strict=True)):
            self._cell(number, place, value, self._look(value, column.kind, total=total))

    def text(self, number: int, place: int, text: str, look: Any = None) -> None:
        if text:
            look = look or self._look(text, "text", total=False)
            self.sheet.write_string(number, place, printable(text)[:TEXT_MAX], look)

    def _cell(self, number: int, place: int, value: Cell, look: Any) -> None:
        if value is None:
            self.sheet.write_blank(number, place, None, look)
        elif isinstance(value, bool):
            self.sheet.write_boolean(number, place, value, look)
        elif isinstance(value, float | int | Decimal):
            self.sheet.write_number(number, place, value, look)
        elif isinstance(value, dt.date):
            self.sheet.write_number(number, place, (value - _EXCEL_DAY_0).days, look)
        else:
            self.text(number, place, value, look)

    def _look(self, value: Cell, kind: str, *, total: bool) -> Any:
        decimals = _decimals(value) if isinstance(value, Decimal) else 2
        if isinstance(value, str):
            kind = "quoted" if is_dangerous(value) else "text"
        return self.formats.of(kind, decimals, total=total)


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 2


def _summary(sheet: _Sheet, layout: Layout) -> None:
    sheet.sheet.set_column(0, 0, 28)
    sheet.sheet.set_column(1, 1, 44)
    sheet.sheet.hide_gridlines(2)
    heading = sheet.formats.heading
    rows: list[tuple[str, str, Any]] = [(layout.title, "", sheet.formats.title), (layout.subtitle, "", None)]
    rows += [(layout.warning, "", heading), (layout.lead, "", heading), _GAP]
    rows += [(label, text, None) for label, text in layout.facts]
    for section in layout.sections:
        rows += _words(section, heading)
    rows += [_GAP, (layout.footer, "", None)]
    for number, (left, right, look) in enumerate(rows):
        sheet.text(number, 0, left, look)
        sheet.text(number, 1, right)


def _words(section: Section, heading: Any) -> list[tuple[str, str, Any]]:
    """What a section that is no table puts on the summary: label, text, look."""
    if isinstance(section, Tiles):
        return [_GAP, *((tile.label, f"{tile.figure}  {tile.note}".strip(), None) for tile in section.tiles)]
    if isinstance(section, Gauge):
        return [(section.title, f"{section.rate_text}   {section.aim_text}", None)]
    if isinstance(section, Lines):
        return [_GAP, (section.title, "", heading), *((line, "", None) for line in section.lines)]
    return []


def _table(sheet: _Sheet, table: Table) -> None:
    count = len(table.rows) + (table.total is not None) + 1
    if count > ROWS_MAX:
        raise InputError(
            "{count} rows do not fit into one Excel sheet, which ends at {limit}.",
            hint="Choose csv or parquet.", code="sheet_full", count=count, limit=ROWS_MAX,
        )  # fmt: skip
    _paper(sheet.sheet, table)
    for number, column in enumerate(table.columns):
        sheet.text(0, number, column.title, sheet.formats.head[column.is_figure])
    for number, row in enumerate(table.rows, start=1):
        sheet.row(number, row, table.columns)
        pace.step()
    if table.total is not None:
        sheet.row(len(table.rows) + 1, table.total, table.columns, total=True)


def _paper(sheet: Any, table: Table) -> None:
    """Widths, frozen head, filter, and how the sheet prints."""
    for number, column in enumerate(table.columns):
        sheet.set_column(number, number, max(_WIDTHS[column.kind], min(40, width(column.title) + 2)))
    sheet.freeze_panes(1, 1)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")
