"""The published ageing: currencies, groups, entities, and days nothing is known of."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from factories import Book, as_of

from seawall.engine.kernel.errors import NotKnown, PolicyGap, UsageError
from seawall.engine.kernel.fx import RATES, RateTable
from seawall.services import figures

DAY = as_of("2026-06-30")


def rate_table(name, *rows):
    days = [(left, right, dt.date.fromisoformat(on), rate) for left, right, on, rate in rows]
    return RateTable(name, pl.DataFrame(days, schema=RATES.schema, orient="row"))


def mixed():
    return (
        Book(currency="CNY").customer("C1", sector="steel").customer("C2", group_code="C1")
        .invoice("I1", 100, "2026-05-01", "2026-06-01", customer="C1")
        .invoice("I2", "10.05", "2026-06-20", "2026-07-20", customer="C2", currency="USD")
        .invoice("I3", 1000, "2026-01-01", "2026-01-31", customer="C2", currency="JPY", entity="E2")
        .receipt("R1", 7, "2026-06-01", customer="C1")
    )  # fmt: skip


TABLES = [rate_table("own", ("USD", "CNY", "2026-06-29", 7.0), ("JPY", "CNY", "2026-06-25", 0.05))]


def rates(ledger, currency="CNY", tables=TABLES, age=7):
    return figures.rates_of(ledger, as_of=DAY, currency=currency, tables=tables, max_age_days=age)


def ageing(book, **asked):
    ledger = book.ledger()
    return figures.ageing(ledger, as_of=DAY, rates=rates(ledger), **asked)


def test_amounts_stand_in_the_asked_currency_rounded_row_by_row():
    said = ageing(mixed())
    assert said["currency"] == "CNY"
    by_code = {row["customer_code"]: row for row in said["customers"]}
    assert by_code["C1"]["open"] == "100.00"
    assert by_code["C1"]["unapplied"] == "7.00"
    assert by_code["C2"]["open"] == "120.35"
    assert by_code["C2"]["by_bucket"]["91_180"] == "50.00"
    assert said["total"]["open"] == "220.35"


def test_a_currency_without_decimals_has_none():
    ledger = Book(currency="JPY").invoice("I1", 1000, "2026-05-01", "2026-06-01").ledger()
    said = figures.ageing(ledger, as_of=DAY, rates=rates(ledger, None))
    assert said["total"]["open"] == "1000"
    assert said["currency"] == "JPY"


def test_three_decimals_stay_three():
    ledger = Book(currency="KWD").invoice("I1", "0.005", "2026-05-01", "2026-06-01").ledger()
    assert figures.ageing(ledger, as_of=DAY, rates=rates(ledger, None))["total"]["open"] == "0.005"


@pytest.mark.parametrize(
    ("by", "keys"),
    [("group", ["C1"]), ("entity", ["E1", "E2"]), ("currency", ["CNY", "JPY", "USD"]), ("sector", ["steel", None])],
)
def test_by_whatever_the_parts_sum_to_the_total(by, keys):
    said = ageing(mixed(), group_by=by)
    assert [row[figures.GROUPS[by]] for row in said["groups"]] == keys
    assert sum(Decimal(row["open"]) for row in said["groups"]) == Decimal(said["total"]["open"])


def test_by_currency_the_own_amounts_stand_beside():
    groups = {row["currency"]: row for row in ageing(mixed(), group_by="currency")["groups"]}
    assert groups["JPY"]["document"]["open"] == "1000"
    assert groups["USD"]["document"]["by_bucket"]["not_due"] == "10.05"


def test_several_currencies_need_one_to_report_in():
    with pytest.raises(UsageError, match="CNY, JPY, USD"):
        rates(mixed().ledger(), None)


def test_a_rate_too_old_is_a_gap_that_names_currency_and_day():
    with pytest.raises(PolicyGap, match="JPY into CNY on 2026-06-30"):
        rates(mixed().ledger(), age=3)


def test_the_companys_own_rate_comes_first():
    ledger = mixed().ledger()
    later = [rate_table("mine", ("USD", "CNY", "2026-06-30", 8.0)), *TABLES]
    assert rates(ledger, tables=later).of("USD").source == "mine"
    assert rates(ledger, tables=later).of("JPY").source == "own"


def test_only_some_entities():
    ledger = figures.only_entities(mixed().ledger(), ["E2"])
    assert figures.ageing(ledger, as_of=DAY, rates=rates(ledger))["total"]["open"] == "50.00"
    assert figures.only_entities(ledger, None) is ledger
    with pytest.raises(UsageError, match="E9") as refused:
        figures.only_entities(mixed().ledger(), ["E9"])
    assert "E1, E2" in refused.value.hint


def test_a_day_before_the_first_list_is_not_known_and_never_zero():
    ledger = Book(known_from=dt.date(2026, 7, 1)).invoice("I1", 1, "2026-05-01", "2026-06-01").ledger()
    with pytest.raises(NotKnown):
        figures.ageing(ledger, as_of=DAY, rates=rates(ledger, None))


def test_an_empty_ledger_is_all_zero_and_has_no_currency():
    ledger = Book().ledger()
    said = figures.ageing(ledger, as_of=DAY, rates=rates(ledger, None))
    assert (said["currency"], said["customers"], said["total"]["open"]) == (None, [], "0")


def test_negative_amounts_keep_their_sign():
    assert figures.records(pl.DataFrame({"x_minor": [-5, None], "on": [dt.date(2026, 1, 1), None]}), "CNY") == [
        {"x": "-0.05", "on": "2026-01-01"},
        {"x": None, "on": None},
    ]
