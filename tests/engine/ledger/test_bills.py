"""Bills: they settle what they are allocated to, stay exposure until paid, and give it all back when they end."""

import datetime as dt
from copy import copy
from dataclasses import replace

import polars as pl
import pytest
from bill_books import histories
from factories import Book, as_of, day
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import text

from seawall.engine.kernel.calendar import period_ends
from seawall.engine.ledger.ageing import aged_parts, ageing
from seawall.engine.ledger.allocation import as_parts
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.bills import NEXT, bill_states, undone_on
from seawall.engine.ledger.exposure import advances, beside_open, by_acceptor, retention
from seawall.engine.ledger.flows import flows
from seawall.engine.ledger.items import BILL_STATES
from seawall.engine.ledger.laws import breaches
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.engine.ledger.statement import balances

RECOURSE = 190


def one_bill(*events, amount=1000, **facts):
    book = Book().invoice("I", 1000, "2025-01-01", "2025-01-31")
    book.bill("B", amount, "2025-02-10", "2025-08-10", events=events, **facts)
    return book.allocate("I", "B", min(amount, 1000), "2025-02-10")


def row_of(ledger, on):
    rows = ageing(ledger, as_of=as_of(on), scheme=DEFAULT_SCHEME)
    return rows.row(0, named=True) if rows.height else {"open_minor": 0, "unapplied_minor": 0, "overdue_minor": 0}


def state_on(ledger, on):
    return bill_states(ledger, as_of=as_of(on), recourse_days=RECOURSE).row(0, named=True)


def test_a_bill_settles_the_invoice_and_is_exposure_until_it_is_paid():
    ledger = one_bill(("presented", "2025-08-10"), ("paid", "2025-08-11")).ledger()
    assert row_of(ledger, "2025-02-09")["open_minor"] == 100_000
    assert row_of(ledger, "2025-02-10")["open_minor"] == 0
    said = {on: state_on(ledger, on) for on in ("2025-02-10", "2025-08-10", "2025-08-11")}
    assert [(row["state"], row["held_minor"], row["recourse_minor"]) for row in said.values()] == [
        ("received", 100_000, 0), ("presented", 100_000, 0), ("paid", 0, 0),
    ]  # fmt: skip
    assert bill_states(ledger, as_of=as_of("2025-02-09"), recourse_days=RECOURSE).is_empty()


@pytest.mark.parametrize("end", ["bounced", "returned"])
def test_when_a_bill_ends_the_invoice_is_open_again_from_its_own_due_day(end):
    ledger = one_bill((end, "2025-08-12")).ledger()
    assert row_of(ledger, "2025-08-11")["open_minor"] == 0
    on = as_of("2025-08-12")
    (part,) = aged_parts(ledger, as_of=on, scheme=DEFAULT_SCHEME).rows(named=True)
    assert ledger.items["number"][part["item_id"]] == "I"
    assert (part["open_minor"], part["due_on"], part["dpd_days"]) == (100_000, day("2025-01-31"), 193)
    row = row_of(ledger, "2025-08-12")
    assert (row["unapplied_minor"], row["overdue_minor"], row["181_365_minor"]) == (0, 100_000, 100_000)
    assert breaches(ledger, as_of=on) == []
    assert state_on(ledger, "2025-08-12")["held_minor"] == 0


def test_what_follows_a_bounce_settles_it_again():
    book = one_bill(("bounced", "2025-08-12")).pay("I", 1000, "2025-09-01")
    ledger = book.ledger()
    assert [row_of(ledger, on)["open_minor"] for on in ("2025-08-31", "2025-09-01")] == [100_000, 0]
    assert breaches(ledger, as_of=as_of("2025-12-31")) == []


def test_a_bill_of_more_than_the_invoice_takes_back_its_rest_too():
    ledger = one_bill(("bounced", "2025-08-12"), amount=1500).ledger()
    assert row_of(ledger, "2025-08-11")["unapplied_minor"] == 50_000
    row = row_of(ledger, "2025-08-12")
    assert (row["open_minor"], row["unapplied_minor"]) == (100_000, 0)


