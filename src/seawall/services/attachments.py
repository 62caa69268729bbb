"""Files that belong to a dispute or a task: kept as other documents are, beside the item or customer it is about."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.services import access, remarks, subjects
from seawall.services.access import Actor
from seawall.services.subjects import Subject
from seawall.store.asof import current
from seawall.store.models import Customer, Dispute, Document, TaskVersion


def keep(
    actor: Actor, subject: Customer | Subject | None, *, name: str, content: bytes, dispute: int | None = None,
    task: int | None = None, key: str = "",
) -> int:  # fmt: skip
    """Keep a file with a customer or an item, with a dispute of the item, or with a task; gives the document's number.

    A task says itself whom it is about: ``subject`` may be left out, and names the same where it is not.

    Raises:
        NotPermitted: the actor may not.
        NotFound: no such dispute or task for the actor.
        InputError: a dispute and a task, a dispute of no item, a task about another, or the file is empty or too large.
    """
    if task is not None and dispute is not None:
        raise InputError("A file goes with a dispute or with a task: name one of the two.")
    if task is not None:
        if subject is not None and not _is_about(subject_of_task(actor, task), subject):
            raise InputError("Task {number} is about another customer or item.", number=task)
        return to_task(actor, task, name=name, content=content, key=key)
    if subject is None:
        raise InputError("Name a customer or an item: one of the two.")
    if dispute is None:
        return remarks.add_document(actor, subject, name=name, content=content, key=key)
    if not isinstance(subject, Subject):
        raise InputError("A dispute is of an item: name the item.")
    return to_dispute(actor, subject, dispute, name=name, content=content, key=key)


def _is_about(found: Customer | Subject, named: Customer | Subject) -> bool:
    """Whether a task about ``found`` is one of what is named: of a customer, also a task about an item of its."""
    if isinstance(named, Subject):
        return isinstance(found, Subject) and found.document_id == named.document_id
    customer = found.customer if isinstance(found, Subject) else found
    return customer.pk in subjects.families_of([named.pk])


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
    task = _task(actor, number)
    return remarks.add_document(
        actor, _subject(actor, task), name=name, content=content, about=Document.About.TASK, about_no=number, key=key,
        whose=task.entities,
    )  # fmt: skip


def subject_of_task(actor: Actor, number: int) -> Customer | Subject:
    """The customer or the item a task is about.

    Raises:
        NotFound: no such task for the actor.
    """
    return _subject(actor, _task(actor, number))


def _task(actor: Actor, number: int) -> TaskVersion:
    access.require(actor, access.READ)
    row = TaskVersion.objects.scoped(actor).filter(task_no=number).select_related("customer").first()
    if row is None:
        raise NotFound("There is no task {number}.", number=number)
    return row


def _subject(actor: Actor, task: TaskVersion) -> Customer | Subject:
    customer = subjects.customer_of(actor, task.customer.code)
    return customer if task.document_id is None else subjects.item_with(actor, task.document_id)


def of_tasks(actor: Actor, numbers: Iterable[int]) -> dict[int, list[Document]]:
    """The documents of tasks the actor sees, by task."""
    access.require(actor, access.READ)
    rows = Document.objects.scoped(actor).filter(about=Document.About.TASK, about_no__in=list(numbers))
    found: dict[int, list[Document]] = defaultdict(list)
    for row in rows.order_by("pk"):
        found[row.about_no or 0].append(row)
    return found


def of_disputes(actor: Actor, item: Subject) -> dict[tuple[dt.date, str], list[Document]]:
    """The documents of an item's disputes, by the day and the reason each began with.

    A dispute that was changed or closed is a further row of the ledger; its documents stay with what began that day
    for that reason.
    """
    rows = Document.objects.scoped(actor).filter(about=Document.About.DISPUTE, document_id=item.document_id)
    found: dict[tuple[dt.date, str], list[Document]] = defaultdict(list)
    began = {row.pk: (row.opened_on, row.reason or "") for row in _of(actor, item)}
    for row in rows.order_by("pk"):
        if row.about_no in began:
            found[began[row.about_no]].append(row)
    return found


def _of(actor: Actor, item: Subject) -> Any:
    return Dispute.objects.scoped(actor).filter(item_document_id=item.document_id)
