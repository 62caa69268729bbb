"""Imports in the background: one effect however often it is asked for, killed or done by two; nothing waits for nobody."""

import threading

import pytest
from django.db import connection
from small_ledger import ALLOCATIONS, CUSTOMERS, ITEMS, SYSTEM, open_by_number
from stocked import person

from seawall.engine.kernel.errors import NotFound
from seawall.services import commits, jobs, jobs_work, uploads
from seawall.services.access import Grant, Within, actor_of
from seawall.services.uploads import Asked
from seawall.store import points
from seawall.store.models import ImportFile, Job

pytestmark = pytest.mark.django_db(transaction=True)
LINES = {"customers.csv": CUSTOMERS, "items.csv": ITEMS, "allocations.csv": ALLOCATIONS}


@pytest.fixture(autouse=True)
def empty_queue(db):
    """The queue's own tables are none of Django's, so no test's end empties them."""
    emptied()
    yield
    emptied()


def emptied():
    with connection.cursor() as cursor:
        for table in ("procrastinate_events", "procrastinate_jobs", "procrastinate_workers"):
            cursor.execute(f"DELETE FROM {table}")


@pytest.fixture
def worker(empty_queue):
    """A worker's word that it lives; the test itself does what it would."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        return str(cursor.fetchone()[0])


def sent(actor=SYSTEM, lines=LINES):
    return uploads.receive(actor, [(name, ["\n".join(each).encode()]) for name, each in lines.items()])


def carried(job_id, process="1"):
    return jobs_work.carry_out(job_id, process=process, kind_of=jobs.kind_of, again=jobs.wake)


def imports():
    return ImportFile.objects.every_entity().values("import_no").distinct().count()


def test_with_a_worker_a_job_imports_and_says_how_far_it_is(worker):
    upload_id = sent()
    started = commits.start(SYSTEM, upload_id=upload_id, asked=Asked())
    assert started.done is None
    assert commits.is_moving(SYSTEM, uploads.shown(SYSTEM, upload_id=upload_id))
    assert open_by_number() == {}
    assert carried(started.job_id) == "done"
    job = jobs.shown(SYSTEM, job_id=started.job_id)
    assert (job.done, job.total) == (4, 4)
    assert [line.template for line in jobs.log(SYSTEM, job_id=job.job_id)] == list(commits.SAID.values())
    after = uploads.shown(SYSTEM, upload_id=upload_id)
    assert (after.state, after.import_no) == ("done", job.result["import_no"])
    assert len(open_by_number()) == 4


def test_a_second_click_is_the_job_there_is(worker):
    upload_id = sent()
    first = commits.start(SYSTEM, upload_id=upload_id, asked=Asked())
    again = commits.start(SYSTEM, upload_id=upload_id, asked=Asked(accept_rejects=True))
    assert (again.job_id, Job.objects.count()) == (first.job_id, 1)
    carried(first.job_id)
    commits.start(SYSTEM, upload_id=upload_id, asked=Asked())
    assert (Job.objects.count(), imports()) == (1, 1)


def test_without_a_worker_a_small_upload_is_imported_at_once_and_a_large_one_waits(monkeypatch):
    upload_id = sent()
    assert commits.start(SYSTEM, upload_id=upload_id, asked=Asked()).done.import_no
    monkeypatch.setattr(commits, "AT_ONCE_BYTES", 10)
    waits = sent(lines={"items.csv": [ITEMS[0], ITEMS[1].replace("I-1", "N-1")]})
    started = commits.start(SYSTEM, upload_id=waits, asked=Asked())
    assert jobs.shown(SYSTEM, job_id=started.job_id).state == "waiting"
    monkeypatch.undo()
    assert commits.start(SYSTEM, upload_id=waits, asked=Asked()).done.import_no
    assert jobs.shown(SYSTEM, job_id=started.job_id).state == "cancelled"


def test_rows_that_cannot_be_taken_fail_the_job_and_the_upload_can_be_asked_for_again(worker):
    upload_id = sent(lines={"items.csv": [*ITEMS, "E1,C1,invoice,I-9,01/02/2026,,CNY,5.00,"]})
    started = commits.start(SYSTEM, upload_id=upload_id, asked=Asked())
    assert carried(started.job_id) == "failed"
    failed = commits.job_of(SYSTEM, uploads.shown(SYSTEM, upload_id=upload_id))
    assert failed.problem["code"] == "rows_rejected"
    assert ImportFile.objects.every_entity().count() == 0
    again = commits.start(SYSTEM, upload_id=upload_id, asked=Asked(accept_rejects=True))
    assert again.job_id != started.job_id
    assert carried(again.job_id) == "done"
    assert ImportFile.objects.every_entity().get().rejects.every_entity().count() == 1


class KilledError(BaseException):
    """As the process ends: nothing catches it."""


@pytest.mark.parametrize("point", ["planned", "items", "facts", "audit", "commit", "committed", "job worked"])
def test_a_worker_killed_anywhere_loses_and_doubles_nothing(worker, monkeypatch, point):
    upload_id = sent()
    started = commits.start(SYSTEM, upload_id=upload_id, asked=Asked())

    def kill(reached):
        if reached == point:
            raise KilledError

    monkeypatch.setattr(points, "hook", kill)
    with pytest.raises(KilledError):
        carried(started.job_id, process="999999")
    monkeypatch.setattr(points, "hook", lambda _point: None)
    assert jobs_work.take_up_killed(jobs.wake) == [started.job_id]
    assert carried(started.job_id) == "done"
    assert (imports(), len(open_by_number())) == (1, 4)
    after = uploads.shown(SYSTEM, upload_id=upload_id)
    assert (after.state, after.result["counts"]["items"]["new"]) == ("done", 5)
    assert after.import_no == jobs.shown(SYSTEM, job_id=started.job_id).result["import_no"]


def test_two_that_import_one_upload_at_the_same_moment_have_one_effect():
    upload_id, start, outcomes = sent(), threading.Barrier(2), []

    def work():
        try:
            start.wait(20)
            outcomes.append(uploads.commit(SYSTEM, upload_id=upload_id, asked=Asked()))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.import_no for each in outcomes}) == 1
    assert (len(outcomes), imports(), len(open_by_number())) == (2, 1, 4)
    assert uploads.shown(SYSTEM, upload_id=upload_id).result["counts"]["items"]["new"] == 5


def test_two_users_at_once_are_two_jobs_and_the_same_rows_once(worker):
    ann, bob = (actor_of(person(name, Grant("finance"))) for name in ("ann", "bob"))
    pairs = [(each, sent(each)) for each in (ann, bob)]
    started = [commits.start(who, upload_id=upload_id, asked=Asked()).job_id for who, upload_id in pairs]
    assert [carried(each) for each in started] == ["done", "done"]
    assert [uploads.shown(who, upload_id=upload_id).state for who, upload_id in pairs] == ["done", "done"]
    assert (imports(), len(open_by_number())) == (1, 4)
    with pytest.raises(NotFound):
        commits.start(bob, upload_id=pairs[0][1], asked=Asked())


def test_a_narrow_right_is_not_widened_by_a_job(worker):
    from dataclasses import replace

    narrow = replace(actor_of(person("ann", Grant("finance"))), within=Within(None, frozenset({"E1"}), is_token=True))
    upload_id = sent(narrow, {"items.csv": [ITEMS[0], ITEMS[-1]]})
    with pytest.raises(NotFound):
        commits.start(narrow, upload_id=upload_id, asked=Asked())
    assert Job.objects.count() == 0
