"""What an insurer or its file says that no database holds, in the wrong order, or in numbers: kept, and nothing lost."""

import datetime as dt
import json

import pytest
from insured import customers, founded
from stocked import SYSTEM

from seawall.client import Forged, require_signed
from seawall.engine.kernel.errors import InputError, NotFound
from seawall.exchange import webhook
from seawall.exchange.insurers.neutral import event_of
from seawall.exchange.insurers.port import InsurerRefuses, News
from seawall.services import (
    insurer_calls,
    insurer_events,
    insurer_facts,
    insurer_files,
    insurer_messages,
    insurer_rounds,
    insurers,
)
from seawall.store import insured_on_file, seal
from seawall.store.models import AuditEntry, InsurerConnection, InsurerEvent, InsurerSending

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2031, 3, 1, 12, tzinfo=dt.UTC)
HALF = "\ud800"
GRADE = {"company_ref": "S1", "grade": "3", "decided_on": "2031-01-01"}
ADVERSE = {"on": "2031-01-01", "text": "x"}


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


@pytest.fixture
def by_file(place):
    InsurerConnection.objects.every_entity().update(is_paused=True)
    return insurers.add(SYSTEM, insurers.Given("F", "file", "P-2026", {}))


def event(n=1, **more):
    decision = {
        "decision_id": f"D{n}", "company_ref": "S1", "policy": "P-2026", "kind": "approved", "amount": f"{n}.00",
        "currency": "USD", "decided_on": "2031-03-01", "effective_from": "2031-03-01", "sequence": n,
    }  # fmt: skip
    return {"event_id": f"E{n}", "kind": "decision", "sequence": n, "body": decision | more}


def call(place, said, *, call_id="c1"):
    number, secret = place
    body = said if isinstance(said, str) else json.dumps(said)
    sent = webhook.headers(secret, message_id=call_id, at=int(NOW.timestamp()), body=body)
    return insurer_calls.hear(number, headers=sent, body=body.encode(), at=NOW)


def post(place):
    return insurer_facts.post(InsurerConnection.objects.every_entity().get(pk=place[0]))


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"event_id": "E", "kind": "a\0b", "sequence": 1, "body": {}}, "quarantined"),
        ({"event_id": "E", "kind": HALF, "sequence": 1, "body": {}}, "quarantined"),
        ({"event_id": "E\0", "kind": "decision", "sequence": 1, "body": {}}, "quarantined"),
        (event(amount="1\0"), "quarantined"),
        (event(amount=HALF), "quarantined"),
        (event(conditions=HALF), "quarantined"),
        (event(currency="US\0"), "quarantined"),
        (event(layer="\0"), "quarantined"),
        ({**event(amount="x"), "sequence": 10**30}, "quarantined"),
        ("[" * 60_000, "quarantined"),
        ('{"kind":"decision","sequence":' + "9" * 5000 + "}", "quarantined"),
        (event(decision_id="D" * 1500), "taken"),
        ({"event_id": "E" * 1500, "kind": "grade", "sequence": 1, "body": GRADE}, "taken"),
        ({"event_id": "E", "kind": "grade", "sequence": 10**30, "body": GRADE}, "taken"),
    ],
    ids=range(14),
)
def test_what_no_database_holds_is_kept_and_shown_once(place, said, state):
    assert call(place, said) == "taken"
    assert call(place, said, call_id="c2") == "known"
    post(place)
    (kept,) = InsurerEvent.objects.every_entity()
    assert kept.state == state
    assert kept.raw
    assert bool(kept.problem) == (state == "quarantined")


@pytest.mark.parametrize("sent_at", ["1" * 400, "1" * 5000, "²", ""])
def test_a_time_that_is_none_is_not_believed(place, sent_at):
    sent = webhook.headers(place[1], message_id="c", at=int(NOW.timestamp()), body="{}")
    with pytest.raises(insurer_calls.CallRefused):
        insurer_calls.hear(place[0], headers={**sent, "webhook-timestamp": sent_at}, body=b"{}", at=NOW)
    with pytest.raises(Forged):
        require_signed({**sent, "webhook-id": HALF}, b"{}", place[1], at=NOW.timestamp())


def test_a_decision_that_was_overtaken_corrects_no_fact_of_its_day(place):
    call(place, event(7), call_id="a")
    post(place)
    call(place, event(3), call_id="b")
    post(place)
    (fact,) = insured_on_file.standing("insured_limits").to_dicts()
    assert fact["amount_minor"] == 700
    assert not InsurerEvent.objects.every_entity().filter(posted_no=None).exists()
    call(place, event(8), call_id="c")
    post(place)
    (fact,) = insured_on_file.standing("insured_limits").to_dicts()
    assert fact["amount_minor"] == 800


def test_an_answer_that_was_overtaken_changes_nothing(place):
    number = insurer_messages.say(
        SYSTEM, connection_id=place[0], kind="report_adverse", fields=ADVERSE, customer_code="C1"
    )
    key = insurer_messages.shown(SYSTEM, message_no=number).key
    InsurerSending.objects.every_entity().update(state="taken")
    for n, answer in ((5, "rejected"), (3, "acknowledged")):
        body = {"message_key": key, "answer": answer, "on": "2031-01-01"}
        call(place, {"event_id": f"R{n}", "kind": "reply", "sequence": n, "body": body}, call_id=f"r{n}")
    assert insurer_messages.shown(SYSTEM, message_no=number).state == "refused"


