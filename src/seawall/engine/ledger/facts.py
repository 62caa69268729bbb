"""A ledger in codes and numbers, as files say it, and the way from there to dense ids.

``CanonicalTables`` come from a reader with amounts as exact decimals; ``fact_rules.checked`` turns amounts into
minor units and leaves out what cannot be taken; ``index`` makes the engine's ledger of the rest.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.fx import RATES
from seawall.engine.kernel.table import Column, Table
from seawall.engine.ledger.bills import with_ended_bills
from seawall.engine.ledger.insured_facts import (
    CLAIM_FACTS,
    CLAIM_STEP_FACTS,
    INSURANCE_EVENT_FACTS,
    INSURED_LIMIT_FACTS,
    INSURED_TABLES,
    RECOVERY_FACTS,
    InsuredFacts,
)
from seawall.engine.ledger.items import (
    ACCOUNTS,
    ALLOCATIONS,
    BILL_EVENTS,
    BILL_KIND,
    BILL_STATE,
    BILLS,
    CONTROL,
    CUSTOMERS,
    DETAIL_COLUMNS,
    DISPUTES,
    INSTALMENTS,
    ITEMS,
    KIND,
    Ledger,
)
from seawall.engine.ledger.keys import places

Basis = Literal["full_ledger", "open_items"]
"""What a list is: everything there ever was, or what is open on its day."""

AMOUNT = pl.Decimal(38, 4)
"""An amount as a file says it, before its currency says how many decimals it may have."""

MAIN_ENTITY = "main"
"""The entity of files that have no such column: one company, one ledger."""

_SOURCE = {
    "source_file": Column(pl.String),
    "source_row": Column(pl.Int64, "1 = first line under the header", nullable=True),
}


def _text(about: str = "") -> Column:
    return Column(pl.String, about, nullable=True)


CUSTOMER_FACTS = Table(
    "customers",
    {
        "customer_code": Column(pl.String),
        "name": Column(pl.String, "the code where the file gives none"),
        "country": _text("ISO 3166 alpha-2"),
        "sector": _text(),
        "registration_id": _text("tax or company number"),
        "parent_code": _text("the customer it belongs to"),
        "currency": _text("ISO 4217"),
        "language": _text(),
        "email": _text(),
        **_SOURCE,
    },
)
ITEM_FACTS = Table(
    "items",
    {
        "entity": Column(pl.String),
        "customer_code": Column(pl.String),
        "kind": Column(KIND),
        "is_debit": Column(pl.Boolean),
        "number": Column(pl.String),
        "issued_on": Column(pl.Date),
        "due_on": Column(pl.Date),
        "currency": Column(pl.String),
        "amount_minor": Column(pl.Int64),
        "tax_minor": Column(pl.Int64),
        "disputed_minor": Column(pl.Int64),
        "open_minor": Column(pl.Int64, "what the list says is open; empty where it does not say", nullable=True),
        "terms": _text(),
        "order_number": _text(),
        "description": _text(),
        "payment_method": _text(),
        "contract_number": _text(),
        "shipped_on": Column(pl.Date, nullable=True),
        "delivered_on": Column(pl.Date, nullable=True),
        **_SOURCE,
    },
)
ALLOCATION_FACTS = Table(
    "allocations",
    {
        "entity": Column(pl.String),
        "customer_code": _text("of the debit item"),
        "debit_number": Column(pl.String),
        "credit_number": Column(pl.String),
        "allocated_on": Column(pl.Date, "its own day, as the file says"),
        "amount_minor": Column(pl.Int64, "in the debit item's currency"),
        "credit_minor": Column(pl.Int64, "in the credit item's currency"),
        **_SOURCE,
    },
)
INSTALMENT_FACTS = Table(
    "instalments",
    {
        "entity": Column(pl.String),
        "number": Column(pl.String),
        "due_on": Column(pl.Date),
        "amount_minor": Column(pl.Int64),
        "is_retention": Column(pl.Boolean),
        **_SOURCE,
    },
)
DISPUTE_FACTS = Table(
    "disputes",
    {
        "entity": Column(pl.String),
        "number": Column(pl.String),
        "opened_on": Column(pl.Date),
        "closed_on": Column(pl.Date, nullable=True),
        "amount_minor": Column(pl.Int64),
        "reason": _text(),
        **_SOURCE,
    },
)
BALANCE_FACTS = Table(
    "balances",
    {
        "entity": Column(pl.String),
        "account": Column(pl.String),
        "currency": Column(pl.String),
        "on": Column(pl.Date),
        "amount_minor": Column(pl.Int64, "may be negative"),
        **_SOURCE,
    },
)
BILL_FACTS = Table(
    "bills",
    {
        "entity": Column(pl.String),
        "number": Column(pl.String, "of the bill, and of the credit item that it is"),
        "bill_kind": Column(BILL_KIND),
        "drawer": _text(),
        "acceptor": Column(pl.String),
        "acceptor_code": _text("of a bank its bank code"),
        "drawn_on": Column(pl.Date),
        "matures_on": Column(pl.Date),
        **_SOURCE,
    },
)
BILL_EVENT_FACTS = Table(
    "bill_events",
    {
        "entity": Column(pl.String),
        "number": Column(pl.String, "of the bill"),
        "event": Column(BILL_STATE),
        "on": Column(pl.Date),
        "counterparty": _text(),
        "note": _text(),
        **_SOURCE,
    },
)
CLEARINGS = Table(
    "clearings",
    {
        "cleared_by": Column(pl.String, "the clearing document"),
        "cleared_on": Column(pl.Date),
        **_SOURCE,
    },
)
"""Which rows of items were cleared together, by the row's own source."""

