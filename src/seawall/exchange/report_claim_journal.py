"""The journal of claims on the page: postings line by line, both sides of each currency, and what is not booked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seawall.exchange.language import Language, Scale
from seawall.exchange.report_bank_journal import amount, lead
from seawall.exchange.report_cover import in_words, word
from seawall.exchange.report_layout import Column, Layout, Table


def noop(text: str) -> str:
    """A sentence of the catalogue, said later."""
    return text


EVENTS = {
    "decision": noop("Decision of the insurer"), "refusal": noop("Refusal or withdrawal"),
    "payment": noop("Payment of the insurer"), "recovery": noop("Recovered after the loss"),
    "recovery_costs": noop("Costs of the recovery"),
}  # fmt: skip


def journal(document: Mapping[str, Any], language: Language) -> Layout:
    """The lines of a period; claims that wait for a decision and recoveries that cannot be shared stand below."""
    say = language.say
    sections = [table(document, language)]
    if document["waiting"]:
        columns = (
            Column("customer_code", say("Customer")), Column("policy", say("Insurance policy")),
            Column("date_of_loss", say("Date of loss"), "date"), Column("cause", say("Cause")),
            Column("currency", say("Currency")),
        )  # fmt: skip
        rows = [
            (
                row["customer_code"], row["policy"], row["date_of_loss"], _cause(row["cause"], language),
                row["currency"],
            )
            for row in document["waiting"]
        ]  # fmt: skip
        title = say("Waiting for a decision: contingent, not booked")
        sections.append(Table("waiting", title, columns, rows))
    if document["gaps"]:
        why = (
            Column("customer_code", say("Customer")), Column("policy", say("Insurance policy")),
            Column("date_of_loss", say("Date of loss"), "date"), Column("why", say("Why"), "words"),
        )  # fmt: skip
        gaps = [
            (row["customer_code"], row["policy"], row["date_of_loss"], say(row["sentence"], **row["params"]))
            for row in document["gaps"]
        ]
        sections.append(Table("gaps", say("Recoveries that cannot be shared, not booked"), why, gaps))
    return Layout("claim_journal", say("Journal of claims"), "", language, Scale(1, 2, ""),
                  lead=lead(document, language), sections=tuple(sections))  # fmt: skip


def table(document: Mapping[str, Any], language: Language) -> Table:
    """The lines alone; an amount that is none is left empty."""
    say, named = language.say, "account_name_zh" if language.code == "zh" else "account_name"
    columns = (
        Column("posting", say("Posting")), Column("on", say("Day"), "date"), Column("entity", say("Entity")),
        Column("customer_code", say("Customer")), Column("policy", say("Insurance policy")),
        Column("date_of_loss", say("Date of loss"), "date"), Column("event", say("Event")),
        Column("account", say("Account")), Column("currency", say("Currency")),
        Column("debit", say("Debit"), "exact"), Column("credit", say("Credit"), "exact"),
    )  # fmt: skip
    rows = [
        (
            each["posting"], each["on"], each["entity"], each["customer_code"], each["policy"], each["date_of_loss"],
            event(each, language), each["account"] if language.says_codes else each[named], each["currency"],
            amount(each["debit"]), amount(each["credit"]),
        )
        for each in document["lines"]
    ]  # fmt: skip
    return Table("claim_journal", "", columns, rows, empty=say("No claim was booked in this period."))


def event(line: Mapping[str, Any], language: Language) -> str:
    """What a line is for, in the reader's words."""
    if language.says_codes:
        return f"{line['event']}{'_taken_back' if line['is_reversal'] else ''}"
    said = in_words(EVENTS, line["event"], language) or ""
    return language.say("{event}, taken back", event=said) if line["is_reversal"] else said


def _cause(code: str, language: Language) -> str:
    return code if language.says_codes else word(code, language)
