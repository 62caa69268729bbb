"""Kill a protection run anywhere: it goes on after its last whole step, and ends in the figures of an undisturbed one."""

import collections
import datetime as dt
import random
import shutil

import pytest
from crash.harness import KILLED, doing, empty_the_store, wait_for_the_dead
from ledgers import invented

from seawall.engine.kernel.errors import Refused
from seawall.services import runs
from seawall.services.access import Actor
from seawall.services.audit import verify
from seawall.services.intake import commit_import, commit_rows
from seawall.store import results
from seawall.store.home import home
from seawall.store.models import Run, RunPointer, RunStep

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.slow,
    pytest.mark.timeout(3600),
]

SYSTEM = Actor.system()
ON = dt.date(2026, 3, 31)
SEED = 20261125
PARTITION_ITEMS = 300
STEPS = ["partition-00000", "partition-00001", "partition-00002", "report"]
POINTS = [
    ["snapshot drafted", 1], ["facts", 1], ["audit", 1], ["commit", 1], ["committed", 1],
    *([f"{where} {step}", 1] for step in STEPS for where in ("file", "step")),
    *(["result drafted", nth] for nth in range(1, len(STEPS) + 1)),
    ["combined", 1], ["facts", 2], ["audit", 2], ["commit", 2], ["committed", 2],
]  # fmt: skip
"""Every named point of a run, the n-th time it is reached: the boundaries of its steps, and inside them."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger")
    invented(folder, items=600, customers=25, seed=4, until=ON)
    return folder


@pytest.fixture
def disturbed(db, folder, monkeypatch):
    """The process that runs and dies, over a ledger whose undisturbed figures are known."""
    monkeypatch.setattr(runs, "PARTITION_ITEMS", PARTITION_ITEMS)
    commit_import(SYSTEM, [folder])
    undisturbed = runs.run(SYSTEM, on=ON, currency="CNY")
    assert [step.name for step in undisturbed.steps] == STEPS
    with doing() as do:
        yield do, undisturbed
    forget()


def forget():
    """As before the first run: no run on record, nothing of it on disk."""
    empty_the_store("store_run")
    for name in ("results", "snapshots"):
        shutil.rmtree(home().path / name, ignore_errors=True)


def killed_then_resumed(disturbed, ways, **task):
    """One cycle; gives the last point that the killed run reached."""
    do, undisturbed = disturbed
    forget()
    ended = do(do="run", on=str(ON), known=undisturbed.known, **task)
    assert ended["ended"] in (KILLED, 0)
    wait_for_the_dead()
    row = Run.objects.every_entity().first()
    is_current = RunPointer.objects.exists()
    assert is_current == (row is not None and row.state == "done"), "half a run is current"
    assert verify(SYSTEM).holds
    before = {step.name: (step.digest, step.done_at) for step in RunStep.objects.all()}
    assert all(results.is_whole(digest) for digest, _ in before.values()), "a step on record without its file"
    if row is not None and next(ways):
        assert runs.can_resume(runs.shown(SYSTEM, run_id=row.pk)) is not is_current
        again = do(do="resume", run_id=str(row.pk))
    else:
        again = do(do="run", on=str(ON), known=undisturbed.known)
    assert again["ended"] == 0
    done = runs.shown(SYSTEM, run_id=Run.objects.every_entity().get().pk)
    assert done.result_digest == undisturbed.result_digest
    assert [(step.name, step.digest) for step in done.steps] == [(s.name, s.digest) for s in undisturbed.steps]
    after = {step.name: (step.digest, step.done_at) for step in done.steps}
    again_done = {name for name in before if after[name] != before[name]}
    assert again_done <= {"report"}, "done again although it was whole"
    return (ended["points"] or ["start"])[-1] if ended["ended"] else "ended before"


def by_turns():
    """Resumed by its number, and by asking the same question again."""
    while True:
        yield True
        yield False


def test_the_points_that_are_forced_are_all_there_are(disturbed):
    do, undisturbed = disturbed
    forget()
    reached = collections.Counter(do(do="run", on=str(ON), known=undisturbed.known)["points"])
    assert reached == collections.Counter(name for name, _nth in POINTS)


@pytest.mark.promise("R4")
def test_a_run_killed_at_any_named_point_ends_the_same(disturbed, count, promise):
    ways, each = by_turns(), count(1, 5)
    points = [POINTS[number] for number in range(0, len(POINTS), count(5, 1))]
    for point in points:
        for _ in range(each):
            killed_then_resumed(disturbed, ways, at=point)
    promise(
        f"{len(points)} named points of {len(POINTS)} x {each}: result hashes equal {len(points) * each} of {len(points) * each}"
    )


@pytest.mark.promise("R4")
def test_a_run_killed_at_any_moment_ends_the_same(disturbed, count, promise):
    do, undisturbed = disturbed
    for _ in range(2):  # the first is slow: everything is cold
        forget()
        seconds = do(do="run", on=str(ON), known=undisturbed.known)["seconds"]
    chance, ways, kills, hit = random.Random(SEED), by_turns(), count(3, 200), collections.Counter()
    for _ in range(kills):
        hit[killed_then_resumed(disturbed, ways, after=chance.uniform(0, 1.1 * seconds[-1]))] += 1
    said = ", ".join(f"{point} {times}" for point, times in hit.most_common())
    promise(f"{kills} random kills (seed {SEED}): result hashes equal {kills} of {kills}; last point reached: {said}")


def test_a_run_goes_on_over_what_was_known_when_it_began_whatever_came_since(disturbed):
    do, undisturbed = disturbed
    forget()
    assert do(do="run", on=str(ON), at=["step partition-00001", 1])["ended"] == KILLED
    wait_for_the_dead()
    late = {"customers": [{"customer_code": "LATE", "name": "Came late"}]}
    commit_rows(SYSTEM, late, verb="ledger.import", origin="late")
    stopped = Run.objects.every_entity().get()
    kept = RunStep.objects.get(name="partition-00001").done_at
    done = runs.resume(SYSTEM, run_id=stopped.pk)
    assert done.result_digest == undisturbed.result_digest
    assert next(step.done_at for step in done.steps if step.name == "partition-00001") == kept
    assert runs.run(SYSTEM, on=ON, currency="CNY").run_id != done.run_id


def test_a_run_that_another_version_began_does_not_go_on(disturbed, monkeypatch):
    do, _undisturbed = disturbed
    forget()
    do(do="run", on=str(ON), at=["step partition-00001", 1])
    wait_for_the_dead()
    monkeypatch.setattr(runs, "__version__", "another")
    with pytest.raises(Refused):
        runs.resume(SYSTEM, run_id=Run.objects.every_entity().get().pk)


def test_the_harness_sees_a_step_whose_file_never_came(disturbed, monkeypatch):
    """The twin without the guard: a step put on record before its file is caught by the same check."""
    do, undisturbed = disturbed

    def forget_the_files(**task):
        ended = do(**task)
        shutil.rmtree(home().path / "results", ignore_errors=True)
        return ended

    with pytest.raises(AssertionError, match="without its file"):
        killed_then_resumed((forget_the_files, undisturbed), by_turns(), at=["step partition-00000", 1])
