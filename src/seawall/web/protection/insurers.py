"""Insurers' messages: what was said to them and how far it came, what they said, where both sides differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from seawall.engine.kernel.errors import InputError, NotFound, SeawallError
from seawall.exchange.insurers.messages import INCOMING, OUTGOING
from seawall.services import access, insurer_calls, insurer_comparing, insurer_events, insurer_messages, insurers, jobs
from seawall.services.insurer_messages import MessageView
from seawall.web import errors, forms, words
from seawall.web.paging import row_number
from seawall.web.protection import insurer_words
from seawall.web.reader import Reader, page, today

if TYPE_CHECKING:
    from django.http import HttpRequest

ROWS = 50
LENGTH_DIGITS = 10
TONES = {
    "done": "is-good", "taken": "", "waiting": "", "sending": "", "refused": "is-danger", "failed": "is-danger",
    "uncertain": "is-amber", "withdrawn": "", "quarantined": "is-amber", "replaced": "", "dismissed": "",
}  # fmt: skip
ICONS = {"done": "check", "refused": "close", "failed": "alert", "uncertain": "alert", "quarantined": "alert"}


@page("protection/insurers.html", "insurers")
def view(reader: Reader) -> dict[str, Any]:
    """What was said to insurers, newest first, and how both sides stand."""
    if not insurers.may_see(reader.actor):
        return {"may_see": False}
    asked = reader.request.GET
    state = asked.get("state", "") if asked.get("state", "") in insurer_messages.STATES else ""
    connection_id = row_number(asked.get("connection", ""))
    rows = insurer_messages.listed(
        reader.actor, connection_id=connection_id, state=state, before=row_number(asked.get("before", "")),
        limit=ROWS + 1,
    )  # fmt: skip
    return {
        "may_see": True, "may_send": reader.actor.may(access.INSURER_SEND), "rows": [_row(row) for row in rows[:ROWS]],
        "following": rows[ROWS - 1].message_no if len(rows) > ROWS else None, "state": state,
        "states": [(code, _(said)) for code, said in insurer_messages.STATES.items()], "connection": connection_id,
        "connections": insurers.listed(reader.actor), "compared": [_compared(each) for each in _latest(reader)],
        "apart": len(insurer_events.listed(reader.actor, insurers.seen(reader.actor), state="quarantined", limit=99)),
        "stopped": insurer_messages.stopped(reader.actor), "has_worker": jobs.has_worker(),
    }  # fmt: skip


@page("protection/insurer_message.html", "insurers", methods=("GET", "HEAD", "POST"))
def message(reader: Reader, number: int) -> dict[str, Any] | HttpResponse:
    """One message with every question and answer it took; POST sends it again, or withdraws it."""
    if reader.request.method == "POST":
        given = reader.request.POST
        if given.get("do") == "withdraw":
            insurer_messages.withdraw(reader.actor, message_no=number, reason=given.get("reason", ""))
            messages.success(reader.request, _("The message is withdrawn."), extra_tags="good")
        else:
            try:
                insurer_messages.again(reader.actor, message_no=number)
            except NotFound:
                raise
            except SeawallError as error:
                forms.refused(reader.request, error)
            else:
                messages.success(reader.request, _("It goes on within a minute."), extra_tags="good")
        return redirect("insurer_message", number=number)
    found = insurer_messages.shown(reader.actor, message_no=number)
    return {
        "row": _row(found), "facts": insurer_words.facts(found.body), "may_send": reader.actor.may(access.INSURER_SEND),
        "log": [
            {"at": each.at, "method": each.method, "path": unquote(each.path), "status": each.status, "sent": each.sent,
             "answered": each.answered, "says": errors.say(each.template, each.params)}
            for each in found.exchanges
        ],
    }  # fmt: skip


@page("protection/insurer_say.html", "insurers", methods=("GET", "HEAD", "POST"), carry=("kind", "connection"))
def say(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The form of one kind of message; POST puts it into the outbox."""
    access.require(reader.actor, access.INSURER_SEND)
    given = reader.request.POST if reader.request.method == "POST" else reader.request.GET
    kind = given.get("kind", "") if given.get("kind", "") in insurer_words.BY_FORM else "request_cover"
    if reader.request.method == "POST":
        connection_id = row_number(given.get("connection", ""))
        if connection_id is None:
            raise InputError("Choose an insurer.", column="connection")
        number = insurer_messages.say(
            reader.actor, connection_id=connection_id, kind=kind,
            fields=insurer_words.typed(kind, given), customer_code=given.get("customer", "").strip(),
        )  # fmt: skip
        messages.success(reader.request, _("It goes out within a minute."), extra_tags="good")
        return redirect("insurer_message", number=number)
    usual = {"currency": reader.usual.currency, "on": today(reader.about).isoformat()}
    return {
        "kind": kind, "kinds": [(name, _(OUTGOING[name][0])) for name in insurer_words.BY_FORM],
        "fields": insurer_words.fields_of(kind, usual | given.dict()), "given": given,
        "connections": [each for each in insurers.listed(reader.actor) if kind in each.say],
        "connection": row_number(given.get("connection", "")),
    }  # fmt: skip


