"""Rows pushed by other programs: taken as a file's rows are, once for each key, whoever asks how often (R15)."""

import threading

import pytest
from django.db import connections
from django.test import Client
from stocked import ON

from seawall.store.models import AuditEntry, IdempotencyKey, Item

ITEM = {
    "entity": "E9", "customer_code": "P1", "kind": "invoice", "number": "P-1", "issued_on": "2026-03-01",
    "due_on": "2026-03-31", "currency": "CNY", "amount": "100.00",
}  # fmt: skip


@pytest.fixture(scope="module")
def poster(token_of):
    def of(username):
        client = Client(headers={"authorization": f"Bearer {token_of(username)}"})

        def post(path, body, key=""):
            headers = {"idempotency-key": key} if key else {}
            response = client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)
            return response.status_code, response.json()

        return post

    return of


def number(text):
    return ITEM | {"number": text}


def test_one_and_many_are_taken_and_are_one_effect(poster, caller):
    post = poster("boss")
    assert post("/push/items", ITEM)[1] | {"batch_no": 0} == {"batch_no": 0, "new": 1, "changed": 0, "same": 0}
    assert post("/push/items", ITEM) == (200, {"batch_no": None, "new": 0, "changed": 0, "same": 1})
    rows = [ITEM, number("P-2"), number("P-3")]
    assert post("/push/items/bulk", {"rows": rows})[1]["new"] == 2
    receipt = {
        "entity": "E9", "customer_code": "P1", "number": "PR-1", "received_on": "2026-03-20", "currency": "CNY",
        "amount": "150", "settles": [{"number": "P-1", "amount": "100"}, {"number": "P-2", "amount": "30.00"}],
    }  # fmt: skip
    assert post("/push/receipts", receipt)[1]["new"] == 3
    allocation = {
        "entity": "E9", "customer_code": "P1", "debit_number": "P-3", "credit_number": "PR-1",
        "allocated_on": "2026-03-21", "amount": "20",
    }  # fmt: skip
    assert post("/push/allocations", allocation)[1]["new"] == 1
    _, body = caller("boss")("/customers/P1", as_of=ON.isoformat(), currency="CNY")
    assert {item["number"]: item["left"] for item in body["items"]} == {"P-2": "70.00", "P-3": "80.00"}
    assert (body["open"], body["unapplied"]) == ("150.00", "0.00")
    assert {item["source_file"] for item in body["items"]} == {"items.pushed.csv"}


def test_a_body_as_long_as_ten_thousand_rows_may_be_is_read(poster):
    """Django alone refuses more than 2.5 MB unread, with 400."""
    status, answer = poster("boss")("/push/items", ITEM | {"description": "d" * 5_000_000})
    assert (status, answer["code"]) == (422, "invalid"), "read, and refused for what is in it"


def test_what_cannot_be_taken_is_named_by_table_row_and_column(poster):
    post, before = poster("boss"), AuditEntry.objects.count()
    status, body = post("/push/items/bulk", {"rows": [number("P-8"), number("P-9") | {"currency": "XXQ"}]})
    assert (status, body["code"]) == (422, "rows_rejected")
    assert [fault["where"] for fault in body["faults"]] == [["items", 2, "currency"]]
    changed = post("/push/items", ITEM | {"amount": "120.00"})
    assert changed[0] == 422
    assert "on file with other values" in changed[1]["faults"][0]["message"]
    assert AuditEntry.objects.count() == before
    done = post("/push/items/bulk", {"rows": [ITEM | {"amount": "130.00"}], "apply_corrections": True})
    assert done[1]["changed"] == 1


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ({}, "entity"), (ITEM | {"amount": "-1"}, "amount"), (ITEM | {"amount": 5}, "amount"),
        (ITEM | {"issued_on": "2026-02-30"}, "issued_on"), (ITEM | {"kind": "gift"}, "kind"),
    ],
)  # fmt: skip
def test_what_is_no_row_is_refused_before_it_is_looked_at(poster, body, column):
    status, told = poster("boss")("/push/items", body)
    assert (status, told["code"]) == (422, "invalid")
    assert column in [fault["where"][-1] for fault in told["faults"]]


def test_a_reader_pushes_nothing(poster):
    assert poster("reader")("/push/items", ITEM)[0] == 403


def test_a_key_gives_the_same_answer_and_refuses_another_body(poster):
    post = poster("boss")
    first = post("/push/items", number("K-1"), key="k-1")
    assert post("/push/items", number("K-1"), key="k-1") == first
    status, body = post("/push/items", number("K-2"), key="k-1")
    assert (status, body["code"]) == (409, "idempotency_mismatch")
    other = poster("narrow")
    entity = Item.objects.every_entity().exclude(entity__code="E9").order_by("entity_id")[0].entity.code
    taken = other("/push/items", number("K-3") | {"entity": entity, "customer_code": "P2"}, key="k-1")
    assert taken[0] in (200, 404), "somebody else's key is another key"
    assert taken[1].get("code") != "idempotency_mismatch"


@pytest.mark.slow
@pytest.mark.promise("R15")
def test_a_request_sent_by_many_at_once_has_one_effect(poster, count, promise):
    """Each request is sent eight times at once; the answers agree, and the store holds one effect."""
    post, requests, calls, mismatches = poster("boss"), count(6, 500), 8, 0
    for k in range(requests):
        body, answers = number(f"R-{k}"), []
        threads = [threading.Thread(target=call, args=(post, body, f"race-{k}", answers)) for _ in range(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = {str(answer) for answer in answers}
        assert len(told) == 1, told
        assert answers[0][1]["new"] == 1
        mismatches += post("/push/items", number(f"R-{k}-other"), key=f"race-{k}")[0] == 409
    assert mismatches == requests
    assert Item.objects.every_entity().filter(number__startswith="R-", entity__code="E9").count() == requests
    assert not IdempotencyKey.objects.filter(batch_no=None).exists(), "no key is stuck"
    promise(f"{requests} x {calls} calls: one effect each, {mismatches} other bodies refused, keys stuck 0")


def call(post, body, key, answers):
    """Sent again while the first is under way and told to try again, as a client does."""
    try:
        while (answer := post("/push/items", body, key=key))[0] == 409:
            continue
        answers.append(answer)
    finally:
        connections.close_all()
