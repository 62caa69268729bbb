"""The pages of insurance policies: begun with a template, checked with its line, proposed, approved, compared."""

import re

import pytest
from django.urls import reverse
from django.utils.html import escape
from html_forms import sent as sent_back
from mangled_policies import BAD, refused_in_chinese
from stocked import ON, SYSTEM, person

from seawall.services import approvals, wording_form, wordings
from seawall.services.access import Grant, actor_of
from seawall.web.protection import wordings as wordings_page

DAY = {"as_of": ON.isoformat()}
BODY = wordings.template("sinosure-style").replace("policy: SINOSURE-STYLE", "policy: SINO/1")


@pytest.fixture(scope="module")
def people(store, django_db_blocker):
    with django_db_blocker.unblock():
        person("policy-desk", Grant("insurance_manager"))
        yield actor_of(person("policy-second", Grant("credit_manager")))


def text(response):
    return response.content.decode()


def test_a_policy_begins_with_a_template_and_is_checked_before_it_is_proposed(people, client_of):
    client, place = client_of("policy-desk"), reverse("insurance_policy_edit")
    assert "sinosure-style" in text(client.get(reverse("insurance_policies"), DAY))
    form = text(client.get(place, {"from": "sinosure-style"}))
    assert 'name="t.mep.0.v.count"' in form
    sent = {"as": "yaml", "from": "sinosure-style", "code": "", "reason": "renewal"}
    wrong = text(client.post(place, sent | {"body": BODY.replace("vat: out", "vat: sideways"), "act": "check"}))
    line = BODY.splitlines().index("  vat: out") + 1
    assert f"line {line}" in wrong
    assert "sideways" in wrong
    right = text(client.post(place, sent | {"body": BODY, "act": "check"}))
    assert "The text is a policy" in right
    assert "+ policy: SINO/1" in right
    assert "Propose it" in right
    assert client.post(place, sent | {"body": BODY, "act": "propose"}).status_code == 302
    assert "SINO/1 waits for a second person" in text(client.get(reverse("insurance_policies"), DAY))


def test_an_approved_policy_is_read_in_words_in_both_languages(people, client_of):
    (asked,) = wordings.waiting_new(SYSTEM)
    approvals.approve(people, asked.number, digest=asked.digest, on=ON)
    client, place = client_of("policy-desk"), reverse("insurance_policy", args=["SINO/1"])
    said = text(client.get(place, DAY))
    assert "Short-term export credit insurance" in said
    assert "[S:38]" in said
    assert "after the original due day" in said
    client.post(reverse("language"), {"language": "zh-hans", "next": "/"})
    chinese = text(client.get(place, DAY))
    assert "<h1>短期出口信用保险" in chinese
    assert "原到期日后" in chinese
    client.post(reverse("language"), {"language": "en", "next": "/"})
    assert client.get(reverse("insurance_policy", args=["NOWHERE"])).status_code == 404


def test_a_form_changes_one_term_and_the_difference_is_shown(people, client_of):
    client, place = client_of("policy-desk"), reverse("insurance_policy_edit")
    begun = wordings.shown(SYSTEM, "SINO/1").versions[0].body
    fields = wording_form.form_of(begun) | {"t.vat.0.v": "in", "base": begun, "code": "SINO/1", "reason": "VAT"}
    said = text(client.post(place, fields | {"act": "check"}))
    assert "+ " in said
    assert "What differs from what it began with" in said
    assert client.post(place, fields | {"act": "propose"}).status_code == 302
    (asked,) = wordings.shown(SYSTEM, "SINO/1").proposals
    approvals.approve(people, asked.number, digest=asked.digest, on=ON)
    page = text(client.get(reverse("insurance_policy", args=["SINO/1"]), {"version": "2"}))
    assert "What version 2 changed" in page
    assert client.get(reverse("insurance_policy", args=["SINO/1"]), {"version": "9"}).status_code == 404


def controls(page):
    """What a browser would send back from the form that is shown."""
    return sent_back(page, "sw-policy")


