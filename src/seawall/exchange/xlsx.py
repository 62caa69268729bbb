"""Workbooks to raw tables: sheets named like the canonical tables, every cell as the text a person would see."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl
import python_calamine

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.exchange import limits
from seawall.exchange.csv import RawTable, check_headers, clean_header, has_headers, no_headers, unique_names
from seawall.exchange.sources import TABLE_NAMES
from seawall.exchange.xlsx_guard import check_workbook

_WHOLE = 10**15
"""Up to here a floating-point number without a fraction is shown as one."""


def read_xlsx(data: bytes, *, file: str, stem: str) -> list[RawTable]:
    """The canonical tables of a workbook: sheets of their names, or its only sheet if the file has such a name.

    Raises:
        FileRejected: it is no safe workbook, or no sheet has the name of a table.
    """
    workbook = opened(data, file)
    names = {clean_header(name): name for name in workbook.sheet_names}
    wanted = {table: names[table] for table in TABLE_NAMES if table in names}
    if not wanted and len(names) == 1 and stem in TABLE_NAMES:
        wanted = {stem: workbook.sheet_names[0]}
    if not wanted:
        raise FileRejected(
            "{file}: no sheet is named like a table of a ledger.",
            hint="Name the sheets items, customers and so on, or give a mapping for the file.",
            where=Where(file), code="file_name", file=file,
        )  # fmt: skip
    return [read_sheet(workbook, sheet, file=file, table=table) for table, sheet in wanted.items()]


def opened(data: bytes, file: str) -> python_calamine.CalamineWorkbook:
    """A workbook that has been looked into.

    Raises:
        FileRejected: it is no safe workbook.
    """
    check_workbook(data, file=file)
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise _broken(file, error) from None


def first_lines(data: bytes, *, file: str, count: int) -> list[list[str]]:
    """The first lines of a workbook's first sheet, as a person would see them.

    Raises:
        FileRejected: it is no safe workbook.
    """
    workbook = opened(data, file)
    try:
        rows = workbook.get_sheet_by_name(workbook.sheet_names[0]).to_python(skip_empty_area=False, nrows=count)
    except (python_calamine.CalamineError, ValueError) as error:
        raise _broken(file, error) from None
    return [[_text(cell) for cell in row] for row in rows]


def read_sheet(
    workbook: python_calamine.CalamineWorkbook,
    sheet: str,
    *,
    file: str,
    table: str,
    headers: Sequence[Sequence[str]] = (),
) -> RawTable:
    """One sheet; the header line holds one of each of ``headers``, none given: it is the first that is not blank.

    Raises:
        FileRejected: the sheet is damaged, or has no such header line.
    """
    try:
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, ValueError) as error:
        raise _broken(file, error) from None
    at = _header_at(rows, headers, file)
    names = [_text(cell) for cell in rows[at]]
    while names and not names[-1].strip():
        names.pop()
    check_headers(names, file)
    body = rows[at + 1 :]
    columns = list(zip(*body, strict=True)) if body else [()] * len(names)
    frame = pl.DataFrame(
        {name: _texts(columns[place]) for place, name in enumerate(unique_names(names))}
        | {"source_row": pl.Series(range(1, len(body) + 1), dtype=pl.Int64)}
    )
    return RawTable(table, file, frame)


def _header_at(rows: list[list[Any]], headers: Sequence[Sequence[str]], file: str) -> int:
    for at, row in enumerate(rows[: limits.HEADER_WITHIN]):
        if has_headers(map(_text, row), headers):
            return at
    raise no_headers(headers, file)


def _texts(cells: Sequence[Any]) -> pl.Series:
    if {type(cell) for cell in cells} <= {str}:
        return pl.Series(cells, dtype=pl.String)
    return pl.Series([cell if type(cell) is str else _text(cell) for cell in cells], dtype=pl.String)


def _text(cell: Any) -> str:
    """A cell as a person sees it: 1001 and not 1001.0, fifteen digits at most, a day as 2026-03-31."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        if cell == cell // 1 and abs(cell) < _WHOLE:
            return str(int(cell))
        return format(Decimal(f"{cell:.15g}"), "f")
    if isinstance(cell, dt.datetime) and cell.time() == dt.time.min:
        return cell.date().isoformat()
    return str(cell)


def _broken(file: str, error: Exception) -> FileRejected:
    return FileRejected(
        "{file} cannot be read as a workbook: {reason}.",
        where=Where(file), code="broken_table", file=file, reason=str(error)[:200],
    )  # fmt: skip
