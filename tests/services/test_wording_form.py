"""A policy as a form: form and text are two views of one thing, and what is not touched stays as it was written."""

import datetime as dt

import pytest
import yaml
from mangled_policies import GOOD

from seawall.engine.kernel.errors import InputError, PolicyInvalid
from seawall.engine.protection.terms import TERMS
from seawall.policies.insurance import TEMPLATES, parse, templates
from seawall.services import wording_text
from seawall.services.wording_form import SECTIONS, field_at, form_of, text_of
from seawall.services.wordings import FILE

TEXTS = {name: (TEMPLATES / f"{name}.yaml").read_text("utf-8") for name in templates()}
EVERYTHING = (
    GOOD
    + """\
  countries: {covered: [DE, FR]}   # only these
  sectors: {excluded: [C26]}
  public_buyers: {insured: false, codes: [C1]}
  conversion: {rule: fixed, rates: {EUR: 1.1, CNY: 0.14}}
  limit_needed: true
  discretionary_limit: {amount: 5000, payments: {count: 2, within: {months: 12}, paid_by: due}, lost_on: [refused]}
  buyer_codes: {C1: "001", C2: "x, y"}
  hand_over: {from: due, within: {days: 30}, missed: {factor: 0.8}, small_amount: "20.50"}
  waiting_period: {insolvency: {from: loss, length: {days: 0}}}
  recoveries: {rule: by_indemnity, costs: shared}
  # what it costs
  premium: {basis: turnover, rate: 0.0035, rules: [{country: [DE], rate: 0.002}, {grade: [A, B], rate: 0.001}]}
  loss_payee: Bank, of the East
"""
)


def filled(typed, **more):
    """What a browser sends back: every field as text, with some of it typed anew."""
    return {name: list(said) for name, said in typed.items()} | {name: [said] for name, said in more.items()}


@pytest.mark.parametrize("text", [*TEXTS.values(), EVERYTHING], ids=[*TEXTS, "everything"])
def test_a_form_that_is_not_touched_says_the_same_text(text):
    typed = form_of(text)
    assert text_of(filled(typed), text) == text
    assert [name for name in typed if name.endswith(".yaml")] == []


@pytest.mark.parametrize("text", [*TEXTS.values(), EVERYTHING], ids=[*TEXTS, "everything"])
def test_written_anew_from_its_fields_alone_every_term_means_the_same(text):
    typed, wording = form_of(text), parse(text, name=FILE)
    for term in wording.terms:
        changed = filled(typed, **{f"t.{term}.0.note": "seen", f"t.{term}.0.source": "page 1"})
        made = text_of(changed, text)
        again = parse(made, name=FILE)
        assert [one.value for one in again.terms[term]] == [one.value for one in wording.terms[term]], term
        assert again.terms[term][0].note == "seen"
        assert {name: again.terms[name] for name in again.terms if name != term} == {
            name: wording.terms[name] for name in wording.terms if name != term
        }
        back = form_of(made)
        assert {name: said for name, said in back.items() if said != changed.get(name)} in (
            {}, {f"t.{term}.0.on": [str(wording.first_on)]},
        ), term  # fmt: skip
        assert text_of(back, made) == made


def test_comments_stay_and_only_the_lines_of_what_changed_are_others():
    made = text_of(filled(form_of(EVERYTHING), **{"t.vat.0.v": "in", "title": "New"}), EVERYTHING)
    before, after = EVERYTHING.splitlines(), made.splitlines()
    assert [line for line in before if line not in after] == ["  vat: out"]
    assert [line for line in after if line not in before] == ["title: New", "  vat: in"]
    assert "  # what it costs" in after


def test_a_term_is_added_ended_taken_away_and_given_a_later_day():
    typed = form_of(EVERYTHING)
    later = {"t.vat.1.on": "2025-07-01", "t.vat.1.v": "in", "t.vat.1.source": "endorsement 1"}
    ended = {"t.hand_over.1.on": "2025-06-01", "t.hand_over.1.ends": "yes"}
    new = {"t.max_invoicing.0.v.length.count": "30", "t.max_invoicing.0.v.length.unit": "days"}
    none = {"t.datum_line_amount.0.none": "yes"}
    made = filled(typed, **later, **ended, **new, **none)
    made = {name: said for name, said in made.items() if not name.startswith("t.limit_needed.")}
    wording = parse(text_of(made, EVERYTHING), name=FILE)
    day = dt.date(2025, 7, 1)
    assert (wording.get("vat", wording.first_on), wording.get("vat", day)) == ("out", "in")
    assert wording.dated("vat", day).source == "endorsement 1"
    assert wording.get("hand_over", day) is None
    assert wording.get("max_invoicing", day)["length"].count == 30
    assert (wording.dated("datum_line_amount", day).value, "limit_needed" in wording.terms) == ("none", False)


