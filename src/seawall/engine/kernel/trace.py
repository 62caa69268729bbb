"""Every figure explains itself: a tree of steps from the figure down to policies, tables and source rows.

A step names the formula that made its value from its inputs; a leaf names where its value comes from. The
formulas are plain functions under stable names, so a trace can be read back and worked out again from its
leaves: the law is that this gives the printed figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from seawall.engine.kernel.errors import Broken

Value: TypeAlias = int | float | str | None
Work: TypeAlias = Callable[[Sequence[Any]], Value]


@dataclass(frozen=True, slots=True)
class Formula:
    """A named way to make one value of several: ``title`` is a message to translate, ``reference`` its source."""

    formula_id: str
    title: str
    reference: str
    work: Work


FORMULAS: dict[str, Formula] = {}


def formula(formula_id: str, title: str, reference: str = "") -> Callable[[Work], Work]:
    """Register a function from the values of a step's inputs to its value."""

    def register(work: Work) -> Work:
        FORMULAS[formula_id] = Formula(formula_id, title, reference, work)
        return work

    return register


@dataclass(frozen=True, slots=True)
class Source:
    """Where a leaf comes from. ``kind``: policy (name, day), table (name, row), row (file, row), rate (source, day)."""

    kind: str
    name: str
    at: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One value with what it was made of. ``label`` is a message to translate, filled with ``params``."""

    label: str
    value: Value
    unit: str
    """money (whole minor units of ``currency``), rate, days, count, number or text."""
    currency: str = ""
    formula_id: str = ""
    inputs: tuple[Step, ...] = ()
    source: Source | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The label in English, parameters filled in."""
        return self.label.format(**self.params) if self.params else self.label

    def leaves(self) -> Iterator[Step]:
        """Every step without inputs, left to right."""
        if not self.inputs:
            yield self
        for step in self.inputs:
            yield from step.leaves()

    def as_json(self) -> dict[str, Any]:
        """The tree as plain data; numbers stay numbers, so nothing is lost in printing."""
        out: dict[str, Any] = {"label": self.label, "value": self.value, "unit": self.unit}
        if self.params:
            out["params"] = dict(self.params)
        if self.currency:
            out["currency"] = self.currency
        if self.formula_id:
            known = FORMULAS[self.formula_id]
            out["formula"] = {"id": known.formula_id, "title": known.title, "reference": known.reference}
            out["inputs"] = [step.as_json() for step in self.inputs]
        if self.source:
            out["source"] = {name: getattr(self.source, name) for name in ("kind", "name", "at", "note")}
        return out


def worked(
    formula_id: str, label: str, unit: str, inputs: Sequence[Step], *, currency: str = "", **params: str
) -> Step:  # fmt: skip
    """A step whose value is the formula's, from the values of ``inputs``."""
    value = FORMULAS[formula_id].work([step.value for step in inputs])
    return Step(label, value, unit, currency, formula_id, tuple(inputs), params=params)


def from_json(data: Mapping[str, Any]) -> Step:
    """A tree read back."""
    source = Source(**data["source"]) if "source" in data else None
    inputs = tuple(from_json(step) for step in data.get("inputs", ()))
    formula_id = data["formula"]["id"] if "formula" in data else ""
    return Step(
        data["label"], data["value"], data["unit"], data.get("currency", ""), formula_id, inputs, source,
        data.get("params", {}),
    )  # fmt: skip


def reworked(step: Step) -> Value:
    """The value worked out again from the leaves alone.

    Raises:
        Broken: the tree names a formula nobody knows.
    """
    if not step.formula_id:
        return step.value
    if step.formula_id not in FORMULAS:
        raise Broken("There is no formula {formula}.", formula=step.formula_id)
    return FORMULAS[step.formula_id].work([reworked(part) for part in step.inputs])
