"""What Django itself refuses, told by the door that was asked: a problem document or a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seawall.api.v1 import problems
from seawall.web import errors as pages

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that cannot be read."""
    if request.path.startswith(API):
        return problems.told(400, code="usage", detail="The request cannot be read.")
    return pages.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What a role does not allow."""
    if request.path.startswith(API):
        return problems.told(403, code="not_permitted", detail="You may not do this.")
    return pages.forbidden(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that leads nowhere."""
    if request.path.startswith(API):
        return problems.told(404, code="not_found", detail="There is nothing at this address.")
    return pages.not_found(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    """A bug."""
    if request.path.startswith(API):
        return problems.told(500, code="broken", detail="The answer could not be made. Nothing was written.")
    return pages.broken(request)
