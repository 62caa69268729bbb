"""One PostgreSQL for the whole session: the private one in a home of its own, or the server of ``DATABASE_URL``.

Nothing starts before a test asks for the database; parallel workers share the server, each with its own database
and a home of its own, so that one's files and snapshots are not another's.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path

import django
import hypothesis
import psycopg
import pytest
from django.conf import settings
from psycopg import sql

IS_MINE = "SEAWALL_TEST_HOME" not in os.environ
if IS_MINE:
    os.environ["SEAWALL_TEST_HOME"] = tempfile.mkdtemp(prefix="seawall-test-")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ["SEAWALL_HOME"] = str(Path(os.environ["SEAWALL_TEST_HOME"]) / ("" if WORKER == "main" else WORKER))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "seawall.site.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop and Django share a thread

# A busy machine makes examples slowly; that says nothing about what is tested.
hypothesis.settings.register_profile("busy", suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None)
hypothesis.settings.load_profile("busy")

from seawall.store import embedded, programs, seal  # noqa: E402 - after the home is set
from seawall.store.home import POINTER_NAME, Home, home  # noqa: E402

SHARED = Home(Path(os.environ["SEAWALL_TEST_HOME"]))
if WORKER != "main":
    home().path.mkdir(mode=0o700)
    (home().path / POINTER_NAME).write_text(f"{SHARED.cluster}\n")  # the server is the one of all
home().claim()  # before the settings ask where the database is
django.setup()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
"""Most tests only need a password that is right; what is slow on purpose would be half of their time."""

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""The suite's own data may be lost with the machine; the crash tests use servers of their own."""

NAME = f"test_seawall_{WORKER}_{os.getpid()}"


def pytest_report_header():
    return f"PostgreSQL: {server_version()}"


def server_version():
    url = os.environ.get("DATABASE_URL")
    if not url:
        return f"{programs.MAJOR}, the private one of {programs.PACKAGE}"
    with psycopg.connect(url) as made:
        return f"{made.info.server_version // 10000}, the server at {made.info.host or made.info.hostaddr}"


@pytest.fixture(scope="session")
def running_database():
    """The store's database settings, with its server running and a store made; the superuser's connection."""
    place = home()
    place.write_record("store")
    seal.make_key(place)
    if place.server_url:
        yield place.database().owner
        return
    lease = embedded.hold(place.cluster, settings=FAST)
    yield lease.connection
    lease.release()


@pytest.fixture(scope="session")
def django_db_setup(running_database, django_test_environment, django_db_blocker):
    """A migrated database of this worker's own: the owner's role makes the tables, the product's role uses them."""
    from django.core.management import call_command
    from django.db import connections

    make_test_database(running_database)
    with django_db_blocker.unblock():
        for alias in connections:
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = NAME
        call_command("migrate", database="owner", verbosity=0)
    flush_as(home().database().owner if home().server_url else running_database)
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    with psycopg.connect(running_database.conninfo, autocommit=True) as made:
        made.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


def make_test_database(connection):
    if not os.environ.get("DATABASE_URL"):
        embedded.make_database(connection, NAME)
        return
    with psycopg.connect(connection.conninfo, autocommit=True) as made:
        made.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))


def flush_as(role):
    """Let the emptying after a transactional test be done by another role than the product's, which may not delete.

    On the private server that is the superuser: to delete the few rows of a test, past every trigger, is several
    times faster than to truncate a hundred tables. What Django writes into an empty store, permissions that nothing
    here asks for, stays away.
    """
    from django.contrib.auth.management import create_permissions
    from django.contrib.contenttypes.management import create_contenttypes
    from django.db.backends.postgresql.operations import DatabaseOperations
    from django.db.models.signals import post_migrate

    truncating = DatabaseOperations.sql_flush
    connected = role.of(dbname=NAME).conninfo

    def sql_flush(operations, style, tables, *, reset_sequences=False, allow_cascade=False):
        if reset_sequences or home().server_url:
            return truncating(operations, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
        names = [operations.quote_name(name) for name in tables]
        waited = f"LOCK TABLE {', '.join(names)}"  # for whoever still writes, as truncating would
        emptied = "".join(f"IF EXISTS (SELECT FROM {name}) THEN DELETE FROM {name}; END IF; " for name in names)
        return ["SET session_replication_role = replica", waited, f"DO $$ BEGIN {emptied}END $$"]

    def execute_sql_flush(_operations, statements):
        with psycopg.connect(connected) as made:
            for statement in statements:
                made.execute(statement)

    DatabaseOperations.sql_flush = sql_flush
    DatabaseOperations.execute_sql_flush = execute_sql_flush
    post_migrate.disconnect(create_permissions, dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)


def pytest_unconfigure():
    """Remove the session's home and its cluster, once the server has stopped."""
    if not IS_MINE:
        return
    place = home()
    deadline = time.monotonic() + 30
    while embedded.is_running(place.cluster) and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(place.cluster, ignore_errors=True)
    shutil.rmtree(Path(os.environ["SEAWALL_TEST_HOME"]), ignore_errors=True)
