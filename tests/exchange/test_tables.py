import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from seawall.exchange.csv import RawTable, read_csv
from seawall.exchange.formats import NumberForm, pattern_of
from seawall.exchange.tables import FIELDS, Forms, empty_table, ignored, typed

GOOD = {
    "customers": {"customer_code": "007"},
    "items": {"customer_code": "007", "kind": "invoice", "number": "1", "issued_on": "2025-01-31", "currency": "CNY", "amount": "1"},
    "allocations": {"debit_number": "1", "credit_number": "2", "allocated_on": "2025-01-31", "amount": "1"},
    "instalments": {"number": "1", "amount": "1"},
    "disputes": {"number": "1", "opened_on": "2025-01-31", "amount": "1"},
    "balances": {"account": "1122", "currency": "CNY", "on": "2025-01-31", "amount": "1"},
    "bills": {
        "customer_code": "007", "bill_number": "B1", "kind": "bank", "acceptor": "Bank", "currency": "CNY", "amount": "1",
        "issued_on": "2025-01-31", "received_on": "2025-01-31", "matures_on": "2025-07-31",
    },
    "bill_events": {"bill_number": "B1", "event": "paid", "on": "2025-07-31"},
    "insured_limits": {"customer_code": "007", "policy": "P", "kind": "approved", "decided_on": "2025-01-31"},
    "insurance_events": {"policy": "P", "event": "insolvency", "on": "2025-01-31"},
    "claims": {"customer_code": "007", "policy": "P", "date_of_loss": "2025-01-31", "cause": "insolvency"},
    "claim_recoveries": {
        "customer_code": "007", "policy": "P", "date_of_loss": "2025-01-31", "cause": "insolvency", "received_on": "2025-03-31",
        "received_by": "us", "amount": "1",
    },
    "claim_steps": {
        "customer_code": "007", "policy": "P", "date_of_loss": "2025-01-31", "cause": "insolvency", "step": "opened", "on": "2025-02-01",
    },
    "rates": {"currency": "USD", "on": "2025-01-31", "rate": "7.2", "to": "CNY"},
}  # fmt: skip


def read(table, forms=None, **cells):
    row = {**GOOD[table], **cells}
    frame = pl.DataFrame({name: [text] for name, text in row.items()}, schema=dict.fromkeys(row, pl.String))
    return typed(RawTable(table, "f.csv", frame.with_columns(source_row=pl.lit(1, pl.Int64))), forms)


@pytest.mark.parametrize("table", GOOD)
def test_the_required_columns_are_enough(table):
    frame, rejects = read(table)
    assert (frame.height, rejects.height) == (1, 0)
    assert frame.schema == empty_table(table).schema
    assert set(GOOD[table]) == {name for name, field in FIELDS[table].items() if field.required}


