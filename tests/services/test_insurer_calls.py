"""S17, the other way round: what an insurer tells us is believed only if signed, unchanged, of now, and once."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from insured import connected, customers, founded, linked, rounds
from sandbox_insurer import running
from stocked import SYSTEM

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.exchange import webhook
from seawall.services import insurer_calls, insurer_comparing, insurer_events, insurer_messages, insurers
from seawall.services.insurer_calls import BODY_BYTES, CallRefused, CallRepeated
from seawall.store import seal
from seawall.store.models import AuditEntry, InsurerCall, InsurerConnection, InsurerEvent

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2031, 3, 1, 12, tzinfo=dt.UTC)
ASKED = {"request_type": "2", "amount": "100000.00", "currency": "USD"}


@pytest.fixture
def place(db, tmp_path):
    founded()
    customers(tmp_path, 2)
    given = insurers.Given("N", "neutral", "P-2026", {"url": "https://a.example", "client_id": "x"}, secret="s3cret")
    number = insurers.add(SYSTEM, given)
    secret = webhook.new_secret()
    sealed = seal.seal_text(secret, purpose="insurer hook")
    InsurerConnection.objects.every_entity().filter(pk=number).update(hook_secret=sealed)
    insurers.link(SYSTEM, connection_id=number, customer_code="C1", company_ref="S1")
    return number, secret


def event(n=1, **more):
    decision = {
        "decision_id": f"D{n}", "company_ref": "S1", "policy": "P-2026", "kind": "approved", "amount": f"{n}.00",
        "currency": "USD", "decided_on": "2031-03-01", "effective_from": "2031-03-01", "sequence": n,
    }  # fmt: skip
    return {"event_id": f"E{n}", "kind": "decision", "sequence": n, "body": decision | more}


def call(place, said, *, call_id="c1", at=NOW, secret=None, heard_at=NOW):
    number, own = place
    body = said if isinstance(said, str) else json.dumps(said)
    sent = webhook.headers(secret or own, message_id=call_id, at=int(at.timestamp()), body=body)
    return insurer_calls.hear(number, headers=sent, body=body.encode(), at=heard_at)


def test_a_signed_call_is_taken_once_and_a_repeated_event_changes_nothing(place):
    assert call(place, event()) == "taken"
    assert call(place, event(), call_id="c2") == "known"
    assert call(place, event(), at=NOW + dt.timedelta(seconds=30)) == "known", "tried again with a new time"
    with pytest.raises(CallRepeated):
        call(place, event())
    assert InsurerEvent.objects.every_entity().count() == 1


def test_what_is_signed_but_cannot_be_read_is_set_apart(place):
    for n, said in enumerate(["no json", "[]", "{}", json.dumps(event(amount="1.234")), '{"kind": "decision"}']):
        call(place, said, call_id=f"c{n}")
    rows = InsurerEvent.objects.every_entity()
    assert {row.state for row in rows} == {"quarantined"}
    assert len(rows) == 5
    assert rows.get(raw="no json").problem


def forged(dice, place, number):
    """One way in which a call is not to be believed: headers, body, and the moment it is heard."""
    own = place[1]
    body = json.dumps(event(number))
    at = int(NOW.timestamp())
    sent = webhook.headers(own, message_id=f"c{number}", at=at, body=body)
    heard = NOW
    way = dice.randrange(9)
    if way == 0:
        sent = webhook.headers(webhook.new_secret(), message_id=f"c{number}", at=at, body=body)
    elif way == 1:
        body = body.replace(f"{number}.00", f"{number}9.00")
    elif way == 2:
        sent["webhook-id"] = "another"
    elif way == 3:
        sent["webhook-timestamp"] = str(at + dice.randrange(1, 200))
    elif way == 4:
        heard = NOW + dt.timedelta(seconds=dice.randrange(301, 10**6))
    elif way == 5:
        heard = NOW - dt.timedelta(seconds=dice.randrange(301, 10**6))
    elif way == 6:
        del sent[dice.choice(["webhook-id", "webhook-timestamp", "webhook-signature"])]
    elif way == 7:
        sent["webhook-signature"] = dice.choice(["", "v1,", "v1,AAAA", "v2," + sent["webhook-signature"][3:], "v1,é"])
    else:
        plain = hashlib.sha256(body.encode()).digest()
        empty = hmac.new(b"", f"c{number}.{at}.{body}".encode(), hashlib.sha256).digest()
        sent["webhook-signature"] = "v1," + base64.b64encode(dice.choice([plain, empty])).decode()
    return sent, body, heard


@pytest.mark.promise("S17")
def test_forged_changed_late_and_replayed_calls_are_accepted_0_times(place, count, promise):
    tries = count(300, 5000)
    dice, accepted = random.Random(20261126), 0
    before = (AuditEntry.objects.count(), InsurerCall.objects.count())
    for number in range(1, tries + 1):
        sent, body, heard = forged(dice, place, number)
        try:
            insurer_calls.hear(place[0], headers=sent, body=body.encode(), at=heard)
            accepted += 1
        except CallRefused:
            pass
    assert accepted == 0
    assert (AuditEntry.objects.count(), InsurerCall.objects.count()) == before, "nothing was written"
    replays = 0
    for number in range(1, tries // 10):
        call(place, event(number), call_id=f"r{number}")
        with pytest.raises(CallRepeated):
            call(place, event(number), call_id=f"r{number}")
        replays += 1
    assert InsurerEvent.objects.every_entity().count() == replays
    promise(f"{tries} forged, changed and late calls of an insurer and {replays} replayed: accepted 0")


def by_the_door(number, sent, body, **more):
    """A call as it comes over HTTP: from nobody who is signed in, with headers as they are written there."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.items()}
    said = body if isinstance(body, bytes) else body.encode()
    return Client().post(f"/insurers/{number}/events/", said, content_type="application/json", **named | more)


