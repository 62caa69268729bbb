"""Connections to insurers: the list, adding one, and one with its companies, its log and its acts."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import unquote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import AccessError, InputError, SeawallError
from seawall.exchange.insurers.messages import OUTGOING
from seawall.services import access, insurer_comparing, insurer_files, insurer_messages, insurers, jobs, uploads
from seawall.services.insurers import ConnectionView, Given
from seawall.web import errors, forms, words
from seawall.web.reader import Reader, page

LOG_ROWS = 30
LINES = ("ca",)
"""Fields of several lines."""


@page("protection/insurer_connections.html", "insurers")
def view(reader: Reader) -> dict[str, Any]:
    """Every connection and how it stands."""
    with_removed = reader.request.GET.get("removed") == "1"
    return {
        "rows": [_row(each) for each in insurers.listed(reader.actor, with_removed=with_removed)],
        "with_removed": with_removed, "may_change": reader.actor.may(access.INTEGRATION_CHANGE),
        "has_worker": jobs.has_worker(),
    }  # fmt: skip


@page("protection/insurer_new.html", "insurers", methods=("GET", "HEAD", "POST"), carry=("kind",))
def new(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The form of a connection of one kind; POST adds it."""
    access.require(reader.actor, access.INTEGRATION_CHANGE)
    given = reader.request.POST if reader.request.method == "POST" else reader.request.GET
    kinds = insurers.kinds()
    kind = kinds.get(given.get("kind", ""), kinds["file"])
    if reader.request.method == "POST":
        told = {each.name: given.get(f"told_{each.name}", "").replace("\r\n", "\n") for each in kind.fields}
        number = insurers.add(reader.actor, Given(
            given.get("name", ""), kind.kind, given.get("policy", ""), told, given.get("secret", "").strip(),
            given.get("scope", ""),
        ))  # fmt: skip
        messages.success(
            reader.request, _("The connection is added. Test it before you rely on it."), extra_tags="good"
        )
        return redirect("insurer_connection", connection_id=number)
    return {
        "kind": kind, "kinds": [(each.kind, _(each.title)) for each in kinds.values()], "given": given,
        "basis": _(kind.basis) if kind.basis else "", "secret_title": _(kind.secret_title) if kind.secret_title else "",
        "fields": [
            {"name": each.name, "title": _(each.title), "is_required": each.is_required, "is_area": each.name in LINES,
             "value": given.get(f"told_{each.name}", "")}
            for each in kind.fields
        ],
        "entities": reader.usual.entities,
        "everywhere": reader.actor.where(access.INTEGRATION_CHANGE) is access.ALL,
    }  # fmt: skip


@page("protection/insurer_connection.html", "insurers", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, connection_id: int) -> dict[str, Any] | HttpResponse:
    """One connection; POST tests, compares, links a customer, pauses, resumes or removes it."""
    if reader.request.method == "POST":
        return _act(reader, connection_id)
    found = insurers.shown(reader.actor, connection_id=connection_id)
    kind = insurers.kinds().get(found.kind)
    titles = {each.name: _(each.title) for each in kind.fields} if kind else {}
    log = insurer_messages.exchanges(reader.actor, connection_id=connection_id, limit=LOG_ROWS)
    asked = reader.request.GET.get("customer", "").strip()
    return {
        "row": _row(found),
        "facts": [(titles.get(name, name), _short(name, value)) for name, value in found.told.items() if value],
        "links": insurers.links(reader.actor, connection_id=connection_id), "asked": asked,
        "candidates": _candidates(reader, connection_id, asked) if asked and not found.is_file else None,
        "log": [
            {"at": each.at, "method": each.method, "path": unquote(each.path), "status": each.status,
             "says": errors.say(each.template, each.params)}
            for each in log
        ],
        "may_change": reader.actor.may(access.INTEGRATION_CHANGE), "may_send": reader.actor.may(access.INSURER_SEND),
        "may_receive": reader.actor.may(access.INSURER_RECEIVE), "has_worker": jobs.has_worker(),
        **_of_files(reader, found),
    }  # fmt: skip


@page("protection/insurer_connection.html", "insurers", methods=("POST",), home="insurer_connection")
def files(reader: Reader, connection_id: int) -> HttpResponse:
    """Hand over what waits as a file, or take a file of the insurer's."""
    given = reader.request.POST
    if given.get("do") == "export":
        form = given.get("form", "csv")
        made = insurer_files.export(reader.actor, connection_id=connection_id, kind=given.get("kind", ""), form=form)
        return _attached(made, form)
    sent = reader.request.FILES.get("file")
    if sent is None or isinstance(sent, list):
        raise InputError("Choose a file.", column="file")
    heard = insurer_files.take(
        reader.actor, connection_id=connection_id, name=uploads.plain_name(sent.name or ""), content=sent.read()
    )
    sentence = _("The file is read. New: {taken}, set apart: {apart}, facts: {facts}.")
    messages.success(reader.request, sentence.format(taken=heard.taken, apart=heard.apart, facts=heard.facts),
                     extra_tags="amber" if heard.apart else "good")  # fmt: skip
    return redirect("insurer_connection", connection_id=connection_id)


