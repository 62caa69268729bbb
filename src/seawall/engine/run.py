"""The protection run: ``protect`` turns one partition of the ledger into integers, ``combine`` makes the report.

The same facts give the same report, byte for byte, whatever the number of partitions, the order of rows or
the number of threads: partitions hand over whole numbers only, and every ratio is formed once, from sums.
A partition holds whole corporate groups.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from seawall.engine.combine import Combined
from seawall.engine.headline import headline
from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.fx import Rates
from seawall.engine.kernel.policy import Policies
from seawall.engine.ledger.ageing import COLUMNS as AGEING_COLUMNS
from seawall.engine.ledger.balance import require_known
from seawall.engine.ledger.items import ITEMS, Ledger
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.partition import Accumulators, measure
from seawall.engine.protection.expected_loss import Assessment
from seawall.engine.question import Question
from seawall.engine.report import Report

__all__ = ["COLUMNS", "Accumulators", "Report", "combine", "house_scheme", "protect", "protection_run"]

COLUMNS = {"items": tuple(ITEMS.columns), "allocations": AGEING_COLUMNS["allocations"]}
"""What a run reads of items and allocations."""


def house_scheme(policies: Policies, on: dt.date) -> Scheme:
    """The ageing buckets of the house on a day."""
    value = policies.at("house.ageing_scheme", on).value
    return Scheme.parse(value["edges"], value["by"])


def protect(
    ledger: Ledger, *, as_of: AsOf, policies: Policies, rates: Rates, scheme: Scheme | None = None,
    individual: Mapping[str, Assessment] | None = None,
) -> Accumulators:  # fmt: skip
    """One partition of a ledger as tables of integers, for :func:`combine`.

    ``scheme`` defaults to the buckets of the house; ``individual`` takes customers out of their pool.

    Raises:
        NotKnown: the day lies before what the ledger knows.
        PolicyGap: a policy or an exchange rate says nothing for a day it is needed on.
        Broken: an amount or a sum is beyond the range of exact integers.
    """
    require_known(ledger, as_of.on)
    return measure(ledger, _question(as_of, policies, rates, scheme, individual, ledger.known_from))


def combine(
    parts: Sequence[Accumulators], *, as_of: AsOf, policies: Policies, rates: Rates, scheme: Scheme | None = None,
    individual: Mapping[str, Assessment] | None = None, known_from: dt.date | None = None,
) -> Report:  # fmt: skip
    """The report of all partitions together: at least one, made with the same arguments.

    ``known_from`` is the ledger's.

    Raises:
        PolicyGap: a policy says nothing on the day.
    """
    combined = Combined(_question(as_of, policies, rates, scheme, individual, known_from), parts)
    used = rates.by_currency
    return Report(
        as_of=as_of, currency=rates.reporting, scheme=combined.question.scheme,
        method=combined.question.method, standard=combined.question.standard, policies_digest=policies.digest,
        rates_used=tuple((code, used[code].rate, used[code].on, used[code].source) for code in sorted(used)),
        figures=headline(combined), ageing=combined.ageing, customers=combined.customer_table,
        months=combined.months, roll_rates=combined.roll_rates, roll_steps=combined.roll_steps,
        roll_flows=combined.roll_flows, loss_rates=combined.loss_rates, provision=combined.provision,
        concentration=combined.concentration, largest=combined.largest, worklist=combined.worklist,
        journal=combined.journal, allowance=combined.allowance,
    ).check()  # fmt: skip


def protection_run(
    ledger: Ledger, *, as_of: AsOf, policies: Policies, rates: Rates, scheme: Scheme | None = None,
    individual: Mapping[str, Assessment] | None = None,
) -> Report:  # fmt: skip
    """The report of a ledger in one piece.

    Raises:
        NotKnown: the day lies before what the ledger knows.
        PolicyGap: a policy or an exchange rate says nothing for a day it is needed on.
        Broken: an amount or a sum is beyond the range of exact integers.
    """
    part = protect(ledger, as_of=as_of, policies=policies, rates=rates, scheme=scheme, individual=individual)
    return combine(
        [part], as_of=as_of, policies=policies, rates=rates, scheme=scheme, individual=individual,
        known_from=ledger.known_from,
    )  # fmt: skip


def _question(  # noqa: PLR0917 - the six of the public functions, in their order
    as_of: AsOf, policies: Policies, rates: Rates, scheme: Scheme | None,
    individual: Mapping[str, Assessment] | None, known_from: dt.date | None,
) -> Question:  # fmt: skip
    scheme = scheme or house_scheme(policies, as_of.on)
    return Question(as_of, policies, rates, scheme, individual or {}, known_from)
