"""Tags and filters of the pages: figures in the reader's language, icons, and the "why?" button."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from seawall.web import numbers

register = template.Library()
ZERO = mark_safe('<span class="zero">0</span>')
DEEPEST = 6
"""Shades of age run from 0 to here."""

register.filter("percent", numbers.percent_text)
register.filter("days", numbers.days_text)
register.filter("day", numbers.day_text)
register.filter("day_short", numbers.day_short)
register.filter("moment", numbers.moment_text)
register.filter("bucket", numbers.bucket_text)


@register.filter
def money(minor: int | None, unit: numbers.Unit) -> SafeString | str:
    """An amount in the page's unit; zero is faint, less than zero carries a minus and the colour of danger."""
    if minor is None:
        return numbers.NOTHING
    if minor == 0:
        return ZERO
    text = unit.text(minor)
    return format_html('<span class="neg">{}</span>', text) if minor < 0 else text


@register.filter
def statement(minor: int | None, unit: numbers.Unit) -> SafeString | str:
    """An amount of a statement, where what is taken off is no danger: the sign says enough."""
    if minor is None:
        return numbers.NOTHING
    return unit.text(minor) if minor else ZERO


@register.filter
def number(value: float | None, decimals: int = 0) -> str:
    """A grouped number."""
    return numbers.NOTHING if value is None else numbers.decimal_text(value, decimals)


@register.filter
def at(mapping: Any, key: Any) -> Any:
    """``mapping[key]``, empty where it has none."""
    try:
        return mapping[key]
    except (KeyError, IndexError, TypeError):
        return ""


@register.filter
def iso(day: dt.date) -> str:
    """A day as forms and addresses write it."""
    return day.isoformat()


@register.simple_tag
def icon(name: str) -> SafeString:
    """One picture of the sprite; it says nothing by itself, the words stand beside it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', _sprite(), name)


@functools.cache
def _sprite() -> str:
    return static("seawall/icons.svg")


@register.simple_tag
def spark(values: Sequence[float | None]) -> SafeString | str:
    """A line of the last values, drawn on the server; the figure beside it says the last one."""
    known = [value for value in values if value is not None]
    if len(known) < 2:  # noqa: PLR2004
        return ""
    low, high = min(known), max(known)
    spread = (high - low) or 1.0
    step = 100 / (len(values) - 1)
    points = " ".join(
        f"{k * step:.2f},{23 - 20 * (value - low) / spread:.2f}" for k, value in enumerate(values) if value is not None
    )
    return format_html(
        '<svg class="sw-spark" viewBox="0 0 100 26" preserveAspectRatio="none" aria-hidden="true">'
        '<line x1="0" y1="25.500" x2="100" y2="25.500"></line><polyline points="{}"></polyline></svg>',
        points,
    )


@register.simple_tag
def age_bar(amounts: Sequence[int]) -> SafeString | str:
    """How an amount splits over the buckets, light to dark; the columns beside it say the same in figures."""
    whole = sum(amount for amount in amounts if amount > 0)
    if not whole:
        return ""
    parts, x = [], 0.0
    for k, amount in enumerate(amounts):
        if amount > 0:
            width = 100 * amount / whole
            parts.append((f"{x:.2f}", f"{width:.2f}", shade(k, len(amounts))))
            x += width
    rects = format_html_join("", '<rect x="{}" width="{}" height="10" class="a{}"></rect>', parts)
    return format_html(
        '<svg class="sw-agebar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{}</svg>', rects
    )


@register.simple_tag
def shade(index: int, count: int) -> int:
    """Which of the seven shades bucket ``index`` of ``count`` has."""
    return round(index * DEEPEST / max(1, count - 1))


@register.inclusion_tag("components/why.html", takes_context=True)
def why(context: template.Context, figure: str, **about: str) -> dict[str, str]:
    """The small button that opens the trace of one figure beside the page."""
    question = context.get("question")
    asked = urlencode({**(question.params() if question else {}), **about})
    return why_at(f"{reverse('why', args=[figure])}{'?' if asked else ''}{asked}")


@register.inclusion_tag("components/why.html")
def why_at(address: str) -> dict[str, str]:
    """The same button for a trace that has an address of its own."""
    return {"address": address}


@register.inclusion_tag("components/chart.html")
def chart(chart: Any) -> dict[str, Any]:
    """A drawn chart: its answer is its title, its figures stand below as a table."""
    return {"chart": chart}


@register.inclusion_tag("components/figure.html")
def figure(chart: Any) -> dict[str, Any]:
    """A chart inside another card, its answer as a small heading."""
    return {"chart": chart, "bare": True}
