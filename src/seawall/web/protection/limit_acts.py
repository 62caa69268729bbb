"""What is recorded by hand of a customer's insurers: a form a table, and one to take a fact back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import NotFound
from seawall.exchange.report_insured import CAUSES, INSURANCE_EVENTS, LIMIT_KINDS, RECEIVERS
from seawall.services import access
from seawall.services import insured as service
from seawall.web.ledger.acts import Field, require_choices, text, typed
from seawall.web.reader import Reader, page


@dataclass(frozen=True, slots=True)
class Record:
    """One form: its words, its picture, its fields for a day."""

    title: str
    icon: str
    fields: Callable[[str], Sequence[Field]]


def _choices(words: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((code, _(said)) for code, said in words.items())


def _limit(on: str) -> Sequence[Field]:
    return (
        Field("policy", _("Insurance policy")),
        Field("kind", _("Decision"), "choice", "approved", _choices(LIMIT_KINDS)),
        Field("amount", _("Amount the limit stands at, or that was asked for"), "amount", is_required=False),
        Field("currency", _("Currency"), is_required=False),
        Field("decided_on", _("Day of the decision"), "date", on),
        Field("effective_from", _("For shipments from"), "date", is_required=False),
        Field("expires_on", _("For shipments until"), "date", is_required=False),
        Field("notice_days", _("Days of notice"), is_required=False),
        Field("layer", _("Layer"), is_required=False, hint=_("One limit of several; empty is the first.")),
        Field(
            "insured_rate",
            _("Insured share, where it differs from the policy"),
            is_required=False,
            hint=_("0.9 is 90 %"),
        ),
        Field("max_term_days", _("Longest payment term in days"), is_required=False),
        Field("payment_method", _("Only for the payment method"), is_required=False),
        Field("bank", _("Issuing bank of the letter of credit"), is_required=False),
        Field("conditions", _("Conditions"), "area", is_required=False),
    )


def _event(on: str) -> Sequence[Field]:
    return (
        Field("policy", _("Insurance policy")),
        Field("event", _("What happened"), "choice", "adverse_information", _choices(INSURANCE_EVENTS)),
        Field("on", _("On"), "date", on),
        Field("item_number", _("Number of the item; empty is the customer as a whole"), is_required=False),
        Field(
            "detail", _("In detail"), "area", is_required=False,
            hint=_("An extension names the new due day, as 2026-03-31; an arbitration result says won or lost."),
        ),
        Field("file", _("Evidence, kept by its hash"), "file", is_required=False),
    )  # fmt: skip


def _claim(on: str) -> Sequence[Field]:
    return (
        Field("policy", _("Insurance policy")),
        Field("date_of_loss", _("Date of loss"), "date", on),
        Field("cause", _("Cause of loss"), "choice", "insolvency", _choices(CAUSES)),
        Field("paid_on", _("Paid on; empty is not paid yet"), "date", is_required=False),
        Field("indemnity", _("Indemnity"), "amount", is_required=False),
        Field("aggregate_first_loss_used", _("What it took of the annual first loss"), "amount", is_required=False),
        Field("currency", _("Currency, where the policy is not on file"), is_required=False),
    )


def _recovery(on: str) -> Sequence[Field]:
    return (
        Field("policy", _("Insurance policy")),
        Field("date_of_loss", _("Date of loss"), "date", on),
        Field("cause", _("Cause of loss"), "choice", "insolvency", _choices(CAUSES)),
        Field("received_on", _("Received on"), "date", on),
        Field("received_by", _("Received"), "choice", "us", _choices(RECEIVERS)),
        Field("amount", _("Amount before costs"), "amount"),
        Field("costs", _("Costs of collecting it"), "amount", is_required=False),
        Field("currency", _("Currency, where the policy is not on file"), is_required=False),
    )


RECORDS = {
    "insured_limits": Record(noop("Record a limit decision"), "check", _limit),
    "insurance_events": Record(noop("Record an event"), "alert", _event),
    "claims": Record(noop("Record a claim payment"), "receipt", _claim),
    "claim_recoveries": Record(noop("Record a recovery on a claim"), "down", _recovery),
}


def _common(reader: Reader, verb: str) -> list[Field]:
    where = reader.actor.where(verb)
    codes = sorted(reader.about.names) if where is access.ALL else sorted(where)
    whole = [("", _("the whole company"))] if where is access.ALL else []
    scope = (*whole, *((code, code) for code in codes))
    return [
        Field("entity", _("Whose policy it is"), "choice", scope[0][0] if scope else "", scope),
        Field(
            "correct", _("If this is on file otherwise"), "choice", "", (("", _("refuse it")), ("yes", _("correct it")))
        ),
    ]


@page("ledger/act.html", "insured_limits", methods=("GET", "HEAD", "POST"))
def record_form(reader: Reader, code: str, table: str) -> dict[str, Any] | HttpResponse:
    """The form of one table, or what it sends."""
    if table not in RECORDS:
        raise NotFound("There is no such page.")
    access.require(reader.actor, service.VERBS[table])
    name = customer_known(reader, code)
    asked = reader.request.GET
    home = reverse("deadlines") if asked.get("to") == "deadlines" else reverse("insured", args=[code])
    back = home + reader.question.carried()
    fields = [*RECORDS[table].fields(reader.question.on.isoformat()), *_common(reader, service.VERBS[table])]
    fields = [replace(one, value=asked.get(one.name, one.value)[:200]) for one in fields]
    if reader.request.method == "POST":
        given = typed(reader)
        require_choices(fields, given)
        said = {one.name: text(given, one.name) for one in fields if one.name not in ("file", "correct")}
        file = reader.request.FILES.get("file")
        done = service.record_fact(
            reader.actor, table, said | {"customer_code": code}, correct=text(given, "correct") == "yes",
            evidence=(file.name or "", file.read()) if file is not None else None,
        )  # fmt: skip
        told = _("Recorded.") if done.batch_no else _("This was on record already.")
        messages.success(reader.request, told, extra_tags="good")
        return redirect(back)
    is_file = any(one.kind == "file" for one in fields)
    return {"title": _(RECORDS[table].title), "fields": fields, "back": back, "is_file": is_file, "about": name}


@page("ledger/act.html", "insured_limits", methods=("GET", "HEAD", "POST"))
def take_back_form(reader: Reader, code: str, table: str, number: int) -> dict[str, Any] | HttpResponse:
    """Why a fact no longer counts, or that it does not any more."""
    access.require(reader.actor, service.verb_of(table))
    back = reverse("insured", args=[code]) + reader.question.carried()
    if reader.request.method == "POST":
        service.take_back(reader.actor, table, number, reason=text(typed(reader), "reason"))
        messages.success(reader.request, _("Taken back; what was known before stays known then."), extra_tags="good")
        return redirect(back)
    if service.facts_of(reader.actor, table, customers=[code]).filter(fact_id=number).is_empty():
        raise NotFound("There is no fact {number} of this kind.", number=number)
    return {"title": _("Take it back"), "fields": [Field("reason", _("Reason"))], "back": back, "about": code}


def names_of(reader: Reader) -> dict[str, str]:
    """By code: the names of the customers the reader sees."""
    return dict(reader.reading.ledger.customers.select("customer_code", "name").iter_rows())


def customer_known(reader: Reader, code: str) -> str:
    """The name of a customer that may be spoken of here; its code where nothing else is known of it.

    Raises:
        NotFound: the reader sees none of that code.
    """
    if name := names_of(reader).get(code):
        return name
    if any(service.facts_of(reader.actor, table, customers=[code]).height for table in service.VERBS):
        return code
    raise NotFound("There is no customer {customer}.", customer=code)
