"""Imports by programs: multipart, preview, commit and undo, each with a key that makes it one effect."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from seawall.store.models import AuditEntry

ITEMS = (
    "entity,customer_code,kind,number,issued_on,due_on,currency,amount\nZZ,ZC,invoice,{},2026-03-01,2026-03-31,CNY,{}\n"
)


@pytest.fixture
def client(token_of, db):
    return Client(headers={"authorization": f"Bearer {token_of('boss')}"})


def send(client, number="ZI-1", amount="10.00", **headers):
    sent = {"files": SimpleUploadedFile("items.csv", ITEMS.format(number, amount).encode(), "text/csv")}
    return client.post("/api/v1/imports/uploads", sent, headers=headers)


def post(client, path, body, **headers):
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)


def test_upload_preview_commit_undo(client):
    upload = send(client).json()
    assert [each["name"] for each in upload["files"]] == ["items.csv"]
    seen = client.get(f"/api/v1/imports/uploads/{upload['upload_id']}", {"control_total": "12.00"}).json()
    assert seen["counts"]["items"]["new"] == 1
    assert seen["totals"] == [{"currency": "CNY", "taken": "10.00", "expected": "12.00", "difference": "2.00"}]
    assert seen["rejects"][0]["code"] == "control_total"
    path = f"/imports/uploads/{upload['upload_id']}/commit"
    assert post(client, path, {"control_total": "12.00"}).status_code == 422
    first, again = (post(client, path, {}, idempotency_key="c1").json() for _ in range(2))
    assert first["import_no"] == again["import_no"]
    assert post(client, path, {}).json()["import_no"] == first["import_no"]
    found = client.get(f"/api/v1/imports/{first['import_no']}").json()
    assert (found["may_undo"], found["against"]) == (True, [])
    assert client.get("/api/v1/imports", {"limit": 1}).json()["rows"][0]["import_no"] == first["import_no"]
    undo = f"/imports/{first['import_no']}/undo"
    done = [post(client, undo, {"reason": "test"}, idempotency_key="u1").json() for _ in range(2)]
    assert done[0] == done[1]
    assert done[0]["facts"]["item"] == {"ended": 1, "restored": 0}
    assert post(client, undo, {"reason": "other"}, idempotency_key="u1").status_code == 409
    refused = post(client, undo, {"reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (422, "cannot_undo")


def test_a_key_is_one_upload_and_one_entry(client):
    first, again = (send(client, "ZI-2", idempotency_key="up").json() for _ in range(2))
    assert first["upload_id"] == again["upload_id"]
    other = send(client, "ZI-3", idempotency_key="up")
    assert other.status_code == 409
    assert AuditEntry.objects.filter(verb="import.upload").count() == 1


def test_a_mapping_is_saved_read_and_ended(client):
    text = "title: T\nitems: {customer_code: k, number: n, issued_on: d, amount: a, currency: c, kind: {constant: invoice}}\n"
    put = client.put("/api/v1/mappings/ours", json.dumps({"text": text}), content_type="application/json")
    assert put.json()["version"] == 1
    assert client.get("/api/v1/mappings/ours").json()["text"] == text
    assert client.get("/api/v1/mappings").json()["rows"][0]["name"] == "ours"
    bad = client.put("/api/v1/mappings/ours", json.dumps({"text": "items: 1\n"}), content_type="application/json")
    assert (bad.status_code, "line 1" in bad.json()["detail"]) == (422, True)
    assert client.delete("/api/v1/mappings/ours").json()["version"] == 2
    assert client.get("/api/v1/mappings/ours").status_code == 404
