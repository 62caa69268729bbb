"""Insurers over the API: connections, what is said to them and how far it came, what they said, both sides compared."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from seawall.api.v1 import problems
from seawall.api.v1.asking import After, Limit, Text, number_after, page_of
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.api.v1.shapes import Page
from seawall.engine.kernel.errors import InputError
from seawall.services import insurer_comparing, insurer_events, insurer_files, insurer_messages, insurers, uploads
from seawall.services.insurers import Given

router = Router(tags=["insurers"])
Number = Annotated[int, Field(ge=1, le=2**53)]
Code = Annotated[str, Field(min_length=1, max_length=100)]
Value = Annotated[str, Field(max_length=20_000)]
Reason = Annotated[str, Field(min_length=1, max_length=300)]
MessageKind = Literal[
    "request_cover", "change_cover", "notify", "report_adverse", "declare", "file_claim", "report_recovery"
]
MessageState = Literal["waiting", "sending", "taken", "done", "refused", "failed", "uncertain", "withdrawn"]
EventState = Literal["taken", "quarantined", "replaced", "dismissed"]


class InsurerAsked(Schema):
    """A connection to add. `settings` is what its kind must be told; `secret` is sealed and never shown again."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    kind: Annotated[str, Field(max_length=40, examples=["file", "neutral", "allianz", "atradius", "coface"])]
    policy: Code
    settings: dict[str, Value] = Field(default_factory=dict, max_length=20)
    secret: Value = ""
    entity: Text = Field("", description="Whose policy it is; empty: every entity's.")


class InsurerShown(Schema):
    """A connection; `say` are the messages its interface can hear."""

    connection_id: int
    name: str
    kind: str
    title: str
    policy: str
    entity: str
    settings: dict[str, str]
    has_secret: bool
    has_hook: bool
    is_experimental: bool
    basis: str
    is_file: bool
    say: list[str]
    state: str
    is_paused: bool
    recorded_at: dt.datetime
    removed_at: dt.datetime | None


class InsurerList(Schema):
    """Connections by name."""

    rows: list[InsurerShown]


class InsurerTested(Schema):
    """The insurer answers and lets us in."""

    answers: bool


class InsurerSecret(Schema):
    """Another secret for a connection."""

    secret: Annotated[str, Field(min_length=1, max_length=20_000)]


class InsurerHook(Schema):
    """The address of ours that the insurer shall tell what happens: it ends with /insurers/NUMBER/events/."""

    url: Annotated[str, Field(min_length=1, max_length=500)]


class CompanyShown(Schema):
    """A company as the insurer knows it."""

    company_ref: str
    name: str
    country: str
    registration_id: str


class Companies(Schema):
    """The insurer's companies that may be a customer."""

    rows: list[CompanyShown]


class LinkAsked(Schema):
    """Which of the insurer's companies a customer is."""

    customer: Code
    company_ref: Code
    name: Text = ""


class LinkShown(Schema):
    """A customer and its company."""

    customer_code: str
    company_ref: str
    name: str
    recorded_at: dt.datetime


class LinkList(Schema):
    """Which company each customer is."""

    rows: list[LinkShown]


class LinkDone(Schema):
    """How many decisions had waited for the link."""

    taken: int


class ExchangeShown(Schema):
    """One question and its answer, secrets masked."""

    at: dt.datetime
    method: str
    path: str
    status: int | None
    sent: str
    answered: str
    problem: str


class ExchangeList(Schema):
    """Questions and answers, newest first."""

    rows: list[ExchangeShown]


class MessageAsked(Schema):
    """Something to say to an insurer. `fields` are the message's own, see docs/reference/insurer-messages.md."""

    kind: MessageKind
    customer: Annotated[str, Field(max_length=100)] = ""
    fields: dict[str, Any] = Field(default_factory=dict, max_length=40)


class MessageShown(Schema):
    """A message, and how far it came."""

    message_no: int
    connection_id: int
    key: str
    kind: str
    customer_code: str
    item_number: str
    body: dict[str, Any]
    said_by: str
    state: MessageState
    attempts: int
    next_at: dt.datetime | None
    ref: str
    problem: str
    recorded_at: dt.datetime
    exchanges: list[ExchangeShown]


class MessagePage(Page):
    """Messages, newest first."""

    rows: list[MessageShown]


