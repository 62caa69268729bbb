"""The whole ledger as known at a batch number, read in bulk within one database snapshot.

A run therefore never reads half of a write. Ids become dense here: numbers of facts are small and without
large gaps, so an array maps them, and no join is needed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import adbc_driver_postgresql.dbapi as adbc
import numpy as np
import polars as pl
from django.db import connection
from numpy.typing import NDArray

from seawall.engine.kernel.errors import Broken
from seawall.engine.ledger.bills import with_ended_bills
from seawall.engine.ledger.facts import group_roots
from seawall.engine.ledger.insured_facts import INSURED_TABLES, InsuredFacts, with_meaning
from seawall.engine.ledger.items import (
    BILL_EVENTS,
    BILL_KIND,
    BILL_KINDS,
    BILL_STATE,
    BILL_STATES,
    BILLS,
    KIND,
    KINDS,
    Ledger,
)
from seawall.store import insured_on_file
from seawall.store.asof import Of, known_sql
from seawall.store.bills_on_file import worded
from seawall.store.chain import FACT_VERBS
from seawall.store.home import Connection
from seawall.store.models.ledger import FIRST_CREDIT_KIND, KIND_NUMBERS
from seawall.store.order import allocation_order, ledger_order

ITEM_COLUMNS: Final = (
    "document_id", "account_id", "kind", "issued_on", "due_on", "amount_minor", "tax_minor", "disputed_minor",
    "number", "terms", "order_number", "description", "payment_method", "contract_number", "shipped_on",
    "delivered_on", "file_id", "source_row",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ledger, the batch number it was read at, and since when each entity's open items are known."""

    ledger: Ledger
    known: int
    known_from: Mapping[str, dt.date]
    insured: InsuredFacts


def database_uri() -> str:
    """The address of Django's own database, for ADBC."""
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings = connection.settings_dict
    return Connection({key: str(settings[name]) for key, name in named.items() if settings[name]}).uri


def read(known: int) -> Snapshot:
    """The ledger of all entities as known at ``known``, with what items carry for people."""
    with adbc.connect(database_uri()) as session, session.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return _Reader(cursor, known).snapshot()


