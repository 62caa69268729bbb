"""Customers: the list with search, the box that finds one while you type, and a customer's file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import polars as pl
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.exchange.report_layout import Column, Table
from seawall.services import access, attachments, merging, remarks, subjects, timeline
from seawall.services import reading as readings
from seawall.services.customer_files import CustomerFile, customer_file
from seawall.services.ledger import customers_found
from seawall.web import numbers, words
from seawall.web.ledger import contacts, customer_acts, telling
from seawall.web.ledger.empty import no_facts
from seawall.web.paging import amount_cells, exported, exports, headings, ordered, piece, sought
from seawall.web.protection import glance
from seawall.web.reader import Reader, page
from seawall.web.templatetags.seawall import shade

EVENTS = 50
ITEMS_SHOWN = 200


@page("ledger/customers.html", "customers")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """All customers, or those a search finds."""
    if not reader.usual.currencies:
        return no_facts(_("Customers"))
    text = sought(reader)
    rows = reader.report.customers
    if text:
        found = customers_found(reader.reading, text=text)
        rows = rows.join(found.select("customer_code"), on="customer_code", how="semi")
    asked, heads = headings(reader, _columns(), usual="-open_minor")
    rows = ordered(rows, asked, "customer_code")
    title = _title(text, rows.height)
    if "export" in reader.request.GET:
        return exported(reader, _file(reader, rows), title)
    start, pager = piece(reader, rows.height)
    listed = rows.slice(start, 100).to_dicts()
    return {
        "title": title,
        "words": _("As of {day}. Open, overdue and expected loss in {unit}.").format(
            day=numbers.day_text(reader.question.on), unit=reader.question.unit.label
        ),
        "rows": [row | {"pattern": words.word(words.PATTERNS, row["pattern_reason"])} for row in listed],
        "columns": heads,
        "pager": pager,
        "exports": exports(reader),
        "filter_words": text,
        "empty": {
            "title": _("No customer has “{text}” in its code or name").format(text=text),
            "words": _("Try part of the code or of the name; upper and lower case are the same."),
            "address": reverse("customers") + reader.question.carried(),
            "step": _("All customers"),
        },
    }


@page("ledger/customer.html", "customers")
def one(reader: Reader, code: str) -> dict[str, Any] | HttpResponse:
    """A customer's file."""
    merged = merging.merged_into(reader.actor, code)
    if merged is not None:
        messages.info(reader.request, _("{code} is now part of {into}.").format(code=code, into=merged.into))
        return redirect(reverse("customer", args=[merged.into]) + reader.question.carried())
    file = customer_file(reader.detailed, code=code)
    row = _figures(reader, code)
    customer, kind = subjects.customer_of(reader.actor, code), reader.request.GET.get("kind", "")
    events = timeline.of_customer(reader.actor, customer, file, kind=kind)
    start, pager = piece(reader, len(events), size=EVENTS)
    rest = remarks.paused(reader.actor, customer, on=reader.question.on)
    items = [_item(reader, each) for each in file.open_items.head(ITEMS_SHOWN).iter_rows(named=True)]
    return {
        "customer": file.customer,
        "sentence": _sentence(reader, row),
        "tags": _tags(row),
        "tiles": _tiles(reader, row),
        "beside": _beside(reader, code),
        "ages": _ages(reader, row),
        "open": row["open_minor"],
        "accounts": _accounts(reader, code),
        "facts": _facts(reader, file, row),
        "items": items,
        "items_title": _("{count} open items").format(count=numbers.decimal_text(file.open_items.height, 0)),
        "items_left": _left(file.open_items.height),
        "no_items": _("Nothing is open"),
        "no_items_words": _("On this day the customer owes nothing, and nothing waits to be applied."),
        "timeline": [telling.row(reader, each) for each in events[start : start + EVENTS]],
        "kinds": telling.kinds(reader, kind),
        "paused": rest,
        "acts": customer_acts.of_customer(reader, customer, is_paused=rest is not None),
        "tasks": _tasks(reader, customer),
        "contacts": contacts.of_customer(reader, customer),
        "may_add_contact": reader.actor.may(access.CONTACT_CHANGE),
        "add_contact": reverse("customer_act", args=[code, "contact"]) + reader.question.carried(),
        "insurance": glance.of_customer(reader, code),
        "statement": reverse("statement", args=[code]) + reader.question.carried(),
        "list": reverse("items") + f"{reader.question.carried() or '?'}&{urlencode({'customer': code})}",
        "pager": pager,
    }


def _tasks(reader: Reader, customer: Any) -> list[dict[str, Any]]:
    may = reader.actor.may(access.TASK_WRITE)
    found = remarks.tasks(reader.actor, customers=customer.family, open_only=True)
    kept = attachments.of_tasks(reader.actor, [task.number for task in found])
    common = {"may": may, "may_add": reader.actor.may(access.DOCUMENT_ADD)}
    return [
        common | {"task": task, "is_late": task.due_on < reader.question.on, "documents": kept.get(task.number, [])}
        for task in found
    ]


