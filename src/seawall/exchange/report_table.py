"""A report in a terminal: aligned columns, also where wide Chinese characters stand in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from seawall.exchange.report_layout import Chart, Column, Gauge, Layout, Lines, Section, Table, Tiles
from seawall.exchange.safe_cells import printable

TEXT_WIDTH_MAX = 40
"""A longer text is cut, with an ellipsis: a terminal line is short, the other formats hold all of it."""

_BARS = "▁▂▃▄▅▆▇█"
_GAUGE_WIDTH = 40


def width(text: str) -> int:
    """Columns of a terminal the text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def rendered(layout: Layout) -> str:
    """The whole document as text."""
    blocks = [_head(layout), *([f"! {layout.warning}"] if layout.warning else []), layout.lead]
    blocks += [_section(section, layout) for section in layout.sections]
    return "\n\n".join(block for block in [*blocks, layout.footer] if block) + "\n"


def aligned(columns: Sequence[Column], lines: Sequence[Sequence[str]], *, rules: Iterable[int] = ()) -> str:
    """Texts under their titles, figures to the right, with a rule before each line number in ``rules``."""
    cells = [
        [column.title for column in columns],
        *([_fit(text, column) for text, column in zip(line, columns, strict=True)] for line in lines),
    ]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    texts = [
        "  ".join(
            _pad(text, size, right=column.is_figure) for text, size, column in zip(line, widths, columns, strict=True)
        )
        for line in cells
    ]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    marks = {0, *rules}
    body = [[rule, text] if number in marks else [text] for number, text in enumerate(texts[1:])]
    return "\n".join(line.rstrip() for line in [texts[0], *(part for parts in body for part in parts)])


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _fit(text: str, column: Column) -> str:
    text = " ".join(printable(text).split())
    if column.kind == "words" or width(text) <= TEXT_WIDTH_MAX:
        return text
    used, kept = 0, []
    for character in text:
        used += _width(character)
        if used >= TEXT_WIDTH_MAX:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _pad(text: str, size: int, *, right: bool) -> str:
    space = " " * (size - width(text))
    return space + text if right else text + space


def _head(layout: Layout) -> str:
    title = "  ".join(part for part in (layout.title, layout.subtitle) if part)
    label = max((width(name) for name, _ in layout.facts), default=0)
    facts = [f"{_pad(name, label, right=False)}  {text}" for name, text in layout.facts]
    return "\n".join([title, "═" * width(title), *facts])


def _section(section: Section, layout: Layout) -> str:
    if isinstance(section, Table):
        return _table(section.without_empty_columns(), layout)
    if isinstance(section, Lines):
        return "\n".join([section.title, *(f"  {line}" for line in section.lines)])
    if isinstance(section, Tiles):
        return _tiles(section)
    return _gauge(section) if isinstance(section, Gauge) else _chart(section)


def _table(table: Table, layout: Layout) -> str:
    if not table.rows and table.empty:
        return f"{table.title}\n  {table.empty}"
    lines = [
        [layout.text(value, column.kind) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    rules = []
    if table.total is not None:
        rules = [len(lines)]
        lines.append([
            "" if value is None else layout.text(value, column.kind)
            for value, column in zip(table.total, table.columns, strict=True)
        ])  # fmt: skip
    unit = layout.unit_of(table)
    parts = [f"{table.title} ({unit})" if unit else table.title, aligned(table.columns, lines, rules=rules), table.note]
    return "\n".join(part for part in parts if part)


def _tiles(tiles: Tiles) -> str:
    label = max(width(tile.label) for tile in tiles.tiles)
    figure = max(width(tile.figure) for tile in tiles.tiles)
    return "\n".join(
        f"{_pad(tile.label, label, right=False)}  {_pad(tile.figure, figure, right=True)}  {tile.note}".rstrip()
        for tile in tiles.tiles
    )


def _gauge(gauge: Gauge) -> str:
    if gauge.rate is None:
        return ""
    filled = min(_GAUGE_WIDTH, max(0, round(gauge.rate / gauge.ends_at * _GAUGE_WIDTH)))
    aim = min(_GAUGE_WIDTH - 1, round(gauge.aim / gauge.ends_at * _GAUGE_WIDTH))
    bar = list("█" * filled + "░" * (_GAUGE_WIDTH - filled))
    bar[aim] = "┃"
    return f"{gauge.title}\n  {''.join(bar)}  {gauge.rate_text}  ┃ {gauge.aim_text}"


def _chart(chart: Chart) -> str:
    known = [value for value in chart.values if value is not None]
    if not known:
        return ""
    low, high = min(0.0, *known), max(known)
    steps = len(_BARS) - 1
    bars = "".join(
        " " if value is None else _BARS[round((value - low) / (high - low) * steps) if high > low else 0]
        for value in chart.values
    )
    ends = [text for text in (chart.texts[0], chart.texts[-1]) if text]
    return f"{chart.title}\n  {chart.labels[0]} {bars} {chart.labels[-1]}   {' → '.join(ends)}"


def side_by_side(pairs: Iterable[tuple[str, str]]) -> str:
    """Name and value lines, the values under each other."""
    rows = list(pairs)
    size = max((width(name) for name, _ in rows), default=0)
    return "\n".join(f"{_pad(name, size, right=False)}  {value}".rstrip() for name, value in rows)
