"""Every refusal as a page in the reader's language: what happened, where, and how to mend it."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from seawall.engine.kernel import errors
from seawall.web import numbers, words

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

STATUS: tuple[tuple[type[errors.SeawallError], HTTPStatus], ...] = (
    (errors.UsageError, HTTPStatus.BAD_REQUEST),
    (errors.InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.PolicyError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.Refused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (errors.TooManyAttempts, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.NotPermitted, HTTPStatus.FORBIDDEN),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.OutsideError, HTTPStatus.BAD_GATEWAY),
)
"""HTTP status by kind of error, the first that fits; anything else is 500."""


def status_of(error: errors.SeawallError) -> HTTPStatus:
    """The HTTP status an error is told with."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def say(template: str, params: dict[str, Any]) -> str:
    """A sentence of the catalogue with its parameters, days and the names of fields as the language writes them."""
    if not template:
        return ""
    shown = {name: _shown(name, value) for name, value in params.items()}
    return _(template).format(**shown) if params else _(template)


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, dt.date):
        return numbers.day_text(value)
    return _(value) if name == "field" and value else words.language().shown(value)


def _title(error: errors.SeawallError) -> str:
    titles = (
        (errors.NotKnown, _("Not known")),
        (errors.PolicyGap, _("A policy has no value for this day")),
        (errors.PolicyError, _("A policy cannot answer")),
        (errors.NotFound, _("Not found")),
        (errors.NotPermitted, _("Not permitted")),
        (errors.Conflict, _("Someone else was there first")),
        (errors.InputError, _("This cannot be used as it is")),
        (errors.UsageError, _("The question is not complete")),
        (errors.Refused, _("Refused")),
    )
    return next((title for kind, title in titles if isinstance(error, kind)), _("Something is broken"))


def refuse(request: HttpRequest, error: errors.SeawallError) -> HttpResponse:
    """The page for one of the product's own errors."""
    status = status_of(error)
    broken = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _page(
        request,
        status,
        code=error.code,
        title=_title(error),
        message=say(error.template, error.params),
        hint=_("Nothing was written. Run `seawall check` and tell whoever keeps this system.")
        if broken
        else say(error.hint_template, error.params),
        where=words.language().place(error.where),
        asks_day=isinstance(error, errors.NotKnown | errors.PolicyGap),
        day=request.GET.get("as_of", ""),
    )


def _page(request: HttpRequest, status: HTTPStatus, **context: Any) -> HttpResponse:
    from seawall.web.reader import frame_of  # noqa: PLC0415 - the frame needs the errors for its own refusals

    if getattr(request, "htmx", False):
        return render(request, "errors/panel.html", context, status=status)
    frame = frame_of(request)
    base = "base.html" if frame else "errors/bare.html"
    ways = [{"address": request.path, "words": _("The same page, with nothing chosen")}] if request.GET else []
    ways.append({"address": reverse("today"), "words": _("To Today")})
    return render(
        request,
        "errors/error.html",
        frame | context | {"base": base, "status": int(status), "ways": ways},
        status=status,
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The page for an address that leads nowhere."""
    return refuse(request, errors.NotFound("There is no such page.", hint="Check the address, or go on from the menu."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The page for what a role does not allow."""
    return refuse(request, errors.NotPermitted("You may not do this.", hint="Ask an administrator for the right."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The page for a request that cannot be read."""
    return refuse(request, errors.UsageError("The request cannot be read."))


@requires_csrf_token
def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The page for a form that came from elsewhere, or after its session had ended."""
    return refuse(
        request,
        errors.NotPermitted(
            "This form is too old, or came from another site.", hint="Open the page again and send it once more."
        ),
    )


def broken(request: HttpRequest) -> HttpResponse:
    """The page for a bug; it needs nothing that could itself be broken."""
    return render(
        request,
        "errors/error.html",
        {
            "base": "errors/bare.html",
            "status": 500,
            "code": "broken",
            "title": _("Something is broken"),
            "message": _("The page could not be made. Nothing was written."),
            "hint": _("Try again; if it stays, tell whoever keeps this system, with the time it happened."),
            "ways": [{"address": "/", "words": _("To Today")}],
        },
        status=500,
    )
