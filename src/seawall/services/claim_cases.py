"""Claims under way out of the store: as one reading knows them, and the facts each is made of with who wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seawall.engine.kernel.trace import Step
from seawall.engine.protection.claim_facts import CaseFacts, Key
from seawall.engine.protection.claim_steps import REPORTS
from seawall.services import protection
from seawall.services.access import Actor
from seawall.services.claim_documents import case_document, case_explained, cases_document
from seawall.services.claim_moves import MOVE_OF, on_file
from seawall.services.insurance import Document
from seawall.services.insured_list import fact_document
from seawall.services.reading import Reading, kept
from seawall.store import insured_on_file
from seawall.store.models import AuditEntry

MOVE_OF_EVENT: Final = {
    **dict.fromkeys(REPORTS, "overdue_report"),
    **{move.row["event"]: name for name, move in MOVE_OF.items() if move.row},
}
"""Event to the move of a claim that it is."""


def listed(reading: Reading, *, customer: str | None = None) -> Document:
    """Every claim the reader sees (:func:`cases_document`); of an entity that is asked for, those that are its own.

    Raises:
        UsageError: there is no policy.
    """
    entity, codes = reading.entity, frozenset(reading.ledger.customers["customer_code"])

    def is_asked(one: CaseFacts) -> bool:
        """A claim that names no entity is its own where its customer is."""
        return not entity or (one.entity == entity if one.entity else one.key.customer_code in codes)

    def made() -> Document:
        whole = protection.of_all_entities(reading)
        asked_of = protection.insurance_of(whole)
        return cases_document(asked_of, on=reading.as_of.on, customer=customer, is_asked=is_asked)

    return kept(reading, ("claims under way", customer), made)


def shown(reading: Reading, key: Key) -> Document:
    """One claim the reader sees (:func:`case_document`); errors as there, and of :func:`listed`."""

    def made() -> Document:
        whole = protection.of_all_entities(reading)
        return case_document(protection.insurance_of(whole), key, on=reading.as_of.on)

    return kept(reading, ("claim", key), made)


def explained(reading: Reading, key: Key) -> Step:
    """Why one claim comes to what is expected of the policy (:func:`case_explained`); errors as there."""
    whole = protection.of_all_entities(reading)
    return case_explained(protection.insurance_of(whole), key, on=reading.as_of.on)


def records(actor: Actor, key: Key) -> list[Document]:
    """Every fact on file of a claim that the actor sees: its number and table (to take it back by), who, and when.

    Raises:
        NotPermitted: the actor may not read.
    """
    mine = on_file(actor, key)
    frames = {
        "claim_steps": mine.steps, "insurance_events": mine.happened(*MOVE_OF_EVENT), "claims": mine.payments,
        "claim_recoveries": mine.recoveries,
    }  # fmt: skip
    found: list[Document] = []
    for table, rows in frames.items():
        writes = insured_on_file.written(table, rows["fact_id"].to_list())
        told = {entry.write_no: entry for entry in AuditEntry.objects.filter(write_no__in=set(writes.values()))}
        found += [_record(table, row, told[writes[row["fact_id"]]]) for row in rows.iter_rows(named=True)]
    return sorted(found, key=lambda row: (row["on"] or "", row["number"]))


def _record(table: str, row: Mapping[str, Any], entry: AuditEntry) -> Document:
    """One fact in the words of its file, with the move it is, its number, and who wrote it when."""
    said = {name: value for name, value in fact_document(table, row).items() if value is not None}
    day = row.get("on") or row.get("paid_on") or row.get("received_on")
    move = (
        {"claims": "paid", "claim_recoveries": "recovered"}.get(table) or row.get("step") or MOVE_OF_EVENT[row["event"]]
    )
    return said | {
        "move": str(move),
        "on": day and day.isoformat(),
        "by": entry.actor,
        "at": entry.recorded_at.isoformat(),
    }
