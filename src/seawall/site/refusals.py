"""What Django itself refuses, told by the door that was asked: a problem document or a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _

from seawall.api.v1 import problems
from seawall.web import errors as pages

if TYPE_CHECKING:
    from django.http import HttpRequest

API = "/api/"
CODES = {400: "usage", 408: "too_slow", 413: "too_large", 429: "too_many", 503: "busy"}


def in_short(request: HttpRequest, status: int, sentence: str, params: dict[str, int]) -> HttpResponse:
    """A refusal that costs next to nothing to tell: one sentence in the reader's language."""
    with override(get_language_from_request(request)):
        detail = pages.say(sentence, params)
    if request.path.startswith(API):
        return problems.told(status, code=CODES[status], detail=detail)
    return HttpResponse(f"{detail}\n", status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that cannot be read."""
    if request.path.startswith(API):
        return problems.told(400, code="usage", detail=_("The request cannot be read."))
    return pages.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What a role does not allow."""
    if request.path.startswith(API):
        return problems.told(403, code="not_permitted", detail=_("You may not do this."))
    return pages.forbidden(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that leads nowhere."""
    if request.path.startswith(API):
        return problems.told(404, code="not_found", detail=_("There is nothing at this address."))
    return pages.not_found(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    """A bug."""
    if request.path.startswith(API):
        return problems.told(500, code="broken", detail=_("The answer could not be made. Nothing was written."))
    return pages.broken(request)
