"""A bucket scheme is data: ascending upper edges in days, and what the days count from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seawall.engine.kernel.errors import UsageError

Base = Literal["due", "issue"]


@dataclass(frozen=True, slots=True)
class Scheme:
    """Bucket ``k`` holds days in ``(edges[k-1], edges[k]]``; the last one is open-ended.

    The usual scheme begins with edge 0: everything up to the due day is ``not_due``. Negative edges
    split what is not yet due; the pair ``-1, 0`` splits off ``due_today``.
    """

    edges: tuple[int, ...]
    by: Base = "due"

    @classmethod
    def parse(cls, text: str, by: str = "due") -> Scheme:
        """``"30/60/90/180/365"`` → edges 0, 30, 60, 90, 180, 365.

        Raises:
            UsageError: not ascending whole numbers, or an unknown base.
        """
        if by not in ("due", "issue"):
            raise UsageError("Ageing counts from the due or the issue day, not from {by}.", by=by)
        try:
            edges = [int(part) for part in text.split("/")]
        except ValueError:
            edges = []
        if not edges or edges != sorted(set(edges)) or len(edges) > 60 or abs(edges[-1]) > 36500:  # noqa: PLR2004
            raise UsageError(
                "{text} is not a scheme.", hint="Give ascending upper limits in days, such as 30/60/90.", text=text
            )
        return cls(tuple(sorted({0, *edges})), "due" if by == "due" else "issue")

    @property
    def names(self) -> tuple[str, ...]:
        """Stable bucket names: ``not_due, 1_30, 31_60, …, over_365``."""
        first = self.edges[0]
        names = ["not_due" if first == 0 else f"due_in_{-first}_or_more"]
        for low, high in zip(self.edges, self.edges[1:], strict=False):
            if high > 0:
                names.append(f"{low + 1}_{high}")
            elif (low, high) == (-1, 0):
                names.append("due_today")
            else:
                names.append(f"due_in_{-high}_{-low - 1}")
        return (*names, f"over_{self.edges[-1]}")

    def bucket(self, days: NDArray[Any]) -> NDArray[np.int64]:
        """The bucket number of each day count."""
        return np.searchsorted(np.asarray(self.edges), days, side="left")


DEFAULT_SCHEME = Scheme((0, 30, 60, 90, 180, 365))
