"""Messages to and from insurers, over real HTTPS, with every fault: nothing lost, nothing doubled, nothing unreadable dropped."""

import datetime as dt
import json

import pytest
from insured import connected, customers, founded, linked, rounds
from sandbox_insurer import running
from stocked import SYSTEM, person

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, Refused
from seawall.exchange.insurers.messages import FindCompany
from seawall.exchange.insurers.neutral import Neutral
from seawall.exchange.insurers.port import Again, AnswerMalformed, Incoming, InsurerRefuses, Job, News
from seawall.exchange.insurers.sandbox.faults import KINDS
from seawall.exchange.net import AddressRefused
from seawall.services import access, insurer_comparing, insurer_events, insurer_messages, insurer_rounds, insurers
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.audit import verify
from seawall.services.insurers import Given
from seawall.store import insured_on_file, locks, points, seal
from seawall.store.models import InsurerConnection, InsurerEvent, InsurerExchange, InsurerMessage, InsurerSending

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)
ASKED = {"request_type": "2", "amount": "100000.00", "currency": "USD"}
OVERDUE = {
    "notice": "overdue", "item_number": "I-1", "issued_on": "2025-10-01", "due_on": "2025-12-01",
    "amount": "1200.00", "currency": "USD", "on": "2026-01-02",
}  # fmt: skip


@pytest.fixture
def insurer(tmp_path):
    with running(tmp_path) as made:
        yield made


@pytest.fixture
def place(insurer, monkeypatch, tmp_path, db):
    founded()
    customers(tmp_path, 3)
    connection_id = connected(insurer, monkeypatch)
    for code in ("C1", "C2", "C3"):
        linked(insurer, connection_id, code)
    return connection_id


def say(connection_id, kind="request_cover", code="C1", fields=None):
    return insurer_messages.say(
        SYSTEM, connection_id=connection_id, kind=kind, fields=fields or ASKED, customer_code=code
    )


def state(message_no):
    return insurer_messages.shown(SYSTEM, message_no=message_no).state


def compare(insurer, connection_id):
    return insurer_comparing.compare(SYSTEM, connection_id=connection_id, at=insurer.now)


def events(**what):
    return insurer_events.listed(SYSTEM, insurers.seen(SYSTEM), **what)


def test_a_request_goes_out_is_decided_and_its_decision_is_known_once(insurer, place):
    number = say(place)
    assert state(number) == "waiting"
    assert rounds(insurer, place)["sent"] == 1
    assert state(number) == "taken"
    insurer.advance(days=2)
    rounds(insurer, place)
    assert state(number) == "done"
    (decision,) = events(kind="decision")
    assert (decision.customer_code, decision.state) == ("C1", "taken")
    (limit,) = insured_on_file.standing("insured_limits").to_dicts()
    said = (limit["customer_code"], limit["policy"], limit["kind"], str(limit["decided_on"]))
    assert said == ("C1", "P-2026", decision.body["kind"], decision.body["decided_on"])
    assert compare(insurer, place).holds
    shown = insurer_messages.shown(SYSTEM, message_no=number)
    assert [each.status for each in shown.exchanges][-1] == 200
    assert verify(SYSTEM).holds


def test_one_request_of_a_type_is_open_at_a_time(insurer, place):
    number = say(place)
    with pytest.raises(Refused, match="is open"):
        say(place)
    say(place, code="C2")
    say(place, "change_cover", fields={"action": "reduce", "amount": "5.00", "currency": "USD"})
    insurer_messages.withdraw(SYSTEM, message_no=number, reason="by mistake")
    assert state(number) == "withdrawn"
    again = say(place)
    rounds(insurer, place)
    with pytest.raises(Refused, match="withdrawn"):
        insurer_messages.withdraw(SYSTEM, message_no=again, reason="too late")
    assert len(insurer.sandbox.book.keys) == 3


def test_what_is_said_twice_under_one_key_is_said_once(insurer, place):
    asked = {"connection_id": place, "kind": "request_cover", "fields": ASKED, "customer_code": "C1", "key": "mine"}
    assert insurer_messages.say(SYSTEM, **asked) == insurer_messages.say(SYSTEM, **asked)
    assert InsurerMessage.objects.every_entity().count() == 1


