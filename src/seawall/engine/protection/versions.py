"""Terms over many items at once: each item under the wording of the day it was shipped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.engine.kernel.lazy import cached_property
from seawall.engine.protection.durations import NEVER, Days, Duration, number
from seawall.engine.protection.wording import Wording


@dataclass(frozen=True)
class Versions:
    """Which version of a wording governs each of some items."""

    wording: Wording
    shipped: Days

    @cached_property
    def parts(self) -> list[tuple[dt.date, NDArray[np.int64]]]:
        """A day of each version that governs any of the items, and the places of those items.

        What was shipped before the policy began goes by its first version.
        """
        days = [day for day in self.wording.from_days() if day >= self.wording.first_on]
        if len(days) == 1:
            return [(days[0], np.arange(len(self.shipped)))]
        at = np.searchsorted(np.array([number(day) for day in days]), self.shipped, side="right") - 1
        at = np.maximum(at, 0)
        return [(days[k], np.flatnonzero(at == k)) for k in np.unique(at).tolist()]

    def each(self, term: str) -> Iterator[tuple[Any, NDArray[np.int64]]]:
        """Values of a term, None where there is none, each with the places of the items it governs."""
        for day, places in self.parts:
            yield self.wording.get(term, day), places

    def has(self, term: str) -> bool:
        """Whether the term says anything about any of the items."""
        return any(self.wording.get(term, day) is not None for day, _ in self.parts)

    def mark(self, term: str, says: Callable[[Any, NDArray[np.int64]], Any]) -> NDArray[np.bool_]:
        """Where the items for which ``says(value, places)`` holds stand; never where the term is absent."""
        marked = np.zeros(len(self.shipped), dtype=bool)
        for value, places in self.each(term):
            if value is not None:
                marked[places] = says(value, places)
        return marked

    def days_after(self, term: str, start: Days, length: Callable[[Any], Duration | None]) -> Days:
        """The days by which a term ends that runs from ``start``; ``NEVER`` where it does not run."""
        ends = np.full(len(self.shipped), NEVER, dtype=np.int32)
        for value, places in self.each(term):
            period = None if value is None else length(value)
            if period is not None:
                ends[places] = period.after_all(start[places])
        return ends

    def mep_ends(self, due: Days) -> Days:
        """The end of the maximum extension period of items; ``NEVER`` where the policy has none."""
        return self.days_after("mep", due, lambda value: value)
