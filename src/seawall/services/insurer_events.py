"""What insurers say: each thing once, whatever way it came; what cannot be read is kept as it came, shown, and mended.

A decision counts by its number at the insurer, never by when it came: one that was overtaken on its way changes
nothing that is newer.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import NotFound, Refused
from seawall.exchange.insurers.masking import RAW_CHARACTERS, masked, masked_text
from seawall.exchange.insurers.messages import INCOMING, of_json
from seawall.exchange.insurers.port import Incoming, incoming
from seawall.services import access, reasons, subjects
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.insurer_opening import actor_of, secrets_of
from seawall.store.models import InsuredCompany, InsurerConnection, InsurerEvent, InsurerMessage, InsurerSending

State = InsurerEvent.State
Way = InsurerEvent.Way
STATES: Final = {
    "taken": gettext_noop("taken"), "quarantined": gettext_noop("set apart"),
    "replaced": gettext_noop("came again, readable"), "dismissed": gettext_noop("seen and put away"),
}  # fmt: skip
WAYS: Final = {
    "job": gettext_noop("answer to a question"), "news": gettext_noop("news that were asked for"),
    "call": gettext_noop("call of the insurer"), "covers": gettext_noop("comparison"), "file": gettext_noop("file"),
}  # fmt: skip
_ENDS: Final = {"rejected": InsurerSending.State.REFUSED}


@dataclass(frozen=True, slots=True)
class EventView:
    """Something an insurer said, as shown."""

    event_no: int
    connection_id: int
    connection: str
    kind: str
    state: str
    way: str
    customer_code: str
    ref: str
    body: dict[str, Any]
    raw: str
    template: str
    params: dict[str, Any]
    recorded_at: dt.datetime

    def as_json(self) -> dict[str, Any]:
        """For doors; the sentence in English."""
        return {
            "event_no": self.event_no, "connection_id": self.connection_id, "kind": self.kind, "state": self.state,
            "way": self.way, "customer_code": self.customer_code, "ref": self.ref, "body": self.body, "raw": self.raw,
            "problem": self.template.format(**self.params) if self.template else "",
            "recorded_at": self.recorded_at.isoformat(),
        }  # fmt: skip


def take(write: Write, row: InsurerConnection, said: Iterable[Incoming], way: Way, *, place: str | None = None) -> int:
    """Write down what is new of what an insurer said; returns how much that was.

    ``place`` is where a page of news began, so that what could not be read is asked for once more.
    """
    secrets = secrets_of(row)
    return sum(_taken(write, row, _without(secrets, each), way, place) for each in said)


def _without(secrets: tuple[str, ...], said: Incoming) -> Incoming:
    """What an insurer said, as it is kept; its message stays as it is, for what is read has no long secret any more."""
    problem = said.problem and (said.problem[0], masked(said.problem[1], secrets, is_named=False))
    return replace(said, raw=masked_text(said.raw, secrets)[:RAW_CHARACTERS], problem=problem)


def _taken(write: Write, row: InsurerConnection, said: Incoming, way: Way, place: str | None) -> bool:
    rows = InsurerEvent.objects.every_entity().filter(connection=row)
    mended = 0
    if said.body is not None and said.ref:
        earlier = rows.filter(ref=said.ref, state=State.QUARANTINED, body__isnull=True)
        mended = earlier.update(state=State.REPLACED, changed_at=write.at)
    if rows.filter(key=said.key).exists():
        return bool(mended)
    customer_code, problem = ("", said.problem) if said.body is None else _about(row, said.kind, said.body)
    event = InsurerEvent(
        connection=row, key=said.key, kind=said.kind[:20], ref=said.ref[:200], sequence=said.sequence,
        state=State.QUARANTINED if problem else State.TAKEN, way=way, customer_code=customer_code, body=said.body,
        raw=said.raw, problem=_problem(problem, place), batch_no=write.write_no,
        recorded_at=write.at, changed_at=write.at,
    )  # fmt: skip
    event.save()
    if not problem:
        _carry_out(write, row, event)
    return True


def _about(row: InsurerConnection, kind: str, body: dict[str, Any]) -> tuple[str, tuple[str, dict[str, Any]] | None]:
    """Whom it is about, or why that cannot be said."""
    if kind == "reply":
        message = InsurerMessage.objects.every_entity().filter(connection=row, key=body["message_key"]).first()
        if message is None:
            return "", (gettext_noop("It answers a message that was never sent."), {})
        return message.customer_code, None
    if body.get("policy", row.policy) != row.policy:
        return "", (
            gettext_noop("It is about the policy {policy}, which is not this connection's."),
            {"policy": body["policy"]},
        )
    customer_code = customer_at(row.pk, body["company_ref"])
    if not customer_code:
        return "", (gettext_noop("No customer is linked to the company {company}."), {"company": body["company_ref"]})
    return customer_code, None


def _carry_out(write: Write, row: InsurerConnection, event: InsurerEvent) -> None:
    """What follows from what an insurer said."""
    body = event.body or {}
    if event.kind == "reply":
        if _is_overtaken(row, event):
            write.detail.setdefault("overtaken", []).append(event.key)
            return
        of = InsurerSending.objects.every_entity().filter(message__connection=row, message__key=body["message_key"])
        ref = {"ref": str(body["ref"])[:200]} if body.get("ref") else {}
        end = _ENDS.get(body["answer"], InsurerSending.State.DONE)
        problem = (
            {"template": "{reason}", "params": {"reason": body.get("text", "")}} if body["answer"] in _ENDS else None
        )
        of.update(**ref, state=end, slot=None, problem=problem, changed_at=write.at)
    write.detail.setdefault("said", []).append([event.kind, event.key])


def _is_overtaken(row: InsurerConnection, event: InsurerEvent) -> bool:
    """Whether a later answer to the same message came before this one; without a number nobody knows."""
    if not event.sequence:
        return False
    later = InsurerEvent.objects.every_entity().filter(
        connection=row, kind="reply", state=State.TAKEN, sequence__gt=event.sequence,
        body__message_key=(event.body or {})["message_key"],
    )  # fmt: skip
    return later.exists()


def written(row: InsurerConnection, detail: dict[str, Any], act: Callable[[Write], None]) -> None:
    """Carry out a write of an insurer's own: what came of what it said."""

    def effect(write: Write) -> Result:
        act(write)
        write.detail.update(insurer=row.pk, **detail)
        return {}

    asked = {"insurer": row.pk, **detail}
    execute(actor_of(row), access.INSURER_RECEIVE, effect, request=asked, lock=[f"insurer {row.pk}"])


