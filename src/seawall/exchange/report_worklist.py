"""The worklist on the page: whom to call, why, and what is at stake; and who was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seawall.engine.action.worklist import EXCLUDED
from seawall.exchange.language import Language
from seawall.exchange.report_layout import Cell, Column, Layout, Table
from seawall.exchange.report_parts import facts_of, money, scale_of
from seawall.exchange.report_reasons import reason

SHOWN = 10
"""Customers shown of the largest and of the worklist: the whole lists are in the other formats."""


def worklist(document: Mapping[str, Any], language: Language, shown: int | None = SHOWN) -> Table:
    """Whom to call today, why, and what is at stake; all of them where ``shown`` is None."""
    say = language.say
    ranked = [row for row in document["worklist"] if row["rank"] is not None]
    columns = (
        Column("rank", "#", "count"), Column("customer_code", say("Customer")), Column("name", say("Name")),
        Column("overdue", say("Overdue"), "money"), Column("worth", say("At stake"), "money"),
        Column("reasons", say("Why"), "words"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            row["rank"], row["customer_code"], row["name"], money(row["overdue"]), money(row["worth"]),
            language.sentences(reason(one, document["currency"], language) for one in row["reasons"]),
        )
        for row in ranked[:shown]
    ]  # fmt: skip
    more = len(ranked) - len(cells)
    notes = [say("{count} more customers are on the list.", count=more)] if more > 0 else []
    notes.append(say("At stake: the loss expected on what is overdue."))
    return Table(
        "worklist",
        say("Whom to call first"),
        columns,
        cells,
        None,
        language.sentences(notes),
        say("Nobody needs a call today."),
    )


def worklist_layout(document: Mapping[str, Any], language: Language) -> Layout:
    """The worklist alone: everybody to call, and who was left out."""
    rows, currency = document["worklist"], document["currency"]
    scale = scale_of([row["overdue"] for row in rows], currency, language)
    return Layout(
        name="worklist", title=language.say("Worklist"), subtitle=language.day(document["as_of"]), language=language,
        scale=scale, facts=facts_of(document, scale, language),
        sections=(worklist(document, language, None), _left_out(document, language)), currency=currency,
    )  # fmt: skip


def _left_out(document: Mapping[str, Any], language: Language) -> Table:
    say = language.say
    columns = (
        Column("customer_code", say("Customer")), Column("name", say("Name")),
        Column("overdue", say("Overdue"), "money"), Column("excluded", say("Why"), "words"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (row["customer_code"], row["name"], money(row["overdue"]), say(EXCLUDED[row["excluded"]]))
        for row in document["worklist"]
        if row["rank"] is None
    ]
    return Table("left_out", say("Left out, and why"), columns, cells)
