"""A chart answers one question: its answer is its title, its figures stand in a table below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

INK = {"accent": "#0d5575", "danger": "#b02318", "faint": "#8494a0", "line": "#c8d2d9"}
AGES = ("#d5e5ed", "#b0cfde", "#86b4cb", "#5b97b5", "#34799c", "#175a7d", "#0a3a55")
"""The shades of age, light to dark; the style sheet has the same."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws: ``spec`` is plain data for charts.js, ``rows`` are for reading."""

    chart_id: str
    title: str
    spec: dict[str, Any]
    first: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    note: str = ""
    width: str = "sw-6"
    keys: Sequence[dict[str, Any]] = field(default_factory=tuple)
