"""Concentration on the page: how much of what is open hangs on few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seawall.exchange.language import Language
from seawall.exchange.report_layout import Cell, Column, Layout, Table
from seawall.exchange.report_parts import facts_of, money, scale_of

_DIMENSIONS = {
    "customer": "Customer", "group": "Group", "sector": "Sector", "country": "Country", "entity": "Entity",
    "currency": "Currency",
}  # fmt: skip


def concentration(document: Mapping[str, Any], language: Language) -> Table:
    """How much hangs on few: by dimension, the largest, the first five and ten, and the HHI."""
    say = language.say
    measures = ("cr1", "cr5", "cr10", "hhi", "effective_number")
    by_dimension: dict[str, dict[str, Any]] = {dimension: {} for dimension in _DIMENSIONS}
    flagged: list[str] = []
    for row in document["concentration"]:
        by_dimension[row["dimension"]][row["measure"]] = row["value"]
        if row["is_over"]:
            flagged.append(say(_DIMENSIONS[row["dimension"]]))
    columns = (
        Column("dimension", say("By")), Column("cr1", say("Largest"), "rate"), Column("cr5", say("First 5"), "rate"),
        Column("cr10", say("First 10"), "rate"), Column("hhi", "HHI", "index"),
        Column("effective_number", say("Effective number"), "number"),
    )  # fmt: skip
    rows = [
        (say(_DIMENSIONS[dimension]), *(values.get(measure) for measure in measures))
        for dimension, values in by_dimension.items()
        if values
    ]
    over = say("Above the policy's limit: {names}.", names=", ".join(dict.fromkeys(flagged))) if flagged else ""
    note = say("HHI is the sum of squared shares: 1 = all with one; its inverse is the effective number.")
    return Table(
        "concentration",
        say("Concentration"),
        columns,
        rows,
        None,
        language.sentences(one for one in (over, note) if one),
    )


def concentration_layout(document: Mapping[str, Any], language: Language) -> Layout:
    """Concentration alone: the measures, and the largest of each dimension."""
    rows, currency = document["largest"], document["currency"]
    scale = scale_of([row["open"] for row in rows], currency, language)
    return Layout(
        name="concentration", title=language.say("Concentration"), subtitle=language.day(document["as_of"]),
        language=language, scale=scale, facts=facts_of(document, scale, language),
        sections=(concentration(document, language), _largest(document, language)), currency=currency,
    )  # fmt: skip


def _largest(document: Mapping[str, Any], language: Language) -> Table:
    say = language.say
    columns = (
        Column("dimension", say("By")), Column("rank", "#", "count"), Column("code", say("Code")),
        Column("open", say("Open"), "money"), Column("share", say("Share"), "rate"),
        Column("limit", say("Limit"), "rate"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            say(_DIMENSIONS[row["dimension"]]), row["rank"], row["code"], money(row["open"]), row["share_rate"],
            row["limit"],
        )
        for row in document["largest"]
    ]  # fmt: skip
    return Table("largest", say("The largest"), columns, cells, empty=say("Nobody owes anything."))
