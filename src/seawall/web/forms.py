"""A form that was refused, shown again: one way for every form of the product."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import NoReverseMatch, resolve, reverse

from seawall.engine.kernel.errors import NotFound, SeawallError
from seawall.web import errors, form_html, words

if TYPE_CHECKING:
    from django.http import HttpRequest

REJECTS_TOLD = 3
TOLD = (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.BAD_GATEWAY)
"""What a form can say itself; anything else has a page of its own."""

ALSO = {
    "opened_on": "on", "closed_on": "on", "allocated_on": "on", "from_day": "from", "to_day": "to", "valid_from": "on",
    "currency": "amount", "amount_minor": "amount", "entity": "scope",
}  # fmt: skip
"""Columns of the files that forms have under another name."""

Typed = Mapping[str, Sequence[str]]


def told(error: SeawallError) -> str:
    """A refusal as sentences: what is wrong, how to mend it, and for rows the reason of each."""
    said = [errors.say(error.template, error.params), errors.say(error.hint_template, error.params)]
    rejects = getattr(error, "rejects", None)
    if rejects is not None:
        said = [
            errors.say(row["hint"], {name: row[name] for name in ("column", "value", "expected")})
            for row in rejects.head(REJECTS_TOLD).iter_rows(named=True)
        ]
    return words.language().sentences(one for one in said if one)


def shown_again(request: HttpRequest, error: SeawallError, home: str, carry: Sequence[str]) -> HttpResponse:
    """The page the form stands on, with what was typed and what is wrong beside it.

    ``home`` names that page where the form is sent elsewhere; ``carry`` are the names it needs to show the form at all.

    Raises:
        SeawallError: the error itself, where no form can say it.
    """
    typed = {name: [text[: form_html.LONGEST] for text in texts] for name, texts in request.POST.lists()}
    here = _home(request, home) if home else request.path
    page = _asked_again(request, here, typed, carry) if _is_told(error) else None
    if page is None:
        raise error
    html, said = page.content.decode(), told(error)
    form = form_html.sent_form(html, path=request.path, here=here, typed=typed)
    if isinstance(error, NotFound) and (form is None or not _field(error, form, typed)):
        raise error
    if form is None:
        page.content = form_html.above_all(html, said).encode()
    else:
        page.content = form_html.filled(html, form, typed, {_field(error, form, typed): said}).encode()
    page["Content-Length"] = str(len(page.content))
    return page


def _is_told(error: SeawallError) -> bool:
    return isinstance(error, NotFound) or errors.status_of(error) in TOLD


def _home(request: HttpRequest, name: str) -> str:
    match = request.resolver_match
    given = dict(match.kwargs) if match else {}
    try:
        return reverse(name, kwargs=given)
    except NoReverseMatch:
        return reverse(name)


def _asked_again(request: HttpRequest, here: str, typed: Typed, carry: Sequence[str]) -> HttpResponse | None:
    """The page as a GET answers it; None where that is no page."""
    asked: Any = copy.copy(request)
    asked.method, asked.POST = "GET", QueryDict()
    asked.GET = request.GET.copy()
    for name in carry:
        if name in typed:
            asked.GET[name] = typed[name][-1]
    asked.path = asked.path_info = here
    asked.resolver_match = match = resolve(here)
    asked.__dict__.pop("seawall_reader", None)
    answer: HttpResponse = match.func(asked, *match.args, **match.kwargs)
    is_page = answer.status_code == HTTPStatus.OK and answer.get("Content-Type", "").startswith("text/html")
    return answer if is_page else None


def _field(error: SeawallError, form: form_html.Form, typed: Typed) -> str:
    """Which field an error is about: the one it names, else where its words were typed, else what is empty."""
    seen = form.seen
    named = [error.where.column, error.params.get("column"), error.params.get("field")]
    rejects = getattr(error, "rejects", None)
    quoted = list(error.params.values())
    if rejects is not None and rejects.height:
        named += rejects["column"].to_list()
        quoted += rejects["value"].to_list()
    for name in (str(each) for each in named if each):
        for known in (name, f"value.{name}", f"told_{name}", ALSO.get(name, "")):
            if known in seen:
                return known
    texts = {str(each).strip() for each in quoted if str(each).strip()}
    found = [name for name in seen if any(text.strip() in texts for text in typed.get(name, ()) if text.strip())]
    found = found or [name for name in form.needed if not "".join(typed.get(name, ())).strip()]
    if found:
        return found[0]
    return seen[0] if len(seen) == 1 else ""


def refused(request: HttpRequest, error: SeawallError) -> None:
    """Say a refusal above the next page: for buttons that have nothing to fill in."""
    messages.error(request, told(error), extra_tags="danger")
