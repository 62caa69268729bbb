"""Reminders over the API: what the caller is reminded of, and its addresses for calendar programs."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from seawall.api.v1 import problems
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.engine.protection.deadlines import KINDS
from seawall.services import alerts, calendar_addresses, reminders

router = Router(tags=["insurance"])
Number = Annotated[int, Field(ge=1, le=2**53)]
if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[KINDS]  # a type checker takes no names that are counted up elsewhere


class Choice(Schema):
    """Whether the caller is reminded, and of which kinds of deadlines; `is_own`: it was chosen."""

    is_on: bool
    kinds: list[Kind]
    is_own: bool


class ChoiceSet(Schema):
    """What to be reminded of; without `kinds` of all of them."""

    is_on: bool
    kinds: list[Kind] | None = None


class CalendarAddress(Schema):
    """An address for calendar programs, without its token."""

    address_no: int
    name: str
    created_at: dt.datetime
    last_read_at: dt.datetime | None


class CalendarAddresses(Schema):
    """The caller's own addresses, newest first."""

    rows: list[CalendarAddress]


class CalendarAsked(Schema):
    """What to call an address."""

    name: Annotated[str, Field(min_length=1, max_length=60)]


class CalendarMade(Schema):
    """The whole address, told this once: whoever has it reads the caller's deadlines."""

    address: str


class AlertAddress(Schema):
    """A chat or a telephone that is told of deadlines, without its address; `state` is that of its newest message."""

    alert_no: int
    name: str
    service: str
    entity: str
    language: Literal["en", "zh-hans"]
    kinds: list[Kind]
    created_at: dt.datetime
    state: Literal["", "waiting", "sending", "sent", "uncertain", "failed"]


class AlertAddresses(Schema):
    """Those of the entities where the caller keeps integrations."""

    rows: list[AlertAddress]


class AlertAsked(Schema):
    """Whom to tell: `address` is one of apprise, such as `slack://…`; without `entity` of every entity's deadlines."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    address: Annotated[str, Field(min_length=1, max_length=1000)]
    entity: Annotated[str, Field(max_length=60)] = ""
    language: Literal["en", "zh-hans"] = "en"
    kinds: list[Kind] | None = None


@router.get("/reminders", response=problems.responses(Choice))
def mine(request: HttpRequest) -> Any:
    """What the caller is reminded of."""
    return reminders.mine(actor_of(request)).as_json()


@router.put("/reminders", response=problems.responses(Choice, 409))
def choose(request: HttpRequest, asked: ChoiceSet, key: Key = "") -> Any:
    """Be reminded of deadlines by mail, or not, and of which kinds."""
    actor = actor_of(request)
    return reminders.choose(actor, is_on=asked.is_on, kinds=asked.kinds, key=key_of(request, key)).as_json()


@router.get("/calendar-addresses", response=problems.responses(CalendarAddresses))
def listed(request: HttpRequest) -> Any:
    """The caller's own addresses for calendar programs."""
    return {"rows": [each.as_json() for each in calendar_addresses.mine(actor_of(request))]}


@router.post("/calendar-addresses", response=problems.responses(CalendarMade, 409))
def make(request: HttpRequest, asked: CalendarAsked, key: Key = "") -> Any:
    """Make an address at which a calendar program reads the caller's deadlines; it is told this once."""
    token = calendar_addresses.make(actor_of(request), name=asked.name, key=key_of(request, key))
    return {"address": request.build_absolute_uri(calendar_addresses.path_of(token))}


@router.delete("/calendar-addresses/{address_no}", response=problems.responses(CalendarAddresses, 404, 409))
def end(request: HttpRequest, address_no: Number, key: Key = "") -> Any:
    """End an address at once."""
    calendar_addresses.end(actor_of(request), address_no, key=key_of(request, key))
    return listed(request)


@router.get("/alert-addresses", response=problems.responses(AlertAddresses))
def chats(request: HttpRequest) -> Any:
    """Chats and telephones that are told of deadlines."""
    return {"rows": [each.as_json() for each in alerts.listed(actor_of(request))]}


@router.post("/alert-addresses", response=problems.responses(AlertAddresses, 404, 409))
def add_chat(request: HttpRequest, asked: AlertAsked, key: Key = "") -> Any:
    """Have a chat or a telephone told of deadlines; its address is sealed and never shown."""
    alerts.add(actor_of(request), **asked.model_dump(), key=key_of(request, key))
    return chats(request)


@router.post("/alert-addresses/{alert_no}/test", response=problems.responses(AlertAddresses, 404, 409))
def try_chat(request: HttpRequest, alert_no: Number, key: Key = "") -> Any:
    """Put a test message before it."""
    alerts.send_test(actor_of(request), alert_no, key=key_of(request, key))
    return chats(request)


@router.delete("/alert-addresses/{alert_no}", response=problems.responses(AlertAddresses, 404, 409))
def end_chat(request: HttpRequest, alert_no: Number, key: Key = "") -> Any:
    """End it and forget its address."""
    alerts.remove(actor_of(request), alert_no, key=key_of(request, key))
    return chats(request)
