"""Chats that are told: sealed addresses, one message a day, nothing private reached, nothing lost. A real server on loopback."""

import datetime as dt
import json
import socket
import time

import pytest
import requests
from outside_servers import LOOPBACK, Web
from services.test_protection import EXAMPLE, approve
from services.test_reminders import FIRST, Work
from stocked import SYSTEM, person

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted
from seawall.exchange import chat, chat_process
from seawall.services import alerts, mail, reminding
from seawall.services.access import Grant, actor_of
from seawall.services.intake import commit_import, commit_rows
from seawall.services.mail_sending import PAUSES
from seawall.store import points
from seawall.store.models import AlertAddress, Outbox

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
TOKEN = "abcdefghijklmnop"
ADDRESS = f"mmosts://mattermost.example/{TOKEN}"


class Killed(BaseException):
    """The worker is gone."""


@pytest.fixture
def web(tmp_path, monkeypatch):
    """A chat server of our own; what it answers is ``says``, and ``heard`` is what it was told."""

    def answer(_method, _path, _query, _headers, body):
        server.heard.append(json.loads(body))
        time.sleep(server.sleeps)
        return server.says, b"ok", *server.more

    server = Web(tmp_path, answer)
    server.heard, server.says, server.more, server.sleeps = [], 200, (), 0
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert.pem"))
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", f"{LOOPBACK}:{server.port}")
    yield server
    server.close()


def own(web):
    return f"mmosts://{LOOPBACK}:{web.port}/{TOKEN}"


def states():
    return list(Outbox.objects.filter(kind="alert").order_by("id").values_list("state", flat=True))


def added(address=ADDRESS, **more):
    return alerts.add(SYSTEM, name="desk", address=address, **more)


def test_an_address_is_sealed_never_shown_and_forgotten_when_it_is_ended():
    number = added()
    row = AlertAddress.objects.every_entity().get()
    assert TOKEN not in str(row.__dict__)
    (shown,) = alerts.listed(SYSTEM)
    assert (shown.alert_no, shown.service, shown.entity, shown.state) == (number, "mmosts", "", "")
    assert TOKEN not in str(shown)
    alerts.send_test(SYSTEM, number)
    assert alerts.listed(SYSTEM)[0].state == "waiting"
    alerts.remove(SYSTEM, number)
    assert AlertAddress.objects.every_entity().get().sealed == ""
    assert states() == ["failed"]
    assert alerts.listed(SYSTEM) == []
    for act in (alerts.remove, alerts.send_test):
        with pytest.raises(NotFound):
            act(SYSTEM, number)


@pytest.mark.parametrize(
    "address",
    ["json://a.example", "file:///etc/passwd", "dbus://", "syslog://", "mmost://a.example/" + TOKEN, "slack://short", "", "slack",
     f"{ADDRESS}?channels=a,b", f"{ADDRESS}?retry=1", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/%23a/%23b",
     f"discord://{TOKEN}/{TOKEN}?template=/etc/hostname", f"discord://{TOKEN}/{TOKEN}?template=https://a.example/x",
     "mmosts://", "slack://\n", f"mmosts://a.example/{TOKEN}" + "x" * 1000, "https://hooks.slack.example/x"],
)  # fmt: skip
def test_what_is_no_address_of_a_service_that_is_let_through_is_refused(address):
    with pytest.raises(InputError) as refused:
        added(address)
    assert refused.value.where.column == "address"
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}?channels=a", f"discord://{TOKEN}/{TOKEN}"])
def test_an_address_of_one_receiver_is_taken(address):
    assert added(address)


