"""Lists of the ledger's desk for people: items, disputes, allocations, tasks, a timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Column, Kind, Layout, Table

Columns = Sequence[tuple[str, str, Kind]]


def items(document: Mapping[str, Any], language: Language) -> Layout:
    """Items of a day."""
    say = language.say
    columns: Columns = (
        ("item", say("Item"), "words"), ("customer_code", say("Code"), "text"), ("kind", say("Kind"), "text"),
        ("issued_on", say("Issued"), "date"), ("due_on", say("Due"), "date"),
        ("dpd_days", say("Days past due"), "count"), ("currency", say("Currency"), "text"),
        ("amount", say("Amount"), "exact"), ("open", say("Open"), "exact"),
    )  # fmt: skip
    return _listed("items", say("Items"), columns, document["items"], language)


def disputes(document: Mapping[str, Any], language: Language) -> Layout:
    """Disputes of an item."""
    say = language.say
    columns: Columns = (
        ("dispute", say("Dispute"), "count"), ("opened_on", say("From"), "date"), ("closed_on", say("Until"), "date"),
        ("amount", say("Amount"), "exact"), ("reason", say("Reason"), "words"),
    )  # fmt: skip
    return _listed("disputes", say("Disputes"), columns, document["disputes"], language)


def allocations(document: Mapping[str, Any], language: Language) -> Layout:
    """Allocations of an item."""
    say = language.say
    columns: Columns = (
        ("allocation", say("Allocation"), "count"), ("number", say("Number"), "words"), ("on", say("Day"), "date"),
        ("amount", say("Amount"), "exact"),
    )  # fmt: skip
    return _listed("allocations", say("Allocations"), columns, document["allocations"], language)


def tasks(document: Mapping[str, Any], language: Language) -> Layout:
    """Open tasks."""
    say = language.say
    columns: Columns = (
        ("task", say("Task"), "count"), ("due_on", say("Until"), "date"),
        ("title", say("What is to be done"), "words"), ("assignee", say("Who"), "text"),
        ("author", say("Asked by"), "text"),
    )  # fmt: skip
    return _listed("tasks", say("Tasks"), columns, document["tasks"], language)


def documents(document: Mapping[str, Any], language: Language) -> Layout:
    """Files that are kept."""
    say = language.say
    columns: Columns = (
        ("document", say("Document"), "count"), ("name", say("File"), "words"), ("about", say("Of"), "text"),
        ("about_no", say("Number"), "text"), ("bytes", say("Bytes"), "count"), ("author", say("Added by"), "text"),
    )  # fmt: skip
    return _listed("documents", say("Documents"), columns, document["documents"], language)


def timeline(document: Mapping[str, Any], language: Language) -> Layout:
    """What happened, newest first; kinds and acts by their published names."""
    say = language.say
    columns: Columns = (
        ("on", say("Day"), "date"), ("kind", say("Kind"), "text"), ("act", say("What"), "text"),
        ("item", say("Item"), "words"), ("text", say("Words"), "words"), ("who", say("Who"), "text"),
    )  # fmt: skip
    said = ("policy", "message", "insurer", "state", "text", "note")
    rows = [
        {**event, "text": " · ".join(str(event["what"][name]) for name in said if event["what"].get(name))}
        for event in document["events"]
    ]
    return _listed("timeline", say("Timeline"), columns, rows, language)


def _listed(
    name: str, title: str, columns: Columns, rows: Sequence[Mapping[str, Any]], language: Language
) -> Layout:  # fmt: skip
    cells = [[_cell(row[key], kind) for key, _title, kind in columns] for row in rows]
    table = Table(name, title, tuple(Column(*one) for one in columns), cells, empty=language.say("There is nothing."))
    return Layout(name, title, "", language, Scale(1, 2, ""), sections=(table,))


def _cell(value: Any, kind: Kind) -> Any:
    return Decimal(value) if kind == "exact" and value is not None else value
