"""The line to one insurer: every question behind the guard, with a token that is fetched anew when it ends, on record.

Nothing secret is written down: what goes into the log is masked, and what an adapter reads of an answer is without
our secrets already, so that nothing it keeps of it has one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from seawall.engine.kernel.errors import OutsideError, Refused
from seawall.exchange.insurers.masking import RAW_CHARACTERS, masked_text, readable
from seawall.exchange.insurers.port import (
    Again,
    AnswerMalformed,
    Exchanged,
    InsurerRefuses,
    parsed,
)
from seawall.exchange.net import AddressRefused, Answer, Outside

EARLY: Final = dt.timedelta(seconds=60)
"""A token that ends within so long is fetched anew."""

AFTER_SECONDS_MAX: Final = 86_400.0
"""Who asks for a longer pause is asked again after a day."""

TOKEN_SECONDS_MAX: Final = 10 * 366 * 86_400
REASON_CHARACTERS: Final = 300
ANSWER_BYTES: Final = 32 * 1024 * 1024
TOKENS_REMEMBERED: Final = 4
"""Of a connection's tokens so many are masked: an insurer may name one that has ended."""

_UNAUTHORISED, _FORBIDDEN, _TOO_EARLY, _TOO_MANY, _FAULT = 401, 403, 425, 429, 500
_SUCCESS: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Token:
    """What lets us in, until when."""

    value: str
    until: dt.datetime


@dataclass
class Keeper:
    """The token of one connection; in memory only, never on disk."""

    token: Token | None = None
    values: tuple[str, ...] = ()

    def keep(self, token: Token) -> Token:
        """Have a token from now on."""
        self.token, self.values = token, (token.value, *self.values)[:TOKENS_REMEMBERED]
        return token


@dataclass
class Line:
    """Asks one insurer. ``fetch`` gets a token; ``extra`` is sent with every question."""

    outside: Outside
    url: str
    now: dt.datetime
    keeper: Keeper
    fetch: Callable[[Line], Token]
    secrets: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    log: Callable[[Exchanged], None] = lambda _exchanged: None
    bearer: str = "Bearer {token}"

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """What the insurer answers, as JSON without our secrets; a token that is refused is fetched once more.

        Raises:
            Again: it does not answer, does not let us in, or not now.
            AnswerMalformed: what it answers cannot be read.
            InsurerRefuses: it says no, and why.
            AddressRefused: it may not be asked.
        """
        for is_last in (False, True):
            sent = {**self.extra, "Authorization": self.bearer.format(token=self._token().value), **(headers or {})}
            answer = self.once(method, path, query=query, body=body, headers=sent)
            if answer.status != _UNAUTHORISED or is_last:
                break
            self.keeper.token = None
        return readable(self.read(answer), self._held())

    def read(self, answer: Answer) -> Any:
        """The JSON of an answer that is one, as it came; numbers stay whole or text.

        Raises:
            Again: not now.
            AnswerMalformed: it is none.
            InsurerRefuses: it says no.
        """
        host, text = urlsplit(answer.url).netloc, _text(answer)
        if answer.status in (_UNAUTHORISED, _FORBIDDEN):
            raise Again("{host} does not let us in: {status}.", host=host, status=answer.status, is_sure=True)
        if answer.status in (_TOO_EARLY, _TOO_MANY) or answer.status >= _FAULT:
            after = answer.headers.get("retry-after", "")
            raise Again(
                "{host} says: not now ({status}).", host=host, status=answer.status,
                after_seconds=min(float(after), AFTER_SECONDS_MAX) if after.isascii() and after.isdecimal() else None,
                is_sure=answer.status in (_TOO_EARLY, _TOO_MANY),
            )  # fmt: skip
        if answer.status not in _SUCCESS:
            raise InsurerRefuses(
                "The insurer says no ({status}): {reason}", status=answer.status,
                reason=self.masked(_reason(text))[:REASON_CHARACTERS],
            )  # fmt: skip
        try:
            return parsed(text) if text.strip() else {}
        except ValueError:
            raise AnswerMalformed("{host} does not answer as expected.", host=host, raw=self.masked(text)) from None

    def once(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One question and its answer, on record.

        Raises:
            Again: nobody answers.
            AddressRefused: it may not be asked.
        """
        tail = path + (f"?{urlencode(query)}" if query else "")
        sent = {"Accept": "application/json", **(headers or {})}
        content = b""
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
            sent |= {"Content-Type": "application/json; charset=utf-8"}
        if method != "GET":
            sent["Content-Length"] = str(len(content))
        said = self.masked(body) if body is not None else ""
        try:
            answer = self.outside.ask(self.url.rstrip("/") + tail, method=method, headers=sent, content=content)
        except (AddressRefused, OutsideError) as error:
            params = error.kept
            self.log(Exchanged(method, self.masked(tail), None, said, "", error.template, params))
            if isinstance(error, Refused):
                raise
            raise Again(error.template, **error.params) from error
        self.log(Exchanged(method, self.masked(tail), answer.status, said, self.masked(_text(answer))))
        return answer

    def masked(self, said: Any) -> str:
        """JSON, or a text, as it may be kept."""
        return masked_text(said, self._held())[:RAW_CHARACTERS]

    def _held(self) -> tuple[str, ...]:
        return (*self.secrets, *self.keeper.values)

    def _token(self) -> Token:
        token = self.keeper.token
        if token is None or token.until - EARLY <= self.now:
            token = self.keeper.keep(self.fetch(self))
        return token


def token_of(line: Line, said: Any, *, name: str = "access_token") -> Token:
    """The token in an answer.

    Raises:
        AnswerMalformed: there is none.
    """
    value = said.get(name) if isinstance(said, dict) else None
    seconds = said.get("expires_in", 0) if isinstance(said, dict) else 0
    if not isinstance(value, str) or not value or not isinstance(seconds, int) or not 0 <= seconds <= TOKEN_SECONDS_MAX:
        raise AnswerMalformed("The insurer gives no token.", raw="")
    return Token(value, line.now + dt.timedelta(seconds=seconds))


def _text(answer: Answer) -> str:
    return answer.content.decode("utf-8", "replace")


def _reason(text: str) -> str:
    """What an answer that says no gives as its reason."""
    try:
        said = parsed(text)
    except ValueError:
        return text
    if isinstance(said, dict):
        for name in ("reason", "message", "detail", "error_description", "error", "errors", "errorMessage"):
            if said.get(name):
                return str(said[name])
    return text
