"""Imports: send files in, look at what they would do, import them; what was imported, and taking it back."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import FileRejected, InputError, SeawallError, Where
from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.rejects import WARNINGS
from seawall.exchange import inert
from seawall.exchange.heads import CANONICAL
from seawall.services import access, commits, import_undo, jobs, mappings, uploads
from seawall.services import imports as imported
from seawall.services.files import RowsRejected
from seawall.services.uploads import Asked, Preview
from seawall.web import errors, words
from seawall.web.question import day_of
from seawall.web.reader import Reader, page
from seawall.web.settings.jobs import job_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    import polars as pl

REJECTS_SHOWN = 200
REASON_CHARACTERS = 500
_AMOUNT = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,4})?")


@page("ledger/imports.html", "imports")
def view(reader: Reader) -> dict[str, Any]:
    """What was imported, and what waits to be."""
    may = reader.actor.may(access.IMPORT_UPLOAD)
    sent = uploads.waiting(reader.actor) if may else []
    moving = {each.upload_id for each in sent if commits.is_moving(reader.actor, each)}
    return {
        "files": imported.imports(reader.actor), "may_import": may,
        "moving": [each for each in sent if each.upload_id in moving],
        "waiting": [each for each in sent if each.upload_id not in moving],
    }  # fmt: skip


@page("ledger/import.html", "imports")
def one_file(reader: Reader, file_id: int) -> dict[str, Any]:
    """One file: its hash, its control totals, the rows that were not taken."""
    file, rejects = imported.rejects(reader.actor, file_id=file_id)
    whole = imported.one(reader.actor, import_no=file.import_no)
    return {
        "file": file, "rejects": [_told({"file": file.name, **row}) for row in rejects],
        "control": _totals(_rows_of(file.control)), "whole": whole,
        "against": [errors.say(each.template, each.params) for each in whole.against],
        "may_fetch": reader.actor.may(access.IMPORT), "may_undo": reader.actor.may(access.IMPORT_UNDO),
    }  # fmt: skip


@page("ledger/import.html", "imports")
def original(reader: Reader, file_id: int) -> HttpResponse:
    """An imported file as it came: saved by the browser, never shown by it."""
    name, content = imported.original(reader.actor, file_id=file_id)
    return HttpResponse(content, headers=inert.headers(name))


@page("ledger/import.html", "imports", methods=("POST",), home="import")
def undo(reader: Reader, file_id: int) -> HttpResponse:
    """Take back the import a file came with."""
    file, _rejects = imported.rejects(reader.actor, file_id=file_id)
    because = reader.request.POST.get("reason", "").strip()[:REASON_CHARACTERS]
    try:
        import_undo.undo(reader.actor, import_no=file.import_no, reason=because)
    except import_undo.CannotUndo as refused:
        for each in refused.reasons:
            messages.error(reader.request, errors.say(each.template, each.params), extra_tags="danger")
    else:
        said = _("The import is taken back. Its files can be imported again.")
        messages.success(reader.request, said, extra_tags="good")
    return redirect("import", file_id=file_id)


@page("ledger/upload.html", "imports", methods=("GET", "HEAD", "POST"))
def send(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The form for files; POST takes them in and goes on to the preview."""
    access.require(reader.actor, access.IMPORT_UPLOAD)
    if reader.request.method != "POST":
        return {}
    given = reader.request.FILES.getlist("files")
    try:
        upload_id = uploads.receive(reader.actor, [(each.name or "", each.chunks()) for each in given])
    except FileRejected as error:
        error.where = Where(error.where.file, error.where.row, "files")
        raise
    return redirect("upload", upload_id=upload_id)


@page("ledger/preview.html", "imports", methods=("GET", "HEAD", "POST"))
def one_upload(reader: Reader, upload_id: UUID) -> dict[str, Any] | HttpResponse:
    """What importing an upload would do; POST does it, or lets the upload go."""
    given, is_post = reader.request.GET, reader.request.method == "POST"
    if is_post and "discard" in reader.request.POST:
        uploads.discard(reader.actor, upload_id=upload_id)
        messages.success(reader.request, _("The upload is gone; nothing was imported."), extra_tags="good")
        return redirect("imports")
    if not is_post and (elsewhere := _not_previewed(reader, uploads.shown(reader.actor, upload_id=upload_id))):
        return elsewhere
    try:
        asked = _asked(reader.request.POST if is_post else given)
    except InputError as error:
        return _looked(reader, uploads.preview(reader.actor, upload_id=upload_id, asked=Asked()), given, said(error))
    return _commit(reader, upload_id, asked) if is_post else _previewed(reader, upload_id, asked)


def _not_previewed(reader: Reader, sent: uploads.Sent) -> dict[str, Any] | HttpResponse | None:
    """What stands at an upload's address while it is imported and afterwards."""
    if sent.state == "done" and not reader.request.headers.get("HX-Request"):
        return _outcome(sent)
    if commits.is_moving(reader.actor, sent):
        return _progress(reader, sent)
    if reader.request.headers.get("HX-Request"):  # the import ended while its page looked on
        return HttpResponse(headers={"HX-Refresh": "true"})
    return None


