"""Files that belong to a dispute or a task: kept as other documents are, beside the item or customer it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from seawall.engine.kernel.errors import NotFound
from seawall.services import access, remarks, subjects
from seawall.services.access import Actor
from seawall.services.subjects import Subject
from seawall.store.asof import current
from seawall.store.models import Dispute, Document, TaskVersion


def to_dispute(actor: Actor, item: Subject, number: int, *, name: str, content: bytes, key: str = "") -> int:
    """Keep a file with a dispute of an item; gives the document's number.

    Raises:
        NotPermitted: the actor may not.
        NotFound: the item has no such dispute.
        InputError: empty, or too large.
    """
    if not current(_of(actor, item)).filter(pk=number).exists():
        raise NotFound("There is no dispute {number} on {item}.", number=number, item=item.number)
    kept = Document.About.DISPUTE
    return remarks.add_document(actor, item, name=name, content=content, about=kept, about_no=number, key=key)


def to_task(actor: Actor, number: int, *, name: str, content: bytes, key: str = "") -> int:
    """Keep a file with a task, beside the customer or item the task is about; gives the document's number.

    Raises:
        NotPermitted: the actor may not.
        NotFound: no such task for the actor.
        InputError: empty, or too large.
    """
    subject = subject_of_task(actor, number)
    kept = Document.About.TASK
    return remarks.add_document(actor, subject, name=name, content=content, about=kept, about_no=number, key=key)


def subject_of_task(actor: Actor, number: int) -> Any:
    """The customer or the item a task is about.

    Raises:
        NotFound: no such task for the actor.
    """
    access.require(actor, access.READ)
    row = TaskVersion.objects.scoped(actor).filter(task_no=number).select_related("customer").first()
    if row is None:
        raise NotFound("There is no task {number}.", number=number)
    customer = subjects.customer_of(actor, row.customer.code)
    return customer if row.document_id is None else subjects.item_with(actor, row.document_id)


def of_tasks(actor: Actor, numbers: Iterable[int]) -> dict[int, list[Document]]:
    """The documents of tasks the actor sees, by task."""
    access.require(actor, access.READ)
    rows = Document.objects.scoped(actor).filter(about=Document.About.TASK, about_no__in=list(numbers))
    found: dict[int, list[Document]] = defaultdict(list)
    for row in rows.order_by("pk"):
        found[row.about_no or 0].append(row)
    return found


def of_disputes(actor: Actor, item: Subject) -> dict[int, list[Document]]:
    """The documents of an item's disputes as they stand, by dispute.

    A dispute that was changed or closed is a further row of the ledger; its documents stay with what began that day
    for that reason.
    """
    every = {row.pk: (row.opened_on, row.reason) for row in _of(actor, item)}
    standing = {every[row.pk]: row.pk for row in current(_of(actor, item))}
    rows = Document.objects.scoped(actor).filter(about=Document.About.DISPUTE, document_id=item.document_id)
    found: dict[int, list[Document]] = defaultdict(list)
    for row in rows.order_by("pk"):
        number = standing.get(every.get(row.about_no or 0, (None, None)))
        found[number or 0].append(row)
    return found


def _of(actor: Actor, item: Subject) -> Any:
    return Dispute.objects.scoped(actor).filter(item_document_id=item.document_id)
