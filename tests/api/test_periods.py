"""Periods by the API: signed once per key, verified, held against what came later, taken back."""

import hashlib

from django.test import Client
from django.utils import timezone
from stocked import ON, person

from seawall.services import sign_in
from seawall.services.access import Grant, actor_of


def test_a_period_from_candidate_to_withdrawal(store, db):
    secret = sign_in.make_token(actor_of(person("fin", Grant("finance"))), name="t", days=1, at=timezone.now())
    client = Client(headers={"authorization": f"Bearer {secret}"})

    def post(path, key="", **body):
        headers = {"Idempotency-Key": key} if key else {}
        answer = client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    seen = client.get(f"/api/v1/periods/candidate?on={ON}").json()
    assert seen["blocks"] == []
    status, signed = post("/periods", key="march", on=str(ON), known=seen["known"], reason="closed")
    assert status == 200, signed
    assert post("/periods", key="march", on=str(ON), known=seen["known"], reason="closed")[1] == signed
    number = signed["number"]
    for each in signed["files"]:
        content = client.get(f"/api/v1/periods/{number}/files/{each['kind']}").content
        assert hashlib.sha256(content).hexdigest() == each["sha256"]
    assert client.get(f"/api/v1/periods/{number}/verify").json()["holds"]
    assert client.get(f"/api/v1/periods/{number}/difference").json()["customers"] == []
    assert [row["number"] for row in client.get("/api/v1/periods").json()["rows"]] == [number]
    assert post("/periods", on=str(ON))[1]["code"] == "signed"
    assert post("/periods", on="2026-03-30")[0] == 422
    assert post("/periods", on=str(ON), known=0)[0] == 409
    status, taken = post(f"/periods/{number}/withdraw", reason="a batch was missing")
    assert (status, taken["stands"], taken["withdrawn_for"]) == (200, False, "a batch was missing")
