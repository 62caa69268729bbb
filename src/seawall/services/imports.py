"""What was imported: files with their hashes and control totals, and the rows that were not taken."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from seawall.engine.kernel.errors import NotFound
from seawall.services.access import READ, Actor, require
from seawall.store.models import ImportFile, ImportReject

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


def imports(actor: Actor, *, limit: int = 200) -> list[Imported]:
    """The newest files first.

    Raises:
        NotPermitted: the actor may not read.
    """
    require(actor, READ)
    found = ImportFile.objects.scoped(actor).annotate(rejected=Count("rejects")).order_by("-id")[:limit]
    return [_imported(each) for each in found]


def rejects(actor: Actor, *, file_id: int) -> tuple[Imported, list[dict[str, Any]]]:
    """One file and the rows of it that were not taken: row, column, code, hint.

    Raises:
        NotFound: no such file, or it holds entities the actor does not see.
    """
    require(actor, READ)
    file = ImportFile.objects.scoped(actor).filter(pk=file_id).annotate(rejected=Count("rejects")).first()
    if file is None:
        raise NotFound("There is no such import.")
    rows = ImportReject.objects.scoped(actor).filter(file=file).values("row", "column", "code", "hint")
    return _imported(file), [dict(row) for row in rows[:REJECTS_SHOWN]]


def _imported(file: Any) -> Imported:
    return Imported(
        file.pk, file.import_no, file.name, file.sha256, file.mapping, file.basis, file.listed_on, file.rows,
        file.rejected, file.control, file.recorded_at,
    )  # fmt: skip
