import datetime as dt

import polars as pl
import pytest
from factories import Book, as_of, day
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import START, books

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import NotKnown, UsageError
from seawall.engine.ledger.ageing import ageing
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.engine.ledger.statement import balances, by_month, statement, tie


def said(ledger, *, customer_id=0, on="2025-03-31", since="2025-01-31"):
    return statement(ledger, customer_id=customer_id, as_of=as_of(on), since=day(since))


def test_a_statement_runs_from_opening_to_closing():
    book = Book().invoice("I1", 100, "2025-01-10", "2025-02-10").invoice("I2", 50, "2025-03-01", "2025-04-01")
    ledger = book.pay("I1", 70, "2025-02-20").invoice("I3", 9, "2025-04-01", "2025-05-01").ledger()
    rows = said(ledger)
    assert rows.select("on", "entry", "amount_minor", "balance_minor").rows() == [
        (day("2025-01-31"), "opening", None, 100_00),
        (day("2025-02-20"), "receipt", -70_00, 30_00),
        (day("2025-03-01"), "invoice", 50_00, 80_00),
        (day("2025-03-31"), "closing", None, 80_00),
    ]
    assert rows["item_id"].to_list()[1:3] == [book.item_id[n] for n in ("receipt-2", "I2")]


def test_a_statement_month_by_month_has_every_month_and_ends_on_its_day():
    book = Book().invoice("I1", 100, "2025-01-10", "2025-02-10").invoice("I2", 50, "2025-03-01", "2025-04-01")
    book.pay("I1", 60, "2025-01-20").pay("I1", 5, "2025-04-02", kind="credit_note")
    months = by_month(said(book.ledger(), on="2025-04-15", since="2024-12-31"))
    assert months.select(pl.exclude("account_id", "entity", "currency")).rows() == [
        (day("2025-01-31"), 0, 100_00, -60_00, 0, 0, 40_00),
        (day("2025-02-28"), 40_00, 0, 0, 0, 0, 40_00),
        (day("2025-03-31"), 40_00, 50_00, 0, 0, 0, 90_00),
        (day("2025-04-15"), 90_00, 0, 0, -5_00, 0, 85_00),
    ]


def test_a_payment_in_another_currency_moves_both_balances():
    book = (
        Book()
        .invoice("I", 100, "2025-02-01", "2025-02-10", currency="USD")
        .receipt("R", 90, "2025-02-20", currency="EUR")
    )
    ledger = book.allocate("I", "R", 100, "2025-02-21", credit_amount=90).ledger()
    rows = said(ledger)
    assert rows.select("currency", "entry", "amount_minor", "balance_minor").rows() == [
        ("EUR", "opening", None, 0), ("EUR", "receipt", -90_00, -90_00), ("EUR", "transfer", 90_00, 0), ("EUR", "closing", None, 0),
        ("USD", "opening", None, 0), ("USD", "invoice", 100_00, 100_00), ("USD", "transfer", -100_00, 0), ("USD", "closing", None, 0),
    ]  # fmt: skip
    assert balances(ledger, as_of=as_of("2025-02-20"))["balance_minor"].to_list() == [-90_00, 100_00]
    assert balances(ledger, as_of=as_of("2025-02-21"))["balance_minor"].to_list() == [0, 0]


def test_accounts_at_rest_and_at_zero_are_left_out():
    book = Book().invoice("I", 5, "2025-01-01", "2025-02-01", entity="E2").invoice("Z", 5, "2025-01-01", "2025-02-01")
    rows = said(book.pay("Z", 5, "2025-01-05").ledger())
    assert rows.select("entity", "entry", "balance_minor").rows() == [("E2", "opening", 500), ("E2", "closing", 500)]


def test_what_cannot_be_stated():
    ledger = Book(known_from=day("2025-01-31")).invoice("I", 5, "2025-01-01", "2025-02-01").ledger()
    with pytest.raises(UsageError, match="2025-03-31"):
        said(ledger, since="2025-04-01")
    with pytest.raises(NotKnown):
        said(ledger, since="2025-01-30")
    with pytest.raises(NotKnown):
        balances(ledger, as_of=as_of("2025-01-30"))


def test_the_tie_to_the_general_ledger():
    book = Book().invoice("I", 100, "2025-01-01", "2025-02-01").receipt("R", 30, "2025-03-01")
    book.invoice("E", 8, "2025-01-01", "2025-02-01", currency="EUR").invoice(
        "X", 1, "2025-01-01", "2025-02-01", entity="E2"
    )
    book.control(50, "2025-03-31", account="1122").control(20, "2025-03-31", account="1123").control(
        9, "2025-03-31", currency="EUR"
    )
    book.control(1, "2025-03-30", entity="E2").control(4, "2025-03-31", entity="E3")
    assert tie(book.ledger(), as_of=as_of("2025-03-31")).rows() == [
        ("E1", "CNY", 70_00, 70_00, 0, "reconciled"),
        ("E1", "EUR", 8_00, 9_00, -1_00, "different"),
        ("E2", "CNY", 1_00, None, None, "not_reconciled"),
        ("E3", "CNY", 0, 4_00, -4_00, "different"),
    ]


@settings(max_examples=40, deadline=None)
@given(books(), st.integers(0, 600), st.integers(0, 300))
def test_the_statement_ties_to_the_ageing_whenever_it_begins(book, on, span):
    ledger, as_of_day = book.ledger(), AsOf(START + dt.timedelta(days=on), 0)
    since = as_of_day.on - dt.timedelta(days=span)
    aged = ageing(ledger, as_of=as_of_day, scheme=DEFAULT_SCHEME)
    for customer_id in ledger.customers["customer_id"]:
        rows = statement(ledger, customer_id=customer_id, as_of=as_of_day, since=since)
        closing = dict(rows.filter(pl.col("entry") == "closing").select("account_id", "balance_minor").rows())
        mine = aged.filter(pl.col("customer_id") == customer_id)
        net = {a: o - u for a, o, u in mine.select("account_id", "open_minor", "unapplied_minor").iter_rows()}
        assert {k: v for k, v in closing.items() if v} == {k: v for k, v in net.items() if v}
        for _, one in rows.group_by("account_id", maintain_order=True):
            moves = one["balance_minor"][0] + one["amount_minor"].fill_null(0).cum_sum()
            assert one["balance_minor"].to_list() == moves.to_list()
        if since < as_of_day.on and rows.height:
            months = by_month(rows)
            assert closing == dict(
                months.group_by("account_id", maintain_order=True).agg(pl.last("closing_minor")).rows()
            )
