"""What is on file about the documents a new file speaks of; read under the ledger's lock, in bulk.

Facts come back in the words of the canonical tables, with the numbers they have in the store beside them.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl
from django.db import connection

from seawall.engine.ledger.bills import ENDED
from seawall.engine.ledger.items import KIND, KINDS
from seawall.store.asof import Of
from seawall.store.bulk import copy_in, copy_out
from seawall.store.models.bills import BILL_EVENT_NUMBERS
from seawall.store.models.ledger import FIRST_CREDIT_KIND, KIND_NUMBERS

Schema = dict[str, pl.DataType | type[pl.DataType]]

CUSTOMER_SAYS: Final = ("name", "country", "sector", "registration_id", "parent_code", "currency", "language")
CUSTOMER: Final[Schema] = {
    "customer_id": pl.Int32, "customer_code": pl.String, "fact_id": pl.Int64, "version": pl.Int16,
    "is_described": pl.Int8, **dict.fromkeys(CUSTOMER_SAYS, pl.String), "addresses": pl.String,
    "merged_into": pl.String,
}  # fmt: skip
ACCOUNT: Final[Schema] = {
    "account_id": pl.Int32, "entity": pl.String, "customer_code": pl.String, "currency": pl.String,
}  # fmt: skip
ITEM_DETAILS: Final[Schema] = {
    "terms": pl.String, "order_number": pl.String, "description": pl.String, "payment_method": pl.String,
    "contract_number": pl.String, "shipped_on": pl.Date, "delivered_on": pl.Date,
}  # fmt: skip
"""What an item may say; a file that is silent about it does not take it back."""

ITEM_AMOUNTS: Final[Schema] = {
    "issued_on": pl.Date, "due_on": pl.Date,
    "amount_minor": pl.Int64, "tax_minor": pl.Int64, "disputed_minor": pl.Int64,
}  # fmt: skip
ITEM: Final[Schema] = {
    "fact_id": pl.Int64, "document_id": pl.Int64, "version": pl.Int16, "account_id": pl.Int32, "kind": pl.Int16,
    "number": pl.String, **ITEM_AMOUNTS, **ITEM_DETAILS,
}  # fmt: skip
ALLOCATION: Final[Schema] = {
    "fact_id": pl.Int64, "debit_id": pl.Int64, "credit_id": pl.Int64, "allocated_on": pl.Date,
    "amount_minor": pl.Int64, "credit_minor": pl.Int64,
}  # fmt: skip
INSTALMENT: Final[Schema] = {
    "fact_id": pl.Int64, "document_id": pl.Int64, "due_on": pl.Date, "amount_minor": pl.Int64,
    "is_retention": pl.Boolean,
}  # fmt: skip
DISPUTE: Final[Schema] = {
    "fact_id": pl.Int64, "document_id": pl.Int64, "opened_on": pl.Date, "closed_on": pl.Date,
    "amount_minor": pl.Int64, "reason": pl.String,
}  # fmt: skip
CONTROL: Final[Schema] = {
    "fact_id": pl.Int64, "version": pl.Int16, "entity": pl.String, "account": pl.String, "currency": pl.String,
    "on": pl.Date, "amount_minor": pl.Int64,
}  # fmt: skip
RATE: Final[Schema] = {
    "fact_id": pl.Int64, "version": pl.Int16, "from_currency": pl.String, "to_currency": pl.String, "on": pl.Date,
    "rate": pl.Float64,
}  # fmt: skip
DESCRIBED: Final = (
    "v.file_id IS NOT NULL OR v.version > 1 AND (v.name <> c.code OR num_nonnulls(v.country, v.sector, "
    "v.registration_id, v.parent_code, v.currency, v.language) > 0)"
)
"""Whether a version says more than the customer's code."""

SPOKEN_OF: Final = "spoken_of"
"""Temporary table of document keys, gone with the transaction."""


def counts(table: str, of: Of) -> str:
    """The condition that a fact still counts, for the writer itself: nothing is left out for being too new."""
    return f"NOT EXISTS (SELECT FROM store_supersession s WHERE s.of = {int(of)} AND s.fact_id = {table}.id)"


def ended_bills() -> str:
    """The documents of bills that bounced or went back, as a query."""
    ended = ", ".join(str(BILL_EVENT_NUMBERS[name]) for name in ENDED)
    mine = f"v.event IN ({ended}) AND {counts('v', Of.BILL_EVENT)}"
    return f"SELECT v.item_document_id FROM store_billevent v WHERE {mine}"  # noqa: S608 - numbers and our own names


