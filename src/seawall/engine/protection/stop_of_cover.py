"""When cover for new shipments to a customer stands still: an item unpaid beyond its extension, insolvency and so on.

Goods shipped before stay covered. Whether a past shipment was covered depends on what was unpaid on its day, not today.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.protection.durations import NEVER, Days, number
from seawall.engine.protection.insured_debt import DebtBook, Ids, Minor, cumulative
from seawall.engine.protection.versions import Versions
from seawall.engine.protection.wording import Wording

MEP_END, INSOLVENCY, CLAIM_FILED, ADVERSE_INFORMATION = range(1, 5)
CAUSES: Final = {"mep_end": MEP_END, "insolvency": INSOLVENCY, "claim_filed": CLAIM_FILED,
                 "adverse_information": ADVERSE_INFORMATION}  # fmt: skip
"""What can stop cover, by number; nothing is 0. A limit withdrawn leaves no limit: that is seen there."""

_WIDE = 1 << 33
"""More than any day: customer times this, plus a day, is in the order of customer and day."""


@dataclass(frozen=True)
class Late:
    """Items that were unpaid beyond their maximum extension period: from its end until they were paid."""

    item: Ids
    customer: Ids
    since: Days
    """The end of the period: the last day on which all was well."""

    until: Days
    """The day they were paid; ``NEVER``: not yet."""

    minor: Minor
    """What was still unpaid then, in the item's currency."""

    def only(self, keep: NDArray[np.bool_]) -> Late:
        """Those where ``keep`` is true."""
        return Late(*(getattr(self, name)[keep] for name in ("item", "customer", "since", "until", "minor")))


def late_items(  # noqa: PLR0917 - what is asked, and of whom
    book: DebtBook, on: dt.date, wording: Wording, rule: Mapping[str, Any], customers: Ids, agreed: Mapping[int, int]
) -> Late:
    """Items of ``customers`` that were, or are, unpaid beyond their extension; ``agreed``: item to a later day.

    By the rule of the policy for receipts, an item is paid once receipts have come that far.
    """
    candidates = _candidates(book, on, wording, customers)
    ends = mep_ends(book, wording, candidates, agreed)
    closed, unpaid = _closed_as_booked(book, on, candidates, ends, rule)
    late = (closed > ends) & (ends < number(on)) & (unpaid > 0)
    if rule["rule"] != "as_booked" and late.any():
        accounts = np.unique(book.account[candidates[late]])
        candidates, closed, unpaid, ends = _closed_by_age(book, on, wording, rule, accounts, agreed)
        late = (closed > ends) & (ends < number(on)) & (unpaid > 0)
    item = candidates[late]
    return Late(item, book.customer_of_account[book.account[item]], ends[late], closed[late], unpaid[late])


def mep_ends(book: DebtBook, wording: Wording, item: Ids, agreed: Mapping[int, int]) -> Days:
    """By item the end of its maximum extension period, or the later day that was agreed with the insurer."""
    ends = Versions(wording, book.shipped(item)).mep_ends(book.due[item])
    if agreed:
        later = np.array([agreed.get(one, 0) for one in item.tolist()], dtype=np.int32)
        ends = np.maximum(ends, later)
    return ends


def _candidates(book: DebtBook, on: dt.date, wording: Wording, customers: Ids) -> Ids:
    """Items that may have been late: every extension is at least as long as the shortest."""
    periods = [value.value for value in wording.terms.get("mep", ()) if hasattr(value.value, "count")]
    if not periods:
        return np.zeros(0, dtype=np.int64)
    shortest = min(period.count * (28 if period.unit == "months" else 1) for period in periods)
    is_theirs = np.zeros(len(book.customer_of_account), dtype=bool)
    is_theirs[np.isin(book.customer_of_account, customers)] = True
    open_now = np.flatnonzero(book.is_debt & (book.open_on(on) != 0) & (book.due + shortest < number(on)))
    rows = np.flatnonzero((book.allocated > book.due[book.debit] + shortest) & (book.allocated <= number(on)))
    found = np.unique(np.concatenate([book.debit[rows], open_now]))
    kept: Ids = found[book.is_debt[found] & is_theirs[book.account[found]]]
    return kept


