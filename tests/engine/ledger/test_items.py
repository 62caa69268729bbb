import pytest
from factories import Book, as_of
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import START, books

from seawall.engine.kernel.errors import Broken
from seawall.engine.ledger.ageing import ageing
from seawall.engine.ledger.scheme import DEFAULT_SCHEME


def test_the_currencies_of_a_ledger():
    book = (
        Book().invoice("1", 1, "2025-01-01", "2025-01-01").invoice("2", 1, "2025-01-01", "2025-01-01", currency="AED")
    )
    assert book.ledger().currencies == ["AED", "CNY"]


def test_a_table_that_is_not_what_was_declared_is_broken():
    ledger = Book().invoice("1", 1, "2025-01-01", "2025-01-01").ledger()
    with pytest.raises(Broken, match="items"):
        type(ledger)(ledger.customers, ledger.accounts, ledger.items.drop("due_on"), ledger.allocations).check()


@settings(max_examples=40, deadline=None)
@given(books(), st.data())
def test_a_chosen_part_says_of_its_accounts_what_the_whole_says(book, data):
    """Chosen by entity: no allocation crosses entities, so the part stands alone."""
    ledger = book.ledger()
    kept = ledger.accounts["entity"] == data.draw(st.sampled_from(["E1", "E2"]))
    part = ledger.only(kept).check()
    question = {"as_of": as_of(str(START.replace(year=2025))), "scheme": DEFAULT_SCHEME}
    whole = ageing(ledger, **question).join(ledger.accounts.filter(kept).select("account_id"), on="account_id")
    assert part.accounts.height == kept.sum()
    said = ageing(part, **question)
    assert said.drop("account_id", "customer_id").equals(whole.drop("account_id", "customer_id"))
