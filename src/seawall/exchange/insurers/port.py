"""The port: what every insurer's adapter can be asked, and what it answers or raises.

Everything is asynchronous: what is sent is taken under a key, and what came of it is asked later or told unasked.
The same key again is the same message, where the insurer knows keys (``is_idempotent``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from seawall.engine.kernel.errors import OutsideError, Refused, SeawallError
from seawall.exchange.insurers.masking import RAW_CHARACTERS, masked_text
from seawall.exchange.insurers.messages import (
    INCOMING,
    ChangeCover,
    Company,
    Declare,
    FileClaim,
    FindCompany,
    Malformed,
    Notify,
    ReportAdverse,
    ReportRecovery,
    RequestCover,
    keepable,
    of_json,
    to_json,
)

KEY_CHARACTERS: Final = 100
"""Of the insurer's own number of a thing; a longer one is known by its digest."""

SEQUENCE_MAX: Final = 2**53
LEVELS: Final = 50
"""JSON that lies one in the other more often is none."""


class Again(OutsideError):
    """Not now: no answer, an outage, or too many questions. ``after_seconds``: the pause the insurer asks for."""

    code = "insurer_again"
    retryable = True

    def __init__(self, message: str, *, after_seconds: float | None = None, is_sure: bool = False, **more: Any) -> None:
        """``is_sure``: it is known that nothing of it arrived."""
        super().__init__(message, **more)
        self.after_seconds, self.is_sure = after_seconds, is_sure


class AnswerMalformed(Again):
    """An answer that cannot be read; ``raw`` is what came, a text or JSON, kept without secrets."""

    code = "answer_malformed"

    def __init__(self, message: str, *, raw: Any, **more: Any) -> None:
        super().__init__(message, **more)
        self.raw = masked_text(raw)[:RAW_CHARACTERS] if raw else ""


class InsurerRefuses(Refused):
    """The insurer does not take a message, and says why."""

    code = "insurer_refuses"


class CannotSay(Refused):
    """An adapter has no way to say this."""

    code = "insurer_cannot_say"


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something an insurer said. ``key``: the same thing has the same key, whatever way it came.

    ``body`` is the message in the port's words; None where it cannot be read, and ``problem`` says why.
    """

    kind: str
    key: str
    raw: str
    body: dict[str, Any] | None
    ref: str = ""
    sequence: int = 0
    problem: tuple[str, dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A message was taken; ``job_ref`` is what to ask after."""

    job_ref: str


