"""Who recorded the facts by which deadlines were met: the event of a duty, or the claim that was filed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seawall.engine.protection.duties import EVENTS
from seawall.services import insured
from seawall.services.access import Actor
from seawall.services.insurance import Document
from seawall.store import insured_on_file
from seawall.store.models import AuditEntry

Key = tuple[str, str, str, str | None, str | None]
"""Duty, policy, day, customer and item; a fact about more than one customer or item names none."""


def recorded(actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[Document]:
    """Deadlines (``insurance.deadlines_document``) with ``done_by`` and ``recorded_at`` of the fact that met each.

    Both stay None where nobody did, and where the fact is of an entity the actor does not see.

    Raises:
        NotPermitted: the actor may not read.
    """
    writes = dict(_writes(actor)) if any(row["done_on"] for row in rows) else {}
    found = {id(row): write for row in rows if (write := _write(row, writes)) is not None}
    entries = {each.write_no: each for each in AuditEntry.objects.filter(write_no__in=set(found.values()))}
    told = [entries.get(found.get(id(row), -1)) for row in rows]
    return [
        dict(row) | ({"done_by": entry.actor, "recorded_at": entry.recorded_at.isoformat()} if entry else {})
        for row, entry in zip(rows, told, strict=True)
    ]


def _writes(actor: Actor) -> Iterator[tuple[Key, int]]:
    """The write of each fact that meets a duty."""
    duties = {event: duty for duty, event in EVENTS.items()}
    for table, day in (("claims", "date_of_loss"), ("insurance_events", "on")):
        rows = insured.facts_of(actor, table)
        writes = insured_on_file.written(table, rows["fact_id"].to_list())
        for row in rows.iter_rows(named=True):
            duty = duties.get(row.get("event", EVENTS["claim_filing"]))
            if duty is not None:
                key = duty, row["policy"], row[day].isoformat(), row["customer_code"], row.get("item_number")
                yield key, writes[row["fact_id"]]


def _write(row: Mapping[str, Any], writes: Mapping[Key, int]) -> int | None:
    """The write of the fact that says most exactly that this was done: of the item, the customer, or of all."""
    code, number = row["customer_code"], row["number"]
    about = ((code, number), (code, None), (None, None))
    keys = ((row["kind"], row["policy"], row["done_on"] or "", *each) for each in about)
    return next((writes[key] for key in keys if key in writes), None)
