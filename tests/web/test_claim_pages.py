"""The pages of a claim: begun from the simulator or a deadline, led from step to step, refused in words on its own page."""

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from web import test_cover_pages
from web.test_cover_pages import DAY, text

from seawall.engine.kernel.money import minor_of
from seawall.services import insurers
from seawall.services.access import Actor
from seawall.services.insurers import Given
from seawall.store.models import InsurerMessage
from seawall.web.protection import claim_cases

LOST = "2026-03-31"
SYSTEM = Actor.system()
code, covered = test_cover_pages.code, test_cover_pages.covered
FIELD = re.compile(r'<input type="hidden" name="move" value="(\w+)">')


def named(customer):
    return {"customer": customer, "policy": "COVER", "lost_on": LOST, "cause": "insolvency"}


@pytest.fixture
def client(client_of):
    return client_of("cover-desk")


def case(client, customer):
    return text(client.get(reverse("claim_case"), DAY | named(customer)))


def step(client, customer, move, on="2026-04-01", **said):
    sent = named(customer) | {"as_of": "2026-04-30", "move": move, "on": on}
    return client.post(reverse("claim_case"), sent | said, follow=True)


def moves(page):
    return FIELD.findall(page)


def test_a_claim_goes_its_way_on_its_page(covered, client):
    found = text(client.get(reverse("claims"), DAY | named(covered)))
    begin = unescape(re.search(r'href="([^"]*/claims/open/\?[^"]*)"', found)[1])
    form = text(client.get(begin))
    assert f'value="{covered}"' in form
    sent = named(covered) | {"on": "2026-04-01", "reference": "N-1"}
    opened = client.post(reverse("claim_open"), sent, follow=True)
    assert opened.redirect_chain[-1][0].startswith(reverse("claim_case"))
    page = text(client.get(reverse("claim_case"), {"as_of": "2026-04-30"} | named(covered)))
    assert "Notice of the loss" in page
    assert {"gathered", "filed", "withdrawn"} <= set(moves(page))
    assert "paid" not in moves(page)

    refused = step(client, covered, "paid", amount="10")
    assert "The insurer pays what it decided on." in unescape(text(refused))
    late = step(client, covered, "filed", on="2999-01-01", reference="CL-1")
    assert "has not come yet." in unescape(text(late))

    proof = SimpleUploadedFile("proof.pdf", b"%PDF-1.4 proof", content_type="application/pdf")
    step(client, covered, "gathered", document="delivery_proof", file=proof)
    step(client, covered, "filed", reference="CL-1")
    step(client, covered, "decided", on="2026-04-10", decision="partly", amount="1000")
    page = text(client.get(reverse("claim_case"), {"as_of": "2026-04-30"} | named(covered)))
    assert "proof.pdf, sha256" in page
    assert "CL-1" in page
    assert "decided by the insurer" in page
    assert "The insurer decided on more than the policy brings." in page
    assert "Take it back" in page
    listed = text(client.get(reverse("claims"), {"as_of": "2026-04-30"}))
    assert "Claims under way" in listed
    assert "1,000.00" in listed


def test_a_form_is_filled_with_what_the_claim_takes_of_the_first_loss():
    said = {"takes": {"aggregate_first_loss": "500.00"}, "payments": []}
    for move in ("decided", "paid"):
        filled = {one.name: one.value for one in claim_cases._fields(move, "2026-04-01", said)}
        assert filled["aggregate_first_loss_used"] == "500.00"
    for other in (said | {"payments": [{}]}, said | {"takes": {"aggregate_first_loss": "0.00"}}, {}):
        filled = {one.name: one.value for one in claim_cases._fields("paid", "2026-04-01", other)}
        assert filled["aggregate_first_loss_used"] == ""


WHY = re.compile(r'hx-get="([^"]*/why/a/claim/[^"]*)"')


