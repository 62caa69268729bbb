"""The sandbox insurer's door: HTTPS on the loopback address, tokens, rates, pages, a back door for whoever runs it."""

from __future__ import annotations

import contextlib
import datetime as dt
import hmac
import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from seawall.exchange.insurers.port import content_digest
from seawall.exchange.insurers.sandbox import certificate, telling
from seawall.exchange.insurers.sandbox.book import Body, Book, Unfit
from seawall.exchange.insurers.sandbox.faults import KINDS, Faults, spoiled
from seawall.exchange.insurers.sandbox.telling import Post, Teller

LOOPBACK: Final = "127.0.0.1"
PAGE: Final = 50
BODY_BYTES: Final = 8 * 1024 * 1024
TOKEN_SECONDS: Final = 3600
PER_MINUTE: Final = 6000
RETRY_AFTER: Final = 30
Query = dict[str, str]


class Hung(Exception):
    """The line is cut, or no answer comes."""


@dataclass
class Sandbox:
    """One sandbox insurer. ``admin`` opens the back door; whoever has client id and secret may ask."""

    seed: int
    start: dt.datetime
    client_id: str = "seawall"
    client_secret: str = "sandbox"  # noqa: S105 - it guards nothing
    admin: str = "admin"
    per_minute: int = PER_MINUTE
    is_quick: bool = False
    journal: Path | None = None
    """Where what comes in is written down, so that the next start goes on from there."""

    post: Post = telling.post
    lock: threading.RLock = field(default_factory=threading.RLock)
    tokens: dict[str, dt.datetime] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open the book."""
        lines = self._lines()
        begin = dt.datetime.fromisoformat(lines[0]["at"]) if lines else self.start
        self.faults = Faults(self.seed)
        self.book = Book(self.seed, begin, is_quick=self.is_quick)
        self.teller = Teller(self.book, self.faults, self.post)
        for line in lines:
            self._again(line)
        self.book.advance(max(self.start, self.book.now))
        self.book.told = self.teller.tell
        if not lines:
            self._note("start")

    def _lines(self) -> list[Body]:
        """What was written down before."""
        if self.journal is None or not self.journal.exists():
            return []
        return [json.loads(line) for line in self.journal.read_text(encoding="utf-8").splitlines()]

    def _note(self, do: str, **what: Any) -> None:
        """Write down what came in."""
        if self.journal is not None:
            line = json.dumps({"at": self.book.now.isoformat(), "do": do, **what}, ensure_ascii=False)
            with self.journal.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def _again(self, line: Body) -> None:
        """Do once more what came in before, at the same moment of the clock; nobody is told of it again."""
        self.book.advance(max(dt.datetime.fromisoformat(line["at"]), self.book.now))
        if line["do"] == "take":
            self.book.take(line["kind"], line["said"], line["key"])
        elif line["do"] == "found":
            self.book.found(line["name"], line["country"], line["registration_id"])
        elif line["do"] == "decide":
            self.book.decide(**line["said"])
        elif line["do"] == "subscribe":
            self.teller.subscribe(line["url"], line["secret"])

    def answer(self, method: str, path: str, query: Query, headers: Any, said: Any) -> tuple[int, Any]:
        """Status and JSON of an answer.

        Raises:
            Unfit: it says no.
            Hung: nothing is answered.
        """
        if path.startswith("/admin/"):
            return self._admin(path.removeprefix("/admin/"), headers, said)
        self._before()
        if path == "/token":
            return 200, self._token(said)
        self._require_token(headers.get("Authorization", ""))
        self._count(path)
        status, found = self._routed(method, path, query, headers, said)
        self._after()
        return status, found

    def _before(self) -> None:
        """Faults that leave no effect."""
        if self.faults.outage_until and self.book.now < dt.datetime.fromisoformat(self.faults.outage_until):
            raise Unfit(503, "maintenance")
        if self.faults.strikes("drop_before"):
            raise Hung
        if self.faults.strikes("error_before"):
            raise Unfit(500, "internal error")
        if self.faults.strikes("too_many"):
            raise Unfit(429, "too many requests")

    def _after(self) -> None:
        """Faults after the effect."""
        if self.faults.strikes("error_after"):
            raise Unfit(500, "internal error")
        if self.faults.strikes("silent_after"):
            raise Hung("silent")

    def _token(self, said: Any) -> Body:
        if not isinstance(said, dict) or (said.get("client_id"), said.get("client_secret")) != (
            self.client_id, self.client_secret,
        ):  # fmt: skip
            raise Unfit(403, "client id or secret is wrong")
        value = secrets.token_hex(16)
        self.tokens[value] = self.book.now + dt.timedelta(seconds=TOKEN_SECONDS)
        return {"access_token": value, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}

    def _require_token(self, header: str) -> None:
        value = header.removeprefix("Bearer ")
        if self.faults.strikes("expire_token"):
            self.tokens.pop(value, None)
        if self.tokens.get(value, self.book.now) <= self.book.now:
            raise Unfit(401, "the token is none, or has ended")

    def _count(self, path: str) -> None:
        """So many questions a minute of the sandbox's clock, each kind by itself."""
        slot = f"{self.book.now:%Y%m%d%H%M} {path.split('/')[1]}"
        self.asked = {name: count for name, count in self.asked.items() if name[:12] == slot[:12]}
        self.asked[slot] = self.asked.get(slot, 0) + 1
        if self.asked[slot] > self.per_minute:
            raise Unfit(429, "too many requests")

    def _routed(self, method: str, path: str, query: Query, headers: Any, said: Any) -> tuple[int, Any]:
        parts = [unquote(each) for each in path.strip("/").split("/")]
        route = (method, parts[0], len(parts))
        if route == ("POST", "messages", 2):
            told, key = said if isinstance(said, dict) else {}, headers.get("Idempotency-Key", "")
            is_known = key in self.book.keys
            work = self.book.take(parts[1], told, key)
            if not is_known:
                self._note("take", kind=parts[1], said=told, key=key)
            return 202, {"job_ref": work.job_ref, "status": "pending"}
        if route == ("GET", "jobs", 2):
            return 200, self._job(parts[1])
        if route == ("POST", "subscriptions", 1):
            return 200, self._subscribe(said)
        found = {
            ("GET", "companies", 1): self._companies, ("GET", "covers", 1): self._covers,
            ("GET", "events", 1): self._events, ("GET", "records", 1): self._records,
        }.get(route)  # fmt: skip
        if found is None:
            raise Unfit(404, "there is nothing here")
        return 200, found(query)

    def _job(self, ref: str) -> Body:
        work = self.book.jobs.get(ref)
        if work is None:
            raise Unfit(404, "no such job")
        return {"job_ref": ref, "status": work.status, "reason": work.reason, "ref": work.ref,
                "decisions": work.decisions}  # fmt: skip

    def _companies(self, query: Query) -> Body:
        asked = {name: query.get(name, "") for name in ("name", "country", "registration_id")}
        known = len(self.book.companies)
        found = self.book.found(**asked)
        if len(self.book.companies) > known:
            self._note("found", **asked)
        return {"companies": found}

    def _covers(self, query: Query) -> Body:
        since = query.get("since", "")
        if since == "latest":
            return {"covers": [], "next": str(len(self.book.decisions))}
        if not since:
            return {"covers": self.book.standing(), "next": str(len(self.book.decisions))}
        found = self.book.decisions[_number(since) :][:PAGE]
        return {"covers": found, "next": str(_number(since) + len(found))}

    def _events(self, query: Query) -> Body:
        after = _number(query.get("after", "0"))
        found = list(self.book.events[after:][:PAGE])
        told: list[Any] = []
        for each in found:
            spoils = self.faults.strikes("event_malformed")
            told.append({**each, "body": {"amount": "n/a"}} if spoils else each)
            told.extend([each] if self.faults.strikes("event_twice") else [])
        if self.faults.strikes("event_late"):
            told.reverse()
        return {"events": told, "next": str(after + len(found))}

    def _records(self, _query: Query) -> Body:
        return {"records": [
            {"message_key": work.key, "kind": work.kind, "digest": content_digest(work.body)}
            for work in self.book.keys.values()
        ]}  # fmt: skip

    def _subscribe(self, said: Any) -> Body:
        try:
            self.teller.subscribe(said["url"], said["secret"])
            self._note("subscribe", url=said["url"], secret=said["secret"])
        except (KeyError, TypeError, ValueError):
            raise Unfit(422, "only addresses of this machine are called") from None
        return {}

    def _admin(self, what: str, headers: Any, said: Any) -> tuple[int, Any]:
        if not hmac.compare_digest(headers.get("Sandbox-Admin", ""), self.admin):
            raise Unfit(403, "not for you")
        given = said if isinstance(said, dict) else {}
        try:
            if what == "advance":
                return 200, self.advance(float(given["seconds"]))
            if what == "faults":
                self.faults.change(given)
            elif what == "decide":
                made = self.book.decide(**given)
                self._note("decide", said=given)
                return 200, made
            elif what != "state":
                raise Unfit(404, "there is nothing here")
        except (KeyError, TypeError, ValueError) as error:
            raise Unfit(400, f"not understood: {error}") from None
        return 200, self.state()

    def advance(self, seconds: float) -> Body:
        """Let time pass; what is due happens, and is told."""
        until = self.book.now + dt.timedelta(seconds=seconds)
        while True:
            dues = [each.due for each in self.teller.calls if each.due <= until]
            step = min([*dues, until])
            self.book.advance(max(step, self.book.now))
            told = self.teller.tell_due()
            if not told and not [each for each in self.teller.calls if each.due <= until] and self.book.now >= until:
                return {"now": self.book.now.isoformat()}

    def state(self) -> Body:
        """Where everything stands."""
        return {
            "now": self.book.now.isoformat(), "messages": len(self.book.keys), "decisions": len(self.book.decisions),
            "events": len(self.book.events), "faults": asdict(self.faults), "calls": telling.shown(self.teller),
            "pending": sum(each.status == "pending" for each in self.book.jobs.values()),
        }  # fmt: skip


