"""Disputes by hand: opened, changed from a day on, closed; each is a fact like one that a file brings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.engine.kernel.money import amount_text
from seawall.policies.load import shipped
from seawall.services import access, subjects
from seawall.services.access import Actor
from seawall.services.intake import ImportResult, commit_rows, repeated_rows
from seawall.services.subjects import Subject
from seawall.store.asof import current
from seawall.store.models import Dispute

REASONS = "house.dispute_reasons"
ORIGIN = "by-hand"


@dataclass(frozen=True, slots=True)
class Disputed:
    """A dispute as it stands. ``number`` is that of the fact."""

    number: int
    opened_on: dt.date
    closed_on: dt.date | None
    amount_minor: int
    reason: str

    def as_row(self, subject: Subject) -> dict[str, str]:
        """In the words of the ledger files."""
        return {
            "entity": subject.entity, "number": subject.number, "opened_on": self.opened_on.isoformat(),
            "closed_on": self.closed_on.isoformat() if self.closed_on else "",
            "amount": amount_text(self.amount_minor, subject.currency), "reason": self.reason,
        }  # fmt: skip


def reasons(on: dt.date) -> dict[str, dict[str, str]]:
    """What a dispute may be about: code → title in both languages.

    Raises:
        PolicyGap: no list is in force on that day.
    """
    listed: dict[str, dict[str, str]] = shipped().at(REASONS, on).value
    return listed


def of_item(actor: Actor, subject: Subject) -> list[Disputed]:
    """The disputes of a document, oldest first."""
    rows = current(Dispute.objects.scoped(actor).filter(item_document_id=subject.document_id))
    return [
        Disputed(row.pk, row.opened_on, row.closed_on, row.amount_minor, row.reason or "")
        for row in rows.order_by("opened_on", "id")
    ]


def open_dispute(
    actor: Actor, subject: Subject, *, on: dt.date, amount: str, reason: str, note: str = "", key: str = "",
    dry_run: bool = False,
) -> ImportResult:  # fmt: skip
    """Say that a customer disputes a part of an invoice.

    Raises:
        NotPermitted: the actor may not.
        InputError: no such reason, or not an amount.
        RowsRejected: the amount is above the invoice's, the invoice is a credit, or its disputes changed meanwhile.
    """
    new = Disputed(0, on, None, subjects.minor(amount, subject.currency), _reason(reason, on))
    asked = {"item": subject.name, "open": on.isoformat(), "amount": amount, "reason": reason}
    if before := repeated_rows(actor, access.DISPUTE_CHANGE, request=asked, key=key):
        return before
    rows = [*of_item(actor, subject), new]
    return _commit(actor, subject, rows, "opened", asked, note=note, key=key, dry_run=dry_run)


def change_dispute(
    actor: Actor, subject: Subject, number: int, *, on: dt.date, amount: str, reason: str, note: str = "", key: str = ""
) -> ImportResult:
    """Another amount or reason from a day on: the dispute ends that day, and goes on as it is now.

    Raises:
        NotFound: the document has no such dispute, or it is closed.
        NotPermitted: the actor may not.
        InputError: no such reason, or not an amount.
        RowsRejected: the row cannot be taken.
    """
    access.require(actor, access.DISPUTE_CHANGE, [subject.entity])
    asked = {"item": subject.name, "change": number, "on": on.isoformat(), "amount": amount, "reason": reason}
    if before := repeated_rows(actor, access.DISPUTE_CHANGE, request=asked, key=key):
        return before
    rows = _closed(actor, subject, number, on)
    new = Disputed(0, on, None, subjects.minor(amount, subject.currency), _reason(reason, on))
    return _commit(actor, subject, [*rows, new], "changed", asked, note=note, key=key)


def close_dispute(
    actor: Actor, subject: Subject, number: int, *, on: dt.date, note: str = "", key: str = ""
) -> ImportResult:
    """End a dispute: ``on`` is the first day it is no longer open.

    Raises:
        NotFound: the document has no such dispute, or it is closed.
        NotPermitted: the actor may not.
        RowsRejected: the day lies before it was opened.
    """
    access.require(actor, access.DISPUTE_CHANGE, [subject.entity])
    asked = {"item": subject.name, "close": number, "on": on.isoformat()}
    if before := repeated_rows(actor, access.DISPUTE_CHANGE, request=asked, key=key):
        return before
    return _commit(actor, subject, _closed(actor, subject, number, on), "closed", asked, note=note, key=key)


def _closed(actor: Actor, subject: Subject, number: int, on: dt.date) -> list[Disputed]:
    """The document's disputes with one of them ended."""
    rows = of_item(actor, subject)
    if not any(row.number == number and row.closed_on is None for row in rows):
        raise NotFound("There is no open dispute {number} on {item}.", number=number, item=subject.number)
    ended = [Disputed(row.number, row.opened_on, on, row.amount_minor, row.reason) for row in rows]
    return [end if end.number == number else row for row, end in zip(rows, ended, strict=True)]


def _reason(code: str, on: dt.date) -> str:
    known = reasons(on)
    if code not in known:
        raise InputError(
            "{text} is no reason of a dispute.", hint="Choose one of: {known}.", text=code, known=", ".join(known)
        )
    return code


def _commit(
    actor: Actor, subject: Subject, rows: Sequence[Disputed], act: str, asked: Mapping[str, Any], *,
    note: str, key: str, dry_run: bool = False,
) -> ImportResult:  # fmt: skip
    """All disputes of the document as they shall be; who added one meanwhile is not overruled: it is refused."""
    access.require(actor, access.DISPUTE_CHANGE, [subject.entity])
    said: dict[str, Any] = {"dispute": act, "item": subject.name, "item_id": subject.document_id, "note": note.strip()}
    facts = {"disputes": [row.as_row(subject) for row in rows]}
    return commit_rows(
        actor, facts, verb=access.DISPUTE_CHANGE, origin=ORIGIN, note=said, key=key, dry_run=dry_run,
        request=asked,
    )  # fmt: skip
