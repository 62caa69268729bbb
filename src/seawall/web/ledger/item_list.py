"""All items, narrowed by what the address says; each amount in its own currency, the sums beside it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.money import Money
from seawall.exchange.report_layout import Column, Table
from seawall.services import item_list
from seawall.services.item_list import Filter
from seawall.web import numbers, words
from seawall.web.ledger.acts import day_if_any
from seawall.web.ledger.empty import no_facts
from seawall.web.paging import PAGE, exported, exports
from seawall.web.reader import Reader, changed, page

STATE_WORDS = {
    "open": noop("open"), "overdue": noop("overdue"), "disputed": noop("in dispute"), "settled": noop("settled")
}  # fmt: skip
TEXT_MAX, PLACE_MAX = 200, 600
AMOUNTS = ("amount_minor", "left_minor", "disputed_minor")


@page("ledger/items.html", "items")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The list, a piece at a time; a piece begins behind the last row of the one before."""
    if not reader.usual.currencies:
        return no_facts(_("Items"))
    asked = _filter(reader)
    rows = item_list.items(reader.detailed, asked)
    title = _("{count} items").format(count=numbers.decimal_text(rows.height, 0))
    if "export" in reader.request.GET:
        return exported(reader, _file(rows.to_dicts()), title)
    left = item_list.after(rows, reader.request.GET.get("after", "")[:PLACE_MAX])
    shown = left.head(PAGE).to_dicts()
    sums = [f"{numbers.Unit(currency, 1).text(minor)} {currency}" for currency, minor in item_list.totals(rows).items()]
    first = changed(reader, after="") if reader.request.GET.get("after") else ""
    following = changed(reader, after=item_list.key_of(shown[-1])) if left.height > PAGE else ""
    return {
        "title": title,
        "words": _("As of {day}. Open together: {sums}.").format(
            day=numbers.day_text(reader.question.on), sums=" · ".join(sums) or "0"
        ),
        "rows": [_row(reader, row) for row in shown],
        "asked": asked,
        "kept": list(reader.question.params().items()),
        "kinds": [(kind, words.word(words.KINDS, kind)) for kind in words.KINDS],
        "states": [(state, _(said)) for state, said in STATE_WORDS.items()],
        "first": first,
        "following": following,
        "exports": exports(reader),
        "empty": {
            "title": _("No item fits"),
            "words": _("Widen what the list is narrowed to, or choose another day."),
            "address": reverse("items") + reader.question.carried(),
            "step": _("All items"),
        },
    }


def _filter(reader: Reader) -> Filter:
    given = {name: reader.request.GET.get(name, "").strip() for name in Filter.__dataclass_fields__}
    if any(len(value) > TEXT_MAX for value in given.values()):
        raise InputError("Search for at most {most} characters.", most=TEXT_MAX)
    days = {name: day_if_any(given, name) for name in ("due_from", "due_to")}
    return Filter(**given | days)  # type: ignore[arg-type]  # texts by name, and the days apart


def _row(reader: Reader, row: dict[str, Any]) -> dict[str, Any]:
    unit, carried = numbers.Unit(row["currency"], 1), reader.question.carried()
    side = "debit" if row["is_debit"] else "credit"
    return {
        **{name: row[name] for name in ("number", "name", "entity", "issued_on", "due_on", "currency")},
        "address": reverse("item", args=[row["entity"], side, row["number"]]) + carried,
        "customer": reverse("customer", args=[row["customer_code"]]) + carried,
        "kind": words.word(words.KINDS, row["kind"]),
        "dpd": row["dpd_days"] if row["left_minor"] and row["is_debit"] else None,
        "amount": unit.text(row["amount_minor"]),
        "open": unit.text(row["left_minor"]),
        "disputed": unit.text(row["disputed_minor"]) if row["disputed_minor"] else "",
    }


def _file(rows: list[dict[str, Any]]) -> Table:
    columns = (
        Column("number", _("Number")), Column("kind", _("Kind")), Column("customer_code", _("Code")),
        Column("name", _("Customer")), Column("entity", _("Entity")), Column("issued_on", _("Issued"), "date"),
        Column("due_on", _("Due"), "date"), Column("dpd_days", _("Days past due"), "count"),
        Column("currency", _("Currency")), Column("amount", _("Amount"), "exact"), Column("open", _("Open"), "exact"),
        Column("disputed", _("In dispute"), "exact"),
    )  # fmt: skip
    cells = [
        [
            row["number"], words.word(words.KINDS, row["kind"]), row["customer_code"], row["name"], row["entity"],
            row["issued_on"], row["due_on"], row["dpd_days"], row["currency"],
            *(Money(row[name] or 0, row["currency"]).decimal for name in AMOUNTS),
        ]
        for row in rows
    ]  # fmt: skip
    return Table("items", _("Items"), columns, cells)
