"""Kill an import anywhere: afterwards the store holds nothing of it or all of it, and a retry makes it whole."""

import collections
import datetime as dt
import functools
import os
import random

import pytest
from crash.harness import doing, empty_the_store, rows_of
from django.db import connections
from ledgers import invented

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.laws import breaches
from seawall.services.access import Actor
from seawall.services.audit import verify
from seawall.services.files import load
from seawall.store import snapshot

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.slow,
    pytest.mark.timeout(3600),
]

SYSTEM = Actor.system()
ON = dt.date(2026, 3, 31)
POINTS = [
    "planned", "sources", "chunk of store_customer", "customers", "chunk of store_item", "items", "chunk of store_allocation",
    "allocations", "chunk of store_dispute", "facts", "audit", "commit", "committed",
]  # fmt: skip
FACTS = ["store_item", "store_allocation", "store_instalment", "store_dispute", "store_customerversion"]
SEED = 20261124


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger")
    invented(folder, items=600, customers=25, seed=4, until=ON)
    return folder


@pytest.fixture(scope="module")
def whole(folder):
    """What the store must hold in the end: rows by table."""
    ledger = load([folder]).ledger
    return [
        ledger.items.height,
        ledger.allocations.height,
        ledger.instalments.height,
        ledger.disputes.height,
        ledger.customers.height,
    ]


@pytest.fixture
def importer(db, folder):
    with doing() as made:
        yield functools.partial(made, do="import", folder=str(folder))


def held():
    return rows_of(FACTS)


def killed_then_retried(importer, whole, **task):
    """One cycle; gives the last point that the killed import reached."""
    ended = importer(**task)
    after = held()
    assert after in ([0] * len(FACTS), whole), f"half an import: {after}"
    assert ended["ended"] in (-9, 0)
    assert verify(SYSTEM).holds
    again = importer()
    assert again["ended"] == (0 if after[0] == 0 else 9)
    assert held() == whole
    ledger = snapshot.read(1).ledger
    assert breaches(ledger, as_of=AsOf(ON, 1)) == []
    empty_the_store()
    return (ended["points"] or ["start"])[-1] if ended["ended"] else "ended before"


def test_the_points_that_are_forced_are_all_there_are(importer):
    reached = importer()["points"]
    assert set(POINTS) <= set(reached)
    assert {point for point in reached if not point.startswith("chunk")} <= set(POINTS)


@pytest.mark.promise("R1")
def test_a_kill_at_any_named_point_loses_and_doubles_nothing(importer, whole, count, promise):
    each = count(1, 5)
    for point in POINTS:
        for n in range(1, each + 1):
            nth = n if point in ("chunk of store_item", "chunk of store_allocation") else 1
            killed_then_retried(importer, whole, at=[point, nth])
    promise(f"{len(POINTS)} named points x {each}: lost 0, doubled 0")


@pytest.mark.promise("R1")
def test_a_kill_at_any_moment_loses_and_doubles_nothing(importer, whole, count, promise):
    for _ in range(2):  # the first is slow: everything is cold
        seconds = importer()["seconds"]
        empty_the_store()
    chance = random.Random(SEED)
    kills = count(8, 200)
    hit = collections.Counter()
    for kill in range(kills):
        # Reading takes longest and writes nothing: most kills are drawn over the writing.
        task = {"after": chance.uniform(0, 1.2 * (seconds[-1] - seconds[0])), "from": POINTS[0]}
        early = {"after": chance.uniform(0, seconds[0])}
        hit[killed_then_retried(importer, whole, **(early if kill % 4 == 0 else task))] += 1
    said = ", ".join(f"{point} {times}" for point, times in hit.most_common())
    promise(f"{kills} random kills (seed {SEED}): lost 0, doubled 0; last point reached: {said}")


def test_the_harness_sees_half_an_import(importer, whole, folder):
    """The twin without the guard: facts that commit one table at a time are caught by the same check."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("INSERT INTO store_customer (id, code) VALUES (1, 'C')")
        cursor.execute(
            "INSERT INTO store_customerversion (id, write_no, customer_id, version, name) VALUES (1, 1, 1, 1, 'half')"
        )
    with pytest.raises(AssertionError, match="half an import"):
        killed_then_retried(importer, whole, at=["sources", 1])


def test_the_environment_names_no_crash_point(monkeypatch, folder):
    """The product reads no word from outside that could stop it: the killer is put in by hand."""
    from seawall.store import points

    assert points.hook is points._pass
    assert not [name for name in os.environ if "CRASH" in name]
