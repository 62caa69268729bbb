"""Insured limits: the list as it stands on a day, and one customer's file with its insurers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.ledger.insured_standing import FUTURE
from seawall.exchange.report_claims import DECISIONS, DOCUMENTS, MOVES
from seawall.exchange.report_insured import CAUSES, INSURANCE_EVENTS, LIMIT_KINDS, RECEIVERS, state_text
from seawall.exchange.report_layout import Column, Table
from seawall.services import insured as service
from seawall.services import insured_list
from seawall.services.access import READ, require
from seawall.services.insured_list import Filter, insured_of
from seawall.web import numbers, words
from seawall.web.ledger.empty import no_facts
from seawall.web.paging import PAGE, amount_cells, exported, exports, headings, ordered, piece, sought
from seawall.web.protection.limit_acts import RECORDS, customer_known, names_of
from seawall.web.reader import Reader, changed, page

GOOD, BAD = ("approved", "partial", "lc", "temporary", "discretionary"), ("refused", "cancelled", "expired")
STATE_LINKS = {
    "": noop("All limits"), "waiting": noop("waiting for an answer"), "soon": noop("ending or cut in 30 days"),
    "approved": noop("approved"), "partial": noop("approved in part"), "refused": noop("refused"),
    "cancelled": noop("cancelled"), "expired": noop("expired"), FUTURE: noop("not in force yet"),
}  # fmt: skip
ICONS = {
    "declaration": "up", "credit_report": "invoice", "overdue_notified": "up", "extension_agreed": "clock",
    "rescheduled": "clock", "hand_over": "right", "claim_filed": "up", "claim_file_complete": "check",
    "arbitration_result": "check",
}  # fmt: skip
"""Pictures of events that are no alarm."""

DATES = ("since", "expires_on", "next_on")
SHOWN = 200
"""Facts of a sort shown on a customer's page; the API and the files give all."""


@page("protection/limits.html", "insured_limits")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """All limits, narrowed by what the address says."""
    if not reader.usual.currencies:
        return no_facts(_("Insured limits"))
    on, given = reader.question.on, reader.request.GET
    found, names = insured_of(reader.reading), names_of(reader)
    whole = insured_list.limits(found, names, Filter(), on=on)
    state, policy = given.get("state", "").strip()[:40], given.get("policy", "").strip()[:100]
    rows = insured_list.limits(found, names, Filter(sought(reader), policy, state), on=on)
    asked, heads = headings(reader, _columns(), usual="customer_code")
    rows = ordered(rows, asked, "customer_code")
    title = _title(rows)
    if "export" in given:
        return exported(reader, _file(rows), title)
    start, pager = piece(reader, rows.height)
    standing = insured_list.totals(rows)
    return {
        "title": title,
        "words": _(
            "As of {day}. What stands is what insurers granted; what they would pay is on the cover map."
        ).format(day=numbers.day_text(on)),
        "has_any": whole.height > 0,
        "tiles": [
            {"title": code, "value": numbers.Unit(code, 1).text(minor), "unit": code, "trend": _("stands together")}
            for code, minor in standing.items()
        ][:4],
        "states": [
            {"words": _(words), "here": code == state, "query": changed(reader, state=code)}
            for code, words in STATE_LINKS.items()
        ],
        "policies": sorted(whole["policy"].unique().to_list()),
        "policy": policy,
        "sought": sought(reader),
        "state": state,
        "kept": list(reader.question.params().items()),
        "rows": [_row(reader, row) for row in rows.slice(start, PAGE).iter_rows(named=True)],
        "columns": heads,
        "pager": pager,
        "exports": exports(reader),
        "may_record": reader.actor.may(service.VERBS["insured_limits"]),
    }


