"""Two who decide at the same moment make one decision. The twin without lock and key shows that the race is real."""

import datetime as dt
import threading

import psycopg
import pytest
from django.db import IntegrityError, connection
from race.test_imports import at_once, patiently

from seawall.engine.kernel.errors import Broken, StaleVersion
from seawall.services import approvals
from seawall.services.access import Actor, actor_of
from seawall.services.approvals import Asked, Kind, approve, propose, reject
from seawall.services.audit import verify
from seawall.store import locks
from seawall.store.home import home
from seawall.store.models import AuditEntry, Entity, Membership, ProposalDecision, User

pytestmark = pytest.mark.django_db(transaction=True)
ON = dt.date(2026, 3, 31)


@pytest.fixture
def did(monkeypatch):
    """What the effect of the trial kind did; each act is a row of the audit record."""
    monkeypatch.setattr(approvals, "_KINDS", {})
    acts = []

    def effect(write, proposed):
        acts.append(write.write_no)
        return {}

    approvals.register(Kind("trial", "Trial", "write_off.propose", "write_off.approve", effect))
    return acts


@pytest.fixture
def people():
    entity = Entity.objects.create(code="A")
    actors = []
    for name in ("ann", "bob", "cat"):
        user = User.objects.create(username=name)
        Membership.objects.create(user=user, role="finance", entity=entity)
        actors.append(actor_of(user))
    return actors


def approving(actor, proposed):
    return lambda: patiently(lambda: approve(actor, proposed.number, digest=proposed.digest, on=ON))


def proposed_by(actor):
    return propose(actor, "trial", Asked("INV-1", {}, "bankrupt", ("A",), 100, "CNY"))


def owner(statement):
    with psycopg.connect(home().database().owner.of(dbname=connection.settings_dict["NAME"]).conninfo) as made:
        made.execute(statement)


@pytest.fixture
def unguarded(monkeypatch):
    """No lock, and both wait for each other once they have seen that nothing is decided."""
    meeting, looked = threading.Barrier(2, timeout=20), approvals._require_undecided
    monkeypatch.setattr(locks, "take", lambda _names: None)
    monkeypatch.setattr(approvals, "_require_undecided", lambda number: (looked(number), meeting.wait()))


@pytest.mark.promise("S5")
def test_two_half_approvals_are_one(did, people, count, promise):
    ann, bob, cat = people
    rounds = count(3, 30)
    for _ in range(rounds):
        proposed = proposed_by(ann)
        before = len(did)
        outcomes = at_once(approving(bob, proposed), approving(cat, proposed))
        assert sorted(type(one).__name__ for one in outcomes) == ["Decision", "StaleVersion"]
        assert len(did) == before + 1
    assert verify(Actor.system()).holds
    promise(f"{rounds} races of two approvals: effects doubled 0")


def test_an_approval_and_a_rejection_are_one_decision(did, people):
    ann, bob, cat = people
    proposed = proposed_by(ann)
    no = lambda: patiently(lambda: reject(cat, proposed.number, digest=proposed.digest, reason="no"))  # noqa: E731
    outcomes = at_once(approving(bob, proposed), no)
    assert sum(isinstance(one, StaleVersion) for one in outcomes) == 1
    assert ProposalDecision.objects.every_entity().count() == 1
    assert len(did) == ProposalDecision.objects.every_entity().filter(outcome="approved").count()


def test_without_the_lock_the_database_still_refuses_a_second_decision(did, people, unguarded):
    ann, bob, cat = people
    proposed = proposed_by(ann)
    outcomes = at_once(approving(bob, proposed), approving(cat, proposed))
    assert sum(isinstance(one, IntegrityError) for one in outcomes) == 1
    assert AuditEntry.objects.filter(verb="write_off.approve").count() == 1


def test_without_lock_and_key_the_effect_happens_twice(did, people, unguarded):
    ann, bob, cat = people
    proposed = proposed_by(ann)
    name = "store_proposaldecision_proposal_no_key"
    owner(f"ALTER TABLE store_proposaldecision DROP CONSTRAINT {name}")
    try:
        at_once(approving(bob, proposed), approving(cat, proposed))
        assert AuditEntry.objects.filter(verb="write_off.approve").count() == 2
    finally:
        owner("TRUNCATE store_proposaldecision")
        owner(f"ALTER TABLE store_proposaldecision ADD CONSTRAINT {name} UNIQUE (proposal_no)")


def test_what_was_changed_in_the_table_itself_is_not_approved(did, people):
    ann, bob, _cat = people
    proposed = proposed_by(ann)
    owner(
        "ALTER TABLE store_proposal DISABLE TRIGGER append_only; UPDATE store_proposal SET amount_minor = 9999999; "
        "ALTER TABLE store_proposal ENABLE TRIGGER append_only"
    )
    with pytest.raises(Broken):
        approve(bob, proposed.number, digest=proposed.digest, on=ON)
    assert did == []


def test_without_comparing_what_was_written_down_it_would_be(did, people, monkeypatch):
    ann, bob, _cat = people
    proposed = proposed_by(ann)
    owner(
        "ALTER TABLE store_proposal DISABLE TRIGGER append_only; UPDATE store_proposal SET amount_minor = 9999999; "
        "ALTER TABLE store_proposal ENABLE TRIGGER append_only"
    )
    monkeypatch.setattr(approvals, "_require_agreed", lambda *_given: None)
    approve(bob, proposed.number, digest=proposed.digest, on=ON)
    assert len(did) == 1