def test_a_claim_says_why_not_there_yet_and_under_way(covered, client):
    page = text(client.get(reverse("claims"), DAY | named(covered)))
    panel = unescape(text(client.get(unescape(WHY.search(page)[1]))))
    assert "the covered loss less what each operator takes" in panel
    assert "policy COVER" in panel
    assert "Indemnity" in panel
    lost = named(covered) | {"lost_on": "2026-03-26"}  # a loss of its own
    client.post(reverse("claim_case"), lost | {"as_of": "2026-04-30", "move": "opened", "on": "2026-04-01"})
    page = text(client.get(reverse("claim_case"), {"as_of": "2026-04-30"} | lost))
    address = unescape(WHY.search(page)[1])
    assert "of=case" in address
    assert "Indemnity" in text(client.get(address))
    assert WHY.search(text(client.get(reverse("claims"), DAY))) is None
    otherwise = DAY | named(covered) | {"set": "insured_rate.rate=0.85"}
    assert WHY.search(text(client.get(reverse("claims"), otherwise))) is None
    assert client.get(reverse("why_claim"), DAY | named("NOBODY")).status_code == 404
    assert client.get(reverse("why_claim"), DAY | named(covered) | {"lost_on": "soon"}).status_code == 422


def test_a_connected_insurer_is_told_from_the_page_of_the_claim(covered, client, client_of):
    told = {"url": "https://insurer.example", "client_id": "seawall"}
    number = insurers.add(SYSTEM, Given("Neutral Re", "neutral", "COVER", told, secret="s3cret"))
    insurers.link(SYSTEM, connection_id=number, customer_code=covered, company_ref="N-1", name="Harbour")
    boss = client_of("boss")
    lost = named(covered) | {"lost_on": "2026-03-29"}  # a loss of its own: that of others is filed
    client.post(reverse("claim_case"), lost | {"as_of": "2026-04-30", "move": "opened", "on": "2026-04-01"})
    later = {"as_of": "2026-04-30"} | lost
    page = unescape(text(boss.get(reverse("claim_case"), later)))
    for notice in ("overdue", "extension", "reschedule"):
        assert f"notice={notice}" in page
    assert "Tell Neutral Re: Repayment plan" in page
    assert "File it with Neutral Re" in page
    sent = boss.post(reverse("claim_case"), lost | {"file_with": str(number)}, follow=True)
    assert "waits to be sent" in text(sent)
    message = InsurerMessage.objects.every_entity().get(kind="file_claim")
    assert (message.body["date_of_loss"], message.customer_code) == ("2026-03-29", covered)
    assert sum(minor_of(row["amount"], row["currency"]) for row in message.body["items"]) == minor_of(
        message.body["amount"], message.body["currency"]
    )
    assert boss.post(reverse("claim_case"), lost | {"file_with": "x"}).status_code == 404
    again = unescape(text(boss.post(reverse("claim_case"), later | {"file_with": str(number)}, follow=True)))
    assert "A request of this type is open for this company." in again
    elsewhere = insurers.add(SYSTEM, Given("Other Re", "neutral", "OTHER", told, secret="s3cret"))
    other = unescape(text(boss.post(reverse("claim_case"), later | {"file_with": str(elsewhere)}, follow=True)))
    assert f"There is no insurer {elsewhere}." in other
    unopened = later | {"lost_on": "2026-03-28", "file_with": str(number)}
    assert boss.post(reverse("claim_case"), unopened).status_code == 404
    assert InsurerMessage.objects.every_entity().filter(kind="file_claim").count() == 1
    reader = client_of("reader")
    assert "File it with" not in text(reader.get(reverse("claim_case"), later))
    assert reader.post(reverse("claim_case"), lost | {"file_with": str(number)}).status_code in (403, 404)


def test_who_may_not_record_sees_the_claim_and_no_form(covered, client_of):
    page = case(client_of("reader"), covered)
    assert moves(page) == []
    assert "Take it back" not in page
    assert client_of("reader").get(reverse("claim_open"), DAY).status_code == 403


def test_a_claim_nobody_opened_is_not_there(covered, client):
    asked = DAY | named(covered) | {"lost_on": "2026-03-30"}
    assert client.get(reverse("claim_case"), asked).status_code == 404
    assert client.get(reverse("claim_case"), DAY | named(covered) | {"cause": "weather"}).status_code == 404
    assert client.get(reverse("claim_case"), DAY | named(covered) | {"lost_on": "31.3."}).status_code == 422


def test_a_deadline_leads_to_the_claim(covered, client):
    page = unescape(text(client.get(reverse("deadlines"), DAY | {"within": "90"})))
    assert re.search(r"/claims/open/\?[^\"]*policy=COVER", page)
