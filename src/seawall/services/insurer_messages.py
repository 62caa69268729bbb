"""What is said to insurers: put in the outbox by the write that says it, sent by the worker, shown with its state."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import InputError, NotFound, Refused
from seawall.exchange.insurers.messages import OUTGOING, ChangeCover, FileClaim, RequestCover, of_json, to_json
from seawall.services import access, insurers, reasons, subjects
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.insurer_opening import adapter_of
from seawall.store.models import InsurerConnection, InsurerExchange, InsurerMessage, InsurerSending

State = InsurerSending.State
STATES: Final = {
    "waiting": gettext_noop("waits to be sent"), "sending": gettext_noop("being sent"),
    "taken": gettext_noop("taken, not decided yet"), "done": gettext_noop("done"),
    "refused": gettext_noop("not taken"), "failed": gettext_noop("given up"),
    "uncertain": gettext_noop("may have arrived"), "withdrawn": gettext_noop("withdrawn"),
}  # fmt: skip
OPEN: Final = (State.WAITING, State.SENDING, State.TAKEN, State.UNCERTAIN, State.FAILED)
"""States in which a message is not done with."""

STOPPED: Final = (State.FAILED, State.UNCERTAIN)
"""States that wait for a person."""


class RequestOpen(Refused):
    """A request of the same type is open for the company."""

    code = "request_open"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer, secrets masked."""

    at: dt.datetime
    method: str
    path: str
    status: int | None
    sent: str
    answered: str
    template: str
    params: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """For doors; the sentence in English."""
        return {
            "at": self.at.isoformat(), "method": self.method, "path": self.path, "status": self.status,
            "sent": self.sent, "answered": self.answered,
            "problem": self.template.format(**self.params) if self.template else "",
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message, and how far it came."""

    message_no: int
    connection_id: int
    connection: str
    key: str
    kind: str
    customer_code: str
    item_number: str
    body: dict[str, Any]
    said_by: str
    state: str
    attempts: int
    next_at: dt.datetime | None
    ref: str
    template: str
    params: dict[str, Any]
    recorded_at: dt.datetime
    is_unheard: bool = False
    """The insurer took it, and was given up on: it does not say what became of it."""

    exchanges: tuple[Exchange, ...] = ()

    @property
    def can_go_again(self) -> bool:
        """Whether it waits for a person to have it sent once more."""
        return self.state in STOPPED

    @property
    def can_be_withdrawn(self) -> bool:
        """Whether it was never tried, or waits for a person."""
        return self.state in STOPPED or (self.state == State.WAITING and not self.attempts)

    def as_json(self) -> dict[str, Any]:
        """For doors; the sentence in English."""
        return {
            "message_no": self.message_no, "connection_id": self.connection_id, "key": self.key, "kind": self.kind,
            "customer_code": self.customer_code, "item_number": self.item_number, "body": self.body,
            "said_by": self.said_by, "state": self.state, "attempts": self.attempts, "ref": self.ref,
            "next_at": self.next_at and self.next_at.isoformat(), "recorded_at": self.recorded_at.isoformat(),
            "problem": self.template.format(**self.params) if self.template else "",
            "exchanges": [each.as_json() for each in self.exchanges],
        }  # fmt: skip


def say(
    actor: Actor, *, connection_id: int, kind: str, fields: Mapping[str, Any], customer_code: str = "", key: str = ""
) -> int:
    """Have something said to an insurer; returns the message's number. Who and which policy is filled in.

    Raises:
        NotPermitted: the actor may not.
        NotFound: no such connection or customer for the actor.
        InputError: no such message, or a field is missing or wrong; ``column`` names it.
        Refused: the insurer has no way to hear this, nobody said which company the customer is, or a request of the
            same type is open.
    """
    row = insurers.found(actor, connection_id, verb=access.INSURER_SEND)
    _require_heard(row, kind)
    body = _body(actor, row, kind, fields, customer_code)
    item = str(body.get("item_number", ""))[:100]

    def effect(write: Write) -> Result:
        message = put(write, row, kind, body, customer_code=customer_code, item_number=item)
        return {"message_no": message.pk}

    asked = {"say": kind, "insurer": row.pk, "body": body, "customer": customer_code}
    done = execute(actor, access.INSURER_SEND, effect, request=asked, key=key, lock=[f"insurer {row.pk} say"])
    return int(done.result["message_no"])


def put(
    write: Write, row: InsurerConnection, kind: str, body: dict[str, Any], *, customer_code: str, item_number: str = ""
) -> InsurerMessage:
    """Put a message into the outbox within a write that is under way.

    Raises:
        Refused: a request of the same type is open for this company.
    """
    slot = _slot(row, kind, body)
    if slot and InsurerSending.objects.every_entity().filter(slot=slot).exists():
        raise RequestOpen(
            "A request of this type is open for this company.", hint="Wait for its answer, or withdraw it."
        )
    message = InsurerMessage.objects.create(
        connection=row, key=f"sw-{secrets.token_hex(16)}", kind=kind, customer_code=customer_code,
        item_number=item_number, body=body, batch_no=write.write_no, said_by=str(write.actor), recorded_at=write.at,
    )  # fmt: skip
    InsurerSending.objects.create(message=message, slot=slot, next_at=write.at, changed_at=write.at)
    write.detail.update(insurer=row.pk, message=message.pk, said=kind, customer=customer_code)
    return message


def again(actor: Actor, *, message_no: int, key: str = "") -> None:
    """Have a message sent once more that was given up or may have arrived, under its same key.

    One that the insurer took, and then said nothing of, is asked after once more.

    Raises:
        NotFound: no such message for the actor.
        Refused: it does not wait for a person.
    """
    row = _found(actor, message_no, verb=access.INSURER_SEND)

    def effect(write: Write) -> Result:
        stopped = InsurerSending.objects.scoped(actor).filter(message=row, state__in=STOPPED)
        anew = {"attempts": 0, "next_at": write.at, "silent_since": None, "problem": None, "changed_at": write.at}
        goes_on = stopped.exclude(job_ref="").update(state=State.TAKEN, **anew)
        if not goes_on and not stopped.update(state=State.WAITING, tried_at=None, **anew):
            raise Refused("Only a message that waits for a person can be sent again.", code="message_state")
        write.detail.update(insurer=row.connection_id, message=row.pk, changed="again")
        return {}

    execute(actor, access.INSURER_SEND, effect, request={"again": row.pk}, key=key)


def withdraw(actor: Actor, *, message_no: int, reason: str, key: str = "") -> None:
    """Not have a message sent that was never tried, or was given up, or arrived as a person knows; with a reason.

    Raises:
        NotFound: no such message for the actor.
        Refused: it is on its way or was taken, or no reason is given.
    """
    row = _found(actor, message_no, verb=access.INSURER_SEND)
    said = " ".join(reasons.kept(reason).split())[:300]
    if not said:
        raise Refused("Say why.", code="no_reason", column="reason")

    def effect(write: Write) -> Result:
        mine = InsurerSending.objects.scoped(actor).filter(message=row)
        stopped = mine.filter(state__in=STOPPED) | mine.filter(state=State.WAITING, attempts=0)
        if not stopped.update(state=State.WITHDRAWN, slot=None, changed_at=write.at):
            raise Refused("A message that is on its way or was taken cannot be withdrawn.", code="message_state")
        write.detail.update(insurer=row.connection_id, message=row.pk, changed="withdrawn", reason=said)
        return {}

    execute(actor, access.INSURER_SEND, effect, request={"withdraw": row.pk, "reason": said}, key=key)


def listed(
    actor: Actor, *, connection_id: int | None = None, state: str = "", kind: str = "", customer_code: str = "",
    before: int | None = None, limit: int = 100,
) -> list[MessageView]:  # fmt: skip
    """What was said to insurers, newest first.

    Raises:
        NotPermitted: the actor has nothing to do with insurers.
    """
    rows = _seen(actor)
    if not subjects.is_name(state, kind, customer_code):
        return []
    rows = rows if connection_id is None else rows.filter(connection_id=connection_id)
    rows = rows.filter(sending__state=state) if state else rows
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(customer_code=customer_code) if customer_code else rows
    rows = rows.filter(pk__lt=before) if before is not None else rows
    return [_view(row) for row in rows[:limit]]


def stopped(actor: Actor) -> dict[str, int]:
    """How many messages wait for a person, by state.

    Raises:
        NotPermitted: the actor has nothing to do with insurers.
    """
    rows = _seen(actor).filter(sending__state__in=STOPPED).values_list("sending__state", flat=True)
    return dict(Counter(map(str, rows)))


def shown(actor: Actor, *, message_no: int) -> MessageView:
    """One message with every question and answer it took.

    Raises:
        NotFound: no such message for the actor.
    """
    row = _found(actor, message_no)
    log = InsurerExchange.objects.scoped(actor).filter(message=row).order_by("id")[:200]
    return _view(row, tuple(_exchange(each) for each in log))


def exchanges(actor: Actor, *, connection_id: int, before: int | None = None, limit: int = 100) -> list[Exchange]:
    """Every question to an insurer and its answer, newest first.

    Raises:
        NotFound: no such connection for the actor.
    """
    row = insurers.found(actor, connection_id)
    log = InsurerExchange.objects.scoped(actor).filter(connection=row)
    log = log.filter(pk__lt=before) if before is not None else log
    return [_exchange(each) for each in log[:limit]]


def _require_heard(row: InsurerConnection, kind: str) -> None:
    if row.removed_at is not None:
        raise Refused("The connection was removed.", code="insurer_removed")
    if kind not in OUTGOING or kind == "find_company":
        raise InputError("There is no message named {kind}.", kind=kind[:40], column="kind")
    if kind not in adapter_of(row.kind).can.say:
        raise Refused(
            "This insurer's interface has no way to say this.", hint="Tell it by file, or on its own portal.",
            code="insurer_cannot_say",
        )  # fmt: skip


def _body(
    actor: Actor, row: InsurerConnection, kind: str, fields: Mapping[str, Any], customer_code: str
) -> dict[str, Any]:
    """The message as it goes out, whole and in its form.

    Raises:
        InputError: a field is missing or wrong.
        Refused: nobody said which company the customer is.
    """
    kind_of = OUTGOING[kind][1]
    is_about = "company_ref" in {each.name for each in dataclass_fields(kind_of)}
    made = {**fields, "policy": row.policy, "company_ref": "-"}
    of_json(kind_of, made)
    if is_about:
        made["company_ref"] = _company(actor, row, customer_code)
    elif customer_code:
        subjects.customer_of(actor, customer_code)
    message: Any = of_json(kind_of, made)
    return to_json(message)


def _company(actor: Actor, row: InsurerConnection, customer_code: str) -> str:
    """The company that a customer is.

    Raises:
        InputError: no customer is named.
        NotFound: no such customer for the actor.
        Refused: nobody said which company it is.
    """
    if not customer_code:
        raise InputError("{field} is missing.", field=gettext_noop("Customer code"), column="customer")
    subjects.customer_of(actor, customer_code)
    company_ref = insurers.company_of(row, customer_code)
    if not company_ref:
        raise Refused(
            "Nobody said which company {customer} is at this insurer.", hint="Search it, and link it.",
            code="not_linked", customer=customer_code,
        )  # fmt: skip
    return company_ref


def _slot(row: InsurerConnection, kind: str, body: dict[str, Any]) -> str | None:
    """What only one open message may hold: a company, a policy and a type of request, or a claim."""
    if kind not in ("request_cover", "change_cover", "file_claim"):
        return None
    message: RequestCover | ChangeCover | FileClaim = of_json(OUTGOING[kind][1], body)
    about = f"{message.date_of_loss} {message.cause}" if isinstance(message, FileClaim) else message.request_type
    return f"{row.pk} {message.company_ref} {message.policy} {about}"


def _seen(actor: Actor) -> QuerySet[InsurerMessage]:
    rows = InsurerMessage.objects.scoped(actor).filter(connection__in=insurers.seen(actor))
    return rows.select_related("connection", "sending")


def _found(actor: Actor, message_no: int, *, verb: str = "") -> InsurerMessage:
    rows = InsurerMessage.objects.scoped(actor).filter(connection__in=insurers.seen(actor, verb))
    row = rows.select_related("connection", "sending").filter(pk=message_no).first()
    if row is None:
        raise NotFound("There is no message {number}.", number=message_no)
    return row


def _view(row: InsurerMessage, log: tuple[Exchange, ...] = ()) -> MessageView:
    sending, said = row.sending, row.sending.problem or {}
    return MessageView(
        row.pk, row.connection_id, row.connection.name, row.key, row.kind, row.customer_code, row.item_number,
        row.body, row.said_by, str(sending.state), sending.attempts,
        sending.next_at if sending.state in (State.WAITING, State.TAKEN) else None, sending.ref,
        said.get("template", ""), said.get("params", {}), row.recorded_at,
        sending.state == State.FAILED and bool(sending.job_ref), log,
    )  # fmt: skip


def _exchange(row: InsurerExchange) -> Exchange:
    return Exchange(row.at, row.method, row.path, row.status, row.sent, row.answered, row.template, row.params)
