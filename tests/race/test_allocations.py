"""Two who use one receipt at the same moment never use more than there is; the twin without the lock does."""

import datetime as dt
import threading

import pytest
from race.test_imports import at_once, patiently
from services.test_by_hand import LEDGER, SYSTEM, item

from seawall.engine.kernel.errors import SeawallError
from seawall.services import allocating, intake
from seawall.services.intake import commit_import
from seawall.store import locks

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.date(2026, 3, 31)


@pytest.fixture(autouse=True)
def book(tmp_path):
    for name, text in LEDGER.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    commit_import(SYSTEM, [tmp_path])


def using(number, amount):
    def use():
        receipt = item("E1/credit/R-1")
        try:
            return allocating.allocate(SYSTEM, receipt, {number: amount}, on=DAY)
        except SeawallError as error:
            return error

    return lambda: patiently(use)


def test_two_who_use_one_receipt_use_it_once():
    outcomes = at_once(using("I-1", "900"), using("I-2", "500"))
    assert sorted(type(one).__name__ for one in outcomes) == ["ImportResult", "RowsRejected"]
    assert item("E1/credit/R-1").left_minor in (30000, 70000)


def test_without_the_lock_both_use_it(monkeypatch):
    meeting, planned = threading.Barrier(2, timeout=20), intake.plan
    monkeypatch.setattr(locks, "take", lambda _names: None)

    def wait(*asked):
        made = planned(*asked)
        meeting.wait()
        return made

    monkeypatch.setattr(intake, "plan", wait)
    outcomes = at_once(using("I-1", "900"), using("I-2", "500"))
    assert [type(one).__name__ for one in outcomes].count("ImportResult") == 2
    assert item("E1/credit/R-1").left_minor < 0
