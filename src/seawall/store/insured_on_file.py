"""Insured limits, events under policies, claims and recoveries as they stand in the store, by customer or all.

They come back in the words of the canonical tables, with the number and version of each fact beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from django.db import connection
from psycopg import sql

from seawall.engine.ledger.insured_facts import INSURED_TABLES
from seawall.engine.ledger.insured_rules import CLAIM_KEY, CLAIM_STEP_KEY, EVENT_KEY, LIMIT_KEY, RECOVERY_KEY
from seawall.store.asof import Of
from seawall.store.bulk import copy_out
from seawall.store.models import ClaimRecovery, ClaimStep, InsuranceClaim, InsuranceEvent, InsuredLimit
from seawall.store.models.insured import InsuredFact
from seawall.store.on_file import Schema, counts

_NAMES: Final = ("entity", "customer_code", "item_number", "until_on", "outcome", "source_file", "source_row")
"""Columns of the canonical tables that are not the store's own."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How one of the tables is kept. ``key`` says which fact it is; with versions the rest may be corrected."""

    table: str
    model: type[InsuredFact]
    of: Of
    key: tuple[str, ...]
    has_versions: bool

    @property
    def stored(self) -> str:
        """The name of its table in the store."""
        return str(self.model._meta.db_table)  # noqa: SLF001

    @property
    def says(self) -> tuple[str, ...]:
        """Columns in the words of the canonical table that the store has as well."""
        return tuple(name for name in INSURED_TABLES[self.table].columns if name not in _NAMES)

    @property
    def corrected(self) -> tuple[str, ...]:
        """What a correction may change."""
        return tuple(name for name in ("entity", *self.says) if name not in self.key) if self.has_versions else ()

    @property
    def own_key(self) -> tuple[str, ...]:
        """The key in the store's own columns."""
        own = {"customer_code": "customer_id", "item_number": "item_document_id"}
        return tuple(own.get(name, name) for name in self.key)


KEPT: Final = (
    Kept("insured_limits", InsuredLimit, Of.INSURED_LIMIT, LIMIT_KEY, has_versions=True),
    Kept("insurance_events", InsuranceEvent, Of.INSURANCE_EVENT, EVENT_KEY, has_versions=False),
    Kept("claims", InsuranceClaim, Of.CLAIM, CLAIM_KEY, has_versions=True),
    Kept("claim_recoveries", ClaimRecovery, Of.RECOVERY, RECOVERY_KEY, has_versions=False),
    Kept("claim_steps", ClaimStep, Of.CLAIM_STEP, CLAIM_STEP_KEY, has_versions=True),
)
BY_TABLE: Final = {kept.table: kept for kept in KEPT}


def select(kept: Kept, condition: str, *, files: bool = False) -> tuple[str, list[str]]:
    """The query for a table's facts under a condition on ``t``, and the names of its columns in order."""
    names = ["fact_id", "version", "entity", "customer_code", *kept.says]
    said = {
        "fact_id": "t.id", "version": "t.version" if kept.has_versions else "1::smallint", "entity": "e.code",
        "customer_code": "c.code",
    }  # fmt: skip
    joins = "LEFT JOIN store_entity e ON e.id = t.entity_id LEFT JOIN store_customer c ON c.id = t.customer_id"
    if kept.table == "insurance_events":
        names.insert(4, "item_number")
        said["item_number"] = (
            "(SELECT i.number FROM store_item i WHERE i.document_id = t.item_document_id "
            "ORDER BY i.version DESC LIMIT 1)"
        )
    if files:
        names += ["source_file", "source_row"]
        said |= {"source_file": "f.name", "source_row": "t.source_row"}
        joins += " LEFT JOIN store_importfile f ON f.id = t.file_id"
    columns = ", ".join(f'{said[name]} AS "{name}"' if name in said else f't."{name}"' for name in names)
    return f"SELECT {columns} FROM {kept.stored} t {joins} WHERE {condition}", names  # noqa: S608 - our own names


