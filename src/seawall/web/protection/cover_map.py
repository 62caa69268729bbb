"""The cover map: what stands of limits, what is used and covered, which do not fit; and what was lost over time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.money import exponent, minor_of
from seawall.exchange import report_cover, report_cover_map
from seawall.services import protection
from seawall.services.insurance import Document
from seawall.web import numbers, words
from seawall.web.charts import AGES, Chart
from seawall.web.paging import exported, exports, piece, sought
from seawall.web.protection.cover import insured_page, said, shown_table
from seawall.web.reader import Reader, changed

STATES = {"": noop("All customers"), **report_cover_map.STATES}
FINDINGS = {"": noop("All limits"), **report_cover_map.FINDINGS}
PICTURES = {
    "under": ("is-amber", "alert"),
    "none": ("is-danger", "close"),
    "full": ("is-good", "check"),
    "idle": ("", "clock"),
}
ROWS = 100
SHADES = (6, 4, 3, 2, 0)
"""Of the reasons in the chart, the most first; all that have no shade of their own share the last."""


_IN_ORDER = (
    "customer_code", "name", "state", "reason", "country", "grade", "policy", "currency", "limit", "finding", "why",
    "need", "need_on", "open", "covered", "headroom", "above_limit", "indemnity", "insured_rate", "fee",
)  # fmt: skip
"""The columns of the file as the page has them; what the page says in a cell's second line follows it."""


