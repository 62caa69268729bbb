"""A snapshot is the ledger as known at a batch number, whole, whatever came later or is under way."""

import datetime as dt
import threading
from dataclasses import replace

import polars as pl
import pytest
from django.db import connection, connections

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import InputError
from seawall.engine.ledger.insured_facts import INSURED_TABLES
from seawall.exchange import parquet
from seawall.services import snapshots
from seawall.services.access import Actor
from seawall.services.intake import commit_import
from seawall.store import asof, points, snapshot
from seawall.store.models import Item

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
SYSTEM = Actor.system()
HEADER = "entity,customer_code,kind,number,issued_on,due_on,currency,amount\n"


@pytest.fixture
def post(tmp_path):
    def write(*rows, **options):
        text = "".join(
            f"E1,C{k % 3},invoice,{number},2026-01-0{k % 9 + 1},2026-02-01,CNY,{amount}\n"
            for k, (number, amount) in enumerate(rows)
        )
        (tmp_path / "items.csv").write_text(HEADER + text)
        return commit_import(SYSTEM, [tmp_path], **options).batch_no

    return write


def amounts(known):
    items = snapshot.read(known).ledger.items
    return dict(items.select("number", "amount_minor").sort("number").iter_rows())


def by_orm(known):
    rows = asof.known(Item.objects.every_entity(), AsOf(dt.date.max, known))
    return dict(rows.order_by("number").values_list("number", "amount_minor"))


def test_every_number_shows_what_was_known_then(post):
    assert post(("I-1", "1.00"), ("I-2", "2.00")) == 1
    assert post(("I-3", "3.00")) == 2
    assert post(("I-1", "9.00"), apply_corrections=True) == 3
    assert post(("I-2", "8.00"), ("I-4", "4.00"), apply_corrections=True) == 4
    wanted = {
        0: {},
        1: {"I-1": 100, "I-2": 200},
        2: {"I-1": 100, "I-2": 200, "I-3": 300},
        3: {"I-1": 900, "I-2": 200, "I-3": 300},
        4: {"I-1": 900, "I-2": 800, "I-3": 300, "I-4": 400},
    }
    for known, said in wanted.items():
        assert amounts(known) == said
        assert by_orm(known) == said


def test_a_write_under_way_is_not_read(post):
    post(("I-1", "1.00"))
    inside, go_on = threading.Event(), threading.Event()

    def work():
        try:
            post(("I-2", "2.00"))
        finally:
            connection.close()

    def stop(point):
        if point == "facts":
            inside.set()
            go_on.wait(20)

    points.hook = stop
    try:
        thread = threading.Thread(target=work)
        thread.start()
        assert inside.wait(20)
        during = amounts(1)
    finally:
        points.hook = points._pass
        go_on.set()
        thread.join()
    assert during == {"I-1": 100}
    assert amounts(2) == {"I-1": 100, "I-2": 200}


def test_a_snapshot_is_read_from_the_store_once(post, monkeypatch):
    post(("I-1", "1.00"))
    first, known = snapshots.open_ledger(SYSTEM)
    monkeypatch.setattr(snapshot, "read", lambda _known: pytest.fail("read again"))
    again, _ = snapshots.open_ledger(SYSTEM, known=known)
    assert again.items.equals(first.items)


def test_what_brings_no_facts_leaves_the_snapshot_as_it_is(post):
    from seawall.services.access import ORGANISATION
    from seawall.services.command import execute

    post(("I-1", "1.00"))
    execute(SYSTEM, ORGANISATION, lambda _write: {}, request={})
    assert snapshots.current(SYSTEM) == 1
    assert snapshots.open_ledger(SYSTEM, known=2)[1] == 1
    assert post(("I-2", "1.00")) == 3
    assert snapshots.current(SYSTEM) == 3


def test_a_number_nobody_has_written_under_is_refused(post):
    with pytest.raises(InputError, match="Nothing was recorded"):
        snapshots.open_ledger(SYSTEM, known=7)


def test_an_unfinished_folder_is_made_again(post):
    post(("I-1", "1.00"))
    with snapshots.held(SYSTEM) as (folder, _):
        pass
    (folder / "meta.json").unlink()
    assert snapshots.open_ledger(SYSTEM)[0].items.height == 1


def test_what_another_build_declared_otherwise_is_read_again(post, monkeypatch):
    """The tables' declarations name the folder, the words of a column among them."""
    post(("I-1", "1.00"))
    with snapshots.held(SYSTEM) as (newer, _):
        pass
    events = INSURED_TABLES["insurance_events"]
    fewer = events.columns | {"event": replace(events.columns["event"], dtype=pl.Enum(["insolvency"]))}
    monkeypatch.setattr(parquet, "_TABLES", (*parquet._TABLES, replace(events, columns=fewer)))
    with snapshots.held(SYSTEM) as (older, _):
        assert older != newer


def test_old_folders_go(post):
    for n in range(snapshots.FOLDERS_KEPT + 2):
        post((f"I-{n}", "1.00"))
        with snapshots.held(SYSTEM) as (folder, _):
            pass
    assert len(list(folder.parent.iterdir())) <= snapshots.FOLDERS_KEPT
    assert snapshots.open_ledger(SYSTEM, known=1)[0].items.height == 1


def test_a_folder_in_use_stays_however_many_newer_there_are(post):
    post(("I-0", "1.00"))
    with snapshots.held(SYSTEM) as (used, _):
        for n in range(1, snapshots.FOLDERS_KEPT + 3):
            post((f"I-{n}", "1.00"))
            snapshots.open_ledger(SYSTEM)
        assert snapshots.read_ledger(used).items.height == 1
    post(("I-last", "1.00"))
    snapshots.open_ledger(SYSTEM)
    assert not used.exists()


def test_the_last_used_stay_not_the_last_made(post):
    post(("I-0", "1.00"))
    with snapshots.held(SYSTEM) as (asked_again, _):
        pass
    for n in range(1, snapshots.FOLDERS_KEPT + 3):
        post((f"I-{n}", "1.00"))
        snapshots.open_ledger(SYSTEM)
        snapshots.open_ledger(SYSTEM, known=1)
    assert (asked_again / "meta.json").exists()


def test_a_moment_is_what_was_known_then(post):
    before = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    post(("I-1", "1.00"))
    assert snapshots.known_at(SYSTEM, before) == 0
    assert snapshots.known_at(SYSTEM, dt.datetime(2200, 1, 1, tzinfo=dt.UTC)) == 1


def test_an_empty_store_is_an_empty_ledger():
    ledger, known = snapshots.open_ledger(SYSTEM)
    assert known == 0
    assert ledger.check().items.height == 0


@pytest.mark.parametrize(
    "verb", ["UPDATE store_item SET amount_minor = 1", "DELETE FROM store_item", "TRUNCATE store_item"]
)
def test_the_products_role_cannot_change_facts(post, verb):
    post(("I-1", "1.00"))
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_user = (SELECT tableowner FROM pg_tables WHERE tablename = 'store_item')")
        if cursor.fetchone()[0] and verb.startswith("TRUNCATE"):
            pytest.skip("with a server of one's own the product may work under the owner's role")
        with pytest.raises(Exception, match=r"only grows|permission denied"):
            cursor.execute(verb)
