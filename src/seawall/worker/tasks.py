"""What the queue calls: one task that does a job of ours, and one that looks round every minute."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import close_old_connections
from django.utils import timezone

from seawall.services import jobs, jobs_work, minutely, origin

if TYPE_CHECKING:
    from procrastinate import App, JobContext

EVERY_MINUTE = "* * * * *"
_log = logging.getLogger(__name__)


def add_to(app: App) -> None:
    """Make both tasks known to the worker's queue."""
    app.task(name=jobs.TASK, pass_context=True)(job)
    app.periodic(cron=EVERY_MINUTE)(app.task(name="seawall.minute", queueing_lock="seawall.minute")(minute))


def job(context: JobContext, job_id: int) -> str:
    """Do one job; its state and its words are kept in our own rows."""
    close_old_connections()
    try:
        process = str(context.job.worker_id)
        with origin.came_from("worker", f"job {job_id}"):
            return jobs_work.carry_out(job_id, process=process, kind_of=jobs.kind_of, again=jobs.wake)
    finally:
        close_old_connections()


def minute(timestamp: int) -> dict[str, Any]:  # noqa: ARG001 - the queue's signature
    """Put back what a killed worker had in hand, put what is due into the queue, and send what waits."""
    close_old_connections()
    try:
        with origin.came_from("worker", "schedule"):
            return minutely.look_round(now=timezone.now())
    finally:
        close_old_connections()
