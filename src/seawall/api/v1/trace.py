"""Why a figure is what it is, as the API answers it: a tree of steps down to policies and source rows."""

from __future__ import annotations

from ninja import Schema


class TraceFormula(Schema):
    """How a step was worked out of its inputs."""

    id: str
    title: str
    reference: str


class TraceSource(Schema):
    """Where a leaf comes from: a policy, a table, a row of a file, an exchange rate."""

    kind: str
    name: str
    at: str
    note: str


class Trace(Schema):
    """One step; money is in whole minor units. `formula` and `inputs` where it was worked out, `source` of a leaf."""

    label: str
    value: int | float | str | None
    unit: str
    params: dict[str, str] = {}
    currency: str = ""
    formula: TraceFormula | None = None
    inputs: list[Trace] = []
    source: TraceSource | None = None
