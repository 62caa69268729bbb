"""The claim file's page and the journal's: what is missing, the file in both forms, keeping it; entries that balance."""

import csv
import io
import zipfile

import pytest
from django.urls import reverse
from services.test_protection import EXAMPLE, LOSS, SYSTEM, approve
from stocked import person

from seawall.services import founding, insured, remarks, subjects
from seawall.services.access import Grant
from seawall.services.intake import commit_import
from seawall.store.models import Document

ASKED = {
    "customer": "C1",
    "policy": "P-2025",
    "cause": "insolvency",
    "lost_on": LOSS.isoformat(),
    "as_of": "2025-10-15",
}


@pytest.fixture
def client(transactional_db, client, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    founding.found(SYSTEM, name="Insured", reporting_currency="USD", time_zone="Asia/Shanghai")
    commit_import(SYSTEM, [EXAMPLE])
    approve()
    item = subjects.item_of(SYSTEM, "main", "debit", "I1")
    remarks.add_document(SYSTEM, item, name="invoice <b>I1.pdf", content=b"an invoice")
    client.force_login(person("desk", Grant("insurance_manager"), Grant("finance")))
    return client


def text(response):
    return response.content.decode()


def test_the_page_says_what_is_missing_and_gives_the_file(client):
    simulated = text(client.get(reverse("claims"), ASKED))
    assert reverse("claim_file") in simulated
    said = text(client.get(reverse("claim_file"), ASKED))
    for words in ("Claim file of Harbour Trading", "1 of 5", "Proof of delivery", "216,500.00"):
        assert words in said
    assert "<b>I1" not in said
    assert "invoice &lt;b&gt;I1.pdf" in said
    pdf = client.get(reverse("claim_file"), ASKED | {"form": "pdf"})
    assert b"".join(pdf.streaming_content)[:5] == b"%PDF-"
    assert 'filename="claim-file-C1-P-2025-2025-09-15.pdf"' in pdf["Content-Disposition"]
    packed = client.get(reverse("claim_file"), ASKED | {"form": "zip"})
    assert packed["X-Content-Type-Options"] == "nosniff"
    with zipfile.ZipFile(io.BytesIO(b"".join(packed.streaming_content))) as opened:
        assert opened.read("documents/001-invoice__b_I1.pdf") == b"an invoice"


def test_it_is_kept_under_its_hash_by_who_may(client):
    client.post(reverse("language"), {"language": "zh-hans", "next": "/"})
    address = reverse("claim_file") + "?" + "&".join(f"{name}={value}" for name, value in ASKED.items())
    said = client.post(address, {"form": "zip"}, follow=True)
    kept = Document.objects.every_entity().get(name="claim-file-C1-P-2025-2025-09-15.zip")
    assert kept.sha256 in text(said)
    assert "已随客户留存" in text(said)
    assert remarks.document(SYSTEM, kept.pk)[1] == b"".join(client.get(address + "&form=zip").streaming_content)
    client.force_login(person("eye", Grant("viewer")))
    assert "Keep" not in text(client.get(address))
    assert client.post(address, {"form": "pdf"}).status_code == 403


def test_a_question_that_makes_no_sense_is_told(client):
    for wrong, status, words in (
        ({"lost_on": "yesterday"}, 422, "not a date"), ({"customer": "NOBODY"}, 404, "NOBODY"),
        ({"policy": "P-1"}, 422, "P-1"), ({"as_of": "2025-09-01"}, 400, "before the loss"),
        ({"form": "docx"}, 400, "docx"), ({"cause": "weather"}, 400, "weather"),
    ):  # fmt: skip
        answer = client.get(reverse("claim_file"), ASKED | wrong)
        assert (answer.status_code, words in text(answer)) == (status, True)


def booked():
    claim = {"customer_code": "C1", "policy": "P-2025", "date_of_loss": LOSS.isoformat(), "cause": "insolvency"}
    for day, amount in (("2025-12-10", "199000"), ("2025-12-20", "1000")):
        insured.record_fact(SYSTEM, "claims", claim | {"paid_on": day, "indemnity": amount, "currency": "USD"})


def test_the_journal_shows_entries_and_gives_them_as_files(client):
    page, asked = reverse("claim_journal"), {"as_of": "2025-12-31", "from": "2025-12-01", "to": "2025-12-31"}
    assert "No claim was booked in this period" in text(client.get(page, asked))
    booked()
    said = text(client.get(page, asked))
    for words in ("Bank deposits", "200,000.00", "199,000.00", "2 postings", "Payment of the insurer"):
        assert words in said
    assert page in text(client.get(reverse("claims"), {"as_of": "2025-12-31"}))
    rows = list(csv.reader(io.StringIO(client.get(page, asked | {"export": "csv"}).content.decode("utf-8-sig"))))
    debit, credit = (sum(float(row[place] or 0) for row in rows[1:]) for place in (9, 10))
    assert debit == credit == 200_000
    found = client.get(page, asked | {"export": "json"}).json()
    assert {line["posting"] for line in found["lines"]} == {row[0] for row in rows[1:]}
    assert client.get(page, asked | {"export": "xlsx"}).content[:2] == b"PK"
    client.post(reverse("language"), {"language": "zh-hans", "next": "/"})
    assert "保险赔偿" in text(client.get(page, asked))
    wrong = client.get(page, asked | {"from": "31.12."})
    assert (wrong.status_code, "31.12. 不是日期" in text(wrong)) == (422, True)
    assert client.get(page, asked | {"from": "2026-01-01"}).status_code == 422
