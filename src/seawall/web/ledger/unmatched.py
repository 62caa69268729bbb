"""Unmatched money: what it may pay and why beside each row; confirm with one key, choose another, or set it aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError, UsageError
from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.matching import REASONS, Proposal, Reason
from seawall.services import access, bank_cases, bank_decide, bank_documents, bank_matching, bank_why
from seawall.services.bank_matching import Unmatched
from seawall.web import numbers
from seawall.web.paging import piece
from seawall.web.reader import Reader, page, today

SHOWN = 25
"""Rows of a piece: each asks the ledger for proposals."""

ITEMS_SHOWN, CUSTOMERS_SHOWN = 100, 20


@page("ledger/unmatched.html", "unmatched")
def view(reader: Reader) -> dict[str, Any]:
    """The list, newest first."""
    on = today(reader.about)
    entity = reader.question.entity
    start, _pager = piece(reader, 10**9, size=SHOWN)
    rows, count = bank_matching.unmatched(reader.actor, on=on, start=start, limit=SHOWN, entity=entity)
    _start, pager = piece(reader, count, size=SHOWN)
    shown = numbers.decimal_text(count, 0)
    return {
        "title": _("{count} receipts to match").format(count=shown),
        "sums": [
            {"currency": currency, "amount": numbers.Unit(currency, 1).text(minor)}
            for currency, minor in bank_why.sums(reader.actor, entity=entity).items()
        ],
        "rows": [_row(reader, each) for each in rows],
        "pager": pager,
        "cases": len(bank_cases.cases(reader.actor)),
        "may": reader.actor.may(access.MATCH_CONFIRM),
        "after": start,
    }


@page("ledger/entry.html", "unmatched", methods=("GET", "HEAD", "POST"), carry=("customer",))
def one(reader: Reader, entry_id: int) -> dict[str, Any] | HttpResponse:
    """One entry: every proposal, other items of any customer, or nothing of the ledger's."""
    if reader.request.method == "POST":
        return _decided(reader, entry_id)
    on = today(reader.about)
    found = bank_matching.one(reader.actor, entry_id, on=on)
    held = bank_documents.decision(reader.actor, entry_id)
    return {
        "row": _row(reader, found),
        "held": held and {**held, "how": _how(held)},
        "proposals": [_proposal(reader, each, found, place) for place, each in enumerate(found.proposals)],
        "may": reader.actor.may(access.MATCH_CONFIRM),
        **_choosing(reader, found),
    }


@page("ledger/cases.html", "unmatched", methods=("GET", "HEAD", "POST"))
def cases(reader: Reader) -> dict[str, Any] | HttpResponse:
    """What payments left open, and how it was settled."""
    if reader.request.method == "POST":
        given = reader.request.POST
        number = _whole(given.get("case", ""))
        how, note = given.get("resolution", ""), given.get("note", "")
        bank_decide.close_case(reader.actor, number, on=today(reader.about), resolution=how, note=note)
        messages.success(reader.request, _("The case is settled."), extra_tags="good")
        return redirect("cases")
    is_open = reader.request.GET.get("closed") != "1"
    rows = bank_cases.cases(reader.actor, is_open=is_open)
    return {
        "rows": [_case(each) for each in rows],
        "is_open": is_open,
        "resolutions": [(code, words()) for code, words in RESOLUTIONS.items()],
        "may": reader.actor.may(access.MATCH_CONFIRM),
    }


def _decided(reader: Reader, entry_id: int) -> HttpResponse:
    """Do what the form asks; back to the list, where the next row waits."""
    given = reader.request.POST
    act = {"confirm": _confirm, "allocate": _allocate, "aside": _aside, "undo": _undo}.get(given.get("act", ""))
    if act is None:
        raise UsageError("The request cannot be read.")
    messages.success(reader.request, act(reader, entry_id, given), extra_tags="good")
    after = given.get("after", "0")
    return redirect(reverse("unmatched", query={"after": after} if after.isdigit() and after != "0" else None))


def _confirm(reader: Reader, entry_id: int, given: Mapping[str, str]) -> str:
    done = bank_decide.confirm(
        reader.actor, entry_id, on=today(reader.about), proposal=_whole(given.get("proposal", "0")),
        seen=given.get("seen", ""),
    )  # fmt: skip
    return _done(done)


def _allocate(reader: Reader, entry_id: int, given: Mapping[str, str]) -> str:
    parts = {
        name.removeprefix("part:"): text for name, text in given.items() if name.startswith("part:") and text.strip()
    }
    customer = given.get("customer", "")
    return _done(bank_decide.allocate(reader.actor, entry_id, on=today(reader.about), customer=customer, parts=parts))


def _aside(reader: Reader, entry_id: int, given: Mapping[str, str]) -> str:
    bank_decide.set_aside(reader.actor, entry_id, reason=given.get("reason", ""))
    return _("Entry {entry} is set aside.").format(entry=entry_id)


def _undo(reader: Reader, entry_id: int, given: Mapping[str, str]) -> str:
    bank_decide.take_back(reader.actor, entry_id, reason=given.get("reason", ""))
    return _("Entry {entry} is open again.").format(entry=entry_id)


def _done(done: bank_decide.Decided) -> str:
    told = _("Matched: {numbers}.").format(numbers=", ".join(done.credits))
    return f"{told} {_('A case was opened for what is missing or over.')}" if done.cases else told


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - what a number of the store has
        raise InputError("{text} is not a whole number.", text=text)
    return int(text)


