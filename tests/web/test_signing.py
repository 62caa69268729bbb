"""Coming in: guessing is bounded, the honest are not locked out for ever, the language stays."""

import datetime as dt

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from stocked import PASSWORD, SYSTEM

from seawall.engine.kernel.errors import NotSignedIn
from seawall.services import people, sign_in
from seawall.services.access import Actor, Grant
from seawall.store.models import SignInFailure, User

NOW = dt.datetime(2026, 4, 1, 8, 0, tzinfo=dt.UTC)


def tried(username, password, address="192.0.2.7", client=None):
    client = client or Client()
    return client.post(reverse("sign_in"), {"username": username, "password": password}, REMOTE_ADDR=address)


def test_the_sixth_guess_is_not_looked_at_even_if_right(client_of):
    SignInFailure.objects.all().delete()
    for _ in range(sign_in.FAILURES_PAIR):
        assert tried("reader", "wrong").status_code == 200
    assert tried("reader", PASSWORD).status_code == 429
    assert tried("reader", PASSWORD, address="192.0.2.8").status_code == 302
    SignInFailure.objects.all().delete()
    assert tried("reader", PASSWORD).status_code == 302


def test_an_unknown_user_and_a_wrong_password_look_the_same(client_of):
    SignInFailure.objects.all().delete()
    known, unknown = tried("reader", "wrong"), tried("no-such-one", "wrong")
    assert known.status_code == unknown.status_code == 200
    assert "do not fit together" in known.content.decode()
    assert "do not fit together" in unknown.content.decode()
    SignInFailure.objects.all().delete()


def test_failures_are_forgotten_after_the_window(client_of):
    SignInFailure.objects.all().delete()
    for _ in range(sign_in.FAILURES_PAIR):
        sign_in.note_failure(username="reader", address="192.0.2.9", at=NOW)
    who = {"username": "Reader", "address": "192.0.2.9"}
    assert sign_in.is_locked_out(**who, at=NOW)
    assert not sign_in.is_locked_out(**who, at=NOW + sign_in.WINDOW)
    sign_in.note_failure(username="x", address="192.0.2.1", at=NOW + 2 * sign_in.WINDOW)
    assert SignInFailure.objects.count() == 1
    SignInFailure.objects.all().delete()


def test_the_language_is_remembered_for_the_user(client_of):
    client = client_of("reader")
    client.post(reverse("language"), {"language": "zh-hans", "next": "/"})
    assert User.objects.get(username="reader").language == "zh-hans"
    again = client_of("reader").get(reverse("settings"))
    assert 'lang="zh-Hans"' in again.content.decode()
    client.post(reverse("language"), {"language": "en", "next": "/"})


def test_the_language_chosen_at_the_door_goes_in_with_the_user(client_of):
    client = Client()
    client.post(reverse("language"), {"language": "zh-hans", "next": reverse("sign_in")})
    assert client.cookies[configured.LANGUAGE_COOKIE_NAME].value == "zh-hans"
    tried("boss", PASSWORD, client=client)
    assert User.objects.get(username="boss").language == "zh-hans"
    client.post(reverse("language"), {"language": "en", "next": "/"})


def test_the_language_form_leads_nowhere_else(client_of):
    response = Client().post(reverse("language"), {"language": "en", "next": "https://evil.example/"})
    assert response.url == reverse("today")


def test_a_one_time_password_serves_once(client_of):
    password = people.create(SYSTEM, username="fresh", grants=[Grant("viewer")])
    client = Client()
    assert tried("fresh", password, client=client).status_code == 302
    assert client.get(reverse("ageing")).url == reverse("password")
    wrong = client.post(reverse("password"), {"old": password, "new": "short", "again": "short"})
    assert wrong.status_code == 200
    done = client.post(reverse("password"), {"old": password, "new": "a-long-new-one-7", "again": "a-long-new-one-7"})
    assert done.status_code == 302
    assert client.get(reverse("settings")).status_code == 200
    assert not Client().login(username="fresh", password=password)


def test_a_token_is_shown_once_acts_as_its_user_and_ends_at_once(client_of):
    user = User.objects.get(username="narrow")
    actor = Actor(user.pk, "narrow", frozenset({Grant("viewer")}))
    secret = sign_in.make_token(actor, name="nightly", days=1, at=NOW)
    assert sign_in.actor_of_token(secret, at=NOW).user_id == user.pk
    kept = sign_in.tokens(actor)[0]
    assert secret not in repr(kept)
    sign_in.revoke_token(actor, token_id=kept.token_id, at=NOW)
    for moment in (NOW, NOW + dt.timedelta(days=2)):
        with pytest.raises(NotSignedIn):
            sign_in.actor_of_token(secret, at=moment)
