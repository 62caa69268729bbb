"""Bills of a file and their events held against what is on file."""

from __future__ import annotations

import polars as pl

from seawall.services.intake_match import Matched, beside
from seawall.store.bills_on_file import BILL_SAYS


def match_bills(rows: pl.DataFrame, items: pl.DataFrame, on_file: pl.DataFrame) -> Matched:
    """Bills by the key of their document; ``items`` are those of the tables, which say when each was received."""
    source, key = ["source_file", "source_row"], ["entity", "number"]
    items = items.head(0) if rows.is_empty() else items
    rows = rows.join(items.select(*source, received_on="issued_on"), on=source, how="left", maintain_order="left")
    new = rows.join(on_file, on=key, how="anti", maintain_order="left").with_columns(version=pl.lit(None, pl.Int16))
    both = beside(rows, on_file, key, tuple(BILL_SAYS))
    changed = both.filter(pl.col("differs") != "").with_columns(is_correction=pl.lit(value=True))
    return Matched(new, changed.drop("document_id"), both.height - changed.height, changed["fact_id"])


def match_bill_events(rows: pl.DataFrame, on_file: pl.DataFrame) -> Matched:
    """Events of bills: the same event of a bill on the same day is the same event."""
    new = rows.join(on_file, on=["entity", "number", "event", "on"], how="anti", maintain_order="left")
    nothing = rows.head(0).with_columns(is_correction=pl.lit(value=True))
    return Matched(new, nothing, rows.height - new.height)
