from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.kernel.errors import CurrencyMismatch, InputError, UnknownCode
from seawall.engine.kernel.money import (
    AMOUNT_LIMIT_MINOR,
    EXPONENTS,
    Money,
    amount_text,
    amount_texts,
    exponent,
    minor_of,
)


def test_each_currency_has_its_own_decimals():
    assert {code: exponent(code) for code in ("CNY", "JPY", "KWD", "CLF")} == {"CNY": 2, "JPY": 0, "KWD": 3, "CLF": 4}
    with pytest.raises(UnknownCode, match="XYZ"):
        exponent("XYZ")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1234.5", "CNY", 123450),
        ("-0.01", "CNY", -1),
        ("1234", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("1e3", "CNY", 100000),
    ],
)
def test_decimal_text_to_minor_units(text, currency, minor):
    assert minor_of(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.234", "CNY"),
        ("1.5", "JPY"),
        ("1,5", "CNY"),
        ("", "CNY"),
        ("NaN", "CNY"),
        ("Infinity", "CNY"),
        ("9e15", "CNY"),
        ("1e9999999", "CNY"),
    ],
)
def test_what_is_no_amount_is_refused(text, currency):
    with pytest.raises(InputError):
        minor_of(text, currency)


@given(st.integers(-AMOUNT_LIMIT_MINOR, AMOUNT_LIMIT_MINOR), st.sampled_from(sorted(EXPONENTS)))
def test_text_and_minor_units_are_one(minor, currency):
    assert minor_of(amount_text(minor, currency), currency) == minor
    assert Money(minor, currency).decimal == Decimal(amount_text(minor, currency))


def test_money_adds_only_within_a_currency():
    assert Money(1, "CNY") + Money(2, "CNY") == Money(3, "CNY")
    assert str(Money(-5, "CNY")) == "-0.05 CNY"
    with pytest.raises(CurrencyMismatch, match="CNY and EUR"):
        Money(1, "CNY") + Money(2, "EUR")


def test_a_column_of_amounts_as_text():
    assert pl.Series("m", [5, -123]).to_frame().select(amount_texts(pl.col("m"), "JPY"))["m"].to_list() == ["5", "-123"]
