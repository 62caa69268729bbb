"""One claim as a guided way: its steps from top to bottom, the next one open with its form, the money beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import NotFound
from seawall.engine.ledger.insured_facts import CLAIM_DOCUMENTS
from seawall.engine.protection.claim_facts import Key
from seawall.engine.protection.claim_order import MOVES_OF, is_open
from seawall.engine.protection.terms import CAUSES
from seawall.exchange import report_claims, report_cover, report_insured
from seawall.exchange.insurers.messages import NOTICES
from seawall.exchange.report_claims import DECISIONS, DIFFERENCES, DOCUMENTS, MONEY, MOVES, REPORTS, STATES, STEPS
from seawall.services import access, claim_cases, claim_files, claim_moves, insured, insurers, wordings
from seawall.services.insurance import Document
from seawall.web import numbers, words
from seawall.web.ledger.acts import Field, day, require_choices, text, typed
from seawall.web.paging import row_number
from seawall.web.protection.claim_list import TONES, address, list_address, money_text, named, why_address
from seawall.web.protection.cover import insured_page
from seawall.web.protection.limit_acts import names_of
from seawall.web.reader import Reader, page, today

NAMED: Final = ("customer", "policy", "lost_on", "cause")
"""What names a claim in an address."""

PICTURES: Final = {
    "done": ("is-good", "check"), "due": ("", "right"), "late": ("is-danger", "alert"), "waiting": ("", "clock"),
    "not_needed": ("", "close"),
}  # fmt: skip
TOLD_BY: Final[Mapping[str, tuple[str, Sequence[Mapping[str, str]]]]] = {
    "overdue_report": ("notify", [{"notice": notice} for notice in NOTICES]), "recovered": ("report_recovery", [{}]),
}  # fmt: skip
"""Step to the message an insurer is told by, and what is filled in, by form."""


@insured_page("protection/claim_case.html", "claims", methods=("GET", "HEAD", "POST"), carry=(*NAMED, "as_of"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """A claim with its steps and its money; a POST records a step, or files the claim with a connected insurer."""
    given = reader.request.POST if reader.request.method == "POST" else reader.request.GET
    key = _key({name: str(given.get(name, "")) for name in NAMED})
    if reader.request.method == "POST" and "file_with" in typed(reader):
        return _file(reader, key)
    if reader.request.method == "POST":
        made_on, looked_at = _make(reader, key, text(typed(reader), "move")), day(typed(reader), "as_of")
        return redirect(address(reader, key, since=max(made_on, looked_at)))
    said = claim_cases.shown(reader.detailed, key)
    return {
        "title": _("Claim on {customer}").format(customer=names_of(reader).get(key.customer_code, key.customer_code)),
        "words": _("{policy}, {cause} on {day}").format(
            policy=key.policy, cause=_(report_insured.CAUSES[key.cause]), day=numbers.day_text(key.date_of_loss)
        ),
        "code": key.customer_code, "named": [*named(key).items(), ("as_of", reader.question.on.isoformat())],
        "state": {"words": _(STATES[said["state"]]), "tone": TONES.get(said["state"], "is-amber")},
        "steps": _steps(reader, said, key), "ways": _ways(reader, key), **_money(said),
        "why": why_address(reader, **named(key), of="case"),
        "give_up": _form(reader, said, "withdrawn") if said["state"] in ("opened", "filed", "decided") else None,
        "checklist": [_document(each) for each in said["checklist"]],
    }  # fmt: skip


@page("ledger/act.html", "claims", methods=("GET", "HEAD", "POST"), carry=NAMED)
def open_form(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The form that begins a claim: who, under which policy, lost when and why, and when the insurer had notice."""
    access.require(reader.actor, access.CLAIM_RECORD)
    policies = tuple((each.policy, f"{each.policy} {each.title}".strip()) for each in wordings.listed(reader.actor))
    fields = [
        Field("customer", _("Customer's code")), Field("policy", _("Insurance policy"), "choice", "", policies),
        Field("lost_on", _("Date of loss"), "date", reader.question.on.isoformat()),
        Field("cause", _("Cause of loss"), "choice", CAUSES[0],
              tuple((code, _(report_insured.CAUSES[code])) for code in CAUSES)),
        *_fields("opened", today(reader.about).isoformat(), {}),
    ]  # fmt: skip
    if reader.request.method == "POST":
        given = typed(reader)
        require_choices(fields, given)
        key = _key({name: text(given, name).strip() for name in NAMED})
        return redirect(address(reader, key, since=_make(reader, key, "opened")))
    asked = reader.request.GET
    fields = [_filled(one, asked) for one in fields]
    return {"title": _("Open a claim"), "fields": fields, "back": list_address(reader), "about": _("Claims")}


