"""Bills and their events as they stand in the store; there are few of them beside items, so all are read."""

from __future__ import annotations

from typing import Final

import polars as pl

from seawall.engine.ledger.items import BILL_KIND, BILL_KINDS, BILL_STATE, BILL_STATES
from seawall.store.asof import Of
from seawall.store.bulk import copy_out, is_empty
from seawall.store.on_file import Schema, counts

BILL_SAYS: Final[Schema] = {
    "received_on": pl.Date, "bill_kind": BILL_KIND, "drawer": pl.String, "acceptor": pl.String,
    "acceptor_code": pl.String, "drawn_on": pl.Date, "matures_on": pl.Date,
}  # fmt: skip
"""What a bill says; a file that is silent about it does not take it back."""

BILL: Final[Schema] = {
    "fact_id": pl.Int64, "document_id": pl.Int64, "version": pl.Int16, "entity": pl.String, "number": pl.String,
    **BILL_SAYS,
}  # fmt: skip
EVENT: Final[Schema] = {
    "fact_id": pl.Int64, "document_id": pl.Int64, "entity": pl.String, "number": pl.String, "event": BILL_STATE,
    "on": pl.Date,
}  # fmt: skip


def bills() -> pl.DataFrame:
    """All bills as they stand."""
    if is_empty("store_bill"):
        return pl.DataFrame(schema=BILL)
    columns = ", ".join(f"b.{name}" for name in BILL_SAYS)
    rows = copy_out(
        f"SELECT b.id, b.item_document_id, b.version, e.code, b.number, {columns} FROM store_bill b "  # noqa: S608
        f"JOIN store_entity e ON e.id = b.entity_id WHERE {counts('b', Of.BILL)}",
        BILL | {"bill_kind": pl.Int16},
    )
    return rows.with_columns(worded(pl.col("bill_kind"), BILL_KINDS, BILL_KIND))


def bill_events() -> pl.DataFrame:
    """All events of bills that count."""
    if is_empty("store_billevent"):
        return pl.DataFrame(schema=EVENT)
    rows = copy_out(
        "SELECT v.id, v.item_document_id, e.code, b.number, v.event, v.on FROM store_billevent v "  # noqa: S608
        f"JOIN store_bill b ON b.item_document_id = v.item_document_id AND {counts('b', Of.BILL)} "
        f"JOIN store_entity e ON e.id = v.entity_id WHERE {counts('v', Of.BILL_EVENT)}",
        EVENT | {"event": pl.Int16},
    )
    return rows.with_columns(worded(pl.col("event"), BILL_STATES, BILL_STATE))


def worded(numbers: pl.Expr, words: tuple[str, ...], kind: pl.Enum) -> pl.Expr:
    """Stored numbers (from 1) as their words."""
    return numbers.replace_strict(dict(enumerate(words, start=1)), return_dtype=kind)