FACT_TABLES = {
    table.name: table
    for table in (
        CUSTOMER_FACTS, ITEM_FACTS, ALLOCATION_FACTS, INSTALMENT_FACTS, DISPUTE_FACTS, BALANCE_FACTS,
        BILL_FACTS, BILL_EVENT_FACTS, INSURED_LIMIT_FACTS, INSURANCE_EVENT_FACTS, CLAIM_FACTS, RECOVERY_FACTS,
        CLAIM_STEP_FACTS,
    )
}  # fmt: skip
"""The canonical tables once they are checked, by name."""


@dataclass(frozen=True)
class CanonicalTables:
    """What files say. ``customers`` is None where no file names them."""

    items: pl.DataFrame
    customers: pl.DataFrame | None = None
    allocations: pl.DataFrame = field(default_factory=ALLOCATION_FACTS.empty)
    instalments: pl.DataFrame = field(default_factory=INSTALMENT_FACTS.empty)
    disputes: pl.DataFrame = field(default_factory=DISPUTE_FACTS.empty)
    balances: pl.DataFrame = field(default_factory=BALANCE_FACTS.empty)
    bills: pl.DataFrame = field(default_factory=BILL_FACTS.empty)
    bill_events: pl.DataFrame = field(default_factory=BILL_EVENT_FACTS.empty)
    insured_limits: pl.DataFrame = field(default_factory=INSURED_LIMIT_FACTS.empty)
    insurance_events: pl.DataFrame = field(default_factory=INSURANCE_EVENT_FACTS.empty)
    claims: pl.DataFrame = field(default_factory=CLAIM_FACTS.empty)
    claim_recoveries: pl.DataFrame = field(default_factory=RECOVERY_FACTS.empty)
    claim_steps: pl.DataFrame = field(default_factory=CLAIM_STEP_FACTS.empty)
    rates: pl.DataFrame = field(default_factory=RATES.empty)
    clearings: pl.DataFrame = field(default_factory=CLEARINGS.empty)
    basis: Basis = "full_ledger"
    list_date: dt.date | None = None
    """The day a list of open items is about."""

    @property
    def insured(self) -> InsuredFacts:
        """What insurers decided and paid, once it is checked."""
        return InsuredFacts.of({name: getattr(self, name) for name in INSURED_TABLES})

    def with_insured(self, insured: InsuredFacts) -> CanonicalTables:
        """The tables with other facts of insurers."""
        frames: dict[str, Any] = insured.by_table()
        return replace(self, **frames)

    def check(self) -> CanonicalTables:
        """The tables themselves, once every one is what was declared.

        Raises:
            Broken: one is not.
        """
        for name, table in FACT_TABLES.items():
            frame = getattr(self, name)
            if frame is not None:
                table.check(frame)
        return self


def codes_of_insured(tables: CanonicalTables) -> pl.Series:
    """Codes of customers on whom insurers decided, or paid."""
    named = (getattr(tables, name)["customer_code"] for name in INSURED_TABLES)
    codes: pl.Series = pl.concat(list(named)).drop_nulls().unique()
    return codes


def customers_from_codes(tables: CanonicalTables) -> pl.DataFrame:
    """Customers for codes nobody described: the code is the name, and no row is their source."""
    named = pl.concat([tables.items["customer_code"], codes_of_insured(tables)])
    codes = pl.DataFrame({"customer_code": named.unique().sort()})
    rest = [name for name in CUSTOMER_FACTS.columns if name not in ("customer_code", "name")]
    return codes.with_columns(
        pl.col("customer_code").alias("name"),
        *(pl.lit(None, CUSTOMER_FACTS.schema[name]).alias(name) for name in rest if name != "source_file"),
        pl.lit("").alias("source_file"),
    ).select(*CUSTOMER_FACTS.columns)


