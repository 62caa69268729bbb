import datetime as dt

import polars as pl
import pytest
from factories import Book, as_of, day
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import START, books

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import NotKnown, PolicyGap, UsageError
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.ledger.ageing import COLUMNS, aged_parts, ageing, grouped
from seawall.engine.ledger.laws import breaches
from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme

ON = day("2025-03-31")
RATES = Rates(
    "EUR",
    ON,
    {code: RateUsed(rate, ON, "own") for code, rate in (("EUR", 1), ("CNY", 0.13), ("JPY", 0.006), ("KWD", 3))},
)


def one(ledger, on="2025-03-31", scheme=DEFAULT_SCHEME, **more):
    rows = ageing(ledger, as_of=as_of(on), scheme=scheme, **more)
    assert rows.height == 1
    return rows.row(0, named=True)


def golden():
    """GT-3.1, the amounts in whole units."""
    return (
        Book()
        .invoice("INV1", 100_000, "2024-12-10", "2025-01-09").pay("INV1", 60_000, "2025-02-15")
        .invoice("INV2", 50_000, "2025-01-20", "2025-02-19").pay("INV2", 5_000, "2025-03-05", kind="credit_note")
        .dispute("INV2", 10_000, "2025-03-01")
        .invoice("INV3", 80_000, "2025-02-25", "2025-03-27").pay("INV3", 80_000, "2025-04-02")
        .invoice("INV4", 40_000, "2025-03-20", "2025-04-19")
        .invoice("INV5", 70_000, "2025-04-03", "2025-05-03")
        .receipt("CASH", 12_000, "2025-03-25").allocate("INV2", "CASH", 12_000, "2025-04-05")
    )  # fmt: skip


def test_golden_3_1():
    row = one(golden().ledger())
    assert row == {
        "account_id": 0, "customer_id": 0, "open_minor": 205_000_00, "overdue_minor": 165_000_00,
        "unapplied_minor": 12_000_00, "disputed_minor": 10_000_00, "not_due_minor": 40_000_00,
        "1_30_minor": 80_000_00, "31_60_minor": 45_000_00, "61_90_minor": 40_000_00,
        "91_180_minor": 0, "181_365_minor": 0, "over_365_minor": 0,
    }  # fmt: skip
    assert row["open_minor"] - row["unapplied_minor"] == 193_000_00


def test_parts_say_item_days_and_bucket():
    book = golden()
    rows = aged_parts(book.ledger(), as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME)
    said = {number: rows.filter(pl.col("item_id") == k).to_dicts() for number, k in book.item_id.items()}
    assert [(r["dpd_days"], r["days"], r["bucket"]) for r in said["INV1"]] == [(81, 81, 3)]
    assert [(r["open_minor"], r["disputed_minor"]) for r in said["INV2"]] == [(45_000_00, 10_000_00)]
    assert said["INV3"][0]["dpd_days"] == 4
    assert said["INV4"][0]["dpd_days"] == -19
    assert said["INV5"] == said["CASH"] == []


@pytest.mark.parametrize(
    ("due", "bucket"),
    [("2025-03-31", "not_due"), ("2025-04-01", "not_due"), ("2025-03-30", "1_30"), ("2025-03-01", "1_30"),
     ("2025-02-28", "31_60"), ("2024-03-31", "181_365"), ("2024-03-30", "over_365")],
)  # fmt: skip
def test_a_bucket_ends_with_its_day(due, bucket):
    row = one(Book().invoice("I", 7, "2024-01-01", due).ledger())
    assert {name for name in DEFAULT_SCHEME.names if row[f"{name}_minor"]} == {bucket}
    assert row["overdue_minor"] == (0 if bucket == "not_due" else 700)


def test_by_issue_day_counts_from_the_invoice_but_overdue_stays_by_due_day():
    row = one(Book().invoice("I", 7, "2025-01-31", "2025-04-30").ledger(), scheme=Scheme.parse("30/60", "issue"))
    assert (row["31_60_minor"], row["overdue_minor"]) == (700, 0)


