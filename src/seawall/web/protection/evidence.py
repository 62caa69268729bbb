"""Self-set limits: what justifies each, until when, since when and why it is lost; and the documents that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import AccessError, SeawallError
from seawall.exchange import report_evidence
from seawall.exchange.report_layout import Table
from seawall.services import access, limit_evidence
from seawall.services.insurance import Document
from seawall.web import forms, numbers, words
from seawall.web.paging import exported, exports
from seawall.web.protection.cover import insured_page, shown_table
from seawall.web.reader import Reader

HASH_SHOWN = 12


@insured_page("protection/tables.html", "insured_limits", methods=("GET", "HEAD", "POST"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Every self-set limit as it stands; POST keeps what is not kept yet."""
    if reader.request.method == "POST":
        return _kept(reader, reverse("limit_evidence"), None)
    limits = limit_evidence.vault(reader.detailed)["limits"]
    table = report_evidence.limit_rows(limits, words.language())
    title = _("Self-set limits: {count}").format(count=numbers.decimal_text(len(limits), 0))
    if "export" in reader.request.GET:
        return exported(reader, table, title)
    carried = reader.question.carried()
    links = {
        "customer_code": [
            (row["customer_code"], reverse("customer_evidence", args=[row["customer_code"]]) + carried)
            for row in limits
        ],
        "document": [_document(row["document"]) for row in limits],
    }
    return {
        "title": title,
        "words": _("As of {day}. A limit we set ourselves insures a delivery only if what justified it can be shown."
                   ).format(day=numbers.day_text(reader.question.on)),
        "crumbs": [(_("Insured limits"), reverse("insured_limits") + carried)],
        "tables": [_linked(reader, table, links)], "exports": exports(reader),
        "ways": [], "act": _act(reader, sum(row["to_keep"] for row in limits)),
    }  # fmt: skip


@insured_page("protection/tables.html", "insured_limits", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, code: str) -> dict[str, Any] | HttpResponse:
    """One customer's self-set limits day by day; POST keeps what is not kept yet."""
    if reader.request.method == "POST":
        return _kept(reader, reverse("customer_evidence", args=[code]), code)
    limits = limit_evidence.vault(reader.detailed, customer=code)["limits"]
    language = words.language()
    rows = [day | {"policy": each["policy"]} for each in limits for day in each["days"]]
    days = report_evidence.day_rows(rows, language)
    title = _("Evidence of the limit of {customer}").format(customer=code)
    if "export" in reader.request.GET:
        return exported(reader, days, title)
    carried = reader.question.carried()
    return {
        "title": title,
        "words": _("As of {day}. Each delivery day with what justified the limit on it.").format(
            day=numbers.day_text(reader.question.on)
        ),
        "crumbs": [
            (_("Insured limits"), reverse("insured_limits") + carried),
            (_("Self-set limits"), reverse("limit_evidence") + carried),
            (code, reverse("insured", args=[code]) + carried),
        ],
        "tables": [
            _linked(
                reader,
                report_evidence.limit_rows(limits, language),
                {"document": [_document(row["document"]) for row in limits]},
            ),
            _linked(reader, days, {"document": [_document(row["document"]) for row in rows]}),
        ],
        "exports": exports(reader),
        "ways": [],
        "act": _act(reader, sum(row["to_keep"] for row in limits)),
    }


def _kept(reader: Reader, address: str, customer: str | None) -> HttpResponse:
    try:
        done = limit_evidence.keep(reader.actor, on=reader.question.on, language=words.language(), customer=customer)
    except AccessError:
        raise
    except SeawallError as error:
        forms.refused(reader.request, error)
    else:
        said = _("Kept: {days} delivery days; documents: {documents}.") if done.days else _("All of it is kept.")
        messages.success(reader.request, said.format(days=done.days, documents=len(done.documents)), extra_tags="good")
    return redirect(address + reader.question.carried())


def _act(reader: Reader, waits: int) -> dict[str, str] | None:
    """What may be done: keep what waits, for who may everywhere."""
    if not waits or reader.actor.where(access.LIMIT_RECORD) is not access.ALL:
        return None
    return {"words": _("Keep the evidence of {count} delivery days").format(count=numbers.decimal_text(waits, 0)),
            "icon": "down"}  # fmt: skip


def _document(found: Document | None) -> tuple[str, str]:
    if found is None:
        return "", ""
    return f"PDF {found['sha256'][:HASH_SHOWN]}", reverse("document", args=[found["number"]])


def _linked(reader: Reader, table: Table, links: Mapping[str, Sequence[tuple[str, str]]]) -> dict[str, Any]:
    """A table for the page, with where cells of some columns lead; a document is named by the begin of its hash."""
    shown = shown_table(reader, table.without_empty_columns().without("sha256"))
    for key, told in links.items():
        if key in shown["keys"]:
            place = shown["keys"].index(key)
            for row, (text, address) in zip(shown["rows"], told, strict=False):
                row[place] |= {"text": text, "address": address, "is_words": False}
    return shown
