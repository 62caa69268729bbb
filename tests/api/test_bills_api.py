"""Bills over the API: pages, one bill, and events with keys."""

import json

import pytest
from django.test import Client
from stocked import ON, SYSTEM

from seawall.services.intake import commit_import

DAY = ON.isoformat()
BILLS = """entity,customer_code,bill_number,kind,acceptor,currency,amount,issued_on,received_on,matures_on
{entity},{customer},B-1,bank,Harbour Bank,CNY,1200.00,2026-01-10,2026-02-01,2026-04-20
{entity},{customer},B-2,commercial,Works Ltd,CNY,300.00,2026-01-10,2026-02-01,2026-05-20
"""


@pytest.fixture(scope="module")
def bills(store, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bills")
    with django_db_blocker.unblock():
        account = store.accounts.filter(store.accounts["currency"] == "CNY").row(0, named=True)
        customer = store.customers["customer_code"][account["customer_id"]]
        text = BILLS.format(entity=account["entity"], customer=customer)
        (folder / "bills.csv").write_text(text, encoding="utf-8")
        commit_import(SYSTEM, [folder], key="bills of the api")
    return account["entity"]


@pytest.fixture
def post(token_of):
    def post(path, body, key="", who="boss"):
        headers = {"authorization": f"Bearer {token_of(who)}"} | ({"idempotency-key": key} if key else {})
        answer = Client(headers=headers).post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    return post


def test_bills_come_in_pages_by_maturity(bills, caller):
    status, first = caller("reader")("/bills", as_of=DAY, limit=1)
    assert (status, [row["number"] for row in first["rows"]]) == (200, ["B-1"])
    assert (first["total"]["held"], first["acceptors"][0]["acceptor"]) == ("1500.00", "Harbour Bank")
    _, second = caller("reader")("/bills", as_of=DAY, limit=1, after=first["next"])
    assert ([row["number"] for row in second["rows"]], second["next"]) == (["B-2"], None)


def test_an_event_is_one_effect_under_its_key_and_what_cannot_be_is_said(bills, caller, post):
    path = f"/bills/{bills}/B-1/events"
    asked = {"event": "endorsed", "on": "2026-03-01", "counterparty": "Supplier S"}
    status, done = post(path, asked, key="e-1")
    assert (status, done["event"]) == (200, "endorsed")
    assert post(path, asked, key="e-1") == (200, done)
    assert post(path, asked | {"on": "2026-03-02"}, key="e-1")[0] == 409
    status, refused = post(path, {"event": "presented", "on": "2026-04-20"})
    assert (status, refused["code"], refused["detail"]) == (422, "bill_history", "presented cannot follow endorsed.")
    _, file = caller("reader")(f"/bills/{bills}/B-1", as_of=DAY)
    assert (file["state"], file["recourse"], file["next_events"]) == ("endorsed", "1200.00", ["paid", "bounced"])
    assert [event["event"] for event in file["events"]] == ["received", "endorsed"]
    assert post(path, {"event": "take_back"})[1]["event"] == "endorsed"
    assert caller("reader")(f"/bills/{bills}/B-1", as_of=DAY)[1]["state"] == "received"
    assert post(path, {"event": "take_back"})[0] == 422
    assert post(path, {"event": "paid"})[1]["code"] == "empty"


def test_a_dry_run_leaves_nothing_and_a_viewer_may_not(bills, caller, post):
    path = f"/bills/{bills}/B-2/events"
    assert post(path, {"event": "paid", "on": "2026-03-02", "dry_run": True}) == (
        200, {"event": "paid", "batch_no": None},
    )  # fmt: skip
    assert caller("reader")(f"/bills/{bills}/B-2", as_of=DAY)[1]["state"] == "received"
    assert post(path, {"event": "paid", "on": "2026-03-02"}, who="reader")[0] == 403
    assert post(f"/bills/{bills}/B-9/events", {"event": "paid", "on": "2026-03-02"})[0] == 404
