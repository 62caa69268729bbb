"""What must hold between the tables of the store, and the questions that find what breaks it.

Facts name each other without foreign keys (see ``models.ledger``), so that what the database does not check
row by row is asked here for all rows at once.
"""

# ruff: noqa: S608 - queries are put together from names of our own, never from input
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import connection

from seawall.store import insured_on_file
from seawall.store.asof import Of

EXAMPLES: Final = 5
_FACTS: Final = {
    "store_item": Of.ITEM,
    "store_allocation": Of.ALLOCATION,
    "store_instalment": Of.INSTALMENT,
    "store_dispute": Of.DISPUTE,
    "store_controlbalance": Of.CONTROL,
    "store_customerversion": Of.CUSTOMER,
    "store_rate": Of.RATE,
    "store_bill": Of.BILL,
    "store_billevent": Of.BILL_EVENT,
    **{kept.stored: kept.of for kept in insured_on_file.KEPT},
}

INVARIANTS: Final = {
    "on_record": "Every fact was brought by a write that is in the audit log.",
    "numbers": "Every fact has a number of its own, no higher than the last one given.",
    "sources": "Every fact's file is on record.",
    "documents": "Allocations, instalments, disputes, bills and insurance events name documents that exist, on the "
    "right side.",
    "customers": "Limits, events, claims and recoveries name customers and entities that exist.",
    "accounts": "Every item's account exists and is of the item's entity.",
    "versions": "Versions of a document, customer, balance, rate, bill, limit or claim count up from 1.",
    "current": "Of the versions of a fact at most one counts, and it is the last.",
    "superseded": "What is superseded exists, and was there before.",
}
"""Every invariant with its sentence."""


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold: how many rows break it, and the first of them."""

    name: str
    table: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        return f"{INVARIANTS[self.name]} Broken by {self.count} in {self.table} ({', '.join(self.examples)})."


def violations() -> Iterator[Violation]:
    """Everything that does not hold, invariant by invariant."""
    for table in _FACTS:
        said = "SELECT FROM store_auditentry a WHERE a.write_no = t.write_no"
        yield from _asked("on_record", table, f"SELECT id FROM {table} t WHERE NOT EXISTS ({said})")
        last = f"coalesce((SELECT last FROM store_counter WHERE \"table\" = '{table}'), 0)"
        yield from _asked(
            "numbers", table, f"SELECT id FROM {table} GROUP BY id HAVING count(*) > 1 OR id > {last} OR id < 1"
        )
        file = "SELECT FROM store_importfile f WHERE f.id = t.file_id"
        yield from _asked(
            "sources", table, f"SELECT id FROM {table} t WHERE file_id IS NOT NULL AND NOT EXISTS ({file})"
        )
    yield from _documents()
    yield from _versions()
    yield from _superseded()


def _documents() -> Iterator[Violation]:
    for table, column, is_debit in (
        ("store_allocation", "debit_id", "true"),
        ("store_allocation", "credit_id", "false"),
        ("store_instalment", "item_document_id", "true"),
        ("store_dispute", "item_document_id", "true"),
        ("store_bill", "item_document_id", "false"),
        ("store_billevent", "item_document_id", "false"),
        ("store_insuranceevent", "item_document_id", "true"),
    ):
        there = f"SELECT FROM store_item i WHERE i.document_id = t.{column} AND i.is_debit = {is_debit}"
        named = f"t.{column} IS NOT NULL AND NOT EXISTS ({there})"
        yield from _asked("documents", table, f"SELECT id FROM {table} t WHERE {named}")
    for kept in insured_on_file.KEPT:
        lost = " OR ".join(
            f"{name}_id IS NOT NULL AND NOT EXISTS (SELECT FROM store_{name} o WHERE o.id = t.{name}_id)"
            for name in ("customer", "entity")
        )
        yield from _asked("customers", kept.stored, f"SELECT id FROM {kept.stored} t WHERE {lost}")
    account = "SELECT FROM store_account a WHERE a.id = t.account_id AND a.entity_id = t.entity_id"
    yield from _asked("accounts", "store_item", f"SELECT id FROM store_item t WHERE NOT EXISTS ({account})")


def _versions() -> Iterator[Violation]:
    for table, key in (
        ("store_item", "document_id"),
        ("store_customerversion", "customer_id"),
        ("store_controlbalance", 'entity_id, account, currency, "on"'),
        ("store_rate", 'from_currency, to_currency, "on"'),
        ("store_bill", "item_document_id"),
        *(
            (kept.stored, ", ".join(f'"{name}"' for name in kept.own_key))
            for kept in insured_on_file.KEPT
            if kept.has_versions
        ),
    ):
        yield from _asked(
            "versions",
            table,
            f"SELECT min(id) FROM {table} GROUP BY {key} HAVING min(version) <> 1 OR max(version) <> count(*)",
        )
        ended = f"EXISTS (SELECT FROM store_supersession s WHERE s.of = {int(_FACTS[table])} AND s.fact_id = t.id)"
        place = f"version = max(version) OVER (PARTITION BY {key})"
        rows = f"SELECT id, {place} AS is_last, {ended} AS is_ended FROM {table} t"
        yield from _asked("current", table, f"SELECT id FROM ({rows}) AS rows WHERE NOT is_last AND NOT is_ended")
    same = "SELECT id FROM store_item WHERE (version = 1) <> (document_id = id)"
    yield from _asked("versions", "store_item", same)


def _superseded() -> Iterator[Violation]:
    for table, of in _FACTS.items():
        fact = f"SELECT FROM {table} t WHERE t.id = s.fact_id AND t.write_no < s.write_no"
        said = "SELECT FROM store_auditentry a WHERE a.write_no = s.write_no"
        yield from _asked(
            "superseded",
            table,
            f"SELECT s.fact_id FROM store_supersession s WHERE s.of = {int(of)} "
            f"AND NOT (EXISTS ({fact}) AND EXISTS ({said}))",
        )


def _asked(name: str, table: str, query: str) -> Iterator[Violation]:
    """Nothing, or the violation that the rows of a query are."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), (array_agg(id ORDER BY id))[:{EXAMPLES}] FROM ({query}) AS broken(id)")
        count, examples = cursor.fetchone()
    if count:
        yield Violation(name, table, count, tuple(map(str, examples)))
