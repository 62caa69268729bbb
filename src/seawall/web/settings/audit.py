"""The audit record: searching it, one entry with what changed, the check of the chain, its head kept outside."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError, SeawallError
from seawall.services import access, anchoring, audit
from seawall.web import errors
from seawall.web.question import day_of
from seawall.web.reader import Reader, changed, page

PAGE = 50
FIELDS = ("who", "verb", "from", "to", "subject", "text")
TEXT_LENGTH = 200


@page("settings/audit.html", "audit")
def view(reader: Reader) -> dict[str, Any]:
    """The entries that the address asks for, newest first."""
    given = {name: reader.request.GET.get(name, "").strip()[:TEXT_LENGTH] for name in FIELDS}
    problem, asked = _asked(given)
    found = audit.search(reader.actor, asked, before=_before(reader), limit=PAGE + 1)
    shown = found[:PAGE]
    return {
        "entries": shown,
        "given": given,
        "problem": problem,
        "is_asked": any(given.values()),
        "verbs": audit.verbs(reader.actor),
        "next": changed(reader, after=str(shown[-1].batch_no)) if len(found) > PAGE else "",
        "is_later": bool(reader.request.GET.get("after")),
        "first": changed(reader),
    }


@page("settings/audit_entry.html", "audit")
def one(reader: Reader, batch_no: int) -> dict[str, Any]:
    """One entry: who, when, from where, what changed, and the seal."""
    found = audit.entry(reader.actor, batch_no=min(batch_no, 2**62))
    detail = json.dumps(found.detail, indent=2, ensure_ascii=False, sort_keys=True)
    return {"entry": found, "detail": detail}


@page("settings/audit_chain.html", "audit", methods=("GET", "HEAD", "POST"))
def chain(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Recompute the whole chain now; POST keeps its head outside."""
    if reader.request.method == "POST":
        return _anchor(reader)
    return {
        "state": audit.verify(reader.actor),
        "may_anchor": reader.actor.where(access.AUDIT_ANCHOR) is access.ALL,
        "is_elsewhere": anchoring.is_elsewhere(),
    }


def _anchor(reader: Reader) -> HttpResponse:
    try:
        kept = anchoring.anchor(reader.actor)
    except SeawallError as error:
        said = [errors.say(error.template, error.params), errors.say(error.hint_template, error.params)]
        messages.error(reader.request, " ".join(part for part in said if part), extra_tags="danger")
    else:
        said_where = _("The head of entry {number} is kept in {file}.").format(
            number=kept.head.batch_no, file=kept.file
        )
        messages.success(reader.request, said_where, extra_tags="good")
    return redirect("audit_chain")


def _asked(given: dict[str, str]) -> tuple[str, audit.Search]:
    """The search; a day that is none is told beside what was typed, and asks nothing."""
    days: dict[str, dt.date | None] = {}
    problem = ""
    for name in ("from", "to"):
        try:
            days[name] = day_of(given[name], dt.date.min) if given[name] else None
        except InputError as error:
            problem = errors.say(error.template, error.params)
    texts = {name: given[name] for name in ("who", "verb", "subject", "text")}
    return problem, audit.Search(**texts, from_day=days.get("from"), to_day=days.get("to"))


def _before(reader: Reader) -> int | None:
    given = reader.request.GET.get("after", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None  # noqa: PLR2004