class ExportAsked(Schema):
    """Which messages to hand over, or which file to have again."""

    kind: MessageKind = "request_cover"
    format: Literal["csv", "xlsx"] = "csv"
    batch: Annotated[str, Field(max_length=60)] = ""


class FileShown(Schema):
    """A file, as base64."""

    name: str
    batch: str
    count: int
    content: str


class FileSent(Schema):
    """A file of the insurer's, as base64."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    content: Annotated[str, Field(max_length=20_000_000)]


class FileTaken(Schema):
    """What a file brought."""

    taken: int
    apart: int
    facts: int


class CoverWithdrawal(Schema):
    """Why."""

    reason: Reason


class EventShown(Schema):
    """Something an insurer said; `raw` is as it came."""

    event_no: int
    connection_id: int
    kind: str
    state: EventState
    way: str
    customer_code: str
    ref: str
    body: dict[str, Any]
    raw: str
    problem: str
    recorded_at: dt.datetime


class EventPage(Page):
    """What insurers said, newest first."""

    rows: list[EventShown]


class ComparisonShown(Schema):
    """Both sides on a day; `differences` name what, about what, and what each side holds."""

    connection_id: int
    connection: str
    on: dt.date
    holds: bool
    counts: dict[str, int]
    differences: list[dict[str, Any]]
    recorded_at: dt.datetime


class ComparisonList(Schema):
    """The newest comparison of each connection."""

    rows: list[ComparisonShown]


@router.get("/insurers", response=problems.responses(InsurerList))
def listed(request: HttpRequest, *, removed: bool = False) -> dict[str, Any]:
    """Connections to insurers; with `removed` those too that are no more."""
    return {"rows": [each.as_json() for each in insurers.listed(actor_of(request), with_removed=removed)]}


@router.post("/insurers", response=problems.responses(InsurerShown, 404, 409))
def add(request: HttpRequest, asked: InsurerAsked, key: Key = "") -> Any:
    """Connect an insurer; nobody is asked yet."""
    actor = actor_of(request)
    given = Given(asked.name, asked.kind, asked.policy, asked.settings, asked.secret, asked.entity)
    number = insurers.add(actor, given, key=key_of(actor, key))
    return insurers.shown(actor, connection_id=number).as_json()


@router.get("/insurers/{connection_id}", response=problems.responses(InsurerShown, 404))
def one(request: HttpRequest, connection_id: Number) -> Any:
    """One connection."""
    return insurers.shown(actor_of(request), connection_id=connection_id).as_json()


@router.delete("/insurers/{connection_id}", response=problems.responses(InsurerShown, 404, 409))
def remove(request: HttpRequest, connection_id: Number, key: Key = "") -> Any:
    """End a connection and forget its secrets; what was said stays on record."""
    actor = actor_of(request)
    insurers.remove(actor, connection_id=connection_id, key=key_of(actor, key))
    return insurers.shown(actor, connection_id=connection_id).as_json()


@router.post("/insurers/{connection_id}/test", response=problems.responses(InsurerTested, 404, 409, 502))
def test(request: HttpRequest, connection_id: Number) -> Any:
    """See whether the insurer lets us in; nothing is said."""
    insurers.try_it(actor_of(request), connection_id=connection_id, at=timezone.now())
    return {"answers": True}


@router.post("/insurers/{connection_id}/pause", response=problems.responses(InsurerShown, 404, 409))
def pause(request: HttpRequest, connection_id: Number, key: Key = "") -> Any:
    """Send and ask nothing for now; what is said meanwhile waits."""
    return _paused(request, connection_id, is_paused=True, key=key)


@router.post("/insurers/{connection_id}/resume", response=problems.responses(InsurerShown, 404, 409))
def resume(request: HttpRequest, connection_id: Number, key: Key = "") -> Any:
    """Go on, with what has waited first."""
    return _paused(request, connection_id, is_paused=False, key=key)


@router.post("/insurers/{connection_id}/secret", response=problems.responses(InsurerShown, 404, 409))
def secret(request: HttpRequest, connection_id: Number, asked: InsurerSecret, key: Key = "") -> Any:
    """Put another secret in the place of a connection's."""
    actor = actor_of(request)
    insurers.new_secret(actor, connection_id=connection_id, secret=asked.secret, key=key_of(actor, key))
    return insurers.shown(actor, connection_id=connection_id).as_json()