@insured_page("protection/cover.html", "cover")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The cover map, by customer, country or grade: limits, their use, what is covered, and which limits do not fit."""
    given, language = reader.request.GET, words.language()
    by = given.get("group", "")[:40] or "customer"
    document = protection.cover_map_by(reader.detailed, by=by)
    answer: dict[str, Any] = {
        "by": by, "gap": report_cover_map.gap_text(document, language), "exports": exports(reader),
        "ways": _choices(reader, "group", by, report_cover_map.GROUPS),
        "balances": [_balance(each) for each in protection.balances(reader.detailed)],
    }  # fmt: skip
    made = _by_customer(reader, document) if by == "customer" else _by_group(reader, document)
    return made if isinstance(made, HttpResponse) else answer | made


def _choices(reader: Reader, name: str, here: str, named: Mapping[str, str]) -> list[dict[str, Any]]:
    """A choice of the address, each of its words leading to the page narrowed so."""
    return [
        {"words": _(text), "here": code == here, "query": changed(reader, **{name: code, "after": ""})}
        for code, text in named.items()
    ]


def _by_group(reader: Reader, document: Document) -> dict[str, Any] | HttpResponse:
    language, by = words.language(), document["by"]
    table = said(report_cover_map.groups(document, language))
    room = sum(row["headroom"] is not None for row in document["rows"])
    title = _("Room under limits in {count} groups").format(count=numbers.decimal_text(room, 0))
    if "export" in reader.request.GET:
        return exported(reader, table, title)
    shown = shown_table(reader, table)
    for row, cells in zip(document["rows"], shown["rows"], strict=False):
        if row["group"]:
            cells[0]["address"] = "?" + changed(reader, **{"group": "", by: row["group"]})
    return {"title": title, "words": _(report_cover_map.ADDED), "table": shown}


def _by_customer(reader: Reader, document: Document) -> dict[str, Any] | HttpResponse:
    given, rows, language = reader.request.GET, document["rows"], words.language()
    asked = {name: given.get(name, "")[:100] for name in ("policy", "state", "country", "grade", "finding")}
    text = sought(reader).casefold()
    fitting = [
        row for row in rows
        if all(not value or row[name] == value for name, value in asked.items())
        and text in f"{row['customer_code']} {row['name']}".casefold()
    ]  # fmt: skip
    title = _("Cover of {count} customers").format(
        count=numbers.decimal_text(len({row["customer_code"] for row in fitting}), 0)
    )
    if "export" in given:
        return exported(
            reader, report_cover_map.customers(document | {"rows": fitting}, language).in_order(*_IN_ORDER), title
        )
    start, pager = piece(reader, len(fitting), size=ROWS)
    return {
        "title": title,
        "words": _("As of {day}. Indemnity is paid if this customer alone fails: it is never added up.").format(
            day=numbers.day_text(reader.question.on)
        ),
        "rows": [_map_row(reader, row, document["since"]) for row in fitting[start : start + ROWS]],
        "states": _choices(reader, "state", asked["state"], STATES),
        "findings": _choices(reader, "finding", asked["finding"], FINDINGS),
        "lists": [
            (name, _(title_), asked[name], sorted({row[name] for row in rows if row[name]}))
            for name, title_ in (("policy", noop("Insurance policy")), ("country", noop("Country")),
                               ("grade", noop("Grade")))
        ],
        "kept": [*reader.question.params().items(),
                 *((name, asked[name]) for name in ("state", "finding") if asked[name])],
        "sought": sought(reader), "pager": pager,
    }  # fmt: skip


@insured_page("protection/lost.html", "cover_leaks")
def lost(reader: Reader) -> dict[str, Any] | HttpResponse:
    """What was lost to cover at each month end, by cause."""
    language = words.language()
    document = protection.lost_over_time(reader.detailed)
    table = said(report_cover_map.lost_rows(document, language))
    title = _("Lost cover over time")
    if "export" in reader.request.GET:
        return exported(reader, table, title)
    insured = {row["currency"] for row in document["months"]
               if any(each["reason"] != "no_policy" for each in row["by_reason"])}  # fmt: skip
    currencies = sorted({row["currency"] for row in document["months"]}, key=lambda code: (code not in insured, code))
    return {
        "title": title, "gap": report_cover_map.gap_text(document, language),
        "words": _("At each month end: what was open, not covered, and could not be saved any more."),
        "crumbs": [(_("Cover leaks"), reverse("cover_leaks") + reader.question.carried())],
        "charts": [_chart(document, currency, n) for n, currency in enumerate(currencies)],
        "table": shown_table(reader, table), "exports": exports(reader),
    }  # fmt: skip


def _chart(document: Document, currency: str, place: int) -> Chart:
    """How much cover was lost, and to which causes?"""
    months = [row for row in document["months"] if row["currency"] == currency]
    unit, digits = numbers.Unit(currency, 1), exponent(currency)
    sums: dict[str, Decimal] = {}
    for row in months:
        for each in row["by_reason"]:
            sums[each["reason"]] = sums.get(each["reason"], Decimal(0)) + Decimal(each["amount"])
    reasons = sorted(sums, key=lambda reason: (-sums[reason], reason))
    amounts = [{each["reason"]: Decimal(each["amount"]) for each in row["by_reason"]} for row in months]
    drawn = [(_(report_cover.REASONS[reason]), [row.get(reason, Decimal(0)) for row in amounts])
             for reason in reasons[: len(SHADES) - 1]]  # fmt: skip
    if rest := reasons[len(SHADES) - 1 :]:
        drawn.append((_("other reasons"), [sum((row.get(each, Decimal(0)) for each in rest), Decimal(0))
                                           for row in amounts]))  # fmt: skip
    days = [dt.date.fromisoformat(row["on"]) for row in months]
    labels = [*(numbers.month_text(day) for day in days[:-1]), numbers.day_text(days[-1])]
    shades = SHADES[: len(drawn)]
    return Chart(
        f"chart-lost-{place}",
        _("{amount} is lost now; it was {before} on {day}").format(
            amount=f"{currency} {unit.text(minor_of(months[-1]['amount'], currency))}",
            before=unit.text(minor_of(months[0]["amount"], currency)), day=numbers.day_text(days[0]),
        ),
        {"labels": labels, "pointer": "shadow", "digits": digits, "min": 0, "series": [
            {"name": name, "type": "bar", "stack": "lost", "color": AGES[shade], "data": [float(each) for each in data]}
            for (name, data), shade in zip(drawn, shades, strict=True)
        ]},
        _("Day"), [name for name, _data in drawn],
        [
            (label, [numbers.decimal_text(data[n], digits) for _name, data in drawn])
            for n, label in enumerate(labels)
        ],
        note=currency,
        keys=[{"shade": shade, "name": name} for (name, _data), shade in zip(drawn, shades, strict=True)],
    )  # fmt: skip


def _map_row(reader: Reader, row: Document, since: str) -> dict[str, Any]:
    tone, picture = PICTURES[row["state"]]
    carried, language = reader.question.carried(), words.language()
    has_items = row["state"] != "idle"
    address = reverse("cover_one" if has_items else "insured", args=[row["customer_code"]]) + carried
    shown = {
        name: _text(row[name], row["currency"])
        for name in ("limit", "open", "covered", "headroom", "above_limit", "indemnity", "fee")
    }
    return {
        **{name: row[name] for name in ("customer_code", "name", "country", "grade", "policy", "currency")},
        "is_group": row["is_group"],
        **shown, "insured_rate": row["insured_rate"], "tone": tone, "picture": picture,
        "words": _(STATES[row["state"]]), "address": address,
        "reason": _(report_cover.REASONS[row["reason"]]) if row["reason"] else "",
        "finding": report_cover_map.finding_text(row, language), "why": report_cover_map.why_text(row, since, language),
    }  # fmt: skip


def _text(amount: str | None, currency: str) -> str:
    return "" if amount is None else numbers.Unit(currency, 1).text(minor_of(amount, currency))


def _balance(policy: Mapping[str, Any]) -> dict[str, Any]:
    left, currency = policy["balances"], policy["currency"]
    return {
        "policy": policy["policy"], "currency": currency,
        "first_loss": _text(left["aggregate_first_loss_left"], currency),
        "maximum": _text(left["annual_maximum_left"], currency), "is_verified": policy["is_verified"],
        "address": reverse("insurance_policy", args=[policy["policy"]]),
    }  # fmt: skip
