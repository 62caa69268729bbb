"""S17: who receives can tell a true message from a forged, changed or replayed one; none is lost, and none leaves unasked."""

import datetime as dt
import json
import random

import httpcore
import pytest
from django.db import connection
from stocked import SYSTEM

from seawall.client import Forged, verified
from seawall.engine.kernel.errors import InputError, NotFound, Refused
from seawall.exchange.net import AddressRefused, Outside
from seawall.services import access, founding, webhook_sending, webhooks
from seawall.services.access import Actor
from seawall.services.command import execute
from seawall.services.webhook_sending import PAUSES, send_due
from seawall.store import points
from seawall.store.models import AuditEntry, Entity, Outbox, OutboxAttempt, WebhookEndpoint

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
ADDRESS = "https://erp.example/hook"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
ERROR = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
ELSEWHERE = (
    b"HTTP/1.1 302 Found\r\nLocation: https://erp.example/other\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


class Receiver(httpcore.NetworkBackend):
    """Takes what is sent, and answers as told."""

    def __init__(self, answer=OK, address="93.184.215.14"):
        self.answer, self.address, self.got = answer, address, []

    def outside(self, address):
        guard = webhook_sending.outside_of(address)
        return Outside(
            guard.hosts, resolver=lambda *_: [self.address], connector=self, redirects_max=guard.redirects_max
        )

    def connect_tcp(self, *_where, **_how):
        receiver, sent = self, bytearray()

        class Stream(httpcore.MockStream):
            def write(self, buffer, timeout=None):
                sent.extend(buffer)

            def close(self):
                receiver.got.append(bytes(sent))

        return Stream([self.answer])

    @property
    def messages(self):
        return [(dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:]), body) for head, body in
                (each.split(b"\r\n\r\n", 1) for each in self.got)]  # fmt: skip


def send(receiver, at=NOW):
    return send_due(now=at, outside=receiver.outside)


@pytest.fixture(autouse=True)
def two_entities(db):
    founding.found(SYSTEM, name="Two", reporting_currency="CNY")
    for code in ("E1", "E2"):
        Entity.objects.create(code=code)


def added(entity="E1", events=("run.done",), actor=SYSTEM):
    return webhooks.add(actor, entity=entity, address=ADDRESS, events=events)


def happens(entity="E1", name="run.done", *, fails=False, **data):
    def effect(write):
        write.announce(name, entity, **data)
        if fails:
            raise Refused("No.")
        return {}

    execute(SYSTEM, access.RUN, effect, request={})


def test_a_message_arrives_signed_and_says_what_happened():
    made, receiver = added(), Receiver()
    happens(run_id="r1")
    assert send(receiver) == 1
    ((headers, body),) = receiver.messages
    said = verified(headers, body, made.secret, at=NOW.timestamp())
    assert (said["type"], said["data"]["entity"], said["data"]["run_id"]) == ("run.done", "E1", "r1")
    assert Outbox.objects.get().state == "sent"
    assert send(receiver) == 0


def test_it_is_told_in_the_transaction_of_what_happened_or_not_at_all():
    added()
    with pytest.raises(Refused):
        happens(fails=True)
    assert Outbox.objects.count() == 0


def test_an_endpoint_hears_of_its_entity_and_its_events_only():
    added()
    happens(entity="E2")
    happens(name="period.signed")
    assert Outbox.objects.count() == 0


def test_the_same_id_is_tried_again_with_growing_pauses_then_failed_and_sent_again_by_a_person():
    made, receiver = added(), Receiver(ERROR)
    happens()
    at, ids = NOW, set()
    for pause in (*PAUSES, 0):
        assert send(receiver, at) == 0
        assert send(receiver, at + dt.timedelta(seconds=pause - 1)) == 0
        at += dt.timedelta(seconds=pause)
    row = Outbox.objects.get()
    assert (row.state, row.attempts, len(receiver.got)) == ("failed", len(PAUSES) + 1, len(PAUSES) + 1)
    ids = {headers["webhook-id"] for headers, _ in receiver.messages}
    assert len(ids) == 1
    found = webhooks.delivery(SYSTEM, row.pk)
    assert [each.status for each in found.tries] == [503] * (len(PAUSES) + 1)
    webhooks.resume(SYSTEM, made.endpoint_id)
    webhooks.again(SYSTEM, row.pk)
    receiver.answer = OK
    assert send(receiver, at) == 1
    assert {headers["webhook-id"] for headers, _ in receiver.messages} == ids
    Outbox.objects.update(state="sending")
    with pytest.raises(Refused):
        webhooks.again(SYSTEM, row.pk)