@router.post("/insurers/{connection_id}/subscribe", response=problems.responses(InsurerShown, 404, 409, 502))
def subscribe(request: HttpRequest, connection_id: Number, asked: InsurerHook, key: Key = "") -> Any:
    """Have the insurer tell an address of ours what happens, signed with a secret made now."""
    actor = actor_of(request)
    insurers.subscribe(actor, connection_id=connection_id, url=asked.url, at=timezone.now(), key=key_of(actor, key))
    return insurers.shown(actor, connection_id=connection_id).as_json()


@router.get("/insurers/{connection_id}/companies", response=problems.responses(Companies, 404, 502))
def companies(request: HttpRequest, connection_id: Number, customer: Code) -> Any:
    """The insurer's companies that may be a customer."""
    found = insurers.candidates(
        actor_of(request), connection_id=connection_id, customer_code=customer, at=timezone.now()
    )
    return {"rows": found}


@router.get("/insurers/{connection_id}/links", response=problems.responses(LinkList, 404))
def links(request: HttpRequest, connection_id: Number) -> Any:
    """Which company each customer is."""
    return {"rows": insurers.links(actor_of(request), connection_id=connection_id)}


@router.post("/insurers/{connection_id}/links", response=problems.responses(LinkDone, 404, 409))
def link(request: HttpRequest, connection_id: Number, asked: LinkAsked, key: Key = "") -> Any:
    """Say which of the insurer's companies a customer is; decisions that waited for it are taken."""
    actor = actor_of(request)
    taken = insurers.link(
        actor, connection_id=connection_id, customer_code=asked.customer, company_ref=asked.company_ref,
        name=asked.name, key=key_of(actor, key),
    )  # fmt: skip
    return {"taken": taken}


@router.get("/insurers/{connection_id}/log", response=problems.responses(ExchangeList, 404))
def log(request: HttpRequest, connection_id: Number, limit: Limit = 100) -> Any:
    """Every question to an insurer and its answer, newest first, secrets masked."""
    found = insurer_messages.exchanges(actor_of(request), connection_id=connection_id, limit=limit)
    return {"rows": [each.as_json() for each in found]}


@router.post("/insurers/{connection_id}/compare", response=problems.responses(ComparisonShown, 404, 409, 502))
def compare(request: HttpRequest, connection_id: Number, key: Key = "") -> Any:
    """Hold both sides against each other now; what we lack is taken over first."""
    actor = actor_of(request)
    found = insurer_comparing.compare(actor, connection_id=connection_id, at=timezone.now(), key=key_of(actor, key))
    return found.as_json()


@router.post("/insurers/{connection_id}/export", response=problems.responses(FileShown, 404, 409))
def export(request: HttpRequest, connection_id: Number, asked: ExportAsked, key: Key = "") -> Any:
    """Hand over all messages of a kind that wait, as one file; with `batch` a file that left, once more."""
    actor = actor_of(request)
    if asked.batch:
        made = insurer_files.again(actor, connection_id=connection_id, batch=asked.batch, form=asked.format)
    else:
        made = insurer_files.export(
            actor, connection_id=connection_id, kind=asked.kind, form=asked.format, key=key_of(actor, key)
        )
    content = base64.b64encode(made.content).decode()
    return {"name": made.name, "batch": made.batch, "count": made.count, "content": content}