def schema_of(kept: Kept, names: Sequence[str]) -> Schema:
    """The types of columns; words of short lists are texts."""
    plain: dict[str, Any] = {"fact_id": pl.Int64, "version": pl.Int16}
    declared = INSURED_TABLES[kept.table].schema
    return {
        name: plain.get(name) or (pl.String if isinstance(declared[name], pl.Enum) else declared[name])
        for name in names
    }


def typed(kept: Kept, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the types that the canonical table declares."""
    declared = INSURED_TABLES[kept.table].schema
    return rows.cast({name: declared[name] for name in rows.columns if name in declared})


def standing(table: str, customers: Collection[str] | None = None) -> pl.DataFrame:
    """The facts of one table that count now; of these customers, where some are named."""
    kept = BY_TABLE[table]
    condition = counts("t", kept.of)
    if customers is not None:
        condition += f" AND c.code = ANY({sql.Literal(sorted(customers)).as_string()}::text[])"
    query, names = select(kept, condition)
    return typed(kept, copy_out(query, schema_of(kept, names)))


def tables_about(customers: Collection[str]) -> set[str]:
    """The tables that have facts about these customers, counting or not: asked at once, for most have none."""
    about = "EXISTS (SELECT FROM {} t JOIN store_customer c ON c.id = t.customer_id WHERE c.code = ANY(%(codes)s))"
    asked = " UNION ALL ".join(f"SELECT '{kept.table}' WHERE {about.format(kept.stored)}" for kept in KEPT)
    with connection.cursor() as cursor:
        cursor.execute(asked, {"codes": sorted(customers)})
        return {table for (table,) in cursor.fetchall()}


def ever(table: str) -> pl.DataFrame:
    """The last version of every fact of a table, counting or not: ``ever`` beside its key."""
    kept = BY_TABLE[table]
    query, names = select(kept, "true")
    rows = typed(kept, copy_out(query, schema_of(kept, names)))
    return rows.group_by(kept.key).agg(ever=pl.col("version").max())


def written(table: str, facts: Sequence[int]) -> dict[int, int]:
    """By fact: the number of the write that recorded it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, write_no FROM {BY_TABLE[table].stored} WHERE id = ANY(%s)",  # noqa: S608 - our own names
            [list(facts)],
        )
        return dict(cursor.fetchall())


def lives(table: str, *, known: int) -> pl.DataFrame:
    """Every version of a table's facts as known then, with the batch and moment that brought and that ended each."""
    kept = BY_TABLE[table]
    query, names = select(kept, "true")
    rows = typed(kept, copy_out(query, schema_of(kept, names)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, a.batch_no, a.recorded_at, e.batch_no, e.recorded_at "  # noqa: S608 - our own names
            f"FROM {kept.stored} t JOIN store_auditentry a ON a.write_no = t.write_no "
            "LEFT JOIN store_supersession s ON s.of = %s AND s.fact_id = t.id "
            "LEFT JOIN store_auditentry e ON e.write_no = s.write_no AND e.batch_no <= %s WHERE a.batch_no <= %s",
            [int(kept.of), known, known],
        )
        told = cursor.fetchall()
    moment = pl.Datetime(time_zone="UTC")
    schema: dict[str, Any] = {
        "fact_id": pl.Int64, "began": pl.Int64, "began_at": moment, "ended": pl.Int64, "ended_at": moment,
    }  # fmt: skip
    return rows.join(pl.DataFrame(told, schema=schema, orient="row"), on="fact_id", how="inner")


def limit_currencies() -> dict[str, str]:
    """By policy: the currency that all its limits are in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT policy, min(currency) FROM store_insuredlimit t WHERE currency IS NOT NULL AND "  # noqa: S608
            f"{counts('t', Of.INSURED_LIMIT)} GROUP BY policy HAVING min(currency) = max(currency)"
        )
        return dict(cursor.fetchall())


def customers_of(entities: Sequence[str]) -> list[str]:
    """Codes of the customers with an account in one of these entities."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.code FROM store_account a JOIN store_customer c ON c.id = a.customer_id "
            "JOIN store_entity e ON e.id = a.entity_id WHERE e.code = ANY(%s)",
            [list(entities)],
        )
        return [code for (code,) in cursor.fetchall()]
