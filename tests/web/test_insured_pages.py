"""The pages of insured limits: what stands, narrowed and exported; recorded by hand, refused beside the field, taken back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from stocked import ON, SYSTEM, person

from seawall.services import insured
from seawall.services.access import Grant

DAY = {"as_of": ON.isoformat()}
LIMIT = {
    "policy": "SINO-1", "kind": "approved", "amount": "300000", "currency": "USD", "decided_on": "2026-01-01", "expires_on": "2026-04-15",
}  # fmt: skip


@pytest.fixture(scope="module")
def code(store, django_db_blocker):
    with django_db_blocker.unblock():
        account = store.accounts.row(0, named=True)
        customer = store.customers["customer_code"][account["customer_id"]]
        insured.record_fact(
            SYSTEM, "insured_limits", LIMIT | {"customer_code": customer, "conditions": "no <b>retention</b>"}
        )
        person("insurer-desk", Grant("insurance_manager"))
    return customer


def text(response):
    return response.content.decode()


def test_the_list_says_what_stands_and_is_narrowed(code, client_of):
    client = client_of("insurer-desk")
    said = text(client.get(reverse("insured_limits"), DAY))
    assert "1 limits, 1 of them stand" in said
    assert "300,000.00" in said
    assert "SINO-1" in said
    assert "No limit fits" in text(client.get(reverse("insured_limits"), DAY | {"state": "refused"}))
    assert "SINO-1" in text(client.get(reverse("insured_limits"), DAY | {"state": "soon"}))
    csv = text(client.get(reverse("insured_limits"), DAY | {"export": "csv"}))
    assert "300000.00" in csv
    assert client.get(reverse("insured_limits"), DAY | {"state": "wonderful"}).status_code == 422


def test_a_limit_whose_first_decision_is_still_to_begin_is_not_called_approved(code, client_of):
    later = LIMIT | {"effective_from": "2026-04-01", "policy": "SINO-LATER", "customer_code": code}
    insured.record_fact(SYSTEM, "insured_limits", later)
    client, asked = client_of("insurer-desk"), DAY | {"policy": "SINO-LATER"}
    said = text(client.get(reverse("insured_limits"), asked | {"state": "future"}))
    assert "Limit approved, from 1 April 2026" in said
    assert "is-good" not in said.split("<tbody>")[1]
    assert "SINO-LATER" in text(client.get(reverse("insured_limits"), asked | {"state": "future", "export": "csv"}))
    assert "No limit fits" in text(client.get(reverse("insured_limits"), asked | {"state": "approved"}))
    facts = insured.facts_of(SYSTEM, "insured_limits", customers=[code])
    (number,) = facts.filter(facts["policy"] == "SINO-LATER")["fact_id"]
    insured.take_back(SYSTEM, "insured_limits", number, reason="entered for another customer")


def test_a_customers_page_shows_the_history_and_escapes_it(code, client_of):
    said = text(client_of("insurer-desk").get(reverse("insured", args=[code]), DAY))
    assert "no &lt;b&gt;retention" in said
    assert "Record a limit decision" in said
    assert "Take it back" in said
    viewed = text(client_of("reader").get(reverse("insured", args=[code]), DAY))
    assert "Record a limit decision" not in viewed
    assert "Take it back" not in viewed
    assert client_of("reader").get(reverse("insured", args=["NOBODY"]), DAY).status_code == 404


def test_a_decision_is_refused_beside_its_field_then_recorded_and_taken_back(code, client_of):
    client, place = client_of("insurer-desk"), reverse("insured_record", args=[code, "insured_limits"])
    assert "Decision" in text(client.get(place, DAY))
    cut = LIMIT | {"kind": "reduced", "amount": "200000", "decided_on": "2026-03-01", "entity": "", "expires_on": ""}
    wrong = client.post(place, cut | {"insured_rate": "90"})
    assert "90 is not a share" in text(wrong)
    assert 'value="200000"' in text(wrong)
    assert client.post(place, cut).status_code == 302
    said = text(client.get(reverse("insured", args=[code]), DAY))
    assert "Limit reduced · 200,000.00 USD" in said
    number = insured.facts_of(SYSTEM, "insured_limits", customers=[code]).filter(kind="reduced")["fact_id"].item()
    back = reverse("insured_take_back", args=[code, "insured_limits", number])
    assert "Reason" in text(client.get(back))
    assert client.post(back, {"reason": "another customer"}).status_code == 302
    assert "Limit reduced" not in text(client.get(reverse("insured", args=[code]), DAY))
    assert client.get(back).status_code == 404


def test_evidence_comes_with_its_event(code, client_of):
    client, place = client_of("insurer-desk"), reverse("insured_record", args=[code, "insurance_events"])
    file = SimpleUploadedFile("report.pdf", b"%PDF evidence", content_type="application/pdf")
    given = {"policy": "SINO-1", "event": "credit_report", "on": "2026-02-01", "detail": "rated B", "file": file}
    assert client.post(place, given).status_code == 302
    said = text(client.get(reverse("insured", args=[code]), DAY))
    assert "Credit report received" in said
    assert "report.pdf, sha256" in said


def test_who_may_not_record_sees_no_form(code, client_of):
    for table in ("insured_limits", "claims"):
        assert client_of("reader").get(reverse("insured_record", args=[code, table])).status_code == 403
    assert client_of("insurer-desk").get(reverse("insured_record", args=[code, "items"])).status_code == 404
