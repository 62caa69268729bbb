"""The ledger as the engine sees it: accounts, customers, items and allocations under dense ids.

An *account* is what one entity of ours is owed by one customer in one currency: sums by account
never cross currencies. Ids are dense (row ``k`` of ``items`` has ``item_id == k``), and rows stand in
the order of corporate group, customer, account. So settling ten million items is an indexed sum
instead of a join, and a partition of the ledger is a slice of it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

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

    @property
    def currencies(self) -> list[str]:
        """The currencies amounts are in, in alphabetical order."""
        return sorted(self.accounts["currency"].unique())

    def only(self, keep: pl.Series) -> Ledger:
        """The ledger of the accounts where ``keep`` is true, with dense ids again.

        Customers left without an account go too. Where an allocation leaves the kept accounts (a parent
        pays for its subsidiary, a receipt settles in another currency), the item at its far end is stood
        in for by one in the near account, of the amount and the day of the allocation: what is open and
        what is unapplied of every kept account stays what it is.
        """
        mask = keep.to_numpy()
        items, allocations = self._closed(mask)
        kept = np.flatnonzero(mask[items["account_id"].to_numpy()])
        kept = kept[np.argsort(items["account_id"].to_numpy()[kept], kind="stable")]
        item_new = np.full(items.height, -1, dtype=np.int64)
        item_new[kept] = np.arange(len(kept))
        account_new = np.cumsum(mask) - 1
        accounts = self.accounts.filter(keep)
        customer_mask = np.zeros(self.customers.height, dtype=bool)
        customer_mask[accounts["customer_id"].to_numpy()] = True
        customer_new = np.cumsum(customer_mask) - 1

        def renumber(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
            new = {name: item_new[frame[name].to_numpy()] for name in columns}
            rows = frame.with_columns(pl.Series(name, ids, dtype=pl.Int64) for name, ids in new.items())
            return rows.filter(pl.Series(new[columns[0]] >= 0, dtype=pl.Boolean))

        items = items[kept]
        return replace(
            self,
            customers=self.customers.filter(pl.Series(customer_mask, dtype=pl.Boolean)).with_columns(
                customer_id=pl.Series(np.arange(customer_mask.sum()), dtype=pl.Int32)
            ),
            accounts=accounts.with_columns(
                account_id=pl.Series(np.arange(accounts.height), dtype=pl.Int32),
                customer_id=pl.Series(customer_new[accounts["customer_id"].to_numpy()], dtype=pl.Int32),
            ),
            items=items.with_columns(
                item_id=pl.Series(np.arange(items.height), dtype=pl.Int64),
                account_id=pl.Series(account_new[items["account_id"].to_numpy()], dtype=pl.Int32),
            ),
            allocations=renumber(allocations, "debit_id", "credit_id"),
            instalments=renumber(self.instalments, "item_id"),
            disputes=renumber(self.disputes, "item_id"),
            bills=renumber(self.bills, "item_id"),
            bill_events=renumber(self.bill_events, "item_id"),
            control=self.control.filter(pl.col("entity").is_in(accounts["entity"].unique().to_list())),
        )

    def _closed(self, mask: NDArray[np.bool_]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Items and allocations, with stand-ins appended to the items for what lies outside of ``mask``."""
        account = self.items["account_id"].to_numpy()
        ends = {side: self.allocations[f"{side}_id"].to_numpy() for side in ("debit", "credit")}
        is_kept = mask[account]
        inside = {side: is_kept[ids] for side, ids in ends.items()}
        items, allocations = [self.items], self.allocations.filter(pl.Series(inside["debit"] & inside["credit"]))
        parts = [allocations]
        for near, far, minor in (("debit", "credit", "amount_minor"), ("credit", "debit", "credit_minor")):
            at = np.flatnonzero(inside[near] & ~inside[far])
            if not at.size:
                continue
            rows = self.allocations[at].with_columns(amount_minor=minor, credit_minor=minor)
            back = (rows["amount_minor"] < 0).to_numpy()
            plus, at_plus = rows.filter(pl.Series(~back)), at[~back]
            first = sum(frame.height for frame in items)
            items.append(_stand_ins(self.items[ends[far][at_plus]], plus, account[ends[near][at_plus]]))
            far_id = np.arange(first, first + plus.height)
            parts.append(plus.with_columns(pl.Series(f"{far}_id", far_id, dtype=pl.Int64)))
            if back.any():
                minus = rows.filter(pl.Series(back))
                own = self.items[ends[near][at[back]]]
                items.append(_taken_back(_stand_ins(own, minus, own["account_id"].to_numpy())))
                parts += _undoing(minus, plus.with_columns(met=pl.Series(far_id)), (near, far), first + plus.height)
        return pl.concat(items), pl.concat(parts)


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
