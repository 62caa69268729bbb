"""One insurance policy: who and what it is about, and its terms, each by the day from which it holds."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seawall.engine.kernel.errors import PolicyGap
from seawall.engine.protection.durations import WorkDays
from seawall.engine.protection.terms import TERMS


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from a missed duty.

    ``lost``: nothing is covered. ``nothing``: no harm. ``rate``: the insured percentage is at most ``rate``.
    ``factor``: it is multiplied by ``rate``. ``steps``: what follows depends on how late it was done.
    """

    kind: str
    rate: float = 1.0
    steps: tuple[tuple[int, Consequence], ...] = ()
    """Up to so many days late, what follows; the days rise."""

    then: Consequence | None = None
    """What follows of what is later than the last step, or not done at all."""

    def by_days(self) -> tuple[tuple[int | None, Consequence], ...]:
        """What follows by days late, in their order; the last one without an end."""
        return (*self.steps, (None, self.then or self))

    @property
    def first(self) -> Consequence:
        """What follows at once."""
        return self.by_days()[0][1]


@dataclass(frozen=True, slots=True)
class Dated:
    """A value of a term, from its day on."""

    from_day: dt.date
    value: Any
    source: str
    note: str = ""

    @property
    def is_verified(self) -> bool:
        """Whether the source was read; ``[K]`` marks what was written down from memory."""
        return "[K]" not in self.source


NONE = "none"
"""The value of a term by which the policy says that it has no such rule."""


@dataclass(frozen=True)
class Wording:
    """A policy as read: its head, and by term the values in the order of their days."""

    code: str
    title: str
    title_zh: str
    insurer: str
    form: str
    first_on: dt.date
    last_on: dt.date
    """The last day of the period, itself within it."""

    currency: str
    terms: Mapping[str, tuple[Dated, ...]]
    source: str = ""
    entities: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    """Customers it is about; none = all."""

    over: str = ""
    """Of a top-up: the policy whose cover it lies on."""

    calendar: WorkDays | None = None
    note: str = ""
    body: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """What the file said, for those who ask what if."""

    def dated(self, term: str, day: dt.date) -> Dated | None:
        """What the policy says of a term on a day, with its source; None where it says nothing."""
        values = self.terms.get(term, ())
        index = bisect.bisect_right([value.from_day for value in values], day) - 1
        return values[index] if index >= 0 and values[index].value is not None else None

    def get(self, term: str, day: dt.date) -> Any:
        """The value of a term on a day; None where the policy says nothing, or that there is none."""
        found = self.dated(term, day)
        return None if found is None or found.value == NONE else found.value

    def need(self, term: str, day: dt.date) -> Any:
        """The value of a term on a day.

        Raises:
            PolicyGap: the policy says nothing; None where it says that there is none.
        """
        found = self.dated(term, day)
        if found is None:
            raise PolicyGap(
                "The policy {policy} does not say what holds on {day} for {term}.",
                hint="Write the term into the policy, from that day or earlier.",
                policy=self.code, day=day, term=term,
            )  # fmt: skip
        return None if found.value == NONE else found.value

    def from_days(self) -> list[dt.date]:
        """The days from which anything changes, oldest first: between two of them every term stays as it is."""
        return sorted({value.from_day for values in self.terms.values() for value in values} | {self.first_on})

    def is_about(self, customer_code: str) -> bool:
        """Whether the policy is about a customer."""
        return not self.customers or customer_code in self.customers

    def is_verified(self) -> bool:
        """Whether every value has a source that was read."""
        return all(value.is_verified for values in self.terms.values() for value in values)

    def with_term(self, term: str, value: Any) -> Wording:
        """The same with one term holding ``value`` on every day.

        Raises:
            PolicyGap: there is no such term.
        """
        if term not in TERMS:
            raise PolicyGap(
                "There is no term {term}.", hint="Choose one of: {known}.", term=term, known=", ".join(TERMS)
            )
        return replace(self, terms={**self.terms, term: (Dated(dt.date.min, value, "asked"),)})
