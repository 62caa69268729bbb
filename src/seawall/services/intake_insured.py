"""Insured limits, events, claims and recoveries of a file held against what is on file."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from seawall.engine.ledger.facts import CanonicalTables
from seawall.engine.ledger.insured_facts import INSURED_TABLES
from seawall.services.intake_match import Matched, beside
from seawall.store import insured_on_file
from seawall.store.append import KEY


def on_file(tables: CanonicalTables) -> dict[str, pl.DataFrame]:
    """What is on file of those tables that hold rows."""
    return {name: insured_on_file.standing(name) for name in INSURED_TABLES if getattr(tables, name).height}


def match_insured(tables: CanonicalTables, present: Mapping[str, pl.DataFrame]) -> dict[str, Matched]:
    """Each table that holds rows, sorted. A fact is known by its key; what has versions may be corrected."""
    held = [name for name in INSURED_TABLES if getattr(tables, name).height]
    return {name: _matched(name, getattr(tables, name), present.get(name)) for name in held}


def _matched(name: str, rows: pl.DataFrame, before: pl.DataFrame | None) -> Matched:
    kept, nothing = insured_on_file.BY_TABLE[name], rows.head(0).with_columns(is_correction=pl.lit(value=True))
    if before is None or before.is_empty():
        return Matched(rows.with_columns(version=pl.lit(None, pl.Int16)), nothing, 0)
    key = list(kept.key)
    new = rows.join(before, on=key, how="anti", maintain_order="left", nulls_equal=True)
    new = new.with_columns(version=pl.lit(None, pl.Int16))
    if not kept.has_versions:
        return Matched(new, nothing, rows.height - new.height)
    both = beside(rows, before, key, kept.corrected, nulls_equal=True)
    changed = both.filter(pl.col("differs") != "").with_columns(is_correction=pl.lit(value=True))
    return Matched(new, changed, both.height - changed.height, changed["fact_id"])


def of_whole_company(tables: CanonicalTables) -> bool:
    """Whether any row is of no entity: it concerns all of them."""
    return any(getattr(tables, name)["entity"].null_count() for name in INSURED_TABLES)


def entities_of(tables: CanonicalTables) -> set[str]:
    """Codes of the entities that rows name."""
    return {code for name in INSURED_TABLES for code in getattr(tables, name)["entity"].drop_nulls().unique()}


def numbered(
    rows: pl.DataFrame, customers: pl.DataFrame, documents: pl.DataFrame, owners: pl.DataFrame
) -> pl.DataFrame:
    """Rows with ``customer_id``, and events with the ``document_id`` of the debit item they name.

    ``documents`` have the key and number of every document spoken of, ``owners`` the key and customer of each.
    """
    ids = customers.select("customer_code", "customer_id")
    rows = rows.join(ids, on="customer_code", how="left", maintain_order="left")
    if "item_number" not in rows.columns:
        return rows
    debits = documents.join(owners, on=list(KEY)).filter("is_debit").sort("entity")
    debits = debits.select("document_id", "entity", owner="customer_code", item_number="number")
    placed = rows.with_row_index("at").join(debits, on="item_number", how="left", suffix="_of_item")
    said = [pl.col("entity").is_null() | (pl.col("entity") == pl.col("entity_of_item"))]
    said.append(pl.col("customer_code").is_null() | (pl.col("customer_code") == pl.col("owner")))
    fits = pl.all_horizontal(said).fill_null(value=False)
    found = placed.filter(fits).unique("at", keep="first", maintain_order=True).select("at", "document_id")
    return rows.with_row_index("at").join(found, on="at", how="left", maintain_order="left").drop("at")
