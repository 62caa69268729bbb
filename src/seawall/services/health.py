"""Whether the system is well, in figures a monitor can read: no name of anybody, no amount, no secret."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.db import DatabaseError, connection
from django.db.models import Count, Max
from prometheus_client.core import GaugeMetricFamily, Metric

from seawall.services import founding, jobs
from seawall.store.models import AuditEntry, BackupNote, Job, Outbox, Run

READY: Final = "ready"


def ready() -> dict[str, str]:
    """Each thing the pages need, and whether it is there: ``ok``, or a word for what is not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        pending = founding.pending()
        is_founded = founding.is_founded()
    except DatabaseError:
        return {"database": "unreachable"}
    return {
        "database": "ok",
        "tables": "old" if pending else "ok",
        "store": "ok" if is_founded else "missing",
    }


def metrics(*, now: dt.datetime) -> list[Metric]:
    """The store's own figures; none where the database does not answer."""
    up = GaugeMetricFamily("seawall_database_up", "Whether the database answers.")
    try:
        found = list(_figures(now))
    except DatabaseError:
        up.add_metric([], 0)
        return [up]
    up.add_metric([], 1)
    return [up, *found]


def _figures(now: dt.datetime) -> list[Metric]:
    latest = {
        "backup": _age(BackupNote.objects.filter(kind="backup", is_good=True).aggregate(at=Max("at")), now),
        "drill": _age(BackupNote.objects.filter(kind="drill", is_good=True).aggregate(at=Max("at")), now),
        "run": _age(Run.objects.every_entity().filter(state="done").aggregate(at=Max("done_at")), now),
    }
    head = AuditEntry.objects.aggregate(no=Max("batch_no"))["no"] or 0
    return [
        _by_state("seawall_jobs", "Background jobs by state.", Job.objects.all()),
        _by_state("seawall_outbox", "What is to be sent, by state.", Outbox.objects.all()),
        _one("seawall_worker_up", "Whether a worker said lately that it lives.", float(jobs.has_worker())),
        _one("seawall_audit_head", "Number of the newest entry of the record.", head),
        *(
            _one(f"seawall_last_{name}_age_seconds", f"Seconds since the last good {name}.", age)
            for name, age in latest.items()
            if age is not None
        ),
    ]  # fmt: skip


def _age(found: dict[str, Any], now: dt.datetime) -> float | None:
    at: dt.datetime | None = found["at"]
    return (now - at).total_seconds() if at else None


def _one(name: str, about: str, value: float) -> Metric:
    metric = GaugeMetricFamily(name, about)
    metric.add_metric([], value)
    return metric


def _by_state(name: str, about: str, rows: Any) -> Metric:
    metric = GaugeMetricFamily(name, about, labels=["state"])
    for row in rows.values("state").annotate(count=Count("id")).order_by("state"):
        metric.add_metric([str(row["state"])], row["count"])
    return metric
