"""A report as a PDF, set by typst. The document goes in as data; no text of a user ever becomes source."""

from __future__ import annotations

import datetime as dt
import json
import os
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from seawall.engine.kernel.errors import OutsideError
from seawall.exchange.report_layout import Chart, Column, Gauge, Layout, Lines, Section, Table, Tiles
from seawall.exchange.safe_cells import printable

FONT_FOLDER = "SEAWALL_FONTS"
"""Environment variable naming a folder of fonts that is searched first."""

LATIN_ONLY = "Libertinus Serif"
"""Comes with typst; one that is not there would be a warning."""

FAMILIES = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", "Noto Sans")
LONG_TEXT = 24
"""Characters from which a text may wrap."""
PAGES_MAX_ROWS = 5_000
"""Rows of one table in a PDF: beyond this nobody reads it, and the other formats hold all of it."""


def rendered(layout: Layout, *, drawn_on: dt.date) -> bytes:
    """The PDF's bytes. ``drawn_on`` is the day written into the file: the same document gives the same bytes.

    Raises:
        OutsideError: typst could not set it.
    """
    stamp = dt.datetime(drawn_on.year, drawn_on.month, drawn_on.day, tzinfo=dt.UTC)
    made: bytes = _set(layout, "pdf", timestamp=int(stamp.timestamp()))
    return made


def pictures(layout: Layout, *, ppi: int = 110) -> list[bytes]:
    """Each page as a PNG, for looking at.

    Raises:
        OutsideError: typst could not set it.
    """
    drawn = _set(layout, "png", ppi=ppi)
    return drawn if isinstance(drawn, list) else [drawn]


def font_folders() -> list[str]:
    """Where fonts are looked for before the system's: the setting, then the font package."""
    asked = os.environ.get(FONT_FOLDER, "")
    package = find_spec("manimgx_fonts_cjk")
    shipped = [str(Path(package.origin).parent)] if package and package.origin else []
    return [folder for folder in [asked, *shipped] if folder]


def _set(layout: Layout, form: Literal["pdf", "png"], **options: Any) -> Any:
    import typst  # noqa: PLC0415  # read only where a PDF is asked for

    template = files("seawall.exchange").joinpath("templates/report.typ").read_bytes()
    data = {"data": json.dumps(document(layout), ensure_ascii=False)}
    fonts = _fonts(*font_folders())
    try:
        return typst.compile(template, format=form, font_paths=fonts, sys_inputs=data, **options)
    except typst.TypstError as error:
        raise OutsideError("The PDF could not be set: {reason}", reason=str(error)) from error


@cache
def _fonts(*folders: str) -> Any:
    """The fonts there are, looked for once: that holds up everybody in the process, and takes as long as a page."""
    import typst  # noqa: PLC0415

    return typst.Fonts(font_paths=list(folders))


def families() -> list[str]:
    """The families there are, of those that hold both Latin and Chinese, the best first."""
    there = set(_fonts(*font_folders()).families())
    return [name for name in FAMILIES if name in there]


def document(layout: Layout) -> dict[str, Any]:
    """The layout as the template reads it: every figure already a text in the reader's language."""
    say = layout.language.say
    return {
        "title": printable(layout.title), "subtitle": printable(layout.subtitle), "lang": layout.language.code,
        "fonts": families() or [LATIN_ONLY],
        "facts": [[printable(label), printable(text)] for label, text in layout.facts],
        "lead": layout.lead, "warning": printable(layout.warning), "footer": printable(layout.footer),
        "page": say("Page {page} of {pages}", page="{page}", pages="{pages}"),
        "sections": [_section(section, layout) for section in layout.sections],
    }  # fmt: skip


def _section(section: Section, layout: Layout) -> dict[str, Any]:
    if isinstance(section, Table):
        return _table(section.without_empty_columns(), layout)
    if isinstance(section, Lines):
        return {"is": "lines", "title": section.title, "lines": [printable(line) for line in section.lines]}
    if isinstance(section, Tiles):
        return {"is": "tiles", "tiles": [[tile.label, tile.figure, tile.note] for tile in section.tiles]}
    if isinstance(section, Gauge):
        return _gauge(section)
    return _chart(section)


def _table(table: Table, layout: Layout) -> dict[str, Any]:
    shown = table.rows[:PAGES_MAX_ROWS]
    note = table.note
    if len(table.rows) > len(shown):
        cut = layout.language.say("The first {shown} of {all} rows.", shown=len(shown), all=len(table.rows))
        note = f"{cut} {note}".strip()
    return {
        "is": "table", "title": table.title, "unit": layout.unit_of(table) if shown else "",
        "note": note, "empty": table.empty,
        "heads": [column.title for column in table.columns],
        "figures": [column.is_figure for column in table.columns],
        "widths": _widths(table), "bars": table.bars[: len(shown)],
        "rows": [_row(row, table.columns, layout) for row in shown],
        "total": None if table.total is None else _row(table.total, table.columns, layout, total=True),
    }  # fmt: skip


def _widths(table: Table) -> list[int]:
    """Shares of the room that is left, by column; 0 = only what it needs.

    Prose takes most, then long names; where there is neither, figures spread evenly over the page.
    """
    shares = [_share(column, number, table) for number, column in enumerate(table.columns)]
    if any(shares) or table.bars:
        return shares
    return [1 if column.is_figure and column.kind != "count" else 0 for column in table.columns]


def _share(column: Column, number: int, table: Table) -> int:
    if column.kind == "words":
        return 5
    long = max((len(str(row[number] or "")) for row in table.rows[:PAGES_MAX_ROWS]), default=0) > LONG_TEXT
    return 3 if column.kind == "text" and long else 0


def _row(row: Any, columns: tuple[Column, ...], layout: Layout, *, total: bool = False) -> list[str]:
    return [
        "" if value is None and total else printable(layout.text(value, column.kind))
        for value, column in zip(row, columns, strict=True)
    ]


def _gauge(gauge: Gauge) -> dict[str, Any]:
    rate = gauge.rate if gauge.rate is not None else 0.0
    return {
        "is": "gauge", "title": gauge.title, "rate": max(0.0, rate) / gauge.ends_at, "aim": gauge.aim / gauge.ends_at,
        "over": rate > gauge.aim, "rate_text": gauge.rate_text, "aim_text": gauge.aim_text,
        "known": gauge.rate is not None,
    }  # fmt: skip


def _chart(chart: Chart) -> dict[str, Any]:
    known = [value for value in chart.values if value is not None]
    top = max(known, default=1.0) or 1.0
    first, last = (chart.texts[0], chart.texts[-1]) if chart.texts else ("", "")
    return {
        "is": "chart", "title": chart.title, "labels": chart.labels, "first": first, "last": last,
        "values": [None if value is None else max(0.0, value) / top for value in chart.values], "known": bool(known),
    }  # fmt: skip
