"""Words, numbers and days as an English and a Chinese reader expect them."""

from decimal import Decimal

import pytest

from seawall.engine.kernel.errors import InputError, UsageError
from seawall.exchange.language import Language, wanted

EN, ZH = Language("en"), Language("zh")


@pytest.mark.parametrize(
    ("amount", "currency", "english", "chinese"),
    [
        ("123456789.5", "CNY", "CNY 123.46 m", "1.23 亿元"), ("1234567.5", "CNY", "CNY 1.23 m", "123.5 万元"),
        ("9999", "CNY", "CNY 9,999", "9,999 元"), ("-50000", "EUR", "EUR −50,000", "−5.0 万欧元"),
        ("0", "USD", "USD 0", "0 美元"),
    ],
)  # fmt: skip
def test_headline_amounts(amount, currency, english, chinese):
    assert EN.short_money(Decimal(amount), currency) == english
    assert ZH.short_money(Decimal(amount), currency) == chinese


@pytest.mark.parametrize(
    ("largest", "english", "chinese"),
    [("9999999.99", ("CNY", 1, 2), ("元", 1, 2)), ("10000000", ("CNY thousand", 1000, 0), ("万元", 10000, 2))],
)
def test_the_scale_follows_the_largest_amount(largest, english, chinese):
    for language, (title, divisor, places) in ((EN, english), (ZH, chinese)):
        scale = language.scale(Decimal(largest), "CNY", 2)
        assert (scale.title, scale.divisor, scale.places) == (title, divisor, places)


def test_days_months_and_rates():
    assert (EN.day("2026-06-30"), ZH.day("2026-06-30")) == ("30 June 2026", "2026年6月30日")
    assert (EN.month("2026-06-30"), ZH.month("2026-06-30")) == ("Jun 26", "26年6月")
    assert (EN.percent(0.00314), ZH.percent(0.00314)) == ("0.31 %", "0.31%")
    assert EN.day(None) == EN.percent(None) == EN.number(None, 2) == "–"


def test_a_minus_is_a_minus_and_nothing_is_not_minus_nothing():
    assert EN.number(-1234.5, 2) == "−1,234.50"
    assert EN.number(-0.001, 2) == "0.00"


def test_sentences_follow_the_habit_of_the_language():
    assert EN.sentences(["One.", "Two."]) == "One. Two."
    assert ZH.sentences(["一。", "二。"]) == "一。二。"
    assert (EN.listed(["a", "b"]), ZH.listed(["a", "b"])) == ("a, b", "a、b")


def test_the_catalogue_is_read_and_filled_in():
    assert ZH.say("Open") == "应收余额"
    assert "0.31%" in ZH.say("Net loss {rate} of turnover, within the aim of {aim}.", rate="0.31%", aim="0.50%")
    assert ZH.say("") == ""
    message, hint = ZH.error(InputError("Unknown currency {currency}.", hint="Use en or zh.", currency="XYZ"))
    assert "XYZ" in message
    assert hint == "请用 en 或 zh。"


@pytest.mark.parametrize(
    ("asked", "terminal", "code"),
    [("zh-CN", "en_US", "zh"), ("EN", "zh_CN", "en"), (None, "zh_CN.UTF-8", "zh"), (None, "fr_FR", "en")],
)
def test_the_language_wanted(asked, terminal, code):
    assert wanted(asked, terminal).code == code


def test_a_language_it_does_not_speak():
    with pytest.raises(UsageError, match="fr"):
        Language.named("fr")
