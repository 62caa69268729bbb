"""Parquet files from outside to raw tables: only the columns that are wanted, and nothing before its size is known.

Files from outside are read by Arrow's own reader, which is hardened against damaged files; the one that reads
our own ledgers is faster, and a damaged file can end the whole process in it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.exchange import limits
from seawall.exchange.csv import RawTable, clean_header

_ROWS_FREE = 1_000_000
_THRIFT_BYTES = 64 * limits.MIB
"""The description of a file (columns, row groups) may unpack to so much."""


def read_parquet(data: bytes, *, file: str, table: str, wanted: Collection[str] = ()) -> RawTable:
    """A Parquet table; ``wanted`` names the columns to read (compared as headers are), none given: all.

    Raises:
        FileRejected: it is no Parquet file, holds nested columns, or more rows than a file of its size can.
    """
    try:
        with pq.ParquetFile(
            pa.BufferReader(data), thrift_string_size_limit=_THRIFT_BYTES, thrift_container_size_limit=_THRIFT_BYTES
        ) as opened:
            _check_size(opened.metadata, len(data), file)
            columns = _columns(opened.schema_arrow, wanted, file)
            rows = opened.read(columns=columns)
        rows.validate(full=True)
        # Anew from its columns: what else a file says about them (metadata) is not wanted.
        frame = pl.from_arrow(pa.table(rows.columns, names=columns))
    except (pa.ArrowException, pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise FileRejected(
            "{file} is not a Parquet file.", where=Where(file), code="broken_table", file=file
        ) from error
    frame = frame.with_columns(pl.col(pl.Categorical).cast(pl.String))  # type: ignore[union-attr]
    return RawTable(table, file, frame.with_columns(source_row=pl.Series(np.arange(1, frame.height + 1))))


def _columns(schema: Any, wanted: Collection[str], file: str) -> list[str]:
    """The columns to read, all of them of plain values."""
    columns = [field for field in schema if not wanted or clean_header(field.name) in wanted]
    for field in columns:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
        if pa.types.is_nested(kind) or binary:
            raise FileRejected(
                "{file}: the column {column} holds no plain values.",
                where=Where(file, None, field.name), code="nested_column", file=file, column=field.name,
            )  # fmt: skip
    return [field.name for field in columns]


def _check_size(meta: Any, size: int, file: str) -> None:
    """Run-length encoding can put billions of equal rows into a few bytes; rows of a ledger differ."""
    if meta.num_columns > limits.COLUMNS:
        raise FileRejected(
            "{file} has {count} columns; at most {limit} are read.",
            where=Where(file), code="too_many_columns", file=file, count=meta.num_columns, limit=limits.COLUMNS,
        )  # fmt: skip
    if not 0 <= meta.num_rows <= min(limits.ROWS, _ROWS_FREE + size):
        raise FileRejected(
            "{file} claims {count} rows.", where=Where(file), code="bomb", file=file, count=meta.num_rows
        )
    unpacked = sum(meta.row_group(at).total_byte_size for at in range(meta.num_row_groups))
    if unpacked > limits.FILE_BYTES:
        raise FileRejected(
            "{file} unpacks to more than {limit} bytes.",
            where=Where(file),
            code="bomb",
            file=file,
            limit=limits.FILE_BYTES,
        )
