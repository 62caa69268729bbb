"""S14: sessions and second factors, from the outside, over pages alone."""

import datetime as dt
import statistics
import time

import pyotp
import pytest
from django.contrib.sessions.models import Session as Stored
from django.test import Client
from django.urls import reverse
from stocked import PASSWORD, SYSTEM, person

from seawall.services import people, second_factors, sign_in_rules
from seawall.services.access import Grant, actor_of
from seawall.store import seal
from seawall.store.home import home
from seawall.store.models import RecoveryCode, SecondFactor, SignedIn, SignInFailure, SignInRules, User
from seawall.web.session_store import kept_as

CASES = []


@pytest.fixture(autouse=True)
def afresh(client_of, settings, request):
    if "by_time" not in request.node.name:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    seal.make_key(home())
    SignInFailure.objects.all().delete()
    SecondFactor.objects.all().delete()
    RecoveryCode.objects.all().delete()
    SignInRules.objects.all().delete()
    yield
    SignInFailure.objects.all().delete()


@pytest.fixture
def eve(client_of):
    if not User.objects.filter(username="eve").exists():
        person("eve", Grant("viewer"))
    user = User.objects.get(username="eve")
    user.set_password(PASSWORD)
    user.is_active, user.must_change_password = True, False
    user.save()
    return user


def signed_in(username="eve", password=PASSWORD, client=None):
    client = client or Client()
    response = client.post(reverse("sign_in"), {"username": username, "password": password})
    return client, response


def is_in(client):
    return client.get(reverse("account")).status_code == 200


def case(test):
    CASES.append(test.__name__)
    return test


@case
def test_a_session_key_from_before_is_not_the_one_after(eve):
    client = Client()
    client.get(reverse("sign_in"))
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    signed_in(client=client)
    assert client.cookies["sessionid"].value != before
    assert not is_in(Client(headers={"cookie": f"sessionid={before}"}))


@case
def test_the_key_serves_no_more_after_signing_out(eve):
    client, _ = signed_in()
    stolen = Client(headers={"cookie": f"sessionid={client.cookies['sessionid'].value}"})
    assert is_in(stolen)
    client.post(reverse("sign_out"))
    assert not is_in(stolen)
    assert not is_in(client)


@case
def test_another_password_ends_all_sessions_but_the_one_it_was_changed_in(eve):
    here, there = signed_in()[0], signed_in()[0]
    here.post(reverse("password"), {"old": PASSWORD, "new": "another-long-1", "again": "another-long-1"})
    assert is_in(here)
    assert not is_in(there)
    assert signed_in()[1].status_code == 200
    assert is_in(signed_in(password="another-long-1")[0])


@case
@pytest.mark.parametrize("what", ["role", "deactivated", "reset"])
def test_what_ends_the_person_s_rights_ends_the_sessions(eve, client_of, what):
    client, _ = signed_in()
    boss = client_of("boss")
    does = {"role": {"do": "grant", "role": "auditor"}, "deactivated": {"do": "deactivate"}, "reset": {"do": "reset"}}
    assert boss.post(reverse("person", args=["eve"]), does[what]).status_code in (200, 302)
    assert not is_in(client)
    people.set_active(SYSTEM, username="eve", is_active=True)
    if what == "role":
        people.revoke(SYSTEM, username="eve", taken=Grant("auditor"))


@case
@pytest.mark.parametrize(("field", "length"), [("seen_at", "idle"), ("begun_at", "absolute")])
def test_it_ends_when_idle_and_in_any_case_for_pages_and_for_the_api(eve, field, length):
    client, _ = signed_in()
    assert client.get("/api/v1/meta").status_code == 200
    held = getattr(sign_in_rules.rules(dt.date(2026, 4, 1)), length)
    row = SignedIn.objects.filter(user=eve).latest("begun_at")
    SignedIn.objects.filter(pk=row.pk).update(**{field: getattr(row, field) - held - dt.timedelta(seconds=1)})
    assert client.get("/api/v1/meta").status_code == 401
    assert not is_in(client)