def group_roots(customers: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """By row: the row of the root of its parents, and whether there is one (in a cycle there is none).

    A parent that is no customer counts as none.
    """
    size = customers.height
    own = np.arange(size)
    if not customers["parent_code"].null_count() < size:
        return own, np.ones(size, dtype=bool)
    rows = pl.DataFrame({"parent_code": customers["customer_code"], "parent": own})
    found = customers.select("parent_code").join(rows, on="parent_code", how="left", maintain_order="left")["parent"]
    parent = found.fill_null(pl.Series(own)).to_numpy()
    is_root = found.is_null().to_numpy()
    jump = parent
    for _ in range(max(size, 2).bit_length() + 1):
        jump = jump[jump]
    return jump, is_root[jump]


def index(tables: CanonicalTables) -> Ledger:
    """The ledger of checked tables, under dense ids; the order of rows in the files leaves no trace in it.

    Order: corporate group, customer, entity, currency, day of issue, number. What an allocation settles, it
    settles on the latest of its own day and both items' days.
    """
    customers = _customers(tables)
    items, accounts = _items(tables.items, customers)
    by_key = items.select("item_id", "entity", "is_debit", "number", "issued_on")
    ledger = Ledger(
        customers=customers.select(*CUSTOMERS.columns),
        accounts=accounts.select(*ACCOUNTS.columns),
        items=items.select(*ITEMS.columns, *DETAIL_COLUMNS),
        allocations=_allocations(tables.allocations, by_key),
        instalments=_by_item(tables.instalments, by_key).select(*INSTALMENTS.columns).sort(pl.all()),
        disputes=_by_item(tables.disputes, by_key).select(*DISPUTES.columns).sort(pl.all()),
        control=tables.balances.select(*CONTROL.columns).sort(pl.all()),
        bills=_by_item(tables.bills, by_key, is_debit=False).select(*BILLS.columns).sort("item_id"),
        bill_events=_by_item(tables.bill_events, by_key, is_debit=False)
        .select(*BILL_EVENTS.columns)
        .sort("item_id", "on", "event"),
        known_from=tables.list_date if tables.basis == "open_items" else None,
    )
    return with_ended_bills(ledger)


def _customers(tables: CanonicalTables) -> pl.DataFrame:
    rows = customers_from_codes(tables) if tables.customers is None else tables.customers
    roots, _ = group_roots(rows)
    rows = rows.with_columns(group_code=rows["customer_code"].gather(roots))
    rows = rows.sort("group_code", "customer_code")
    return rows.with_columns(customer_id=_dense(rows.height, pl.Int32))


def _items(rows: pl.DataFrame, customers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items with ``item_id`` and ``account_id``, and their accounts."""
    rows = rows.join(customers.select("customer_code", "customer_id"), on="customer_code", how="left")
    accounts = rows.select("customer_id", "entity", "currency").unique().sort("customer_id", "entity", "currency")
    accounts = accounts.with_columns(account_id=_dense(accounts.height, pl.Int32))
    rows = rows.join(accounts, on=["customer_id", "entity", "currency"], how="left")
    rows = rows.sort("account_id", "issued_on", "number", "is_debit")
    return rows.with_columns(item_id=_dense(rows.height, pl.Int64)), accounts


def _allocations(rows: pl.DataFrame, by_key: pl.DataFrame) -> pl.DataFrame:
    if rows.is_empty():
        return ALLOCATIONS.empty()
    book = by_key.select("entity", "is_debit", "number")
    for side in ("debit", "credit"):
        keys = rows.select("entity", pl.lit(side == "debit").alias("is_debit"), f"{side}_number")
        at = places(keys, book)
        rows = rows.with_columns(
            at.cast(pl.Int64).alias(f"{side}_id"), by_key["issued_on"].gather(at).alias(f"{side}_on")
        )
    effective = pl.max_horizontal("allocated_on", "debit_on", "credit_on").alias("allocated_on")
    return rows.with_columns(effective).select(*ALLOCATIONS.columns).sort(pl.all())


def _by_item(rows: pl.DataFrame, by_key: pl.DataFrame, *, is_debit: bool = True) -> pl.DataFrame:
    """Rows about items of one side, with their ``item_id``."""
    keys = rows.select("entity", pl.lit(value=is_debit).alias("is_debit"), "number")
    return rows.with_columns(item_id=places(keys, by_key.select("entity", "is_debit", "number")).cast(pl.Int64))


def _dense(size: int, dtype: Any) -> pl.Series:
    return pl.Series(np.arange(size), dtype=dtype)
