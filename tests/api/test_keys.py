"""People, deputies, tokens and what else changes the house: sent again under a key, one effect; another body is refused."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from seawall.services import contacts, single_sign_on
from seawall.services.access import Actor, Grant
from seawall.store.models import AuditEntry, Customer, Deputy, SignInProvider, User

ROLE, OTHER_ROLE = {"role": "finance"}, {"role": "auditor"}
DAYS = {"from_day": "2026-07-01", "to_day": "2026-07-14"}
MAIL = {"name": "Li"}
TOLD_ONCE = ("/people", "/people/kay/reset", "/tokens")


@pytest.fixture(scope="module")
def place(store):
    from stocked import person

    person("kay", Grant("viewer"), Grant("collector"))
    provider = SignInProvider.objects.create(name="D", issuer="https://id.example", client_id="c")
    code = Customer.objects.order_by("id").first().code
    people = [contacts.add(Actor.system(), code, {"name": name}).contact_id for name in ("Mo", "No")]
    return {"provider": provider.pk, "mo": people[0], "no": people[1], "kay": User.objects.get(username="kay").pk}


CASES = [
    ("post", "/people", {"username": "new-one"}, {"username": "new-one", "email": "x@example.org"}),
    ("patch", "/people/kay", {"name": "Kay"}, {"name": "May"}),
    ("post", "/people/kay/roles", ROLE, OTHER_ROLE),
    ("post", "/deputies", DAYS | {"deputy": "reader"}, DAYS | {"deputy": "narrow"}),
    ("put", "/sign-in/rules", {"second_factor_roles": [], "idle_minutes": 61, "absolute_hours": 11},
     {"second_factor_roles": [], "idle_minutes": 62, "absolute_hours": 11}),
    ("patch", "/contacts/{mo}", MAIL, {"name": "Liu"}),
    ("delete", "/contacts/{no}", None, "/contacts/{mo}"),
    ("delete", "/people/kay/roles?role=viewer", None, "/people/kay/roles?role=collector"),
    ("post", "/people/kay/reset", None, "/people/reader/reset"),
    ("post", "/people/kay/deactivate", None, "/people/kay/reactivate"),
    ("delete", "/sign-in/providers/{provider}", None, "/sign-in/providers/999"),
    ("put", "/schedule/check", {"is_on": True, "at": "03:10"}, {"is_on": True, "at": "03:20"}),
    ("post", "/audit/anchor", None, None),
    ("post", "/tokens", {"name": "t", "days": 1}, {"name": "t", "days": 2}),
]  # fmt: skip


@pytest.fixture
def boss(store, client):
    """In a session: a token makes no tokens."""
    client.force_login(User.objects.get(username="boss"))
    client.cookies.load({"csrftoken": "x" * 32})

    def send(method, path, body, key):
        given = {} if body is None else {"data": body, "content_type": "application/json"}
        answer = getattr(client, method)(f"/api/v1{path}", headers={"idempotency-key": key}, **given)
        return answer.status_code, answer.json()

    return send


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES, ids=[f"{each[0]} {each[1]}" for each in CASES])
def test_a_request_sent_again_has_one_effect(place, boss, case):
    method, path, body, other = case
    path, before = path.format(**place), AuditEntry.objects.count()
    first = boss(method, path, body, key=f"key {method} {path}")
    written = AuditEntry.objects.count() - before
    assert (first[0], written > 0) == (200, True), first
    again = boss(method, path, body, key=f"key {method} {path}")
    if path in TOLD_ONCE:
        assert (again[0], again[1]["code"]) == (409, "told_once")
    else:
        assert again == first
    if isinstance(other, str):
        refused = boss(method, other.format(**place), body, key=f"key {method} {path}")
    elif other:
        refused = boss(method, path, other, key=f"key {method} {path}")
    if other:
        assert (refused[0], refused[1].get("code")) == (409, "idempotency_mismatch") or refused[0] == 404, refused
    assert AuditEntry.objects.count() == before + written


def test_an_invitation_that_broke_off_in_the_middle_is_finished_under_its_key(place, boss, monkeypatch):
    from seawall.services import invitations

    with monkeypatch.context() as patch:
        patch.setattr(invitations, "_link", lambda *_args, **_more: (_ for _ in ()).throw(ConnectionError))
        with pytest.raises(ConnectionError):
            boss("post", "/people", {"username": "half"}, key="half")
    status, made = boss("post", "/people", {"username": "half"}, key="half")
    assert (status, bool(made["secret"])) == (200, True)
    assert boss("post", "/people", {"username": "half"}, key="half")[1]["code"] == "told_once"


@pytest.fixture
def deputy(place, token_of):
    """``reader`` acts for ``boss`` today."""
    today = timezone.now().date()
    days = {"from_day": today - dt.timedelta(days=1), "to_day": today + dt.timedelta(days=1)}
    boss, reader = (User.objects.get(username=name) for name in ("boss", "reader"))
    row = Deputy.objects.create(principal=boss, deputy=reader, made_at=timezone.now(), **days)
    yield Client(headers={"authorization": f"Bearer {token_of('reader')}"}), row
    row.delete()


def test_a_deputys_token_acts_for_the_other_under_both_names(deputy):
    client, row = deputy
    assert client.get("/api/v1/people").status_code == 403
    assert client.get("/api/v1/people", headers={"seawall-acts-for": "BOSS"}).status_code == 200
    body = {"username": "by-deputy"}
    sent = client.post("/api/v1/people", body, content_type="application/json", headers={"seawall-acts-for": "boss"})
    assert sent.status_code == 200
    assert " for boss (#" in AuditEntry.objects.order_by("-batch_no").first().actor
    for principal in ("narrow", "nobody-of-this-name"):
        refused = client.get("/api/v1/people", headers={"seawall-acts-for": principal})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    Deputy.objects.filter(pk=row.pk).update(ended_at=timezone.now())
    assert client.get("/api/v1/people", headers={"seawall-acts-for": "boss"}).status_code == 403


def test_a_provider_that_is_removed_takes_its_secret_and_links_along(place):
    from seawall.store.models import ProviderSubject

    row = SignInProvider.objects.create(name="E", issuer="https://e.example", client_id="c", secret="sealed")
    ProviderSubject.objects.create(
        provider=row, user=User.objects.get(username="reader"), subject="s", linked_at=timezone.now()
    )
    single_sign_on.remove_provider(Actor.system(), provider_id=row.pk)
    assert not SignInProvider.objects.filter(pk=row.pk).exists()
    assert not ProviderSubject.objects.filter(subject="s").exists()
    assert User.objects.filter(username="reader", is_active=True).exists()
    assert [each.issuer for each in single_sign_on.offered() if each.issuer == row.issuer] == []
