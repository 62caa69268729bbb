"""A report as one self-contained HTML page: no script, nothing fetched, made to be printed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from seawall.exchange.report_layout import Cell, Chart, Column, Gauge, Layout, Lines, Section, Table, Tile, Tiles
from seawall.exchange.safe_cells import printable

_CHART = (720, 150)
"""Width and height of a chart, in CSS pixels."""


def rendered(layout: Layout) -> str:
    """The whole page."""
    style = files("seawall.exchange").joinpath("templates/report.css").read_text(encoding="utf-8")
    return "\n".join([
        f'<!doctype html>\n<html lang="{layout.language.tag}">\n<head>\n<meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(layout.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>",
        _head(layout),
        *(_section(section, layout) for section in layout.sections),
        f"<footer>{_text(layout.footer)}</footer>\n</main>\n</body>\n</html>\n",
    ])  # fmt: skip


def _text(text: str) -> str:
    return escape(printable(text))


def _head(layout: Layout) -> str:
    facts = "".join(f"<div><dt>{_text(label)}</dt><dd>{_text(text)}</dd></div>" for label, text in layout.facts)
    warning = f'<p class="warning">⚠ {_text(layout.warning)}</p>' if layout.warning else ""
    lead = f'<p class="lead">{_text(layout.lead)}</p>' if layout.lead else ""
    return (
        f"<header><h1>{_text(layout.title)}</h1><p class=subtitle>{_text(layout.subtitle)}</p></header>"
        f"{warning}{lead}<dl>{facts}</dl>"
    )


def _section(section: Section, layout: Layout) -> str:
    if isinstance(section, Table):
        return _table(section.without_empty_columns(), layout)
    if isinstance(section, Lines):
        lines = "".join(f"<li>{_text(line)}</li>" for line in section.lines)
        return f"<section><h2>{_text(section.title)}</h2><ul>{lines}</ul></section>"
    if isinstance(section, Tiles):
        return f'<section class="tiles">{"".join(map(_tile, section.tiles))}</section>'
    return _gauge(section) if isinstance(section, Gauge) else _chart(section)


def _tile(tile: Tile) -> str:
    label, figure, note = _text(tile.label), _text(tile.figure), _text(tile.note)
    return f"<div><span>{label}</span><strong>{figure}</strong><small>{note}</small></div>"


def _table(table: Table, layout: Layout) -> str:
    unit = layout.unit_of(table) if table.rows else ""
    title = f"<h2>{_text(table.title)}{f' <small>{_text(unit)}</small>' if unit else ''}</h2>"
    note = f'<p class="note">{_text(table.note)}</p>' if table.note else ""
    if not table.rows and table.empty:
        return f'<section>{title}<p class="empty">{_text(table.empty)}</p></section>'
    head = "".join(f"<th scope=col{_side(column)}>{_text(column.title)}</th>" for column in table.columns)
    head += "<th></th>" if table.bars else ""
    bars = [_bar(share) for share in table.bars] or [""] * len(table.rows)
    body = "".join(_row(row, table.columns, layout, bar) for row, bar in zip(table.rows, bars, strict=True))
    foot = _total(table, layout)
    return (
        f'<section>{title}<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody>{foot}</table></div>{note}</section>"
    )


def _row(row: Sequence[Cell], columns: tuple[Column, ...], layout: Layout, end: str = "") -> str:
    texts = [layout.text(value, column.kind) for value, column in zip(row, columns, strict=True)]
    cells = (f"<td{_side(column)}>{_text(text)}</td>" for text, column in zip(texts, columns, strict=True))
    return f"<tr>{''.join(cells)}{end}</tr>"


def _total(table: Table, layout: Layout) -> str:
    """The last row; what has no total stays blank."""
    if table.total is None:
        return ""
    said = [
        (column, "" if value is None else layout.text(value, column.kind))
        for value, column in zip(table.total, table.columns, strict=True)
    ]
    cells = (f"<td{_side(column)}>{_text(text)}</td>" for column, text in said)
    return f"<tfoot><tr>{''.join(cells)}</tr></tfoot>"


def _bar(share: float) -> str:
    return f'<td class=bar><i style="width:{share * 100:.1f}%"></i></td>'


def _side(column: Column) -> str:
    return " class=n" if column.is_figure else ""


def _gauge(gauge: Gauge) -> str:
    if gauge.rate is None:
        return f"<section><h2>{_text(gauge.title)}</h2><p class=empty>{_text(gauge.rate_text)}</p></section>"
    ends = gauge.ends_at
    reached, aim = max(0.0, gauge.rate / ends * 100), gauge.aim / ends * 100
    look = "over" if gauge.rate > gauge.aim else "within"
    return (
        f"<section class=gauge><h2>{_text(gauge.title)}</h2>"
        f'<svg viewBox="0 0 100 9" role="img" aria-label="{_text(gauge.rate_text)} / {_text(gauge.aim_text)}">'
        f'<rect width="100" height="4" y="1" rx="1" class="rail"/>'
        f'<rect width="{reached:.2f}" height="4" y="1" rx="1" class="{look}"/>'
        f'<rect x="{aim:.2f}" width=".4" height="6" class="aim"/></svg>'
        f"<p><strong>{_text(gauge.rate_text)}</strong> <span>┃ {_text(gauge.aim_text)}</span></p></section>"
    )


def _chart(chart: Chart) -> str:
    known = [value for value in chart.values if value is not None]
    if not known:
        return ""
    wide, high = _CHART
    top = max(known) or 1.0
    step = wide / max(1, len(chart.values) - 1)
    points = [
        (number * step, high - value / top * (high - 24))
        for number, value in enumerate(chart.values)
        if value is not None
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f"<section class=chart><h2>{_text(chart.title)}</h2>"
        f'<svg viewBox="-4 -14 {wide + 90} {high + 36}" role="img" aria-label="{_text(chart.title)}">'
        f'<polygon points="{points[0][0]:.1f},{high} {line} {points[-1][0]:.1f},{high}"/>'
        f'<line x1="0" x2="{wide}" y1="{high}" y2="{high}" class="axis"/><polyline points="{line}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
        f'<text x="{x + 8:.1f}" y="{y + 4:.1f}">{_text(chart.texts[-1])}</text>'
        f'<text x="0" y="{high + 18}" class="axis">{_text(chart.labels[0])}</text>'
        f'<text x="{wide}" y="{high + 18}" text-anchor="end" class="axis">{_text(chart.labels[-1])}</text>'
        "</svg></section>"
    )