@pytest.mark.parametrize("event", ["endorsed", "discounted"])
def test_a_bill_passed_on_can_come_back_until_it_is_paid_or_recourse_has_lapsed(event):
    ledger = one_bill((event, "2025-03-01", "Supplier S")).ledger()
    row = state_on(ledger, "2025-03-01")
    assert (row["state"], row["counterparty"], row["held_minor"], row["recourse_minor"]) == (
        event, "Supplier S", 0, 100_000,
    )  # fmt: skip
    last = day("2025-08-10") + dt.timedelta(RECOURSE)
    assert state_on(ledger, str(last))["recourse_minor"] == 100_000
    assert state_on(ledger, str(last + dt.timedelta(1)))["recourse_minor"] == 0
    paid = one_bill((event, "2025-03-01"), ("paid", "2025-08-10")).ledger()
    assert state_on(paid, "2025-08-10")["recourse_minor"] == 0


def test_instalments_are_open_again_as_they_were():
    parts = [("2025-01-20", 300), ("2025-03-20", 700)]
    book = Book().invoice("I", 1000, "2025-01-01", "2025-03-20", parts=parts).receipt("R", 100, "2025-01-10")
    book.allocate("I", "R", 100, "2025-01-10")
    book.bill("B", 600, "2025-02-10", "2025-08-10", events=[("bounced", "2025-08-12")]).allocate(
        "I", "B", 600, "2025-02-10"
    )
    ledger = book.ledger()

    def open_on(on):
        rows = aged_parts(ledger, as_of=as_of(on), scheme=DEFAULT_SCHEME)
        return rows.select("part_no", "open_minor").rows()

    assert open_on("2025-02-01") == open_on("2025-08-12") == [(1, 20_000), (2, 70_000)]
    assert open_on("2025-02-10") == [(2, 30_000)]
    whole = as_parts(ledger)
    for on in ("2025-02-01", "2025-02-10", "2025-08-12"):
        left = open_amounts(whole, as_of=as_of(on))[whole.items["is_debit"].to_numpy()]
        assert sorted(minor for minor in left.tolist() if minor) == sorted(minor for _, minor in open_on(on))


def test_a_bounce_shows_in_what_was_open_each_month_and_is_no_sale():
    sums = flows(one_bill(("bounced", "2025-08-12")).ledger(), ends=period_ends(day("2025-09-30"), 10))
    assert sums.open[0].tolist()[-9:] == [100_000, 0, 0, 0, 0, 0, 0, 100_000, 100_000]
    assert sums.overdue[0].tolist()[-2:] == [100_000, 100_000]
    assert sums.invoiced.sum() == 100_000


def test_a_payment_that_was_taken_back_is_none():
    ledger = one_bill(("bounced", "2025-08-12")).ledger()
    undone = undone_on(ledger)
    bounced = (day("2025-08-12") - dt.date(1970, 1, 1)).days
    assert set(undone.tolist()) == {bounced}
    assert undone_on(one_bill(("paid", "2025-08-12")).ledger()) is None


@pytest.mark.parametrize("kept", ["A1", "A2"])
def test_a_bill_of_the_parent_leaves_each_account_what_it_is(kept):
    book = Book().customer("A1", group_code="A").customer("A2", group_code="A", parent_code="A1")
    book.invoice("I", 1000, "2025-01-01", "2025-01-31", customer="A2")
    book.bill("B", 1000, "2025-02-10", "2025-08-10", customer="A1", events=[("bounced", "2025-08-12")])
    ledger = book.allocate("I", "B", 1000, "2025-02-10").ledger()
    codes = ledger.accounts.join(ledger.customers, on="customer_id", maintain_order="left")["customer_code"]
    own = ledger.only(codes == kept)
    for on in ("2025-02-10", "2025-08-11", "2025-08-12"):
        whole = balances(ledger, as_of=as_of(on)).filter(codes == kept)["balance_minor"].item()
        assert balances(own, as_of=as_of(on))["balance_minor"].item() == whole
        row = row_of(own, on)
        assert row["open_minor"] - row["unapplied_minor"] == whole
        assert breaches(own, as_of=as_of(on)) == []


