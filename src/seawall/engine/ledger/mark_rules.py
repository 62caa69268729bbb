"""Rules for what carries a mark: set-offs name what they rest on, retention money says when it falls due."""

from __future__ import annotations

import polars as pl

from seawall.engine.ledger.marks import RETENTION, SET_OFF
from seawall.engine.ledger.rejects import Sieve


def refuse_set_offs(sieve: Sieve) -> None:
    """Refuse set-offs without a reference, and those of one reference and day whose two sides differ.

    Where only one side is there, the other leg stands in the payables.
    """
    mine = pl.col("payment_method") == SET_OFF
    if not sieve.rows.select(mine.any()).item():
        return
    is_leg = pl.col("kind").cast(pl.String).is_in(["receipt", "refund"])
    sieve.refuse(mine & ~is_leg, "kind", "set_off_kind", pl.col("kind").cast(pl.String))
    reference, amount = pl.col("contract_number"), pl.col("amount_minor")
    sieve.refuse(mine & reference.is_null(), "contract_number", "set_off_reference", pl.col("number"))
    pair = ["entity", "contract_number", "issued_on", "currency"]
    debit, credit = (
        pl.when(mine & (pl.col("is_debit") == side)).then(amount).otherwise(0).sum().over(pair)
        for side in (True, False)
    )
    differs = mine & reference.is_not_null() & (debit > 0) & (credit > 0) & (debit != credit)
    sieve.refuse(differs, "amount", "set_off_sides", reference)


def with_retention_days(rows: pl.DataFrame, items: pl.DataFrame, found: list[pl.DataFrame]) -> pl.DataFrame:
    """Instalments with a due day each: their own, or so many days after acceptance, else after delivery.

    ``items`` are the items of the same tables: their day of delivery counts where the row gives none of acceptance.
    """
    if "mark" not in rows.columns:  # rows that were not read from a file
        held = rows["is_retention"].fill_null(value=False) if "is_retention" in rows.columns else pl.lit(value=False)
        return rows.with_columns(is_retention=held)
    rows = rows.with_columns(delivered_on=_days_of_delivery(rows, items))
    begins = pl.coalesce("accepted_on", "delivered_on")
    sieve = Sieve(
        rows.with_columns(
            due_on=pl.coalesce("due_on", begins + pl.duration(days=pl.col("days_after"))),
            is_retention=(pl.col("mark") == RETENTION).fill_null(value=False),
        )
    )
    days = pl.col("days_after")
    sieve.refuse(pl.col("due_on").is_null() & days.is_null(), "due_on", "empty")
    sieve.refuse(pl.col("due_on").is_null() & days.is_not_null(), "accepted_on", "no_acceptance", pl.col("number"))
    sieve.refuse(pl.col("mark") != RETENTION, "mark", "instalment_mark", pl.col("mark"), RETENTION)
    found.extend(sieve.found)
    return sieve.kept


def _days_of_delivery(rows: pl.DataFrame, items: pl.DataFrame) -> pl.Series:
    """The day of delivery of each row's debit item; empty where the row says itself when it falls due."""
    key = ["entity", "number"]
    asked = rows["due_on"].is_null() & rows["accepted_on"].is_null()
    if not asked.any():
        return pl.Series("delivered_on", [None], dtype=items.schema["delivered_on"]).new_from_index(0, rows.height)
    delivered = items.filter("is_debit").select(*key, "delivered_on").unique(key)
    return rows.select(key).join(delivered, on=key, how="left", maintain_order="left")["delivered_on"]
