"""The bank's pages: statements in by a form, items chosen by hand, set aside, taken back, cases settled."""

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.balance import open_debits
from seawall.services import demo_bank, snapshots
from seawall.services.access import Actor
from seawall.store.models import BankCase, BankEntry, BankMatch

ON = dt.date(2026, 3, 31)


def text(response):
    return response.content.decode()


@pytest.fixture(scope="module")
def statement(store):
    ledger, known = snapshots.open_ledger(Actor.system(), details=True)
    entity = min(ledger.accounts["entity"])
    return entity, *demo_bank.statement(ledger, AsOf(ON, known), entity, "CNY")


def sent(client, statement, **more):
    entity, name, data = statement
    return client.post(
        reverse("bank"), {"files": SimpleUploadedFile(name, data), "entity": entity, **more}, follow=True
    )


def test_statements_come_in_by_a_form_and_what_is_wrong_is_said_beside_it(client_of, statement):
    client = client_of("boss")
    assert "Choose at least one file." in text(client.post(reverse("bank"), {}))
    wrong = client.post(reverse("bank"), {"files": SimpleUploadedFile("x.txt", b"nothing"), "entity": statement[0]})
    assert "x.txt is not a bank statement." in text(wrong)
    assert f"<option selected>{statement[0]}" in text(wrong)
    assert "say which entity" in text(sent(client, statement, entity=""))
    assert "new entries" in text(sent(client, statement))
    assert "on file already" in text(sent(client, statement))
    assert client_of("reader").post(reverse("bank"), {}).status_code in (200, 403)
    assert not re.search(r'name="files"', text(client_of("reader").get(reverse("bank"))))


def entry(**by):
    return BankEntry.objects.every_entity().get(**by)


def test_other_items_are_chosen_by_hand_and_what_was_typed_stays(client_of, statement):
    client = client_of("boss")
    number = entry(counterparty="国家金库").pk
    page = reverse("entry", args=[number])
    ledger, known = snapshots.open_ledger(Actor.system(), details=True)
    people = ledger.accounts.join(ledger.customers, on="customer_id")
    rows = open_debits(ledger, as_of=AsOf(ON, known)).join(people, on="account_id")
    mine = rows.filter((rows["entity"] == statement[0]) & (rows["currency"] == "CNY") & (rows["open_minor"] > 20_000))
    item = mine.sort("number").row(-1, named=True)
    assert item["name"] in text(client.get(page, {"who": item["customer_code"]}))
    assert item["number"] in text(client.get(page, {"customer": item["customer_code"]}))
    form = {"act": "allocate", "customer": item["customer_code"], f"part:{item['number']}": "12x"}
    refused = text(client.post(page, form))
    assert "12x is not an amount" in refused
    assert 'value="12x"' in refused
    assert "is more than the" in text(client.post(page, form | {f"part:{item['number']}": "99999999"}))
    assert not BankMatch.objects.every_entity().exists()
    done = client.post(page, form | {f"part:{item['number']}": "100.00"}, follow=True)
    assert f"Matched: BANK-{number}" in text(done)
    case = BankCase.objects.every_entity().get()
    left = amount_text(entry(pk=number).amount_minor - 10_000, "CNY")
    assert f"{float(left):,.2f}" in text(client.get(reverse("cases")))
    assert "is not settled by" in text(client.post(reverse("cases"), {"case": case.pk, "resolution": "never"}))
    assert "The case is settled." in text(
        client.post(reverse("cases"), {"case": case.pk, "resolution": "refunded"}, follow=True)
    )
    assert "it was paid back" in text(client.get(reverse("cases"), {"closed": "1"}))
    assert f"BANK-{number}" in text(client.get(page))
    assert "Say why." in text(client.post(page, {"act": "undo", "reason": " "}))
    assert "is open again" in text(client.post(page, {"act": "undo", "reason": "test"}, follow=True))
    assert "is set aside" in text(client.post(page, {"act": "aside", "reason": "a tax refund"}, follow=True))
    assert "Set aside: a tax refund" in text(client.get(page))
    assert "Somebody decided about this entry before." in text(client.post(page, {"act": "aside", "reason": "again"}))


def test_a_reader_sees_and_decides_nothing(client_of, statement):
    reader = client_of("reader")
    listed = text(reader.get(reverse("unmatched")))
    assert "data-key" not in listed
    number = entry(counterparty="国家金库").pk
    before = BankMatch.objects.every_entity().count()
    reader.post(reverse("entry", args=[number]), {"act": "undo", "reason": "x"})
    assert BankMatch.objects.every_entity().filter(end__isnull=True).count() == before - 1


@pytest.mark.parametrize("name", ["today", "worklist", "ageing"])
def test_how_old_bank_data_is_stands_wherever_somebody_is_chased(client_of, statement, name):
    client = client_of("boss")
    assert "Bank data to 30 Mar 2026, one day old." in text(client.get(reverse(name), {"as_of": "2026-03-31"}))
    stale = text(client.get(reverse(name), {"as_of": "2026-04-30"}))
    assert "Bank data only to 30 Mar 2026, 31 days old" in stale


def test_the_customer_s_file_says_it_too(client_of, statement):
    code = snapshots.open_ledger(Actor.system())[0].customers["customer_code"][0]
    assert "Bank data to" in text(client_of("boss").get(reverse("customer", args=[code]), {"as_of": "2026-03-31"}))
