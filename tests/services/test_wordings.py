"""Insurance policies of the store: proposed by one person, approved by another, never changed, known from then on."""

import pytest
from stocked import ON, person

from seawall.engine.kernel.errors import Conflict, InputError, NotFound, NotPermitted, PolicyInvalid
from seawall.services import approvals, wordings
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.intake import commit_rows
from seawall.store.chain import head
from seawall.store.models import InsurancePolicyVersion

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
BODY = wordings.template("sinosure-style").replace("policy: SINOSURE-STYLE", "policy: OURS")


@pytest.fixture
def author():
    return actor_of(person("writer", Grant("insurance_manager")))


@pytest.fixture
def second():
    return actor_of(person("second", Grant("credit_manager")))


def approved(author, second, body=BODY, reason="new policy"):
    asked = wordings.propose(author, body, reason=reason)
    approvals.approve(second, asked.number, digest=asked.digest, on=ON)
    return asked


def test_a_policy_holds_once_a_second_person_has_approved_it(author, second):
    asked = wordings.propose(author, BODY, reason="new policy")
    assert wordings.listed(SYSTEM) == []
    assert [each.subject for each in wordings.waiting_new(SYSTEM)] == ["OURS"]
    with pytest.raises(NotPermitted):
        approvals.approve(author, asked.number, digest=asked.digest, on=ON)
    approvals.approve(second, asked.number, digest=asked.digest, on=ON)
    (line,) = wordings.listed(SYSTEM)
    assert (line.policy, line.version, line.currency, str(line.valid_from)) == ("OURS", 1, "USD", "2025-01-01")
    assert wordings.waiting_new(SYSTEM) == []
    assert [wording.code for wording in wordings.wordings(SYSTEM)] == ["OURS"]
    assert wordings.currencies() == {"OURS": "USD"}


def test_versions_stay_and_what_was_known_then_is_known(author, second):
    approved(author, second)
    before = head().batch_no
    later = BODY.replace("mep:\n    2025-01-01: {value: {days: 60}", "mep:\n    2025-01-01: {value: {days: 45}")
    assert later != BODY
    approved(author, second, later, "shorter")
    file = wordings.shown(SYSTEM, "OURS")
    assert [each.version for each in file.versions] == [2, 1]
    assert file.versions[1].body == BODY
    assert wordings.texts(SYSTEM, known=before)[0].text == BODY
    assert wordings.texts(SYSTEM)[0].text == later
    marks = [(mark, line.strip()) for mark, line in wordings.difference(BODY, later) if mark in "+-"]
    assert [mark for mark, _ in marks] == ["-", "+"]
    with pytest.raises(Exception, match=r"permission denied|append"):
        InsurancePolicyVersion.objects.every_entity().update(body="x")


def test_the_same_again_and_no_reason_are_refused(author, second):
    approved(author, second)
    with pytest.raises(InputError, match="says already"):
        wordings.propose(author, BODY, reason="again")
    with pytest.raises(InputError):
        wordings.propose(author, BODY + "\n", reason=" ")


@pytest.mark.parametrize(
    "change",
    [
        ("currency: USD", "currency: XXQ"),
        ("period: {from: 2025-01-01, to: 2025-12-31}", "period: {from: 2025-12-31, to: 2025-01-01}"),
        ("  vat: out", "  vat: sideways"),
        ("  vat: out", "  weather: fine"),
    ],
)
def test_a_text_that_is_no_policy_is_refused_with_its_line(author, change):
    body = BODY.replace(*change)
    assert body != BODY
    with pytest.raises(PolicyInvalid) as told:
        wordings.propose(author, body, reason="wrong")
    assert told.value.where.row == body.splitlines().index(change[1]) + 1


def test_a_policy_of_one_entity_is_seen_and_proposed_there(second):
    commit_rows(
        SYSTEM,
        {"items": [
            {"entity": entity, "customer_code": "C", "kind": "invoice", "number": "1", "issued_on": "2026-01-01", "currency": "CNY", "amount": "1"}
            for entity in ("E1", "E2")
        ]},
        verb="ledger.import", origin="x",
    )  # fmt: skip
    one = Actor.of("one", ["insurance_manager"], frozenset({"E1"}))
    other = Actor.of("other", ["insurance_manager"], frozenset({"E2"}))
    own = BODY.replace("policy: OURS", "policy: OURS\nentities: [E1]")
    with pytest.raises(NotPermitted):
        wordings.propose(one, BODY, reason="whole company")
    with pytest.raises(NotFound):
        wordings.propose(other, own, reason="not mine")
    asked = wordings.propose(one, own, reason="mine")
    approvals.approve(second, asked.number, digest=asked.digest, on=ON)
    assert [each.entity for each in wordings.listed(one)] == ["E1"]
    assert wordings.listed(other) == []
    assert wordings.texts(other) == ()
    with pytest.raises(NotFound):
        wordings.shown(other, "OURS")
    with pytest.raises(Conflict, match="taken"):
        wordings.propose(other, own.replace("[E1]", "[E2]"), reason="the same code")


def test_a_policy_keeps_its_currency(author, second):
    approved(author, second)
    with pytest.raises(Conflict, match="is in USD"):
        wordings.propose(author, BODY.replace("currency: USD", "currency: EUR"), reason="in euro now")


def test_claims_take_the_currency_of_an_approved_policy(author, second):
    approved(author, second)
    rows = {
        "customers": [{"customer_code": "C1", "name": "One"}],
        "claims": [{"customer_code": "C1", "policy": "OURS", "date_of_loss": "2025-05-01", "cause": "insolvency"}],
    }  # fmt: skip
    assert commit_rows(SYSTEM, rows, verb="ledger.import", origin="x").counts["claims"]["new"] == 1


def test_there_is_no_such_policy_or_template():
    with pytest.raises(NotFound):
        wordings.shown(SYSTEM, "NOWHERE")
    with pytest.raises(NotFound):
        wordings.template("../load")