def _columns() -> list[tuple[str, str, bool]]:
    return [
        ("name", _("Customer"), False),
        ("customer_code", _("Code"), False),
        ("country", _("Country"), False),
        ("open_minor", _("Open"), True),
        ("overdue_minor", _("Overdue"), True),
        ("max_dpd_days", _("Oldest, days past due"), True),
        ("beyond_terms_days", _("Pays, days beyond terms"), True),
        ("ecl_minor", _("Expected loss"), True),
        ("is_default", _("Signals"), True),
    ]


def _title(text: str, count: int) -> str:
    shown = numbers.decimal_text(count, 0)
    if text:
        return _("{count} customers with “{text}”").format(count=shown, text=text)
    return _("{count} customers").format(count=shown)


def _file(reader: Reader, rows: pl.DataFrame) -> Table:
    columns = _columns()
    amounts = ("open_minor", "overdue_minor", "ecl_minor")
    kinds: dict[str, Any] = dict.fromkeys(amounts, "exact") | {"max_dpd_days": "count", "beyond_terms_days": "days"}
    cells = []
    for row in rows.iter_rows(named=True):
        money: dict[str, Any] = dict(zip(amounts, amount_cells(row, amounts, reader.reading.currency), strict=True))
        pattern = words.word(words.PATTERNS, row["pattern_reason"])
        money["is_default"] = _("default") if row["is_default"] else pattern
        cells.append([money.get(key, row[key]) for key, _title_, _num in columns])
    heads = tuple(Column(key, title, kinds.get(key, "text")) for key, title, _num in columns)
    return Table("customers", _("Customers"), heads, cells)


def _figures(reader: Reader, code: str) -> dict[str, Any]:
    """The customer's row of the report; a customer without any item by that day has only zeros."""
    rows = reader.report.customers
    found = rows.filter(pl.col("customer_code") == code)
    if found.height:
        return found.row(0, named=True)
    return {name: 0 if name.endswith("_minor") else None for name in rows.columns}


def _sentence(reader: Reader, row: dict[str, Any]) -> str:
    day, currency = numbers.day_text(reader.question.on), reader.reading.currency
    if not row["open_minor"]:
        return _("Owes nothing on {day}.").format(day=day)
    owes = _("Owes {open} on {day}").format(open=numbers.money_words(row["open_minor"], currency), day=day)
    if not row["overdue_minor"]:
        return owes + _(", nothing of it overdue.")
    late = _(", {overdue} of it overdue, the oldest for {days} days.")
    overdue = numbers.money_words(row["overdue_minor"], currency)
    return owes + late.format(overdue=overdue, days=numbers.decimal_text(row["max_dpd_days"], 0))


def _tags(row: dict[str, Any]) -> list[dict[str, str]]:
    tags = []
    if row["is_default"]:
        tags.append({"kind": "is-danger", "icon": "alert", "words": _("in default")})
    if row["is_pattern_broken"]:
        shown = words.word(words.PATTERNS, row["pattern_reason"])
        tags.append({"kind": "is-amber", "icon": "clock", "words": shown})
    return tags


def _tiles(reader: Reader, row: dict[str, Any]) -> list[dict[str, Any]]:
    unit = reader.question.unit
    share = _("{share} of all that is open").format(share=numbers.percent_text(row["share_rate"]))
    part = row["overdue_minor"] / row["open_minor"] if row["open_minor"] else None
    oldest = _("oldest {days} days past due").format(days=numbers.days_text(row["max_dpd_days"]))
    return [
        {
            "title": _("Open"),
            "value": unit.text(row["open_minor"]),
            "unit": unit.label,
            "trend": share,
            "figure": "open_minor",
        },
        {
            "title": _("Overdue"),
            "value": unit.text(row["overdue_minor"]),
            "unit": unit.label,
            "danger": row["overdue_minor"] > 0,
            "trend": f"{numbers.percent_text(part)} · {oldest}" if row["overdue_minor"] else "",
            "figure": "overdue_minor",
        },
        {
            "title": _("Unapplied"),
            "value": unit.text(row["unapplied_minor"]),
            "unit": unit.label,
            "trend": _("money and credits not used yet"),
            "figure": "unapplied_minor",
        },
        {
            "title": _("In dispute"),
            "value": unit.text(row["disputed_minor"]),
            "unit": unit.label,
            "trend": "",
            "figure": "disputed_minor",
        },
        {
            "title": _("Expected loss"),
            "value": unit.text(row["ecl_minor"]),
            "unit": unit.label,
            "trend": "",
            "figure": "ecl_minor",
        },
    ]


