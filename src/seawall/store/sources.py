"""Recording imported files and the rows of them that were not taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import polars as pl

from seawall.store.bulk import copy_in
from seawall.store.models import ImportFile, ImportUndo


def record(
    files: Iterable[tuple[str, str, int, int]], *, import_no: int, at: dt.datetime, rejects: pl.DataFrame, **about: Any
) -> dict[str, int]:
    """Note the files (name, hash, bytes, rows taken) of one import and its rejects; gives their numbers by name."""
    made = {
        name: ImportFile.objects.create(
            import_no=import_no, name=name, sha256=sha256, bytes=size, rows=rows, recorded_at=at, **about
        ).pk
        for name, sha256, size, rows in files
    }
    columns = {"row": pl.col("row"), "column": pl.col("column"), "code": pl.col("code"), "hint": pl.col("hint")}
    file_id = pl.col("file").replace_strict(made, default=min(made.values()), return_dtype=pl.Int64)
    copy_in("store_importreject", rejects.select(file_id=file_id, value="value", expected="expected", **columns))
    return made


def is_first_list(on: dt.date | None, entities: list[str]) -> bool:
    """Whether no list of this day was on file for one of the entities, before the one being recorded."""
    undone = ImportUndo.objects.every_entity().values("import_no")
    seen = ImportFile.objects.every_entity().filter(basis="open_items", listed_on=on).exclude(import_no__in=undone)
    return any(seen.filter(entities__contains=[code]).values("import_no").distinct().count() < 2 for code in entities)  # noqa: PLR2004


def with_source(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of a table that names no source, with empty columns for it."""
    missing = {"source_file": pl.String, "source_row": pl.Int64}
    return rows.with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in missing.items() if name not in rows.columns
    )