@page("protection/insurer_connection.html", "insurers")
def file(reader: Reader, connection_id: int, batch: str) -> HttpResponse:
    """A file that left, once more."""
    form = "xlsx" if reader.request.GET.get("form") == "xlsx" else "csv"
    return _attached(insurer_files.again(reader.actor, connection_id=connection_id, batch=batch, form=form), form)


def _of_files(reader: Reader, found: ConnectionView) -> dict[str, Any]:
    """What waits to be handed over, and what was."""
    if not found.is_file:
        return {}
    kinds = {name: title for name, (title, _kind) in OUTGOING.items()}
    waits = insurer_files.waiting(reader.actor, connection_id=found.connection_id)
    made = insurer_files.batches(reader.actor, connection_id=found.connection_id)
    return {
        "waits": [(kind, words.word(kinds, kind), count) for kind, count in waits.items()],
        "batches": [each | {"words": words.word(kinds, each["kind"])} for each in made],
    }


def _attached(made: insurer_files.File, form: str) -> HttpResponse:
    kinds = {"csv": "text/csv; charset=utf-8",
             "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip
    return HttpResponse(
        made.content, content_type=kinds[form], headers={"Content-Disposition": f'attachment; filename="{made.name}"'}
    )


def _short(name: str, value: str) -> str:
    """A setting as shown; a certificate by the beginning of its hash."""
    return f"SHA-256 {hashlib.sha256(value.encode()).hexdigest()[:16]}" if name in LINES else value


def _candidates(reader: Reader, connection_id: int, customer: str) -> list[Any]:
    """The insurer's companies that may be a customer; what it says against that is said above the page."""
    try:
        return list(insurers.candidates(
            reader.actor, connection_id=connection_id, customer_code=customer, at=timezone.now()
        ))  # fmt: skip
    except AccessError:
        raise
    except SeawallError as error:
        forms.refused(reader.request, error)
        return []


def _act(reader: Reader, connection_id: int) -> HttpResponse:
    given = reader.request.POST
    if given.get("act") == "link":
        taken = insurers.link(
            reader.actor, connection_id=connection_id, customer_code=given.get("customer", "").strip(),
            company_ref=given.get("company_ref", ""), name=given.get("company_name", ""),
        )  # fmt: skip
        sentence = _("The customer is linked. Decisions that waited for it: {count}.").format(count=taken)
        messages.success(reader.request, sentence, extra_tags="good")
        return redirect("insurer_connection", connection_id=connection_id)
    try:
        messages.success(reader.request, _done(reader, given.get("act", ""), connection_id), extra_tags="good")
    except AccessError:
        raise
    except SeawallError as error:
        forms.refused(reader.request, error)
    return redirect("insurer_connection", connection_id=connection_id)


def _done(reader: Reader, act: str, connection_id: int) -> str:
    """Do an act; the sentence that says so."""
    actor, now = reader.actor, timezone.now()
    if act == "remove":
        insurers.remove(actor, connection_id=connection_id)
        return _("The connection is removed; what was said stays.")
    if act in ("pause", "resume"):
        insurers.pause(actor, connection_id=connection_id, is_paused=act == "pause")
        return _("The connection is paused.") if act == "pause" else _("The connection is on again.")
    if act == "compare":
        found = insurer_comparing.compare(actor, connection_id=connection_id, at=now)
        return _("Both sides are compared. Differences: {count}.").format(count=len(found.differences))
    if act == "subscribe":
        url = reader.request.build_absolute_uri(reverse("insurer_events", args=[connection_id]))
        insurers.subscribe(actor, connection_id=connection_id, url=url, at=now)
        return _("The insurer tells {address} what happens.").format(address=url)
    insurers.try_it(actor, connection_id=connection_id, at=now)
    return _("It answers and lets us in.")


def _row(found: ConnectionView) -> dict[str, Any]:
    return {
        "id": found.connection_id, "name": found.name, "kind": found.kind, "title": _(found.title),
        "policy": found.policy, "entity": found.entity, "state": found.state, "has_hook": found.has_hook,
        "state_words": words.word(insurers.STATES, found.state), "has_secret": found.has_secret,
        "is_experimental": found.is_experimental, "basis": _(found.basis) if found.basis else "",
        "is_file": found.is_file, "is_paused": found.is_paused, "removed_at": found.removed_at,
        "recorded_at": found.recorded_at,
    }  # fmt: skip
