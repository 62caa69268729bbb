"""A bare COPY of items.csv and allocations.csv as they are: python bare_copy.py CONNINFO DIR."""

import sys
from pathlib import Path

import psycopg

CHUNK = 1 << 20
DAYS, AMOUNTS = ("issued_on", "due_on", "allocated_on", "shipped_on", "delivered_on"), ("amount", "tax_amount")

with psycopg.connect(sys.argv[1]) as connection:
    for name in ("items", "allocations"):
        path = Path(sys.argv[2]) / f"{name}.csv"
        with path.open("rb") as file:
            columns = file.readline().decode("utf-8-sig").strip().split(",")
            types = dict.fromkeys(DAYS, "date") | dict.fromkeys(AMOUNTS, "numeric")
            declared = ", ".join(f"{column} {types.get(column, 'text')}" for column in columns)
            connection.execute(f"CREATE TABLE bare_{name} ({declared})")
            with connection.cursor().copy(f"COPY bare_{name} FROM STDIN (FORMAT csv)") as copy:
                while chunk := file.read(CHUNK):
                    copy.write(chunk)
    for name in ("items", "allocations"):
        print(connection.execute(f"SELECT count(*) FROM bare_{name}").fetchone()[0])
