"""Mappings: those that ship and the company's own, with an editor that tries them on a file before they are saved."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import FileRejected, InputError, Where
from seawall.exchange import mapping_edit
from seawall.exchange.mapping_guess import DOUBTS
from seawall.services import access, mappings, uploads
from seawall.services.uploads import Asked
from seawall.web import errors
from seawall.web.ledger.imports import said, shown_preview
from seawall.web.reader import Reader, page

TEXT_CHARACTERS = 64 * 1024
START = """title: ""
layout: unverified
basis: full_ledger
items:
  customer_code:
  number:
  issued_on:
  currency: {constant: CNY}
  kind: {constant: invoice}
  amount:
"""


@page("ledger/mappings.html", "imports")
def view(reader: Reader) -> dict[str, Any]:
    """Every mapping, the company's own first."""
    return {"mappings": mappings.listed(reader.actor), "may_change": reader.actor.may(access.MAPPING_CHANGE)}


@page("ledger/mapping.html", "imports", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, name: str) -> dict[str, Any] | HttpResponse:
    """One mapping with its text and versions; POST ends one of the company's own."""
    if reader.request.method == "POST":
        mappings.end(reader.actor, name=name)
        messages.success(reader.request, _("The mapping is ended; it stays on record."), extra_tags="good")
        return redirect("mappings")
    known, text = mappings.body(reader.actor, name)
    return {
        "known": known, "text": text, "versions": mappings.versions(reader.actor, name),
        "may_change": reader.actor.may(access.MAPPING_CHANGE),
    }  # fmt: skip


@page("ledger/mapping_edit.html", "imports", methods=("GET", "HEAD", "POST"), carry=("upload",))
def new(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The editor: from a file's headers, from another mapping, or from nothing; POST changes, tries or saves."""
    access.require(reader.actor, access.MAPPING_CHANGE)
    if reader.request.method == "POST":
        return _changed(reader)
    given = reader.request.GET
    if source := given.get("like"):
        known, text = mappings.body(reader.actor, source)
        return _editor(reader, text=text, name=known.name if known.is_own else "", upload=given.get("upload", ""))
    if upload := given.get("upload"):
        return _guessed(reader, upload)
    return _editor(reader, text=START)


def _guessed(reader: Reader, upload: str) -> dict[str, Any]:
    try:
        _head, guess = uploads.guessed(reader.actor, upload_id=_id(upload), currency=reader.about.reporting_currency)
    except FileRejected as error:
        return _editor(reader, text=START, upload=upload, problem=said(error))
    doubts = [errors.say(DOUBTS[code], dict(params)) for code, params in guess.doubts]
    return _editor(reader, text=guess.text, upload=upload, doubts=doubts)


def _changed(reader: Reader) -> dict[str, Any] | HttpResponse:
    given = reader.request.POST
    name, text = given.get("name", "").strip(), given.get("text", "")[:TEXT_CHARACTERS].replace("\r\n", "\n")
    upload, act = given.get("upload", ""), given.get("act", "try")
    try:
        if act == "file":
            return _with_file(reader)
        if act == "fields":
            chosen = {key.removeprefix("field."): value for key, value in given.items() if key.startswith("field.")}
            text = mapping_edit.with_fields(
                text, {field: header for field, header in chosen.items() if isinstance(header, str)}
            )
            return _editor(reader, text=text, name=name, upload=upload)
        if act == "save":
            mappings.save(reader.actor, name=name, text=text)
            messages.success(reader.request, _("The mapping is saved."), extra_tags="good")
            if upload:
                return redirect(reverse("upload", kwargs={"upload_id": _id(upload)}) + f"?mapping={name}")
            return redirect("mapping", name=name)
        return _editor(reader, text=text, name=name, upload=upload, is_tried=True)
    except InputError as error:
        if error.where.column != "name" and act != "file":
            error.where = Where(error.where.file, error.where.row, "text")
        raise


def _with_file(reader: Reader) -> HttpResponse:
    """Take a sample file in and begin with its headers."""
    given = reader.request.FILES.getlist("files")
    upload_id = uploads.receive(reader.actor, [(each.name or "", each.chunks()) for each in given[:1]])
    return redirect(reverse("mapping_new") + f"?upload={upload_id}")


def _editor(
    reader: Reader,
    *,
    text: str,
    name: str = "",
    upload: str = "",
    problem: str = "",
    doubts: list[str] | None = None,
    is_tried: bool = False,
) -> dict[str, Any]:
    """What the editor shows: the text, the fields beside the file's headers, and how the file reads by it."""
    context: dict[str, Any] = {"text": text, "name": name, "upload": upload, "doubts": doubts or []}
    headers: tuple[str, ...] = ()
    mapping = None
    try:
        mapping = mappings.checked(text, name=name or "mapping")
    except InputError as error:
        problem = problem or (said(error) if is_tried or doubts else "")
    if upload:
        found = uploads.preview(reader.actor, upload_id=_id(upload), asked=Asked(), by=mapping)
        headers = next((head.headers for head in found.heads), ())
        context |= {"sent": found.sent, "first_rows": _first_rows(found)}
        if mapping is not None:
            context |= {"tried": shown_preview(found)}
    return {**context, "problem": problem, "headers": headers, "fields": _fields(text, headers)}


def _first_rows(found: uploads.Preview) -> list[tuple[str, str]]:
    """Each header of the first file with its first value, as a reminder of what it holds."""
    head = found.heads[0] if found.heads else None
    if head is None:
        return []
    first = head.rows[0] if head.rows else ()
    return [(header, first[place] if place < len(first) else "") for place, header in enumerate(head.headers) if header]


def _fields(text: str, headers: tuple[str, ...]) -> list[dict[str, Any]]:
    try:
        chosen = mapping_edit.fields_of(text)
    except InputError:
        chosen = {}
    names = [*mapping_edit.ITEM_FIELDS, *(f"customers.{name}" for name in mapping_edit.CUSTOMER_FIELDS)]
    return [
        {
            "name": name, "chosen": chosen.get(name, ""), "is_needed": name in mapping_edit.NEEDED,
            "options": [header for header in headers if header],
            "is_other": bool(chosen.get(name)) and chosen[name] not in headers,
        }
        for name in names
    ]  # fmt: skip


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InputError("{text} is no upload.", text=text[:40]) from None
