"""Exposure on the page: bills, retention money and advances beside what is open; in the report and by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Cell, Column, Layout, Section, Table
from seawall.exchange.report_parts import facts_of, money, scale_of

SHOWN = 10
"""Customers, acceptors and bills shown in the report: the whole lists are in the other formats."""
KINDS = {"bank": "bank's acceptance", "commercial": "company's acceptance"}
STATES = {
    "received": "in hand", "endorsed": "endorsed", "discounted": "discounted", "presented": "presented", "paid": "paid",
    "bounced": "bounced", "returned": "returned",
}  # fmt: skip
EVENTS = {
    "received": "Bill received", "endorsed": "Endorsed", "discounted": "Discounted",
    "presented": "Presented for payment", "paid": "Bill paid", "bounced": "Bounced",
    "returned": "Returned to the customer",
}  # fmt: skip
_CUSTOMER = (
    ("open", "Open"), ("held", "Bills held"), ("recourse", "Bills that can come back"), ("exposure", "Exposure"),
    ("on_customer", "of it on the customer"), ("retention", "Retention money"), ("advance", "Advances"),
)  # fmt: skip


def sections(document: Mapping[str, Any], language: Language, *, shown: int | None = SHOWN) -> list[Section]:
    """The tables of exposure; none where nothing stands beside what is open."""
    if not document["customers"]:
        return []
    made: list[Section] = [customers(document, language, shown=shown)]
    if document["acceptors"]:
        made.append(acceptors(document, language, shown=shown))
    if document["maturing"]:
        made.append(maturing(document, language, shown=shown))
    return made


def customers(document: Mapping[str, Any], language: Language, *, shown: int | None = None) -> Table:
    """Exposure by customer: what is open and the bills that are not paid, the largest first."""
    say = language.say
    columns = (
        Column("customer_code", say("Customer")), Column("name", say("Name")),
        *(Column(name, say(title), "money") for name, title in _CUSTOMER),
    )  # fmt: skip
    rows = [
        (row["customer_code"], row["name"], *(money(row[name]) for name, _ in _CUSTOMER))
        for row in document["customers"][:shown]
    ]
    total = document["total"]
    last: Sequence[Cell] = (
        say("All customers"), "", *(money(total[name]) if name in total else None for name, _ in _CUSTOMER)
    )  # fmt: skip
    note = say(
        "Exposure is what is open and the bills that have settled something and are not paid: held, or passed on and "
        "still within {days} days after maturity. Retention money is within what is open, advances are not.",
        days=document["recourse_days"],
    )
    return Table("exposure", say("Exposure: open, bills, retention, advances"), columns, rows, last, note)


def acceptors(document: Mapping[str, Any], language: Language, *, shown: int | None = None) -> Table:
    """Who has to pay the bills."""
    say = language.say
    columns = (
        Column("acceptor", say("Acceptor")), Column("acceptor_code", say("Code")), Column("bill_kind", say("Kind")),
        Column("bills", say("Bills"), "count"), Column("held", say("Held"), "money"),
        Column("recourse", say("Can come back"), "money"), Column("exposure", say("Exposure"), "money"),
        Column("share", say("Share"), "rate"), Column("next_matures_on", say("Next maturity"), "date"),
    )  # fmt: skip
    rows = [
        (
            row["acceptor"], row["acceptor_code"], say(KINDS[row["bill_kind"]]), row["bills"], money(row["held"]),
            money(row["recourse"]), money(row["exposure"]), row["share_rate"], row["next_matures_on"],
        )
        for row in document["acceptors"][:shown]
    ]  # fmt: skip
    return Table("acceptors", say("Who has to pay the bills"), columns, rows)


def maturing(document: Mapping[str, Any], language: Language, *, shown: int | None = None) -> Table:
    """Bills in hand that mature soon, or have matured and are not paid."""
    return _bills("maturing", language.say("Bills in hand that mature next"), document["maturing"][:shown], language)


def _bills(name: str, title: str, bills: Sequence[Mapping[str, Any]], language: Language) -> Table:
    say = language.say
    columns = (
        Column("matures_on", say("Matures"), "date"), Column("number", say("Bill")), Column("entity", say("Entity")),
        Column("customer_code", say("Customer")), Column("bill_kind", say("Kind")), Column("acceptor", say("Acceptor")),
        Column("currency", say("Currency")), Column("amount", say("Amount"), "exact"), Column("state", say("State")),
        Column("since", say("Since"), "date"), Column("counterparty", say("With")),
    )  # fmt: skip
    rows = [
        (
            row["matures_on"], row["number"], row["entity"], row["customer_code"], say(KINDS[row["bill_kind"]]),
            row["acceptor"], row["currency"], money(row["amount"]), say(STATES[row["state"]]), row["since"],
            row["counterparty"],
        )
        for row in bills
    ]  # fmt: skip
    return Table(name, title, columns, rows, empty=say("There are no bills."))


def listed(document: Mapping[str, Any], language: Language) -> Layout:
    """`seawall bills list`: the bills, and the exposure by customer and by acceptor."""
    say = language.say
    scale: Scale = scale_of([document["total"]["open"]], document["currency"], language)
    made = [_bills("bills", say("Bills"), document["bills"], language), *sections(document, language, shown=None)]
    return Layout(
        "bills", say("Bills and exposure"), language.day(document["as_of"]), language, scale,
        facts=facts_of(document, scale, language), sections=tuple(made), currency=document["currency"],
    )  # fmt: skip
