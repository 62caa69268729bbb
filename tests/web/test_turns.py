"""S21, who waits for whom: one caller's many requests wait for each other, not for those of somebody else."""

import threading
import time
from contextlib import contextmanager, nullcontext
from decimal import Decimal

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.db.transaction import atomic
from django.utils import timezone

from seawall.engine.kernel.money import Money
from seawall.exchange import report_xlsx
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Column, Layout, Table
from seawall.services import people, sign_in
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.reading import Shelf
from seawall.services.sign_in import TOKEN_PREFIX
from seawall.site import turns
from seawall.site.turns import BUSY, MANY, Turns
from seawall.store.models import User
from seawall.web import numbers

SOON, LATER = 5, 0.2
LONG = 60
"""Longer than a test waits."""


class Caller:
    """One request of a caller, which stays at work until it is let go."""

    def __init__(self, line, who):
        self.line, self.who, self.why = line, who, None
        self.is_at_work, self.may_go = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._ask, daemon=True)
        self.thread.start()

    def _ask(self):
        with self.line.turn(self.who) as why:
            self.why = why
            self.is_at_work.set()
            if not why:
                self.may_go.wait(SOON)

    def go(self):
        self.may_go.set()
        self.thread.join(SOON)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(turns, "REFUSED_SECONDS", 0.01)


def many_of(line, who, count):
    """So many requests of a caller, once each is at work, in line or refused."""
    asked = [Caller(line, who) for _ in range(count)]
    deadline = threading.Event()
    for _ in range(200):
        settled = sum(each.is_at_work.is_set() for each in asked) + sum(each.who == who for each in line.line)
        if settled == count:
            return asked
        deadline.wait(0.01)
    raise AssertionError("they never settled")


def test_who_asks_for_much_waits_for_itself_and_others_do_not():
    line = Turns()
    attack = many_of(line, "attacker", 30)
    victim = Caller(line, "victim")
    assert victim.is_at_work.wait(SOON)
    assert victim.why == ""
    at_work = [each for each in attack if each.why == ""]
    assert (len(at_work), len(line.line)) == (turns.AT_WORK_OF_ONE, turns.WAITING_OF_ONE)
    assert sum(each.why == MANY for each in attack) == 30 - turns.AT_WORK_OF_ONE - turns.WAITING_OF_ONE
    for each in [victim, *attack]:
        each.may_go.set()
    for each in [victim, *attack]:
        each.thread.join(SOON)
    assert (line.line, line.at_work) == ([], {})


def test_without_the_bound_of_one_the_other_waits(monkeypatch):
    """The twin: one caller may be at work as often as all together."""
    monkeypatch.setattr(turns, "AT_WORK_OF_ONE", turns.AT_WORK)
    line = Turns()
    attack = many_of(line, "attacker", 30)
    victim = Caller(line, "victim")
    assert not victim.is_at_work.wait(LATER)
    for each in [*attack, victim]:
        each.may_go.set()
    assert victim.is_at_work.wait(SOON)


def test_where_all_places_are_taken_the_first_in_line_is_the_next():
    line = Turns()
    at_work = [Caller(line, f"user {n}") for n in range(turns.AT_WORK)]
    assert all(each.is_at_work.wait(SOON) for each in at_work)
    first = many_of(line, "first", 1)[0]
    second = many_of(line, "second", 1)[0]
    at_work[0].go()
    assert first.is_at_work.wait(SOON)
    assert not second.is_at_work.wait(LATER)
    first.go()
    assert second.is_at_work.wait(SOON)
    for each in [second, *at_work]:
        each.go()


def test_who_waits_too_long_is_told_so(monkeypatch):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.05)
    line = Turns()
    at_work = [Caller(line, f"user {n}") for n in range(turns.AT_WORK)]
    assert all(each.is_at_work.wait(SOON) for each in at_work)
    late = Caller(line, "late")
    assert late.is_at_work.wait(SOON)
    assert (late.why, line.line) == (BUSY, [])
    for each in at_work:
        each.go()


class Database(threading.local):
    """The connection of each thread: what is put to it goes through who wraps it."""

    in_atomic_block = False
    wrapper = None

    @contextmanager
    def execute_wrapper(self, wrapper):
        self.wrapper = wrapper
        yield

    def put(self):
        self.wrapper(lambda *_asked: None, "SELECT", (), False, {})


@pytest.fixture(autouse=True)
def database(monkeypatch):
    made = Database()
    monkeypatch.setattr(turns, "connection", made)
    return made


def asked():
    turns.connection.put()


