"""Reminders: of what one is reminded, one's calendar addresses, chats that are told; a calendar at its address."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_safe

from seawall.engine.kernel.errors import InputError, SeawallError
from seawall.exchange import chat
from seawall.exchange.report_cover import KINDS
from seawall.services import access, alerts, calendar_addresses, jobs, reminders
from seawall.services.access import ALL
from seawall.web import errors, numbers, words
from seawall.web.paging import row_number
from seawall.web.reader import Reader, page
from seawall.web.settings.mail import ICONS, STATES, TONES


@page("protection/reminders.html", "deadlines", methods=("GET", "HEAD", "POST"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """One's own reminders and calendar addresses, and whom the company tells; POST changes one of them."""
    made = ""
    if reader.request.method == "POST":
        made = _act(reader)
        if not made:
            return redirect("reminders")
    actor = reader.actor
    is_own = actor.user_id is not None and actor.acts_for is None
    may = is_own and reminders.may_be_reminded(actor)
    return {
        "made": reader.request.build_absolute_uri(calendar_addresses.path_of(made)) if made else "",
        "is_own": is_own,
        "choice": reminders.mine(actor) if may else None,
        "kinds": _kinds(reader) if may else [],
        "has_mail": bool(getattr(reader.request.user, "email", "")),
        "addresses": calendar_addresses.mine(actor) if is_own else [],
        "policy": reverse("policy", args=[reminders.POLICY]),
        **_chats(reader),
    }


def _chats(reader: Reader) -> dict[str, Any]:
    """Chats and telephones that are told, for who keeps integrations."""
    where = reader.actor.where(access.INTEGRATION_CHANGE)
    if not where:
        return {"chats": None}
    whole = [("", _("the whole company"))] if where is ALL else []
    codes = sorted(reader.about.names) if where is ALL else sorted(where)
    return {
        "chats": [_chat(row) for row in alerts.listed(reader.actor)],
        "entities": [*whole, *((code, code) for code in codes)],
        "services": ", ".join(chat.SERVICES.values()),
        "has_worker": jobs.has_worker(),
    }


def _chat(row: alerts.Alert) -> dict[str, Any]:
    return {
        "number": row.alert_no, "name": row.name, "service": chat.SERVICES[row.service], "entity": row.entity,
        "language": row.language, "state": row.state, "state_words": words.word(STATES, row.state) if row.state else "",
        "tone": TONES.get(row.state, ""), "icon": ICONS.get(row.state, "clock"),
    }  # fmt: skip


def _act(reader: Reader) -> str:
    """Do what a form asks; the token of a calendar where one was made."""
    given, actor = reader.request.POST, reader.actor
    do = given.get("do", "")
    if do == "make":
        return calendar_addresses.make(actor, name=given.get("name", ""))
    if do in CHATS:
        messages.success(reader.request, _(CHATS[do](reader)), extra_tags="good")
        return ""
    if do == "choose":
        reminders.choose(actor, is_on=given.get("is_on") == "yes", kinds=_chosen(reader))
        messages.success(reader.request, _("Your choice is kept."), extra_tags="good")
    elif do == "end":
        calendar_addresses.end(actor, row_number(given.get("address_no", "")) or 0)
        messages.success(reader.request, _("The calendar address is ended."), extra_tags="good")
    else:
        raise InputError("{text} is not something to do here.", text=do[:40])
    return ""


def _add_chat(reader: Reader) -> str:
    given = reader.request.POST
    alerts.add(
        reader.actor, name=given.get("name", ""), address=given.get("address", ""), entity=given.get("entity", ""),
        language=given.get("language", ""),
    )  # fmt: skip
    return noop("The address is sealed and told of deadlines from now on.")


def _test_chat(reader: Reader) -> str:
    alerts.send_test(reader.actor, row_number(reader.request.POST.get("alert_no", "")) or 0)
    return noop("The test waits; the worker sends it within a minute.")


def _end_chat(reader: Reader) -> str:
    alerts.remove(reader.actor, row_number(reader.request.POST.get("alert_no", "")) or 0)
    return noop("The address is ended and forgotten.")


CHATS = {"chat": _add_chat, "test_chat": _test_chat, "end_chat": _end_chat}
"""What a form may do about chats and telephones."""


def _chosen(reader: Reader) -> list[str] | None:
    """The kinds that are ticked; None where all are, so that later kinds belong to it."""
    ticked = reader.request.POST.getlist("kind")
    return None if set(ticked) == set(KINDS) else ticked


def _kinds(reader: Reader) -> list[dict[str, Any]]:
    """Each kind of deadline with its days, and whether it is chosen."""
    plan, chosen = reminders.plan(reader.usual.on), reminders.mine(reader.actor).kinds
    return [
        {
            "code": kind, "words": _(said), "is_on": kind in chosen,
            "days": " · ".join(numbers.decimal_text(day, 0) for day in plan.days[kind]), "missed": kind in plan.missed,
        }
        for kind, said in KINDS.items()
    ]  # fmt: skip


@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """A calendar as a program reads it: the token in the address says whose; nobody is signed in."""
    try:
        text = calendar_addresses.read(
            token, address=request.META.get("REMOTE_ADDR", ""), at=timezone.now(), host=request.get_host()
        )  # fmt: skip
    except SeawallError as error:
        answer = HttpResponse(
            f"{error}\n", status=int(errors.status_of(error)), content_type="text/plain; charset=utf-8"
        )
    else:
        answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - Django would log the path, and it is a secret
    return answer


calendar.methods = ("GET", "HEAD")  # type: ignore[attr-defined]  # tests derive from it what to try
