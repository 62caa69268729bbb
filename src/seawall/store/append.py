"""New facts into the store, in bulk: numbers are drawn under the ledger's lock, then rows are copied in.

Frames come in the words of the canonical tables. Every function returns what later ones need: codes and
keys with the numbers they got.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from django.db import connection

from seawall.engine.ledger.facts import group_roots
from seawall.store import contact_keys, insured_on_file, on_file, taken_back
from seawall.store.asof import Of
from seawall.store.bulk import copy_in, draw_numbers
from seawall.store.models.bills import BILL_EVENT_NUMBERS, BILL_KIND_NUMBERS
from seawall.store.models.ledger import KIND_NUMBERS
from seawall.store.on_file import CUSTOMER_SAYS, ITEM_AMOUNTS, ITEM_DETAILS
from seawall.store.order import allocation_order, ledger_order

_SOURCE = ("source_file", "source_row")
KEY = ("entity", "is_debit", "number")
"""The key of a document."""


@dataclass(frozen=True)
class Appender:
    """One write's additions: ``files`` gives the number of each source file by name."""

    write_no: int
    files: dict[str, int]
    entity_ids: dict[str, int] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    """What was appended, as ranges of numbers, for the audit entry."""

    def entities(self, codes: Iterable[str]) -> list[str]:
        """Make the entities that are not on file yet; returns their codes."""
        self.entity_ids.update(on_file.entities())
        new = sorted(set(codes) - set(self.entity_ids))
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO store_entity (code, name) VALUES (%s, '')", [(code,) for code in new])
        self.entity_ids.update(on_file.entities())
        return new

    def customers(self, new: pl.DataFrame, changed: pl.DataFrame) -> None:
        """New customers, and new versions (``customer_id``, ``version``, ``fact_id`` of the one before)."""
        again, new = _returning(new)
        new = new.sort("customer_code").with_columns(
            customer_id=draw_numbers("store_customer", new.height).cast(pl.Int32),
            version=pl.lit(1, pl.Int16),
        )
        copy_in("store_customer", new.select(id="customer_id", code="customer_code"))
        self.supersede(Of.CUSTOMER, changed["fact_id"], "corrected")
        columns = ["customer_id", "version", *CUSTOMER_SAYS, "source_file", "source_row"]
        later = [rows.with_columns((pl.col("version") + 1).cast(pl.Int16)) for rows in (again, changed)]
        self._facts("store_customerversion", pl.concat([rows.select(columns) for rows in (new, *later)]))

    def contacts(self, customers: pl.DataFrame) -> None:
        """Addresses (``email``, ``digest``) by ``customer_code``: sealed, the newest replaces the one before."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT code, id FROM store_customer WHERE code = ANY(%s)", [customers["customer_code"].to_list()]
            )
            ids = dict(cursor.fetchall())
            rows, said = [], customers.select("customer_code", "email", "digest").iter_rows()
            for (code, email, digest), (key, sealed) in zip(said, contact_keys.new_keys(customers.height), strict=True):
                body = contact_keys.sealed_body(key, ids[code], {"email": email})
                rows.append((ids[code], sealed, body, digest))
            cursor.executemany(
                "INSERT INTO store_contact (customer_id, key, body, digest, is_from_file, changed_at)"
                " VALUES (%s, %s, %s, %s, true, now())"
                " ON CONFLICT (customer_id) WHERE is_from_file AND erased_at IS NULL"
                " DO UPDATE SET key = excluded.key, body = excluded.body, digest = excluded.digest, changed_at = now()",
                rows,
            )

    def accounts(self, wanted: pl.DataFrame) -> pl.DataFrame:
        """Make the accounts (entity, customer_code, currency) that are missing; returns all of them."""
        have = on_file.accounts()
        key = ["entity", "customer_code", "currency"]
        new = wanted.select(key).unique().join(have, on=key, how="anti")
        if not new.height:
            return have
        customers = on_file.customers()
        roots, _ = group_roots(customers)
        ids = customers.select("customer_code", "customer_id", group_code=customers["customer_code"].gather(roots))
        new = new.join(ids, on="customer_code").sort("group_code", *_first(key, "customer_code"))
        new = new.with_columns(account_id=draw_numbers("store_account", new.height).cast(pl.Int32))
        copy_in("store_account", new.select("customer_id", "currency", id="account_id", entity_id=self._entity_id()))
        return pl.concat([have, new.select(have.columns)])

    def items(self, new: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
        """New documents, and new versions (``document_id``, ``version``, ``fact_id`` of the one before).

        Returns the key and ``document_id`` of every new document.
        """
        if taken_back.is_any():
            new = new.join(taken_back.documents(), on=list(KEY), how="left", maintain_order="left")
        has_versions = changed.height or "version" in new.columns
        rows = pl.concat([new, changed], how="diagonal") if changed.height else new
        rows = rows.with_columns(_account_ids(self.accounts(rows), rows))
        order = ledger_order(
            rows["account_id"].to_numpy(), rows["issued_on"], rows["number"], rows["is_debit"].to_numpy()
        )
        rows = rows if order is None else rows[order]
        rows = rows.with_columns(id=draw_numbers("store_item", rows.height))
        if has_versions:
            rows = rows.with_columns(
                pl.col("document_id").fill_null(pl.col("id")), (pl.col("version").fill_null(0) + 1).cast(pl.Int16)
            )
        else:
            rows = rows.with_columns(document_id="id", version=pl.lit(1, pl.Int16))
        self.supersede(Of.ITEM, changed["fact_id"], "corrected")
        columns = ("id", "document_id", "version", "account_id", "is_debit", "number", *ITEM_AMOUNTS, *ITEM_DETAILS)
        kind = pl.col("kind").replace_strict(KIND_NUMBERS, return_dtype=pl.Int16)
        self._facts("store_item", rows.select(*columns, kind, "source_file", "source_row", entity_id=self._entity_id()))
        added = rows if not changed.height else rows.join(changed.select(KEY), on=KEY, how="anti")
        return added.select(*KEY, "document_id")

    def allocations(self, rows: pl.DataFrame) -> None:
        """Allocations between documents: ``debit_id``, ``credit_id``, and ``ever``, how many there were before."""
        days = rows["allocated_on"].to_physical().to_numpy()
        order = allocation_order(rows["debit_id"].to_numpy(), rows["credit_id"].to_numpy(), days)
        rows = rows if order is None else rows[order]
        columns = ("debit_id", "credit_id", "allocated_on", "amount_minor", "credit_minor")
        self._facts(
            "store_allocation",
            rows.select(
                *columns, "source_file", "source_row", entity_id=self._entity_id(),
                occurrence=_repeats(rows) + pl.col("ever").cast(pl.Int16),
            ),
        )  # fmt: skip

    def about_documents(self, name: str, rows: pl.DataFrame, *columns: str) -> None:
        """``instalments`` or ``disputes``: facts about ``document_id``."""
        named = rows.select(
            *columns, "source_file", "source_row", item_document_id="document_id", entity_id=self._entity_id()
        )
        self._facts({"instalments": "store_instalment", "disputes": "store_dispute"}[name], named)

    def bills(self, rows: pl.DataFrame) -> None:
        """Bills of ``document_id``; ``version`` is that of the one before, empty where there is none."""
        columns = ("number", "received_on", "drawer", "acceptor", "acceptor_code", "drawn_on", "matures_on")
        if taken_back.is_any():
            rows = _counted_on(rows, taken_back.bills())
        kind = pl.col("bill_kind").cast(pl.String).replace_strict(BILL_KIND_NUMBERS, return_dtype=pl.Int16)
        self._facts("store_bill", rows.select(*columns, kind, *_SOURCE, _next_version(), *self._of_document()))

    def bill_events(self, rows: pl.DataFrame) -> None:
        """Events of the bills of ``document_id``."""
        event = pl.col("event").cast(pl.String).replace_strict(BILL_EVENT_NUMBERS, return_dtype=pl.Int16)
        columns = ("on", "counterparty", "note")
        self._facts("store_billevent", rows.select(*columns, event, *_SOURCE, *self._of_document()))

    def insured(self, table: str, rows: pl.DataFrame) -> None:
        """Limits, events, claims or recoveries; ``version`` is that of the one before, empty where there is none."""
        if not rows.height:
            return
        kept = insured_on_file.BY_TABLE[table]
        if kept.has_versions:  # one that was taken back by hand may return, too
            rows = _counted_on(rows, insured_on_file.ever(table))
        columns = [
            pl.col(name).cast(pl.String) if isinstance(rows.schema[name], pl.Enum) else pl.col(name)
            for name in kept.says
        ]
        if kept.has_versions:
            columns.append(_next_version())
        if table == "insurance_events":
            columns.append(pl.col("document_id").alias("item_document_id"))
        self._facts(
            kept.stored, rows.select(*columns, *_SOURCE, entity_id=self._entity_id(), customer_id="customer_id")
        )

    def control(self, rows: pl.DataFrame) -> None:
        """Balances of control accounts; ``version`` is that of the one before, empty where there is none."""
        columns = ("account", "currency", "on", "amount_minor", "source_file", "source_row")
        if taken_back.is_any():
            rows = _counted_on(rows, taken_back.balances())
        self._facts("store_controlbalance", rows.select(*columns, _next_version(), entity_id=self._entity_id()))

    def rates(self, rows: pl.DataFrame) -> None:
        """Exchange rates; ``version`` is that of the one before, empty where there is none."""
        columns = ("from_currency", "to_currency", "on", "rate", "source_file", "source_row")
        if taken_back.is_any():
            rows = _counted_on(rows, taken_back.rates())
        self._facts("store_rate", rows.select(*columns, _next_version()))

    def supersede(self, of: Of, fact_ids: pl.Series | Sequence[int], reason: str) -> None:
        """From this write on, these facts no longer count."""
        ids = pl.Series("fact_id", fact_ids, dtype=pl.Int64)
        if ids.len():
            digest = hashlib.sha256(ids.sort().to_numpy().tobytes()).hexdigest()
            self.changes.append({"kind": f"{of.name.lower()} superseded", "rows": ids.len(), "before": digest})
        named = {"of": int(of), "write_no": self.write_no, "reason": reason}
        copy_in(
            "store_supersession", ids.to_frame().with_columns(**{key: pl.lit(value) for key, value in named.items()})
        )

    def _facts(self, table: str, rows: pl.DataFrame) -> None:
        if "id" not in rows.columns:
            rows = rows.with_columns(id=draw_numbers(table, rows.height))
        file_id = pl.col("source_file").replace_strict(self.files, default=None, return_dtype=pl.Int64)
        rows = rows.with_columns(file_id=file_id, write_no=pl.lit(self.write_no, pl.Int64))
        copy_in(table, rows.drop("source_file"))
        if rows.height:
            ids = rows["id"]
            span = {"first": ids.min(), "last": ids.max()}
            self.changes.append({"kind": table.removeprefix("store_"), "rows": rows.height, **span})

    def _of_document(self) -> tuple[pl.Expr, pl.Expr]:
        return pl.col("document_id").alias("item_document_id"), self._entity_id().alias("entity_id")

    def _entity_id(self) -> pl.Expr:
        return pl.col("entity").replace_strict(self.entity_ids, return_dtype=pl.Int64)


def _first(names: list[str], name: str) -> list[str]:
    return [name, *(other for other in names if other != name)]


def _returning(new: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """New customers that were on file and were taken back (with their number and last version), and the others."""
    if not taken_back.is_any():
        return new.head(0).with_columns(customer_id=pl.lit(None, pl.Int32), version=pl.lit(None, pl.Int16)), new
    before = taken_back.customers()
    return new.join(before, on="customer_code"), new.join(before, on="customer_code", how="anti")


def _counted_on(rows: pl.DataFrame, ever: pl.DataFrame) -> pl.DataFrame:
    """Rows whose ``version`` is the last there ever was of their key, also where that no longer counts."""
    key = [name for name in ever.columns if name != "ever"]
    rows = rows.join(ever, on=key, how="left", maintain_order="left", nulls_equal=True)
    return rows.with_columns(version=pl.coalesce("ever", "version")).drop("ever")


def _next_version() -> pl.Expr:
    return (pl.col("version").fill_null(0) + 1).cast(pl.Int16)


def _repeats(rows: pl.DataFrame) -> pl.Series:
    """For each allocation, which it is of its pair and day: 1, 2 …; rows stand in that order."""
    pair = (pl.col(name) == pl.col(name).shift(1) for name in ("debit_id", "credit_id", "allocated_on"))
    is_repeat = rows.select(pl.all_horizontal(pair).fill_null(value=False)).to_series().to_numpy()
    place = np.arange(rows.height)
    first = np.maximum.accumulate(np.where(is_repeat, 0, place)) if rows.height else place
    return pl.Series("occurrence", place - first + 1, dtype=pl.Int16)


def _account_ids(accounts: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    key = ["entity", "customer_code", "currency"]
    return rows.select(key).join(accounts, on=key, how="left", maintain_order="left")["account_id"]
