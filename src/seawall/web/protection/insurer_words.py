"""Insurers' messages in words and as forms: each field has one name, whichever message it stands in."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from dataclasses import MISSING, fields
from decimal import Decimal
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.money import exponent
from seawall.exchange.insurers.messages import (
    ANSWERS,
    CAUSES,
    DECLARED,
    LIMIT_KINDS,
    NOTICES,
    OUTGOING,
    REQUEST_TYPES,
)
from seawall.web import numbers, words

BY_FORM = ("request_cover", "change_cover", "notify", "report_adverse", "report_recovery")
"""Messages that are typed; declarations and claims come from their own pages, and by programs."""

FILLED_IN = ("company_ref", "policy")
AREAS = ("plan", "text", "note")
FIELDS = {
    "company_ref": noop("Company at the insurer"), "policy": noop("Policy number"), "request_type": noop("Type"),
    "amount": noop("Amount"), "currency": noop("Currency"), "max_term_days": noop("Longest payment term, days"),
    "payment_method": noop("Payment method"), "is_urgent": noop("Urgent"), "note": noop("Note to the insurer"),
    "action": noop("Change"), "until_on": noop("Until"), "notice": noop("Notice"),
    "item_number": noop("Invoice number"),
    "issued_on": noop("Issued on"), "due_on": noop("Due on"), "on": noop("Day"), "extended_to": noop("Extended to"),
    "plan": noop("Plan"), "reason": noop("Reason"), "text": noop("What was learnt"), "claim_ref": noop("Claim number"),
    "costs": noop("Costs"), "kind": noop("Decision"), "decided_on": noop("Decided on"), "layer": noop("Layer"),
    "effective_from": noop("Effective from"), "expires_on": noop("Expires on"), "notice_days": noop("Notice days"),
    "insured_rate": noop("Insured percentage"), "bank": noop("Bank"), "conditions": noop("Conditions"),
    "sequence": noop("Number in order"), "decision_id": noop("Number of the decision"), "grade": noop("Grade"),
    "message_key": noop("Key of the message"), "answer": noop("Answer"), "ref": noop("The insurer's number"),
    "basis": noop("Basis"), "from_on": noop("From"), "to_on": noop("To"), "lines": noop("Lines"),
    "cause": noop("Cause of loss"), "date_of_loss": noop("Date of loss"), "items": noop("Items"),
    "documents": noop("Documents"), "digest": noop("Digest"), "count": noop("Number"), "raw": noop("As it came"),
}  # fmt: skip
AMOUNTS = ("amount", "costs")
DAYS = (
    "until_on", "issued_on", "due_on", "on", "extended_to", "decided_on", "effective_from", "expires_on", "from_on",
    "to_on", "date_of_loss",
)  # fmt: skip
ACTION_WORDS = {
    "supersede": noop("increase (supersede)"), "reduce": noop("reduce"), "cancel": noop("cancel"),
    "prolong": noop("prolong"),
}  # fmt: skip
CHOICES = {
    "request_type": REQUEST_TYPES, "action": ACTION_WORDS, "notice": NOTICES, "basis": DECLARED, "cause": CAUSES,
    "kind": LIMIT_KINDS, "answer": ANSWERS,
}  # fmt: skip


def facts(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A message as names and values in the reader's language."""
    order = {name: place for place, name in enumerate(FIELDS)}
    names = sorted(body, key=lambda name: order.get(name, len(order)))
    return [(words.word(FIELDS, name), _value(name, body[name], body)) for name in names]


def short(kind: str, body: Mapping[str, Any]) -> str:
    """What a message says in a few words."""
    if kind == "decision" and body:
        return words.language().listed([words.word(LIMIT_KINDS, body.get("kind")), money(body)])
    if kind == "reply":
        return words.word(ANSWERS, body.get("answer"))
    return str(body.get("grade", "")) if kind == "grade" else ""


def money(body: Mapping[str, Any]) -> str:
    """The amount of a message with its currency, as the language writes it; empty where it has none."""
    amount, currency = body.get("amount"), body.get("currency", "")
    return f"{_amount(amount, currency)} {currency}" if amount else ""


def _amount(text: str, currency: str) -> str:
    try:
        return numbers.decimal_text(Decimal(text), exponent(currency))
    except (InputError, ArithmeticError):
        return text


def fields_of(kind: str, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """The fields a form asks for, in the message's order."""
    hints = get_type_hints(OUTGOING[kind][1], include_extras=True)
    made = []
    for each in fields(OUTGOING[kind][1]):
        if each.name in FILLED_IN:
            continue
        name = each.name.removesuffix("_minor")
        made.append({
            "name": name, "title": _(FIELDS[name]), "type": _type(name, hints[each.name]),
            "is_required": each.default is MISSING and each.default_factory is MISSING,
            "choices": [(code, _(said)) for code, said in CHOICES.get(name, {}).items()], "value": given.get(name, ""),
        })  # fmt: skip
    return made


def typed(kind: str, given: Mapping[str, str]) -> dict[str, Any]:
    """What a form said, as the message has it."""
    made: dict[str, Any] = {}
    for each in fields_of(kind, given):
        text = given.get(each["name"], "").strip()
        if each["type"] == "checkbox":
            made[each["name"]] = each["name"] in given
        elif each["name"] == "plan":
            made["plan"] = _plan(text, given.get("currency", ""))
        elif each["type"] == "number":
            made[each["name"]] = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text  # noqa: PLR2004
        else:
            made[each["name"]] = text
    return {name: value for name, value in made.items() if value not in ("", [])}


def _plan(text: str, currency: str) -> list[dict[str, str]]:
    """Lines of a day and an amount each."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    return [{"due_on": row[0], "amount": row[1] if len(row) > 1 else "", "currency": currency} for row in rows]


def _type(name: str, hint: Any) -> str:
    """How a field is typed in."""
    kinds = [*(each for each in get_args(hint) if isinstance(each, type)), hint]
    if name in AREAS:
        return "area"
    if get_origin(hint) is Annotated:
        return "select"
    if dt.date in kinds:
        return "date"
    if bool in kinds:
        return "checkbox"
    if name in ("amount", "costs"):
        return "amount"
    return "number" if int in kinds else "text"


def _value(name: str, value: Any, body: Mapping[str, Any]) -> str:
    if name in AMOUNTS and isinstance(value, str):
        return _amount(value, str(body.get("currency", "")))
    if name in DAYS and isinstance(value, str):
        with contextlib.suppress(ValueError):
            return numbers.day_text(dt.date.fromisoformat(value))
    if name in CHOICES and isinstance(value, str):
        return words.word(CHOICES[name], value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "; ".join(" ".join(map(str, each.values())) if isinstance(each, dict) else str(each) for each in value)
    return "–" if value is None else str(value)