@router.post("/insurers/{connection_id}/import", response=problems.responses(FileTaken, 404, 409))
def take(request: HttpRequest, connection_id: Number, asked: FileSent, key: Key = "") -> Any:
    """Take a file of the insurer's with decisions or answers; what cannot be taken is set apart."""
    try:
        content = base64.b64decode(asked.content, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("This is no base64.", column="content") from None
    actor = actor_of(request)
    name = uploads.plain_name(asked.name)
    return insurer_files.take(actor, connection_id=connection_id, name=name, content=content, key=key_of(actor, key))


@router.get("/insurer-comparisons", response=problems.responses(ComparisonList))
def comparisons(request: HttpRequest) -> Any:
    """The newest comparison of each connection."""
    return {"rows": [each.as_json() for each in insurer_comparing.latest(actor_of(request))]}


@router.post("/insurers/{connection_id}/messages", response=problems.responses(MessageShown, 404, 409))
def say(request: HttpRequest, connection_id: Number, asked: MessageAsked, key: Key = "") -> Any:
    """Have something said to an insurer: it goes out once, within a minute."""
    actor = actor_of(request)
    number = insurer_messages.say(
        actor, connection_id=connection_id, kind=asked.kind, fields=asked.fields, customer_code=asked.customer,
        key=key_of(actor, key),
    )  # fmt: skip
    return insurer_messages.shown(actor, message_no=number).as_json()


@router.get("/insurer-messages", response=problems.responses(MessagePage))
def messages(
    request: HttpRequest, *, connection: Number | None = None, state: MessageState | None = None,
    customer: Text = "", after: After = "", limit: Limit = 100,
) -> Any:  # fmt: skip
    """What was said to insurers, newest first."""
    rows = insurer_messages.listed(
        actor_of(request), connection_id=connection, state=state or "", customer_code=customer,
        before=number_after(after), limit=limit + 1,
    )  # fmt: skip
    return page_of(rows, limit, "message_no")


@router.get("/insurer-messages/{number}", response=problems.responses(MessageShown, 404))
def message(request: HttpRequest, number: Number) -> Any:
    """One message with every question and answer it took."""
    return insurer_messages.shown(actor_of(request), message_no=number).as_json()


@router.post("/insurer-messages/{number}/again", response=problems.responses(MessageShown, 404, 409))
def again(request: HttpRequest, number: Number, key: Key = "") -> Any:
    """Have a message sent once more, under its same key, that was given up or may have arrived."""
    actor = actor_of(request)
    insurer_messages.again(actor, message_no=number, key=key_of(actor, key))
    return insurer_messages.shown(actor, message_no=number).as_json()


@router.post("/insurer-messages/{number}/withdraw", response=problems.responses(MessageShown, 404, 409))
def withdraw(request: HttpRequest, number: Number, asked: CoverWithdrawal, key: Key = "") -> Any:
    """Not have a message sent; with a reason."""
    actor = actor_of(request)
    insurer_messages.withdraw(actor, message_no=number, reason=asked.reason, key=key_of(actor, key))
    return insurer_messages.shown(actor, message_no=number).as_json()


@router.get("/insurer-events", response=problems.responses(EventPage))
def events(
    request: HttpRequest, *, connection: Number | None = None, state: EventState | None = None, after: After = "",
    limit: Limit = 100,
) -> Any:  # fmt: skip
    """What insurers said, newest first; what could not be read is `quarantined`."""
    actor = actor_of(request)
    rows = insurer_events.listed(
        actor, insurers.seen(actor), connection_id=connection, state=state or "", before=number_after(after),
        limit=limit + 1,
    )  # fmt: skip
    return page_of(rows, limit, "event_no")


@router.get("/insurer-events/{number}", response=problems.responses(EventShown, 404))
def event(request: HttpRequest, number: Number) -> Any:
    """One thing an insurer said."""
    return _event(request, number)


@router.post("/insurer-events/{number}/again", response=problems.responses(EventShown, 404, 409))
def read_again(request: HttpRequest, number: Number, key: Key = "") -> Any:
    """Read once more what was set apart."""
    actor = actor_of(request)
    insurer_events.again(actor, insurers.seen(actor), event_no=number, key=key_of(actor, key))
    return _event(request, number)


@router.post("/insurer-events/{number}/dismiss", response=problems.responses(EventShown, 404, 409))
def dismiss(request: HttpRequest, number: Number, asked: CoverWithdrawal, key: Key = "") -> Any:
    """Put away what was set apart, with a reason; it stays on record as it came."""
    actor = actor_of(request)
    seen = insurers.seen(actor)
    insurer_events.dismiss(actor, seen, event_no=number, reason=asked.reason, key=key_of(actor, key))
    return _event(request, number)


def _event(request: HttpRequest, number: int) -> dict[str, Any]:
    actor = actor_of(request)
    return insurer_events.view(insurer_events.found(actor, insurers.seen(actor), number)).as_json()


def _paused(request: HttpRequest, connection_id: int, *, is_paused: bool, key: str) -> Any:
    actor = actor_of(request)
    insurers.pause(actor, connection_id=connection_id, is_paused=is_paused, key=key_of(actor, key))
    return insurers.shown(actor, connection_id=connection_id).as_json()