@pytest.mark.parametrize(("table", "column"), [(table, column) for table, row in GOOD.items() for column in row])
def test_a_required_cell_must_be_filled_and_its_column_be_there(table, column):
    for empty in (None, "", "   ", "\u3000\u00a0"):
        frame, rejects = read(table, **({"name": "N"} if table == "customers" else {}), **{column: empty})
        assert frame.is_empty()
        assert rejects.select("row", "column", "code").rows() == [(1, column, "empty")]
    cells = {name: text for name, text in GOOD[table].items() if name != column}
    raw = pl.DataFrame({**{name: [text] for name, text in cells.items()}, "source_row": [1]}).with_columns(
        pl.col("source_row").cast(pl.Int64)
    )
    assert typed(RawTable(table, "f.csv", raw))[1].select("column", "code").rows() == [(column, "missing_column")]


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-31",
        "2025/01/31",
        "2025/1/31",
        "20250131",
        "2025.01.31",
        "2025年1月31日",
        "2025-01-31 00:00:00",
        "2025-01-31T12:30:00",
    ],
)
def test_days_with_the_year_first_are_understood(text):
    assert read("items", issued_on=text)[0]["issued_on"].item() == dt.date(2025, 1, 31)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2025-02-30", "date"), ("2025-13-01", "date"), ("yesterday", "date"), ("45688", "date"), ("2025-1", "date"),
        ("01/02/2025", "date_ambiguous"), ("31.01.2025", "date_ambiguous"), ("1-2-25", "date_ambiguous"),
        ("0025-01-31", "date"), ("9999-12-31", "date_range"), ("1949-12-31", "date_range"), ("20251-01-31", "date"),
    ],
)  # fmt: skip
def test_days_that_are_none_or_could_be_two_are_refused(text, code):
    frame, rejects = read("items", issued_on=text)
    assert frame.is_empty()
    assert rejects.select("column", "code", "value").rows() == [("issued_on", code, text)]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", "1"),
        ("1.", "1"),
        ("0001.10", "1.1"),
        ("1234567.8901", "1234567.8901"),
        ("1.230000000000", "1.23"),
        (" 5 ", "5"),
    ],
)
def test_plain_amounts_are_exact(text, amount):
    assert read("items", amount=text)[0]["amount"].item() == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0", "not_positive"), ("-5", "not_positive"), ("0.00", "not_positive"), ("1.23456", "decimals"),
        ("1,234.56", "amount"), ("1.234,56", "amount"), ("1,5", "amount"), ("1 000", "amount"), ("¥5", "amount"),
        ("1E5", "amount_exponent"), ("1.2e+05", "amount_exponent"), ("１２", "amount"), ("5-", "amount"), ("(5)", "amount"),
        ("1" * 19, "too_large"), ("NaN", "amount"), ("inf", "amount"), ("--5", "amount"), ("+5", "amount"), ("0x10", "amount"),
        ("1_000", "amount"), ("=1+1", "amount"), (".", "amount"),
    ],
)  # fmt: skip
def test_amounts_that_are_not_plain_are_refused_not_guessed(text, code):
    frame, rejects = read("items", amount=text)
    assert frame.is_empty()
    assert rejects.select("column", "code", "value").rows() == [("amount", code, text)]


@pytest.mark.parametrize(
    ("table", "cells", "code"),
    [
        ("items", {"kind": "bill"}, "kind"), ("items", {"kind": "settled_unknown"}, "kind"), ("items", {"currency": "RMB"}, "currency"),
        ("items", {"number": "x" * 101}, "too_long"), ("items", {"description": "x" * 32768}, "too_long"),
        ("items", {"disputed_amount": "-1"}, "negative"), ("items", {"tax_amount": "-0.01"}, "negative"),
        ("customers", {"country": "CHN"}, "country"), ("customers", {"currency": "??"}, "currency"),
        ("allocations", {"credit_amount": "0"}, "not_positive"), ("rates", {"rate": "0"}, "rate"), ("rates", {"rate": "x"}, "rate"),
        ("rates", {"rate": "inf"}, "rate"), ("rates", {"to": "XYZ"}, "currency"),
    ],
)  # fmt: skip
def test_other_cells_that_cannot_be_taken(table, cells, code):
    frame, rejects = read(table, **cells)
    assert frame.is_empty()
    assert rejects["code"].to_list() == [code]


def test_codes_are_text_kinds_and_currencies_forgive_case():
    frame, rejects = read("items", customer_code=" 00700 ", kind="Invoice", currency="cny", number="0001E5")
    assert rejects.is_empty()
    assert frame.select("customer_code", "kind", "currency", "number", "entity").row(0) == (
        "00700",
        "invoice",
        "CNY",
        "0001E5",
        "main",
    )


def test_words_with_a_meaning_forgive_case():
    assert read("items", payment_method="Recovery")[0]["payment_method"].item() == "recovery"


def test_balances_may_be_negative():
    assert read("balances", amount="-12.5")[0]["amount"].item() == Decimal("-12.5")


def test_several_faults_of_a_row_are_all_told():
    _, rejects = read("items", issued_on="x", amount="y", currency="z")
    assert rejects["code"].to_list() == ["amount", "currency", "date"]


@pytest.mark.parametrize(
    ("values", "column", "expected"),
    [
        ([1001.0], "number", "1001"), ([1001], "number", "1001"), ([0.1 + 0.2], "amount", Decimal("0.3")),
        ([1234.56], "amount", Decimal("1234.56")), ([Decimal("12.30")], "amount", Decimal("12.3")), ([7], "amount", Decimal(7)),
        ([dt.date(2025, 5, 1)], "issued_on", dt.date(2025, 5, 1)), ([dt.datetime(2025, 5, 1, 9)], "issued_on", dt.date(2025, 5, 1)),
    ],
)  # fmt: skip
def test_typed_columns_of_other_formats(values, column, expected):
    row = {name: pl.Series([text]) for name, text in GOOD["items"].items()} | {column: pl.Series(values)}
    frame, rejects = typed(
        RawTable("items", "f.parquet", pl.DataFrame({**row, "source_row": pl.Series([1], dtype=pl.Int64)}))
    )
    assert rejects.is_empty()
    assert frame[column].item() == expected


