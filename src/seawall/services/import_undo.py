"""Taking an import back by compensating facts: nothing is deleted, and the undo itself is on record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from seawall.engine.kernel.errors import NotFound, Refused
from seawall.services import access
from seawall.services.access import Actor
from seawall.services.command import Done, Result, Write, execute
from seawall.store import locks, taken_back
from seawall.store.chain import FACT_VERBS
from seawall.store.models import AuditEntry, ImportFile, ImportUndo

REASONS = {
    "undone": "The import {number} was taken back already.",
    "by_hand": "{number} is no import of files: it is corrected where it was entered.",
    "replaced": "{count} facts of the import {number} were replaced by later writes.",
    "used": "{count} facts of later writes build on documents of the import {number}.",
    "confirmed": "{count} later imports found rows on file as they stand: they may rest on the import {number}.",
}
"""Why an import cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason against taking an import back: a code of ``REASONS``, and how many facts or writes it is about."""

    code: str
    number: int
    count: int = 0

    @property
    def template(self) -> str:
        """The sentence, not yet filled in."""
        return REASONS[self.code]

    @property
    def params(self) -> dict[str, Any]:
        """What fills it in."""
        return {"number": self.number, "count": self.count}


class CannotUndo(Refused):
    """Later writes build on an import; ``reasons`` names all of them."""

    code = "cannot_undo"

    def __init__(self, reasons: list[Reason]) -> None:
        """Say the first reason; doors may list them all."""
        self.reasons = reasons
        hint = "Take back the later imports first, the newest before the others."
        super().__init__(reasons[0].template, hint=hint, **reasons[0].params)


def undo(actor: Actor, *, import_no: int, reason: str = "", dry_run: bool = False, key: str = "") -> Done:
    """Take an import back: its facts no longer count, what they replaced counts again as new versions.

    Nothing is deleted: what was known before stays known then, and the files can be imported again.

    Raises:
        NotPermitted: the actor may not, or not for all that the import said.
        NotFound: there is no such import for the actor.
        CannotUndo: later writes build on it, or it was taken back already.
        LockTimeout: somebody else is writing facts.
    """
    access.require(actor, access.IMPORT_UNDO)
    entities = entities_of(actor, import_no=import_no)
    access.require(actor, access.IMPORT_UNDO, entities)

    def effect(write: Write) -> Result:
        if found := reasons(import_no):
            raise CannotUndo(found)
        if taken_back.touches_everybody(import_no):
            access.require_everywhere(actor, access.IMPORT_UNDO)
        done = taken_back.take_back(import_no, write.write_no)
        ImportUndo.objects.create(
            import_no=import_no, write_no=write.write_no, actor=str(actor), reason=reason, entities=entities,
            recorded_at=write.at,
        )  # fmt: skip
        write.detail.update(import_no=import_no, reason=reason, facts=done, entities=entities)
        write.announce("import.undone", *entities, import_no=import_no)
        return {"import_no": import_no, "facts": done}

    request = {"import_no": import_no, "reason": reason}
    return execute(actor, access.IMPORT_UNDO, effect, request=request, key=key, lock=[locks.LEDGER], dry_run=dry_run)


def entities_of(actor: Actor, *, import_no: int) -> list[str]:
    """Codes of the entities an import spoke of.

    Raises:
        NotFound: there is no such import, or it holds entities the actor does not see.
    """
    files = ImportFile.objects.scoped(actor).filter(import_no=import_no)
    found: list[str] = sorted({code for each in files.values_list("entities", flat=True) for code in each})
    if not files.exists():
        raise NotFound("There is no import {number}.", number=import_no)
    return found


def reasons(import_no: int) -> list[Reason]:
    """Everything that stands against taking an import back; nothing where it may be."""
    if ImportUndo.objects.every_entity().filter(import_no=import_no).exists():
        return [Reason("undone", import_no)]
    if AuditEntry.objects.filter(write_no=import_no).exclude(verb=access.IMPORT).exists():
        return [Reason("by_hand", import_no)]
    counted = {
        "replaced": taken_back.later_versions(import_no),
        "used": taken_back.later_uses(import_no),
        "confirmed": _confirming(import_no),
    }
    return [Reason(code, import_no, count) for code, count in counted.items() if count]


def _confirming(import_no: int) -> int:
    """How many later writes found rows the same as on file: without this import they would have been new."""
    undone = ImportUndo.objects.every_entity().values("import_no")
    later = AuditEntry.objects.filter(verb__in=FACT_VERBS, write_no__gt=import_no).exclude(write_no__in=undone)
    return sum(_found_same(json.loads(body)) for body in later.values_list("body", flat=True).iterator())


def _found_same(body: dict[str, Any]) -> bool:
    counts = body["detail"].get("counts") or {}
    return any(isinstance(each, dict) and each.get("same", 0) for each in counts.values())