@pytest.mark.promise("S17")
def test_by_the_door_too_none_is_accepted_and_the_answer_says_no_more_than_that(place, count, promise, monkeypatch):
    heard, dice = {"at": NOW}, random.Random(17)
    monkeypatch.setattr("seawall.web.protection.insurers.timezone.now", lambda: heard["at"])
    tries = count(60, 1000)
    before = AuditEntry.objects.count()
    answers = set()
    for number in range(1, tries + 1):
        sent, body, heard["at"] = forged(dice, place, number)
        found = by_the_door(place[0], sent, body)
        answers.add((found.status_code, found.content))
    assert answers == {(401, b'{"code": "call_refused"}')}, "each way to be wrong is answered alike"
    assert AuditEntry.objects.count() == before
    heard["at"] = NOW
    sent, body = signed(place, event(1))
    assert by_the_door(place[0], sent, body).json() == {"state": "taken"}
    assert by_the_door(place[0], sent, body).status_code == 409
    for method in ("get", "put", "delete", "patch"):
        assert getattr(Client(), method)(f"/insurers/{place[0]}/events/").status_code == 405
    promise(f"{tries} forged, changed and late calls by HTTP: accepted 0, one answer to all")


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 400, ""])
def test_a_length_that_is_none_is_no_fault_of_the_server(place, length):
    sent, body = signed(place, event(1))
    found = by_the_door(place[0], sent, body, CONTENT_LENGTH=length)
    assert found.status_code in (400, 401, 413), "not the whole body was read: its signature is wrong"


def signed(place, said, *, secret=None, call_id="c1"):
    body = json.dumps(said)
    return webhook.headers(secret or place[1], message_id=call_id, at=int(NOW.timestamp()), body=body), body


def test_a_call_for_one_connection_is_none_for_another_and_an_earlier_secret_ends_with_the_next(place):
    """What was true for one is a forgery for the other, though the same insurer signed it."""
    given = insurers.Given("M", "neutral", "P-2026", {"url": "https://a.example", "client_id": "x"}, secret="s3cret")
    other = insurers.add(SYSTEM, given)
    rows = InsurerConnection.objects.every_entity()
    rows.filter(pk=other).update(hook_secret=seal.seal_text(webhook.new_secret(), purpose="insurer hook"))
    sent, body = signed(place, event(1))
    with pytest.raises(CallRefused):
        insurer_calls.hear(other, headers=sent, body=body.encode(), at=NOW)
    rows.filter(pk=place[0]).update(hook_secret=seal.seal_text(webhook.new_secret(), purpose="insurer hook"))
    with pytest.raises(CallRefused):
        insurer_calls.hear(place[0], headers=sent, body=body.encode(), at=NOW)
    assert InsurerEvent.objects.every_entity().count() == 0


