"""Bank statements on the page: accounts with their balances, entries, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Column, Layout, Table


def statements(document: Mapping[str, Any], language: Language) -> Layout:
    """What `bank read` found. The sentences of problems are the published ones."""
    files = document["files"]
    count = sum(len(each["entries"]) for each in files)
    lead = language.say("{count} entries in {files} statements.", count=count, files=len(files))
    sections = [_accounts(files, language), _entries(files, language)]
    problems = [(each["file"], one["line"], one["what"]) for each in files for one in each["problems"]]
    if problems:
        columns = (Column("file", language.say("File")), Column("line", language.say("Line"), "count"),
                   Column("what", language.say("What is wrong"), "words"))  # fmt: skip
        sections.append(Table("problems", language.say("Problems"), columns, problems))
    return Layout("bank", language.say("Bank statements"), "", language, Scale(1, 2, ""), lead=lead,
                  sections=tuple(sections))  # fmt: skip


def _accounts(files: list[dict[str, Any]], language: Language) -> Table:
    say = language.say
    columns = (
        Column("file", say("File")), Column("account", say("Account")), Column("currency", say("Currency")),
        Column("opening", say("Opening"), "exact"), Column("closing", say("Closing"), "exact"),
        Column("entries", say("Entries"), "count"),
    )  # fmt: skip
    rows = [
        (each["file"], each["account"], each["currency"], _amount(each["opening"]), _amount(each["closing"]),
         len(each["entries"]))
        for each in files
    ]  # fmt: skip
    return Table("statements", say("Statements"), columns, rows)


def _entries(files: list[dict[str, Any]], language: Language) -> Table:
    say = language.say
    columns = (
        Column("booked_on", say("Day")), Column("amount", say("Amount"), "exact"), Column("currency", say("Currency")),
        Column("counterparty", say("Other side")), Column("reference", say("Reference"), "words"),
    )  # fmt: skip
    rows = [
        (one["booked_on"], _amount(one["amount"]), one["currency"], one["counterparty"], one["reference"])
        for each in files
        for one in each["entries"]
    ]
    return Table("bank", say("Entries"), columns, rows)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
