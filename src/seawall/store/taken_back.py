"""Taking an import back: what it brought no longer counts, and what it replaced counts again as a new version."""

# ruff: noqa: S608 - queries are put together from names of our own and numbers, never from input
from __future__ import annotations

from typing import Any, Final

import polars as pl
from django.db import connection

from seawall.store import insured_on_file
from seawall.store.asof import OF, Of
from seawall.store.bulk import copy_out, draw_numbers, is_empty
from seawall.store.models import ImportUndo
from seawall.store.on_file import SPOKEN_OF, Schema, counts

UNDONE: Final = "undone"
"""The reason of a supersession by which a fact was taken back."""

_KEYS: Final = {
    Of.ITEM: ("document_id",),
    Of.CUSTOMER: ("customer_id",),
    Of.CONTROL: ("entity_id", "account", "currency", "on"),
    Of.RATE: ("from_currency", "to_currency", "on"),
    Of.BILL: ("item_document_id",),
    Of.ALLOCATION: ("debit_id", "credit_id", "allocated_on"),
    **{kept.of: kept.own_key for kept in insured_on_file.KEPT if kept.has_versions},
}
"""What the versions (of allocations: the occurrences) of a fact have in common."""

_NAMED_BY: Final = (
    ("store_allocation", Of.ALLOCATION, "debit_id"),
    ("store_allocation", Of.ALLOCATION, "credit_id"),
    ("store_instalment", Of.INSTALMENT, "item_document_id"),
    ("store_dispute", Of.DISPUTE, "item_document_id"),
    ("store_bill", Of.BILL, "item_document_id"),
    ("store_billevent", Of.BILL_EVENT, "item_document_id"),
    ("store_insuranceevent", Of.INSURANCE_EVENT, "item_document_id"),
)


def is_any() -> bool:
    """Whether anything was ever taken back: only then may a number return that is on file already."""
    return ImportUndo.objects.every_entity().exists()


def later_versions(import_no: int) -> int:
    """How many facts of an import were replaced or withdrawn by later writes."""
    return sum(
        _count(
            f"SELECT count(*) FROM {_table(of)} t JOIN store_supersession s ON s.of = {int(of)} AND s.fact_id = t.id "
            "WHERE t.write_no = %s AND s.write_no > %s",
            [import_no, import_no],
        )
        for of in OF.values()
    )


def later_uses(import_no: int) -> int:
    """How many facts of later writes name a document that an import brought, changed, or opened again."""
    opened = (
        "SELECT unnest(ARRAY[a.debit_id, a.credit_id]) FROM store_supersession s JOIN store_allocation a "
        f"ON a.id = s.fact_id WHERE s.of = {int(Of.ALLOCATION)} AND s.write_no = %s"
    )
    return sum(
        _count(
            f"SELECT count(*) FROM {table} t WHERE {counts('t', of)} AND t.write_no > %s AND t.{column} IN "
            f"(SELECT document_id FROM store_item WHERE write_no = %s UNION ALL {opened})",
            [import_no, import_no, import_no],
        )
        for table, of, column in _NAMED_BY
    )


def touches_everybody(import_no: int) -> bool:
    """Whether an import said what customers are, or brought rates or facts of no entity: that concerns every entity."""
    customers = (
        "SELECT EXISTS (SELECT FROM store_customerversion WHERE write_no = %s AND (version > 1 OR file_id IS NOT NULL))"
    )
    whole = [f"{kept.stored} WHERE entity_id IS NULL AND" for kept in insured_on_file.KEPT]
    counts_of = [f"SELECT count(*) FROM {table} write_no = %s" for table in ("store_rate WHERE", *whole)]
    return any(_count(query, [import_no]) for query in (customers, *counts_of))


def take_back(import_no: int, write_no: int) -> dict[str, dict[str, int]]:
    """Table → how many facts no longer count, and how many count again as new versions."""
    done = {}
    for of in OF.values():
        ended = _end(of, import_no, write_no)
        restored = _restore(of, import_no, write_no)
        if of == Of.CUSTOMER:
            restored += _keep_needed(write_no)
        if ended or restored:
            done[_table(of).removeprefix("store_")] = {"ended": ended, "restored": restored}
    return done


def _table(of: Of) -> str:
    return next(model._meta.db_table for model, number in OF.items() if number == of)  # noqa: SLF001


def _end(of: Of, import_no: int, write_no: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO store_supersession (of, fact_id, write_no, reason) SELECT {int(of)}, t.id, %s, '{UNDONE}' "
            f"FROM {_table(of)} t WHERE t.write_no = %s AND {counts('t', of)}",
            [write_no, import_no],
        )
        return int(cursor.rowcount)


