"""S15: a thousand guesses, from one address and from a hundred, at passwords, codes, tokens and links."""

import datetime as dt
import itertools

import pytest
from django.test import Client
from django.urls import reverse
from stocked import PASSWORD, person

from seawall.services import invitations, second_factors, sign_in
from seawall.services.access import Actor, Grant, actor_of
from seawall.store import seal
from seawall.store.home import home
from seawall.store.models import SecondFactor, SignInFailure, User

GUESSES = 1000
ADDRESSES = {1: ["192.0.2.1"], 100: [f"198.51.100.{number}" for number in range(100)]}


@pytest.fixture(autouse=True)
def afresh(client_of, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a thousand guesses, in seconds
    seal.make_key(home())
    SignInFailure.objects.all().delete()
    yield
    SignInFailure.objects.all().delete()


@pytest.fixture
def target(client_of):
    if not User.objects.filter(username="target").exists():
        person("target", Grant("viewer"))
    user = User.objects.get(username="target")
    user.set_password(PASSWORD)
    user.save()
    SecondFactor.objects.filter(user=user).delete()
    return user


def guesses(count, addresses):
    """Numbers of guesses with the address each comes from."""
    return zip(range(count), itertools.cycle(ADDRESSES[addresses]), strict=False)


@pytest.mark.parametrize("addresses", [1, 100])
@pytest.mark.promise("S15")
def test_passwords(target, addresses, count, promise):
    total, client, looked_at = count(200, GUESSES), Client(), 0
    for number, address in guesses(total, addresses):
        response = client.post(
            reverse("sign_in"), {"username": "target", "password": f"guess {number}"}, REMOTE_ADDR=address
        )
        assert response.status_code in (200, 429)
        looked_at += response.status_code == 200
    bound = sign_in.FAILURES_PAIR if addresses == 1 else sign_in.FAILURES_USER
    assert looked_at == bound
    later = dt.datetime.now(dt.UTC) + sign_in.WINDOW
    assert not sign_in.is_locked_out(username="target", address=ADDRESSES[addresses][0], at=later), "not for ever"
    promise(f"{total} passwords from {addresses}: {looked_at} looked at")


@pytest.mark.parametrize("addresses", [1, 100])
@pytest.mark.promise("S15")
def test_codes(target, addresses, count, promise):
    long_ago = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    secret = second_factors.new_app_secret()
    code = __import__("pyotp").TOTP(secret).at(long_ago)
    second_factors.add_app(actor_of(target), secret=secret, code=code, at=long_ago)
    client, total, looked_at = Client(), count(100, GUESSES), 0
    client.post(reverse("sign_in"), {"username": "target", "password": PASSWORD})
    for number, address in guesses(total, addresses):
        response = client.post(reverse("second_factor"), {"code": f"x{number:05}"}, REMOTE_ADDR=address)
        assert response.status_code in (200, 429)
        looked_at += response.status_code == 200
    assert looked_at == sign_in.FAILURES_CODE
    later = dt.datetime.now(dt.UTC) + sign_in.WINDOW
    assert not sign_in.is_code_locked_out(username="target", address="192.0.2.1", at=later), "not for ever"
    promise(f"{total} codes from {addresses}: {looked_at} looked at")


@pytest.mark.promise("S15")
def test_tokens(target, count, promise):
    total, statuses = count(200, GUESSES), []
    secret = sign_in.make_token(actor_of(target), name="t", days=1, at=dt.datetime.now(dt.UTC))
    for number in range(total):
        wrong = Client(headers={"authorization": f"Bearer {sign_in.TOKEN_PREFIX}{number}"})
        statuses.append(wrong.get("/api/v1/meta").status_code)
    assert statuses.count(401) == sign_in.FAILURES_ADDRESS
    assert statuses.count(429) == total - sign_in.FAILURES_ADDRESS
    honest = Client(headers={"authorization": f"Bearer {secret}"})
    assert honest.get("/api/v1/meta").status_code == 200, "who holds a right one is let in beside a guesser"
    promise(f"{total} tokens from 1: {statuses.count(401)} answered 401, all others 429, let in 0")


@pytest.mark.parametrize("addresses", [1, 100])
@pytest.mark.promise("S15")
def test_links(target, addresses, count, promise):
    link = invitations.reset(Actor.system(), username="target", at=dt.datetime.now(dt.UTC))
    total, client, statuses = count(200, GUESSES), Client(), []
    for number, address in guesses(total, addresses):
        answer = client.post(reverse("welcome", args=[f"guess{number}"]), {"new": "x" * 12, "again": "x" * 12},
                             REMOTE_ADDR=address)  # fmt: skip
        statuses.append(answer.status_code)
    assert set(statuses) <= {404, 429}
    assert statuses.count(404) == (sign_in.FAILURES_ADDRESS if addresses == 1 else total)
    assert client.get(reverse("welcome", args=[link.secret]), REMOTE_ADDR="203.0.113.9").status_code == 200
    promise(f"{total} links of 256 bits from {addresses}: {statuses.count(404)} looked at, let in 0")
