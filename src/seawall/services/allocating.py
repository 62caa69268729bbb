"""Allocations by hand: a credit used for open items, oldest first as proposed, and taken back by a superseding fact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from seawall.engine.kernel.errors import Conflict, InputError, NotFound, StaleVersion
from seawall.engine.kernel.money import amount_text
from seawall.services import access, subjects
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.customer_files import customer_file
from seawall.services.intake import ImportResult, commit_rows, repeated_rows
from seawall.services.reading import Reading
from seawall.services.subjects import Subject
from seawall.store import locks
from seawall.store.append import Appender
from seawall.store.asof import Of, current
from seawall.store.models import Allocation, Item

ORIGIN = "by-hand"


@dataclass(frozen=True, slots=True)
class Offer:
    """One open item and how much of the credit is proposed for it."""

    number: str
    due_on: dt.date
    left_minor: int
    proposed_minor: int


@dataclass(frozen=True, slots=True)
class Settled:
    """One allocation that counts: what it settles (of a credit) or what settles it (of a debit)."""

    allocation_no: int
    number: str
    on: dt.date
    amount_minor: int


def offers(reading: Reading, subject: Subject) -> list[Offer]:
    """The customer's open items of the credit's entity and currency, oldest due first, and what it pays of each.

    ``reading`` carries details. Items in other currencies are left to an import, which says both amounts.
    """
    rows = customer_file(reading, code=subject.customer.code).open_items
    made, left = [], subject.left_minor
    for row in rows.iter_rows(named=True):
        if not row["is_debit"] or (row["entity"], row["currency"]) != (subject.entity, subject.currency):
            continue
        share = max(0, min(left, row["left_minor"]))
        made.append(Offer(row["number"], row["due_on"], row["left_minor"], share))
        left -= share
    return made


def allocate(
    actor: Actor, credit: Subject, amounts: Mapping[str, str], *, on: dt.date, key: str = "", dry_run: bool = False
) -> ImportResult:
    """Use a credit for debit items of its entity: number → amount.

    Raises:
        NotPermitted: the actor may not.
        NotFound: one of the items is not there.
        InputError: not a credit, nothing chosen, or not an amount.
        RowsRejected: more than is open of an item, or than is left of the credit.
        Conflict: somebody wrote the same allocation a moment ago.
    """
    access.require(actor, access.ALLOCATION_CHANGE, [credit.entity])
    if credit.is_debit:
        raise InputError("{number} is not a receipt or another credit.", number=credit.number)
    wanted = {number: text for number, text in amounts.items() if text.strip()}
    if not wanted:
        raise InputError("Choose at least one item, with an amount.")
    request = {"credit": credit.name, "amounts": dict(sorted(wanted.items())), "on": on.isoformat()}
    if before := repeated_rows(actor, access.ALLOCATION_CHANGE, request=request, key=key):
        return before
    rows = []
    for number, text in sorted(wanted.items()):
        debit = subjects.item_of(actor, credit.entity, "debit", number)
        again = _beside(actor, debit, credit, on)  # equal ones of a day are told apart by how many there are
        rows += [_row(credit, debit, on, minor) for minor in [*again, subjects.minor(text, debit.currency)]]
    note = {"credit": credit.name, "credit_id": credit.document_id, "debits": sorted(wanted)}
    done = commit_rows(
        actor, {"allocations": rows}, verb=access.ALLOCATION_CHANGE, origin=ORIGIN, note=note, key=key, dry_run=dry_run,
        request=request,
    )  # fmt: skip
    if not done.new_rows:
        raise Conflict("The same allocation was written a moment ago.", hint="Look at the item again.")
    return done


def allocations_of(actor: Actor, subject: Subject) -> list[Settled]:
    """The allocations of a document that count now, oldest first."""
    mine, other = ("debit_id", "credit_id") if subject.is_debit else ("credit_id", "debit_id")
    rows = list(
        current(Allocation.objects.scoped(actor).filter(**{mine: subject.document_id})).order_by("allocated_on", "id")
    )
    ids = [getattr(row, other) for row in rows]
    names = dict(current(Item.objects.scoped(actor).filter(document_id__in=ids)).values_list("document_id", "number"))
    return [Settled(row.id, names.get(getattr(row, other), "?"), row.allocated_on, row.amount_minor) for row in rows]


def withdraw(actor: Actor, subject: Subject, allocation_no: int, *, reason: str, key: str = "") -> int | None:
    """Take an allocation back: from this write on it no longer counts; what was known before keeps it.

    Returns the batch number.

    Raises:
        NotPermitted: the actor may not.
        NotFound: the document has no such allocation.
        StaleVersion: it was taken back already.
        InputError: no reason is given.
    """
    why = subjects.said(reason)
    access.require(actor, access.ALLOCATION_CHANGE, [subject.entity])

    def effect(write: Write) -> Result:
        mine = "debit_id" if subject.is_debit else "credit_id"
        found = Allocation.objects.scoped(actor).filter(id=allocation_no, **{mine: subject.document_id})
        if not found.exists():
            raise NotFound("There is no allocation {number} on {item}.", number=allocation_no, item=subject.number)
        if not current(found).exists():
            raise StaleVersion("This allocation was taken back already.", hint="Look at the item again.")
        Appender(write.write_no, {}).supersede(Of.ALLOCATION, [allocation_no], "withdrawn")
        write.detail.update(withdrawn=allocation_no, item=subject.name, item_id=subject.document_id, reason=why)
        write.announce("allocation.changed", subject.entity, item=subject.name, withdrawn=allocation_no)
        return {"withdrawn": allocation_no}

    request = {"withdraw": allocation_no, "item": subject.name}
    return execute(
        actor, access.ALLOCATION_CHANGE, effect, request=request, key=key, lock=[locks.LEDGER]
    ).batch_no  # fmt: skip


def _beside(actor: Actor, debit: Subject, credit: Subject, on: dt.date) -> list[int]:
    pair = {"debit_id": debit.document_id, "credit_id": credit.document_id, "allocated_on": on}
    return list(current(Allocation.objects.scoped(actor).filter(**pair)).values_list("amount_minor", flat=True))


def _row(credit: Subject, debit: Subject, on: dt.date, amount_minor: int) -> dict[str, str]:
    return {
        "entity": credit.entity, "customer_code": debit.customer.code, "debit_number": debit.number,
        "credit_number": credit.number, "allocated_on": on.isoformat(),
        "amount": amount_text(amount_minor, debit.currency),
    }  # fmt: skip
