"""Who calls: a program with a token of its own, or the signed-in reader of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBearer

from seawall.engine.kernel.errors import NotSignedIn
from seawall.services import access, sign_in

if TYPE_CHECKING:
    from django.http import HttpRequest

    from seawall.services.access import Actor


class Token(HttpBearer):
    """``Authorization: Bearer seawall_…``; a token is made on the page Organisation and acts as who made it."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:  # noqa: ARG002 - ninja's signature
        """Who the token acts as; None where it is not valid."""
        try:
            return sign_in.actor_of_token(token, at=timezone.now())
        except NotSignedIn:
            return None


class Session(APIKeyCookie):
    """The session of a signed-in reader, for pages and for trying things out."""

    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:  # noqa: ARG002 - ninja's signature
        """The reader's actor; None where nobody is signed in, or the first password was not changed yet."""
        user = cast("Any", request.user)
        if not user.is_authenticated or user.must_change_password:
            return None
        return access.actor_of(user)


def actor_of(request: HttpRequest) -> Actor:
    """The actor behind a request that came through."""
    return cast("Actor", cast("Any", request).auth)
