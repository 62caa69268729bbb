"""What a monitor asks: is it alive, is it ready, how is it doing; and the log line and figures of every request."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import math
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

from seawall.services import health

if TYPE_CHECKING:
    from django.http import HttpRequest
    from prometheus_client.core import Metric

TOKEN: Final = "SEAWALL_METRICS_TOKEN"  # noqa: S105 - the name of a setting
READY_SECONDS = 1.0
_requests = logging.getLogger("seawall.requests")
_registry = CollectorRegistry()
_count = Counter("seawall_requests", "Requests answered.", ["method", "page", "status"], registry=_registry)
_seconds = Histogram("seawall_request_seconds", "How long they took.", ["page"], registry=_registry)


class _Store:
    """The store's figures, asked when a monitor asks."""

    def collect(self) -> Iterable[Metric]:
        """Prometheus' form of a collector."""
        return health.metrics(now=timezone.now())

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked at start-up."""
        return []


_registry.register(_Store())


class _Readiness:
    """What was found when it was last looked at: anybody may ask, and looking costs as much as a page."""

    def __init__(self) -> None:
        self._looking, self._at, self._found = threading.Lock(), -math.inf, dict[str, str]()

    def found(self) -> dict[str, str]:
        """What the pages need, and how that is."""
        with self._looking:
            if time.monotonic() - self._at >= READY_SECONDS:
                self._found, self._at = health.ready(), time.monotonic()
            return self._found


_readiness = _Readiness()


@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"live": True})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Whether the pages can be served: 503 where something they need is missing; looked at once a second at most."""
    found = _readiness.found()
    is_ready = all(state == "ok" for state in found.values())
    return JsonResponse({"ready": is_ready, **found}, status=200 if is_ready else 503)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, for this machine itself or for who has the token; nobody else learns that it is here."""
    if not (_has_token(request) or _is_here(request)):
        return HttpResponse("Not found\n", status=404, content_type="text/plain")
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    wanted = os.environ.get(TOKEN, "")
    given = request.headers.get("Authorization", "")
    return bool(wanted) and hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode())


def _is_here(request: HttpRequest) -> bool:
    """Whether the caller is this machine and no proxy speaks for somebody else."""
    if any(name in request.headers for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class RequestMiddleware:
    """Counts and times every request, and writes its line: the page's name and number, never what was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Django's form of a middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and note how that went."""
        number, began = uuid.uuid4().hex[:16], time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        page = request.resolver_match.view_name if request.resolver_match else "none"
        method = request.method if request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "other"
        _count.labels(method, page, str(response.status_code)).inc()
        _seconds.labels(page).observe(seconds)
        response["X-Request-Id"] = number
        about = {"request_id": number, "method": method, "page": page, "status": response.status_code,
                 "ms": round(seconds * 1000, 1), "user_id": _user_of(request)}  # fmt: skip
        _requests.info("request", extra=about)
        return response


def _user_of(request: HttpRequest) -> int | None:
    """Who asked; of a request that was refused its turn (``site/turns``) that is said, and no user is there."""
    return request.user.pk if hasattr(request, "user") else getattr(request, "seawall_asked_by", None)
