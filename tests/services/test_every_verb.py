"""Every verb, of every room: whole or not at all whatever write fails, and on record."""

from contextlib import nullcontext

import pytest
from django.db import connections
from ledgers import invented
from stocked import ON, SYSTEM, empty
from verbs.injection import Injected, failing_at, state
from verbs.registry import World, scenarios

from seawall.services import command, founding, people
from seawall.services.access import Actor, Grant
from seawall.services.audit import verify
from seawall.services.intake import commit_import
from seawall.store import chain
from seawall.store.models import Account, AuditEntry, Touch

SCENARIOS = scenarios()
WROTE = {}
WRITES_MAX = 300
"""A verb with more writes than this puts rows in one by one."""


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        folder = tmp_path_factory.mktemp("world")
        founding.found(SYSTEM, name="World", reporting_currency="CNY", time_zone="Asia/Shanghai")
        invented(folder, items=120, customers=6, seed=11, until=ON)
        commit_import(SYSTEM, [folder], key="world")
        account = Account.objects.every_entity().select_related("entity", "customer").earliest("id")
        yield World(folder, account.entity.code, account.customer.code)
        empty()


@pytest.fixture
def opened(world, django_db_blocker, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock():
        yield world
        for alias in connections:
            connections[alias].close()


def failures(act, keeps, monkeypatch, every=1):
    """Fail at every write in turn (or every so-manieth) until it passes; the statements that wrote."""
    before = state(keeps)
    for n in range(1, WRITES_MAX, every):
        try:
            with failing_at(n, monkeypatch) as seen:
                act()
        except Injected:
            after = state(keeps)
            assert {name for name in before if before[name] != after[name]} == set(), f"left behind at write {n}"
            assert verify(Actor.system()).holds
        else:
            return seen
    raise AssertionError("it never passed")


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_an_error_at_any_write_leaves_nothing(scenario, opened, monkeypatch, count):
    act = scenario.prepare(opened)
    Touch.objects.all().delete()  # what was prepared may have been written without a verb
    last = chain.head().batch_no
    wrote = failures(act, scenario.keeps, monkeypatch, every=count(4, 1))
    assert len(wrote) >= 3
    WROTE[scenario.name] = len(wrote)
    made = AuditEntry.objects.filter(batch_no__gt=last)
    assert scenario.verb in set(made.values_list("verb", flat=True)), "no audit entry of its verb"
    assert not Touch.objects.exists(), "a row was written outside the one write path"


@pytest.mark.promise("R16")
def test_no_scenario_was_left_out(opened, count, promise):
    assert set(WROTE) == {scenario.name for scenario in SCENARIOS}
    promise(
        f"{len({each.verb for each in SCENARIOS})} verbs in {len(SCENARIOS)} scenarios, an error at "
        f"{count('every fourth', 'each')} of {sum(WROTE.values())} writes: left behind 0"
    )


def test_without_one_transaction_a_failure_leaves_something(opened, monkeypatch):
    """The twin: the same harness finds what is left behind once the guard is off."""
    monkeypatch.setattr(command.transaction, "atomic", lambda **_how: nullcontext())
    monkeypatch.setattr(command.locks, "take", lambda _names: None)
    with pytest.raises(AssertionError, match="left behind"):
        failures(lambda: people.create(SYSTEM, username="half", grants=[Grant("viewer")]), (), monkeypatch)


@pytest.mark.promise("R18")
def test_every_scenario_of_every_verb_is_on_record(opened, promise):
    """Run after all scenarios of this module: each verb has its entries, and each says where from and what changed."""
    verbs = {scenario.verb for scenario in SCENARIOS}
    found = set(AuditEntry.objects.values_list("verb", flat=True))
    assert verbs <= found
    promise(f"{len(verbs)} verbs in {len(SCENARIOS)} scenarios: without audit entry 0")
