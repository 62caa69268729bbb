"""Approvals: what waits for the reader, what the reader proposed, what was decided; and one proposal."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import UsageError
from seawall.services import approvals, proposals, single_user
from seawall.services.proposals import Proposed
from seawall.web import numbers, words
from seawall.web.reader import Reader, page, today

KINDS = {
    "policy": noop("Policy"),
    "insurance_policy": noop("Insurance policy"),
    "write_off": noop("Write-off"),
    "recovery": noop("Recovery"),
}
STATES = {
    "waiting": noop("waiting"),
    "approved": noop("approved"),
    "rejected": noop("rejected"),
    "withdrawn": noop("withdrawn"),
}
TONES = {"waiting": "is-amber", "approved": "is-good", "rejected": "is-danger", "withdrawn": ""}
ICONS = {"waiting": "clock", "approved": "check", "rejected": "close", "withdrawn": "left"}
DONE = {"approve": noop("Approved."), "reject": noop("Rejected."), "withdraw": noop("Withdrawn.")}


@page("action/approvals.html", "approvals")
def view(reader: Reader) -> dict[str, Any]:
    """Three lists, newest first."""
    rows = [_row(reader, each) for each in proposals.listed(reader.actor)]
    waiting = [row for row in rows if row["state"] == "waiting"]
    return {
        "mine_to_decide": [row for row in waiting if row["may_decide"]],
        "others": [row for row in waiting if not row["may_decide"]],
        "decided": [row for row in rows if row["state"] != "waiting"],
    }


@page("action/approval.html", "approvals", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, number: int) -> dict[str, Any] | HttpResponse:
    """One proposal with its versions; POST decides it."""
    if reader.request.method == "POST":
        return _decide(reader, number)
    proposed = proposals.seen(reader.actor, number)
    return {
        "row": _row(reader, proposed),
        "body": _told(proposed.body),
        "versions": proposals.versions(reader.actor, number),
        "is_alone": single_user.is_on(),
    }


def _decide(reader: Reader, number: int) -> HttpResponse:
    given = reader.request.POST
    act, digest, reason = given.get("act", ""), given.get("digest", ""), given.get("reason", "")[:2000]
    if act == "approve":
        approvals.approve(reader.actor, number, digest=digest, on=today(reader.about), reason=reason)
    elif act == "reject":
        approvals.reject(reader.actor, number, digest=digest, reason=reason)
    elif act == "withdraw":
        approvals.withdraw(reader.actor, number, reason=reason)
    else:
        raise UsageError("The request cannot be read.")
    messages.success(reader.request, _(DONE[act]), extra_tags="good")
    return redirect("approval", number=number)


def _row(reader: Reader, proposed: Proposed) -> dict[str, Any]:
    decision = proposed.decision
    amount = ""
    if proposed.amount_minor is not None:
        amount = f"{numbers.Unit(proposed.currency, 1).text(proposed.amount_minor)} {proposed.currency}"
    return {
        "number": proposed.number, "version": proposed.version, "digest": proposed.digest,
        "kind": words.word(KINDS, proposed.kind), "subject": proposed.subject, "reason": proposed.reason,
        "amount": amount, "entities": ", ".join(proposed.entities), "author": proposed.author,
        "proposed_at": proposed.proposed_at, "state": proposed.state, "words": words.word(STATES, proposed.state),
        "tone": TONES[proposed.state], "icon": ICONS[proposed.state], "decision": decision,
        "may_decide": decision is None and approvals.may_decide(reader.actor, proposed),
        "may_withdraw": decision is None and approvals.is_author(reader.actor, proposed),
        "is_policy": proposed.kind == "policy",
        "policy": proposed.body.get("policy", ""),
    }  # fmt: skip


def _told(body: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """What is proposed, name by name; a text of several lines keeps them."""
    return [(name, text, "\n" in text) for name, text in ((name, _text(value)) for name, value in body.items())]


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
