"""Rules for allocations: a credit settles a debit of the same corporate group, and never more than there is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from seawall.engine.kernel.rounding import sum_by
from seawall.engine.ledger.facts import ALLOCATION_FACTS
from seawall.engine.ledger.keys import places
from seawall.engine.ledger.minor_units import in_minor, major, plain, through
from seawall.engine.ledger.rejects import Sieve

DOCUMENT_KEY = ["entity", "is_debit", "number"]


KNOWN_BILL_ALLOCATIONS = {
    "entity": pl.String, "debit_number": pl.String, "credit_number": pl.String, "amount_minor": pl.Int64,
}  # fmt: skip
"""What bills on file have settled."""


@dataclass(frozen=True)
class Ends:
    """Bills that settle nothing any more (``bill_rules.ends_of``), and what they had settled by what is on file."""

    bills: pl.DataFrame
    on_file: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=KNOWN_BILL_ALLOCATIONS))


def checked_allocations(
    rows: pl.DataFrame, book: pl.DataFrame, groups: pl.DataFrame | None, ends: Ends, found: list[pl.DataFrame]
) -> pl.DataFrame:
    """The allocations that can be; ``book`` is every item that they may name, with what is ``open`` of it."""
    if rows.is_empty():
        return ALLOCATION_FACTS.empty()
    for side in ("debit", "credit"):
        rows = looked_up(rows, book, side)
    amounts = {"amount": ("amount_minor", "debit_"), "credit_amount": ("credit_minor", "credit_")}
    sieve = Sieve(rows)
    for side in ("debit", "credit"):
        number = pl.col(f"{side}_number")
        lacking = pl.col(f"{side}_currency").is_null()
        elsewhere = lacking & pl.col(f"{side}_elsewhere")
        sieve.refuse(elsewhere, f"{side}_number", "wrong_side", number)
        sieve.refuse(lacking & ~pl.col(f"{side}_elsewhere"), f"{side}_number", "unknown_item", number)
    rows = through(sieve, found)
    rows = rows.join(ends.bills, on=["entity", "credit_number"], how="left", maintain_order="left")
    rows, sieve = in_minor(rows, amounts, found)
    on = pl.col("allocated_on")
    sieve.refuse(on >= pl.col("ended_on"), "allocated_on", "bill_ended", pl.col("credit_number"), pl.col("ended_on"))
    code, customer = pl.col("customer_code"), pl.col("debit_customer")
    sieve.refuse(code != customer, "customer_code", "other_customer", code, customer)
    _refuse_other_groups(sieve, groups)
    same = pl.col("debit_currency") == pl.col("credit_currency")
    differs = pl.col("credit_minor") != pl.col("amount_minor")
    sieve.refuse(
        ~same & pl.col("credit_minor").is_null(), "credit_amount", "credit_amount",
        pl.col("debit_currency"), pl.col("credit_currency"),
    )  # fmt: skip
    sieve.refuse(
        same & differs, "credit_amount", "credit_amount_differs", plain("credit_amount"), pl.col("debit_currency")
    )
    sieve.rows = sieve.rows.with_columns(
        pl.col("credit_minor").fill_null(pl.col("amount_minor")), code.fill_null(customer)
    )
    for side, column, minor in (("debit", "amount", "amount_minor"), ("credit", "credit_amount", "credit_minor")):
        sieve = Sieve(through(sieve, found))
        back = _taken_back(sieve.rows, book, ends) if side == "debit" else None
        sieve = _refuse_above_open(sieve, side, column, minor, back)
    return through(sieve, found).select(*ALLOCATION_FACTS.columns)


def looked_up(rows: pl.DataFrame, book: pl.DataFrame, side: str) -> pl.DataFrame:
    """Rows with where in the book the item that ``{side}_number`` names stands, and what is known of it.

    ``{side}_elsewhere``: there is no such item, but one of that number on the other side.
    """
    keys = rows.select("entity", pl.lit(side == "debit").alias("is_debit"), f"{side}_number")
    at = places(keys, book.select(DOCUMENT_KEY))
    known = ("customer_code", "currency", "places", "open")
    rows = rows.with_columns(
        at.alias(f"{side}_at"), *(book[name].gather(at).alias(f"{side}_{name.removesuffix('_code')}") for name in known)
    )
    if not at.null_count():
        return rows.with_columns(pl.lit(value=False).alias(f"{side}_elsewhere"))
    other = places(keys.with_columns(~pl.col("is_debit")), book.select(DOCUMENT_KEY))
    return rows.with_columns((at.is_null() & other.is_not_null()).alias(f"{side}_elsewhere"))


def _refuse_other_groups(sieve: Sieve, groups: pl.DataFrame | None) -> None:
    """A credit of one customer may settle a debit of another only within a corporate group."""
    crossing = pl.col("debit_customer") != pl.col("credit_customer")
    if not sieve.rows.select(crossing.any()).item():
        return
    roots: dict[str, str] = {} if groups is None else dict(groups.iter_rows())
    apart = pl.col("debit_customer").replace(roots) != pl.col("credit_customer").replace(roots)
    sieve.refuse(crossing & apart, "credit_number", "other_group", pl.col("credit_customer"), pl.col("debit_customer"))


def _taken_back(rows: pl.DataFrame, book: pl.DataFrame, ends: Ends) -> pl.DataFrame | None:
    """What bills that ended give back to debits, below zero, by ``debit_at`` and day; None where none did."""
    if ends.bills.is_empty():
        return None
    mine = rows.filter(pl.col("ended_on").is_not_null()).select("debit_at", "amount_minor", on="ended_on")
    others = ends.on_file.join(ends.bills, on=["entity", "credit_number"], how="inner")
    keys = others.select("entity", pl.lit(value=True).alias("is_debit"), "debit_number")
    at = places(keys, book.select(DOCUMENT_KEY)).alias("debit_at")
    theirs = others.with_columns(at).filter(pl.col("debit_at").is_not_null())
    both = pl.concat([mine, theirs.select("debit_at", "amount_minor", on="ended_on")], how="vertical_relaxed")
    return both.select(pl.col("debit_at").cast(rows.schema["debit_at"]), -pl.col("amount_minor"), allocated_on="on")


def _refuse_above_open(sieve: Sieve, side: str, column: str, minor: str, back: pl.DataFrame | None = None) -> Sieve:
    """From the first allocation that no longer fits, in the order of days, an item's allocations are refused."""
    rows, key = sieve.rows, f"{side}_at"
    if rows.is_empty():
        return sieve
    at = rows[key].to_numpy()
    used = sum_by(at, rows[minor].to_numpy(), int(at.max()) + 1)[at]
    above = used > rows[f"{side}_open"].to_numpy()
    if not above.any():
        return sieve
    order = [key, "allocated_on", minor, "debit_number", "credit_number"]
    suspects = rows.with_row_index("row").filter(pl.Series(above))
    if back is not None:
        suspects = pl.concat([suspects, back.join(suspects, on=key, how="semi")], how="diagonal")
        suspects = suspects.with_columns(pl.col(f"{side}_open").max().over(key))
    suspects = suspects.sort(order, nulls_last=False)
    late = suspects.filter(pl.col(minor).cum_sum().over(key) > pl.col(f"{side}_open"), pl.col("row").is_not_null())
    mask = np.zeros(rows.height, dtype=bool)
    mask[late["row"].to_numpy()] = True
    value = plain(column) if side == "debit" else pl.coalesce(plain("credit_amount"), plain("amount"))
    sieve.refuse_mask(mask, column, "above_open", value, major(f"{side}_open", f"{side}_places"))
    return sieve
