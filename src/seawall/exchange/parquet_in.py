"""Parquet files to raw tables: only the columns that are wanted, and nothing before its size is known."""

from __future__ import annotations

import io
from collections.abc import Collection

import numpy as np
import polars as pl

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.exchange import limits
from seawall.exchange.csv import RawTable, clean_header

_ROWS_FREE = 1_000_000


def read_parquet(data: bytes, *, file: str, table: str, wanted: Collection[str] = ()) -> RawTable:
    """A Parquet table; ``wanted`` names the columns to read (compared as headers are), none given: all.

    Raises:
        FileRejected: it is no Parquet file, holds nested columns, or more rows than a file of its size can.
    """
    try:
        schema = pl.read_parquet_schema(io.BytesIO(data))
        columns = [name for name in schema if not wanted or clean_header(name) in wanted]
        _check_schema(schema, columns, file)
        _check_rows(data, file)
        frame = pl.read_parquet(io.BytesIO(data), columns=columns, use_statistics=False)
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        raise FileRejected(
            "{file} is not a Parquet file.", where=Where(file), code="broken_table", file=file
        ) from error
    return RawTable(table, file, frame.with_columns(source_row=pl.Series(np.arange(1, frame.height + 1))))


def _check_schema(schema: pl.Schema | dict[str, pl.DataType], columns: list[str], file: str) -> None:
    if len(schema) > limits.COLUMNS:
        raise FileRejected(
            "{file} has {count} columns; at most {limit} are read.",
            where=Where(file), code="too_many_columns", file=file, count=len(schema), limit=limits.COLUMNS,
        )  # fmt: skip
    for name in columns:
        if schema[name].is_nested() or schema[name] in (pl.Binary, pl.Object):
            raise FileRejected(
                "{file}: the column {column} holds no plain values.",
                where=Where(file, None, name), code="nested_column", file=file, column=name,
            )  # fmt: skip


def _check_rows(data: bytes, file: str) -> None:
    """Run-length encoding can put billions of equal rows into a few bytes; rows of a ledger differ."""
    rows = pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item()
    if rows > limits.ROWS or rows > _ROWS_FREE + len(data):
        raise FileRejected("{file} claims {count} rows.", where=Where(file), code="bomb", file=file, count=rows)
