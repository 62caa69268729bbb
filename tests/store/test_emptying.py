"""A test's store is emptied of all that stands in it once nobody writes any more, not of what stood before."""

import threading
import time

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from seawall.store.models import User

WAITS = """
    SELECT count(*) FROM pg_locks WHERE NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def empty():
    try:
        call_command("flush", database="default", interactive=False, verbosity=0, reset_sequences=False)
    finally:
        connection.close()


def waits():
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_what_is_written_while_the_emptying_waits_goes_too():
    emptying = threading.Thread(target=empty)
    with transaction.atomic():
        User.objects.create(username="late")
        emptying.start()
        until = time.monotonic() + 30
        while not waits() and time.monotonic() < until:
            time.sleep(0.01)
    emptying.join(30)
    assert not emptying.is_alive()
    assert not User.objects.exists()
