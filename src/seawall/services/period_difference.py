"""What came after a signature: the signed figures beside today's, headline by headline and customer by customer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from seawall.services import documents, periods
from seawall.services.access import ALL, Actor
from seawall.services.figures import records
from seawall.store import chain
from seawall.store.models import AuditEntry

MEASURES: Final = ("open", "overdue", "unapplied", "disputed", "ecl")


@dataclass(frozen=True, slots=True)
class Later:
    """A write that brought facts or policies after the signature."""

    batch_no: int
    verb: str
    actor: str
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """Figures as signed and as known now; only what differs. Amounts are decimal texts in ``currency``."""

    number: int
    on: dt.date
    known_then: int
    known_now: int
    currency: str
    figures: tuple[dict[str, Any], ...]
    customers: tuple[dict[str, Any], ...]
    came_later: tuple[Later, ...]

    @property
    def is_none(self) -> bool:
        """Whether nothing differs."""
        return not self.figures and not self.customers

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "number": self.number, "on": self.on.isoformat(), "known_then": self.known_then,
            "known_now": self.known_now, "currency": self.currency, "figures": list(self.figures),
            "customers": list(self.customers),
            "came_later": [
                {"batch_no": each.batch_no, "verb": each.verb, "actor": each.actor,
                 "recorded_at": each.recorded_at.isoformat()}
                for each in self.came_later
            ],
        }  # fmt: skip


def difference(actor: Actor, number: int) -> Difference:
    """Hold a signed period against what is known about its day now.

    Raises:
        NotFound: no such signature for the actor.
    """
    signed = periods.shown(actor, number)
    then, now = (periods.reading_of(actor, signed, as_now=as_now) for as_now in (False, True))
    reports = [periods.report_of(each, signed) for each in (then, now)]
    figures = [documents.figures(each.figures) for each in reports]
    changed = tuple(
        {"name": name, "unit": figure["unit"], "then": figure["value"], "now": figures[1].get(name, {}).get("value")}
        for name, figure in figures[0].items()
        if figure["value"] != figures[1].get(name, {}).get("value")
    )
    customers = _customers(reports[0].customers, reports[1].customers, signed.currency)
    return Difference(
        number, signed.on, signed.known, now.as_of.known, signed.currency, changed, customers,
        _later(signed.known) if actor.entities is ALL else (),
    )  # fmt: skip


def _customers(then: pl.DataFrame, now: pl.DataFrame, currency: str) -> tuple[dict[str, Any], ...]:
    """Customers whose amounts differ: as signed, now, and the difference."""
    amounts = [f"{name}_minor" for name in MEASURES]
    key = "customer_code"
    both = then.select(key, *amounts).join(now.select(key, *amounts), on=key, how="full", coalesce=True, suffix="_now")
    both = both.with_columns(pl.exclude(key).fill_null(0)).sort(key)
    differs = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_now") for name in amounts)
    named = both.filter(differs).select(
        key,
        *(pl.col(f"{name}_minor").alias(f"{name}_then_minor") for name in MEASURES),
        *(pl.col(f"{name}_minor_now").alias(f"{name}_now_minor") for name in MEASURES),
        *((pl.col(f"{name}_minor_now") - pl.col(f"{name}_minor")).alias(f"{name}_by_minor") for name in MEASURES),
    )
    return tuple(records(named, currency))


def _later(known: int) -> tuple[Later, ...]:
    rows = AuditEntry.objects.filter(batch_no__gt=known, verb__in=chain.FACT_VERBS).order_by("-batch_no")
    return tuple(Later(row.batch_no, row.verb, row.actor, row.recorded_at) for row in rows[:100])