def test_a_decimal_with_more_than_any_currency_has_is_refused():
    row = {name: pl.Series([text]) for name, text in GOOD["items"].items()} | {
        "amount": pl.Series([Decimal("1.23456")])
    }
    frame, rejects = typed(
        RawTable("items", "f.parquet", pl.DataFrame({**row, "source_row": pl.Series([1], dtype=pl.Int64)}))
    )
    assert (frame.height, rejects["code"].to_list()) == (0, ["decimals"])


def test_rows_empty_in_every_known_column_are_no_rows():
    raw = read_csv(b"customer_code,name,other\nA,B,1\n,,2\n , ,\nC,,\n", file="f.csv", table="customers")
    frame, rejects = typed(raw)
    assert rejects.is_empty()
    assert frame.select("customer_code", "name", "source_row").rows() == [("A", "B", 1), ("C", "C", 4)]
    assert ignored(raw) == ["other"]


@pytest.mark.parametrize(
    ("form", "text", "amount"),
    [
        (NumberForm(",", "."), "1.234,56", "1234.56"), (NumberForm(",", "."), "1234,5", "1234.5"), (NumberForm(",", "."), "1.234.567", "1234567"),
        (NumberForm(".", ","), "1,234.56", "1234.56"), (NumberForm(".", ","), "１，２３４．５０", "1234.5"), (NumberForm(",", "space"), "1 234,50", "1234.5"),
        (NumberForm(",", "space"), "1\u202f234\u00a0567,50", "1234567.5"), (NumberForm(".", "'"), "1'234.50", "1234.5"), (NumberForm(), ".5", "0.5"),
        (NumberForm(".", ","), "+7", "7"),
    ],
)  # fmt: skip
def test_number_forms(form, text, amount):
    assert read("items", Forms(numbers=form), amount=text)[0]["amount"].item() == Decimal(amount)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (NumberForm(",", "."), "12.34"), (NumberForm(",", "."), "1,234.56"), (NumberForm(".", ","), "1,23"), (NumberForm(".", ","), "12,34,567"),
        (NumberForm(), "1,234"), (NumberForm(",", "."), "1.2345"), (NumberForm(".", ","), "1.234,56"),
    ],
)  # fmt: skip
def test_a_number_not_in_the_stated_form_is_refused_not_misread(form, text):
    assert read("items", Forms(numbers=form), amount=text)[1].select("code", "value").rows() == [("amount", text)]


@pytest.mark.parametrize(
    ("text", "code"), [("5-", "not_positive"), ("(5)", "not_positive"), ("−5", "not_positive"), ("-5", "not_positive")]
)
def test_a_minus_is_seen_wherever_it_stands(text, code):
    assert read("items", Forms(), amount=text)[1]["code"].to_list() == [code]
    assert read("balances", Forms(), amount=text)[0]["amount"].item() == -5


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("M/D/YYYY", "3/4/2025", "2025-03-04"), ("D.M.YYYY", "31.1.2025", "2025-01-31"), ("DD/MM/YY", "05/06/25", "2025-06-05"),
        ("YYYYMMDD", "20250131", "2025-01-31"), ("D MMM YYYY", "5 Mar 2025", "2025-03-05"), ("serial", "45688", "2025-01-31"),
        ("YYYY年M月D日", "２０２５年1月31日", "2025-01-31"), ("M/D/YYYY", "2025-01-31", "2025-01-31"),
    ],
)  # fmt: skip
def test_date_forms(form, text, expected):
    assert str(read("items", Forms(dates=(pattern_of(form),)), issued_on=text)[0]["issued_on"].item()) == expected


@pytest.mark.parametrize("form", ["DD/MM", "YYYY", "D/D/YYYY", "%Y-%m-%d", "YYYY-MM-DD HH", "", "hello"])
def test_what_is_no_form_of_dates(form):
    assert pattern_of(form) is None


def test_a_stated_form_leaves_no_other():
    assert read("items", Forms(dates=(pattern_of("M/D/YYYY"),)), issued_on="31/1/2025")[1]["code"].to_list() == ["date"]