@pytest.mark.parametrize("fault", [each for each in KINDS if not each.startswith("event")])
def test_each_fault_while_sending_loses_nothing_and_doubles_nothing(insurer, place, fault):
    number = say(place)
    insurer.admin("faults", **{fault: 1.0})
    rounds(insurer, place)
    insurer.admin("faults", **{fault: 0.0})
    for _ in range(8):
        insurer.advance(hours=6)
        rounds(insurer, place)
    assert state(number) == "done"
    assert len(insurer.sandbox.book.keys) == 1
    found = compare(insurer, place)
    assert {each["what"] for each in found.differences} <= {"set_apart"}
    assert bool(found.counts.get("set_apart")) == (fault == "malformed")


def test_an_answer_that_cannot_be_read_is_set_apart_shown_and_put_away_with_a_reason(insurer, place):
    say(place)
    insurer.admin("faults", malformed=1.0)
    rounds(insurer, place)
    insurer.admin("faults", malformed=0.0)
    apart = events(state="quarantined")
    assert apart
    assert apart[0].raw
    assert apart[0].template
    with pytest.raises(Refused, match="Say why"):
        insurer_events.dismiss(SYSTEM, insurers.seen(SYSTEM), event_no=apart[0].event_no, reason=" ")
    insurer_events.dismiss(SYSTEM, insurers.seen(SYSTEM), event_no=apart[0].event_no, reason="a fault of theirs")
    with pytest.raises(Refused, match="set apart"):
        insurer_events.again(SYSTEM, insurers.seen(SYSTEM), event_no=apart[0].event_no)
    assert insurer_events.found(SYSTEM, insurers.seen(SYSTEM), apart[0].event_no).raw == apart[0].raw


@pytest.mark.parametrize("fault", ["event_twice", "event_late", "event_malformed"])
def test_events_come_once_in_whatever_order_and_form(insurer, place, fault):
    for code in ("C1", "C2", "C3"):
        say(place, code=code)
    rounds(insurer, place)
    insurer.admin("faults", **{fault: 0.6})
    for _ in range(12):
        insurer.advance(days=8)
        rounds(insurer, place)
    insurer.admin("faults", **{fault: 0.0})
    rounds(insurer, place)
    compare(insurer, place)
    told = {each["event_id"] for each in insurer.sandbox.book.events if each["kind"] != "decision"}
    taken = {each.ref for each in events(limit=1000) if each.state == "taken" and each.kind != "decision"}
    assert taken == told
    assert compare(insurer, place).counts.get("limit_differs", 0) == 0
    assert events(state="quarantined") == []
    assert (fault == "event_malformed") == bool(events(state="replaced"))


def test_an_older_decision_that_comes_later_changes_nothing_newer(insurer, place):
    ref = insurers.links(SYSTEM, connection_id=place)[0].company_ref
    for amount, kind in (("500.00", "approved"), ("200.00", "reduced"), ("0.00", "cancelled")):
        insurer.admin("decide", company_ref=ref, policy="P-2026", kind=kind, amount=amount, currency="USD")
    insurer.admin("faults", event_late=1.0)
    rounds(insurer, place)
    row = InsurerConnection.objects.every_entity().get(pk=place)
    assert [each["kind"] for each in insurer_events.limits(row)] == ["cancelled"]
    assert len(events(kind="decision")) == 3


def test_a_decision_on_a_company_nobody_linked_waits_and_is_taken_once_it_is(insurer, place):
    (other,) = insurer.port().find_company(FindCompany("X", "CN", "R9"))
    insurer.admin(
        "decide", company_ref=other.company_ref, policy="P-2026", kind="approved", amount="7.00", currency="USD"
    )
    rounds(insurer, place)
    (apart,) = events(state="quarantined")
    assert "linked" in apart.template
    with pytest.raises(Refused, match="already"):
        insurers.link(SYSTEM, connection_id=place, customer_code="C2",
                      company_ref=insurers.links(SYSTEM, connection_id=place)[0].company_ref)  # fmt: skip
    assert insurers.link(SYSTEM, connection_id=place, customer_code="C3", company_ref=other.company_ref) == 1
    assert events(state="quarantined") == []
    assert compare(insurer, place).holds


