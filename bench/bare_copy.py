"""A bare COPY of the rows of items.parquet and allocations.parquet, as they are: python bare_copy.py CONNINFO DIR."""

import io
import sys
from pathlib import Path

import polars as pl
import psycopg

CHUNK = 100_000

with psycopg.connect(sys.argv[1]) as connection:
    for name in ("items", "allocations"):
        rows = pl.read_parquet(Path(sys.argv[2]) / f"{name}.parquet")
        types = {
            column: "date" if column.endswith("_on") else "numeric" if column.endswith("amount") else "text"
            for column in rows.columns
        }
        connection.execute(f"CREATE TABLE bare_{name} ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
        with connection.cursor().copy(f"COPY bare_{name} FROM STDIN (FORMAT csv)") as copy:
            for part in rows.iter_slices(CHUNK):
                text = io.BytesIO()
                part.write_csv(text, include_header=False)
                copy.write(text.getbuffer())
    for name in ("items", "allocations"):
        print(connection.execute(f"SELECT count(*) FROM bare_{name}").fetchone()[0])
