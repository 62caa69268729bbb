"""Every posting of the bank balances, in each currency and each event, whatever was decided."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.ledger.bank_journal import Booked, lines
from seawall.engine.ledger.matching_amounts import Adjustment, Part

MINOR = st.integers(1, 10**12)
PARTS = st.lists(st.tuples(MINOR, MINOR, st.sampled_from(["CNY", "USD", "JPY"])), max_size=5)
BESIDE = st.lists(st.tuples(st.sampled_from(["discount", "bank_charge"]), MINOR), max_size=3)


def booked(parts, beside=(), over=0, difference=0):
    made = tuple(
        Part(f"I-{place}", credit if currency == "CNY" else amount, credit, currency)
        for place, (amount, credit, currency) in enumerate(parts)
    )
    amount = sum(part.credit_minor for part in made) + over
    also = tuple(Adjustment(kind, f"I-{place}", minor) for place, (kind, minor) in enumerate(beside))
    return Booked(amount, "CNY", made, also, difference)


def sums(found, *names):
    made = defaultdict(int)
    for line in found:
        made[tuple(getattr(line, name) for name in names)] += line.debit_minor - line.credit_minor
    return made


@given(PARTS, BESIDE, st.integers(0, 10**12), st.integers(-(10**9), 10**9))
def test_each_event_balances_in_each_currency_to_the_cent(parts, beside, over, difference):
    made = booked(parts, beside, over, difference)
    found = lines(made)
    assert set(sums(found, "event", "currency").values()) <= {0}
    assert all((line.debit_minor > 0) != (line.credit_minor > 0) for line in found if made.amount_minor)
    by_account = sums(found, "account", "currency")
    assert by_account["bank", "CNY"] == made.amount_minor
    paid = -sum(part.amount_minor for part in made.parts if part.currency == "USD")
    assert by_account["receivables", "USD"] == paid == -by_account["exchange_clearing", "USD"]
    foreign = any(part.currency != "CNY" for part in made.parts)
    assert by_account["exchange_differences", "CNY"] == (-difference if foreign else 0)
    settled = sum(part.credit_minor for part in made.parts if part.currency == "CNY")
    assert by_account["receivables", "CNY"] == -(settled + over + sum(each.amount_minor for each in made.beside))
    assert set(sums([line.reversed() for line in found] + found, "account", "currency").values()) <= {0}


def test_nothing_received_over_the_rate_of_the_day_is_no_difference():
    assert {line.event for line in lines(booked([(100, 720, "USD")]))} == {"receipt"}


def test_own_currency_items_bear_no_difference_of_another():
    found = lines(booked([(1, 1000, "CNY"), (100, 710, "USD")], difference=-10))
    assert {line.number for line in found if line.event == "fx_difference"} == {"I-1"}
