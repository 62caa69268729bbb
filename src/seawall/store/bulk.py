"""Rows in bulk on Django's own connection: frames are copied in and out within the transaction under way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import polars as pl
from django.db import connection
from pgpq import ArrowToPostgresBinaryEncoder
from psycopg import Cursor, sql

from seawall.store import points

CHUNK_ROWS = 100_000
FIRST_LOAD_ROWS = 20_000
"""From as many rows on, keys are built at the end of a first load."""

NULL = "\\N"
KINDS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "bigint": pl.Int64,
    "integer": pl.Int32,
    "smallint": pl.Int16,
    "boolean": pl.Boolean,
    "text": pl.String,
    "character varying": pl.String,
    "character": pl.String,
    "date": pl.Date,
    "double precision": pl.Float64,
}
"""How each type of the database is sent."""


def copy_in(table: str, frame: pl.DataFrame) -> int:
    """Append a frame to a table, by column name; returns the number of rows.

    Rows go in the server's own binary form, which costs it a third less than text to take in. Columns that say
    nothing in any row are not sent: reading empty fields costs the server, too.

    Raises:
        KeyError: the table has no such column.
    """
    if not frame.height:
        return 0
    frame = frame.select(column for column in frame if column.null_count() < frame.height)
    kinds = _kinds(table)
    rows = frame.cast({name: kinds[name] for name in frame.columns}).to_arrow()
    names = sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(sql.Identifier(table), names)
    encoder = ArrowToPostgresBinaryEncoder(rows.schema)
    with _cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(encoder.write_header())
        for part in rows.to_batches(max_chunksize=CHUNK_ROWS):
            copy.write(encoder.write_batch(part))
            points.reached(f"chunk of {table}")
        copy.write(encoder.finish())
    return frame.height


def _kinds(table: str) -> dict[str, pl.DataType | type[pl.DataType]]:
    """Column to the type its values are sent as; columns of other types cannot be copied in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, atttypid::regtype::text FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        return {name: KINDS[kind] for name, kind in cursor.fetchall() if kind in KINDS}


def copy_out(query: str, schema: dict[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """The rows of a query as a frame of this schema; sees what the transaction itself has written."""
    statement = f"COPY ({query}) TO STDOUT (FORMAT csv, NULL '{NULL}')"
    text = io.BytesIO()
    with _cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for part in copy:
            text.write(part)
    if not text.tell():
        return pl.DataFrame(schema=schema)
    text.seek(0)
    return pl.read_csv(text, has_header=False, schema=schema, null_values=NULL, quote_char='"')


def draw_numbers(table: str, count: int) -> pl.Series:
    """The next ``count`` numbers of a table's rows, as ``id``; only under the ledger's lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO store_counter ("table", last) VALUES (%s, %s) '
            'ON CONFLICT ("table") DO UPDATE SET last = store_counter.last + excluded.last RETURNING last',
            [table, count],
        )
        last = int(cursor.fetchone()[0])
    return pl.Series("id", np.arange(last - count + 1, last + 1), dtype=pl.Int64)


def is_empty(table: str) -> bool:
    """Whether a table has no row at all."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT NOT EXISTS (SELECT FROM "{table}")')  # noqa: S608 - names of our own
        return bool(cursor.fetchone()[0])


@contextmanager
def first_load(rows: int) -> Iterator[None]:
    """Around the copying of items and allocations: a large load into empty tables builds their keys once, at its end.

    Everybody else waits for these two tables meanwhile; they are empty.
    """
    is_first = rows >= FIRST_LOAD_ROWS and _call("seawall_keys_off")
    yield
    if is_first:
        _call("seawall_keys_on")


def _call(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}()")
        return bool(cursor.fetchone()[0])


def _cursor() -> Cursor[tuple[object, ...]]:
    connection.ensure_connection()
    plain: Cursor[tuple[object, ...]] = connection.connection.cursor()
    return plain