def test_exposure_by_acceptor_counts_what_is_held_and_what_can_come_back():
    book = Book().bill("B1", 100, "2025-01-01", "2025-07-01", code="ICBC")
    book.bill(
        "B2", 50, "2025-01-01", "2025-06-01", code="ICBC", acceptor="Other name", events=[("endorsed", "2025-02-01")]
    )
    book.bill("B3", 300, "2025-01-01", "2025-05-01", kind="commercial", acceptor="Works Ltd")
    book.bill("B4", 7, "2025-01-01", "2025-05-01", events=[("paid", "2025-05-01")])
    states = bill_states(book.ledger(), as_of=as_of("2025-05-02"), recourse_days=RECOURSE)
    rows = by_acceptor(states).select("acceptor_code", "acceptor", "bill_kind", "bills", "held_minor", "recourse_minor")
    assert rows.rows() == [
        (None, "Works Ltd", "commercial", 1, 30_000, 0), ("ICBC", "Bank A", "bank", 2, 10_000, 5_000),
    ]  # fmt: skip
    assert by_acceptor(states)["share_rate"].sum() == pytest.approx(1)


def test_retention_money_waits_for_its_own_day_and_advances_stand_apart():
    parts = [("2025-01-31", 900), ("2026-01-01", 100, "retention")]
    book = Book().invoice("I", 1000, "2025-01-01", "2025-01-31", parts=parts).receipt("R", 950, "2025-02-01")
    book.allocate("I", "R", 900, "2025-02-01").receipt("A", 70, "2025-03-01", payment_method="advance")
    ledger = book.ledger()
    held = retention(ledger, as_of=as_of("2025-12-31"))
    assert held.select("due_on", "open_minor").rows() == [(day("2026-01-01"), 10_000)]
    assert retention(ledger, as_of=as_of("2024-12-31")).is_empty()
    assert row_of(ledger, "2025-12-31")["overdue_minor"] == 0
    assert advances(ledger, as_of=as_of("2025-12-31"))["unapplied_minor"].to_list() == [7_000]
    (row,) = beside_open(ledger, as_of=as_of("2026-01-02"), recourse_days=RECOURSE).rows(named=True)
    assert {name: row[name] for name in ("retention_minor", "retention_due_minor", "advance_minor", "held_minor")} == {
        "retention_minor": 10_000, "retention_due_minor": 10_000, "advance_minor": 7_000, "held_minor": 0,
    }  # fmt: skip


def test_every_state_says_what_may_follow():
    assert set(NEXT) == set(BILL_STATES)


@settings(deadline=None)
@given(histories(), st.integers(0, 400))
def test_any_history_keeps_every_law_and_every_account(book, days):
    ledger, on = book.ledger(), as_of(text(days))
    assert breaches(ledger, as_of=on) == []
    ended = {
        row["number"] for row in book.bill_events if row["event"] in ("bounced", "returned") and row["on"] <= on.on
    }
    without = copy(book)
    without.allocations = [row for row in book.allocations if row["credit"] not in ended]
    without.bill_events = []
    without.items = {number: item for number, item in book.items.items() if number not in ended}
    without.bills = [row for row in book.bills if row["number"] not in ended]
    keys = ("open_minor", "overdue_minor", "unapplied_minor")
    columns = ["account_id", *keys, *(f"{name}_minor" for name in DEFAULT_SCHEME.names)]

    def figures(facts):
        return ageing(facts, as_of=on, scheme=DEFAULT_SCHEME).select(columns).filter(
            pl.any_horizontal(pl.col(keys) != 0)
        )  # fmt: skip

    # After a bounce the accounts are as if the bill had never been.
    if {i["customer_code"] for i in without.items.values()} == {i["customer_code"] for i in book.items.values()}:
        assert figures(ledger).rows() == figures(without.ledger()).rows()


def test_an_old_ledger_has_no_bills():
    ledger = Book().invoice("I", 1, "2025-01-01", "2025-01-31").ledger()
    assert replace(ledger).bills.is_empty()
    assert beside_open(ledger, as_of=as_of("2025-02-01"), recourse_days=RECOURSE).is_empty()
