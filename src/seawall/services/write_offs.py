"""Writing off what will not be paid, as two people agree; and recording what comes in afterwards.

A write-off is an item of its own and an allocation. A recovery is a debit note marked ``recovery``, which
reinstates that part of the debt, and the receipt that settles it: so the loss ratio counts both once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import Conflict, InputError, NotFound
from seawall.engine.kernel.money import amount_text
from seawall.services import access, approvals, subjects
from seawall.services.access import Actor
from seawall.services.command import Result, Write
from seawall.services.intake import ImportResult, commit_rows, repeated_rows, take_rows
from seawall.services.proposals import Proposed
from seawall.services.subjects import Subject
from seawall.store import locks
from seawall.store.asof import current
from seawall.store.models import Document, Item

KIND: Final = "write_off"
ORIGIN, RECOVERY = "by-hand", "recovery"


def propose(
    actor: Actor, item: Subject, *, amount: str, on: dt.date, reason: str, document_no: int | None = None,
    key: str = "", dry_run: bool = False,
) -> Proposed:  # fmt: skip
    """Put a write-off of one invoice before a second person; ``document_no`` is the evidence, added before.

    Raises:
        NotPermitted: the actor may not propose it.
        NotFound: the item has no such document.
        InputError: a credit, no reason, or more than is open.
    """
    access.require(actor, access.WRITE_OFF_PROPOSE, [item.entity])
    amount_minor = subjects.minor(amount, item.currency)
    if not item.is_debit:
        raise InputError("{number} is a credit: only what is owed to us can be written off.", number=item.number)
    if amount_minor > item.left_minor:
        raise InputError("More than is open of {number} ({open}).", number=item.number, open=item.open_text)
    body = {
        "item": item.name, "entity": item.entity, "customer_code": item.customer.code, "number": item.number,
        "currency": item.currency, "amount": amount_text(amount_minor, item.currency), "on": on.isoformat(),
        "evidence": _evidence(actor, item, document_no),
    }  # fmt: skip
    asked = approvals.Asked(item.name, body, reason, (item.entity,), amount_minor, item.currency)
    return approvals.propose(actor, KIND, asked, key=key, dry_run=dry_run)


def record_recovery(
    actor: Actor, write_off: Subject, *, amount: str, on: dt.date, receipt: str = "", note: str = "", key: str = "",
    dry_run: bool = False,
) -> ImportResult:  # fmt: skip
    """Record money that came in for what was written off; ``receipt`` is its number where it is on file already.

    Raises:
        NotPermitted: the actor may not.
        InputError: not a write-off, or more than was written off and not yet recovered.
        RowsRejected: the receipt has less left than that.
        Conflict: somebody recorded it a moment ago.
    """
    access.require(actor, access.RECOVERY_RECORD, [write_off.entity])
    if write_off.kind != KIND:
        raise InputError("{number} is not a write-off.", number=write_off.number)
    minor = subjects.minor(amount, write_off.currency)
    asked = {"recovery_of": write_off.name, "amount": amount, "on": on.isoformat(), "receipt": receipt.strip()}
    if done := repeated_rows(actor, access.RECOVERY_RECORD, request=asked, key=key):
        return done
    before = _recoveries(actor, write_off)
    left = write_off.amount_minor - sum(before)
    if minor > left:
        raise InputError(
            "More than was written off and is not recovered yet ({left}).",
            left=amount_text(left, write_off.currency),
        )  # fmt: skip
    rows = _recovery_rows(write_off, len(before) + 1, amount_text(minor, write_off.currency), on, receipt.strip())
    said = {"recovery_of": write_off.name, "item_id": write_off.document_id, "note": note.strip()}
    done = commit_rows(
        actor, rows, verb=access.RECOVERY_RECORD, origin=ORIGIN, note=said, key=key, dry_run=dry_run,
        request=asked,
    )  # fmt: skip
    if not done.new_rows:
        raise Conflict("This recovery was recorded a moment ago.", hint="Look at the write-off again.")
    return done


def _evidence(actor: Actor, item: Subject, document_no: int | None) -> dict[str, Any] | None:
    if document_no is None:
        return None
    found = Document.objects.scoped(actor).filter(pk=document_no, document_id=item.document_id).first()
    if found is None:
        raise NotFound("There is no document {number} on {item}.", number=document_no, item=item.number)
    return {"document": found.pk, "name": found.name, "sha256": found.sha256}


def _recoveries(actor: Actor, write_off: Subject) -> list[int]:
    numbered = Item.objects.scoped(actor).filter(
        entity__code=write_off.entity, is_debit=True, number__startswith=f"{write_off.number}/REC-"
    )  # fmt: skip
    return list(current(numbered.filter(payment_method=RECOVERY)).values_list("amount_minor", flat=True))


def _recovery_rows(
    write_off: Subject, nth: int, amount: str, on: dt.date, receipt: str
) -> dict[str, list[dict[str, str]]]:
    number, day = f"{write_off.number}/REC-{nth}", on.isoformat()
    whose = {"entity": write_off.entity, "customer_code": write_off.customer.code}
    about = whose | {"issued_on": day, "due_on": day, "currency": write_off.currency, "amount": amount}
    items = [about | {"kind": "debit_note", "number": number, "payment_method": RECOVERY}]
    if not receipt:
        receipt = f"{number}/R"
        items.append(about | {"kind": "receipt", "number": receipt})
    settled = whose | {"debit_number": number, "credit_number": receipt, "allocated_on": day, "amount": amount}
    return {"items": items, "allocations": [settled]}


def _write_off(write: Write, proposed: Proposed) -> Result:
    """The item and the allocation, within the approval's own write."""
    body = proposed.body
    number = f"WO-{proposed.number}"
    whose = {"entity": body["entity"], "customer_code": body["customer_code"]}
    item = whose | {
        "kind": KIND, "number": number, "issued_on": body["on"], "due_on": "", "currency": body["currency"],
        "amount": body["amount"], "description": proposed.reason,
    }  # fmt: skip
    settled = whose | {
        "debit_number": body["number"], "credit_number": number, "allocated_on": body["on"], "amount": body["amount"],
    }  # fmt: skip
    rows = {"items": [item], "allocations": [settled]}
    take_rows(write, rows, verb=access.WRITE_OFF_APPROVE, origin=f"write-off-{proposed.number}")
    return {"write_off": number, "item": body["item"]}


def _state(name: str, _entities: Sequence[str]) -> dict[str, int]:
    """What the approver must find as the proposer saw it: the invoice and what is open of it."""
    item = subjects.item_named(Actor.system(), name)
    return {"document": item.document_id, "amount": item.amount_minor, "left": item.left_minor}


_WRITE_OFF: Final = approvals.Kind(
    KIND,
    noop("Write-off"),
    access.WRITE_OFF_PROPOSE,
    access.WRITE_OFF_APPROVE,
    _write_off,
    _state,
    lambda _proposed: [locks.LEDGER],
)
approvals.register(_WRITE_OFF)
