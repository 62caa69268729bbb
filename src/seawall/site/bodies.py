"""A request's body is waited for only so long: it is read whole, by the clock, before anything is done for it.

The server itself ends who is slow with a request's head (``cli/serve``), but lets the body wait for ever. A client
that sends nothing more can be answered, not hung up on: what reads its body counts until it goes, so that neither one
address nor all of them together have more than so many.
"""

from __future__ import annotations

import io
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_noop

from seawall.exchange import limits
from seawall.site import refusals

BODY_SECONDS: Final = 15.0
"""For a form: it comes in one piece."""

BYTES_PER_SECOND: Final = 16 * limits.KIB
"""For what takes longer, at the least: half of what the slowest telephone line gives."""

BODY_BYTES: Final = limits.FILE_BYTES
"""A body, as the largest file it may bring."""

BODIES, BODIES_OF_ADDRESS = 24, 8
"""Bodies that are waited for at once: all, and those of one address, where addresses are people's own."""

KEPT_BYTES: Final = 1 * limits.MIB
"""As much of a body stays in memory; more lies in a file."""

PART_BYTES: Final = 1 * limits.MIB
PAUSE_SECONDS, QUICK_SECONDS = 0.05, 0.02

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

SLOW = gettext_noop(
    "The request came too slowly: it is waited for {seconds} seconds, and longer only where much comes."
)
MANY = gettext_noop("Too many requests are being sent at once. Try again in a moment.")
LARGE = gettext_noop("The request is larger than {most} MiB.")
CUT = gettext_noop("The request ended before it was whole.")
UNMEASURED = gettext_noop(
    "The request does not say how long its body is, so nobody sees whether all of it came. Send it with its length "
    "(Content-Length)."
)
STATUS: Final = {SLOW: 408, MANY: 429, LARGE: 413, CUT: 400, UNMEASURED: 400}

MULTIPART, JSON = "multipart/form-data", "application/json"
END_BYTES: Final = 4 * limits.KIB
"""Where the last boundary of a body in parts is looked for."""


class Patient:
    """The application, which is given whole bodies only."""

    def __init__(self, application: Application, *, seconds: float = BODY_SECONDS, is_behind_proxy: bool) -> None:
        """``is_behind_proxy``: every address is the proxy's, which takes in bodies itself."""
        self.application, self.seconds = application, seconds
        self.of_address = BODIES if is_behind_proxy else BODIES_OF_ADDRESS
        self._guard, self._waited_for = threading.Lock(), Counter[str]()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        length = environ.get("CONTENT_LENGTH") or ("" if "HTTP_TRANSFER_ENCODING" in environ else "0")
        if length == "0":
            return self.application(environ, start_response)
        is_large, address = length.isdecimal() and int(length[:20]) > BODY_BYTES, environ.get("REMOTE_ADDR", "")
        if is_large or not self._begun(address):
            return self._refused(environ, start_response, LARGE if is_large else MANY)
        reading = _Reading(environ["wsgi.input"], self.seconds, then=lambda: self._ended(address))
        if why := reading.fault(length, environ.get("CONTENT_TYPE", "")):
            return self._refused(environ, start_response, why)
        with reading.kept:
            environ |= {"wsgi.input": reading.kept, "CONTENT_LENGTH": str(reading.received)}
            return self.application(environ, start_response)

    def _refused(self, environ: dict[str, Any], start_response: Callable[..., Any], why: str) -> Iterable[bytes]:
        said = {"seconds": int(self.seconds), "most": BODY_BYTES // limits.MIB}
        unread = WSGIRequest(environ | {"wsgi.input": io.BytesIO()})
        answer = refusals.in_short(unread, STATUS[why], why, said)
        answer["Connection"] = "close"
        start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.items()))
        return [answer.content]

    def _begun(self, address: str) -> bool:
        with self._guard:
            if self._waited_for.total() >= BODIES or self._waited_for[address] >= self.of_address:
                return False
            self._waited_for[address] += 1
            return True

    def _ended(self, address: str) -> None:
        with self._guard:
            self._waited_for[address] -= 1
            self._waited_for += Counter()  # forgets who has none


class _Reading:
    """One body, read in a thread of its own: the server's reading cannot be called off."""

    def __init__(self, stream: Any, seconds: float, *, then: Callable[[], None]) -> None:
        self.stream, self.seconds, self.then = stream, seconds, then
        self.kept = tempfile.SpooledTemporaryFile(max_size=KEPT_BYTES)  # noqa: SIM115 - closed by who uses it
        self.received, self.is_given_up, self._ended = 0, False, threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def fault(self, length: str, kind: str) -> str:
        """Wait for the end of it; why it is not taken, or an empty text. ``kind``: its content type.

        The server gives a body in chunks that broke off like one that is whole: without a length it must show its end.
        """
        if not self._is_there():
            return SLOW
        if self.received > BODY_BYTES:
            return LARGE
        if length.isdecimal():
            return CUT if self.received < int(length) else ""
        name, said = parse_header_parameters(kind)
        if name == MULTIPART:
            return "" if self._ends_in(f"--{said.get('boundary', '')}--") else CUT
        return "" if name == JSON else UNMEASURED  # half a JSON is refused by who reads it

    def _ends_in(self, boundary: str) -> bool:
        self.kept.seek(max(0, self.received - END_BYTES))
        is_there = boundary.encode("latin-1", "replace") in self.kept.read()
        self.kept.seek(0)
        return is_there

    def _is_there(self) -> bool:
        began = time.monotonic()
        while not self._ended.wait(PAUSE_SECONDS):
            if time.monotonic() - began > self.seconds + self.received / BYTES_PER_SECOND:
                self.is_given_up = True
                return False
        self.kept.seek(0)
        return True

    def _read(self) -> None:
        """Part by part, in parts as large as come quickly: a part is only given once it is whole."""
        size = 1
        try:
            while not self.is_given_up and self.received <= BODY_BYTES:
                began = time.monotonic()
                part = self.stream.read(size)
                if not part:
                    break
                self.kept.write(part)
                self.received += len(part)
                is_quick = time.monotonic() - began < QUICK_SECONDS
                size = min(2 * size, PART_BYTES) if is_quick else max(1, size // 4)
        finally:
            self._ended.set()
            self.then()