def entities() -> dict[str, int]:
    """Numbers of our entities, by code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, id FROM store_entity")
        return dict(cursor.fetchall())


def customers() -> pl.DataFrame:
    """All customers as they stand. ``is_described``: a file or a person described it, not only a code on an item.

    ``merged_into`` is the code of the customer it is, where it was merged.
    """
    says = ", ".join(f"v.{name}" for name in CUSTOMER_SAYS)
    return copy_out(
        f"SELECT c.id, c.code, v.id, v.version, ({DESCRIBED})::int, {says}, "  # noqa: S608
        "(SELECT string_agg(k.digest, ' ') FROM store_contact k WHERE k.customer_id = c.id AND k.is_from_file), i.code "
        "FROM store_customer c JOIN store_customerversion v ON v.customer_id = c.id "
        f"LEFT JOIN store_customermerge m ON m.customer_id = c.id AND {counts('m', Of.MERGE)} "
        f"LEFT JOIN store_customer i ON i.id = m.into_id WHERE {counts('v', Of.CUSTOMER)}",
        CUSTOMER,
    )


def accounts() -> pl.DataFrame:
    """All accounts."""
    return copy_out(
        "SELECT a.id, e.code, c.code, a.currency FROM store_account a "
        "JOIN store_entity e ON e.id = a.entity_id JOIN store_customer c ON c.id = a.customer_id",
        ACCOUNT,
    )


def speak_of(keys: pl.DataFrame) -> None:
    """Note the documents (entity, is_debit, number) that the next questions are about."""
    ids = entities()
    keys = keys.filter(pl.col("entity").is_in(list(ids)))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {SPOKEN_OF}")
        cursor.execute(
            f'CREATE TEMPORARY TABLE {SPOKEN_OF} (entity_id bigint, is_debit boolean, number text COLLATE "C") '
            "ON COMMIT DROP"
        )
    entity_id = pl.col("entity").replace_strict(ids, return_dtype=pl.Int64)
    copy_in(SPOKEN_OF, keys.select("is_debit", "number", entity_id=entity_id))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {SPOKEN_OF}")


def items(*, is_empty: bool = False) -> pl.DataFrame:
    """The documents spoken of, as they stand; ``is_empty`` spares the question where nothing is on file."""
    if is_empty:
        return _with_words(pl.DataFrame(schema=ITEM))
    columns = ", ".join(f"i.{name}" for name in list(ITEM)[1:])
    rows = copy_out(
        f"SELECT i.id, {columns} FROM store_item i JOIN {SPOKEN_OF} USING (entity_id, is_debit, number) "  # noqa: S608
        f"WHERE {counts('i', Of.ITEM)}",
        ITEM,
    )
    return _with_words(rows)


def open_items(entity_ids: list[int]) -> pl.DataFrame:
    """Every document of these entities with something open: an item's columns and ``settled_minor``.

    A bill that bounced or went back settles nothing, and has nothing open either.
    """
    columns = ", ".join(f"i.{name}" for name in list(ITEM)[1:])
    numbers = ", ".join(str(int(number)) for number in entity_ids) or "NULL"
    settled = " UNION ALL ".join(
        f"SELECT {side}_id AS document_id, sum({amount})::bigint AS settled FROM store_allocation a "  # noqa: S608
        f"WHERE {counts('a', Of.ALLOCATION)} AND credit_id NOT IN ({ended_bills()}) GROUP BY {side}_id"
        for side, amount in (("debit", "amount_minor"), ("credit", "credit_minor"))
    )
    rows = copy_out(
        f"SELECT i.id, {columns}, coalesce(settled, 0) FROM store_item i "  # noqa: S608 - numbers and our own names
        f"LEFT JOIN ({settled}) USING (document_id) "
        f"WHERE i.entity_id IN ({numbers}) AND {counts('i', Of.ITEM)} AND i.amount_minor <> coalesce(settled, 0) "
        f"AND document_id NOT IN ({ended_bills()})",
        {**ITEM, "settled_minor": pl.Int64},
    )
    return _with_words(rows)


def count_items(entity_ids: list[int]) -> int:
    """How many documents these entities have on file."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM store_item i WHERE entity_id = ANY(%s) AND {counts('i', Of.ITEM)}",  # noqa: S608
            [entity_ids],
        )
        return int(cursor.fetchone()[0])


