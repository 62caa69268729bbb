"""The ledger's pages where people act: forms, lists, statements, timelines; what is refused says so beside what was typed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from stocked import ON, SYSTEM

from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.services import reading, remarks, subjects
from seawall.services.ledger import ageing_table
from seawall.store.models import User

DAY = {"as_of": ON.isoformat()}


@pytest.fixture(autouse=True)
def unblocked(store, django_db_blocker):
    """What is written is committed, as the ledger is read by a connection of its own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def owing(store):
    """A customer with something open, one of its open invoices, and a receipt that is not used up."""
    read = reading.open_reading(SYSTEM, on=ON, currency="CNY", details=True)
    from seawall.services.item_list import Filter, items

    rows = items(read, Filter(state="open"))
    return rows.filter(rows["is_debit"] & (rows["left_minor"] > 10_000)).row(0, named=True)


def place(row, side="debit"):
    return f"/ledger/items/{row['entity']}/{side}/{row['number']}/"


def test_the_list_of_items_ties_to_the_ageing(client_of, store):
    from seawall.services.item_list import Filter, after, items, key_of, totals

    read = reading.open_reading(SYSTEM, on=ON, currency="CNY", details=True)
    for currency, minor in totals(items(read, Filter(state="open"))).items():
        table = ageing_table(read, scheme=DEFAULT_SCHEME, by="currency").rows
        if currency == "CNY":
            row = table.filter(table["currency"] == "CNY").row(0, named=True)
            assert minor == row["open_minor"] - abs(row["unapplied_minor"])
    rows = items(read, Filter())
    keys = [key_of(row) for row in rows.to_dicts()]
    assert keys == sorted(keys)
    assert after(rows, keys[99]).height == rows.height - 100
    page = client_of("boss").get("/ledger/items/", DAY)
    assert page.status_code == 200
    assert b"data-row" in page.content


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"state": "overdue"}, 200), ({"kind": "receipt"}, 200), ({"number": "zz-none"}, 200),
        ({"due_from": "2026-01-01", "due_to": "2026-01-31", "amount_from": "10", "amount_to": "1e9"}, 200),
        ({"state": "lost"}, 422), ({"kind": "x"}, 422), ({"due_from": "soon"}, 422), ({"amount_from": "x"}, 422),
        ({"after": "nonsense"}, 422), ({"export": "csv"}, 200), ({"export": "xlsx"}, 200),
    ],
)  # fmt: skip
def test_the_list_of_items_is_narrowed_by_the_address(client_of, query, status):
    assert client_of("boss").get("/ledger/items/", DAY | query).status_code == status


def test_a_statement_is_a_page_a_pdf_and_a_table(client_of, owing):
    client, address = client_of("boss"), f"/ledger/customers/{owing['customer_code']}/statement/"
    text = client.get(address, DAY).content.decode()
    assert owing["number"] in text
    assert "Statement of account" in text
    assert "对账单" in client.get(address, DAY | {"lang": "zh"}).content.decode()
    assert client.get(address, DAY | {"export": "pdf", "lang": "zh"}).content[:5] == b"%PDF-"
    assert client.get(address, DAY | {"export": "xlsx"}).content[:2] == b"PK"
    assert owing["number"].encode() in client.get(address, DAY | {"export": "csv"}).content
    assert client.get(address, DAY | {"export": "exe"}).status_code == 422
    assert client.get(address, DAY | {"from": "2027-01-01"}).status_code in (400, 422)
    assert client.get("/ledger/customers/NOBODY/statement/", DAY).status_code == 404


