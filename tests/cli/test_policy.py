"""``seawall policy`` and ``seawall approvals``: the machine's owner proposes, a person approves by their token."""

import json

import pytest
from cli.commands import run
from django.utils import timezone
from stocked import ON, SYSTEM, empty, person, stock

from seawall.cli import acting, opening
from seawall.services import sign_in
from seawall.services.access import Grant, actor_of
from seawall.services.governing import governing


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        stock(tmp_path_factory.mktemp("ledger"))
        person("bob", Grant("finance"))
        yield
        empty()


@pytest.fixture
def seawall(company, db, monkeypatch):
    monkeypatch.setattr(opening, "open_store", lambda: None)
    return run


def test_from_a_draft_to_a_version_in_force(seawall, tmp_path, monkeypatch):
    from seawall.store.models import User

    drafted = seawall("policy", "draft", "house.dso", "--as-of", ON, "--from", "2026-03-01")
    path = tmp_path / "dso.yaml"
    path.write_text(drafted.out.replace("months: 3", "months: 6"))
    seen = json.loads(seawall("policy", "preview", "house.dso", "--body", path, "--as-of", ON, "--format", "json").out)
    assert "dso_days" in {each["name"] for each in seen["figures"] if each["is_changed"]}
    assert "figures change" in seawall("policy", "preview", "house.dso", "--body", path, "--as-of", ON).out
    proposed = seawall(
        "policy", "propose", "house.dso", "--body", path, "--as-of", ON, "--reason", "slower", "--format", "json"
    )
    number = str(json.loads(proposed.out)["number"])
    assert "house.dso" in seawall("approvals", "list").out
    assert "slower" in seawall("approvals", "show", number).out
    refused = seawall("policy", "approve", number)
    assert refused.code == 1
    secret = sign_in.make_token(actor_of(User.objects.get(username="bob")), name="t", days=1, at=timezone.now())
    monkeypatch.setenv(acting.TOKEN, secret)
    assert seawall("policy", "approve", number).code == 0
    assert seawall("approvals", "approve", number).code == 4
    assert governing().at("house.dso", ON).value == {"months": 6}
    assert "bob" in seawall("policy", "show", "house.dso", "--as-of", ON).out
    assert "bob" in seawall("policy", "list", "--as-of", ON).out
    assert json.loads(seawall("approvals", "list", "--all", "--format", "json").out)["proposals"][0]["decision"]
    monkeypatch.setenv(acting.TOKEN, "seawall_wrong")
    assert seawall("approvals", "list").code == 1


def test_rejecting_and_withdrawing_and_what_is_bad(seawall, tmp_path):
    path = tmp_path / "dso.yaml"
    path.write_text("values:\n  2026-03-01:\n    value: {months: six}\n    source: x\n")
    bad = seawall("policy", "propose", "house.dso", "--body", path, "--as-of", ON, "--reason", "x")
    assert bad.code == 3
    assert "line 3" in bad.err
    path.write_text("values:\n  2026-03-01:\n    value: {months: 6}\n    source: x\n")
    done = seawall("policy", "propose", "house.dso", "--body", path, "--as-of", ON, "--reason", "x", "--format", "json")
    number = str(json.loads(done.out)["number"])
    assert seawall("approvals", "reject", number, "--reason", "no").code == 1
    assert seawall("approvals", "withdraw", number).code == 0
    assert seawall("policy", "show", "house.none", "--as-of", ON).code == 1
    assert seawall("policy", "draft", "house.dso", "--as-of", ON, "--from", "soon").code == 2
    assert SYSTEM.user_id is None


def test_a_month_is_signed_shown_verified_and_taken_back(seawall, tmp_path, monkeypatch):
    from seawall.store.models import User

    assert "Nothing stands against" in seawall("period", "sign", "--as-of", ON, "--dry-run").out
    assert seawall("period", "sign", "--as-of", ON).code == 1
    secret = sign_in.make_token(actor_of(User.objects.get(username="bob")), name="t", days=1, at=timezone.now())
    monkeypatch.setenv(acting.TOKEN, secret)
    done = seawall("period", "sign", "--as-of", ON, "--reason", "closed", "--format", "json")
    number = str(json.loads(done.out)["number"])
    assert "bob" in seawall("period", "list").out
    path = tmp_path / "signed.pdf"
    assert seawall("period", "show", number, "--out", path).code == 0
    assert path.read_bytes()[:4] == b"%PDF"
    assert "holds" in seawall("period", "verify", number).out
    assert "Nothing that came later" in seawall("period", "difference", number).out
    assert seawall("period", "sign", "--as-of", ON).code == 1
    assert seawall("period", "withdraw", number).code == 3
    assert seawall("period", "withdraw", number, "--reason", "late batch").code == 0
    assert "taken back" in seawall("period", "show", number).out
    assert seawall("period", "show", "999").code == 1
    assert seawall("period", "sign", "--as-of", "2026-03-30", "--dry-run").code == 1