def _closed_as_booked(
    book: DebtBook, on: dt.date, item: Ids, ends: Days, rule: Mapping[str, Any]
) -> tuple[Days, Minor]:
    """By item the day it was paid, and what of it was unpaid at the end of its extension, as our books have it.

    What is not applied to anything on the day asked about paid the oldest items when it came.
    """
    position = np.full(len(book.kind), -1, dtype=np.int64)
    position[item] = np.arange(len(item))
    at = position[book.debit]
    rows = np.flatnonzero((at >= 0) & (book.allocated <= number(on)))
    at = at[rows]
    closed = np.zeros(len(item), dtype=np.int32)
    np.maximum.at(closed, at, book.allocated[rows])
    still_open = book.open_on(on)[item] != 0
    closed[still_open] = np.maximum(closed, _paid_by_loose(book, on, item, rule))[still_open]
    unpaid = book.amount[item].copy()
    in_time = book.allocated[rows] <= ends[at]
    np.subtract.at(unpaid, at[in_time], book.allocated_minor[rows[in_time]])
    return closed, unpaid


def _paid_by_loose(book: DebtBook, on: dt.date, item: Ids, rule: Mapping[str, Any]) -> Days:
    """By item the day on which receipts that are applied to nothing had come to all that is open up to it."""
    booked = book.open_on(on)
    days = np.full(len(item), NEVER, dtype=np.int32)
    loose = np.zeros(book.parts.accounts.height, dtype=bool)
    loose[book.account[np.flatnonzero(~book.is_debt & (booked != 0))]] = True
    if not loose[book.account[item]].any():
        return days
    order = book.order(rule)
    debts = np.flatnonzero(book.is_debt & (booked != 0) & loose[book.account])
    debts = debts[np.lexsort((debts, order[debts], book.account[debts]))]
    account = book.account[debts].astype(np.int64)
    nothing_moves = np.zeros(len(book.kind), dtype=bool)
    reached = _day_reached(_income(book, on, nothing_moves, loose), account, cumulative(booked[debts], account))
    at = np.full(len(book.kind), -1, dtype=np.int64)
    at[debts] = np.arange(len(debts))
    found = at[item] >= 0
    days[found] = reached[at[item[found]]]
    return days


def _closed_by_age(  # noqa: PLR0917 - as its caller
    book: DebtBook, on: dt.date, wording: Wording, rule: Mapping[str, Any], accounts: NDArray[Any],
    agreed: Mapping[int, int],
) -> tuple[Ids, Days, Minor, Days]:  # fmt: skip
    """The same for every item of some accounts, where whatever comes in goes to the oldest."""
    chosen = np.zeros(book.parts.accounts.height, dtype=bool)
    chosen[accounts] = True
    item = np.flatnonzero(book.is_debt & (book.issued <= number(on)) & chosen[book.account])
    moves = book.moves_to_oldest(rule)
    order = book.order(rule)
    item = item[np.lexsort((item, order[item], book.account[item]))]
    need = book.need(item, on, moves)
    account = book.account[item].astype(np.int64)
    reached = cumulative(need, account)
    income = _income(book, on, moves, chosen)
    ends = mep_ends(book, wording, item, agreed)
    in_time = _received(income, account, ends)
    unpaid = np.clip(reached - in_time, 0, need)
    return item, _day_reached(income, account, reached), unpaid, ends


@dataclass(frozen=True)
class _Income:
    """What came into accounts and was not lost again, in the order of account and day, with its running sum."""

    account: Ids
    day: Days
    reached: Minor