def test_a_call_keeps_no_secret_of_ours(place):
    """Signed, but with what nobody should write down: it is masked in the message, and in what is set apart."""
    own = place[1]
    call(place, event(1, conditions=f"signed with {own}"))
    call(place, event(2, amount="none", conditions=f"signed with {own}, by s3cret"), call_id="c2")
    call(place, f"no json: {own}", call_id="c3")
    kept = repr([(each.body, each.raw, each.problem) for each in InsurerEvent.objects.every_entity()])
    assert InsurerEvent.objects.every_entity().count() == 3
    assert own not in kept
    assert "s3cret" not in kept


def test_the_guards_have_teeth(place, monkeypatch):
    """Without the signature's look, and without the note of what was heard, the same calls come through."""
    dice = random.Random(1)
    monkeypatch.setattr(insurer_calls, "_require_true", lambda *_: None)
    sent, body, heard = forged(dice, place, 1)
    while "webhook-id" not in sent or "webhook-timestamp" not in sent:
        sent, body, heard = forged(dice, place, 1)
    assert insurer_calls.hear(place[0], headers=sent, body=body.encode(), at=heard) == "taken"

    monkeypatch.setattr(insurer_calls.InsurerCall.objects, "create", lambda **_: None)
    call(place, event(2))
    assert call(place, event(2)) == "known", "even then an event has one effect"


def test_nobody_hears_where_nothing_was_subscribed_and_too_much_is_refused(place):
    number = insurers.add(SYSTEM, insurers.Given("F", "file", "P", {}))
    for missing in (number, 999_999):
        with pytest.raises(NotFound):
            insurer_calls.hear(missing, headers={}, body=b"{}", at=NOW)
    with pytest.raises(InputError):
        insurer_calls.hear(place[0], headers={}, body=b"x" * (BODY_BYTES + 1), at=NOW)
    insurers.remove(SYSTEM, connection_id=place[0])
    with pytest.raises(NotFound):
        call(place, event())


@pytest.fixture
def served(request):
    """The product over real HTTP; it looks for its assets where the store keeps them, and these tests need none."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    return request.getfixturevalue("live_server").url.replace("localhost", "127.0.0.1")


@pytest.mark.parametrize("fault", ["event_twice", "event_late", "event_malformed", "event_lost"])
def test_calls_over_real_http_with_faults_and_news_beside_them_come_to_the_same(fault, served, tmp_path, monkeypatch):
    """The sandbox calls the running product; both ways together bring each thing once."""
    founded()
    customers(tmp_path, 3)
    with running(tmp_path / "sandbox") as insurer:
        number = connected(insurer, monkeypatch)
        for code in ("C1", "C2", "C3"):
            linked(insurer, number, code)
        url = f"{served}/insurers/{number}/events/"
        insurers.subscribe(SYSTEM, connection_id=number, url=url, at=insurer.now)
        monkeypatch.setattr("seawall.web.protection.insurers.timezone.now", lambda: insurer.now)
        for code in ("C1", "C2", "C3"):
            insurer_messages.say(SYSTEM, connection_id=number, kind="request_cover", fields=ASKED, customer_code=code)
        rounds(insurer, number)
        insurer.admin("faults", **{fault: 0.5})
        for _ in range(5):
            insurer.advance(days=20)
        assert InsurerEvent.objects.every_entity().filter(way="call").exists()
        insurer.admin("faults", **{fault: 0.0})
        rounds(insurer, number)
        found = insurer_comparing.compare(SYSTEM, connection_id=number, at=insurer.now)
        told = insurer.sandbox.book.events
        taken = InsurerEvent.objects.every_entity().filter(state="taken")
        assert taken.count() == len(told)
        assert {each["what"] for each in found.differences} <= {"set_apart"}
        assert insurer.sandbox.teller.given_up == 0
        assert insurer_events.limits(InsurerConnection.objects.every_entity().get(pk=number))


def test_an_address_that_leads_elsewhere_cannot_be_subscribed(place):
    for url in ("https://elsewhere.example/", f"ftp://a.example/insurers/{place[0]}/events/"):
        with pytest.raises(InputError):
            insurers.subscribe(SYSTEM, connection_id=place[0], url=url, at=NOW)
