"""A timeline's events in words."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.ledger.insured_facts import CLAIM_STEPS
from seawall.exchange.insurers.messages import INCOMING, OUTGOING
from seawall.exchange.report_claims import DECISIONS, DOCUMENTS, MOVES
from seawall.exchange.report_insured import CAUSES, INSURANCE_EVENTS, LIMIT_KINDS, RECEIVERS
from seawall.services import disputes, insurer_events, insurer_messages
from seawall.services.timeline import KINDS, Event
from seawall.web import numbers, words
from seawall.web.reader import Reader, changed

KIND_WORDS = {
    "ledger": noop("Ledger"), "bill": noop("Bills"), "dispute": noop("Disputes"), "note": noop("Notes"),
    "task": noop("Tasks"), "document": noop("Documents"), "pause": noop("Pauses"), "proposal": noop("Proposals"),
    "change": noop("Changes"), "insurance": noop("Insurance"), "insurer": noop("Insurers"),
}  # fmt: skip
_ACTS = {
    ("ledger", "issued"): noop("{kind} {number}"),
    ("ledger", "allocated"): noop("{other_kind} {other_number} applied to {kind} {number}"),
    ("dispute", "dispute_opened"): noop("{kind} {number}: dispute opened"),
    ("dispute", "dispute_closed"): noop("{kind} {number}: dispute closed"),
    ("bill", "bill_received"): noop("Bill {number} received"),
    ("bill", "bill_endorsed"): noop("Bill {number} endorsed"),
    ("bill", "bill_discounted"): noop("Bill {number} discounted"),
    ("bill", "bill_presented"): noop("Bill {number} presented for payment"),
    ("bill", "bill_paid"): noop("Bill {number} paid"),
    ("bill", "bill_bounced"): noop("Bill {number} bounced"),
    ("bill", "bill_returned"): noop("Bill {number} returned to the customer"),
    ("note", "written"): noop("Note"),
    ("task", "given"): noop("Task for {assignee} until {due_on}"),
    ("task", "changed"): noop("Task changed: {assignee}, until {due_on}"),
    ("task", "done"): noop("Task done"),
    ("document", "added"): noop("Document added"),
    ("document", "added_to_dispute"): noop("Document added to a dispute"),
    ("document", "added_to_task"): noop("Document added to a task"),
    ("pause", "paused"): noop("Chasing rests until {until_on}"),
    ("pause", "resumed"): noop("Chasing goes on"),
    ("proposal", "proposed"): noop("Write-off of {subject} proposed"),
    ("proposal", "approved"): noop("Write-off of {subject} approved"),
    ("proposal", "rejected"): noop("Write-off of {subject} rejected"),
    ("proposal", "withdrawn"): noop("Write-off of {subject} withdrawn"),
    ("change", "described"): noop("Customer first on file"),
    ("change", "customer_changed"): noop("Customer changed, version {version}"),
    ("change", "merged"): noop("{code} merged into {into}"),
    ("change", "split"): noop("{code} split off from {into}"),
    ("change", "entered"): noop("First on file"),
    ("change", "corrected"): noop("Corrected, version {version}"),
    ("change", "withdrawn"): noop("Allocation taken back"),
    ("change", "dispute_opened"): noop("Dispute opened by hand"),
    ("change", "dispute_changed"): noop("Dispute changed by hand"),
    ("change", "dispute_closed"): noop("Dispute closed by hand"),
    ("insurance", "claim"): noop("Loss by {cause}"),
    ("insurance", "recovery"): noop("Recovered {received_by}"),
    ("insurer", "said"): noop("{message} to {insurer}: {state}"),
    ("insurer", "heard"): noop("{message} from {insurer}: {state}"),
    **{("insurance", code): words for code, words in {**LIMIT_KINDS, **INSURANCE_EVENTS}.items()},
    **{("insurance", f"claim_{step}"): MOVES[step] for step in CLAIM_STEPS},
    ("insurance", "claim_gathered"): noop("Document gathered: {document}"),
    ("insurance", "claim_decided"): noop("The insurer's decision: {decision}"),
}
_WORDS = {"cause": CAUSES, "received_by": RECEIVERS, "document": DOCUMENTS, "decision": DECISIONS}
_MESSAGES = {name: title for name, (title, _kind) in {**OUTGOING, **INCOMING}.items()}
_STATES = {"said": insurer_messages.STATES, "heard": insurer_events.STATES}
_ICONS = {
    "bill": "receipt", "dispute": "dispute", "note": "info", "task": "check", "document": "imports", "pause": "clock",
    "proposal": "lost", "change": "runs", "insurance": "provision", "insurer": "link",
}  # fmt: skip


def row(reader: Reader, event: Event) -> dict[str, Any]:
    """One event as the template shows it."""
    what = dict(event.what or {})
    icon = "link" if event.act == "allocated" else words.ICONS.get(what.get("kind") or "", "invoice")
    for name in ("kind", "other_kind"):
        if name in what:
            what[name] = words.word(words.KINDS, what[name])
    for name in ("due_on", "until_on"):
        if what.get(name):
            what[name] = numbers.day_text(what[name])
    for name in _WORDS.keys() & what:
        what[name] = words.word(_WORDS[name], what[name])
    if event.kind == "insurer":
        what |= {
            "message": words.word(_MESSAGES, what["message"]),
            "state": words.word(_STATES[event.act], what["state"]),
        }
    note = what.get("text") or what.get("note") or ""
    if event.kind == "dispute":
        note = _reason(reader, note)
    if event.kind == "insurance":
        note = " · ".join(part for part in (what["policy"], what.get("item_number", ""), note) if part)
    what["assignee"] = what.get("assignee") or _("nobody yet")
    amount = ""
    if event.amount_minor is not None:
        amount = f"{numbers.Unit(event.currency, 1).text(event.amount_minor)} {event.currency}"
    is_of_the_moment = event.at is not None and event.on == event.at.date()
    on = timezone.localdate(event.at) if is_of_the_moment else event.on
    return {
        "on": on, "icon": _ICONS.get(event.kind, icon), "note": note, "who": event.who, "at": event.at,
        "words": _(_ACTS[event.kind, event.act]).format(**what).strip(), "amount": amount,
        "address": _address(reader, event),
    }  # fmt: skip


def kinds(reader: Reader, chosen: str) -> list[dict[str, Any]]:
    """The links that narrow a timeline to a kind."""
    every = [{"words": _("All"), "query": changed(reader, kind=""), "is_here": not chosen}]
    return every + [
        {"words": _(KIND_WORDS[kind]), "query": changed(reader, kind=kind), "is_here": chosen == kind} for kind in KINDS
    ]


def _reason(reader: Reader, code: str) -> str:
    titles = disputes.reasons(reader.question.on).get(code)
    return titles[words.language().code] if titles else code


def _address(reader: Reader, event: Event) -> str:
    if event.kind == "document" and event.number:
        return reverse("document", args=[event.number])
    if event.kind == "proposal" and event.number:
        return reverse("approval", args=[event.number])
    if event.kind == "insurer":
        return reverse("insurer_message" if event.act == "said" else "insurer_event", args=[event.number])
    return reverse("item", args=list(event.item)) + reader.question.carried() if event.item else ""
