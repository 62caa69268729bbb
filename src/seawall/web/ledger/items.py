"""An item's page: what it says, what settled it, and the very row it was read from."""

from __future__ import annotations

from typing import Any, cast

from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import NotFound
from seawall.services import access, allocating, attachments, disputes, subjects, timeline
from seawall.services.customer_files import customer_file
from seawall.services.ledger import ItemFile, Side, item_file
from seawall.services.subjects import Subject
from seawall.web import numbers, words
from seawall.web.ledger import item_acts, telling
from seawall.web.reader import Reader, page

EVENTS = 50


@page("ledger/item.html", "items")
def view(reader: Reader, entity: str, side: str, number: str) -> dict[str, Any]:
    """One item, as of the question's day."""
    if side not in ("debit", "credit"):
        raise NotFound("There is no such page.")
    file = item_file(reader.detailed, entity=entity, side=cast("Side", side), number=number)
    item, unit = file.item, numbers.Unit(file.item["currency"], 1)
    kind = words.word(words.KINDS, item["kind"])
    subject = subjects.item_of(reader.actor, entity, side, number)
    of_customer = customer_file(reader.detailed, code=file.customer["customer_code"])
    chosen = reader.request.GET.get("kind", "")
    kept = attachments.of_disputes(reader.actor, subject)
    events = timeline.of_item(reader.actor, subject, of_customer, kind=chosen)[:EVENTS]
    return {
        "acts": item_acts.of_item(reader, subject),
        "standing": _standing(reader, subject, unit),
        "place": {"entity": entity, "side": side, "number": number},
        "timeline": [telling.row(reader, each) for each in events],
        "kinds": telling.kinds(reader, chosen),
        "item": item,
        "customer": file.customer,
        "title": f"{kind[:1].upper()}{kind[1:]} {item['number']}",
        "bill_address": _bill_address(reader, item),
        "sentence": _sentence(reader, file, unit),
        "facts": _facts(file, unit),
        "allocations": _allocations(reader, file, unit),
        "allocations_title": _("What settled it") if item["is_debit"] else _("What it settled"),
        "no_allocations": _("Nothing yet"),
        "no_allocations_words": _("Up to this day nothing has been applied to this item.")
        if item["is_debit"]
        else _("Up to this day this item has not been applied to anything."),
        "instalments": [
            {
                "on": row["due_on"],
                "amount": unit.text(row["amount_minor"]),
                "kind": _("retention money") if row["is_retention"] else "",
            }
            for row in file.instalments.iter_rows(named=True)
        ],
        "disputes": [
            {
                "from": row["opened_on"],
                "until": row["closed_on"],
                "days": ((row["closed_on"] or reader.question.on) - row["opened_on"]).days,
                "reason": _reason(reader, row["reason"] or ""),
                "amount": unit.text(row["amount_minor"]),
                "documents": kept.get((row["opened_on"], row["reason"] or ""), []),
            }
            for row in file.disputes.iter_rows(named=True)
        ],
    }


def _standing(reader: Reader, subject: Subject, unit: numbers.Unit) -> list[dict[str, Any]]:
    """The allocations that count now, for who may take them back."""
    if not reader.actor.may(access.ALLOCATION_CHANGE):
        return []
    rows = allocating.allocations_of(reader.actor, subject)[-EVENTS:]
    return [
        {"no": row.allocation_no, "number": row.number, "on": row.on, "amount": unit.text(row.amount_minor)}
        for row in rows
    ]


def _reason(reader: Reader, code: str) -> str:
    titles = disputes.reasons(reader.question.on).get(code)
    return titles[words.language().code] if titles else code


def _sentence(reader: Reader, file: ItemFile, unit: numbers.Unit) -> str:
    item, on = file.item, reader.question.on
    day, left = numbers.day_text(on), f"{unit.text(file.left_minor)} {item['currency']}"
    if item["issued_on"] > on:
        return _("Issued after {day}: it is not part of the figures of that day.").format(day=day)
    if not item["is_debit"]:
        return _("{left} not applied on {day}.").format(left=left, day=day)
    if not file.left_minor:
        return _("Settled in full by {day}.").format(day=day)
    days = (on - item["due_on"]).days
    if days <= 0:
        return _("{left} open on {day}, not due yet.").format(left=left, day=day)
    return _("{left} open on {day}, {days} days past due.").format(
        left=left, day=day, days=numbers.decimal_text(days, 0)
    )


def _bill_address(reader: Reader, item: dict[str, Any]) -> str:
    """Where the bill's own page is, of an item that is one."""
    if item["item_id"] not in reader.detailed.ledger.bills["item_id"]:
        return ""
    return reverse("bill", args=[item["entity"], item["number"]]) + reader.question.carried()


def _facts(file: ItemFile, unit: numbers.Unit) -> list[tuple[str, str]]:
    item = file.item
    shown = [
        (_("Amount"), f"{unit.text(item['amount_minor'])} {item['currency']}"),
        (_("of it VAT"), f"{unit.text(item['tax_minor'])} {item['currency']}" if item["tax_minor"] else ""),
        (_("Entity"), item["entity"]),
        (_("Issued on"), numbers.day_text(item["issued_on"])),
        (_("Due on"), numbers.day_text(item["due_on"]) if item["is_debit"] else ""),
        (_("Terms"), item["terms"]),
        (_("Order"), item["order_number"]),
        (_("Contract"), item["contract_number"]),
        (_("Shipped on"), numbers.day_text(item["shipped_on"]) if item["shipped_on"] else ""),
        (_("Delivered on"), numbers.day_text(item["delivered_on"]) if item["delivered_on"] else ""),
        (_("Paid by"), words.word(words.PAYMENT_METHODS, item["payment_method"])),
        (_("Description"), item["description"]),
    ]
    return [(name, value) for name, value in shown if value]


def _allocations(reader: Reader, file: ItemFile, unit: numbers.Unit) -> list[dict[str, Any]]:
    carried = reader.question.carried()
    return [
        {
            "on": row["on"],
            "number": row["number"],
            "kind": words.word(words.KINDS, row["kind"]),
            "amount": unit.text(row["amount_minor"]),
            "left": unit.text(row["left_minor"]),
            "address": reverse("item", args=[row["entity"], "debit" if row["is_debit"] else "credit", row["number"]])
            + carried,
        }
        for row in file.allocations.iter_rows(named=True)
    ]
