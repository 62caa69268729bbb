"""The port's own words over HTTP: what the sandbox insurer speaks, and what an insurer without an interface could."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from seawall.exchange.connectors import Field
from seawall.exchange.insurers.adapters import CA, URL, Adapter, Wire
from seawall.exchange.insurers.line import Line, Token, token_of
from seawall.exchange.insurers.messages import (
    OUTGOING,
    ChangeCover,
    Company,
    Declare,
    FileClaim,
    FindCompany,
    Notify,
    ReportAdverse,
    ReportRecovery,
    RequestCover,
    keepable,
    noop,
    of_json,
    to_json,
)
from seawall.exchange.insurers.port import (
    AnswerMalformed,
    Can,
    Incoming,
    Job,
    News,
    Record,
    Taken,
    incoming,
)

CAN: Final = Can(frozenset(OUTGOING), is_idempotent=True, has_news=True, has_covers=True, has_records=True,
                 signs_webhooks=True)  # fmt: skip
STATES: Final = ("pending", "processed", "refused")


class Neutral:
    """An insurer that speaks the port's own words."""

    can = CAN

    def __init__(self, line: Line) -> None:
        self.line = line

    def probe(self) -> None:
        """See whether it lets us in."""
        self._table("GET", "/covers", query={"since": "latest"})

    def find_company(self, asked: FindCompany) -> list[Company]:
        """The companies that fit."""
        found = self._table("GET", "/companies", query=to_json(asked))
        return [of_json(Company, each) for each in _list(found, "companies")]

    def request_cover(self, asked: RequestCover, *, key: str) -> Taken:
        """Ask for a limit."""
        return self._say("request_cover", asked, key)

    def change_cover(self, asked: ChangeCover, *, key: str) -> Taken:
        """Supersede, reduce, cancel or prolong a limit."""
        return self._say("change_cover", asked, key)

    def notify(self, said: Notify, *, key: str) -> Taken:
        """Tell of an overdue invoice, an extension or a plan."""
        return self._say("notify", said, key)

    def report_adverse(self, said: ReportAdverse, *, key: str) -> Taken:
        """Tell what speaks against a buyer."""
        return self._say("report_adverse", said, key)

    def declare(self, said: Declare, *, key: str) -> Taken:
        """Declare turnover, balances or shipments."""
        return self._say("declare", said, key)

    def file_claim(self, said: FileClaim, *, key: str) -> Taken:
        """Claim a loss."""
        return self._say("file_claim", said, key)

    def report_recovery(self, said: ReportRecovery, *, key: str) -> Taken:
        """Tell what came in after a claim."""
        return self._say("report_recovery", said, key)

    def job_status(self, job_ref: str) -> Job:
        """What became of a message."""
        said = self._table("GET", f"/jobs/{quote(job_ref, safe='')}")
        if said.get("status") not in STATES:
            raise AnswerMalformed("The insurer does not say what became of a message.", raw=said)
        decisions = tuple(incoming("decision", each) for each in _list(said, "decisions", required=False))
        reason, ref = (keepable(str(said.get(name, ""))) for name in ("reason", "ref"))
        return Job(said["status"], reason[:500], ref[:100], decisions)

    def read_covers(self, since: str) -> News:
        """The decisions since a place; since nothing: all that stand."""
        said = self._table("GET", "/covers", query={"since": since} if since else None)
        found = tuple(incoming("decision", each) for each in _list(said, "covers"))
        return News(found, _place(said))

    def events(self, after: str) -> News:
        """What happened after a place."""
        said = self._table("GET", "/events", query={"after": after} if after else None)
        return News(tuple(event_of(each) for each in _list(said, "events")), _place(said))

    def records(self) -> list[Record]:
        """The messages it holds of ours."""
        found = _list(self._table("GET", "/records"), "records")
        return [of_json(Record, each) for each in found]

    def subscribe(self, url: str, secret: str) -> None:
        """Have what happens told to an address of ours."""
        self.line.secrets += (secret,)
        self._table("POST", "/subscriptions", body={"url": url, "secret": secret})

    def _say(self, kind: str, message: Any, key: str) -> Taken:
        said = self._table("POST", f"/messages/{kind}", body=to_json(message), headers={"Idempotency-Key": key})
        if not isinstance(said.get("job_ref"), str) or not said["job_ref"]:
            raise AnswerMalformed("The insurer does not say what to ask after.", raw=said)
        return Taken(keepable(said["job_ref"]))

    def _table(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        said = self.line.ask(method, path, **more)
        if not isinstance(said, dict):
            raise AnswerMalformed("The insurer does not answer as expected.", raw=said)
        return said


def fetch(client_id: str, secret: str) -> Any:
    """How a token is got."""

    def get(line: Line) -> Token:
        answer = line.once("POST", "/token", body={"client_id": client_id, "client_secret": secret})
        return token_of(line, line.read(answer))

    return get


def event_of(said: Any) -> Incoming:
    """What an event says, in the form in which the sandbox tells and lists it."""
    if not isinstance(said, dict):
        return incoming("unknown", said)
    ref, sequence = said.get("event_id"), said.get("sequence")
    return incoming(
        str(said.get("kind")), said, convert=lambda raw: raw["body"], ref=ref if isinstance(ref, str) else "",
        sequence=sequence if isinstance(sequence, int) and not isinstance(sequence, bool) else 0,
    )  # fmt: skip


def _list(said: dict[str, Any], name: str, *, required: bool = True) -> list[Any]:
    found = said.get(name, None if required else [])
    if not isinstance(found, list):
        raise AnswerMalformed("The insurer does not answer as expected.", raw=said)
    return found


def _place(said: dict[str, Any]) -> str:
    found = said.get("next")
    if not isinstance(found, str) or keepable(found) != found:
        raise AnswerMalformed("The insurer does not answer as expected.", raw=said)
    return found


def _opened(wire: Wire) -> Neutral:
    return Neutral(wire.line(fetch(wire.told["client_id"], wire.secret)))


ADAPTER: Final = Adapter(
    "neutral", noop("The port's own words (sandbox insurer)"), (URL, Field("client_id", noop("Client id")), CA), CAN,
    _opened, noop("Client secret"),
)  # fmt: skip
