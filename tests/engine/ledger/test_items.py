import datetime as dt
from dataclasses import fields

import polars as pl
import pytest
from factories import Book, as_of, day
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import START, books

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import Broken
from seawall.engine.ledger import items
from seawall.engine.ledger.ageing import ageing
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.laws import breaches
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.engine.ledger.statement import balances


def test_the_currencies_of_a_ledger():
    book = (
        Book().invoice("1", 1, "2025-01-01", "2025-01-01").invoice("2", 1, "2025-01-01", "2025-01-01", currency="AED")
    )
    assert book.ledger().currencies == ["AED", "CNY"]


def test_a_table_that_is_not_what_was_declared_is_broken():
    ledger = Book().invoice("1", 1, "2025-01-01", "2025-01-01").ledger()
    with pytest.raises(Broken, match="items"):
        type(ledger)(ledger.customers, ledger.accounts, ledger.items.drop("due_on"), ledger.allocations).check()


def test_what_a_parent_paid_for_its_subsidiary_stays_settled_when_either_stands_alone():
    book = Book().customer("A", group_code="A").customer("B", group_code="A")
    book.invoice("I", 100, "2025-01-01", "2025-02-01", customer="B").receipt("R", 90, "2025-02-10", customer="A")
    ledger = book.allocate("I", "R", 70, "2025-02-10").ledger()
    parent, subsidiary = (ledger.only(ledger.accounts["customer_id"] == k).check() for k in (0, 1))
    assert open_amounts(parent, as_of=as_of("2025-03-01")).tolist() == [20_00, 0]
    assert parent.items.select("number", "kind", "issued_on", "amount_minor").rows()[1] == (
        "I", "refund", day("2025-02-10"), 70_00,
    )  # fmt: skip
    assert open_amounts(subsidiary, as_of=as_of("2025-03-01")).tolist() == [30_00, 0]
    assert open_amounts(subsidiary, as_of=as_of("2025-02-09")).tolist() == [100_00, 0]
    assert subsidiary.items["number"].to_list() == ["I", "R"]


@settings(max_examples=60, deadline=None)
@given(books(), st.data())
def test_few_accounts_are_looked_up_as_many_are_gone_through(book, data):
    ledger = book.ledger()
    kept = pl.Series([data.draw(st.booleans()) for _ in range(ledger.accounts.height)], dtype=pl.Boolean)
    few = ledger.only(kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(items, "FEW", -1)
        many = ledger.only(kept)
    for name in (each.name for each in fields(few)):
        one, other = getattr(few, name), getattr(many, name)
        assert one.equals(other) if isinstance(one, pl.DataFrame) else one == other, name


@settings(max_examples=60, deadline=None)
@given(books(), st.data(), st.integers(0, 600))
def test_chosen_accounts_say_of_themselves_what_the_whole_says(book, data, offset):
    ledger, on = book.ledger(), AsOf(START + dt.timedelta(days=offset), 0)
    some = st.booleans()
    kept = pl.Series([data.draw(some) for _ in range(ledger.accounts.height)], dtype=pl.Boolean)
    part = ledger.only(kept).check()
    assert breaches(part, as_of=on) == []
    whole = ageing(ledger, as_of=on, scheme=DEFAULT_SCHEME)
    whole = whole.join(ledger.accounts.filter(kept).select("account_id"), on="account_id", how="semi")
    said = ageing(part, as_of=on, scheme=DEFAULT_SCHEME)
    assert part.accounts.height == kept.sum()
    assert said.drop("account_id", "customer_id").equals(whole.drop("account_id", "customer_id"))
    assert (
        balances(part, as_of=on)["balance_minor"].to_list()
        == balances(ledger, as_of=on).filter(kept)["balance_minor"].to_list()
    )
    sold = pl.col("kind").is_in(["invoice", "debit_note"])
    owned = pl.col("account_id").is_in(ledger.accounts.filter(kept)["account_id"].implode())
    assert part.items.filter(sold)["amount_minor"].sum() == ledger.items.filter(sold, owned)["amount_minor"].sum()
