import datetime as dt
import json
import random

import pytest
import yaml
from mangled_policies import BAD, GOOD, english_in

from seawall.engine.kernel.errors import PolicyError, PolicyGap, PolicyInvalid, PolicyOverlap, Sentence
from seawall.engine.protection.durations import Duration, WorkDays
from seawall.engine.protection.terms import TERMS, WORDS
from seawall.exchange.language import Language
from seawall.policies.insurance import TEMPLATES, load_wordings, parse, templates, with_settings


def day(text):
    return dt.date.fromisoformat(text)


class TestGood:
    def test_short_and_long_forms_are_the_same_kind_of_value(self):
        wording = parse(GOOD, name="p.yaml")
        assert wording.get("insured_rate", day("2025-06-30"))["rate"] == 0.9
        assert wording.get("insured_rate", day("2025-07-01"))["rate"] == 0.85
        assert wording.dated("insured_rate", day("2025-07-01")).note == "from July"
        assert wording.get("mep", day("2025-12-31")) == Duration(60)
        assert wording.dated("mep", day("2025-12-31")).source == "contract 7"

    def test_amounts_are_whole_minor_units_of_the_policys_currency(self):
        assert parse(GOOD, name="p.yaml").get("threshold_amount", day("2025-01-01")) == 100050
        yen = GOOD.replace("USD", "JPY").replace("1000.50", "1000")
        assert parse(yen, name="p.yaml").get("threshold_amount", day("2025-01-01")) == 1000

    def test_a_term_that_is_absent_is_a_gap_that_names_it(self):
        wording = parse(GOOD, name="p.yaml")
        with pytest.raises(PolicyGap, match="recoveries"):
            wording.need("recoveries", day("2025-03-01"))
        assert wording.get("recoveries", day("2025-03-01")) is None

    def test_none_says_that_there_is_no_such_rule(self):
        wording = parse(GOOD.replace("mep: {days: 60}", "mep: none").replace("[mep_end]", "[]"), name="p.yaml")
        assert wording.need("mep", day("2025-03-01")) is None

    def test_an_endorsement_may_end_a_term_that_is_not_needed(self):
        text = GOOD + "  hand_over:\n    2025-01-01: {value: {from: mep_end, within: {days: 30}, missed: nothing}}\n"
        wording = parse(text + "    2025-05-01: {value: null}\n", name="p.yaml")
        assert wording.get("hand_over", day("2025-04-30"))["within"] == Duration(30)
        assert wording.get("hand_over", day("2025-05-01")) is None

    def test_working_days_count_by_the_calendar_of_the_policy(self):
        calendar = "calendar: {holidays: [2025-05-01], workdays: [2025-05-04]}\n"
        text = calendar + GOOD + "  hand_over: {from: due, within: {working_days: 2}, missed: lost}\n"
        within = parse(text, name="p.yaml").get("hand_over", day("2025-05-01"))["within"]
        assert within.after(day("2025-04-30")) == day("2025-05-04")  # Friday, and a Sunday that is worked
        assert within.calendar == WorkDays(
            holidays=frozenset([day("2025-05-01")]), workdays=frozenset([day("2025-05-04")])
        )


@pytest.mark.parametrize(("old", "new", "line", "what"), BAD, ids=[what for *_, what in BAD])
def test_a_bad_file_is_refused_with_its_line_and_the_reason(old, new, line, what):
    assert old in GOOD
    with pytest.raises(PolicyInvalid) as refused:
        parse(GOOD.replace(old, new, 1), name="p.yaml")
    assert what in refused.value.message
    assert (refused.value.params["file"], refused.value.params["line"]) == ("p.yaml", line)


@pytest.mark.parametrize(("old", "new", "line", "what"), BAD, ids=[what for *_, what in BAD])
def test_a_refusal_is_said_in_chinese_and_its_hint_with_it(old, new, line, what):
    with pytest.raises(PolicyInvalid) as refused:
        parse(GOOD.replace(old, new, 1), name="p.yaml")
    assert english_in(refused.value) == []
    message, _hint = Language("zh").error(refused.value)
    assert message.startswith(f"保单文件 p.yaml 无法使用，第 {line} 行：")
    assert what not in message
    kept = json.loads(json.dumps(refused.value.kept))
    assert Language("zh").say(refused.value.template, **kept) == message, "what is kept is said the same later"


def test_what_is_not_translated_is_found():
    assert english_in(PolicyInvalid("Cannot be used at all: {what}", what=Sentence("Nor is this said in Chinese.")))
    assert not english_in(PolicyInvalid("{what}", what=Sentence("There is no day {day}.", {"day": "not in the file"})))


def test_a_setting_that_is_no_yaml_is_refused():
    with pytest.raises(PolicyInvalid, match="The setting threshold_amount=0x_ cannot be used"):
        with_settings([parse(GOOD, name="p.yaml")], ["threshold_amount=0x_"])


@pytest.mark.parametrize("over", [{"A": "A"}, {"A": "B", "B": "A"}, {"A": "B", "B": "C", "C": "A"}])
def test_a_top_up_over_itself_is_refused(over):
    texts = [
        (f"{code}.yaml", GOOD.replace("P-1", code).replace("whole_turnover", f"top_up\nover: {below}"))
        for code, below in over.items()
    ]
    with pytest.raises(PolicyInvalid, match=r"The policy A in A\.yaml lies over itself"):
        load_wordings(texts)


