"""Sentences that stand in tables of the code, and are looked up by a key, have their Chinese too."""

import pytest

from seawall.engine.action.worklist import EXCLUDED
from seawall.engine.action.worklist import REASONS as CALLS
from seawall.engine.explain import EXPOSURE_TITLES, TITLES
from seawall.engine.kernel.trace import FORMULAS
from seawall.engine.ledger.laws import LAWS
from seawall.engine.ledger.rejects import REASONS, WARNINGS
from seawall.exchange import (
    report_concentration,
    report_exposure,
    report_intake,
    report_loss,
    report_parts,
    report_protection,
    report_speed,
    report_trace,
)
from seawall.exchange.language import Language
from seawall.exchange.report_reasons import reason

SENTENCES = {
    "parts": [*report_parts.GROUP_TITLES.values(), *dict(report_parts.MEASURES).values(), *report_parts._BUCKETS.values()],
    "loss": [
        *report_loss.METHODS.values(), *report_loss.BASES.values(), *report_loss._POOLS.values(),
        *report_loss._MOVEMENTS.values(), *report_loss._EVENTS.values(),
    ],
    "speed": [title for _, title, _ in report_speed.FIELDS],
    "protection": [
        *report_concentration._DIMENSIONS.values(), *report_protection._TIES.values(),
        *report_protection._TIE_NOTES.values(),
    ],
    "exposure": [
        *report_exposure.KINDS.values(), *report_exposure.STATES.values(), *report_exposure.EVENTS.values(),
        *dict(report_exposure._CUSTOMER).values(),
    ],
    "trace": [*report_trace._SOURCES.values()],
    "intake": [title for _, title in report_intake.FATES],
    "calls": [*CALLS.values(), *EXCLUDED.values()],
    "laws": [*LAWS.values()],
    "rejects": [*REASONS.values(), *WARNINGS.values()],
    "figures": [*TITLES.values(), *EXPOSURE_TITLES.values(), *(formula.title for formula in FORMULAS.values())],
}  # fmt: skip
EN, ZH = Language("en"), Language("zh")


@pytest.mark.parametrize("name", SENTENCES)
def test_they_are_whole(name):
    assert [text for text in SENTENCES[name] if ZH.say(text) == text] == []


@pytest.mark.parametrize(
    ("bucket", "english", "chinese"),
    [
        ("not_due", "Not due", "未到期"), ("1_30", "1–30 days", "1–30天"), ("over_365", "Over 365 days", "365天以上"),
        ("due_today", "Due today", "今日到期"), ("due_in_30_or_more", "Due in 30+", "30+天内到期"),
        ("0_1_year", "Within 1 year", "1年以内"), ("4_5_years", "4–5 years", "4–5年"), ("over_5_years", "Over 5 years", "5年以上"),
        ("written_off", "Written off", "核销"),
    ],
)  # fmt: skip
def test_buckets_have_names(bucket, english, chinese):
    assert report_parts.bucket_title(bucket, EN) == english
    assert report_parts.bucket_title(bucket, ZH) == chinese


def test_a_reason_is_a_sentence_with_amounts_and_days_as_people_write_them():
    said = {"code": "overdue", "amount": "1234567.80", "days": 42}
    assert reason(said, "CNY", EN) == "CNY 1.23 m is overdue, the oldest part by 42 days."
    assert reason(said, "CNY", ZH) == "逾期 123.5 万元\uff0c最长逾期 42 天。"
    stopped = {"code": "stopped_paying", "last_paid_on": "2026-01-11"}
    assert reason(stopped, "CNY", EN) == "Nothing has been received since 11 January 2026."
    assert "–" in reason({"code": "stopped_paying", "last_paid_on": None}, "CNY", EN)
