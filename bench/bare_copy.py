"""A bare COPY of items.csv and allocations.csv, text that lies ready: python bare_copy.py CONNINFO DIR."""

import sys
from pathlib import Path

import psycopg

CHUNK_BYTES = 1 << 22

with psycopg.connect(sys.argv[1]) as connection:
    for name in ("items", "allocations"):
        with (Path(sys.argv[2]) / f"{name}.csv").open("rb") as file:
            columns = file.readline().decode().strip().split(",")
            types = {
                column: "date" if column.endswith("_on") else "numeric" if column.endswith("amount") else "text"
                for column in columns
            }
            named = ", ".join(f"{column} {kind}" for column, kind in types.items())
            connection.execute(f"CREATE TABLE bare_{name} ({named})")
            with connection.cursor().copy(f"COPY bare_{name} FROM STDIN (FORMAT csv)") as copy:
                while part := file.read(CHUNK_BYTES):
                    copy.write(part)
        print(connection.execute(f"SELECT count(*) FROM bare_{name}").fetchone()[0])
