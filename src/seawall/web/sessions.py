"""The session behind every request: over or not, for whom it acts, and what its user must do first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth import logout
from django.utils import timezone

from seawall.services import sessions
from seawall.services.organisation import day_of
from seawall.services.sign_in_rules import rules, still_to_do

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class SignedInMiddleware:
    """Signs out whose session has ended elsewhere, was idle too long or lasted too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Django's form of a middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at the session once, and leave what was found for both doors."""
        if request.user.is_authenticated:
            look_at(request)
        return self.get_response(request)


def look_at(request: HttpRequest) -> None:
    """Look at the session behind a signed-in request; one that was signed in just now begins here."""
    user, now, asked = cast("Any", request.user), timezone.now(), cast("Any", request)
    asked.seawall_on = day_of(now)
    held = rules(asked.seawall_on)
    asked.seawall_session = sessions.look(
        user,
        key=request.session.session_key or "",
        at=now,
        held=held,
        address=request.META.get("REMOTE_ADDR", ""),
        agent=request.META.get("HTTP_USER_AGENT", ""),
    )
    if asked.seawall_session is None:
        logout(request)
        return
    asked.seawall_must = still_to_do(user, held)
