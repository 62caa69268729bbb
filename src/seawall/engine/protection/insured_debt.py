"""The debt as an insurer sees it: what each item still owes once receipts lie where the policy says.

Whatever the customer said, many policies lay receipts on the oldest item. What is then open are the youngest items of
an account, up to what the account owes: so only the end of an account has to be looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.rounding import sum_by
from seawall.engine.ledger.allocation import as_parts, cut, plan
from seawall.engine.ledger.balance import require_known
from seawall.engine.ledger.items import KINDS, Ledger
from seawall.engine.ledger.marks import INDEMNITY, SET_OFF
from seawall.engine.protection.durations import NEVER, Days, number

Minor = NDArray[np.int64]
Ids = NDArray[np.int64]

DAYS_KEPT = 8
"""So many days' open amounts are remembered, so that a look at many past days does not hold them all."""

_DEBTS = (KINDS.index("invoice"), KINDS.index("debit_note"))
_REFUND, _RECEIPT, _CREDIT_NOTE = (KINDS.index(kind) for kind in ("refund", "receipt", "credit_note"))


@dataclass(frozen=True)
class DebtBook:
    """A ledger as arrays, each instalment an item of its own. Read once for all policies.

    Items and allocations are numbered anew: ``whole`` is the item of the ledger that each of them is, or is part of.
    """

    ledger: Ledger

    @cached_property
    def _plan(self) -> pl.DataFrame:
        return plan(self.ledger.instalments)

    @cached_property
    def _count(self) -> Ids:
        """By item of the ledger, how many items it is here."""
        count = np.ones(self.ledger.items.height, dtype=np.int64)
        by_item = self._plan.group_by("item_id").agg(pl.len())
        count[by_item["item_id"].to_numpy()] = by_item["len"].to_numpy()
        return count

    @cached_property
    def first(self) -> Ids:
        """By item of the ledger, the first of its items here."""
        first: Ids = np.cumsum(self._count) - self._count
        return first

    @cached_property
    def whole(self) -> Ids:
        """By item, the item of the ledger that it is, or is an instalment of."""
        whole: Ids = np.repeat(np.arange(self.ledger.items.height), self._count)
        return whole

    @cached_property
    def _planned(self) -> Ids:
        """Where the instalments of the plan stand among the items."""
        at: Ids = self.first[self._plan["item_id"].to_numpy()] + self._plan["part_no"].to_numpy() - 1
        return at

    @cached_property
    def parts(self) -> Ledger:
        """The ledger with instalments as items, under the numbers they have here: for what needs every column."""
        return as_parts(self.ledger)

    @property
    def size(self) -> int:
        """How many items there are."""
        return len(self.whole)

    @cached_property
    def account(self) -> NDArray[np.int32]:
        """Account of each item."""
        return self._spread(self.ledger.items["account_id"].to_numpy())

    @cached_property
    def customer_of_account(self) -> Ids:
        """Customer of each account."""
        return self.ledger.accounts["customer_id"].to_numpy().astype(np.int64)

    @cached_property
    def kind(self) -> NDArray[np.uint8]:
        """Kind of each item, as its place in ``KINDS``."""
        return self._spread(self.ledger.items["kind"].to_physical().cast(pl.UInt8).to_numpy())

    @cached_property
    def is_debt(self) -> NDArray[np.bool_]:
        """Whether an item is owed by the customer for something: an invoice or a debit note."""
        return np.isin(np.arange(len(KINDS)), _DEBTS)[self.kind]

    @cached_property
    def issued(self) -> Days:
        """Day of issue of each item."""
        return self._spread(self.ledger.items["issued_on"].to_physical().to_numpy())

    @cached_property
    def due(self) -> Days:
        """Due day of each item."""
        return self._with_plan(self.ledger.items["due_on"].to_physical(), self._plan["due_on"].to_physical())

    @cached_property
    def amount(self) -> Minor:
        """Amount of each item."""
        return self._with_plan(self.ledger.items["amount_minor"], self._plan["amount_minor"])

    @cached_property
    def method(self) -> pl.Series:
        """Payment method of each item of the ledger."""
        return self.ledger.items["payment_method"]

    @cached_property
    def _allocations(self) -> tuple[Ids, Ids, Days, Minor, Minor]:
        """Allocations with the numbers of their items here; those of items in instalments are cut among these."""
        rows = self.ledger.allocations
        debit, credit = rows["debit_id"].to_numpy(), rows["credit_id"].to_numpy()
        days, minor = rows["allocated_on"].to_physical().to_numpy(), rows["amount_minor"].to_numpy()
        credit_minor = rows["credit_minor"].to_numpy()
        if self._plan.is_empty():
            return debit, credit, days, minor, credit_minor
        is_cut = (self._count != 1)[debit]
        pieces, kept = cut(rows.filter(pl.Series(is_cut)), self._plan), ~is_cut
        at = self.first[pieces["debit_id"].to_numpy()] + pieces["part_no"].to_numpy() - 1
        return (
            np.concatenate([self.first[debit[kept]], at]),
            self.first[np.concatenate([credit[kept], pieces["credit_id"].to_numpy()])],
            np.concatenate([days[kept], pieces["allocated_on"].to_physical().to_numpy()]),
            np.concatenate([minor[kept], pieces["amount_minor"].to_numpy()]),
            np.concatenate([credit_minor[kept], pieces["credit_minor"].to_numpy()]),
        )

    @property
    def debit(self) -> Ids:
        """Debit item of each allocation."""
        return self._allocations[0]

    @property
    def credit(self) -> Ids:
        """Credit item of each allocation."""
        return self._allocations[1]

    @property
    def allocated(self) -> Days:
        """Day of each allocation."""
        return self._allocations[2]

    @property
    def allocated_minor(self) -> Minor:
        """Amount of each allocation, in the debit's currency."""
        return self._allocations[3]

    @cached_property
    def is_receipt(self) -> NDArray[np.bool_]:
        """Whether an item is money of the customer: no indemnity of an insurer, and no set-off."""
        marked = np.zeros(self.ledger.items.height, dtype=bool)
        receipts = self.ledger.items["kind"] == "receipt"
        rows = np.flatnonzero(receipts.to_numpy())
        marked[rows] = ~self.method.gather(rows).is_in([INDEMNITY, SET_OFF]).fill_null(value=False).to_numpy()
        return self._spread(marked)

    @cached_property
    def _open_on(self) -> dict[int, Minor]:
        return {}

    def open_on(self, on: dt.date) -> Minor:
        """By item, what is open of it or unapplied on a day, as booked.

        Raises:
            NotKnown: the day lies before what the ledger knows.
        """
        require_known(self.ledger, on)
        day = number(on)
        if day not in self._open_on:
            if len(self._open_on) == DAYS_KEPT:
                self._open_on.pop(next(iter(self._open_on)))
            debit, credit, days, minor, credit_minor = self._allocations
            left = self.amount * (self.issued <= day)
            effective = days <= day
            np.subtract.at(left, debit, minor * effective)
            np.subtract.at(left, credit, credit_minor * effective)
            self._open_on[day] = left
        return self._open_on[day]

    def shipped(self, item: Ids) -> Days:
        """Day of shipment of items; of those that name none the day of issue."""
        return self._or_issued("shipped_on", item)

    def delivered(self, item: Ids) -> Days:
        """Day of delivery of items; of those that name none the day of shipment."""
        days = self._named("delivered_on", item)
        return self.shipped(item) if days is None else np.where(days == NEVER, self.shipped(item), days)

    def tax(self, item: Ids) -> Minor:
        """VAT within the amount of items; that of an item in instalments fills the first of them first."""
        tax = self.ledger.items["tax_minor"].to_numpy()[self.whole[item]]
        if self._plan.is_empty():
            return tax
        before = np.zeros(self.size, dtype=np.int64)
        before[self._planned] = (self._plan["upto_minor"] - self._plan["amount_minor"]).to_numpy()
        return np.clip(tax - before[item], 0, self.amount[item])

    def moves_to_oldest(self, rule: Mapping[str, Any]) -> NDArray[np.bool_]:
        """By item, whether it is a credit that the policy lays on the oldest item."""
        if rule["rule"] == "as_booked":
            return np.zeros(len(self.kind), dtype=bool)
        notes = rule["credit_notes"] == "oldest"
        return self.is_receipt | ((self.kind == _CREDIT_NOTE) if notes else False)

    def need(self, item: Ids, on: dt.date, moves: NDArray[np.bool_]) -> Minor:
        """What items come to before receipts that move: their amount less everything else that settled them."""
        position = np.full(len(self.kind), -1, dtype=np.int64)
        position[item] = np.arange(len(item))
        rows = np.flatnonzero(~moves[self.credit] & (self.allocated <= number(on)))
        at = position[self.debit[rows]]
        rows, at = rows[at >= 0], at[at >= 0]
        settled = np.zeros(len(item), dtype=np.int64)
        np.add.at(settled, at, self.allocated_minor[rows])
        return self.amount[item] - settled

    def order(self, rule: Mapping[str, Any]) -> Days:
        """The day by which the policy calls an item older than another."""
        return self.issued if rule["rule"] == "oldest_issued" else self.due

    def _spread(self, values: NDArray[Any]) -> NDArray[Any]:
        return values if self._plan.is_empty() else values[self.whole]

    def _with_plan(self, values: pl.Series, planned: pl.Series) -> NDArray[Any]:
        """Values of items, those of instalments in their places."""
        spread = self._spread(values.to_numpy())
        if not self._plan.is_empty():
            spread[self._planned] = planned.to_numpy()
        return spread

    def _named(self, name: str, item: Ids) -> Days | None:
        if name not in self.ledger.items.columns:
            return None
        return self.ledger.items[name].gather(self.whole[item]).to_physical().fill_null(NEVER).to_numpy()

    def _or_issued(self, name: str, item: Ids) -> Days:
        days = self._named(name, item)
        return self.issued[item] if days is None else np.where(days == NEVER, self.issued[item], days)


