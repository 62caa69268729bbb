"""A second opinion: ageing and monthly figures in SQL written from the definitions, compared row by row."""

import datetime as dt
import os
from pathlib import Path

import duckdb
import polars as pl
import pytest
from bill_books import histories
from factories import Book
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import START, books

from seawall.engine.kernel.asof import AsOf, add_months, month_ends
from seawall.engine.ledger.ageing import ageing
from seawall.engine.ledger.flows import flows
from seawall.engine.ledger.scheme import DEFAULT_SCHEME

SQL = Path(__file__).parent / "sql"
SHARED = Path(os.environ.get("SEAWALL_SHARED") or Path(__file__).resolve().parents[2].parent / "shared")
IBM = SHARED / "data" / "ar" / "ibm_accounts_receivable.csv.gz"


def referee(query, ledger, **more):
    """Rows of a query over the ledger's tables; ``$day`` and further tables by name."""
    parameters = {name: value for name, value in more.items() if not isinstance(value, pl.DataFrame)}
    tables = {name: getattr(ledger, name) for name in ("accounts", "items", "allocations", "instalments", "disputes")}
    tables |= {name: value for name, value in more.items() if isinstance(value, pl.DataFrame)}
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table.to_arrow())
        return connection.execute((SQL / f"{query}.sql").read_text("utf-8"), parameters).fetchall()


def agree(ledger, on):
    said = ageing(ledger, as_of=AsOf(on, 0), scheme=DEFAULT_SCHEME)
    columns = ["account_id", "open_minor", "overdue_minor", "unapplied_minor", "disputed_minor"]
    assert said.select(columns).rows() == referee("ageing", ledger, day=on)
    assert in_buckets(said, "account_id") == referee("buckets", ledger, day=on)


def in_buckets(said, key):
    names = {f"{name}_minor": name for name in DEFAULT_SCHEME.names}
    rows = said.select(key, *names).rename(names).unpivot(on=list(names.values()), index=key, variable_name="bucket")
    return rows.filter(pl.col("value") != 0).sort(key, "bucket").rows()


@settings(max_examples=40, deadline=None)
@given(books(), st.integers(-5, 700))
def test_ageing_of_random_ledgers(book, offset):
    agree(book.ledger(), START + dt.timedelta(days=offset))


@settings(max_examples=25, deadline=None)
@given(histories(), st.integers(0, 700))
def test_ageing_of_random_bills(book, offset):
    agree(book.ledger(), START + dt.timedelta(days=offset))


@settings(max_examples=30, deadline=None)
@given(books(), st.integers(0, 600))
def test_months_of_random_ledgers(book, offset):
    ledger = book.ledger()
    ends = [add_months(START + dt.timedelta(days=offset), back) for back in range(-3, 1)]
    assert_months_agree(ledger, ends)


def assert_months_agree(ledger, ends):
    table = pl.DataFrame({"day": ends[1:], "begins": ends[:-1]}, schema={"day": pl.Date, "begins": pl.Date})
    said = flows(ledger, ends=ends)
    rows = [
        (currency, end, int(said.sales[k, t]), int(said.open[k, t]), int(said.overdue[k, t]))
        for k, (currency,) in enumerate(said.keys.select("currency").iter_rows())
        for t, end in enumerate(ends)
        if t
    ]
    assert rows == referee("months", ledger, month_ends=table)


@pytest.fixture(scope="module")
def ibm():
    """The rows of the sample ledger as text, and the same as a book: one receipt settles one invoice."""
    if not IBM.is_file():
        pytest.skip(f"the sample ledger is not at {IBM}")
    source = pl.read_csv(IBM, infer_schema=False)
    book = Book(currency="USD")
    for row in source.iter_rows(named=True):
        issued, due, settled = (
            str(dt.datetime.strptime(row[name], "%m/%d/%Y").date())
            for name in ("InvoiceDate", "DueDate", "SettledDate")
        )
        number, amount = row["invoiceNumber"], row["InvoiceAmount"]
        book.invoice(number, amount, issued, due, customer=row["customerID"])
        book.receipt(f"R{number}", amount, settled, customer=row["customerID"]).allocate(
            number, f"R{number}", amount, settled
        )
    return source, book.ledger()


@pytest.mark.parametrize("day", ["2012-06-30", "2012-12-31", "2013-03-15", "2013-11-30", "2014-01-09"])
def test_the_sample_ledger(ibm, day):
    source, ledger = ibm
    on = dt.date.fromisoformat(day)
    agree(ledger, on)
    said = ageing(ledger, as_of=AsOf(on, 0), scheme=DEFAULT_SCHEME).join(ledger.customers, on="customer_id")
    assert in_buckets(said, "customer_code") == referee("ibm", ledger, source=source, day=on)
    assert said["unapplied_minor"].sum() == 0


def test_the_months_of_the_sample_ledger(ibm):
    assert_months_agree(ibm[1], month_ends(dt.date(2013, 12, 31), 24))