@case
def test_a_session_can_be_ended_from_another(eve):
    here, there = signed_in()[0], signed_in()[0]
    assert is_in(there)
    is_in(here)
    here.post(reverse("account_change"), {"do": "end_others"})
    assert is_in(here)
    assert not is_in(there)


@case
def test_the_cookie_is_for_this_site_and_not_for_scripts(eve, settings):
    cookie = signed_in()[0].cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    settings.SESSION_COOKIE_SECURE = True
    assert signed_in()[0].cookies["sessionid"]["secure"]


@pytest.fixture
def app(eve):
    """Eve's authenticator app: a function that gives the code of so many steps from now."""
    secret, now = second_factors.new_app_secret(), dt.datetime.now(dt.UTC)
    totp = pyotp.TOTP(secret)
    long_ago = now - dt.timedelta(days=1)
    codes = second_factors.add_app(actor_of(eve), secret=secret, code=totp.at(long_ago), at=long_ago)
    return (lambda steps=0: totp.at(dt.datetime.now(dt.UTC), counter_offset=steps)), codes


def second(client, code):
    return client.post(reverse("second_factor"), {"code": code})


@case
def test_half_way_in_is_not_in(eve, app):
    client, response = signed_in()
    assert response.url == reverse("second_factor")
    assert not is_in(client)
    assert client.get("/api/v1/meta").status_code == 401
    assert client.get(reverse("today")).url.startswith(reverse("sign_in"))


@case
def test_a_code_serves_once_for_everybody(eve, app):
    code = app[0]()
    assert second(signed_in()[0], code).status_code == 302
    client, _ = signed_in()
    assert second(client, code).status_code == 200
    assert not is_in(client)


@case
def test_a_recovery_code_serves_once(eve, app):
    client, _ = signed_in()
    assert second(client, app[1][3]).status_code == 302
    assert is_in(client)
    assert second(signed_in()[0], app[1][3]).status_code == 200


@case
def test_the_second_step_without_the_first_leads_back(eve, app):
    assert second(Client(), app[0]()).url == reverse("sign_in")
    client, _ = signed_in()
    session = client.session
    session["half_way"] |= {"at": (dt.datetime.now(dt.UTC) - dt.timedelta(minutes=11)).isoformat()}
    session.save()
    assert second(client, app[0]()).url == reverse("sign_in")


@case
def test_signing_in_with_the_second_factor_begins_a_new_session(eve, app):
    client, _ = signed_in()
    before = client.cookies["sessionid"].value
    second(client, app[0]())
    assert client.cookies["sessionid"].value != before
    assert not Stored.objects.filter(session_key=kept_as(before)).exists()


@case
def test_a_role_that_needs_a_second_factor_goes_nowhere_without(eve):
    sign_in_rules.change_rules(SYSTEM, second_factor_roles=["viewer"], idle_minutes=60, absolute_hours=12)
    client, _ = signed_in()
    assert client.get(reverse("today")).url == reverse("account")
    assert client.get("/api/v1/meta").status_code == 401
    made = client.post(reverse("token"), {"name": "way round", "days": "1"})
    assert "seawall_" not in made.content.decode(), "no token is a way round"


@case
def test_nobody_is_told_who_exists_by_words(eve, app):
    known, unknown = (signed_in(name, "wrong")[1] for name in ("eve", "no-such-one"))
    assert known.status_code == unknown.status_code == 200
    strip = lambda response, name: response.content.decode().replace(name, "").split("csrfmiddlewaretoken")[-1][90:]  # noqa: E731
    assert strip(known, "eve") == strip(unknown, "no-such-one")


@case
def test_nobody_is_told_who_exists_by_time(eve):
    def seconds(name):
        SignInFailure.objects.all().delete()
        begun = time.perf_counter()
        signed_in(name, "wrong")
        return time.perf_counter() - begun

    pairs = [(seconds("eve"), seconds("no-such-one")) for _ in range(7)]
    known, unknown = (statistics.median(each) for each in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2, (known, unknown)


@pytest.mark.promise("S14")
def test_all_cases_are_told(promise):
    promise(f"sessions and second factors: {len(CASES)} of {len(CASES)} cases hold")