def _key(given: Mapping[str, str]) -> Key:
    """The claim an address or a form names.

    Raises:
        InputError: its day of loss is no date.
        NotFound: it names none.
    """
    lost_on = day(given, "lost_on")
    if given["cause"] not in CAUSES:
        raise NotFound("There is no such page.")
    return Key(given["customer"][:100], given["policy"][:100], lost_on, given["cause"])


def _make(reader: Reader, key: Key, move: str) -> dt.date:
    """Record what a form says of a step; returns its day."""
    given, file = typed(reader), reader.request.FILES.get("file")
    if move not in MOVES:
        raise NotFound("There is no such page.")
    fields = _fields(move, "", {})
    require_choices(fields, given)
    said = {one.name: text(given, one.name) for one in fields if one.name not in ("on", "file")}
    done = claim_moves.make(
        reader.actor, key, move, said, on=day(given), today=today(reader.about),
        evidence=(file.name or "", file.read()) if file is not None else None,
    )  # fmt: skip
    told = _("Recorded.") if done.batch_no else _("This was on record already.")
    messages.success(reader.request, told, extra_tags="good")
    return day(given)


def _file(reader: Reader, key: Key) -> HttpResponse:
    """Put the claim into the outbox of the insurer that a form names."""
    connection_id = row_number(text(typed(reader), "file_with"))
    if connection_id is None:
        raise NotFound("There is no such page.")
    number = claim_files.file_with_insurer(reader.detailed, key, about=reader.about, connection_id=connection_id)
    messages.success(reader.request, _("It goes out within a minute."), extra_tags="good")
    return redirect("insurer_message", number=number)


def _filled(field: Field, given: Mapping[str, str]) -> Field:
    return replace(field, value=str(given.get(field.name, field.value))[:200])


def _steps(reader: Reader, said: Document, key: Key) -> list[dict[str, Any]]:
    records, hearing = claim_cases.records(reader.actor, key), _hearing(reader, key)
    return [_step(reader, said, step, records, hearing) for step in said["steps"]]


def _step(
    reader: Reader, said: Document, step: Document, records: Sequence[Document],
    hearing: Sequence[insurers.ConnectionView],
) -> dict[str, Any]:  # fmt: skip
    tone, icon = PICTURES[step["state"]]
    is_next = step["name"] == said["next_step"]
    moves = MOVES_OF[step["name"]]
    may_be_made = is_open(step["name"], step["state"], said["state"])
    left = step["days_left"]
    is_past = left is not None and left < 0
    return {
        "name": step["name"], "words": _(STEPS[step["name"]]), "state": step["state"], "tone": tone, "icon": icon,
        "state_words": _(report_claims.STEP_STATES[step["state"]]), "is_next": is_next, "on": _date(step["on"]),
        "last_on": _date(step["last_on"]),
        "left": None if is_past else left, "ago": -left if is_past else None, "is_late": step["is_late"],
        "follows": _(report_claims.CONSEQUENCES[step["consequence"]])
        if step["consequence"] and (step["is_late"] or step["state"] in ("due", "late")) else "",
        "reports": [_(REPORTS[kind]) for kind in step["reports"]],
        "forms": [form for move in moves if (form := _form(reader, said, move))] if may_be_made else [],
        "records": [_record(reader, row) for row in records if row["move"] in moves],
        "tell": _tell(step["name"], said["customer_code"], hearing) if may_be_made else [],
        "filed_with": [(each.connection_id, each.name) for each in hearing if "file_claim" in each.say]
        if step["name"] == "filed" and may_be_made else [], "has_file": step["name"] == "claim_file",
    }  # fmt: skip


def _date(iso: str | None) -> dt.date | None:
    return None if iso is None else dt.date.fromisoformat(iso)


