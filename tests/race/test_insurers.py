"""Several at once with an insurer: one open request a company and type, one message a key, one effect there."""

import threading

import pytest
from django.db import IntegrityError
from insured import connected, customers, founded, linked
from race.test_imports import at_once, patiently
from sandbox_insurer import running
from stocked import SYSTEM

from seawall.services import insurer_messages, insurer_rounds
from seawall.services.insurer_messages import RequestOpen
from seawall.store import locks
from seawall.store.models import InsurerConnection, InsurerExchange, InsurerMessage, InsurerSending

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = {"request_type": "2", "amount": "1000.00", "currency": "USD"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    founded()
    customers(tmp_path, 1)
    with running(tmp_path / "sandbox") as insurer:
        number = connected(insurer, monkeypatch)
        linked(insurer, number, "C1")
        yield insurer, number


def saying(number, key):
    return lambda: patiently(
        lambda: insurer_messages.say(
            SYSTEM, connection_id=number, kind="request_cover", fields=ASKED, customer_code="C1", key=key
        )
    )


def test_of_many_requests_of_a_type_at_once_one_is_open(place):
    _, number = place
    came = at_once(*(saying(number, f"k{n}") for n in range(4)))
    assert sum(isinstance(each, RequestOpen) for each in came) == 3
    assert InsurerMessage.objects.every_entity().count() == 1


def test_one_key_at_once_is_one_message(place):
    _, number = place
    came = at_once(*(saying(number, "k") for _ in range(4)))
    assert len(set(came)) == 1
    assert InsurerMessage.objects.every_entity().count() == 1


def test_many_workers_at_once_have_one_effect_at_the_insurer(place):
    insurer, number = place
    saying(number, "k")()
    row = InsurerConnection.objects.every_entity().get(pk=number)
    at_once(*(lambda: insurer_rounds.exchange(row, now=insurer.now) for _ in range(4)))
    sent = InsurerExchange.objects.every_entity().filter(method="POST", path__startswith="/messages/")
    assert (len(insurer.sandbox.book.keys), sent.count()) == (1, 1)


def test_without_the_locks_the_race_is_real_and_the_database_still_lets_one_through(place, monkeypatch):
    _, number = place
    meeting, looked = threading.Barrier(2, timeout=20), insurer_messages._slot

    def met(*of):
        slot = looked(*of)
        meeting.wait()
        return slot

    monkeypatch.setattr(locks, "take", lambda _names: None)
    monkeypatch.setattr(insurer_messages, "_slot", met)
    came = at_once(*(saying(number, f"k{n}") for n in range(2)))
    assert sum(isinstance(each, IntegrityError | RequestOpen) for each in came) == 1
    assert InsurerSending.objects.every_entity().count() == 1
