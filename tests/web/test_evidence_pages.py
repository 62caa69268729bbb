"""Self-set limits and their evidence in the browser, by API and by command: shown, kept, and given back by their hash."""

import json

import pytest
import yaml
from cli.commands import run
from django.test import Client
from django.utils import timezone
from evidence_book import ALLOCATIONS, ITEMS, ON, POLICY, bring

from seawall.services import insured, sign_in
from seawall.services.access import Actor, actor_of
from seawall.store.models import Document, User

SYSTEM = Actor.system()
HERE = "/protection/evidence/"
ASKED = f"?as_of={ON}&currency=USD"


@pytest.fixture(scope="module")
def brought(store, tmp_path_factory, django_db_blocker):
    """Committed, for a run reads the ledger over a connection of its own."""
    with django_db_blocker.unblock():
        bring(tmp_path_factory.mktemp("evidence"))


@pytest.fixture
def boss(client_of, brought):
    return client_of("boss")


def text(client, address, **how):
    response = client.get(address, **how)
    assert response.status_code == 200
    return response.content.decode()


def test_by_the_pages_it_is_seen_kept_and_opened(boss):
    page = text(boss, HERE + ASKED)
    assert "=Wares &lt;b&gt;" in page
    assert "payments on time" in page
    assert "Keep the evidence of 2 delivery days" in page
    assert "Kept: 2 delivery days; documents: 1." in boss.post(HERE + ASKED, follow=True).content.decode()
    number = Document.objects.scoped(SYSTEM).latest("pk").pk
    one = text(boss, f"{HERE}C1/{ASKED}")
    assert f"/ledger/documents/{number}/" in one
    assert boss.get(f"/ledger/documents/{number}/").content.startswith(b"%PDF")
    assert boss.get(f"{HERE}C9/{ASKED}").status_code == 404
    assert "All of it is kept." in boss.post(f"{HERE}C1/{ASKED}", follow=True).content.decode()
    assert "C1" in boss.get(f"{HERE}{ASKED}&export=csv").content.decode("utf-8-sig")
    assert HERE in text(boss, f"/protection/limits/{ASKED}")
    assert f"{HERE}C1/" in text(boss, f"/protection/limits/C1/{ASKED}")
    assert Client().get(HERE).status_code == 302


def test_over_the_api_it_is_listed_and_kept_once(boss):
    token = sign_in.make_token(actor_of(User.objects.get(username="boss")), name="t", days=1, at=timezone.now())
    api = Client(headers={"authorization": f"Bearer {token}"})
    asked = {"as_of": str(ON), "currency": "USD"}
    told = {"customer_code": "C1", "policy": "P-25", "event": "adverse_information", "on": "2025-08-15"}
    insured.record_fact(SYSTEM, "insurance_events", told)
    (one,) = api.get("/api/v1/limit-evidence", asked).json()["limits"]
    assert (one["customer_code"], one["state"], one["to_keep"]) == ("C1", "lost", 1)
    body = {"customer": "C1", "language": "zh"}
    done = api.post("/api/v1/limit-evidence", body, content_type="application/json", headers={"idempotency-key": "k"})
    assert (done.status_code, done.json()["days"]) == (200, 1)
    (one,) = api.get("/api/v1/limit-evidence", asked | {"customer": "C1"}).json()["limits"]
    assert one["days"][-1]["document"]["number"] == done.json()["documents"][0]
    assert api.get("/api/v1/limit-evidence", asked | {"customer": "C9"}).status_code == 404
    assert api.get("/api/v1/limit-evidence", asked | {"policy": "P-9"}).status_code in (404, 422)


def test_by_command_from_the_store_and_straight_from_files(boss, tmp_path):
    told = json.loads(run("insurance", "evidence", "--as-of", str(ON), "--currency", "USD", "--format", "json").out)
    assert [one["customer_code"] for one in told["limits"]] == ["C1"]
    kept = run("insurance", "evidence", "--as-of", str(ON), "--currency", "USD", "--customer", "C1", "--keep")
    assert "limit-evidence-C1" in kept.out
    for name, lines in (("items.csv", ITEMS), ("allocations.csv", ALLOCATIONS)):
        (tmp_path / name).write_text(lines)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "p.yaml").write_text(yaml.safe_dump(POLICY, sort_keys=False, allow_unicode=True))
    asked = ("insurance", "evidence", "--files", tmp_path, "--as-of", str(ON), "--currency", "USD", "--format", "json")
    (one,) = json.loads(run(*asked).out)["limits"]
    assert (one["state"], one["kept"], one["to_keep"]) == ("justified", 0, 2)
    assert run(*asked, "--keep").code == 2
