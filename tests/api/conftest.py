"""The API over a stocked store, called with tokens."""

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone
from stocked import empty, stock

from seawall.services import sign_in
from seawall.services.access import actor_of
from seawall.store.models import User


@pytest.fixture(scope="module")
def store(django_db_setup, django_db_blocker, tmp_path_factory):
    middleware = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    with django_db_blocker.unblock(), override_settings(MIDDLEWARE=middleware):
        yield stock(tmp_path_factory.mktemp("ledger"))
        empty()


@pytest.fixture(scope="module")
def token_of(store):
    def made(username):
        actor = actor_of(User.objects.get(username=username))
        return sign_in.make_token(actor, name="test", days=1, at=timezone.now())

    return made


@pytest.fixture(scope="module")
def caller(token_of):
    """``caller("boss")(path, **query)`` gives the response's status and its body."""

    def of(username):
        client = Client(headers={"authorization": f"Bearer {token_of(username)}"})

        def get(path, **query):
            response = client.get(f"/api/v1{path}", query)
            assert response["Content-Type"].split(";")[0] in ("application/json", "application/problem+json")
            return response.status_code, response.json()

        return get

    return of
