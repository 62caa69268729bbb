"""The bank's journal on its page: balanced, as files, and bad days told."""

import csv
import datetime as dt
import io

import pytest
from django.urls import reverse

from seawall.engine.kernel.asof import AsOf
from seawall.services import bank_decide, bank_matching, bank_reading, demo_bank, snapshots
from seawall.services.access import Actor

ON = dt.date(2026, 3, 31)
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


def text(response):
    return response.content.decode()


@pytest.fixture(scope="module")
def decided(store, django_db_blocker):
    """A statement of the demo's, and its first receipt that names its item confirmed."""
    from seawall.services import bank

    system = Actor.system()
    ledger, known = snapshots.open_ledger(system, details=True)
    entity = min(ledger.accounts["entity"])
    name, data = demo_bank.statement(ledger, AsOf(ON, known), entity, "CNY")
    bank.import_files(system, [(name, data)], entity=entity)
    rows, _count = bank_matching.unmatched(system, on=ON)
    best = max((row for row in rows if row.proposals), key=lambda row: row.proposals[0].score)
    bank_decide.confirm(system, best.entry.pk, on=ON)
    return bank_reading.entries(system).get(pk=best.entry.pk)


def test_the_page_shows_what_was_decided_and_gives_it_as_files(client_of, decided):
    client = client_of("reader")
    page = reverse("bank_journal")
    day = decided.booked_on.isoformat()
    asked = {"from": day, "to": day}
    shown = text(client.get(page, asked))
    assert f"BANK-{decided.pk}" in shown
    assert "Bank deposits" in shown
    rows = list(csv.reader(io.StringIO(client.get(page, asked | {"export": "csv"}).content.decode("utf-8-sig"))))
    mine = [row for row in rows if row[0] == f"BANK-{decided.pk}"]
    assert sum(float(row[8] or 0) for row in mine) == sum(float(row[9] or 0) for row in mine) > 0
    found = client.get(page, asked | {"export": "json"}).json()
    assert {line["posting"] for line in found["lines"]} == {row[0] for row in rows[1:]}
    assert client.get(page, asked | {"export": "xlsx"}).content[:2] == b"PK"
    client.post(reverse("language"), {"language": "zh-hans", "next": "/"})
    assert "银行存款" in text(client.get(page, asked))


def test_bad_days_are_told_and_an_empty_period_says_the_next_step(client_of, decided):
    client, page = client_of("reader"), reverse("bank_journal")
    assert "31.3. is not a date" in text(client.get(page, {"from": "31.3."}))
    assert "ends before it begins" in text(client.get(page, {"from": "2026-03-31", "to": "2026-03-01"}))
    assert "Nothing was decided about in this period" in text(
        client.get(page, {"from": "1999-01-01", "to": "1999-01-31"})
    )
    assert client.get(page, MARCH | {"export": "pdf"}).status_code in (200, 400, 422)
    assert reverse("bank_journal") in text(client.get(reverse("bank")))