def _with_words(rows: pl.DataFrame) -> pl.DataFrame:
    """Kinds by name, the side, and whose document it is (entity, customer_code, currency)."""
    names = {number: KINDS.index(kind) for kind, number in KIND_NUMBERS.items()}
    kind = pl.col("kind").replace_strict(names, return_dtype=pl.UInt8).cat.to(KIND)
    rows = rows.with_columns(kind=kind, is_debit=pl.col("kind") < FIRST_CREDIT_KIND)
    return rows.join(accounts(), on="account_id", how="left", maintain_order="left")


def allocations(*, is_empty: bool = False) -> pl.DataFrame:
    """What settles the documents spoken of, or is used of them."""
    if is_empty:
        return pl.DataFrame(schema=ALLOCATION)
    documents = f"SELECT document_id FROM store_item JOIN {SPOKEN_OF} USING (entity_id, is_debit, number)"  # noqa: S608
    return copy_out(
        "SELECT id, debit_id, credit_id, allocated_on, amount_minor, credit_minor FROM store_allocation a "  # noqa: S608
        f"WHERE {counts('a', Of.ALLOCATION)} AND (debit_id IN ({documents}) OR credit_id IN ({documents}))",
        ALLOCATION,
    )


def instalments(*, is_empty: bool = False) -> pl.DataFrame:
    """Instalments of the documents spoken of."""
    if is_empty:
        return pl.DataFrame(schema=INSTALMENT)
    rows = _about_documents("store_instalment", Of.INSTALMENT, INSTALMENT | {"is_retention": pl.Int8})
    return rows.with_columns(pl.col("is_retention").cast(pl.Boolean))


def disputes(*, is_empty: bool = False) -> pl.DataFrame:
    """Disputes of the documents spoken of."""
    return pl.DataFrame(schema=DISPUTE) if is_empty else _about_documents("store_dispute", Of.DISPUTE, DISPUTE)


def _about_documents(table: str, of: Of, schema: Schema) -> pl.DataFrame:
    columns = ", ".join(f"t.{name}{'::int' if kind == pl.Int8 else ''}" for name, kind in list(schema.items())[2:])
    return copy_out(
        f"SELECT t.id, t.item_document_id, {columns} FROM {table} t WHERE {counts('t', of)} AND item_document_id IN "  # noqa: S608
        f"(SELECT document_id FROM store_item JOIN {SPOKEN_OF} USING (entity_id, is_debit, number))",
        schema,
    )


def control() -> pl.DataFrame:
    """All balances of control accounts."""
    return copy_out(
        "SELECT b.id, b.version, e.code, b.account, b.currency, b.on, b.amount_minor FROM store_controlbalance b "  # noqa: S608
        f"JOIN store_entity e ON e.id = b.entity_id WHERE {counts('b', Of.CONTROL)}",
        CONTROL,
    )


def rates() -> pl.DataFrame:
    """The company's own table of exchange rates."""
    return copy_out(
        'SELECT id, version, from_currency, to_currency, "on", rate FROM store_rate r '  # noqa: S608 - our own names
        f"WHERE {counts('r', Of.RATE)}",
        RATE,
    )


def newest_lists() -> dict[str, dt.date]:
    """By entity: the day of the newest list of open items on file."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entity, max(listed_on) FROM store_importfile, unnest(entities) AS entity "
            "WHERE basis = 'open_items' AND import_no NOT IN (SELECT import_no FROM store_importundo) GROUP BY entity"
        )
        return dict(cursor.fetchall())


def next_occurrences(*, is_empty: bool = False) -> pl.DataFrame:
    """By (debit, credit, day) of the documents spoken of: how many allocations there ever were, also ended ones."""
    schema: Schema = {"debit_id": pl.Int64, "credit_id": pl.Int64, "allocated_on": pl.Date, "ever": pl.Int16}
    if is_empty:
        return pl.DataFrame(schema=schema)
    documents = f"SELECT document_id FROM store_item JOIN {SPOKEN_OF} USING (entity_id, is_debit, number)"  # noqa: S608
    return copy_out(
        "SELECT debit_id, credit_id, allocated_on, max(occurrence) FROM store_allocation "  # noqa: S608 - our own names
        f"WHERE debit_id IN ({documents}) GROUP BY 1, 2, 3",
        schema,
    )
