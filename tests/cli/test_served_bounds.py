"""S21 against the served store: who sends slowly is ended by a named limit, and while one user attacks the others wait no longer.

Waiting is measured beside itself: quiet and attacked turn by turn in one run, the 95th part of each, and of the rounds
the middle one. The machine's own noise is in both. Who waits reads a page for a moment before the next; who attacks never.
"""

import datetime as dt
import itertools
import statistics
import time

import pytest
from cli.server_load import Asking, Attack, people, raw
from cli.stores import serving, stocked_home

from seawall.cli.serve import HEAD_MILLISECONDS
from seawall.services.sign_in import TOKEN_PREFIX
from seawall.site.bodies import BODIES_OF_ADDRESS, BODY_SECONDS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ON = dt.date(2026, 3, 31)
LIGHT = "/settings/account/"
HEAVY = f"/ledger/ageing/?as_of={ON}"
EVERYTHING = f"/ledger/items/?as_of={ON}&export=xlsx"
API = f"/api/v1/ageing?as_of={ON}"
REPORT = f"/report/?as_of={ON}"
REPORT_OF_A_DAY = "/report/?as_of={day}"
LINES = 16
READING_SECONDS, UNDER_WAY_SECONDS = 0.1, 4
POST = b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nusername="


@pytest.fixture(scope="module")
def served(tmp_path_factory, request):
    room = tmp_path_factory.mktemp("served")
    with stocked_home(room, on=ON, items=4000, customers=100) as home:
        who = people(home, "victim", "attacker")
        with serving(home, "serve") as (where, _process):
            yield where, who


def ended(line, *, dribble=b"", seconds=60):
    """What was answered, and the seconds until then, while a byte is sent now and then."""
    began = time.monotonic()
    line.settimeout(0.5)
    while time.monotonic() - began < seconds:
        try:
            if dribble:
                line.sendall(dribble)
            told = line.recv(2000)
        except TimeoutError:
            continue
        except ConnectionError:
            told = b""
        return told, time.monotonic() - began
    raise AssertionError("it was waited for without end")


def test_a_head_that_comes_too_slowly_ends_its_line(served):
    where, _who = served
    lines = [raw(where, b"GET / HTTP/1.1\r\nHost: localhost\r\n"), raw(where, b"GET / HT")]
    for line, dribble in zip(lines, (b"X-A: b\r\n", b""), strict=True):
        told, seconds = ended(line, dribble=dribble)
        assert told == b"" or b" 408 " in told
        assert seconds < HEAD_MILLISECONDS / 1000 + 5
        line.close()


@pytest.mark.parametrize("dribble", [b"", b"a"])
def test_a_body_that_comes_too_slowly_is_answered_and_not_waited_for(served, dribble):
    where, _who = served
    line = raw(where, POST)
    told, seconds = ended(line, dribble=dribble)
    line.close()
    assert b" 408 " in told.splitlines()[0]
    assert BODY_SECONDS - 1 < seconds < BODY_SECONDS + 10


def test_one_address_that_sends_many_bodies_slowly_keeps_nobody_out(served):
    where, who = served
    lines = [raw(where, POST) for _ in range(3 * BODIES_OF_ADDRESS)]
    time.sleep(1)
    answers = [Asking(where, who["victim"], timeout=20).get(LIGHT)[0] for _ in range(5)]
    for line in lines:
        line.close()
    assert answers == [200] * 5


def share(seconds):
    """The 95th part."""
    return sorted(seconds)[int(0.95 * len(seconds)) - 1]


def waits(line, count):
    """Seconds of so many answers."""
    seconds = []
    for _ in range(count):
        status, took = line.get(LIGHT)
        assert status == 200
        seconds.append(took)
        time.sleep(READING_SECONDS)
    return seconds


def many_pages(where, who, path):
    """A page, of another day each time where its address leaves room for one."""
    askers, days = [Asking(where, who["attacker"]) for _ in range(LINES)], itertools.count()
    return Attack(lambda n: askers[n].get(path.format(day=ON - dt.timedelta(next(days))))[0], LINES)


def many_tokens(where, _who, path):
    """A stranger, who says to be somebody else each time; after the first hundred none is looked at."""
    askers, tokens = [Asking(where) for _ in range(LINES)], itertools.count()

    def act(number):
        askers[number].headers = {"Authorization": f"Bearer {TOKEN_PREFIX}{next(tokens)}"}
        return askers[number].get(path)[0]

    return Attack(act, LINES)


def slow_lines(where, _who, text):
    def act(_number):
        line = raw(where, text)
        time.sleep(0.5)
        line.close()

    return Attack(act, LINES)


ATTACKS = {
    "the same page by many lines": (many_pages, HEAVY),
    "files of everything": (many_pages, EVERYTHING),
    "reports of everything": (many_pages, REPORT),
    "a report of another day each time": (many_pages, REPORT_OF_A_DAY),
    "made-up tokens": (many_tokens, API),
    "slow bodies": (slow_lines, POST),
    "slow heads": (slow_lines, b"GET / HTTP/1.1\r\nHost: localhost\r\n"),
}
TOLD = {200, 401, None}
"""Answers that cost something; nothing is read of those who send slowly."""

FIRST = ("the same page by many lines", "made-up tokens")
AT_WORST = 8
"""Beside other tests one round says little; without turns it is sixty."""


@pytest.mark.alone
@pytest.mark.promise("S21")
def test_while_one_user_attacks_the_others_wait_less_than_twice_as_long(served, count, promise):
    where, who = served
    victim = Asking(where, who["victim"])
    rounds, answers, most, said = count(1, 3), count(20, 60), count(AT_WORST, 2), []
    waits(victim, 20)
    for name, (attack, what) in count({name: ATTACKS[name] for name in FIRST}, ATTACKS).items():
        ratios, counted = [], []
        for _ in range(rounds):
            quiet = share(waits(victim, answers))
            with attack(where, who, what) as under_way:
                time.sleep(UNDER_WAY_SECONDS)
                attacked = share(waits(victim, answers))
            counted += under_way.counts
            ratios.append(attacked / quiet)
        ratio = statistics.median(ratios)
        assert set(counted) & TOLD, f"nobody attacked: {name}"
        assert ratio < most, (name, ratios)
        said.append(f"{name} {ratio:.2f}")
    promise(f"p95 of another user while one attacks, beside quiet: {'; '.join(said)}")