def test_what_takes_nothing_for_days_is_paused_on_record_and_one_that_fails_holds_up_no_other():
    made, receiver = added(), Receiver(ERROR)
    happens()
    happens()
    assert send(receiver) == 0
    assert len(receiver.got) == 1, "the second waits for the next round"
    assert send(receiver, NOW + webhook_sending.PAUSED_AFTER) == 0
    assert webhooks.endpoint(SYSTEM, made.endpoint_id).paused_at
    before = len(receiver.got)
    happens()
    assert (send(receiver, NOW + dt.timedelta(days=9)), len(receiver.got)) == (0, before)
    webhooks.resume(SYSTEM, made.endpoint_id)
    receiver.answer = OK
    assert send(receiver, NOW + dt.timedelta(days=9)) == 3


def test_a_kill_while_it_was_being_sent_sends_it_again_under_its_id():
    added()
    happens()
    with pytest.raises(KeyboardInterrupt):
        send_due(now=NOW, outside=interrupted)
    assert Outbox.objects.get().state == "sending"
    receiver = Receiver()
    assert send(receiver) == 0, "it may still be on its way"
    Outbox.objects.update(changed_at="2020-01-01T00:00:00Z")
    assert send(receiver) == 1


def interrupted(_address):
    raise KeyboardInterrupt


def test_private_addresses_and_redirects_are_not_asked():
    for bad in (
        "http://erp.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://u:p@erp.example/",
        "https://10.0.0.1/x",
        "ftp://x",
    ):
        with pytest.raises(AddressRefused):
            webhooks.add(SYSTEM, entity="E1", address=bad, events=["run.done"])
    added()
    happens()
    inside = Receiver(address="169.254.169.254")
    assert (send(inside), inside.got) == (0, [])
    led = Receiver(ELSEWHERE)
    assert (send(led, NOW + dt.timedelta(minutes=2)), len(led.got)) == (0, 1)
    assert [each.status for each in OutboxAttempt.objects.all()] == [None, 302]


def test_events_are_known_and_the_secret_is_shown_once_and_sealed():
    made = added()
    row = WebhookEndpoint.objects.every_entity().get()
    assert made.secret.startswith("whsec_")
    assert made.secret not in row.secret
    assert "secret" not in webhooks.endpoint(SYSTEM, made.endpoint_id).as_json()
    another = webhooks.new_secret(SYSTEM, made.endpoint_id)
    assert another.secret != made.secret
    for events in ([], ["no.such"]):
        with pytest.raises(InputError):
            webhooks.add(SYSTEM, entity="E1", address=ADDRESS, events=events)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(body, '') FROM store_auditentry")
        said = cursor.fetchone()[0]
    assert made.secret not in said
    assert another.secret not in said


def test_another_entitys_webhook_is_not_found():
    made = added("E2")
    mine = Actor.of("ann", ["administrator"], frozenset({"E1"}))
    assert webhooks.endpoints(mine) == []
    with pytest.raises(NotFound):
        webhooks.endpoint(mine, made.endpoint_id)
    with pytest.raises(NotFound):
        added("E2", actor=mine)


def test_what_waits_for_a_removed_webhook_fails():
    made = added()
    happens()
    webhooks.remove(SYSTEM, made.endpoint_id, at=NOW)
    happens()
    assert [row.state for row in Outbox.objects.all()] == ["failed"]


