"""Protection runs over the store: the same manifest gives the same report, whatever stopped it on the way."""

import datetime as dt

import pytest
from ledgers import invented

from seawall.engine.kernel.errors import Broken, InputError, NotFound, NotPermitted, RunInProgress
from seawall.services import runs, snapshots
from seawall.services.access import Actor
from seawall.services.intake import commit_import
from seawall.store import points, results
from seawall.store.models import Run, RunStep

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
ON = dt.date(2026, 3, 31)


@pytest.fixture(scope="module")
def ledger_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger")
    invented(folder, items=1500, customers=40, seed=5, until=ON)
    return folder


@pytest.fixture
def ledger(ledger_files, monkeypatch):
    monkeypatch.setattr(runs, "PARTITION_ITEMS", 400)
    commit_import(SYSTEM, [ledger_files])


def test_a_run_ends_in_a_report_that_can_be_read_again(ledger):
    done = runs.run(SYSTEM, on=ON, currency="CNY")
    assert done.state == "done"
    assert [step.name for step in done.steps][-1] == "report"
    assert len(done.steps) > 3
    report = runs.load_report(SYSTEM, done.run_id)
    assert report.digest() == done.result_digest
    assert report.figure("open_minor") or report.figures.height
    assert runs.latest(SYSTEM).run_id == done.run_id
    assert runs.listed(SYSTEM)[0].run_id == done.run_id


def test_the_same_question_is_the_same_run_and_computing_it_anew_gives_the_same_hash(ledger):
    done = runs.run(SYSTEM, on=ON, currency="CNY")
    assert runs.run(SYSTEM, on=ON, currency="CNY").run_id == done.run_id
    assert runs.recomputed(SYSTEM, run_id=done.run_id) == done.result_digest
    assert Run.objects.every_entity().count() == 1


def test_the_number_of_partitions_leaves_no_trace_in_the_result(ledger, monkeypatch):
    some = runs.run(SYSTEM, on=ON, currency="CNY")
    monkeypatch.setattr(runs, "PARTITION_ITEMS", 1_000_000)
    one = runs.run(SYSTEM, on=ON, currency="CNY")
    assert one.run_id != some.run_id
    assert one.result_digest == some.result_digest


def stops():
    return [
        "file partition-00000",
        "step partition-00000",
        "step partition-00002",
        "file report",
        "step report",
        "combined",
    ]


@pytest.mark.parametrize("point", stops())
def test_a_stopped_run_goes_on_and_ends_the_same(ledger, monkeypatch, point):
    class Stop(BaseException):
        pass

    def stop(name):
        if name == point:
            raise Stop

    with monkeypatch.context() as patched:
        patched.setattr(points, "hook", stop)
        with pytest.raises(Stop):
            runs.run(SYSTEM, on=ON, currency="CNY")
    assert runs.latest(SYSTEM) is None
    before = {step.name: step.done_at for step in RunStep.objects.all()}
    done = runs.run(SYSTEM, on=ON, currency="CNY")
    assert done.result_digest == runs.recomputed(SYSTEM, run_id=done.run_id)
    again = {step.name: step.done_at for step in done.steps}
    kept = [name for name in before if name != "report"]
    assert all(again[name] == before[name] for name in kept)


def test_a_step_whose_file_was_changed_is_done_again(ledger, monkeypatch):
    done = runs.run(SYSTEM, on=ON, currency="CNY")
    Run.objects.every_entity().update(state="started")
    digest = RunStep.objects.get(name="partition-00001").digest
    folder = results._parent() / digest
    first = next(folder.glob("*.parquet"))
    first.write_bytes(first.read_bytes()[:-1])
    assert not results.is_whole(digest)
    assert runs.run(SYSTEM, on=ON, currency="CNY").result_digest == done.result_digest


def test_a_changed_result_is_not_shown(ledger):
    done = runs.run(SYSTEM, on=ON, currency="CNY")
    folder = results._parent() / done.steps[-1].digest
    (folder / "about.json").write_text("{}")
    with pytest.raises(Broken):
        runs.load_report(SYSTEM, done.run_id)
    import shutil

    shutil.rmtree(folder)


def test_a_run_under_way_is_not_started_twice(ledger, monkeypatch):
    monkeypatch.setattr(runs.locks, "try_hold", lambda _name: False)
    with pytest.raises(RunInProgress):
        runs.run(SYSTEM, on=ON, currency="CNY")


def test_runs_of_other_entities_are_not_there(ledger):
    whole = runs.run(SYSTEM, on=ON, currency="CNY")
    entity = whole.entities[0]
    mine = Actor.of("ann", ["finance"], frozenset({entity}), user_id=1)
    if len(whole.entities) > 1:
        with pytest.raises(NotFound):
            runs.shown(mine, run_id=whole.run_id)
        assert runs.latest(mine) is None
    part = runs.run(mine, on=ON, currency="CNY")
    assert part.entities == (entity,)
    assert part.run_id != whole.run_id
    with pytest.raises(NotPermitted):
        runs.run(Actor.of("rae", ["viewer"]), on=ON)
    with pytest.raises(InputError, match="nothing on file"):
        runs.run(Actor.of("eve", ["finance"], frozenset({"elsewhere"})), on=ON)


def test_who_sees_more_entities_goes_on_with_a_run_over_its_own(tmp_path):
    lines = [f"{entity},C1,invoice,I-{entity},2026-01-10,2026-02-09,CNY,100.00" for entity in ("E1", "E2", "E3")]
    header = "entity,customer_code,kind,number,issued_on,due_on,currency,amount\n"
    (tmp_path / "items.csv").write_text(header + "\n".join(lines) + "\n")
    commit_import(SYSTEM, [tmp_path])
    done = runs.run(Actor.of("ann", ["finance"], frozenset({"E1"}), user_id=1), on=ON, currency="CNY")
    for more in (Actor.of("bob", ["finance"], frozenset({"E1", "E2"}), user_id=2), SYSTEM):
        assert runs.recomputed(more, run_id=done.run_id) == done.result_digest
        Run.objects.every_entity().update(state="started")
        assert runs.resume(more, run_id=done.run_id).result_digest == done.result_digest


def test_late_facts_leave_the_signed_report_as_it_was(ledger, tmp_path):
    signed = runs.run(SYSTEM, on=ON, currency="CNY")
    code = snapshots.open_ledger(SYSTEM)[0].customers["customer_code"][0]
    (tmp_path / "items.csv").write_text(
        "entity,customer_code,kind,number,issued_on,due_on,currency,amount\n"
        f"{signed.entities[0]},{code},invoice,LATE-1,2026-03-01,2026-03-31,CNY,1000.00\n"
    )
    commit_import(SYSTEM, [tmp_path])
    again = runs.run(SYSTEM, on=ON, currency="CNY", known=signed.known)
    assert again.run_id == signed.run_id
    assert runs.recomputed(SYSTEM, run_id=signed.run_id) == signed.result_digest
    now = runs.run(SYSTEM, on=ON, currency="CNY")
    assert now.known > signed.known
    assert now.result_digest != signed.result_digest
