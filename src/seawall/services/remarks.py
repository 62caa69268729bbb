"""What people put beside the ledger: notes, tasks, documents, a rest from chasing. Rows are added, never changed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from seawall.engine.kernel.errors import InputError, NotFound, StaleVersion, UnknownCode, Where
from seawall.services import access, subjects
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.subjects import Subject
from seawall.store import files as kept_files
from seawall.store.models import Customer, Document, Note, Pause, TaskVersion, User

DOCUMENT_BYTES = 25 * 2**20
"""A contract or a photograph; larger files belong where files live."""

NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it stands: its newest version."""

    number: int
    version: int
    title: str
    due_on: dt.date
    assignee: str
    is_done: bool
    author: str
    recorded_at: dt.datetime
    document_id: int | None


def add_note(actor: Actor, subject: Customer | Subject, *, text: str, key: str = "", dry_run: bool = False) -> int:
    """Write a note on a customer or an item; returns its number.

    Raises:
        NotPermitted: the actor may not.
        InputError: it says nothing, or too much.
    """
    plain = subjects.said(text)
    named = subjects.about(actor, access.NOTE_WRITE, subject)

    def effect(write: Write) -> Result:
        row = Note.objects.create(**named, **_who(write), text=plain)
        write.detail.update(_where(subject), note=row.pk, sha256=hashlib.sha256(plain.encode()).hexdigest())
        return {"note": row.pk}

    request = _where(subject) | {"text": plain}
    done = execute(actor, access.NOTE_WRITE, effect, request=request, key=key, dry_run=dry_run)
    return int(done.result["note"])


def add_task(
    actor: Actor, subject: Customer | Subject, *, title: str, due_on: dt.date, assignee: str = "", key: str = "",
    dry_run: bool = False,
) -> int:  # fmt: skip
    """Give somebody something to do by a day; returns the task's number.

    Raises:
        NotPermitted: the actor may not.
        InputError: no title.
        UnknownCode: there is no such user.
    """
    plain = subjects.said(title)
    named = subjects.about(actor, access.TASK_WRITE, subject)
    person = _person(assignee)

    def effect(write: Write) -> Result:
        TaskVersion.objects.create(
            **named, **_who(write), task_no=write.write_no, version=1, title=plain, due_on=due_on, assignee=person
        )
        write.detail.update(_where(subject), task=write.write_no, due_on=due_on, assignee_id=person and person.pk)
        return {"task": write.write_no}

    request = _where(subject) | {"title": plain, "due_on": due_on, "assignee": assignee}
    done = execute(actor, access.TASK_WRITE, effect, request=request, key=key, dry_run=dry_run)
    return int(done.result["task"])


def change_task(
    actor: Actor, number: int, *, version: int, is_done: bool | None = None, due_on: dt.date | None = None,
    assignee: str | None = None, key: str = "",
) -> int:  # fmt: skip
    """The task's next version: done or open again, another day, another person. Returns the version.

    Raises:
        NotFound: no such task for the actor.
        NotPermitted: the actor may not.
        StaleVersion: somebody changed it meanwhile.
        UnknownCode: there is no such user.
    """
    person = None if assignee is None else _person(assignee)

    def effect(write: Write) -> Result:
        row = TaskVersion.objects.scoped(actor).filter(task_no=number).order_by("-version").first()
        if row is None:
            raise NotFound("There is no task {number}.", number=number)
        access.require(actor, access.TASK_WRITE, row.entities)
        if row.version != version:
            raise StaleVersion("The task was changed meanwhile.", hint="Look at it again.")
        row.pk = None
        row._state.adding = True  # noqa: SLF001 - a copy of the row, as the next version
        row.version = version + 1
        row.is_done = row.is_done if is_done is None else is_done
        row.due_on = due_on or row.due_on
        row.assignee = row.assignee if assignee is None else person
        row.author, row.write_no, row.recorded_at = str(write.actor), write.write_no, write.at
        row.save(force_insert=True)
        write.detail.update(task=number, version=row.version, is_done=row.is_done, due_on=row.due_on)
        return {"version": row.version}

    request = {"task": number, "version": version, "is_done": is_done, "due_on": due_on, "assignee": assignee}
    done = execute(actor, access.TASK_WRITE, effect, request=request, key=key, lock=[f"task {number}"])
    return int(done.result["version"])


def add_document(
    actor: Actor, subject: Customer | Subject, *, name: str, content: bytes, about: str = "",
    about_no: int | None = None, key: str = "", asked: Mapping[str, object] | None = None, whose: Sequence[str] = (),
) -> int:  # fmt: skip
    """Keep a file with a customer, an item, or a dispute or task of theirs, by the hash of its bytes; gives its number.

    ``asked`` is what the key stands for where the file was made for this very request. ``whose`` are the entities of
    what it goes with: a file from who sees all is theirs too, and not everybody's.

    Raises:
        NotPermitted: the actor may not.
        InputError: empty, or too large.
    """
    if not content or len(content) > DOCUMENT_BYTES:
        most = DOCUMENT_BYTES // 2**20
        raise InputError("A document has between 1 byte and {most} MB.", where=Where(column="file"), most=most)
    named = subjects.about(actor, access.DOCUMENT_ADD, subject)
    named["entities"] = named["entities"] or list(whose)
    sha256 = hashlib.sha256(content).hexdigest()
    kind = about or (Document.About.ITEM if isinstance(subject, Subject) else Document.About.CUSTOMER)
    if kind not in Document.About.values:
        raise InputError("A document belongs to a customer, an item, a dispute or a task, not to {text}.", text=kind)
    shown = _file_name(name)

    def effect(write: Write) -> Result:
        kept_files.keep(content, sha256)
        row = Document.objects.create(
            **named, **_who(write), about=kind, about_no=about_no, name=shown, sha256=sha256, bytes=len(content)
        )
        write.detail.update(_where(subject), document=row.pk, sha256=sha256, about=str(kind), about_no=about_no)
        return {"document": row.pk}

    request = _where(subject) | {"sha256": sha256, "name": shown, "about": str(kind), "about_no": about_no}
    return int(execute(actor, access.DOCUMENT_ADD, effect, request=asked or request, key=key).result["document"])


