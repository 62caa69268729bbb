"""What the self-set limits of a claim rest on: by shipment, and the payments and reports that justify them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from seawall.engine.protection import evidence
from seawall.engine.protection.claim import Claim
from seawall.engine.protection.clauses import NUMBER
from seawall.engine.protection.cover_limits import OWN
from seawall.engine.protection.durations import NEVER, day_of
from seawall.engine.protection.insured_debt import Ids
from seawall.engine.protection.insured_limit import DISCRETIONARY
from seawall.engine.protection.versions import Versions


@dataclass(frozen=True)
class Evidence:
    """Days as dates, amounts in minor units of the policy's currency, items as rows of the ledger."""

    shipments: pl.DataFrame
    """``item_id``, ``shipped_on``, ``limit_minor`` (0: nothing justifies one), ``payments`` (how many count),
    ``until_on`` (the last day they justify one; None where nothing is asked for), ``report_on`` (the newest report)."""

    payments: pl.DataFrame
    """``item_id``, ``due_on``, ``paid_on``, ``amount_minor``: paid on time, and counting for any shipment."""


def evidence_of(claim: Claim) -> Evidence | None:
    """The evidence of a claim; None where none of its items needed a limit of our own.

    Raises:
        PolicyGap: an exchange rate is missing.
    """
    one = claim.cover
    justified = one.slices.justified
    rows = _self_set(claim)
    if justified is None or not len(rows):
        return None
    reports = one.facts.reports.filter(pl.col("customer_id") == claim.customer)["on"].sort()
    shipped = [day_of(int(day)) for day in one.clocks.shipment[rows]]
    shipments = pl.DataFrame({
        "item_id": one.book.whole[one.item[rows]], "shipped_on": shipped, "limit_minor": justified.limit_minor[rows],
        "payments": justified.payments[rows], "until_on": [_until(int(day)) for day in justified.until[rows]],
        "report_on": pl.Series([_newest(reports, day) for day in shipped], dtype=pl.Date),
    }, schema_overrides={"until_on": pl.Date})  # fmt: skip
    paid = evidence.paid_items(one.book, one.asked.on, one.wording, np.array([claim.customer]), one.facts.factor)
    versions = Versions(one.wording, one.versions.shipped[rows])
    places = evidence.counted(versions, one.customer[rows], paid)
    payments = pl.DataFrame({
        "item_id": one.book.whole[paid.item[places]], "due_on": [day_of(int(day)) for day in paid.due[places]],
        "paid_on": [day_of(int(day)) for day in paid.day[places]], "amount_minor": paid.minor[places],
    }, schema_overrides={"due_on": pl.Date, "paid_on": pl.Date})  # fmt: skip
    return Evidence(shipments, payments)


def _self_set(claim: Claim) -> Ids:
    """Items of the claim that lie within a limit of our own, or would if anything justified one."""
    one = claim.cover
    known, decision = one.facts.decisions, one.slices.decision
    own = decision == OWN
    if len(known.kind):
        own |= (decision >= 0) & (known.kind[np.maximum(decision, 0)] == DISCRETIONARY)
    within = np.isin(claim.rows, one.slices.row[own])
    rows: Ids = claim.rows[within | (one.above_code[claim.rows] == NUMBER["limit_not_justified"])]
    return rows


def _until(day: int) -> dt.date | None:
    return None if day in (NEVER, -1) else day_of(day)


def _newest(days: pl.Series, shipped: dt.date) -> dt.date | None:
    newest = days.filter(days <= shipped).max()
    return newest if isinstance(newest, dt.date) else None