@dataclass(frozen=True, slots=True)
class Job:
    """What became of a message. ``state``: pending, processed, refused."""

    state: str
    reason: str = ""
    ref: str = ""
    said: tuple[Incoming, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """What came since a place; ``next_place`` is where to go on. Empty: nothing is left.

    What can be read only later lies after ``next_place``: an adapter whose insurer numbers otherwise goes on earlier.
    """

    said: tuple[Incoming, ...] = ()
    next_place: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A message the insurer holds: its key, its kind, and the digest of what it says."""

    message_key: str
    kind: str
    digest: str


@dataclass(frozen=True, slots=True)
class Can:
    """What an adapter is able to do: what it can say, and whether it knows keys, news and records."""

    say: frozenset[str]
    is_idempotent: bool = False
    has_news: bool = False
    has_covers: bool = False
    has_records: bool = False
    signs_webhooks: bool = False


class Insurer(Protocol):
    """One insurer's interface behind the port."""

    can: Can

    def probe(self) -> None:
        """See whether it lets us in."""

    def find_company(self, asked: FindCompany) -> list[Company]:
        """The companies that fit."""

    def request_cover(self, asked: RequestCover, *, key: str) -> Taken:
        """Ask for a limit."""

    def change_cover(self, asked: ChangeCover, *, key: str) -> Taken:
        """Supersede, reduce, cancel or prolong a limit."""

    def notify(self, said: Notify, *, key: str) -> Taken:
        """Tell of an overdue invoice, an extension or a plan."""

    def report_adverse(self, said: ReportAdverse, *, key: str) -> Taken:
        """Tell what speaks against a buyer."""

    def declare(self, said: Declare, *, key: str) -> Taken:
        """Declare turnover, balances or shipments."""

    def file_claim(self, said: FileClaim, *, key: str) -> Taken:
        """Claim a loss."""

    def report_recovery(self, said: ReportRecovery, *, key: str) -> Taken:
        """Tell what came in after a claim."""

    def job_status(self, job_ref: str) -> Job:
        """What became of a message."""

    def read_covers(self, since: str) -> News:
        """The decisions since a place; since nothing: all that stand."""

    def events(self, after: str) -> News:
        """What happened after a place."""

    def records(self) -> list[Record]:
        """The messages it holds of ours."""


Convert = Callable[[Any], dict[str, Any]]
Plan = Mapping[str, Any]
"""The retry plan: the value of the policy ``house.insurer_exchange``."""


def as_it_is(raw: Any) -> dict[str, Any]:
    """What needs no conversion."""
    return raw if isinstance(raw, dict) else {}


def incoming(kind: str, raw: Any, *, convert: Convert = as_it_is, ref: str = "", sequence: int = 0) -> Incoming:
    """What an insurer said, read; what cannot be read is kept with the reason.

    ``ref`` is the insurer's own number of it; a decision's own number stands in for it. ``raw`` stays without
    what its names call secret.
    """
    text = masked_text(raw)
    kind, ref = keepable(kind[:20]), keepable(ref[:200])
    sequence = sequence if 0 <= sequence < SEQUENCE_MAX else 0
    problem: SeawallError
    try:
        if kind not in INCOMING:
            raise Malformed("{text} is nothing that an insurer may say.", text=str(kind)[:40])  # noqa: TRY301
        message: Any = of_json(INCOMING[kind][1], convert(raw))
        key = (
            f"decision {_short(message.decision_id)}" if kind == "decision" else f"event {_short(ref or digest(text))}"
        )
        sequence = message.sequence if kind == "decision" else sequence
        return Incoming(kind, key, text[:RAW_CHARACTERS], to_json(message), ref, sequence)
    except Malformed as error:
        problem = error
    except (KeyError, TypeError, ValueError, AttributeError, LookupError) as error:
        problem = Malformed("{field} is missing.", field=str(error)[:80])
    said = {name: keepable(str(value)) for name, value in problem.params.items() if name != "column"}
    return Incoming(kind, f"bad {digest(text)}", text[:RAW_CHARACTERS], None, ref, sequence, (problem.template, said))


def _short(number: str) -> str:
    return number if len(number) <= KEY_CHARACTERS else digest(number)


def digest(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def parsed(text: str | bytes) -> Any:
    """The JSON of a text; numbers stay whole or text.

    Raises:
        ValueError: it is none, or one inside the other too often.
    """
    try:
        said = json.loads(text, parse_float=str)
    except RecursionError:
        raise ValueError from None
    if not _is_flat(said, LEVELS):
        raise ValueError
    return said


def _is_flat(said: Any, levels: int) -> bool:
    inside = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
    return levels > 0 and all(_is_flat(each, levels - 1) for each in inside)


def content_digest(body: Mapping[str, Any]) -> str:
    """A short name for what a message says; both sides work it out of the same JSON."""
    return digest(json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One question to an insurer and its answer, secrets masked, for the log."""

    method: str
    path: str
    status: int | None
    sent: str
    answered: str
    template: str = ""
    params: dict[str, str] = field(default_factory=dict)


def pause_after(attempts: int, plan: Plan, asked_for: float | None = None) -> float:
    """Seconds until the next attempt after so many; never sooner than the insurer asked for."""
    pauses = plan["retry_seconds"]
    pause = float(pauses[min(attempts, len(pauses)) - 1])
    return max(pause, asked_for or 0.0)
