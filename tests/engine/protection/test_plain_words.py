"""A policy in plain words: every value of every term is said in both languages, and nothing of the other one."""

import re

import pytest

from seawall.engine.protection.plain_words import SENTENCES, said
from seawall.engine.protection.terms import TERMS
from seawall.policies.insurance import parse, templates, with_settings

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("name", templates())
def test_every_value_is_said_in_both_languages(name):
    wording = templates()[name]
    for code in ("en", "zh"):
        lines = said(wording, code)
        assert len(lines) == sum(map(len, wording.terms.values()))
        for line in lines:
            assert bool(CHINESE.search(line.title + line.sentence)) == (code == "zh"), line
            assert "{" not in line.sentence
            assert "_" not in line.sentence, "a code is no word"
            assert line.sentence[-1] in ".。"


def test_numbers_are_said_as_they_are():
    lines = {line.term: line.sentence for line in said(templates()["sinosure-style"], "en")}
    assert lines["overdue_notice"].startswith(
        "Within 60 days from the original due day; if missed: the insured percentage is"
    )
    assert lines["insured_rate"] == "90 %; but: 80 % for cause refusal of the goods."
    assert lines["premium"].startswith("On: shipments; premium rate: 0.35 %; minimum premium: 20,000.00 USD")
    chinese = {line.term: line.sentence for line in said(templates()["sinosure-style"], "zh")}
    assert chinese["waiting_period"].startswith("破产：自损失发生日起 0 天；拖欠：自原到期日起 6 个月")


def test_places_of_sentences_are_fields():
    for path, both in SENTENCES.items():
        field = TERMS[path.split(".")[0]].value
        for part in path.split(".")[1:]:
            field = field.fields[part]
        for text in both:
            assert set(re.findall(r"\{(\w+)\}", text)) <= {*field.fields, "value"}, path


def test_what_follows_by_how_late_it_is():
    late = {"late": [{"days": 30, "factor": 0.8}], "then": "lost"}
    asked = with_settings(
        [templates()["sinosure-style"]], [f"hand_over={{from: due, within: {{days: 5}}, missed: {late}}}"]
    )
    both = [{line.term: line.sentence for line in said(asked[0], code)}["hand_over"] for code in ("en", "zh")]
    assert "up to 30 days late the insured percentage is multiplied by 80 %; later cover is lost" in both[0]
    assert "逾期不超过 30 天：赔偿比例乘以 80%；更晚：丧失承保" in both[1]


def test_a_term_that_ends_and_one_that_is_none():
    text = """\
policy: P
form: whole_turnover
period: {from: 2025-01-01, to: 2025-12-31}
currency: JPY
terms:
  causes: [insolvency]
  vat: in
  max_payment_term: none
  receipt_allocation: as_booked
  disputed: covered
  mep: none
  stop_of_cover: none
  insured_rate: 0.125
  threshold_amount:
    2025-01-01: {value: 1000}
    2025-06-01: {value: null}
  loss_operators:
    2025-01-01: {value: [threshold, insured_rate]}
    2025-06-01: {value: [insured_rate]}
"""
    lines = [(line.term, line.sentence) for line in said(parse(text, name="p"), "en")]
    assert ("mep", "None.") in lines
    assert ("threshold_amount", "1,000 JPY.") in lines
    assert ("threshold_amount", "No longer holds.") in lines
    assert ("insured_rate", "12.5 %.") in lines
