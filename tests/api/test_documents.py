"""Files with a customer, an item, a dispute or a task: kept, listed and handed back by the API, never as a page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from stocked import ON, SYSTEM

from seawall.services import disputes, reading, remarks, subjects
from seawall.services.item_list import Filter, items
from seawall.store.models import Account

HTML = b"<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def unblocked(store, django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def boss(token_of):
    return Client(headers={"authorization": f"Bearer {token_of('boss')}"})


@pytest.fixture
def item():
    rows = items(reading.open_reading(SYSTEM, on=ON, currency="CNY", details=True), Filter(state="open"))
    plain = rows.filter(rows["is_debit"] & (rows["left_minor"] > 10_000) & (rows["disputed_minor"].fill_null(0) == 0))
    row = plain.row(0, named=True)
    return subjects.item_of(SYSTEM, row["entity"], "debit", row["number"])


def another_customer(item):
    rows = Account.objects.every_entity().exclude(customer=item.customer)
    return rows.order_by("customer__code").first().customer.code


def kept(boss, name, **about):
    answer = boss.post("/api/v1/documents", about | {"file": SimpleUploadedFile(name, HTML, "text/html")})
    return answer.status_code, answer.json()


def test_files_of_disputes_and_tasks_are_listed_with_what_they_belong_to(boss, item):
    disputes.open_dispute(SYSTEM, item, on=ON, amount="1.00", reason="price")
    dispute = disputes.of_item(SYSTEM, item)[0].number
    task = remarks.add_task(SYSTEM, item, title="Send proof", due_on=ON)
    numbers = {}
    about = {"dispute": {"item": item.name, "dispute": dispute}, "task": {"task": task}, "item": {"item": item.name}}
    for of, said in about.items():
        status, told = kept(boss, f"{of}.html", **said)
        assert status == 200, told
        numbers[of] = told["number"]
    rows = boss.get("/api/v1/documents", {"item": item.name}).json()["rows"]
    found = [(row["number"], row["about"], row["about_no"]) for row in rows]
    assert found[:3] == [(numbers["item"], "item", None), (numbers["task"], "task", task),
                         (numbers["dispute"], "dispute", dispute)]  # fmt: skip
    of_customer = boss.get("/api/v1/documents", {"customer": item.customer.code}).json()["rows"]
    assert {row["number"] for row in of_customer} >= set(numbers.values())
    answer = boss.get(f"/api/v1/documents/{numbers['dispute']}")
    assert answer.content == HTML
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_what_a_file_cannot_belong_to_is_refused(boss, item):
    task, other = remarks.add_task(SYSTEM, item, title="Send proof", due_on=ON), another_customer(item)
    for status, about in (
        (404, {"item": item.name, "dispute": 999_999}), (404, {"task": 999_999}),
        (422, {"customer": item.customer.code, "dispute": 1}), (422, {}), (422, {"dispute": 1}),
        (422, {"task": task, "dispute": 1}), (422, {"task": task, "customer": other}),
        (200, {"task": task, "customer": item.customer.code}), (200, {"task": task, "item": item.name}),
    ):  # fmt: skip
        got, told = kept(boss, "x.html", **about)
        assert got == status, told
    assert boss.get("/api/v1/documents/999999").status_code == 404