def document(actor: Actor, number: int) -> tuple[str, bytes]:
    """A document's name and bytes.

    Raises:
        NotFound: no such document for the actor, or its bytes are gone from the home.
    """
    access.require(actor, access.READ)
    row = Document.objects.scoped(actor).filter(pk=number).select_related("customer").first()
    if row is None:
        raise NotFound("There is no document {number}.", number=number)
    subjects.customer_of(actor, row.customer.code)
    if not kept_files.is_whole(row.sha256):
        raise NotFound("The bytes of {name} are not in the home any more.", hint="Restore a backup.", name=row.name)
    return row.name, kept_files.read(row.sha256)


def pause(
    actor: Actor, customer: Customer, *, until_on: dt.date | None, reason: str, today: dt.date, key: str = "",
    dry_run: bool = False,
) -> None:  # fmt: skip
    """Let chasing rest until a day, with a reason; without a day it goes on.

    Raises:
        NotPermitted: the actor may not.
        InputError: no reason, or a day that has passed.
    """
    why = subjects.said(reason)
    if until_on is not None and until_on <= today:
        raise InputError("The day a pause ends lies ahead, not on {day}.", day=until_on)
    named = subjects.about(actor, access.NOTE_WRITE, customer)

    def effect(write: Write) -> Result:
        Pause.objects.create(**named, **_who(write), until_on=until_on, reason=why)
        write.detail.update(_where(customer), paused_until=until_on, reason=why)
        return {}

    request = _where(customer) | {"until_on": until_on, "reason": why}
    execute(actor, access.NOTE_WRITE, effect, request=request, key=key, dry_run=dry_run)


def paused(actor: Actor, customer: Customer, *, on: dt.date) -> Pause | None:
    """The pause in force on a day, where there is one."""
    newest = Pause.objects.scoped(actor).filter(customer_id__in=customer.family).order_by("-write_no").first()
    return newest if newest is not None and newest.until_on is not None and newest.until_on > on else None


def tasks(actor: Actor, *, customers: Sequence[int] | None = None, open_only: bool = False) -> list[Task]:
    """Tasks the actor sees as they stand, soonest due first."""
    access.require(actor, access.READ)
    rows = TaskVersion.objects.scoped(actor).select_related("assignee")
    if customers is not None:
        rows = rows.filter(customer_id__in=customers)
    newest = rows.order_by("task_no", "-version").distinct("task_no")
    made = [
        Task(
            row.task_no, row.version, row.title, row.due_on, str(row.assignee or ""), row.is_done, row.author,
            row.recorded_at, row.document_id,
        )
        for row in newest if not (open_only and row.is_done)
    ]  # fmt: skip
    return sorted(made, key=lambda task: (task.due_on, task.number))


def customer_of_task(actor: Actor, number: int) -> str:
    """The code of the customer a task is about.

    Raises:
        NotFound: no such task for the actor.
    """
    row = TaskVersion.objects.scoped(actor).filter(task_no=number).select_related("customer").first()
    if row is None:
        raise NotFound("There is no task {number}.", number=number)
    return row.customer.code


def documents(actor: Actor, *, customers: Sequence[int] = (), document_id: int | None = None) -> list[Document]:
    """Documents the actor sees of these customers, or of one item, newest first."""
    access.require(actor, access.READ)
    rows = Document.objects.scoped(actor)
    rows = rows.filter(customer_id__in=customers) if document_id is None else rows.filter(document_id=document_id)
    return list(rows.order_by("-pk")[:200])


def assignees() -> list[str]:
    """Who may be given a task: everyone who works here."""
    return list(User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True))


def _person(username: str) -> User | None:
    if not username.strip():
        return None
    named = User.objects.filter(username__iexact=username.strip(), is_active=True)
    found = named.first() if subjects.is_name(username) else None
    if found is None:
        raise UnknownCode("There is no user {username}.", username=username)
    return found


def _who(write: Write) -> dict[str, object]:
    return {"author": str(write.actor), "write_no": write.write_no, "recorded_at": write.at}


def _where(subject: Customer | Subject) -> dict[str, object]:
    if isinstance(subject, Subject):
        return {"item": subject.name, "item_id": subject.document_id, "customer_id": subject.customer.pk}
    return {"customer_id": subject.pk}


def _file_name(name: str) -> str:
    """The last part of a name, without anything that is not printable."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(each for each in last if each.isprintable())[:NAME_MAX] or "document"
