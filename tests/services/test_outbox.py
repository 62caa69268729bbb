"""What is to be sent goes once, and what may have gone is never sent again unasked."""

import pytest
from django.db import IntegrityError, connection

from seawall.services import outbox
from seawall.services.access import IMPORT, Actor
from seawall.services.command import execute
from seawall.services.outbox import State
from seawall.store.models import AuditEntry, Outbox

pytestmark = pytest.mark.django_db


def put(key, kind="mail"):
    execute(Actor.system(), IMPORT, lambda write: write.send(kind, key, {"to": key}) or {}, request={})


def test_rows_are_taken_in_order_and_by_kind():
    for key in ("a", "b"):
        put(key)
    put("c", kind="webhook")
    assert [outbox.claim("mail").key, outbox.claim("mail").key, outbox.claim("mail")] == ["a", "b", None]
    assert outbox.claim("webhook").payload == {"to": "c"}


def test_the_same_thing_is_never_put_twice():
    put("a")
    with pytest.raises(IntegrityError):
        put("a")
    connection.needs_rollback = False
    assert AuditEntry.objects.count() == 1


def test_what_was_being_sent_in_a_crash_is_uncertain():
    put("a")
    row = outbox.claim("mail")
    assert outbox.give_up_interrupted(minutes=5) == 0
    Outbox.objects.update(changed_at="2020-01-01T00:00:00Z")
    assert outbox.give_up_interrupted(minutes=5) == 1
    assert outbox.claim("mail") is None
    assert not outbox.mark(row, State.SENT)


def test_what_was_sent_is_marked_once():
    put("a")
    row = outbox.claim("mail")
    assert outbox.mark(row, State.SENT)
    assert not outbox.mark(row, State.FAILED)
    assert Outbox.objects.get().state == "sent"
