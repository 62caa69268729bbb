import datetime as dt
import random

import pytest
import yaml

from seawall.engine.kernel.errors import PolicyError, PolicyGap, PolicyInvalid, PolicyOverlap
from seawall.engine.protection.durations import Duration, WorkDays
from seawall.engine.protection.terms import TERMS, WORDS
from seawall.policies.insurance import TEMPLATES, load_wordings, parse, templates

GOOD = """\
policy: P-1
form: whole_turnover
period: {from: 2025-01-01, to: 2025-12-31}
currency: USD
source: contract 7
terms:
  causes: [insolvency]
  vat: out
  max_payment_term: {days: 90}
  receipt_allocation: oldest_due
  disputed: suspended
  mep: {days: 60}
  stop_of_cover: [mep_end]
  insured_rate:
    2025-01-01: {value: 0.9, source: page 3}
    2025-07-01: {value: {rate: 0.85}, source: endorsement 2, note: from July}
  threshold_amount: 1000.50
  loss_operators: [threshold, insured_rate]
"""


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


DUTY = "{from: due, within: {days: 5}, missed: %s}"
FALLING = "{late: [{days: 9, rate: 0.5}, {days: 9, rate: 0.4}], then: lost}"
NESTED = "{late: [{days: 9, rate: 0.5}], then: {late: [{days: 20, rate: 0.5}], then: lost}}"
BOUNDS = "[threshold, deductible, insured_rate]\n  deductible: {rate: 0.1, minimum_amount: 5, maximum_amount: 1}"
BAD = [
    ("vat: out", "vat: perhaps", 8, "perhaps is not one of in, out"),
    ("mep: {days: 60}", "mep: {days: 60, months: 2}", 12, "is not a period"),
    ("mep: {days: 60}", "mep: {weeks: 8}", 12, "{weeks: 8} is not a period"),
    ("mep: {days: 60}", "mep: {days: -5}", 12, "-5 is not a whole number of days from 0"),
    ("mep: {days: 60}", "mep: {days: 2.5}", 12, "2.5 is not a whole number"),
    ("mep: {days: 60}", "mep: {days: 60000}", 12, "60000 is not a whole number of days from 0 to 3660"),
    ("mep: {days: 60}", "mep: 60", 12, "60 is not a period"),
    ("mep: {days: 60}", "mep: {working_days: 5}", 12, "Working days need the `calendar`"),
    ("mep: {days: 60}", "mep: none", 13, "mep is none"),
    ("mep: {days: 60}", "mepp: {days: 60}", 12, "The term mepp is not known"),
    ("value: 0.9,", "value: 1.1,", 15, "1.1 is not a rate per one"),
    ("value: 0.9,", "value: true,", 15, "True is not a rate per one"),
    ("{rate: 0.85}", "{rate: 0.85, rule: []}", 16, "The field rule is not known"),
    ("{rate: 0.85}", "{rules: []}", 16, "The field rate is missing"),
    ("{rate: 0.85}", "{rate: 0.8, rules: [{cause: flood, rate: 0.1}]}", 16, "flood is not one of"),
    ("[threshold, insured_rate]", "[threshold, insured_rate, excess]", 18, "excess is not one of"),
    ("[threshold, insured_rate]", "[threshold]", 18, "add insured_rate"),
    ("[threshold, insured_rate]", "[insured_rate]", 17, "threshold is not in loss_operators"),
    ("[threshold, insured_rate]", "[threshold, insured_rate, annual_maximum]", 18, "has no annual_maximum"),
    ("[threshold, insured_rate]", "[threshold, threshold, insured_rate]", 18, "threshold stands twice"),
    ("mep: {days: 60}", "mep: {days: 60}\n  countries: {excluded: [XX]}", 13, "XX is not a country code"),
    ("mep: {days: 60}", "mep: {days: 60}\n  countries: {covered: [DE], excluded: [DE]}", 13, "DE is both covered and"),
    ("{rate: 0.85}", "{rate: 0.8, rules: [{rate: 0.5}, {country: [DE], rate: 0.7}]}", 14, "This rule never holds"),
    ("[threshold, insured_rate]", BOUNDS, 19, "The maximum is below the minimum"),
    ("1000.50", "-1", 17, "-1 is below zero"),
    ("1000.50", "1000.505", 17, "not an amount in USD"),
    ("1000.50", "12 thousand", 17, "12 thousand is not an amount"),
    ("2025-07-01: {value", "2025-02-30: {value", 16, "There is no day 2025-02-30"),
    ("2025-07-01: {value", "someday: {value", 16, "someday is not a day"),
    ("2025-07-01: {value", "2026-07-01: {value", 16, "2026-07-01 lies after the period"),
    ("from: 2025-01-01", "from: 2026-01-01", 3, "ends on 2025-12-31, before it begins"),
    ("from: 2025-01-01", "from: 2025-13-01", 3, "There is no day 2025-13-01"),
    ("currency: USD", "currency: US$", 4, "Unknown currency US$"),
    ("form: whole_turnover", "form: everything", 2, "everything is not one of whole_turnover"),
    ("form: whole_turnover", "form: single_buyer", 2, "names them: `buyers`"),
    ("form: whole_turnover", "form: top_up", 2, "names the policy it lies on"),
    ("source: contract 7", "sauce: contract 7", 5, "The field sauce is not known"),
    ("mep: {days: 60}", f"mep: {{days: 60}}\n  hand_over: {DUTY % 'late'}", 13, "late is not one of lost, nothing"),
    ("mep: {days: 60}", f"mep: {{days: 60}}\n  hand_over: {DUTY % '{late: [{rate: 0.5}], then: lost}'}", 13, "not a whole number of days"),
    ("mep: {days: 60}", f"mep: {{days: 60}}\n  hand_over: {DUTY % FALLING}", 13, "9 is not a whole number of days above"),
    ("mep: {days: 60}", f"mep: {{days: 60}}\n  hand_over: {DUTY % NESTED}", 13, "A step has no steps of its own"),
    ("policy: P-1\n", "", 1, "The field policy is missing"),
    ("terms:", "terms: {a: &x 1, b: *x}\nnote: x\nmore:", 1, "References, tags"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "what"), BAD, ids=[what for *_, what in BAD])
def test_a_bad_file_is_refused_with_its_line_and_the_reason(old, new, line, what):
    assert old in GOOD
    with pytest.raises(PolicyInvalid) as refused:
        parse(GOOD.replace(old, new, 1), name="p.yaml")
    assert what in refused.value.message
    assert (refused.value.params["file"], refused.value.params["line"]) == ("p.yaml", line)


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
    refused = 0
    for _ in range(1500):
        letters = list(rng.choice(texts))
        for _ in range(rng.randint(1, 4)):
            letters[rng.randrange(len(letters))] = rng.choice(odd)
        try:
            parse("".join(letters), name="p.yaml")
        except PolicyError:
            refused += 1
    assert refused > 500


def test_two_flaws_at_once_are_one_refusal():
    with pytest.raises(PolicyInvalid, match="References, tags"):
        parse("a: &x {\nb: *x", name="p.yaml")


class TestSeveral:
    def test_two_files_may_not_hold_one_policy_for_one_day(self):
        with pytest.raises(PolicyOverlap, match=r"P-1 is given for 2025-01-01 by both"):
            load_wordings([("a.yaml", GOOD), ("b.yaml", GOOD)])

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
