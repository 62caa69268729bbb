"""Self-set limits, delivery by delivery: what justified each, until when, and whether the right to set it was lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.ledger.items import KINDS
from seawall.engine.protection import cover_limits, evidence, insured_limit
from seawall.engine.protection.clauses import NUMBER, Goods, barred
from seawall.engine.protection.cover import Insurance, of_policy
from seawall.engine.protection.cover_facts import PolicyFacts, facts_of
from seawall.engine.protection.cover_stops import stops
from seawall.engine.protection.durations import NEVER, Days, number
from seawall.engine.protection.insured_debt import DebtBook, Ids
from seawall.engine.protection.versions import Versions
from seawall.engine.protection.wording import Wording

BASES: Final = ("payments", "report", "nothing_asked", "none")
"""What justifies a self-set limit: payments on time, a credit report, nothing where none is asked for; or none does."""

SELF_SET: Final = {
    "item_id": pl.Int64, "customer_id": pl.Int64, "delivered_on": pl.Int32, "is_own": pl.Boolean,
    "set_minor": pl.Int64, "limit_minor": pl.Int64, "basis": pl.String, "until": pl.Int32, "reported_on": pl.Int32,
    "lost": pl.String, "lost_on": pl.Int32,
}  # fmt: skip
"""``item_id`` -1: no delivery, but what a delivery today would rest on. ``is_own``: no decision of the insurer stands
for it, so that it is delivered under the self-set limit or under none. ``set_minor``: what the insured set, 0: the
policy's most. ``limit_minor``: what it is good for, 0 once lost or unjustified. Days as numbers, ``NEVER``: none."""

_OF_CUSTOMER: Final = [
    NUMBER[code]
    for code in ("customer_excluded", "related_party", "public_customer", "country_not_covered", "sector_not_covered")
]
"""Clauses that leave out a customer, whatever is delivered."""


@dataclass(frozen=True)
class SelfSet:
    """What a policy's deliveries up to a day, and a delivery on that day, rest on."""

    wording: Wording
    book: DebtBook
    paid: evidence.Paid
    rows: pl.DataFrame
    """Of :data:`SELF_SET`, by customer and day."""

    def payments(self, customer: int, day: int) -> Ids:
        """Places in ``paid`` of the payments that count for a customer's delivery on a day (its number)."""
        versions = Versions(self.wording, np.array([day], dtype=np.int32))
        return evidence.counted(versions, np.array([customer]), self.paid)


@dataclass(frozen=True)
class _Delivered:
    """Deliveries: whose, when, on what terms; and those that some clause leaves out anyway."""

    item: Ids
    customer: Ids
    day: Days
    term: Days
    method: pl.Series
    out: NDArray[np.bool_]

    def and_(self, other: _Delivered) -> _Delivered:
        """These and others."""
        item, customer, day, term, out = (
            np.concatenate([getattr(self, name), getattr(other, name)])
            for name in ("item", "customer", "day", "term", "out")
        )
        return _Delivered(item, customer, day, term, self.method.append(other.method), out)


def self_set(insurance: Insurance, wording: Wording, *, on: dt.date) -> SelfSet:
    """Every delivery of a policy's period up to a day for which no decision of the insurer stands, and one today.

    Raises:
        PolicyGap: the policy or an exchange rate says nothing where it is needed.
    """
    book = insurance.book
    mine = of_policy(book, wording)
    if all(wording.get("discretionary_limit", max(day, wording.first_on)) is None for day in wording.from_days()):
        nothing = np.zeros(0, dtype=np.int64)
        days = nothing.astype(np.int32)
        none = evidence.Paid(nothing, days, nothing, days, days, nothing)
        return SelfSet(wording, book, none, pl.DataFrame(schema=SELF_SET))
    made = _delivered(book, wording, mine, on)
    if wording.first_on <= on <= wording.last_on:
        made = made.and_(_today(book, wording, mine, on))
    facts = facts_of(insurance.facts, book, wording, insurance.conversion, on=on, loss_on=on)
    paid = evidence.paid_items(book, on, wording, np.unique(made.customer), facts.factor)
    return SelfSet(wording, book, paid, _judged(book, wording, facts, made, paid, on))


def _delivered(book: DebtBook, wording: Wording, mine: NDArray[np.bool_], on: dt.date) -> _Delivered:
    last = number(min(on, wording.last_on))
    item = np.flatnonzero(book.is_debt & (book.issued <= number(on)) & mine[book.account])
    shipped = book.shipped(item)
    keep = (shipped >= number(wording.first_on)) & (shipped <= last)
    item, day = item[keep], shipped[keep]
    customer = book.customer_of_account[book.account[item]]
    method = book.method.gather(book.whole[item])
    goods = Goods(
        kind=book.kind[item], customer=customer, customers=book.ledger.customers, method=method,
        owed_minor=np.full(len(item), np.iinfo(np.int64).max), issued=book.issued[item], shipped=day,
        delivered=book.delivered(item), due=book.due[item],
    )  # fmt: skip
    out = barred(goods, Versions(wording, day), None) > 0
    return _Delivered(item, customer, day, book.due[item] - book.issued[item], method, out)


