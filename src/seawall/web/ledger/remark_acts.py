"""Notes, tasks and documents of a customer or an item: the forms that both have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from seawall.engine.kernel.errors import InputError, Where
from seawall.services import access, remarks
from seawall.web import numbers
from seawall.web.ledger.acts import Act, Field, Given, day, text
from seawall.web.reader import Reader


def _note_fields(_reader: Reader, _subject: Any) -> Sequence[Field]:
    return [Field("text", _("Note"), "area")]


def _note(reader: Reader, subject: Any, given: Given) -> str:
    remarks.add_note(reader.actor, subject, text=text(given, "text"))
    return _("The note is kept.")


def _task_fields(reader: Reader, _subject: Any) -> Sequence[Field]:
    people = (("", _("nobody yet")), *((name, name) for name in remarks.assignees()))
    return [
        Field("title", _("What is to be done")),
        Field("due_on", _("Until"), "date", reader.question.on.isoformat()),
        Field("assignee", _("Who"), "choice", choices=people, is_required=False),
    ]


def _task(reader: Reader, subject: Any, given: Given) -> str:
    remarks.add_task(
        reader.actor, subject, title=text(given, "title"), due_on=day(given, "due_on"), assignee=text(given, "assignee")
    )
    return _("The task is given.")


def document_fields(_reader: Reader, _subject: Any) -> Sequence[Field]:
    """The field for a file."""
    most = numbers.decimal_text(remarks.DOCUMENT_BYTES // 2**20, 0)
    return [Field("file", _("File"), "file", hint=_("Any kind of file, up to {most} MB.").format(most=most))]


def uploaded(reader: Reader) -> tuple[str, bytes]:
    """The name and the bytes of the file a form sends.

    Raises:
        InputError: there is none, or it is too large.
    """
    file = reader.request.FILES.get("file")
    if file is None:
        raise InputError("Choose a file.", where=Where(column="file"))
    if (file.size or 0) > remarks.DOCUMENT_BYTES:
        most = remarks.DOCUMENT_BYTES // 2**20
        raise InputError("A document has between 1 byte and {most} MB.", where=Where(column="file"), most=most)
    return file.name or "", file.read()


def _document(reader: Reader, subject: Any, _given: Given) -> str:
    name, content = uploaded(reader)
    remarks.add_document(reader.actor, subject, name=name, content=content)
    return _("The document is kept.")


REMARK_ACTS = {
    "note": Act(gettext_lazy("Write a note"), access.NOTE_WRITE, _note_fields, _note, "n", "info"),  # type: ignore[arg-type]
    "task": Act(gettext_lazy("Add a task"), access.TASK_WRITE, _task_fields, _task, "t", "check"),  # type: ignore[arg-type]
    "document": Act(gettext_lazy("Add a document"), access.DOCUMENT_ADD, document_fields, _document, "", "imports"),  # type: ignore[arg-type]
}
