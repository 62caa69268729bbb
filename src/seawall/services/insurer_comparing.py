"""Both sides held against each other: the limits we hold and theirs, what we said and what they have of it.

What we lack is taken over first, limits and news alike, by the same way as everything an insurer says; what differs
after that is listed, each with both sides, until there is nothing left.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import OutsideError, Refused, SeawallError
from seawall.exchange.insurers.port import Incoming, Insurer, content_digest
from seawall.services import access, insurer_events, insurer_facts, insurer_rounds, insurers, jobs
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.insurer_log import logged
from seawall.services.insurer_opening import actor_of, adapter_of, opened
from seawall.services.jobs_work import Working
from seawall.store.models import InsurerComparison, InsurerConnection, InsurerEvent, InsurerMessage, InsurerSending

State = InsurerSending.State
PAGES: Final = 1000
COMPARED: Final = (
    "kind", "amount", "currency", "decided_on", "effective_from", "expires_on", "notice_days", "max_term_days",
    "insured_rate", "conditions",
)  # fmt: skip
DIFFERENCES: Final = {
    "limit_here_only": gettext_noop("a limit we hold and they do not"),
    "limit_there_only": gettext_noop("a limit they hold and we do not"),
    "limit_differs": gettext_noop("a limit that differs"),
    "message_here_only": gettext_noop("a message we sent and they do not have"),
    "message_there_only": gettext_noop("a message they have and we did not send"),
    "message_differs": gettext_noop("a message they have otherwise"),
    "message_twice": gettext_noop("a message they have twice"),
    "message_stopped": gettext_noop("a message that waits for a person"),
    "message_waits": gettext_noop("a message that is still to be sent"),
    "set_apart": gettext_noop("something they said that was set apart"),
    "news_unread": gettext_noop("what they said last, not read to its end"),
    "not_compared": gettext_noop("what this insurer's interface cannot tell"),
}
"""What may differ, in words."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides on a day."""

    connection_id: int
    connection: str
    on: dt.date
    counts: dict[str, int]
    differences: list[dict[str, Any]]
    recorded_at: dt.datetime

    @property
    def holds(self) -> bool:
        """Whether nothing differs; what cannot be asked is said and is no difference."""
        return all(each["what"] == "not_compared" for each in self.differences)

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "connection_id": self.connection_id, "connection": self.connection, "on": self.on.isoformat(),
            "holds": self.holds, "counts": self.counts, "differences": self.differences,
            "recorded_at": self.recorded_at.isoformat(),
        }  # fmt: skip


def compare(actor: Actor, *, connection_id: int, at: dt.datetime, key: str = "") -> Comparison:
    """Hold both sides of one connection against each other now.

    Raises:
        NotFound: no such connection for the actor.
        Refused: it has no line.
        OutsideError: the insurer does not answer.
    """
    row = insurers.found(actor, connection_id, verb=access.INSURER_RECEIVE)
    adapter = adapter_of(row.kind)
    if adapter.is_file or row.removed_at is not None:
        raise Refused("This insurer cannot be asked: compare its files by hand.", code="insurer_by_file")
    port = opened(row, now=at, log=logged(row, at))
    theirs = _covers(port) if adapter.can.has_covers else None
    if theirs:
        _take_over(row, theirs)
    unheard = [] if not adapter.can.has_news or _heard(row, at) else [_difference("news_unread", "news", None, None)]
    for place in insurer_events.unread(row) if adapter.can.has_news else []:
        _take_over(row, list(port.events(place).said))
    insurer_facts.post(row)
    records = port.records() if adapter.can.has_records else None
    differences = [*_of_limits(row, theirs), *_of_messages(row, records), *_of_ours(row), *unheard]
    counts = dict(Counter(each["what"] for each in differences))

    def effect(write: Write) -> Result:
        made = InsurerComparison.objects.create(
            connection=row, on=at.date(), counts=counts, differences=differences, batch_no=write.write_no,
            recorded_at=write.at,
        )  # fmt: skip
        write.detail.update(insurer=row.pk, compared=at.date().isoformat(), counts=counts)
        return {"comparison": made.pk}

    done = execute(actor, access.INSURER_RECEIVE, effect, request={"compare": row.pk}, key=key)
    return _view(InsurerComparison.objects.scoped(actor).select_related("connection").get(pk=done.result["comparison"]))


def latest(actor: Actor) -> list[Comparison]:
    """The newest comparison of each connection.

    Raises:
        NotPermitted: the actor has nothing to do with insurers.
    """
    newest: dict[int, Comparison] = {}
    rows = InsurerComparison.objects.scoped(actor).filter(connection__in=insurers.seen(actor))
    for row in rows.select_related("connection").order_by("connection_id", "-id").distinct("connection_id"):
        newest[row.connection_id] = _view(row)
    return list(newest.values())