def test_instalments_age_each_by_itself_and_are_settled_in_the_order_of_due_days():
    parts = [("2025-03-20", 300), ("2025-01-20", 300), ("2025-04-20", 400)]
    book = Book().invoice("I", 1000, "2025-01-01", "2025-04-20", parts=parts).pay("I", 350, "2025-02-01")
    rows = aged_parts(book.ledger(), as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME)
    assert rows.select("part_no", "due_on", "open_minor").rows() == [
        (2, day("2025-03-20"), 250_00), (3, day("2025-04-20"), 400_00),
    ]  # fmt: skip
    row = one(book.ledger())
    assert (row["1_30_minor"], row["not_due_minor"], row["open_minor"]) == (250_00, 400_00, 650_00)


def test_what_is_disputed_lies_on_the_oldest_open_parts():
    parts = [("2025-01-20", 300), ("2025-03-20", 300), ("2025-04-20", 400)]
    book = Book().invoice("I", 1000, "2025-01-01", "2025-04-20", parts=parts).dispute("I", 500, "2025-02-02")
    rows = aged_parts(book.ledger(), as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME)
    assert rows["disputed_minor"].to_list() == [300_00, 200_00, 0]


@pytest.mark.parametrize(
    ("on", "disputed"), [("2025-03-01", 0), ("2025-03-02", 40), ("2025-03-09", 40), ("2025-03-10", 0)]
)
def test_a_dispute_lasts_from_its_day_to_the_day_before_it_is_closed(on, disputed):
    book = Book().invoice("I", 100, "2025-01-01", "2025-02-01").dispute("I", 40, "2025-03-02", "2025-03-10")
    assert one(book.ledger(), on)["disputed_minor"] == disputed * 100


def test_an_undated_dispute_counts_always_and_never_beyond_what_is_open():
    book = Book().invoice("I", 100, "2025-01-01", "2025-02-01", disputed=80).pay("I", 50, "2025-03-01")
    assert one(book.ledger(), "2025-02-28")["disputed_minor"] == 80_00
    assert one(book.ledger(), "2025-03-01")["disputed_minor"] == 50_00


def test_an_account_with_nothing_left_is_not_listed():
    book = Book().invoice("I", 100, "2025-01-01", "2025-02-01").pay("I", 100, "2025-03-01")
    rows = ageing(book.ledger(), as_of=as_of("2025-03-01"), scheme=DEFAULT_SCHEME)
    assert rows.height == 0
    assert "open_minor" in rows.columns


def test_an_account_that_only_holds_unapplied_cash_is_listed():
    row = one(Book().receipt("R", 9, "2025-01-01").ledger())
    assert (row["open_minor"], row["unapplied_minor"]) == (0, 900)


def test_an_empty_ledger_has_an_empty_ageing():
    assert ageing(Book().ledger(), as_of=as_of("2025-01-01"), scheme=DEFAULT_SCHEME, rates=RATES).height == 0


def test_days_before_the_first_list_are_not_known():
    ledger = Book(known_from=day("2025-03-01")).invoice("I", 1, "2025-01-01", "2025-02-01").ledger()
    assert one(ledger, "2025-03-01")["open_minor"] == 100
    with pytest.raises(NotKnown, match="2025-02-28"):
        ageing(ledger, as_of=as_of("2025-02-28"), scheme=DEFAULT_SCHEME)


def test_both_currencies_stand_side_by_side():
    book = Book(currency="JPY").invoice("I", 1001, "2025-01-01", "2025-03-30").receipt("R", 333, "2025-03-01")
    row = one(book.ledger(), rates=RATES)
    assert (row["open_minor"], row["unapplied_minor"]) == (1001, 333)
    assert (row["open_reporting_minor"], row["1_30_reporting_minor"]) == (601, 601)  # 1001 JPY at 0.006 = 6.006 EUR
    assert row["unapplied_reporting_minor"] == 200


