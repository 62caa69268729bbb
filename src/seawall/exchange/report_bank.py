"""Bank statements on the page: accounts with their balances, entries, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from seawall.engine.ledger.matching import REASONS
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


def imported(document: Mapping[str, Any], language: Language) -> Layout:
    """What an import of statements did."""
    say, rows = language.say, document["statements"]
    count = sum(each["new"] for each in rows)
    if document["is_dry_run"]:
        lead = say("This is what an import would do; nothing was written.")
    elif document["batch_no"] is None:
        lead = say("All of it was on file already: nothing was written.")
    else:
        lead = say("{count} new entries. Imported as batch {batch}.", count=count, batch=document["batch_no"])
    columns = (
        Column("file", say("File")), Column("account", say("Account")), Column("currency", say("Currency")),
        Column("entries", say("Entries"), "count"), Column("new", say("New"), "count"),
        Column("problems", say("Problems"), "count"),
    )  # fmt: skip
    cells = [(each["file"], each["account"], each["currency"], each["entries"], each["new"], len(each["problems"]))
             for each in rows]  # fmt: skip
    return _laid("bank_import", say("Bank statements"), lead, language, Table("bank_import", "", columns, cells))


def accounts(document: Mapping[str, Any], language: Language) -> Layout:
    """Our accounts and how fresh they are."""
    say = language.say
    columns = (
        Column("entity", say("Entity")), Column("account", say("Account")), Column("currency", say("Currency")),
        Column("last_on", say("Statements to")), Column("closing", say("Closing"), "exact"),
        Column("statements", say("Statements"), "count"), Column("gaps", say("Gaps"), "count"),
    )  # fmt: skip
    cells = [
        (each["entity"], each["account"], each["currency"], each["last_on"], _amount(each["closing"]),
         each["statements"], len(each["gaps"]))
        for each in document["accounts"]
    ]  # fmt: skip
    return _laid("bank_accounts", say("Bank accounts"), fresh(document["freshness"], language), language,
                 Table("bank_accounts", "", columns, cells))  # fmt: skip


def fresh(document: Mapping[str, Any] | None, language: Language) -> str:
    """How old bank data is, in a sentence."""
    if document is None:
        return language.say("There are no bank statements yet.")
    said = {0: "Bank data to {day}.", 1: "Bank data to {day}, one day old."}.get(
        document["days"], "Bank data to {day}, {days} days old."
    )
    stale = "Bank data only to {day}, {days} days old: get newer statements before anybody is chased."
    return language.say(stale if document["is_stale"] else said, day=language.day(document["last_on"]),
                        days=document["days"])  # fmt: skip


def entries(document: Mapping[str, Any], language: Language) -> Layout:
    """Entries on file."""
    say = language.say
    columns = (
        Column("entry_id", say("Entry")), Column("booked_on", say("Day")), Column("account", say("Account")),
        Column("amount", say("Amount"), "exact"), Column("currency", say("Currency")),
        Column("counterparty", say("Other side")), Column("reference", say("Reference"), "words"),
    )  # fmt: skip
    cells = [
        (str(one["entry_id"]), one["booked_on"], one["account"], _amount(one["amount"]), one["currency"],
         one["counterparty"], one["reference"])
        for one in document["entries"]
    ]  # fmt: skip
    return _laid("bank_entries", say("Bank entries"), "", language, Table("bank_entries", "", columns, cells))


def unmatched(document: Mapping[str, Any], language: Language) -> Layout:
    """Money that nothing was decided about, each with its best proposal."""
    say = language.say
    columns = (
        Column("entry_id", say("Entry")), Column("booked_on", say("Day")), Column("amount", say("Amount"), "exact"),
        Column("currency", say("Currency")), Column("counterparty", say("Other side")),
        Column("score", say("Score"), "count"), Column("customer", say("Customer")),
        Column("pays", say("Pays"), "words"), Column("reasons", say("Because"), "words"),
    )  # fmt: skip
    cells = [_best(one, language) for one in document["entries"]]
    lead = say("Unmatched receipts: {count}.", count=document["count"])
    return _laid("bank_match", say("Unmatched"), lead, language, Table("bank_match", "", columns, cells))


def _best(one: Mapping[str, Any], language: Language) -> tuple[Any, ...]:
    head = (str(one["entry_id"]), one["booked_on"], _amount(one["amount"]), one["currency"], one["counterparty"])
    if not one["proposals"]:
        return (*head, None, None, None, None)
    first = one["proposals"][0]
    pays = language.listed(f"{part['number']} {part['amount']}" for part in first["allocations"])
    reasons = language.sentences(language.say(REASONS[each["code"]], **each["values"]) for each in first["reasons"])
    return (*head, first["score"], first["customer_code"], pays, reasons)


def cases(document: Mapping[str, Any], language: Language) -> Layout:
    """What payments left open."""
    say = language.say
    columns = (
        Column("case_id", say("Case")), Column("kind", say("Kind")), Column("customer", say("Customer")),
        Column("amount", say("Amount"), "exact"), Column("currency", say("Currency")),
        Column("opened_on", say("Since")), Column("numbers", say("Items"), "words"),
        Column("next_step", say("Next step")),
    )  # fmt: skip
    cells = [
        (str(one["case_id"]), say(KINDS[one["kind"]]), one["customer_code"], _amount(one["amount"]), one["currency"],
         one["opened_on"], language.listed(one["numbers"]), say(STEPS[one["next_step"]]))
        for one in document["cases"]
    ]  # fmt: skip
    return _laid("bank_cases", say("Cases"), "", language, Table("bank_cases", "", columns, cells))


KINDS = {"short": "too little", "over": "too much"}
STEPS = {"ask_for_rest": "ask for the rest", "ask_payer": "ask the payer what it is for"}


def _laid(name: str, title: str, lead: str, language: Language, table: Table) -> Layout:
    return Layout(name, title, "", language, Scale(1, 2, ""), lead=lead, sections=(table,))
