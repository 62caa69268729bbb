"""The claim file of one loss: what is asked for and what is missing; to be saved as PDF or ZIP, or kept."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import FileResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.protection.claim_facts import Key
from seawall.exchange import claim_file, inert
from seawall.exchange.report_claim_file import CHECKS
from seawall.exchange.report_claim_file import claim_file as layout_of
from seawall.services import access, claim_files
from seawall.web import numbers, words
from seawall.web.ledger.acts import day
from seawall.web.protection.cover import insured_page, shown_table
from seawall.web.reader import Reader, changed

PICTURES: Final = {
    "there": ("is-good", "check"), "partly": ("is-amber", "alert"), "missing": ("is-danger", "close"),
    "not_needed": ("", "clock"), "unsaid": ("", "clock"),
}  # fmt: skip
OWN: Final = ("checklist", "movements")
"""Tables that the page shows in its own way, or leaves to the files."""


@insured_page("protection/claim_file.html", "claims", methods=("GET", "HEAD", "POST"))
def view(reader: Reader) -> dict[str, Any] | HttpResponseBase:
    """What the file holds and lacks; with ``form`` the file itself; a POST keeps it with the customer."""
    given, language = reader.request.GET, words.language()
    loss = Key(
        given.get("customer", "").strip()[:100], given.get("policy", "").strip()[:100],
        day(given, "lost_on"), given.get("cause", "")[:40] or "insolvency",
    )  # fmt: skip
    if reader.request.method == "POST":
        return _keep(reader, loss)
    if form := given.get("form", ""):
        return _saved(reader, loss, form)
    document = claim_files.of_reading(reader.detailed, loss, about=reader.about)
    shown = [table for table in layout_of(document, language).tables if not table.name.startswith(OWN)]
    missing = sum(row["state"] in ("missing", "partly") for row in document["checklist"])
    return {
        "title": _("Claim file of {customer}").format(customer=document["customer"]["name"]),
        "words": _("{policy}, loss on {day}: {missing} of {count} things asked for are missing or incomplete.").format(
            policy=loss.policy, day=numbers.day_text(loss.date_of_loss), missing=missing,
            count=len(document["checklist"]),
        ),
        "crumbs": [
            (_("Claims"), reverse("claims") + "?" + changed(reader, form="")),
            (loss.customer_code, reverse("customer", args=[loss.customer_code]) + reader.question.carried()),
        ],
        "checklist": [_check(row, language.code) for row in document["checklist"]],
        "tables": [shown_table(reader, table.without_empty_columns()) for table in shown],
        "forms": [(form.upper(), "?" + changed(reader, form=form)) for form in claim_file.FORMS],
        "may_keep": reader.actor.may(access.DOCUMENT_ADD),
    }  # fmt: skip


def _saved(reader: Reader, loss: Key, form: str) -> HttpResponseBase:
    target = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the answer that streams it
    try:
        name = claim_files.write(
            reader.detailed, loss, about=reader.about, form=form, language=words.language(), target=target
        )
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return FileResponse(target, content_type=claim_file.CONTENT_TYPES[form], headers=inert.beside(name))


def _keep(reader: Reader, loss: Key) -> HttpResponseBase:
    form = reader.request.POST.get("form", "pdf")
    kept = claim_files.keep(reader.detailed, loss, about=reader.about, form=form, language=words.language())
    said = _("{name} is kept with the customer: SHA-256 {sha256}.").format(name=kept.name, sha256=kept.sha256)
    messages.success(reader.request, said)
    return redirect(reverse("claim_file") + "?" + changed(reader, form=""))


def _check(row: Mapping[str, Any], language: str) -> dict[str, Any]:
    tone, picture = PICTURES[row["state"]]
    counted = row["state"] in ("there", "partly", "missing")
    return {
        "what": row["title_zh"] if language == "zh" else row["title"], "tone": tone, "picture": picture,
        "words": _(CHECKS[row["state"]]),
        "count": _("{there} of {wanted}").format(there=row["there"], wanted=row["wanted"]) if counted else "",
    }  # fmt: skip