@dataclass(frozen=True, slots=True)
class _Reader:
    """One reading: a cursor inside a repeatable-read transaction."""

    cursor: Any
    known: int

    def snapshot(self) -> Snapshot:
        merged = self._merged()
        customers = self._customers(merged)
        accounts, account_ids = self._accounts(customers, merged)
        items, item_ids = self._items(account_ids)
        known_from = self._known_from()
        ledger = Ledger(
            customers=customers.drop("id"),
            accounts=accounts,
            items=items,
            allocations=self._allocations(items, item_ids),
            instalments=self._by_item(
                "store_instalment", Of.INSTALMENT, item_ids, "due_on", "amount_minor", "is_retention"
            ),
            disputes=self._by_item(
                "store_dispute", Of.DISPUTE, item_ids, "opened_on", "closed_on", "amount_minor", "reason"
            ),
            control=self._control(),
            bills=self._bills(item_ids),
            bill_events=self._bill_events(item_ids),
            known_from=max(known_from.values(), default=None),
        )
        return Snapshot(with_ended_bills(ledger), self.known, known_from, self._insured(merged))

    def _query(self, statement: str) -> pl.DataFrame:
        self.cursor.execute(statement)
        found = pl.from_arrow(self.cursor.fetch_arrow_table())
        assert isinstance(found, pl.DataFrame)  # noqa: S101 - a table gives a frame
        return found

    def _facts(self, table: str, of: Of, columns: str, joined: str = "") -> pl.DataFrame:
        condition = known_sql(table, of, known=self.known, is_head=self._is_head())
        return self._query(f"SELECT {columns} FROM {table} {joined} WHERE {condition}")  # noqa: S608 - our own names

    def _is_head(self) -> bool:
        """Whether no facts came after: then nothing needs to be left out for being too new."""
        verbs = ", ".join(f"'{verb}'" for verb in FACT_VERBS)
        later = f"SELECT FROM store_auditentry WHERE batch_no > {int(self.known)} AND verb IN ({verbs})"
        return not self._query(f"SELECT EXISTS ({later}) AS later")["later"].item()

    def _merged(self) -> pl.DataFrame:
        """Numbers of codes that are another customer: id, into_id, code, into_code."""
        condition = known_sql("store_customermerge", Of.MERGE, known=self.known, is_head=self._is_head())
        return self._query(
            "SELECT c.id, i.id AS into_id, c.code, i.code AS into_code FROM store_customermerge "  # noqa: S608
            f"JOIN store_customer c ON c.id = customer_id JOIN store_customer i ON i.id = into_id WHERE {condition}"
        )

    def _customers(self, merged: pl.DataFrame) -> pl.DataFrame:
        """Customers in the order of group and code; ``id`` is their number in the store. Merged codes are left out."""
        columns = "customer_id AS id, code AS customer_code, name, country, sector, parent_code, language"
        rows = self._facts(
            "store_customerversion", Of.CUSTOMER, columns, "JOIN store_customer c ON c.id = customer_id",
        )  # fmt: skip
        if merged.height:
            rows = rows.join(merged.select("id"), on="id", how="anti", maintain_order="left")
            parent = pl.col("parent_code").replace(dict(merged.select("code", "into_code").iter_rows()))
            rows = rows.with_columns(parent_code=pl.when(parent != pl.col("customer_code")).then(parent))
        roots, _ = group_roots(rows)
        rows = rows.with_columns(group_code=rows["customer_code"].gather(roots)).sort("group_code", "customer_code")
        order = ("id", "customer_code", "name", "country", "sector", "parent_code", "group_code", "language")
        return rows.select(pl.Series("customer_id", np.arange(rows.height), dtype=pl.Int32), *order)

    def _accounts(self, customers: pl.DataFrame, merged: pl.DataFrame) -> tuple[pl.DataFrame, NDArray[np.int32]]:
        """Accounts in the order of customer, entity and currency; and by number in the store, their account_id."""
        rows = self._query(
            "SELECT a.id, a.customer_id AS customer_no, e.code AS entity, a.currency "
            "FROM store_account a JOIN store_entity e ON e.id = a.entity_id"
        )
        if merged.height:
            rows = rows.with_columns(pl.col("customer_no").replace(dict(merged.select("id", "into_id").iter_rows())))
        rows = rows.join(customers.select(customer_no="id", customer_id="customer_id"), on="customer_no")
        key = ("customer_id", "entity", "currency")
        rows = rows.sort(*key, "id")
        places = _dense(rows["id"].to_numpy())
        account_id = rows.select(pl.struct(key).rle_id().cast(pl.Int32).alias("account_id"))["account_id"]
        rows = rows.with_columns(account_id)
        ids = np.where(places >= 0, account_id.to_numpy()[places] if rows.height else places, -1).astype(np.int32)
        return rows.select("account_id", *key).unique("account_id", keep="first", maintain_order=True), ids

    def _items(self, account_ids: NDArray[np.int32]) -> tuple[pl.DataFrame, NDArray[np.int32]]:
        """Items in the order of accounts; and by document number, their item_id."""
        rows = self._facts("store_item", Of.ITEM, ", ".join(ITEM_COLUMNS))
        files = self._query("SELECT id, name FROM store_importfile")
        account_id = _looked_up(account_ids, rows["account_id"])
        is_debit = rows["kind"].to_numpy() < FIRST_CREDIT_KIND
        order = ledger_order(account_id, rows["issued_on"], rows["number"], is_debit)
        if order is not None:
            rows, account_id = rows[order], account_id[order]
        kind = rows["kind"].to_numpy()
        items = rows.select(
            pl.Series("item_id", np.arange(rows.height), dtype=pl.Int64),
            pl.Series("account_id", account_id, dtype=pl.Int32),
            pl.Series("kind", _KIND_CODES[kind]).cat.to(KIND),
            pl.Series("is_debit", kind < FIRST_CREDIT_KIND),
            "issued_on", "due_on", "amount_minor", "tax_minor", "disputed_minor",
            "number", "terms", "order_number", "description", "payment_method", "contract_number",
            "shipped_on", "delivered_on", _names(files, rows["file_id"]), "source_row",
        )  # fmt: skip
        return items, _dense(rows["document_id"].to_numpy())

    def _allocations(self, items: pl.DataFrame, item_ids: NDArray[np.int32]) -> pl.DataFrame:
        """Allocations, effective on the latest of their own day and both items' days."""
        rows = self._facts(
            "store_allocation", Of.ALLOCATION, "debit_id, credit_id, allocated_on, amount_minor, credit_minor"
        )
        debit, credit = (_looked_up(item_ids, rows[f"{side}_id"]) for side in ("debit", "credit"))
        issued = items["issued_on"].to_physical().to_numpy()
        own = rows["allocated_on"].to_physical().to_numpy()
        effective = np.maximum(own, np.maximum(issued[debit], issued[credit]))
        frame = rows.select(
            pl.Series("debit_id", debit, dtype=pl.Int64),
            pl.Series("credit_id", credit, dtype=pl.Int64),
            pl.Series("allocated_on", effective, dtype=pl.Int32).cast(pl.Date),
            "amount_minor", "credit_minor",
        )  # fmt: skip
        order = allocation_order(debit, credit, effective)
        return frame if order is None else frame[order]

    def _by_item(self, table: str, of: Of, item_ids: NDArray[np.int32], *columns: str) -> pl.DataFrame:
        rows = self._facts(table, of, ", ".join(("item_document_id", *columns)))
        item_id = pl.Series("item_id", _looked_up(item_ids, rows["item_document_id"]), dtype=pl.Int64)
        return rows.select(item_id, *columns).sort("item_id", *columns[:1], "amount_minor")

    def _bills(self, item_ids: NDArray[np.int32]) -> pl.DataFrame:
        columns = "item_document_id, bill_kind, drawer, acceptor, acceptor_code, drawn_on, matures_on"
        rows = self._facts("store_bill", Of.BILL, columns)
        kind = worded(pl.col("bill_kind"), BILL_KINDS, BILL_KIND)
        item_id = pl.Series("item_id", _looked_up(item_ids, rows["item_document_id"]), dtype=pl.Int64)
        return rows.with_columns(item_id, kind).select(*BILLS.columns).sort("item_id")

    def _bill_events(self, item_ids: NDArray[np.int32]) -> pl.DataFrame:
        columns = 'item_document_id, event, "on", counterparty, note, file_id, source_row'
        rows = self._facts("store_billevent", Of.BILL_EVENT, columns)
        files = self._query("SELECT id, name FROM store_importfile")
        event = worded(pl.col("event"), BILL_STATES, BILL_STATE)
        item_id = pl.Series("item_id", _looked_up(item_ids, rows["item_document_id"]), dtype=pl.Int64)
        named = rows.with_columns(item_id, event, _names(files, rows["file_id"]))
        return named.select(*BILL_EVENTS.columns).sort("item_id", "on", "event")

    def _insured(self, merged: pl.DataFrame) -> InsuredFacts:
        """What insurers decided and paid. A merged code's limits stay apart, as layers of the customer it is."""
        found = {}
        into = dict(merged.select("code", "into_code").iter_rows())
        for kept in insured_on_file.KEPT:
            condition = known_sql("t", kept.of, known=self.known, is_head=self._is_head())
            query, _ = insured_on_file.select(kept, condition, files=True)
            rows = insured_on_file.typed(kept, self._query(query).drop("fact_id", "version"))
            if kept.table == "insurance_events":
                rows = with_meaning(rows)
            if kept.table == "insured_limits":
                own = pl.col("customer_code") + "/" + pl.col("layer")
                is_merged = pl.col("customer_code").is_in(list(into))
                rows = rows.with_columns(layer=pl.when(is_merged).then(own).otherwise("layer"))
            rows = rows.with_columns(pl.col("customer_code").replace(into))
            found[kept.table] = rows.select(*INSURED_TABLES[kept.table].columns).sort(*kept.key, "entity")
        return InsuredFacts.of(found)

    def _control(self) -> pl.DataFrame:
        columns = 'e.code AS entity, account, currency, "on", amount_minor'
        rows = self._facts("store_controlbalance", Of.CONTROL, columns, "JOIN store_entity e ON e.id = entity_id")
        return rows.sort("entity", "account", "currency", "on")

    def _known_from(self) -> dict[str, dt.date]:
        rows = self._query(
            "SELECT entity, min(listed_on) AS first FROM store_importfile, unnest(entities) AS entity "  # noqa: S608
            "JOIN store_auditentry ON true WHERE store_importfile.import_no = write_no "
            f"AND batch_no <= {int(self.known)} AND basis = 'open_items' AND import_no NOT IN (SELECT u.import_no "
            "FROM store_importundo u JOIN store_auditentry a ON a.write_no = u.write_no "
            f"WHERE a.batch_no <= {int(self.known)}) GROUP BY entity"
        )
        return dict(rows.iter_rows())