def take_up(write: Write, row: InsurerConnection, company_ref: str) -> int:
    """Take what was set apart for want of a customer, once a company is linked; returns how much that was."""
    customer_code = customer_at(row.pk, company_ref)
    waits = InsurerEvent.objects.every_entity().filter(
        connection=row, state=State.QUARANTINED, body__company_ref=company_ref
    )
    found = list(waits.order_by("sequence", "id"))
    for event in found:
        event.state, event.customer_code, event.problem, event.changed_at = State.TAKEN, customer_code, None, write.at
        event.save()
        _carry_out(write, row, event)
    return len(found)


def customer_at(connection_id: int, company_ref: str) -> str:
    """The customer that is a company of an insurer's; empty where none is."""
    rows = InsuredCompany.objects.every_entity().filter(connection_id=connection_id)
    newest = rows.filter(company_ref=company_ref).order_by("-id").first()
    if newest is None or rows.filter(customer_code=newest.customer_code, id__gt=newest.pk).exists():
        return ""
    return newest.customer_code


def listed(
    actor: Actor, seen: Any, *, connection_id: int | None = None, state: str = "", kind: str = "",
    customer_code: str = "", before: int | None = None, limit: int = 100,
) -> list[EventView]:  # fmt: skip
    """What insurers said, newest first; ``seen`` are the connections the actor sees."""
    if not subjects.is_name(state, kind, customer_code):
        return []
    rows = InsurerEvent.objects.scoped(actor).filter(connection__in=seen).select_related("connection")
    rows = rows if connection_id is None else rows.filter(connection_id=connection_id)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(customer_code=customer_code) if customer_code else rows
    rows = rows.filter(pk__lt=before) if before is not None else rows
    return [view(row) for row in rows[:limit]]


def limits(row: InsurerConnection) -> list[dict[str, Any]]:
    """The newest decision on each company, policy and layer, as we hold them."""
    rows = InsurerEvent.objects.every_entity().filter(connection=row, kind="decision", state=State.TAKEN)
    newest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for event in rows.order_by("sequence", "id"):
        body: dict[str, Any] = event.body or {}
        newest[body["company_ref"], body["policy"], body.get("layer", "1")] = body
    return [newest[key] for key in sorted(newest)]


