"""The ledger as arrays, and a walk through its month ends: what was open on each, item by item.

Each instalment is an item of its own here. The walk applies each month's allocations once and keeps only
open items in hand, so all month ends together cost little more than one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.fx import Rates
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.rounding import apply_rate
from seawall.engine.ledger.allocation import as_parts
from seawall.engine.ledger.bills import undone_on
from seawall.engine.ledger.items import KINDS, Ledger
from seawall.engine.ledger.marks import BILL_ENDED, INDEMNITY, RECOVERY, SET_OFF

Days = NDArray[np.int32]
Ids = NDArray[np.int64]
Minor = NDArray[np.int64]
Codes = NDArray[np.uint8]

EPOCH = dt.date(1970, 1, 1)
CASH, CREDIT_NOTE, WRITE_OFF, INDEMNIFIED, OTHER = range(5)
"""What settles a debit item: cash (or a bill), a credit note, a write-off, an insurer's indemnity, anything else."""


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01, as date columns hold them."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Arrays:
    """One partition of a ledger as plain arrays; everything by item number unless it says otherwise."""

    ledger: Ledger
    """With instalments as items: see :func:`arrays_of`."""
    rates: Rates

    @cached_property
    def account(self) -> NDArray[np.int32]:
        return self.ledger.items["account_id"].to_numpy()

    @cached_property
    def kind(self) -> Codes:
        return self.ledger.items["kind"].to_physical().cast(pl.UInt8).to_numpy()

    @cached_property
    def issued(self) -> Days:
        return self.ledger.items["issued_on"].to_physical().to_numpy()

    @cached_property
    def due(self) -> Days:
        return self.ledger.items["due_on"].to_physical().to_numpy()

    @cached_property
    def amount(self) -> Minor:
        return self.ledger.items["amount_minor"].to_numpy()

    @cached_property
    def tax(self) -> Minor:
        return self.ledger.items["tax_minor"].to_numpy()

    @cached_property
    def customer_of(self) -> NDArray[np.int32]:
        """By account."""
        return self.ledger.accounts["customer_id"].to_numpy()

    @cached_property
    def factor(self) -> NDArray[np.float64] | None:
        """By account: reporting minor units for one minor unit; None where all is in the reporting currency."""
        codes = self.ledger.accounts["currency"]
        used = codes.unique().to_list()
        if used in ([], [self.rates.reporting]):
            return None
        each = dict(zip(used, self.rates.per_minor(used).tolist(), strict=True))
        return codes.replace_strict(each, return_dtype=pl.Float64).to_numpy()

    def reporting(self, minor: Minor, item: Ids | None) -> Minor:
        """Amounts of these items (None = of all items) in the reporting currency, each rounded by itself."""
        if self.factor is None:
            return minor
        return apply_rate(minor, self.factor[self.account if item is None else self.account[item]])

    def without_tax(self, minor: Minor, item: Ids) -> Minor:
        """Amounts of these items less the share of tax in the item."""
        whole = np.maximum(self.amount[item], 1)
        return apply_rate(minor, (whole - self.tax[item]) / whole)

    def marked(self, method: str) -> NDArray[np.bool_]:
        """Items that carry this payment method."""
        return (self.ledger.items["payment_method"] == method).fill_null(value=False).to_numpy()

    @cached_property
    def is_recovery(self) -> NDArray[np.bool_]:
        return self.marked(RECOVERY)

    @cached_property
    def is_indemnity(self) -> NDArray[np.bool_]:
        return self.marked(INDEMNITY)

    @cached_property
    def is_set_off(self) -> NDArray[np.bool_]:
        return self.marked(SET_OFF)

    @cached_property
    def is_bill_ended(self) -> NDArray[np.bool_]:
        return self.marked(BILL_ENDED)

    @cached_property
    def debit(self) -> Ids:
        """By allocation."""
        return self.ledger.allocations["debit_id"].to_numpy()

    @cached_property
    def credit(self) -> Ids:
        """By allocation."""
        return self.ledger.allocations["credit_id"].to_numpy()

    @cached_property
    def allocated(self) -> Days:
        """By allocation: the day it takes effect."""
        return self.ledger.allocations["allocated_on"].to_physical().to_numpy()

    @cached_property
    def settled(self) -> Minor:
        """By allocation: in the currency of the debit item."""
        return self.ledger.allocations["amount_minor"].to_numpy()

    @cached_property
    def how(self) -> Codes:
        """By allocation: what settled."""
        by_kind = np.full(len(KINDS), OTHER, dtype=np.uint8)
        for name, code in (("receipt", CASH), ("credit_note", CREDIT_NOTE), ("write_off", WRITE_OFF)):
            by_kind[KINDS.index(name)] = code
        how = by_kind[self.kind]
        how[self.is_indemnity & (how == CASH)] = INDEMNIFIED
        how[self.is_set_off] = OTHER
        return how[self.credit]

    @cached_property
    def undone(self) -> Days | None:
        """By allocation: the day a bill that ended took it back; None where no bill did."""
        return undone_on(self.ledger)

    def stands(self, day: int) -> NDArray[np.bool_]:
        """By allocation: whether it is one that no bill has taken back by the day."""
        if self.undone is None:
            return np.ones(len(self.debit), dtype=bool)
        stands: NDArray[np.bool_] = self.undone > day
        return stands


