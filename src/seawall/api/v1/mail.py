"""Mail over the API: the server, what waits, was sent or is uncertain, and a person's word on it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from seawall.api.v1 import problems
from seawall.api.v1.asking import After, Limit, number_after, page_of
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.api.v1.shapes import Page
from seawall.engine.kernel.errors import NotFound
from seawall.services import mail

router = Router(tags=["mail"])
Number = Annotated[int, Field(ge=1, le=2**53)]
State = Literal["waiting", "sending", "sent", "uncertain", "failed"]
Short = Annotated[str, Field(max_length=300)]


class Mail(Schema):
    """A mail: `uncertain` means that it may have left; it is not sent again unasked."""

    mail_no: int
    template: str
    to: str
    state: State
    attempts: int
    changed_at: dt.datetime
    next_at: dt.datetime | None
    problem: str


class Mails(Page):
    """Mails, newest first."""

    rows: list[Mail]


class MailServer(Schema):
    """The mail server, without its password."""

    host: str
    port: int
    security: str
    username: str
    sender: str
    pages_address: str
    has_password: bool
    is_from_outside: bool


class MailServerSet(Schema):
    """The mail server to hand mail to; an empty password stays as it was for the same host and user."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[str, Field(min_length=3, max_length=254)]
    username: Short = ""
    password: Annotated[str, Field(max_length=500)] = ""
    pages_address: Short = ""


class MailSettled(Schema):
    """A person's word: the mail was sent, or it shall be sent again."""

    how: Literal["sent", "again"]


class MailTest(Schema):
    """To whom a test goes."""

    to: Annotated[str, Field(min_length=3, max_length=254)]


@router.get("/mail", response=problems.responses(Mails))
def listed(request: HttpRequest, state: State | None = None, limit: Limit = 100, after: After = "") -> Any:
    """Mails, newest first."""
    rows = mail.listed(actor_of(request), state=state or "", before=number_after(after), limit=limit + 1)
    return page_of(rows, limit, "mail_no")


@router.post("/mail/test", response=problems.responses(Mails, 409))
def test(request: HttpRequest, asked: MailTest, key: Key = "") -> Any:  # noqa: PT028 - no test of ours
    """Put a test mail into the outbox."""
    actor = actor_of(request)
    mail.send_test(actor, to=asked.to, key=key_of(request, key))
    return listed(request)


@router.get("/mail/server", response=problems.responses(MailServer, 404))
def server(request: HttpRequest) -> Any:
    """The mail server as set."""
    found = mail.kept(actor_of(request))
    if found is None:
        raise NotFound("No mail server is set.")
    return found.as_json()


@router.put("/mail/server", response=problems.responses(MailServer, 404, 409))
def set_server(request: HttpRequest, asked: MailServerSet, key: Key = "") -> Any:
    """Set the mail server."""
    actor = actor_of(request)
    mail.keep(actor, **asked.model_dump(), key=key_of(request, key))
    return server(request)


@router.post("/mail/{mail_no}/settle", response=problems.responses(Mails, 404, 409))
def settle(request: HttpRequest, mail_no: Number, asked: MailSettled, key: Key = "") -> Any:
    """Decide about a mail that is uncertain or failed."""
    actor = actor_of(request)
    mail.settle(actor, mail_no, how=asked.how, key=key_of(request, key))
    return listed(request)
