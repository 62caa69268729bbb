import datetime as dt

import pytest
from factories import Book, as_of, day
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import START, books

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import NotKnown
from seawall.engine.ledger import balance
from seawall.engine.ledger.balance import open_amounts, open_debits, require_known, settled, unapplied_credits


def test_open_on_each_day_is_what_had_happened_by_then():
    book = Book().invoice("I", 100, "2025-01-10", "2025-02-10").receipt("R", 70, "2025-02-01")
    ledger = book.allocate("I", "R", 60, "2025-02-20").ledger()
    said = {
        on: open_amounts(ledger, as_of=as_of(on)).tolist()
        for on in ("2025-01-09", "2025-01-10", "2025-02-19", "2025-02-20")
    }
    assert said == {
        "2025-01-09": [0, 0], "2025-01-10": [100_00, 0], "2025-02-19": [100_00, 70_00], "2025-02-20": [40_00, 10_00],
    }  # fmt: skip
    late = as_of("2025-02-20")
    assert open_debits(ledger, as_of=late).select("number", "open_minor").rows() == [("I", 40_00)]
    assert unapplied_credits(ledger, as_of=late).select("number", "unapplied_minor").rows() == [("R", 10_00)]


def test_days_that_are_not_known_are_refused():
    ledger = Book(known_from=day("2025-02-01")).invoice("I", 1, "2025-01-01", "2025-01-01").ledger()
    require_known(ledger, day("2025-02-01"))
    for ask in (open_amounts, open_debits, unapplied_credits):
        with pytest.raises(NotKnown, match="2025-01-31 is not known") as error:
            ask(ledger, as_of=as_of("2025-01-31"))
        assert "2025-02-01" in error.value.hint


@settings(max_examples=50, deadline=None)
@given(books(), st.integers(0, 700), st.integers(1, 5))
def test_slices_do_not_matter_and_both_sides_are_what_is_left(book, offset, size):
    ledger, on = book.ledger(), START + dt.timedelta(days=offset)
    whole = open_amounts(ledger, as_of=AsOf(on, 0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(balance, "SLICE", size)
        assert open_amounts(ledger, as_of=AsOf(on, 0)).tolist() == whole.tolist()
        used = settled(ledger, on) + settled(ledger, on, side="credit")
    issued = (ledger.items["issued_on"] <= on).to_numpy()
    assert whole.tolist() == (ledger.items["amount_minor"].to_numpy() * issued - used).tolist()
    assert (whole >= 0).all()
