"""What can be done to a customer: remarks, a rest from chasing, another description, merged and split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from seawall.services import access, customers, merging, remarks, subjects
from seawall.web.ledger import contacts
from seawall.web.ledger.acts import Act, Field, Given, day, form, links, text, whole
from seawall.web.ledger.remark_acts import REMARK_ACTS
from seawall.web.reader import Reader, page, today


def _pause_fields(_reader: Reader, _subject: Any) -> Sequence[Field]:
    return [Field("until_on", _("Until"), "date"), Field("reason", _("Reason"))]


def _pause(reader: Reader, customer: Any, given: Given) -> str:
    until = day(given, "until_on")
    remarks.pause(
        reader.actor, customer, until_on=until, reason=text(given, "reason"), today=today(reader.about)
    )  # fmt: skip
    return _("Chasing rests until that day.")


def _resume(reader: Reader, customer: Any, given: Given) -> str:
    remarks.pause(reader.actor, customer, until_on=None, reason=text(given, "reason"), today=today(reader.about))
    return _("Chasing goes on.")


def _edit_fields(_reader: Reader, customer: Any) -> Sequence[Field]:
    said = customers.described(customer)
    known = {"": "–", "en": "English", "zh": "简体中文"}
    languages = tuple((known | {said.language or "": known.get(said.language or "", said.language or "")}).items())
    return [
        Field("name", _("Name"), value=said.name),
        Field("country", _("Country"), value=said.country or "", is_required=False, hint=_("two letters, such as CN")),
        Field("sector", _("Sector"), value=said.sector or "", is_required=False),
        Field("registration_id", _("Company or tax number"), value=said.registration_id or "", is_required=False),
        Field("parent_code", _("Belongs to the customer with code"), value=said.parent_code or "", is_required=False),
        Field("currency", _("Currency"), value=said.currency or "", is_required=False),
        Field("language", _("Language"), "choice", said.language or "", languages, is_required=False),
        Field("reason", _("Reason"), is_required=False),
        Field("version", "", "hidden", str(said.version)),
    ]


def _edit(reader: Reader, customer: Any, given: Given) -> str:
    fields = {name: text(given, name) for name in customers.FIELDS}
    customers.change(
        reader.actor, customer, fields, version=whole(given, "version"), reason=text(given, "reason")
    )  # fmt: skip
    return _("The customer is changed; what it was before stays on record.")


def _merge_fields(reader: Reader, _customer: Any) -> Sequence[Field]:
    return [
        Field("into", _("Code of the customer it is"), hint=_("Both accounts are shown under that code from now on.")),
        Field("on", _("As of"), "date", reader.question.on.isoformat()),
        Field("reason", _("Reason")),
    ]


def _merge(reader: Reader, customer: Any, given: Given) -> str:
    into = text(given, "into").strip()
    merging.merge(reader.actor, customer.code, into, on=day(given), reason=text(given, "reason"))
    return _("{code} is now part of {into}.").format(code=customer.code, into=into)


def _split_fields(reader: Reader, customer: Any) -> Sequence[Field]:
    parts = tuple((one.code, one.code) for one in merging.members(reader.actor, customer))
    return [Field("code", _("Code to split off"), "choice", choices=parts), Field("reason", _("Reason"))]


def _split(reader: Reader, _customer: Any, given: Given) -> str:
    merging.split(reader.actor, text(given, "code"), reason=text(given, "reason"))
    return _("{code} stands for itself again.").format(code=text(given, "code"))


def _reason_field(_reader: Reader, _customer: Any) -> Sequence[Field]:
    return [Field("reason", _("Reason"))]


CUSTOMER_ACTS = {
    **REMARK_ACTS,
    "contact": contacts.ADD,
    "pause": Act(gettext_lazy("Let chasing rest"), access.NOTE_WRITE, _pause_fields, _pause, "", "clock"),  # type: ignore[arg-type]
    "resume": Act(gettext_lazy("Go on chasing"), access.NOTE_WRITE, _reason_field, _resume, "", "play"),  # type: ignore[arg-type]
    "edit": Act(gettext_lazy("Change"), access.CUSTOMER_CHANGE, _edit_fields, _edit, "", "settings"),  # type: ignore[arg-type]
    "merge": Act(gettext_lazy("Merge"), access.CUSTOMER_MERGE, _merge_fields, _merge, "", "link"),  # type: ignore[arg-type]
    "split": Act(gettext_lazy("Split"), access.CUSTOMER_MERGE, _split_fields, _split, "", "link"),  # type: ignore[arg-type]
}


@page("ledger/act.html", "customers", methods=("GET", "HEAD", "POST"))
def view(reader: Reader, code: str, act: str) -> dict[str, Any] | HttpResponse:
    """One form about a customer."""
    customer = subjects.customer_of(reader.actor, code)
    back = reverse("customer", args=[code]) + reader.question.carried()
    made = form(reader, CUSTOMER_ACTS, act, customer, back)
    return made if isinstance(made, HttpResponse) else made | {"about": code}


def of_customer(reader: Reader, customer: Any, *, is_paused: bool) -> list[dict[str, str]]:
    """Links to what this reader may do to a customer as it stands."""
    left_out = {"pause" if is_paused else "resume"}
    if not merging.members(reader.actor, customer):
        left_out.add("split")
    acts = {name: act for name, act in CUSTOMER_ACTS.items() if name not in left_out}
    tail = reader.question.carried()
    return links(reader, acts, customer, lambda name: reverse("customer_act", args=[customer.code, name]) + tail)