def table(count, **more):
    head = ",".join(["company_ref,kind,amount,currency,decided_on,layer", *more])
    rows = [",".join([f"S1,approved,{n}.00,USD,2025-01-01,L{n}", *more.values()]) for n in range(1, count + 1)]
    return "\n".join([head, *rows]).encode()


def test_every_row_of_a_large_file_becomes_a_fact(by_file):
    insurers.link(SYSTEM, connection_id=by_file, customer_code="C1", company_ref="S1")
    count = insurer_facts.AT_ONCE + 3
    heard = insurer_files.take(SYSTEM, connection_id=by_file, name="a.csv", content=table(count))
    assert (heard.taken, heard.facts) == (count, count)
    assert insured_on_file.standing("insured_limits").height == count


def test_what_came_by_file_before_its_company_was_linked_becomes_a_fact_in_the_next_round(by_file):
    insurer_files.take(SYSTEM, connection_id=by_file, name="a.csv", content=table(2))
    assert insured_on_file.standing("insured_limits").is_empty()
    InsurerConnection.objects.every_entity().filter(pk=by_file).update(is_paused=False)
    insurers.link(SYSTEM, connection_id=by_file, customer_code="C1", company_ref="S1")
    assert insurer_rounds.exchange_due(now=NOW) == {"posted": 2}
    assert insured_on_file.standing("insured_limits").height == 2
    assert insurer_rounds.exchange_due(now=NOW) == {}


def test_a_number_without_end_in_a_file_is_set_apart(by_file):
    content = table(1, notice_days="9" * 5000)
    heard = insurer_files.take(SYSTEM, connection_id=by_file, name="a.csv", content=content)
    assert (heard.taken, heard.apart) == (1, 1)


@pytest.mark.parametrize("bad", ["a\0b", HALF])
def test_what_people_say_of_insurers_is_refused_where_it_cannot_be_kept(place, bad):
    number, told = place[0], {"url": "https://a.example", "client_id": bad}
    said = insurer_messages.say(SYSTEM, connection_id=number, kind="report_adverse", fields=ADVERSE, customer_code="C1")
    for act in (
        lambda: insurers.add(SYSTEM, insurers.Given(bad, "file", "P", {})),
        lambda: insurers.add(SYSTEM, insurers.Given("x", "neutral", "P", told, secret="s3cret")),
        lambda: insurers.link(SYSTEM, connection_id=number, customer_code="C2", company_ref="S2", name=bad),
        lambda: insurers.link(SYSTEM, connection_id=number, customer_code="C2", company_ref=bad),
        lambda: insurer_messages.withdraw(SYSTEM, message_no=said, reason=bad),
        lambda: insurer_messages.say(
            SYSTEM, connection_id=number, kind="report_adverse", fields=ADVERSE | {"text": bad}, customer_code="C1"
        ),
    ):
        with pytest.raises(InputError):
            act()
    with pytest.raises(NotFound):
        insurers.link(SYSTEM, connection_id=number, customer_code=bad, company_ref="S2")
    declared = {"basis": "turnover", "from_on": "2031-01-01", "to_on": "2031-01-31", "lines": []}
    with pytest.raises(NotFound):
        insurer_messages.say(SYSTEM, connection_id=number, kind="declare", fields=declared, customer_code="nobody")


@pytest.mark.parametrize("bad", ["a\0b", HALF])
def test_a_list_that_is_asked_for_what_no_database_holds_is_empty(place, bad):
    call(place, event())
    insurer_messages.say(SYSTEM, connection_id=place[0], kind="report_adverse", fields=ADVERSE, customer_code="C1")
    assert len(insurer_messages.listed(SYSTEM)) == len(insurer_events.listed(SYSTEM, insurers.seen(SYSTEM))) == 1
    for name in ("state", "kind", "customer_code"):
        assert insurer_messages.listed(SYSTEM, **{name: bad}) == []
    for name in ("state", "kind"):
        assert insurer_events.listed(SYSTEM, insurers.seen(SYSTEM), **{name: bad}) == []


@pytest.mark.parametrize("error", [None, InsurerRefuses("no")])
def test_news_that_go_round_in_a_circle_or_are_refused_cost_one_question_and_hold_up_no_fact(place, monkeypatch, error):
    asked = []

    class Circle:
        def events(self, after):
            asked.append(after)
            if error:
                raise error
            return News((event_of(event()),), "")

    row = InsurerConnection.objects.every_entity().get(pk=place[0])
    call(place, event())
    monkeypatch.setattr(insurer_rounds, "opened", lambda *_args, **_how: Circle())
    insurer_rounds.exchange(row, now=NOW)
    assert insured_on_file.standing("insured_limits").height == 1
    before = AuditEntry.objects.count()
    insurer_rounds.exchange(row, now=NOW)
    assert (len(asked), AuditEntry.objects.count()) == (2, before)
