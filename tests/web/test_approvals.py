"""The pages of policies and approvals: edit, preview, propose; another person approves; what is wrong stands beside."""

import re

import pytest
from django.urls import reverse
from stocked import ON, SYSTEM, person

from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.exchange.language import Language
from seawall.exchange.report import rendered
from seawall.exchange.report_protection import protection
from seawall.services import reading
from seawall.services.access import Grant
from seawall.services.governing import governing
from seawall.store.models import PolicyVersion, Proposal, User

FORM = {"as": "form", "from_day": "2026-03-01", "value.months": "6", "source": "Board", "note": "", "entity": ""}


def text(response):
    return response.content.decode()


@pytest.fixture
def two(client_of, db):
    for name, role in (("ann", "credit_manager"), ("bob", "finance")):
        if not User.objects.filter(username=name).exists():
            person(name, Grant(role))
    return client_of("ann"), client_of("bob")


def edit_address(policy="house.dso"):
    return reverse("policy_edit", args=[policy], query={"as_of": ON.isoformat()})


def test_a_policy_goes_from_the_form_over_a_preview_and_a_second_person_into_force(two):
    ann, bob = two
    assert 'name="value.months"' in text(ann.get(edit_address()))
    preview = text(ann.post(edit_address(), FORM | {"act": "preview"}))
    assert "Figures that change" in preview
    assert 'value="6"' in preview
    assert not Proposal.objects.every_entity().exists()
    answer = ann.post(edit_address(), FORM | {"act": "propose", "reason": "slower payers"}, follow=True)
    assert "waits for another person" in text(answer)
    (proposed,) = Proposal.objects.every_entity()
    own = ann.post(
        reverse("approval", args=[proposed.proposal_no]), {"act": "approve", "digest": proposed.digest}, follow=True
    )
    assert "it takes another person" in text(own)
    page = text(bob.get(reverse("approval", args=[proposed.proposal_no])))
    digest = re.search(r'name="digest" value="(\w+)"', page)[1]
    done = bob.post(reverse("approval", args=[proposed.proposal_no]), {"act": "approve", "digest": digest}, follow=True)
    assert "Approved." in text(done)
    assert governing().at("house.dso", ON).value == {"months": 6}
    shown = text(bob.get(reverse("policy", args=["house.dso"], query={"as_of": ON.isoformat()})))
    assert "{months: 6}" in shown
    assert str(PolicyVersion.objects.every_entity().get().approved_by) in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value.months": "six"}, "six is not a number"),
        ({"source": " "}, "Every value names its source"),
        ({"from_day": "2026-02-30"}, "is not a date"),
        ({"reason": ""}, "Say why."),
        ({"as": "yaml", "body": "values:\n  2026-03-01:\n    value: {months: six}\n    source: x\n"}, "line 3"),
        ({"as": "yaml", "body": "values: ["}, "cannot be used, line"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(two, change, said):
    sent = FORM | {"act": "propose", "reason": "board"} | change
    address = edit_address() + ("&as=yaml" if change.get("as") else "")
    page = text(two[0].post(address, sent))
    assert said in page
    assert 'role="alert"' in page
    for name in ("value.months", "body"):
        assert name not in change or change[name].splitlines()[-1].strip() in page
    assert not Proposal.objects.every_entity().exists()


def test_who_may_not_propose_sees_no_form(two, client_of):
    reader = client_of("reader")
    assert reader.get(edit_address()).status_code == 403
    assert "Propose a change" not in text(reader.get(reverse("policy", args=["house.dso"])))
    assert client_of("boss").get(reverse("policy", args=["house.none"])).status_code == 404


def test_single_user_mode_stands_on_every_page_while_it_is_on(client_of, db):
    boss = client_of("boss")
    if User.objects.filter(username="ann").exists():
        User.objects.filter(username__in=["ann", "bob"]).update(is_active=False)
    refused = boss.post(reverse("single_user"), {"is_on": "yes", "reason": ""}, follow=True)
    assert "Say why." in text(refused)
    boss.post(reverse("single_user"), {"is_on": "yes", "reason": "nobody else"})
    for name in ("today", "policies", "approvals"):
        assert "Single-user mode since" in text(boss.get(reverse(name)))
    made = reading.document(
        reading.open_reading(SYSTEM, on=ON, currency="CNY"), scheme=DEFAULT_SCHEME, company="", is_demo=False
    )
    assert "Single-user mode since" in str(rendered(made, protection, "html", Language("en")))
    boss.post(reverse("single_user"), {"is_on": "no", "reason": "hired"})
    assert "Single-user mode since" not in text(boss.get(reverse("today")))