def test_the_order_of_the_calculation_is_that_of_the_places():
    typed = form_of(EVERYTHING)
    assert typed["t.loss_operators.0.v.0"] == ["threshold"]
    made = text_of(
        filled(typed, **{"t.loss_operators.0.v.0": "insured_rate", "t.loss_operators.0.v.1": "threshold"}), EVERYTHING
    )
    assert parse(made, name=FILE).get("loss_operators", dt.date(2025, 1, 1)) == ("insured_rate", "threshold")


def test_what_no_field_holds_stays_yaml():
    odd = EVERYTHING.replace("excluded: [C26]", 'excluded: ["a, b"]')
    typed = form_of(odd)
    assert [name for name in typed if name.endswith(".yaml")] == ["t.sectors.0.yaml"]
    assert text_of(filled(typed), odd) == odd
    with pytest.raises(InputError) as refused:
        text_of(filled(typed, **{"t.sectors.0.yaml": "&a [*a]"}), odd)
    assert refused.value.where.column == "t.sectors.0.yaml"


@pytest.mark.parametrize(
    ("name", "text", "at"),
    [
        ("t.mep.0.v.count", "many", "t.mep.0.v.count"),
        ("t.mep.0.v.unit", "weeks", "t.mep.0.v.unit"),
        ("t.hand_over.0.v.within.count", "many", "t.hand_over.0.v.within.count"),
        ("t.hand_over.0.v.within.count", "", "t.hand_over.0.v.within.count"),
        ("t.hand_over.0.v.from", "soon", "t.hand_over.0.v.from"),
        ("t.hand_over.0.v.missed.rate", "lots", "t.hand_over.0.v.missed.rate"),
        ("t.claim_filing.0.v.missed.rate", "lots", "t.claim_filing.0.v.missed.rate"),
        ("t.limit_backdating.0.v.unit", "months", "t.limit_backdating.0.v.count"),
        ("t.limit_backdating.0.v.unit", "weeks", "t.limit_backdating.0.v.unit"),
        ("t.hand_over.0.v.missed.kind", "", "t.hand_over.0.v.missed.kind"),
        ("t.premium.0.v.rules.0.rate", "", "t.premium.0.v.rules.0.rate"),
        ("t.premium.0.v.rules.7.rate", "lots", "t.premium.0.v.rules.7.rate"),
        ("t.conversion.0.v.rates.1.value", "lots", "t.conversion.0.v.rates.1.value"),
        ("t.conversion.0.v.rule", "soon", "t.conversion.0.v.rule"),
        ("t.loss_operators.0.v.1", "excess", "t.loss_operators.0.v.1"),
        ("t.loss_operators.0.v.1", "threshold", "t.loss_operators.0.v.1"),
        ("t.insured_rate.1.note", "a\x00", "t.insured_rate.1.note"),
        ("policy", "", "policy"),
        ("t.insured_rate.1.v.rate", "900", "t.insured_rate.1.v.rate"),
        ("t.premium.0.v.rules.1.rate", "x", "t.premium.0.v.rules.1.rate"),
        ("t.threshold_amount.0.v", "12 thousand", "t.threshold_amount.0.v"),
        ("t.countries.0.v.covered", "DE, XX", "t.countries.0.v.covered"),
        ("period_to", "2024-01-01", "period_to"),
        ("currency", "US$", "currency"),
        ("form", "everything", "form"),
    ],
)
def test_what_is_wrong_is_about_its_field(name, text, at):
    typed = filled(form_of(EVERYTHING), **{name: text})
    with pytest.raises(PolicyInvalid) as refused:
        parse(text_of(typed, EVERYTHING), name=FILE)
    assert field_at(typed, refused.value.path) == at


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("period_from", "soon"), ("t.insured_rate.1.on", "July"), ("t.insured_rate.1.on", "2025-01-01"),
        ("t.insured_rate.1.on", ""), ("t.conversion.0.v.rates.1.code", "EUR"), ("t.buyer_codes.0.v.1.code", "C1"),
    ],
)  # fmt: skip
def test_a_day_or_code_that_is_none_or_stands_twice_is_refused_beside_its_field(name, text):
    with pytest.raises(InputError) as refused:
        text_of(filled(form_of(EVERYTHING), **{name: text}), EVERYTHING)
    assert refused.value.where.column == name


def test_a_text_in_one_line_is_written_anew_and_says_the_same():
    text = yaml.safe_dump(yaml.safe_load(EVERYTHING), default_flow_style=True, sort_keys=False)
    made = text_of(filled(form_of(text), **{"t.vat.0.v": "in"}), text)
    assert parse(made, name=FILE).get("vat", dt.date(2025, 1, 1)) == "in"


def test_lines_that_would_be_no_yaml_are_written_anew_as_a_whole(monkeypatch):
    monkeypatch.setattr(wording_text, "_edited", lambda *_: "vat: [")
    made = text_of(filled(form_of(EVERYTHING), **{"t.vat.0.v": "in"}), EVERYTHING)
    assert parse(made, name=FILE).get("vat", dt.date(2025, 1, 1)) == "in"


def test_every_term_stands_in_one_part_of_the_form():
    assert sorted(name for _, names in SECTIONS for name in names) == sorted(TERMS)
