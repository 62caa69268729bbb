"""The ledger as the engine sees it: accounts, customers, items and allocations under dense ids.

An *account* is what one entity of ours is owed by one customer in one currency: sums by account
never cross currencies. Ids are dense (row ``k`` of ``items`` has ``item_id == k``), and rows stand in
the order of corporate group, customer, account. So settling ten million items is an indexed sum
instead of a join, and a partition of the ledger is a slice of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.table import Column, Table
from seawall.engine.ledger.marks import BILL_ENDED

DEBIT_KINDS = ("invoice", "debit_note", "refund")
CREDIT_KINDS = ("receipt", "credit_note", "write_off", "settled_unknown")
"""``settled_unknown`` is never in a file: it closes what vanished from a list of open items."""

KINDS = DEBIT_KINDS + CREDIT_KINDS
KIND = pl.Enum(KINDS)

CUSTOMERS = Table(
    "customers",
    {
        "customer_id": Column(pl.Int32, "dense, in the order of group and code"),
        "customer_code": Column(pl.String, "the company's own code, as text"),
        "name": Column(pl.String),
        "country": Column(pl.String, "ISO 3166 alpha-2", nullable=True),
        "sector": Column(pl.String, nullable=True),
        "parent_code": Column(pl.String, "the customer it belongs to", nullable=True),
        "group_code": Column(pl.String, "the root of its parents; itself where it has none"),
        "language": Column(pl.String, nullable=True),
    },
    key=("customer_id",),
)
ACCOUNTS = Table(
    "accounts",
    {
        "account_id": Column(pl.Int32, "dense, in the order of customer_id, entity, currency"),
        "customer_id": Column(pl.Int32),
        "entity": Column(pl.String, "code of the selling legal entity"),
        "currency": Column(pl.String, "ISO 4217"),
    },
    key=("account_id",),
)
ITEMS = Table(
    "items",
    {
        "item_id": Column(pl.Int64, "dense, in the order of account_id"),
        "account_id": Column(pl.Int32),
        "kind": Column(KIND),
        "is_debit": Column(pl.Boolean),
        "issued_on": Column(pl.Date),
        "due_on": Column(pl.Date, "of a credit: the day it was issued"),
        "amount_minor": Column(pl.Int64, "positive, in the account's currency"),
        "tax_minor": Column(pl.Int64, "VAT within amount_minor; 0 where the file does not say"),
        "disputed_minor": Column(pl.Int64, "disputed without a date; 0 where disputes have their days"),
        "payment_method": Column(pl.String, "one of the marks of `marks`, else for people only", nullable=True),
    },
)
ALLOCATIONS = Table(
    "allocations",
    {
        "debit_id": Column(pl.Int64, "the item settled"),
        "credit_id": Column(pl.Int64, "the item that settles it"),
        "allocated_on": Column(pl.Date, "effective: the latest of its own day and both items' days"),
        "amount_minor": Column(pl.Int64, "in the debit's currency; below zero where an ended bill takes it back"),
        "credit_minor": Column(pl.Int64, "in the credit item's currency; the same where currencies agree"),
    },
)
INSTALMENTS = Table(
    "instalments",
    {
        "item_id": Column(pl.Int64),
        "due_on": Column(pl.Date),
        "amount_minor": Column(pl.Int64),
        "is_retention": Column(pl.Boolean, "held back until its own due day; empty is no", nullable=True),
    },
)
DISPUTES = Table(
    "disputes",
    {
        "item_id": Column(pl.Int64),
        "opened_on": Column(pl.Date),
        "closed_on": Column(pl.Date, "first day it is no longer open", nullable=True),
        "amount_minor": Column(pl.Int64),
        "reason": Column(pl.String, nullable=True),
    },
)
CONTROL = Table(
    "control",
    {
        "entity": Column(pl.String),
        "account": Column(pl.String, "number of the control account in the general ledger"),
        "currency": Column(pl.String),
        "on": Column(pl.Date),
        "amount_minor": Column(pl.Int64),
    },
)
BILL_KINDS = ("bank", "commercial")
BILL_STATES = ("received", "endorsed", "discounted", "presented", "paid", "bounced", "returned")
"""What may have happened to a bill last; in this order on one day. ``received`` is where every bill begins."""

BILL_KIND, BILL_STATE = pl.Enum(BILL_KINDS), pl.Enum(BILL_STATES)
BILLS = Table(
    "bills",
    {
        "item_id": Column(pl.Int64, "the credit item that the bill is: its number, customer, amount, day of receipt"),
        "bill_kind": Column(BILL_KIND, "who accepted it: a bank or a company"),
        "drawer": Column(pl.String, nullable=True),
        "acceptor": Column(pl.String),
        "acceptor_code": Column(pl.String, "of a bank its bank code", nullable=True),
        "drawn_on": Column(pl.Date),
        "matures_on": Column(pl.Date),
    },
    key=("item_id",),
)
BILL_EVENTS = Table(
    "bill_events",
    {
        "item_id": Column(pl.Int64, "of the bill"),
        "event": Column(BILL_STATE),
        "on": Column(pl.Date),
        "counterparty": Column(pl.String, "whom it was endorsed to, or who discounted it", nullable=True),
        "note": Column(pl.String, nullable=True),
        "source_file": Column(pl.String, nullable=True),
        "source_row": Column(pl.Int64, nullable=True),
    },
)
DETAIL_COLUMNS = {
    "number": pl.String,
    "terms": pl.String,
    "order_number": pl.String,
    "description": pl.String,
    "contract_number": pl.String,
    "shipped_on": pl.Date,
    "delivered_on": pl.Date,
    "source_file": pl.String,
    "source_row": pl.Int64,
}
"""What else an item may carry: for people and for 'why?', never for arithmetic."""

SIDES: Final = ("debit", "credit")
"""The two ends of an allocation."""

FEW: Final = 1000
"""So many accounts are looked up; for more, going through all of them is as fast and keeps nothing in memory."""


@dataclass(frozen=True)
class Ledger:
    """All facts of one ledger, or of one partition of it.

    ``known_from``: days before it cannot be answered (the first list of open items); None = all can.
    """

    customers: pl.DataFrame
    accounts: pl.DataFrame
    items: pl.DataFrame
    allocations: pl.DataFrame
    instalments: pl.DataFrame = field(default_factory=INSTALMENTS.empty)
    disputes: pl.DataFrame = field(default_factory=DISPUTES.empty)
    control: pl.DataFrame = field(default_factory=CONTROL.empty)
    bills: pl.DataFrame = field(default_factory=BILLS.empty)
    bill_events: pl.DataFrame = field(default_factory=BILL_EVENTS.empty)
    known_from: dt.date | None = None

    def check(self) -> Ledger:
        """The ledger itself, once every table is what was declared and every id is dense.

        Raises:
            Broken: it is not.
        """
        for table, frame in (
            (CUSTOMERS, self.customers), (ACCOUNTS, self.accounts), (ITEMS, self.items),
            (ALLOCATIONS, self.allocations), (INSTALMENTS, self.instalments),
            (DISPUTES, self.disputes), (CONTROL, self.control), (BILLS, self.bills),
            (BILL_EVENTS, self.bill_events),
        ):  # fmt: skip
            table.check(frame)
        return self

    @cached_property
    def currencies(self) -> list[str]:
        """The currencies amounts are in, in alphabetical order."""
        return sorted(self.accounts["currency"].unique())

    @cached_property
    def entities(self) -> list[str]:
        """The codes of the selling entities, in alphabetical order."""
        return sorted(self.accounts["entity"].unique())

    def of_customers(self, codes: Collection[str]) -> Ledger:
        """The ledger of the accounts of the customers with these codes, as ``only`` makes it."""
        numbers = np.flatnonzero(self.customers["customer_code"].is_in(list(codes)).to_numpy())
        return self.only(pl.Series(np.isin(self.accounts["customer_id"].to_numpy(), numbers), dtype=pl.Boolean))

    def only(self, keep: pl.Series) -> Ledger:
        """The ledger of the accounts where ``keep`` is true, with dense ids again.

        Customers left without an account go too. Where an allocation leaves the kept accounts (a parent
        pays for its subsidiary, a receipt settles in another currency), the item at its far end is stood
        in for by one in the near account, of the amount and the day of the allocation: what is open and
        what is unapplied of every kept account stays what it is.
        """
        mask = keep.to_numpy()
        own, touching = self._few(mask) if np.count_nonzero(mask) <= FEW else self._many(mask)
        items, allocations = self._closed(mask, own, touching)
        numbers = np.concatenate([own, np.arange(self.items.height, self.items.height + items.height - len(own))])
        if items.height > len(own):  # stand-ins go to where their account is
            order = np.argsort(items["account_id"].to_numpy(), kind="stable")
            items, place = items[order], np.argsort(order)
        else:
            place = np.arange(items.height)
        account_new = np.cumsum(mask) - 1
        accounts = self.accounts[np.flatnonzero(mask)]
        customers = np.unique(accounts["customer_id"].to_numpy())

        def renumbered(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
            """The rows about items that stay, with their new numbers."""
            at = {name: _position(numbers, frame[name].to_numpy()) for name in columns}
            stays = np.flatnonzero(at[columns[0]] >= 0)
            return _numbered(frame[stays], **{name: place[found[stays]] for name, found in at.items()})

        return replace(
            self,
            customers=_numbered(self.customers[customers], customer_id=np.arange(len(customers))),
            accounts=_numbered(
                accounts,
                account_id=np.arange(accounts.height),
                customer_id=np.searchsorted(customers, accounts["customer_id"].to_numpy()),
            ),
            items=_numbered(
                items, item_id=np.arange(items.height), account_id=account_new[items["account_id"].to_numpy()]
            ),
            allocations=renumbered(allocations, "debit_id", "credit_id"),
            instalments=renumbered(self.instalments, "item_id"),
            disputes=renumbered(self.disputes, "item_id"),
            bills=renumbered(self.bills, "item_id"),
            bill_events=renumbered(self.bill_events, "item_id"),
            control=self.control.filter(pl.col("entity").is_in(accounts["entity"].unique().to_list())),
        )

    def _many(self, mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the items of the accounts in ``mask``, and of the allocations with an end there: by going through."""
        is_kept = mask[self.items["account_id"].to_numpy()]
        ends = [is_kept[self.allocations[f"{side}_id"].to_numpy()] for side in SIDES]
        return np.flatnonzero(is_kept), np.flatnonzero(ends[0] | ends[1])

    def _few(self, mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The same by looking up, in the time of what is found."""
        accounts = np.flatnonzero(mask)
        first, last = self._places.items[accounts], self._places.items[accounts + 1]
        ends = [
            order[_ranges(np.searchsorted(ids, first), np.searchsorted(ids, last))]
            for ids, order in self._places.allocations
        ]
        return _ranges(first, last), np.unique(np.concatenate(ends))

    @cached_property
    def _places(self) -> _Places:
        account = self.items["account_id"].to_numpy()
        ends = [self.allocations[f"{side}_id"].to_numpy() for side in SIDES]
        orders = [np.argsort(ids, kind="stable") for ids in ends]
        return _Places(
            np.searchsorted(account, np.arange(self.accounts.height + 1)),
            tuple((ids[order], order) for ids, order in zip(ends, orders, strict=True)),
        )

    def _closed(
        self, mask: NDArray[np.bool_], own: NDArray[np.int64], touching: NDArray[np.int64]
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Own items and the allocations with an end there, stand-ins appended to the items for what lies outside.

        Stand-ins are numbered on from the last item of the ledger.
        """
        allocations = self.allocations[touching]
        ends = {side: allocations[f"{side}_id"].to_numpy() for side in SIDES}
        account = {side: self.items["account_id"].gather(ids).to_numpy() for side, ids in ends.items()}
        inside = {side: mask[numbers] for side, numbers in account.items()}
        items = [self.items[own]]
        parts = [allocations[np.flatnonzero(inside["debit"] & inside["credit"])]]
        first = self.items.height
        for near, far, minor in (("debit", "credit", "amount_minor"), ("credit", "debit", "credit_minor")):
            at = np.flatnonzero(inside[near] & ~inside[far])
            if not at.size:
                continue
            rows = allocations[at].with_columns(amount_minor=minor, credit_minor=minor)
            back = (rows["amount_minor"] < 0).to_numpy()
            plus, at_plus = rows.filter(pl.Series(~back)), at[~back]
            items.append(_stand_ins(self.items[ends[far][at_plus]], plus, account[near][at_plus]))
            far_id = np.arange(first, first + plus.height)
            parts.append(plus.with_columns(pl.Series(f"{far}_id", far_id, dtype=pl.Int64)))
            first += plus.height
            if back.any():
                minus = rows.filter(pl.Series(back))
                mine = self.items[ends[near][at[back]]]
                items.append(_taken_back(_stand_ins(mine, minus, mine["account_id"].to_numpy())))
                parts += _undoing(minus, plus.with_columns(met=pl.Series(far_id)), (near, far), first)
                first += minus.height
        return pl.concat(items), pl.concat(parts)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the rows of an account stand; made when few accounts of a ledger are first asked for."""

    items: NDArray[np.int64]
    """By account: the row of its first item; one more at the end."""

    allocations: tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]
    """By side: the items' numbers in order, and the rows they stand in."""


def _ranges(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """All numbers from each ``first`` to before its ``last``, one range after the other."""
    lengths = last - first
    found: NDArray[np.int64] = np.repeat(first - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    return found


def _position(numbers: NDArray[np.int64], sought: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each number stands in ``numbers``, which rise; -1 where it does not."""
    if not numbers.size:
        return np.full(len(sought), -1)
    at = np.minimum(np.searchsorted(numbers, sought), numbers.size - 1)
    return np.where(numbers[at] == sought, at, -1)


def _numbered(frame: pl.DataFrame, **numbers: NDArray[np.integer[Any]]) -> pl.DataFrame:
    """A frame of our own with other numbers in some columns, set in place: a query for each would cost more."""
    for name, values in numbers.items():
        column = pl.Series(name, values).cast(frame.schema[name])
        frame.replace_column(frame.get_column_index(name), column)
    return frame


def _stand_ins(far: pl.DataFrame, rows: pl.DataFrame, account: NDArray[np.int32]) -> pl.DataFrame:
    """Items of the far end of allocations, as they look from the near account. A debit is a refund: no sale is made."""
    return far.with_columns(
        account_id=pl.Series(account, dtype=pl.Int32),
        kind=pl.when("is_debit").then(pl.lit("refund", dtype=KIND)).otherwise("kind"),
        issued_on=rows["allocated_on"],
        due_on=rows["allocated_on"],
        amount_minor=rows["amount_minor"],
        tax_minor=pl.lit(0, pl.Int64),
        disputed_minor=pl.lit(0, pl.Int64),
    )


def _taken_back(items: pl.DataFrame) -> pl.DataFrame:
    """Stand-ins on the near side for what bills that ended take back: neither sales nor cash."""
    kind = pl.when("is_debit").then(pl.lit("refund", dtype=KIND)).otherwise(pl.lit("settled_unknown", dtype=KIND))
    return items.with_columns(kind=kind, amount_minor=-pl.col("amount_minor"), payment_method=pl.lit(BILL_ENDED))


def _undoing(minus: pl.DataFrame, plus: pl.DataFrame, sides: tuple[str, str], first: int) -> list[pl.DataFrame]:
    """Allocations that take back what crosses the border.

    The near item is freed of the stand-in it ``met``, and what stands in for the near item (numbers from
    ``first``) takes its place there.
    """
    near, far = sides
    pair = ["debit_id", "credit_id", "amount_minor"]
    nth = pl.int_range(pl.len()).over(pair).alias("nth")
    met = plus.select(*pair, "met").with_columns(nth)
    rows = minus.with_columns(-pl.col("amount_minor")).with_columns(nth)
    met_id = rows.join(met, on=[*pair, "nth"], how="left", maintain_order="left")["met"]
    freed = minus.with_columns(met_id.alias(f"{far}_id"))
    own = np.arange(first, first + minus.height)
    replaced = freed.with_columns(-pl.col("amount_minor", "credit_minor"), pl.Series(f"{near}_id", own, dtype=pl.Int64))
    return [freed, replaced]