class Question:
    """What a caller does who has been answered for so long, while others are at work: a question, or a step."""

    def __init__(self, line, who, had, *, is_writing=False, do=None, as_who=""):
        line.answered[who] = (had, time.monotonic())
        self.line, self.who, self.is_writing, self.do = line, as_who or who, is_writing, do or asked
        self.is_put = threading.Event()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        with self.line.turn(self.who), self.line.giving_way(self.who):
            if self.is_writing:
                turns.connection.in_atomic_block = True
            self.do()
        self.is_put.set()


def a_row_of_a_workbook():
    table = Table("items", "Items", (Column("number", "Number"),), [["INV-1"]])
    report_xlsx.rendered(Layout("items", "Items", "", Language.named("en"), Scale(1, 2, "CNY"), sections=(table,)))


STEPS = {
    "a question": asked,
    "a figure of a page": lambda: numbers.decimal_text(1.5, 2),
    "a figure of a report": lambda: Language.named("en").number(Decimal(1), 2),
    "an amount of a file": lambda: Money(100, "CNY").decimal,
    "a row of a workbook": a_row_of_a_workbook,
}


@pytest.mark.parametrize("do", STEPS.values(), ids=STEPS)
def test_who_has_had_much_lets_the_others_go_on_first(do, monkeypatch):
    monkeypatch.setattr(turns, "GIVES_WAY_SECONDS", LONG)
    line = Turns()
    with line.giving_way("somebody"):
        do()  # what it needs has been read in by then
    victim = Caller(line, "victim")
    assert victim.is_at_work.wait(SOON)
    heavy = Question(line, "attacker", turns.WINDOW_SECONDS, do=do)
    assert not heavy.is_put.wait(LATER)
    assert Question(line, "somebody", turns.MUCH_SECONDS / 2).is_put.wait(SOON), "who has had little waits for nobody"
    assert Question(line, "writer", turns.WINDOW_SECONDS, is_writing=True).is_put.wait(SOON), "nor who holds locks"
    victim.go()
    assert heavy.is_put.wait(SOON)


def test_but_only_for_so_long_and_not_for_who_has_had_much_too(monkeypatch):
    monkeypatch.setattr(turns, "GIVES_WAY_SECONDS", 0.05)
    line = Turns()
    victim = Caller(line, "victim")
    assert victim.is_at_work.wait(SOON)
    assert Question(line, "attacker", turns.WINDOW_SECONDS).is_put.wait(SOON)
    monkeypatch.setattr(turns, "GIVES_WAY_SECONDS", 60)
    line.answered["victim"] = (turns.WINDOW_SECONDS, time.monotonic())
    assert Question(line, "attacker", turns.WINDOW_SECONDS).is_put.wait(SOON)
    victim.go()


def test_what_others_may_wait_for_is_made_without_giving_way():
    line, shelf = Turns(), Shelf(2)
    victim = Caller(line, "victim")
    assert victim.is_at_work.wait(SOON)
    heavy = Question(line, "attacker", turns.WINDOW_SECONDS, do=lambda: shelf.get("a ledger", asked))
    assert heavy.is_put.wait(LATER * 5)
    victim.go()


def test_the_programs_of_a_user_have_had_what_the_user_has_had(monkeypatch):
    monkeypatch.setattr(turns, "GIVES_WAY_SECONDS", LONG)
    line = Turns()
    victim = Caller(line, "user 1")
    assert victim.is_at_work.wait(SOON)
    programs = Question(line, "user 2", turns.WINDOW_SECONDS, as_who="programs of user 2")
    assert not programs.is_put.wait(LATER)
    victim.go()
    assert programs.is_put.wait(SOON)


def test_who_has_had_less_than_half_as_much_goes_first_though_under_an_attack_that_is_much(monkeypatch):
    monkeypatch.setattr(turns, "GIVES_WAY_SECONDS", LONG)
    line = Turns()
    victim = Caller(line, "victim")
    assert victim.is_at_work.wait(SOON)
    line.answered["victim"] = (turns.MUCH_SECONDS * 1.5, time.monotonic())
    heavy = Question(line, "attacker", turns.MUCH_SECONDS * 4)
    assert not heavy.is_put.wait(LATER)
    about_as_much = Question(line, "another", turns.MUCH_SECONDS * 2)
    assert about_as_much.is_put.wait(SOON)
    victim.go()
    assert heavy.is_put.wait(SOON)


def test_many_short_answers_add_up():
    """Who asks for small things without end has had as much as who asks for one large one."""
    line = Turns()
    for _ in range(20):
        with line.turn("attacker"):
            time.sleep(0.002)
    assert line.answered["attacker"][0] > 0.039


