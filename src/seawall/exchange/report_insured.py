"""Insured limits, events under policies and claims in words; the list of limits for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from seawall.engine.ledger.insured_standing import FUTURE
from seawall.exchange import report_cover
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Column, Layout, Lines, Section, Table
from seawall.exchange.report_parts import money

LIMIT_KINDS = {
    "requested": "Limit requested", "referred": "With the insurer", "approved": "Limit approved",
    "partial": "Approved in part", "discretionary": "Self-set limit", "temporary": "Temporary limit",
    "lc": "Limit on an issuing bank", "reduced": "Limit reduced", "refused": "Limit refused",
    "cancelled": "Limit cancelled", "expired": "Limit expired",
}  # fmt: skip
INSURANCE_EVENTS = {
    "credit_report": "Credit report received", "declaration": "Declared to the insurer",
    "extension_agreed": "Extension agreed", "rescheduled": "Debt rescheduled", "overdue_notified": "Overdue notified",
    "adverse_information": "Adverse information", "goods_refused": "Goods refused",
    "political_event": "Political event", "insolvency": "Insolvency", "hand_over": "Handed over to collection",
    "claim_filed": "Claim filed", "claim_file_complete": "Claim file complete",
    "arbitration_result": "Arbitration result", "letter_of_credit": "Letter of credit issued by",
}  # fmt: skip
CAUSES = {
    "insolvency": "insolvency", "protracted_default": "protracted default", "political": "political risk",
    "goods_refusal": "goods refused",
}  # fmt: skip
RECEIVERS = {"us": "by us", "insurer": "by the insurer"}


def state_text(state: str, next_kind: str | None, next_on: dt.date | None, language: Language) -> str:
    """Where a limit stands, in words; of one that is still to begin, what was decided and from when."""
    if state == FUTURE and next_kind and next_on:
        return language.say("{decision}, from {day}", decision=language.say(LIMIT_KINDS[next_kind]),
                            day=language.day(next_on))  # fmt: skip
    return language.say(LIMIT_KINDS[state])


def listed(document: Mapping[str, Any], language: Language) -> Layout:
    """`seawall insurance limits`: every limit as it stands on the day."""
    say = language.say
    columns = (
        Column("customer_code", say("Code")), Column("name", say("Customer")),
        Column("policy", say("Insurance policy")),
        Column("layer", say("Layer")), Column("state", say("State")), Column("currency", say("Currency")),
        Column("amount", say("Stands at"), "exact"), Column("since", say("Since"), "date"),
        Column("expires_on", say("Until"), "date"), Column("waiting_amount", say("Asked for"), "exact"),
        Column("waiting_currency", say("Currency")),
        Column("next_on", say("Changes on"), "date"), Column("next_amount", say("then"), "exact"),
        Column("next_currency", say("Currency")),
    )  # fmt: skip
    rows = [
        (
            row["customer_code"], row["name"], row["policy"], row["layer"],
            state_text(row["state"], row["next_kind"], row["next_on"], language),
            row["currency"], money(row["amount"]), row["since"], row["expires_on"], money(row["waiting_amount"]),
            row["waiting_currency"],
            row["next_on"], money(row["next_amount"]), row["next_currency"],
        )
        for row in document["limits"]
    ]  # fmt: skip
    table = Table("insured_limits", say("Insured limits"), columns, rows, empty=say("There are no insured limits."))
    return Layout(
        "insured_limits", say("Insured limits"), language.day(document["as_of"]), language, Scale(1, 2, ""),
        sections=(table,),
    )  # fmt: skip


def in_report(document: Mapping[str, Any] | None, language: Language, *, shown: int = 10) -> list[Section]:
    """What the protection report says of insurance: policies, cover by customer, leaks; nothing where there is none."""
    if document is None:
        return []
    say = language.say
    if document["gap"] is not None:
        gap = document["gap"]
        return [Lines("insurance", say("Insurance cover"), (say(gap["sentence"], **gap["params"]),))]
    return [
        report_cover.policies(document["policies"], language),
        _customers(document["customers"], language, shown),
        report_cover.leak_rows("leaks", say("Can still be saved"), document["curable"][:shown], language),
    ]


def _customers(rows: Sequence[Mapping[str, Any]], language: Language, shown: int) -> Table:
    say = language.say
    columns = (
        Column("customer_code", say("Customer")), Column("name", say("Name")),
        Column("policy", say("Insurance policy")),
        Column("currency", say("Currency")), Column("limit", say("Insured limit"), "exact"),
        Column("open", say("Open"), "exact"), Column("covered", say("Covered"), "exact"),
        Column("indemnity", say("Indemnity"), "exact"), Column("insured_rate", say("Insured share"), "rate"),
        Column("net", say("Net exposure"), "exact"),
    )  # fmt: skip
    cells = [
        (
            row["customer_code"], row["name"], row["policy"], row["currency"],
            *(money(row[name]) for name in ("limit", "open", "covered", "indemnity")), row["insured_rate"],
            money(row["net"]),
        )
        for row in rows[:shown]
    ]  # fmt: skip
    note = say("Indemnity is what is paid if this customer alone fails: never add it up over customers.")
    empty = say("No policy is about what is open.")
    return Table("insured", say("Cover of the largest insured customers"), columns, cells, None, note, empty)
