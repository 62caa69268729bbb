"""The conservation laws of a ledger, and what a check answers; without a store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.laws import LAWS, breaches


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that failed: its name, what breaks it, how often, and the first examples."""

    name: str
    subject: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was checked, as of which day and batch number, and what failed. ``rules``: name to sentence."""

    on: dt.date
    known: int
    rules: Mapping[str, str]
    failures: tuple[Failure, ...]

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return not self.failures

    def as_json(self) -> dict[str, Any]:
        """The published shape (docs/reference/report-shapes.md)."""
        return {
            "as_of": self.on.isoformat(),
            "holds": self.holds,
            "laws": [{"law": name, "sentence": sentence} for name, sentence in self.rules.items()],
            "breaches": [
                {"law": one.name, "subject": one.subject, "count": one.count, "examples": list(one.examples)}
                for one in self.failures
            ],
        }


def check(ledger: Ledger, *, as_of: AsOf) -> CheckReport:
    """The conservation laws alone, on a ledger that came from files."""
    return CheckReport(as_of.on, as_of.known, LAWS, tuple(lawless(ledger, as_of)))


def lawless(ledger: Ledger, as_of: AsOf) -> list[Failure]:
    """The laws of the ledger that do not hold on a day."""
    return [
        Failure(found.law, found.subject, found.count, tuple(map(str, found.examples)))
        for found in breaches(ledger, as_of=as_of)
    ]
