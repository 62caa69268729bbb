"""The process that apprise runs in: one question in, one answer out; it connects to checked addresses only.

It says nothing but the answer: what the library logs may hold the address, and that is a secret.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import sys
from typing import Any

import apprise
import requests

from seawall.exchange.net import is_public

_lookup, _send = socket.getaddrinfo, requests.Session.send


class Line:
    """What happened on the line: the last answer's status, and whether something left without an answer."""

    def __init__(self, private: frozenset[str]) -> None:
        """``private``: ``host:port`` that may lead to an address that is not public."""
        self.private, self.status, self.has_left, self.closed = private, 0, False, ""

    def look_up(self, host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        """The addresses of a name, all of them public, else none: the connection goes to one of these."""
        found = _lookup(host, port, *args, **kwargs)
        for each in found:
            if not is_public(ipaddress.ip_address(each[4][0])) and f"{host}:{port}" not in self.private:
                self.closed = str(host)[:100]
                raise socket.gaierror("not public")
        return found

    def send(self, session: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """One question by HTTPS, never by another way, not redirected, with the other side's certificate looked at."""
        if not (request.url or "").startswith("https://"):
            raise requests.exceptions.InvalidSchema("not HTTPS")
        self.has_left = True
        try:
            answer = _send(
                session, request, **{**kwargs, "verify": kwargs.get("verify") or True, "allow_redirects": False}
            )
        except (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError):
            self.has_left = False
            raise
        except requests.exceptions.ConnectionError as error:
            self.has_left = "NewConnectionError" not in repr(error) and "NameResolutionError" not in repr(error)
            raise
        self.has_left, self.status = False, answer.status_code
        return answer


def answered(question: dict[str, Any]) -> dict[str, Any]:
    """What comes of a question: ``check`` an address, or ``send`` a message to it."""
    line = Line(frozenset(question.get("private", ())))
    _guard(line)  # before there is a plugin: some look things up as soon as they are made
    plugin = apprise.Apprise.instantiate(question["address"], suppress_exceptions=True)
    if plugin is None or not _is_one_message(plugin):
        return {"state": "unsound"}
    if question["do"] == "check":
        return {"state": "sound"}
    plugin.verify_certificate = True
    plugin.overflow_mode = apprise.OverflowMode.TRUNCATE
    is_taken = plugin.notify(title=question["title"], body=question["body"], body_format=apprise.NotifyFormat.TEXT)
    return {"state": _state(line, is_taken=bool(is_taken)), "status": line.status, "host": line.closed}


def _guard(line: Line) -> None:
    """Have every connection of this process go through a line."""

    def send(session: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        return line.send(session, request, **kwargs)

    socket.getaddrinfo = line.look_up
    requests.Session.send = send  # type: ignore[method-assign,assignment]


def _is_one_message(plugin: apprise.NotifyBase) -> bool:
    """Whether it tells one receiver, once, what it is given: of several, what came of it would be known of none.

    A template would be a file of this machine, or a page of anybody's.
    """
    return len(plugin) == 1 and not getattr(plugin, "template", None)


def _state(line: Line, *, is_taken: bool) -> str:
    if is_taken:
        return "taken"
    if line.closed:
        return "closed"
    if line.has_left:
        return "uncertain"
    return "refused" if line.status else "unreached"


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    out, sys.stdout = sys.stdout, sys.stderr
    json.dump(answered(json.load(sys.stdin)), out)
