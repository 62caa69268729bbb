import datetime as dt

import polars as pl
from factories import Book, day
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import START, books

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.ageing import aged_parts
from seawall.engine.ledger.allocation import as_parts, plan
from seawall.engine.ledger.laws import breaches
from seawall.engine.ledger.scheme import DEFAULT_SCHEME

PARTS = [("2025-03-01", 60), ("2025-02-01", 40)]


def test_the_plan_is_in_the_order_of_due_days():
    ledger = Book().invoice("I", 100, "2025-01-01", "2025-03-01", parts=PARTS).ledger()
    assert plan(ledger.instalments).select("part_no", "due_on", "amount_minor", "upto_minor").rows() == [
        (1, day("2025-02-01"), 4000, 4000), (2, day("2025-03-01"), 6000, 10000),
    ]  # fmt: skip


def test_a_ledger_without_instalments_stays_as_it_is():
    ledger = Book().invoice("I", 100, "2025-01-01", "2025-03-01").ledger()
    assert as_parts(ledger) is ledger


def test_a_payment_over_two_instalments_is_cut():
    book = Book().invoice("I", 100, "2025-01-01", "2025-03-01", parts=PARTS, tax=13, disputed=5)
    ledger = as_parts(book.pay("I", 30, "2025-01-10").pay("I", 50, "2025-02-10").dispute("I", 7, "2025-01-05").ledger())
    parts = ledger.items.filter("is_debit")
    assert parts.select("item_id", "whole_id", "due_on", "amount_minor", "tax_minor", "disputed_minor").rows() == [
        (0, 0, day("2025-02-01"), 4000, 1300, 500), (1, 0, day("2025-03-01"), 6000, 0, 0),
    ]  # fmt: skip
    assert ledger.allocations.select("debit_id", "credit_id", "allocated_on", "amount_minor").rows() == [
        (0, 2, day("2025-01-10"), 3000), (0, 3, day("2025-02-10"), 1000), (1, 3, day("2025-02-10"), 4000),
    ]  # fmt: skip
    assert ledger.disputes["item_id"].to_list() == [0]
    assert ledger.instalments.height == 0


def test_what_settles_more_than_the_item_is_not_hidden_by_its_parts():
    book = Book().invoice("I", 100, "2025-01-01", "2025-03-01", parts=PARTS).pay("I", 130, "2025-02-10")
    ledger = as_parts(book.ledger())
    assert ledger.allocations["amount_minor"].to_list() == [4000, 9000]
    assert [breach.law for breach in breaches(ledger, as_of=AsOf(day("2025-01-01"), 0))] == ["settled"]


def test_the_two_amounts_of_a_payment_in_another_currency_are_cut_alike():
    book = (
        Book().invoice("I", 100, "2025-01-01", "2025-03-01", parts=PARTS).receipt("R", 10, "2025-02-01", currency="EUR")
    )
    ledger = as_parts(book.allocate("I", "R", 77, "2025-02-01", credit_amount=9.99).ledger())
    assert ledger.allocations.select("amount_minor", "credit_minor").rows() == [(4000, 518), (3700, 481)]


@settings(max_examples=60, deadline=None)
@given(books(), st.integers(0, 700))
def test_parts_are_lawful_and_say_what_the_ageing_says(book, offset):
    ledger, as_of = book.ledger(), AsOf(START + dt.timedelta(days=offset), 0)
    parts = as_parts(ledger)
    found = breaches(parts.check(), as_of=as_of)
    # Of a small payment in another currency a piece may come to no whole minor unit there.
    assert [breach for breach in found if (breach.law, breach.subject) != ("amounts", "debit")] == []
    assert (parts.allocations["amount_minor"] > 0).all()
    assert (parts.allocations["credit_minor"] >= 0).all()
    columns = ["account_id", "due_on", "dpd_days", "bucket", "open_minor"]
    left, right = (
        aged_parts(one, as_of=as_of, scheme=DEFAULT_SCHEME).select(columns).sort(pl.all()) for one in (ledger, parts)
    )
    assert left.equals(right)
    assert parts.allocations["credit_minor"].sum() == ledger.allocations["credit_minor"].sum()
