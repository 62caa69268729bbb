"""Files of disputes and tasks: kept by hash, seen by who sees the item, downloaded as bytes; bills in the timeline."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from stocked import ON, SYSTEM

from seawall.engine.kernel.errors import NotFound
from seawall.services import attachments, disputes, reading, remarks, subjects
from seawall.services.intake import commit_import
from seawall.services.item_list import Filter, items

DAY = {"as_of": ON.isoformat()}


@pytest.fixture(autouse=True)
def unblocked(store, django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def owing(store, django_db_blocker):
    """An open invoice that nobody disputes."""
    with django_db_blocker.unblock():
        read = reading.open_reading(SYSTEM, on=ON, currency="CNY", details=True)
        rows = items(read, Filter(state="open"))
    plain = rows.filter(rows["is_debit"] & (rows["left_minor"] > 10_000) & (rows["disputed_minor"].fill_null(0) == 0))
    return plain.row(0, named=True)


def place(row):
    return f"/ledger/items/{row['entity']}/debit/{row['number']}/"


def script(name="evil.html"):
    return SimpleUploadedFile(name, b"<script>alert(1)</script>", "text/html")


def text(response):
    return response.content.decode()


def test_a_file_stays_with_its_dispute_when_that_is_closed(client_of, owing):
    client, item = client_of("boss"), subjects.item_of(SYSTEM, owing["entity"], "debit", owing["number"])
    opened = ON - dt.timedelta(days=9)
    disputes.open_dispute(SYSTEM, item, on=opened, amount="1.00", reason="price")
    (row,) = disputes.of_item(SYSTEM, item)
    sent = {"dispute": str(row.number), "file": script("damage.html")}
    assert client.post(place(owing) + "do/dispute-document/", sent).status_code == 302
    (kept,) = attachments.of_disputes(SYSTEM, item)[opened, "price"]
    assert (kept.about, kept.about_no, kept.name) == ("dispute", row.number, "damage.html")
    disputes.close_dispute(SYSTEM, item, row.number, on=ON)
    (closed,) = disputes.of_item(SYSTEM, item)
    assert closed.number != row.number
    assert [each.pk for each in attachments.of_disputes(SYSTEM, item)[opened, "price"]] == [kept.pk]
    page = text(client.get(place(owing), DAY))
    assert page.count("damage.html") >= 2, "beside the dispute, and in the timeline"
    assert "Document added to a dispute" in page
    answer = client.get(f"/ledger/documents/{kept.pk}/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    with pytest.raises(NotFound):
        attachments.to_dispute(SYSTEM, item, 999_999, name="x", content=b"x")


def test_a_file_stays_with_its_task(client_of, owing):
    client, code = client_of("boss"), owing["customer_code"]
    number = remarks.add_task(SYSTEM, subjects.customer_of(SYSTEM, code), title="Send proof", due_on=ON)
    address = f"/ledger/tasks/{number}/document/"
    assert "Add a document to a task" in text(client.get(address))
    assert client.post(address, {"file": script("proof.html")}).status_code == 302
    page = text(client.get(f"/ledger/customers/{code}/", DAY))
    assert page.count("proof.html") >= 2
    assert 'aria-invalid="true"' in text(client.post(address, {}))
    with pytest.raises(NotFound):
        attachments.to_task(SYSTEM, 999_999, name="x", content=b"x")


BILL = """entity,customer_code,bill_number,kind,acceptor,currency,amount,issued_on,received_on,matures_on
{entity},{customer_code},TB-7,commercial,Works,CNY,90.00,2026-01-10,2026-02-01,2026-03-20
"""
EVENTS = """entity,bill_number,event,on,counterparty,note
{entity},TB-7,endorsed,2026-02-10,Steel Works,for steel
{entity},TB-7,bounced,2026-03-21,,
"""
USED = """entity,customer_code,debit_number,credit_number,allocated_on,amount
{entity},{customer_code},{number},TB-7,2026-02-01,90.00
"""


def test_the_timeline_tells_what_happened_to_a_bill_at_the_customer_and_at_what_it_paid(client_of, owing, tmp_path):
    for name, told in {"bills": BILL, "bill_events": EVENTS, "allocations": USED}.items():
        (tmp_path / f"{name}.csv").write_text(told.format(**owing), encoding="utf-8")
    commit_import(SYSTEM, [tmp_path], key="a bill that bounced")
    client, query = client_of("boss"), DAY | {"kind": "bill"}
    places = (
        f"/ledger/customers/{owing['customer_code']}/", f"/ledger/items/{owing['entity']}/credit/TB-7/", place(owing)
    )  # fmt: skip
    for at in places:
        page = text(client.get(at, query))
        for said in ("Bill TB-7 received", "Bill TB-7 endorsed", "Steel Works · for steel", "Bill TB-7 bounced"):
            assert said in page, (at, said)
    assert "TB-7 endorsed" not in text(client.get(places[0], {"as_of": "2026-02-05", "kind": "bill"}))