def _previewed(reader: Reader, upload_id: UUID, asked: Asked) -> dict[str, Any]:
    """The preview; after an import that failed, as it was asked for, with the reason."""
    given: Mapping[str, Any] = reader.request.GET
    sent = uploads.shown(reader.actor, upload_id=upload_id)
    failed = commits.job_of(reader.actor, sent)
    if failed and not given:
        given, asked = {name: value for name, value in sent.asked.as_json().items() if value}, sent.asked
    found = uploads.preview(reader.actor, upload_id=upload_id, asked=asked)
    return {**_looked(reader, found, given, ""), "failed": failed and job_words(failed)}


def _progress(reader: Reader, sent: uploads.Sent) -> dict[str, Any]:
    """How far an import in the background is."""
    job = commits.job_of(reader.actor, sent)
    lines = jobs.log(reader.actor, job_id=job.job_id) if job else []
    return {
        "sent": sent, "is_moving": True, "job": job and job_words(job), "has_worker": jobs.has_worker(),
        "can_be_at_once": commits.can_be_at_once(sent), "asked": sent.asked.as_json(),
        "lines": [(line.at, errors.say(line.template, line.params)) for line in lines],
    }  # fmt: skip


def _commit(reader: Reader, upload_id: UUID, asked: Asked) -> dict[str, Any] | HttpResponse:
    try:
        commits.start(reader.actor, upload_id=upload_id, asked=asked)
    except (RowsRejected, InputError) as error:
        found = uploads.preview(reader.actor, upload_id=upload_id, asked=asked)
        return _looked(reader, found, reader.request.POST, said(error))
    return redirect("upload", upload_id=upload_id)


def _asked(given: Mapping[str, Any]) -> Asked:
    """The options of a form.

    Raises:
        InputError: a day or an amount that is none.
    """
    total = str(given.get("control_total") or "").strip().replace(" ", "")
    if total and not _AMOUNT.fullmatch(total):
        raise InputError("{text} is not an amount.", hint="Write it as 1234.56.", text=total[:40])
    try:
        amount = Decimal(total) if total else None
    except InvalidOperation:
        amount = None
    day = str(given.get("list_date") or "")
    return Asked(
        mapping=str(given.get("mapping") or "")[:100],
        list_date=day_of(day, None) if day else None,  # type: ignore[arg-type]  # never the fallback here
        control_total=amount,
        accept_rejects="accept_rejects" in given,
        apply_corrections="apply_corrections" in given,
    )


def _looked(reader: Reader, found: Preview, given: Mapping[str, Any], problem: str) -> dict[str, Any]:
    """What the preview page shows."""
    known = {each.name: each for each in mappings.listed(reader.actor)}
    fits = [(fit, known.get(fit.id)) for fit in found.fits]
    used = found.read_as or found.sent.asked.mapping
    return {
        "found": found,
        "sent": found.sent,
        "given": given,
        "used": used,
        "is_canonical": used == CANONICAL,
        "fits": fits,
        "used_fit": next((fit for fit in found.fits if fit.id == used), None),
        "used_known": known.get(used),
        **shown_preview(found),
        "problem": problem or (found.problem and said(found.problem)) or "",
        "heads": found.heads,
        "may_commit": found.problem is None and found.has_news,
        "guess": reverse("mapping_new") + f"?upload={found.sent.upload_id}",
        "may_map": reader.actor.may(access.MAPPING_CHANGE),
    }


def shown_preview(found: Preview) -> dict[str, Any]:
    """What a preview found, as a page shows it: counts, totals, rows that cannot be taken, remarks."""
    return {
        "totals": _totals(found.control),
        "closed_total": found.closed,
        "counts": [(table, count) for table, count in found.counts.items() if any(count.values())],
        "rejects": _shown(found.rejects),
        "rejects_count": found.rejects.height,
        "corrections": _shown(found.corrections),
        "corrections_count": found.corrections.height,
        "remarks": [(each.file, errors.say(WARNINGS[each.code], dict(each.params))) for each in found.remarks],
        "trouble": said(found.problem) if found.problem else "",
    }


def _outcome(sent: uploads.Sent) -> dict[str, Any]:
    counts = sent.result.get("counts", {})
    return {
        "sent": sent,
        "is_done": True,
        "counts": [(table, count) for table, count in counts.items() if any(count.values())],
        "closed_total": sent.result.get("closed", 0),
        "totals": _totals(sent.result.get("control", [])),
    }


def said(error: SeawallError) -> str:
    """A refusal and how to mend it, in the reader's language."""
    parts = [errors.say(error.template, error.params), errors.say(error.hint_template, error.params)]
    return words.language().sentences(part for part in parts if part)


def _shown(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return [_told(row) for row in rows.head(REJECTS_SHOWN).iter_rows(named=True)]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A reject with its reason in the reader's language; ``hint`` is the sentence, not yet filled in."""
    said = errors.say(row["hint"], {name: row[name] for name in ("column", "value", "expected")})
    return {**row, "said": said}


def _rows_of(control: Any) -> list[dict[str, Any]]:
    return control if isinstance(control, list) else []


def _totals(control: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Totals by currency as people read them."""
    names = {"taken": "taken_minor", "expected": "expected_minor", "difference": "difference_minor"}
    return [
        {"currency": row["currency"], "differs": bool(row.get("difference_minor"))}
        | {name: _amount(row.get(column), row["currency"]) for name, column in names.items()}
        for row in control
    ]


def _amount(minor: int | None, currency: str) -> str:
    if minor is None:
        return ""
    text = amount_text(minor, currency)
    sign, digits = ("−", text[1:]) if text.startswith("-") else ("", text)
    whole, _point, rest = digits.partition(".")
    return f"{sign}{int(whole):,}{_point}{rest}"
