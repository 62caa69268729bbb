"""What was done, by whom; and whether the record of it still holds."""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from seawall.engine.kernel.errors import NotFound
from seawall.services import access
from seawall.services.access import Actor
from seawall.store import chain
from seawall.store.chain import Anchor, Fault
from seawall.store.models import AuditEntry, Organisation

__all__ = ["Anchor", "Entry", "Search", "Verification", "entries", "entry", "search", "verbs", "verify"]

FAULT_LIMIT = 100
"""As many faults are listed; one is enough to distrust the rest."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The chain's state: how many entries hold, its head, and what is wrong."""

    entries: int
    head: Anchor
    faults: tuple[Fault, ...]
    next: int | None = None
    """The number behind which the rest is still to be looked at; None where the end was reached."""

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "holds": self.holds,
            "entries": self.entries,
            "head": {"batch_no": self.head.batch_no, "digest": self.head.digest},
            "faults": [{"batch_no": fault.batch_no, "reason": fault.reason} for fault in self.faults],
        }


def verify(
    actor: Actor, *, anchor: Anchor | None = None, anchors: Iterable[Anchor] = (), after: int = 0,
    most: int | None = None,
) -> Verification:  # fmt: skip
    """Recompute the whole chain. Without an anchor kept outside, a cut tail or a full rewrite cannot be seen.

    ``most``: so many numbers behind ``after`` and no more, so that no answer takes long.

    Raises:
        NotPermitted: the actor may not read the audit log.
    """
    access.require_everywhere(actor, access.AUDIT)
    found = []
    head = chain.head()
    begin = min(after, head.batch_no)
    until = None if most is None or begin + most >= head.batch_no else begin + most
    for fault in chain.faults([*anchors, *([anchor] if anchor else [])], after=begin, until=until):
        found.append(fault)
        if len(found) == FAULT_LIMIT:
            break
    return Verification(AuditEntry.objects.count(), head, tuple(found), until)


@dataclass(frozen=True, slots=True)
class Search:
    """What entries are looked for; what is empty asks nothing. Days are the organisation's, both included.

    ``subject``: a kind of row, or a kind and its key (``user``, ``user 7``). ``text`` stands anywhere in the entry.
    """

    who: str = ""
    verb: str = ""
    from_day: dt.date | None = None
    to_day: dt.date | None = None
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as shown; ``changes`` are rows with hashes of before and after."""

    batch_no: int
    at: dt.datetime
    verb: str
    actor: str
    origin: str
    subjects: tuple[str, ...]
    detail: dict[str, Any]
    changes: tuple[dict[str, Any], ...]
    digest: str

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "batch_no": self.batch_no, "at": self.at.isoformat(), "verb": self.verb, "actor": self.actor,
            "origin": self.origin, "subjects": list(self.subjects), "detail": self.detail,
            "changes": list(self.changes), "digest": self.digest,
        }  # fmt: skip


def search(actor: Actor, asked: Search, *, before: int | None = None, limit: int = 50) -> list[Entry]:
    """The newest entries that fit, before a batch number where one is given.

    Raises:
        NotPermitted: the actor may not read the audit log, or not that of every entity.
    """
    access.require_everywhere(actor, access.AUDIT)
    rows = AuditEntry.objects.filter(_asked(asked)).order_by("-batch_no")
    if before is not None:
        rows = rows.filter(batch_no__lt=before)
    return [_entry(row) for row in rows[:limit]]


def entry(actor: Actor, *, batch_no: int) -> Entry:
    """One entry with its detail.

    Raises:
        NotPermitted: the actor may not read the audit log.
        NotFound: there is none of this number.
    """
    access.require_everywhere(actor, access.AUDIT)
    row = AuditEntry.objects.filter(pk=batch_no).first()
    if row is None:
        raise NotFound("There is no entry {number}.", number=batch_no)
    return _entry(row)


def verbs(actor: Actor) -> list[str]:
    """The verbs there are entries of, for choosing one.

    Raises:
        NotPermitted: the actor may not read the audit log.
    """
    access.require_everywhere(actor, access.AUDIT)
    return list(AuditEntry.objects.order_by("verb").values_list("verb", flat=True).distinct())


def _asked(asked: Search) -> Q:
    """Texts are sought as the sealed body writes them: inside JSON."""
    asked = replace(
        asked, **{name: getattr(asked, name).replace("\0", "") for name in ("who", "verb", "subject", "text")}
    )
    found = Q()
    if asked.who:
        found &= Q(actor__icontains=asked.who)
    if asked.verb:
        found &= Q(verb=asked.verb)
    zone = zoneinfo.ZoneInfo((Organisation.objects.first() or Organisation()).time_zone)
    if asked.from_day:
        found &= Q(recorded_at__gte=dt.datetime.combine(asked.from_day, dt.time(), zone))
    if asked.to_day:
        found &= Q(recorded_at__lt=dt.datetime.combine(asked.to_day + dt.timedelta(days=1), dt.time(), zone))
    if asked.subject:
        kind, _, key = asked.subject.strip().partition(" ")
        said = f'"kind":{_quoted(kind)}'
        found &= Q(body__contains=f'"key":{_quoted(key.strip())},{said}' if key.strip() else said)
    if asked.text:
        found &= Q(body__icontains=_quoted(asked.text)[1:-1])
    return found


def _plain(text: str) -> str:
    return text.replace("\0", "")  # the database refuses to be asked for it


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _entry(row: AuditEntry) -> Entry:
    body = json.loads(row.body)
    changes = tuple(body.get("changes", ()))
    subjects = tuple(f"{each['kind']} {each.get('key', '')}".strip() for each in changes)
    return Entry(
        row.batch_no, row.recorded_at, row.verb, row.actor, row.origin, tuple(dict.fromkeys(subjects)),
        body["detail"], changes, row.digest,
    )  # fmt: skip


def entries(actor: Actor, *, before: int | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The newest entries, before a batch number where one is given.

    Raises:
        NotPermitted: the actor may not read the audit log.
    """
    access.require_everywhere(actor, access.AUDIT)
    rows = AuditEntry.objects.order_by("-batch_no")
    if before is not None:
        rows = rows.filter(batch_no__lt=before)
    return [{**json.loads(row.body), "digest": row.digest} for row in rows[:limit]]
