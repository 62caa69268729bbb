"""Kill every process of the database during an import and during a run: after its recovery nothing is lost or doubled."""

import datetime as dt
import random
import statistics
import time

import psycopg
import pytest
from cli.stores import environ, own_home, seawall
from crash.harness import doing
from ledgers import invented

from seawall.store import embedded
from seawall.store.home import DATABASE_NAME

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ON = dt.date(2026, 3, 31)
SEED = 20261126
FAILED, NOTHING_NEW = 7, 9
FACTS = ["store_item", "store_allocation", "store_dispute", "store_customerversion"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A store of its own whose server writes to disk as in daily work, and a ledger to import into it."""
    room = tmp_path_factory.mktemp("database")
    invented(room / "ledger", items=600, customers=25, seed=4, until=ON)
    with own_home(room) as home:
        assert seawall(home, "init", "--name", "Example", "--currency", "CNY").returncode == 0
        made = Served(home, room / "ledger")
        yield made
        made.lease.release()


class Served:
    """The store, its server held by this process, and what is asked of it."""

    def __init__(self, home, folder):
        self.home, self.folder, self.lease = home, folder, embedded.hold(home.cluster)

    def recover(self):
        """Start the server again, as the next command would; seconds until it answers."""
        began = time.monotonic()
        self.lease.release()
        self.lease = embedded.hold(self.home.cluster)
        self.asked("SELECT 1")
        return time.monotonic() - began

    def asked(self, question):
        with psycopg.connect(self.home.database().owner.conninfo) as made:
            return made.execute(question).fetchall()

    def rows(self):
        return [self.asked(f"SELECT count(*) FROM {table}")[0][0] for table in FACTS]

    def emptied(self, like):
        asked = f"SELECT tablename FROM pg_tables WHERE tablename LIKE '{like}%' AND tablename <> 'store_organisation'"
        names = [name for (name,) in self.asked(asked)]
        with psycopg.connect(self.home.database().owner.conninfo) as made:
            made.execute(f"TRUNCATE {', '.join(names)} CASCADE")

    @property
    def data(self):
        return str(self.home.cluster / "data")


@pytest.fixture
def doer(served):
    with doing(DATABASE_NAME, environ(served.home)) as do:
        yield do


def struck(served, doer, chance, **task):
    """Do a task while the whole database dies in the middle of it; the seconds of its recovery."""
    ended = doer(victim=served.data, after=chance, **task)
    assert ended["ended"] in (FAILED, 0, NOTHING_NEW), ended
    return served.recover(), (ended["points"] or ["start"])[-1]


@pytest.mark.promise("R2")
def test_a_database_that_dies_loses_and_doubles_nothing(served, doer, count, promise):
    chance, kills = random.Random(SEED), count(1, 25)
    recoveries, last = [], []
    seconds = doer(do="import", folder=str(served.folder))["seconds"][-1]
    whole = served.rows()
    assert whole[0] > 500
    for _ in range(kills):
        served.emptied("store_")
        recovery, point = struck(
            served, doer, chance.uniform(0.1, 1.1) * seconds, do="import", folder=str(served.folder)
        )
        recoveries.append(recovery)
        last.append(point)
        assert served.rows() in ([0] * len(FACTS), whole), "half an import"
        assert doer(do="import", folder=str(served.folder))["ended"] in (0, NOTHING_NEW)
        assert served.rows() == whole
    assert doer(do="run", on=str(ON))["ended"] == 0
    ((digest,),) = served.asked("SELECT result_digest FROM store_run")
    seconds = doer(do="run", on="2026-02-28")["seconds"][-1]
    for _ in range(kills):
        served.emptied("store_run")
        recovery, point = struck(served, doer, chance.uniform(0.1, 1.1) * seconds, do="run", on=str(ON))
        recoveries.append(recovery)
        last.append(point)
        assert doer(do="run", on=str(ON))["ended"] == 0
        assert served.asked("SELECT state, result_digest FROM store_run") == [("done", digest)]
    assert seawall(served.home, "check", "--as-of", str(ON)).returncode == 0
    assert seawall(served.home, "audit", "verify").returncode == 0
    promise(
        f"{2 * kills} kills of every process of the database (seed {SEED}): lost 0, doubled 0; recovery p50"
        f" {statistics.median(recoveries):.2f} s, at most {max(recoveries):.2f} s; last points {len(set(last))} different"
    )