@dataclass(frozen=True)
class Open:
    """Items with something open on a day as an insurer sees it, in the order of their customers."""

    item: Ids
    open_minor: Minor
    """In the item's own currency."""

    booked_minor: Minor
    """What our own books call open."""


def open_debt(book: DebtBook, on: dt.date, rule: Mapping[str, Any]) -> Open:
    """What is open of each invoice and debit note on a day, receipts laid where the policy says.

    What is not applied to anything goes to the oldest in any case; a refund that is open takes back as much.
    """
    booked = book.open_on(on)
    debts = np.flatnonzero(book.is_debt & (booked != 0))
    accounts = book.ledger.accounts.height
    owed = sum_by(book.account[debts], booked[debts], accounts)
    loose = np.flatnonzero(~book.is_debt & (booked != 0))
    signed = np.where(book.kind[loose] == _REFUND, -booked[loose], booked[loose])
    unapplied = np.maximum(sum_by(book.account[loose], signed, accounts), 0)
    if rule["rule"] == "as_booked" and not unapplied.any():
        return Open(debts, booked[debts], booked[debts])
    return _laid_on_oldest(book, on, rule, np.maximum(owed - unapplied, 0), debts)


def _laid_on_oldest(book: DebtBook, on: dt.date, rule: Mapping[str, Any], owed: Minor, debts: Ids) -> Open:
    """Of each account the youngest items, up to what it owes. None is older than the oldest open in our books."""
    booked, order = book.open_on(on), book.order(rule)
    moves = book.moves_to_oldest(rule)
    candidates = debts
    if rule["rule"] != "as_booked":
        oldest = np.full(len(owed), NEVER, dtype=np.int32)
        np.minimum.at(oldest, book.account[debts], order[debts])
        started = book.is_debt & (book.issued <= number(on))
        candidates = np.flatnonzero(started & (order >= oldest[book.account]))
    need = book.need(candidates, on, moves) if rule["rule"] != "as_booked" else booked[candidates]
    by_age = np.lexsort((-candidates, -order[candidates], book.account[candidates]))
    account, need = book.account[candidates[by_age]], need[by_age]
    younger = cumulative(need, account) - need
    left = np.clip(owed[account] - younger, 0, need)
    keep = left != 0
    item, left = candidates[by_age][keep], left[keep]
    back = np.argsort(item, kind="stable")
    return Open(item[back], left[back], np.where(book.is_debt, booked, 0)[item[back]])


def cumulative(amounts: Minor, group: NDArray[Any]) -> Minor:
    """Running sums that begin anew with each group; rows of a group stand together."""
    running = np.cumsum(amounts)
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else np.zeros(0, dtype=np.int64)
    before = running[first] - amounts[first]
    return running - np.repeat(before, np.diff(np.r_[first, len(group)]))
