"""Looking into a source once, as the worker does, over a queue that holds nothing of other tests."""

from django.db import connection
from stocked import SYSTEM

from seawall.services import jobs, jobs_work, sources


def emptied():
    """The queue's own tables are none of Django's, so no test's end empties them."""
    with connection.cursor() as cursor:
        for table in ("procrastinate_events", "procrastinate_jobs", "procrastinate_workers"):
            cursor.execute(f"DELETE FROM {table}")


def look(source_id, *, again=False):
    """The state the job ended in, and the job."""
    job_id = jobs.enqueue(SYSTEM, "source", {"source_id": source_id} | ({"again": True} if again else {}))
    state = jobs_work.carry_out(job_id, process="1", kind_of=jobs.kind_of, again=jobs.wake)
    return state, jobs.shown(SYSTEM, job_id=job_id)


def outcomes(source_id):
    """What became of each file, the oldest first."""
    return [(each.name, each.outcome) for each in reversed(sources.files(SYSTEM, source_id=source_id))]
