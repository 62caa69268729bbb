"""Insured limits over the API: pages, recording with keys, evidence, pushing many, taking back."""

import base64
import json

import pytest
from django.test import Client
from mangled_policies import BAD, GOOD, refused_in_chinese
from stocked import ON, person

from seawall.api.v1 import insurance
from seawall.services import approvals, remarks, wordings
from seawall.services.access import Grant, actor_of

DAY = ON.isoformat()


@pytest.fixture(scope="module")
def codes(store):
    return store.customers["customer_code"].to_list()[:2]


@pytest.fixture
def post(token_of):
    def post(path, body, key="", who="boss"):
        headers = {"authorization": f"Bearer {token_of(who)}"} | ({"idempotency-key": key} if key else {})
        answer = Client(headers=headers).post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    return post


def limit(code, **more):
    return {
        "customer_code": code, "policy": "API", "kind": "approved", "amount": "5000", "currency": "USD", "decided_on": "2026-01-01",
    } | more  # fmt: skip


def test_many_are_pushed_listed_in_pages_and_the_same_again_is_the_same(codes, caller, post):
    body = {"insured_limits": [limit(code) for code in codes]}
    status, said = post("/push/insurance", body, key="p1")
    assert (status, said["new"]) == (200, 2)
    assert post("/push/insurance", body, key="p1") == (status, said)
    assert post("/push/insurance", body)[1] | {} == {"batch_no": None, "new": 0, "changed": 0, "same": 2}
    status, first = caller("reader")("/insured-limits", as_of=DAY, policy="API", limit=1)
    assert (status, [row["amount"] for row in first["rows"]]) == (200, ["5000.00"])
    _, second = caller("reader")("/insured-limits", as_of=DAY, policy="API", limit=1, after=first["next"])
    assert ([row["customer_code"] for row in (*first["rows"], *second["rows"])], second["next"]) == (
        sorted(codes),
        None,
    )
    assert post("/push/insurance", {})[0] == 422


def test_one_is_recorded_under_its_key_refused_with_its_column_and_taken_back(codes, caller, post):
    row = limit(codes[0], policy="API2")
    status, said = post("/insurance/insured_limits", {"row": row}, key="k1")
    assert (status, post("/insurance/insured_limits", {"row": row}, key="k1")) == (200, (200, said))
    status, told = post("/insurance/insured_limits", {"row": row | {"insured_rate": "90", "layer": "2"}})
    assert (status, told["code"]) == (422, "share")
    assert post("/insurance/insured_limits", {"row": row}, who="reader")[0] == 403
    _, file = caller("reader")(f"/insurance/customers/{codes[0]}")
    (number,) = [each["number"] for each in file["insured_limits"] if each["policy"] == "API2"]
    assert post(f"/insurance/insured_limits/{number}/take-back", {"reason": "mistake"})[1]["batch_no"]
    assert post(f"/insurance/insured_limits/{number}/take-back", {"reason": "mistake"})[0] == 404


def test_evidence_may_be_as_long_as_a_document():
    assert len(base64.b64encode(bytes(remarks.DOCUMENT_BYTES))) == insurance.EVIDENCE_MAX


def test_evidence_comes_as_base64(codes, caller, post):
    row = {"customer_code": codes[0], "policy": "API", "event": "credit_report", "on": "2026-02-01"}
    evidence = {"name": "r.pdf", "content": base64.b64encode(b"%PDF").decode()}
    assert post("/insurance/insurance_events", {"row": row, "evidence": evidence})[0] == 200
    _, file = caller("reader")(f"/insurance/customers/{codes[0]}")
    assert "sha256" in file["insurance_events"][0]["detail"]
    bad = {"name": "r.pdf", "content": "§"}
    assert post("/insurance/insurance_events", {"row": row, "evidence": bad})[1]["code"] == "base64"


def test_a_policy_is_checked_proposed_and_read(caller, post):
    body = wordings.template("sinosure-style").replace("policy: SINOSURE-STYLE", "policy: API/1")
    assert post("/insurance-policies/check", {"wording": body})[1]["policy"] == "API/1"
    status, told = post("/insurance-policies/check", {"wording": body.replace("vat: out", "vat: x")})
    assert (status, "line" in told["detail"]) == (422, True)
    status, asked = post("/insurance-policies", {"wording": body, "reason": "renewal"}, key="w1")
    assert (status, post("/insurance-policies", {"wording": body, "reason": "renewal"}, key="w1")[1]) == (200, asked)
    assert post("/insurance-policies", {"wording": body, "reason": "renewal"}, who="reader")[0] == 403
    second = actor_of(person("api-second", Grant("credit_manager")))
    approvals.approve(second, asked["number"], digest=asked["digest"], on=ON)
    _, listed = caller("reader")("/insurance-policies")
    assert [row["policy"] for row in listed["rows"]] == ["API/1"]
    _, file = caller("reader")("/insurance-policies/API/1")
    assert file["versions"][0]["body"] == body
    assert {term["term"] for term in file["terms"]} >= {"mep", "insured_rate", "causes"}


def test_what_can_never_come_to_bear_is_remarked_and_not_refused(codes, post, token_of):
    body = GOOD.replace("policy: P-1", "policy: API/2").replace(
        "currency: USD", f"currency: USD\nbuyers: [{codes[0]}, NO1]"
    )
    body = body.replace("{rate: 0.85}", "{rate: 0.85, rules: [{cause: political, rate: 0.7}]}")
    unknown = "1 of the customers that buyers names are not in the ledger: NO1."
    cause, said = post("/insurance-policies/check", {"wording": body})[1]["remarks"]
    assert ("political" in cause, said) == (True, unknown)
    status, made = post("/insurance-policies", {"wording": body, "reason": "remarks", "dry_run": True})
    assert (status, made["remarks"]) == (200, [cause, said])
    client = Client(headers={"authorization": f"Bearer {token_of('boss')}", "accept-language": "zh"})
    told = client.post("/api/v1/insurance-policies/check", {"wording": body}, content_type="application/json").json()
    assert told["remarks"][1] == "buyers 列出的客户中有 1 个不在台账中：NO1。"


def test_a_spoilt_policy_is_refused_in_the_language_asked_for(token_of):
    client = Client(
        headers={"authorization": f"Bearer {token_of('boss')}", "accept-language": "zh-CN,zh;q=0.9,en;q=0.1"}
    )
    refused = list(refused_in_chinese(wordings.FILE))
    assert len(refused) == len(BAD)
    for text, message, hint in refused:
        answer = client.post("/api/v1/insurance-policies/check", {"wording": text}, content_type="application/json")
        told = answer.json()
        assert (answer.status_code, told["detail"], told["hint"]) == (422, message, hint)
    english = Client(headers={"authorization": f"Bearer {token_of('boss')}", "accept-language": "en"})
    told = english.post("/api/v1/insurance-policies/check", {"wording": text}, content_type="application/json").json()
    assert told["detail"].startswith("The insurance policy policy.yaml cannot be used, line ")
