"""What was imported: files with their hashes and control totals, and the rows that were not taken."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from seawall.engine.kernel.errors import NotFound
from seawall.services import import_undo
from seawall.services.access import IMPORT, IMPORT_UNDO, READ, Actor, require
from seawall.services.import_undo import Reason
from seawall.store import files
from seawall.store.models import ImportFile, ImportReject, ImportUndo

REJECTS_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """One file of an import; amounts of ``control`` are minor units by currency."""

    file_id: int
    import_no: int
    name: str
    sha256: str
    mapping: str
    basis: str
    listed_on: dt.date | None
    rows: int
    rejects: int
    control: dict[str, Any]
    recorded_at: dt.datetime
    is_undone: bool = False


@dataclass(frozen=True, slots=True)
class Import:
    """One import: its files, whether it was taken back, and what stands against taking it back."""

    import_no: int
    files: tuple[Imported, ...]
    entities: tuple[str, ...]
    undone_at: dt.datetime | None
    undone_by: str
    undone_because: str
    against: tuple[Reason, ...]
    may_undo: bool


def imports(actor: Actor, *, limit: int = 200) -> list[Imported]:
    """The newest files first.

    Raises:
        NotPermitted: the actor may not read.
    """
    require(actor, READ)
    found = ImportFile.objects.scoped(actor).annotate(rejected=Count("rejects")).order_by("-id")[:limit]
    return _all(found)


def one(actor: Actor, *, import_no: int) -> Import:
    """One import with its files.

    Raises:
        NotPermitted: the actor may not read.
        NotFound: no such import, or it holds entities the actor does not see.
    """
    require(actor, READ)
    entities = import_undo.entities_of(actor, import_no=import_no)
    found = ImportFile.objects.scoped(actor).filter(import_no=import_no).annotate(rejected=Count("rejects"))
    undone = ImportUndo.objects.scoped(actor).filter(import_no=import_no).first()
    against = () if undone else tuple(import_undo.reasons(import_no))
    return Import(
        import_no, tuple(_all(found)), tuple(entities), undone.recorded_at if undone else None,
        undone.actor if undone else "",
        undone.reason if undone else "", against, actor.may(IMPORT_UNDO) and not undone and not against,
    )  # fmt: skip


def original(actor: Actor, *, file_id: int) -> tuple[str, bytes]:
    """The name and the bytes of an imported file, as they came; for who may import.

    Raises:
        NotPermitted: the actor may not import.
        NotFound: no such file, or it holds entities the actor does not see.
    """
    require(actor, IMPORT)
    file = ImportFile.objects.scoped(actor).filter(pk=file_id).first()
    if file is None:
        raise NotFound("There is no such import.")
    return file.name, files.content(file.sha256)


def _all(found: Any) -> list[Imported]:
    undone = set(ImportUndo.objects.every_entity().values_list("import_no", flat=True))
    return [_imported(each, is_undone=each.import_no in undone) for each in found]


def rejects(actor: Actor, *, file_id: int) -> tuple[Imported, list[dict[str, Any]]]:
    """One file and the rows of it that were not taken: row, column, code, hint.

    Raises:
        NotFound: no such file, or it holds entities the actor does not see.
    """
    require(actor, READ)
    file = ImportFile.objects.scoped(actor).filter(pk=file_id).annotate(rejected=Count("rejects")).first()
    if file is None:
        raise NotFound("There is no such import.")
    columns = ("row", "column", "code", "value", "expected", "hint")
    rows = ImportReject.objects.scoped(actor).filter(file=file).values(*columns)
    return _all([file])[0], [dict(row) for row in rows[:REJECTS_SHOWN]]


def _imported(file: Any, *, is_undone: bool) -> Imported:
    return Imported(
        file.pk, file.import_no, file.name, file.sha256, file.mapping, file.basis, file.listed_on, file.rows,
        file.rejected, file.control, file.recorded_at, is_undone,
    )  # fmt: skip
