"""A ledger in engine layout: Parquet files in the order of customers, so that a slice of them reads only its part.

``items.parquet`` and ``allocations.parquet`` are cut into row groups; ``accounts.parquet`` says how many
rows each account has in both, so a range of customers is a slice of rows and not a search.
``meta.json`` is written last: a folder without it is not a ledger.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.errors import Broken, FileRejected, Where
from seawall.engine.ledger.insured_facts import INSURED_TABLES, InsuredFacts
from seawall.engine.ledger.items import (
    ACCOUNTS,
    ALLOCATIONS,
    BILL_EVENTS,
    BILLS,
    CUSTOMERS,
    DISPUTES,
    INSTALMENTS,
    ITEMS,
    Ledger,
)

LAYOUT = 1
ROW_GROUP = 1 << 18
"""Rows of a row group: small enough that a partition reads little beyond its own rows."""

META = "meta.json"
_TABLES = (CUSTOMERS, ACCOUNTS, ITEMS, ALLOCATIONS, INSTALMENTS, DISPUTES, BILLS, BILL_EVENTS, *INSURED_TABLES.values())
_BY_ITEM = {table.name: table for table in (INSTALMENTS, DISPUTES, BILLS, BILL_EVENTS)}
"""Tables about items, read for a range of them."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A range of customers as ranges of accounts, items and allocations, ``(first, count)`` each; None = all."""

    customers: tuple[int, int] | None = None
    accounts: tuple[int, int] | None = None
    items: tuple[int, int] | None = None
    allocations: tuple[int, int] | None = None


def shape() -> str:
    """A mark of what every table is declared as, values of its words among it: what another build wrote has another."""
    said = [
        (table.name, name, str(dtype), dtype.categories.to_list() if isinstance(dtype, pl.Enum) else [])
        for table in _TABLES
        for name, dtype in table.schema.items()
    ]
    return hashlib.sha256(repr((LAYOUT, said)).encode()).hexdigest()[:8]