_KIND_CODES: Final = np.zeros(max(KIND_NUMBERS.values()) + 1, dtype=np.uint8)
for _kind, _number in KIND_NUMBERS.items():
    _KIND_CODES[_number] = KINDS.index(_kind)


def _dense(numbers: NDArray[Any]) -> NDArray[np.int32]:
    """By number: the row it stands in, -1 where in none."""
    place = np.full(int(numbers.max(initial=0)) + 1, -1, dtype=np.int32)
    place[numbers] = np.arange(len(numbers), dtype=np.int32)
    if np.count_nonzero(place >= 0) != len(numbers):
        raise Broken("A number was given to two rows of the store.")
    return place


def _looked_up(places: NDArray[np.int32], numbers: pl.Series) -> NDArray[np.int32]:
    """Where the rows of these numbers stand.

    Raises:
        Broken: a number is of no row.
    """
    asked = numbers.to_numpy()
    found: NDArray[np.int32] = places[asked] if asked.max(initial=0) < len(places) else np.array([-1], dtype=np.int32)
    if found.min(initial=0) < 0:
        raise Broken("A fact names something that is not in the store.", hint="`seawall check` says what is broken.")
    return found


def _names(files: pl.DataFrame, file_id: pl.Series) -> pl.Series:
    """The file each row came from, by name; empty for a row that no file holds."""
    named: list[str | None] = [*files["name"], None]
    places = _dense(files["id"].to_numpy())
    at = _looked_up(places, file_id.drop_nulls())
    rows = np.full(len(file_id), files.height, dtype=np.int32)
    rows[file_id.is_not_null().to_numpy()] = at
    return pl.Series("source_file", named, dtype=pl.String).gather(rows)
