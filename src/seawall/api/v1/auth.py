"""Who calls: a program with a token of its own, or the signed-in reader of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBearer

from seawall.engine.kernel.errors import NotSignedIn
from seawall.exchange import limits
from seawall.services import sessions, sign_in
from seawall.services.access import Actor
from seawall.services.organisation import day_of

if TYPE_CHECKING:
    from django.http import HttpRequest


ACTS_FOR = "Seawall-Acts-For"
"""The header by which a deputy's token names whom it acts for."""


class Token(HttpBearer):
    """``Authorization: Bearer seawall_…``; a token is made on the page Organisation and acts as who made it."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Who the token acts as; None where it is not valid, which is counted."""
        now = timezone.now()
        try:
            acts_for = request.headers.get(ACTS_FOR, "")
            actor = sign_in.actor_of_token(token, at=now, acts_for=acts_for, on=day_of(now) if acts_for else None)
        except NotSignedIn:
            sign_in.note_wrong_token(token, address=request.META.get("REMOTE_ADDR", ""), at=now)
            return None
        _read(request)
        return actor


def holder(request: HttpRequest) -> int | None:
    """The user whose valid token a request carries: whose turn it is, before anybody is let in or anything counted."""
    secret = request.headers.get("Authorization", "").partition(" ")[2]
    return sign_in.holder_of_token(secret, at=timezone.now())


def _read(request: HttpRequest) -> None:
    """Read the JSON of a program that is known: Django reads no more than a form of a page needs."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if request.content_type == "application/json" and length <= limits.REQUEST_BYTES:
        cast("Any", request)._body = request.read()  # noqa: SLF001 - where Django itself keeps it


class Session(APIKeyCookie):
    """The session of a signed-in reader, for pages and for trying things out."""

    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:  # noqa: ARG002 - ninja's signature
        """The reader's actor; None where nobody is signed in, or something must be done first."""
        asked = cast("Any", request)
        if not asked.user.is_authenticated or asked.seawall_must:
            return None
        return sessions.actor_of(asked.user, asked.seawall_session, on=asked.seawall_on)


def actor_of(request: HttpRequest) -> Actor:
    """The actor behind a request that came through."""
    return cast("Actor", cast("Any", request).auth)


def key_of(caller: HttpRequest | Actor, given: str) -> str:
    """The idempotency key of a request: a caller's keys are its own, and say nothing to others."""
    actor = caller if isinstance(caller, Actor) else actor_of(caller)
    return f"api {actor.user_id} {given}" if given else ""
