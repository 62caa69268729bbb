"""A second opinion on exposure: SQL from the definitions, over random histories of bills, retention and advances."""

import datetime as dt
from pathlib import Path

import duckdb
from bill_books import histories
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import START

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.exposure import beside_open

SQL = Path(__file__).parent / "sql"
COLUMNS = ("account_id", "held_minor", "recourse_minor", "retention_minor", "advance_minor")


def referee(ledger, on, recourse):
    with duckdb.connect() as connection:
        for name in ("items", "allocations", "instalments", "bills", "bill_events"):
            connection.register(name, getattr(ledger, name).to_arrow())
        query = (SQL / "exposure.sql").read_text("utf-8")
        return connection.execute(query, {"day": on, "recourse": recourse}).fetchall()


@settings(max_examples=40, deadline=None)
@given(histories(), st.integers(0, 700), st.integers(0, 200))
def test_exposure_of_random_histories(book, days, recourse):
    ledger, on = book.ledger(), START + dt.timedelta(days=days)
    said = beside_open(ledger, as_of=AsOf(on, 0), recourse_days=recourse)
    assert said.select(COLUMNS).rows() == referee(ledger, on, recourse)
