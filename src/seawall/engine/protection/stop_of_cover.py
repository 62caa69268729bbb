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

from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.rounding import SUM_LIMIT_MINOR
from seawall.engine.protection.durations import NEVER, Days, Duration, number
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

    def and_(self, other: Late) -> Late:
        """These and others."""
        names = ("item", "customer", "since", "until", "minor")
        return Late(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in names))


@dataclass(frozen=True)
class Shipped:
    """Open items whose cover is asked about: their customers, and the days they were shipped."""

    customer: Ids
    day: Days


def late_items(
    book: DebtBook,
    on: dt.date,
    wording: Wording,
    rule: Mapping[str, Any],
    shipped: Shipped,
    *,
    agreed: Mapping[int, int],
) -> Late:
    """Items that were, or are, unpaid beyond their extension, of customers to whom something was shipped meanwhile.

    By the rule of the policy for receipts an item is paid once receipts have come that far. ``agreed``: item to the day
    until which the insurer agreed that it may stay unpaid.
    """
    shortest = _shortest(wording)
    candidates = _candidates(book, on, shortest, shipped.customer)
    closed, last_paid = _closed_as_booked(book, on, candidates)
    if rule["rule"] == "as_booked":
        still_open = closed == NEVER
        by_loose = _paid_by_loose(book, on, candidates[still_open], rule)
        closed[still_open] = np.maximum(last_paid[still_open], by_loose)
        ends = mep_ends(book, wording, candidates, agreed)
        unpaid = _unpaid_as_booked(book, on, candidates, ends)
    else:
        accounts = _touched(book, on, rule, candidates, closed, shipped, shortest=shortest)
        candidates, closed, unpaid, ends = _closed_by_age(book, on, wording, rule, accounts, agreed)
    late = (closed > ends) & (ends < number(on)) & (unpaid > 0)
    item = candidates[late]
    return Late(item, book.customer_of_account[book.account[item]], ends[late], closed[late], unpaid[late])


def _touched(  # noqa: PLR0917 - as its caller
    book: DebtBook, on: dt.date, rule: Mapping[str, Any], candidates: Ids, closed: Days, shipped: Shipped, *,
    shortest: int,
) -> Ids:  # fmt: skip
    """Accounts where something may have been shipped while an item was unpaid too long, receipts laid on the oldest.

    Laid on the item due first, the oldest unpaid item is never older than the oldest in our books: so where our books
    have nothing late on a day, neither has the insurer. Laid on the item issued first that holds where items fall due
    in the order of their issue; other accounts are looked at one by one.
    """
    customer = book.customer_of_account[book.account[candidates]]
    spans = Spans.of(customer, book.due[candidates] + np.int32(shortest), closed, candidates)
    held = np.unique(shipped.customer[spans.holding(shipped.customer, shipped.day) >= 0])
    found = np.zeros(book.ledger.accounts.height, dtype=bool)
    found[book.account[candidates]] = True
    found &= np.isin(book.customer_of_account, held)
    if rule["rule"] == "oldest_issued":
        found |= _out_of_order(book, on) & np.isin(book.customer_of_account, shipped.customer)
    return np.flatnonzero(found)


def _out_of_order(book: DebtBook, on: dt.date) -> NDArray[np.bool_]:
    """Accounts with an item that falls due before one that was issued earlier."""
    debts = np.flatnonzero(book.is_debt & (book.issued <= number(on)))
    debts = debts[np.lexsort((debts, book.issued[debts], book.account[debts]))]
    key = book.account[debts].astype(np.int64) * _WIDE + book.due[debts]
    marked = np.zeros(book.ledger.accounts.height, dtype=bool)
    marked[book.account[debts[key < np.maximum.accumulate(key)]]] = True
    return marked


def _shortest(wording: Wording) -> int:
    """At least so many days every extension of the policy has; none where it has no extension."""
    periods = [value.value for value in wording.terms.get("mep", ()) if isinstance(value.value, Duration)]
    return min((period.count * (28 if period.unit == "months" else 1) for period in periods), default=-1)


def mep_ends(book: DebtBook, wording: Wording, item: Ids, agreed: Mapping[int, int]) -> Days:
    """By item the end of its maximum extension period, or the later day that was agreed with the insurer."""
    ends = Versions(wording, book.shipped(item)).mep_ends(book.due[item])
    if agreed:
        later = np.array([agreed.get(one, 0) for one in item.tolist()], dtype=np.int32)
        ends = np.maximum(ends, later)
    return ends


def agreed_late(
    book: DebtBook, wording: Wording, agreements: Mapping[int, tuple[tuple[int, int], ...]]
) -> list[dict[int, tuple[int, int]]]:
    """Times between the end of an item's extension and a day on which the insurer agreed to a later one.

    Goods shipped in between were shipped after cover had stopped, and what is agreed later does not change that.
    A mapping of item to the end and the day of agreement for the first such time of every item, for the second, and on.
    """
    item = np.array(sorted(agreements), dtype=np.int64)
    found: list[dict[int, tuple[int, int]]] = []
    for one, first_end in zip(item.tolist(), mep_ends(book, wording, item, {}).tolist(), strict=True):
        end, count = first_end, 0
        for on, until in agreements[one]:
            if on > end:
                found += [{}] if count == len(found) else []
                found[count][one] = (end, on)
                count += 1
            end = max(end, until)
    return found


