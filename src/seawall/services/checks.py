"""``seawall check``: do the laws of the ledger and the invariants of the store hold, on live data, now?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.laws import LAWS
from seawall.services import access, audit, snapshots
from seawall.services.access import Actor
from seawall.services.laws import CheckReport, Failure, lawless
from seawall.store import files, invariants, results, snapshot
from seawall.store.invariants import INVARIANTS
from seawall.store.models import BankStatement, Document, ImportFile, PeriodSignature, RunStep

OWN_CHECKS = {
    "chain": "The audit chain holds.",
    "snapshot": "The snapshot that pages read is what the store says.",
    "files": "Every imported file, every document and every signed report is kept, byte for byte.",
    "results": "Every result of a run is kept, byte for byte.",
}


def check(actor: Actor, *, on: dt.date) -> CheckReport:
    """Ask the whole store; the figures' laws are tried on the day ``on``.

    Raises:
        NotPermitted: the actor may not see everything.
    """
    access.require_everywhere(actor, access.AUDIT)
    known = snapshots.current(actor)
    failures = [Failure(found.name, found.table, found.count, found.examples) for found in invariants.violations()]
    if not failures:  # else there may be no ledger to read
        live = snapshot.read(known).ledger
        day = max(on, live.known_from or on)
        failures += lawless(live, AsOf(day, known))
        failures += _snapshot(actor, live)
    failures += _chain(actor) + _files() + _results()
    return CheckReport(on, known, INVARIANTS | LAWS | OWN_CHECKS, tuple(failures))


def _failed(name: str, broken_by: Sequence[str]) -> Failure:
    return Failure(name, name, len(broken_by), tuple(broken_by[: invariants.EXAMPLES]))


def _chain(actor: Actor) -> list[Failure]:
    faults = [f"entry {fault.batch_no}: {fault.reason}" for fault in audit.verify(actor).faults]
    return [_failed("chain", faults)] if faults else []


def _snapshot(actor: Actor, live: Ledger) -> list[Failure]:
    kept, _ = snapshots.open_ledger(actor, details=True)
    differing = [
        name
        for name in ("customers", "accounts", "items", "allocations", "instalments", "disputes", "control")
        if not getattr(live, name).equals(getattr(kept, name).select(getattr(live, name).columns))
    ]
    return [_failed("snapshot", differing)] if differing else []


def _files() -> list[Failure]:
    hashes = ImportFile.objects.every_entity().order_by("sha256").values_list("sha256", flat=True).distinct()
    added = Document.objects.every_entity().order_by("sha256").values_list("sha256", flat=True).distinct()
    stated = BankStatement.objects.every_entity().order_by("sha256").values_list("sha256", flat=True).distinct()
    signed = PeriodSignature.objects.every_entity().values_list("files", flat=True)
    reports = sorted({each["sha256"] for kept in signed for each in kept})
    lost = [sha256 for sha256 in dict.fromkeys([*hashes, *added, *stated, *reports]) if not files.is_whole(sha256)]
    return [_failed("files", lost)] if lost else []


def _results() -> list[Failure]:
    steps = RunStep.objects.order_by("digest").values_list("digest", flat=True).distinct()
    lost = [digest for digest in steps if not results.is_whole(digest)]
    return [_failed("results", lost)] if lost else []
