"""How the sandbox insurer tells what happened: signed calls, three tries thirty seconds apart, as its clock goes."""

from __future__ import annotations

import datetime as dt
import http.client
import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from seawall.exchange import webhook
from seawall.exchange.insurers.sandbox.book import Body, Book
from seawall.exchange.insurers.sandbox.faults import Faults, spoiled

TRIES: Final = 3
APART: Final = dt.timedelta(seconds=30)
LATE: Final = dt.timedelta(minutes=90)
SECONDS: Final = 10.0
Post = Callable[[str, dict[str, str], str], int]


@dataclass
class Call:
    """One event on its way to one address."""

    url: str
    secret: str
    message_id: str
    body: str
    due: dt.datetime
    tries: int = 0


@dataclass
class Teller:
    """Tells subscribers. Only this machine's own addresses are called."""

    book: Book
    faults: Faults
    post: Post
    subscriptions: list[dict[str, str]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    given_up: int = 0

    def subscribe(self, url: str, secret: str) -> None:
        """Tell an address from now on; one address once.

        Raises:
            ValueError: it is none of this machine's own.
        """
        require_own(url)
        self.subscriptions = [each for each in self.subscriptions if each["url"] != url]
        self.subscriptions.append({"url": url, "secret": secret})

    def tell(self, event: Body) -> None:
        """Put an event before every subscriber, with the faults that were asked for."""
        for number, each in enumerate(self.subscriptions):
            if self.faults.strikes("event_lost"):
                continue
            body = json.dumps(event, ensure_ascii=False)
            if self.faults.strikes("event_malformed"):
                body = spoiled(body, self.faults.one_of(["cut", "html", "names"]))
            due = self.book.now + (LATE if self.faults.strikes("event_late") else dt.timedelta())
            for copy in range(2 if self.faults.strikes("event_twice") else 1):
                call = Call(each["url"], each["secret"], f"{event['event_id']}-{number}-{copy}", body, due)
                self.calls.append(call)

    def tell_due(self) -> int:
        """Make the calls whose time has come; returns how many were taken."""
        taken = 0
        for call in [each for each in self.calls if each.due <= self.book.now]:
            at = int(self.book.now.timestamp())
            sent = webhook.headers(call.secret, message_id=call.message_id, at=at, body=call.body)
            call.tries += 1
            if 200 <= self.post(call.url, sent, call.body) < 300:  # noqa: PLR2004
                taken += 1
                self.calls.remove(call)
            elif call.tries >= TRIES:
                self.given_up += 1
                self.calls.remove(call)
            else:
                call.due = self.book.now + APART
        return taken


def require_own(url: str) -> None:
    """Pass an address of this machine.

    Raises:
        ValueError: it is another's.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not ipaddress.ip_address(parts.hostname or "").is_loopback:
        raise ValueError(url)


def post(url: str, headers: dict[str, str], body: str) -> int:
    """The status that an address answers; 0 where it does not."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=SECONDS)
    try:
        connection.request("POST", parts.path, body.encode(), headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def shown(teller: Teller) -> dict[str, Any]:
    """Where the calls stand, for whoever runs the sandbox."""
    return {"waiting": len(teller.calls), "given_up": teller.given_up, "subscriptions": len(teller.subscriptions)}