def _candidates(book: DebtBook, on: dt.date, shortest: int, customers: Ids) -> Ids:
    """Items that may have been late: every extension is at least as long as the shortest."""
    if shortest < 0:
        return np.zeros(0, dtype=np.int64)
    is_theirs = np.zeros(book.ledger.customers.height, dtype=bool)
    is_theirs[customers] = True
    rows = np.flatnonzero((book.allocated > book.due[book.debit] + shortest) & (book.allocated <= number(on)))
    found = book.is_debt & (book.open_on(on) != 0) & (book.due + shortest < number(on))
    found[book.debit[rows]] = True
    item = np.flatnonzero(found & book.is_debt)
    kept: Ids = item[is_theirs[book.customer_of_account[book.account[item]]]]
    return kept


def _settlements(book: DebtBook, on: dt.date, item: Ids) -> tuple[Ids, Ids]:
    """Allocations of items up to a day: their rows, and the place of each one's item among ``item``."""
    position = np.full(book.size, -1, dtype=np.int32)
    position[item] = np.arange(len(item), dtype=np.int32)
    at = position[book.debit]
    rows = np.flatnonzero((at >= 0) & (book.allocated <= number(on))).astype(np.int64)
    return rows, at[rows].astype(np.int64)


def _closed_as_booked(book: DebtBook, on: dt.date, item: Ids) -> tuple[Days, Days]:
    """By item the day it was paid as our books have it (``NEVER``: it is not), and the day of its last payment."""
    rows, at = _settlements(book, on, item)
    last = np.zeros(len(item), dtype=np.int32)
    np.maximum.at(last, at, book.allocated[rows])
    return np.where(book.open_on(on)[item] != 0, NEVER, last).astype(np.int32), last


def _unpaid_as_booked(book: DebtBook, on: dt.date, item: Ids, ends: Days) -> Minor:
    """By item what was unpaid at the end of its extension."""
    rows, at = _settlements(book, on, item)
    in_time = book.allocated[rows] <= ends[at]
    unpaid = book.amount[item].copy()
    np.subtract.at(unpaid, at[in_time], book.allocated_minor[rows[in_time]])
    return unpaid


def _paid_by_loose(book: DebtBook, on: dt.date, item: Ids, rule: Mapping[str, Any]) -> Days:
    """By item the day on which receipts that are applied to nothing had come to all that is open up to it."""
    booked = book.open_on(on)
    days = np.full(len(item), NEVER, dtype=np.int32)
    loose = np.zeros(book.ledger.accounts.height, dtype=bool)
    loose[book.account[np.flatnonzero(~book.is_debt & (booked != 0))]] = True
    if not loose[book.account[item]].any():
        return days
    order = book.order(rule)
    debts = np.flatnonzero(book.is_debt & (booked != 0) & loose[book.account])
    debts = debts[np.lexsort((debts, order[debts], book.account[debts]))]
    account = book.account[debts].astype(np.int64)
    nothing_moves = np.zeros(book.size, dtype=bool)
    reached = _day_reached(_income(book, on, nothing_moves, loose), account, cumulative(booked[debts], account))
    at = np.full(book.size, -1, dtype=np.int64)
    at[debts] = np.arange(len(debts))
    found = at[item] >= 0
    days[found] = reached[at[item[found]]]
    return days


def _closed_by_age(  # noqa: PLR0917 - as its caller
    book: DebtBook, on: dt.date, wording: Wording, rule: Mapping[str, Any], accounts: NDArray[Any],
    agreed: Mapping[int, int],
) -> tuple[Ids, Days, Minor, Days]:  # fmt: skip
    """The same for every item of some accounts, where whatever comes in goes to the oldest."""
    chosen = np.zeros(book.ledger.accounts.height, dtype=bool)
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
    is_debit = book.ledger.items["is_debit"].to_numpy()[book.whole[loose]]
    account = np.concatenate([book.account[book.debit[rows]], book.account[loose]]).astype(np.int64)
    day = np.concatenate([book.issued[book.credit[rows]], book.issued[loose]])
    minor = np.concatenate([book.allocated_minor[rows], np.where(is_debit, -booked[loose], booked[loose])])
    by_day = np.argsort(account * _WIDE + day, kind="stable")
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
    # Accounts one after the other on one scale: each begins where the one before it could not reach.
    accounts = int(max(account.max(initial=-1), income.account.max(initial=-1))) + 1
    most = np.zeros(accounts, dtype=np.int64)
    np.maximum.at(most, account, target)
    np.maximum.at(most, income.account, np.maximum(income.reached, 0))
    if float(most.astype(np.float64).sum()) + accounts > SUM_LIMIT_MINOR:
        raise Broken("A sum is beyond the limit of {limit} minor units.", limit=SUM_LIMIT_MINOR)
    base = np.cumsum(most + 1) - (most + 1)
    at = np.searchsorted(base[income.account] + np.maximum(income.reached, 0), base[account] + target, side="left")
    day = np.full(len(target), NEVER, dtype=np.int32)
    there = np.flatnonzero(at < len(income.account))
    there = there[income.account[at[there]] == account[there]]
    day[there] = income.day[at[there]]
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