def test_a_notice_is_acknowledged_and_a_refused_message_says_why(insurer, place):
    notice = say(place, "notify", fields=OVERDUE)
    change = say(place, "change_cover", "C2", {"action": "cancel", "amount": "0.00", "currency": "USD"})
    rounds(insurer, place)
    insurer.advance(days=2)
    rounds(insurer, place)
    assert insurer_messages.shown(SYSTEM, message_no=notice).ref.startswith("R")
    (event,) = insured_on_file.standing("insurance_events").to_dicts()
    assert (event["event"], event["item_number"], str(event["on"])) == ("overdue_notified", "I-1", "2026-01-02")
    refused = insurer_messages.shown(SYSTEM, message_no=change)
    assert (refused.state, refused.params) == ("refused", {"reason": "there is no limit to change"})
    say(place, "change_cover", "C2", {"action": "cancel", "amount": "0.00", "currency": "USD"})


SHIPPED = {"amount": "10.00", "currency": "USD"}


@pytest.mark.parametrize(
    ("days", "lines", "made"),
    [
        (
            ("2025-10-01", "2025-10-07"),
            [{"item_number": "I-1"}, {"item_number": "I-2"}],
            [("I-1", None), ("I-2", None)],
        ),
        (("2025-10-01", "2025-10-07"), [{"country": "DE"}], []),
        (("2025-10-01", "2025-10-31"), [{"country": "DE"}, {"country": "FR"}], [(None, "2025-10")]),
        (("2025-09-02", "2025-11-30"), [{}], [(None, "2025-10"), (None, "2025-11")]),
    ],
)
def test_what_was_declared_is_what_the_declaration_names_and_no_other_shipment_of_the_month(
    insurer, place, days, lines, made
):
    """A week that was declared counted as its whole month: what nobody had declared was taken for insured."""
    said = {"basis": "shipments", "from_on": days[0], "to_on": days[1], "lines": [SHIPPED | each for each in lines]}
    say(place, "declare", "", said)
    rounds(insurer, place)
    insurer.advance(days=2)
    rounds(insurer, place)
    facts = insured_on_file.standing("insurance_events").sort("item_number", "detail").to_dicts()
    assert [(each["item_number"], each["detail"]) for each in facts] == made
    assert {each["event"] for each in facts} <= {"declaration"}


def test_a_comparison_hears_what_no_worker_heard_and_says_where_it_could_not(insurer, place, monkeypatch):
    """The last event of a year was unheard once, and both sides were said to hold the same."""
    notice = say(place, "notify", fields=OVERDUE)
    rounds(insurer, place)
    insurer.advance(days=2)
    with monkeypatch.context() as patch:
        patch.setattr(Neutral, "events", unreadable)
        assert compare(insurer, place).counts["news_unread"] == 1
        assert state(notice) == "taken"
    with monkeypatch.context() as patch:
        patch.setattr(locks, "try_hold", lambda _name: False)
        assert compare(insurer, place).counts["news_unread"] == 1, "another is at the line: who knows how far it read"
    with monkeypatch.context() as patch:
        patch.setattr(insurer_rounds, "PAGES", 0)
        assert compare(insurer, place).counts["news_unread"] == 1, "there is more than is read at once"
    assert events(kind="reply") == []
    with monkeypatch.context() as patch:
        patch.setattr(Neutral, "events", with_nonsense)
        assert compare(insurer, place).counts["news_unread"] == 1, "the page is read once more"
        assert compare(insurer, place).counts.get("news_unread") is None, "and set apart then"
    assert events(kind="reply") == []
    assert compare(insurer, place).counts.get("news_unread") is None
    assert [each.body["answer"] for each in events(kind="reply")] == ["acknowledged"]
    assert state(notice) == "done"


def with_nonsense(_port, place):
    return News((Incoming("news", "nonsense", "<x>", None, "", 0, ("{reason}", {"reason": "x"})),), place)


def unreadable(*_):
    raise AnswerMalformed("{host} does not answer as expected.", host="x", raw="<html>")


def test_a_claim_is_filed_acknowledged_and_paid(insurer, place):
    claim = {
        "cause": "insolvency", "date_of_loss": "2026-01-01", "amount": "1000.00", "currency": "USD",
        "items": [{"item_number": "I-1", "due_on": "2025-12-01", "amount": "1000.00", "currency": "USD"}],
    }  # fmt: skip
    number = say(place, "file_claim", fields=claim)
    with pytest.raises(Refused, match="open"):
        say(place, "file_claim", fields=claim | {"amount": "900.00"})
    say(place, "file_claim", fields=claim | {"date_of_loss": "2026-01-02"})
    rounds(insurer, place)
    insurer.advance(days=40)
    rounds(insurer, place)
    answers = [each.body["answer"] for each in reversed(events(kind="reply"))]
    assert answers.count("acknowledged") == answers.count("paid") == 2
    assert state(number) == "done"