def test_notes_tasks_documents_and_pauses_stand_on_the_timeline(client_of, owing):
    client, at = client_of("boss"), f"/ledger/customers/{owing['customer_code']}/"
    client.post(at + "do/note/", {"text": "<b>pays</b> on Fridays"})
    client.post(at + "do/task/", {"title": "Send the contract", "due_on": "2026-04-01", "assignee": "boss"})
    file = SimpleUploadedFile("x.html", b"<script>alert(1)</script>", "text/html")
    client.post(at + "do/document/", {"file": file})
    client.post(at + "do/pause/", {"until_on": "2099-01-01", "reason": "talks"})
    text = client.get(at, DAY).content.decode()
    for shown in ("&lt;b&gt;pays&lt;/b&gt; on Fridays", "Send the contract", "x.html", "Chasing is paused until"):
        assert shown in text
    assert "Send the contract" not in client.get(at, DAY | {"kind": "note"}).content.decode().split("sw-line")[1]
    task = remarks.tasks(SYSTEM)[0]
    client.post(f"/ledger/tasks/{task.number}/", {"version": task.version, "done": "yes"})
    assert remarks.tasks(SYSTEM)[0].is_done
    number = remarks.documents(SYSTEM, customers=[subjects.customer_of(SYSTEM, owing["customer_code"]).pk])[0].pk
    sent = client.get(f"/ledger/documents/{number}/")
    assert sent["Content-Type"] == "application/octet-stream"
    assert sent["Content-Disposition"].startswith("attachment")
    assert sent["X-Content-Type-Options"] == "nosniff"
    client.post(at + "do/resume/", {"reason": "talks failed"})
    assert "Chasing is paused" not in client.get(at, DAY).content.decode()


def test_what_is_refused_is_said_beside_what_was_typed(client_of, owing):
    client = client_of("boss")
    page = client.post(place(owing) + "do/dispute/", {"on": "2026-03-01", "amount": "lots", "reason": "price"})
    text = page.content.decode()
    assert "lots is not an amount above zero." in text
    assert 'value="lots"' in text
    page = client.post(place(owing) + "do/dispute/", {"on": "2026-03-01", "amount": "99999999", "reason": "price"})
    assert 'role="alert"' in page.content.decode()
    User.objects.filter(username="boss").update(language="zh-hans")
    page = Client()
    page.force_login(User.objects.get(username="boss"))
    text = page.post(place(owing) + "do/write-off/", {"on": "x", "amount": "1", "reason": "y"}).content.decode()
    assert "日期" in text


def test_a_dispute_and_an_allocation_by_hand(client_of, owing):
    client = client_of("boss")
    given = {"on": "2026-03-01", "amount": "1.00", "reason": "price", "note": "called"}
    assert client.post(place(owing) + "do/dispute/", given).status_code == 302
    text = client.get(place(owing), DAY).content.decode()
    assert "Price or discount" in text
    assert "Close a dispute" in text
    assert client.get(place(owing) + "do/dispute-close/", DAY).status_code == 200
    for act in ("note", "task", "document", "dispute", "dispute-change", "write-off"):
        assert client.get(place(owing) + f"do/{act}/", DAY).status_code == 200, act
    for act in ("allocate", "recovery", "nonsense"):
        assert client.get(place(owing) + f"do/{act}/", DAY).status_code == 404, act
    for act in ("edit", "merge", "split", "pause"):
        at = f"/ledger/customers/{owing['customer_code']}/do/{act}/"
        assert client.get(at, DAY).status_code == 200, act


def test_who_may_not_is_offered_nothing(client_of, owing):
    client = client_of("reader")
    assert "do/note/" not in client.get(place(owing), DAY).content.decode()
    assert client.get(place(owing) + "do/note/", DAY).status_code == 403
    assert client.post(place(owing) + "do/note/", {"text": "x"}).status_code == 403


def test_a_merged_code_leads_to_the_customer_it_is(client_of, owing, store):
    client, codes = client_of("boss"), sorted(store.customers["customer_code"])
    other = next(code for code in codes if code != owing["customer_code"] and subjects.is_seen(SYSTEM, _customer(code)))
    at = f"/ledger/customers/{other}/"
    given = {"into": owing["customer_code"], "on": "2026-03-31", "reason": "one"}
    assert client.post(at + "do/merge/", given).status_code == 302
    page = client.get(at, DAY)
    assert (page.status_code, owing["customer_code"] in page["Location"]) == (302, True)
    assert f"{other} merged into" in client.get(page["Location"]).content.decode()
    given = {"code": other, "reason": "two"}
    assert client.post(f"/ledger/customers/{owing['customer_code']}/do/split/", given).status_code == 302
    assert client.get(at, DAY).status_code == 200


def _customer(code):
    from seawall.store.models import Customer

    return Customer.objects.get(code=code)
