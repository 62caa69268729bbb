"""Pages over a stocked store."""

import pytest
from django.test import Client
from stocked import empty, stock

from seawall.store.models import User


@pytest.fixture(scope="module")
def store(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        yield stock(tmp_path_factory.mktemp("ledger"))
        empty()


@pytest.fixture
def client_of(store, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]

    def signed_in(username):
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        User.objects.filter(username=username).update(language="en")
        client.force_login(User.objects.get(username=username))
        return client

    return signed_in