def test_what_was_being_sent_to_a_webhook_that_is_removed_fails(monkeypatch):
    made, receiver = added(), Receiver(ERROR)
    happens()

    def remove(point):
        if point == "webhook sent":
            webhooks.remove(SYSTEM, made.endpoint_id, at=NOW)

    monkeypatch.setattr(points, "hook", remove)
    send(receiver)
    monkeypatch.undo()
    assert Outbox.objects.get().state == "waiting"
    send(receiver)
    assert (Outbox.objects.get().state, len(receiver.messages)) == ("failed", 1)


@pytest.mark.promise("S17")
def test_forged_changed_and_replayed_messages_are_refused(promise, count):
    made, receiver, dice = added(), Receiver(), random.Random(17)
    tries, seen, accepted = count(300, 5000), set(), 0
    happens(run_id="r1")
    send(receiver)
    ((headers, body),) = receiver.messages
    assert verified(headers, body, made.secret, at=NOW.timestamp(), seen=seen)
    seen.add(headers["webhook-id"])
    for _ in range(tries):
        forged, said, at, known = mutated(headers, body, dice)
        try:
            verified(forged, said, made.secret, at=at, seen=seen if known else ())
        except Forged:
            continue
        accepted += 1
    assert accepted == 0
    promise(f"{tries} forged, changed, late and replayed messages: accepted {accepted}")


def mutated(headers, body, dice):
    """A message wrong in one way: headers, body, the receiver's clock, and whether its id counts as seen."""
    at, way = NOW.timestamp(), dice.randrange(8)
    one, said = dict(headers), bytearray(body)
    if way == 0:
        said[dice.randrange(len(said))] ^= 1 << dice.randrange(8)
    elif way == 1:
        one["webhook-id"] = f"msg_{dice.randrange(10**9)}"
    elif way == 2:
        one["webhook-timestamp"] = str(int(one["webhook-timestamp"]) + dice.choice([-1, 1]) * dice.randrange(1, 299))
    elif way == 3:
        at += dice.choice([-1, 1]) * dice.uniform(301, 10**6)
    elif way == 4:
        one["webhook-signature"] = dice.choice(["", "v1,", "v1,AAAA", "v2," + one["webhook-signature"][3:], "v1,é"])
    elif way == 5:
        one.pop(dice.choice(["webhook-id", "webhook-timestamp", "webhook-signature"]))
    elif way == 6:
        return one, body, at, True
    else:
        said = bytearray(json.dumps(json.loads(body)).encode()) + b" "
    return one, bytes(said), at, False


def test_without_the_look_at_the_signature_a_changed_message_would_be_believed(monkeypatch):
    made, receiver = added(), Receiver()
    happens()
    send(receiver)
    ((headers, body),) = receiver.messages
    changed = body.replace(b"E1", b"E2")
    with pytest.raises(Forged):
        verified(headers, changed, made.secret, at=NOW.timestamp())
    monkeypatch.setattr("seawall.client.hmac.compare_digest", lambda *_: True)
    assert verified(headers, changed, made.secret, at=NOW.timestamp())["data"]["entity"] == "E2"


def test_a_change_of_everything_is_one_write():
    made = webhooks.add(SYSTEM, entity="E1", address=ADDRESS, events=["ledger.changed"])
    before = AuditEntry.objects.count()
    now, one = NOW, "one"
    for _ in range(2):
        webhooks.change(
            SYSTEM, made.endpoint_id, at=now, address=f"{ADDRESS}/2", events=["run.done"], is_paused=True, key=one
        )
    assert AuditEntry.objects.count() == before + 1
    found = webhooks.endpoint(SYSTEM, made.endpoint_id)
    assert (found.address, found.events, found.paused_at) == (f"{ADDRESS}/2", ("run.done",), now)
    webhooks.change(SYSTEM, made.endpoint_id, at=now)
    assert AuditEntry.objects.count() == before + 1, "nothing asked, nothing written"
    webhooks.change(SYSTEM, made.endpoint_id, at=now, is_paused=False)
    assert webhooks.endpoint(SYSTEM, made.endpoint_id).paused_at is None