def _beside(reader: Reader, code: str) -> list[dict[str, Any]]:
    """Bills, retention money and advances of the customer, and its exposure; nothing where it has none of them."""
    found = readings.exposure(reader.detailed, scheme=reader.question.scheme).customers
    rows = found.filter(pl.col("customer_code") == code)
    if rows.is_empty():
        return []
    row, unit = rows.row(0, named=True), reader.question.unit
    due = _("{due} of it past its own due day").format(due=unit.text(row["retention_due_minor"]))
    on_it = _("{amount} of it on the customer").format(amount=unit.text(row["on_customer_minor"]))
    shown = (
        (_("Exposure"), "exposure_minor", "exposure_minor", on_it),
        (_("Bills held"), "held_minor", "bills_held_minor", _("in hand or presented")),
        (_("Bills that can come back"), "recourse_minor", "bills_recourse_minor", _("endorsed or discounted")),
        (_("Retention money"), "retention_minor", "retention_minor", due if row["retention_minor"] else ""),
        (_("Advance receipts"), "advance_minor", "advance_minor", _("within what is not applied")),
    )
    return [
        {"title": title, "value": unit.text(row[name]), "unit": unit.label, "figure": figure, "trend": trend}
        for title, name, figure, trend in shown
    ]


def _ages(reader: Reader, row: dict[str, Any]) -> list[dict[str, Any]]:
    names = reader.question.scheme.names
    whole = row["open_minor"]
    return [
        {
            "words": numbers.bucket_text(name),
            "minor": row[f"{name}_minor"],
            "rate": row[f"{name}_minor"] / whole if whole else None,
            "shade": shade(k, len(names)),
        }
        for k, name in enumerate(names)
    ]


def _accounts(reader: Reader, code: str) -> list[str]:
    """One line for each account in another currency: both currencies side by side."""
    rows = reader.report.ageing.filter(
        pl.col("customer_code") == code, pl.col("currency") != reader.reading.currency, pl.col("open_minor") != 0
    )
    line = _("{entity}: {amount} {currency} open, {reporting} in {unit} at the rate of the day.")
    unit = reader.question.unit
    return [
        line.format(
            entity=row["entity"],
            amount=numbers.Unit(row["currency"], 1).text(row["open_minor"]),
            currency=row["currency"],
            reporting=unit.text(row["open_reporting_minor"]),
            unit=unit.label,
        )
        for row in rows.iter_rows(named=True)
    ]


def _facts(reader: Reader, file: CustomerFile, row: dict[str, Any]) -> list[dict[str, str]]:
    customer, unit = file.customer, reader.question.unit
    pays, trend = row["beyond_terms_days"], row["trend_days"]
    shown = [
        (_("Pays, days beyond terms"), numbers.days_text(pays, 1), "beyond_terms_days"),
        (_("Against the nine months before"), _trend(trend), ""),
        (_("Paid by the due day"), numbers.percent_text(row["on_time_rate"]), "on_time_rate"),
        (_("Latest payment, days past due"), numbers.days_text(row["longest_late_days"]), ""),
        (_("Last paid on"), numbers.day_text(row["last_paid_on"]), ""),
        (_("DSO, days"), numbers.days_text(row["dso_days"], 1), "dso_days"),
        (_("Sales of 12 months"), f"{unit.text(row['sales_12m_minor'])} {unit.label}", ""),
        (_("Written off in 12 months"), f"{unit.text(row['loss_12m_minor'])} {unit.label}", ""),
        (_("Country"), customer["country"] or numbers.NOTHING, ""),
        (_("Sector"), customer["sector"] or numbers.NOTHING, ""),
    ]
    if customer["group_code"] != customer["customer_code"]:
        shown.append((_("Group"), customer["group_code"], ""))
    return [{"words": name, "value": value, "figure": figure} for name, value, figure in shown]


def _trend(days: float | None) -> str:
    if days is None:
        return numbers.NOTHING
    shown = numbers.days_text(abs(days), 1)
    return _("{days} days slower").format(days=shown) if days > 0 else _("{days} days faster").format(days=shown)


def _left(count: int) -> str:
    if count <= ITEMS_SHOWN:
        return ""
    left = numbers.decimal_text(count - ITEMS_SHOWN, 0)
    return _("{count} more are not shown; the API gives all of them.").format(count=left)


def _address(reader: Reader, entity: str, side: str, number: str) -> str:
    return reverse("item", args=[entity, side, number]) + reader.question.carried()


def _item(reader: Reader, row: dict[str, Any]) -> dict[str, Any]:
    unit = numbers.Unit(row["currency"], 1)
    side = "debit" if row["is_debit"] else "credit"
    left = row["left_minor"] if row["is_debit"] else -row["left_minor"]
    return {
        **{name: row[name] for name in ("number", "entity", "issued_on", "due_on", "currency")},
        "address": _address(reader, row["entity"], side, row["number"]),
        "kind": words.word(words.KINDS, row["kind"]),
        "dpd": row["dpd_days"],
        "amount": unit.text(row["amount_minor"]),
        "open": unit.text(left),
        "disputed": unit.text(row["disputed_minor"]) if row["disputed_minor"] else "",
    }