@page("protection/insured.html", "insured_limits")
def one(reader: Reader, code: str) -> dict[str, Any]:
    """One customer with its insurers: limits and their history, events, claims, recoveries; what may be recorded."""
    require(reader.actor, READ)
    name = customer_known(reader, code)
    names, found = {code: name}, insured_of(reader.reading)
    limits = insured_list.limits(found, names, Filter(), on=reader.question.on)
    limits = limits.filter(pl.col("customer_code") == code)
    facts = {table: service.facts_of(reader.actor, table, customers=[code]) for table in service.VERBS}
    return {
        "title": _("{name} and its insurers").format(name=name),
        "code": code,
        "limits": [_row(reader, row) for row in limits.iter_rows(named=True)],
        "history": _history(reader, code, facts),
        "acts": [
            {"title": _(act.title), "address": _address(reader, "insured_record", code, table), "icon": act.icon}
            for table, act in RECORDS.items()
            if reader.actor.may(service.VERBS[table])
        ]
        + [
            {
                "title": _("Evidence of the self-set limit"),
                "address": _address(reader, "customer_evidence", code),
                "icon": "invoice",
            }
        ],
        "has_any": any(rows.height for rows in facts.values()),
    }


def _address(reader: Reader, name: str, *args: Any) -> str:
    return reverse(name, args=args) + reader.question.carried()


def _columns() -> list[tuple[str, str, bool]]:
    return [
        ("customer_code", _("Code"), False),
        ("name", _("Customer"), False),
        ("policy", _("Insurance policy"), False),
        ("layer", _("Layer"), False),
        ("state", _("State"), False),
        ("currency", _("Currency"), False),
        ("stands_minor", _("Stands at"), True),
        ("since", _("Since"), False),
        ("expires_on", _("Until"), False),
        ("next_on", _("Changes on"), False),
    ]


def _title(rows: pl.DataFrame) -> str:
    if rows.is_empty():
        return _("No limit fits")
    standing = rows.filter(pl.col("stands_minor") > 0).height
    return _("{count} limits, {standing} of them stand").format(
        count=numbers.decimal_text(rows.height, 0), standing=numbers.decimal_text(standing, 0)
    )


def _row(reader: Reader, row: Mapping[str, Any]) -> dict[str, Any]:
    currency = row["currency"]
    return {
        **{name: row[name] for name in ("customer_code", "name", "policy", "layer", "since", "expires_on", "next_on")},
        "currency": currency or "",
        "amount": numbers.Unit(currency, 1).text(row["stands_minor"]) if currency else "",
        "tag": tag(row),
        "is_soon": bool(
            row["expires_on"] and 0 <= (row["expires_on"] - reader.question.on).days <= insured_list.SOON_DAYS
        ),
        "waiting": _coming(row, "waiting", "waiting"),
        "next": _coming(row, "next_kind", "next"),
        "terms": _terms(row),
        "address": _address(reader, "insured", row["customer_code"]),
    }


def _coming(row: Mapping[str, Any], kind: str, what: str) -> str:
    """What was asked for, or comes next: its word and its amount, with its currency where that is another one."""
    if not row[kind]:
        return ""
    currency, minor = row[f"{what}_currency"], row[f"{what}_minor"]
    amount = numbers.Unit(currency, 1).text(minor) if minor and currency else ""
    other = currency if amount and currency != row["currency"] else ""
    return " ".join(filter(None, (_(LIMIT_KINDS[row[kind]]), amount, other)))


def _terms(row: Mapping[str, Any]) -> str:
    """What a limit says beyond its amount, in words."""
    said = [
        numbers.percent_text(row["insured_rate"]) if row["insured_rate"] else "",
        _("up to {days} days").format(days=row["max_term_days"]) if row["max_term_days"] else "",
        (row["payment_method"] or "").upper(), row["bank"] or "", row["conditions"] or "",
    ]  # fmt: skip
    return " · ".join(part for part in said if part)


def tag(row: Mapping[str, Any]) -> dict[str, str]:
    """The state of a limit with its picture and colour."""
    state = row["state"]
    kind = "is-good" if state in GOOD else "is-danger" if state in BAD else "is-amber"
    icon = "check" if state in GOOD else "close" if state in BAD else "clock"
    return {"kind": kind, "icon": icon, "words": _state(row)}


