"""What was done, by whom; and whether the record of it still holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from seawall.services import access
from seawall.services.access import Actor
from seawall.store import chain
from seawall.store.chain import Anchor, Fault
from seawall.store.models import AuditEntry

__all__ = ["Anchor", "Verification", "entries", "verify"]

FAULT_LIMIT = 100
"""As many faults are listed; one is enough to distrust the rest."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The chain's state: how many entries hold, its head, and what is wrong."""

    entries: int
    head: Anchor
    faults: tuple[Fault, ...]

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


def verify(actor: Actor, *, anchor: Anchor | None = None) -> Verification:
    """Recompute the whole chain. Without an ``anchor`` kept outside, a cut tail cannot be seen.

    Raises:
        NotPermitted: the actor may not read the audit log.
    """
    access.require_everywhere(actor, access.AUDIT)
    found = []
    for fault in chain.faults(anchor):
        found.append(fault)
        if len(found) == FAULT_LIMIT:
            break
    return Verification(AuditEntry.objects.count(), chain.head(), tuple(found))


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