@pytest.mark.parametrize(("point", "arrived"), [("insurer claimed", 0), ("insurer sent", 1), ("facts", 1)])
def test_a_kill_anywhere_sends_it_again_under_its_key(insurer, place, monkeypatch, point, arrived):
    number = say(place)

    def killed(name):
        if name == point:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(points, "reached", killed)
        if point == "facts":
            rounds_without(insurer, place, point)
        else:
            with pytest.raises(KeyboardInterrupt):
                rounds(insurer, place)
    assert len(insurer.sandbox.book.keys) == arrived
    for _ in range(4):
        insurer.advance(days=1)
        rounds(insurer, place)
    assert state(number) == "done"
    assert len(insurer.sandbox.book.keys) == 1
    assert compare(insurer, place).holds


def rounds_without(insurer, place, point):
    """A round whose write of what came of a message is killed."""
    rounds(insurer, place)
    insurer.advance(days=2)
    with pytest.raises(KeyboardInterrupt):
        rounds(insurer, place)


def test_a_message_is_given_up_after_days_waits_for_a_person_and_goes_again_under_its_key(insurer, place):
    number = say(place)
    insurer.admin("faults", error_before=1.0)
    for _ in range(20):
        rounds(insurer, place)
        insurer.advance(days=1)
    shown = insurer_messages.shown(SYSTEM, message_no=number)
    assert (shown.state, shown.can_go_again) == ("failed", True)
    insurer.admin("faults", error_before=0.0)
    assert compare(insurer, place).counts["message_stopped"] == 1
    insurer_messages.again(SYSTEM, message_no=number)
    with pytest.raises(Refused, match="waits for a person"):
        insurer_messages.again(SYSTEM, message_no=number)
    for _ in range(3):
        rounds(insurer, place)
        insurer.advance(days=1)
    assert state(number) == "done"
    assert list(insurer.sandbox.book.keys) == [shown.key]


def failing(insurer, place, days):
    """Days on which the insurer answers nothing but 500."""
    insurer.admin("faults", error_before=1.0)
    for _ in range(days):
        rounds(insurer, place)
        insurer.advance(days=1)
    insurer.admin("faults", error_before=0.0)


def test_a_message_they_took_and_say_nothing_of_waits_for_a_person_and_is_asked_after_on(insurer, place, monkeypatch):
    number = say(place, "notify", fields=OVERDUE)
    rounds(insurer, place)
    assert state(number) == "taken"
    failing(insurer, place, 13)
    assert state(number) == "taken", "not yet given up"
    since = (insurer.now - 12 * DAY).date().isoformat()
    failing(insurer, place, 3)
    shown = insurer_messages.shown(SYSTEM, message_no=number)
    assert (shown.state, shown.is_unheard, shown.can_go_again, shown.params) == ("failed", True, True, {"since": since})
    assert insurer_messages.stopped(SYSTEM) == {"failed": 1}
    with monkeypatch.context() as silent:  # their news would say what came of it
        silent.setattr(insurer_rounds, "heard", lambda *_, **__: True)
        assert compare(insurer, place).counts["message_stopped"] == 1
    insurer_messages.again(SYSTEM, message_no=number)
    assert state(number) == "taken", "it is asked after, not said once more"
    rounds(insurer, place)
    assert state(number) == "done"
    assert insurer_messages.shown(SYSTEM, message_no=number).key in insurer.sandbox.book.keys
    assert len(insurer.sandbox.book.keys) == 1
    assert insurer_messages.stopped(SYSTEM) == {}


def test_an_answer_in_between_begins_the_time_anew_and_news_end_what_was_given_up(insurer, place, monkeypatch):
    number, told = say(place, "notify", fields=OVERDUE), Neutral.job_status
    rounds(insurer, place)
    failing(insurer, place, 10)
    monkeypatch.setattr(Neutral, "job_status", lambda *_: Job("pending"))
    rounds(insurer, place)
    monkeypatch.setattr(Neutral, "job_status", told)
    InsurerSending.objects.every_entity().update(state="taken")  # the news of today ended it already
    failing(insurer, place, 10)
    assert state(number) == "taken"
    failing(insurer, place, 6)
    assert state(number) == "failed"
    InsurerConnection.objects.every_entity().update(place="")
    InsurerEvent.objects.every_entity().update(key="forgotten", state="dismissed")
    rounds(insurer, place)
    assert state(number) == "done", "what it says in the end counts, also after it was given up"