def _today(book: DebtBook, wording: Wording, mine: NDArray[np.bool_], on: dt.date) -> _Delivered:
    """One delivery to every customer of the policy on a day, as if it were made."""
    customer = np.unique(book.customer_of_account[mine])
    size = len(customer)
    day = np.full(size, number(on), dtype=np.int32)
    method = pl.Series([None] * size, dtype=book.method.dtype)
    goods = Goods(
        kind=np.full(size, KINDS.index("invoice"), dtype=np.uint8), customer=customer,
        customers=book.ledger.customers, method=method, owed_minor=np.full(size, np.iinfo(np.int64).max), issued=day,
        shipped=day, delivered=day, due=day,
    )  # fmt: skip
    out = np.isin(barred(goods, Versions(wording, day), None), _OF_CUSTOMER)
    return _Delivered(np.full(size, -1), customer, day, np.zeros(size, dtype=np.int32), method, out)


def _judged(  # noqa: PLR0917 - the policy, its facts, and the deliveries
    book: DebtBook, wording: Wording, facts: PolicyFacts, made: _Delivered, paid: evidence.Paid, on: dt.date
) -> pl.DataFrame:
    versions, known = Versions(wording, made.day), facts.decisions
    whose = cover_limits.heads(book.ledger.customers)[made.customer] if 0 in known.shared else made.customer
    found = insured_limit.standing(known, 0, whose, made.day, term=made.term, method=made.method)
    by_letter = cover_limits.by_letter(versions, made.method)
    found = cover_limits.of_its_sort(known, found, by_letter, cover_limits.banks_of(facts, made.item))
    stands = found.decision >= 0
    at = np.maximum(found.decision, 0)
    set_by_us = stands & (known.kind[at] == insured_limit.DISCRETIONARY) if len(known.kind) else stands
    is_asked = versions.mark("limit_needed", lambda value, _: not value)
    is_own = (set_by_us | ~stands) & ~by_letter & ~is_asked & versions.mark("discretionary_limit", lambda *_: True)
    set_minor = np.where(set_by_us, known.minor[at], 0) if len(known.minor) else np.zeros(len(at), dtype=np.int64)
    held = evidence.justified(versions, made.customer, paid, facts.reports, set_minor)
    rule = wording.need("receipt_allocation", max(on, wording.first_on))
    overdue = stops(book, facts, versions, made.customer, rule, on=on).spans
    gone = evidence.lost(facts, versions, made.customer, found, overdue)
    is_lost = gone.reason > 0
    basis = np.select(
        [held.paid_until >= made.day, held.told_until >= made.day, held.until == NEVER], [0, 1, 2], default=3
    )
    rows = pl.DataFrame(
        {
            "item_id": book.whole[np.maximum(made.item, 0)] if book.size else made.item, "customer_id": made.customer,
            "delivered_on": made.day, "is_own": is_own, "set_minor": set_minor,
            "limit_minor": np.where(is_own & ~is_lost, held.limit_minor, 0),
            "basis": np.array(BASES)[basis].tolist(), "until": np.where(held.until < 0, NEVER, held.until),
            "reported_on": _reported(facts, made), "lost": np.array(evidence.LOST)[gone.reason].tolist(),
            "lost_on": gone.since,
        },
        schema=SELF_SET,
    )  # fmt: skip
    rows = rows.with_columns(item_id=pl.when(pl.Series(made.item < 0)).then(-1).otherwise("item_id"))
    return rows.filter(~pl.Series(made.out)).sort("customer_id", "delivered_on", "item_id")


def _reported(facts: PolicyFacts, made: _Delivered) -> Days:
    """The day of the newest credit report on each customer before each delivery; ``NEVER``: there is none."""
    rows = facts.reports.sort("on")
    if rows.is_empty():
        return np.full(len(made.customer), NEVER, dtype=np.int32)
    reports = rows.select(pl.col("customer_id").cast(pl.Int64), day=pl.col("on").to_physical().cast(pl.Int64))
    asked = pl.DataFrame({"customer_id": made.customer, "day": made.day.astype(np.int64)}).with_row_index("at")
    found = asked.sort("day").join_asof(
        reports.with_columns(found=pl.col("day")).sort("day"), on="day", by="customer_id", strategy="backward"
    )
    return found.sort("at")["found"].fill_null(NEVER).to_numpy().astype(np.int32)