def _restore(of: Of, import_no: int, write_no: int) -> int:
    """What the import replaced, once more as it was: the next version, with its own source."""
    table = _table(of)
    gone = f"FROM store_supersession s JOIN {table} t ON t.id = s.fact_id WHERE s.of = {int(of)} AND s.write_no = %s"
    count = _count(f"SELECT count(*) {gone}", [import_no])
    if not count:
        return 0
    names = [field.column for field in _model(of)._meta.local_concrete_fields]  # noqa: SLF001
    said = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(_value(of, name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({said}) SELECT {values} {gone}",
            [*_given(names, _first(table, count), write_no), import_no],
        )
    return count


def _model(of: Of) -> Any:
    return next(model for model, number in OF.items() if number == of)


def _first(table: str, count: int) -> int:
    return int(draw_numbers(table, count)[0])


def _given(names: list[str], first: int, write_no: int) -> list[int]:
    """The parameters of :func:`_value` in the order of the columns."""
    asked = {"id": first - 1, "write_no": write_no}
    return [asked[name] for name in names if name in asked]


def _value(of: Of, name: str) -> str:
    """What a column of a restored fact holds."""
    if name == "id":
        return "%s + row_number() OVER (ORDER BY t.id)"
    if name == "write_no":
        return "%s"
    if name in ("version", "occurrence"):
        same = " AND ".join(f'v."{key}" {_same(of, key)} t."{key}"' for key in _KEYS[of])
        key = ", ".join(f't."{key}"' for key in _KEYS[of])
        last = f"(SELECT max(v.{name}) FROM {_table(of)} v WHERE {same})"
        return f"{last} + row_number() OVER (PARTITION BY {key} ORDER BY t.id)"
    return f't."{name}"'


def _same(of: Of, key: str) -> str:
    """How values of a key's column are compared; an index finds them where none can be empty."""
    may_be_empty = any(field.column == key and field.null for field in _model(of)._meta.local_concrete_fields)  # noqa: SLF001
    return "IS NOT DISTINCT FROM" if may_be_empty else "="


def _keep_needed(write_no: int) -> int:
    """Customers whom no version describes any more, but whom items, parents or insurers still name, by codes alone."""
    items = (
        "SELECT FROM store_account a JOIN store_item i ON i.account_id = a.id "
        f"WHERE a.customer_id = c.id AND {counts('i', Of.ITEM)}"
    )
    parents = f"SELECT FROM store_customerversion p WHERE p.parent_code = c.code AND {counts('p', Of.CUSTOMER)}"
    insured = " OR ".join(
        f"EXISTS (SELECT FROM {kept.stored} n WHERE n.customer_id = c.id AND {counts('n', kept.of)})"
        for kept in insured_on_file.KEPT
    )
    counted = f"SELECT FROM store_customerversion v WHERE v.customer_id = c.id AND {counts('v', Of.CUSTOMER)}"
    bare = (
        f"FROM store_customer c WHERE NOT EXISTS ({counted}) AND (EXISTS ({items}) OR EXISTS ({parents}) OR {insured})"
    )
    count = _count(f"SELECT count(*) {bare}", [])
    if count:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO store_customerversion (id, write_no, customer_id, version, name) "
                "SELECT %s + row_number() OVER (ORDER BY c.id), %s, c.id, "
                f"1 + (SELECT max(version) FROM store_customerversion v WHERE v.customer_id = c.id), c.code {bare}",
                [_first("store_customerversion", count) - 1, write_no],
            )
    return count


def documents() -> pl.DataFrame:
    """Of the documents spoken of, those that were taken back: their key, number and last version."""
    schema: Schema = {
        "entity": pl.String, "is_debit": pl.Int8, "number": pl.String, "document_id": pl.Int64, "version": pl.Int16,
    }  # fmt: skip
    if is_empty("store_item"):
        return pl.DataFrame(schema=schema).with_columns(pl.col("is_debit").cast(pl.Boolean))
    return copy_out(
        "SELECT e.code, i.is_debit::int, i.number, i.document_id, max(i.version) FROM store_item i "
        f"JOIN {SPOKEN_OF} USING (entity_id, is_debit, number) JOIN store_entity e ON e.id = i.entity_id "
        f"GROUP BY 1, 2, 3, 4 HAVING bool_and(NOT {counts('i', Of.ITEM)})",
        schema,
    ).with_columns(pl.col("is_debit").cast(pl.Boolean))


def customers() -> pl.DataFrame:
    """Customers that no version describes any more: code, number and last version."""
    return copy_out(
        "SELECT c.code, c.id, max(v.version) FROM store_customer c "
        "JOIN store_customerversion v ON v.customer_id = c.id "
        f"GROUP BY 1, 2 HAVING bool_and(NOT {counts('v', Of.CUSTOMER)})",
        {"customer_code": pl.String, "customer_id": pl.Int32, "version": pl.Int16},
    )


def balances() -> pl.DataFrame:
    """The last version of every control balance, counting or not."""
    return copy_out(
        'SELECT e.code, b.account, b.currency, b."on", max(b.version) FROM store_controlbalance b '
        "JOIN store_entity e ON e.id = b.entity_id GROUP BY 1, 2, 3, 4",
        {"entity": pl.String, "account": pl.String, "currency": pl.String, "on": pl.Date, "ever": pl.Int16},
    )


def rates() -> pl.DataFrame:
    """The last version of every exchange rate, counting or not."""
    return copy_out(
        'SELECT from_currency, to_currency, "on", max(version) FROM store_rate GROUP BY 1, 2, 3',
        {"from_currency": pl.String, "to_currency": pl.String, "on": pl.Date, "ever": pl.Int16},
    )


def bills() -> pl.DataFrame:
    """The last version of every bill, counting or not, by its document."""
    return copy_out(
        "SELECT item_document_id, max(version) FROM store_bill GROUP BY 1",
        {"document_id": pl.Int64, "ever": pl.Int16},
    )


def _count(query: str, params: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return int(cursor.fetchone()[0])