def test_what_is_long_ago_counts_no_more():
    line = Turns()
    line.answered["attacker"] = (turns.WINDOW_SECONDS, time.monotonic() - turns.FORGOTTEN_SECONDS)
    with line.turn("somebody"):
        pass
    assert set(line.answered) == {"somebody"}


@pytest.mark.django_db
@pytest.mark.parametrize("why", [MANY, BUSY])
@pytest.mark.parametrize("path", ["/", "/api/v1/items"])
def test_a_refusal_is_told_by_each_door_and_says_when_to_come_back(client, settings, monkeypatch, why, path):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    monkeypatch.setattr(turns, "_turns", type("Full", (Turns,), {"_taken": lambda _self, _who: why})())
    answer = client.get(path, headers={"accept-language": "zh-hans"})
    assert (answer.status_code, answer["Retry-After"]) == ({MANY: 429, BUSY: 503}[why], "1")
    assert client.get("/health/live").status_code == 200
    if path == "/":
        assert answer["Content-Type"].startswith("text/plain")
        assert "请求" in answer.content.decode()
    else:
        assert answer["Content-Type"].startswith("application/problem+json")
        assert answer.json()["code"] in ("too_many", "busy")


def caller(rf, path, *, token="", user=None, address="127.0.0.1"):
    asked = rf.get(path, headers={"authorization": f"Bearer {token}"} if token else {}, REMOTE_ADDR=address)
    asked.session = {SESSION_KEY: user} if user else {}
    return turns._who(asked)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "told"), [("/sign-in/", "address 127.0.0.1"), ("/api/v1/ageing", "programs of address 127.0.0.1")]
)
def test_made_up_tokens_make_no_other_callers_of_one_address(rf, path, told):
    assert {caller(rf, path, token=f"{TOKEN_PREFIX}{n}") for n in range(3)} == {caller(rf, path)} == {told}


@pytest.mark.parametrize(
    ("addresses", "callers"),
    [
        (["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::"], 1),
        (["2001:db8::1", "2001:db8:0:1::1"], 2),
        (["192.0.2.1", "192.0.2.2"], 2),
        (["::ffff:192.0.2.1", "::ffff:192.0.2.2"], 2),
        (["::ffff:192.0.2.1", "192.0.2.1"], 1),
        (["", "no address"], 2),
    ],
)
def test_who_may_choose_its_address_is_one_caller(rf, addresses, callers):
    assert len({caller(rf, "/", address=each) for each in addresses}) == callers


@pytest.mark.django_db
def test_all_tokens_of_a_user_are_one_caller_beside_the_user(rf):
    people.create(Actor.system(), username="owner", grants=[Grant("viewer")])
    user = User.objects.get(username="owner")
    tokens = [sign_in.make_token(actor_of(user), name=f"{n}", days=1, at=timezone.now()) for n in range(2)]
    programs = {caller(rf, "/api/v1/ageing", token=each) for each in tokens}
    assert programs == {f"programs of user {user.pk}"}
    assert caller(rf, "/api/v1/ageing", token=tokens[0], user=str(user.pk)) == f"user {user.pk}"
    assert caller(rf, "/", token=tokens[0]) == "address 127.0.0.1", "a page reads no token"
    (first, *_more) = sign_in.tokens(actor_of(user))
    sign_in.revoke_token(actor_of(user), token_id=first.token_id, at=timezone.now())
    assert sorted(caller(rf, "/api/v1/ageing", token=each) for each in tokens) == [
        "programs of address 127.0.0.1", f"programs of user {user.pk}"
    ], "a token that was revoked takes nobody's turn"  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("is_writing", "is_put"), [(False, False), (True, True)])
def test_a_question_to_the_real_database_gives_way_unless_something_is_locked(monkeypatch, is_writing, is_put):
    monkeypatch.setattr(turns, "connection", connection)
    monkeypatch.setattr(turns, "GIVES_WAY_SECONDS", LONG)
    line = Turns()
    victim = Caller(line, "victim")
    assert victim.is_at_work.wait(SOON)

    def do():
        with atomic() if is_writing else nullcontext():
            User.objects.exists()

    is_connected = threading.Event()

    def in_own_connection():
        try:
            connection.ensure_connection()
            is_connected.set()
            do()
        finally:
            connection.close()

    heavy = Question(line, "attacker", turns.WINDOW_SECONDS, do=in_own_connection)
    assert is_connected.wait(SOON)
    assert heavy.is_put.wait(SOON if is_put else LATER) == is_put
    victim.go()
    assert heavy.is_put.wait(SOON)
