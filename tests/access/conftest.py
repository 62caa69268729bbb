"""One world of two entities for the tests of who sees what."""

import pytest
from access import world as worlds
from django.conf import settings
from django.test import override_settings


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    plain = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    middleware = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    with django_db_blocker.unblock(), override_settings(STORAGES=plain, MIDDLEWARE=middleware):
        yield worlds.made(tmp_path_factory.mktemp("world"))
        worlds.unmade()
