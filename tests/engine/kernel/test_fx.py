import datetime as dt

import numpy as np
import polars as pl
import pytest
from factories import day

from seawall.engine.kernel.errors import PolicyGap, UnknownCode, UsageError
from seawall.engine.kernel.fx import RATES, Rates, RateTable, RateUsed, rates_for, reporting_currency

ON = day("2025-03-31")


def table(name, *rows):
    columns = ("from_currency", "to_currency", "on", "rate")
    return RateTable(
        name, RATES.frame([dict(zip(columns, (a, b, day(on), rate), strict=True)) for a, b, on, rate in rows])
    )


OWN = table("own", ("AED", "CNY", "2025-03-31", 1.95), ("EUR", "USD", "2025-03-01", 1.05))
ECB = table(
    "ECB", ("EUR", "USD", "2025-03-28", 1.08), ("EUR", "USD", "2025-03-31", 1.10), ("EUR", "CNY", "2025-03-31", 8.0)
)


def used(currency, reporting, *tables, on=ON, age=7):
    return rates_for([currency], reporting, on, tables, age).of(currency)


def test_the_reporting_currency_itself_is_one():
    assert used("EUR", "EUR") == RateUsed(1.0, ON, "")


def test_a_pair_as_given_and_the_other_way_round():
    assert used("EUR", "CNY", ECB) == RateUsed(8.0, ON, "ECB")
    assert used("CNY", "EUR", ECB) == RateUsed(0.125, ON, "ECB")


def test_the_latest_quote_up_to_the_day_counts():
    assert used("EUR", "USD", ECB, on=day("2025-03-30")) == RateUsed(1.08, day("2025-03-28"), "ECB")


def test_a_cross_goes_through_the_euro_and_is_as_old_as_its_older_leg():
    one = used("USD", "CNY", ECB, on=day("2025-04-02"))
    assert one.rate == pytest.approx(8.0 / 1.10)
    mixed = rates_for(["USD"], "CNY", ON, [table("own", ("EUR", "USD", "2025-03-30", 1.0)), ECB], 7).of("USD")
    assert mixed == RateUsed(8.0, day("2025-03-30"), "own, ECB")


def test_a_rate_holds_through_its_last_day():
    assert used("EUR", "USD", OWN, age=30, on=day("2025-03-31")).on == day("2025-03-01")
    with pytest.raises(PolicyGap):
        used("EUR", "USD", OWN, age=29, on=day("2025-03-31"))


def test_the_companys_own_table_comes_first_while_it_is_fresh():
    assert used("EUR", "USD", OWN, ECB, age=31) == RateUsed(1.05, day("2025-03-01"), "own")
    assert used("EUR", "USD", OWN, ECB, age=7).source == "ECB"


def test_a_currency_only_the_company_quotes():
    assert used("AED", "CNY", OWN, ECB).source == "own"


@pytest.mark.parametrize(
    ("currency", "reporting", "on", "named"),
    [("SAR", "CNY", ON, "SAR"), ("USD", "SAR", ON, "SAR"), ("SAR", "EUR", ON, "SAR"), ("EUR", "SAR", ON, "EUR"),
     ("USD", "EUR", day("2025-04-08"), "USD"), ("USD", "EUR", day("2025-03-01"), "USD")],
)  # fmt: skip
def test_a_missing_or_stale_rate_is_a_gap_that_names_currency_and_day(currency, reporting, on, named):
    with pytest.raises(PolicyGap, match=f"{named}.*{on}") as gap:
        used(currency, reporting, ECB, on=on)
    assert gap.value.code == "rate_missing"
    assert "7 days" in gap.value.hint


def test_a_rate_of_zero_is_no_rate():
    with pytest.raises(PolicyGap):
        used("USD", "EUR", table("own", ("EUR", "USD", "2025-03-31", 0.0)))


def test_later_tables_are_opened_only_when_needed():
    opened = []

    def tables():
        for one in (OWN, ECB):
            opened.append(one.name)
            yield one

    rates_for(["AED"], "CNY", ON, tables(), 7)
    assert opened == ["own"]
    rates_for(["AED", "USD"], "CNY", ON, tables(), 31)
    assert opened == ["own", "own", "ECB"]


def test_minor_units_follow_both_currencies():
    rates = Rates(
        "EUR", ON, {"JPY": RateUsed(0.006, ON, ""), "KWD": RateUsed(3.0, ON, ""), "EUR": RateUsed(1.0, ON, "")}
    )
    assert rates.per_minor(["JPY", "KWD", "EUR"]) == pytest.approx([0.6, 0.3, 1.0])
    assert rates.convert(np.array([1001, -1001]), "JPY").tolist() == [601, -601]
    with pytest.raises(PolicyGap, match="USD"):
        rates.of("USD")


def test_golden_9_1_revaluation():
    booked, closing, paid = (
        Rates("CNY", ON, {"USD": RateUsed(rate, ON, "own")}).convert(np.array([100_000_00]), "USD")[0]
        for rate in (7.10, 7.20, 7.15)
    )
    assert (closing - booked, paid - closing) == (10_000_00, -5_000_00)


def test_the_reporting_currency_must_be_said_when_there_are_several():
    assert reporting_currency(["CNY"]) == "CNY"
    assert reporting_currency([]) is None
    assert reporting_currency(["CNY", "EUR"], "USD") == "USD"
    with pytest.raises(UsageError, match="CNY, EUR, USD") as error:
        reporting_currency(["USD", "CNY", "EUR", "CNY"])
    assert error.value.code == "several_currencies"
    with pytest.raises(UnknownCode):
        reporting_currency(["CNY"], "XYZ")


def test_an_empty_table_has_the_declared_columns():
    assert RateTable("own").rows.schema == pl.Schema(RATES.schema)
    with pytest.raises(PolicyGap):
        rates_for(["USD"], "EUR", dt.date(2025, 1, 1), [RateTable("own")], 7)
