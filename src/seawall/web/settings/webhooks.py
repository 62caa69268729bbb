"""Webhooks: which addresses hear of what, what was sent to them and what came of it, and sending again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import NotFound, SeawallError
from seawall.services import access, webhooks
from seawall.services.access import ALL
from seawall.services.announcing import EVENTS
from seawall.web import errors, forms, words
from seawall.web.paging import row_number
from seawall.web.reader import Reader, page

ROWS = 50
STATES = {
    "waiting": noop("waiting"), "sending": noop("being sent"), "sent": noop("delivered"), "failed": noop("failed"),
    "uncertain": noop("uncertain"),
}  # fmt: skip
TONES = {"sent": "is-good", "failed": "is-danger", "sending": "is-amber", "uncertain": "is-amber"}
ICONS = {"sent": "check", "failed": "alert", "waiting": "clock", "sending": "play"}


@page("settings/webhooks.html", "webhooks", methods=("GET", "HEAD", "POST"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """All endpoints of the reader's entities; POST adds one and shows its secret once."""
    actor, given = reader.actor, reader.request.POST
    if reader.request.method == "POST":
        made = webhooks.add(
            actor, entity=given.get("entity", ""), address=given.get("address", ""), events=given.getlist("event")
        )
        return {"made": made, "endpoints": []}
    if not actor.may(access.INTEGRATION_CHANGE):
        return {"endpoints": None}
    where = actor.where(access.INTEGRATION_CHANGE)
    return {
        "endpoints": webhooks.endpoints(actor),
        "entities": {code: name for code, name in reader.about.names.items() if where is ALL or code in where},
        "events": _events(()),
    }


@page("settings/webhook.html", "webhooks", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, endpoint_id: int) -> dict[str, Any] | HttpResponse:
    """One endpoint with its newest deliveries; POST changes it."""
    if reader.request.method == "POST":
        return _act(reader, endpoint_id)
    endpoint = webhooks.endpoint(reader.actor, endpoint_id)
    asked = reader.request.GET
    state = asked.get("state", "") if asked.get("state", "") in STATES else ""
    before = row_number(asked.get("before", ""))
    rows = webhooks.deliveries(reader.actor, endpoint_id, state=state, limit=ROWS + 1, before=before)
    return {
        "endpoint": endpoint,
        "rows": [_row(row) for row in rows[:ROWS]],
        "following": rows[ROWS - 1].delivery_no if len(rows) > ROWS else None,
        "states": [(code, _(said)) for code, said in STATES.items()],
        "state": state,
        "events": _events(endpoint.events),
        "address": endpoint.address,
    }


@page("settings/delivery.html", "webhooks", methods=("GET", "HEAD", "POST"))
def delivery(reader: Reader, delivery_no: int) -> dict[str, Any] | HttpResponse:
    """One message with its attempts; POST sends it again."""
    if reader.request.method == "POST":
        try:
            webhooks.again(reader.actor, delivery_no)
        except NotFound:
            raise
        except SeawallError as error:
            forms.refused(reader.request, error)
        else:
            messages.success(reader.request, _("It is sent again within a minute."), extra_tags="good")
        return redirect("webhook_delivery", delivery_no=delivery_no)
    found = webhooks.delivery(reader.actor, delivery_no)
    return {
        "row": _row(found),
        "endpoint": webhooks.endpoint(reader.actor, found.endpoint_id),
        "tries": [
            {"at": each.at, "status": each.status, "says": errors.say(each.template, each.params)}
            for each in found.tries
        ],
    }


def _act(reader: Reader, endpoint_id: int) -> dict[str, Any] | HttpResponse:
    given, actor = reader.request.POST, reader.actor
    do = given.get("do", "")
    if do == "secret":
        return {"made": webhooks.new_secret(actor, endpoint_id), "endpoint": webhooks.endpoint(actor, endpoint_id)}
    if do == "test":
        return redirect("webhook_delivery", delivery_no=webhooks.send_test(actor, endpoint_id))
    if do == "remove":
        webhooks.remove(actor, endpoint_id, at=timezone.now())
        messages.success(reader.request, _("The webhook is removed."), extra_tags="good")
        return redirect("webhooks")
    if do == "pause":
        webhooks.pause(actor, endpoint_id, at=timezone.now())
    elif do == "resume":
        webhooks.resume(actor, endpoint_id)
    else:
        address, events = given.get("address", ""), given.getlist("event")
        webhooks.change(actor, endpoint_id, at=timezone.now(), address=address, events=events)
    messages.success(reader.request, _("The webhook is changed."), extra_tags="good")
    return redirect("webhook", endpoint_id=endpoint_id)


def _events(chosen: Any) -> list[dict[str, Any]]:
    return [{"name": name, "words": _(said), "is_on": name in chosen} for name, said in EVENTS.items()]


def _row(row: webhooks.Delivery) -> dict[str, Any]:
    state = str(row.state)
    return {
        "number": row.delivery_no, "id": row.message_id, "event": row.event, "attempts": row.attempts,
        "made_at": row.made_at, "next_at": row.next_at, "body": row.body, "state": state,
        "state_words": words.word(STATES, state), "tone": TONES.get(state, ""), "icon": ICONS.get(state, "clock"),
        "can_be_sent_again": state in ("failed", "sent", "uncertain"),
    }  # fmt: skip
