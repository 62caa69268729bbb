import numpy as np
import polars as pl
import pytest
from factories import Book, as_of, day

from seawall.engine.kernel.errors import NotKnown
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.ledger.turnover import countback_dso, known_ends, sales_weighted_dso, turnover


def months(book, sales, year=2024):
    """An invoice of each amount on the 10th of each month, due in 30 days."""
    for month, amount in enumerate(sales, 1):
        on = f"{year}-{month:02}-10"
        book.invoice(f"{year}-{month}", amount, on, str(np.datetime64(on) + 30))
    return book


def year():
    """Twelve invoices of 100; those of January to September are paid."""
    book = months(Book(), [100] * 12)
    for month in range(1, 10):
        book.pay(f"2024-{month}", 100, f"2024-{month + 1:02}-20")
    return book


def test_all_figures_of_a_plain_year():
    row = turnover(year().ledger(), as_of=as_of("2024-12-31")).row(0, named=True)
    assert (row["on"], row["sales_minor"], row["days"]) == (day("2024-12-31"), 300_00, 92)
    assert (row["open_minor"], row["overdue_minor"]) == (300_00, 200_00)
    assert row["simple_days"] == pytest.approx(92)
    assert row["best_days"] == pytest.approx(92 / 3)
    assert row["delinquent_days"] == pytest.approx(92 * 2 / 3)
    assert (row["countback_days"], row["countback_30_days"], row["sales_weighted_days"]) == (92, 90, 92)
    assert row["overdue_rate"] == pytest.approx(2 / 3)
    assert row["cei_rate"] == pytest.approx(0)  # 200 + 100 less 300, nothing collected in December
    assert row["cei_full_rate"] == pytest.approx((100 + 300 - 300) / (100 + 300 - 100))
    assert row["cei_average_rate"] == pytest.approx((100 + 100 - 300) / (100 + 100 - 100))
    assert row["dilution_rate"] == 0
    ends = [0] + [100] * 10 + [200, 300]  # thirteen, from December to December
    assert row["turnover_ratio"] == pytest.approx(1200 / np.mean(ends))
    assert row["turnover_days"] == pytest.approx(365 * np.mean(ends) / 1200)


def test_a_trend_ends_with_the_day():
    rows = turnover(year().ledger(), as_of=as_of("2024-12-31"), trend=3)
    assert rows["on"].to_list() == [day("2024-10-31"), day("2024-11-30"), day("2024-12-31")]
    assert rows["open_minor"].to_list() == [100_00, 200_00, 300_00]
    alone = turnover(year().ledger(), as_of=as_of("2024-10-31"))
    assert rows.drop("dilution_rate", "turnover_ratio", "turnover_days").row(0) == alone.drop(
        "dilution_rate", "turnover_ratio", "turnover_days"
    ).row(0)


def test_by_entity_customer_and_currency_without_crossing():
    book = Book().invoice("1", 10, "2024-10-01", "2024-11-01", customer="A", entity="E1", currency="EUR")
    book.invoice("2", 20, "2024-10-01", "2024-11-01", customer="B", entity="E1").invoice(
        "3", 30, "2024-10-01", "2024-11-01", customer="B", entity="E2"
    )
    ledger, on = book.ledger(), as_of("2024-12-31")
    said = {by: turnover(ledger, as_of=on, by=by) for by in ("all", "entity", "customer", "sector")}
    assert said["all"].select("currency", "open_minor").rows() == [("CNY", 5000), ("EUR", 1000)]
    assert said["entity"].select("entity", "currency", "open_minor").rows() == [
        ("E1", "CNY", 2000), ("E1", "EUR", 1000), ("E2", "CNY", 3000),
    ]  # fmt: skip
    assert said["customer"].select("customer_code", "currency", "open_minor").rows() == [
        ("A", "EUR", 1000),
        ("B", "CNY", 5000),
    ]
    assert said["sector"]["sector"].to_list() == [None, None]
    rates = Rates("CNY", on.on, {"CNY": RateUsed(1, on.on, ""), "EUR": RateUsed(8, on.on, "")})
    both = turnover(ledger, as_of=on, rates=rates).row(0, named=True)
    assert (both["currency"], both["open_minor"]) == ("CNY", 5000 + 8000)


def test_what_cannot_be_said_is_empty():
    young = Book().invoice("1", 100, "2024-11-10", "2024-12-10").ledger()
    row = turnover(young, as_of=as_of("2024-12-31")).row(0, named=True)
    assert row["countback_days"] == 31 + 30
    assert row["cei_rate"] is not None
    for name in (
        "sales_minor",
        "days",
        "simple_days",
        "best_days",
        "delinquent_days",
        "cei_full_rate",
        "turnover_ratio",
        "dilution_rate",
    ):
        assert row[name] is None, name
    before = turnover(young, as_of=as_of("2024-10-31")).row(0, named=True)
    assert (before["open_minor"], before["overdue_rate"], before["countback_days"]) == (0, None, 0)


def test_a_list_of_open_items_says_nothing_of_the_months_before_it():
    book = months(Book(known_from=day("2024-11-30")), [100] * 12)
    row = turnover(book.ledger(), as_of=as_of("2024-12-31")).row(0, named=True)
    assert row["open_minor"] == 1200_00
    assert row["countback_days"] is None  # one known month of 100 cannot take off 1,200
    assert row["sales_weighted_days"] is None
    assert row["simple_days"] is None
    with pytest.raises(NotKnown):
        turnover(book.ledger(), as_of=as_of("2024-11-29"))


def test_ends_reach_back_to_the_one_before_the_first_item():
    ledger = Book().invoice("1", 100, "2024-11-10", "2024-12-10").ledger()
    assert known_ends(ledger, day("2024-12-31"), 24) == [day("2024-10-31"), day("2024-11-30"), day("2024-12-31")]
    assert known_ends(ledger, day("2024-12-15"), 24) == [day("2024-10-15"), day("2024-11-15"), day("2024-12-15")]
    assert len(known_ends(Book().ledger(), day("2024-12-31"), 24)) == 24
    assert known_ends(ledger, day("2024-10-31"), 24) == [day("2024-10-31")]


def test_an_empty_ledger_has_no_rows():
    assert turnover(Book().ledger(), as_of=as_of("2024-12-31"), trend=3).height == 0


def test_many_keys_at_once_are_each_by_itself():
    opened, sales, days = np.array([150, 0, 300]), np.array([[100, 100]] * 3), np.array([31, 30])
    assert countback_dso(opened, sales, days)[:2].tolist() == [46.0, 0.0]
    assert np.isnan(countback_dso(opened, sales, days)[2])
    assert sales_weighted_dso(np.array([[50, 0], [0, 50]]), np.array([[100, 0], [0, 100]]), days).tolist() == [
        15.5,
        15.0,
    ]


def test_the_history_changes_no_figure_of_the_present():
    long, short = (turnover(year().ledger(), as_of=as_of("2024-12-31"), lookback=back) for back in (24, 12))
    assert long.equals(short)
    assert isinstance(long, pl.DataFrame)
