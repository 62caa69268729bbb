"""A statement of account as one sends it: whose it is, movements, open items, and how old they are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Column, Layout, Table
from seawall.exchange.report_parts import bucket_title

_ENTRIES = {
    "opening": "Balance brought forward", "closing": "Balance", "transfer": "transfer", "invoice": "invoice",
    "debit_note": "debit note", "refund": "refund", "receipt": "receipt", "credit_note": "credit note",
    "write_off": "write-off", "settled_unknown": "settled, not known how",
}  # fmt: skip


def statement(document: Mapping[str, Any], language: Language) -> Layout:
    """The statement of one customer, each account with its own currency."""
    say, customer = language.say, document["customer"]
    many = len(document["accounts"]) > 1
    facts = [
        (say("Customer"), customer["name"]), (say("Customer number"), customer["customer_code"]),
        (say("Statement period"), f"{language.day(document['since'])} – {language.day(document['as_of'])}"),
    ]  # fmt: skip
    for account in document["accounts"]:
        name = f"{account['entity']} · {account['currency']}" if many else account["currency"]
        owed = language.number(Decimal(account["closing"]), _places(account["closing"]))
        facts.append((say("Balance in our favour, {account}", account=name), owed))
    sections = []
    for number, account in enumerate(document["accounts"]):
        sections += [movements(account, language, number), _open_items(account, language, number)]
    if document["accounts"]:
        sections.append(_ageing(document, language))
    lead = "" if sections else say("There were no movements, and nothing is open.")
    warning = (
        say("Demonstration: this company, its customers and its figures are invented.") if document["is_demo"] else ""
    )
    return Layout(
        "statement", say("Statement of account"), document["company"], language, Scale(1, 2, ""), tuple(facts),
        lead, warning, tuple(sections),
        footer=say("Please tell us within ten days where your books differ."),
    )  # fmt: skip


def _named(account: Mapping[str, Any], title: str) -> str:
    return f"{title} · {account['entity']} · {account['currency']}"


def months(account: Mapping[str, Any], language: Language, number: int) -> Table:
    """An account month by month: what came on and off it."""
    say = language.say
    columns = (
        Column("on", say("Month to"), "date"), Column("opening", say("Balance brought forward"), "exact"),
        Column("charged", say("Debits"), "exact"), Column("paid", say("Receipts"), "exact"),
        Column("credited", say("Other credits"), "exact"), Column("transferred", say("Transfers"), "exact"),
        Column("closing", say("Balance"), "exact"),
    )  # fmt: skip
    rows = [(one["on"], *(Decimal(one[column.key]) for column in columns[1:])) for one in account["months"]]
    return Table(f"months_{number}", _named(account, say("Statement of account by month")), columns, rows)


def movements(account: Mapping[str, Any], language: Language, number: int) -> Table:
    """Every entry of an account, with the balance after it."""
    say = language.say
    columns = (
        Column("on", say("Day"), "date"), Column("entry", say("Kind")), Column("number", say("Number")),
        Column("debit", say("Debit"), "exact"), Column("credit", say("Credit"), "exact"),
        Column("balance", say("Balance"), "exact"),
    )  # fmt: skip
    rows = []
    for one in account["entries"]:
        amount = None if one["amount"] is None else Decimal(one["amount"])
        debit = amount if amount is not None and amount >= 0 else None
        credit = -amount if amount is not None and amount < 0 else None
        rows.append(
            (one["on"], _entry(one["entry"], language), one["number"], debit, credit, Decimal(one["balance"]))
        )  # fmt: skip
    return Table(f"movements_{number}", _named(account, say("Movements")), columns, rows)


def _open_items(account: Mapping[str, Any], language: Language, number: int) -> Table:
    say = language.say
    columns = (
        Column("number", say("Number")), Column("kind", say("Kind")), Column("issued_on", say("Issued"), "date"),
        Column("due_on", say("Due"), "date"), Column("dpd_days", say("Days past due"), "count"),
        Column("amount", say("Amount"), "exact"), Column("open", say("Open"), "exact"),
    )  # fmt: skip
    rows = [
        (one["number"], _entry(one["kind"], language), one["issued_on"], one["due_on"], one["dpd_days"],
         Decimal(one["amount"]), Decimal(one["open"]))
        for one in account["open_items"]
    ]  # fmt: skip
    whole = sum((row[-1] for row in rows), Decimal(0))
    total = (say("Total"), None, None, None, None, None, whole)
    title = _named(account, say("Open items"))
    return Table(f"open_items_{number}", title, columns, rows, total if rows else None, empty=say("Nothing is open."))


def _ageing(document: Mapping[str, Any], language: Language) -> Table:
    say, names = language.say, document["buckets"]
    columns = (
        Column("entity", say("Entity")), Column("currency", say("Currency")),
        *(Column(name, bucket_title(name, language), "exact") for name in names),
        Column("unapplied", say("Unapplied"), "exact"), Column("disputed", say("In dispute"), "exact"),
    )  # fmt: skip
    rows = [
        (account["entity"], account["currency"],
         *(Decimal(account["ageing"][name]) for name in (*names, "unapplied", "disputed")))
        for account in document["accounts"]
    ]  # fmt: skip
    return Table("ageing", say("Open by days past due"), columns, rows)


def _entry(kind: str, language: Language) -> str:
    return kind if language.says_codes else language.say(_ENTRIES[kind])


def _places(text: str) -> int:
    return len(text.partition(".")[2])
