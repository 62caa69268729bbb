"""Policies and approvals by the API: proposed by one token, approved by another, once per key."""

import pytest
from django.test import Client
from django.utils import timezone
from stocked import ON, person

from seawall.services import sign_in
from seawall.services.access import Grant, actor_of
from seawall.services.governing import governing
from seawall.store.models import AuditEntry

BODY = "values:\n  2026-03-01:\n    value: {months: 6}\n    source: Board\n"


@pytest.fixture
def callers(store, db):
    made = []
    for name, role in (("ann", "credit_manager"), ("bob", "finance")):
        secret = sign_in.make_token(actor_of(person(name, Grant(role))), name="t", days=1, at=timezone.now())
        made.append(Client(headers={"authorization": f"Bearer {secret}"}))
    return made


def sent(client, path, key="", **body):
    headers = {"Idempotency-Key": key} if key else {}
    response = client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)
    return response.status_code, response.json()


def test_a_policy_is_previewed_proposed_and_approved(callers):
    ann, bob = callers
    status, seen = sent(ann, f"/policies/house.dso/preview?as_of={ON}", body=BODY)
    assert (status, seen["changed"] > 0) == (200, True)
    status, proposed = sent(ann, "/policies/house.dso/propose", key="p1", body=BODY, reason="slower payers")
    assert status == 200, proposed
    assert sent(ann, "/policies/house.dso/propose", key="p1", body=BODY, reason="slower payers")[1] == proposed
    number, digest = proposed["number"], proposed["digest"]
    (row,) = bob.get("/api/v1/approvals").json()["rows"]
    assert (row["number"], row["may_decide"], row["amount"]) == (number, True, None)
    assert not ann.get(f"/api/v1/approvals/{number}").json()["may_decide"]
    status, own = sent(ann, f"/approvals/{number}/approve", digest=digest)
    assert (status, own["code"]) == (403, "not_permitted") or (status, own["code"]) == (422, "approval_required")
    status, stale = sent(bob, f"/approvals/{number}/approve", digest="0" * 64)
    assert (status, stale["code"]) == (409, "stale_version")
    status, done = sent(bob, f"/approvals/{number}/approve", key="a1", digest=digest)
    assert (status, done["outcome"]) == (200, "approved")
    entries = AuditEntry.objects.count()
    assert sent(bob, f"/approvals/{number}/approve", key="a1", digest=digest) == (200, done)
    assert AuditEntry.objects.count() == entries
    assert governing().at("house.dso", ON).value == {"months": 6}
    shown = bob.get(f"/api/v1/policies/house.dso?as_of={ON}").json()
    assert [each["version"] for each in shown["versions"]] == [1]
    assert shown["is_own"]
    assert sent(bob, f"/approvals/{number}/reject", digest=digest, reason="no")[1]["code"] == "already_decided"


def test_refusals_are_problems_with_the_line(callers):
    ann, _bob = callers
    status, problem = sent(
        ann, "/policies/house.dso/propose", body=BODY.replace("months: 6", "months: six"), reason="x"
    )
    assert (status, problem["code"]) == (422, "policy_invalid")
    assert "line 3" in problem["detail"]
    assert sent(ann, "/policies/house.none/propose", body=BODY, reason="x")[0] == 404
    assert sent(ann, "/approvals/999/withdraw")[0] == 404
