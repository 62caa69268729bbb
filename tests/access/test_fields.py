"""S3: what a form or a body does not name cannot be set by it, whatever is sent along."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from stocked import person

from seawall.services.access import Grant
from seawall.store.models import ApiToken, Membership, User

EXTRA = {
    "id": 1, "pk": 1, "user_id": 1, "is_active": False, "is_staff": True, "is_superuser": True, "password": "x",
    "must_change_password": True, "username": "other", "created_at": "2000-01-01", "roles": [{"role": "administrator"}],
    "role": "administrator", "entity": "", "grants": [["administrator", None]], "memberships": [1],
    "second_factors": [], "digest": "0" * 64, "expires_at": "2999-01-01T00:00:00Z", "user": 1, "token_id": 1,
    "revoked_at": None, "last_seen_at": "2999-01-01T00:00:00Z", "has_second_factor": True, "entities": ["QZB"],
    "acts_for": 1, "session_id": 1, "secret": "x",
}  # fmt: skip
WRITABLE = {"name": "Mia", "email": "mia@example.org", "language": "en"}


def state_of(user):
    kept = User.objects.filter(pk=user.pk).values().get()
    return {name: value for name, value in kept.items() if name not in WRITABLE and name != "last_login"}


@pytest.fixture
def mia(world):
    User.objects.filter(username="mia").delete()
    return person("mia", Grant("viewer"))


@pytest.fixture
def boss(world):
    if not User.objects.filter(username="boss").exists():
        person("boss", Grant("administrator"))
    client = Client()
    client.force_login(User.objects.get(username="boss"))
    return client


def sent(client, method, path, body):
    client.cookies.load({"csrftoken": "x" * 32})
    return getattr(client, method)(path, json.dumps(body), content_type="application/json")


@pytest.mark.promise("S3")
def test_unwritable_fields_stay_as_they_are(world, mia, boss, promise):
    before, roles = state_of(mia), list(Membership.objects.filter(user=mia).values_list("role", "entity"))
    tried = 0
    for name, value in EXTRA.items():
        tried += 1
        answer = sent(boss, "patch", "/api/v1/people/mia", WRITABLE | {name: value})
        assert answer.status_code in (200, 422), (name, answer.content)
        boss.post(reverse("person", args=["mia"]), {"do": "change", **WRITABLE, name: json.dumps(value)})
        assert state_of(mia) == before, name
        assert list(Membership.objects.filter(user=mia).values_list("role", "entity")) == roles, name
    mine = Client()
    mine.force_login(mia)
    for name, value in EXTRA.items():
        if name in ("entities", "secret"):
            continue
        tried += 1
        answer = sent(mine, "post", "/api/v1/tokens", {"name": "t", "days": 1, name: value})
        assert answer.status_code in (200, 422), (name, answer.content)
    tokens = ApiToken.objects.filter(name="t")
    assert {token.user_id for token in tokens} == {mia.pk}
    assert len({token.digest for token in tokens}) == tokens.count() > 10
    assert all((token.expires_at - token.created_at).days == 1 and token.revoked_at is None for token in tokens)
    assert state_of(mia) == before
    promise(f"{tried} bodies with a field that is not theirs to set: changed 0")


def test_the_writable_fields_are_written(mia, boss):
    sent(boss, "patch", "/api/v1/people/mia", WRITABLE | {"name": "Another"})
    assert User.objects.get(pk=mia.pk).name == "Another"