def test_a_job_they_know_nothing_of_is_told_again_for_so_long_and_then_waits_for_a_person(insurer, place, monkeypatch):
    number = say(place)

    def unknown(*_):
        raise InsurerRefuses("The insurer says no ({status}): {reason}", status=404, reason="no such job")

    monkeypatch.setattr(Neutral, "job_status", unknown)
    monkeypatch.setattr(Neutral, "events", lambda *_: News())
    for _ in range(40):
        rounds(insurer, place)
        insurer.advance(hours=12)
    shown = insurer_messages.shown(SYSTEM, message_no=number)
    assert (shown.state, shown.is_unheard) == ("failed", False)
    assert len(insurer.sandbox.book.keys) == 1, "always under its key"
    monkeypatch.undo()
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", insurer.host)
    insurer_messages.again(SYSTEM, message_no=number)
    for _ in range(3):
        rounds(insurer, place)
        insurer.advance(days=1)
    assert state(number) == "done"


def test_what_a_call_told_meanwhile_is_not_undone_by_the_worker_s_own_note(insurer, place, monkeypatch):
    number = say(place, "notify", fields=OVERDUE)
    rounds(insurer, place)

    def told_meanwhile(*_):
        InsurerSending.objects.every_entity().update(state="done")
        raise Again("not now")

    monkeypatch.setattr(Neutral, "job_status", told_meanwhile)
    monkeypatch.setattr(Neutral, "events", lambda *_: News())
    insurer.advance(days=1)
    rounds(insurer, place)
    assert state(number) == "done"


def test_one_message_that_fails_holds_up_no_other_and_an_outage_ends_a_round(insurer, place):
    for code in ("C1", "C2", "C3"):
        say(place, code=code)
    insurer.admin("faults", outage_until=(insurer.now + DAY).isoformat())
    rounds(insurer, place)
    assert InsurerExchange.objects.every_entity().filter(status=503).count() <= insurer_rounds.IN_A_ROW + 1
    insurer.advance(days=2)
    assert rounds(insurer, place)["sent"] == 3


def test_differences_are_listed_with_both_sides_until_there_are_none(insurer, place):
    ref = insurers.links(SYSTEM, connection_id=place)[0].company_ref
    insurer.admin("decide", company_ref=ref, policy="P-2026", kind="approved", amount="9.00", currency="USD")
    assert compare(insurer, place).holds, "what we lacked was taken over first"
    insurer.sandbox.book.decisions[0]["amount"] = "8.00"
    number = say(place)
    insurer.sandbox.book.take(
        "report_adverse", {"company_ref": ref, "policy": "P-2026", "on": "2026-01-01", "text": "x"}, "strange"
    )
    found = compare(insurer, place)
    assert {each["what"] for each in found.differences} == {"limit_differs", "message_waits", "message_there_only"}
    (differs,) = [each for each in found.differences if each["what"] == "limit_differs"]
    assert (differs["ours"], differs["theirs"]) == ({"amount": "9.00"}, {"amount": "8.00"})
    insurer.sandbox.book.decisions[0]["amount"] = "9.00"
    insurer.sandbox.book.keys.pop("strange")
    rounds(insurer, place)
    assert compare(insurer, place).holds
    lost = insurer_messages.shown(SYSTEM, message_no=number).key
    insurer.sandbox.book.keys.pop(lost)
    assert compare(insurer, place).counts == {"message_here_only": 1}
    assert not insurer_comparing.latest(SYSTEM)[0].holds