def test_nothing_private_is_looked_up_even_while_an_address_is_looked_at(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
    monkeypatch.setattr(requests.Session, "send", requests.Session.send)

    def curious(*_args, **_more):
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("localhost", 443)
        with pytest.raises(requests.exceptions.InvalidSchema):
            requests.get("http://localhost/", timeout=1)

    monkeypatch.setattr(chat_process.apprise.Apprise, "instantiate", curious)
    assert chat_process.answered({"do": "check", "address": ADDRESS}) == {"state": "unsound"}


def test_who_may_have_whom_told():
    with pytest.raises(InputError):
        alerts.add(SYSTEM, name="", address=ADDRESS)
    with pytest.raises(InputError):
        added(language="fr")
    with pytest.raises(InputError):
        added(kinds=["doom"])
    with pytest.raises(NotFound):
        added(entity="NOWHERE")
    rows = [{"entity": code, "customer_code": "X", "kind": "invoice", "number": "1", "issued_on": "2025-01-01",
             "currency": "USD", "amount": "1"} for code in ("E1", "E2")]  # fmt: skip
    commit_rows(SYSTEM, {"items": rows, "customers": [{"customer_code": "X"}]}, verb="ledger.import", origin="x")
    narrow = actor_of(person("keeper", Grant("administrator", "E1")))
    mine, theirs = added(entity="E1"), added(entity="E2")
    assert [each.alert_no for each in alerts.listed(narrow)] == [mine]
    with pytest.raises(NotFound):
        alerts.remove(narrow, theirs)
    with pytest.raises(NotPermitted):
        alerts.add(narrow, name="all", address=ADDRESS)
    with pytest.raises(NotPermitted):
        alerts.listed(actor_of(person("manager", Grant("insurance_manager"))))


def test_a_chat_is_told_the_digest_once_in_its_language(web):
    commit_import(SYSTEM, [EXAMPLE])
    approve()
    added(own(web), language="zh-hans", kinds=["overdue_notice"])
    for _ in range(2):
        reminding.remind(SYSTEM, {"on": FIRST.isoformat()}, Work())
    assert states() == ["waiting"]
    assert alerts.send_due(now=NOW) == 1
    assert alerts.send_due(now=NOW) == 0
    (heard,) = web.heard
    assert "USD 70,431.37" in heard["text"]
    assert "Harbour Trading (C1) I1" in heard["text"]
    assert "可损通知" in heard["text"]
    assert "移交" not in heard["text"]
    assert states() == ["sent"]
    (shown,) = mail.listed(SYSTEM)
    assert (shown.to, shown.state, shown.template) == ("desk", "sent", "alert")
    assert mail.opened(Outbox.objects.get(kind="alert"))["params"] == {}


@pytest.mark.parametrize(("says", "state"), [(503, "waiting"), (429, "waiting"), (404, "failed"), (302, "failed")])
def test_what_is_not_taken_is_tried_again_where_that_may_help_and_says_why(web, says, state):
    number = added(own(web))
    web.says, web.more = says, ({"Location": f"https://{LOOPBACK}:{web.port}/elsewhere"},) if says == 302 else ()
    alerts.send_test(SYSTEM, number)
    assert alerts.send_due(now=NOW) == 0
    assert states() == [state]
    assert len(web.heard) == 1
    (shown,) = mail.listed(SYSTEM)
    assert shown.params == {"status": str(says)}
    assert TOKEN not in str(shown)
    web.says, web.more = 200, ()
    if state == "waiting":
        assert alerts.send_due(now=NOW) == 0, "not before its pause is over"
        assert alerts.send_due(now=NOW + dt.timedelta(seconds=PAUSES[0])) == 1
    else:
        mail.settle(SYSTEM, shown.mail_no, how="again")
        assert alerts.send_due(now=NOW) == 1


def test_nothing_private_is_reached_unless_the_machines_owner_named_it(web, monkeypatch):
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", "")
    for address in (own(web), f"mmosts://localhost:{web.port}/{TOKEN}"):
        alerts.send_test(SYSTEM, added(address))
    assert alerts.send_due(now=NOW) == 0
    assert states() == ["failed", "failed"]
    assert web.heard == []
    assert {each.params["host"] for each in mail.listed(SYSTEM)} == {LOOPBACK, "localhost"}


def test_a_service_that_is_not_there_is_tried_again_and_one_that_hangs_waits_for_a_person(web, monkeypatch):
    number = added(own(web))
    web.close()
    alerts.send_test(SYSTEM, number)
    assert alerts.send_due(now=NOW) == 0
    assert states() == ["waiting"]
    monkeypatch.setattr(chat, "SECONDS", 0.01)
    assert alerts.send_due(now=NOW + dt.timedelta(seconds=PAUSES[0])) == 0
    assert states() == ["uncertain"]


def test_services_that_hang_hold_a_round_up_for_so_long_only():
    number, clock, heard = added(), iter((0, 0, 29, 31)), []
    for _ in range(4):
        alerts.send_test(SYSTEM, number)
    assert alerts.send_due(now=NOW, hand_over=lambda *_, **more: heard.append(more), clock=lambda: next(clock)) == 2
    assert states() == ["sent", "sent", "waiting", "waiting"]
    assert "messages from Seawall" in heard[0]["body"]
    assert alerts.send_due(now=NOW, hand_over=lambda *_, **__: None) == 2


@pytest.mark.parametrize("point", ["alert claimed", "mail accepted", "mail marked"])
def test_a_killed_worker_sends_nothing_twice(monkeypatch, point):
    alerts.send_test(SYSTEM, added())
    heard = []

    def kill(reached):
        if reached == point:
            raise Killed

    monkeypatch.setattr(points, "hook", kill)
    with pytest.raises(Killed):
        alerts.send_due(now=NOW, hand_over=lambda *_, **__: heard.append(1))
    monkeypatch.undo()
    Outbox.objects.filter(kind="alert", state="sending").update(changed_at=NOW - dt.timedelta(days=400))
    alerts.send_due(now=NOW, hand_over=lambda *_, **__: heard.append(2))
    assert len(heard) == (0 if point == "alert claimed" else 1)
    assert states() == ["sent" if point == "mail marked" else "uncertain"]


def test_the_process_has_none_of_our_settings(monkeypatch):
    monkeypatch.setenv("SEAWALL_SEAL_KEY", "s3cret")
    seen = {}

    def run(_command, **how):
        seen.update(how["env"])
        raise OSError

    monkeypatch.setattr(chat.subprocess, "run", run)
    with pytest.raises(chat.NotTaken) as unstarted:
        chat.hand_over(ADDRESS, title="t", body="b")
    assert unstarted.value.is_passing, "nothing was started, so nothing has left"
    with pytest.raises(chat.NotTaken):
        chat.service_of(ADDRESS)
    assert set(seen) <= {*chat.CARRIED, "PYTHONPATH", "PYTHONIOENCODING"}
