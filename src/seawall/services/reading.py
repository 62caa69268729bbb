"""What a reader's question opens: the ledger as far as it may be seen, the day's rates, and the day's report.

Opening a snapshot and computing a report cost seconds on a large ledger, so the last few are kept in
memory. Both are named by what was known, so what is kept never grows stale.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from seawall.engine.explain import explain, figure_named
from seawall.engine.kernel import pace
from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import NotFound
from seawall.engine.kernel.fx import Rates
from seawall.engine.kernel.policy import Policies
from seawall.engine.kernel.trace import Step
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.report import Report
from seawall.services import documents, exposures, figures, runs, single_user, snapshots, subjects
from seawall.services.access import ALL, READ, Actor, require
from seawall.services.exposures import Exposures
from seawall.services.governing import governing, sole_entity
from seawall.store import chain

T = TypeVar("T")
_NOTHING: Final = object()
LEDGERS_KEPT, REPORTS_KEPT, TABLES_KEPT = 4, 24, 64
ENTITY_AT = 3
"""Where a reading's name holds the entity it was narrowed to."""

RUNS_SEEN = 50
"""So many of the newest runs are looked through for one that has the answer already."""


class Shelf:
    """The last few results of something costly, by what they are named after; one is made at a time."""

    def __init__(self, room_for: int) -> None:
        """An empty shelf for ``room_for`` results."""
        self.room_for = room_for
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._at_hand, self._making = threading.Lock(), threading.RLock()

    def get(self, name: Hashable, make: Callable[[], Any]) -> Any:
        """What stands under the name, made if it does not; what stands there waits for nothing that is being made."""
        found = self._found(name)
        if found is not _NOTHING:
            return found
        with self._making, pace.unhindered():
            found = self._found(name)
            if found is _NOTHING:
                found = make()
                with self._at_hand:
                    self._kept[name] = found
                    while len(self._kept) > self.room_for:
                        self._kept.popitem(last=False)
            return found

    def _found(self, name: Hashable) -> Any:
        with self._at_hand:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name, _NOTHING)


_ledgers, _reports, _tables = Shelf(LEDGERS_KEPT), Shelf(REPORTS_KEPT), Shelf(TABLES_KEPT)


@dataclass(frozen=True)
class Reading:
    """One question, opened. ``name`` says what the ledger depends on."""

    name: tuple[Hashable, ...]
    actor: Actor
    ledger: Ledger
    as_of: AsOf
    rates: Rates
    policies: Policies

    @property
    def entity(self) -> str:
        """The entity it was narrowed to; empty where it is of all that its actor sees."""
        return str(self.name[ENTITY_AT])

    @property
    def currency(self) -> str:
        """The reporting currency; empty for an empty ledger."""
        return self.rates.reporting


def open_reading(
    actor: Actor,
    *,
    on: dt.date,
    currency: str | None = None,
    entity: str = "",
    known: int | None = None,
    details: bool = False,
) -> Reading:
    """Open the ledger an actor sees (of one entity, where one is named) for questions about a day.

    ``details`` adds what items carry for people: number, terms, source row …

    Raises:
        NotPermitted: the actor may not read.
        NotFound: the entity lies outside what the actor sees, or does not exist.
        UsageError: several currencies and none asked for.
        PolicyGap: an exchange rate is missing or too old.
    """
    if entity and not subjects.is_entity(actor, entity):
        raise NotFound("There is no entity {entity}.", entity=entity)
    require(actor, READ)
    facts = chain.facts_at(known)
    sees = "*" if actor.entities is ALL else tuple(sorted(actor.entities))
    name = (facts.batch_no, facts.digest, sees, entity, details)
    ledger: Ledger = _ledgers.get(name, lambda: _opened(actor, entity, facts.batch_no, details=details))
    as_of = AsOf(on, facts.batch_no)
    sole = sole_entity(ledger)
    policies: Policies = _tables.get(
        ("policies", facts.digest, sole), lambda: governing(known=facts.batch_no, entity=sole)
    )
    age = policies.at(figures.RATE_AGE, on).value["max_age_days"] if len(ledger.currencies) else 0

    def looked_up() -> Rates:
        tables = snapshots.rate_tables(actor, known=facts.batch_no)
        return figures.rates_of(ledger, as_of=as_of, currency=currency, tables=tables, max_age_days=age)

    rates: Rates = _tables.get(("rates", name[:-1], as_of, currency, age), looked_up)
    return Reading(name, actor, ledger, as_of, rates, policies)


def kept(reading: Reading, what: Hashable, make: Callable[[], T]) -> T:
    """A table that depends on nothing but the reading and ``what`` it is; the last few are kept."""
    table: T = _tables.get((what, reading.name, reading.as_of, reading.currency), make)
    return table


def report(reading: Reading, *, scheme: Scheme) -> Report:
    """The protection report of a reading's day: that of a finished run, where one answers the same question."""
    name = (reading.name[:-1], reading.as_of, reading.currency, scheme)
    made: Report = _reports.get(name, lambda: _made(reading, scheme))
    return made


def _opened(actor: Actor, entity: str, known: int, *, details: bool) -> Ledger:
    ledger, _ = snapshots.open_ledger(actor, known=known, details=details)
    return ledger.only(ledger.accounts["entity"] == entity) if entity else ledger


def explained(reading: Reading, *, figure: str, scheme: Scheme, customer: str = "") -> Step:
    """The trace of a headline figure, or of one customer's, down to policies and source rows.

    A figure's name may leave out its unit, as ``loss_ratio`` does.
    ``reading`` is opened with details, so that a customer's figure ends at the rows of its files.

    Raises:
        UsageError: there is no such figure or customer.
    """
    made = report(reading, scheme=scheme)
    name = figure_named(figure)
    return explain(made, reading.ledger, name, policies=reading.policies, customer=customer or None)


def exposure(reading: Reading, *, scheme: Scheme) -> Exposures:
    """What stands beside what is open on a reading's day: bills, retention money, advances; kept as reports are."""
    name = ("exposure", reading.name, reading.as_of, reading.currency)
    made: Exposures = _reports.get(
        name, lambda: exposures.of_report(report(reading, scheme=scheme), reading.ledger, reading.policies)
    )
    return made


def document(
    reading: Reading, *, scheme: Scheme, company: str, is_demo: bool, insured: figures.Document | None = None
) -> figures.Document:
    """The protection report of a reading as its published document; ``insured`` is ``protection.in_report``'s."""
    made = report(reading, scheme=scheme)
    basis = documents.Basis(batch=reading.as_of.known, company=company, is_demo=is_demo, single_user=single_user.said())
    return documents.protection(made, reading.ledger, basis=basis, policies=reading.policies, insured=insured)


def _made(reading: Reading, scheme: Scheme) -> Report:
    return _of_a_run(reading, scheme) or documents.protection_report(reading, scheme=scheme, policies=reading.policies)


def _of_a_run(reading: Reading, scheme: Scheme) -> Report | None:
    """The result of a finished run with the same day, knowledge, currency, entities, buckets and policies."""
    entities = tuple(reading.ledger.entities)
    wanted = (reading.as_of.on, reading.as_of.known, reading.currency, entities)
    for run in runs.listed(reading.actor, limit=RUNS_SEEN):
        if run.result_digest and (run.on, run.known, run.currency, tuple(sorted(run.entities))) == wanted:
            found = runs.load_report(reading.actor, run.run_id)
            if found.scheme == scheme and found.policies_digest == reading.policies.digest:
                return found
    return None