@pytest.mark.parametrize(
    ("kind", "fields", "code", "said"),
    [
        ("request_cover", {**ASKED, "amount": "1.234"}, "C1", (InputError, "amount")),
        ("request_cover", {**ASKED, "request_type": "9"}, "C1", (InputError, "request_type")),
        ("request_cover", {"request_type": "2", "currency": "USD"}, "C1", (InputError, "amount")),
        ("request_cover", ASKED, "", (InputError, "customer")),
        ("request_cover", ASKED, "C9", (NotFound, None)),
        ("flatter", ASKED, "C1", (InputError, "kind")),
        ("notify", {**OVERDUE, "due_on": "2026-02-30"}, "C1", (InputError, "due_on")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_put(place, kind, fields, code, said):
    error, column = said
    with pytest.raises(error) as caught:
        say(place, kind, code, fields)
    assert caught.value.params.get("column") == column
    assert InsurerSending.objects.every_entity().count() == 0


def test_a_customer_nobody_linked_cannot_be_asked_about(insurer, place):
    customers_without = insurers.links(SYSTEM, connection_id=place)
    assert len(customers_without) == 3
    other = insurers.add(
        SYSTEM,
        Given(
            "Second", "neutral", "P", {"url": insurer.url, "client_id": "x", "ca": insurer.authority}, secret="s3cret"
        ),
    )
    with pytest.raises(Refused, match="Nobody said which company"):
        say(other)


def test_secrets_are_sealed_masked_and_forgotten_with_the_connection(insurer, place):
    say(place)
    rounds(insurer, place)
    row = InsurerConnection.objects.every_entity().get(pk=place)
    assert "sandbox" not in json.dumps(row.told).replace("Sandbox", "")
    assert "sandbox" not in row.secret
    written = "".join(f"{each.sent}{each.answered}" for each in InsurerExchange.objects.every_entity())
    assert '"sandbox"' not in written
    assert not any(token in written for token in insurer.sandbox.tokens)
    insurers.remove(SYSTEM, connection_id=place)
    row.refresh_from_db()
    assert (row.secret, row.hook_secret) == ("", "")
    with pytest.raises(NotFound):
        insurers.remove(SYSTEM, connection_id=place)
    with pytest.raises(Refused, match="removed"):
        say(place)
    assert insurer_rounds.exchange_due(now=insurer.now) == {}


def test_only_who_may_deals_with_insurers_and_only_in_its_entity(insurer, place):
    narrow = actor_of(person("narrow", Grant("insurance_manager", "E1")))
    reader = actor_of(person("reader", Grant("viewer")))
    auditor = actor_of(person("auditor", Grant("auditor")))
    number = say(place)
    assert insurer_messages.listed(auditor)[0].message_no == number
    with pytest.raises(NotPermitted):
        insurer_messages.listed(reader)
    assert insurer_messages.listed(narrow) == []
    for act in (
        lambda: insurer_messages.shown(narrow, message_no=number),
        lambda: insurers.shown(narrow, connection_id=place),
        lambda: insurer_messages.again(narrow, message_no=number),
        lambda: insurer_messages.say(
            narrow, connection_id=place, kind="request_cover", fields=ASKED, customer_code="C1"
        ),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(NotPermitted):
        insurer_messages.withdraw(auditor, message_no=number, reason="x")
    with pytest.raises(NotPermitted):
        insurers.add(narrow, Given("x", "file", "P", {}))


def test_each_right_adds_its_own_connections_to_what_is_seen_and_none_to_what_may_be_done(db, tmp_path):
    founded()
    for code in ("E1", "E2"):
        customers(tmp_path, 1, code)
    numbers = {code: insurers.add(SYSTEM, Given(code, "file", "P", {}, entity=code)) for code in ("E1", "E2")}
    both = actor_of(person("both", Grant("insurance_manager", "E1"), Grant("auditor", "E2")))
    assert {each.connection_id for each in insurers.listed(both)} == set(numbers.values())
    with pytest.raises(NotFound):
        insurers.found(both, numbers["E2"], verb=access.INSURER_SEND)
    only = actor_of(person("only", Grant("auditor", "E2")))
    assert [each.entity for each in insurers.listed(only)] == ["E2"]


def test_an_address_that_is_not_public_is_not_asked_unless_the_machines_owner_says_so(insurer, place, monkeypatch):
    number = say(place)
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", "")
    before = len(insurer.sandbox.book.keys)
    rounds(insurer, place)
    assert (state(number), len(insurer.sandbox.book.keys)) == ("waiting", before)
    with pytest.raises(AddressRefused):
        insurers.try_it(SYSTEM, connection_id=place, at=insurer.now)
    for url in ("http://insurer.example", "https://user:pw@insurer.example", "file:///etc/passwd", "insurer"):
        with pytest.raises(AddressRefused):
            insurers.add(SYSTEM, Given("x", "neutral", "P", {"url": url, "client_id": "x"}, secret="s3cret"))


@pytest.mark.parametrize(
    ("given", "column"),
    [
        (Given("", "neutral", "P", {}), "name"), (Given("x", "nobody", "P", {}), "kind"),
        (Given("x", "neutral", "", {}), "policy"), (Given("x", "neutral", "P", {"client_id": "x"}), "url"),
        (Given("x", "neutral", "P", {"url": "https://a.example", "client_id": "x"}), "secret"),
        (Given("x", "neutral", "P", {"url": "https://a.example", "client_id": "x", "ca": "no"}, secret="s"), "ca"),
    ],
)  # fmt: skip
def test_a_connection_is_told_everything_it_needs(db, given, column):
    founded()
    with pytest.raises(InputError) as caught:
        insurers.add(SYSTEM, given)
    assert caught.value.params["column"] == column


def test_the_worker_and_the_daily_comparison_go_over_all_connections(insurer, place):
    from seawall.services import jobs

    say(place)
    assert insurer_rounds.exchange_due(now=insurer.now)["sent"] == 1
    assert jobs.kind_of("insurers").daily == dt.time(6, 0)
    assert Actor.system().may(jobs.kind_of("insurers").verb)


def test_each_thing_an_insurer_says_is_one_row(insurer, place):
    for code in ("C1", "C2"):
        say(place, code=code)
    for _ in range(20):
        rounds(insurer, place)
        insurer.advance(days=10)
        compare(insurer, place)
    keys = list(InsurerEvent.objects.every_entity().values_list("key", flat=True))
    assert len(keys) == len(set(keys)) == len(insurer.sandbox.book.events)


def test_what_the_ledgers_own_checks_do_not_take_is_set_apart_and_stops_nothing_else(insurer, place):
    ref, other = (each.company_ref for each in insurers.links(SYSTEM, connection_id=place)[:2])
    said = {"policy": "P-2026", "kind": "temporary", "amount": "9.00", "currency": "USD"}
    insurer.admin("decide", company_ref=ref, **said)  # and no last day
    insurer.admin("decide", company_ref=other, **said, expires_on="2031-06-01")
    rounds(insurer, place)
    assert [each["customer_code"] for each in insured_on_file.standing("insured_limits").to_dicts()] == ["C2"]
    (apart,) = events(state="quarantined")
    assert (apart.customer_code, bool(apart.template)) == ("C1", True)


def test_a_decision_is_one_fact_however_often_it_is_heard(insurer, place):
    say(place)
    for _ in range(4):
        rounds(insurer, place)
        insurer.advance(days=1)
        compare(insurer, place)
    facts = insured_on_file.standing("insured_limits")
    assert facts.height == len(insurer.sandbox.book.decisions)


def test_a_decision_under_another_policy_is_set_apart(insurer, place):
    ref = insurers.links(SYSTEM, connection_id=place)[0].company_ref
    insurer.admin("decide", company_ref=ref, policy="ANOTHER", kind="approved", amount="9.00", currency="USD")
    rounds(insurer, place)
    (apart,) = events(state="quarantined")
    assert "policy" in apart.template
    assert insured_on_file.standing("insured_limits").height == 0


def test_a_question_to_which_there_is_nothing_to_say_is_not_kept_and_every_other_is(insurer, place):
    before = InsurerExchange.objects.every_entity().count()
    for _ in range(5):
        rounds(insurer, place)
        insurer.advance(minutes=1)
    assert InsurerExchange.objects.every_entity().count() == before
    insurer.admin("faults", error_before=1.0)
    rounds(insurer, place)
    assert InsurerExchange.objects.every_entity().filter(status=500).count() == 1


def test_one_insurer_that_fails_stops_no_other(insurer, place, monkeypatch):
    told = {"url": "https://127.0.0.9:1", "client_id": "x"}
    insurers.add(SYSTEM, Given("A first", "neutral", "P", told, secret="s3cret"))
    say(place)
    assert insurer_rounds.exchange_due(now=insurer.now)["sent"] == 1


def test_a_subscription_that_is_asked_for_again_under_its_key_leaves_both_sides_one_secret(insurer, place):
    url = f"http://127.0.0.1:9/insurers/{place}/events/"
    for _ in range(2):
        insurers.subscribe(SYSTEM, connection_id=place, url=url, at=insurer.now, key="hook")
    ours = InsurerConnection.objects.every_entity().get(pk=place).hook_secret
    (theirs,) = insurer.sandbox.teller.subscriptions
    assert seal.unseal_text(ours, purpose="insurer hook") == theirs["secret"]
