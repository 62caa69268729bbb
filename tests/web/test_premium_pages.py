"""Premium on pages: what it costs, what is declared, an invoice, other cover."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from stocked import ON, person

from seawall.services import approvals, jobs, jobs_work, premium_store, wordings
from seawall.services.access import Grant, actor_of
from seawall.services.jobs_work import Working

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


def test_a_long_history_is_replayed_by_the_worker_and_its_answer_kept(client, client_of, monkeypatch):
    monkeypatch.setattr(premium_store, "AT_ONCE_ROWS", 0)
    asked = DAY | {
        "policy": "PREMIUM",
        "ask": "1",
        "years": "1",
        "limits": "free",
        "part": "2",
        "options": "b: insured_rate.rate=0.5",
    }
    address = f"{reverse('premium_whatif')}?{urlencode(asked)}"
    said = text(client.get(address))
    assert "Have it worked out" in said
    assert "Year by year" not in said
    assert client.post(f"{address}&years=x").status_code == 422
    moved = client.post(address)
    assert moved.status_code == 302
    job_id = int(parse_qs(urlsplit(moved["Location"]).query)["job"][0])
    assert 'hx-trigger="every 2s"' in text(client.get(moved["Location"]))
    steps = []
    monkeypatch.setattr(Working, "progress", lambda _self, done, total: steps.append((done, total)))
    assert jobs_work.carry_out(job_id, process="1", kind_of=jobs.kind_of, again=jobs.wake) == "done"
    assert steps == [(0, 3), (1, 3), (2, 3)]
    done = text(client.get(moved["Location"]))
    for words in ("Cheapest", "part:2", "Year by year"):
        assert words in done
    assert 'hx-trigger="every 2s"' not in done.split('id="worked"')[1]
    assert "part:2" in text(client.get(f"{moved['Location']}&export=csv"))
    assert f"job={job_id}" in text(client.get(reverse("premium_whatif"), DAY)).replace("&amp;", "&")
    assert client_of("reader").get(moved["Location"]).status_code == 404


def test_options_are_compared(client):
    assert "Past years" in text(client.get(reverse("premium_whatif"), DAY))
    asked = DAY | {"policy": "PREMIUM", "ask": "1", "years": "1", "limits": "free", "quarterly": "1", "part": "2",
                   "regions": "DE", "options": "short: insured_rate.rate=0.5", "more_limit": "1000"}  # fmt: skip
    said = text(client.get(reverse("premium_whatif"), asked))
    for words in ("Cheapest", "regions:DE", "part:2", "short", "as it is", "Year by year"):
        assert words in said
    for wrong in ({"years": "x"}, {"options": "x"}, {"limits": "x"}, {"appetite": "x"}, {"part": "NOBODY"}):
        assert client.get(reverse("premium_whatif"), asked | wrong).status_code in {400, 422}
