"""Discretionary limits: whether payments or a report justify one on the day of a shipment, how high it is, and what
ends the right to set one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.rounding import apply_contract_rate
from seawall.engine.protection.cover_facts import PolicyFacts
from seawall.engine.protection.durations import NEVER, Days, Duration, day_of, number
from seawall.engine.protection.insured_debt import DebtBook, Ids, Minor
from seawall.engine.protection.insured_limit import CANCELLED, REFUSED, Standing
from seawall.engine.protection.stop_of_cover import Spans, mep_ends
from seawall.engine.protection.versions import Versions
from seawall.engine.protection.wording import Wording

_WIDE = 1 << 33


@dataclass(frozen=True)
class Paid:
    """Items that customers paid in full, in the order of customer and day of payment."""

    customer: Ids
    day: Days
    item: Ids
    due: Days
    mep_end: Days
    minor: Minor
    """What each came to, in the policy's currency."""


def paid_items(book: DebtBook, on: dt.date, wording: Wording, customers: Ids, factor: NDArray[np.float64]) -> Paid:
    """Items of ``customers`` paid in full by receipts up to a day; ``factor``: policy's minor units, by account."""
    is_theirs = np.isin(book.customer_of_account, customers)
    rows = np.flatnonzero(
        is_theirs[book.account[book.debit]] & book.is_receipt[book.credit] & (book.allocated <= number(on))
    )
    last = pl.DataFrame({"item": book.debit[rows], "day": book.allocated[rows]}).group_by("item").agg(pl.max("day"))
    item, day = last["item"].to_numpy(), last["day"].to_numpy()
    full = book.is_debt[item] & (book.open_on(on)[item] == 0)
    item, day = item[full], day[full]
    customer = book.customer_of_account[book.account[item]]
    by_day = np.lexsort((item, day, customer))
    item, day, customer = item[by_day], day[by_day], customer[by_day]
    minor = np.rint(book.amount[item] * factor[book.account[item]]).astype(np.int64)
    return Paid(customer, day, item, book.due[item], mep_ends(book, wording, item, {}), minor)


@dataclass(frozen=True)
class Justified:
    """By item: the discretionary limit it was shipped under, 0 where nothing justifies one, and what does."""

    limit_minor: Minor
    until: Days
    """The last day on which what justifies it does; ``NEVER`` where nothing is asked for."""

    payments: Ids
    """How many payments count."""

    paid_until: Days
    """The last day on which the payments justify it; below the day of shipment: they do not."""

    told_until: Days
    """The last day on which a report does."""


def justified(versions: Versions, customer: Ids, paid: Paid, reports: pl.DataFrame, own_minor: Minor) -> Justified:
    """The discretionary limit of items on the days they were shipped.

    ``reports``: ``customer_id`` and ``on`` of credit reports. ``own_minor``: what the insured set, 0 where nothing.
    """
    size, shipped = len(customer), versions.shipped
    limit, until = np.zeros(size, dtype=np.int64), np.full(size, NEVER, dtype=np.int32)
    payments = np.zeros(size, dtype=np.int64)
    paid_until, told_until = (np.full(size, -1, dtype=np.int32) for _ in range(2))
    for term, places in versions.each("discretionary_limit"):
        if term is None:
            continue
        at, whose = shipped[places], customer[places]
        count, ends, highest = _by_payments(term, whose, at, paid)
        told = _by_report(term, whose, at, reports)
        most = np.full(len(places), term["amount"] if term["amount"] is not None else np.iinfo(np.int64).max)
        if term["of_highest_rate"] is not None:
            most = np.minimum(most, apply_contract_rate(highest, term["of_highest_rate"]))
        most = np.where(own_minor[places] > 0, np.minimum(most, own_minor[places]), most)
        asked = term["payments"] is not None or term["report"] is not None
        last = np.maximum(ends, told)
        holds = (last >= at) if asked else np.ones(len(places), dtype=bool)
        limit[places] = np.where(holds, most, 0)
        until[places] = np.where(asked, last, NEVER)
        payments[places], paid_until[places], told_until[places] = count, ends, told
    return Justified(limit, until, payments, paid_until, told_until)


LOST: Final = ("", "refused", "cancelled", "adverse_information", "overdue")
"""On what the right to set a limit may be lost; empty: it is not."""


@dataclass(frozen=True)
class Lost:
    """By item whether the right to set a limit was lost before it was shipped."""

    reason: NDArray[np.int8]
    """Place in :data:`LOST` of what came first; 0: it was not lost."""

    since: Days
    """Since when; ``NEVER``: it was not."""


