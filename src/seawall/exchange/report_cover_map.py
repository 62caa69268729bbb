"""The cover map as a page: by customer with what does not fit its need, or by country or grade; losses over time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from seawall.exchange.language import NOTHING, Language, Scale
from seawall.exchange.report_cover import REASONS, in_words, noop
from seawall.exchange.report_layout import Cell, Column, Layout, Table
from seawall.exchange.report_parts import money

STATES: Final = {
    "under": noop("partly covered"), "none": noop("not covered"), "full": noop("fully covered"),
    "idle": noop("limit not used"),
}  # fmt: skip
"""What is covered of a customer, in words."""

FINDINGS: Final = {"under": noop("too small"), "over": noop("too large"), "idle": noop("idle")}
"""What a limit is, held against its need, in words."""

GROUPS: Final = {"customer": noop("Customer"), "country": noop("Country"), "grade": noop("Grade")}

WHY: Final = {
    "above_now": noop("{above} above it today"),
    "above_before": noop("{need} needed on {day}"),
    "unused": noop("no need since {since}"),
    "far_above": noop("at most {need} needed, on {day}"),
}  # fmt: skip
"""Why a limit does not fit, in words."""

ADDED: Final = noop(
    "Headroom is the room for more sales under cover. Limits and their use may be added up, indemnities never."
)


def cover_map(document: Mapping[str, Any], language: Language) -> Layout:
    """`seawall cover --map`: the map, grouped as it was asked."""
    say = language.say
    table = customers(document, language) if document["by"] == "customer" else groups(document, language)
    facts = [(say("As of"), language.day(document["as_of"])), (say("Need since"), language.day(document["since"]))]
    lead = (
        say(ADDED)
        if document["by"] != "customer"
        else say("Indemnity is what is paid if this customer alone fails: never add it up over customers.")
    )
    return Layout("cover_map", say("Cover map"), language.day(document["as_of"]), language, Scale(1, 2, ""),
                  tuple(facts), lead, gap_text(document, language), sections=(table,))  # fmt: skip


def gap_text(document: Mapping[str, Any], language: Language) -> str:
    """Why the past begins later than it was asked for; empty where it does not."""
    gap = document["gap"]
    if gap is None:
        return ""
    return language.say("Earlier months cannot be said: {why}", why=language.say(gap["sentence"], **gap["params"]))


def customers(document: Mapping[str, Any], language: Language) -> Table:
    """A line for each customer, policy and currency."""
    say = language.say
    columns = (
        Column("customer_code", say("Code")), Column("name", say("Customer")), Column("country", say("Country")),
        Column("grade", say("Grade")), Column("policy", say("Insurance policy")), Column("currency", say("Currency")),
        Column("limit", say("Insured limit"), "exact"), Column("open", say("Open"), "exact"),
        Column("covered", say("Covered"), "exact"), Column("headroom", say("Headroom"), "exact"),
        Column("above_limit", say("Above the limit"), "exact"), Column("indemnity", say("Indemnity"), "exact"),
        Column("insured_rate", say("Insured share"), "rate"), Column("need", say("Highest need"), "exact"),
        Column("need_on", say("on"), "date"), Column("finding", say("Limit is"), "words"),
        Column("why", say("Why"), "words"), Column("fee", say("Fees a year"), "exact"),
        Column("state", say("State"), "words"), Column("reason", say("Why not all"), "words"),
    )  # fmt: skip
    amounts = ("limit", "open", "covered", "headroom", "above_limit", "indemnity")
    rows: list[Sequence[Cell]] = [
        (
            row["customer_code"], _name(row, language),
            *(row[name] for name in ("country", "grade", "policy", "currency")),
            *(money(row[name]) for name in amounts), row["insured_rate"], money(row["need"]),
            row["need_on"] and dt.date.fromisoformat(row["need_on"]), finding_text(row, language),
            why_text(row, document["since"], language), money(row["fee"]),
            row["state"] if language.says_codes else say(STATES[row["state"]]),
            in_words(REASONS, row["reason"], language),
        )
        for row in document["rows"]
    ]  # fmt: skip
    return Table("cover_map", say("Cover map"), columns, rows, empty=say("There is none."))


def _name(row: Mapping[str, Any], language: Language) -> str:
    is_said = row["is_group"] and not language.says_codes
    return f"{row['name']} · {language.say('limit of the group')}" if is_said else row["name"]


def finding_text(row: Mapping[str, Any], language: Language) -> str | None:
    """What a limit is, held against its need; None where it fits."""
    if row["finding"] is None or language.says_codes:
        return row["finding"] or None
    return language.say(FINDINGS[row["finding"]])


def why_text(row: Mapping[str, Any], since: str, language: Language) -> str | None:
    """Why a limit does not fit its need, with the figures; None where it does."""
    if row["why"] is None or language.says_codes:
        return row["why"] or None

    def amount(name: str) -> str:
        text = row[name] or "0"
        return language.number(Decimal(text), len(text.partition(".")[2]))

    params = {"above": amount("above_limit"), "need": amount("need"), "since": language.day(since),
              "day": language.day(row["need_on"] or since)}  # fmt: skip
    return language.say(WHY[row["why"]], **params)


def groups(document: Mapping[str, Any], language: Language) -> Table:
    """A line for each country or grade, policy and currency."""
    say = language.say
    columns = (
        Column("group", say(GROUPS[document["by"]])), Column("policy", say("Insurance policy")),
        Column("currency", say("Currency")), Column("customers", say("Customers"), "count"),
        Column("limits", say("Limits"), "count"), Column("limit", say("Insured limit"), "exact"),
        Column("used", say("Used"), "exact"), Column("use_rate", say("Used share"), "rate"),
        Column("headroom", say("Headroom"), "exact"), Column("open", say("Open"), "exact"),
        Column("above_limit", say("Above the limit"), "exact"), Column("under", say("Too small"), "count"),
        Column("over", say("Too large"), "count"), Column("idle", say("Not needed"), "count"),
        Column("idle_limit", say("Limits not needed"), "exact"), Column("fee", say("Fees a year"), "exact"),
        Column("idle_fee", say("of limits not needed"), "exact"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            row["group"] or (None if language.says_codes else NOTHING),
            *(money(row[column.key]) if column.kind == "exact" else row[column.key] for column in columns[1:]),
        )
        for row in document["rows"]
    ]  # fmt: skip
    return Table("cover_map", say("Cover map"), columns, rows, empty=say("There is none."))


def lost(document: Mapping[str, Any], language: Language) -> Layout:
    """`seawall leaks --over-time`: what was lost at each month end, by cause."""
    say = language.say
    facts = ((say("As of"), language.day(document["as_of"])), (say("Since"), language.day(document["since"])))
    return Layout("lost_cover", say("Lost cover over time"), language.day(document["as_of"]), language,
                  Scale(1, 2, ""), facts, "", gap_text(document, language),
                  sections=(lost_rows(document, language),))  # fmt: skip


def lost_rows(document: Mapping[str, Any], language: Language) -> Table:
    """A line for each month end and currency, a column for each reason that ever was: the largest first."""
    say = language.say
    sums: dict[str, Decimal] = {}
    for month in document["months"]:
        for each in month["by_reason"]:
            sums[each["reason"]] = sums.get(each["reason"], Decimal(0)) + Decimal(each["amount"])
    reasons = sorted(sums, key=lambda reason: (-sums[reason], reason))
    columns = (
        Column("on", say("Day"), "date"), Column("currency", say("Currency")),
        Column("amount", say("Lost in all"), "exact"),
        *(Column(reason, reason if language.says_codes else say(REASONS[reason]), "exact") for reason in reasons),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for month in document["months"]:
        by_reason = {each["reason"]: money(each["amount"]) for each in month["by_reason"]}
        day = dt.date.fromisoformat(month["on"])
        rows.append((day, month["currency"], money(month["amount"]), *(by_reason.get(each) for each in reasons)))
    return Table("lost_cover", say("Lost cover over time"), columns, rows, empty=say("Nothing is lost."))