def _record(reader: Reader, row: Document) -> dict[str, Any]:
    """One fact on file: what it says, who recorded it, and the way to take it back."""
    table, currency = row["table"], row.get("currency") or ""
    amount = row.get("amount") or row.get("indemnity")
    said = [
        _(DOCUMENTS[row["document"]]) if row.get("document") else "",
        _(DECISIONS[row["decision"]]) if row.get("decision") else "",
        _(report_insured.RECEIVERS[row["received_by"]]) if row.get("received_by") else "",
        f"{money_text(amount, currency)} {currency}" if amount and currency else "",
        row.get("item_number") or "", row.get("reference") or "", row.get("detail") or "",
    ]  # fmt: skip
    may = reader.actor.may(insured.verb_of(table))
    taken = reverse("insured_take_back", args=[row["customer_code"], table, row["number"]])
    return {
        "on": _date(row["on"]), "words": " · ".join(part for part in said if part), "by": row["by"],
        "take_back": taken + reader.question.carried() if may else "",
    }  # fmt: skip


def _tell(step: str, customer: str, hearing: Sequence[insurers.ConnectionView]) -> list[tuple[str, str]]:
    """How the insurer is told of a step, where it can be told through its connection: offered, never sent unasked."""
    kind, forms = TOLD_BY.get(step, ("", ()))
    return [
        (
            _("Tell {insurer}: {what}").format(insurer=each.name, what=_(NOTICES[filled["notice"]]))
            if filled else _("Tell {insurer}").format(insurer=each.name),
            f"{reverse('insurer_say')}?"
            + urlencode({"kind": kind, "connection": each.connection_id, "customer": customer, **filled}),
        )
        for each in hearing if kind in each.say for filled in forms
    ]  # fmt: skip


def _hearing(reader: Reader, key: Key) -> list[insurers.ConnectionView]:
    """The connections of the claim's policy, for who may send messages about it."""
    if not reader.actor.may(access.INSURER_SEND):
        return []
    return [each for each in insurers.listed(reader.actor) if each.policy == key.policy]


def _ways(reader: Reader, key: Key) -> list[tuple[str, str]]:
    """Where else the claim is shown: its file, what it would come to, and the customer's insurers."""
    query = "?" + urlencode(reader.question.params() | named(key))
    lost_by = reader.question.on >= key.date_of_loss
    return [
        *([(_("Claim file"), reverse("claim_file") + query)] if lost_by else []),
        (_("What a claim would come to"), reverse("claims") + query),
        (_("Limits and events"), reverse("insured", args=[key.customer_code]) + reader.question.carried()),
    ]


def _money(said: Document) -> dict[str, Any]:
    """The figures beside the steps."""
    currency, language = said["currency"], words.language()
    return {
        "currency": currency,
        "money": [
            {"words": _(MONEY[name]), "amount": money_text(amount, currency), "is_sum": name in ("retained", "paid")}
            for name, amount in said["money"].items()
            if amount is not None and (said["recoveries"] or name not in ("recovered", "insurers_part", "own_part"))
        ],
        "differences": [
            {"words": _(DIFFERENCES[each["kind"]]), "amount": money_text(each["amount"], currency)}
            for each in said["differences"]
        ],
        "recoveries": [
            {
                "on": _date(row["received_on"]), "by": _(report_insured.RECEIVERS[row["received_by"]]),
                **{name: money_text(row[name], currency) for name in ("amount", "costs", "insurer", "insured")},
            }
            for row in said["recoveries"]
        ],
        "waterfall": [
            {"words": language.say(_line_words(step["name"])), "amount": money_text(step["amount"], currency)}
            for step in said["waterfall"]
        ],
        "balances": [
            (language.say(report_cover.AFTER[name]), money_text(amount, currency))
            for name, amount in said["balances"].items() if amount is not None
        ],
        "subrogated": {name: money_text(amount, currency) for name, amount in said["subrogation"].items()},
        "payable_from": _date(said["payable_from"]),
    }  # fmt: skip


def _line_words(name: str) -> str:
    return report_cover.STEPS.get(name) or report_cover.REASONS[name]


def _document(each: Document) -> dict[str, Any]:
    return {
        "words": _(DOCUMENTS[each["document"]]), "on": _date(each["gathered_on"]), "detail": each["detail"] or "",
        "is_asked": each["is_asked"],
    }  # fmt: skip