def test_a_currency_without_a_rate_is_a_gap():
    ledger = Book(currency="USD").invoice("I", 1, "2025-01-01", "2025-03-30").ledger()
    with pytest.raises(PolicyGap, match="USD"):
        ageing(ledger, as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME, rates=RATES)


def two_customers():
    book = Book().customer("B", group_code="A").customer("A", sector="steel", country="CN")
    book.invoice("I1", 10, "2025-01-01", "2025-02-01", customer="A", entity="E2")
    book.invoice("I2", 20, "2025-01-01", "2025-02-01", customer="B")
    return book.invoice("I3", 30, "2025-01-01", "2025-02-01", customer="B", currency="EUR")


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("group", [("A", "CNY", 3000), ("A", "EUR", 3000)]),
        ("entity", [("E1", "CNY", 2000), ("E1", "EUR", 3000), ("E2", "CNY", 1000)]),
        ("currency", [("CNY", 3000), ("EUR", 3000)]),
        ("sector", [("steel", "CNY", 1000), (None, "CNY", 2000), (None, "EUR", 3000)]),
        ("country", [("CN", "CNY", 1000), (None, "CNY", 2000), (None, "EUR", 3000)]),
        ("customer", [(0, "A", "A", "CNY", 1000), (1, "B", "B", "CNY", 2000), (1, "B", "B", "EUR", 3000)]),
        ("account", [(0, 0, "A", "A", "E2", "CNY", 1000), (1, 1, "B", "B", "E1", "CNY", 2000),
                     (2, 1, "B", "B", "E1", "EUR", 3000)]),
    ],
)  # fmt: skip
def test_grouped_never_adds_currencies(by, said):
    ledger = two_customers().ledger()
    rows = grouped(ageing(ledger, as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME), ledger, by=by)
    keys = [name for name in rows.columns if not name.endswith("_minor")]
    assert rows.select(*keys, "open_minor").rows() == said


def test_grouped_in_the_reporting_currency():
    ledger = two_customers().ledger()
    rows = ageing(ledger, as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME, rates=RATES)
    said = grouped(rows, ledger, by="customer", in_reporting=True)
    assert said.select("customer_code", "open_minor", "31_60_minor").rows() == [("A", 130, 130), ("B", 3260, 3260)]
    with pytest.raises(UsageError):
        grouped(rows.select("account_id", "customer_id", "open_minor"), ledger, by="customer", in_reporting=True)


def test_ageing_needs_only_the_columns_it_names():
    ledger = golden().ledger()
    bare = type(ledger)(
        ledger.customers, ledger.accounts, ledger.items.select(COLUMNS["items"]),
        ledger.allocations.select(COLUMNS["allocations"]), ledger.instalments, ledger.disputes,
    )  # fmt: skip
    assert one(bare) == one(ledger)


@settings(max_examples=60, deadline=None)
@given(books(), st.integers(-10, 700), st.sampled_from(["30/60/90", "-7/-1/0/15", "365/730/1095"]), st.booleans())
def test_every_law_holds_on_every_day_and_scheme(book, offset, edges, by_issue):
    ledger, on = book.ledger(), AsOf(START + dt.timedelta(days=offset), 0)
    scheme = Scheme.parse(edges, "issue" if by_issue else "due")
    assert breaches(ledger, as_of=on, scheme=scheme) == []
    said = ageing(ledger, as_of=on, scheme=scheme, rates=RATES)
    parts = aged_parts(ledger, as_of=on, scheme=scheme, rates=RATES)
    for name in ("open_minor", "disputed_minor", "open_reporting_minor", "disputed_reporting_minor"):
        assert said[name].sum() == parts[name].sum()
    buckets = [f"{name}_reporting_minor" for name in scheme.names]
    assert said.select(pl.sum_horizontal(buckets)).to_series().to_list() == said["open_reporting_minor"].to_list()