def write_ledger(ledger: Ledger, folder: Path, *, meta: Mapping[str, Any] | None = None) -> None:
    """Write every table of a ledger into ``folder``; ``meta`` is kept beside them.

    ``items.parquet`` also carries ``customer_id``, so that it can be read without the accounts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / META).unlink(missing_ok=True)
    account_of = ledger.items["account_id"].to_numpy()
    allocations = ledger.allocations
    if not allocations["debit_id"].is_sorted():
        allocations = allocations.sort("debit_id", maintain_order=True)
    customer_of = ledger.accounts["customer_id"].to_numpy()[account_of]
    frames = {
        "customers": ledger.customers.with_columns(is_border=pl.Series(_borders(ledger, customer_of))),
        "accounts": ledger.accounts.with_columns(
            item_count=_count(account_of, ledger.accounts.height),
            allocation_count=_count(account_of[allocations["debit_id"].to_numpy()], ledger.accounts.height),
        ),
        "items": ledger.items.with_columns(customer_id=pl.Series(customer_of, dtype=pl.Int32)),
        "allocations": allocations if _crosses_currencies(allocations) else allocations.drop("credit_minor"),
        "instalments": ledger.instalments,
        "disputes": ledger.disputes,
        "control": ledger.control,
        "bills": ledger.bills,
        "bill_events": ledger.bill_events,
    }
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet", compression="zstd", row_group_size=ROW_GROUP)
    said = {"layout": LAYOUT, "known_from": ledger.known_from and ledger.known_from.isoformat(), **(meta or {})}
    (folder / META).write_text(json.dumps(said, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def write_insured(insured: InsuredFacts, folder: Path) -> None:
    """Write what insurers decided and paid beside a ledger, each table that has rows."""
    for name, frame in insured.by_table().items():
        if frame.height:
            frame.write_parquet(folder / f"{name}.parquet", compression="zstd")


def read_insured(folder: Path) -> InsuredFacts:
    """What :func:`write_insured` wrote; nothing where it wrote nothing.

    Raises:
        Broken: a table is not what was declared.
    """
    found = {
        name: pl.read_parquet(path) if (path := folder / f"{name}.parquet").exists() else table.empty()
        for name, table in INSURED_TABLES.items()
    }
    return InsuredFacts.of(found).check()


def read_meta(folder: Path) -> dict[str, Any]:
    """What ``meta.json`` of a ledger folder says.

    Raises:
        FileRejected: the folder holds no complete ledger, or one of another layout.
    """
    try:
        meta: dict[str, Any] = json.loads((folder / META).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise FileRejected("There is no complete ledger in {folder}.", folder=str(folder)) from None
    if meta.get("layout") != LAYOUT:
        raise FileRejected("The ledger in {folder} has another layout.", where=Where(META), folder=str(folder))
    return meta


def read_ledger(
    folder: Path,
    *,
    customers: range | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
    details: bool = False,
) -> Ledger:
    """The ledger of a folder, or of a range of its customers with ids from 0 again.

    ``columns`` names what to read of a table (such as ``ageing.COLUMNS``), else all declared columns are.
    ``details`` adds what items carry for people (number, terms, source row …).

    Raises:
        FileRejected: the folder holds no complete ledger.
        Broken: an allocation leaves the range: :func:`partitions` gives ranges where none does.
    """
    known_from = read_meta(folder).get("known_from")
    cut = _Cut() if customers is None else _cut(folder, customers)
    read = _Reader(folder, cut)
    declared = {table.name: tuple(table.columns) for table in (CUSTOMERS, ACCOUNTS, ITEMS, ALLOCATIONS)}
    wanted: dict[str, Sequence[str]] = {**declared, **(columns or {})}
    mine = read.accounts(wanted["accounts"])
    control = pl.read_parquet(folder / "control.parquet")
    return Ledger(
        customers=read.customers(wanted["customers"]),
        accounts=mine,
        items=read.items(wanted["items"], details=details),
        allocations=read.allocations(wanted["allocations"]),
        instalments=read.by_item("instalments"),
        disputes=read.by_item("disputes"),
        control=control if customers is None else _of_entities(control, mine),
        bills=read.by_item("bills"),
        bill_events=read.by_item("bill_events"),
        known_from=known_from and dt.date.fromisoformat(known_from),
    )


def partitions(folder: Path, max_items: int) -> list[range]:
    """Ranges of customers with at most ``max_items`` items each, whole corporate groups together.

    A single group with more items is a range of its own. No allocation leaves its range.

    Raises:
        FileRejected: the folder holds no complete ledger.
    """
    read_meta(folder)
    is_border = pl.read_parquet(folder / "customers.parquet", columns=["is_border"])["is_border"].to_numpy()
    accounts = pl.read_parquet(folder / "accounts.parquet", columns=["customer_id", "item_count"])
    size = len(is_border)
    items = np.zeros(size + 1, dtype=np.int64)
    np.add.at(items, accounts["customer_id"].to_numpy() + 1, accounts["item_count"].to_numpy())
    upto = np.cumsum(items)
    borders = np.append(np.flatnonzero(is_border), size)
    ranges, first = [], 0
    while first < size:
        fitting = borders[(borders > first) & (upto[borders] <= upto[first] + max_items)]
        last = int(fitting[-1]) if fitting.size else int(borders[borders > first][0])
        ranges.append(range(first, last))
        first = last
    return ranges


def _borders(ledger: Ledger, customer_of: NDArray[np.int32]) -> NDArray[np.bool_]:
    """By customer_id: whether the ledger may be cut before it."""
    size = ledger.customers.height
    group = ledger.customers["group_code"]
    borders = np.ones(size, dtype=bool)
    borders[1:] = (group != group.shift(1)).to_numpy()[1:]
    debit = customer_of[ledger.allocations["debit_id"].to_numpy()]
    credit = customer_of[ledger.allocations["credit_id"].to_numpy()]
    crossing = debit != credit
    low, high = np.minimum(debit, credit)[crossing], np.maximum(debit, credit)[crossing]
    spans = np.zeros(size + 1, dtype=np.int64)
    np.add.at(spans, low + 1, 1)
    np.subtract.at(spans, high + 1, 1)
    uncut: NDArray[np.bool_] = borders & (np.cumsum(spans)[:size] == 0)
    return uncut


def _crosses_currencies(allocations: pl.DataFrame) -> bool:
    """Whether any allocation has two amounts; where none has, one column on file serves for both."""
    return not (allocations["amount_minor"] == allocations["credit_minor"]).all()


def _count(index: NDArray[Any], size: int) -> pl.Series:
    return pl.Series(np.bincount(index, minlength=size), dtype=pl.Int64)


def _of_entities(control: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    return control.filter(pl.col("entity").is_in(accounts["entity"].implode())) if "entity" in accounts else control


def _cut(folder: Path, customers: range) -> _Cut:
    accounts = pl.read_parquet(folder / "accounts.parquet", columns=["customer_id", "item_count", "allocation_count"])
    customer_id = accounts["customer_id"].to_numpy()
    first, last = (int(np.searchsorted(customer_id, edge)) for edge in (customers.start, customers.stop))

    def rows(column: str) -> tuple[int, int]:
        counts = accounts[column].to_numpy()
        return int(counts[:first].sum()), int(counts[first:last].sum())

    return _Cut((customers.start, len(customers)), (first, last - first), rows("item_count"), rows("allocation_count"))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one table at a time: whole, or the slice of it that belongs to the cut."""

    folder: Path
    cut: _Cut

    def customers(self, columns: Sequence[str]) -> pl.DataFrame:
        rows = self._rows("customers", self.cut.customers, columns)
        return rows.with_columns(customer_id=_ids(rows, pl.Int32))

    def accounts(self, columns: Sequence[str]) -> pl.DataFrame:
        rows = self._rows("accounts", self.cut.accounts, columns)
        if self.cut.customers is None:
            return rows
        customer_id = pl.col("customer_id") - self.cut.customers[0]
        return rows.with_columns(customer_id.cast(pl.Int32), account_id=_ids(rows, pl.Int32))

    def items(self, columns: Sequence[str], *, details: bool) -> pl.DataFrame:
        if details:
            written = pl.read_parquet_schema(self.folder / "items.parquet")
            columns = [*columns, *(name for name in written if name not in (*columns, *ITEMS.columns, "customer_id"))]
        rows = self._rows("items", self.cut.items, columns)
        if self.cut.accounts and "account_id" in columns:
            rows = rows.with_columns((pl.col("account_id") - self.cut.accounts[0]).cast(pl.Int32))
        return rows.with_columns(item_id=_ids(rows, pl.Int64)) if "item_id" in columns else rows

    def allocations(self, columns: Sequence[str]) -> pl.DataFrame:
        schema = pl.read_parquet_schema(self.folder / "allocations.parquet")
        rows = self._rows("allocations", self.cut.allocations, [name for name in columns if name in schema])
        if "credit_minor" in columns and "credit_minor" not in schema:
            rows = rows.with_columns(credit_minor=pl.col("amount_minor"))
        if self.cut.items is None:
            return rows
        first, count = self.cut.items
        ids = pl.col("debit_id", "credit_id")
        rows = rows.with_columns(ids - first)
        if not all(rows.select(ids.is_between(0, count - 1).all()).row(0)):
            raise Broken("An allocation leaves its partition of the ledger.")
        return rows

    def by_item(self, name: str) -> pl.DataFrame:
        path = self.folder / f"{name}.parquet"
        if not path.exists():  # written before there were bills
            return _BY_ITEM[name].empty()
        if self.cut.items is None:
            return _whole(pl.read_parquet(path), name)
        first, count = self.cut.items
        rows = pl.scan_parquet(path).filter(pl.col("item_id").is_between(first, first + count - 1))
        return _whole(rows.with_columns(pl.col("item_id") - first).collect(), name)

    def _rows(self, name: str, cut: tuple[int, int] | None, columns: Sequence[str]) -> pl.DataFrame:
        path = self.folder / f"{name}.parquet"
        if cut is None:
            return pl.read_parquet(path, columns=list(columns))
        return pl.scan_parquet(path).slice(*cut).select(columns).collect()


def _whole(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """With the columns that came later, empty."""
    later = {column: kind for column, kind in _BY_ITEM[name].schema.items() if column not in rows.columns}
    return rows.with_columns(pl.lit(None, kind).alias(column) for column, kind in later.items()) if later else rows


def _ids(rows: pl.DataFrame, dtype: type[pl.DataType]) -> pl.Series:
    return pl.Series(np.arange(rows.height), dtype=dtype)
