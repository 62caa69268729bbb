"""Whose turn it is: so many requests are answered at once, of them so many of one caller; the others wait in line.

A caller who asks for much, or for everything again and again, waits for its own answers; who asks beside it does not.
All compute in one process, and two at work at once take twice as long: so who has lately been answered for long goes on
once the others have what they asked for.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.utils.translation import gettext_noop

from seawall.api.v1.auth import holder
from seawall.engine.kernel import pace
from seawall.site import refusals

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

AT_WORK: Final = 4
"""Requests answered at once: a figure is computed on all cores, so more would only get in each other's way."""

AT_WORK_OF_ONE: Final = 1
"""Of one caller: what it asks for beside itself waits for it; both would compute in one process with the others."""

WAITING_OF_ONE: Final = 8
"""As many of one caller wait; a browser sends six."""

WINDOW_SECONDS, MUCH_SECONDS = 10.0, 2.5
"""Who was answered for so long within about as long has had much: a quarter of the time."""

GIVES_WAY_SECONDS = 2.0
"""Who has had much lets the others go on for so long in all while it is answered."""

FORGOTTEN_SECONDS = 10 * WINDOW_SECONDS
"""Nothing is left by then of what somebody has had."""

WAIT_SECONDS: Final = 60.0
REFUSED_SECONDS, HELD_BACK = 0.5, 16
FREE: Final = ("/health/live", "/health/ready", "/metrics")
"""What a monitor asks for has no turn to wait for."""

PROGRAMS: Final = "programs of "
NETWORK_BITS: Final = 64

MANY = gettext_noop("You have asked for more at once than is answered. Wait for the answers you asked for.")
BUSY = gettext_noop("More is asked for at this moment than can be answered. Try again in a moment.")


class _Place:
    """A place in the line."""

    def __init__(self, who: str) -> None:
        self.who, self.is_called = who, threading.Event()


class Turns:
    """Who is at work, and who waits: the first in line whose caller is not at work enough already is the next."""

    def __init__(self) -> None:
        """Nobody yet."""
        self._guard, self._held_back = threading.Lock(), threading.Semaphore(HELD_BACK)
        self.at_work, self.line = Counter[str](), list[_Place]()
        self.answered = dict[str, tuple[float, float]]()
        self._changed = threading.Condition(self._guard)

    @contextmanager
    def turn(self, who: str) -> Iterator[str]:
        """Wait for a turn, and have it within: an empty text; or why there is none."""
        why, began = self._taken(who), time.monotonic()
        try:
            yield why
        finally:
            if not why:
                self._given_back(who, time.monotonic() - began)

    def _taken(self, who: str) -> str:
        with self._guard:
            is_full = sum(each.who == who for each in self.line) >= WAITING_OF_ONE
            if not is_full:
                place = _Place(who)
                self.line.append(place)
                self._call()
        if is_full:
            self._hold_back()
            return MANY
        if not place.is_called.wait(WAIT_SECONDS):
            with self._guard:
                if place in self.line:
                    self.line.remove(place)
                    return BUSY
        return ""

    def _given_back(self, who: str, seconds: float) -> None:
        with self._guard:
            self.at_work[who] -= 1
            self.at_work += Counter()  # forgets who has none
            now = time.monotonic()
            self.answered[_person(who)] = self._had(who) + seconds, now
            self.answered = {each: had for each, had in self.answered.items() if now - had[1] < FORGOTTEN_SECONDS}
            self._call()
            self._changed.notify_all()

    def _had(self, who: str) -> float:
        """Seconds for which it and its programs were answered; what is long ago counts less and less."""
        seconds, then = self.answered.get(_person(who), (0.0, 0.0))
        return seconds * math.exp((then - time.monotonic()) / WINDOW_SECONDS)

    @contextmanager
    def giving_way(self, who: str) -> Iterator[None]:
        """Within: at each step and each question to the database who has had much lets others at work go on first."""
        left = GIVES_WAY_SECONDS

        def wait() -> None:
            nonlocal left
            is_alone = len(self.at_work) <= 1
            if is_alone or left <= 0 or self._had(who) <= MUCH_SECONDS:
                return
            if connection.in_atomic_block:  # what is locked is wanted by others
                return
            began = time.monotonic()
            with self._guard:
                self._changed.wait_for(lambda: not self._others_are_before(who), left)
            left -= time.monotonic() - began

        def ask(execute: Callable[..., Any], *asked: Any) -> Any:
            pace.step()
            return execute(*asked)

        with connection.execute_wrapper(ask), pace.kept_by(wait):
            yield

    def _others_are_before(self, who: str) -> bool:
        """Who had not much, or less than half as much: under an attack even who asks little is answered for long."""
        enough = max(MUCH_SECONDS, self._had(who) / 2)
        return any(self._had(each) < enough for each in self.at_work if each != who)

    def _call(self) -> None:
        for place in list(self.line):
            if self.at_work.total() < AT_WORK and self.at_work[place.who] < AT_WORK_OF_ONE:
                self.line.remove(place)
                self.at_work[place.who] += 1
                place.is_called.set()

    def _hold_back(self) -> None:
        """Let who asks too much wait for the refusal as well: telling it a thousand times a second costs others."""
        if self._held_back.acquire(blocking=False):
            time.sleep(REFUSED_SECONDS)
            self._held_back.release()


_turns = Turns()


class TurnMiddleware:
    """Lets each request wait for its turn."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Django's form of a middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer once it is the caller's turn; 429 who has too many waiting, 503 who waited too long."""
        if request.path in FREE:
            return self.get_response(request)
        who = _who(request)
        with _turns.turn(who) as why:
            if not why:
                with _turns.giving_way(who):
                    return self.get_response(request)
        request.seawall_asked_by = _user_of(who)  # type: ignore[attr-defined]  # for the log: nobody is looked up any more
        answer = refusals.in_short(request, 429 if why == MANY else 503, why, {})
        answer["Retry-After"] = "1"
        return answer


def _who(request: HttpRequest) -> str:
    """The caller: a user, a user's programs, or for who is nobody yet the address and its programs.

    What is only claimed, as a made-up session or token, makes no caller of its own.
    """
    if user := request.session.get(SESSION_KEY):
        return f"user {user}"
    address = f"address {_network(request.META.get('REMOTE_ADDR', ''))}"
    if not request.path.startswith(refusals.API):
        return address
    user = holder(request)
    return PROGRAMS + (f"user {user}" if user else address)


def _person(who: str) -> str:
    """Whose programs they are."""
    return who.removeprefix(PROGRAMS)


def _user_of(who: str) -> int | None:
    kind, _, number = _person(who).partition(" ")
    return int(number) if kind == "user" else None


def _network(address: str) -> str:
    """An address; of one of the sixth version the half that its user was given: the other half is anybody's choice."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    # one of the fourth version may be written as one of the sixth: all of them are in one network there
    return str(found.ipv4_mapped or ipaddress.ip_network((found, NETWORK_BITS), strict=False))