def again(actor: Actor, seen: Any, *, event_no: int, key: str = "") -> str:
    """Read once more what was set apart; returns the state it is in then.

    Raises:
        NotFound: no such event for the actor.
        Refused: it is not set apart.
    """
    row = found(actor, seen, event_no)

    def effect(write: Write) -> Result:
        event = _set_apart(row)
        anew = _read_again(event)
        customer_code, problem = (
            ("", anew.problem) if anew.body is None else _about(row.connection, anew.kind, anew.body)
        )
        there = InsurerEvent.objects.every_entity().filter(connection=row.connection, key=anew.key).exclude(pk=row.pk)
        if anew.body is not None and there.exists():
            event.state = State.REPLACED
        elif problem is None:
            event.key, event.kind, event.sequence, event.body = anew.key, anew.kind, anew.sequence, anew.body
            event.state, event.customer_code, event.problem = State.TAKEN, customer_code, None
            _carry_out(write, row.connection, event)
        else:
            event.problem = _problem(problem)
        event.changed_at = write.at
        event.save()
        write.detail.update(insurer=row.connection_id, event=row.pk, changed="read again", state=str(event.state))
        return {"state": str(event.state)}

    return str(execute(actor, access.INSURER_RECEIVE, effect, request={"again": row.pk}, key=key).result["state"])


def dismiss(actor: Actor, seen: Any, *, event_no: int, reason: str, key: str = "") -> None:
    """Put away what was set apart, with a reason; it stays on record as it came.

    Raises:
        NotFound: no such event for the actor.
        Refused: it is not set apart, or no reason is given.
    """
    row = found(actor, seen, event_no)
    said = " ".join(reasons.kept(reason).split())[:300]
    if not said:
        raise Refused("Say why.", code="no_reason", column="reason")

    def effect(write: Write) -> Result:
        event = _set_apart(row)
        event.state, event.changed_at = State.DISMISSED, write.at
        event.save()
        write.detail.update(insurer=row.connection_id, event=row.pk, changed="dismissed", reason=said)
        return {}

    execute(actor, access.INSURER_RECEIVE, effect, request={"dismiss": row.pk, "reason": said}, key=key)


def found(actor: Actor, seen: Any, event_no: int) -> InsurerEvent:
    """One thing an insurer said.

    Raises:
        NotFound: no such event for the actor.
    """
    rows = InsurerEvent.objects.scoped(actor).filter(connection__in=seen)
    row: InsurerEvent | None = rows.select_related("connection", "connection__entity").filter(pk=event_no).first()
    if row is None:
        raise NotFound("There is no insurer's word {number}.", number=event_no)
    return row


def view(row: InsurerEvent) -> EventView:
    """What an insurer said, as shown."""
    said = row.problem or {}
    return EventView(
        row.pk, row.connection_id, row.connection.name, row.kind, str(row.state), str(row.way), row.customer_code,
        row.ref, row.body or {}, row.raw, said.get("template", ""), said.get("params", {}), row.recorded_at,
    )  # fmt: skip


def _set_apart(row: InsurerEvent) -> InsurerEvent:
    event = InsurerEvent.objects.every_entity().select_for_update().get(pk=row.pk)
    if event.state != State.QUARANTINED:
        raise Refused("Only what was set apart can be read again or put away.", code="event_state")
    return event


def _read_again(event: InsurerEvent) -> Incoming:
    """What was set apart, read by the program as it is now."""
    if event.body is not None:
        kind = INCOMING[event.kind][1]
        of_json(kind, event.body)
        return Incoming(event.kind, event.key, event.raw, event.body, event.ref, event.sequence)
    try:
        raw = json.loads(event.raw)
    except ValueError:
        raw = event.raw
    inside = raw.get("body", raw) if isinstance(raw, dict) else raw
    return incoming(event.kind, inside, ref=event.ref, sequence=event.sequence)


def unread(row: InsurerConnection) -> list[str]:
    """Where pages of news began in which something could not be read, and has not come again since."""
    rows = InsurerEvent.objects.every_entity().filter(connection=row, state=State.QUARANTINED, body__isnull=True)
    problems = [event.problem or {} for event in rows]
    return sorted({str(problem["place"]) for problem in problems if "place" in problem})


def _problem(said: tuple[str, dict[str, Any]] | None, place: str | None = None) -> dict[str, Any] | None:
    if said is None:
        return None
    return {"template": said[0], "params": said[1]} | ({} if place is None else {"place": place})
