"""The write path: whole or not at all, once per key, in the order of commits."""

import datetime as dt
import itertools
import json

import pytest
from django.db import connection

from seawall.engine.kernel.errors import IdempotencyMismatch, NotPermitted
from seawall.services.access import IMPORT, Actor
from seawall.services.audit import verify
from seawall.services.command import execute
from seawall.services.origin import came_from
from seawall.store import chain
from seawall.store.models import AuditEntry, ChainHead, Entity, IdempotencyKey, Outbox

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()


def entity(code):
    def effect(write):
        made = Entity.objects.create(code=code)
        write.detail["entity"] = code
        write.send("mail", f"welcome {code}", {"to": code})
        return {"id": made.pk}

    return effect


def codes():
    return list(Entity.objects.every_entity().values_list("code", flat=True))


def test_a_write_leaves_fact_audit_and_outbox_under_one_number():
    first = execute(SYSTEM, IMPORT, entity("A"), request={"code": "A"})
    second = execute(SYSTEM, IMPORT, entity("B"), request={"code": "B"})
    assert (first.batch_no, second.batch_no) == (1, 2)
    assert codes() == ["A", "B"]
    assert list(AuditEntry.objects.values_list("batch_no", "verb", "actor")) == [
        (1, "ledger.import", "system"),
        (2, "ledger.import", "system"),
    ]
    assert list(Outbox.objects.values_list("key", "batch_no")) == [("welcome A", 1), ("welcome B", 2)]


def test_an_entry_says_from_where_and_what_was_touched():
    with came_from("web", "10.0.0.7\r\n2026-01-01 forged"):
        execute(Actor.system(), IMPORT, entity("A"), request={"code": "A"})
    found = AuditEntry.objects.get()
    assert found.origin == "web 10.0.0.7??2026-01-01 forged"
    (change,) = json.loads(found.body)["changes"]
    assert (change["kind"], change["before"]) == ("entity", "")
    execute(SYSTEM, IMPORT, lambda _write: Entity.objects.every_entity().update(name="Valves") and {}, request={})
    (renamed,) = json.loads(AuditEntry.objects.latest("batch_no").body)["changes"]
    assert (renamed["key"], renamed["before"]) == (change["key"], change["after"])
    assert renamed["after"] != renamed["before"]
    assert verify(SYSTEM).holds


def test_many_rows_are_told_as_one_range():
    rows = [Entity(code=f"E{n:03}") for n in range(60)]
    execute(SYSTEM, IMPORT, lambda _write: {"made": len(Entity.objects.bulk_create(rows))}, request={})
    (change,) = json.loads(AuditEntry.objects.get().body)["changes"]
    assert (change["kind"], change["rows"]) == ("entity", 60)


def test_an_entry_of_an_earlier_version_still_verifies():
    """Entries that do not say from where were sealed without a word for it."""
    at = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    body = {"batch_no": 1, "write_no": 1, "verb": "ledger.import", "actor": "system", "at": at, "detail": {}}
    text = chain.canonical(body)
    digest = chain.seal(chain.GENESIS, text)
    about = {"verb": "ledger.import", "actor": "system", "recorded_at": at, "body": text, "digest": digest}
    AuditEntry.objects.create(batch_no=1, write_no=1, **about)
    ChainHead.objects.create(id=1, batch_no=1, digest=digest)
    execute(SYSTEM, IMPORT, entity("A"), request={})
    assert verify(SYSTEM).holds


def test_a_failing_rule_leaves_nothing():
    def effect(write):
        entity("A")(write)
        raise ValueError

    with pytest.raises(ValueError):
        execute(SYSTEM, IMPORT, effect, request={}, key="k")
    assert codes() == []
    assert not IdempotencyKey.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_dry_run_answers_and_leaves_nothing():
    done = execute(SYSTEM, IMPORT, entity("A"), request={}, key="k", dry_run=True)
    assert done.result["id"]
    assert done.batch_no is None
    assert codes() == []
    assert not IdempotencyKey.objects.exists()


def test_a_write_that_changes_nothing_draws_no_number():
    def effect(write):
        write.change_nothing()
        return {"new": 0}

    assert execute(SYSTEM, IMPORT, effect, request={}).batch_no is None
    assert not ChainHead.objects.filter(batch_no__gt=0).exists()


def test_the_same_key_gives_the_same_answer_once():
    first = execute(SYSTEM, IMPORT, entity("A"), request={"code": "A"}, key="k")
    again = execute(SYSTEM, IMPORT, entity("A"), request={"code": "A"}, key="k")
    assert again.is_replay
    assert (again.result, again.batch_no) == (first.result, first.batch_no)
    assert codes() == ["A"]


@pytest.mark.parametrize("other", [{"request": {"code": "B"}}, {"actor": Actor.of("eve", ["finance"], user_id=7)}])
def test_the_same_key_with_another_request_or_caller_is_refused(other):
    execute(SYSTEM, IMPORT, entity("A"), request={"code": "A"}, key="k")
    with pytest.raises(IdempotencyMismatch):
        execute(other.get("actor", SYSTEM), IMPORT, entity("B"), request=other.get("request", {"code": "A"}), key="k")
    assert codes() == ["A"]


def test_a_role_without_the_verb_is_refused_before_anything_happens():
    with pytest.raises(NotPermitted):
        execute(Actor.of("ann", ["viewer"]), IMPORT, entity("A"), request={}, key="k")
    assert codes() == []


@pytest.mark.django_db(transaction=True)
def test_an_error_at_any_statement_leaves_nothing_and_a_whole_chain():
    """Fail at the n-th statement, for every n until it passes."""
    execute(SYSTEM, IMPORT, entity("A"), request={"code": "A"})
    for n in itertools.count(1):
        statements = itertools.count(1)

        def fail(run, sql, *args, n=n, statements=statements):
            if next(statements) == n:
                raise RuntimeError
            return run(sql, *args)

        try:
            with connection.execute_wrapper(fail):
                execute(SYSTEM, IMPORT, entity("B"), request={"code": "B"}, key="k")
        except RuntimeError:
            assert codes() == ["A"]
            assert AuditEntry.objects.count() == 1
            assert not IdempotencyKey.objects.exists()
            assert verify(SYSTEM).holds
        else:
            break
    assert codes() == ["A", "B"]
    assert n > 8
