"""Bills: the list by state and maturity, who has to pay them, when; and one bill with its history and what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import InputError
from seawall.exchange.report_exposure import EVENTS, KINDS, STATES
from seawall.exchange.report_layout import Column, Table
from seawall.services import access
from seawall.services import bills as service
from seawall.services import reading as readings
from seawall.services.exposures import Exposures
from seawall.services.files import RowsRejected
from seawall.web import numbers
from seawall.web.ledger.acts import day
from seawall.web.ledger.empty import no_facts
from seawall.web.paging import amount_cells, exported, exports, headings, ordered, piece
from seawall.web.reader import Reader, changed, page

ALIVE = "alive"
"""The usual choice of the list: every bill that has not ended."""
ENDED = ("paid", "bounced", "returned")
CUSTOMERS_SHOWN = 20
WEEK = 7
SHORT_KINDS = {"bank": noop("bank"), "commercial": noop("company")}
ACTIONS = {
    "endorsed": noop("Endorse it"), "discounted": noop("Discount it"), "presented": noop("Present it for payment"),
    "paid": noop("It was paid"), "bounced": noop("It bounced"), "returned": noop("It went back to the customer"),
}  # fmt: skip


@page("ledger/bills.html", "bills")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """All bills, or those of one state."""
    if not reader.usual.currencies:
        return no_facts(_("Bills"))
    found = _found(reader)
    state = reader.request.GET.get("state", "") or ALIVE
    if state not in (ALIVE, *STATES):
        raise InputError("There is no state {state} of a bill.", state=state)
    asked, heads = headings(reader, _columns(), usual="matures_on")
    rows = ordered(_of_state(found, state), asked, "number")
    title = _title(found)
    if "export" in reader.request.GET:
        return exported(reader, _file(rows), title)
    start, pager = piece(reader, rows.height)
    return {
        "title": title,
        "words": _("As of {day}. A bill settles its invoice, and is exposure until it is paid.").format(
            day=numbers.day_text(reader.question.on)
        ),
        "has_any": not (found.is_void and found.bills.is_empty()),
        "tiles": _tiles(reader, found),
        "states": _states(reader, found, state),
        "rows": [_row(reader, row) for row in rows.slice(start, 100).iter_rows(named=True)],
        "columns": heads,
        "pager": pager,
        "exports": exports(reader),
        "weeks": _weeks(found),
        "maturing_days": found.policy["maturing_days"],
        "acceptors": [_acceptor(row) for row in found.acceptors.iter_rows(named=True)],
        "customers": _customers(reader, found),
        "foot": _("Bills passed on stay exposure until they are paid, or {days} days after they matured.").format(
            days=found.policy["recourse_days"]
        ),
    }


@page("ledger/bill.html", "bills", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, entity: str, number: str) -> dict[str, Any] | HttpResponse:
    """One bill; POST records what happened to it, or takes the last event back."""
    if reader.request.method == "POST":
        messages.success(reader.request, _recorded(reader, entity, number), extra_tags="good")
        return redirect(reverse("bill", args=[entity, number]) + reader.question.carried())
    file = service.bill_file(reader.detailed, _found(reader), entity=entity, number=number)
    bill, unit = file.bill, numbers.Unit(file.bill["currency"], 1)
    may = reader.actor.where(access.BILL_CHANGE)
    return {
        "bill": bill,
        "title": _("Bill {number}").format(number=bill["number"]),
        "sentence": _sentence(bill, unit),
        "tag": _tag(bill),
        "facts": _facts(reader, bill, unit),
        "events": [_event(row) for row in reversed(file.events.to_dicts())],
        "settled": [_settled(reader, bill, row) for row in file.settled.iter_rows(named=True)],
        "actions": [{"event": event, "words": _(ACTIONS[event])} for event in file.next_events],
        "may_change": may is access.ALL or entity in may,
        "may_take_back": file.events.height > 1,
    }


def _found(reader: Reader) -> Exposures:
    return readings.exposure(reader.detailed, scheme=reader.question.scheme)


def _of_state(found: Exposures, state: str) -> pl.DataFrame:
    rows = found.bills
    return rows.filter(~pl.col("state").is_in(ENDED)) if state == ALIVE else rows.filter(pl.col("state") == state)


def _title(found: Exposures) -> str:
    held = found.bills.filter(pl.col("held_minor") != 0).height
    if not held:
        return _("No bill is in hand")
    amount = numbers.money_words(found.total["held_minor"], found.currency)
    return _("{count} bills in hand, {amount}").format(count=numbers.decimal_text(held, 0), amount=amount)


def _columns() -> list[tuple[str, str, bool]]:
    return [
        ("matures_on", _("Matures"), False),
        ("number", _("Bill"), False),
        ("name", _("Customer"), False),
        ("acceptor", _("Acceptor"), False),
        ("bill_kind", _("Kind"), False),
        ("currency", _("Currency"), False),
        ("amount_minor", _("Amount"), True),
        ("state", _("State"), False),
        ("since", _("Since"), False),
    ]


def _tiles(reader: Reader, found: Exposures) -> list[dict[str, Any]]:
    unit, total = reader.question.unit, found.total
    shown = (
        (_("Exposure"), "exposure_minor", "exposure_minor", _("open, and bills that are not paid")),
        (_("Bills held"), "held_minor", "bills_held_minor", _("in hand or presented")),
        (_("Bills that can come back"), "recourse_minor", "bills_recourse_minor", _("endorsed or discounted")),
        (_("Retention money"), "retention_minor", "retention_minor", _("within what is open")),
        (_("Advance receipts"), "advance_minor", "advance_minor", _("within what is not applied")),
    )
    return [
        {"title": title, "value": unit.text(total[name]), "unit": unit.label, "figure": figure, "trend": trend}
        for title, name, figure, trend in shown
    ]


def _states(reader: Reader, found: Exposures, state: str) -> list[dict[str, Any]]:
    return [
        {
            "words": _("not ended") if code == ALIVE else _(STATES[code]),
            "count": numbers.decimal_text(_of_state(found, code).height, 0),
            "here": code == state,
            "query": changed(reader, state="" if code == ALIVE else code),
        }
        for code in (ALIVE, *STATES)
    ]


def _address(reader: Reader, bill: Mapping[str, Any]) -> str:
    return reverse("bill", args=[bill["entity"], bill["number"]]) + reader.question.carried()


def _row(reader: Reader, row: Mapping[str, Any]) -> dict[str, Any]:
    late = row["held_minor"] and row["matures_on"] < reader.question.on
    return {
        **{name: row[name] for name in ("number", "name", "customer_code", "acceptor", "currency", "since")},
        "matures_on": row["matures_on"],
        "is_late": bool(late),
        "kind": _(SHORT_KINDS[row["bill_kind"]]),
        "amount": numbers.Unit(row["currency"], 1).text(row["amount_minor"]),
        "tag": _tag(row),
        "with": row["counterparty"] or "",
        "address": _address(reader, row),
        "customer": reverse("customer", args=[row["customer_code"]]) + reader.question.carried(),
    }


def _tag(row: Mapping[str, Any]) -> dict[str, str]:
    kinds = {"paid": "is-good", "bounced": "is-danger", "endorsed": "is-amber", "discounted": "is-amber"}
    icons = {"paid": "check", "bounced": "alert", "endorsed": "right", "discounted": "right", "returned": "left"}
    return {
        "kind": kinds.get(row["state"], ""),
        "icon": icons.get(row["state"], "clock"),
        "words": _(STATES[row["state"]]),
    }


def _weeks(found: Exposures) -> list[dict[str, Any]]:
    """The calendar of maturities: what is past, then week by week, with the length of each week's bar."""
    rows = found.maturing.select("matures_on", "held_reporting_minor").with_columns(
        week=((pl.col("matures_on") - pl.lit(found.on)).dt.total_days() // WEEK).clip(-1)
    )
    by_week = rows.group_by("week").agg(pl.len(), pl.col("held_reporting_minor").sum())
    sums = {week: (count, minor) for week, count, minor in by_week.iter_rows()}
    most = max((minor for _count, minor in sums.values()), default=0)
    weeks = range(-1 if -1 in sums else 0, found.policy["maturing_days"] // WEEK + 1)
    return [_week(found.on, week, *sums.get(week, (0, 0)), most) for week in weeks] if sums else []


def _week(on: dt.date, week: int, count: int, minor: int, most: int) -> dict[str, Any]:
    first = on + dt.timedelta(days=WEEK * week)
    span = f"{first:%m-%d} – {first + dt.timedelta(days=WEEK - 1):%m-%d}"
    said = _("matured, not paid") if week < 0 else span
    return {
        "words": said,
        "count": count,
        "minor": minor,
        "width": round(100 * minor / most) if most else 0,
        "is_late": week < 0,
    }


def _acceptor(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "kind": _(SHORT_KINDS[row["bill_kind"]])}


def _customers(reader: Reader, found: Exposures) -> list[dict[str, Any]]:
    carried = reader.question.carried()
    return [
        {**row, "address": reverse("customer", args=[row["customer_code"]]) + carried}
        for row in found.customers.head(CUSTOMERS_SHOWN).iter_rows(named=True)
    ]


def _sentence(bill: Mapping[str, Any], unit: numbers.Unit) -> str:
    amount = f"{unit.text(bill['amount_minor'])} {bill['currency']}"
    said = {
        "held": _("{amount} on {acceptor}, in hand; it matures on {day}."),
        "recourse": _("{amount} on {acceptor}, passed on; it can come back until it is paid. It matures on {day}."),
        "bounced": _("{amount} on {acceptor} bounced: what it had settled is open again from its own due day."),
        "returned": _("{amount} on {acceptor} went back: what it had settled is open again from its own due day."),
    }
    state = "held" if bill["held_minor"] else "recourse" if bill["recourse_minor"] else bill["state"]
    sentence = said.get(state, _("{amount} on {acceptor}; it matured on {day} and is no exposure any more."))
    return sentence.format(amount=amount, acceptor=bill["acceptor"], day=numbers.day_text(bill["matures_on"]))


def _facts(reader: Reader, bill: Mapping[str, Any], unit: numbers.Unit) -> list[dict[str, str]]:
    customer = reverse("customer", args=[bill["customer_code"]]) + reader.question.carried()
    credit = reverse("item", args=[bill["entity"], "credit", bill["number"]]) + reader.question.carried()
    shown = [
        (_("Amount"), f"{unit.text(bill['amount_minor'])} {bill['currency']}", ""),
        (_("Customer"), bill["name"], customer),
        (_("Kind"), _(KINDS[bill["bill_kind"]]), ""),
        (_("Acceptor"), " · ".join(part for part in (bill["acceptor"], bill["acceptor_code"]) if part), ""),
        (_("Drawer"), bill["drawer"] or "", ""),
        (_("Issued on"), numbers.day_text(bill["drawn_on"]), ""),
        (_("Received on"), numbers.day_text(bill["received_on"]), ""),
        (_("Matures on"), numbers.day_text(bill["matures_on"]), ""),
        (_("Entity"), bill["entity"], ""),
        (_("As a document"), bill["number"], credit),
    ]
    return [{"words": name, "value": value, "address": address} for name, value, address in shown if value]


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    pictures = {"received": "receipt", "paid": "check", "bounced": "alert", "returned": "left", "presented": "up"}
    place = f"{row['source_file']}, {row['source_row']}" if row["source_file"] else ""
    said = _(EVENTS[row["event"]])
    return {
        "on": row["on"],
        "icon": pictures.get(row["event"], "right"),
        "words": f"{said} · {row['counterparty']}" if row["counterparty"] else said,
        "note": " · ".join(part for part in (row["note"], place) if part),
    }


def _settled(reader: Reader, bill: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    address = reverse("item", args=[bill["entity"], "debit", row["number"]]) + reader.question.carried()
    amount = f"{numbers.Unit(row['currency'], 1).text(row['amount_minor'])} {row['currency']}"
    return {"on": row["on"], "number": row["number"], "amount": amount, "address": address}


def _recorded(reader: Reader, entity: str, number: str) -> str:
    """Record what the form asks, or take the last event back; the sentence to say afterwards."""
    given = reader.request.POST
    if given.get("event") == "take_back":
        taken = service.take_back(reader.actor, entity=entity, number=number)
        return _("Taken back: {event}.").format(event=_(EVENTS[taken.event]))
    try:
        service.record_event(
            reader.actor, entity=entity, number=number, event=given.get("event", ""), on=day(given),
            counterparty=given.get("counterparty", "").strip(), note=given.get("note", "").strip(),
        )  # fmt: skip
    except (InputError, RowsRejected) as error:
        error.params = {name: _(EVENTS[each]) if each in EVENTS else each for name, each in error.params.items()}
        raise
    return _("Recorded: {event}.").format(event=_(EVENTS[given["event"]]))


def _file(rows: pl.DataFrame) -> Table:
    keys = [key for key, _title_, _num in _columns()]
    titles = {key: title for key, title, _num in _columns()}
    heads = [Column("entity", _("Entity")), Column("customer_code", _("Code"))]
    heads += [Column(key, titles[key], "exact" if key == "amount_minor" else "text") for key in keys]
    cells = []
    for row in rows.iter_rows(named=True):
        own = {
            "amount_minor": amount_cells(row, ["amount_minor"], row["currency"])[0],
            "bill_kind": _(SHORT_KINDS[row["bill_kind"]]),
            "state": _(STATES[row["state"]]),
        }
        cells.append([row["entity"], row["customer_code"], *(own.get(key, row[key]) for key in keys)])
    return Table("bills", _("Bills"), tuple(heads), cells)