def test_what_is_no_yaml_is_refused_with_its_line():
    with pytest.raises(PolicyInvalid, match=r"p\.yaml cannot be used, line 2"):
        parse("policy: P-1\n\tform: x\n", name="p.yaml")


@pytest.mark.parametrize("text", ["", "[]", "policy: P-1", "5", "\x00"])
def test_what_is_no_policy_is_refused(text):
    with pytest.raises(PolicyInvalid):
        parse(text, name="p.yaml")


@pytest.mark.parametrize("term", ["causes", "vat", "mep", "disputed", "stop_of_cover", "loss_operators"])
def test_a_policy_without_a_needed_term_is_a_gap_that_names_it(term):
    body = yaml.safe_load(GOOD)
    del body["terms"][term]
    with pytest.raises(PolicyGap, match=f"2025-01-01 for {term}") as refused:
        parse(yaml.safe_dump(body, sort_keys=False), name="p.yaml")
    assert refused.value.where.file == "p.yaml"


def test_a_needed_term_that_begins_after_the_period_leaves_a_gap():
    with pytest.raises(PolicyGap, match="insured_rate") as refused:
        parse(GOOD.replace("    2025-01-01: {value: 0.9, source: page 3}\n", ""), name="p.yaml")
    assert (refused.value.where.file, refused.value.where.row) == ("p.yaml", 14)


def test_a_needed_term_may_not_end():
    with pytest.raises(PolicyGap, match="2025-07-01 for insured_rate"):
        parse(GOOD.replace("{rate: 0.85}", "null"), name="p.yaml")


def test_a_day_given_twice_is_an_overlap():
    with pytest.raises(PolicyOverlap, match="2025-07-01 twice, line 17"):
        parse(GOOD.replace("    2025-07-01", "    2025-07-01: {value: 0.8}\n    2025-07-01"), name="p.yaml")


def test_a_country_that_yaml_takes_for_a_no_is_told():
    with pytest.raises(PolicyInvalid, match="for Norway"):
        parse(GOOD + "  countries: {excluded: [NO]}\n", name="p.yaml")


def test_whatever_is_done_to_a_policy_it_is_read_or_refused():
    rng = random.Random(7)
    texts = [(TEMPLATES / f"{name}.yaml").read_text("utf-8") for name in templates()]
    odd = [
        "",
        "\x00",
        "{",
        ":",
        "\n",
        "- ",
        "\t",
        "9",
        "&",
        "*",
        "!!python/object:os.system ",
        "é",
        "2025-02-31",
        "null",
    ]
    refused, english = 0, []
    for _ in range(1500):
        letters = list(rng.choice(texts))
        for _ in range(rng.randint(1, 4)):
            letters[rng.randrange(len(letters))] = rng.choice(odd)
        try:
            parse("".join(letters), name="p.yaml")
        except PolicyError as error:
            refused += 1
            english += english_in(error)
    assert refused > 500
    assert english == []


def test_two_flaws_at_once_are_one_refusal():
    with pytest.raises(PolicyInvalid, match="References, tags"):
        parse("a: &x {\nb: *x", name="p.yaml")


class TestSeveral:
    def test_two_files_may_not_hold_one_policy_for_one_day(self):
        with pytest.raises(PolicyOverlap, match=r"P-1 is given for 2025-01-01 by both"):
            load_wordings([("a.yaml", GOOD), ("b.yaml", GOOD)])

    def test_a_renewal_in_another_currency_is_refused_with_its_line(self):
        next_year = GOOD.replace("2025", "2026").replace("currency: USD", "currency: EUR")
        with pytest.raises(PolicyInvalid, match=r"b.yaml cannot be used, line 4: .*P-1 is in USD in a.yaml") as refused:
            load_wordings([("b.yaml", next_year), ("a.yaml", GOOD)])
        assert (refused.value.where.file, refused.value.where.row) == ("b.yaml", 4)

    def test_a_renewal_under_the_same_code_is_another_period(self):
        next_year = GOOD.replace("2025", "2026")
        assert [one.first_on.year for one in load_wordings([("b.yaml", next_year), ("a.yaml", GOOD)])] == [2025, 2026]

    def test_a_top_up_lies_over_a_policy_that_is_there(self):
        top = GOOD.replace("form: whole_turnover", "form: top_up\nover: P-1").replace("policy: P-1", "policy: TOP")
        assert [one.over for one in load_wordings([("a.yaml", GOOD), ("t.yaml", top)])] == ["", "P-1"]
        with pytest.raises(PolicyInvalid, match="there is no such policy"):
            load_wordings([("t.yaml", top)])


class TestTemplates:
    def test_every_template_can_be_read(self):
        assert set(templates()) == {path.stem for path in TEMPLATES.glob("*.yaml")} >= {"sinosure-style"}

    def test_what_was_written_from_memory_is_marked(self):
        wording = templates()["sinosure-style"]
        assert wording.dated("insured_rate", wording.first_on).is_verified
        assert not wording.dated("mep", wording.first_on).is_verified

    @pytest.mark.parametrize("name", templates())
    def test_every_value_of_a_template_names_its_source(self, name):
        for values in templates()[name].terms.values():
            assert all("[S:" in value.source or "[K]" in value.source for value in values)


def fields_of(field):
    yield field
    for part in field.fields.values():
        yield from fields_of(part)


def test_the_table_of_terms_speaks_both_languages():
    for term in TERMS.values():
        assert term.about
        assert term.about_zh
        for field in fields_of(term.value):
            assert field.title
            assert field.title_zh
            assert set(field.choices) <= set(WORDS)
            assert not field.main or field.main in field.fields
