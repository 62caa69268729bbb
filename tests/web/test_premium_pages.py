"""Premium on pages: what it costs, what is declared, an invoice, other cover."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from stocked import ON, person

from seawall.services import approvals, wordings
from seawall.services.access import Grant, actor_of

DAY = {"as_of": ON.isoformat()}
BODY = (
    wordings.template("sinosure-style")
    .replace("policy: SINOSURE-STYLE", "policy: PREMIUM")
    .replace("2025-12-31}", "2026-12-31}")
)


@pytest.fixture(scope="module")
def insured(store, django_db_blocker):
    with django_db_blocker.unblock():
        author, second = (
            actor_of(person(f"premium-{role}", Grant(role))) for role in ("insurance_manager", "credit_manager")
        )
        asked = wordings.propose(author, BODY, reason="as signed")
        approvals.approve(second, asked.number, digest=asked.digest, on=ON)
        person("premium-desk", Grant("viewer"))


def text(response):
    assert response.status_code == 200, response.content[:300]
    return response.content.decode()


@pytest.fixture
def client(insured, client_of):
    return client_of("premium-desk")


def test_premium_so_far_with_its_chart_and_where_it_leads(client):
    said = text(client.get(reverse("premium"), DAY))
    for words in (
        "PREMIUM: premium of USD",
        "Still due so far",
        "chart-declared",
        "By rate",
        "Instalments of the deposit",
    ):
        assert words in said
    for name in ("premium_declaration", "premium_audit", "premium_whatif"):
        assert reverse(name) in said
    assert "declared" in text(client.get(reverse("premium"), DAY | {"export": "csv"}))


def test_a_month_leads_to_its_documents(client):
    said = text(client.get(reverse("premium_declaration"), DAY | {"policy": "PREMIUM"}))
    assert "month=2026-02" in said
    month = text(client.get(reverse("premium_declaration"), DAY | {"policy": "PREMIUM", "month": "2026-02"}))
    assert "each document, and where its amount goes" in month
    assert client.get(reverse("premium_declaration"), DAY | {"month": "2019-01"}).status_code == 400
    assert client.get(reverse("premium_declaration"), DAY | {"policy": "NONE"}).status_code in {404, 422}


def test_an_invoice_is_audited_and_a_bad_one_refused(client):
    address = reverse("premium_audit") + f"?as_of={ON.isoformat()}&policy=PREMIUM"
    file = SimpleUploadedFile("invoice.csv", b"step,declared,rate,amount\non_declared,1,0.0035,1\nhandling,,,50\n")
    said = text(client.post(address, {"invoice": file}))
    assert "differences" in said
    assert "the policy knows no such charge" in said
    for content in (b"", b"\xff\xfe", b"a,b\n1,2\n"):
        refused = client.post(address, {"invoice": SimpleUploadedFile("x.csv", content)})
        assert "the policy knows no such charge" not in refused.content.decode()
        assert "invoice" in refused.content.decode()
    assert client.post(address).status_code in {200, 400, 422}


def test_options_are_compared(client):
    assert "Past years" in text(client.get(reverse("premium_whatif"), DAY))
    asked = DAY | {"policy": "PREMIUM", "ask": "1", "years": "1", "limits": "free", "quarterly": "1", "part": "2",
                   "regions": "DE", "options": "short: insured_rate.rate=0.5", "more_limit": "1000"}  # fmt: skip
    said = text(client.get(reverse("premium_whatif"), asked))
    for words in ("Cheapest", "regions:DE", "part:2", "short", "as it is", "Year by year"):
        assert words in said
    for wrong in ({"years": "x"}, {"options": "x"}, {"limits": "x"}, {"appetite": "x"}, {"part": "NOBODY"}):
        assert client.get(reverse("premium_whatif"), asked | wrong).status_code in {400, 422}