def _row(reader: Reader, found: Unmatched) -> dict[str, Any]:
    entry = found.entry
    best = _proposal(reader, found.proposals[0], found, 0) if found.proposals else None
    return _entry(entry) | {"seen": found.digest, "best": best, "more": max(len(found.proposals) - 1, 0)}


def _entry(entry: Any) -> dict[str, Any]:
    account = entry.account
    return {
        "id": entry.pk,
        "on": entry.booked_on,
        "amount": numbers.Unit(account.currency, 1).text(entry.amount_minor),
        "is_in": entry.amount_minor > 0,
        "currency": account.currency,
        "entity": account.entity.code,
        "account": account.number,
        "payer": entry.counterparty,
        "payer_account": entry.counterparty_account,
        "reference": entry.reference,
    }


def _proposal(reader: Reader, made: Proposal, found: Unmatched, place: int) -> dict[str, Any]:
    unit = numbers.Unit(found.currency, 1)
    names = bank_matching.names(reader.actor, found.entry, on=today(reader.about))
    return {
        "place": place,
        "customer": made.customer_code,
        "name": names.get(made.customer_code, made.customer_code),
        "score": round(made.score),
        "parts": [
            {
                "number": part.number,
                "entity": found.entity,
                "amount": numbers.Unit(part.currency, 1).text(part.amount_minor),
                "currency": part.currency if part.currency != found.currency else "",
            }
            for part in made.parts
        ],
        "beside": [
            {"words": ADJUSTMENTS[each.kind](), "number": each.number, "amount": unit.text(each.amount_minor)}
            for each in made.adjustments
        ],
        "over": unit.text(made.unapplied_minor) if made.unapplied_minor else "",
        "short": unit.text(made.short_minor) if made.short_minor else "",
        "reasons": [
            {
                "words": _because(each, names, unit),
                "points": numbers.decimal_text(each.points, 0),
            }
            for each in made.reasons
        ],
    }


def _because(reason: Reason, names: Mapping[str, str], unit: numbers.Unit) -> str:
    """A reason in words, with names and amounts as people read them."""
    said = bank_documents.filled(reason, unit.currency) | {
        "customer": names.get(reason.customer, reason.customer),
        "amount": f"{unit.text(reason.amount_minor)} {unit.currency}",
    }
    return _(REASONS[reason.code]).format(**said)


def _choosing(reader: Reader, found: Unmatched) -> dict[str, Any]:
    """Customers that fit what was searched, and the open items of the one that was chosen."""
    on, asked = today(reader.about), reader.request.GET.get("customer", "")
    text = reader.request.GET.get("who", "")[:100]
    names = bank_matching.names(reader.actor, found.entry, on=on)
    near = [
        (code, name) for code, name in sorted(names.items()) if text and text.casefold() in f"{code} {name}".casefold()
    ]
    items = bank_matching.open_items(reader.actor, found.entry, on=on, customer=asked) if asked in names else []
    unit = numbers.Unit(found.currency, 1)
    rows = [
        {
            "number": item.number,
            "due_on": item.due_on,
            "left": unit.text(item.left_minor),
            "plain": amount_text(item.left_minor, item.currency),
        }
        for item in items[:ITEMS_SHOWN]
    ]
    return {
        "who": text, "customers": near[:CUSTOMERS_SHOWN], "chosen": asked, "chosen_name": names.get(asked, ""),
        "items": rows,
    }  # fmt: skip


def _how(held: Mapping[str, Any]) -> str:
    if held["is_aside"]:
        return _("Set aside: {reason}").format(reason=held["reason"])
    numbers_said = ", ".join(number for number, *_rest in held["parts"]) or "–"
    return _("{credit} of {customer} pays {numbers}.").format(
        credit=held["credits"][0], customer=held["customer_code"], numbers=numbers_said
    )


def _case(each: bank_cases.Case) -> dict[str, Any]:
    return {
        "id": each.case_id,
        "kind": CASES[each.kind](),
        "is_short": each.kind == "short",
        "customer": each.customer_code,
        "amount": numbers.Unit(each.currency, 1).text(each.amount_minor),
        "currency": each.currency,
        "since": each.opened_on,
        "entry": each.entry_id,
        "entity": each.entity,
        "numbers": each.numbers,
        "credit": each.credit,
        "step": STEPS[each.next_step](),
        "closed_on": each.closed_on,
        "resolution": RESOLUTIONS[each.resolution]() if each.resolution in RESOLUTIONS else each.resolution,
        "note": each.note,
    }


Words = Callable[[], str]
ADJUSTMENTS: dict[str, Words] = {"bank_charge": lambda: _("bank charge"), "discount": lambda: _("discount taken")}
CASES: dict[str, Words] = {"short": lambda: _("too little"), "over": lambda: _("too much")}
STEPS: dict[str, Words] = {
    "ask_for_rest": lambda: _("ask for the rest"),
    "ask_payer": lambda: _("ask the payer what it is for"),
}
RESOLUTIONS: dict[str, Words] = {
    "paid": lambda: _("the rest was paid"),
    "credited": lambda: _("a credit note was given"),
    "refunded": lambda: _("it was paid back"),
    "applied": lambda: _("it was applied to other items"),
    "disputed": lambda: _("it is a dispute now"),
    "accepted": lambda: _("it was accepted"),
}