@page("protection/insurer_said.html", "insurers")
def said(reader: Reader) -> dict[str, Any]:
    """What insurers said, newest first; what could not be read stands first in line."""
    asked = reader.request.GET
    state = asked.get("state", "") if asked.get("state", "") in insurer_events.STATES else ""
    rows = insurer_events.listed(
        reader.actor, insurers.seen(reader.actor), connection_id=row_number(asked.get("connection", "")), state=state,
        before=row_number(asked.get("before", "")), limit=ROWS + 1,
    )  # fmt: skip
    return {
        "rows": [_word(row) for row in rows[:ROWS]], "state": state,
        "following": rows[ROWS - 1].event_no if len(rows) > ROWS else None,
        "states": [(code, _(sentence)) for code, sentence in insurer_events.STATES.items()],
    }  # fmt: skip


@page("protection/insurer_event.html", "insurers", methods=("GET", "HEAD", "POST"))
def event(reader: Reader, number: int) -> dict[str, Any] | HttpResponse:
    """One thing an insurer said, as it came; POST reads it again or puts it away."""
    seen = insurers.seen(reader.actor)
    if reader.request.method == "POST":
        given = reader.request.POST
        if given.get("do") == "dismiss":
            insurer_events.dismiss(reader.actor, seen, event_no=number, reason=given.get("reason", ""))
            messages.success(reader.request, _("It is put away, and stays on record."), extra_tags="good")
        else:
            try:
                state = insurer_events.again(reader.actor, seen, event_no=number)
            except NotFound:
                raise
            except SeawallError as error:
                forms.refused(reader.request, error)
            else:
                sentence = _("It still cannot be taken.") if state == "quarantined" else _("It is taken.")
                messages.success(reader.request, sentence, extra_tags="amber" if state == "quarantined" else "good")
        return redirect("insurer_event", number=number)
    found = insurer_events.view(insurer_events.found(reader.actor, seen, number))
    return {
        "row": _word(found), "facts": insurer_words.facts(found.body), "raw": _pretty(found.raw),
        "may_receive": reader.actor.may(access.INSURER_RECEIVE),
    }  # fmt: skip


@page("protection/insurer_differences.html", "insurers")
def differences(reader: Reader) -> dict[str, Any]:
    """Where both sides differ, by the newest comparison of each connection."""
    return {"compared": [_compared(each, whole=True) for each in _latest(reader)]}


@csrf_exempt
@require_http_methods(["POST"])
def heard(request: HttpRequest, connection_id: int) -> HttpResponse:
    """What an insurer tells of itself: believed by its signature alone; nobody is signed in."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or len(length) > LENGTH_DIGITS or int(length) > insurer_calls.BODY_BYTES:
        return JsonResponse({"code": "too_large"}, status=413)
    try:
        found = insurer_calls.hear(connection_id, headers=request.headers, body=request.body, at=timezone.now())
    except SeawallError as error:
        status = (
            401 if error.code == "call_refused" else 409 if error.code == "call_repeated" else errors.status_of(error)
        )
        return JsonResponse({"code": error.code}, status=int(status))
    return JsonResponse({"state": found})


heard.methods = ("POST",)  # type: ignore[attr-defined]  # tests derive from it what to try


def _latest(reader: Reader) -> list[insurer_comparing.Comparison]:
    return insurer_comparing.latest(reader.actor)


def _compared(found: insurer_comparing.Comparison, *, whole: bool = False) -> dict[str, Any]:
    rows = [
        {"what": words.word(insurer_comparing.DIFFERENCES, each["what"]), "about": each["about"],
         "ours": insurer_words.facts(each["ours"] or {}), "theirs": insurer_words.facts(each["theirs"] or {}),
         "where": _where(each)}
        for each in found.differences
    ] if whole else []  # fmt: skip
    count = sum(each["what"] != "not_compared" for each in found.differences)
    return {"id": found.connection_id, "name": found.connection, "on": found.on, "count": count,
            "holds": found.holds, "rows": rows}  # fmt: skip


def _where(difference: dict[str, Any]) -> str:
    """The page of what a difference is about, where there is one."""
    number = difference.get("number")
    if not number:
        return ""
    name = "insurer_event" if difference["what"] == "set_apart" else "insurer_message"
    return reverse(name, args=[number])


def _row(found: MessageView) -> dict[str, Any]:
    return {
        "number": found.message_no, "connection": found.connection, "connection_id": found.connection_id,
        "kind": words.word({name: title for name, (title, _kind) in OUTGOING.items()}, found.kind),
        "customer": found.customer_code, "item": found.item_number, "state": found.state, "said_by": found.said_by,
        "state_words": words.word(insurer_messages.STATES, found.state), "tone": TONES.get(found.state, ""),
        "icon": ICONS.get(found.state, "clock"), "attempts": found.attempts, "next_at": found.next_at,
        "at": found.recorded_at, "key": found.key, "ref": found.ref, "money": insurer_words.money(found.body),
        "says": errors.say(found.template, found.params),
        "can_go_again": found.can_go_again, "is_unheard": found.is_unheard, "can_be_withdrawn": found.can_be_withdrawn,
    }  # fmt: skip


def _word(found: insurer_events.EventView) -> dict[str, Any]:
    return {
        "number": found.event_no, "connection": found.connection, "customer": found.customer_code, "ref": found.ref,
        "kind": words.word({name: title for name, (title, _kind) in INCOMING.items()}, found.kind),
        "what": insurer_words.short(found.kind, found.body), "state": found.state,
        "state_words": words.word(insurer_events.STATES, found.state), "tone": TONES.get(found.state, "is-good"),
        "icon": ICONS.get(found.state, "check"), "way": words.word(insurer_events.WAYS, found.way),
        "at": found.recorded_at, "says": errors.say(found.template, found.params),
    }  # fmt: skip


def _pretty(raw: str) -> str:
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
    except ValueError:
        return raw
