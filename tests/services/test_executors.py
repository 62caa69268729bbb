"""Where a run is measured leaves no trace in it: this process, or Apache Spark."""

import datetime as dt
import importlib.util
import shutil
import sys

import pytest
from ledgers import invented

from seawall.engine.kernel.errors import OutsideError, UsageError
from seawall.services import executors, runs
from seawall.services.access import Actor
from seawall.services.intake import commit_import
from seawall.store.models import Run, RunStep

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
ON = dt.date(2026, 3, 31)
HAS_SPARK = importlib.util.find_spec("pyspark") is not None
needs_spark = pytest.mark.skipif(not HAS_SPARK, reason="Apache Spark is an extra: pip install 'pyspark~=4.3'")
needs_java = pytest.mark.skipif(not shutil.which("java"), reason="no Java: apt-get install default-jre-headless")


@pytest.fixture
def ledger(tmp_path, monkeypatch, count):
    items, customers = count((1500, 40), (60_000, 1_500))
    monkeypatch.setattr(runs, "PARTITION_ITEMS", items // 4)
    invented(tmp_path, items=items, customers=customers, seed=5, until=ON)
    commit_import(SYSTEM, [tmp_path])


def hashes(executor):
    """Steps and result of a run that starts from nothing."""
    RunStep.objects.all().delete()
    Run.objects.every_entity().update(state="started", result_digest="")
    done = runs.run(SYSTEM, on=ON, currency="CNY", executor=executor)
    return [(step.name, step.digest) for step in done.steps], done.result_digest


@needs_spark
@needs_java
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_spark_gives_every_step_the_same_hash(ledger):
    here = hashes("local")
    assert len(here[0]) > 3
    assert hashes("spark") == here
    assert runs.recomputed(SYSTEM, run_id=runs.latest(SYSTEM).run_id) == here[1]


def test_an_executor_measures_only_what_is_not_done(ledger, monkeypatch):
    asked = []

    def counting(measuring, parts):
        asked.append(len(parts))
        return executors.in_turn(measuring, parts)

    monkeypatch.setattr(executors, "chosen", lambda _name: counting)
    whole = hashes(None)
    RunStep.objects.filter(name__in=["partition-00001", "report"]).delete()
    Run.objects.every_entity().update(state="started", result_digest="")
    assert runs.run(SYSTEM, on=ON, currency="CNY").result_digest == whole[1]
    assert asked == [len(whole[0]) - 1, 1]


def test_an_executor_there_is_not_is_refused_by_name():
    with pytest.raises(UsageError, match="abacus"):
        executors.chosen("abacus")
    assert executors.chosen(None, {}) is executors.in_turn
    assert executors.chosen(None, {"SEAWALL_EXECUTOR": "local"}) is executors.in_turn


def test_without_spark_it_is_said_what_to_install(ledger, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(OutsideError, match="not installed"):
        runs.run(SYSTEM, on=ON, currency="CNY", executor="spark")