def _covers(port: Insurer) -> list[Incoming]:
    """All limits that stand at the insurer's."""
    news = port.read_covers("")
    return list(news.said)


def _heard(row: InsurerConnection, at: dt.datetime) -> bool:
    """Take over their news too, for an answer to a message stands in no other list; False where some may be unread."""
    try:
        return insurer_rounds.heard(row, now=at)
    except (OutsideError, Refused):
        return False


def _take_over(row: InsurerConnection, theirs: list[Incoming]) -> None:
    def effect(write: Write) -> Result:
        taken = insurer_events.take(write, row, theirs, InsurerEvent.Way.COVERS)
        if not taken:
            write.change_nothing()
        write.detail.update(insurer=row.pk, taken_over=taken)
        return {}

    asked = {"take_over": row.pk}
    execute(actor_of(row), access.INSURER_RECEIVE, effect, request=asked, lock=[f"insurer {row.pk}"])


def _of_limits(row: InsurerConnection, theirs: list[Incoming] | None) -> Iterator[dict[str, Any]]:
    if theirs is None:
        yield _difference("not_compared", "limits", None, None)
        return
    here = {_whose(body): body for body in insurer_events.limits(row)}
    there = {_whose(each.body): each.body for each in theirs if each.body}
    for whose in sorted(here.keys() | there.keys()):
        about = " ".join(whose)
        mine, other = here.get(whose), there.get(whose)
        if mine is None or other is None:
            yield _difference("limit_there_only" if mine is None else "limit_here_only", about, mine, other)
        elif differs := [name for name in COMPARED if mine.get(name) != other.get(name)]:
            yield _difference("limit_differs", about, _of(mine, differs), _of(other, differs))


def _of_messages(row: InsurerConnection, records: list[Any] | None) -> Iterator[dict[str, Any]]:
    if records is None:
        yield _difference("not_compared", "messages", None, None)
        return
    ours = {
        message.key: message
        for message in InsurerMessage.objects.every_entity().filter(connection=row).select_related("sending")
    }
    counted = Counter(each.message_key for each in records)
    there = {each.message_key: each for each in records}
    for key, message in ours.items():
        has = message.sending.state in (State.TAKEN, State.DONE)
        if key not in there and has:
            yield _difference("message_here_only", key, message.body, None, message.pk)
        elif key in there and there[key].digest != content_digest(message.body):
            yield _difference("message_differs", key, message.body, {"digest": there[key].digest}, message.pk)
    for key, count in counted.items():
        if key not in ours:
            yield _difference("message_there_only", key, None, {"kind": there[key].kind})
        elif count > 1:
            yield _difference("message_twice", key, ours[key].body, {"count": count}, ours[key].pk)


def _of_ours(row: InsurerConnection) -> Iterator[dict[str, Any]]:
    """What has not gone out, and what came in unread."""
    mine = InsurerSending.objects.every_entity().filter(message__connection=row).select_related("message")
    for what, states in (
        ("message_stopped", (State.FAILED, State.UNCERTAIN)), ("message_waits", (State.WAITING, State.SENDING)),
    ):  # fmt: skip
        for sending in mine.filter(state__in=states):
            yield _difference(what, sending.message.key, sending.message.body, None, sending.message.pk)
    unread = InsurerEvent.objects.every_entity().filter(connection=row, state=InsurerEvent.State.QUARANTINED)
    for event in unread:
        yield _difference("set_apart", str(event.pk), None, event.body or {"raw": event.raw[:500]}, event.pk)


def _whose(body: dict[str, Any]) -> tuple[str, str, str]:
    return body["company_ref"], body["policy"], body.get("layer", "1")


def _of(body: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: body.get(name) for name in names}


def _difference(what: str, about: str, ours: Any, theirs: Any, number: int | None = None) -> dict[str, Any]:
    """``number`` is that of the message or event it is about."""
    return {"what": what, "about": about, "ours": ours, "theirs": theirs, "number": number}


def _view(row: InsurerComparison) -> Comparison:
    return Comparison(row.connection_id, row.connection.name, row.on, row.counts, row.differences, row.recorded_at)


def _daily(actor: Actor, _arguments: dict[str, Any], working: Working) -> Result:
    """Compare every connection that has a line; one that does not answer stops no other."""
    differing = failed = 0
    for row in InsurerConnection.objects.every_entity().filter(removed_at=None, is_paused=False):
        if adapter_of(row.kind).is_file:
            continue
        try:
            done = compare(actor, connection_id=row.pk, at=working.now())
        except SeawallError as error:
            failed += 1
            working.say(error.template, **error.kept)
            continue
        differing += not done.holds
        working.say("{insurer}: {count} differences.", insurer=row.name, count=len(done.differences))
    return {"differing": differing, "failed": failed}


jobs.register(
    "insurers", _daily, title=gettext_noop("Comparison with the insurers"), verb=access.INSURER_RECEIVE,
    daily=dt.time(6, 0),
)  # fmt: skip
