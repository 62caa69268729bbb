"""Stores of earlier schemas brought to this one, with data: no fact changes, also where it is killed in the middle."""

import datetime as dt
import hashlib
import os
import signal
import time

import psycopg
import pytest
from crash import old_schemas
from django.core.management import call_command
from django.db import ProgrammingError, connections
from django.db.migrations.executor import MigrationExecutor

from seawall.services import audit, checks, contacts, founding, runs, subjects
from seawall.services.access import Actor
from seawall.store import embedded, migrating
from seawall.store.grants import APPEND_ONLY
from seawall.store.home import home
from seawall.store.models import RunStep

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "owner"]), pytest.mark.slow]

SCHEMAS = old_schemas.names()
SYSTEM = Actor.system()
ON = dt.date(2026, 3, 31)
MOVED = {("store_contact", "email")}
"""Columns whose content has another place since: the test says where."""

SHAPE = """
SELECT table_name::text, column_name::text, concat_ws(' ', data_type, character_maximum_length, is_nullable)
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name LIKE 'store\\_%'
UNION ALL SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid::regclass::text LIKE 'store\\_%'
UNION ALL SELECT tablename::text, indexname::text, indexdef FROM pg_indexes WHERE tablename LIKE 'store\\_%'
UNION ALL SELECT tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'store\\_%'
ORDER BY 1, 2, 3
"""
"""What tables, constraints, indexes and triggers are, in the database's own words."""

CUSTOMER = ("C1", "one@example.org")


@pytest.fixture
def old(running_database, django_db_blocker):
    """Fill a database of its own with a store of that schema, and have both connections use it."""
    names = {alias: connections[alias].settings_dict["NAME"] for alias in connections}
    name = f"{names['default']}_old"

    def fill(schema):
        close()
        with psycopg.connect(running_database.conninfo, autocommit=True) as made:
            made.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        embedded.make_database(running_database, name)
        use(name)
        with psycopg.connect(home().database().owner.of(dbname=name).conninfo) as made:
            made.execute("SET check_function_bodies = off")  # they name tables that come after them
            made.execute(old_schemas.text_of(schema))

    def use(which):
        close()
        for alias in connections:
            connections[alias].settings_dict["NAME"] = which

    with django_db_blocker.unblock():
        yield fill
        for alias, before in names.items():
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = before
        with psycopg.connect(running_database.conninfo, autocommit=True) as made:
            made.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def close():
    for alias in connections:
        connections[alias].close()


def columns():
    """Table to its columns, of our own tables."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(column_name::text ORDER BY column_name::text) FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name LIKE 'store\\_%' GROUP BY 1"
        )
        return dict(cursor.fetchall())


def shape():
    with connections["owner"].cursor() as cursor:
        cursor.execute(SHAPE)
        return cursor.fetchall()


def facts(of):
    """Table to a hash of its rows in these columns."""
    found = {}
    with connections["owner"].cursor() as cursor:
        for table, names in of.items():
            listed = ", ".join(f'"{name}"' for name in names)
            cursor.execute(
                f"SELECT coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '') FROM (SELECT {listed} FROM {table}) t"
            )
            found[table] = hashlib.sha256(cursor.fetchone()[0].encode()).hexdigest()
    return found


def migrated(monkeypatch):
    """Bring it up as the product does; seconds of each migration's transaction, in which its locks are held."""
    seconds, began = {}, [0.0]

    def clocked(action, migration=None, fake=False):
        if action == "apply_start":
            began[0] = time.monotonic()
        elif action == "apply_success":
            seconds[migration.name] = time.monotonic() - began[0]

    made = MigrationExecutor.__init__

    def watching(self, connection, progress_callback=None):
        made(self, connection, clocked)

    with monkeypatch.context() as patched:
        patched.setattr(MigrationExecutor, "__init__", watching)
        founding.bring_up_to_date()
    return seconds


def killed_in_migration(nth, *, after):
    """Bring it up in a process that dies at the n-th migration: before it is on record, or when it is committed."""
    close()
    child = os.fork()
    if child == 0:
        apply, left = MigrationExecutor.record_migration, [nth]

        def dying(self, migration):
            left[0] -= 1
            if not left[0] and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            apply(self, migration)
            if not left[0]:
                self.connection.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL), robust=False)

        MigrationExecutor.record_migration = dying
        try:
            call_command("migrate", database="owner", verbosity=0, interactive=False)
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def is_whole(before, held):
    """The facts are as they were, and the store answers."""
    now = columns()
    lost = {(table, name) for table, names in before.items() for name in set(names) - set(now.get(table, []))}
    assert lost <= MOVED, f"columns that are gone: {lost - MOVED}"
    assert facts({table: before[table] for table in held}) == held


@pytest.mark.promise("R20")
def test_no_fact_changes_on_the_way_up_from_any_earlier_schema(old, count, promise, monkeypatch):
    kills, slowest, new = 0, {}, shape()
    assert len(new) > 100
    chosen = count([SCHEMAS[0], SCHEMAS[-1]], SCHEMAS)
    for schema in chosen:
        old(schema)
        before = {table: [name for name in names if (table, name) not in MOVED] for table, names in columns().items()}
        kept = {table: names for table, names in before.items() if table in APPEND_ONLY or table == "store_chainhead"}
        held = facts(kept)
        assert len(held) >= 10
        pending = len(founding.pending())
        every = [(1, after) for _ in range(pending) for after in (False, True)]
        for nth, after in count([(max(1, pending // 2), False), (1, True)], every):
            assert killed_in_migration(nth, after=after)
            kills += 1
            is_whole(kept, held)
        if not founding.pending():  # the last kill came after the last migration: once more, undisturbed
            old(schema)
        for name, seconds in migrated(monkeypatch).items():
            slowest[name] = max(seconds, slowest.get(name, 0.0))
        is_whole(kept, held)
        assert founding.pending() == ()
        assert shape() == new, "another schema than a new store has"
        founding.require_founded()
        assert not founding.may_change_proof()
        assert audit.verify(SYSTEM).holds
        RunStep.objects.all().delete()  # its files stayed with the home that made them
        report = checks.check(SYSTEM, on=ON)
        assert {failure.name for failure in report.failures} <= {"files"}  # the originals too
        (found,) = contacts.listed(SYSTEM, subjects.customer_of(SYSTEM, CUSTOMER[0]).code)
        assert CUSTOMER[1] in str(found)
        assert runs.run(SYSTEM, on=ON, currency="CNY").state == "done"
    name, seconds = max(slowest.items(), key=lambda each: each[1])
    promise(
        f"{len(chosen)} schemas ({', '.join(chosen)}), {kills} kills in their migrations: facts"
        f" changed 0, record whole; {len(slowest)} migrations, locks held at most {seconds:.2f} s ({name})"
    )


def test_with_a_migration_and_its_entry_apart_a_kill_in_between_is_never_got_over(old, monkeypatch):
    """The twin without the guard: the same kill leaves tables that the next attempt would make again."""
    old(SCHEMAS[0])
    with monkeypatch.context() as patched:
        patched.setattr(MigrationExecutor, "apply_migration", migrating._apply)
        at_jobs = next(n for n, name in enumerate(founding.pending(), 1) if name == "store.0008_jobs")
        assert killed_in_migration(at_jobs, after=False)
        with pytest.raises(ProgrammingError, match="already exists"):
            founding.bring_up_to_date()