def arrays_of(ledger: Ledger, rates: Rates) -> Arrays:
    """A ledger as arrays, its instalments as items."""
    return Arrays(as_parts(ledger), rates)


@dataclass(frozen=True)
class State:
    """What is open at the end of ``day``: open items with their amounts, and what became effective since the last."""

    day: int
    item: Ids
    open_minor: Minor
    """In the item's own currency."""
    reporting_minor: Minor
    settled: Minor
    """By item: all that allocations up to the day have settled."""
    since: Ids
    """Numbers of the allocations that became effective after the last stop, up to the day."""


def walk(arrays: Arrays, days: Sequence[int]) -> Iterator[State]:
    """The state at the end of each of ``days`` (ascending)."""
    debits = np.flatnonzero(arrays.ledger.items["is_debit"].to_numpy())
    issued, issue_starts = _by_stop(arrays.issued[debits], days)
    allocations, starts = _by_stop(arrays.allocated, days)
    settled = np.zeros(arrays.ledger.items.height, dtype=np.int64)
    hand = np.zeros(0, dtype=np.int64)
    for stop, day in enumerate(days):
        since = allocations[starts[stop] : starts[stop + 1]]
        np.add.at(settled, arrays.debit[since], arrays.settled[since])
        hand = np.concatenate([hand, debits[issued[issue_starts[stop] : issue_starts[stop + 1]]]])
        if arrays.undone is not None:  # what bills took back is in hand again, unless it never left
            back = since[arrays.settled[since] < 0]
            hand = np.union1d(hand, arrays.debit[back])
        left = arrays.amount[hand] - settled[hand]
        still = left != 0
        hand, left = hand[still], left[still]
        yield State(day, hand, left, arrays.reporting(left, hand), settled, since)


def _by_stop(day: Days, stops: Sequence[int]) -> tuple[Ids, Ids]:
    """Row numbers in the order of the first stop not before the row's day, and where each stop's rows begin."""
    stop_type = np.uint8 if len(stops) < 255 else np.uint16  # noqa: PLR2004 - small integers sort by counting
    if not len(day):
        return np.zeros(0, dtype=np.int64), np.zeros(len(stops) + 2, dtype=np.int64)
    first, last = int(day.min()), int(day.max())
    stop_of = np.searchsorted(np.asarray(stops), np.arange(first, last + 1), side="left").astype(stop_type)
    stop = stop_of[day - first]
    counts = np.bincount(stop, minlength=len(stops) + 1)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return np.argsort(stop, kind="stable"), starts