def _income(book: DebtBook, on: dt.date, moves: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> _Income:
    """Receipts on the day they came, in the account they were booked to; refunds take back."""
    rows = np.flatnonzero(
        moves[book.credit]
        & book.is_debt[book.debit]
        & chosen[book.account[book.debit]]
        & (book.allocated <= number(on))
    )
    booked = book.open_on(on)
    loose = np.flatnonzero(~book.is_debt & (booked != 0) & chosen[book.account])
    is_debit = book.parts.items["is_debit"].to_numpy()[loose]
    account = np.concatenate([book.account[book.debit[rows]], book.account[loose]]).astype(np.int64)
    day = np.concatenate([book.issued[book.credit[rows]], book.issued[loose]])
    minor = np.concatenate([book.allocated_minor[rows], np.where(is_debit, -booked[loose], booked[loose])])
    by_day = np.lexsort((day, account))
    account, day, reached = account[by_day], day[by_day], cumulative(minor[by_day], account[by_day])
    # Money given back later was never there: no sum before it counts for more than what was left after it.
    if (minor < 0).any():
        frame = pl.DataFrame({"account": account, "reached": reached})
        kept = pl.col("reached").reverse().cum_min().reverse().over("account")
        reached = frame.select(kept).to_series().to_numpy()
    return _Income(account, day, reached)


def _received(income: _Income, account: Ids, until: Days) -> Minor:
    """What had come into each account by a day."""
    at = np.searchsorted(income.account * _WIDE + income.day, account * _WIDE + until, side="right") - 1
    same = (at >= 0) & (income.account[np.maximum(at, 0)] == account) if len(income.account) else at >= 0
    received = np.zeros(len(account), dtype=np.int64)
    received[same] = income.reached[at[same]]
    return received


def _day_reached(income: _Income, account: Ids, target: Minor) -> Days:
    """The first day on which an account had received so much in all; ``NEVER`` where it has not."""
    size = len(target)
    both = np.concatenate([target, income.reached])
    whose = np.concatenate([account, income.account])
    is_income = np.arange(len(both)) >= size
    by_sum = np.lexsort((is_income, both, whose))
    place = np.where(is_income[by_sum], np.arange(len(both)), len(both))
    following = np.minimum.accumulate(place[::-1])[::-1]
    found = np.full(len(both), len(both), dtype=np.int64)
    found[by_sum] = following
    found = found[:size]
    day = np.full(size, NEVER, dtype=np.int32)
    there = np.flatnonzero(found < len(both))
    source = by_sum[found[there]]
    mine = whose[source] == account[there]
    day[there[mine]] = income.day[source[mine] - size]
    return day


@dataclass(frozen=True)
class Spans:
    """Times during which something held of customers, in the order of customer and beginning."""

    customer: Ids
    since: Days
    until: Days
    item: Ids
    """What it was about; -1: the customer as a whole."""

    @classmethod
    def of(cls, customer: Ids, since: Days, until: Days, item: Ids) -> Spans:
        """From rows in any order."""
        by_day = np.lexsort((item, since, customer))
        return cls(customer[by_day], since[by_day], until[by_day], item[by_day])

    def holding(self, customer: Ids, day: Days) -> Ids:
        """By row, which span (begun before the day, not ended on it) held of the customer on the day; -1: none."""
        if not len(self.customer):
            return np.full(len(customer), -1, dtype=np.int64)
        key = self.customer * _WIDE + self.until
        longest = np.maximum.accumulate(key)
        is_new = np.r_[True, longest[1:] > longest[:-1]]
        which = np.maximum.accumulate(np.where(is_new, np.arange(len(key)), 0))
        at = np.searchsorted(self.customer * _WIDE + self.since, customer * _WIDE + day, side="left") - 1
        span = np.where(at >= 0, which[np.maximum(at, 0)], -1)
        holds = (span >= 0) & (self.customer[span] == customer) & (self.until[span] > day)
        return np.where(holds, span, -1)