def test_form_and_yaml_are_two_views_of_one_text_and_switching_loses_nothing(people, client_of):
    client, place = client_of("policy-desk"), reverse("insurance_policy_edit")
    for name in wordings.templates():
        sent = controls(text(client.get(place, {"from": name})))
        begun = wordings.template(name)
        sent |= {"t.vat.0.v": ["in"], "reason": ["both ways"]}
        written = controls(text(client.post(place, sent | {"act": "as_yaml"})))
        body = written["body"][0]
        assert [line for line in begun.splitlines() if line not in body.splitlines()] != []
        assert wordings.checked(body).get("vat", wordings.checked(begun).first_on) == "in"
        again = controls(text(client.post(place, written | {"act": "as_form"})))
        assert (again["reason"], again["base"], again["t.vat.0.v"]) == (["both ways"], [body], ["in"])
        once_more = controls(text(client.post(place, again | {"act": "as_yaml"})))
        assert once_more["body"] == [body], "to the form and back it is the same text, comments and all"


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(people, client_of):
    client, place = client_of("policy-desk"), reverse("insurance_policy_edit")
    sent = controls(text(client.get(place, {"from": "coface-style"})))
    wrong = {"t.mep.0.v.count": ["many"], "t.vat.0.v": ["in"], "t.threshold_amount.0.v": ["12 thousand"]}
    page = text(client.post(place, sent | wrong | {"act": "check"}))
    fault = page.index("many is not a whole number of days from 0 to 3660.", page.index('name="t.mep.0.v.count"'))
    assert fault < page.index('name="t.stop_of_cover.0')
    assert 'value="many"' in page
    assert controls(page)["t.vat.0.v"] == ["in"]
    day = text(client.post(place, sent | {"period_to": ["2025-02-30"], "act": "check"}))
    assert "2025-02-30 is not a date." in day
    assert 'value="2025-02-30"' in day
    mended = text(client.post(place, sent | {"act": "check"}))
    assert "The text is a policy" in mended


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("t.threshold_amount.0.v", "1e9999999"), ("t.threshold_amount.0.v", "9" * 400),
        ("t.mep.0.v.count", "9" * 400), ("t.mep.0.v.count", "9" * 5000), ("t.insured_rate.0.v.rate", "sNaN"),
    ],
)  # fmt: skip
def test_a_number_beyond_all_measure_is_refused_beside_its_field(people, client_of, name, value):
    client, place = client_of("policy-desk"), reverse("insurance_policy_edit")
    sent = controls(text(client.get(place, {"from": "coface-style"})))
    page = text(client.post(place, sent | {name: [value], "act": "check"}))
    assert f'name="{name}"' in page.partition('aria-invalid="true"')[0][-4000 - len(value) :]
    assert controls(page)[name] == [value]


def test_a_text_that_is_too_long_is_refused_and_not_cut(people, client_of):
    client, place = client_of("policy-desk"), reverse("insurance_policy_edit")
    body = BODY + "#" * wordings_page.TEXT_MAX
    page = text(client.post(place, {"as": "yaml", "code": "", "from": "", "body": body, "act": "check"}))
    assert f"at most {wordings_page.TEXT_MAX} characters" in page
    breaks = BODY.replace("\n", "\r\n") + "#" * (wordings_page.TEXT_MAX - len(BODY))
    page = text(client.post(place, {"as": "yaml", "code": "", "from": "", "body": breaks, "act": "check"}))
    assert "The text is a policy" in page


def test_a_note_of_several_lines_keeps_them(people, client_of):
    client, place = client_of("policy-desk"), reverse("insurance_policy_edit")
    sent = controls(text(client.get(place, {"from": "coface-style"})))
    page = text(client.post(place, sent | {"note": ["one\r\ntwo"], "act": "check"}))
    assert re.search(r'<textarea name="note"[^>]*>one\ntwo</textarea>', page)


def test_a_code_that_cannot_be_kept_names_no_policy(people, client_of):
    assert client_of("policy-desk").get(reverse("insurance_policy_edit"), {"code": "a\x00"}).status_code == 404


def test_a_further_value_is_asked_for_by_a_button(people, client_of):
    client, place = client_of("policy-desk"), reverse("insurance_policy_edit")
    sent = controls(text(client.get(place, {"from": "coface-style"})))
    assert "t.insured_rate.1.on" not in sent
    more = controls(text(client.post(place, sent | {"act": "more.insured_rate"})))
    more |= {"t.insured_rate.1.on": ["2025-07-01"], "t.insured_rate.1.v.rate": ["85"]}
    page = text(client.post(place, more | {"act": "check"}))
    assert "<b>2025-07-01</b> Insured percentage: 85 %." in page


def test_what_can_never_come_to_bear_is_remarked(people, client_of):
    client, place = client_of("policy-desk"), reverse("insurance_policy_edit")
    odd = {"as": "yaml", "code": "", "from": "", "body": BODY.replace("currency: USD", "currency: USD\nbuyers: [NO1]")}
    said = "1 of the customers that buyers names are not in the ledger: NO1."
    assert said in text(client.post(place, odd | {"act": "check"}))
    assert said not in text(client.post(place, odd | {"act": "check", "body": BODY}))
    answer = client.post(place, odd | {"act": "propose", "reason": "one buyer"}, follow=True)
    assert said in text(answer)
    (asked,) = wordings.shown(SYSTEM, "SINO/1").proposals
    approvals.approve(people, asked.number, digest=asked.digest, on=ON)
    assert said in text(client.get(reverse("insurance_policy", args=["SINO/1"]), DAY))


def test_a_spoilt_policy_is_refused_in_chinese_on_a_chinese_page(people, client_of):
    client, place = client_of("policy-desk"), reverse("insurance_policy_edit")
    client.post(reverse("language"), {"language": "zh-hans", "next": "/"})
    refused = list(refused_in_chinese(wordings.FILE))
    assert len(refused) == len(BAD)
    for body, message, hint in refused:
        page = text(client.post(place, {"as": "yaml", "code": "", "from": "", "body": body, "act": "check"}))
        assert escape(message) in page
        assert escape(hint) in page
    client.post(reverse("language"), {"language": "en", "next": "/"})


def test_who_may_not_propose_sees_no_form(people, client_of):
    assert client_of("reader").get(reverse("insurance_policy_edit")).status_code == 403
    assert "Change it as YAML" not in text(client_of("reader").get(reverse("insurance_policy", args=["SINO/1"])))