def lost(facts: PolicyFacts, versions: Versions, customer: Ids, found: Standing, overdue: Spans) -> Lost:
    """The loss of the right to set a limit, of items of ``customer`` on the days they were shipped.

    ``found``: what stands of the first layer; ``overdue``: times during which an item was unpaid too long.
    """
    shipped, size = versions.shipped, len(customer)
    never = np.full(size, NEVER, dtype=np.int32)
    told = facts.customer_events("adverse_information")
    whom = told["customer_id"].cast(pl.Int64).to_numpy()
    adverse = np.full(int(max(customer.max(initial=-1), whom.max(initial=-1))) + 1, NEVER, dtype=np.int32)
    adverse[whom] = told["on"].to_physical().to_numpy()
    decided = facts.decisions.since[found.latest] if len(facts.decisions.since) else never
    span = overdue.holding(customer, shipped)
    late = overdue.since[np.maximum(span, 0)] + np.int32(1) if len(overdue.since) else never
    since = {
        "refused": np.where(found.why == REFUSED, decided, NEVER),
        "cancelled": np.where(found.why == CANCELLED, decided, NEVER),
        "adverse_information": np.where(adverse[customer] <= shipped, adverse[customer], NEVER),
        "overdue": np.where(span >= 0, late, NEVER),
    }  # fmt: skip
    reason, first = np.zeros(size, dtype=np.int8), never.copy()
    for place, name in enumerate(LOST[1:], start=1):
        earlier = versions.mark("discretionary_limit", _names(name)) & (since[name] < first)
        reason[earlier], first[earlier] = place, since[name][earlier]
    return Lost(reason, first)


def _names(what: str) -> Callable[[Any, Ids], bool]:
    return lambda value, _: what in value["lost_on"]


def counted(versions: Versions, customer: Ids, paid: Paid) -> Ids:
    """The payments that count for the discretionary limit of any of these shipments, as places in ``paid``."""
    found = [np.zeros(0, dtype=np.int64)]
    for term, places in versions.each("discretionary_limit"):
        if term is not None:
            good, first, last = _on_time(term, customer[places], versions.shipped[places], paid)
            found += [good[a:b] for a, b in zip(first, last, strict=True)]
    return np.unique(np.concatenate(found))


def _by_payments(term: Mapping[str, Any], customer: Ids, day: Days, paid: Paid) -> tuple[Ids, Days, Minor]:
    """How many payments on time count on each day, until when enough of them do, and the largest item among them."""
    rule = term["payments"]
    ends = np.full(len(day), -1, dtype=np.int32)
    highest = np.zeros(len(day), dtype=np.int64)
    good, first, last = _on_time(term, customer, day, paid)
    if rule is not None:
        enough = np.flatnonzero(last - first >= max(rule["count"], 1))
        oldest = paid.day[good[last[enough] - max(rule["count"], 1)]]
        ends[enough] = rule["within"].after_all(oldest)
    count = last - first
    if term["of_highest_rate"] is not None:
        minor = paid.minor[good]
        if term["highest_within"] is not None:
            first, last = _stretch(good, term["highest_within"], customer, day, paid)
        highest = np.array([minor[a:b].max(initial=0) for a, b in zip(first, last, strict=True)], dtype=np.int64)
    return count, ends, highest


def _on_time(term: Mapping[str, Any], customer: Ids, day: Days, paid: Paid) -> tuple[Ids, Ids, Ids]:
    """The payments on time as places in ``paid``, and which stretch of these counts on each day."""
    rule = term["payments"]
    limit = paid.due if rule is None or rule["paid_by"] == "due" else paid.mep_end
    good = np.flatnonzero(paid.day <= limit)
    return good, *_stretch(good, None if rule is None else rule["within"], customer, day, paid)


def _stretch(good: Ids, within: Duration | None, customer: Ids, day: Days, paid: Paid) -> tuple[Ids, Ids]:
    """Where among ``good`` those of each customer up to each day begin and end; ``within`` None: all of them."""
    keys = paid.customer[good] * _WIDE + paid.day[good]
    since = np.zeros(len(day), dtype=np.int64) if within is None else _back(day, within).astype(np.int64)
    first = np.searchsorted(keys, customer * _WIDE + since, side="left")
    return first, np.searchsorted(keys, customer * _WIDE + day, side="right")


def _by_report(term: Mapping[str, Any], customer: Ids, day: Days, reports: pl.DataFrame) -> Days:
    """Until when the newest credit report on each day justifies a limit; -1: there is none."""
    ends = np.full(len(day), -1, dtype=np.int32)
    if term["report"] is None or reports.is_empty():
        return ends
    rows = reports.sort("customer_id", "on")
    whose, on = rows["customer_id"].cast(pl.Int64).to_numpy(), rows["on"].to_physical().to_numpy()
    at = np.searchsorted(whose * _WIDE + on, customer * _WIDE + day, side="right") - 1
    there = np.flatnonzero((at >= 0) & (whose[np.maximum(at, 0)] == customer))
    ends[there] = term["report"]["within"].after_all(on[at[there]])
    return ends


def _back(days: Days, within: Duration) -> Days:
    """The days this long before each of ``days``."""
    if within.unit != "months":
        return days - np.int32(within.count)
    distinct, place = np.unique(days, return_inverse=True)
    moved = np.array([number(within.before(day_of(day))) for day in distinct.tolist()], dtype=np.int32)
    return moved[place] if len(moved) else days