def _state(row: Mapping[str, Any]) -> str:
    return state_text(row["state"], row["next_kind"], row["next_on"], words.language())


def _history(reader: Reader, code: str, facts: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """All facts of a customer's insurance, newest first, each with how to take it back."""
    made = [
        {
            "on": row[service.DAYS[table]], "words": _fact_words(table, row), "note": _fact_note(table, row),
            "policy": row["policy"], "entity": row["entity"] or "",
            "icon": ICONS.get(row.get("event", ""), RECORDS[table].icon if table in RECORDS else "receipt"),
            "take_back": _address(reader, "insured_take_back", code, table, row["fact_id"])
            if reader.actor.may(service.VERBS[table]) else "",
        }
        for table, rows in facts.items()
        for row in rows.iter_rows(named=True)
        if row[service.DAYS[table]] <= reader.question.on
    ]  # fmt: skip
    return sorted(made, key=lambda each: each["on"], reverse=True)[:SHOWN]


def _fact_words(table: str, row: Mapping[str, Any]) -> str:
    if table == "insured_limits":
        amount = "" if row["amount_minor"] is None else _amount(row["amount_minor"], row["currency"])
        layer = "" if row["layer"] == "1" else _("layer {layer}").format(layer=row["layer"])
        return " · ".join(part for part in (_(LIMIT_KINDS[row["kind"]]), amount, layer) if part)
    if table == "insurance_events":
        return " · ".join(part for part in (_(INSURANCE_EVENTS[row["event"]]), row["item_number"] or "") if part)
    if table == "claims":
        paid = (
            _("paid {amount}").format(amount=_amount(row["indemnity_minor"], row["currency"]))
            if row["paid_on"]
            else _("not paid yet")
        )
        return f"{_('Loss by {cause}').format(cause=_(CAUSES[row['cause']]))} · {paid}"
    if table == "claim_steps":
        amount = "" if row["amount_minor"] is None else _amount(row["amount_minor"], row["currency"])
        named = DOCUMENTS.get(row["document"] or "") or DECISIONS.get(row["decision"] or "")
        return " · ".join(part for part in (_(MOVES[row["step"]]), _(named) if named else "", amount) if part)
    return f"{_('Recovered')} {_(RECEIVERS[row['received_by']])} · {_amount(row['amount_minor'], row['currency'])}"


def _fact_note(table: str, row: Mapping[str, Any]) -> str:
    if table == "insured_limits":
        since = _("from {day}").format(day=numbers.day_text(row["effective_from"])) if row["effective_from"] else ""
        until = _("until {day}").format(day=numbers.day_text(row["expires_on"])) if row["expires_on"] else ""
        return " · ".join(part for part in (since, until, _terms(row)) if part)
    if table in ("insurance_events", "claim_steps"):
        return " · ".join(part for part in (row.get("reference"), row["detail"]) if part)
    if table == "claims":
        return _("on {day}").format(day=numbers.day_text(row["paid_on"])) if row["paid_on"] else ""
    return _("costs {amount}").format(amount=_amount(row["costs_minor"], row["currency"])) if row["costs_minor"] else ""


def _amount(minor: int, currency: str) -> str:
    return f"{numbers.Unit(currency, 1).text(minor)} {currency}"


def _file(rows: pl.DataFrame) -> Table:
    heads = [
        Column(key, words, "exact" if num else "date" if key in DATES else "text") for key, words, num in _columns()
    ]
    cells = []
    for row in rows.iter_rows(named=True):
        own = {
            "stands_minor": amount_cells(row, ["stands_minor"], row["currency"])[0] if row["currency"] else None,
            "state": _state(row),
        }
        cells.append([own.get(key, row[key]) for key, _words, _num in _columns()])
    return Table("insured_limits", _("Insured limits"), tuple(heads), cells)
