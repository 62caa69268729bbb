"""What an import did, on the page: rows by table, documents closed, rows that were not taken, remarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from seawall.engine.ledger.rejects import REASONS, WARNINGS
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Column, Layout, Lines, Section, Table

FATES = (("new", "New"), ("same", "Same"), ("changed", "Changed"), ("vanished", "Vanished"))


def rejects_json(rejects: pl.DataFrame) -> list[dict[str, Any]]:
    """The rejects as published: ``hint`` is the reason's sentence in English, filled in."""
    rows = rejects.select("file", "row", "column", "code", "value", "expected").iter_rows(named=True)
    return [row | {"hint": _filled(row, REASONS[row["code"]])} for row in rows]


def layout(document: Mapping[str, Any], language: Language) -> Layout:
    """The outcome of an import, or of a dry run of one."""
    say = language.say
    sections: list[Section] = []
    if document["counts"]:
        sections.append(_counts(document, language))
    if document["rejects"]:
        sections.append(rejects_table(document["rejects"], language))
    if document["remarks"]:
        lines = tuple(f"{one['file']}: {say(WARNINGS[one['code']], **one['params'])}" for one in document["remarks"])
        sections.append(Lines("remarks", say("Remarks"), lines))
    return Layout(
        name="import", title=say("Import"), subtitle="", language=language, scale=Scale(1, 2, ""),
        lead=_lead(document, language), sections=tuple(sections),
    )  # fmt: skip


def rejects_table(rows: list[dict[str, Any]], language: Language) -> Table:
    """The rows that cannot be taken: where they stand, what is wrong, how to mend it."""
    say = language.say
    columns = (
        Column("file", say("File")), Column("row", say("Row")), Column("column", say("Column")),
        Column("code", say("Code")), Column("hint", say("What is wrong"), "words"),
    )  # fmt: skip
    cells = [
        (
            row["file"],
            row["row"] and str(row["row"]),
            row["column"],
            row["code"],
            _filled(row, say(REASONS[row["code"]])),
        )
        for row in rows
    ]
    return Table("rejects", say("Rows that cannot be taken"), columns, cells)


def _counts(document: Mapping[str, Any], language: Language) -> Table:
    say = language.say
    columns = (Column("table", say("Table")), *(Column(name, say(title), "count") for name, title in FATES))
    rows = [(table, *(counts.get(name, 0) for name, _ in FATES)) for table, counts in document["counts"].items()]
    return Table("counts", say("Rows by table"), columns, rows)


def _lead(document: Mapping[str, Any], language: Language) -> str:
    say = language.say
    if document["is_refused"]:
        return say("Nothing was imported. Rows that cannot be taken: {count}.", count=len(document["rejects"]))
    if document["is_dry_run"]:
        return say("This is what an import would do; nothing was written.")
    if document["batch_no"] is None:
        return say("All of it was on file already: nothing was written.")
    closed = say("{count} documents vanished from the list and were closed.", count=document["closed"])
    done = say("Imported as batch {batch}.", batch=document["batch_no"])
    return language.sentences([done, closed] if document["closed"] else [done])


def _filled(row: Mapping[str, Any], sentence: str) -> str:
    return sentence.format(column=row["column"], value=row["value"], expected=row["expected"])
