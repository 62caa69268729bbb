"""Two who take the same step of one claim at the same moment make one; the twin without the lock makes two."""

import datetime as dt
import threading

import pytest
from race.test_imports import at_once, patiently
from services.test_claim_moves import EXAMPLE, KEY, SYSTEM, TODAY, approve

from seawall.engine.kernel.errors import SeawallError
from seawall.services import claim_moves, intake
from seawall.services.intake import commit_import
from seawall.store import insured_on_file, locks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def stocked():
    commit_import(SYSTEM, [EXAMPLE])
    approve()


def filing(day):
    def file():
        try:
            on = dt.date(2025, 10, day)
            return claim_moves.make(SYSTEM, KEY, "filed", {"reference": f"CL-{day}"}, on=on, today=TODAY)
        except SeawallError as error:
            return error

    return lambda: patiently(file)


def filed():
    return insured_on_file.standing("insurance_events").filter(event="claim_filed").height


def test_two_who_file_on_different_days_file_once():
    outcomes = at_once(filing(20), filing(21))
    assert sorted(type(one).__name__ for one in outcomes) == ["ImportResult", "OutOfOrder"]
    assert filed() == 1


def test_two_who_say_the_very_same_are_both_content():
    outcomes = at_once(filing(20), filing(20))
    assert sorted(one.batch_no is None for one in outcomes) == [False, True]
    assert filed() == 1


def test_without_the_lock_both_file(monkeypatch):
    meeting, planned = threading.Barrier(2, timeout=20), intake.plan
    monkeypatch.setattr(locks, "take", lambda _names: None)

    def wait(*asked):
        made = planned(*asked)
        meeting.wait()
        return made

    monkeypatch.setattr(intake, "plan", wait)
    outcomes = at_once(filing(20), filing(21))
    assert [type(one).__name__ for one in outcomes].count("ImportResult") == 2
    assert filed() == 2
