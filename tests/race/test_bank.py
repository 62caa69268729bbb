"""Two people confirm the same money at the same moment: one effect. The twin shows the race is real."""

import datetime as dt
import threading

import pytest
from race.test_imports import at_once, patiently
from services.test_bank import PAID, bring, entry_of, ledger, open_now  # noqa: F401 - a fixture

from seawall.services import bank_decide
from seawall.services.access import Actor
from seawall.store import locks, points
from seawall.store.models import BankMatch, Item

pytestmark = pytest.mark.django_db(transaction=True)
ON = dt.date(2026, 3, 31)


def confirming(actor, number):
    return lambda: patiently(lambda: bank_decide.confirm(actor, number, on=ON))


def receipts():
    return Item.objects.every_entity().filter(number__startswith="BANK-").count()


@pytest.mark.parametrize("people", [2, 5])
def test_the_same_money_confirmed_at_once_is_one_effect(ledger, people):  # noqa: F811
    bring(PAID)
    number = entry_of(amount=100_000)
    outcomes = at_once(*[confirming(Actor.system(), number) for _ in range(people)])
    assert sorted(type(one).__name__ for one in outcomes) == ["AlreadyDecided"] * (people - 1) + ["Decided"]
    assert receipts() == 1
    assert "INV-1001" not in open_now()
    assert BankMatch.objects.every_entity().count() == 1


def test_without_the_lock_both_pass_the_check_and_only_the_database_refuses_one(ledger, monkeypatch):  # noqa: F811
    """The race is real: both find that nothing was decided. The last guard is the constraint."""
    bring(PAID)
    number = entry_of(amount=100_000)
    meeting, reached = threading.Barrier(2, timeout=20), []
    monkeypatch.setattr(locks, "take", lambda _names: None)

    def meet(point):
        if point == "matched":
            reached.append(threading.get_ident())
            meeting.wait()

    monkeypatch.setattr(points, "hook", meet)
    outcomes = at_once(*[lambda: bank_decide.confirm(Actor.system(), number, on=ON)] * 2)
    assert len(set(reached)) == 2, "both passed the check: the race is real"
    assert [type(one).__name__ for one in outcomes].count("IntegrityError") == 1, "the database still refuses one"
    assert receipts() == 1
