"""A client of the API for Python programs: pages walked, requests repeated safely, refusals as exceptions.

Amounts stay decimal texts and days ISO texts, as the API gives them. It needs httpx and nothing else of Seawall.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Container, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import httpx

Row = dict[str, Any]

TRIES: Final = 4
PAUSE_SECONDS: Final = 0.5
"""Before the second try; doubled before each further one."""

WITHIN_SECONDS: Final = 300
"""A webhook's time may lie so far from now, either way."""

TIME_DIGITS: Final = 15
"""Of a webhook's time; more is none."""

PASSING: Final = frozenset({429, 502, 503, 504})
"""Statuses that say: not now."""


class Problem(Exception):
    """A refusal of the API. ``code`` is stable, ``detail`` and ``hint`` are for people, ``faults`` name rows."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        """Keep what the problem document says."""
        self.status, self.code = status, str(body.get("code", ""))
        self.detail, self.hint = str(body.get("detail", "")), str(body.get("hint", ""))
        self.faults: list[Row] = list(body.get("faults", []))
        super().__init__(" ".join(part for part in (f"{status} {self.code}:", self.detail, self.hint) if part))


class Client:
    """One address and one token. ``transport`` is httpx's, for tests and proxies."""

    def __init__(
        self, address: str, token: str, *, timeout_seconds: float = 60.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Nothing is sent yet."""
        self._http = httpx.Client(
            base_url=f"{address.rstrip('/')}/api/v1/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_seconds,
            transport=transport,
        )

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Row:
        """The answer to a question; parameters that are None are left out.

        Raises:
            Problem: the API refuses.
            httpx.TransportError: nobody answers.
        """
        return self._asked("GET", path, params={name: value for name, value in query.items() if value is not None})

    def rows(self, path: str, **query: Any) -> Iterator[Row]:
        """All rows of a list, page after page; errors as of :meth:`get`."""
        after = ""
        while True:
            page = self.get(path, **query, after=after or None)
            yield from page["rows"]
            if page["next"] is None:
                return
            after = page["next"]

    def post(self, path: str, body: Any, *, key: str = "") -> Row:
        """Have something done, once: the request carries a key, so that sending it again has no second effect.

        Give a ``key`` of your own where a later run of the program may send the same request again.

        Raises:
            Problem: the API refuses.
            httpx.TransportError: nobody answers; whether it was done is then not known: send it again with its key.
        """
        return self._asked("POST", path, json=body, headers={"Idempotency-Key": key or str(uuid.uuid4())})

    def ageing(self, as_of: str | None = None, **query: Any) -> Iterator[Row]:
        """What is open by age, by customer unless ``group_by`` says otherwise."""
        return self.rows("ageing", as_of=as_of, **query)

    def customers(self, as_of: str | None = None, **query: Any) -> Iterator[Row]:
        """Customers with their figures; ``search`` looks in code and name."""
        return self.rows("customers", as_of=as_of, **query)

    def customer(self, code: str, as_of: str | None = None, **query: Any) -> Row:
        """One customer with its open items, each with the file and row it was read from."""
        return self.get(f"customers/{code}", as_of=as_of, **query)

    def provision(self, as_of: str | None = None, **query: Any) -> Row:
        """Expected credit loss by pool and bucket."""
        return self.get("provision", as_of=as_of, **query)

    def push_items(self, rows: Sequence[Row], *, apply_corrections: bool = False, key: str = "") -> Row:
        """Documents, all or none, in the words of items.csv."""
        return self.post("push/items/bulk", {"rows": rows, "apply_corrections": apply_corrections}, key=key)

    def push_receipts(self, rows: Sequence[Row], *, apply_corrections: bool = False, key: str = "") -> Row:
        """Receipts and what they settle, all or none."""
        return self.post("push/receipts/bulk", {"rows": rows, "apply_corrections": apply_corrections}, key=key)

    def push_allocations(self, rows: Sequence[Row], *, apply_corrections: bool = False, key: str = "") -> Row:
        """Allocations, all or none."""
        return self.post("push/allocations/bulk", {"rows": rows, "apply_corrections": apply_corrections}, key=key)

    def _asked(self, method: str, path: str, **how: Any) -> Row:
        for attempt in range(1, TRIES + 1):
            response = self._http.request(method, path, **how)
            problem = _problem(response)
            if problem is None:
                answer: Row = response.json()
                return answer
            if attempt == TRIES or not _is_passing(problem):
                raise problem
            time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
        raise AssertionError  # the loop returns or raises


class Forged(Exception):
    """A message that is not to be believed: forged, changed on its way, too old, or seen before."""


def verified(
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
    *,
    at: float,
    within_seconds: int = WITHIN_SECONDS,
    seen: Container[str] = (),
) -> Row:
    """What a webhook says, once its signature, its time and its id have been looked at.

    ``body`` is what came, byte for byte, and ``at`` the receiver's clock (``time.time()``). ``seen`` holds the ids
    you have dealt with: keep them for as long as Seawall may try again (three days), because a message whose
    answer was lost comes once more under its id.

    Raises:
        Forged: the message is not to be believed, or its id was seen before.
    """
    require_signed(headers, body, secret, at=at, within_seconds=within_seconds, seen=seen)
    said: Row = json.loads(body)
    return said


def require_signed(
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
    *,
    at: float,
    within_seconds: int = WITHIN_SECONDS,
    seen: Container[str] = (),
) -> None:
    """The same look, whatever the body says.

    Raises:
        Forged: the message is not to be believed, or its id was seen before.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, sent_at = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message_id or not (sent_at.isascii() and sent_at.isdigit()) or len(sent_at) > TIME_DIGITS:
        raise Forged("no id or no time")
    if abs(at - int(sent_at)) > within_seconds:
        raise Forged("too old, or from the future")
    signed = f"{message_id}.{sent_at}.".encode(errors="backslashreplace") + body
    wanted = hmac.new(_key_of(secret), signed, hashlib.sha256).digest()
    if not any(hmac.compare_digest(wanted, each) for each in _signatures(given.get("webhook-signature", ""))):
        raise Forged("no signature fits")
    if message_id in seen:
        raise Forged("seen before")


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise Forged("the secret is none") from None
    if not key:
        raise Forged("the secret is none")
    return key


def _signatures(text: str) -> Iterator[bytes]:
    for each in text.split(" "):
        version, _, signature = each.partition(",")
        if version == "v1":
            try:
                yield base64.b64decode(signature, validate=True)
            except (binascii.Error, ValueError):
                continue


def _problem(response: httpx.Response) -> Problem | None:
    if response.is_success:
        return None
    try:
        body = response.json()
    except ValueError:
        body = {"detail": response.reason_phrase}
    return Problem(response.status_code, body if isinstance(body, dict) else {})


def _is_passing(problem: Problem) -> bool:
    return problem.status in PASSING or problem.code == "lock_timeout"
