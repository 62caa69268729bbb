"""The bank's journal on the page: postings line by line, and both sides of each currency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Column, Layout, Table

EVENTS = {
    "receipt": "Receipt", "discount": "Discount taken", "bank_charge": "Bank charge",
    "fx_difference": "Exchange difference",
}  # fmt: skip


def journal(document: Mapping[str, Any], language: Language) -> Layout:
    """The lines of a period; the totals stand in the lead, since they never cross currencies."""
    return Layout("bank_journal", language.say("Bank journal"), "", language, Scale(1, 2, ""),
                  lead=lead(document, language), sections=(table(document, language),))  # fmt: skip


def lead(document: Mapping[str, Any], language: Language) -> str:
    """How many postings a period has, and both sides of each currency."""
    both = [f"{each['debit']} = {each['credit']} {each['currency']}" for each in document["totals"]]
    since, until = (_day(document[name], language) for name in ("from_on", "until_on"))
    return language.say("Postings from {since} to {until}: {count}. Debit = credit: {totals}.",
                        count=document["postings"], since=since, until=until,
                        totals=" · ".join(both) or "0")  # fmt: skip


def table(document: Mapping[str, Any], language: Language) -> Table:
    """The lines alone; an amount that is none is left empty."""
    say, named = language.say, "account_name_zh" if language.code == "zh" else "account_name"
    columns = (
        Column("posting", say("Posting")), Column("on", say("Day"), "date"), Column("entity", say("Entity")),
        Column("customer_code", say("Customer")), Column("event", say("Event")), Column("account", say("Account")),
        Column("number", say("Item")), Column("currency", say("Currency")), Column("debit", say("Debit"), "exact"),
        Column("credit", say("Credit"), "exact"),
    )  # fmt: skip
    rows = [
        (
            each["posting"], each["on"], each["entity"], each["customer_code"], event(each, language), each[named],
            each["number"], each["currency"], amount(each["debit"]), amount(each["credit"]),
        )
        for each in document["lines"]
    ]  # fmt: skip
    return Table("bank_journal", "", columns, rows, empty=say("Nothing was decided about in this period."))


def event(line: Mapping[str, Any], language: Language) -> str:
    """What a line is for, in the reader's words."""
    said = language.say(EVENTS[line["event"]])
    return language.say("{event}, taken back", event=said) if line["is_reversal"] else said


def _day(value: dt.date | str, language: Language) -> str:
    return language.day(value if isinstance(value, str) else value.isoformat())


def amount(text: str) -> Decimal | None:
    """A side of a line; what is none is left empty."""
    return Decimal(text) or None
