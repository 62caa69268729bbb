import datetime as dt

import numpy as np
import polars as pl
import pytest
from factories import Book, day
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import START, books

from seawall.engine.kernel.asof import AsOf, add_months
from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.ledger.ageing import ageing
from seawall.engine.ledger.flows import MEASURES, flows
from seawall.engine.ledger.scheme import DEFAULT_SCHEME

ENDS = [day("2025-01-31"), day("2025-02-28"), day("2025-03-31")]


def test_each_amount_stands_in_the_period_where_it_counts():
    book = (
        Book()
        .invoice("OLD", 40, "2024-12-01", "2025-01-31", tax=4)
        .invoice("I", 100, "2025-02-01", "2025-03-03", tax=10)
    )
    book.item("debit_note", "D", 7, "2025-03-31", "2025-04-30", tax=1).item(
        "refund", "R", 3, "2025-02-28", "2025-02-28"
    )
    book.item("debit_note", "BACK", 9, "2025-03-01", payment_method="recovery")
    book.item("credit_note", "CN", 20, "2025-03-15", tax=2).allocate("I", "CN", 20, "2025-03-20")
    book.pay("OLD", 40, "2025-03-01").invoice("LATER", 5, "2025-04-01", "2025-04-30")
    said = flows(book.ledger(), ends=ENDS)
    in_units = {name: (getattr(said, name)[0] // 100).tolist() for name in MEASURES}
    assert in_units["invoiced"] == [40, 100, 7]
    assert in_units["credit_notes"] == [0, 0, 20]
    assert (said.sales[0] // 100).tolist() == [40, 100, -13]
    assert in_units["sales_ex_vat"] == [36, 90, 7 - 1 - (20 - 2)]
    assert in_units["open"] == [40, 143, 80 + 7 + 3 + 9]
    assert in_units["overdue"] == [0, 40, 80 + 3 + 9]
    assert in_units["open_by_issue"] == [[40, 0, 0], [40, 100, 0], [0, 80, 7]]
    assert said.days.tolist() == [28, 31]


def test_an_invoice_issued_after_its_due_day_is_overdue_from_its_issue_on():
    said = flows(Book().invoice("I", 100, "2025-02-03", "2025-01-25").ledger(), ends=ENDS)
    assert (said.overdue[0] // 100).tolist() == [0, 100, 100]


def test_the_last_end_alone():
    book = Book().invoice("I", 100, "2025-01-01", "2025-03-03").pay("I", 30, "2025-02-01").pay("I", 30, "2025-04-01")
    whole, last = (flows(book.ledger(), ends=ENDS, by_issue_trend=trend).open_by_issue for trend in (True, False))
    assert last.tolist() == whole[:, 2:].tolist() == [[[70_00, 0, 0]]]


def test_in_the_reporting_currency_each_sum_is_converted_by_itself():
    book = (
        Book()
        .invoice("1", 100, "2025-01-01", "2025-03-03")
        .invoice("2", 100, "2025-01-01", "2025-01-01", currency="JPY")
    )
    rates = Rates("EUR", ENDS[-1], {"CNY": RateUsed(0.125, ENDS[-1], ""), "JPY": RateUsed(0.006, ENDS[-1], "")})
    said = flows(book.ledger(), ends=ENDS, by="entity").converted(rates)
    assert said.keys.rows() == [("E1", "EUR")]
    assert said.open.tolist() == [[1250 + 60] * 3]
    assert said.open_by_issue[0, 2].tolist() == [1310, 0, 0]


def test_different_periods_do_not_go_together():
    ledger = Book().invoice("1", 100, "2025-01-01", "2025-03-03").ledger()
    with pytest.raises(Broken):
        flows(ledger, ends=ENDS).together(flows(ledger, ends=ENDS[1:]))


@settings(max_examples=40, deadline=None)
@given(books(), st.integers(0, 600), st.integers(1, 8))
def test_open_and_overdue_of_every_end_are_what_the_ageing_of_that_day_says(book, last, count):
    ledger = book.ledger()
    ends = [add_months(START + dt.timedelta(days=last), back - count + 1) for back in range(count)]
    said = flows(ledger, ends=ends)
    for t, end in enumerate(ends):
        rows = ageing(ledger, as_of=AsOf(end, 0), scheme=DEFAULT_SCHEME).join(ledger.accounts, on="account_id")
        sums = rows.group_by("currency").agg(pl.col("open_minor", "overdue_minor").sum()).sort("currency")
        expected = said.keys.join(sums, on="currency", how="left").fill_null(0)
        assert said.open[:, t].tolist() == expected["open_minor"].to_list()
        assert said.overdue[:, t].tolist() == expected["overdue_minor"].to_list()
        assert (said.open_by_issue[:, t].sum(axis=1) <= said.open[:, t]).all()


@settings(max_examples=40, deadline=None)
@given(books(), st.sampled_from(["all", "entity", "customer", "group", "sector", "country"]))
def test_partitions_by_entity_add_up(book, by):
    ledger = book.ledger()
    ends = [START + dt.timedelta(days=days) for days in (100, 300, 500)]
    is_first = ledger.accounts["entity"] == "E1"
    parts = [flows(ledger.only(mask), ends=ends, by=by) for mask in (is_first, ~is_first)]
    joined, whole = parts[0].together(parts[1]).summed(), flows(ledger, ends=ends, by=by)
    assert joined.keys.equals(whole.keys)
    for name in MEASURES:
        assert np.array_equal(getattr(joined, name), getattr(whole, name)), name
