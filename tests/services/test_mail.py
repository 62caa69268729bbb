"""Mail is sent once: not twice after a kill, none lost, and what may have left waits for a person. A real server on loopback."""

import datetime as dt
import email
import email.policy
import socket
import threading
from collections import Counter

import pytest
from stocked import SYSTEM, person

from seawall.engine.kernel.errors import InputError, NotPermitted, Refused
from seawall.exchange import smtp
from seawall.services import access, founding, invitations, mail
from seawall.services.access import Actor, Grant
from seawall.services.command import execute
from seawall.services.mail_sending import PAUSES, alert, send_due
from seawall.store import points
from seawall.store.models import Job, MailServer, OneTimeLink, Outbox, OutboxAttempt, User

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


class MailHost:
    """A mail server of a few words. ``says`` changes its answer to a word; ``hangs_up`` closes the line there."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.taken, self.says, self.hangs_up, self.lines = [], {}, "", []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            with line, line.makefile("rwb") as talk:
                self.talk(talk)

    def talk(self, talk):
        self.answer(talk, "220 ready")
        while word := talk.readline():
            said = word.decode().strip()
            self.lines.append(said)
            name = said.split(" ", 1)[0].split(":", 1)[0].upper()
            if name == self.hangs_up:
                return
            if name in self.says:
                self.answer(talk, self.says[name])
            elif name == "DATA":
                self.answer(talk, "354 go on")
                if not self.take(talk):
                    return
            else:
                self.answer(talk, "221 bye" if name == "QUIT" else "250 ok")

    def take(self, talk):
        content = b""
        while not content.endswith(b"\r\n.\r\n"):
            part = talk.readline()
            if not part:
                return False
            content += part
        if "." in self.says:
            self.answer(talk, self.says["."])
            return True
        self.taken.append(
            email.message_from_bytes(content[:-3].replace(b"\r\n..", b"\r\n."), policy=email.policy.default)
        )
        if self.hangs_up == ".":
            return False
        self.answer(talk, "250 taken")
        return True

    @staticmethod
    def answer(talk, said):
        talk.write(f"{said}\r\n".encode())
        talk.flush()


@pytest.fixture
def host():
    made = MailHost()
    yield made
    made.listener.close()


@pytest.fixture(autouse=True)
def store(db, host):
    founding.found(SYSTEM, name="Valves\r\nBcc: x@evil.example", reporting_currency="CNY")
    kept(host.port)


def kept(port):
    mail.keep(
        SYSTEM, host="127.0.0.1", port=port, security="none", sender="seawall@valves.example",
        pages_address="https://seawall.valves.example/",
    )  # fmt: skip


def put_test(to):
    mail.send_test(SYSTEM, to=to)


def states():
    return [row.state for row in Outbox.objects.filter(kind="mail")]


def old():
    Outbox.objects.update(changed_at="2020-01-01T00:00:00Z")


def test_an_invitation_is_put_with_the_link_and_says_it_in_the_recipients_language(host):
    for name, language in (("ann", "en"), ("wei", "zh-hans")):
        invitations.invite(
            SYSTEM, username=name, grants=[Grant("viewer")], at=NOW, name=name, email=f"{name}@valves.example",
            language=language,
        )  # fmt: skip
    assert "welcome" not in str(list(Outbox.objects.values_list("payload", flat=True))), "links are sealed"
    assert send_due(now=NOW) == 2
    english, chinese = host.taken
    assert english["To"] == "ann@valves.example"
    assert "https://seawall.valves.example/welcome/" in english.get_content()
    assert "邀请" in chinese["Subject"]
    assert set(states()) == {"sent"}
    assert all(mail.opened(row)["params"] == {} for row in Outbox.objects.all()), "what opened a door is forgotten"
    assert OneTimeLink.objects.count() == 2


def test_a_refused_invitation_leaves_neither_link_nor_mail():
    with pytest.raises(InputError):
        invitations.invite(SYSTEM, username="bad", grants=[], at=NOW, email="a\r\nRCPT TO:<x@evil.example>")
    assert (states(), User.objects.count()) == ([], 0)


@pytest.mark.parametrize("at", ["mail claimed", "mail accepted", "mail marked", "before"])
def test_a_kill_at_any_point_sends_none_twice_and_loses_none(host, monkeypatch, at):
    for number in range(3):
        put_test(f"n{number}@valves.example")
    killed = []

    def reached(name):
        if name == at and not killed:
            killed.append(name)
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(points, "reached", reached)
        if at != "before":
            with pytest.raises(KeyboardInterrupt):
                send_due(now=NOW)
    send_due(now=NOW)
    old()
    send_due(now=NOW)
    sent = Counter(message["To"] for message in host.taken)
    uncertain = Outbox.objects.filter(state="uncertain").count()
    assert uncertain == (1 if at in ("mail claimed", "mail accepted") else 0)
    assert max(sent.values()) == 1, "none twice"
    assert Outbox.objects.filter(state="sent").count() + uncertain == 3, "none lost"
    assert len(sent) == (2 if at == "mail claimed" else 3)


@pytest.mark.promise("R4")
def test_wherever_the_line_breaks_nothing_is_sent_twice_lost_or_kept_quiet(promise, host, count):
    """Each word of the talk refused for now, refused for good, or answered by hanging up; then all is well again."""
    ways = [(word, how) for word in ("MAIL", "RCPT", "DATA", ".") for how in ("450 later", "550 never", "hangs up")]
    rounds, twice, lost, uncertain = count(1, 10), 0, 0, 0
    for number in range(rounds):
        for word, how in ways:
            to = f"{word.strip('.') or 'dot'}{how[:3].strip()}{number}@valves.example"
            host.says, host.hangs_up, before = {}, "", len(host.taken)
            if how == "hangs up":
                host.hangs_up = word
            else:
                host.says = {word: how}
            put_test(to)
            send_due(now=NOW)
            host.says, host.hangs_up = {}, ""
            send_due(now=NOW + dt.timedelta(days=1))
            row = Outbox.objects.filter(kind="mail").latest("pk")
            arrived = len(host.taken) - before
            twice += arrived > 1
            uncertain += row.state == "uncertain"
            lost += arrived == 0 and row.state not in ("failed", "uncertain")
            assert row.state == (
                "uncertain" if (word, how) == (".", "hangs up") else "failed" if how[0] == "5" else "sent"
            )
    assert (twice, lost, uncertain) == (0, 0, rounds)
    promise(
        f"{rounds * len(ways)} broken talks with a mail server: sent twice {twice}, lost {lost}, shown as uncertain {uncertain}"
    )


def test_without_the_mark_before_it_leaves_a_killed_mail_would_go_twice(host, monkeypatch):
    """The twin: a row that is put back to waiting after a kill, as webhooks are."""
    put_test("ann@valves.example")
    with monkeypatch.context() as patched:
        patched.setattr(
            points,
            "reached",
            lambda name: (_ for _ in ()).throw(KeyboardInterrupt) if name == "mail accepted" else None,
        )
        with pytest.raises(KeyboardInterrupt):
            send_due(now=NOW)
    Outbox.objects.update(state="waiting")
    send_due(now=NOW)
    assert len(host.taken) == 2


def test_a_person_decides_what_is_uncertain(host):
    put_test("ann@valves.example")
    host.hangs_up = "."
    send_due(now=NOW)
    (row,) = mail.listed(SYSTEM, state="uncertain")
    host.hangs_up = ""
    assert send_due(now=NOW + dt.timedelta(days=9)) == 0
    mail.settle(SYSTEM, row.mail_no, how="again")
    assert send_due(now=NOW) == 1
    with pytest.raises(Refused):
        mail.settle(SYSTEM, row.mail_no, how="sent")
    assert host.taken[0]["Message-ID"] == host.taken[1]["Message-ID"], "who reads can tell"


def test_a_server_that_is_away_is_asked_again_with_growing_pauses_then_it_is_said(host):
    with socket.create_server(("127.0.0.1", 0)) as free:
        kept(free.getsockname()[1])
    put_test("ann@valves.example")
    at = NOW
    for pause in (*PAUSES, 0):
        assert send_due(now=at) == 0
        at += dt.timedelta(seconds=pause)
    (row,) = mail.listed(SYSTEM)
    assert (row.state, row.attempts, OutboxAttempt.objects.count()) == ("failed", len(PAUSES) + 1, len(PAUSES) + 1)
    assert "does not answer" in row.as_json()["problem"]


def test_no_header_and_no_word_to_the_server_can_be_added(host):
    put_test("ann@valves.example")
    send_due(now=NOW)
    (message,) = host.taken
    assert message["Bcc"] is None
    assert "\r" not in message["Subject"]
    assert "\n" not in message["Subject"]
    assert [line for line in host.lines if "evil" in line] == []
    for bad in (
        "a@b.example\r\nBcc: x@evil.example", "a@b.example>\r\nRCPT TO:<x@evil.example", "a b@c.example", "@b.example", "a@",
        "a@b.example,x@evil.example", "a@b..example", "<a@b.example>", "a@b.example\0", "a\u2028@b.example",
    ):  # fmt: skip
        with pytest.raises(InputError):
            put_test(bad)
        with pytest.raises(InputError):
            smtp.composed(sender="s@b.example", to=bad, subject="x", body="x", message_id="<1@b>")


def test_a_line_that_is_one_dot_arrives_as_it_is(host):
    server = smtp.Server("127.0.0.1", host.port, "none", "", "", "s@b.example")
    smtp.hand_over(server, smtp.composed(sender="s@b.example", to="a@b.example", subject="x", body="one\n.\n..two\n",
                                         message_id="<1@b.example>"))  # fmt: skip
    assert host.taken[0].get_content().split() == ["one", ".", "..two"]


def test_one_mail_for_each_recipient_and_occasion(host):
    for name in ("ann", "bob"):
        person(name, Grant("administrator"))
    User.objects.update(email="")
    User.objects.filter(username="ann").update(email="ann@valves.example", language="zh-hans")
    job = Job.objects.create(
        kind="backup", key="daily backup", arguments={}, state="failed", done_at=NOW, enqueued_at=NOW,
        problem={"template": "{host} does not answer: {reason}.", "hint": "", "params": {"host": "h", "reason": "r"}},
    )  # fmt: skip
    assert (alert(now=NOW), alert(now=NOW)) == (1, 0)
    job.done_at = NOW + dt.timedelta(hours=1)
    job.save()
    assert (alert(now=NOW + dt.timedelta(hours=2)), alert(now=NOW + dt.timedelta(days=9))) == (1, 0)
    assert send_due(now=NOW) == 2
    assert "失败" in host.taken[0]["Subject"]
    execute(SYSTEM, access.JOB_CHANGE, put_twice, request={})
    assert Outbox.objects.filter(key__contains="twice").count() == 1


def put_twice(write):
    ann = User.objects.get(username="ann")
    assert mail.put(write, "test", {}, occasion="twice", user=ann)
    assert not mail.put(write, "test", {}, occasion="twice", user=ann)
    return {}


def test_who_was_shut_out_gets_no_mail(host):
    person("ann", Grant("administrator"))
    User.objects.update(email="ann@valves.example")
    execute(
        SYSTEM,
        access.JOB_CHANGE,
        lambda write: {"is": mail.put(write, "test", {}, occasion="o", user=User.objects.get())},
        request={},
    )
    User.objects.update(is_active=False)
    assert send_due(now=NOW) == 0
    assert (states(), host.taken) == (["failed"], [])


def test_the_password_is_sealed_and_stays_with_its_server_only():
    said = {"security": "tls", "sender": "s@b.example", "port": 465, "username": "u"}
    mail.keep(SYSTEM, host="smtp.b.example", password="canary-77", **said)
    assert "canary" not in MailServer.objects.get().password
    assert mail.server()[0].password == "canary-77"
    assert "canary" not in str(mail.kept(SYSTEM).as_json())
    mail.keep(SYSTEM, host="smtp.b.example", **said)
    assert mail.server()[0].password == "canary-77"
    mail.keep(SYSTEM, host="elsewhere.example", **said)
    assert not mail.server()[0].password, "no other server is told it"
    for wrong in (
        {"host": "a b"},
        {"port": 0},
        {"security": "ssl"},
        {"sender": "x"},
        {"security": "none"},
        {"pages_address": "javascript:1"},
    ):
        with pytest.raises(InputError):
            mail.keep(SYSTEM, **{"host": "h", **said, **wrong})


def test_a_server_set_outside_is_not_changed_here(monkeypatch, host):
    monkeypatch.setenv(mail.URL, f"smtp://127.0.0.1:{host.port}")
    monkeypatch.setenv(mail.SENDER, "out@valves.example")
    put_test("ann@valves.example")
    assert send_due(now=NOW) == 1
    assert host.taken[0]["From"] == "out@valves.example"
    with pytest.raises(Refused):
        kept(25)
    monkeypatch.setenv(mail.URL, "http://x")
    with pytest.raises(InputError):
        mail.server()


def test_mail_concerns_the_whole_organisation():
    narrow = Actor.of("ann", ["administrator"], frozenset({"E1"}))
    for asked in (mail.listed, mail.kept, mail.counts):
        with pytest.raises(NotPermitted):
            asked(narrow)
