"""Imports at the same moment: one file is one effect, two files are both there. The twin shows the race is real."""

import datetime as dt
import threading

import psycopg
import pytest
from django.db import IntegrityError, connection
from ledgers import invented

from seawall.engine.kernel.errors import Conflict, LockTimeout
from seawall.services.access import Actor
from seawall.services.audit import verify
from seawall.services.intake import commit_import
from seawall.store import locks, points
from seawall.store.models import AuditEntry, Dispute, IdempotencyKey, Item

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
ON = dt.date(2026, 3, 31)
DISPUTES = "entity,number,opened_on,closed_on,amount,reason\n"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger")
    invented(folder, items=300, customers=10, seed=2, until=ON)
    return folder


def at_once(*calls):
    """Start all calls together; what each gave, or the error it ended with."""
    start, outcomes = threading.Barrier(len(calls)), [None] * len(calls)

    def work(number, call):
        start.wait()
        try:
            outcomes[number] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def patiently(call):
    """As a caller does: a conflict is worth another try."""
    for _ in range(20):
        try:
            return call()
        except LockTimeout:
            continue
    raise AssertionError("never got through")


def importing(folder, **options):
    return lambda: patiently(lambda: commit_import(SYSTEM, [folder], **options))


@pytest.mark.parametrize("clients", [2, 6])
def test_the_same_file_at_once_is_one_import(ledger, clients):
    outcomes = at_once(*[importing(ledger)] * clients)
    assert [type(one).__name__ for one in outcomes] == ["ImportResult"] * clients
    assert sorted(one.batch_no or 0 for one in outcomes) == [0] * (clients - 1) + [1]
    assert Item.objects.every_entity().count() == max(one.counts["items"]["new"] for one in outcomes)
    assert AuditEntry.objects.count() == 1
    assert verify(SYSTEM).holds


def test_different_files_at_once_are_both_there(ledger, tmp_path):
    (tmp_path / "items.csv").write_text(
        "entity,customer_code,kind,number,issued_on,due_on,currency,amount\n"
        "other,X1,invoice,N-1,2026-01-01,2026-01-31,CNY,5.00\n"
    )
    outcomes = at_once(importing(ledger), importing(tmp_path))
    assert sorted(one.batch_no for one in outcomes) == [1, 2]
    assert Item.objects.every_entity().filter(entity__code="other").count() == 1


def test_the_same_key_at_once_is_one_effect(ledger):
    outcomes = at_once(*[importing(ledger, key="k")] * 4)
    assert {one.batch_no for one in outcomes} == {1}
    assert IdempotencyKey.objects.count() == 1
    assert AuditEntry.objects.count() == 1


@pytest.fixture
def unguarded(monkeypatch):
    """No lock, and both writers wait for each other once they have compared the file with the store."""
    meeting = threading.Barrier(2, timeout=20)
    monkeypatch.setattr(locks, "take", lambda _names: None)
    monkeypatch.setattr(points, "hook", lambda point: meeting.wait() if point == "planned" else None)
    return meeting


@pytest.fixture
def disputed(ledger, tmp_path):
    commit_import(SYSTEM, [ledger])
    item = Item.objects.every_entity().filter(is_debit=True, amount_minor__gt=100).select_related("entity").first()
    before = Dispute.objects.every_entity().count()
    (tmp_path / "disputes.csv").write_text(f"{DISPUTES}{item.entity.code},{item.number},2026-03-01,,1.00,late\n")
    return tmp_path / "disputes.csv", before


def test_with_the_lock_a_dispute_is_there_once(disputed):
    path, before = disputed
    at_once(importing(path), importing(path))
    assert Dispute.objects.every_entity().count() == before + 1


def test_without_the_lock_it_is_there_twice(disputed, unguarded):
    path, before = disputed
    at_once(importing(path), importing(path))
    assert Dispute.objects.every_entity().count() == before + 2


def test_without_the_lock_the_database_still_refuses_a_second_document(ledger, unguarded):
    outcomes = at_once(*[lambda: commit_import(SYSTEM, [ledger])] * 2)
    (refused,) = [one for one in outcomes if isinstance(one, Exception)]
    assert isinstance(refused, IntegrityError | psycopg.IntegrityError)  # by the way the row came in
    assert AuditEntry.objects.count() == 1


def test_a_lock_that_is_not_free_is_a_conflict_and_changes_nothing(ledger, monkeypatch):
    monkeypatch.setattr(locks, "TIMEOUT_SECONDS", 0.1)
    inside, go_on = threading.Event(), threading.Event()

    def slow(point):
        if point == "facts" and not inside.is_set():
            inside.set()
            go_on.wait(20)

    monkeypatch.setattr(points, "hook", slow)

    def late():
        inside.wait(20)
        try:
            return commit_import(SYSTEM, [ledger])
        finally:
            go_on.set()

    first, second = at_once(lambda: commit_import(SYSTEM, [ledger]), late)
    assert first.batch_no == 1
    assert isinstance(second, Conflict)
    assert second.code == "lock_timeout"
    assert AuditEntry.objects.count() == 1


def test_writers_of_several_locks_never_wait_for_each_other_for_good():
    from seawall.services.access import IMPORT
    from seawall.services.command import execute

    names = ["a", "b", "c", "d"]

    def writer(order):
        return lambda: patiently(lambda: execute(SYSTEM, IMPORT, lambda _write: {}, request={}, lock=order))

    outcomes = at_once(*[writer(names[k % 4 :] + names[: k % 4]) for k in range(12)])
    assert sorted(one.batch_no for one in outcomes) == list(range(1, 13))
    assert verify(SYSTEM).holds