def served(sandbox: Sandbox, folder: Path, *, port: int = 0, host: str = LOOPBACK, now: dt.datetime) -> Server:
    """A sandbox behind HTTPS on the loopback address."""
    authority = certificate.made(folder, host, now=now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server = _Quiet((host, port), _handler(sandbox))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return Server(server, f"https://{host}:{server.server_address[1]}", authority)


@dataclass
class Server:
    """A running door."""

    http: ThreadingHTTPServer
    url: str
    authority: str

    def start(self) -> None:
        """Answer in the background."""
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self.http.shutdown()
        self.http.server_close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Lines that were cut are what the sandbox is for."""


def _handler(sandbox: Sandbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def _any(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            content = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), BODY_BYTES))
            is_admin = parts.path.startswith("/admin/")
            try:
                with sandbox.lock:
                    said = json.loads(content) if content else None
                    status, found = sandbox.answer(self.command, parts.path, query, self.headers, said)
                    spoils = not is_admin and sandbox.faults.strikes("malformed")
                    how = sandbox.faults.one_of(["cut", "html", "names"]) if spoils else ""
            except Unfit as no:
                status, found, how = no.status, {"reason": no.reason}, ""
            except Hung as silence:
                if silence.args:
                    time.sleep(sandbox.faults.hang_seconds)
                self.close_connection = True
                return
            except ValueError:
                status, found, how = 400, {"reason": "this is no JSON"}, ""
            text = json.dumps(found, ensure_ascii=False)
            self._send(status, spoiled(text, how) if how else text)

        def _send(self, status: int, text: str) -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if status == 429:  # noqa: PLR2004
                self.send_header("Retry-After", str(RETRY_AFTER))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        do_GET = do_POST = _any  # noqa: N815 - the framework's names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise Unfit(400, "the place is none")
    return int(text)


def in_real_time(sandbox: Sandbox, *, seconds: float, speed: float, stopped: Callable[[float], bool]) -> None:
    """Let the sandbox's clock go on until it is stopped, ``speed`` times as fast as the wall's."""
    while not stopped(seconds):
        with sandbox.lock:
            sandbox.advance(seconds * speed)


__all__ = ["KINDS", "Sandbox", "Server", "in_real_time", "served"]
