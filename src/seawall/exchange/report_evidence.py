"""What justifies self-set limits, as tables and as the document that is kept: the same facts give the same bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from seawall.exchange import report_pdf
from seawall.exchange.claim_file import safe_name
from seawall.exchange.language import NOTHING, Language, Scale
from seawall.exchange.report_cover import in_words
from seawall.exchange.report_layout import Cell, Column, Layout, Table
from seawall.exchange.report_parts import money

Document = Mapping[str, Any]


def noop(text: str) -> str:
    """A sentence of the catalogue, said later."""
    return text


BASES: Final = {
    "payments": noop("payments on time"), "report": noop("credit report"),
    "nothing_asked": noop("nothing is asked for"), "none": noop("nothing justifies it"),
}  # fmt: skip
LOST: Final = {
    "refused": noop("the insurer refused a limit"), "cancelled": noop("the insurer cancelled a limit"),
    "adverse_information": noop("adverse information"), "overdue": noop("an item was unpaid too long"),
}  # fmt: skip
STATES: Final = {
    "justified": noop("justified"), "lost": noop("right lost"), "not_justified": noop("not justified"),
    "decided": noop("decided by the insurer"),
}  # fmt: skip


def vault(document: Document, language: Language) -> Layout:
    """Every self-set limit, with what justifies it and what is kept; of one customer also day by day."""
    days = [day | {"policy": one["policy"]} for one in document["limits"] for day in one.get("days", ())]
    sections = [limit_rows(document["limits"], language)]
    if any("days" in one for one in document["limits"]):
        sections += [day_rows(days, language)]
    return Layout("limit_evidence", language.say("Evidence of self-set limits"), language.day(document["as_of"]),
                  language, Scale(1, 2, ""), sections=tuple(sections))  # fmt: skip


def limit_rows(rows: Sequence[Document], language: Language) -> Table:
    """A line for each self-set limit."""
    say = language.say
    columns = (
        Column("customer_code", say("Customer")), Column("name", say("Name")),
        Column("policy", say("Insurance policy")), Column("state", say("State"), "words"),
        Column("currency", say("Currency")), Column("limit", say("Self-set limit"), "exact"),
        Column("basis", say("Justified by"), "words"), Column("until_on", say("Justified until"), "date"),
        Column("lost", say("Lost because"), "words"), Column("lost_on", say("Lost since"), "date"),
        Column("deliveries", say("Delivery days"), "count"), Column("kept", say("of these kept"), "count"),
        Column("to_keep", say("to be kept"), "count"), Column("document", say("Newest document"), "words"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            row["customer_code"], row["name"], row["policy"], in_words(STATES, row["state"], language),
            row["currency"], money(row["limit"]), in_words(BASES, row["basis"], language), row["until_on"],
            in_words(LOST, row["lost"], language), row["lost_on"], row["deliveries"], row["kept"], row["to_keep"],
            (row["document"] or {}).get("name"),
        )
        for row in rows
    ]  # fmt: skip
    return Table("limit_evidence", say("Self-set limits"), columns, cells, empty=say("No limit is set by ourselves."))


def day_rows(rows: Sequence[Document], language: Language) -> Table:
    """A line for each delivery day."""
    say = language.say
    columns = (
        Column("delivered_on", say("Delivered"), "date"), Column("policy", say("Insurance policy")),
        Column("items", say("Delivered items"), "words"), Column("currency", say("Currency")),
        Column("limit", say("Self-set limit"), "exact"), Column("basis", say("Justified by"), "words"),
        Column("payments", say("Payments on time"), "count"), Column("reported_on", say("Credit report of"), "date"),
        Column("until_on", say("Justified until"), "date"), Column("lost", say("Lost because"), "words"),
        Column("document", say("Document"), "words"), Column("sha256", "SHA-256", "words"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            row["delivered_on"], row["policy"], _numbers(row["items"]), row["currency"], money(row["limit"]),
            in_words(BASES, row["basis"], language), len(row["payments"]), row["reported_on"], row["until_on"],
            in_words(LOST, row["lost"], language), (row["document"] or {}).get("name"),
            (row["document"] or {}).get("sha256"),
        )
        for row in rows
    ]  # fmt: skip
    return Table("delivery_days", say("Day by day"), columns, cells, empty=say("Nothing was delivered under it."))


def name_of(one: Document) -> str:
    """The name of the document: whose limit, under which policy, and from which delivery day to which."""
    days = [one["days"][0]["delivered_on"], one["days"][-1]["delivered_on"]]
    parts = (safe_name(one["customer_code"]), safe_name(one["policy"]), *dict.fromkeys(days))
    return f"limit-evidence-{'-'.join(parts)}.pdf"


def pdf(one: Document, language: Language) -> bytes:
    """The document that is kept: each delivery day, what justified it, and every payment that counts."""
    last = dt.date.fromisoformat(one["days"][-1]["delivered_on"])
    return report_pdf.rendered(_page(one, language), drawn_on=last)


def _page(one: Document, language: Language) -> Layout:
    say, days = language.say, one["days"]
    first, last = (language.day(days[place]["delivered_on"]) for place in (0, -1))
    facts = (
        (say("Company"), one["company"]), (say("Customer"), f"{one['customer_code']} {one['name']}"),
        (say("Insurance policy"), one["policy"]),
        (say("Delivery days"), f"{first} {NOTHING} {last}"),
    )  # fmt: skip
    columns = (
        Column("delivered_on", say("Delivered"), "date"), Column("items", say("Delivered items"), "words"),
        Column("basis", say("Justified by"), "words"), Column("payments", say("Payments on time"), "count"),
        Column("reported_on", say("Credit report of"), "date"), Column("until_on", say("Justified until"), "date"),
        Column("lost", say("Lost because"), "words"), Column("lost_on", say("Lost since"), "date"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            day["delivered_on"], _numbers(day["items"]), in_words(BASES, day["basis"], language), len(day["payments"]),
            day["reported_on"], day["until_on"], in_words(LOST, day["lost"], language), day["lost_on"],
        )
        for day in days
    ]  # fmt: skip
    tables = (Table("delivery_days", say("Delivery days"), columns, cells), _payments(days, language))
    return Layout("limit_evidence", say("Evidence of a self-set limit"), f"{one['customer_code']} · {one['policy']}",
                  language, Scale(1, 2, ""), facts, sections=tables)  # fmt: skip


def _payments(days: Sequence[Document], language: Language) -> Table:
    """Every payment that counts for one of the days, once, with the days it counts for."""
    say = language.say
    counts: dict[tuple[str, ...], list[str]] = {}
    for day in days:
        for paid in day["payments"]:
            key = tuple(str(paid[name]) for name in ("paid_on", "entity", "number", "due_on", "currency", "amount"))
            counts.setdefault(key, []).append(day["delivered_on"])
    columns = (
        Column("paid_on", say("Paid on"), "date"), Column("entity", say("Entity")), Column("number", say("Number")),
        Column("due_on", say("Due"), "date"), Column("currency", say("Currency")),
        Column("amount", say("Amount"), "exact"), Column("from", say("Counts from"), "date"),
        Column("to", say("to the delivery of"), "date"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [(*key[:5], money(key[5]), on[0], on[-1]) for key, on in sorted(counts.items())]
    return Table("payments_on_time", say("Payments that justify them"), columns, cells, empty=say("There is none."))


def _numbers(items: Sequence[Document]) -> str:
    return ", ".join(str(each["number"]) for each in items)
