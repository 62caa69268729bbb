"""``seawall check`` says nothing about a whole store, and names what somebody broke."""

import datetime as dt

import pytest
from django.db import connections

from seawall.engine.kernel.errors import NotPermitted
from seawall.engine.ledger.canonical import canonical
from seawall.engine.ledger.generate import generate
from seawall.services import runs, snapshots
from seawall.services.access import Actor
from seawall.services.checks import check
from seawall.services.intake import commit_import
from seawall.store import files
from seawall.store.models import ImportFile

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
SYSTEM = Actor.system()
ON = dt.date(2026, 3, 31)
LEDGER = canonical(generate(items=400, customers=15, seed=3, until=ON))


@pytest.fixture
def store(tmp_path):
    for name, frame in LEDGER.items():
        frame.write_csv(tmp_path / f"{name}.csv")
    commit_import(SYSTEM, [tmp_path])


def failed():
    return {failure.name for failure in check(SYSTEM, on=ON).failures}


def test_a_whole_store_passes(store):
    runs.run(SYSTEM, on=ON, currency="CNY")
    report = check(SYSTEM, on=ON)
    assert report.failures == ()
    assert report.holds
    assert len(report.rules) > 20


def test_an_empty_store_passes():
    assert failed() == set()


BREAK = {
    "settled": "UPDATE store_allocation SET amount_minor = amount_minor + 100000000, credit_minor = credit_minor + 100000000",
    "on_record": "UPDATE store_item SET write_no = 999 WHERE id = 1",
    "documents": "DELETE FROM store_item WHERE id = (SELECT debit_id FROM store_allocation ORDER BY id LIMIT 1)",
    "numbers": "UPDATE store_item SET id = 2 WHERE id = 1",
    "sources": "UPDATE store_item SET file_id = 424242 WHERE id = 1",
    "accounts": "UPDATE store_item SET account_id = 424242 WHERE id = 1",
    "versions": "UPDATE store_item SET version = 3 WHERE id = 1",
    "current": "INSERT INTO store_rate (id, write_no, from_currency, to_currency, \"on\", rate, version) SELECT n, 1, 'EUR', 'CNY', '2026-01-01', 7, n FROM generate_series(1, 2) AS n",
    "superseded": "INSERT INTO store_supersession (of, fact_id, write_no, reason) VALUES (1, 424242, 1, '')",
    "chain": "UPDATE store_auditentry SET actor = 'nobody'",
}


@pytest.mark.parametrize("name", BREAK)
def test_what_somebody_broke_is_named(store, name):
    snapshots.open_ledger(SYSTEM)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname = 'append_only'")
        tables = [table for (table,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        try:
            cursor.execute(BREAK[name])
        finally:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")
    assert name in failed()


def test_a_lost_file_is_named(store):
    sha256 = ImportFile.objects.every_entity().first().sha256
    content = files.place(sha256).read_bytes()
    files.place(sha256).write_bytes(content + b"x")
    try:
        assert failed() == {"files"}
    finally:
        files.place(sha256).write_bytes(content)


def test_only_who_sees_everything_may_check(store):
    with pytest.raises(NotPermitted):
        check(Actor.of("ann", ["auditor"], frozenset({"E1"})), on=ON)
    with pytest.raises(NotPermitted):
        check(Actor.of("ann", ["finance"]), on=ON)