def _form(reader: Reader, said: Document, move: str) -> dict[str, Any] | None:
    """The form of a move, for who may make it."""
    if not reader.actor.may(insured.verb_of(claim_moves.MOVE_OF[move].table)):
        return None
    fields = _fields(move, today(reader.about).isoformat(), said)
    return {
        "move": move, "title": _(MOVES[move]), "fields": fields, "is_file": any(one.kind == "file" for one in fields),
    }  # fmt: skip


def _fields(move: str, on: str, said: Mapping[str, Any]) -> list[Field]:
    """What a form of a move asks for, filled in from what is on file of the claim."""
    return [Field("on", _("On"), "date", on), *_OWN_FIELDS[move](said)]


def _notes(*more: Field) -> list[Field]:
    return [*more, Field("reference", _("The insurer's number"), is_required=False),
            Field("detail", _("In detail"), is_required=False)]  # fmt: skip


def _report(_said: Mapping[str, Any]) -> list[Field]:
    kinds = tuple((code, _(name)) for code, name in REPORTS.items())
    return [
        Field("kind", _("Report"), "choice", "OVD", kinds),
        Field("until_on", _("New due day, of EXP and RES"), "date", is_required=False),
        *_about_item(),
    ]


def _about_item(_said: Mapping[str, Any] | None = None) -> list[Field]:
    return [
        Field("item_number", _("Number of the item; empty is the customer as a whole"), is_required=False),
        Field("detail", _("In detail"), is_required=False),
    ]


def _gathered(said: Mapping[str, Any]) -> list[Field]:
    """The document that is missing first; any other may be gathered too."""
    listed = said.get("checklist", ())
    missing = [each["document"] for each in listed if not each["gathered_on"]]
    order = [*missing, *(code for code in CLAIM_DOCUMENTS if code not in missing)]
    return [
        Field(
            "document", _("What is asked for"), "choice", order[0], tuple((code, _(DOCUMENTS[code])) for code in order)
        ),
        Field("detail", _("In detail"), is_required=False),
        Field("file", _("Evidence, kept by its hash"), "file", is_required=False),
    ]


def _decided(said: Mapping[str, Any]) -> list[Field]:
    decisions = tuple((code, _(name)) for code, name in DECISIONS.items())
    expected = (said.get("money") or {}).get("expected") or ""
    return _notes(
        Field("decision", _("The insurer's decision"), "choice", "accepted", decisions),
        Field("amount", _("Amount; empty where it is refused"), "amount", expected, is_required=False),
        _first_loss(said),
    )


def _first_loss(said: Mapping[str, Any]) -> Field:
    """What the claim takes of it as it stands: nothing more once a payment is on file."""
    taken = "" if said.get("payments") else said.get("takes", {}).get("aggregate_first_loss") or ""
    taken = taken if taken.strip("0.") else ""
    return Field(
        "aggregate_first_loss_used", _("What it took of the annual first loss"), "amount", taken, is_required=False
    )


def _paid(said: Mapping[str, Any]) -> list[Field]:
    known = said.get("money") or {}
    amount = known.get("decided") or known.get("expected") or ""
    return [Field("amount", _("Amount"), "amount", amount), _first_loss(said)]


def _recovered(_said: Mapping[str, Any]) -> list[Field]:
    receivers = tuple((code, _(name)) for code, name in report_insured.RECEIVERS.items())
    return [
        Field("received_by", _("Received"), "choice", "us", receivers),
        Field("amount", _("Amount before costs"), "amount"),
        Field("costs", _("Costs of collecting it"), "amount", is_required=False),
    ]


def _subrogated(said: Mapping[str, Any]) -> list[Field]:
    return _notes(Field("amount", _("Amount"), "amount", (said.get("money") or {}).get("paid") or ""))


_OWN_FIELDS: Final[dict[str, Callable[[Mapping[str, Any]], list[Field]]]] = {
    "opened": lambda _said: _notes(), "overdue_report": _report, "hand_over": _about_item, "gathered": _gathered,
    "file_complete": lambda _said: [],
    "filed": lambda _said: [Field("reference", _("The insurer's number"), is_required=False)],
    "decided": _decided, "paid": _paid, "recovered": _recovered, "subrogated": _subrogated,
    "withdrawn": lambda _said: [Field("detail", _("Reason"), is_required=False)],
}  # fmt: skip
"""Move to the fields of its form besides the day."""
