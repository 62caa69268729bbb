"""Who reads a page and what it is asked: one decorator that opens both, calls the page and frames its answer."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from seawall.engine.kernel.errors import SeawallError
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.report import Report
from seawall.services import access, origin, sessions, single_user
from seawall.services import reading as readings
from seawall.services.access import Actor
from seawall.services.organisation import About, about
from seawall.web import errors, forms, fresh, menu
from seawall.web.question import Question, Usual, asked

if TYPE_CHECKING:
    from django.http import HttpRequest

Answer = Mapping[str, Any] | HttpResponseBase
View = Callable[..., Answer]
TO_A_SECOND_FACTOR = ("password", "account", "account_app", "account_passkey")
"""Pages open to somebody who must add a second factor first."""

SCHEME = "30/60/90/180/365"
"""Where the address names no scheme."""


@dataclass
class Reader:
    """One reader with one question. The ledger and the report are opened when a page first asks for them."""

    request: HttpRequest
    actor: Actor
    about: About

    @cached_property
    def question(self) -> Question:
        """What the address asks."""
        return asked(self.request.GET, self.usual)

    @cached_property
    def usual(self) -> Usual:
        """What holds where the address says nothing."""
        now = today(self.about)
        return Usual(
            on=min(self.about.usual_day or now, now),
            currency=self.about.reporting_currency,
            scheme=SCHEME,
            by="due",
            currencies=self.about.currencies,
            entities=self.about.entities,
        )

    @cached_property
    def reading(self) -> readings.Reading:
        """The ledger as far as the reader sees it, for the question's day."""
        opened: readings.Reading | None = self.__dict__.get("detailed")  # says the same and more
        return opened or self._open(details=False)

    @cached_property
    def detailed(self) -> readings.Reading:
        """The same with what items carry for people: numbers, descriptions, source rows."""
        return self._open(details=True)

    def _open(self, *, details: bool) -> readings.Reading:
        asked = self.question
        return readings.open_reading(
            self.actor, on=asked.on, currency=asked.currency or None, entity=asked.entity, details=details
        )

    @cached_property
    def report(self) -> Report:
        """The protection report of the question's day."""
        return readings.report(self.reading, scheme=self.question.scheme)


def today(about: About) -> dt.date:
    """The day it is where the organisation is."""
    return timezone.now().astimezone(zoneinfo.ZoneInfo(about.time_zone)).date()


def page(
    template: str,
    here: str,
    *,
    methods: tuple[str, ...] = ("GET", "HEAD"),
    home: str = "",
    carry: tuple[str, ...] = (),
) -> Callable[[View], Any]:
    """A page of a signed-in reader: the view answers with what the template shows, or a response of its own.

    A form that is refused is shown again on the page it stands on: this one, or ``home``, asked with the values
    named in ``carry``.
    """

    def wrap(view: View) -> Any:
        @login_required
        @require_http_methods(list(methods))
        @functools.wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if must := _first_thing(request, here):
                return redirect(must)
            reader = reader_of(request)
            timezone.activate(zoneinfo.ZoneInfo(reader.about.time_zone))
            request.seawall_here = here  # type: ignore[attr-defined]  # an error page is framed as the same page
            try:
                content = view(reader, *args, **kwargs)
            except SeawallError as error:
                if request.method != "POST":
                    raise
                return forms.shown_again(request, error, home, carry)
            if isinstance(content, HttpResponseBase):
                return content
            return render(request, template, {**frame(reader, here), **content})

        answer.methods = methods  # type: ignore[attr-defined]  # tests derive from it what to try
        return answer

    return wrap


def _first_thing(request: HttpRequest, here: str) -> str:
    """The page somebody must go to before any other: a password of one's own, then a second factor."""
    must = getattr(request, "seawall_must", "")
    if must == "password" and here != "password":
        return "password"
    way = request.resolver_match.url_name if request.resolver_match else ""
    return "account" if must == "second_factor" and way not in TO_A_SECOND_FACTOR else ""


def reader_of(request: HttpRequest) -> Reader:
    """The reader behind a request; made once."""
    found = getattr(request, "seawall_reader", None)
    if found is None:
        actor = actor_behind(request)
        access.require(actor, access.READ)
        found = Reader(request, actor, about(actor))
        request.seawall_reader = found  # type: ignore[attr-defined]
    return cast("Reader", found)


def actor_behind(request: HttpRequest) -> Actor:
    """Who asks: the signed-in user, or the user as somebody's deputy."""
    asked = cast("Any", request)
    session = getattr(request, "seawall_session", None)
    return sessions.actor_of(asked.user, session, on=asked.seawall_on) if session else access.actor_of(asked.user)


def frame(reader: Reader, here: str) -> dict[str, Any]:
    """What the frame around every page shows."""
    question = reader.question
    return {
        **_chrome(reader, here),
        "question": question,
        "carried": question.carried(),
        "links": links(reader),
        "fresh": functools.partial(fresh.told, reader.actor, question.on, question.entity),
    }


def frame_of(request: HttpRequest) -> dict[str, Any]:
    """The frame for an error page; empty where nobody, or nobody with a right to read, is signed in."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    try:
        return _chrome(reader_of(request), getattr(request, "seawall_here", ""))
    except SeawallError:
        return {}


def _chrome(reader: Reader, here: str) -> dict[str, Any]:
    return {
        "rooms": menu.ROOMS,
        "pages": menu.PAGES,
        "thumb": menu.THUMB,
        "here": here,
        "actor": reader.actor,
        "organisation": reader.about.name,
        "is_demo": reader.about.is_demo,
        "single_user": single_user.mode(),
        "search": reader.request.GET.get("q", "")[:100],
        "carried": "",
    }


def links(reader: Reader) -> dict[str, Any]:
    """Addresses of the same page with another day or unit; everything else of the address stays."""
    question = reader.question
    return {
        "before": changed(reader, as_of=question.steps["before"].isoformat()),
        "after": changed(reader, as_of=question.steps["after"].isoformat()),
        "units": [{"unit": unit, "query": changed(reader, unit=str(unit.factor))} for unit in question.units],
        "hidden": [
            (name, value)
            for name, value in reader.request.GET.items()
            if name not in ("as_of", "entity", "currency", "scheme", "by", "after")
        ],
    }


def changed(reader: Reader, **changes: str) -> str:
    """The address's own parameters with some changed; empty ones go, and a page begins at its start again."""
    kept = {name: value for name, value in reader.request.GET.items() if name != "after"} | changes
    return urlencode({name: value for name, value in kept.items() if value})


class ReaderMiddleware:
    """Speaks the signed-in reader's language, and turns the product's errors into pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Django's form of a middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the language the reader chose once."""
        chosen = getattr(request.user, "language", "") if request.user.is_authenticated else ""
        if chosen:
            translation.activate(chosen)
            request.LANGUAGE_CODE = translation.get_language()
        door: origin.Door = "api" if request.path.startswith("/api/") else "web"
        with origin.came_from(door, request.META.get("REMOTE_ADDR", "")):
            response = self.get_response(request)
        if chosen:
            response["Content-Language"] = translation.get_language() or chosen
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store" if request.user.is_authenticated else "no-cache"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page in words for errors of the error tree; anything else goes on to Django."""
        return errors.refuse(request, exception) if isinstance(exception, SeawallError) else None
