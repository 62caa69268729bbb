"""What can be done to an item: remarks, disputes, allocations, a write-off, a recovery; and its little buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from seawall.engine.kernel.errors import SeawallError
from seawall.engine.kernel.money import amount_text
from seawall.exchange import inert
from seawall.services import access, allocating, attachments, disputes, remarks, subjects, write_offs
from seawall.services.disputes import Disputed
from seawall.services.subjects import Subject
from seawall.web import forms, numbers, words
from seawall.web.ledger.acts import Act, Field, Given, day, form, links, text, typed, whole
from seawall.web.ledger.remark_acts import REMARK_ACTS, document_fields, uploaded
from seawall.web.reader import Reader, page

OFFERED = 60
"""Open items offered on one form; more are allocated by an import."""


def _on(reader: Reader, title: str) -> Field:
    return Field("on", title, "date", reader.question.on.isoformat())


def _reasons(reader: Reader) -> tuple[tuple[str, str], ...]:
    speech = words.language().code
    return tuple((code, titles[speech]) for code, titles in disputes.reasons(reader.question.on).items())


def _dispute_fields(reader: Reader, item: Subject) -> Sequence[Field]:
    return [
        _on(reader, _("Since")),
        Field("amount", _("Amount in {currency}").format(currency=item.currency), "amount", item.open_text),
        Field("reason", _("Reason"), "choice", choices=_reasons(reader)),
        Field("note", _("Note"), "area", is_required=False),
    ]


def _dispute(reader: Reader, item: Subject, given: Given) -> str:
    disputes.open_dispute(
        reader.actor, item, on=day(given), amount=text(given, "amount"), reason=text(given, "reason"),
        note=text(given, "note"),
    )  # fmt: skip
    return _("The dispute is open.")


def _open_ones(reader: Reader, item: Subject) -> tuple[tuple[str, str], ...]:
    named = dict(_reasons(reader))
    return tuple(
        (str(row.number), _shown(row, item, named.get(row.reason, row.reason)))
        for row in disputes.of_item(reader.actor, item)
        if row.closed_on is None
    )


def _shown(row: Disputed, item: Subject, reason: str) -> str:
    amount = f"{amount_text(row.amount_minor, item.currency)} {item.currency}"
    return " · ".join((numbers.day_text(row.opened_on), amount, reason))


def _change_fields(reader: Reader, item: Subject) -> Sequence[Field]:
    which = Field("dispute", _("Dispute"), "choice", choices=_open_ones(reader, item))
    return [which, *_dispute_fields(reader, item)]


def _change(reader: Reader, item: Subject, given: Given) -> str:
    disputes.change_dispute(
        reader.actor, item, whole(given, "dispute"), on=day(given), amount=text(given, "amount"),
        reason=text(given, "reason"), note=text(given, "note"),
    )  # fmt: skip
    return _("The dispute goes on as it is now.")


def _close_fields(reader: Reader, item: Subject) -> Sequence[Field]:
    return [
        Field("dispute", _("Dispute"), "choice", choices=_open_ones(reader, item)),
        _on(reader, _("First day it is no longer open")),
        Field("note", _("How it ended"), "area", is_required=False),
    ]


def _close(reader: Reader, item: Subject, given: Given) -> str:
    disputes.close_dispute(
        reader.actor, item, whole(given, "dispute"), on=day(given), note=text(given, "note")
    )  # fmt: skip
    return _("The dispute is closed.")


def _attach_fields(reader: Reader, item: Subject) -> Sequence[Field]:
    named = dict(_reasons(reader))
    every = tuple(
        (str(row.number), _shown(row, item, named.get(row.reason, row.reason)))
        for row in disputes.of_item(reader.actor, item)
    )
    return [Field("dispute", _("Dispute"), "choice", choices=every), *document_fields(reader, item)]


def _attach(reader: Reader, item: Subject, given: Given) -> str:
    name, content = uploaded(reader)
    attachments.to_dispute(reader.actor, item, whole(given, "dispute"), name=name, content=content)
    return _("The document is kept.")


def _allocate_fields(reader: Reader, credit: Subject) -> Sequence[Field]:
    none = _("The customer has no open item of this entity and currency on this day.")
    offered = allocating.offers(reader.detailed, credit)[:OFFERED]
    title = _("{number}, due {day}, {open} open")
    return [
        replace(_on(reader, _("Day")), hint="" if offered else none),
        *(
            Field(
                f"amount {offer.number}",
                title.format(
                    number=offer.number, day=numbers.day_text(offer.due_on),
                    open=amount_text(offer.left_minor, credit.currency),
                ),
                "amount",
                amount_text(offer.proposed_minor, credit.currency) if offer.proposed_minor else "",
                is_required=False,
            )
            for offer in offered
        ),
    ]  # fmt: skip


def _allocate(reader: Reader, credit: Subject, given: Given) -> str:
    amounts = {key.removeprefix("amount "): value for key, value in given.items() if key.startswith("amount ")}
    done = allocating.allocate(reader.actor, credit, amounts, on=day(given))
    return _("{count} allocations are written.").format(count=done.new_rows)


def _write_off_fields(reader: Reader, item: Subject) -> Sequence[Field]:
    return [
        Field("amount", _("Amount in {currency}").format(currency=item.currency), "amount", item.open_text),
        _on(reader, _("Day it is booked")),
        Field("reason", _("Reason"), "area"),
        Field("file", _("Evidence, such as a court's decision"), "file", is_required=False),
    ]


def _write_off(reader: Reader, item: Subject, given: Given) -> str:
    file, kept = reader.request.FILES.get("file"), None
    if file is not None:
        kept = remarks.add_document(reader.actor, item, name=file.name or "", content=file.read())
    asked = write_offs.propose(
        reader.actor, item, amount=text(given, "amount"), on=day(given), reason=text(given, "reason"),
        document_no=kept,
    )  # fmt: skip
    return _("Proposal {number} waits for another person.").format(number=asked.number)


def _recovery_fields(reader: Reader, item: Subject) -> Sequence[Field]:
    return [
        Field("amount", _("Amount in {currency}").format(currency=item.currency), "amount"),
        _on(reader, _("Day it came in")),
        Field("receipt", _("Number of the receipt, where it is on file"), is_required=False),
        Field("note", _("Note"), "area", is_required=False),
    ]


def _recovery(reader: Reader, item: Subject, given: Given) -> str:
    write_offs.record_recovery(
        reader.actor, item, amount=text(given, "amount"), on=day(given), receipt=text(given, "receipt"),
        note=text(given, "note"),
    )  # fmt: skip
    return _("The recovery is recorded.")


def _has_open_debt(item: Subject) -> bool:
    return item.is_debit and item.left_minor > 0


def _is_debit(item: Subject) -> bool:
    return item.is_debit


ITEM_ACTS = {
    "allocate": Act(
        gettext_lazy("Allocate"), access.ALLOCATION_CHANGE, _allocate_fields, _allocate, "", "link",  # type: ignore[arg-type]
        lambda item: not item.is_debit and item.left_minor > 0,
    ),
    **REMARK_ACTS,
    "dispute": Act(
        gettext_lazy("Open a dispute"), access.DISPUTE_CHANGE, _dispute_fields, _dispute, "", "dispute", _is_debit  # type: ignore[arg-type]
    ),
    "dispute-change": Act(
        gettext_lazy("Change a dispute"), access.DISPUTE_CHANGE, _change_fields, _change, "", "dispute", _is_debit  # type: ignore[arg-type]
    ),
    "dispute-close": Act(
        gettext_lazy("Close a dispute"), access.DISPUTE_CHANGE, _close_fields, _close, "", "dispute", _is_debit  # type: ignore[arg-type]
    ),
    "dispute-document": Act(
        gettext_lazy("Add a document to a dispute"), access.DOCUMENT_ADD, _attach_fields, _attach, "", "imports",  # type: ignore[arg-type]
        _is_debit,
    ),
    "write-off": Act(
        gettext_lazy("Propose a write-off"), access.WRITE_OFF_PROPOSE, _write_off_fields, _write_off, "", "lost",  # type: ignore[arg-type]
        _has_open_debt,
    ),
    "recovery": Act(
        gettext_lazy("Record a recovery"), access.RECOVERY_RECORD, _recovery_fields, _recovery, "", "receipt",  # type: ignore[arg-type]
        lambda item: item.kind == write_offs.KIND,
    ),
}  # fmt: skip


@page("ledger/act.html", "items", methods=("GET", "HEAD", "POST"))
def view(reader: Reader, entity: str, side: str, number: str, act: str) -> dict[str, Any] | HttpResponse:
    """One form about an item."""
    item = subjects.item_of(reader.actor, entity, side, number)
    back = reverse("item", args=[entity, side, number]) + reader.question.carried()
    made = form(reader, ITEM_ACTS, act, item, back)
    return made if isinstance(made, HttpResponse) else made | {"about": number}


def of_item(reader: Reader, item: Subject) -> list[dict[str, str]]:
    """Links to what this reader may do to an item as it stands."""
    rows = disputes.of_item(reader.actor, item)
    has_open = any(row.closed_on is None for row in rows)
    left_out = set() if has_open else {"dispute-change", "dispute-close"}
    left_out |= set() if rows else {"dispute-document"}
    acts = {name: act for name, act in ITEM_ACTS.items() if name not in left_out}
    tail, place = reader.question.carried(), (item.entity, item.side, item.number)
    return links(reader, acts, item, lambda name: reverse("item_act", args=[*place, name]) + tail)


@page("ledger/act.html", "items", methods=("POST",), home="item")
def withdraw(reader: Reader, entity: str, side: str, number: str) -> HttpResponse:
    """Take one allocation of an item back."""
    item = subjects.item_of(reader.actor, entity, side, number)
    given = typed(reader)
    allocating.withdraw(reader.actor, item, whole(given, "allocation"), reason=text(given, "reason"))
    messages.success(reader.request, _("The allocation is taken back."), extra_tags="good")
    return redirect(reverse("item", args=[entity, side, number]) + reader.question.carried())


@page("ledger/act.html", "customers", methods=("POST",))
def task(reader: Reader, number: int) -> HttpResponse:
    """Mark a task done, or open again, and go back to where it stands."""
    given = typed(reader)
    is_done = text(given, "done") == "yes"
    code = remarks.customer_of_task(reader.actor, number)
    try:
        remarks.change_task(reader.actor, number, version=whole(given, "version"), is_done=is_done)
        messages.success(reader.request, _("The task is done.") if is_done else _("The task is open again."),
                         extra_tags="good")  # fmt: skip
    except SeawallError as error:
        forms.refused(reader.request, error)
    return redirect(reverse("customer", args=[code]) + reader.question.carried())


def _attach_to_task(reader: Reader, number: int, _given: Given) -> str:
    name, content = uploaded(reader)
    attachments.to_task(reader.actor, number, name=name, content=content)
    return _("The document is kept.")


TASK_ACTS = {
    "document": Act(
        gettext_lazy("Add a document to a task"), access.DOCUMENT_ADD, document_fields, _attach_to_task, "", "imports"  # type: ignore[arg-type]
    ),
}  # fmt: skip


@page("ledger/act.html", "customers", methods=("GET", "HEAD", "POST"))
def task_document(reader: Reader, number: int) -> dict[str, Any] | HttpResponse:
    """The form that keeps a file with a task."""
    code = remarks.customer_of_task(reader.actor, number)
    subjects.customer_of(reader.actor, code)
    back = reverse("customer", args=[code]) + reader.question.carried()
    made = form(reader, TASK_ACTS, "document", number, back)
    return made if isinstance(made, HttpResponse) else made | {"about": code}


@page("ledger/act.html", "customers")
def document(reader: Reader, number: int) -> HttpResponse:
    """A document's bytes, as a download that no browser opens in our name."""
    name, content = remarks.document(reader.actor, number)
    return HttpResponse(content, headers=inert.headers(name))
