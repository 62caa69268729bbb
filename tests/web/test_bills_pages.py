"""The pages of bills: figures as the engine has them, what may happen next, and what was recorded."""

import pytest
from django.urls import reverse
from stocked import ON, SYSTEM, person

from seawall.engine.ledger.generate_bills import with_bills
from seawall.services.access import Grant
from seawall.services.intake import commit_import

DAY = {"as_of": ON.isoformat()}
BILLS = """entity,customer_code,bill_number,kind,acceptor,currency,amount,issued_on,received_on,matures_on
{entity},{customer},B/1,bank,Harbour Bank,CNY,1200.00,2026-01-10,2026-02-01,2026-04-20
{entity},{customer},B-2,commercial,Works <b>Ltd</b>,CNY,300.00,2026-01-10,2026-02-01,2026-03-20
"""


@pytest.fixture(scope="module")
def bills(store, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bills")
    with django_db_blocker.unblock():
        account = store.accounts.filter(store.accounts["currency"] == "CNY").row(0, named=True)
        customer = store.customers["customer_code"][account["customer_id"]]
        text = BILLS.format(entity=account["entity"], customer=customer)
        (folder / "bills.csv").write_text(text, encoding="utf-8")
        commit_import(SYSTEM, [folder], key="bills of the pages")
        person("cash", Grant("finance"))
    return account["entity"]


def text(response):
    return response.content.decode()


def test_the_list_says_what_is_held_and_who_pays(bills, client_of):
    said = text(client_of("boss").get(reverse("bills"), DAY))
    assert "<h1>2 bills in hand, CNY 1,500" in said
    assert "Works &lt;b&gt;Ltd&lt;/b&gt;" in said
    assert "matured, not paid" in said
    csv = client_of("boss").get(reverse("bills"), DAY | {"export": "csv"})
    assert text(csv).count("\n") == 3
    assert client_of("boss").get(reverse("bills"), DAY | {"state": "lost"}).status_code == 422


def test_an_event_is_recorded_refused_beside_its_field_and_taken_back(bills, client_of):
    client, place = client_of("cash"), reverse("bill", args=[bills, "B/1"])
    assert "Record it" in text(client.get(place, DAY))
    early = client.post(place, {"event": "presented", "on": "2026-01-31", "note": "by courier"})
    assert "lies before the day the bill was received" in text(early)
    assert "by courier" in text(early)
    done = client.post(place, {"event": "presented", "on": "2026-03-30"}, follow=True)
    assert "Recorded: Presented for payment." in text(done)
    wrong = client.post(place, {"event": "endorsed", "on": "2026-03-31"})
    assert "Endorsed cannot follow Presented for payment." in text(wrong)
    back = client.post(place, {"event": "take_back"}, follow=True)
    assert "Taken back: Presented for payment." in text(back)


def test_who_may_not_change_bills_sees_no_form_and_is_refused(bills, client_of):
    client, place = client_of("reader"), reverse("bill", args=[bills, "B-2"])
    assert "Record it" not in text(client.get(place, DAY))
    assert client.post(place, {"event": "paid", "on": "2026-03-30"}).status_code == 403


def test_the_exposure_is_explained_down_to_the_row(bills, client_of):
    said = text(client_of("boss").get(reverse("why", args=["exposure_minor"]), DAY))
    assert "Harbour Bank" in said
    assert "bills.csv" in said


def test_a_generated_ledger_with_bills_keeps_its_laws(store):
    ledger = with_bills(store, share=0.2, seed=3, until=ON)
    assert ledger.bills.height
    assert set(ledger.bill_events["event"].cast(str)) >= {"paid", "endorsed", "presented"}
    assert with_bills(store, share=0.2, seed=3, until=ON).bill_events.equals(ledger.bill_events)
